"""What a study is: who was asked what, when, in which groups, to show what, and what may be published."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from eval_tools.errors import UnknownNames
from eval_tools.privacy.disclosure import DisclosureRule

Language = Literal["en", "zh-Hant", "zh-Hans"]
KNOWN_INFORMANTS = (
    "child",
    "self",
    "parent",
    "caregiver",
    "teacher",
    "volunteer",
    "observer",
    "community_worker",
)  # those that every report has a word for
CONSENTS = ("consent", "assent")  # of the guardian, and of the child
CONSENT_WORDS = ("given", "refused")
Role = Literal["direct", "quasi", "sensitive", "other"]  # what a column could tell about who somebody is
SiteWord = Literal["site", "school", "village", "centre"]  # what a site is called in reports
Translation = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """One occasion on which questionnaires were answered; their order in study.yaml is the order in time."""

    id: str
    role: Literal["before", "after", "follow-up"]
    title: Translation


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """People who got the same programme, or the comparison."""

    id: str
    role: Literal["programme", "comparison"]
    title: Translation


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who was given to a group, and whether by chance."""

    unit: Literal["participant", "site", "none"]
    randomised: bool
    starts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # wave -> sites that start then; stepped only

    @property
    def stepped(self) -> bool:
        """Whether sites start one wave after another, so that those not yet started are the comparison."""
        return bool(self.starts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A county or another partner, with the sites that lie in it."""

    id: str
    title: Translation
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedChange:
    """A site that is right to be in another region or group than before."""

    site: str
    was_region: str  # '' if the region did not change
    was_group: str  # '' if the group did not change
    from_wave: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One scale the study set out to change."""

    instrument: str
    scale: str
    better: Literal["higher", "lower"]
    smallest_worthwhile: float | None
    rank: Literal["primary", "secondary"]
    informant: str | None = None  # named where several informants answer one questionnaire

    @property
    def id(self) -> str:
        """The name used in tables: instrument.scale, or instrument.scale.informant where one is named."""
        return ".".join(part for part in (self.instrument, self.scale, self.informant) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """Something the programme set out to reach, and the outcomes that measure it; none is a gap to be told."""

    id: str
    title: Translation
    outcomes: tuple[str, ...]  # ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Subgroup:
    """A way to divide people, and its levels in the order of study.yaml; the first is what the others differ from."""

    id: str
    title: Translation
    levels: Mapping[str, Translation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was set down before looking."""

    outcomes: tuple[Outcome, ...]
    decision_term: str
    reliability_floor: float
    written: Literal["before_data", "after_data"]
    subgroups: tuple[str, ...] = ()  # ids of the subgroups it asks about


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgroupColumn:
    """The column of the roster that tells the level of a person, and which cell text means which level."""

    column: str
    levels: Mapping[str, str]  # cell text to id of the level; empty where the cells hold the ids
    blank: tuple[str, ...] = ()  # texts that mean: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a raw file is to be read, as far as study.yaml says; the rest the file itself must tell."""

    reader: str = ""  # the platform; '' for the only one whose marks the file bears
    encoding: str = ""
    sheet: str = ""
    header_row: int = 0
    companions: Mapping[str, str] = field(default_factory=dict)  # role to file


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The file that says who takes part and in which group, perhaps of which age and sex."""

    file: str
    reading: Reading
    columns: Mapping[str, str]
    meanings: Mapping[str, Mapping[str, str]]
    ignore: tuple[str, ...]
    subgroups: Mapping[str, SubgroupColumn] = field(default_factory=dict)
    blank: tuple[str, ...] = ()  # texts that mean: age or sex not known
    roles: Mapping[str, Role] = field(default_factory=dict)  # of every column that study.yaml names

    @property
    def dropped(self) -> frozenset[str]:
        """Columns that identify people and are not asked for anything: gone before anything else is read."""
        return direct_columns(self.roles, self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentColumns:
    """Where the answers to one questionnaire stand in a file, and which cell text means which printed code.

    The items that are not ``absent`` from this version of the form stand in ``columns``, or one after the other from
    the column ``start``. Without ``answers`` the code book of the file tells, or the cells hold the codes or labels
    of the form.
    """

    instrument: str
    columns: tuple[str, ...] = ()
    start: str = ""
    absent: tuple[str, ...] = ()  # ids of items
    answers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsWanted:
    """Which rows of a file are of a source: those whose cell in a column is one of some texts; '' is the empty cell."""

    column: str
    equals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One raw file of answers."""

    file: str
    reading: Reading
    informant: str
    wave: str | None
    columns: Mapping[str, str]
    meanings: Mapping[str, Mapping[str, str]]
    instruments: tuple[InstrumentColumns, ...]
    missing: Mapping[str, str]  # cell text to blank, skipped, not_in_version or invalid
    totals: Mapping[str, str]
    ignore: tuple[str, ...]
    rows: RowsWanted | None = None  # all of them
    roles: Mapping[str, Role] = field(default_factory=dict)  # of every column that study.yaml names

    @property
    def dropped(self) -> frozenset[str]:
        """Columns that identify people and are not asked for anything: gone before anything else is read."""
        return direct_columns(self.roles, self.columns)


def direct_columns(roles: Mapping[str, Role], columns: Mapping[str, str]) -> frozenset[str]:
    """List the columns that identify, without the one that becomes the pseudonym."""
    return frozenset(name for name, role in roles.items() if role == "direct") - {columns.get("participant", "")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A study, checked as a whole against the questionnaires it uses."""

    id: str
    folder: Path
    file: str
    title: Translation
    about: Translation
    kind: Literal["real", "synthetic"]
    respondents: Literal["adults", "children"]
    attribution: str
    licence: str
    assignment: Assignment
    groups: Mapping[str, Group]
    waves: Mapping[str, Wave]
    informants: tuple[str, ...]
    identifiers: Literal["direct", "published_arbitrary"]
    roster: Roster | None
    sources: tuple[Source, ...]
    plan: Plan
    languages: tuple[Language, ...]
    disclosure: DisclosureRule
    informant_titles: Mapping[str, Translation] = field(default_factory=dict)  # of those without a known word
    goals: Mapping[str, Goal] = field(default_factory=dict)
    subgroups: Mapping[str, Subgroup] = field(default_factory=dict)
    regions: Mapping[str, Region] = field(default_factory=dict)
    confirmed: tuple[ConfirmedChange, ...] = ()  # sites that moved, as somebody confirmed
    site_word: SiteWord = "site"
    safeguarding_lead: str = ""  # who answers an alert the same day
    safeguarding_key: str = ""  # public key for which the list of alerts is encrypted
    key_fingerprint: str = ""  # of the key that makes the pseudonyms
    consent: Literal["", "in_data", "recorded_elsewhere"] = ""  # where it stands that the guardian agreed
    retention_until: datetime.date | None = None  # last day on which the raw data may be kept

    @property
    def baseline(self) -> Wave:
        """The wave before the programme; the last one if there are several."""
        return [wave for wave in self.waves.values() if wave.role == "before"][-1]

    @property
    def n_before(self) -> int:
        """How many waves lie before the programme."""
        return sum(wave.role == "before" for wave in self.waves.values())

    def waves_until(self, wave: str) -> tuple[str, ...]:
        """Ids of the waves up to one of them, in time order: what was known in its term."""
        names = list(self.waves)
        return tuple(names[: names.index(wave) + 1])

    @property
    def terms(self) -> tuple[str, ...]:
        """Waves a before/after report can be written for."""
        return tuple(wave.id for wave in self.waves.values() if wave.role != "before")

    @property
    def comparison(self) -> Group | None:
        """The group the others are compared with; None in a single-group study."""
        return next((group for group in self.groups.values() if group.role == "comparison"), None)

    @property
    def programme_groups(self) -> tuple[Group, ...]:
        """The groups that got a programme, in the order of study.yaml."""
        return tuple(group for group in self.groups.values() if group.role == "programme")

    def start_of(self, site: str) -> int | None:
        """Return the place in time order of the wave at which a site starts; None if it never does."""
        waves = list(self.waves)
        return next((waves.index(wave) for wave, sites in self.assignment.starts.items() if site in sites), None)

    @property
    def instruments(self) -> tuple[str, ...]:
        """Ids of every questionnaire that was used, in the order of first use."""
        return tuple(dict.fromkeys(part.instrument for source in self.sources for part in source.instruments))

    def informants_of(self, instrument: str) -> tuple[str, ...]:
        """Who answers a questionnaire, in the order of first use."""
        asked = [s.informant for s in self.sources if any(part.instrument == instrument for part in s.instruments)]
        return tuple(dict.fromkeys(asked))

    def informant_of(self, outcome: Outcome) -> str:
        """Who tells about an outcome; '' where that is not one informant."""
        asked = self.informants_of(outcome.instrument)
        return outcome.informant or (asked[0] if len(asked) == 1 else "")

    def wave(self, term: str) -> Wave:
        """Return the wave a report is about, or name the ones there are."""
        if term not in self.terms:
            raise UnknownNames("term", missing=[term], known=self.terms, where=self.file)
        return self.waves[term]

    def check_language(self, language: str) -> str:
        """Return the language if the study publishes in it, or name the ones it does."""
        if language not in self.languages:
            raise UnknownNames("language", missing=[language], known=self.languages, where=self.file)
        return language
