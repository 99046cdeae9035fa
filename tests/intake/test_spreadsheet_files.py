"""Spreadsheets: every cell as text, what text cannot show is told, and nothing unfolds beyond its limits."""

from __future__ import annotations

import datetime
import io
import zipfile

import pytest
from openpyxl import Workbook

from eval_tools.intake.files.sheets import read_sheets
from eval_tools.intake.findings import Findings
from received_files import (
    MAIN,
    ods,
    ods_text,
    one_cell,
    received,
    worksheet,
    xls,
    xls_formula,
    xls_number,
    xls_password,
    xls_text,
    xlsx,
)

FAR = "XFD1048576"
ERROR = ' t="e"'
INLINE = ' t="inlineStr"'


@pytest.fixture
def findings() -> Findings:
    return Findings()


def rules(findings: Findings) -> list[str]:
    return findings.table()["rule"].to_list()


@pytest.fixture
def no_reader(monkeypatch):
    """Fail if any reader opens the file."""

    def opened(*_: object, **__: object) -> None:
        pytest.fail("a reader opened the file")

    monkeypatch.setattr("python_calamine.load_workbook", opened)
    monkeypatch.setattr("eval_tools.intake.files.old_spreadsheet.ask_child", opened)


def saved(*rows: list[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_every_cell_is_text_exactly(findings):
    moment = datetime.datetime(2026, 9, 21, 8, 3, 36)
    raw = saved(
        [1, 1.5, 2.0, "123456789012345678", "007", True],
        [moment, moment.date(), moment.time(), datetime.timedelta(hours=30), " x ", False],
        [None, "", None, -3, 1e-7, "=1"[1:]],
        [None] * 6,
    )
    (sheet,) = read_sheets(received("a.xlsx", raw), findings=findings)
    assert sheet.cells == (
        ("1", "1.5", "2", "123456789012345678", "007", "TRUE"),
        ("2026-09-21 08:03:36", "2026-09-21", "08:03:36", "30:00:00", " x ", "FALSE"),
        ("", "", "", "-3", "1e-07", "1"),
    )
    assert rules(findings) == []


def test_a_long_number_typed_as_a_number_is_told(findings):
    (sheet,) = read_sheets(received("a.xlsx", saved(["id"], [123456789012345678])), findings=findings)
    assert sheet.cells[0] == ("id",)
    found = findings.table().iloc[0]
    assert (found["rule"], found["severity"]) == ("digits_lost", "warning")
    assert "rows 2)" in found["detail"]
    assert "1234567" not in found["detail"]


def test_formulas_are_told_with_their_places(findings):
    row = one_cell("A1", "<f>1+1</f>") + one_cell("B1", "<f>1+1</f><v>2</v>") + one_cell("C1", "<v>5</v>")
    raw = xlsx(worksheet(f'<row r="1">{row}</row>'))
    (sheet,) = read_sheets(received("a.xlsx", raw), findings=findings)
    assert sheet.formulas == ((1, 1), (1, 2))
    assert sheet.cells == (("", "2", "5"),)
    assert sorted(rules(findings)) == ["formula_value", "formula_without_value"]
    assert set(findings.table()["severity"]) == {"warning"}


def test_errors_merged_and_hidden_cells_are_told(findings):
    rows = f'<row r="1">{one_cell("A1")}</row><row r="2" hidden="1">{one_cell("A2", "<v>#N/A</v>", ERROR)}</row>'
    raw = xlsx(
        worksheet(rows, '<mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells>'),
        worksheet(f'<row r="1">{one_cell("A1")}</row>'),
        states=("visible", "hidden"),
    )
    first, second = read_sheets(received("a.xlsx", raw), findings=findings)
    assert first.cells == (("1",),)
    assert second.cells == (("1",),)
    issues = findings.table()[["rule", "column"]].to_numpy().tolist()
    assert sorted(issues) == [
        ["error_cells", "S1"],
        ["hidden_cells", "S1"],
        ["hidden_cells", "S2"],
        ["merged_cells", "S1"],
    ]


def test_cells_at_their_places_in_spite_of_empty_rows_and_columns(findings):
    raw = xlsx(worksheet(f'<row r="3">{one_cell("B3")}</row>'))
    (sheet,) = read_sheets(received("a.xlsx", raw), findings=findings)
    assert sheet.cells == (("", ""), ("", ""), ("", "1"))


def test_formatted_empty_cells_far_away_do_no_harm(findings):
    empty = f'<row r="1048576"><c r="{FAR}" s="0"/></row>'
    (sheet,) = read_sheets(received("a.xlsx", xlsx(worksheet(one_row() + empty))), findings=findings)
    assert sheet.cells == (("1",),)


def one_row() -> str:
    return f'<row r="1">{one_cell("A1")}</row>'


FAR_AWAY = f'<row r="1048576">{one_cell(FAR)}</row>'
TWO_FAR_CELLS = {
    "as programs write": worksheet(one_row() + FAR_AWAY),
    "single quotes": worksheet((one_row() + FAR_AWAY).replace('"', "'")),
    "prefixed": f'<x:worksheet {MAIN.replace("xmlns", "xmlns:x")}><x:sheetData><x:row r="1"><x:c r="A1"><x:v>1</x:v>'
    f'</x:c></x:row><x:row r="9"><x:c r="{FAR}"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>',
    "UTF-16": worksheet(one_row() + FAR_AWAY).replace("UTF-8", "UTF-16").encode("utf-16"),
    "without names": worksheet(f'<row r="1048576"><c><v>1</v></c></row><row r="1">{one_cell("XFD1")}</row>'),
    "a row that lies": worksheet(f'<row r="1">{one_cell("A1")}{one_cell(FAR)}</row>'),
    "more blanks": worksheet(one_row() + FAR_AWAY.replace("<c r=", "<c\n r = ")),
}


@pytest.mark.parametrize("sheet", TWO_FAR_CELLS.values(), ids=TWO_FAR_CELLS)
def test_two_cells_far_apart_are_refused_before_any_reader_opens_the_file(no_reader, findings, sheet):
    raw = xlsx(sheet)
    assert len(raw) < 2_000
    assert read_sheets(received("a.xlsx", raw), findings=findings) is None
    assert rules(findings) == ["sheet_too_large"]


def test_one_endless_text_is_refused_before_any_reader_opens_the_file(no_reader, findings):
    endless = one_cell("A1", f"<is><t>{'a' * 30_000_000}</t></is>", INLINE)
    raw = xlsx(worksheet(f'<row r="1">{endless}</row>'))
    assert len(raw) < 100_000
    assert read_sheets(received("a.xlsx", raw), findings=findings) is None
    assert rules(findings) == ["package_too_large"]


def test_a_long_text_repeated_in_many_cells_is_refused(no_reader, findings):
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 20_001))
    raw = xlsx(worksheet(rows), texts=f"<si><t>{'ab' * 15_000}</t></si>")
    assert read_sheets(received("a.xlsx", raw), findings=findings) is None
    assert rules(findings) == ["package_too_large"]


def test_long_texts_that_are_not_repeated_are_read(findings, monkeypatch):
    monkeypatch.setattr("eval_tools.intake.files.preflight.MAX_UNPACKED", 4_000)
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>{n // 50}</v></c></row>' for n in range(1, 51))
    raw = xlsx(worksheet(rows), texts=f"<si><t>no</t></si><si><t>{'ab' * 400}</t></si>")
    (sheet,) = read_sheets(received("a.xlsx", raw), findings=findings)
    assert [row[0] for row in sheet.cells] == ["no"] * 49 + ["ab" * 400]


@pytest.mark.parametrize(
    "raw",
    [
        xlsx(worksheet(one_row()), more={f"x{n}.xml": "<x/>" for n in range(2_001)}),
        xlsx(worksheet(one_row()), more={"big.bin": b"\x00" * 50_000_000}),
    ],
    ids=["parts", "ratio"],
)
def test_a_package_of_too_many_parts_or_too_much_air_is_refused(no_reader, findings, raw):
    assert read_sheets(received("a.xlsx", raw), findings=findings) is None
    assert rules(findings) == ["package_too_large"]


def lie_about_size(raw: bytes, name: str, size: int) -> bytes:
    """Change what the list of parts says of the unpacked size of one part."""
    data = bytearray(raw)
    entry = data.rindex(name.encode(), 0, data.rindex(b"PK\x05\x06")) - 46
    assert data[entry : entry + 4] == b"PK\x01\x02"
    data[entry + 24 : entry + 28] = size.to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize("size", [0, 100, 10_000_000])
def test_a_part_that_is_not_as_long_as_it_says_is_refused(no_reader, findings, size):
    raw = lie_about_size(xlsx(worksheet(one_row())), "xl/worksheets/sheet1.xml", size)
    assert read_sheets(received("a.xlsx", raw), findings=findings) is None
    assert set(rules(findings)) <= {"package_broken", "package_too_large"}
    assert rules(findings)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_parts_of_one_name_are_refused_as_readers_may_see_either(no_reader, findings):
    out = io.BytesIO(xlsx(worksheet(one_row())))
    with zipfile.ZipFile(out, "a") as package:
        package.writestr("xl/worksheets/sheet1.xml", worksheet(one_row() + FAR_AWAY))
    assert read_sheets(received("a.xlsx", out.getvalue()), findings=findings) is None
    assert rules(findings) == ["package_broken"]


def test_a_sheet_hidden_in_a_part_of_another_ending_is_refused(no_reader, findings):
    raw = xlsx(worksheet(one_row()), more={"xl/media/image1.png": worksheet(one_row() + FAR_AWAY)})
    assert read_sheets(received("a.xlsx", raw), findings=findings) is None
    assert rules(findings) == ["package_broken"]


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"])
def test_entities_are_refused_wherever_they_stand(no_reader, findings, part):
    whole = xlsx(worksheet(one_row()))
    with zipfile.ZipFile(io.BytesIO(whole)) as package:
        inside = package.read(part).decode() if part in package.namelist() else "<styleSheet/>"
    raw = xlsx(worksheet(one_row()), more={part: ENTITIES + inside.partition("?>")[2] or inside})
    assert read_sheets(received("a.xlsx", raw), findings=findings) is None
    assert rules(findings) == ["package_broken"]


def test_a_hidden_nul_is_refused(findings):
    raw = xlsx(worksheet(f'<row r="1">{one_cell("A1", "<is><t>_x0000_invalid</t></is>", INLINE)}</row>'))
    assert read_sheets(received("a.xlsx", raw), findings=findings) is None
    assert rules(findings) == ["nul_characters"]


def test_an_xls_file_is_read_with_its_formulas(findings):
    cells = (xls_text(1, 1, "编号"), xls_text(1, 2, "q1"), xls_number(2, 1, 7.0), xls_formula(2, 2, 2.0))
    (sheet,) = read_sheets(received("a.xls", xls(*cells, name="数据", hidden=True)), findings=findings)
    assert (sheet.name, sheet.cells, sheet.formulas) == ("数据", (("编号", "q1"), ("7", "2")), ((2, 2),))
    assert sorted(rules(findings)) == ["formula_value", "hidden_cells"]


def test_an_xls_file_with_a_password_is_named_as_such(no_reader, findings):
    raw = xls(xls_number(1, 1, 1.0), before=xls_password())
    assert read_sheets(received("a.xls", raw), findings=findings) is None
    assert rules(findings) == ["file_encrypted"]


def test_an_ods_file_unfolds_its_repeated_cells(findings):
    twice = ' table:number-columns-repeated="2"'
    row = f"<table:table-row>{ods_text('a')}{ods_text('b', twice)}</table:table-row>"
    empty = f'<table:table-row table:number-rows-repeated="1048575"><table:table-cell{twice}/></table:table-row>'
    (sheet,) = read_sheets(received("a.ods", ods(row + empty)), findings=findings)
    assert sheet.cells == (("a", "b", "b"),)
    assert rules(findings) == []


def test_an_ods_cell_repeated_without_end_is_refused_before_any_reader_opens_the_file(no_reader, findings):
    row = f'<table:table-row table:number-rows-repeated="1000000">{ods_text("a", REPEATED)}</table:table-row>'
    assert read_sheets(received("a.ods", ods(row)), findings=findings) is None
    assert rules(findings) == ["package_too_large"]


REPEATED = ' table:number-columns-repeated="1000"'


def test_an_encrypted_ods_file_is_named_as_such(no_reader, findings):
    raw = ods("", manifest="<manifest><file-entry><encryption-data/></file-entry></manifest>")
    assert read_sheets(received("a.ods", raw), findings=findings) is None
    assert rules(findings) == ["file_encrypted"]


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.ods"])
def test_a_damaged_file_is_refused(findings, name):
    whole = {"a.xlsx": xlsx(worksheet(one_row())), "a.xls": xls(xls_number(1, 1, 1.0)), "a.ods": ods("")}[name]
    assert read_sheets(received(name, whole[: len(whole) // 2]), findings=findings) is None
    assert findings.table()["severity"].to_list()[0] == "error"
