"""What is known about a questionnaire besides its key: sources, licence, norms, reliability, important change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Translation = Mapping[str, str | None]
Standing = Literal["verified", "weak", "unverified"]
Sex = Literal["female", "male"]
Ages = tuple[int | None, int | None]
Permission = Literal["allowed", "with_permission", "forbidden", "unknown"]


def nothing() -> Mapping[Any, Any]:
    """Return a mapping without entries that nobody can change."""
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a fact was read, and how sure the reading is: A and B stand on good sources, C and U do not."""

    id: str
    ref: str
    confidence: Literal["A", "B", "C", "U"]
    checked_by: str | None = None
    checked_on: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """What may be done with the wording; the scoring rules are facts and free."""

    status: str
    text_redistributable: bool
    holder: str
    terms: str
    evidence: tuple[str, ...] = ()  # ids of sources
    local_text_file: str | None = None  # may hold {lang}
    credit_line: str | None = None
    permitted_use: Mapping[str, Permission] = field(default_factory=nothing)

    def permits(self, use: Literal["paper", "electronic", "translation", "subset"]) -> Permission:
        """Say whether a use is allowed; what was not looked up is unknown."""
        return self.permitted_use.get(use, "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedNumber:
    """A number with its standing, such as the minutes a form takes."""

    value: float
    status: Standing
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """Mean and SD of a scale in one population; a description, not a target."""

    population: str
    mean: float
    sd: float | None
    n: int | None
    ages: Ages
    grades: Ages
    sex: Sex | None
    informant: str | None
    year: str | None
    status: Standing
    sources: tuple[str, ...]
    note: str | None

    def fits(self, *, age: float | None = None, sex: str | None = None) -> bool:
        """Say whether the norm is for such a person; a norm by age or sex needs to know it."""
        return fits_person(self.ages, self.sex, age=age, sex=sex)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """One published coefficient; ``value``, or only the two ends it lies between over several scales."""

    kind: Literal["alpha", "omega", "split_half", "retest_r", "icc", "sem"]
    value: float | None
    between: tuple[float, float] | None
    interval: str | None
    population: str
    n: int | None
    informant: str | None
    ages: Ages
    status: Standing
    sources: tuple[str, ...]
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportantDifference:
    """A change that people notice, in scale points or in per cent of the score before."""

    value: float | None
    value_pct: float | None
    between: tuple[float, float] | None
    population: str
    ages: Ages
    status: Standing
    sources: tuple[str, ...]
    note: str | None


def fits_person(ages: Ages, for_sex: str | None, *, age: float | None, sex: str | None) -> bool:
    """Say whether something that was set for an age range (in full years, both ends included) and a sex fits.

    Examples
    --------
    >>> fits_person((11, 17), None, age=17.9, sex=None), fits_person((11, 17), None, age=18.0, sex=None)
    (True, False)
    >>> fits_person((None, None), "male", age=None, sex=None)
    False
    """
    youngest, oldest = ages
    if (youngest is not None or oldest is not None) and age is None:
        return False
    if age is not None and youngest is not None and age < youngest:
        return False
    if age is not None and oldest is not None and age >= oldest + 1:
        return False
    return for_sex is None or for_sex == sex
