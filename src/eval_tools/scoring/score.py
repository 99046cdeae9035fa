"""RESPONSES -> SCORES: every form on every scale, each with a status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from eval_tools.instruments.instrument import Instrument, Scale
from eval_tools.instruments.key import band_of, score_instrument
from eval_tools.tables import SCORES, check_table

if TYPE_CHECKING:
    import pandas as pd

FORM = ["participant", "wave", "informant"]


def score_responses(responses: pd.DataFrame, instruments: Mapping[str, Instrument]) -> pd.DataFrame:
    """Score every form on every scale of its questionnaire.

    Parameters
    ----------
    responses : DataFrame
        RESPONSES. Row order does not matter.
    instruments : mapping of id to Instrument

    Returns
    -------
    DataFrame
        SCORES, sorted by its key. Nobody is dropped: who could not be scored has a status that says why.
    """
    import pandas as pd

    parts = []
    for name, instrument in instruments.items():
        answers = answer_matrix(responses, instrument)
        if len(answers) == 0:
            continue
        scored = score_instrument(instrument, answers.to_numpy(dtype=float))
        for scale in instrument.scales.values():
            result = scored.scales[scale.id]
            n_answered = answers[_items_of(instrument, scale)].notna().sum(axis=1).to_numpy()
            prorated = np.any([scored.scales[part].prorated for part in _with_parts(instrument, scale)], axis=0)
            status = np.where(prorated, "prorated", "scored")
            not_scored = np.where(n_answered == 0, "not_answered", "too_few_answers")
            status = np.where(np.isnan(result.score), not_scored, status)
            bands = instrument.default_bands(scale.id)
            part = answers.index.to_frame(index=False)
            part["instrument"], part["scale"] = name, scale.id
            part["score"], part["n_answered"], part["status"] = result.score, n_answered, status
            part["band"] = band_of(bands, result.score) if bands else ""
            parts.append(part)
    scores = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(SCORES.columns))
    return check_table(scores.sort_values(list(SCORES.key), ignore_index=True), SCORES)


def _with_parts(instrument: Instrument, scale: Scale) -> list[str]:
    """List a scale and every scale it is made of."""
    below = [part for name in scale.of_scales for part in _with_parts(instrument, instrument.scales[name])]
    return [scale.id, *below]


def _items_of(instrument: Instrument, scale: Scale) -> list[str]:
    """List every item that counts in a scale, through the scales it is made of, each once."""
    parts = _with_parts(instrument, scale)
    return list(dict.fromkeys(item for part in parts for item in instrument.scales[part].items))


def answer_matrix(responses: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Lay the answers to one questionnaire side by side: one row per form, one column per item, raw codes.

    Codes that are on the form but do not count (don't know, does not apply) are missing here.
    """
    mine = responses[responses["instrument"] == instrument.id]
    wide = mine.pivot(index=FORM, columns="item", values="answer").reindex(columns=list(instrument.items))
    for item in instrument.items.values():
        unscored = [code for code in item.responses.codes if code not in item.responses.scored_codes]
        if unscored:
            wide[item.id] = wide[item.id].where(~wide[item.id].isin(unscored))
    return wide
