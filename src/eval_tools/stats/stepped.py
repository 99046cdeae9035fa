"""Stepped roll-out: sites start one wave after another, and those not yet started are the comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, prod
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, DefinitionError, Problem
from eval_tools.stats.cluster_design import point_only
from eval_tools.stats.estimate import Estimate, Status, check_equal_lengths, check_level, floats, largest, no_spread
from eval_tools.stats.inversion import shift_limits
from eval_tools.stats.streams import SMALL_BLOCK, Rng, block_sizes, block_streams

Floats = NDArray[np.float64]
Orders = NDArray[np.intp]
Refusal = Literal["one_start", "nobody_before", "nobody_waiting", "too_few_sites"]
FEWEST_SITES = 4  # below, some cohort is a single site, and nobody could tell site and programme apart
_ENUMERATED_UP_TO = 200_000  # orders
_UNIT = "scale points"
_NAN = float("nan")
_ATT = "change since the last wave before the start, against sites not yet started"
_WITHIN = "sites that have started against sites that have not, wave by wave"
_PERMUTED = "; permutation of the start waves over sites"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTime:
    """ATT(g, t): sites that started together, at one wave, against those not yet started then."""

    start: int  # the wave at which they started, counted from 0
    wave: int
    estimate: float  # in scale points
    sites_started: int  # sites of this start
    sites_waiting: int  # sites that have not started at this wave


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSinceStart:
    """The same, averaged over all starts, so many waves after the start; 0 is the wave of the start."""

    waves: int
    sites: int  # sites that entered
    estimate: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class SteppedEffect:
    """What a stepped roll-out says, and what it cannot say. ``n`` of every estimate counts sites."""

    overall: Estimate  # mean of ATT(g, t), every site that started counting once per wave
    by_time: tuple[TimeSinceStart, ...]
    within_period: Estimate
    cells: tuple[GroupTime, ...]
    waves_without_comparison: tuple[int, ...]  # waves at which every site has started
    sites: int
    sites_started: int  # of these, sites that have started at a wave with a comparison
    n_dropped: int  # sites left out, for a wave without a mean
    n_possible: int  # orders in which the sites could have started
    n_orders: int  # orders used, the observed one among them
    enumerated: bool  # whether these are all orders there are
    refused: Refusal | None


def group_time_effects(means: ArrayLike, starts: Sequence[int | None]) -> tuple[GroupTime, ...]:
    """Compare every cohort of sites, at every wave since its start, with the sites that have not started by then.

    Parameters
    ----------
    means : array_like, shape (sites, waves)
        One mean per site and wave, waves in time order, in scale points; a site with a NaN is left out.
    starts : sequence of int or None, shape (sites,)
        The wave, counted from 0, at which each site has the programme for the first time; None for never. A
        start beyond the last wave is a site that waits to the end.

    Returns
    -------
    tuple of GroupTime
        In order of start and wave. Waves at which nobody waits any more are missing, and so are sites that
        started at the first wave, for which there is no wave before.

    Raises
    ------
    DataError
        If the table and the list do not fit together, or a start is negative.

    Notes
    -----
    Callaway & Sant'Anna (2021), Journal of Econometrics 225, 200–230, equation 2.9 without covariates:
    ATT(g, t) = mean(Y_t − Y_{g−1} | start g) − mean(Y_t − Y_{g−1} | not started at t), sites unweighted. With one
    start it is the difference of two mean changes. Nothing is compared with sites that have started already,
    which is where two-way fixed effects go wrong (Goodman-Bacon 2021).

    Examples
    --------
    >>> cells = group_time_effects([[0, 2, 5], [0, 1, 3], [0, 0, 1], [0, 2, 1]], [1, 2, None, None])
    >>> [(c.start, c.wave, round(c.estimate, 3)) for c in cells]
    [(1, 1, 1.0), (1, 2, 4.0), (2, 2, 2.0)]
    """
    panel = _panel(means, starts, where="group_time_effects")
    return tuple(
        GroupTime(
            start=g,
            wave=t,
            estimate=float(panel.observed(_cell(panel, g, t))),
            sites_started=panel.size(g),
            sites_waiting=panel.waiting(t),
        )
        for g, t in panel.cells
    )


def stepped_effect(
    means: ArrayLike,
    starts: Sequence[int | None],
    *,
    n_draws: int = 9_999,
    rng: Rng = 0,
    ci_level: float = 0.95,
) -> SteppedEffect:
    """Estimate how much more sites changed once they had started than sites that had not.

    Parameters
    ----------
    means : array_like, shape (sites, waves)
        One mean per site and wave, waves in time order, in scale points: best the mean change since the first
        waves of the people of the site. A site with a NaN is left out and counted.
    starts : sequence of int or None, shape (sites,)
        The wave, counted from 0, at which each site has the programme for the first time; None for never. A
        start beyond the last wave counts as waiting to the end.
    n_draws : int
        Draws if there are more than 200,000 orders of the starts.
    rng : Generator or int
        Source of the draws, or a seed; not used where all orders are counted.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    SteppedEffect
        ``overall`` and ``by_time`` are means of ATT(g, t) weighted by the sites that started;
        ``within_period`` is the mean over waves of (started − not started), weighted by the harmonic size of
        the two. p is the share of orders of the start waves over sites whose statistic is at least as large; the
        interval holds every constant effect that this test does not reject. ``too_few_sites``, with the estimate,
        where there are too few orders for an interval of this level; ``no_variation``, with the estimate, if
        sites that started alike moved alike. ``refused`` says why there is no number at all: ``one_start``
        (then it is no stepped roll-out), ``nobody_before`` (a first start at the first wave),
        ``too_few_sites`` (fewer than four), ``nobody_waiting`` (at no wave somebody had started and somebody not).

    Raises
    ------
    DataError
        If the table and the list do not fit together, or a start is negative.
    DefinitionError
        If there are no draws, or the level is not between 0 and 1.

    Notes
    -----
    Callaway & Sant'Anna (2021); overall as their "simple" and by time as their "dynamic" aggregation. Within
    periods and permutation of the starts: Thompson et al. (2018), Statistics in Medicine 37, 2487–2500, with
    weights that depend on numbers of sites only, so that the interval is found by counting. If chance did not
    set the starts, p says how unusual the difference is among other orders of the same starts.

    Examples
    --------
    >>> sites = [[0, 3, 4], [0, 4, 4], [0, 1, 4], [0, 1, 3], [0, 0, 1], [0, 1, 0]]
    >>> found = stepped_effect(sites, [1, 1, 2, 2, None, None])
    >>> round(found.overall.estimate, 3), found.n_possible, round(found.overall.p_value, 3)
    (2.917, 90, 0.011)
    """
    where = "stepped_effect"
    check_level(ci_level, where=where)
    if n_draws < 1:
        raise DefinitionError(Problem(where, f"n_draws is {n_draws}.", "Give at least 1, better 9999."))
    panel = _panel(means, starts, where=where)
    refused = _refusal(panel, starts)
    if refused is not None:
        return _refuse(panel, refused, ci_level)
    weights = {"overall": _mean_of(panel, panel.cells), "within": _within_period(panel)}
    times = sorted({t - g for g, t in panel.cells})
    for e in times:
        weights[str(e)] = _mean_of(panel, [(g, t) for g, t in panel.cells if t - g == e])
    numbers = _recompute(panel, np.stack(list(weights.values())), n_draws, rng)
    tested = {
        name: _tested(panel, A, *both, ci_level=ci_level, method=_WITHIN if name == "within" else _ATT)
        for (name, A), both in zip(weights.items(), numbers, strict=True)
    }
    return SteppedEffect(
        overall=tested["overall"],
        by_time=tuple(
            TimeSinceStart(
                waves=e, sites=sum(panel.size(g) for g, t in panel.cells if t - g == e), estimate=tested[str(e)]
            )
            for e in times
        ),
        within_period=tested["within"],
        cells=group_time_effects(means, starts),
        waves_without_comparison=panel.without_comparison,
        sites=panel.sites,
        sites_started=sum(panel.size(g) for g in {g for g, _ in panel.cells}),
        n_dropped=panel.n_dropped,
        n_possible=panel.n_possible,
        n_orders=numbers[0][0].size,
        enumerated=panel.enumerated,
        refused=None,
    )


# --- the panel ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Panel:
    """Sites without a missing mean. Sites that wait to the end have the start ``waves``, whatever comes later."""

    y: Floats  # (sites, waves)
    start: NDArray[np.intp]  # per site
    n_dropped: int

    @property
    def sites(self) -> int:
        return int(self.start.size)

    @property
    def waves(self) -> int:
        return int(self.y.shape[1])

    @property
    def starts(self) -> list[int]:
        """Every start there is, in time order, the waiting last; a place in this list is a cohort."""
        return np.unique(self.start).tolist()

    @property
    def cohort(self) -> Orders:
        """The cohort of every site."""
        return np.searchsorted(np.unique(self.start), self.start).astype(np.intp)

    def size(self, start: int) -> int:
        return int((self.start == start).sum())

    def waiting(self, wave: int) -> int:
        return int((self.start > wave).sum())

    @property
    def cells(self) -> list[tuple[int, int]]:
        """Start and wave of every comparison there is."""
        return [(g, t) for g in self.starts if 0 < g < self.waves for t in range(g, self.waves) if self.waiting(t) > 0]

    @property
    def without_comparison(self) -> tuple[int, ...]:
        return tuple(t for t in range(self.waves) if self.sites and self.waiting(t) == 0)

    @property
    def n_possible(self) -> int:
        """How many orders of the same starts over the same sites there are."""
        left, ways = self.sites, []
        for g in self.starts:
            ways.append(comb(left, self.size(g)))
            left -= self.size(g)
        return prod(ways) if ways else 0

    @property
    def enumerated(self) -> bool:
        return self.n_possible <= _ENUMERATED_UP_TO

    @property
    def exposed(self) -> Floats:
        """1 at the waves at which a site has the programme, else 0."""
        return (np.arange(self.waves)[None, :] >= self.start[:, None]).astype(float)

    def observed(self, A: Floats) -> float:
        """Return the statistic whose weight for a site of cohort c at wave t is A[c, t]."""
        return float((A[self.cohort] * self.y).sum())


def _panel(means: ArrayLike, starts: Sequence[int | None], *, where: str) -> _Panel:
    y = floats(means, where=where, name="means")
    if y.ndim != 2:
        raise DataError(Problem(where, f"'means' has {y.ndim} dimensions.", "Give a row per site, a column per wave."))
    check_equal_lengths(y.shape[0], len(starts), where=where)
    if any(start is not None and start < 0 for start in starts):
        raise DataError(Problem(where, "a start is negative.", "Count waves from 0; None where a site never starts."))
    waves = y.shape[1]
    start = np.array([waves if s is None else min(s, waves) for s in starts], dtype=np.intp)
    complete = ~np.isnan(y).any(axis=1)
    kept = y[complete]
    if kept.size:
        kept = kept - kept.mean(axis=0)  # takes nothing away from a difference, and keeps the sums small
    return _Panel(y=kept, start=start[complete], n_dropped=int((~complete).sum()))


def _refusal(panel: _Panel, starts: Sequence[int | None]) -> Refusal | None:
    if len({start for start in starts if start is not None}) < 2:
        return "one_start"
    if panel.sites < FEWEST_SITES:
        return "too_few_sites"
    if panel.starts[0] == 0:
        return "nobody_before"
    return None if panel.cells else "nobody_waiting"


# --- weights -----------------------------------------------------------------------------------------------


def _cell(panel: _Panel, g: int, t: int) -> Floats:
    """Weigh the sites of every cohort, at every wave, so that the sum is ATT(g, t)."""
    A = np.zeros((len(panel.starts), panel.waves))
    waiting = panel.waiting(t)
    for c, start in enumerate(panel.starts):
        share = 1 / panel.size(g) if start == g else -1 / waiting if start > t else 0.0
        A[c, t] += share
        A[c, g - 1] -= share
    return A


def _mean_of(panel: _Panel, cells: Sequence[tuple[int, int]]) -> Floats:
    total = sum(panel.size(g) for g, _ in cells)
    parts = [panel.size(g) / total * _cell(panel, g, t) for g, t in cells]
    return np.asarray(np.sum(parts, axis=0))


def _within_period(panel: _Panel) -> Floats:
    A = np.zeros((len(panel.starts), panel.waves))
    starts = np.array(panel.starts)
    for t in range(panel.waves):
        waiting = panel.waiting(t)
        started = panel.sites - waiting
        if started and waiting:
            A[:, t] = np.where(starts <= t, waiting, -started) / panel.sites  # harmonic size × ±1/size of the arm
    total = sum(panel.waiting(t) * (panel.sites - panel.waiting(t)) for t in range(panel.waves)) / panel.sites
    return A / total


# --- permutation -------------------------------------------------------------------------------------------


def _recompute(panel: _Panel, weights: Floats, n_draws: int, rng: Rng) -> list[tuple[Floats, Floats]]:
    """Return, for every statistic, what it is in every order of the starts: of the means, and of the exposure."""
    # M[k, c, s]: what site s adds to statistic k if it is of cohort c
    of_means, of_exposure = weights @ panel.y.T, weights @ panel.exposed.T
    sites = np.arange(panel.sites)
    parts = [
        (of_means[:, order, sites].sum(axis=2), of_exposure[:, order, sites].sum(axis=2))
        for order in _orders(panel, n_draws, rng)
    ]
    first, second = (np.concatenate(each, axis=1) for each in zip(*parts, strict=True))
    return list(zip(first, second, strict=True))


def _orders(panel: _Panel, n_draws: int, rng: Rng) -> Iterator[Orders]:
    """Yield blocks of orders, one a row: the cohort of every site."""
    observed = panel.cohort
    if panel.enumerated:
        every = _every_order(np.bincount(observed))
        for size, start in _blocks(every.shape[0], panel.sites):
            yield every[start : start + size]
        return
    yield observed[None]  # the observed one counts, as the 1 in (b + 1)/(draws + 1)
    sizes = block_sizes(n_draws, panel.sites, elements=SMALL_BLOCK)
    for size, seed in zip(sizes, block_streams(rng, len(sizes)), strict=True):
        yield np.random.default_rng(seed).permuted(np.tile(observed, (size, 1)), axis=1)


def _blocks(n_rows: int, n_columns: int) -> Iterator[tuple[int, int]]:
    start = 0
    for size in block_sizes(n_rows, n_columns, elements=SMALL_BLOCK):
        yield size, start
        start += size


def _every_order(sizes: NDArray[np.intp]) -> Orders:
    """List every way to deal cohorts of the given sizes to the sites, one a row.

    Cohort after cohort takes its places among those that are free.
    """
    sites = int(sizes.sum())
    last = sizes.size - 1
    orders = np.full((1, sites), last, dtype=np.intp)
    free = np.arange(sites)[None]
    for cohort, size in enumerate(sizes[:-1].tolist()):
        m = free.shape[1]
        chosen = np.array(list(combinations(range(m), size)), dtype=np.intp)
        is_chosen = np.zeros((chosen.shape[0], m), dtype=bool)
        np.put_along_axis(is_chosen, chosen, True, axis=1)
        rest = np.nonzero(~is_chosen)[1].reshape(chosen.shape[0], m - size)
        orders = np.repeat(orders, chosen.shape[0], axis=0)
        taken = free[:, chosen].reshape(-1, size)
        np.put_along_axis(orders, taken, cohort, axis=1)
        free = free[:, rest].reshape(-1, m - size)
    return orders


def _tested(panel: _Panel, A: Floats, n0: Floats, n1: Floats, *, ci_level: float, method: str) -> Estimate:
    value = panel.observed(A)
    unexplained = panel.y - value * panel.exposed
    if all(no_spread(column, size=largest(panel.y, panel.exposed * value)) for column in unexplained.T):
        return _point(value, "no_variation", panel, method, ci_level)
    sizes = np.abs(n0)
    p_value = int((sizes >= abs(value) - 1e-10 * float(sizes.max())).sum()) / sizes.size
    limits = shift_limits(value, n0, n1, ci_level=ci_level)
    bounded = bool(np.isfinite(limits.low) and np.isfinite(limits.high))
    return Estimate(
        estimate=value,
        se=_NAN,
        df=_NAN,
        ci_low=limits.low if bounded else _NAN,
        ci_high=limits.high if bounded else _NAN,
        ci_level=ci_level,
        p_value=p_value,
        n=panel.sites,
        unit=_UNIT,
        method=method + _PERMUTED,
        status="estimated" if bounded else "too_few_sites",
    )


def _point(value: float, status: Status, panel: _Panel, method: str, ci_level: float) -> Estimate:
    return point_only(value, status=status, ci_level=ci_level, n=panel.sites, unit=_UNIT, method=method + _PERMUTED)


def _refuse(panel: _Panel, refused: Refusal, ci_level: float) -> SteppedEffect:
    return SteppedEffect(
        overall=_point(_NAN, "too_few_sites", panel, _ATT, ci_level),
        by_time=(),
        within_period=_point(_NAN, "too_few_sites", panel, _WITHIN, ci_level),
        cells=(),
        waves_without_comparison=panel.without_comparison,
        sites=panel.sites,
        sites_started=0,
        n_dropped=panel.n_dropped,
        n_possible=panel.n_possible,
        n_orders=0,
        enumerated=False,
        refused=refused,
    )
