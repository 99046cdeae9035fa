"""Whether every school is in the county and the group it belongs to; all schools are invented."""

from __future__ import annotations

import json
import stat

import pytest

from eval_tools import open_study
from eval_tools.errors import DataError, DefinitionError
from eval_tools.runner.check import check_study
from eval_tools.runner.mapping import mapping_problems, record_mapping, refuse_changed_mapping
from places_study import lie_in_regions, school

REGIONS = {"north": [0, 1, 2, 8, 9], "south": [3, 4, 5, 10, 11]}


@pytest.fixture(scope="module")
def counties(make_little):
    """Six programme and four comparison schools in two counties, run once."""
    bench = make_little()
    bench.go_to_school(6, 4)
    rows = bench.invent_schools(6, 4)
    names = {name: i for i, name in enumerate(dict.fromkeys(row[-1] for row in rows))}
    bench.write_school_answers([[*row[:-1], school((names[row[-1]] // 6) * 2 + names[row[-1]])] for row in rows])
    lie_in_regions(bench, REGIONS)
    record_mapping(run_of(bench))
    bench.first = (bench.folder / "study.yaml").read_text(encoding="utf-8")
    bench.record = record_of(bench).read_text(encoding="utf-8")
    bench.rows = bench.answers.read_text(encoding="utf-8")
    return bench


@pytest.fixture
def bench(counties):
    """The same, as it was after the first run."""
    (counties.folder / "study.yaml").write_text(counties.first, encoding="utf-8")
    record_of(counties).write_text(counties.record, encoding="utf-8")
    counties.answers.write_text(counties.rows, encoding="utf-8")
    return counties


def run_of(bench):
    return open_study("little", start=bench.root)


def record_of(bench):
    return bench.root / ".eval_tools/mapping/little.json"


def problems(bench):
    received = run_of(bench).received
    return mapping_problems(run_of(bench), received.forms, received.participants)


def move(bench, site: str) -> None:
    """Put one school of the north into the south, as a slip of the pen would."""
    bench.change(f"[{school(0)}, ", "[")
    bench.change(f"[{school(3)}, ", f"[{site}, {school(3)}, ")


def confirm(bench, entry: str) -> None:
    bench.change("informants: [child]\n", f"informants: [child]\nconfirmed:\n  - {entry}\n")


def test_the_record_is_its_owners_and_holds_the_newest_wave(bench):
    content = json.loads(record_of(bench).read_text(encoding="utf-8"))
    assert list(content) == ["spring"]
    assert content["spring"][school(3)] == {"region": "south", "groups": ["programme"]}
    record_mapping(run_of(bench))
    assert stat.S_IMODE(record_of(bench).stat().st_mode) == 0o600
    assert stat.S_IMODE(record_of(bench).parent.stat().st_mode) == 0o700


def test_nothing_changed_is_no_problem_and_neither_is_a_first_run(bench):
    assert problems(bench) == []
    record_of(bench).unlink()
    assert problems(bench) == []


def test_one_school_filed_under_the_wrong_county_is_found_by_check_and_run_and_not_named(bench):
    move(bench, school(0))
    [problem] = problems(bench)
    assert "was in 'north' at the last run and is in 'south' now" in problem.what
    assert "both/answers.csv, rows" in problem.where
    assert school(0) not in str(problem)
    outcome = check_study("little", start=bench.root)
    assert outcome.exit_code == DataError.exit_code
    assert problem.what in outcome.text
    with pytest.raises(DataError, match="at the last run"):
        refuse_changed_mapping(run_of(bench))


def test_a_school_that_fell_out_of_its_county_is_found(bench):
    bench.change(f"[{school(0)}, ", "[")
    [problem] = problems(bench)
    assert "is in no region now" in problem.what


def test_a_confirmed_change_is_none_and_becomes_the_record(bench):
    move(bench, school(0))
    confirm(bench, f"{{site: {school(0)}, was: {{region: north}}, from_wave: spring, reason: new district}}")
    assert problems(bench) == []
    record_mapping(run_of(bench))
    assert json.loads(record_of(bench).read_text(encoding="utf-8"))["spring"][school(0)]["region"] == "south"


def test_a_confirmation_of_another_school_or_county_does_not_help(bench):
    move(bench, school(0))
    confirm(bench, f"{{site: {school(1)}, was: {{region: south}}, from_wave: spring, reason: new district}}")
    assert len(problems(bench)) == 1


def test_a_confirmation_that_confirms_nothing_or_names_the_unknown_is_refused(bench):
    confirm(bench, f"{{site: {school(1)}, was: {{region: north}}, from_wave: summer, reason: r}}")
    with pytest.raises(DefinitionError) as caught:
        run_of(bench)
    told = str(caught.value)
    assert "summer" in told
    assert "still lies in the region" in told


def test_a_school_that_changes_its_group_is_found_until_it_is_confirmed(bench):
    lines = bench.rows.replace("programme", "PROGRAMME").splitlines()
    lines = [line.replace("PROGRAMME", "comparison" if line.endswith(school(0)) else "programme") for line in lines]
    bench.answers.write_text("\n".join(lines), encoding="utf-8")
    [problem] = problems(bench)
    assert "was in programme at the last run and is in comparison now" in problem.what
    confirm(bench, f"{{site: {school(0)}, was: {{group: programme}}, from_wave: spring, reason: late start}}")
    assert problems(bench) == []


def test_people_of_two_groups_in_one_school_are_an_error_where_whole_schools_were_assigned(bench):
    lines = bench.rows.splitlines()
    child = next(line.split(",")[0] for line in lines if line.endswith(school(0)))
    lines = [line.replace("programme", "comparison") if line.startswith(f"{child},") else line for line in lines]
    bench.answers.write_text("\n".join(lines), encoding="utf-8")
    issues = run_of(bench).received.issues
    assert issues.loc[issues["severity"] == "error", ["rule", "count"]].to_numpy().tolist() == [
        ["site_in_two_groups", 1]
    ]


def test_a_county_in_the_roster_that_is_not_the_one_of_study_yaml_is_an_error_at_the_row(bench):
    header = "id,group,school,county"
    cells = [line.split(",") for line in bench.rows.splitlines()[1:]]
    rows = dict.fromkeys((line[0], line[2], line[-1]) for line in cells)
    where = {school(i): "北縣" if name == "north" else "南縣" for name, ids in REGIONS.items() for i in ids}
    where[school(4)] = "北縣"  # filed wrong in the roster
    text = "\n".join([header, *(",".join((*row, where[row[2]])) for row in rows)])
    (bench.folder / "roster.csv").write_text(text, encoding="utf-8")
    bench.change(
        "sources:\n",
        "roster:\n  file: roster.csv\n  reader: table\n"
        "  columns: {participant: id, group: group, site: school, region: county}\n"
        "  values: {region: {北縣: north, 南縣: south}}\nsources:\n",
    )
    issues = run_of(bench).received.issues
    errors = issues[issues["severity"] == "error"]
    assert set(errors["rule"]) == {"region_differs"}
    assert len(errors) == sum(row[2] == school(4) for row in rows)
    assert set(errors["column"]) == {"county"}


def test_a_broken_record_says_what_to_do(bench):
    record_of(bench).write_text('{"spring": 3}', encoding="utf-8")
    with pytest.raises(DataError, match="delete it to begin anew"):
        problems(bench)
