"""Limits of the noncentrality of a t distribution: from a t value to an interval of an effect size."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NoncentralityLimits:
    """The smallest and the largest noncentrality that agree with the observed t."""

    low: float
    high: float


def noncentrality_limits(t: float, df: int, ci_level: float) -> NoncentralityLimits:
    """Find which noncentralities agree with an observed t (Steiger & Fouladi 1997).

    Parameters
    ----------
    t : float
        The observed t value.
    df : int
        Its degrees of freedom.
    ci_level : float
        Level of the interval.

    Returns
    -------
    NoncentralityLimits
        The λ at which t is the upper, and at which it is the lower (1 − level)/2 quantile. NaN for |t| above
        10 000, where the distribution function is not accurate.

    Examples
    --------
    >>> limits = noncentrality_limits(0.0, 10, 0.95)
    >>> round(limits.low, 2), round(limits.high, 2)
    (-1.96, 1.96)
    """
    tail = (1 - ci_level) / 2
    if abs(t) > 1e4:  # beyond this the distribution function loses its digits
        return NoncentralityLimits(low=float("nan"), high=float("nan"))
    # The tail of a negative t is computed by reflection, where the distribution function is accurate.
    if t < 0:
        return NoncentralityLimits(low=-_lambda(-t, df, tail), high=-_lambda(-t, df, 1 - tail))
    return NoncentralityLimits(low=_lambda(t, df, 1 - tail), high=_lambda(t, df, tail))


def _lambda(t: float, df: int, probability: float) -> float:
    """Solve P(T(df, λ) <= t) = probability for λ by halving; the left side falls as λ grows."""
    from scipy.special import nctdtr

    low = high = t
    step = 1.0
    while nctdtr(df, low, t) < probability:
        low, step = low - step, 2 * step
    step = 1.0
    while nctdtr(df, high, t) > probability:
        high, step = high + step, 2 * step
    while high - low > 1e-10 * max(1.0, abs(t)):
        middle = (low + high) / 2
        low, high = (middle, high) if nctdtr(df, middle, t) > probability else (low, middle)
    return (low + high) / 2
