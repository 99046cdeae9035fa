"""Apply the key of a questionnaire: raw codes in, every scale out; and the band a score falls into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval_tools.instruments.instrument import BandScheme, Instrument
from eval_tools.stats.scale_score import ScaleScores, score_scale


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentScores:
    """Every scale of one instrument, for many people."""

    scales: Mapping[str, ScaleScores]


def score_instrument(instrument: Instrument, answers: NDArray[np.float64]) -> InstrumentScores:
    """Score every scale of an instrument.

    Parameters
    ----------
    instrument : Instrument
    answers : array, shape (people, items)
        Raw codes in the order of ``instrument.items``; NaN where there is no scored answer.
    """
    position = {item: i for i, item in enumerate(instrument.items)}
    done: dict[str, ScaleScores] = {}
    for scale in instrument.scales.values():
        rule = scale.missing
        if scale.items:
            items = [instrument.items[name] for name in scale.items]
            parts = answers[:, [position[name] for name in scale.items]]
            reverse = [item.reverse for item in items]
            low_plus_high = [item.responses.low_plus_high for item in items]
        else:
            parts = np.column_stack([done[name].score for name in scale.of_scales])
            reverse = [False] * len(scale.of_scales)
            low_plus_high = [0] * len(scale.of_scales)
        done[scale.id] = score_scale(
            parts,
            reverse=reverse,
            low_plus_high=low_plus_high,
            method=scale.method,
            min_answered=rule.min_answered,
            fill=rule.fill,
            rounding=rule.rounding,
        )
    return InstrumentScores(scales=done)


def band_of(scheme: BandScheme, scores: NDArray[np.float64]) -> NDArray[np.str_]:
    """Return the id of the band of each score; '' where there is no score.

    A score between two whole numbers belongs to the band that begins at or below it.
    """
    ordered = sorted(scheme.bands, key=lambda band: band.low)
    starts = np.array([band.low for band in ordered])
    names = np.array([band.id for band in ordered])
    index = np.clip(np.searchsorted(starts, scores, side="right") - 1, 0, len(names) - 1)
    return np.where(np.isnan(scores), "", names[index])
