"""CSV and XLSX without live formulas: what a cell says is text or a number, never something that runs.

A text that begins with ``= + - @``, a tab or a line break, also in full width, gets an apostrophe in front in CSV;
in XLSX every text is stored as text. Numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

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
    return f"'{value}" if isinstance(value, str) and value.startswith(LIVE) else value


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    r"""Write a table as CSV text; a missing value is an empty cell.

    Examples
    --------
    >>> csv_text(["a", "b"], [[1, "@x"], [None, 2.5]])
    "a,b\r\n1,'@x\r\n,2.5\r\n"
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([neutral(name) for name in header])
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return out.getvalue()


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
                cell.value = value
                if isinstance(value, str):
                    cell.data_type = "s"
                    cell.quotePrefix = value.startswith(LIVE)
                if i == 1:
                    cell.font = Font(bold=True)
                cell.alignment = Alignment(vertical="top", wrap_text=True)
        for j, width in enumerate((widths or {}).get(name, ()), start=1):
            sheet.column_dimensions[get_column_letter(j)].width = width
        sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def write_whole(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file in one go; a half-written one is never left behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, delete=False) as file:
        file.write(content)
    new = Path(file.name)
    new.chmod(mode)
    new.replace(path)
