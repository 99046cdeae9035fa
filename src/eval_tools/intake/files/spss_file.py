"""An SPSS file (.sav) -> its variables and cells as text, read in a memory-limited child."""

from __future__ import annotations

import datetime
import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eval_tools.intake.files.limited import ChildFailed, ask_child
from eval_tools.intake.files.sheet import ReceivedFile
from eval_tools.intake.files.spreadsheet import as_text
from eval_tools.intake.findings import Findings

MAX_BYTES = 200_000_000
MAX_ELEMENTS = 50_000_000  # of 8 bytes each, cases x width of a case
_ORIGIN = datetime.datetime(1582, 10, 14)  # SPSS counts seconds from here
_DATES = ("DATE", "ADATE", "EDATE", "SDATE", "JDATE", "MOYR", "QYR", "WKYR")
_MOMENTS = ("DATETIME", "YMDHMS")
_TIMES = ("TIME", "DTIME", "MTIME")


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRange:
    """Values declared as missing by the user: from ``low`` to ``high``, both included; one text for both in strings."""

    low: float | str
    high: float | str

    def holds(self, text: str) -> bool:
        """Say whether a cell is one of them.

        Examples
        --------
        >>> MissingRange(low=97.0, high=99.0).holds("98"), MissingRange(low="NA", high="NA").holds("98")
        (True, False)
        """
        if isinstance(self.low, str) or isinstance(self.high, str):
            return text.rstrip() == str(self.low).rstrip()
        try:
            return self.low <= float(text) <= self.high
        except ValueError:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipleResponse:
    """A set of variables that are the options of one question."""

    name: str
    label: str
    variables: tuple[str, ...]
    counted: str  # the value that means chosen; '' where each variable holds the option itself


@dataclass(frozen=True, slots=True, kw_only=True)
class SavFile:
    """Variables in the order of the file; ``columns[j][i]`` is the cell of case i, '' where it is system-missing."""

    names: tuple[str, ...]
    labels: tuple[str, ...]  # '' where a variable has none
    formats: tuple[str, ...]  # as SPSS writes them, such as F8.2, A20, DATE11
    measures: tuple[str, ...]  # nominal, ordinal, scale, unknown
    value_labels: Mapping[str, Mapping[str, str]]  # by variable: cell -> label
    missing: Mapping[str, tuple[MissingRange, ...]]  # by variable
    multiple_responses: tuple[MultipleResponse, ...]
    encoding: str
    columns: tuple[tuple[str, ...], ...] = field(repr=False)

    @property
    def n_cases(self) -> int:
        """How many cases there are."""
        return len(self.columns[0]) if self.columns else 0

    def is_missing(self, name: str, text: str) -> bool:
        """Say whether a cell of a variable was declared as missing by the user."""
        return any(each.holds(text) for each in self.missing.get(name, ()))


def read_sav(received: ReceivedFile, *, encoding: str = "", findings: Findings) -> SavFile | None:
    """Read an SPSS file; None, with a finding, if it is too large, damaged or in an unknown encoding.

    Parameters
    ----------
    received : ReceivedFile
    encoding : str
        As declared; '' takes what the file says of itself.
    findings : Findings

    Returns
    -------
    SavFile or None
        Numbers as they would be typed (``1``, not ``1.0``), dates as ISO text (a date that cannot be one stays the
        number it is), values declared as missing as they stand.
    """
    wrong = _header_problem(received.content)
    if wrong:
        findings.add(*wrong, file=received.file)
        return None
    try:
        found = ask_child(__name__, encoding.encode() + b"\n" + received.content)
    except ChildFailed as failed:
        found = str(failed)
    if found == "encoding":
        findings.add(
            "wrong_encoding",
            "holds text that is not in the encoding the file names. | Declare encoding: gb18030 (or big5hkscs, cp1252) "
            "for this file in study.yaml, or save it from SPSS in Unicode mode.",
            file=received.file,
        )
        return None
    if isinstance(found, str):
        findings.add(
            "sav_unreadable",
            f"is no readable SPSS file ({found}). | Open it in SPSS or PSPP and save it again.",
            file=received.file,
        )
        return None
    return SavFile(
        names=tuple(found["names"]),
        labels=tuple(found["labels"]),
        formats=tuple(found["formats"]),
        measures=tuple(found["measures"]),
        value_labels={name: dict(pairs) for name, pairs in found["value_labels"].items()},
        missing={n: tuple(MissingRange(low=a, high=b) for a, b in each) for n, each in found["missing"].items()},
        multiple_responses=tuple(
            MultipleResponse(name=name, label=label, variables=tuple(variables), counted=counted)
            for name, label, variables, counted in found["sets"]
        ),
        encoding=found["encoding"],
        columns=tuple(map(tuple, found["columns"])),
    )


def _header_problem(content: bytes) -> tuple[str, str] | None:
    """Compare what the header promises with what the file can hold, before any reader believes it."""
    broken = "sav_unreadable", "is no readable SPSS file. | Open it in SPSS or PSPP and save it again."
    large = (
        "file_too_large",
        f"is larger than {MAX_BYTES:,} bytes, or unpacks to more than can be read. | Split the file.",
    )
    if len(content) < 176 or content[:4] not in (b"$FL2", b"$FL3"):
        return broken
    order = next((o for o in "<>" if struct.unpack_from(o + "i", content, 64)[0] in (2, 3)), "")
    if not order:
        return broken
    width, compression, _, n_cases = struct.unpack_from(order + "4i", content, 68)
    if compression not in (0, 1, 2) or n_cases < -1 or width > MAX_ELEMENTS:
        return broken
    elements = max(n_cases, 0) * max(width, 1)
    if len(content) > MAX_BYTES or elements > MAX_ELEMENTS:
        return large
    # an element takes eight bytes, or one where it is compressed
    if compression < 2 and elements * (8 if compression == 0 else 1) > len(content) + 8:
        return broken
    return None


def work(content: bytes) -> Any:
    """Read the file, in the child; a text says what went wrong."""
    import pyreadstat

    encoding, _, raw = content.partition(b"\n")
    try:
        data, about = pyreadstat.read_sav(
            io.BytesIO(raw),
            encoding=encoding.decode() or None,
            user_missing=True,
            disable_datetime_conversion=True,
            output_format="dict",
        )
    except MemoryError:
        raise
    except Exception as error:
        is_encoding = isinstance(error, UnicodeError) or "convert string" in str(error) or "encoding" in str(error)
        return "encoding" if is_encoding else type(error).__name__
    formats = about.original_variable_types
    return {
        "names": about.column_names,
        "labels": [label or "" for label in about.column_labels],
        "formats": [formats.get(name) or "" for name in about.column_names],
        "measures": [about.variable_measure.get(name, "unknown") for name in about.column_names],
        "value_labels": {
            name: [[_text(value), label] for value, label in pairs.items()]
            for name, pairs in about.variable_value_labels.items()
        },
        "missing": {
            name: [[each["lo"], each["hi"]] for each in ranges]  # type: ignore[index]
            for name, ranges in about.missing_ranges.items()
        },
        "sets": [
            [name, each.get("label") or "", each["variable_list"], str(each.get("counted_value") or "")]
            for name, each in (about.mr_sets or {}).items()
        ],
        "encoding": about.file_encoding or "",
        "columns": [[_text(v, formats.get(name) or "") for v in data[name]] for name in about.column_names],
    }


def _text(value: object, kind: str = "") -> str:
    if isinstance(value, float):
        if value != value:
            return ""
        letters = kind.rstrip("0123456789.")
        if letters in _DATES or letters in _MOMENTS:
            try:
                moment = _ORIGIN + datetime.timedelta(seconds=value)
            except (OverflowError, ValueError):
                return as_text(value)
            return as_text(moment if letters in _MOMENTS else moment.date())
        if letters in _TIMES and abs(value) < 1e9:
            return as_text(datetime.timedelta(seconds=value))
    return as_text(value)
