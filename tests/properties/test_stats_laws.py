"""Laws that every change, reliability and class obeys, whatever the answers are."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eval_tools.stats.ancova import ancova
from eval_tools.stats.caseness import mcnemar, paired_risk_difference
from eval_tools.stats.change import hodges_lehmann_change, mean_change
from eval_tools.stats.effect_size import (
    standardised_change,
    standardised_change_before_sd,
    standardised_change_difference_sd,
    standardised_difference,
)
from eval_tools.stats.individual import reliable_change
from eval_tools.stats.multiplicity import benjamini_hochberg, holm
from eval_tools.stats.reliability import alpha_if_dropped, cronbach_alpha, item_rest_correlations

# Scores in quarters, as scale means are; differences, sums and shifts of quarters are exact floats.
score = st.integers(0, 63).map(lambda q: q / 4 if q <= 60 else np.nan)
pairs = st.lists(st.tuples(score, score), max_size=30).map(lambda p: np.array(p).reshape(-1, 2).T)
cases = st.lists(st.tuples(*[st.sampled_from([0.0, 1.0, np.nan])] * 2), max_size=30).map(
    lambda p: np.array(p).reshape(-1, 2).T
)
answers = st.integers(2, 5).flatmap(
    lambda k: arrays(float, st.tuples(st.integers(2, 15), st.just(k)), elements=st.integers(1, 5))
)
p_values = st.lists(st.one_of(st.floats(0, 1), st.just(np.nan)), max_size=20)

SYMMETRIC = [
    mean_change,
    hodges_lehmann_change,
    standardised_change,
    standardised_change_difference_sd,
    standardised_difference,
]
EVERY = [*SYMMETRIC, standardised_change_before_sd]


def numbers(e):
    return [e.estimate, e.se, e.ci_low, e.ci_high, e.p_value]


def same(one, other):
    # Sums in another order differ by rounding errors, some 1e-15 of the scores; the noncentral t is
    # solved to 1e-10.
    assert one.status == other.status
    assert (one.n, one.method, one.ci_level) == (other.n, other.method, other.ci_level)
    assert numbers(one) == pytest.approx(numbers(other), rel=1e-7, abs=1e-8, nan_ok=True)


@pytest.mark.parametrize("change", SYMMETRIC)
@given(scores=pairs)
def test_swapping_before_and_after_flips_the_sign_and_the_interval(change, scores):
    one, other = change(*scores), change(*scores[::-1])
    assert one.status == other.status
    assert -one.estimate == pytest.approx(other.estimate, rel=1e-9, abs=1e-9, nan_ok=True)
    assert [-one.ci_high, -one.ci_low] == pytest.approx([other.ci_low, other.ci_high], rel=1e-7, abs=1e-8, nan_ok=True)
    assert one.p_value == pytest.approx(other.p_value, rel=1e-7, nan_ok=True)


@pytest.mark.parametrize("change", EVERY)
@given(scores=pairs, shift=st.integers(-40, 40).map(lambda q: q / 4))
def test_adding_a_constant_to_both_occasions_changes_nothing(change, scores, shift):
    same(change(*scores), change(*(scores + shift)))


@pytest.mark.parametrize("change", EVERY)
@given(scores=pairs, data=st.data())
def test_the_order_of_the_people_changes_nothing(change, scores, data):
    order = data.draw(st.permutations(range(scores.shape[1])))
    same(change(*scores), change(*scores[:, np.array(order, dtype=int)]))


@pytest.mark.parametrize("change", EVERY)
@given(scores=pairs)
def test_what_cannot_be_estimated_is_missing_and_the_rest_lies_in_order(change, scores):
    e = change(*scores)
    if e.status == "estimated":
        assert e.ci_low <= e.ci_high
        assert np.isfinite([e.estimate, e.ci_low, e.ci_high]).all()
    else:
        assert np.isnan([e.ci_low, e.ci_high]).all()


@given(scores=pairs, level=st.sampled_from([0.5, 0.8, 0.9, 0.99]))
def test_the_pseudomedian_and_its_interval_stay_within_the_changes(scores, level):
    e, d = hodges_lehmann_change(*scores, ci_level=level), scores[1] - scores[0]
    if e.status != "estimated":
        return
    # differences are snapped at 12 digits
    assert np.nanmin(d) - 1e-9 <= e.ci_low <= e.estimate <= e.ci_high <= np.nanmax(d) + 1e-9


@given(items=answers, factor=st.sampled_from([0.1, 2.0, 10.0, -3.0]))
def test_measuring_in_another_unit_leaves_alpha_alone(items, factor):
    same(cronbach_alpha(items), cronbach_alpha(items * factor))


@given(items=answers, data=st.data())
def test_the_order_of_people_and_items_leaves_reliability_alone(items, data):
    rows = data.draw(st.permutations(range(items.shape[0])))
    columns = data.draw(st.permutations(range(items.shape[1])))
    shuffled = items[rows][:, columns]
    same(cronbach_alpha(items), cronbach_alpha(shuffled))
    for per_item in (item_rest_correlations, alpha_if_dropped):
        np.testing.assert_allclose(per_item(shuffled), per_item(items)[columns], rtol=1e-9, atol=1e-9)


@given(items=answers)
def test_alpha_is_never_above_one_and_the_interval_holds_it(items):
    e = cronbach_alpha(items)
    if e.status != "estimated":
        return
    assert e.estimate <= 1 + 1e-12
    assert e.ci_low <= e.estimate + 1e-12


@given(scores=pairs, reliability=st.floats(0, 0.99))
def test_swapping_before_and_after_swaps_improved_and_worse(scores, reliability):
    given_ = {"reliability": reliability, "sd_before": 2.5}
    forth = reliable_change(*scores, **given_, better="higher")
    back = reliable_change(*scores[::-1], **given_, better="higher")
    mirrored = reliable_change(*scores, **given_, better="lower")
    swap = {"improved": "worse", "worse": "improved"}
    expected = [swap.get(c, c) for c in forth.classes.tolist()]
    assert back.classes.tolist() == mirrored.classes.tolist() == expected
    assert forth.classes.size == scores.shape[1]


@given(people=cases)
def test_swapping_the_occasions_leaves_mcnemars_test_alone_and_flips_the_difference(people):
    one, other = mcnemar(*people), mcnemar(*people[::-1])
    assert (one.only_before, one.only_after) == (other.only_after, other.only_before)
    assert [one.p_exact, one.p_mid, one.chi2] == pytest.approx([other.p_exact, other.p_mid, other.chi2], nan_ok=True)
    assert not one.p_mid > one.p_exact
    assert one.both + one.only_before + one.only_after + one.neither == one.n
    forth, back = paired_risk_difference(*people), paired_risk_difference(*people[::-1])
    assert [-forth.estimate, -forth.ci_high] == pytest.approx([back.estimate, back.ci_low], nan_ok=True)


@given(p=p_values)
def test_an_adjusted_p_value_is_never_smaller_and_keeps_the_order(p):
    p = np.array(p)
    for adjust in (holm, benjamini_hochberg):
        adjusted = adjust(p)
        known = ~np.isnan(p)
        np.testing.assert_array_equal(np.isnan(adjusted), ~known)
        assert (adjusted[known] >= p[known] * (1 - 1e-12)).all()
        assert (np.diff(adjusted[known][np.argsort(p[known])]) >= -1e-12).all()
    assert (holm(p) >= benjamini_hochberg(p) * (1 - 1e-12))[~np.isnan(p)].all()


@given(scores=pairs, data=st.data())
def test_comparing_the_groups_the_other_way_round_flips_the_adjusted_difference(scores, data):
    group = data.draw(st.lists(st.sampled_from("ab"), min_size=scores.shape[1], max_size=scores.shape[1]))
    assume({"a", "b"} == set(group))
    ab = ancova(*scores, group, reference="a")
    ba = ancova(*scores, group, reference="b")
    one, other = ab.difference("b"), ba.difference("a")
    assert one.status == other.status
    assert ab.n + ab.n_dropped == len(group)
    # rounding errors grow with the condition of the design, which these scores keep below 1e4
    assert [-one.estimate, one.se] == pytest.approx([other.estimate, other.se], rel=1e-6, abs=1e-8, nan_ok=True)
