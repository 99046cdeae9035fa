"""The one-factor model by maximum likelihood: what the items of a scale share, and what they do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.floating]

_LOWEST_UNIQUENESS = 0.005  # of the item's variance; below this lies a Heywood case
_STEPS = 200  # about ten are usual


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OneFactor:
    """Loadings and uniquenesses on the covariance scale, shape (items,)."""

    loadings: NDArray[np.float64]
    uniquenesses: NDArray[np.float64]
    converged: bool  # False also for a Heywood case: an item without any error of its own


def fit_one_factor(S: NDArray[np.float64]) -> OneFactor:
    """Fit Σ = λλ' + Ψ to a covariance matrix by maximum likelihood.

    Parameters
    ----------
    S : numpy.ndarray, shape (items, items)
        Covariances of at least three items, none of them constant.

    Returns
    -------
    OneFactor
        The sign of the loadings is such that their sum is not negative.

    Notes
    -----
    Minimises ln|Σ| + tr(SΣ⁻¹) (Jöreskog 1967, Psychometrika 32, 443–482) for the correlations, by Newton
    steps where the function is convex and by Fisher scoring elsewhere; a step that leads uphill, or to
    a uniqueness below 0.005 (the lower bound of R ``factanal``), is halved. The result is put back on
    the scale of the items: the solution of ``factanal(factors = 1)``. Where that lies close to the
    bound, this search may stop at the bound and refuse; it does not look for another minimum.

    Examples
    --------
    >>> fit = fit_one_factor(np.array([[1.0, 0.72, 0.54], [0.72, 1.0, 0.48], [0.54, 0.48, 1.0]]))
    >>> fit.loadings.round(3).tolist()
    [0.9, 0.8, 0.6]
    """
    sd = np.sqrt(np.diag(S))
    R = S / np.outer(sd, sd)
    k = sd.size
    theta, converged = np.full(2 * k, np.nan), False
    if np.linalg.eigvalsh(R)[0] > 1e-10:  # else one item repeats others
        theta = _start(R)
        for _ in range(_STEPS):
            slope = _slope(theta, R)
            converged = bool(np.abs(slope).max() < 1e-7)
            better = None if converged else _downhill(theta, R, slope)
            if better is None:
                break
            theta = better
    lam, psi = theta[:k] * sd, theta[k:] * sd**2
    return OneFactor(loadings=-lam if lam.sum() < 0 else lam, uniquenesses=psi, converged=converged)


def factor_information(fit: OneFactor, n: int) -> NDArray[np.float64]:
    """Return the expected information on (λ, Ψ), shape (2 items, 2 items), for n normal people."""
    P = np.linalg.inv(np.outer(fit.loadings, fit.loadings) + np.diag(fit.uniquenesses))
    return (n - 1) / 2 * _products(P, P, fit.loadings)


def _products(A: Matrix, C: Matrix, lam: Matrix) -> NDArray[np.float64]:
    """Return tr(A·∂Σ/∂θᵢ·C·∂Σ/∂θⱼ) for θ = (λ, Ψ), averaged over A and C exchanged."""
    a, c = A @ lam, C @ lam
    by_loading = np.outer(a, c) + np.outer(c, a) + (lam @ c) * A + (lam @ a) * C
    mixed = A * c + C * a
    return np.block([[by_loading, mixed], [mixed.T, A * C]])


def _start(R: NDArray[np.float64]) -> NDArray[np.float64]:
    """Begin where R ``factanal`` does, with the loadings that are best for those uniquenesses."""
    psi = np.clip((1 - 0.5 / len(R)) / np.diag(np.linalg.inv(R)), 2 * _LOWEST_UNIQUENESS, 1.0)
    values, vectors = np.linalg.eigh(R / np.sqrt(np.outer(psi, psi)))
    lam = np.sqrt(psi) * vectors[:, -1] * max(values[-1] - 1, 0.0) ** 0.5
    return np.concatenate([lam, psi])


def _sigma(theta: NDArray[np.float64]) -> NDArray[np.float64]:
    k = theta.size // 2
    return np.outer(theta[:k], theta[:k]) + np.diag(theta[k:])


def _misfit(theta: NDArray[np.float64], R: NDArray[np.float64]) -> float:
    sigma = _sigma(theta)
    return float(np.linalg.slogdet(sigma)[1] + np.trace(np.linalg.solve(sigma, R)))


def _slope(theta: NDArray[np.float64], R: NDArray[np.float64]) -> NDArray[np.float64]:
    P = np.linalg.inv(_sigma(theta))
    excess = P - P @ R @ P
    return np.concatenate([2 * excess @ theta[: len(R)], np.diag(excess)])


def _downhill(
    theta: NDArray[np.float64], R: NDArray[np.float64], slope: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Take one step, shortened as needed; None if every step leads uphill or out of bounds."""
    k = len(R)
    P = np.linalg.inv(_sigma(theta))
    M = P @ R @ P
    expected = _products(P, P, theta[:k])
    curvature = 2 * _products(M, P, theta[:k]) - expected
    curvature[:k, :k] += 2 * (P - M)
    try:
        np.linalg.cholesky(curvature)
    except np.linalg.LinAlgError:  # not convex here
        curvature = expected
    try:
        step = np.linalg.solve(curvature, slope)
    except np.linalg.LinAlgError:
        return None
    now = _misfit(theta, R)
    for halvings in range(30):
        size = 0.5**halvings
        new = theta - size * step
        enough = now - 1e-4 * size * float(slope @ step) + 1e-12  # 1e-12: rounding errors at the minimum
        if new[k:].min() >= _LOWEST_UNIQUENESS and _misfit(new, R) <= enough:
            return new
    return None
