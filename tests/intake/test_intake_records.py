"""Which rows of a file are forms of a source: rows by a column, and rows nobody answered."""

from __future__ import annotations

import csv

import pytest

from eval_tools.errors import DefinitionError

FILE = "both/answers.csv"


def add_column(post, name: str, texts: list[str]) -> None:
    """Write the answers with one more column."""
    lines = list(csv.reader(post.text().splitlines()))
    lines = [[*line, text] for line, text in zip(lines, [name, *texts], strict=True)]
    with post.answers.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)


def ask_for(post, rows: str) -> None:
    post.change("    instruments:\n", f"    rows: {rows}\n    instruments:\n")


def test_rows_of_a_repeating_instrument_do_not_look_like_forms_that_come_twice(post, the_only):
    extra = [["k1", "autumn", "programme", *[""] * 20], ["k2", "autumn", "programme", *[""] * 20]]
    post.rows += extra
    add_column(post, "redcap_repeat_instrument", [""] * 8 + ["visits", "visits"])
    ask_for(post, '{column: redcap_repeat_instrument, equals: [""]}')
    received = post.receive(write=False)
    found = the_only(received.issues, "rows_of_others", severity="note", file=FILE, count=2)
    assert found["column"] == "redcap_repeat_instrument"
    assert len(received.forms) == 8
    assert set(received.issues["rule"]) == {"rows_of_others"}


def test_the_instances_of_a_repeating_instrument_can_be_the_waves(post):
    add_column(post, "kind", ["mood"] * 8)
    ask_for(post, "{column: kind, equals: [mood, （一）]}")
    received = post.receive(write=False)
    assert received.issues["rule"].tolist() == ["rows_text_absent"]
    assert len(received.forms) == 8


def test_one_file_serves_two_sources_by_its_rows(post):
    post.change(
        "plan:\n",
        "  - file: both/answers.csv\n    reader: table\n    informant: child\n"
        "    columns: {participant: id, wave: wave, group: group}\n    rows: {column: kind, equals: [b]}\n"
        '    instruments:\n      ces-d: {columns: "q{n}"}\nplan:\n',
    )
    study = (post.folder / "study.yaml").read_text(encoding="utf-8")
    (post.folder / "study.yaml").write_text(
        study.replace("    instruments:\n", "    rows: {column: kind, equals: [a]}\n    instruments:\n", 1),
        encoding="utf-8",
    )
    add_column(post, "kind", ["a", "b"] * 4)
    received = post.receive(write=False)
    assert (received.issues["severity"] == "note").all()
    assert len(received.forms) == 8


def test_a_declared_text_that_stands_in_no_row_at_all_is_an_error(post, the_only):
    add_column(post, "kind", ["a"] * 8)
    ask_for(post, "{column: kind, equals: [b]}")
    the_only(post.issues(write=False), "rows_none", severity="error", column="kind")


def test_the_texts_of_rows_are_text(post):
    ask_for(post, "{column: kind, equals: [1]}")
    with pytest.raises(DefinitionError, match="must be text"):
        post.receive()


def test_a_row_that_was_opened_and_never_answered_is_no_form(post, the_only):
    post.rows += [["", "autumn", "", *[""] * 20], ["", "spring", "programme", *[" "] * 20]]
    received = post.receive()
    the_only(received.issues, "never_answered", severity="note", file=FILE, count=2)
    assert set(received.issues["rule"]) == {"never_answered"}
    assert len(received.forms) == 8


def test_declared_blanks_are_no_answer_but_a_refusal_is(post):
    post.change("    instruments:\n", "    blank: [（空）]\n    refused: [不答]\n    instruments:\n")
    post.rows += [["", "autumn", "programme", *["（空）"] * 20], ["", "autumn", "programme", *["不答"] * 20]]
    rules = post.issues()["rule"].tolist()
    assert rules == ["participant_blank", "never_answered"]


def test_a_row_with_an_answer_and_without_an_id_is_still_an_error(post, the_only):
    post.rows.append(["", "autumn", "programme", 1, *[""] * 19])
    the_only(post.issues(), "participant_blank", severity="error", row=10)


def test_a_row_with_an_id_and_without_an_answer_is_still_a_form(post):
    post.rows[1][3:] = [""] * 20
    received = post.receive()
    assert len(received.forms) == 8
