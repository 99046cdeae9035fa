"""The arithmetic of one scale: missing answers, half-up rounding, the ways of summing up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Method = Literal["sum", "mean", "weighted_sum", "count", "any", "max", "sum_correct", "percent_correct"]
Fill = Literal["none", "prorate_mean", "zero"]
Rounding = Literal["none", "half_up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleScores:
    """One score per person; NaN where too few items were answered."""

    score: NDArray[np.float64]
    n_answered: NDArray[np.int64]
    prorated: NDArray[np.bool_]


def score_points(
    points: ArrayLike,
    *,
    method: Method = "sum",
    min_answered: int,
    fill: Fill = "none",
    rounding: Rounding = "none",
    weights: ArrayLike | None = None,
    at_least: int = 1,
) -> ScaleScores:
    """Score one scale for many people, from what each answer counts.

    Parameters
    ----------
    points : array_like, shape (people, parts)
        What each answer, or each scale of a scale made of scales, counts; NaN where there is none. For ``count``
        and ``any`` 1 where the answer is of the kind that is counted, for ``sum_correct`` and
        ``percent_correct`` 1 where it is right; else 0.
    method : str
        ``sum``, ``mean``, ``max`` of the parts; ``weighted_sum`` with ``weights``; ``count`` and ``sum_correct``:
        how many; ``percent_correct``: how many of a hundred; ``any``: 1 if at least ``at_least`` are, else 0.
    min_answered : int
        With fewer answers there is no score.
    fill : {"none", "prorate_mean", "zero"}
        What stands for a missing answer once ``min_answered`` is reached: nothing (then every part must be
        there), the person's own mean, or zero.
    rounding : {"none", "half_up"}
        ``half_up`` rounds a prorated score to the nearest whole number, halves upwards: 2.5 becomes 3,
        where Python's ``round`` gives 2.
    weights : array_like, shape (parts,), optional
    at_least : int

    Returns
    -------
    ScaleScores

    Raises
    ------
    ValueError
        ``any``, ``max`` and ``weighted_sum`` have no meaning with ``prorate_mean``.

    Examples
    --------
    One of six kinds of bullying happened at least twice a month; of two answers, the second is missing.

    >>> score_points([[0, 1, 0], [0, 0, float("nan")]], method="any", min_answered=3).score
    array([ 1., nan])
    """
    x = np.asarray(points, dtype=float)
    if fill == "prorate_mean" and method in ("any", "max", "weighted_sum"):
        raise ValueError(f"{method} cannot be prorated")
    answered = ~np.isnan(x)
    n_answered = answered.sum(axis=1)
    n_parts = x.shape[1]
    present = np.where(answered, x, 0.0)
    complete = n_answered == n_parts
    enough = complete if fill == "none" else n_answered >= min_answered
    prorated = enough & ~complete
    if method == "max":
        lowest = 0.0 if fill == "zero" else -np.inf
        score = np.where(answered, x, lowest).max(axis=1)
    else:
        score = present.sum(axis=1) if weights is None else present @ np.asarray(weights, dtype=float)
        if fill == "prorate_mean":
            score = np.divide(score * n_parts, n_answered, out=np.full(len(x), np.nan), where=n_answered > 0)
    if method == "mean":
        score = score / n_parts
    elif method == "percent_correct":
        score = 100 * score / n_parts
    elif method == "any":
        score = (score >= at_least).astype(float)
    if rounding == "half_up":
        score = np.where(prorated, np.floor(score + 0.5), score)
    return ScaleScores(score=np.where(enough, score, np.nan), n_answered=n_answered.astype(np.int64), prorated=prorated)
