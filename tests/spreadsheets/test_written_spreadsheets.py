"""CSV and XLSX that we write: nothing in them runs, nothing is lost, and there is one place that writes them."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eval_tools
from eval_tools.intake.files.sheets import read_sheets
from eval_tools.intake.findings import Findings
from eval_tools.spreadsheets import LIVE, as_written, csv_text, frame_csv, xlsx_bytes
from received_files import received

NASTY = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", "＠x", "\t=1", "'=1", "http://example.org", "1e5", "007", "{=1}"]
FORMULA = re.compile(r"<f[\s/>]")


@given(st.text(max_size=30) | st.sampled_from(NASTY))
def test_no_text_becomes_a_live_formula_in_csv_and_each_can_be_had_back(text):
    cell = next(csv.reader(io.StringIO(csv_text([], [["x", text]]).split("\r\n", 1)[1], newline="")))[1]
    assert not cell.startswith(LIVE)
    assert as_written(cell) == text


def test_numbers_stay_numbers_in_csv():
    assert csv_text(["a"], [[-9], [2.5]]) == "a\r\n-9\r\n2.5\r\n"


def test_only_the_text_columns_of_a_table_are_touched():
    frame = pd.DataFrame({"=head": ["-1", None, "plain"], "estimate": [-0.5, None, 1 / 3], "n": [-3, 2, 1]})
    before = frame.copy()
    lines = frame_csv(frame).decode("utf-8-sig").splitlines()
    assert lines == ["'=head,estimate,n", "'-1,-0.5,-3", ",,2", "plain,0.333333333333,1"]
    pd.testing.assert_frame_equal(frame, before)


def test_categories_and_strings_are_text_too():
    frame = pd.DataFrame({"a": pd.Categorical(["=1"]), "b": pd.array(["@x"], dtype="string"), "c": [True]})
    assert frame_csv(frame).decode("utf-8-sig") == "a,b,c\n'=1,'@x,True\n"


def test_xlsx_holds_no_formula_no_link_and_no_number_made_of_text():
    content = xlsx_bytes({"s": [["head"], *[[text] for text in NASTY], [-9]]})
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        whole = "".join(package.read(name).decode() for name in package.namelist())
        sheet = package.read("xl/worksheets/sheet1.xml").decode()
    assert len(FORMULA.findall(whole)) == 0
    assert "<hyperlink" not in whole
    assert sheet.count("<v>") + sheet.count("<is>") == len(NASTY) + 2
    assert sheet.count('t="inlineStr"') == len(NASTY) + 1


def test_what_we_write_as_xlsx_we_read_as_it_was():
    findings = Findings()
    (sheet,) = read_sheets(received("a.xlsx", xlsx_bytes({"s": [["head"], *[[t] for t in NASTY]]})), findings=findings)
    assert sheet.cells == (("head",), *[(text,) for text in NASTY])
    assert sheet.formulas == ()
    assert findings.table().empty


def test_what_no_file_can_hold_is_left_out_and_the_file_is_written():
    (sheet,) = read_sheets(received("a.xlsx", xlsx_bytes({"s": [["a\x0bb\x00c"]]})), findings=Findings())
    assert sheet.cells == (("abc",),)


SOURCES = sorted(Path(eval_tools.__file__).parent.rglob("*.py"))
WRITES_CSV = re.compile(r"csv\.(?:writer|DictWriter)\(|\.to_csv\(|\.to_excel\(|xlsxwriter|\.write_csv\(")


@pytest.mark.parametrize("path", [p for p in SOURCES if p.name != "spreadsheets.py"], ids=lambda p: p.stem)
def test_tables_are_written_in_one_place_only(path):
    source = path.read_text(encoding="utf-8")
    assert not WRITES_CSV.search(source), (
        "write tables with csv_text, frame_csv or write_csv of eval_tools.spreadsheets"
    )
    if re.search(r"\bWorkbook\(", source):
        told = "put every value into a cell with put() of eval_tools.spreadsheets"
        assert re.search(r"from eval_tools\.spreadsheets import .*\bput\b", source), told
        assert not re.search(r"\.value = |\.append\(\[", source), told
