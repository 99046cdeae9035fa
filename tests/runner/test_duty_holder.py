"""A study of real children with answers that need a person is refused while nobody is named to look."""

from __future__ import annotations

import pytest

from eval_tools import open_study
from eval_tools.errors import DefinitionError
from eval_tools.runner.check import check_study
from eval_tools.runner.publish import run_study
from questionnaires_study import ask_phq_sas_sdq

NOBODY = "nobody is named who looks at answers that need a person: phq-9."


@pytest.fixture
def real(little):
    """The invented study, declared to be real."""
    ask_phq_sas_sdq(little)
    little.change("kind: synthetic", "kind: real")
    return little


def lists(bench) -> list[str]:
    return sorted(path.name for path in (bench.root / ".eval_tools/safeguarding/little").iterdir())


def test_check_refuses_and_lists_the_forms_all_the_same(real):
    outcome = check_study("little", start=real.root)
    assert outcome.exit_code == DefinitionError.exit_code
    assert outcome.text.index("Errors (1):") < outcome.text.index(NOBODY)
    assert outcome.text.count(NOBODY) == 1
    assert "spring.csv" in lists(real)


def test_run_refuses_and_lists_the_forms_all_the_same(real):
    with pytest.raises(DefinitionError, match=NOBODY):
        run_study("little", start=real.root, language="en", quiet=True)
    assert not (real.root / "reports").exists()
    assert "spring.csv" in lists(real)


def test_no_stage_is_computed_for_a_notebook_either(real):
    with pytest.raises(DefinitionError, match=NOBODY):
        _ = open_study("little", start=real.root).scores


def test_with_errors_in_the_data_both_are_listed(real):
    text = real.answers.read_text(encoding="utf-8").replace("invented-0001,spring", "nobody,spring", 1)
    real.answers.write_text(text, encoding="utf-8")
    outcome = check_study("little", start=real.root)
    assert outcome.exit_code == 3
    assert NOBODY in outcome.text


def test_somebody_named_adults_or_invented_children_are_not_refused(real):
    real.change("{identifiers: published_arbitrary}", "{identifiers: published_arbitrary, safeguarding_lead: duty}")
    assert check_study("little", start=real.root).exit_code == 0
    real.change(", safeguarding_lead: duty}", "}")
    real.change("respondents: children", "respondents: adults")
    outcome = check_study("little", start=real.root)
    assert outcome.exit_code == 0
    assert outcome.text.index("Warnings") < outcome.text.index(NOBODY)
