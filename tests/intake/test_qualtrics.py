"""Qualtrics exports: three header rows or two, fields known by their import ids, previews left out."""

from __future__ import annotations

import json
import random
import time

import pytest

from eval_tools.intake.exports.qualtrics import READER
from eval_tools.intake.findings import Findings
from export_files import DATA, ROOT_DATA, damaged_rows, made_export, received_export

# tag, words, import id, choice id
FIELDS = [
    ("StartDate", "Start Date", "startDate", ""),
    ("Status", "Response Type", "status", ""),
    ("IPAddress", "IP Address", "ipAddress", ""),
    ("Finished", "Finished", "finished", ""),
    ("RecipientEmail", "Recipient Email", "recipientEmail", ""),
    ("Q1", "How are you?\nReally?", "QID1", ""),
    ("Q2_1", "Liked - Selected Choice - School", "QID2", "1"),
    ("Q2_2", "Liked - Selected Choice - Play", "QID2", "2"),
    ("Q2_2_TEXT", "Liked - Play - Text", "QID2_2_TEXT", "2"),
]
ANSWER = ["2026-09-01 08:00:00", "0", "192.0.2.1", "1", "", "3", "1", "", ""]


def table_of(*rows, fields=FIELDS):
    ids = [json.dumps({"ImportId": i} | ({"choiceId": c} if c else {})) for _, _, i, c in fields]
    ids[0] = json.dumps({"ImportId": "startDate", "timeZone": "Asia/Shanghai"})
    return [[f[0] for f in fields], [f[1] for f in fields], ids, *map(list, rows)]


def read(rows_or_export):
    findings = Findings()
    export = rows_or_export if hasattr(rows_or_export, "sheets") else made_export(rows_or_export)
    return READER.read(export, findings), findings.table()


def with_(**changes):
    return [changes.get(tag, cell) for (tag, *_), cell in zip(FIELDS, ANSWER, strict=True)]


def test_a_class_survey_has_ten_answers_and_the_zone_of_its_times():
    table, issues = read(received_export(ROOT_DATA / "qualtrics-class-survey" / "export.csv"))
    assert (len(table.cells), len(table.header)) == (10, 45)
    assert table.rows == tuple(range(4, 14))
    panas = [name for name in table.header if name.startswith("PANAS")]
    assert len(panas) == 20
    first = [int(table.cells[0][table.header.index(name)]) for name in panas]
    assert sum(first) / 20 == 2.7  # as another tool scored it
    assert issues["rule"].tolist() == ["header_rows"]
    assert "America/Chicago" in issues["detail"][0]


def test_an_interface_in_another_language_changes_nothing():
    table, _ = read(received_export(DATA / "qualtrics" / "sample_v3_de.csv"))
    assert table.rows == (4,)
    kinds = {each.name: each.kind for each in table.columns}
    assert {name for name, kind in kinds.items() if kind == "identifying"} == {
        "IPAddress", "RecipientLastName", "RecipientFirstName", "RecipientEmail", "ExternalReference",
        "LocationLatitude", "LocationLongitude",
    }  # fmt: skip
    assert (kinds["Q1"], kinds["Q2"], kinds["Q2 - Topics"], kinds["UserLanguage"]) == (
        "answer", "answer", "system", "system",
    )  # fmt: skip
    assert table.columns[1].text == "Enddatum"


def test_previews_tests_and_spam_are_left_out_with_a_note():
    rows = [with_(Status=status) for status in ("0", "1", "2", "8", "9", "4", "Survey Preview", "IP Address")]
    table, issues = read(table_of(*rows))
    assert table.rows == (4, 9, 11)
    out = issues[issues["rule"].str.startswith("left_out")]
    assert dict(zip(out["rule"], out["count"], strict=True)) == {
        "left_out_preview": 3,
        "left_out_test": 1,
        "left_out_spam": 1,
    }
    assert set(out["severity"]) == {"note"}


def test_an_unknown_response_type_is_kept_and_told():
    table, issues = read(table_of(with_(Status="Aperçu")))
    assert table.rows == (4,)
    assert issues.loc[issues["rule"] == "status_unknown", "severity"].tolist() == ["warning"]
    assert "Aper" not in issues.to_csv()


def test_an_unfinished_answer_is_kept_with_a_note():
    table, issues = read(table_of(with_(Finished="0"), with_(Finished="False"), ANSWER))
    assert len(table.cells) == 3
    assert issues.loc[issues["rule"] == "not_finished", "count"].tolist() == [2]


def test_options_are_one_and_zero_where_something_is_chosen():
    rows = [with_(), with_(Q2_1="", Q2_2="2", Q2_2_TEXT="chess"), with_(Q2_1=""), with_(Q2_1="School")]
    table, _ = read(table_of(*rows))
    assert [record[6:] for record in table.cells] == [
        ("1", "0", ""),
        ("0", "1", "chess"),
        ("", "", ""),
        ("1", "0", ""),
    ]
    assert [each.kind for each in table.columns[5:]] == ["answer", "choice", "choice", "other"]
    assert {each.question for each in table.columns[6:]} == {"QID2"}
    assert table.columns[5].text == "How are you?\nReally?"


def test_cells_that_are_no_options_stay_as_they_are():
    table, _ = read(table_of(with_(Q2_1="4", Q2_2="5"), with_(Q2_1="1", Q2_2="2")))
    assert [record[6:8] for record in table.cells] == [("4", "5"), ("1", "2")]
    assert table.columns[6].kind == "answer"


def test_names_that_repeat_are_told_apart_by_their_ids():
    fields = [*FIELDS[:5], ("Q5", "glad", "QID5_1", ""), ("Q5", "glad", "QID9_1", "")]
    table, _ = read(table_of([*ANSWER[:5], "1", "2"], fields=fields))
    assert table.header[-2:] == ("QID5_1", "QID9_1")
    assert table.columns[-1].header == "Q5"


def test_a_field_exported_twice_is_read_once_if_its_cells_are_the_same_and_refused_if_not():
    fields = [*FIELDS[:6], ("Q1 again", "How are you?", "QID1", "")]
    table, issues = read(table_of([*ANSWER[:5], "1", "1"], fields=fields))
    assert len(table.header) == 6
    assert issues.loc[issues["rule"] == "column_repeated", "severity"].tolist() == ["note"]
    table, issues = read(table_of([*ANSWER[:5], "1", "2"], fields=fields))
    assert table is None
    assert issues.loc[issues["rule"] == "column_contradicts", "severity"].tolist() == ["error"]


LEGACY = [
    [*(f"V{n}" for n in range(1, 11)), "Q1", "Q2", ""],
    ["ResponseID", "ResponseSet", "Name", "ExternalDataReference", "EmailAddress", "IPAddress", "Status", "StartDate",
     "EndDate", "Finished", "How are you?", "Why?", ""],
    ["R_1", "Default", "", "", "", "192.0.2.1", "0", "", "", "1", "3", "", ""],
    ["R_2", "Default", "", "", "", "192.0.2.1", "1", "", "", "1", "3", "", ""],
]  # fmt: skip


def test_an_older_export_has_two_header_rows_and_an_empty_last_column():
    table, issues = read(LEGACY)
    assert table.header == (*(f"V{n}" for n in range(1, 11)), "Q1", "Q2")
    assert table.rows == (3,)
    assert [each.kind for each in table.columns[4:8]] == ["identifying", "identifying", "system", "system"]
    assert table.columns[10].text == "How are you?"
    assert "left_out_preview" in issues["rule"].tolist()


def test_other_files_are_not_taken_for_qualtrics():
    rows = [["StartDate", "Status", "Q1"], ["Start Date", "Response Type", "How?"], ["2026-09-01", "0", "3"]]
    assert READER.recognise(made_export(rows)) == ""
    table, issues = read(rows)
    assert table is None
    assert issues["rule"].tolist() == ["header_missing"]


@pytest.mark.parametrize("rows", [table_of(ANSWER, with_(Status="1")), LEGACY], ids=["three rows", "two rows"])
def test_damaged_exports_are_read_or_refused_in_words_and_soon(rows):
    rng = random.Random(20261124)
    n_read = 0
    for _ in range(100):
        export = made_export(damaged_rows(rows, rng))
        start = time.perf_counter()
        READER.recognise(export)
        table, issues = read(export)
        n_read += table is not None
        assert table is not None or "error" in issues["severity"].tolist()
        assert time.perf_counter() - start < 5
    assert 5 < n_read < 95
