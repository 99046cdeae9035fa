"""One outcome, before and after, for everybody who takes part: the frame every comparison starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval_tools.studies.study import Outcome

if TYPE_CHECKING:
    import pandas as pd


def link_waves(
    scores: pd.DataFrame, participants: pd.DataFrame, outcome: Outcome, *, baseline: str, wave: str
) -> pd.DataFrame:
    """Lay the scores of one outcome at two waves side by side.

    Returns
    -------
    DataFrame
        One row per participant, also for those without a score, sorted by participant: ``participant, group,
        site, before, after, band_before, band_after``; scores missing where there is none.
    """
    mine = scores[(scores["instrument"] == outcome.instrument) & (scores["scale"] == outcome.scale)]
    linked = participants[["participant", "group", "site"]].sort_values("participant", ignore_index=True)
    for name, which in (("before", baseline), ("after", wave)):
        at = mine[mine["wave"] == which].set_index("participant")
        linked[name] = linked["participant"].map(at["score"]).astype(float)
        linked[f"band_{name}"] = linked["participant"].map(at["band"]).fillna("").astype(str)
    return linked


def has_sites(participants: pd.DataFrame) -> bool:
    """Say whether people belong to sites, so that people are not independent of each other."""
    return bool((participants["site"] != "").any())
