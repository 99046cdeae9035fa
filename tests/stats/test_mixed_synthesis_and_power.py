"""Synthesis over sites, and what so few schools can find."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from eval_tools.errors import DataError, DefinitionError
from eval_tools.stats.power import detectable_change, detectable_difference, power_of
from eval_tools.stats.synthesis import leave_one_out, synthesise

SITES = st.lists(st.tuples(st.floats(-3, 3), st.floats(0.01, 2)), min_size=2, max_size=10)


@given(SITES, st.randoms(use_true_random=False), st.floats(-5, 5), st.floats(0.1, 10))
@settings(max_examples=30, deadline=None)
def test_order_zero_and_unit_move_the_synthesis_along(pairs, random, shift, unit):
    y, v = np.round(np.array(pairs).T, 6)
    a = synthesise(y, v)
    order = list(range(len(pairs)))
    random.shuffle(order)
    b = synthesise((shift + unit * y)[order], (unit**2 * v)[order])
    assert a.status == b.status
    assert b.mean.estimate == pytest.approx(shift + unit * a.mean.estimate, abs=1e-6)
    assert b.tau2 == pytest.approx(unit**2 * a.tau2, rel=1e-5, abs=1e-8)
    assert b.mean_cautious.se == pytest.approx(unit * a.mean_cautious.se, rel=1e-5)


@given(SITES)
@settings(max_examples=30, deadline=None)
def test_no_tau2_has_a_higher_restricted_likelihood(pairs):
    y, v = np.array(pairs).T

    def neg2(tau2):
        w = 1 / (v + tau2)
        mu = w @ y / w.sum()
        return -np.log(w).sum() + np.log(w.sum()) + w @ (y - mu) ** 2

    s = synthesise(y, v)
    assert all(neg2(s.tau2) <= neg2(t) + 1e-9 for t in np.concatenate([[0.0], np.geomspace(1e-4, 100, 60)]))
    assert s.mean_cautious.se >= s.mean_normal.se - 1e-12
    assert s.status == "no_variation" or s.mean_cautious.se >= s.mean.se - 1e-12


def test_the_other_estimators_agree_with_statsmodels():
    rng = np.random.default_rng(2)
    y, v = rng.normal(0.3, 0.5, 9), rng.uniform(0.02, 0.1, 9)
    ours = synthesise(y, v)
    assert ours.tau2_dersimonian_laird == pytest.approx(combine_effects(y, v, method_re="dl").tau2, rel=1e-9)
    theirs = combine_effects(y, v, method_re="iterated")
    assert ours.tau2_paule_mandel == pytest.approx(theirs.tau2, rel=1e-5)
    assert ours.heterogeneity == pytest.approx(theirs.q, rel=1e-9)
    assert ours.heterogeneity_p == pytest.approx(stats.chi2.sf(theirs.q, 8), rel=1e-9)


def test_one_site_is_no_synthesis_and_gaps_are_counted():
    s = synthesise([0.3, np.nan, 0.1], [0.1, 0.1, np.nan])
    assert (s.status, s.k, s.k_dropped) == ("too_few_sites", 1, 2)
    assert np.isnan([s.mean.estimate, s.mean.p_value, s.tau2, s.prediction_low]).all()
    assert synthesise([], []).status == "too_few_sites"


def test_equal_sites_do_not_make_the_mean_certain():
    s = synthesise([0.3, 0.3, 0.3], [0.1, 0.2, 0.1])
    assert (s.status, s.mean.status, s.tau2, s.q) == ("no_variation", "no_variation", 0.0, 0.0)
    assert np.isnan(s.mean.p_value)
    assert s.mean_cautious.se == pytest.approx(25**-0.5)


def test_leaving_out_the_odd_site_moves_the_mean():
    left = leave_one_out([0.1, 0.2, 0.15, 2.0, np.nan], [0.02] * 5, list("abcde"))
    assert [one.site for one in left] == list("abcd")
    assert left[3].synthesis.mean.estimate == pytest.approx(0.15)
    assert (left[0].synthesis.k, left[0].synthesis.k_dropped) == (3, 1)
    with pytest.raises(DataError, match="twice"):
        leave_one_out([0.1, 0.2], [0.02] * 2, ["a", "a"])
    with pytest.raises(DataError, match="0 or negative"):
        synthesise([0.1, 0.2], [0.02, 0.0])


def test_the_table_of_what_few_schools_can_find():
    # 25 children, R² .4 at both levels, one covariate of schools, 80 % power
    expected = {
        6: [0.69, 0.78, 0.97, 1.27],
        8: [0.50, 0.57, 0.70, 0.92],
        12: [0.37, 0.42, 0.52, 0.68],
        16: [0.31, 0.35, 0.43, 0.57],
        20: [0.27, 0.31, 0.38, 0.50],
    }
    for schools, row in expected.items():
        found = [
            detectable_difference(schools, 25, icc=icc, r2_people=0.4, r2_sites=0.4, n_site_covariates=1).mdes
            for icc in (0.03, 0.05, 0.10, 0.20)
        ]
        np.testing.assert_allclose(found, row, atol=0.0051)  # printed with two decimals


def test_power_is_that_of_the_noncentral_t():
    for effect, se, df in ((0.5, 0.2, 10), (0.0, 0.2, 6), (1.0, 0.2, 4), (-0.5, 0.2, 10), (0.01, 1.0, 100)):
        c = stats.t.ppf(0.975, df)
        expected = stats.nct.sf(c, df, abs(effect) / se) + stats.nct.cdf(-c, df, abs(effect) / se)
        assert power_of(effect, se, df) == pytest.approx(expected, abs=1e-8)
    assert power_of(0.0, 1.0, 12) == pytest.approx(0.05)
    assert power_of(100.0, 1.0, 12) == 1.0
    assert np.isnan(power_of(1.0, 0.0, 12))


def test_the_detectable_effect_is_detected_with_the_wanted_power():
    for schools in (6, 8, 20):
        found = detectable_difference(schools, 25, icc=0.1)
        # the multiplier is an approximation, coarse at 4 degrees of freedom
        assert power_of(found.mdes, found.se, found.df) == pytest.approx(0.8, abs=0.02)


def test_unequal_schools_find_less_than_equal_ones():
    sizes = [5, 10, 20, 65] * 3
    equal, varied, harmonic = (
        detectable_difference(12, size, icc=0.05, size_rule=rule).mdes
        for size, rule in ((25, "variation"), (sizes, "variation"), (sizes, "harmonic"))
    )
    assert equal < varied
    assert equal < harmonic
    n, cv2 = np.mean(sizes), np.var(sizes) / np.mean(sizes) ** 2
    effect = (1 + ((cv2 + 1) * n - 1) * 0.05) / (1 + (n - 1) * 0.05)
    assert varied / equal == pytest.approx(effect**0.5)  # Eldridge's design effect over that of equal sizes
    one = detectable_change(12, sizes, r=0.5, icc_change=0.05)
    assert one.mdes > detectable_change(12, 25, r=0.5, icc_change=0.05).mdes


def test_too_few_schools_have_no_detectable_effect():
    assert detectable_difference(2, 25, icc=0.1).status == "too_few_sites"
    assert detectable_difference(4, 25, icc=0.1, n_site_covariates=2).status == "too_few_sites"
    assert detectable_difference(6, 25, icc=0.1, share_programme=0.1).status == "too_few_sites"
    assert np.isnan(detectable_change(1, 25, r=0.5, icc_change=0.1).mdes)


def test_impossible_plans_are_refused():
    with pytest.raises(DefinitionError, match="icc is 10"):
        detectable_difference(8, 25, icc=10)
    with pytest.raises(DefinitionError, match="3 sizes for 8 sites"):
        detectable_difference(8, [25, 20, 30], icc=0.1)
    with pytest.raises(DefinitionError, match="below 1"):
        detectable_difference(8, 0, icc=0.1)
    with pytest.raises(DefinitionError, match="unknown size_rule"):
        detectable_difference(8, 25, icc=0.1, size_rule="median")
    with pytest.raises(DefinitionError, match="r is 1"):
        detectable_change(8, 25, r=1, icc_change=0.1)
