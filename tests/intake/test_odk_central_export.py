"""ODK Central: groups before a dash, rejected submissions left out on purpose, repeats in files of their own."""

from __future__ import annotations

import pytest

from eval_tools.intake.exports.kobo import READER as KOBO
from eval_tools.intake.exports.odk_central import READER
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import SKIPPED
from survey_exports import invented, opened, table

FORM = (
    table(
        "type|name|label|relevant",
        "start|start||",
        "deviceid|deviceid||",
        "begin group|about-you|About you|",
        "select_one sex|sex|Sex|",
        "select_multiple who|with|Lives with|",
        "text|other|Who else?|selected(${with}, 'other')",
        "geopoint|home|Home|",
        "end group|||",
        "begin repeat|sib|Siblings|",
        "integer|age|Age|",
        "text|job|Job|${age} > 15 and ${sex} = 'f'",
        "end repeat|||",
        name="survey",
    ),
    table("list_name|name|label", "sex|f|Female", "sex|m|Male", "who|mother|Mother", "who|other|Other", name="choices"),
)
HEAD = (
    "SubmissionDate|start|deviceid|about-you-sex|about-you-with|about-you-with/mother|about-you-with/other|"
    "about-you-other|about-you-home-Latitude|about-you-home-Longitude|meta-instanceID|KEY|SubmitterID|SubmitterName|"
    "AttachmentsPresent|AttachmentsExpected|Status|ReviewState|DeviceID|Edits|FormVersion"
)
ANSWERS = ("f|mother other|1|1|aunt|27.1|109.2", "m|mother|1|0|||", "f||||||")
STATES = ("", "approved", "rejected")
ROWS = tuple(
    f"2026-09-01T01:0{n}:03.000Z|2026-09-01T09:00:00.000+08:00|d1|{answers}|uuid:{n}|uuid:{n}|7|Li|0|0||{state}|d1|0|v1"
    for n, (answers, state) in enumerate(zip(ANSWERS, STATES, strict=True), start=1)
)
SIB = table(
    "age|job|PARENT_KEY|KEY",
    "17||uuid:1|uuid:1/sib[1]",
    "9||uuid:1|uuid:1/sib[2]",
    "20||uuid:2|uuid:2/sib[1]",
    "3||uuid:3|uuid:3/sib[1]",
    name="child_form-sib",
)


def read(*sheets, **companions):
    findings = Findings()
    raw = READER.read(invented(*sheets, **companions), findings)
    return raw, findings.table()


def column(raw, name):
    return [record[raw.header.index(name)] for record in raw.cells]


def test_a_central_export_is_recognised_and_a_kobo_export_is_not():
    assert "SubmitterID" in READER.recognise(invented(table(HEAD, *ROWS)))
    assert KOBO.recognise(invented(table(HEAD, *ROWS))) == ""
    assert READER.recognise(opened("kobo/child_term1.csv")) == ""


def test_questions_lose_their_groups_and_identifiers_are_known():
    raw, issues = read(table(HEAD, *ROWS), form=FORM)
    assert raw.header[3:8] == ("sex", "with", "with/mother", "with/other", "other")
    kinds = {info.name: info.kind for info in raw.columns}
    identifying = {name for name, kind in kinds.items() if kind == "identifying"}
    assert identifying == {
        "deviceid",
        "about-you-home-Latitude",
        "about-you-home-Longitude",
        "SubmitterID",
        "SubmitterName",
        "DeviceID",
    }
    assert kinds["KEY"] == kinds["FormVersion"] == "system"
    assert not (issues["severity"] == "error").any()


def test_a_rejected_submission_is_left_out_with_its_siblings():
    raw, issues = read(table(HEAD, *ROWS), SIB, form=FORM)
    assert raw.rows == (2, 3)
    assert column(raw.repeats["sib"], "age") == ["17", "9", "20"]
    assert issues.loc[issues["rule"] == "rows_left_out", "column"].tolist() == ["ReviewState", "PARENT_KEY"]


def test_a_question_not_asked_is_skipped_also_inside_a_repeat():
    raw, _ = read(table(HEAD, *ROWS), form=FORM, repeats=[SIB])
    assert column(raw, "other") == ["aunt", SKIPPED]
    assert column(raw.repeats["sib"], "job") == ["", SKIPPED, SKIPPED]


def test_repeats_of_another_download_are_refused():
    other = table("age|job|PARENT_KEY|KEY", "17||uuid:9|uuid:9/sib[1]", name="sib")
    raw, issues = read(table(HEAD, *ROWS), form=FORM, repeats=[other])
    assert raw is None
    assert "repeat_without_parent" in issues["rule"].tolist()


def test_the_file_of_a_repeat_is_not_the_main_file():
    sheet = table("SubmissionDate|SubmitterID|age|PARENT_KEY|KEY", "t|7|17|uuid:1|uuid:1/sib[1]")
    raw, issues = read(sheet, form=FORM)
    assert raw is None
    assert "repeat_as_main" in issues["rule"].tolist()


@pytest.mark.parametrize("form", [{}, {"form": FORM}])
def test_without_submissions_there_is_a_warning(form):
    raw, issues = read(table(HEAD), **form)
    assert raw.cells == ()
    assert "no_rows" in issues["rule"].tolist()
