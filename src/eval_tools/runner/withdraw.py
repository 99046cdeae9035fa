"""``eval-tools withdraw``: a child leaves a study. Nothing of the ID is kept or shown, only the pseudonym is."""

from __future__ import annotations

import argparse
import datetime
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval_tools.errors import DataError, DefinitionError, Problem

REASONS = ("guardian", "child", "school", "moved", "other")
NO_UNDO = (
    "This cannot be undone: the tombstone holds a pseudonym and a date, and no command takes it away. A child that "
    "takes part again gets a new ID and a new consent."
)
DUTY = (
    "Tell the duty holder before the next check or run: forms of people who withdrew leave the list of answers that "
    "need a person."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """What was done, and where the child still is; no ID, no pseudonym."""

    since: str  # day of the tombstone
    rows: Mapping[str, tuple[int, ...]]  # raw file -> rows that are still there
    tables: tuple[str, ...]  # published: term, report and table
    corrections: int  # lines of corrections.yaml that name the ID
    unread: tuple[str, ...] = ()  # raw files that could not be read


def add_withdraw(commands: Any) -> None:
    """Describe the command and its options."""
    command = commands.add_parser(
        "withdraw",
        help="remove a person from a study for good",
        description="Drop a person from everything that is computed from now on. The ID is asked for, or read from the "
        "standard input, so that it does not stay in the history of the shell. " + NO_UNDO,
    )
    command.add_argument("study", metavar="STUDY", help="folder under data_raw/")
    command.add_argument("id", metavar="ID", nargs="?", default="", help="better left out: it is asked for")
    command.add_argument("--reason-word", default="", choices=("", *REASONS), help="who wished it, for the access log")
    command.add_argument("--even-if-absent", action="store_true", help="also an ID that no file holds so far")


def run_withdraw(options: argparse.Namespace) -> int:
    """Ask for the ID and withdraw the person."""
    given = options.id or _ask()
    if not given.strip():
        raise DefinitionError(Problem("ID", "nothing was given.", "Type the ID as it stands on the form."))
    told = withdraw(options.study, given, even_if_absent=options.even_if_absent)
    sys.stdout.write(in_words(told, options.study))
    return 0


def _ask() -> str:
    if sys.stdin.isatty():
        import getpass

        return getpass.getpass("ID of the person, as on the form (it is not shown): ")
    return sys.stdin.readline()


def withdraw(
    study: str,
    raw_id: str,
    *,
    even_if_absent: bool = False,
    start: Path | None = None,
    today: datetime.date | None = None,
) -> Withdrawal:
    """Write the tombstone of a person, remove the cache, and say where the person still is.

    Raises
    ------
    DataError
        If no raw file and no published table holds the ID; it may be mistyped.
    DefinitionError
        Without the key of the study, or without its fingerprint in study.yaml: with another key the tombstone would
        protect nobody.
    """
    from eval_tools.intake.receive import find_participant
    from eval_tools.privacy.pseudonyms import pseudonym
    from eval_tools.privacy.withdrawn import add_withdrawn, read_withdrawn
    from eval_tools.runner.ledger import Ledger
    from eval_tools.runner.study_run import open_study

    on = today or datetime.datetime.now(tz=datetime.UTC).date()
    run = open_study(study, start=start, today=on)
    if run.study.identifiers == "direct" and not run.study.key_fingerprint:
        what = "no key_fingerprint: with another key the tombstone would protect nobody."
        raise DefinitionError(
            Problem(run.study.file, what, f"Write people: {{key_fingerprint: {run.fingerprint_of_key}}}.")
        )
    who = pseudonym(raw_id, key=run.key, study=run.study.id)
    found = find_participant(run.study, run.instruments, corrections=run.corrections, key=run.key, participant=who)
    published = Ledger(run.workbench.scratch, run.study.id).about(who)
    known = read_withdrawn(run.study.folder)
    if not found.rows and not published and who not in known and not even_if_absent:
        what = "no raw file and no published table holds this ID."
        remedy = "Is it typed as on the form? With --even-if-absent it is withdrawn before its first form arrives."
        raise DataError(Problem("ID", what, remedy))
    add_withdrawn(run.study.folder, who, on=on)
    for folder in ("cache", "unfinished", f"monitor/{run.study.id}"):  # call lists name children by their codes
        shutil.rmtree(run.workbench.scratch / folder, ignore_errors=True)
    tables = dict.fromkeys(f"{each.report}: {each.table}" for each in published)
    return Withdrawal(
        since=known.get(who, on.isoformat()),
        rows=found.rows,
        tables=tuple(tables),
        corrections=found.corrections,
        unread=found.unread,
    )


def in_words(told: Withdrawal, study: str) -> str:
    """Say what was done and what is left to do."""
    lines = [
        f"Withdrawn since {told.since}. From now on no table, figure or notebook is computed with this person, and the "
        "computed tables that were kept are removed.",
        "",
    ]
    n = sum(map(len, told.rows.values()))
    if n:
        lines.append(f"Raw files still hold {n} rows; delete them there if the law or the consent form asks for it:")
        lines += [f"  {file}: rows {', '.join(map(str, rows))}" for file, rows in told.rows.items()]
    else:
        lines.append("No raw file that could be read holds the person.")
    if told.unread:
        lines.append(f"These files could not be read, see eval-tools check: {', '.join(told.unread)}.")
    if told.corrections:
        lines.append(f"data_raw/{study}/corrections.yaml names the ID in {told.corrections} places.")
    lines.append("")
    if told.tables:
        lines.append(f"{len(told.tables)} published tables, pages or figures were computed with the person:")
        lines += [f"  {table}" for table in told.tables]
        lines.append(f"Run every term again: eval-tools run {study} --term …; withdraw printed and sent copies.")
    else:
        lines.append("No table was published with the person, as far as the ledger tells.")
    return "\n".join([*lines, "", DUTY, NO_UNDO, ""])
