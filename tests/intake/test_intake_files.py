"""One broken thing about a raw file at a time: it is found, placed, and refused, never repaired by a guess."""

from __future__ import annotations

import codecs
import os

import pytest

from eval_tools import open_study
from eval_tools.errors import DataError
from eval_tools.intake.findings import problems_in, refuse_errors

FILE = "both/answers.csv"


def test_an_intact_file_gives_no_finding(post):
    received = post.receive()
    assert received.issues.empty
    assert (len(received.participants), len(received.forms), len(received.responses)) == (4, 8, 160)
    assert [(raw.file, raw.n_rows) for raw in received.raw_files] == [(FILE, 8)]


def test_a_missing_file_lists_what_the_folder_holds(post, the_only):
    post.bench.write_answers(post.rows)
    post.answers.rename(post.answers.with_name("answers (1).csv"))
    found = the_only(post.issues(write=False), "file_missing", severity="error", file=FILE, row=0)
    assert "answers (1).csv" in found["detail"]


def test_a_missing_folder_is_said_to_be_empty_or_absent(post, the_only):
    post.change("both/answers.csv", "spring/answers.csv")
    assert "empty or absent" in the_only(post.issues(), "file_missing")["detail"]


def test_a_folder_in_place_of_the_file_cannot_be_read(post, the_only):
    post.answers.unlink()
    post.answers.mkdir()
    the_only(post.issues(write=False), "file_unreadable", severity="error")


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links on this system")
def test_a_link_is_refused_inside_and_outside_the_folder(post, tmp_path, the_only):
    post.bench.write_answers(post.rows)
    inside = post.answers.rename(post.folder / "elsewhere.csv")
    post.answers.symlink_to(inside)
    the_only(post.issues(write=False), "file_is_link", severity="error")
    post.answers.unlink()
    post.answers.symlink_to(inside.rename(tmp_path / "outside.csv"))
    the_only(post.issues(write=False), "file_outside", severity="error")


def test_a_wrong_encoding_names_the_row_and_the_encodings_there_are(post, the_only):
    post.change("reader: table", "reader: table\n    encoding: utf-8")
    post.put(5, "group", "对照组")
    post.write_text(post.text(), encoding="gb18030")
    found = the_only(post.issues(write=False), "wrong_encoding", severity="error", row=5)
    assert "gb18030" in found["detail"]
    assert "big5hkscs" in found["detail"]


@pytest.mark.parametrize("encoding", ["gb18030", "big5hkscs", "utf-16", "utf-8-sig"])
def test_a_declared_encoding_is_read(post, encoding):
    post.change(
        "reader: table",
        f"reader: table\n    encoding: {encoding}\n    values: {{group: {{項目組: programme, 對照組: comparison}}}}",
    )
    for row in post.rows:
        row[2] = {"programme": "項目組", "comparison": "對照組"}[row[2]]
    post.write_text(post.text(), encoding=encoding)
    received = post.receive(write=False)
    assert received.issues.empty
    assert sorted(received.participants["group"]) == ["comparison", "comparison", "programme", "programme"]


def test_a_byte_order_mark_is_not_part_of_the_first_column(post):
    post.write_text("\ufeff" + post.text())
    assert post.answers.read_bytes().startswith(codecs.BOM_UTF8)
    assert post.issues(write=False).empty


def test_nul_characters_are_refused(post, the_only):
    post.write_text(post.text().replace("k3", "k\x003", 1))
    the_only(post.issues(write=False), "nul_characters", severity="error")


@pytest.mark.parametrize("content", ["", "\n\n", ",,,\n  ,\n"], ids=["nothing", "blank lines", "empty cells"])
def test_an_empty_file_is_refused(post, the_only, content):
    post.write_text(content)
    the_only(post.issues(write=False), "file_empty", severity="error")


def test_a_header_alone_is_a_warning_and_leaves_nobody(post, the_only):
    post.rows.clear()
    received = post.receive()
    the_only(received.issues, "no_rows", severity="warning", file=FILE)
    assert received.participants.empty
    assert received.forms.empty
    assert received.responses.empty
    with pytest.raises(DataError, match="no form was received"):
        _ = open_study("little", start=post.bench.root).term


def test_empty_lines_at_the_end_are_no_rows(post):
    post.write_text(post.text() + "\n,,,\n\n")
    assert post.issues(write=False).empty


def test_rows_keep_their_number_when_a_cell_holds_a_line_break(post, the_only):
    post.change("reader: table", "reader: table\n    ignore: [remark]")
    lines = post.text().splitlines()
    lines = [f"{lines[0]},remark", f'{lines[1]},"one\ntwo"', *(f"{line}," for line in lines[2:])]
    lines[3] = lines[3].replace(",1,1,", ",1,8,", 1)
    post.write_text("\n".join(lines) + "\n")
    the_only(post.issues(write=False), "outside_response_set", row=4, column="q2")


def test_a_repeated_column_name_is_never_taken_for_one_of_them(post, the_only):
    post.write_text(post.text().replace("q20", "q19", 1))
    issues = post.issues(write=False)
    found = the_only(issues[issues["column"] == "q19"], "column_missing", severity="error", row=1)
    assert "q19 #1, q19 #2" in found["detail"]


def test_a_repeated_column_is_read_by_its_number(post, errors_of):
    names = [f"q{n}" for n in range(1, 19)] + ["'q19 #1'", "'q19 #2'"]
    post.change('columns: "q{n}"', f"columns: [{', '.join(names)}]")
    post.write_text(post.text().replace("q20", "q19", 1))
    received = post.receive(write=False)
    assert errors_of(received.issues) == []
    assert received.responses["answer"].notna().all()


def test_a_missing_and_an_undeclared_column_are_both_named(post, the_only):
    post.write_text(post.text().replace("q20", "Q20", 1))
    issues = post.issues(write=False)
    the_only(issues, "column_missing", severity="error", column="q20")
    the_only(issues, "column_undeclared", severity="error", column="Q20")


def test_a_declared_column_to_ignore_is_not_read(post):
    post.change("reader: table", "reader: table\n    ignore: [remark]")
    lines = post.text().splitlines()
    post.write_text("\n".join([f"{lines[0]},remark", *(f"{line},8" for line in lines[1:])]))
    assert post.issues(write=False).empty


def test_a_first_row_that_is_no_header_is_refused_and_not_shown(post, the_only):
    lines = post.text().splitlines()
    post.write_text("\n".join(lines[1:]))
    found = the_only(post.issues(write=False), "header_missing", severity="error", column="")
    assert "k1" not in found["detail"]


def test_every_row_of_the_wrong_length_is_named(post):
    lines = post.text().splitlines()
    lines[2] += ",1"
    lines[4] = lines[4].rpartition(",")[0]
    post.write_text("\n".join(lines))
    issues = post.issues(write=False)
    errors = issues[issues["severity"] == "error"]
    assert errors[["rule", "row"]].to_numpy().tolist() == [["record_length", 3], ["record_length", 5]]


def test_an_open_quotation_mark_is_no_csv(post, the_only):
    post.write_text(post.text() + '"k9,autumn\n')
    the_only(post.issues(write=False), "not_csv", severity="error")


def test_a_cell_of_more_than_a_million_characters_is_refused(post, the_only):
    post.write_text(post.text() + "k" * 1_000_001 + "\n")
    the_only(post.issues(write=False), "not_csv", severity="error")


def test_more_than_five_thousand_columns_are_refused(post, the_only):
    post.write_text(",".join(["id", *(f"x{n}" for n in range(5_000))]) + "\n")
    the_only(post.issues(write=False), "too_many_columns", severity="error")


def test_a_file_too_large_is_not_even_opened(post, the_only, monkeypatch):
    monkeypatch.setattr("eval_tools.intake.files.received.MAX_BYTES", 100)
    the_only(post.issues(), "file_too_large", severity="error")


def test_all_problems_of_a_file_are_told_at_once(post):
    post.put(2, "id", " ")
    post.put(4, "wave", "summer")
    post.put(6, "group", "other")
    post.put(7, "q3", 9)
    post.put(8, "q3", 9)
    issues = post.issues()
    errors = issues[issues["severity"] == "error"]
    assert set(errors["rule"]) == {"participant_blank", "wave_unknown", "group_unknown", "outside_response_set"}
    with pytest.raises(DataError) as refused:
        refuse_errors(issues)
    # the two cells of one column are one problem that lists both rows
    assert len(refused.value.problems) == 4
    assert any("rows 7, 8" in problem.where and "'q3'" in problem.where for problem in refused.value.problems)
    assert all(problem.remedy for problem in refused.value.problems)


def test_issues_come_errors_first_and_warnings_do_not_refuse(post):
    post.rows = [row for row in post.rows if row[1] == "autumn"]
    post.put(2, "q1", "１")
    issues = post.issues()
    assert issues["severity"].tolist() == ["warning", "note"]
    assert refuse_errors(issues) is issues
    assert len(problems_in(issues, severity="warning")) == 1
