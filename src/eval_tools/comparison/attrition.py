"""Who took part, who was not reached, and how the two differed at the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval_tools.comparison.linked import count_sites, in_sites, link_waves
from eval_tools.comparison.rows import Contrast, result_row, without_uncertainty
from eval_tools.stats.effect_size import standardised_difference
from eval_tools.studies.study import Study
from eval_tools.tables import FLOW, check_table

if TYPE_CHECKING:
    import pandas as pd


def count_flow(forms: pd.DataFrame, participants: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Count, per group and wave, who takes part, who answered, and who also answered at the baseline.

    Returns
    -------
    DataFrame
        FLOW with a total ``all`` over the groups, in the order of study.yaml.
    """
    import pandas as pd

    present = {wave: set(forms.loc[forms["wave"] == wave, "participant"]) for wave in study.waves}
    rows = []
    for group in [*study.groups, *(["all"] if len(study.groups) > 1 else [])]:
        mine = participants if group == "all" else participants[participants["group"] == group]
        people = set(mine["participant"])
        for wave in study.waves:
            answered = people & present[wave]
            rows.append(
                {
                    "group": group,
                    "wave": wave,
                    "n_enrolled": len(people),
                    "n_forms": len(answered),
                    "n_paired": len(answered & present[study.baseline.id]),
                }
            )
    return check_table(pd.DataFrame(rows, columns=list(FLOW.columns)), FLOW)


def compare_dropout(
    scores: pd.DataFrame, participants: pd.DataFrame, study: Study, *, wave: str, ci_level: float = 0.95
) -> pd.DataFrame:
    """Compare, at the baseline, people who were not reached later with people who were.

    Returns
    -------
    DataFrame
        Rows of RESULTS with contrast ``dropout`` and estimator ``hedges_g``: positive means that those not
        reached had the higher scores before. Differences that are small do not show that answers are missing
        at random.
    """
    import pandas as pd

    clustered = in_sites(participants, study)
    rows = []
    for outcome in study.plan.outcomes:
        linked = link_waves(scores, participants, outcome, baseline=study.baseline.id, wave=wave)
        for group in [*study.groups, *(["all"] if len(study.groups) > 1 else [])]:
            mine = linked if group == "all" else linked[linked["group"] == group]
            asked = mine.dropna(subset=["before"])
            lost = asked.loc[asked["after"].isna(), "before"].to_numpy()
            reached = asked.loc[asked["after"].notna(), "before"].to_numpy()
            estimate = standardised_difference(lost, reached, ci_level=ci_level)
            contrast = Contrast(
                outcome=outcome.id,
                contrast="dropout",
                group=group,
                reference="",
                baseline=study.baseline.id,
                wave=wave,
                estimand="mean score before of people without a later score minus that of people with one",
                n_sites=count_sites(asked),
            )
            rows.append(
                result_row(
                    contrast,
                    "hedges_g",
                    without_uncertainty(estimate) if clustered else estimate,
                    smallest_count=min(len(lost), len(reached)),
                )
            )
    return pd.DataFrame(rows)
