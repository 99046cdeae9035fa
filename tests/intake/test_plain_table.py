"""Plain tables: where the header stands, which sheet counts, and what is not guessed."""

from __future__ import annotations

import pytest

from eval_tools.intake.exports.table import READER
from eval_tools.intake.findings import Findings
from export_files import made_export

ROWS = [["id", "q1", "q2"], ["k1", "3", "１"], ["", "", ""], ["k2", "", "45000"]]


def read(rows, **about):
    findings = Findings()
    table = READER.read(made_export(rows, **about), findings)
    return table, findings.table()


def test_a_header_in_the_first_row_is_found_and_cells_stay_as_they_are():
    table, issues = read(ROWS)
    assert table.header == ("id", "q1", "q2")
    assert table.cells == (("k1", "3", "１"), ("k2", "", "45000"))  # a date kept as a number stays one
    assert table.rows == (2, 4)
    assert issues.empty


def test_a_header_below_lines_of_title_is_found_if_it_is_the_only_row_that_names_every_column():
    table, issues = read([["An invented survey", "", ""], ["", "", ""], *ROWS])
    assert (table.header, table.rows) == (("id", "q1", "q2"), (4, 6))
    assert issues["rule"].tolist() == ["header_found"]
    assert issues["row"].tolist() == [3]


WORDS = [["Survey", "", ""], ["child", "first", "second"], ["Ann", "often", "never"], ["Bob", "never", "often"]]


def test_a_header_that_could_be_a_row_of_answers_is_not_guessed():
    table, issues = read(WORDS)
    assert table is None
    assert issues["rule"].tolist() == ["header_missing"]
    assert "rows 2, 3, 4" in issues["detail"][0]
    assert not any(word in issues.to_csv() for word in ("Ann", "often", "never"))


@pytest.mark.parametrize("about", [{"header_row": 2}, {"declared": frozenset({"first", "child"})}])
def test_a_declared_row_or_declared_names_tell_the_header(about):
    table, _ = read(WORDS, **about)
    assert (table.header, table.rows) == (("child", "first", "second"), (3, 4))


def test_a_file_without_any_declared_name_is_refused():
    table, issues = read(ROWS, declared=frozenset({"other"}))
    assert table is None
    assert "no row holds a column name" in issues["detail"][0]


def test_a_row_of_numbers_is_no_header():
    assert READER.recognise(made_export([["1", "2"], ["3", "4"]])) == ""


def test_names_that_repeat_are_numbered():
    table, _ = read([["id", "school", "school"], ["k1", "1", "2"]])
    assert table.header == ("id", "school #1", "school #2")


def test_headings_merged_over_columns_and_rows_are_kept():
    rows = [["Survey", "", "", "", ""], ["id", "at home", "", "at school", ""], ["", "glad", "sad", "glad", "sad"]]
    table, _ = read([*rows, ["k1", "1", "2", "3", "4"]])
    assert table.header == ("id", "glad #1", "sad #1", "glad #2", "sad #2")
    assert [column.question for column in table.columns] == ["", "at home", "at home", "at school", "at school"]
    assert table.rows == (4,)


def test_a_column_without_a_name_is_told():
    table, issues = read([["id", ""], ["k1", "3"]], header_row=1)
    assert table.header == ("id", "column 2")
    assert issues["rule"].tolist() == ["header_blank"]


def test_only_one_sheet_may_hold_something_unless_one_is_declared():
    book = {"notes": [["a", "b"], ["c", "d"]], "data": ROWS, "empty": [["", ""]]}
    table, issues = read(book)
    assert table is None
    assert issues["rule"].tolist() == ["sheet_undeclared"]
    assert "'notes', 'data'" in issues["detail"][0]
    assert read(book, sheet="data")[0].header == ("id", "q1", "q2")
    assert read(book, sheet="dta")[1]["rule"].tolist() == ["sheet_missing"]
    assert read({"data": ROWS, "empty": [["", ""]]})[0].rows == (2, 4)


def test_rows_of_another_length_are_refused_and_empty_cells_beyond_the_header_are_cut():
    table, issues = read([*ROWS, ["k3", "1"], ["k4", "1", "2", "3"]])
    assert table is None
    assert issues[["rule", "row"]].to_numpy().tolist() == [["record_length", 5], ["record_length", 6]]
    table, issues = read([*ROWS, ["k3", "1", "2", ""]])
    assert table.cells[-1] == ("k3", "1", "2")


def test_a_header_without_rows_is_a_warning_and_an_empty_file_an_error():
    assert read(ROWS[:1])[1]["rule"].tolist() == ["no_rows"]
    assert read([["", ""]])[1]["rule"].tolist() == ["file_empty"]
