"""A plan is frozen once; what departs from it since is listed, and what is only worded anew is not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from eval_tools.errors import DefinitionError
from eval_tools.studies.load import load_study
from eval_tools.studies.lock import LOCK_FILE, Deviation, find_deviations, plan_content, read_lock, write_lock
from eval_tools.studies.study import InstrumentColumns, Reading, Source, Wave
from eval_tools.studies.workbench import Workbench
from synthetic_study import synthetic_study

ROOT = Path(__file__).parents[2]
HASHES = {"ces-d": "a" * 64, "ahi": "b" * 64}


def invent(**changes):
    """A study that uses one questionnaire, with a second outcome to add and take away."""
    source = Source(
        file="answers.csv",
        reading=Reading(),
        informant="child",
        wave=None,
        columns={},
        meanings={},
        instruments=(InstrumentColumns(instrument="ces-d", columns=(), answers={}),),
        missing={},
        totals={},
        ignore=(),
    )
    return replace(synthetic_study(), sources=(source,), **changes)


def plan_of(**changes):
    return plan_content(invent(**changes), HASHES)


@pytest.fixture
def locked(tmp_path):
    write_lock(tmp_path, plan_of(), date="2026-09-01")
    return read_lock(tmp_path)


def what(lock, **changes):
    return [each.what for each in find_deviations(lock, plan_of(**changes))]


# --- the file ------------------------------------------------------------------------------------------------


def test_a_lock_says_when_and_what(tmp_path):
    assert read_lock(tmp_path) is None
    path = write_lock(tmp_path, plan_of(), date="2026-09-01")
    assert path == tmp_path / LOCK_FILE
    lock = read_lock(tmp_path)
    assert lock.locked_on == "2026-09-01"
    assert lock.content == plan_of()
    assert [each.name for each in tmp_path.iterdir()] == [LOCK_FILE]  # no half-written file stays behind


def test_a_lock_is_never_overwritten(tmp_path):
    path = write_lock(tmp_path, plan_of(), date="2026-09-01")
    before = path.read_bytes()
    with pytest.raises(DefinitionError) as refused:
        write_lock(tmp_path, plan_of(), date="2026-12-01")
    assert "2026-09-01" in str(refused.value)
    assert path.read_bytes() == before


def test_the_same_plan_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    content = plan_of()
    one = write_lock(tmp_path / "one", content, date="2026-09-01")
    two = write_lock(tmp_path / "two", dict(reversed(content.items())), date="2026-09-01")
    assert one.read_bytes() == two.read_bytes()


def edit(path, change):
    found = json.loads(path.read_text(encoding="utf-8"))
    change(found)
    path.write_text(json.dumps(found), encoding="utf-8")


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found.update(locked_on="2026-01-01"),
        lambda found: found["content"].update({"plan.decision_term": "summer"}),
        lambda found: found["content"].pop("plan.primary"),
        lambda found: found.update(sha256="0" * 64),
        lambda found: found.pop("sha256"),
        lambda found: found.pop("content"),
        lambda found: found.update(content=None),
    ],
    ids=["date", "value", "line gone", "hash", "no hash", "no content", "content empty"],
)
def test_an_edited_lock_is_refused(tmp_path, change):
    path = write_lock(tmp_path, plan_of(), date="2026-09-01")
    edit(path, change)
    with pytest.raises(DefinitionError, match="damaged or was edited"):
        read_lock(tmp_path)
    with pytest.raises(DefinitionError, match="damaged or was edited"):  # nor is it replaced
        write_lock(tmp_path, plan_of(), date="2026-09-02")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe\x00", b"[[[1]]]"], ids=repr)
def test_a_damaged_lock_is_refused(tmp_path, content):
    (tmp_path / LOCK_FILE).write_bytes(content)
    with pytest.raises(DefinitionError, match="damaged or was edited"):
        read_lock(tmp_path)


def test_a_lock_that_was_only_laid_out_anew_is_intact(tmp_path):
    path = write_lock(tmp_path, plan_of(), date="2026-09-01")
    edit(path, lambda found: None)
    assert read_lock(tmp_path).content == plan_of()


def test_a_folder_in_place_of_the_lock_is_refused(tmp_path):
    (tmp_path / LOCK_FILE).mkdir()
    with pytest.raises(DefinitionError, match="damaged or was edited"):
        read_lock(tmp_path)


# --- what departs from it ------------------------------------------------------------------------------------


def test_nothing_departs_from_an_unchanged_plan(locked):
    assert what(locked) == []


def test_new_words_are_no_deviation(locked):
    study = invent()
    assert (
        what(
            locked,
            title={"en": "Another title"},
            about={"en": "More words."},
            attribution="Somebody",
            groups={k: replace(group, title={"en": "New words"}) for k, group in study.groups.items()},
            waves={k: replace(wave, title={"en": "New words"}) for k, wave in study.waves.items()},
        )
        == []
    )


def test_another_decision_term_is_found(locked):
    plan = replace(invent().plan, decision_term="summer")
    found = find_deviations(locked, plan_of(plan=plan))
    assert found == (Deviation(what="plan.decision_term", locked="spring", now="summer"),)


def with_outcomes(*outcomes):
    return {"plan": replace(invent().plan, outcomes=outcomes)}


def test_a_primary_outcome_added_or_taken_away_is_found(locked):
    (first,) = invent().plan.outcomes
    second = replace(first, instrument="ahi", better="higher")
    added = find_deviations(locked, plan_of(**with_outcomes(first, second)))
    assert {each.what: (each.locked, each.now) for each in added} == {
        "plan.primary": ("ces-d.total", "ahi.total, ces-d.total"),
        "outcome ahi.total.better": ("", "higher"),
        "outcome ahi.total.smallest_worthwhile": ("", "2"),
    }
    gone = find_deviations(locked, plan_of(**with_outcomes(second)))
    assert Deviation(what="outcome ces-d.total.better", locked="lower", now="") in gone


def test_a_primary_outcome_made_secondary_is_found(locked):
    (first,) = invent().plan.outcomes
    assert what(locked, **with_outcomes(replace(first, rank="secondary"))) == ["plan.primary", "plan.secondary"]


def test_another_order_of_outcomes_is_no_deviation():
    (first,) = invent().plan.outcomes
    second = replace(first, instrument="ahi")
    assert plan_of(**with_outcomes(first, second)) == plan_of(**with_outcomes(second, first))


def test_another_direction_is_found(locked):
    (first,) = invent().plan.outcomes
    assert what(locked, **with_outcomes(replace(first, better="higher"))) == ["outcome ces-d.total.better"]


@pytest.mark.parametrize("smallest", [None, 0.0, 2.5, 2.0000001])
def test_another_smallest_worthwhile_change_is_found(locked, smallest):
    (first,) = invent().plan.outcomes
    changed = with_outcomes(replace(first, smallest_worthwhile=smallest))
    assert what(locked, **changed) == ["outcome ces-d.total.smallest_worthwhile"]


def test_another_floor_of_reliability_is_found(locked):
    assert what(locked, plan=replace(invent().plan, reliability_floor=0.6)) == ["plan.reliability_floor"]


def test_another_role_of_a_group_is_found(locked):
    groups = invent().groups
    turned = {**groups, "comparison": replace(groups["comparison"], role="programme")}
    assert find_deviations(locked, plan_of(groups=turned)) == (
        Deviation(what="groups.comparison", locked="comparison", now="programme"),
    )
    assert what(locked, groups={"programme": groups["programme"]}) == ["groups.comparison"]


def test_another_order_or_role_of_waves_is_found(locked):
    waves = invent().waves
    assert what(locked, waves=dict(reversed(waves.items()))) == ["waves"]
    assert what(locked, waves={**waves, "summer": Wave(id="summer", role="after", title={})}) == ["waves"]
    assert what(locked, waves={**waves, "spring": replace(waves["spring"], role="follow_up")}) == ["waves"]


def test_another_assignment_is_found(locked):
    assignment = invent().assignment
    assert what(locked, assignment=replace(assignment, randomised=True)) == ["assignment.randomised"]
    assert what(locked, assignment=replace(assignment, unit="participant")) == ["assignment.unit"]


def test_another_questionnaire_is_found(locked):
    changed = plan_content(invent(), {**HASHES, "ces-d": "c" * 64})
    (found,) = find_deviations(locked, changed)
    assert found == Deviation(what="questionnaire ces-d", locked="a" * 16, now="c" * 16)
    # a questionnaire the study does not use is not part of its plan
    assert find_deviations(locked, plan_content(invent(), {**HASHES, "ahi": "c" * 64})) == ()


def test_deviations_come_in_order_of_name(locked):
    names = what(
        locked,
        plan=replace(invent().plan, decision_term="summer", reliability_floor=0.5),
        assignment=replace(invent().assignment, randomised=True),
    )
    assert names == sorted(names)
    assert len(names) == 3


# --- a plan of a real study ----------------------------------------------------------------------------------


def test_the_plan_of_the_published_trial_is_spelled_out():
    study = load_study("woodworth-2018", workbench=Workbench(ROOT)).study
    content = plan_content(study, {name: name[0] * 64 for name in study.instruments})
    assert content == {
        "assignment.unit": "participant",
        "assignment.randomised": "true",
        "waves": "pretest (before), posttest (after), follow-up-2w (follow-up), follow-up-5w (follow-up), "
        "follow-up-14w (follow-up), follow-up-27w (follow-up)",
        "plan.decision_term": "posttest",
        "plan.reliability_floor": "0.7",
        "plan.primary": "ahi.total, ces-d.total",
        "plan.secondary": "",
        "groups.signature-strengths": "programme",
        "groups.three-good-things": "programme",
        "groups.gratitude-visit": "programme",
        "groups.early-memories": "comparison",
        "outcome ahi.total.better": "higher",
        "outcome ahi.total.smallest_worthwhile": "none",
        "outcome ces-d.total.better": "lower",
        "outcome ces-d.total.smallest_worthwhile": "none",
        "questionnaire ahi": "a" * 16,
        "questionnaire ces-d": "c" * 16,
    }


def test_a_run_finds_no_deviation_from_its_own_plan_and_every_text_in_it_is_a_string(tmp_path):
    study = load_study("woodworth-2018", workbench=Workbench(ROOT)).study
    content = plan_content(study, dict.fromkeys(study.instruments, "0" * 64))
    assert all(isinstance(text, str) for text in (*content, *content.values()))
    write_lock(tmp_path, content, date="2026-09-01")
    assert find_deviations(read_lock(tmp_path), content) == ()
