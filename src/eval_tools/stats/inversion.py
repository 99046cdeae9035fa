"""Intervals of tests that compare a statistic with its own recomputations: every effect that is not rejected.

With y replaced by y − r · treat, a recomputed statistic becomes (n0 − r n1)/√(q00 − 2 r q01 + r² q11),
and the observed one (estimate − r)/se. Recomputations are counted if they are at least as large.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Both ends of an interval; infinite where the test rejects no effect on that side."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recomputed:
    """What the statistic became in every recomputation, as a function of the supposed effect r."""

    n0: Floats
    n1: Floats
    q00: Floats  # all zero, like q01 and q11, for a statistic that is not divided by a standard error
    q01: Floats
    q11: Floats
    extra: int  # 1 where the observed statistic is not among the recomputations and is counted besides

    def p_value(self, *, estimate: float, se: float, r: float = 0.0) -> float:
        """Return the share of recomputations at least as large as the observed statistic, at the effect r."""
        return self._share(self._least(estimate, se, r), r, strict=False)

    def p_strict(self, *, estimate: float, se: float, r: float = 0.0) -> float:
        """Return the share of recomputations larger than the observed statistic, at the effect r."""
        t = abs((estimate - r) / se)
        return self._share(t + 1e-10 * max(1.0, t), r, strict=True)

    def limits(self, *, estimate: float, se: float, ci_level: float) -> Limits:
        """Search both ends, where the p value falls to 1 − ci_level, to 1e-7 standard errors."""
        n0, n1 = self.n0, self.n1
        # large − bound of _share, multiplied out: one product per r, whatever the number of recomputations
        terms = np.stack([n0 * n0, n0 * n1, n1 * n1, self.q00, self.q01, self.q11])
        most = (1 - ci_level + 1e-12) * (n0.size + self.extra) - self.extra

        def kept(r: float) -> bool:
            c = self._least(estimate, se, r) ** 2
            excess = np.array([1.0, -2 * r, r * r, -c, 2 * r * c, -r * r * c]) @ terms
            return int(np.count_nonzero(excess >= 0)) > most

        return Limits(low=_end(kept, estimate, -se), high=_end(kept, estimate, se))

    @staticmethod
    def _least(estimate: float, se: float, r: float) -> float:
        t = abs((estimate - r) / se)
        return max(t - 1e-10 * max(1.0, t), 0.0)

    def _share(self, least: float, r: float, *, strict: bool) -> float:
        # compared as squares: without a division, 0/0 counts as large, which is the cautious side
        large = self.n0 - r * self.n1
        large *= large
        c = least * least
        bound = c * self.q00
        bound -= (2 * r * c) * self.q01
        bound += (r * r * c) * self.q11
        if strict:
            return int(np.count_nonzero(large > bound)) / large.size
        return (int(np.count_nonzero(large >= bound)) + self.extra) / (large.size + self.extra)


def _end(kept: Callable[[float], bool], estimate: float, step: float) -> float:
    inner, outer = 0.0, 0.0  # in steps; the outermost one kept, and the next one out
    for steps in (1.0, 4.0, 16.0, 64.0, 256.0, 1024.0):
        if kept(estimate + steps * step):
            inner, outer = steps, 0.0
        elif not outer:
            outer = steps
    if not outer:
        return float(np.copysign(np.inf, step))
    while outer - inner > 1e-7 * max(1.0, inner):
        middle = (inner + outer) / 2
        inner, outer = (middle, outer) if kept(estimate + middle * step) else (inner, middle)
    return estimate + inner * step


def shift_limits(estimate: float, n0: Floats, n1: Floats, *, ci_level: float) -> Limits:
    """Return the exact interval of a statistic that is linear in y: |n0 − r n1| against |estimate − r|.

    A recomputation with |n1| < 1 is counted on a closed interval of r around the estimate, so that the ends
    are found by counting instead of by a search. The others (the observed one, its mirror image, and rare
    ones that the covariate makes) are taken as counted everywhere, which is the cautious side.

    Examples
    --------
    >>> shift_limits(3.0, np.array([3.0, 1.0, -1.0, -3.0]), np.array([1.0, 0.0, 0.0, -1.0]), ci_level=0.4)
    Limits(low=2.0, high=4.0)
    """
    inside = np.abs(n1) < 1 - 1e-12
    n0, n1, n_inside = n0[inside], n1[inside], int(inside.sum())
    to_drop = int(np.floor((1 - ci_level) * inside.size + 1e-9)) - (inside.size - n_inside)
    if to_drop < 0:
        return Limits(low=float("-inf"), high=float("inf"))
    ends = (estimate - n0) / (1 - n1), (estimate + n0) / (1 + n1)
    low, high = np.minimum(*ends), np.maximum(*ends)
    last = n_inside - 1 - to_drop
    return Limits(low=float(np.partition(low, to_drop)[to_drop]), high=float(np.partition(high, last)[last]))
