"""Apply the key of a questionnaire: raw codes in, every scale out; and the band a score falls into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, Problem
from eval_tools.instruments.facts import Ages
from eval_tools.instruments.instrument import BandScheme, Instrument, Item, LookupRow, Scale
from eval_tools.stats.scale_score import ScaleScores, score_points

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentScores:
    """Every scale of one instrument, for many people."""

    scales: Mapping[str, ScaleScores]
    # whom a conversion table has no line for, because age or sex is not known or not in it
    not_converted: Mapping[str, NDArray[np.bool_]]


def score_instrument(
    instrument: Instrument,
    answers: ArrayLike,
    *,
    age: ArrayLike | None = None,
    sex: ArrayLike | None = None,
) -> InstrumentScores:
    """Score every scale of an instrument.

    Parameters
    ----------
    instrument : Instrument
    answers : array_like, shape (people, items)
        Raw codes in the order of ``instrument.items``, as printed on the form, never reversed; NaN where there
        is no answer. Codes on the form that do not count (don't know, does not apply) may stay.
    age : array_like, shape (people,), optional
        Years; NaN where unknown. Asked only by conversion tables.
    sex : array_like, shape (people,), optional
        ``female``, ``male`` or ``""``.

    Returns
    -------
    InstrumentScores

    Raises
    ------
    DataError
        Codes that are not on the form, by item, with their number.
    """
    codes = np.asarray(answers, dtype=float)
    _refuse_foreign_codes(instrument, codes)
    position = {item: i for i, item in enumerate(instrument.items)}
    done: dict[str, ScaleScores] = {}
    not_converted = {}
    for scale in instrument.scales.values():
        if scale.items:
            columns = codes[:, [position[name] for name in scale.items]]
            parts = item_points(instrument, scale, columns)
        else:
            parts = np.column_stack([done[name].score for name in scale.of_scales])
            if scale.count_when is not None:
                parts = np.where(np.isnan(parts), np.nan, scale.count_when.holds(parts))
        rule = scale.missing
        members = scale.items or scale.of_scales
        result = score_points(
            parts,
            method=scale.method,
            min_answered=rule.min_answered,
            fill=rule.fill,
            rounding=rule.rounding,
            weights=[scale.weights[name] for name in members] if scale.weights else None,
            at_least=scale.at_least,
        )
        score, lost = _transformed(scale, result.score, age, sex)
        prorated = result.prorated
        if scale.zero_if is not None:
            zero = codes[:, position[scale.zero_if.item]] == scale.zero_if.equals
            score, prorated, lost = np.where(zero, 0.0, score), prorated & ~zero, lost & ~zero
        done[scale.id] = ScaleScores(score=score, n_answered=result.n_answered, prorated=prorated)
        not_converted[scale.id] = lost
    return InstrumentScores(scales=done, not_converted=not_converted)


def points_of(scale: Scale, item: Item) -> dict[int, float]:
    """Say what each code of an item counts in a scale; codes that do not count are left out.

    Reversal is lowest plus highest code minus the code; a value map replaces it; counts look at the result.
    """
    codes = item.responses.scored_codes
    if scale.method in ("sum_correct", "percent_correct"):
        points = {code: float(code in item.answer_key) for code in codes}
        if scale.dont_know_counts_as == "wrong":
            points |= dict.fromkeys(item.responses.dont_know_codes, 0.0)
        return points
    if scale.value_map:
        points = {code: scale.value_map[code] for code in codes}
    elif scale.reverses(item):
        points = {code: float(item.responses.low_plus_high - code) for code in codes}
    else:
        points = {code: float(code) for code in codes}
    if scale.count_when is not None:
        counted = scale.count_when.holds(list(points.values()))
        points = dict(zip(points, counted.astype(float).tolist(), strict=True))
    return points


def item_points(instrument: Instrument, scale: Scale, codes: Floats) -> Floats:
    """Turn the codes of a scale's items, in the order of ``scale.items``, into what they count there."""
    tables: dict[tuple[tuple[int, float], ...], list[int]] = {}
    for column, name in enumerate(scale.items):
        table = tuple(sorted(points_of(scale, instrument.items[name]).items()))
        tables.setdefault(table, []).append(column)
    points = np.empty(codes.shape)
    for table, columns in tables.items():
        points[:, columns] = _looked_up(codes[:, columns], *zip(*table, strict=True))
    return points


def _looked_up(x: Floats, known: tuple[int, ...], values: tuple[float, ...]) -> Floats:
    keys = np.array(known, dtype=float)
    index = np.minimum(np.searchsorted(keys, x), len(keys) - 1)
    return np.where(keys[index] == x, np.array(values)[index], np.nan)


def _refuse_foreign_codes(instrument: Instrument, codes: Floats) -> None:
    by_set: dict[tuple[int, ...], list[int]] = {}
    names = list(instrument.items)
    for i, item in enumerate(instrument.items.values()):
        by_set.setdefault(item.responses.codes, []).append(i)
    problems = []
    for allowed, columns in by_set.items():
        part = codes[:, columns]
        foreign = (~np.isnan(part) & ~np.isin(part, allowed)).sum(axis=0)
        problems += [
            Problem(
                f"{instrument.id}, item {names[columns[k]]!r}",
                f"{foreign[k]} answers are not on the form.",
                f"Codes of the form: {', '.join(map(str, allowed))}.",
            )
            for k in np.flatnonzero(foreign)
        ]
    if problems:
        raise DataError(problems)


def _transformed(
    scale: Scale, score: Floats, age: ArrayLike | None, sex: ArrayLike | None
) -> tuple[Floats, NDArray[np.bool_]]:
    """Take the steps from the raw score to the scale's own points; also say who fell out of a table."""
    lost = np.zeros(len(score), dtype=bool)
    for step in scale.transform:
        if step.multiply is not None:
            score = score * step.multiply
        elif step.add is not None:
            score = score + step.add
        else:
            found = _converted(step.lookup, score, age, sex)
            lost |= ~np.isnan(score) & np.isnan(found)
            score = found
    return score, lost


def _converted(rows: tuple[LookupRow, ...], score: Floats, age: ArrayLike | None, sex: ArrayLike | None) -> Floats:
    ages = np.full(len(score), np.nan) if age is None else np.asarray(age, dtype=float)
    sexes = np.full(len(score), "") if sex is None else np.asarray(sex, dtype=str)
    found = np.full(len(score), np.nan)
    groups: dict[tuple[Ages, str | None], list[LookupRow]] = {}
    for row in rows:
        groups.setdefault((row.ages, row.sex), []).append(row)
    for (limits, for_sex), lines in groups.items():
        these = fitting(limits, for_sex, ages, sexes)
        table = sorted((line.score, line.value) for line in lines)
        keys, values = (np.array(column) for column in zip(*table, strict=True))
        index = np.minimum(np.searchsorted(keys, score), len(keys) - 1)
        found = np.where(these & (keys[index] == score), values[index], found)
    return found


def fitting(limits: Ages, for_sex: str | None, ages: Floats, sexes: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Say for each person whether a rule for these ages (both ends included) and this sex is theirs."""
    youngest, oldest = limits
    fits = np.ones(len(ages), dtype=bool)
    if youngest is not None:
        fits &= ages >= youngest
    if oldest is not None:
        fits &= ages < oldest + 1
    return fits & (sexes == for_sex) if for_sex is not None else fits


def band_of(scheme: BandScheme, scores: Floats) -> NDArray[np.str_]:
    """Return the id of the band of each score; '' where there is no score.

    A score between two whole numbers belongs to the band that begins at or below it.
    """
    ordered = sorted(scheme.bands, key=lambda band: band.low)
    starts = np.array([band.low for band in ordered])
    names = np.array([band.id for band in ordered])
    index = np.clip(np.searchsorted(starts, scores, side="right") - 1, 0, len(names) - 1)
    return np.where(np.isnan(scores), "", names[index])
