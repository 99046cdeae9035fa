"""Results with and without the forms that a validity gate flagged: what is left out, and when it may be told."""

from __future__ import annotations

import numpy as np
import pytest

from eval_tools import open_study
from eval_tools.scoring.form_checks import leave_out_excluded
from eval_tools.stats.change import mean_change

GATE = "validity:\n  - {{id: same, pattern: same_answer, action: {}, report_both: true}}\n"


@pytest.fixture
def flagged(little):
    """The little study with a gate for the same answer all the way down, met in spring by some of each group."""

    def build(programme: int, comparison: int, *, action: str = "flag", open_data: bool = False):
        path = little.root / "questionnaires/ces-d/ces-d.yaml"
        text = path.read_text(encoding="utf-8")
        assert "\nvalidity:" not in text
        path.write_text(text.replace("\ntest_vectors:", f"\n{GATE.format(action)}\ntest_vectors:"), encoding="utf-8")
        if open_data:
            little.change("min_cell: 10, round_to: 5", "min_cell: 1, round_to: 1")
        rows, left = little.invent(60), {"programme": programme, "comparison": comparison}
        for row in rows:
            if row[1] == "spring" and left[row[2]]:
                row[3:] = [3] * 20
                left[row[2]] -= 1
        little.write_answers(rows)
        return open_study("little", start=little.root)

    return build


def rows(table, contrast):
    mine = table[(table["estimator"] == "without_flagged") & (table["contrast"] == contrast)]
    return mine.set_index("group")


def test_the_estimate_is_the_main_one_on_the_forms_that_are_left(flagged):
    run = flagged(12, 15)
    met = run.validity[run.validity["result"] == "met"]
    assert len(met) == 27
    scores = run.scores[run.scores["scale"] == "total"].pivot(index="participant", columns="wave", values="score")
    groups = run.participants.set_index("participant")["group"]
    kept = scores[~scores.index.isin(set(met["participant"])) & (groups.reindex(scores.index) == "programme")]
    by_hand = mean_change(kept["autumn"].to_numpy(), kept["spring"].to_numpy())
    found = rows(run.results, "change").loc["programme"]
    assert found["estimate"] == pytest.approx(by_hand.estimate)
    assert found["ci_low"] == pytest.approx(by_hand.ci_low)
    assert found["n"] == by_hand.n
    assert found["role"] == "alongside"
    assert np.isnan(found["p_adjusted"])
    primary = run.results[(run.results["contrast"] == "change") & (run.results["role"] == "primary")]
    assert primary.set_index("group").loc["programme", "n"] == by_hand.n + 12


def test_it_is_published_only_if_as_many_were_left_out_as_a_cell_needs(flagged):
    released = flagged(12, 3).released.results.data
    change = rows(released, "change")
    assert change.loc["programme", "status"] == "estimated"
    assert set(change.loc[["comparison", "all"], "status"]) == {"suppressed"}
    assert change.loc[["comparison", "all"], ["estimate", "n"]].isna().all(axis=None)  # n would tell how many
    difference = rows(released, "difference").loc["programme"]
    assert difference["status"] == "suppressed"
    assert np.isnan(difference["n"])


def test_nobody_left_out_is_not_told_either(flagged):
    change = rows(flagged(0, 12).released.results.data, "change")
    assert change.loc["programme", "status"] == "suppressed"
    assert change.loc["comparison", "status"] == "estimated"


def test_the_report_sets_both_side_by_side_and_counts_the_forms(flagged):
    from eval_tools.reporting.chapters.scales import scales_chapter
    from eval_tools.reporting.material import Desk

    run = flagged(12, 15, open_data=True)
    desk = Desk(run.material, "en")
    blocks = {block.id: block for block in scales_chapter(desk).blocks}
    (counted,) = [row for row in blocks["form-checks"].rows if "same answer" in row[0]]
    assert counted[1:] == ("0", "27")
    outcome = run.study.plan.outcomes[0]
    told = {row[1:] for row in blocks["without-flagged"].rows}
    primary, without = desk.primary(outcome, "change"), desk.rows(outcome, "change", "without_flagged")
    assert (desk.estimate(primary["programme"]), desk.estimate(without["programme"])) in told
    assert len(told) == 4  # three changes and one difference


def test_a_gate_that_keeps_forms_out_of_the_main_analysis_does(flagged):
    run = flagged(12, 15, action="exclude_from_main_analysis")
    assert (run.scores["status"] == "excluded").sum() == 27 * run.scores["scale"].nunique()
    assert run.scores.loc[run.scores["status"] == "excluded", "score"].isna().all()
    assert rows(run.results, "change").empty  # without them is the main result already


def test_where_no_gate_is_met_scores_stay_as_they_are(little):
    run = open_study("little", start=little.root)
    assert run.validity.empty
    assert leave_out_excluded(run.scores, run.validity) is run.scores
    assert rows(run.results, "change").empty
