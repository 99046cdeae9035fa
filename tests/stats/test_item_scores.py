from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval_tools.errors import DataError, DefinitionError
from eval_tools.stats.item_scores import (
    MISSING,
    ItemCodes,
    ScaleKey,
    SumMethod,
    pack_codes,
    pack_columns,
    recode_items,
    score_answers,
    score_scales,
)
from eval_tools.stats.scale_score import score_points

NAN = float("nan")


def same_as_one_by_one(answers, codes, keys):
    """Compare every scale with score_points, to the last bit, by way of kept codes and without."""
    scores = score_scales(codes, keys)
    for order in ("C", "F"):
        at_once = score_answers(np.array(answers, order=order), keys)
        np.testing.assert_array_equal(at_once.score, scores.score)
        np.testing.assert_array_equal(at_once.n_answered, scores.n_answered)
    for number, key in enumerate(keys):
        x = answers[:, list(key.items)]
        expected = score_points(
            np.where(key.reverse, np.array(key.low_plus_high) - x, x),
            at_least=key.at_least,
            method=key.method,
            min_answered=key.min_answered,
            fill=key.fill,
            rounding=key.rounding,
        )
        found = scores.of_scale(number)
        np.testing.assert_array_equal(found.score, expected.score)
        np.testing.assert_array_equal(found.n_answered, expected.n_answered)
        np.testing.assert_array_equal(found.prorated, expected.prorated)


@st.composite
def forms(draw):
    """Draw answers to a few items with any codes, and a few keys over them."""
    n_items, n_people = draw(st.integers(1, 9)), draw(st.integers(0, 12))
    low = draw(st.integers(-127, 127))
    high = draw(st.integers(low, 127))
    cell = st.one_of(st.just(NAN), st.integers(low, high).map(float))
    answers = np.array(draw(st.lists(cell, min_size=n_items * n_people, max_size=n_items * n_people)))
    return answers.reshape(n_people, n_items), draw(st.lists(keys_over(n_items), min_size=1, max_size=3))


@st.composite
def keys_over(draw, n_items):
    items = draw(st.lists(st.integers(0, n_items - 1), min_size=1, max_size=12))
    a_list = {"min_size": len(items), "max_size": len(items)}
    method = draw(st.sampled_from(get_args(SumMethod)))
    return ScaleKey(
        items=tuple(items),
        reverse=tuple(draw(st.lists(st.booleans(), **a_list))),
        low_plus_high=tuple(draw(st.lists(st.sampled_from([-3, 0, 4, 6, 300]), **a_list))),
        method=method,
        at_least=draw(st.integers(-5, 20)),
        min_answered=draw(st.integers(0, len(items))),
        fill=draw(st.sampled_from(["none", "zero"] if method == "any" else ["none", "zero", "prorate_mean"])),
        rounding=draw(st.sampled_from(["none", "half_up"])),
    )


@given(form=forms())
def test_packed_scores_are_those_of_one_scale_at_a_time(form):
    answers, keys = form
    same_as_one_by_one(answers, pack_codes(answers), keys)


@pytest.mark.parametrize("n_people", [1, 65_535, 65_536, 65_537, 200_000])
def test_blocks_of_people_meet_without_a_seam(n_people):
    rng = np.random.default_rng(4)
    answers = rng.integers(0, 5, size=(n_people, 7)).astype(float)
    answers[rng.random(answers.shape) < 0.1] = NAN
    answers[:, 3] = 2.0  # an item that everybody answered
    answers[:, 5] = NAN  # and one that nobody did
    key = {"low_plus_high": (4,) * 7, "min_answered": 4, "fill": "prorate_mean"}
    turned = (False, True, False, True, False, True, True)
    keys = [
        ScaleKey(items=tuple(range(7)), reverse=turned, method="mean", **key),
        ScaleKey(items=tuple(range(7)), reverse=turned, rounding="half_up", **key),
    ]
    same_as_one_by_one(answers, pack_codes(answers), keys)
    same_as_one_by_one(answers, pack_codes(pd.DataFrame(answers)), keys)


@pytest.mark.parametrize(("n_items", "high"), [(60, 5), (30, 10), (300, 1), (255, 1), (256, 1), (4, 127)])
def test_a_scale_whose_sum_does_not_fit_into_a_byte_is_scored_the_same(n_items, high):
    rng = np.random.default_rng(5)
    answers = rng.integers(0, high, size=(50, n_items), endpoint=True).astype(float)
    answers[rng.random(answers.shape) < 0.1] = NAN
    key = ScaleKey(
        items=tuple(range(n_items)),
        reverse=(True, False) * (n_items // 2) + (True,) * (n_items % 2),
        low_plus_high=(high,) * n_items,
        min_answered=n_items // 2,
        fill="prorate_mean",
    )
    same_as_one_by_one(answers, pack_codes(answers), [key])


def test_a_form_that_was_scored_with_a_pencil():
    # items 1 to 5, the second and fourth reversed: 4 + (6 − 2) + 5 + (6 − 1) = 18, and 18 again with one missing
    answers = [[4, 2, 5, 1], [4, NAN, 5, 1], [NAN, NAN, 5, 1], [NAN] * 4]
    turned, sums = (False, True, False, True), (6,) * 4
    scores = score_scales(
        pack_codes(answers),
        [
            ScaleKey(items=(0, 1, 2, 3), reverse=turned, low_plus_high=sums, min_answered=4),
            ScaleKey(
                items=(0, 1, 2, 3),
                reverse=turned,
                low_plus_high=sums,
                min_answered=3,
                fill="prorate_mean",
                method="mean",
            ),
            ScaleKey(
                items=(3, 0), reverse=(True, False), low_plus_high=(6, 6), min_answered=1, fill="zero", method="sum"
            ),
        ],
    )
    np.testing.assert_array_equal(scores.score, [[18, NAN, NAN, NAN], [4.5, (4 + 5 + 5) / 3, NAN, NAN], [9, 9, 5, NAN]])
    assert scores.n_answered.tolist() == [[4, 3, 2, 0], [4, 3, 2, 0], [2, 2, 1, 0]]
    assert [scores.prorated(i).tolist() for i in range(3)] == [
        [False] * 4,
        [False, True, False, False],
        [False, False, True, False],
    ]


@pytest.mark.parametrize(
    ("points", "counts_as"), [([2, 2, NAN, 2, 2], 10), ([1, 1, NAN, 0, 0], 3), ([0, 0, NAN, 1, 1], 3)]
)
def test_a_prorated_half_point_is_rounded_upwards(points, counts_as):
    key = ScaleKey(
        items=(0, 1, 2, 3, 4),
        reverse=(False,) * 5,
        low_plus_high=(2,) * 5,
        min_answered=3,
        fill="prorate_mean",
        rounding="half_up",
    )
    assert score_scales(pack_codes([points]), [key]).score.tolist() == [[counts_as]]


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"q1": [1, 2], "q2": [3.0, NAN]}),
        pd.DataFrame({"q1": pd.array([1, 2], dtype="Int8"), "q2": pd.array([3, None], dtype="Int64")}),
        pd.DataFrame({"q1": [1, 2], "q2": [3, None]}, dtype=object),
        np.array([[1, 3], [2, MISSING]], dtype=np.int8),
        np.asfortranarray(np.array([[1, 3], [2, MISSING]], dtype=np.int8)),
        np.array([[1, 3], [2, NAN]], dtype=np.float32),
        np.array([[1, 3], [2, None]], dtype=object),
        pd.DataFrame({"q1": np.array([1, 2], dtype=np.int8), "q2": np.array([3, MISSING], dtype=np.int8)}),
    ],
)
def test_every_way_of_holding_codes_packs_to_the_same_bytes(table):
    packed = pack_codes(table)
    assert packed.codes.tolist() == [[1, 2], [3, MISSING]]
    assert (packed.lows.tolist(), packed.highs.tolist(), packed.complete.tolist()) == ([1, 3], [2, 3], [True, False])


def test_columns_of_several_kinds_pack_together():
    columns = [np.array([1, MISSING], dtype=np.int8), np.array([NAN, 127.0]), np.array([True, False])]
    packed = pack_columns(columns, names=["a", "b", "c"])
    assert packed.codes.tolist() == [[1, MISSING], [MISSING, 127], [1, 0]]


def test_bytes_that_lie_item_after_item_are_not_copied():
    codes = np.zeros((3, 5), dtype=np.int8)
    assert np.shares_memory(pack_codes(codes.T).codes, codes)


@pytest.mark.parametrize("wrong", [2.5, float("inf"), 128.0, -128.0, 1e300, 256.0, 257.0, -0.5])
def test_what_is_not_a_code_is_refused_and_every_column_named_without_the_value(wrong):
    table = pd.DataFrame({"q1": [1.0, wrong, NAN], "q2": [1.0, 2.0, 3.0], "q3": [wrong, wrong, NAN]})
    with pytest.raises(DataError) as refused:
        pack_codes(table, where="answers.csv")
    assert [(p.where, p.what.split()[-1]) for p in refused.value.problems] == [
        ("answers.csv, q1", "1."),
        ("answers.csv, q3", "2."),
    ]
    assert str(wrong) not in str(refused.value).replace("-127 to 127", "")


def test_text_is_refused_even_if_it_looks_like_a_code():
    table = pd.DataFrame({"q1": ["1", None], "q2": [1.0, 2.0], "q3": [1, "2"]})
    with pytest.raises(DataError) as refused:
        pack_codes(table)
    assert [p.where for p in refused.value.problems] == ["pack_codes, q1", "pack_codes, q3"]
    with pytest.raises(DataError, match="not a table of numbers"):
        pack_codes(np.array([["1", "2"]], dtype=object))


@pytest.mark.parametrize("table", [[1, 2], [[["1"]]], 3])
def test_what_is_not_a_table_is_refused(table):
    with pytest.raises(DataError, match="not a table of numbers"):
        pack_codes(table)


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(DataError, match="differ in length"):
        pack_columns([np.zeros(2), np.zeros(3)], names=["a", "b"])


def test_every_fault_of_every_key_is_listed_at_once():
    keys = [
        ScaleKey(items=(), reverse=(), low_plus_high=(), min_answered=1),
        ScaleKey(items=(0, 7), reverse=(False,), low_plus_high=(4, 4), min_answered=1, method="median", fill="guess"),
    ]
    with pytest.raises(DefinitionError) as refused:
        score_scales(pack_codes([[1.0]]), keys)
    assert [p.where.split(", ")[1] for p in refused.value.problems] == ["key 1", "key 2", "key 2", "key 2", "key 2"]


@pytest.mark.parametrize("layout", ["by person", "by item", "columns apart", "nullable", "whole numbers"])
def test_many_people_are_scored_block_by_block_whatever_the_layout_of_the_table(layout):
    import pandas as pd

    rng = np.random.default_rng(5)
    answers = rng.integers(1, 6, (70_000, 7)).astype(float)
    answers[:40_000] = np.minimum(answers[:40_000], 3)  # later blocks hold codes that the first ones do not
    if layout != "whole numbers":
        answers[30_000:][rng.random((40_000, 7)) < 0.1] = NAN
    keys = [
        ScaleKey(items=(0, 1, 2, 3), reverse=(False, True, False, True), low_plus_high=(6,) * 4, min_answered=4),
        ScaleKey(items=(6, 5, 1), reverse=(True,) * 3, low_plus_high=(6, 8, 6), min_answered=2, fill="prorate_mean"),
    ]
    table = {
        "by person": lambda: pd.DataFrame(answers),
        "by item": lambda: pd.DataFrame(np.asfortranarray(answers)),
        "columns apart": lambda: pd.DataFrame({i: column.copy() for i, column in enumerate(answers.T)}, copy=False),
        "nullable": lambda: pd.DataFrame(answers).astype("Int8"),
        "whole numbers": lambda: pd.DataFrame(answers.astype(np.int64)),
    }[layout]()
    at_once = score_answers(table, keys)
    np.testing.assert_array_equal(at_once.score, score_scales(pack_codes(table), keys).score)
    for number, key in enumerate(keys):
        x = answers[:, list(key.items)]
        points = np.where(key.reverse, np.array(key.low_plus_high) - x, x)
        expected = score_points(points, min_answered=key.min_answered, fill=key.fill)
        np.testing.assert_array_equal(at_once.score[number], expected.score)
        np.testing.assert_array_equal(at_once.n_answered[number], expected.n_answered)


def test_what_is_no_code_is_refused_in_any_block_and_layout():
    answers = np.ones((70_000, 3))
    answers[69_999, 1], answers[5, 2], answers[6, 2], answers[7, 2] = 1.5, -128, np.inf, 300
    key = ScaleKey(items=(0, 1, 2), reverse=(False,) * 3, low_plus_high=(0,) * 3, min_answered=3)
    whole = np.array([[1, 200], [-128, 1], [3, 4]])
    for refuse, table, expected in (
        (lambda x: score_answers(x, [key]), answers, {"column 2": 1, "column 3": 3}),
        (lambda x: score_answers(x, [key]), np.asfortranarray(answers), {"column 2": 1, "column 3": 3}),
        (pack_codes, answers, {"column 2": 1, "column 3": 3}),
        (pack_codes, whole, {"column 1": 1, "column 2": 1}),
    ):
        with pytest.raises(DataError) as caught:
            refuse(table)
        found = {p.where.split(", ")[1]: int(p.what.rstrip(".").split(": ")[1]) for p in caught.value.problems}
        assert found == expected


def test_points_replace_codes_and_answers_without_points_are_missing():
    codes = pack_codes([[3, -9], [2, 1], [NAN, 0], [7, NAN]])
    points = recode_items(codes, [1, 0, 0], [{-9: 5, 0: 0, 1: -2}, {3: 1, 2: 0}, {7: 127}])
    assert points.codes.tolist() == [[5, -2, 0, MISSING], [1, 0, MISSING, MISSING], [MISSING, MISSING, MISSING, 127]]
    assert (points.lows.tolist(), points.highs.tolist()) == ([-2, 0, 127], [5, 1, 127])


def test_points_that_do_not_fit_are_refused_all_at_once():
    with pytest.raises(DefinitionError) as refused:
        recode_items(pack_codes([[1.0]]), [0, 3], [{1: 200}])
    assert len(refused.value.problems) == 3


def test_any_is_never_prorated():
    key = ScaleKey(items=(0,), reverse=(False,), low_plus_high=(1,), min_answered=1, method="any", fill="prorate_mean")
    with pytest.raises(DefinitionError, match="cannot be prorated"):
        score_scales(pack_codes([[1.0]]), [key])


def test_wrong_bounds_would_show():
    # the byte sums rest on the bounds found while packing: with wrong ones the total is off by 256
    codes = pack_codes([[100.0, 100.0, 100.0]])
    key = ScaleKey(items=(0, 1, 2), reverse=(False,) * 3, low_plus_high=(0,) * 3, min_answered=3)
    lied = ItemCodes(codes=codes.codes, lows=codes.lows * 0, highs=codes.highs * 0 + 1, complete=codes.complete)
    assert score_scales(codes, [key]).score.tolist() == [[300.0]]
    assert score_scales(lied, [key]).score.tolist() == [[44.0]]


def test_a_scale_with_no_people_has_no_scores():
    key = ScaleKey(items=(0,), reverse=(False,), low_plus_high=(4,), min_answered=1)
    assert score_scales(pack_codes(np.empty((0, 1))), [key]).score.shape == (1, 0)
