"""REDCap: the raw CSV of a project with its data dictionary; events, repeating instruments, checkboxes."""

from __future__ import annotations

import re

from eval_tools.intake.columns import ColumnInfo, Kind, unique_names
from eval_tools.intake.exports.form_columns import plain_headers
from eval_tools.intake.exports.reader import Export, Reader
from eval_tools.intake.exports.redcap_dictionary import RedcapField, read_dictionary
from eval_tools.intake.exports.redcap_rows import RedcapRows, mark_empty_forms, mark_skipped_fields
from eval_tools.intake.exports.survey_table import header_of, records_of
from eval_tools.intake.files.sheet import Sheet
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.raw_table import REASONS, RawTable, plain

_OWN: dict[str, Kind] = {
    "redcap_event_name": "system",
    "redcap_repeat_instrument": "system",
    "redcap_repeat_instance": "system",
    "redcap_data_access_group": "system",
    "redcap_survey_identifier": "identifying",
}
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_CHECKBOX = re.compile(r"(?P<field>[a-z][a-z0-9_]*?)___(?P<code>[a-z0-9_]+)")
_STATES = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}
_LABEL_HEADERS = {"Event Name", "Repeat Instrument", "Repeat Instance", "Data Access Group", "Complete?"}
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
UNFINISHED = "[not completed]"


def recognise(export: Export) -> str:
    """Tell what speaks for REDCap: its own columns, or a state of completion under names of variables."""
    for sheet in export.sheets:
        header = plain_headers(header_of(export, sheet))
        own = [name for name in _OWN if name in header]
        if own:
            return f"columns {', '.join(own)}"
        labels = sorted(_LABEL_HEADERS & set(header))
        if "Complete?" in labels:
            return f"column headers of a label export: {', '.join(labels)}"
        states = [name for name in header if name.endswith("_complete")]
        if states and all(map(_NAME.fullmatch, header)) and _holds_states(export, sheet, states):
            return f"columns {', '.join(states[:3])} with the states of REDCap's forms"
    return ""


def _holds_states(export: Export, sheet: Sheet, names: list[str]) -> bool:
    header = plain_headers(header_of(export, sheet))
    places = [header.index(name) for name in names]
    first = max(export.header_row, 1)
    held = {plain(record[i]) for record in sheet.cells[first:] for i in places if i < len(record)} - {""}
    return bool(held) and held <= {*_STATES, *_STATES.values()}


def read(export: Export, findings: Findings) -> RawTable | None:
    """Read a raw export. Rows of events and of repeating instruments stay rows; what they do not hold is not asked."""
    file = export.received.file
    sheet = export.sheets[0] if export.sheets else None
    if export.sheet:
        sheet = next((s for s in export.sheets if s.name == export.sheet), None)
    if sheet is None or not recognise(export):
        findings.add(
            "not_this_platform",
            "no columns of REDCap (redcap_event_name, <form>_complete …). | Is it the raw CSV of the project?",
            file=file,
        )
        return None
    if _is_label_export(export, sheet, findings):
        return None
    fields, usable = _dictionary(export, findings)
    records = records_of(export, sheet, findings) if usable else None
    if records is None:
        return None
    header = plain_headers(header_of(export, sheet))
    if fields and not _belongs(header, fields, file, findings):
        return None
    columns = _columns(header, fields)
    rows = RedcapRows(
        file=file,
        columns=columns,
        cells=[list(record) for _, record in records],
        rows=[row for row, _ in records],
        fields={field.name: field for field in fields},
        findings=findings,
    )
    _report(rows)
    mark_empty_forms(rows)
    mark_skipped_fields(rows)
    return RawTable(
        file=file,
        header=tuple(column.name for column in columns),
        cells=tuple(map(tuple, rows.cells)),
        rows=tuple(rows.rows),
        sha256=export.received.sha256,
        n_bytes=export.received.n_bytes,
        columns=tuple(columns),
    )


def _is_label_export(export: Export, sheet: Sheet, findings: Findings) -> bool:
    """Refuse an export with labels: codes are lost, and headers that repeat cannot be told apart."""
    header = plain_headers(header_of(export, sheet))
    states = [i for i, name in enumerate(header) if name.endswith("_complete")]
    first = max(export.header_row, 1)
    held = {plain(record[i]) for record in sheet.cells[first:] for i in states if i < len(record)} - {""}
    if "Complete?" not in header and not held & set(_STATES.values()):
        return False
    findings.add(
        "label_export",
        "an export with labels: the codes of the answers are lost, and options that share their words cannot be told "
        "apart. | Export 'CSV / Microsoft Excel (raw data)' under Data Exports, and the data dictionary.",
        file=export.received.file,
        row=1,
    )
    return True


def _dictionary(export: Export, findings: Findings) -> tuple[tuple[RedcapField, ...], bool]:
    companion = export.companions.get("dictionary")
    if companion is None:
        findings.add(
            "dictionary_absent",
            "no data dictionary beside the export: which fields identify a person, what codes mean and when a question "
            "was asked are unknown. | Download it under Project Setup > Data Dictionary and name it as dictionary.",
            severity="warning",
            file=export.received.file,
        )
        return (), True
    fields = read_dictionary(companion.sheets, file=companion.received.file, findings=findings)
    return fields or (), fields is not None


def _belongs(header: list[str], fields: tuple[RedcapField, ...], file: str, findings: Findings) -> bool:
    """Check that the dictionary is the project's: its first field names the records."""
    if fields[0].name in header:
        return True
    findings.add(
        "dictionary_of_another",
        f"the dictionary names records by {fields[0].name!r}, which the export does not hold. | "
        "Is it the dictionary of this project? Export the record ID too.",
        file=file,
        row=1,
    )
    return False


def _columns(header: list[str], fields: tuple[RedcapField, ...]) -> list[ColumnInfo]:
    known = {name: (field, code) for field in fields for name, code in field.columns().items()}
    forms = {field.form for field in fields}
    found = []
    for cell, name in zip(header, unique_names(header), strict=True):
        if cell in _OWN:
            info = ColumnInfo(name=name, header=cell, kind=_OWN[cell])
        elif cell in known:
            info = _of_field(cell, name, *known[cell])
        elif cell.endswith("_complete") and (not fields or cell.removesuffix("_complete") in forms):
            info = ColumnInfo(name=name, header=cell, kind="system", holds="code", choices=_STATES)
        elif cell.endswith("_timestamp"):
            info = ColumnInfo(name=name, header=cell, kind="system")
        elif match := _CHECKBOX.fullmatch(cell):
            info = ColumnInfo(
                name=name, header=cell, question=match["field"], part=match["code"], kind="choice", holds="code"
            )
        else:
            info = ColumnInfo(name=name, header=cell, question=cell)
        found.append(info)
    return found


def _of_field(header: str, name: str, field: RedcapField, code: str) -> ColumnInfo:
    choices = {"1": field.choices[code]} if code else field.choices
    return ColumnInfo(
        name=name,
        header=header,
        question=field.name,
        part=code,
        text=field.label,
        kind=field.kind,
        holds="code" if field.choices else "text",
        choices=choices,
    )


def _report(rows: RedcapRows) -> None:
    """Note what a reader of the data should know: unfinished surveys, decimal commas, answers that are no choice."""
    for index, info in enumerate(rows.columns):
        held = [(row, plain(record[index])) for row, record in zip(rows.rows, rows.cells, strict=True)]
        held = [(row, cell) for row, cell in held if cell and cell not in REASONS]
        if info.kind == "system" and info.header.endswith("_timestamp"):
            unfinished = [row for row, cell in held if cell == UNFINISHED]
            if unfinished:
                rows.note(
                    "survey_unfinished",
                    f"{len(unfinished)} surveys were begun and not finished (rows {shorten(unfinished)}).",
                    column=info.name,
                    count=len(unfinished),
                )
        elif info.kind == "answer" and not info.choices and held:
            if all(_DECIMAL_COMMA.fullmatch(cell) for _, cell in held):
                rows.note(
                    "decimal_comma",
                    "the numbers have decimal commas; they are kept as received.",
                    column=info.name,
                    count=len(held),
                )
        elif info.kind == "answer" and info.choices:
            unknown = [row for row, cell in held if cell not in info.choices]
            if unknown:
                rows.findings.add(
                    "choice_not_on_form",
                    f"{len(unknown)} answers are no choice of the dictionary (rows {shorten(unknown)}). | "
                    "Download the dictionary again; codes for missing data must be declared as answers.",
                    severity="warning",
                    file=rows.file,
                    column=info.name,
                    count=len(unknown),
                )


READER = Reader(name="redcap", title="REDCap", recognise=recognise, read=read, companions=("dictionary",))
