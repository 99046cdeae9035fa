"""LimeSurvey: CSV or XLSX of answers with headings by code, by code and text, or by text; structure beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.exports.grid import Records, as_raw_table, find_sheet, only_sheet, records_below, used_width
from eval_tools.intake.exports.limesurvey_form import FormColumn, LimeForm, read_form
from eval_tools.intake.exports.limesurvey_header import FINGERPRINT, HeaderCell, header_style, parse_header
from eval_tools.intake.exports.limesurvey_pages import mark_pages_not_reached
from eval_tools.intake.exports.reader import Export, Reader
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.raw_table import REASONS, SKIPPED, RawTable, plain

NEVER_SHOWN = "N/A"  # in an option of a question with several
TICKED = {"Y": "1", "Yes": "1", "是": "1", "1": "1", "N": "0", "No": "0", "否": "0", "0": "0"}


def recognise(export: Export) -> str:
    """Name the columns every LimeSurvey export begins with; '' if they are not there."""
    sheet = find_sheet(export)
    style = "" if sheet is None else header_style(sheet.first_row)
    return f"columns {', '.join(FINGERPRINT)}, headings by {style}" if style else ""


def read(export: Export, findings: Findings) -> RawTable | None:
    """Read the answers, unfinished ones too.

    Options of a question with several become 1 and 0; where nothing is ticked and nothing tells that the question
    was not shown, they stay blank. ``N/A`` there means never shown. Empty cells on pages after the last one that was
    sent were not asked.
    """
    sheet = only_sheet(export, findings)
    if sheet is None:
        return None
    file = export.received.file
    if not header_style(sheet.first_row):
        findings.add(
            "header_missing",
            f"the first row lacks {', '.join(FINGERPRINT)}. | Export the responses again: CSV, headings by question "
            "code, answers by code.",
            file=file,
            row=1,
        )
        return None
    form = None
    if "structure" in export.companions:
        form = read_form(export.companions["structure"], findings)
        if form is None:
            return None
    heads = parse_header(sheet.first_row[: used_width(sheet.cells)], form)
    found = records_below(sheet, 1, len(heads), file=file, findings=findings)
    if found is None:
        return None
    cells = [list(record) for record in found.cells]
    columns = _columns(heads, form, cells)
    _expand_options(columns, heads, cells, found.rows, file, findings, known=form is not None)
    _tell_unfinished(heads, cells, found.rows, file, findings)
    mark_pages_not_reached(heads, form, cells, found.rows, file=file, findings=findings)
    return as_raw_table(export, columns, Records(found.rows, tuple(map(tuple, cells))))


READER = Reader(name="limesurvey", title="LimeSurvey", recognise=recognise, read=read, companions=("structure",))


def _columns(heads: Sequence[HeaderCell], form: LimeForm | None, cells: Sequence[Sequence[str]]) -> list[ColumnInfo]:
    known = [None if form is None or not head.key else form.columns.get(head.key) for head in heads]
    by_label = _answers_are_labels(known, cells)
    columns = []
    for head, column in zip(heads, known, strict=True):
        question, part = (head.key[0], ".".join(head.key[1:])) if head.code and head.key else ("", "")
        kind = head.kind
        if kind == "answer":
            kind = column.kind if column is not None else "other" if head.key[-1] in ("other", "comment") else kind
        choices: Mapping[str, str] = {} if column is None or by_label else column.choices
        listed = column is not None and column.choices
        columns.append(
            ColumnInfo(
                name=head.name,
                header=head.header,
                question=question,
                part=part,
                text=head.text or ("" if column is None else column.text),
                kind=kind,
                holds="text" if not listed else "label" if by_label else "code",
                choices=choices,
            )
        )
    return columns


def _answers_are_labels(known: Sequence[FormColumn | None], cells: Sequence[Sequence[str]]) -> bool:
    """Tell whether the file holds the words of the options: more of its cells are such words than are codes."""
    n_codes = n_labels = 0
    for j, column in enumerate(known):
        if column is not None and column.choices:
            labels = {plain(label) for label in column.choices.values()}
            typed = [record[j].strip() for record in cells if record[j].strip()]
            n_codes += sum(text in column.choices for text in typed)
            n_labels += sum(plain(text) in labels for text in typed)
    return n_labels > n_codes


def _expand_options(
    columns: list[ColumnInfo],
    heads: Sequence[HeaderCell],
    cells: list[list[str]],
    rows: Sequence[int],
    file: str,
    findings: Findings,
    *,
    known: bool,
) -> None:
    """Write the options of questions with several as 1 and 0."""
    questions: dict[str, list[int]] = {}
    beside: dict[str, list[int]] = {}
    for j, (head, column) in enumerate(zip(heads, columns, strict=True)):
        if len(head.key) == 2 and head.key[1] == "other":
            beside.setdefault(head.key[0], []).append(j)
        elif len(head.key) == 2 and (column.kind == "choice" or (not known and column.kind == "answer")):
            questions.setdefault(head.key[0], []).append(j)
    guessed = []
    for question, places in questions.items():
        if not known:
            texts = {record[j].strip() for record in cells for j in places}
            if len(places) < 2 or "Y" not in texts or not texts <= {"Y", "", NEVER_SHOWN}:
                continue
            guessed.append(question)
        strange = [
            row
            for row, record in zip(rows, cells, strict=True)
            if any(record[j].strip() not in (*TICKED, "", NEVER_SHOWN) for j in places)
        ]
        if strange:
            findings.add(
                "options_unclear",
                f"cells of question {question!r} in rows {shorten(strange)} say neither yes nor no; the question stays "
                "as it is. | Export the answers by code.",
                severity="warning",
                file=file,
                column=columns[places[0]].name,
                count=len(strange),
            )
            continue
        for record in cells:
            ticks = {j: TICKED.get(record[j].strip(), "") for j in places}
            others = beside.get(question, [])
            answered = "1" in ticks.values() or any(record[j].strip() not in ("", NEVER_SHOWN) for j in others)
            for j, tick in ticks.items():
                shown = record[j].strip() != NEVER_SHOWN
                record[j] = (tick or ("0" if answered else "")) if shown else SKIPPED
            for j in others:
                if record[j].strip() == NEVER_SHOWN and all(record[k] == SKIPPED for k in places):
                    record[j] = SKIPPED
        for j in places:
            columns[j] = _as_choice(columns[j])
    if guessed:
        findings.add(
            "options_supposed",
            f"taken as questions with several options, because their cells hold Y or nothing: {', '.join(guessed)}. | "
            "Put the structure (.lss) beside the export; then nothing is supposed.",
            severity="warning",
            file=file,
            count=len(guessed),
        )


def _as_choice(column: ColumnInfo) -> ColumnInfo:
    return replace(column, kind="choice", holds="code", choices={})


def _tell_unfinished(
    heads: Sequence[HeaderCell], cells: Sequence[Sequence[str]], rows: Sequence[int], file: str, findings: Findings
) -> None:
    submitted = next(j for j, head in enumerate(heads) if head.code == "submitdate")
    answers = [j for j, head in enumerate(heads) if head.key]
    unfinished = [row for row, record in zip(rows, cells, strict=True) if not record[submitted].strip()]
    nothing = [
        row for row, record in zip(rows, cells, strict=True) if all(record[j] in ("", *REASONS) for j in answers)
    ]
    for listed, rule, what in (
        (unfinished, "not_finished", "not sent to the end; what was answered is kept"),
        (nothing, "nothing_answered", "opened, and not one question answered"),
    ):
        if listed:
            findings.add(rule, f"{what}: rows {shorten(listed)}", severity="note", file=file, count=len(listed))
