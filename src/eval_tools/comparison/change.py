"""How far each group moved between the baseline and a later wave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from eval_tools.comparison.linked import count_sites, in_sites, link_waves
from eval_tools.comparison.rows import Contrast, result_row, without_uncertainty
from eval_tools.instruments.instrument import Instrument
from eval_tools.stats.caseness import mcnemar, paired_risk_difference
from eval_tools.stats.change import hodges_lehmann_change, mean_change
from eval_tools.stats.effect_size import standardised_change
from eval_tools.studies.study import Outcome, Study

if TYPE_CHECKING:
    import pandas as pd


def compare_waves(
    scores: pd.DataFrame,
    participants: pd.DataFrame,
    study: Study,
    instruments: Mapping[str, Instrument],
    *,
    wave: str,
    ci_level: float = 0.95,
) -> pd.DataFrame:
    """Estimate the change of every group on every outcome: in points, standardised, by rank, and by screening line.

    A change within one group is a change, never an effect. Only people with both scores enter.

    Returns
    -------
    DataFrame
        Rows of RESULTS with contrast ``change`` and the estimators ``paired_t`` (mean change), ``g_av``
        (standardised by the average SD), ``hodges_lehmann`` (pseudo-median with the Wilcoxon test) and, where
        the scale has a verified screening line, ``caseness`` (difference in the share beyond it).
    """
    import pandas as pd

    rows = []
    for outcome in study.plan.outcomes:
        linked = link_waves(scores, participants, outcome, baseline=study.baseline.id, wave=wave)
        for group in [*study.groups, *(["all"] if len(study.groups) > 1 else [])]:
            mine = linked if group == "all" else linked[linked["group"] == group]
            rows += list(_rows(mine, outcome, group, study, instruments, wave, in_sites(participants, study), ci_level))
    return pd.DataFrame(rows)


def _rows(
    mine: pd.DataFrame,
    outcome: Outcome,
    group: str,
    study: Study,
    instruments: Mapping[str, Instrument],
    wave: str,
    clustered: bool,
    ci_level: float,
) -> Iterator[dict[str, object]]:
    paired = mine.dropna(subset=["before", "after"])
    contrast = Contrast(
        outcome=outcome.id,
        contrast="change",
        group=group,
        reference="",
        baseline=study.baseline.id,
        wave=wave,
        estimand="mean of (score after minus score before) over the people of the group who answered at both waves",
        n_sites=count_sites(paired),
    )
    before, after = mine["before"].to_numpy(), mine["after"].to_numpy()
    for estimator, estimate in (
        ("paired_t", mean_change(before, after, ci_level=ci_level)),
        ("g_av", standardised_change(before, after, ci_level=ci_level)),
        ("hodges_lehmann", hodges_lehmann_change(before, after, ci_level=ci_level)),
    ):
        yield result_row(contrast, estimator, without_uncertainty(estimate) if clustered else estimate)
    cases = beyond_line(mine, outcome, instruments)
    if cases is not None:
        yield _caseness_row(contrast, *cases, clustered=clustered, ci_level=ci_level)


def beyond_line(
    linked: pd.DataFrame, outcome: Outcome, instruments: Mapping[str, Instrument]
) -> tuple[np.ndarray, np.ndarray] | None:
    """Say who is beyond the screening line before and after; None for a scale without a verified two-band line."""
    scheme = instruments[outcome.instrument].default_bands(outcome.scale)
    if scheme is None or len(scheme.bands) != 2:
        return None
    severe = scheme.bands[-1].id
    both = []
    for name in ("before", "after"):
        is_case = (linked[f"band_{name}"] == severe).astype(float)
        both.append(is_case.where(linked[name].notna(), np.nan).to_numpy())
    return both[0], both[1]


def _caseness_row(
    contrast: Contrast, before: np.ndarray, after: np.ndarray, *, clustered: bool, ci_level: float
) -> dict[str, object]:
    from dataclasses import replace

    estimate = paired_risk_difference(before, after, ci_level=ci_level)
    test = mcnemar(before, after)
    counts = (
        test.both + test.only_before,
        test.both + test.only_after,
        test.neither + test.only_after,
        test.neither + test.only_before,
    )
    return result_row(
        replace(
            contrast,
            estimand="share of people beyond the screening line after minus before, "
            "of those who answered at both waves",
        ),
        "caseness",
        without_uncertainty(estimate) if clustered else estimate,
        smallest_count=min(counts),
    )
