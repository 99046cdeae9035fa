"""A check to be read: in a terminal, in a pipe, and as a page; places, rules and remedies, never a value."""

from __future__ import annotations

import datetime
import io
import re
from html.parser import HTMLParser

import pytest

from eval_tools import open_study
from eval_tools.intake.decided import Accepted, Asked, Decided
from eval_tools.runner.check import check_study, examine_study
from eval_tools.runner.checks.page import render_page
from eval_tools.runner.checks.report import CheckedFile, CheckReport, Finding, mark_decided, sort_findings
from eval_tools.runner.checks.terminal import Pen, columns_of, pen_for, render_text


def finding(severity="error", rule="outside_response_set", file="a.csv", rows=(3,), column="q1", count=1, **more):
    said = {"what": "not one of the answers.", "remedy": "Look at the form.", **more}
    return Finding(severity=severity, rule=rule, file=file, rows=rows, column=column, count=count, **said)


def report(*findings, **more):
    told = {
        "study": "invented",
        "title": "An invented study",
        "definition": "data_raw/invented/study.yaml",
        "n_questionnaires": 2,
        "files": (CheckedFile(file="a.csv", reader="csv", encoding="gb18030", n_rows=1234, sha256="ab" * 32),),
        "forms": (),
        "n_participants": 600,
        "n_forms": 1234,
        "alerts": (),
        "findings": sort_findings(findings),
    }
    return CheckReport(**{**told, **more})


def test_of_a_file_reader_encoding_rows_and_hash_are_told():
    text = render_text(report())
    page = render_page(report())
    assert "a.csv: 1,234 rows read (csv, gb18030; sha256 abababababab)." in text
    for said in ("gb18030", "1,234", '<code title="' + "ab" * 32 + '">abababababab</code>'):
        assert said in page


def test_the_worst_comes_first_and_of_the_same_the_file_with_most():
    found = report(
        finding("note", file="z.csv", count=50),
        finding("warning", file="b.csv"),
        finding(file="b.csv", rows=(2, 3), count=2),
        finding(file="c.csv", rows=tuple(range(2, 12)), count=10),
        finding(file="c.csv", column="q2", rows=(3, 4, 5), count=3),
    )
    assert [(f.severity, f.file, f.count) for f in found.findings] == [
        ("error", "c.csv", 10),
        ("error", "c.csv", 3),
        ("error", "b.csv", 2),
        ("warning", "b.csv", 1),
        ("note", "z.csv", 50),
    ]
    text = render_text(found)
    assert text.index("3 errors, 1 warning, 0 accepted, 1 found and resolved.") < text.index("Errors (3)")
    assert text.index("c.csv (13)") < text.index("b.csv (2)") < text.index("Warnings (1)") < text.index("Found and res")


def test_in_a_pipe_text_is_plain_and_each_thing_is_one_line():
    long = finding(what="word " * 60 + "end.")
    assert pen_for(io.StringIO()) == Pen()
    text = render_text(report(long))
    assert "\x1b" not in text
    assert any("end. [outside_response_set]" in line and line.count("word") == 60 for line in text.splitlines())


@pytest.mark.parametrize("width", [40, 60, 100])
def test_in_a_terminal_no_line_is_wider_than_the_window_chinese_included(width):
    found = [finding(what="不是表上的答案 " * 30, remedy="查看紙本" * 40, file="兒童/" * 10 + "a.csv"), finding("note")]
    text = render_text(report(*found, alerts=("很長的一句話" * 30,)), Pen(width=width))
    assert max(columns_of(line) for line in text.splitlines()) <= width
    assert "".join(text.split()).count("查看紙本") == 40


def test_colours_are_for_terminals_that_want_them(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert pen_for(Terminal()).colours
    assert "\x1b[1;31mErrors (1):\x1b[0m" in render_text(report(finding()), Pen(colours=True))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not pen_for(Terminal()).colours
    assert pen_for(Terminal()).width >= 40


class Outline(HTMLParser):
    """Headings, scopes and what is asked for from outside."""

    def __init__(self):
        super().__init__()
        self.headings, self.attributes, self.scopes = [], [], []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "th":
            self.scopes.append(named.get("scope"))
        if tag == "html":
            assert named["lang"] == "en"
        self.attributes += [value for name, value in attrs if name in ("src", "href")]


def test_the_page_has_an_outline_headers_for_every_cell_and_asks_for_nothing():
    outline = Outline()
    outline.feed(render_page(report(finding(), finding("warning", file="b.csv"), alerts=("2 forms",))))
    assert outline.headings[0] == 1
    assert outline.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(outline.headings, outline.headings[1:], strict=False))
    assert set(outline.scopes) == {"col", "row"}
    assert outline.attributes == ["#found"]


def test_whatever_a_file_or_column_is_called_the_page_shows_it_and_runs_nothing():
    evil = "<script>alert(1)</script>\"'>]]>"
    page = render_page(report(finding(file=evil, column=evil, what=evil, remedy=evil), title=evil, alerts=(evil,)))
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 6


def test_the_page_is_written_for_the_owner_only_and_outside_the_reports(little):
    outcome = check_study("little", start=little.root)
    page = little.root / ".eval_tools" / "check" / "little.html"
    assert page.stat().st_mode & 0o777 == 0o600
    assert page.parent.stat().st_mode & 0o777 == 0o700
    assert "No errors: eval-tools run can go ahead." in page.read_text(encoding="utf-8")
    assert outcome.text.splitlines()[-1].endswith("little.html")
    assert not (little.root / "reports").exists()


def test_another_file_can_be_named_for_the_page(little, tmp_path):
    check_study("little", start=little.root, html=str(tmp_path / "elsewhere" / "page.html"))
    assert (tmp_path / "elsewhere" / "page.html").exists()
    assert not (little.root / ".eval_tools" / "check").exists()


def test_forms_are_counted_by_wave_and_informant(little):
    found = examine_study(open_study("little", start=little.root), today=datetime.date(2026, 9, 1))
    assert [(each.wave, each.informant) for each in found.forms] == [("autumn", "child"), ("spring", "child")]
    assert sum(each.forms for each in found.forms) == found.n_forms


def test_an_accepted_warning_leaves_the_warnings_and_keeps_its_reason():
    warning = finding("warning", rule="total_differs", rows=(3, 4), count=2)
    place = ("total_differs", "a.csv", "q1")
    accepted = Decided(accepted={place: Accepted(count=2, reason="old key")})
    changed = Decided(accepted={place: Accepted(count=3, reason="old key")})
    [same] = mark_decided([warning], accepted, {})
    [other] = mark_decided([warning], changed, {})
    assert (same.state, same.said) == ("accepted", "accepted: old key")
    assert other.state == "open"
    assert "it was 3 when it was accepted, now it is 2" in other.said
    assert report(same).of("warning") == ()
    assert "Accepted (1):" in render_text(report(same))


def test_an_error_is_never_accepted_whatever_the_file_says():
    error = finding(rule="total_differs")
    place = ("total_differs", "a.csv", "q1")
    [found] = mark_decided([error], Decided(accepted={place: Accepted(count=1, reason="x")}), {})
    assert found.state == "open"


def test_a_question_is_shown_at_its_rows_and_only_while_the_file_is_the_same():
    error = finding(rows=(3, 4), count=2)
    asked = Decided(asked={("outside_response_set", "a.csv", 4, "q1"): Asked(reason="which?", sha256="abab")})
    [now] = mark_decided([error], asked, {"a.csv": "ab" * 32})
    [later] = mark_decided([error], asked, {"a.csv": "cd" * 32})
    assert (now.state, now.said) == ("asked", "asked about 1 of 2 rows: which?")
    assert later.state == "open"
