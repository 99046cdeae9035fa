"""Known faults of an export, declared with a reason and an expectation; the raw file is never edited."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from eval_tools.definitions.shapes import Flag, ListOf, MapOf, Number, Record, Slug, Text, Word, check_shape
from eval_tools.definitions.strict_yaml import Document, Path_, read_yaml
from eval_tools.errors import DefinitionError, Problem
from eval_tools.intake.cleaning_log import WORDS, column_named, read_cleaning_log
from eval_tools.intake.correction import CleaningLog, Correction
from eval_tools.intake.decided import SHAPES, Decided, build_decided
from eval_tools.intake.files.received import open_received
from eval_tools.intake.files.sheet import Sheet
from eval_tools.intake.files.sheets import read_sheets
from eval_tools.intake.findings import Findings
from eval_tools.intake.options import as_flag, change_in_step, info_of, is_words_joined
from eval_tools.intake.raw_table import INVALID, REASONS, RawTable, plain
from eval_tools.intake.row_place import Match, file_changed, find_rows, is_place, matched_columns

__all__ = ["Correction", "apply_corrections", "load_corrections", "load_decided", "parse_corrections"]


class _Target:
    """``invalid`` or ``blank``; another word may be an answer, so the message does not show it."""

    def check(self, value: Any, path: Path_, doc: Document, problems: list[Problem]) -> None:
        """Report any other word."""
        if value not in ("invalid", "blank"):
            problems.append(
                Problem(
                    doc.where(path),
                    "set.to must be 'invalid' or 'blank'.",
                    "To put the right answer, as it stands on the form or in a log, use replace.",
                )
            )


SCHEMA = Record(
    {
        "schema_version": Word("1.0"),
    },
    {
        "corrections": ListOf(
            Record(
                {
                    "id": Slug(),
                    "file": Text(),
                    "match": Match(),
                    "expect": Record({"rows": Number(1, whole=True)}),
                    "reason": Text(),
                    "status": Word("proposed", "accepted"),
                },
                {
                    "keep": Record({}, {"lowest": Text(), "highest": Text()}),
                    "set": Record({"column": Text(), "to": _Target()}, {"from": Text()}),
                    "replace": Record({"column": Text(), "from": Text(), "to": Text()}),
                    "drop": Word("rows"),
                },
            )
        ),
        "cleaning_logs": ListOf(
            Record(
                {
                    "id": Slug(),
                    "file": Text(),
                    "log": Text(),
                    "key": Record({"log": Text(), "file": Text()}),
                    "columns": Record(
                        {"question": Text(), "change": Text(), "old": Text(), "new": Text()}, {"issue": Text()}
                    ),
                    "expect": Record({"lines": Number(1, whole=True)}),
                    "reason": Text(),
                    "status": Word("proposed", "accepted"),
                },
                {
                    "changes": MapOf(Word("replace", "blank", "drop", "none"), keys=r"[^\n]+", at_least=1),
                    "old_not_recorded": Flag(),
                },
            )
        ),
        **SHAPES,
    },
)
ACTIONS = ("keep", "set", "replace", "drop")


def load_corrections(path: Path, *, root: Path) -> tuple[Correction, ...]:
    """Load corrections.yaml; an absent file means that there are none. Logs are read when they are applied.

    Raises
    ------
    DefinitionError
        Unknown keys, more than one action, an id used twice.
    """
    if not path.exists():
        return ()
    return parse_corrections(read_yaml(path, root=root), path.parent)


def load_decided(path: Path, *, root: Path) -> Decided:
    """Load from corrections.yaml what was accepted or asked; an absent file means nothing was.

    Raises
    ------
    DefinitionError
        As :func:`load_corrections`.
    """
    if not path.exists():
        return Decided()
    doc = read_yaml(path, root=root)
    parse_corrections(doc, path.parent)
    return build_decided(doc.data)


def parse_corrections(doc: Document, folder: Path) -> tuple[Correction, ...]:
    """Turn corrections.yaml into corrections, or raise with every problem at once; logs lie below ``folder``."""
    problems = check_shape(doc, SCHEMA)
    if not problems:
        problems = _check_meaning(doc)
    if problems:
        raise DefinitionError(problems)
    listed = [_build(doc, i, entry) for i, entry in enumerate(doc.data.get("corrections", []))]
    logs = [_build_log(doc, i, entry, folder) for i, entry in enumerate(doc.data.get("cleaning_logs", []))]
    return (*logs, *listed)


def _check_meaning(doc: Document) -> list[Problem]:
    problems = []
    seen: set[str] = set()
    places = [("corrections", i, entry) for i, entry in enumerate(doc.data.get("corrections", []))]
    places += [("cleaning_logs", i, entry) for i, entry in enumerate(doc.data.get("cleaning_logs", []))]
    for key, i, entry in places:
        where = doc.where((key, i))
        if entry["id"] in seen:
            problems.append(Problem(where, f"correction {entry['id']!r} is there twice.", "Give each its own id."))
        seen.add(entry["id"])
        if key == "cleaning_logs":
            continue
        named = [action for action in ACTIONS if action in entry]
        if len(named) != 1:
            problems.append(
                Problem(
                    where,
                    f"correction {entry['id']!r} names {len(named)} actions.",
                    f"One of {', '.join(ACTIONS)}.",
                )
            )
        if "set" in entry and "from" not in entry["set"] and not is_place(entry["match"]):
            problems.append(
                Problem(
                    where,
                    f"correction {entry['id']!r} does not say what the cell holds now.",
                    "Add set: from, or match the row by {row: …, sha256: …}.",
                )
            )
        if "keep" in entry and len(entry["keep"]) != 1:
            problems.append(
                Problem(
                    where,
                    f"correction {entry['id']!r}: keep needs one rule.",
                    "lowest: <column> or highest: <column>.",
                )
            )
    return problems


def _build(doc: Document, index: int, entry: dict[str, Any]) -> Correction:
    action = next(name for name in ACTIONS if name in entry)
    return Correction(
        id=entry["id"],
        file=entry["file"],
        where=doc.where(("corrections", index)),
        match=MappingProxyType(entry["match"]),
        rows=entry["expect"]["rows"],
        action=action,  # type: ignore[arg-type]
        details=entry[action] if action != "set" else {"from": None, **entry[action]},
        accepted=entry["status"] == "accepted",
    )


def _build_log(doc: Document, index: int, entry: dict[str, Any], folder: Path) -> Correction:
    columns = entry["columns"]
    log = CleaningLog(
        log=entry["log"],
        path=folder / entry["log"],
        folder=folder,
        key=(entry["key"]["log"], entry["key"]["file"]),
        question=columns["question"],
        change=columns["change"],
        old=columns["old"],
        new=columns["new"],
        issue=columns.get("issue", ""),
        changes=MappingProxyType(entry.get("changes", WORDS)),
        old_not_recorded=entry.get("old_not_recorded", False),
    )
    return Correction(
        id=entry["id"],
        file=entry["file"],
        where=doc.where(("cleaning_logs", index)),
        match=MappingProxyType({}),
        rows=entry["expect"]["lines"],
        action="log",
        details=log,
        accepted=entry["status"] == "accepted",
    )


def apply_corrections(raw: RawTable, corrections: tuple[Correction, ...], findings: Findings) -> RawTable:
    """Apply what was declared for this file, logs first, in order; note each, and report each that does not fit.

    A correction fails if it is only proposed, if its columns do not exist, if it matches another number of
    rows than expected, or if there is nothing to correct any more. Columns are meant by their unique name or by
    their header. Where a question with several options stands in the file twice, both change together.
    """
    for correction in corrections:
        if correction.file != raw.file:
            continue
        if correction.action == "log":
            raw = _apply_log(raw, correction, findings)
        else:
            raw = _apply(raw, correction, findings, set())
    return raw


def _apply_log(raw: RawTable, declared: Correction, findings: Findings) -> RawTable:
    if not declared.accepted:
        _fail(findings, declared, "is only proposed; set status: accepted once it was decided.")
        return raw
    sheet = _open_log(declared.details, findings)
    if sheet is None:
        return raw
    stepped: set[tuple[int, str]] = set()
    for correction in read_cleaning_log(sheet, declared, raw, findings):
        raw = _apply(raw, correction, findings, stepped)
    return raw


def _open_log(log: CleaningLog, findings: Findings) -> Sheet | None:
    """Open the log; of several sheets take the first that has its columns, else the first."""
    received = open_received(log.path, file=log.log, findings=findings, folder=log.folder)
    sheets = None if received is None else read_sheets(received, findings=findings)
    if not sheets:
        if sheets is not None:
            findings.add("log_columns", "is no table. | Save the log as CSV or .xlsx.", file=log.log)
        return None
    return next((sheet for sheet in sheets if {log.key[0], log.change} <= set(sheet.first_row)), sheets[0])


def _apply(raw: RawTable, correction: Correction, findings: Findings, stepped: set[tuple[int, str]]) -> RawTable:
    """Apply one correction; ``stepped`` holds the cells, by row and column, that earlier ones changed in step."""
    columns = [*matched_columns(correction.match), *_columns_used(correction)]
    absent = [name for name in columns if not column_named(raw, name)]
    if absent:
        _fail(findings, correction, f"names columns that {raw.file} does not have: {', '.join(absent)}.")
        return raw
    if not correction.accepted:
        _fail(findings, correction, "is only proposed; set status: accepted once it was decided.")
        return raw
    if file_changed(raw, correction.match):
        _fail(findings, correction, "was decided for another file: this one has another sha256. Look at the row again.")
        return raw
    hits = find_rows(raw, correction.match)
    if len(hits) != correction.rows:
        _fail(
            findings,
            correction,
            f"expects {correction.rows} rows but matches {len(hits)}; it no longer fits the file.",
        )
        return raw
    if correction.action in ("set", "replace"):
        return _change(raw, correction, hits, findings, stepped)
    return (_keep if correction.action == "keep" else _drop)(raw, correction, hits, findings)


def _columns_used(correction: Correction) -> list[str]:
    if correction.action == "keep":
        return list(correction.details.values())
    return [correction.details["column"]] if correction.action in ("set", "replace") else []


def _fail(findings: Findings, correction: Correction, what: str) -> None:
    findings.add(
        "correction_fails",
        f"correction {correction.id!r} {what} | {correction.remedy}",
        file=correction.where,
    )


def _note(
    findings: Findings, raw: RawTable, correction: Correction, hits: list[int], what: str, *, column: str = ""
) -> None:
    for i in hits:
        findings.add(
            "corrected",
            f"{what} by correction {correction.id!r}",
            severity="note",
            file=raw.file,
            row=raw.rows[i],
            column=column,
        )


def _keep(raw: RawTable, correction: Correction, hits: list[int], findings: Findings) -> RawTable:
    if len(hits) < 2:
        _fail(findings, correction, "keeps one of several rows, but there is only one; it is no longer needed.")
        return raw
    rule, column = next(iter(correction.details.items()))
    cells = raw.column(column_named(raw, column))
    values = [_number(cells[i]) for i in hits]
    if any(math.isnan(value) for value in values):
        _fail(findings, correction, f"compares column {column!r}, which holds text that is not a number.")
        return raw
    best = min(values) if rule == "lowest" else max(values)
    if values.count(best) > 1:
        _fail(findings, correction, f"cannot decide: several rows share the {rule} {column!r}.")
        return raw
    dropped = [i for i, value in zip(hits, values, strict=True) if value != best]
    _note(findings, raw, correction, dropped, "repeated form left out")
    return raw.keep([i not in dropped for i in range(len(raw.cells))])


def _number(text: str) -> float:
    """Return the number a cell holds; NaN if it holds none, or an infinite one."""
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _change(
    raw: RawTable, correction: Correction, hits: list[int], findings: Findings, stepped: set[tuple[int, str]]
) -> RawTable:
    """Set cells to a reason or to the right answer, and what must change with them."""
    column = column_named(raw, correction.details["column"])
    index = raw.header.index(column)
    if is_words_joined(info_of(raw, column)):
        _fail(findings, correction, f"changes column {column!r}, which joins the words of options; change the options.")
        return raw
    old, new = _texts(raw, column, correction)
    current = raw.column(column)
    changed = [i for i in hits if not _is_now(raw.cells[i][index], new)]
    done = [i for i in hits if i not in changed and (raw.rows[i], column) in stepped]
    if old is not None and any(not _same(current[i], old) for i in hits if i not in done):
        _fail(findings, correction, f"expects another text in column {column!r}; it no longer fits the file.")
        return raw
    if len(done) + len(changed) < len(hits):
        _fail(findings, correction, f"finds column {column!r} as it should be; it is no longer needed.")
        return raw
    cells = list(raw.cells)
    for i in changed:
        record = list(cells[i])
        for name, text in change_in_step(raw, cells[i], column, new).items():
            record[raw.header.index(name)] = text
            stepped.add((raw.rows[i], name))
            if name != column:
                _note(findings, raw, correction, [i], "cell kept in step", column=name)
        cells[i] = tuple(record)
    what = f"cell declared {correction.details['to']}" if correction.action == "set" else "answer replaced"
    _note(findings, raw, correction, hits, what, column=column)
    return replace(raw, cells=tuple(cells))


def _texts(raw: RawTable, column: str, correction: Correction) -> tuple[str | None, str]:
    """Return what must stand in the cell (None: not recorded) and what it becomes."""
    old, new = correction.details["from"], correction.details["to"]
    if correction.action == "set":
        new = INVALID if new == "invalid" else ""
    info = info_of(raw, column)
    if info is not None and info.kind == "choice":
        return (None if old is None else as_flag(plain(old))), as_flag(new)
    return (None if old is None else plain(old)), new


def _is_now(cell: str, new: str) -> bool:
    return cell == new or (cell not in REASONS and new not in REASONS and plain(cell) == plain(new))


def _same(cell: str, expected: str) -> bool:
    """Compare as text, or as numbers where both are written as such; a leading zero belongs to an ID."""
    if cell == expected:
        return True
    number = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
    return bool(number.fullmatch(cell) and number.fullmatch(expected)) and float(cell) == float(expected)


def _drop(raw: RawTable, correction: Correction, hits: list[int], findings: Findings) -> RawTable:
    _note(findings, raw, correction, hits, "row left out")
    return raw.keep([i not in hits for i in range(len(raw.cells))])
