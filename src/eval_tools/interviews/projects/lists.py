"""Lists that lie beside a project: who was to code what, whose interviews, where units lie, and the codebook."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eval_tools.errors import DataError, Problem
from eval_tools.interviews.gathered import WHOLE, RawCase, RawCode, plain_name
from eval_tools.interviews.projects.cells import Sheet, read_cells
from eval_tools.interviews.projects.layout import Columns, cell_of, columns_of, number


def read_assignments(path: Path, *, encoding: str = "utf-8") -> set[tuple[str, str]]:
    """Read who was to code what: a sheet with the columns coder and source."""
    sheet, columns = _one(path, ("coder", "source"), encoding)
    return {(plain_name(cell_of(row, columns, "source")), cell_of(row, columns, "coder")) for row in sheet.rows}


def read_cases(path: Path, *, encoding: str = "utf-8") -> list[RawCase]:
    """Read whose interviews the documents are: a sheet with source and case, and wave and role if they matter."""
    sheet, columns = _one(path, ("source", "case"), encoding)
    return [
        RawCase(
            source=plain_name(cell_of(row, columns, "source")),
            case=cell_of(row, columns, "case"),
            start=number(cell_of(row, columns, "start")) or 0,
            end=number(cell_of(row, columns, "end")) or WHOLE,
            wave=cell_of(row, columns, "wave"),
            role=cell_of(row, columns, "role"),
        )
        for row in sheet.rows
    ]


def read_units(path: Path, *, encoding: str = "utf-8") -> dict[str, tuple[str, int, int]]:
    """Read where units lie: a sheet with unit, source, start and end."""
    sheet, columns = _one(path, ("unit", "source", "start", "end"), encoding)
    units = {}
    for row in sheet.rows:
        start, end = number(cell_of(row, columns, "start")), number(cell_of(row, columns, "end"))
        if start is None or end is None:
            raise DataError(Problem(path.name, "a unit has no numbers for start and end.", "Fill the columns."))
        units[cell_of(row, columns, "unit")] = (plain_name(cell_of(row, columns, "source")), start, end)
    return units


def read_codebook(path: Path, *, encoding: str = "utf-8") -> dict[str, RawCode]:
    """Read a codebook: a sheet with code, and parent and description if there are any."""
    sheet, columns = _one(path, ("code",), encoding)
    above = {cell_of(row, columns, "parent") for row in sheet.rows} - {""}
    return {
        cell_of(row, columns, "code"): RawCode(
            key=cell_of(row, columns, "code"),
            name=cell_of(row, columns, "code"),
            parent=cell_of(row, columns, "parent"),
            codable=cell_of(row, columns, "code") not in above,
            description=cell_of(row, columns, "description"),
        )
        for row in sheet.rows
        if cell_of(row, columns, "code")
    }


def _one(path: Path, needed: Sequence[str], encoding: str) -> tuple[Sheet, Columns]:
    sheets = read_cells(path, encoding=encoding)
    if len(sheets) != 1:
        raise DataError(Problem(path.name, f"holds {len(sheets)} sheets with cells.", "Keep one."))
    columns = columns_of(sheets[0])
    missing = [meaning for meaning in needed if meaning not in columns.at]
    if missing:
        raise DataError(
            Problem(path.name, f"lacks columns for {', '.join(missing)}.", f"It needs {', '.join(needed)} in row 1.")
        )
    return sheets[0], columns
