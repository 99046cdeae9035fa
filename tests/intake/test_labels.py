from __future__ import annotations

import time

import pytest

from eval_tools.intake.labels import LabelMatch, match_label, match_labels, nearest_label

HOW_OFTEN = {0: ("从不", "Never"), 1: ("有时", "Sometimes"), 2: ("什么时候都有", "Always")}


@pytest.mark.parametrize(
    ("cell", "code", "how"),
    [
        ("从不", 0, "exact"),
        (" 从不\n", 0, "exact"),
        ("Ｎｅｖｅｒ", 0, "width"),
        ("Never\xa0", 0, "exact"),
        ("A.从不", 0, "prefix"),
        ("A．从不", 0, "prefix"),
        ("A、从不", 0, "prefix"),
        ("a) Never", 0, "prefix"),
        ("1=有时", 1, "prefix"),
        ("１＝有时", 1, "prefix"),
        ("(1)有时", 1, "prefix"),
        ("（1）有时", 1, "prefix"),
        ("①有时", 1, "prefix"),
        ("2. Sometimes", 1, "prefix"),
        ("從不", 0, "script"),
        ("有時", 1, "script"),
        ("B. 有時", 1, "script"),
        ("甚麼時候都有", 2, "script"),
        ("甚么时候都有", 2, "script"),
        ("", None, "none"),
        ("偶尔", None, "none"),
        ("从不或有时", None, "none"),
        ("1", None, "none"),
    ],
)
def test_a_label_is_found_by_the_first_step_that_fits(cell, code, how):
    assert match_label(cell, HOW_OFTEN) == LabelMatch(code=code, how=how)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("妳", "你"),
        ("著急", "着急"),
        ("睡不著", "睡不着"),
        ("牠很乖", "它很乖"),
        ("祇有一個", "只有一个"),
        ("沒甚麼", "没什么"),
    ],
)
def test_the_gaps_of_the_conversion_of_scripts_are_closed(one, other):
    assert match_label(one, {7: (other,)}) == LabelMatch(code=7, how="script")
    assert match_label(other, {7: (one,)}) == LabelMatch(code=7, how="script")


def test_a_traditional_label_is_found_by_a_simplified_cell_too():
    assert match_label("从不", {0: ("從不",)}).code == 0


def test_a_label_that_belongs_to_two_codes_is_no_answer():
    assert match_label("不知道", {8: ("不知道",), 9: ("不知道",)}) == LabelMatch(code=None, how="ambiguous")


def test_two_labels_that_differ_in_script_alone_are_told_apart_only_if_written_so():
    labels = {1: ("从不",), 2: ("從不",)}
    assert match_label("从不", labels) == LabelMatch(code=1, how="exact")
    assert match_label("從不", labels) == LabelMatch(code=2, how="exact")
    assert match_label("A.從不", labels) == LabelMatch(code=2, how="prefix")
    assert match_label("〔從不〕", labels).code is None


def test_a_number_that_belongs_to_the_words_is_no_numbering():
    hours = {1: ("5小时",), 2: ("2次",)}
    assert match_label("1.5小时", hours).code is None
    assert match_label("1、2次", hours).code is None


def test_numbering_in_the_definition_is_left_out_as_well():
    assert match_label("从不", {3: ("A. 从不",)}) == LabelMatch(code=3, how="prefix")


def test_the_numbering_of_the_export_never_decides_the_code():
    assert match_label("5=从不", HOW_OFTEN).code == 0


def test_a_full_width_digit_is_read_and_said_to_have_been():
    assert match_label("３", {3: ("3",)}) == LabelMatch(code=3, how="width")


def test_the_suggestion_is_a_label_of_the_definition():
    labels = ["从不", "很少", "有时", "经常"]
    assert nearest_label("有時候", labels) == "有时"
    assert nearest_label("张三丰", labels) == ""
    assert nearest_label("", labels) == ""


def test_half_a_character_is_no_label_and_no_crash():
    assert match_label("\ud800", HOW_OFTEN).how == "none"
    assert nearest_label("\ud800", ["从不"]) == ""


def test_a_column_is_matched_by_its_different_texts():
    column = ["從不", "有时", "Ａ．從不", "?"] * 25_000 + [f"{i}" for i in range(1000)]
    started = time.perf_counter()
    matches = match_labels(column, HOW_OFTEN)
    assert time.perf_counter() - started < 1
    assert len(matches) == 1004
    assert [matches[cell].code for cell in column[:4]] == [0, 1, 0, None]
