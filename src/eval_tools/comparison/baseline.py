"""How alike the groups were at the start, and how small a difference the study could have found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from eval_tools.comparison.branch import FEWEST_SITES
from eval_tools.comparison.estimators import Arms, estimate
from eval_tools.comparison.linked import count_sites, in_sites, link_waves, scores_by_wave
from eval_tools.comparison.rows import NAN, Contrast, result_row, without_uncertainty
from eval_tools.stats.estimate import Estimate
from eval_tools.stats.wwc import baseline_balance
from eval_tools.studies.study import Outcome, Study

if TYPE_CHECKING:
    import pandas as pd

POWER = 0.8


def compare_baseline(
    scores: pd.DataFrame, participants: pd.DataFrame, study: Study, *, wave: str, ci_level: float = 0.95
) -> pd.DataFrame:
    """Compare every programme group with the comparison group before the programme, among those asked twice.

    Returns
    -------
    DataFrame
        Rows of RESULTS with contrast ``baseline``: ``people_g`` (difference of people in pooled SDs before) and, with
        named sites, ``sites_g`` (the same of site means, each site once). With two waves or more before the
        programme also ``prior_trend``: how much more the group changed than the reference from the first of them
        to the baseline, in scale points. Empty in a single-group study.
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    reference = study.comparison
    if reference is None:
        return pd.DataFrame(rows)
    for outcome in study.plan.outcomes:
        linked = link_waves(scores, participants, outcome, baseline=study.baseline.id, wave=wave)
        twice = linked.dropna(subset=["before", "after"])
        named = count_sites(linked) > 0
        there = twice[twice["group"] == reference.id]
        for group in study.programme_groups:
            here = twice[twice["group"] == group.id]
            balance = baseline_balance(
                here["before"].to_numpy(),
                there["before"].to_numpy(),
                schools_programme=here["site"].to_numpy(dtype=str)
                if named
                else here["participant"].to_numpy(dtype=str),
                schools_comparison=(
                    there["site"].to_numpy(dtype=str) if named else there["participant"].to_numpy(dtype=str)
                ),
                ci_level=ci_level,
            )
            n_sites = count_sites(pd.concat([here, there]))  # a site with people of both counts once
            contrast = Contrast(
                outcome=outcome.id,
                contrast="baseline",
                group=group.id,
                reference=reference.id,
                baseline=study.baseline.id,
                wave=wave,
                estimand="mean score before in the group minus that in the reference group, among people who answered "
                "at both waves",
                n_sites=n_sites,
            )
            smallest = min(len(here), len(there))
            # how far apart the groups lay is a fact about them; a test of it would answer no question
            children, schools = (replace(found, p_value=NAN) for found in (balance.children, balance.schools))
            people = without_uncertainty(children) if in_sites(participants, study) else children
            rows.append(result_row(contrast, "people_g", people, smallest_count=smallest))
            if study.n_before > 1:
                rows.append(_prior_trend(scores, linked, study, outcome, contrast, smallest, ci_level))
            if named:
                of_sites = without_uncertainty(schools) if n_sites < FEWEST_SITES else schools
                rows.append(result_row(contrast, "sites_g", of_sites, smallest_count=smallest))
    return pd.DataFrame(rows)


def _prior_trend(
    scores: pd.DataFrame,
    linked: pd.DataFrame,
    study: Study,
    outcome: Outcome,
    contrast: Contrast,
    smallest: int,
    ci_level: float,
) -> dict[str, object]:
    """Compare the changes before the programme: what a difference of changes would have found without one."""
    first = study.waves_until(study.baseline.id)[0]
    mine = linked[linked["group"].isin([contrast.group, contrast.reference])]
    by_wave = scores_by_wave(scores, mine, outcome, (first, study.baseline.id)).to_numpy()
    site = mine["site"].to_numpy(dtype=str)
    clustered = bool((site != "").any()) or study.assignment.unit == "site"
    arms = Arms(
        before=by_wave[:, 0],
        after=by_wave[:, 1],
        treat=np.asarray(mine["group"] == contrast.group, dtype=np.float64),
        site=site,
    )
    twice = ~np.isnan(arms.change)
    fewest = min(len(set(site[twice & (arms.treat == arm)]) - {""}) for arm in (0, 1))
    bare = clustered and fewest < FEWEST_SITES
    found = estimate("mean_only" if bare else "cr2_difference" if clustered else "change_difference", arms)
    counts = [int((twice & (arms.treat == arm)).sum()) for arm in (0, 1)]
    return result_row(
        replace(
            contrast,
            estimand="mean change in the group minus mean change in the reference group, from the first wave to the "
            "last one before the programme, among people who answered at both",
        ),
        "prior_trend",
        replace(found, p_value=NAN, ci_level=ci_level),
        smallest_count=min(smallest, *counts),
    )


def detectable_differences(results: pd.DataFrame) -> pd.DataFrame:
    """Say, for every primary difference, how large a true one would have been found in four of five such studies.

    Parameters
    ----------
    results : DataFrame
        Rows of RESULTS with contrast ``difference``.

    Returns
    -------
    DataFrame
        Rows with the estimator ``detectable``: (t(1 − α/2) + t(power)) times the standard error of the primary
        estimate, at two-sided α = 1 − level of its interval; missing where that has no standard error.

    Notes
    -----
    Bloom (1995), Evaluation Review 19:547, with the standard error that was found instead of a planned one.
    """
    import pandas as pd
    from scipy.special import stdtrit

    rows = []
    for row in results[results["role"] == "primary"].to_dict("records"):
        t_sum = stdtrit(row["df"], (1 + row["ci_level"]) / 2) + stdtrit(row["df"], POWER)
        found = Estimate(
            estimate=float(t_sum * row["se"]) if row["status"] == "estimated" else NAN,
            se=NAN,
            df=row["df"],
            ci_low=NAN,
            ci_high=NAN,
            ci_level=row["ci_level"],
            p_value=NAN,
            n=row["n"],
            unit="scale points",
            method="smallest difference found with 80 % power (Bloom 1995)",
            status=row["status"],
        )
        contrast = Contrast(
            outcome=row["outcome"],
            contrast="difference",
            group=row["group"],
            reference=row["reference"],
            baseline=row["baseline"],
            wave=row["wave"],
            estimand=row["estimand"],
            n_sites=row["n_sites"],
        )
        rows.append(
            result_row(contrast, "detectable", found, smallest_count=row["smallest_count"], branch=row["branch"])
        )
    return pd.DataFrame(rows)
