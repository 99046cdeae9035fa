"""RESULTS and VERDICTS of stepped roll-outs, and of several regions."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eval_tools.comparison.groups import compare_groups
from eval_tools.comparison.regions import FEWEST_REGIONS, compare_regions
from eval_tools.comparison.stepped import compare_stepped, lay_out_sites
from eval_tools.comparison.stepped_verdict import judge_stepped
from eval_tools.privacy.disclosure import DisclosureRule, hide_parts
from eval_tools.stats.prediction import predict_another
from eval_tools.stats.stepped import stepped_effect
from eval_tools.stats.synthesis import synthesise
from eval_tools.studies.study import Assignment, Region, Wave
from eval_tools.tables import RELIABILITIES, RESULTS, VERDICTS, check_table
from synthetic_study import SyntheticTables, invent_school_study, synthetic_study

WAVES = ("autumn", "spring", "autumn-2", "spring-2")
NO_RELIABILITY = pd.DataFrame(columns=list(RELIABILITIES.columns))
STARTS = (1, 1, 2, 2, 3, 3, 4, 4)  # a start beyond the last wave is never


def stepped_study(starts=STARTS, *, randomised=False):
    study = synthetic_study(randomised=randomised, single_group=True)
    waves = {w: Wave(id=w, role="after" if i else "before", title={}) for i, w in enumerate(WAVES)}
    named = {
        WAVES[i]: tuple(f"school-{s:02}" for s, start in enumerate(starts) if start == i)
        for i in (1, 2, 3)
        if i in starts
    }
    return replace(study, waves=waves, assignment=Assignment(unit="site", randomised=randomised, starts=named))


def stepped_tables(starts=STARTS, *, effect=-3.0, children=12, seed=4):
    """Scores of schools that start stepwise: everybody's first wave, and three later ones, a tenth of them missing."""
    rng = np.random.default_rng(seed)
    people, rows = [], []
    for s, start in enumerate(starts):
        drift = rng.normal(0, 0.5, 4).cumsum()
        for child in range(children):
            who, trait = f"p{s:02}{child:03}", rng.normal(25, 6)
            people.append({"participant": who, "group": "programme", "site": f"school-{s:02}"})
            for t, wave in enumerate(WAVES):
                score = trait + drift[t] + (effect if t >= start else 0) + rng.normal(0, 2)
                rows.append({"participant": who, "wave": wave, "score": score if rng.random() > 0.1 else np.nan})
    scores = pd.DataFrame(rows).assign(informant="child", instrument="ces-d", scale="total", n_answered=20, band="")
    return SyntheticTables(scores=scores, participants=pd.DataFrame(people))


def one(rows, **wanted):
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1
    return rows.iloc[0]


def judge(rows, tables, study, wave="spring-2"):
    table = judge_stepped(rows, tables.scores, tables.participants, NO_RELIABILITY, study, wave=wave, plan_locked=True)
    check_table(table, VERDICTS)
    return one(table)


# --- stepped -----------------------------------------------------------------------------------------------


def test_site_means_are_mean_changes_of_people_asked_at_the_baseline_and_at_the_wave():
    tables, study = stepped_tables(), stepped_study()
    panel = lay_out_sites(tables.scores, tables.participants, study.plan.outcomes[0], study, wave="spring-2")
    assert panel.waves == WAVES
    assert panel.starts == (1, 1, 2, 2, 3, 3, None, None)
    wide = tables.scores.pivot(index="participant", columns="wave", values="score")
    mine = wide[wide.index.str.startswith("p03")]
    change = (mine["autumn-2"] - mine["autumn"]).dropna()
    assert panel.means[3, 2] == pytest.approx(change.mean())
    assert panel.people[3, 2] == len(change)
    assert (panel.means[:, 0] == 0).all()


def test_rows_are_those_of_the_panel_with_people_sites_method_and_estimand():
    tables, study = stepped_tables(), stepped_study()
    rows = check_table(compare_stepped(tables.scores, tables.participants, study, wave="spring-2"), RESULTS)
    panel = lay_out_sites(tables.scores, tables.participants, study.plan.outcomes[0], study, wave="spring-2")
    found = stepped_effect(panel.means, panel.starts)
    main = one(rows, estimator="stepped_att", subgroup="all")
    for name in ("estimate", "ci_low", "ci_high", "p_value"):
        assert main[name] == getattr(found.overall, name)
    assert (main["role"], main["n_sites"], main["contrast"], main["reference"]) == ("primary", 8, "stepped", "")
    assert "not yet started" in main["estimand"]
    wide = tables.scores.dropna(subset=["score"]).groupby("participant")["wave"].agg(set)
    assert main["n"] == sum("autumn" in waves and len(waves) > 1 for waves in wide)
    within = one(rows, estimator="stepped_within")
    assert (within["role"], within["estimate"]) == ("check", found.within_period.estimate)
    since = rows[rows["subgroup"].str.startswith("since_start:")]
    assert since["subgroup"].tolist() == ["since_start:0", "since_start:1", "since_start:2"]
    assert since["n_sites"].tolist() == [6, 4, 2]
    assert since["estimate"].tolist() == [each.estimate.estimate for each in found.by_time]
    assert main["p_adjusted"] == max(main["p_value"], within["p_value"])
    left_out = one(rows, estimator="leave_one_site_out")
    assert left_out["ci_low"] < main["estimate"] < left_out["ci_high"]


def test_a_known_effect_is_called_better_and_none_is_not():
    study = stepped_study()
    for effect, verdict in ((-3.0, "better"), (3.0, "worse"), (0.0, "unclear")):
        tables = stepped_tables(effect=effect)
        rows = compare_stepped(tables.scores, tables.participants, study, wave="spring-2")
        row = judge(rows, tables, study)
        assert row["verdict"] == verdict
        assert (row["branch"], row["refused"], row["sites_group"], row["sites_reference"]) == ("stepped", "", 6, 6)
        assert "not_randomised" in row["reasons"]


def test_with_fewer_than_six_sites_nothing_is_claimed_and_no_p_value_given():
    starts = (1, 2, 3, 4)
    tables, study = stepped_tables(starts, effect=-9.0), stepped_study(starts)
    rows = compare_stepped(tables.scores, tables.participants, study, wave="spring-2")
    assert rows[["p_value", "p_adjusted"]].isna().all(axis=None)
    row = judge(rows, tables, study)
    assert (row["verdict"], row["refused"]) == ("no_claim", "too_few_for_a_claim")
    alone = one(rows, subgroup="since_start:2")
    assert (alone["n_sites"], alone["status"]) == (1, "too_few_sites")
    assert np.isnan(alone["estimate"])


def test_an_interim_term_uses_what_was_seen_by_then():
    tables, study = stepped_tables(), stepped_study()
    rows = compare_stepped(tables.scores, tables.participants, study, wave="spring")
    early = tables.scores[tables.scores["wave"].isin(["autumn", "spring"])]
    again = compare_stepped(early, tables.participants, study, wave="spring")
    pd.testing.assert_frame_equal(rows, again)
    assert one(rows, estimator="stepped_att", subgroup="all")["status"] == "estimated"
    assert set(rows["subgroup"]) == {"all", "since_start:0"}


def test_starts_that_only_an_occasion_without_answers_tells_apart_are_refused_with_that_reason():
    starts = (1, 1, 1, 2, 2, 2)
    tables, study = stepped_tables(starts), stepped_study(starts)
    keep = tables.scores["wave"].isin(["autumn", "autumn-2"])
    rows = compare_stepped(tables.scores[keep], tables.participants, study, wave="autumn-2")
    row = judge(rows, replace(tables, scores=tables.scores[keep]), study, wave="autumn-2")
    assert one(rows, estimator="stepped_att")["status"] == "too_few_sites"
    assert np.isnan(one(rows, estimator="stepped_att")["estimate"])
    assert (row["verdict"], row["refused"]) == ("no_claim", "starts_merged")


def test_a_site_without_anybody_at_some_wave_is_left_out_and_said_to_be():
    tables, study = stepped_tables(), stepped_study()
    gone = tables.scores["participant"].str.startswith("p06") & (tables.scores["wave"] == "autumn-2")
    tables = replace(tables, scores=tables.scores[~gone])
    rows = compare_stepped(tables.scores, tables.participants, study, wave="spring-2")
    assert one(rows, estimator="stepped_att", subgroup="all")["n_sites"] == 7
    assert judge(rows, tables, study)["refused"] == "incomplete_sites"


def test_a_study_that_is_not_stepped_has_no_such_rows():
    tables = invent_school_study(np.random.default_rng(1))
    assert compare_stepped(tables.scores, tables.participants, synthetic_study(), wave="spring").empty


# --- regions -----------------------------------------------------------------------------------------------


def in_regions(study, *parts):
    regions = {
        f"r{i}": Region(id=f"r{i}", title={}, sites=tuple(f"school-{s:02}" for s in part))
        for i, part in enumerate(parts)
    }
    return replace(study, regions=regions)


def split(n_programme, n_comparison, k):
    """Deal programme and comparison schools to k regions in turn."""
    both = range(n_programme + n_comparison)
    return [[s for s in both if (s if s < n_programme else s - n_programme) % k == r] for r in range(k)]


def test_every_region_has_the_primary_estimate_of_a_study_of_its_own():
    tables = invent_school_study(np.random.default_rng(8), n_programme=24, n_comparison=24, effect=-2.0)
    parts = split(24, 24, 6)
    rows = compare_regions(tables.scores, tables.participants, in_regions(synthetic_study(), *parts), wave="spring")
    check_table(rows, RESULTS)
    for i, part in enumerate(parts):
        people = tables.participants[tables.participants["site"].isin([f"school-{s:02}" for s in part])]
        alone = compare_groups(tables.scores, people, synthetic_study(), wave="spring")
        alone = one(alone, role="primary")
        mine = one(rows, subgroup=f"region:r{i}")
        assert (mine["estimator"], mine["branch"]) == (alone["estimator"], alone["branch"])
        assert mine[["estimate", "ci_low", "ci_high", "n", "n_sites"]].tolist() == pytest.approx(
            alone[["estimate", "ci_low", "ci_high", "n", "n_sites"]].tolist()
        )


def test_the_average_is_the_synthesis_of_the_regions_and_is_never_narrower_than_the_model():
    tables = invent_school_study(np.random.default_rng(8), n_programme=24, n_comparison=24, effect=-2.0)
    study = in_regions(synthetic_study(), *split(24, 24, 6))
    rows = compare_regions(tables.scores, tables.participants, study, wave="spring")
    regions = rows[rows["subgroup"].str.startswith("region:")]
    expected = synthesise(regions["estimate"], regions["se"] ** 2)
    pooled = one(rows, estimator="regions_pooled")
    assert pooled[["estimate", "ci_low", "ci_high"]].tolist() == pytest.approx(
        [expected.mean.estimate, expected.mean.ci_low, expected.mean.ci_high]
    )
    cautious, another = one(rows, estimator="regions_pooled_cautious"), one(rows, estimator="regions_prediction")
    assert another["ci_low"] <= cautious["ci_low"] <= pooled["ci_low"]
    alone = predict_another(regions["estimate"], regions["se"] ** 2)
    assert another["ci_high"] == pytest.approx(max(alone.ci_high, cautious["ci_high"]))
    assert (pooled["n"], pooled["n_sites"]) == (regions["n"].sum(), 48)
    assert np.isfinite(pooled["p_value"])


def test_fewer_than_five_regions_are_averaged_without_a_p_value():
    tables = invent_school_study(np.random.default_rng(8), n_programme=16, n_comparison=16)
    study = in_regions(synthetic_study(), *split(16, 16, FEWEST_REGIONS - 1))
    rows = compare_regions(tables.scores, tables.participants, study, wave="spring")
    pooled = rows[rows["subgroup"] == "regions"]
    assert (pooled["status"] == "estimated").all()
    assert pooled["p_value"].isna().all()


def test_a_region_without_an_interval_is_listed_with_its_reason_and_not_averaged():
    tables = invent_school_study(np.random.default_rng(8), n_programme=11, n_comparison=0)
    study = in_regions(synthetic_study(single_group=True), [0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10])
    rows = compare_regions(tables.scores, tables.participants, study, wave="spring")
    assert set(rows["contrast"]) == {"region_change"}
    third = one(rows, subgroup="region:r2")
    assert (third["estimator"], third["branch"], third["status"]) == ("mean_only", "sites_describe", "needs_sites")
    assert np.isnan([third["ci_low"], third["ci_high"], third["se"]]).all()
    assert one(rows, estimator="regions_prediction")["status"] == "too_few_sites", "two regions predict no third"
    two = rows[rows["subgroup"].isin(["region:r0", "region:r1"])]
    assert one(rows, estimator="regions_pooled")["estimate"] == pytest.approx(
        synthesise(two["estimate"], two["se"] ** 2).mean.estimate
    )


def test_one_region_is_no_average():
    tables = invent_school_study(np.random.default_rng(8), n_programme=8, n_comparison=0)
    study = in_regions(synthetic_study(single_group=True), range(8))
    rows = compare_regions(tables.scores, tables.participants, study, wave="spring")
    assert (rows[rows["subgroup"] == "regions"]["status"] == "too_few_sites").all()


def test_a_region_with_a_single_site_in_an_arm_counts_as_small_whatever_its_people():
    tables = invent_school_study(np.random.default_rng(8), n_programme=6, n_comparison=6)
    study = in_regions(synthetic_study(), [0, 6, 7, 8], [1, 2, 3, 4, 5, 9, 10, 11])
    rows = compare_regions(tables.scores, tables.participants, study, wave="spring")
    assert one(rows, subgroup="region:r0")["smallest_count"] == 0
    assert one(rows, subgroup="region:r1")["smallest_count"] > 10


def test_a_study_without_regions_has_no_such_rows():
    tables = invent_school_study(np.random.default_rng(1))
    assert compare_regions(tables.scores, tables.participants, synthetic_study(), wave="spring").empty


# --- what is hidden ----------------------------------------------------------------------------------------

RULE = DisclosureRule(min_cell=10, round_to=5)


@pytest.mark.parametrize(
    ("counts", "rest", "hidden"),
    [
        ([30, 40, 50], 0, [False, False, False]),
        ([6, 40, 50], 0, [True, True, False]),  # alone it would be the whole minus the others
        ([3, 4, 50, 60], 0, [True, True, True, False]),  # two of seven people together would still be few
        ([6, 7, 50, 60], 0, [True, True, False, False]),
        ([30, 40, 50], 4, [True, False, False]),  # four people outside every region
        ([6, 40, 50], 30, [True, False, False]),  # those outside are hidden already
        ([0, 40], 0, [True, True]),
    ],
)
def test_so_many_regions_are_hidden_that_no_small_one_can_be_calculated(counts, rest, hidden):
    assert hide_parts(counts, ["k"] * len(counts), rule=RULE, rest={"k": rest}) == hidden


def test_an_average_is_hidden_only_if_a_hidden_region_has_a_part_in_it():
    counts, keys, drawn = [6, 40, 50, 90, 6], ["k"] * 4 + [None], [None] * 4 + ["k"]
    entered = [False, True, True, True, False]
    assert hide_parts(counts, keys, rule=RULE, drawn_from=drawn, entered=entered) == [True, True, False, False, True]
    entered = [False, False, True, True, False]
    assert hide_parts(counts, keys, rule=RULE, drawn_from=drawn, entered=entered) == [True, True, False, False, False]


def test_public_data_hide_nothing():
    assert hide_parts([0, 3, 50], ["k"] * 3, rule=DisclosureRule(min_cell=1, round_to=1)) == [False] * 3
