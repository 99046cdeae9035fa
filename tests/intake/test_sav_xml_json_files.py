"""SPSS, XML and JSON: as text, and only as much as can be."""

from __future__ import annotations

import datetime
import struct
import sys

import pandas as pd
import pyreadstat
import pytest

from eval_tools.intake.files import limited
from eval_tools.intake.files.json_file import MAX_DEPTH, read_json
from eval_tools.intake.files.spss_file import read_sav
from eval_tools.intake.files.xml_file import read_xml
from eval_tools.intake.findings import Findings
from received_files import received

CASES, WIDTH, COMPRESSION = 80, 68, 72  # places in the header


@pytest.fixture
def findings() -> Findings:
    return Findings()


def rules(findings: Findings) -> list[str]:
    return findings.table()["rule"].to_list()


@pytest.fixture
def sav(tmp_path) -> bytes:
    """Three invented children in an SPSS file."""
    frame = pd.DataFrame(
        {
            "编号": ["007", "8", ""],
            "q1": [1.0, 9.0, float("nan")],
            "q2": [2.5, -1.0, 1e15],
            "born": pd.to_datetime(["2015-03-01", "2016-12-31", None]).date,
        }
    )
    path = tmp_path / "a.sav"
    pyreadstat.write_sav(
        frame,
        str(path),
        column_labels=["编号", "我觉得孤单", "", ""],
        variable_value_labels={"q1": {1: "从不", 9: "拒答"}},
        missing_ranges={"q1": [9], "q2": [{"lo": -99, "hi": 0}]},
    )
    return path.read_bytes()


def test_a_sav_file_is_text_with_its_codebook(findings, sav):
    found = read_sav(received("a.sav", sav), findings=findings)
    assert found.names == ("编号", "q1", "q2", "born")
    assert found.columns == (
        ("007", "8", ""),
        ("1", "9", ""),
        ("2.5", "-1", "1000000000000000"),
        ("2015-03-01", "2016-12-31", ""),
    )
    assert found.labels[1] == "我觉得孤单"
    assert found.value_labels == {"q1": {"1": "从不", "9": "拒答"}}
    assert found.n_cases == 3
    assert rules(findings) == []


def test_values_declared_as_missing_stay_and_can_be_told(findings, sav):
    found = read_sav(received("a.sav", sav), findings=findings)
    assert [found.is_missing("q1", cell) for cell in found.columns[1]] == [False, True, False]
    assert [found.is_missing("q2", cell) for cell in found.columns[2]] == [False, True, False]
    assert not found.is_missing("born", "2015-03-01")


def test_a_date_that_cannot_be_one_stays_the_number_it_is(findings, sav):
    seconds = (datetime.datetime(2015, 3, 1) - datetime.datetime(1582, 10, 14)).total_seconds()
    raw = sav.replace(struct.pack("<d", seconds), struct.pack("<d", 1e18))
    assert raw != sav
    found = read_sav(received("a.sav", raw), findings=findings)
    assert found.columns[3][0] == "1000000000000000000"


@pytest.mark.parametrize(
    ("place", "value", "rule"),
    [
        (CASES, 2_000_000_000, "file_too_large"),
        (CASES, 100_000, "sav_unreadable"),
        (CASES, -5, "sav_unreadable"),
        (WIDTH, 2_000_000_000, "sav_unreadable"),
        (COMPRESSION, 7, "sav_unreadable"),
    ],
)
def test_a_header_that_promises_more_than_the_file_holds_is_not_believed(
    findings, sav, monkeypatch, place, value, rule
):
    monkeypatch.setattr(
        "eval_tools.intake.files.spss_file.ask_child", lambda *_: pytest.fail("a reader opened the file")
    )
    raw = bytearray(sav)
    raw[place : place + 4] = struct.pack("<i", value)
    assert read_sav(received("a.sav", bytes(raw)), findings=findings) is None
    assert rules(findings) == [rule]


def test_a_damaged_sav_file_is_refused(findings, sav):
    assert read_sav(received("a.sav", sav[:600]), findings=findings) is None
    assert rules(findings) == ["sav_unreadable"]


@pytest.fixture
def child(tmp_path, monkeypatch):
    """Let a function written here run in the child."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def run(body: str) -> object:
        (tmp_path / "an_invented_reader.py").write_text(f"def work(content):\n    {body}\n", encoding="utf-8")
        return limited.ask_child("an_invented_reader", b"abc")

    return run


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on this system")
def test_a_child_that_wants_too_much_memory_ends_and_we_go_on(child):
    with pytest.raises(limited.ChildFailed, match="too much memory"):
        child("return len(bytearray(8 << 30))")


def test_a_child_that_crashes_does_not_take_us_along(child):
    with pytest.raises(limited.ChildFailed, match="fail"):
        child("import os; os.abort()")


def test_a_child_that_takes_too_long_is_ended(child, monkeypatch):
    monkeypatch.setattr(limited, "MAX_SECONDS", 1)
    with pytest.raises(limited.ChildFailed, match="too long"):
        child("import time; time.sleep(60)")


def test_what_a_reader_prints_does_not_mix_with_the_answer(child):
    assert child("print('noise', flush=True); return len(content)") == 3


def test_xml_is_parsed(findings):
    root = read_xml(received("a.lss", "<document><row><q>问题</q></row></document>".encode()), findings=findings)
    assert root.findtext("row/q") == "问题"
    assert rules(findings) == []


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b'<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>', "xml_unsafe"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "xml_unsafe"),
        (b'<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>', "xml_unsafe"),
        (b"<a>" * 200_000, "xml_too_deep"),
        (b"<a><b></a>", "not_xml"),
        (b"", "not_xml"),
        (b"\x00\x01\x02", "not_xml"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "not_xml"),
    ],
)
def test_xml_with_entities_or_without_end_is_refused(findings, raw, rule):
    assert read_xml(received("a.lss", raw), findings=findings) is None
    assert rules(findings) == [rule]


def test_json_keeps_every_digit(findings):
    raw = '\ufeff{"id": 123456789012345678, "x": [1.50, -0, 1e400, true, null, "从不"]}'.encode()
    assert read_json(received("a.json", raw), findings=findings) == {
        "id": "123456789012345678",
        "x": ["1.50", "-0", "1e400", True, None, "从不"],
    }


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"[" * 200_000, "not_json"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "json_refused"),
        (b'{"a": 1, "a": 2}', "json_refused"),
        (b'{"a": NaN}', "json_refused"),
        (b'{"a": "\\u0000invalid"}', "json_refused"),
        (b'{"a": 1', "not_json"),
        (b'"text"', "not_json"),
        (b"\xff\xfe", "wrong_encoding"),
        (b"9" * 100_000, "not_json"),
    ],
)
def test_json_that_would_lose_or_hide_something_is_refused(findings, raw, rule):
    assert read_json(received("a.json", raw), findings=findings) is None
    assert rules(findings) == [rule]


def test_a_json_file_of_millions_of_values_is_refused(findings, monkeypatch):
    monkeypatch.setattr("eval_tools.intake.files.json_file.MAX_VALUES", 10)
    assert read_json(received("a.json", b"[" + b"1," * 20 + b"1]"), findings=findings) is None
    assert rules(findings) == ["file_too_large"]
