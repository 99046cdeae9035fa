"""CSV and XLSX without live formulas: what a cell says is text or a number, never something that runs.

Every table that leaves the workbench goes through here. In CSV a text that begins with ``= + - @``, a tab or a line
break, also in full width, gets an apostrophe in front, and so does one that begins with apostrophes before such a
sign, so that :func:`as_written` can take exactly one away again. In XLSX every text is stored as text. Numbers stay
numbers.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Cell = str | int | float | None
Rows = Sequence[Sequence[Cell]]
LIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def neutral(value: Cell) -> Cell:
    """Return a cell that no spreadsheet takes for a formula.

    Examples
    --------
    >>> neutral("=1+1"), neutral("plain"), neutral(-9)
    ("'=1+1", 'plain', -9)
    """
    return f"'{value}" if isinstance(value, str) and value.lstrip("'").startswith(LIVE) else value


def as_written(text: str) -> str:
    """Take away the apostrophe that :func:`neutral` put in front.

    Examples
    --------
    >>> as_written("'=1+1"), as_written("''=1+1"), as_written("'s is no formula")
    ('=1+1', "'=1+1", "'s is no formula")
    """
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(LIVE) else text


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]], *, line_end: str = "\r\n") -> str:
    r"""Write a table as CSV text; a missing value is an empty cell.

    Examples
    --------
    >>> csv_text(["a", "b"], [[1, "@x"], [None, 2.5]])
    "a,b\r\n1,'@x\r\n,2.5\r\n"
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=line_end)
    writer.writerow([neutral(name) for name in header])
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return out.getvalue()


def frame_csv(frame: pd.DataFrame) -> bytes:
    r"""Write a table of results as CSV: UTF-8 with a mark so that Excel shows Chinese, numbers in full.

    Examples
    --------
    >>> import pandas as pd
    >>> frame_csv(pd.DataFrame({"school": ["-1"], "estimate": [-0.1]})).decode("utf-8-sig")
    "school,estimate\n'-1,-0.1\n"
    """
    text = frame.select_dtypes(exclude=["number", "bool", "datetime", "timedelta"]).columns
    safe = frame.assign(**{str(name): frame[name].astype(object).map(neutral) for name in text})
    safe = safe.rename(columns=neutral)
    content: str = safe.to_csv(index=False, lineterminator="\n", float_format="%.12g")
    return content.encode("utf-8-sig")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write rows of single people: UTF-8 with mark, so that a spreadsheet opens it well, readable by the owner only."""
    write_whole(path, csv_text(header, rows).encode("utf-8-sig"), mode=0o600)


def xlsx_bytes(sheets: Mapping[str, Rows], *, widths: Mapping[str, Sequence[float]] | None = None) -> bytes:
    """Lay out sheets as an XLSX file; row 1 of each is its heading.

    Parameters
    ----------
    sheets : mapping of name to rows
    widths : mapping of name to column widths, in characters, optional
    """
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for i, row in enumerate(rows, start=1):
            for j, value in enumerate(row, start=1):
                if value is None or value == "":
                    continue
                cell = sheet.cell(row=i, column=j)
                put(cell, value)
                if i == 1:
                    cell.font = Font(bold=True)
                cell.alignment = Alignment(vertical="top", wrap_text=True)
        for j, width in enumerate((widths or {}).get(name, ()), start=1):
            sheet.column_dimensions[get_column_letter(j)].width = width
        sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def put(cell: Any, value: Cell) -> None:
    """Put a value into a cell of openpyxl; a text is stored as text, whatever it begins with.

    Characters that XML cannot hold are left out, as no file could be written with them.
    """
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if not isinstance(value, str):
        cell.value = value
        return
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
    cell.data_type = "s"
    cell.quotePrefix = value.startswith(LIVE)


def write_whole(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file in one go; a half-written one is never left behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, delete=False) as file:
        file.write(content)
    new = Path(file.name)
    new.chmod(mode)
    new.replace(path)


def write_owner_only(path: Path, content: bytes, *, above: Path) -> None:
    """Write beside the target and rename; nobody but the owner may read it, nor its folders below ``above``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for folder in (path.parent, *path.parent.parents):
        if folder == above or not folder.is_relative_to(above):
            break
        folder.chmod(0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.stem}-", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        part.chmod(0o600)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
