"""The command that freezes a plan, and what a run makes of it."""

from __future__ import annotations

import datetime
import json

import pytest

from eval_tools.errors import DefinitionError
from eval_tools.runner.command import main
from eval_tools.runner.study_run import open_study


@pytest.fixture
def at_little(little, monkeypatch):
    monkeypatch.setenv("EVAL_TOOLS_WORKBENCH", str(little.root))
    return little


def test_a_plan_is_locked_once(at_little, capsys):
    today = datetime.datetime.now(tz=datetime.UTC).date()
    assert main(["lock", "little"]) == 0
    assert "data_raw/little/plan.lock: the plan is locked" in capsys.readouterr().out
    path = at_little.folder / "plan.lock"
    first = path.read_bytes()
    locked_on = json.loads(first)["locked_on"]
    assert datetime.date.fromisoformat(locked_on) - today <= datetime.timedelta(days=1)
    assert main(["lock", "little"]) == 2
    assert f"the plan was locked on {locked_on}" in capsys.readouterr().err
    assert path.read_bytes() == first
    assert [file.name for file in at_little.folder.glob("plan.*")] == ["plan.lock"]


def test_a_plan_can_be_locked_before_there_are_any_answers(at_little):
    at_little.answers.unlink()
    assert main(["lock", "little"]) == 0
    assert (at_little.folder / "plan.lock").exists()


def test_a_study_that_does_not_exist_is_not_locked(at_little, capsys):
    assert main(["lock", "litle"]) == 2
    assert "unknown study" in capsys.readouterr().err


def test_a_study_with_a_broken_definition_is_not_locked(at_little, capsys):
    at_little.change("decision_term: spring", "decision_term: autum")
    assert main(["lock", "little"]) == 2
    assert "autum" in capsys.readouterr().err
    assert not (at_little.folder / "plan.lock").exists()


def test_an_edited_lock_is_refused_with_two(at_little, capsys):
    assert main(["lock", "little"]) == 0
    at_little.change('"plan.decision_term": "spring"', '"plan.decision_term": "summer"', file="plan.lock")
    assert main(["run", "little", "--quiet"]) == 2
    assert "damaged or was edited" in capsys.readouterr().err
    assert not (at_little.root / "reports").exists()
    with pytest.raises(DefinitionError, match="version control"):
        _ = open_study("little", start=at_little.root).verdicts


def test_a_locked_plan_is_an_input_of_the_run(at_little):
    for path in (at_little.root / "notebooks").glob("*.ipynb"):
        path.unlink()
    before = open_study("little", start=at_little.root)
    assert "data_raw/little/plan.lock" not in before.inputs
    assert before.lock is None
    assert before.deviations == ()
    old = before.verdicts["certainty"].tolist(), before.fingerprint
    assert main(["lock", "little"]) == 0
    assert main(["run", "little", "--quiet", "--language", "en"]) == 0
    [record] = (at_little.root / "reports").rglob("run.json")
    assert "data_raw/little/plan.lock" in json.loads(record.read_text(encoding="utf-8"))["inputs"]
    after = open_study("little", start=at_little.root)
    assert after.fingerprint != old[1]
    assert "plan_not_locked" not in after.verdicts["reasons"].iloc[0], "no verdict from before the lock is kept"


def test_the_verdicts_are_published_beside_the_report(at_little):
    for path in (at_little.root / "notebooks").glob("*.ipynb"):
        path.unlink()
    assert main(["run", "little", "--quiet", "--language", "en"]) == 0
    [table] = (at_little.root / "reports").rglob("verdicts.csv")
    text = table.read_text(encoding="utf-8-sig")
    assert "certainty" in text
    assert "smallest_count" not in text
