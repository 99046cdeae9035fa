"""A raw file as text: every cell as it was received, with its row number; typing comes later."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.files.delimited import read_delimited
from eval_tools.intake.files.encoding import decode_text
from eval_tools.intake.files.received import read_bytes
from eval_tools.intake.files.sheet import ReceivedFile
from eval_tools.intake.findings import Findings, shorten

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
    raw = read_bytes(path, file=file, findings=findings)
    if raw is None:
        return None
    text = decode_text(ReceivedFile(file=file, path=path, content=raw), encoding=encoding, findings=findings)
    sheet = None if text is None else read_delimited(text, file=file, findings=findings, separator=",")
    if sheet is None:
        return None
    records = sheet.cells
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
        cells=records[1:],
        rows=tuple(range(2, len(records) + 1)),
        sha256=hashlib.sha256(raw).hexdigest(),
        n_bytes=len(raw),
    )


def _check_header(header: tuple[str, ...], file: str, findings: Findings) -> bool:
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


def _check_lengths(
    header: tuple[str, ...], records: tuple[tuple[str, ...], ...], file: str, findings: Findings
) -> bool:
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
