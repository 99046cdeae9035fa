"""Everything that is wrong with a study, in one list, without running it."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from eval_tools.errors import DataError, DefinitionError, Problem
from eval_tools.instruments.instrument import Instrument
from eval_tools.intake.corrections import load_corrections, load_decided
from eval_tools.intake.findings import Findings, Severity
from eval_tools.intake.quality.indices import measure_forms
from eval_tools.intake.quality.notes import note_forms, note_items
from eval_tools.runner.checks.report import (
    CheckedFile,
    CheckReport,
    Finding,
    FormCount,
    group_findings,
    mark_decided,
    sort_findings,
    warn,
)
from eval_tools.runner.checks.terminal import Pen, render_text
from eval_tools.runner.duty_holder import is_lead_required, missing_lead
from eval_tools.runner.mapping import mapping_problems
from eval_tools.runner.retention import warn_of_retention
from eval_tools.runner.safeguarding import update_lists
from eval_tools.runner.study_run import StudyRun, open_study
from eval_tools.runner.typed_twice import write_decisions_sheets
from eval_tools.scoring.notes import note_answers
from eval_tools.studies.ages import doubtful_ages
from eval_tools.studies.workbench import Workbench

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
NO_LEAD = "no_safeguarding_lead"
CORRECTIONS = "corrections.yaml"


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """What a check found, as text to read, with the exit code."""

    text: str
    exit_code: int


def check_study(
    study: str,
    *,
    start: Path | None = None,
    today: datetime.date | None = None,
    html: str = "",
    xlsx: str = "",
    pen: Pen | None = None,
) -> CheckOutcome:
    """Check definitions and raw files of a study.

    Parameters
    ----------
    study : str
    start : Path, optional
        Where to look for the workbench.
    html : str
        File of the page; default: ``.eval_tools/check/<study>.html``.
    xlsx : str
        File of the workbook in which each finding is decided; none is written by default.
    pen : Pen, optional
        Width and colours of the text; default: plain.

    Raises
    ------
    DefinitionError
        If the definitions are wrong, the raw files cannot be judged then; or if a file is to be written under
        ``reports/``.
    """
    from eval_tools.runner.checks.page import render_page
    from eval_tools.runner.checks.workbook import workbook_bytes
    from eval_tools.spreadsheets import write_whole

    today = today or datetime.datetime.now(tz=datetime.UTC).date()
    run = open_study(study, start=start, today=today)
    page = _target(html, run.workbench) if html else run.workbench.scratch / "check" / f"{study}.html"
    book = _target(xlsx, run.workbench) if xlsx else None
    report = examine_study(run, today=today)
    if not html:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.parent.chmod(0o700)
    write_whole(page, render_page(report).encode("utf-8"), mode=0o600)
    lines = [render_text(report, pen), "", f"Page: {_shown(page, run.workbench)}"]
    if book is not None:
        write_whole(book, workbook_bytes(report), mode=0o600)
        lines.append(f"To decide: {_shown(book, run.workbench)}")
        lines.append(f"Then: eval-tools check {study} --decisions {_shown(book, run.workbench)}")
    return CheckOutcome("\n".join(lines), _exit_code(report))


def _exit_code(report: CheckReport) -> int:
    rules = {finding.rule for finding in report.of("error")}
    return DataError.exit_code if rules - {NO_LEAD} else DefinitionError.exit_code if rules else 0


def examine_study(run: StudyRun, *, today: datetime.date) -> CheckReport:
    """Gather what is found in the files of a study, and write the list for the duty holder anew."""
    received = run.received
    alerts = (*update_lists(run), *write_decisions_sheets(run))
    found = [*group_findings(received.issues), *_mapping(run), *_lead(run)]
    found += [*_notes(run), *_quality(run), *_privacy(run, today)]
    roster = run.study.roster
    decided = load_decided(run.study.folder / CORRECTIONS, root=run.workbench.root)
    readings = {each.file: each.reading for each in run.study.sources}
    if roster is not None:
        readings[roster.file] = roster.reading
    files = tuple(
        CheckedFile(
            file=raw.file,
            reader=raw.reader or "belongs to another file",
            encoding=readings[raw.file].encoding if raw.file in readings else "",
            n_rows=raw.n_rows,
            sha256=raw.sha256,
        )
        for raw in received.raw_files
    )
    return CheckReport(
        study=run.study.id,
        title=run.study.title["en"],
        definition=run.study.file,
        n_questionnaires=len(run.instruments),
        files=files,
        forms=tuple(_count_forms(run)),
        n_participants=len(received.participants),
        n_forms=len(received.forms),
        alerts=alerts,
        findings=sort_findings(mark_decided(found, decided, {each.file: each.sha256 for each in files})),
    )


def decide_findings(
    study: str,
    workbook: str,
    *,
    today: str,
    start: Path | None = None,
    html: str = "",
    xlsx: str = "",
    pen: Pen | None = None,
) -> CheckOutcome:
    """Read a workbook back, write what was decided into corrections.yaml, and check the study again.

    Raises
    ------
    DefinitionError
        No such workbook, or definitions that are wrong.
    DataError
        The workbook cannot be read.
    """
    from eval_tools.runner.checks.append_yaml import append_decisions
    from eval_tools.runner.checks.read_back import read_decisions

    run = open_study(study, start=start)
    path = run.study.folder / CORRECTIONS
    known = {each.id for each in load_corrections(path, root=run.workbench.root)}
    read = read_decisions(
        Path(workbook),
        examine_study(run, today=datetime.date.fromisoformat(today)),
        known=known,
        decided_before=load_decided(path, root=run.workbench.root),
        names_somebody=run.names_participant,
        today=today,
    )
    lines = append_decisions(path, read, root=run.workbench.root)
    after = check_study(study, start=start, html=html, xlsx=xlsx, pen=pen)
    return CheckOutcome("\n".join([*lines, "", after.text]), DataError.exit_code if read.refused else after.exit_code)


def _target(given: str, workbench: Workbench) -> Path:
    path = Path(given)
    if path.resolve().is_relative_to(workbench.reports.resolve()):
        what = "a check names rows of single people and does not belong under reports/."
        raise DefinitionError(Problem(given, what, "Leave the option out, or name a file elsewhere."))
    return path


def _shown(path: Path, workbench: Workbench) -> str:
    near = path.resolve().is_relative_to(workbench.root) and Path.cwd().resolve() == workbench.root
    return path.resolve().relative_to(workbench.root).as_posix() if near else os.fspath(path)


def _count_forms(run: StudyRun) -> Iterator[FormCount]:
    forms = run.received.forms
    counted = forms.groupby(["wave", "informant"]).size().to_dict()
    for wave in run.study.waves:
        for informant in run.study.informants:
            if (wave, informant) in counted:
                yield FormCount(wave=wave, informant=informant, forms=int(counted[wave, informant]))


def _lead(run: StudyRun) -> list[Finding]:
    """Say that nobody is named who looks at critical answers; where children may be waiting, a run is refused."""
    severity: Severity = "error" if is_lead_required(run.study) else "warning"
    return [
        replace(warn(NO_LEAD, problem.where, problem.what, problem.remedy), severity=severity)
        for problem in missing_lead(run.study, run.instruments)
    ]


def _quality(run: StudyRun) -> list[Finding]:
    """Say which forms and items should be looked at because of how they were answered."""
    received, findings = run.received, Findings()
    quality = measure_forms(received.responses, run.instruments, participants=received.participants)
    note_items(received.responses, run.instruments, findings, file=run.study.file)
    note_forms(quality, received.forms, findings)
    return [found for found in group_findings(findings.table()) if found.severity == "warning"]


def _key_not_named(run: StudyRun) -> list[Problem]:
    """Warn if nothing would tell that another key was used."""
    if run.study.identifiers != "direct" or run.study.key_fingerprint:
        return []
    what = "nothing says which key belongs to the study; with another one nobody would be linked, and nobody told."
    return [Problem(run.study.file, what, f'Write people: {{key_fingerprint: "{run.fingerprint_of_key}"}}.')]


def _privacy(run: StudyRun, today: datetime.date) -> list[Finding]:
    """Say how long the data may still be kept, and whether the study names its key."""
    retention = [
        warn("retention", each.where, each.what, each.remedy)
        for each in warn_of_retention(run.study, run.workbench, today=today)
    ]
    return [*retention, *(warn("key_not_named", each.where, each.what, each.remedy) for each in _key_not_named(run))]


def _mapping(run: StudyRun) -> list[Finding]:
    """Say which schools are elsewhere than at the last run without a word about it."""
    return [
        replace(warn("site_moved", each.where, each.what, each.remedy), severity="error")
        for each in mapping_problems(run, run.received.forms, run.received.participants)
    ]


def _notes(run: StudyRun) -> list[Finding]:
    """Word what speaks against taking scores at face value, and forms that are not made for whom the study asks."""
    received = run.received
    notes = note_answers(received.responses, run.instruments, people=received.people)
    found = []
    for row in notes.to_dict("records"):
        about = f"wave {row['wave']}, {row['informant']}" + (f", scale {row['scale']}" if row["scale"] else "")
        counted = f"{row['count']} of {row['n']}" if row["rule"] in OF_FORMS else f"{row['count']}"
        what, remedy = f"{counted} {row['detail']}.", REMEDIES[row["rule"]]
        found.append(warn(row["rule"], row["instrument"], what, remedy, about=about, count=int(row["count"])))
    ages_known = bool(received.people["age"].notna().any())
    for name, instrument in run.instruments.items():
        doubt = doubtful_ages(instrument, run.study, ages_known=ages_known)
        if doubt:
            found.append(
                warn(f"ages_{doubt}", name, DOUBTS[doubt].format(_ages(instrument)), "Look for a form of their age.")
            )
    return found


def _ages(instrument: Instrument) -> str:
    youngest, oldest = instrument.age_years
    if youngest is None or oldest is None:
        return f"{youngest} and older" if oldest is None else f"{oldest} and younger"
    return f"{youngest} to {oldest}"
