"""Paper forms typed twice: what differs, who slipped, what a person decides, and what is said of it."""

from __future__ import annotations

import csv
import random
import stat
import time
from dataclasses import replace

import pytest

from eval_tools.errors import DataError
from eval_tools.intake.exports.decisions_sheet import write_decisions_sheet
from eval_tools.intake.exports.double_entry import READER, find_differences
from eval_tools.intake.exports.settled_forms import count_entry_errors
from eval_tools.intake.exports.typed_alike import canonical
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import INVALID
from export_files import DATA, companion_file, damaged_rows, made_export, received_export

PAPER = DATA / "paper_double_entry"
FIELDS = ["form_no", "child_id", "date", *(f"q{n:02}" for n in range(1, 21))]
A = [["form no", "child", "q1", "q2", "q3"], ["F1", "007", "1", "2", "3"], ["F2", "008", "4", "5", "1"]]
B = [["form no", "child", "q1", "q2", "q3"], ["f２", "8", "4", "5", "1"], ["F1", "7", "1", "3", "3"]]


@pytest.fixture(scope="module")
def paper():
    return received_export(PAPER / "entry_A.xlsx", {"entry_b": PAPER / "entry_B.xlsx"})


@pytest.fixture(scope="module")
def log():
    with (PAPER / "error_log.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def truth():
    with (PAPER / "truth.csv").open(encoding="utf-8") as file:
        return {row["form_no"]: [row[name] for name in FIELDS] for row in csv.DictReader(file)}


def read(export):
    findings = Findings()
    return READER.read(export, findings), findings.table()


def pair(a=A, b=B, decisions=None, **about):
    beside = {"entry_b": b} | ({} if decisions is None else {"decisions": decisions})
    return made_export(a, beside, **about)


def test_the_differences_are_exactly_the_errors_that_were_logged(paper, log):
    found = find_differences(paper, Findings())
    differs = {(number, FIELDS[j]) for number, j in found.differences}
    missing = {row["form_no"] for row in log if row["kind"] == "form missing"}
    single = {(row["form_no"], row["field"]) for row in log if row["true"] and row["form_no"] not in missing}
    # a shift is logged by the column it begins in; the cells after it differ unless neighbours are alike
    slipped = {row["form_no"]: row["field"].rstrip(".") for row in log if row["kind"] == "shift"}
    after = {(form, name) for form, start in slipped.items() for name in FIELDS if name >= start and name[0] == "q"}
    assert differs - after == single - after
    assert len(single - after) == 43
    assert {form for form, _ in differs & after} == set(slipped)


def test_rows_that_slipped_are_named_with_their_entry(paper, log):
    found = find_differences(paper, Findings())
    logged = {
        row["form_no"]: (row["typist"].lower(), row["field"].rstrip(".")) for row in log if row["kind"] == "shift"
    }
    named = {shift.number: (shift.entry, FIELDS[shift.start]) for shift in found.shifts}
    # in P0042 the cell before the slip and the last one are blank on paper: nothing tells where and who
    assert named.pop("P0042") == ("", "q14")
    assert logged.pop("P0042") == ("b", "q13")
    assert named == logged


def test_forms_missing_or_entered_twice_are_told_for_each_entry(paper, log):
    _, issues = read(paper)
    once = issues[issues["rule"] == "form_typed_once"]
    assert once[["file", "row"]].to_numpy().tolist() == [["entry_A.xlsx", 150], ["entry_B.xlsx", 47]]
    twice = issues[issues["rule"] == "form_entered_twice"]
    assert twice["file"].tolist() == ["entry_A.xlsx", "entry_B.xlsx"]
    assert twice["severity"].tolist() == ["warning", "warning"]  # both times alike


def test_zeros_full_width_digits_and_dates_are_no_differences(paper):
    table, issues = read(paper)
    assert not [j for _, j in find_differences(paper, Findings()).differences if FIELDS[j] == "date"]
    assert issues.loc[issues["rule"] == "spelled_differently", "count"].tolist() == [344]
    assert table.cells[0][:3] == ("P0001", "020001", "2026-09-24")  # the spelling that lost nothing


def test_what_nobody_decided_is_invalid_and_an_error(paper):
    table, issues = read(paper)
    found = find_differences(paper, Findings())
    assert len(table.cells) == 150
    n_once = 2 * (len(FIELDS) - 1)
    assert sum(cell == INVALID for record in table.cells for cell in record) == len(found.differences) + n_once
    assert (issues["rule"] == "entries_differ").sum() == len(found.differences)
    assert table.rows[:2] == (4, 5)
    assert table.rows[-1] == 154  # a form that only the second typist had, behind the last row of the first file


def decide_all(found, truth, tmp_path):
    """Decide every row of the workbook by the paper, as a person would; return the file."""
    from openpyxl import load_workbook

    path = write_decisions_sheet(found, scratch=tmp_path / ".eval_tools", study="paper")
    book = load_workbook(path)
    sheet = book.active
    for row in range(2, sheet.max_row + 1):
        number, _, _, column, a, b = (sheet.cell(row=row, column=j).value or "" for j in range(1, 7))
        if column == "*":
            sheet.cell(row=row, column=7).value = "a" if sheet.cell(row=row, column=2).value else "b"
            continue
        j = found.names.index(column)
        right = canonical(truth[number][j])
        word = "a" if canonical(a) == right else "b" if canonical(b) == right else "value" if right else "blank"
        sheet.cell(row=row, column=7).value = word
        if word == "value":
            sheet.cell(row=row, column=8).value = truth[number][j]
    decided = tmp_path / "decisions.xlsx"
    book.save(decided)
    return decided


def test_deciding_every_difference_gives_what_stands_on_the_paper(paper, truth, log, tmp_path):
    found = find_differences(paper, Findings())
    decided = decide_all(found, truth, tmp_path)
    table, issues = read(received_export(PAPER / "entry_A.xlsx", {
        "entry_b": PAPER / "entry_B.xlsx", "decisions": decided,
    }))  # fmt: skip
    assert "error" not in issues["severity"].tolist()
    for record in table.cells:
        right = truth[record[0]]
        read_ = [canonical(cell, is_date=j == 2) for j, cell in enumerate(record[: len(FIELDS)])]
        once = record[0] in ("P0046", "P0147")  # typed by one person, whose error nobody could see
        assert once or read_ == [canonical(cell, is_date=j == 2) for j, cell in enumerate(right)]


def test_error_rates_of_the_typists_are_those_of_the_log(paper, truth, log, tmp_path):
    found = find_differences(paper, Findings())
    settled = [tuple(truth[form.number]) for form in found.forms]
    errors = {(each.typist, each.column): each for each in count_entry_errors(found, settled)}
    assert errors["a", ""].n_cells == errors["b", ""].n_cells == 148 * 22
    for typist in "ab":
        mine = [row for row in log if row["typist"].lower() == typist and row["true"]]
        in_column = [row for row in mine if row["field"] == "child_id" and row["form_no"] != "P0147"]
        assert errors[typist, "孩子编号"].n_wrong == len(in_column)
    a = errors["a", "孩子编号"]
    # R: prop.test(3, 148, correct = FALSE)$conf.int
    assert (a.n_wrong, a.n_cells) == (3, 148)
    assert (a.share.ci_low, a.share.ci_high) == pytest.approx((0.0069172943, 0.0578967486), abs=1e-9)


def test_entries_are_aligned_by_form_number_and_not_by_row():
    table, issues = read(pair())
    assert table.header == ("form no", "child", "q1", "q2", "q3", "row in entry_b")
    assert table.cells == (("F1", "007", "1", INVALID, "3", "3"), ("F2", "008", "4", "5", "1", "2"))
    errors = issues[issues["severity"] == "error"]
    assert errors[["rule", "row", "column"]].to_numpy().tolist() == [["entries_differ", 2, "q2"]]


@pytest.mark.parametrize(
    ("word", "value", "expected"), [("a", "", "2"), ("B", "", "3"), ("value", "9", "9"), ("blank", "", "")]
)
def test_the_third_column_decides(word, value, expected):
    table, issues = read(pair(decisions=[["form", "column", "decision", "value"], ["F1", "q2", word, value]]))
    assert table.cells[0][3] == expected
    assert "error" not in issues["severity"].tolist()


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (["F1", "q2", "c", ""], "decision_unclear"),
        (["F1", "q9", "a", ""], "decision_unclear"),
        (["F9", "q2", "a", ""], "decision_unclear"),
        (["F1", "q2", "value", ""], "decision_unclear"),
        (["F1", "*", "value", "3"], "decision_unclear"),
        (["F1", "q1", "a", ""], "decision_not_needed"),
        (["F2", "*", "a", ""], "decision_not_needed"),
    ],
)
def test_a_decision_that_fits_nothing_fails(row, rule):
    header = ["form", "column", "decision", "value"]
    _, issues = read(pair(decisions=[header, row]))
    mine = issues[issues["file"] == "decisions.csv"]
    assert mine[["rule", "severity", "row"]].to_numpy().tolist() == [[rule, "error", 2]]


def test_a_decision_about_something_else_than_is_typed_now_fails():
    header = ["form", "column", "entry A", "entry B", "decision"]
    table, issues = read(pair(decisions=[header, ["F1", "q2", "4", "3", "a"]]))
    assert issues.loc[issues["rule"] == "decision_fails", "row"].tolist() == [2]
    assert table.cells[0][3] == INVALID
    table, issues = read(pair(decisions=[header, ["F1", "q2", "２", "03", "a"]]))
    assert table.cells[0][3] == "2"


def test_a_form_in_one_entry_only_needs_a_decision():
    table, issues = read(pair(b=B[:2]))
    assert table.cells[0] == ("F1", *[INVALID] * 4, "")
    assert issues.loc[issues["severity"] == "error", "rule"].tolist() == ["form_typed_once"]
    decisions = [["form", "column", "decision"], ["F1", "*", "a"]]
    assert read(pair(b=B[:2], decisions=decisions))[0].cells[0] == ("F1", "007", "1", "2", "3", "")
    _, issues = read(pair(b=B[:2], decisions=[decisions[0], ["F1", "*", "b"]]))
    assert "decision_fails" in issues["rule"].tolist()


def test_a_form_entered_twice_and_differently_is_an_error():
    table, issues = read(pair(a=[*A, ["F2", "008", "4", "5", "2"]]))
    twice = issues[issues["rule"] == "form_entered_twice"].iloc[0]
    assert (twice["severity"], twice["row"], twice["count"]) == ("error", 3, 2)
    assert table.cells[1][4] == INVALID
    header = ["form", "column", "decision", "value"]
    again = pair(a=[*A, ["F2", "008", "4", "5", "2"]], decisions=[header, ["F2", "q3", "a", ""]])
    assert "decision_fails" in read(again)[1]["rule"].tolist()


def test_a_row_without_a_form_number_is_an_error():
    _, issues = read(pair(a=[*A, ["", "009", "1", "1", "1"]]))
    assert issues.loc[issues["rule"] == "form_number_blank", ["file", "row"]].to_numpy().tolist() == [
        ["answers.csv", 4]
    ]


def test_columns_are_compared_by_name_where_the_names_are_the_same():
    turned = [[row[0], *reversed(row[1:])] for row in B]
    assert read(pair(b=turned))[0].cells == read(pair())[0].cells


def test_columns_that_are_not_the_same_questions_are_refused():
    assert "columns_differ" in read(pair(b=[row[:-1] for row in B]))[1]["rule"].tolist()
    rng = random.Random(3)
    a = [A[0], *([f"F{i}", str(i), *(str(rng.randint(1, 5)) for _ in range(3))] for i in range(1, 40))]
    b = [["编号", "x", "y", "z", "w"], *([row[0], row[1], *reversed(row[2:])] for row in a[1:])]
    _, issues = read(pair(a=a, b=b))
    assert issues.loc[issues["severity"] == "error", "rule"].unique().tolist() == ["columns_do_not_correspond"]
    assert issues.loc[issues["severity"] == "error", "column"].tolist() == ["q1", "q3"]


def test_without_a_second_entry_or_a_form_number_nothing_is_read():
    assert read(made_export(A))[1]["rule"].tolist() == ["companion_missing"]
    assert READER.recognise(made_export(A)) == ""
    nameless = [["who", *row[1:]] if i == 0 else row for i, row in enumerate(A)]
    assert "form_number_missing" in read(pair(a=nameless))[1]["rule"].tolist()


def test_nothing_that_was_typed_is_said(paper):
    planted = [[cell if i == 0 or j == 0 else f"Xqz{i}{j}" for j, cell in enumerate(row)] for i, row in enumerate(A)]
    numbers = [[f"Yqz{cell}" if i and not j else cell for j, cell in enumerate(row)] for i, row in enumerate(planted)]
    header = ["form", "column", "entry A", "entry B", "decision", "value"]
    _, issues = read(
        pair(a=numbers, b=[*B, numbers[1]], decisions=[header, ["YqzF1", "Xqz", "Xqz", "Xqz", "Xqz", "Xqz"]])
    )
    said = issues.to_csv()
    assert issues["severity"].eq("error").any()
    assert "xqz" not in said.casefold()
    assert "yqz" not in said.casefold()


def test_the_workbook_lies_below_the_scratch_folder_for_its_owner_only(tmp_path):
    found = find_differences(pair(a=[A[0], ["F1", "007", "1", "=1+1", "3"], A[2]]), Findings())
    path = write_decisions_sheet(found, scratch=tmp_path / ".eval_tools", study="paper")
    assert path == tmp_path / ".eval_tools" / "double_entry" / "paper" / "answers-decisions.xlsx"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    opened = companion_file(path)
    assert opened.sheets[0].formulas == ()
    assert opened.sheets[0].cells[1][:6] == ("F1", "2", "3", "q2", "=1+1", "3")
    for scratch, study in ((tmp_path, "paper"), (tmp_path / ".eval_tools", "../paper"), (tmp_path / ".eval_tools", "")):
        with pytest.raises(DataError):
            write_decisions_sheet(found, scratch=scratch, study=study)


def test_workbooks_of_files_of_one_name_in_two_folders_are_two(tmp_path):
    found = find_differences(pair(), Findings())
    one, other = (
        write_decisions_sheet(replace(found, file_a=file), scratch=tmp_path / ".eval_tools", study="paper")
        for file in ("2025-autumn/entry_A.xlsx", "2026-spring/../entry_A.xlsx")
    )
    assert (one.name, other.name) == ("2025-autumn--entry_A-decisions.xlsx", "2026-spring--entry_A-decisions.xlsx")
    assert one.parent == other.parent


def test_damaged_entries_are_read_or_refused_in_words_and_soon():
    rng = random.Random(20261124)
    decisions = [["form", "column", "entry A", "entry B", "decision", "value"], ["F1", "q2", "2", "3", "a", ""]]
    n_read = 0
    for _ in range(120):
        start = time.perf_counter()
        export = pair(*(damaged_rows(rows, rng) if rng.random() < 0.5 else rows for rows in (A, B, decisions)))
        READER.recognise(export)
        table, issues = read(export)
        n_read += table is not None
        assert table is not None or "error" in issues["severity"].tolist()
        assert time.perf_counter() - start < 5
    assert 30 < n_read < 110  # both happen, or the damage tests nothing
