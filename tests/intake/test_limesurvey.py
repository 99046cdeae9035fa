"""LimeSurvey exports: headings in three styles, options, pages nobody came to, and the structure beside them."""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest

from eval_tools.intake.exports.limesurvey import READER
from eval_tools.intake.exports.limesurvey_form import read_form
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import SKIPPED
from export_files import DATA, companion_file, damaged_bytes, damaged_rows, made_export, received_export

LIME = DATA / "limesurvey"
LSS = (LIME / "test_survey_structure.lss").read_bytes()
START = ["id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp", "ipaddr"]
DONE = ["1", "2026-09-01 10:00:00", "5", "en", "7", "", "", "192.0.2.1"]
HALF = ["2", "", "1", "en", "7", "", "", "192.0.2.1"]


def read(export):
    findings = Findings()
    return READER.read(export, findings), findings.table()


def lime(names, *rows, structure=LSS, start=START, **about):
    """An export with columns of the survey of every type, by rows of its answers."""
    table = [[*start, *names], *([*begin, *answers] for begin, answers in rows)]
    return made_export(table, {"structure": structure} if structure else None, **about)


def column(table, name):
    return next(each for each in table.columns if each.name == name)


def cells(table, *names):
    return [tuple(record[table.header.index(name)] for name in names) for record in table.cells]


@pytest.fixture(scope="module")
def long_survey():
    return read(received_export(LIME / "responses_2021_codeonly.csv"))


def test_a_long_export_is_read_whole(long_survey):
    table, issues = long_survey
    assert (len(table.cells), len(table.header)) == (36, 680)
    assert table.rows == tuple(range(2, 38))
    assert "error" not in issues["severity"].tolist()
    assert column(table, "A10[SQ001]").question == "A10"
    assert column(table, "A10[SQ001]").part == "SQ001"
    assert column(table, "A4[other]").kind == "other"


def test_columns_of_the_platform_and_timings_are_no_answers(long_survey):
    table, _ = long_survey
    kinds = Counter(each.kind for each in table.columns)
    assert kinds["system"] == 7 + 144  # metadata; interviewtime, 13 groups, 130 questions
    assert column(table, "B1Time").kind == column(table, "groupTime71").kind == "system"


def test_pages_after_the_last_one_sent_were_not_asked(long_survey):
    """The timings name 13 pages; record 5 sent the fifth, record 6 none, record 2 all."""
    table, issues = long_survey
    of = dict(zip(table.rows, table.cells, strict=True))
    at = table.header.index
    assert of[5][at("E2")] != SKIPPED
    assert {of[5][at(name)] for name in ("H2", "J1", "K12", "M1", "D4")} == {SKIPPED}
    assert of[6][at("B2")] == SKIPPED
    assert SKIPPED not in of[2]
    # a page that cannot be told (-1) marks nothing
    assert SKIPPED not in of[17]
    assert issues.loc[issues["rule"] == "last_page_unclear", "count"].tolist() == [1]
    assert issues.loc[issues["rule"] == "not_finished", "count"].tolist() == [14]
    # cells filled ahead of the last page are kept and told
    assert of[28][at("C5[SQ001]")] == "0"
    assert issues.loc[issues["rule"] == "answers_ahead", "severity"].tolist() == ["warning"]


def test_both_exports_of_a_structure_tell_the_same():
    lss, xml = (
        read_form(companion_file(LIME / f"test_survey_structure.{kind}"), Findings()) for kind in ("lss", "xml")
    )
    both = lss.columns.keys() & xml.columns.keys()
    # equation, upload, language switch and the places of a ranking stand in the .lss alone
    assert len(lss.columns.keys() - both) == 6
    assert len(both) == 46
    for key in both:
        one, other = lss.columns[key], xml.columns[key]
        assert (one.kind, one.page, one.choices) == (other.kind, other.page, other.choices), key
    assert lss.columns["G2Q9", "SQ002", "2"].choices == {"A1": "Option 1", "A2": "Option 2", "A3": "Option 3"}
    assert lss.columns["G2Q4", "SQ001"].choices == {"I": "Increase", "S": "Same", "D": "Decrease"}
    assert (lss.n_pages, lss.paged) == (5, True)


NAMES = ["G1Q2", "G2Q9[SQ001][1]", "G4Q4", "G5Q1[SQ001]", "G5Q1[SQ002]", "G5Q1[SQ003]", "G5Q1[other]"]


def test_answer_codes_carry_their_labels():
    table, _ = read(lime(NAMES, (DONE, ["A2", "A1", "words", "Y", "", "", ""])))
    assert column(table, "G1Q2").choices == {"A1": "Option 1", "A2": "Option 2", "A3": "Option 3"}
    assert column(table, "G1Q2").holds == column(table, "G2Q9[SQ001][1]").holds == "code"
    assert column(table, "G4Q4").holds == "text"
    assert column(table, "G2Q9[SQ001][1]").part == "SQ001.1"
    assert column(table, "G1Q2").text == 'This is Group 1 Question 2 of type "list dropdown".'
    assert column(table, "ipaddr").kind == "identifying"


def test_answers_in_words_are_labels():
    table, _ = read(lime(NAMES, (DONE, ["Option 2", "Option 1", "A1", "Yes", "No", "No", ""])))
    assert (column(table, "G1Q2").holds, column(table, "G1Q2").choices) == ("label", {})
    assert cells(table, *NAMES[3:6]) == [("1", "0", "0")]


def test_options_are_one_and_zero_where_something_is_chosen_else_blank_or_not_shown():
    rows = [["Y", "", "", ""], ["", "", "", "else"], ["", "", "", ""], ["N/A", "N/A", "N/A", "N/A"]]
    table, _ = read(lime(NAMES, *((DONE, ["A1", "A1", "", *row]) for row in rows)))
    assert cells(table, *NAMES[3:]) == [
        ("1", "0", "0", ""),
        ("0", "0", "0", "else"),
        ("", "", "", ""),
        (SKIPPED, SKIPPED, SKIPPED, SKIPPED),
    ]
    assert column(table, "G5Q1[SQ001]").kind == "choice"
    assert column(table, "G5Q1[other]").kind == "other"


def test_without_the_structure_options_are_supposed_and_that_is_told():
    rows = ((DONE, ["A1", "A1", "N/A", "Y", "", "", ""]), (DONE, ["A1", "A1", "", "Y", "Y", "", ""]))
    table, issues = read(lime(NAMES, *rows, structure=None))
    assert cells(table, *NAMES[3:6]) == [("1", "0", "0"), ("1", "1", "0")]
    assert issues.loc[issues["rule"] == "options_supposed", "severity"].tolist() == ["warning"]
    assert cells(table, "G4Q4") == [("N/A",), ("",)]  # elsewhere N/A may be an answer


def test_a_question_of_yes_and_no_is_not_taken_for_options():
    names = ["Q1[SQ001]", "Q1[SQ002]"]
    table, issues = read(lime(names, (DONE, ["Y", ""]), (DONE, ["N", "Y"]), structure=None))
    assert cells(table, *names) == [("Y", ""), ("N", "Y")]
    assert "options_supposed" not in issues["rule"].tolist()


def test_options_with_other_words_stay_as_they_are():
    table, issues = read(lime(NAMES, (DONE, ["A1", "A1", "", "peut-être", "", "", ""])))
    assert cells(table, "G5Q1[SQ001]") == [("peut-être",)]
    assert issues.loc[issues["rule"] == "options_unclear", "severity"].tolist() == ["warning"]
    assert "peut" not in issues.to_csv()


def test_the_structure_tells_the_pages_where_a_group_is_a_page():
    table, _ = read(lime(NAMES, (HALF, ["A1", *[""] * 6])))
    assert cells(table, *NAMES) == [("A1", *[SKIPPED] * 6)]
    whole = LSS.replace(b"<format><![CDATA[G]]></format>", b"<format><![CDATA[A]]></format>")
    assert whole != LSS
    table, _ = read(lime(NAMES, (HALF, ["A1", *[""] * 6]), structure=whole))
    assert SKIPPED not in table.cells[0]


def test_headings_by_code_and_text_or_by_text_name_the_same_columns():
    by_code, _ = read(lime(NAMES, (DONE, ["A2", "A1", "words", "Y", "", "", ""])))
    texts = [each.text for each in by_code.columns]
    both = [f"{each.name}. {text or 'Words'}" for each, text in zip(by_code.columns, texts, strict=True)]
    words = ["Response ID", "Date submitted", "Last page", "Start language", "Seed", "Date started",
             "Date last action", "IP address"]  # fmt: skip
    answers = (DONE, ["A2", "A1", "words", "Y", "", "", ""])
    for headings in (both, [*words, *texts[8:]]):
        export = lime(headings[8:], answers, start=headings[:8])
        assert READER.recognise(export)
        table, _ = read(export)
        assert table.header == by_code.header
        assert table.cells == by_code.cells
        assert [each.kind for each in table.columns] == [each.kind for each in by_code.columns]
        assert table.columns[8].header == headings[8]


def test_a_question_whose_words_stand_twice_keeps_its_words_as_name():
    words = ["Response ID", "Date submitted", "Last page", "Start language", "Seed", "a", "b", "IP address"]
    table, _ = read(lime(["Twice", "Twice"], (DONE, ["1", "2"]), start=words))
    assert table.header[-2:] == ("Twice #1", "Twice #2")


@pytest.mark.parametrize("structure", [b"", b"<a", b"<questionnaire/>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_a_structure_that_is_none_is_refused(structure):
    findings = Findings()
    export = lime(NAMES, (DONE, [""] * 7))
    broken = made_export(export.sheets[0].cells, {"structure": structure})
    assert READER.read(broken, findings) is None
    assert findings.table()["severity"].tolist() == ["error"]


def test_a_file_of_another_kind_is_not_recognised():
    assert READER.recognise(made_export([["id", "q1"], ["1", "2"]])) == ""
    table, issues = read(made_export([["id", "q1"], ["1", "2"]]))
    assert table is None
    assert issues["rule"].tolist() == ["header_missing"]


def test_damaged_exports_are_read_or_refused_in_words_and_soon():
    rng = random.Random(20261124)
    rows = [(DONE, ["A2", "A1", "w", "Y", "", "", ""]), (HALF, ["A1", *[""] * 6])]
    intact = lime([*NAMES, "interviewtime", "groupTime1", "G1Q2Time"], *((a, [*b, "9", "8", "7"]) for a, b in rows))
    n_read = 0
    for _ in range(100):
        damaged = damaged_rows(intact.sheets[0].cells, rng) if rng.random() < 0.7 else intact.sheets[0].cells
        structure = damaged_bytes(LSS, rng) if rng.random() < 0.3 else LSS
        start = time.perf_counter()
        export = made_export(damaged, {"structure": structure} if rng.random() < 0.8 else None)
        READER.recognise(export)
        table, issues = read(export)
        n_read += table is not None
        assert table is not None or "error" in issues["severity"].tolist()
        assert time.perf_counter() - start < 5
    assert 10 < n_read < 95
