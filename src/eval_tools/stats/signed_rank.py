"""The Wilcoxon signed-rank distribution: exact and approximate p values and intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval_tools.stats.estimate import Pairs, largest

_NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """An interval and the level it has; NaN limits if the people are too few for that level."""

    low: float
    high: float
    level: float


def snapped_differences(pairs: Pairs) -> NDArray[np.float64]:
    """Return after minus before, equal where only rounding errors differ.

    0.3 - 0.1 and 0.4 - 0.2 are the same change, though not the same float: 12 digits make them tie.
    """
    size = largest(pairs.before, pairs.after) or 1.0
    return np.round(pairs.differences / size, 12) * size


def _signed_rank_cdf(n: int) -> NDArray[np.float64]:
    """P(V <= v) for v = 0 .. n(n+1)/2: in how many of 2^n sign patterns the positive ranks sum to v."""
    ways = np.zeros(n * (n + 1) // 2 + 1)
    ways[0] = 1.0
    for rank in range(1, n + 1):
        ways[rank:] += ways[:-rank].copy()
    return np.cumsum(ways) / 2.0**n


def exact_p(x: NDArray[np.float64]) -> float:
    """Return the two-sided p value of differences without zeros and ties."""
    ranks = np.argsort(np.argsort(np.abs(x))) + 1
    v = int(ranks[x > 0].sum())
    smaller_tail = min(v, x.size * (x.size + 1) // 2 - v)  # the distribution is symmetric
    return min(1.0, 2 * float(_signed_rank_cdf(x.size)[smaller_tail]))


def exact_interval(walsh: NDArray[np.float64], n: int, ci_level: float) -> Limits:
    """Return the order statistics of the sorted Walsh averages that reach the level."""
    cdf = _signed_rank_cdf(n)
    q = max(1, int(np.searchsorted(cdf, (1 - ci_level) / 2 - 1e-14, side="right")))
    achieved = 1 - 2 * float(cdf[q - 1])
    if achieved < ci_level - 1e-14:  # even the range of all Walsh averages is not enough
        return Limits(low=_NAN, high=_NAN, level=ci_level)
    return Limits(low=float(walsh[q - 1]), high=float(walsh[walsh.size - q]), level=achieved)


def signed_rank_z(x: NDArray[np.float64]) -> float:
    """Return the normal deviate: zeros dropped, corrected for ties and for continuity."""
    x = x[x != 0]
    n = x.size
    if n == 0:
        return 0.0
    _, place, times = np.unique(np.abs(x), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(times) - (times - 1) / 2)[place]
    z = float(ranks[x > 0].sum()) - n * (n + 1) / 4
    ties = float((times.astype(float) ** 3 - times).sum())
    sigma = (n * (n + 1) * (2 * n + 1) / 24 - ties / 48) ** 0.5
    return float(z - 0.5 * np.sign(z)) / sigma


def normal_p(z: float) -> float:
    """Return the two-sided p value of a normal deviate."""
    from scipy.special import ndtr

    return float(2 * ndtr(-abs(z)))


def inverted_interval(x: NDArray[np.float64], walsh: NDArray[np.float64], ci_level: float) -> Limits:
    """Find the shifts at which the test of ``x - shift`` begins and ceases to reject.

    Its z only falls as the shift grows, and only at a Walsh average.
    """
    from scipy.special import ndtri

    critical = float(ndtri((1 + ci_level) / 2))
    steps = np.unique(walsh)
    ends = np.concatenate(([steps[0] - 1], steps, [steps[-1] + 1]))
    between = (ends[:-1] + ends[1:]) / 2  # one shift inside every gap
    low = _first(lambda gap: signed_rank_z(x - between[gap]) < critical, between.size)
    high = _first(lambda gap: signed_rank_z(x - between[gap]) <= -critical, between.size)
    if low == 0 or high == between.size:  # so few people that no shift is ever rejected
        return Limits(low=_NAN, high=_NAN, level=ci_level)
    return Limits(low=float(steps[low - 1]), high=float(steps[high - 1]), level=ci_level)


def _first(is_true: Callable[[int], bool], n: int) -> int:
    """Return the first index at which a condition that never turns back is true, ``n`` if none."""
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_true(middle) else (middle + 1, high)
    return low
