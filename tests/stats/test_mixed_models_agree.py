"""Mixed models against closed forms, dense matrices and statsmodels, on seeded invented data."""

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats

from eval_tools.stats import mixed_engine
from eval_tools.stats.mixed_growth import mixed_growth
from eval_tools.stats.mixed_model import mixed_model
from eval_tools.stats.mixed_three_level import mixed_three_level

NAMES = ["intercept", "treat", "pre"]


def schools(seed, sizes, *, icc=0.15):
    """Invented children: programme schools are every second one."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(len(sizes)), sizes)
    treat = (school % 2).astype(float)
    pre = rng.normal(20, 5, school.size) + rng.normal(0, 2, len(sizes))[school]
    y = (
        5
        + 0.6 * pre
        + 3 * (icc**0.5 * rng.normal(size=len(sizes))[school] + (1 - icc) ** 0.5 * rng.normal(size=pre.size))
    )
    return y, np.column_stack([np.ones(pre.size), treat, pre]), np.array([f"s{i}" for i in school])


def waves(seed, n_sites, n_people, n_waves, *, missing=0.08, slope=0.0, cell=0.0):
    """Invented children over several waves, some of them missing some."""
    rng = np.random.default_rng(seed)
    site_of = np.repeat(np.arange(n_sites), n_people)
    u, b = rng.normal(0, 0.6, n_sites), rng.normal(0, slope, n_sites)
    uw, v = rng.normal(0, cell, (n_sites, n_waves)), rng.normal(0, 1, site_of.size)
    person, t = np.repeat(np.arange(site_of.size), n_waves), np.tile(np.arange(n_waves), site_of.size)
    s = site_of[person]
    y = 0.2 * (s % 2) * t + u[s] + b[s] * t + uw[s, t] + v[person] + rng.normal(size=person.size)
    kept = rng.random(person.size) > missing
    y, t, s, person = y[kept], t[kept].astype(float), s[kept], person[kept]
    design = np.column_stack([np.ones(y.size), s % 2, t, (s % 2) * t])
    return y, design, np.array([f"s{i}" for i in s]), np.array([f"c{i}" for i in person]), t


def dense(y, design, cov):
    """Generalised least squares and -2 log restricted likelihood, with the whole covariance matrix."""
    weight = np.linalg.inv(cov)
    information = design.T @ weight @ design
    beta = np.linalg.solve(information, design.T @ weight @ y)
    r = y - design @ beta
    n, p = design.shape
    neg2 = np.linalg.slogdet(cov)[1] + np.linalg.slogdet(information)[1] + r @ weight @ r + (n - p) * np.log(2 * np.pi)
    return beta, np.sqrt(np.diagonal(np.linalg.inv(information))), neg2


def same(a):
    return (a[:, None] == a[None]).astype(float)


def agree(fit, beta, se, neg2):
    np.testing.assert_allclose([e.estimate for e in fit.coefficients], beta, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose([e.se for e in fit.coefficients], se, rtol=1e-8)
    assert fit.neg2_reml == pytest.approx(neg2, abs=1e-7)


@pytest.mark.parametrize("sizes", [[8] * 10, [3, 15, 7, 22, 9, 1, 12, 2], [2] * 30, [40, 5, 5, 60]])
def test_the_covariance_of_the_coefficients_is_that_of_generalised_least_squares(sizes):
    y, design, sites = schools(len(sizes), sizes, icc=0.4)
    fit = mixed_model(y, design, sites, names=NAMES)
    assert not fit.at_boundary
    agree(fit, *dense(y, design, fit.var_residual * np.eye(y.size) + fit.var_site * same(sites)))


@pytest.mark.parametrize("seed", range(6))
def test_two_level_estimates_agree_with_statsmodels(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 40, size=int(rng.integers(6, 21)))
    y, design, sites = schools(seed, sizes, icc=0.3)
    fit = mixed_model(y, design, sites, names=NAMES)
    theirs = sm.MixedLM(y, design, sites).fit(reml=True)
    # their optimiser stops with the site SD off by up to 2e-3; the likelihood is the arbiter
    np.testing.assert_allclose([e.estimate for e in fit.coefficients], theirs.fe_params, rtol=2e-3, atol=1e-3)
    assert fit.var_site**0.5 == pytest.approx(float(theirs.cov_re[0, 0]) ** 0.5, abs=5e-3)
    assert fit.neg2_reml <= -2 * theirs.llf + 1e-6
    assert fit.neg2_reml == pytest.approx(-2 * theirs.llf, abs=1e-3)


def test_no_variance_ratio_has_a_higher_likelihood():
    for seed in range(8):
        y, design, sites = schools(seed, [5, 9, 3, 14, 6, 8], icc=0.1)
        fit = mixed_model(y, design, sites, names=NAMES)
        for icc in np.linspace(0, 0.95, 39):
            cov = (1 - icc) * np.eye(y.size) + icc * same(sites)
            beta, _, _ = dense(y, design, cov)
            r = y - design @ beta
            s2 = r @ np.linalg.solve(cov, r) / (y.size - 3)
            assert fit.neg2_reml <= dense(y, design, s2 * cov)[2] + 1e-8


@pytest.mark.parametrize("df", ["satterthwaite", "kenward_roger"])
def test_in_a_balanced_design_the_programme_is_tested_between_schools(df):
    y, design, sites = schools(4, [10] * 12, icc=0.3)
    fit = mixed_model(y, design[:, :2], sites, names=NAMES[:2], df=df)
    means = np.array([y[sites == s].mean() for s in dict.fromkeys(sites)])
    t = stats.ttest_ind(means[1::2], means[::2])
    e = fit.coefficient("treat")
    # 10 degrees of freedom, and the t of the school means: a textbook identity of balanced data
    assert e.df == pytest.approx(10, rel=1e-6)
    assert e.estimate / e.se == pytest.approx(t.statistic, rel=1e-8)
    assert e.p_value == pytest.approx(t.pvalue, rel=1e-6)


def test_the_gradient_of_the_likelihood_is_exact(monkeypatch):
    seen = []

    def remember(sums):
        seen.append(sums)
        return original(sums)

    original = mixed_engine.optimise
    for module in ("mixed_three_level", "mixed_growth"):
        monkeypatch.setattr(f"eval_tools.stats.{module}.optimise", remember)
    y, design, sites, people, t = waves(3, 6, 7, 3)
    for effect in ("intercept", "intercept_and_slope", "intercept_and_wave"):
        mixed_three_level(y, design, sites, people, names=list("abcd"), site_effect=effect, time=t)
    mixed_growth(y, design, t, people, names=list("abcd"))
    for sums in seen:
        x = np.array([0.3, 0.05, 0.2, 0.7][: sums.n_effects] + [0.7] * sums.has_people)
        exact = mixed_engine.evaluate(sums, x).gradient
        for j in range(x.size):
            step = 1e-5 * np.eye(x.size)[j]
            up, down = (mixed_engine.evaluate(sums, x + d).profile for d in (step, -step))
            assert exact[j] == pytest.approx((up - down) / 2e-5, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("effect", ["intercept", "intercept_and_slope", "intercept_and_wave"])
def test_no_other_start_finds_a_higher_likelihood(monkeypatch, effect):
    seen = []

    def remember(sums):
        seen.append((sums, original(sums)))
        return seen[-1][1]

    original = mixed_engine.optimise
    monkeypatch.setattr("eval_tools.stats.mixed_three_level.optimise", remember)
    rng = np.random.default_rng(12)
    for seed in range(10):
        n_sites, n_people, n_waves = rng.integers((5, 3, 2), (18, 30, 5))
        y, design, sites, people, t = waves(seed, n_sites, n_people, n_waves, slope=rng.choice([0, 0.15, 0.7]))
        y += rng.choice([0, 5]) * rng.normal(size=int(n_sites * n_people))[np.unique(people, return_inverse=True)[1]]
        fit = mixed_three_level(y, design, sites, people, names=list("abcd"), site_effect=effect, time=t)
        assert fit.status == "estimated"
        sums, found = seen[-1]
        for _ in range(3):
            start = np.exp(rng.normal(0, 1.5, sums.n_effects + 1))
            assert mixed_engine._search(sums, start).value >= found.profile - 1e-5


@pytest.mark.parametrize("effect", ["intercept", "intercept_and_slope", "intercept_and_wave"])
@pytest.mark.parametrize("seed", range(3))
def test_three_levels_agree_with_the_dense_computation(effect, seed):
    y, design, sites, people, t = waves(seed, 8, 9, 3, slope=0.3, cell=0.3)
    fit = mixed_three_level(y, design, sites, people, names=list("abcd"), site_effect=effect, time=t)
    cov = fit.var_residual * np.eye(y.size) + fit.var_person * same(people) + fit.var_site * same(sites)
    if effect == "intercept_and_slope":
        crossed = fit.var_site_slope * np.outer(t, t) + fit.cov_site_slope * np.add.outer(t, t)
        cov += same(sites) * crossed
    if effect == "intercept_and_wave":
        cov += fit.var_site_wave * same(sites) * same(t)
    agree(fit, *dense(y, design, cov))
    assert fit.n_people == np.unique(people).size
    assert fit.n_sites == 8


def test_three_level_estimates_agree_with_statsmodels():
    y, design, sites, people, t = waves(5, 8, 8, 3)
    fit = mixed_three_level(y, design, sites, people, names=list("abcd"))
    table = pd.DataFrame({"y": y, "treat": design[:, 1], "t": t, "site": sites, "person": people})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # their optimiser tries several methods and says so
        model = smf.mixedlm("y ~ treat * t", table, groups="site", re_formula="1", vc_formula={"p": "0 + C(person)"})
        theirs = model.fit(reml=True)
    np.testing.assert_allclose([e.estimate for e in fit.coefficients], theirs.fe_params.to_numpy(), atol=2e-5)
    assert fit.var_person == pytest.approx(theirs.vcomp[0], rel=1e-3)
    assert fit.var_site == pytest.approx(theirs.cov_re.iloc[0, 0], rel=1e-3)
    assert fit.neg2_reml <= -2 * theirs.llf + 1e-6


@pytest.mark.parametrize("missing", [0.0, 0.25])
def test_growth_agrees_with_the_dense_computation(missing):
    y, design, _, people, t = waves(11, 6, 10, 4, missing=missing, slope=0.0)
    rng = np.random.default_rng(2)
    codes = np.unique(people, return_inverse=True)[1]
    y = y + rng.normal(0, 0.5, codes.max() + 1)[codes] * t
    fit = mixed_growth(y, design, t + 3, people, names=list("abcd"))
    u = t + 3
    cov = fit.var_residual * np.eye(y.size) + same(people) * (
        fit.var_intercept + fit.var_slope * np.outer(u, u) + fit.cov_intercept_slope * np.add.outer(u, u)
    )
    assert not fit.at_boundary
    agree(fit, *dense(y, design, cov))


def test_where_the_clock_starts_changes_nothing_but_the_intercepts():
    y, design, _, people, t = waves(11, 6, 10, 4, slope=0.5)
    early, late = (mixed_growth(y, design, t + shift, people, names=list("abcd")) for shift in (0, 2026))
    assert late.var_slope == pytest.approx(early.var_slope, rel=1e-5)
    assert late.neg2_reml == pytest.approx(early.neg2_reml, abs=1e-6)
    for a, b in zip(early.coefficients, late.coefficients, strict=True):
        assert (b.estimate, b.se, b.df) == pytest.approx((a.estimate, a.se, a.df), rel=1e-4)


def test_a_claim_about_change_across_schools_is_less_certain_when_schools_may_differ_in_change():
    y, design, sites, people, t = waves(1, 8, 12, 3, slope=0.5)
    names = ["intercept", "treat", "time", "treat_by_time"]
    level = mixed_three_level(y, design, sites, people, names=names).coefficient("treat_by_time")
    slope = mixed_three_level(y, design, sites, people, names=names, site_effect="intercept_and_slope", time=t)
    assert slope.coefficient("treat_by_time").se > 1.5 * level.se
    assert slope.coefficient("treat_by_time").df < 10 < 100 < level.df
