"""Whether waves, groups, informants, goals and subgroups of study.yaml make sense."""

from __future__ import annotations

from collections import Counter

from eval_tools.definitions.strict_yaml import Document
from eval_tools.errors import Problem, unknown_problem
from eval_tools.studies.check_plan import outcome_id
from eval_tools.studies.study import KNOWN_INFORMANTS


def check_waves(doc: Document) -> list[Problem]:
    """Report waves named twice, in no order, or without a before or an after."""
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


def check_groups(doc: Document) -> list[Problem]:
    """Report groups that leave nothing to compare, and chance without an assignment."""
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


def check_informants(doc: Document) -> list[Problem]:
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


def check_goals(doc: Document) -> list[Problem]:
    """Report goals without outcomes, and outcomes that the plan does not name."""
    problems = []
    planned = [outcome_id(o) for rank in ("primary", "secondary") for o in doc.data["plan"].get(rank, ())]
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


def check_subgroups(doc: Document) -> list[Problem]:
    """Report subgroups, levels and columns that do not belong together."""
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
