"""What the readers of XLSForm platforms share: a sheet with one header row as answers, and answers as a raw table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from eval_tools.intake.exports.form_answers import (
    Answers,
    add_options,
    check_options,
    codes_for_labels,
    mark_absent_options,
    mark_skipped,
    mark_versions,
    read_flags,
)
from eval_tools.intake.exports.form_columns import Dialect, FormColumn, name_columns, plain_headers
from eval_tools.intake.exports.reader import Export
from eval_tools.intake.exports.xlsform import Form, read_xlsform
from eval_tools.intake.files.delimited import MAX_COLUMNS
from eval_tools.intake.files.sheet import ReceivedFile, Sheet
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.raw_table import INVALID, RawTable, plain

_HXL = re.compile(r"#[a-z][a-z0-9_+ -]*", re.IGNORECASE)


def companion_form(export: Export, findings: Findings) -> tuple[Form | None, bool]:
    """Read the XLSForm beside the export; also tell whether reading may go on (no form is no obstacle)."""
    companion = export.companions.get("form")
    if companion is None:
        findings.add(
            "form_absent",
            "no XLSForm beside the export: types, labels and rules of relevance are unknown, so that a question not "
            "asked cannot be told from one not answered. | Download the form (.xlsx) and name it as form.",
            severity="warning",
            file=export.received.file,
        )
        return None, True
    form = read_xlsform(companion.sheets, file=companion.received.file, findings=findings)
    return form, form is not None


def main_sheet(export: Export, wanted: Iterable[str], findings: Findings) -> Sheet | None:
    """Return the sheet that study.yaml names, else the first that has all the columns wanted."""
    if export.sheet:
        named = next((sheet for sheet in export.sheets if sheet.name == export.sheet), None)
        if named is None:
            names = ", ".join(sheet.name for sheet in export.sheets) or "none"
            findings.add(
                "sheet_missing",
                f"no sheet {export.sheet!r}. | The file has: {names}.",
                file=export.received.file,
            )
        return named
    for sheet in export.sheets:
        if set(wanted) <= set(plain_headers(header_of(export, sheet))):
            return sheet
    findings.add(
        "not_this_platform",
        f"no sheet holds the columns {', '.join(wanted)}. | Is it the right file, as the platform wrote it?",
        file=export.received.file,
    )
    return None


def header_of(export: Export, sheet: Sheet) -> tuple[str, ...]:
    """Return the header row of a sheet."""
    place = max(export.header_row, 1) - 1
    return sheet.cells[place] if place < len(sheet.cells) else ()


def sheet_answers(
    export: Export,
    sheet: Sheet,
    form: Form | None,
    dialect: Dialect,
    findings: Findings,
    *,
    repeat: str = "",
) -> Answers | None:
    """Take the records of a sheet; None, with findings, if they do not fit its header."""
    file = export.received.file if not repeat else f"{export.received.file}, {sheet.name or repeat}"
    header = header_of(export, sheet)
    numbered = records_of(export, sheet, findings, file=file)
    if numbered is None:
        return None
    if numbered and _is_hxl(numbered[0][1]):
        findings.add(
            "rows_left_out",
            "a second header row with HXL tags is no answer; left out.",
            severity="note",
            file=file,
            row=numbered[0][0],
        )
        del numbered[0]
    if not numbered and not repeat:
        findings.add(
            "no_rows",
            "the file holds a header and not a single row. | Export it again; right only if nobody answered.",
            severity="warning",
            file=file,
        )
    cells = [record for _, record in numbered]
    columns = name_columns(header, cells, form, dialect, repeat=repeat, file=file, findings=findings)
    if form is not None and not _is_of(form, columns, repeat, file, findings):
        return None
    answers = Answers(
        file=file, columns=columns, cells=cells, rows=[row for row, _ in numbered], findings=findings, repeat=repeat
    )
    _mark_formulas(answers, sheet)
    return answers


def _is_of(form: Form, columns: list[FormColumn], repeat: str, file: str, findings: Findings) -> bool:
    """Tell whether the export is one of this form; note the columns that the form does not have."""
    asked = [c for c in columns if c.question is not None or c.info.part]
    others = [c.info.name for c in columns if c.question is None and not c.info.part and c.info.kind == "answer"]
    if not asked and any(question.repeat == repeat for question in form.questions):
        findings.add(
            "form_of_another",
            "the export holds no question of the form. | Is it the form of this survey?",
            file=file,
            row=1,
        )
        return False
    if others:
        findings.add(
            "columns_not_on_form",
            f"{len(others)} columns are on no question of the form, as from another version of it; they are read as "
            f"they stand: {', '.join(others[:8])}{' …' if len(others) > 8 else ''}.",
            severity="note",
            file=file,
            row=1,
            count=len(others),
        )
    return True


def records_of(
    export: Export, sheet: Sheet, findings: Findings, *, file: str = ""
) -> list[tuple[int, list[str]]] | None:
    """Return the records below the header with their rows, without empty ones; None if they do not fit the header."""
    first = max(export.header_row, 1)
    numbered = [(first + i, list(record)) for i, record in enumerate(sheet.cells[first:], start=1)]
    numbered = [(row, record) for row, record in numbered if any(cell.strip() for cell in record)]
    fits = _fits(header_of(export, sheet), numbered, file or export.received.file, findings)
    return numbered if fits else None


def _fits(header: tuple[str, ...], numbered: list[tuple[int, list[str]]], file: str, findings: Findings) -> bool:
    if not any(cell.strip() for cell in header):
        findings.add("file_empty", "there is no header. | Export the file again.", file=file)
        return False
    if len(header) > MAX_COLUMNS:
        findings.add("too_many_columns", f"more than {MAX_COLUMNS} columns. | Is it the right file?", file=file)
        return False
    wrong = [row for row, record in numbered if len(record) != len(header)]
    for row in wrong:
        findings.add(
            "record_length",
            f"the row does not have the header's {len(header)} cells. | Look for a stray separator or quote.",
            file=file,
            row=row,
        )
    return not wrong


def _is_hxl(record: list[str]) -> bool:
    held = [cell.strip() for cell in record if cell.strip()]
    return bool(held) and all(_HXL.fullmatch(cell) for cell in held)


def _mark_formulas(answers: Answers, sheet: Sheet) -> None:
    """Mark cells that hold a live formula: what was typed is not in the file any more."""
    at = {row: i for i, row in enumerate(answers.rows)}
    for row, column in sheet.formulas:
        if row in at and column <= len(answers.columns):
            answers.cells[at[row]][column - 1] = INVALID
            answers.findings.add(
                "live_formula",
                "the cell holds a live formula; what was answered cannot be read from it. | "
                "Use the CSV export, which keeps the text.",
                severity="warning",
                file=answers.file,
                row=row,
                column=answers.columns[column - 1].info.name,
            )


def tell_answers(answers: Answers, form: Form | None, *, version: str) -> None:
    """Turn words into codes and 1 or 0, and say of empty cells why they are empty."""
    read_flags(answers)
    if form is not None:
        codes_for_labels(answers, form)
        add_options(answers, form)
        mark_skipped(answers)
    mark_versions(answers, version, form)
    mark_absent_options(answers)
    check_options(answers)


def leave_out(answers: Answers, column: str, words: Iterable[str], reason: str) -> None:
    """Leave out the rows that hold one of these words in a column, with a note."""
    place = next((i for i, c in enumerate(answers.columns) if c.info.name == column), None)
    if place is None:
        return
    refused = [plain(record[place]).lower() in set(words) for record in answers.cells]
    rows = [row for row, out in zip(answers.rows, refused, strict=True) if out]
    if rows:
        answers.note(
            "rows_left_out",
            f"{len(rows)} rows are {reason} on the platform; left out (rows {shorten(rows)}).",
            column=column,
            count=len(rows),
        )
    answers.cells = [record for record, out in zip(answers.cells, refused, strict=True) if not out]
    answers.rows = [row for row, out in zip(answers.rows, refused, strict=True) if not out]


def raw_table(answers: Answers, received: ReceivedFile, repeats: Mapping[str, RawTable] | None = None) -> RawTable:
    """Return the answers as a raw table."""
    return RawTable(
        file=answers.file,
        header=tuple(column.info.name for column in answers.columns),
        cells=tuple(map(tuple, answers.cells)),
        rows=tuple(answers.rows),
        sha256=received.sha256,
        n_bytes=received.n_bytes,
        columns=tuple(column.info for column in answers.columns),
        repeats=MappingProxyType(dict(repeats or {})),
    )
