"""Shares of people, and the difference between two shares of separate people."""

from __future__ import annotations

from eval_tools.errors import DataError, Problem
from eval_tools.stats.estimate import Estimate, check_level, not_estimated

_NAN = float("nan")


def wilson_interval(count: int, n: int, *, ci_level: float = 0.95) -> Estimate:
    """Estimate a share, such as a response rate, with its Wilson score interval.

    Parameters
    ----------
    count, n : int
        How many people have the property, of how many.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        As a share between 0 and 1; no standard error and no test. ``too_few_people`` if n is 0.

    Raises
    ------
    DataError
        Unless 0 <= count <= n, both whole numbers.

    Notes
    -----
    Wilson (1927), Journal of the American Statistical Association 22, 209–212, without continuity
    correction. The numbers of statsmodels ``proportion_confint(count, n, method="wilson")``.

    Examples
    --------
    >>> share = wilson_interval(45, 60)
    >>> share.estimate, round(share.ci_low, 3), round(share.ci_high, 3)
    (0.75, 0.628, 0.842)
    """
    from scipy.special import ndtri

    check_level(ci_level, where="wilson_interval")
    _check_count(count, n, where="wilson_interval")
    if n == 0:
        return not_estimated(n=0, unit="share", method="Wilson score", status="too_few_people", ci_level=ci_level)
    p, z2 = count / n, float(ndtri((1 + ci_level) / 2)) ** 2
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = (z2 * (p * (1 - p) / n + z2 / (4 * n**2))) ** 0.5 / (1 + z2 / n)
    return Estimate(
        estimate=p,
        se=_NAN,
        df=float("inf"),
        ci_low=0.0 if count == 0 else centre - half,  # exact at the ends, where rounding errors show
        ci_high=1.0 if count == n else centre + half,
        ci_level=ci_level,
        p_value=_NAN,
        n=n,
        unit="share",
        method="Wilson score",
    )


def newcombe_difference(count_x: int, n_x: int, count_y: int, n_y: int, *, ci_level: float = 0.95) -> Estimate:
    """Estimate the difference between two shares of separate people, x minus y.

    Parameters
    ----------
    count_x, n_x, count_y, n_y : int
        How many people have the property, of how many, in either group.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        As a difference of shares, -1 to 1; no standard error and no test. ``n`` counts both groups.
        ``too_few_people`` if a group is empty.

    Raises
    ------
    DataError
        Unless 0 <= count <= n, all whole numbers.

    Notes
    -----
    Newcombe (1998), Statistics in Medicine 17, 873–890, method 10 (hybrid score). The numbers of
    statsmodels ``confint_proportions_2indep(method="newcomb")``.

    Examples
    --------
    >>> lost = newcombe_difference(56, 70, 48, 80)
    >>> round(lost.estimate, 3), round(lost.ci_low, 4), round(lost.ci_high, 4)
    (0.2, 0.0524, 0.3339)
    """
    check_level(ci_level, where="newcombe_difference")
    _check_count(count_x, n_x, where="newcombe_difference")
    _check_count(count_y, n_y, where="newcombe_difference")
    method, n = "Newcombe hybrid score", n_x + n_y
    if n_x == 0 or n_y == 0:
        return not_estimated(n=n, unit="share", method=method, status="too_few_people", ci_level=ci_level)
    x = wilson_interval(count_x, n_x, ci_level=ci_level)
    y = wilson_interval(count_y, n_y, ci_level=ci_level)
    difference = x.estimate - y.estimate
    below = ((x.estimate - x.ci_low) ** 2 + (y.ci_high - y.estimate) ** 2) ** 0.5
    above = ((x.ci_high - x.estimate) ** 2 + (y.estimate - y.ci_low) ** 2) ** 0.5
    return Estimate(
        estimate=difference,
        se=_NAN,
        df=float("inf"),
        ci_low=difference - below,
        ci_high=difference + above,
        ci_level=ci_level,
        p_value=_NAN,
        n=n,
        unit="share",
        method=method,
    )


def _check_count(count: int, n: int, *, where: str) -> None:
    if not 0 <= count <= n or int(count) != count or int(n) != n:
        raise DataError(
            Problem(where, f"{count} of {n} people is not a share.", "Give whole numbers, 0 <= count <= n.")
        )
