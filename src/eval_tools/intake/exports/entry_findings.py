"""What is said of two typings: rows and columns, never what was typed."""

from __future__ import annotations

from collections.abc import Sequence

from eval_tools.intake.exports.settled_forms import count_entry_errors
from eval_tools.intake.exports.two_entries import TwoEntries
from eval_tools.intake.findings import Findings, shorten
from eval_tools.stats.estimate import Estimate
from eval_tools.stats.proportion import wilson_interval


def tell_comparison(found: TwoEntries, findings: Findings) -> None:
    """Tell of forms without a number or entered twice, of rows that slipped, and of spellings."""
    for entry, row in found.unnumbered:
        findings.add(
            "form_number_blank",
            "the row has no form number and is left out. | Look it up on the paper.",
            file=found.file_a if entry == "a" else found.file_b,
            row=row,
            column=found.names[found.form_column] if entry == "a" else "",
        )
    forms = {form.number: form for form in found.forms}
    for form in found.forms:
        for file, typing in ((found.file_a, form.a), (found.file_b, form.b)):
            if typing is None or not typing.repeated:
                continue
            again = f"the form was entered again in rows {shorten(typing.repeated)}"
            if typing.unclear:
                detail = f"{again}, and differently. | Look at the paper; remove the wrong row where it was typed."
            else:
                detail = f"{again}, alike; one of them counts"
            findings.add(
                "form_entered_twice",
                detail,
                severity="error" if typing.unclear else "warning",
                file=file,
                row=typing.row,
                count=1 + len(typing.repeated),
            )
    for shift in found.shifts:
        moved = forms[shift.number]
        assert moved.a is not None
        assert moved.b is not None
        who = {"a": f"; it is {found.file_a} that slipped", "b": f"; it is {found.file_b} that slipped"}
        findings.add(
            "columns_shifted",
            f"{shift.n_differences} differences with row {moved.b.row} of {found.file_b} vanish when one entry is "
            f"moved by one column, up to column {found.names[shift.end]!r}{who.get(shift.entry, '')}. | "
            "Type the row again.",
            severity="warning",
            file=found.file_a,
            row=moved.a.row,
            column=found.names[shift.start],
            count=shift.n_differences,
        )
    _tell_spelling(found, findings)


def _tell_spelling(found: TwoEntries, findings: Findings) -> None:
    differs = set(found.differences)
    n = sum(
        form.a.cells[j].strip() != form.b.cells[j].strip() and (form.number, j) not in differs
        for form in found.forms
        if form.a is not None and form.b is not None
        for j in range(len(found.names))
    )
    if n:
        findings.add(
            "spelled_differently",
            f"{n} cells are typed alike but spelled differently: full-width digits, zeros lost, dates",
            severity="note",
            file=found.file_a,
            count=n,
        )


def tell_errors(found: TwoEntries, settled: Sequence[Sequence[str]], findings: Findings) -> None:
    """Tell how often the entries differ, and how often each typist was wrong where it is settled."""
    share = wilson_interval(len(found.differences), found.n_compared)
    findings.add(
        "entries_compared",
        f"{found.n_both} forms in both entries: {len(found.differences)} of {found.n_compared} cells differ"
        f"{_with_interval(share)}. Where both typed the same wrong answer nothing shows",
        severity="note",
        file=found.file_a,
        count=len(found.differences),
    )
    for each in count_entry_errors(found, settled):
        if each.n_cells and (not each.column or each.n_wrong):
            findings.add(
                "entry_errors",
                f"{each.n_wrong} of {each.n_cells} settled cells were typed wrong{_with_interval(each.share)}",
                severity="note",
                file=found.file_a if each.typist == "a" else found.file_b,
                column=each.column,
                count=each.n_wrong,
            )


def _with_interval(share: Estimate) -> str:
    if not share.n:
        return ""
    estimate, low, high = (f"{100 * each:.1f} %" for each in (share.estimate, share.ci_low, share.ci_high))
    return f" ({estimate}, 95 % interval {low} to {high})"
