import numpy as np
import pytest
from scipy import stats as scipy_stats

from eval_tools.errors import DataError, DefinitionError
from eval_tools.stats.adjusted_effect import standardised_adjusted_difference
from eval_tools.stats.effect_size import standardised_difference
from eval_tools.stats.estimate import Estimate
from eval_tools.stats.wwc import (
    ICC_BEHAVIOUR,
    baseline_balance,
    classify_baseline_equivalence,
    correct_g_for_clustering,
    correct_t_for_clustering,
    cox_index,
    cox_index_from_counts,
    translate_effect,
    wwc_g,
    wwc_g_from_summary,
)

PROGRAMME, COMPARISON = [5, 6, 7, 9, None], [4, 5, 6, 6, 3, 4]


def test_g_is_hedges_g_with_the_p_value_of_the_t_test():
    g, other = wwc_g(PROGRAMME, COMPARISON), standardised_difference(PROGRAMME, COMPARISON)
    assert (g.estimate, g.p_value, g.n) == pytest.approx((other.estimate, other.p_value, 10), rel=1e-12)
    expected = scipy_stats.ttest_ind(PROGRAMME[:4], COMPARISON)
    assert g.p_value == pytest.approx(expected.pvalue, rel=1e-12)
    omega = 1 - 3 / 31
    assert g.se == pytest.approx(omega * (1 / 4 + 1 / 6 + g.estimate**2 / 20) ** 0.5, rel=1e-12)
    half = scipy_stats.t.ppf(0.975, 8) * g.se
    assert [g.ci_low, g.ci_high] == pytest.approx([g.estimate - half, g.estimate + half], rel=1e-12)


def test_g_of_an_unadjusted_coefficient_is_g():
    n_one, n_two, sd, b = 30, 25, 8.0, 3.0
    points = Estimate(
        estimate=b, se=sd * (1 / n_one + 1 / n_two) ** 0.5, df=n_one + n_two - 2, ci_low=0, ci_high=0, ci_level=0.95,
        p_value=0.1, n=n_one + n_two, unit="scale points", method="difference",
    )  # fmt: skip
    from_points = standardised_adjusted_difference(points, sd=sd)
    g = wwc_g_from_summary(
        mean_programme=b, sd_programme=sd, n_programme=n_one, mean_comparison=0, sd_comparison=sd, n_comparison=n_two
    )
    assert (g.estimate, g.se, g.ci_low) == pytest.approx(
        (from_points.estimate, from_points.se, from_points.ci_low), rel=1e-12
    )


def test_groups_too_small_or_without_spread_have_no_g():
    assert wwc_g([], [1, 2, 3, 4]).status == "too_few_people"
    assert wwc_g([1], [2, 3]).status == "too_few_people"
    assert wwc_g([1, 1], [2, 2]).status == "no_variation"
    assert wwc_g([0.1 + 0.2, 0.3], [0.5, 0.5]).status == "no_variation"
    assert wwc_g([7], [1, 2, 3]).status == "estimated"  # the SD is that of the other group


def test_summaries_without_an_sd_are_refused():
    numbers = {"mean_programme": 1, "n_programme": 5, "mean_comparison": 2, "n_comparison": 5, "sd_comparison": 1}
    for wrong in (-1, np.nan):
        with pytest.raises(DefinitionError, match="SD is missing or negative"):
            wwc_g_from_summary(sd_programme=wrong, **numbers)


def test_the_cox_index_is_a_logarithm_of_odds_in_sds():
    d = cox_index_from_counts(30, 40, 20, 40, correction="none")
    assert d.estimate == pytest.approx(np.log(3) / 1.65, rel=1e-12)
    assert d.se == pytest.approx((1 / 30 + 1 / 10 + 1 / 20 + 1 / 20) ** 0.5 / 1.65, rel=1e-12)
    corrected = cox_index_from_counts(30, 40, 20, 40)
    assert corrected.estimate / d.estimate == pytest.approx(1 - 3 / (4 * 80 - 9), rel=1e-12)
    assert corrected.se / d.se == pytest.approx(1 - 3 / (4 * 80 - 9), rel=1e-12)


def test_shares_of_nobody_and_everybody_have_no_cox_index():
    assert cox_index([1, 1, 1], [0, 1, 0]).status == "no_variation"
    assert cox_index([0, 1, 0], [0, 0, 0]).status == "no_variation"
    assert cox_index([], [0, 1, 0, 1]).status == "too_few_people"
    assert cox_index([True, False, None], [False, True]).status == "estimated"
    assert np.isnan(cox_index([1, 1, 1], [0, 1, 0]).estimate)


def test_cox_indices_of_other_things_are_refused():
    with pytest.raises(DataError, match="other than 0 and 1"):
        cox_index([1, 2], [0, 1])
    with pytest.raises(DataError, match="outside 0 to n"):
        cox_index_from_counts(5, 4, 1, 4)
    with pytest.raises(DefinitionError, match="correction='omega'"):
        cox_index_from_counts(1, 4, 1, 4, correction="yes")


def test_without_correlation_in_schools_nothing_is_corrected():
    corrected = correct_t_for_clustering(2.5, n=120, school_size=20, icc=0.0)
    assert (corrected.t, corrected.df, corrected.design_effect, corrected.gamma) == pytest.approx((2.5, 118, 1, 1))
    g = correct_g_for_clustering(0.4, n_programme=60, n_comparison=60, school_size=20, icc=0.0)
    assert g.estimate == pytest.approx((1 - 3 / (4 * 118 - 1)) * 0.4, rel=1e-12)


def test_with_children_all_alike_in_schools_only_schools_count():
    # ρ = 1: h = G − 2 for G schools of the same size, as n̄(N−2n̄) is then N/n̄ − 2 times n̄²
    assert correct_t_for_clustering(2.5, n=120, school_size=20, icc=1.0).df == pytest.approx(120 / 20 - 2)


def test_the_effective_degrees_of_freedom_are_those_of_the_r_package_vivecampbell():
    assert correct_t_for_clustering(1.0, n=100, school_size=5, icc=0.1).df == pytest.approx(94.4, abs=0.05)


def test_a_corrected_g_carries_its_design_effect():
    c = correct_t_for_clustering(0.0, n=400, school_size=25, icc=ICC_BEHAVIOUR)
    g = correct_g_for_clustering(0.3, n_programme=200, n_comparison=200, school_size=25, icc=ICC_BEHAVIOUR)
    omega = 1 - 3 / (4 * c.df - 1)
    assert g.estimate == pytest.approx(omega * (1 - 2 * 24 * 0.1 / 398) ** 0.5 * 0.3, rel=1e-12)
    assert g.se == pytest.approx(omega * (0.01 * 3.4 + g.estimate**2 / (2 * c.df)) ** 0.5, rel=1e-12)
    assert g.p_value == pytest.approx(
        correct_t_for_clustering(0.3 / 0.1, n=400, school_size=25, icc=ICC_BEHAVIOUR).p_value, rel=1e-12
    )


def test_two_schools_cannot_be_corrected():
    assert correct_t_for_clustering(3, n=50, school_size=25, icc=0.1).status == "too_few_people"
    g = correct_g_for_clustering(0.3, n_programme=25, n_comparison=25, school_size=25, icc=0.1)
    assert g.status == "too_few_people"
    assert np.isnan(g.estimate)
    empty = correct_g_for_clustering(0.3, n_programme=0, n_comparison=80, school_size=5, icc=0.1)
    assert empty.status == "too_few_people"


def test_an_icc_in_percent_and_schools_without_children_are_refused():
    with pytest.raises(DefinitionError, match="icc is 10"):
        correct_t_for_clustering(3, n=400, school_size=25, icc=10)
    with pytest.raises(DefinitionError, match="school_size is 0"):
        correct_t_for_clustering(3, n=400, school_size=0, icc=0.1)


def test_no_effect_is_the_middle_of_everything():
    words = translate_effect(0.0)
    assert (words.improvement_index, words.u3, words.probability_of_superiority, words.overlap) == (0, 0.5, 0.5, 1)
    assert np.isnan(translate_effect(float("nan")).overlap)


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        (0.05, "satisfied"),
        (-0.05, "satisfied"),
        (0.0501, "adjust"),
        (-0.25, "adjust"),
        (0.2501, "not_satisfied"),
        (float("nan"), "unknown"),
    ],
)
def test_borders_of_baseline_equivalence_belong_to_the_better_class(effect, expected):
    assert classify_baseline_equivalence(effect) == expected


def test_children_and_schools_are_balanced_in_the_same_unit():
    # one big school of low scores among the programme schools
    programme, schools_one = [1, 2, 1, 2, 1, 2, 5, 6], list("aaaaaabb")
    comparison, schools_two = [3, 4, 3, 4, np.nan], list("ccddd")
    balance = baseline_balance(programme, comparison, schools_programme=schools_one, schools_comparison=schools_two)
    assert balance.children.estimate == pytest.approx(wwc_g(programme, comparison).estimate, rel=1e-12)
    # mean of the school means: (1.5 + 5.5)/2 = 3.5 = (3.5 + 3.5)/2
    assert balance.schools.estimate == pytest.approx(0.0, abs=1e-12)
    assert (balance.schools.n, balance.schools.df) == (4, 2)
    assert (balance.n_schools_programme, balance.n_schools_comparison) == (2, 2)
    assert (balance.children_class, balance.schools_class) == ("not_satisfied", "satisfied")
    assert not balance.one_school_in_a_group


def test_the_p_value_for_schools_is_that_of_a_t_test_of_their_means():
    programme, comparison = [1, 3, 4, 6, 5, 5], [2, 2, 3, 3, 8, 2]
    balance = baseline_balance(
        programme, comparison, schools_programme=[1, 1, 2, 2, 3, 3], schools_comparison=[4, 4, 5, 5, 6, 6]
    )
    expected = scipy_stats.ttest_ind([2, 5, 5], [2, 3, 5])
    assert balance.schools.p_value == pytest.approx(expected.pvalue, rel=1e-12)
    assert balance.schools.estimate / balance.schools.se == pytest.approx(expected.statistic, rel=1e-12)


def test_one_school_in_a_group_leaves_schools_without_an_interval():
    balance = baseline_balance(
        [1, 2, 3], [2, 3, 4, 5], schools_programme=["a"] * 3, schools_comparison=["b", "b", "c", "c"]
    )
    assert balance.one_school_in_a_group
    assert balance.schools.status == "too_few_people"
    assert balance.schools.estimate == pytest.approx((2 - 3.5) / 1.183216 * (1 - 3 / 19), rel=1e-5)
    assert np.isnan([balance.schools.se, balance.schools.ci_low, balance.schools.p_value]).all()


def test_schools_with_the_same_mean_and_groups_without_children_have_a_status():
    same = baseline_balance([1, 3, 1, 3], [2, 4, 2, 4], schools_programme=list("aabb"), schools_comparison=list("ccdd"))
    assert same.schools.status == "no_variation"
    assert np.isnan(same.schools.se)
    nobody = baseline_balance([np.nan], [1, 2, 3, 4], schools_programme=["a"], schools_comparison=list("bbcc"))
    assert nobody.children.status == nobody.schools.status == "too_few_people"
    assert (nobody.n_schools_programme, nobody.children_class, nobody.schools_class) == (0, "unknown", "unknown")


def test_a_child_with_a_score_but_without_a_school_is_refused():
    import pandas as pd

    for missing in (None, "", float("nan"), pd.NA):
        with pytest.raises(DataError, match="1 children with a score have no school"):
            baseline_balance([1, 2, 3], [2, 3], schools_programme=["a", "a", missing], schools_comparison=["b", "c"])
    with pytest.raises(DataError, match="3 and 2 values"):
        baseline_balance([1, 2, 3], [2, 3], schools_programme=["a", "a"], schools_comparison=["b", "c"])
