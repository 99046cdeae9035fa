"""What a questionnaire definition says of the form: ids, ages, wording and licence, sources, answers, items."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from eval_tools.definitions.strict_yaml import Document, Path_
from eval_tools.errors import Problem, unknown_problem
from eval_tools.instruments.build import build_responses, sources_of
from eval_tools.instruments.rule import parse_rule

Data = dict[str, Any]
# what a definition names itself, so that a key is no word of the schema
FREE_KEYS = ("responses", "expect", "weights", "reverse_override", "bands", "wave1", "wave2", "labels", "sources")
HAN = re.compile(r"[\u3400-\u9fff]")


def check_form(doc: Document, expected_id: str | None) -> list[Problem]:
    """List what is wrong with everything but answers, items, scales and bands."""
    problems: list[Problem] = []
    if expected_id is not None and doc.data["id"] != expected_id:
        what = f"id {doc.data['id']!r} is not the file's name."
        problems.append(Problem(doc.where(("id",)), what, f"Expected {expected_id!r}."))
    return [
        *problems,
        *_check_ages(doc),
        *_check_licence(doc),
        *_check_languages(doc),
        *_check_sources(doc),
        *_check_vector_names(doc),
    ]


def _walk(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Data]]:
    """Iterate over every mapping of the document that has the keys of the schema, with its path."""
    if path and path[-1] in FREE_KEYS:
        return
    if isinstance(value, dict):
        yield path, value
        for key, entry in value.items():
            yield from _walk(entry, (*path, key))
    elif isinstance(value, list):
        for i, entry in enumerate(value):
            if isinstance(entry, dict | list):
                yield from _walk(entry, (*path, i))


def _check_ages(doc: Document) -> list[Problem]:
    problems = []
    for path, entry in _walk(doc.data):
        for key in ("age_years", "grades"):
            ends = entry.get(key)
            low, high = ends if isinstance(ends, list) else (None, None)
            if low is not None and high is not None and low > high:
                what = f"{key}: {low} comes after {high}."
                problems.append(Problem(doc.where((*path, key)), what, "Youngest first."))
    return problems


def _check_licence(doc: Document) -> list[Problem]:
    """Wording is printed only where it may be redistributed, and where somebody read that it may."""
    licence = doc.data["licence"]
    paths = list(_wording(doc.data))
    if not licence["text_redistributable"]:
        remedy = "Remove the text; a team that holds a licence keeps it in a local file."
        return [
            Problem(doc.where(path), f"{what} carries wording that may not be redistributed.", remedy)
            for path, what, _ in paths
        ]
    if paths and not licence["evidence"]:
        what = "wording is included without evidence that it may be."
        return [Problem(doc.where(("licence", "evidence")), what, "Name the source that says so, or remove the text.")]
    return []


def _wording(data: Data) -> Iterator[tuple[Path_, str, Data]]:
    """Iterate over every text of the form that is there in some language."""
    places: list[tuple[Path_, str, Data]] = [(("stem",), "the stem", data.get("stem", {}))]
    for name, entry in data["response_sets"].items():
        for i, option in enumerate(entry.get("options", ())):
            places.append(
                (("response_sets", name, "options", i), f"option {option['code']} of {name!r}", option["label"])
            )
    for i, entry in enumerate(data["items"]["list"]):
        places.append((("items", "list", i), f"item {entry['id']!r}", entry.get("text") or {}))
    for i, entry in enumerate(data.get("open_questions", ())):
        places.append((("open_questions", i), f"open question {entry['id']!r}", entry.get("text") or {}))
    return (place for place in places if any(place[2].values()))


def _check_languages(doc: Document) -> list[Problem]:
    """Of every language it is said what kind of text it is; converted characters differ in nothing else."""
    if not doc.data["licence"]["text_redistributable"]:
        return []
    status = doc.data.get("text_status", {})
    problems = []
    undeclared: dict[str, Path_] = {}
    for path, what, text in _wording(doc.data):
        for language in (language for language, words in text.items() if words and language not in status):
            undeclared.setdefault(language, path)
        hant, hans = text.get("zh-Hant"), text.get("zh-Hans")
        converted = "character_conversion" in (status.get("zh-Hant"), status.get("zh-Hans"))
        if converted and hant and hans and HAN.sub("字", hant) != HAN.sub("字", hans):
            problems.append(
                Problem(
                    doc.where(path),
                    f"{what}: Traditional and Simplified text differ by more than characters.",
                    "text_status says that one was converted from the other: convert again, or correct text_status.",
                )
            )
    problems += [
        Problem(doc.where(path), f"there is wording in {language}, of which text_status says nothing.", "Add it there.")
        for language, path in undeclared.items()
    ]
    return problems


def _check_sources(doc: Document) -> list[Problem]:
    known = list(doc.data["sources"])
    problems = []
    for path, entry in _walk(doc.data):
        if not isinstance(entry.get("source"), str | list):
            continue
        unknown = [name for name in sources_of(entry) if name not in known]
        if unknown:
            where = doc.where((*path, "source"))
            problems.append(unknown_problem("source", missing=unknown, known=known, where=where))
    return problems


def _check_vector_names(doc: Document) -> list[Problem]:
    names = [vector["name"] for vector in doc.data["test_vectors"]]
    return [
        Problem(doc.where(("test_vectors", i)), f"vector {name!r} is named twice.", "Name each once.")
        for i, name in enumerate(names)
        if name in names[:i]
    ]


# --- answers and items -------------------------------------------------------------------------------------


def check_answers(doc: Document) -> list[Problem]:
    """List what is wrong with response sets and items; with none, every item can be built."""
    sets = _check_response_sets(doc)
    items = _check_items(doc)
    return [*sets, *items] or _check_item_rules(doc)


def _check_response_sets(doc: Document) -> list[Problem]:
    problems = []
    for name, entry in doc.data["response_sets"].items():
        where = doc.where(("response_sets", name))
        if ("codes" in entry) == ("options" in entry):
            problems.append(
                Problem(where, f"response set {name!r} needs either codes or options.", "Keep one of the two.")
            )
            continue
        answers = build_responses(name, entry)
        repeated = [c for c, n in Counter(answers.codes).items() if n > 1]
        if repeated:
            problems.append(Problem(where, f"response set {name!r} repeats codes {repeated}.", "Each code once."))
        if len(set(answers.scored_codes)) < 2:
            what = f"response set {name!r} has {len(set(answers.scored_codes))} codes that count."
            problems.append(Problem(where, what, "At least two answers must count; a don't-know does not."))
    return problems


def _check_items(doc: Document) -> list[Problem]:
    data = doc.data
    problems: list[Problem] = []
    sets = data["response_sets"]
    entries = data["items"]["list"]
    everything = [*entries, *data.get("open_questions", ())]
    for key, what in (("id", "item id"), ("n", "printed number")):
        repeated = [str(v) for v, n in Counter(e[key] for e in everything).items() if n > 1]
        if repeated:
            problems.append(
                Problem(doc.where(("items", "list")), f"{what} used twice: {', '.join(repeated)}.", "Each once.")
            )
    for i, entry in enumerate(entries):
        where = doc.where(("items", "list", i))
        if entry["id"] in ("all", "in_order"):
            problems.append(Problem(where, f"{entry['id']!r} is a word of the vectors.", "Choose another item id."))
        chosen = entry.get("response_set", data["items"]["defaults"].get("response_set"))
        if chosen is None:
            problems.append(Problem(where, f"item {entry['id']!r} has no response set.", "Add response_set."))
        elif chosen not in sets:
            problems.append(
                unknown_problem(f"response set of {entry['id']!r}", missing=[chosen], known=list(sets), where=where)
            )
    return problems


def _check_item_rules(doc: Document) -> list[Problem]:
    """Rules of single items: answer keys, critical answers, conditions; and which way the printed codes run."""
    data = doc.data
    items = {entry["id"]: {**data["items"]["defaults"], **entry} for entry in data["items"]["list"]}
    sets = {name: build_responses(name, entry) for name, entry in data["response_sets"].items()}
    problems: list[Problem] = []
    for i, entry in enumerate(items.values()):
        path = ("items", "list", i)
        responses = sets[entry["response_set"]]
        wrong = [code for code in entry.get("answer_key", ()) if code not in responses.scored_codes]
        if wrong:
            what = f"item {entry['id']!r}: the answer key holds {wrong}, no answers of {responses.id!r}."
            problems.append(
                Problem(doc.where((*path, "answer_key")), what, f"Answers: {list(responses.scored_codes)}.")
            )
        critical = entry.get("critical", [])
        for rule in [critical] if isinstance(critical, dict) else critical:
            if not parse_rule(rule["when"]).holds(list(responses.codes)).any():
                what = f"item {entry['id']!r}: no answer of {responses.id!r} is {rule['when']}."
                problems.append(Problem(doc.where((*path, "critical")), what, f"Codes: {list(responses.codes)}."))
        condition = entry.get("asked_if")
        if condition is not None:
            where = doc.where((*path, "asked_if"))
            if condition["item"] not in items:
                problems.append(
                    unknown_problem("item in asked_if", missing=[condition["item"]], known=list(items), where=where)
                )
            elif items[condition["item"]]["n"] >= entry["n"]:
                what = f"item {entry['id']!r} is asked after an answer that comes later."
                problems.append(Problem(where, what, "A condition looks back, never ahead."))
            else:
                before = sets[items[condition["item"]]["response_set"]]
                if not parse_rule(condition["when"]).holds(list(before.codes)).any():
                    what = f"item {entry['id']!r} is never asked: no answer of {before.id!r} is {condition['when']}."
                    problems.append(Problem(where, what, f"Codes: {list(before.codes)}."))
    return problems + _check_code_direction(doc, items)


def _check_code_direction(doc: Document, items: dict[str, Data]) -> list[Problem]:
    """The same key on a form whose codes run the other way turns the scale upside down, and no total shows it."""
    data = doc.data
    stated = data["form"].get("code_direction")
    overrides = any(True in scale.get("reverse_override", {}).values() for scale in data["scales"])
    where = doc.where(("form", "code_direction"))
    if stated is None:
        if not overrides and not any(item.get("reverse") for item in items.values()):
            return []
        what = "items are reversed, but the form does not say which way its printed codes run."
        remedy = 'Add form.code_direction: {first_code: 0, first_means: "never"}, as on the form in hand.'
        return [Problem(where, what, remedy)]
    used = {item["response_set"]: data["response_sets"][item["response_set"]] for item in items.values()}
    first = {name: build_responses(name, entry).options[0] for name, entry in used.items()}
    fitting = [option for option in first.values() if option.code == stated["first_code"]]
    if not fitting:
        shown = ", ".join(f"{option.code} in {name!r}" for name, option in first.items())
        what = f"code_direction begins with {stated['first_code']}, the response sets begin with {shown}."
        return [Problem(where, what, "Options stand in printed order; correct one of the two.")]
    labels = [option.label.get("en") for option in fitting]
    if all(labels) and stated["first_means"].casefold() not in [str(label).casefold() for label in labels]:
        what = f"code_direction says that the first answer means {stated['first_means']!r}, its label says otherwise."
        return [Problem(where, what, "Compare with the form in hand; use the words of the label.")]
    return []
