"""What one may ask a study."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval_tools.errors import UnknownNames
from eval_tools.studies.load import load_study
from eval_tools.studies.study import Reading
from eval_tools.studies.workbench import Workbench

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def definition():
    return load_study("woodworth-2018", workbench=Workbench(ROOT))


@pytest.fixture(scope="module")
def woodworth(definition):
    return definition.study


@pytest.fixture
def little_study(little):
    return load_study("little", workbench=Workbench(little.root)).study


def test_waves_stand_in_the_order_of_time_not_of_the_alphabet(woodworth):
    assert list(woodworth.waves) == [
        "pretest",
        "posttest",
        "follow-up-2w",
        "follow-up-5w",
        "follow-up-14w",
        "follow-up-27w",
    ]


def test_a_report_can_be_written_for_every_wave_that_is_not_before(woodworth):
    assert woodworth.baseline.id == "pretest"
    assert woodworth.terms == ("posttest", "follow-up-2w", "follow-up-5w", "follow-up-14w", "follow-up-27w")


def test_the_baseline_is_the_last_wave_before(little):
    autumn = '  - {id: autumn, role: before, title: {en: "Autumn", zh-Hant: "秋季", zh-Hans: "秋季"}}\n'
    little.change(autumn, autumn.replace("autumn", "zero") + autumn)
    study = load_study("little", workbench=Workbench(little.root)).study
    assert [wave.id for wave in study.waves.values() if wave.role == "before"] == ["zero", "autumn"]
    assert study.baseline.id == "autumn"
    assert study.terms == ("spring",)


def test_one_group_is_the_comparison_and_the_others_got_a_programme(woodworth):
    assert woodworth.comparison.id == "early-memories"
    assert [g.id for g in woodworth.programme_groups] == ["signature-strengths", "three-good-things", "gratitude-visit"]


def test_questionnaires_come_in_the_order_of_first_use(definition):
    assert definition.study.instruments == ("ahi", "ces-d")
    assert list(definition.instruments) == ["ahi", "ces-d"]


def test_a_questionnaire_used_in_two_files_is_named_once(little):
    source = """\
  - file: both/more.csv
    reader: table
    informant: child
    wave: spring
    columns: {participant: id, group: group}
    instruments: {ahi: {columns: "a{n}"}, ces-d: {columns: "q{n}"}}
"""
    little.change("plan:\n", source + "plan:\n")
    study = load_study("little", workbench=Workbench(little.root)).study
    assert study.instruments == ("ces-d", "ahi")
    assert [source.wave for source in study.sources] == [None, "spring"]


def test_the_plan_keeps_rank_and_order(little_study, woodworth):
    assert [(o.id, o.rank, o.better, o.smallest_worthwhile) for o in little_study.plan.outcomes] == [
        ("ces-d.total", "primary", "lower", 3),
    ]
    assert [o.id for o in woodworth.plan.outcomes] == ["ahi.total", "ces-d.total"]
    assert little_study.plan.reliability_floor == 0.70  # where nothing is said
    assert little_study.plan.written == "before_data"


def test_the_rule_of_disclosure_is_the_studys_own(little_study, woodworth):
    assert (little_study.disclosure.min_cell, little_study.disclosure.round_to) == (10, 5)
    assert not little_study.disclosure.single_people
    assert (woodworth.disclosure.min_cell, woodworth.disclosure.single_people) == (1, True)


def test_what_was_left_out_is_empty_and_not_missing(little_study):
    source = little_study.sources[0]
    assert (little_study.attribution, little_study.licence, little_study.roster) == ("", "", None)
    assert source.reading == Reading(reader="table")
    assert (dict(source.missing), source.ignore) == ({}, ())
    assert (dict(source.meanings), dict(source.totals)) == ({}, {})


def test_a_term_that_does_not_exist_is_refused_with_the_known_ones(little_study):
    assert little_study.wave("spring").title["zh-Hant"] == "春季"
    for term in ("autumn", "summer"):  # a before wave is no term either
        with pytest.raises(UnknownNames) as caught:
            little_study.wave(term)
        assert (caught.value.kind, caught.value.missing, caught.value.known) == ("term", (term,), ("spring",))
        assert caught.value.where == "data_raw/little/study.yaml"


def test_a_language_the_study_does_not_publish_in_is_refused(little):
    little.change("languages: [en, zh-Hant, zh-Hans]", "languages: [zh-Hans, en]")
    study = load_study("little", workbench=Workbench(little.root)).study
    assert study.check_language("zh-Hans") == "zh-Hans"
    with pytest.raises(UnknownNames) as caught:
        study.check_language("zh-Hant")
    assert (caught.value.kind, caught.value.known) == ("language", ("zh-Hans", "en"))


def test_nothing_of_a_loaded_study_can_be_changed(little_study):
    for mapping in (little_study.waves, little_study.groups, little_study.title, little_study.sources[0].columns):
        with pytest.raises(TypeError):
            mapping["new"] = None
    with pytest.raises(AttributeError):
        little_study.id = "other"
