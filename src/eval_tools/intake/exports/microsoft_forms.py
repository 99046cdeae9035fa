"""Reader of Microsoft Forms: the workbook behind „Open in Excel“."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from eval_tools.intake.columns import ColumnInfo, Kind, unique_names
from eval_tools.intake.exports.joined import expand, keep_joined, lists_for
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

SEPARATOR = ";"
_IDS = frozenset({"id", "编号", "識別碼", "标识"})
_STARTS = frozenset({"start time", "开始时间", "開始時間"})
_ENDS = frozenset({"completion time", "完成时间", "完成時間"})
_CHANGED = frozenset({"last modified time", "上次修改时间", "上次修改時間", "语言", "語言", "language"})
_PEOPLE = ("email", "name", "电子邮件", "電子郵件", "姓名", "名称", "名稱")
_IDENTIFYING = re.compile(rf"^(?:{'|'.join(_PEOPLE)})\d{{0,3}}$")  # a question „Email“ becomes Email2
_SCORES = frozenset({"total points", "quiz feedback", "总分", "總分", "测验反馈", "測驗意見反應"})
_MARKING = re.compile(r"^(?:points|feedback|分数|得分|反馈|分數|意見反應)\s*[-–]\s*(.+)$", re.DOTALL)


def recognise(export: Export) -> str:
    """Name the first columns, which are the platform's; '' if they are not there."""
    found = locate_header(export.sheets, _is_header, sheet=export.sheet, row=export.header_row)
    if not found:
        return ""
    return ", ".join(plain_header(cell) for cell in found[0].cells[found[1] - 1][:3])


def read(export: Export, findings: Findings) -> RawTable | None:
    """Read an export of Microsoft Forms.

    Columns are called by their questions, no-break blanks left out. A cell with several options ends with a
    semicolon, and an option may hold one: they are taken apart only with a companion ``form``, a table with the
    columns question and option that lists the questions with several answers.
    """
    records = read_records(
        export, _is_header, findings, expected="ID, Start time, Completion time (开始时间, 完成时间)"
    )
    if records is None:
        return None
    lists = lists_for(export, records, findings)
    if lists is None:
        return None
    return table_of(export, records, list(_columns(records, lists, findings)))


def _is_header(row: Sequence[str]) -> bool:
    keys = [key_of(cell) for cell in row[:3]]
    return len(keys) == 3 and keys[0] in _IDS and keys[1] in _STARTS and keys[2] in _ENDS


def _columns(records: Records, lists: Mapping[str, tuple[str, ...]], findings: Findings) -> Iterator[Column]:
    headers = [plain_header(header) for header in records.header]
    keys = [header.casefold() for header in headers]
    for position, (header, name) in enumerate(zip(headers, unique_names(headers), strict=True)):
        cells = records.column(position)
        info = ColumnInfo(name=name, header=records.header[position], question=header, text=header)
        kind = _platform(position, key_of(header), keys)
        if kind is not None:
            yield Column(replace(info, kind=kind, question="", text=""), cells, position)
        elif header in lists:
            ended = tuple(cell.removesuffix(SEPARATOR) for cell in cells)
            yield from expand(info, ended, lists[header], records, findings, separator=SEPARATOR)
        elif any(cells) and all(cell.endswith(SEPARATOR) for cell in cells if cell):
            yield keep_joined(info, cells, records, findings)
        else:
            yield Column(replace(info, holds="label"), cells, position)


def _platform(position: int, key: str, keys: Sequence[str]) -> Kind | None:
    if position < 3 or key in _CHANGED:
        return "system"
    if _IDENTIFYING.match(key):
        return "identifying"
    if key in _SCORES:
        return "score"
    marking = _MARKING.match(key)
    return "score" if marking and marking[1].strip() in keys else None


READER = Reader(name="microsoft-forms", title="Microsoft Forms", recognise=recognise, read=read, companions=("form",))
