"""How fast units change over time: a mixed model with a random intercept and a random slope per unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.stats.estimate import Estimate, check_level
from eval_tools.stats.mixed_engine import Optimum, UnitSums, optimise, satterthwaite
from eval_tools.stats.mixed_model import site_sums
from eval_tools.stats.mixed_rows import (
    Ids,
    ModelStatus,
    Scaling,
    complete_rows,
    mixed_estimate,
    named,
    no_estimates,
)

_METHOD = "growth model, REML, Satterthwaite t"
_AT_BOUNDARY = "growth model, REML, singular random effects, between–within t"
_NAN = float("nan")

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthFit:
    """One model: scores explained by the columns of X, with random intercept and slope per unit."""

    names: tuple[str, ...]
    coefficients: tuple[Estimate, ...]  # in the order of the names
    n: int  # rows in the model
    n_dropped: int  # rows left out for a missing value
    n_units: int
    var_intercept: float  # between units, at time 0; squared scale points
    var_slope: float
    cov_intercept_slope: float
    var_residual: float
    neg2_reml: float  # -2 log restricted likelihood, with all constants
    at_boundary: bool  # a variance is 0, or intercept and slope correlate by ±1
    status: ModelStatus

    def coefficient(self, name: str) -> Estimate:
        """Return one coefficient, in scale points per unit of its column."""
        return named(name, self.names, self.coefficients, where="GrowthFit.coefficient")


def mixed_growth(
    y: ArrayLike,
    X: ArrayLike,
    time: ArrayLike,
    units: Ids,
    *,
    names: Sequence[str],
    ci_level: float = 0.95,
    unit: str = "scale points",
) -> GrowthFit:
    """Estimate growth when every unit (a child, or a school) has its own level and its own slope.

    Parameters
    ----------
    y : array_like, shape (rows,)
        Scores, one row per unit and occasion; NaN where missing.
    X : array_like, shape (rows, coefficients)
        The design, **with** its column of ones, and time if its slope is wanted; NaN where missing.
    time : array_like, shape (rows,)
        When, in any unit; ``var_intercept`` is that at time 0.
    units : sequence of str, shape (rows,)
        Who or which school; None, NaN or "" where missing.
    names : sequence of str
        One name per column of X.
    ci_level : float
        Level of the intervals.
    unit : str
        Unit of y.

    Returns
    -------
    GrowthFit
        ``n`` counts rows. Rows with a missing value are dropped and counted. ``too_few_sites`` if there are
        not more units than coefficients of units, ``too_few_people`` if there are not enough rows per unit,
        ``not_converged`` if the variances are not identified; ``no_variation`` if the columns depend on
        each other or explain everything within the units.

    Raises
    ------
    DataError
        If the lists differ in length, or hold words or infinite values.
    DefinitionError
        If the names do not fit the columns.

    Notes
    -----
    Laird & Ware (1982), REML, intercept and slope correlated; R ``lmer(y ~ … + (time | unit))`` with
    ``lmerTest``. Units with the same occasions are pooled, so an evaluation costs as much as there are
    patterns of occasions. Where the covariance of the random effects is singular, the between–within degrees
    of freedom are used, those of units for every coefficient.

    Examples
    --------
    >>> y = [1, 2, 4, 2, 4, 5, 1, 1, 2, 3, 5, 8, 2, 2, 4]
    >>> t = [0, 1, 2] * 5
    >>> fit = mixed_growth(y, [[1, w] for w in t], t, list("aaabbbcccdddeee"), names=["intercept", "time"])
    >>> round(fit.coefficient("time").estimate, 3), round(fit.coefficient("time").df, 2)
    (1.4, 4.0)
    """
    where = "mixed_growth"
    check_level(ci_level, where=where)
    rows = complete_rows(y, X, units, names=names, where=where, also=[time])
    p = len(names)
    design, when = rows.X[:, :p], rows.X[:, p]
    sums = site_sums(rows.y, design, rows.codes[0], rows.n_codes[0])
    status: ModelStatus = sums.status
    # Every unit with two occasions or more gives a slope; their variance needs more of them than X takes up.
    if status == "estimated" and sums.n_sites - int(sums.of_sites.sum()) < 1:
        status = "too_few_sites"
    if status == "estimated" and np.ptp(when) == 0:
        status = "no_variation"
    optimum: Optimum | None = None
    if status == "estimated":
        centre, spread = float(when.mean()), float(when.std())
        growth = _growth_sums(rows.y, design, (when - centre) / spread, rows.codes[0], sums.n_sites, sums.scaling)
        optimum = optimise(growth)
        if not optimum.converged:
            status = "not_converged"
    if optimum is None or status != "estimated":
        return GrowthFit(
            names=tuple(names),
            coefficients=no_estimates(names, status, n=rows.n, unit=unit, ci_level=ci_level, method=_METHOD),
            n=rows.n,
            n_dropped=rows.n_dropped,
            n_units=rows.n_codes[0],
            var_intercept=_NAN,
            var_slope=_NAN,
            cov_intercept_slope=_NAN,
            var_residual=_NAN,
            neg2_reml=_NAN,
            at_boundary=False,
            status=status,
        )
    L = sums.scaling.contrasts()
    if optimum.units_at_boundary:
        dfs = np.full(p, float(max(sums.n_sites - int(sums.of_sites.sum()), 0)))
    else:
        dfs = satterthwaite(growth, optimum, L)
    method = _AT_BOUNDARY if optimum.units_at_boundary else _METHOD
    variances = np.einsum("ij,jk,ik->i", L, optimum.plain, L)
    beta = sums.scaling.coefficients(optimum.beta)
    total = optimum.variance * sums.scaling.y_scale**2
    a, b, c = slope_covariance(optimum.ratios[:3], centre=centre, spread=spread) * total
    return GrowthFit(
        names=tuple(names),
        coefficients=tuple(
            mixed_estimate(e, v, d, n=rows.n, unit=unit, ci_level=ci_level, method=method)
            for e, v, d in zip(beta, variances, dfs, strict=True)
        ),
        n=rows.n,
        n_dropped=rows.n_dropped,
        n_units=sums.n_sites,
        var_intercept=float(a),
        var_slope=float(c),
        cov_intercept_slope=float(b),
        var_residual=total,
        neg2_reml=optimum.profile + sums.constants,
        at_boundary=optimum.units_at_boundary,
        status="estimated",
    )


def slope_covariance(phi: Matrix, *, centre: float, spread: float) -> Matrix:
    """Turn variances at the mean time into those at time 0.

    Parameters
    ----------
    phi : ndarray, shape (3,)
        Variance of the intercept, covariance, variance of the slope, for time standardised.
    centre, spread : float
        Mean and SD by which time was standardised.

    Returns
    -------
    ndarray, shape (3,)
        The same for time as it was given.

    Examples
    --------
    >>> slope_covariance(np.array([1.0, 0.0, 4.0]), centre=2.0, spread=2.0).tolist()
    [5.0, -2.0, 1.0]
    """
    M = np.linalg.inv(np.array([[1.0, centre], [0.0, spread]]))
    D = M @ np.array([[phi[0], phi[1]], [phi[1], phi[2]]]) @ M.T
    return np.array([D[0, 0], D[0, 1], D[1, 1]])


SLOPE_BASIS = np.array([[[1.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]])


def _growth_sums(
    y: Matrix, X: Matrix, time: Matrix, codes: NDArray[np.intp], n_units: int, scaling: Scaling
) -> UnitSums:
    """Collect cross-products per unit, then replace units with the same occasions by a few that stand for them."""
    n, p = X.shape
    F = (np.column_stack([X, y]) - scaling.shift) / scaling.scale

    def per_unit(values: Matrix) -> Matrix:
        return np.asarray(np.bincount(codes, weights=values, minlength=n_units), dtype=np.float64)

    ZZ = np.empty((n_units, 2, 2))
    ZZ[:, 0, 0], ZZ[:, 1, 1] = per_unit(np.ones(n)), per_unit(time**2)
    ZZ[:, 0, 1] = ZZ[:, 1, 0] = per_unit(time)
    ZF = np.empty((n_units, 2, p + 1))
    for j in range(p + 1):
        ZF[:, 0, j], ZF[:, 1, j] = per_unit(F[:, j]), per_unit(time * F[:, j])
    kinds, kind = np.unique(np.round(ZZ[:, [0, 0, 1], [0, 1, 1]], 10), axis=0, return_inverse=True)
    few, weights = [], []
    order = np.argsort(kind.ravel(), kind="stable")
    for members in np.split(order, np.cumsum(np.bincount(kind.ravel(), minlength=len(kinds)))[:-1]):
        stack: Matrix = ZF[members].reshape(members.size, -1)
        if stack.shape[0] > stack.shape[1]:
            stack = np.asarray(np.linalg.qr(stack, mode="r"))  # the same sums of outer products, in fewer rows
        same = np.broadcast_to(ZZ[members[0]], (stack.shape[0], 2, 2))
        few.append(np.concatenate([same, stack.reshape(-1, 2, p + 1)], axis=2))
        weights.append(np.full(stack.shape[0], members.size / stack.shape[0]))
    units = sum(w.size for w in weights)
    return UnitSums(
        n=n,
        p=p,
        ZV=np.concatenate(few),
        FF=F.T @ F,
        ZV_means=np.zeros((0, units, 2, p + 3)),
        FF_means=np.zeros((0, p + 1, p + 1)),
        sizes=np.zeros(0),
        people=np.zeros(0),
        weights=np.concatenate(weights),
        basis=SLOPE_BASIS,
        shape="intercept_and_slope",
    )
