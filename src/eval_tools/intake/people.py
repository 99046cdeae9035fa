"""Age and sex from the roster, for bands and norms that ask for them; never published by person."""

from __future__ import annotations

import math
import re

from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import RawTable, plain
from eval_tools.privacy.pseudonyms import normalise_id, pseudonymise
from eval_tools.studies.study import Roster

WHOLE_YEARS = re.compile(r"[0-9]{1,3}")
OLDEST = 120
SEXES = ("female", "male")


def read_people(
    raw: RawTable, roster: Roster, *, key: bytes, study: str, findings: Findings
) -> list[tuple[str, float, str]]:
    """Read what the roster tells about age and sex: pseudonym, age in whole years or NaN, female, male or ''.

    A blank cell, or one with a text declared under ``blank``, is not known and counted; any other text that is no
    age or names no sex is an error. Of somebody who stands there twice the first row counts; the second is an
    error already. Empty where the roster has neither column.
    """
    if not {"age", "sex"} & set(roster.columns):
        return []
    ids = raw.column(roster.columns["participant"])
    named = [i for i, value in enumerate(ids) if normalise_id(value)]
    blank = {"", *map(plain, roster.blank)}
    ages = _ages(raw, roster, blank, findings)
    sexes = _sexes(raw, roster, blank, findings)
    found: dict[str, tuple[float, str]] = {}
    for who, i in zip(pseudonymise([ids[i] for i in named], key=key, study=study), named, strict=True):
        found.setdefault(who, (ages[i], sexes[i]))
    return [(who, age, sex) for who, (age, sex) in found.items()]


def _ages(raw: RawTable, roster: Roster, blank: set[str], findings: Findings) -> list[float]:
    column = roster.columns.get("age")
    if column is None:
        return [math.nan] * len(raw.rows)
    ages = []
    for row, text in zip(raw.rows, map(plain, raw.column(column)), strict=True):
        known = WHOLE_YEARS.fullmatch(text) is not None and int(text) <= OLDEST
        ages.append(float(text) if known else math.nan)
        if text in blank:
            findings.add(
                "age_blank",
                "the age is not known; bands, norms and conversions by age are left out for this person.",
                severity="warning",
                file=raw.file,
                row=row,
                column=column,
            )
        elif not known:
            findings.add(
                "age_not_whole",
                f"the cell is no age in whole years from 0 to {OLDEST}. | Write the age as a whole number, leave the "
                "cell empty, or list the text under blank of the roster.",
                file=raw.file,
                row=row,
                column=column,
            )
    return ages


def _sexes(raw: RawTable, roster: Roster, blank: set[str], findings: Findings) -> list[str]:
    column = roster.columns.get("sex")
    if column is None:
        return [""] * len(raw.rows)
    meanings = {plain(text): sex for text, sex in roster.meanings.get("sex", {sex: sex for sex in SEXES}).items()}
    sexes = []
    for row, text in zip(raw.rows, map(plain, raw.column(column)), strict=True):
        sexes.append(meanings.get(text, ""))
        if text in meanings:
            continue
        if text in blank:
            findings.add(
                "sex_blank",
                "the sex is not known; bands, norms and conversions by sex are left out for this person.",
                severity="warning",
                file=raw.file,
                row=row,
                column=column,
            )
        else:
            findings.add(
                "sex_unknown",
                "the cell names neither female nor male. | Add the text under values: sex or under blank of the "
                "roster, or correct the row.",
                file=raw.file,
                row=row,
                column=column,
            )
    return sexes
