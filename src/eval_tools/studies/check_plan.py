"""Whether the outcomes and the rules of publishing in study.yaml fit the questionnaires and each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from eval_tools.definitions.strict_yaml import Document
from eval_tools.errors import DefinitionError, Problem, unknown_problem
from eval_tools.instruments.instrument import Instrument
from eval_tools.instruments.load import Instruments
from eval_tools.privacy.disclosure import DisclosureRule


def check_plan(doc: Document, instruments: Instruments, available: list[str]) -> list[Problem]:
    """Report outcomes that cannot be estimated, or would be told the wrong way round."""
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
            names[outcome_id(outcome)] += 1
            problems += _check_informant(doc, path, outcome)
            found = check_scale(doc, path, outcome["outcome"], instruments, available)
            problems += found
            if not found and outcome["outcome"].partition(".")[0] in instruments:
                problems += _check_direction(doc, path, outcome, instruments)
    for name, count in names.items():
        if count > 1:
            problems.append(Problem(doc.where(("plan",)), f"outcome {name!r} is planned {count} times.", "Once."))
    return [*problems, *_check_names(doc, list(names))]


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


def check_scale(
    doc: Document, path: tuple[str | int, ...], target: str, instruments: Instruments, available: list[str]
) -> list[Problem]:
    """Report a scale that no questionnaire of the study has."""
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


def outcome_id(outcome: dict[str, Any]) -> str:
    """Return the name of an outcome as its tables have it."""
    return f"{outcome['outcome']}.{outcome['informant']}" if "informant" in outcome else str(outcome["outcome"])


def check_publish(doc: Document) -> list[Problem]:
    """Report rules of publishing that contradict each other."""
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
