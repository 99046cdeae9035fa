"""Personal data that nobody declared: found by header and pattern, told by counts. All numbers are invented."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval_tools.intake.findings import Findings
from eval_tools.intake.quality.personal_data import (
    CHECK_CHARACTERS,
    WEIGHTS,
    is_id_card,
    kinds_in,
    names_a_person,
    note_personal_columns,
)
from eval_tools.intake.raw_table import RawTable


def card(body: str) -> str:
    return body + CHECK_CHARACTERS[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014", "11010519491231002x"])
def test_the_examples_of_the_standard_are_identity_cards(number):
    assert is_id_card(number)  # GB 11643-1999, 4.1 and annex


@given(st.integers(10**5, 10**6 - 1), st.dates(date(1900, 1, 1)), st.integers(0, 999), st.data())
def test_every_wrong_digit_of_an_identity_card_is_found(place, born, order, data):
    number = card(f"{place}{born:%Y%m%d}{order:03}")
    assert is_id_card(number)
    at = data.draw(st.integers(0, 16))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != number[at]]))
    assert not is_id_card(number[:at] + other + number[at + 1 :])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("13800138000", "mobile number"),
        ("１３８００１３８０００", "mobile number"),
        ("+86 138-0013-8000", "mobile number"),
        ("妈妈电话13912345678。", "mobile number"),
        ("11010519491231002X", "identity card number"),
        ("身份证：11010519491231002X", "identity card number"),
        ("a.b+c@mail.example.cn", "e-mail address"),
        ("wxid_abc123def", "WeChat name"),
        ("加我微信：xiao_ming88", "WeChat name"),
    ],
)
def test_planted_identifiers_are_recognised(text, kind):
    assert kinds_in(text) == {kind}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "12345676",
        "2026-09-07 08:03:36",
        "576秒",
        "110105194912310021",
        "0138001380001",
        "很喜欢上学",
        "a@b",
        "微信很好用",
    ],
)
def test_answers_are_not_taken_for_identifiers(text):
    assert kinds_in(text) == frozenset()


@pytest.mark.parametrize(
    "header", ["姓名", "1、您的姓名：", "家長電話", "手机号码", "IP", "Your name?", "E-mail", "提交者（自动）"]
)
def test_headers_that_ask_for_a_person(header):
    assert names_a_person(header)


@pytest.mark.parametrize("header", ["編號", "学校", "shipping", "rename", "Q5", "telephones", "年级"])
def test_headers_that_do_not(header):
    assert not names_a_person(header)


def test_columns_are_told_with_counts_and_never_with_a_cell():
    raw = RawTable(
        file="autumn/child.csv",
        header=("编号", "备注", "姓名", "q1", "有人拿我的名字开玩笑"),
        cells=(
            ("C012", "妈妈 13912345678 或 13800138000", "王小明", "1", "2"),
            ("C013", "13912345678, x@example.org", "李小红", "2", "11010519491231002X"),
        ),
        rows=(2, 3),
        sha256="0" * 64,
        n_bytes=1,
    )
    findings = Findings()
    note_personal_columns(raw, findings, handled=["编号"], questions=["q1", "有人拿我的名字开玩笑"])
    table = findings.table().set_index("column")
    assert sorted(table.index) == sorted(["备注", "姓名", "有人拿我的名字开玩笑"])
    assert set(table["rule"]) == {"personal_data"}
    assert "e-mail address in 1 cells, mobile number in 2 cells" in table.loc["备注", "detail"]
    assert table.loc["姓名", "detail"].startswith("the header asks for something that identifies a person.")
    assert not any(cell in table.reset_index().to_csv() for cell in ("139", "王小明", "李", "example", "19491231"))
    quiet = Findings()
    note_personal_columns(raw, quiet, handled=raw.header)
    assert quiet.table().empty
