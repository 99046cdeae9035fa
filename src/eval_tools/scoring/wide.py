"""A table with one row a form -> its scores, row by row: for a file that comes from elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eval_tools.errors import DataError, Problem, did_you_mean
from eval_tools.instruments.instrument import Instrument
from eval_tools.instruments.key import pack_answers
from eval_tools.scoring.notes import notes_of
from eval_tools.scoring.score import score_columns
from eval_tools.tables import SCORING_NOTES, check_table

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
SHOWN_ROWS = 5
SEXES = {"female": "female", "male": "male"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WideScores:
    """What became of a table with one row a form."""

    # same rows and index as the table; for each scale <scale> (float), <scale>.status, <scale>.answered (int),
    # and where the default band scheme has bands for it <scale>.band and <scale>.scheme
    scores: pd.DataFrame
    validity: pd.DataFrame  # same rows; for each gate met, not_met or unknown
    notes: pd.DataFrame  # SCORING_NOTES


def score_wide(
    table: pd.DataFrame,
    instrument: Instrument,
    *,
    columns: Mapping[str, str] | None = None,
    age: str | None = None,
    sex: str | None = None,
    sexes: Mapping[str, str] | None = None,
    allow_absent: bool = False,
) -> WideScores:
    """Score a table with one row a form and one column an item.

    Parameters
    ----------
    table : DataFrame
        Any rows in any order, any further columns. Cells hold the codes printed on the form, not reversed; empty
        is not answered.
    instrument : Instrument
    columns : mapping of item to column, optional
        Where a column is not called as the item is in the definition.
    age, sex : str, optional
        Columns with the age in years and the sex; asked by bands and conversion tables that depend on them.
    sexes : mapping of text to ``female`` or ``male``, optional
        How the file writes them; ``{"1": "male", "2": "female"}``.
    allow_absent : bool
        Score a file that lacks some items: to these, nobody has answered.

    Returns
    -------
    WideScores

    Raises
    ------
    DataError
        With everything that is wrong: items without a column, text among the codes, codes that are not on the
        form, ages that cannot be, words for the sex that are not known. Rows are counted from one, the heading
        not included; no cell is ever repeated.

    Examples
    --------
    >>> import pandas as pd
    >>> from pathlib import Path
    >>> from eval_tools.instruments.load import load_instrument
    >>> ces_d = load_instrument(Path("questionnaires/ces-d/ces-d.yaml"))
    >>> file = pd.DataFrame([dict.fromkeys(ces_d.items, 1)], index=["form 7"])
    >>> score_wide(file, ces_d).scores[["total", "total.status", "total.band"]]
            total total.status   total.band
    form 7   24.0       scored  at_or_above
    """
    import pandas as pd

    problems: list[Problem] = []
    about: list[Problem] = []
    named, absent = _find_columns(table, instrument, columns or {}, allow_absent, problems)
    answers, text = _read_answers(table, instrument, named)
    ages, sex_words = _read_age(table, age, about), _read_sex(table, sex, sexes or SEXES, about)
    codes = None
    if not problems and not about and not text:
        with contextlib.suppress(DataError):  # codes that are not on the form are told by row
            codes = pack_answers(instrument, answers)
    if codes is None:
        _report_cells(instrument, named, answers, text, problems)
        raise DataError([*problems, *about])
    scored = score_columns(instrument, answers, age=ages, sex=sex_words, codes=codes)
    scores: dict[str, object] = {}
    for name, scale in scored.scales.items():
        scores[name], scores[f"{name}.status"] = scale.score, scale.status.as_text()
        scores[f"{name}.answered"] = scale.n_answered
        if instrument.default_schemes(name):
            scores[f"{name}.band"], scores[f"{name}.scheme"] = scale.band.as_text(), scale.scheme.as_text()
    notes = [
        {"instrument": instrument.id, "wave": "", "informant": "", **note}
        for note in notes_of(instrument, answers, age=ages, sex=sex_words, absent=absent)
    ]
    return WideScores(
        scores=pd.DataFrame(scores, index=table.index),
        validity=pd.DataFrame(scored.gates, index=table.index),
        notes=check_table(pd.DataFrame(notes, columns=list(SCORING_NOTES.columns)), SCORING_NOTES),
    )


def _find_columns(
    table: pd.DataFrame,
    instrument: Instrument,
    columns: Mapping[str, str],
    allow_absent: bool,
    problems: list[Problem],
) -> tuple[dict[str, str], list[str]]:
    """Say which column holds which item, and which items have none."""
    have = [str(column) for column in table.columns]
    where = f"table, {instrument.id}"
    unknown = [item for item in columns if item not in instrument.items]
    if unknown:
        what = f"columns are named for items it does not have: {', '.join(map(repr, unknown))}."
        problems.append(Problem(where, what, f"Items: {', '.join(instrument.items)}."))
    named = {item: columns.get(item, item) for item in instrument.items}
    absent = [item for item, column in named.items() if column not in have]
    repeated = [column for item, column in named.items() if have.count(column) > 1 and item not in absent]
    if repeated:
        what = f"columns that stand there twice: {', '.join(map(repr, repeated))}."
        problems.append(Problem(where, what, "Keep one of each."))
    shared = [column for column in dict.fromkeys(named.values()) if list(named.values()).count(column) > 1]
    if shared:
        what = f"columns that hold more than one item: {', '.join(map(repr, shared))}."
        problems.append(Problem(where, what, "One column for each item."))
    if absent and not allow_absent:
        hint = did_you_mean(absent[0], have)
        what = f"no column for {len(absent)} of {len(named)} items: {', '.join(absent)}."
        remedy = f"Name the columns as the items, or say which column holds which item.{hint}"
        problems.append(Problem(where, what, remedy))
    usable = {item: column for item, column in named.items() if item not in absent and column not in repeated}
    return usable, absent


def _read_answers(
    table: pd.DataFrame, instrument: Instrument, named: Mapping[str, str]
) -> tuple[Floats, dict[str, NDArray[np.bool_]]]:
    """Return the codes, of shape (forms, items), and by item the forms that have text instead."""
    answers, text = np.full((len(table), len(instrument.items)), np.nan, order="F"), {}
    for numbers, item in zip(answers.T, instrument.items, strict=True):
        if item in named:
            numbers[:], words = _numbers(table[named[item]])
            if words.any():
                text[item] = words
    return answers, text


def _report_cells(
    instrument: Instrument,
    named: Mapping[str, str],
    answers: Floats,
    text: Mapping[str, NDArray[np.bool_]],
    problems: list[Problem],
) -> None:
    for numbers, item in zip(answers.T, instrument.items.values(), strict=True):
        column, allowed = named.get(item.id, ""), item.responses.codes
        shown = f"Codes of the form: {', '.join(map(str, allowed))}."
        remedy = f"Put in the code, or leave the cell empty. {shown}"
        _report(column, text.get(item.id, np.zeros(0, dtype=bool)), "{n} cells hold text.", remedy, problems)
        foreign = ~np.isnan(numbers) & ~np.isin(numbers, allowed)
        _report(column, foreign, "{n} cells hold a code that is not on the form.", shown, problems)


def _numbers(cells: pd.Series) -> tuple[Floats, NDArray[np.bool_]]:
    """Read numbers, also those written as text; say where there is something else."""
    import pandas as pd

    if pd.api.types.is_float_dtype(cells) or pd.api.types.is_integer_dtype(cells):
        return cells.to_numpy(dtype=np.float64, na_value=np.nan), np.zeros(len(cells), dtype=bool)
    words = cells.astype("string").str.strip()
    empty = (words.isna() | (words == "")).to_numpy(dtype=bool)
    plain = words.str.fullmatch(r"-?[0-9]+(\.[0-9]+)?").fillna(False).to_numpy(dtype=bool)
    if pd.api.types.is_bool_dtype(cells):
        plain = np.zeros(len(cells), dtype=bool)
    numbers = np.full(len(cells), np.nan)
    numbers[plain] = words[plain].astype(float).to_numpy(dtype=float)
    return numbers, ~plain & ~empty


def _report(column: str, wrong: NDArray[np.bool_], what: str, remedy: str, problems: list[Problem]) -> None:
    rows = np.flatnonzero(wrong) + 1
    if len(rows):
        more = ", …" if len(rows) > SHOWN_ROWS else ""
        listed = ", ".join(map(str, rows[:SHOWN_ROWS]))
        problems.append(Problem(f"column {column!r}, rows {listed}{more}", what.format(n=len(rows)), remedy))


def _read_age(table: pd.DataFrame, column: str | None, problems: list[Problem]) -> Floats:
    if column is None or not _is_there(table, column, problems):
        return np.full(len(table), np.nan)
    years, text = _numbers(table[column])
    impossible = text | (years < 0) | (years > 120)
    _report(column, impossible, "{n} cells are no age.", "Years, as 11 or 11.5, or an empty cell.", problems)
    return years


def _read_sex(
    table: pd.DataFrame, column: str | None, sexes: Mapping[str, str], problems: list[Problem]
) -> NDArray[np.str_]:
    found = np.full(len(table), "", dtype="<U6")
    if column is None or not _is_there(table, column, problems):
        return found
    wrong = sorted(set(sexes.values()) - set(SEXES))
    if wrong:
        what = f"{', '.join(map(repr, wrong))} are not words of this package."
        problems.append(Problem("sexes", what, "Map what the file writes to female and male."))
    words = table[column].astype("string").str.strip().fillna("").str.removesuffix(".0").to_numpy(dtype=str)
    for written, meant in sexes.items():
        found[words == str(written)] = meant
    unknown = (words != "") & (found == "")
    remedy = f"Known: {', '.join(map(str, sexes))}. Say how the file writes female and male."
    _report(column, unknown, "{n} cells hold another word for the sex.", remedy, problems)
    return found


def _is_there(table: pd.DataFrame, column: str, problems: list[Problem]) -> bool:
    have = [str(name) for name in table.columns]
    if have.count(column) == 1:
        return True
    what = "there is no such column." if column not in have else "the column stands there twice."
    problems.append(Problem(f"column {column!r}", what, f"Columns: {', '.join(have)}.{did_you_mean(column, have)}"))
    return False
