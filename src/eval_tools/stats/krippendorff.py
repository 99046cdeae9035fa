"""Krippendorff's alpha at every level, with distances of one's own and for sets of codes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, DefinitionError, Problem, UnknownNames
from eval_tools.stats.agreement import estimate_agreement
from eval_tools.stats.agreement_ratings import Category, Ratings, tabulate_ratings
from eval_tools.stats.agreement_result import Agreement
from eval_tools.stats.agreement_weights import (
    SET_DISTANCES,
    Distance,
    SetDistance,
    Weighting,
    distance_matrix,
    ratio_distance,
)
from eval_tools.stats.estimate import check_level
from eval_tools.stats.streams import Rng, seed_of

Floats = NDArray[np.float64]
Level = Literal["nominal", "ordinal", "interval", "ratio"]
WEIGHTING: dict[Level, Weighting] = {
    "nominal": "identity",
    "ordinal": "ordinal",
    "interval": "quadratic",
    "ratio": "ratio",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coincidences:
    """How often two values met in a unit, and how far apart they are."""

    categories: tuple[object, ...]
    observed: Floats  # (categories, categories), sums to the pairable values
    distances: Floats
    n_pairable: int
    n_dropped: int  # units with a value that no second coder coded


def krippendorff_alpha(
    ratings: ArrayLike | Ratings,
    *,
    level: Level = "nominal",
    categories: Sequence[Category] | None = None,
    ci_level: float = 0.95,
) -> Agreement:
    """Estimate Krippendorff's alpha with Gwet's analytic interval, units taken as independent.

    Parameters
    ----------
    ratings, categories, ci_level
        As in :func:`~eval_tools.stats.agreement.estimate_agreement`, like statuses and errors.
    level : {"nominal", "ordinal", "interval", "ratio"}
        How far apart two values are: all the same; by the ranks between them; by their squared difference; by their
        squared relative difference.

    Returns
    -------
    Agreement
        An interval that draws people comes from :func:`~eval_tools.stats.agreement_bootstrap.bootstrap_agreement`
        with the weighting ``WEIGHTING[level]``.

    Notes
    -----
    Krippendorff (2011), Computing Krippendorff's Alpha-Reliability.

    Examples
    --------
    >>> told = [[1, 1, None, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4], [4, 4, 4, 4],
    ...         [1, 1, 2, 1], [2, 2, 2, 2], [None, 5, 5, 5], [None, None, 1, 1], [None, 3, None, None]]
    >>> [round(krippendorff_alpha(told, level=level).estimate, 3) for level in WEIGHTING]
    [0.743, 0.815, 0.849, 0.797]
    """
    _check_level_word(level, "krippendorff_alpha")
    return estimate_agreement(
        ratings, coefficients=["krippendorff"], weighting=WEIGHTING[level], categories=categories, ci_level=ci_level
    )[0]


def alpha_by_distance(
    ratings: ArrayLike | Ratings,
    *,
    distance: Distance | ArrayLike,
    categories: Sequence[Category] | None = None,
    ci_level: float = 0.95,
) -> Agreement:
    """Estimate alpha with distances of one's own, which enter as they are (square them first if that is meant).

    Examples
    --------
    >>> far = {frozenset({"a", "b"}): 1.0, frozenset({"a", "c"}): 0.5, frozenset({"b", "c"}): 0.5}
    >>> told = [["a", "a"], ["b", "b"], ["c", "c"], ["a", "c"], ["b", "c"], ["b", "b"]]
    >>> found = alpha_by_distance(told, distance=lambda c, k: far.get(frozenset({c, k}), 0.0))
    >>> round(found.estimate, 3)
    0.645
    """
    where = "alpha_by_distance"
    table = ratings if isinstance(ratings, Ratings) else tabulate_ratings(ratings, categories=categories, where=where)
    distances = distance_matrix(table.categories, distance, where=where)
    return _with_distances(table, distances, ci_level)


def alpha_of_sets(
    sets: Sequence[Sequence[Collection[str] | None]], *, distance: SetDistance = "masi", ci_level: float = 0.95
) -> Agreement:
    """Estimate alpha for units that carry several codes at once.

    Parameters
    ----------
    sets : sequence, shape (units, coders)
        The codes each coder put on each unit; an empty set where none, None where the unit was not given.
    distance : {"masi", "jaccard"}
        See :func:`~eval_tools.stats.agreement_weights.masi_distance`.
    ci_level : float
        Level of Gwet's analytic interval.

    Examples
    --------
    >>> told = [[{"sad"}, {"sad", "school"}], [set(), set()], [{"school"}, {"school"}], [{"sad"}, None]]
    >>> round(alpha_of_sets(told).estimate, 3)
    0.722
    """
    where = "alpha_of_sets"
    if distance not in get_args(SetDistance):
        raise UnknownNames("distance", missing=[distance], known=get_args(SetDistance), where=where)
    lengths = {len(row) for row in sets}
    if len(lengths) > 1:
        raise DataError(Problem(where, "units differ in the number of coders.", "Give one place for each coder."))
    frozen = [[None if s is None else frozenset(s) for s in row] for row in sets]
    distinct = sorted({s for row in frozen for s in row if s is not None}, key=lambda s: (len(s), sorted(s)))
    place = {s: float(i) for i, s in enumerate(distinct)}
    table = tabulate_ratings(
        np.array([[np.nan if s is None else place[s] for s in row] for row in frozen]).reshape(len(sets), -1),
        categories=range(len(distinct)) if distinct else None,
        where=where,
    )
    return _with_distances(table, distance_matrix(distinct, SET_DISTANCES[distance], where=where), ci_level)


def coincidences(
    ratings: ArrayLike | Ratings, *, level: Level = "nominal", categories: Sequence[Category] | None = None
) -> Coincidences:
    """Count how often two values met in a unit: the table that shows which codes are taken for each other.

    Examples
    --------
    >>> coincidences([[1, 1], [1, 2], [2, None]]).observed.tolist()
    [[2.0, 1.0], [1.0, 0.0]]
    """
    where = "coincidences"
    _check_level_word(level, where)
    table = ratings if isinstance(ratings, Ratings) else tabulate_ratings(ratings, categories=categories, where=where)
    counts = table.counts
    r = counts.sum(axis=1)
    counts, r = counts[r >= 2], r[r >= 2]
    over = counts / (r - 1)[:, None]
    observed = counts.T @ over - np.diag(over.sum(axis=0))
    values = table.numbers if table.numbers is not None else np.arange(1.0, len(table.categories) + 1)
    n = counts.sum(axis=0)
    if level == "nominal":
        distances = 1 - np.eye(n.size)
    elif level == "ratio":
        distances = ratio_distance(values, where=where)
    else:
        places = np.cumsum(n) - n / 2 if level == "ordinal" else values
        distances = np.subtract.outer(places, places) ** 2
    return Coincidences(
        categories=table.categories,
        observed=observed,
        distances=distances,
        n_pairable=int(r.sum()),
        n_dropped=table.n_units - r.size,
    )


def hayes_krippendorff_interval(
    ratings: ArrayLike | Ratings,
    *,
    rng: Rng,
    level: Level = "nominal",
    categories: Sequence[Category] | None = None,
    n_resamples: int = 10_000,
    ci_level: float = 0.95,
) -> Agreement:
    """Give alpha the interval of Hayes and Krippendorff, for comparison with programs that print it.

    It draws the disagreements of pairs as if each pair were independent, so it is too narrow where units come from few
    people; :func:`~eval_tools.stats.agreement_bootstrap.bootstrap_agreement` is the one to report.

    Examples
    --------
    >>> told = [[1, 1, 2], [2, 2, 2], [3, 3, 3], [1, 1, 1], [2, 3, 2], [3, 3, 3], [1, 2, 1], [3, 3, None]]
    >>> found = hayes_krippendorff_interval(told, level="ordinal", rng=1)
    >>> found.ci_low < found.estimate < found.ci_high
    True

    Notes
    -----
    Hayes & Krippendorff (2007), Communication Methods and Measures 1, 77–89; expected disagreement is taken as known.
    """
    where = "hayes_krippendorff_interval"
    check_level(ci_level, where=where)
    if n_resamples < 2:
        raise DefinitionError(Problem(where, f"n_resamples is {n_resamples}.", "Give at least 2, better 10000."))
    table = ratings if isinstance(ratings, Ratings) else tabulate_ratings(ratings, categories=categories, where=where)
    bare = replace(
        krippendorff_alpha(table, level=level, ci_level=ci_level),
        method="Hayes & Krippendorff (2007) bootstrap of pairs",
        se=float("nan"),
        df=float("nan"),
        ci_low=float("nan"),
        ci_high=float("nan"),
    )
    if bare.status != "estimated":
        return bare
    met = coincidences(table, level=level)
    n = met.observed.sum(axis=0)
    expected = float(n @ met.distances @ n) / (n.sum() * (n.sum() - 1))
    shares = met.observed.ravel() / met.observed.sum()
    r = (table.codes >= 0).sum(axis=1)
    disagreement = np.zeros(n_resamples)
    generator = np.random.default_rng(seed_of(rng))
    for size in np.unique(r[r >= 2]).tolist():
        pairs = int((r == size).sum()) * size * (size - 1) // 2
        drawn = generator.multinomial(pairs, shares, size=n_resamples)
        disagreement += 2 / (size - 1) * (drawn @ met.distances.ravel())
    replicates = 1 - disagreement / n.sum() / expected
    low, high = np.quantile(replicates, [(1 - ci_level) / 2, (1 + ci_level) / 2]).tolist()
    return replace(bare, se=float(replicates.std(ddof=1)), ci_low=max(-1.0, low), ci_high=high)


def _with_distances(table: Ratings, distances: Floats, ci_level: float) -> Agreement:
    largest = float(distances.max(initial=0.0))
    weights = 1 - distances / (largest if largest > 0 else 1.0)
    return estimate_agreement(table, coefficients=["krippendorff"], weighting=weights, ci_level=ci_level)[0]


def _check_level_word(level: str, where: str) -> None:
    if level not in get_args(Level):
        raise UnknownNames("level", missing=[level], known=get_args(Level), where=where)
