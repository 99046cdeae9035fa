"""A table that somebody typed, CSV or XLSX, as text: every cell as it stands, with its row number."""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import Path

from eval_tools.errors import DataError, DefinitionError, Problem

MAX_BYTES = 50_000_000
MAX_UNPACKED = 400_000_000
MAX_RATIO = 200
MAX_PARTS = 2_000
MAX_ROWS = 200_000
MAX_COLUMNS = 2_000
ENCODINGS = ("utf-8", "utf-16", "gb18030", "big5hkscs")
SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedTable:
    """Cells as text; ``rows`` holds the row number of each record in the file, the header being row 1."""

    file: str
    header: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    rows: tuple[int, ...]

    def column(self, position: int) -> list[str]:
        """Return one column, full-width characters and outer blanks made plain."""
        return [plain(record[position]) for record in self.cells]


def plain(text: str) -> str:
    """Make full-width characters plain and strip blanks.

    Examples
    --------
    >>> plain(" １２ ")
    '12'
    """
    return unicodedata.normalize("NFKC", text).strip()


def read_typed_table(path: Path, *, encoding: str = "utf-8") -> TypedTable:
    """Read a file with a header and one row for each form; empty rows are passed over.

    Raises
    ------
    DefinitionError
        No such file, or neither .csv nor .xlsx.
    DataError
        With what keeps the file from being read; never the content of a cell.
    """
    if not path.is_file():
        near = sorted(p.name for p in path.parent.glob("*") if p.suffix.lower() in (".csv", ".xlsx"))
        listed = f"There are: {', '.join(near[:10])}." if near else "Check the name and the folder."
        raise DefinitionError(Problem(path.name, "the file does not exist.", listed))
    kind = path.suffix.lower()
    if kind not in (".csv", ".xlsx"):
        remedy = "Save it as .xlsx or as 'CSV UTF-8'."
        raise DefinitionError(
            Problem(path.name, f"files of the kind {kind or 'without ending'!r} are not read.", remedy)
        )
    if path.stat().st_size > MAX_BYTES:
        raise DataError(Problem(path.name, f"larger than {MAX_BYTES:,} bytes.", "Is it the right file? Or split it."))
    records = _read_csv(path, encoding) if kind == ".csv" else _read_xlsx(path)
    return _table(path.name, records)


def _table(file: str, records: list[list[str]]) -> TypedTable:
    filled = [(row, record) for row, record in enumerate(records, start=1) if any(cell.strip() for cell in record)]
    if not filled:
        raise DataError(Problem(file, "the file is empty.", "Is it the right file?"))
    if filled[0][0] != 1:
        raise DataError(
            Problem(f"{file}, row 1", "the first row is empty.", "Row 1 must hold the names of the columns.")
        )
    header = [cell.strip() for cell in filled[0][1]]
    while header and not header[-1]:
        header.pop()
    problems = []
    if len(header) > MAX_COLUMNS:
        problems.append(Problem(file, f"more than {MAX_COLUMNS:,} columns.", "Is it the right file?"))
    for row, record in filled[1:]:
        if any(cell.strip() for cell in record[len(header) :]):
            what = f"the row has more cells than the {len(header)} columns of row 1."
            problems.append(Problem(f"{file}, row {row}", what, "Look for a stray separator, or name every column."))
    if len(filled) == 1:
        problems.append(Problem(file, "there is a header and not a single row.", "Is it the right file?"))
    if problems:
        raise DataError(problems[:20])
    return TypedTable(
        file=file,
        header=tuple(header),
        cells=tuple(tuple((record + [""] * len(header))[: len(header)]) for _, record in filled[1:]),
        rows=tuple(row for row, _ in filled[1:]),
    )


def _read_csv(path: Path, encoding: str) -> list[list[str]]:
    raw = path.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    try:
        text = raw.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        others = ", ".join(name for name in ENCODINGS if name != encoding)
        remedy = f"Save it as 'CSV UTF-8', or add --encoding with one of: {others}."
        raise DataError(Problem(f"{path.name}, row {row}", f"not {encoding} from here on.", remedy)) from None
    if "\x00" in text:
        raise DataError(Problem(path.name, "holds NUL characters.", "Save it again as 'CSV UTF-8'."))
    csv.field_size_limit(1_000_000)
    first = text.splitlines()[0] if text else ""
    found = [separator for separator in SEPARATORS if separator in first]
    try:
        tables = {s: list(csv.reader(io.StringIO(text, newline=""), delimiter=s, strict=True)) for s in found or [","]}
    except csv.Error as error:
        raise DataError(Problem(path.name, f"not a well-formed CSV file ({error}).", "Save it again.")) from None
    even = [t for t in tables.values() if len({len(record) for record in t if any(map(str.strip, record))}) == 1]
    if len(tables) == 1:
        return next(iter(tables.values()))
    if len(even) != 1:
        what = "it is not clear which character separates the cells."
        raise DataError(Problem(f"{path.name}, row 1", what, "Save it as .xlsx."))
    return even[0]


def _read_xlsx(path: Path) -> list[list[str]]:
    """Read the only sheet that is filled; formulas give the value they had when the file was saved."""
    from openpyxl import load_workbook

    check_package(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises many kinds on a broken file
        what = f"not a readable XLSX file ({type(error).__name__})."
        raise DataError(Problem(path.name, what, "Open it in a spreadsheet program and save it again.")) from None
    try:
        filled = []
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            records = []
            for row, record in enumerate(sheet.iter_rows(values_only=True), start=1):
                if row > MAX_ROWS or len(record) > MAX_COLUMNS * 2:
                    what = f"sheet with more than {MAX_ROWS:,} rows or {MAX_COLUMNS * 2:,} columns."
                    raise DataError(Problem(path.name, what, "Delete stray cells far away, or split the file."))
                records.append([_text(value) for value in record])
            while records and not any(records[-1]):
                records.pop()
            if records:
                filled.append(records)
    finally:
        book.close()
    if len(filled) > 1:
        what = f"{len(filled)} sheets hold something."
        raise DataError(Problem(path.name, what, "Keep one sheet in the file, or save the one meant as CSV UTF-8."))
    return filled[0] if filled else []


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def check_package(path: Path) -> None:
    """Refuse a package that unpacks to something enormous, before any of it is unpacked."""
    try:
        with zipfile.ZipFile(path) as package:
            entries = package.infolist()
    except (zipfile.BadZipFile, OSError):
        remedy = "Open it in a spreadsheet program and save it as .xlsx."
        raise DataError(Problem(path.name, "not an XLSX file.", remedy)) from None
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    large = any(entry.file_size > MAX_UNPACKED for entry in entries)
    if len(entries) > MAX_PARTS or large or unpacked > MAX_UNPACKED or unpacked / packed > MAX_RATIO:
        raise DataError(Problem(path.name, "the file unpacks to far more than a table of answers.", "Save it again."))
