import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate
from scipy import stats as scipy_stats
from statsmodels.stats.weightstats import ttost_paired

from eval_tools.errors import DataError, DefinitionError
from eval_tools.stats.equivalence import (
    delta_adjusted_difference,
    e_value,
    e_value_of_difference,
    equivalence_test,
    equivalent_change,
    regression_to_mean,
    tipping_point,
)
from eval_tools.stats.estimate import Estimate

BEFORE, AFTER = [10, 12, 14, 16, 11, None], [11, 12, 13, 16, 13, 9]
FOUND = Estimate(
    estimate=-1.2, se=0.4, df=18, ci_low=-2.04, ci_high=-0.36, ci_level=0.95, p_value=0.008, n=120,
    unit="scale points", method="difference",
)  # fmt: skip


def test_statsmodels_gives_the_same_equivalence_test():
    p, low, high = ttost_paired(np.array(AFTER[:-1]), np.array(BEFORE[:-1]), -1.5, 2.0)
    test = equivalent_change(BEFORE, AFTER, low=-1.5, high=2.0)
    assert (test.p_value, test.t_low, test.p_low, test.t_high, test.p_high, test.df) == pytest.approx(
        (p, low[0], low[1], high[0], high[1], high[2]), rel=1e-10
    )


def test_an_infinite_df_is_the_normal_distribution():
    test = equivalence_test(0.0, 1.0, float("inf"), low=-2, high=2)
    assert test.p_value == pytest.approx(scipy_stats.norm.sf(2), rel=1e-12)
    assert test.ci_high == pytest.approx(1.6448536, abs=1e-6)


def test_equivalence_that_is_not_shown_is_not_a_difference():
    assert equivalence_test(0.0, 1.0, 20, low=-1, high=1).conclusion == "not_shown"
    assert equivalence_test(5.0, 0.1, 20, low=-1, high=1).conclusion == "not_shown"


def test_changes_without_variation_or_people_have_no_equivalence_test():
    same = equivalent_change([1, 2, 3], [2, 3, 4], low=-2, high=2)
    assert (same.status, same.conclusion) == ("no_variation", "unknown")
    one = equivalent_change([1], [2], low=-2, high=2)
    assert (one.status, one.conclusion) == ("too_few_people", "unknown")
    assert np.isnan([one.p_value, one.ci_low, one.t_low]).all()
    assert equivalence_test(0.1, 0.0, 5, low=-1, high=1).status == "no_variation"
    assert equivalence_test(0.1, np.nan, 5, low=-1, high=1).status == "too_few_people"
    assert equivalence_test(0.1, 0.3, 0, low=-1, high=1).status == "too_few_people"


def test_bounds_the_wrong_way_round_and_levels_in_percent_are_refused():
    with pytest.raises(DefinitionError, match="low < high"):
        equivalence_test(0, 1, 5, low=1, high=-1)
    with pytest.raises(DefinitionError, match="alpha is 5"):
        equivalence_test(0, 1, 5, low=-1, high=1, alpha=5)
    with pytest.raises(DataError, match="2 and 1 values"):
        equivalent_change([1, 2], [1], low=-1, high=1)


def test_an_interval_that_includes_no_effect_needs_no_hidden_cause():
    assert e_value(1.5, ci_low=0.9, ci_high=2.5).limit == 1.0
    assert e_value(0.8, ci_low=0.6, ci_high=1.1).limit == 1.0
    assert e_value(1.0, ci_low=1.0, ci_high=1.0).point == 1.0
    assert np.isnan(e_value(1.5).limit)
    assert np.isnan(e_value(float("nan")).point)


def test_e_values_of_a_standardised_difference_follow_the_published_approximation():
    e = e_value_of_difference(-0.42, se=0.14)
    ratio, limit = np.exp(0.91 * 0.42), np.exp(0.91 * 0.42 - 1.78 * 0.14)
    assert e.point == pytest.approx(ratio + (ratio * (ratio - 1)) ** 0.5, rel=1e-12)
    assert e.limit == pytest.approx(limit + (limit * (limit - 1)) ** 0.5, rel=1e-12)
    assert e_value_of_difference(0.1, se=0.2).limit == 1.0
    assert np.isnan(e_value_of_difference(0.1).limit)


def test_ratios_below_zero_and_outside_their_interval_are_refused():
    with pytest.raises(DefinitionError, match="a ratio is 0"):
        e_value(0)
    with pytest.raises(DefinitionError, match="outside its interval"):
        e_value(2.0, ci_low=2.5, ci_high=3.0)
    with pytest.raises(DefinitionError, match="se is -1"):
        e_value_of_difference(0.1, se=-1)


def test_regression_to_the_mean_is_the_mean_of_a_cut_normal_distribution():
    # E(change | first > 20) = (1 − r)·(μ − E(first | first > 20)), by numerical integration
    mean, sd, r, cut = 17, 6, 0.7, 20
    law = scipy_stats.norm(mean, sd)
    chosen = integrate.quad(lambda x: x * law.pdf(x), cut, mean + 12 * sd)[0] / law.sf(cut)
    expected = regression_to_mean(mean=mean, sd=sd, test_retest=r, cutoff=cut, selected="above")
    assert expected.expected_change == pytest.approx((1 - r) * (mean - chosen), rel=1e-8)
    assert expected.share_selected == pytest.approx(law.sf(cut), rel=1e-12)


def test_low_scores_rise_as_much_as_high_scores_fall():
    high = regression_to_mean(mean=17, sd=6, test_retest=0.7, cutoff=20, selected="above")
    low = regression_to_mean(mean=17, sd=6, test_retest=0.7, cutoff=14, selected="below")
    assert low.expected_change == pytest.approx(-high.expected_change, rel=1e-12)


def test_a_cutoff_far_out_still_has_a_regression_to_the_mean():
    # C(z) is close to z + 1/z far out, where φ and 1 − Φ are both 0 in floating point
    far_out = regression_to_mean(mean=0, sd=1, test_retest=0.5, cutoff=50, selected="above").C
    assert far_out == pytest.approx(50 + 1 / 50, rel=1e-6)
    everybody = regression_to_mean(mean=0, sd=1, test_retest=0.5, cutoff=-50, selected="above")
    assert everybody.expected_change == pytest.approx(0.0, abs=1e-12)
    assert regression_to_mean(mean=0, sd=1, test_retest=1, cutoff=1, selected="above").expected_change == 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"sd": 0}, "sd is 0"), ({"test_retest": 1.2}, "test_retest is 1.2"), ({"selected": "high"}, "selected='above'")],
)
def test_regression_to_the_mean_of_no_population_is_refused(wrong, words):
    numbers = {"mean": 0, "sd": 1, "test_retest": 0.5, "cutoff": 1, "selected": "above"}
    with pytest.raises(DefinitionError, match=words):
        regression_to_mean(**(numbers | wrong))


def test_a_delta_shifts_estimate_and_interval_and_renews_the_p_value():
    shifted = delta_adjusted_difference(
        FOUND, missing_programme=0.22, missing_comparison=0.12, delta_programme=3, delta_comparison=1
    )
    assert (shifted.estimate, shifted.ci_low, shifted.ci_high) == pytest.approx((-0.66, -1.5, 0.18))
    assert shifted.p_value == pytest.approx(2 * scipy_stats.t.sf(0.66 / 0.4, 18), rel=1e-12)
    assert "delta 3 and 1" in shifted.method
    assert np.isnan(
        delta_adjusted_difference(
            replace(FOUND, se=np.nan), missing_programme=0.2, missing_comparison=0, delta_programme=1
        ).p_value
    )


def test_the_tipping_points_are_where_estimate_and_interval_reach_zero():
    tipping = tipping_point(FOUND, missing_programme=0.25)
    assert (tipping.delta_zero, tipping.delta_interval) == pytest.approx((4.8, 1.44))
    both = tipping_point(FOUND, missing_programme=0.25, missing_comparison=0.15, shifted="both")
    assert (both.delta_zero, both.delta_interval) == pytest.approx((12.0, 3.6))
    weak = tipping_point(replace(FOUND, ci_high=0.5), missing_programme=0.25)
    assert (weak.delta_interval, weak.delta_zero) == (0.0, pytest.approx(4.8))
    positive = tipping_point(replace(FOUND, estimate=1.2, ci_low=0.36, ci_high=2.04), missing_programme=0.25)
    assert (positive.delta_zero, positive.delta_interval) == pytest.approx((-4.8, -1.44))


def test_nothing_missing_or_nothing_found_cannot_tip():
    assert tipping_point(FOUND, missing_programme=0.0).status == "nothing_missing"
    equal = tipping_point(FOUND, missing_programme=0.2, missing_comparison=0.2, shifted="both")
    assert (equal.status, np.isnan(equal.delta_zero)) == ("nothing_missing", True)
    nothing = tipping_point(replace(FOUND, estimate=np.nan, status="too_few_people"), missing_programme=0.2)
    assert nothing.status == "not_estimated"
    without = tipping_point(replace(FOUND, ci_low=np.nan, ci_high=np.nan), missing_programme=0.25)
    assert (without.delta_zero, np.isnan(without.delta_interval)) == (pytest.approx(4.8), True)


def test_shares_missing_in_percent_and_other_words_are_refused():
    with pytest.raises(DefinitionError, match="a share missing is 22"):
        tipping_point(FOUND, missing_programme=22)
    with pytest.raises(DefinitionError, match="a share missing is -0"):
        delta_adjusted_difference(FOUND, missing_programme=-0.1, missing_comparison=0, delta_programme=1)
    with pytest.raises(DefinitionError, match="shifted='programme'"):
        tipping_point(FOUND, missing_programme=0.2, shifted="comparison")


def test_importing_the_closed_forms_loads_neither_scipy_nor_pandas():
    modules = "attrition equivalence ordinal prepost_control reliable_change_family wwc"
    code = (
        f"import sys; [__import__('eval_tools.stats.' + m) for m in {modules.split()!r}];"
        "print([m for m in ('scipy', 'pandas', 'statsmodels') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
