"""Small invented trials for the tests of comparison: a few people, their scores before and after, and a study."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eval_tools.comparison.individual import classify_changes, count_classes
from eval_tools.comparison.results import estimate_results
from eval_tools.instruments.instrument import Instrument
from eval_tools.instruments.load import load_instruments
from eval_tools.privacy.disclosure import DisclosureRule
from eval_tools.studies.study import Assignment, Group, Outcome, Plan, Study, Wave
from eval_tools.tables import RELIABILITIES, SCORES

NAN = float("nan")
INSTRUMENTS = load_instruments(Path(__file__).parents[2] / "questionnaires", ["ahi", "ces-d"])
LINE = 16  # the screening line of the CES-D


def invent_study(
    *,
    groups: Mapping[str, str] | None = None,
    primary: Sequence[str] = ("ces-d.total",),
    secondary: Sequence[str] = (),
    unit: str = "participant",
) -> Study:
    """Invent a study of the waves autumn and spring; ``groups`` gives each group its role."""
    roles = groups or {"club": "programme", "wait": "comparison"}
    outcomes = tuple(
        Outcome(
            instrument=name.partition(".")[0],
            scale=name.partition(".")[2],
            better="higher" if name.startswith("ahi") else "lower",
            smallest_worthwhile=None,
            rank="primary" if name in primary else "secondary",
        )
        for name in (*primary, *secondary)
    )
    return Study(
        id="invented",
        folder=Path("invented"),
        file="data_raw/invented/study.yaml",
        title={},
        about={},
        kind="synthetic",
        respondents="children",
        attribution="",
        licence="",
        assignment=Assignment(unit=unit, randomised=unit != "none"),
        groups={name: Group(id=name, role=role, title={}) for name, role in roles.items()},
        waves={
            "autumn": Wave(id="autumn", role="before", title={}),
            "spring": Wave(id="spring", role="after", title={}),
        },
        informants=("child",),
        identifiers="published_arbitrary",
        roster=None,
        sources=(),
        plan=Plan(outcomes=outcomes, decision_term="spring", reliability_floor=0.7, written="before_data"),
        languages=("en",),
        disclosure=DisclosureRule(min_cell=10, round_to=5, single_people=False),
    )


@dataclass(frozen=True)
class Trial:
    """The three tables a comparison starts from, and the study they belong to."""

    study: Study
    participants: pd.DataFrame
    scores: pd.DataFrame
    reliabilities: pd.DataFrame
    instruments: Mapping[str, Instrument]

    def results(self) -> pd.DataFrame:
        return estimate_results(
            self.scores, self.participants, self.reliabilities, self.study, self.instruments, wave="spring"
        )

    def changes(self) -> pd.DataFrame:
        return classify_changes(self.scores, self.participants, self.reliabilities, self.study, wave="spring")

    def counts(self) -> pd.DataFrame:
        return count_classes(self.changes(), self.study)

    def replace(self, **changes: Any) -> Trial:
        return replace(self, **changes)


def pick(results: pd.DataFrame, **wanted: str) -> pd.Series:
    """Return the only row that has these values."""
    for column, value in wanted.items():
        results = results[results[column] == value]
    assert len(results) == 1, f"{len(results)} rows"
    return results.iloc[0]


def invent_reliabilities(**values: float) -> pd.DataFrame:
    """Give the CES-D an alpha and an omega before; NaN is a coefficient that could not be estimated."""
    rows = [
        {
            "wave": wave,
            "informant": "child",
            "instrument": outcome,
            "scale": "total",
            "coefficient": name,
            "estimate": value if wave == "autumn" else 0.5,
            "status": "estimated" if value == value else "not_converged",
        }
        for outcome in ("ces-d", "ahi")
        for name, value in values.items()
        for wave in ("autumn", "spring")
    ]
    return pd.DataFrame(rows, columns=list(RELIABILITIES.columns))


def invent_trial(
    people: Sequence[tuple[Any, ...]],
    *,
    study: Study | None = None,
    outcomes: Sequence[str] = ("ces-d.total",),
    alpha: float = 0.8,
    omega: float = 0.84,
) -> Trial:
    """Build a trial from (group, before, after) or (group, before, after, site); None is a form not received.

    NaN is a form without a score. With several outcomes everybody has the same scores on each, plus its position.
    """
    participants, scores = [], []
    for i, (group, before, after, *site) in enumerate(people):
        who = f"p{i:03}"
        participants.append({"participant": who, "group": group, "site": site[0] if site else ""})
        for wave, score in (("autumn", before), ("spring", after)):
            if score is None:
                continue
            for k, outcome in enumerate(outcomes):
                instrument, _, scale = outcome.partition(".")
                value = float(score) + k * (i % 3)
                band = "" if instrument != "ces-d" or np.isnan(value) else "at_or_above" if value >= LINE else "below"
                scores.append(
                    {
                        "participant": who,
                        "wave": wave,
                        "informant": "child",
                        "instrument": instrument,
                        "scale": scale,
                        "score": value,
                        "n_answered": 20,
                        "status": "scored" if not np.isnan(value) else "too_few_answers",
                        "band": band,
                    }
                )
    return Trial(
        study=study or invent_study(primary=outcomes),
        participants=pd.DataFrame(participants, columns=["participant", "group", "site"]),
        scores=pd.DataFrame(scores, columns=list(SCORES.columns)),
        reliabilities=invent_reliabilities(alpha=alpha, omega=omega),
        instruments=INSTRUMENTS,
    )


def invent_people(n: int = 12, *, groups: Sequence[str] = ("club", "wait"), seed: int = 5) -> list[tuple[Any, ...]]:
    """Invent scores of ``n`` people in every group; the first group falls by three points more."""
    rng = np.random.default_rng(seed)
    people = []
    for g, group in enumerate(groups):
        for _ in range(n):
            before = rng.integers(5, 40)
            people.append((group, int(before), int(np.clip(before + rng.integers(-8, 7) - 3 * (g == 0), 0, 60))))
    return people


@pytest.fixture(scope="session")
def study() -> Callable[..., Study]:
    """Invent a study."""
    return invent_study


@pytest.fixture(scope="session")
def trial() -> Callable[..., Trial]:
    """Build a trial from rows of people."""
    return invent_trial


@pytest.fixture(scope="session")
def people() -> Callable[..., list[tuple[Any, ...]]]:
    """Invent rows of people."""
    return invent_people


@pytest.fixture(scope="session")
def row() -> Callable[..., pd.Series]:
    """Return the only row of a table that has the values given."""
    return pick


@pytest.fixture(scope="session")
def coefficients() -> Callable[..., pd.DataFrame]:
    """Invent RELIABILITIES."""
    return invent_reliabilities
