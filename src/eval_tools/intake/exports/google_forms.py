"""Reader of Google Forms: the CSV of the form, or its spreadsheet saved as CSV or XLSX."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from eval_tools.intake.columns import ColumnInfo, Kind, unique_names
from eval_tools.intake.exports.joined import expand, keep_joined, lists_for, looks_joined
from eval_tools.intake.exports.reader import Export, Reader
from eval_tools.intake.exports.records import (
    Column,
    Records,
    key_of,
    locate_header,
    plain_header,
    read_records,
    table_of,
)
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import RawTable

SEPARATOR = ", "
_STAMPS = {"时间戳记": "", "時間戳記": "", "时间戳": "", "timestamp": "times"}  # what else must be seen below it
_IDENTIFYING = frozenset(
    {"电子邮件地址", "電子郵件地址", "邮箱地址", "email address", "email", "username", "用户名", "使用者名稱"}
)
_SCORES = frozenset({"score", "得分", "分数", "分數", "总分", "總分"})
_TIME = re.compile(r"^\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}.{0,12}\d{1,2}:\d{2}")
_POINTS = re.compile(r"^\d+(?:\.\d+)?\s*/\s*\d+(?:\.\d+)?$")
_GRID = re.compile(r"^(.*\S)\s*\[([^\[\]]+)\]$", re.DOTALL)
_MARKING = re.compile(r"^(.*\S)\s*\[(?:Score|Feedback|得分|分数|分數|反馈|意見回饋)\]$", re.DOTALL)


def recognise(export: Export) -> str:
    """Name the first column, which is the form's time stamp; '' if it is not there."""
    found = locate_header(export.sheets, _is_header, sheet=export.sheet, row=export.header_row)
    if not found:
        return ""
    sheet, row = found
    name = plain_header(sheet.cells[row - 1][0])
    if _STAMPS[key_of(name)]:
        below = [record[0].strip() for record in islice(sheet.cells, row, row + 20) if record and record[0].strip()]
        if not below or not all(_TIME.match(cell) for cell in below):
            return ""
        return f"{name} as first column, times in it"
    return f"{name} as first column"


def read(export: Export, findings: Findings) -> RawTable | None:
    """Read an export of Google Forms.

    Columns are called by their questions; rows of a grid are ``question [row]``. Options of check boxes stand in one
    cell between commas, and an option may hold a comma: they are taken apart only with a companion ``form``, a table
    with the columns question and option that lists the questions with check boxes.
    """
    records = read_records(export, _is_header, findings, expected="Timestamp (时间戳记, 時間戳記)")
    if records is None:
        return None
    lists = lists_for(export, records, findings)
    if lists is None:
        return None
    return table_of(export, records, list(_columns(records, lists, findings)))


def _is_header(row: Sequence[str]) -> bool:
    return len(row) > 1 and key_of(row[0]) in _STAMPS


def _columns(records: Records, lists: Mapping[str, tuple[str, ...]], findings: Findings) -> Iterator[Column]:
    headers = [plain_header(header) for header in records.header]
    for position, (header, name) in enumerate(zip(headers, unique_names(headers), strict=True)):
        cells = records.column(position)
        info = ColumnInfo(name=name, header=records.header[position], question=header, text=header)
        kind = _platform(position, header, headers, cells)
        if kind is not None:
            yield Column(replace(info, kind=kind, question="", text=""), cells, position)
            continue
        if grid := _GRID.match(header):
            info = replace(info, question=grid[1], text=grid[1], part=grid[2])
        if header in lists:
            yield from expand(info, cells, lists[header], records, findings, separator=SEPARATOR)
        elif looks_joined(cells, separator=SEPARATOR):
            yield keep_joined(info, cells, records, findings)
        else:
            yield Column(replace(info, holds="label"), cells, position)


def _platform(position: int, header: str, headers: Sequence[str], cells: Sequence[str]) -> Kind | None:
    key = key_of(header)
    if position == 0:
        return "system"
    if key in _IDENTIFYING:
        return "identifying"
    if key in _SCORES and all(_POINTS.match(cell) for cell in cells if cell) and any(cells):
        return "score"
    marking = _MARKING.match(header)
    return "score" if marking and marking[1] in headers else None


READER = Reader(name="google-forms", title="Google Forms", recognise=recognise, read=read, companions=("form",))
