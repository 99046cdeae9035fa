"""What may be said of a stepped roll-out, and how certainly: VERDICTS of the contrast ``stepped``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eval_tools.comparison.certainty import Evidence, rate_certainty
from eval_tools.comparison.groups import pooled_sd
from eval_tools.comparison.linked import link_waves
from eval_tools.comparison.rows import NAN
from eval_tools.comparison.stepped import BRANCH, SteppedFound, estimate_stepped
from eval_tools.comparison.verdicts import _lost, _reliability, verdict_of  # the same rules, one place
from eval_tools.stats.attrition import classify_attrition
from eval_tools.stats.effect_size import standardised_difference
from eval_tools.studies.study import Outcome, Study
from eval_tools.tables import VERDICTS, check_table

if TYPE_CHECKING:
    import pandas as pd


def judge_stepped(
    results: pd.DataFrame,
    scores: pd.DataFrame,
    participants: pd.DataFrame,
    reliabilities: pd.DataFrame,
    study: Study,
    *,
    wave: str,
    plan_locked: bool,
) -> pd.DataFrame:
    """Judge every outcome of a stepped roll-out: verdict, certainty and reasons.

    Parameters and table are those of :func:`eval_tools.comparison.verdicts.judge_contrasts`. ``refused`` holds the
    reason why there is no estimate (``starts_merged``, ``nobody_before``, ``nobody_waiting``, ``too_few_sites``), or
    ``too_few_for_a_claim``, ``all_started`` (at some wave nobody waits any more), ``incomplete_sites`` (sites without
    people at some wave were left out).
    """
    import pandas as pd

    rows = []
    for outcome in study.plan.outcomes:
        found = estimate_stepped(scores, participants, outcome, study, wave=wave)
        linked = link_waves(scores, participants, outcome, baseline=study.baseline.id, wave=_last(found))
        reliability = _reliability(outcome, reliabilities, (study.baseline.id, wave))
        mine = results[(results["outcome"] == outcome.id) & (results["contrast"] == "stepped")]
        rows.append(_judge(mine, found, linked, outcome, study, wave, reliability, plan_locked))
    return check_table(pd.DataFrame(rows, columns=list(VERDICTS.columns)), VERDICTS)


def _last(found: SteppedFound) -> str:
    """Return the last wave at which somebody still waits; the last wave of all if there is no comparison."""
    return found.panel.waves[max((cell.wave for cell in found.effect.cells), default=-1)]


def _judge(
    results: pd.DataFrame,
    found: SteppedFound,
    linked: pd.DataFrame,
    outcome: Outcome,
    study: Study,
    wave: str,
    reliability: float,
    plan_locked: bool,
) -> dict[str, object]:
    effect, panel = found.effect, found.panel
    primary = results[results["role"] == "primary"].iloc[0]
    left_out = results[results["estimator"] == "leave_one_site_out"]
    last = panel.waves.index(_last(found))
    started = {
        site for site, start in zip(panel.sites, panel.starts, strict=True) if start is not None and start <= last
    }
    here = linked["site"].isin(started)
    arms = [linked[here], linked[~here]]
    lost = [_lost(people) for people in arms]
    overall = _lost(linked)
    differential = abs(lost[0] - lost[1])
    known = overall == overall and differential == differential
    twice = [people.dropna(subset=["before", "after"])["before"].to_numpy() for people in arms]
    sd = pooled_sd(linked)
    low, high = (float(primary[end]) / sd if sd > 0 else NAN for end in ("ci_low", "ci_high"))
    waiting = max((cell.sites_waiting for cell in effect.cells), default=0)
    certainty = rate_certainty(
        Evidence(
            design="randomised" if study.assignment.randomised else "compared",
            attrition_overall=overall,
            attrition_high=not known or classify_attrition(overall, differential).level == "high",
            fewest_sites=min(effect.sites_started, waiting),
            df=NAN,
            benefit_low=low if outcome.better == "higher" else -high,
            benefit_high=high if outcome.better == "higher" else -low,
            imbalance=standardised_difference(*twice).estimate,
            prior_low=NAN,
            prior_high=NAN,
            reliability=reliability,
            reliability_floor=study.plan.reliability_floor,
            sign_changes=bool(len(left_out))
            and float(left_out["ci_low"].iloc[0]) < 0 < float(left_out["ci_high"].iloc[0]),
            plan_locked=plan_locked,
        )
    )
    return {
        "outcome": outcome.id,
        "contrast": "stepped",
        "group": primary["group"],
        "reference": "",
        "baseline": study.baseline.id,
        "wave": wave,
        "branch": BRANCH,
        "primary": "stepped_att",
        "verdict": verdict_of(
            float(primary["estimate"]),
            float(primary["p_adjusted"]),
            outcome.better,
            claims=found.claims,
            level=1 - float(primary["ci_level"]),
        ),
        "certainty": certainty.level,
        "reasons": ", ".join(certainty.reasons),
        "refused": ", ".join(found.refused),
        "sites_group": effect.sites_started,
        "sites_reference": waiting,
        "n": found.n,
        "smallest_count": found.smallest_count,
    }
