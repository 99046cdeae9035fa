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


def synthetic_study(*, unit: str = "site", randomised: bool = False, single_group: bool = False) -> Study:
    """Define a study with one outcome, two waves, and a programme with or without a comparison."""

    def title(text: str) -> dict[str, str]:
        return {"en": text, "zh-Hant": text, "zh-Hans": text}

    groups = {"programme": Group(id="programme", role="programme", title=title("Programme"))}
    if not single_group:
        groups["comparison"] = Group(id="comparison", role="comparison", title=title("Comparison"))
    waves = {
        "autumn": Wave(id="autumn", role="before", title=title("Autumn")),
        "spring": Wave(id="spring", role="after", title=title("Spring")),
    }
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
) -> SyntheticTables:
    """Simulate the scores of one study.

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
    """
    n_sites = n_programme + n_comparison
    sizes = rng.integers(smallest_site, largest_site + 1, size=n_sites)
    site = np.repeat(np.arange(n_sites), sizes)
    programme = site < n_programme
    between, within = np.sqrt(icc) * SD_BEFORE, np.sqrt(1 - icc) * SD_BEFORE
    level = rng.normal(0, 1, n_sites)[site]
    moved = r * level + np.sqrt(1 - r**2) * rng.normal(0, 1, n_sites)[site]
    child = rng.normal(size=site.size)
    later = r * child + np.sqrt(1 - r**2) * rng.normal(size=site.size)
    before = 25 + between * level + within * child
    after = 25 + between * moved + within * later + effect * programme
    after[rng.random(site.size) < drop_out] = np.nan
    people = np.array([f"p{i:05}" for i in range(site.size)])
    participants = pd.DataFrame(
        {
            "participant": people,
            "group": np.where(programme, "programme", "comparison"),
            "site": np.array([f"school-{s:02}" for s in site]),
        }
    )[list(PARTICIPANTS.columns)]
    waves = []
    for wave, score in (("autumn", before), ("spring", after)):
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
