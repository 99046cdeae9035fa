"""Subgroups are asked one question, whether they differ; informants stand side by side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from eval_tools.comparison.informants import compare_informants
from eval_tools.comparison.subgroups import compare_subgroups
from eval_tools.stats.multiplicity import benjamini_hochberg
from eval_tools.studies.constructs import side_by_side
from eval_tools.studies.study import Outcome, Subgroup
from eval_tools.tables import SUBGROUPS
from synthetic_study import invent_school_study, synthetic_study

LEVELS = {"girl": {}, "boy": {}, "unsaid": {}}


def plan_for(study, *, levels=("girl", "boy"), min_cell=1):
    subgroup = Subgroup(id="sex", title={}, levels={name: LEVELS[name] for name in levels})
    disclosure = replace(study.disclosure, min_cell=min_cell)
    return replace(
        study, subgroups={"sex": subgroup}, plan=replace(study.plan, subgroups=("sex",)), disclosure=disclosure
    )


def divide(tables, levels=("girl", "boy"), *, known=lambda i: True) -> pd.DataFrame:
    """Give everybody a level in turn."""
    people = tables.participants["participant"]
    rows = [(who, "sex", levels[i % len(levels)]) for i, who in enumerate(people) if known(i)]
    return pd.DataFrame(rows, columns=list(SUBGROUPS.columns))


def schools(programme=8, comparison=6, *, seed=4, **how):
    rng = np.random.default_rng(seed)
    return invent_school_study(rng, n_programme=programme, n_comparison=comparison, **how)


def compare(tables, levels, study) -> pd.DataFrame:
    return compare_subgroups(tables.scores, tables.participants, levels, study, wave="spring")


def favour(tables, levels, points, *, arm="programme", level="boy"):
    """Move the later scores of one level in one arm."""
    mine = set(levels.loc[levels["level"] == level, "participant"])
    mine &= set(tables.participants.loc[tables.participants["group"] == arm, "participant"])
    scores = tables.scores.copy()
    scores.loc[scores["participant"].isin(mine) & (scores["wave"] == "spring"), "score"] += points
    return replace(tables, scores=scores)


def test_a_difference_between_levels_in_one_arm_is_found_and_has_the_sign_of_the_first_named():
    tables = schools(largest_site=60, smallest_site=40)
    levels, study = divide(tables), plan_for(synthetic_study())
    (before,) = compare(tables, levels, study).to_dict("records")
    (row,) = compare(favour(tables, levels, -8.0), levels, study).to_dict("records")
    assert (row["subgroup"], row["contrast"], row["group"]) == ("sex.boy.girl", "interaction", "programme")
    assert row["estimate"] - before["estimate"] == pytest.approx(-8.0)
    assert row["p_adjusted"] < 0.05
    assert row["ci_high"] < 0
    (other,) = compare(favour(tables, levels, -8.0, arm="comparison"), levels, study).to_dict("records")
    assert other["estimate"] - before["estimate"] == pytest.approx(8.0)


def test_a_level_that_moved_alike_in_both_arms_is_no_difference_between_levels_in_what_is_compared():
    tables = schools()
    levels, study = divide(tables), plan_for(synthetic_study())
    moved = favour(favour(tables, levels, -8.0), levels, -8.0, arm="comparison")
    assert compare(moved, levels, study)["estimate"].iloc[0] == pytest.approx(
        compare(tables, levels, study)["estimate"].iloc[0]
    )


def test_people_without_schools_get_the_interval_of_welch():
    tables = schools(12, 0)
    people = tables.participants.assign(site="")
    levels, study = divide(tables), plan_for(synthetic_study(unit="none", single_group=True))
    (row,) = compare_subgroups(tables.scores, people, levels, study, wave="spring").to_dict("records")
    wide = tables.scores.pivot_table(index="participant", columns="wave", values="score").dropna()
    change = wide["spring"] - wide["autumn"]
    of = levels.set_index("participant")["level"].reindex(change.index)
    found = stats.ttest_ind(change[of == "boy"], change[of == "girl"], equal_var=False)
    assert row["estimator"] == "welch_interaction"
    assert row["p_value"] == pytest.approx(found.pvalue, rel=1e-9)
    low, high = found.confidence_interval(0.95)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high), rel=1e-9)


@pytest.mark.parametrize("arms", [(1, 1), (1, 8), (8, 1), (3, 8), (3, 3), (2, 1), (3, 0)])
def test_few_schools_in_an_arm_are_refused_however_many_children(arms):
    tables = schools(*arms, smallest_site=150, largest_site=200)
    levels = divide(tables)
    study = plan_for(synthetic_study(single_group=not arms[1]))
    (row,) = compare(favour(tables, levels, -30.0), levels, study).to_dict("records")
    assert row["status"] == "too_few_sites"
    assert np.isnan([row["estimate"], row["ci_low"], row["p_value"], row["p_adjusted"]]).all()


def test_a_level_that_only_few_schools_have_is_refused():
    tables = schools(8, 8)
    some = set(tables.participants["site"].unique()[[0, 1, 2, 8, 9, 10]])
    in_some = tables.participants["site"].isin(some)
    levels = divide(tables).assign(level=np.where(in_some, "boy", "girl"))
    assert compare(tables, levels, plan_for(synthetic_study()))["status"].tolist() == ["too_few_sites"]


@pytest.mark.parametrize(
    ("n", "min_cell", "status"), [(9, 1, "too_few_people"), (10, 1, "estimated"), (14, 15, "too_few_people")]
)
def test_a_level_with_few_people_in_an_arm_is_refused(n, min_cell, status):
    tables = schools(drop_out=0.0)
    levels = divide(tables)
    programme = set(tables.participants.loc[tables.participants["group"] == "programme", "participant"])
    boys = levels[(levels["level"] == "boy") & levels["participant"].isin(programme)]
    sites = tables.participants.set_index("participant")["site"]
    spread = boys.assign(turn=boys.groupby(boys["participant"].map(sites)).cumcount()).sort_values("turn")
    kept = levels.drop(index=spread.index[n:])
    (row,) = compare(tables, kept, plan_for(synthetic_study(), min_cell=min_cell)).to_dict("records")
    assert (row["status"], row["smallest_count"]) == (status, n)
    assert np.isnan(row["estimate"]) == (status != "estimated")


def test_people_of_unknown_level_do_not_enter():
    tables = schools(drop_out=0.0)
    study = plan_for(synthetic_study())
    levels = divide(tables, known=lambda i: i % 5)
    (row,) = compare(tables, levels, study).to_dict("records")
    assert row["n"] == len(levels) < len(tables.participants)


def test_every_further_level_is_compared_with_the_first_and_all_share_one_allowance():
    tables = schools()
    study = plan_for(synthetic_study(), levels=("girl", "boy", "unsaid"))
    rows = compare(tables, divide(tables, ("girl", "boy", "unsaid")), study)
    assert rows["subgroup"].tolist() == ["sex.boy.girl", "sex.unsaid.girl"]
    assert rows["p_adjusted"].tolist() == benjamini_hochberg(rows["p_value"]).tolist()
    assert (rows["p_adjusted"] >= rows["p_value"]).all()


def test_a_design_that_allows_no_claim_gives_an_interval_without_a_p_value():
    tables = schools(smallest_site=30)
    mixed = tables.participants.assign(site=[f"school-{i // 3 % 8}" for i in range(len(tables.participants))])
    tables, study = replace(tables, participants=mixed), plan_for(synthetic_study(unit="participant"))
    (row,) = compare(tables, divide(tables), study).to_dict("records")
    assert row["branch"] == "people_randomised_within_sites"
    assert np.isfinite([row["ci_low"], row["ci_high"]]).all()
    assert np.isnan([row["p_value"], row["p_adjusted"]]).all()


def test_a_plan_without_subgroups_gives_no_row():
    tables = schools()
    assert compare(tables, divide(tables), synthetic_study()).empty


def test_under_a_true_null_no_more_than_the_usual_share_is_called_clear():
    study, clear, n = plan_for(synthetic_study()), 0, 400
    for seed in range(n):
        tables = schools(6, 6, seed=seed, smallest_site=10, largest_site=25)
        row = compare(tables, divide(tables), study).iloc[0]
        clear += bool(row["p_adjusted"] < 0.05)
    assert clear / n <= 0.08  # 5 % and three standard errors of the simulation


# --- informants ------------------------------------------------------------------------------------------------


def two_informants(*, sites=True):
    tables = schools(6, 0, drop_out=0.0)
    teachers = tables.scores.assign(informant="teacher")
    noise = np.random.default_rng(8).normal(size=len(teachers))
    teachers["score"] = 0.5 * teachers["score"] + 6 * noise
    study = synthetic_study(unit="none", single_group=True)
    (outcome,) = study.plan.outcomes
    outcomes = tuple(replace(outcome, informant=name) for name in ("child", "teacher"))
    study = replace(study, plan=replace(study.plan, outcomes=outcomes), informants=("teacher", "child"))
    people = tables.participants if sites else tables.participants.assign(site="")
    return pd.concat([tables.scores, teachers], ignore_index=True), people, study


def test_two_informants_are_correlated_over_the_people_both_told_about():
    scores, people, study = two_informants(sites=False)
    missing = scores[(scores["informant"] == "teacher") & (scores["wave"] == "autumn")].index[:7]
    scores.loc[missing, "score"] = np.nan
    (row,) = compare_informants(scores, people, study, {}, wave="spring").to_dict("records")
    assert (row["outcome"], row["reference"]) == ("ces-d.total.teacher", "ces-d.total.child"), "order of study.yaml"
    autumn = scores[scores["wave"] == "autumn"].pivot_table(index="participant", columns="informant", values="score")
    both = autumn.dropna()
    found = stats.pearsonr(both["child"], both["teacher"])
    assert row["n"] == len(both) == len(autumn) - 7
    assert row["estimate"] == pytest.approx(found.statistic)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(tuple(found.confidence_interval(0.95)))


def test_children_of_one_school_are_alike_so_that_the_correlation_has_no_interval():
    scores, people, study = two_informants()
    (row,) = compare_informants(scores, people, study, {}, wave="spring").to_dict("records")
    assert np.isfinite(row["estimate"])
    assert np.isnan([row["ci_low"], row["ci_high"], row["p_value"]]).all()
    assert row["status"] == "needs_sites"


def test_forms_of_one_family_are_one_construct_and_other_questionnaires_are_not():
    _, _, study = two_informants()
    form = type("Form", (), {"family": "sdq"})
    outcomes = tuple(
        Outcome(instrument=name, scale="total", better="lower", smallest_worthwhile=None, rank="primary", informant=who)
        for name, who in (("sdq-s", "child"), ("sdq-t", "teacher"), ("ces-d", "child"))
    )
    study = replace(study, plan=replace(study.plan, outcomes=outcomes))
    found = side_by_side(study, {"sdq-s": form, "sdq-t": form})
    assert [[outcome.id for outcome in construct] for construct in found] == [
        ["sdq-t.total.teacher", "sdq-s.total.child"]
    ]
