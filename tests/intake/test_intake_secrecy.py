"""No message, issue or exception shows an answer, an id or a name: markers are planted and must not come out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eval_tools import open_study
from eval_tools.errors import EvalToolsError
from eval_tools.intake.findings import refuse_errors
from eval_tools.privacy.pseudonyms import pseudonym, published_key
from eval_tools.runner.check import check_study

# no part of any message, path or column name; the digits pass where a number is wanted
NAME, ANSWER, GROUP, WAVE, NUMBER = "Xqzname", "Xqzanswer", "Xqzgroup", "Xqzwave", "7757735775"
MARKERS = (NAME, ANSWER, GROUP, WAVE, NUMBER)


def plant(post) -> None:
    """Make every row's id a marker, so that whatever is said about a row could show one."""
    for row in post.rows:
        row[0] = f"{NAME}-{row[0]}"


def write(post) -> None:
    post.bench.write_answers(post.rows)


def unknown_texts(post):
    post.put(2, "group", GROUP)
    post.put(3, "wave", WAVE)
    post.put(4, "q3", ANSWER)
    post.put(5, "q3", NUMBER)
    write(post)


def another_group(post):
    post.put(3, "group", "comparison")
    write(post)


def repeated_form(post):
    post.rows.append(list(post.rows[0]))
    write(post)


def wrong_encoding(post):
    post.put(4, "q3", f"{ANSWER}ÿ")
    post.write_text(post.text(), encoding="latin-1")


def nul(post):
    post.write_text(post.text().replace("-k2", "\x00"))


def ragged(post):
    post.write_text(post.text() + f"{NAME},{NUMBER}\n")


def open_quote(post):
    post.write_text(post.text() + f'"{NAME}"{ANSWER}\n')


def no_header(post):
    for n in range(1, 21):  # all different, or only the repetition would be told
        post.put(2, f"q{n}", f"{ANSWER}{n}")
    post.write_text(post.text().partition("\n")[2])


def header_half_there(post):
    """The header is there without one of its columns: its names may be shown, the rows not."""
    post.write_text(post.text().replace("q20", "q21", 1))


def correction_that_fails(post):
    post.put(2, "q3", NUMBER)
    write(post)
    ids = f"match: {{id: {NAME}-k1, wave: autumn}}\nexpect: {{rows: 1}}\n"
    post.correct(
        ids.replace("rows: 1", "rows: 4") + "drop: rows",
        ids + f'set: {{column: q4, from: "{NUMBER}", to: invalid}}',
        ids + f'set: {{column: q3, from: "{NUMBER}", to: invalid}}',
        ids + "drop: rows\nstatus: proposed",
        f"match: {{name: {NAME}}}\nexpect: {{rows: 1}}\ndrop: rows",
    )


def correction_badly_written(post):
    post.correct(f"match: {{id: {NUMBER}}}\nexpect: {{rows: 1}}\nset: {{column: q3, from: {NUMBER}, to: {NUMBER}}}")


def total_that_differs(post):
    post.change('{columns: "q{n}"}', '{columns: "q{n}"}\n    totals: {total: ces-d.total}')
    lines = post.text().splitlines()
    post.write_text("\n".join([f"{lines[0]},total", f"{lines[1]},{NUMBER}", *(f"{x},{ANSWER}" for x in lines[2:])]))


def not_in_the_roster(post):
    post.change(
        "sources:\n",
        "roster:\n  file: roster.csv\n  reader: table\n  columns: {participant: id, group: group}\nsources:\n",
    )
    roster = f"id,group\n{NAME},programme\n{NAME},programme\n{NAME}-k2,{GROUP}\n"
    (post.folder / "roster.csv").write_text(roster, encoding="utf-8")


FAULTS = (
    unknown_texts,
    another_group,
    repeated_form,
    wrong_encoding,
    nul,
    ragged,
    open_quote,
    no_header,
    header_half_there,
    correction_that_fails,
    correction_badly_written,
    total_that_differs,
    not_in_the_roster,
)


def everything_said(post) -> str:
    """Collect the issues, the exceptions and the output of a check."""
    said = []
    root = post.bench.root
    attempts: tuple[Callable[[], object], ...] = (
        lambda: open_study("little", start=root).received.issues.to_csv(),
        lambda: refuse_errors(open_study("little", start=root).received.issues).to_csv(),
        lambda: open_study("little", start=root).issues.to_csv(),
        lambda: check_study("little", start=root).text,
    )
    for attempt in attempts:
        try:
            said.append(str(attempt()))
        except EvalToolsError as error:
            said.append(str(error) + repr(error) + repr(error.__context__) + repr(error.__cause__))
    return "\n".join(said)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__.replace("_", " "))
def test_a_fault_is_told_without_what_stands_in_the_cell(post, fault):
    plant(post)
    write(post)
    fault(post)
    said = everything_said(post)
    # not even the pseudonym: a row number is enough to look it up, by somebody who holds the file
    ids = {str(row[0]) for row in post.rows}
    pseudonyms = [pseudonym(one, key=published_key("little"), study="little") for one in ids]
    assert [one for one in pseudonyms if one in said] == []
    assert [marker for marker in MARKERS if marker.casefold() in said.casefold()] == []
    assert "corrections.yaml" in said or "answers.csv" in said, "the fault was not found at all"


def test_issues_and_tables_hold_pseudonyms_at_most(post):
    plant(post)
    unknown_texts(post)
    received = post.receive()
    one = pseudonym(f"{NAME}-k1", key=published_key("little"), study="little")
    assert one not in received.issues.to_csv()
    for table in (received.participants, received.forms, received.responses):
        text = table.to_csv().casefold()
        assert not any(marker.casefold() in text for marker in MARKERS)
