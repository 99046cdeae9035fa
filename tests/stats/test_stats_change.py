import numpy as np
import pytest
from scipy import stats

from eval_tools.errors import DataError, DefinitionError
from eval_tools.stats.change import hodges_lehmann_change, mean_change
from eval_tools.stats.effect_size import (
    standardised_change,
    standardised_change_before_sd,
    standardised_change_difference_sd,
)

SLEEP_BEFORE = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_AFTER = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
CHANGES = [
    mean_change,
    hodges_lehmann_change,
    standardised_change,
    standardised_change_before_sd,
    standardised_change_difference_sd,
]
every_change = pytest.mark.parametrize("change", CHANGES)


@every_change
def test_a_person_without_one_of_the_two_scores_does_not_count(change):
    complete = change(SLEEP_BEFORE, SLEEP_AFTER)
    with_gaps = change([*SLEEP_BEFORE, np.nan, 3.0], [*SLEEP_AFTER, 2.0, None])
    assert with_gaps.n == 10
    assert with_gaps.estimate == complete.estimate
    assert (with_gaps.ci_low, with_gaps.ci_high) == (complete.ci_low, complete.ci_high)


@every_change
def test_lists_of_different_length_are_refused(change):
    with pytest.raises(DataError) as refused:
        change([1.0, 2.0, 3.0], [1.0, 2.0])
    (problem,) = refused.value.problems
    assert problem.where == change.__name__
    assert "3 and 2 values" in problem.what
    assert "NaN where missing" in problem.remedy


@every_change
def test_words_and_infinite_values_are_refused(change):
    with pytest.raises(DataError, match="not numbers"):
        change(["often", 2], [1, 2])
    with pytest.raises(DataError, match="infinite"):
        change([np.inf, 2], [1, 2])
    with pytest.raises(DataError, match="2 dimensions"):
        change([[1, 2]], [[1, 2]])


@every_change
def test_a_level_in_percent_is_refused(change):
    with pytest.raises(DefinitionError, match=r"ci_level is 95"):
        change(SLEEP_BEFORE, SLEEP_AFTER, ci_level=95)


@every_change
@pytest.mark.parametrize("scores", [[], [3.0], [np.nan, np.nan, 2.0]])
def test_nobody_and_one_person_are_too_few(change, scores):
    result = change(scores, scores)
    assert result.status == "too_few_people"
    assert np.isnan([result.estimate, result.ci_low, result.ci_high, result.p_value]).all()


@pytest.mark.parametrize("change", [mean_change, hodges_lehmann_change])
def test_a_change_that_is_the_same_for_all_has_a_size_but_no_uncertainty(change):
    # 0.4 - 0.3, 0.5 - 0.4 and 0.6 - 0.5 are three different floats
    result = change([0.3, 0.4, 0.5], [0.4, 0.5, 0.6])
    assert result.status == "no_variation"
    assert result.estimate == pytest.approx(0.1)
    assert np.isnan([result.se, result.ci_low, result.ci_high, result.p_value]).all()


@pytest.mark.parametrize("change", [standardised_change, standardised_change_before_sd])
def test_scores_without_variation_have_no_standardised_change(change):
    result = change([4.0] * 5, [6.0] * 5)
    assert result.status == "no_variation"
    assert np.isnan(result.estimate)


def test_a_change_that_is_the_same_for_all_has_no_g_z():
    assert standardised_change_difference_sd([1, 2, 3, 4], [2, 3, 4, 5]).status == "no_variation"


def test_a_change_that_is_nearly_the_same_for_all_has_g_z_without_interval():
    result = standardised_change_difference_sd([1, 2, 3, 4], [2, 3, 4, 5 + 1e-7])
    assert result.status == "not_converged"
    assert result.estimate > 1e6
    assert np.isnan(result.ci_low)


def test_only_the_scores_before_need_to_vary_for_the_before_sd():
    assert standardised_change_before_sd([1, 2, 3], [5, 5, 5]).status == "estimated"
    assert standardised_change_before_sd([5, 5, 5], [1, 2, 3]).status == "no_variation"


@every_change
def test_the_scores_given_are_not_changed(change):
    before, after = np.array(SLEEP_BEFORE), np.array(SLEEP_AFTER)
    before.flags.writeable = after.flags.writeable = False
    change(before, after)
    np.testing.assert_array_equal(before, SLEEP_BEFORE)


def test_the_paired_t_test_agrees_with_scipy():
    rng = np.random.default_rng(3)
    before, after = rng.normal(size=(2, 37))
    ours, theirs = mean_change(before, after, ci_level=0.9), stats.ttest_rel(after, before)
    # two routes to the same closed form: only rounding errors of doubles may differ
    assert ours.p_value == pytest.approx(theirs.pvalue, rel=1e-10)
    interval = theirs.confidence_interval(0.9)
    assert [ours.ci_low, ours.ci_high] == pytest.approx([interval.low, interval.high], rel=1e-10)


def test_sleep_data_with_a_zero_and_a_tie_have_the_p_value_that_r_prints():
    # R: wilcox.test(extra ~ group, data = sleep) paired: p-value = 0.009091 (seven digits printed)
    change = hodges_lehmann_change(SLEEP_BEFORE, SLEEP_AFTER)
    assert change.p_value == pytest.approx(0.009091, abs=5e-7)
    assert change.method == "Wilcoxon signed rank, normal approximation"
    assert change.n == 10


@pytest.mark.parametrize("n", [6, 9, 20, 49])
def test_the_exact_signed_rank_test_agrees_with_scipy(n):
    rng = np.random.default_rng(n)
    d = rng.normal(0.3, 1, size=n)
    ours = hodges_lehmann_change(np.zeros(n), d)
    assert ours.method == "Wilcoxon signed rank, exact"
    # both count sign patterns, exactly representable below 2^53
    assert ours.p_value == pytest.approx(stats.wilcoxon(d, method="exact").pvalue, rel=1e-12)
    assert 0.95 <= ours.ci_level < 0.98


def test_from_fifty_pairs_on_the_signed_rank_test_is_approximate():
    d = np.random.default_rng(1).normal(size=50)
    assert "approximation" in hodges_lehmann_change(np.zeros(50), d).method


@pytest.mark.parametrize(("seed", "n", "with_zeros"), [(1, 12, True), (2, 30, True), (3, 25, False), (4, 80, True)])
def test_with_ties_the_interval_holds_just_the_shifts_that_scipys_test_does_not_reject(seed, n, with_zeros):
    rng = np.random.default_rng(seed)
    d = rng.integers(-3, 6, size=n).astype(float)
    if not with_zeros:
        d[d == 0] = 1

    def p(shift):
        return stats.wilcoxon(d - shift, zero_method="wilcox", correction=True, method="asymptotic").pvalue

    change = hodges_lehmann_change(np.zeros(n), d)
    assert change.p_value == pytest.approx(p(0.0), rel=1e-10)
    # Walsh averages of whole numbers lie 0.5 apart, so 0.01 steps over exactly one of them
    assert p(change.ci_low - 0.01) < 0.05 <= p(change.ci_low + 0.01)
    assert p(change.ci_high + 0.01) < 0.05 <= p(change.ci_high - 0.01)


def test_the_pseudomedian_is_the_median_of_all_walsh_averages():
    # differences 0, 1, 5: averages 0, 0.5, 2.5, 1, 3, 5; median (1 + 2.5)/2
    assert hodges_lehmann_change([0, 0, 0], [0, 1, 5]).estimate == 1.75


def test_below_six_pairs_no_95_percent_interval_exists():
    change = hodges_lehmann_change([0] * 5, [1.0, 2.5, 3.1, 4.7, 5.2])
    assert change.status == "too_few_people"
    assert change.p_value == 2 / 2**5
    assert np.isnan([change.ci_low, change.ci_high]).all()
    assert np.isfinite(hodges_lehmann_change([0] * 5, [1.0, 2.5, 3.1, 4.7, 5.2], ci_level=0.9).ci_low)


def test_four_tied_pairs_are_too_few_for_an_approximate_interval():
    change = hodges_lehmann_change([0] * 4, [1, 1, 2, 2])
    assert change.status == "too_few_people"
    assert change.estimate == 1.5
    assert np.isnan(change.ci_high)


def test_equal_changes_tie_although_their_floats_differ():
    # 0.3 - 0.1, 0.4 - 0.2 and 0.9 - 0.7 are three floats and one change
    change = hodges_lehmann_change([0.1, 0.2, 0.7, 0, 0, 0, 0], [0.3, 0.4, 0.9, 0.5, 0.6, 0.8, 0.9])
    assert "approximation" in change.method
