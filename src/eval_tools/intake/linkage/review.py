"""Forms that a person has to look at: why, and which other forms they might belong to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval_tools.intake.findings import Findings
from eval_tools.intake.linkage.forms import CodedForm
from eval_tools.spreadsheets import Cell, csv_text, write_owner_only

REASONS = {
    "number_shared": "several forms of one occasion with different codes carry one printed number",
    "number_contradicted": "the code of the form is not that of the child with this printed number; forms or cards may "
    "have been exchanged",
    "number_unconfirmed": "the form tells too little of the code to confirm its printed number",
    "handed_in_twice": "a second form of the same child at the same occasion",
    "code_shared": "another form of the same occasion has the same or nearly the same code, and numbers do not tell "
    "them apart",
    "number_differs": "the code is that of a child with another printed number",
    "tie": "the code is nearly as near to another form or child",
    "two_off": "two elements of the code differ, and sex and grade do not both agree",
    "little_told": "too few elements of the code agree, because too few were told",
    "taken": "the code is that of a child who has a form of this occasion already",
    "other_school": "the code is that of a child of another school",
}
COLUMNS = (
    "case",
    "why",
    "wave",
    "informant",
    "file",
    "row",
    "candidate_wave",
    "candidate_file",
    "candidate_row",
    "elements_that_differ",
    "distance",
    "same_school",
    "same_sex",
    "grade_fits",
    "line_for_links_yaml",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Another form the form might belong to, and what speaks for it; no value stands here."""

    form: CodedForm
    distance: float
    differing: tuple[int, ...]  # places of elements
    same_site: bool
    same_sex: bool
    grade_fits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCase:
    """One form that waits for a person."""

    form: CodedForm
    why: str  # a word of REASONS
    candidates: tuple[Candidate, ...]


def note_cases(cases: Sequence[ReviewCase], findings: Findings) -> None:
    """Add one finding per form that waits for a person."""
    for case in cases:
        todo = (
            "Say in corrections.yaml which of the forms counts (drop or keep)."
            if case.why == "handed_in_twice"
            else "Work through the review list of linkage and write the decision into links.yaml; until then the form "
            "is linked to nobody."
        )
        findings.add(
            "link_review",
            f"{REASONS[case.why]}. | {todo}",
            severity="warning",
            file=case.form.file,
            row=case.form.row,
        )


def write_review_list(path: Path, cases: Sequence[ReviewCase], *, element_names: Sequence[str]) -> None:
    """Write the list a person works through, readable by its owner only; remove it when nothing waits.

    One line for each form and candidate, and one for "nobody". The last column holds the line for links.yaml: keep
    the one that is right, add who decided and why, and paste it. Forms are named by file and row: no ID and no
    answer stands in the list.

    Parameters
    ----------
    path : Path
        Below ``.eval_tools/linkage/<study>/``, never under reports/.
    cases : sequence of ReviewCase
    element_names : sequence of str
        What the elements of the code are called in study.yaml.
    """
    if not cases:
        path.unlink(missing_ok=True)
        return
    rows = [line for number, case in enumerate(cases, start=1) for line in _lines(number, case, element_names)]
    write_rows(path, COLUMNS, rows)


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write a table of single people below ``.eval_tools/linkage/<study>/``; nobody but the owner may read it."""
    write_owner_only(path, csv_text(header, rows, line_end="\n").encode("utf-8-sig"), above=path.parent.parent.parent)


def _lines(number: int, case: ReviewCase, names: Sequence[str]) -> list[list[Cell]]:
    form = case.form
    start: list[Cell] = [number, REASONS[case.why], form.wave, form.informant, form.file, form.row]
    lines: list[list[Cell]] = []
    for candidate in case.candidates:
        other = candidate.form
        known = "" if candidate.distance == float("inf") else f"{candidate.distance:g}"
        same_occasion = (other.wave, other.informant) == (form.wave, form.informant)
        lines.append(
            [
                *start,
                other.wave,
                other.file,
                other.row,
                " ".join(names[i] for i in candidate.differing),
                known,
                *(_yes(flag) for flag in (candidate.same_site, candidate.same_sex, candidate.grade_fits)),
                "" if same_occasion else _yaml(form, f"same_as: {_place(other)}"),
            ]
        )
    return [*lines, [*start, *[""] * 8, _yaml(form, "nobody: true")]]


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def _place(form: CodedForm) -> str:
    return f'{{file: "{form.file}", sha256: "{form.sha256}", row: {form.row}}}'


def _yaml(form: CodedForm, verdict: str) -> str:
    return f'  - {{form: {_place(form)}, {verdict}, decided_by: "", reason: ""}}'
