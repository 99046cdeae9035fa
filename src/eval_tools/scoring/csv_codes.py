"""A CSV file with one row a form -> its codes, block by block, as bytes from the start; whatever is not plain, exactly.

A file of a million forms is text for a moment only: each block goes from its bytes to the codes of its cells. Where a
block holds anything but whole numbers and empty cells, all of it is read again as text, so that the exact rules of
:mod:`eval_tools.scoring.wide` decide and say the row.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eval_tools.errors import DataError, Problem, UnknownNames
from eval_tools.instruments.instrument import Instrument
from eval_tools.stats.item_scores import MISSING

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK = 1 << 22  # bytes read at once; also the longest row
_SHOWN_ROWS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvLayout:
    """How a CSV file is written."""

    separator: str = ","
    encoding: str = "utf-8"


@dataclass(slots=True)
class _Broken:
    """Rows that do not have as many cells as the header."""

    rows: list[int] = field(default_factory=list)

    def note(self, row: Any) -> str:
        self.rows.append(row.number or 0)
        return "skip"


def csv_columns(source: Path, layout: CsvLayout | None = None) -> tuple[str, ...]:
    """Return the names of the columns of a CSV file.

    Raises
    ------
    DataError
        If the file cannot be read as CSV.
    """
    import pyarrow as pa

    try:
        with _opened(source, layout or CsvLayout(), _Broken(), {}) as reader:
            return tuple(reader.schema.names)
    except (pa.ArrowInvalid, OSError, UnicodeError):
        raise _unreadable(source) from None


def csv_batches(
    source: Path, layout: CsvLayout, *, codes: Sequence[str], texts: Sequence[str] = ()
) -> Iterator[pa.RecordBatch]:
    """Read some columns of a CSV file in blocks of a few megabytes; at least one, so that an empty file has columns.

    Parameters
    ----------
    source : Path
    layout : CsvLayout
    codes, texts : sequence of str
        Columns that hold codes (``int8``, null where the cell is empty) and columns that stay text. If any cell of
        ``codes`` is no such number, the columns of its block and of all later ones stay text.

    Raises
    ------
    DataError
        Rows that are not as long as the header, with their numbers; the heading is row 1, blank lines are not
        counted. Never a cell.
    """
    import pyarrow as pa

    done, whole = 0, dict.fromkeys(codes, pa.int8()) | dict.fromkeys(texts, pa.string())
    broken = _Broken()
    try:
        if _may_hold_hexadecimals(source, layout):
            raise pa.ArrowInvalid
        with _opened(source, layout, broken, whole) as reader:
            for batch in reader:
                done += batch.num_rows
                yield batch
            if not done and not broken.rows:
                yield _empty(reader.schema)
    except pa.ArrowInvalid:
        broken = _Broken()
        yield from _as_text(source, layout, list(whole), broken, skip=done)
    except (OSError, UnicodeError):
        raise _unreadable(source) from None
    if broken.rows:
        more = ", …" if len(broken.rows) > _SHOWN_ROWS else ""
        listed = ", ".join(map(str, broken.rows[:_SHOWN_ROWS])) + more
        where = f"{source.name}, row{'s' if len(broken.rows) > 1 else ''} {listed}"
        raise DataError(Problem(where, "not as many cells as in the header.", "Look for a stray separator or quote."))


def _as_text(
    source: Path, layout: CsvLayout, names: Sequence[str], broken: _Broken, *, skip: int
) -> Iterator[pa.RecordBatch]:
    """Read the same columns as text, from the first row that was not given out yet."""
    import pyarrow as pa

    try:
        with _opened(source, layout, broken, dict.fromkeys(names, pa.string())) as reader:
            for batch in reader:
                if skip < batch.num_rows:
                    yield batch.slice(skip)
                skip = max(0, skip - batch.num_rows)
    except (pa.ArrowInvalid, OSError, UnicodeError):
        raise _unreadable(source) from None


def _may_hold_hexadecimals(source: Path, layout: CsvLayout) -> bool:
    """Say whether ``0x3`` may stand in a cell, which the reader of blocks would take for 3."""
    if layout.encoding.startswith("utf-16"):
        return True
    with source.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return False
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
            return raw.find(b"0x") >= 0 or raw.find(b"0X") >= 0


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    return pa.RecordBatch.from_pylist([], schema=schema)


def _opened(source: Path, layout: CsvLayout, broken: _Broken, types: dict[str, pa.DataType]) -> Any:
    from pyarrow import csv

    return csv.open_csv(
        source,
        read_options=csv.ReadOptions(use_threads=False, block_size=BLOCK, encoding=layout.encoding),
        parse_options=csv.ParseOptions(
            delimiter=layout.separator, newlines_in_values=True, invalid_row_handler=broken.note
        ),
        # nothing but an empty cell is no answer; "NA" and "null" are text, which is told
        convert_options=csv.ConvertOptions(
            column_types=types, include_columns=list(types), null_values=[""], strings_can_be_null=True
        ),
    )


def _unreadable(source: Path) -> DataError:
    what = "this is no well-formed CSV file in the encoding that was given."
    return DataError(Problem(source.name, what, "Check the encoding, or save it again as 'CSV UTF-8'."))


def read_csv_codes(
    source: Path, instrument: Instrument, *, columns: Sequence[str] = (), layout: CsvLayout | None = None
) -> NDArray[np.int8]:
    r"""Read the answers to a questionnaire from a CSV file, however long, into one byte each.

    Parameters
    ----------
    source : Path
    instrument : Instrument
    columns : sequence of str, optional
        The columns in the order of the items; as the items are called, if not given.
    layout : CsvLayout, optional

    Returns
    -------
    array of int8, shape (forms, items)
        Item after item in memory, -128 where nothing was answered: what
        :func:`~eval_tools.instruments.key.score_instrument` takes, and there codes that are not on the form
        are refused.

    Raises
    ------
    DataError
        Cells that are no codes: which column, how many.
    UnknownNames
        Columns that are not there.

    Examples
    --------
    >>> import tempfile
    >>> from eval_tools.instruments.load import load_instrument
    >>> gad = load_instrument(Path("questionnaires/gad-7/gad-7.yaml"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "answers.csv"
    ...     _ = file.write_text(",".join(gad.items) + "\n" + ",".join("0123210") + "\n,,,,,,\n")
    ...     read_csv_codes(file, gad).tolist()
    [[0, 1, 2, 3, 2, 1, 0], [-128, -128, -128, -128, -128, -128, -128]]
    """
    names, layout = list(columns or instrument.items), layout or CsvLayout()
    have = csv_columns(source, layout)
    absent = [name for name in names if name not in have]
    if absent:
        raise UnknownNames("columns", missing=absent, known=have, where=source.name)
    repeated = [name for name in dict.fromkeys(names) if have.count(name) > 1 or names.count(name) > 1]
    if repeated:
        what = f"columns that stand there twice: {', '.join(map(repr, repeated))}."
        raise DataError(Problem(source.name, what, "Keep one of each."))
    parts, text = [], dict.fromkeys(names, 0)
    for batch in csv_batches(source, layout, codes=names):
        part = np.empty((len(names), batch.num_rows), dtype=np.int8)
        for row, name, cells in zip(part, names, batch.columns, strict=True):
            numbers, n_wrong = _codes_of(cells)
            row[:] = numbers
            text[name] += n_wrong
        parts.append(part)
    wrong = [
        Problem(f"{source.name}, column {name!r}", f"{n} cells hold no code.", "Whole numbers, or an empty cell.")
        for name, n in text.items()
        if n
    ]
    if wrong:
        raise DataError(wrong)
    return np.concatenate(parts, axis=1).T


def _codes_of(cells: pa.Array) -> tuple[NDArray[np.int8], int]:
    """Return the cells of one column as bytes, and how many are neither empty nor a code that a byte holds."""
    import pyarrow as pa

    if cells.type == pa.int8():
        numbers = np.asarray(cells.fill_null(MISSING))
        return numbers, int((numbers == MISSING).sum()) - cells.null_count
    numbers, n_wrong = np.full(len(cells), MISSING, dtype=np.int8), 0
    for i, cell in enumerate(cells.to_pylist()):
        text = "" if cell is None else cell.strip()
        if text.isascii() and text.removeprefix("-").removesuffix(".0").isdigit() and MISSING < float(text) < 128:
            numbers[i] = int(float(text))
        elif text:
            n_wrong += 1
    return numbers, n_wrong
