"""Intervals of agreement that draw people again: the sentences of one interview are not independent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, DefinitionError, Problem, UnknownNames
from eval_tools.stats.agreement import USUAL, bare_agreement, known_ratings, parts_of, sums_of
from eval_tools.stats.agreement_ratings import Category, Ratings
from eval_tools.stats.agreement_result import Agreement, AgreementStatus, Coefficient
from eval_tools.stats.agreement_sums import UnitSums
from eval_tools.stats.agreement_weights import Weighting
from eval_tools.stats.cluster_design import Sites, find_clusters
from eval_tools.stats.estimate import check_equal_lengths, check_level
from eval_tools.stats.resampling import resample_sums
from eval_tools.stats.streams import Rng, seed_of

Floats = NDArray[np.float64]
Interval = Literal["expanded", "percentile", "bca"]
FEWEST_CLUSTERS = 10
_NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AgreementBootstrap:
    """Several coefficients with intervals from the same resamples."""

    agreements: tuple[Agreement, ...]  # se is the SD of the replicates
    replicates: Floats  # (resamples, coefficients), NaN where a resample has no coefficient; empty if none were drawn


def bootstrap_agreement(
    ratings: ArrayLike | Ratings,
    *,
    rng: Rng,
    clusters: Sites | None = None,
    coefficients: Sequence[Coefficient] = USUAL,
    weighting: Weighting | ArrayLike = "identity",
    categories: Sequence[Category] | None = None,
    n_resamples: int = 2_000,
    interval: Interval = "expanded",
    ci_level: float = 0.95,
) -> AgreementBootstrap:
    """Estimate how far coders agree, with intervals from drawing people, or units, with replacement.

    Parameters
    ----------
    ratings, coefficients, weighting, categories
        As in :func:`~eval_tools.stats.agreement.estimate_agreement`, like statuses, errors and sources.
    rng : Generator or int
        Source of the draws, or a seed.
    clusters : sequence of str, shape (units,), optional
        The person whose interview a unit comes from; whole people are drawn. Without it units are, which is right only
        if each unit is of another person.
    n_resamples : int
        How many.
    interval : {"expanded", "percentile", "bca"}
        Quantiles of the replicates: further out by the factor that makes them right for means of few people
        (Hesterberg 2015); as they are; or corrected for bias and acceleration.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    AgreementBootstrap
        ``too_few_clusters`` below ten people: the coefficient, without an interval. Resamples without a coefficient
        (a code that few interviews hold) count as lowest for the lower limit and as highest for the upper;
        ``undefined_resamples`` if a limit falls among them.

    Raises
    ------
    DataError
        Also if a unit has no person, or there is not one person for each unit.
    DefinitionError
        Also if the interval is unknown or there are no resamples.

    Notes
    -----
    A unit adds its agreement, its number of values and its counts; a resample is a weighted sum of these. Efron &
    Tibshirani (1993), chapters 13 and 14; Hesterberg (2015), American Statistician 69, 371–386, section 4.

    Examples
    --------
    >>> told = [[1, 1], [0, 0], [1, 0], [0, 0]] * 6
    >>> people = [f"P{i:02d}" for i in range(12) for _ in range(2)]
    >>> found = bootstrap_agreement(told, clusters=people, coefficients=["gwet"], rng=1).agreements[0]
    >>> round(found.estimate, 2), found.n_clusters, found.method
    (0.53, 12, 'expanded percentile bootstrap of people')
    """
    where = "bootstrap_agreement"
    check_level(ci_level, where=where)
    if interval not in get_args(Interval):
        raise UnknownNames("interval", missing=[interval], known=get_args(Interval), where=where)
    if n_resamples < 1:
        raise DefinitionError(Problem(where, f"n_resamples is {n_resamples}.", "Give at least 1, better 2000."))
    table = known_ratings(ratings, coefficients, weighting, categories, where=where)
    codes = None if clusters is None else _codes_of(clusters, ratings, table, where)
    parts = parts_of(table, coefficients)
    results: dict[str, tuple[Agreement, Floats]] = {}
    for (part, names), stream in zip(parts, seed_of(rng).spawn(len(parts)), strict=True):
        sums = sums_of(part, names, weighting, where=where)
        rows = sums.rows if codes is None else _add_up(sums.rows, codes[np.isin(table.kept, part.kept)])
        found = sums.coefficients(rows.sum(axis=0))
        bare = [bare_agreement(part, found, i, name, weighting, ci_level) for i, name in enumerate(names)]
        method = ("" if interval == "percentile" else interval + " ") + "percentile"
        method = f"{'BCa' if interval == 'bca' else method} bootstrap of {'units' if codes is None else 'people'}"
        n_clusters = 0 if codes is None else len(rows)
        bare = [replace(b, method=method, n_clusters=n_clusters) for b in bare]
        if codes is not None and len(rows) < FEWEST_CLUSTERS:
            bare = [replace(b, status="too_few_clusters") if b.status == "estimated" else b for b in bare]
        if all(b.status != "estimated" for b in bare):
            results |= {name: (b, np.empty(0)) for name, b in zip(names, bare, strict=True)}
            continue
        replicates = sums.coefficients(_drawn_sums(rows, sums.whole, n_resamples, stream)).estimate
        left_out = _without_each(sums, rows) if interval == "bca" else None
        for i, name in enumerate(names):
            out = None if left_out is None else left_out[:, i]
            done = (
                _limits(bare[i], replicates[:, i], out, interval, len(rows))
                if bare[i].status == "estimated"
                else bare[i]
            )
            results[name] = (done, replicates[:, i])
    drawn = [results[name][1] for name in coefficients]
    longest = max(d.size for d in drawn)
    return AgreementBootstrap(
        agreements=tuple(results[name][0] for name in coefficients),
        replicates=np.column_stack([d if d.size else np.full(longest, np.nan) for d in drawn]),
    )


def _codes_of(clusters: Sites, ratings: ArrayLike | Ratings, table: Ratings, where: str) -> NDArray[np.intp]:
    found = find_clusters(clusters, where=where)
    n_given = int(table.kept.max(initial=-1)) + 1 if isinstance(ratings, Ratings) else len(np.asarray(ratings, object))
    if not isinstance(ratings, Ratings) or found.codes.size < n_given:
        check_equal_lengths(found.codes.size, n_given, where=where)
    codes = found.codes[table.kept]
    nobody = int((codes < 0).sum())
    if nobody:
        raise DataError(Problem(where, f"{nobody} units have no person.", "Say whose interview each unit is from."))
    return np.unique(codes, return_inverse=True)[1]


def _add_up(rows: Floats, codes: NDArray[np.intp]) -> Floats:
    """Add up the rows of each person; people without a unit here are nobody's cluster."""
    used, codes = np.unique(codes, return_inverse=True)
    out = np.zeros((used.size, rows.shape[1]))
    np.add.at(out, codes, rows)
    return out


def _drawn_sums(rows: Floats, whole: Floats | None, n_resamples: int, rng: np.random.SeedSequence) -> Floats:
    """Draw and add up; whole numbers below 2**24 are exact as float32, which is twice as quick."""
    if whole is None or float((rows.max(axis=0, initial=0.0) * whole).max()) * len(rows) >= 2**24:
        return resample_sums(rows, n_resamples=n_resamples, rng=rng)
    numbers = np.rint(rows * whole).astype(np.float32)
    return resample_sums(numbers, n_resamples=n_resamples, rng=rng) / whole


def _without_each(sums: UnitSums, rows: Floats) -> Floats:
    return sums.coefficients(rows.sum(axis=0) - rows).estimate


def _limits(bare: Agreement, replicates: Floats, left_out: Floats | None, interval: Interval, n: int) -> Agreement:
    from scipy.special import ndtr, stdtrit

    levels = np.array([(1 - bare.ci_level) / 2, (1 + bare.ci_level) / 2])
    status: AgreementStatus = "estimated"
    defined = replicates[~np.isnan(replicates)]
    if interval == "expanded":
        levels = ndtr(np.sqrt(n / (n - 1)) * stdtrit(n - 1, levels))
    elif interval == "bca" and left_out is not None:
        levels = _bca_levels(levels, bare.estimate, defined, left_out)
    if np.isnan(levels).any() or defined.size < 2:
        status = "undefined_resamples"
        low = high = se = _NAN
    else:
        low = float(np.quantile(np.where(np.isnan(replicates), -2.0, replicates), levels[0]))
        high = float(np.quantile(np.where(np.isnan(replicates), 2.0, replicates), levels[1]))
        se = float(defined.std(ddof=1))
        if low < -1 or high > 1 + 1e-12:
            status, low, high, se = "undefined_resamples", _NAN, _NAN, _NAN
        elif high - low <= 1e-12:
            status, low, high, se = "no_disagreement", _NAN, _NAN, _NAN
    return replace(bare, se=se, ci_low=low, ci_high=high, status=status)


def _bca_levels(levels: Floats, estimate: float, replicates: Floats, left_out: Floats) -> Floats:
    """Return which quantiles bound the interval; NaN where leaving one out leaves no coefficient."""
    from scipy.special import ndtr, ndtri

    if replicates.size < 2 or np.isnan(left_out).any():
        return np.full(2, np.nan)
    tie = 1e-10 * float(np.ptp(replicates))
    z0 = ndtri(((replicates < estimate - tie).mean() + (replicates <= estimate + tie).mean()) / 2)
    push = left_out.mean() - left_out
    squares = float((push**2).sum())
    if not np.isfinite(z0) or not squares > 0:
        return np.full(2, np.nan)
    z = z0 + ndtri(levels)
    return ndtr(z0 + z / (1 - (push**3).sum() / (6 * squares**1.5) * z))
