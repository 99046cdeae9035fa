"""XLSX, XLS and ODS -> sheets of text, read by calamine once the preflight has let the file pass."""

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eval_tools.intake.files.package import UnsafePackage, open_package
from eval_tools.intake.files.preflight import FAR_CELLS, MAX_CELLS, PartFacts, look_at_parts
from eval_tools.intake.files.sheet import ReceivedFile, Sheet
from eval_tools.intake.files.workbook import sheet_parts
from eval_tools.intake.findings import Findings, shorten

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

LOST = 1e15
MAX_DIGITS = 15  # whole numbers beyond lost their last digits when they were typed as numbers


def as_text(value: object) -> str:
    """Turn what a cell holds into text, exactly.

    Examples
    --------
    >>> [as_text(v) for v in (1.0, 1.5, True, datetime.date(2026, 9, 21), "007", None)]
    ['1', '1.5', 'TRUE', '2026-09-21', '007', '']
    >>> as_text(datetime.datetime(2026, 9, 21, 8, 3, 36)), as_text(datetime.timedelta(hours=30))
    ('2026-09-21 08:03:36', '30:00:00')
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, datetime.timedelta):
        seconds = value.total_seconds()
        sign, whole = "-" if seconds < 0 else "", abs(round(seconds))
        return f"{sign}{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def read_xlsx(received: ReceivedFile, *, findings: Findings) -> tuple[Sheet, ...] | None:
    """Read every sheet of an XLSX file; None, with a finding, where the preflight does not let it pass.

    Parameters
    ----------
    received : ReceivedFile
    findings : Findings
        What is unsafe or broken; warnings about formulas, error cells and numbers that lost digits; notes about
        merged cells and about what is hidden and read all the same.
    """
    file = received.file
    try:
        package = open_package(received.content)
        parts = sheet_parts(package)
        facts = look_at_parts(package)
        if sum(facts[each.part].rows * facts[each.part].columns for each in parts) > MAX_CELLS:
            raise UnsafePackage(*FAR_CELLS)
    except UnsafePackage as unsafe:
        findings.add(unsafe.rule, f"the file {unsafe}", file=file)
        return None
    read = read_text_sheets(received.content)
    if isinstance(read, str) or [each.name for each in read] != [each.name for each in parts]:
        what = read if isinstance(read, str) else "its sheets are not those it lists"
        findings.add("spreadsheet_unreadable", UNREADABLE.format(what=what), file=file)
        return None
    return finish_sheets(read, [(each.hidden, facts[each.part]) for each in parts], file=file, findings=findings)


UNREADABLE = "cannot be read ({what}). | Open it in a spreadsheet program and save it again as .xlsx."


@dataclass(frozen=True, slots=True)
class TextSheet:
    """A sheet as the reader gives it, every cell made text."""

    name: str
    rows: list[list[str]]
    lost: list[int]  # rows with numbers that lost their last digits


def read_text_sheets(content: bytes) -> list[TextSheet] | str:
    """Read the sheets with calamine; the kind of error, never its text, if they cannot be read."""
    import python_calamine

    try:
        with python_calamine.load_workbook(io.BytesIO(content)) as book:
            return [_text_sheet(book.get_sheet_by_name(name)) for name in book.sheet_names]
    except BaseException as error:  # a panic of the reader is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | MemoryError):
            raise
        return type(error).__name__


def _text_sheet(sheet: CalamineSheet) -> TextSheet:
    rows = sheet.to_python(skip_empty_area=False)
    lost = [
        i
        for i, row in enumerate(rows, start=1)
        if any(not -LOST < value < LOST for value in row if value.__class__ is float)
    ]
    return TextSheet(sheet.name, [[v if v.__class__ is str else as_text(v) for v in row] for row in rows], lost)


def finish_sheets(
    read: Sequence[TextSheet], known: Sequence[tuple[bool, PartFacts]], *, file: str, findings: Findings
) -> tuple[Sheet, ...] | None:
    """Leave out empty rows at the end, refuse NULs, and tell what a table of text cannot show.

    ``known`` says of each sheet whether it is hidden and what the preflight saw in it.
    """
    sheets = []
    for each, (hidden, facts) in zip(read, known, strict=True):
        cells = [tuple(row) for row in each.rows]
        while cells and not any(cell.strip() for cell in cells[-1]):
            cells.pop()
        if any("\x00" in "".join(row) for row in cells):
            findings.add("nul_characters", "holds NUL characters. | Save the file again.", file=file)
            return None
        sheet = Sheet(name=each.name, cells=tuple(cells), formulas=tuple(facts.formulas))
        if each.lost:
            findings.add(
                "digits_lost",
                f"sheet {each.name!r} holds whole numbers of more than {MAX_DIGITS} digits, stored as numbers: their "
                f"last digits are not what was typed (rows {shorten(each.lost)}). | Export such numbers as text.",
                severity="warning",
                file=file,
                column=each.name,
                count=len(each.lost),
            )
        _tell(sheet, hidden, facts, file, findings)
        sheets.append(sheet)
    if not any(sheet.cells for sheet in sheets):
        findings.add("file_empty", "the file is empty. | Export the file again.", file=file)
        return None
    return tuple(sheets)


def _tell(sheet: Sheet, is_hidden: bool, facts: PartFacts, file: str, findings: Findings) -> None:
    """Say what a table of text cannot show."""

    def text_at(row: int, column: int) -> str:
        inside = row <= len(sheet.cells) and column <= len(sheet.cells[row - 1])
        return sheet.cells[row - 1][column - 1] if inside else ""

    where = f"sheet {sheet.name!r}"
    silent = [place for place in facts.formulas if not text_at(*place)]
    if silent:
        findings.add(
            "formula_without_value",
            f"{where} holds {len(silent)} live formulas without a value, which read as empty cells (rows "
            f"{shorten({row for row, _ in silent})}). Somebody may have typed an answer that begins with '='. | "
            "Export as CSV, or set the cells in corrections.yaml.",
            severity="warning",
            file=file,
            column=sheet.name,
            count=len(silent),
        )
    if len(facts.formulas) > len(silent):
        n = len(facts.formulas) - len(silent)
        findings.add(
            "formula_value",
            f"{where} holds {n} live formulas; the values saved with them are read, which nobody typed. | Compare the "
            "cells with the source; export as CSV, or paste them as values.",
            severity="warning",
            file=file,
            column=sheet.name,
            count=n,
        )
    if facts.errors:
        rows = shorten({row for row, _ in facts.errors})
        findings.add(
            "error_cells",
            f"{where} holds {len(facts.errors)} cells with an error of the spreadsheet, which read as empty (rows "
            f"{rows}). | Repair them in the source.",
            severity="warning",
            file=file,
            column=sheet.name,
            count=len(facts.errors),
        )
    if facts.merged:
        findings.add(
            "merged_cells",
            f"{where} has {len(facts.merged)} merged cells; only the first cell of each holds its text.",
            severity="note",
            file=file,
            column=sheet.name,
            count=len(facts.merged),
        )
    hidden = [
        "the sheet itself" if is_hidden else "",
        f"{facts.hidden_rows} rows" if facts.hidden_rows else "",
        f"{facts.hidden_columns} groups of columns" if facts.hidden_columns else "",
    ]
    if any(hidden):
        listed = ", ".join(each for each in hidden if each)
        findings.add(
            "hidden_cells",
            f"{where}: hidden, and read like all others: {listed}.",
            severity="note",
            file=file,
            column=sheet.name,
        )
