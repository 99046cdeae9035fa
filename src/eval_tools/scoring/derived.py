"""SCORES of two waves -> DERIVED_SCORES, such as the added-value score of the SDQ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from eval_tools.errors import DataError, Problem
from eval_tools.instruments.instrument import Instrument
from eval_tools.tables import DERIVED_SCORES, check_table

if TYPE_CHECKING:
    import pandas as pd


def score_two_waves(
    scores: pd.DataFrame, instruments: Mapping[str, Instrument], *, before: str, after: str
) -> pd.DataFrame:
    """Work out every derived score of everybody with a form at both waves.

    Parameters
    ----------
    scores : DataFrame
        SCORES.
    instruments : mapping of id to Instrument
    before, after : str
        Ids of the two waves.

    Returns
    -------
    DataFrame
        DERIVED_SCORES, sorted by its key. What is for groups only (``applies_to``) is there for each person so
        that a group mean can be taken; it must not be shown for one child.

    Raises
    ------
    DataError
        A wave that no score is of, or the same wave twice.
    """
    import pandas as pd

    known = list(dict.fromkeys(scores["wave"]))
    absent = [wave for wave in (before, after) if wave not in known]
    if absent or before == after:
        what = f"no scores of wave {', '.join(map(repr, absent))}." if absent else "before and after are the same wave."
        raise DataError(Problem("table scores", what, f"Waves: {', '.join(map(str, known))}."))
    parts = []
    for name, instrument in instruments.items():
        mine = scores[scores["instrument"] == name]
        waves = [
            mine[mine["wave"] == wave].pivot(index=["participant", "informant"], columns="scale", values="score")
            for wave in (before, after)
        ]
        both = waves[0].index.intersection(waves[1].index)
        if len(both) == 0:
            continue
        for derived in instrument.derived:
            terms = [term.weight * waves[term.wave - 1].loc[both, term.scale] for term in derived.terms]
            value = derived.constant + sum(terms[1:], start=terms[0])
            part = both.to_frame(index=False)
            part["instrument"], part["derived"] = name, derived.id
            part["value"], part["applies_to"] = value.to_numpy(dtype=float), derived.applies_to
            part["status"] = part["value"].isna().map({True: "score_missing", False: "scored"})
            parts.append(part)
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(DERIVED_SCORES.columns))
    return check_table(table.sort_values(list(DERIVED_SCORES.key), ignore_index=True), DERIVED_SCORES)
