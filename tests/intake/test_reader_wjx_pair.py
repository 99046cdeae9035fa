from __future__ import annotations

import csv
from dataclasses import replace

import pytest

from eval_tools.intake.exports.reader import Companion
from eval_tools.intake.exports.wjx import READER
from eval_tools.intake.raw_table import SKIPPED
from form_exports import DATA, by_name, details_of, kinds_of, open_sample, read_well, rules_of, written

FOLDER = DATA / "wjx"
TEXT_CSV = FOLDER / "300000001_按文本_学期初儿童问卷A_120_120.csv"
NUMBER = FOLDER / "300000001_按序号_学期初儿童问卷A_120_120.xlsx"
SCORE = FOLDER / "300000001_按分数_学期初儿童问卷A_120_120.xlsx"
PHONE_TEXT, PHONE_NUMBER = FOLDER / "phone_survey_800_按文本.xls", FOLDER / "phone_survey_800_按序号.xls"


def pair(text: dict[str, list[str]], number: dict[str, list[str]], *, main: str = "number"):
    """Make a pair of exports of invented answers; columns by their headers."""
    sheets = {}
    for name, columns in (("text", text), ("number", number)):
        n = len(next(iter(columns.values())))
        whole = {"序号": [str(i + 1) for i in range(n)], "提交答卷时间": ["2026/9/7 8:03:36"] * n, **columns}
        sheets[name] = [list(whole), *map(list, zip(*whole.values(), strict=True))]
    other = {"number": "text", "text": "number"}[main]
    return written(sheets[main], labels=sheets[other])


@pytest.fixture(scope="module")
def truth() -> list[dict[str, str]]:
    with (FOLDER / "300000001_truth.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_pair_is_the_codebook(truth):
    raw = read_well(READER, open_sample(NUMBER, labels=TEXT_CSV))
    infos, columns = {info.name: info for info in raw.columns}, by_name(raw)
    assert infos["Q4.1"].choices == {"1": "从不", "2": "很少", "3": "有时", "4": "经常", "5": "总是"}
    assert infos["Q4.1"].holds == "ordinal"
    assert infos["Q7"].choices == {"1": "妈妈", "2": "爸爸", "3": "祖辈", "4": "其他"}
    assert infos["Q9"].holds == infos["Q10"].holds == "text"
    assert columns["Q9"] == [row["kids"] for row in truth]
    assert columns["Q10"] == [row["free"] for row in truth]
    assert columns["Q3.other"] == ["姑姑" if row["lives_6"] == "1" else "" for row in truth]


@pytest.mark.parametrize("main", ["number", "text"])
def test_either_file_of_a_pair_may_be_the_one_that_is_declared(main):
    files = {"number": NUMBER, "text": TEXT_CSV}
    other = files["text" if main == "number" else "number"]
    raw = read_well(READER, open_sample(files[main], labels=other))
    whole = read_well(READER, open_sample(NUMBER, labels=TEXT_CSV))
    assert raw.header == whole.header
    assert raw.file == files[main].name
    texts, infos = by_name(raw), {info.name: info for info in raw.columns}
    labels = {info.name: info.choices for info in whole.columns}
    for name, cells in by_name(whole).items():
        if infos[name].kind == "answer":
            read = [labels[name].get(cell, cell) for cell in cells]
            assert [infos[name].choices.get(cell, cell) for cell in texts[name]] == read, name
        else:
            assert texts[name] == cells, name


def test_the_real_pair_agrees_in_every_answer():
    """All 800 answer sheets of a real survey: labels one to one, options the same in both files."""
    raw = read_well(READER, open_sample(PHONE_NUMBER, labels=PHONE_TEXT))
    infos, columns = {info.name: info for info in raw.columns}, by_name(raw)
    assert len(raw.cells) == 800
    assert infos["Q3"].choices == {"1": "男", "2": "女"}
    assert infos["Q4"].choices["5"] == "30~34岁"
    assert infos["Q2"].choices["10"] == "其他【请注明】"
    assert sum(map(bool, columns["Q2.other"])) == 2
    assert [infos[f"Q8.{k}"].part for k in (1, 9, 10)] == ["不关注", "ACG文化(动漫、游戏等)", "其他【请注明】"]
    counts = [columns[f"Q6.{k}"].count("1") for k in range(1, 15)]
    assert counts == [479, 436, 461, 492, 478, 214, 95, 294, 145, 76, 184, 425, 242, 2]
    alone = by_name(read_well(READER, open_sample(PHONE_TEXT)))
    assert [alone[f"Q6.{infos[f'Q6.{k}'].part}"].count("1") for k in range(1, 15)] == counts


def test_rows_are_matched_by_their_numbers_and_not_by_their_places():
    export = pair({"1、想家": ["从不", "有时", "总是"]}, {"1、想家": ["1", "2", "3"]})
    rows = export.companions["labels"].sheets[0].cells
    turned = written(export.sheets[0].cells, labels=[rows[0], *reversed(rows[1:])])
    assert next(i for i in read_well(READER, turned).columns if i.name == "Q1").choices == {
        "1": "从不",
        "2": "有时",
        "3": "总是",
    }


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ({"1、想家": ["从不", "有时", "从不"]}, {"1、想家": ["1", "2", "2"]}),
        ({"1、想家": ["从不", "从不", "有时"]}, {"1、想家": ["1", "2", "3"]}),
        ({"1、想家": ["从不", "(空)", "有时"]}, {"1、想家": ["1", "2", "3"]}),
        ({"1、想家": ["从不", "(空)", "有时"]}, {"1、想家": ["1", "-3", "3"]}),
        ({"1、想家": ["从不", "有时", "总是"]}, {"1、想家": ["1", "-2", "3"]}),
        ({"1、和谁住": ["爸┋妈", "爸", "妈"]}, {"1、和谁住(爸)": ["1", "1", "1"], "1(妈)": ["1", "0", "1"]}),
        ({"1、排序": ["爸→妈", "妈→爸", "爸→妈"]}, {"1、排序(爸)": ["1", "2", "2"], "1(妈)": ["2", "1", "1"]}),
    ],
    ids=["two labels", "two places", "blank here", "blank or skipped", "blank there", "options", "ranking"],
)
def test_files_that_tell_a_question_differently_are_refused_with_its_name_only(text, number):
    export = pair({**text, "2、哭": ["从不", "有时", "从不"]}, {**number, "2、哭": ["1", "2", "1"]})
    assert rules_of(READER, export) == ["pair_not_one_to_one"]
    words = details_of(READER, export)
    assert "Q1" in words
    assert not any(cell in words for cells in text.values() for cell in cells if len(cell) > 1 and cell[0] not in "(-")


def test_two_exports_of_different_answers_are_refused():
    export = pair({"1、想家": ["从不", "有时"]}, {"1、想家": ["1", "2", "1"]})
    assert rules_of(READER, export) == ["pair_differs"]


def test_two_exports_of_different_times_are_refused():
    export = pair({"1、想家": ["从不", "有时"]}, {"1、想家": ["1", "2"]})
    rows = [list(row) for row in export.companions["labels"].sheets[0].cells]
    for spelt in ("2026-09-07 08:03:36", "2026/9/7 8:03"):
        rows[2][1] = spelt
        assert rules_of(READER, written(export.sheets[0].cells, labels=rows)) == []
    rows[2][1] = "2026/9/8 8:03:36"
    assert rules_of(READER, written(export.sheets[0].cells, labels=rows)) == ["pair_differs"]


def test_two_exports_of_different_forms_are_refused():
    export = pair(
        {"1、想家": ["从不", "有时"], "2、哭": ["从不", "从不"]}, {"1、想家": ["1", "2"], "2、笑": ["1", "1"]}
    )
    assert rules_of(READER, export) == ["pair_differs"]
    longer = pair({"1、想家": ["从不", "有时"]}, {"1、想家": ["1", "2"], "2、笑": ["1", "1"]})
    assert rules_of(READER, longer) == ["pair_differs"]


def test_two_exports_by_text_are_no_pair():
    export = pair({"1、想家": ["从不", "有时"]}, {"1、想家": ["从不", "有时"]})
    assert rules_of(READER, export) == ["pair_alike"]


def test_options_that_are_numbers_themselves_are_paired_under_the_platforms_names():
    rows = [["序号", "提交答卷时间", "1、几分"], ["1", "2026/9/7 8:03:36", "3"], ["2", "2026/9/7 8:03:36", "5"]]
    assert rules_of(READER, written(rows, labels=rows)) == ["pair_alike"]
    number = written(rows, file="3_按序号_儿童_2_2.xlsx")
    text = written(rows, file="3_按文本_儿童_2_2.xlsx")
    paired = replace(number, companions={"labels": Companion(received=text.received, sheets=text.sheets)})
    assert by_name(read_well(READER, paired))["Q1"] == ["3", "5"]


def test_an_export_by_score_is_refused_beside_a_good_one_too():
    assert rules_of(READER, open_sample(NUMBER, labels=SCORE)) == ["export_by_score"]
    points = open_sample(SCORE).sheets[0].cells
    assert rules_of(READER, written(open_sample(NUMBER).sheets[0].cells, labels=points)) == ["export_by_score"]


def test_answers_that_were_typed_like_signs_stay_answers():
    text = {"1、今天几度": ["-2", "(空)", "5"], "2、想家": ["从不", "有时", "(跳过)"]}
    number = {"1、今天几度": ["-2", "-2", "5"], "2、想家": ["1", "2", "-3"]}
    columns = by_name(read_well(READER, pair(text, number)))
    assert columns["Q1"] == ["-2", "", "5"]
    assert columns["Q2"] == ["1", "2", SKIPPED]


def test_words_with_every_sign_of_the_platform_are_told_from_options():
    text = {"1、和谁住": ["爸┋其他〖姑┋妈〗", "其他〖〗〗┋妈", "爸┋妈", "(空)"]}
    number = {
        "1、和谁住(爸)": ["1", "0", "1", "-2"],
        "1(其他)": ["1", "1", "0", "-2"],
        "1(妈)": ["0", "1", "1", "-2"],
    }
    raw = read_well(READER, pair(text, number))
    columns = by_name(raw)
    assert columns["Q1.other"] == ["姑┋妈", "〗", "", ""]
    assert columns["Q1.3"] == ["0", "1", "1", ""]
    assert [name for name, kind in kinds_of(raw).items() if kind == "choice"] == ["Q1.1", "Q1.2", "Q1.3"]


def test_words_beside_an_option_come_from_the_text_where_the_number_file_leaves_them_out():
    text = {"1、照顾": ["妈", "其他【请注明】〖姑〗", "其他【请注明】〖姨〗", "其他【请注明】"]}
    raw = read_well(READER, pair(text, {"1、照顾": ["1", "4", "4〖姨〗", "4"]}))
    assert by_name(raw)["Q1.other"] == ["", "姑", "姨", ""]
    assert by_name(raw)["Q1"] == ["1", "4", "4", "4"]


def test_a_form_without_numbers_is_paired_by_its_headers():
    text = {"编号": ["a1", "a2"], "和谁住": ["爸┋妈", "妈"], "想家": ["从不", "有时"]}
    number = {"编号": ["a1", "a2"], "和谁住(爸)": ["1", "0"], "和谁住(妈)": ["1", "1"], "想家": ["1", "3"]}
    raw = read_well(READER, pair(text, number))
    assert by_name(raw)["和谁住.1"] == ["1", "0"]
    assert {info.name: dict(info.choices) for info in raw.columns}["想家"] == {"1": "从不", "3": "有时"}


def test_a_pair_without_serial_numbers_is_refused():
    export = pair({"1、想家": ["从不", "有时"]}, {"1、想家": ["1", "2"]})
    rows = [list(row) for row in export.sheets[0].cells]
    rows[2][0] = "1"
    assert rules_of(READER, written(rows, labels=export.companions["labels"].sheets[0].cells)) == ["pair_unnumbered"]
