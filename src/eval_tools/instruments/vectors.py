"""A definition tests itself: its vectors must come out right, and must be able to notice a wrong key."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from eval_tools.definitions.strict_yaml import Document
from eval_tools.errors import Problem, did_you_mean
from eval_tools.instruments.build import lay_out
from eval_tools.instruments.critical import critical_answers
from eval_tools.instruments.gates import check_gates
from eval_tools.instruments.instrument import Instrument, Scale, TestVector
from eval_tools.instruments.key import band_of, points_of, score_instrument
from eval_tools.stats.scale_score import score_points

WRONG_KEY = (
    "Either the key (reversed items, missing rule, bands) or the vector is wrong; compare both with the printed form."
)
WORDS = {"critical": "item", "validity": "validity gate", "refused": "item"}


def check_vectors(instrument: Instrument, doc: Document) -> list[Problem]:
    """List the vectors that fail, and what no vector would prove."""
    problems: list[Problem] = []
    for i, vector in enumerate(instrument.test_vectors):
        where = doc.where(("test_vectors", i))
        problems += _check_names(instrument, vector, doc.data["test_vectors"][i]["responses"], where)
        problems += _check_vector(instrument, vector, where)
    if not problems:
        problems += _check_power(instrument, doc) or _check_stair(instrument, doc)
    return problems


def answers_of(instrument: Instrument, vector: TestVector) -> NDArray[np.float64]:
    """Lay the vector out as one person's form."""
    codes = [vector.answers[name] for name in instrument.items]
    return np.array([[np.nan if code is None else float(code) for code in codes]])


def _check_names(instrument: Instrument, vector: TestVector, responses: dict[str, object], where: str) -> list[Problem]:
    problems = []
    name = f"vector {vector.name!r}"
    for key, answer in responses.items():
        if key not in ("all", "in_order") and key not in vector.answers:
            remedy = f"Use 'all' or an item of the list.{did_you_mean(key, vector.answers)}"
            problems.append(Problem(where, f"{name}: unknown item {key!r}.", remedy))
        if isinstance(answer, str) and key != "all":
            problems.append(Problem(where, f"{name}: {key} cannot be {answer!r}.", "Only 'all' takes such a word."))
        if isinstance(answer, list) != (key == "in_order"):
            problems.append(Problem(where, f"{name}: {key} has the wrong form.", "A list belongs to 'in_order'."))
    in_order = responses.get("in_order", [])
    if isinstance(in_order, list) and len(in_order) > len(instrument.items):
        what = f"{name}: {len(in_order)} answers in order, but {len(instrument.items)} items."
        problems.append(Problem(where, what, "One answer for each item, from the first on."))
    return problems


def _check_vector(instrument: Instrument, vector: TestVector, where: str) -> list[Problem]:
    name = f"vector {vector.name!r}"
    foreign = [
        item.id
        for item in instrument.items.values()
        if vector.answers[item.id] is not None and vector.answers[item.id] not in item.responses.codes
    ]
    if "refused" in vector.expect:
        expected = _as_list(vector.expect["refused"])
        if sorted(expected) == sorted(foreign):
            return []
        what = f"{name}: the codes of {_listed(foreign)} are not on the form, expected {_listed(expected)}."
        return [Problem(where, what, "A vector that is refused lists the items whose codes are not on the form.")]
    if foreign:
        return [
            Problem(where, f"{name}: {item} cannot be {vector.answers[item]}.", "Use codes of its response set.")
            for item in foreign
        ]
    answers = answers_of(instrument, vector)
    age = None if vector.age is None else [vector.age]
    sex = None if vector.sex is None else [vector.sex]
    scores = score_instrument(instrument, answers, age=age, sex=sex).scales
    problems = []
    for target, wanted in vector.expect.items():
        if target in WORDS:
            problems += _check_list(instrument, answers, name, target, _as_list(wanted), where)
            continue
        scale, _, scheme = target.partition("@")
        if scale not in instrument.scales or (scheme and scheme not in instrument.scales[scale].band_schemes):
            what = f"{name} expects {target!r}, which does not exist."
            problems.append(Problem(where, what, f"Scales: {', '.join(instrument.scales)}."))
            continue
        score = scores[scale].score
        got: float | str | None = None if np.isnan(score[0]) else float(score[0])
        if scheme:
            got = str(band_of(instrument.scales[scale].band_schemes[scheme], score)[0]) or None
        if isinstance(got, float) and isinstance(wanted, int | float):
            same = abs(got - wanted) < 1e-9
        else:
            same = got == wanted
        if not same:
            problems.append(Problem(where, f"{name}: {target} is {got}, expected {wanted}.", WRONG_KEY))
    return problems


def _check_list(
    instrument: Instrument, answers: NDArray[np.float64], name: str, target: str, expected: list[str], where: str
) -> list[Problem]:
    """Compare the critical items, or the validity gates that were met."""
    if target == "critical":
        known = [item.id for item in instrument.critical_items()]
        got = [answer.item for answer in critical_answers(instrument, answers)]
    else:
        known = [gate.id for gate in instrument.validity]
        gates = check_gates(instrument, answers, score_instrument(instrument, answers).scales)
        got = [gate for gate, found in gates.items() if found[0] == "met"]
    unknown = [entry for entry in expected if entry not in known]
    if unknown:
        what = f"{name} expects the {target} {WORDS[target]} {unknown[0]!r}, which does not exist."
        return [Problem(where, what, f"Known: {', '.join(known) or 'none'}.{did_you_mean(unknown[0], known)}")]
    if sorted(got) == sorted(expected):
        return []
    what = f"{name}: {target} is {_listed(got)}, expected {_listed(expected)}."
    return [Problem(where, what, "Either the rule or the vector is wrong; compare both with the source.")]


def _as_list(expected: object) -> list[str]:
    return list(expected) if isinstance(expected, tuple) else []


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"


def _check_stair(instrument: Instrument, doc: Document) -> list[Problem]:
    """Where a key can be wrong, one vector climbs the codes from item to item: constant answers prove nothing."""
    members = [name for scale in instrument.scales.values() for name in scale.items]
    counted = [item for item in instrument.items.values() if item.id in members]
    if (
        not any(item.reverse for item in counted)
        and len(members) == len(set(members))
        and _scales_of_items(instrument) < 2
    ):
        return []
    stair = lay_out({"all": "stair"}, instrument.items)
    if any(all(v.answers[item.id] == stair[item.id] for item in counted) for v in instrument.test_vectors):
        return []
    what = "no vector climbs the codes from item to item, and items are reversed or divided among scales."
    remedy = "Add a vector with responses: {all: stair} and the scores computed by hand."
    return [Problem(doc.where(("test_vectors",)), what, remedy)]


def _scales_of_items(instrument: Instrument) -> int:
    return sum(len(scale.items) > 1 for scale in instrument.scales.values())


def _check_power(instrument: Instrument, doc: Document) -> list[Problem]:
    """A set of vectors proves a key only if exchanging a reversed with a plain item would break one of them.

    So every scale is scored again with each such exchange. Vectors with one answer for all items never notice.
    """
    problems = []
    for scale in instrument.scales.values():
        unproved = _unproved(instrument, scale)
        if unproved:
            problems.append(
                Problem(
                    doc.where(("test_vectors",)),
                    f"no vector would notice if {unproved[0]!r} and {unproved[1]!r} exchanged their direction.",
                    f"Add a vector with an expected {scale.id!r} in which the two are answered differently.",
                )
            )
    return problems


def _unproved(instrument: Instrument, scale: Scale) -> tuple[str, str] | None:
    items = [instrument.items[name] for name in scale.items]
    reverse = np.array([scale.reverses(item) for item in items], dtype=bool)
    if reverse.all() or not reverse.any():  # also a scale of scales
        return None
    useful = [vector for vector in instrument.test_vectors if vector.expect.get(scale.id) is not None]
    answers = [[vector.answers[item.id] for item in items] for vector in useful]
    plain, turned = (_points(scale, instrument, answers, direction) for direction in (False, True))

    def scores(directions: NDArray[np.bool_]) -> NDArray[np.float64]:
        return score_points(
            np.where(directions, turned, plain),
            method=scale.method,
            min_answered=scale.missing.min_answered,
            fill=scale.missing.fill,
            rounding=scale.missing.rounding,
            weights=[scale.weights[item.id] for item in items] if scale.weights else None,
            at_least=scale.at_least,
        ).score

    right = scores(reverse)
    for a, b in product(np.flatnonzero(reverse), np.flatnonzero(~reverse)):
        exchanged = reverse.copy()
        exchanged[[a, b]] = exchanged[[b, a]]
        if np.allclose(scores(exchanged), right, rtol=0, atol=1e-9):
            return items[a].id, items[b].id
    return None


def _points(
    scale: Scale, instrument: Instrument, answers: list[list[int | None]], reverse: bool
) -> NDArray[np.float64]:
    """Say what the answers count if every item ran one way."""
    one_way = replace(scale, reverse_override=dict.fromkeys(scale.items, reverse))
    tables = [points_of(one_way, instrument.items[name]) for name in scale.items]
    rows = [
        [np.nan if code is None else table.get(code, np.nan) for code, table in zip(row, tables, strict=True)]
        for row in answers
    ]
    return np.array(rows, dtype=float).reshape(-1, len(scale.items))
