"""A raw file as text: every cell as it was received, with its row number; typing comes later."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from eval_tools.intake.columns import ColumnInfo

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
