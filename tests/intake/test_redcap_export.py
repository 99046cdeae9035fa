"""REDCap: of every empty cell, and of every box without a tick, whether it was seen at all."""

from __future__ import annotations

from collections import Counter

import pytest

from eval_tools.intake.exports.redcap import READER
from eval_tools.intake.exports.redcap_dictionary import COLUMNS, parse_choices, read_dictionary
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import SKIPPED
from survey_exports import invented, opened, table

PROJECTS = ("longitudinal", "repeating-instruments", "checkboxes-1", "survey")
DICTIONARY = table(
    "field_name|form_name|field_type|select_choices_or_calculations|identifier|branching_logic",
    ["id", "base", "text", "", "", ""],
    ["name", "base", "text", "", "y", ""],
    ["sex", "base", "radio", "1, girl, or young woman | 2, boy", "", ""],
    ["births", "base", "text", "", "", "[sex] = '1'"],
    ["with", "base", "checkbox", "1, mother | -9, nobody", "", "[sex] <> ''"],
    ["ward", "base", "text", "", "", "[first_event_arm_1][sex] = '1'"],
    ["mood", "week", "radio", "0, low | 1, high", "", ""],
    ["why", "week", "text", "", "", "[mood] = '0' and [sex] = '1'"],
    ["agree", "week", "yesno", "", "", ""],
)
HEAD = (
    "id|redcap_repeat_instrument|redcap_repeat_instance|name|sex|births|with___1|with____9|ward|base_complete|"
    "mood|why|agree|week_complete"
)


def read(export):
    findings = Findings()
    raw = READER.read(export, findings)
    return raw, findings.table()


def project(name):
    return read(opened(f"redcap/{name}/data.csv", dictionary=f"redcap/{name}/dictionary.csv"))


def small(*rows, head=HEAD):
    return read(invented(table(head, *rows), dictionary=[DICTIONARY]))


def column(raw, name):
    return [record[raw.header.index(name)] for record in raw.cells]


@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_is_recognised_by_its_columns(name):
    assert READER.recognise(opened(f"redcap/{name}/data.csv"))


@pytest.mark.parametrize(
    "sheet",
    [table("id|q_complete", "1|yes"), table("Record ID|q_complete", "1|2"), table("id|q1", "1|2"), table("", "")],
)
def test_other_tables_are_not_recognised(sheet):
    assert READER.recognise(invented(sheet)) == ""
    raw, issues = read(invented(sheet))
    assert raw is None
    assert issues["rule"].tolist() == ["not_this_platform"]


def test_the_longitudinal_project_reads_to_its_counts():
    raw, issues = project("longitudinal")
    assert (len(raw.cells), len(raw.header)) == (18, 125)
    assert len(set(column(raw, "redcap_event_name"))) == 12
    identifying = {info.name for info in raw.columns if info.kind == "identifying"}
    assert {"first_name", "last_name", "telephone_1", "email", "dob"} <= identifying
    race = raw.columns[raw.header.index("race")]
    assert race.choices["3"] == "Black or African American"
    gym = raw.columns[raw.header.index("gym___2")]
    assert (gym.kind, gym.question, gym.part, dict(gym.choices)) == ("choice", "gym", "2", {"1": "Wednesday"})
    assert issues.empty


def test_a_form_that_an_event_does_not_have_was_not_asked():
    raw, _ = project("longitudinal")
    event = column(raw, "redcap_event_name").index("dose_1_arm_1")
    assert {column(raw, name)[event] for name in ("sex", "gym___0", "height", "vld1")} == {SKIPPED}
    assert column(raw, "pmq1")[event] == "2"


def test_what_the_branching_logic_hid_was_not_asked():
    raw, _ = project("longitudinal")
    asked = [
        (sex, births) for sex, births in zip(column(raw, "sex"), column(raw, "given_birth"), strict=True) if sex in "01"
    ]
    assert all(births == SKIPPED for sex, births in asked if sex == "1")
    assert all(births != SKIPPED for sex, births in asked if sex == "0")


def test_a_row_of_a_repeating_instrument_was_asked_nothing_else():
    raw, _ = project("repeating-instruments")
    assert len(raw.cells) == 6
    for record, instrument in zip(raw.cells, column(raw, "redcap_repeat_instrument"), strict=True):
        cells = dict(zip(raw.header, record, strict=True))
        mine, others = ("bp_systolic", "sex") if instrument == "bp" else ("sex", "bp_systolic")
        assert cells[mine] not in ("", SKIPPED)
        assert cells[others] == SKIPPED
    assert column(raw, "record_id") == ["1", "1", "1", "1", "2", "2"]


def test_boxes_of_a_form_nobody_answered_are_not_unticked():
    raw, issues = project("checkboxes-1")
    ticks = [name for name in raw.header if "___" in name]
    by_record = [[record[raw.header.index(name)] for name in ticks] for record in raw.cells]
    assert by_record[0] == ["1", "0", "0", "0", "1", "0", "1", "0", "0"]
    assert by_record[3] == [""] * 9
    assert issues["rule"].tolist() == ["form_unanswered"]


def test_an_unfinished_survey_is_noted():
    raw, issues = project("survey")
    found = issues[issues["rule"] == "survey_unfinished"]
    assert (found["column"].item(), found["count"].item()) == ("participant_morale_questionnaire_timestamp", 1)
    assert {"email", "address", "redcap_survey_identifier"} <= {c.name for c in raw.columns if c.kind == "identifying"}


def test_decimal_commas_are_kept_and_noted():
    raw, issues = read(opened("redcap/decimal-comma-data.csv"))
    assert column(raw, "height") == ["1,54", "1,84", "1,95", "1,61"]
    assert issues.loc[issues["rule"] == "decimal_comma", "column"].tolist() == ["height", "weight"]


def test_without_the_dictionary_there_is_a_warning_that_identifiers_are_unknown():
    raw, issues = read(opened("redcap/longitudinal/data.csv"))
    assert len(raw.cells) == 18
    assert SKIPPED not in {cell for record in raw.cells for cell in record}
    assert issues.loc[issues["rule"] == "dictionary_absent", "severity"].item() == "warning"
    assert Counter(c.kind for c in raw.columns)["choice"] == 25


def test_rules_are_told_from_the_row_and_for_a_repeat_from_the_record():
    raw, issues = small(
        "1|||Ann|1||0|1||2||||",
        "1|week|1||||||||0|||2",
        "2|||Bo|2||0|0||2||||",
        "2|week|1||||||||0||1|2",
    )
    assert column(raw, "births") == ["", SKIPPED, SKIPPED, SKIPPED]
    assert column(raw, "why") == [SKIPPED, "", SKIPPED, SKIPPED]
    assert column(raw, "ward") == ["", SKIPPED, "", SKIPPED]
    assert "ward" in issues.loc[issues["rule"] == "relevance_unclear", "detail"].item()
    assert "Ann" not in issues.to_csv()


def test_a_hidden_checkbox_without_a_tick_was_not_seen_but_a_tick_is_kept():
    raw, issues = small("1|||Ann|||0|0||2||||", "2|||Bo|||1|0||2||||")
    assert column(raw, "with___1") == [SKIPPED, "1"]
    assert column(raw, "with____9") == [SKIPPED, "0"]
    assert "answered_though_not_asked" in issues["rule"].tolist()


def test_a_code_the_dictionary_lacks_is_said_without_the_cell():
    _, issues = small("1|||Ann|77||0|0||2||||")
    found = issues[issues["rule"] == "choice_not_on_form"]
    assert found["column"].item() == "sex"
    assert "77" not in found["detail"].item()


@pytest.mark.parametrize(
    "export",
    [
        invented(table("Record ID|Event Name|Sex|Complete?", "1|First|Girl|Complete")),
        invented(table("id|sex|base_complete", "1|girl|Complete")),
    ],
)
def test_a_label_export_is_refused_with_the_reason(export):
    assert READER.recognise(export)
    raw, issues = read(export)
    assert raw is None
    assert "raw data" in issues.loc[issues["rule"] == "label_export", "detail"].item()


def test_the_dictionary_of_another_project_is_refused():
    raw, issues = read(opened("redcap/longitudinal/data.csv", dictionary="redcap/checkboxes-1/dictionary.csv"))
    assert raw is None
    assert "dictionary_of_another" in issues["rule"].tolist()


def test_a_dictionary_reads_with_the_headers_of_the_web_and_of_the_api():
    export = opened("redcap/longitudinal/dictionary.csv")
    fields = read_dictionary(export.sheets, file="d.csv", findings=Findings())
    assert len(fields) == 95
    human, *rest = export.sheets[0].cells
    api = table([COLUMNS[name.lower()] for name in human], *rest)
    assert read_dictionary((api,), file="d.csv", findings=Findings()) == fields


def test_a_label_may_hold_commas_and_a_code_may_be_negative():
    assert parse_choices("-1, no, never|2,  yes, always | x") == {"-1": "no, never", "2": "yes, always", "x": ""}


@pytest.mark.parametrize("row", [["", "base", "text", "", "", ""], ["id", "base", "text", "", "", ""]])
def test_a_broken_dictionary_stops_the_reading(row):
    broken = table(*DICTIONARY.cells, row)
    raw, issues = read(invented(table(HEAD, "1|||Ann|1||0|1||2||||"), dictionary=[broken]))
    assert raw is None
    assert "dictionary_broken" in issues["rule"].tolist()
