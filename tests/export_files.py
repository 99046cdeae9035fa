"""Exports to test readers with: received files as a study receives them, and tables written in a test."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from eval_tools.intake.exports.reader import Companion, Export
from eval_tools.intake.files.received import open_received
from eval_tools.intake.files.sheet import ReceivedFile, Sheet
from eval_tools.intake.files.sheets import read_sheets
from eval_tools.intake.findings import Findings

DATA = Path(__file__).parent / "intake" / "data"
ROOT_DATA = Path(__file__).parent / "golden"
Rows = Sequence[Sequence[str]]
NASTY = (
    "",
    " ",
    "=1+1",
    "９",
    "\ufeff",
    "\u202e",
    "{",
    '{"ImportId":3}',
    "N/A",
    "-1",
    "x" * 3_000,
    "a;b",
    "Y",
    "[",
    "]",
)


def received_export(path: Path, companions: Mapping[str, Path] | None = None, **about: object) -> Export:
    """Open a file and those beside it as a study does."""
    opened = {role: companion_file(other) for role, other in (companions or {}).items()}
    received, sheets = _open(path)
    return Export(received=received, sheets=sheets, companions=opened, **about)


def companion_file(path: Path) -> Companion:
    """Open a file that belongs to another."""
    received, sheets = _open(path)
    return Companion(received=received, sheets=sheets)


def _open(path: Path) -> tuple[ReceivedFile, tuple[Sheet, ...]]:
    findings = Findings()
    received = open_received(path, file=path.name, findings=findings)
    assert received is not None, findings.table()["detail"].tolist()
    sheets = read_sheets(received, findings=findings)
    assert sheets is not None, findings.table()["detail"].tolist()
    return received, sheets


def made_export(
    rows: Rows | Mapping[str, Rows], companions: Mapping[str, Rows | bytes] | None = None, **about: object
) -> Export:
    """Make an export of rows written in a test; several sheets by name."""
    beside = {
        role: Companion(received=_made_file(f"{role}.csv", content), sheets=made_sheets(content))
        for role, content in (companions or {}).items()
    }
    return Export(received=_made_file("answers.csv", rows), sheets=made_sheets(rows), companions=beside, **about)


def made_sheets(rows: Rows | Mapping[str, Rows] | bytes) -> tuple[Sheet, ...]:
    """Make sheets of rows; none of bytes."""
    if isinstance(rows, bytes):
        return ()
    named = rows if isinstance(rows, Mapping) else {"": rows}
    return tuple(Sheet(name=name, cells=tuple(map(tuple, cells))) for name, cells in named.items())


def _made_file(file: str, content: object) -> ReceivedFile:
    raw = content if isinstance(content, bytes) else repr(content).encode()
    return ReceivedFile(file=file, path=Path(file), content=raw)


def damaged_rows(rows: Rows, rng: random.Random) -> list[list[str]]:
    """Damage a table a few times: rows and columns lost, repeated, moved or cut, cells replaced."""
    table = [list(row) for row in rows]
    for _ in range(rng.randint(1, 4)):
        i = rng.randrange(len(table)) if table else 0
        j = rng.randrange(len(table[i])) if table and table[i] else 0
        match rng.randrange(9):
            case _ if not table or not table[i]:
                table.insert(0, [rng.choice(NASTY)])
            case 0:
                del table[i]
            case 1:
                table.insert(rng.randrange(len(table) + 1), list(table[i]))
            case 2:
                table[i] = table[i][:j]
            case 3:
                table[i].insert(j, rng.choice(NASTY))
            case 4:
                table = [[*row[:j], *row[j + 1 :]] for row in table]
            case 5:
                table = [[*row, *row[j : j + 1]] for row in table]
            case 6:
                other = table[rng.randrange(len(table))]
                table[i][j] = other[0] if other else ""
            case 7:
                table[0][j:] = [rng.choice(NASTY)]
            case _:
                table[i][j] = rng.choice(NASTY)
    return table


def damaged_bytes(raw: bytes, rng: random.Random) -> bytes:
    """Damage bytes a few times: flip, cut, repeat, insert."""
    data = bytearray(raw)
    for _ in range(rng.randint(1, 4)):
        i, j = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        match rng.randrange(4):
            case 0 if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
            case 1:
                del data[i : min(j, i + 60)]
            case 2:
                data[i:i] = data[i : min(j, i + 60)]
            case _:
                data[i:i] = rng.choice((b"\x00", b"<", b"]]>", b"&a;", b"\xff", b"<!DOCTYPE x>"))
    return bytes(data)
