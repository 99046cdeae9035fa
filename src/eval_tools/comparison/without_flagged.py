"""The same comparison without the forms that a validity gate flagged, where the questionnaire asks for both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from eval_tools.comparison.change import compare_waves
from eval_tools.comparison.groups import compare_groups
from eval_tools.comparison.linked import link_waves
from eval_tools.comparison.rows import NAN
from eval_tools.instruments.instrument import Instrument
from eval_tools.studies.study import Outcome, Study
from eval_tools.tables import RESULTS, check_table

if TYPE_CHECKING:
    import pandas as pd

ESTIMATOR = "without_flagged"
FORM = ["participant", "wave", "informant", "instrument"]


def report_both(instrument: Instrument) -> bool:
    """Say whether results of a questionnaire are to be reported with and without the forms it flags."""
    return any(gate.report_both and gate.action == "flag" for gate in instrument.validity)


def compare_without_flagged(
    scores: pd.DataFrame,
    participants: pd.DataFrame,
    validity: pd.DataFrame,
    study: Study,
    instruments: Mapping[str, Instrument],
    *,
    wave: str,
) -> pd.DataFrame:
    """Estimate changes and differences once more by the estimator the design got, without the flagged forms.

    Parameters
    ----------
    scores, participants, validity : DataFrame
        SCORES, PARTICIPANTS, VALIDITY.

    Returns
    -------
    DataFrame
        RESULTS with estimator ``without_flagged`` and role ``alongside``, of outcomes whose questionnaire asks for
        both; empty without one, and in a stepped roll-out. ``smallest_count`` is not above the number of people
        left out of an arm: subtracted from the main result, the row would tell about them.
    """
    import pandas as pd

    outcomes = tuple(o for o in study.plan.outcomes if report_both(instruments[o.instrument]))
    if not outcomes or study.assignment.stepped:
        return pd.DataFrame(columns=list(RESULTS.columns))
    part = replace(study, plan=replace(study.plan, outcomes=outcomes))
    kept = _without(scores, validity)
    tables = [
        compare_waves(kept, participants, part, instruments, wave=wave),
        compare_groups(kept, participants, part, wave=wave),
    ]
    rows = pd.concat([table for table in tables if len(table)], ignore_index=True)
    rows = rows[(rows["role"] == "primary") & rows["contrast"].isin(["change", "difference"])].reset_index(drop=True)
    left_out = {o.id: _left_out(scores, kept, participants, o, study, wave) for o in outcomes}
    fewest = [
        _fewest(left_out[outcome], [group, reference], study)
        for outcome, group, reference in zip(rows["outcome"], rows["group"], rows["reference"], strict=True)
    ]
    rows = rows.assign(
        estimator=ESTIMATOR,
        role="alongside",
        p_adjusted=NAN,
        smallest_count=[min(int(n), few) for n, few in zip(rows["smallest_count"], fewest, strict=True)],
        method=rows["method"] + ", without the forms that met a validity gate",
    )
    return check_table(rows, RESULTS)


def _without(scores: pd.DataFrame, validity: pd.DataFrame) -> pd.DataFrame:
    met = validity[
        (validity["result"] == "met") & validity["report_both"].astype(bool) & (validity["action"] == "flag")
    ]
    flagged = set(met[FORM].itertuples(index=False, name=None))
    theirs = np.array([row in flagged for row in scores[FORM].itertuples(index=False, name=None)], dtype=bool)
    return scores.assign(score=scores["score"].mask(theirs))


def _left_out(
    scores: pd.DataFrame, kept: pd.DataFrame, participants: pd.DataFrame, outcome: Outcome, study: Study, wave: str
) -> dict[str, int]:
    """Count by group the people with both scores of whom a flagged form takes one."""
    both = [
        link_waves(table, participants, outcome, baseline=study.baseline.id, wave=wave)[["before", "after"]]
        .notna()
        .all(axis=1)
        for table in (scores, kept)
    ]
    groups = participants.sort_values("participant", ignore_index=True)["group"]
    return {group: int((both[0] & ~both[1] & (groups == group)).sum()) for group in study.groups}


def _fewest(left_out: Mapping[str, int], arms: list[str], study: Study) -> int:
    """Return the smallest number of people left out of an arm concerned that lost anybody; 0 if none did."""
    concerned = study.groups if "all" in arms else [arm for arm in arms if arm]
    return min((left_out[group] for group in concerned if left_out[group]), default=0)
