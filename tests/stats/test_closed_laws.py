"""Laws that the closed forms obey, whatever the answers are."""

import numpy as np
import pytest
from hypothesis import assume, settings
from hypothesis import given as searched
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.stats.contingency_tables import SquareTable

from eval_tools.stats.attrition import classify_attrition, count_attrition
from eval_tools.stats.equivalence import (
    delta_adjusted_difference,
    e_value,
    equivalence_test,
    regression_to_mean,
    tipping_point,
)
from eval_tools.stats.estimate import Estimate
from eval_tools.stats.individual import Cutoffs
from eval_tools.stats.ordinal import bhapkar, count_transitions, ordinal_shift, stuart_maxwell
from eval_tools.stats.prepost_control import morris_d_ppc1, morris_d_ppc2, repeated_measures_d
from eval_tools.stats.reliable_change_family import (
    CLINICAL_CLASSES,
    classify_clinical_change,
    classify_responders,
    edwards_nunnally,
    gulliksen_lord_novick,
    hageman_arrindell,
    hsu_linn_lord,
    jacobson_truax,
    nunnally_kotsch,
    published_mid,
)
from eval_tools.stats.wwc import (
    baseline_balance,
    classify_baseline_equivalence,
    correct_t_for_clustering,
    cox_index,
    translate_effect,
    wwc_g,
)


def given(**examples):
    # no deadline: the first example pays for loading scipy, and the machine may be busy
    return lambda law: settings(deadline=None)(searched(**examples)(law))


# Scores in quarters: differences, sums, and multiples by powers of two are exact floats.
score = st.integers(0, 63).map(lambda q: q / 4 if q <= 60 else np.nan)
pairs = st.lists(st.tuples(score, score), max_size=20).map(lambda p: np.array(p).reshape(-1, 2).T)
yes_no = st.lists(st.sampled_from([0.0, 1.0, np.nan]), max_size=20).map(np.array)
scores = st.lists(score, max_size=20).map(lambda p: np.array(p, dtype=float))
tables = st.integers(2, 5).flatmap(lambda k: arrays(np.int64, (k, k), elements=st.integers(0, 12)))
better = st.sampled_from(["higher", "lower"])
finite = st.floats(-5, 5)


def _nk(before, after, **options):
    return nunnally_kotsch(before, after, reliability_after=0.75, **options)


PPC = [morris_d_ppc1, morris_d_ppc2]
FAMILY = [jacobson_truax, gulliksen_lord_novick, hsu_linn_lord, edwards_nunnally, _nk, hageman_arrindell]


def numbers(e):
    return [e.estimate, e.se, e.ci_low, e.ci_high, e.p_value]


def flipped(e):
    return [-e.estimate, e.se, -e.ci_high, -e.ci_low, e.p_value]


def close(expected):
    # sums in another order differ by rounding errors, some 1e-15 of the scores
    return pytest.approx(expected, rel=1e-7, abs=1e-8, nan_ok=True)


@pytest.mark.parametrize("effect", PPC)
@given(programme=pairs, comparison=pairs)
def test_swapping_the_groups_flips_the_sign(effect, programme, comparison):
    one, other = effect(*programme, *comparison), effect(*comparison, *programme)
    assert one.status == other.status
    assert numbers(one) == close(flipped(other))


@pytest.mark.parametrize("effect", PPC)
@given(programme=pairs, comparison=pairs, points=st.integers(-8, 8), seed=st.integers(0, 99))
def test_neither_the_unit_nor_the_origin_nor_the_order_of_people_matters(effect, programme, comparison, points, seed):
    order = np.random.default_rng(seed).permutation(programme.shape[1])
    one = effect(*programme, *comparison)
    other = effect(*(4 * programme[:, order] + points), *(4 * comparison + points))
    assert one.status == other.status
    assert numbers(one) == close(numbers(other))


@given(people=pairs)
def test_people_who_moved_as_much_as_the_comparison_group_have_no_d_ppc(people):
    for effect in PPC:
        e = effect(*people, *people)
        assert np.isnan(e.estimate) or e.estimate == pytest.approx(0.0, abs=1e-12)


@given(people=pairs)
def test_mirrored_scores_mirror_d_rm(people):
    one, other = repeated_measures_d(*people), repeated_measures_d(*-people)
    assert one.status == other.status
    assert numbers(one) == close(flipped(other))


@given(x=scores, y=scores)
def test_swapping_the_groups_flips_the_sign_of_g(x, y):
    one, other = wwc_g(x, y), wwc_g(y, x)
    assert one.status == other.status
    assert numbers(one) == close(flipped(other))
    assert numbers(one) == close(numbers(wwc_g(8 * x + 3, 8 * y + 3)))


@given(x=yes_no, y=yes_no)
def test_swapping_yes_and_no_or_the_groups_flips_the_sign_of_the_cox_index(x, y):
    one = cox_index(x, y)
    for other in (cox_index(1 - x, 1 - y), cox_index(y, x)):
        assert one.status == other.status
        assert numbers(one) == close(flipped(other))


@given(g=finite)
def test_translations_of_opposite_effects_mirror_each_other(g):
    one, other = translate_effect(g), translate_effect(-g)
    assert one.improvement_index == pytest.approx(-other.improvement_index, abs=1e-9)
    assert one.u3 == pytest.approx(1 - other.u3, abs=1e-12)
    assert one.probability_of_superiority == pytest.approx(1 - other.probability_of_superiority, abs=1e-12)
    assert one.overlap == other.overlap
    assert classify_baseline_equivalence(g) == classify_baseline_equivalence(-g)


@given(t=finite, icc=st.floats(0, 1), schools=st.integers(3, 30), size=st.integers(1, 40))
def test_a_correction_for_schools_never_makes_a_finding_stronger(t, icc, schools, size):
    n = schools * size
    assume(n > 2 * size)
    assume(n > 2)
    corrected = correct_t_for_clustering(t, n=n, school_size=size, icc=icc)
    assert abs(corrected.t) <= abs(t) * (1 + 1e-12)
    assert corrected.t * t >= 0
    # h lies between that of schools and that of children, with a little room where schools are single children
    assert min(schools - 2, n - 2) * (1 - 1e-9) <= corrected.df <= (n - 2) * (1 + 1e-9)


@given(x=scores, y=scores, seed=st.integers(0, 99))
def test_names_of_schools_and_order_of_children_do_not_matter_to_balance(x, y, seed):
    rng = np.random.default_rng(seed)
    at, bt = rng.integers(0, 3, x.size), rng.integers(3, 6, y.size)
    order = rng.permutation(x.size)
    one = baseline_balance(x, y, schools_programme=at, schools_comparison=bt)
    other = baseline_balance(
        x[order], y, schools_programme=[f"school {i}" for i in at[order]], schools_comparison=[str(i) for i in bt]
    )
    assert numbers(one.children) == close(numbers(other.children))
    assert numbers(one.schools) == close(numbers(other.schools))
    assert (one.n_schools_programme, one.n_schools_comparison) == (
        other.n_schools_programme,
        other.n_schools_comparison,
    )


@given(a=st.integers(1, 40), b=st.integers(1, 40), lost_a=st.integers(0, 40), lost_b=st.integers(0, 40))
def test_attrition_does_not_depend_on_which_group_is_named_first(a, b, lost_a, lost_b):
    ra, rb = max(0, a - lost_a), max(0, b - lost_b)
    one = count_attrition(assigned_programme=a, analysed_programme=ra, assigned_comparison=b, analysed_comparison=rb)
    other = count_attrition(assigned_programme=b, analysed_programme=rb, assigned_comparison=a, analysed_comparison=ra)
    assert (one.overall, one.differential) == (other.overall, other.differential)
    cautious, optimistic = (
        classify_attrition(one.overall, one.differential, boundary) for boundary in ("cautious", "optimistic")
    )
    assert cautious.level == "high" or optimistic.level == "low"


@pytest.mark.parametrize("method", FAMILY)
@given(people=pairs, direction=better, seed=st.integers(0, 99))
def test_classes_follow_people_and_not_the_direction_of_the_scale(method, people, direction, seed):
    mirrored = "lower" if direction == "higher" else "higher"
    order = np.random.default_rng(seed).permutation(people.shape[1])
    one = method(*people, reliability=0.75, better=direction)
    other = method(*(-people[:, order]), reliability=0.75, better=mirrored)
    assert one.status == other.status
    assert one.index[order] == close(-other.index)
    on_the_border = np.abs(np.abs(one.index) - one.criterion) < 1e-9
    same = one.classes[order] == other.classes
    assert (same | on_the_border[order]).all()


@pytest.mark.parametrize("method", FAMILY)
@given(people=pairs, direction=better)
def test_indices_do_not_depend_on_the_unit_of_the_scale(method, people, direction):
    one = method(*people, reliability=0.75, better=direction)
    other = method(*(8 * people + 2), reliability=0.75, better=direction)
    assert one.index == close(other.index)


@given(people=pairs, direction=better, cut=st.integers(0, 60))
def test_every_person_has_exactly_one_clinical_class(people, direction, cut):
    change = jacobson_truax(*people, reliability=0.75, better=direction)
    cutoffs = Cutoffs(a=cut / 4, b=cut / 4, c=cut / 4)
    clinical = classify_clinical_change(*people, change, cutoffs=cutoffs, better=direction)
    assert sum(clinical.count(word) for word in CLINICAL_CLASSES) == people.shape[1]
    assert clinical.count("recovered") + clinical.count("improved") == (change.classes == "improved").sum()
    assert clinical.count("deteriorated") == (change.classes == "worse").sum()


@given(people=pairs, direction=better)
def test_swapping_before_and_after_swaps_responders_and_those_who_became_worse(people, direction):
    mid = published_mid(1.5, source="invented")
    one = classify_responders(*people, mid, better=direction)
    other = classify_responders(*people[::-1], mid, better=direction)
    assert (one.n, one.n_improved, one.n_worse) == (other.n, other.n_worse, other.n_improved)


@given(table=tables, seed=st.integers(0, 99))
def test_neither_the_direction_of_time_nor_the_order_of_classes_matters_to_marginal_homogeneity(table, seed):
    order = np.random.default_rng(seed).permutation(len(table))
    for test in (stuart_maxwell, bhapkar):
        one = test(table)
        for other in (test(table.T), test(table[order][:, order])):
            assert (one.df, one.status) == (other.df, other.status)
            assert [one.chi2, one.p_value] == pytest.approx([other.chi2, other.p_value], rel=1e-6, nan_ok=True)


@given(table=tables, stayers=st.integers(0, 50))
def test_people_who_stay_do_not_matter_to_stuart_and_maxwell(table, stayers):
    one, other = stuart_maxwell(table), stuart_maxwell(table + stayers * np.eye(len(table), dtype=int))
    assume(one.n > 0)
    assert [one.chi2, one.p_value] == close([other.chi2, other.p_value])


@given(table=tables)
def test_statsmodels_agrees_on_every_table_in_which_all_classes_exchange_people(table):
    assume(((table + table.T) > 0).all())
    for test, method in ((stuart_maxwell, "stuart_maxwell"), (bhapkar, "bhapkar")):
        got = test(table)
        assume(got.status == "estimated")
        expected = SquareTable(table.astype(float), shift_zeros=False).homogeneity(method=method)
        assert [got.chi2, got.p_value] == pytest.approx([expected.statistic, expected.pvalue], rel=1e-6, abs=1e-9)


@given(people=pairs, direction=better)
def test_only_the_order_of_classes_matters_to_the_ordinal_shift(people, direction):
    one, other = (
        ordinal_shift(*people, better=direction),
        ordinal_shift(*np.exp(people / 4), better=direction),
    )
    assert numbers(one) == close(numbers(other))
    assert flipped(one) == close(numbers(ordinal_shift(*people[::-1], better=direction)))


@given(people=pairs)
def test_transitions_count_every_complete_pair_once(people):
    categories = sorted(set(people[~np.isnan(people)].tolist()))
    table = count_transitions(people[0].tolist(), people[1].tolist(), categories)
    assert table.sum() == (~np.isnan(people).any(axis=0)).sum()


@given(estimate=finite, se=st.floats(0.01, 3), df=st.integers(1, 200), low=st.floats(-3, -0.1), high=st.floats(0.1, 3))
def test_equivalence_is_an_interval_within_the_bounds(estimate, se, df, low, high):
    test = equivalence_test(estimate, se, df, low=low, high=high)
    assume(abs(test.p_value - 0.05) > 1e-9)
    assert (test.conclusion == "equivalent") == (low < test.ci_low and test.ci_high < high)
    mirrored = equivalence_test(-estimate, se, df, low=-high, high=-low)
    assert (test.p_low, test.p_high) == pytest.approx((mirrored.p_high, mirrored.p_low), rel=1e-9)


@given(ratio=st.floats(0.05, 20), width=st.floats(1, 4))
def test_a_protection_needs_as_strong_a_hidden_cause_as_a_harm(ratio, width):
    one = e_value(ratio, ci_low=ratio / width, ci_high=ratio * width)
    other = e_value(1 / ratio, ci_low=1 / ratio / width, ci_high=1 / ratio * width)
    assert one.point == pytest.approx(other.point, rel=1e-6)
    assert one.limit == pytest.approx(other.limit, rel=1e-4)  # a root of a difference that may be close to 0
    assert one.point >= max(ratio, 1 / ratio) * (1 - 1e-12)
    assert one.limit <= one.point * (1 + 1e-9)


@given(mean=finite, sd=st.floats(0.1, 10), r=st.floats(0, 1), z=st.floats(-4, 8))
def test_regression_never_overshoots_the_mean(mean, sd, r, z):
    expected = regression_to_mean(mean=mean, sd=sd, test_retest=r, cutoff=mean + z * sd, selected="above")
    assert -expected.C * sd <= expected.expected_change <= 0
    assert expected.C - z > 0


@given(estimate=st.floats(-4, 4), half=st.floats(0.1, 3), share=st.floats(0.02, 1))
def test_at_the_tipping_point_the_difference_is_zero(estimate, half, share):
    found = Estimate(
        estimate=estimate, se=half / 2, df=20, ci_low=estimate - half, ci_high=estimate + half, ci_level=0.95,
        p_value=0.5, n=40, unit="scale points", method="difference",
    )  # fmt: skip
    tipping = tipping_point(found, missing_programme=share)
    at = delta_adjusted_difference(
        found, missing_programme=share, missing_comparison=0, delta_programme=tipping.delta_zero
    )
    assert at.estimate == pytest.approx(0.0, abs=1e-9)
    touching = delta_adjusted_difference(
        found, missing_programme=share, missing_comparison=0, delta_programme=tipping.delta_interval
    )
    assert touching.ci_low <= 1e-9
    assert touching.ci_high >= -1e-9
