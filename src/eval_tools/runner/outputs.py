"""The record of what a run put out: every file, and for every table which rule of disclosure control it passed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from eval_tools.privacy.disclosure import ReleasedTable
from eval_tools.privacy.rule import RULES_APPLIED
from eval_tools.spreadsheets import Cell, csv_text

FILE = "outputs.csv"
COLUMNS = ("file", "kind", "rule", "rows", "rows_with_hidden", "min_cell", "round_to", "sha256")
KINDS = {".html": "report", ".ipynb": "notebook"}
FROM_TABLES = "shows released tables and nothing else; searched for pseudonyms"


def outputs_csv(folder: Path, tables: Sequence[ReleasedTable]) -> bytes:
    """List every file of a report folder with what was done before it could be published.

    Parameters
    ----------
    folder : Path
        Of the report, complete but for this list and run.json.
    tables : sequence of ReleasedTable
        Those written below ``tables/``.

    Returns
    -------
    bytes
        One line per file, in the order of names: the rule applied, how many rows a table has and in how many of
        them something is hidden, the thresholds, and the hash by which run.json knows the file.
    """
    released = {f"tables/{table.name}.csv": table for table in tables}
    lines: list[tuple[Cell, ...]] = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        table = released.get(name)
        if table is None:
            lines.append((name, KINDS.get(path.suffix, "file"), FROM_TABLES, None, None, None, None, digest))
        else:
            rule = table.rule
            counts = (len(table.data), table.n_suppressed, rule.min_cell, rule.round_to)
            lines.append((name, "table", RULES_APPLIED[table.kind], *counts, digest))
    return csv_text(COLUMNS, lines, line_end="\n").encode("utf-8-sig")
