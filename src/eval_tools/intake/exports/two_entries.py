"""Two typings of the same paper forms, aligned by form number: where they differ, and where a row slipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eval_tools.intake.exports.typed_alike import canonical, form_number, holds_dates

SHIFT_AT_LEAST = 5  # differences that must vanish before a row is called shifted


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one typist typed; ``cells`` are as wide as ``names``."""

    file: str
    names: tuple[str, ...]
    rows: tuple[int, ...]
    cells: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typing:
    """One form in one entry; ``unclear`` are columns in which it was typed twice, and differently."""

    row: int
    cells: tuple[str, ...]
    repeated: tuple[int, ...] = ()  # further rows with the same number
    unclear: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperForm:
    """One form, with its two typings; None where it is missing."""

    number: str
    a: Typing | None
    b: Typing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Columns in which the entries agree once one of them is moved by one column."""

    number: str
    start: int
    end: int  # the last column
    entry: str  # 'a' or 'b' where an empty cell tells which of them slipped, else ''
    n_differences: int  # that vanish


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoEntries:
    """Everything the comparison found; columns are positions in ``names``."""

    file_a: str
    file_b: str
    names: tuple[str, ...]  # of the columns, as entry A has them
    form_column: int
    dates: frozenset[int]  # columns that hold dates
    forms: tuple[PaperForm, ...]  # in the order of entry A, then those of entry B alone
    differences: tuple[tuple[str, int], ...]  # form number, column
    shifts: tuple[Shift, ...]
    unnumbered: tuple[tuple[str, int], ...]  # 'a' or 'b', row

    def canonical(self, text: str, column: int) -> str:
        """Write a cell of a column as it is compared."""
        return canonical(text, is_date=column in self.dates)

    @property
    def n_both(self) -> int:
        """Forms that stand in both entries."""
        return sum(form.a is not None and form.b is not None for form in self.forms)

    @property
    def n_compared(self) -> int:
        """Cells that were compared: those of the forms in both entries, without the form number."""
        return self.n_both * (len(self.names) - 1)


def compare_entries(a: Entry, b: Entry, *, form_column: int, order: Sequence[int]) -> TwoEntries:
    """Compare two entries form by form.

    Parameters
    ----------
    a, b : Entry
    form_column : int
        Position in entry A of the column with the number of the form.
    order : sequence of int
        For each column of entry A, its position in entry B.

    Returns
    -------
    TwoEntries
        A cell differs if both typings, written the one way in which they are compared, are not the same, or if a
        form was typed twice in one entry and differently. Nothing is corrected.
    """
    aligned = [tuple(record[j] for j in order) for record in b.cells]
    width = len(a.names)
    dates = frozenset(
        j for j in range(width) if holds_dates([record[j] for cells in (a.cells, aligned) for record in cells])
    )
    typed_a, blank_a = _typings(a.rows, a.cells, form_column, dates)
    typed_b, blank_b = _typings(b.rows, aligned, form_column, dates)
    forms = tuple(
        PaperForm(number=number, a=typed_a.get(number), b=typed_b.get(number))
        for number in dict.fromkeys([*typed_a, *typed_b])
    )
    differences: list[tuple[str, int]] = []
    shifts = []
    for form in forms:
        if form.a is None or form.b is None:
            continue
        x, y = (
            [canonical(cell, is_date=j in dates) for j, cell in enumerate(typing.cells)] for typing in (form.a, form.b)
        )
        x[form_column] = y[form_column] = form.number
        unclear = form.a.unclear | form.b.unclear
        found = [j for j in range(width) if x[j] != y[j] or j in unclear]
        differences += [(form.number, j) for j in found]
        if len(found) >= SHIFT_AT_LEAST:
            shifts += _find_shift(form.number, x, y)
    return TwoEntries(
        file_a=a.file,
        file_b=b.file,
        names=a.names,
        form_column=form_column,
        dates=dates,
        forms=forms,
        differences=tuple(differences),
        shifts=tuple(shifts),
        unnumbered=tuple([("a", row) for row in blank_a] + [("b", row) for row in blank_b]),
    )


def _typings(
    rows: Sequence[int], cells: Sequence[tuple[str, ...]], form_column: int, dates: frozenset[int]
) -> tuple[dict[str, Typing], list[int]]:
    """Collect the typings of one entry by form number, and the rows that have none."""
    by_number: dict[str, list[int]] = {}
    blank = []
    for i, record in enumerate(cells):
        number = form_number(record[form_column])
        if number:
            by_number.setdefault(number, []).append(i)
        else:
            blank.append(rows[i])
    typings = {}
    for number, indices in by_number.items():
        unclear = frozenset(
            j
            for j in range(len(cells[indices[0]]))
            if j != form_column and len({canonical(cells[i][j], is_date=j in dates) for i in indices}) > 1
        )
        typings[number] = Typing(
            row=rows[indices[0]],
            cells=tuple(cells[indices[0]]),
            repeated=tuple(rows[i] for i in indices[1:]),
            unclear=unclear,
        )
    return typings, blank


def _find_shift(number: str, x: Sequence[str], y: Sequence[str]) -> list[Shift]:
    """Look for the stretch of columns in which most differences vanish when one entry is moved by one column."""
    best: Shift | None = None
    for right, left, of_right, of_left in ((x, y, "a", "b"), (y, x, "b", "a")):
        start, end, gained, left_over = _best_stretch(right, left)
        if gained < SHIFT_AT_LEAST or 5 * left_over > gained:
            continue
        if best is not None and best.n_differences >= gained:
            continue
        blank_right, blank_left = not right[start], not left[end]
        entry = of_right if blank_right and not blank_left else of_left if blank_left and not blank_right else ""
        best = Shift(number=number, start=start, end=end, entry=entry, n_differences=gained)
    return [] if best is None else [best]


def _best_stretch(right: Sequence[str], left: Sequence[str]) -> tuple[int, int, int, int]:
    """Return first and last column, differences that vanish and that stay, if ``right`` is one column too far right."""
    n = len(right)
    differs = [right[j] != left[j] for j in range(n)]
    stays = [j + 1 < n and right[j + 1] != left[j] for j in range(n)]
    best, best_sum, start, running = (0, -1), 0, 0, 0
    for j in range(n):
        if running <= 0:
            start, running = j, 0
        running += differs[j] - stays[j]
        if running > best_sum:
            best, best_sum = (start, j), running
    first, last = best
    while first < last and not differs[first]:
        first += 1
    return first, last, best_sum, sum(stays[first : last + 1])
