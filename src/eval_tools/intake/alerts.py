"""Answers that a person must look at, found on the raw codes; they go to the duty holder and into no table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from eval_tools.instruments.critical import critical_answers
from eval_tools.instruments.instrument import Instrument

SAME_DAY = "same_day_human_review"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Alert:
    """One form of one questionnaire with an answer that a person must look at; no answer stands here."""

    wave: str  # '' if the record names no wave of the study
    participant: str  # pseudonym; '' if the record names nobody
    informant: str
    instrument: str
    file: str  # where to find the form, also of a record that cannot be placed
    row: int
    level: str  # urgent or attention, the more serious of the form
    action: str  # what the rules ask for, a blank between several
    items: tuple[str, ...]
    identifier: str = field(default="", repr=False, compare=False)  # as on the form; only the duty holder may read it

    @property
    def same_day(self) -> bool:
        """Whether somebody must look the same day."""
        return self.level == "urgent" or SAME_DAY in self.action.split()


def find_alerts(
    instrument: Instrument,
    codes: np.ndarray,
    *,
    participants: Sequence[str],
    waves: Sequence[str],
    informant: str,
    file: str,
    rows: Sequence[int],
    identifiers: Sequence[str] = (),
) -> list[Alert]:
    """List the forms of one file with an answer that a person must look at.

    Every record is asked, also one that is not used: without a known participant, of an unknown wave, a repeated
    one. What corrections.yaml declared invalid or left out is not, for there a person has looked.

    Parameters
    ----------
    instrument : Instrument
    codes : array, shape (records, items)
        Raw codes, NaN where there is no answer.
    participants, waves, rows : sequence, one per record
    informant, file : str
        Of all records.
    identifiers : sequence, one per record, optional
        As they stand on the form, for a list that is encrypted for the duty holder.
    """
    found: dict[int, list[tuple[str, str, str]]] = {}
    for answer in critical_answers(instrument, codes):
        found.setdefault(answer.row, []).append((answer.item, answer.level, answer.action or ""))
    return [
        Alert(
            wave=waves[i],
            participant=participants[i],
            informant=informant,
            instrument=instrument.id,
            file=file,
            row=rows[i],
            level="urgent" if any(level == "urgent" for _, level, _ in mine) else "attention",
            action=" ".join(dict.fromkeys(action for _, _, action in mine if action)),
            items=tuple(item for item, _, _ in mine),
            identifier=identifiers[i] if identifiers else "",
        )
        for i, mine in found.items()
    ]
