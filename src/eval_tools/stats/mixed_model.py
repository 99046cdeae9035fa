"""How far apart programme and comparison schools ended: a mixed model with a random intercept per school."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DefinitionError, Problem
from eval_tools.stats.estimate import Estimate, check_level, largest
from eval_tools.stats.mixed_rows import (
    Ids,
    ModelStatus,
    Rows,
    Scaling,
    complete_rows,
    constant_column,
    mixed_estimate,
    named,
    no_estimates,
    scaling_of,
)

DfMethod = Literal["satterthwaite", "kenward_roger"]

_METHODS: dict[str, str] = {
    "satterthwaite": "mixed model, REML, Satterthwaite t",
    "kenward_roger": "mixed model, REML, Kenward–Roger t",
}
_AT_BOUNDARY = "mixed model, REML, site variance 0, between–within t"
_BLOCK = 16384  # rows per block: small enough to stay in the cache
_TOP = 1e10  # the largest variance ratio looked at
_NAN = float("nan")

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedFit:
    """One model: scores explained by the columns of X, with a random intercept per site."""

    names: tuple[str, ...]
    coefficients: tuple[Estimate, ...]  # in the order of the names
    n: int  # people in the model
    n_dropped: int  # people left out for a missing value
    n_sites: int
    var_site: float  # squared scale points
    var_residual: float
    icc: float  # var_site / (var_site + var_residual), at equal covariates
    var_of_var_site: float  # sampling variances of the two, from the expected REML information
    var_of_var_residual: float
    cov_of_variances: float
    neg2_reml: float  # -2 log restricted likelihood, with all constants
    at_boundary: bool  # the site variance was estimated as 0
    status: ModelStatus

    def coefficient(self, name: str) -> Estimate:
        """Return one coefficient, in scale points per unit of its column."""
        return named(name, self.names, self.coefficients, where="MixedFit.coefficient")


def mixed_model(
    y: ArrayLike,
    X: ArrayLike,
    sites: Ids,
    *,
    names: Sequence[str],
    ci_level: float = 0.95,
    df: DfMethod = "satterthwaite",
    unit: str = "scale points",
) -> MixedFit:
    """Estimate coefficients when people of one school resemble each other.

    Parameters
    ----------
    y : array_like, shape (people,)
        Scores; NaN where missing.
    X : array_like, shape (people, coefficients)
        The design, **with** its column of ones; NaN where missing.
    sites : sequence of str, shape (people,)
        The school of every person; None, NaN or "" where missing.
    names : sequence of str
        One name per column of X.
    ci_level : float
        Level of the intervals.
    df : {"satterthwaite", "kenward_roger"}
        Degrees of freedom; Kenward–Roger also inflates the standard errors.
    unit : str
        Unit of y.

    Returns
    -------
    MixedFit
        ``n`` of a coefficient counts people; the number of schools is ``n_sites``. Rows with a missing
        value are dropped and counted. Without numbers, and never with p near 0, it is ``too_few_sites``
        (not more sites than coefficients of sites, so also one school per arm), ``too_few_people`` (one
        person per site, nobody left), ``no_variation`` (the columns of X depend on each other, or
        explain everything within the sites).

    Raises
    ------
    DataError
        If the lists differ in length, or hold words or infinite values.
    DefinitionError
        If names do not fit the columns, or an option is unknown.

    Notes
    -----
    V = σ²(I + λ ZZ'), REML. One pass over the rows gives cross-products per site size; the profile
    likelihood in λ is scanned from 0 up and every local minimum is polished by Newton steps on exact
    derivatives. Covariance of the coefficients (X'V⁻¹X)⁻¹. Satterthwaite: Giesbrecht & Burns (1985), with
    the observed information as R ``lmerTest``; Kenward & Roger (1997) with the expected information as
    R ``pbkrtest``. Where the site variance is 0 both are undefined, and the between–within degrees of
    freedom are used (sites minus coefficients of sites; Schluchter & Elashoff 1990), as ``method`` says.

    Examples
    --------
    >>> treat = [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0]
    >>> fit = mixed_model([5, 7, 6, 9, 3, 4, 2, 5, 8, 9, 5, 6], [[1, t] for t in treat], list("aabbccddeeff"),
    ...                   names=["intercept", "treat"])
    >>> round(fit.coefficient("treat").estimate, 3), fit.n_sites, round(fit.coefficient("treat").df, 3)
    (3.167, 6, 4.0)
    """
    where = "mixed_model"
    check_level(ci_level, where=where)
    if df not in _METHODS:
        raise DefinitionError(Problem(where, f"unknown df: {df!r}.", f"Known: {', '.join(_METHODS)}."))
    rows = complete_rows(y, X, sites, names=names, where=where)
    sums = site_sums(rows.y, rows.X, rows.codes[0], rows.n_codes[0])
    status = sums.status
    optimum = _Optimum.none() if status != "estimated" else _optimise(sums)
    status = status if status != "estimated" else optimum.status
    if status != "estimated":
        return _no_fit(rows, names, status, unit=unit, ci_level=ci_level, method=_METHODS[df])
    at_boundary = optimum.ratio == 0
    inference = _inference(sums, optimum, df="between_within" if at_boundary else df)
    method = _AT_BOUNDARY if at_boundary else _METHODS[df]
    beta = sums.scaling.coefficients(optimum.beta)
    s2 = sums.scaling.y_scale**2
    C = inference.variance_covariance * s2**2
    return MixedFit(
        names=tuple(names),
        coefficients=tuple(
            mixed_estimate(b, v, d, n=rows.n, unit=unit, ci_level=ci_level, method=method)
            for b, v, d in zip(beta, inference.variances, inference.dfs, strict=True)
        ),
        n=rows.n,
        n_dropped=rows.n_dropped,
        n_sites=sums.n_sites,
        var_site=optimum.ratio * optimum.variance * s2,
        var_residual=optimum.variance * s2,
        icc=optimum.ratio / (1 + optimum.ratio),
        var_of_var_site=float(C[0, 0]),
        var_of_var_residual=float(C[1, 1]),
        cov_of_variances=float(C[0, 1]),
        neg2_reml=optimum.profile + sums.constants,
        at_boundary=at_boundary,
        status="estimated",
    )


def _no_fit(
    rows: Rows, names: Sequence[str], status: ModelStatus, *, unit: str, ci_level: float, method: str
) -> MixedFit:
    return MixedFit(
        names=tuple(names),
        coefficients=no_estimates(names, status, n=rows.n, unit=unit, ci_level=ci_level, method=method),
        n=rows.n,
        n_dropped=rows.n_dropped,
        n_sites=rows.n_codes[0],
        var_site=_NAN,
        var_residual=_NAN,
        icc=_NAN,
        var_of_var_site=_NAN,
        var_of_var_residual=_NAN,
        cov_of_variances=_NAN,
        neg2_reml=_NAN,
        at_boundary=False,
        status=status,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SiteSums:
    """All that the likelihood needs to know about the rows: cross-products of the scaled [X, y]."""

    n: int
    p: int
    n_sites: int
    sizes: Matrix  # the distinct numbers of people per site
    counts: Matrix  # how many sites have each
    within: Matrix  # (p + 1, p + 1), of deviations from the site means
    between: Matrix  # (sizes, p + 1, p + 1), sums of the outer products of site means, not weighted by size
    scaling: Scaling
    of_sites: NDArray[np.bool_]  # the columns of X that are constant within every site
    df_between: int  # sites, minus what X takes from the means of sites
    df_within: int
    status: ModelStatus

    @property
    def constants(self) -> float:
        """What the profile leaves out of -2 log restricted likelihood."""
        m = self.n - self.p
        return float(m * (1 + np.log(2 * np.pi / m)) + 2 * m * np.log(self.scaling.y_scale) + 2 * self.scaling.log_det)


def site_sums(y: Matrix, X: Matrix, codes: NDArray[np.intp], n_sites: int) -> SiteSums:
    """Collect, in one pass over the rows, what a random intercept model needs.

    Parameters
    ----------
    y : ndarray, shape (rows,)
        Scores, complete.
    X : ndarray, shape (rows, coefficients)
        The design, complete.
    codes : ndarray of int, shape (rows,)
        The site of every row, 0 to n_sites - 1, none empty.
    n_sites : int
        How many sites there are.

    Returns
    -------
    SiteSums
        Sites of equal size are pooled, so its size does not depend on the number of people or sites. Its
        ``status`` says whether the two variances can be told apart.

    Examples
    --------
    >>> y, X = np.array([1.0, 2.0, 4.0, 4.0]), np.ones((4, 1))
    >>> sums = site_sums(y, X, np.array([0, 0, 1, 1]), 2)
    >>> sums.sizes.tolist(), sums.counts.tolist(), sums.df_between, sums.df_within
    ([2.0], [2.0], 1, 2)
    """
    n, p = X.shape
    if n == 0:
        return _no_sums(n, p, n_sites, "too_few_people")
    n_g = np.bincount(codes, minlength=n_sites).astype(float)
    means = np.empty((n_sites, p + 1))
    for j in range(p):
        means[:, j] = np.bincount(codes, weights=X[:, j], minlength=n_sites)
    means[:, p] = np.bincount(codes, weights=y, minlength=n_sites)
    means /= n_g[:, None]
    within = _within(y, X, codes, means)
    constant = constant_column(X)
    grand = n_g @ means / n
    centred = means - grand
    if constant is not None:
        within[constant] = within[:, constant] = centred[:, constant] = 0.0
    squares = (np.diagonal(within) + n_g @ centred**2) / n
    scaling = scaling_of(grand, squares, constant, float(X[0, constant]) if constant is not None else 1.0)
    means = (means - scaling.shift) / scaling.scale
    within = within / np.outer(scaling.scale, scaling.scale)
    of_sites = np.diagonal(within)[:p] <= 1e-20 * n  # rounding errors of columns of variance 1
    within[:p][of_sites] = 0.0
    within[:, :p][:, of_sites] = 0.0
    order = np.argsort(n_g, kind="stable")
    sizes, first, counts = np.unique(n_g[order], return_index=True, return_counts=True)
    between = np.stack([m.T @ m for m in np.split(means[order], first[1:])])
    total = within + np.tensordot(sizes, between, axes=1)
    rank_within = _rank(within[:p, :p], n)
    df_between, df_within = n_sites + rank_within - p, n - n_sites - rank_within
    constant_y = scaling.scale[p] == 1.0 and total[p, p] <= (1e-12 * largest(y)) ** 2 * n
    status: ModelStatus = "estimated"
    if n <= p:
        status = "too_few_people"
    elif constant_y or _rank(total[:p, :p], n) < p:
        status = "no_variation"
    elif df_between < 1:
        status = "too_few_sites"
    elif df_within < 1:
        status = "too_few_people"
    elif _unexplained(within, p) <= 1e-13 * n:
        status = "no_variation"
    return SiteSums(
        n=n,
        p=p,
        n_sites=n_sites,
        sizes=sizes,
        counts=counts.astype(float),
        within=within,
        between=between,
        scaling=scaling,
        of_sites=of_sites,
        df_between=df_between,
        df_within=df_within,
        status=status,
    )


def _no_sums(n: int, p: int, n_sites: int, status: ModelStatus) -> SiteSums:
    none = np.zeros(0)
    zeros = np.zeros((p + 1, p + 1))
    return SiteSums(
        n=n,
        p=p,
        n_sites=n_sites,
        sizes=none,
        counts=none,
        within=zeros,
        between=zeros[None],
        scaling=scaling_of(np.zeros(p + 1), np.ones(p + 1), None, 1.0),
        of_sites=np.zeros(p, dtype=bool),
        df_between=0,
        df_within=0,
        status=status,
    )


def _within(y: Matrix, X: Matrix, codes: NDArray[np.intp], means: Matrix) -> Matrix:
    """Cross-products of the deviations from the site means, block by block."""
    n, p = X.shape
    within = np.zeros((p + 1, p + 1))
    block = np.empty((min(n, _BLOCK), p + 1))
    for start in range(0, n, _BLOCK):
        rows = slice(start, min(start + _BLOCK, n))
        deviations = block[: rows.stop - start]
        deviations[:, :p] = X[rows]
        deviations[:, p] = y[rows]
        deviations -= means[codes[rows]]
        within += deviations.T @ deviations
    return within


def _rank(A: Matrix, n: int) -> int:
    """Count the directions that columns of variance 1 (or 0) span."""
    return int((np.linalg.eigvalsh(A) > 1e-11 * n).sum())


def _unexplained(S: Matrix, p: int) -> float:
    """Sum of squares of y that the columns do not explain; columns may be 0."""
    used = np.diagonal(S)[:p] > 0
    b = S[:p, p][used]
    return float(S[p, p] - b @ np.linalg.pinv(S[:p, :p][np.ix_(used, used)], rcond=1e-11, hermitian=True) @ b)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Profile:
    """The profile -2 log restricted likelihood at one variance ratio, and what it is made of."""

    value: float  # up to constants
    slope: float
    curvature: float
    rss: float
    rss_slope: float
    rss_curvature: float
    log_det_curvature: float  # of log |V| + log |X'V⁻¹X| at σ² = 1
    beta: Matrix
    inverse: Matrix  # (X'V⁻¹X)⁻¹ at σ² = 1
    inverse_slope: Matrix  # its derivative by the ratio


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Optimum:
    ratio: float  # λ, site variance by residual variance
    variance: float  # σ²
    profile: float
    beta: Matrix
    status: ModelStatus

    @classmethod
    def none(cls) -> _Optimum:
        return cls(ratio=_NAN, variance=_NAN, profile=_NAN, beta=np.zeros(0), status="not_converged")


def _profile(sums: SiteSums, ratio: float) -> _Profile:
    p, m = sums.p, sums.n - sums.p
    c = sums.sizes / (1 + sums.sizes * ratio)
    S, S1, S2 = (np.tensordot(w, sums.between, axes=1) for w in (c, -(c**2), 2 * c**3))
    S = S + sums.within
    inverse = np.linalg.inv(S[:p, :p])
    inverse = (inverse + inverse.T) / 2
    beta = inverse @ S[:p, p]
    v = np.append(-beta, 1.0)
    rss = float(v @ S @ v)
    rss_slope = float(v @ S1 @ v)
    r = (S1 @ v)[:p]
    rss_curvature = float(v @ S2 @ v - 2 * r @ inverse @ r)
    A1 = inverse @ S1[:p, :p]
    log_det = float(sums.counts @ np.log1p(sums.sizes * ratio) + np.linalg.slogdet(S[:p, :p])[1])
    log_det_slope = float(sums.counts @ c + np.trace(A1))
    log_det_curvature = float(-sums.counts @ c**2 + np.trace(inverse @ S2[:p, :p]) - np.trace(A1 @ A1))
    return _Profile(
        value=m * float(np.log(rss)) + log_det,
        slope=log_det_slope + m * rss_slope / rss,
        curvature=log_det_curvature + m * (rss_curvature / rss - (rss_slope / rss) ** 2),
        rss=rss,
        rss_slope=rss_slope,
        rss_curvature=rss_curvature,
        log_det_curvature=log_det_curvature,
        beta=beta,
        inverse=inverse,
        inverse_slope=-A1 @ inverse,
    )


def _slopes(sums: SiteSums, ratios: Matrix) -> Matrix:
    """Compute the slope of the profile at many variance ratios at once."""
    p, m = sums.p, sums.n - sums.p
    flat = sums.between.reshape(sums.sizes.size, -1)
    c = sums.sizes / (1 + np.outer(ratios, sums.sizes))
    S = sums.within + (c @ flat).reshape(-1, p + 1, p + 1)
    S1 = -(c**2 @ flat).reshape(-1, p + 1, p + 1)
    solved = np.linalg.solve(S[:, :p, :p], np.concatenate([S[:, :p, p:], S1[:, :p, :p]], axis=2))
    v = np.concatenate([-solved[:, :, 0], np.ones((ratios.size, 1))], axis=1)
    rss, rss_slope = (np.einsum("ri,rij,rj->r", v, M, v) for M in (S, S1))
    return np.asarray(c @ sums.counts + np.trace(solved[:, :, 1:], axis1=1, axis2=2) + m * rss_slope / rss)


def _optimise(sums: SiteSums) -> _Optimum:
    """Scan the ratio from 0 up, and polish every place where the slope turns from falling to rising."""
    mean_size = sums.n / sums.n_sites
    top = min(_TOP, 1e9 / mean_size)
    grid = np.concatenate([[0.0], np.geomspace(1e-5 / mean_size, top, 24)])
    slopes = _slopes(sums, grid)
    candidates = [(_profile(sums, 0.0).value, 0.0)]
    for i in np.flatnonzero((slopes[:-1] < 0) & (slopes[1:] >= 0)):
        ratio = _root(sums, float(grid[i]), float(grid[i + 1]))
        candidates.append((_profile(sums, ratio).value, ratio))
    if slopes[-1] < 0 and _profile(sums, top).value < min(candidates)[0]:
        return _Optimum.none()  # the residual variance vanishes beside the site variance
    ratio = min(candidates)[1]
    best = _profile(sums, ratio)
    if ratio > 0 and not (best.curvature > 0 and best.slope**2 / best.curvature < 1e-8):
        return _Optimum.none()
    if ratio == 0 and best.slope < 0:
        return _Optimum.none()
    return _Optimum(
        ratio=ratio, variance=best.rss / (sums.n - sums.p), profile=best.value, beta=best.beta, status="estimated"
    )


def _root(sums: SiteSums, low: float, high: float) -> float:
    """Find where the slope is 0, by Newton steps that may not leave the bracket."""
    ratio = (low * high) ** 0.5 if low > 0 else high / 2
    for _ in range(100):
        at = _profile(sums, ratio)
        low, high = (ratio, high) if at.slope < 0 else (low, ratio)
        step = ratio - at.slope / at.curvature if at.curvature > 0 else _NAN
        following = step if low < step < high else (low + high) / 2
        if abs(following - ratio) <= 1e-13 * ratio:
            break
        ratio = following
    return ratio


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Inference:
    variances: Matrix  # of the coefficients, in scale points
    dfs: Matrix
    variance_covariance: Matrix  # (2, 2), of site and residual variance of the scaled y


def _inference(sums: SiteSums, optimum: _Optimum, *, df: str) -> _Inference:
    at = _profile(sums, optimum.ratio)
    lam, s, m = optimum.ratio, optimum.variance, sums.n - sums.p
    L = sums.scaling.contrasts()
    plain = s * at.inverse
    if df == "between_within":
        variances = np.einsum("ij,jk,ik->i", L, plain, L)
        dfs = np.where(sums.of_sites, sums.df_between, sums.df_within).astype(float)
        none = np.array([[_NAN, _NAN], [_NAN, 2 * s**2 / m]])
        return _Inference(variances=variances, dfs=dfs, variance_covariance=none)
    expected = _expected(sums, lam, s, plain)
    if df == "kenward_roger":
        # By the variances themselves; for one contrast Kenward and Roger's λ is 1 and m is this.
        by = [plain @ P @ plain for P in expected.P]
        gradient = np.stack([np.einsum("ij,jk,ik->i", L, b, L) for b in by])
        C = expected.covariance
        f = np.einsum("ij,jk,ik->i", L, plain, L)
        variances = np.einsum("ij,jk,ik->i", L, plain + 2 * expected.bias, L)
    else:
        # By λ and σ²; at an optimum the parametrisation makes no difference.
        information = np.array(
            [
                [at.log_det_curvature + at.rss_curvature / s, -at.rss_slope / s**2],
                [-at.rss_slope / s**2, m / s**2],
            ]
        )
        C = 2 * np.linalg.inv(information)
        gradient = np.stack([np.einsum("ij,jk,ik->i", L, b, L) for b in (s * at.inverse_slope, at.inverse)])
        f = variances = np.einsum("ij,jk,ik->i", L, plain, L)
    dfs = 2 * f**2 / np.einsum("ai,ab,bi->i", gradient, C, gradient)
    return _Inference(variances=variances, dfs=dfs, variance_covariance=expected.covariance)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Expected:
    covariance: Matrix  # (2, 2), inverse expected REML information of site and residual variance
    P: tuple[Matrix, Matrix]  # minus the derivatives of X'V⁻¹X, by site and residual variance
    bias: Matrix  # Φ{Σ W_ij (Q_ij − P_i Φ P_j)}Φ of Kenward and Roger


def _expected(sums: SiteSums, lam: float, s: float, Phi: Matrix) -> _Expected:
    """Compute the expected information and Kenward and Roger's terms from the pooled sums."""
    p, n_g = sums.p, sums.sizes
    a = 1 / (1 + n_g * lam)
    between, within = sums.between[:, :p, :p], sums.within[:p, :p]

    def pooled(weights: Matrix) -> Matrix:
        return np.tensordot(weights, between, axes=1)

    P = (pooled((n_g * a) ** 2) / s**2, (within + pooled(n_g * a**2)) / s**2)
    site_residual = pooled(n_g**2 * a**3) / s**3
    Q = ((pooled((n_g * a) ** 3) / s**3, site_residual), (site_residual, (within + pooled(n_g * a**3)) / s**3))
    mixed = float(sums.counts @ (n_g * a**2))
    traces = (
        np.array(
            [
                [float(sums.counts @ (n_g * a) ** 2), mixed],
                [mixed, float(sums.counts @ (n_g - 1 + a**2))],
            ]
        )
        / s**2
    )
    information = np.empty((2, 2))
    for i in range(2):
        for j in range(2):
            information[i, j] = traces[i, j] - 2 * np.trace(Phi @ Q[i][j]) + np.trace(Phi @ P[i] @ Phi @ P[j])
    W: Matrix = np.asarray(2 * np.linalg.inv(information), dtype=np.float64)
    middle = sum(W[i, j] * (Q[i][j] - P[i] @ Phi @ P[j]) for i in range(2) for j in range(2))
    return _Expected(covariance=W, P=P, bias=Phi @ middle @ Phi)
