"""Raw files of one study -> PARTICIPANTS, FORMS, RESPONSES, with everything that was found on the way.

The first thing that happens to an identifier is that it becomes a pseudonym; nothing after that sees the raw one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from eval_tools.errors import DataError, Problem
from eval_tools.instruments.instrument import Instrument
from eval_tools.instruments.key import score_instrument
from eval_tools.intake.alerts import Alert, find_alerts
from eval_tools.intake.corrections import Correction, apply_corrections
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.people import read_people
from eval_tools.intake.places import check_sites
from eval_tools.intake.raw_table import READERS, REASONS, RawTable, plain
from eval_tools.privacy.pseudonyms import normalise_id, pseudonymise
from eval_tools.studies.study import InstrumentColumns, Roster, Source, Study
from eval_tools.tables import FORMS, PARTICIPANTS, PEOPLE, RESPONSES, SUBGROUPS, check_table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """What run.json says of a raw file."""

    file: str
    sha256: str
    n_bytes: int
    n_rows: int


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
    alerts: tuple[Alert, ...]  # for the duty holder; no table holds them


@dataclass(frozen=True, slots=True)
class _People:
    """One row per record of a file: who, in which group, at which site."""

    participant: list[str]
    group: list[str]
    site: list[str]
    rows: tuple[int, ...]


def receive_study(
    study: Study,
    instruments: Mapping[str, Instrument],
    *,
    corrections: tuple[Correction, ...],
    key: bytes,
) -> Received:
    """Read every raw file of a study and say everything that is wrong with it.

    Parameters
    ----------
    study, instruments
        As loaded; file names are relative to ``study.folder``.
    corrections : tuple of Correction
    key : bytes
        Secret of the study's pseudonyms.

    Returns
    -------
    Received
        Records that cannot be placed (unknown participant, wave or group) are not in the tables but in
        ``issues``; so are repeated forms, of which none is kept. ``alerts`` are about every record, placed or not.
    """
    import pandas as pd

    findings = Findings()
    _check_correction_files(study, corrections, findings)
    raw_files: list[RawFile] = []
    roster: dict[str, tuple[str, str]] | None = None
    levels: list[tuple[str, str, str]] = []
    about: list[tuple[str, float, str]] = []
    alerts: list[Alert] = []
    if study.roster is not None:
        raw = _read(study.folder, study.roster, corrections, findings, raw_files)
        roster = {} if raw is None else _read_roster(raw, study, key, findings)
        levels = [] if raw is None else _read_subgroups(raw, study, key, findings)
        about = [] if raw is None else read_people(raw, study.roster, key=key, study=study.id, findings=findings)
    forms: list[pd.DataFrame] = []
    responses: list[pd.DataFrame] = []
    people: dict[str, tuple[str, str]] = dict(roster or {})
    for source in study.sources:
        raw = _read(study.folder, source, corrections, findings, raw_files)
        if raw is not None:
            form, response, found = _receive_source(raw, source, study, instruments, key, roster, people, findings)
            alerts += found
            forms.append(form)
            responses.append(response)
    form_table = pd.concat(forms, ignore_index=True) if forms else pd.DataFrame(columns=[*FORMS.columns, "instruments"])
    response_table = (
        pd.concat(responses, ignore_index=True) if responses else pd.DataFrame(columns=list(RESPONSES.columns))
    )
    form_table, response_table = _refuse_repeated_forms(form_table, response_table, findings)
    _note_empty_waves(form_table, study, findings)
    _check_everybody_has_a_group(people, study, findings)
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
        alerts=tuple(sorted(alerts)),
    )


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


def _read(
    folder: Path,
    entry: Source | Roster,
    corrections: tuple[Correction, ...],
    findings: Findings,
    raw_files: list[RawFile],
) -> RawTable | None:
    path = folder / entry.file
    if not path.resolve().is_relative_to(folder.resolve()):
        findings.add("file_outside", "lies outside the study's folder. | Move it inside.", file=entry.file)
        return None
    declared = _declared(entry)
    raw = READERS[entry.reader](path, file=entry.file, encoding=entry.encoding, findings=findings, declared=declared)
    if raw is None:
        return None
    if raw.file not in {known.file for known in raw_files}:
        raw_files.append(RawFile(file=raw.file, sha256=raw.sha256, n_bytes=raw.n_bytes, n_rows=len(raw.cells)))
    if not _check_columns(raw, declared, findings):
        return None
    return apply_corrections(raw, corrections, findings)


def _declared(entry: Source | Roster) -> list[str]:
    declared = [*entry.columns.values(), *entry.ignore]
    if isinstance(entry, Source):
        declared += [column for part in entry.instruments for column in part.columns] + list(entry.totals)
    else:
        declared += [each.column for each in entry.subgroups.values()]
    return declared


def _check_columns(raw: RawTable, declared: list[str], findings: Findings) -> bool:
    absent = [name for name in declared if name not in raw.header]
    for name in absent:
        near = ", ".join(raw.header[:6]) + (" …" if len(raw.header) > 6 else "")
        findings.add(
            "column_missing",
            f"declared in study.yaml but not in the file. | The header begins: {near}",
            file=raw.file,
            row=1,
            column=name,
        )
    for name in raw.header:
        if name not in declared:
            findings.add(
                "column_undeclared",
                "stands in the file but not in study.yaml. | Say what it is, or list it under ignore.",
                file=raw.file,
                row=1,
                column=name,
            )
    return not absent


# --- people ------------------------------------------------------------------------------------------------


def _people(raw: RawTable, entry: Source | Roster, study: Study, key: bytes, findings: Findings) -> _People:
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
    return _People(
        participant=[next(pseudonyms) if normalise_id(value) else "" for value in ids],
        group=_mapped(raw, entry, "group", list(study.groups), findings),
        site=_mapped(raw, entry, "site", None, findings),
        rows=raw.rows,
    )


def _mapped(raw: RawTable, entry: Source | Roster, what: str, known: list[str] | None, findings: Findings) -> list[str]:
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


def _read_roster(raw: RawTable, study: Study, key: bytes, findings: Findings) -> dict[str, tuple[str, str]]:
    assert study.roster is not None
    people = _people(raw, study.roster, study, key, findings)
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


def _read_subgroups(raw: RawTable, study: Study, key: bytes, findings: Findings) -> list[tuple[str, str, str]]:
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


def _place_people(
    raw: RawTable,
    source: Source,
    study: Study,
    people: _People,
    roster: dict[str, tuple[str, str]] | None,
    known: dict[str, tuple[str, str]],
    findings: Findings,
) -> list[bool]:
    """Say of each record whether its person, group and site are known and agree with what is known already."""
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
            before = known.get(who, ("", ""))
            for what, old, new in (("group", before[0], group), ("site", before[1], site)):
                if old and new and old != new:
                    findings.add(
                        f"{what}_differs",
                        f"another {what} than before or in the roster. | Find out which is right.",
                        file=raw.file,
                        row=row,
                        column=source.columns[what],
                    )
                    ok = False
            known[who] = (before[0] or group or _only_group(study), before[1] or site)
        placed.append(ok)
    return placed


# --- answers -----------------------------------------------------------------------------------------------


def _receive_source(
    raw: RawTable,
    source: Source,
    study: Study,
    instruments: Mapping[str, Instrument],
    key: bytes,
    roster: dict[str, tuple[str, str]] | None,
    known: dict[str, tuple[str, str]],
    findings: Findings,
) -> tuple[pd.DataFrame, pd.DataFrame, list[Alert]]:
    import pandas as pd

    people = _people(raw, source, study, key, findings)
    waves = (
        [source.wave] * len(raw.cells)
        if source.wave is not None
        else _mapped(raw, source, "wave", list(study.waves), findings)
    )
    placed = _place_people(raw, source, study, people, roster, known, findings)
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
        codes = _codes(raw, part, instruments[part.instrument], source, findings)
        _compare_totals(raw, part, instruments[part.instrument], codes, source, findings)
        parts.append(_long(forms, part.instrument, instruments[part.instrument], codes[0][usable], codes[1][usable]))
        alerts += find_alerts(
            instruments[part.instrument],
            codes[0],
            participants=people.participant,
            waves=waves,
            informant=source.informant,
            file=raw.file,
            rows=raw.rows,
        )
    return forms, pd.concat(parts, ignore_index=True), alerts


def _codes(
    raw: RawTable, part: InstrumentColumns, instrument: Instrument, source: Source, findings: Findings
) -> tuple[np.ndarray, np.ndarray]:
    """Turn the cells of one questionnaire into codes and reasons, both of shape (records, items)."""
    values = np.full((len(raw.cells), len(instrument.items)), np.nan)
    reasons = np.full(values.shape, "", dtype=object)
    answers = {plain(text): code for text, code in part.answers.items()}
    blank = {plain(text) for text in source.blank}
    for j, (column, item) in enumerate(zip(part.columns, instrument.items.values(), strict=True)):
        index = raw.header.index(column)
        allowed = set(item.responses.codes)
        for i, record in enumerate(raw.cells):
            cell = record[index]
            text = plain(cell)
            if cell in REASONS:
                reasons[i, j] = REASONS[cell]
            elif not text or text in blank:
                reasons[i, j] = "blank"
            elif (code := part.answers.get(cell.strip(), answers.get(text))) is not None and code in allowed:
                values[i, j] = code
                if text != cell.strip() and cell.strip() not in part.answers:
                    findings.add(
                        "normalised",
                        "full-width or decorated characters were read as plain ones",
                        severity="note",
                        file=raw.file,
                        row=raw.rows[i],
                        column=column,
                    )
            else:
                reasons[i, j] = "invalid"
                findings.add(
                    "outside_response_set",
                    f"not one of the answers of {item.id!r}. | Look at the form; then declare the cell invalid or "
                    "correct it in corrections.yaml (set), or add the text under answers.",
                    file=raw.file,
                    row=raw.rows[i],
                    column=column,
                )
    return values, reasons


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


def _compare_totals(
    raw: RawTable,
    part: InstrumentColumns,
    instrument: Instrument,
    codes: tuple[np.ndarray, np.ndarray],
    source: Source,
    findings: Findings,
) -> None:
    """Compare the platform's own totals with ours; a difference is reported, ours is used."""
    for column, target in source.totals.items():
        name, _, scale = target.partition(".")
        if name != part.instrument:
            continue
        ours = score_instrument(instrument, _scored(codes[0], instrument)).scales[scale].score
        for i, text in enumerate(raw.column(column)):
            try:
                same = not text or np.isnan(ours[i]) or abs(float(text) - ours[i]) < 1e-9
            except ValueError:
                same = False
            if not same:
                findings.add(
                    "total_differs",
                    f"the file's total is not the score of {target!r}. | "
                    "Check coding and reversed items; ours is used.",
                    severity="warning",
                    file=raw.file,
                    row=raw.rows[i],
                    column=column,
                )


def _scored(values: np.ndarray, instrument: Instrument) -> np.ndarray:
    """Leave out the codes that are on the form but do not count as an answer."""
    items = instrument.items.values()
    counts = [np.isin(codes, item.responses.scored_codes) for codes, item in zip(values.T, items, strict=True)]
    return np.where(np.column_stack(counts), values, np.nan)


# --- whole study -------------------------------------------------------------------------------------------


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


def _check_everybody_has_a_group(people: Mapping[str, tuple[str, str]], study: Study, findings: Findings) -> None:
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
