"""Who is who: participants, groups, sites, waves, the roster, and forms that come twice."""

from __future__ import annotations

import pytest

from eval_tools import open_study
from eval_tools.privacy.pseudonyms import pseudonym, published_key

FILE = "both/answers.csv"
ROSTER = """\
roster:
  file: roster.csv
  reader: table
  columns: {participant: id, group: group}
sources:
"""
EVERYBODY = "id,group\nk1,programme\nk2,programme\nk3,comparison\nk4,comparison\n"


def who(name: str) -> str:
    return pseudonym(name, key=published_key("little"), study="little")


def add_roster(post, text: str = EVERYBODY, *, columns: str = "{participant: id, group: group}") -> None:
    post.change("sources:\n", ROSTER.replace("{participant: id, group: group}", columns))
    (post.folder / "roster.csv").write_text(text, encoding="utf-8")


def add_second_source(post, *, file: str = "more/answers.csv", instrument: str = "ces-d", site: bool = False) -> None:
    """Declare a second file of the same form."""
    columns = "{participant: id, wave: wave, group: group" + (", site: school}" if site else "}")
    post.change(
        "plan:\n",
        f"  - file: {file}\n    reader: table\n    informant: child\n    columns: {columns}\n"
        f'    instruments:\n      {instrument}: {{columns: "q{{n}}"}}\nplan:\n',
    )
    (post.folder / file).parent.mkdir(exist_ok=True)


@pytest.mark.parametrize("blank", ["", "  ", "\u3000", "\u200b"])
def test_a_blank_participant_is_an_error_and_never_a_person(post, the_only, blank):
    post.put(3, "id", blank)
    received = post.receive()
    the_only(received.issues, "participant_blank", severity="error", row=3, column="id")
    assert len(received.participants) == 4
    assert len(received.forms) == 7


def test_participants_are_pseudonyms_however_the_id_was_typed(post):
    post.put(3, "id", " Ｋ１ ")
    received = post.receive()
    assert received.issues.empty
    assert set(received.participants["participant"]) == {who(name) for name in ("k1", "k2", "k3", "k4")}


@pytest.mark.parametrize(("column", "rule"), [("wave", "wave_unknown"), ("group", "group_unknown")])
def test_a_text_that_names_no_wave_or_group_is_an_error(post, the_only, column, rule):
    post.put(5, column, "elsewhere")
    received = post.receive()
    the_only(received.issues, rule, severity="error", row=5, column=column)
    assert len(received.forms) == 7


def test_declared_texts_for_waves_and_groups_are_found_full_width_or_not(post):
    post.change(
        "reader: table",
        'reader: table\n    values:\n      group: {"（一）班": programme, "(２)班": comparison}\n'
        '      wave: {"１": autumn, "2": spring}',
    )
    for row in post.rows:
        row[1] = {"autumn": "1", "spring": "２"}[row[1]]
        row[2] = {"programme": "（一）班", "comparison": "（2）班"}[row[2]]
    received = post.receive()
    assert received.issues.empty
    assert received.forms["wave"].value_counts().to_dict() == {"autumn": 4, "spring": 4}


def test_a_group_that_differs_between_rows_is_an_error_at_the_later_row(post, the_only):
    post.put(3, "group", "comparison")
    received = post.receive()
    the_only(received.issues, "group_differs", severity="error", row=3, column="group")
    assert received.participants.set_index("participant").loc[who("k1"), "group"] == "programme"


def test_a_group_that_differs_between_files_is_an_error(post, the_only):
    add_second_source(post)
    text = post.text().splitlines()
    (post.folder / "more/answers.csv").write_text(
        "\n".join([text[0], text[1].replace("programme", "comparison")]), encoding="utf-8"
    )
    post.rows.pop(0)
    the_only(post.issues(), "group_differs", severity="error", file="more/answers.csv", row=2)


def test_a_group_that_differs_from_the_roster_is_an_error(post, the_only):
    add_roster(post, EVERYBODY.replace("k3,comparison", "k3,programme"))
    issues = post.issues()
    assert issues["rule"].tolist() == ["group_differs", "group_differs"]
    assert issues["row"].tolist() == [6, 7]


def test_a_person_who_is_not_in_the_roster_is_an_error(post):
    add_roster(post, EVERYBODY.replace("k4,comparison\n", ""))
    received = post.receive()
    assert received.issues["rule"].tolist() == ["not_in_roster", "not_in_roster"]
    assert len(received.participants) == 3


def test_a_roster_that_repeats_a_person_is_an_error(post, the_only):
    add_roster(post, EVERYBODY + "Ｋ１,programme\n")
    the_only(post.issues(), "roster_repeats", severity="error", file="roster.csv", row=6)


def test_a_person_of_the_roster_without_any_form_still_takes_part(post):
    add_roster(post, EVERYBODY + "k5,comparison\n")
    received = post.receive()
    assert received.issues.empty
    assert len(received.participants) == 5
    flow = open_study("little", start=post.bench.root).flow
    assert flow.loc[flow["group"] == "all", "n_enrolled"].tolist() == [5, 5]


def test_a_roster_without_groups_takes_them_from_the_answers(post):
    add_roster(post, "id\nk1\nk2\nk3\nk4\n", columns="{participant: id}")
    received = post.receive()
    assert received.issues.empty
    assert sorted(received.participants["group"]) == ["comparison", "comparison", "programme", "programme"]


def test_a_person_whose_group_nobody_tells_is_an_error(post, the_only):
    add_roster(post, "id\nk1\nk2\nk3\nk4\nk5\n", columns="{participant: id}")
    the_only(post.issues(), "group_absent", severity="error", file="roster.csv", count=1)


def add_schools(post) -> None:
    post.change("group: group}", "group: group, site: school}")
    lines = post.text().splitlines()
    schools = {"k1": "north", "k2": "south", "k3": "north", "k4": "south"}
    post.write_text("\n".join([f"{lines[0]},school", *(f"{x},{schools[x[:2]]}" for x in lines[1:])]))


def test_sites_are_kept_with_and_without_a_roster(post):
    add_schools(post)
    received = post.receive(write=False)
    assert sorted(received.participants["site"]) == ["north", "north", "south", "south"]
    add_roster(post)
    received = post.receive(write=False)
    assert received.issues.empty
    assert sorted(received.participants["site"]) == ["north", "north", "south", "south"]


def test_a_site_that_differs_between_rows_is_an_error(post, the_only):
    add_schools(post)
    lines = post.answers.read_text(encoding="utf-8").splitlines()
    lines[2] = lines[2].replace("north", "south")
    post.write_text("\n".join(lines))
    the_only(post.issues(write=False), "site_differs", severity="error", row=3, column="school")


def test_of_repeated_forms_none_is_kept_and_both_rows_are_named(post):
    post.rows.append(list(post.rows[0]))
    received = post.receive()
    assert received.issues["rule"].tolist() == ["form_repeated", "form_repeated"]
    assert received.issues["row"].tolist() == [2, 10]
    assert all("2, 10" in detail for detail in received.issues["detail"])
    assert len(received.forms) == 7
    assert len(received.responses) == 7 * 20
    assert len(received.participants) == 4


def test_a_form_that_comes_again_in_another_file_is_repeated(post):
    add_second_source(post)
    text = post.text().splitlines()
    (post.folder / "more/answers.csv").write_text("\n".join(text[:2]), encoding="utf-8")
    issues = post.issues()
    assert issues[["rule", "file", "row"]].to_numpy().tolist() == [
        ["form_repeated", FILE, 2],
        ["form_repeated", "more/answers.csv", 2],
    ]


def test_two_questionnaires_of_one_occasion_in_two_files_are_one_form(post):
    add_second_source(post, file="more/ahi.csv", instrument="ahi")
    header = ",".join(["id", "wave", "group", *(f"q{n}" for n in range(1, 25))])
    rows = [",".join(map(str, [*row[:3], *[2] * 24])) for row in post.rows]
    (post.folder / "more/ahi.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    received = post.receive()
    assert received.issues.empty
    assert len(received.forms) == 8
    assert set(received.forms["file"]) == {FILE}
    assert received.responses.groupby("instrument").size().to_dict() == {"ahi": 8 * 24, "ces-d": 8 * 20}


def test_a_wave_without_forms_is_a_warning(post, the_only):
    post.rows = [row for row in post.rows if row[1] == "autumn"]
    found = the_only(post.issues(), "wave_empty", severity="warning", column="spring", count=0)
    assert "spring" in found["detail"]


def test_a_wave_for_the_whole_file_needs_no_column(post):
    post.change("{participant: id, wave: wave, group: group}", "{participant: id, group: group}")
    post.change("reader: table", "reader: table\n    wave: spring\n    ignore: [wave]")
    post.rows = [row for row in post.rows if row[1] == "autumn"]
    assert set(post.receive().forms["wave"]) == {"spring"}


def test_a_study_with_one_group_needs_no_group_column(post):
    post.change(
        '  comparison: {role: comparison, title: {en: "Comparison", zh-Hant: "對照組", zh-Hans: "对照组"}}\n', ""
    )
    post.change("{participant: id, wave: wave, group: group}", "{participant: id, wave: wave}")
    post.change("reader: table", "reader: table\n    ignore: [group]")
    received = post.receive()
    assert received.issues.empty
    assert set(received.participants["group"]) == {"programme"}


def test_two_questionnaires_in_one_file_are_one_form_and_one_raw_file(post):
    post.change(
        '{columns: "q{n}"}', '{columns: "q{n}"}\n    ignore: [' + ", ".join(f"a{n}" for n in range(1, 25)) + "]"
    )
    add_second_source(post, file=FILE, instrument="ahi")
    post.change(
        'ahi: {columns: "q{n}"}',
        'ahi: {columns: "a{n}"}\n    ignore: [' + ", ".join(f"q{n}" for n in range(1, 21)) + "]",
    )
    lines = post.text().splitlines()
    header = ",".join([lines[0], *(f"a{n}" for n in range(1, 25))])
    post.write_text("\n".join([header, *(line + ",2" * 24 for line in lines[1:])]))
    received = post.receive(write=False)
    assert received.issues.empty
    assert len(received.forms) == 8
    assert len(received.responses) == 8 * 44
    assert [raw.file for raw in received.raw_files] == [FILE]


def test_a_blank_row_of_the_roster_is_an_error_and_nobody(post, the_only):
    add_roster(post, EVERYBODY + " ,programme\n")
    received = post.receive()
    the_only(received.issues, "participant_blank", severity="error", file="roster.csv", row=6)
    assert len(received.participants) == 4
