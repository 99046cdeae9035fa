"""What a person decided about forms, in data_raw/<study>/links.yaml: by file, hash and row, never by an ID."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from eval_tools.definitions.shapes import Flag, ListOf, Number, Record, Text, Word, check_shape
from eval_tools.definitions.strict_yaml import Document, read_yaml
from eval_tools.errors import DefinitionError, Problem
from eval_tools.intake.findings import Findings
from eval_tools.intake.linkage.forms import CodedForm

Verdict = Literal["same_as", "nobody", "not_same_as"]
VERDICTS: tuple[Verdict, ...] = ("same_as", "nobody", "not_same_as")
FORM = Record(
    {
        "file": Text(),
        "sha256": Text(r"[0-9a-f]{64}", "Copy the line of the review list; put quotes around the hash."),
        "row": Number(2, whole=True),
    }
)
SCHEMA = Record(
    {
        "schema_version": Word("1.0"),
        "links": ListOf(
            Record(
                {"form": FORM, "decided_by": Text(), "reason": Text()},
                {"same_as": FORM, "nobody": Flag(), "not_same_as": FORM},
            )
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPlace:
    """One form, as a decision names it."""

    file: str
    sha256: str
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One line of links.yaml. Its reason stays in the file, for it may name somebody."""

    where: str  # file and line
    form: FormPlace
    verdict: Verdict
    other: FormPlace | None
    decided_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A decision whose forms were found, by their positions."""

    form: int
    verdict: Verdict
    other: int  # -1 for nobody
    where: str
    decided_by: str


def load_decisions(path: Path, *, root: Path) -> tuple[Decision, ...]:
    """Load links.yaml; an absent file means that nothing was decided.

    Raises
    ------
    DefinitionError
        Unknown keys, a line without exactly one verdict, one form placed twice.
    """
    if not path.exists():
        return ()
    doc = read_yaml(path, root=root)
    problems = check_shape(doc, SCHEMA) or _check_meaning(doc)
    if problems:
        raise DefinitionError(problems)
    decisions = []
    for i, entry in enumerate(doc.data["links"]):
        verdict = next(word for word in VERDICTS if word in entry)
        other = FormPlace(**entry[verdict]) if verdict != "nobody" else None
        decisions.append(
            Decision(
                where=doc.where(("links", i)),
                form=FormPlace(**entry["form"]),
                verdict=verdict,
                other=other,
                decided_by=entry["decided_by"],
            )
        )
    return tuple(decisions)


def _check_meaning(doc: Document) -> list[Problem]:
    problems = []
    placed: set[tuple[str, int]] = set()
    for i, entry in enumerate(doc.data["links"]):
        where = doc.where(("links", i))
        verdicts = [word for word in VERDICTS if word in entry]
        if len(verdicts) != 1:
            what = f"the line holds {len(verdicts)} verdicts."
            problems.append(Problem(where, what, f"Write one of {', '.join(VERDICTS)}."))
        if entry.get("nobody") is False:
            problems.append(Problem(where, "nobody: false decides nothing.", "Write nobody: true, or another verdict."))
        place = (entry["form"]["file"], entry["form"]["row"])
        if "not_same_as" not in entry:
            if place in placed:
                problems.append(Problem(where, "the form is placed by another line already.", "Keep one of the two."))
            placed.add(place)
    return problems


def settle_decisions(
    decisions: Sequence[Decision], forms: Sequence[CodedForm], findings: Findings, *, waves: Sequence[str]
) -> tuple[Settled, ...]:
    """Find the forms that decisions are about; what does not fit any more is an error.

    A decision was made looking at a certain file. If the file was changed since, its rows may have moved, and the
    decision might be about another child: nothing is guessed.
    """
    at = {form.place: i for i, form in enumerate(forms)}
    order = _occasions(forms, waves)
    hashes = {form.file: form.sha256 for form in forms}
    settled = []
    for decision in decisions:
        named = [decision.form] if decision.other is None else [decision.form, decision.other]
        problem = next((found for place in named if (found := _misfit(place, at, hashes))), "")
        if not problem and decision.other is not None:
            problem = _wrong_order(forms[at[_key(decision.form)]], forms[at[_key(decision.other)]], decision, order)
        if problem:
            findings.add("link_decision_fails", problem, file=decision.where)
            continue
        settled.append(
            Settled(
                form=at[_key(decision.form)],
                verdict=decision.verdict,
                other=-1 if decision.other is None else at[_key(decision.other)],
                where=decision.where,
                decided_by=decision.decided_by,
            )
        )
    return tuple(settled)


def _key(place: FormPlace) -> tuple[str, int]:
    return place.file, place.row


def _misfit(place: FormPlace, at: dict[tuple[str, int], int], hashes: dict[str, str]) -> str:
    if place.file not in hashes:
        return (
            "a decision about links names a file that no source of study.yaml has. | "
            f"Known: {', '.join(sorted(hashes))}."
        )
    if hashes[place.file] != place.sha256:
        return (
            f"{place.file} was changed after this decision about links was made; its rows may have moved. | "
            "Look at both forms again, then copy the new line of the review list, or remove this one."
        )
    if _key(place) not in at:
        return f"{place.file} has no form in row {place.row}. | Correct the row, or remove the line."
    return ""


def _occasions(forms: Sequence[CodedForm], waves: Sequence[str]) -> list[tuple[str, str]]:
    """Return wave and informant of the occasions in the order in which they are linked."""
    return list(dict.fromkeys((f.wave, f.informant) for f in sorted(forms, key=lambda form: waves.index(form.wave))))


def _wrong_order(form: CodedForm, other: CodedForm, decision: Decision, order: list[tuple[str, str]]) -> str:
    if decision.verdict != "same_as":
        return ""
    if (form.wave, form.informant) == (other.wave, other.informant):
        return (
            "says that two forms of one occasion are of one child. | Say which of the two counts in corrections.yaml "
            "(drop or keep)."
        )
    if order.index((form.wave, form.informant)) < order.index((other.wave, other.informant)):
        return "links an earlier form to a later one. | Exchange form and same_as."
    return ""
