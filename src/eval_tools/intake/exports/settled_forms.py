"""Two typings and the decisions about them -> one cell each; what nobody decided is invalid, never an average."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eval_tools.intake.exports.decisions import Decision
from eval_tools.intake.exports.two_entries import PaperForm, TwoEntries
from eval_tools.intake.exports.typed_alike import better_spelling
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import INVALID
from eval_tools.stats.estimate import Estimate
from eval_tools.stats.proportion import wilson_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryErrors:
    """How many of the settled cells of a column one typist had wrong."""

    typist: str  # 'a' or 'b'
    column: str  # '' for all columns together
    n_wrong: int
    n_cells: int
    share: Estimate


def settle_forms(
    found: TwoEntries, decisions: Sequence[Decision], findings: Findings, *, decisions_file: str
) -> tuple[tuple[str, ...], ...]:
    """Return one record for each form.

    A cell typed alike twice is taken; one that differs is taken as it was decided. Anything else is INVALID and an
    error: a cell nobody decided, a form in one entry only, a decision that fits nothing any more.
    """
    wanted = {(decision.number, decision.column): decision for decision in decisions}
    differs = set(found.differences)
    used: set[tuple[str, int]] = set()
    records = []
    for form in found.forms:
        record = []
        whole = wanted.get((form.number, -1))
        for j in range(len(found.names)):
            if j == found.form_column or (form.a and form.b and (form.number, j) not in differs):
                record.append(_agreed(form, j, found))
                continue
            decision = wanted.get((form.number, j), whole)
            if decision is not None:
                used.add((form.number, decision.column))
            record.append(_decided(form, j, decision, found, findings, decisions_file))
        records.append(tuple(record))
    for key, decision in wanted.items():
        if key not in used:
            findings.add(
                "decision_not_needed",
                "the entries agree there, or another row decides it. | Remove the row; if both typed it wrong, say so "
                "in corrections.yaml.",
                file=decisions_file,
                row=decision.row,
            )
    _tell_undecided(found, wanted, findings)
    return tuple(records)


def _agreed(form: PaperForm, j: int, found: TwoEntries) -> str:
    typed = [typing.cells[j] for typing in (form.a, form.b) if typing is not None]
    return typed[0] if len(typed) == 1 else better_spelling(*typed, is_date=j in found.dates)


def _decided(
    form: PaperForm, j: int, decision: Decision | None, found: TwoEntries, findings: Findings, file: str
) -> str:
    if decision is None:
        return INVALID
    if decision.word == "blank":
        return ""
    if decision.word == "value":
        text, problem = decision.value, ""
    else:
        typing = form.a if decision.word == "a" else form.b
        text = "" if typing is None else typing.cells[j]
        problem = ""
        if typing is None:
            problem = f"decides for entry {decision.word}, which does not have the form."
        elif j in typing.unclear:
            problem = f"decides for entry {decision.word}, which holds the form twice, and differently."
    if not problem and decision.typed is not None and decision.column >= 0:
        now = tuple("" if t is None else found.canonical(t.cells[j], j) for t in (form.a, form.b))
        if now != tuple(found.canonical(each, j) for each in decision.typed):
            problem = "was decided when something else was typed."
    if problem:
        findings.add(
            "decision_fails",
            f"{problem} | Look at the paper again and decide with decision: value, or correct the entry.",
            file=file,
            row=decision.row,
        )
        return INVALID
    return text


def _tell_undecided(found: TwoEntries, wanted: dict[tuple[str, int], Decision], findings: Findings) -> None:
    forms = {form.number: form for form in found.forms}
    for number, j in found.differences:
        typing = forms[number].a
        if typing is not None and (number, j) not in wanted and (number, -1) not in wanted:
            findings.add(
                "entries_differ",
                "the two entries differ and nobody has decided. | Take the paper, decide in the decisions workbook.",
                file=found.file_a,
                row=typing.row,
                column=found.names[j],
            )
    for form in found.forms:
        if (form.a and form.b) or (form.number, -1) in wanted:
            continue
        only = form.a or form.b
        every = [j for j in range(len(found.names)) if j != found.form_column]
        if only is not None and any((form.number, j) not in wanted for j in every):
            here, there = (found.file_a, found.file_b) if form.a else (found.file_b, found.file_a)
            findings.add(
                "form_typed_once",
                f"the form is missing in {there}. | Type it there too, or look at the paper and decide: form, column * "
                f"and decision {'a' if form.a else 'b'} in the decisions workbook.",
                file=here,
                row=only.row,
            )


def count_entry_errors(
    found: TwoEntries, settled: Sequence[Sequence[str]], *, ci_level: float = 0.95
) -> tuple[EntryErrors, ...]:
    """Count how often each typist was wrong, in every column and over all.

    Parameters
    ----------
    found : TwoEntries
    settled : records as :func:`settle_forms` returns them
        Cells that are INVALID are not settled and count for nobody.
    ci_level : float
        Level of the Wilson intervals.

    Returns
    -------
    tuple of EntryErrors
        Typist a and b, all columns together first. Only forms in both entries count; where both typed the same
        wrong answer nothing shows, so each share is a lower bound.
    """
    columns = [j for j in range(len(found.names)) if j != found.form_column]
    counted = []
    for typist in ("a", "b"):
        wrong, cells = dict.fromkeys(columns, 0), dict.fromkeys(columns, 0)
        for form, record in zip(found.forms, settled, strict=True):
            typing = form.a if typist == "a" else form.b
            if form.a is None or form.b is None or typing is None:
                continue
            for j in columns:
                if record[j] == INVALID:
                    continue
                cells[j] += 1
                if typing.cells[j] != record[j]:
                    wrong[j] += found.canonical(typing.cells[j], j) != found.canonical(record[j], j)
        counted += [(typist, "", sum(wrong.values()), sum(cells.values()))]
        counted += [(typist, found.names[j], wrong[j], cells[j]) for j in columns]
    return tuple(
        EntryErrors(typist=typist, column=column, n_wrong=k, n_cells=n, share=wilson_interval(k, n, ci_level=ci_level))
        for typist, column, k, n in counted
    )
