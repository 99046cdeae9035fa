"""What a report is made of: definitions and released tables, and nothing that did not pass disclosure control."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from eval_tools.errors import DisclosureError, Problem
from eval_tools.instruments.instrument import Instrument, Scale
from eval_tools.privacy.disclosure import ReleasedTable
from eval_tools.reporting.language import Words
from eval_tools.studies.lock import Deviation, Lock
from eval_tools.studies.study import KNOWN_INFORMANTS, Outcome, Study, Wave

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]  # one row of a released table


def records(table: pd.DataFrame) -> list[Row]:
    """Return the rows of a table, one mapping of column to value each."""
    return [dict(zip(map(str, table.columns), row, strict=True)) for row in table.itertuples(index=False)]


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of finding about the raw data, with how many cells or rows it concerns."""

    rule: str
    severity: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything a report may show, for one study and one term."""

    study: Study
    instruments: Mapping[str, Instrument]
    term: str
    flow: ReleasedTable
    descriptives: ReleasedTable
    reliabilities: ReleasedTable
    results: ReleasedTable
    class_counts: ReleasedTable
    shares: ReleasedTable
    sites: ReleasedTable | None  # where the study names sites
    distributions: Mapping[str, ReleasedTable]  # by outcome
    verdicts: ReleasedTable
    people: ReleasedTable | None  # single people, by a recorded decision of the study
    findings: tuple[Finding, ...]
    not_read: ReleasedTable  # people who withdrew, forms without consent
    form_checks: ReleasedTable | None  # where a questionnaire asks something about its forms
    already_reversed: tuple[str, ...]  # questionnaires whose answers look as if they had been reversed before
    ages_known: bool  # whether the roster tells ages
    lock: Lock | None
    deviations: tuple[Deviation, ...]
    version: str
    fingerprint: str
    quality: ReleasedTable | None = None  # how the forms were answered, QUALITY_COUNTS
    linkage: ReleasedTable | None = None  # who was found again, where the study links by number and code
    transfers: ReleasedTable | None = None  # where forms name sites
    safeguarding: ReleasedTable | None = None  # where somebody is named who looks at answers that need a person

    def __post_init__(self) -> None:
        given = (*self.tables, *([] if self.people is None else [self.people]))
        if not all(isinstance(table, ReleasedTable) for table in given):
            raise DisclosureError(Problem("report", "a table did not pass disclosure control.", "Release it first."))

    @property
    def tables(self) -> tuple[ReleasedTable, ...]:
        """The tables that are published beside the report."""
        return (
            self.flow,
            self.descriptives,
            self.reliabilities,
            self.results,
            self.class_counts,
            self.shares,
            *([] if self.sites is None else [self.sites]),
            self.verdicts,
            *(table for table in (self.form_checks, self.quality, self.linkage) if table is not None),
            *(table for table in (self.transfers, self.safeguarding) if table is not None),
            *self.distributions.values(),
        )


class Desk:
    """The material on the desk of one writer: one language, and the look-ups every chapter needs."""

    def __init__(self, material: Material, language: str) -> None:
        self.material = material
        self.study = material.study
        self.words = Words(material.study.check_language(language), material.study.site_word)
        self.language = language
        self.results = material.results.data
        self.wave = material.study.wave(material.term)
        self.baseline = material.study.baseline

    @property
    def total(self) -> str:
        """The id that stands for everybody: all groups, or the only one."""
        return "all" if len(self.study.groups) > 1 else next(iter(self.study.groups))

    @property
    def clustered(self) -> bool:
        """Whether people belong to sites, named or not, so that they are not independent of each other."""
        return self.study.assignment.unit == "site" or self.has_sites

    @property
    def has_sites(self) -> bool:
        """Whether people belong to sites that are named."""
        return bool((self.results["n_sites"] > 0).any())

    @property
    def min_cell(self) -> int:
        """The smallest number of people that is published."""
        return self.study.disclosure.min_cell

    def wave_title(self, wave: Wave | str) -> str:
        """Name an occasion."""
        return self.words.of((self.study.waves[wave] if isinstance(wave, str) else wave).title)

    def group_title(self, group: str) -> str:
        """Name a group, or all of them."""
        return self.words("people.all") if group == "all" else self.words.of(self.study.groups[group].title)

    @property
    def group_titles(self) -> dict[str, str]:
        """Name every group, in the order of study.yaml."""
        return {group: self.group_title(group) for group in self.study.groups}

    @property
    def wave_titles(self) -> dict[str, str]:
        """Name every occasion, in time order."""
        return {wave: self.wave_title(wave) for wave in self.study.waves}

    @property
    def waves(self) -> dict[str, str]:
        """Name the two occasions a sentence compares."""
        return {"baseline": self.wave_name(self.baseline), "wave": self.wave_name(self.wave)}

    def wave_name(self, wave: Wave | str) -> str:
        """Name an occasion within a sentence."""
        return self.words.within(self.wave_title(wave))

    def instrument(self, outcome: Outcome) -> Instrument:
        """Return the questionnaire of an outcome."""
        return self.material.instruments[outcome.instrument]

    def scale(self, outcome: Outcome) -> Scale:
        """Return the scale of an outcome."""
        return self.instrument(outcome).scales[outcome.scale]

    def own_title(self, outcome: Outcome) -> str:
        """Name the scale of an outcome as its questionnaire does."""
        return self.words.of(self.scale(outcome).title)

    def scale_title(self, outcome: Outcome) -> str:
        """Name the scale of an outcome, with its informant where another one tells about a scale of this name."""
        title = self.own_title(outcome)
        alike = [each for each in self.study.plan.outcomes if self.own_title(each) == title]
        if len({self.study.informant_of(each) for each in alike}) < 2:
            return title
        return self.words("format.informant", what=title, informant=self.informant_title(outcome))

    def informant_title(self, outcome: Outcome) -> str:
        """Name who tells about an outcome."""
        return self.informant_name(self.study.informant_of(outcome))

    def informant_name(self, informant: str) -> str:
        """Name an informant."""
        given = self.study.informant_titles.get(informant)
        if given is not None:
            return self.words.of(given)
        return self.words(f"informant.{informant}") if informant in KNOWN_INFORMANTS else informant

    def levels(self, subgroup: str) -> tuple[str, str, str]:
        """Name a subgroup and the two levels that a row of results compares."""
        name, level, other = subgroup.split(".")
        found = self.study.subgroups[name]
        return self.words.of(found.title), self.words.of(found.levels[level]), self.words.of(found.levels[other])

    def scale_name(self, outcome: Outcome) -> str:
        """Name the scale of an outcome within a sentence."""
        return self.words.within(self.scale_title(outcome))

    def rows(self, outcome: Outcome, contrast: str, estimator: str) -> dict[str, Row]:
        """Return the results of one estimator, by group."""
        mine = self.results[
            (self.results["outcome"] == outcome.id)
            & (self.results["contrast"] == contrast)
            & (self.results["estimator"] == estimator)
        ]
        return {row["group"]: row for row in records(mine)}

    def primary(self, outcome: Outcome, contrast: str) -> dict[str, Row]:
        """Return the results of the estimator that the design got, by group."""
        return self.with_role(outcome, contrast, "primary")

    def with_role(self, outcome: Outcome, contrast: str, role: str) -> dict[str, Row]:
        """Return the results of one role, by group; of several estimators the last one."""
        mine = self.results[
            (self.results["outcome"] == outcome.id)
            & (self.results["contrast"] == contrast)
            & (self.results["role"] == role)
        ]
        return {row["group"]: row for row in records(mine)}

    def verdicts(self, outcome: Outcome) -> list[Row]:
        """Return what may be said of the contrasts of one outcome."""
        table = self.material.verdicts.data
        return records(table[table["outcome"] == outcome.id])

    def how(self, outcome: Outcome) -> str:
        """Say by a key's ending whether groups are compared at equal starting scores ('') or by their change."""
        adjusted = all("ancova" in row["estimator"] for row in self.primary(outcome, "difference").values())
        return "" if adjusted else ".change"

    def estimate(self, row: Row, digits: int = 1, *, factor: float = 1.0) -> str:
        """Write the estimate of a result with its interval, or say why there is none."""
        value, low, high = (float(row[key]) * factor for key in ("estimate", "ci_low", "ci_high"))
        if row["status"] == "estimated" and isfinite(low) and isfinite(high):
            return self.words.interval(value, low, high, digits, signed=True)
        if not isfinite(value):
            return self.words(f"status.{row['status']}")
        return self.words("format.no_interval", estimate=self.words.number(value, digits, signed=True))

    def method(self, row: Row) -> str:
        """Name the estimator of a result in plain words."""
        return self.words(f"method.{row['estimator']}")

    def count(self, value: float) -> str:
        """Write a number of people; it is missing where it is small or, if counts are exact, would tell a small one."""
        if value != value and self.min_cell > 1 and self.study.disclosure.round_to == 1:
            return self.words("format.protected")
        return self.words.count(value, min_cell=self.min_cell)

    def flow_count(self, value: float) -> str:
        """Write a number of the flow; it may be missing to protect another one, so it is not called small."""
        return self.words.number(value, 0) if value == value else self.words("format.protected")

    @property
    def hidden(self) -> str:
        """What stands for a mean that is missing."""
        return (
            self.words("format.hidden", min_cell=self.min_cell) if self.min_cell > 1 else self.words("format.no_value")
        )

    def tick(self, value: float) -> str:
        """Write a number at an axis, with a decimal only where it has one."""
        return self.words.number(value, 0 if float(value).is_integer() else 1)

    def signed_tick(self, value: float) -> str:
        """Write a difference at an axis."""
        return self.words.number(value, 0 if float(value).is_integer() else 1, signed=True)
