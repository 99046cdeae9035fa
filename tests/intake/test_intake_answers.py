"""Cells become codes of the form, or a reason why there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from eval_tools import open_study
from eval_tools.intake.receive import receive_study
from eval_tools.privacy.pseudonyms import pseudonym, published_key


def cell(received, row: int, item: str):
    """Return answer and reason of one cell, found by its row number."""
    form = received.forms[received.forms["row"] == row].iloc[0]
    mine = received.responses[
        (received.responses["participant"] == form["participant"])
        & (received.responses["wave"] == form["wave"])
        & (received.responses["item"] == item)
    ]
    assert len(mine) == 1
    return mine["answer"].item(), mine["missing"].item()


@pytest.mark.parametrize("text", ["4", "-1", "1.0", "01", "yes", "1 2", "1;2", "nan", "½"])
def test_a_value_outside_the_response_set_is_an_error_without_the_value(post, the_only, text):
    post.put(4, "q7", text)
    received = post.receive()
    found = the_only(received.issues, "outside_response_set", severity="error", row=4, column="q7")
    assert "cesd07" in found["detail"]
    answer, reason = cell(received, 4, "cesd07")
    assert np.isnan(answer)
    assert reason == "invalid"


def test_full_width_digits_are_accepted_with_a_note(post, the_only):
    post.put(4, "q7", "３")
    received = post.receive()
    the_only(received.issues, "normalised", severity="note", row=4, column="q7")
    assert cell(received, 4, "cesd07") == (3.0, "")


def test_blanks_around_an_answer_are_not_worth_a_note(post):
    post.put(4, "q7", " 3 ")
    received = post.receive()
    assert received.issues.empty
    assert cell(received, 4, "cesd07") == (3.0, "")


@pytest.mark.parametrize("text", ["", "  ", "-99", "(空)", "（空）"])
def test_empty_cells_and_declared_blank_codes_are_blank(post, text):
    post.change("reader: table", 'reader: table\n    blank: ["-99", "（空）"]')
    post.put(4, "q7", text)
    received = post.receive()
    assert received.issues.empty
    answer, reason = cell(received, 4, "cesd07")
    assert np.isnan(answer)
    assert reason == "blank"


def test_declared_answer_texts_mean_their_codes(post):
    post.change(
        '{columns: "q{n}"}',
        '{columns: "q{n}", answers: {"没有（0天）": 0, "有时": 1, "经常": 2, "Ａ": 3}}',
    )
    texts = ["没有（0天）", "没有(0天)", "有时", "经常", "Ａ", "A"]
    post.rows = [[*row[:3], *["有时"] * 20] for row in post.rows]
    for n, text in enumerate(texts, start=1):
        post.put(4, f"q{n}", text)
    received = post.receive()
    assert [cell(received, 4, f"cesd{n:02}")[0] for n in range(1, 7)] == [0, 0, 1, 2, 3, 3]
    # plain, or letter by letter what stands in study.yaml: neither needs a note
    assert received.issues.empty


def test_a_code_that_is_not_declared_is_an_error_even_if_the_form_has_it(post, the_only):
    post.change('{columns: "q{n}"}', '{columns: "q{n}", answers: {"1": 1}}')
    post.put(4, "q7", 2)
    the_only(post.issues(), "outside_response_set", row=4, column="q7")


def test_a_code_that_only_other_items_have_is_an_error(post, the_only):
    post.put(4, "q7", 3)
    post.bench.write_answers(post.rows)
    run = open_study("little", start=post.bench.root)
    ces_d = run.instruments["ces-d"]
    item = ces_d.items["cesd07"]
    shorter = replace(item, responses=replace(item.responses, options=item.responses.options[:3]))
    instruments = {"ces-d": replace(ces_d, items={**ces_d.items, "cesd07": shorter})}
    received = receive_study(run.study, instruments, corrections=(), key=published_key("little"))
    the_only(received.issues, "outside_response_set", severity="error", row=4, column="q7")


def test_no_cell_of_a_file_can_pass_as_declared_invalid(post, the_only):
    post.put(4, "q7", "\x1ainvalid")
    the_only(post.issues(), "outside_response_set", severity="error", row=4, column="q7")


def test_columns_can_stand_in_any_order(post):
    before = post.receive()
    lines = [line.split(",") for line in post.text().splitlines()]
    post.write_text("\n".join(",".join(reversed(line)) for line in lines))
    after = post.receive(write=False)
    assert after.issues.empty
    assert after.responses.equals(before.responses)


def test_rows_can_stand_in_any_order(post):
    before = post.receive()
    post.rows.reverse()
    after = post.receive()
    key = ["participant", "wave", "instrument", "item"]
    assert after.participants.equals(before.participants)
    assert after.responses.sort_values(key, ignore_index=True).equals(
        before.responses.sort_values(key, ignore_index=True)
    )


def test_a_total_of_the_platform_that_differs_is_a_warning(post, the_only):
    post.change('{columns: "q{n}"}', '{columns: "q{n}"}\n    totals: {total: ces-d.total}')
    lines = post.text().splitlines()
    # every answer 1: 16 items count 1, four reversed ones 2, together 24
    totals = ["24", "24.0", "", "２４", "25", "n/a", "nan", "24"]
    post.write_text("\n".join([f"{lines[0]},total", *(f"{x},{t}" for x, t in zip(lines[1:], totals, strict=True))]))
    issues = post.issues(write=False)
    assert set(issues["severity"]) == {"warning"}
    assert issues[["rule", "row", "column"]].to_numpy().tolist() == [["total_differs", n, "total"] for n in (6, 7, 8)]


def test_a_total_is_not_compared_where_we_have_no_score(post):
    post.change('{columns: "q{n}"}', '{columns: "q{n}"}\n    totals: {total: ces-d.total}')
    post.put(2, "q1", "")
    lines = post.text().splitlines()
    post.write_text("\n".join([f"{lines[0]},total", f"{lines[1]},3", *(f"{x},24" for x in lines[2:])]))
    assert post.issues(write=False).empty


def test_an_answer_that_does_not_count_is_left_out_of_our_total(post):
    path = post.bench.root / "questionnaires" / "ces-d" / "ces-d.yaml"
    text = path.read_text(encoding="utf-8")
    option = (
        '      - {code: 9, label: {en: "don\'t know", zh-Hant: null, zh-Hans: null}, scored: false, kind: dont_know}\n'
    )
    path.write_text(text.replace("text_status:", option + "text_status:", 1), encoding="utf-8")
    post.change('{columns: "q{n}"}', '{columns: "q{n}"}\n    totals: {total: ces-d.total}')
    post.put(2, "q1", 9)
    lines = post.text().splitlines()
    # 9 is an answer of the form and no score: with a missing item there is no total to compare
    post.write_text("\n".join([f"{lines[0]},total", f"{lines[1]},23", *(f"{x},24" for x in lines[2:])]))
    received = post.receive(write=False)
    assert received.issues.empty
    assert cell(received, 2, "cesd01") == (9.0, "")


def test_every_form_has_every_item_once(post):
    received = post.receive()
    counts = received.responses.groupby(["participant", "wave"])["item"].nunique()
    assert (counts == 20).all()
    assert len(counts) == 8
    assert pseudonym("k1", key=published_key("little"), study="little") in set(received.responses["participant"])
