"""The header of a LimeSurvey export in its three styles: code, code and text, text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from eval_tools.intake.columns import Kind, unique_names
from eval_tools.intake.exports.limesurvey_form import Key, LimeForm, plain_text, split_code

_CODE = r"[A-Za-z][A-Za-z0-9_]*(?:\[[^\[\]]*\])*"
_CODE_AND_TEXT = re.compile(rf"({_CODE})\.\s(.*)", re.DOTALL)
_TIMING = re.compile(r"groupTime\d+|interviewtime|\w+Time")
SYSTEM = ("id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp", "completed", "savedid")
IDENTIFYING = ("token", "ipaddr", "refurl", "firstname", "lastname", "email")
_TEXTS = {  # headings of the text style, English interface
    "response id": "id",
    "date submitted": "submitdate",
    "last page": "lastpage",
    "start language": "startlanguage",
    "seed": "seed",
    "date started": "startdate",
    "date last action": "datestamp",
    "access code": "token",
    "token": "token",
    "ip address": "ipaddr",
    "referrer url": "refurl",
    "first name": "firstname",
    "last name": "lastname",
    "email address": "email",
    "total time": "interviewtime",
}
FINGERPRINT = ("submitdate", "lastpage", "startlanguage")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderCell:
    """One heading: its code where it is known, and what it is of the platform's own columns."""

    header: str
    name: str  # unique
    code: str = ""
    key: Key = ()  # empty for a column of the platform
    text: str = ""
    kind: Kind = "answer"


def header_style(headers: Sequence[str]) -> str:
    """Return 'code', 'code and text' or 'text' if the headings are those of an export, else ''."""
    stripped = [header.strip().lstrip("\ufeff") for header in headers]
    if set(FINGERPRINT) <= set(stripped):
        return "code"
    split = [_CODE_AND_TEXT.fullmatch(header) for header in stripped]
    if set(FINGERPRINT) <= {found.group(1) for found in split if found}:
        return "code and text"
    known = {_TEXTS.get(header.casefold()) for header in stripped}
    return "text" if set(FINGERPRINT) <= known else ""


def parse_header(headers: Sequence[str], form: LimeForm | None) -> list[HeaderCell]:
    """Say what each heading is; without a code, a question is found by its words if they stand in the form once."""
    style = header_style(headers)
    stripped = [header.strip().lstrip("\ufeff") for header in headers]
    by_text = _by_text(form)
    how_often = Counter(plain_text(header) for header in stripped)
    codes, texts = [], []
    for header in stripped:
        found = _CODE_AND_TEXT.fullmatch(header) if style == "code and text" else None
        if found:
            codes.append(found.group(1))
            texts.append(plain_text(found.group(2)))
        elif style == "code" and re.fullmatch(_CODE, header):
            codes.append(header)
            texts.append("")
        else:
            words = plain_text(header)
            code = _TEXTS.get(words.casefold(), "")
            if not code and how_often[words] == 1:
                code = by_text.get(words, "")
            codes.append(code)
            texts.append(words)
    names = unique_names([code or header for code, header in zip(codes, stripped, strict=True)])
    timed_from = _first_timing(codes, stripped)
    cells = []
    for j, (header, code, text, name) in enumerate(zip(stripped, codes, texts, names, strict=True)):
        kind = _kind(code, text, timed=j >= timed_from)
        key = () if kind in ("system", "identifying") else split_code(code) if code else (name,)
        cells.append(HeaderCell(header=header, name=name, code=code, key=key, text=text, kind=kind))
    return cells


def code_of(key: Key) -> str:
    """Write a key as the code of a column."""
    return key[0] + "".join(f"[{part}]" for part in key[1:])


def _by_text(form: LimeForm | None) -> dict[str, str]:
    if form is None:
        return {}
    total = Counter(column.text for column in form.columns.values())
    return {column.text: code_of(column.key) for column in form.columns.values() if total[column.text] == 1}


def _first_timing(codes: Sequence[str], headers: Sequence[str]) -> int:
    """Timings stand behind the answers, from interviewtime or the first groupTime on."""
    for j, code in enumerate(codes):
        if code == "interviewtime" or re.fullmatch(r"groupTime\d+", code) or headers[j].startswith("Group time:"):
            return j
    return len(codes)


def _kind(code: str, text: str, *, timed: bool) -> Kind:
    if code in SYSTEM:
        return "system"
    if code in IDENTIFYING or re.fullmatch(r"attribute_\d+", code):
        return "identifying"
    if timed and (_TIMING.fullmatch(code) or re.match(r"(Group|Question) time:", text)):
        return "system"
    return "answer"
