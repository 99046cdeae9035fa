"""How many forms of each questionnaire are to be read with caution, and why: counts, to be released."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eval_tools.instruments.instrument import Instrument
from eval_tools.scoring.notes import asks_age, asks_sex
from eval_tools.scoring.score import FORM, age_and_sex
from eval_tools.tables import FORM_CHECKS, check_table

if TYPE_CHECKING:
    import pandas as pd

RESULTS = ("met", "other")  # a third one for the unknown would hide the first wherever few are unknown
CHECKS = ("below_age", "above_age", "age_unknown", "sex_unknown")
STATUSES = ("void", "no_conversion")
Flags = NDArray[np.bool_]


def count_form_checks(
    scores: pd.DataFrame,
    validity: pd.DataFrame,
    instruments: Mapping[str, Instrument],
    *,
    people: pd.DataFrame,
    scales: Collection[tuple[str, str]],
) -> pd.DataFrame:
    """Count by questionnaire, wave and informant the forms that met each gate or lie outside the ages it is made for.

    Parameters
    ----------
    scores, validity, people : DataFrame
        SCORES, VALIDITY, PEOPLE. Where nobody's age is known, ages are not looked at.
    instruments : mapping of id to Instrument
    scales : collection of (instrument, scale)
        Scales whose void and unconverted scores are counted.

    Returns
    -------
    DataFrame
        FORM_CHECKS; of every question both results, also with nobody, so that nothing tells by its absence.
    """
    import pandas as pd

    rows: list[tuple[object, ...]] = []

    def count(check: str, name: object, scale: str, wave: object, informant: object, met: Flags) -> None:
        n = int(met.sum())
        for result, forms in zip(RESULTS, (n, len(met) - n), strict=True):
            rows.append((check, name, scale, wave, informant, "all", result, forms))

    for name, instrument in instruments.items():
        mine = scores[scores["instrument"] == name]
        for (wave, informant), here in mine.groupby(["wave", "informant"], sort=True):
            forms = pd.MultiIndex.from_frame(here[FORM].drop_duplicates())
            for check, scale, met in (*_ages(instrument, forms, people), *_statuses(instrument, here, scales)):
                count(check, name, scale, wave, informant, met)
    gates = validity.groupby(["gate", "instrument", "wave", "informant"], sort=True)
    for (gate, form, wave, informant), here in gates:
        count(f"gate.{gate}", form, "", wave, informant, (here["result"] == "met").to_numpy(dtype=bool))
    table = pd.DataFrame(rows, columns=list(FORM_CHECKS.columns))
    return check_table(table.sort_values(list(FORM_CHECKS.key), ignore_index=True), FORM_CHECKS)


def leave_out_excluded(scores: pd.DataFrame, validity: pd.DataFrame) -> pd.DataFrame:
    """Withdraw the scores of forms that met a gate whose questionnaire keeps such forms out of the main analysis."""
    key = [*FORM, "instrument"]
    met = validity[(validity["result"] == "met") & (validity["action"] == "exclude_from_main_analysis")]
    out = set(met[key].itertuples(index=False, name=None))
    if not out:
        return scores
    theirs = np.array([row in out for row in scores[key].itertuples(index=False, name=None)], dtype=bool)
    theirs &= scores["score"].notna().to_numpy()
    return scores.assign(
        score=scores["score"].mask(theirs),
        status=scores["status"].mask(theirs, "excluded"),
        band=scores["band"].mask(theirs, ""),
    )


def _ages(instrument: Instrument, forms: pd.MultiIndex, people: pd.DataFrame) -> Iterator[tuple[str, str, Flags]]:
    age, sex = age_and_sex(forms, people)
    youngest, oldest = instrument.age_years
    if people["age"].notna().any():
        if youngest is not None:
            yield "below_age", "", age < youngest
        if oldest is not None:
            yield "above_age", "", age >= oldest + 1
    if asks_age(instrument):
        yield "age_unknown", "", np.isnan(age)
    if asks_sex(instrument):
        yield "sex_unknown", "", sex == ""


def _statuses(
    instrument: Instrument, scores: pd.DataFrame, scales: Collection[tuple[str, str]]
) -> Iterator[tuple[str, str, Flags]]:
    possible = {
        "void": any(gate.action == "void" for gate in instrument.validity),
        "no_conversion": any(step.lookup for scale in instrument.scales.values() for step in scale.transform),
    }
    for scale in instrument.scales:
        if (instrument.id, scale) in scales:
            status = scores.loc[scores["scale"] == scale, "status"].to_numpy(dtype=str)
            for word in STATUSES:
                if possible[word]:
                    yield word, scale, status == word
