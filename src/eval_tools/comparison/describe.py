"""What the scales say at each wave, group by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval_tools.comparison.linked import in_sites, of_outcome
from eval_tools.comparison.rows import without_uncertainty
from eval_tools.stats.mean import mean_score
from eval_tools.studies.study import Study
from eval_tools.tables import DESCRIPTIVES, check_table

if TYPE_CHECKING:
    import pandas as pd


def describe_scores(scores: pd.DataFrame, participants: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Give number, mean and SD of every outcome in every group at every wave.

    Returns
    -------
    DataFrame
        DESCRIPTIVES with a total ``all`` over the groups; everybody with a score, paired or not.
    """
    import pandas as pd

    group_of = participants.set_index("participant")["group"]
    clustered = in_sites(participants, study)
    rows = []
    for outcome in study.plan.outcomes:
        mine = of_outcome(scores, outcome)
        mine = mine.assign(group=mine["participant"].map(group_of))
        for group in [*study.groups, *(["all"] if len(study.groups) > 1 else [])]:
            people = mine if group == "all" else mine[mine["group"] == group]
            for wave in study.waves:
                score = people.loc[people["wave"] == wave, "score"].dropna()
                mean = mean_score(score.to_numpy())
                mean = without_uncertainty(mean) if clustered else mean
                rows.append(
                    {
                        "outcome": outcome.id,
                        "group": group,
                        "wave": wave,
                        "n": len(score),
                        "mean": mean.estimate,
                        "sd": score.std(),
                        "ci_low": mean.ci_low,
                        "ci_high": mean.ci_high,
                    }
                )
    return check_table(pd.DataFrame(rows, columns=list(DESCRIPTIVES.columns)), DESCRIPTIVES)
