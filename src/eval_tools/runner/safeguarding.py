"""The list for the duty holder: which forms have answers that a person must look at.

With a public key in study.yaml it is encrypted for the duty holder and names the child; without one its owner alone
can read it, and it holds pseudonyms. It lies beside the cache, never under reports/; no message repeats a line of it.
What was done about a form is entered back, without a word about the answer.
"""

from __future__ import annotations

import csv
import datetime
from collections.abc import Sequence
from pathlib import Path

from eval_tools.errors import DataError, DefinitionError, Problem, UnknownNames
from eval_tools.intake.alerts import Alert
from eval_tools.privacy.key_file import decrypt, encrypt
from eval_tools.runner.study_run import StudyRun
from eval_tools.spreadsheets import Cell, as_written, csv_text, write_owner_only

COLUMNS = ("participant", "wave", "informant", "instrument", "items", "level", "action", "file", "row")
ANSWERED = "answered.csv"
ANSWER_COLUMNS = ("file", "row", "listed", "answered", "outcome")
OUTCOMES = ("seen", "family_told", "referred", "reported")  # reported: to the authorities, as the law asks
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
    folder = _folder(run)
    asks = any(True for instrument in run.instruments.values() for _ in instrument.critical_items())
    alerts = run.received.alerts if asks else ()
    by_wave = {wave: [a for a in alerts if a.wave == wave] for wave in ("", *run.study.waves)}
    ending = ".csv.age" if run.study.safeguarding_key else ".csv"
    wanted = {folder / f"{wave or NO_WAVE}{ending}": mine for wave, mine in by_wave.items() if mine}
    if folder.is_dir():
        for old in folder.iterdir():
            if old not in wanted and old.name != ANSWERED:
                old.unlink()
    for path, mine in wanted.items():
        write_owner_only(path, _content(mine, run.study.safeguarding_key), above=run.workbench.scratch)
    if wanted:
        _note_listed(folder / ANSWERED, alerts)
    elif folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    return tuple(_told(mine, path.relative_to(run.workbench.root).as_posix()) for path, mine in wanted.items())


def read_list(run: StudyRun, wave: str, *, identity: Path | None) -> str:
    """Return the list of a wave as CSV text, for the duty holder's own eyes.

    Raises
    ------
    DefinitionError
        No own key, or one that does not open it.
    DataError
        If there is no list for the wave.
    """
    folder = _folder(run)
    for path in (folder / f"{wave}.csv.age", folder / f"{wave}.csv"):
        if path.exists():
            content = path.read_bytes()
            if path.suffix == ".age":
                if identity is None:
                    what = "the list is encrypted, and nothing says with which own key to open it."
                    remedy = "Set EVAL_TOOLS_IDENTITY_FILE to the file of your own key."
                    raise DefinitionError(Problem(path.name, what, remedy))
                content = decrypt(content, identity, workbench=run.workbench.root, what="the list")
            return content.decode("utf-8-sig")
    remedy = f"Lists: {', '.join(sorted(p.name for p in folder.glob('*.csv*') if p.name != ANSWERED)) or 'none'}."
    raise DataError(Problem(f"safeguarding/{run.study.id}", f"no list for wave {wave!r}.", remedy))


def enter_answer(run: StudyRun, *, file: str, row: int, outcome: str, on: datetime.date) -> None:
    """Enter what was done about one form of a list; nothing about the answer or the child.

    Raises
    ------
    UnknownNames
        Another outcome than seen, family_told, referred or reported.
    DataError
        If the form was never listed, or the date lies before it was.
    """
    if outcome not in OUTCOMES:
        raise UnknownNames("outcome", missing=[outcome], known=OUTCOMES, where="--outcome")
    path = _folder(run) / ANSWERED
    rows = _read_answers(path)
    mine = [entry for entry in rows if (entry["file"], entry["row"]) == (file, str(row))]
    if not mine:
        what = "no form of this file and row was ever listed."
        raise DataError(Problem(f"{file}, row {row}", what, "Copy both from the list: columns file and row."))
    if on.isoformat() < mine[0]["listed"][:10]:
        raise DataError(Problem(f"{file}, row {row}", "was listed after that day.", "Give the day of the answer."))
    mine[0] |= {"answered": on.isoformat(), "outcome": outcome}
    write_owner_only(path, _answers(rows), above=run.workbench.scratch)


def count_answered(run: StudyRun) -> tuple[int, int, int]:
    """Count the forms that were ever listed, those that were answered, and those answered within a day."""
    rows = _read_answers(_folder(run) / ANSWERED)
    days = [
        (datetime.date.fromisoformat(entry["answered"]) - datetime.date.fromisoformat(entry["listed"][:10])).days
        for entry in rows
        if entry["answered"]
    ]
    return len(rows), len(days), sum(each <= 1 for each in days)


def _folder(run: StudyRun) -> Path:
    return run.workbench.scratch / "safeguarding" / run.study.id


def _note_listed(path: Path, alerts: Sequence[Alert]) -> None:
    """Remember when a form was listed first."""
    rows = _read_answers(path)
    known = {(entry["file"], entry["row"]) for entry in rows}
    now = datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="seconds")
    new = [key for key in dict.fromkeys((a.file, str(a.row)) for a in alerts) if key not in known]
    if new:
        rows += [dict(zip(ANSWER_COLUMNS, (*key, now, "", ""), strict=True)) for key in new]
        write_owner_only(path, _answers(rows), above=path.parent.parent.parent)


def _read_answers(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{name: as_written(cell) for name, cell in entry.items()} for entry in csv.DictReader(file)]


def _answers(rows: Sequence[dict[str, str]]) -> bytes:
    lines = [[entry[name] for name in ANSWER_COLUMNS] for entry in rows]
    return csv_text(ANSWER_COLUMNS, lines, line_end="\n").encode("utf-8-sig")


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


def _content(alerts: Sequence[Alert], recipient: str) -> bytes:
    """Word the list; encrypted it begins with the identifier on the form, so that nobody has to look for the child."""
    lines: list[tuple[Cell, ...]] = []
    for a in alerts:
        place = (a.participant, a.wave, a.informant, a.instrument)
        line = (*place, " ".join(a.items), a.level, a.action, a.file, a.row)
        lines.append(((a.identifier,) if recipient else ()) + line)
    header = (("identifier",) if recipient else ()) + COLUMNS
    content = csv_text(header, lines, line_end="\n").encode("utf-8-sig")
    return encrypt(content, [recipient]) if recipient else content
