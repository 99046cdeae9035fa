"""A table with one row a form: what comes out, and everything that can be wrong with it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eval_tools.errors import DataError
from eval_tools.scoring.wide import score_wide

NAN = np.nan


@pytest.fixture
def file() -> pd.DataFrame:
    """Four forms, the last of somebody who was not earnest; a name and a column that nobody asked for."""
    return pd.DataFrame(
        {
            "name": ["Invented One", "Invented Two", "Invented Three", "Invented Four"],
            "a": [3, 3, NAN, 3],
            "b": [1, 1, 0, 1],
            "c": [0, 0, 0, 0],
            "lie1": [0, 1, 0, 3],
            "lie2": [0, 0, 0, 3],
            "years": [9, 10.5, 18, 12],
            "sex": ["1", "2", "1", ""],
        },
        index=["w", "x", "y", "z"],
    )


SEXES = {"1": "male", "2": "female"}


def wrong(*args, **options) -> list[tuple[str, str]]:
    with pytest.raises(DataError) as caught:
        score_wide(*args, **options)
    assert "Invented" not in str(caught.value)
    assert all(problem.remedy for problem in caught.value.problems)
    return [(problem.where, problem.what) for problem in caught.value.problems]


def test_every_form_has_its_row_its_scores_and_its_reasons(invented, file):
    found = score_wide(file, invented, age="years", sex="sex", sexes=SEXES)
    assert list(found.scores.index) == ["w", "x", "y", "z"]
    assert list(found.scores) == [
        "total", "total.status", "total.answered", "total.band", "total.scheme", "lie", "lie.status", "lie.answered",
    ]  # fmt: skip
    np.testing.assert_array_equal(found.scores["total"], [5, 5, NAN, NAN])
    assert list(found.scores["total.status"]) == ["scored", "scored", "too_few_answers", "void"]
    assert list(found.scores["total.answered"]) == [3, 3, 2, 3]
    assert list(found.scores["total.band"]) == ["high", "low", "", ""]  # 5 is high for boys and low for girls
    assert list(found.scores["total.scheme"]) == ["boys", "girls", "", ""]
    assert list(found.scores["lie"]) == [0, 1, 0, 6]  # the gate's own scale stays
    assert list(found.validity["lies"]) == ["not_met", "not_met", "not_met", "met"]


def test_the_table_is_not_changed(invented, file):
    before = file.copy()
    score_wide(file, invented, age="years", sex="sex", sexes=SEXES)
    pd.testing.assert_frame_equal(file, before)


def test_what_speaks_against_the_scores_is_noted(invented, file):
    notes = score_wide(file, invented, age="years", sex="sex", sexes=SEXES).notes
    assert {(n.rule, n.count, n.n) for n in notes.itertuples()} == {("above_age", 1, 4), ("sex_unknown", 1, 4)}
    younger = score_wide(file.assign(years=[7, 7.9, 8, NAN]), invented, age="years").notes
    assert {(n.rule, n.count) for n in younger.itertuples()} == {("below_age", 2), ("sex_unknown", 4)}
    assert "younger than 8" in " ".join(younger["detail"])


def test_without_a_sex_there_is_no_band_and_no_guess(invented, file):
    scores = score_wide(file, invented).scores
    assert set(scores["total.band"]) == {""}
    assert list(scores["total"])[:2] == [5, 5]


def test_columns_may_have_other_names(invented, file):
    renamed = file.rename(columns={"a": "Q1", "b": "Q2"})
    mine = score_wide(renamed, invented, columns={"a": "Q1", "b": "Q2"}).scores
    pd.testing.assert_frame_equal(mine, score_wide(file, invented).scores)


def test_codes_written_as_text_are_codes(invented, file):
    text = file.astype({"a": object})
    text["a"] = ["3", " 3.0 ", "", "3"]
    pd.testing.assert_frame_equal(score_wide(text, invented).scores, score_wide(file, invented).scores)


def test_everything_wrong_with_a_file_is_said_at_once_and_no_cell_is_repeated(invented, file):
    broken = file.drop(columns="c").astype({"a": object, "sex": object})
    broken.loc["w", "a"] = "sometimes"
    broken["b"] = [1, 7, 0.5, 9]
    broken["years"] = [9, -1, 300, 12]
    said = wrong(broken, invented, age="years", sex="sex", columns={"lie3": "x"})
    assert said == [
        ("table, invented", "columns are named for items it does not have: 'lie3'."),
        ("table, invented", "no column for 1 of 5 items: c."),
        ("column 'a', rows 1", "1 cells hold text."),
        ("column 'b', rows 2, 3, 4", "3 cells hold a code that is not on the form."),
        ("column 'years', rows 2, 3", "2 cells are no age."),
        ("column 'sex', rows 1, 2, 3", "3 cells hold another word for the sex."),
    ]


def test_a_message_names_a_few_rows_and_never_a_cell(invented):
    table = pd.DataFrame({item: [77] * 9 for item in invented.items})
    with pytest.raises(DataError) as caught:
        score_wide(table, invented)
    assert "rows 1, 2, 3, 4, 5, …" in str(caught.value)
    assert "77" not in str(caught.value)


def test_an_item_that_is_not_in_the_file_is_refused_or_asked_for_and_then_noted(invented, file):
    without = file.drop(columns="c").rename(columns={"a": "A"})
    ((where, what),) = wrong(without, invented)
    assert (where, what) == ("table, invented", "no column for 2 of 5 items: a, c.")
    found = score_wide(without, invented, allow_absent=True)
    assert set(found.scores["total.status"]) == {"too_few_answers"}
    (note,) = [n for n in found.notes.itertuples() if n.rule == "item_not_in_file"]
    assert (note.count, note.n, note.detail) == (2, 4, "items that no form has: a, c")


def test_a_column_that_stands_there_twice_is_not_chosen_from(invented, file):
    twice = pd.concat([file, file[["a"]]], axis=1)
    assert wrong(twice, invented) == [("table, invented", "columns that stand there twice: 'a'.")]
    assert wrong(file, invented, columns={"a": "b"}) == [
        ("table, invented", "columns that hold more than one item: 'b'.")
    ]
    assert wrong(file, invented, age="yaers")[0] == ("column 'yaers'", "there is no such column.")
    assert wrong(file, invented, sex="sex", sexes={"1": "boy", "2": "female"})[0] == (
        "sexes",
        "'boy' are not words of this package.",
    )


def test_true_and_false_are_no_codes(invented, file):
    assert wrong(file.assign(a=True), invented) == [("column 'a', rows 1, 2, 3, 4", "4 cells hold text.")]


def test_a_file_without_forms_has_no_scores(invented, file):
    found = score_wide(file.iloc[:0], invented)
    assert len(found.scores) == len(found.validity) == len(found.notes) == 0
