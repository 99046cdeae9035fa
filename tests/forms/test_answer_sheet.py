"""Typed answers: which column is which question, what a cell may hold, and what is refused instead of guessed."""

from __future__ import annotations

import math
import zipfile
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from openpyxl import Workbook

from eval_tools.errors import DataError, DefinitionError, EvalToolsError
from eval_tools.forms.answer_sheet import read_answers
from eval_tools.forms.typed_table import read_typed_table

SECRET = "7734"


@pytest.fixture
def typed(tmp_path, example):
    def read(text, *, encoding="utf-8", as_encoding="utf-8", **options):
        path = tmp_path / "typed.csv"
        path.write_bytes(text.encode(encoding))
        return read_answers(read_typed_table(path, encoding=as_encoding), options.pop("instrument", example), **options)

    return read


def matrix(sheet):
    return [[None if math.isnan(code) else int(code) for code in row] for row in sheet.answers]


@pytest.mark.parametrize(
    "header",
    [
        "fah1,fah2,fah3",
        "FAH1,FAH2,FAH3",
        "Q1,Q2,Q3",
        "q01,q02,q03",
        "fah_1,fah_2,fah_3",
        "1,2,3",
        "１,２,３",
        "第1题,第2题,第3题",
        "1、有人认识我,2、我在家,3、很好",
        "Q 1,Q 2,Q 3",
    ],
)
def test_columns_are_found_by_id_or_by_number(typed, header):
    sheet = typed(f"{header}\n0,1,2\n2,,0\n")
    assert matrix(sheet) == [[0, 1, 2], [2, None, 0]]
    assert sheet.rows == (2, 3)


def test_the_order_of_columns_and_further_columns_do_not_matter(typed):
    sheet = typed("class,q3,id,q1,remark,q2\n4a,2,x,0,,1\n")
    assert matrix(sheet) == [[0, 1, 2]]
    assert sheet.ids == ("x",)
    assert sheet.other_columns == ("class", "remark")


def test_ids_of_the_items_win_over_numbers_of_another_form(typed):
    sheet = typed("fah1,fah2,fah3,gad1,gad2,gad3\n0,1,2,9,9,9\n")
    assert matrix(sheet) == [[0, 1, 2]]
    assert sheet.matched_by == "ids"


def test_two_possible_readings_are_refused_and_named(typed):
    with pytest.raises(DefinitionError, match="2 ways") as refused:
        typed("a1,a2,a3,b1,b2,b3\n0,1,2,0,1,2\n")
    assert "'a{n}'" in str(refused.value)
    assert "--columns" in str(refused.value)
    assert matrix(typed("a1,a2,a3,b1,b2,b3\n0,1,2,2,2,2\n", columns="b{n}")) == [[2, 2, 2]]


def test_a_pattern_may_ask_for_leading_zeros(typed):
    assert matrix(typed("x01,x02,x03\n0,1,2\n", columns="x{n:02}")) == [[0, 1, 2]]
    with pytest.raises(DefinitionError, match=r"needs \{n\} once"):
        typed("x01,x02,x03\n0,1,2\n", columns="x")


@pytest.mark.parametrize("header", ["q1,q2,q2", "fah1,fah2,fah2", "q1,q2,Q2,q3", "fah1,fah2,fah3,fah3"])
def test_a_column_that_stands_there_twice_is_refused(typed, header):
    n = header.count(",") + 1
    with pytest.raises(EvalToolsError, match=r"twice|no column|ways"):
        typed(f"{header}\n{','.join('1' * n)}\n")


def test_a_question_without_a_column_is_refused_unless_that_is_said_to_be_meant(typed):
    with pytest.raises(DataError, match=r"no column was found for 1 of the 3 questions: 2 \(fah2\)"):
        typed("q1,q3\n0,2\n")
    sheet = typed("q1,q3\n0,2\n", partial=True)
    assert sheet.without_column == ("fah2",)
    assert matrix(sheet) == [[0, None, 2]]


@pytest.mark.parametrize("cell", ["3", "x", "-1", "1.5", "1e0", "7734", "0x1", "1 2", "=1+1", "1,0"])
def test_a_cell_that_is_no_answer_of_the_form_is_refused_with_its_row_and_never_shown(typed, cell):
    with pytest.raises(DataError) as refused:
        typed(f'q1,q2,q3\n0,1,2\n0,"{cell}",2\n')
    said = str(refused.value)
    assert "column 'q2'" in said
    assert "in row 3" in said
    assert "Codes of the form: 0, 1, 2" in said
    if len(cell) > 2:
        assert cell not in said


def test_every_wrong_column_is_listed_at_once(typed):
    with pytest.raises(DataError) as refused:
        typed("q1,q2,q3,age\nx,1,2,old\n0,x,2,9\n")
    assert len(refused.value.problems) == 3


@pytest.mark.parametrize(
    ("cell", "code"),
    [("1", 1), ("１", 1), (" 1 ", 1), ("1.0", 1), ("01", 1), ("Sometimes", 1), ("有时", 1), ("經常", 2)],
)
def test_codes_and_labels_of_the_form_are_read(typed, cell, code):
    sheet = typed(f"q1,q2,q3\n0,{cell},2\n")
    assert matrix(sheet) == [[0, code, 2]]
    assert sheet.n_labels == (not cell.strip()[0].isdigit())


def test_blanks_of_platforms_are_blanks_and_others_must_be_named(typed):
    assert matrix(typed("q1,q2,q3\n(空),（空）,(跳过)\n")) == [[None, None, None]]
    with pytest.raises(DataError, match="--blank"):
        typed("q1,q2,q3\nNA,1,2\n")
    assert matrix(typed("q1,q2,q3\nNA,1,2\n", blank=["NA"])) == [[None, 1, 2]]


def test_age_and_sex_are_read_under_usual_names(typed):
    sheet = typed("q1,q2,q3,年龄,性别\n0,1,2,11.5,女\n0,1,2,,男生\n0,1,2,9,\n")
    np.testing.assert_array_equal(sheet.age, [11.5, np.nan, 9.0])
    assert sheet.sex == ("female", "male", "")


def test_a_number_for_the_sex_is_not_guessed(typed):
    with pytest.raises(DataError, match="is not guessed"):
        typed("q1,q2,q3,sex\n0,1,2,1\n")


def test_two_columns_for_the_number_are_refused(typed):
    with pytest.raises(DefinitionError, match="several columns could be the id"):
        typed("id,编号,q1,q2,q3\na,b,0,1,2\n")
    assert typed("id,编号,q1,q2,q3\na,b,0,1,2\n", id_column="编号").ids == ("b",)


def test_an_unknown_column_is_refused_with_a_suggestion(typed):
    with pytest.raises(DefinitionError, match="Did you mean 'number1'"):
        typed("number1,q1,q2,q3\na,0,1,2\n", id_column="nunber1")


def test_repeated_numbers_and_wrong_check_digits_are_counted(typed):
    rows = "".join(
        f"{number},0,1,2\n" for number in ("12345676", "12345676", "24089175", "69685383", "98859879", "12345677")
    )
    sheet = typed(f"id,q1,q2,q3\n{rows}")
    assert sheet.ids_repeated == 1
    assert sheet.ids_with_wrong_digits == (7,)


def test_numbers_of_another_kind_have_no_check_digits(typed):
    assert typed("id,q1,q2,q3\nA-7,0,1,2\nA-8,0,1,2\n").ids_with_wrong_digits == ()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_usual_separators_are_recognised(typed, separator):
    assert matrix(typed("q1,q2,q3\n0,1,2\n".replace(",", separator))) == [[0, 1, 2]]


def test_a_chinese_encoding_must_be_named(typed):
    text = "编号,q1,q2,q3\n甲,0,1,2\n"
    with pytest.raises(DataError, match="--encoding"):
        typed(text, encoding="gb18030")
    assert matrix(typed(text, encoding="gb18030", as_encoding="gb18030")) == [[0, 1, 2]]
    assert matrix(typed(text, encoding="utf-16")) == [[0, 1, 2]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("q1,q2,q3\n", "not a single row"),
        ("\nq1,q2,q3\n0,1,2\n", "first row is empty"),
        ("q1,q2,q3\n0,1,2,9\n", "row 2: the row has more cells"),
        ("q1,q2,q3\n0,\x00,2\n", "NUL"),
        ('q1,q2,q3\n0,"1,2\n', "not a well-formed"),
    ],
)
def test_a_file_that_is_no_table_is_refused(typed, text, said):
    with pytest.raises(DataError, match=said):
        typed(text)


def test_empty_rows_are_passed_over_and_row_numbers_stay_those_of_the_file(typed):
    assert typed("q1,q2,q3\n0,1,2\n,,\n\n0,1,2\n").rows == (2, 5)


def test_an_xlsx_file_is_read_like_a_csv_file(tmp_path, example):
    book = Workbook()
    for row in (["id", "Q1", "Q2", "Q3"], ["a", 0, 1.0, "2"], ["b", None, "Often", 1]):
        book.active.append(row)
    book.save(tmp_path / "typed.xlsx")
    sheet = read_answers(read_typed_table(tmp_path / "typed.xlsx"), example)
    assert matrix(sheet) == [[0, 1, 2], [None, 2, 1]]
    book.create_sheet("more").append(["x"])
    book.save(tmp_path / "typed.xlsx")
    with pytest.raises(DataError, match="2 sheets hold something"):
        read_typed_table(tmp_path / "typed.xlsx")


def test_a_file_that_is_no_xlsx_or_unpacks_to_something_enormous_is_refused(tmp_path):
    path = tmp_path / "typed.xlsx"
    path.write_bytes(b"no zip")
    with pytest.raises(DataError, match="not an XLSX file"):
        read_typed_table(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet1.xml", b"0" * 5_000_000)
    with pytest.raises(DataError, match="unpacks to far more"):
        read_typed_table(path)


def test_far_cells_in_an_xlsx_file_are_refused(tmp_path):
    book = Workbook()
    book.active["A1"] = "q1"
    book.active["XFD3"] = 1
    book.save(tmp_path / "typed.xlsx")
    with pytest.raises(DataError, match="columns"):
        read_typed_table(tmp_path / "typed.xlsx")


def test_another_kind_of_file_and_a_missing_one_are_refused(tmp_path):
    (tmp_path / "typed.sav").write_bytes(b"x")
    with pytest.raises(DefinitionError, match="not read"):
        read_typed_table(tmp_path / "typed.sav")
    with pytest.raises(DefinitionError, match="does not exist"):
        read_typed_table(tmp_path / "tipped.csv")


def test_a_label_that_two_answers_share_is_not_read(typed, example):
    first = example.items["fah1"]
    options = tuple(replace(option, label={"en": "Same"}) for option in first.responses.options)
    items = {
        name: replace(item, responses=replace(item.responses, options=options)) for name, item in example.items.items()
    }
    with pytest.raises(DataError, match="neither a code nor a label"):
        typed("q1,q2,q3\nSame,1,2\n", instrument=replace(example, items=MappingProxyType(items)))
