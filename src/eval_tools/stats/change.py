"""How far the same people moved: the mean and the Hodges–Lehmann (pseudo-median) change."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from eval_tools.stats.estimate import Estimate, check_level, not_estimated, paired
from eval_tools.stats.signed_rank import (
    exact_interval,
    exact_p,
    inverted_interval,
    normal_p,
    signed_rank_z,
    snapped_differences,
)

_NAN = float("nan")
_EXACT_BELOW = 50  # pairs; the rule of R's wilcox.test


def mean_change(before: ArrayLike, after: ArrayLike, *, ci_level: float = 0.95) -> Estimate:
    """Estimate how far the same people moved, on average.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order, in scale points.
        A pair counts only if both values are present.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        In scale points; positive means the score rose. ``too_few_people`` below two pairs;
        ``no_variation`` if all moved by the same amount: then the mean is given, without
        interval and p value.

    Raises
    ------
    DataError
        If the two differ in length. Nothing is cut or recycled.

    Notes
    -----
    Paired t interval and test (Student 1908); the numbers of R ``t.test(after, before, paired = TRUE)``.

    Examples
    --------
    >>> mean_change([3.0, 2.5, 4.0, 3.5], [3.5, 3.0, 4.0, 4.5]).estimate
    0.5
    """
    from scipy.special import stdtr, stdtrit

    check_level(ci_level, where="mean_change")
    pairs = paired(before, after, where="mean_change")
    n, method = pairs.n, "paired t"
    if n < 2:
        return not_estimated(n=n, unit="scale points", method=method, status="too_few_people", ci_level=ci_level)
    mean = float(pairs.differences.mean())
    if pairs.change_is_constant:
        return _without_uncertainty(mean, n=n, method=method, ci_level=ci_level)
    se = float(pairs.differences.std(ddof=1)) / n**0.5
    half = float(stdtrit(n - 1, (1 + ci_level) / 2)) * se
    return Estimate(
        estimate=mean,
        se=se,
        df=float(n - 1),
        ci_low=mean - half,
        ci_high=mean + half,
        ci_level=ci_level,
        p_value=float(2 * stdtr(n - 1, -abs(mean / se))),
        n=n,
        unit="scale points",
        method=method,
    )


def hodges_lehmann_change(before: ArrayLike, after: ArrayLike, *, ci_level: float = 0.95) -> Estimate:
    """Estimate how far the typical person moved, without assuming a normal distribution.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order, in scale points.
        A pair counts only if both values are present.
    ci_level : float
        Level asked for. An exact interval has at least this level; ``Estimate.ci_level`` says which.

    Returns
    -------
    Estimate
        In scale points; positive means the score rose. The estimate is the median of the averages
        of all pairs of differences, each with itself included (Walsh averages); no standard error.
        ``too_few_people`` below two pairs, and also, with estimate and p value, if so few people
        cannot give an interval of the level asked for (below six at 0.95). ``no_variation``
        if all moved by the same amount.

    Raises
    ------
    DataError
        If the two differ in length. Nothing is cut or recycled.

    Notes
    -----
    Hodges & Lehmann (1963); Hollander & Wolfe (1973), sections 3.1 to 3.3. The rules are those of R
    ``wilcox.test(after, before, paired = TRUE, conf.int = TRUE)``: below 50 pairs, without zero or tied
    differences, p value and interval are exact (order statistics of the Walsh averages). Otherwise
    the test is the normal approximation after dropping zero differences, with correction for ties
    and for continuity, and the interval holds every shift that this test does not reject. Two
    intended differences from R: the interval is the exact point where the decision turns (R searches
    it to 1e-4), and all differences, zeros included, enter estimate and interval, so that they
    belong to the same people as the p value (R drops zeros from these too, which moves them
    away from 0). Differences equal up to rounding errors count as tied. Needs memory for n(n+1)/2
    averages.

    Examples
    --------
    >>> hodges_lehmann_change([3, 5, 2, 6, 4, 1], [4, 7, 5, 10, 9, 7]).estimate
    3.5
    """
    check_level(ci_level, where="hodges_lehmann_change")
    pairs = paired(before, after, where="hodges_lehmann_change")
    n = pairs.n
    if n < 2:
        return not_estimated(
            n=n,
            unit="scale points",
            method="Wilcoxon signed rank",
            status="too_few_people",
            ci_level=ci_level,
        )
    x = snapped_differences(pairs)
    walsh = np.sort((x[:, None] + x)[np.triu_indices(n)] / 2)
    estimate = float(np.median(walsh))
    if pairs.change_is_constant:
        return _without_uncertainty(estimate, n=n, method="Wilcoxon signed rank", ci_level=ci_level)
    exact = n < _EXACT_BELOW and not (x == 0).any() and np.unique(np.abs(x)).size == n
    if exact:
        method = "Wilcoxon signed rank, exact"
        p_value, interval = exact_p(x), exact_interval(walsh, n, ci_level)
    else:
        method = "Wilcoxon signed rank, normal approximation"
        p_value, interval = normal_p(signed_rank_z(x)), inverted_interval(x, walsh, ci_level)
    return Estimate(
        estimate=estimate,
        se=_NAN,
        df=_NAN,
        ci_low=interval.low,
        ci_high=interval.high,
        ci_level=interval.level,
        p_value=p_value,
        n=n,
        unit="scale points",
        method=method,
        status="too_few_people" if np.isnan(interval.low) else "estimated",
    )


def _without_uncertainty(change: float, *, n: int, method: str, ci_level: float) -> Estimate:
    return Estimate(
        estimate=change,
        se=_NAN,
        df=_NAN,
        ci_low=_NAN,
        ci_high=_NAN,
        ci_level=ci_level,
        p_value=_NAN,
        n=n,
        unit="scale points",
        method=method,
        status="no_variation",
    )
