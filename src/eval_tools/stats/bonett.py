"""The moments and the interval that both of Bonett's (2008) standardised changes share."""

from __future__ import annotations

from dataclasses import dataclass

from eval_tools.stats.estimate import Estimate, Pairs

METHOD = "bias-corrected d, interval of Bonett (2008)"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedMoments:
    """What complete pairs say about change: variances with divisor n − 1."""

    n: int
    change: float
    variance_before: float
    variance_after: float
    covariance: float
    variance_of_change: float


def paired_moments(pairs: Pairs) -> PairedMoments:
    """Summarise at least two complete pairs."""
    x, y = pairs.before - pairs.before.mean(), pairs.after - pairs.after.mean()
    df = pairs.n - 1
    return PairedMoments(
        n=pairs.n,
        change=float(pairs.differences.mean()),
        variance_before=float(x @ x) / df,
        variance_after=float(y @ y) / df,
        covariance=float(x @ y) / df,
        variance_of_change=float((y - x) @ (y - x)) / df,
    )


def bonett_estimate(
    d: float, *, adjustment: float, variance: float, n: int, standardiser: str, ci_level: float
) -> Estimate:
    """Return the corrected d with the normal interval around the uncorrected one, as published."""
    from scipy.special import ndtri

    se = variance**0.5
    half = float(ndtri((1 + ci_level) / 2)) * se
    return Estimate(
        estimate=d * adjustment,
        se=se,
        df=float("inf"),
        ci_low=d - half,
        ci_high=d + half,
        ci_level=ci_level,
        p_value=float("nan"),
        n=n,
        unit="SD",
        method=METHOD,
        standardiser=standardiser,
    )
