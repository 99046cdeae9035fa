"""Every line of a cleaning log becomes a correction, or a finding at its row; and the right answer can be put."""

from __future__ import annotations

import pytest

from eval_tools.errors import DefinitionError
from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.corrections import apply_corrections, load_corrections
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import NOT_IN_VERSION, SKIPPED, RawTable

LOG = """
schema_version: "1.0"
cleaning_logs:
  - id: log
    file: raw.csv
    log: log.csv
    key: {log: uuid, file: _uuid}
    columns: {question: question, change: change, old: old, new: new}
    expect: {lines: N}
    reason: invented
    status: accepted
"""
HEAD = "uuid,question,old,new,change"
ENTRY = """
schema_version: "1.0"
corrections:
  - id: c1
    file: raw.csv
    match: {_uuid: u1}
    expect: {rows: 1}
    reason: The form says 12
    status: accepted
"""


def raw_table(**changes: str) -> RawTable:
    """Two invented children; ``with`` has three options, and column ``age`` a header of its own."""
    names = ("_uuid", "age", "with", "with/a", "with/b", "with/c", "note")
    records = [["u1", "2", "a b", "1", "1", "0", "x"], ["u2", "9", "", "", "", "", "y"]]
    for name, text in changes.items():
        records[0][names.index(name.replace("_or_", "/"))] = text
    columns = [
        ColumnInfo(name="_uuid", header="_uuid", kind="system"),
        ColumnInfo(name="age", header="Age in years", question="age"),
        ColumnInfo(name="with", header="with", question="with", kind="choices", holds="code"),
        *(ColumnInfo(name=f"with/{p}", header=f"with/{p}", question="with", part=p, kind="choice") for p in "abc"),
        ColumnInfo(name="note", header="note", question="note"),
    ]
    return RawTable(
        file="raw.csv",
        header=names,
        cells=tuple(map(tuple, records)),
        rows=(2, 3),
        sha256="",
        n_bytes=0,
        columns=tuple(columns),
    )


@pytest.fixture
def correct(tmp_path):
    """Apply corrections.yaml, and a log beside it, to the two children."""

    def run(yaml: str, lines: tuple[str, ...] = (), raw: RawTable | None = None, head: str = HEAD):
        (tmp_path / "corrections.yaml").write_text(yaml.replace("lines: N", f"lines: {len(lines)}"), encoding="utf-8")
        (tmp_path / "log.csv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
        findings = Findings()
        corrections = load_corrections(tmp_path / "corrections.yaml", root=tmp_path)
        table = apply_corrections(raw or raw_table(), corrections, findings)
        return table, findings.table()

    return run


def cells(table, name):
    return [record[table.header.index(name)] for record in table.cells]


def test_the_right_answer_replaces_the_wrong_one(correct):
    table, issues = correct(ENTRY + '    replace: {column: age, from: "2", to: "12"}\n')
    assert cells(table, "age") == ["12", "9"]
    assert issues[["rule", "row", "column"]].to_numpy().tolist() == [["corrected", 2, "age"]]
    assert "12" not in issues["detail"].item()


def test_a_column_is_meant_by_its_header_too(correct):
    table, _ = correct(ENTRY + '    replace: {column: Age in years, from: "2", to: "12"}\n')
    assert cells(table, "age") == ["12", "9"]


@pytest.mark.parametrize(
    ("age", "says"), [("3", "expects another text"), ("12", "expects another text"), ("02", "expects another text")]
)
def test_a_replacement_that_does_not_fit_the_cell_fails(correct, age, says):
    table, issues = correct(ENTRY + '    replace: {column: age, from: "2", to: "12"}\n', raw=raw_table(age=age))
    assert cells(table, "age")[0] == age
    assert says in issues["detail"].item()
    assert issues["severity"].item() == "error"


def test_a_replacement_by_the_same_text_is_not_needed(correct):
    _, issues = correct(ENTRY + '    replace: {column: age, from: "2", to: "2"}\n')
    assert "no longer needed" in issues["detail"].item()


def test_numbers_written_otherwise_are_the_same_but_ids_are_not(correct):
    table, _ = correct(ENTRY + '    replace: {column: age, from: "2", to: "12"}\n', raw=raw_table(age="2.0"))
    assert cells(table, "age")[0] == "12"


def test_a_replacement_needs_a_reason(correct):
    with pytest.raises(DefinitionError, match="reason"):
        correct(
            ENTRY.replace("    reason: The form says 12\n", "") + '    replace: {column: age, from: "2", to: "12"}\n'
        )


@pytest.mark.parametrize(
    ("change", "joined", "options"),
    [
        ('{column: with/c, from: "0", to: "1"}', "a b c", ["1", "1", "1"]),
        ('{column: with/a, from: "1", to: "0"}', "b", ["0", "1", "0"]),
        ("{column: with, from: a b, to: c}", "c", ["0", "0", "1"]),
    ],
)
def test_a_question_that_stands_in_the_file_twice_changes_in_both_places(correct, change, joined, options):
    table, issues = correct(ENTRY + f"    replace: {change}\n")
    assert cells(table, "with")[0] == joined
    assert [cells(table, f"with/{part}")[0] for part in "abc"] == options
    assert issues["detail"].str.startswith("cell kept in step").any()
    assert [cells(table, f"with/{part}")[1] for part in "abc"] == ["", "", ""]


def test_a_question_declared_blank_is_blank_in_all_its_columns(correct):
    table, _ = correct(ENTRY + "    set: {column: with, from: a b, to: blank}\n")
    assert [cells(table, name)[0] for name in ("with", "with/a", "with/b", "with/c")] == ["", "", "", ""]


def test_a_tick_answers_a_question_that_was_not_asked_but_not_an_option_that_was_not_offered(correct):
    skipped = {"with": SKIPPED, "with_or_a": SKIPPED, "with_or_b": SKIPPED, "with_or_c": NOT_IN_VERSION}
    table, _ = correct(
        LOG.replace("    expect", "    old_not_recorded: true\n    expect"),
        ("u1,with/a,,1,change_response",),
        raw=raw_table(**skipped),
    )
    assert [cells(table, name)[0] for name in ("with", "with/a", "with/b", "with/c")] == ["a", "1", "0", NOT_IN_VERSION]


def test_a_log_changes_blanks_and_removes(correct):
    lines = (
        "u2,,,,remove_survey",
        "u2,age,9,8,change_response",
        "u1,age,2,12,change_response",
        "u1,note,x,,blank_response",
    )
    table, issues = correct(LOG, lines)
    assert table.rows == (2,)
    assert (cells(table, "age"), cells(table, "note")) == (["12"], [""])
    assert (issues["rule"] == "corrected").sum() == 4
    assert (issues["severity"] == "note").all()


def test_lines_that_ask_for_nothing_are_not_looked_at(correct):
    table, issues = correct(
        LOG.replace("lines: N", "lines: 1"), ("u9,nothing,,,no_action", "u1,age,2,3,change_response")
    )
    assert cells(table, "age") == ["3", "9"]
    assert issues["rule"].tolist() == ["corrected"]


def test_lines_that_say_the_same_count_once_and_those_that_do_not_count_not_at_all(correct):
    table, issues = correct(LOG, ("u1,age,2,3,change_response", "u1,age,2,3,change_response"))
    assert cells(table, "age") == ["3", "9"]
    assert "log_lines_repeated" in issues["rule"].tolist()
    table, issues = correct(LOG, ("u1,age,2,3,change_response", "u1,age,2,4,change_response"))
    assert cells(table, "age") == ["2", "9"]
    assert issues.loc[issues["severity"] == "error", "row"].tolist() == [2, 3]


def test_a_log_may_name_both_columns_of_a_question(correct):
    lines = ("u1,with/c,0,1,change_response", "u1,with,a b,a b c,change_response")
    table, issues = correct(LOG, lines)
    assert cells(table, "with")[0] == "a b c"
    assert not (issues["severity"] == "error").any()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("u1,agee,2,3,change_response", "names a question"),
        (",age,2,3,change_response", "names no record"),
        ("u1,age,2,3,changed", "kind of change is not known"),
        ("u1,age,2,,change_response", "changes an answer to nothing"),
    ],
)
def test_a_line_that_does_not_fit_is_a_finding_at_its_row(correct, line, says):
    expected = 2 if "changed" not in line else 1
    table, issues = correct(LOG.replace("lines: N", f"lines: {expected}"), ("u2,age,9,8,change_response", line))
    found = issues[issues["rule"] == "log_line"]
    assert (found["file"].item(), found["row"].item(), found["severity"].item()) == ("log.csv", 3, "error")
    assert says in found["detail"].item()
    assert cells(table, "age") == ["2", "8"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("u9,age,2,3,change_response", "matches 0"),
        ("u1,age,7,3,change_response", "expects another text"),
        ("u1,age,,3,change_response", "expects another text"),
        ("u9,,,,remove_survey", "matches 0"),
    ],
)
def test_a_line_that_does_not_fit_the_data_fails_with_its_line(correct, line, says):
    table, issues = correct(LOG, (line,))
    assert cells(table, "age") == ["2", "9"]
    found = issues[issues["rule"] == "correction_fails"]
    assert says in found["detail"].item()
    assert found["file"].item() == "log.csv:2"
    assert "u9" not in issues.to_csv()


def test_what_the_log_does_not_record_is_taken_only_where_that_is_declared(correct):
    table, _ = correct(
        LOG.replace("    expect", "    old_not_recorded: true\n    expect"), ("u1,age,,3,change_response",)
    )
    assert cells(table, "age") == ["3", "9"]


@pytest.mark.parametrize(
    ("yaml", "says"),
    [
        (LOG.replace("lines: N", "lines: 5"), "expects 5 lines"),
        (LOG.replace("status: accepted", "status: proposed"), "only proposed"),
        (LOG.replace("old: old", "old: before"), "must have these columns"),
        (LOG.replace("log: log.csv", "log: absent.csv"), "does not exist"),
        (LOG.replace("log: log.csv", "log: ../log.csv"), "outside"),
    ],
)
def test_a_log_that_does_not_fit_as_a_whole_changes_nothing(correct, yaml, says):
    table, issues = correct(yaml, ("u1,age,2,3,change_response",))
    assert cells(table, "age") == ["2", "9"]
    assert says in issues["detail"].item()
    assert issues["severity"].item() == "error"


def test_other_words_for_changes_are_declared(correct):
    words = "    changes: {改: replace, 删: drop, 不改: none}\n    expect"
    table, _ = correct(
        LOG.replace("    expect", words).replace("lines: N", "lines: 2"),
        ("u1,age,2,3,改", "u2,,,,删", "u1,note,,,不改"),
    )
    assert (table.rows, cells(table, "age")) == ((2,), ["3"])


def test_an_id_used_by_a_log_and_a_correction_is_refused(correct):
    with pytest.raises(DefinitionError, match="twice"):
        correct(
            LOG.replace("lines: N", "lines: 1")
            + ENTRY.split('"1.0"')[1].replace("id: c1", "id: log")
            + "    drop: rows\n"
        )
