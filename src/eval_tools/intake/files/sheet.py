"""What every file becomes first: sheets of text cells at their positions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedFile:
    """One file as it was received: its bytes, read once, and their hash."""

    file: str  # name used in findings, relative to the study's folder
    path: Path
    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Hash of the bytes."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def n_bytes(self) -> int:
        """Length in bytes."""
        return len(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet, or a whole CSV file; ``cells[0]`` is row 1. Rows at the end that are empty are left out.

    In a CSV file every row keeps the length it has in the file; in a spreadsheet all have the same.
    """

    name: str  # '' for a CSV file
    cells: tuple[tuple[str, ...], ...] = field(repr=False)
    formulas: tuple[tuple[int, int], ...] = ()  # (row, column) of cells that hold a live formula, both from 1

    @property
    def first_row(self) -> tuple[str, ...]:
        """Row 1; nothing where the sheet is empty."""
        return self.cells[0] if self.cells else ()
