"""What every reader offers: whether a file is its own, and the file as a raw table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from eval_tools.intake.files.sheet import ReceivedFile, Sheet
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import RawTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """A file that belongs to an export: its form, its code book, its second typing."""

    received: ReceivedFile
    sheets: tuple[Sheet, ...] = ()  # none where it is no table (XML, SPSS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An opened file with what study.yaml says about reading it."""

    received: ReceivedFile
    sheets: tuple[Sheet, ...] = ()  # none where the file is no table (SPSS, JSON)
    sheet: str = ""  # name of the sheet that counts; '' if the reader decides
    header_row: int = 0  # 0 if the reader finds it
    companions: Mapping[str, Companion] = field(default_factory=dict)  # by role: form, dictionary, structure, …
    encoding: str = ""  # as study.yaml says; only for files whose text is read with the reader (SPSS)
    declared: frozenset[str] = frozenset()  # names of columns in study.yaml; they tell a header from a row of answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One platform.

    ``recognise`` returns the evidence in words (names of columns, never a cell of an answer), '' where there is
    none. ``read`` returns the raw table, or None with findings that say all that is wrong.
    """

    name: str  # the word of study.yaml
    title: str  # for messages
    recognise: Callable[[Export], str]
    read: Callable[[Export, Findings], RawTable | None]
    companions: Sequence[str] = ()  # roles it understands
