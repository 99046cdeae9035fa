"""Where there is next to nothing to compare: a row with a reason, never an exception and never a made-up number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eval_tools.comparison.attrition import count_flow
from eval_tools.comparison.describe import describe_scores
from eval_tools.errors import DataError

NAN = float("nan")
DIFFERENCES = ["ancova_hc3", "change_difference", "simultaneous", "difference_g", "detectable"]
UNCERTAINTY = ["ci_low", "ci_high", "se", "df", "p_value", "p_adjusted"]


def rows_of(results, **wanted):
    for column, value in wanted.items():
        results = results[results[column] == value]
    return results


def assert_all_stages_run(one):
    """Run everything; pytest turns any warning into an error."""
    results = one.results()
    counts = one.counts()
    describe_scores(one.scores, one.participants, one.study)
    count_flow(one.scores, one.participants, one.study)
    assert len(one.changes()) == len(one.participants) * len(one.study.plan.outcomes)
    assert set(results["status"]) - {"estimated"} <= {
        "too_few_people",
        "no_variation",
        "no_reliability",
        "not_converged",
        "needs_sites",
        "too_few_sites",
    }
    assert results.loc[results["estimate"].isna(), "status"].ne("estimated").all()
    assert (counts["count"] >= 0).all()
    return results


def test_an_arm_with_one_person_has_no_difference_but_a_row(trial, people):
    rows = [person for person in people() if person[0] == "wait"]
    results = assert_all_stages_run(trial([("club", 20, 10), *rows]))
    difference = rows_of(results, contrast="difference")
    assert difference["estimator"].tolist() == DIFFERENCES
    assert set(difference["status"]) == {"too_few_people"}
    assert difference["estimate"].isna().all()
    assert set(difference["smallest_count"]) == {1}
    change = rows_of(results, contrast="change", group="club", estimator="paired_t").iloc[0]
    assert (change["n"], change["status"]) == (1, "too_few_people")
    assert np.isnan(change["estimate"])


@pytest.mark.parametrize("empty", ["club", "wait"])
def test_an_arm_with_nobody_has_no_difference_but_a_row(trial, people, empty):
    results = assert_all_stages_run(trial([person for person in people() if person[0] != empty]))
    difference = rows_of(results, contrast="difference")
    assert difference["estimator"].tolist() == DIFFERENCES
    assert set(difference["status"]) == {"too_few_people"}
    assert set(difference["smallest_count"]) == {0}
    assert set(rows_of(results, contrast="change", group=empty)["n"]) == {0}


@pytest.mark.parametrize("after", [None, NAN], ids=["no form", "no score"])
def test_without_any_score_after_nothing_is_estimated(trial, people, after):
    one = trial([(group, before, after) for group, before, _ in people()])
    results = assert_all_stages_run(one)
    for contrast in ("change", "difference", "dropout"):
        mine = rows_of(results, contrast=contrast)
        mine = mine[mine["estimator"] != "reliable_change_threshold"]
        assert len(mine) >= 3
        assert mine["estimate"].isna().all()
        assert set(mine["status"]) == {"too_few_people"}
    assert set(one.changes()["reliable_change"]) == {"unknown"}
    # how much measurement error there is can be told from the scores before alone
    assert rows_of(results, estimator="reliable_change_threshold")["estimate"].notna().all()


def test_without_any_score_at_all_nothing_is_estimated(trial, people):
    one = trial([(group, None, None) for group, *_ in people()])
    assert one.scores.empty
    results = assert_all_stages_run(one)
    assert results["estimate"].isna().all()
    assert (results["n"] == 0).all()
    assert (describe_scores(one.scores, one.participants, one.study)["n"] == 0).all()


def test_without_anybody_there_are_rows_all_the_same(trial):
    one = trial([])
    results = assert_all_stages_run(one)
    assert results["estimate"].isna().all()
    assert one.changes().empty


def test_where_everybody_is_the_same_there_is_no_uncertainty_to_estimate(trial):
    results = assert_all_stages_run(trial([(group, 12, 9) for group in ["club", "wait"] * 6]))
    change = rows_of(results, contrast="change", group="club", estimator="paired_t").iloc[0]
    assert (change["estimate"], change["n"], change["status"]) == (-3, 6, "no_variation")
    assert np.isnan(change["ci_low"])
    assert set(rows_of(results, contrast="difference")["status"]) == {"no_variation"}
    assert set(rows_of(results, estimator="reliable_change_threshold")["status"]) == {"no_variation"}


def test_where_nobody_moved_the_change_is_zero_not_missing(trial):
    people = [(group, score, score) for group in ("club", "wait") for score in (5, 9, 14, 20, 31, 40)]
    results = assert_all_stages_run(trial(people))
    change = rows_of(results, contrast="change", group="all", estimator="paired_t").iloc[0]
    assert change["estimate"] == 0
    difference = rows_of(results, contrast="difference", estimator="ancova_hc3").iloc[0]
    assert difference["estimate"] == pytest.approx(0, abs=1e-9)


def test_a_study_of_one_group_has_no_difference_and_no_total(trial, study, people):
    alone = study(groups={"club": "programme"})
    results = assert_all_stages_run(trial(people(groups=("club",)), study=alone))
    assert set(results["contrast"]) == {"change", "dropout", "individual"}
    assert set(rows_of(results, contrast="dropout")["group"]) == {"club"}
    without_threshold = results[results["estimator"] != "reliable_change_threshold"]
    assert set(without_threshold["group"]) == {"club"}


def test_programme_groups_without_a_comparison_are_described_but_not_compared(trial, study, people):
    both = study(groups={"club": "programme", "wait": "programme"})
    results = assert_all_stages_run(trial(people(), study=both))
    assert "difference" not in set(results["contrast"])
    assert set(rows_of(results, contrast="change")["group"]) == {"club", "wait", "all"}


def test_scores_of_several_informants_are_refused_and_nobody_is_named(trial, people):
    one = trial(people())
    both = one.scores.assign(informant="teacher")
    one = one.replace(scores=pd.concat([one.scores, both], ignore_index=True))
    with pytest.raises(DataError) as refused:
        one.results()
    assert "several informants" in str(refused.value)
    assert "p000" not in str(refused.value)


# --- sites -------------------------------------------------------------------------------------------------


def in_schools(people, schools=("north", "south", "east")):
    return [(*person, schools[i % len(schools)]) for i, person in enumerate(people)]


def assert_no_uncertainty(results):
    mine = results[results["estimator"] != "reliable_change_threshold"]
    assert mine[UNCERTAINTY].isna().all(axis=None)
    numbers = mine["estimate"].notna()
    assert set(mine.loc[numbers, "status"]) == {"needs_sites"}
    assert numbers.any()


def test_people_of_fewer_than_four_sites_have_estimates_without_interval_and_p_value_everywhere(trial, people):
    rows = [*people(), ("club", 30, None), ("club", 12, None), ("wait", 8, None), ("wait", 9, None)]
    plain, sites = trial(rows), trial(in_schools(rows))
    results = sites.results()
    by_site = results["contrast"] == "site_difference"  # how sure one is of one school is a matter of its own people
    results, by_site = results[~by_site], results[by_site]
    assert set(by_site.loc[by_site["site"] == "all", "status"]) == {"too_few_sites"}
    assert_no_uncertainty(results)
    assert set(results["contrast"]) == {"change", "difference", "baseline", "dropout", "individual"}
    without = results["estimator"] != "reliable_change_threshold"
    assert set(results.loc[without, "n_sites"]) == {3}
    # the numbers themselves are those of people who stand alone
    alone = plain.results()
    for ours, theirs, contrast in (
        ("mean_only", "paired_t", "change"),
        ("mean_only", "change_difference", "difference"),
        ("g_av", "g_av", "change"),
        ("hodges_lehmann", "hodges_lehmann", "change"),
        ("caseness", "caseness", "change"),
    ):
        mine = rows_of(results, contrast=contrast, estimator=ours)["estimate"].tolist()
        assert len(mine) == (3 if contrast == "change" else 1)
        assert mine == pytest.approx(rows_of(alone, contrast=contrast, estimator=theirs)["estimate"].tolist())
    dropout = [rows_of(each, contrast="dropout")["estimate"].tolist() for each in (results, alone)]
    assert dropout[0] == pytest.approx(dropout[1], nan_ok=True)
    described = describe_scores(sites.scores, sites.participants, sites.study)
    assert described[["ci_low", "ci_high"]].isna().all(axis=None)
    assert described["mean"].notna().all()
    assert described["n"].sum() > 0


def test_people_of_four_sites_have_intervals_where_sites_can_give_them_and_only_there(trial, people):
    results = trial(in_schools(people(n=24), ("north", "south", "east", "west"))).results()
    primary = rows_of(results, role="primary")
    assert set(primary["estimator"]) == {"cr2_change", "cr2_ancova"}
    assert primary[["ci_low", "ci_high", "se", "df"]].notna().all(axis=None)
    change = rows_of(results, contrast="change")
    assert change["p_value"].isna().all()  # four sites give an interval, six are needed for a test
    for estimator in ("g_av", "hodges_lehmann"):
        mine = rows_of(results, estimator=estimator)
        assert mine[UNCERTAINTY].isna().all(axis=None)
    assert rows_of(results, contrast="dropout")[UNCERTAINTY].isna().all(axis=None)
    assert set(rows_of(results, estimator="g_av")["status"]) == {"needs_sites"}


def test_whole_sites_assigned_but_not_named_are_sites_too(trial, study, people):
    one = trial(people(), study=study(unit="site"))
    results = one.results()
    assert_no_uncertainty(results)
    assert set(results["n_sites"]) == {0}
    described = describe_scores(one.scores, one.participants, one.study)
    assert described[["ci_low", "ci_high"]].isna().all(axis=None)


def test_a_site_nobody_answered_from_is_not_counted(trial, people):
    rows = [*in_schools(people()), ("club", 10, None, "west"), ("wait", 10, None, "west")]
    results = trial(rows).results()
    assert set(rows_of(results, contrast="change", group="all", estimator="mean_only")["n_sites"]) == {3}
    assert set(rows_of(results, contrast="dropout", group="all")["n_sites"]) == {4}


def test_what_cannot_be_estimated_keeps_its_own_reason_with_sites(trial, people):
    rows = [(group, before, None, "north") for group, before, _ in people()]
    results = trial(rows).results()
    assert set(rows_of(results, contrast="difference")["status"]) == {"too_few_people"}


def test_without_sites_people_have_intervals(trial, people):
    results = trial(people()).results()
    change = rows_of(results, contrast="change", estimator="paired_t")
    assert change[["ci_low", "ci_high", "p_value"]].notna().all(axis=None)
    assert set(results["n_sites"]) == {0}
