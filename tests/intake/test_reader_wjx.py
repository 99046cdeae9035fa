from __future__ import annotations

import csv

import pytest

from eval_tools.intake.exports.wjx import READER
from eval_tools.intake.raw_table import INVALID, SKIPPED
from form_exports import DATA, by_name, details_of, kinds_of, open_sample, read_mutated, read_well, rules_of, written

FOLDER = DATA / "wjx"
TEXT = FOLDER / "300000001_按文本_学期初儿童问卷A_120_120.xlsx"
TEXT_CSV = FOLDER / "300000001_按文本_学期初儿童问卷A_120_120.csv"
NUMBER = FOLDER / "300000001_按序号_学期初儿童问卷A_120_120.xlsx"
SCORE = FOLDER / "300000001_按分数_学期初儿童问卷A_120_120.xlsx"
HOW_OFTEN = ["", "从不", "很少", "有时", "经常", "总是"]
LIVES = ["妈妈", "爸爸", "爷爷奶奶", "外公外婆", "学校（宿舍）", "其他"]
CARERS = ["", "妈妈", "爸爸", "祖辈", "其他"]
ITEMS = {
    **{f"Q4.{k}": f"a{k}" for k in range(1, 6)},
    **{f"Q5.{k}": f"pre{k}" for k in range(1, 4)},
    **{f"Q6.{k}": f"post{k}" for k in range(1, 4)},
}
HEAD = ["序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP"]
META = [["1", "2026/9/7 8:03:36", "576秒", "微信", "N/A", "192.0.2.1(贵州-毕节)"]]


def sheet(*columns: tuple[str, ...], file: str = "export.xlsx", total: tuple[str, ...] = ()):
    """Make an export of invented answers: each column is its header and its cells."""
    n = len(columns[0]) - 1
    rows = [[str(i + 1), *META[0][1:]] for i in range(n)]
    head = list(HEAD)
    if total:
        head.append(total[0])
        rows = [[*row, total[i + 1]] for i, row in enumerate(rows)]
    body = [[*row, *(column[i + 1] for column in columns)] for i, row in enumerate(rows)]
    return written([[*head, *(column[0] for column in columns)], *body], file=file)


@pytest.fixture(scope="module")
def truth() -> list[dict[str, str]]:
    with (FOLDER / "300000001_truth.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def of_items(truth, name: str) -> list[str]:
    """Return the true codes of an item, with the reason where there is none."""
    reasons = {"blank": "", "skipped": SKIPPED}
    missing = "b_missing" if name.startswith(("pre", "post")) else f"{name}_missing"
    return [reasons[row[missing]] if row[missing] else row[name] for row in truth]


def labelled(codes: list[str], labels: list[str]) -> list[str]:
    return [labels[int(code)] if code.isdecimal() else code for code in codes]


# --- the invented survey, against its truth --------------------------------------------------------------


@pytest.mark.parametrize("path", [TEXT, TEXT_CSV])
def test_an_export_by_text_holds_the_true_answers(path, truth):
    export = open_sample(path)
    raw, columns = read_well(READER, export), by_name(read_well(READER, export))
    assert raw.rows == tuple(range(2, 122))
    assert columns["Q1"] == [row["child_id_raw"] for row in truth]
    assert columns["Q2"] == [{"m": "男", "f": "女"}[row["sex"]] for row in truth]
    for name, item in ITEMS.items():
        assert columns[name] == labelled(of_items(truth, item), HOW_OFTEN), name
    for k, option in enumerate(LIVES, start=1):
        assert columns[f"Q3.{option}"] == [row[f"lives_{k}"] for row in truth]
    assert columns["Q7"] == [CARERS[int(row["carer"])] for row in truth]
    assert columns["Q7.other"] == [row["carer_other"] for row in truth]
    assert columns["Q9"] == [row["kids"] for row in truth]
    assert columns["Q10"] == [row["free"] for row in truth]


def test_an_export_by_number_holds_the_true_places(truth):
    raw = read_well(READER, open_sample(NUMBER))
    columns, infos = by_name(raw), {info.name: info for info in raw.columns}
    for name, item in ITEMS.items():
        assert columns[name] == of_items(truth, item), name
        assert infos[name].holds == "ordinal"
        assert not infos[name].choices
    for k, option in enumerate(LIVES, start=1):
        assert columns[f"Q3.{k}"] == [row[f"lives_{k}"] for row in truth]
        assert (infos[f"Q3.{k}"].part, infos[f"Q3.{k}"].kind) == (option, "choice")
    assert columns["Q7"] == [row["carer"] for row in truth]
    assert columns["Q7.other"] == [row["carer_other"] for row in truth]
    assert columns["Q10"] == [row["free"] for row in truth]
    assert kinds_of(raw)["Q8.1"] == "rank"


def test_the_same_survey_as_xlsx_and_as_csv_is_the_same_table():
    xlsx, comma = read_well(READER, open_sample(TEXT)), read_well(READER, open_sample(TEXT_CSV))
    assert xlsx.header == comma.header
    assert xlsx.cells == comma.cells
    assert xlsx.columns == comma.columns


def test_rows_of_two_matrices_with_the_same_words_have_names_of_their_own():
    infos = {info.name: info for info in read_well(READER, open_sample(TEXT)).columns}
    assert infos["Q5.2"].header == infos["Q6.2"].header == "主动请教老师"
    assert (infos["Q5.2"].text, infos["Q6.2"].text) == ("参加活动之前", "现在")
    assert (infos["Q5.1"].part, infos["Q5.2"].part) == ("按时完成作业", "主动请教老师")


def test_the_columns_of_the_platform_are_told_from_answers(truth):
    raw = read_well(READER, open_sample(TEXT))
    kinds, columns = kinds_of(raw), by_name(raw)
    assert {kinds[name] for name in ("序号", "提交答卷时间", "所用时间", "来源")} == {"system"}
    assert {kinds[name] for name in ("来源详情", "来自IP")} == {"identifying"}
    assert kinds["总分"] == "score"
    assert columns["总分"] == [row["platform_total"] for row in truth]
    assert columns["所用时间"] == [f"{row['seconds']}秒" for row in truth]


def test_an_export_by_score_is_refused_and_the_right_one_is_named():
    assert rules_of(READER, open_sample(SCORE)) == ["export_by_score"]
    assert "按选项序号" in details_of(READER, open_sample(SCORE))


# --- which export is it ------------------------------------------------------------------------------------


def renamed(path, file: str):
    export = open_sample(path)
    return written(export.sheets[0].cells, file=file)


def test_an_export_by_score_is_refused_under_any_name():
    assert rules_of(READER, renamed(SCORE, "child.xlsx")) == ["export_by_score"]


@pytest.mark.parametrize("path", [TEXT, NUMBER])
def test_the_other_exports_are_read_under_any_name(path):
    assert read_well(READER, renamed(path, "child.xlsx")).cells == read_well(READER, open_sample(path)).cells


def test_the_header_and_not_the_name_decides():
    by_number = renamed(NUMBER, "300000001_按文本_儿童_120_120.xlsx")
    assert read_well(READER, by_number).cells == read_well(READER, open_sample(NUMBER)).cells


def test_numbers_with_a_total_and_no_sign_of_what_they_are_are_refused():
    points = [("1、想家", "4", "1"), ("2、哭", "3", "2")]
    assert rules_of(READER, sheet(*points, total=("总分", "7", "3"))) == ["export_by_score"]
    named = sheet(*points, total=("总分", "7", "3"), file="3_按序号_儿童_2_2.xlsx")
    assert [info.holds for info in read_well(READER, named).columns if info.kind == "answer"] == ["ordinal"] * 2


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("301_按文本_按分数排队_2_2.xlsx", []),
        ("16987266_2_儿童_2_2.xls", []),
        ("16987266_1_儿童_2_2.xls", ["export_by_score"]),
        ("秋/16987266_按分数_儿童_2_2.xls", ["export_by_score"]),
    ],
)
def test_the_platforms_own_name_of_a_file_says_what_it_holds(name, rules):
    points = [("1、想家", "4", "1"), ("2、哭", "3", "2")]
    assert rules_of(READER, sheet(*points, total=("总分", "7", "3"), file=name)) == rules


def test_numbers_that_cannot_add_up_to_the_total_are_no_points():
    raw = read_well(READER, sheet(("1、想家", "从不", "有时"), ("2、几个孩子", "1", "2"), total=("总分", "7", "3")))
    assert by_name(raw)["Q2"] == ["1", "2"]


# --- signs and words -----------------------------------------------------------------------------------------


def test_minus_two_is_blank_and_minus_three_is_skipped_in_an_export_by_number():
    columns = by_name(read_well(READER, sheet(("1、a", "-2", "1"), ("2、b", "-3", "2"), ("3、c", "3", "-2"))))
    assert (columns["Q1"], columns["Q2"], columns["Q3"]) == (["", "1"], [SKIPPED, "2"], ["3", ""])


def test_minus_two_is_an_answer_in_an_export_by_text():
    raw = read_well(READER, sheet(("1、今天几度", "-2", "3"), ("2、想家", "从不", "(空)"), ("3、哭", "有时", "(跳过)")))
    assert by_name(raw)["Q1"] == ["-2", "3"]
    assert by_name(raw)["Q3"] == ["有时", SKIPPED]


def test_words_beside_an_option_do_not_split_it():
    cells = ("爸爸┋其他〖姑姑┋姑父〗", "其他〖跟〖外婆〗住〗", "爸爸", "妈妈┋其他", "妈妈", "妈妈┋爸爸")
    columns = by_name(read_well(READER, sheet(("1、和谁住（可多选）", *cells))))
    assert columns["Q1"] == list(cells)
    assert columns["Q1.其他"] == ["1", "1", "0", "1", "0", "0"]
    assert columns["Q1.爸爸"] == ["1", "0", "1", "0", "0", "1"]
    assert columns["Q1.other"] == ["姑姑┋姑父", "跟〖外婆〗住", "", "", "", ""]
    assert not [name for name in columns if "姑" in name or "外婆" in name]


def test_an_option_behind_the_words_of_another_is_read():
    cells = ("其他〖姑姑〗┋住校", "住校", "爸爸┋住校", "爸爸┋其他")
    columns = by_name(read_well(READER, sheet(("1、和谁住（可多选）", *cells))))
    assert columns["Q1.住校"] == ["1", "1", "1", "0"]
    assert columns["Q1.其他"] == ["1", "0", "0", "1"]
    assert columns["Q1.other"] == ["姑姑", "", "", ""]


def test_words_that_cannot_be_told_from_options_make_the_answer_invalid():
    export = sheet(("1、和谁住（可多选）", "其他〖姑姑〗┋姑父", "爸爸", "妈妈┋爸爸", "爸爸┋其他"))
    assert rules_of(READER, export, severity="warning") == ["options_unclear"]
    columns = by_name(read_well(READER, export))
    assert columns["Q1.爸爸"] == [INVALID, "1", "1", "1"]
    assert "姑父" not in details_of(READER, export)


def test_a_free_text_with_the_signs_of_the_platform_stays_as_it_was_typed():
    said = ("想爸爸┋想妈妈", "很好〖真的〗", "没有", "想家┋想睡")
    export = sheet(("1、还想说什么", *said))
    assert by_name(read_well(READER, export))["Q1"] == list(said)
    assert rules_of(READER, export, severity="note") == ["signs_left"]
    assert not any(word in details_of(READER, export) for word in ("想爸爸", "真的", "想家"))


@pytest.mark.parametrize("header", ["1、爱好（可多选）", "1、爱好"])
def test_what_was_typed_never_becomes_the_name_of_a_column(header):
    typed = ("画画", "张三的猫", "和李四踢球", "画画、唱歌", "跟爷爷┋看戏")
    raw = read_well(READER, sheet((header, *typed)))
    assert raw.header[len(HEAD) :] == ("Q1",)


def test_several_answers_are_expanded_only_if_they_keep_one_order():
    cells = ("爸爸┋妈妈", "妈妈┋爸爸", "爸爸", "妈妈")
    assert list(by_name(read_well(READER, sheet(("1、想谁", *cells)))))[len(HEAD) :] == ["Q1"]


def test_a_ranking_is_expanded_into_places():
    cells = ("画画→篮球→读书", "篮球→读书→画画", "(空)", "(跳过)")
    raw = read_well(READER, sheet(("1、排序", *cells)))
    columns = by_name(raw)
    assert columns["Q1.画画"] == ["1", "3", "", SKIPPED]
    assert columns["Q1.读书"] == ["3", "2", "", SKIPPED]
    assert kinds_of(raw)["Q1.画画"] == "rank"


def test_words_in_an_export_by_number_stand_beside_the_place():
    raw = read_well(
        READER,
        sheet(
            ("1、谁照顾你", "4〖姑姑〗", "1", "-3"), ("2、住(家)", "1", "0", "-3"), ("2(校)", "1〖西楼〗", "1", "-3")
        ),
    )
    columns = by_name(raw)
    assert (columns["Q1"], columns["Q1.other"]) == (["4", "1", SKIPPED], ["姑姑", "", SKIPPED])
    assert (columns["Q2.2"], columns["Q2.other"]) == (["1", "1", SKIPPED], ["西楼", "", SKIPPED])


def test_a_form_without_numbers_calls_its_columns_by_their_headers():
    export = sheet(("编号", "a", "b"), ("多常—想家", "从不", "有时"), ("哭", "有时", "(空)"), ("哭", "从不", "从不"))
    raw = read_well(READER, export)
    assert raw.header[len(HEAD) :] == ("编号", "多常—想家", "哭 #1", "哭 #2")
    assert rules_of(READER, export, severity="note") == ["questions_unnumbered"]


# --- what it is not --------------------------------------------------------------------------------------------


def test_its_file_is_recognised_by_columns_of_the_platform():
    assert READER.recognise(open_sample(TEXT)) == "序号, 提交答卷时间, 所用时间, 来源, 来源详情, 来自IP"
    assert READER.recognise(written([["id", "q1"], ["1", "2"]])) == ""
    assert READER.recognise(written([])) == ""


def test_a_row_of_another_length_is_refused_with_its_number():
    rows = [[*HEAD, "1、a"], [*META[0], "从不"], [*META[0][:3]]]
    assert rules_of(READER, written(rows)) == ["record_length"]


def test_another_file_is_refused_without_showing_it():
    export = written([["王小明", "13800000000"], ["1", "2"]])
    assert rules_of(READER, export) == ["header_missing"]
    assert "王小明" not in details_of(READER, export)


@pytest.mark.parametrize("path", [TEXT, NUMBER])
def test_spoilt_exports_are_read_whole_or_refused(path):
    ends = read_mutated(READER, open_sample(path), seed=5, times=100)
    assert min(ends.values()) > 10


def test_spoilt_pairs_are_read_whole_or_refused():
    ends = read_mutated(READER, open_sample(NUMBER, labels=TEXT), seed=6, times=100)
    assert ends["refused"] > 50
