"""Careless responding: the numbers of R careless, row by row; what happens to open items; laws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eval_tools.errors import DataError
from eval_tools.stats.careless import (
    answer_distance,
    answer_spread,
    answer_strings,
    even_odd,
    find_item_pairs,
    left_open,
    pair_consistency,
)
from eval_tools.stats.guttman import guttman_errors

FOLDER = Path(__file__).with_name("careless_simulated")
NAN = float("nan")
TEN_SCALES = [range(5 * i, 5 * i + 5) for i in range(10)]


@pytest.fixture(scope="module")
def answers() -> np.ndarray:
    return pd.read_csv(FOLDER / "responses.csv").to_numpy(dtype=float)


@pytest.fixture(scope="module")
def expected() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "expected_rows.csv")


INDICES = {
    "longstr": lambda x: answer_strings(x).longest,
    "avgstr": lambda x: answer_strings(x).average,
    "irv": answer_spread,
    "evenodd": lambda x: even_odd(x, TEN_SCALES),
    "mahad": lambda x: answer_distance(x).squared,
    "mahad_flag99": lambda x: answer_distance(x).flagged.astype(float),
    "psychsyn": lambda x: pair_consistency(x, find_item_pairs(x, critical=0.60)),
    "psychant": lambda x: pair_consistency(x, find_item_pairs(x, critical=0.60, opposite=True)),
}


@pytest.mark.parametrize("name", INDICES)
def test_every_row_has_the_number_of_r_careless(answers, expected, name):
    reference = expected[name].astype(float).to_numpy()
    found = INDICES[name](answers)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(reference))
    np.testing.assert_allclose(found, reference, rtol=0, atol=1e-9)


def test_the_set_holds_what_its_package_says(answers, expected):
    assert answers.shape == (200, 50)
    assert len(find_item_pairs(answers, critical=0.60)) == 53
    assert int((expected["longstr"] >= 10).sum()) == 21
    assert int(answer_distance(answers).flagged.sum()) == 23


@pytest.mark.parametrize(
    ("name", "columns", "highest"),
    [("scaleA", range(5), 4), ("scaleJ", range(45, 50), 4), ("two_answers", range(10), 1)],
)
def test_guttman_errors_are_those_of_the_definition_in_every_row(answers, name, columns, highest):
    reference = pd.read_csv(FOLDER / "guttman.csv")[name].to_numpy()
    x = answers[:, list(columns)]
    points = x - 1 if highest == 4 else (x >= 3).astype(float)
    np.testing.assert_allclose(guttman_errors(points, [highest] * len(columns)), reference, rtol=0, atol=1e-12)


# --- items left open ---------------------------------------------------------------------------------------


def test_an_open_item_ends_a_run_and_is_no_run_itself():
    found = answer_strings([[2, 2, NAN, 2, 2, 2], [NAN] * 6])
    np.testing.assert_array_equal(found.longest, [3, NAN])
    np.testing.assert_array_equal(found.average, [2.5, NAN])


def test_spread_is_over_what_was_answered():
    np.testing.assert_allclose(answer_spread([[1, NAN, 3], [NAN, 2, NAN]]), [np.std([1, 3], ddof=1), NAN])


def test_a_half_without_an_answer_leaves_its_scale_out():
    whole = even_odd([[1, 2, 3, 3, 5, 4, 2, 5]], [[0, 1], [2, 3], [4, 5], [6, 7]])
    open_ = even_odd([[1, 2, 3, 3, 5, 4, NAN, 5]], [[0, 1], [2, 3], [4, 5], [6, 7]])
    three = even_odd([[1, 2, 3, 3, 5, 4]], [[0, 1], [2, 3], [4, 5]])
    np.testing.assert_allclose(open_, three)
    assert whole != three
    assert np.isnan(even_odd([[1, 2, 3, 3, NAN, 4]], [[0, 1], [2, 3], [4, 5]])).all()


def test_an_open_item_takes_its_degree_of_freedom_along(answers):
    x = answers.copy()
    x[0, 10:] = NAN
    found = answer_distance(x)
    assert found.df[:2].tolist() == [10, 50]
    centred = x[0, :10] - np.nanmean(x[:, :10], axis=0)
    by_hand = centred @ np.linalg.solve(np.cov(x[:, :10].T), centred)
    assert found.squared[0] == pytest.approx(by_hand, rel=1e-12)


def test_distance_is_not_computed_where_it_cannot_be():
    assert np.isnan(answer_distance([[1, 2, 3], [2, 1, 3], [3, 2, 1]]).squared).all()  # no more forms than items
    constant = answer_distance([[1, 2], [1, 3], [1, 1], [1, 2]])
    assert np.isnan(constant.squared).all()
    assert not constant.flagged.any()


def test_pairs_answered_on_one_side_do_not_count():
    pairs = [[0, 1], [2, 3], [4, 5], [6, 7]]
    open_ = pair_consistency([[1, 2, 3, 3, 5, 4, NAN, 1]], pairs)
    np.testing.assert_allclose(open_, pair_consistency([[1, 2, 3, 3, 5, 4]], pairs[:3]))
    assert np.isnan(pair_consistency([[1, 2, 3, 3, NAN, 4, NAN, 1]], pairs)).all()


def test_no_pair_of_items_gives_no_number_and_no_error():
    assert np.isnan(pair_consistency([[1, 2, 3]], find_item_pairs([[1, 2, 3]]))).all()


def test_guttman_errors_are_judged_by_the_items_answered():
    points = [[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [NAN, 0, 0, 1], [NAN, NAN, 0, 1]]
    found = guttman_errors(points, [1, 1, 1, 1])
    assert found[4] == 0.5  # the fourth item is harder than the second and, of those who answered, not than the third
    assert np.isnan(found[5])
    assert (found[:3] == 0).all()


def test_what_is_left_open_at_the_end_is_told_from_what_is_left_open_within():
    found = left_open([[1, NAN, NAN, NAN, 2, NAN], [1, 1, 1, 1, 1, 1], [NAN] * 6])
    np.testing.assert_allclose(found.share, [4 / 6, 0, 1])
    assert found.at_end.tolist() == [1, 0, 6]
    assert found.longest_gap.tolist() == [3, 0, 6]


# --- refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [[1, 2, 3], [["a", "b"]], [[1, float("inf")]]])
def test_what_is_no_table_of_numbers_is_refused(bad):
    with pytest.raises(DataError, match="table of numbers"):
        answer_strings(bad)


def test_even_odd_asks_for_three_scales_of_two_items():
    with pytest.raises(DataError, match="at least three scales"):
        even_odd([[1, 2, 3, 4]], [[0, 1], [2, 3]])
    with pytest.raises(DataError, match="at least three scales"):
        even_odd([[1, 2, 3, 4, 5]], [[0, 1], [2, 3], [4]])


@pytest.mark.parametrize("points", [[[0.5, 1, 0]], [[-1, 0, 1]], [[0, 5, 0]]])
def test_points_off_the_form_are_refused(points):
    with pytest.raises(DataError, match="whole numbers from 0"):
        guttman_errors(points, [4, 4, 4])
    with pytest.raises(DataError, match="one row per form"):
        guttman_errors([[0, 1]], [4, 4, 4])


# --- laws --------------------------------------------------------------------------------------------------

codes = arrays(float, (7, 6), elements=st.sampled_from([1.0, 2.0, 3.0, 4.0, NAN]))


@given(x=codes)
def test_turning_the_whole_form_round_changes_no_index_of_pattern(x):
    for index in (lambda t: answer_strings(t).longest, lambda t: answer_strings(t).average, answer_spread):
        np.testing.assert_allclose(index(5 - x), index(x), atol=1e-12)


@given(x=codes)
def test_runs_and_gaps_stay_within_the_form(x):
    n = (~np.isnan(x)).sum(axis=1)
    found, gaps = answer_strings(x), left_open(x)
    assert (np.nan_to_num(found.longest) <= n).all()
    assert (np.nan_to_num(found.average) <= np.nan_to_num(found.longest) + 1e-12).all()
    assert (gaps.at_end <= gaps.longest_gap).all()
    np.testing.assert_allclose(gaps.share, 1 - n / x.shape[1])


@given(x=codes)
def test_guttman_errors_are_a_share(x):
    found = guttman_errors(x - 1, [3] * 6)
    assert ((found[~np.isnan(found)] >= 0) & (found[~np.isnan(found)] <= 1)).all()


@given(x=codes, seed=st.integers(0, 99))
def test_the_order_of_forms_changes_nothing(x, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    np.testing.assert_allclose(answer_distance(x[order]).squared, answer_distance(x).squared[order], rtol=1e-6)
    np.testing.assert_allclose(guttman_errors(x[order] - 1, [3] * 6), guttman_errors(x - 1, [3] * 6)[order])
