"""Answers that somebody typed from paper, one row for each form: which column is which question, and what it says.

Nothing is guessed: columns are matched by the ids of the items, or by their numbers under one common name (Q1, q01,
phq_1, 1、…); where two readings are possible, or a cell holds neither a code nor a label of the form, it is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from eval_tools.errors import DataError, DefinitionError, Problem, unknown_problem
from eval_tools.forms.identifiers import ID_PATTERN
from eval_tools.forms.typed_table import TypedTable, plain
from eval_tools.instruments.instrument import Instrument, Item
from eval_tools.privacy.check_digits import has_right_check_digits

BLANK = ("", "(空)", "(跳过)", "(跳過)")
NAMES = {
    "id": ("id", "participant", "number", "no", "no.", "code", "編號", "编号", "學號", "学号", "序号", "序號"),
    "age": ("age", "age in years", "年齡", "年龄", "年齡(歲)", "年龄(岁)", "周岁", "週歲"),
    "sex": ("sex", "gender", "性別", "性别"),
}
FEMALE = ("female", "f", "girl", "woman", "女", "女生", "女孩", "女性")
MALE = ("male", "m", "boy", "man", "男", "男生", "男孩", "男性")
NUMBERED = re.compile(r"(?P<prefix>.*?[^\d]|)0*(?P<number>\d{1,3})(?P<suffix>[題题]?)")
LEADING = re.compile(r"0*(?P<number>\d{1,3})\s*[、.:)]\s*\S.*", re.DOTALL)
SEEN_AT_LEAST = 0.5  # of the questions, for columns with one common name to be taken for the form


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSheet:
    """The answers of many forms, and how they were found."""

    file: str
    rows: tuple[int, ...]
    ids: tuple[str, ...] | None
    answers: NDArray[np.float64]  # (forms, items), raw codes in the order of the definition; NaN where blank
    age: NDArray[np.float64] | None
    sex: tuple[str, ...] | None  # female, male or ''
    columns: Mapping[str, str]  # item -> name of its column
    about: Mapping[str, str]  # id, age, sex -> name of its column, where the file has one
    matched_by: str  # ids, numbers or pattern
    pattern: str  # '' or how the columns are called, with {n} for the number
    without_column: tuple[str, ...]  # items that the file does not have
    other_columns: tuple[str, ...]
    n_labels: int  # cells that held the label of an answer and not its code
    ids_repeated: int
    ids_with_wrong_digits: tuple[int, ...]  # row numbers


@dataclass(slots=True)
class _Reading:
    problems: list[Problem] = field(default_factory=list)
    n_labels: int = 0


def read_answers(
    table: TypedTable,
    instrument: Instrument,
    *,
    columns: str = "",
    id_column: str = "",
    age_column: str = "",
    sex_column: str = "",
    blank: Collection[str] = (),
    partial: bool = False,
) -> AnswerSheet:
    """Find the questions of a form among the columns of a table and read every answer.

    Parameters
    ----------
    table : TypedTable
    instrument : Instrument
    columns : str
        Pattern of the column names, such as ``"q{n}"`` or ``"q{n:02}"``; empty to look for it.
    id_column, age_column, sex_column : str
        Names of these columns; empty to look for a usual name.
    blank : collection of str
        Cell texts that mean "not answered", besides empty cells.
    partial : bool
        Whether questions without a column count as not answered.

    Raises
    ------
    DefinitionError
        If an option names a column that does not exist, or the columns can be read in two ways.
    DataError
        Questions without a column, cells that are neither a code nor a label of the form, by column and row.
    """
    found, how, names = _match(table, instrument, columns)
    lost = tuple(name for name in instrument.items if name not in found)
    if lost and not partial:
        raise DataError(_lost(table, instrument, lost))
    reading = _Reading()
    empty = {plain(text) for text in (*BLANK, *blank)}
    answers = np.full((len(table.rows), len(instrument.items)), np.nan)
    for i, item in enumerate(instrument.items.values()):
        if item.id in found:
            answers[:, i] = _codes(table, found[item.id], item, empty, reading)
    used = set(found.values())
    id_at = _named(table, "id", id_column, used)
    age_at = _named(table, "age", age_column, used)
    sex_at = _named(table, "sex", sex_column, used)
    age = _ages(table, age_at, empty, reading) if age_at is not None else None
    sex = _sexes(table, sex_at, empty, reading) if sex_at is not None else None
    if reading.problems:
        raise DataError(reading.problems)
    ids = tuple(table.column(id_at)) if id_at is not None else None
    taken = used | {at for at in (id_at, age_at, sex_at) if at is not None}
    return AnswerSheet(
        file=table.file,
        rows=table.rows,
        ids=ids,
        answers=answers,
        age=age,
        sex=sex,
        columns={name: table.header[at] for name, at in found.items()},
        about={
            name: table.header[at] for name, at in (("id", id_at), ("age", age_at), ("sex", sex_at)) if at is not None
        },
        matched_by=how,
        pattern=names,
        without_column=lost,
        other_columns=tuple(name for at, name in enumerate(table.header) if at not in taken and name),
        n_labels=reading.n_labels,
        ids_repeated=_n_repeated(ids),
        ids_with_wrong_digits=_wrong_digits(table, ids),
    )


# --- columns ---------------------------------------------------------------------------------------------------


def _match(table: TypedTable, instrument: Instrument, pattern: str) -> tuple[dict[str, int], str, str]:
    names = [plain(name).lower() for name in table.header]
    repeated = sorted({table.header[i] for i, name in enumerate(names) if name and names.count(name) > 1})
    if pattern:
        return _by_pattern(table, instrument, pattern)
    by_id = {item: names.index(item) for item in instrument.items if item in names}
    if len(by_id) == len(instrument.items):
        _refuse_repeated(table, [name for name in repeated if plain(name).lower() in by_id])
        return by_id, "ids", ""
    numbers = {item.number: item.id for item in instrument.items.values()}
    families = _families(names, numbers)
    if len(families) > 1:
        shown = ", ".join(repr(f"{prefix}{{n}}{suffix}") for prefix, suffix in families)
        what = f"the columns can be read in {len(families)} ways: {shown}."
        remedy = 'Say which with --columns, for example --columns "q{n}".'
        raise DefinitionError(Problem(f"{table.file}, row 1", what, remedy))
    if families:
        (prefix, suffix), positions = next(iter(families.items()))
        twice = sorted({table.header[at] for at in positions if len(positions) != len(set(positions))})
        _refuse_repeated(table, twice)
        found: dict[str, int] = {}
        for number, at in positions.items():
            found[numbers[number]] = at
        if len(found) >= len(by_id):
            _refuse_repeated(table, [name for name in repeated if names.index(plain(name).lower()) in found.values()])
            return found, "numbers", f"{prefix}{{n}}{suffix}"
    return by_id, "ids", ""


def _families(names: Sequence[str], numbers: Mapping[int, str]) -> dict[tuple[str, str], dict[int, int]]:
    """Group columns that differ in their number only; keep groups with at least half of the questions."""
    groups: dict[tuple[str, str], dict[int, int]] = {}
    for at, name in enumerate(names):
        whole = NUMBERED.fullmatch(name)
        leading = LEADING.fullmatch(name)
        if whole:
            key, number = (whole["prefix"], whole["suffix"]), int(whole["number"])
        elif leading:
            key, number = ("", "、…"), int(leading["number"])
        else:
            continue
        if number in numbers:
            groups.setdefault(key, {}).setdefault(number, at)
    return {key: found for key, found in groups.items() if len(found) >= max(1, SEEN_AT_LEAST * len(numbers))}


def _by_pattern(table: TypedTable, instrument: Instrument, pattern: str) -> tuple[dict[str, int], str, str]:
    form = re.fullmatch(r"(?P<before>[^{}]*)\{n(:0(?P<digits>[1-3]))?\}(?P<after>[^{}]*)", pattern)
    if form is None:
        what = "the pattern of the columns needs {n} once, for the number of the question."
        raise DefinitionError(Problem("--columns", what, 'For example "q{n}", or "q{n:02}" for q01.'))
    names = [plain(name) for name in table.header]
    found = {}
    for item in instrument.items.values():
        number = f"{item.number:0{int(form['digits'])}}" if form["digits"] else str(item.number)
        name = plain(form["before"]) + number + plain(form["after"])
        if names.count(name) > 1:
            _refuse_repeated(table, [name])
        if name in names:
            found[item.id] = names.index(name)
    return found, "pattern", pattern


def _refuse_repeated(table: TypedTable, names: Sequence[str]) -> None:
    if names:
        what = f"column names that appear twice: {', '.join(map(repr, names))}."
        raise DataError(Problem(f"{table.file}, row 1", what, "Rename all but one."))


def _lost(table: TypedTable, instrument: Instrument, lost: Sequence[str]) -> Problem:
    items = instrument.items
    shown = ", ".join(f"{items[name].number} ({name})" for name in lost[:10]) + (" …" if len(lost) > 10 else "")
    what = f"no column was found for {len(lost)} of the {len(items)} questions: {shown}."
    remedy = (
        'Name the columns by item id or by number (Q1, Q2 …), say --columns "q{n}", or add --partial to count these '
        "questions as not answered."
    )
    return Problem(f"{table.file}, row 1", what, remedy)


def _named(table: TypedTable, what: str, given: str, used: Collection[int]) -> int | None:
    if given:
        names = [plain(name) for name in table.header]
        if plain(given) not in names:
            raise DefinitionError(
                unknown_problem("column", missing=[given], known=[n for n in table.header if n], where=f"--{what}")
            )
        return names.index(plain(given))
    fits = [at for at, name in enumerate(table.header) if plain(name).lower() in NAMES[what] and at not in used]
    if len(fits) > 1:
        shown = ", ".join(repr(table.header[at]) for at in fits)
        problem = Problem(f"{table.file}, row 1", f"several columns could be the {what}: {shown}.", f"Say --{what}.")
        raise DefinitionError(problem)
    return fits[0] if fits else None


# --- cells -----------------------------------------------------------------------------------------------------


def _codes(table: TypedTable, at: int, item: Item, empty: Collection[str], reading: _Reading) -> NDArray[np.float64]:
    allowed = set(item.responses.codes)
    labels = _labels(item)
    codes = np.full(len(table.rows), np.nan)
    wrong: list[int] = []
    for i, cell in enumerate(table.column(at)):
        if cell in empty:
            continue
        code = int(cell) if re.fullmatch(r"[-+]?\d{1,4}", cell) else None
        if re.fullmatch(r"[-+]?\d{1,4}\.0+", cell):
            code = int(float(cell))
        if code is None and cell in labels:
            code = labels[cell]
            reading.n_labels += 1
        if code is None or code not in allowed:
            wrong.append(table.rows[i])
        else:
            codes[i] = code
    if wrong:
        what = f"{len(wrong)} cells are neither a code nor a label of the form{_in_rows(wrong)}."
        remedy = f"Codes of the form: {', '.join(map(str, item.responses.codes))}. Compare with the paper."
        where = f"{table.file}, column {table.header[at]!r}"
        reading.problems.append(Problem(where, what, remedy + " For other marks of a blank, add --blank."))
    return codes


def _labels(item: Item) -> dict[str, int]:
    """Map every label of an answer, in any language, to its code; a label that two answers share is left out."""
    found = [(plain(text), option.code) for option in item.responses.options for text in option.label.values() if text]
    codes: dict[str, set[int]] = {}
    for text, code in found:
        codes.setdefault(text, set()).add(code)
    return {text: next(iter(of)) for text, of in codes.items() if len(of) == 1}


def _ages(table: TypedTable, at: int, empty: Collection[str], reading: _Reading) -> NDArray[np.float64]:
    ages = np.full(len(table.rows), np.nan)
    wrong = []
    for i, cell in enumerate(table.column(at)):
        if cell in empty:
            continue
        if re.fullmatch(r"\d{1,3}(\.\d+)?", cell) and float(cell) <= 120:
            ages[i] = float(cell)
        else:
            wrong.append(table.rows[i])
    if wrong:
        what = f"{len(wrong)} ages are not a number from 0 to 120{_in_rows(wrong)}."
        reading.problems.append(Problem(f"{table.file}, column {table.header[at]!r}", what, "Full years, or empty."))
    return ages


def _sexes(table: TypedTable, at: int, empty: Collection[str], reading: _Reading) -> tuple[str, ...]:
    sexes = []
    wrong = []
    for i, cell in enumerate(table.column(at)):
        word = cell.lower()
        sexes.append("female" if word in FEMALE else "male" if word in MALE else "")
        if not sexes[-1] and cell not in empty:
            wrong.append(table.rows[i])
    if wrong:
        what = f"{len(wrong)} cells name no sex that is known here{_in_rows(wrong)}."
        remedy = "Write female or male, 女 or 男, or leave the cell empty; what a number means is not guessed."
        reading.problems.append(Problem(f"{table.file}, column {table.header[at]!r}", what, remedy))
    return tuple(sexes)


def _in_rows(rows: Sequence[int]) -> str:
    shown = ", ".join(map(str, rows[:10])) + (" …" if len(rows) > 10 else "")
    return f", in row{'s' if len(rows) > 1 else ''} {shown}"


def _n_repeated(ids: Sequence[str] | None) -> int:
    return sum(n - 1 for name, n in Counter(ids or ()).items() if n > 1 and name)


def _wrong_digits(table: TypedTable, ids: Sequence[str] | None) -> tuple[int, ...]:
    """Give the rows whose number has wrong check digits, if the numbers are of our kind at all."""
    filled = [name.replace(" ", "") for name in ids or () if name]
    ours = sum(bool(re.fullmatch(ID_PATTERN, name)) and has_right_check_digits(name) for name in filled)
    if not filled or ours < 0.8 * len(filled):
        return ()
    return tuple(
        row for row, name in zip(table.rows, ids or (), strict=True) if name and not has_right_check_digits(name)
    )
