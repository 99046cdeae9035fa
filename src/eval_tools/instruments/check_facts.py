"""Facts of a definition besides the key: each has a source good enough for its standing, and can be true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eval_tools.definitions.strict_yaml import Document, Path_
from eval_tools.errors import Problem, unknown_problem
from eval_tools.instruments.build import sources_of, standing
from eval_tools.instruments.rule import parse_rule
from eval_tools.instruments.tables_beside import TablesBeside

Data = dict[str, Any]
Place = tuple[str, str, Data]  # file:line, what it is, the entry
EXACT = 1e-9


def check_facts(doc: Document, beside: TablesBeside) -> list[Problem]:
    """List what is wrong with norms, reliabilities, important differences, gates and derived scores."""
    return [
        *_check_standing(doc, beside),
        *_check_numbers(doc, beside),
        *_check_gates(doc),
        *_check_derived(doc),
    ]


def _norms(doc: Document, beside: TablesBeside) -> Iterator[tuple[str, Data, Data]]:
    """Iterate over place, scale and norm."""
    for i, scale in enumerate(doc.data["scales"]):
        for k, norm in enumerate(scale.get("norms", ())):
            yield doc.where(("scales", i, "norms", k)), scale, norm
        for where, norm in beside.norms.get(scale["id"], ()):
            yield where, scale, norm


def _facts(doc: Document, beside: TablesBeside) -> Iterator[Place]:
    """Iterate over everything that is shown to readers as a fact."""
    data = doc.data
    for name, scheme in data.get("band_schemes", {}).items():
        yield doc.where(("band_schemes", name)), f"band scheme {name!r}", scheme
    places: list[tuple[Path_, str, Data]] = [
        (("scale_defaults", "missing"), "the missing rule", data.get("scale_defaults", {}).get("missing", {}))
    ]
    for i, scale in enumerate(data["scales"]):
        places.append((("scales", i, "missing"), f"missing rule of {scale['id']!r}", scale.get("missing", {})))
        for key, what in (("reliability", "a reliability"), ("important_difference", "an important difference")):
            for k, entry in enumerate(scale.get(key, ())):
                places.append((("scales", i, key, k), f"{what} of {scale['id']!r}", entry))
    for key in ("reading_age", "minutes"):
        entry = data["respondent"].get(key)
        if isinstance(entry, dict):
            places.append((("respondent", key), key, entry))
    for key in ("validity", "derived"):
        for i, entry in enumerate(data.get(key, ())):
            places.append(((key, i), f"{key} {entry['id']!r}", entry))
    yield from ((doc.where(path), what, entry) for path, what, entry in places)
    for where, scale, norm in _norms(doc, beside):
        yield where, f"a norm of {scale['id']!r}", norm


def _check_standing(doc: Document, beside: TablesBeside) -> list[Problem]:
    """Verified stands on a source of confidence A or B, weak on any that was read; the rest is unverified."""
    sources = doc.data["sources"]
    ours = {f"{key} {entry['id']!r}" for key in ("validity", "derived") for entry in doc.data.get(key, ())}
    problems = []
    for where, what, entry in _facts(doc, beside):
        status = entry.get("status")
        if status not in ("verified", "weak") or any(name not in sources for name in sources_of(entry)):
            continue
        best = min((sources[name]["confidence"] for name in sources_of(entry)), default="none")
        if status == "verified" and best not in ("A", "B") and what not in ours:
            shown = "no source" if best == "none" else f"a source of confidence {best}"
            remedy = "Name a source of confidence A or B, or say weak (C) or unverified (none)."
            problems.append(Problem(where, f"{what} is verified by {shown}.", remedy))
        elif status == "weak" and best == "U":
            remedy = "Say unverified, or name the source it was read in."
            problems.append(Problem(where, f"{what} is weak, but nobody read a source.", remedy))
    return problems


def _check_numbers(doc: Document, beside: TablesBeside) -> list[Problem]:
    data = doc.data
    scales = [scale["id"] for scale in data["scales"]]
    problems = [
        unknown_problem("scale of a norm", missing=[name], known=scales, where=entries[0][0])
        for name, entries in beside.norms.items()
        if name not in scales
    ]
    for where, scale, norm in _norms(doc, beside):
        what = f"a norm of {scale['id']!r}"
        low, high = scale["range"]
        unknown = [name for name in sources_of(norm) if name not in data["sources"]]
        if unknown and not where.startswith(f"{doc.file}:"):
            problems.append(unknown_problem("source", missing=unknown, known=list(data["sources"]), where=where))
        if norm["mean"] is None:
            problems += _placeholder(where, what, norm, data)
        elif not low <= norm["mean"] <= high:
            remedy = f"The scale runs from {low:g} to {high:g}: another scoring or another form?"
            problems.append(Problem(where, f"{what} has a mean of {norm['mean']:g}.", remedy))
        if norm["sd"] is not None and norm["sd"] > (high - low) / 2 + EXACT:
            remedy = f"On a scale of {high - low:g} points no SD exceeds {(high - low) / 2:g}."
            problems.append(Problem(where, f"{what} has an SD of {norm['sd']:g}.", remedy))
        informant = data["respondent"]["informant"]
        if norm.get("informant", informant) != informant:
            remedy = f"This form is answered by: {informant}. Norms do not carry over."
            problems.append(Problem(where, f"{what} is of another informant: {norm['informant']}.", remedy))
    for i, scale in enumerate(data["scales"]):
        for key, what, names in (
            ("reliability", "a reliability", ("value", "between")),
            ("important_difference", "an important difference", ("value", "value_pct", "between")),
        ):
            for k, entry in enumerate(scale.get(key, ())):
                where = doc.where(("scales", i, key, k))
                problems += _check_value(where, f"{what} of {scale['id']!r}", entry, names, data)
    return problems


def _check_value(where: str, what: str, entry: Data, names: tuple[str, ...], data: Data) -> list[Problem]:
    given = [name for name in names if name in entry]
    if len(given) != 1:
        return [Problem(where, f"{what} gives {len(given)} of: {', '.join(names)}.", "Give one.")]
    value = entry[given[0]]
    if value is None:
        return _placeholder(where, what, entry, data)
    ends = value if isinstance(value, list) else [value, value]
    if ends[0] > ends[1]:
        return [Problem(where, f"{what}: {ends[0]:g} comes after {ends[1]:g}.", "Lower end first.")]
    kind = entry.get("kind")
    if kind is not None and kind != "sem" and not (ends[0] >= 0 and ends[1] <= 1):
        return [Problem(where, f"{what} is not between 0 and 1.", "Write .84 as 0.84.")]
    return []


def _placeholder(where: str, what: str, entry: Data, data: Data) -> list[Problem]:
    if standing(entry, data) == "unverified":
        return []
    remedy = "Give the value, or say status: unverified; a placeholder reaches no report."
    return [Problem(where, f"{what} has no value and is not unverified.", remedy)]


def _check_gates(doc: Document) -> list[Problem]:
    problems: list[Problem] = []
    ranges = {scale["id"]: scale["range"] for scale in doc.data["scales"]}
    names: list[str] = []
    for i, gate in enumerate(doc.data.get("validity", ())):
        where = doc.where(("validity", i))
        name = f"validity gate {gate['id']!r}"
        if gate["id"] in names:
            problems.append(Problem(where, f"{name} is defined twice.", "Rename or remove one."))
        names.append(gate["id"])
        if "pattern" in gate and not ("scale" in gate or "rule" in gate):
            continue
        if "pattern" in gate or not ("scale" in gate and "rule" in gate):
            problems.append(Problem(where, f"{name} needs a scale and a rule, or a pattern.", "Give one of the two."))
        elif gate["scale"] not in ranges:
            problems.append(
                unknown_problem(f"scale of {name}", missing=[gate["scale"]], known=list(ranges), where=where)
            )
        else:
            low, high = ranges[gate["scale"]]
            rule = parse_rule(gate["rule"])
            ends = rule.holds([low, high, *(value for value in rule.values if low <= value <= high)])
            if not ends.any():
                what = f"{name}: {gate['scale']!r} is never {gate['rule']}."
                problems.append(Problem(where, what, f"It runs from {low:g} to {high:g}."))
    return problems


def _check_derived(doc: Document) -> list[Problem]:
    """A derived score names scales, and its own example comes out."""
    problems: list[Problem] = []
    known = [scale["id"] for scale in doc.data["scales"]]
    names: list[str] = []
    for i, derived in enumerate(doc.data.get("derived", ())):
        where = doc.where(("derived", i))
        name = f"derived score {derived['id']!r}"
        if derived["id"] in names or derived["id"] in known:
            problems.append(Problem(where, f"{name}: the name is in use.", "Choose another."))
        names.append(derived["id"])
        unknown = [term["scale"] for term in derived["terms"] if term["scale"] not in known]
        if unknown:
            problems.append(unknown_problem(f"scale of {name}", missing=unknown, known=known, where=where))
            continue
        test = derived["test"]
        absent = [t["scale"] for t in derived["terms"] if t["scale"] not in test[f"wave{t['wave']}"]]
        if absent:
            what = f"{name}: its test gives no {', '.join(absent)}."
            problems.append(Problem(where, what, "Give every score that a term asks for."))
            continue
        terms = (t["weight"] * test[f"wave{t['wave']}"][t["scale"]] for t in derived["terms"])
        found = derived["constant"] + sum(terms)
        if abs(found - test["expect"]) > EXACT:
            what = f"{name}: its test gives {found:g}, expected {test['expect']:g}."
            problems.append(Problem(where, what, "Either a weight or the test is wrong; compare with the source."))
    return problems
