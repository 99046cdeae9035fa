"""The structure of a LimeSurvey questionnaire: what each column of an export asks, and on which page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from html import unescape
from typing import TYPE_CHECKING

from eval_tools.intake.columns import Kind
from eval_tools.intake.exports.reader import Companion
from eval_tools.intake.files.xml_file import read_xml
from eval_tools.intake.findings import Findings

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

OTHER = "-oth-"  # the code of the option "other"
Key = tuple[str, ...]  # code of the question, then its parts: ("Q1", "SQ001", "comment")
_ONE = {  # types whose options are the platform's own
    "5": {str(n): str(n) for n in range(1, 6)},
    "A": {str(n): str(n) for n in range(1, 6)},
    "B": {str(n): str(n) for n in range(1, 11)},
    "C": {"Y": "Yes", "N": "No", "U": "Uncertain"},
    "E": {"I": "Increase", "S": "Same", "D": "Decrease"},
    "G": {"F": "Female", "M": "Male"},
    "Y": {"Y": "Yes", "N": "No"},
}
_GRIDS = "FHABCEKQ"  # one column for each sub-question


@dataclass(frozen=True, slots=True, kw_only=True)
class FormColumn:
    """One column an export can have."""

    key: Key
    text: str
    kind: Kind = "answer"
    choices: Mapping[str, str] = field(default_factory=dict)  # code -> label
    page: int = 0  # from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LimeForm:
    """Everything the structure tells; ``paged`` where it says that every group is a page, in fixed order."""

    columns: Mapping[Key, FormColumn]
    n_pages: int
    paged: bool


def split_code(code: str) -> Key:
    """Split a column's code into question and parts.

    Examples
    --------
    >>> split_code("Q1[SQ001][comment]"), split_code("Q1[SQ001comment]"), split_code("Q2")
    (('Q1', 'SQ001', 'comment'), ('Q1', 'SQ001', 'comment'), ('Q2',))
    """
    question, *parts = re.split(r"\]?\[", code.removesuffix("]"))
    key = []
    for part in parts:
        inner = part.removesuffix("comment")
        key += [inner, "comment"] if inner and inner != part else [part]
    return (question, *key)


def plain_text(html: str) -> str:
    """Return the words of a text without its HTML.

    Examples
    --------
    >>> plain_text("In which <u>year</u>&nbsp;did it begin?")
    'In which year did it begin?'
    """
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^<>]*>", "", html))).strip()


def read_form(companion: Companion, findings: Findings) -> LimeForm | None:
    """Read a structure, .lss or questionnaire XML; None, with a finding, if it is neither."""
    root = read_xml(companion.received, findings=findings)
    if root is None:
        return None
    form = None
    if root.findtext("LimeSurveyDocType") == "Survey":
        form = _from_lss(root)
    elif root.tag == "questionnaire":
        form = _from_xml(root)
    if form is not None and form.columns:
        return form
    findings.add(
        "structure_unreadable",
        "holds no structure of a survey. | Export it again: Export, Survey structure (.lss).",
        file=companion.received.file,
    )
    return None


def _from_lss(root: Element) -> LimeForm:
    language = root.findtext("languages/language") or ""

    def table(name: str) -> list[dict[str, str]]:
        rows = [{cell.tag: cell.text or "" for cell in row} for row in root.iterfind(f"{name}/rows/row")]
        mine = [row for row in rows if row.get("language", language) == language]
        return mine or rows

    groups = sorted(table("groups"), key=lambda row: _number(row.get("group_order", "")))
    pages = {row.get("gid", ""): page for page, row in enumerate(groups, start=1)}
    parts = _grouped(table("subquestions"), "parent_qid", "question_order")
    answers = _grouped(table("answers"), "qid", "sortorder")
    columns: dict[Key, FormColumn] = {}
    for row in table("questions"):
        page = pages.get(row.get("gid", ""), 0)
        qid = row.get("qid", "")
        for column in _lss_columns(row, parts.get(qid, []), answers.get(qid, [])):
            columns[column.key] = replace(column, page=page)
    shuffled = any(row.get("randomization_group", "").strip() for row in groups)
    paged = root.findtext("surveys/rows/row/format") == "G" and not shuffled
    return LimeForm(columns=columns, n_pages=len(pages), paged=paged)


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,9}", text) else 0


def _grouped(rows: list[dict[str, str]], by: str, order: str) -> dict[str, list[dict[str, str]]]:
    groups: dict[str, list[dict[str, str]]] = {}
    for row in sorted(rows, key=lambda row: _number(row.get(order, ""))):
        groups.setdefault(row.get(by, ""), []).append(row)
    return groups


def _lss_columns(
    row: dict[str, str], parts: list[dict[str, str]], answers: list[dict[str, str]]
) -> Iterable[FormColumn]:
    code, kind, text = row.get("title", ""), row.get("type", ""), plain_text(row.get("question", ""))
    other = row.get("other") == "Y"
    first = [part for part in parts if part.get("scale_id", "0") in ("0", "")]
    choices = [
        {a.get("code", ""): plain_text(a.get("answer", "")) for a in answers if a.get("scale_id", "0") == scale}
        for scale in ("0", "1")
    ]
    sub = [(part.get("title", ""), f"{text} [{plain_text(part.get('question', ''))}]") for part in first]
    if kind in "MP":
        for name, words in sub:
            yield FormColumn(key=(code, name), text=words, kind="choice")
            if kind == "P":
                yield FormColumn(key=(code, name, "comment"), text=f"{words} [Comment]", kind="other")
    elif kind == "1":
        for name, words in sub:
            for scale in (1, 2):
                yield FormColumn(
                    key=(code, name, str(scale)), text=f"{words}[Scale {scale}]", choices=choices[scale - 1]
                )
    elif kind in ":;":
        across = [part for part in parts if part.get("scale_id") == "1"]
        for part in first:
            for second in across:
                words = f"{text} [{plain_text(part.get('question', ''))}][{plain_text(second.get('question', ''))}]"
                yield FormColumn(key=(code, f"{part.get('title', '')}_{second.get('title', '')}"), text=words)
    elif kind == "R":
        for place in range(1, len(answers) + 1):
            yield FormColumn(key=(code, str(place)), text=f"{text} [Rank {place}]", kind="rank", choices=choices[0])
    elif kind in _GRIDS and sub:
        for name, words in sub:
            yield FormColumn(key=(code, name), text=words, choices=_ONE.get(kind, choices[0]))
    elif kind != "X":
        options = _ONE.get(kind, choices[0]) | ({OTHER: "Other"} if other and choices[0] else {})
        yield FormColumn(key=(code,), text=text, choices=options)
        if kind == "O":
            yield FormColumn(key=(code, "comment"), text=f"{text} [Comment]", kind="other")
    if other:
        yield FormColumn(key=(code, "other"), text=f"{text} [Other]", kind="other")


def _from_xml(root: Element) -> LimeForm:
    columns: dict[Key, FormColumn] = {}
    sections = root.findall("section")
    for page, section in enumerate(sections, start=1):
        for question in section.findall("question"):
            for column in _xml_columns(question):
                known = columns.get(column.key)
                key = column.key
                if known is not None and column.choices:  # the second scale of a question that has two
                    columns[(*key, "1")] = replace(known, key=(*key, "1"))
                    key = (*key, "2")
                columns.setdefault(key, replace(column, key=key, page=page))
    return LimeForm(columns=columns, n_pages=len(sections), paged=False)


def _xml_columns(question: Element) -> Iterable[FormColumn]:
    text = plain_text(question.findtext("text") or "")
    parts = [
        (part.get("varName", ""), plain_text(part.findtext("text") or "")) for part in question.findall("subQuestion")
    ]
    for response in question.findall("response"):
        categories = response.findall("fixed/category")
        name = response.get("varName", "")
        options = {c.findtext("value") or "": plain_text(c.findtext("label") or "") for c in categories}
        if list(options) == ["Y"]:  # one box to tick
            if "_" in name:
                yield FormColumn(key=_xml_key(name), text=f"{text} [{options['Y']}]", kind="choice")
        elif parts:
            for part, words in parts:
                yield FormColumn(key=_xml_key(part), text=f"{text} [{words}]", choices=options)
        elif name:
            kind: Kind = "other" if name.endswith("_comment") else "answer"
            yield FormColumn(key=_xml_key(name), text=text, kind=kind, choices=options)
        for beside in response.iterfind("fixed/category/contingentQuestion"):
            words = plain_text(beside.findtext("text") or "")
            yield FormColumn(key=_beside_key(beside.get("varName", "")), text=f"{text} [{words}]", kind="other")


def _xml_key(name: str) -> Key:
    """Q_SQ001 -> (Q, SQ001); codes of questions hold no underscore."""
    question, _, part = name.partition("_")
    return (question, part) if part else (question,)


def _beside_key(name: str) -> Key:
    if name.endswith("comment"):
        return (*_xml_key(name.removesuffix("comment")), "comment")
    return (name.removesuffix("other"), "other")
