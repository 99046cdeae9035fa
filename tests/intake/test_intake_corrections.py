"""Known faults are declared; a declaration that does not fit (any more) stops the run, and the raw file stays."""

from __future__ import annotations

import numpy as np
import pytest

from eval_tools import open_study
from eval_tools.errors import DefinitionError
from eval_tools.intake.corrections import load_corrections

FILE = "both/answers.csv"
DROP = """
match: {id: k1, wave: autumn}
expect: {rows: 1}
drop: rows
"""
SET = """
match: {id: k1, wave: autumn}
expect: {rows: 1}
set: {column: q7, from: "7", to: invalid}
"""
KEEP = """
match: {id: k1, wave: autumn}
expect: {rows: 2}
keep: {lowest: q1}
"""


def with_two_forms(post, first: object = 1, second: object = 2) -> None:
    """Give k1 two forms in autumn, rows 2 and 10, which differ in q1."""
    post.rows.append(list(post.rows[0]))
    post.put(2, "q1", first)
    post.put(10, "q1", second)


def test_without_a_file_there_are_no_corrections(post):
    assert load_corrections(post.folder / "corrections.yaml", root=post.bench.root) == ()


def test_a_row_that_is_dropped_leaves_a_note_and_no_form(post, the_only):
    post.correct(DROP)
    received = post.receive()
    the_only(received.issues, "corrected", severity="note", file=FILE, row=2)
    assert len(received.forms) == 7
    assert not (received.forms["row"] == 2).any()


def test_a_cell_declared_invalid_is_missing_with_that_reason(post, the_only):
    post.put(2, "q7", 7)
    post.correct(SET)
    received = post.receive()
    the_only(received.issues, "corrected", severity="note", row=2, column="q7")
    missing = received.responses[received.responses["missing"] != ""]
    assert missing[["item", "missing"]].to_numpy().tolist() == [["cesd07", "invalid"]]
    assert np.isnan(missing["answer"].item())


def test_a_cell_declared_blank_is_blank(post):
    post.put(2, "q7", 7)
    post.correct(SET.replace("to: invalid", "to: blank"))
    received = post.receive()
    assert received.responses.loc[received.responses["missing"] != "", "missing"].tolist() == ["blank"]


@pytest.mark.parametrize(("rule", "kept"), [("lowest", 2), ("highest", 10)])
def test_of_two_forms_the_lowest_or_highest_is_kept(post, the_only, rule, kept):
    with_two_forms(post)
    post.correct(KEEP.replace("lowest", rule))
    received = post.receive()
    the_only(received.issues, "corrected", row=12 - kept)
    assert kept in set(received.forms["row"])
    assert len(received.forms) == 8


def test_numbers_are_compared_as_numbers_not_as_text(post):
    post.change("reader: table", "reader: table\n    ignore: [minutes]")
    with_two_forms(post, 1, 1)
    lines = post.text().splitlines()
    minutes = ["9.5", *["0"] * 7, "10"]
    post.write_text("\n".join([f"{lines[0]},minutes", *(f"{x},{m}" for x, m in zip(lines[1:], minutes, strict=True))]))
    post.correct(KEEP.replace("q1", "minutes"))
    assert 2 in set(post.receive(write=False).forms["row"])


@pytest.mark.parametrize(
    ("correction", "says"),
    [
        (DROP.replace("k1", "k9"), "expects 1 rows but matches 0"),
        (DROP.replace(", wave: autumn", ""), "expects 1 rows but matches 2"),
        (DROP.replace("rows: 1", "rows: 3"), "expects 3 rows but matches 1"),
        (DROP + "status: proposed", "only proposed"),
        (DROP.replace("wave:", "term:"), "does not have: term"),
        (SET.replace("q7", "q77"), "does not have: q77"),
        (KEEP.replace("q1", "q77"), "does not have: q77"),
        (SET, "expects another text"),
        (KEEP.replace("rows: 2", "rows: 1"), "no longer needed"),
        (DROP + "file: both/answer.csv", "names a file that study.yaml does not"),
    ],
    ids=[
        "matches nothing",
        "matches more",
        "matches fewer",
        "only proposed",
        "unknown column to match",
        "unknown column to set",
        "unknown column to compare",
        "cell was corrected at the source",
        "only one form left",
        "unknown file",
    ],
)
def test_a_correction_that_does_not_fit_is_an_error_at_its_line(post, the_only, correction, says):
    post.correct(correction)
    received = post.receive()
    found = the_only(received.issues, "correction_fails", severity="error")
    assert says in found["detail"]
    assert found["file"] == "data_raw/little/corrections.yaml:3"
    assert len(received.forms) == 8


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (1, 1, "cannot decide"),
        (1, "", "not a number"),
        ("late", 1, "not a number"),
        ("nan", 1, "not a number"),
        (1, "inf", "not a number"),
    ],
)
@pytest.mark.parametrize("rule", ["lowest", "highest"])
def test_a_tie_or_a_text_decides_nothing(post, the_only, first, second, says, rule):
    with_two_forms(post, first, second)
    post.correct(KEEP.replace("lowest", rule))
    issues = post.issues()
    assert says in the_only(issues, "correction_fails", severity="error")["detail"]
    assert (issues["rule"] == "form_repeated").sum() == 2


def test_texts_of_a_correction_are_compared_like_cells_full_width_or_not(post):
    post.put(2, "q7", "７")
    post.correct(SET.replace("k1", "ｋ1").replace('"7"', '"７"'))
    received = post.receive()
    assert received.issues["rule"].tolist() == ["corrected"]


def test_corrections_apply_in_order_and_only_to_their_file(post):
    post.put(2, "q7", 7)
    post.put(3, "q8", 8)
    post.correct(SET, SET.replace("autumn", "spring").replace("q7", "q8").replace('"7"', '"8"'))
    received = post.receive()
    assert received.issues["rule"].tolist() == ["corrected", "corrected"]
    assert received.issues["row"].tolist() == [2, 3]


def test_a_second_correction_of_the_same_cell_is_no_longer_needed(post, the_only):
    post.put(2, "q7", 7)
    post.correct(SET, SET)
    issues = post.issues()
    assert the_only(issues, "correction_fails")["file"] == "data_raw/little/corrections.yaml:10"


def test_an_id_declared_invalid_is_nobody(post, the_only):
    post.correct('match: {id: k1, wave: autumn}\nexpect: {rows: 1}\nset: {column: id, from: "k1", to: invalid}')
    received = post.receive()
    the_only(received.issues, "participant_blank", severity="error", row=2)
    assert len(received.participants) == 4


def test_the_roster_can_be_corrected_too(post):
    post.change(
        "sources:\n",
        "roster:\n  file: roster.csv\n  reader: table\n  columns: {participant: id, group: group}\nsources:\n",
    )
    roster = "id,group\nk1,programme\nk1,programme\nk2,programme\nk3,comparison\nk4,comparison\nk5,programme\n"
    (post.folder / "roster.csv").write_text(roster, encoding="utf-8")
    assert post.issues()["rule"].tolist() == ["roster_repeats"]
    post.correct("file: roster.csv\nmatch: {id: k5}\nexpect: {rows: 1}\ndrop: rows")
    received = post.receive()
    assert received.issues["rule"].tolist() == ["roster_repeats", "corrected"]
    assert len(received.participants) == 4


def test_after_corrections_the_raw_file_is_byte_for_byte_what_it_was(post):
    with_two_forms(post)
    post.put(3, "q7", 7)
    post.bench.write_answers(post.rows)
    before = post.answers.read_bytes()
    post.correct(KEEP, SET.replace("autumn", "spring"), DROP.replace("k1", "k2"))
    received = post.receive(write=False)
    assert received.issues["rule"].tolist() == ["corrected"] * 3
    assert post.answers.read_bytes() == before
    assert received.raw_files[0].n_rows == 9


def refusal(post, *entries: str) -> str:
    post.correct(*entries)
    with pytest.raises(DefinitionError) as refused:
        _ = open_study("little", start=post.bench.root).received
    return str(refused.value)


def test_a_correction_does_exactly_one_thing(post):
    both = DROP + 'set: {column: q7, from: "7", to: invalid}'
    assert "names 2 actions" in refusal(post, both)
    assert "names 0 actions" in refusal(post, DROP.replace("drop: rows", ""))
    assert "keep needs one rule" in refusal(post, KEEP.replace("{lowest: q1}", "{lowest: q1, highest: q1}"))
    assert "keep needs one rule" in refusal(post, KEEP.replace("{lowest: q1}", "{}"))


def test_a_correction_needs_a_reason_an_expectation_and_an_id_of_its_own(post):
    post.correct(DROP, DROP)
    path = post.folder / "corrections.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("id: c2", "id: c1"), encoding="utf-8")
    with pytest.raises(DefinitionError, match="there twice"):
        _ = open_study("little", start=post.bench.root).received
    path.write_text(path.read_text(encoding="utf-8").replace("reason: invented", "remark: x"), encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        _ = open_study("little", start=post.bench.root).received
    assert len(refused.value.problems) == 4
    assert "expect" in refusal(post, DROP.replace("expect: {rows: 1}", ""))


def test_an_answer_is_never_replaced_by_another_and_the_message_does_not_show_it(post):
    message = refusal(post, SET.replace("to: invalid", 'to: "4711"'))
    assert "'invalid' or 'blank'" in message
    assert "4711" not in message
    assert "4711" not in refusal(post, SET.replace("to: invalid", "to: 4711"))
