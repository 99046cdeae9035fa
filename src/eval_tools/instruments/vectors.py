"""A definition tests itself: its vectors must come out right, and must be able to notice a wrong key."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from eval_tools.definitions.strict_yaml import Document
from eval_tools.errors import Problem, did_you_mean
from eval_tools.instruments.instrument import Instrument, Scale, TestVector
from eval_tools.instruments.key import band_of, score_instrument
from eval_tools.stats.scale_score import score_scale


def check_vectors(instrument: Instrument, doc: Document) -> list[Problem]:
    """List the vectors that fail, and the items whose key no vector would prove."""
    problems: list[Problem] = []
    for i, vector in enumerate(instrument.test_vectors):
        where = doc.where(("test_vectors", i))
        unknown = [name for name in doc.data["test_vectors"][i]["responses"] if name not in vector.answers]
        for name in unknown:
            if name != "all":
                problems.append(
                    Problem(
                        where,
                        f"vector {vector.name!r}: unknown item {name!r}.",
                        f"Use 'all' or an item of the list.{did_you_mean(name, vector.answers)}",
                    )
                )
        problems += _check_vector(instrument, vector, where)
    if not problems:
        problems += _check_power(instrument, doc)
    return problems


def _answers(instrument: Instrument, vector: TestVector) -> NDArray[np.float64]:
    """Lay the vector out as one person's form; a don't-know is no answer."""
    codes = [
        float(code) if (code := vector.answers[item.id]) in item.responses.scored_codes and code is not None else np.nan
        for item in instrument.items.values()
    ]
    return np.array([codes])


def _check_vector(instrument: Instrument, vector: TestVector, where: str) -> list[Problem]:
    problems = []
    for item in instrument.items.values():
        code = vector.answers[item.id]
        if code is not None and code not in item.responses.codes:
            problems.append(
                Problem(
                    where,
                    f"vector {vector.name!r}: {item.id} cannot be {code}.",
                    "Use codes of its response set.",
                )
            )
    scores = score_instrument(instrument, _answers(instrument, vector)).scales
    for target, expected in vector.expect.items():
        name, _, scheme = target.partition("@")
        if name not in instrument.scales or (scheme and scheme not in instrument.scales[name].band_schemes):
            problems.append(
                Problem(
                    where,
                    f"vector {vector.name!r} expects {target!r}, which does not exist.",
                    f"Scales: {', '.join(instrument.scales)}.",
                )
            )
            continue
        score = scores[name].score
        got: float | str | None = None if np.isnan(score[0]) else float(score[0])
        if scheme:
            got = str(band_of(instrument.scales[name].band_schemes[scheme], score)[0]) or None
        if isinstance(got, float) and isinstance(expected, int | float):
            same = abs(got - expected) < 1e-9
        else:
            same = got == expected
        if not same:
            problems.append(
                Problem(
                    where,
                    f"vector {vector.name!r}: {target} is {got}, expected {expected}.",
                    "Either the key (reversed items, missing rule, bands) or the vector is wrong; "
                    "compare both with the printed form.",
                )
            )
    return problems


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
    reverse = np.array([item.reverse for item in items], dtype=bool)
    if reverse.all() or not reverse.any():  # also a scale of scales
        return None
    useful = [vector for vector in instrument.test_vectors if vector.expect.get(scale.id) is not None]
    position = {name: i for i, name in enumerate(instrument.items)}
    members = [position[name] for name in scale.items]
    answers = np.array([_answers(instrument, vector)[0, members] for vector in useful]).reshape(-1, len(items))

    def scores(directions: NDArray[np.bool_]) -> NDArray[np.float64]:
        return score_scale(
            answers,
            reverse=directions,
            low_plus_high=[item.responses.low_plus_high for item in items],
            method=scale.method,
            min_answered=scale.missing.min_answered,
            fill=scale.missing.fill,
            rounding=scale.missing.rounding,
        ).score

    for a, b in product(np.flatnonzero(reverse), np.flatnonzero(~reverse)):
        exchanged = reverse.copy()
        exchanged[[a, b]] = exchanged[[b, a]]
        if np.allclose(scores(exchanged), scores(reverse), rtol=0, atol=1e-9):
            return items[a].id, items[b].id
    return None
