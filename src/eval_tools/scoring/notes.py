"""RESPONSES -> SCORING_NOTES: what a reader of the scores should know about the answers. Nothing is repaired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from eval_tools.instruments.instrument import Instrument
from eval_tools.instruments.key import item_points
from eval_tools.scoring.score import age_and_sex, answer_matrix
from eval_tools.stats.direction import check_direction
from eval_tools.tables import SCORING_NOTES, check_table

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


def note_answers(
    responses: pd.DataFrame, instruments: Mapping[str, Instrument], *, people: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Note what speaks against taking scores at face value, by questionnaire, wave and informant.

    Looked at are: a form used outside the ages it is meant for, items of which no form has an answer or a reason
    for none, age or sex missing where bands ask for it, and reversed items that run against all others.

    Parameters
    ----------
    responses : DataFrame
        RESPONSES.
    instruments : mapping of id to Instrument
    people : DataFrame, optional
        ``participant``, perhaps ``wave``, ``age`` and ``sex``.

    Returns
    -------
    DataFrame
        SCORING_NOTES, sorted by its key; counts only.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for name, instrument in instruments.items():
        mine = responses[responses["instrument"] == name]
        answers = answer_matrix(responses, instrument)
        for (wave, informant), form in answers.groupby(level=["wave", "informant"], sort=False):
            here = mine[(mine["wave"] == wave) & (mine["informant"] == informant)]
            present = set(here["item"].unique())
            absent = [item for item in instrument.items if item not in present]
            age, sex = age_and_sex(form.index, people)
            for note in notes_of(instrument, form.to_numpy(dtype=float), age=age, sex=sex, absent=absent):
                rows.append({"instrument": name, "wave": wave, "informant": informant, **note})
    table = pd.DataFrame(rows, columns=list(SCORING_NOTES.columns))
    return check_table(table.sort_values(list(SCORING_NOTES.key), ignore_index=True), SCORING_NOTES)


def notes_of(
    instrument: Instrument, answers: Floats, *, age: Floats, sex: NDArray[np.str_], absent: list[str]
) -> list[dict[str, Any]]:
    """List what is to be noted about the forms of one questionnaire; ``absent`` are items the file does not have."""
    n = len(answers)
    notes: list[dict[str, Any]] = []

    def note(rule: str, count: int, detail: str, scale: str = "") -> None:
        if count:
            notes.append({"rule": rule, "scale": scale, "count": count, "n": n, "detail": detail})

    youngest, oldest = instrument.age_years
    if youngest is not None:
        below = int((age < youngest).sum())
        note("below_age", below, f"forms of people younger than {youngest}, for whom the form is not made")
    if oldest is not None:
        above = int((age >= oldest + 1).sum())
        note("above_age", above, f"forms of people older than {oldest}, for whom the form is not made")
    note("item_not_in_file", len(absent), f"items that no form has: {', '.join(absent)}")
    if asks_age(instrument):
        note("age_unknown", int(np.isnan(age).sum()), "forms without an age, which bands or conversions ask for")
    if asks_sex(instrument):
        note("sex_unknown", int((sex == "").sum()), "forms without a sex, which bands or conversions ask for")
    position = {item: i for i, item in enumerate(instrument.items)}
    for scale in instrument.scales.values():
        turned = np.array([scale.reverses(instrument.items[name]) for name in scale.items], dtype=bool)
        if scale.sensitivity_of is not None or not turned.any() or scale.value_map:
            continue
        points = item_points(instrument, scale, answers[:, [position[name] for name in scale.items]])
        if check_direction(points, turned).already_reversed:
            detail = (
                "reversed items that run against all others, as if the file held them already reversed; "
                "look at the raw file, nothing was changed"
            )
            note("already_reversed", int(turned.sum()), detail, scale=scale.id)
    return notes


def asks_age(instrument: Instrument) -> bool:
    """Say whether default bands or conversions of a questionnaire depend on age."""
    schemes = (scheme for scale in instrument.scales for scheme in instrument.default_schemes(scale))
    return any(scheme.ages != (None, None) for scheme in schemes) or _converts_by(instrument, "ages")


def asks_sex(instrument: Instrument) -> bool:
    """Say whether default bands or conversions of a questionnaire depend on sex."""
    schemes = (scheme for scale in instrument.scales for scheme in instrument.default_schemes(scale))
    return any(scheme.sex is not None for scheme in schemes) or _converts_by(instrument, "sex")


def _converts_by(instrument: Instrument, what: str) -> bool:
    rows = [row for scale in instrument.scales.values() for step in scale.transform for row in step.lookup]
    return any(getattr(row, what) not in (None, (None, None)) for row in rows)
