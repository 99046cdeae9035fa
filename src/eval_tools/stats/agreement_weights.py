"""How far apart two categories are: weights that count near misses as partial agreement, and distances."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, DefinitionError, Problem, UnknownNames
from eval_tools.stats.agreement_ratings import Ratings

Floats = NDArray[np.float64]
Weighting = Literal["identity", "linear", "quadratic", "ordinal", "ratio"]
SetDistance = Literal["masi", "jaccard"]
Distance = Callable[[Any, Any], float]


def agreement_weights(ratings: Ratings, weighting: Weighting | ArrayLike, *, where: str) -> tuple[Floats, str]:
    """Return the weights of all pairs of categories, 1 on the diagonal, and their name.

    Parameters
    ----------
    ratings : Ratings
        Gives the categories. Words have no distances except those of their order, which must have been given.
    weighting : {"identity", "linear", "quadratic", "ordinal", "ratio"} or array_like, shape (categories, categories)
        ``identity``: only the same category agrees (nominal). ``linear``, ``quadratic``: 1 - |c - k|/range and its
        square (interval). ``ordinal``: Gwet's 1 - M/M_max with M = C(|c - k| + 1, 2) in places. ``ratio``:
        1 - ((c - k)/(c + k))² over its largest. Or weights of one's own, symmetric, 1 on the diagonal.

    Examples
    --------
    >>> from eval_tools.stats.agreement_ratings import tabulate_ratings
    >>> agreement_weights(tabulate_ratings([[1, 2], [3, 3]]), "linear", where="here")[0].tolist()
    [[1.0, 0.5, 0.0], [0.5, 1.0, 0.5], [0.0, 0.5, 1.0]]
    """
    q = len(ratings.categories)
    if not isinstance(weighting, str):
        return _own(weighting, q, where), "own"
    if weighting not in get_args(Weighting):
        raise UnknownNames("weighting", missing=[weighting], known=get_args(Weighting), where=where)
    if weighting == "identity" or q < 2:
        return np.eye(q), weighting
    values = ratings.numbers
    if values is None:
        values = np.arange(1.0, q + 1)
    if weighting == "ordinal":
        steps = np.abs(np.subtract.outer(np.arange(q), np.arange(q))).astype(float)
        distance = (steps + 1) * steps / 2
    else:
        gaps = np.abs(np.subtract.outer(values, values))
        distance = gaps if weighting == "linear" else gaps**2
        if weighting == "ratio":
            distance = ratio_distance(values, where=where)
    return 1 - distance / distance.max(), weighting


def ratio_distance(values: Floats, *, where: str) -> Floats:
    """Return ((c - k)/(c + k))², 0 for two equal values; refuse negative ones.

    Examples
    --------
    >>> ratio_distance(np.array([0.0, 1.0, 3.0]), where="here").tolist()
    [[0.0, 1.0, 1.0], [1.0, 0.0, 0.25], [1.0, 0.25, 0.0]]
    """
    if (values < 0).any():
        raise DataError(Problem(where, "ratio distances need values of zero or more.", "Use interval or ordinal."))
    sums = np.add.outer(values, values)
    return (np.subtract.outer(values, values) / np.where(sums > 0, sums, 1.0)) ** 2


def distance_matrix(categories: Collection[object], distance: Distance | ArrayLike, *, where: str) -> Floats:
    """Return the distances of all pairs of categories from a function or a matrix; refuse impossible ones.

    Examples
    --------
    >>> distance_matrix([1, 2], lambda c, k: float(c != k), where="here").tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    if callable(distance):
        matrix = np.array([[distance(c, k) for k in categories] for c in categories], dtype=float)
        matrix = matrix.reshape(len(categories), len(categories))
    else:
        matrix = np.asarray(distance, dtype=float)
    _check_square(matrix, len(categories), where, "distances")
    if (matrix < 0).any() or np.diagonal(matrix).any():
        raise DefinitionError(
            Problem(where, "a distance is negative, or not 0 between equal categories.", "Correct the distances.")
        )
    return matrix


def masi_distance(first: Collection[object], second: Collection[object]) -> float:
    """Say how far two sets of codes are apart: 1 - Jaccard × M (Passonneau 2006).

    M is 1 for equal sets, 2/3 if one contains the other, 1/3 if they overlap, 0 otherwise. Two empty sets are equal.

    Examples
    --------
    >>> round(masi_distance({1, 2}, {1, 2, 3, 4}), 7), masi_distance((), ())
    (0.6666667, 0.0)
    """
    a, b = set(first), set(second)
    if a == b:
        return 0.0
    common = len(a & b)
    monotone = 0.0 if common == 0 else 2 / 3 if a < b or b < a else 1 / 3
    return 1 - common / len(a | b) * monotone


def jaccard_distance(first: Collection[object], second: Collection[object]) -> float:
    """Say which share of the codes in either set is not in both; two empty sets are equal.

    Examples
    --------
    >>> jaccard_distance({1, 2}, {2, 3, 4})
    0.75
    """
    a, b = set(first), set(second)
    return 0.0 if a == b else 1 - len(a & b) / len(a | b)


SET_DISTANCES: dict[SetDistance, Distance] = {
    "masi": masi_distance,
    "jaccard": jaccard_distance,
}


def _own(weights: ArrayLike, q: int, where: str) -> Floats:
    matrix = np.asarray(weights, dtype=float)
    _check_square(matrix, q, where, "weights")
    if not np.allclose(np.diagonal(matrix), 1.0, rtol=0, atol=1e-12) or matrix.max(initial=1.0) > 1 + 1e-12:
        raise DefinitionError(
            Problem(where, "the weights are not 1 on the diagonal and at most 1.", "Give 1 for the same category.")
        )
    return matrix


def _check_square(matrix: Floats, q: int, where: str, what: str) -> None:
    if matrix.shape != (q, q) or not np.isfinite(matrix).all() or not np.allclose(matrix, matrix.T, rtol=0, atol=1e-12):
        raise DefinitionError(
            Problem(where, f"the {what} are not a symmetric table of {q} by {q} numbers.", "One row for each category.")
        )
