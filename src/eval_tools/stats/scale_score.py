"""The arithmetic of one scale: reversed items, missing answers, half-up rounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Method = Literal["sum", "mean"]
Fill = Literal["none", "prorate_mean", "zero"]
Rounding = Literal["none", "half_up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleScores:
    """One score per person; NaN where too few items were answered."""

    score: NDArray[np.float64]
    n_answered: NDArray[np.int64]
    prorated: NDArray[np.bool_]


def score_scale(
    answers: ArrayLike,
    *,
    reverse: ArrayLike,
    low_plus_high: ArrayLike,
    method: Method = "sum",
    min_answered: int,
    fill: Fill = "none",
    rounding: Rounding = "none",
) -> ScaleScores:
    """Score one scale for many people.

    Parameters
    ----------
    answers : array_like, shape (people, items)
        Raw codes as printed on the form, not reversed; NaN where there is no answer.
    reverse : array_like of bool, shape (items,)
        Items to be counted as ``low_plus_high - answer``.
    low_plus_high : array_like, shape (items,)
        Lowest plus highest code of each item.
    method : {"sum", "mean"}
        What the answered items are turned into.
    min_answered : int
        With fewer answers there is no score.
    fill : {"none", "prorate_mean", "zero"}
        What stands for a missing answer once ``min_answered`` is reached: nothing (then every item
        must be answered), the person's own mean, or zero.
    rounding : {"none", "half_up"}
        ``half_up`` rounds a prorated score to the nearest whole number, halves upwards: 2.5 becomes 3,
        where Python's ``round`` gives 2.

    Returns
    -------
    ScaleScores
        In the scale's own points.

    Examples
    --------
    Two answers of 2 on four of five items are 2.5 points, which the SDQ counts as 3.

    >>> score_scale([[2, float("nan"), 0, 0, 0]], reverse=[False] * 5, low_plus_high=[2] * 5,
    ...             min_answered=3, fill="prorate_mean", rounding="half_up").score
    array([3.])
    """
    x = np.asarray(answers, dtype=float)
    reversed_items = np.asarray(reverse, dtype=bool)
    keyed = np.where(reversed_items, np.asarray(low_plus_high, dtype=float) - x, x)
    answered = ~np.isnan(keyed)
    n_answered = answered.sum(axis=1)
    n_items = x.shape[1]
    total = np.where(answered, keyed, 0.0).sum(axis=1)
    complete = n_answered == n_items
    enough = complete if fill == "none" else n_answered >= min_answered
    prorated = enough & ~complete
    if fill == "prorate_mean":
        total = np.divide(total * n_items, n_answered, out=np.full(len(x), np.nan), where=n_answered > 0)
    score = total / n_items if method == "mean" else total
    if rounding == "half_up":
        score = np.where(prorated, np.floor(score + 0.5), score)
    return ScaleScores(score=np.where(enough, score, np.nan), n_answered=n_answered.astype(np.int64), prorated=prorated)
