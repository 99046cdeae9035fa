"""What a questionnaire is, once its definition was read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from eval_tools.stats.scale_score import Fill, Method, Rounding

Translation = Mapping[str, str | None]
Direction = Literal["higher_is_better", "higher_is_worse", "none"]
Standing = Literal["verified", "weak", "unverified"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer printed on the form."""

    code: int
    label: Translation
    scored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseSet:
    """The answers an item allows."""

    id: str
    options: tuple[Option, ...]

    @property
    def codes(self) -> tuple[int, ...]:
        """Every code on the form, in printed order."""
        return tuple(option.code for option in self.options)

    @property
    def scored_codes(self) -> tuple[int, ...]:
        """The codes that count as an answer; a don't-know does not."""
        return tuple(option.code for option in self.options if option.scored)

    @property
    def low_plus_high(self) -> int:
        """Lowest plus highest scored code, from which a reversed answer is subtracted."""
        return min(self.scored_codes) + max(self.scored_codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question."""

    id: str
    number: int
    text: Translation
    responses: ResponseSet
    reverse: bool
    scored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRule:
    """How many answers a score needs, and what stands for the others."""

    min_answered: int
    fill: Fill
    rounding: Rounding
    status: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One interval of a scale with its label, both ends included."""

    id: str
    low: float
    high: float
    label: Translation


@dataclass(frozen=True, slots=True, kw_only=True)
class BandScheme:
    """Intervals of one scale that were set for one population."""

    id: str
    bands: tuple[Band, ...]
    population: str
    informant: str | None
    status: Standing
    note: Translation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """One score of the questionnaire."""

    id: str
    title: Translation
    items: tuple[str, ...]
    of_scales: tuple[str, ...]
    method: Method
    low: float
    high: float
    direction: Direction
    missing: MissingRule
    band_schemes: Mapping[str, BandScheme]

    @property
    def better(self) -> Literal["higher", "lower"] | None:
        """Which way is good news."""
        return {"higher_is_better": "higher", "higher_is_worse": "lower", "none": None}[self.direction]


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """What may be done with the wording; the scoring rules are facts and free."""

    status: str
    text_redistributable: bool
    holder: str
    terms: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TestVector:
    """Answers whose scores are known; the definition tests itself with them when it is loaded."""

    __test__ = False  # not a test case for pytest

    name: str
    origin: Literal["published", "derived"]
    answers: Mapping[str, int | None]
    expect: Mapping[str, float | str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One form of one questionnaire, checked as a whole."""

    id: str
    family: str
    version: str
    title: Translation
    abbreviation: str
    edition: str
    informant: str
    age_years: tuple[int | None, int | None]
    citation: str
    licence: Licence
    items: Mapping[str, Item]
    scales: Mapping[str, Scale]
    default_band_scheme: str | None
    test_vectors: tuple[TestVector, ...]
    unverified: tuple[str, ...]
    file: str

    def default_bands(self, scale: str) -> BandScheme | None:
        """Return the bands of a scale that a report may show: the default scheme, if it is verified."""
        scheme = self.scales[scale].band_schemes.get(self.default_band_scheme or "")
        return scheme if scheme is not None and scheme.status == "verified" else None
