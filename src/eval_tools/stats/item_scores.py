"""Many scales for many people at once: answers packed as bytes, item after item, added up in blocks that stay cached.

The arithmetic is that of :mod:`eval_tools.stats.scale_score`, to the last bit; only the way there is another one.
A scale's score depends on two small whole numbers, the sum of the answers and how many there are. So bytes
are added, modulo 256, and one look-up in a table made beforehand gives the score with its prorating and rounding.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, DefinitionError, Problem, unknown_problem
from eval_tools.stats.scale_score import Fill, Rounding, ScaleScores

if TYPE_CHECKING:
    import pandas as pd

MISSING = -128  # stands for "no answer" among the packed codes; codes themselves run from -127 to 127
_PEOPLE = 1 << 16  # at once while adding up: a few byte buffers of this size stay in the cache
_CELLS = 1 << 16  # at once while packing: half a megabyte of floats
_LARGEST_BYTE = 255

# the methods of score_points that need no more than the sum of the answers and their number
SumMethod = Literal["sum", "mean", "count", "any", "sum_correct", "percent_correct"]
Floats = NDArray[np.float64]
Counts = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ItemCodes:
    """Raw answers of many people as bytes, item after item; made by :func:`pack_codes`."""

    codes: NDArray[np.int8]  # (items, people); MISSING where there is no answer
    lows: NDArray[np.int64]  # (items,): the lowest code that occurs; 0 if nobody answered
    highs: NDArray[np.int64]  # (items,)
    complete: NDArray[np.bool_]  # (items,): everybody answered

    @property
    def n_items(self) -> int:
        """How many items there are."""
        return int(self.codes.shape[0])

    @property
    def n_people(self) -> int:
        """How many people there are."""
        return int(self.codes.shape[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleKey:
    """How one scale is made of items; the options mean what they mean in ``score_points``."""

    items: tuple[int, ...]  # positions in ItemCodes, counted from 0
    reverse: tuple[bool, ...]  # one per item of the scale
    low_plus_high: tuple[int, ...]  # one per item of the scale
    method: SumMethod = "sum"
    min_answered: int
    fill: Fill = "none"
    rounding: Rounding = "none"
    at_least: int = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ItemScores:
    """Every scale for everybody, in the order of the keys."""

    keys: tuple[ScaleKey, ...]
    score: Floats  # (scales, people), in the scale's own points; NaN where too few items were answered
    n_answered: Counts  # (scales, people)

    def prorated(self, scale: int) -> NDArray[np.bool_]:
        """Return who has a score of one scale although an answer is missing."""
        key, n = self.keys[scale], self.n_answered[scale]
        if key.fill == "none":
            return np.zeros(n.size, dtype=bool)
        return (n >= key.min_answered) & (n < len(key.items))

    def of_scale(self, scale: int) -> ScaleScores:
        """Return one scale as ``score_scale`` would."""
        return ScaleScores(
            score=self.score[scale],
            n_answered=self.n_answered[scale].astype(np.int64),
            prorated=self.prorated(scale),
        )


def pack_codes(answers: ArrayLike | pd.DataFrame, *, where: str = "pack_codes") -> ItemCodes:
    """Turn a table of answers into bytes, once, and refuse what is not a code.

    Parameters
    ----------
    answers : array_like or DataFrame, shape (people, items)
        Raw codes as printed on the form, whole numbers from -127 to 127; NaN or NA where there is no answer.
        An array of ``int8`` has -128 for that and is not copied if it lies item after item (Fortran order).
    where : str
        The caller's name or the file, for the error message.

    Returns
    -------
    ItemCodes
        An eighth of the memory of floats.

    Raises
    ------
    DataError
        If this is not a table, if a column holds text, or if a code is a fraction, infinite or too large
        for a byte. All columns at fault are named, with the number of cells; never an answer.

    Examples
    --------
    >>> pack_codes([[1, 4], [float("nan"), 2], [3, 3]]).codes.tolist()
    [[1, -128, 3], [4, 2, 3]]
    """
    matrix, names = _matrix_of(answers, where=where)
    if isinstance(matrix, list):
        return pack_columns(matrix, names=names, where=where)
    by_item = matrix.T
    if matrix.dtype == np.int8:
        return _described(np.ascontiguousarray(by_item))
    return _packed(
        lambda i, j, a, b: by_item[i:j, a:b].astype(np.float64, copy=False), by_item.shape, names, where=where
    )


def pack_columns(columns: Sequence[NDArray[Any]], *, names: Sequence[str], where: str = "pack_columns") -> ItemCodes:
    """Turn columns of numbers into bytes, one item each; like :func:`pack_codes` in everything else.

    Parameters
    ----------
    columns : sequence of arrays, each of shape (people,)
        Raw codes; NaN where there is no answer, -128 in a column of ``int8``.
    names : sequence of str
        What the columns are called, for the error message.
    where : str

    Examples
    --------
    >>> pack_columns([np.array([1.0, np.nan]), np.array([2, -128], dtype=np.int8)], names=["q1", "q2"]).codes.tolist()
    [[1, -128], [2, -128]]
    """
    n_people = columns[0].size if columns else 0
    if any(column.shape != (n_people,) for column in columns):
        raise DataError(Problem(where, "the columns differ in length.", "Give one code per person in each."))
    if columns and all(column.dtype == np.int8 for column in columns):
        return _described(np.stack(columns))

    def floats_of(i: int, j: int, a: int, b: int) -> Floats:
        if j - i == 1:
            return _floats_of(columns[i][a:b])[None, :]
        return np.stack([_floats_of(column[a:b]) for column in columns[i:j]])

    return _packed(floats_of, (len(columns), n_people), names, where=where)


def recode_items(codes: ItemCodes, items: Sequence[int], points: Sequence[Mapping[int, int]]) -> ItemCodes:
    """Replace the codes of some items by what they count: answer keys, value maps, answers that do not count.

    Parameters
    ----------
    codes : ItemCodes
    items : sequence of int
        Which items, in the order of the result.
    points : sequence of mappings of code to int, one per item
        What each code counts, from -127 to 127; codes that are not listed become missing.

    Returns
    -------
    ItemCodes
        Only these items.

    Raises
    ------
    DefinitionError
        If an item is not there, codes or points do not fit into a byte, or the two lists differ in length.

    Examples
    --------
    The right answer to the first question is 3; to the second, 9 is "does not apply".

    >>> codes = pack_codes([[3, 9], [2, 1], [float("nan"), 0]])
    >>> recode_items(codes, [0, 1], [{1: 0, 2: 0, 3: 1}, {0: 0, 1: 1}]).codes.tolist()
    [[1, 0, -128], [-128, 1, 0]]
    """
    where, problems = "recode_items", []
    if len(items) != len(points):
        problems.append(Problem(where, f"{len(items)} items, {len(points)} lists of points.", "Give one for each."))
    outside = sum(not 0 <= item < codes.n_items for item in items)
    if outside:
        what = f"{outside} items are not there."
        problems.append(Problem(where, what, f"Positions run from 0 to {codes.n_items - 1}."))
    if any(not -127 <= number <= 127 for row in points for pair in row.items() for number in pair):
        problems.append(Problem(where, "codes or points are too large for a byte.", "Keep to -127 to 127."))
    if problems:
        raise DefinitionError(problems)
    result = np.empty((len(items), codes.n_people), dtype=np.int8)
    for row, item, counts in zip(result, items, points, strict=True):
        table = np.full(256, MISSING, dtype=np.int8)
        for code, value in counts.items():
            table[code % 256] = value
        for start in range(0, codes.n_people, _PEOPLE):
            people = slice(start, start + _PEOPLE)
            np.take(table, codes.codes[item, people].view(np.uint8), out=row[people], mode="clip")
    return _described(result)


def score_scales(codes: ItemCodes, keys: Sequence[ScaleKey]) -> ItemScores:
    """Score many scales for many people.

    Parameters
    ----------
    codes : ItemCodes
        Raw codes, not reversed.
    keys : sequence of ScaleKey
        An item may count in several scales.

    Returns
    -------
    ItemScores
        Bit for bit the numbers of :func:`~eval_tools.stats.scale_score.score_scale`.

    Raises
    ------
    DefinitionError
        If a key has no items, names an item that is not there, has lists that differ in length, or an option
        that does not exist. All problems of all keys are listed.

    Notes
    -----
    Eight bits are enough for the sum as long as its possible values, given the number of answers and the codes
    that occur, are at most 256; longer scales are added up in 32 bits. Memory: the scores, one byte for
    each count, and buffers of about 1 MiB.

    Examples
    --------
    Two answers of 2 on four of five items are 2.5 points, which the SDQ counts as 3.

    >>> emotional = ScaleKey(items=(0, 1, 2, 3, 4), reverse=(False,) * 5, low_plus_high=(2,) * 5, min_answered=3,
    ...                      fill="prorate_mean", rounding="half_up")
    >>> score_scales(pack_codes([[2, float("nan"), 0, 0, 0]]), [emotional]).score
    array([[3.]])
    """
    keys = tuple(keys)
    _check_keys(keys, codes.n_items)
    longest = max((len(key.items) for key in keys), default=0)
    narrow = longest <= _LARGEST_BYTE
    score = np.empty((len(keys), codes.n_people))
    n_answered = np.zeros(score.shape, dtype=np.uint8 if narrow else np.uint16)
    plans = [_plan(codes, key, narrow=narrow) for key in keys]
    room = _Room(min(_PEOPLE, codes.n_people))
    for start in range(0, codes.n_people, _PEOPLE):
        people = slice(start, min(start + _PEOPLE, codes.n_people))
        for plan, points, counts in zip(plans, score[:, people], n_answered[:, people], strict=True):
            if plan.table is None:
                _add_up_wide(codes, people, plan, points, counts)
            else:
                _add_up_bytes(codes, people, plan, plan.table, points, counts, room)
    return ItemScores(keys=keys, score=score, n_answered=n_answered)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Items of one scale that are treated alike."""

    reverse: bool
    weight: int  # lowest plus highest code if reversed, else 0: what every answer adds besides itself
    items: tuple[tuple[int, bool], ...]  # position, and whether everybody answered


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Plan:
    """One scale, made ready for the codes that occur."""

    key: ScaleKey
    groups: tuple[_Group, ...]  # the items not reversed come last
    table: Floats | None  # score by 256 * number of answers + sum as a byte; None if a byte is not enough


class _Room:
    """Buffers used again for every block; fresh memory is slow."""

    def __init__(self, n_people: int) -> None:
        self.sums = np.empty(n_people, dtype=np.uint8)
        self.extra = np.empty(n_people, dtype=np.uint8)
        self.answered = np.empty(n_people, dtype=bool)
        self.place = np.empty(n_people, dtype=np.uint16)
        self.index = np.empty(n_people, dtype=np.intp)


def _plan(codes: ItemCodes, key: ScaleKey, *, narrow: bool) -> _Plan:
    items = list(key.items)
    return _plan_for(
        key,
        tuple(codes.lows[items].tolist()),
        tuple(codes.highs[items].tolist()),
        tuple(codes.complete[items].tolist()),
        narrow,
    )


@functools.lru_cache(maxsize=256)
def _plan_for(
    key: ScaleKey, lows: tuple[int, ...], highs: tuple[int, ...], complete: tuple[bool, ...], narrow: bool
) -> _Plan:
    """Prepare one scale; the next batch has the same codes as a rule."""
    turned: dict[int, list[tuple[int, bool]]] = {}
    straight: list[tuple[int, bool]] = []
    for item, reverse, weight, full in zip(key.items, key.reverse, key.low_plus_high, complete, strict=True):
        (turned.setdefault(weight, []) if reverse else straight).append((item, full))
    groups = [_Group(reverse=True, weight=weight, items=tuple(items)) for weight, items in turned.items()]
    groups.append(_Group(reverse=False, weight=0, items=tuple(straight)))
    least = _least(key, lows, highs) if narrow else None
    table = (
        None
        if least is None
        else _score_table(least, key.method, key.min_answered, key.fill, key.rounding, key.at_least)
    )
    return _Plan(key=key, groups=tuple(groups), table=table)


def _least(key: ScaleKey, lows: tuple[int, ...], highs: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return the lowest sum of any 0, 1, 2 … answers, or None if a byte cannot tell the sums above it apart."""
    ends = [
        (weight - high, weight - low) if reverse else (low, high)
        for reverse, weight, low, high in zip(key.reverse, key.low_plus_high, lows, highs, strict=True)
    ]
    least = list(itertools.accumulate(sorted(low for low, _ in ends), initial=0))
    most = list(itertools.accumulate(sorted((high for _, high in ends), reverse=True), initial=0))
    return tuple(least) if max(m - n for m, n in zip(most, least, strict=True)) <= _LARGEST_BYTE else None


@functools.lru_cache(maxsize=256)
def _score_table(
    least: tuple[int, ...], method: SumMethod, min_answered: int, fill: Fill, rounding: Rounding, at_least: int
) -> Floats:
    """Return the score for every number of answers and every sum modulo 256."""
    n_items = len(least) - 1
    n = np.arange(n_items + 1)[:, None]
    lowest = np.array(least)[:, None]
    # a missing answer was added or taken away as -128, which modulo 256 is the same
    total = lowest + (np.arange(256) - MISSING * (n_items - n) - lowest) % 256
    table = _finish(total.astype(np.float64), n, n_items, method, min_answered, fill, rounding, at_least).ravel()
    table.flags.writeable = False  # it is kept for the next batch
    return table


def _finish(
    total: Floats,
    n_answered: NDArray[Any],
    n_items: int,
    method: SumMethod,
    min_answered: int,
    fill: Fill,
    rounding: Rounding,
    at_least: int,
) -> Floats:
    """Turn sums into scores, operation by operation as ``score_points`` does."""
    complete = n_answered == n_items
    enough = complete if fill == "none" else n_answered >= min_answered
    if fill == "prorate_mean":
        some = np.broadcast_to(n_answered > 0, total.shape)
        total = np.divide(total * n_items, n_answered, out=np.full(total.shape, np.nan), where=some)
    if method == "mean":
        score = total / n_items
    elif method == "percent_correct":
        score = 100 * total / n_items
    elif method == "any":
        score = (total >= at_least).astype(np.float64)
    else:
        score = total
    if rounding == "half_up":
        score = np.where(enough & ~complete, np.floor(score + 0.5), score)
    return np.where(enough, score, np.nan)


def _add_up_bytes(
    codes: ItemCodes, people: slice, plan: _Plan, table: Floats, points: Floats, counts: Counts, room: _Room
) -> None:
    """Score one block; sums wrap round at 256 on purpose, counts start at zero."""
    n = points.size
    sums, extra, answered = room.sums[:n], room.extra[:n], room.answered[:n]
    place, index = room.place[:n], room.index[:n]
    raw, missing, ones = codes.codes.view(np.uint8), np.uint8(MISSING % 256), answered.view(np.uint8)
    sums.fill(0)
    for group, following in zip(plan.groups, [*plan.groups[1:], None], strict=True):
        add = np.subtract if group.reverse else np.add
        n_complete = 0
        for item, complete in group.items:
            cells = raw[item, people]
            add(sums, cells, out=sums)
            if complete:
                n_complete += 1
            else:
                np.not_equal(cells, missing, out=answered)
                np.add(counts, ones, out=counts)
        if n_complete:
            np.add(counts, np.uint8(n_complete), out=counts)
        # everybody counted so far still lacks this group's weight, less what the next groups will bring
        step = (group.weight - (following.weight if following else 0)) % 256
        if step:
            np.multiply(counts, np.uint8(step), out=extra)
            np.add(sums, extra, out=sums)
    np.left_shift(counts, 8, out=place, dtype=np.uint16)
    np.add(place, sums, out=place)
    np.copyto(index, place)
    np.take(table, index, out=points, mode="clip")


def _add_up_wide(codes: ItemCodes, people: slice, plan: _Plan, points: Floats, counts: Counts) -> None:
    """Score one block of a scale whose sums do not fit into a byte."""
    key, total = plan.key, np.zeros(points.size, dtype=np.int64)
    for group in plan.groups:
        for item, _ in group.items:
            cells = codes.codes[item, people]
            answered = cells != MISSING
            keyed = group.weight - cells.astype(np.int64) if group.reverse else cells.astype(np.int64)
            total += np.where(answered, keyed, 0)
            counts += answered
    rule = (len(key.items), key.method, key.min_answered, key.fill, key.rounding, key.at_least)
    points[:] = _finish(total.astype(np.float64), counts, *rule)


def _check_keys(keys: Sequence[ScaleKey], n_items: int) -> None:
    problems = []
    for number, key in enumerate(keys, start=1):
        where = f"score_scales, key {number}"
        if not key.items:
            problems.append(Problem(where, "it has no items.", "Name at least one item."))
        if not len(key.items) == len(key.reverse) == len(key.low_plus_high):
            problems.append(
                Problem(
                    where,
                    f"{len(key.items)} items, {len(key.reverse)} reversals and {len(key.low_plus_high)} sums of codes.",
                    "Give one of each per item.",
                )
            )
        outside = sum(not 0 <= item < n_items for item in key.items)
        if outside:
            problems.append(
                Problem(where, f"{outside} items are not there.", f"Positions run from 0 to {n_items - 1}.")
            )
        for name, value, options in (
            ("method", key.method, get_args(SumMethod)),
            ("fill", key.fill, get_args(Fill)),
            ("rounding", key.rounding, get_args(Rounding)),
        ):
            if value not in options:
                problems.append(unknown_problem(name, missing=[str(value)], known=options, where=where))
        if key.method == "any" and key.fill == "prorate_mean":
            problems.append(Problem(where, "any cannot be prorated.", "Choose fill none or zero."))
    if problems:
        raise DefinitionError(problems)


def _matrix_of(
    answers: ArrayLike | pd.DataFrame, *, where: str
) -> tuple[NDArray[Any] | list[NDArray[Any]], tuple[str, ...]]:
    """Return one array of people times items if that costs no large copy, else a list of columns; and the names."""
    if hasattr(answers, "columns"):
        return _matrix_of_frame(cast("pd.DataFrame", answers), where=where)
    matrix = np.asarray(answers)
    if matrix.dtype == object and not any(isinstance(cell, str) for cell in matrix.flat):
        with contextlib.suppress(TypeError, ValueError):
            matrix = matrix.astype(np.float64)
    if matrix.ndim != 2 or not _is_plain(matrix.dtype):
        what = "this is not a table of numbers."
        raise DataError(Problem(where, what, "Give one row per person, one column per item, NaN where missing."))
    return matrix, tuple(f"column {i + 1}" for i in range(matrix.shape[1]))


def _matrix_of_frame(frame: pd.DataFrame, *, where: str) -> tuple[NDArray[Any] | list[NDArray[Any]], tuple[str, ...]]:
    names = tuple(str(name) for name in frame.columns)
    kinds = set(frame.dtypes)
    if len(kinds) == 1 and _is_plain(kind := next(iter(kinds))) and (len(frame) < _PEOPLE or kind == np.int8):
        return frame.to_numpy(), names
    columns = [frame.iloc[:, i] for i in range(len(names))]
    if not all(_is_plain(kind) for kind in kinds):
        _refuse_text(columns, names, where=where)
    return [
        column.to_numpy() if _is_plain(column.dtype) else column.to_numpy(dtype=np.float64, na_value=np.nan)
        for column in columns
    ], names


def _is_plain(dtype: Any) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind in "biuf"


def _refuse_text(columns: Sequence[pd.Series[Any]], names: Sequence[str], *, where: str) -> None:
    from pandas.api.types import infer_dtype

    numbers = {"integer", "floating", "mixed-integer-float", "boolean", "empty"}
    problems = [
        Problem(f"{where}, {name}", "the column holds something else than numbers.", "Give codes, empty where missing.")
        for column, name in zip(columns, names, strict=True)
        if infer_dtype(column, skipna=True) not in numbers
    ]
    if problems:
        raise DataError(problems)


def _packed(
    load: Callable[[int, int, int, int], Floats], shape: tuple[int, int], names: Sequence[str], *, where: str
) -> ItemCodes:
    """Pack tiles of floats, several items together where people are few; ``load`` takes items i:j, people a:b."""
    n_items, n_people = shape
    n_together = max(1, _CELLS // max(1, n_people))
    n_cells = min(n_together, n_items) * min(n_people, _CELLS)
    flags, limits = np.empty(n_cells, dtype=bool), np.empty(n_cells, dtype=np.int8)
    codes, wrong = np.empty(shape, dtype=np.int8), np.zeros(n_items, dtype=np.int64)
    found = _Found(n_items)
    with np.errstate(invalid="ignore"):  # NaN has no code; what it is cast to is replaced
        for a, i in itertools.product(range(0, n_people, _CELLS), range(0, n_items, n_together)):
            here = slice(i, min(i + n_together, n_items))
            cells = load(here.start, here.stop, a, min(a + _CELLS, n_people))
            tile = codes[here, a : a + _CELLS]
            flag, limit = flags[: cells.size].reshape(cells.shape), limits[: cells.size].reshape(cells.shape)
            np.copyto(tile, cells, casting="unsafe")
            reserved = tile.min() == MISSING
            np.not_equal(tile, cells, out=flag)
            n_other = np.count_nonzero(flag)
            # 127 lets a code stand; where the cell is none, 127 + 1 wraps round to MISSING, below every code
            np.add(flag.view(np.int8), np.int8(127), out=limit)
            np.minimum(tile, limit, out=tile)
            if reserved or n_other != np.count_nonzero(np.isnan(cells, out=flag)):
                wrong[here] += (tile == MISSING).sum(axis=1) - np.isnan(cells).sum(axis=1)
            found.look_at(tile, here, limit, complete=n_other == 0)
    _refuse_wrong(wrong, names, where=where)
    return found.described(codes)


def _refuse_wrong(wrong: NDArray[np.int64], names: Sequence[str], *, where: str) -> None:
    problems = [
        Problem(
            f"{where}, {name}",
            f"cells that are not whole numbers from -127 to 127: {count}.",
            "Give whole codes, NaN where there is no answer.",
        )
        for name, count in zip(names, wrong, strict=True)
        if count
    ]
    if problems:
        raise DataError(problems)


class _Found:
    """Which codes occur, tile by tile."""

    def __init__(self, n_items: int) -> None:
        self.lows = np.full(n_items, 127, dtype=np.int64)
        self.highs = np.full(n_items, MISSING, dtype=np.int64)
        self.complete = np.ones(n_items, dtype=bool)

    def look_at(self, tile: NDArray[np.int8], here: slice, room: NDArray[np.int8], *, complete: bool) -> None:
        np.maximum(self.highs[here], tile.max(axis=1), out=self.highs[here])
        lowest = tile.min(axis=1)
        if not complete:
            self.complete[here] &= lowest != MISSING
            # shifted by 127 as bytes, MISSING becomes the largest value of all
            shifted = np.add(tile.view(np.uint8), np.uint8(127), out=room.view(np.uint8))
            lowest = shifted.min(axis=1).astype(np.int64) - 127
        np.minimum(self.lows[here], lowest, out=self.lows[here])

    def described(self, codes: NDArray[np.int8]) -> ItemCodes:
        nobody = self.highs == MISSING
        self.lows[nobody] = self.highs[nobody] = 0
        return ItemCodes(codes=codes, lows=self.lows, highs=self.highs, complete=self.complete)


def _described(codes: NDArray[np.int8]) -> ItemCodes:
    n_items, n_people = codes.shape
    found, room = _Found(n_items), np.empty((1, min(n_people, _PEOPLE)), dtype=np.int8)
    for item, start in itertools.product(range(n_items), range(0, n_people, _PEOPLE)):
        here = slice(item, item + 1)
        tile = codes[here, start : start + _PEOPLE]
        found.look_at(tile, here, room[:, : tile.shape[1]], complete=False)
    return found.described(codes)


def _floats_of(column: NDArray[Any]) -> Floats:
    if column.dtype == np.int8:
        return np.where(column == MISSING, np.nan, column)
    return column.astype(np.float64, copy=False)
