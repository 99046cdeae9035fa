"""Rules of scoring as drawn tables: answers in, scores out, for a questionnaire invented in the test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from eval_tools.instruments.instrument import (
    Band,
    BandScheme,
    Instrument,
    Item,
    Licence,
    MissingRule,
    Option,
    ResponseSet,
    Scale,
)
from eval_tools.scoring.score import score_responses


def read_table(text: str) -> list[dict[str, str]]:
    """Read a drawn table: the first line names the columns, | separates cells."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    assert all(len(line) == len(lines[0]) for line in lines), "the drawn table is not rectangular"
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def draw_scale(
    name: str,
    *,
    items: str = "",
    of_scales: str = "",
    method: str = "sum",
    needs: int = 0,
    fill: str = "none",
    rounding: str = "none",
    line: float | None = None,
) -> Scale:
    """Invent a scale; ``needs`` is the fewest answers, ``line`` the first score of the upper band."""
    members = items.split() or of_scales.split()
    label = {"en": name, "zh-Hant": name, "zh-Hans": name}
    schemes = {}
    if line is not None:
        bands = (
            Band(id="below", low=-99, high=line - 1, label=label),
            Band(id="above", low=line, high=99, label=label),
        )
        schemes["lines"] = BandScheme(
            id="lines", bands=bands, population="invented", informant=None, status="verified", note=None
        )
    return Scale(
        id=name,
        title=label,
        items=tuple(items.split()),
        of_scales=tuple(of_scales.split()),
        method=method,
        low=0,
        high=99,
        direction="higher_is_better",
        missing=MissingRule(min_answered=needs or len(members), fill=fill, rounding=rounding, status="verified"),
        band_schemes=MappingProxyType(schemes),
    )


def draw_instrument(*scales: Scale, reverse: str = "", codes: str = "0 1 2 3", not_counted: str = "") -> Instrument:
    """Invent a questionnaire of these scales; all items have the same codes, some of which may not count."""
    names = list(dict.fromkeys(item for scale in scales for item in scale.items))
    options = tuple(
        Option(code=int(code), label={}, scored=code not in not_counted.split())
        for code in [*codes.split(), *not_counted.split()]
    )
    answers = ResponseSet(id="answers", options=options)
    items = {
        name: Item(id=name, number=n, text={}, responses=answers, reverse=name in reverse.split(), scored=True)
        for n, name in enumerate(names, start=1)
    }
    return Instrument(
        id="invented",
        family="invented",
        version="1.0.0",
        title={},
        abbreviation="INV",
        edition="",
        informant="self",
        age_years=(None, None),
        citation="",
        licence=Licence(status="public_domain", text_redistributable=True, holder="", terms=""),
        items=MappingProxyType(items),
        scales=MappingProxyType({scale.id: scale for scale in scales}),
        default_band_scheme="lines",
        test_vectors=(),
        unverified=(),
        file="invented.yaml",
    )


def long_responses(rows: list[dict[str, str]], instrument: Instrument) -> pd.DataFrame:
    """Turn a drawn table into RESPONSES: participant, perhaps wave and informant, then one column an item."""
    long = []
    for row in rows:
        for item in instrument.items:
            cell = row[item]
            long.append(
                {
                    "participant": row["participant"],
                    "wave": row.get("wave", "before"),
                    "informant": row.get("informant", "child"),
                    "instrument": instrument.id,
                    "item": item,
                    "answer": float(cell) if cell else np.nan,
                    "missing": "" if cell else "blank",
                }
            )
    return pd.DataFrame(long)


@pytest.fixture(scope="session")
def scale() -> Callable[..., Scale]:
    """Invent a scale."""
    return draw_scale


@pytest.fixture(scope="session")
def questionnaire() -> Callable[..., Instrument]:
    """Invent a questionnaire."""
    return draw_instrument


@pytest.fixture(scope="session")
def drawn_responses() -> Callable[[str, Instrument], pd.DataFrame]:
    """Read a drawn table of answers as RESPONSES."""
    return lambda text, instrument: long_responses(read_table(text), instrument)


@pytest.fixture(scope="session")
def spec() -> Callable[..., None]:
    """Score a drawn table of answers and compare with a drawn table of scores.

    In ``scores`` a column is a scale (its score), ``status``, ``answered`` or ``band`` (of the only scale), or
    one of these after a scale and a dot (``total.status``). An empty cell means that there is none.
    """

    def check(instrument: Instrument, *, responses: str, scores: str) -> None:
        found = score_responses(long_responses(read_table(responses), instrument), {instrument.id: instrument})
        expected = read_table(scores)
        place = [name for name in ("participant", "wave", "informant") if name in expected[0]]
        assert len(found) == len(expected) * len(instrument.scales), "a form has no row, or a row too many"
        only = next(iter(instrument.scales))
        columns: Mapping[str, str] = {"status": "status", "answered": "n_answered", "band": "band"}
        for row in expected:
            for name, cell in row.items():
                if name in place:
                    continue
                scale, _, what = name.rpartition(".") if "." in name else ("", "", name)
                if not scale:
                    scale, what = (what, "score") if what in instrument.scales else (only, what)
                mine = found[found["scale"] == scale]
                for key in place:
                    mine = mine[mine[key] == row[key]]
                value = mine[columns.get(what, what)].item()
                where = f"{', '.join(row[key] for key in place)}: {name}"
                if what in ("score", "answered"):
                    assert value == pytest.approx(float(cell or "nan"), abs=1e-12, nan_ok=True), where
                else:
                    assert value == cell, where

    return check
