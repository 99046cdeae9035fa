"""Qualtrics: CSV or XLSX with three header rows (names, words, import ids), or two in older exports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.exports.grid import Records, as_raw_table, find_sheet, only_sheet, records_below, used_width
from eval_tools.intake.exports.qualtrics_header import (
    LEGACY,
    Field,
    columns_of,
    has_import_ids,
    is_legacy,
    name_fields,
    parse_fields,
)
from eval_tools.intake.exports.reader import Export, Reader
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.raw_table import RawTable

# Response type as number or in words; what else a platform calls an answer is told, not guessed.
ANSWERS = {
    "",
    "0",
    "4",
    "16",
    "ip address",
    "imported",
    "offline",
    "ip-adresse",
    "ip 地址",
    "ip地址",
    "ip 位址",
    "ip位址",
}
NO_ANSWERS = {
    "1": "preview",
    "survey preview": "preview",
    "2": "test",
    "survey test": "test",
    "8": "spam",
    "spam": "spam",
    "9": "preview",
    "survey preview spam": "preview",
    "12": "spam",
    "imported spam": "spam",
    "17": "preview",
    "offline survey preview": "preview",
}


def recognise(export: Export) -> str:
    """Name what tells a Qualtrics export: import ids in row 3, or the first columns of an older one; else ''."""
    sheet = find_sheet(export)
    if sheet is None:
        return ""
    if has_import_ids(sheet.cells):
        return "row 3 holds import ids (ImportId)"
    return f"columns {LEGACY[0]} to {LEGACY[-1]} above ResponseID, ResponseSet" if is_legacy(sheet.cells) else ""


def read(export: Export, findings: Findings) -> RawTable | None:
    """Read the answers; previews, tests and spam are left out with a note.

    A column is known by its import id (and choice id), its name is that of row 1 where it stands there once, else the
    id. Options of a question with several become 1 and 0 where the file tells that a column is an option.
    """
    sheet = only_sheet(export, findings)
    if sheet is None:
        return None
    file = export.received.file
    three = has_import_ids(sheet.cells)
    if not three and not is_legacy(sheet.cells):
        findings.add(
            "header_missing",
            "neither import ids in row 3 nor the columns of an older export. | Export the responses again as CSV and "
            "leave the header rows as they are.",
            file=file,
        )
        return None
    n_headers = 3 if three else 2
    width = used_width(sheet.cells)
    found = records_below(sheet, n_headers, width, file=file, findings=findings)
    if found is None:
        return None
    fields = parse_fields(sheet.cells, width)
    if fields is None:
        findings.add(
            "header_damaged",
            "row 3 holds something that is no import id. | Export the file again.",
            file=file,
            row=3,
        )
        return None
    findings.add(
        "header_rows",
        f"{n_headers} header rows are no answers and left out{_zones(fields)}",
        severity="note",
        file=file,
        count=n_headers,
    )
    kept = _without_repeats(fields, found, file, findings)
    if kept is None:
        return None
    fields = [fields[j] for j in kept]
    cells = [[record[j] for j in kept] for record in found.cells]
    names = name_fields(fields)
    columns = columns_of(fields, names)
    _expand_options(fields, columns, cells)
    rows = _leave_out(fields, cells, found.rows, file, findings)
    wanted = [i for i, row in enumerate(found.rows) if row in rows]
    _tell_unfinished(fields, [cells[i] for i in wanted], [found.rows[i] for i in wanted], file, findings)
    records = Records(tuple(found.rows[i] for i in wanted), tuple(tuple(cells[i]) for i in wanted))
    return as_raw_table(export, columns, records)


READER = Reader(name="qualtrics", title="Qualtrics", recognise=recognise, read=read)


def _zones(fields: Sequence[Field]) -> str:
    zones = sorted({field.zone for field in fields if field.zone})
    return f"; times are those of {', '.join(zones)}" if zones else ""


def _without_repeats(fields: Sequence[Field], found: Records, file: str, findings: Findings) -> list[int] | None:
    """Return the columns to keep: one for each import id, and no empty column without a name."""
    first: dict[tuple[str, str], int] = {}
    kept, contradict = [], False
    for j, each in enumerate(fields):
        column = [record[j] for record in found.cells]
        if not each.tag and not each.import_id and not any(cell.strip() for cell in column):
            continue  # the empty column older exports end with
        key = (each.import_id, each.choice)
        if not each.import_id or key not in first:
            first.setdefault(key, j)
            kept.append(j)
            continue
        if column == [record[first[key]] for record in found.cells]:
            findings.add(
                "column_repeated",
                f"the same field as position {first[key] + 1}, with the same cells; it is read once",
                severity="note",
                file=file,
                row=1,
                column=each.tag,
            )
        else:
            contradict = True
            findings.add(
                "column_contradicts",
                f"has the import id of position {first[key] + 1}, but other cells. | Export it again; it was changed.",
                file=file,
                row=1,
                column=each.tag,
            )
    return None if contradict else kept


def _expand_options(fields: Sequence[Field], columns: list[ColumnInfo], cells: list[list[str]]) -> None:
    """Write options as 1 and 0 where every cell of the question is empty, 1, the option's id or its words."""
    questions: dict[str, list[int]] = {}
    for j, each in enumerate(fields):
        if each.is_option:
            questions.setdefault(each.question, []).append(j)
    for places in questions.values():
        ticks = {j: fields[j].ticks for j in places}
        if any(record[j].strip() not in ("", "0", *ticks[j]) for record in cells for j in places):
            continue
        for record in cells:
            marked = {j: record[j].strip() for j in places}
            asked = any(marked.values())
            for j, text in marked.items():
                record[j] = "1" if text in ticks[j] else "0" if asked else ""
        for j in places:
            columns[j] = replace(columns[j], kind="choice", holds="code")


def _leave_out(
    fields: Sequence[Field], cells: Sequence[Sequence[str]], rows: Sequence[int], file: str, findings: Findings
) -> set[int]:
    """Return the rows that are answers of people, and tell of the others."""
    status = next((j for j, each in enumerate(fields) if each.system == "status"), None)
    if status is None:
        return set(rows)
    kinds: dict[str, list[int]] = {}
    unknown = []
    for row, record in zip(rows, cells, strict=True):
        text = record[status].strip().casefold()
        if text in NO_ANSWERS:
            kinds.setdefault(NO_ANSWERS[text], []).append(row)
        elif text not in ANSWERS:
            unknown.append(row)
    for kind, listed in kinds.items():
        findings.add(
            f"left_out_{kind}",
            f"{kind} of the survey, no answer of a person: rows {shorten(listed)} are left out",
            severity="note",
            file=file,
            count=len(listed),
        )
    if unknown:
        findings.add(
            "status_unknown",
            f"the response type of rows {shorten(unknown)} is none that is known; they are kept. | Export with numeric "
            "values, or see that no preview is among them.",
            severity="warning",
            file=file,
            column=fields[status].tag,
            count=len(unknown),
        )
    out = {row for listed in kinds.values() for row in listed}
    return set(rows) - out


def _tell_unfinished(
    fields: Sequence[Field], cells: Sequence[Sequence[str]], rows: Sequence[int], file: str, findings: Findings
) -> None:
    finished = next((j for j, each in enumerate(fields) if each.system == "finished"), None)
    if finished is None:
        return
    listed = [row for row, c in zip(rows, cells, strict=True) if c[finished].strip().casefold() in ("0", "false")]
    if listed:
        findings.add(
            "not_finished",
            f"not sent to the end; what was answered is kept: rows {shorten(listed)}",
            severity="note",
            file=file,
            count=len(listed),
        )
