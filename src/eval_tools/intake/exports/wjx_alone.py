"""The columns of a 问卷星 export that is read without its pair: by text, or by number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.exports.records import Column, Records
from eval_tools.intake.exports.wjx_cells import (
    ARROW,
    JOIN,
    OPEN,
    names_other,
    options_of_column,
    parse_joined,
    place_and_words,
    ranked_options,
    reason_in_number,
    reason_in_text,
    split_written,
)
from eval_tools.intake.exports.wjx_header import Question
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.raw_table import INVALID


def infos_of(question: Question, header: Sequence[str]) -> list[ColumnInfo]:
    """Describe the columns of a question as they stand: Q5, or Q5.1, Q5.2 … where it has several."""
    several = len(question.columns) > 1 or question.options
    return [
        ColumnInfo(
            name=f"{question.name}.{k}" if several else question.name,
            header=header[column],
            question=question.name,
            part=part,
            text=question.text,
        )
        for k, (column, part) in enumerate(zip(question.columns, question.parts, strict=True), start=1)
    ]


def columns_by_text(question: Question, records: Records, findings: Findings) -> Iterator[Column]:
    """Yield the columns of a question of an export by text."""
    for info, position in zip(infos_of(question, records.header), question.columns, strict=True):
        cells = records.column(position)
        if (options := options_of_column(info.header, cells)) is not None:
            yield from _several_by_text(info, options, cells, records, findings)
        elif (options := ranked_options(cells)) is not None:
            yield from _ranking_by_text(info, options, cells)
        else:
            _note_signs(info, cells, records, findings)
            yield from _one_by_text(info, cells, position)


def columns_by_number(question: Question, records: Records) -> Iterator[Column]:
    """Yield the columns of a question of an export by number; a place is never taken for the form's code."""
    columns = [records.column(position) for position in question.columns]
    infos = infos_of(question, records.header)
    if question.options:
        yield from options_by_number(question, infos, columns)
        return
    for info, cells, position in zip(infos, columns, question.columns, strict=True):
        answers = [cell for cell in cells if reason_in_number(cell) is None]
        places = {cell: place_and_words(cell) for cell in answers}
        if not answers or any(place is None for place in places.values()):
            typed = [cell if reason_in_number(cell) is None else _no_answer(cell) for cell in cells]
            yield Column(info, typed, position)
            continue
        split = [place_and_words(cell) or (_no_answer(cell), _no_answer(cell)) for cell in cells]
        yield Column(replace(info, holds="ordinal"), [place for place, _ in split])
        if any(OPEN in cell for cell in answers):
            yield other_column(info, [words for _, words in split])


def options_by_number(
    question: Question, infos: Sequence[ColumnInfo], columns: Sequence[Sequence[str]]
) -> list[Column]:
    """Return one column for each option: 1 and 0, or the place that was given to it."""
    ranked = is_ranking(columns)
    found, written = [], [""] * len(columns[0])
    for info, cells in zip(infos, columns, strict=True):
        values = []
        for row, cell in enumerate(cells):
            reason, place = reason_in_number(cell), place_and_words(cell)
            values.append(reason if reason is not None else place[0] if place else cell)
            if reason is not None:
                written[row] = reason or written[row]
            elif place and place[1]:
                written[row] = JOIN.join(filter(None, (written[row], place[1])))
        found.append(Column(replace(info, kind="rank" if ranked else "choice", holds="code"), values))
    if any(OPEN in cell for cells in columns for cell in cells):
        found.append(other_column(replace(infos[0], name=question.name, part="", header=infos[-1].header), written))
    return found


def is_ranking(columns: Sequence[Sequence[str]]) -> bool:
    """Say whether columns of options hold places of a ranking and not 1 and 0."""
    return any((place := place_and_words(cell)) is not None and place[0] != "1" for cells in columns for cell in cells)


def other_column(info: ColumnInfo, words: Sequence[str]) -> Column:
    """Return the column with what was written beside an option."""
    return Column(replace(info, name=f"{info.name}.other", kind="other", holds="text", choices={}), words)


def _several_by_text(
    info: ColumnInfo, options: Sequence[str], cells: Sequence[str], records: Records, findings: Findings
) -> Iterator[Column]:
    read = {cell: parse_joined(cell, options) for cell in set(cells) if reason_in_text(cell) is None}
    reasons = {cell: INVALID if cell in read else reason_in_text(cell) or "" for cell in set(cells)}
    unread = [row for row, cell in zip(records.rows, cells, strict=True) if read.get(cell, ()) is None]
    yield Column(replace(info, kind="choices", holds="label"), [_text_answer(cell) for cell in cells])
    for option in options:
        marks = {
            cell: reasons[cell] if (chosen := read.get(cell)) is None else "1" if option in chosen.options else "0"
            for cell in reasons
        }
        one = replace(info, name=f"{info.name}.{option}", part=option, kind="choice", holds="code")
        yield Column(one, [marks[cell] for cell in cells])
    if any(OPEN in cell for cell in reasons):
        words = {cell: reasons[cell] if (chosen := read.get(cell)) is None else chosen.written for cell in reasons}
        yield other_column(info, [words[cell] for cell in cells])
    if unread:
        findings.add(
            "options_unclear",
            f"what was typed beside an option cannot be told from the options: rows {shorten(unread)}. | "
            "Give the export by number (按选项序号) of the same survey as well; until then these answers are invalid.",
            severity="warning",
            file=records.file,
            row=unread[0],
            column=info.name,
            count=len(unread),
        )
    findings.add(
        "options_from_answers",
        f"{len(options)} options are known from the answers alone; an option that nobody chose has no column, and "
        "the columns are called by the options. | Give the export by number (按选项序号) as well to have them all.",
        severity="note",
        file=records.file,
        column=info.name,
        count=len(options),
    )


def _ranking_by_text(info: ColumnInfo, options: Sequence[str], cells: Sequence[str]) -> Iterator[Column]:
    yield Column(replace(info, kind="choices", holds="label"), [_text_answer(cell) for cell in cells])
    for option in options:
        places = []
        for cell in cells:
            reason, order = reason_in_text(cell), cell.split(ARROW)
            places.append(reason if reason is not None else str(order.index(option) + 1) if option in order else "")
        yield Column(replace(info, name=f"{info.name}.{option}", part=option, kind="rank", holds="code"), places)


def _one_by_text(info: ColumnInfo, cells: Sequence[str], position: int) -> Iterator[Column]:
    """Yield one answer, and apart from it what was written beside an option that asks for words.

    Whether ``very good〖really〗`` is an option or was typed as a whole, this file does not tell; only an option that
    asks for words is taken for one, and only if every 〖 in the column stands behind such an option.
    """
    marked = [cell for cell in cells if OPEN in cell]
    splits = {cell: split_written(cell) for cell in marked}
    if not marked or any(split is None or not names_other(split[0]) for split in splits.values()):
        yield Column(replace(info, holds="label"), [_text_answer(cell) for cell in cells], position)
        return
    yield Column(
        replace(info, holds="label"),
        [split[0] if (split := splits.get(cell)) else _text_answer(cell) for cell in cells],
        position,
    )
    words = []
    for cell in cells:
        split = splits.get(cell)
        words.append(split[1] if split else reason_in_text(cell) or "")
    yield other_column(info, words)


def _note_signs(info: ColumnInfo, cells: Sequence[str], records: Records, findings: Findings) -> None:
    """Say where signs of the platform stand in a column that was left as it is."""
    rows = [
        row
        for row, cell in zip(records.rows, cells, strict=True)
        if JOIN in cell or (OPEN in cell and not names_other(cell.partition(OPEN)[0]))
    ]
    if rows:
        findings.add(
            "signs_left",
            f"cells hold ┋ or 〖〗, and this file does not tell whether the platform wrote them: rows {shorten(rows)}; "
            "they are left as they are. | Give the export by number (按选项序号) as well if it is no free text.",
            severity="note",
            file=records.file,
            row=rows[0],
            column=info.name,
            count=len(rows),
        )


def _text_answer(cell: str) -> str:
    reason = reason_in_text(cell)
    return cell if reason is None else reason


def _no_answer(cell: str) -> str:
    return reason_in_number(cell) or ""
