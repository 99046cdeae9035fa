"""What study.yaml must say about the people: consent, what columns could tell, how long raw data are kept."""

from __future__ import annotations

import datetime

import pytest

from eval_tools import open_study
from eval_tools.errors import DataError, DefinitionError
from eval_tools.runner.check import check_study
from eval_tools.runner.publish import run_study
from eval_tools.studies.roles import build_roles

DIRECT = ("{identifiers: published_arbitrary}", "{identifiers: direct, consent: recorded_elsewhere}")
COLUMNS = "columns: {participant: id, wave: wave, group: group}"


def refused(little) -> str:
    with pytest.raises(DefinitionError) as caught:
        open_study("little", start=little.root)
    return str(caught.value)


def test_children_with_direct_identifiers_need_a_word_about_consent(little):
    little.change("published_arbitrary", "direct")
    assert "nothing says where the guardians' consent is recorded" in refused(little)
    little.change("respondents: children", "respondents: adults")
    open_study("little", start=little.root)


@pytest.mark.parametrize(
    ("people", "columns", "said"),
    [
        ("consent: in_data", "", "not every source has a column of it"),
        ("consent: recorded_elsewhere", ", consent: agreed", "but there is a column of it"),
    ],
)
def test_consent_is_told_in_one_way(little, people, columns, said):
    little.change("{identifiers: published_arbitrary}", f"{{identifiers: direct, {people}}}")
    little.change(COLUMNS, COLUMNS[:-1] + columns + "}")
    assert said in refused(little)


def test_every_ignored_column_needs_a_role_where_identifiers_are_direct(little):
    little.change(*DIRECT)
    little.change(
        "reader: table", "reader: table\n    ignore: [name, village, shoe size]\n    roles: {quasi: [village]}"
    )
    assert "nothing says what they could tell: name, shoe size." in refused(little)
    little.change("{quasi: [village]}", "{quasi: [village], direct: [name], other: [shoe size]}")
    roles = open_study("little", start=little.root).study.sources[0].roles
    assert {column: roles[column] for column in ("id", "group", "wave", "q1", "name", "village", "shoe size")} == {
        "id": "direct",
        "group": "quasi",
        "wave": "other",
        "q1": "sensitive",
        "name": "direct",
        "village": "quasi",
        "shoe size": "other",
    }
    assert open_study("little", start=little.root).study.sources[0].dropped == {"name"}


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        ("{direct: [nmae]}", "Did you mean 'name'?"),
        ("{direct: [name], other: [name]}", "columns with more than one role: name."),
        ("{quasi: [id]}", "the participant column identifies people, but has another role"),
        ("{direct: [name, group]}", "but these are asked for something: group."),
    ],
)
def test_a_role_that_contradicts_the_use_is_refused(little, roles, said):
    little.change("reader: table", f"reader: table\n    ignore: [name]\n    roles: {roles}")
    assert said in refused(little)


def test_columns_have_roles_by_their_use():
    entry = {"columns": {"participant": "id", "site": "school", "sex": "sex"}, "subgroups": {"g": {"column": "grade"}}}
    assert build_roles(entry) == {"id": "direct", "school": "quasi", "sex": "quasi", "grade": "quasi"}


def test_raw_data_are_refused_after_their_last_day_with_what_to_delete(little):
    little.change(
        "{identifiers: published_arbitrary}", "{identifiers: published_arbitrary, retention_until: 2031-08-31}"
    )
    last, after = datetime.date(2031, 8, 31), datetime.date(2031, 9, 1)
    for command in (check_study, run_study):
        with pytest.raises(DataError, match=r"kept until 2031-08-31") as caught:
            command("little", start=little.root, today=after)
        assert caught.value.exit_code == 3
        for place in ("data_raw/little/", ".eval_tools/cache/", "below .eval_tools/ that is called little", "the key"):
            assert place in str(caught.value)
    assert "kept for 0 more days" in check_study("little", start=little.root, today=last).text
    assert "kept for 89 more days" in check_study("little", start=little.root, today=last - datetime.timedelta(89)).text
    assert "more days" not in check_study("little", start=little.root, today=last - datetime.timedelta(90)).text


@pytest.mark.parametrize("day", ["2031-02-30", "31.08.2031"])
def test_a_day_that_does_not_exist_is_refused(little, day):
    little.change("{identifiers: published_arbitrary}", f"{{identifiers: published_arbitrary, retention_until: {day}}}")
    assert "year-month-day" in refused(little)
