"""Goals, informants and subgroups in study.yaml: what they become, and every rule broken once."""

from __future__ import annotations

import pytest

from eval_tools.errors import DefinitionError
from eval_tools.studies.load import load_study
from eval_tools.studies.lock import plan_content
from eval_tools.studies.workbench import Workbench


def load(bench):
    return load_study("little", workbench=Workbench(bench.root)).study


@pytest.fixture
def several(little):
    """A study with two informants, two goals and a subgroup."""
    little.ask_several(2, 2, children=4)
    return little


@pytest.fixture
def refused(several):
    """Change one place and return what is wrong, with the remedy."""

    def refuse(old: str, new: str) -> list[tuple[str, str]]:
        several.change(old, new)
        with pytest.raises(DefinitionError) as caught:
            load(several)
        assert all(p.where.startswith("data_raw/little/study.yaml:") for p in caught.value.problems)
        return [(problem.what, problem.remedy) for problem in caught.value.problems]

    return refuse


def test_goals_informants_and_subgroups_are_read_in_their_order(several):
    study = load(several)
    assert [outcome.id for outcome in study.plan.outcomes] == ["ces-d.total.child", "ces-d.total.teacher"]
    assert {name: goal.outcomes for name, goal in study.goals.items()} == {
        "mind": ("ces-d.total.child", "ces-d.total.teacher"),
        "family": (),
    }
    assert list(study.subgroups["sex"].levels) == ["girl", "boy"]
    assert study.plan.subgroups == ("sex",)
    column = study.roster.subgroups["sex"]
    assert (column.column, dict(column.levels), column.blank) == ("sex", {"女": "girl", "男": "boy"}, ("不詳",))
    assert study.informants_of("ces-d") == ("child", "teacher")
    assert [study.informant_of(outcome) for outcome in study.plan.outcomes] == ["child", "teacher"]


def test_a_study_without_them_has_none(little):
    study = load(little)
    assert (dict(study.goals), dict(study.subgroups), study.plan.subgroups) == ({}, {}, ())
    (outcome,) = study.plan.outcomes
    assert (outcome.id, outcome.informant, study.informant_of(outcome)) == ("ces-d.total", None, "child")


def test_goals_and_subgroups_are_part_of_what_a_lock_freezes(several):
    content = plan_content(load(several), {"ces-d": "0" * 64})
    assert content["goals.mind"] == "ces-d.total.child, ces-d.total.teacher"
    assert content["goals.family"] == "measured by nothing"
    assert (content["plan.subgroups"], content["subgroups.sex"]) == ("sex", "girl, boy")


def test_informants_with_titles_of_their_own(several):
    several.change(
        "informants: [child, teacher]",
        'informants:\n  child: {en: "pupil", zh-Hant: "學生", zh-Hans: "学生"}\n'
        '  teacher: {en: "tutor", zh-Hant: "導師", zh-Hans: "导师"}',
    )
    study = load(several)
    assert study.informants == ("child", "teacher")
    assert study.informant_titles["teacher"]["zh-Hant"] == "導師"


CASES = {
    "a goal without outcomes": (
        "    outcomes: [ces-d.total.child, ces-d.total.teacher]\n",
        "",
        "goal 'mind' has no outcomes.",
        "outcomes: []",
    ),
    "a goal with an unknown outcome": (
        "outcomes: [ces-d.total.child,",
        "outcomes: [ces-d.total.chlid,",
        "unknown outcome of the plan: 'ces-d.total.chlid'.",
        "Did you mean 'ces-d.total.child'?",
    ),
    "a goal that names an outcome twice": (
        "outcomes: [ces-d.total.child,",
        "outcomes: [ces-d.total.teacher,",
        "goal 'mind' names outcomes twice: ces-d.total.teacher.",
        "Name each once.",
    ),
    "an outcome that does not say who tells": (
        "ces-d.total, informant: teacher",
        "ces-d.total",
        "ces-d.total: 2 informants answer this questionnaire: child, teacher.",
        "Add informant:",
    ),
    "an informant who was not asked": (
        "ces-d.total, informant: teacher",
        "ces-d.total, informant: caregiver",
        "unknown informant of ces-d: 'caregiver'.",
        "Known: child, teacher.",
    ),
    "one informant planned twice": (
        "ces-d.total, informant: teacher",
        "ces-d.total, informant: child",
        "outcome 'ces-d.total.child' is planned 2 times.",
        "Once.",
    ),
    "an informant that no report has a word for": (
        "informants: [child, teacher]",
        "informants: [child, teacher, grandparent]",
        "informants without a title: grandparent.",
        "as a map with titles",
    ),
    "a subgroup that was never declared": (
        "  subgroups: [sex]",
        "  subgroups: [sx]",
        "unknown subgroup: 'sx'.",
        "Did you mean 'sex'?",
    ),
    "a subgroup named twice": ("  subgroups: [sex]", "  subgroups: [sex, sex]", "subgroups named twice: sex.", "Name"),
    "a level that was never declared": ("男: boy", "男: body", "unknown level of sex: 'body'.", "Did you mean 'boy'?"),
    "a subgroup nobody can be placed in": (
        "  subgroups: {sex: {column: sex, values: {女: girl, 男: boy}, blank: [不詳]}}\n",
        "  ignore: [sex]\n",
        "nothing says which level of 'sex' a person belongs to.",
        "Add to the roster",
    ),
    "a column with two meanings": (
        "subgroups: {sex: {column: sex",
        "subgroups: {sex: {column: school",
        "columns with more than one meaning: school.",
        "Give each one meaning.",
    ),
    "a subgroup of one level": (
        ', boy: {en: "Boys", zh-Hant: "男生", zh-Hans: "男生"}',
        "",
        "sex.levels: has 1 entries.",
        "At least 2",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_rule_broken_once(refused, name):
    old, new, what, remedy = CASES[name]
    found = dict(refused(old, new))
    assert what in found
    assert remedy in found[what]


def test_an_outcome_with_and_without_its_informant_is_the_same_answers_twice(little):
    outcome = "    - {outcome: ces-d.total, better: lower, smallest_worthwhile: 3}\n"
    little.change(outcome, outcome + outcome.replace("total,", "total, informant: child,"))
    with pytest.raises(DefinitionError) as caught:
        load(little)
    assert [p.what for p in caught.value.problems] == [
        "outcome 'ces-d.total.child' is planned with and without its informant."
    ]
