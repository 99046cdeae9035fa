"""One declared fault of an export, and a whole log of them, as corrections.yaml declares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Action = Literal["keep", "set", "replace", "drop", "log"]
Change = Literal["replace", "blank", "drop", "none"]
IN_YAML = "Correct or remove it in corrections.yaml."


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One declared fault and what is done about it.

    ``details`` holds what the action needs: a rule and a column to keep by; column, from and to of a cell.
    ``from`` is None where a log does not record what stood there. Of action ``log`` they are the CleaningLog, and
    ``rows`` is the number of its lines that ask for something.
    """

    id: str
    file: str
    where: str
    match: Mapping[str, Any]  # column -> text, or a place: row and sha256
    rows: int
    action: Action
    details: Any
    accepted: bool
    remedy: str = IN_YAML


@dataclass(frozen=True, slots=True, kw_only=True)
class CleaningLog:
    """A file with one line for each question looked into, kept while the data were cleaned."""

    log: str  # name for findings, relative to the study's folder
    path: Path
    folder: Path  # of the study; the log lies inside
    key: tuple[str, str]  # column of the log, column of the export, that name the record
    question: str  # columns of the log …
    change: str
    old: str
    new: str
    issue: str  # '' if the log has none
    changes: Mapping[str, Change]  # word of the log -> what it asks for
    old_not_recorded: bool  # an empty cell in column old says nothing about what stood there
