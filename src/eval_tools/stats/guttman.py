"""How often a form contradicts the order of the answers that all other forms show: Guttman errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, Problem

Floats = NDArray[np.float64]
FEWEST_ITEMS = 3  # of two items the order says next to nothing


def guttman_errors(points: ArrayLike, highest: ArrayLike) -> Floats:
    """Count how often a harder step was taken and an easier one was not, as a share of the most possible.

    A step is "at least m points on this item"; steps are ordered by the share of forms that took them.

    Parameters
    ----------
    points : array_like, shape (forms, items)
        Points of the items of **one scale**, reversed items turned round, 0 lowest; NaN where there is no answer.
    highest : array_like of int, shape (items,)
        The most points each item gives.

    Returns
    -------
    array, shape (forms,)
        From 0 (no contradiction) to 1 (as many as the total score allows), among the items answered; NaN where
        fewer than three were. A form with the lowest or the highest total cannot contradict itself and has 0.

    Raises
    ------
    DataError
        Points that are not whole numbers from 0 to the highest; numbers of items that differ.

    Notes
    -----
    The numbers of R ``PerFit::Gnormed.poly`` (which rounds to four digits) for complete forms, and of
    ``PerFit::Gnormed`` for items with two answers. Emons (2008), Applied Psychological Measurement 32, 224–247;
    Molenaar (1991). Steps taken by equally many forms keep the order of the items. R fills items left open by
    drawing random numbers; here the form is judged by the others.

    Examples
    --------
    Everybody who took the second item took the first, except the last form.

    >>> guttman_errors([[0, 0, 0], [1, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1], [0, 0, 1]], [1, 1, 1])
    array([0., 0., 0., 0., 0., 1.])
    """
    x, most = np.asarray(points, dtype=float), np.asarray(highest, dtype=int)
    here = ~np.isnan(x)
    if x.ndim != 2 or most.shape != x.shape[1:] or (most < 1).any():
        what = "needs one row per form and the highest points of every item."
        raise DataError(Problem("guttman_errors", what, "Points run from 0."))
    filled = np.where(here, x, 0.0)
    if ((filled % 1 != 0) | (filled < 0) | (filled > most)).any():
        what = "holds points that are not whole numbers from 0 to the highest."
        raise DataError(Problem("guttman_errors", what, "Turn reversed items round, then subtract the lowest code."))
    item = np.repeat(np.arange(len(most)), most)
    step = np.concatenate([np.arange(1, m + 1) for m in most]) if len(most) else np.zeros(0, dtype=int)
    n = np.maximum(here.sum(axis=0), 1)[item]
    popularity = (here[:, item] & (filled[:, item] >= step)).sum(axis=0) / n
    errors = np.full(len(x), np.nan)
    patterns, which = np.unique(here, axis=0, return_inverse=True)
    for i, pattern in enumerate(patterns):
        if pattern.sum() >= FEWEST_ITEMS:
            rows = which.reshape(-1) == i
            asked = pattern[item]
            ranks = np.empty(asked.sum(), dtype=int)
            ranks[np.argsort(-popularity[asked], kind="stable")] = np.arange(1, asked.sum() + 1)
            errors[rows] = _share_of_errors(filled[rows][:, pattern].astype(int), most[pattern], ranks)
    return errors


def _share_of_errors(points: NDArray[np.int_], most: NDArray[np.int_], ranks: NDArray[np.int_]) -> Floats:
    """Divide errors by the most possible with the same total.

    Of s steps taken, the sum of their ranks is s(s + 1)/2 if they are the easiest ones; every error adds 1.
    """
    ends = np.cumsum(most)
    sums = [np.concatenate([[0], np.cumsum(ranks[end - m : end])]) for end, m in zip(ends, most, strict=True)]
    total = points.sum(axis=1)
    taken = sum((of_item[points[:, i]] for i, of_item in enumerate(sums)), np.zeros(len(points), dtype=int))
    largest = np.zeros(1)
    for of_item in sums:  # largest sum of ranks for every total, item by item
        longer = np.full(len(largest) + len(of_item) - 1, -np.inf)
        for m, value in enumerate(of_item):
            longer[m : m + len(largest)] = np.maximum(longer[m : m + len(largest)], largest + value)
        largest = longer
    easiest = total * (total + 1) / 2
    return np.divide(
        taken - easiest, largest[total] - easiest, out=np.zeros(len(points)), where=largest[total] > easiest
    )
