from __future__ import annotations

import pytest

from eval_tools.intake.exports.google_forms import READER
from eval_tools.intake.exports.joined import parse_cell
from eval_tools.intake.raw_table import INVALID
from form_exports import DATA, by_name, details_of, kinds_of, open_sample, read_mutated, read_well, rules_of, written

FILE = DATA / "google-forms" / "google_forms_cn.csv"
STAMP = "2026/9/18 上午9:00:00"
OPTIONS = [["question", "option"], *(["你和谁一起住", option] for option in ("爸爸", "妈妈", "爷爷, 奶奶"))]


def with_options(rows=OPTIONS):
    export = open_sample(FILE)
    return written(export.sheets[0].cells, form=rows)


def test_questions_are_called_by_their_words_and_rows_of_a_grid_by_both():
    raw = read_well(READER, open_sample(FILE))
    infos = {info.name: info for info in raw.columns}
    grid = infos["多常发生 [我在学校有好朋友]"]
    assert (grid.question, grid.part) == ("多常发生", "我在学校有好朋友")
    assert kinds_of(raw)["时间戳记"] == "system"
    assert by_name(raw)["时间戳记"][11] == "2026/9/18 下午12:07:00"
    assert by_name(raw)["多常发生 [我会为小事发脾气]"][:3] == ["很少", "有时", "有时"]
    assert len(raw.cells) == 25


def test_check_boxes_stay_whole_without_the_forms_options_and_a_note_says_so():
    export = open_sample(FILE)
    assert kinds_of(read_well(READER, export))["你和谁一起住"] == "choices"
    assert by_name(read_well(READER, export))["你和谁一起住"][1] == "爸爸, 爷爷, 奶奶"
    assert rules_of(READER, export, severity="note") == ["options_unknown"]


def test_check_boxes_are_taken_apart_with_the_forms_options():
    raw = read_well(READER, with_options())
    columns = by_name(raw)
    assert columns["你和谁一起住"][:3] == ["爸爸", "爸爸, 爷爷, 奶奶", "爸爸, 妈妈"]
    assert [columns[f"你和谁一起住.{k}"][:3] for k in (1, 2, 3)] == [["1"] * 3, ["0", "0", "1"], ["0", "1", "0"]]
    assert set(columns["你和谁一起住.other"]) == {""}
    chosen = sum(columns[f"你和谁一起住.{k}"].count("1") for k in (1, 2, 3))
    cells = by_name(read_well(READER, open_sample(FILE)))["你和谁一起住"]
    assert chosen == sum(len(cell.replace("爷爷, 奶奶", "祖").split(", ")) for cell in cells)


def test_words_of_ones_own_stand_apart():
    rows = [["Timestamp", "住", "想家"], [STAMP, "爸爸, 我的姑姑, 姑父", "从不"], [STAMP, "", "从不"]]
    export = written(rows, form=[["题目", "选项"], ["住", "爸爸"], ["住", "妈妈"]])
    columns = by_name(read_well(READER, export))
    assert (columns["住.1"], columns["住.2"]) == (["1", ""], ["0", ""])
    assert columns["住.other"] == ["我的姑姑, 姑父", ""]
    assert "姑" not in details_of(READER, export)


def test_a_cell_that_can_be_read_in_two_ways_is_invalid():
    rows = [["Timestamp", "住"], [STAMP, "a, b"], [STAMP, "a"]]
    export = written(rows, form=[["question", "option"], *(["住", option] for option in ("a", "b", "a, b"))])
    assert rules_of(READER, export, severity="warning") == ["options_unclear"]
    assert by_name(read_well(READER, export))["住.1"] == [INVALID, "1"]


@pytest.mark.parametrize(
    ("cell", "options", "chosen"),
    [
        ("b, a", ("a", "b"), ("b", "a")),
        ("a, b, c", ("a", "b, c", "b", "c, d"), ("a", "b, c")),
        ("x, a, y", ("a",), None),
        ("a, a", ("a",), None),
    ],
)
def test_a_cell_is_taken_apart_with_least_left_over(cell, options, chosen):
    read = parse_cell(cell, options, separator=", ")
    assert (read and read.options) == chosen


def test_a_list_of_options_for_a_question_that_is_not_there_is_refused():
    assert rules_of(READER, with_options([["question", "option"], ["谁", "爸爸"]])) == ["options_of_no_question"]
    assert rules_of(READER, with_options([["a", "b"], ["谁", "爸爸"]])) == ["options_unreadable"]


def test_addresses_are_identifying_and_points_are_the_platforms():
    rows = [
        ["Timestamp", "Email Address", "Score", "1 + 1 =", "1 + 1 = [Score]", "得分"],
        [STAMP, "a@example.org", "3 / 10", "2", "1.00 / 1", "7"],
    ]
    kinds = kinds_of(read_well(READER, written(rows)))
    assert kinds["Email Address"] == "identifying"
    assert kinds["Score"] == kinds["1 + 1 = [Score]"] == "score"
    assert kinds["得分"] == kinds["1 + 1 ="] == "answer"  # a question of that name


@pytest.mark.parametrize(
    ("head", "below", "known"),
    [
        ("时间戳记", "", True),
        ("時間戳記", "2026/9/18 上午 9:00:00", True),
        ("Timestamp", "2026/09/18 9:00:00 am GMT+8", True),
        ("Timestamp", "2026-09-18 09:00:00", True),
        ("Timestamp", "1695000000", False),
        ("Timestamp", "", False),
        ("time", "2026-09-18 09:00:00", False),
    ],
)
def test_it_is_recognised_by_its_time_stamp(head, below, known):
    assert bool(READER.recognise(written([[head, "q"], [below, "a"]]))) == known


def test_spoilt_exports_are_read_whole_or_refused():
    for export in (open_sample(FILE), with_options()):
        assert min(read_mutated(READER, export, seed=8, times=100).values()) > 5
