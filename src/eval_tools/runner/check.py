"""Everything that is wrong with a study, in one list, without running it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from eval_tools.errors import DataError, DefinitionError, Problem
from eval_tools.instruments.instrument import Instrument
from eval_tools.intake.findings import Findings, problems_in
from eval_tools.intake.quality.indices import measure_forms
from eval_tools.intake.quality.notes import note_forms, note_items
from eval_tools.runner.duty_holder import is_lead_required, missing_lead
from eval_tools.runner.retention import warn_of_retention
from eval_tools.runner.safeguarding import update_lists
from eval_tools.runner.study_run import StudyRun, open_study
from eval_tools.scoring.notes import note_answers
from eval_tools.studies.ages import doubtful_ages

OF_FORMS = ("below_age", "above_age", "age_unknown", "sex_unknown")
REMEDIES = {
    "below_age": "Use a form made for their age; scores of these forms say little.",
    "above_age": "Use a form made for their age; scores of these forms say little.",
    "age_unknown": "Declare roster: {columns: {age: …}}, or complete the column.",
    "sex_unknown": "Declare roster: {columns: {sex: …}}, or complete the column.",
    "item_not_in_file": "Scales with these items have no score.",
    "already_reversed": "If the platform reversed them, export the raw answers.",
}
DOUBTS = {
    "for_adults": "made for ages {}, but the study asks children.",
    "for_children": "made for ages {}, but the study asks adults.",
    "unchecked": "made for ages {}; the roster tells no age, so it was not checked who is outside.",
}


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """What a check found, as text to read, with the exit code."""

    text: str
    exit_code: int


def check_study(study: str, *, start: Path | None = None, today: datetime.date | None = None) -> CheckOutcome:
    """Check definitions and raw files of a study.

    Raises
    ------
    DefinitionError
        If the definitions are wrong; the raw files cannot be judged then.
    """
    today = today or datetime.datetime.now(tz=datetime.UTC).date()
    run = open_study(study, start=start, today=today)
    received = run.received
    alerts = update_lists(run)
    nobody = missing_lead(run.study, run.instruments)
    refused = nobody if is_lead_required(run.study) else []
    wrong = problems_in(received.issues, severity="error")
    errors = [*refused, *wrong]
    doubts = [] if refused else nobody
    warnings = [*problems_in(received.issues, severity="warning"), *doubts, *_notes(run), *_quality(run)]
    warnings += [*warn_of_retention(run.study, run.workbench, today=today), *_key_not_named(run)]
    notes = problems_in(received.issues, severity="note")
    lines = [f"{run.study.file} and {len(run.instruments)} questionnaires: no problem."]
    lines += [f"{raw.file}: {raw.n_rows:,} rows read." for raw in received.raw_files]
    lines.append(f"{len(received.participants):,} participants, {len(received.forms):,} forms.")
    lines += ["", *alerts] if alerts else []
    for title, problems in (("Errors", errors), ("Warnings", warnings), ("Found and resolved", notes)):
        if problems:
            lines += ["", f"{title} ({len(problems)}):", *map(_indent, problems)]
    verdict = (
        f"{len(errors)} errors: eval-tools run would refuse this study."
        if errors
        else "No errors: eval-tools run can go ahead."
    )
    exit_code = DataError.exit_code if wrong else DefinitionError.exit_code if refused else 0
    return CheckOutcome("\n".join([*lines, "", verdict]), exit_code)


def _quality(run: StudyRun) -> list[Problem]:
    """Word which forms and items should be looked at because of how they were answered."""
    received, findings = run.received, Findings()
    quality = measure_forms(received.responses, run.instruments, participants=received.participants)
    note_items(received.responses, run.instruments, findings, file=run.study.file)
    note_forms(quality, received.forms, findings)
    return problems_in(findings.table(), severity="warning")


def _key_not_named(run: StudyRun) -> list[Problem]:
    """Warn if nothing would tell that another key was used."""
    if run.study.identifiers != "direct" or run.study.key_fingerprint:
        return []
    what = "nothing says which key belongs to the study; with another one nobody would be linked, and nobody told."
    return [Problem(run.study.file, what, f'Write people: {{key_fingerprint: "{run.fingerprint_of_key}"}}.')]


def _notes(run: StudyRun) -> list[Problem]:
    """Word what speaks against taking scores at face value, and forms that are not made for whom the study asks."""
    received = run.received
    notes = note_answers(received.responses, run.instruments, people=received.people)
    problems = []
    for row in notes.to_dict("records"):
        where = f"{row['instrument']}, wave {row['wave']}, {row['informant']}"
        where += f", scale {row['scale']}" if row["scale"] else ""
        counted = f"{row['count']} of {row['n']}" if row["rule"] in OF_FORMS else f"{row['count']}"
        problems.append(Problem(where, f"{counted} {row['detail']}.", REMEDIES[row["rule"]]))
    ages_known = bool(received.people["age"].notna().any())
    for name, instrument in run.instruments.items():
        doubt = doubtful_ages(instrument, run.study, ages_known=ages_known)
        if doubt:
            problems.append(Problem(name, DOUBTS[doubt].format(_ages(instrument)), "Look for a form of their age."))
    return problems


def _ages(instrument: Instrument) -> str:
    youngest, oldest = instrument.age_years
    if youngest is None or oldest is None:
        return f"{youngest} and older" if oldest is None else f"{oldest} and younger"
    return f"{youngest} to {oldest}"


def _indent(problem: Problem) -> str:
    return "  " + str(problem).replace("\n", "\n  ")
