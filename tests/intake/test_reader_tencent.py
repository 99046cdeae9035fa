from __future__ import annotations

from eval_tools.intake.exports.tencent import DOCS, READERS, SURVEY
from form_exports import DATA, by_name, details_of, kinds_of, open_sample, read_mutated, read_well, rules_of, written

SURVEY_FILE = DATA / "tencent-survey" / "tencent_wj_cn.csv"
DOCS_FILE = DATA / "tencent-docs" / "tencent_docs_cn.xlsx"
HEAD = ["编号", "开始答题时间", "结束答题时间", "答题时长", "自定义字段", "IP"]
META = ["1", "2026-09-15 09:04:00", "2026-09-15 09:12:43", "8分43秒", "K-17", "192.0.2.7"]


def test_questions_are_called_by_their_numbers_and_rows_of_a_matrix_by_both():
    raw = read_well(SURVEY, open_sample(SURVEY_FILE))
    infos = {info.name: info for info in raw.columns}
    assert raw.header[17:] == ("Q1", "Q2", "Q3.1", "Q3.2", "Q3.3", "Q3.4", "Q3.5")
    assert infos["Q3.2"].part == "我相信自己能把事情做好"
    assert infos["Q3.2"].text == "下面的情况有多常发生？"
    assert by_name(raw)["Q1"][:3] == ["03030", "03012", "03042"]
    assert by_name(raw)["Q3.1"][:3] == ["总是", "经常", "总是"]
    assert len(raw.cells) == 25


def test_accounts_places_and_devices_are_identifying_and_the_platforms_opinion_is_kept():
    raw = read_well(SURVEY, open_sample(SURVEY_FILE))
    kinds = kinds_of(raw)
    assert {name for name, kind in kinds.items() if kind == "identifying"} == {
        *("地理位置国家和地区", "地理位置省", "地理位置市", "用户标识", "昵称", "自定义字段", "IP", "UA", "Referrer")
    }
    assert kinds["清洗数据结果"] == kinds["智能清洗数据无效概率"] == "system"
    assert len(raw.cells) == len(open_sample(SURVEY_FILE).sheets[0].cells) - 1  # none is left out for that opinion


def test_a_part_that_holds_its_own_words_is_an_option():
    rows = [
        [*HEAD, "1.和谁住_A.妈妈", "1.和谁住_B.爸爸", "1.和谁住_C.爷爷奶奶", "2.想家"],
        [*META, "A.妈妈", "B.爸爸", "", "从不"],
        [*META, "妈妈", "", "", "从不"],
        [*META, "", "", "", "有时"],
    ]
    raw = read_well(SURVEY, written(rows))
    columns = by_name(raw)
    assert [columns[f"Q1.{k}"] for k in (1, 2, 3)] == [["1", "1", ""], ["1", "0", ""], ["0", "0", ""]]
    assert kinds_of(raw)["Q1.3"] == "choice"
    assert columns["Q2"] == ["从不", "从不", "有时"]


def test_a_column_of_the_platform_that_is_new_is_identifying():
    rows = [[*HEAD, "微信头像", "1.想家"], [*META, "x", "从不"]]
    assert kinds_of(read_well(SURVEY, written(rows)))["微信头像"] == "identifying"


def test_a_column_without_a_name_is_kept_where_it_holds_something():
    rows = [[*HEAD, "1.想家", ""], [*META, "从不", ""], [*META, "从不", "?"]]
    assert read_well(SURVEY, written(rows)).header[-1] == f"column {len(HEAD) + 2}"
    assert read_well(SURVEY, written(rows[:2])).header[-1] == "Q1"


def test_questions_of_a_collection_form_lose_what_the_platform_adds_to_their_names():
    raw = read_well(DOCS, open_sample(DOCS_FILE))
    assert raw.header == ("提交者", "提交时间", "孩子编号", "年级", "老师评语")
    assert raw.columns[2].header == "孩子编号（必填）"
    assert kinds_of(raw)["提交者"] == "identifying"
    assert kinds_of(raw)["提交时间"] == "system"
    assert by_name(raw)["年级"][:3] == ["３", "三年级", "三年级"]


def test_who_submitted_is_never_shown():
    export = written([["提交者（自动）", "提交时间（自动）", "年级（必填）"], ["王老师", "x", "3"], ["王老师", "x"]])
    assert rules_of(DOCS, export) == ["record_length"]
    assert "王" not in details_of(DOCS, export)


def test_each_reader_knows_its_own_files_only():
    evidence = [[bool(reader.recognise(open_sample(path))) for reader in READERS] for path in (SURVEY_FILE, DOCS_FILE)]
    assert evidence == [[True, False], [False, True]]
    assert not any(reader.recognise(written(rows)) for reader in READERS for rows in ([], [[]], [["编号", "姓名"]]))


def test_spoilt_exports_are_read_whole_or_refused():
    for reader, path in ((SURVEY, SURVEY_FILE), (DOCS, DOCS_FILE)):
        assert min(read_mutated(reader, open_sample(path), seed=7, times=100).values()) > 10
