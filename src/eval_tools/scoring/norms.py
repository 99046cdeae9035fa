"""SCORES -> NORM_POSITIONS: where each score stands in the norms that fit informant, age and sex."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from eval_tools.instruments.instrument import Instrument
from eval_tools.instruments.key import fitting
from eval_tools.scoring.score import FORM, age_and_sex
from eval_tools.tables import NORM_POSITIONS, check_table

if TYPE_CHECKING:
    import pandas as pd


def place_in_norms(
    scores: pd.DataFrame, instruments: Mapping[str, Instrument], *, people: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Place every score in every published norm of its scale that is for such a person.

    Norms of other informants are never used; one by age or sex needs to know it. Norms by school grade are left
    out, because nothing here knows the grade.

    Parameters
    ----------
    scores : DataFrame
        SCORES.
    instruments : mapping of id to Instrument
    people : DataFrame, optional
        ``participant``, perhaps ``wave``, ``age`` and ``sex``.

    Returns
    -------
    DataFrame
        NORM_POSITIONS, sorted by its key.
    """
    import pandas as pd

    parts = []
    for (instrument, scale), mine in scores.groupby(["instrument", "scale"], sort=False):
        form = instruments[str(instrument)]
        age, sex = age_and_sex(pd.MultiIndex.from_frame(mine[FORM]), people)
        for number, norm in enumerate(form.scales[str(scale)].norms, start=1):
            if norm.informant not in (None, form.informant) or norm.grades != (None, None):
                continue
            part = mine.loc[fitting(norm.ages, norm.sex, age, sex), [*FORM, "instrument", "scale", "score"]].copy()
            part["norm"], part["population"], part["status"] = number, norm.population, norm.status
            part["z"] = (part.pop("score") - norm.mean) / norm.sd if norm.sd else np.nan
            parts.append(part.drop(columns="score", errors="ignore"))
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(NORM_POSITIONS.columns))
    return check_table(table.sort_values(list(NORM_POSITIONS.key), ignore_index=True), NORM_POSITIONS)
