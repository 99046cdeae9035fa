"""Exports of form platforms for tests: sample files and tables written by hand, opened as sheets of text."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from eval_tools.intake.exports.reader import Companion, Export, Reader
from eval_tools.intake.files.received import open_received
from eval_tools.intake.files.sheet import ReceivedFile, Sheet
from eval_tools.intake.files.sheets import read_sheets
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import RawTable

DATA = Path(__file__).parent / "intake" / "data"


def open_sample(path: Path, **companions: Path) -> Export:
    """Open a sample file and the files beside it, as a study would."""
    received, sheets = _opened(path)
    beside = {role: _opened(companion) for role, companion in companions.items()}
    return Export(
        received=received,
        sheets=sheets,
        companions={role: Companion(received=file, sheets=tables) for role, (file, tables) in beside.items()},
    )


def _opened(path: Path) -> tuple[ReceivedFile, tuple[Sheet, ...]]:
    findings = Findings()
    received = open_received(path, file=path.name, findings=findings)
    assert received is not None
    sheets = read_sheets(received, findings=findings)
    assert sheets, findings.table()["detail"].tolist()
    return received, sheets


def written(
    rows: Sequence[Sequence[str]], *, file: str = "export.xlsx", **companions: Sequence[Sequence[str]]
) -> Export:
    """Make an export of rows written in a test; companions by role, their file is called by the role."""
    return Export(
        received=ReceivedFile(file=file, path=Path(file), content=repr(rows).encode("utf-8", "replace")),
        sheets=(Sheet(name="Sheet1", cells=tuple(map(tuple, rows))),),
        companions={
            role: Companion(
                received=ReceivedFile(file=f"{role}.xlsx", path=Path(f"{role}.xlsx"), content=b""),
                sheets=(Sheet(name="Sheet1", cells=tuple(map(tuple, beside))),),
            )
            for role, beside in companions.items()
        },
    )


def read_well(reader: Reader, export: Export) -> RawTable:
    """Read an export that must be readable without an error."""
    findings = Findings()
    raw = reader.read(export, findings)
    issues = findings.table()
    assert raw is not None, issues[["rule", "detail"]].to_string()
    assert "error" not in set(issues["severity"])
    return raw


def rules_of(reader: Reader, export: Export, *, severity: str = "error") -> list[str]:
    """Read an export and list the rules of the findings of one severity."""
    findings = Findings()
    raw = reader.read(export, findings)
    issues = findings.table()
    assert (raw is None) == ("error" in set(issues["severity"]))
    return issues.loc[issues["severity"] == severity, "rule"].tolist()


def details_of(reader: Reader, export: Export) -> str:
    """Read an export and return every word of its findings."""
    findings = Findings()
    reader.read(export, findings)
    return findings.table()[["column", "detail"]].to_string(index=False, max_colwidth=None)


def by_name(raw: RawTable) -> dict[str, list[str]]:
    """Return the columns of a table by their names."""
    columns = zip(*raw.cells, strict=True) if raw.cells else [[] for _ in raw.header]
    return {name: list(cells) for name, cells in zip(raw.header, columns, strict=True)}


def kinds_of(raw: RawTable) -> dict[str, str]:
    """Return the kind of each column by its name."""
    return {info.name: info.kind for info in raw.columns}


# --- mutations ---------------------------------------------------------------------------------------------

ODD = (
    "",
    " ",
    "(空)",
    "(跳过)",
    "-2",
    "-3",
    "〖",
    "〗",
    "┋",
    "其他〖",
    "→",
    "１",
    "=1+1",
    "A" * 5000,
    "\ufeff",
    "\xa0",
    "4〖x〗",
)


def mutate(cells: Sequence[Sequence[str]], chance: random.Random) -> tuple[tuple[str, ...], ...]:
    """Spoil a table in a few places: cells, rows, columns, lengths, header."""
    rows = [list(row) for row in cells]
    for _ in range(chance.randint(1, 6)):
        _MUTATIONS[chance.randrange(len(_MUTATIONS))](rows, chance)
    return tuple(map(tuple, rows))


def _spoil_cell(rows: list[list[str]], chance: random.Random) -> None:
    if rows and (row := chance.choice(rows)):
        row[chance.randrange(len(row))] = chance.choice(ODD)


def _spoil_header(rows: list[list[str]], chance: random.Random) -> None:
    if rows and rows[0]:
        at = chance.randrange(len(rows[0]))
        rows[0][at] = chance.choice(
            (*ODD, rows[0][at - 1], "5、", "第5题()", "5()", f"{chance.randrange(99)}、新", "总分")
        )


def _cut_row(rows: list[list[str]], chance: random.Random) -> None:
    if rows and (row := chance.choice(rows)):
        del row[chance.randrange(len(row)) :]


def _lengthen_row(rows: list[list[str]], chance: random.Random) -> None:
    if rows:
        chance.choice(rows).extend(chance.choices(ODD, k=chance.randint(1, 4)))


def _drop_row(rows: list[list[str]], chance: random.Random) -> None:
    if rows:
        del rows[chance.randrange(len(rows))]


def _repeat_row(rows: list[list[str]], chance: random.Random) -> None:
    if rows:
        rows.append(list(chance.choice(rows)))


def _drop_column(rows: list[list[str]], chance: random.Random) -> None:
    if rows and rows[0]:
        at = chance.randrange(len(rows[0]))
        for row in rows:
            del row[at : at + 1]


def _swap_columns(rows: list[list[str]], chance: random.Random) -> None:
    if rows and len(rows[0]) > 1:
        one, other = chance.sample(range(len(rows[0])), 2)
        for row in rows:
            if max(one, other) < len(row):
                row[one], row[other] = row[other], row[one]


def _keep_a_few(rows: list[list[str]], chance: random.Random) -> None:
    del rows[chance.randint(0, 3) :]


_MUTATIONS: tuple[Callable[[list[list[str]], random.Random], None], ...] = (
    _spoil_cell,
    _spoil_cell,
    _spoil_header,
    _cut_row,
    _lengthen_row,
    _drop_row,
    _repeat_row,
    _drop_column,
    _swap_columns,
    _keep_a_few,
)


def read_mutated(reader: Reader, export: Export, *, seed: int, times: int) -> Mapping[str, int]:
    """Read many spoilt copies of an export; count how they end. Whatever is read must be a whole table."""
    chance = random.Random(seed)
    ends = {"read": 0, "refused": 0}
    for _ in range(times):
        spoilt = Export(
            received=export.received,
            sheets=tuple(Sheet(name=s.name, cells=mutate(s.cells, chance)) for s in export.sheets),
            companions={
                role: Companion(
                    received=beside.received,
                    sheets=tuple(
                        Sheet(name=s.name, cells=mutate(s.cells, chance) if chance.random() < 0.3 else s.cells)
                        for s in beside.sheets
                    ),
                )
                for role, beside in export.companions.items()
            },
        )
        findings = Findings()
        assert isinstance(reader.recognise(spoilt), str)
        raw = reader.read(spoilt, findings)
        failed = "error" in set(findings.table()["severity"])
        assert (raw is None) == failed
        ends["refused" if raw is None else "read"] += 1
        if raw is not None:
            assert len(set(raw.header)) == len(raw.header) == len(raw.columns)
            assert [info.name for info in raw.columns] == list(raw.header)
            assert len(raw.cells) == len(raw.rows)
            assert {len(record) for record in raw.cells} <= {len(raw.header)}
    return ends
