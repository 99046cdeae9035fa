"""Who a record is about: pseudonym, group and site, as the file, the roster and other files tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import compress

from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import RawTable, plain
from eval_tools.privacy.pseudonyms import normalise_id, pseudonymise
from eval_tools.studies.study import Roster, Source, Study


@dataclass(frozen=True, slots=True)
class PeopleOfFile:
    """One row per record of a file: who, in which group, at which site."""

    participant: list[str]
    group: list[str]
    site: list[str]
    rows: tuple[int, ...]

    def keep(self, wanted: list[bool]) -> PeopleOfFile:
        """Return only the records that are wanted."""
        return PeopleOfFile(
            participant=list(compress(self.participant, wanted)),
            group=list(compress(self.group, wanted)),
            site=list(compress(self.site, wanted)),
            rows=tuple(compress(self.rows, wanted)),
        )


def people_of(raw: RawTable, entry: Source | Roster, study: Study, key: bytes, findings: Findings) -> PeopleOfFile:
    """Say who every record is about; a record without an id is reported, and about nobody."""
    ids = raw.column(entry.columns["participant"])
    blank = [row for row, value in zip(raw.rows, ids, strict=True) if not normalise_id(value)]
    for row in blank:
        findings.add(
            "participant_blank",
            "no participant id. | Look it up on the form; never guess it.",
            file=raw.file,
            row=row,
            column=entry.columns["participant"],
        )
    named = [value for value in ids if normalise_id(value)]
    pseudonyms = iter(pseudonymise(named, key=key, study=study.id))
    return PeopleOfFile(
        participant=[next(pseudonyms) if normalise_id(value) else "" for value in ids],
        group=meanings_of(raw, entry, "group", list(study.groups), findings),
        site=meanings_of(raw, entry, "site", None, findings),
        rows=raw.rows,
    )


def meanings_of(
    raw: RawTable, entry: Source | Roster, what: str, known: list[str] | None, findings: Findings
) -> list[str]:
    """Translate a column into ids of the study; '' where the cell means none of them."""
    if what not in entry.columns:
        return [""] * len(raw.cells)
    column = entry.columns[what]
    mapping = entry.meanings.get(what)
    if mapping is None:
        mapping = {name: name for name in known} if known is not None else None
    else:
        mapping = {plain(text): meaning for text, meaning in mapping.items()}
    result = []
    for row, text in zip(raw.rows, raw.column(column), strict=True):
        meaning = text if mapping is None else mapping.get(text, "")
        if not meaning:
            findings.add(
                f"{what}_unknown",
                f"the cell names no {what} of the study. | Add the text under values: {what}, or correct the row.",
                file=raw.file,
                row=row,
                column=column,
            )
        result.append(meaning)
    return result


def _only_group(study: Study) -> str:
    return next(iter(study.groups)) if len(study.groups) == 1 else ""


def read_roster(raw: RawTable, study: Study, key: bytes, findings: Findings) -> dict[str, tuple[str, str]]:
    """Read the group and the site of everybody in the roster; of somebody there twice the first row counts."""
    assert study.roster is not None
    people = people_of(raw, study.roster, study, key, findings)
    roster: dict[str, tuple[str, str]] = {}
    for who, group, site, row in zip(people.participant, people.group, people.site, people.rows, strict=True):
        if not who:
            continue
        if who in roster:
            findings.add(
                "roster_repeats",
                "the participant stands in the roster already. | Keep one row for each person.",
                file=raw.file,
                row=row,
            )
            continue
        roster[who] = (group or _only_group(study), site)
    return roster


def read_subgroups(raw: RawTable, study: Study, key: bytes, findings: Findings) -> list[tuple[str, str, str]]:
    """Read the level of every person in every subgroup; a blank cell is a level not known, and counted."""
    assert study.roster is not None
    ids = raw.column(study.roster.columns["participant"])
    named = [i for i, value in enumerate(ids) if normalise_id(value)]
    people = dict(zip(named, pseudonymise([ids[i] for i in named], key=key, study=study.id), strict=True))
    found: dict[tuple[str, str], str] = {}
    for name, entry in study.roster.subgroups.items():
        known = {level: level for level in study.subgroups[name].levels}
        meanings = {plain(text): level for text, level in (entry.levels or known).items()}
        blank = {"", *map(plain, entry.blank)}
        for i, text in enumerate(raw.column(entry.column)):
            if plain(text) in blank:
                findings.add(
                    "subgroup_blank",
                    f"the level of {name!r} is not known; the person counts in no level.",
                    severity="warning",
                    file=raw.file,
                    row=raw.rows[i],
                    column=entry.column,
                )
            elif plain(text) not in meanings:
                findings.add(
                    "subgroup_unknown",
                    f"the cell names no level of {name!r}. | Add the text under values or blank of the subgroup, "
                    "or correct the row.",
                    file=raw.file,
                    row=raw.rows[i],
                    column=entry.column,
                )
            elif i in people:  # of a person who stands there twice the first row counts; roster_repeats is an error
                found.setdefault((people[i], name), meanings[plain(text)])
    return [(who, name, level) for (who, name), level in found.items()]


def place_people(
    raw: RawTable,
    source: Source,
    study: Study,
    people: PeopleOfFile,
    roster: dict[str, tuple[str, str]] | None,
    known: dict[str, tuple[str, str]],
    findings: Findings,
) -> list[bool]:
    """Say of each record whether its person, group and site are known."""
    placed = []
    for who, group, site, row in zip(people.participant, people.group, people.site, people.rows, strict=True):
        ok = bool(who) and not ("group" in source.columns and not group) and not ("site" in source.columns and not site)
        if ok and roster is not None and who not in roster:
            findings.add(
                "not_in_roster",
                "the participant is not in the roster. | Correct the id, or add the person to the roster.",
                file=raw.file,
                row=row,
            )
            ok = False
        if ok:
            before = known.get(who, ("", ""))  # where they do not agree, settle_places decides
            known[who] = (before[0] or group or _only_group(study), before[1] or site)
        placed.append(ok)
    return placed


def check_everybody_has_a_group(people: Mapping[str, tuple[str, str]], study: Study, findings: Findings) -> None:
    """Report people whom neither the roster nor any answer puts into a group; an unknown text is reported already."""
    n = sum(group == "" for group, _ in people.values())
    if n and study.roster is not None and "group" not in study.roster.columns:
        findings.add(
            "group_absent",
            f"{n} people of the roster are in no group: it has no group column, and no answer tells. | "
            "Add the group to the roster and declare its column.",
            file=study.roster.file,
            count=n,
        )
