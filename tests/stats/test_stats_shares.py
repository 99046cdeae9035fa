import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from eval_tools.errors import DataError
from eval_tools.stats.caseness import mcnemar, paired_risk_difference
from eval_tools.stats.proportion import newcombe_difference, wilson_interval


def _pairs(both, only_before, only_after, neither):
    counts = [both, only_before, only_after, neither]
    return np.repeat([1.0, 1, 0, 0], counts), np.repeat([1.0, 0, 1, 0], counts)


def test_children_after_a_transplantation_have_the_published_mid_p():
    # Bentur et al. (2009) in Fagerland et al. (2013): exact p 0.0703, mid-p 0.0391
    test = mcnemar(*_pairs(1, 1, 7, 12))
    assert test.p_exact == pytest.approx(0.0703, abs=5e-5)  # four digits printed
    assert test.p_mid == pytest.approx(0.0391, abs=5e-5)


def test_as_many_one_way_as_the_other_gives_the_mid_p_of_its_own_rule():
    test = mcnemar(*_pairs(3, 2, 2, 3))
    assert test.p_exact == 1
    assert test.p_mid == pytest.approx(1 - 0.5 * 6 / 16)  # 6 of 16 orders are two and two


@pytest.mark.parametrize("table", [(5, 9, 3, 4), (0, 1, 8, 2), (30, 21, 13, 36)])
def test_mcnemars_test_agrees_with_statsmodels(table):
    both, b, c, neither = table
    ours = mcnemar(*_pairs(*table))
    square = [[both, b], [c, neither]]
    # closed forms: only rounding errors may differ
    assert ours.p_exact == pytest.approx(statsmodels_mcnemar(square, exact=True).pvalue, rel=1e-10)
    chi2 = statsmodels_mcnemar(square, exact=False, correction=False).statistic
    assert ours.chi2 == pytest.approx(chi2, rel=1e-12)


def test_if_nobody_crossed_nothing_speaks_for_a_change():
    test = mcnemar(*_pairs(4, 0, 0, 6))
    assert (test.p_exact, test.p_mid, test.status) == (1, 1, "estimated")
    assert np.isnan(test.chi2)
    difference = paired_risk_difference(*_pairs(4, 0, 0, 6))
    assert difference.estimate == 0
    assert difference.ci_low < 0 < difference.ci_high


def test_without_complete_pairs_there_is_no_test_of_caseness():
    assert mcnemar([1, np.nan], [np.nan, 0]).status == "too_few_people"
    assert np.isnan(mcnemar([], []).p_mid)
    assert paired_risk_difference([1, np.nan], [np.nan, 0]).status == "too_few_people"


def test_truth_values_and_missing_ones_are_understood():
    test = mcnemar(np.array([True, True, False]), [0, np.nan, 1])
    assert (test.n, test.only_before, test.only_after) == (2, 1, 1)


def test_a_score_is_not_a_case():
    with pytest.raises(DataError, match="other than 0 and 1"):
        mcnemar([0, 1, 16], [0, 1, 1])


def test_more_cases_afterwards_is_a_positive_difference():
    assert paired_risk_difference(*_pairs(2, 1, 5, 2)).estimate == pytest.approx(0.4)


def test_the_interval_of_a_paired_difference_ends_at_one():
    difference = paired_risk_difference([0], [1], ci_level=0.999)
    assert (difference.estimate, difference.ci_high) == (1, 1)


@pytest.mark.parametrize(("count", "n"), [(0, 7), (7, 7), (3, 7), (45, 60), (147, 295)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_wilson_interval_agrees_with_statsmodels(count, n, level):
    share = wilson_interval(count, n, ci_level=level)
    theirs = proportion_confint(count, n, alpha=1 - level, method="wilson")
    assert [share.ci_low, share.ci_high] == pytest.approx(theirs, abs=1e-12)  # closed form
    assert 0 <= share.ci_low <= share.estimate <= share.ci_high <= 1


@pytest.mark.parametrize("counts", [(56, 70, 48, 80), (9, 10, 3, 10), (0, 12, 5, 9), (10, 10, 0, 20)])
def test_newcombes_interval_agrees_with_statsmodels(counts):
    ours = newcombe_difference(*counts)
    theirs = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    assert [ours.ci_low, ours.ci_high] == pytest.approx(theirs, abs=1e-12)  # closed form


def test_a_share_of_nobody_is_missing_and_not_zero():
    assert np.isnan(wilson_interval(0, 0).estimate)
    assert wilson_interval(0, 0).status == "too_few_people"
    assert newcombe_difference(0, 0, 3, 9).status == "too_few_people"


@pytest.mark.parametrize(("count", "n"), [(5, 4), (-1, 4), (1.5, 4)])
def test_counts_that_are_no_share_are_refused(count, n):
    with pytest.raises(DataError, match="not a share"):
        wilson_interval(count, n)
