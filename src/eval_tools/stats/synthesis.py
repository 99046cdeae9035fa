"""One answer from several sites or regions: random-effects synthesis for few of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, Problem
from eval_tools.stats.estimate import Estimate, check_equal_lengths, check_level, column, largest, no_spread
from eval_tools.stats.mixed_rows import mixed_estimate, no_estimates

_HKSJ = "random effects, REML, Hartung–Knapp–Sidik–Jonkman t"
_CAUTIOUS = "random effects, REML, Hartung–Knapp–Sidik–Jonkman t, not below the model's variance"
_NORMAL = "random effects, REML, normal"
_NAN = float("nan")

SynthesisStatus = Literal["estimated", "too_few_sites", "no_variation", "not_converged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesis:
    """What several sites say together, and how much they differ."""

    mean: Estimate  # Hartung–Knapp; ``n`` counts sites
    mean_cautious: Estimate  # the same with max(1, q): report it too for 5 sites or fewer, or if q < 1
    mean_normal: Estimate  # what most software prints: too narrow for few sites
    k: int  # sites
    k_dropped: int  # sites left out for a missing estimate or variance
    q: float  # Hartung and Knapp's factor of the variance
    tau2: float  # variance between sites, REML
    tau2_dersimonian_laird: float
    tau2_paule_mandel: float
    i2: float  # per cent of the variation that is not sampling error
    heterogeneity: float  # Cochran's Q
    heterogeneity_df: int
    heterogeneity_p: float
    prediction_low: float  # of another such site, τ taken as found: too narrow, see stats.prediction; t with k - 1
    prediction_high: float
    status: SynthesisStatus


def synthesise(estimates: ArrayLike, variances: ArrayLike, *, ci_level: float = 0.95) -> Synthesis:
    """Estimate the mean effect over sites that may truly differ.

    Parameters
    ----------
    estimates : array_like, shape (sites,)
        One effect per site, all in the same unit; NaN where missing.
    variances : array_like, shape (sites,)
        Their sampling variances (squared standard errors); NaN where missing.
    ci_level : float
        Level of the intervals and of the prediction interval.

    Returns
    -------
    Synthesis
        Sites with a missing value are dropped and counted. ``too_few_sites`` below two. ``no_variation`` if all
        estimates are equal: Hartung and Knapp's standard error would be 0, so only the other two means have
        intervals, and nothing can be predicted.

    Raises
    ------
    DataError
        If the lists differ in length, or a variance is not positive.

    Notes
    -----
    τ² by REML: its profile is scanned from 0 up, every minimum is polished. q = Σw(y − μ)²/(k − 1), standard error
    √(q/Σw), t(k − 1) (Hartung & Knapp 2001; Sidik & Jonkman 2002; IntHout et al. 2014; Röver et al. 2015).
    Prediction interval μ ± t(k − 1)·√(τ² + SE²), as R ``metafor`` (Higgins et al. 2009 use k − 2); for an interval that
    covers see :func:`~eval_tools.stats.prediction.predict_another`. I² after Higgins & Thompson (2002) from τ².

    Examples
    --------
    >>> s = synthesise([0.1, 0.4, 0.3, 0.7], [0.02, 0.03, 0.02, 0.04])
    >>> round(s.mean.estimate, 3), round(s.mean.ci_low, 3), round(s.mean.ci_high, 3), round(s.tau2, 4)
    (0.347, -0.036, 0.73, 0.0284)
    """
    where = "synthesise"
    check_level(ci_level, where=where)
    y, v = column(estimates, where=where, name="estimates"), column(variances, where=where, name="variances")
    check_equal_lengths(y.size, v.size, where=where)
    complete = ~(np.isnan(y) | np.isnan(v))
    dropped = int((~complete).sum())
    y, v = y[complete], v[complete]
    if (v <= 0).any():
        raise DataError(Problem(where, "a variance is 0 or negative.", "Give squared standard errors, NaN if unknown."))
    k = y.size
    if k < 2:
        return _no_synthesis(k, dropped, "too_few_sites", ci_level=ci_level)
    tau2 = _reml(y, v)
    if np.isnan(tau2):
        return _no_synthesis(k, dropped, "not_converged", ci_level=ci_level)
    w = 1 / (v + tau2)
    mu = float(w @ y / w.sum())
    q = float(w @ (y - mu) ** 2 / (k - 1))
    status: SynthesisStatus = "estimated"
    if no_spread(y, size=largest(y)):
        q, status = 0.0, "no_variation"
    df = float(k - 1)

    def mean(variance: float, df: float, method: str) -> Estimate:
        return mixed_estimate(mu, variance, df, n=k, unit="effect", ci_level=ci_level, method=method)

    hksj = mean(q / float(w.sum()), df, _HKSJ)
    if status == "no_variation":
        (none,) = no_estimates(["mean"], status, n=k, unit="effect", ci_level=ci_level, method=_HKSJ)
        hksj = replace(none, estimate=mu)
    Q, i2, p = _heterogeneity(y, v, tau2)
    half = _t_quantile(df, ci_level) * (tau2 + hksj.se**2) ** 0.5
    return Synthesis(
        mean=hksj,
        mean_cautious=mean(max(1.0, q) / float(w.sum()), df, _CAUTIOUS),
        mean_normal=mean(1 / float(w.sum()), float("inf"), _NORMAL),
        k=k,
        k_dropped=dropped,
        q=q,
        tau2=tau2,
        tau2_dersimonian_laird=_dersimonian_laird(y, v),
        tau2_paule_mandel=_paule_mandel(y, v),
        i2=i2,
        heterogeneity=Q,
        heterogeneity_df=k - 1,
        heterogeneity_p=p,
        prediction_low=mu - half,
        prediction_high=mu + half,
        status=status,
    )


def _no_synthesis(k: int, dropped: int, status: SynthesisStatus, *, ci_level: float) -> Synthesis:
    def none(method: str) -> Estimate:
        return no_estimates(["mean"], status, n=k, unit="effect", ci_level=ci_level, method=method)[0]

    return Synthesis(
        mean=none(_HKSJ),
        mean_cautious=none(_CAUTIOUS),
        mean_normal=none(_NORMAL),
        k=k,
        k_dropped=dropped,
        q=_NAN,
        tau2=_NAN,
        tau2_dersimonian_laird=_NAN,
        tau2_paule_mandel=_NAN,
        i2=_NAN,
        heterogeneity=_NAN,
        heterogeneity_df=max(k - 1, 0),
        heterogeneity_p=_NAN,
        prediction_low=_NAN,
        prediction_high=_NAN,
        status=status,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """The synthesis without one site."""

    site: str
    synthesis: Synthesis


def leave_one_out(
    estimates: ArrayLike, variances: ArrayLike, sites: Sequence[str], *, ci_level: float = 0.95
) -> tuple[LeftOut, ...]:
    """Ask whether the answer hangs on one site.

    Parameters
    ----------
    estimates, variances : array_like, shape (sites,)
        As in :func:`synthesise`.
    sites : sequence of str, shape (sites,)
        Their ids.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    tuple of LeftOut
        One per site that has an estimate and a variance, in the given order.

    Raises
    ------
    DataError
        If the lists differ in length, an id occurs twice, or a variance is not positive.

    Examples
    --------
    >>> left = leave_one_out([0.1, 0.4, 0.3, 0.7], [0.02, 0.03, 0.02, 0.04], list("abcd"))
    >>> left[3].site, round(left[3].synthesis.mean.estimate, 3)
    ('d', 0.25)
    """
    where = "leave_one_out"
    y, v = column(estimates, where=where, name="estimates"), column(variances, where=where, name="variances")
    check_equal_lengths(y.size, v.size, where=where)
    check_equal_lengths(y.size, len(sites), where=where)
    if len(set(sites)) != len(sites):
        raise DataError(Problem(where, "a site occurs twice.", "Give every site one estimate."))
    return tuple(
        LeftOut(site=site, synthesis=synthesise(np.delete(y, i), np.delete(v, i), ci_level=ci_level))
        for i, site in enumerate(sites)
        if not (np.isnan(y[i]) or np.isnan(v[i]))
    )


def _reml(y: NDArray[np.float64], v: NDArray[np.float64]) -> float:
    """Scan τ² from 0 up, and narrow every interval in which the slope turns from falling to rising."""

    def parts(tau2: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        w = 1 / (v + tau2[:, None])
        W = w.sum(axis=1)
        return w, W, (y - (w @ y / W)[:, None]) ** 2

    def values(tau2: NDArray[np.float64]) -> NDArray[np.float64]:
        w, W, r2 = parts(tau2)
        return np.asarray(-np.log(w).sum(axis=1) + np.log(W) + (w * r2).sum(axis=1))

    def slopes(tau2: NDArray[np.float64]) -> NDArray[np.float64]:
        w, W, r2 = parts(tau2)
        return np.asarray(W - (w**2).sum(axis=1) / W - (w**2 * r2).sum(axis=1))

    top = 10 * (float(np.ptp(y)) ** 2 + float(v.max()))
    grid = np.concatenate([[0.0], np.geomspace(1e-4 * float(v.min()), top, 60)])
    at = slopes(grid)
    if at[-1] < 0:
        return _NAN
    turns = np.flatnonzero((at[:-1] < 0) & (at[1:] >= 0))
    minima = np.array([0.0, *(_narrow(slopes, float(grid[i]), float(grid[i + 1])) for i in turns)])
    return float(minima[np.argmin(values(minima))])


def _narrow(rising: Callable[[NDArray[np.float64]], NDArray[np.float64]], low: float, high: float) -> float:
    """Find where a function turns from negative to positive, 32 parts at a time."""
    for _ in range(12):  # 32 ** 12 is far beyond the digits of a float
        points = np.linspace(low, high, 33)
        place = int(np.argmax(np.append(rising(points[1:-1]), np.inf) >= 0))
        low, high = float(points[place]), float(points[place + 1])
    return high


def _heterogeneity(y: NDArray[np.float64], v: NDArray[np.float64], tau2: float) -> tuple[float, float, float]:
    from scipy.special import chdtrc

    w = 1 / v
    k, W = y.size, float(w.sum())
    Q = float(w @ (y - w @ y / W) ** 2)
    typical = (k - 1) * W / (W**2 - float(w @ w))
    return Q, 100 * tau2 / (tau2 + typical), float(chdtrc(k - 1, Q))


def _dersimonian_laird(y: NDArray[np.float64], v: NDArray[np.float64]) -> float:
    w = 1 / v
    W = float(w.sum())
    Q = float(w @ (y - w @ y / W) ** 2)
    return max(0.0, (Q - (y.size - 1)) / (W - float(w @ w) / W))


def _paule_mandel(y: NDArray[np.float64], v: NDArray[np.float64]) -> float:
    """Find the τ² at which the generalised Q equals k - 1; it falls as τ² grows."""

    def lack(tau2: NDArray[np.float64]) -> NDArray[np.float64]:
        w = 1 / (v + tau2[:, None])
        r = y - (w @ y / w.sum(axis=1))[:, None]
        return np.asarray((y.size - 1) - (w * r**2).sum(axis=1))

    high = float(np.ptp(y)) ** 2 * y.size  # there Q is below 1
    return 0.0 if lack(np.zeros(1))[0] >= 0 else _narrow(lack, 0.0, high)


def _t_quantile(df: float, ci_level: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(df, (1 + ci_level) / 2))
