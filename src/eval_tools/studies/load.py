"""study.yaml -> frozen Study: form first, then meaning against the questionnaires it uses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from eval_tools.definitions.shapes import check_shape
from eval_tools.definitions.strict_yaml import Document, read_yaml
from eval_tools.errors import DefinitionError, Problem, unknown_problem
from eval_tools.instruments.instrument import Instrument
from eval_tools.instruments.load import Instruments, load_instruments
from eval_tools.privacy.disclosure import DisclosureRule
from eval_tools.studies.places import build_regions, build_starts, check_regions, check_starts
from eval_tools.studies.schema import STUDY
from eval_tools.studies.study import (
    KNOWN_INFORMANTS,
    Assignment,
    Goal,
    Group,
    InstrumentColumns,
    Outcome,
    Plan,
    Roster,
    Source,
    Study,
    Subgroup,
    SubgroupColumn,
    Wave,
)
from eval_tools.studies.workbench import Workbench

NUMBERED = re.compile(r"\{n(:0(\d))?\}")


@dataclass(frozen=True, slots=True)
class StudyDefinition:
    """A study together with the questionnaires it uses."""

    study: Study
    instruments: Instruments


def load_study(study: str, *, workbench: Workbench) -> StudyDefinition:
    """Load a study and the questionnaires it uses.

    Raises
    ------
    DefinitionError
        With every problem of study.yaml and of the questionnaires it uses.
    """
    folder = workbench.study_folder(study)
    doc = read_yaml(folder / "study.yaml", root=workbench.root)
    problems = check_shape(doc, STUDY)
    if problems:
        raise DefinitionError(problems)
    used = list(dict.fromkeys(name for source in doc.data["sources"] for name in source["instruments"]))
    available = {path.stem for path in workbench.questionnaires.glob("*/*.yaml")}
    instruments, broken = _load_used([name for name in used if name in available], workbench)
    problems += _check_meaning(doc, instruments, sorted(available))
    if doc.data["study"] != folder.name:
        problems.append(
            Problem(
                doc.where(("study",)),
                f"study {doc.data['study']!r} is not its folder.",
                f"Expected {folder.name!r}.",
            )
        )
    if problems or broken:
        raise DefinitionError([*doc.in_order(problems), *broken])
    return StudyDefinition(study=_build(doc, folder, instruments), instruments=instruments)


def _load_used(names: list[str], workbench: Workbench) -> tuple[Instruments, list[Problem]]:
    """Load what can be loaded, so that a wrong questionnaire does not hide what is wrong in study.yaml."""
    loaded: dict[str, Instrument] = {}
    problems: list[Problem] = []
    for name in names:
        try:
            loaded |= load_instruments(workbench.questionnaires, [name])
        except DefinitionError as error:
            problems += error.problems
    return MappingProxyType(loaded), problems


# --- meaning -----------------------------------------------------------------------------------------------


def _check_meaning(doc: Document, instruments: Instruments, available: list[str]) -> list[Problem]:
    return [
        *_check_waves(doc),
        *_check_groups(doc),
        *_check_informants(doc),
        *check_starts(doc),
        *check_regions(doc),
        *_check_sources(doc, instruments, available),
        *_check_roster(doc),
        *_check_plan(doc, instruments, available),
        *_check_goals(doc),
        *_check_subgroups(doc),
        *_check_publish(doc),
    ]


def _check_waves(doc: Document) -> list[Problem]:
    waves = doc.data["waves"]
    problems = []
    names = [w["id"] for w in waves]
    for name, count in Counter(names).items():
        if count > 1:
            again = len(names) - 1 - names[::-1].index(name)
            where = doc.where(("waves", again, "id"))
            problems.append(Problem(where, f"wave {name!r} is named {count} times.", "Name it once."))
    roles = [w["role"] for w in waves]
    if "before" not in roles:
        problems.append(Problem(doc.where(("waves",)), "no wave has the role 'before'.", "Mark the baseline wave."))
    elif "before" in roles[roles.count("before") :]:
        problems.append(
            Problem(
                doc.where(("waves",)),
                "a 'before' wave stands after a later one.",
                "List waves in time order.",
            )
        )
    if all(role == "before" for role in roles):
        problems.append(
            Problem(
                doc.where(("waves",)),
                "no wave has the role 'after' or 'follow-up'.",
                "Add the wave that follows.",
            )
        )
    return problems


def _check_groups(doc: Document) -> list[Problem]:
    groups = doc.data["groups"]
    problems = []
    roles = Counter(group["role"] for group in groups.values())
    if roles["comparison"] > 1:
        problems.append(
            Problem(
                doc.where(("groups",)),
                f"{roles['comparison']} comparison groups.",
                "One group is the reference.",
            )
        )
    if roles["programme"] == 0:
        problems.append(Problem(doc.where(("groups",)), "no programme group.", "At least one group got the programme."))
    if doc.data["assignment"]["randomised"] and doc.data["assignment"]["unit"] == "none":
        problems.append(
            Problem(
                doc.where(("assignment",)),
                "randomised, but nothing was assigned.",
                "Say who: participant or site.",
            )
        )
    return problems


def _check_values(doc: Document, path: tuple[str | int, ...], entry: dict[str, Any]) -> list[Problem]:
    known = {
        "wave": [w["id"] for w in doc.data["waves"]],
        "group": list(doc.data["groups"]),
        "sex": ["female", "male"],
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


def _check_roster(doc: Document) -> list[Problem]:
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


def _check_sources(doc: Document, instruments: Instruments, available: list[str]) -> list[Problem]:
    problems: list[Problem] = []
    waves = [w["id"] for w in doc.data["waves"]]
    for i, source in enumerate(doc.data["sources"]):
        path = ("sources", i)
        columns = source["columns"]
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
        instrument = instruments[name]
        if _is_no_pattern(part["columns"], instrument):
            problems.append(
                Problem(
                    where,
                    f"{name}: the pattern {part['columns']!r} has no place for the number of the item.",
                    'Write {n} or, with leading zeros, {n:02}, as in "q{n:02}".',
                )
            )
            continue
        columns = item_columns(part["columns"], instrument)
        if len(columns) != len(instrument.items):
            problems.append(
                Problem(
                    where,
                    f"{name}: {len(columns)} columns for {len(instrument.items)} items.",
                    'List one column for each item in printed order, or a pattern such as "q{n:02}".',
                )
            )
        taken += columns
        codes = sorted({code for item in instrument.items.values() for code in item.responses.codes})
        wrong = sorted({str(code) for code in part.get("answers", {}).values() if code not in codes})
        if wrong:
            problems.append(
                Problem(where, f"{name}: answers mean codes {', '.join(wrong)}.", f"The form has: {codes}.")
            )
    problems += _check_columns(doc, path, taken)
    for column, target in source.get("totals", {}).items():
        problems += _check_scale(doc, (*path, "totals", column), target, instruments, available)
    return problems


def _is_no_pattern(columns: str | list[str], instrument: Instrument) -> bool:
    return isinstance(columns, str) and not NUMBERED.search(columns) and len(instrument.items) > 1


def _check_columns(doc: Document, path: tuple[str | int, ...], columns: list[str]) -> list[Problem]:
    repeated = sorted(column for column, count in Counter(columns).items() if count > 1)
    if not repeated:
        return []
    what = f"columns with more than one meaning: {', '.join(repeated)}."
    return [Problem(doc.where(path), what, "Give each one meaning.")]


def _check_scale(
    doc: Document, path: tuple[str | int, ...], target: str, instruments: Instruments, available: list[str]
) -> list[Problem]:
    name, _, scale = target.partition(".")
    used = {name for source in doc.data["sources"] for name in source["instruments"]}
    if name in used and name in available and name not in instruments:
        return []  # its own problems are reported
    if name not in instruments:
        return [unknown_problem("questionnaire", missing=[name], known=list(instruments), where=doc.where(path))]
    if scale not in instruments[name].scales:
        return [
            unknown_problem(
                f"scale of {name}",
                missing=[scale],
                known=list(instruments[name].scales),
                where=doc.where(path),
            )
        ]
    return []


def _check_plan(doc: Document, instruments: Instruments, available: list[str]) -> list[Problem]:
    plan = doc.data["plan"]
    problems = []
    terms = [w["id"] for w in doc.data["waves"] if w["role"] != "before"]
    if plan["decision_term"] not in terms:
        problems.append(
            unknown_problem(
                "term",
                missing=[plan["decision_term"]],
                known=terms,
                where=doc.where(("plan", "decision_term")),
            )
        )
    names: Counter[str] = Counter()
    for rank in ("primary", "secondary"):
        for i, outcome in enumerate(plan.get(rank, ())):
            path = ("plan", rank, i)
            names[_outcome_id(outcome)] += 1
            problems += _check_informant(doc, path, outcome)
            found = _check_scale(doc, path, outcome["outcome"], instruments, available)
            problems += found
            if not found and outcome["outcome"].partition(".")[0] in instruments:
                problems += _check_direction(doc, path, outcome, instruments)
    for name, count in names.items():
        if count > 1:
            problems.append(Problem(doc.where(("plan",)), f"outcome {name!r} is planned {count} times.", "Once."))
    return [*problems, *_check_names(doc, list(names))]


def _outcome_id(outcome: dict[str, Any]) -> str:
    return f"{outcome['outcome']}.{outcome['informant']}" if "informant" in outcome else str(outcome["outcome"])


def _check_names(doc: Document, names: list[str]) -> list[Problem]:
    """Refuse different outcomes that would share the name of a file, or be the same answers twice."""
    problems = []
    files = Counter(name.replace(".", "-") for name in names)
    alike = [name for name in names if files[name.replace(".", "-")] > 1]
    if alike:
        what = f"outcomes that would share one file name: {', '.join(alike)}."
        problems.append(Problem(doc.where(("plan",)), what, "Rename a scale or an informant."))
    bare = {name for name in names if name.count(".") == 1}
    twice = [name for name in names if name.count(".") == 2 and name.rpartition(".")[0] in bare]
    problems += [
        Problem(
            doc.where(("plan",)),
            f"outcome {name!r} is planned with and without its informant.",
            "Name the informant of each, or of none.",
        )
        for name in twice
    ]
    return problems


def _check_informant(doc: Document, path: tuple[str | int, ...], outcome: dict[str, Any]) -> list[Problem]:
    """Ask who tells about an outcome wherever several informants answer its questionnaire."""
    instrument = outcome["outcome"].partition(".")[0]
    asked = list(dict.fromkeys(s["informant"] for s in doc.data["sources"] if instrument in s["instruments"]))
    named = outcome.get("informant")
    if named is None:
        if len(asked) < 2:
            return []
        what = f"{outcome['outcome']}: {len(asked)} informants answer this questionnaire: {', '.join(asked)}."
        return [
            Problem(doc.where(path), what, "Add informant: and plan one outcome for each; they are never averaged.")
        ]
    where = doc.where((*path, "informant"))
    if asked and named not in asked:
        return [unknown_problem(f"informant of {instrument}", missing=[named], known=asked, where=where)]
    return []


def _check_informants(doc: Document) -> list[Problem]:
    """Ask for titles where a report may have to name informants that it has no word for."""
    declared = doc.data["informants"]
    unknown = [name for name in declared if name not in KNOWN_INFORMANTS]
    if isinstance(declared, dict) or len(declared) < 2 or not unknown:
        return []
    what = f"informants without a title: {', '.join(unknown)}."
    remedy = "Write informants as a map with titles: child: {en: …, zh-Hant: …, zh-Hans: …}. " + (
        f"Without titles: {', '.join(KNOWN_INFORMANTS)}."
    )
    return [Problem(doc.where(("informants",)), what, remedy)]


def _check_goals(doc: Document) -> list[Problem]:
    problems = []
    planned = [_outcome_id(o) for rank in ("primary", "secondary") for o in doc.data["plan"].get(rank, ())]
    for name, goal in doc.data.get("goals", {}).items():
        path = ("goals", name)
        if "outcomes" not in goal:
            remedy = "List its outcomes; or write outcomes: [], and the report says that nothing measures it."
            problems.append(Problem(doc.where(path), f"goal {name!r} has no outcomes.", remedy))
            continue
        where = doc.where((*path, "outcomes"))
        unknown = [outcome for outcome in dict.fromkeys(goal["outcomes"]) if outcome not in planned]
        if unknown:
            problems.append(unknown_problem("outcome of the plan", missing=unknown, known=planned, where=where))
        twice = [outcome for outcome, count in Counter(goal["outcomes"]).items() if count > 1]
        if twice:
            what = f"goal {name!r} names outcomes twice: {', '.join(twice)}."
            problems.append(Problem(where, what, "Name each once."))
    return problems


def _check_subgroups(doc: Document) -> list[Problem]:
    declared = doc.data.get("subgroups", {})
    columns = doc.data.get("roster", {}).get("subgroups", {})
    planned = doc.data["plan"].get("subgroups", [])
    problems = []
    for name, entry in columns.items():
        where = doc.where(("roster", "subgroups", name))
        if name not in declared:
            problems.append(unknown_problem("subgroup", missing=[name], known=list(declared), where=where))
            continue
        known = list(declared[name]["levels"])
        unknown = [level for level in dict.fromkeys(entry.get("values", {}).values()) if level not in known]
        if unknown:
            problems.append(unknown_problem(f"level of {name}", missing=unknown, known=known, where=where))
    unknown = [name for name in dict.fromkeys(planned) if name not in declared]
    where = doc.where(("plan", "subgroups"))
    if unknown:
        problems.append(unknown_problem("subgroup", missing=unknown, known=list(declared), where=where))
    for name in dict.fromkeys(planned):
        if name in declared and name not in columns:
            what = f"nothing says which level of {name!r} a person belongs to."
            problems.append(Problem(where, what, f"Add to the roster: subgroups: {{{name}: {{column: …}}}}."))
    twice = [name for name, count in Counter(planned).items() if count > 1]
    if twice:
        problems.append(Problem(where, f"subgroups named twice: {', '.join(twice)}.", "Name each once."))
    return problems


def _check_direction(
    doc: Document, path: tuple[str | int, ...], outcome: dict[str, Any], instruments: Mapping[str, Instrument]
) -> list[Problem]:
    name, _, scale = outcome["outcome"].partition(".")
    better = instruments[name].scales[scale].better
    if better is not None and better != outcome["better"]:
        return [
            Problem(
                doc.where((*path, "better")),
                f"{outcome['outcome']}: the plan calls {outcome['better']} better, the questionnaire {better}.",
                "Correct the one that is wrong; a mistake here turns harm into benefit.",
            )
        ]
    return []


def _check_publish(doc: Document) -> list[Problem]:
    publish = doc.data["publish"]
    problems = []
    repeated = [language for language, count in Counter(publish["languages"]).items() if count > 1]
    if repeated:
        where = doc.where(("publish", "languages"))
        problems.append(Problem(where, f"languages named twice: {', '.join(repeated)}.", "Name each once."))
    try:
        DisclosureRule(min_cell=publish["min_cell"], round_to=publish["round_to"])
    except DefinitionError as error:
        where = doc.where(("publish", "round_to"))
        problems += [Problem(where, problem.what, problem.remedy) for problem in error.problems]
    return [*problems, *_check_single_people(doc)]


def _check_single_people(doc: Document) -> list[Problem]:
    people = doc.data["publish"].get("single_people", {"allowed": False})
    if not people["allowed"]:
        return []
    where = doc.where(("publish", "single_people"))
    if doc.data["respondents"] == "children":
        remedy = "Set allowed: false; figures then show groups of at least min_cell."
        return [Problem(where, "single children may not be drawn.", remedy)]
    if doc.data["publish"]["min_cell"] > 1:
        remedy = "Set allowed: false, or min_cell: 1 if every row is public already."
        return [Problem(where, "a figure of single people would tell what the tables hide.", remedy)]
    return []


# --- building ----------------------------------------------------------------------------------------------


def item_columns(columns: str | list[str], instrument: Instrument) -> tuple[str, ...]:
    """Spell out a pattern such as ``"q{n:02}"`` with the printed number of every item."""
    if isinstance(columns, list):
        return tuple(columns)
    return tuple(
        NUMBERED.sub(lambda found, n=item.number: str(n).zfill(int(found[2] or 0)), columns)  # type: ignore[misc]
        for item in instrument.items.values()
    )


def _frozen(mapping: dict[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(mapping)


def _build(doc: Document, folder: Path, instruments: Instruments) -> Study:
    data = doc.data
    publish = data["publish"]
    return Study(
        id=data["study"],
        folder=folder,
        file=doc.file,
        title=_frozen(data["title"]),
        about=_frozen(data["about"]),
        kind=data["kind"],
        respondents=data["respondents"],
        attribution=data.get("attribution", ""),
        licence=data.get("licence", ""),
        assignment=Assignment(
            unit=data["assignment"]["unit"],
            randomised=data["assignment"]["randomised"],
            starts=build_starts(doc),
        ),
        groups=_frozen(
            {name: Group(id=name, role=g["role"], title=_frozen(g["title"])) for name, g in data["groups"].items()}
        ),
        waves=_frozen({w["id"]: Wave(id=w["id"], role=w["role"], title=_frozen(w["title"])) for w in data["waves"]}),
        informants=tuple(data["informants"]),
        identifiers=data["people"]["identifiers"],
        roster=_build_roster(data.get("roster")),
        sources=tuple(_build_source(source, instruments) for source in data["sources"]),
        plan=_build_plan(data["plan"]),
        languages=tuple(publish["languages"]),
        disclosure=DisclosureRule(
            min_cell=publish["min_cell"],
            round_to=publish["round_to"],
            single_people=publish.get("single_people", {"allowed": False})["allowed"],
        ),
        informant_titles=_build_titles(data["informants"]),
        goals=_frozen(
            {
                name: Goal(id=name, title=_frozen(goal["title"]), outcomes=tuple(goal["outcomes"]))
                for name, goal in data.get("goals", {}).items()
            }
        ),
        subgroups=_frozen(
            {
                name: Subgroup(id=name, title=_frozen(entry["title"]), levels=_build_titles(entry["levels"]))
                for name, entry in data.get("subgroups", {}).items()
            }
        ),
        regions=build_regions(doc),
        site_word=data.get("site_word", "site"),
        safeguarding_lead=data["people"].get("safeguarding_lead", ""),
    )


def _build_titles(entry: list[str] | dict[str, Any]) -> Mapping[str, Mapping[str, str]]:
    return _frozen({name: _frozen(title) for name, title in entry.items()} if isinstance(entry, dict) else {})


def _build_values(entry: dict[str, Any]) -> Mapping[str, Mapping[str, str]]:
    return _frozen({column: _frozen(mapping) for column, mapping in entry.get("values", {}).items()})


def _build_roster(entry: dict[str, Any] | None) -> Roster | None:
    if entry is None:
        return None
    return Roster(
        file=entry["file"],
        reader=entry["reader"],
        encoding=entry.get("encoding", "utf-8"),
        columns=_frozen(entry["columns"]),
        meanings=_build_values(entry),
        ignore=tuple(entry.get("ignore", ())),
        blank=tuple(entry.get("blank", ())),
        subgroups=_frozen(
            {
                name: SubgroupColumn(
                    column=each["column"],
                    levels=_frozen(each.get("values", {})),
                    blank=tuple(each.get("blank", ())),
                )
                for name, each in entry.get("subgroups", {}).items()
            }
        ),
    )


def _build_source(entry: dict[str, Any], instruments: Instruments) -> Source:
    parts = []
    for name, part in entry["instruments"].items():
        codes = {code for item in instruments[name].items.values() for code in item.responses.codes}
        parts.append(
            InstrumentColumns(
                instrument=name,
                columns=item_columns(part["columns"], instruments[name]),
                answers=_frozen(part.get("answers") or {str(code): code for code in sorted(codes)}),
            )
        )
    return Source(
        file=entry["file"],
        reader=entry["reader"],
        encoding=entry.get("encoding", "utf-8"),
        informant=entry["informant"],
        wave=entry.get("wave"),
        columns=_frozen(entry["columns"]),
        meanings=_build_values(entry),
        instruments=tuple(parts),
        blank=tuple(entry.get("blank", ())),
        totals=_frozen(entry.get("totals", {})),
        ignore=tuple(entry.get("ignore", ())),
    )


def _build_plan(entry: dict[str, Any]) -> Plan:
    outcomes = []
    for rank in ("primary", "secondary"):
        for outcome in entry.get(rank, ()):
            instrument, _, scale = outcome["outcome"].partition(".")
            outcomes.append(
                Outcome(
                    instrument=instrument,
                    scale=scale,
                    better=outcome["better"],
                    smallest_worthwhile=outcome.get("smallest_worthwhile"),
                    rank="primary" if rank == "primary" else "secondary",
                    informant=outcome.get("informant"),
                )
            )
    return Plan(
        outcomes=tuple(outcomes),
        decision_term=entry["decision_term"],
        reliability_floor=entry.get("reliability_floor", 0.70),
        written=entry["written"],
        subgroups=tuple(entry.get("subgroups", ())),
    )
