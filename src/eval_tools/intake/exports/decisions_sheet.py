"""The workbook in which a person with the paper decides where two typists differ.

It holds what both typed, so it lies under the workbench's scratch folder, readable by its owner only.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from eval_tools.errors import DataError, Problem
from eval_tools.intake.exports.decisions import (
    COLUMN,
    DECISION,
    ENTRY_A,
    ENTRY_B,
    EVERY_COLUMN,
    FORM,
    VALUE,
    WORDS,
    Decision,
)
from eval_tools.intake.exports.two_entries import TwoEntries, Typing
from eval_tools.spreadsheets import put, write_owner_only

FOLDER = "double_entry"
COLUMNS = (FORM, "row in A", "row in B", COLUMN, ENTRY_A, ENTRY_B, DECISION, VALUE)
_STUDY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def write_decisions_sheet(found: TwoEntries, *, scratch: Path, study: str, decisions: Sequence[Decision] = ()) -> Path:
    """Write every difference as one row for a person to decide, and return the path.

    Parameters
    ----------
    found : TwoEntries
    scratch : Path
        The workbench's folder ``.eval_tools``; the workbook goes to ``double_entry/<study>/`` below it.
    study : str
        Id of the study.
    decisions : sequence of Decision
        What was decided already; filled in again.

    Returns
    -------
    Path
        Named after entry A and its folder. Cells are text, so that nothing typed becomes a formula; folder and file
        can be read by their owner only, at any moment.

    Raises
    ------
    DataError
        If the folder is no scratch folder, or the id of the study no name of a folder.
    """
    if scratch.name != ".eval_tools" or not _STUDY.fullmatch(study):
        raise DataError(
            Problem(
                "decisions workbook",
                "holds what was typed, and is written below .eval_tools/ only, in a folder with the id of the study.",
                "Give the scratch folder of the workbench and the id of the study.",
            )
        )
    folder = scratch / FOLDER / study
    parts = PurePosixPath(found.file_a).with_suffix("").parts
    path = folder / f"{'--'.join(part for part in parts if part not in ('/', '..'))}-decisions.xlsx"
    write_owner_only(path, _workbook(_rows(found, decisions)), above=scratch)
    return path


def _rows(found: TwoEntries, decisions: Sequence[Decision]) -> list[tuple[str, ...]]:
    decided = {(each.number, each.column): each for each in decisions}
    forms = {form.number: form for form in found.forms}
    rows = []
    for form in found.forms:
        if form.a is None or form.b is None:
            rows.append(_row(form.number, form.a, form.b, EVERY_COLUMN, -1, decided))
    for number, j in found.differences:
        rows.append(_row(number, forms[number].a, forms[number].b, found.names[j], j, decided))
    return rows


def _row(
    number: str, a: Typing | None, b: Typing | None, column: str, j: int, decided: dict[tuple[str, int], Decision]
) -> tuple[str, ...]:
    decision = decided.get((number, j))
    return (
        number,
        "" if a is None else str(a.row),
        "" if b is None else str(b.row),
        column,
        "" if a is None or j < 0 else a.cells[j],
        "" if b is None or j < 0 else b.cells[j],
        "" if decision is None else decision.word,
        "" if decision is None else decision.value,
    )


def _workbook(rows: Sequence[Sequence[str]]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.active
    sheet.title = "decisions"
    for i, row in enumerate([COLUMNS, *rows], start=1):
        for j, text in enumerate(row, start=1):
            cell = sheet.cell(row=i, column=j)
            put(cell, text)
            cell.number_format = "@"
    words = DataValidation(type="list", formula1=f'"{",".join(WORDS)}"', allow_blank=True)
    sheet.add_data_validation(words)
    words.add(f"G2:G{max(2, len(rows) + 1)}")
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCDEFGH", (14, 9, 9, 24, 24, 24, 12, 24), strict=True):
        sheet.column_dimensions[letter].width = width
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
