"""KoBoToolbox: CSV, XLSX with its sheets of repeats, and the JSON of the API, read to the same table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from eval_tools.intake.columns import Kind
from eval_tools.intake.exports.form_answers import Answers
from eval_tools.intake.exports.form_columns import Dialect, as_r_names, plain_headers
from eval_tools.intake.exports.kobo_json import json_sheets, looks_like_json
from eval_tools.intake.exports.reader import Export, Reader
from eval_tools.intake.exports.repeats import given_by, keep_children, report_other_sheets, report_repeated_submissions
from eval_tools.intake.exports.survey_table import (
    companion_form,
    header_of,
    leave_out,
    main_sheet,
    raw_table,
    sheet_answers,
    tell_answers,
)
from eval_tools.intake.exports.xlsform import Form
from eval_tools.intake.files.sheet import Sheet
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.raw_table import RawTable, plain

VERSION = "__version__"
_OWN: dict[str, Kind] = {
    "_id": "system",
    "_uuid": "system",
    "_submission_time": "system",  # UTC, without offset; start and end carry the local one
    "_validation_status": "system",
    "_notes": "identifying",  # free text of the staff
    "_status": "system",
    "_submitted_by": "identifying",
    VERSION: "system",
    "_version_": "system",
    "_tags": "system",
    "meta/rootUuid": "system",
    "meta/instanceID": "system",
    "meta/instanceName": "identifying",  # often made of names
    "meta/deprecatedID": "system",
    "_index": "system",
    "_parent_table_name": "system",
    "_parent_index": "system",
    "_attachments": "identifying",
    "_geolocation": "identifying",
    "_xform_id_string": "system",
    "formhub/uuid": "system",
    "start": "system",
    "end": "system",
    "today": "system",
    "deviceid": "identifying",
    "phonenumber": "identifying",
    "simserial": "identifying",
    "subscriberid": "identifying",
    "username": "identifying",
    "audit": "identifying",
    "gps": "identifying",
}
DIALECT = Dialect(
    system=_OWN | {f"_submission_{name}": kind for name, kind in _OWN.items()},
    group_signs=("/",),
    choice_signs=("/",),
)
EVIDENCE = ("_id", "_uuid", "_submission_time")
REJECTED = ("rejected", "validation_status_rejected")
_STATUS = {
    "approved": "validation_status_approved",
    "not approved": "validation_status_not_approved",
    "on hold": "validation_status_on_hold",
}
NOT_APPROVED = _STATUS["not approved"]


def recognise(export: Export) -> str:
    """Tell what speaks for KoBoToolbox."""
    if looks_like_json(export.received.content):
        return "JSON of submissions with _uuid and _submission_time"
    for sheet in export.sheets:
        headers = set(plain_headers(header_of(export, sheet)))
        for spelled in (EVIDENCE, tuple(map(as_r_names, EVIDENCE))):
            if set(spelled) <= headers:
                return f"columns {', '.join(spelled)}"
    return ""


def read(export: Export, findings: Findings) -> RawTable | None:
    """Read the submissions; repeats become tables of their own, whose ``_parent_index`` is the parent's ``_index``."""
    form, usable = companion_form(export, findings)
    if looks_like_json(export.received.content):
        sheets = json_sheets(export.received, form, findings)
        if sheets is None:
            return None
        export = replace(export, sheets=sheets, sheet="", header_row=0)
    sheet = _submissions(export, findings)
    if sheet is None or not usable:
        return None
    main = sheet_answers(export, sheet, form, DIALECT, findings)
    if main is None:
        return None
    _same_status_words(main)
    leave_out(main, "_validation_status", REJECTED, "rejected")
    _report_not_approved(main)
    tell_answers(main, form, version=VERSION)
    _report_no_repeats(export, form, findings)
    repeats = _repeats(export, sheet, main, form, findings)
    return None if repeats is None else raw_table(main, export.received, repeats)


def _submissions(export: Export, findings: Findings) -> Sheet | None:
    if not export.sheet:
        for sheet in export.sheets:
            headers = set(plain_headers(header_of(export, sheet)))
            if set(map(as_r_names, EVIDENCE)) <= headers:
                return sheet
    return main_sheet(export, EVIDENCE, findings)


def _same_status_words(answers: Answers) -> None:
    """Spell the state of validation as its code, as the export with XML values does."""
    for index, column in enumerate(answers.columns):
        if column.info.name.removeprefix("_submission_") == "_validation_status":
            cells = answers.column(index)
            answers.set_column(index, [_STATUS.get(plain(cell).lower(), cell) for cell in cells])


def _report_not_approved(answers: Answers) -> None:
    """Say how many rows a person marked as not approved; whether they count is for the study to decide."""
    place = next((i for i, c in enumerate(answers.columns) if c.info.name == "_validation_status"), None)
    if place is None:
        return
    rows = [r for r, cell in zip(answers.rows, answers.column(place), strict=True) if plain(cell) == NOT_APPROVED]
    if rows:
        answers.note(
            "rows_not_approved",
            f"{len(rows)} rows are marked 'not approved' (rows {shorten(rows)}); they are kept. | To leave them out, "
            f"write a correction with match: {{_validation_status: {NOT_APPROVED}}}, expect: {{rows: {len(rows)}}} "
            "and drop: rows, with the reason.",
            column="_validation_status",
            count=len(rows),
            severity="warning",
        )


def _report_no_repeats(export: Export, form: Form | None, findings: Findings) -> None:
    absent = [name for name in form.repeats if name not in _names(export.sheets)] if form else []
    if absent:
        findings.add(
            "repeats_absent",
            f"the form repeats {', '.join(absent)}, which the file does not hold. | "
            "The CSV holds no repeats; export XLSX if they are needed.",
            severity="note",
            file=export.received.file,
            count=len(absent),
        )


def _names(sheets: Sequence[Sheet]) -> list[str]:
    return [sheet.name for sheet in sheets]


def _repeats(
    export: Export, main_sheet: Sheet, main: Answers, form: Form | None, findings: Findings
) -> dict[str, RawTable] | None:
    """Read the sheets of repeats, each after the table its rows belong to."""
    waiting = [sheet for sheet in export.sheets if sheet is not main_sheet]
    waiting = [s for s in waiting if {"_parent_table_name", "_parent_index"} <= set(header_of(export, s))]
    report_repeated_submissions(main, "_uuid")
    report_other_sheets(export, [main_sheet, *waiting], findings)
    if not waiting:
        return {}
    known = {main_sheet.name: given_by(main, "_index")}
    tables: dict[str, RawTable] = {}
    while waiting:
        ready = next((s for s in waiting if _parent_name(export, s) in known), None)
        if ready is None:
            for sheet in waiting:
                findings.add(
                    "repeat_without_parent",
                    f"sheet {sheet.name!r} names a parent table that the file does not hold. | Export all sheets.",
                    file=export.received.file,
                )
            return None
        waiting.remove(ready)
        parents = known[_parent_name(export, ready)]
        if parents is None:
            return None
        name = _repeat_name(ready.name, form)
        answers = sheet_answers(export, ready, form, DIALECT, findings, repeat=name)
        if answers is None:
            return None
        _same_status_words(answers)
        if not keep_children(answers, "_parent_index", parents):
            return None
        tell_answers(answers, form, version="_submission___version__")
        known[ready.name] = given_by(answers, "_index") if waiting else {}
        tables[name] = raw_table(answers, export.received)
    return tables


def _parent_name(export: Export, sheet: Sheet) -> str:
    """Return the parent table's name; a sheet without rows belongs to the main table."""
    headers = header_of(export, sheet)
    place = headers.index("_parent_table_name")
    first = max(export.header_row, 1)
    named = {record[place].strip() for record in sheet.cells[first:] if place < len(record)} - {""}
    if not named:
        tops = [s.name for s in export.sheets if "_parent_table_name" not in header_of(export, s)]
        return tops[0] if tops else ""
    return named.pop() if len(named) == 1 else ""


def _repeat_name(sheet: str, form: Form | None) -> str:
    """Return the repeat's name; Excel cuts the names of sheets after 31 characters."""
    begun = [name for name in form.repeats if name.startswith(sheet)] if form else []
    return begun[0] if len(begun) == 1 else sheet


READER = Reader(name="kobo", title="KoBoToolbox", recognise=recognise, read=read, companions=("form",))
