"""Scales of a definition: their members, how they are summed up, the range that follows from it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from eval_tools.definitions.strict_yaml import Document, Path_
from eval_tools.errors import Problem, unknown_problem
from eval_tools.instruments.build import build_items, build_responses, build_scale, with_defaults
from eval_tools.instruments.instrument import Item, LookupRow, Scale
from eval_tools.instruments.key import points_of
from eval_tools.instruments.tables_beside import TablesBeside

Data = dict[str, Any]
Range = tuple[float, float]
EXACT = 1e-9
RESERVED = ("critical", "validity", "refused")
NO_SHARE = ("any", "max", "weighted_sum")  # the mean of the others says nothing of a missing one
CORRECT = ("sum_correct", "percent_correct")
FACTS = ("bands", "norms", "reliability", "important_difference")  # checked elsewhere
OF_ITEMS_ONLY = ("value_map", "reverse_override", "dont_know_counts_as")


def check_scales(doc: Document, beside: TablesBeside, *, with_range: bool) -> list[Problem]:
    """List what is wrong with the scales; ranges only where answers and items are clear."""
    data = doc.data
    problems: list[Problem] = []
    entries = {e["id"]: {**data["items"]["defaults"], **e} for e in data["items"]["list"]}
    items = build_items(data) if with_range else {}
    # what a scale can be; a scale that is itself wrong keeps the range it states
    seen: dict[str, Range] = {}
    for i, scale in enumerate(data["scales"]):
        path: Path_ = ("scales", i)
        name = f"scale {scale['id']!r}"
        merged = with_defaults(scale, data)
        found = _check_id(doc, path, name, scale["id"], seen)
        absent = [key for key in ("direction", "missing") if key not in merged]
        if absent:
            what = f"{name}: missing: {', '.join(absent)}."
            found.append(Problem(doc.where(path), what, "State it, or in scale_defaults."))
        if ("items" in scale) == ("of_scales" in scale):
            found.append(Problem(doc.where(path), f"{name} needs either items or of_scales.", "Keep one."))
        else:
            kind = "items" if "items" in scale else "of_scales"
            known = list(entries) if kind == "items" else list(seen)
            found += _check_members(doc, (*path, kind), name, scale[kind], known)
            if kind == "items":
                found += _check_counted(doc, (*path, kind), name, [entries[m] for m in scale[kind] if m in entries])
            found += _check_method(doc, path, name, merged, entries)
            if not found and with_range:
                built = build_scale({k: v for k, v in scale.items() if k not in FACTS}, data, beside)
                parts = _parts(built, items, seen)
                found += _check_range(doc, path, built, parts, beside) + _check_missing(doc, path, built, parts)
        problems += found
        seen.setdefault(scale["id"], (float(scale["range"][0]), float(scale["range"][1])))
    return problems + _check_sharing(doc, entries)


def _check_id(doc: Document, path: Path_, name: str, id_: str, seen: dict[str, Range]) -> list[Problem]:
    if id_ in seen:
        return [Problem(doc.where(path), f"{name} is defined twice.", "Rename or remove one.")]
    if id_ in RESERVED:
        return [Problem(doc.where(path), f"{name}: the name is a word of the vectors.", "Choose another.")]
    return []


def _check_members(doc: Document, path: Path_, name: str, members: list[str], known: list[str]) -> list[Problem]:
    problems = []
    unknown = [m for m in members if m not in known]
    if unknown:
        where = doc.where(path)
        problems.append(unknown_problem(f"{path[-1]} of {name}", missing=unknown, known=known, where=where))
    repeated = [m for m, n in Counter(members).items() if n > 1]
    if repeated:
        problems.append(Problem(doc.where(path), f"{name} counts {', '.join(repeated)} twice.", "List each once."))
    return problems


def _check_counted(doc: Document, path: Path_, name: str, members: list[Data]) -> list[Problem]:
    fillers = [item["id"] for item in members if not item.get("scored", True)]
    if not fillers:
        return []
    what = f"{name} counts {', '.join(fillers)}, marked scored: false."
    return [Problem(doc.where(path), what, "Take it out of the scale, or out of the items that do not count.")]


def _check_method(doc: Document, path: Path_, name: str, scale: Data, items: dict[str, Data]) -> list[Problem]:
    """Every method needs certain keys and has no use for others."""
    problems: list[Problem] = []

    def wrong(key: str, what: str, remedy: str) -> None:
        problems.append(Problem(doc.where((*path, key)), f"{name}: {what}", remedy))

    method = scale["method"]
    members: list[str] = scale["items"] if "items" in scale else scale["of_scales"]
    for key, methods in (
        ("weights", ("weighted_sum",)),
        ("count_when", ("count", "any")),
        ("at_least", ("any",)),
        ("dont_know_counts_as", CORRECT),
    ):
        if key in scale and method not in methods:
            wrong(key, f"{key} means nothing with method: {method}.", f"It belongs to: {', '.join(methods)}.")
    for key, methods in (("weights", ("weighted_sum",)), ("count_when", ("count", "any"))):
        if key not in scale and method in methods:
            wrong("method", f"method: {method} needs {key}.", f"Add {key}.")
    if "weights" in scale and set(scale["weights"]) != set(members):
        wrong("weights", "the weights are not those of its members.", "One weight for each, and no other.")
    if scale.get("at_least", 1) > len(members):
        wrong("at_least", f"at least {scale['at_least']} of {len(members)} can never be.", "Lower it.")
    if "of_scales" in scale:
        for key in (key for key in OF_ITEMS_ONLY if key in scale):
            wrong(key, f"{key} is about items, the scale is made of scales.", f"Remove {key}.")
        if method in CORRECT:
            wrong("method", f"method: {method} is about items, the scale is made of scales.", "Use sum or mean.")
    if method in CORRECT:
        without = [m for m in members if m in items and not items[m].get("answer_key")]
        if without and "items" in scale:
            wrong("items", f"no answer key: {', '.join(without)}.", "Add answer_key to each item.")
        for key in (key for key in ("value_map", "reverse_override") if key in scale):
            wrong(key, f"{key} means nothing with an answer key.", f"Remove {key}.")
    if "missing" in scale and scale["missing"]["fill"] == "prorate_mean" and method in NO_SHARE:
        wrong("missing", f"method: {method} cannot be prorated.", "Use fill: none, or zero where the source says so.")
    return problems + _check_codes(doc, path, name, scale, items)


def _check_codes(doc: Document, path: Path_, name: str, scale: Data, items: dict[str, Data]) -> list[Problem]:
    """Value maps cover every code and replace reversal; overrides stand only in declared variants."""
    problems: list[Problem] = []
    sets = doc.data["response_sets"]
    members = [items[m] for m in scale.get("items", ()) if m in items]
    if "value_map" in scale:
        where = doc.where((*path, "value_map"))
        reversed_ = [item["id"] for item in members if item.get("reverse")]
        if reversed_ or "reverse_override" in scale:
            what = f"{name} has a value map and reversed items: {', '.join(reversed_) or 'reverse_override'}."
            problems.append(Problem(where, what, "The map says what each printed code counts; do not reverse as well."))
        codes = {
            code
            for item in members
            if item.get("response_set") in sets
            for code in build_responses("", sets[item["response_set"]]).scored_codes
        }
        uncovered = sorted(codes - {int(code) for code in scale["value_map"]})
        if uncovered:
            problems.append(Problem(where, f"{name}: the value map says nothing of {uncovered}.", "Name every code."))
    if "reverse_override" in scale:
        where = doc.where((*path, "reverse_override"))
        unknown = [m for m in scale["reverse_override"] if m not in scale.get("items", ())]
        if unknown:
            known = scale.get("items", [])
            problems.append(unknown_problem(f"reverse_override of {name}", missing=unknown, known=known, where=where))
        if not (scale.get("overlapping") or "sensitivity_of" in scale):
            what = f"{name} changes the direction of items, but is not declared a variant."
            problems.append(Problem(where, what, "Add sensitivity_of: <scale>, or overlapping: true."))
    if "zero_if" in scale:
        where = doc.where((*path, "zero_if"))
        gate = scale["zero_if"]
        if gate["item"] not in items:
            problems.append(
                unknown_problem(f"item in zero_if of {name}", missing=[gate["item"]], known=list(items), where=where)
            )
        elif items[gate["item"]].get("response_set") in sets:
            known_codes = build_responses("", sets[items[gate["item"]]["response_set"]]).codes
            if gate["equals"] not in known_codes:
                what = f"{name}: {gate['item']} cannot be {gate['equals']}."
                problems.append(Problem(where, what, f"Codes: {list(known_codes)}."))
    other = scale.get("sensitivity_of")
    if other is not None:
        names = [entry["id"] for entry in doc.data["scales"] if entry["id"] != scale["id"]]
        if other not in names:
            where = doc.where((*path, "sensitivity_of"))
            problems.append(unknown_problem(f"sensitivity_of of {name}", missing=[other], known=names, where=where))
    for k, step in enumerate(scale.get("transform", ())):
        if len(step) != 1:
            where = doc.where((*path, "transform", k))
            problems.append(Problem(where, f"{name}: a step of transform has {len(step)} parts.", "One thing a step."))
    return problems


# --- range -------------------------------------------------------------------------------------------------


def _parts(scale: Scale, items: dict[str, Item], seen: dict[str, Range]) -> list[Range]:
    """Say what one answer, or one scale, can count."""
    if scale.of_scales:
        return [(0.0, 1.0) if scale.count_when else seen[part] for part in scale.of_scales]
    counts = [points_of(scale, items[name]).values() for name in scale.items]
    if scale.count_when or scale.method in CORRECT:
        return [(0.0, 1.0)] * len(counts)
    return [(min(points), max(points)) for points in counts]


def _raw_range(scale: Scale, parts: list[Range]) -> Range:
    lows, highs = zip(*parts, strict=True)
    if scale.method == "max":
        return max(lows), max(highs)
    if scale.method == "any":
        return 0.0, 1.0
    if scale.method == "weighted_sum":
        weights = [scale.weights[name] for name in scale.items or scale.of_scales]
        ends = [sorted((w * low, w * high)) for w, (low, high) in zip(weights, parts, strict=True)]
        return sum(low for low, _ in ends), sum(high for _, high in ends)
    low, high = sum(lows), sum(highs)
    if scale.method == "mean":
        return low / len(parts), high / len(parts)
    if scale.method == "percent_correct":
        return 100 * low / len(parts), 100 * high / len(parts)
    return low, high


def _check_range(doc: Document, path: Path_, scale: Scale, parts: list[Range], beside: TablesBeside) -> list[Problem]:
    low, high = _raw_range(scale, parts)
    for k, step in enumerate(scale.transform):
        if step.multiply is not None:
            low, high = sorted((low * step.multiply, high * step.multiply))
        elif step.add is not None:
            low, high = low + step.add, high + step.add
        else:
            where = doc.where((*path, "transform", k))
            name = doc.data["scales"][path[1]]["transform"][k]["lookup_file"]
            problems = [] if beside.problems else _check_lookup(where, name, scale, parts, step.lookup, (low, high))
            if problems or not step.lookup:
                return problems
            low, high = min(row.value for row in step.lookup), max(row.value for row in step.lookup)
    if scale.zero_if is not None:
        low, high = min(low, 0.0), max(high, 0.0)
    if max(abs(scale.low - low), abs(scale.high - high)) < EXACT:
        return []
    kind = "items" if scale.items else "scales"
    return [
        Problem(
            doc.where((*path, "range")),
            f"scale {scale.id!r}: range {doc.data['scales'][path[1]]['range']} does not follow from its {kind}.",
            f"They give [{low:g}, {high:g}].",
        )
    ]


def _check_lookup(
    where: str, name: str, scale: Scale, parts: list[Range], rows: tuple[LookupRow, ...], raw: Range
) -> list[Problem]:
    """A conversion table has one line for every raw score of everybody it is for."""
    if scale.method == "mean" or (scale.missing.fill == "prorate_mean" and scale.missing.rounding == "none"):
        what = f"scale {scale.id!r}: raw scores between two whole numbers have no line in {name!r}."
        return [Problem(where, what, "Use method: sum, and rounding: half_up where answers are prorated.")]
    groups: dict[object, list[float]] = {}
    for row in rows:
        groups.setdefault((row.ages, row.sex), []).append(row.score)
    needed = [float(score) for score in range(int(raw[0]), int(raw[1]) + 1)]
    problems = []
    for scores in groups.values():
        repeated = [score for score, n in Counter(scores).items() if n > 1]
        absent = [score for score in needed if score not in scores]
        if repeated:
            what = f"{name!r} has several lines for raw score {repeated[0]:g} of the same people."
            problems.append(Problem(where, what, "One line each."))
        if absent:
            what = f"{name!r} has no line for raw score {absent[0]:g} ({len(absent)} in all)."
            problems.append(Problem(where, what, f"Scale {scale.id!r} needs {raw[0]:g} to {raw[1]:g} for everybody."))
    return problems


def _check_missing(doc: Document, path: Path_, scale: Scale, parts: list[Range]) -> list[Problem]:
    """A rule for missing answers must be possible, and must not lead out of the range of the scale."""
    rule = scale.missing
    name = f"scale {scale.id!r}"
    where = doc.where((*path, "missing"))
    if rule.min_answered > len(parts):
        what = f"{name} asks for {rule.min_answered} answers of {len(parts)}."
        return [Problem(where, what, "min_answered cannot exceed the number of parts.")]
    if rule.fill == "none" and rule.min_answered < len(parts):
        what = f"{name} asks for {rule.min_answered} answers of {len(parts)}, but fill: none needs all."
        return [Problem(where, what, f"Say min_answered: {len(parts)}, or what stands for a missing answer.")]
    if rule.fill == "prorate_mean" and len(set(parts)) > 1:
        what = f"{name} fills by the person's own mean, but its parts have different ranges."
        return [Problem(where, what, "A mean of the others could leave the range; use fill: none.")]
    if rule.fill == "zero" and any(not low <= 0 <= high for low, high in parts):
        what = f"{name} counts a missing answer as 0, which is no possible answer."
        return [Problem(where, what, "A sum could leave the range; use fill: none or prorate_mean.")]
    return []


# --- every item, once --------------------------------------------------------------------------------------


def _check_sharing(doc: Document, items: dict[str, Data]) -> list[Problem]:
    """Every scored item is in a scale, and in two only where one of them is declared overlapping."""
    problems = []
    holders: dict[str, list[str]] = {name: [] for name in items}
    used = set()
    for i, scale in enumerate(doc.data["scales"]):
        used.update(scale.get("items", ()))
        if scale.get("overlapping") or "sensitivity_of" in scale:
            continue
        twice: dict[str, list[str]] = {}
        for item in scale.get("items", ()):
            if item in holders:
                for other in dict.fromkeys(holders[item]):
                    twice.setdefault(other, []).append(item)
                holders[item].append(scale["id"])
        for other, shared in twice.items():
            if other != scale["id"]:
                what = f"scale {scale['id']!r} counts {', '.join(shared)}, which {other!r} counts too."
                remedy = "Correct the lists; where the instrument means it, add overlapping: true or sensitivity_of."
                problems.append(Problem(doc.where(("scales", i, "items")), what, remedy))
    for i, listed in enumerate(doc.data["items"]["list"]):
        entry = items[listed["id"]]
        if entry.get("scored", True) and entry["id"] not in used:
            word = "reversed item" if entry.get("reverse") else "scored item"
            what = f"{word} {entry['id']!r} is in no scale."
            where = doc.where(("items", "list", i))
            problems.append(Problem(where, what, "Add it to a scale, or set scored: false."))
    return problems + _check_double_counting(doc)


def _check_double_counting(doc: Document) -> list[Problem]:
    """A scale made of scales must not count an item through two of them, unless it is declared overlapping."""
    below: dict[str, list[str]] = {}
    problems = []
    for i, scale in enumerate(doc.data["scales"]):
        parts = [below.get(part, []) for part in scale.get("of_scales", ())]
        below[scale["id"]] = [*scale.get("items", ()), *(item for part in parts for item in part)]
        if not scale.get("items") and not scale.get("overlapping"):
            repeated = [item for item, n in Counter(below[scale["id"]]).items() if n > 1]
            if repeated:
                what = f"scale {scale['id']!r} counts {', '.join(repeated)} through more than one of its scales."
                remedy = "Choose scales that share no item; where the instrument means it, add overlapping: true."
                problems.append(Problem(doc.where(("scales", i, "of_scales")), what, remedy))
    return problems


def takes_whole_values(scale: Data, data: Data) -> bool:
    """Say whether a score can only be a whole number, so that bands leave nothing between them."""
    merged = with_defaults(scale, data)
    if merged["method"] in ("mean", "percent_correct"):
        return False
    missing = merged.get("missing", {})
    if missing.get("fill") == "prorate_mean" and missing.get("rounding") != "half_up":
        return False
    numbers = [
        *merged.get("weights", {}).values(),
        *merged.get("value_map", {}).values(),
        *(value for step in merged.get("transform", ()) for key, value in step.items() if key != "lookup_file"),
    ]
    parts = [entry for entry in data["scales"] if entry["id"] in merged.get("of_scales", ()) and entry is not scale]
    return all(float(n).is_integer() for n in numbers) and all(takes_whole_values(part, data) for part in parts)
