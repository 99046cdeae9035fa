"""While a wave is being collected: which forms are there, which are missing, and what is wrong with the others.

Looks at the raw files itself and needs none of them to be complete or right: what cannot be read is counted, never
refused. The codes on the forms are kept for the list of missing forms, which a school understands by nothing else;
none of this may leave the team.
"""

from __future__ import annotations

import datetime
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from eval_tools.instruments.instrument import Instrument
from eval_tools.intake.clock import days_received, seconds_taken
from eval_tools.intake.consent import Permission, find_permission, leave_out_withdrawn
from eval_tools.intake.corrections import Correction
from eval_tools.intake.findings import Findings
from eval_tools.intake.placing import meanings_of
from eval_tools.intake.raw_files import RawFile
from eval_tools.intake.raw_table import RawTable, plain
from eval_tools.intake.receive import read_entry
from eval_tools.privacy.pseudonyms import normalise_id, pseudonymise
from eval_tools.privacy.withdrawn import read_withdrawn
from eval_tools.studies.study import Roster, Source, Study

CONSENTS = ("consent", "assent")
CONSENT_WORDS = ("given", "refused")
FAST = 1 / 3  # of the median of the school: too fast to have read the questions (a rule of thumb)
Form = tuple[str, tuple[str, ...]]  # informant and questionnaires, as one source asks them


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceProgress:
    """How far one school is with one form."""

    site: str  # '' where it is not known
    informant: str
    instruments: tuple[str, ...]
    expected: int | None  # children of the roster; None without a roster
    received: int  # children with a form
    minutes: float  # median; NaN where the platform does not say
    fast: int  # forms that took less than a third of it


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProgress:
    """What one raw file holds of the wave."""

    file: str
    informant: str
    readable: bool
    rows: int = 0
    without_id: int = 0
    not_in_roster: int = 0
    wrong_digits: int = 0  # of those not in the roster
    twice: int = 0  # forms beyond the first of a child
    last_day: datetime.date | None = None
    consent: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)  # given, refused, not told


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingForm:
    """A form of the roster that is not there."""

    site: str
    code: str = field(repr=False)  # as printed
    informant: str
    instruments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """The state of one wave."""

    wave: str
    places: tuple[PlaceProgress, ...]
    files: tuple[FileProgress, ...]
    missing: tuple[MissingForm, ...]
    has_roster: bool
    has_check_digits: bool
    roster_consent: Mapping[str, tuple[int, int, int]]
    problems: int  # errors found on the way, as check lists them

    @property
    def last_day(self) -> datetime.date | None:
        """The day the last form was sent, where a platform says so."""
        return max((each.last_day for each in self.files if each.last_day), default=None)


@dataclass(slots=True)
class _Form:
    """What was received of one form so far."""

    children: dict[str, str] = field(default_factory=dict)  # pseudonym to site
    seconds: dict[str, list[float]] = field(default_factory=dict)  # by site


def watch_collection(
    study: Study,
    instruments: Mapping[str, Instrument],
    *,
    wave: str,
    corrections: tuple[Correction, ...],
    key: bytes,
    is_right_code: Callable[[str], bool],
) -> Collection:
    """Say how far the collection of a wave is.

    Parameters
    ----------
    study, instruments
        As loaded.
    wave : str
        Id of the wave.
    corrections : tuple of Correction
        What was declared about the files counts here too.
    key : bytes
        Secret of the study's pseudonyms.
    is_right_code : callable
        Whether the check digits of a printed code are right. Asked only where all codes of the roster have right
        ones, for other codes carry none.

    Notes
    -----
    A child counts where the roster puts it; without a roster, or a site in it, where its form does. Time compares
    with the median of the school, since children of different schools and grades read at different speeds.
    """
    findings = Findings()
    raw_files: list[RawFile] = []
    withdrawn = read_withdrawn(study.folder)

    def read(entry: Source | Roster) -> RawTable | None:
        raw = read_entry(study, entry, instruments, corrections, findings, raw_files)
        return None if raw is None else leave_out_withdrawn(raw, entry, study, key, withdrawn, findings)

    roster_raw = None if study.roster is None else read(study.roster)
    tables = [(source, read(source)) for source in study.sources]  # of all waves: a refusal may stand on any form
    known = [(source, raw) for source, raw in tables if raw is not None]
    permission = find_permission(roster_raw, known, study, key, Findings())
    roster = _Roster()
    if roster_raw is not None:
        roster = _read_roster(roster_raw, study, wave, key, permission, is_right_code, findings)
    forms: dict[Form, _Form] = {}
    files = []
    for source, raw in tables:
        if source.wave not in (None, wave):
            continue
        form = forms.setdefault((source.informant, tuple(part.instrument for part in source.instruments)), _Form())
        if raw is None:
            files.append(FileProgress(file=source.file, informant=source.informant, readable=False))
        else:
            files.append(_watch_file(raw, source, study, wave, key, roster, form, is_right_code, findings))
    return Collection(
        wave=wave,
        places=tuple(place for name, form in forms.items() for place in _places(name, form, roster)),
        files=tuple(files),
        missing=tuple(
            MissingForm(site=site, code=code, informant=informant, instruments=asked)
            for who, (code, site) in sorted(roster.children.items(), key=lambda child: (child[1][1], child[1][0]))
            for (informant, asked), form in forms.items()
            if who not in form.children
        ),
        has_roster=study.roster is not None,
        has_check_digits=roster.has_check_digits,
        roster_consent=roster.consent,
        problems=int((findings.table()["severity"] == "error").sum()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Roster:
    children: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # pseudonym to printed code and site
    has_check_digits: bool = False
    consent: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    without_consent: frozenset[str] = frozenset()  # nobody asks them for a form


def _read_roster(
    raw: RawTable,
    study: Study,
    wave: str,
    key: bytes,
    permission: Permission,
    is_right_code: Callable[[str], bool],
    findings: Findings,
) -> _Roster:
    assert study.roster is not None
    codes = raw.column(study.roster.columns["participant"])
    sites = meanings_of(raw, study.roster, "site", None, findings)
    people = _pseudonyms(codes, key, study.id)
    children: dict[str, tuple[str, str]] = {}
    for who, code, site in zip(people, codes, sites, strict=True):
        if who:
            children.setdefault(who, (code, site))
    place = list(study.waves).index(wave)
    ended = {who for who, end in permission.ends.items() if end <= place}
    agreed = frozenset(children) if permission.agreed is None else permission.agreed
    without = frozenset(children) - (agreed - permission.refused - ended)
    children = {who: child for who, child in children.items() if who not in without}
    return _Roster(
        children=children,
        has_check_digits=bool(children) and all(is_right_code(code) for code, _ in children.values()),
        consent=_consents(raw, study.roster, [True] * len(raw.cells)),
        without_consent=without,
    )


def _watch_file(
    raw: RawTable,
    source: Source,
    study: Study,
    wave: str,
    key: bytes,
    roster: _Roster,
    form: _Form,
    is_right_code: Callable[[str], bool],
    findings: Findings,
) -> FileProgress:
    waves = [wave] * len(raw.cells) if source.wave else meanings_of(raw, source, "wave", list(study.waves), findings)
    of_wave = [each == wave for each in waves]
    codes = raw.column(source.columns["participant"])
    people = _pseudonyms(codes, key, study.id)
    sites = meanings_of(raw, source, "site", None, findings)
    seconds, days = seconds_taken(raw), days_received(raw)
    counted: Counter[str] = Counter()
    seen: set[str] = set()
    for who, code, site, taken in (
        (people[i], codes[i], sites[i], seconds[i]) for i, is_mine in enumerate(of_wave) if is_mine
    ):
        counted["rows"] += 1
        if not who:
            counted["without_id"] += 1
            continue
        if who in roster.without_consent:
            continue
        if study.roster is not None and who not in roster.children:
            counted["not_in_roster"] += 1
            counted["wrong_digits"] += roster.has_check_digits and not is_right_code(code)
            continue
        counted["twice"] += who in seen
        seen.add(who)
        home = roster.children[who][1] if who in roster.children else ""
        form.children.setdefault(who, home or site)
        if not math.isnan(taken):
            form.seconds.setdefault(form.children[who], []).append(taken)
    return FileProgress(
        file=raw.file,
        informant=source.informant,
        readable=True,
        rows=counted["rows"],
        without_id=counted["without_id"],
        not_in_roster=counted["not_in_roster"],
        wrong_digits=counted["wrong_digits"],
        twice=counted["twice"],
        last_day=max((day for day, is_mine in zip(days, of_wave, strict=True) if day and is_mine), default=None),
        consent=_consents(raw, source, of_wave),
    )


def _places(name: Form, form: _Form, roster: _Roster) -> list[PlaceProgress]:
    expected = Counter(site for _, site in roster.children.values())
    received = Counter(form.children.values())
    places = []
    for site in sorted({*expected, *received}):
        taken = form.seconds.get(site, [])
        middle = median(taken) if taken else math.nan
        places.append(
            PlaceProgress(
                site=site,
                informant=name[0],
                instruments=name[1],
                expected=expected[site] if roster.children else None,
                received=received[site],
                minutes=middle / 60,
                fast=sum(each < FAST * middle for each in taken),
            )
        )
    return places


def _consents(raw: RawTable, entry: Source | Roster, of_wave: Sequence[bool]) -> dict[str, tuple[int, int, int]]:
    """Count for each declared consent: given, refused, and neither."""
    counted = {}
    for what in CONSENTS:
        if what in entry.columns:
            words = {plain(text): word for text, word in entry.meanings.get(what, {}).items()}
            cells = [plain(text) for text in raw.column(entry.columns[what])]
            told = Counter(words.get(t, t) for t, is_mine in zip(cells, of_wave, strict=True) if is_mine)
            given, refused = (told[word] for word in CONSENT_WORDS)
            counted[what] = (given, refused, sum(told.values()) - given - refused)
    return counted


def _pseudonyms(codes: Sequence[str], key: bytes, study: str) -> list[str]:
    """Return a pseudonym for every code; '' for one that is blank."""
    named = iter(pseudonymise([code for code in codes if normalise_id(code)], key=key, study=study))
    return [next(named) if normalise_id(code) else "" for code in codes]
