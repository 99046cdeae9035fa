"""What linkage knows of a form: pseudonyms of its number and of the parts of its code, and where it lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from eval_tools.intake.findings import Findings
from eval_tools.privacy.check_digits import Scheme, repaired_number
from eval_tools.privacy.code_elements import form_pseudonym, key_elements
from eval_tools.privacy.pseudonyms import normalise_id, pseudonym

NumberState = Literal["right", "wrong", "absent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedNumbers:
    """How the numbers printed for a study can be tested."""

    scheme: Scheme = "mod97-10"
    length: int = 8  # digits of a complete number


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedForm:
    """One form, without anything that can be read: an identifier or an answer never stands here."""

    wave: str
    informant: str
    file: str
    sha256: str  # of the file
    row: int
    own: str  # pseudonym of the form itself, for a child without a number
    number: str  # pseudonym of the printed number; '' if there is none or its check digit is wrong
    number_state: NumberState
    elements: tuple[str, ...]  # keyed, '' where not told; none where the file asks for no code
    site: str = ""
    sex: str = ""
    grade: int | None = None

    @property
    def place(self) -> tuple[str, int]:
        """File and row: how a person finds the form."""
        return self.file, self.row


def meant_number(raw: str, printed: PrintedNumbers | None) -> str:
    """Return an identifier as it was meant, before it becomes a pseudonym; '' if there is none or it cannot be right.

    Everything that names children by their number must go through here, the roster as well: with ``printed``,
    blanks and hyphens go and lost zeros come back.

    Examples
    --------
    >>> meant_number(" 57-24", PrintedNumbers(scheme="damm", length=6)), meant_number("c０１２", None)
    ('005724', 'C012')
    """
    plain = normalise_id(raw)
    return (
        plain if printed is None or not plain else repaired_number(plain, scheme=printed.scheme, length=printed.length)
    )


def code_forms(
    ids: Sequence[str],
    elements: Mapping[str, Sequence[str]],
    *,
    file: str,
    sha256: str,
    rows: Sequence[int],
    waves: Sequence[str],
    informant: str,
    key: bytes,
    study: str,
    printed: PrintedNumbers | None,
    sites: Sequence[str] = (),
    sexes: Sequence[str] = (),
    grades: Sequence[str] = (),
    findings: Findings | None = None,
    column: str = "",
) -> list[CodedForm]:
    """Turn the identifying cells of one file into coded forms; the raw cells go no further.

    Parameters
    ----------
    ids : sequence of str, one per record
        Printed numbers as received; '' where the form has none.
    elements : mapping of element to texts, one per record
        The self-generated code, element by element; empty where the study asks for none.
    file, sha256, rows, waves, informant
        Where the forms lie and when they were filled in.
    key, study
        For the pseudonyms.
    printed : PrintedNumbers or None
        How numbers are tested; None where they have no check digits, then every number counts as right. A zero lost
        in front of a number is put back.
    sites, sexes, grades : sequence of str, optional
        As the study means them; a grade that is no whole number is not known.
    findings : Findings, optional
        Numbers with a wrong check digit, and numbers whose zeros were put back, are noted under ``column``.
    """
    n = len(ids)
    words = key_elements(elements, key=key, study=study) if elements else [()] * n
    coded = []
    for i in range(n):
        raw, meant = normalise_id(ids[i]), meant_number(ids[i], printed)
        if findings is not None and printed is not None and raw:
            _note_number(raw, meant, findings, file=file, row=rows[i], column=column)
        coded.append(
            CodedForm(
                wave=waves[i],
                informant=informant,
                file=file,
                sha256=sha256,
                row=rows[i],
                own=form_pseudonym(file, rows[i], key=key, study=study),
                number=pseudonym(meant, key=key, study=study) if meant else "",
                number_state="right" if meant else "wrong" if raw else "absent",
                elements=words[i],
                site=sites[i] if sites else "",
                sex=sexes[i] if sexes else "",
                grade=_grade(grades[i]) if grades else None,
            )
        )
    return coded


def _grade(text: str) -> int | None:
    plain = normalise_id(text)
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 3 else None


def _note_number(raw: str, meant: str, findings: Findings, *, file: str, row: int, column: str) -> None:
    if not meant:
        findings.add(
            "number_wrong",
            "the check digit of the printed number is wrong; the form is linked by its code or by a person. | "
            "Look at the form; never guess the number.",
            severity="warning",
            file=file,
            row=row,
            column=column,
        )
    elif len(raw) < len(meant):
        findings.add(
            "number_zero_lost",
            "zeros in front of the printed number were lost and put back; its check digit is right",
            severity="note",
            file=file,
            row=row,
            column=column,
        )
