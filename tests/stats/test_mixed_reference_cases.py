"""The published and cross-computed numbers of mixed models, cluster effect sizes, synthesis and power."""

import json
from pathlib import Path

import numpy as np
import pytest

from eval_tools.stats.mixed_growth import mixed_growth
from eval_tools.stats.mixed_model import mixed_model
from eval_tools.stats.multilevel_effect import cluster_effect, multilevel_effect, site_variation
from eval_tools.stats.power import detectable_difference
from eval_tools.stats.synthesis import synthesise

CASES = json.loads(Path(__file__).with_name("mixed_cases.json").read_text(encoding="utf-8"))


@pytest.fixture
def mixed_case():
    def find(beginning):
        (found,) = (c for c in CASES if c["id"].startswith(beginning))
        return found

    return find


def _trial(case):
    data = case["inputs"]["data"]
    design = np.column_stack([np.ones(len(data["post"])), data["treat"], data["pre"]])
    return data["post"], design, [f"school {s}" for s in data["school"]]


def _check_terms(fit, expected, tolerance, within):
    for name, numbers in expected.items():
        e = fit.coefficient(name)
        for key, number in zip(
            ("estimate", "se", "df", "t", "p"), (e.estimate, e.se, e.df, e.estimate / e.se, e.p_value), strict=True
        ):
            within(number, numbers[key], tolerance)


@pytest.mark.parametrize("df", ["satterthwaite", "kenward_roger"])
def test_s19_a_random_intercept_gives_the_numbers_of_lmertest_and_pbkrtest(mixed_case, within, df):
    case = mixed_case("S19")
    y, design, sites = _trial(case)
    fit = mixed_model(y, design, sites, names=["intercept", "treat", "pre"], df=df)
    expected, tolerance = case["expected"], case["tolerance"]
    _check_terms(fit, expected[df], tolerance, within)
    within(fit.var_site, expected["var_school"], tolerance)
    within(fit.var_residual, expected["var_residual"], tolerance)
    within(fit.neg2_reml, expected["neg2_reml"], tolerance)
    assert (fit.status, fit.at_boundary, fit.n, fit.n_sites) == ("estimated", False, 72, 12)


def test_s19_the_model_without_covariates_gives_the_variances_of_lme4(mixed_case, within):
    case = mixed_case("S19")
    y, _, sites = _trial(case)
    variation, expected = site_variation(y, sites), case["expected"]["unconditional"]
    within(variation.var_site, expected["var_school"], case["tolerance"])
    within(variation.var_residual, expected["var_residual"], case["tolerance"])
    assert variation.icc == pytest.approx(variation.var_site / (variation.var_site + variation.var_residual))


def test_s34_random_intercepts_and_slopes_give_the_numbers_of_lmertest(mixed_case, within):
    case = mixed_case("S34")
    data, expected, tolerance = case["inputs"]["data"], case["expected"], case["tolerance"]
    time = np.array(data["age"]) - 11.0
    female = np.array([sex == "Female" for sex in data["sex"]], dtype=float)
    design = np.column_stack([np.ones(time.size), time, female, time * female])
    fit = mixed_growth(data["distance"], design, time, data["subject"], names=list(expected["fixed"]))
    # R's t and df carry its optimiser's error, so p below 1e-4 agrees to the absolute tolerance only
    _check_terms(fit, expected["fixed"], tolerance, within)
    within(fit.var_intercept, expected["var_intercept"], tolerance)
    within(fit.var_slope, expected["var_slope"], tolerance)
    within(fit.cov_intercept_slope, expected["cov"], tolerance)
    within(fit.var_residual, expected["var_residual"], tolerance)


def _interval(e):
    return [e.estimate - 1.96 * e.se, e.estimate + 1.96 * e.se]  # the package rounds the quantile


def test_s14_cluster_effect_sizes_with_equal_schools(mixed_case, within):
    case = mixed_case("S14")
    i, expected, tolerance = case["inputs"], case["expected"], case["tolerance"]
    effect = cluster_effect(
        i["beta"],
        var_site=i["var_between"],
        var_residual=i["var_within"],
        sizes_programme=i["cluster_sizes_treatment"],
        sizes_comparison=i["cluster_sizes_comparison"],
    )
    within(effect.icc, expected["icc"], tolerance)
    within(effect.size, expected["n_tilde"], tolerance)
    within(effect.within.estimate, expected["d_within"], tolerance)
    within(effect.within.se**2, expected["var_d_within"], tolerance)
    within(_interval(effect.within), expected["d_within_ci95"], tolerance)
    within(effect.total.estimate, expected["d_total"], tolerance)
    within(effect.total.se**2, expected["var_d_total"], tolerance)
    within(_interval(effect.total), expected["d_total_ci95"], tolerance)


@pytest.mark.parametrize(
    ("model", "standardiser"), [("conditional", "total"), ("unconditional", "total"), ("conditional", "within")]
)
def test_s15_cluster_effect_sizes_with_unequal_schools(mixed_case, within, model, standardiser):
    case = mixed_case("S15")
    i, expected = case["inputs"], case["expected"][f"{model}_{standardiser}"]
    effect = getattr(
        cluster_effect(
            i["beta"],
            var_site=i[model]["var_between"],
            var_residual=i[model]["var_within"],
            sizes_programme=i["cluster_sizes_treatment"],
            sizes_comparison=i["cluster_sizes_comparison"],
        ),
        standardiser,
    )
    within(effect.estimate, expected["g"], case["tolerance"])
    within(_interval(effect), expected["ci95"], case["tolerance"])


def test_s44_the_effect_on_the_unconditional_total_sd_gives_the_numbers_of_lmeinfo(mixed_case, within):
    case = mixed_case("S44")
    y, design, sites = _trial(case)
    effect = multilevel_effect(y, design, sites, names=["intercept", "treat", "pre"], coefficient="treat")
    expected, tolerance = case["expected"], case["tolerance"]
    for number, key in (
        (effect.points.estimate, "beta"),
        (effect.points.se, "se_beta"),
        (effect.var_site, "uncond_var_school"),
        (effect.var_residual, "uncond_var_residual"),
        (effect.delta, "delta"),
        (effect.nu, "nu"),
        (effect.correction, "J"),
        (effect.g.estimate, "g"),
        (effect.g.se, "se_g"),
    ):
        within(number, expected[key], tolerance)
    assert effect.g.df == effect.points.df
    fit = mixed_model(y, design, sites, names=["intercept", "treat", "pre"])
    inflated = effect.points.estimate / (fit.var_site + fit.var_residual) ** 0.5
    # the value to avoid: divided by what covariates leave over, it is half as large again
    assert inflated > 1.5 * effect.g.estimate


def test_s21_random_effects_by_reml_with_hartung_and_knapp_s_interval(mixed_case, within):
    case = mixed_case("S21")
    expected, tolerance = case["expected"], case["tolerance"]
    s = synthesise(case["inputs"]["yi"], case["inputs"]["vi"])
    for number, key in (
        (s.mean.estimate, "mu"),
        (s.mean_normal.se, "se"),
        (s.tau2, "tau2_reml"),
        (s.i2, "I2"),
        (s.heterogeneity, "Q"),
        (s.tau2_dersimonian_laird, "tau2_dl"),
        (s.tau2_paule_mandel, "tau2_pm"),
        (s.mean.se, "se_hksj"),
        ([s.mean.ci_low, s.mean.ci_high], "ci95_hksj"),
        (s.mean.p_value, "p_hksj"),
        ([s.prediction_low, s.prediction_high], "prediction_interval_hksj"),
    ):
        within(number, expected[key], tolerance)


def test_s22_the_detectable_effect_is_that_of_powerup(mixed_case, within):
    case = mixed_case("S22")
    i, expected = case["inputs"], case["expected"]
    found = detectable_difference(i["J"], i["n"], icc=i["rho2"], share_programme=i["P"])
    within(found.mdes, expected["mdes"], case["tolerance"])
    within([found.ci_low, found.ci_high], expected["ci95"], case["tolerance"])
