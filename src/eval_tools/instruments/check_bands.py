"""Bands of a definition: schemes, tiling, order, the default."""

from __future__ import annotations

from typing import Any

from eval_tools.definitions.strict_yaml import Document, Path_
from eval_tools.errors import Problem, unknown_problem
from eval_tools.instruments.check_scales import takes_whole_values

Data = dict[str, Any]


def check_bands(doc: Document) -> list[Problem]:
    """List what is wrong with band schemes and with the intervals of every scale."""
    return [*_check_schemes(doc), *_check_default(doc), *_check_intervals(doc)]


def _check_schemes(doc: Document) -> list[Problem]:
    schemes = doc.data.get("band_schemes", {})
    informant = doc.data["respondent"]["informant"]
    problems: list[Problem] = []
    groups: dict[str, list[str]] = {}
    for name, scheme in schemes.items():
        path: Path_ = ("band_schemes", name)
        if scheme.get("informant", informant) != informant:
            where = doc.where((*path, "informant"))
            what = f"bands of {name!r} were set for another informant: {scheme['informant']}."
            problems.append(Problem(where, what, f"This form is answered by: {informant}. Bands do not carry over."))
        group = scheme.get("group")
        if group is None:
            continue
        where = doc.where((*path, "group"))
        if group in schemes:
            problems.append(Problem(where, f"{group!r} is a scheme, not a group.", "Give the group its own name."))
        if "sex" not in scheme and "age_years" not in scheme:
            what = f"{name!r} of group {group!r} is for everybody, so the others would never count."
            problems.append(Problem(where, what, "Schemes of one group are told apart by sex or age_years."))
        for other in groups.get(group, []):
            if list(schemes[other]["labels"]) != list(scheme["labels"]):
                what = f"{name!r} and {other!r} of group {group!r} have other labels."
                problems.append(Problem(where, what, "Use the same label ids in the same order."))
            if _same_people(schemes[other], scheme):
                what = f"{name!r} and {other!r} of group {group!r} are for the same people."
                problems.append(Problem(where, what, "Ages must not overlap within one sex."))
        groups.setdefault(group, []).append(name)
    return problems


def _same_people(a: Data, b: Data) -> bool:
    if "sex" in a and "sex" in b and a["sex"] != b["sex"]:
        return False
    (low_a, high_a), (low_b, high_b) = (s.get("age_years", (None, None)) for s in (a, b))
    first_ends = high_a is not None and low_b is not None and high_a < low_b
    second_ends = high_b is not None and low_a is not None and high_b < low_a
    return not (first_ends or second_ends)


def _check_default(doc: Document) -> list[Problem]:
    default = doc.data.get("default_band_scheme")
    if default is None:
        return []
    schemes = doc.data.get("band_schemes", {})
    where = doc.where(("default_band_scheme",))
    chosen = {name: scheme for name, scheme in schemes.items() if default in (name, scheme.get("group"))}
    if not chosen:
        known = [*schemes, *dict.fromkeys(s["group"] for s in schemes.values() if "group" in s)]
        return [unknown_problem("band scheme", missing=[default], known=known, where=where)]
    if not any(name in scale.get("bands", {}) for name in chosen for scale in doc.data["scales"]):
        what = f"no scale has bands of the default scheme {default!r}."
        return [Problem(where, what, "Add them, or set default_band_scheme: null.")]
    return [
        Problem(where, f"the default scheme {name!r} is {scheme['status']}.", "Only a verified scheme is a default.")
        for name, scheme in chosen.items()
        if scheme["status"] != "verified"
    ]


def _check_intervals(doc: Document) -> list[Problem]:
    data = doc.data
    schemes = data.get("band_schemes", {})
    problems: list[Problem] = []
    for i, scale in enumerate(data["scales"]):
        for scheme, intervals in scale.get("bands", {}).items():
            path = ("scales", i, "bands", scheme)
            if scheme not in schemes:
                problems.append(
                    unknown_problem("band scheme", missing=[scheme], known=list(schemes), where=doc.where(path))
                )
                continue
            if len(intervals) != len(schemes[scheme]["labels"]):
                problems.append(
                    Problem(
                        doc.where(path),
                        f"{scheme!r} has {len(schemes[scheme]['labels'])} labels but {len(intervals)} bands.",
                        "One interval for each label, mildest first.",
                    )
                )
            direction = scale.get("direction", data.get("scale_defaults", {}).get("direction"))
            problems += _check_tiling(doc, scale, scheme, intervals, path) or _check_order(
                doc, path, direction, intervals
            )
    return problems


def _check_tiling(doc: Document, scale: Data, scheme: str, intervals: list[list[float]], path: Path_) -> list[Problem]:
    """Sorted, each band begins one point above the end of the one before, so that whole scores leave no gap.

    Where a score can lie between two whole numbers, a band may instead begin where the one before ends; the
    line itself then belongs to the upper band.
    """
    low, high = scale["range"]
    where = doc.where(path)
    fill = f"together the bands must fill {low:g} to {high:g}."
    may_touch = not takes_whole_values(scale, doc.data)
    expected, end_before = low, None
    for start, end in sorted(intervals):
        if end < start:
            return [Problem(where, f"a band of {scheme!r} ends before it begins, at {start:g}.", "Lower end first.")]
        if start != expected and not (may_touch and start == end_before):
            kind = "overlap" if start < expected else "leave a gap"
            remedy = f"The next band must begin at {expected:g}; {fill}"
            if may_touch and end_before is not None:
                remedy = f"The next band must begin at {end_before:g}, the line being its own; {fill}"
            return [Problem(where, f"bands of {scheme!r} {kind} at {start:g}.", remedy)]
        if end != high and end != int(end) and not may_touch:
            what = f"a band of {scheme!r} ends at {end:g}, between two whole scores."
            return [Problem(where, what, "Both ends are included; a score between two bands belongs to the lower.")]
        expected, end_before = end + 1, end
    if expected != high + 1:
        return [Problem(where, f"bands of {scheme!r} end at {expected - 1:g}.", fill.capitalize())]
    return []


def _check_order(doc: Document, path: Path_, direction: str | None, intervals: list[list[float]]) -> list[Problem]:
    """Labels stand mildest first, so the intervals must run upwards where a high score is bad, else downwards."""
    rising = intervals == sorted(intervals)
    falling = intervals == sorted(intervals, reverse=True)
    fits = {"higher_is_worse": rising, "higher_is_better": falling}.get(direction or "", rising or falling)
    if fits:
        return []
    what = f"bands of {path[-1]!r} do not run from the mildest to the most serious."
    return [Problem(doc.where(path), what, f"One interval for each label, mildest first; direction is {direction}.")]
