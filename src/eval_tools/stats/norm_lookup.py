"""What a raw score stands for: its band, and in the norms of somebody's group a T score or the like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, Problem

NO_GROUP = -1
_SCORES = 1 << 16  # at once: buffers of eight bytes each that stay in the cache

Floats = NDArray[np.float64]


def rank_bands(scores: ArrayLike, later_starts: ArrayLike) -> NDArray[np.int8]:
    """Find out in which band each score lies, counted upwards from 1.

    Parameters
    ----------
    scores : array_like
        NaN where there is none.
    later_starts : array_like, shape (bands - 1,)
        The lowest score of each band but the first, which holds everything below them.

    Returns
    -------
    numpy.ndarray of int8, shape of the scores
        0 where there is no score. A score that is a start belongs to the band that begins there.

    Examples
    --------
    >>> rank_bands([2, 3, 3.5, float("nan")], [3]).tolist()
    [1, 2, 2, 0]
    """
    x = np.ascontiguousarray(scores, dtype=np.float64)
    rank = np.empty(x.shape, dtype=np.int8)
    starts = [-np.inf, *np.asarray(later_starts, dtype=np.float64).tolist()]
    flat, ranks, reached = x.ravel(), rank.ravel(), np.empty(min(_SCORES, x.size), dtype=bool)
    for first in range(0, x.size, _SCORES):
        points, found = flat[first : first + _SCORES], ranks[first : first + _SCORES]
        np.greater_equal(points, starts[0], out=found.view(bool))  # holds for every score but NaN
        for start in starts[1:]:
            np.greater_equal(points, start, out=reached[: points.size])
            np.add(found, reached[: points.size].view(np.int8), out=found)
    return rank


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NormTable:
    """What each whole raw score of one scale is turned into, group by group, as it is printed."""

    low: int  # the raw score of the first column
    values: Floats  # (groups, raw scores), e.g. T scores; NaN where the source has none


def convert_scores(scores: ArrayLike, groups: ArrayLike, tables: Sequence[NormTable]) -> Floats:
    """Turn raw scores into what a printed table lists for the group a person belongs to.

    Parameters
    ----------
    scores : array_like, shape (scales, people)
        Raw scores; NaN where there is none.
    groups : array_like of int, shape (people,)
        Row of the tables, counted from 0; ``NO_GROUP`` where they have none for a person.
    tables : sequence of NormTable
        One per scale.

    Returns
    -------
    numpy.ndarray, shape (scales, people)
        NaN without a score, a group or an entry, and for a score between two whole numbers: nothing is clipped,
        interpolated or extrapolated.

    Raises
    ------
    DataError
        If the shapes do not fit, or a group has no row.

    Examples
    --------
    >>> table = NormTable(low=0, values=np.array([[40.0, 45, 50, 55, 60], [41, 46, 51, 56, 61]]))
    >>> convert_scores([[4, 2.5, float("nan"), 9, 4]], [0, 0, 0, 0, 1], [table])
    array([[60., nan, nan, nan, 61.]])
    """
    raw, group = np.asarray(scores, dtype=np.float64), np.asarray(groups)
    _check_shapes(raw, group, tables)
    found = np.empty(raw.shape)
    if not found.size:
        return found
    flats = [_Flat.of(table) for table in tables]
    room = {flat.kind: _Room.of(flat.kind, min(_SCORES, group.size)) for flat in flats}
    for start in range(0, group.size, _SCORES):
        people = slice(start, start + _SCORES)
        for flat, points, values in zip(flats, raw[:, people], found[:, people], strict=True):
            flat.look_up(points, group[people], room[flat.kind].cut(points.size), out=values)
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Room:
    """Buffers that are used again for every block; fresh memory is slow."""

    column: NDArray[Any]
    row: NDArray[Any]
    place: NDArray[np.intp]
    back: Floats
    other: NDArray[np.bool_]

    @classmethod
    def of(cls, kind: str, n: int) -> _Room:
        both: NDArray[Any] = np.empty((2, n), dtype=kind)
        place, back, other = np.empty(n, dtype=np.intp), np.empty(n), np.empty(n, dtype=bool)
        return cls(column=both[0], row=both[1], place=place, back=back, other=other)

    def cut(self, n: int) -> _Room:
        return _Room(
            column=self.column[:n], row=self.row[:n], place=self.place[:n], back=self.back[:n], other=self.other[:n]
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Flat:
    """A table with an empty row and an empty column before it, for people and scores that it does not have."""

    low: int
    width: int
    values: Floats
    kind: str  # of whole numbers that are large enough for its places

    @classmethod
    def of(cls, table: NormTable) -> _Flat:
        values = np.pad(np.asarray(table.values, dtype=np.float64), ((1, 0), (1, 0)), constant_values=np.nan)
        small = max(values.size, abs(table.low) + values.shape[1]) <= np.iinfo(np.int16).max
        return cls(low=table.low, width=values.shape[1], values=values.ravel(), kind="int16" if small else "int64")

    def look_up(self, points: Floats, group: NDArray[Any], room: _Room, *, out: Floats) -> None:
        column, row, other = room.column, room.row, room.other
        with np.errstate(invalid="ignore"):  # what NaN is cast to is replaced
            np.copyto(column, points, casting="unsafe")
        np.copyto(room.back, column)
        np.not_equal(room.back, points, out=other)
        np.subtract(column, self.low - 1, out=column)
        unsigned = column.view(self.kind.replace("int", "uint"))
        if unsigned.max() >= self.width:  # or negative
            column[unsigned >= self.width] = 0
        if other.any():
            np.subtract(other.view(np.int8), np.int8(1), out=other.view(np.int8))
            np.copyto(row, other.view(np.int8))
            np.bitwise_and(column, row, out=column)  # 0 where there is no whole score
        np.copyto(row, group, casting="unsafe")
        np.add(row, 1, out=row)
        np.multiply(row, self.width, out=row)
        np.add(column, row, out=column)
        np.copyto(room.place, column)
        np.take(self.values, room.place, out=out, mode="wrap")


def _check_shapes(raw: Floats, group: NDArray[np.integer], tables: Sequence[NormTable]) -> None:
    where, problems = "convert_scores", []
    if raw.ndim != 2 or group.shape != raw.shape[1:] or group.dtype.kind not in "iu":
        what = "scores and groups do not fit."
        problems.append(Problem(where, what, "Give scales times people, and a whole number for each person."))
    elif len(tables) != len(raw):
        problems.append(Problem(where, f"{len(raw)} scales, {len(tables)} tables.", "Give one table per scale."))
    elif group.size and tables:
        n_groups = min(len(table.values) for table in tables)
        outside = int(((group < NO_GROUP) | (group >= n_groups)).sum())
        if outside:
            what = f"{outside} people are in a group without a row."
            problems.append(Problem(where, what, f"Groups run from 0 to {n_groups - 1}."))
    if problems:
        raise DataError(problems)
