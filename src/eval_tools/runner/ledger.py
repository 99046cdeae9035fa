"""What was published, and about whom: so that a withdrawal can name the tables that hold the child.

The ledger names tables, the file beside it pseudonyms; its owner alone can read both, and neither lies under reports/.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from eval_tools.runner.owner_only import append_rows
from eval_tools.spreadsheets import as_written

COLUMNS = ("date", "term", "report", "table", "people")
SETS = ("people", "participant")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Published:
    """One table, page or figure that was published."""

    date: str
    term: str
    report: str
    table: str


class Ledger:
    """The ledger of one study."""

    def __init__(self, scratch: Path, study: str) -> None:
        self._tables = scratch / "ledger" / f"{study}.csv"
        self._people = scratch / "ledger" / f"{study}.people.csv"

    def add(self, *, term: str, report: str, tables: Iterable[str], people: Collection[str], on: datetime.date) -> None:
        """Enter what is published now, with everybody it is about.

        Parameters
        ----------
        term, report : str
            The wave and the folder of the report.
        tables : iterable of str
            Names of tables, pages and figures.
        people : collection of str
            Pseudonyms. In the ledger they are one hash; whom it means stands in the file beside it.
        on : date
        """
        ordered = sorted(set(people))
        name = hashlib.sha256("\n".join(ordered).encode()).hexdigest()[:16]
        if name not in {entry["people"] for entry in _read(self._people)}:
            append_rows(self._people, SETS, [(name, who) for who in ordered])
        append_rows(self._tables, COLUMNS, [(on.isoformat(), term, report, table, name) for table in tables])

    def about(self, participant: str) -> tuple[Published, ...]:
        """List what was published that is also about one person, oldest first."""
        sets = {entry["people"] for entry in _read(self._people) if entry["participant"] == participant}
        return tuple(
            sorted(
                Published(date=each["date"], term=each["term"], report=each["report"], table=each["table"])
                for each in _read(self._tables)
                if each["people"] in sets
            )
        )


def _read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{name: as_written(cell) for name, cell in entry.items()} for entry in csv.DictReader(file)]
