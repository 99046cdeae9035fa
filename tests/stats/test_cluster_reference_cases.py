"""Published and recomputed numbers for few schools; each case names its source in cluster_cases.json."""

import json
from pathlib import Path

import numpy as np
import pytest

from eval_tools.stats.cluster_robust import cluster_ancova, cluster_robust_ols
from eval_tools.stats.randomisation import randomise_ancova, randomise_difference
from eval_tools.stats.resampling import bca_interval
from eval_tools.stats.sign_flip import sign_flip_test
from eval_tools.stats.site_level import site_mean_ancova, site_mean_difference
from eval_tools.stats.wild_bootstrap import wild_ancova, wild_cluster_bootstrap

CASES = json.loads(Path(__file__).with_name("cluster_cases.json").read_text(encoding="utf-8"))


def case(beginning):
    (found,) = (c for c in CASES if c["id"].startswith(beginning))
    return found


class Schools:
    def __init__(self, beginning):
        data = case(beginning)["inputs"]["data"]
        self.sites = [f"school {s}" for s in data["school"]]
        self.treat = np.array(data["treat"])
        self.before, self.after = np.array(data["pre"], dtype=float), np.array(data["post"], dtype=float)
        self.gain = self.after - self.before


def test_students_sleep_data_give_the_exact_sign_flip_p_value(within):
    c = case("S06")
    test = sign_flip_test(np.subtract(c["inputs"]["post"], c["inputs"]["pre"]))
    within(test.p_value[0], c["expected"]["p_two_sided"], c["tolerance"])
    assert test.n_patterns == c["expected"]["n_patterns"]
    assert test.enumerated


def test_the_spatial_test_has_efrons_and_tibshiranis_acceleration_and_interval(within):
    c = case("S07")
    result = bca_interval(
        c["inputs"]["x"], statistic="variance", ci_level=c["inputs"]["conf"], n_resamples=20_000, rng=1
    )
    (found,), expected, tolerance = result.estimates, c["expected"], c["tolerance"]
    within(found.estimate, expected["theta"], tolerance)
    within(result.acceleration[0], expected["acceleration"], {"abs": 1e-6, "rel": 0.0})
    within([found.ci_low, found.ci_high], expected["ci90"], {"abs": tolerance["per_key"]["ci90"], "rel": 0.0})
    assert result.bias_correction[0] == pytest.approx(0.183, abs=0.03)  # R boot with 200,000; ours has 20,000


def test_twelve_schools_have_the_sandwiches_and_degrees_of_freedom_of_clubsandwich(within):
    c, d = case("S16"), Schools("S16")
    expected = c["expected"]
    names = ["intercept", "treat", "pre"]
    x = np.column_stack([np.ones(d.treat.size), d.treat, d.before])
    fit = cluster_robust_ols(d.after, x, d.sites, names=names)
    exact = {"abs": 0.0, "rel": 1e-8}  # the printed digits of the case allow no less
    for j, name in enumerate(names):
        within(fit.coefficients[j], expected["beta"][name], exact)
        for kind in ("CR0", "CR1", "CR1S", "CR2", "CR3"):
            within(fit.standard_errors(kind)[j], expected[f"se_{kind}"][name], exact)
        within(fit.coefficient(name).df, expected["df_CR2"][name], exact)
        within(fit.coefficient(name).p_value, expected["p_CR2"][name], exact)
    within([fit.coefficient("treat").ci_low, fit.coefficient("treat").ci_high], expected["ci95_CR2_treat"], exact)
    by_name = cluster_ancova(d.before, d.after, d.treat, d.sites).coefficient("difference")
    within(by_name.se, expected["se_CR2"]["treat"], exact)


def test_all_sign_vectors_of_twelve_schools_give_the_p_values_of_pyfixest_and_wildboottest(within):
    c, d = case("S17"), Schools("S17")
    result, expected, tolerance = wild_ancova(d.before, d.after, d.treat, d.sites), c["expected"], c["tolerance"]
    within(result.t, expected["t"], tolerance)
    assert result.p_strict == expected["p_strict"]
    assert result.estimate.p_value == expected["p_weak"]
    assert result.n_draws == expected["n_draws"]
    assert result.enumerated
    assert result.smallest_p == 2 / 4096
    x = np.column_stack([np.ones(d.treat.size), d.treat, d.before])
    webb = wild_cluster_bootstrap(
        d.after, x, d.sites, names=["intercept", "treat", "pre"], term="treat", weights="webb", rng=5
    )
    within(webb.estimate.p_value, expected["p_webb_monte_carlo"], {"abs": 0.004, "rel": 0.0})
    assert not webb.enumerated
    assert webb.smallest_p == 1 / 10_000


def test_the_924_ways_to_choose_six_of_twelve_schools_give_the_p_values_of_r(within):
    c, d = case("S18"), Schools("S18")
    expected, tolerance = c["expected"], c["tolerance"]
    gain = randomise_difference(d.gain, d.treat, d.sites)
    within(gain.estimate.estimate, expected["gain_obs"], tolerance)
    within(gain.estimate.p_value, expected["gain_p"], tolerance)
    adjusted = randomise_ancova(d.before, d.after, d.treat, d.sites)
    within(adjusted.estimate.estimate, expected["ancova_obs"], tolerance)
    within(adjusted.estimate.p_value, expected["ancova_p"], tolerance)
    assert gain.n_assignments == adjusted.n_assignments == expected["n_assignments"]
    assert gain.smallest_p == 2 / 924


@pytest.mark.parametrize("kind", ["unadjusted", "adjusted"])
def test_school_means_give_the_linear_models_of_r(within, kind):
    c, d = case("S20"), Schools("S20")
    found = (
        site_mean_difference(d.after, d.treat, d.sites)
        if kind == "unadjusted"
        else site_mean_ancova(d.before, d.after, d.treat, d.sites)
    ).estimate
    expected, tolerance = c["expected"][kind], c["tolerance"]
    within(found.estimate, expected["estimate"], tolerance)
    within(found.se, expected["se"], tolerance)
    assert found.df == expected["df"]
    within(found.p_value, expected["p"], tolerance)


def test_schools_of_one_person_give_the_welch_test_of_statpsych(within):
    c = case("S42")
    (before_t, after_t), (before_c, after_c) = c["inputs"]["treat_pre_post"], c["inputs"]["comp_pre_post"]
    # the source subtracts the second occasion from the first
    change = np.subtract([*before_t, *before_c], [*after_t, *after_c])
    arm = [1] * len(before_t) + [0] * len(before_c)
    sites = [f"s{i}" for i in range(len(arm))]
    found = site_mean_difference(change, arm, sites, variances="unequal").estimate
    expected, tolerance = c["expected"], c["tolerance"]
    within(found.estimate, expected["estimate"], tolerance)
    within(found.se, expected["se"], tolerance)
    within(found.estimate / found.se, expected["t"], tolerance)
    within(found.df, expected["df"], {"abs": tolerance["per_key"]["df"], "rel": 0.0})
    within(found.p_value, expected["p"], tolerance)
    within([found.ci_low, found.ci_high], expected["ci95"], {"abs": tolerance["per_key"]["ci95"], "rel": 0.0})
