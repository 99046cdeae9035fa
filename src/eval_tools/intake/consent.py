"""Who may be read: whoever withdrew or did not consent is counted, and nothing of the record is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from eval_tools.intake.findings import Findings
from eval_tools.intake.placing import meanings_of
from eval_tools.intake.raw_table import RawTable, plain
from eval_tools.privacy.pseudonyms import normalise_id, pseudonymise
from eval_tools.studies.study import CONSENT_WORDS, CONSENTS, Roster, Source, Study

OF = {"consent": "the guardian", "assent": "the child"}
Entry = Source | Roster
Rule = Literal["withdrawn", "consent_missing", "consent_ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """What the files together tell about consent; people are pseudonyms, waves places in time order."""

    refused: frozenset[str] = frozenset()  # nothing of them is read
    ends: Mapping[str, int] = field(default_factory=dict)  # the first wave that is not read
    agreed: frozenset[str] | None = None  # whose consent the roster records; None if it records nobody's


def pseudonyms_in(raw: RawTable, entry: Entry, study: Study, key: bytes) -> list[str]:
    """Return the pseudonym of every record, '' where it names nobody."""
    ids = raw.column(entry.columns["participant"])
    found = iter(pseudonymise([one for one in ids if normalise_id(one)], key=key, study=study.id))
    return [next(found) if normalise_id(one) else "" for one in ids]


def leave_out_withdrawn(
    raw: RawTable, entry: Entry, study: Study, key: bytes, withdrawn: Mapping[str, str], findings: Findings
) -> RawTable:
    """Drop every record of somebody who withdrew."""
    if not withdrawn:
        return raw
    gone = [who in withdrawn for who in pseudonyms_in(raw, entry, study, key)]
    return _without(raw, gone, "withdrawn", "of people who withdrew from the study", findings)


def find_permission(
    roster: RawTable | None, sources: Sequence[tuple[Source, RawTable]], study: Study, key: bytes, findings: Findings
) -> Permission:
    """Gather from all files together who may be read, and up to which wave.

    A refusal of the guardian on the form of one wave ends the reading there, for every informant and every later
    wave. The roster tells of all waves, or with ``consent_ends`` from which one on nothing may be read.
    """
    ends: dict[str, int] = {}
    first_given: dict[str, int] = {}
    for source, raw in sources:
        if "consent" not in source.columns:
            continue
        places = wave_places(raw, source, study, Findings())  # what is wrong there is told when the records are read
        told = _states(raw, source, "consent", Findings())
        for who, place, state in zip(pseudonyms_in(raw, source, study, key), places, told, strict=True):
            if not who:
                continue
            if state == "refused":
                ends[who] = min(place, ends.get(who, place))
            elif state == "given":
                first_given[who] = min(place, first_given.get(who, place))
    never = {who for who, place in ends.items() if first_given.get(who, place) >= place}
    if roster is None:  # without the roster that should record it, nobody is known to have agreed
        asked = study.roster is not None and any(kind in study.roster.columns for kind in CONSENTS)
        return Permission(refused=frozenset(never), ends=ends, agreed=frozenset() if asked else None)
    agreed: frozenset[str] | None = None
    if study.roster is not None:
        people = pseudonyms_in(roster, study.roster, study, key)
        kinds = [kind for kind in CONSENTS if kind in study.roster.columns]
        if kinds:
            states = [_states(roster, study.roster, kind, Findings()) for kind in kinds]
            yes: dict[str, bool] = {}
            for who, *each in zip(people, *states, strict=True):
                yes[who] = yes.get(who, True) and set(each) == {"given"}
            agreed = frozenset(who for who, may in yes.items() if who and may)
            never |= {who for who, may in yes.items() if who and not may}
        if "consent_ends" in study.roster.columns:
            for who, end in zip(people, _ends(roster, study.roster, study, findings), strict=True):
                if who and end == 0:
                    never.add(who)
                if who and end is not None:
                    ends[who] = min(end, ends.get(who, end))
    return Permission(refused=frozenset(never), ends=ends, agreed=agreed)


def wave_places(raw: RawTable, source: Source, study: Study, findings: Findings) -> list[int]:
    """Say which wave each record is of, as a place in time order; 0 where that is not known."""
    order = {wave: place for place, wave in enumerate(study.waves)}
    if source.wave is not None:
        return [order[source.wave]] * len(raw.cells)
    return [order.get(wave, 0) for wave in meanings_of(raw, source, "wave", list(study.waves), findings)]


def leave_out_refused(
    raw: RawTable, entry: Entry, study: Study, key: bytes, permission: Permission, findings: Findings
) -> RawTable:
    """Drop every record that may not be read, and count it by reason: guardian and child apart, refused or blank."""
    n_records = len(raw.cells)
    missing = [False] * len(raw.cells)
    for kind in CONSENTS:
        if kind not in entry.columns:
            continue
        states = _states(raw, entry, kind, findings)
        _count_states(raw, entry.columns[kind], kind, states, findings)
        missing = [gone or state != "given" for gone, state in zip(missing, states, strict=True)]
    raw = raw.keep([not gone for gone in missing])
    who = pseudonyms_in(raw, entry, study, key)
    if isinstance(entry, Roster):
        return raw.keep([one not in permission.refused for one in who])  # told where the refusal stands
    places = wave_places(raw, entry, study, Findings())
    never = [one in permission.refused for one in who]
    later = [
        not gone and place >= permission.ends.get(one, len(study.waves))
        for one, place, gone in zip(who, places, never, strict=True)
    ]
    told = "of people without consent, as another file tells"
    kept = _without(raw, never, "consent_missing", told, findings)
    later = [gone for gone, before in zip(later, never, strict=True) if not before]
    kept = _without(kept, later, "consent_ended", "of waves for which consent no longer holds", findings)
    n = n_records - len(kept.cells)
    if n:
        told = f"{n} forms in all were not read for want of consent."
        findings.add("consent_lacking", told, severity="note", file=raw.file, count=n)
    return kept


def _states(raw: RawTable, entry: Entry, kind: str, findings: Findings) -> list[str]:
    """Say of each record: given, refused, blank, or unknown, which is reported and not read either."""
    column = entry.columns[kind]
    known = entry.meanings.get(kind, {word: word for word in CONSENT_WORDS})
    meanings = {plain(text): word for text, word in known.items()}
    states = []
    for row, text in zip(raw.rows, raw.column(column), strict=True):
        state = meanings.get(text, "unknown" if text else "blank")
        if state == "unknown":
            findings.add(
                "consent_unknown",
                f"the cell says neither that {OF[kind]} agreed nor that it was refused; the record is not read. | "
                f"Add the text under values: {kind}, as given or refused.",
                file=raw.file,
                row=row,
                column=column,
            )
        states.append(state)
    return states


def _count_states(raw: RawTable, column: str, kind: str, states: Sequence[str], findings: Findings) -> None:
    n_refused, n_blank = states.count("refused"), states.count("blank")
    if n_refused:
        findings.add(
            "consent_refused",
            f"{n_refused} records were not read: {OF[kind]} did not agree.",
            severity="note",
            file=raw.file,
            column=column,
            count=n_refused,
        )
    if n_blank:
        findings.add(
            "consent_blank",
            f"{n_blank} records were not read: nothing says that {OF[kind]} agreed. | "
            "Look for the signed form; a blank cell is no consent.",
            severity="warning",
            file=raw.file,
            column=column,
            count=n_blank,
        )


def _ends(raw: RawTable, roster: Roster, study: Study, findings: Findings) -> list[int | None]:
    """Say from which wave on nobody may read a person; an unknown text is reported, and nothing is read."""
    column = roster.columns["consent_ends"]
    order = {wave: place for place, wave in enumerate(study.waves)}
    known = roster.meanings.get("consent_ends", {wave: wave for wave in study.waves})
    meanings = {plain(text): order[wave] for text, wave in known.items()}
    ends: list[int | None] = []
    for row, text in zip(raw.rows, raw.column(column), strict=True):
        if text and text not in meanings:
            findings.add(
                "consent_unknown",
                "the cell names no wave of the study; nothing of this person is read. | Write the first wave that may "
                "not be read, add the text under values: consent_ends, or leave the cell empty.",
                file=raw.file,
                row=row,
                column=column,
            )
        ends.append(meanings.get(text, 0) if text else None)
    return ends


def _without(raw: RawTable, gone: list[bool], rule: Rule, whose: str, findings: Findings) -> RawTable:
    n = sum(gone)
    if not n:
        return raw
    told = f"{n} records {whose} were not read."
    if rule == "withdrawn":
        findings.add("withdrawn", told, severity="note", file=raw.file, count=n)
    elif rule == "consent_missing":
        findings.add("consent_missing", told, severity="note", file=raw.file, count=n)
    else:
        findings.add("consent_ended", told, severity="note", file=raw.file, count=n)
    return raw.keep([not each for each in gone])
