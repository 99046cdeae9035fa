"""Why a cell of a REDCap row is empty: another form's row, a form never filled in, or a rule that hid the field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.exports.conditions import parse_condition
from eval_tools.intake.exports.redcap_dictionary import RedcapField
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.raw_table import REASONS, SKIPPED, plain

EVENT, INSTRUMENT = "redcap_event_name", "redcap_repeat_instrument"


@dataclass(slots=True)
class RedcapRows:
    """A table while it is being read; ``fields`` is empty without a dictionary."""

    file: str
    columns: list[ColumnInfo]
    cells: list[list[str]]
    rows: list[int]
    fields: Mapping[str, RedcapField]
    findings: Findings
    _places: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self._places = {info.header: i for i, info in reversed(list(enumerate(self.columns)))}

    def note(self, rule: str, detail: str, *, column: str = "", count: int = 1) -> None:
        """Add a note about this file."""
        self.findings.add(rule, detail, severity="note", file=self.file, column=column, count=count)

    def place(self, name: str) -> int | None:
        """Return the place of a column; None if there is none."""
        return self._places.get(name)

    def cell(self, record: list[str], name: str) -> str:
        """Return the text of a cell; '' if there is no such column."""
        place = self.place(name)
        return "" if place is None or record[place] in REASONS else plain(record[place])

    def places_of(self, form: str) -> list[int]:
        """Return the places of a form's fields, without the one that names the record."""
        first = next(iter(self.fields), "")
        return [
            i
            for i, info in enumerate(self.columns)
            if info.question != first and info.question in self.fields and self.fields[info.question].form == form
        ]


def mark_empty_forms(rows: RedcapRows) -> None:
    """Mark the cells of forms that a row does not hold.

    A row of a repeating instrument holds that form only, the other rows all but the repeating ones. A form without
    a state of completion was never filled in. Where the state is 'incomplete' and nothing at all is answered, the
    zeros of its checkboxes mean that nobody looked at them: they become empty.
    """
    forms = list(dict.fromkeys(each.form for each in rows.fields.values()))
    repeating = {rows.cell(record, INSTRUMENT) for record in rows.cells} - {""}
    unopened: dict[str, list[int]] = {}
    for form in forms:
        places = rows.places_of(form)
        flags = [i for i in places if rows.columns[i].kind == "choice" or _is_flag(rows, i)]
        has_state = rows.place(f"{form}_complete") is not None
        for record, row in zip(rows.cells, rows.rows, strict=True):
            instrument = rows.cell(record, INSTRUMENT)
            answered = any(plain(record[i]) not in ("", "0" if i in flags else "") for i in places)
            if answered:
                continue
            state = rows.cell(record, f"{form}_complete")
            elsewhere = instrument != form if instrument else form in repeating
            if elsewhere or (has_state and not state):
                for i in places:
                    record[i] = SKIPPED
            elif state == "0" and any(plain(record[i]) for i in flags):
                unopened.setdefault(form, []).append(row)
                for i in flags:
                    record[i] = ""
    for form, found in unopened.items():
        rows.note(
            "form_unanswered",
            f"form {form!r} is incomplete and nothing in it is answered in {len(found)} rows ({shorten(found)}); "
            "the zeros of its checkboxes count as not answered.",
            column=f"{form}_complete",
            count=len(found),
        )


def _is_flag(rows: RedcapRows, place: int) -> bool:
    """Tell whether a column is an option of a checkbox, also of one that identifies."""
    return rows.fields[rows.columns[place].question].type == "checkbox"


def mark_skipped_fields(rows: RedcapRows) -> None:
    """Mark empty fields, and checkboxes without a tick, that the branching logic hid; note rules not understood."""
    unclear = set()
    kept: dict[str, list[int]] = {}
    base = _base_answers(rows)
    for each in rows.fields.values():
        places = [i for i, info in enumerate(rows.columns) if info.question == each.name]
        condition = parse_condition(each.branching) if each.branching else None
        if not each.branching or not places:
            continue
        if condition is None:
            unclear.add(each.name)
            continue
        for at, (record, row) in enumerate(zip(rows.cells, rows.rows, strict=True)):
            if all(record[i] in REASONS for i in places):
                continue
            shown = condition.holds({n: v for n in condition.names if (v := _answer(rows, base, at, n)) is not None})
            if shown is None:
                unclear.add(each.name)
            if shown is not False:
                continue
            if any(plain(record[i]) not in ("", "0" if each.type == "checkbox" else "") for i in places):
                kept.setdefault(each.name, []).append(row)
                continue
            for i in places:
                record[i] = SKIPPED
    if unclear:
        listed = ", ".join(sorted(unclear)[:8])
        rows.note(
            "relevance_unclear",
            f"{len(unclear)} fields have branching logic that cannot be told from the export; their empty cells count "
            f"as not answered: {listed}{' …' if len(unclear) > 8 else ''}.",
            count=len(unclear),
        )
    for name, found in kept.items():
        rows.note(
            "answered_though_not_asked",
            f"{len(found)} answers stand where the form would not have asked (rows {shorten(found)}).",
            column=name,
            count=len(found),
        )


def _base_answers(rows: RedcapRows) -> dict[tuple[str, str], int]:
    """Find, for each record and event, the row that belongs to no repeating instrument."""
    first = next(iter(rows.fields), "")
    return {
        (rows.cell(record, first), rows.cell(record, EVENT)): at
        for at, record in enumerate(rows.cells)
        if not rows.cell(record, INSTRUMENT)
    }


def _answer(rows: RedcapRows, base: Mapping[tuple[str, str], int], at: int, name: str) -> str | None:
    """Return what a rule on row ``at`` sees of a field: its own answer, or the record's where another form holds it."""
    place = rows.place(name)
    if place is None:
        return None
    record = rows.cells[at]
    if record[place] not in REASONS:
        return plain(record[place])
    instrument = rows.cell(record, INSTRUMENT)
    known = rows.fields.get(rows.columns[place].question)
    if instrument and known is not None and known.form != instrument:
        first = next(iter(rows.fields), "")
        above = base.get((rows.cell(record, first), rows.cell(record, EVENT)))
        return None if above is None else rows.cell(rows.cells[above], name)
    return "" if known is not None and known.branching else None
