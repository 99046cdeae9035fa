"""The list for the duty holder: which forms have answers that a person must look at, readable by its owner only.

It lies beside the cache, never under reports/; no message repeats a line of it.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from eval_tools.errors import Problem
from eval_tools.intake.alerts import Alert
from eval_tools.runner.study_run import StudyRun

COLUMNS = ("participant", "wave", "informant", "instrument", "items", "level", "action", "file", "row")
NO_WAVE = "_no-wave"  # the id of a wave begins with a letter or digit


def update_lists(run: StudyRun) -> tuple[str, ...]:
    """Write the lists of a study anew, one file per wave, and say how many forms need a person.

    A list that nothing belongs to any more is removed. Also for a study with errors, for an alert does not wait
    until a roster is corrected.

    Returns
    -------
    tuple of str
        One sentence per wave with a list: counts and the path below the workbench; nothing else.
    """
    folder = run.workbench.scratch / "safeguarding" / run.study.id
    asks = any(True for instrument in run.instruments.values() for _ in instrument.critical_items())
    alerts = run.received.alerts if asks else ()
    by_wave = {wave: [a for a in alerts if a.wave == wave] for wave in ("", *run.study.waves)}
    wanted = {folder / f"{wave or NO_WAVE}.csv": mine for wave, mine in by_wave.items() if mine}
    if folder.is_dir():
        for old in folder.iterdir():
            if old not in wanted:
                old.unlink()
    for path, mine in wanted.items():
        _write(path, mine)
    if folder.is_dir() and not wanted:
        folder.rmdir()
    return tuple(_told(mine, path.relative_to(run.workbench.root).as_posix()) for path, mine in wanted.items())


def _told(alerts: list[Alert], path: str) -> str:
    """Count the forms, those to be seen the same day first."""
    forms = {(a.file, a.row) for a in alerts}
    today = {(a.file, a.row) for a in alerts if a.same_day}
    parts = []
    if today:
        parts.append(f"{len(today)} forms have answers that need attention the same day")
    if forms - today:
        parts.append(f"{len(forms - today)} forms have answers that need attention this week")
    return f"{'; '.join(parts)}; list: {path}"


def _write(path: Path, alerts: Iterable[Alert]) -> None:
    """Write beside the target and rename; nobody but the owner may read either, at any moment."""
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.stem}-", suffix=".part")  # mkstemp: owner only
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for a in alerts:
                place = (a.participant, a.wave, a.informant, a.instrument)
                writer.writerow([*place, " ".join(a.items), a.level, a.action, a.file, a.row])
        part.chmod(0o600)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def missing_lead(run: StudyRun) -> list[Problem]:
    """Warn if a questionnaire may ask for a person the same day and study.yaml names nobody."""
    forms = sorted(name for name, each in run.instruments.items() if any(True for _ in each.critical_items()))
    if not forms or run.study.safeguarding_lead:
        return []
    what = f"nobody is named who looks at answers that need a person: {', '.join(forms)}."
    remedy = "Write people: {safeguarding_lead: …}, a role that can be reached on every day of the survey."
    return [Problem(run.study.file, what, remedy)]
