"""The mean of one group, and the difference of two."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from eval_tools.stats.estimate import Estimate, check_level, column, not_estimated


def mean_score(scores: ArrayLike, *, ci_level: float = 0.95) -> Estimate:
    """Estimate the mean score of people like these.

    Parameters
    ----------
    scores : array_like, shape (participants,)
        In scale points; NaN where missing, which does not enter.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        In scale points. Nobody: ``too_few_people``. One person, or equal scores: the mean without an
        interval (``too_few_people``, ``no_variation``).

    Notes
    -----
    Interval of Student's t; the numbers of R ``t.test(scores)$conf.int``. The p value is missing: "mean zero"
    is no question about a questionnaire.

    Examples
    --------
    >>> found = mean_score([1.0, 2.0, 3.0, 4.0])
    >>> found.estimate, round(found.ci_low, 3), round(found.ci_high, 3)
    (2.5, 0.446, 4.554)
    """
    from dataclasses import replace

    from scipy.special import stdtrit

    check_level(ci_level, where="mean_score")
    x = column(scores, where="mean_score", name="scores")
    x = x[~np.isnan(x)]
    without = not_estimated(n=x.size, unit="scale points", method="mean, t", status="too_few_people", ci_level=ci_level)
    if x.size == 0:
        return without
    mean = float(x.mean())
    if x.size == 1:
        return replace(without, estimate=mean)
    se = float(x.std(ddof=1)) / x.size**0.5
    if se == 0:
        return replace(without, estimate=mean, status="no_variation")
    half = float(stdtrit(x.size - 1, (1 + ci_level) / 2)) * se
    return replace(
        without,
        estimate=mean,
        se=se,
        df=float(x.size - 1),
        ci_low=mean - half,
        ci_high=mean + half,
        status="estimated",
    )


def mean_difference(first: ArrayLike, second: ArrayLike, *, ci_level: float = 0.95) -> Estimate:
    """Estimate how far the means of two groups of independent people lie apart, whatever their variances.

    Parameters
    ----------
    first, second : array_like
        Scores or changes of two groups, in scale points; NaN where missing, which does not enter.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        First minus second, in scale points. ``too_few_people`` with fewer than two in a group, ``no_variation`` (with
        the difference) if all are equal within both.

    Notes
    -----
    Welch (1947), Biometrika 34, 28–35; R ``t.test(first, second)``.

    Examples
    --------
    >>> found = mean_difference([5.0, 7.0, 9.0, 6.0], [4.0, 4.5, 5.0])
    >>> found.estimate, round(found.df, 3), round(found.p_value, 4)
    (2.25, 3.653, 0.073)
    """
    from dataclasses import replace

    from scipy.special import stdtr, stdtrit

    where = "mean_difference"
    check_level(ci_level, where=where)
    groups = [column(part, where=where, name=name) for part, name in ((first, "first"), (second, "second"))]
    a, b = (part[~np.isnan(part)] for part in groups)
    n = int(a.size + b.size)
    bare = not_estimated(
        n=n, unit="scale points", method="difference of means, Welch", status="too_few_people", ci_level=ci_level
    )
    if min(a.size, b.size) < 2:
        return bare
    estimate = float(a.mean() - b.mean())
    parts = np.array([a.var(ddof=1) / a.size, b.var(ddof=1) / b.size])
    se = float(np.sqrt(parts.sum()))
    if se == 0:
        return replace(bare, estimate=estimate, status="no_variation")
    df = float(parts.sum() ** 2 / (parts**2 / np.array([a.size - 1, b.size - 1])).sum())
    half = float(stdtrit(df, (1 + ci_level) / 2)) * se
    return replace(
        bare,
        estimate=estimate,
        se=se,
        df=df,
        ci_low=estimate - half,
        ci_high=estimate + half,
        p_value=float(2 * stdtr(df, -abs(estimate) / se)),
        status="estimated",
    )
