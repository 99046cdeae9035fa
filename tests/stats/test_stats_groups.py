import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.meta_analysis import effectsize_smd

from eval_tools.errors import DataError, UnknownNames
from eval_tools.stats.ancova import ancova
from eval_tools.stats.effect_size import standardised_difference
from eval_tools.stats.mean import mean_difference
from eval_tools.stats.multiplicity import benjamini_hochberg, holm


def _three_groups(seed=5, sizes=(20, 30, 9)):
    rng = np.random.default_rng(seed)
    group = np.repeat(["comparison", "drama", "sport"], sizes)
    before = rng.normal(20, 5, size=group.size)
    after = 3 + 0.7 * before + 2 * (group == "drama") + rng.normal(0, 1 + 3 * (group == "sport"))
    return before, after, group


def test_the_adjusted_differences_agree_with_statsmodels():
    before, after, group = _three_groups()
    ours = ancova(before, after, group, reference="comparison", ci_level=0.9)
    design = np.column_stack([np.ones(group.size), before, group == "drama", group == "sport"]).astype(float)
    theirs = sm.OLS(after, design).fit(cov_type="HC3", use_t=True)
    terms = [ours.slope, ours.difference("drama"), ours.difference("sport")]
    # the same closed form; the design is well conditioned, so rounding errors stay below 1e-9
    assert [e.estimate for e in terms] == pytest.approx(theirs.params[1:], rel=1e-9)
    assert [e.se for e in terms] == pytest.approx(theirs.bse[1:], rel=1e-9)
    assert [e.p_value for e in terms] == pytest.approx(theirs.pvalues[1:], rel=1e-7)
    limits = np.array([[e.ci_low, e.ci_high] for e in terms])
    np.testing.assert_allclose(limits, theirs.conf_int(alpha=0.1)[1:], rtol=1e-8)
    assert (ours.n, ours.df, ours.group_sizes) == (59, 55, (20, 30, 9))


def test_people_with_a_missing_value_or_group_are_dropped_and_counted():
    before, after, group = _three_groups()
    complete = ancova(before, after, group, reference="comparison")
    with_gaps = ancova(
        [*before, np.nan, 20, 20, 20],
        [*after, 20, np.nan, 20, 20],
        [*group, "drama", "sport", None, ""],
        reference="comparison",
    )
    assert (with_gaps.n, with_gaps.n_dropped) == (complete.n, 4)
    assert with_gaps.groups == ("comparison", "drama", "sport")
    assert with_gaps.difference("drama").estimate == pytest.approx(complete.difference("drama").estimate)


def test_a_group_of_one_is_not_estimated_but_the_others_are():
    before, after, group = _three_groups(sizes=(20, 30, 1))
    model = ancova(before, after, group, reference="comparison")
    without = ancova(before[:50], after[:50], group[:50], reference="comparison")
    assert model.difference("sport").status == "too_few_people"
    assert np.isnan(model.difference("sport").estimate)
    assert model.difference("drama") == without.difference("drama")
    assert (model.n, model.n_dropped, model.group_sizes) == (50, 1, (20, 30, 1))


def test_without_a_reference_group_of_two_nothing_is_estimated():
    before, after, group = _three_groups(sizes=(1, 30, 9))
    model = ancova(before, after, group, reference="comparison")
    assert {model.status, model.slope.status, model.difference("drama").status} == {"too_few_people"}


def test_not_more_people_than_coefficients_are_too_few():
    model = ancova([1, 2, 3, 4], [1, 3, 2, 5], list("aabb"), reference="a")
    assert model.status == "estimated"
    assert (model.n, model.df) == (4, 1)
    model = ancova([1, 2, 3], [1, 3, 2], list("aab"), reference="a")
    assert model.difference("b").status == "too_few_people"


def test_one_group_alone_has_a_slope_and_no_differences():
    model = ancova([1, 2, 3, 4], [1, 3, 2, 5], list("aaaa"), reference="a")
    assert (model.differences, model.slope.status) == ((), "estimated")


def test_a_slope_that_hangs_on_one_person_is_not_estimated():
    # within the groups only one person differs in the score before: leverage 1, HC3 divides by 0
    model = ancova([5, 5, 5, 5, 5, 9], [4, 5, 6, 5, 6, 8], list("aaabbb"), reference="a")
    assert model.status == "too_few_people"
    assert np.isnan(model.difference("b").estimate)


def test_scores_before_that_do_not_vary_within_groups_have_no_slope():
    model = ancova([5, 5, 5, 7, 7, 7], [4, 5, 6, 5, 6, 8], list("aaabbb"), reference="a")
    assert {model.status, model.slope.status, model.difference("b").status} == {"no_variation"}


def test_a_perfect_fit_has_estimates_without_uncertainty():
    before = np.array([1.1, 2.3, 3.2, 4.7, 1.9, 2.2, 3.8, 4.1])
    group = np.array(list("aaaabbbb"))
    model = ancova(before, 0.3 + 0.7 * before + 2 * (group == "b"), group, reference="a")
    assert model.difference("b").estimate == pytest.approx(2)
    assert model.difference("b").status == "no_variation"
    assert np.isnan([model.difference("b").se, model.difference("b").p_value]).all()


def test_an_unknown_group_is_named_with_the_known_ones():
    before, after, group = _three_groups()
    with pytest.raises(UnknownNames) as refused:
        ancova(before, after, group, reference="comparisn")
    assert refused.value.known == ("comparison", "drama", "sport")
    with pytest.raises(UnknownNames) as refused:
        ancova(before, after, group, reference="comparison").difference("comparison")
    assert refused.value.known == ("drama", "sport")


def test_groups_and_scores_must_belong_to_the_same_people():
    with pytest.raises(DataError, match="3 and 2 values"):
        ancova([1, 2, 3], [1, 2, 3], ["a", "b"], reference="a")


def test_hedges_g_of_two_groups_agrees_with_statsmodels_and_its_p_value_with_scipy():
    rng = np.random.default_rng(4)
    x, y = rng.normal(0.4, 1, 23), rng.normal(0, 1.2, 41)
    ours = standardised_difference([*x, np.nan], y)
    theirs, _ = effectsize_smd(x.mean(), x.std(ddof=1), 23, y.mean(), y.std(ddof=1), 41)
    assert ours.estimate == pytest.approx(theirs, rel=1e-12)  # closed form, same correction
    assert ours.p_value == pytest.approx(stats.ttest_ind(x, y).pvalue, rel=1e-10)
    assert ours.n == 64


def test_the_limits_of_hedges_g_put_the_observed_t_at_its_quantiles():
    x, y = np.array([5.0, 7, 8, 6, 9]), np.array([4.0, 5, 4, 6, 7, 3])
    ours, t = standardised_difference(x, y), stats.ttest_ind(x, y).statistic
    per_t, correction = (1 / 5 + 1 / 6) ** 0.5, 1 - 3 / (4 * 11 - 9)
    # halving stops within 1e-10 of the noncentrality
    assert stats.nct.sf(t, 9, ours.ci_low / correction / per_t) == pytest.approx(0.025, abs=1e-9)
    assert stats.nct.cdf(t, 9, ours.ci_high / correction / per_t) == pytest.approx(0.025, abs=1e-9)


@pytest.mark.parametrize(
    ("x", "y", "status"),
    [
        ([1, 2, 3], [], "too_few_people"),
        ([1, 2], [3], "too_few_people"),
        ([1, 1], [2, 2], "no_variation"),
        ([1, 1, 1], [2, 2, 2 + 1e-6], "not_converged"),
        ([1], [2, 3, 4], "estimated"),
    ],
)
def test_two_groups_that_cannot_be_compared_say_why(x, y, status):
    assert standardised_difference(x, y).status == status


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_a_missing_p_value_is_not_counted_as_a_question(adjust):
    with_gap = adjust([0.01, np.nan, 0.03, 0.04])
    assert np.isnan(with_gap[1])
    np.testing.assert_array_equal(with_gap[[0, 2, 3]], adjust([0.01, 0.03, 0.04]))


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_no_question_needs_no_adjustment_and_a_p_value_above_one_is_refused(adjust):
    assert adjust([]).size == 0
    with pytest.raises(DataError, match="1 p values lie outside"):
        adjust([0.2, 1.2])


# --- two groups of independent people ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_difference_of_two_means_is_that_of_scipy(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.normal(1, 1 + seed, 12), rng.normal(0, 3, 7)
    expected = stats.ttest_ind(first, second, equal_var=False)
    interval = expected.confidence_interval(0.9)
    found = mean_difference([*first, np.nan], [np.nan, *second], ci_level=0.9)
    assert (found.n, found.status) == (19, "estimated")
    assert (found.estimate, found.df, found.p_value) == pytest.approx(
        (first.mean() - second.mean(), expected.df, expected.pvalue), rel=1e-12
    )
    assert (found.ci_low, found.ci_high) == pytest.approx((interval.low, interval.high), rel=1e-12)


def test_a_difference_of_means_needs_two_people_in_each_group_and_some_variation():
    assert mean_difference([1.0], [2.0, 3.0]).status == "too_few_people"
    flat = mean_difference([2.0, 2.0], [1.0, 1.0])
    assert (flat.estimate, flat.status) == (1.0, "no_variation")
    assert np.isnan([flat.ci_low, flat.p_value]).all()
