"""Encoding and separator of text files: found by a rule that refuses where it is not sure."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval_tools.instruments.load import load_instruments
from eval_tools.intake.files.delimited import MAX_LINE, read_delimited
from eval_tools.intake.files.encoding import decode_text
from eval_tools.intake.findings import Findings
from received_files import received

HANS = "序号,提交答卷时间,1、性别,2、我觉得心里有话没人可说\n1,2026/9/14,女,从不\n2,2026/9/14,男,经常\n"
HANT = "序號,提交答卷時間,1、性別,2、我覺得心裡有話沒人可說\n1,2026/9/14,女,從不\n2,2026/9/14,男,經常\n"


@pytest.fixture
def findings() -> Findings:
    return Findings()


def rules(findings: Findings) -> list[str]:
    return findings.table()["rule"].to_list()


def cells(text: str, findings: Findings, **options: str):
    sheet = read_delimited(text, file="a.csv", findings=findings, **options)
    return None if sheet is None else sheet.cells


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(HANS, "gb18030"), (HANS, "gbk"), (HANT, "big5hkscs"), (HANT, "big5"), (HANS, "utf-16"), (HANT, "utf-8-sig")],
)
def test_the_encoding_is_found_and_told(findings, text, encoding):
    assert decode_text(received("a.csv", text.encode(encoding)), findings=findings) == text
    assert rules(findings) == ([] if encoding == "utf-8-sig" else ["encoding_found"])


def test_a_surname_that_gbk_lacks_is_read(findings):
    text = HANS + "3,2026/9/14,䶮,从不\n"
    assert decode_text(received("a.csv", text.encode("gb18030")), findings=findings) == text


def test_long_exports_are_told_apart_as_well_as_short_ones(findings):
    for text, encoding in ((HANS, "gb18030"), (HANT, "big5hkscs")):
        for times in (1, 20, 2_000):
            long = text + text.split("\n", 1)[1] * times
            assert decode_text(received("a.csv", long.encode(encoding)), findings=findings) == long


def test_the_answers_of_shipped_questionnaires_show_their_encoding(findings):
    n = 0
    names = ["ces-d", "gad-7", "phq-9", "template-session-rating", "template-training"]
    for name, instrument in load_instruments(Path("questionnaires"), names).items():
        for language, encoding in (("zh-Hans", "gb18030"), ("zh-Hant", "big5hkscs")):
            labels = {
                option.label[language]
                for item in instrument.items.values()
                for option in item.responses.options
                if option.label.get(language)
            }
            if labels:
                text = "id,q1\n" + "".join(f"{i},{label}\n" for i, label in enumerate(sorted(labels)))
                assert decode_text(received("a.csv", text.encode(encoding)), findings=findings) == text, name
                n += 1
    assert n >= 8


@pytest.mark.parametrize(
    "raw",
    ["id,Größe\n1,schön\n".encode("cp1252"), "id,名\n1,王\n".encode("gb18030"), b"id\n\xff\xff\n"],
    ids=["no Chinese at all", "no known word", "in neither"],
)
def test_without_known_words_the_encoding_must_be_declared(findings, raw):
    assert decode_text(received("a.csv", raw), findings=findings) is None
    assert rules(findings) == ["encoding_unclear"]


def test_a_declared_encoding_wins_and_is_strict(findings):
    raw = HANS.encode("gb18030")
    assert decode_text(received("a.csv", raw), encoding="gb18030", findings=findings) == HANS
    assert rules(findings) == []
    assert decode_text(received("a.csv", raw), encoding="utf-8", findings=findings) is None
    assert findings.table()[["rule", "row"]].to_numpy().tolist() == [["wrong_encoding", 1]]


def test_nul_characters_are_refused_in_any_encoding(findings):
    for encoding in ("", "utf-16-le", "latin-1"):
        assert decode_text(received("a.csv", b"i\x00d\x00\x00\x00"), encoding=encoding, findings=findings) is None
    assert set(rules(findings)) == {"nul_characters"}


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ('"q1";"q2, if any";"q3"\n"1";"a,b,c";"2"\n', ("q1", "q2, if any", "q3")),
        ("a,b;c\n1,2\n", ("a", "b;c")),
        ("a\tb, c\n1\t2\n", ("a", "b, c")),
        ('id,"x;y;z"\n1,2\n', ("id", "x;y;z")),
        ("only\n1\n", ("only",)),
        ("record_id;height\n1;1,54\n2;1,60\n", ("record_id", "height")),
    ],
)
def test_a_separator_counts_outside_of_quotation_marks_and_divides_alike(findings, text, first):
    assert cells(text, findings)[0] == first
    assert rules(findings) == []


@pytest.mark.parametrize("text", ["a,b;c\n1,2;3\n", "a,b;c\n"])
def test_a_separator_that_is_not_clear_is_refused(findings, text):
    assert cells(text, findings) is None
    assert rules(findings) == ["separator_unclear"]


def test_every_record_keeps_its_place_and_its_length(findings):
    assert cells('a,b\n"x\ny",1\n\n3\n,\n', findings) == (("a", "b"), ("x\ny", "1"), (), ("3",))
    assert rules(findings) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('a,b\n1,"2\n', "not_csv"),
        ('a,b\n1,"2"3\n', "not_csv"),
        ("", "file_empty"),
        ("\n,,\n", "file_empty"),
        ("," * 5_000, "too_many_columns"),
        ("a,b\n1," + "x" * MAX_LINE, "line_too_long"),
        ('a,b\n1,"' + "x\n" * 500_001 + '"\n', "not_csv"),
    ],
    ids=["open quote", "text after quote", "nothing", "empty cells", "columns", "endless line", "endless cell"],
)
def test_a_text_that_is_no_table_is_refused(findings, text, rule):
    assert cells(text, findings) is None
    assert rules(findings) == [rule]


def test_more_cells_than_any_export_has_are_refused(findings, monkeypatch):
    monkeypatch.setattr("eval_tools.intake.files.delimited.MAX_CELLS", 5)
    assert cells("a,b\n1,2\n3,4\n", findings) is None
    assert rules(findings) == ["too_many_cells"]
