"""An interval of alpha that supposes no distribution: people are drawn again, sums are all that is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, DefinitionError, Problem, UnknownNames
from eval_tools.stats.estimate import Estimate, Status, check_level, floats, largest, no_spread, not_estimated
from eval_tools.stats.resampling import resample_sums
from eval_tools.stats.streams import Rng

Interval = Literal["percentile", "bca"]
Floats = NDArray[np.float64]
_NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AlphaBootstrap:
    """Alpha with an interval from resampled people."""

    estimate: Estimate  # se is the SD of the replicates; no df, no p value
    replicates: Floats  # (resamples,); empty if nothing was resampled


def bootstrap_alpha(
    items: ArrayLike,
    *,
    rng: Rng,
    n_resamples: int = 2_000,
    interval: Interval = "percentile",
    ci_level: float = 0.95,
) -> AlphaBootstrap:
    """Estimate how consistent the items of a scale are, with an interval that supposes no distribution.

    Parameters
    ----------
    items : array_like, shape (people, items)
        Answers, reversed items already turned round. A row counts only if it is complete.
    rng : Generator or int
        Source of the draws, or a seed.
    n_resamples : int
        How often as many people as there are are drawn with replacement.
    interval : {"percentile", "bca"}
        Quantiles of the replicates, or those corrected for bias and acceleration.
    ci_level : float
        Level of the interval.

    Returns
    -------
    AlphaBootstrap
        The estimate is that of :func:`~eval_tools.stats.reliability.cronbach_alpha`, whose interval is exact
        for parallel normal items and the one to report; this is its check. ``too_few_items`` and
        ``too_few_people`` below two, ``no_variation`` if all sums are equal, the latter two also, with the
        estimate, if that is so in a resample or in all of them.

    Raises
    ------
    DataError
        If this is not a table of numbers.
    DefinitionError
        If the interval is unknown or there are no resamples.

    Notes
    -----
    Efron & Tibshirani (1993), chapters 13 and 14. Alpha needs no covariance matrix, only the sums of each item, of
    all squared answers and of the squared total, k + 2 columns; the jackknife takes one row off them.

    Examples
    --------
    >>> x = [[1, 2, 1], [2, 2, 3], [3, 4, 3], [4, 4, 5], [5, 4, 4], [2, 1, 1], [3, 2, 4], [1, 1, 2]]
    >>> result = bootstrap_alpha(x, rng=1)
    >>> round(result.estimate.estimate, 3), result.replicates.size
    (0.912, 2000)
    """
    where = "bootstrap_alpha"
    check_level(ci_level, where=where)
    if interval not in get_args(Interval):
        raise UnknownNames("interval", missing=[interval], known=get_args(Interval), where=where)
    if n_resamples < 1:
        raise DefinitionError(Problem(where, f"n_resamples is {n_resamples}.", "Give at least 1, better 2000."))
    x = floats(items, where=where, name="items")
    if x.ndim != 2:
        raise DataError(
            Problem(where, f"'items' has {x.ndim} dimensions.", "Give one row per person, one column per item.")
        )
    x = x[~np.isnan(x).any(axis=1)]
    n, k = x.shape
    method = f"coefficient alpha, {'BCa' if interval == 'bca' else interval} bootstrap of people"
    status: Status | None = "too_few_items" if k < 2 else "too_few_people" if n < 2 else None
    size = largest(x) * k
    if status is None and no_spread(x.sum(axis=1), size=size):
        status = "no_variation"
    if status is not None:
        none = not_estimated(n=n, unit="reliability", method=method, status=status, ci_level=ci_level)
        return AlphaBootstrap(estimate=none, replicates=np.empty(0))
    rows = _moments(x - x.mean(axis=0))
    smallest = (1e-12 * size) ** 2 * n
    totals = rows.sum(axis=0)
    alpha = float(_alpha_of_sums(totals, n, smallest))
    replicates = _alpha_of_sums(resample_sums(rows, n_resamples=n_resamples, rng=rng), n, smallest)
    levels = np.array([(1 - ci_level) / 2, (1 + ci_level) / 2])
    if np.isnan(replicates).any():
        status = "too_few_people"
    elif np.ptp(replicates) <= 1e-12:
        status = "no_variation"
    elif interval == "bca":
        levels = _bca_levels(levels, alpha, replicates, _alpha_of_sums(totals - rows, n - 1, smallest))
        status = "too_few_people" if np.isnan(levels).any() else None
    low, high = np.quantile(replicates, levels).tolist() if status is None else (_NAN, _NAN)
    estimate = Estimate(
        estimate=alpha,
        se=float(replicates.std(ddof=1)) if status is None and n_resamples > 1 else _NAN,
        df=_NAN,
        ci_low=low,
        ci_high=high,
        ci_level=ci_level,
        p_value=_NAN,
        n=n,
        unit="reliability",
        method=method,
        status=status or "estimated",
    )
    return AlphaBootstrap(estimate=estimate, replicates=replicates)


def _moments(x: Floats) -> Floats:
    """Return what each person adds: the answers, the sum of their squares, the square of their sum."""
    return np.column_stack([x, (x**2).sum(axis=1), x.sum(axis=1) ** 2])


def _alpha_of_sums(sums: Floats, n: int, smallest: float) -> Floats:
    """Return alpha from sums over n people, (..., k + 2); NaN where the total does not vary."""
    items, squares, square_of_sum = sums[..., :-2], sums[..., -2], sums[..., -1]
    k = items.shape[-1]
    within = squares - (items**2).sum(axis=-1) / n
    total = square_of_sum - items.sum(axis=-1) ** 2 / n
    total = np.where(total > smallest, total, np.nan)
    return k / (k - 1) * (1 - within / total)


def _bca_levels(levels: Floats, alpha: float, replicates: Floats, left_out: Floats) -> Floats:
    """Return which quantiles of the replicates bound the interval; NaN where that cannot be said."""
    from scipy.special import ndtr, ndtri

    tie = 1e-10 * float(np.ptp(replicates))
    z0 = ndtri(((replicates < alpha - tie).mean() + (replicates <= alpha + tie).mean()) / 2)
    push = left_out.mean() - left_out
    squares = float((push**2).sum())
    if not np.isfinite(z0) or not squares > 0:
        return np.full(2, np.nan)
    z = z0 + ndtri(levels)
    return ndtr(z0 + z / (1 - (push**3).sum() / (6 * squares**1.5) * z))
