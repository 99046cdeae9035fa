"""The design decides what is estimated and what is refused; every check can withhold a claim."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from eval_tools.comparison.branch import Branch, choose_branch
from eval_tools.comparison.change import compare_waves
from eval_tools.comparison.estimators import ESTIMATORS, SEED, Arms, estimate, least_favourable_p
from eval_tools.comparison.groups import compare_groups
from eval_tools.comparison.verdicts import judge_contrasts
from eval_tools.stats.cluster_robust import cluster_ancova, cluster_difference, cluster_mean_change
from eval_tools.stats.mixed_model import mixed_model
from eval_tools.stats.multiplicity import holm
from eval_tools.stats.randomisation import randomise_ancova, randomise_difference
from eval_tools.stats.sign_flip import sign_flip_test
from eval_tools.stats.site_level import site_mean_ancova, site_mean_difference
from eval_tools.stats.wild_bootstrap import wild_difference
from eval_tools.studies.study import Assignment, Group
from eval_tools.tables import RELIABILITIES
from synthetic_study import SyntheticTables, invent_school_study, synthetic_study

NO_INSTRUMENT = {"ces-d": SimpleNamespace(default_bands=lambda scale: None)}  # no screening line: no caseness
NO_RELIABILITY = pd.DataFrame(columns=list(RELIABILITIES.columns))
UNCERTAINTY = ["ci_low", "ci_high", "se", "df", "p_value", "p_adjusted"]


def invent(*arms, seed=3, **kwargs) -> SyntheticTables:
    n_programme, n_comparison = arms if len(arms) == 2 else (arms[0], 0)
    return invent_school_study(
        np.random.default_rng(seed), n_programme=n_programme, n_comparison=n_comparison, **kwargs
    )


def differences(tables, **kwargs) -> pd.DataFrame:
    return compare_groups(tables.scores, tables.participants, synthetic_study(**kwargs), wave="spring")


def changes(tables, **kwargs) -> pd.DataFrame:
    return compare_waves(tables.scores, tables.participants, synthetic_study(**kwargs), NO_INSTRUMENT, wave="spring")


def verdict(results, tables, study) -> pd.Series:
    table = judge_contrasts(
        results, tables.scores, tables.participants, NO_RELIABILITY, study, wave="spring", plan_locked=True
    )
    assert len(table) == 1
    return table.iloc[0]


def row(results, estimator) -> pd.Series:
    mine = results[results["estimator"] == estimator]
    assert len(mine) == 1
    return mine.iloc[0]


# --- which branch ------------------------------------------------------------------------------------------


def branch(programme, comparison, *, unit="site", randomised=False, has_sites=True, n=200, in_all=None) -> Branch:
    return choose_branch(
        Assignment(unit=unit, randomised=randomised),
        has_sites=has_sites,
        sites_programme=programme,
        sites_comparison=comparison,
        n_people=n,
        sites_in_all=in_all,
    )


BRANCHES = {
    # programme, comparison, randomised: branch, primary, claims, refused
    "one in an arm": (1, 8, False, "sites_describe", "mean_only", False, "one_site_in_an_arm"),
    "one in the other arm": (8, 1, False, "sites_describe", "mean_only", False, "one_site_in_an_arm"),
    "one in an arm by chance": (1, 8, True, "sites_describe", "mean_only", False, "one_site_in_an_arm"),
    "one in each": (1, 1, False, "sites_describe", "mean_only", False, "one_site_in_an_arm"),
    "none in an arm": (0, 8, False, "sites_describe", "mean_only", False, "one_site_in_an_arm"),
    "nobody has a site": (0, 0, False, "sites_describe", "mean_only", False, "sites_unknown"),
    "two in each": (2, 2, False, "sites_few", "site_means", False, "too_few_sites_for_a_claim"),
    "two in an arm": (2, 12, False, "sites_few", "site_means", False, "too_few_sites_for_a_claim"),
    "three in an arm": (3, 20, False, "sites_few", "site_means", False, "too_few_sites_for_a_claim"),
    "four in each": (4, 4, False, "sites_compared", "cr2_difference", True, None),
    "two in each by chance": (2, 2, True, "sites_randomised_few", "site_means", False, "too_few_sites_for_a_claim"),
    "five by chance": (3, 2, True, "sites_randomised_few", "site_means", False, "too_few_sites_for_a_claim"),
    "six by chance": (
        3, 3, True, "sites_randomised_few", "site_means_ancova", False, "too_few_sites_for_a_claim"
    ),
    "seven by chance": (
        4, 3, True, "sites_randomised_few", "site_means_ancova", False, "too_few_sites_for_a_claim"
    ),
    "three of many by chance": (
        3, 20, True, "sites_randomised_few", "site_means_ancova", False, "too_few_sites_for_a_claim"
    ),
    "eight by chance": (4, 4, True, "sites_randomised", "mixed_ancova", True, None),
    "single group of one": (1, None, False, "sites_describe", "mean_only", False, "fewer_than_four_sites"),
    "single group of three": (3, None, False, "sites_describe", "mean_only", False, "fewer_than_four_sites"),
    "single group of four": (4, None, False, "sites_single", "cr2_change", False, "too_few_sites_for_a_claim"),
    "single group of five": (5, None, False, "sites_single", "cr2_change", False, "too_few_sites_for_a_claim"),
    "single group of six": (6, None, False, "sites_single", "cr2_change", True, None),
    "single group without sites' names": (0, None, False, "sites_describe", "mean_only", False, "sites_unknown"),
}  # fmt: skip


@pytest.mark.parametrize("case", BRANCHES.values(), ids=BRANCHES.keys())
def test_whole_sites_get_the_branch_their_number_deserves(case):
    programme, comparison, randomised, name, primary, claims, refused = case
    found = branch(programme, comparison, randomised=randomised)
    assert (found.id, found.primary, found.claims) == (name, primary, claims)
    assert found.refused == (() if refused is None else (refused,))
    assert not found.checks or claims


def test_nobody_asked_twice_is_a_branch_of_its_own():
    for arms in ((6, 6), (0, 0), (6, None)):
        found = branch(*arms, n=0)
        assert (found.id, found.claims, found.refused) == ("nobody", False, ("nobody_asked_twice",))


def test_people_without_sites_are_compared_as_people():
    people = {"unit": "participant", "has_sites": False}
    alone = branch(0, None, **people)
    assert (alone.id, alone.primary, alone.checks) == ("people_single", "paired_t", ())
    chance = branch(0, 0, randomised=True, **people)
    assert (chance.id, chance.primary, chance.checks) == ("people_randomised", "ancova_hc3", ())
    chosen = branch(0, 0, **people)
    assert (chosen.id, chosen.primary, chosen.checks) == ("people_compared", "change_difference", ("ancova_hc3",))


def test_whole_sites_whose_names_nobody_knows_are_described():
    found = branch(0, 0, unit="site", has_sites=False, randomised=True)
    assert (found.id, found.claims, found.refused) == ("sites_describe", False, ("sites_unknown",))


def test_people_randomised_within_sites_need_four_different_sites():
    within = {"unit": "participant", "randomised": True}
    assert branch(4, 4, in_all=4, **within).id == "people_randomised_within_sites"
    assert branch(4, 4, in_all=4, **within).claims
    # three sites with people of both arms are three, not six
    assert branch(3, 3, in_all=3, **within).refused == ("fewer_than_four_sites",)
    assert not branch(4, 4, in_all=4, unit="participant").claims


def test_every_estimator_a_branch_names_exists():
    for programme, comparison, randomised, *_ in BRANCHES.values():
        found = branch(programme, comparison, randomised=randomised)
        assert {found.primary, *found.checks, *found.alongside} <= set(ESTIMATORS)
        assert found.primary not in found.checks


# --- the estimators are those of stats ---------------------------------------------------------------------


def same(found: pd.Series, expected, *, p_value=True) -> None:
    names = ("estimate", "ci_low", "ci_high", "se", "df", *(("p_value",) if p_value else ()))
    for name in names:
        assert found[name] == pytest.approx(getattr(expected, name), rel=1e-12, nan_ok=True), name
    assert (found["n"], found["status"]) == (expected.n, expected.status)


def columns_of(tables):
    wide = tables.scores.pivot_table(index="participant", columns="wave", values="score")
    people = tables.participants.set_index("participant").loc[wide.index]
    before, after = wide["autumn"].to_numpy(), wide["spring"].to_numpy()
    return before, after, (people["group"] == "programme").to_numpy(float), people["site"].tolist()


def test_compared_sites_get_the_numbers_of_the_statistics():
    tables = invent(6, 5)
    before, after, treat, site = columns_of(tables)
    results = differences(tables)
    same(row(results, "cr2_difference"), cluster_difference(after - before, treat, site).coefficient("difference"))
    same(row(results, "wild_bootstrap"), wild_difference(after - before, treat, site, rng=SEED).estimate)
    same(row(results, "placebo_permutation"), randomise_difference(after - before, treat, site, rng=SEED).estimate)
    same(row(results, "cr2_ancova"), cluster_ancova(before, after, treat, site).coefficient("difference"))
    assert results["role"].tolist() == ["primary", "check", "check", "alongside", *["detail"] * 4]
    assert set(results["n_sites"]) == {11}


def test_randomised_sites_get_the_numbers_of_the_statistics():
    tables = invent(4, 5)
    before, after, treat, site = columns_of(tables)
    results = differences(tables, randomised=True)
    design = np.column_stack([np.ones(treat.size), treat, before])
    mixed = mixed_model(after, design, site, names=["one", "treat", "before"]).coefficient("treat")
    same(row(results, "mixed_ancova"), mixed)
    same(row(results, "randomisation_ancova"), randomise_ancova(before, after, treat, site, rng=SEED).estimate)
    same(row(results, "cr2_ancova"), cluster_ancova(before, after, treat, site).coefficient("difference"))
    same(row(results, "site_means_ancova"), site_mean_ancova(before, after, treat, site).estimate)


def test_few_sites_get_the_numbers_of_the_statistics_without_p_values():
    tables = invent(2, 5)
    before, after, treat, site = columns_of(tables)
    results = differences(tables)
    same(row(results, "site_means"), site_mean_difference(after - before, treat, site).estimate, p_value=False)
    expected = randomise_difference(after - before, treat, site, rng=SEED).estimate
    assert row(results, "placebo_permutation")["estimate"] == pytest.approx(expected.estimate)
    tables = invent(3, 3)
    before, after, treat, site = columns_of(tables)
    few = differences(tables, randomised=True)
    same(row(few, "site_means_ancova"), site_mean_ancova(before, after, treat, site).estimate, p_value=False)


def test_a_single_group_gets_the_numbers_of_the_statistics():
    tables = invent(7)
    before, after, _, site = columns_of(tables)
    results = changes(tables, single_group=True)
    same(row(results, "cr2_change"), cluster_mean_change(after - before, site).coefficient("mean"))
    flipped = sign_flip_test(after - before, sites=site, rng=SEED)
    check = row(results, "sign_flip")
    assert check["p_value"] == float(flipped.p_value[0])
    assert check["estimate"] == float(flipped.mean[0])
    primary = row(results, "cr2_change")
    assert primary["df"] >= 4
    assert primary["p_adjusted"] == max(check["p_value"] / 2, primary["p_value"])


# --- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("randomised", [False, True], ids=["compared", "randomised"])
@pytest.mark.parametrize("arms", [(1, 1), (1, 4), (4, 1), (2, 2), (2, 6), (3, 3), (4, 3), (3, 8)], ids=str)
def test_a_branch_without_claims_has_no_p_value_anywhere(arms, randomised):
    tables = invent(*arms, effect=30)
    results = differences(tables, randomised=randomised)
    assert results[["p_value", "p_adjusted"]].isna().all(axis=None)
    judged = verdict(results, tables, synthetic_study(randomised=randomised))
    assert (judged["verdict"], bool(judged["refused"])) == ("no_claim", True)


@pytest.mark.parametrize("sites", [1, 3, 4, 5])
def test_a_single_group_of_few_sites_has_no_p_value_anywhere(sites):
    tables = invent(sites, effect=30)
    results = changes(tables, single_group=True)
    assert results[["p_value", "p_adjusted"]].isna().all(axis=None)
    assert np.isfinite(row(results, results["estimator"].iloc[0])["ci_low"]) == (sites >= 4)
    assert verdict(results, tables, synthetic_study(single_group=True))["verdict"] == "no_claim"


@pytest.mark.parametrize("arms", [(1, 6), (6, 1), (1, 1)], ids=str)
def test_one_school_in_an_arm_has_a_number_and_nothing_that_makes_it_look_certain(arms):
    tables = invent(*arms)
    before, after, treat, _ = columns_of(tables)
    results = differences(tables)
    assert results[UNCERTAINTY].isna().all(axis=None)
    assert results["estimator"].tolist() == ["mean_only", "simultaneous", "difference_g", "equivalence"]
    change = (after - before)[~np.isnan(after)], treat[~np.isnan(after)]
    expected = change[0][change[1] == 1].mean() - change[0][change[1] == 0].mean()
    assert row(results, "mean_only")["estimate"] == pytest.approx(expected)
    judged = verdict(results, tables, synthetic_study())
    assert (judged["verdict"], judged["refused"]) == ("no_claim", "one_site_in_an_arm")
    assert "few_sites" in judged["reasons"]


def test_one_person_in_an_arm_has_no_difference():
    arms = Arms(
        before=np.array([1.0, 2, 3]),
        after=np.array([4.0, 4, 9]),
        treat=np.array([1.0, 0, 0]),
        site=np.array(["a", "b", "b"]),
    )
    for name in ("mean_only", "change_difference"):
        found = estimate(name, arms)
        assert np.isnan(found.estimate)
        assert found.status == "too_few_people"


def test_whole_sites_without_names_count_as_few_sites():
    tables = invent(6, 6)
    unnamed = replace(tables, participants=tables.participants.assign(site=""))
    judged = verdict(differences(unnamed), unnamed, synthetic_study())
    assert (judged["verdict"], judged["refused"]) == ("no_claim", "sites_unknown")
    assert "few_sites" in judged["reasons"]


def test_nobody_asked_twice_is_told_so():
    tables = invent(6, 6, drop_out=1.0)
    results = differences(tables)
    assert set(results["branch"]) == {"nobody"}
    assert results["estimate"].isna().all()
    judged = verdict(results, tables, synthetic_study())
    assert (judged["verdict"], judged["refused"], judged["n"]) == ("no_claim", "nobody_asked_twice", 0)


def test_sites_with_people_of_both_arms_are_counted_once():
    tables = invent(3, 3)
    schools = [f"school-{i % 3}" for i in range(len(tables.participants))]
    shared = replace(tables, participants=tables.participants.assign(site=schools))
    results = differences(shared, unit="participant", randomised=True)
    assert set(results["branch"]) == {"sites_describe"}
    assert set(results["n_sites"]) == {3}


# --- the least favourable decides --------------------------------------------------------------------------


@pytest.mark.parametrize(("arms", "randomised"), [((6, 6), False), ((8, 4), False), ((6, 6), True)], ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_a_check_counts_with_half_its_p_value_and_the_largest_decides(arms, randomised, seed):
    results = differences(invent(*arms, seed=seed, effect=-4), randomised=randomised)
    checks = results[results["role"] == "check"]
    assert len(checks) == 2
    primary = results[results["role"] == "primary"].iloc[0]
    assert primary["df"] >= 4
    assert primary["p_adjusted"] == max(primary["p_value"], checks["p_value"].max() / 2)
    assert results.loc[results["role"] != "primary", "p_adjusted"].isna().all()


def arms_of_one_giant():
    rng = np.random.default_rng(8)
    sizes = [400, 8, 8, 8, 8, 8, 8, 8]
    site = np.repeat([f"s{i}" for i in range(8)], sizes)
    treat = np.repeat([1.0, 1, 1, 1, 0, 0, 0, 0], sizes)
    before = rng.normal(20, 5, site.size)
    return Arms(before=before, after=before - 8 * treat + rng.normal(0, 1, site.size), treat=treat, site=site)


def test_with_fewer_than_four_degrees_of_freedom_the_checks_decide_at_the_full_level():
    arms = arms_of_one_giant()
    chosen = branch(4, 4)
    estimates = {name: estimate(name, arms) for name in (chosen.primary, *chosen.checks)}
    assert estimates["cr2_difference"].df < 4
    assert estimates["cr2_difference"].p_value < 0.05
    largest = max(estimates["wild_bootstrap"].p_value, estimates["placebo_permutation"].p_value)
    assert least_favourable_p(chosen, estimates) == largest
    within = branch(8, 8, in_all=8, unit="participant", randomised=True)
    assert np.isnan(least_favourable_p(within, {"cr2_ancova": replace(estimates["cr2_difference"], df=3.99)}))
    assert least_favourable_p(within, {"cr2_ancova": replace(estimates["cr2_difference"], df=4.0)}) < 0.05


def with_p_values(primary: float, *checks: float) -> float:
    chosen = branch(4, 4)
    found = replace(estimate("cr2_difference", arms_of_one_giant()), df=8.0)
    p_values = dict(zip((chosen.primary, *chosen.checks), (primary, *checks), strict=True))
    return least_favourable_p(chosen, {name: replace(found, p_value=p) for name, p in p_values.items()})


def test_a_check_withholds_a_claim_only_where_it_would_not_reject_at_twice_the_level():
    assert with_p_values(0.04, 0.08, 0.01) == 0.04
    assert with_p_values(0.04, 0.12, 0.01) == 0.06
    assert with_p_values(0.01, 0.01, 0.5) == 0.25
    assert with_p_values(0.06, 0.001, 0.001) == 0.06  # checks never make a claim


def test_a_check_without_a_p_value_makes_no_claim():
    assert np.isnan(with_p_values(0.01, float("nan"), 0.01))
    assert np.isnan(with_p_values(float("nan"), 0.01, 0.01))


def three_programmes():
    """Two programme groups with six sites each, one with one, and six comparison sites."""
    tables = invent(13, 6, effect=-5)
    site = tables.participants["site"]
    group = tables.participants["group"].where(site >= "school-06", "early")
    group = group.where((group != "programme") | (site < "school-12"), "lone")
    study = synthetic_study()
    names = {name: Group(id=name, role="programme", title={}) for name in ("early", "programme", "lone")}
    study = replace(study, groups={**names, "comparison": study.groups["comparison"]})
    return replace(tables, participants=tables.participants.assign(group=group)), study


def test_holm_goes_over_the_least_favourable_p_values_and_refused_contrasts_are_no_question():
    tables, study = three_programmes()
    results = compare_groups(tables.scores, tables.participants, study, wave="spring")
    primary = results[results["role"] == "primary"].set_index("group")
    counted = results["p_value"] / results["role"].map({"primary": 1.0, "check": 2.0})
    asked = counted.groupby(results["group"]).max()
    assert primary["p_adjusted"].isna().to_dict() == {"early": False, "programme": False, "lone": True}
    both = ["early", "programme"]
    assert primary.loc[both, "p_adjusted"].tolist() == holm(asked[both]).tolist()
    assert (primary.loc[both, "p_adjusted"] > asked[both]).any()
    # the intervals that hold together allow for all three
    assert set(results.loc[results["estimator"] == "simultaneous", "ci_level"]) == {1 - 0.05 / 3}


def test_changes_of_several_outcomes_in_a_single_group_are_adjusted_for_their_number():
    tables = invent(9, effect=-5)
    study = synthetic_study(single_group=True)
    (outcome,) = study.plan.outcomes
    second = replace(outcome, instrument="ahi", better="higher")
    study = replace(study, plan=replace(study.plan, outcomes=(outcome, second)))
    rng = np.random.default_rng(1)
    other = tables.scores.assign(instrument="ahi", score=-tables.scores["score"] + rng.normal(0, 4, len(tables.scores)))
    scores = pd.concat([tables.scores, other], ignore_index=True)
    lines = {**NO_INSTRUMENT, "ahi": NO_INSTRUMENT["ces-d"]}
    results = compare_waves(scores, tables.participants, study, lines, wave="spring")
    counted = results["p_value"] / results["role"].map({"primary": 1.0, "check": 2.0})
    asked = counted.groupby(results["outcome"], sort=False).max()
    primary = results[results["role"] == "primary"]
    assert primary["p_adjusted"].tolist() == holm(asked).tolist()
    judged = judge_contrasts(
        results, scores, tables.participants, NO_RELIABILITY, study, wave="spring", plan_locked=True
    )
    claimed = ["better" if p < 0.05 else "unclear" for p in primary["p_adjusted"]]
    assert judged["verdict"].tolist() == claimed


def test_without_a_comparison_every_group_is_judged_by_itself():
    tables = invent(8, 8, effect=-9)
    study = synthetic_study()
    groups = {name: replace(group, role="programme") for name, group in study.groups.items()}
    study = replace(study, groups=groups)
    results = compare_waves(tables.scores, tables.participants, study, NO_INSTRUMENT, wave="spring")
    judged = judge_contrasts(
        results, tables.scores, tables.participants, NO_RELIABILITY, study, wave="spring", plan_locked=True
    ).set_index("group")
    assert judged["verdict"].to_dict() == {"programme": "better", "comparison": "unclear"}
    assert set(judged["sites_group"]) == {8}
    of_group = results[(results["role"] == "primary") & (results["group"] != "all")].set_index("group")
    assert judged["n"].to_dict() == of_group["n"].to_dict()


# --- one site left out -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arms", "randomised", "estimator"),
    [((5, 4), False, "cr2_difference"), ((2, 4), False, "site_means"), ((4, 4), True, "mixed_ancova")],
)
def test_the_range_holds_every_estimate_with_one_site_left_out(arms, randomised, estimator):
    tables = invent(*arms)
    before, after, treat, site = columns_of(tables)
    everybody = Arms(before=before, after=after, treat=treat, site=np.array(site))
    values = []
    for each in sorted(set(site)):
        found = estimate(estimator, everybody.without_site(each)).estimate
        assert np.isfinite(found)
        values.append(found)
    left_out = row(differences(tables, randomised=randomised), "leave_one_site_out")
    assert (left_out["ci_low"], left_out["ci_high"]) == pytest.approx((min(values), max(values)), rel=1e-9)
    assert left_out["ci_low"] < left_out["estimate"] < left_out["ci_high"]
    assert np.isnan(left_out["p_value"])


# --- nothing but the data decides --------------------------------------------------------------------------


def as_csv(table) -> bytes:
    text = io.StringIO()
    table.to_csv(text, index=False)
    return text.getvalue().encode()


@pytest.mark.parametrize("randomised", [False, True])
def test_the_same_input_gives_the_same_bytes(randomised):
    tables = invent(13, 7)  # 77 520 assignments are counted, 2^20 sign vectors are drawn
    assert as_csv(differences(tables, randomised=randomised)) == as_csv(differences(tables, randomised=randomised))
    single = invent(22)  # more sites than are flipped one by one
    assert as_csv(changes(single, single_group=True)) == as_csv(changes(single, single_group=True))


@pytest.mark.parametrize("randomised", [False, True])
def test_order_of_people_and_names_of_sites_change_nothing(randomised):
    tables = invent(5, 4)
    numbers = ["estimate", "ci_low", "ci_high", "se", "df", "p_value", "p_adjusted"]
    first = differences(tables, randomised=randomised)
    mixed = SyntheticTables(
        scores=tables.scores.sample(frac=1, random_state=1),
        participants=tables.participants.sample(frac=1, random_state=2),
    )
    assert as_csv(differences(mixed, randomised=randomised)) == as_csv(first)
    sites = sorted(set(tables.participants["site"]))
    names = dict(zip(sites, [f"x{i}" for i in (4, 8, 1, 0, 7, 3, 2, 6, 5)], strict=True))
    renamed = replace(tables, participants=tables.participants.replace({"site": names}))
    again = differences(renamed, randomised=randomised)
    # sums run in another order: equal to rounding
    np.testing.assert_allclose(again[numbers].to_numpy(float), first[numbers].to_numpy(float), rtol=1e-6, atol=1e-9)
    assert again["branch"].tolist() == first["branch"].tolist()
