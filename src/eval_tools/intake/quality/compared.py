"""Signs that show only beside the other forms of an occasion: the time taken, and the same answers twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eval_tools.intake.quality.rule import QualityRule

if TYPE_CHECKING:
    import pandas as pd

FORM = ["participant", "wave", "informant"]


def time_ratios(
    table: pd.DataFrame, participants: pd.DataFrame, durations: pd.DataFrame | None, rule: QualityRule
) -> pd.DataFrame:
    """Add the seconds of every form and how they compare with the median of its school, wave and informant.

    A school with few times is compared with all schools. A time that is not above zero is not known.
    """
    if durations is None or table.empty:
        return table.assign(seconds=np.nan, time_ratio=np.nan)
    known = durations[durations["seconds"] > 0].drop_duplicates(FORM)
    site = known["participant"].map(participants.set_index("participant")["site"]).fillna("")
    known = known.assign(_site=site)
    of_school = known.groupby([*FORM[1:], "_site"])["seconds"]
    of_all = known.groupby(FORM[1:])["seconds"]
    enough = of_school.transform("size") >= rule.fewest_in_school
    enough_at_all = of_all.transform("size") >= rule.fewest_in_school
    median = of_school.transform("median").where(enough, of_all.transform("median")).where(enough | enough_at_all)
    ratio = known.assign(time_ratio=known["seconds"] / median)[[*FORM, "seconds", "time_ratio"]]
    merged = table.merge(ratio, on=FORM, how="left", validate="many_to_one")
    judged, fast = merged["time_ratio"].notna(), merged["time_ratio"] < rule.fast
    return merged.assign(
        _judged=[words | ({"fast"} if ok else set()) for words, ok in zip(merged["_judged"], judged, strict=True)],
        _found=[words | ({"fast"} if ok else set()) for words, ok in zip(merged["_found"], fast, strict=True)],
    )


def mark_repeated(table: pd.DataFrame, responses: pd.DataFrame, rule: QualityRule) -> pd.DataFrame:
    """Mark forms of different children with the same answers to everything, open items included.

    Only where many items were answered and several answers are not the most frequent ones, for the answers that
    most children give are given by several.
    """
    found: set[tuple[str, ...]] = set()
    judged: set[tuple[str, ...]] = set()
    for (wave, informant), here in responses.groupby(["wave", "informant"], sort=False):
        wide = here.pivot(index="participant", columns=["instrument", "item"], values="answer").astype(float)
        x = wide.to_numpy()
        usual = wide.mode(axis=0, dropna=True).head(1).reindex([0]).to_numpy()
        n = (~np.isnan(x)).sum(axis=1)
        unusual = (~np.isnan(x) & (x != usual)).sum(axis=1)
        enough = (n >= rule.repeated_answers) & (unusual >= rule.repeated_unusual)
        patterns = wide.fillna(-1.0e9)[enough]
        twice = patterns.duplicated(keep=False)
        judged |= {(str(who), str(wave), str(informant)) for who in wide.index[n >= rule.repeated_answers]}
        found |= {(str(who), str(wave), str(informant)) for who in patterns.index[twice]}
    forms = list(table[FORM].itertuples(index=False, name=None))
    return table.assign(
        _judged=[w | ({"repeated"} if f in judged else set()) for w, f in zip(table["_judged"], forms, strict=True)],
        _found=[w | ({"repeated"} if f in found else set()) for w, f in zip(table["_found"], forms, strict=True)],
    )
