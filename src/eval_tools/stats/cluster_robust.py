"""Least squares with standard errors for few schools: CR2 with Satterthwaite degrees of freedom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DefinitionError, Problem, UnknownNames
from eval_tools.stats.cluster_design import (
    Floats,
    SiteRegression,
    Sites,
    arm_of_people,
    complete_rows,
    point_only,
    regress,
    t_estimate,
)
from eval_tools.stats.estimate import Estimate, Status, check_level, floats

Kind = Literal["CR0", "CR1", "CR1S", "CR2", "CR3"]
_KINDS: tuple[Kind, ...] = get_args(Kind)
_METHOD = "least squares, CR2, Satterthwaite t"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusterFit:
    """One linear model of people in sites; NaN (never 0) where something cannot be estimated."""

    names: tuple[str, ...]  # of the coefficients
    coefficients: NDArray[np.float64]
    df: NDArray[np.float64]  # Satterthwaite's, of CR2, per coefficient
    se_by_kind: NDArray[np.float64]  # (kinds, coefficients), kinds in the order CR0, CR1, CR1S, CR2, CR3
    statuses: tuple[Status, ...]  # per coefficient
    n: int  # people in the model
    n_dropped: int  # people left out, for a missing value or a missing site
    n_sites: int
    ci_level: float

    def coefficient(self, name: str) -> Estimate:
        """Return one coefficient with its CR2 standard error, t(df) interval and test."""
        if name not in self.names:
            raise UnknownNames("coefficient", missing=[name], known=self.names, where="ClusterFit.coefficient")
        j = self.names.index(name)
        value, se, status = float(self.coefficients[j]), float(self.standard_errors("CR2")[j]), self.statuses[j]
        if status != "estimated":
            return point_only(
                value, status=status, ci_level=self.ci_level, n=self.n, unit="scale points", method=_METHOD
            )
        return t_estimate(
            value, se, float(self.df[j]), ci_level=self.ci_level, n=self.n, unit="scale points", method=_METHOD
        )

    def standard_errors(self, kind: Kind = "CR2") -> NDArray[np.float64]:
        """Return the standard errors of all coefficients, by one of the five corrections."""
        if kind not in _KINDS:
            raise UnknownNames("kind", missing=[kind], known=_KINDS, where="ClusterFit.standard_errors")
        return self.se_by_kind[_KINDS.index(kind)]


def cluster_robust_ols(
    y: ArrayLike, X: ArrayLike, sites: Sites, *, names: Sequence[str], ci_level: float = 0.95
) -> ClusterFit:
    """Estimate a linear model whose margin of error is based on schools, not on children.

    Parameters
    ----------
    y : array_like, shape (participants,)
        The outcome, in scale points; NaN where missing.
    X : array_like, shape (participants, coefficients)
        The explaining columns, with a column of ones if an intercept is wanted; NaN where missing.
    sites : sequence of str, shape (participants,)
        The site of every person; None, NaN or "" where missing.
    names : sequence of str
        One name per column of X.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    ClusterFit
        People with a missing value are dropped and counted. ``too_few_sites`` below two sites, and,
        with the coefficient, where it hangs on one single site (one school in an arm), since no
        spread between schools can be seen there. ``too_few_people`` if there are not more people than
        coefficients; ``no_variation`` if the columns depend on each other, or (with the
        coefficient) if the sites fit it perfectly. An estimate with ``df`` below 4 carries little
        weight: prefer ``site_level`` or ``randomisation`` then.

    Raises
    ------
    DataError
        If the lengths differ.
    DefinitionError
        If there is not exactly one distinct name per column.

    Notes
    -----
    CR2 of Bell & McCaffrey (2002, Survey Methodology 28, 169–181) with identity working model, its inverse
    square roots taken as pseudo-inverses (Pustejovsky & Tipton 2018, JBES 36, 672–683); the numbers of R
    ``clubSandwich::coef_test(test = "Satterthwaite")``. With leverages H_gg = Q_g Q_g', everything comes
    from the eigenvalues of the k × k matrices Q_g'Q_g, so that time and memory are linear in people.
    CR0 has no correction, CR1 is G/(G − 1) of it, CR1S (Stata) G(n − 1)/((G − 1)(n − k)), CR3 the jackknife.

    Examples
    --------
    >>> fit = cluster_robust_ols([1, 2, 4, 4, 6, 8], np.ones((6, 1)), list("aabbcc"), names=["mean"])
    >>> round(fit.coefficient("mean").df, 9), round(fit.coefficient("mean").se, 4)
    (2.0, 1.5899)
    """
    where = "cluster_robust_ols"
    check_level(ci_level, where=where)
    matrix = floats(X, where=where, name="X")
    if matrix.ndim != 2 or len(names) != matrix.shape[1] or len(set(names)) != len(names) or not names:
        raise DefinitionError(Problem(where, "the names do not fit the columns of X.", "Give each column one name."))
    return _fit([y, *matrix.T], sites, names=("y", *names), ci_level=ci_level, where=where)


def cluster_mean_change(change: ArrayLike, sites: Sites, *, ci_level: float = 0.95) -> ClusterFit:
    """Estimate how far people in several schools moved, on average over people.

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
    ClusterFit
        One coefficient, ``"mean"``. For sites of equal size it is the t test on the means of the sites.
        For statuses, errors and source see :func:`cluster_robust_ols`.

    Examples
    --------
    >>> cluster_mean_change([1, 3, 2, 4, 6, 8], list("aabbcc")).coefficient("mean").n
    6
    """
    where = "cluster_mean_change"
    check_level(ci_level, where=where)
    values = floats(change, where=where, name="change")
    return _fit([values, np.ones(values.shape)], sites, names=("change", "mean"), ci_level=ci_level, where=where)


def cluster_difference(change: ArrayLike, treat: ArrayLike, sites: Sites, *, ci_level: float = 0.95) -> ClusterFit:
    """Estimate how much more people with the programme moved than people without it.

    Parameters
    ----------
    change : array_like, shape (participants,)
        After minus before, in scale points; NaN where missing.
    treat : array_like, shape (participants,)
        1 for programme, 0 for comparison, NaN where missing. It may vary within a site.
    sites : sequence of str, shape (participants,)
        The site of every person; None, NaN or "" where missing.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    ClusterFit
        Coefficients ``"comparison"`` (mean change without the programme) and ``"difference"``.
        ``too_few_sites`` if an arm has no or only one school.
        For other statuses, errors and source see :func:`cluster_robust_ols`.

    Examples
    --------
    >>> fit = cluster_difference([1, 3, 2, 4, 6, 8, 5, 7], [0, 0, 0, 0, 1, 1, 1, 1], list("aabbccdd"))
    >>> round(fit.coefficient("difference").estimate, 9)
    4.0
    """
    where = "cluster_difference"
    check_level(ci_level, where=where)
    arm = arm_of_people(treat, where=where)
    return _fit(
        [change, np.ones(arm.size), arm],
        sites,
        names=("change", "comparison", "difference"),
        ci_level=ci_level,
        where=where,
        arm=2,
    )


def cluster_ancova(
    before: ArrayLike, after: ArrayLike, treat: ArrayLike, sites: Sites, *, ci_level: float = 0.95
) -> ClusterFit:
    """Estimate how much higher people with the programme ended, at equal scores before.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order, in scale points; NaN where missing.
    treat : array_like, shape (participants,)
        1 for programme, 0 for comparison, NaN where missing. It may vary within a site.
    sites : sequence of str, shape (participants,)
        The site of every person; None, NaN or "" where missing.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    ClusterFit
        Coefficients ``"intercept"``, ``"difference"`` and ``"before"`` (points after per point before).
        ``too_few_sites`` if an arm has no or only one school.
        For other statuses, errors and source see :func:`cluster_robust_ols`.

    Examples
    --------
    >>> fit = cluster_ancova([1, 2, 3, 4, 1, 2, 3, 5], [2, 2, 4, 4, 4, 3, 5, 7], [0] * 4 + [1] * 4, list("aabbccdd"))
    >>> round(fit.coefficient("difference").estimate, 3)
    1.536
    """
    where = "cluster_ancova"
    check_level(ci_level, where=where)
    arm = arm_of_people(treat, where=where)
    return _fit(
        [after, np.ones(arm.size), arm, before],
        sites,
        names=("after", "intercept", "difference", "before"),
        ci_level=ci_level,
        where=where,
        arm=2,
    )


def _fit(
    columns: Sequence[ArrayLike],
    sites: Sites,
    *,
    names: Sequence[str],
    ci_level: float,
    where: str,
    arm: int | None = None,
) -> ClusterFit:
    rows = complete_rows(sites, columns, names=names, where=where)
    X = np.column_stack(rows.columns[1:])
    k = X.shape[1]
    fit: SiteRegression | Status = regress(rows, X, rows.columns[0])
    if arm is not None and rows.n and np.ptp(rows.columns[arm]) == 0:
        fit = "too_few_sites"
    if isinstance(fit, str):
        nothing = np.full(k, np.nan)
        beta, df, se, statuses = nothing, nothing, np.full((len(_KINDS), k), np.nan), (fit,) * k
    else:
        beta = fit.beta
        se, df, statuses = _sandwiches(fit)
    return ClusterFit(
        names=tuple(names[1:]),
        coefficients=beta,
        df=df,
        se_by_kind=se,
        statuses=statuses,
        n=rows.n,
        n_dropped=rows.n_dropped,
        n_sites=rows.clusters.n_sites,
        ci_level=ci_level,
    )


def _sandwiches(fit: SiteRegression) -> tuple[Floats, Floats, tuple[Status, ...]]:
    (G, k), V = fit.scores.shape, fit.V
    contrasts = fit.contrasts  # one a row, in the basis Q
    root = np.where(fit.alone, 0.0, 1 / np.sqrt(np.where(fit.alone, 1.0, 1 - fit.s)))
    in_V = np.einsum("gij,gi->gj", V, fit.scores)

    def scores_times(power: Floats) -> Floats:
        return np.einsum("gij,gj->gi", V, power * in_V) @ contrasts.T  # (sites, coefficients)

    cr0 = ((fit.scores @ contrasts.T) ** 2).sum(axis=0)
    cr1 = cr0 * G / (G - 1)
    cr1s = cr1 * (fit.n - 1) / (fit.n - k)
    cr2, cr3 = (scores_times(root) ** 2).sum(axis=0), (scores_times(root**2) ** 2).sum(axis=0)
    df = np.array([_satterthwaite(fit.W, V, root * fit.contrasts_by_site[:, j]) for j in range(k)])
    alone, length = fit.hangs_on_one_site, np.linalg.norm(contrasts, axis=1)
    statuses = tuple(
        _status_of(bool(alone[j]) or bool(np.isnan(df[j])), cr2[j] <= (fit.rounding * length[j]) ** 2) for j in range(k)
    )
    known = np.array([status == "estimated" for status in statuses])
    se = np.where(known, np.sqrt(np.stack([cr0, cr1, cr1s, cr2, cr3])), np.nan)
    return se, np.where(known, df, np.nan), statuses


def _satterthwaite(W: Floats, V: Floats, b_in_V: Floats) -> float:
    """Return (tr Γ)²/tr Γ² with Γ_gh = p_g'p_h = δ_gh b_g'W_g b_g − (W_g b_g)'(W_h b_h)."""
    b = np.einsum("gij,gj->gi", V, b_in_V)  # A_g X_g M c, in the basis Q
    w = np.einsum("gij,gj->gi", W, b)
    own, squares = (b * w).sum(axis=1), (w**2).sum(axis=1)
    trace = float(own.sum() - squares.sum())
    trace_of_square = float((own**2).sum() - 2 * (own * squares).sum() + ((w.T @ w) ** 2).sum())
    # never below 1 but for rounding errors
    return max(1.0, trace**2 / trace_of_square) if trace > 0 and trace_of_square > 0 else float("nan")


def _status_of(too_few_sites: bool, no_variation: bool) -> Status:
    if too_few_sites:
        return "too_few_sites"
    return "no_variation" if no_variation else "estimated"
