"""Children who changed school, or group, between two waves: their forms stay together, at the place they began.

What counts is where somebody was at the start, whatever came later (intention to treat): the school and the group of
the roster or, where it tells none, of the forms at the baseline. Another one on a later form is either a change, told
in ``transfers.yaml`` beside study.yaml, or a wrong code; only a person can tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from eval_tools.definitions.shapes import ListOf, Number, Record, Text, Word, check_shape
from eval_tools.definitions.strict_yaml import read_yaml
from eval_tools.errors import DefinitionError
from eval_tools.intake.findings import Findings
from eval_tools.studies.study import Source, Study

if TYPE_CHECKING:
    import pandas as pd

    from eval_tools.intake.placing import PeopleOfFile

What = Literal["site", "group"]
WHATS: tuple[What, ...] = ("site", "group")
FILE = "transfers.yaml"
SCHEMA = Record(
    {"schema_version": Word("1.0")},
    {
        "transfers": ListOf(
            Record(
                {
                    "file": Text(),
                    "rows": ListOf(Number(1, whole=True), at_least=1),
                    "reason": Text(),
                },
                {"changes": ListOf(Word(*WHATS), at_least=1)},
            )
        )
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A form, by file and row, on which another school or group is right."""

    file: str
    row: int
    changes: frozenset[What]
    where: str  # line of transfers.yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Who stood elsewhere than at the start, and at which wave first."""

    participant: str
    what: What
    wave: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What one form says."""

    value: str
    wave: int
    file: str
    row: int
    column: str


def load_transfers(path: Path, *, root: Path) -> tuple[Transfer, ...]:
    """Load transfers.yaml; an absent file means that there are none.

    Raises
    ------
    DefinitionError
        Unknown keys, wrong types.
    """
    if not path.exists():
        return ()
    doc = read_yaml(path, root=root)
    problems = check_shape(doc, SCHEMA)
    if problems:
        raise DefinitionError(problems)
    return tuple(
        Transfer(
            file=entry["file"],
            row=row,
            changes=frozenset(entry.get("changes", ["site"])),
            where=doc.where(("transfers", i)),
        )
        for i, entry in enumerate(doc.data.get("transfers", []))
        for row in entry["rows"]
    )


def places_told(people: PeopleOfFile, waves: Sequence[str], placed: Sequence[bool], source: Source) -> pd.DataFrame:
    """Keep what the forms of a file say about school and group, for :func:`settle_places`."""
    import pandas as pd

    told = pd.DataFrame(
        {
            "participant": people.participant,
            "wave": waves,
            "site": people.site,
            "group": people.group,
            "row": people.rows,
        }
    ).assign(file=source.file, site_column=source.columns.get("site", ""), group_column=source.columns.get("group", ""))
    return told[np.array([ok and bool(wave) for ok, wave in zip(placed, waves, strict=True)], dtype=bool)]


def settle_places(
    told: pd.DataFrame,
    people: dict[str, tuple[str, str]],
    roster: Mapping[str, tuple[str, str]] | None,
    study: Study,
    transfers: tuple[Transfer, ...],
    findings: Findings,
) -> list[Moved]:
    """Decide the group and the school of everybody whose forms do not agree, and say who moved.

    Parameters
    ----------
    told : DataFrame
        From :func:`places_told`, of all files.
    people : dict
        Group and site of everybody, changed here.
    roster : mapping, optional
        Group and site as the roster tells them; they go first.
    study : Study
    transfers : tuple of Transfer
    findings : Findings
        A form that differs is an error, unless a transfer covers it: one at or after a declared form of the same
        child (before it, where that lies before the baseline) with the same school. Another school than in the
        roster at a wave after the baseline is a warning, for the roster already holds the child.
    """
    declared = {(each.file, each.row): each for each in transfers}
    unused = {(each.file, each.row, what) for each in transfers for what in each.changes}
    moved: list[Moved] = []
    order = {wave: i for i, wave in enumerate(study.waves)}
    for what in WHATS:
        mine = told[told[what] != ""]
        home = {who: value[what == "site"] for who, value in (roster or {}).items() if value[what == "site"]}
        pairs = mine[["participant", what]].drop_duplicates()
        repeated = pairs.loc[pairs.duplicated("participant"), "participant"]
        against = [who for who, value in pairs.itertuples(index=False, name=None) if home.get(who, value) != value]
        doubtful = {*repeated, *against}
        in_doubt = mine[mine["participant"].isin(doubtful)]
        for who, group in in_doubt.groupby("participant", sort=False):
            seen = [
                _Seen(value=value, wave=order[wave], file=file, row=int(row), column=column)
                for value, wave, file, row, column in group[[what, "wave", "file", "row", f"{what}_column"]].itertuples(
                    index=False, name=None
                )
            ]
            place, first = _settle(what, seen, home.get(str(who), ""), study, declared, unused, findings)
            group_of, site_of = people[str(who)]
            people[str(who)] = (group_of, place) if what == "site" else (place, site_of)
            if first is not None:
                moved.append(Moved(participant=str(who), what=what, wave=list(order)[first]))
    for transfer in transfers:
        for what in sorted(transfer.changes):
            if (transfer.file, transfer.row, what) in unused:
                findings.add(
                    "transfer_unused",
                    f"the form of row {transfer.row} names no other {what} than the child's other forms, or is none. | "
                    "Correct file and row, or drop the entry.",
                    file=transfer.where,
                    row=transfer.row,
                    column=what,
                )
    return moved


def _settle(
    what: What,
    seen: list[_Seen],
    home: str,
    study: Study,
    declared: Mapping[tuple[str, int], Transfer],
    unused: set[tuple[str, int, What]],
    findings: Findings,
) -> tuple[str, int | None]:
    """Return where a child belongs, and the first wave at which it was elsewhere."""
    baseline = list(study.waves).index(study.baseline.id)
    told = [form for form in seen if what in getattr(declared.get((form.file, form.row)), "changes", ())]
    at_baseline = [form for form in told if form.wave == baseline]
    for form in at_baseline:
        unused.discard((form.file, form.row, what))
        findings.add(
            "transfer_at_baseline",
            f"the {what} at the baseline is the one that counts. | Declare the forms of the other waves instead.",
            file=form.file,
            row=form.row,
            column=form.column,
        )
    changes = [form for form in told if form.wave != baseline]

    def is_covered(form: _Seen) -> bool:
        return any(
            form.value == other.value
            and (form.wave >= other.wave if other.wave > baseline else form.wave <= other.wave)
            for other in changes
        )

    covered = [is_covered(form) for form in seen]
    in_roster = bool(home)
    place = home or next((form.value for form, is_told in zip(seen, covered, strict=True) if not is_told), "")
    place = place or seen[0].value
    elsewhere: list[int] = []
    for form, is_told in zip(seen, covered, strict=True):
        if form.value == place:
            continue
        unused.discard((form.file, form.row, what))
        if is_told:
            elsewhere.append(form.wave)
            findings.add(
                "transferred",
                f"another {what} than at the start, as {FILE} says; the one at the start counts",
                severity="note",
                file=form.file,
                row=form.row,
                column=form.column,
            )
        elif what == "site" and in_roster and form.wave > baseline:
            elsewhere.append(form.wave)
            findings.add(
                "site_not_of_roster",
                f"another site than in the roster, which counts. | If the child moved, say so in {FILE}; if not, the "
                "code is another child's: correct it.",
                severity="warning",
                file=form.file,
                row=form.row,
                column=form.column,
            )
        else:
            findings.add(
                f"{what}_differs",
                f"another {what} than before or in the roster. | Find out which is right; a child that moved stands in "
                f"{FILE}, by file and row.",
                file=form.file,
                row=form.row,
                column=form.column,
            )
    return place, min(elsewhere, default=None)
