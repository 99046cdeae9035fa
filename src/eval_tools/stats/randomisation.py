"""Randomisation inference over schools: how unusual a difference is among all assignments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, islice, product
from math import comb, prod
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, DefinitionError, Problem, UnknownNames
from eval_tools.stats.cluster_design import (
    Floats,
    SiteRows,
    Sites,
    arm_of_people,
    arm_of_sites,
    complete_rows,
    find_clusters,
    point_only,
)
from eval_tools.stats.estimate import Estimate, Status, check_level, largest, no_spread
from eval_tools.stats.inversion import Recomputed, shift_limits
from eval_tools.stats.streams import SMALL_BLOCK, Rng, block_sizes, block_streams

Statistic = Literal["difference", "studentised"]
_ENUMERATED_UP_TO = 200_000  # assignments
_METHOD = "randomisation of schools"
_UNIT = "scale points"
_NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Randomisation:
    """One difference between arms, compared with what other assignments of the schools would have given."""

    estimate: Estimate  # in scale points; interval by inversion of the test; no df
    statistic: Statistic
    smallest_p: float  # no result could have a smaller p value
    n_possible: int  # assignments with as many programme schools (per stratum)
    n_assignments: int  # assignments used, the observed one among them
    enumerated: bool  # whether these are all assignments there are
    sites_treated: int
    sites_comparison: int
    n_dropped: int  # people left out, for a missing value or a missing site


def randomise_difference(
    change: ArrayLike,
    treat: ArrayLike,
    sites: Sites,
    *,
    strata: Sites | None = None,
    statistic: Statistic = "difference",
    n_draws: int = 9_999,
    rng: Rng = 0,
    ci_level: float = 0.95,
) -> Randomisation:
    """Ask how unusual the difference of school means is among all ways to choose the programme schools.

    Parameters
    ----------
    change : array_like, shape (participants,)
        After minus before, in scale points; NaN where missing.
    treat : array_like, shape (participants,)
        1 for people of programme schools, 0 for people of comparison schools, NaN where missing.
    sites : sequence of str, shape (participants,)
        The site of every person; None, NaN or "" where missing.
    strata : sequence of str, shape (participants,), optional
        The stratum of every person's site, if schools were drawn within strata.
    statistic : {"difference", "studentised"}
        Whether the difference itself is compared, or divided by its standard error (Welch's, on school
        means), which is safer if one arm varies more.
    n_draws : int
        Draws if there are more than 200,000 assignments.
    rng : Generator or int
        Source of the draws, or a seed; not used where all assignments are counted.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Randomisation
        The difference of unweighted school means, within strata, weighted by schools. p is the share of
        assignments with a statistic at least as large, with a tolerance for rounding errors, or
        (b + 1)/(draws + 1). ``too_few_sites``, with the estimate, if an arm has one school (in a stratum, if
        studentised), and, with the p value too, if there are too few assignments for an interval of
        this level; without estimate if an arm is empty in some stratum. ``no_variation``, with
        the estimate, if the schools of each arm have equal means.

    Raises
    ------
    DataError
        If the lengths differ, or a school has people of both arms or of several strata.
    DefinitionError
        If the statistic is unknown or there are no draws.

    Notes
    -----
    Fisher (1935); Gail et al. (1996), Statistics in Medicine 15, 1069–1092; studentised: Janssen (1997). The
    interval holds every effect, equal for all schools, that the test does not reject. If schools were not
    drawn at random, the p value only says how unusual the difference is among relabellings.

    Examples
    --------
    >>> result = randomise_difference([1, 2, 3, 6, 7, 9], [0, 0, 0, 1, 1, 1], list("abcdef"))
    >>> result.estimate.p_value, result.n_assignments, result.estimate.status
    (0.1, 20, 'too_few_sites')
    """
    where = "randomise_difference"
    design = _design(
        [change],
        treat,
        sites,
        strata=strata,
        statistic=statistic,
        n_draws=n_draws,
        rng=rng,
        ci_level=ci_level,
        where=where,
    )
    if design.status != "estimated":
        return _untested(design)
    rows, treated = design.rows, design.treated
    means = rows.means(rows.columns[0])
    ready = means - means.mean()  # takes nothing away from a difference, and keeps the sums small
    strata_of = design.members
    observed = treated.astype(float)

    def numbers(D: Floats, y: Floats) -> Floats:
        """Return the difference for every assignment, one a row of D."""
        weights, constant = np.empty(y.size), 0.0
        for members in strata_of:
            m, t = members.size, int(treated[members].sum())
            weights[members] = y[members] * (1 / t + 1 / (m - t)) * (m / y.size)
            constant += float(y[members].sum()) / (m - t) * (m / y.size)
        return D @ weights - constant

    def squares(D: Floats, y: Floats, z: Floats) -> Floats:
        """Return Welch's variance for every assignment, or the covariance of y and z."""
        total = np.zeros(D.shape[0])
        for members in strata_of:
            share = (members.size / y.size) ** 2
            for E in (D[:, members], 1 - D[:, members]):
                m = float(E[0].sum())
                one, two = y[members], z[members]
                spread = E @ (one * two) - (E @ one) * (E @ two) / m
                total += share * spread / (m * (m - 1))
        return total

    arms = [ready[members][treated[members] == arm] for members in strata_of for arm in (True, False)]
    spread = np.concatenate([arm - arm.mean() for arm in arms])
    value = float(numbers(observed[None], ready)[0])
    status: Status = "estimated"
    if min(int(treated.sum()), int((~treated).sum())) < 2:
        status = "too_few_sites"
    elif no_spread(spread, size=largest(rows.columns[0])):
        status = "no_variation"
    elif statistic == "studentised" and min(arm.size for arm in arms) < 2:
        status = "too_few_sites"
    if status != "estimated":
        return _untested(design, value, status)

    def recompute(D: Floats) -> list[Floats]:
        parts = [numbers(D, ready), numbers(D, observed)]
        if statistic == "studentised":
            parts += [squares(D, ready, ready), squares(D, ready, observed), squares(D, observed, observed)]
        return parts

    return _tested(design, recompute, rounding=1e-12 * largest(*rows.columns))


def randomise_ancova(
    before: ArrayLike,
    after: ArrayLike,
    treat: ArrayLike,
    sites: Sites,
    *,
    strata: Sites | None = None,
    statistic: Statistic = "difference",
    n_draws: int = 9_999,
    rng: Rng = 0,
    ci_level: float = 0.95,
) -> Randomisation:
    """Ask how unusual the adjusted difference is among all ways to choose the programme schools.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order, in scale points; NaN where missing.
    treat : array_like, shape (participants,)
        1 for people of programme schools, 0 for people of comparison schools, NaN where missing.
    sites : sequence of str, shape (participants,)
        The site of every person; None, NaN or "" where missing.
    strata : sequence of str, shape (participants,), optional
        The stratum of every person's site; strata then also enter the model, one level each.
    statistic : {"difference", "studentised"}
        Whether the coefficient itself is compared, or divided by its standard error based on sites (CR0).
    n_draws, rng, ci_level
        As in :func:`randomise_difference`.

    Returns
    -------
    Randomisation
        The coefficient of the programme in after ~ programme + before (+ strata), of people. Its p value and
        statuses are those of :func:`randomise_difference`; also ``no_variation`` if scores before do not vary.

    Raises
    ------
    DataError
        If the lengths differ, or a school has people of both arms or of several strata.
    DefinitionError
        If the statistic is unknown or there are no draws.

    Notes
    -----
    Fisher (1935); adjusted: Gail et al. (1996), Statistics in Medicine 15, 1069–1092. The model is refitted for
    every assignment, from sums per site.

    Examples
    --------
    >>> result = randomise_ancova([1, 2, 3, 1, 2, 4], [1, 3, 3, 4, 4, 7], [0, 0, 0, 1, 1, 1], list("abcdef"))
    >>> round(result.estimate.estimate, 3), result.estimate.p_value
    (2.317, 0.1)
    """
    where = "randomise_ancova"
    design = _design(
        [before, after],
        treat,
        sites,
        strata=strata,
        statistic=statistic,
        n_draws=n_draws,
        rng=rng,
        ci_level=ci_level,
        where=where,
    )
    if design.status != "estimated":
        return _untested(design)
    rows, treated = design.rows, design.treated
    x, y = rows.columns[0], rows.columns[1]
    people = design.strata[rows.clusters.codes]
    n_strata = int(people.max()) + 1
    size = largest(x, y)
    levels = (people[:, None] == np.arange(n_strata)).astype(float)
    Q, R = np.linalg.qr(np.column_stack([levels, x - x.mean()]))
    if rows.n <= n_strata + 2 or abs(R[-1, -1]) <= 1e-10 * max(float(np.linalg.norm(x)), 1e-300):
        return _untested(design, _NAN, "no_variation")
    B = rows.sums(Q)  # sites × columns: Q_g'1
    n_g = rows.clusters.sizes.astype(float)
    W = np.stack([Q[s].T @ Q[s] for s in rows.slices()])
    observed = treated.astype(float)
    arm = observed[rows.clusters.codes]

    def left_over(values: Floats) -> Floats:
        return values - Q @ (Q.T @ values)

    residual_y, residual_arm = left_over(left_over(y)), left_over(left_over(arm))
    own = float(residual_arm @ residual_arm)
    if own <= 1e-10 * rows.n:
        return _untested(design, _NAN, "no_variation")
    value = float(residual_arm @ residual_y) / own
    if min(int(treated.sum()), int((~treated).sum())) < 2:
        return _untested(design, value, "too_few_sites")
    if no_spread(residual_y - value * residual_arm, size=size):
        return _untested(design, value, "no_variation")
    S = rows.sums(np.column_stack([residual_y, residual_arm]))  # sites × 2: 1'y, 1'arm, left over
    YQ = [rows.sums(Q * v[:, None]) for v in (residual_y, residual_arm)]

    def recompute(D: Floats) -> list[Floats]:
        h = D @ B  # Q'd
        length = D @ n_g - (h**2).sum(axis=1)
        usable = length > 1e-10 * rows.n
        length = np.where(usable, length, np.inf)
        coefficients = [(D @ s) / length for s in S.T]
        if statistic == "difference":
            return coefficients
        squares = D * n_g - 2 * D * (h @ B.T)
        for g, W_g in enumerate(W):
            squares[:, g] += np.einsum("bi,ij,bj->b", h, W_g, h)
        u = [
            ((D * s - h @ yq.T) - b[:, None] * squares) / length[:, None]
            for s, yq, b in zip(S.T, YQ, coefficients, strict=True)
        ]
        return [*coefficients, *((u[i] * u[j]).sum(axis=1) for i, j in ((0, 0), (0, 1), (1, 1)))]

    return _tested(design, recompute, rounding=1e-12 * largest(*rows.columns))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Design:
    rows: SiteRows
    treated: NDArray[np.bool_]  # per site
    strata: NDArray[np.intp]  # per site
    statistic: Statistic
    n_draws: int
    rng: Rng
    ci_level: float
    status: Status

    @property
    def members(self) -> list[NDArray[np.intp]]:
        """The sites of every stratum."""
        return [np.flatnonzero(self.strata == s) for s in range(int(self.strata.max()) + 1)]

    @property
    def n_possible(self) -> int:
        return prod(comb(m.size, int(self.treated[m].sum())) for m in self.members) if self.rows.n else 0

    @property
    def enumerated(self) -> bool:
        return self.n_possible <= _ENUMERATED_UP_TO

    @property
    def n_assignments(self) -> int:
        return self.n_possible if self.enumerated else self.n_draws + 1

    @property
    def smallest_p(self) -> float:
        mirrored = all(2 * int(self.treated[m].sum()) == m.size for m in self.members)
        return max((2 if mirrored else 1) / self.n_possible, 1 / self.n_assignments)

    def assignments(self) -> Iterator[Floats]:
        """Yield blocks of assignments, one a row: 1 for programme, 0 for comparison."""
        G, members = self.treated.size, self.members
        n_treated = [int(self.treated[m].sum()) for m in members]
        if self.enumerated:
            ways = product(*(combinations(m.tolist(), t) for m, t in zip(members, n_treated, strict=True)))
            for size in block_sizes(self.n_possible, G, elements=SMALL_BLOCK):
                flat = chain.from_iterable(chain.from_iterable(islice(ways, size)))
                chosen = np.fromiter(flat, dtype=np.intp, count=size * sum(n_treated)).reshape(size, -1)
                D = np.zeros((size, G))
                np.put_along_axis(D, chosen, 1.0, axis=1)
                yield D
            return
        yield self.treated.astype(float)[None]  # the observed one counts, as the 1 in (b + 1)/(draws + 1)
        sizes = block_sizes(self.n_draws, G, elements=SMALL_BLOCK)
        for size, seed in zip(sizes, block_streams(self.rng, len(sizes)), strict=True):
            generator = np.random.default_rng(seed)
            D = np.tile(self.treated.astype(float), (size, 1))
            for m in members:
                D[:, m] = generator.permuted(D[:, m], axis=1)
            yield D


def _design(
    columns: Sequence[ArrayLike],
    treat: ArrayLike,
    sites: Sites,
    *,
    strata: Sites | None,
    statistic: Statistic,
    n_draws: int,
    rng: Rng,
    ci_level: float,
    where: str,
) -> _Design:
    check_level(ci_level, where=where)
    if statistic not in get_args(Statistic):
        raise UnknownNames("statistic", missing=[statistic], known=get_args(Statistic), where=where)
    if n_draws < 1:
        raise DefinitionError(Problem(where, f"n_draws is {n_draws}.", "Give at least 1, better 9999."))
    arm = arm_of_people(treat, where=where)
    names = ["after" if len(columns) == 2 and i else "before" for i in range(len(columns))]
    if strata is None:
        codes = np.zeros(arm.size)
    else:
        found = find_clusters(strata, where=where).codes
        codes = np.where(found < 0, np.nan, found)
    rows = complete_rows(sites, [*columns, arm, codes], names=[*names, "treat", "strata"], where=where)
    treated = arm_of_sites(rows, rows.columns[-2], where=where)
    first = rows.columns[-1][rows.starts] if rows.n else np.zeros(0)
    if rows.n and (rows.columns[-1] != np.repeat(first, rows.clusters.sizes)).any():
        raise DataError(Problem(where, "a site has people of several strata.", "Give every site one stratum."))
    strata_of_sites = np.unique(first, return_inverse=True)[1].astype(np.intp)
    status: Status = "estimated" if rows.n else "too_few_people"
    for s in range(int(strata_of_sites.max()) + 1 if rows.n else 0):
        if np.unique(treated[strata_of_sites == s]).size < 2:
            status = "too_few_sites"
    return _Design(
        rows=rows,
        treated=treated,
        strata=strata_of_sites,
        statistic=statistic,
        n_draws=n_draws,
        rng=rng,
        ci_level=ci_level,
        status=status,
    )


def _tested(design: _Design, recompute: Callable[[Floats], list[Floats]], *, rounding: float) -> Randomisation:
    observed = [float(part[0]) for part in recompute(design.treated.astype(float)[None])]
    value, se = observed[0], _NAN
    if design.statistic == "studentised":
        se = max(observed[2], 0.0) ** 0.5
        if se <= rounding:
            return _untested(design, value, "no_variation")
    numbers = np.concatenate([np.stack(recompute(D)) for D in design.assignments()], axis=1)
    if design.statistic == "studentised":
        n0, n1, q00, q01, q11 = numbers
        recomputed = Recomputed(n0=n0, n1=n1, q00=q00, q01=q01, q11=q11, extra=0)
        p_value = recomputed.p_value(estimate=value, se=se)
        limits = recomputed.limits(estimate=value, se=se, ci_level=design.ci_level)
    else:
        sizes = np.abs(numbers[0])
        p_value = int((sizes >= abs(value) - 1e-10 * float(sizes.max())).sum()) / sizes.size
        limits = shift_limits(value, numbers[0], numbers[1], ci_level=design.ci_level)
    bounded = bool(np.isfinite(limits.low) and np.isfinite(limits.high))
    estimate = Estimate(
        estimate=value,
        se=se,
        df=_NAN,
        ci_low=limits.low if bounded else _NAN,
        ci_high=limits.high if bounded else _NAN,
        ci_level=design.ci_level,
        p_value=p_value,
        n=design.rows.n,
        unit=_UNIT,
        method=_METHOD,
        status="estimated" if bounded else "too_few_sites",
    )
    return _result(design, estimate, tested=True)


def _untested(design: _Design, value: float = _NAN, status: Status | None = None) -> Randomisation:
    status = design.status if status is None else status
    estimate = point_only(value, status=status, ci_level=design.ci_level, n=design.rows.n, unit=_UNIT, method=_METHOD)
    return _result(design, estimate, tested=False)


def _result(design: _Design, estimate: Estimate, *, tested: bool) -> Randomisation:
    return Randomisation(
        estimate=estimate,
        statistic=design.statistic,
        smallest_p=design.smallest_p if tested else _NAN,
        n_possible=design.n_possible,
        n_assignments=design.n_assignments if tested else 0,
        enumerated=tested and design.enumerated,
        sites_treated=int(design.treated.sum()),
        sites_comparison=int((~design.treated).sum()),
        n_dropped=design.rows.n_dropped,
    )
