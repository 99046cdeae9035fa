"""One raw file of a study: opened, recognised, read by its platform's reader, and stripped of what identifies."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path

from eval_tools.intake.exports.reader import Companion, Export
from eval_tools.intake.exports.recognise import choose_reader
from eval_tools.intake.files.received import open_received
from eval_tools.intake.files.sheets import read_sheets
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import RawTable, plain
from eval_tools.studies.study import Reading

# Kinds of columns that need no word in study.yaml: what the platform adds, and parts of a question, which depend on
# what somebody chose and so may come and go from wave to wave.
OF_THE_PLATFORM = ("system", "identifying", "score", "choices", "choice", "rank", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """What run.json says of a raw file."""

    file: str
    sha256: str
    n_bytes: int
    n_rows: int
    reader: str = ""  # '' for a companion


def read_raw_file(
    folder: Path,
    file: str,
    reading: Reading,
    wanted: Collection[str],
    findings: Findings,
    raw_files: list[RawFile],
    *,
    identifying: Collection[str] = (),
) -> RawTable | None:
    """Read a file as text; None, with findings, if that is not possible without guessing.

    Parameters
    ----------
    folder : Path
        Of the study; the file and its companions lie below it.
    file : str
    reading : Reading
        What study.yaml says about it.
    wanted : collection of str
        Columns that study.yaml writes down: by unique name, or by header or question where no other column has it.
        In the table they have the names written there.
    findings : Findings
    raw_files : list of RawFile
        Grows by this file and its companions.
    identifying : collection of str
        Columns that study.yaml declares to identify people; they are dropped like those of the platform.
    """
    export = open_export(folder, file, reading, wanted, findings)
    if export is None:
        return None
    reader = choose_reader(export, findings, declared=reading.reader)
    raw = reader.read(export, findings) if reader is not None else None
    if raw is None:
        return None
    for received in (export.received, *(each.received for each in export.companions.values())):
        if received.file not in {known.file for known in raw_files}:
            main = received is export.received
            raw_files.append(
                RawFile(
                    file=received.file,
                    sha256=received.sha256,
                    n_bytes=received.n_bytes,
                    n_rows=len(raw.cells) if main else 0,
                    reader=reader.name if main and reader is not None else "",
                )
            )
    raw = _named_as_declared(raw, wanted)
    if not _check_columns(raw, wanted, findings):
        return None
    return _without_identifying(raw, wanted, identifying, findings)


def open_export(
    folder: Path, file: str, reading: Reading, wanted: Collection[str], findings: Findings
) -> Export | None:
    """Open a file and its companions as sheets of text; None, with findings, where one of them cannot be read."""
    received = open_received(folder / file, file=file, findings=findings, folder=folder)
    if received is None:
        return None
    sheets = read_sheets(received, encoding=reading.encoding, findings=findings)
    companions = {}
    for role, name in reading.companions.items():
        beside = open_received(folder / name, file=name, findings=findings, folder=folder)
        tables = None if beside is None else read_sheets(beside, findings=findings)
        if beside is None or tables is None:
            return None
        companions[role] = Companion(received=beside, sheets=tables)
    if sheets is None:
        return None
    return Export(
        received=received,
        sheets=sheets,
        sheet=reading.sheet,
        encoding=reading.encoding,
        header_row=reading.header_row,
        companions=companions,
        declared=frozenset(wanted),
    )


def _named_as_declared(raw: RawTable, declared: Collection[str]) -> RawTable:
    """Give a column the name that study.yaml writes for it, if that is its header or question, and of no other."""
    if not raw.columns:
        return raw
    names = list(raw.header)
    for text in declared:
        if text in names:
            continue
        same = _meant(raw, text)
        if len(same) == 1:
            names[same[0]] = text
    columns = tuple(replace(info, name=name) for info, name in zip(raw.columns, names, strict=True))
    return replace(raw, header=tuple(names), columns=columns)


def _meant(raw: RawTable, text: str) -> list[int]:
    """Find the columns with such a header or, if there is none, with such words of the question."""
    wanted = plain(text)
    headers = [i for i, info in enumerate(raw.columns) if plain(info.header) == wanted]
    return headers or [i for i, info in enumerate(raw.columns) if info.text and plain(info.text) == wanted]


def _check_columns(raw: RawTable, wanted: Collection[str], findings: Findings) -> bool:
    absent = [name for name in wanted if name not in raw.header]
    for name in absent:
        same = [raw.header[i] for i in _meant(raw, name)]
        near = ", ".join(raw.header[:6]) + (" …" if len(raw.header) > 6 else "")
        told = (
            f"Several columns have this header; name one of them: {', '.join(same)}."
            if same
            else (f"The header begins: {near}")
        )
        findings.add(
            "column_missing",
            f"declared in study.yaml but not in the file. | {told}",
            file=raw.file,
            row=1,
            column=name,
        )
    if absent:
        report_undeclared(raw, wanted, findings)
    return not absent


def report_undeclared(raw: RawTable, declared: Collection[str], findings: Findings) -> None:
    """Report the columns that study.yaml says nothing about; what the platform adds by itself needs no word."""
    kinds = [info.kind for info in raw.columns] or ["answer"] * len(raw.header)
    for name, kind in zip(raw.header, kinds, strict=True):
        if name not in declared and kind not in OF_THE_PLATFORM:
            findings.add(
                "column_undeclared",
                "stands in the file but not in study.yaml. | Say what it is, or list it under ignore.",
                file=raw.file,
                row=1,
                column=name,
            )


def _without_identifying(
    raw: RawTable, wanted: Collection[str], identifying: Collection[str], findings: Findings
) -> RawTable:
    """Drop what identifies a person, before anything else looks at the table."""
    kinds = [info.kind for info in raw.columns] or ["answer"] * len(raw.header)
    drop = [
        name in identifying or (kind == "identifying" and name not in wanted)
        for name, kind in zip(raw.header, kinds, strict=True)
    ]
    if not any(drop):
        return raw
    dropped = list(compress(raw.header, drop))
    findings.add(
        "identifying_dropped",
        f"columns that identify people were dropped before anything was read from them: {', '.join(dropped)}",
        severity="note",
        file=raw.file,
        count=len(dropped),
    )

    def kept(row: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(cell for cell, gone in zip(row, drop, strict=True) if not gone)

    return replace(
        raw,
        header=kept(raw.header),
        cells=tuple(map(kept, raw.cells)),
        columns=tuple(info for info, gone in zip(raw.columns, drop, strict=True) if not gone),
    )
