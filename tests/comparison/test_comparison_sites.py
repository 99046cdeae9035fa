"""Where it went how: sites with intervals, their mean, the next one, and the rule of few."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from eval_tools.comparison.linked import link_waves
from eval_tools.comparison.sites import compare_sites
from eval_tools.privacy.disclosure import DisclosureRule
from eval_tools.stats.prediction import predict_another
from eval_tools.stats.synthesis import synthesise
from synthetic_study import SyntheticTables, invent_school_study, synthetic_study


def found(tables, study):
    return compare_sites(tables.scores, tables.participants, study, wave="spring")


def changes_of(tables, study):
    """Changes by group and site, with nothing of the package's own arithmetic."""
    linked = link_waves(tables.scores, tables.participants, study.plan.outcomes[0], baseline="autumn", wave="spring")
    twice = linked.dropna(subset=["before", "after"])
    return {key: (mine["after"] - mine["before"]).to_numpy() for key, mine in twice.groupby(["group", "site"])}


def rows_of(table, estimator):
    return table[table["estimator"] == estimator].set_index("site")


@pytest.fixture(scope="module")
def single():
    study = synthetic_study(single_group=True)
    return study, invent_school_study(np.random.default_rng(21), n_programme=7, n_comparison=0, effect=-3)


@pytest.fixture(scope="module")
def compared():
    study = synthetic_study()
    return study, invent_school_study(np.random.default_rng(22), n_programme=7, n_comparison=5, effect=-3)


# --- one group ---------------------------------------------------------------------------------------------


def test_a_site_has_the_mean_change_of_its_people_with_their_t_interval(single):
    study, tables = single
    rows = rows_of(found(tables, study), "site_mean")
    assert len(rows) == 7
    for (_, site), change in changes_of(tables, study).items():
        row = rows.loc[site]
        low, high = stats.ttest_1samp(change, 0).confidence_interval(0.95)
        assert [row["estimate"], row["ci_low"], row["ci_high"]] == pytest.approx([change.mean(), low, high], rel=1e-10)
        assert (row["n"], row["n_sites"], row["smallest_count"]) == (change.size, 1, change.size)
    assert rows["p_value"].isna().all(), "nobody asks of every school whether it is significant"


def test_the_pooled_rows_are_those_of_reml_and_of_one_variance_within_sites(single):
    study, tables = single
    changes = list(changes_of(tables, study).values())
    within = sum(((c - c.mean()) ** 2).sum() for c in changes) / sum(c.size - 1 for c in changes)
    s = synthesise([c.mean() for c in changes], [within / c.size for c in changes])
    table = found(tables, study)
    mean, next_one, spread = (rows_of(table, e).loc["all"] for e in ("random_effects", "prediction", "site_spread"))
    assert mean["estimate"] == next_one["estimate"] == pytest.approx(s.mean.estimate, rel=1e-12)
    se2 = max(1.0, s.q) / sum(1 / (within / c.size + s.tau2) for c in changes)
    half = stats.t.ppf(0.975, 6) * se2**0.5
    assert [mean["ci_low"], mean["ci_high"]] == pytest.approx([s.mean.estimate - half, s.mean.estimate + half])
    another = predict_another([c.mean() for c in changes], [within / c.size for c in changes])
    assert [next_one["ci_low"], next_one["ci_high"]] == pytest.approx([another.ci_low, another.ci_high])
    assert np.isnan([next_one["se"], next_one["df"], next_one["p_value"]]).all()
    assert next_one["ci_high"] - next_one["ci_low"] > s.prediction_high - s.prediction_low, "τ is not taken as known"
    assert spread["estimate"] == pytest.approx(s.tau2**0.5)
    assert set(table.loc[table["site"] == "all", "n_sites"]) == {7}
    assert set(table.loc[table["site"] == "all", "n"]) == {sum(c.size for c in changes)}


def test_the_prediction_reaches_further_than_the_mean(single):
    table = found(single[1], single[0])
    mean, next_one = (rows_of(table, name).loc["all"] for name in ("random_effects", "prediction"))
    assert next_one["ci_low"] < mean["ci_low"] < mean["ci_high"] < next_one["ci_high"]


@pytest.mark.parametrize(("sites", "status"), [(1, "too_few_sites"), (4, "too_few_sites"), (5, "estimated")])
def test_fewer_than_five_sites_are_listed_and_nothing_is_pooled(sites, status):
    study = synthetic_study(single_group=True)
    tables = invent_school_study(np.random.default_rng(5), n_programme=sites, n_comparison=0)
    table = found(tables, study)
    assert len(rows_of(table, "site_mean")) == sites
    pooled = table[table["site"] == "all"]
    assert set(pooled["status"]) == {status}
    assert pooled["estimate"].isna().all() == (status != "estimated")


def test_without_named_sites_there_is_nothing_to_compare(single):
    study, tables = single
    nameless = tables.participants.assign(site="")
    assert compare_sites(tables.scores, nameless, study, wave="spring").empty


def test_people_who_all_changed_alike_leave_nothing_to_pool(single):
    study, tables = single
    scores = tables.scores.assign(score=np.where(tables.scores["wave"] == "spring", 12.0, 15.0))
    table = compare_sites(scores, tables.participants, study, wave="spring")
    assert set(table["status"]) == {"no_variation"}
    assert (rows_of(table, "site_mean")["estimate"] == -3).all()
    assert table["ci_low"].isna().all()


# --- against other sites -----------------------------------------------------------------------------------


def test_a_site_is_set_against_the_mean_of_the_comparison_sites_means(compared):
    study, tables = compared
    changes = changes_of(tables, study)
    others = np.array([c.mean() for (group, _), c in changes.items() if group == "comparison"])
    rows = rows_of(found(tables, study), "site_mean")
    assert len(rows) == 7
    for (group, site), c in changes.items():
        if group == "comparison":
            assert site not in rows.index
            continue
        a, b = c.var(ddof=1) / c.size, others.var(ddof=1) / others.size
        df = (a + b) ** 2 / (a**2 / (c.size - 1) + b**2 / (others.size - 1))
        half = stats.t.ppf(0.975, df) * (a + b) ** 0.5
        value = c.mean() - others.mean()
        row = rows.loc[site]
        assert [row["estimate"], row["ci_low"], row["ci_high"]] == pytest.approx([value, value - half, value + half])
    assert set(rows["contrast"]) == {"site_difference"}
    assert set(rows["reference"]) == {"comparison"}


def test_the_luck_of_the_comparison_sites_widens_mean_and_prediction_but_is_no_spread(compared):
    study, tables = compared
    changes = changes_of(tables, study)
    mine = [c for (group, _), c in changes.items() if group == "programme"]
    others = np.array([c.mean() for (group, _), c in changes.items() if group == "comparison"])
    within = sum(((c - c.mean()) ** 2).sum() for c in mine) / sum(c.size - 1 for c in mine)
    s = synthesise([c.mean() for c in mine], [within / c.size for c in mine])
    table = found(tables, study)
    mean, next_one, spread = (rows_of(table, e).loc["all"] for e in ("random_effects", "prediction", "site_spread"))
    assert mean["estimate"] == pytest.approx(s.mean.estimate - others.mean())
    b = others.var(ddof=1) / others.size
    assert mean["se"] ** 2 == pytest.approx(s.mean_cautious.se**2 + b)
    values, variances = [c.mean() for c in mine], [within / c.size for c in mine]
    another = predict_another(values, variances, shared_variance=b, shared_df=others.size - 1)
    ends = np.array([another.ci_low, another.ci_high]) - others.mean()
    assert [next_one["ci_low"], next_one["ci_high"]] == pytest.approx(ends)
    alone = predict_another(values, variances)
    assert another.ci_low < alone.ci_low < alone.ci_high < another.ci_high
    assert spread["estimate"] == pytest.approx(s.tau2**0.5, rel=1e-6)


def test_one_comparison_site_is_no_yardstick():
    study = synthetic_study()
    tables = invent_school_study(np.random.default_rng(6), n_programme=6, n_comparison=1)
    table = found(tables, study)
    assert set(table["contrast"]) == {"site_change"}
    assert set(table["reference"]) == {""}


def test_people_assigned_within_sites_are_compared_within_them():
    study = synthetic_study(unit="participant", randomised=True)
    tables = invent_school_study(np.random.default_rng(7), n_programme=6, n_comparison=0, smallest_site=20)
    group = np.where(np.arange(len(tables.participants)) % 2 == 0, "programme", "comparison")
    tables = SyntheticTables(scores=tables.scores, participants=tables.participants.assign(group=group))
    table = found(tables, study)
    rows = rows_of(table, "site_mean")
    assert len(rows) == 6
    changes = changes_of(tables, study)
    for site, row in rows.iterrows():
        here, there = changes["programme", site], changes["comparison", site]
        welch = stats.ttest_ind(here, there, equal_var=False)
        low, high = welch.confidence_interval(0.95)
        expected = [here.mean() - there.mean(), low, high]
        assert [row["estimate"], row["ci_low"], row["ci_high"]] == pytest.approx(expected, rel=1e-9)
        assert row["smallest_count"] == min(here.size, there.size)
        assert row["n"] == here.size + there.size
    assert set(table.loc[table["site"] == "all", "status"]) == {"estimated"}


# --- disclosure --------------------------------------------------------------------------------------------


def small_ones(tables, study, **sizes):
    """Keep only so many children of some schools."""
    people = tables.participants
    keep = pd.Series(True, index=people.index)
    twice = set(tables.scores.loc[(tables.scores["wave"] == "spring") & tables.scores["score"].notna(), "participant"])
    for site, n in sizes.items():
        mine = people.index[(people["site"] == site.replace("_", "-")) & people["participant"].isin(twice)]
        keep[people.index[people["site"] == site.replace("_", "-")]] = False
        keep[mine[:n]] = True
    kept = people[keep]
    scores = tables.scores[tables.scores["participant"].isin(kept["participant"])]
    return SyntheticTables(scores=scores, participants=kept)


@pytest.fixture(scope="module")
def protected():
    study = replace(synthetic_study(), disclosure=DisclosureRule())
    tables = invent_school_study(np.random.default_rng(30), n_programme=9, n_comparison=6, smallest_site=16, effect=-3)
    return study, tables


def test_hidden_sites_enter_no_pooled_number(protected):
    study, tables = protected
    few = small_ones(tables, study, school_02=4)
    table = found(few, study)
    pooled = table[table["site"] == "all"]
    assert set(pooled["n_sites"]) == {7}, "the small one, and the next smallest that keeps its secret"
    shown = rows_of(table, "site_mean")["n"].sort_values().iloc[2:]
    assert set(pooled["n"]) == {shown.sum()}
    without = few.participants[few.participants["site"] != "school-02"]
    again = compare_sites(few.scores, without, replace(study, disclosure=DisclosureRule()), wave="spring")
    assert len(rows_of(again, "site_mean")) == 8


def test_whatever_a_hidden_site_did_no_released_number_moves(protected):
    """The attack: change the scores of the hidden children and look for anything that changed with them."""
    study, tables = protected
    few = small_ones(tables, study, school_02=4, school_05=7, school_11=3)
    hidden = {"school-02", "school-05", "school-11"}
    people = set(few.participants.loc[few.participants["site"].isin(hidden), "participant"])
    other = few.scores.assign(
        score=few.scores["score"].where(~few.scores["participant"].isin(people) | (few.scores["wave"] != "spring"), 60)
    )
    a, b = (compare_sites(scores, few.participants, study, wave="spring") for scores in (few.scores, other))
    visible = ~a["site"].isin(hidden)
    assert not a.loc[~visible].equals(b.loc[~visible])
    pd.testing.assert_frame_equal(a[visible], b[visible])


# --- laws --------------------------------------------------------------------------------------------------


def test_the_order_of_people_changes_nothing(compared):
    study, tables = compared
    shuffled = replace(tables, participants=tables.participants.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(found(tables, study), found(shuffled, study))


def test_more_points_for_everybody_in_the_programme_move_every_site_alike(compared):
    study, tables = compared
    programme = set(tables.participants.loc[tables.participants["group"] == "programme", "participant"])
    later = tables.scores["participant"].isin(programme) & (tables.scores["wave"] == "spring")
    moved = replace(tables, scores=tables.scores.assign(score=tables.scores["score"] + 2.5 * later))
    a, b = found(tables, study), found(moved, study)
    located = a["estimator"] != "site_spread"
    for name in ("estimate", "ci_low", "ci_high"):
        assert (b[name] - a[name])[located].to_numpy() == pytest.approx(2.5, rel=1e-7)
        assert b.loc[~located, name].to_numpy() == pytest.approx(a.loc[~located, name].to_numpy(), rel=1e-6)


def test_the_next_site_falls_into_the_prediction_as_often_as_promised():
    """Seven schools predict the true change of an eighth; schools differ by a known spread."""
    rng = np.random.default_rng(12)
    study = synthetic_study(single_group=True)
    held = 0
    for _ in range(200):
        true = rng.normal(-3, 3, size=8)
        sizes = rng.integers(15, 40, size=7)
        site = np.repeat(np.arange(7), sizes)
        before = rng.normal(25, 10, site.size)
        after = before + true[site] + rng.normal(0, 7, site.size)
        people = np.array([f"p{i:04}" for i in range(site.size)])
        frame = {"informant": "child", "instrument": "ces-d", "scale": "total", "band": "", "status": "scored"}
        scores = pd.concat(
            pd.DataFrame({"participant": people, "wave": wave, "score": score, "n_answered": 20, **frame})
            for wave, score in (("autumn", before), ("spring", after))
        )
        participants = pd.DataFrame(
            {"participant": people, "group": "programme", "site": [f"s{s}" for s in site.tolist()]}
        )
        table = compare_sites(scores, participants, study, wave="spring")
        row = table[table["estimator"] == "prediction"].iloc[0]
        held += row["ci_low"] <= true[7] <= row["ci_high"]
    assert 0.91 <= held / 200 <= 0.99, "95 % of 200 studies: 2 to 98 of 100 seeds lie between"
