"""Stepped roll-out: the numbers of R, the two-group case, laws, refusals, and how often a true null is rejected."""

import json
from pathlib import Path

import numpy as np
import pytest

from eval_tools.errors import DataError, DefinitionError
from eval_tools.stats.site_level import site_mean_difference
from eval_tools.stats.stepped import group_time_effects, stepped_effect

CASE = json.loads(Path(__file__).with_name("stepped_cases.json").read_text(encoding="utf-8"))
SIX = [1, 1, 2, 2, None, None]
EIGHT = [1, 1, 2, 2, 3, 3, None, None]
TWELVE = [1] * 3 + [2] * 3 + [3] * 3 + [None] * 3


def sites(starts, *, seed=5, waves=4, effect=lambda since: 0.0, period=2.0):
    """Mean changes since the first wave of sites that drift apart, with period effects that all of them share."""
    rng = np.random.default_rng(seed) if isinstance(seed, int) else seed
    noise = rng.normal(size=(len(starts), waves))
    noise[:, 0] = 0
    y = noise + rng.normal(0, 0.5, len(starts))[:, None] * np.arange(waves)
    y += np.concatenate([[0], rng.normal(0, period, waves - 1)])
    for s, start in enumerate(starts):
        for t in range(waves):
            if start is not None and t >= start:
                y[s, t] += effect(t - start)
    return y


def numbers(estimate):
    return estimate.estimate, estimate.p_value, estimate.ci_low, estimate.ci_high


# --- numbers from outside ----------------------------------------------------------------------------------


def test_every_comparison_is_the_two_by_two_regression_of_r():
    cells = group_time_effects(CASE["means"], CASE["starts"])
    assert [c.start for c in cells] == CASE["cell_start"]
    assert [c.wave for c in cells] == CASE["cell_wave"]
    np.testing.assert_allclose([c.estimate for c in cells], CASE["cell_att"], rtol=1e-12)
    assert [c.sites_started for c in cells] == [2] * 6
    assert [c.sites_waiting for c in cells] == [6, 4, 2, 4, 2, 2]


def test_estimates_p_values_and_intervals_are_those_of_an_enumeration_in_r():
    found = stepped_effect(CASE["means"], CASE["starts"])
    assert (found.n_orders, found.n_possible, found.enumerated) == (*CASE["orders"] * 2, True)
    by_time = {each.waves: each.estimate for each in found.by_time}
    pairs = {
        "overall": found.overall,
        "since_0": by_time[0],
        "since_1": by_time[1],
        "within": found.within_period,
    }
    for name, estimate in pairs.items():
        np.testing.assert_allclose(numbers(estimate), CASE[name], atol=1e-8)  # R searches the ends to 1e-9
    assert (by_time[2].estimate, by_time[2].p_value) == pytest.approx(CASE["since_2"][:2], rel=1e-12)
    assert CASE["since_2"][3] is None, "R finds no upper end either"
    assert by_time[2].status == "too_few_sites"
    assert np.isnan([by_time[2].ci_low, by_time[2].ci_high]).all()


def test_with_one_start_it_is_the_difference_of_two_mean_changes():
    y = sites([1, 1, 1, None, None, None, None], waves=3, effect=lambda since: 2.0)
    names = [f"s{i}" for i in range(7)]
    treat = [1, 1, 1, 0, 0, 0, 0]
    for cell in group_time_effects(y, [1, 1, 1, None, None, None, None]):
        plain = site_mean_difference(y[:, cell.wave] - y[:, 0], treat, names).estimate
        assert cell.estimate == pytest.approx(plain.estimate, rel=1e-12)


def test_an_effect_that_grows_is_found_where_two_way_fixed_effects_miss_it():
    # no noise: at the start +2, then +4 a wave more; everybody starts but two sites
    starts = [1, 1, 1, 2, 2, 2, None]
    y = np.array([[0.0 if s is None or t < s else 2.0 + 4 * (t - s) for t in range(4)] for s in starts])
    y += np.array([0, 3, -1, 2])
    cells = group_time_effects(y, starts)
    assert [c.estimate for c in cells] == pytest.approx([2, 6, 10, 2, 6])
    found = stepped_effect([*y, y[-1]], [*starts, None])
    assert found.overall.estimate == pytest.approx((3 * (2 + 6 + 10) + 3 * (2 + 6)) / 15)
    exposed = np.array([[s is not None and t >= s for t in range(4)] for s in starts], dtype=float)
    effects = [np.eye(7)[:, [s]] * np.ones(4) for s in range(7)] + [np.ones((7, 1)) * np.eye(4)[t] for t in range(1, 4)]
    design = np.column_stack([exposed.ravel(), *(each.ravel() for each in effects)])
    two_way = np.linalg.lstsq(design, y.ravel(), rcond=None)[0][0]
    assert two_way < found.overall.estimate - 1


# --- laws --------------------------------------------------------------------------------------------------


def test_what_happens_to_every_site_alike_changes_nothing():
    y = sites(EIGHT, effect=lambda since: 1.0 + since)
    moved = y + np.array([0, 40.0, -25.0, 3.0])
    for a, b in zip(stepped_effect(y, EIGHT).by_time, stepped_effect(moved, EIGHT).by_time, strict=True):
        np.testing.assert_allclose(numbers(a.estimate), numbers(b.estimate), atol=1e-10)


def test_an_effect_added_to_everybody_who_has_started_is_added_to_every_estimate_and_interval():
    y = sites(EIGHT)
    more = sites(EIGHT, effect=lambda since: 3.0)
    before, after = stepped_effect(y, EIGHT), stepped_effect(more, EIGHT)
    for a, b in ((before.overall, after.overall), (before.within_period, after.within_period)):
        assert [b.estimate - a.estimate, b.ci_low - a.ci_low, b.ci_high - a.ci_high] == pytest.approx([3, 3, 3])


def test_the_order_in_which_sites_are_listed_changes_nothing():
    y, order = sites(EIGHT), np.random.default_rng(3).permutation(8)
    a, b = stepped_effect(y, EIGHT), stepped_effect(y[order], [EIGHT[i] for i in order])
    np.testing.assert_allclose(numbers(a.overall), numbers(b.overall), atol=1e-12)


def test_turning_the_scale_around_turns_the_answer_around():
    y = sites(EIGHT)
    a, b = stepped_effect(y, EIGHT).overall, stepped_effect(-y, EIGHT).overall
    assert (b.estimate, b.ci_low, b.ci_high) == pytest.approx((-a.estimate, -a.ci_high, -a.ci_low))
    assert a.p_value == b.p_value


def test_a_start_still_to_come_waits_like_one_that_never_comes():
    y = sites(EIGHT, waves=3)
    later = [4 if start is None else start for start in EIGHT]
    a, b = stepped_effect(y, EIGHT), stepped_effect(y, later)
    assert numbers(a.overall) == numbers(b.overall)
    assert a.n_possible == b.n_possible == 8 * 7 // 2 * 6 * 5 // 2


def test_the_interval_holds_the_effects_that_the_test_does_not_reject():
    y = sites(SIX, effect=lambda since: 1.5)
    found = stepped_effect(y, SIX).overall
    exposed = np.array([[s is not None and t >= s for t in range(4)] for s in SIX], dtype=float)
    inside, outside = 1e-6, 1e-3
    for end, sign in ((found.ci_low, 1), (found.ci_high, -1)):
        assert stepped_effect(y - (end + sign * inside) * exposed, SIX).overall.p_value > 0.05
        assert stepped_effect(y - (end - sign * outside) * exposed, SIX).overall.p_value <= 0.05


def test_draws_agree_with_the_enumeration_and_repeat_with_their_seed():
    y = sites(TWELVE, effect=lambda since: 0.7)
    found = [stepped_effect(y, TWELVE, rng=seed, n_draws=4_999) for seed in (1, 1, 2)]
    assert not found[0].enumerated
    assert (found[0].n_possible, found[0].n_orders) == (369_600, 5_000)
    assert numbers(found[0].overall) == numbers(found[1].overall)
    assert found[0].overall.estimate == found[2].overall.estimate
    # the standard error of a share of 5 % among 5,000 is 0.3 points
    assert found[0].overall.p_value == pytest.approx(found[2].overall.p_value, abs=0.02)


# --- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts", "refused"),
    [
        ([1, 1, 1, None, None, None], "one_start"),
        ([None] * 6, "one_start"),
        ([0, 0, 1, 1, None, None], "nobody_before"),
        ([9, 9, 8, 8, None, None], "nobody_waiting"),
    ],
)
def test_what_is_no_stepped_roll_out_is_refused_without_a_number(starts, refused):
    found = stepped_effect(sites(starts, waves=4), starts)
    assert found.refused == refused
    assert np.isnan([*numbers(found.overall), *numbers(found.within_period)]).all()
    assert (found.cells, found.by_time) == ((), ())


def test_fewer_than_four_sites_are_refused_and_a_site_without_a_mean_is_no_site():
    assert stepped_effect(sites([1, 2, None]), [1, 2, None]).refused == "too_few_sites"
    y = sites([1, 2, 2, None])
    assert stepped_effect(y, [1, 2, 2, None]).refused is None
    y[1, 2] = np.nan
    found = stepped_effect(y, [1, 2, 2, None])
    assert (found.refused, found.sites, found.n_dropped) == ("too_few_sites", 3, 1)


def test_waves_at_which_everybody_has_started_have_no_comparison_and_say_so():
    starts = [1, 1, 2, 2, 3, 3]
    found = stepped_effect(sites(starts), starts)
    assert found.waves_without_comparison == (3,)
    assert [(c.start, c.wave) for c in found.cells] == [(1, 1), (1, 2), (2, 2)]
    assert found.sites_started == 4


def test_sites_that_move_in_step_have_no_uncertainty_to_estimate():
    y = np.array([[0.0 if s is None or t < s else 2.0 for t in range(4)] for s in SIX])
    found = stepped_effect(y, SIX)
    assert (found.overall.estimate, found.overall.status) == (pytest.approx(2.0), "no_variation")
    assert np.isnan(found.overall.p_value)


def test_few_orders_give_a_p_value_but_no_interval():
    found = stepped_effect(sites([1, 1, 2, 2], waves=3), [1, 1, 2, 2])
    assert found.n_possible == 6
    assert found.overall.status == "too_few_sites"
    assert found.overall.p_value >= 1 / 6
    assert np.isnan([found.overall.ci_low, found.overall.ci_high]).all()


def test_tables_that_do_not_fit_are_refused():
    with pytest.raises(DataError):
        stepped_effect([[0, 1], [0, 2]], [1])
    with pytest.raises(DataError):
        stepped_effect([0, 1, 2], [1, 1, None])
    with pytest.raises(DataError):
        group_time_effects([[0, 1]], [-1])
    with pytest.raises(DefinitionError):
        stepped_effect(sites(SIX), SIX, n_draws=0)
    with pytest.raises(DefinitionError):
        stepped_effect(sites(SIX), SIX, ci_level=95)


# --- how often it errs -------------------------------------------------------------------------------------

REPETITIONS = 300  # a share of 5 % has a Monte-Carlo error of 1.3 points
NULLS = {
    # effects that vary with the time since the start and add up to nothing over all sites and waves
    "six": (SIX, (0.5, -0.5, 0.0)),
    "eight": (EIGHT, (0.5, -0.5, -0.5)),
    "twelve": (TWELVE, (0.5, -0.5, -0.5)),
}


@pytest.mark.parametrize("name", NULLS)
@pytest.mark.parametrize("varying", [False, True], ids=["no effect", "effects that cancel out"])
def test_without_an_effect_on_average_at_most_seven_per_cent_are_rejected(name, varying):
    starts, profile = NULLS[name]
    rng = np.random.default_rng(20261101)
    overall = verdict = 0
    for i in range(REPETITIONS):
        y = sites(starts, seed=rng, effect=lambda since: profile[since] if varying else 0.0)
        found = stepped_effect(y, starts, n_draws=499, rng=i)
        rejected = found.overall.p_value <= 0.05
        overall += rejected
        verdict += rejected and found.within_period.p_value <= 0.05
    assert overall / REPETITIONS <= 0.07
    assert verdict / REPETITIONS <= 0.07


def test_the_interval_holds_a_constant_effect_as_often_as_it_says():
    rng = np.random.default_rng(20261102)
    found = [
        stepped_effect(sites(EIGHT, seed=rng, effect=lambda since: 2.0), EIGHT).overall for _ in range(REPETITIONS)
    ]
    held = np.mean([e.ci_low <= 2.0 <= e.ci_high for e in found])
    assert 0.92 <= held <= 0.99
    assert np.mean([e.estimate for e in found]) == pytest.approx(2.0, abs=0.12)
