"""Readers of 腾讯问卷 (Tencent survey) and of the collection forms of 腾讯文档 (Tencent Docs)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from eval_tools.intake.columns import ColumnInfo, Kind, unique_names
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
from eval_tools.intake.labels import match_label
from eval_tools.intake.raw_table import RawTable

SURVEY_COLUMNS: dict[str, Kind] = {
    "编号": "system",
    "开始答题时间": "system",
    "结束答题时间": "system",
    "答题时长": "system",
    "语言": "system",
    "清洗数据结果": "system",  # the platform's opinion of an answer sheet: kept, never acted upon
    "智能清洗数据无效概率": "system",
    "地理位置国家和地区": "identifying",
    "地理位置省": "identifying",
    "地理位置市": "identifying",
    "用户类型": "system",
    "用户标识": "identifying",
    "昵称": "identifying",
    "自定义字段": "identifying",  # whatever the link carried, the participant's code perhaps
    "ip": "identifying",
    "ua": "identifying",
    "referrer": "identifying",
    "中奖时间": "system",
    "中奖金额": "system",
    "审核状态": "system",
    "总分": "score",
    "得分": "score",
}
_SURVEY_SIGNS = ("编号", "开始答题时间", "结束答题时间", "答题时长")
_NUMBERED = re.compile(r"^(\d{1,4})\s*\.\s*(.*)$", re.DOTALL)
_AUTOMATIC = re.compile(r"[（(]\s*自动\s*[）)]$")
_REQUIRED = re.compile(r"[（(]\s*必填\s*[）)]$")


def recognise_survey(export: Export) -> str:
    """Name the columns that only 腾讯问卷 has; '' if they are not there."""
    found = locate_header(export.sheets, _is_survey, sheet=export.sheet, row=export.header_row)
    return ", ".join(_SURVEY_SIGNS[1:]) if found else ""


def read_survey(export: Export, findings: Findings) -> RawTable | None:
    """Read an export of 腾讯问卷.

    Columns are called Q5, parts of a question Q5.1, Q5.2 …. A part that holds nothing but its own words is an option
    of a question with several answers, 1 where it was chosen. The platform's opinion of a sheet (清洗数据结果) is kept
    and nothing is done about it.
    """
    records = read_records(export, _is_survey, findings, expected="编号, 开始答题时间, 结束答题时间, 答题时长")
    return None if records is None else table_of(export, records, list(_survey_columns(records)))


def recognise_docs(export: Export) -> str:
    """Name the columns that only a collection form has; '' if they are not there."""
    found = locate_header(export.sheets, _is_docs, sheet=export.sheet, row=export.header_row)
    if not found:
        return ""
    return ", ".join(name for cell in found[0].cells[found[1] - 1] if _AUTOMATIC.search(name := plain_header(cell)))


def read_docs(export: Export, findings: Findings) -> RawTable | None:
    """Read an export of a collection form of 腾讯文档.

    Columns are called by their questions without （必填）. Who submitted is an account and identifying.
    """
    records = read_records(export, _is_docs, findings, expected="提交者（自动）, 提交时间（自动）")
    return None if records is None else table_of(export, records, list(_docs_columns(records)))


def _is_survey(row: Sequence[str]) -> bool:
    keys = {key_of(cell) for cell in row[: 2 * len(SURVEY_COLUMNS)] if len(cell) < 20}
    return all(sign in keys for sign in _SURVEY_SIGNS)


def _is_docs(row: Sequence[str]) -> bool:
    names = {key_of(cell) for cell in row if len(cell) < 20}
    return bool(names & {"提交者(自动)", "提交时间(自动)"})


def _survey_columns(records: Records) -> Iterator[Column]:
    headers = [plain_header(header) for header in records.header]
    numbers = [int(found[1]) if (found := _NUMBERED.match(header)) else 0 for header in headers]
    done: set[int] = set()
    for position, (header, number) in enumerate(zip(headers, numbers, strict=True)):
        kind = SURVEY_COLUMNS.get(key_of(header))
        if kind is not None or not number:
            # What is neither numbered nor known may be a new column of the platform: an account until somebody says.
            known = kind or ("identifying" if any(numbers) else "answer")
            yield Column(
                ColumnInfo(name=header, header=records.header[position], kind=known), records.column(position), position
            )
        elif number not in done:
            done.add(number)
            yield from _question(records, [i for i, other in enumerate(numbers) if other == number], number)


def _question(records: Records, positions: Sequence[int], number: int) -> Iterator[Column]:
    """Yield the columns of one question; its options, where every part holds nothing but its own words."""
    columns = [records.column(position) for position in positions]
    infos = []
    for k, position in enumerate(positions, start=1):
        text = _text(records.header[position])
        info = ColumnInfo(
            name=f"Q{number}", header=records.header[position], question=f"Q{number}", text=text, holds="label"
        )
        if len(positions) > 1:
            stem, _, part = text.rpartition("_")
            info = replace(info, name=f"Q{number}.{k}", text=stem or part, part=part)
        infos.append(info)
    options = len(positions) > 1 and all(
        match_label(cell, {1: (info.part,)}).code
        for info, cells in zip(infos, columns, strict=True)
        for cell in set(cells)
        if cell
    )
    answered = [any(cells) for cells in zip(*columns, strict=True)]
    for info, cells, position in zip(infos, columns, positions, strict=True):
        if options and any(answered):
            marks = [
                "1" if cell else "0" if any_option else "" for cell, any_option in zip(cells, answered, strict=True)
            ]
            yield Column(replace(info, kind="choice", holds="code"), marks)
        else:
            yield Column(info, cells, position)


def _text(header: str) -> str:
    found = _NUMBERED.match(plain_header(header))
    return found[2].strip() if found else plain_header(header)


def _docs_columns(records: Records) -> Iterator[Column]:
    headers = [plain_header(header) for header in records.header]
    names = [_REQUIRED.sub("", _AUTOMATIC.sub("", header)).strip() for header in headers]
    for position, (header, name, unique) in enumerate(zip(headers, names, unique_names(names), strict=True)):
        kind: Kind = "answer"
        if _AUTOMATIC.search(header):
            kind = "system" if "时间" in name or name == "编号" else "identifying"
        info = ColumnInfo(
            name=unique,
            header=records.header[position],
            question=name if kind == "answer" else "",
            text=name if kind == "answer" else "",
            kind=kind,
            holds="label" if kind == "answer" else "text",
        )
        yield Column(info, records.column(position), position)


SURVEY = Reader(name="tencent-survey", title="腾讯问卷", recognise=recognise_survey, read=read_survey)
DOCS = Reader(name="tencent-docs", title="腾讯文档收集表", recognise=recognise_docs, read=read_docs)
READERS = (SURVEY, DOCS)
