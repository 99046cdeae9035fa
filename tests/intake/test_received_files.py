"""Opening a received file: what is refused before a byte of it is looked at, and what it turns out to be."""

from __future__ import annotations

import hashlib
import os

import pytest

from eval_tools.intake.files.received import KINDS, open_received
from eval_tools.intake.files.sheets import read_sheets
from eval_tools.intake.findings import Findings
from received_files import compound, one_cell, package, received, worksheet, xlsx


@pytest.fixture
def findings() -> Findings:
    return Findings()


def rules(findings: Findings) -> list[str]:
    return findings.table()["rule"].to_list()


def test_the_bytes_are_read_once_and_hashed(tmp_path, findings):
    path = tmp_path / "a.csv"
    path.write_bytes(b"id\n1\n")
    opened = open_received(path, file="a.csv", findings=findings, folder=tmp_path)
    path.write_bytes(b"changed meanwhile")
    assert opened.content == b"id\n1\n"
    assert opened.sha256 == hashlib.sha256(b"id\n1\n").hexdigest()
    assert (opened.file, opened.n_bytes, rules(findings)) == ("a.csv", 5, [])


@pytest.mark.parametrize("name", ["a.pkl", "a.rda", "a.py", "a.ipynb", "a.xlsm", "a.zip", "a.PDF", "a", ".csv"])
def test_only_known_kinds_are_opened(tmp_path, findings, name):
    (tmp_path / name).write_bytes(b"id\n1\n")
    assert open_received(tmp_path / name, file=name, findings=findings) is None
    assert rules(findings) == ["file_kind"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_ending_may_be_in_capitals(tmp_path, findings, kind):
    path = tmp_path / f"a.{kind.upper()}"
    path.write_bytes(b"x")
    assert open_received(path, file=path.name, findings=findings) is not None


@pytest.mark.parametrize("name", ["../a.csv", "x/../../a.csv", "/etc/a.csv", "a\x00b.csv"])
def test_a_path_out_of_the_folder_is_refused_though_the_file_is_there(tmp_path, findings, name):
    folder = tmp_path / "study"
    folder.mkdir()
    (tmp_path / "a.csv").write_bytes(b"id\n1\n")
    assert open_received(folder / name, file=name, findings=findings, folder=folder) is None
    assert rules(findings) == ["file_outside"]


def test_a_file_name_is_a_name_and_no_pattern(tmp_path, findings):
    (tmp_path / "a[1].csv").write_bytes(b"right\n")
    (tmp_path / "a1.csv").write_bytes(b"wrong\n")
    assert open_received(tmp_path / "a[1].csv", file="a", findings=findings).content == b"right\n"
    (tmp_path / "a[1].csv").unlink()
    assert open_received(tmp_path / "a[1].csv", file="a", findings=findings) is None
    assert rules(findings) == ["file_missing"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path, findings):
    os.mkfifo(tmp_path / "a.csv")
    assert open_received(tmp_path / "a.csv", file="a.csv", findings=findings) is None
    assert rules(findings) == ["file_unreadable"]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links on this system")
def test_a_link_is_refused_even_inside_the_folder(tmp_path, findings):
    (tmp_path / "a.csv").write_bytes(b"id\n")
    (tmp_path / "b.csv").symlink_to(tmp_path / "a.csv")
    assert open_received(tmp_path / "b.csv", file="b.csv", findings=findings, folder=tmp_path) is None
    assert rules(findings) == ["file_is_link"]


def test_a_file_grown_too_large_is_refused(tmp_path, findings, monkeypatch):
    monkeypatch.setattr("eval_tools.intake.files.received.MAX_BYTES", 3)
    (tmp_path / "a.csv").write_bytes(b"1234")
    assert open_received(tmp_path / "a.csv", file="a.csv", findings=findings) is None
    assert rules(findings) == ["file_too_large"]


def test_a_spreadsheet_is_known_by_its_content(findings):
    raw = xlsx(worksheet(f'<row r="1">{one_cell("A1")}</row>'))
    (sheet,) = read_sheets(received("a.csv", raw), findings=findings)
    assert sheet.cells == (("1",),)
    assert findings.table()[["rule", "severity"]].to_numpy().tolist() == [["ending_differs", "note"]]


def test_text_called_xls_is_read_as_text(findings):
    (sheet,) = read_sheets(received("a.xls", b"id\tq1\n007\t2\n"), findings=findings)
    assert sheet.cells == (("id", "q1"), ("007", "2"))
    assert rules(findings) == []


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.xls", b"<html><body><table><tr><td>1</td></tr></table></body></html>"),
        ("a.csv", b"%PDF-1.7"),
        ("a.csv", b"\x1f\x8b\x08"),
        ("a.xlsx", package({"word/document.xml": "<x/>"})),
        ("a.sav", b"no header of SPSS"),
        ("a.xlsx", b"\x89PNG\r\n"),
    ],
)
def test_what_is_no_table_is_named_as_what_it_is(findings, name, raw):
    assert read_sheets(received(name, raw), findings=findings) is None
    assert rules(findings) == ["content_differs"]


@pytest.mark.parametrize(
    ("name", "raw"), [("a.json", b"{}"), ("a.lss", b"<document/>"), ("a.sav", b"$FL2" + b" " * 200)]
)
def test_files_that_are_no_tables_have_no_sheets(findings, name, raw):
    assert read_sheets(received(name, raw), findings=findings) == ()
    assert rules(findings) == []


def test_an_encrypted_workbook_is_named_as_such(findings):
    raw = compound({"EncryptedPackage": b"\x01" * 4096})
    assert read_sheets(received("a.xlsx", raw), findings=findings) is None
    assert "file_encrypted" in rules(findings)
