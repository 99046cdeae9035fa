"""Where the header of a table stands: in its first row, or below lines of title, and never guessed."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from eval_tools.intake.columns import ColumnInfo, unique_names
from eval_tools.intake.exports.grid import used_width
from eval_tools.intake.raw_table import plain

MOST_TITLE_LINES = 30
_VALUE = re.compile(r"[-+]?[\d.,]+%?|\d{1,4}[-./年]\d{1,2}([-./月]\d{1,4}日?)?([ T].*)?")  # number or date, no name


@dataclass(frozen=True, slots=True)
class Header:
    """The row of a header, from 1, and its columns; or in words why there is none."""

    row: int = 0
    columns: tuple[ColumnInfo, ...] = ()
    problem: str = ""


def find_header(cells: Sequence[Sequence[str]], *, declared_row: int = 0, declared: Collection[str] = ()) -> Header:
    """Find the row that names the columns.

    Parameters
    ----------
    cells : sequence of rows of str
    declared_row : int
        From 1, as study.yaml says; 0 if it says nothing.
    declared : collection of str
        Names of columns in study.yaml. The row that holds most of them is the header, if it is the only one.

    Returns
    -------
    Header
        With nothing declared, row 1 where it names every column, else the only row that does. A row names a
        column where its cell, or the one above it (merged with it), is no number and no date; no name may stand
        twice below row 1. Names that repeat in the header are numbered; a heading merged over several columns
        is the ``question`` of each.

    Examples
    --------
    >>> rows = [("Invented survey", ""), ("", ""), ("id", "q1"), ("7", "3"), ("8", "4")]
    >>> find_header(rows).row
    3
    >>> find_header([("1", "2"), ("3", "4")]).problem
    'no row names every column'
    """
    if not any(cell.strip() for row in cells for cell in row):
        return Header(problem="there are no cells")
    if declared_row:
        if declared_row > len(cells) or not any(cell.strip() for cell in cells[declared_row - 1]):
            return Header(problem=f"row {declared_row}, declared as header_row, is empty")
        return _header(cells, declared_row - 1)
    names = {plain(name) for name in declared}
    if names:
        hits = [len(names & set(_candidates(cells, i))) for i in range(min(MOST_TITLE_LINES, len(cells)))]
        best = max(hits)
        if not best:
            return Header(problem="no row holds a column name that study.yaml declares")
        if hits.count(best) > 1:
            rows = ", ".join(str(i + 1) for i, hit in enumerate(hits) if hit == best)
            return Header(problem=f"rows {rows} hold equally many of the declared column names")
        return _header(cells, hits.index(best))
    if _names_all(cells, 0):
        return _header(cells, 0)
    fitting = [i for i in range(1, min(MOST_TITLE_LINES, len(cells))) if _names_all(cells, i, unique=True)]
    if len(fitting) == 1:
        return _header(cells, fitting[0])
    if not fitting:
        return Header(problem="no row names every column")
    return Header(problem=f"rows {', '.join(str(i + 1) for i in fitting[:5])} could each be the header")


def _candidates(cells: Sequence[Sequence[str]], i: int) -> list[str]:
    """Return the names a row gives: as they stand, and numbered where they repeat."""
    stripped = [plain(cell) for cell in cells[i]]
    return [*stripped, *map(plain, unique_names(cells[i]))]


def _names_all(cells: Sequence[Sequence[str]], i: int, *, unique: bool = False) -> bool:
    own, texts, groups = _names(cells, i)
    if not all(texts) or 2 * sum(map(bool, own)) <= len(own) or any(_VALUE.fullmatch(plain(text)) for text in texts):
        return False
    return not unique or len(set(zip(groups, texts, strict=True))) == len(texts)


def _names(cells: Sequence[Sequence[str]], i: int) -> tuple[list[str], list[str], list[str]]:
    """Return for each column the row's own cell, its name (merged with the cell above), and its heading above."""
    width = _width(cells, i)
    own = [_cell(cells, i, j) for j in range(width)]
    above = [_cell(cells, i - 1, j) for j in range(width)]
    if sum(map(bool, above)) < 2:  # a line of title is no heading over columns
        return own, own, [""] * width
    groups, group = [], ""
    for here, over in zip(own, above, strict=True):
        group = over or group
        groups.append(group if here else "")
    return own, [here or over for here, over in zip(own, above, strict=True)], groups


def _width(cells: Sequence[Sequence[str]], i: int) -> int:
    """Return the width of a header: up to the row's last cell, or where it has empty ones, the last one in use."""
    own = used_width([cells[i]])
    if own == len(cells[i]):
        return own
    return max(own, used_width([row[: len(cells[i])] for row in cells]))


def _cell(cells: Sequence[Sequence[str]], i: int, j: int) -> str:
    return cells[i][j].strip() if i >= 0 and j < len(cells[i]) else ""


def _header(cells: Sequence[Sequence[str]], i: int) -> Header:
    _, headers, groups = _names(cells, i)
    columns = tuple(
        ColumnInfo(name=name, header=header, question=question)
        for name, header, question in zip(unique_names(headers), headers, groups, strict=True)
    )
    return Header(row=i + 1, columns=columns)
