"""Reader of 问卷星 (wjx.cn): exports by text, by number, and both together; exports by score are refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.exports.reader import Export, Reader
from eval_tools.intake.exports.records import Column, Records, locate_header, plain_header, read_records, table_of
from eval_tools.intake.exports.wjx_alone import columns_by_number, columns_by_text
from eval_tools.intake.exports.wjx_cells import (
    ARROW,
    BLANK_NUMBER,
    BLANK_TEXT,
    JOIN,
    SKIPPED_NUMBER,
    SKIPPED_TEXT,
    place_and_words,
)
from eval_tools.intake.exports.wjx_header import Layout, evidence, is_header, read_header
from eval_tools.intake.exports.wjx_pair import Pair, align, paired_columns
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import RawTable

Holding = Literal["text", "number", "score", "unclear"]
_NAMED: dict[str, Holding] = {"按文本": "text", "按序号": "number", "按分数": "score"}
_NAMED_EARLIER: dict[str, Holding] = {"0": "text", "2": "number", "1": "score"}  # 16987266_2_….xls
_EARLIER = re.compile(r"^\d{5,}_([012])_")
_POINTS = re.compile(r"^-?\d{1,4}(?:\.\d{1,2})?$")
_NUMBER_SIGNS = frozenset({BLANK_NUMBER, SKIPPED_NUMBER})
_TEXT_SIGNS = BLANK_TEXT | SKIPPED_TEXT
_SIGNS = _TEXT_SIGNS | _NUMBER_SIGNS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    records: Records
    layout: Layout
    holding: Holding


def recognise(export: Export) -> str:
    """Name the columns that only this platform has; '' if they are not there."""
    found = locate_header(export.sheets, is_header, sheet=export.sheet, row=export.header_row)
    return evidence(found[0].cells[found[1] - 1]) if found else ""


def read(export: Export, findings: Findings) -> RawTable | None:
    """Read an export of 问卷星.

    Parameters
    ----------
    export : Export
        By text (按选项文本), where a cell is the words of an option, or by number (按选项序号), where it is the
        option's place on the form. With the other one as companion ``labels`` every place gets its label.
    findings : Findings
        Exports by score, files that do not belong together, questions that the two files tell differently.

    Returns
    -------
    RawTable or None
        Columns are called Q5, the rows of a matrix Q5.1, Q5.2 …, options of a question with several answers the
        same, what was written beside an option Q5.other. Where only an export by text was given, its options are
        not known to be all, and are called by their words: Q5.妈妈. Where the form hides its numbers, columns are
        called by their headers. (空) and −2 are blank, (跳过) and −3 are skipped.
    """
    main = _open(export, findings)
    if main is None:
        return None
    companion = export.companions.get("labels")
    if companion is None:
        if main.holding == "unclear":
            _refuse_points(main, findings)
            return None
        columns = [*_platform(main.records, main.layout), *_alone(main, findings)]
        return table_of(export, main.records, columns)
    other = _open(Export(received=companion.received, sheets=companion.sheets), findings)
    if other is None:
        return None
    holdings = [main.holding, other.holding]
    if "number" in holdings and "unclear" in holdings:
        _refuse_points(main if main.holding == "unclear" else other, findings)
        return None
    if holdings.count("text") != 1:
        findings.add(
            "pair_alike",
            "both files are exports by text, or both by number. | A pair is one by text (按选项文本) and one by "
            "number (按选项序号); where options are numbers, only the platform's file names tell them apart.",
            file=other.records.file,
        )
        return None
    text, number = (main, other) if main.holding == "text" else (other, main)
    pair = align(
        Pair(
            text=text.records,
            text_layout=text.layout,
            number=number.records,
            number_layout=number.layout,
            main="text" if main is text else "number",
        ),
        findings,
    )
    answers = paired_columns(pair, findings) if pair is not None else None
    return (
        None if answers is None else table_of(export, main.records, [*_platform(main.records, main.layout), *answers])
    )


def _open(export: Export, findings: Findings) -> _Opened | None:
    records = read_records(export, is_header, findings, expected="序号, 提交答卷时间, 所用时间")
    if records is None:
        return None
    layout = read_header(records.header)
    if not layout.questions:
        findings.add("no_questions", "holds no question. | Is it the right file?", file=records.file)
        return None
    if layout.unknown:
        findings.add(
            "columns_of_platform",
            "columns before the first question that are not known; they are treated as identifying. | Nothing to do, "
            "unless one of them carries the participant's code: name it in study.yaml then.",
            severity="note",
            file=records.file,
            column=records.header[layout.unknown[0]],
            count=len(layout.unknown),
        )
    if not layout.numbered:
        findings.add(
            "questions_unnumbered",
            "the header does not number the questions one after the other, so columns are called by their headers. | "
            "Switch the numbers on (显示题号) before the next download, or name the columns by their headers.",
            severity="note",
            file=records.file,
        )
    opened = _Opened(records=records, layout=layout, holding=_holding(records, layout))
    if opened.holding == "score":
        _refuse_points(opened, findings)
        return None
    return opened


def _refuse_points(opened: _Opened, findings: Findings) -> None:
    verb = "is" if opened.holding == "score" else "may be"
    findings.add(
        "export_by_score",
        f"{verb} an export by score (按选项分数): its points follow the key stored on the platform, which may have "
        "reversed items already. | Download 按选项序号 and 按选项文本 and give both; keep the platform's file names, "
        "which say what a file holds. Scores are computed from the answers.",
        file=opened.records.file,
    )


def _holding(records: Records, layout: Layout) -> Holding:
    """Tell exports by text, number and score apart; the file's name is asked only where header and cells are silent.

    What may be points of the platform is never read as answers. One thing tells it from answers: the points of an
    answer sheet add up to its 总分 or more.
    """
    if any(question.options for question in layout.questions):
        return "number"
    hint = _hint(records.file)
    if hint == "score":
        return hint
    if hint is None and _may_be_points(records, layout):
        return "unclear"
    filled = [cells for cells in _answers(records, layout) if cells]
    places = [all(place_and_words(cell) or cell in _NUMBER_SIGNS or cell == "0" for cell in cells) for cells in filled]
    mostly_places = sum(places) * 2 > len(places)
    signs = {cell for cells in filled for cell in cells & _SIGNS}
    if signs & _NUMBER_SIGNS and mostly_places:
        return "number"
    if signs & _TEXT_SIGNS:
        return "text"
    joined = any(JOIN in cell or ARROW in cell for cells in filled for cell in cells)
    return hint or ("number" if mostly_places and not joined else "text")


def _hint(file: str) -> Holding | None:
    """Return what the platform's own name of a file says it holds; None where somebody named it."""
    name = file.replace("\\", "/").rpartition("/")[2]
    words = sorted((name.index(word), holding) for word, holding in _NAMED.items() if word in name)
    if words:
        return words[0][1]
    earlier = _EARLIER.match(name)
    return _NAMED_EARLIER[earlier[1]] if earlier else None


def _answers(records: Records, layout: Layout) -> list[set[str]]:
    """Return the different cells of each column that belongs to a question."""
    positions = [position for question in layout.questions for position in question.columns]
    return [{cell for cell in records.column(position) if cell} for position in positions]


def _may_be_points(records: Records, layout: Layout) -> bool:
    total = next((position for position, kind in layout.platform.items() if kind == "score"), None)
    if total is None:
        return False
    positions = [position for question in layout.questions for position in question.columns]
    points = [
        position
        for position, cells in zip(positions, _answers(records, layout), strict=True)
        if cells and all(_POINTS.match(cell) or cell in _SIGNS for cell in cells)
    ]
    for record in records.cells:
        text = record[total].strip()
        if _POINTS.match(text) and sum(_points(record[position].strip()) for position in points) < float(text):
            return False
    return bool(points)


def _points(cell: str) -> float:
    return float(cell) if _POINTS.match(cell) and cell not in _NUMBER_SIGNS else 0.0


def _alone(opened: _Opened, findings: Findings) -> Iterator[Column]:
    for question in opened.layout.questions:
        if opened.holding == "text":
            yield from columns_by_text(question, opened.records, findings)
        else:
            yield from columns_by_number(question, opened.records)


def _platform(records: Records, layout: Layout) -> list[Column]:
    """Return the columns of the platform; its score is never an answer."""
    return [
        Column(
            ColumnInfo(name=plain_header(records.header[position]), header=records.header[position], kind=kind),
            records.column(position),
            position,
        )
        for position, kind in sorted(layout.platform.items())
    ]


READER = Reader(name="wjx", title="问卷星", recognise=recognise, read=read, companions=("labels",))
