"""Whether somebody is named who looks at answers that need a person; real children are not asked without."""

from __future__ import annotations

from collections.abc import Mapping

from eval_tools.errors import DefinitionError, Problem
from eval_tools.instruments.instrument import Instrument
from eval_tools.studies.study import Study


def missing_lead(study: Study, instruments: Mapping[str, Instrument]) -> list[Problem]:
    """Report that a questionnaire may ask for a person the same day and study.yaml names nobody."""
    forms = sorted(name for name, each in instruments.items() if any(True for _ in each.critical_items()))
    if not forms or study.safeguarding_lead:
        return []
    what = f"nobody is named who looks at answers that need a person: {', '.join(forms)}."
    remedy = "Write people: {safeguarding_lead: …}, a role that can be reached on every day of the survey."
    return [Problem(study.file, what, remedy)]


def is_lead_required(study: Study) -> bool:
    """Say whether a study is refused while nobody is named: real answers of children."""
    return study.kind == "real" and study.respondents == "children"


def refuse_without_lead(study: Study, instruments: Mapping[str, Instrument]) -> None:
    """Refuse to compute a study of real children with such a questionnaire and nobody named.

    Raises
    ------
    DefinitionError
    """
    problems = missing_lead(study, instruments) if is_lead_required(study) else []
    if problems:
        raise DefinitionError(problems)
