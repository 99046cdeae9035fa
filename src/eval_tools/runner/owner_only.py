"""Files that their owner alone may read, and that only grow."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from eval_tools.spreadsheets import Cell, csv_text


def append_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Append rows to a CSV file, which gets its header when it is new; one write, so that no line is torn apart."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "ab") as file:
        if os.name == "posix":
            path.chmod(0o600)
        begins = file.seek(0, os.SEEK_END) == 0
        text = csv_text(header, rows, line_end="\n")
        file.write(text.encode("utf-8-sig") if begins else text.partition("\n")[2].encode("utf-8"))
