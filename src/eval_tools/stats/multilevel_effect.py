"""Differences between schools in standard deviations, and how alike the children of one school are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, Problem
from eval_tools.stats.estimate import Estimate, check_level, floats, not_estimated
from eval_tools.stats.mixed_model import mixed_model
from eval_tools.stats.mixed_rows import Ids, ModelStatus, complete_rows, mixed_estimate

_HEDGES = "cluster effect size (Hedges 2007), normal"
_G_MLM = "multilevel Hedges g, unconditional total SD, t"
_NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteVariation:
    """How much of the variation of a score lies between sites."""

    n: int
    n_dropped: int
    n_sites: int
    var_site: float
    var_residual: float
    icc: float
    size_weighted: float  # Σ n² / Σ n, the size of the site of an average person
    design_effect: float  # 1 + (size_weighted - 1) icc, for the variance of the overall mean
    n_effective: float  # n / design_effect
    status: ModelStatus


def site_variation(y: ArrayLike, sites: Ids) -> SiteVariation:
    """Estimate the intraclass correlation and the design effect of a score.

    Parameters
    ----------
    y : array_like, shape (people,)
        Scores; NaN where missing.
    sites : sequence of str, shape (people,)
        The school of every person; None, NaN or "" where missing.

    Returns
    -------
    SiteVariation
        From the model with nothing but a mean. Incomplete rows are dropped and counted. NaN with a status
        for one school, one person per school, or scores that do not vary.

    Raises
    ------
    DataError
        If the lists differ in length, or hold words or infinite values.

    Notes
    -----
    REML, so never below 0. Design effect with unequal sizes after Kish (1965).

    Examples
    --------
    >>> v = site_variation([1, 2, 3, 4, 5, 6], list("aabbcc"))
    >>> round(v.icc, 3), round(v.design_effect, 3)
    (0.882, 1.882)
    """
    rows = complete_rows(y, np.ones((np.size(y), 1)), sites, names=["mean"], where="site_variation")
    fit = mixed_model(rows.y, rows.X, rows.codes[0].astype(str), names=["mean"])
    n_g = np.bincount(rows.codes[0]).astype(float)
    weighted = float((n_g**2).sum() / n_g.sum()) if n_g.size else _NAN
    effect = 1 + (weighted - 1) * fit.icc
    return SiteVariation(
        n=rows.n,
        n_dropped=rows.n_dropped,
        n_sites=rows.n_codes[0],
        var_site=fit.var_site,
        var_residual=fit.var_residual,
        icc=fit.icc,
        size_weighted=weighted,
        design_effect=effect,
        n_effective=rows.n / effect,
        status=fit.status,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterEffect:
    """One difference between arms of whole schools, on two standardisers."""

    within: Estimate  # d_W, in SDs within schools
    total: Estimate  # d_T, in SDs of all people
    icc: float
    size: float  # ñ, the size of school that counts


def cluster_effect(
    difference: float,
    *,
    var_site: float,
    var_residual: float,
    sizes_programme: Sequence[int] | NDArray[np.int_],
    sizes_comparison: Sequence[int] | NDArray[np.int_],
    ci_level: float = 0.95,
) -> ClusterEffect:
    """Turn a difference between schools into SDs, allowing for unequal school sizes.

    Parameters
    ----------
    difference : float
        Programme minus comparison, in scale points, adjusted or not.
    var_site, var_residual : float
        Variances between and within schools, in squared scale points; those of the model without
        covariates give the effect size that is comparable between studies.
    sizes_programme, sizes_comparison : sequence of int
        People per school.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    ClusterEffect
        Intervals are normal and the estimates not corrected for small samples, as published; both flatter few
        schools, so prefer :func:`multilevel_effect` where the rows are at hand. ``too_few_sites`` with one
        school in an arm, ``no_variation`` if a variance within is not positive or something is missing.

    Raises
    ------
    DataError
        If a size is not a positive whole number.

    Notes
    -----
    Hedges (2007), Journal of Educational and Behavioral Statistics 32, 341–370: d_W and d_T with unequal
    sizes. The numbers of R ``eefAnalytics`` (which rounds the quantile to 1.96).

    Examples
    --------
    >>> e = cluster_effect(3, var_site=20, var_residual=80, sizes_programme=[10] * 5, sizes_comparison=[10] * 5)
    >>> round(e.within.estimate, 3), round(e.total.estimate, 3), e.icc
    (0.335, 0.294, 0.2)
    """
    check_level(ci_level, where="cluster_effect")
    n_T, n_C = (_sizes(s, name) for s, name in ((sizes_programme, "programme"), (sizes_comparison, "comparison")))
    N_T, N_C = float(n_T.sum()), float(n_C.sum())
    N, m_T, m_C = N_T + N_C, n_T.size, n_C.size
    status: ModelStatus | None = "too_few_sites" if min(m_T, m_C) < 2 else None
    if status is None and not (var_residual > 0 and var_site >= 0 and np.isfinite(difference)):
        status = "no_variation"
    if status is None and N - m_T - m_C < 1:
        status = "too_few_people"
    if status is not None:
        w, t = (
            not_estimated(n=int(N), unit="SD", method=_HEDGES, status=status, ci_level=ci_level, standardiser=name)
            for name in ("SD within schools", "total SD")
        )
        return ClusterEffect(within=w, total=t, icc=_NAN, size=_NAN)
    rho = var_site / (var_site + var_residual)
    size = N_C * float((n_T**2).sum()) / (N_T * N) + N_T * float((n_C**2).sum()) / (N_C * N)
    u_T, u_C = ((M**2 - float((k**2).sum())) / (M * (k.size - 1)) for M, k in ((N_T, n_T), (N_C, n_C)))
    precision = (1 / N_T + 1 / N_C) * (1 + (size - 1) * rho)
    d_W = difference / var_residual**0.5
    var_W = precision / (1 - rho) + d_W**2 / (2 * (N - m_T - m_C))
    B = u_T * (m_T - 1) + u_C * (m_C - 1)
    A = sum(
        (M**2 * float((k**2).sum()) + float((k**2).sum()) ** 2 - 2 * M * float((k**3).sum())) / M**2
        for M, k in ((N_T, n_T), (N_C, n_C))
    )
    shrink = 1 - rho * ((N - u_T * m_T - u_C * m_C) + u_T + u_C - 2) / (N - 2)
    d_T = difference / (var_site + var_residual) ** 0.5 * shrink**0.5
    spread = (N - 2) * (1 - rho) ** 2 + A * rho**2 + 2 * B * rho * (1 - rho)
    var_T = precision + d_T**2 * spread / (2 * (N - 2) * ((N - 2) - rho * (N - 2 - B)))
    within, total = (
        mixed_estimate(
            d, v, float("inf"), n=int(N), unit="SD", ci_level=ci_level, method=_HEDGES, standardiser=standardiser
        )
        for d, v, standardiser in ((d_W, var_W, "SD within schools"), (d_T, var_T, "total SD"))
    )
    return ClusterEffect(within=within, total=total, icc=rho, size=size)


def _sizes(sizes: Sequence[int] | NDArray[np.int_], name: str) -> NDArray[np.float64]:
    n = floats(sizes, where="cluster_effect", name=f"sizes_{name}")
    if n.ndim != 1 or not n.size or np.isnan(n).any() or (n < 1).any() or (n != np.round(n)).any():
        raise DataError(Problem("cluster_effect", f"'sizes_{name}' are not whole numbers of people, one per school."))
    return n


@dataclass(frozen=True, slots=True, kw_only=True)
class MultilevelEffect:
    """One coefficient of a mixed model in SDs of all people."""

    g: Estimate
    points: Estimate  # the same, in scale points
    delta: float  # not corrected for small samples
    correction: float  # J(nu)
    nu: float  # degrees of freedom of the total variance
    var_site: float  # of the model without covariates, which standardises
    var_residual: float
    n_sites: int
    status: ModelStatus


def multilevel_effect(
    y: ArrayLike,
    X: ArrayLike,
    sites: Ids,
    *,
    names: Sequence[str],
    coefficient: str,
    standardise_by: ArrayLike | None = None,
    ci_level: float = 0.95,
) -> MultilevelEffect:
    """Estimate an adjusted difference in SDs of all people, as if nothing had been adjusted for.

    Parameters
    ----------
    y : array_like, shape (people,)
        Scores; NaN where missing.
    X : array_like, shape (people, coefficients)
        The design, with its column of ones.
    sites : sequence of str, shape (people,)
        The school of every person.
    names : sequence of str
        One name per column of X.
    coefficient : str
        Which of them to standardise.
    standardise_by : array_like, shape (people,), optional
        The scores whose total SD is the unit: y itself if not given; scores before the programme are safer
        when it may change the spread.
    ci_level : float
        Level of the interval.

    Returns
    -------
    MultilevelEffect
        The difference comes from the model with covariates, the SD from one with nothing but a mean, fitted to
        the same complete rows: covariates must not make an effect look larger. ``n`` counts people. The interval
        uses t with the degrees of freedom of the difference. Status as in ``mixed_model``.

    Raises
    ------
    DataError
        If the lists differ in length, or hold words or infinite values.
    DefinitionError
        If the names do not fit the columns.
    UnknownNames
        If ``coefficient`` is not one of them.

    Notes
    -----
    g = J(ν)β/√(σ_u² + σ²), J = 1 − 3/(4ν − 1), ν = 2(r'θ)²/(r'C_θ r) with the inverse expected REML
    information; variance of Pustejovsky, Hedges & Shadish (2014), Journal of Educational and Behavioral
    Statistics 39, 368–393. The numbers of R ``lmeInfo::g_mlm(mod, mod_denom = unconditional)``.

    Examples
    --------
    >>> treat = [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0]
    >>> e = multilevel_effect([5, 7, 6, 9, 3, 4, 2, 5, 8, 9, 5, 6], [[1, t] for t in treat], list("aabbccddeeff"),
    ...                       names=["intercept", "treat"], coefficient="treat")
    >>> round(e.g.estimate, 3), round(e.g.se, 3)
    (1.241, 0.596)
    """
    where = "multilevel_effect"
    p = len(names)
    unit_scores = y if standardise_by is None else standardise_by
    rows = complete_rows(y, X, sites, names=names, where=where, also=[unit_scores])
    ids = rows.codes[0].astype(str)
    fit = mixed_model(rows.y, rows.X[:, :p], ids, names=names, ci_level=ci_level)
    points = fit.coefficient(coefficient)
    empty = mixed_model(rows.X[:, p], np.ones((rows.n, 1)), ids, names=["mean"])
    status = fit.status if fit.status != "estimated" else empty.status
    standardiser = "total SD" if standardise_by is None else "total SD of the scores given"
    theta = empty.var_site + empty.var_residual
    var_theta = empty.var_of_var_residual
    if not empty.at_boundary:
        var_theta += empty.var_of_var_site + 2 * empty.cov_of_variances
    nu = 2 * theta**2 / var_theta
    J = 1 - 3 / (4 * nu - 1)
    delta = points.estimate / theta**0.5
    variance = J**2 * (nu * points.se**2 / theta / (nu - 2) + (J * delta) ** 2 * (nu / (nu - 2) - 1 / J**2))
    if status == "estimated" and not nu > 2:
        status = "too_few_sites"
    if status != "estimated":
        g = not_estimated(
            n=rows.n,
            unit="SD",
            method=_G_MLM,
            status=status,
            ci_level=ci_level,
            standardiser=standardiser,
        )
    else:
        g = mixed_estimate(
            J * delta,
            variance,
            points.df,
            n=rows.n,
            unit="SD",
            ci_level=ci_level,
            method=_G_MLM,
            standardiser=standardiser,
        )
    return MultilevelEffect(
        g=g,
        points=points,
        delta=delta,
        correction=J,
        nu=nu,
        var_site=empty.var_site,
        var_residual=empty.var_residual,
        n_sites=rows.n_codes[0],
        status=status,
    )
