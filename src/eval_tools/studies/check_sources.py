"""Whether the files and columns of study.yaml fit the questionnaires."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

from eval_tools.definitions.strict_yaml import Document
from eval_tools.errors import Problem, unknown_problem
from eval_tools.instruments.instrument import Instrument
from eval_tools.instruments.load import Instruments
from eval_tools.studies.check_plan import check_scale
from eval_tools.studies.study import CONSENT_WORDS, CONSENTS

NUMBERED = re.compile(r"\{n(:0(\d))?\}")


def check_sources(doc: Document, folder: Path, instruments: Instruments, available: list[str]) -> list[Problem]:
    """Report files whose wave, informant, group or columns are not told, or told twice."""
    problems: list[Problem] = []
    waves = [w["id"] for w in doc.data["waves"]]
    for i, source in enumerate(doc.data["sources"]):
        path = ("sources", i)
        columns = source["columns"]
        problems += _check_files(doc, path, source, folder)
        if "participant" not in columns:
            problems.append(
                Problem(
                    doc.where((*path, "columns")),
                    "no participant column.",
                    "Say which column identifies people.",
                )
            )
        if ("wave" in source) == ("wave" in columns):
            problems.append(
                Problem(
                    doc.where(path),
                    "the wave must be given once.",
                    "Either wave: <id> for the whole file, or a wave column under columns.",
                )
            )
        if source.get("wave") is not None and source["wave"] not in waves:
            problems.append(
                unknown_problem("wave", missing=[source["wave"]], known=waves, where=doc.where((*path, "wave")))
            )
        if source["informant"] not in doc.data["informants"]:
            problems.append(
                unknown_problem(
                    "informant",
                    missing=[source["informant"]],
                    known=doc.data["informants"],
                    where=doc.where((*path, "informant")),
                )
            )
        problems += _check_values(doc, path, source)
        problems += _check_instruments(doc, path, source, instruments, available)
    groups_known = len(doc.data["groups"]) == 1 or "group" in doc.data.get("roster", {"columns": {}})["columns"]
    if not groups_known and not all("group" in source["columns"] for source in doc.data["sources"]):
        problems.append(
            Problem(
                doc.where(("sources",)),
                "nothing says which group a person belongs to.",
                "Add a roster with a group column, or a group column to every source.",
            )
        )
    return problems


def _check_files(doc: Document, path: tuple[str | int, ...], source: dict[str, Any], folder: Path) -> list[Problem]:
    if ("file" in source) == ("files" in source):
        remedy = "Write file: <one file>, or files: <names with *>."
        return [Problem(doc.where(path), "the files must be given once.", remedy)]
    if "files" in source and not source_files(source, folder):
        near = sorted({p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()})[:8]
        where = doc.where((*path, "files"))
        return [Problem(where, "no file has such a name.", f"The study's folder holds: {', '.join(near)}.")]
    if "files" in source and "companions" in source:
        where = doc.where((*path, "companions"))
        return [
            Problem(where, "companions belong to one file.", "List the files one by one, each with its companions.")
        ]
    return []


def source_files(source: dict[str, Any], folder: Path) -> list[str]:
    """List the files a source means, in the order of their names; in ``files`` only * has a meaning of its own."""
    if "file" in source:
        return [source["file"]]
    pattern = re.compile("[^/]*".join(map(re.escape, source["files"].split("*"))))
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in names if pattern.fullmatch(name))


def _check_instruments(
    doc: Document,
    path: tuple[str | int, ...],
    source: dict[str, Any],
    instruments: Instruments,
    available: list[str],
) -> list[Problem]:
    problems: list[Problem] = []
    taken = [*source["columns"].values(), *source.get("ignore", []), *source.get("totals", {})]
    for name, part in source["instruments"].items():
        where = doc.where((*path, "instruments", name))
        if name not in available:
            problems.append(unknown_problem("questionnaire", missing=[name], known=available, where=where))
            continue
        if name not in instruments:
            continue  # its own problems are reported
        found, columns = _check_item_columns(where, name, part, instruments[name])
        problems += found
        taken += columns
        codes = sorted({code for item in instruments[name].items.values() for code in item.responses.codes})
        wrong = sorted({str(code) for code in part.get("answers", {}).values() if code not in codes})
        if wrong:
            problems.append(
                Problem(where, f"{name}: answers mean codes {', '.join(wrong)}.", f"The form has: {codes}.")
            )
    problems += _check_columns(doc, path, taken)
    for column, target in source.get("totals", {}).items():
        problems += check_scale(doc, (*path, "totals", column), target, instruments, available)
    return problems


def _check_item_columns(
    where: str, name: str, part: dict[str, Any], instrument: Instrument
) -> tuple[list[Problem], list[str]]:
    """Report what is wrong with the columns of one questionnaire, and list those it names."""
    if ("columns" in part) == ("start" in part):
        remedy = "Write columns: <a list, or a pattern such as q{n:02}>, or start: <the column of the first item>."
        return [Problem(where, f"{name}: the columns must be given once.", remedy)], []
    absent = part.get("absent", [])
    unknown = [item for item in absent if item not in instrument.items]
    if unknown:
        return [unknown_problem(f"item of {name}", missing=unknown, known=list(instrument.items), where=where)], []
    if "start" in part:
        return [], [part["start"]]
    if _is_no_pattern(part["columns"], instrument):
        what = f"{name}: the pattern {part['columns']!r} has no place for the number of the item."
        return [Problem(where, what, 'Write {n} or, with leading zeros, {n:02}, as in "q{n:02}".')], []
    columns = list(item_columns(part["columns"], instrument, absent))
    n_items = len(instrument.items) - len(absent)
    if len(columns) != n_items:
        what = f"{name}: {len(columns)} columns for {n_items} items."
        remedy = 'List one column for each item in printed order, or a pattern such as "q{n:02}".'
        return [Problem(where, what, remedy)], columns
    return [], columns


def _is_no_pattern(columns: str | list[str], instrument: Instrument) -> bool:
    return isinstance(columns, str) and not NUMBERED.search(columns) and len(instrument.items) > 1


def item_columns(columns: str | list[str], instrument: Instrument, absent: Collection[str] = ()) -> tuple[str, ...]:
    """Spell out a pattern such as ``"q{n:02}"`` with the printed number of every item that is on the form."""
    if isinstance(columns, list):
        return tuple(columns)
    return tuple(
        NUMBERED.sub(lambda found, n=item.number: str(n).zfill(int(found[2] or 0)), columns)  # type: ignore[misc]
        for item in instrument.items.values()
        if item.id not in absent
    )


def check_roster(doc: Document) -> list[Problem]:
    """Report a roster without participants, and columns with more than one meaning."""
    roster = doc.data.get("roster")
    if roster is None:
        return []
    problems = _check_values(doc, ("roster",), roster)
    about = {roster["columns"].get("age"), roster["columns"].get("sex")}  # a subgroup may be told by them too
    of_subgroups = [e["column"] for e in roster.get("subgroups", {}).values() if e["column"] not in about]
    taken = [*roster["columns"].values(), *of_subgroups, *roster.get("ignore", [])]
    problems += _check_columns(doc, ("roster",), taken)
    if "participant" not in roster["columns"]:
        problems.append(
            Problem(
                doc.where(("roster", "columns")),
                "the roster has no participant column.",
                "Name it under columns.",
            )
        )
    if "blank" in roster and not {"age", "sex"} & set(roster["columns"]):
        what = "blank is given, but the roster has no age or sex column."
        problems.append(Problem(doc.where(("roster", "blank")), what, "Name age or sex under columns, or drop blank."))
    return problems


def _check_values(doc: Document, path: tuple[str | int, ...], entry: dict[str, Any]) -> list[Problem]:
    known = {
        "wave": [w["id"] for w in doc.data["waves"]],
        "group": list(doc.data["groups"]),
        "region": list(doc.data.get("regions", {})),
        "sex": ["female", "male"],
        **{kind: list(CONSENT_WORDS) for kind in CONSENTS},
        "consent_ends": [w["id"] for w in doc.data["waves"]],
    }
    problems = []
    for column, mapping in entry.get("values", {}).items():
        if column not in entry["columns"]:
            problems.append(
                Problem(
                    doc.where((*path, "values", column)),
                    f"values are given for {column!r}, which has no column.",
                    "Name the column under columns.",
                )
            )
        unknown = [v for v in mapping.values() if column in known and v not in known[column]]
        if unknown:
            problems.append(
                unknown_problem(
                    column, missing=unknown, known=known[column], where=doc.where((*path, "values", column))
                )
            )
    return problems


def _check_columns(doc: Document, path: tuple[str | int, ...], columns: list[str]) -> list[Problem]:
    repeated = sorted(column for column, count in Counter(columns).items() if count > 1)
    if not repeated:
        return []
    what = f"columns with more than one meaning: {', '.join(repeated)}."
    return [Problem(doc.where(path), what, "Give each one meaning.")]
