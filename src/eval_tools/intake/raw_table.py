"""A raw file as text: every cell as it was received, with its row number; typing comes later."""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.findings import Findings, shorten

MAX_BYTES = 500_000_000
MAX_COLUMNS = 5_000
MAX_CELL = 1_000_000
# Reasons a cell holds no answer, as a reader or a correction tells them; no file can hold them, NUL is refused.
# An empty cell is blank: the question was seen and not answered.
INVALID = "\x00invalid"  # refused, or declared invalid
SKIPPED = "\x00skipped"  # not asked, because of another answer
NOT_IN_VERSION = "\x00not_in_version"  # not on this version of the form
REASONS = {INVALID: "invalid", SKIPPED: "skipped", NOT_IN_VERSION: "not_in_version"}


@dataclass(frozen=True, slots=True)
class RawTable:
    """Cells as text; ``header`` holds the unique names of the columns, ``rows`` the row number of each record."""

    file: str
    header: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    rows: tuple[int, ...]
    sha256: str
    n_bytes: int
    columns: tuple[ColumnInfo, ...] = ()  # in the order of header; none where the file tells nothing but names
    repeats: Mapping[str, RawTable] = field(default_factory=dict)  # tables of repeated groups, by name

    def column(self, name: str) -> list[str]:
        """Return one column as text, full-width characters and outer blanks made plain; '' where no answer is."""
        index = self.header.index(name)
        return ["" if record[index] in REASONS else plain(record[index]) for record in self.cells]

    def keep(self, wanted: list[bool]) -> RawTable:
        """Return the table with only the records that are wanted."""
        return replace(
            self,
            cells=tuple(c for c, w in zip(self.cells, wanted, strict=True) if w),
            rows=tuple(r for r, w in zip(self.rows, wanted, strict=True) if w),
        )


def plain(text: str) -> str:
    """Make full-width digits and brackets plain and strip blanks, so that ``１`` and ``1`` are one answer.

    Examples
    --------
    >>> plain(" １２ ")
    '12'
    """
    return unicodedata.normalize("NFKC", text).strip()


def read_csv(
    path: Path, *, file: str, encoding: str, findings: Findings, declared: Collection[str] = ()
) -> RawTable | None:
    """Read a CSV file; None, with findings, if it cannot be read as declared.

    Parameters
    ----------
    path : Path
    file : str
        Name used in findings.
    encoding : str
        As declared in study.yaml; never guessed. A byte-order mark is accepted.
    findings : Findings
        Missing file, wrong encoding, NUL characters, repeated column names, records of the wrong length.
    declared : collection of str
        Column names that study.yaml declares. If row 1 holds none of them it may be a row of answers, and no
        message shows any of it.
    """
    raw = _read_bytes(path, file, findings)
    if raw is None:
        return None
    text = _decode(raw, encoding, file, findings)
    if text is None:
        return None
    csv.field_size_limit(MAX_CELL)
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        findings.add("not_csv", f"not a well-formed CSV file ({error}). | Export the file again.", file=file)
        return None
    while records and not any(cell.strip() for cell in records[-1]):
        records.pop()
    if not records:
        findings.add("file_empty", "the file is empty. | Export the file again.", file=file)
        return None
    header = tuple(cell.strip() for cell in records[0])
    if declared and not set(declared) & set(header):
        findings.add(
            "header_missing",
            "the first row holds none of the column names that study.yaml declares. | "
            "Is it the right file, and is its first row the header?",
            file=file,
            row=1,
        )
        return None
    if not _check_header(header, file, findings) or not _check_lengths(header, records, file, findings):
        return None
    if len(records) == 1:
        findings.add(
            "no_rows",
            "the file holds a header and not a single row. | Export it again; right only if nobody answered.",
            severity="warning",
            file=file,
        )
    return RawTable(
        file=file,
        header=header,
        cells=tuple(map(tuple, records[1:])),
        rows=tuple(range(2, len(records) + 1)),
        sha256=hashlib.sha256(raw).hexdigest(),
        n_bytes=len(raw),
    )


def _read_bytes(path: Path, file: str, findings: Findings) -> bytes | None:
    if path.is_symlink():
        findings.add("file_is_link", "the file is a link. | Put the file itself into the study's folder.", file=file)
        return None
    try:
        if path.stat().st_size > MAX_BYTES:
            findings.add("file_too_large", f"larger than {MAX_BYTES:,} bytes. | Split the export.", file=file)
            return None
        return path.read_bytes()
    except FileNotFoundError:
        near = sorted(p.name for p in path.parent.glob("*") if p.is_file()) if path.parent.is_dir() else []
        listed = f"The folder holds: {', '.join(near)}." if near else "The folder is empty or absent."
        findings.add("file_missing", f"the file does not exist. | {listed}", file=file)
    except OSError as error:
        findings.add("file_unreadable", f"cannot be read ({error.strerror}). | Check its rights.", file=file)
    return None


def _decode(raw: bytes, encoding: str, file: str, findings: Findings) -> str | None:
    if encoding == "utf-8":
        encoding = "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        findings.add(
            "wrong_encoding",
            f"not {encoding.removesuffix('-sig')} from this row on. | Declare encoding: gb18030 (or big5hkscs, utf-16) "
            "for this file in study.yaml, or save it as UTF-8.",
            file=file,
            row=row,
        )
        return None
    if "\x00" in text:
        findings.add("nul_characters", "holds NUL characters. | Export the file again as CSV text.", file=file)
        return None
    return text


def _check_header(header: tuple[str, ...], file: str, findings: Findings) -> bool:
    if len(header) > MAX_COLUMNS:
        findings.add("too_many_columns", f"more than {MAX_COLUMNS} columns. | Is it the right file?", file=file)
        return False
    repeated = {name for name in header if header.count(name) > 1}
    for name in sorted(repeated):
        positions = [i + 1 for i, other in enumerate(header) if other == name]
        findings.add(
            "column_repeated",
            f"the column name stands in positions {shorten(positions)}. | Rename all but one in the export.",
            file=file,
            row=1,
            column=name,
            count=len(positions),
        )
    return not repeated


def _check_lengths(header: tuple[str, ...], records: list[list[str]], file: str, findings: Findings) -> bool:
    wrong = [i for i, record in enumerate(records[1:], start=2) if len(record) != len(header)]
    for row in wrong:
        findings.add(
            "record_length",
            f"the row does not have the header's {len(header)} cells. | Look for a stray comma or quote.",
            file=file,
            row=row,
        )
    return not wrong


READERS = {"csv": read_csv}
