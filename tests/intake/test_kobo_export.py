"""KoBo: whichever way an export was downloaded, the same answers; and of every empty cell, why it is empty."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from eval_tools.intake.exports.kobo import READER
from eval_tools.intake.exports.reader import Export
from eval_tools.intake.files.sheet import ReceivedFile
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import INVALID, NOT_IN_VERSION, SKIPPED
from survey_exports import invented, opened, table

WAYS = {
    "csv": "child_term1.csv",
    "labels": "child_term1_labels.csv",
    "xlsx": "child_term1.xlsx",
    "json": "child_term1.json",
}
FORMULAS = (46, 47, 53, 56)
SYSTEM = "_id|_uuid|_submission_time"
FORM = (
    table(
        "type|name|label::中文 (zh)|relevant",
        "select_one yn|consent|监护人同意|",
        "select_multiple who|with|和谁住|",
        "begin group|more|更多|${consent} = 'yes'",
        "text|other|其他，请写明|selected(${with}, 'other')",
        "integer|age|年龄|",
        "end group|||",
        "text|odd|奇怪|pulldata('x', 'y') = 1",
        name="survey",
    ),
    table(
        "list_name|name|label::中文 (zh)",
        "yn|yes|是",
        "yn|no|否",
        "who|mother|妈妈",
        "who|grand|爷爷 奶奶/外公",
        "who|other|其他",
        name="choices",
    ),
)


def read(export):
    findings = Findings()
    raw = READER.read(export, findings)
    return raw, findings.table()


def child_term1(way):
    return read(opened(f"kobo/{WAYS[way]}", form="kobo/child_term1_form.xlsx"))


def column(raw, name):
    return [record[raw.header.index(name)] for record in raw.cells]


@pytest.mark.parametrize("way", WAYS)
def test_an_export_is_recognised_by_its_columns(way):
    assert "_uuid" in READER.recognise(opened(f"kobo/{WAYS[way]}"))


@pytest.mark.parametrize("path", ["redcap/longitudinal/data.csv", "kobo_household/cleaning_log.csv.xz"])
def test_another_file_is_not_recognised_and_not_read(path):
    assert READER.recognise(opened(path)) == ""
    raw, issues = read(opened(path))
    assert raw is None
    assert "not_this_platform" in issues["rule"].tolist()


def test_the_csv_reads_to_its_counts():
    raw, issues = child_term1("csv")
    assert (len(raw.cells), raw.rows[0], raw.rows[-1]) == (60, 2, 61)
    assert raw.header[:5] == ("start", "end", "deviceid", "child_id", "consent")
    kinds = {info.name: info.kind for info in raw.columns}
    assert kinds["deviceid"] == kinds["_submitted_by"] == "identifying"
    assert kinds["_submission_time"] == kinds["start"] == "system"
    assert kinds["lives_with"] == "choices"
    assert kinds["lives_with/grand"] == "choice"
    sex = raw.columns[raw.header.index("sex")]
    assert (sex.holds, dict(sex.choices), sex.text) == ("code", {"f": "女", "m": "男"}, "性别")
    assert column(raw, "child_id")[0] == "020048"
    assert not (issues["severity"] == "error").any()


@pytest.mark.parametrize("way", ["labels", "xlsx", "json"])
def test_every_way_gives_the_cells_of_the_csv(way):
    first, _ = child_term1("csv")
    raw, _ = child_term1(way)
    assert raw.rows == first.rows
    unlike = {
        (name, row)
        for name in first.header
        for row, a, b in zip(first.rows, column(first, name), column(raw, name), strict=True)
        if a != b
    }
    assert unlike == ({("free", row) for row in FORMULAS} if way == "xlsx" else set())


def test_a_question_not_asked_and_one_not_on_the_version_are_not_blank():
    raw, _ = child_term1("csv")
    versions = column(raw, "__version__")
    assert [cell == NOT_IN_VERSION for cell in column(raw, "s08")] == [version == "v1" for version in versions]
    chose_other = ["other" in cell.split() for cell in column(raw, "lives_with")]
    assert [cell != SKIPPED for cell in column(raw, "lives_other")] == chose_other
    assert column(raw, "s03")[4] == ""  # seen and not answered


def test_a_live_formula_is_no_answer_and_is_said_with_its_place():
    raw, issues = child_term1("xlsx")
    found = issues[issues["rule"] == "live_formula"]
    assert found["row"].tolist() == list(FORMULAS)
    assert set(found["column"]) == {"free"}
    assert [raw.rows[i] for i, cell in enumerate(column(raw, "free")) if cell == INVALID] == list(FORMULAS)


@pytest.mark.parametrize("way", ["xlsx", "json"])
def test_repeats_are_tables_that_name_their_parent(way):
    raw, _ = child_term1(way)
    sib = raw.repeats["sib"]
    assert len(sib.cells) == 86
    parents = column(sib, "_parent_index")
    assert set(parents) <= set(column(raw, "_index"))
    assert list(zip(column(sib, "sib_age"), column(sib, "sib_sex"), parents, strict=True))[2:5] == [
        ("16", "f", "3"),
        ("15", "f", "3"),
        ("2", "m", "3"),
    ]


def test_that_the_csv_holds_no_repeats_is_said():
    _, issues = child_term1("csv")
    assert "sib" in issues.loc[issues["rule"] == "repeats_absent", "detail"].item()


def test_rows_that_are_not_approved_are_kept_and_counted():
    raw, issues = child_term1("csv")
    found = issues[issues["rule"] == "rows_not_approved"]
    assert (found["count"].item(), found["severity"].item()) == (22, "warning")
    assert column(raw, "_validation_status").count("validation_status_not_approved") == 22


def test_without_the_form_nothing_is_said_to_be_skipped():
    raw, issues = read(opened("kobo/child_term1.csv"))
    assert "form_absent" in issues["rule"].tolist()
    assert SKIPPED not in column(raw, "lives_other")
    assert [c.kind for c in raw.columns if c.question == "lives_with"] == ["choices"] + ["choice"] * 5


def test_a_label_with_a_slash_is_one_option_even_without_the_form():
    raw, _ = read(opened("kobo/child_term1_labels.csv"))
    parts = [c.part for c in raw.columns if c.kind == "choice"]
    assert parts == ["妈妈", "爸爸", "爷爷奶奶/外公外婆", "学校宿舍", "其他"]


def small(*rows, header=f"consent|with|other|age|odd|{SYSTEM}"):
    return invented(table(header, *rows), form=FORM)


def test_the_rule_of_a_group_and_of_a_question_both_count():
    raw, issues = read(
        small(
            "yes|mother other||9||1|u1|t",
            "yes|mother||||2|u2|t",
            "no|mother||||3|u3|t",
            "no|mother|aunt|||4|u4|t",
        )
    )
    assert column(raw, "other") == ["", SKIPPED, SKIPPED, "aunt"]
    assert column(raw, "age") == ["9", "", SKIPPED, SKIPPED]
    kept = issues[issues["rule"] == "answered_though_not_asked"]
    assert kept["column"].tolist() == ["other"]
    assert "aunt" not in issues["detail"].str.cat()


def test_a_rule_that_is_not_understood_leaves_the_cell_and_is_noted():
    raw, issues = read(small("yes|mother||9||1|u1|t"))
    assert column(raw, "odd") == [""]
    assert "odd" in issues.loc[issues["rule"] == "relevance_unclear", "detail"].item()


def test_a_summary_export_is_expanded_and_not_answered_is_not_unselected():
    raw, _ = read(small("yes|mother other|x|9||1|u1|t", "yes|||9||2|u2|t"))
    assert [c.name for c in raw.columns if c.kind == "choice"] == ["with/mother", "with/grand", "with/other"]
    assert column(raw, "with/grand") == ["0", ""]
    assert column(raw, "with/other") == ["1", ""]


def test_options_alone_keep_their_names_and_words_for_true():
    header = f"consent|more/age|with/mother|with/grand|with/other|{SYSTEM}"
    raw, _ = read(small("yes|9|True|False|FALSE|1|u1|t", "yes|9||||2|u2|t", header=header))
    assert column(raw, "with/mother") == ["1", ""]
    assert column(raw, "with/other") == ["0", ""]
    assert raw.header[1] == "age"


def test_labels_that_hold_blanks_are_read_by_the_form():
    header = f"监护人同意|和谁住|和谁住/妈妈|和谁住/爷爷 奶奶/外公|和谁住/其他|{SYSTEM}"
    raw, issues = read(small("是|其他 爷爷 奶奶/外公|0|1|1|1|u1|t", "否|妈妈|1|0|0|2|u2|t", header=header))
    assert column(raw, "with") == ["other grand", "mother"]
    assert column(raw, "consent") == ["yes", "no"]
    assert "labels_read" in issues["rule"].tolist()


def test_an_answer_that_is_no_option_is_said_without_its_words():
    _, issues = read(small("maybe|mother||9||1|u1|t", "yes|mother||9||2|u2|t"))
    found = issues[issues["rule"] == "choice_not_on_form"]
    assert found["column"].tolist() == ["consent"]
    assert "maybe" not in found["detail"].item()


def test_names_that_r_rewrote_are_taken_by_the_form():
    header = "X.U.FEFF.consent|more.age|with|with.mother|with.grand|with.other|X_id|X_uuid|X_submission_time"
    raw, issues = read(small("yes|9|mother|TRUE|FALSE|FALSE|1|u1|t", header=header))
    assert raw.header == ("consent", "age", "with", "with/mother", "with/grand", "with/other", *SYSTEM.split("|"))
    assert raw.columns[1].header == "more.age"
    assert "headers_rewritten" in issues["rule"].tolist()


def test_a_second_header_row_with_hxl_tags_is_left_out():
    raw, issues = read(small("#meta +consent|#who||#age|||#id|", "yes|mother||9||1|u1|t"))
    assert raw.rows == (3,)
    assert issues.loc[issues["rule"] == "rows_left_out", "row"].item() == 2


def test_joined_and_separate_options_that_disagree_are_reported():
    header = f"with|with/mother|with/grand|with/other|{SYSTEM}"
    _, issues = read(small("mother|1|0|1|1|u1|t", "mother|1|0|0|2|u2|t", header=header))
    found = issues[issues["rule"] == "options_disagree"]
    assert (found["column"].item(), found["count"].item()) == ("with", 1)


def test_an_option_empty_beside_answered_ones_was_not_offered():
    header = f"with|with/mother|with/grand|with/other|{SYSTEM}"
    raw, _ = read(small("mother|1||0|1|u1|t", "grand|0|1|0|2|u2|t", header=header))
    assert column(raw, "with/grand") == [NOT_IN_VERSION, "1"]


@pytest.mark.parametrize(("n", "marked"), [(2, False), (12, True)])
def test_a_question_is_absent_from_a_version_only_where_chance_would_not_leave_it_empty(n, marked):
    rows = [f"yes|||1||1|u{i}|t|v2" for i in range(4)] + [f"yes|||||1|u{i}|t|v2" for i in range(4)]
    rows += [f"yes|||||1|v{i}|t|v1" for i in range(n)]
    raw, issues = read(small(*rows, header=f"consent|with|other|age|odd|{SYSTEM}|__version__"))
    assert (NOT_IN_VERSION in column(raw, "age")[8:]) is marked
    assert ("not_in_version" in issues["rule"].tolist()) is marked
    assert column(raw, "age")[4:8] == [""] * 4


def test_two_questions_of_one_name_are_told_apart_by_their_paths():
    rows = ("text|name", "begin group|a", "text|q", "end group|", "begin group|b", "text|q", "end group|")
    form = (table("type|name", *rows, name="survey"),)
    raw, _ = read(invented(table(f"a/q|b/q|{SYSTEM}", "1|2|1|u1|t"), form=form))
    assert raw.header[:2] == ("a/q", "b/q")
    raw, issues = read(invented(table(f"name|q|q|{SYSTEM}", "x|1|2|1|u1|t"), form=form))
    assert raw.header[1:3] == ("q #1", "q #2")
    assert issues.loc[issues["rule"] == "header_ambiguous", "severity"].item() == "error"


def test_a_rejected_row_is_left_out_with_its_children_and_noted():
    main = table(f"consent|{SYSTEM}|_validation_status|_index", "yes|1|u1|t|rejected|1", "yes|2|u2|t||2", name="f")
    kids = table("kid|_index|_parent_table_name|_parent_index", "4|1|f|1", "5|2|f|2", name="kids")
    form = (table("type|name", "text|consent", "begin repeat|kids", "integer|kid", "end repeat|", name="survey"),)
    raw, issues = read(invented(main, kids, form=form, file="f.xlsx"))
    assert raw.rows == (3,)
    assert column(raw.repeats["kids"], "kid") == ["5"]
    assert (issues["rule"] == "rows_left_out").sum() == 2


def test_a_rule_inside_a_repeat_sees_the_row_and_its_parent():
    main = table(f"consent|{SYSTEM}|_index", "yes|1|u1|t|1", "no|2|u2|t|2", name="f")
    kids = table("kid|toy|_index|_parent_table_name|_parent_index", "4||1|f|1", "9||2|f|1", "4||3|f|2", name="kids")
    form = (
        table(
            "type|name|relevant",
            "text|consent|",
            "begin repeat|kids|",
            "integer|kid|",
            "text|toy|${kid} < 6 and ${consent} = 'yes'",
            "end repeat||",
            name="survey",
        ),
    )
    raw, _ = read(invented(main, kids, form=form, file="f.xlsx"))
    assert column(raw.repeats["kids"], "toy") == ["", SKIPPED, SKIPPED]


def api(text: str, **form) -> Export:
    got = ReceivedFile(file="data.json", path=Path("data.json"), content=text.encode())
    return replace(invented(**form), received=got)


def submission(**fields):
    return {"_id": 1, "_uuid": "u", "_submission_time": "t", **fields}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('{"results": [{"_uuid": "u", "_submission_time": ', "not_json"),
        ('{"results": {"_uuid": "u", "_submission_time": "t"}}', "json_refused"),
        ('[1, {"_uuid": "u", "_submission_time": "t"}]', "json_refused"),
        ('[{"_uuid": "u", "_submission_time": "t", "q": 1, "q": 2}]', "json_refused"),
        ('[{"_uuid": "u", "_submission_time": "t", "q": ' + "[" * 100_000 + "]" * 100_000 + "}]", "not_json"),
        ('[{"_uuid": "u", "_submission_time": "t", "q": ' + "[" * 70 + "]" * 70 + "}]", "json_refused"),
    ],
)
def test_json_that_is_no_list_of_submissions_is_refused(text, rule):
    raw, issues = read(api(text, form=FORM))
    assert raw is None
    assert rule in issues["rule"].tolist()


def test_one_page_of_several_is_not_taken_for_the_whole():
    page = {"count": 3, "next": "https://example.org/?page=2", "previous": None, "results": [submission()]}
    _, issues = read(api(json.dumps(page), form=FORM))
    assert issues.loc[issues["rule"] == "json_incomplete", "severity"].item() == "error"


def test_numbers_in_json_stay_as_they_were_written():
    raw, _ = read(api('[{"_id": 1, "_uuid": "u", "_submission_time": "t", "more/age": 7.50e0}]', form=FORM))
    assert column(raw, "age") == ["7.50e0"]


def test_without_the_form_json_names_lose_their_groups_unless_two_would_share_one():
    raw, _ = read(api(json.dumps([submission(**{"a/x": "1", "a/y": "2", "b/y": "3"})])))
    assert {"x", "a/y", "b/y"} <= set(raw.header)


def test_a_ragged_file_is_refused_with_the_rows():
    raw, issues = read(invented(table(f"consent|{SYSTEM}", "yes|1|u1|t", "yes|2|u2"), form=FORM))
    assert raw is None
    assert issues.loc[issues["rule"] == "record_length", "row"].tolist() == [3]


def test_a_broken_form_stops_the_reading():
    raw, issues = read(
        invented(table(f"consent|{SYSTEM}", "yes|1|u1|t"), form=(table("type|name", "text|", name="survey"),))
    )
    assert raw is None
    assert "form_broken" in issues["rule"].tolist()


def test_labels_may_carry_the_labels_of_their_groups():
    raw, _ = read(small("是|9|1|u1|t", header=f"监护人同意|更多/年龄|{SYSTEM}"))
    assert raw.header[:2] == ("consent", "age")


def test_the_form_of_another_survey_is_refused_and_columns_of_another_version_are_noted():
    raw, issues = read(small("x|1|u1|t", header=f"job|{SYSTEM}"))
    assert raw is None
    assert issues["rule"].tolist() == ["form_of_another"]
    raw, issues = read(small("yes|x|1|u1|t", header=f"consent|job|{SYSTEM}"))
    assert column(raw, "job") == ["x"]
    assert "job" in issues.loc[issues["rule"] == "columns_not_on_form", "detail"].item()


def test_two_downloads_joined_by_hand_are_reported():
    _, issues = read(small("yes|9|1|u1|t", "yes|9|1|u1|t", header=f"consent|age|{SYSTEM}"))
    assert issues.loc[issues["rule"] == "submission_repeated", "count"].item() == 2


def test_sheets_that_are_no_repeat_are_said_not_to_be_read():
    main = table(f"consent|age|{SYSTEM}", "yes|9|1|u1|t", name="data")
    _, issues = read(invented(main, table("note", "x", name="my notes"), form=FORM, file="a.xlsx"))
    assert "my notes" in issues.loc[issues["rule"] == "sheets_not_read", "detail"].item()


@pytest.mark.parametrize(
    ("main", "kids"),
    [
        (["yes|1|u1|t|1", "yes|2|u2|t|1"], ["4|1|f|1"]),
        (["yes|1|u1|t|1"], ["4|1|g|1"]),
    ],
)
def test_rows_of_a_repeat_whose_parent_is_unclear_stop_the_reading(main, kids):
    form = (table("type|name", "text|consent", "begin repeat|kids", "integer|kid", "end repeat|", name="survey"),)
    raw, issues = read(
        invented(
            table(f"consent|{SYSTEM}|_index", *main, name="f"),
            table("kid|_index|_parent_table_name|_parent_index", *kids, name="kids"),
            form=form,
            file="f.xlsx",
        )
    )
    assert raw is None
    assert set(issues["rule"]) & {"key_repeated", "repeat_without_parent"}
