"""Which two codes of two occasions belong together: how many elements differ, and whether each is the other's nearest.

A code is what a child tells about things that do not change; the values are arbitrary numbers, so the kernels work on
pseudonyms as well as on letters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, Problem

Floats = NDArray[np.float64]
ABSENT = -1
HALF = 0.5  # what an element counts that one of the two does not have


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Every code of one occasion with every code of another; shape (first, second)."""

    distance: Floats  # elements that differ, and one half for each that is missing on either side
    alike: NDArray[np.int_]  # elements that both have and that agree


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """For every code of the first occasion its nearest of the second."""

    column: NDArray[np.int_]  # -1 where there is none
    distance: Floats  # inf where there is none
    margin: Floats  # to the next best on either side; inf where there is no other, 0 at a tie
    mutual: NDArray[np.bool_]  # it is the nearest of its nearest as well, tied or not


def number_elements(*occasions: Sequence[Sequence[str]]) -> tuple[NDArray[np.int_], ...]:
    """Turn elements of codes into numbers, the same text of one element into the same number.

    Parameters
    ----------
    *occasions : sequence of codes
        Each code a sequence of texts, '' for an element that was not told; all of the same length.

    Returns
    -------
    tuple of arrays of int, shape (codes, elements)
        ``ABSENT`` for ''.

    Raises
    ------
    DataError
        Codes of different length.

    Examples
    --------
    >>> [array.tolist() for array in number_elements([["a", "x"]], [["b", "x"], ["a", ""]])]
    [[[0, 0]], [[1, 0], [0, -1]]]
    """
    lengths = {len(code) for occasion in occasions for code in occasion}
    if len(lengths) > 1:
        raise DataError(Problem("codes", "do not all have the same number of elements.", "Write '' where one is open."))
    k = lengths.pop() if lengths else 0
    known: list[dict[str, int]] = [{} for _ in range(k)]
    return tuple(
        np.array(
            [
                [known[i].setdefault(text, len(known[i])) if text else ABSENT for i, text in enumerate(code)]
                for code in occasion
            ],
            dtype=int,
        ).reshape(len(occasion), k)
        for occasion in occasions
    )


def compare_codes(first: ArrayLike, second: ArrayLike) -> Comparison:
    """Count for every two codes the elements in which they differ.

    Parameters
    ----------
    first, second : array_like of int, shape (codes, elements)
        Negative where the element was not told.

    Returns
    -------
    Comparison
        An element missing on either side counts one half: it neither agrees nor contradicts.

    Examples
    --------
    >>> found = compare_codes([[1, 2, 3]], [[1, 2, 3], [1, 5, -1]])
    >>> found.distance.tolist(), found.alike.tolist()
    ([[0.0, 1.5]], [[3, 1]])
    """
    a, b = np.asarray(first, dtype=int), np.asarray(second, dtype=int)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise DataError(Problem("codes", "need two tables with the same elements.", "One row per form."))
    alike = np.zeros((len(a), len(b)), dtype=int)
    both = np.zeros_like(alike)
    for x, y in zip(a.T, b.T, strict=True):
        told = (x >= 0)[:, None] & (y >= 0)[None, :]
        both += told
        alike += told & (x[:, None] == y[None, :])
    return Comparison(distance=(both - alike) + HALF * (a.shape[1] - both), alike=alike)


def find_nearest(distance: ArrayLike) -> Nearest:
    """Find for every row its nearest column, whether the column's nearest is the row, and how far the next best is.

    Parameters
    ----------
    distance : array_like, shape (rows, columns)
        ``inf`` for two that must not be linked.

    Returns
    -------
    Nearest
        Where the margin is above 0 and ``mutual`` holds, no other row and no other column comes as near: such links
        are unique. Taking only these costs few links; taking the best assignment of everybody to somebody links
        wrong children.

    Examples
    --------
    >>> found = find_nearest([[0.0, 3.0], [1.0, 1.0]])
    >>> found.column.tolist(), found.margin.tolist(), found.mutual.tolist()
    ([0, 0], [1.0, 0.0], [True, False])
    """
    d = np.asarray(distance, dtype=float)
    n = len(d)
    if not d.size:
        none = np.full(n, np.inf)
        return Nearest(column=np.full(n, -1), distance=none, margin=none.copy(), mutual=np.zeros(n, dtype=bool))
    column = d.argmin(axis=1)
    nearest = d[np.arange(n), column]
    found = np.isfinite(nearest)
    with np.errstate(invalid="ignore"):
        next_in_row = _second_smallest(d) - nearest
        next_in_column = _second_smallest(d.T)[column] - nearest
    mutual = found & (nearest <= d.min(axis=0)[column])
    margin = np.where(mutual, np.minimum(next_in_row, next_in_column), 0.0)
    return Nearest(column=np.where(found, column, -1), distance=nearest, margin=margin, mutual=mutual)


def _second_smallest(d: Floats) -> Floats:
    """Return the second smallest value of every row; inf where there is only one."""
    return np.partition(d, 1, axis=1)[:, 1] if d.shape[1] > 1 else np.full(len(d), np.inf)
