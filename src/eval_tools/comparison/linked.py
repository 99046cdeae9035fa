"""One outcome, before and after, for everybody who takes part: the frame every comparison starts from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eval_tools.errors import DataError, Problem
from eval_tools.studies.study import Outcome, Study

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

    Raises
    ------
    DataError
        If somebody has several scores at one wave, because several informants answered about them.
    """
    mine = of_outcome(scores, outcome)
    linked = participants[["participant", "group", "site"]].sort_values("participant", ignore_index=True)
    for name, which in (("before", baseline), ("after", wave)):
        at = mine[mine["wave"] == which].set_index("participant")
        n_several = int(at.index.duplicated().sum())
        if n_several:
            raise DataError(
                Problem(
                    f"outcome {outcome.id!r}",
                    f"{n_several} further scores at wave {which!r}: several informants answered one questionnaire.",
                    "Name the informant of the outcome in the plan (informant:), one outcome for each.",
                )
            )
        linked[name] = linked["participant"].map(at["score"]).astype(float)
        band = at["band"].to_dict()
        linked[f"band_{name}"] = [band.get(who, "") for who in linked["participant"]]
    return linked


def of_outcome(table: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    """Return the rows of SCORES or RELIABILITIES that are about one outcome, told by its informant."""
    mine = table[(table["instrument"] == outcome.instrument) & (table["scale"] == outcome.scale)]
    return mine if outcome.informant is None else mine[mine["informant"] == outcome.informant]


def scores_by_wave(scores: pd.DataFrame, linked: pd.DataFrame, outcome: Outcome, waves: Sequence[str]) -> pd.DataFrame:
    """Lay the scores of one outcome at several waves side by side, for the people of a linked frame in its order.

    Returns
    -------
    DataFrame
        One row per row of ``linked``, one column per wave, in scale points; missing where there is no score.
    """
    mine = of_outcome(scores, outcome)
    wide = mine.pivot(index="participant", columns="wave", values="score")
    return wide.reindex(index=linked["participant"], columns=list(waves)).set_axis(linked.index).astype(float)


def count_waves(by_wave: pd.DataFrame, group: pd.Series) -> int:
    """Count the waves at which every group has scores; one group's absence makes a wave no comparison."""
    return int(by_wave.notna().groupby(group.to_numpy()).any().all(axis=0).sum())


def share_linked(linked: pd.DataFrame) -> float:
    """Return how many of those who answered on the occasion with fewer answers are known from both; 1 if nobody did.

    People who stop answering do not lower it, for that is drop-out; people who cannot be found again do.
    """
    known = linked[["before", "after"]].notna()
    fewer = int(known.sum().min())
    return float(known.all(axis=1).sum() / fewer) if fewer else 1.0


def in_sites(participants: pd.DataFrame, study: Study) -> bool:
    """Say whether people belong to sites, so that they are not independent of each other.

    They do if the data name a site, or if whole sites were assigned to the groups, named or not.
    """
    return study.assignment.unit == "site" or bool((participants["site"] != "").any())


def count_sites(people: pd.DataFrame) -> int:
    """Count the sites that are named; 0 where the study names none."""
    return int(people.loc[people["site"] != "", "site"].nunique())
