"""What the numbers of a comparison are about, checked by hand or against the statistics they come from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eval_tools.comparison.attrition import count_flow
from eval_tools.comparison.change import beyond_line
from eval_tools.comparison.describe import describe_scores
from eval_tools.comparison.linked import link_waves
from eval_tools.stats.ancova import ancova
from eval_tools.stats.change import mean_change

NAN = float("nan")
THREE = ("club", "choir", "wait")


# --- families of p values ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(trial, study, people):
    """Two programme groups, two primary and two secondary outcomes would need four scales; the CES-D has copies."""
    outcomes = ("ces-d.total", "ahi.total", "ces-d.second", "ahi.second")
    plan = study(
        groups={"club": "programme", "choir": "programme", "wait": "comparison"},
        primary=outcomes[:2],
        secondary=outcomes[2:],
    )
    one = trial(people(14, groups=THREE), study=plan, outcomes=outcomes)
    instruments = {
        name: replace(
            one.instruments[name], scales=dict.fromkeys(("total", "second"), one.instruments[name].scales["total"])
        )
        for name in ("ces-d", "ahi")
    }
    return one.replace(instruments=instruments).results()


def family(results, names):
    mine = results[(results["estimator"] == "ancova_hc3") & results["outcome"].isin(names)]
    assert len(mine) == 4
    return mine["p_value"].to_numpy(), mine["p_adjusted"].to_numpy()


def test_primary_contrasts_are_adjusted_together_by_holm(many):
    p, adjusted = family(many, ["ces-d.total", "ahi.total"])
    # by hand: the smallest times 4, the next times 3 but no less than the one before, and so on; at most 1
    expected, floor = {}, 0.0
    for factor, value in zip((4, 3, 2, 1), sorted(p), strict=True):
        floor = max(floor, min(1.0, factor * value))
        expected[value] = floor
    assert adjusted == pytest.approx([expected[value] for value in p], rel=1e-12)
    assert (adjusted > p).any()


def test_secondary_contrasts_are_adjusted_among_themselves_by_benjamini_and_hochberg(many):
    p, adjusted = family(many, ["ces-d.second", "ahi.second"])
    # by hand: the largest as it is, the next times 4/3 but no more than the one after, and so on
    expected, ceiling = {}, 1.0
    for rank, value in zip((4, 3, 2, 1), sorted(p, reverse=True), strict=True):
        ceiling = min(ceiling, 4 / rank * value)
        expected[value] = ceiling
    assert adjusted == pytest.approx([expected[value] for value in p], rel=1e-12)
    assert (adjusted > p).any()


def test_only_differences_between_groups_are_a_family(many):
    others = many[many["estimator"] != "ancova_hc3"]
    assert others["p_adjusted"].isna().all()
    assert others["p_value"].notna().any()


def test_simultaneous_intervals_are_wider_by_the_number_of_primary_contrasts(many):
    mine = many[many["contrast"] == "difference"].set_index(["outcome", "group", "estimator"])
    assert set(mine.xs("simultaneous", level="estimator")["ci_level"]) == {1 - 0.05 / 4}
    for outcome, group in {(o, g) for o, g, _ in mine.index}:
        narrow = mine.loc[(outcome, group, "ancova_hc3")]
        wide = mine.loc[(outcome, group, "simultaneous")]
        assert wide["estimate"] == narrow["estimate"]
        assert wide["ci_low"] < narrow["ci_low"] < narrow["ci_high"] < wide["ci_high"]


# --- estimates ---------------------------------------------------------------------------------------------


def test_a_difference_is_that_of_the_model_over_everybody_with_both_scores(trial, people, row):
    rows = [*people(), ("club", 3, None), ("wait", None, 50), ("wait", NAN, 4)]
    found = row(trial(rows).results(), contrast="difference", estimator="ancova_hc3")
    group, before, after = zip(*people(), strict=True)
    expected = ancova(before, after, group, reference="wait").difference("club")
    assert found["estimate"] == pytest.approx(expected.estimate, rel=1e-12)
    assert found["p_value"] == pytest.approx(expected.p_value, rel=1e-12)
    assert (found["n"], found["smallest_count"]) == (24, 12)


def test_the_standardised_difference_is_divided_by_the_spread_of_everybody_before(trial, people, row):
    rows = [*people(), ("club", 60, None), ("wait", 0, None)]
    results = trial(rows).results()
    points, found = (row(results, contrast="difference", estimator=name) for name in ("ancova_hc3", "difference_g"))
    squares = [
        ((x - x.mean()) ** 2).sum()
        for x in (np.array([b for g, b, _ in rows if g == name]) for name in ("club", "wait"))
    ]
    pooled = (sum(squares) / (len(rows) - 2)) ** 0.5
    # What Works Clearinghouse 5.0: times 1 - 3/(4N - 9), N the people compared
    assert found["n"] == 24
    assert found["estimate"] == pytest.approx((1 - 3 / (4 * 24 - 9)) * points["estimate"] / pooled, rel=1e-12)
    assert found["p_value"] == points["p_value"]


def test_a_change_is_that_of_the_people_of_the_group_with_both_scores(trial, people, row):
    rows = [*people(), ("club", 3, None), ("club", None, 50)]
    found = row(trial(rows).results(), contrast="change", estimator="paired_t", group="club")
    before, after = zip(*[(b, a) for group, b, a in people() if group == "club"], strict=True)
    expected = mean_change(before, after)
    assert (found["estimate"], found["ci_low"], found["n"]) == (expected.estimate, expected.ci_low, 12)


def test_everybody_with_a_score_is_described_paired_or_not(trial, row):
    rows = [("club", 4, None), ("club", 8, 5), ("wait", None, 7), ("wait", NAN, 9)]
    one = trial(rows)
    table = describe_scores(one.scores, one.participants, one.study)
    assert row(table, group="club", wave="autumn")[["n", "mean"]].tolist() == [2, 6.0]
    assert row(table, group="wait", wave="spring")[["n", "mean"]].tolist() == [2, 8.0]
    assert row(table, group="wait", wave="autumn")["n"] == 0
    assert np.isnan(row(table, group="wait", wave="autumn")["mean"])
    assert row(table, group="all", wave="spring")[["n", "mean"]].tolist() == [3, 7.0]
    # SD of 4 and 8 is the square root of 8
    assert row(table, group="club", wave="autumn")["sd"] == pytest.approx(8**0.5)


def test_the_total_is_over_people_not_over_groups(trial, row):
    rows = [("club", 10, 0), ("wait", 10, 9), ("wait", 10, 9), ("wait", 10, 9)]
    results = trial(rows).results()
    # (−10 − 1 − 1 − 1)/4, not (−10 − 1)/2
    assert row(results, contrast="change", estimator="paired_t", group="all")["estimate"] == -3.25


# --- reliable change ---------------------------------------------------------------------------------------


def threshold(sd: float, reliability: float) -> float:
    """Jacobson & Truax 1991: 1.96 · √2 · SD before · √(1 − r)."""
    return 1.959963984540054 * 2**0.5 * sd * (1 - reliability) ** 0.5


@pytest.mark.parametrize(
    ("alpha", "omega", "used", "named"), [(0.7, 0.9, 0.9, "omega"), (0.7, NAN, 0.7, "alpha"), (0.9, 0.7, 0.7, "omega")]
)
def test_the_threshold_comes_from_omega_before_and_else_from_alpha(trial, people, row, alpha, omega, used, named):
    one = trial(people(), alpha=alpha, omega=omega)
    found = row(one.results(), estimator="reliable_change_threshold")
    sd = np.std([before for _, before, _ in people()], ddof=1)
    assert found["estimate"] == pytest.approx(threshold(sd, used), rel=1e-12)
    assert f"{named} before = {used:.4f}" in found["method"]
    assert found["n"] == 24


def test_without_a_reliability_every_change_is_unknown(trial, people, row):
    one = trial(people(), alpha=NAN, omega=NAN)
    found = row(one.results(), estimator="reliable_change_threshold")
    assert np.isnan(found["estimate"])
    assert found["status"] == "no_reliability"
    changes = one.changes()
    assert set(changes["reliable_change"]) == {"unknown"}
    assert changes["change"].notna().all()


def test_people_are_classed_by_the_threshold_and_the_direction_that_is_better(trial):
    # SD before of 0, 10, 20, 30 is 12.91; with r = .84 the threshold is 14.31 points
    rows = [("club", 0, 14), ("club", 10, 25), ("club", 20, 5), ("club", 30, None)]
    assert threshold(np.std([0, 10, 20, 30], ddof=1), 0.84) == pytest.approx(14.31, abs=0.005)
    assert trial(rows).changes()["reliable_change"].tolist() == ["unchanged", "worse", "improved", "unknown"]
    happier = trial(rows, outcomes=("ahi.total",))
    assert happier.changes()["reliable_change"].tolist() == ["unchanged", "improved", "worse", "unknown"]


def test_every_class_is_counted_in_every_group_zeros_and_unknown_included(trial, row):
    rows = [("club", 0, 14), ("club", 10, 25), ("club", 20, 5), ("club", 30, None), ("wait", None, None)]
    counts = trial(rows).counts()
    mine = counts[counts["measure"] == "reliable_change"]
    assert len(mine) == 3 * 4
    wide = mine.pivot(index="group", columns="class", values="count")
    assert wide.loc["club"].to_dict() == {"improved": 1, "unchanged": 1, "worse": 1, "unknown": 1}
    assert wide.loc["wait"].to_dict() == {"improved": 0, "unchanged": 0, "worse": 0, "unknown": 1}
    assert (wide.loc["all"] == wide.loc["club"] + wide.loc["wait"]).all()


def test_bands_are_counted_before_and_after_over_the_same_people(trial):
    rows = [("club", 20, 10), ("club", 20, 20), ("club", 5, 5), ("club", 30, None), ("wait", None, 30)]
    counts = trial(rows).counts()
    mine = counts[(counts["group"] == "all") & (counts["measure"] != "reliable_change")]
    wide = mine.pivot(index="measure", columns="class", values="count")
    assert wide.loc["band_before"].to_dict() == {"at_or_above": 2, "below": 1}
    assert wide.loc["band_after"].to_dict() == {"at_or_above": 1, "below": 2}


# --- screening lines ---------------------------------------------------------------------------------------


def test_caseness_is_the_share_beyond_the_line_after_minus_before(trial, row):
    rows = [("club", 20, 10), ("club", 16, 15), ("club", 5, 16), ("club", 5, 5), ("club", 20, None)]
    found = row(trial([*rows, ("wait", 1, 1)]).results(), estimator="caseness", group="club")
    # two of four before, one of four after
    assert found["estimate"] == -0.25
    assert found["n"] == 4
    # one case after is the smallest group the row would tell of
    assert found["smallest_count"] == 1


def variant(instruments, **changes):
    """The CES-D with another default scheme, or a default scheme that was changed."""
    ces_d = instruments["ces-d"]
    total = ces_d.scales["total"]
    scheme = replace(total.band_schemes["screen_16"], **changes)
    total = replace(total, band_schemes={**total.band_schemes, "screen_16": scheme})
    return {**instruments, "ces-d": replace(ces_d, scales={"total": total})}


def test_caseness_needs_a_verified_default_line_with_two_bands(trial, people):
    one = trial(people(), outcomes=("ces-d.total", "ahi.total"))
    outcome, ahi = one.study.plan.outcomes
    linked = link_waves(one.scores, one.participants, outcome, baseline="autumn", wave="spring")
    assert beyond_line(linked, outcome, one.instruments) is not None
    assert beyond_line(linked, ahi, one.instruments) is None
    assert beyond_line(linked, outcome, variant(one.instruments, status="weak")) is None
    assert beyond_line(linked, outcome, variant(one.instruments, status="unverified")) is None
    two = one.instruments["ces-d"].scales["total"].band_schemes["screen_16"].bands
    assert beyond_line(linked, outcome, variant(one.instruments, bands=(*two, replace(two[1], id="more")))) is None
    no_default = {"ces-d": replace(one.instruments["ces-d"], default_band_scheme=None)}
    assert beyond_line(linked, outcome, no_default) is None
    weak_default = {"ces-d": replace(one.instruments["ces-d"], default_band_scheme="cn_adolescent_24")}
    assert beyond_line(linked, outcome, weak_default) is None
    results = one.replace(instruments={**variant(one.instruments, status="weak")}).results()
    assert "caseness" not in set(results["estimator"])


def test_a_person_without_a_score_is_not_below_the_line(trial):
    one = trial([("club", 20, NAN), ("club", NAN, 3), ("club", None, 20), ("wait", 2, 2)])
    outcome = one.study.plan.outcomes[0]
    linked = link_waves(one.scores, one.participants, outcome, baseline="autumn", wave="spring")
    before, after = beyond_line(linked, outcome, one.instruments)
    np.testing.assert_array_equal(before, [1, NAN, NAN, 0])
    np.testing.assert_array_equal(after, [NAN, 0, 1, 0])


# --- who was reached ---------------------------------------------------------------------------------------


def test_flow_counts_people_enrolled_reached_and_reached_twice(trial):
    rows = [("club", 1, 1), ("club", 1, None), ("club", None, 1), ("wait", 1, NAN), ("wait", None, None)]
    one = trial(rows)
    forms = one.scores[["participant", "wave"]]
    flow = count_flow(forms, one.participants, one.study)
    assert flow.to_numpy().tolist() == [
        ["club", "autumn", 3, 2, 2],
        ["club", "spring", 3, 2, 1],
        ["wait", "autumn", 2, 1, 1],
        ["wait", "spring", 2, 1, 1],
        ["all", "autumn", 5, 3, 3],
        ["all", "spring", 5, 3, 2],
    ]


def test_two_forms_of_one_person_at_one_wave_count_as_one_person(trial):
    one = trial([("club", 1, 1), ("wait", 1, 1)])
    forms = pd.concat([one.scores, one.scores.assign(informant="teacher")])[["participant", "wave", "informant"]]
    assert count_flow(forms, one.participants, one.study)["n_forms"].tolist() == [1, 1, 1, 1, 2, 2]


def test_dropout_is_positive_if_those_not_reached_scored_higher_before(trial, row):
    rows = [("club", 30, None), ("club", 32, NAN), ("club", 10, 9), ("club", 14, 9), ("club", 12, 9)]
    rows += [("wait", 10, None), ("wait", 12, None), ("wait", 30, 9), ("wait", 32, 9), ("wait", None, 9)]
    results = trial(rows).results()
    club = row(results, contrast="dropout", group="club")
    assert club["estimate"] > 0
    assert (club["n"], club["smallest_count"], club["reference"]) == (5, 2, "")
    wait = row(results, contrast="dropout", group="wait")
    assert wait["estimate"] < 0
    assert wait["n"] == 4
