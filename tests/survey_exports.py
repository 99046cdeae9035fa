"""Open sample exports for the tests of the readers, and build small invented ones."""

from __future__ import annotations

import lzma
from collections.abc import Sequence
from pathlib import Path

from eval_tools.intake.exports.reader import Companion, Export
from eval_tools.intake.files.sheet import ReceivedFile, Sheet
from eval_tools.intake.files.sheets import read_sheets
from eval_tools.intake.findings import Findings

DATA = Path(__file__).parent / "intake" / "data"


def received(path: Path) -> ReceivedFile:
    """Read a sample; one that is compressed as if it were not."""
    content = lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()
    return ReceivedFile(
        file=path.name.removesuffix(".xz"), path=path.with_suffix("") if path.suffix == ".xz" else path, content=content
    )


def sheets_of(got: ReceivedFile) -> tuple[Sheet, ...]:
    """Return the sheets of a sample as text."""
    sheets = read_sheets(got, findings=Findings())
    assert sheets is not None
    return sheets


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
