"""Apply the key of a questionnaire: raw codes in, every scale out; and the band a score falls into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, Problem
from eval_tools.instruments.facts import Ages
from eval_tools.instruments.instrument import Band, BandScheme, Instrument, Item, LookupRow, Scale
from eval_tools.stats.item_scores import (
    MISSING,
    ItemCodes,
    ScaleKey,
    SumMethod,
    pack_codes,
    recode_items,
    score_scales,
)
from eval_tools.stats.norm_lookup import NO_GROUP, NormTable, convert_scores, rank_bands
from eval_tools.stats.scale_score import ScaleScores, score_points

Floats = NDArray[np.float64]
_BYTE = range(-127, 128)  # the codes that ItemCodes can hold


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentScores:
    """Every scale of one instrument, for many people."""

    scales: Mapping[str, ScaleScores]
    # whom a conversion table has no line for, because age or sex is not known or not in it
    not_converted: Mapping[str, NDArray[np.bool_]]


def score_instrument(
    instrument: Instrument,
    answers: ArrayLike | ItemCodes,
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
        is no answer, -128 in an array of ``int8``. Codes on the form that do not count (don't know, does not
        apply) may stay. Or what :func:`pack_answers` made of them.
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
    codes = answers if isinstance(answers, ItemCodes) else pack_answers(instrument, answers)
    position = {item: i for i, item in enumerate(instrument.items)}
    keys = {name: key for name, scale in instrument.scales.items() if (key := _key_of(instrument, scale, position))}
    added_up = score_scales(codes, list(keys.values()))
    place = {name: i for i, name in enumerate(keys)}
    done: dict[str, ScaleScores] = {}
    not_converted = {}
    for scale in instrument.scales.values():
        if scale.id in place:
            result = added_up.of_scale(place[scale.id])
        elif (recoded := _recoded(instrument, scale, position, codes)) is not None:
            result = score_scales(recoded, [_sum_of(scale, range(len(scale.items)))]).of_scale(0)
        else:
            result = _score_parts(instrument, scale, position, codes, done)
        score, lost = _transformed(scale, result.score, age, sex)
        prorated = result.prorated
        if scale.zero_if is not None:
            item = scale.zero_if.item
            zero = codes.codes[position[item]] == _byte_codes(instrument.items[item])[scale.zero_if.equals]
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
    tables = []
    for item in (instrument.items[name] for name in scale.items):
        points = points_of(scale, item)
        low = min(points, default=0)
        values = np.full((1, max(points, default=0) - low + 1), np.nan)
        values[0, [code - low for code in points]] = list(points.values())
        tables.append(NormTable(low=low, values=values))
    everybody = np.zeros(len(codes), dtype=np.int8)
    return convert_scores(codes.T, everybody, tables).T


def _byte_codes(item: Item) -> dict[int, int]:
    """Say as which byte each code is packed: as itself; one like 999 as a byte that is not on the form."""
    free = (byte for byte in reversed(_BYTE) if byte not in item.responses.codes)
    return {code: code if code in _BYTE else next(free) for code in item.responses.codes}


def pack_answers(instrument: Instrument, answers: ArrayLike) -> ItemCodes:
    """Pack the answers to a form, of shape (people, items) as in :func:`score_instrument`; refuse foreign codes."""
    tables = [_byte_codes(item) for item in instrument.items.values()]
    large = {i: table for i, table in enumerate(tables) if any(code != byte for code, byte in table.items())}
    if large:
        floats = np.array(answers, dtype=float)
        _refuse_foreign_codes(instrument, floats.T)
        for i, table in large.items():
            column = floats[:, i].copy()
            for code, byte in table.items():
                floats[column == code, i] = byte
        return pack_codes(floats)
    try:
        codes = pack_codes(answers)
    except DataError:
        _refuse_foreign_codes(instrument, np.asarray(answers, dtype=float).T)
        raise
    within = (
        _within(item.responses.codes, low, high)
        for item, low, high in zip(instrument.items.values(), codes.lows, codes.highs, strict=False)
    )
    if not all(within):
        _refuse_foreign_codes(instrument, codes.codes)
    return codes


def _within(allowed: tuple[int, ...], low: int, high: int) -> bool:
    """Say whether every code from ``low`` to ``high`` is on the form."""
    return min(allowed) <= low and high <= max(allowed) and len(set(allowed)) == max(allowed) - min(allowed) + 1


def _refuse_foreign_codes(instrument: Instrument, by_item: NDArray[np.float64] | NDArray[np.int8]) -> None:
    problems = []
    for row, item in zip(by_item, instrument.items.values(), strict=False):
        allowed = item.responses.codes
        missing = row == MISSING if row.dtype == np.int8 else np.isnan(row)
        foreign = int((~missing & ~np.isin(row, allowed)).sum())
        if foreign:
            where, what = f"{instrument.id}, item {item.id!r}", f"{foreign} answers are not on the form."
            problems.append(Problem(where, what, f"Codes of the form: {', '.join(map(str, allowed))}."))
    if problems:
        raise DataError(problems)


def _sum_of(scale: Scale, items: range) -> ScaleKey:
    """Return the key of a scale whose items are already what they count."""
    return ScaleKey(
        items=tuple(items),
        reverse=(False,) * len(items),
        low_plus_high=(0,) * len(items),
        method=cast("SumMethod", scale.method),
        min_answered=scale.missing.min_answered,
        fill=scale.missing.fill,
        rounding=scale.missing.rounding,
        at_least=scale.at_least,
    )


def _key_of(instrument: Instrument, scale: Scale, position: Mapping[str, int]) -> ScaleKey | None:
    """Return the key of a scale in which every answer counts its code or that code reversed; else nothing."""
    items = [instrument.items[name] for name in scale.items]
    if not items or scale.method not in get_args(SumMethod):
        return None
    turned = []
    for item in items:
        points, codes = points_of(scale, item), item.responses.codes
        reverse = scale.reverses(item) and not scale.value_map
        counts = {code: item.responses.low_plus_high - code if reverse else code for code in codes if code in _BYTE}
        if points != counts or len(counts) < len(codes):
            return None
        turned.append(reverse)
    return replace(
        _sum_of(scale, range(len(items))),
        items=tuple(position[item.id] for item in items),
        reverse=tuple(turned),
        low_plus_high=tuple(item.responses.low_plus_high for item in items),
    )


def _recoded(instrument: Instrument, scale: Scale, position: Mapping[str, int], codes: ItemCodes) -> ItemCodes | None:
    """Return what the answers to a scale count, as far as sums of small whole numbers can be made of it."""
    if not scale.items or scale.method not in get_args(SumMethod):
        return None
    tables = []
    for item in (instrument.items[name] for name in scale.items):
        points, byte = points_of(scale, item), _byte_codes(item)
        if any(value not in _BYTE for value in points.values()):
            return None
        tables.append({byte[code]: int(value) for code, value in points.items()})
    return recode_items(codes, [position[name] for name in scale.items], tables)


def _score_parts(
    instrument: Instrument,
    scale: Scale,
    position: Mapping[str, int],
    codes: ItemCodes,
    done: Mapping[str, ScaleScores],
) -> ScaleScores:
    """Score what is no sum of small whole numbers: weights, maxima, fractions, scales of scales."""
    if scale.items:
        parts = np.empty((codes.n_people, len(scale.items)), order="F")
        for points, item in zip(parts.T, (instrument.items[name] for name in scale.items), strict=True):
            byte, table = _byte_codes(item), np.full(256, np.nan)
            for code, value in points_of(scale, item).items():
                table[byte[code] % 256] = value
            table.take(codes.codes[position[item.id]].view(np.uint8), out=points, mode="clip")
    else:
        parts = np.column_stack([done[name].score for name in scale.of_scales])
        if scale.count_when is not None:
            parts = np.where(np.isnan(parts), np.nan, scale.count_when.holds(parts))
    members = scale.items or scale.of_scales
    return score_points(
        parts,
        method=scale.method,
        min_answered=scale.missing.min_answered,
        fill=scale.missing.fill,
        rounding=scale.missing.rounding,
        weights=[scale.weights[name] for name in members] if scale.weights else None,
        at_least=scale.at_least,
    )


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
    kinds = list(dict.fromkeys((row.ages, row.sex) for row in rows))
    groups = np.full(len(score), NO_GROUP)
    for number, (limits, for_sex) in enumerate(kinds):
        groups[fitting(limits, for_sex, ages, sexes)] = number
    listed = np.unique([row.score for row in rows])
    low = int(listed[0])
    if not np.array_equal(listed, np.arange(low, low + len(listed))):  # scores of a weighted scale: by their places
        place = np.minimum(np.searchsorted(listed, score), len(listed) - 1)
        score, low = np.where(listed[place] == score, place, np.nan), 0
    values = np.full((len(kinds), len(listed)), np.nan)
    for row in rows:
        values[kinds.index((row.ages, row.sex)), np.searchsorted(listed, row.score)] = row.value
    return convert_scores(score[None], groups, [NormTable(low=low, values=values)])[0]


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
    return np.array(["", *(band.id for band in rising_bands(scheme))])[band_ranks(scheme, scores)]


def band_ranks(scheme: BandScheme, scores: Floats) -> NDArray[np.int8]:
    """Return the place of the band of each score among :func:`rising_bands`, counted from 1; 0 without a score."""
    return rank_bands(scores, [band.low for band in rising_bands(scheme)[1:]])


def rising_bands(scheme: BandScheme) -> tuple[Band, ...]:
    """Return the bands of a scheme from the lowest scores to the highest."""
    return tuple(sorted(scheme.bands, key=lambda band: band.low))
