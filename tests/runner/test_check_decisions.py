"""From a check to a workbook, to decisions, and back into corrections.yaml: nothing lost, nothing let through."""

from __future__ import annotations

import datetime
import zipfile

import pytest
from openpyxl import load_workbook

from eval_tools import open_study
from eval_tools.errors import DataError, DefinitionError
from eval_tools.privacy.pseudonyms import pseudonym, published_key
from eval_tools.runner.check import check_study, decide_findings, examine_study
from eval_tools.runner.checks.append_yaml import extended
from eval_tools.runner.command import main

TODAY = "2026-11-24"
NOTES = {"fix": "Seen on the paper form.", "accept": "The old key of the platform.", "ask school": "Which is it?"}
ROW_OF_ID = 13


@pytest.fixture
def faulty(little):
    """The little study with one fault of each kind; who is invented, and so is every answer."""
    rows = little.invent()
    rows[4][7] = "7"  # row 6: outside the answers
    rows[8][8] = "zwölf"  # row 10
    rows[ROW_OF_ID - 2][0] = ""
    rows[13][1] = "summer"  # row 15
    rows.append(list(rows[2]))  # row 4 again, at the end
    little.change("group: group}\n", "group: group}\n    totals: {sum: ces-d.total}\n")
    little.write_school_answers([[*row, 999 if i in (6, 7) else ""] for i, row in enumerate(rows)])
    text = little.answers.read_text(encoding="utf-8")
    little.answers.write_text(text.replace(",school\r\n", ",sum\r\n").replace(",school\n", ",sum\n"), encoding="utf-8")
    return little


def workbook_of(bench, name="decide.xlsx"):
    path = bench.root / name
    check_study("little", start=bench.root, xlsx=str(path))
    return path


def fill(path, decide, *, note=None):
    """Decide every row as somebody would: ``decide`` gets a row as a dict and returns a word, or ''."""
    book = load_workbook(path)
    sheet = book["problems"]
    header = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        cells = dict(zip(header, row, strict=True))
        word = decide({name: cell.value for name, cell in cells.items()})
        if word:
            cells["decision"].value = word
            cells["note"].value = NOTES[word] if note is None else note
    book.save(path)


def proposed(row):
    """Do what is proposed; of the two forms, leave out the last."""
    if row["rule"] == "form_repeated":
        return "fix" if row["row"] > 100 else ""
    return {"error": "fix", "warning": "accept"}[row["kind"]]


def findings(bench):
    return examine_study(open_study("little", start=bench.root), today=datetime.date(2026, 9, 1))


def back(bench, path):
    return decide_findings("little", str(path), start=bench.root, today=TODAY)


def test_what_was_decided_is_gone_at_the_next_check_and_the_raw_file_is_as_it_was(faulty):
    before = findings(faulty)
    raw = faulty.answers.read_bytes()
    path = workbook_of(faulty)
    fill(path, proposed)
    outcome = back(faulty, path)
    after = findings(faulty)
    assert {f.rule for f in before.of("error")} == {
        *("outside_response_set", "participant_blank", "wave_unknown", "form_repeated"),
    }
    assert after.of("error") == ()
    assert outcome.exit_code == 0
    assert f"5 corrections, {len(before.of('warning'))} accepted, 0 asked written" in outcome.text
    assert {"total_differs", "ages_unchecked"} <= {f.rule for f in after.accepted}
    assert all("open again" in f.said for f in after.of("warning")), "what a correction changed is looked at again"
    assert faulty.answers.read_bytes() == raw
    assert len(after.of("note")) > len(before.of("note"))


def test_a_correction_names_row_and_file_and_no_id_and_no_answer(faulty):
    path = workbook_of(faulty)
    fill(path, proposed)
    back(faulty, path)
    text = (faulty.folder / "corrections.yaml").read_text(encoding="utf-8")
    assert 'match: {row: 10, sha256: "' in text
    assert f"Seen on the paper form. (decided {TODAY})" in text
    assert "zwölf" not in text
    assert "invented-" not in text
    assert "summer" not in text


def test_the_workbook_shows_places_and_no_cell_id_or_pseudonym(faulty):
    path = workbook_of(faulty)
    sheet = load_workbook(path)["problems"]
    said = "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row)
    someone = pseudonym("invented-0000", key=published_key("little"), study="little")
    for secret in ("zwölf", "summer", "invented-", someone):
        assert secret not in said
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref.startswith("A1:M")
    lists = {rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert lists == {'"fix,ask school"', '"accept,ask school"'}
    assert path.stat().st_mode & 0o077 == 0


def test_the_workbook_holds_no_live_formula_even_if_a_column_is_called_one(faulty):
    faulty.change("q7", "=1+1", file="both/answers.csv")
    faulty.change(
        '{columns: "q{n}"}',
        "{columns: [q1, q2, q3, q4, q5, q6, '=1+1', " + ", ".join(f"q{n}" for n in range(8, 21)) + "]}",
    )
    text = faulty.answers.read_text(encoding="utf-8").splitlines()
    cells = text[1].split(",")
    cells[9] = "8"
    faulty.answers.write_text("\n".join([text[0], ",".join(cells), *text[2:]]) + "\n", encoding="utf-8")
    path = workbook_of(faulty)
    with zipfile.ZipFile(path) as package:
        sheets = [package.read(name).decode() for name in package.namelist() if "worksheets/" in name]
    assert (
        any("=1+1" in package for package in sheets)
        or "=1+1" in zipfile.ZipFile(path).read("xl/sharedStrings.xml").decode()
    )
    assert not any("<f>" in sheet for sheet in sheets)


def test_the_way_to_decide_is_explained_in_three_languages(faulty):
    sheet = load_workbook(workbook_of(faulty))["how to decide"]
    assert [cell.value for cell in sheet[1]] == ["English", "繁體中文", "简体中文"]
    assert all(cell.value for row in sheet.iter_rows() for cell in row)


def test_reading_the_same_workbook_twice_changes_nothing_more(faulty):
    path = workbook_of(faulty)
    fill(path, proposed)
    back(faulty, path)
    once = (faulty.folder / "corrections.yaml").read_bytes()
    outcome = back(faulty, path)
    assert (faulty.folder / "corrections.yaml").read_bytes() == once
    n = 5 + once.decode().count("  - rule: ")
    assert f"0 corrections, 0 accepted, 0 asked written; {n} were there already" in outcome.text
    assert outcome.exit_code == 0


def test_what_stood_in_corrections_yaml_stays_byte_for_byte_comments_included(faulty):
    path = faulty.folder / "corrections.yaml"
    old = (
        '# Ours, since 2025.\nschema_version: "1.0"\n\ncorrections:\n# the first\n'
        "- {id: mine, file: both/answers.csv, match: {q6: '7'}, expect: {rows: 1}, drop: rows, reason: typed twice,\n"
        "   status: accepted}   # done\n# the end\n"
    )
    path.write_bytes(old.encode())
    book = workbook_of(faulty)
    fill(book, lambda row: "fix" if row["rule"] == "participant_blank" else "")
    back(faulty, book)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    ours = [line for line in lines if line in old.splitlines(keepends=True)]
    assert "".join(ours) == old
    assert [f.rule for f in findings(faulty).of("error") if f.rule == "participant_blank"] == []


@pytest.mark.parametrize(
    "old",
    [
        "corrections: []\n",
        "corrections: []",
        "corrections:\n  - {id: a}\n",
        "corrections:\n- id: a\n  reason: |\n    two\n    lines\n",
        "corrections:\n- id: a\n  reason: >-\n    folded\n    text\n\n# after\n",
        "corrections: [{id: a}, {id: b},]\nother: 1\n",
        "\ufeffcorrections:\r\n  - id: a   # windows\r\n\r\n# last\r\n",
        "asked:\n  - id: q\ncorrections:\n    - id: a\n      set: {to: blank}\n\n\n# note\nlast: 1\n",
    ],
)
def test_entries_are_added_to_any_way_of_writing_a_list(old):
    from eval_tools.definitions.strict_yaml import parse_yaml

    entry = {"id": "new", "match": {"row": 3, "sha256": "ab" * 8}, "reason": 'say "it": # no\\ comment'}
    new = extended(old.encode(), {"corrections": [entry], "accepted": [{"count": 1, "file": "a.csv"}]})
    before = parse_yaml(old.lstrip("\ufeff"), file="old").data
    after = parse_yaml(new.decode("utf-8-sig"), file="new").data
    assert after["corrections"] == [*before["corrections"], entry]
    assert after["accepted"] == [{"count": 1, "file": "a.csv"}]
    assert {k: v for k, v in after.items() if k not in ("corrections", "accepted")} == {
        k: v for k, v in before.items() if k != "corrections"
    }
    assert new.startswith(b"\xef\xbb\xbf") == old.startswith("\ufeff")
    comments = [line for line in old.splitlines() if "#" in line]
    assert [line for line in new.decode().splitlines() if line in comments] == comments


def test_a_row_of_an_older_export_is_refused_with_the_reason(faulty):
    path = workbook_of(faulty)
    fill(path, proposed)
    faulty.answers.write_bytes(faulty.answers.read_bytes() + faulty.answers.read_bytes().splitlines(keepends=True)[-1])
    outcome = back(faulty, path)
    assert outcome.exit_code == 3
    assert outcome.text.count("received anew since the workbook was written") >= 6
    assert "decided-" not in (faulty.folder / "corrections.yaml").read_text(encoding="utf-8")
    accepted = {f.rule for f in findings(faulty).accepted}
    assert "ages_unchecked" in accepted, "it is about no file"
    assert "total_differs" not in accepted


def test_a_correction_for_an_older_export_stops_the_next_run(faulty):
    path = workbook_of(faulty)
    fill(path, proposed)
    back(faulty, path)
    faulty.answers.write_bytes(faulty.answers.read_bytes() + b"invented-9999,autumn,programme" + b",1" * 20 + b",\r\n")
    stale = [f for f in findings(faulty).of("error") if f.rule == "correction_fails"]
    assert len(stale) == 5
    assert all("another sha256" in f.what for f in stale)


def change(path, rule, column, value):
    book = load_workbook(path)
    sheet = book["problems"]
    header = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        if row[header.index("rule")].value == rule:
            row[header.index(column)].value = value
            break
    book.save(path)


@pytest.mark.parametrize(
    ("rule", "column", "value", "says"),
    [
        ("participant_blank", "row", 14, "the row was changed"),
        ("participant_blank", "file", "both/other.csv", "the row was changed"),
        ("participant_blank", "action", "invalid", "the row was changed"),
        ("participant_blank", "key", "0123456789ab", "the row was changed"),
        ("participant_blank", "decision", "perhaps", "none of the words"),
        ("participant_blank", "decision", "accept", "an error cannot be accepted"),
        ("total_differs", "note", None, "accepted without a reason"),
        ("total_differs", "decision", "fix", "no fix a correction can do"),
        ("participant_blank", "note", "it was invented-0003, I think", "holds the id of a participant"),
    ],
)
def test_a_row_that_was_changed_or_makes_no_sense_is_refused_and_the_others_count(faulty, rule, column, value, says):
    path = workbook_of(faulty)
    fill(path, proposed)
    change(path, rule, column, value)
    outcome = back(faulty, path)
    assert outcome.exit_code == 3
    assert "Refused (1):" in outcome.text
    assert says in outcome.text
    assert "invented-0003" not in outcome.text
    assert sum(f.rule == rule for f in findings(faulty).findings if f.state == "open" and f.severity != "note") == 1


def test_all_forms_of_a_person_cannot_be_left_out(faulty):
    path = workbook_of(faulty)
    fill(path, lambda row: "fix" if row["rule"] == "form_repeated" else "")
    outcome = back(faulty, path)
    assert "every form of this person at this wave would be left out" in outcome.text
    assert outcome.text.count("Leave the form that counts without a decision.") == 2
    assert not (faulty.folder / "corrections.yaml").exists()


def test_the_same_row_decided_in_two_ways_is_refused(faulty):
    path = workbook_of(faulty)
    book = load_workbook(path)
    sheet = book["problems"]
    header = [cell.value for cell in sheet[1]]
    first = [cell.value for cell in sheet[2]]
    sheet.append(first)
    sheet.cell(row=2, column=header.index("decision") + 1).value = "fix"
    sheet.cell(row=sheet.max_row, column=header.index("decision") + 1).value = "ask school"
    book.save(path)
    outcome = back(faulty, path)
    assert "is decided in two ways" in outcome.text
    assert outcome.exit_code == 3


def test_a_question_for_the_school_is_kept_and_listed_and_the_problem_stays(faulty):
    path = workbook_of(faulty)
    fill(path, lambda row: "ask school" if row["rule"] == "participant_blank" else "")
    outcome = back(faulty, path)
    assert "To ask (1):" in outcome.text
    assert f"both/answers.csv, row {ROW_OF_ID}, column 'id'" in outcome.text
    [asked] = [f for f in findings(faulty).of("error") if f.rule == "participant_blank"]
    assert asked.state == "asked"
    assert asked.said == f"asked: Which is it? (decided {TODAY})"
    again = back(faulty, path)
    assert "0 asked written; 1 were there already" in again.text


def test_a_question_about_an_older_export_is_not_shown_at_a_new_one(faulty):
    path = workbook_of(faulty)
    fill(path, lambda row: "ask school" if row["rule"] == "participant_blank" else "")
    back(faulty, path)
    faulty.answers.write_bytes(faulty.answers.read_bytes().replace(b"999", b"998"))
    [found] = [f for f in findings(faulty).of("error") if f.rule == "participant_blank"]
    assert found.state == "open"


def test_an_accepted_warning_opens_again_when_its_count_changes(faulty):
    path = workbook_of(faulty)
    fill(path, proposed)
    back(faulty, path)
    (faulty.folder / "corrections.yaml").write_text(
        (faulty.folder / "corrections.yaml").read_text(encoding="utf-8").replace("count: 2", "count: 1"),
        encoding="utf-8",
    )
    [warning] = [f for f in findings(faulty).of("warning") if f.rule == "total_differs"]
    assert warning.said == "open again: it was 1 when it was accepted, now it is 2."


def test_nobody_can_accept_that_nobody_looks_at_critical_answers(little):
    """The one warning about which a child may be waiting."""
    little.change("ces-d: {columns", "phq-9: {columns")
    little.change("ces-d.total", "phq-9.total")
    rows = little.invent()
    little.write_answers([[*row[:3], *row[3:12], *[""] * 11] for row in rows])
    extra = ", ".join(f"q{n}" for n in range(10, 21))
    little.change("plan:", f"    ignore: [{extra}]\nplan:")
    path = workbook_of(little)
    fill(path, lambda row: "accept" if row["rule"] == "no_safeguarding_lead" else "")
    outcome = back(little, path)
    assert "this warning cannot be accepted" in outcome.text
    assert [f.rule for f in findings(little).of("warning")].count("no_safeguarding_lead") == 1


def test_sorted_rows_moved_columns_and_chinese_words_read_the_same(faulty):
    path = workbook_of(faulty)
    fill(path, proposed)
    book = load_workbook(path)
    sheet = book["problems"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    words = {"fix": "修正", "accept": " 接受 "}
    shuffled = [list(reversed(row)) for row in [rows[0], *reversed(rows[1:])]]
    book.remove(sheet)
    other = book.create_sheet("anything")
    for row in shuffled:
        other.append([words.get(value, value) if isinstance(value, str) else value for value in row])
    book.save(path)
    outcome = back(faulty, path)
    assert f"5 corrections, {sum(row[7] == 'warning' for row in rows)} accepted" in outcome.text
    assert outcome.exit_code == 0


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04broken"])
def test_a_file_that_is_no_workbook_is_refused(faulty, content):
    path = faulty.root / "decide.xlsx"
    path.write_bytes(content)
    with pytest.raises(DataError):
        back(faulty, path)


def test_a_workbook_of_something_else_or_none_is_refused(faulty):
    with pytest.raises(DefinitionError, match="does not exist"):
        back(faulty, faulty.root / "none.xlsx")
    path = workbook_of(faulty)
    book = load_workbook(path)
    del book["problems"]
    book.save(path)
    with pytest.raises(DefinitionError, match="no sheet has the columns"):
        back(faulty, path)


def test_too_many_places_in_one_column_are_one_line_for_the_definition(little):
    rows = little.invent(150)
    little.write_answers([[*row[:3], "x", *row[4:]] for row in rows])
    path = workbook_of(little)
    sheet = load_workbook(path)["problems"]
    lines = [row for row in sheet.iter_rows(min_row=2, values_only=True) if row[8] == "outside_response_set"]
    assert len(lines) == 1
    assert lines[0][4].startswith("By hand: ")
    assert lines[0][9] == len(rows)


def test_the_command_writes_the_workbook_and_reads_it_back(faulty, monkeypatch, capsys):
    monkeypatch.setenv("EVAL_TOOLS_WORKBENCH", str(faulty.root))
    path = faulty.root / "decide.xlsx"
    assert main(["check", "little", "--xlsx", str(path)]) == 3
    fill(path, proposed)
    assert main(["check", "little", "--decisions", str(path)]) == 0
    assert "No errors" in capsys.readouterr().out


def test_neither_page_nor_workbook_may_lie_under_reports(faulty):
    for option in ("html", "xlsx"):
        with pytest.raises(DefinitionError, match="does not belong under reports"):
            check_study("little", start=faulty.root, **{option: str(faulty.root / "reports" / "x" / "check.html")})
