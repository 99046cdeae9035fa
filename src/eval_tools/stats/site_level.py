"""One number per school: the mean of its people, and the tests one can do with a pencil."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import UnknownNames
from eval_tools.stats.cluster_design import (
    Floats,
    SiteRows,
    Sites,
    arm_of_people,
    arm_of_sites,
    complete_rows,
    point_only,
    t_estimate,
)
from eval_tools.stats.estimate import Estimate, Status, check_level, largest, no_spread, not_estimated

Variances = Literal["equal", "unequal"]
_UNIT = "scale points"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SiteLevel:
    """An analysis in which every school counts once."""

    estimate: Estimate  # its n counts people
    sites: tuple[str, ...]  # in alphabetical order
    site_means: NDArray[np.float64]  # per site: mean change, or mean after
    treated: NDArray[np.bool_]  # per site; all False without a comparison
    n_dropped: int  # people left out, for a missing value or a missing site

    @property
    def n_sites(self) -> int:
        """How many schools entered."""
        return len(self.sites)


def site_mean_change(change: ArrayLike, sites: Sites, *, ci_level: float = 0.95) -> SiteLevel:
    """Estimate how far the average school moved.

    Parameters
    ----------
    change : array_like, shape (participants,)
        After minus before, in scale points; NaN where missing.
    sites : sequence of str, shape (participants,)
        The site of every person; None, NaN or "" where missing.
    ci_level : float
        Level of the interval.

    Returns
    -------
    SiteLevel
        Mean of the schools' means, each school counting once, with t(schools − 1). ``too_few_sites`` below
        two schools; ``no_variation``, with the estimate, if all schools moved by the same amount.

    Raises
    ------
    DataError
        If the lengths differ.

    Notes
    -----
    Student's t test on the means of the schools (Donner & Klar 2000, section 6.2).

    Examples
    --------
    >>> result = site_mean_change([1, 3, 2, 4, 6, 8], list("aabbcc"))
    >>> result.estimate.estimate, result.site_means.tolist(), result.estimate.df
    (4.0, [2.0, 3.0, 7.0], 2.0)
    """
    where, method = "site_mean_change", "t test on site means"
    check_level(ci_level, where=where)
    rows = complete_rows(sites, [change], names=["change"], where=where)
    means, G = rows.means(rows.columns[0]), rows.clusters.n_sites
    if G == 0:
        estimate = not_estimated(n=0, unit=_UNIT, method=method, status="too_few_people", ci_level=ci_level)
    else:
        estimate = _tested(
            float(means.mean()),
            float(means.std(ddof=1)) / G**0.5 if G > 1 else float("nan"),
            float(G - 1),
            status="too_few_sites" if G < 2 else _variation(means, largest(rows.columns[0])),
            ci_level=ci_level,
            n=rows.n,
            method=method,
        )
    return _result(rows, estimate, means, np.zeros(G, dtype=bool))


def site_mean_difference(
    change: ArrayLike,
    treat: ArrayLike,
    sites: Sites,
    *,
    variances: Variances = "equal",
    ci_level: float = 0.95,
) -> SiteLevel:
    """Estimate how much more the average programme school moved than the average comparison school.

    Parameters
    ----------
    change : array_like, shape (participants,)
        After minus before (or the score after), in scale points; NaN where missing.
    treat : array_like, shape (participants,)
        1 for people of programme schools, 0 for people of comparison schools, NaN where missing.
    sites : sequence of str, shape (participants,)
        The site of every person; None, NaN or "" where missing.
    variances : {"equal", "unequal"}
        Whether schools of both arms are supposed to differ equally: Student's t(schools − 2), or Welch's.
    ci_level : float
        Level of the interval.

    Returns
    -------
    SiteLevel
        Difference of unweighted means of school means. ``too_few_sites``, with the estimate, if an arm
        has one school; without, if it has none. ``no_variation``, with the estimate, if the schools of
        each arm have equal means.

    Raises
    ------
    DataError
        If the lengths differ, or a school has people of both arms.

    Notes
    -----
    Student (1908) or Welch (1947) on school means; R ``t.test(means ~ treat)``.

    Examples
    --------
    >>> result = site_mean_difference([1, 3, 2, 4, 6, 8, 5, 6], [0, 0, 0, 0, 1, 1, 1, 1], list("aabbccdd"))
    >>> result.estimate.estimate, result.estimate.df
    (3.75, 2.0)
    """
    where = "site_mean_difference"
    check_level(ci_level, where=where)
    if variances not in get_args(Variances):
        raise UnknownNames("variances", missing=[variances], known=get_args(Variances), where=where)
    method = "t test on site means" if variances == "equal" else "Welch t test on site means"
    rows = complete_rows(sites, [change, arm_of_people(treat, where=where)], names=["change", "treat"], where=where)
    means, treated = rows.means(rows.columns[0]), arm_of_sites(rows, rows.columns[1], where=where)
    one, two = means[treated], means[~treated]
    if not one.size or not two.size:
        estimate = _no_comparison(rows, method, ci_level)
    else:
        spread = _variation(np.concatenate([one - one.mean(), two - two.mean()]), largest(rows.columns[0]))
        lone = min(one.size, two.size) < 2
        se, df = (float("nan"), float("nan")) if lone or spread != "estimated" else _two_means(one, two, variances)
        estimate = _tested(
            float(one.mean() - two.mean()),
            se,
            df,
            status="too_few_sites" if lone else spread,
            ci_level=ci_level,
            n=rows.n,
            method=method,
        )
    return _result(rows, estimate, means, treated)


def site_mean_ancova(
    before: ArrayLike, after: ArrayLike, treat: ArrayLike, sites: Sites, *, ci_level: float = 0.95
) -> SiteLevel:
    """Estimate how much higher the average programme school ended, at equal school means before.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order, in scale points; NaN where missing.
    treat : array_like, shape (participants,)
        1 for people of programme schools, 0 for people of comparison schools, NaN where missing.
    sites : sequence of str, shape (participants,)
        The site of every person; None, NaN or "" where missing.
    ci_level : float
        Level of the interval.

    Returns
    -------
    SiteLevel
        Adjusted difference with t(schools − 3); ``site_means`` are the means after. ``too_few_sites`` below
        two schools in an arm; ``no_variation`` if the school means before do not vary within the
        arms, or (with the estimate) if the schools fit the model perfectly.

    Raises
    ------
    DataError
        If the lengths differ, or a school has people of both arms.

    Notes
    -----
    Least squares of school means after on programme and school means before; R ``lm(after ~ treat + before)``
    on the means.

    Examples
    --------
    >>> result = site_mean_ancova([1, 2, 3, 1, 2, 4], [1, 3, 3, 4, 4, 7], [0, 0, 0, 1, 1, 1], list("abcdef"))
    >>> round(result.estimate.estimate, 3), result.estimate.df
    (2.317, 3.0)
    """
    where, method = "site_mean_ancova", "ANCOVA of site means"
    check_level(ci_level, where=where)
    rows = complete_rows(
        sites, [before, after, arm_of_people(treat, where=where)], names=["before", "after", "treat"], where=where
    )
    x, y = rows.means(rows.columns[0]), rows.means(rows.columns[1])
    treated = arm_of_sites(rows, rows.columns[2], where=where)
    estimate = _ancova(x, y, treated, rows, method, ci_level)
    return _result(rows, estimate, y, treated)


def _ancova(x: Floats, y: Floats, treated: NDArray[np.bool_], rows: SiteRows, method: str, ci_level: float) -> Estimate:
    G, size = x.size, largest(*rows.columns[:2])
    if min(int(treated.sum()), int((~treated).sum())) < 2:
        return _no_comparison(rows, method, ci_level)

    def centred(values: Floats) -> Floats:
        return values - np.where(treated, values[treated].mean(), values[~treated].mean())

    if _variation(centred(x), size) != "estimated":
        return not_estimated(n=rows.n, unit=_UNIT, method=method, status="no_variation", ci_level=ci_level)
    sxx = float((centred(x) ** 2).sum())
    slope = float(centred(x) @ centred(y)) / sxx
    gap = float(x[treated].mean() - x[~treated].mean())
    value = float(y[treated].mean() - y[~treated].mean()) - slope * gap
    residuals = centred(y) - slope * centred(x)
    variance = float((residuals**2).sum()) / (G - 3)
    return _tested(
        value,
        (variance * (1 / treated.sum() + 1 / (~treated).sum() + gap**2 / sxx)) ** 0.5,
        float(G - 3),
        status=_variation(residuals, size * max(1.0, abs(slope))),
        ci_level=ci_level,
        n=rows.n,
        method=method,
    )


def _two_means(one: Floats, two: Floats, variances: Variances) -> tuple[float, float]:
    a, b = float(one.var(ddof=1)) / one.size, float(two.var(ddof=1)) / two.size
    if variances == "unequal":
        return (a + b) ** 0.5, (a + b) ** 2 / (a**2 / (one.size - 1) + b**2 / (two.size - 1))
    df = one.size + two.size - 2
    pooled = float(((one - one.mean()) ** 2).sum() + ((two - two.mean()) ** 2).sum()) / df
    return (pooled * (1 / one.size + 1 / two.size)) ** 0.5, float(df)


def _tested(value: float, se: float, df: float, *, status: Status, ci_level: float, n: int, method: str) -> Estimate:
    if status != "estimated":
        return point_only(value, status=status, ci_level=ci_level, n=n, unit=_UNIT, method=method)
    return t_estimate(value, se, df, ci_level=ci_level, n=n, unit=_UNIT, method=method)


def _no_comparison(rows: SiteRows, method: str, ci_level: float) -> Estimate:
    status: Status = "too_few_sites" if rows.n else "too_few_people"
    return not_estimated(n=rows.n, unit=_UNIT, method=method, status=status, ci_level=ci_level)


def _variation(values: Floats, size: float) -> Status:
    return "no_variation" if no_spread(values, size=size) else "estimated"


def _result(rows: SiteRows, estimate: Estimate, means: Floats, treated: NDArray[np.bool_]) -> SiteLevel:
    return SiteLevel(
        estimate=estimate,
        sites=rows.clusters.names,
        site_means=means,
        treated=treated,
        n_dropped=rows.n_dropped,
    )
