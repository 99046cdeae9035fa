"""Goals, informants and subgroups in a report: side by side, harm first, and nothing added up."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from eval_tools.reporting.chapters.subgroups import sentence
from eval_tools.reporting.language import Words
from eval_tools.reporting.material import Desk
from eval_tools.runner.study_run import open_study

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
every_language = pytest.mark.parametrize("language", LANGUAGES)
CHILD, TEACHER = "ces-d.total.child", "ces-d.total.teacher"
DESIGNS = {
    "helped": {"children": 24, "effect": 5.0},
    "harmed": {"children": 24, "effect": -5.0},
    "one against six": {"programme": 1, "comparison": 6, "children": 60},
    "single": {"comparison": 0, "children": 24, "effect": 5.0},
}


@pytest.fixture(scope="module")
def told(make_little):
    """The report of one design in one language."""
    benches, reports = {}, {}

    def write(design, language="en"):
        if design not in benches:
            benches[design] = make_little()
            benches[design].ask_several(**DESIGNS[design])
        if (design, language) not in reports:
            run = open_study("little", language=language, start=benches[design].root)
            reports[design, language] = (run, run.report)
        return reports[design, language]

    return write


def signed(value: float) -> str:
    text = f"{abs(value):.1f}"
    return text if text == "0.0" else ("−" if value < 0 else "+") + text


def numbers(text: str) -> list[str]:
    return re.findall(r"[+−]?\d+\.\d+", text)


def row_of(run, outcome, contrast, **wanted):
    table = run.material.results.data
    mine = table[(table["outcome"] == outcome) & (table["contrast"] == contrast)]
    for column, value in wanted.items():
        mine = mine[mine[column] == value]
    assert len(mine) == 1
    return mine.iloc[0]


@every_language
def test_every_goal_stands_in_the_table_with_the_released_numbers_and_the_verdict(told, language):
    (run, report), words = told("helped", language), Words(language)
    table = report.block("goals-table")
    goals = [words.of(goal.title) for goal in run.study.goals.values()]
    assert [row[0] for row in table.rows] == [goals[0], goals[0], goals[1]]
    for cells, outcome in zip(table.rows, (CHILD, TEACHER), strict=False):
        row = row_of(run, outcome, "difference", role="primary")
        assert numbers(cells[3])[:3] == [signed(row[key]) for key in ("estimate", "ci_low", "ci_high")]
        verdict = run.verdicts.set_index("outcome").loc[outcome]
        assert cells[4] == words(f"goals.verdict.difference.{verdict['verdict']}")
        assert cells[5] == words(f"certainty.{verdict['certainty']}")
        assert cells[2] == words("goals.wanted.lower")
    assert table.rows[2][1] == words("goals.unmeasured")
    assert set(table.rows[2][2:]) == {"–"}


@every_language
def test_the_chapter_stands_after_the_answer_and_tells_harm_before_any_table(told, language):
    for design in ("helped", "harmed"):
        run, report = told(design, language)
        assert [chapter.id for chapter in report.chapters][:2] == ["answer", "goals"]
        first = report.chapter("goals").blocks[0]
        assert first.id == "goals-harm"
        worse = run.verdicts.loc[run.verdicts["verdict"] == "worse", "outcome"].tolist()
        assert bool(worse) == (design == "harmed")
        assert (first.role == "warning") == bool(worse)
        for outcome in (CHILD, TEACHER):
            informant = Words(language)(f"informant.{outcome.rpartition('.')[2]}")
            assert (informant in first.text) == (outcome in worse)


def test_where_no_conclusion_is_drawn_harm_is_not_denied(told):
    _, report = told("one against six")
    assert report.block("goals-harm").text == Words("en")("goals.harm_no_claim")
    assert {row[4] for row in report.block("goals-table").rows[:2]} == {"no conclusion is drawn"}


def test_an_outcome_of_no_goal_is_listed_under_none(little):
    little.ask_several(children=24)
    little.change("outcomes: [ces-d.total.child, ces-d.total.teacher]", "outcomes: [ces-d.total.teacher]")
    rows = open_study("little", start=little.root).report.block("goals-table").rows
    assert [row[:2] for row in rows] == [
        ("Mental health", "Depressive symptoms (teacher)"),
        ("Family life", "Nothing measures this goal."),
        ("Under no goal", "Depressive symptoms (child)"),
    ]


@every_language
def test_informants_stand_side_by_side_and_are_never_averaged(told, language):
    (run, report), words = told("helped", language), Words(language)
    table = report.block("informants-ces-d-total-child")
    assert [row[0] for row in table.rows] == [words("informant.child"), words("informant.teacher")]
    for cells, outcome in zip(table.rows, (CHILD, TEACHER), strict=True):
        row = row_of(run, outcome, "difference", role="primary")
        assert numbers(cells[-1])[:3] == [signed(row[key]) for key in ("estimate", "ci_low", "ci_high")]
        assert cells[1] == f"{row['n']:.0f}"
    assert report.block("informants-note").text == words("informants.note")
    (pair,) = report.block("agreement-ces-d-total-child").rows
    agreement = row_of(run, CHILD, "agreement")
    assert agreement["reference"] == TEACHER
    assert numbers(pair[-1]) == [f"{agreement['estimate']:.2f}".replace("-", "−")]


@every_language
@pytest.mark.parametrize("design", ["helped", "single"])
def test_a_subgroup_gets_one_sentence_with_the_difference_and_its_range(told, design, language):
    (run, report), words = told(design, language), Words(language)
    sex = run.study.subgroups["sex"]
    names = [words.within(words.of(title)) for title in sex.levels.values()]
    for outcome in (CHILD, TEACHER):
        row = row_of(run, outcome, "interaction", subgroup="sex.boy.girl")
        assert row["status"] == "estimated"
        (text,) = report.block(f"subgroups-{outcome.replace('.', '-')}").items
        triple = [signed(row[key]) for key in ("estimate", "ci_low", "ci_high")]
        if not row["p_adjusted"] < 0.05:
            assert numbers(text) == triple
        assert all(name in text for name in names)
        assert " p " not in text
        (cells,) = report.block(f"subgroups-table-{outcome.replace('.', '-')}").rows
        assert numbers(cells[-1]) == triple


def test_one_school_in_an_arm_gives_no_subgroup_a_number(told):
    run, report = told("one against six")
    for outcome in (CHILD, TEACHER):
        row = row_of(run, outcome, "interaction")
        assert (row["status"], row["estimate"] == row["estimate"]) == ("too_few_sites", False)
        (text,) = report.block(f"subgroups-{outcome.replace('.', '-')}").items
        assert "site and programme cannot be told apart" in text
        assert not numbers(text)
    assert not [block for block in report.blocks() if block.id.startswith("subgroups-table")]


@pytest.mark.parametrize(("better", "favoured"), [("lower", "girls than for boys"), ("higher", "boys than for girls")])
def test_a_clear_difference_names_first_whom_it_favours(told, better, favoured):

    run, _ = told("helped")
    desk = Desk(run.material, "en")
    row = row_of(run, CHILD, "interaction").to_dict()
    row |= {"estimate": 3.0, "ci_low": 0.5, "ci_high": 5.5, "p_adjusted": 0.01}
    text = sentence(desk, replace(run.study.plan.outcomes[0], better=better), row)
    assert favoured in text
    assert numbers(text) == ["3.0", "0.5", "5.5"]


def test_the_level_that_is_not_known_is_counted_among_the_findings(told):
    _, report = told("helped", "en")
    (row,) = [row for row in report.block("findings-table").rows if "subgroup" in row[0]]
    assert int(row[-1]) > 0


def test_tests_of_subgroups_stand_in_the_annex(told):
    run, report = told("helped")
    rows = [row for row in report.block("tests-table").rows if "Boys minus Girls" in row[0]]
    assert len(rows) == 2
    found = row_of(run, CHILD, "interaction")
    assert rows[0][2] == Words("en").p_value(found["p_value"])


def test_a_study_without_goals_informants_and_subgroups_has_neither_chapter(little):
    ids = [chapter.id for chapter in open_study("little", start=little.root).report.chapters]
    assert not {"goals", "subgroups"} & set(ids)
    assert len(ids) == 11
