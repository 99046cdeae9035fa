"""RESPONSES -> QUALITY: the indices of careless answering, form by form, and which of them are signs."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eval_tools.instruments.gates import check_gates
from eval_tools.instruments.instrument import Instrument
from eval_tools.instruments.key import score_instrument
from eval_tools.intake.quality.blocks import Block, find_block, lowest_and_highest, points_of_scale
from eval_tools.intake.quality.compared import mark_repeated, time_ratios
from eval_tools.intake.quality.rule import QualityRule
from eval_tools.stats.careless import (
    answer_distance,
    answer_spread,
    answer_strings,
    even_odd,
    find_item_pairs,
    left_open,
    pair_consistency,
)
from eval_tools.stats.guttman import guttman_errors
from eval_tools.tables import QUALITY, check_table

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
FORM = ["participant", "wave", "informant"]
ASKED = ("", "blank", "invalid")  # reasons under which the person saw the item
NAMES = (
    "longest_string",
    "average_string",
    "spread",
    "even_odd",
    "synonyms",
    "antonyms",
    "distance",
    "distance_p",
    "guttman",
)


def measure_forms(
    responses: pd.DataFrame,
    instruments: Mapping[str, Instrument],
    *,
    participants: pd.DataFrame,
    durations: pd.DataFrame | None = None,
    rule: QualityRule | None = None,
) -> pd.DataFrame:
    """Measure how every form of every questionnaire was answered. Nothing is left out because of it.

    Parameters
    ----------
    responses : DataFrame
        RESPONSES: codes as printed, reversed items not turned round.
    instruments : mapping of id to Instrument
    participants : DataFrame
        PARTICIPANTS, for the school.
    durations : DataFrame, optional
        ``participant, wave, informant, seconds``, one row a form.
    rule : QualityRule, optional
        The cut-offs.

    Returns
    -------
    DataFrame
        QUALITY, sorted by its key. An index that cannot be computed is missing, and its sign is not among those
        judged: too few items, or too few forms to compare with.
    """
    import pandas as pd

    rule = rule or QualityRule()
    parts = []
    for name, instrument in instruments.items():
        mine = responses[responses["instrument"] == name]
        for _, here in mine.groupby(["wave", "informant"], sort=False):
            parts.append(_measure(here, instrument, rule))
    columns = list(QUALITY.columns)
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*columns, *_SETS])
    table = time_ratios(table, participants, durations, rule)
    table = mark_repeated(table, responses, rule)
    table = _joined(table)
    return check_table(table.sort_values(list(QUALITY.key), ignore_index=True), QUALITY)


_SETS = ["_judged", "_found"]


def _measure(here: pd.DataFrame, instrument: Instrument, rule: QualityRule) -> pd.DataFrame:
    """Measure the forms of one questionnaire, wave and informant."""
    import pandas as pd

    items = list(instrument.items)
    forms = here.pivot(index=FORM, columns="item", values="answer").reindex(columns=items)
    codes = forms.to_numpy(dtype=float)
    missing = here.pivot(index=FORM, columns="item", values="missing").reindex(columns=items)
    reasons = missing.fillna("not_in_version").to_numpy(dtype=object)
    order = np.argsort([item.number for item in instrument.items.values()], kind="stable")
    asked = np.isin(reasons.astype(str), ASKED)
    opened = left_open(np.where(reasons == "", 0.0, np.nan)[:, order], asked=asked[:, order])
    n_asked = asked.sum(axis=1)
    block = find_block(instrument, fewest=rule.fewest_items)
    scored = _scored(instrument, codes)
    table = forms.index.to_frame(index=False)
    table["instrument"] = instrument.id
    table["n_items"] = len(block.columns)
    table["open_share"] = opened.share
    table["open_at_end"] = opened.at_end
    indices = _indices(instrument, block, scored, rule)
    for name in NAMES:
        table[name] = indices[name]
    judged, found = _signs(indices, block, rule)
    judged["much_open"] = n_asked > 0
    found["much_open"] = judged["much_open"] & (np.nan_to_num(opened.share) >= rule.much_open)
    judged["broke_off"] = n_asked > rule.broke_off
    found["broke_off"] = judged["broke_off"] & (opened.at_end >= rule.broke_off) & (opened.at_end < n_asked)
    if instrument.validity:
        gates = np.array(list(check_gates(instrument, scored, score_instrument(instrument, scored).scales).values()))
        judged["gate"], found["gate"] = (gates != "unknown").any(axis=0), (gates == "met").any(axis=0)
    table["_judged"] = pd.Series(_words(judged, len(codes)), dtype=object)
    table["_found"] = pd.Series(_words(found, len(codes)), dtype=object)
    return table


def _scored(instrument: Instrument, codes: Floats) -> Floats:
    items = instrument.items.values()
    counts = [np.isin(column, item.responses.scored_codes) for column, item in zip(codes.T, items, strict=True)]
    return np.where(np.column_stack(counts), codes, np.nan) if counts else codes


def _indices(instrument: Instrument, block: Block, codes: Floats, rule: QualityRule) -> dict[str, Floats]:
    n = len(codes)
    indices = {name: np.full(n, np.nan) for name in NAMES}
    if not block.columns:
        return indices
    x = codes[:, list(block.columns)]
    strings = answer_strings(x)
    indices |= {"longest_string": strings.longest, "average_string": strings.average, "spread": answer_spread(x)}
    points = [points_of_scale(instrument, scale, codes) for scale in block.scales]
    halves = [part for part in points if part.shape[1] > 1]
    if len(halves) >= rule.fewest_pairs:
        ends = np.cumsum([0, *(part.shape[1] for part in halves)])
        places = [range(a, b) for a, b in itertools.pairwise(ends)]
        indices["even_odd"] = even_odd(np.column_stack(halves), places)
    if n >= rule.fewest_forms:
        for name, opposite in (("synonyms", False), ("antonyms", True)):
            pairs = find_item_pairs(x, critical=rule.pair_critical, opposite=opposite)
            if len(pairs) >= rule.fewest_pairs:
                indices[name] = pair_consistency(x, pairs)
        distances = answer_distance(x)
        indices["distance"], indices["distance_p"] = distances.squared, distances.p_value
        indices["guttman"] = _guttman(instrument, block, points)
    return indices


def _guttman(instrument: Instrument, block: Block, points: list[Floats]) -> Floats:
    """Average over the scales of three items or more whose points are whole numbers."""
    found = []
    for scale, part in zip(block.scales, points, strict=True):
        low, high = lowest_and_highest(instrument, scale)
        whole = not np.any(np.concatenate([part[~np.isnan(part)] % 1, low % 1, high % 1]))
        if part.shape[1] >= 3 and whole and (high > low).all():
            found.append(guttman_errors(part - low, (high - low).astype(int)))
    if not found:
        return np.full(len(points[0]) if points else 0, np.nan)
    each = np.column_stack(found)
    n = (~np.isnan(each)).sum(axis=1)
    return np.divide(np.nansum(each, axis=1), n, out=np.full(len(each), np.nan), where=n > 0)


def _signs(indices: Mapping[str, Floats], block: Block, rule: QualityRule) -> tuple[dict[str, Flags], dict[str, Flags]]:
    """Say which signs could be judged and which were found."""
    n = len(indices["spread"])
    judged: dict[str, Flags] = {}
    found: dict[str, Flags] = {}
    if block.mixed:
        longest = indices["longest_string"]
        judged["long_string"] = ~np.isnan(longest)
        found["long_string"] = np.nan_to_num(longest) >= rule.long_string * len(block.columns)
    if n >= rule.fewest_forms:
        spread = indices["spread"]
        median = float(np.nanmedian(spread)) if (~np.isnan(spread)).any() else float("nan")
        for name, sign, value, beyond in (
            ("spread", "low_spread", spread, spread < rule.low_spread * median),
            ("even_odd", "even_odd", -indices["even_odd"], indices["even_odd"] > rule.even_odd),
            ("synonyms", "synonyms", indices["synonyms"], indices["synonyms"] < rule.synonyms),
            ("distance_p", "distance", indices["distance_p"], indices["distance_p"] < rule.distance_p),
            ("guttman", "guttman", -indices["guttman"], indices["guttman"] > rule.guttman),
        ):
            known = ~np.isnan(indices[name])
            if known.any() and (sign != "low_spread" or block.mixed):
                judged[sign] = known
                found[sign] = known & beyond & (value <= np.nanquantile(value, rule.ranked))
    return judged, found


def _words(flags: Mapping[str, Flags], n: int) -> list[set[str]]:
    return [{sign for sign, which in flags.items() if which[i]} for i in range(n)]


def _joined(table: pd.DataFrame) -> pd.DataFrame:
    """Write the sets of signs as words in alphabetical order."""
    return table.assign(
        judged=[" ".join(sorted(words)) for words in table["_judged"]],
        signs=[" ".join(sorted(words)) for words in table["_found"]],
    ).drop(columns=_SETS)
