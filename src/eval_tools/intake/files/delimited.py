"""CSV text -> rows of cells: strict quoting, every record where it stands, no separator guessed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

from eval_tools.intake.files.sheet import Sheet
from eval_tools.intake.findings import Findings

SEPARATORS = (",", ";", "\t")
MAX_LINE = 1 << 20  # characters
MAX_CELL = 1_000_000
MAX_COLUMNS = 5_000
MAX_CELLS = 100_000_000
_LOOK_AT = 50  # records that tell the separator
_LOOK_AT_CHARACTERS = 4_000_000
_ENDLESS = re.compile(rf"[^\r\n]{{{MAX_LINE + 1}}}")


def read_delimited(text: str, *, file: str, findings: Findings, separator: str = "") -> Sheet | None:
    r"""Read CSV text into cells; None, with a finding, if it is not well formed or its separator is not clear.

    Parameters
    ----------
    text : str
    file : str
        Name used in findings.
    findings : Findings
        Endless lines, stray quotation marks, too many columns or cells, an empty file, a separator that is not clear.
    separator : str
        '' takes the one of comma, semicolon and tab that divides the first records alike, looking only outside of
        quotation marks.

    Returns
    -------
    Sheet or None
        Row n is record n of the file, also where a cell holds line breaks; a blank line is a row without cells.

    Examples
    --------
    >>> text = '"id";"most liked, if any"\r\n"007";"a;b"\r\n\r\n'
    >>> read_delimited(text, file="a.csv", findings=Findings()).cells
    (('id', 'most liked, if any'), ('007', 'a;b'))
    """
    endless = _ENDLESS.search(text)
    if endless:
        row = text.count("\n", 0, endless.start()) + 1
        findings.add(
            "line_too_long", f"a line of more than {MAX_LINE:,} characters. | Export again.", file=file, row=row
        )
        return None
    try:
        chosen = separator or find_separator(text)
        if not chosen:
            findings.add(
                "separator_unclear",
                "commas, semicolons or tabs divide the first rows equally well. | Save the file as .xlsx or as "
                "'CSV UTF-8' with commas.",
                file=file,
                row=1,
            )
            return None
        rows = _rows(text, chosen, file, findings)
    except csv.Error as error:
        findings.add("not_csv", f"not a well-formed CSV file ({error}). | Export the file again.", file=file)
        return None
    if rows is None:
        return None
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    if not rows:
        findings.add("file_empty", "the file is empty. | Export the file again.", file=file)
        return None
    return Sheet(name="", cells=tuple(rows))


def _rows(text: str, separator: str, file: str, findings: Findings) -> list[tuple[str, ...]] | None:
    rows: list[tuple[str, ...]] = []
    n_cells = 0
    for record in _records(text, separator):
        n_cells += len(record)
        if len(record) > MAX_COLUMNS:
            findings.add("too_many_columns", f"more than {MAX_COLUMNS} columns. | Is it the right file?", file=file)
            return None
        if n_cells > MAX_CELLS:
            findings.add("too_many_cells", f"more than {MAX_CELLS:,} cells. | Split the export.", file=file)
            return None
        rows.append(tuple(record))
    return rows


def find_separator(text: str) -> str:
    r"""Find what separates the cells; '' if that is not clear, a comma where there is none at all.

    A separator counts only where it stands outside of quotation marks in the first record. Of several, the one
    that divides the most of the first records into as many cells as the first; a draw is not decided.

    Examples
    --------
    >>> find_separator("id,height;m\n1,2\n"), find_separator("a,b;c\n1,2;3\n")
    (',', '')
    """
    start = text[:_LOOK_AT_CHARACTERS]
    alike: dict[str, int] = {}
    for separator in SEPARATORS:
        first = _first_records(start, separator)
        if first and len(first[0]) > 1:
            alike[separator] = sum(len(record) == len(first[0]) for record in first if record)
    if not alike:
        return ","
    best, *others = sorted(alike, key=lambda each: alike[each], reverse=True)
    return "" if others and alike[others[0]] == alike[best] else best


def _first_records(start: str, separator: str) -> list[list[str]]:
    records = []
    try:
        for record in islice(_records(start, separator), _LOOK_AT):
            records.append(record)
    except csv.Error:
        pass  # the whole is read strictly afterwards
    return records


def _records(text: str, separator: str) -> Iterator[list[str]]:
    csv.field_size_limit(MAX_CELL)
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
