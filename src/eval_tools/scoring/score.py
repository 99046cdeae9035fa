"""RESPONSES -> SCORES, with BANDS and VALIDITY beside it: every form on every scale, each with a status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eval_tools.errors import DataError, Problem, did_you_mean
from eval_tools.instruments.gates import check_gates
from eval_tools.instruments.instrument import BandScheme, Instrument, Scale
from eval_tools.instruments.key import (
    InstrumentScores,
    band_of,
    band_ranks,
    fitting,
    pack_answers,
    points_of,
    rising_bands,
    score_instrument,
)
from eval_tools.stats.item_scores import ItemCodes
from eval_tools.tables import BANDS, SCORES, VALIDITY, check_table

if TYPE_CHECKING:
    import pandas as pd

STATUSES = ("scored", "prorated", "too_few_answers", "no_conversion", "not_answered", "void")
FORM = ["participant", "wave", "informant"]
Floats = NDArray[np.float64]
Words = NDArray[np.str_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """One word for each form, kept as a number, because text is slow."""

    numbers: NDArray[np.integer]
    words: tuple[str, ...]

    def as_text(self) -> pd.Index:
        """Write the words out."""
        import pandas as pd

        return pd.Index(self.words).take(self.numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleColumns:
    """One scale of many forms, side by side."""

    score: Floats
    n_answered: NDArray[np.int64]
    status: Labels
    band: Labels
    scheme: Labels  # the scheme the band comes from; '' without a band


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredForms:
    """Every scale and every validity gate of many forms of one questionnaire."""

    scales: Mapping[str, ScaleColumns]
    gates: Mapping[str, Words]


def score_responses(
    responses: pd.DataFrame, instruments: Mapping[str, Instrument], *, people: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Score every form on every scale of its questionnaire.

    Parameters
    ----------
    responses : DataFrame
        RESPONSES. Row order does not matter.
    instruments : mapping of id to Instrument
    people : DataFrame, optional
        ``participant``, perhaps ``wave``, ``age`` (years) and ``sex`` (female, male): asked by bands and
        conversion tables that depend on them.

    Returns
    -------
    DataFrame
        SCORES, sorted by its key. Nobody is dropped: who could not be scored has a status that says why.

    Raises
    ------
    DataError
        Answers that are not on the form, or to items that are not.
    """
    import pandas as pd

    parts = []
    for name, instrument in instruments.items():
        answers = answer_matrix(responses, instrument)
        if len(answers) == 0:
            continue
        age, sex = age_and_sex(answers.index, people)
        for scale, columns in score_columns(instrument, answers.to_numpy(dtype=float), age=age, sex=sex).scales.items():
            part = answers.index.to_frame(index=False)
            part["instrument"], part["scale"] = name, scale
            part["score"], part["n_answered"] = columns.score, columns.n_answered
            part["status"], part["band"] = columns.status.as_text(), columns.band.as_text()
            parts.append(part)
    scores = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(SCORES.columns))
    return check_table(scores.sort_values(list(SCORES.key), ignore_index=True), SCORES)


def score_columns(
    instrument: Instrument, answers: Floats, *, age: Floats, sex: Words, codes: ItemCodes | None = None
) -> ScoredForms:
    """Score many forms of one questionnaire.

    Parameters
    ----------
    instrument : Instrument
    answers : array, shape (forms, items)
        Raw codes.
    age, sex : arrays, shape (forms,)
    codes : ItemCodes, optional
        The answers packed, where that has been done before.
    """
    codes = pack_answers(instrument, answers) if codes is None else codes
    scored = score_instrument(instrument, codes, age=age, sex=sex)
    gates = check_gates(instrument, answers, scored.scales)
    voids = [(gate.scale, gates[gate.id] == "met") for gate in instrument.validity if gate.action == "void"]
    found = {}
    for scale in instrument.scales.values():
        score = scored.scales[scale.id].score
        n_answered = _n_answered(instrument, scale, answers, scored)
        missing, status = np.isnan(score), np.zeros(len(score), dtype=np.int8)

        def set_status(word: str, forms: NDArray[np.bool_], status: NDArray[np.int8] = status) -> None:
            status[forms] = STATUSES.index(word)

        below = _with_parts(instrument, scale)
        set_status("prorated", np.logical_or.reduce([scored.scales[part].prorated for part in below]))
        set_status("too_few_answers", missing)
        set_status("no_conversion", missing & np.logical_or.reduce([scored.not_converted[part] for part in below]))
        set_status("not_answered", missing & (n_answered == 0))
        others = [met for of_scale, met in voids if of_scale != scale.id]
        if others:
            void = np.logical_or.reduce(others)
            set_status("void", void & ~missing)
            score = np.where(void, np.nan, score)
        band, scheme = _default_band(instrument.default_schemes(scale.id), score, age, sex)
        found[scale.id] = ScaleColumns(
            score=score,
            n_answered=n_answered,
            status=Labels(numbers=status, words=STATUSES),
            band=band,
            scheme=scheme,
        )
    return ScoredForms(scales=found, gates=gates)


def _n_answered(instrument: Instrument, scale: Scale, answers: Floats, scored: InstrumentScores) -> NDArray[np.int64]:
    """Count the answers that count as given to the items a scale stands on, directly or through other scales."""
    parts = [instrument.scales[part] for part in _with_parts(instrument, scale) if instrument.scales[part].items]
    items = [name for part in parts for name in part.items]
    if len(set(items)) == len(items):
        return np.add.reduce([scored.scales[part.id].n_answered for part in parts])
    position = {item: i for i, item in enumerate(instrument.items)}
    counted = {name: list(points_of(part, instrument.items[name])) for part in parts for name in part.items}
    return np.add.reduce(
        [np.isin(answers[:, position[name]], codes) for name, codes in counted.items()], dtype=np.int64
    )


def _default_band(schemes: tuple[BandScheme, ...], score: Floats, age: Floats, sex: Words) -> tuple[Labels, Labels]:
    band, scheme = np.zeros(len(score), dtype=np.intp), np.zeros(len(score), dtype=np.intp)
    bands, names = [""], [""]
    for one in reversed(schemes):  # the first that fits counts
        rank = band_ranks(one, score)
        theirs = fitting(one.ages, one.sex, age, sex) & (rank > 0)
        band, scheme = np.where(theirs, rank + (len(bands) - 1), band), np.where(theirs, len(names), scheme)
        bands, names = [*bands, *(b.id for b in rising_bands(one))], [*names, one.id]
    return Labels(numbers=band, words=tuple(bands)), Labels(numbers=scheme, words=tuple(names))


def band_scores(
    scores: pd.DataFrame, instruments: Mapping[str, Instrument], *, people: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Place every score in every band scheme that is not unverified; a band never applies to another informant.

    Parameters
    ----------
    scores : DataFrame
        SCORES.
    instruments : mapping of id to Instrument
    people : DataFrame, optional
        As for :func:`score_responses`.

    Returns
    -------
    DataFrame
        BANDS, sorted by its key; who has no band has a reason.
    """
    import pandas as pd

    parts = []
    for (instrument, scale), mine in scores.groupby(["instrument", "scale"], sort=False):
        form = instruments[str(instrument)]
        defaults = [scheme.id for scheme in form.default_schemes(str(scale))]
        age, sex = age_and_sex(pd.MultiIndex.from_frame(mine[FORM]), people)
        score = mine["score"].to_numpy(dtype=float)
        for scheme in form.scales[str(scale)].band_schemes.values():
            if scheme.status == "unverified" or scheme.informant not in (None, form.informant):
                continue
            part = mine[[*FORM, "instrument", "scale"]].copy()
            theirs = fitting(scheme.ages, scheme.sex, age, sex)
            reason = np.where(theirs, "", "for_others").astype("<U16")
            if scheme.sex is not None:
                reason[sex == ""] = "sex_unknown"
            if scheme.ages != (None, None):
                reason[np.isnan(age)] = "age_unknown"
            reason[np.isnan(score)] = "no_score"
            part["scheme"], part["status"], part["default"] = scheme.id, scheme.status, scheme.id in defaults
            part["band"] = np.where(reason == "", band_of(scheme, score), "")
            part["reason"] = reason
            parts.append(part)
    bands = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(BANDS.columns))
    return check_table(bands.sort_values(list(BANDS.key), ignore_index=True), BANDS)


def check_validity(responses: pd.DataFrame, instruments: Mapping[str, Instrument]) -> pd.DataFrame:
    """Ask every validity gate of every form: RESPONSES in, VALIDITY out, sorted by its key."""
    import pandas as pd

    parts = []
    for name, instrument in instruments.items():
        if not instrument.validity:
            continue
        answers = answer_matrix(responses, instrument)
        codes = answers.to_numpy(dtype=float)
        results = check_gates(instrument, codes, score_instrument(instrument, codes).scales)
        for gate in instrument.validity:
            part = answers.index.to_frame(index=False)
            part["instrument"], part["gate"], part["result"] = name, gate.id, results[gate.id]
            part["action"], part["report_both"] = gate.action, gate.report_both
            parts.append(part)
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(VALIDITY.columns))
    return check_table(table.sort_values(list(VALIDITY.key), ignore_index=True), VALIDITY)


def age_and_sex(forms: pd.Index, people: pd.DataFrame | None) -> tuple[Floats, Words]:
    """Look up age and sex of whoever each form is about; NaN and '' where they are not known."""
    n = len(forms)
    unknown = np.full(n, np.nan), np.full(n, "", dtype="<U6")
    if people is None or n == 0:
        return unknown
    keys = [name for name in ("participant", "wave") if name in people.columns]
    repeated = int(people.duplicated(keys).sum())
    if repeated:
        where, what = "table people", f"{repeated} rows repeat {' and '.join(keys)}."
        raise DataError(Problem(where, what, "One row each."))
    found = forms.to_frame(index=False)[keys].merge(people, on=keys, how="left")
    age = found["age"].to_numpy(dtype=float) if "age" in found else unknown[0]
    if "sex" not in found:
        return age, unknown[1]
    sex = found["sex"].where(found["sex"].notna(), "").to_numpy(dtype=str)
    foreign = int((~np.isin(sex, ("", "female", "male"))).sum())
    if foreign:
        what = f"sex is something else than female or male in {foreign} rows."
        raise DataError(Problem("table people", what, "Write female, male or nothing."))
    return age, sex


def _with_parts(instrument: Instrument, scale: Scale) -> list[str]:
    """List a scale and every scale it is made of."""
    below = [part for name in scale.of_scales for part in _with_parts(instrument, instrument.scales[name])]
    return [scale.id, *below]


def answer_matrix(responses: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """Lay the answers to one questionnaire side by side: one row per form, one column per item, raw codes.

    Codes that are on the form but do not count (don't know, does not apply) stay.

    Raises
    ------
    DataError
        Answers to items that the questionnaire does not have.
    """
    mine = responses[responses["instrument"] == instrument.id]
    foreign = [str(item) for item in mine["item"].unique() if item not in instrument.items]
    if foreign:
        listed = ", ".join(map(repr, foreign))
        what = f"answers to items it does not have: {listed}."
        hint = did_you_mean(foreign[0], instrument.items)
        raise DataError(Problem(f"table responses, {instrument.id}", what, f"Name items as the definition does.{hint}"))
    return mine.pivot(index=FORM, columns="item", values="answer").reindex(columns=list(instrument.items))
