"""Which column of a sheet means what, and how its cells are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval_tools.interviews.projects.cells import Sheet
from eval_tools.interviews.projects.meanings import folded, meaning_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where each meaning stands in a sheet, and the columns without a meaning."""

    at: Mapping[str, int]
    rest: tuple[int, ...]
    group: bool  # the wave is a group of documents


def columns_of(sheet: Sheet) -> Columns:
    """Find the columns by their headers; of two with one meaning the first counts."""
    at: dict[str, int] = {}
    rest = []
    for i, name in enumerate(sheet.header):
        meaning = meaning_of(name)
        if meaning and meaning != "a wave" and meaning not in at:
            at[meaning] = i
        elif name:
            rest.append(i)
    group = "wave" in at and folded(sheet.header[at["wave"]]) == "documentgroup"
    return Columns(at=at, rest=tuple(rest), group=group)


def cell_of(row: Sequence[str], columns: Columns, meaning: str) -> str:
    """Return the cell of a meaning; '' where there is no such column."""
    return row[columns.at[meaning]] if meaning in columns.at else ""


def number(text: str) -> int | None:
    """Return a whole number, or None.

    Examples
    --------
    >>> number("3.0"), number("x")
    (3, None)
    """
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        return None
