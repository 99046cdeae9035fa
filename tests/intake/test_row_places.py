"""A correction may name a row by its number and the file's hash: no ID is written down, and it fits one file only."""

from __future__ import annotations

import hashlib

import pytest

from eval_tools import open_study
from eval_tools.errors import DefinitionError

PLACE = "match: {row: %s, sha256: '%s'}\nexpect: {rows: 1}\n"


def place_of(post, row):
    """Write the match of one row of the file as it stands."""
    post.text()
    return PLACE % (row, hashlib.sha256(post.answers.read_bytes()).hexdigest()[:16])


def test_a_row_is_found_by_its_number_and_left_out(post, the_only):
    post.correct(place_of(post, 2) + "drop: rows")
    received = post.receive()
    the_only(received.issues, "corrected", row=2)
    assert not (received.forms["row"] == 2).any()


def test_a_cell_is_declared_invalid_without_writing_down_what_it_holds(post, the_only):
    post.put(3, "q7", 7)
    post.correct(place_of(post, 3) + "set: {column: q7, to: invalid}")
    received = post.receive()
    the_only(received.issues, "corrected", row=3, column="q7")
    assert received.responses.loc[received.responses["missing"] != "", "missing"].tolist() == ["invalid"]


def test_rows_keep_their_numbers_while_others_are_left_out(post):
    both = place_of(post, 2) + "drop: rows", place_of(post, 4) + "drop: rows"
    post.correct(*both)
    assert sorted(set(range(2, 10)) - set(post.receive().forms["row"])) == [2, 4]


def test_in_another_state_of_the_file_it_fails_and_changes_nothing(post, the_only):
    post.correct(place_of(post, 2) + "drop: rows")
    post.put(9, "q1", 0)
    received = post.receive()
    assert "another sha256" in the_only(received.issues, "correction_fails", severity="error")["detail"]
    assert (received.forms["row"] == 2).any()


def test_a_row_that_the_file_does_not_have_fails(post, the_only):
    post.correct(place_of(post, 99) + "drop: rows")
    assert "matches 0" in the_only(post.issues(), "correction_fails")["detail"]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("match: {row: two, sha256: 'abababababab'}\nexpect: {rows: 1}\ndrop: rows", "must be a whole number"),
        ("match: {row: 2, sha256: 'ab'}\nexpect: {rows: 1}\ndrop: rows", "12 or more characters"),
        ("match: {id: k1}\nexpect: {rows: 2}\nset: {column: q7, to: invalid}", "does not say what the cell holds now"),
    ],
)
def test_a_place_needs_a_number_and_enough_of_the_hash_and_columns_need_the_old_text(post, entry, says):
    post.correct(entry)
    with pytest.raises(DefinitionError, match=says):
        _ = open_study("little", start=post.bench.root).received


def test_columns_called_row_or_sha256_alone_are_columns(post, the_only):
    post.correct("match: {row: '2'}\nexpect: {rows: 1}\ndrop: rows")
    assert "does not have: row" in the_only(post.issues(), "correction_fails")["detail"]


def test_what_was_accepted_or_asked_must_have_rule_file_and_reason(post):
    path = post.folder / "corrections.yaml"
    path.write_text('schema_version: "1.0"\ncorrections: []\naccepted: [{rule: x, count: -1}]\n', encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        _ = open_study("little", start=post.bench.root).received
    assert "missing: file, reason" in str(refused.value)
    assert "out of range" in str(refused.value)
