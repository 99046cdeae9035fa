"""Known faults of an export, declared with a reason and an expectation; the raw file is never edited."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from eval_tools.definitions.shapes import ListOf, Number, Record, Slug, Text, Word, check_shape
from eval_tools.definitions.strict_yaml import Document, Path_, read_yaml
from eval_tools.errors import DefinitionError, Problem
from eval_tools.intake.decided import SHAPES, Decided, build_decided
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import INVALID, REASONS, RawTable, plain
from eval_tools.intake.row_place import Match, file_changed, find_rows, is_place, matched_columns


class _Target:
    """``invalid`` or ``blank``; another word may be an answer, so the message does not show it."""

    def check(self, value: Any, path: Path_, doc: Document, problems: list[Problem]) -> None:
        """Report any other word."""
        if value not in ("invalid", "blank"):
            problems.append(
                Problem(
                    doc.where(path),
                    "set.to must be 'invalid' or 'blank'.",
                    "An answer is never replaced by another one; correct it where it was entered and export again.",
                )
            )


SCHEMA = Record(
    {
        "schema_version": Word("1.0"),
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
                    "drop": Word("rows"),
                },
            )
        ),
    },
    SHAPES,
)
ACTIONS = ("keep", "set", "drop")


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One declared fault and what is done about it."""

    id: str
    file: str
    where: str
    match: Mapping[str, Any]  # column -> text, or a place: row and sha256
    rows: int
    action: Literal["keep", "set", "drop"]
    details: Any
    accepted: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it writes down."""
        matched = matched_columns(self.match)
        if self.action == "keep":
            return (*matched, *self.details.values())
        return (*matched, *([self.details["column"]] if self.action == "set" else ()))


def load_corrections(path: Path, *, root: Path) -> tuple[Correction, ...]:
    """Load corrections.yaml; an absent file means that there are none.

    Raises
    ------
    DefinitionError
        Unknown keys, more than one action, an id used twice.
    """
    if not path.exists():
        return ()
    return parse_corrections(read_yaml(path, root=root))


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
    parse_corrections(doc)
    return build_decided(doc.data)


def parse_corrections(doc: Document) -> tuple[Correction, ...]:
    """Turn corrections.yaml into corrections, or raise with every problem at once."""
    problems = check_shape(doc, SCHEMA)
    if not problems:
        problems = _check_meaning(doc)
    if problems:
        raise DefinitionError(problems)
    return tuple(_build(doc, i, entry) for i, entry in enumerate(doc.data["corrections"]))


def _check_meaning(doc: Document) -> list[Problem]:
    problems = []
    seen: set[str] = set()
    for i, entry in enumerate(doc.data["corrections"]):
        where = doc.where(("corrections", i))
        named = [action for action in ACTIONS if action in entry]
        if len(named) != 1:
            problems.append(
                Problem(
                    where,
                    f"correction {entry['id']!r} names {len(named)} actions.",
                    f"One of {', '.join(ACTIONS)}.",
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
        if "set" in entry and "from" not in entry["set"] and not is_place(entry["match"]):
            problems.append(
                Problem(
                    where,
                    f"correction {entry['id']!r} does not say what the cell holds now.",
                    "Add set: from, or match the row by {row: …, sha256: …}.",
                )
            )
        if entry["id"] in seen:
            problems.append(Problem(where, f"correction {entry['id']!r} is there twice.", "Give each its own id."))
        seen.add(entry["id"])
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
        details=entry[action],
        accepted=entry["status"] == "accepted",
    )


def apply_corrections(raw: RawTable, corrections: tuple[Correction, ...], findings: Findings) -> RawTable:
    """Apply what was declared for this file, in order; note each, and report each that does not fit.

    A correction fails if it is only proposed, if its columns do not exist, if it matches another number of
    rows than expected, or if there is nothing to correct any more.
    """
    for correction in corrections:
        if correction.file == raw.file:
            raw = _apply(raw, correction, findings)
    return raw


def _apply(raw: RawTable, correction: Correction, findings: Findings) -> RawTable:
    absent = [name for name in correction.columns if name not in raw.header]
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
    return {"keep": _keep, "set": _set, "drop": _drop}[correction.action](raw, correction, hits, findings)


def _fail(findings: Findings, correction: Correction, what: str) -> None:
    findings.add(
        "correction_fails",
        f"correction {correction.id!r} {what} | Correct or remove it in corrections.yaml.",
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
    cells = raw.column(column)
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


def _set(raw: RawTable, correction: Correction, hits: list[int], findings: Findings) -> RawTable:
    column, old, new = (correction.details.get(key) for key in ("column", "from", "to"))
    index = raw.header.index(column)
    current = raw.column(column)
    if any(current[i] != plain(old) if old is not None else raw.cells[i][index] in REASONS for i in hits):
        _fail(findings, correction, f"expects another text in column {column!r}; it no longer fits the file.")
        return raw
    text = INVALID if new == "invalid" else ""
    cells = [list(record) for record in raw.cells]
    for i in hits:
        cells[i][index] = text
    _note(findings, raw, correction, hits, f"cell declared {new}", column=column)
    return replace(raw, cells=tuple(map(tuple, cells)))


def _drop(raw: RawTable, correction: Correction, hits: list[int], findings: Findings) -> RawTable:
    _note(findings, raw, correction, hits, "row left out")
    return raw.keep([i not in hits for i in range(len(raw.cells))])
