"""Whether study.yaml says what protects the people: consent, roles of columns, and how long raw data are kept."""

from __future__ import annotations

import datetime
from collections import Counter
from typing import Any

from eval_tools.definitions.strict_yaml import Document
from eval_tools.errors import Problem, unknown_problem
from eval_tools.instruments.load import Instruments
from eval_tools.studies.check_sources import item_columns
from eval_tools.studies.roles import declared_roles

Path_ = tuple[str | int, ...]


def check_people(doc: Document, instruments: Instruments) -> list[Problem]:
    """List everything about consent, roles and retention that is not told, or told in two ways."""
    problems = [*_check_consent(doc), *_check_retention(doc)]
    for path, entry in _entries(doc):
        problems += _check_roles(doc, path, entry, instruments)
    return problems


def _entries(doc: Document) -> list[tuple[Path_, dict[str, Any]]]:
    roster = doc.data.get("roster")
    found: list[tuple[Path_, dict[str, Any]]] = [] if roster is None else [(("roster",), roster)]
    return [*found, *((("sources", i), source) for i, source in enumerate(doc.data["sources"]))]


def _check_consent(doc: Document) -> list[Problem]:
    people = doc.data["people"]
    told = people.get("consent")
    if told is None and doc.data["respondents"] == "children" and people["identifiers"] == "direct":
        remedy = (
            "Write people: {consent: in_data} and name the column of the guardian's consent in the roster or in every "
            "source, or consent: recorded_elsewhere if signed forms of everybody in the files are kept."
        )
        return [Problem(doc.where(("people",)), "nothing says where the guardians' consent is recorded.", remedy)]
    with_column = [path for path, entry in _entries(doc) if "consent" in entry["columns"]]
    if told == "in_data" and ("roster",) not in with_column and len(with_column) < len(doc.data["sources"]):
        what = "consent is said to be in the data, but not every source has a column of it."
        remedy = "Name the column under columns: {consent: …} of the roster, or of every source."
        return [Problem(doc.where(("people", "consent")), what, remedy)]
    if told == "recorded_elsewhere" and with_column:
        what = "consent is said to be recorded elsewhere, but there is a column of it."
        return [Problem(doc.where(("people", "consent")), what, "Write consent: in_data.")]
    return []


def _check_retention(doc: Document) -> list[Problem]:
    until = doc.data["people"].get("retention_until")
    if until is None:
        return []
    try:
        datetime.date.fromisoformat(until)
    except ValueError:
        where = doc.where(("people", "retention_until"))
        return [Problem(where, "people.retention_until: there is no such day.", "Write year-month-day, 2031-08-31.")]
    return []


def _check_roles(doc: Document, path: Path_, entry: dict[str, Any], instruments: Instruments) -> list[Problem]:
    declared = declared_roles(entry)
    where = doc.where((*path, "roles")) if "roles" in entry else doc.where(path)
    used = _used_columns(entry, instruments)
    known = [*used, *entry.get("ignore", [])]
    open_ended = any("start" in part for part in entry.get("instruments", {}).values())  # its columns have no names yet
    problems = []
    unknown = [column for column, _ in declared if column not in known]
    if unknown and not open_ended:
        problems.append(unknown_problem("column with a role", missing=unknown, known=known, where=where))
    twice = sorted(column for column, n in Counter(column for column, _ in declared).items() if n > 1)
    if twice:
        problems.append(Problem(where, f"columns with more than one role: {', '.join(twice)}.", "Give each one."))
    participant = entry["columns"].get("participant")
    if any(column == participant and role != "direct" for column, role in declared):
        what = "the participant column identifies people, but has another role."
        problems.append(Problem(where, what, "Leave it out of roles: it is direct, and becomes a pseudonym."))
    lost = [column for column, role in declared if role == "direct" and column in used and column != participant]
    if lost:
        what = f"columns that identify people are dropped, but these are asked for something: {', '.join(lost)}."
        problems.append(Problem(where, what, "Give them another role, or list them under ignore."))
    if doc.data["people"]["identifiers"] == "direct":
        named = {column for column, _ in declared}
        open_ = [column for column in entry.get("ignore", []) if column not in named]
        if open_:
            what = f"columns that are ignored, and nothing says what they could tell: {', '.join(open_)}."
            remedy = (
                "Add roles: {direct: […], quasi: […], sensitive: […], other: […]}; direct ones (name, telephone, "
                "address) are dropped before anything else is read."
            )
            problems.append(Problem(doc.where(path), what, remedy))
    return problems


def _used_columns(entry: dict[str, Any], instruments: Instruments) -> list[str]:
    """List the columns that are asked for something, as far as study.yaml names them."""
    columns = [*entry["columns"].values(), *entry.get("totals", {})]
    columns += [each["column"] for each in entry.get("subgroups", {}).values()]
    columns += [entry["rows"]["column"]] if "rows" in entry else []
    for name, part in entry.get("instruments", {}).items():
        if "start" in part:
            columns.append(part["start"])
        elif name in instruments and "columns" in part:
            columns += item_columns(part["columns"], instruments[name], part.get("absent", ()))
    return columns
