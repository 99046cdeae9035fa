"""The items of a questionnaire in which patterns can be looked for: equally scaled, asked of everybody, in order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval_tools.instruments.instrument import Instrument, Scale
from eval_tools.instruments.key import item_points


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some items of one questionnaire, as columns of its answers in the order of the form."""

    columns: tuple[int, ...]
    mixed: bool  # some items point up and some down, so that one answer throughout cannot be meant
    scales: tuple[Scale, ...]  # that stand on these items alone and share none


def find_block(instrument: Instrument, *, fewest: int) -> Block:
    """Find the largest set of equally scaled items that everybody is asked; empty if it has fewer than ``fewest``.

    A questionnaire whose items all point one way may well be answered with one answer throughout.
    """
    sets: dict[tuple[int, ...], list[tuple[int, int]]] = defaultdict(list)
    for i, item in enumerate(instrument.items.values()):
        if item.asked_if is None and not item.answer_key and len(item.responses.scored_codes) > 1:
            sets[item.responses.scored_codes].append((item.number, i))
    most = max((len(items) for items in sets.values()), default=0)
    columns = tuple(i for _, i in sorted(next((items for items in sets.values() if len(items) == most), [])))
    if len(columns) < fewest:
        return Block(columns=(), mixed=False, scales=())
    ids = list(instrument.items)
    names = {ids[i] for i in columns}
    scales: list[Scale] = []
    used: set[str] = set()
    for scale in instrument.scales.values():
        if scale.items and set(scale.items) <= names - used and scale.sensitivity_of is None and not scale.overlapping:
            scales.append(scale)
            used |= set(scale.items)
    ways = {_way(instrument, scale, name) for scale in scales for name in scale.items}
    return Block(columns=columns, mixed={1, -1} <= ways, scales=tuple(scales))


def _way(instrument: Instrument, scale: Scale, name: str) -> int:
    """Say whether a high code is good news (1) or bad (-1); without a direction, up or down within the scale."""
    up = 1 if scale.better in ("higher", None) else -1
    return -up if scale.reverses(instrument.items[name]) else up


def points_of_scale(instrument: Instrument, scale: Scale, codes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what the answers to a scale count, items in the order of the form; shape (forms, items of the scale)."""
    position = {name: i for i, name in enumerate(instrument.items)}
    points = item_points(instrument, scale, codes[:, [position[name] for name in scale.items]])
    order = np.argsort([instrument.items[name].number for name in scale.items], kind="stable")
    return points[:, order]


def lowest_and_highest(instrument: Instrument, scale: Scale) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the fewest and the most points of the items of a scale, in the order of the form."""
    items = [instrument.items[name] for name in scale.items]
    longest = max(len(item.responses.scored_codes) for item in items)
    codes = np.full((longest, len(instrument.items)), np.nan)
    position = {name: i for i, name in enumerate(instrument.items)}
    for item in items:
        mine = item.responses.scored_codes
        codes[: len(mine), position[item.id]] = mine
    points = points_of_scale(instrument, scale, codes)
    return np.nanmin(points, axis=0), np.nanmax(points, axis=0)
