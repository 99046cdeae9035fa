"""The tables beside a definition: norms, and conversions of raw scores such as T scores. Every problem has a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eval_tools.definitions.strict_yaml import Document
from eval_tools.errors import Problem, did_you_mean
from eval_tools.instruments.facts import Ages, nothing
from eval_tools.instruments.instrument import LookupRow

LOOKUP_COLUMNS = {"score": True, "value": True, "age_low": False, "age_high": False, "sex": False}
NORM_TEXTS = ("population", "informant", "year", "status", "note")
NORM_NUMBERS = ("mean", "sd", "n", "age_low", "age_high", "grade_low", "grade_high")
NORM_COLUMNS = {
    "instrument": True,
    "scale": True,
    "population": True,
    "mean": True,
    "sd": True,
    "source": True,
    **dict.fromkeys(("n", "age_low", "age_high", "grade_low", "grade_high"), False),
    **dict.fromkeys(("sex", "informant", "year", "status", "note"), False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TablesBeside:
    """What was read beside a definition, and what was wrong with it."""

    lookups: Mapping[str, tuple[LookupRow, ...]] = field(default_factory=nothing)
    norms: Mapping[str, tuple[tuple[str, dict[str, Any]], ...]] = field(
        default_factory=nothing
    )  # scale -> (file:line, norm)
    problems: tuple[Problem, ...] = ()
    files: tuple[str, ...] = ()


def read_tables_beside(doc: Document, folder: Path | None) -> TablesBeside:
    """Read every table a definition names; problems are returned, not raised."""
    problems: list[Problem] = []
    lookups: dict[str, tuple[LookupRow, ...]] = {}
    norms: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    files: list[str] = []
    for i, scale in enumerate(doc.data["scales"]):
        for k, step in enumerate(scale.get("transform", ())):
            name = step.get("lookup_file")
            if name is not None and name not in lookups:
                where = doc.where(("scales", i, "transform", k))
                lines = _read_csv(doc, folder, name, where, LOOKUP_COLUMNS, problems, files)
                lookups[name] = tuple(row for place, line in lines if (row := _lookup_row(place, line, problems)))
    name = doc.data.get("norms_file")
    if name is not None:
        for place, line in _read_csv(doc, folder, name, doc.where(("norms_file",)), NORM_COLUMNS, problems, files):
            if line["instrument"] == doc.data["id"]:
                norms.setdefault(line["scale"], []).append((place, _norm(place, line, problems)))
    return TablesBeside(
        lookups=lookups, norms={k: tuple(v) for k, v in norms.items()}, problems=tuple(problems), files=tuple(files)
    )


def _read_csv(
    doc: Document,
    folder: Path | None,
    name: str,
    where: str,
    columns: Mapping[str, bool],
    problems: list[Problem],
    files: list[str],
) -> list[tuple[str, dict[str, str]]]:
    shown = (Path(doc.file).parent / name).as_posix()
    try:
        if folder is None:
            raise FileNotFoundError
        text = (folder / name).read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        problems.append(
            Problem(where, f"the table {name!r} cannot be read.", "Put it beside the definition, in UTF-8.")
        )
        return []
    files.append(shown)
    header, *lines = list(csv.reader(io.StringIO(text))) or [[]]
    wrong = [column for column in header if column not in columns]
    missing = [column for column, needed in columns.items() if needed and column not in header]
    if wrong or missing or len(set(header)) < len(header):
        listed = ", ".join(map(repr, wrong or missing or header))
        what = "unknown" if wrong else "missing" if missing else "repeated"
        hint = did_you_mean(wrong[0], columns) if wrong else ""
        problems.append(Problem(f"{shown}:1", f"{what} columns: {listed}.", f"Known: {', '.join(columns)}.{hint}"))
        return []
    found = []
    for number, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            what = f"{len(cells)} cells under {len(header)} columns."
            problems.append(Problem(f"{shown}:{number}", what, "Quote cells that hold a comma."))
            continue
        line = dict(zip(header, (cell.strip() for cell in cells), strict=True))
        found.append((f"{shown}:{number}", {**dict.fromkeys(columns, ""), **line}))
    return found


def _number(place: str, line: dict[str, str], column: str, problems: list[Problem]) -> float | None:
    text = line[column]
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        problems.append(Problem(place, f"{column} is not a number.", "Write 12.87, without units."))
        return None


def _ages(low: float | None, high: float | None) -> Ages:
    return (None if low is None else int(low), None if high is None else int(high))


def _sex(place: str, line: dict[str, str], problems: list[Problem]) -> str | None:
    if line["sex"] not in ("", "female", "male"):
        problems.append(Problem(place, f"sex {line['sex']!r} is not allowed.", "Allowed: female, male, or empty."))
        return None
    return line["sex"] or None


def _lookup_row(place: str, line: dict[str, str], problems: list[Problem]) -> LookupRow | None:
    score, value, low, high = (_number(place, line, c, problems) for c in ("score", "value", "age_low", "age_high"))
    sex = _sex(place, line, problems)
    if score is None or value is None:
        problems.append(Problem(place, "score or value is empty.", "Every line needs both."))
        return None
    return LookupRow(score=score, value=value, ages=_ages(low, high), sex=sex)  # type: ignore[arg-type]


def _norm(place: str, line: dict[str, str], problems: list[Problem]) -> dict[str, Any]:
    """Turn a line into what an inline norm of the definition looks like."""
    numbers = {column: _number(place, line, column, problems) for column in NORM_NUMBERS}
    norm: dict[str, Any] = {column: line[column] for column in NORM_TEXTS if line[column]}
    if line["status"] not in ("", "verified", "weak", "unverified"):
        problems.append(Problem(place, "status is not allowed.", "Allowed: verified, weak, unverified, or empty."))
    norm |= {"mean": numbers["mean"], "sd": numbers["sd"], "n": None if numbers["n"] is None else int(numbers["n"])}
    norm["age_years"] = list(_ages(numbers["age_low"], numbers["age_high"]))
    norm["grades"] = list(_ages(numbers["grade_low"], numbers["grade_high"]))
    norm["source"] = line["source"].split()
    sex = _sex(place, line, problems)
    return {**norm, "sex": sex} if sex else norm
