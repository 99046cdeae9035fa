"""How far coders agree beyond chance: eight coefficients, with missing values and near misses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, DefinitionError, Problem, UnknownNames
from eval_tools.stats.agreement_ratings import Category, Ratings, tabulate_ratings
from eval_tools.stats.agreement_result import Agreement, AgreementStatus, Coefficient
from eval_tools.stats.agreement_sums import Coefficients, UnitSums, unit_sums
from eval_tools.stats.agreement_variance import unit_pushes
from eval_tools.stats.agreement_weights import Weighting, agreement_weights
from eval_tools.stats.estimate import check_level

Floats = NDArray[np.float64]
FOR_TWO: tuple[Coefficient, ...] = ("cohen", "scott")
USUAL: tuple[Coefficient, ...] = ("percent", "krippendorff", "fleiss", "gwet")
_NAN = float("nan")


def estimate_agreement(
    ratings: ArrayLike | Ratings,
    *,
    coefficients: Sequence[Coefficient] = USUAL,
    weighting: Weighting | ArrayLike = "identity",
    categories: Sequence[Category] | None = None,
    sampled: float = 0.0,
    ci_level: float = 0.95,
) -> tuple[Agreement, ...]:
    """Estimate how far coders agree, with Gwet's analytic intervals, units taken as independent.

    Sentences of one interview are not independent: for them :func:`bootstrap_agreement` with people gives the
    interval to report.

    Parameters
    ----------
    ratings : array_like, shape (units, coders), or Ratings
        Numbers or words; NaN or None where a coder was not given the unit.
    coefficients : sequence of str
        ``percent``; ``cohen`` and ``scott`` for two coders, on units both coded; ``conger`` (Cohen for several),
        ``fleiss`` (Scott for several, gaps allowed), ``krippendorff`` (alpha), ``gwet`` (AC1, with weights AC2),
        ``brennan_prediger`` (Bennett's S; for two categories PABAK).
    weighting : str or array_like
        How near misses count, see :func:`~eval_tools.stats.agreement_weights.agreement_weights`. ``ordinal`` has two
        meanings: alpha takes Krippendorff's rank distances, all others Gwet's ordinal weights.
    categories : sequence, optional
        All categories in order, also unused ones; needed for weights of words. Gwet's and Brennan and Prediger's
        coefficients depend on how many there are.
    sampled : float
        Share of all units of interest that is in the table; above 0 it shrinks the standard error.
    ci_level : float
        Level of the intervals, t with n - 1 degrees of freedom, cut at -1 and 1.

    Returns
    -------
    tuple of Agreement
        In the order asked for. ``no_pairs``, ``one_category`` (no coefficient but percent agreement),
        ``no_disagreement`` and ``one_unit`` (a coefficient without an interval) say what is missing.

    Raises
    ------
    DataError
        From :func:`~eval_tools.stats.agreement_ratings.tabulate_ratings`, or two-coder coefficients of another number
        of coders.
    DefinitionError
        Unknown coefficients or weights, or weights of words without an order.

    Notes
    -----
    Gwet (2014), Handbook of Inter-Rater Reliability, 4th ed.; Krippendorff (2011), Computing Krippendorff's
    Alpha-Reliability; the numbers of R and Python irrCAC, krippendorff and statsmodels, see
    ``tests/stats/test_agreement_reference.py``.

    Examples
    --------
    >>> told = [[1, 1, None, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4], [4, 4, 4, 4],
    ...         [1, 1, 2, 1], [2, 2, 2, 2], [None, 5, 5, 5], [None, None, 1, 1], [None, None, 3, None]]
    >>> for found in estimate_agreement(told):
    ...     print(found.coefficient, round(found.estimate, 3), round(found.se, 3))
    percent 0.818 0.126
    krippendorff 0.743 0.145
    fleiss 0.761 0.153
    gwet 0.775 0.143
    """
    where = "estimate_agreement"
    check_level(ci_level, where=where)
    if not 0.0 <= sampled <= 1.0:
        raise DefinitionError(Problem(where, f"sampled is {sampled}.", "Give a share between 0 and 1."))
    table = known_ratings(ratings, coefficients, weighting, categories, where=where)
    results: dict[str, Agreement] = {}
    for part, names in parts_of(table, coefficients):
        sums = sums_of(part, names, weighting, where=where)
        found = sums.coefficients(sums.rows.sum(axis=0))
        for place, name in enumerate(names):
            bare = bare_agreement(part, found, place, name, weighting, ci_level)
            results[name] = _with_interval(bare, part, sums, sampled)
    return tuple(results[name] for name in coefficients)


def known_ratings(
    ratings: ArrayLike | Ratings,
    coefficients: Sequence[Coefficient],
    weighting: Weighting | ArrayLike,
    categories: Sequence[Category] | None,
    *,
    where: str,
) -> Ratings:
    """Return the table, or refuse what cannot be asked of it."""
    unknown = [name for name in coefficients if name not in get_args(Coefficient)]
    if unknown or not coefficients:
        raise UnknownNames("coefficient", missing=unknown or [""], known=get_args(Coefficient), where=where)
    table = ratings if isinstance(ratings, Ratings) else tabulate_ratings(ratings, categories=categories, where=where)
    ordered = isinstance(weighting, str) and weighting != "identity"
    if ordered and table.numbers is None and categories is None and not isinstance(ratings, Ratings):
        raise DefinitionError(
            Problem(where, "words have no order of their own.", "Give 'categories', from lowest to highest.")
        )
    asked = [name for name in coefficients if name in FOR_TWO]
    if asked and table.n_coders != 2:
        raise DataError(
            Problem(
                where,
                f"{', '.join(asked)}: {table.n_coders} coders, but it is for two.",
                "Use conger or fleiss, or two coders at a time.",
            )
        )
    return table


def parts_of(table: Ratings, coefficients: Sequence[Coefficient]) -> list[tuple[Ratings, tuple[Coefficient, ...]]]:
    """Split the coefficients: those for two coders look at units that both coded, the others at all."""
    parts = []
    rest = tuple(name for name in dict.fromkeys(coefficients) if name not in FOR_TWO)
    if rest:
        parts.append((table, rest))
    two = tuple(name for name in dict.fromkeys(coefficients) if name in FOR_TWO)
    if two:
        both = (table.codes >= 0).all(axis=1)
        parts.append((replace(table, codes=table.codes[both], kept=table.kept[both]), two))
    return parts


def sums_of(table: Ratings, names: Sequence[str], weighting: Weighting | ArrayLike, *, where: str) -> UnitSums:
    """Return what each unit adds to these coefficients."""
    weights, _ = agreement_weights(table, weighting, where=where)
    ordinal = isinstance(weighting, str) and weighting == "ordinal" and "krippendorff" in names
    return unit_sums(table, weights, names, ordinal_distances=ordinal)


def bare_agreement(
    table: Ratings,
    found: Coefficients,
    place: int,
    name: str,
    weighting: Weighting | ArrayLike,
    ci_level: float,
) -> Agreement:
    """Return a coefficient without an interval; its status says what is already known to be missing."""
    estimate, observed, expected = (float(a[place]) for a in (found.estimate, found.observed, found.expected))
    twice = (table.codes >= 0).sum(axis=1) >= 2
    n_twice = int(twice.sum())
    status: AgreementStatus = "estimated"
    if n_twice == 0:
        status = "no_pairs"
    elif np.isnan(estimate):
        status = "one_category"
    elif n_twice == 1:
        status = "one_unit"
    elif observed > 1 - 1e-12:
        status = "no_disagreement"
    return Agreement(
        coefficient=name,
        weighting=weighting if isinstance(weighting, str) else "own",
        estimate=estimate,
        se=_NAN,
        df=_NAN,
        ci_low=_NAN,
        ci_high=_NAN,
        ci_level=ci_level,
        observed=observed,
        expected=expected,
        n_units=table.n_units,
        n_coded_twice=n_twice,
        n_coders=table.n_coders,
        n_clusters=0,
        n_categories=len(table.categories),
        method="Gwet (2014), units independent",
        status=status,
    )


def _with_interval(bare: Agreement, table: Ratings, sums: UnitSums, sampled: float) -> Agreement:
    from scipy.special import stdtrit

    if bare.status != "estimated":
        return bare
    push = unit_pushes(
        table,
        _with_rank_weights(sums) if sums.pair_places is not None and bare.coefficient == "krippendorff" else sums,
        bare.coefficient,
        estimate=bare.estimate,
        observed=bare.observed,
        expected=bare.expected,
    )
    n = push.size
    se = float(np.sqrt((1 - sampled) * (push @ push) / (n * (n - 1))))
    half = float(stdtrit(n - 1, (1 + bare.ci_level) / 2)) * se
    return replace(
        bare, se=se, df=float(n - 1), ci_low=max(-1.0, bare.estimate - half), ci_high=min(1.0, bare.estimate + half)
    )


def _with_rank_weights(sums: UnitSums) -> UnitSums:
    """Return the same with Krippendorff's rank distances, as the data at hand give them, for weights."""
    q = sums.weights.shape[0]
    n = sums.rows[:, 3 + q : 3 + 2 * q].sum(axis=0)
    ranks = np.cumsum(n) - n / 2
    apart = np.subtract.outer(ranks, ranks) ** 2
    return replace(sums, weights=1 - apart / (ranks[-1] - ranks[0]) ** 2)
