"""What a report says about the plan: not locked, locked and kept, or locked and departed from."""

from __future__ import annotations

import pytest

from eval_tools.reporting.language import Words
from eval_tools.runner.study_run import open_study
from eval_tools.studies.lock import write_lock

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
LOCKED_ON = "2026-09-01"
SUMMER = '  - {id: summer, role: follow-up, title: {en: "Summer", zh-Hant: "夏季", zh-Hans: "夏季"}}\n'


@pytest.fixture
def planned(little):
    """A randomised study of twelve schools with a later wave, so that certainty has somewhere to fall from."""
    little.go_to_school(6, 6, randomised=True, effect=5.0)
    little.change("informants: [child]", SUMMER + "informants: [child]")
    return little


def lock(little):
    run = open_study("little", start=little.root)
    write_lock(run.study.folder, run.plan_content, date=LOCKED_ON)


def plan_of(told) -> str:
    """The sentence on the plan, from the list of threats."""
    words = Words(told.language)
    begins = [words("plan.not_locked"), {"en": "The plan was locked on"}.get(told.language, LOCKED_ON)]
    [sentence] = [item for item in told.report.block("sure").items if any(begin in item for begin in begins)]
    return sentence


def certainty(told) -> str:
    [level] = told.run.material.verdicts.data["certainty"]
    assert Words(told.language)(f"certainty.{level}") in told.report.block("headline").text
    return level


def test_a_plan_that_was_never_locked_is_said_to_be_so_and_costs_a_level(planned, edition):
    levels = ["very_low", "low", "moderate", "high"]
    without = edition("en")
    for language in LANGUAGES:
        words, told = Words(language), edition(language)
        assert plan_of(told) == words("plan.not_locked")
        assert words("reason.plan_not_locked") in told.report.block("certainty-table").rows[0][2]
    lock(planned)
    assert levels.index(certainty(edition("en"))) == levels.index(certainty(without)) + 1


def test_a_locked_plan_that_was_kept_is_said_to_be_so_with_its_date(planned, edition):
    lock(planned)
    for language in LANGUAGES:
        words, told = Words(language), edition(language)
        assert plan_of(told) == words("plan.locked", date=LOCKED_ON)
        assert words("reason.plan_not_locked") not in told.sentences()


def test_every_departure_from_the_plan_is_listed_with_what_was_locked_and_what_is_now(planned, edition):
    lock(planned)
    kept = certainty(edition("en"))
    planned.change("decision_term: spring", "decision_term: summer")
    planned.change("smallest_worthwhile: 3", "smallest_worthwhile: 5")
    for language in LANGUAGES:
        words, told = Words(language), edition(language)
        changes = [
            words("plan.deviation", what="outcome ces-d.total.smallest_worthwhile", locked="3", now="5"),
            words("plan.deviation", what="plan.decision_term", locked="spring", now="summer"),
        ]
        assert plan_of(told) == words("plan.deviates", date=LOCKED_ON, n=2, changes=words.clauses(changes))
        assert words("reason.plan_not_locked") in told.report.block("certainty-table").rows[0][2]
        assert certainty(told) != kept


def test_a_wave_that_the_locked_plan_did_not_have_is_listed(little, edition):
    lock(little)
    little.change("informants: [child]", SUMMER + "informants: [child]")
    sentence = plan_of(edition("en"))
    assert "(1 in all)" in sentence
    assert "waves (locked: autumn (before), spring (after); now: autumn (before), spring (after), summer" in sentence


def test_a_group_that_is_gone_or_new_is_listed_as_nothing(little, edition):
    lock(little)
    third = '  third: {role: programme, title: {en: "Third", zh-Hant: "第三組", zh-Hans: "第三组"}}\nwaves:'
    little.change("waves:", third)
    for language in LANGUAGES:
        words = Words(language)
        new = words("plan.deviation", what="groups.third", locked=words("plan.absent"), now="programme")
        assert new in plan_of(edition(language))


def test_an_edited_questionnaire_departs_from_the_plan(little, edition):
    lock(little)
    path = little.root / "questionnaires" / "ces-d" / "ces-d.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")
    assert "questionnaire ces-d (locked: " in plan_of(edition("en"))


def test_a_plan_written_after_the_data_stays_uncertain_though_locked(planned, edition):
    planned.change("written: before_data", "written: after_data")
    lock(planned)
    told = edition("en")
    assert Words("en")("reason.plan_not_locked") in told.report.block("certainty-table").rows[0][2]
    assert Words("en")("sure.after_data") in told.report.block("sure").items
