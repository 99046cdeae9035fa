"""LINKS on disk: what the last run decided, readable by its owner only, so that a change of mind is seen."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from eval_tools.errors import DataError, Problem
from eval_tools.intake.linkage.review import write_rows
from eval_tools.spreadsheets import as_written
from eval_tools.tables import LINKS, check_table

if TYPE_CHECKING:
    import pandas as pd


def write_links(path: Path, links: pd.DataFrame) -> None:
    """Keep LINKS below ``.eval_tools/linkage/<study>/``; a half-written file is never left behind."""
    blank = links.astype(object).where(links.notna(), "")
    write_rows(path, list(LINKS.columns), blank[list(LINKS.columns)].to_numpy().tolist())


def read_links(path: Path) -> pd.DataFrame:
    """Read what was kept; an empty LINKS if there is nothing.

    Raises
    ------
    DataError
        The file is not what was written.
    """
    import pandas as pd

    if not path.exists():
        return pd.DataFrame(columns=list(LINKS.columns))
    with path.open(encoding="utf-8-sig", newline="") as file:
        records = [[as_written(cell) for cell in record] for record in csv.reader(file)]
    if not records or records[0] != list(LINKS.columns) or any(len(row) != len(records[0]) for row in records):
        raise DataError(Problem(path.name, "is not the list that was kept.", "Remove it; it is written anew."))
    table = pd.DataFrame(records[1:], columns=records[0])
    for column in ("row", "distance", "margin"):
        table[column] = pd.to_numeric(table[column], errors="coerce")
    return check_table(table.assign(row=table["row"].astype("Int64").astype(int)), LINKS)
