"""A plain CSV file or workbook: one header, one row for each form."""

from __future__ import annotations

from eval_tools.intake.exports.grid import as_raw_table, find_sheet, only_sheet, records_below
from eval_tools.intake.exports.header import find_header
from eval_tools.intake.exports.reader import Export, Reader
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import RawTable


def recognise(export: Export) -> str:
    """Say where the header stands and how many columns it names; '' where none is found."""
    sheet = find_sheet(export)
    if sheet is None:
        return ""
    header = find_header(sheet.cells, declared_row=export.header_row, declared=export.declared)
    return f"a header in row {header.row} with {len(header.columns)} columns" if header.row else ""


def read(export: Export, findings: Findings) -> RawTable | None:
    """Read the one table of the file; every cell stays as it is, dates kept as numbers too."""
    sheet = only_sheet(export, findings)
    if sheet is None:
        return None
    file = export.received.file
    header = find_header(sheet.cells, declared_row=export.header_row, declared=export.declared)
    if not header.row:
        findings.add(
            "header_missing",
            f"no header found: {header.problem}. | Is it the right file? Say header_row: in study.yaml, the number of "
            "the row that names the columns.",
            file=file,
        )
        return None
    if header.row > 1:
        findings.add(
            "header_found",
            "the header stands in this row; the lines above it are left out",
            severity="note",
            file=file,
            row=header.row,
        )
    for position, column in enumerate(header.columns, start=1):
        if not column.header:
            findings.add(
                "header_blank",
                f"position {position} has no name in the header; it is called {column.name!r}. | Give it a name where "
                "the file was made, or list it under ignore.",
                severity="warning",
                file=file,
                row=header.row,
                column=column.name,
            )
    records = records_below(sheet, header.row, len(header.columns), file=file, findings=findings)
    return None if records is None else as_raw_table(export, header.columns, records)


READER = Reader(name="table", title="plain table", recognise=recognise, read=read)
