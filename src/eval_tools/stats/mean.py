"""The mean of one group at one occasion."""

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
