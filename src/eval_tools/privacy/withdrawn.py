"""Tombstones: whoever withdrew is dropped before an answer is read. A tombstone is a pseudonym and a date, no more."""

from __future__ import annotations

import csv
import datetime
import re
from collections.abc import Mapping
from pathlib import Path

from eval_tools.errors import DataError, Problem
from eval_tools.privacy.pseudonyms import LENGTH
from eval_tools.spreadsheets import csv_text, write_whole

WITHDRAWN_FILE = "withdrawn.csv"
COLUMNS = ("participant", "withdrawn_on")
PSEUDONYM = re.compile(rf"[a-z2-7]{{{LENGTH}}}")


def read_withdrawn(folder: Path) -> Mapping[str, str]:
    """Read who withdrew from a study, with the day; empty where nobody did.

    Raises
    ------
    DataError
        If a line is none that :func:`add_withdrawn` wrote: a damaged tombstone would let a child back in.
    """
    path = folder / WITHDRAWN_FILE
    if not path.exists():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    wrong = [n for n, line in enumerate(lines[1:], start=2) if not _is_tombstone(line)]
    if not lines or tuple(lines[0]) != COLUMNS:
        wrong = [1, *wrong]
    if wrong:
        where = f"{WITHDRAWN_FILE}, line {', '.join(map(str, wrong[:8]))}"
        raise DataError(Problem(where, "is damaged.", "Restore it from a copy; only eval-tools withdraw writes it."))
    return dict(lines[1:])


def _is_tombstone(line: list[str]) -> bool:
    if len(line) != len(COLUMNS) or not PSEUDONYM.fullmatch(line[0]):
        return False
    try:
        datetime.date.fromisoformat(line[1])
    except ValueError:
        return False
    return True


def add_withdrawn(folder: Path, participant: str, *, on: datetime.date) -> None:
    """Add a tombstone; of somebody who withdrew before, the first day stays."""
    known = dict(read_withdrawn(folder))
    known.setdefault(participant, on.isoformat())
    content = csv_text(COLUMNS, sorted(known.items()), line_end="\n").encode("utf-8-sig")
    write_whole(folder / WITHDRAWN_FILE, content, mode=0o600)
