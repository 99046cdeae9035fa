"""How alike the groups were at the start, and how small a difference the study could have found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from eval_tools.comparison.branch import FEWEST_SITES
from eval_tools.comparison.linked import count_sites, in_sites, link_waves
from eval_tools.comparison.rows import NAN, Contrast, result_row, without_uncertainty
from eval_tools.stats.estimate import Estimate
from eval_tools.stats.wwc import baseline_balance
from eval_tools.studies.study import Study

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
        named sites, ``sites_g`` (the same of site means, each site once). Empty in a single-group study.
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
            if named:
                of_sites = without_uncertainty(schools) if n_sites < FEWEST_SITES else schools
                rows.append(result_row(contrast, "sites_g", of_sites, smallest_count=smallest))
    return pd.DataFrame(rows)


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
