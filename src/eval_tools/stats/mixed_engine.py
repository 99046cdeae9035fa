"""REML for units with several random effects, at a cost that does not depend on the number of people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

_NAN = float("nan")
_LEVELS = ((0.35, 1.0), (0.7, 0.2), (2.0, 10.0), (5.0, 50.0), (0.1, 10.0))  # SD of units, variance of people, in σ
_ZERO = 1e-7  # a variance this small beside σ² counts as 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitSums:
    """Cross-products of [Z | X, y] per unit, after the mean of every person has been taken out and kept apart.

    A person with m rows and random intercept variance λσ² adds, beyond what lies within the person, m/(1 + mλ)
    times the outer product of its means; the latter are pooled by m.
    """

    n: int
    p: int
    ZV: Matrix  # (units, q, q + p + 1): Z'[Z | X, y] within people
    FF: Matrix  # (p + 1, p + 1): [X, y]'[X, y] within people, all units
    ZV_means: Matrix  # (sizes, units, q, q + p + 1), sums of outer products of person means
    FF_means: Matrix  # (sizes, p + 1, p + 1)
    sizes: Matrix  # (sizes,), the distinct numbers of rows per person; empty without a person level
    people: Matrix  # (sizes,), how many people have each
    weights: Matrix  # (units,), how many real units each stands for in log |V|
    basis: Matrix  # (effects, q, q): the covariance of the random effects is Σ φ_j basis_j, in σ²
    shape: Literal["variances", "intercept_and_slope"]

    @property
    def n_effects(self) -> int:
        """How many variance parameters the units have."""
        return int(self.basis.shape[0])

    @property
    def has_people(self) -> bool:
        """Whether people have several rows, and a variance of their own."""
        return bool(self.sizes.size)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _At:
    """The restricted likelihood at given variance ratios, and its parts."""

    profile: float
    gradient: Matrix  # of the profile, by the ratios
    rss: float
    rss_gradient: Matrix
    beta: Matrix
    inverse: Matrix  # (X'V⁻¹X)⁻¹ at σ² = 1
    cone: Matrix  # (q, q), derivative of the profile by the covariance of the random effects
    HX: Matrix  # (units, q, p), Z'V⁻¹X at σ² = 1
    by_people: Matrix  # (p, p), derivative of X'V⁻¹X by the ratio of people


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Optimum:
    """Where the restricted likelihood is largest."""

    ratios: Matrix  # φ, then the ratio of people; all in σ²
    free: NDArray[np.bool_]  # the ratios that are not at a boundary
    hessian: Matrix  # of the profile, by the free ratios
    variance: float  # σ²
    profile: float  # -2 log restricted likelihood up to constants
    beta: Matrix
    plain: Matrix  # (p, p) covariance of the coefficients
    units_at_boundary: bool  # a variance of the units is 0, or intercept and slope correlate by ±1
    people_at_boundary: bool
    converged: bool


def evaluate(sums: UnitSums, ratios: Matrix) -> _At:
    """Compute the profile -2 log restricted likelihood and its exact gradient.

    Parameters
    ----------
    sums : UnitSums
        What is known about the rows.
    ratios : ndarray, shape (parameters,)
        Variances in units of σ²: φ of the units, then that of people if they have a level.

    Returns
    -------
    _At
        Costs units × (sizes + q) × q × (q + p) steps, whatever the number of people.

    Examples
    --------
    >>> one = np.ones((2, 1, 1))
    >>> sums = UnitSums(n=4, p=1, ZV=np.array([[[2.0, 2.0, 1.0]], [[2.0, 2.0, 3.0]]]),
    ...     FF=np.array([[4.0, 4.0], [4.0, 6.0]]), ZV_means=np.zeros((0, 2, 1, 3)), FF_means=np.zeros((0, 2, 2)),
    ...     sizes=np.zeros(0), people=np.zeros(0), weights=np.ones(2), basis=one[:1], shape="variances")
    >>> at = evaluate(sums, np.array([0.5]))
    >>> at.beta.tolist(), round(at.rss, 3)
    ([1.0], 1.5)
    """
    p, m, q = sums.p, sums.n - sums.p, sums.basis.shape[1]
    D = np.tensordot(ratios[: sums.n_effects], sums.basis, axes=1)
    ZV, FF = sums.ZV, sums.FF
    log_det = 0.0
    if sums.has_people:
        c = sums.sizes / (1 + sums.sizes * ratios[-1])
        ZV = ZV + np.tensordot(c, sums.ZV_means, axes=1)
        FF = FF + np.tensordot(c, sums.FF_means, axes=1)
        log_det = float(sums.people @ np.log1p(sums.sizes * ratios[-1]))
    T = np.eye(q) + ZV[:, :, :q] @ D
    solved: Matrix = np.asarray(np.linalg.solve(T, ZV), dtype=np.float64)
    N, H = solved[:, :, :q], solved[:, :, q:]  # Z'V⁻¹Z and Z'V⁻¹[X, y] of every unit
    log_det += float(sums.weights @ np.linalg.slogdet(T)[1])
    R = D @ H
    S = FF - _over_units(ZV[:, :, q:], R)
    S = (S + S.T) / 2
    inverse = np.linalg.inv(S[:p, :p])
    inverse = (inverse + inverse.T) / 2
    beta = inverse @ S[:p, p]
    v = np.append(-beta, 1.0)
    rss = float(v @ S @ v)
    HX, h = H[:, :, :p], H @ v
    residual = h.T @ h
    information = np.tensordot(sums.weights, N, axes=1) - _over_units(
        HX.transpose(0, 2, 1), (HX @ inverse).transpose(0, 2, 1)
    )
    log_det_gradient = [float(np.sum(E * information)) for E in sums.basis]
    rss_gradient = [-float(np.sum(E * residual)) for E in sums.basis]
    by_people = np.zeros((p, p))
    if sums.has_people:
        ZV1 = np.tensordot(-(c**2), sums.ZV_means, axes=1)
        cross = _over_units(ZV1[:, :, q:] - ZV1[:, :, :q] @ R / 2, R)
        S1 = np.tensordot(-(c**2), sums.FF_means, axes=1) - cross - cross.T
        by_people = S1[:p, :p]
        by_units = float(sums.weights @ np.trace(D @ np.linalg.solve(T, ZV1[:, :, :q]), axis1=1, axis2=2))
        log_det_gradient.append(float(sums.people @ c) + by_units + float(np.sum(inverse * by_people)))
        rss_gradient.append(float(v @ S1 @ v))
    return _At(
        profile=m * float(np.log(rss)) + log_det + float(np.linalg.slogdet(S[:p, :p])[1]),
        gradient=np.array(log_det_gradient) + m * np.array(rss_gradient) / rss,
        rss=rss,
        rss_gradient=np.array(rss_gradient),
        beta=beta,
        inverse=inverse,
        cone=information - m * residual / rss,
        HX=HX,
        by_people=by_people,
    )


def _over_units(A: Matrix, B: Matrix) -> Matrix:
    """Sum A_u'B_u over the units."""
    return np.asarray(A.reshape(-1, A.shape[2]).T @ B.reshape(-1, B.shape[2]))


def optimise(sums: UnitSums) -> Optimum:
    """Find the REML variances from two starts, polish them, and check that they are an optimum.

    Parameters
    ----------
    sums : UnitSums
        What is known about the rows.

    Returns
    -------
    Optimum
        ``converged`` only if no step can lower -2 log likelihood by 1e-6 or more and no variance at 0
        wants to grow.

    Notes
    -----
    L-BFGS-B on exact gradients from two starts, and from up to three more if no optimum is found; intercept and
    slope by their Cholesky factor, other variances as they are, not below 0. Interior optima are finished by
    Newton steps. At the boundary the derivative by the covariance matrix must be positive semidefinite in the
    directions in which it is singular.

    Examples
    --------
    >>> one = np.ones((3, 1, 1))
    >>> sums = UnitSums(n=6, p=1, ZV=np.array([[[2.0, 2.0, 1.0]], [[2.0, 2.0, 3.0]], [[2.0, 2.0, 8.0]]]),
    ...     FF=np.array([[6.0, 12.0], [12.0, 38.0]]), ZV_means=np.zeros((0, 3, 1, 3)), FF_means=np.zeros((0, 2, 2)),
    ...     sizes=np.zeros(0), people=np.zeros(0), weights=np.ones(3), basis=one[:1], shape="variances")
    >>> found = optimise(sums)
    >>> found.converged, round(found.variance, 3), round(float(found.ratios[0] * found.variance), 3)
    (True, 0.333, 3.083)
    """
    starts = _starts(sums)
    best = min((_search(sums, start) for start in starts[:2]), key=lambda found: found.value)
    ratios, at, H = _polish(sums, best.ratios)
    for start in starts[2:]:
        if _is_optimal(sums, ratios, at, H):
            break
        further = (_downhill(sums, best.x, ratios, at), start)
        again = min((_search(sums, x) for x in further), key=lambda found: found.value)
        if again.value < best.value:
            best = again
            ratios, at, H = _polish(sums, best.ratios)
    s = at.rss / (sums.n - sums.p)
    return Optimum(
        ratios=ratios,
        free=_free(sums, ratios),
        hessian=H,
        variance=s,
        profile=at.profile,
        beta=at.beta,
        plain=s * at.inverse,
        units_at_boundary=_unit_boundary(sums, ratios),
        people_at_boundary=sums.has_people and float(ratios[-1]) <= _ZERO,
        converged=_is_optimal(sums, ratios, at, H),
    )


def _starts(sums: UnitSums) -> list[Matrix]:
    """Two starts for every model, and some more for those that need them."""
    people = int(sums.has_people)
    if sums.shape == "intercept_and_slope":
        return [np.array([a, 0.0, a / 2] + [b] * people) for a, b in _LEVELS]
    return [np.array([a**2] * sums.n_effects + [b] * people) for a, b in _LEVELS]


def _downhill(sums: UnitSums, x: Matrix, ratios: Matrix, at: _At) -> Matrix:
    """Start again where the search stopped, a step in the direction in which the covariance wants to grow."""
    if sums.shape == "variances":
        return x
    D = np.tensordot(ratios[: sums.n_effects], sums.basis, axes=1)
    u = np.linalg.eigh(at.cone)[1][:, :1]
    steps = [D + size * (u @ u.T) for size in np.geomspace(1e-6, 1.0, 13) * (float(np.trace(D)) + 1e-3)]
    rest = ratios[sums.n_effects :]
    further = [np.concatenate([step[[0, 0, 1], [0, 1, 1]], rest]) for step in steps]
    best = int(np.argmin([evaluate(sums, f).profile for f in further]))
    root = np.linalg.cholesky(steps[best] + 1e-9 * float(np.trace(steps[best])) * np.eye(2))
    return np.concatenate([root[[0, 1, 1], [0, 0, 1]], rest])


def _natural(sums: UnitSums, x: Matrix) -> Matrix:
    """Turn the parameters of the search into variance ratios."""
    if sums.shape == "variances":
        return x
    return np.concatenate([[x[0] ** 2, x[0] * x[1], x[1] ** 2 + x[2] ** 2], x[3:]])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Found:
    value: float
    x: Matrix  # as it was searched for
    ratios: Matrix


def _search(sums: UnitSums, start: Matrix) -> _Found:
    from scipy.optimize import minimize

    cholesky = sums.shape == "intercept_and_slope"

    def objective(x: Matrix) -> tuple[float, Matrix]:
        at = evaluate(sums, _natural(sums, x))
        if not cholesky:
            return at.profile, at.gradient
        g = at.gradient
        chain = [2 * x[0] * g[0] + x[1] * g[1], x[0] * g[1] + 2 * x[1] * g[2], 2 * x[2] * g[2]]
        return at.profile, np.concatenate([chain, g[3:]])

    # The Cholesky factor may change its sign: a bound at 0 would be a place to get stuck.
    low: list[float | None] = [None] * 3 if cholesky else [0.0] * sums.n_effects
    bounds = [(b, None) for b in low + [0.0] * int(sums.has_people)]
    options = {"maxiter": 500, "ftol": 1e-15, "gtol": 1e-6}
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return _Found(value=float(found.fun), x=found.x, ratios=_natural(sums, found.x))


def _free(sums: UnitSums, ratios: Matrix) -> NDArray[np.bool_]:
    """Say which ratios may still move both ways."""
    if sums.shape == "variances":
        return np.asarray(ratios > _ZERO)
    free = np.ones(ratios.size, dtype=bool)
    free[: sums.n_effects] = not _unit_boundary(sums, ratios)
    free[sums.n_effects :] = ratios[sums.n_effects :] > _ZERO
    return free


def _unit_boundary(sums: UnitSums, ratios: Matrix) -> bool:
    phi = ratios[: sums.n_effects]
    if sums.shape == "variances":
        return bool((phi <= _ZERO).any())
    eigenvalues = np.linalg.eigvalsh(np.tensordot(phi, sums.basis, axes=1))
    return bool(eigenvalues[0] <= 1e-6 * max(eigenvalues[-1], 0.1))


def _hessian(sums: UnitSums, ratios: Matrix, free: NDArray[np.bool_]) -> Matrix:
    """Differentiate the exact gradient by central differences, extrapolated once, in the free directions."""
    places = np.flatnonzero(free)
    H = np.empty((places.size, places.size))
    size = _sizes(sums, ratios)
    for row, j in enumerate(places):
        differences = []
        for step in (2e-4 * size[j], 1e-4 * size[j]):
            up, down = ratios.copy(), ratios.copy()
            up[j] += step
            down[j] -= step
            change = evaluate(sums, up).gradient - evaluate(sums, down).gradient
            differences.append(change[places] / (2 * step))
        H[row] = (4 * differences[1] - differences[0]) / 3
    return (H + H.T) / 2


def _sizes(sums: UnitSums, ratios: Matrix) -> Matrix:
    """What counts as a small step: variances by themselves, a covariance by what is left to ±1."""
    size = np.abs(ratios)
    if sums.shape == "intercept_and_slope":
        a, b, c = ratios[:3]
        left = max(float(a * c - b * b), 0.0)
        size[0], size[2] = left / c if c > 0 else 0.0, left / a if a > 0 else 0.0
        size[1] = left / (2 * max((a * c) ** 0.5, 1e-300))
    return np.maximum(size, 1e-12)


def _polish(sums: UnitSums, ratios: Matrix) -> tuple[Matrix, _At, Matrix]:
    """Take Newton steps in the free directions, as long as they help; return the last Hessian too."""
    at = evaluate(sums, ratios)
    for _ in range(8):
        free = _free(sums, ratios)
        H = _hessian(sums, ratios, free)
        if not _positive(H):
            break
        step = np.zeros_like(ratios)
        step[free] = -np.linalg.solve(H, at.gradient[free])
        following = ratios + step
        if -float(step @ at.gradient) < 1e-11 or not (_free(sums, following) == free).all():
            break
        moved = evaluate(sums, following)
        if not moved.profile <= at.profile:
            break
        ratios, at = following, moved
    return ratios, at, H


def _positive(H: Matrix) -> bool:
    """Whether a Hessian is that of a minimum, and not flat in some direction."""
    if not H.size:
        return True
    d = np.sqrt(np.abs(np.diagonal(H)))
    return bool((d > 0).all() and np.linalg.eigvalsh(H / np.outer(d, d))[0] > 1e-7)


def _is_optimal(sums: UnitSums, ratios: Matrix, at: _At, H: Matrix) -> bool:
    free = _free(sums, ratios)
    g = at.gradient
    if not np.isfinite(at.profile) or not _positive(H):
        return False
    if free.any() and float(g[free] @ np.linalg.solve(H, g[free])) > 1e-6:
        return False
    if sums.shape == "variances":
        return bool((g[~free] >= -1e-3).all())
    if _unit_boundary(sums, ratios):
        D = np.tensordot(ratios[: sums.n_effects], sums.basis, axes=1)
        if abs(float(np.sum(D * at.cone))) > 1e-3 or np.linalg.eigvalsh(at.cone)[0] < -1e-2:
            return False
    return bool((g[sums.n_effects :][~free[sums.n_effects :]] >= -1e-3).all())


def satterthwaite(sums: UnitSums, optimum: Optimum, L: Matrix) -> Matrix:
    """Degrees of freedom of each contrast l'β, from the observed information of the variances.

    Parameters
    ----------
    sums : UnitSums
        What is known about the rows.
    optimum : Optimum
        The variances; the units must not be at the boundary.
    L : ndarray, shape (contrasts, p)
        One contrast per row.

    Returns
    -------
    ndarray, shape (contrasts,)
        A variance of people that is 0 counts as known.

    Notes
    -----
    df = 2f²/(g'Cg), f = l'(X'V⁻¹X)⁻¹l, g its gradient by the variances, C twice the inverse of the second
    derivatives of -2 log restricted likelihood; as in R ``lmerTest``. The second derivatives by ratios and σ²
    follow from those of the profile, of which they are the Schur complement.

    Examples
    --------
    >>> one = np.ones((3, 1, 1))
    >>> sums = UnitSums(n=6, p=1, ZV=np.array([[[2.0, 2.0, 1.0]], [[2.0, 2.0, 3.0]], [[2.0, 2.0, 8.0]]]),
    ...     FF=np.array([[6.0, 12.0], [12.0, 38.0]]), ZV_means=np.zeros((0, 3, 1, 3)), FF_means=np.zeros((0, 2, 2)),
    ...     sizes=np.zeros(0), people=np.zeros(0), weights=np.ones(3), basis=one[:1], shape="variances")
    >>> satterthwaite(sums, optimise(sums), np.ones((1, 1))).round(3).tolist()
    [2.0]
    """
    at = evaluate(sums, optimum.ratios)
    s, m, free = optimum.variance, sums.n - sums.p, optimum.free
    slopes = [-_over_units(at.HX, E @ at.HX) for E in sums.basis]
    if sums.has_people:
        slopes.append(at.by_people)
    k = int(free.sum())
    side = -at.rss_gradient[free] / s**2
    H = np.empty((k + 1, k + 1))
    H[:k, :k] = optimum.hessian + np.outer(side, side) * s**2 / m
    H[k, :k] = H[:k, k] = side
    H[k, k] = m / s**2
    C = 2 * np.linalg.inv(H)
    by = [-s * at.inverse @ A @ at.inverse for A, moves in zip(slopes, free, strict=True) if moves] + [at.inverse]
    g = np.stack([np.einsum("ij,jk,ik->i", L, b, L) for b in by])
    f = np.einsum("ij,jk,ik->i", L, optimum.plain, L)
    return np.asarray(2 * f**2 / np.einsum("ai,ab,bi->i", g, C, g))
