"""The sheet of an export that counts, and the records below its header."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.exports.reader import Export
from eval_tools.intake.files.delimited import MAX_COLUMNS
from eval_tools.intake.files.sheet import Sheet
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import RawTable


@dataclass(frozen=True, slots=True)
class Records:
    """Cells of the records, all as wide as the header, and the row each stands in."""

    rows: tuple[int, ...]
    cells: tuple[tuple[str, ...], ...]


def sheets_with_cells(export: Export) -> list[Sheet]:
    """Return the sheets that hold anything at all."""
    return [sheet for sheet in export.sheets if any(cell.strip() for row in sheet.cells for cell in row)]


def find_sheet(export: Export) -> Sheet | None:
    """Return the declared sheet, else the only one that holds anything; None where neither is there."""
    if export.sheet:
        return next((sheet for sheet in export.sheets if sheet.name == export.sheet), None)
    filled = sheets_with_cells(export)
    return filled[0] if len(filled) == 1 else None


def only_sheet(export: Export, findings: Findings) -> Sheet | None:
    """Return the sheet that counts; None, with a finding, where that is not clear."""
    file, names = export.received.file, ", ".join(repr(sheet.name) for sheet in export.sheets)
    found = find_sheet(export)
    if found is not None and not any(cell.strip() for row in found.cells for cell in row):
        findings.add("file_empty", "the sheet is empty. | Export the file again.", file=file)
        return None
    if found is not None:
        return found
    if export.sheet:
        findings.add(
            "sheet_missing", f"has no sheet named {export.sheet!r}. | Its sheets: {names or 'none'}.", file=file
        )
    elif not sheets_with_cells(export):
        findings.add("file_empty", "the file holds no cells. | Export the file again.", file=file)
    else:
        findings.add(
            "sheet_undeclared",
            f"has several sheets that hold something. | Say which one counts with sheet: in study.yaml. Its sheets: "
            f"{names}.",
            file=file,
        )
    return None


def used_width(rows: Sequence[Sequence[str]]) -> int:
    """Return the number of columns up to the last that holds anything.

    Examples
    --------
    >>> used_width([("a", "", ""), ("", "b", " ")])
    2
    """
    return max((j + 1 for row in rows for j in range(len(row) - 1, -1, -1) if row[j].strip()), default=0)


def records_below(sheet: Sheet, last_header_row: int, width: int, *, file: str, findings: Findings) -> Records | None:
    """Return the records below a header; None, with a finding for each row of another length.

    Parameters
    ----------
    sheet : Sheet
    last_header_row : int
        From 1; the records begin in the next row.
    width : int
        Columns of the header. Empty cells beyond it are cut, empty rows left out.
    file : str
        Name used in findings.
    findings : Findings
    """
    if width > MAX_COLUMNS:
        findings.add("too_many_columns", f"more than {MAX_COLUMNS} columns. | Is it the right file?", file=file)
        return None
    rows, cells, wrong = [], [], []
    for i, record in enumerate(sheet.cells[last_header_row:], start=last_header_row + 1):
        if not any(map(str.strip, record)):
            continue
        if len(record) < width or any(map(str.strip, record[width:])):
            wrong.append(i)
            continue
        rows.append(i)
        cells.append(record if len(record) == width else record[:width])
    for row in wrong:
        findings.add(
            "record_length",
            f"the row does not have the header's {width} cells. | Look for a stray comma or quote.",
            file=file,
            row=row,
        )
    if wrong:
        return None
    if not rows:
        findings.add(
            "no_rows",
            "the file holds a header and not a single row. | Export it again; right only if nobody answered.",
            severity="warning",
            file=file,
        )
    return Records(tuple(rows), tuple(cells))


def as_raw_table(export: Export, columns: Sequence[ColumnInfo], records: Records) -> RawTable:
    """Put columns and records together."""
    return RawTable(
        file=export.received.file,
        header=tuple(column.name for column in columns),
        cells=records.cells,
        rows=records.rows,
        sha256=export.received.sha256,
        n_bytes=export.received.n_bytes,
        columns=tuple(columns),
    )
