"""SurveyCTO: options after an underscore, and repeats whether they come wide or in files of their own."""

from __future__ import annotations

import pytest

from eval_tools.intake.exports.odk_central import READER as CENTRAL
from eval_tools.intake.exports.surveycto import READER
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import NOT_IN_VERSION, SKIPPED
from survey_exports import DATA, invented, received, sheets_of, table

FORM = (
    table(
        "type|name|label|relevance",
        "start|starttime||",
        "phonenumber|devicephonenum||",
        "text audit|text_audit||",
        "select_one yn|consent|Consent|",
        "select_multiple why|why|Why|${consent} = 1",
        "begin repeat|roster|Roster|",
        "integer|age|Age|",
        "text|work|Work|${age} > 15",
        "begin repeat|pets|Pets|",
        "text|pet|Pet|",
        "end repeat|||",
        "end repeat|||",
        name="survey",
    ),
    table("list_name|value|label", "yn|1|Yes", "yn|0|No", "why|1|One", "why|2|Two", "why|-999|Unknown", name="choices"),
)
HEAD = (
    "SubmissionDate|starttime|devicephonenum|text_audit|consent|why|why_1|why_2|why__999|SETOFroster|"
    "age_1|work_1|age_2|work_2|pet_1_1|pet_2_1|instanceID|formdef_version|review_status|KEY"
)
ANSWERS = ("1|1 -999|1|0|1|x|20|cook|9||cat|", "0|||||x|17||||dog|", "1|2|0|1|0|x|40|||||")
STATES = ("approved", "", "rejected")
ROWS = tuple(
    f"Sep {n}, 2026 9:00:00 AM|Sep {n}, 2026 8:50:00 AM|139|media/a.csv|{answers}|uuid:{n}|2609|{state}|uuid:{n}"
    for n, (answers, state) in enumerate(zip(ANSWERS, STATES, strict=True), start=1)
)


def read(*sheets, **companions):
    findings = Findings()
    raw = READER.read(invented(*sheets, **companions), findings)
    return raw, findings.table()


def column(raw, name):
    return [record[raw.header.index(name)] for record in raw.cells]


def test_its_export_is_recognised_and_not_taken_for_another():
    assert "formdef_version" in READER.recognise(invented(table(HEAD, *ROWS)))
    assert CENTRAL.recognise(invented(table(HEAD, *ROWS))) == ""


def test_options_after_an_underscore_are_found_by_the_form_negative_codes_too():
    raw, issues = read(table(HEAD, *ROWS), form=FORM)
    assert [c.name for c in raw.columns if c.kind == "choice"] == ["why/1", "why/2", "why/-999"]
    assert column(raw, "why/-999") == ["1", SKIPPED]
    assert raw.rows == (2, 3)
    kinds = {info.name: info.kind for info in raw.columns}
    assert (kinds["devicephonenum"], kinds["text_audit"], kinds["SETOFroster"]) == ("identifying", "system", "system")
    assert not (issues["severity"] == "error").any()


def test_the_columns_of_each_turn_become_rows_of_the_repeat():
    raw, _ = read(table(HEAD, *ROWS), form=FORM)
    assert not {"age_1", "pet_1_1"} & set(raw.header)
    roster = raw.repeats["roster"]
    assert roster.header == ("age", "work", "PARENT_KEY", "_turn")
    assert roster.cells == (
        ("20", "cook", "uuid:1", "1"),
        ("9", SKIPPED, "uuid:1", "2"),
        ("17", "", "uuid:2", "1"),
    )
    assert roster.rows == (2, 2, 3)
    assert raw.repeats["pets"].cells == (("cat", "uuid:1", "1_1"), ("dog", "uuid:2", "1_1"))


def test_long_repeats_read_to_the_same_answers():
    head = "SubmissionDate|starttime|consent|formdef_version|KEY"
    main = table(head, "t|t|1|2609|uuid:1", "t|t|0|2609|uuid:2")
    long = table("age|work|PARENT_KEY|KEY", "20|cook|uuid:1|a", "9||uuid:1|b", "17||uuid:2|c", name="f-roster")
    raw, _ = read(main, form=FORM, repeats=[long])
    assert [record[:3] for record in raw.repeats["roster"].cells] == [
        ("20", "cook", "uuid:1"),
        ("9", SKIPPED, "uuid:1"),
        ("17", "", "uuid:2"),
    ]


def test_versions_of_the_form_tell_what_was_not_on_them():
    head = "SubmissionDate|consent|extra|formdef_version|KEY"
    rows = [f"t|1||1|a{i}" for i in range(10)] + [f"t|1|x|2|b{i}" for i in range(10)]
    raw, _ = read(table(head, *rows), form=FORM)
    assert column(raw, "extra") == [NOT_IN_VERSION] * 10 + ["x"] * 10


def test_the_long_real_form_names_the_columns_of_an_export():
    sheets = sheets_of(received(DATA / "surveycto/household_survey_form.xlsx"))
    asked = "c_consent|k_sel|k_sel_1|k_sel_15|f_hr_age_r_1|f_hr_age_r_2|gps-Latitude"
    head = f"SubmissionDate|starttime|{asked}|formdef_version|KEY"
    raw, issues = read(table(head, "t|t|1|1 15|1|1|40|38|27.1|1|uuid:1"), form=sheets)
    assert {"k_sel/1", "k_sel/15"} <= set(raw.header)
    assert [record[0] for record in raw.repeats["f_hr_rpt"].cells] == ["40", "38"]
    assert not (issues["severity"] == "error").any()


@pytest.mark.parametrize("sheet", [table("id|q1", "1|2"), table("", "")])
def test_another_file_is_refused(sheet):
    raw, issues = read(sheet, form=FORM)
    assert raw is None
    assert (issues["severity"] == "error").any()
