"""Sheets as text: every cell as a person sees it; dates where codes were, and merged cells, are found out."""

from __future__ import annotations

import csv
import datetime
import io
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval_tools.errors import DataError, Problem

MAX_BYTES = 200_000_000
MAX_UNPACKED = 1_000_000_000
MAX_CELL = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet; rows without any cell are left out."""

    name: str  # "" for CSV
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    places: tuple[int, ...]  # row numbers, the header being row 1
    filled: int  # cells that were filled from a merged cell
    dates: tuple[int, ...]  # columns that hold dates


def read_cells(path: Path, *, encoding: str = "utf-8") -> list[Sheet]:
    """Read all sheets of a CSV or XLSX file.

    Parameters
    ----------
    path : Path
    encoding : str
        Of a CSV file: utf-8, utf-16, gb18030 or big5hkscs; never guessed.

    Raises
    ------
    DataError
        Not such a file, another encoding, cells merged over columns.
    """
    if not path.is_file():
        raise DataError(Problem(path.name, "does not exist.", "Check the path."))
    if path.stat().st_size > MAX_BYTES:
        raise DataError(Problem(path.name, f"is larger than {MAX_BYTES:,} bytes.", "Is it the right file?"))
    ending = path.suffix.lower()
    if ending in (".csv", ".tsv", ".txt"):
        return [_csv(path, encoding)]
    if ending in (".xlsx", ".xlsm"):
        return _xlsx(path)
    raise DataError(Problem(path.name, f"'{ending}' is no sheet that can be read.", "Save it as .xlsx or .csv."))


def _csv(path: Path, encoding: str) -> Sheet:
    raw = path.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    try:
        text = raw.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise DataError(
            Problem(
                path.name, f"is not {encoding}.", "Say the encoding: gb18030, big5hkscs or utf-16; or save as UTF-8."
            )
        ) from error
    csv.field_size_limit(MAX_CELL)
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise DataError(Problem(path.name, "is no well-formed CSV file.", "Export it again.")) from error
    return _sheet(path.name, "", [[_plain(cell) for cell in record] for record in records], 0, ())


def _xlsx(path: Path) -> list[Sheet]:
    from zipfile import BadZipFile, ZipFile

    from openpyxl import load_workbook

    damaged = Problem(path.name, "is no XLSX file, or a damaged one.", "Save it again as .xlsx.")
    with path.open("rb") as stream:
        try:
            unpacked = sum(info.file_size for info in ZipFile(stream).infolist())
        except (BadZipFile, ValueError) as error:
            raise DataError(damaged) from error
        if unpacked > MAX_UNPACKED:
            raise DataError(
                Problem(path.name, f"unpacks to more than {MAX_UNPACKED:,} bytes.", "Is it the right file?")
            )
        try:
            book = load_workbook(stream, data_only=True)
        except Exception as error:  # the library lets through whatever its parsers raise
            raise DataError(damaged) from error
    sheets = []
    for page in book.worksheets:
        if page.sheet_state != "visible":
            continue
        records: list[list[Any]] = [list(row) for row in page.iter_rows(values_only=True)]
        filled = 0
        for merged in page.merged_cells.ranges:
            if merged.min_col != merged.max_col:
                if (
                    merged.min_row == merged.max_row
                    and all(v is None for v in records[merged.min_row - 1][merged.min_col : merged.max_col])
                    and merged.min_row == 1
                ):
                    continue  # a title over the sheet; the header check finds it
                raise DataError(
                    Problem(path.name, "has cells merged over columns.", "Undo the merging: one value in one cell.")
                )
            value = records[merged.min_row - 1][merged.min_col - 1]
            for row in range(merged.min_row, merged.max_row):
                records[row][merged.min_col - 1] = value
                filled += 1
        dates = {
            i
            for record in records[1:]
            for i, value in enumerate(record)
            if isinstance(value, datetime.date | datetime.time)
        }
        cells = [[_plain(value) for value in record] for record in records]
        sheets.append(_sheet(path.name, page.title, cells, filled, tuple(sorted(dates))))
    return [sheet for sheet in sheets if sheet.header]


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = unicodedata.normalize("NFC", str(value)).replace("\r\n", "\n").replace("\r", "\n")
    return text.strip(" \t\n\u3000\u200b\ufeff")


def _sheet(file: str, name: str, records: list[list[str]], filled: int, dates: tuple[int, ...]) -> Sheet:
    numbered = [(i, record) for i, record in enumerate(records, start=1) if any(record)]
    if not numbered:
        return Sheet(name=name, header=(), rows=(), places=(), filled=0, dates=())
    header = numbered[0][1]
    while header and not header[-1]:
        header = header[:-1]
    width = len(header)
    longer = sum(any(record[width:]) for _, record in numbered[1:])
    named = [h for h in header if h]
    if longer or len(set(named)) != len(named):
        what = f"{longer} rows are longer than the header." if longer else "two columns have the same name."
        raise DataError(Problem(f"{file}{f', sheet {name!r}' if name else ''}", what, "Is row 1 the header?"))
    rows = tuple(tuple((record + [""] * width)[:width]) for _, record in numbered[1:])
    return Sheet(
        name=name,
        header=tuple(header),
        rows=rows,
        places=tuple(i for i, _ in numbered[1:]),
        filled=filled,
        dates=tuple(d for d in dates if d < width),
    )
