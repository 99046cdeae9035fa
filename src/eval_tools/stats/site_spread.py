"""How much sites differ, and whether by more than chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from eval_tools.errors import DefinitionError, Problem
from eval_tools.stats.estimate import Estimate, Status, not_estimated
from eval_tools.stats.synthesis import synthesise

_METHOD = "τ, REML; interval by Q profile"


def spread_of_sites(
    estimates: ArrayLike, variances: ArrayLike, *, df: float = float("inf"), ci_level: float = 0.95
) -> Estimate:
    """Estimate the standard deviation of the true values of sites.

    Parameters
    ----------
    estimates, variances : array_like, shape (sites,)
        One value per site and its sampling variance; NaN where missing.
    df : float
        Degrees of freedom of a standard deviation within sites that all variances share; infinite if they are known.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        τ in the unit of the estimates, ``n`` counts sites. ``p_value`` is of "all sites have the same true value".
        ``too_few_sites`` below two. ``no_variation``, with the estimate, where the sites differ so little that no
        τ is compatible with it: then there is no interval.

    Raises
    ------
    DataError
        If the lists differ in length, or a variance is not positive.
    DefinitionError
        If df is not positive.

    Notes
    -----
    τ² by REML. The interval holds every τ² at which the generalised Q lies between the quantiles of χ²(k − 1)
    (Viechtbauer 2007, Statistics in Medicine 26, 37–52; R ``metafor::confint``) or, with finite df, of
    (k − 1)·F(k − 1, df): for sites of equal size that is the exact interval of one-way analysis of variance, and the
    p value is the one of its F test. The estimate may lie outside the interval, as in metafor.

    Examples
    --------
    >>> spread = spread_of_sites([0.1, 0.4, 0.3, 0.7], [0.02, 0.03, 0.02, 0.04])
    >>> round(spread.estimate, 3), round(spread.ci_low, 3), round(spread.ci_high, 3), round(spread.p_value, 3)
    (0.169, 0.0, 0.915, 0.099)
    """
    from scipy.optimize import brentq
    from scipy.special import chdtrc, chdtri, fdtrc, fdtri

    where = "spread_of_sites"
    if not df > 0:
        raise DefinitionError(
            Problem(where, f"df is {df}.", "Give a positive number, infinite if variances are known.")
        )
    found = synthesise(estimates, variances, ci_level=ci_level)
    y, v = np.asarray(estimates, dtype=float), np.asarray(variances, dtype=float)
    y, v = (part[~(np.isnan(y) | np.isnan(v))] for part in (y, v))
    status: Status = "estimated"
    if found.status in ("too_few_sites", "not_converged"):
        status = "too_few_sites" if found.status == "too_few_sites" else "not_converged"
        return not_estimated(n=y.size, unit="scale points", method=_METHOD, status=status, ci_level=ci_level)
    k1 = float(y.size - 1)

    def q(tau2: float) -> float:
        w = 1 / (v + tau2)
        return float(w @ (y - w @ y / w.sum()) ** 2)

    def quantile(p: float) -> float:
        return float(chdtri(k1, 1 - p) if np.isinf(df) else k1 * fdtri(k1, df, p))

    most = float(np.ptp(y)) ** 2 + float(v.max())

    def root(limit: float) -> float:
        if q(0.0) <= limit:
            return 0.0
        high = most
        while q(high) > limit:
            high *= 4
        return float(brentq(lambda tau2: q(tau2) - limit, 0.0, high, xtol=1e-14 * most, rtol=1e-12))

    tail = (1 - ci_level) / 2
    low, high = (float(np.sqrt(root(quantile(p)))) for p in (1 - tail, tail))
    if high == 0.0:
        low = high = float("nan")
        status = "no_variation"
    return Estimate(
        estimate=float(np.sqrt(found.tau2)),
        se=float("nan"),
        df=k1,
        ci_low=low,
        ci_high=high,
        ci_level=ci_level,
        p_value=float(chdtrc(k1, q(0.0)) if np.isinf(df) else fdtrc(k1, df, q(0.0) / k1)),
        n=int(y.size),
        unit="scale points",
        method=_METHOD,
        status=status,
    )
