"""Distances of codes and nearest neighbours, against counting by hand and a search over all pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eval_tools.errors import DataError
from eval_tools.stats.code_matching import compare_codes, find_nearest, number_elements

CODES = arrays(int, (4, 5), elements=st.integers(-1, 2))
INF = float("inf")


@given(a=CODES, b=CODES)
def test_distance_is_the_count_by_hand(a, b):
    found = compare_codes(a, b)
    for i in range(4):
        for j in range(4):
            cells = list(zip(a[i], b[j], strict=True))
            told = [(x, y) for x, y in cells if x >= 0 and y >= 0]
            assert found.alike[i, j] == sum(x == y for x, y in told)
            assert found.distance[i, j] == sum(x != y for x, y in told) + 0.5 * (5 - len(told))


@given(d=arrays(float, (4, 3), elements=st.sampled_from([0.0, 1.0, 1.5, 2.0, INF])))
def test_a_margin_above_zero_means_that_row_and_column_choose_only_each_other(d):
    found = find_nearest(d)
    for i in range(4):
        j = found.column[i]
        assert (j == -1) == bool(np.isinf(d[i]).all())
        if j >= 0 and found.mutual[i] and found.margin[i] > 0:
            others = [*np.delete(d[i], j), *np.delete(d[:, j], i)]
            assert min(others) - d[i, j] == found.margin[i] or (min(others) == INF == found.margin[i])
        if j >= 0 and not found.mutual[i]:
            assert d[:, j].min() < d[i, j]
            assert found.margin[i] == 0
    chosen = [found.column[i] for i in range(4) if found.mutual[i] and found.margin[i] > 0]
    assert len(chosen) == len(set(chosen))


def test_nobody_to_choose_from_is_no_error():
    assert find_nearest(np.zeros((2, 0))).column.tolist() == [-1, -1]
    assert find_nearest(np.zeros((0, 2))).column.tolist() == []
    assert compare_codes(np.zeros((0, 3)), np.zeros((2, 3))).distance.shape == (0, 2)


def test_a_tie_has_no_margin():
    found = find_nearest([[1.0, 1.0], [3.0, 3.0]])
    assert found.margin.tolist() == [0.0, 0.0]


def test_codes_of_different_length_are_refused():
    with pytest.raises(DataError, match="same number of elements"):
        number_elements([["a", "b"]], [["a"]])
    with pytest.raises(DataError, match="same elements"):
        compare_codes([[1, 2]], [[1]])
