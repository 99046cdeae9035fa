"""What a raw score stands for in its group of people: a T score or the like, and a band, by one look-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, DefinitionError, Problem
from eval_tools.stats.estimate import floats

NO_BAND = -1
NO_GROUP = -1
_PEOPLE = 1 << 16  # at once: a few buffers of eight bytes each that stay in the cache

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NormTable:
    """One scale: an entry for every whole raw score and every group (informant, sex, age ...)."""

    low: int  # the raw score of the first column
    values: Floats  # (groups, raw scores), e.g. T scores; NaN where the source has none
    bands: NDArray[np.int8]  # (groups, raw scores), numbers of bands counted from 0; NO_BAND where there is none

    @property
    def n_groups(self) -> int:
        """How many groups of people it tells apart."""
        return int(self.bands.shape[0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NormScores:
    """What the scores of many people stand for, scale by scale."""

    value: Floats  # (scales, people); NaN without a score, group or entry, and for a score that is not whole
    band: NDArray[np.int8]  # (scales, people); NO_BAND without a score, group or entry


def norm_table(
    *, low: int, high: int, values: ArrayLike | None = None, band_starts: ArrayLike | None = None
) -> NormTable:
    """Lay out the norms of one scale for look-up.

    Parameters
    ----------
    low, high : int
        Lowest and highest raw score.
    values : array_like, shape (groups, high - low + 1), optional
        What each raw score is turned into, e.g. T; NaN where the source has none.
    band_starts : array_like, shape (groups, bands), optional
        The lowest score of each band, rising whole numbers. A group without bands has NaN throughout. Scores
        below the first start have no band.

    Returns
    -------
    NormTable

    Raises
    ------
    DefinitionError
        If neither is given, the shapes do not fit, or the starts fall, repeat, or are not whole numbers.

    Examples
    --------
    >>> table = norm_table(low=0, high=4, band_starts=[[0, 3], [0, 2]])
    >>> table.bands.tolist()
    [[0, 0, 0, 1, 1], [0, 0, 1, 1, 1]]
    """
    where = "norm_table"
    n_scores = high - low + 1
    entries = None if values is None else floats(values, where=where, name="values")
    starts = None if band_starts is None else floats(band_starts, where=where, name="band_starts")
    problems = []
    if entries is None and starts is None:
        problems.append(Problem(where, "there are neither values nor bands.", "Give one of them."))
    if n_scores < 1:
        problems.append(Problem(where, f"the scores run from {low} to {high}.", "Give the lower end first."))
    if entries is not None and (entries.ndim != 2 or entries.shape[1] != n_scores):
        problems.append(Problem(where, "'values' has another shape.", f"Give groups times {n_scores} raw scores."))
    if starts is not None:
        if starts.ndim != 2 or starts.shape[1] < 1:
            problems.append(Problem(where, "'band_starts' has another shape.", "Give groups times bands."))
        elif (np.diff(starts, axis=1) <= 0).any() or (
            np.isnan(starts).any(axis=1) & ~np.isnan(starts).all(axis=1)
        ).any():
            problems.append(
                Problem(where, "the starts of bands do not rise.", "Order them; NaN for a whole group only.")
            )
        elif (starts != np.floor(starts))[~np.isnan(starts)].any():
            problems.append(Problem(where, "a band starts at a fraction.", "Give whole scores."))
    if not problems and entries is not None and starts is not None and len(entries) != len(starts):
        problems.append(
            Problem(where, f"{len(entries)} groups have values, {len(starts)} have bands.", "Give the same groups.")
        )
    if problems:
        raise DefinitionError(problems)
    raw = np.arange(low, high + 1)
    if starts is None:
        assert entries is not None
        bands = np.full(entries.shape, NO_BAND, dtype=np.int8)
    else:
        bands = ((raw[None, :, None] >= starts[:, None, :]).sum(axis=2) - 1).astype(np.int8)
        entries = np.full(bands.shape, np.nan) if entries is None else entries
    return NormTable(low=low, values=entries, bands=bands)


def group_numbers(columns: Sequence[ArrayLike], sizes: Sequence[int]) -> NDArray[np.intp]:
    """Number the groups that several characteristics make together, the last one counting fastest.

    Parameters
    ----------
    columns : sequence of array_like of int, each of shape (people,)
        Numbers of categories counted from 0, e.g. informant, sex, age group; negative where unknown.
    sizes : sequence of int
        How many categories each has.

    Returns
    -------
    numpy.ndarray, shape (people,)
        NO_GROUP where any of them is unknown.

    Raises
    ------
    DataError
        If lengths differ, or a number is not below its size.

    Examples
    --------
    >>> group_numbers([[0, 1, 1, -1], [2, 0, 1, 1]], [2, 3]).tolist()
    [2, 3, 4, -1]
    """
    where = "group_numbers"
    parts = [np.asarray(column) for column in columns]
    problems = []
    if len(parts) != len(sizes) or not parts:
        problems.append(Problem(where, f"{len(parts)} columns and {len(sizes)} sizes.", "Give a size for each column."))
    if any(part.shape != parts[0].shape or part.ndim != 1 or part.dtype.kind not in "iu" for part in parts):
        problems.append(Problem(where, "the columns are not whole numbers of the same people.", "Code them first."))
    problems += [
        Problem(where, f"column {i}: categories above {size - 1}.", "Count from 0; negative where unknown.")
        for i, (part, size) in enumerate(zip(parts, sizes, strict=False), start=1)
        if not problems and part.size and part.max() >= size
    ]
    if problems:
        raise DataError(problems)
    number = np.zeros(parts[0].size, dtype=np.intp)
    unknown = np.zeros(parts[0].size, dtype=bool)
    for part, size in zip(parts, sizes, strict=True):
        number *= size
        number += part
        unknown |= part < 0
    number[unknown] = NO_GROUP
    return number


def look_up_norms(scores: ArrayLike, groups: ArrayLike, tables: Sequence[NormTable]) -> NormScores:
    """Find out what scores stand for in the group a person belongs to.

    Parameters
    ----------
    scores : array_like, shape (scales, people)
        Raw scores; NaN where there is none. A score between two whole numbers belongs to the band that begins
        at or below it and has no value: norms are printed for whole scores.
    groups : array_like of int, shape (people,)
        Rows of the tables, as :func:`group_numbers` gives them; NO_GROUP where unknown.
    tables : sequence of NormTable
        One per scale, all with the same groups.

    Returns
    -------
    NormScores
        Scores outside a table have neither value nor band; nothing is clipped or extrapolated.

    Raises
    ------
    DataError
        If the shapes do not fit, or a group has no row.

    Examples
    --------
    >>> table = norm_table(low=0, high=4, values=[[40, 45, 50, 55, 60]], band_starts=[[0, 3]])
    >>> found = look_up_norms([[4, 2.5, float("nan"), 9]], [0, 0, 0, 0], [table])
    >>> found.value.tolist(), found.band.tolist()
    ([[60.0, nan, nan, nan]], [[1, 0, -1, -1]])
    """
    raw = np.asarray(scores, dtype=np.float64)
    group = np.asarray(groups)
    _check_look_up(raw, group, tables)
    value = np.empty(raw.shape)
    band = np.empty(raw.shape, dtype=np.int8)
    flat = [_Flat.of(table) for table in tables]
    room = _Room(min(_PEOPLE, group.size))
    for start in range(0, group.size, _PEOPLE):
        people = slice(start, min(start + _PEOPLE, group.size))
        n, width = people.stop - start, 0
        row, index = room.row[:n], room.index[:n]
        for table, points, values, bands in zip(flat, raw[:, people], value[:, people], band[:, people], strict=True):
            if table.width != width:
                width = table.width
                np.copyto(row, group[people], casting="unsafe")
                np.add(row, 1, out=row)  # row 0 is for people without a group
                np.multiply(row, width, out=row)
            column, fractions = _columns(points, table, room)
            np.add(column, row, out=column)
            np.copyto(index, column)
            table.values.take(index, out=values, mode="clip")
            table.bands.take(index, out=bands, mode="clip")
            if fractions is not None:
                values[fractions] = np.nan
    return NormScores(value=value, band=band)


class _Room:
    """Buffers used again for every block; fresh memory is slow."""

    def __init__(self, n_people: int) -> None:
        self.column = np.empty(n_people, dtype=np.int32)
        self.blank = np.empty(n_people, dtype=np.int32)
        self.row = np.empty(n_people, dtype=np.int32)
        self.index = np.empty(n_people, dtype=np.intp)
        self.back = np.empty(n_people)
        self.other = np.empty(n_people, dtype=bool)


def _columns(points: Floats, table: _Flat, room: _Room) -> tuple[NDArray[np.int32], NDArray[np.bool_] | None]:
    """Return the column of each score, the empty first one where there is none; and who has a fraction, if anybody."""
    n = points.size
    column, blank, back, other = room.column[:n], room.blank[:n], room.back[:n], room.other[:n]
    fractions = None
    with np.errstate(invalid="ignore"):  # NaN has no column; what it is cast to is replaced
        np.copyto(column, points, casting="unsafe")
        np.copyto(back, column)
        n_other = np.count_nonzero(np.not_equal(back, points, out=other))
        if n_other and n_other != np.count_nonzero(np.isnan(points, out=other)):
            whole = np.floor(points)
            fractions = whole != points
            points = np.clip(whole, table.low - 1, table.low + table.width)
            np.copyto(column, points, casting="unsafe")
    if table.low != 1:
        np.subtract(column, table.low - 1, out=column)
    if n_other:
        np.subtract(other.view(np.int8), np.int8(1), out=other.view(np.int8))
        np.copyto(blank, other.view(np.int8))
        np.bitwise_and(column, blank, out=column)  # 0 where there is no score
    if column.min() < 0 or column.max() >= table.width:
        column[(column < 0) | (column >= table.width)] = 0
    return column, fractions


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Flat:
    """A table with an empty row and an empty column before it, laid out in one line."""

    low: int
    width: int
    values: Floats
    bands: NDArray[np.int8]

    @classmethod
    def of(cls, table: NormTable) -> _Flat:
        border = ((1, 0), (1, 0))
        values = np.pad(table.values, border, constant_values=np.nan)
        bands = np.pad(table.bands, border, constant_values=NO_BAND)
        return cls(low=table.low, width=values.shape[1], values=values.ravel(), bands=bands.ravel())


def _check_look_up(raw: Floats, group: NDArray[np.integer], tables: Sequence[NormTable]) -> None:
    where, problems = "look_up_norms", []
    if raw.ndim != 2 or group.shape != raw.shape[1:]:
        problems.append(Problem(where, "scores and groups do not fit.", "Give scales times people, and a group each."))
    elif len(tables) != raw.shape[0]:
        problems.append(Problem(where, f"{raw.shape[0]} scales, {len(tables)} tables.", "Give one table per scale."))
    if group.dtype.kind not in "iu":
        problems.append(Problem(where, "groups are not whole numbers.", "Number them with group_numbers."))
    elif group.size and tables:
        n_groups = min(table.n_groups for table in tables)
        if group.min() < NO_GROUP or group.max() >= n_groups:
            outside = int(((group < NO_GROUP) | (group >= n_groups)).sum())
            problems.append(
                Problem(
                    where, f"{outside} people are in a group without a row.", f"Groups run from 0 to {n_groups - 1}."
                )
            )
    if problems:
        raise DataError(problems)
