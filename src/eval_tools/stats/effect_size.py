"""Change and difference in standard deviations: comparable across scales, if the SD is named."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from eval_tools.stats.bonett import METHOD, bonett_estimate, paired_moments
from eval_tools.stats.estimate import (
    Estimate,
    Status,
    check_level,
    column,
    largest,
    no_spread,
    not_estimated,
    paired,
)
from eval_tools.stats.noncentral_t import noncentrality_limits

_NAN = float("nan")


def standardised_change(before: ArrayLike, after: ArrayLike, *, ci_level: float = 0.95) -> Estimate:
    """Estimate how far the same people moved, in SDs averaged over before and after (g_av).

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order. A pair counts only if both values are present.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        In SD, s = sqrt((s1² + s2²)/2); positive means the score rose. The estimate is corrected for
        small-sample bias, d·sqrt((n−2)/(n−1)); the interval is around the uncorrected d, as published.
        No p value: test the change itself (``mean_change``). ``too_few_people`` below three pairs,
        ``no_variation`` if neither occasion varies.

    Raises
    ------
    DataError
        If the two differ in length.

    Notes
    -----
    Bonett (2008), Psychological Methods 13, 99–109; equal variances are not assumed. The numbers of R
    ``statpsych::ci.stdmean.ps``, unweighted standardiser.

    Examples
    --------
    >>> g = standardised_change([10, 12, 14, 16, 18], [13, 13, 17, 18, 21])
    >>> round(g.estimate, 3), round(g.ci_low, 3), round(g.ci_high, 3)
    (0.63, 0.165, 1.289)
    """
    check_level(ci_level, where="standardised_change")
    pairs = paired(before, after, where="standardised_change")
    standardiser = "SD averaged over before and after"
    size = largest(pairs.before, pairs.after)
    status: Status | None = "too_few_people" if pairs.n < 3 else None
    if status is None and no_spread(pairs.before, size=size) and no_spread(pairs.after, size=size):
        status = "no_variation"
    if status is not None:
        return not_estimated(
            n=pairs.n, unit="SD", method=METHOD, status=status, ci_level=ci_level, standardiser=standardiser
        )
    m = paired_moments(pairs)
    df, s2 = m.n - 1, (m.variance_before + m.variance_after) / 2
    d = m.change / s2**0.5
    spread = m.variance_before**2 + m.variance_after**2 + 2 * m.covariance**2
    variance = d**2 * spread / (8 * df * s2**2) + m.variance_of_change / (df * s2)
    return bonett_estimate(
        d,
        adjustment=((m.n - 2) / df) ** 0.5,
        variance=variance,
        n=m.n,
        standardiser=standardiser,
        ci_level=ci_level,
    )


def standardised_change_before_sd(before: ArrayLike, after: ArrayLike, *, ci_level: float = 0.95) -> Estimate:
    """Estimate how far the same people moved, in SDs of the scores before.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order. A pair counts only if both values are present.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        In SD before, of the complete pairs; positive means the score rose. Corrected for small-sample
        bias by J = 1 − 3/(4n−5); the interval is around the uncorrected value. No p value.
        ``too_few_people`` below three pairs, ``no_variation`` if the scores before do not vary.

    Raises
    ------
    DataError
        If the two differ in length.

    Notes
    -----
    Bonett (2008), Psychological Methods 13, 99–109. The numbers of R ``statpsych::ci.stdmean.ps``,
    standardiser of the first occasion.

    Examples
    --------
    >>> g = standardised_change_before_sd([10, 12, 14, 16, 18], [13, 13, 17, 18, 21])
    >>> round(g.estimate, 3), round(g.ci_low, 3), round(g.ci_high, 3)
    (0.607, 0.164, 1.353)
    """
    check_level(ci_level, where="standardised_change_before_sd")
    pairs = paired(before, after, where="standardised_change_before_sd")
    status: Status | None = "too_few_people" if pairs.n < 3 else None
    if status is None and no_spread(pairs.before, size=largest(pairs.before, pairs.after)):
        status = "no_variation"
    if status is not None:
        return not_estimated(
            n=pairs.n, unit="SD", method=METHOD, status=status, ci_level=ci_level, standardiser="SD before"
        )
    m = paired_moments(pairs)
    df, v1 = m.n - 1, m.variance_before
    d = m.change / v1**0.5
    return bonett_estimate(
        d,
        adjustment=1 - 3 / (4 * df - 1),
        variance=d**2 / (2 * df) + m.variance_of_change / (df * v1),
        n=m.n,
        standardiser="SD before",
        ci_level=ci_level,
    )


def standardised_change_difference_sd(before: ArrayLike, after: ArrayLike, *, ci_level: float = 0.95) -> Estimate:
    """Estimate how far the same people moved, in SDs of their changes (g_z).

    Never compare this with a difference between groups: it grows with the correlation of before and
    after, not only with the change.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order. A pair counts only if both values are present.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        In SD of the changes; positive means the score rose. Estimate and limits are those of d_z times
        the exact J(n−1); the p value is that of the paired t test. ``too_few_people`` below three
        pairs, ``no_variation`` if all moved by the same amount, ``not_converged`` (estimate without
        interval) if they very nearly did.

    Raises
    ------
    DataError
        If the two differ in length.

    Notes
    -----
    Noncentral t interval (Steiger & Fouladi 1997); J(m) = Γ(m/2)/(√(m/2)·Γ((m−1)/2)) (Hedges 1981).
    The numbers of R ``effectsize::hedges_g(after - before)``.

    Examples
    --------
    >>> g = standardised_change_difference_sd([10, 12, 14, 16, 18], [13, 13, 17, 18, 21])
    >>> round(g.estimate, 2), round(g.ci_low, 2), round(g.ci_high, 2)
    (2.14, 0.55, 3.71)
    """
    from scipy.special import gammaln, stdtr

    check_level(ci_level, where="standardised_change_difference_sd")
    pairs = paired(before, after, where="standardised_change_difference_sd")
    n, df, method = pairs.n, pairs.n - 1, "g_z, exact J, noncentral t"
    status: Status | None = "too_few_people" if n < 3 else None
    if status is None and pairs.change_is_constant:
        status = "no_variation"
    if status is not None:
        return not_estimated(
            n=n,
            unit="SD",
            method=method,
            status=status,
            ci_level=ci_level,
            standardiser="SD of the changes",
        )
    m = paired_moments(pairs)
    t = m.change / (m.variance_of_change / n) ** 0.5
    J = float(np.exp(gammaln(df / 2) - gammaln((df - 1) / 2))) / (df / 2) ** 0.5
    limits = noncentrality_limits(t, df, ci_level)
    return Estimate(
        estimate=J * t / n**0.5,
        se=_NAN,
        df=float(df),
        ci_low=J * limits.low / n**0.5,
        ci_high=J * limits.high / n**0.5,
        ci_level=ci_level,
        p_value=float(2 * stdtr(df, -abs(t))),
        n=n,
        unit="SD",
        method=method,
        standardiser="SD of the changes",
        status="not_converged" if np.isnan(limits.low) else "estimated",
    )


def standardised_difference(x: ArrayLike, y: ArrayLike, *, ci_level: float = 0.95) -> Estimate:
    """Estimate how far two separate groups of people lie apart, in pooled SDs (Hedges' g).

    Parameters
    ----------
    x : array_like, shape (people_x,)
        Scores of one group, for example of the people lost. Missing values are left out.
    y : array_like, shape (people_y,)
        Scores of the other group, for example of the people reached again.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        In pooled SD, x minus y; ``n`` counts both groups. ``too_few_people`` if a group is empty or
        there are fewer than four people; ``no_variation`` if nobody differs from their own group,
        ``not_converged`` (estimate without interval) if they very nearly do not.

    Raises
    ------
    DataError
        If one is not a list of numbers.

    Notes
    -----
    Hedges (1981) with the correction 1 − 3/(4N−9), as the What Works Clearinghouse uses it (N is the
    number of people in both groups). Limits: noncentral t, times the same correction. The p value is
    that of the two-sample t test with pooled variance.

    Examples
    --------
    >>> round(standardised_difference([5, 6, 7], [4, 5, 6]).estimate, 3)
    0.8
    """
    from scipy.special import stdtr

    check_level(ci_level, where="standardised_difference")
    a = column(x, where="standardised_difference", name="x")
    b = column(y, where="standardised_difference", name="y")
    a, b = a[~np.isnan(a)], b[~np.isnan(b)]
    N, df = a.size + b.size, a.size + b.size - 2
    method, size = "Hedges' g, J = 1 - 3/(4N - 9), noncentral t", largest(a, b)
    status: Status | None = "too_few_people" if not a.size or not b.size or N < 4 else None
    if status is None and no_spread(a, size=size) and no_spread(b, size=size):
        status = "no_variation"
    if status is not None:
        return not_estimated(n=N, unit="SD", method=method, status=status, ci_level=ci_level, standardiser="pooled SD")
    s = ((((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum()) / df) ** 0.5
    d = float((a.mean() - b.mean()) / s)
    J = 1 - 3 / (4 * N - 9)
    per_t = (1 / a.size + 1 / b.size) ** 0.5
    limits = noncentrality_limits(d / per_t, df, ci_level)
    return Estimate(
        estimate=J * d,
        se=_NAN,
        df=float(df),
        ci_low=J * limits.low * per_t,
        ci_high=J * limits.high * per_t,
        ci_level=ci_level,
        p_value=float(2 * stdtr(df, -abs(d / per_t))),
        n=N,
        unit="SD",
        method=method,
        standardiser="pooled SD",
        status="not_converged" if np.isnan(limits.low) else "estimated",
    )
