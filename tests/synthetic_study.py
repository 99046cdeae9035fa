"""A school study with a known truth: any number of schools, alike children, a known effect, and drop-out.

Synthetic throughout. Scores are drawn directly, without answers to items, so that thousands of studies can be
simulated; a study with answers is in conftest.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from eval_tools.privacy.disclosure import DisclosureRule
from eval_tools.studies.study import Assignment, Group, Outcome, Plan, Study, Wave
from eval_tools.tables import PARTICIPANTS, SCORES

SD_BEFORE = 10.0


def synthetic_study(
    *, unit: str = "site", randomised: bool = False, single_group: bool = False, n_before: int = 1, n_after: int = 1
) -> Study:
    """Define a study with one outcome, some waves, and a programme with or without a comparison."""

    def title(text: str) -> dict[str, str]:
        return {"en": text, "zh-Hant": text, "zh-Hans": text}

    groups = {"programme": Group(id="programme", role="programme", title=title("Programme"))}
    if not single_group:
        groups["comparison"] = Group(id="comparison", role="comparison", title=title("Comparison"))
    roles = dict.fromkeys(wave_ids(n_before, n_after), "after")
    roles.update(dict.fromkeys(list(roles)[:n_before], "before"))
    waves = {wave: Wave(id=wave, role=role, title=title(wave.capitalize())) for wave, role in roles.items()}
    outcome = Outcome(instrument="ces-d", scale="total", better="lower", smallest_worthwhile=2.0, rank="primary")
    return Study(
        id="synthetic",
        folder=Path("synthetic"),
        file="synthetic",
        title=title("A synthetic school study"),
        about=title("Synthetic."),
        kind="synthetic",
        respondents="children",
        attribution="",
        licence="",
        assignment=Assignment(unit=unit, randomised=randomised),
        groups=groups,
        waves=waves,
        informants=("child",),
        identifiers="published_arbitrary",
        roster=None,
        sources=(),
        plan=Plan(outcomes=(outcome,), decision_term="spring", reliability_floor=0.7, written="before_data"),
        languages=("en", "zh-Hant", "zh-Hans"),
        disclosure=DisclosureRule(min_cell=1, round_to=1),
    )


def wave_ids(n_before: int, n_after: int) -> list[str]:
    """Name the waves: autumn is the baseline, spring the last one; others lie before or between them."""
    earlier = [f"earlier-{i}" for i in range(n_before - 1, 0, -1)]
    between = [f"between-{i}" for i in range(1, n_after)]
    return [*earlier, "autumn", *between, "spring"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticTables:
    """Scores and participants of one simulated study."""

    scores: pd.DataFrame
    participants: pd.DataFrame


def invent_school_study(
    rng: np.random.Generator,
    *,
    n_programme: int = 8,
    n_comparison: int = 6,
    smallest_site: int = 8,
    largest_site: int = 40,
    icc: float = 0.15,
    r: float = 0.6,
    effect: float = 0.0,
    drop_out: float = 0.1,
    noisier: float = 1.0,
) -> SyntheticTables:
    """Simulate the scores of one study with two waves.

    Parameters
    ----------
    rng : Generator
    n_programme, n_comparison : int
        Schools in each arm; 0 comparison schools make a single-group study.
    smallest_site, largest_site : int
        Children per school, uniform between the two.
    icc : float
        Share of the variance, of the level and of the change alike, that lies between schools.
    r : float
        Correlation of a child's scores before and after, within schools.
    effect : float
        Points by which the programme changes the mean after; SD_BEFORE is the SD of one score.
    drop_out : float
        Share of children without a score after, at random.
    noisier : float
        How many times larger the SD of the changes of schools is in the smaller arm (the comparison, if equal).
    """
    n_sites = n_programme + n_comparison
    sizes = rng.integers(smallest_site, largest_site + 1, size=n_sites)
    site = np.repeat(np.arange(n_sites), sizes)
    programme = site < n_programme
    between, within = np.sqrt(icc) * SD_BEFORE, np.sqrt(1 - icc) * SD_BEFORE
    level = rng.normal(0, 1, n_sites)[site]
    moved = r * level + np.sqrt(1 - r**2) * rng.normal(0, 1, n_sites)[site]
    if noisier != 1.0:
        moved = level + (moved - level) * np.where(programme == (n_programme < n_comparison), noisier, 1.0)
    child = rng.normal(size=site.size)
    later = r * child + np.sqrt(1 - r**2) * rng.normal(size=site.size)
    before = 25 + between * level + within * child
    after = 25 + between * moved + within * later + effect * programme
    after[rng.random(site.size) < drop_out] = np.nan
    return _tables({"autumn": before, "spring": after}, site, programme)


def invent_study_over_waves(
    rng: np.random.Generator,
    *,
    n_programme: int = 8,
    n_comparison: int = 6,
    n_before: int = 1,
    n_after: int = 2,
    smallest_site: int = 8,
    largest_site: int = 40,
    icc: float = 0.15,
    r: float = 0.6,
    effect: float = 0.0,
    head_start: float = 0.0,
    drop_out: float = 0.1,
) -> SyntheticTables:
    """Simulate the scores of one study with several waves before and after; parameters as above.

    Any two scores of a child correlate by r within schools, and so do any two levels of a school. ``head_start`` is
    what programme schools change, compared with the others, from each wave before the programme to the next.
    Children miss every wave at random and independently, not the last one for good.
    """
    n_sites = n_programme + n_comparison
    sizes = rng.integers(smallest_site, largest_site + 1, size=n_sites)
    site = np.repeat(np.arange(n_sites), sizes)
    programme = site < n_programme
    between, within = np.sqrt(icc) * SD_BEFORE, np.sqrt(1 - icc) * SD_BEFORE
    stable, of_wave = np.sqrt(r), np.sqrt(1 - r)
    school, child = rng.normal(size=n_sites), rng.normal(size=site.size)
    scores = {}
    for i, wave in enumerate(wave_ids(n_before, n_after)):
        level = stable * school + of_wave * rng.normal(size=n_sites)
        own = stable * child + of_wave * rng.normal(size=site.size)
        moved = head_start * min(i, n_before - 1) + (effect if i >= n_before else 0.0)
        score = 25 + between * level[site] + within * own + moved * programme
        score[rng.random(site.size) < drop_out] = np.nan
        scores[wave] = score
    return _tables(scores, site, programme)


def _tables(scores: dict[str, np.ndarray], site: np.ndarray, programme: np.ndarray) -> SyntheticTables:
    people = np.array([f"p{i:05}" for i in range(site.size)])
    participants = pd.DataFrame(
        {
            "participant": people,
            "group": np.where(programme, "programme", "comparison"),
            "site": np.array([f"school-{s:02}" for s in site]),
        }
    )[list(PARTICIPANTS.columns)]
    waves = []
    for wave, score in scores.items():
        waves.append(
            pd.DataFrame(
                {
                    "participant": people,
                    "wave": wave,
                    "informant": "child",
                    "instrument": "ces-d",
                    "scale": "total",
                    "score": score,
                    "n_answered": 20,
                    "status": np.where(np.isnan(score), "not_answered", "scored"),
                    "band": "",
                }
            )
        )
    return SyntheticTables(scores=pd.concat(waves, ignore_index=True)[list(SCORES.columns)], participants=participants)
