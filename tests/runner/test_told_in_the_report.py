"""What a report tells of children who moved and of answers that need a person: released numbers, or only that.

Everybody here is invented.
"""

from __future__ import annotations

import datetime
from dataclasses import replace

import pandas as pd
import pytest

from eval_tools import open_study
from eval_tools.privacy.disclosure import DisclosureRule, release_counts, release_flow
from eval_tools.reporting.chapters.people import safeguarding, transfers
from eval_tools.reporting.language import Words
from eval_tools.reporting.material import Desk
from eval_tools.runner.release import LISTED
from eval_tools.runner.safeguarding import enter_answer, update_lists
from questionnaires_study import ask_phq_sas_sdq

LANGUAGES = ["en", "zh-Hant", "zh-Hans"]


@pytest.fixture(scope="module")
def run(make_little):
    """Three forms of the invented study are listed for a named person, and one of them is answered."""
    bench = make_little()
    ask_phq_sas_sdq(bench, lead=True)
    run = open_study("little", start=bench.root)
    update_lists(run)
    rows = (bench.root / ".eval_tools/safeguarding/little/answered.csv").read_text(encoding="utf-8-sig").splitlines()
    file, row, listed = rows[1].split(",")[:3]
    enter_answer(run, file=file, row=int(row), outcome="seen", on=datetime.date.fromisoformat(listed[:10]))
    return run


def desk(run, language: str, **changes) -> Desk:
    return Desk(replace(run.material, **changes), language)


def listed_table(listed: int, answered: int, soon: int):
    table = pd.DataFrame([("all", "all", listed, answered, soon)], columns=["group", "wave", *LISTED])
    return release_flow(table, name="safeguarding", counts=LISTED, rule=DisclosureRule())


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_few_forms_a_report_says_only_that_the_procedure_was_in_place(run, language):
    assert run.safeguarding[list(LISTED)].to_numpy().tolist() == [[3, 1, 1]]
    [told] = safeguarding(desk(run, language))
    assert told.text == Words(language)("people.safeguarding.in_place")
    [row] = run.material.safeguarding.data[list(LISTED)].to_numpy().tolist()
    assert all(n != n for n in row)


def test_no_form_at_all_reads_as_few_forms_do(run):
    none, few = (safeguarding(desk(run, "en", safeguarding=listed_table(n, 0, 0))) for n in (0, 9))
    assert none == few


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_many_forms_it_says_how_many_were_answered_and_how_soon(run, language):
    [told] = safeguarding(desk(run, language, safeguarding=listed_table(43, 41, 30)))
    words = Words(language)
    assert told.text.endswith(words("people.safeguarding.ran", listed=45, answered=40, soon=30))
    [told] = safeguarding(desk(run, language, safeguarding=listed_table(43, 4, 0)))
    assert told.text.endswith(words("people.safeguarding.listed", listed=45))


def test_an_answer_entered_later_makes_another_report(run):
    from eval_tools.runner.publish import _identity

    before = _identity(run)
    run.__dict__["released"] = replace(run.released, safeguarding=listed_table(43, 41, 30))
    assert _identity(run) != before


def test_a_study_that_names_nobody_tells_nothing(make_little):
    bench = make_little()
    ask_phq_sas_sdq(bench)
    run = open_study("little", start=bench.root)
    assert run.safeguarding.empty
    assert run.released.safeguarding is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_children_who_moved_are_told_in_released_numbers_or_as_protected(run, language):
    words = Words(language)

    def table(*moved: int):
        rows = [
            (g, w, n) for g, m in zip(run.study.groups, moved, strict=True) for w, n in (("moved", m), ("stayed", 40))
        ]
        frame = pd.DataFrame(rows, columns=["group", "site", "count"])
        return release_counts(frame, name="transfers", rows=["group"], column="site", rule=DisclosureRule())

    assert transfers(desk(run, language)) == []
    [told] = transfers(desk(run, language, transfers=table(2, 0)))
    assert told.text == words("people.moved_hidden")
    [told] = transfers(desk(run, language, transfers=table(21, 16)))
    assert "35" in told.text
    assert "20" in told.text
