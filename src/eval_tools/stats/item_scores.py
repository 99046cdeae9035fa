"""Many scales for many people at once: answers packed as bytes, item after item, added up in blocks that stay cached.

The arithmetic is that of :mod:`eval_tools.stats.scale_score`, to the last bit; only the way there is another one.
A scale's score depends on two small whole numbers, the sum of the answers and how many there are. So bytes
are added, modulo 256, and one look-up in a table made beforehand gives the score with its prorating and rounding.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, DefinitionError, Problem, unknown_problem
from eval_tools.stats.scale_score import Fill, Rounding, ScaleScores

if TYPE_CHECKING:
    import pandas as pd

MISSING = -128  # stands for "no answer" among the packed codes; codes themselves run from -127 to 127
_PEOPLE = 1 << 16  # at once while adding up: buffers of this size stay in the cache
_BYTES = 1 << 20  # answers to one scale that are gathered and added at once
_CELLS = 1 << 17  # at once while packing: a megabyte of floats
_LARGEST_ROOM = 1 << 21  # elements of a buffer that is kept
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
        """Return one scale as ``score_points`` would."""
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
    if matrix.dtype == np.int8:
        return _described(np.ascontiguousarray(matrix.T))
    return _packed(_cells_of_matrix(matrix), names, where=where)


def pack_columns(columns: Sequence[NDArray[Any]], *, names: Iterable[object], where: str = "pack_columns") -> ItemCodes:
    """Turn columns of numbers into bytes, one item each; like :func:`pack_codes` in everything else.

    Parameters
    ----------
    columns : sequence of arrays, each of shape (people,)
        Raw codes; NaN where there is no answer, -128 in a column of ``int8``.
    names : iterable
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
    return _packed(_cells_of_columns(columns), names, where=where)


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
        Bit for bit the numbers of :func:`~eval_tools.stats.scale_score.score_points`.

    Raises
    ------
    DefinitionError
        If a key has no items, names an item that is not there, has lists that differ in length, or an option
        that does not exist. All problems of all keys are listed.

    Notes
    -----
    Eight bits are enough for the sum as long as its possible values, given the number of answers and the codes
    that occur, are at most 256; longer scales are added up in 64 bits. Memory: the scores, one byte for
    each count, and buffers of a few MiB.

    Examples
    --------
    Two answers of 2 on four of five items are 2.5 points, which the SDQ counts as 3.

    >>> emotional = ScaleKey(items=(0, 1, 2, 3, 4), reverse=(False,) * 5, low_plus_high=(2,) * 5, min_answered=3,
    ...                      fill="prorate_mean", rounding="half_up")
    >>> score_scales(pack_codes([[2, float("nan"), 0, 0, 0]]), [emotional]).score
    array([[3.]])
    """
    kept = tuple(keys)
    _check_keys(kept, codes.n_items)
    narrow = max((len(key.items) for key in kept), default=0) <= _LARGEST_BYTE
    low, high, full = codes.lows.tolist(), codes.highs.tolist(), codes.complete.tolist()
    score = np.empty((len(kept), codes.n_people))
    n_answered = cast("Counts", np.zeros(score.shape, dtype=np.uint8 if narrow else np.uint16))
    plans = [_plan_for(key, *(tuple(of[i] for i in key.items) for of in (low, high, full)), narrow) for key in kept]
    for plan, points, counts in zip(plans, score, n_answered, strict=True):
        width = min(_PEOPLE, max(1, _BYTES // plan.items.size))
        for start in range(0, codes.n_people, width):
            some = slice(start, start + width)
            _add_up(codes.codes[:, some], plan, points[some], counts[some])
    return ItemScores(keys=kept, score=score, n_answered=n_answered)


def score_answers(
    answers: ArrayLike | pd.DataFrame, keys: Sequence[ScaleKey], *, where: str = "score_answers"
) -> ItemScores:
    """Score many scales straight from a table of answers, where the codes are not needed afterwards.

    Parameters
    ----------
    answers : array_like or DataFrame, shape (people, items)
        As in :func:`pack_codes`.
    keys : sequence of ScaleKey
        An item may count in several scales.
    where : str
        The caller's name or the file, for the error message.

    Returns
    -------
    ItemScores
        ``score_scales(pack_codes(answers), keys)``.

    Raises
    ------
    DataError
        As in :func:`pack_codes`.
    DefinitionError
        As in :func:`score_scales`.

    Examples
    --------
    >>> key = ScaleKey(items=(0, 1), reverse=(False, True), low_plus_high=(5, 5), min_answered=2)
    >>> score_answers([[1, 4], [float("nan"), 2], [3, 3]], [key]).score
    array([[ 2., nan,  5.]])
    """
    return score_scales(pack_codes(answers, where=where), keys)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Plan:
    """One scale, made ready for the codes that occur."""

    key: ScaleKey
    items: NDArray[np.intp]  # positions; the reversed ones first, those of one weight together
    # from which item to which, and what is reversed: lowest plus highest code, or None
    groups: tuple[tuple[int, int, int | None], ...]
    complete: bool  # everybody answered every one of them
    table: Floats | None  # score by 256 * number of answers + sum as a byte; None if a byte is not enough


_rooms = threading.local()


def _room(name: str, kind: type[np.generic], size: int) -> NDArray[Any]:
    """Return a buffer of this thread, the same one for the next call unless it is large; fresh memory is slow."""
    if size > _LARGEST_ROOM:
        return np.empty(size, dtype=kind)
    kept: NDArray[Any] | None = getattr(_rooms, name, None)
    if kept is None or kept.size < size:
        kept = np.empty(size, dtype=kind)
        setattr(_rooms, name, kept)
    return kept[:size]


@functools.lru_cache(maxsize=256)
def _plan_for(
    key: ScaleKey, lows: tuple[int, ...], highs: tuple[int, ...], complete: tuple[bool, ...], narrow: bool
) -> _Plan:
    """Prepare one scale; the next batch has the same codes as a rule."""
    weights = [weight if turned else None for turned, weight in zip(key.reverse, key.low_plus_high, strict=True)]
    order = sorted(range(len(weights)), key=lambda i: (weights[i] is None, weights[i] or 0))
    groups, start = [], 0
    for weight, alike in itertools.groupby(weights[i] for i in order):
        stop = start + len(list(alike))
        groups.append((start, stop, weight))
        start = stop
    least = _least(key, lows, highs) if narrow else None
    rule = (key.method, key.min_answered, key.fill, key.rounding, key.at_least)
    table = None if least is None else _score_table(least, *rule)
    items = np.array([key.items[i] for i in order], dtype=np.intp)
    return _Plan(key=key, items=items, groups=tuple(groups), complete=all(complete), table=table)


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


def _add_up(codes: NDArray[np.int8], plan: _Plan, points: Floats, counts: Counts) -> None:
    """Score some people on one scale; counts start at zero."""
    n, n_items = points.size, plan.items.size
    cells = codes[plan.items]
    if not plan.complete:
        answered = _room("answered", np.bool_, n_items * n).reshape(n_items, n)
        np.not_equal(cells, np.int8(MISSING), out=answered)
    if plan.table is not None:
        summed: type = np.uint8  # bytes wrap round at 256 on purpose
        cells = cells.view(np.uint8)
    else:
        summed = np.int64
        cells = cells if plan.complete else np.where(answered, cells, np.int8(0))
    total: NDArray[Any] = np.zeros(n, dtype=summed)
    for start, stop, weight in plan.groups:
        part = np.add.reduce(cells[start:stop], axis=0, dtype=summed)
        if plan.complete:
            some: Any = counts.dtype.type(stop - start)
        else:
            some = np.add.reduce(answered[start:stop].view(np.uint8), axis=0, dtype=counts.dtype)
        np.add(counts, some, out=counts)
        if weight is None:
            np.add(total, part, out=total)
        else:
            np.add(total, np.multiply(some, summed(weight if plan.table is None else weight % 256)), out=total)
            np.subtract(total, part, out=total)
    if plan.table is None:
        key = plan.key
        rule = (n_items, key.method, key.min_answered, key.fill, key.rounding, key.at_least)
        points[:] = _finish(total.astype(np.float64), counts, *rule)
        return
    place = np.left_shift(counts, 8, dtype=np.uint16)
    np.add(place, total, out=place)
    index = _room("index", np.intp, n)
    np.copyto(index, place)
    np.take(plan.table, index, out=points, mode="wrap")


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
) -> tuple[NDArray[Any] | list[NDArray[Any]], Iterable[object]]:
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


def _matrix_of_frame(frame: pd.DataFrame, *, where: str) -> tuple[NDArray[Any] | list[NDArray[Any]], Iterable[object]]:
    names = frame.columns
    kinds = set(frame.dtypes)
    if len(kinds) == 1 and _is_plain(kind := next(iter(kinds))) and (_is_one_block(frame) or kind == np.int8):
        return frame.to_numpy(), names
    columns = [frame.iloc[:, i] for i in range(len(names))]
    if not all(_is_plain(kind) for kind in kinds):
        _refuse_text(columns, names, where=where)
    return [
        column.to_numpy() if _is_plain(column.dtype) else column.to_numpy(dtype=np.float64, na_value=np.nan)
        for column in columns
    ], names


def _is_one_block(frame: pd.DataFrame) -> bool:
    """Say whether all columns lie together, so that they become an array without a large copy."""
    if len(frame) < _PEOPLE:
        return True
    row = frame.iloc[:1]
    return np.may_share_memory(row.to_numpy(), row.iloc[:, 0].to_numpy())


def _is_plain(dtype: Any) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind in "biuf"


def _refuse_text(columns: Sequence[pd.Series[Any]], names: Iterable[object], *, where: str) -> None:
    from pandas.api.types import infer_dtype

    numbers = {"integer", "floating", "mixed-integer-float", "boolean", "empty"}
    problems = [
        Problem(f"{where}, {name}", "the column holds something else than numbers.", "Give codes, empty where missing.")
        for column, name in zip(columns, names, strict=True)
        if infer_dtype(column, skipna=True) not in numbers
    ]
    if problems:
        raise DataError(problems)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cells:
    """A table to be packed."""

    # items i to j of people a to b, floats or whole numbers, as a contiguous array of shape (items, people)
    load: Callable[[slice, slice], NDArray[Any]]
    n_items: int
    n_people: int
    by_person: bool = False  # the answers of one person lie side by side


def _cells_of_matrix(matrix: NDArray[Any]) -> _Cells:
    by_item = matrix.T
    dtype = np.float64 if matrix.dtype.kind == "f" else matrix.dtype

    def load(items: slice, people: slice) -> NDArray[Any]:
        return np.ascontiguousarray(by_item[items, people], dtype=dtype)

    n_items, n_people = by_item.shape
    by_person = n_items > 1 and by_item.strides[0] < by_item.strides[1]
    return _Cells(load=load, n_items=n_items, n_people=n_people, by_person=by_person)


def _cells_of_columns(columns: Sequence[NDArray[Any]]) -> _Cells:
    def load(items: slice, people: slice) -> Floats:
        return np.stack([_floats_of(column[people]) for column in columns[items]])

    return _Cells(load=load, n_items=len(columns), n_people=columns[0].size if columns else 0)


def _packed(cells: _Cells, names: Iterable[object], *, where: str) -> ItemCodes:
    """Pack cells tile by tile, and remember which codes occur and which cells hold none."""
    codes = np.empty((cells.n_items, cells.n_people), dtype=np.int8)
    tiles = _Tiles(codes, by_person=cells.by_person)
    wrong = np.zeros(cells.n_items, dtype=np.int64)
    with np.errstate(invalid="ignore"):  # NaN has no code; what it is cast to is replaced
        for items, people, tile in tiles:
            part = cells.load(items, people)
            np.copyto(tile, part, casting="unsafe")
            if part.dtype.kind == "f":
                wrong[items] += tiles.mark_missing(part, tile)
            elif part.dtype != np.bool_:
                wrong[items] += ((part < -127) | (part > 127)).sum(axis=1)
            tiles.look_at(tile, items, people)
    problems = [
        Problem(
            f"{where}, {name}",
            f"cells that are not whole numbers from -127 to 127: {count}.",
            "Give whole codes, NaN where there is no answer.",
        )
        for name, count in zip(names, wrong.tolist(), strict=True)
        if count
    ]
    if problems:
        raise DataError(problems)
    return tiles.described()


def _described(codes: NDArray[np.int8]) -> ItemCodes:
    tiles = _Tiles(codes)
    for items, people, tile in tiles:
        tiles.look_at(tile, items, people)
    return tiles.described()


class _Tiles:
    """Codes cut into pieces that stay in the cache, with room to work on one, and what occurs in each."""

    def __init__(self, codes: NDArray[np.int8], *, by_person: bool = False) -> None:
        self._codes = codes
        n_items, n_people = codes.shape
        self._items = n_items if by_person else max(1, _CELLS // max(n_people, 1))
        self._people = max(1, _CELLS // max(n_items, 1)) if by_person else _CELLS
        n_blocks = -(-n_people // self._people)
        self._highs = np.full((n_items, n_blocks), MISSING, dtype=np.int8)
        # shifted by 127 as bytes, MISSING becomes the largest value of all
        self._least, self._most = np.full((2, n_items, n_blocks), _LARGEST_BYTE, dtype=np.uint8)
        size = min(codes.size, self._items * self._people)
        self._back, self._byte = _room("back", np.float64, size), _room("byte", np.uint8, size)
        self._other, self._missing = _room("other", np.bool_, size), _room("missing", np.bool_, size)

    def __iter__(self) -> Iterator[tuple[slice, slice, NDArray[np.int8]]]:
        n_items, n_people = self._codes.shape
        for i, a in itertools.product(range(0, n_items, self._items or 1), range(0, n_people, self._people)):
            items, people = slice(i, min(i + self._items, n_items)), slice(a, min(a + self._people, n_people))
            yield items, people, self._codes[items, people]

    def mark_missing(self, cells: Floats, tile: NDArray[np.int8]) -> NDArray[np.intp] | int:
        """Put MISSING where a cell is not the code it was cast to; return how many of each item are not NaN."""
        shape, size = cells.shape, cells.size
        back, other = self._back[:size].reshape(shape), self._other[:size].reshape(shape)
        np.copyto(back, tile)
        np.not_equal(back, cells, out=other)
        reserved = tile.min() == MISSING
        if not reserved and not other.any():
            return 0
        missing, limit = self._missing[:size].reshape(shape), self._byte[:size].reshape(shape).view(np.int8)
        # 127 lets a code stand; where the cell is none, 127 + 1 wraps round to MISSING, below every code
        np.add(other.view(np.int8), np.int8(127), out=limit)
        np.minimum(tile, limit, out=tile)
        np.isnan(cells, out=missing)
        if reserved or np.not_equal(other, missing, out=other).any():
            return (tile == MISSING).sum(axis=1) - missing.sum(axis=1)
        return 0

    def look_at(self, tile: NDArray[np.int8], items: slice, people: slice) -> None:
        """Remember which codes occur in a piece."""
        block = people.start // self._people
        shifted = self._byte[: tile.size].reshape(tile.shape)
        np.add(tile.view(np.uint8), np.uint8(127), out=shifted)
        np.maximum.reduce(tile, axis=1, out=self._highs[items, block])
        np.minimum.reduce(shifted, axis=1, out=self._least[items, block])
        np.maximum.reduce(shifted, axis=1, out=self._most[items, block])

    def described(self) -> ItemCodes:
        """Return the codes with their limits."""
        highs = self._highs.max(axis=1, initial=MISSING).astype(np.int64)
        lows = self._least.min(axis=1, initial=_LARGEST_BYTE).astype(np.int64) - 127
        nobody = highs == MISSING
        return ItemCodes(
            codes=self._codes,
            lows=np.where(nobody, 0, lows),
            highs=np.where(nobody, 0, highs),
            complete=self._most.max(axis=1, initial=0) != _LARGEST_BYTE,
        )


def _floats_of(column: NDArray[Any]) -> Floats:
    if column.dtype == np.int8:
        return np.where(column == MISSING, np.nan, column)
    return column.astype(np.float64, copy=False)
