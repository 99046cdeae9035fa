"""Which command opened raw data, and when: one line each, without a name."""

from __future__ import annotations

import datetime
import os
import re

from eval_tools.errors import EvalToolsError
from eval_tools.runner.owner_only import append_rows
from eval_tools.studies.workbench import find_workbench

USER = "EVAL_TOOLS_USER"
ROLE = re.compile(r"[a-z][a-z0-9_-]{0,39}")
COLUMNS = ("utc", "command", "study", "role", "exit_code")


def log_access(command: str, study: str, exit_code: int, *, now: datetime.datetime | None = None) -> None:
    """Note that a command opened the raw data of a study; nothing where there is no such study.

    The account of the operating system is never written. A role word is, if ``EVAL_TOOLS_USER`` holds one, such as
    ``county-evaluator``; anything else there counts as none.
    """
    try:
        workbench = find_workbench()
        workbench.study_folder(study)
    except EvalToolsError:
        return  # nothing was opened
    role = os.environ.get(USER, "")
    at = (now or datetime.datetime.now(tz=datetime.UTC)).isoformat(timespec="seconds")
    line = (at, command, study, role if ROLE.fullmatch(role) else "", exit_code)
    append_rows(workbench.scratch / "access.csv", COLUMNS, [line])
