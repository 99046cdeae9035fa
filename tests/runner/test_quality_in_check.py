"""eval-tools check names the forms and questions to look at because of how they were answered."""

from __future__ import annotations

from eval_tools.runner.check import check_study


def test_check_names_rows_with_signs_and_questions_left_open_and_still_lets_the_study_run(little):
    rows = little.invent(60)
    rows[4][3:] = [2] * 20
    for row in rows[::3]:
        row[3 + 6] = ""
    little.write_answers(rows)
    outcome = check_study("little", start=little.root)
    assert outcome.exit_code == 0
    found = [text for text in outcome.text.splitlines() if "row 6" in text and "the same answer to at least" in text]
    assert len(found) == 1
    assert "both/answers.csv" in outcome.text
    assert "stays in every table" in outcome.text
    assert "column 'ces-d.cesd07'" in outcome.text
    assert "leave this item open" in outcome.text
    assert "invented-" not in outcome.text


def test_a_study_of_careful_answers_names_no_straight_line(little):
    assert "the same answer to at least" not in check_study("little", start=little.root).text
