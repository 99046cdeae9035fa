"""Two 问卷星 exports of one survey, by text and by number: together they are its codebook.

The number tells which option was chosen, the text tells its words. Rows are matched by 序号, questions by their
headers. What the two files do not say alike is refused, with the name of the question and no cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.exports.records import Column, Records, key_of, plain_header
from eval_tools.intake.exports.wjx_alone import infos_of, is_ranking, other_column
from eval_tools.intake.exports.wjx_cells import (
    ARROW,
    CLOSE,
    OPEN,
    parse_joined,
    place_and_words,
    reason_in_number,
    reason_in_text,
)
from eval_tools.intake.exports.wjx_header import Layout, Question, option_label
from eval_tools.intake.findings import Findings, shorten

_NUMBER = re.compile(r"^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?$")
SAME = ("提交答卷时间", "所用时间")  # columns that must say the same of one answer sheet in both files


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The two exports, the rows of the text file in the order of the number file or the other way round."""

    text: Records
    text_layout: Layout
    number: Records
    number_layout: Layout
    main: Literal["text", "number"]
    order: tuple[int, ...] = field(default=(), repr=False)  # of each row of the main file: its row in the other

    def cells(self, which: Literal["text", "number"], position: int) -> list[str]:
        """Return a column of one file in the order of the main file."""
        column = (self.text if which == "text" else self.number).column(position)
        return list(column) if which == self.main else [column[i] for i in self.order]

    @property
    def records(self) -> Records:
        """The main file."""
        return self.text if self.main == "text" else self.number

    @property
    def other(self) -> Records:
        """The file beside it."""
        return self.number if self.main == "text" else self.text


def align(pair: Pair, findings: Findings) -> Pair | None:
    """Match the rows of the two files by 序号; None, with findings, if they are not the same answer sheets."""
    mine, theirs = _serials(pair.records, findings), _serials(pair.other, findings)
    if mine is None or theirs is None:
        return None
    alone = [len(set(mine) - set(theirs)), len(set(theirs) - set(mine))]
    if any(alone):
        findings.add(
            "pair_differs",
            f"the two exports are not of the same answers: {alone[0]} 序号 stand only in this file and {alone[1]} only "
            f"in {pair.other.file}. | Download both again, one after the other, with the same filter.",
            file=pair.records.file,
            column="序号",
            count=sum(alone),
        )
        return None
    place = {serial: i for i, serial in enumerate(theirs)}
    aligned = replace(pair, order=tuple(place[serial] for serial in mine))
    for name in SAME:
        if rows := _differing(aligned, name):
            findings.add(
                "pair_differs",
                f"{len(rows)} answer sheets have another {name} in {pair.other.file}: rows {shorten(rows)}. | "
                "Are the two files of the same survey? Download both again.",
                file=pair.records.file,
                column=name,
                count=len(rows),
            )
            return None
    return aligned


def paired_columns(pair: Pair, findings: Findings) -> list[Column] | None:
    """Return the columns of all questions; None, with findings that name the questions, if the files disagree."""
    matched = list(_match_questions(pair))
    wrong = [question.name for question, groups in matched if groups is None]
    left = sum(len(q.columns) for q in pair.number_layout.questions) - sum(
        len(group) for _, groups in matched for group in groups or ()
    )
    if wrong or left:
        named = f"question {', '.join(wrong[:8])}" if wrong else "the end of the form"
        findings.add(
            "pair_differs",
            f"the columns of the two exports do not belong together from {named} on. | Download both files again, "
            "of the same version of the form; leave the headers as they are.",
            file=pair.other.file,
            column=wrong[0] if wrong else "",
            count=max(len(wrong), 1),
        )
        return None
    columns: list[Column] = []
    failed = False
    for question, groups in matched:
        for info, position, group in zip(
            infos_of(question, pair.text.header), question.columns, groups or (), strict=True
        ):
            single = _one_by_one(pair, question, position, group)
            try:
                if single:
                    columns += _single(pair, info, position, group[0])
                else:
                    columns += _options(pair, question, info, position, group)
            except _DisagreeError as error:
                failed = True
                findings.add(
                    "pair_not_one_to_one",
                    f"{error.what} (rows {shorten(error.rows)}). | Are both files of this survey, and is the other one "
                    "by text (按选项文本), not by score? Download both again.",
                    file=pair.records.file,
                    row=error.rows[0],
                    column=info.name,
                    count=len(error.rows),
                )
    return None if failed else columns


class _DisagreeError(Exception):
    def __init__(self, what: str, rows: Sequence[int]) -> None:
        super().__init__(what)
        self.what, self.rows = what, list(rows)


def _serials(records: Records, findings: Findings) -> list[str] | None:
    position = next((i for i, name in enumerate(records.header) if key_of(name) == "序号"), None)
    serials = list(records.column(position)) if position is not None else []
    if position is None or len(set(serials)) < len(serials) or "" in serials:
        findings.add(
            "pair_unnumbered",
            "needs a column 序号 in which every row has a number of its own. | Download the file again and leave it "
            "as it is.",
            file=records.file,
            column="序号",
        )
        return None
    return serials


def _differing(pair: Pair, name: str) -> list[int]:
    places = [
        next((i for i, header in enumerate(records.header) if key_of(header) == name), None)
        for records in (pair.text, pair.number)
    ]
    if places[0] is None or places[1] is None:
        return []
    rows = zip(pair.records.rows, pair.cells("text", places[0]), pair.cells("number", places[1]), strict=True)
    return [row for row, one, other in rows if one and other and not _same_moment(one, other)]


def _same_moment(one: str, other: str) -> bool:
    """Compare times by their numbers: 2026/9/7 8:03:36 is 2026-09-07 08:03:36, and 2026-09-07 08:03 without seconds."""
    numbers = [[int(digits) for digits in re.findall(r"\d{1,9}", cell)] for cell in (one, other)]
    shorter = min(map(len, numbers))
    return numbers[0][:shorter] == numbers[1][:shorter]


def _match_questions(pair: Pair) -> Iterator[tuple[Question, list[list[int]] | None]]:
    """Yield the questions of the text file with the columns of the number file that belong to each of theirs."""
    header = pair.number.header
    waiting = [i for question in pair.number_layout.questions for i in question.columns]
    ahead = 0
    for question in pair.text_layout.questions:
        groups: list[list[int]] | None = []
        for position in question.columns:
            name, group = pair.text.header[position], []
            if ahead < len(waiting) and plain_header(header[waiting[ahead]]) == plain_header(name):
                group, ahead = [waiting[ahead]], ahead + 1
            else:
                while ahead < len(waiting) and _option(pair, question, position, waiting[ahead]) is not None:
                    group.append(waiting[ahead])
                    ahead += 1
            if not group:
                groups = None
                break
            assert groups is not None
            groups.append(group)
        yield question, groups
        if groups is None:
            return


def _option(pair: Pair, question: Question, position: int, column: int) -> str | None:
    return option_label(pair.number.header[column], number=question.number, text_header=pair.text.header[position])


def _one_by_one(pair: Pair, question: Question, position: int, group: Sequence[int]) -> bool:
    return len(group) == 1 and plain_header(pair.number.header[group[0]]) == plain_header(pair.text.header[position])


def _single(pair: Pair, info: ColumnInfo, text_position: int, number_position: int) -> list[Column]:
    """Read one answer from both files: typed words stay, a place gets its label."""
    texts, numbers = pair.cells("text", text_position), pair.cells("number", number_position)
    rows = pair.records.rows
    reasons = [
        _agreed_reason(one, other) if one != other or not one else None
        for one, other in zip(texts, numbers, strict=True)
    ]
    answered = [i for i, reason in enumerate(reasons) if reason is None]
    if unlike := [rows[i] for i in answered if _only_one_answers(texts[i], numbers[i])]:
        raise _DisagreeError("one file holds an answer where the other holds none", unlike)
    if all(_same(texts[i], numbers[i]) for i in answered):
        typed = texts if pair.main == "text" else numbers
        cells = [cell if reason is None else reason for cell, reason in zip(typed, reasons, strict=True)]
        return [Column(info, cells, text_position if pair.main == "text" else number_position)]
    places = [place_and_words(numbers[i]) for i in answered]
    if unlike := [rows[i] for i, place in zip(answered, places, strict=True) if place is None]:
        raise _DisagreeError("the two files differ and the number file holds no place of an option", unlike)
    labels, written = _labels(
        [texts[i] for i in answered], [place for place in places if place], [rows[i] for i in answered]
    )
    cells = [reason or "" for reason in reasons]
    words = list(cells)
    for i, place, word in zip(answered, places, written, strict=True):
        assert place is not None
        cells[i] = labels[place[0]] if pair.main == "text" else place[0]
        words[i] = word
    ordered = {place: labels[place] for place in sorted(labels, key=int)}
    found = [
        Column(
            replace(
                info,
                header=pair.records.header[text_position if pair.main == "text" else number_position],
                holds="label" if pair.main == "text" else "ordinal",
                choices={} if pair.main == "text" else ordered,
            ),
            cells,
        )
    ]
    if any(written):
        found.append(other_column(found[0].info, words))
    return found


def _agreed_reason(text: str, number: str) -> str | None:
    by_text, by_number = reason_in_text(text), reason_in_number(number)
    return by_text if by_text is not None and by_text == by_number else None


def _only_one_answers(text: str, number: str) -> bool:
    """Say whether one cell holds an answer and the other none, or both none for different reasons."""
    return text != number and (reason_in_text(text) is not None or reason_in_number(number) is not None)


def _same(text: str, number: str) -> bool:
    """Say whether two cells are the same typed answer; a spreadsheet and a CSV file may spell a number differently."""
    return text == number or bool(_NUMBER.match(text) and _NUMBER.match(number) and float(text) == float(number))


def _labels(
    texts: Sequence[str], places: Sequence[tuple[str, str]], rows: Sequence[int]
) -> tuple[dict[str, str], list[str]]:
    """Find the label of each place, and apart from it what was written beside it in each row."""
    of_place: dict[str, set[str]] = {}
    for text, (place, words) in zip(texts, places, strict=True):
        of_place.setdefault(place, set()).add(_without(text, words))
    labels: dict[str, str] = {}
    for place, found in of_place.items():  # the number file need not repeat what was written beside an option
        labels[place] = min(text.partition(OPEN)[0] for text in found)
    written, unlike = [], []
    for text, (place, words), row in zip(texts, places, rows, strict=True):
        rest = text.removeprefix(labels[place]) if text.startswith(labels[place]) and labels[place] else "?"
        beside = not rest or (rest.startswith(OPEN) and rest.endswith(CLOSE) and len(rest) > 1)
        if not beside or (words and rest[1:-1] != words):
            unlike.append(row)
        written.append(rest[1:-1])
    if unlike:
        raise _DisagreeError("one place of an option has two labels", unlike)
    if len(set(labels.values())) < len(labels):
        shared = {label for label in labels.values() if list(labels.values()).count(label) > 1}
        raise _DisagreeError(
            "one label stands for two places of options",
            [row for (place, _), row in zip(places, rows, strict=True) if labels[place] in shared],
        )
    return labels, written


def _without(text: str, words: str) -> str:
    return text.removesuffix(f"{OPEN}{words}{CLOSE}") if words else text


def _options(
    pair: Pair, question: Question, info: ColumnInfo, text_position: int, group: Sequence[int]
) -> list[Column]:
    """Read a question with one column an option: the number file says which, the text file must say the same."""
    texts = pair.cells("text", text_position)
    columns = [pair.cells("number", position) for position in group]
    labels = [_option(pair, question, text_position, position) or "" for position in group]
    ranked = is_ranking(columns)
    sheets = [
        _read_ranking(text, cells, labels) if ranked else _read_several(text, cells, labels)
        for text, cells in zip(texts, zip(*columns, strict=True), strict=True)
    ]
    if unlike := [row for row, sheet in zip(pair.records.rows, sheets, strict=True) if sheet is None]:
        raise _DisagreeError("the options of the one file are not those of the other", unlike)
    read = [sheet for sheet in sheets if sheet is not None]
    joined = [text if (reason := reason_in_text(text)) is None else reason for text in texts]
    found = [Column(replace(info, kind="choices", holds="label"), joined)]
    for k, (position, label) in enumerate(zip(group, labels, strict=True)):
        option = replace(
            info,
            name=f"{info.name}.{k + 1}",
            header=pair.number.header[position],
            part=label,
            kind="rank" if ranked else "choice",
            holds="code",
        )
        found.append(Column(option, [sheet.values[k] for sheet in read]))
    if any(OPEN in text for text in texts) and not ranked:
        found.append(other_column(info, [sheet.written for sheet in read]))
    return found


@dataclass(frozen=True, slots=True)
class _Answer:
    values: tuple[str, ...]  # of each option
    written: str


def _read_several(text: str, cells: Sequence[str], labels: Sequence[str]) -> _Answer | None:
    """Read one answer sheet; None if the two files do not agree."""
    if (reason := reason_in_text(text)) is not None:
        agrees = all(cell == "0" or reason_in_number(cell) == reason for cell in cells)
        return _Answer((reason,) * len(cells), reason) if agrees else None
    values = tuple("1" if place_and_words(cell) else "0" for cell in cells)
    chosen = tuple(label for label, value in zip(labels, values, strict=True) if value == "1")
    read = parse_joined(text, chosen)
    return _Answer(values, read.written) if read is not None and read.options == chosen else None


def _read_ranking(text: str, cells: Sequence[str], labels: Sequence[str]) -> _Answer | None:
    """Read one answer sheet; None if the two files do not agree."""
    if (reason := reason_in_text(text)) is not None:
        agrees = all(cell == "0" or reason_in_number(cell) == reason for cell in cells)
        return _Answer((reason,) * len(cells), reason) if agrees else None
    places = [place[0] if (place := place_and_words(cell)) else "" for cell in cells]
    order = sorted((int(place), label) for place, label in zip(places, labels, strict=True) if place)
    return _Answer(tuple(places), "") if text.split(ARROW) == [label for _, label in order] else None
