"""What a questionnaire is, once its definition was read and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from eval_tools.instruments.facts import (
    Ages,
    ImportantDifference,
    Licence,
    Norm,
    Reliability,
    Sex,
    Source,
    Standing,
    StatedNumber,
    Translation,
    fits_person,
    nothing,
)
from eval_tools.instruments.rule import Rule
from eval_tools.stats.scale_score import Fill, Method, Rounding

Direction = Literal["higher_is_better", "higher_is_worse", "none"]
Kind = Literal["answer", "dont_know", "not_applicable"]
ANY_AGE: Ages = (None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer printed on the form."""

    code: int
    label: Translation
    scored: bool
    kind: Kind = "answer"


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
    def dont_know_codes(self) -> tuple[int, ...]:
        """The codes of options of the kind ``dont_know``."""
        return tuple(option.code for option in self.options if option.kind == "dont_know")

    @property
    def low_plus_high(self) -> int:
        """Lowest plus highest scored code, from which a reversed answer is subtracted."""
        return min(self.scored_codes) + max(self.scored_codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalRule:
    """A raw answer that a person must look at, however the scale comes out."""

    when: Rule
    level: Literal["urgent", "attention"]
    action: str | None
    omit_form: str | None  # the form to use where nobody can answer an alert


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedIf:
    """An item that is asked only after certain answers to another."""

    item: str
    when: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question."""

    id: str
    number: int
    text: Translation
    responses: ResponseSet
    reverse: bool
    scored: bool
    critical: tuple[CriticalRule, ...] = ()  # most serious first
    answer_key: tuple[int, ...] = ()
    min_age: int | None = None
    asked_if: AskedIf | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """A question answered in the person's own words; it is on the form and never among the answers."""

    id: str
    number: int
    text: Translation


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRule:
    """How many answers a score needs, and what stands for the others."""

    min_answered: int
    fill: Fill
    rounding: Rounding
    status: Standing
    sources: tuple[str, ...] = ()
    valid_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One interval of a scale with its label, both ends included.

    Where two bands share an end, a score on the line belongs to the upper one.
    """

    id: str
    low: float
    high: float
    label: Translation


@dataclass(frozen=True, slots=True, kw_only=True)
class BandScheme:
    """Intervals of one scale that were set for one population."""

    id: str
    bands: tuple[Band, ...]  # mildest first
    population: str
    informant: str | None
    status: Standing
    note: Translation | None
    group: str | None = None  # schemes of one group are one rule, told apart by age or sex
    ages: Ages = ANY_AGE
    sex: Sex | None = None
    sources: tuple[str, ...] = ()

    @property
    def for_everyone(self) -> bool:
        """Whether the scheme asks neither age nor sex."""
        return self.ages == ANY_AGE and self.sex is None

    def fits(self, *, age: float | None = None, sex: str | None = None) -> bool:
        """Say whether the scheme is for such a person; a scheme by age or sex needs to know it."""
        return fits_person(self.ages, self.sex, age=age, sex=sex)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupRow:
    """One line of a conversion table: a raw score of some people, and what it becomes."""

    score: float
    value: float
    ages: Ages
    sex: Sex | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """One step from the raw score to the scale's own points; exactly one of the three is set."""

    multiply: float | None = None
    add: float | None = None
    lookup: tuple[LookupRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroIf:
    """An answer that makes the whole scale 0, whatever else was answered."""

    item: str
    equals: int


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
    band_schemes: Mapping[str, BandScheme]  # all of them; a report reads default_bands or verified_bands
    weights: Mapping[str, float] = field(default_factory=nothing)
    value_map: Mapping[int, float] = field(default_factory=nothing)
    reverse_override: Mapping[str, bool] = field(default_factory=nothing)
    count_when: Rule | None = None
    at_least: int = 1
    dont_know_counts_as: Literal["missing", "wrong"] = "missing"
    zero_if: ZeroIf | None = None
    transform: tuple[Transform, ...] = ()
    overlapping: bool = False
    sensitivity_of: str | None = None
    norms: tuple[Norm, ...] = ()  # verified and weak only, like the next two
    reliability: tuple[Reliability, ...] = ()
    important_difference: tuple[ImportantDifference, ...] = ()

    @property
    def better(self) -> Literal["higher", "lower"] | None:
        """Which way is good news."""
        return {"higher_is_better": "higher", "higher_is_worse": "lower", "none": None}[self.direction]

    @property
    def verified_bands(self) -> tuple[BandScheme, ...]:
        """The schemes a report may show."""
        return tuple(scheme for scheme in self.band_schemes.values() if scheme.status == "verified")

    def reverses(self, item: Item) -> bool:
        """Say whether this scale counts an item downwards."""
        return self.reverse_override.get(item.id, item.reverse)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidityGate:
    """A sign that a form was not answered in earnest: a rule on a scale, or a pattern over all scored items."""

    id: str
    scale: str | None
    rule: Rule | None
    pattern: Literal["same_answer", "alternating"] | None
    action: Literal["flag", "exclude_from_main_analysis", "void"]
    report_both: bool
    why: Translation | None
    status: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedTerm:
    """One scale score of one of the two waves, with its weight."""

    wave: Literal[1, 2]
    scale: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A sum of weighted scale scores of two waves, such as the added-value score of the SDQ."""

    id: str
    title: Translation
    constant: float
    terms: tuple[DerivedTerm, ...]
    direction: Direction
    applies_to: Literal["groups_only", "groups_and_children"]
    effect_size_divisor: float | None
    warning: Translation | None
    status: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class TestVector:
    """Answers whose scores are known; the definition tests itself with them when it is loaded."""

    __test__ = False  # not a test case for pytest

    name: str
    origin: Literal["published", "derived"]
    answers: Mapping[str, int | None]
    expect: Mapping[str, float | str | tuple[str, ...] | None]
    age: float | None = None
    sex: Sex | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """The time an answer speaks of."""

    value: int
    unit: Literal["day", "week", "month", "year"]
    status: Standing = "verified"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeDirection:
    """The code printed for the first answer of the form, and what that answer says."""

    first_code: int
    first_means: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One entry of the history of a definition."""

    version: str
    date: str
    what: str
    why: str


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
    age_years: Ages
    citation: str
    licence: Licence
    items: Mapping[str, Item]
    scales: Mapping[str, Scale]
    default_band_scheme: str | None  # a scheme, or a group of schemes told apart by age or sex
    test_vectors: tuple[TestVector, ...]
    unverified: tuple[str, ...]
    file: str
    kind: Literal["scale", "knowledge_test", "checklist", "log", "feedback"] = "scale"
    template: bool = False
    item_order: str = ""
    recall: Recall | None = None
    code_direction: CodeDirection | None = None
    follow_up_of: str | None = None
    constructs: tuple[str, ...] = ()
    about: Literal["child", "self", "family", "programme"] = "self"
    grades: Ages = ANY_AGE
    reading_age: StatedNumber | None = None
    minutes: StatedNumber | None = None
    sources: Mapping[str, Source] = field(default_factory=nothing)
    checked_by: str | None = None
    stem: Translation = field(default_factory=nothing)
    text_status: Mapping[str, str] = field(default_factory=nothing)
    cautions: tuple[Translation, ...] = ()
    open_questions: tuple[OpenQuestion, ...] = ()
    validity: tuple[ValidityGate, ...] = ()
    derived: tuple[Derived, ...] = ()
    changes: tuple[Change, ...] = ()
    files: tuple[str, ...] = ()  # tables beside the definition that it reads

    def default_bands(self, scale: str) -> BandScheme | None:
        """Return the bands of a scale that a report may show: the default scheme, if it is verified.

        A scheme that depends on age or sex is none for everyone; see :meth:`default_schemes`.
        """
        for scheme in self.default_schemes(scale):
            if scheme.for_everyone:
                return scheme
        return None

    def default_schemes(self, scale: str) -> tuple[BandScheme, ...]:
        """Return the verified schemes of a scale that the default names; of these, the first that fits counts."""
        return tuple(
            scheme
            for scheme in self.scales[scale].verified_bands
            if self.default_band_scheme is not None
            and self.default_band_scheme in (scheme.id, scheme.group)
            and scheme.informant in (None, self.informant)
        )

    def critical_items(self) -> Iterator[Item]:
        """Iterate over the items whose raw answer a person may have to look at."""
        return (item for item in self.items.values() if item.critical)

    def too_young(self, age: float) -> bool:
        """Say whether the form is not meant for children of this age."""
        youngest = self.age_years[0]
        return youngest is not None and age < youngest
