"""Signs that a form was not answered in earnest: a lie scale, or the same answer all the way down."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.instruments.instrument import Instrument
from eval_tools.stats.scale_score import ScaleScores

FEWEST_ANSWERS = 4  # below this a pattern says nothing


def check_gates(
    instrument: Instrument, answers: ArrayLike, scores: Mapping[str, ScaleScores]
) -> dict[str, NDArray[np.str_]]:
    """Say for every validity gate and every form whether it was met: ``met``, ``not_met`` or ``unknown``.

    Parameters
    ----------
    instrument : Instrument
    answers : array_like, shape (forms, items)
        Raw codes; NaN where there is no answer.
    scores : mapping of scale to ScaleScores
        Of the same forms.

    Returns
    -------
    dict of gate to array of str, shape (forms,)
        ``met`` means that the rule holds and the form is suspicious; ``unknown`` that the scale has no score or
        too few items were answered to see a pattern.
    """
    codes = np.asarray(answers, dtype=float)
    order = sorted((item.number, i) for i, item in enumerate(instrument.items.values()) if item.scored)
    ordered = codes[:, [i for _, i in order]]
    result = {}
    for gate in instrument.validity:
        if gate.scale is not None and gate.rule is not None:
            score = scores[gate.scale].score
            known, met = ~np.isnan(score), gate.rule.holds(score)
        else:
            known = _answered_enough(ordered)
            met = _alternates(ordered) if gate.pattern == "alternating" else _constant(ordered)
        result[gate.id] = np.where(known, np.where(met, "met", "not_met"), "unknown")
    return result


def _answered_enough(codes: NDArray[np.float64]) -> NDArray[np.bool_]:
    n = (~np.isnan(codes)).sum(axis=1)
    return (n >= FEWEST_ANSWERS) & (2 * n >= codes.shape[1])


def _ends(codes: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and the highest answer of each form; infinities where there is none."""
    missing = np.isnan(codes)
    lowest = np.where(missing, np.inf, codes).min(axis=1, initial=np.inf)
    highest = np.where(missing, -np.inf, codes).max(axis=1, initial=-np.inf)
    return lowest, highest


def _constant(codes: NDArray[np.float64]) -> NDArray[np.bool_]:
    lowest, highest = _ends(codes)
    return lowest == highest


def _alternates(codes: NDArray[np.float64]) -> NDArray[np.bool_]:
    (odd, odd_high), (even, even_high) = _ends(codes[:, ::2]), _ends(codes[:, 1::2])
    return (odd == odd_high) & (even == even_high) & (odd != even)
