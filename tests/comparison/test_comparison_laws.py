"""Laws of comparison: what must hold whatever the scores are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval_tools.comparison.attrition import count_flow
from eval_tools.comparison.describe import describe_scores

KEY = ["outcome", "contrast", "group", "reference", "estimator"]
SWAPPED = {"autumn": "spring", "spring": "autumn"}
maybe_score = st.one_of(st.none(), st.just(float("nan")), st.integers(0, 60))
some_people = st.lists(st.tuples(st.sampled_from(["club", "wait"]), maybe_score, maybe_score), min_size=1, max_size=14)


def numbers(results: pd.DataFrame) -> pd.DataFrame:
    columns = ["estimate", "ci_low", "ci_high", "se", "p_value", "p_adjusted", "n", "smallest_count", "status"]
    return results.set_index(KEY)[columns].sort_index()


def test_swapping_the_roles_of_the_groups_flips_the_sign_of_the_difference(trial, people, study, row):
    first = trial(people()).results()
    turned = study(groups={"club": "comparison", "wait": "programme"})
    second = trial(people(), study=turned).results()
    for estimator in ("ancova_hc3", "simultaneous", "difference_g"):
        a, b = (row(results, contrast="difference", estimator=estimator) for results in (first, second))
        assert (a["group"], a["reference"], b["group"], b["reference"]) == ("club", "wait", "wait", "club")
        # the same least squares with another coding: equal to rounding
        assert [b["estimate"], b["ci_low"], b["ci_high"]] == pytest.approx(
            [-a["estimate"], -a["ci_high"], -a["ci_low"]], rel=1e-9
        )
        assert b["p_value"] == pytest.approx(a["p_value"], rel=1e-9)
        assert a["estimate"] != 0


@pytest.mark.parametrize("estimator", ["paired_t", "g_av", "hodges_lehmann", "caseness"])
def test_swapping_the_waves_flips_the_sign_of_the_change(trial, people, row, estimator):
    there = trial(people())
    back = there.replace(scores=there.scores.assign(wave=there.scores["wave"].map(SWAPPED)))
    for group in ("club", "wait", "all"):
        a, b = (row(t.results(), contrast="change", estimator=estimator, group=group) for t in (there, back))
        assert b["estimate"] == pytest.approx(-a["estimate"], rel=1e-9, abs=1e-12)
        assert [b["ci_low"], b["ci_high"]] == pytest.approx([-a["ci_high"], -a["ci_low"]], rel=1e-9, nan_ok=True)
        assert b["n"] == a["n"]


def test_swapping_the_waves_turns_improved_into_worse(trial):
    # the same four scores before and after, so that the SD before and with it the threshold stays
    there = trial([("club", 0, 30), ("club", 30, 0), ("wait", 10, 20), ("wait", 20, 10), ("wait", None, None)])
    back = there.replace(scores=there.scores.assign(wave=there.scores["wave"].map(SWAPPED)))
    changes, returns = there.changes(), back.changes()
    assert returns["change"].dropna().tolist() == (-changes["change"].dropna()).tolist()
    turned = {"improved": "worse", "worse": "improved", "unchanged": "unchanged", "unknown": "unknown"}
    assert changes["reliable_change"].tolist() == ["worse", "improved", "unchanged", "unchanged", "unknown"]
    assert returns["reliable_change"].tolist() == changes["reliable_change"].map(turned).tolist()


def test_shuffled_rows_change_nothing(trial, people):
    ordered = trial(people())
    rng = np.random.default_rng(1)
    shuffled = ordered.replace(
        participants=ordered.participants.iloc[rng.permutation(len(ordered.participants))],
        scores=ordered.scores.iloc[rng.permutation(len(ordered.scores))],
        reliabilities=ordered.reliabilities.iloc[rng.permutation(len(ordered.reliabilities))],
    )
    pd.testing.assert_frame_equal(shuffled.results(), ordered.results())
    pd.testing.assert_frame_equal(shuffled.changes(), ordered.changes())
    for describe in (describe_scores, count_flow):
        pd.testing.assert_frame_equal(
            describe(shuffled.scores, shuffled.participants, shuffled.study),
            describe(ordered.scores, ordered.participants, ordered.study),
        )


def test_a_constant_added_to_every_score_changes_no_contrast(trial, people):
    plain = trial(people()).results()
    moved = trial([(group, before + 7, after + 7) for group, before, after in people()]).results()
    kept = plain["estimator"] != "caseness"
    columns = ["estimate", "se", "p_value"]
    a, b = plain.loc[kept, columns].to_numpy(dtype=float), moved.loc[kept, columns].to_numpy(dtype=float)
    np.testing.assert_allclose(b, a, rtol=1e-9, atol=1e-12)


@given(rows=some_people)
@settings(max_examples=60, deadline=None)
def test_nobody_disappears_and_nothing_fails_whatever_is_missing(trial, rows):
    one = trial(rows)
    changes = one.changes()
    assert changes["participant"].tolist() == one.participants["participant"].tolist()
    complete = [before == before and after == after and None not in (before, after) for _, before, after in rows]
    missing_change = changes["change"].isna().to_numpy()
    assert missing_change.tolist() == [not both for both in complete]
    assert (changes.loc[missing_change, "reliable_change"] == "unknown").all()
    counts = one.counts()
    classes = counts[(counts["measure"] == "reliable_change") & (counts["group"] == "all")]
    assert classes["count"].sum() == len(rows)
    results = one.results()
    assert (results.loc[results["estimate"].isna(), "status"] != "estimated").all()
    paired = results["contrast"].isin(["change", "difference"]) & (results["estimator"] != "reliable_change_threshold")
    assert (results.loc[paired, "n"] <= sum(complete)).all()
    assert (results.loc[paired & (results["group"] == "all"), "n"] == sum(complete)).all()


@given(rows=some_people, seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_the_order_of_people_never_matters(trial, rows, seed):
    order = np.random.default_rng(seed).permutation(len(rows))
    first, second = (numbers(trial(people).results()) for people in (rows, [rows[i] for i in order]))
    for column in first.columns.difference(["status"]):
        np.testing.assert_allclose(
            second[column].to_numpy(dtype=float), first[column].to_numpy(dtype=float), rtol=1e-6, atol=1e-9
        )
    assert second["status"].tolist() == first["status"].tolist()
