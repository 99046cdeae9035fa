"""Bootstrap intervals: one core that draws, counts and multiplies, for people or for whole schools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, DefinitionError, Problem, UnknownNames
from eval_tools.stats.cluster_design import Clusters, Floats, Sites, arm_of_people, find_clusters, point_only
from eval_tools.stats.estimate import Estimate, Status, check_equal_lengths, check_level, floats, largest, no_spread
from eval_tools.stats.streams import Rng, block_sizes, block_streams, seed_of

Statistic = Literal["mean", "variance"]
_Moments = Callable[[Floats], Floats]  # sums over units (..., number and moments, outcomes) -> statistic
_FEWEST_SITES = 10  # resampled schools give too narrow intervals below that
_FEWEST_SITES_IN_AN_ARM = 4
_NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bootstrap:
    """Bias-corrected and accelerated intervals of several outcomes, from the same resamples."""

    estimates: tuple[Estimate, ...]  # one per outcome; se is the SD of the replicates; no df, no p value
    acceleration: NDArray[np.float64]  # per outcome
    bias_correction: NDArray[np.float64]  # per outcome: z0
    replicates: NDArray[np.float64]  # (resamples, outcomes), for joint statements; empty if nothing was resampled
    n_units: int  # people or sites that were resampled
    n_dropped: int  # people left out: no value in any outcome, or no site or arm

    @property
    def n_resamples(self) -> int:
        """How many resamples there are."""
        return int(self.replicates.shape[0])


def resample_sums(
    columns: Floats | NDArray[np.float32], *, n_resamples: int, rng: Rng | np.random.SeedSequence
) -> Floats:
    """Draw rows with replacement, as many as there are, and add up every column: the one resampling core.

    Parameters
    ----------
    columns : array, shape (rows, columns)
        Numbers without missing values; centre them first, so that sums of squares keep their digits. Sums are as
        precise as the numbers: give float32 only where all sums are whole and below 2**24.
    n_resamples : int
        How often.
    rng : Generator, int or SeedSequence
        Source of the draws. Blocks of about 64 k drawn numbers have spawned streams of their own.

    Returns
    -------
    array, shape (resamples, columns)
        Sums over the drawn rows.

    Examples
    --------
    >>> resample_sums(np.array([[1.0, 2.0], [1.0, 2.0]]), n_resamples=2, rng=1).tolist()
    [[2.0, 4.0], [2.0, 4.0]]
    """
    n = columns.shape[0]
    out = np.empty((n_resamples, columns.shape[1]), dtype=columns.dtype)
    sizes = block_sizes(n_resamples, n)
    places = np.empty((sizes[0], n), dtype=np.intp)
    counts = np.empty((sizes[0], n), dtype=columns.dtype)
    start = 0
    for size, seed in zip(sizes, block_streams(rng, len(sizes)), strict=True):
        _count(places[:size], counts[:size], seed)
        np.matmul(counts[:size], columns, out=out[start : start + size])
        start += size
    return out


def _count(places: NDArray[np.intp], counts: Floats | NDArray[np.float32], seed: np.random.SeedSequence) -> None:
    """Fill in how often each row is drawn, a resample a line; places is room to work in."""
    size, n = counts.shape
    short = np.uint16 if n <= 2**16 else np.uint32  # short random numbers are drawn faster
    drawn = np.random.default_rng(seed).integers(n, size=(size, n), dtype=short)
    np.add(drawn, np.arange(size)[:, None] * n, out=places)
    np.copyto(counts, np.bincount(places.ravel(), minlength=size * n).reshape(size, n))


def bca_interval(
    values: ArrayLike,
    *,
    rng: Rng,
    treat: ArrayLike | None = None,
    sites: Sites | None = None,
    statistic: Statistic = "mean",
    n_resamples: int = 10_000,
    ci_level: float = 0.95,
) -> Bootstrap:
    """Estimate means, differences of means or variances, with intervals that suppose no distribution.

    Parameters
    ----------
    values : array_like, shape (participants,) or (participants, outcomes)
        Changes or scores; NaN where missing. A person counts for the outcomes that he or she has.
    rng : Generator or int
        Source of the draws, or a seed.
    treat : array_like, shape (participants,), optional
        1 for programme, 0 for comparison: then the programme's statistic minus the comparison's is
        estimated, and each arm is resampled by itself.
    sites : sequence of str, shape (participants,), optional
        If given, whole sites are resampled, and left out one by one for the acceleration.
    statistic : {"mean", "variance"}
        Of people; the variance has the divisor n.
    n_resamples : int
        How many; 10,000 give limits to about 2 % of the width of the interval.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    Bootstrap
        ``too_few_people`` below two people (in an arm) or if a resample may have none;
        ``too_few_sites``, with the estimate, below ten sites, or four in an arm: so few resampled sites
        give too narrow intervals. ``no_variation``, with the estimate, if nothing varies.

    Raises
    ------
    DataError
        If the lengths differ, or a site has people of both arms.
    DefinitionError
        If the statistic is unknown or there are no resamples.

    Notes
    -----
    Efron (1987), JASA 82, 171–185; Efron & Tibshirani (1993), chapter 14. z0 counts replicates equal to the
    estimate half. The jackknife of moments is a total minus one unit.

    Examples
    --------
    >>> areas = [48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41]
    >>> result = bca_interval(areas, statistic="variance", rng=1, ci_level=0.9)
    >>> round(result.estimates[0].estimate, 2), round(float(result.acceleration[0]), 5)
    (171.53, 0.06124)
    """
    where = "bca_interval"
    if statistic not in get_args(Statistic):
        raise UnknownNames("statistic", missing=[statistic], known=get_args(Statistic), where=where)
    return _bca_of_values(
        _people_times_outcomes(values, where=where, name="values"),
        statistic,
        treat=treat,
        sites=sites,
        n_resamples=n_resamples,
        rng=rng,
        ci_level=ci_level,
        where=where,
        size=None,
    )


def bootstrap_mean_change(
    before: ArrayLike,
    after: ArrayLike,
    *,
    rng: Rng,
    sites: Sites | None = None,
    n_resamples: int = 10_000,
    ci_level: float = 0.95,
) -> Bootstrap:
    """Estimate how far the same people moved, on several outcomes that share their resamples.

    Parameters
    ----------
    before, after : array_like, shape (participants,) or (participants, outcomes)
        Scores of the same people in the same order, in scale points. A pair counts only if both are present.
    rng : Generator or int
        Source of the draws, or a seed.
    sites : sequence of str, shape (participants,), optional
        If given, whole sites are resampled.
    n_resamples, ci_level
        As in :func:`bca_interval`, like statuses, errors and source.

    Returns
    -------
    Bootstrap
        Positive means that the score rose.

    Examples
    --------
    >>> result = bootstrap_mean_change([[1, 5], [2, 4], [3, 6], [4, 5]], [[2, 5], [4, 5], [3, 8], [6, 6]], rng=1)
    >>> [e.estimate for e in result.estimates]
    [1.25, 1.0]
    """
    where = "bootstrap_mean_change"
    x, y = _same_people(before, after, where=where)
    return _bca_of_values(
        y - x,
        "mean",
        treat=None,
        sites=sites,
        n_resamples=n_resamples,
        rng=rng,
        ci_level=ci_level,
        where=where,
        size=largest(x[~np.isnan(x)], y[~np.isnan(y)]),
    )


def bootstrap_standardised_change(
    before: ArrayLike,
    after: ArrayLike,
    *,
    rng: Rng,
    sites: Sites | None = None,
    n_resamples: int = 10_000,
    ci_level: float = 0.95,
) -> Bootstrap:
    """Estimate how far the same people moved, in SDs averaged over before and after (g_av), without normality.

    Parameters
    ----------
    before, after : array_like, shape (participants,) or (participants, outcomes)
        Scores of the same people in the same order, in scale points. A pair counts only if both are present.
    rng : Generator or int
        Source of the draws, or a seed.
    sites : sequence of str, shape (participants,), optional
        If given, whole sites are resampled.
    n_resamples, ci_level
        As in :func:`bca_interval`, like statuses, errors and source.

    Returns
    -------
    Bootstrap
        In SD, corrected for small-sample bias as in
        :func:`~eval_tools.stats.effect_size.standardised_change`; so are its replicates.

    Examples
    --------
    >>> result = bootstrap_standardised_change([10, 12, 14, 16, 18], [13, 13, 17, 18, 21], rng=1)
    >>> round(result.estimates[0].estimate, 3)
    0.63
    """
    where = "bootstrap_standardised_change"
    x, y = _same_people(before, after, where=where)
    present = ~(np.isnan(x) | np.isnan(y))
    d, s = np.where(present, y - x, 0.0), np.where(present, x + y, 0.0)
    s = np.where(present, s - _mean_of_present(s, present), 0.0)
    return _bca(
        np.stack([d, s, d**2 + s**2], axis=1),
        present,
        _d_av,
        linear=2,
        shift=np.zeros(d.shape[1]),
        size=largest(x[present], y[present]),
        treat=None,
        sites=sites,
        n_resamples=n_resamples,
        rng=rng,
        ci_level=ci_level,
        where=where,
        unit="SD",
        standardiser="SD averaged over before and after",
    )


def _people_times_outcomes(values: ArrayLike, *, where: str, name: str) -> Floats:
    data = floats(values, where=where, name=name)
    if data.ndim == 1:
        data = data[:, None]
    if data.ndim != 2:
        raise DataError(Problem(where, f"'{name}' has {data.ndim} dimensions.", "Give people times outcomes."))
    return data


def _same_people(before: ArrayLike, after: ArrayLike, *, where: str) -> tuple[Floats, Floats]:
    x = _people_times_outcomes(before, where=where, name="before")
    y = _people_times_outcomes(after, where=where, name="after")
    if x.shape != y.shape:
        raise DataError(Problem(where, "'before' and 'after' differ in shape.", "Give the same people and outcomes."))
    return x, y


def _mean_of_present(known: Floats, present: NDArray[np.bool_]) -> Floats:
    n = present.sum(axis=0)
    return np.divide(known.sum(axis=0), n, out=np.zeros(n.size), where=n > 0)


def _bca_of_values(
    data: Floats,
    statistic: Statistic,
    *,
    treat: ArrayLike | None,
    sites: Sites | None,
    n_resamples: int,
    rng: Rng,
    ci_level: float,
    where: str,
    size: float | None,
) -> Bootstrap:
    present = ~np.isnan(data)
    known = np.where(present, data, 0.0)
    centre = _mean_of_present(known, present)
    c = np.where(present, data - centre, 0.0)
    of_mean = statistic == "mean"
    return _bca(
        np.stack([c] if of_mean else [c, c**2], axis=1),
        present,
        _mean if of_mean else _variance,
        linear=1,
        shift=centre if of_mean and treat is None else np.zeros(centre.size),
        size=largest(known) if size is None else size,
        treat=treat,
        sites=sites,
        n_resamples=n_resamples,
        rng=rng,
        ci_level=ci_level,
        where=where,
        unit="scale points" if of_mean else "scale points squared",
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Units:
    """People or sites of one arm: what each of them adds to the sums of every outcome."""

    moments: Floats  # (units, 1 + moments, outcomes): number of people first, then sums over them
    shared: bool  # every unit is one person with all outcomes: numbers need no resampling

    @property
    def n(self) -> int:
        return int(self.moments.shape[0])

    def totals(self, statistic: _Moments) -> Floats:
        return statistic(self.moments.sum(axis=0))

    def resampled(self, statistic: _Moments, n_resamples: int, rng: np.random.SeedSequence) -> Floats:
        first = 1 if self.shared else 0
        used = self.moments[:, first:]
        sums = resample_sums(used.reshape(self.n, -1), n_resamples=n_resamples, rng=rng)
        sums = sums.reshape(n_resamples, *used.shape[1:])
        if self.shared:
            sums = np.concatenate([np.full((n_resamples, 1, sums.shape[2]), float(self.n)), sums], axis=1)
        return statistic(sums)

    def left_out(self, statistic: _Moments) -> Floats:
        return statistic(self.moments.sum(axis=0) - self.moments)


def _mean(sums: Floats) -> Floats:
    return sums[..., 1, :] / _number(sums)


def _variance(sums: Floats) -> Floats:
    return sums[..., 2, :] / _number(sums) - (sums[..., 1, :] / _number(sums)) ** 2


def _d_av(sums: Floats) -> Floats:
    """Return Bonett's standardised change from sums of d = y − x, s = x + y and d² + s²."""
    n = _number(sums)
    d, s, q = (sums[..., i, :] / n for i in (1, 2, 3))
    with np.errstate(invalid="ignore", divide="ignore"):
        # q/2 is the mean of x² + y²; (d² + s²)/2 the sum of the squared means
        variance = np.maximum(q - d**2 - s**2, 0.0) / 4 * n / (n - 1)
        return np.where(n > 2.5, np.sqrt((n - 2) / (n - 1)), np.nan) * d / np.sqrt(variance)


def _number(sums: Floats) -> Floats:
    number = sums[..., 0, :]
    return np.where(number > 0.5, number, np.nan)


def _bca(
    people: Floats,
    present: NDArray[np.bool_],
    statistic: _Moments,
    *,
    linear: int,
    shift: Floats,
    size: float,
    treat: ArrayLike | None,
    sites: Sites | None,
    n_resamples: int,
    rng: Rng,
    ci_level: float,
    where: str,
    unit: str,
    standardiser: str = "",
) -> Bootstrap:
    """Resample moments of people (people, moments, outcomes), the first ``linear`` of which must vary."""
    check_level(ci_level, where=where)
    if n_resamples < 1:
        raise DefinitionError(Problem(where, f"n_resamples is {n_resamples}.", "Give at least 1, better 10000."))
    kept = present.any(axis=1)
    arm: Floats | None = None
    clusters: Clusters | None = None
    if treat is not None:
        arm = arm_of_people(treat, where=where)
        check_equal_lengths(arm.size, kept.size, where=where)
        kept &= ~np.isnan(arm)
    if sites is not None:
        clusters = find_clusters(sites, where=where)
        check_equal_lengths(clusters.codes.size, kept.size, where=where)
        kept &= clusters.codes >= 0
    codes = None if clusters is None else clusters.codes[kept]
    people, present = people[kept], present[kept]
    groups = [np.ones(present.shape[0], dtype=bool)] if arm is None else [arm[kept] == 1, arm[kept] == 0]
    if codes is not None and len(groups) == 2 and np.intersect1d(codes[groups[0]], codes[groups[1]]).size:
        raise DataError(Problem(where, "a site has people of both arms.", "Resampling sites needs one arm per site."))
    arms = [_units(people[g], present[g], None if codes is None else codes[g]) for g in groups]
    totals = [a.totals(statistic) for a in arms]
    theta = totals[0] - totals[1] if len(arms) == 2 else totals[0]
    n = present.sum(axis=0)
    varies = np.zeros(n.size, dtype=bool)
    for g in groups:
        for moment in range(linear):
            varies |= [not no_spread(people[g & p, moment, j], size=size) for j, p in enumerate(present.T)]
    status = [_status(arms, j, sites is not None, bool(varies[j])) for j in range(n.size)]
    replicates = np.empty((0, n.size))
    if "estimated" in status:
        streams = seed_of(rng).spawn(len(arms))
        parts = [a.resampled(statistic, n_resamples, s) for a, s in zip(arms, streams, strict=True)]
        replicates = parts[0] - parts[1] if len(arms) == 2 else parts[0]
    pushes = [a.left_out(statistic) for a in arms]
    bounds = [
        _limits(theta[j], replicates[:, j], _acceleration([p[:, j] for p in pushes]), ci_level, size)
        if status[j] == "estimated"
        else _NOTHING
        for j in range(n.size)
    ]
    method = f"BCa bootstrap of {'people' if sites is None else 'sites'}"
    estimates = [
        replace(
            _estimate(b, s, float(value), float(by), n=int(m), unit=unit, method=method, ci_level=ci_level),
            standardiser=standardiser,
        )
        for b, s, value, by, m in zip(bounds, status, theta, shift, n, strict=True)
    ]
    return Bootstrap(
        estimates=tuple(estimates),
        acceleration=np.array([b.acceleration for b in bounds]),
        bias_correction=np.array([b.z0 for b in bounds]),
        replicates=replicates + shift,
        n_units=sum(a.n for a in arms),
        n_dropped=int(kept.size - kept.sum()),
    )


def _units(people: Floats, present: NDArray[np.bool_], codes: NDArray[np.intp] | None) -> _Units:
    moments = np.concatenate([present[:, None, :].astype(float), people], axis=1)
    if codes is None:
        return _Units(moments=moments, shared=bool(present.all()))
    used, place = np.unique(codes, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(used.size))
    sums = np.add.reduceat(moments[order], starts, axis=0) if used.size else moments[:0]
    return _Units(moments=sums, shared=False)


def _status(arms: Sequence[_Units], outcome: int, by_site: bool, varies: bool) -> Status:
    filled = [int((a.moments[:, 0, outcome] > 0).sum()) for a in arms]
    if by_site:
        if sum(filled) < _FEWEST_SITES or (len(arms) == 2 and min(filled) < _FEWEST_SITES_IN_AN_ARM):
            return "too_few_sites"
    elif min(filled) < 2:
        return "too_few_people"
    return "estimated" if varies else "no_variation"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bounds:
    acceleration: float
    z0: float
    low: float
    high: float
    se: float
    status: Status = "estimated"


_NOTHING = _Bounds(acceleration=_NAN, z0=_NAN, low=_NAN, high=_NAN, se=_NAN)


def _acceleration(left_out: Sequence[Floats]) -> float:
    """Return Efron's a: Σ l³/(6 (Σ l²)^1.5), l the empirical influence of a unit, up to one factor.

    With two arms, l is divided by the units of its own arm, which gives (n − 1)/n times the jackknife's push:
    the rule for several samples, also that of scipy.stats.bootstrap.
    """
    cubes = squares = 0.0
    for sign, values in zip((1.0, -1.0), left_out, strict=False):
        if not np.isfinite(values).all():
            return _NAN
        scale = (values.size - 1) / values.size if len(left_out) == 2 else 1.0
        push = sign * scale * (values.mean() - values)
        cubes += float((push**3).sum())
        squares += float((push**2).sum())
    return cubes / (6 * squares**1.5) if squares > 0 else _NAN


def _limits(theta: float, replicates: Floats, acceleration: float, ci_level: float, size: float) -> _Bounds:
    from scipy.special import ndtr, ndtri

    if not np.isfinite(replicates).all() or np.isnan(acceleration):
        return _Bounds(acceleration=acceleration, z0=_NAN, low=_NAN, high=_NAN, se=_NAN, status="too_few_people")
    tie = 1e-10 * float(np.ptp(replicates))
    below, equal_or_below = (replicates < theta - tie).mean(), (replicates <= theta + tie).mean()
    z0 = float(ndtri((below + equal_or_below) / 2))
    se = float(replicates.std(ddof=1)) if replicates.size > 1 else _NAN
    if np.isinf(z0) or tie <= 1e-22 * size:
        return _Bounds(acceleration=acceleration, z0=z0, low=_NAN, high=_NAN, se=_NAN, status="no_variation")
    z = z0 + ndtri(np.array([(1 - ci_level) / 2, (1 + ci_level) / 2]))
    levels = ndtr(z0 + z / (1 - acceleration * z))
    low, high = np.quantile(replicates, levels)
    return _Bounds(acceleration=acceleration, z0=z0, low=float(low), high=float(high), se=se)


def _estimate(
    bounds: _Bounds, status: Status, theta: float, shift: float, *, n: int, unit: str, method: str, ci_level: float
) -> Estimate:
    if status == "estimated":
        status = bounds.status
    if status != "estimated":
        return point_only(theta + shift, status=status, ci_level=ci_level, n=n, unit=unit, method=method)
    return Estimate(
        estimate=theta + shift,
        se=bounds.se,
        df=_NAN,
        ci_low=bounds.low + shift,
        ci_high=bounds.high + shift,
        ci_level=ci_level,
        p_value=_NAN,
        n=n,
        unit=unit,
        method=method,
    )
