"""Paper forms typed twice: two files and, where they differ, what a person with the paper decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.exports.decisions import read_decisions
from eval_tools.intake.exports.entry_findings import tell_comparison, tell_errors
from eval_tools.intake.exports.grid import Records, as_raw_table, find_sheet, only_sheet, records_below
from eval_tools.intake.exports.header import find_header
from eval_tools.intake.exports.reader import Export, Reader
from eval_tools.intake.exports.settled_forms import settle_forms
from eval_tools.intake.exports.two_entries import Entry, TwoEntries, compare_entries
from eval_tools.intake.files.sheet import Sheet
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.raw_table import RawTable, plain

FORM_NUMBERS = (  # headings under which the number of a form stands, compared without blanks and underscores
    "formno", "formnumber", "formid", "form", "questionnaireno", "questionnairenumber",
    "问卷编号", "问卷号", "表格编号", "表号", "问卷序号", "問卷編號", "問卷號", "表格編號", "表號", "問卷序號",
)  # fmt: skip
_ALIKE_AT_LEAST, _FORMS_AT_LEAST = 0.5, 10
ROW_B = "row in entry_b"


def recognise(export: Export) -> str:
    """Say that a second entry lies beside the file and where the form's number stands; '' otherwise."""
    sheet = find_sheet(export)
    if sheet is None or "entry_b" not in export.companions:
        return ""
    header = find_header(sheet.cells, declared_row=export.header_row, declared=export.declared)
    column = _form_column(header.columns)
    return "" if column is None else f"a second entry, and the form's number in column {header.columns[column].name!r}"


def read(export: Export, findings: Findings) -> RawTable | None:
    """Align both entries by form number and take what was typed alike or decided; see :func:`settle_forms`."""
    prepared = _prepare(export, findings)
    if prepared is None:
        return None
    columns, found = prepared
    companion = export.companions.get("decisions")
    decisions = () if companion is None else read_decisions(companion, found, findings)
    file = "" if companion is None else companion.received.file
    tell_comparison(found, findings)
    settled = settle_forms(found, decisions, findings, decisions_file=file)
    tell_errors(found, settled, findings)
    last = max((form.a.row for form in found.forms if form.a), default=1)
    rows = []
    for form in found.forms:
        last += form.a is None
        rows.append(form.a.row if form.a else last)
    added = [row for row, form in zip(rows, found.forms, strict=True) if form.a is None]
    if added:
        findings.add(
            "form_only_in_second",
            f"forms that only {found.file_b} has are counted as rows {shorten(added)}, after the last row of this file",
            severity="note",
            file=found.file_a,
            count=len(added),
        )
    beside = ColumnInfo(name=_free_name(ROW_B, found.names), header="", kind="system")
    cells = tuple(
        (*record, "" if form.b is None else str(form.b.row)) for form, record in zip(found.forms, settled, strict=True)
    )
    return as_raw_table(export, [*columns, beside], Records(tuple(rows), cells))


def find_differences(export: Export, findings: Findings) -> TwoEntries | None:
    """Compare the two entries of an export, for the workbook in which a person decides."""
    prepared = _prepare(export, findings)
    return None if prepared is None else prepared[1]


READER = Reader(
    name="double-entry", title="paper forms typed twice", recognise=recognise, read=read,
    companions=("entry_b", "decisions"),
)  # fmt: skip


def _prepare(export: Export, findings: Findings) -> tuple[tuple[ColumnInfo, ...], TwoEntries] | None:
    if "entry_b" not in export.companions:
        findings.add(
            "companion_missing",
            "the second typing is not there. | Name the other file as entry_b in study.yaml.",
            file=export.received.file,
        )
        return None
    second = export.companions["entry_b"]
    other = replace(
        export, received=second.received, sheets=second.sheets, sheet="", header_row=0, companions={},
        declared=export.declared if _mentions(second.sheets, export.declared) else frozenset(),
    )  # fmt: skip
    first = _entry(export, findings)
    again = _entry(other, findings)
    if first is None or again is None:
        return None
    columns, a = first
    columns_b, b = again
    form = _form_column(columns)
    if form is None:
        findings.add(
            "form_number_missing",
            "no column holds the number of the form. | Call it form_no or 问卷编号 in the header.",
            file=a.file,
        )
        return None
    order = _order(columns, columns_b, a.file, b.file, findings)
    if order is None:
        return None
    found = compare_entries(a, b, form_column=form, order=order)
    return (columns, found) if _columns_correspond(found, findings) else None


def _mentions(sheets: Sequence[Sheet], declared: frozenset[str]) -> bool:
    """Tell whether the second file uses the names of study.yaml; typists may have used headings of their own."""
    names = {plain(name) for name in declared}
    return any(names & {plain(cell) for row in sheet.cells[:30] for cell in row} for sheet in sheets)


def _entry(export: Export, findings: Findings) -> tuple[tuple[ColumnInfo, ...], Entry] | None:
    sheet = only_sheet(export, findings)
    if sheet is None:
        return None
    file = export.received.file
    header = find_header(sheet.cells, declared_row=export.header_row, declared=export.declared)
    if not header.row:
        findings.add(
            "header_missing",
            f"no header found: {header.problem}. | Remove the lines above the header in a copy, or say header_row:.",
            file=file,
        )
        return None
    records = records_below(sheet, header.row, len(header.columns), file=file, findings=findings)
    if records is None:
        return None
    names = tuple(column.name for column in header.columns)
    return header.columns, Entry(file=file, names=names, rows=records.rows, cells=records.cells)


def _form_column(columns: Sequence[ColumnInfo]) -> int | None:
    found = [j for j, column in enumerate(columns) if _heading(column.header) in FORM_NUMBERS]
    return found[0] if len(found) == 1 else None


def _heading(text: str) -> str:
    return plain(text).casefold().replace("_", "").replace(" ", "").replace("-", "")


def _order(
    a: Sequence[ColumnInfo], b: Sequence[ColumnInfo], file_a: str, file_b: str, findings: Findings
) -> list[int] | None:
    """Say for each column of entry A where it stands in entry B: by name, else by position."""
    names_a, names_b = [plain(c.name) for c in a], [plain(c.name) for c in b]
    if set(names_a) == set(names_b):
        return [names_b.index(name) for name in names_a]
    shared = set(names_a) & set(names_b)
    if len(a) == len(b) and not shared:
        findings.add(
            "columns_by_position",
            f"the headings of {file_b} are others; the columns are compared in their order",
            severity="note",
            file=file_a,
        )
        return list(range(len(a)))
    alone = [f"only in {file}: {', '.join(map(repr, names[:8])) or 'none'}" for file, names in (
        (file_a, [name for name in names_a if name not in shared]),
        (file_b, [name for name in names_b if name not in shared]),
    )]  # fmt: skip
    findings.add(
        "columns_differ",
        f"has {len(a)} columns, {file_b} has {len(b)}; {'; '.join(alone)}. | Give both files the same header, or "
        "the same columns in the same order under other headings.",
        file=file_a,
    )
    return None


def _columns_correspond(found: TwoEntries, findings: Findings) -> bool:
    """Refuse to compare columns that hardly ever agree: they are not the same questions."""
    if found.n_both < _FORMS_AT_LEAST:
        return True
    unlike = [0] * len(found.names)
    for _, j in found.differences:
        unlike[j] += 1
    wrong = [j for j, n in enumerate(unlike) if n > (1 - _ALIKE_AT_LEAST) * found.n_both]
    for j in wrong:
        findings.add(
            "columns_do_not_correspond",
            "the two entries differ in more than half of the forms. | Is it the same column in both files?",
            file=found.file_a,
            column=found.names[j],
            count=unlike[j],
        )
    return not wrong


def _free_name(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "'"
    return name
