"""Which reader a file belongs to: each platform's own, and nothing where that is not certain."""

from __future__ import annotations

import random

import pytest

from eval_tools.intake.exports.reader import Export, Reader
from eval_tools.intake.exports.recognise import READERS, choose_reader, recognise
from eval_tools.intake.files.sheet import ReceivedFile
from eval_tools.intake.findings import Findings
from export_files import DATA, ROOT_DATA, damaged_rows, made_export, received_export

PLATFORMS = (
    "wjx", "kobo", "odk-central", "surveycto", "redcap", "limesurvey", "qualtrics", "spss", "microsoft-forms",
    "google-forms", "tencent-survey", "tencent-docs", "double-entry", "table",
)  # fmt: skip
SAMPLES = {  # folder/pattern -> reader
    "wjx/300000001_按*": "wjx",
    "wjx/phone_survey_800_按*": "wjx",
    "kobo/child_term1.*": "kobo",
    "kobo/child_term1_labels.csv": "kobo",
    "redcap/decimal-comma-data.csv": "redcap",
    "redcap/*/data.csv": "redcap",
    "limesurvey/responses*.csv": "limesurvey",
    "qualtrics/*.csv": "qualtrics",
    "spss/*.sav": "spss",
    "google-forms/*.csv": "google-forms",
    "microsoft-forms/*.xlsx": "microsoft-forms",
    "tencent-docs/*.xlsx": "tencent-docs",
    "tencent-survey/*.csv": "tencent-survey",
    "paper_double_entry/entry_*.xlsx": "table",
    "paper_double_entry/truth.csv": "table",
    "redcap/*/dictionary.csv": "table",
    "limesurvey/*.lss": "",
    "limesurvey/*.xml": "",
    "kobo/child_term1_form.xlsx": "",
}
FILES = [
    pytest.param(path, name, id=f"{path.parent.name}-{path.name}")
    for pattern, name in SAMPLES.items()
    for path in sorted(DATA.glob(pattern))
]
QUALTRICS = [["Q1", "Q2"], ["How?", "Why?"], ['{"ImportId":"QID1"}', '{"ImportId":"QID2"}'], ["1", "2"]]
LIME = [["id", "submitdate", "lastpage", "startlanguage", "Q1"], ["1", "", "1", "en", "2"]]
PLAIN = [["id", "q1"], ["1", "2"]]


def choose(export, declared=""):
    findings = Findings()
    return choose_reader(export, findings, declared=declared), findings.table()


def test_there_is_a_reader_for_every_word_of_study_yaml():
    assert tuple(READERS) == PLATFORMS
    for name in PLATFORMS:
        assert isinstance(READERS[name], Reader)
        assert READERS[name].name == name
        assert READERS[name].title


def test_every_pattern_of_samples_finds_its_files():
    assert [pattern for pattern in SAMPLES if not list(DATA.glob(pattern))] == []


@pytest.mark.parametrize(("path", "name"), FILES)
def test_a_file_is_recognised_as_an_export_of_its_platform_and_of_no_other(path, name):
    fitting = recognise(received_export(path))
    assert [each for each, _ in fitting] == ([name] if name else [])
    assert all(evidence for _, evidence in fitting)


def test_two_files_typed_from_the_same_paper_are_a_double_entry():
    paper = DATA / "paper_double_entry"
    export = received_export(paper / "entry_A.xlsx", {"entry_b": paper / "entry_B.xlsx"})
    assert [name for name, _ in recognise(export)] == ["double-entry"]


def test_a_file_that_fits_one_reader_needs_no_declaration():
    reader, issues = choose(received_export(ROOT_DATA / "qualtrics-class-survey" / "export.csv"))
    assert reader.name == "qualtrics"
    assert issues.empty
    assert choose(made_export(PLAIN))[0].name == "table"


def test_a_declared_reader_must_find_its_evidence():
    assert choose(made_export(QUALTRICS), "qualtrics")[0].name == "qualtrics"
    reader, issues = choose(made_export(QUALTRICS), "limesurvey")
    assert reader is None
    assert issues["rule"].tolist() == ["reader_does_not_fit"]
    assert "LimeSurvey" in issues["detail"][0]
    assert "qualtrics: row 3 holds import ids" in issues["detail"][0]


def test_a_platform_file_may_be_declared_a_plain_table():
    assert choose(made_export(LIME), "table")[0].name == "table"


def test_a_file_that_fits_two_readers_is_refused_with_the_evidence_of_both():
    both = made_export([[*LIME[0], "Q2"], [""] * 6, ['{"ImportId":"QID1"}', *[""] * 5]])
    reader, issues = choose(both)
    assert reader is None
    assert issues["rule"].tolist() == ["reader_ambiguous"]
    assert "limesurvey:" in issues["detail"][0]
    assert "qualtrics:" in issues["detail"][0]
    assert choose(both, "limesurvey")[0].name == "limesurvey"


def test_a_file_that_fits_no_reader_is_refused_with_what_is_missing():
    reader, issues = choose(made_export([["1", "2"], ["3", "4"]]))
    assert reader is None
    assert issues["rule"].tolist() == ["reader_not_found"]
    assert "no row names every column" in issues["detail"][0]
    _, issues = choose(Export(received=ReceivedFile(file="a.xml", path=DATA, content=b"<a/>")))
    assert "holds no table" in issues["detail"][0]
    _, issues = choose(made_export({"one": PLAIN, "two": PLAIN}))
    assert "'one', 'two'" in issues["detail"][0]


def test_an_unknown_reader_is_told_with_the_nearest_name():
    reader, issues = choose(made_export(PLAIN), "qualtrix")
    assert reader is None
    assert "Did you mean 'qualtrics'?" in issues["detail"][0]


@pytest.mark.parametrize("rows", [QUALTRICS, LIME, PLAIN], ids=["qualtrics", "limesurvey", "plain"])
def test_no_reader_fails_on_a_damaged_table_of_another(rows):
    rng = random.Random(20261124)
    for _ in range(100):
        export = made_export({"a": damaged_rows(rows, rng)} if rng.random() < 0.9 else {"a": rows, "b": rows})
        for name in READERS:
            assert isinstance(READERS[name].recognise(export), str)


def test_no_reader_fails_where_there_is_nothing():
    for content in (b"", b"{", b"[[1]]", b"\x00" * 200, b"$FL2", b"PK\x03\x04"):
        for sheets in ((), made_export([]).sheets, made_export([[]]).sheets, made_export([["", ""], []]).sheets):
            received = ReceivedFile(file="a.csv", path=DATA, content=content)
            for name in READERS:
                assert isinstance(READERS[name].recognise(Export(received=received, sheets=sheets)), str)
