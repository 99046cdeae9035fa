"""Everything that is wrong with a study, in one list, without running it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eval_tools.errors import DataError, Problem
from eval_tools.intake.findings import problems_in
from eval_tools.runner.study_run import open_study


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """What a check found, as text to read, with the exit code."""

    text: str
    exit_code: int


def check_study(study: str, *, start: Path | None = None) -> CheckOutcome:
    """Check definitions and raw files of a study.

    Raises
    ------
    DefinitionError
        If the definitions are wrong; the raw files cannot be judged then.
    """
    run = open_study(study, start=start)
    received = run.received
    errors = problems_in(received.issues, severity="error")
    warnings = problems_in(received.issues, severity="warning")
    notes = problems_in(received.issues, severity="note")
    lines = [f"{run.study.file} and {len(run.instruments)} questionnaires: no problem."]
    lines += [f"{raw.file}: {raw.n_rows:,} rows read." for raw in received.raw_files]
    lines.append(f"{len(received.participants):,} participants, {len(received.forms):,} forms.")
    for title, problems in (("Errors", errors), ("Warnings", warnings), ("Found and resolved", notes)):
        if problems:
            lines += ["", f"{title} ({len(problems)}):", *map(_indent, problems)]
    verdict = (
        f"{len(errors)} errors: eval-tools run would refuse this study."
        if errors
        else "No errors: eval-tools run can go ahead."
    )
    return CheckOutcome("\n".join([*lines, "", verdict]), DataError.exit_code if errors else 0)


def _indent(problem: Problem) -> str:
    return "  " + str(problem).replace("\n", "\n  ")
