"""The records of a form export: one header row, one row for each answer sheet, nothing typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from eval_tools.intake.columns import ColumnInfo, unique_names
from eval_tools.intake.exports.reader import Companion, Export
from eval_tools.intake.files.delimited import MAX_COLUMNS
from eval_tools.intake.files.sheet import Sheet
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.raw_table import RawTable

HEADER_WITHIN = 10  # rows in which a header is looked for
SHEETS_WITHIN = 20  # sheets in which a header is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """A header and its rows, all of the header's length."""

    file: str
    header: tuple[str, ...]  # as in the file
    cells: tuple[tuple[str, ...], ...] = field(repr=False)
    rows: tuple[int, ...] = field(repr=False)  # row number of each record

    def column(self, index: int) -> tuple[str, ...]:
        """Return one column, outer blanks left out."""
        return tuple(record[index].strip() for record in self.cells)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table to be: what it is, and its cells."""

    info: ColumnInfo
    cells: Sequence[str] = field(repr=False)
    source: int | None = None  # position in the file where a cell stands as it is, outer blanks included


def plain_header(header: str) -> str:
    r"""Make a header comparable: no-break and double blanks are one blank; full-width brackets stay.

    Examples
    --------
    >>> plain_header("Child\xa0 ID\xa0")
    'Child ID'
    """
    return " ".join(header.replace("\ufeff", "").split())


def key_of(header: str) -> str:
    """Make a header of the platform comparable, whatever its width and case.

    Examples
    --------
    >>> key_of(" Ｓtart Time ")
    'start time'
    """
    return unicodedata.normalize("NFKC", plain_header(header)).casefold()


def locate_header(
    sheets: Sequence[Sheet], belongs: Callable[[Sequence[str]], bool], *, sheet: str = "", row: int = 0
) -> tuple[Sheet, int] | None:
    """Find the first sheet and row, counted from 1, that is a header of the platform; None where there is none."""
    for candidate in sheets[:SHEETS_WITHIN]:
        if sheet and candidate.name != sheet:
            continue
        wanted = [row] if row else range(1, min(HEADER_WITHIN, len(candidate.cells)) + 1)
        for number in wanted:
            if 1 <= number <= len(candidate.cells) and belongs(candidate.cells[number - 1]):
                return candidate, number
    return None


def read_records(
    export: Export, belongs: Callable[[Sequence[str]], bool], findings: Findings, *, expected: str
) -> Records | None:
    """Read the records under the platform's header; None, with findings, where they are not records.

    Parameters
    ----------
    export : Export
    belongs : callable
        Whether a row is a header of the platform.
    findings : Findings
    expected : str
        Names of columns that such a header holds, for the message.
    """
    file = export.received.file
    found = locate_header(export.sheets, belongs, sheet=export.sheet, row=export.header_row)
    if found is None:
        findings.add(
            "header_missing",
            f"no row holds the column names {expected}. | Is it the right file and the right reader?",
            file=file,
        )
        return None
    sheet, number = found
    header = tuple(sheet.cells[number - 1])
    if len(header) > MAX_COLUMNS:
        findings.add("too_many_columns", f"more than {MAX_COLUMNS} columns. | Is it the right file?", file=file)
        return None
    body = sheet.cells[number:]
    used = _used_width(header, body)
    cells: list[tuple[str, ...]] = []
    rows: list[int] = []
    empty, uneven, nul = [], [], []
    for row, record in enumerate(body, start=number + 1):
        text = "".join(record)
        if not text.strip():
            empty.append(row)
        elif len(record) < used or any(cell.strip() for cell in record[used:]):
            uneven.append(row)
        elif "\x00" in text:
            nul.append(row)
        else:
            cells.append(record[:used])
            rows.append(row)
    for row in uneven:
        findings.add(
            "record_length",
            f"the row does not have the header's {used} cells. | Look for a stray comma or quote.",
            file=file,
            row=row,
        )
    for row in nul:
        findings.add("nul_characters", "holds NUL characters. | Export the file again.", file=file, row=row)
    if uneven or nul:
        return None
    if empty:
        findings.add(
            "rows_empty",
            f"empty rows are left out: {shorten(empty)}.",
            severity="note",
            file=file,
            row=empty[0],
            count=len(empty),
        )
    if not cells:
        findings.add(
            "no_rows",
            "the file holds a header and not a single row. | Export it again; right only if nobody answered.",
            severity="warning",
            file=file,
        )
    return Records(file=file, header=header[:used], cells=tuple(cells), rows=tuple(rows))


def table_of(export: Export, records: Records, columns: Sequence[Column]) -> RawTable:
    """Put the columns together; a name that stands twice is numbered, so that none is taken for another."""
    names = unique_names([column.info.name for column in columns])
    infos = [replace(column.info, name=name) for column, name in zip(columns, names, strict=True)]
    filled = [column.cells if column.source is None else _as_received(records, column) for column in columns]
    cells = tuple(zip(*filled, strict=True)) if columns else ((),) * len(records.rows)
    return RawTable(
        file=records.file,
        header=tuple(names),
        cells=cells,
        rows=records.rows,
        sha256=export.received.sha256,
        n_bytes=export.received.n_bytes,
        columns=tuple(infos),
    )


def _as_received(records: Records, column: Column) -> list[str]:
    """Give the cells that were left as they are their outer blanks back; blanks alone are no answer."""
    assert column.source is not None
    received = (record[column.source] for record in records.cells)
    return [raw if cell and raw.strip() == cell else cell for raw, cell in zip(received, column.cells, strict=True)]


def option_lists(companion: Companion, findings: Findings) -> Mapping[str, tuple[str, ...]] | None:
    """Read the options of questions from a table with the columns ``question`` and ``option``, one option a row.

    Returns
    -------
    mapping of question to options in the order of the form, or None, with a finding, where it is no such table
    """
    found = locate_header(companion.sheets, lambda row: _option_columns(row) is not None)
    if found is None:
        findings.add(
            "options_unreadable",
            "no table with the columns 'question' and 'option'. | Write one row for each option, in the form's order.",
            file=companion.received.file,
        )
        return None
    sheet, number = found
    where = _option_columns(sheet.cells[number - 1])
    assert where is not None
    lists: dict[str, list[str]] = {}
    for record in sheet.cells[number:]:
        question, option = (plain_header(record[i]) if i < len(record) else "" for i in where)
        if question and option and option not in lists.setdefault(question, []):
            lists[question].append(option)
    return {question: tuple(options) for question, options in lists.items()}


def _option_columns(row: Sequence[str]) -> tuple[int, int] | None:
    keys = [key_of(cell) for cell in row[:MAX_COLUMNS]]
    question = _first(keys, ("question", "题目", "題目", "问题", "問題"))
    option = _first(keys, ("option", "选项", "選項"))
    return None if question is None or option is None else (question, option)


def _first(keys: Sequence[str], wanted: Iterable[str]) -> int | None:
    return next((keys.index(word) for word in wanted if word in keys), None)


def _used_width(header: Sequence[str], body: Iterable[Sequence[str]]) -> int:
    """Count the columns without those at the end that hold neither a name nor a cell."""
    used = len(header)
    while used and not header[used - 1].strip():
        used -= 1
    # A column without a name but with cells is kept where every row reaches it: nothing is lost silently.
    widest = used
    for record in body:
        for index in range(min(len(record), len(header)) - 1, widest - 1, -1):
            if record[index].strip():
                widest = index + 1
                break
    return widest
