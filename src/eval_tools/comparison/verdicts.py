"""What may be said of every contrast, and how certainly: VERDICTS from RESULTS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eval_tools.comparison.certainty import Evidence, rate_certainty
from eval_tools.comparison.change import choose_single
from eval_tools.comparison.groups import choose_for_contrast, pooled_sd
from eval_tools.comparison.linked import count_sites, in_sites, link_waves, of_outcome, scores_by_wave
from eval_tools.comparison.rows import NAN
from eval_tools.stats.attrition import classify_attrition
from eval_tools.stats.effect_size import standardised_difference
from eval_tools.studies.study import Outcome, Study
from eval_tools.tables import VERDICTS, check_table

if TYPE_CHECKING:
    import pandas as pd


def judge_contrasts(
    results: pd.DataFrame,
    scores: pd.DataFrame,
    participants: pd.DataFrame,
    reliabilities: pd.DataFrame,
    study: Study,
    *,
    wave: str,
    plan_locked: bool,
) -> pd.DataFrame:
    """Judge every contrast of a term: verdict, certainty and reasons.

    Parameters
    ----------
    results, scores, participants, reliabilities : DataFrame
        RESULTS of the term, SCORES, PARTICIPANTS, RELIABILITIES.
    plan_locked : bool
        Whether the plan was locked before the data of this term were seen.

    Returns
    -------
    DataFrame
        VERDICTS: one row per programme group and outcome; without a comparison, per group and outcome.
    """
    import pandas as pd

    rows = []
    for outcome in study.plan.outcomes:
        linked = link_waves(scores, participants, outcome, baseline=study.baseline.id, wave=wave)
        reliability = _reliability(outcome, reliabilities, (study.baseline.id, wave))
        by_wave = scores_by_wave(scores, linked, outcome, study.waves_until(wave))
        mine = results[results["outcome"] == outcome.id]
        clustered = in_sites(participants, study)
        judge = _single if study.comparison is None else _difference
        for group in study.groups if study.comparison is None else [each.id for each in study.programme_groups]:
            rows.append(judge(mine, linked, by_wave, outcome, group, study, wave, reliability, clustered, plan_locked))
    table = pd.DataFrame(rows, columns=list(VERDICTS.columns))
    return check_table(table, VERDICTS)


def _row_of(results: pd.DataFrame, contrast: str, group: str, **wanted: str) -> pd.Series:
    mine = results[(results["contrast"] == contrast) & (results["group"] == group)]
    for column, value in wanted.items():
        mine = mine[mine[column] == value]
    return mine.iloc[0]


def verdict_of(
    estimate: float, p_adjusted: float, better: str, *, claims: bool, level: float, p_alike: float = NAN
) -> str:
    """Word what may be claimed: better or worse, alike, unclear, or no_claim where the design allows none.

    ``p_alike`` is that of the equivalence test; a small one lets "alike" be said where nothing else can.
    """
    if not claims or not np.isfinite(estimate):
        return "no_claim"
    if not p_adjusted < level:
        return "alike" if p_alike < level else "unclear"
    return "better" if (estimate > 0) == (better == "higher") else "worse"


def _verdict(primary: pd.Series, better: str, *, claims: bool, p_alike: float = NAN) -> str:
    return verdict_of(
        float(primary["estimate"]),
        float(primary["p_adjusted"]),
        better,
        claims=claims,
        level=1 - float(primary["ci_level"]),
        p_alike=p_alike,
    )


def _turned(low: float, high: float, better: str) -> tuple[float, float]:
    """Turn an interval so that positive is better."""
    return (low, high) if better == "higher" else (-high, -low)


def _difference(
    results: pd.DataFrame,
    linked: pd.DataFrame,
    by_wave: pd.DataFrame,
    outcome: Outcome,
    group: str,
    study: Study,
    wave: str,
    reliability: float,
    clustered: bool,
    plan_locked: bool,
) -> dict[str, object]:
    assert study.comparison is not None
    chosen = choose_for_contrast(linked, study, outcome, group, study.comparison.id, by_wave)
    branch = chosen.branch
    primary = _row_of(results, "difference", group, role="primary")
    alike = results[(results["group"] == group) & (results["estimator"] == "equivalence")]
    g = _row_of(results, "difference", group, estimator="difference_g")
    left_out = results[
        (results["contrast"] == "difference")
        & (results["group"] == group)
        & (results["estimator"] == "leave_one_site_out")
    ]
    arm = {name: linked[linked["group"] == name] for name in (group, study.comparison.id)}
    lost = {name: _lost(people) for name, people in arm.items()}
    overall = _lost(linked[linked["group"].isin(list(arm))])
    twice = {name: people.dropna(subset=["before", "after"])["before"] for name, people in arm.items()}
    imbalance = standardised_difference(twice[group].to_numpy(), twice[study.comparison.id].to_numpy()).estimate
    low, high = _turned(float(g["ci_low"]), float(g["ci_high"]), outcome.better)
    prior = _prior_trend(results, group, pooled_sd(linked))
    certainty = rate_certainty(
        Evidence(
            design="randomised" if study.assignment.randomised else "compared",
            attrition_overall=overall,
            attrition_high=_is_high(overall, abs(lost[group] - lost[study.comparison.id])),
            fewest_sites=min(chosen.sites_group, chosen.sites_reference) if clustered else None,
            df=float(primary["df"]),
            benefit_low=low,
            benefit_high=high,
            imbalance=imbalance,
            prior_low=prior[0],
            prior_high=prior[1],
            reliability=reliability,
            reliability_floor=study.plan.reliability_floor,
            sign_changes=bool(len(left_out))
            and float(left_out["ci_low"].iloc[0]) < 0 < float(left_out["ci_high"].iloc[0]),
            plan_locked=plan_locked,
        )
    )
    return {
        "outcome": outcome.id,
        "contrast": "difference",
        "group": group,
        "reference": study.comparison.id,
        "baseline": study.baseline.id,
        "wave": wave,
        "branch": branch.id,
        "primary": branch.primary,
        "verdict": _verdict(
            primary,
            outcome.better,
            claims=branch.claims,
            p_alike=float(alike["p_value"].iloc[0]) if len(alike) else NAN,
        ),
        "certainty": certainty.level,
        "reasons": ", ".join(certainty.reasons),
        "refused": ", ".join(branch.refused),
        "sites_group": chosen.sites_group,
        "sites_reference": chosen.sites_reference,
        "n": chosen.n,
        "smallest_count": chosen.smallest_count,
    }


def _single(
    results: pd.DataFrame,
    linked: pd.DataFrame,
    by_wave: pd.DataFrame,
    outcome: Outcome,
    group: str,
    study: Study,
    wave: str,
    reliability: float,
    clustered: bool,
    plan_locked: bool,
) -> dict[str, object]:
    people = linked[linked["group"] == group]
    twice = people.dropna(subset=["before", "after"])
    branch = choose_single(people, study, by_wave.loc[people.index], clustered=clustered)
    primary = _row_of(results, "change", group, role="primary")
    overall = _lost(people)
    certainty = rate_certainty(
        Evidence(
            design="single",
            attrition_overall=overall,
            attrition_high=False,
            fewest_sites=count_sites(twice) if clustered else None,
            df=float(primary["df"]),
            benefit_low=NAN,
            benefit_high=NAN,
            imbalance=0.0,
            prior_low=NAN,
            prior_high=NAN,
            reliability=reliability,
            reliability_floor=study.plan.reliability_floor,
            sign_changes=False,
            plan_locked=plan_locked,
        )
    )
    return {
        "outcome": outcome.id,
        "contrast": "change",
        "group": group,
        "reference": "",
        "baseline": study.baseline.id,
        "wave": wave,
        "branch": branch.id,
        "primary": branch.primary,
        "verdict": _verdict(primary, outcome.better, claims=branch.claims),
        "certainty": certainty.level,
        "reasons": ", ".join(certainty.reasons),
        "refused": ", ".join(branch.refused),
        "sites_group": count_sites(twice),
        "sites_reference": 0,
        "n": len(twice),
        "smallest_count": len(twice),
    }


def _prior_trend(results: pd.DataFrame, group: str, sd: float) -> tuple[float, float]:
    """Return the interval of the difference in change before the programme, in SD; missing without one."""
    mine = results[(results["group"] == group) & (results["estimator"] == "prior_trend")]
    if mine.empty or not sd > 0:
        return NAN, NAN
    return float(mine["ci_low"].iloc[0]) / sd, float(mine["ci_high"].iloc[0]) / sd


def _lost(people: pd.DataFrame) -> float:
    """Return the share of people without both scores."""
    return float(people[["before", "after"]].isna().any(axis=1).mean()) if len(people) else NAN


def _is_high(overall: float, differential: float) -> bool:
    known = np.isfinite(overall) and np.isfinite(differential)
    return not known or classify_attrition(overall, differential).level == "high"


def _reliability(outcome: Outcome, reliabilities: pd.DataFrame, waves: tuple[str, str]) -> float:
    """Return the lowest coefficient at the two waves; missing if one wave has none."""
    mine = of_outcome(reliabilities, outcome)
    mine = mine[mine["status"] == "estimated"]
    found = [mine.loc[mine["wave"] == wave, "estimate"].min() for wave in waves]
    return float(min(found)) if all(np.isfinite(value) for value in found) else NAN
