"""Which counts must stay hidden so that no small one can be worked out from the others.

A table is a list of counts and the sums that hold among them; totals are counts like any other. The reader
is taken to know every count that is not hidden, exactly (though it is published rounded). What such a reader
can still work out about a hidden count is the range it can have, found by linear programming. A count that
a single subtraction, or any other linear combination, would tell has a range of zero.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RANGE = 2  # a hidden count must be able to differ by at least this much


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """The counts at the places ``parts`` add up to the count at the place ``total``."""

    parts: tuple[int, ...]
    total: int

    @property
    def places(self) -> tuple[int, ...]:
        """Every place in the sum."""
        return (*self.parts, self.total)


def hide_counts(
    counts: Sequence[int],
    sums: Sequence[Sum],
    *,
    min_cell: int,
    start: Collection[int] = (),
    never_shown: Collection[int] = (),
) -> list[str]:
    """Decide for every count whether it is shown: ``''``, ``'small'`` or ``'complementary'``.

    Parameters
    ----------
    counts : sequence of int
        Counts and totals.
    sums : sequence of Sum
        What adds up to what.
    min_cell : int
        Smaller counts are hidden, zero included; 1 hides nothing.
    start : collection of int
        Places hidden from the start although not small.
    never_shown : collection of int
        Places of counts that exist only to state a sum; nobody publishes them and they need no protection.

    Notes
    -----
    As long as a hidden count can be told too closely, one more is hidden: the smallest shown one in the sum
    that has the fewest hidden. A total is hidden only if it is small, or to protect another total, or if
    nothing else is left.

    The words tell something too: "small" is below ``min_cell``, "complementary" is not. Where that alone
    would tell a count too closely (9 and 9 in a total of 18), every hidden count is called "complementary",
    which then says only that it is not shown.

    Two-way tables are network problems, so the ends of the ranges are whole numbers and the linear answer
    is the exact one.

    Examples
    --------
    Three children and their total, 3 + 48 + 60 = 111: hiding the 3 alone would not hide it.

    >>> hide_counts([3, 48, 60, 111], [Sum(parts=(0, 1, 2), total=3)], min_cell=10)
    ['small', 'complementary', '', '']
    """
    if min_cell <= 1:
        return [""] * len(counts)
    numbers = np.asarray(counts, dtype=np.int64)
    published = np.array([place not in never_shown for place in range(len(numbers))], dtype=bool)
    small = published & (numbers < min_cell)
    hidden = small | ~published
    hidden[list(start)] = True
    beyond = np.full(len(numbers), numbers.sum() + 2 * min_cell)
    least = np.zeros(len(numbers), dtype=np.int64)
    while (place := _told_too_closely(numbers, sums, hidden, published, least, beyond)) is not None:
        hidden[_next_to_hide(place, numbers, sums, hidden)] = True

    least[hidden & published & ~small] = min_cell
    most = np.where(small, min_cell - 1, beyond)
    words_tell = _told_too_closely(numbers, sums, hidden, published, least, most) is not None
    small_word = "complementary" if words_tell else "small"
    return [small_word if s else "complementary" if h else "" for s, h in zip(small, hidden, strict=True)]


def _told_too_closely(
    numbers: NDArray[np.int64],
    sums: Sequence[Sum],
    hidden: NDArray[np.bool_],
    published: NDArray[np.bool_],
    least: NDArray[np.int64],
    most: NDArray[np.int64],
) -> int | None:
    """Return the first hidden count whose range is too narrow, given what each may be at least and most."""
    from scipy.optimize import linprog

    for one in sums:
        unknown = [place for place in one.places if hidden[place]]
        if len(unknown) == 1 and published[unknown[0]]:
            return unknown[0]
    places = np.flatnonzero(hidden)
    signs = np.zeros((len(sums), len(numbers)))
    for row, one in zip(signs, sums, strict=True):
        row[list(one.parts)] = 1
        row[one.total] = -1
    known = -signs[:, ~hidden] @ numbers[~hidden]
    bounds = np.column_stack([least, most])[hidden]

    low = high = numbers[hidden].astype(float)  # the truth is one possible table
    for k in np.flatnonzero(published[hidden]):
        for direction in (1.0, -1.0):
            if high[k] - low[k] >= _RANGE:
                break
            aim = np.zeros(len(places))
            aim[k] = direction
            found = linprog(aim, A_eq=signs[:, hidden], b_eq=known, bounds=bounds, method="highs")
            possible = np.rint(found.x)
            low, high = np.minimum(low, possible), np.maximum(high, possible)
        if high[k] - low[k] < _RANGE:
            return int(places[k])
    return None


def _next_to_hide(place: int, numbers: NDArray[np.int64], sums: Sequence[Sum], hidden: NDArray[np.bool_]) -> int:
    """Choose the count whose hiding costs the reader least."""
    level = [sum(one.total == p for one in sums) for p in range(len(numbers))]
    mine = sorted(
        (one.places for one in sums if place in one.places),
        key=lambda places: sum(bool(hidden[p]) for p in places),
    )
    alone = [places for places in mine if sum(bool(hidden[p]) for p in places) == 1]
    everywhere = range(len(numbers))
    no_higher = [[p for p in places if level[p] <= level[place]] for places in [*mine, everywhere]]
    for places in [*alone, *no_higher, *mine, everywhere]:
        shown = [p for p in places if not hidden[p]]
        if shown:
            return min(shown, key=lambda p: (level[p], numbers[p], p))
    raise AssertionError("nothing left to hide")
