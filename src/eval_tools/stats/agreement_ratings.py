"""What coders said about units: a table of units and coders, made of places in a list of categories."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, Problem

Floats = NDArray[np.float64]
Category = float | str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ratings:
    """Units times coders; a unit that a coder was not given, or left open, has the code -1."""

    codes: NDArray[np.intp]  # (units, coders), places in categories; units without any value are left out
    categories: tuple[Category, ...]  # in order; may hold categories that nobody used
    kept: NDArray[np.intp]  # (units,), rows of the table given

    @property
    def n_units(self) -> int:
        """How many units have at least one value."""
        return int(self.codes.shape[0])

    @property
    def n_coders(self) -> int:
        """How many coders there are."""
        return int(self.codes.shape[1])

    @property
    def counts(self) -> Floats:
        """How many coders put each unit into each category, (units, categories)."""
        q = len(self.categories)
        places = self.codes + (np.arange(self.n_units) * q)[:, None]
        flat = np.bincount(places[self.codes >= 0], minlength=self.n_units * q)
        return flat.reshape(self.n_units, q).astype(np.float64)

    @property
    def numbers(self) -> Floats | None:
        """The categories as numbers; None if they are words."""
        return None if any(isinstance(c, str) for c in self.categories) else np.array(self.categories, dtype=float)


def tabulate_ratings(
    ratings: ArrayLike, *, categories: Sequence[Category] | None = None, where: str = "tabulate_ratings"
) -> Ratings:
    """Sort what coders said into categories, and keep "not given" apart from any category.

    Parameters
    ----------
    ratings : array_like, shape (units, coders)
        Numbers or words. NaN or None: this coder has no value for this unit, because it was not given to him or her.
        "The coder saw the unit and put no code on it" is a value, such as 0. An empty text is refused, for it
        could mean either.
    categories : sequence of float or str, optional
        All categories, in order; values outside are refused. Without it, those that occur, sorted.
    where : str
        The caller's name, for messages.

    Returns
    -------
    Ratings

    Raises
    ------
    DataError
        Not a table, words mixed with numbers, empty texts, infinite values, categories that repeat or do not hold
        all values. Messages hold counts only.

    Examples
    --------
    >>> r = tabulate_ratings([["yes", "no"], ["no", None], [None, None]])
    >>> r.categories, r.counts.tolist(), r.kept.tolist()
    (('no', 'yes'), [[1.0, 1.0], [1.0, 0.0]], [0, 1])
    """
    table = _table(ratings, where)
    if table.dtype == object:
        missing = _missing_words(table, where)
    else:
        missing = np.isnan(np.asarray(table, dtype=np.float64))
        if np.isinf(np.asarray(table, dtype=np.float64)).any():
            raise DataError(Problem(where, "the ratings hold infinite values.", "Use NaN for a missing value."))
    known = table[~missing]
    if categories is None:
        names, codes = np.unique(known, return_inverse=True)
    else:
        names, codes = _given(known, categories, where)
    out = np.full(table.shape, -1, dtype=np.intp)
    out[~missing] = codes.ravel()
    kept = np.flatnonzero((out >= 0).any(axis=1))
    return Ratings(codes=out[kept], categories=tuple(names.tolist()), kept=kept)


def ratings_from_counts(counts: ArrayLike, *, where: str = "ratings_from_counts") -> Ratings:
    """Return ratings for a table of units times categories that holds how many coders chose each.

    Who said what is lost in such a table, so coefficients that need each coder's own margins must not be asked.

    Examples
    --------
    >>> ratings_from_counts([[2, 1], [0, 3]]).codes.tolist()
    [[0, 0, 1], [1, 1, 1]]
    """
    table = np.asarray(counts, dtype=float)
    if table.ndim != 2 or not np.isfinite(table).all() or (table < 0).any() or (table % 1).any():
        raise DataError(Problem(where, "the counts are not a table of whole numbers.", "Give units times categories."))
    n, q = table.shape
    per_unit = table.sum(axis=1).astype(int)
    codes = np.full((n, int(per_unit.max(initial=0))), -1, dtype=np.intp)
    codes[np.arange(codes.shape[1]) < per_unit[:, None]] = np.repeat(
        np.tile(np.arange(q), n), table.ravel().astype(int)
    )
    kept = np.flatnonzero(per_unit > 0)
    return Ratings(codes=codes[kept], categories=tuple(float(k) for k in range(q)), kept=kept)


def ratings_from_table(table: ArrayLike, *, where: str = "ratings_from_table") -> Ratings:
    """Return ratings for a square table: category of the first coder in rows, of the second in columns.

    Examples
    --------
    >>> ratings_from_table([[2, 1], [0, 1]]).codes.tolist()
    [[0, 0], [0, 0], [0, 1], [1, 1]]
    """
    cells = np.asarray(table, dtype=float)
    square = cells.ndim == 2 and cells.shape[0] == cells.shape[1]
    if not square or not np.isfinite(cells).all() or (cells < 0).any() or (cells % 1).any():
        raise DataError(Problem(where, "not a square table of whole numbers.", "Give first coder times second coder."))
    q = cells.shape[0]
    first, second = (np.repeat(axis.ravel(), cells.ravel().astype(int)) for axis in np.indices((q, q)))
    codes = np.column_stack([first, second]).astype(np.intp)
    return Ratings(codes=codes, categories=tuple(float(k) for k in range(q)), kept=np.arange(len(codes)))


def _table(ratings: ArrayLike, where: str) -> NDArray[Any]:
    table = np.asarray(ratings)
    if table.dtype.kind in "biuf":
        table = table.astype(np.float64)
    elif table.dtype.kind == "O":
        try:
            table = table.astype(np.float64)  # None becomes NaN
        except (TypeError, ValueError):
            table = np.asarray(ratings, dtype=object)
    else:
        table = np.asarray(ratings, dtype=object)
    if table.ndim != 2:
        raise DataError(
            Problem(where, f"the ratings have {table.ndim} dimensions.", "Give one row per unit, one column per coder.")
        )
    return table


def _missing_words(table: NDArray[Any], where: str) -> NDArray[np.bool_]:
    missing = np.array([v is None or (isinstance(v, float) and math.isnan(v)) for v in table.ravel()], dtype=bool)
    missing = missing.reshape(table.shape)
    known = table[~missing]
    other = sum(not isinstance(v, str) for v in known)
    empty = sum(isinstance(v, str) and not v.strip() for v in known)
    problems = []
    if other:
        problems.append(
            Problem(where, f"{other} ratings are neither words nor all numbers.", "Give words, or numbers, not both.")
        )
    if empty:
        problems.append(
            Problem(where, f"{empty} ratings are empty texts.", "Give None where a coder was not given the unit.")
        )
    if problems:
        raise DataError(problems)
    return missing


def _given(known: NDArray[Any], categories: Sequence[Category], where: str) -> tuple[NDArray[Any], NDArray[np.intp]]:
    names = np.asarray(categories, dtype=known.dtype if known.size else None)
    place = {name: i for i, name in enumerate(names.tolist())}
    if len(place) != len(names):
        raise DataError(Problem(where, "a category is named twice.", "Name each category once, in order."))
    codes = np.array([place.get(value, -1) for value in known.tolist()], dtype=np.intp)
    outside = int((codes < 0).sum())
    if outside:
        raise DataError(
            Problem(
                where, f"{outside} ratings are in none of the categories given.", "Name every category that may occur."
            )
        )
    return names, codes
