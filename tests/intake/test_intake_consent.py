"""Whoever did not consent, or withdrew, is counted and not read. All people are invented."""

from __future__ import annotations

import csv
import datetime

import pytest

from eval_tools import open_study
from eval_tools.errors import DataError
from eval_tools.intake.receive import find_participant
from eval_tools.privacy.pseudonyms import pseudonym, published_key
from eval_tools.privacy.withdrawn import add_withdrawn, read_withdrawn

WAVES = ("autumn", "spring")
SOURCE = (
    "columns: {participant: id, wave: wave, group: group}",
    "columns: {participant: id, wave: wave, group: group, consent: 監護人同意, assent: 本人同意}\n"
    "    values: {consent: {同意: given, 不同意: refused}, assent: {願意: given, 不願意: refused}}",
)
ROSTER = """\
roster:
  file: roster.csv
  reader: table
  columns: {participant: id, group: group, consent: signed}
  values: {consent: {是: given, 否: refused}}
sources:
"""


def who(name: str) -> str:
    return pseudonym(name, key=published_key("little"), study="little")


def forms(people=("k1", "k2", "k3", "k4")) -> list[list[str]]:
    """A form of each child at each wave, with consent and assent; row 2 is k1 in autumn, row 3 k1 in spring …"""
    groups = {"k1": "programme", "k2": "programme", "k3": "comparison", "k4": "comparison"}
    return [[one, wave, groups[one], "同意", "願意", *["1"] * 20] for one in people for wave in WAVES]


def write(little, rows, header=("id", "wave", "group", "監護人同意", "本人同意")):
    with little.answers.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([[*header, *(f"q{n}" for n in range(1, 21))], *rows])


def receive(little):
    return open_study("little", start=little.root).received


@pytest.fixture
def asked(little):
    little.change(*SOURCE)
    return little


@pytest.fixture
def counted():
    """Count the findings by rule and column."""
    return lambda issues: {
        (row["rule"], row["column"]): row["count"]
        for row in issues.to_dict("records")
        if row["rule"].startswith("consent") or row["rule"] == "withdrawn"
    }


def waves_read(received) -> set[tuple[str, str]]:
    names = {who(name): name for name in ("k1", "k2", "k3", "k4")}
    return {(names[p], wave) for p, wave in received.forms[["participant", "wave"]].itertuples(index=False)}


def test_a_form_without_consent_is_counted_and_its_answers_are_not_decoded(asked, counted, errors_of):
    rows = forms()
    rows[0][3], rows[2][4], rows[4][3] = "", "不願意", "不同意"
    for at in (0, 2, 4):
        rows[at][5:] = ["no answer of the form"] * 20
    write(asked, rows)
    received = receive(asked)
    assert errors_of(received.issues) == []
    assert counted(received.issues) == {
        ("consent_blank", "監護人同意"): 1,
        ("consent_refused", "監護人同意"): 1,
        ("consent_refused", "本人同意"): 1,
        ("consent_missing", ""): 1,  # k3 in spring: the guardian refused in autumn, before anything was read
        ("consent_lacking", ""): 4,
    }
    assert waves_read(received) == {("k1", "spring"), ("k2", "spring"), ("k4", "autumn"), ("k4", "spring")}


def test_guardian_and_child_are_counted_apart_and_the_form_once(asked, counted):
    rows = forms()
    rows[1][3], rows[1][4] = "不同意", ""
    write(asked, rows)
    told = counted(receive(asked).issues)
    assert told == {
        ("consent_refused", "監護人同意"): 1,
        ("consent_blank", "本人同意"): 1,
        ("consent_lacking", ""): 1,
    }


def test_who_withdrew_consent_between_waves_is_not_read_later_but_stays_before(asked, counted):
    asked.change(
        "informants: [child]",
        "  - {id: summer, role: follow-up, title: {en: Summer, zh-Hant: 夏季, zh-Hans: 夏季}}\ninformants: [child]",
    )
    rows = forms()
    rows += [[row[0], "summer", *row[2:]] for row in rows if row[1] == "spring"]
    rows[1][3] = "不同意"  # k1 in spring; its form of summer says again that the guardian agrees
    write(asked, rows)
    received = receive(asked)
    assert {wave for name, wave in waves_read(received) if name == "k1"} == {"autumn"}
    assert counted(received.issues)["consent_ended", ""] == 1
    assert who("k1") in set(received.participants["participant"])


def test_a_refusal_without_an_id_says_nothing_about_other_forms_without_one(asked, errors_of, counted):
    rows = forms()
    rows[0][0], rows[0][3], rows[3][0] = "", "不同意", ""
    write(asked, rows)
    issues = receive(asked).issues
    assert errors_of(issues) == ["participant_blank"]
    assert counted(issues) == {("consent_refused", "監護人同意"): 1, ("consent_lacking", ""): 1}


def test_a_text_that_is_no_known_consent_is_an_error_and_not_read(asked, errors_of):
    rows = forms()
    rows[0][3] = "同意?"
    write(asked, rows)
    received = receive(asked)
    assert errors_of(received.issues) == ["consent_unknown"]
    assert ("k1", "autumn") not in waves_read(received)


def test_an_answer_that_needs_a_person_is_not_looked_for_without_consent(asked):
    rest = ", ".join(f"q{n}" for n in range(10, 21))
    asked.change('ces-d: {columns: "q{n}"}', f'phq-9: {{columns: "q{{n}}"}}\n    ignore: [{rest}]')
    asked.change("ces-d.total", "phq-9.total")
    rows = forms()
    for i, row in enumerate(rows):
        row[5 + 8] = "3" if i < 4 else "0"  # thoughts of being better off dead
    rows[0][3] = ""
    write(asked, rows)
    alerts = {(alert.participant, alert.wave) for alert in receive(asked).alerts}
    assert alerts == {(who("k2"), "autumn"), (who("k1"), "spring"), (who("k2"), "spring")}


@pytest.fixture
def listed(little):
    """The consent stands in the roster."""
    little.change("sources:\n", ROSTER)
    write(little, [row[:3] + row[5:] for row in forms()], header=("id", "wave", "group"))

    def put(*lines):
        (little.folder / "roster.csv").write_text("\n".join(["id,group,signed", *lines]) + "\n", encoding="utf-8")
        return receive(little)

    return put


def test_a_child_without_consent_in_the_roster_is_in_no_table(listed, counted, errors_of):
    received = listed("k1,programme,是", "k2,programme,", "k3,comparison,否", "k4,comparison,是")
    assert errors_of(received.issues) == []
    for table in (received.participants, received.people, received.forms, received.responses, received.subgroups):
        assert not {who("k2"), who("k3")} & set(table["participant"])
    assert set(received.participants["participant"]) == {who("k1"), who("k4")}
    told = counted(received.issues)
    assert told["consent_refused", "signed"] == told["consent_blank", "signed"] == 1
    assert told["consent_missing", ""] == told["consent_lacking", ""] == 4


def test_of_a_form_that_is_not_in_the_roster_nobody_knows_the_consent_so_it_is_not_read(listed, errors_of):
    received = listed("k1,programme,是", "k2,programme,是", "k3,comparison,是")
    assert errors_of(received.issues) == ["not_in_roster"] * 2
    assert who("k4") not in set(received.responses["participant"])


def test_a_roster_that_cannot_be_read_lets_nobody_in(listed, little):
    little.change("file: roster.csv", "file: no-roster.csv")
    assert len(receive(little).responses) == 0


def test_the_roster_may_say_from_which_wave_on_nothing_is_read(listed, little, counted):
    little.change("consent: signed}\n", "consent: signed, consent_ends: ends}\n")
    lines = ["id,group,signed,ends", "k1,programme,是,spring", "k2,programme,是,", "k3,comparison,是,autumn"]
    lines.append("k4,comparison,是,")
    (little.folder / "roster.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    received = receive(little)
    assert waves_read(received) == {("k1", "autumn"), *((k, w) for k in ("k2", "k4") for w in WAVES)}
    assert who("k3") not in set(received.participants["participant"])


def test_who_withdrew_is_dropped_from_roster_and_answers_alike(listed, little, counted, errors_of):
    add_withdrawn(little.folder, who("k1"), on=datetime.date(2026, 9, 1))
    received = listed("k1,programme,是", "k2,programme,是", "k3,comparison,是", "k4,comparison,是")
    assert errors_of(received.issues) == []
    assert who("k1") not in {*received.participants["participant"], *received.responses["participant"]}
    assert {row["file"]: row["count"] for row in received.issues.to_dict("records") if row["rule"] == "withdrawn"} == {
        "roster.csv": 1,
        "both/answers.csv": 2,
    }


def test_an_id_repaired_by_a_correction_still_finds_the_tombstone(asked):
    rows = forms()
    rows[0][0] = "k1x"
    write(asked, rows)
    (asked.folder / "corrections.yaml").write_text(
        'schema_version: "1.0"\ncorrections:\n  - id: c1\n    file: both/answers.csv\n    match: {id: k1x}\n'
        "    expect: {rows: 1}\n    reason: invented\n    status: accepted\n"
        "    replace: {column: id, from: k1x, to: k1}\n",
        encoding="utf-8",
    )
    add_withdrawn(asked.folder, who("k1"), on=datetime.date(2026, 9, 1))
    received = receive(asked)
    assert not {who("k1"), who("k1x")} & set(received.forms["participant"])
    run = open_study("little", start=asked.root)
    found = find_participant(
        run.study, run.instruments, corrections=run.corrections, key=run.key, participant=who("k1")
    )
    assert dict(found.rows) == {"both/answers.csv": (2, 3)}


def test_a_damaged_tombstone_is_refused(asked):
    add_withdrawn(asked.folder, who("k1"), on=datetime.date(2026, 9, 1))
    path = asked.folder / "withdrawn.csv"
    assert list(read_withdrawn(asked.folder).values()) == ["2026-09-01"]
    path.write_bytes(path.read_bytes().replace(b"2026-09-01", b"2026-09-31"))
    with pytest.raises(DataError, match="line 2: is damaged"):
        receive(asked)
    path.write_bytes(b"")
    with pytest.raises(DataError, match="line 1: is damaged"):
        receive(asked)


def test_the_first_day_of_a_withdrawal_stays(tmp_path):
    add_withdrawn(tmp_path, who("k1"), on=datetime.date(2026, 9, 1))
    add_withdrawn(tmp_path, who("k1"), on=datetime.date(2027, 1, 1))
    add_withdrawn(tmp_path, who("k2"), on=datetime.date(2027, 1, 1))
    assert read_withdrawn(tmp_path) == {who("k1"): "2026-09-01", who("k2"): "2027-01-01"}


def test_a_column_declared_direct_is_gone_before_anything_looks_at_it(little, errors_of):
    little.change("reader: table", "reader: table\n    ignore: [姓名, 村]\n    roles: {direct: [姓名], quasi: [村]}")
    header = ("id", "wave", "group", "姓名", "村")
    write(little, [[*row[:3], "虛構甲", "虛構村", *row[5:]] for row in forms()], header=header)
    received = receive(little)
    assert errors_of(received.issues) == []
    assert set(received.issues["rule"]) == {"identifying_dropped"}
    # declared as something else, the name would be found by its header
    little.change("direct: [姓名], quasi: [村]", "other: [姓名, 村]")
    issues = receive(little).issues
    assert issues[issues["rule"] == "personal_data"]["column"].tolist() == ["姓名"]
