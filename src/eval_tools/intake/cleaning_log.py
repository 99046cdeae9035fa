"""A cleaning log, as field teams keep it, turned into corrections: one for each line that asks for something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from eval_tools.errors import did_you_mean
from eval_tools.intake.correction import Change, CleaningLog, Correction
from eval_tools.intake.files.sheet import Sheet
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.raw_table import RawTable, plain

WORDS: Mapping[str, Change] = MappingProxyType(
    {"change_response": "replace", "blank_response": "blank", "remove_survey": "drop", "no_action": "none"}
)
_REMEDY = "Correct the line of the log, or leave the line out with its reason."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    row: int
    record: str
    column: str  # name in the raw table; '' where the whole record is dropped
    change: Change
    old: str | None
    new: str


def read_cleaning_log(sheet: Sheet, declared: Correction, raw: RawTable, findings: Findings) -> tuple[Correction, ...]:
    """Turn the lines of a log into corrections: cells first, then the records that are left out.

    Parameters
    ----------
    sheet : Sheet
        The log; row 1 holds its column names.
    declared : Correction
        The log as corrections.yaml declares it: columns, words, and how many lines must ask for something.
    raw : RawTable
        The export, to find the questions by their unique name or their header.
    findings : Findings
        Every line that does not fit, with its row in the log: an unknown word or question, no record, two lines
        that contradict each other. Never a cell of the log.

    Returns
    -------
    tuple of Correction
        Nothing if the log as a whole does not fit. Lines that say the same twice count once.
    """
    log: CleaningLog = declared.details
    header = [plain(cell) for cell in sheet.first_row]
    wanted = [name for name in (log.key[0], log.question, log.change, log.old, log.new, log.issue) if name]
    absent = [name for name in wanted if header.count(plain(name)) != 1]
    if absent:
        findings.add(
            "log_columns",
            f"the log must have these columns once: {', '.join(absent)}. | "
            f"Name its columns in corrections.yaml (key, columns).",
            file=declared.where,
        )
        return ()
    place = {name: header.index(plain(name)) for name in wanted}
    lines = [line for row in range(2, len(sheet.cells) + 1) for line in _lines(sheet, row, place, log, raw, findings)]
    asking = sum(1 for record in sheet.cells[1:] if _asks(record, place, log))
    if asking != declared.rows:
        findings.add(
            "correction_fails",
            f"cleaning log {declared.id!r} expects {declared.rows} lines that ask for something but has {asking}; "
            "it no longer fits. | Look what changed in the log and correct expect.lines.",
            file=declared.where,
        )
        return ()
    if log.issue:
        _note_unexplained(sheet, place, log, findings)
    return tuple(_correction(line, declared) for line in _agreed(lines, log, findings))


def column_named(raw: RawTable, text: str) -> str:
    """Return the unique name of the column that is meant by its name or by its header; '' if none or several are."""
    if text in raw.header:
        return text
    meant = [column.name for column in raw.columns if column.header == text]
    return meant[0] if len(meant) == 1 else ""


def _cell(record: tuple[str, ...], place: Mapping[str, int], name: str) -> str:
    return plain(record[place[name]]) if place[name] < len(record) else ""


def _asks(record: tuple[str, ...], place: Mapping[str, int], log: CleaningLog) -> bool:
    return log.changes.get(_cell(record, place, log.change), "none") != "none"


def _lines(
    sheet: Sheet, row: int, place: Mapping[str, int], log: CleaningLog, raw: RawTable, findings: Findings
) -> list[_Line]:
    """Read one line: one _Line where it asks for something that can be done, else none, with a finding."""
    record = sheet.cells[row - 1]
    if not any(cell.strip() for cell in record):
        return []
    word = _cell(record, place, log.change)
    change = log.changes.get(word)

    def refuse(what: str, remedy: str, column: str) -> list[_Line]:
        findings.add("log_line", f"{what} | {remedy}", file=log.log, row=row, column=column)
        return []

    if change is None:
        known = ", ".join(log.changes)
        hint = did_you_mean(word, list(log.changes))
        return refuse(
            "the kind of change is not known.", f"Known: {known} (changes, in corrections.yaml).{hint}", log.change
        )
    if change == "none":
        return []
    who = _cell(record, place, log.key[0])
    if not who:
        return refuse("names no record.", "Fill in the key of the record.", log.key[0])
    if change == "drop":
        return [_Line(row=row, record=who, column="", change=change, old=None, new="")]
    question = _cell(record, place, log.question)
    column = column_named(raw, question)
    if not column:
        return refuse("names a question that the export does not have.", "Write its column name.", log.question)
    new = _cell(record, place, log.new)
    if change == "replace" and not new:
        return refuse("changes an answer to nothing.", "Use the word for blanking it, or give the new answer.", log.new)
    old = _cell(record, place, log.old)
    recorded = bool(old) or not log.old_not_recorded
    return [_Line(row=row, record=who, column=column, change=change, old=old if recorded else None, new=new)]


def _agreed(lines: list[_Line], log: CleaningLog, findings: Findings) -> list[_Line]:
    """Take lines that say the same once, and none of those that contradict each other; records to drop come last."""
    about: dict[tuple[str, str], list[_Line]] = {}
    for line in lines:
        about.setdefault((line.record, line.column), []).append(line)
    kept = []
    repeated = []
    for same in about.values():
        if len({(line.change, line.new) for line in same}) > 1:
            rows = shorten(line.row for line in same)
            for line in same:
                findings.add(
                    "log_line",
                    f"lines {rows} say different things about the same cell; none is applied. | Keep the right one.",
                    file=log.log,
                    row=line.row,
                )
            continue
        kept.append(next((line for line in same if line.old is not None), same[0]))
        repeated += [line.row for line in same[1:]]
    if repeated:
        findings.add(
            "log_lines_repeated",
            f"{len(repeated)} lines say again what an earlier one says (rows {shorten(repeated)}).",
            severity="note",
            file=log.log,
            count=len(repeated),
        )
    return sorted(kept, key=lambda line: line.change == "drop")


def _note_unexplained(sheet: Sheet, place: Mapping[str, int], log: CleaningLog, findings: Findings) -> None:
    rows = [
        row
        for row, record in enumerate(sheet.cells[1:], start=2)
        if _asks(record, place, log) and not _cell(record, place, log.issue)
    ]
    if rows:
        findings.add(
            "log_lines_unexplained",
            f"{len(rows)} lines ask for a change without naming an issue (rows {shorten(rows)}).",
            severity="note",
            file=log.log,
            column=log.issue,
            count=len(rows),
        )


def _correction(line: _Line, declared: Correction) -> Correction:
    log: CleaningLog = declared.details
    cell = {"column": line.column, "from": line.old, "to": line.new if line.change == "replace" else "blank"}
    return Correction(
        id=f"{declared.id}, line {line.row}",
        file=declared.file,
        where=f"{log.log}:{line.row}",
        match=MappingProxyType({log.key[1]: line.record}),
        rows=1,
        action="drop" if line.change == "drop" else "replace" if line.change == "replace" else "set",
        details="rows" if line.change == "drop" else MappingProxyType(cell),
        accepted=declared.accepted,
        remedy=_REMEDY,
    )
