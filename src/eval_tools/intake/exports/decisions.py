"""What a person with the paper decided where two typists differ, read back from a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eval_tools.errors import did_you_mean
from eval_tools.intake.exports.header import find_header
from eval_tools.intake.exports.reader import Companion
from eval_tools.intake.exports.two_entries import TwoEntries
from eval_tools.intake.exports.typed_alike import form_number
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import plain

FORM, COLUMN, ENTRY_A, ENTRY_B, DECISION, VALUE = "form", "column", "entry A", "entry B", "decision", "value"
WORDS = ("a", "b", "value", "blank")
EVERY_COLUMN = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decided cell, or with column -1 a whole form."""

    number: str
    column: int
    word: str  # a, b, value, blank
    value: str
    row: int
    typed: tuple[str, str] | None = None  # the two values decided upon, where the workbook shows them


def read_decisions(companion: Companion, found: TwoEntries, findings: Findings) -> tuple[Decision, ...]:
    """Read the decisions; what is not decided yet is left out, what cannot be understood is an error."""
    file = companion.received.file
    for sheet in companion.sheets:
        header = find_header(sheet.cells, declared=(FORM, COLUMN, DECISION))
        names = [plain(column.header).casefold() for column in header.columns]
        if {FORM, COLUMN, DECISION} <= set(names):
            return _read_rows(sheet.cells[header.row :], header.row, names, file, found, findings)
    findings.add(
        "decisions_unreadable",
        f"no sheet has the columns {FORM}, {COLUMN} and {DECISION}. | Keep the header of the decisions workbook.",
        file=file,
    )
    return ()


def _read_rows(
    records: Sequence[Sequence[str]],
    header_row: int,
    names: list[str],
    file: str,
    found: TwoEntries,
    findings: Findings,
) -> tuple[Decision, ...]:
    place = {name: names.index(name) for name in (FORM, COLUMN, DECISION)}
    also = {name: names.index(name.casefold()) for name in (ENTRY_A, ENTRY_B, VALUE) if name.casefold() in names}
    known = {form.number for form in found.forms}
    columns = {plain(name): j for j, name in enumerate(found.names) if j != found.form_column} | {EVERY_COLUMN: -1}
    decisions: dict[tuple[str, int], Decision] = {}
    for row, record in enumerate(records, start=header_row + 1):
        cells = [*record, *[""] * (len(names) - len(record))]
        word = plain(cells[place[DECISION]]).casefold()
        if not word:
            continue
        number, column = form_number(cells[place[FORM]]), plain(cells[place[COLUMN]])
        value = cells[also[VALUE]] if VALUE in also else ""
        problem = ""
        if word not in WORDS:
            problem = f"decision must be one of {', '.join(WORDS)}."
        elif number not in known:
            problem = "neither entry has a form of this number."
        elif column not in columns:
            problem = f"names a column that entry A does not have.{did_you_mean(column, columns)}"
        elif word == "value" and not value.strip():
            problem = "decision is 'value', but the cell for the value is empty; if the paper is blank, write 'blank'."
        elif word in ("value", "blank") and column == EVERY_COLUMN:
            problem = "a whole form can only be taken from entry a or b."
        elif (number, columns[column]) in decisions:
            problem = f"decided already in row {decisions[number, columns[column]].row}."
        if problem:
            findings.add("decision_unclear", f"{problem} | Correct the row in the workbook.", file=file, row=row)
            continue
        shown = (cells[also[ENTRY_A]], cells[also[ENTRY_B]]) if {ENTRY_A, ENTRY_B} <= set(also) else None
        decisions[number, columns[column]] = Decision(
            number=number, column=columns[column], word=word, value=value, row=row, typed=shown
        )
    return tuple(decisions.values())
