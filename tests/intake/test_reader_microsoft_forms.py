from __future__ import annotations

import pytest

from eval_tools.intake.exports.microsoft_forms import READER
from form_exports import DATA, by_name, kinds_of, open_sample, read_mutated, read_well, rules_of, written

FILE = DATA / "microsoft-forms" / "ms_forms_cn.xlsx"
LIVES = "Who do you live with?"
ENGLISH = ("ID", "Start time", "Completion time")
OPTIONS = [["question", "option"], *([LIVES, option] for option in ("妈妈", "爸爸", "其他：姑姑;姑父"))]


def with_options():
    return written(open_sample(FILE).sheets[0].cells, form=OPTIONS)


def test_no_break_blanks_leave_the_names_and_stay_in_the_header():
    raw = read_well(READER, open_sample(FILE))
    info = next(info for info in raw.columns if info.name == "Child ID")
    assert info.header == "Child ID\xa0"
    assert by_name(raw)["Child ID"][:3] == ["04058", "04042", "04006"]
    assert len(raw.cells) == 25


def test_addresses_and_names_are_identifying_in_the_questions_too():
    kinds = kinds_of(read_well(READER, open_sample(FILE)))
    assert {name for name, kind in kinds.items() if kind == "identifying"} == {"Email", "Name", "Email2"}
    assert {name for name, kind in kinds.items() if kind == "system"} == {
        *("ID", "Start time", "Completion time", "Last modified time")
    }


def test_several_answers_stay_whole_without_the_forms_options():
    raw = read_well(READER, open_sample(FILE))
    assert kinds_of(raw)[LIVES] == "choices"
    assert by_name(raw)[LIVES][1] == "爸爸;其他：姑姑;姑父;"
    assert rules_of(READER, open_sample(FILE), severity="note") == ["options_unknown"]


def test_an_option_that_holds_the_separator_is_found_with_the_forms_options():
    columns = by_name(read_well(READER, with_options()))
    cells = by_name(read_well(READER, open_sample(FILE)))[LIVES]
    assert columns[f"{LIVES}.3"] == ["1" if "姑姑;姑父" in cell else "0" for cell in cells]
    assert columns[f"{LIVES}.1"] == ["1" if "妈妈" in cell else "0" for cell in cells]
    assert set(columns[f"{LIVES}.other"]) == {""}


@pytest.mark.parametrize(
    ("head", "score"),
    [
        (
            [
                "ID",
                "Start time",
                "Completion time",
                "Email",
                "Name",
                "Total points",
                "Quiz feedback",
                "a",
                "Points - a",
            ],
            3,
        ),
        (["ID", "开始时间", "完成时间", "电子邮件", "名称", "总分", "测验反馈", "a", "得分 - a"], 3),
        (["識別碼", "開始時間", "完成時間", "電子郵件", "名稱", "總分", "測驗意見反應", "a", "分數 - a"], 3),
        ([*ENGLISH, "Email", "Name", "Points - of view", "b", "a", "c"], 0),
    ],
)
def test_points_are_the_platforms_in_every_language_of_its_pages(head, score):
    export = written([head, ["1"] * len(head)])
    assert READER.recognise(export) == ", ".join(head[:3])
    assert list(kinds_of(read_well(READER, export)).values()).count("score") == score
    assert list(kinds_of(read_well(READER, export)).values()).count("identifying") == 2


@pytest.mark.parametrize("rows", [[], [[]], [["ID"]], [["ID", "Start time", "End time"]], [["", "", ""]]])
def test_other_files_are_not_recognised(rows):
    assert READER.recognise(written(rows)) == ""


def test_spoilt_exports_are_read_whole_or_refused():
    for export in (open_sample(FILE), with_options()):
        assert min(read_mutated(READER, export, seed=9, times=100).values()) > 5
