"""How long raw data may be kept: a warning before the day, a refusal after it, with what is to be deleted."""

from __future__ import annotations

import datetime

from eval_tools.errors import DataError, Problem
from eval_tools.studies.study import Study
from eval_tools.studies.workbench import Workbench

DAYS_OF_WARNING = 90


def refuse_after_retention(study: Study, workbench: Workbench, *, today: datetime.date) -> None:
    """Refuse a study whose raw data may no longer be kept.

    Raises
    ------
    DataError
        The day after ``people: {retention_until: …}``; says what is to be deleted.
    """
    until = study.retention_until
    if until is None or today <= until:
        return
    what = f"its raw data could be kept until {until.isoformat()}."
    raise DataError(Problem(study.file, what, what_to_delete(study, workbench)))


def warn_of_retention(study: Study, workbench: Workbench, *, today: datetime.date) -> list[Problem]:
    """Warn in the last 90 days."""
    until = study.retention_until
    if until is None or not 0 <= (until - today).days < DAYS_OF_WARNING:
        return []
    what = f"its raw data may be kept for {(until - today).days} more days, until {until.isoformat()}."
    return [
        Problem(study.file, what, f"Run the last reports before. After that day: {what_to_delete(study, workbench)}")
    ]


def what_to_delete(study: Study, workbench: Workbench) -> str:
    """Name everything that holds rows of people, and the key."""
    folder = study.folder.relative_to(workbench.root).as_posix()
    scratch = workbench.scratch.relative_to(workbench.root).as_posix()
    return (
        f"Delete all exports and the roster below {folder}/, {folder}/corrections.yaml and withdrawn.csv, "
        f"{scratch}/cache/, everything else below {scratch}/ that is called {study.id}, every copy of them, and "
        "last the key of the study. study.yaml, plan.lock and reports/ may stay."
    )
