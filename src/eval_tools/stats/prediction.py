"""Where another such site is expected, with the uncertainty of how much sites differ."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DefinitionError, Problem
from eval_tools.stats.estimate import Estimate, Status, not_estimated
from eval_tools.stats.synthesis import synthesise

Floats = NDArray[np.float64]

FEWEST = 3  # below, the interval is of no use: the paper starts at three studies
_METHOD = "prediction interval, confidence distribution of τ² (Nagashima, Noma & Furukawa 2019)"
_GRID = 256  # values of τ² above 0
_TAIL = 1e-6  # mass above the largest of them
_CHI_NODES = 32  # values of the χ² that a t is a mixture over
_SHARED_NODES = 12  # the same for the error that all sites share, which is a smaller part
_CONTOUR = 24  # points of the inversion: 3.89 ** -24 is below the digits of a float


def predict_another(
    estimates: ArrayLike,
    variances: ArrayLike,
    *,
    shared_variance: float = 0.0,
    shared_df: float = float("inf"),
    ci_level: float = 0.95,
) -> Estimate:
    """Say where the true value of another such site is expected, given what a few sites say.

    Parameters
    ----------
    estimates, variances : array_like, shape (sites,)
        One value per site and its sampling variance; NaN where missing.
    shared_variance, shared_df : float
        Variance, with its degrees of freedom, of an error that all sites have in common, such as that of a mean they
        are set against. It widens the interval and is no difference between sites.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        ``estimate`` is the random-effects mean (REML), ``n`` counts sites; no standard error, degrees of freedom or
        p value: the interval is a pair of quantiles and need not lie evenly around the mean. Sites with a missing
        value are dropped. ``too_few_sites`` below three, ``no_variation`` if all sites have the same value.

    Raises
    ------
    DataError
        If the lists differ in length, or a variance is not positive.
    DefinitionError
        If ``shared_variance`` is negative, or ``shared_df`` is not positive.

    Notes
    -----
    Nagashima, Noma & Furukawa (2019), Statistical Methods in Medical Research 28, 1689–1702; R ``pimeta``, method
    "boot". The distribution of Cochran's Q falls as τ² grows, so that H(τ²) = P(Q > Q observed; τ²) is a confidence
    distribution, with the mass of H(0) at 0. The new value is μ(τ²) + z·τ − t(k − 1)·SE(τ²), with weights
    1/(v + τ²) and the standard error of Hartung and Knapp. They draw from it; here it is summed over a grid of τ²
    and over the χ² inside every t, so that the same data always give the same digits. Q is a weighted sum of χ²(1);
    its distribution function is the inverse of a Laplace transform (Talbot's contour as in Trefethen, Weideman &
    Schmelzer 2006, BIT 46, 653–670).

    Examples
    --------
    >>> another = predict_another([0.1, 0.4, 0.3, 0.7], [0.02, 0.03, 0.02, 0.04])
    >>> round(another.estimate, 3), round(another.ci_low, 2), round(another.ci_high, 2)
    (0.347, -0.44, 1.17)
    """
    from scipy.optimize import brentq
    from scipy.special import ndtr

    where = "predict_another"
    if not 0 <= shared_variance < np.inf or not shared_df > 0:
        raise DefinitionError(
            Problem(where, f"shared_variance is {shared_variance}, shared_df {shared_df}.", "Give 0 or more, above 0.")
        )
    found = synthesise(estimates, variances, ci_level=ci_level)
    y, v = np.asarray(estimates, dtype=float), np.asarray(variances, dtype=float)
    y, v = (part[~(np.isnan(y) | np.isnan(v))] for part in (y, v))
    if y.size < FEWEST or found.status != "estimated":
        status: Status = "no_variation" if found.status == "no_variation" else "not_converged"
        if y.size < FEWEST:
            status = "too_few_sites"
        return not_estimated(n=y.size, unit="effect", method=_METHOD, status=status, ci_level=ci_level)
    likely = confidence_distribution(y, v)
    w = 1 / (v + likely.tau2[:, None])
    total = w.sum(axis=1)
    mu = w @ y / total
    k1 = float(y.size - 1)
    variance = (w * (y - mu[:, None]) ** 2).sum(axis=1) / k1 / total
    share, mixed = _t_as_normals(k1, _CHI_NODES)
    shared_share, shared = _t_as_normals(shared_df, _SHARED_NODES) if shared_variance else (np.ones(1), np.zeros(1))
    spread = np.sqrt(
        likely.tau2[:, None, None]
        + variance[:, None, None] * mixed[None, :, None]
        + shared_variance * shared[None, None, :]
    )

    def below(value: float) -> float:
        each = ndtr((value - mu)[:, None, None] / spread)
        return float(likely.mass @ (each @ shared_share @ share))

    def quantile(p: float, start: float, step: float) -> float:
        while (below(start + step) - p) * np.sign(step) < 0:
            step *= 2
        low, high = sorted((start, start + step))
        return float(brentq(lambda value: below(value) - p, low, high, xtol=1e-12 * abs(step), rtol=1e-12))

    size = float(np.sqrt(found.tau2 + found.mean_cautious.se**2 + shared_variance))
    tail = (1 - ci_level) / 2
    middle = quantile(0.5, float(mu.min()) - size, float(np.ptp(mu)) + 2 * size)
    return Estimate(
        estimate=found.mean.estimate,
        se=float("nan"),
        df=float("nan"),
        ci_low=quantile(tail, middle, -size),
        ci_high=quantile(1 - tail, middle, size),
        ci_level=ci_level,
        p_value=float("nan"),
        n=int(y.size),
        unit="effect",
        method=_METHOD,
    )


def not_narrower(prediction: Estimate, mean: Estimate) -> Estimate:
    """Widen a prediction where it does not hold the interval of the mean: no site is known better than their mean.

    With sites that are more alike than chance makes them, Hartung and Knapp's standard error is close to 0, and so is
    the prediction. Give the mean with the standard error that is never below the model's
    (:attr:`~eval_tools.stats.synthesis.Synthesis.mean_cautious`).

    Examples
    --------
    >>> from eval_tools.stats.synthesis import synthesise
    >>> alike = [0.30, 0.31, 0.30, 0.29], [0.02, 0.03, 0.02, 0.04]
    >>> narrow, mean = predict_another(*alike), synthesise(*alike).mean_cautious
    >>> round(narrow.ci_high, 2), round(not_narrower(narrow, mean).ci_high, 2)
    (0.31, 0.55)
    """
    if prediction.status != "estimated" or mean.status != "estimated":
        return prediction
    return replace(
        prediction, ci_low=min(prediction.ci_low, mean.ci_low), ci_high=max(prediction.ci_high, mean.ci_high)
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Likely:
    """How likely every variance between sites is."""

    tau2: Floats  # from 0 up
    mass: Floats  # adds up to 1


def confidence_distribution(y: Floats, v: Floats) -> Likely:
    """Sum the confidence distribution of τ² on a grid, with its mass at 0; ``y`` must not be all equal."""
    w = 1 / v
    Q = float(w @ (y - w @ y / w.sum()) ** 2)
    top = float(v.max()) + float(np.ptp(y)) ** 2
    while 1 - _exceeds(Q, v, np.array([top]))[0] > _TAIL:
        top *= 4
    tau2 = np.concatenate([[0.0], np.geomspace(1e-4 * float(v.min()), top, _GRID)])
    up_to = np.maximum.accumulate(np.clip(_exceeds(Q, v, tau2), 0.0, 1.0))
    up_to[-1] = 1.0
    steps = np.diff(up_to)
    mass = np.zeros(tau2.size)
    mass[0] = up_to[0]
    mass[:-1] += steps / 2  # half of every step at each of its ends: the trapezoid rule
    mass[1:] += steps / 2
    return Likely(tau2=tau2, mass=mass)


def _exceeds(Q: float, v: Floats, tau2: Floats) -> Floats:
    """Return P(Cochran's Q > Q) for every τ²; Q is the sum of λ·χ²(1), λ the eigenvalues of its matrix."""
    w = 1 / v
    within = np.diag(w) - np.outer(w, w) / w.sum()
    sd = np.sqrt(v + tau2[:, None])
    weights = np.linalg.eigvalsh(sd[:, :, None] * within * sd[:, None, :])[:, 1:]  # the smallest is 0
    angle = (2 * np.arange(_CONTOUR // 2) + 1) * np.pi / _CONTOUR  # the other half mirrors it
    cot = 1 / np.tan(0.6407 * angle)
    z = _CONTOUR * (0.5017 * angle * cot - 0.6122 + 0.2645j * angle)
    dz = _CONTOUR * (0.5017 * cot - 0.5017 * 0.6407 * angle * (1 + cot**2) + 0.2645j)
    transform = np.prod((1 + 2 * weights[:, None, :] * (z / Q)[None, :, None]) ** -0.5, axis=2)
    return np.asarray(1 - 2 / _CONTOUR * (transform @ (np.exp(z) / z * dz)).imag)


def _t_as_normals(df: float, n: int) -> tuple[Floats, Floats]:
    """Write t as a mixture of normals: how often each occurs, and its variance df/χ²."""
    from scipy.special import chdtri

    if np.isinf(df):
        return np.ones(1), np.ones(1)
    nodes, share = np.polynomial.legendre.leggauss(n)
    return share / 2, np.asarray(df / chdtri(df, (1 - nodes) / 2))
