"""Everything that is estimated for one term, as one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from eval_tools.comparison.attrition import compare_dropout
from eval_tools.comparison.baseline import compare_baseline, detectable_differences
from eval_tools.comparison.change import compare_waves
from eval_tools.comparison.groups import compare_groups
from eval_tools.comparison.individual import reliable_change_thresholds
from eval_tools.comparison.informants import compare_informants
from eval_tools.comparison.regions import compare_regions
from eval_tools.comparison.shares import estimate_shares
from eval_tools.comparison.sites import compare_sites
from eval_tools.comparison.stepped import compare_stepped
from eval_tools.comparison.subgroups import compare_subgroups
from eval_tools.instruments.instrument import Instrument
from eval_tools.studies.study import Study
from eval_tools.tables import RESULTS, SUBGROUPS, check_table

if TYPE_CHECKING:
    import pandas as pd


def estimate_results(
    scores: pd.DataFrame,
    participants: pd.DataFrame,
    reliabilities: pd.DataFrame,
    study: Study,
    instruments: Mapping[str, Instrument],
    *,
    wave: str,
    subgroups: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Estimate changes, differences between groups and subgroups, balance at the start and drop-out for one term.

    Parameters
    ----------
    scores, participants, reliabilities : DataFrame
        SCORES, PARTICIPANTS, RELIABILITIES.
    subgroups : DataFrame, optional
        SUBGROUPS; needed only if the plan asks about subgroups. Without it nobody has a level.

    Returns
    -------
    DataFrame
        RESULTS. What cannot be estimated has a row all the same, with the reason as ``status``.
    """
    import pandas as pd

    differences = compare_groups(scores, participants, study, wave=wave)
    parts = [
        compare_waves(scores, participants, study, instruments, wave=wave),
        differences,
        detectable_differences(differences) if len(differences) else differences,
        compare_stepped(scores, participants, study, wave=wave),
        compare_regions(scores, participants, study, wave=wave),
        compare_baseline(scores, participants, study, wave=wave),
        compare_dropout(scores, participants, study, wave=wave),
        reliable_change_thresholds(scores, participants, reliabilities, study, wave=wave),
        compare_informants(scores, participants, study, instruments, wave=wave),
        compare_subgroups(
            scores,
            participants,
            pd.DataFrame(columns=list(SUBGROUPS.columns)) if subgroups is None else subgroups,
            study,
            wave=wave,
        ),
        estimate_shares(scores, participants, reliabilities, study, wave=wave),
        compare_sites(scores, participants, study, wave=wave),
    ]
    results = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return check_table(results, RESULTS)
