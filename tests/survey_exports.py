"""Open sample exports for the tests of the readers, and build small invented ones."""

from __future__ import annotations

import csv
import io
import lzma
from collections.abc import Sequence
from pathlib import Path

from eval_tools.intake.exports.reader import Companion, Export
from eval_tools.intake.files.sheet import ReceivedFile, Sheet

DATA = Path(__file__).parent / "intake" / "data"


def received(path: Path) -> ReceivedFile:
    """Read a sample; one that is compressed as if it were not."""
    content = lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()
    return ReceivedFile(
        file=path.name.removesuffix(".xz"), path=path.with_suffix("") if path.suffix == ".xz" else path, content=content
    )


def sheets_of(got: ReceivedFile) -> tuple[Sheet, ...]:
    """Return the sheets of a sample as text."""
    if got.path.suffix == ".json":
        return ()
    if got.path.suffix == ".xlsx":
        return _workbook(got.content)
    text = got.content.decode("utf-8-sig")
    separator = ";" if text.split("\n", 1)[0].count(";") else ","
    return (Sheet(name="", cells=tuple(map(tuple, csv.reader(io.StringIO(text, newline=""), delimiter=separator)))),)


def _workbook(content: bytes) -> tuple[Sheet, ...]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(content))
    sheets = []
    for sheet in book:
        rows = list(sheet.iter_rows())
        cells = tuple(tuple("" if c.data_type == "f" else _text(c.value) for c in row) for row in rows)
        formulas = tuple((c.row, c.column) for row in rows for c in row if c.data_type == "f")
        sheets.append(Sheet(name=sheet.title, cells=cells, formulas=formulas))
    return tuple(sheets)


def _text(value: object) -> str:
    return "" if value is None else str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def opened(path: str, **companions: str) -> Export:
    """Open a sample under tests/intake/data with its companions, by role."""
    got = received(DATA / path)
    beside = {role: received(DATA / name) for role, name in companions.items()}
    return Export(
        received=got,
        sheets=sheets_of(got),
        companions={role: Companion(received=r, sheets=sheets_of(r)) for role, r in beside.items()},
    )


def table(*rows: Sequence[str] | str, name: str = "") -> Sheet:
    """Write a sheet as rows, or as lines with `|` between cells."""
    return Sheet(
        name=name,
        cells=tuple(tuple(c.strip() for c in row.split("|")) if isinstance(row, str) else tuple(row) for row in rows),
    )


def invented(*sheets: Sheet, file: str = "invented.csv", **companions: Sequence[Sheet]) -> Export:
    """Build an export of invented people from sheets."""

    def named(name: str) -> ReceivedFile:
        return ReceivedFile(file=name, path=Path(name), content=b"")

    return Export(
        received=named(file),
        sheets=tuple(sheets),
        companions={role: Companion(received=named(f"{role}.csv"), sheets=tuple(s)) for role, s in companions.items()},
    )
