"""Find raw answers that a person must look at. The result goes to the duty holder and to nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from eval_tools.instruments.instrument import Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalAnswer:
    """One answer of one form that a rule asks a person to look at; the answer itself is not repeated here."""

    row: int  # position of the form in the answers
    item: str
    level: Literal["urgent", "attention"]
    action: str | None


def critical_answers(instrument: Instrument, answers: ArrayLike) -> tuple[CriticalAnswer, ...]:
    """List who gave an answer that a person must look at: raw answers in, before and without any scoring.

    It does not matter whether the form can be scored, was answered in earnest or is complete. An alert is not a
    result: it changes no score and enters no table that a report reads.

    Parameters
    ----------
    instrument : Instrument
    answers : array_like, shape (forms, items)
        Raw codes in the order of ``instrument.items``; NaN where there is no answer.

    Returns
    -------
    tuple of CriticalAnswer
        Sorted by form, then in the order of the items; of several rules of an item the most serious one.
    """
    codes = np.asarray(answers, dtype=float)
    position = {item: i for i, item in enumerate(instrument.items)}
    found = []
    for item in instrument.critical_items():
        column = codes[:, position[item.id]]
        seen = np.zeros(len(column), dtype=bool)
        for rule in item.critical:
            hit = rule.when.holds(column) & ~seen
            seen |= hit
            found += [
                (
                    int(row),
                    position[item.id],
                    CriticalAnswer(row=int(row), item=item.id, level=rule.level, action=rule.action),
                )
                for row in np.flatnonzero(hit)
            ]
    return tuple(answer for _, _, answer in sorted(found, key=lambda entry: entry[:2]))
