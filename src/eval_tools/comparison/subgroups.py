"""For whom more, for whom less: only as one difference between levels with its own interval, never level by level."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eval_tools.comparison.branch import FEWEST_DF, FEWEST_SITES, Branch
from eval_tools.comparison.change import choose_single
from eval_tools.comparison.estimators import without_claim
from eval_tools.comparison.groups import choose_for_contrast
from eval_tools.comparison.linked import count_sites, in_sites, link_waves
from eval_tools.comparison.rows import Contrast, result_row
from eval_tools.stats.estimate import Estimate, Status, not_estimated
from eval_tools.stats.interaction import interaction_of_change
from eval_tools.stats.multiplicity import benjamini_hochberg
from eval_tools.studies.study import Outcome, Study

if TYPE_CHECKING:
    import pandas as pd

FEWEST_IN_A_CELL = 10  # people of one level in one arm, whatever may be published

ESTIMANDS = {
    True: "mean change in the group minus that in the reference group, among people of the first level, "
    "minus the same among people of the second; people who answered at both waves",
    False: "mean change of people of the first level minus that of people of the second, "
    "among people of the group who answered at both waves",
}


def compare_subgroups(
    scores: pd.DataFrame,
    participants: pd.DataFrame,
    subgroups: pd.DataFrame,
    study: Study,
    *,
    wave: str,
    ci_level: float = 0.95,
) -> pd.DataFrame:
    """Estimate, for every subgroup of the plan, how much levels differ in what the programme is compared by.

    Parameters
    ----------
    scores, participants, subgroups : DataFrame
        SCORES, PARTICIPANTS, SUBGROUPS.

    Returns
    -------
    DataFrame
        Rows of RESULTS with contrast ``interaction``: every further level against the first one, for every outcome
        and programme group (without a comparison: every group, of the change). ``cr2_interaction`` where people
        belong to sites, else ``welch_interaction``. A row without a number says why: ``too_few_people`` below
        ten, or the smallest number that may be published, in a cell of level and arm; ``too_few_sites`` with fewer
        than four sites in a cell or fewer than four degrees of freedom. The p value is missing where the branch of
        the contrast makes no claim; ``p_adjusted`` is Benjamini and Hochberg's over all these rows.
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    groups = study.groups.values() if study.comparison is None else study.programme_groups
    clustered = in_sites(participants, study)
    for outcome in study.plan.outcomes if study.plan.subgroups else ():
        linked = link_waves(scores, participants, outcome, baseline=study.baseline.id, wave=wave)
        for name in study.plan.subgroups:
            of_people = subgroups[subgroups["subgroup"] == name].set_index("participant")["level"]
            levelled = linked.assign(level=linked["participant"].map(of_people))
            first, *others = study.subgroups[name].levels
            for group in groups:
                for level in others:
                    rows.append(
                        _row(levelled, study, outcome, name, (level, first), group.id, wave, clustered, ci_level)
                    )
    table = pd.DataFrame(rows)
    if len(table):
        table["p_adjusted"] = benjamini_hochberg(table["p_value"].to_numpy(dtype=float))
    return table


def _row(
    levelled: pd.DataFrame,
    study: Study,
    outcome: Outcome,
    subgroup: str,
    levels: tuple[str, str],
    group: str,
    wave: str,
    clustered: bool,
    ci_level: float,
) -> dict[str, object]:
    reference = "" if study.comparison is None else study.comparison.id
    arms = [group, *([reference] if reference else [])]
    mine = levelled[levelled["group"].isin(arms) & levelled["level"].isin(levels)]
    if clustered:
        mine = mine[mine["site"] != ""]
    twice = mine.dropna(subset=["before", "after"])
    cells = [twice[(twice["group"] == arm) & (twice["level"] == level)] for arm in arms for level in levels]
    smallest = min(len(cell) for cell in cells)
    branch = (
        choose_for_contrast(mine, study, outcome, group, reference).branch
        if reference
        else choose_single(twice, study, clustered=clustered)
    )
    refused = _refused(smallest, min(count_sites(cell) for cell in cells) if clustered else None, study)
    contrast = Contrast(
        outcome=outcome.id,
        contrast="interaction",
        group=group,
        reference=reference,
        baseline=study.baseline.id,
        wave=wave,
        estimand=ESTIMANDS[bool(reference)],
        n_sites=count_sites(twice),
    )
    estimator = "cr2_interaction" if clustered else "welch_interaction"
    found = _estimate(twice, levels[0], group, refused, branch, clustered, single=not reference, ci_level=ci_level)
    row = result_row(contrast, estimator, found, smallest_count=smallest, branch=branch.id)
    return {**row, "subgroup": ".".join((subgroup, *levels))}


def _refused(smallest: int, fewest_sites: int | None, study: Study) -> Status | None:
    """Say why there is no number; sites first, for one school in an arm stays one however many children it has."""
    if fewest_sites is not None and fewest_sites < FEWEST_SITES:
        return "too_few_sites"
    return "too_few_people" if smallest < max(FEWEST_IN_A_CELL, study.disclosure.min_cell) else None


def _estimate(
    twice: pd.DataFrame,
    level: str,
    group: str,
    refused: Status | None,
    branch: Branch,
    clustered: bool,
    *,
    single: bool,
    ci_level: float,
) -> Estimate:
    def nothing(status: Status) -> Estimate:
        return not_estimated(
            n=len(twice),
            unit="scale points",
            method="difference between levels of a subgroup",
            status=status,
            ci_level=ci_level,
        )

    if refused is not None:
        return nothing(refused)
    found = interaction_of_change(
        (twice["after"] - twice["before"]).to_numpy(dtype=float),
        (twice["level"] == level).to_numpy(dtype=float),
        treat=None if single else (twice["group"] == group).to_numpy(dtype=float),
        sites=twice["site"].to_numpy(dtype=str) if clustered else None,
        ci_level=ci_level,
    )
    if found.status != "estimated":
        return nothing(found.status)
    if clustered and not found.df >= FEWEST_DF:
        return nothing("too_few_sites")
    return without_claim(found, branch) if np.isfinite(found.p_value) else found
