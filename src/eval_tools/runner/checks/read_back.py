"""The workbook read back: what becomes a correction, what is accepted or asked, and what is refused and why."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval_tools.errors import DataError, DefinitionError, Problem
from eval_tools.forms.typed_table import check_package
from eval_tools.intake.decided import Decided
from eval_tools.runner.checks.lines import Choice, Line, line_key, list_lines
from eval_tools.runner.checks.report import NEVER_ACCEPTED, CheckReport
from eval_tools.runner.checks.workbook import HEADER

MAX_BYTES = 20_000_000
MAX_ROWS = 100_000
LONGEST_NOTE = 500
CHOICES: Mapping[str, Choice] = {
    **dict.fromkeys(("fix", "修正", "更正"), "fix"),
    **dict.fromkeys(("accept", "接受"), "accept"),
    **dict.fromkeys(("ask school", "ask", "詢問學校", "询问学校"), "ask school"),
}
WRITE_ANEW = "Write a new workbook with --xlsx and decide there."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDecisions:
    """What a workbook says; the entries as they are to stand in corrections.yaml."""

    corrections: tuple[Mapping[str, Any], ...] = ()
    accepted: tuple[Mapping[str, Any], ...] = ()
    asked: tuple[Mapping[str, Any], ...] = ()
    questions: tuple[str, ...] = ()  # places to ask a school about, in words
    n_undecided: int = 0
    n_known: int = 0  # decided before
    refused: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One row of the workbook as text."""

    number: int
    cells: Mapping[str, str]

    @property
    def where(self) -> str:
        return f"workbook, row {self.number}"


def read_decisions(
    path: Path,
    report: CheckReport,
    *,
    known: Collection[str],
    decided_before: Decided,
    names_somebody: Callable[[str], bool],
    today: str,
) -> ReadDecisions:
    """Read what was decided in a workbook about the findings of a check.

    Parameters
    ----------
    path : Path
        The workbook, as :func:`~eval_tools.runner.checks.workbook.workbook_bytes` made it.
    report : CheckReport
        The check as it stands now.
    known : collection of str
        Ids of the corrections there are.
    decided_before : Decided
        What was accepted and asked before.
    names_somebody : callable
        Says whether a note holds the id of a participant.
    today : str
        Date of the decision.

    Raises
    ------
    DefinitionError
        No such file, or not such a workbook.
    DataError
        A file that cannot be read.
    """
    rows = _read_rows(path)
    lines = {line.key: line for line in list_lines(report)}
    decided: dict[str, list[tuple[_Row, Choice]]] = defaultdict(list)
    refused: list[Problem] = []
    n_undecided = n_known = 0
    for row in rows:
        word = " ".join(row.cells["decision"].lower().split())
        if not word:
            n_undecided += 1
        elif word not in CHOICES:
            refused.append(Problem(row.where, "the decision is none of the words.", "fix, accept or ask school."))
        elif row.cells["key"] in lines and _key_of(row, report) == row.cells["key"]:
            decided[row.cells["key"]].append((row, CHOICES[word]))
        elif correction_id(row.cells["key"]) in known or _accepted_already(row, decided_before):
            n_known += 1
        else:
            refused.append(_stale(row, report))
    chosen: list[tuple[Line, _Row, Choice]] = []
    for key, entries in decided.items():
        problem = _contradiction(lines[key], entries) or _unfit(lines[key], *entries[0], names_somebody)
        if problem is None:
            chosen.append((lines[key], *entries[0]))
        else:
            refused.append(problem)
    chosen, alone = _keep_one_form(chosen, list(lines.values()))
    asked_before = {(f.key, row) for f in report.findings if f.state == "asked" for row in f.rows or (0,)}
    fresh = [c for c in chosen if not (c[2] == "ask school" and _asked_before(c[0], asked_before))]
    return ReadDecisions(
        corrections=tuple(_correction(line, row, today) for line, row, choice in fresh if choice == "fix"),
        accepted=tuple(_accepted(line, row, today) for line, row, choice in fresh if choice == "accept"),
        asked=tuple(_asked(line, at, row, today) for line, row, c in fresh if c == "ask school" for at in _rows(line)),
        questions=tuple(_place(line) + f": {line.problem}" for line, _, choice in chosen if choice == "ask school"),
        n_undecided=n_undecided,
        n_known=n_known + len(chosen) - len(fresh),
        refused=tuple(sorted([*refused, *alone], key=lambda problem: int(problem.where.rpartition(" ")[2]))),
    )


def correction_id(key: str) -> str:
    """Name the correction that a line becomes."""
    return f"decided-{key}"


# --- reading ---------------------------------------------------------------------------------------------------


def _read_rows(path: Path) -> list[_Row]:
    """Return the rows of the sheet of problems as text; the columns may stand in any order."""
    from openpyxl import load_workbook

    if not path.is_file():
        raise DefinitionError(Problem(path.name, "the file does not exist.", "Check the name and the folder."))
    if path.stat().st_size > MAX_BYTES:
        raise DataError(Problem(path.name, f"larger than {MAX_BYTES:,} bytes.", "Is it the right file?"))
    check_package(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises many kinds on a broken file
        what = f"not a readable XLSX file ({type(error).__name__})."
        raise DataError(Problem(path.name, what, "Open it in a spreadsheet program and save it again.")) from None
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            records = sheet.iter_rows(values_only=True, max_col=len(HEADER) + 20)
            header = [_text(value) for value in next(records, ())]
            if set(HEADER) <= set(header):
                return _rows_below(header, records, path)
    finally:
        book.close()
    what = f"no sheet has the columns of a workbook of decisions: {', '.join(HEADER)}."
    raise DefinitionError(Problem(path.name, what, "Give the file that eval-tools check STUDY --xlsx FILE wrote."))


def _rows_below(header: Sequence[str], records: Any, path: Path) -> list[_Row]:
    places = {name: header.index(name) for name in HEADER}
    rows = []
    for number, record in enumerate(records, start=2):
        if number > MAX_ROWS:
            what = f"more than {MAX_ROWS:,} rows."
            raise DataError(Problem(path.name, what, "Delete stray cells far below."))
        cells = {name: _text(record[at]) if at < len(record) else "" for name, at in places.items()}
        if any(cells.values()):
            rows.append(_Row(number=number, cells=cells))
    return rows


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


# --- judging ---------------------------------------------------------------------------------------------------


def _stale(row: _Row, report: CheckReport) -> Problem:
    """Say why a row fits no finding of today."""
    cells = row.cells
    if _key_of(row, report) != cells["key"]:
        what = "the row was changed, or is of another study."
        return Problem(row.where, what, f"Only 'decision' and 'note' may be filled in. {WRITE_ANEW}")
    hashes = {each.file: each.sha256 for each in report.files}
    given = cells["file sha256"]
    if given and not hashes.get(cells["file"], "").startswith(given):
        return Problem(row.where, "the file was received anew since the workbook was written.", WRITE_ANEW)
    what = "the problem is not found any more, or has another count."
    return Problem(row.where, what, f"Nothing was written for it. {WRITE_ANEW}")


def _key_of(row: _Row, report: CheckReport) -> str:
    """Return the key that the cells of a row ask for."""
    parts = ("rule", "file", "row", "column", "count", "action", "file sha256")
    return line_key(report.study, *(row.cells[name] for name in parts))


def _accepted_already(row: _Row, decided: Decided) -> bool:
    accepted = decided.accepted.get((row.cells["rule"], row.cells["file"], row.cells["column"]))
    return accepted is not None and str(accepted.count) == row.cells["count"]


def _contradiction(line: Line, entries: list[tuple[_Row, Choice]]) -> Problem | None:
    if len({choice for _, choice in entries}) > 1:
        where = entries[-1][0].where
        return Problem(where, f"{_place(line)} is decided in two ways.", "Keep one of the rows.")
    return None


def _unfit(line: Line, row: _Row, choice: Choice, names_somebody: Callable[[str], bool]) -> Problem | None:
    note = row.cells["note"]
    if choice not in line.choices:
        why = "an error cannot be accepted" if choice == "accept" else "there is no fix a correction can do"
        remedy = "Mend study.yaml, or export anew." if choice == "fix" else "Fix it, or ask the school."
        return Problem(row.where, f"{why}: {line.rule}.", line.remedy or remedy)
    if choice == "accept" and line.rule in NEVER_ACCEPTED:
        return Problem(row.where, f"this warning cannot be accepted: {line.rule}.", line.remedy)
    if choice == "accept" and not note:
        return Problem(row.where, "accepted without a reason.", "Write into the note why it may stay.")
    if note and names_somebody(note):
        return Problem(row.where, "the note holds the id of a participant.", "Name the row, never the person.")
    return None


def _keep_one_form(
    chosen: list[tuple[Line, _Row, Choice]], lines: list[Line]
) -> tuple[list[tuple[Line, _Row, Choice]], list[Problem]]:
    """Refuse to leave out every form of one person at one wave; which counts is for people to say."""
    dropped = {line.key for line, _, choice in chosen if choice == "fix"}
    groups: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        if line.together:
            groups[line.together].add(line.key)
    empty = {key for keys in groups.values() if keys <= dropped for key in keys}
    what = "every form of this person at this wave would be left out."
    refused = [
        Problem(row.where, what, "Leave the form that counts without a decision.")
        for line, row, _ in chosen
        if line.key in empty
    ]
    return [entry for entry in chosen if entry[0].key not in empty], refused


def _asked_before(line: Line, before: Collection[tuple[tuple[str, str, str], int]]) -> bool:
    return all(((line.rule, line.file, line.column), row) in before for row in _rows(line))


# --- entries ---------------------------------------------------------------------------------------------------


def _rows(line: Line) -> tuple[int, ...]:
    return line.rows if len(line.rows) == 1 else (0,)


def _place(line: Line) -> str:
    row = f", row {line.row}" if line.row else ""
    return f"{line.file}{row}" + (f", column {line.column!r}" if line.column else "")


def _reason(row: _Row, otherwise: str, today: str) -> str:
    """Make a reason of the note, in one line."""
    note = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in row.cells["note"])
    note = " ".join(note.split())[:LONGEST_NOTE] or otherwise
    return f"{note} (decided {today})"


def _correction(line: Line, row: _Row, today: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": correction_id(line.key),
        "file": line.file,
        "match": {"row": line.row, "sha256": line.sha256},
        "expect": {"rows": 1},
    }
    if line.action == "drop":
        entry["drop"] = "rows"
    else:
        entry["set"] = {"column": line.column, "to": line.action}
    return entry | {"reason": _reason(row, f"{line.rule}: {line.problem}", today), "status": "accepted"}


def _accepted(line: Line, row: _Row, today: str) -> dict[str, Any]:
    column = {"column": line.column} if line.column else {}
    place = {"rule": line.rule, "file": line.file, **column}
    return {**place, "count": line.count, "reason": _reason(row, "", today)}


def _asked(line: Line, at: int, row: _Row, today: str) -> dict[str, Any]:
    column = {"column": line.column} if line.column else {}
    place = {"rule": line.rule, "file": line.file, "row": at, **column}
    of_file = {"sha256": line.sha256} if line.sha256 else {}
    return {**place, **of_file, "reason": _reason(row, line.problem, today)}
