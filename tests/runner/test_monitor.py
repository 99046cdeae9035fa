"""The collection monitor: expected against received, codes that are wrong, time, consent, and whom to ask again.

All children and schools are invented; every answer is 1.
"""

from __future__ import annotations

import csv
import datetime
import stat
from pathlib import Path

import pytest

from eval_tools import open_study
from eval_tools.errors import UnknownNames
from eval_tools.intake.collection import CONSENTS, watch_collection
from eval_tools.privacy.check_digits import append_check_digits
from eval_tools.privacy.pseudonyms import pseudonym, published_key
from eval_tools.privacy.withdrawn import add_withdrawn
from eval_tools.runner.command import main
from eval_tools.runner.monitor import as_text, describe, watch, write_call_lists
from eval_tools.runner.monitor_page import WARNING, as_page

TODAY = datetime.date(2026, 9, 20)
CODES = [append_check_digits(str(body)) for body in range(100001, 100013)]
SCHOOLS = ["北山小學"] * 6 + ["south"] * 6
ROSTER = """\
roster:
  file: roster.csv
  reader: table
  columns: {participant: id, group: group, site: school}
sources:
"""
TEACHERS = """\
  - file: both/teachers.csv
    reader: table
    informant: teacher
    wave: spring
    columns: {participant: id}
    instruments:
      ces-d: {columns: "q{n}"}
plan:
"""


def write(path: Path, rows: list[list[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def roster_of(bench, codes: list[str]) -> None:
    groups = ["comparison", "programme"] * 6
    rows = [list(child) for child in zip(codes, groups, SCHOOLS, strict=True)]
    write(bench.folder / "roster.csv", [["id", "group", "school"], *rows])


def child_rows(codes: list[str], wave: str = "spring") -> list[list[str]]:
    return [[code, wave, "", *["1"] * 20] for code in codes]


@pytest.fixture
def collecting(little):
    """Twelve children of two schools with check digits; children answer, teachers answer in spring only."""
    little.change("sources:\n", ROSTER)
    little.change("wave: wave, group: group}", "wave: wave}\n    ignore: [group]")
    little.change("informants: [child]", "informants: [child, teacher]")
    little.change("outcome: ces-d.total,", "outcome: ces-d.total, informant: child,")
    little.change("plan:\n", TEACHERS)
    roster_of(little, CODES)
    little.write_answers(child_rows(CODES, "autumn") + child_rows(CODES[:8]))
    write(little.folder / "both/teachers.csv", [["id", *(f"q{n}" for n in range(1, 21))], [CODES[0], *["1"] * 20]])
    return little


def test_nobody_asks_again_for_a_child_that_withdrew_or_has_no_consent(collecting):
    waiting = [each.code for each in run_of(collecting).collection("spring").missing if each.informant == "child"]
    assert waiting == CODES[8:]
    collecting.change("site: school}\nsources", "site: school, consent: signed}\nsources")
    path = collecting.folder / "roster.csv"
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    signed = ["refused" if line.startswith((CODES[9], CODES[0])) else "given" for line in lines]
    rows = [f"{line},{word}" for line, word in zip(lines, signed, strict=True)]
    path.write_text("\n".join([f"{header},signed", *rows]) + "\n", encoding="utf-8")
    who = pseudonym(CODES[8], key=published_key("little"), study="little")
    add_withdrawn(collecting.folder, who, on=TODAY)
    seen = run_of(collecting).collection("spring")
    assert [each.code for each in seen.missing if each.informant == "child"] == CODES[10:]
    assert sum(place.expected for place in seen.places if place.informant == "child") == 9
    assert [file.not_in_roster for file in seen.files] == [0, 0]


def test_nobody_asks_again_after_a_refusal_on_an_earlier_form_or_once_consent_has_ended(collecting):
    collecting.change(
        "columns: {participant: id, wave: wave}", "columns: {participant: id, wave: wave, consent: agreed}"
    )
    lines = list(csv.reader(collecting.answers.read_text(encoding="utf-8").splitlines()))
    words = ["agreed", *("refused" if row[:2] == [CODES[10], "autumn"] else "given" for row in lines[1:])]
    write(collecting.answers, [[*row, word] for row, word in zip(lines, words, strict=True)])
    collecting.change("site: school}\nsources", "site: school, consent_ends: until}\nsources")
    path = collecting.folder / "roster.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    ends = ["spring" if row.startswith(CODES[11]) else "" for row in rows]
    text = "\n".join([f"{header},until", *(f"{row},{end}" for row, end in zip(rows, ends, strict=True))])
    path.write_text(text + "\n", encoding="utf-8")
    seen = run_of(collecting).collection("spring")
    assert {each.code for each in seen.missing if each.informant == "child"} == set(CODES[8:10])
    assert not {CODES[10], CODES[11]} & {each.code for each in seen.missing}
    assert sum(place.expected for place in seen.places if place.informant == "child") == 10


def run_of(bench):
    return open_study("little", start=bench.root)


def places(bench, wave: str = "spring"):
    seen = watch(run_of(bench), wave)
    return {(p.site, p.informant): (p.expected, p.received) for p in seen.places}, seen


def test_expected_and_received_forms_are_counted_by_school_and_informant(collecting):
    counted, seen = places(collecting)
    assert counted == {
        ("北山小學", "child"): (6, 6),
        ("south", "child"): (6, 2),
        ("北山小學", "teacher"): (6, 1),
        ("south", "teacher"): (6, 0),
    }
    assert len(seen.missing) == 4 + 11
    assert seen.has_check_digits


def test_a_wave_asks_only_for_the_forms_it_has(collecting):
    counted, seen = places(collecting, "autumn")
    assert counted == {("北山小學", "child"): (6, 6), ("south", "child"): (6, 6)}
    assert seen.missing == ()


def test_an_unknown_wave_is_refused_with_the_names_there_are(collecting):
    with pytest.raises(UnknownNames, match="autumn"):
        watch(run_of(collecting), "summer")


def test_codes_that_are_blank_unknown_mistyped_or_there_twice_are_counted_apart(collecting):
    neighbours = append_check_digits("100099")  # right check digits, not in the roster
    slip = CODES[8][:-1] + str((int(CODES[8][-1]) + 1) % 10)
    codes = [*CODES[:8], CODES[0], "", neighbours, slip]
    collecting.write_answers(child_rows(codes))
    [child, _] = watch(run_of(collecting), "spring").files
    assert (child.rows, child.without_id, child.not_in_roster, child.wrong_digits, child.twice) == (12, 1, 2, 1, 1)


def test_codes_without_check_digits_are_not_judged_by_them(collecting):
    plain = [f"k{i}" for i in range(12)]
    roster_of(collecting, plain)
    collecting.write_answers(child_rows([*plain, "k99"]))
    seen = watch(run_of(collecting), "spring")
    assert not seen.has_check_digits
    assert seen.files[0].not_in_roster == 1
    assert "wrong check digits" in as_text(describe(run_of(collecting), seen, today=TODAY))


def test_files_that_are_not_there_yet_and_errors_in_the_data_refuse_nothing(collecting):
    (collecting.folder / "both/teachers.csv").unlink()
    rows = child_rows(CODES[:3])
    rows[0][3] = "99"  # no answer of the form
    rows.append(["nobody-knows", "summer", "", *["1"] * 20])
    collecting.write_answers(rows)
    counted, seen = places(collecting)
    assert counted[("北山小學", "child")] == (6, 3)
    assert counted[("south", "teacher")] == (6, 0)
    assert [each.readable for each in seen.files] == [True, False]
    assert seen.problems > 0
    assert "cannot be read" in as_text(describe(run_of(collecting), seen, today=TODAY))


def test_without_a_roster_only_what_came_is_told(little):
    little.write_answers([["k1", "spring", "programme", *["1"] * 20]])
    seen = watch(run_of(little), "spring")
    assert [(p.site, p.expected, p.received) for p in seen.places] == [("", None, 1)]
    assert seen.missing == ()
    assert "Without a roster" in as_text(describe(run_of(little), seen, today=TODAY))


def test_time_is_compared_with_the_median_of_the_own_school_and_the_last_day_is_told(collecting):
    system = ["序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP"]
    seconds = [600, 600, 600, 150, 600, 600, 60, 60]  # all at south are fast readers; one in the north clicked through
    header = [*system, "1、id", "2、wave", *(f"{n}、q{n - 2}" for n in range(3, 23))]
    rows = [
        [str(i + 1), f"2026/9/1{i} 8:00:00", f"{taken}秒", "微信", "N/A", "192.0.2.7", CODES[i], "spring", *["1"] * 20]
        for i, taken in enumerate(seconds)
    ]
    write(collecting.answers, [header, *rows])
    collecting.change("reader: table\n    informant: child", "reader: wjx\n    informant: child")
    collecting.change("wave: wave}\n    ignore: [group]", "wave: wave}")
    seen = watch(run_of(collecting), "spring")
    told = {p.site: (p.minutes, p.fast) for p in seen.places if p.informant == "child"}
    assert told == {"北山小學": (10.0, 1), "south": (1.0, 0)}
    assert seen.last_day == datetime.date(2026, 9, 17)
    assert "2026-09-17, 3 days ago" in as_text(describe(run_of(collecting), seen, today=TODAY))


def test_consent_is_counted_where_a_source_declares_it(collecting):
    run = run_of(collecting)
    study = run.study
    lines = list(csv.reader(collecting.answers.read_text(encoding="utf-8").splitlines()))
    words = ["agreed", *["是"] * 12, *["是"] * 5, "否", "", "?"]
    write(collecting.answers, [[*line, word] for line, word in zip(lines, words, strict=True)])
    [child, teacher] = study.sources
    import dataclasses

    child = dataclasses.replace(
        child,
        columns={**child.columns, CONSENTS[0]: "agreed"},
        meanings={CONSENTS[0]: {"是": "given", "否": "refused"}},
    )
    seen = watch_collection(
        dataclasses.replace(study, sources=(child, teacher)),
        run.instruments,
        wave="spring",
        corrections=(),
        key=published_key("little"),
        is_right_code=lambda code: True,
    )
    assert seen.files[0].consent == {"consent": (5, 1, 2)}
    assert "Consent" in as_text(describe(run, seen, today=TODAY))


def test_a_call_list_names_the_printed_codes_of_one_school_and_only_its_owner_can_read_it(collecting):
    run = run_of(collecting)
    seen = watch(run, "spring")
    [(north, n_north), (south, n_south)] = write_call_lists(run, seen)[::-1]
    assert (n_north, n_south) == (5, 6)
    rows = list(csv.reader(south.read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0] == ["code", "who answers", "questionnaires"]
    assert {row[0] for row in rows[1:]} == set(CODES[6:])
    assert sum(row[1] == "child" for row in rows[1:]) == 4
    assert not set(CODES[6:]) & {row[0] for row in csv.reader(north.read_text(encoding="utf-8-sig").splitlines())}
    for path in (north, south):
        assert path.is_relative_to(collecting.root / ".eval_tools/monitor/little/spring")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE((collecting.root / ".eval_tools/monitor").stat().st_mode) == 0o700


def test_a_list_of_an_earlier_call_goes_when_nothing_is_missing_any_more(collecting):
    run = run_of(collecting)
    before = {path for path, _ in write_call_lists(run, watch(run, "spring"))}
    collecting.write_answers(child_rows(CODES))
    teachers = [[code, *["1"] * 20] for code in CODES]
    write(collecting.folder / "both/teachers.csv", [["id", *(f"q{n}" for n in range(1, 21))], *teachers])
    assert write_call_lists(run, watch(run, "spring")) == ()
    assert not any(path.exists() for path in before)


def test_the_page_says_that_it_stays_in_the_team_and_escapes_what_schools_are_called(collecting):
    text = (collecting.folder / "roster.csv").read_text(encoding="utf-8")
    (collecting.folder / "roster.csv").write_text(text.replace("south", "<script>x</script>"), encoding="utf-8")
    run = run_of(collecting)
    page = as_page(describe(run, watch(run, "spring"), today=TODAY))
    assert WARNING in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert '<html lang="en">' in page
    assert page.count("<caption>") == page.count("<table>") == 2


def test_neither_page_nor_terminal_shows_a_code_or_a_pseudonym(collecting):
    run = run_of(collecting)
    seen = watch(run, "spring")
    monitor = describe(run, seen, today=TODAY)
    people = set(run.received.participants["participant"])
    for text in (as_page(monitor), as_text(monitor), repr(seen)):
        assert not [code for code in (*CODES, *people) if code in text]


def test_the_command_writes_the_page_for_its_owner_and_the_lists_only_when_asked(collecting, monkeypatch, capsys):
    monkeypatch.setenv("EVAL_TOOLS_WORKBENCH", str(collecting.root))
    assert main(["monitor", "little", "--wave", "spring"]) == 0
    out = capsys.readouterr().out
    folder = collecting.root / ".eval_tools/monitor/little/spring"
    assert [path.name for path in folder.iterdir()] == ["monitor.html"]
    assert stat.S_IMODE((folder / "monitor.html").stat().st_mode) == 0o600
    assert "9 of 24 expected forms are there." in out
    assert main(["monitor", "little", "--wave", "spring", "--call-lists"]) == 0
    assert len(list((folder / "call-lists").iterdir())) == 2


def test_the_command_refuses_to_write_under_reports(collecting, monkeypatch, capsys):
    monkeypatch.setenv("EVAL_TOOLS_WORKBENCH", str(collecting.root))
    target = collecting.root / "reports" / "little" / "monitor.html"
    assert main(["monitor", "little", "--wave", "spring", "--html", str(target)]) == 2
    assert "nothing of it may lie under reports/" in capsys.readouterr().err
    assert not target.exists()
    elsewhere = collecting.root / "page.html"
    assert main(["monitor", "little", "--wave", "spring", "--html", str(elsewhere)]) == 0
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o600
