"""Raw files of one study -> PARTICIPANTS, FORMS, RESPONSES, with everything that was found on the way.

The first thing that happens to an identifier is that it becomes a pseudonym; nothing after that sees the raw one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from eval_tools.errors import DataError, Problem
from eval_tools.instruments.instrument import Instrument
from eval_tools.intake.alerts import Alert, find_alerts
from eval_tools.intake.answers import compare_totals, item_columns_in, read_answers
from eval_tools.intake.consent import (
    Permission,
    find_permission,
    leave_out_refused,
    leave_out_withdrawn,
    pseudonyms_in,
)
from eval_tools.intake.corrections import Correction, apply_corrections
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.mapping import check_groups_of_sites, check_roster_regions
from eval_tools.intake.people import read_people
from eval_tools.intake.places import check_sites
from eval_tools.intake.placing import (
    check_everybody_has_a_group,
    meanings_of,
    people_of,
    place_people,
    read_roster,
    read_subgroups,
)
from eval_tools.intake.quality.personal_data import note_personal_columns
from eval_tools.intake.raw_files import RawFile, read_raw_file, report_undeclared
from eval_tools.intake.raw_table import RawTable
from eval_tools.intake.records import records_of
from eval_tools.intake.transfers import Transfer, places_told, settle_places
from eval_tools.privacy.pseudonyms import normalise_id, pseudonymise
from eval_tools.privacy.withdrawn import read_withdrawn
from eval_tools.studies.study import Roster, Source, Study
from eval_tools.tables import FORMS, PARTICIPANTS, PEOPLE, RESPONSES, SUBGROUPS, TRANSFERS, check_table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A study as it was received; ``issues`` may hold errors, see :func:`refuse_errors`."""

    participants: pd.DataFrame
    subgroups: pd.DataFrame
    people: pd.DataFrame
    forms: pd.DataFrame
    responses: pd.DataFrame
    issues: pd.DataFrame
    raw_files: tuple[RawFile, ...]
    transfers: pd.DataFrame  # who changed school or group after the start
    alerts: tuple[Alert, ...]  # for the duty holder; no table holds them


def receive_study(
    study: Study,
    instruments: Mapping[str, Instrument],
    *,
    corrections: tuple[Correction, ...],
    key: bytes,
    transfers: tuple[Transfer, ...] = (),
) -> Received:
    """Read every raw file of a study and say everything that is wrong with it.

    Parameters
    ----------
    study, instruments
        As loaded; file names are relative to ``study.folder``.
    corrections : tuple of Correction
    key : bytes
        Secret of the study's pseudonyms.
    transfers : tuple of Transfer
        Forms that name another school or group because the child moved.

    Returns
    -------
    Received
        Records that cannot be placed (unknown participant, wave or group) are not in the tables but in
        ``issues``; so are repeated forms, of which none is kept. ``alerts`` are about every record, placed or not.
        People who withdrew (``withdrawn.csv``) and records without consent are in none of them: they are counted.
    """
    import pandas as pd

    findings = Findings()
    _check_correction_files(study, corrections, findings)
    raw_files: list[RawFile] = []
    roster: dict[str, tuple[str, str]] | None = None
    levels: list[tuple[str, str, str]] = []
    about: list[tuple[str, float, str]] = []
    alerts: list[Alert] = []
    withdrawn = read_withdrawn(study.folder)

    def read(entry: Source | Roster) -> RawTable | None:
        raw = read_entry(study, entry, instruments, corrections, findings, raw_files)
        return None if raw is None else leave_out_withdrawn(raw, entry, study, key, withdrawn, findings)

    roster_raw = None if study.roster is None else read(study.roster)
    received = [(source, raw) for source in study.sources if (raw := read(source)) is not None]
    permission = find_permission(roster_raw, received, study, key, findings)
    if study.roster is not None and roster_raw is not None:
        kept = leave_out_refused(roster_raw, study.roster, study, key, permission, findings)
        _note_personal(kept, study.roster, (), findings)
        check_roster_regions(kept, study, findings)
        roster = read_roster(kept, study, key, findings)
        levels = read_subgroups(kept, study, key, findings)
        about = read_people(kept, study.roster, key=key, study=study.id, findings=findings)
    elif study.roster is not None:
        roster = {}
    forms: list[pd.DataFrame] = []
    responses: list[pd.DataFrame] = []
    told: list[pd.DataFrame] = []
    people: dict[str, tuple[str, str]] = dict(roster or {})
    for source, all_records in received:
        raw = leave_out_refused(all_records, source, study, key, permission, findings)
        form, response, found, places = _receive_source(
            raw, source, study, instruments, key, roster, people, permission, findings
        )
        told.append(places)
        alerts += found
        forms.append(form)
        responses.append(response)
    form_table = pd.concat(forms, ignore_index=True) if forms else pd.DataFrame(columns=[*FORMS.columns, "instruments"])
    response_table = (
        pd.concat(responses, ignore_index=True) if responses else pd.DataFrame(columns=list(RESPONSES.columns))
    )
    form_table, response_table = _refuse_repeated_forms(form_table, response_table, findings)
    _note_empty_waves(form_table, study, findings)
    moved = settle_places(pd.concat(told), people, roster, study, transfers, findings) if told else []
    check_everybody_has_a_group(people, study, findings)
    check_groups_of_sites(people, study, findings)
    check_sites([site for _, site in people.values()], study, findings)
    participants = pd.DataFrame(
        {
            "participant": list(people),
            "group": [group for group, _ in people.values()],
            "site": [site for _, site in people.values()],
        }
    )
    return Received(
        participants=check_table(participants.sort_values("participant", ignore_index=True), PARTICIPANTS),
        subgroups=check_table(pd.DataFrame(sorted(levels), columns=list(SUBGROUPS.columns)), SUBGROUPS),
        people=check_table(pd.DataFrame(sorted(about), columns=list(PEOPLE.columns)), PEOPLE),
        forms=check_table(form_table.sort_values(list(FORMS.key), ignore_index=True), FORMS),
        responses=check_table(response_table, RESPONSES),
        issues=findings.table(),
        raw_files=tuple(raw_files),
        transfers=check_table(
            pd.DataFrame([asdict(each) for each in moved], columns=list(TRANSFERS.columns)), TRANSFERS
        ),
        alerts=tuple(sorted(alerts)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where one person stands in the raw files."""

    rows: Mapping[str, tuple[int, ...]]  # file -> row numbers
    corrections: int  # corrections that name the person
    unread: tuple[str, ...] = ()  # files that could not be read, so that nobody knows


def find_participant(
    study: Study,
    instruments: Mapping[str, Instrument],
    *,
    corrections: tuple[Correction, ...],
    key: bytes,
    participant: str,
) -> Whereabouts:
    """Find the rows of one person, by pseudonym, also of somebody who withdrew; corrections of IDs count."""
    findings = Findings()
    entries = (*((study.roster,) if study.roster else ()), *study.sources)
    rows: dict[str, tuple[int, ...]] = {}
    unread: list[str] = []
    for entry in entries:
        raw = read_entry(study, entry, instruments, corrections, findings, [])
        if raw is None:
            unread.append(entry.file)
        else:
            people = pseudonyms_in(raw, entry, study, key)
            mine = [row for who, row in zip(people, raw.rows, strict=True) if who == participant]
            rows |= {raw.file: tuple(sorted({*rows.get(raw.file, ()), *mine}))} if mine else {}
    columns = {entry.file: entry.columns["participant"] for entry in entries}
    named = [each.match.get(columns.get(each.file, ""), "") for each in corrections]
    known = pseudonymise([one for one in named if normalise_id(one)], key=key, study=study.id)
    return Whereabouts(rows=rows, corrections=known.count(participant), unread=tuple(dict.fromkeys(unread)))


# --- files -------------------------------------------------------------------------------------------------


def _check_correction_files(study: Study, corrections: tuple[Correction, ...], findings: Findings) -> None:
    known = {source.file for source in study.sources} | ({study.roster.file} if study.roster else set())
    for correction in corrections:
        if correction.file not in known:
            findings.add(
                "correction_fails",
                f"correction {correction.id!r} names a file that study.yaml does not. | "
                f"Known: {', '.join(sorted(known))}.",
                file=correction.where,
            )


def read_entry(
    study: Study,
    entry: Source | Roster,
    instruments: Mapping[str, Instrument],
    corrections: tuple[Correction, ...],
    findings: Findings,
    raw_files: list[RawFile],
) -> RawTable | None:
    """Read one file as text, check that every declared column is there, and apply what was declared about it."""
    wanted = [*entry.columns.values(), *entry.ignore]
    if isinstance(entry, Source):
        wanted += [column for part in entry.instruments for column in (*part.columns, part.start) if column]
        wanted += list(entry.totals)
        wanted += [] if entry.rows is None or entry.rows.column in wanted else [entry.rows.column]
    else:
        wanted += [each.column for each in entry.subgroups.values()]
    raw = read_raw_file(study.folder, entry.file, entry.reading, wanted, findings, raw_files, identifying=entry.dropped)
    if raw is None:
        return None
    if isinstance(entry, Source):
        found = [item_columns_in(raw, part, instruments[part.instrument]) for part in entry.instruments]
        for part, columns in zip(entry.instruments, found, strict=True):
            if columns is None:
                findings.add(
                    "items_missing",
                    f"too few questions stand after this column for {part.instrument!r}. | Is it the first item, and "
                    "is the form complete? List items that are not on it under absent.",
                    file=raw.file,
                    row=1,
                    column=part.start,
                )
        if any(columns is None for columns in found):
            return None
        answers = [name for columns in found if columns is not None for name in columns]
        wanted += answers
    report_undeclared(raw, wanted, findings)
    corrected = apply_corrections(raw, corrections, findings)
    return records_of(corrected, entry, answers, findings) if isinstance(entry, Source) else corrected


def _note_personal(raw: RawTable, entry: Source | Roster, questions: Collection[str], findings: Findings) -> None:
    """Note columns that look like personal data and are not declared to be."""
    note_personal_columns(raw, findings, handled=[entry.columns["participant"]], questions=questions)


# --- answers -----------------------------------------------------------------------------------------------


def _receive_source(
    raw: RawTable,
    source: Source,
    study: Study,
    instruments: Mapping[str, Instrument],
    key: bytes,
    roster: dict[str, tuple[str, str]] | None,
    known: dict[str, tuple[str, str]],
    permission: Permission,
    findings: Findings,
) -> tuple[pd.DataFrame, pd.DataFrame, list[Alert], pd.DataFrame]:
    import pandas as pd

    people = people_of(raw, source, study, key, findings)
    waves = (
        [source.wave] * len(raw.cells)
        if source.wave is not None
        else meanings_of(raw, source, "wave", list(study.waves), findings)
    )
    placed = place_people(raw, source, study, people, roster, known, findings)
    if permission.agreed is not None:  # of somebody who is not in the roster, nobody knows whether they agreed
        may = [who in permission.agreed for who in people.participant]
        raw, people = raw.keep(may), people.keep(may)
        waves, placed = list(compress(waves, may)), list(compress(placed, may))
    _note_personal(raw, source, questions_of(raw, source, instruments), findings)
    usable = np.array([ok and bool(wave) for ok, wave in zip(placed, waves, strict=True)], dtype=bool)
    forms = pd.DataFrame(
        {
            "participant": people.participant,
            "wave": waves,
            "informant": source.informant,
            "file": raw.file,
            "row": raw.rows,
            "instruments": [[part.instrument for part in source.instruments]] * len(raw.cells),
        }
    )[usable]
    parts = []
    alerts: list[Alert] = []
    for part in source.instruments:
        instrument = instruments[part.instrument]
        answers = read_answers(raw, part, instrument, source, findings)
        compare_totals(raw, instrument, answers, source, findings)
        parts.append(_long(forms, part.instrument, instrument, answers.codes[usable], answers.reasons[usable]))
        alerts += find_alerts(
            instrument,
            answers.codes,
            participants=people.participant,
            waves=waves,
            informant=source.informant,
            file=raw.file,
            rows=raw.rows,
            identifiers=raw.column(source.columns["participant"]) if study.safeguarding_key else (),
        )
    return forms, pd.concat(parts, ignore_index=True), alerts, places_told(people, waves, placed, source)


def questions_of(raw: RawTable, source: Source, instruments: Mapping[str, Instrument]) -> list[str]:
    """Name the columns that hold the answers to questionnaires."""
    found = [item_columns_in(raw, part, instruments[part.instrument]) for part in source.instruments]
    return [column for columns in found for column in columns or ()]


def _long(
    forms: pd.DataFrame, name: str, instrument: Instrument, values: np.ndarray, reasons: np.ndarray
) -> pd.DataFrame:
    import pandas as pd

    n_items = len(instrument.items)
    return pd.DataFrame(
        {
            "participant": np.repeat(forms["participant"].to_numpy(), n_items),
            "wave": np.repeat(forms["wave"].to_numpy(), n_items),
            "informant": np.repeat(forms["informant"].to_numpy(), n_items),
            "instrument": name,
            "item": np.tile(np.array(list(instrument.items), dtype=object), len(forms)),
            "answer": values.reshape(-1),
            "missing": reasons.reshape(-1),
        }
    )


def _refuse_repeated_forms(
    forms: pd.DataFrame, responses: pd.DataFrame, findings: Findings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep no form of a questionnaire answered twice; questionnaires in files of their own are one form."""
    key = list(FORMS.key)
    asked = forms.explode("instruments")
    repeated = asked[asked.duplicated([*key, "instruments"], keep=False)].drop_duplicates([*key, "file", "row"])
    for _, group in repeated.groupby(key, sort=False):
        rows = "; ".join(f"{file} {shorten(found)}" for file, found in group.groupby("file", sort=False)["row"])
        for file, row in zip(group["file"], group["row"], strict=True):
            findings.add(
                "form_repeated",
                f"one participant has {len(group)} forms at one wave. | Declare in corrections.yaml "
                f"which of the rows counts (keep), or correct the id or the wave. Rows: {rows}.",
                file=file,
                row=int(row),
            )
    bad = set(repeated[key].itertuples(index=False, name=None))
    if bad:
        forms, responses = (
            table[[row not in bad for row in table[key].itertuples(index=False, name=None)]].reset_index(drop=True)
            for table in (forms, responses)
        )
    return forms.drop_duplicates(key, ignore_index=True).drop(columns="instruments"), responses


def _note_empty_waves(forms: pd.DataFrame, study: Study, findings: Findings) -> None:
    for wave in study.waves:
        if not (forms["wave"] == wave).any():
            findings.add(
                "wave_empty",
                f"no form was received for wave {wave!r}. | Right if the wave is still to come.",
                severity="warning",
                file=study.file,
                column=wave,
                count=0,
            )


def check_wave_has_forms(forms: pd.DataFrame, study: Study, wave: str) -> None:
    """Refuse a report about a wave without a single form.

    Raises
    ------
    DataError
    """
    if not (forms["wave"] == wave).any():
        raise DataError(
            Problem(
                study.file,
                f"no form was received for wave {wave!r}.",
                f"Waves with forms: {', '.join(w for w in study.waves if (forms['wave'] == w).any()) or 'none'}.",
            )
        )
