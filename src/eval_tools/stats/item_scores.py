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
_PEOPLE = 1 << 16  # at once while adding up: a few byte buffers of this size stay in the cache
_BYTES = 1 << 18  # answers to one scale that are gathered and added in one call; more are added item by item
_CELLS = 1 << 17  # at once while packing: a megabyte of floats
_LARGEST_ROOM = 1 << 21  # elements of a buffer that is kept
_LARGEST_BYTE = 255
_NO_BYTE = np.uint8(MISSING % 256)

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
    return _packed(_Packer(_cells_of_matrix(matrix), names, where=where))


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
    return _packed(_Packer(_cells_of_columns(columns), names, where=where))


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
    board = _Board(keys, codes.n_items, codes.n_people)
    board.plan(codes.lows, codes.highs, codes.complete)
    for people in board.blocks():
        board.add_up(codes.codes[:, people], people)
    return board.scores()


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
        The same as ``score_scales(pack_codes(answers), keys)``, but no block of codes outlives its scores.

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
    matrix, names = _matrix_of(answers, where=where)
    if not isinstance(matrix, list) and matrix.dtype == np.int8:
        return score_scales(pack_codes(matrix, where=where), keys)
    cells = _cells_of_columns(matrix) if isinstance(matrix, list) else _cells_of_matrix(matrix)
    packer, board = _Packer(cells, names, where=where), _Board(keys, cells.n_items, cells.n_people)
    codes = _room("block", np.int8, cells.n_items * board.most_people).reshape(cells.n_items, -1)
    for people in board.blocks():
        block = codes[:, : people.stop - people.start]
        packer.pack(people, block)
        board.plan(*packer.found())
        board.add_up(block, people)
    packer.refuse_wrong()
    return board.scores()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Group:
    """Items of one scale that are treated alike."""

    reverse: bool
    weight: int  # lowest plus highest code if reversed, else 0: what every answer adds besides itself
    items: NDArray[np.intp]  # positions
    complete: bool  # everybody answered every one of them


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Plan:
    """One scale, made ready for the codes that occur."""

    key: ScaleKey
    groups: tuple[_Group, ...]  # the items not reversed come last
    steps: tuple[int, ...]  # by group: what everybody counted up to there gets for each answer, modulo 256
    table: Floats | None  # score by 256 * number of answers + sum as a byte; None if a byte is not enough


_rooms = threading.local()


def _room(name: str, kind: type, size: int) -> NDArray[Any]:
    """Return a buffer of this thread, the same one for the next call unless it is large; fresh memory is slow."""
    if size > _LARGEST_ROOM:
        return np.empty(size, dtype=kind)
    kept: NDArray[Any] | None = getattr(_rooms, name, None)
    if kept is None or kept.size < size:
        kept = np.empty(size, dtype=kind)
        setattr(_rooms, name, kept)
    return kept[:size]


class _Board:
    """Scores that are filled in block by block."""

    def __init__(self, keys: Sequence[ScaleKey], n_items: int, n_people: int) -> None:
        self._keys = tuple(keys)
        _check_keys(self._keys, n_items)
        longest = max((len(key.items) for key in self._keys), default=0)
        self._narrow = longest <= _LARGEST_BYTE
        self._n_people = n_people
        self.most_people = min(n_people, _PEOPLE)
        self._score = np.empty((len(self._keys), n_people))
        self._n_answered: Counts = np.zeros(self._score.shape, dtype=np.uint8)
        if not self._narrow:
            self._n_answered = np.zeros(self._score.shape, dtype=np.uint16)
        self._answered = _room("answered", bool, max(_BYTES, self.most_people))
        self._bytes = _room("bytes", np.uint8, 2 * self.most_people).reshape(2, -1)
        self._place = _room("place", np.uint16, self.most_people)
        self._index = _room("index", np.intp, self.most_people)
        self._known: tuple[bytes, ...] = ()

    def blocks(self) -> Iterator[slice]:
        for start in range(0, self._n_people, self.most_people or 1):
            yield slice(start, min(start + self.most_people, self._n_people))

    def plan(self, lows: NDArray[np.int64], highs: NDArray[np.int64], complete: NDArray[np.bool_]) -> None:
        """Get ready for codes between these limits."""
        known = (lows.tobytes(), highs.tobytes(), complete.tobytes())
        if known == self._known:
            return
        self._known = known
        low, high, full = lows.tolist(), highs.tolist(), complete.tolist()
        self._plans = [
            _plan_for(
                key,
                tuple(low[i] for i in key.items),
                tuple(high[i] for i in key.items),
                tuple(full[i] for i in key.items),
                self._narrow,
            )
            for key in self._keys
        ]

    def add_up(self, codes: NDArray[np.int8], people: slice) -> None:
        """Score one block, given as codes of shape (items, people of the block)."""
        raw = codes.view(np.uint8)
        for plan, points, counts in zip(self._plans, self._score[:, people], self._n_answered[:, people], strict=True):
            if plan.table is None:
                _add_up_wide(codes, plan, points, counts)
            else:
                self._add_up_bytes(raw, plan, plan.table, points, counts)

    def _add_up_bytes(self, raw: NDArray[np.uint8], plan: _Plan, table: Floats, points: Floats, counts: Counts) -> None:
        """Score one scale; sums wrap round at 256 on purpose, counts start at zero."""
        n = points.size
        sums, extra, place, index = self._bytes[0, :n], self._bytes[1, :n], self._place[:n], self._index[:n]
        sums.fill(0)
        for group, weight in zip(plan.groups, plan.steps, strict=True):
            add = np.subtract if group.reverse else np.add
            n_items = group.items.size
            if n_items * n <= _BYTES:
                cells = raw[group.items]
                add(sums, np.add.reduce(cells, axis=0, out=extra), out=sums)
                if not group.complete:
                    answered = self._answered[: n_items * n].reshape(n_items, n)
                    np.not_equal(cells, _NO_BYTE, out=answered)
                    np.add(counts, np.add.reduce(answered.view(np.uint8), axis=0, out=extra), out=counts)
            else:
                answered = self._answered[:n]
                for item in group.items.tolist():
                    add(sums, raw[item], out=sums)
                    if not group.complete:
                        np.not_equal(raw[item], _NO_BYTE, out=answered)
                        np.add(counts, answered.view(np.uint8), out=counts)
            if group.complete:
                np.add(counts, np.uint8(n_items), out=counts)
            if weight:
                np.multiply(counts, np.uint8(weight), out=extra)
                np.add(sums, extra, out=sums)
        np.left_shift(counts, 8, out=place, dtype=np.uint16)
        np.add(place, sums, out=place)
        np.copyto(index, place)
        np.take(table, index, out=points, mode="clip")

    def scores(self) -> ItemScores:
        return ItemScores(keys=self._keys, score=self._score, n_answered=self._n_answered)


@functools.lru_cache(maxsize=256)
def _plan_for(
    key: ScaleKey, lows: tuple[int, ...], highs: tuple[int, ...], complete: tuple[bool, ...], narrow: bool
) -> _Plan:
    """Prepare one scale; the next batch has the same codes as a rule."""
    turned: dict[int, list[tuple[int, bool]]] = {}
    straight: list[tuple[int, bool]] = []
    for item, reverse, weight, full in zip(key.items, key.reverse, key.low_plus_high, complete, strict=True):
        (turned.setdefault(weight, []) if reverse else straight).append((item, full))
    alike = [(weight, True, items) for weight, items in turned.items()]
    alike += [(0, False, straight)] if straight else []
    groups = tuple(
        _Group(
            reverse=reverse,
            weight=weight,
            items=np.array([item for item, _ in items], dtype=np.intp),
            complete=all(full for _, full in items),
        )
        for weight, reverse, items in alike
    )
    # everybody counted so far still lacks this group's weight, less what the next groups will bring
    following = [group.weight for group in groups[1:]] + [0]
    steps = tuple((group.weight - later) % 256 for group, later in zip(groups, following, strict=True))
    least = _least(key, lows, highs) if narrow else None
    table = (
        None
        if least is None
        else _score_table(least, key.method, key.min_answered, key.fill, key.rounding, key.at_least)
    )
    return _Plan(key=key, groups=groups, steps=steps, table=table)


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


def _add_up_wide(codes: NDArray[np.int8], plan: _Plan, points: Floats, counts: Counts) -> None:
    """Score one block of a scale whose sums do not fit into a byte."""
    key, total = plan.key, np.zeros(points.size, dtype=np.int64)
    for group in plan.groups:
        for cells in codes[group.items]:
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

    load: Callable[
        [int, int, int, int], NDArray[Any]
    ]  # items i to j of people a to b: (items, people), floats or whole
    n_items: int
    n_people: int
    by_person: bool  # the answers of one person lie side by side


def _cells_of_matrix(matrix: NDArray[Any]) -> _Cells:
    by_item, convert = matrix.T, matrix.dtype.kind == "f" and matrix.dtype != np.float64
    n_items, n_people = by_item.shape

    def load(i: int, j: int, a: int, b: int) -> NDArray[Any]:
        part = by_item[i:j, a:b]
        return part.astype(np.float64) if convert else part

    by_person = n_items > 1 and by_item.strides[0] < by_item.strides[1]
    return _Cells(load=load, n_items=n_items, n_people=n_people, by_person=by_person)


def _cells_of_columns(columns: Sequence[NDArray[Any]]) -> _Cells:
    def load(i: int, j: int, a: int, b: int) -> Floats:
        if j - i == 1:
            return _floats_of(columns[i][a:b])[None, :]
        return np.stack([_floats_of(column[a:b]) for column in columns[i:j]])

    n_people = columns[0].size if columns else 0
    return _Cells(load=load, n_items=len(columns), n_people=n_people, by_person=False)


class _Packer:
    """Pack cells tile by tile, and remember which codes occur and which cells hold none."""

    def __init__(self, cells: _Cells, names: Iterable[object], *, where: str) -> None:
        self.cells, self._names, self._where = cells, names, where
        self._found, self._wrong = _Found(cells.n_items), np.zeros(cells.n_items, dtype=np.int64)
        size = min(max(_CELLS, cells.n_items), cells.n_items * cells.n_people)
        self._back, self._codes = _room("back", np.float64, size), _room("codes", np.int8, size)
        self._flags, self._limits = _room("flags", bool, size), _room("limits", np.int8, size)

    def pack(self, people: slice, codes: NDArray[np.int8]) -> None:
        """Pack what some people answered into an array of shape (items, these people)."""
        n_items, n_people = codes.shape
        if not codes.size:
            return
        together = n_items if self.cells.by_person else max(1, _CELLS // n_people)
        width = max(1, _CELLS // n_items) if self.cells.by_person else _CELLS
        with np.errstate(invalid="ignore"):  # NaN has no code; what it is cast to is replaced
            for a, i in itertools.product(range(0, n_people, width), range(0, n_items, together)):
                here, b = slice(i, min(i + together, n_items)), min(a + width, n_people)
                cells = self.cells.load(here.start, here.stop, people.start + a, people.start + b)
                if self.cells.by_person:
                    tile = self._codes[: cells.size].reshape(cells.shape[::-1]).T
                    self._pack_tile(cells, tile, here)
                    codes[:, a:b] = tile
                else:
                    self._pack_tile(cells, codes[here, a:b], here)

    def _pack_tile(self, cells: NDArray[Any], tile: NDArray[np.int8], here: slice) -> None:
        limit = self._room(self._limits, cells)
        np.copyto(tile, cells, casting="unsafe")
        if cells.dtype.kind != "f":
            if cells.dtype.itemsize > 1 or cells.dtype.kind == "u":
                self._wrong[here] += ((cells < -127) | (cells > 127)).sum(axis=1)
            self._found.look_at(tile, here, limit, complete=True)
            return
        flag, back = self._room(self._flags, cells), self._room(self._back, cells)
        reserved = tile.min() == MISSING
        np.copyto(back, tile)
        np.not_equal(back, cells, out=flag)
        n_other = np.count_nonzero(flag)
        if n_other or reserved:
            # 127 lets a code stand; where the cell is none, 127 + 1 wraps round to MISSING, below every code
            np.add(flag.view(np.int8), np.int8(127), out=limit)
            np.minimum(tile, limit, out=tile)
            if reserved or n_other != np.count_nonzero(np.isnan(cells, out=flag)):
                self._wrong[here] += (tile == MISSING).sum(axis=1) - np.isnan(cells).sum(axis=1)
        self._found.look_at(tile, here, limit, complete=n_other == 0)

    def _room(self, buffer: NDArray[Any], cells: NDArray[Any]) -> NDArray[Any]:
        """Return a part of a buffer that lies as the cells lie."""
        if self.cells.by_person:
            return buffer[: cells.size].reshape(cells.shape[::-1]).T
        return buffer[: cells.size].reshape(cells.shape)

    def refuse_wrong(self) -> None:
        problems = [
            Problem(
                f"{self._where}, {name}",
                f"cells that are not whole numbers from -127 to 127: {count}.",
                "Give whole codes, NaN where there is no answer.",
            )
            for name, count in zip(self._names, self._wrong, strict=True)
            if count
        ]
        if problems:
            raise DataError(problems)

    def described(self, codes: NDArray[np.int8]) -> ItemCodes:
        lows, highs, complete = self.found()
        return ItemCodes(codes=codes, lows=lows, highs=highs, complete=complete)

    def found(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        return self._found.limits()


def _packed(packer: _Packer) -> ItemCodes:
    codes = np.empty((packer.cells.n_items, packer.cells.n_people), dtype=np.int8)
    packer.pack(slice(0, packer.cells.n_people), codes)
    packer.refuse_wrong()
    return packer.described(codes)


class _Found:
    """Which codes occur, tile by tile."""

    def __init__(self, n_items: int) -> None:
        self.lows = np.full(n_items, 127, dtype=np.int64)
        self.highs = np.full(n_items, MISSING, dtype=np.int64)
        self.complete = np.ones(n_items, dtype=bool)

    def look_at(self, tile: NDArray[np.int8], here: slice, room: NDArray[np.int8], *, complete: bool) -> None:
        np.maximum(self.highs[here], tile.max(axis=1), out=self.highs[here])
        if complete:
            lowest: NDArray[Any] = tile.min(axis=1)
        else:
            # shifted by 127 as bytes, MISSING becomes the largest value of all
            shifted = np.add(tile.view(np.uint8), np.uint8(127), out=room.view(np.uint8))
            lowest = shifted.min(axis=1).astype(np.int64) - 127
            self.complete[here] &= shifted.max(axis=1) != _LARGEST_BYTE
        np.minimum(self.lows[here], lowest, out=self.lows[here])

    def limits(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        nobody = self.highs == MISSING
        return np.where(nobody, 0, self.lows), np.where(nobody, 0, self.highs), self.complete.copy()


def _described(codes: NDArray[np.int8]) -> ItemCodes:
    n_items, n_people = codes.shape
    found, room = _Found(n_items), np.empty((1, min(n_people, _PEOPLE)), dtype=np.int8)
    for item, start in itertools.product(range(n_items), range(0, n_people, _PEOPLE)):
        here = slice(item, item + 1)
        tile = codes[here, start : start + _PEOPLE]
        found.look_at(tile, here, room[:, : tile.shape[1]], complete=False)
    lows, highs, complete = found.limits()
    return ItemCodes(codes=codes, lows=lows, highs=highs, complete=complete)


def _floats_of(column: NDArray[Any]) -> Floats:
    if column.dtype == np.int8:
        return np.where(column == MISSING, np.nan, column)
    return column.astype(np.float64, copy=False)
