"""Starts of sites and regions in study.yaml: every rule broken once, and what intake finds when the data disagree."""

import re

import pytest

from eval_tools.errors import DataError, DefinitionError
from eval_tools.runner.study_run import open_study
from eval_tools.studies.load import load_study
from eval_tools.studies.lock import find_deviations, plan_content, read_lock, write_lock
from eval_tools.studies.workbench import find_workbench
from places_study import lie_in_regions, school, start_stepwise


def load(bench):
    return load_study("little", workbench=find_workbench(bench.root)).study


def problems(bench):
    with pytest.raises(DefinitionError) as caught:
        load(bench)
    return "\n".join(map(str, caught.value.problems))


@pytest.fixture
def stepped(little):
    """A valid stepped study of eight schools, to be broken."""
    start_stepwise(little, children=3)
    return little


def test_starts_are_read_in_time_order_whatever_the_order_in_the_file(stepped):
    third = f"    autumn-2: [{school(2)}, {school(3)}]\n"
    stepped.change(third, "")
    stepped.change("  starts:\n", f"  starts:\n{third}")
    study = load(stepped)
    assert list(study.assignment.starts) == ["spring", "autumn-2", "spring-2"]
    assert study.assignment.stepped
    assert [study.start_of(school(i)) for i in (0, 2, 4, 6)] == [1, 2, 3, None]


def test_a_study_without_starts_is_not_stepped_and_one_without_regions_has_none(little):
    study = load(little)
    assert (study.assignment.stepped, dict(study.regions), study.start_of("anywhere")) == (False, {}, None)


BROKEN = {
    "an unknown wave": ("    autumn-2: [", "    autum-2: [", "unknown wave.*autum-2.*Did you mean 'autumn-2'"),
    "a site that starts twice": (f"spring: [{school(0)}", f"spring: [{school(2)}", "1 sites start more than once"),
    "a start before the programme": (
        "    spring: [",
        "    autumn: [",
        "sites start at 'autumn', which is a wave before",
    ),
    "nobody starts at the first later wave": ("    spring: [", "    autumn: [", "no site has started at 'spring'"),
    "another unit": ("  unit: site", "  unit: participant", "the unit is not site"),
    "a comparison group": (
        "groups:\n",
        "groups:\n  wait: {role: comparison, title: {en: W, zh-Hant: W, zh-Hans: W}}\n",
        "2 groups in a stepped roll-out",
    ),
    "an empty start": (f"[{school(0)}, {school(1)}]", "[]", "at least|At least"),
}


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN.keys())
def test_every_rule_of_the_starts_is_told_with_its_place_and_without_a_site(stepped, case):
    old, new, expected = case
    stepped.change(old, new)
    told = problems(stepped)
    assert re.search(expected, told, re.DOTALL)
    assert re.search(r"study\.yaml:\d+: ", told)
    assert "school-" not in told


def test_one_start_is_no_stepped_roll_out(little):
    start_stepwise(little, (1, 1, 4, 4), children=3)
    assert "one start only" in problems(little)


def test_a_site_lies_in_one_region(little):
    little.go_to_school(2, 2, children=3)
    lie_in_regions(little, {"north": [0, 1], "east": [1, 2]})
    assert "1 sites lie in a region more than once" in problems(little)


# --- the data disagree -------------------------------------------------------------------------------------


def test_a_site_that_starts_but_is_not_in_the_data_is_an_error_without_its_name(stepped):
    stepped.change(school(0), "school-ab")
    with pytest.raises(DataError) as caught:
        _ = open_study("little", start=stepped.root).results
    told = str(caught.value)
    assert "1 sites that start at 'spring' have nobody in the data" in told
    assert "school-" not in told


def test_a_site_of_a_region_that_is_not_in_the_data_is_an_error_without_its_name(little):
    little.go_to_school(2, 2, children=3)
    lie_in_regions(little, {"north": [0, 1], "east": [2, 3, 17]})
    with pytest.raises(DataError) as caught:
        _ = open_study("little", start=little.root).results
    told = str(caught.value)
    assert "1 sites of region 'east' have nobody in the data" in told
    assert "school-" not in told


def test_sites_that_never_start_and_sites_outside_every_region_are_counted(stepped):
    lie_in_regions(stepped, {"north": [0, 1, 2], "east": [3, 4, 5]})
    issues = open_study("little", start=stepped.root).issues.set_index("rule")
    assert issues.loc["site_never_starts", ["severity", "count"]].tolist() == ["note", 2]
    assert issues.loc["site_in_no_region", ["severity", "count"]].tolist() == ["warning", 2]
    assert not issues["detail"].str.contains("school-").any()


# --- the lock ----------------------------------------------------------------------------------------------


def test_starts_and_regions_are_locked_and_a_change_is_found_without_a_site(stepped):
    lie_in_regions(stepped, {"north": [0, 1, 2], "east": [3, 4, 5]})
    hashes = {"ces-d": "0" * 64}
    before = plan_content(load(stepped), hashes)
    write_lock(stepped.folder, before, date="2026-09-01")
    stepped.change(f"spring: [{school(0)}, {school(1)}]", f"spring: [{school(0)}]")
    stepped.change(f"sites: [{school(0)}, {school(1)}, {school(2)}]", f"sites: [{school(0)}, {school(1)}, {school(6)}]")
    found = find_deviations(read_lock(stepped.folder), plan_content(load(stepped), hashes))
    assert [each.what for each in found] == ["assignment.starts.spring", "regions.north"]
    assert found[0].locked.startswith("2 sites (")
    assert found[0].now.startswith("1 sites (")
    assert not any("school-" in each.locked + each.now for each in found)
