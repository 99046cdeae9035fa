"""An XLSForm as a form model: questions, groups, repeats, choices in every language, relevance as it stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from eval_tools.errors import did_you_mean
from eval_tools.intake.files.sheet import Sheet
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.raw_table import plain

SELECT_ONE = ("select_one", "select_one_from_file", "select_one_external")
SELECT_MULTIPLE = ("select_multiple", "select_multiple_from_file")
_LABEL = re.compile(r"label(?:\s*::?\s*(?P<language>.+))?", re.IGNORECASE)
_YES = ("yes", "true", "true()", "1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option: the code that is stored, and its words by language ('' where the form names none)."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)  # one row of one form: itself and no other
class Question:
    """One row of the survey sheet that holds an answer or metadata."""

    name: str
    type: str  # first word(s) of the type: select_one, integer, start, text audit …
    groups: tuple[str, ...] = ()  # from the outermost, repeats among them
    repeat: str = ""  # innermost repeat it stands in
    labels: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    relevance: tuple[str, ...] = ()  # its own rule and those of its groups, as they stand
    row: int = 0  # of the survey sheet

    @property
    def path(self) -> str:
        """The name with its groups."""
        return "/".join((*self.groups, self.name))

    @property
    def several(self) -> bool:
        """Whether several options may be chosen."""
        return self.type in SELECT_MULTIPLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A whole form; ``languages[0]`` is its default."""

    title: str = ""
    form_id: str = ""
    version: str = ""
    languages: tuple[str, ...] = ("",)
    questions: tuple[Question, ...] = ()
    choices: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # path -> labels
    repeats: tuple[str, ...] = ()  # names

    def label(self, labels: Mapping[str, str]) -> str:
        """Return the words in the form's first language that has any."""
        return next((labels[language] for language in self.languages if labels.get(language)), "")


def is_xlsform(sheets: Sequence[Sheet]) -> bool:
    """Tell whether these sheets are an XLSForm: a sheet ``survey`` with columns type and name."""
    survey = _sheet(sheets, "survey")
    return survey is not None and {"type", "name"} <= {plain(cell).lower() for cell in survey.first_row}


def read_xlsform(sheets: Sequence[Sheet], *, file: str, findings: Findings) -> Form | None:
    """Read survey, choices and settings.

    Parameters
    ----------
    sheets : sequence of Sheet
        All sheets of the workbook; those with other names are not looked at.
    file : str
        Name used in findings.
    findings : Findings
        Everything that is wrong with the form, with the row of its sheet.

    Returns
    -------
    Form or None
        None, with findings, if it cannot be read without guessing.

    Examples
    --------
    >>> survey = Sheet(name="survey", cells=(("type", "name", "label::English (en)"),
    ...                                      ("select_one yn", "consent", "Consent")))
    >>> choices = Sheet(name="choices", cells=(("list_name", "name", "label::English (en)"), ("yn", "1", "Yes")))
    >>> form = read_xlsform([survey, choices], file="form.xlsx", findings=Findings())
    >>> form.questions[0].choices[0].labels["English (en)"]
    'Yes'
    """
    if not is_xlsform(sheets):
        findings.add(
            "form_not_xlsform",
            "no sheet 'survey' with columns type and name. | Download the XLSForm of the survey (.xlsx) and name it "
            "as form.",
            file=file,
        )
        return None
    survey = _records(_sheet(sheets, "survey"))
    lists = _choices(_records(_sheet(sheets, "choices")), file, findings)
    settings = next((record for _, record in _records(_sheet(sheets, "settings"))), {})
    builder = _Builder(lists, file, findings)
    for row, record in survey:
        builder.add(row, record)
    if not builder.close():
        return None
    return Form(
        title=settings.get("form_title", ""),
        form_id=settings.get("form_id", ""),
        version=settings.get("version", ""),
        languages=_languages([record for _, record in survey], settings.get("default_language", "")),
        questions=tuple(builder.questions),
        choices=MappingProxyType(lists),
        groups=MappingProxyType(builder.groups),
        repeats=tuple(builder.repeats),
    )


def _sheet(sheets: Sequence[Sheet], name: str) -> Sheet | None:
    return next((sheet for sheet in sheets if sheet.name.strip().lower() == name), None)


def _records(sheet: Sheet | None) -> list[tuple[int, dict[str, str]]]:
    """Pair each row that holds anything with its number; the keys are the column names in lower case."""
    if sheet is None or not sheet.cells:
        return []
    header = [_key(cell) for cell in sheet.cells[0]]
    records = []
    for row, cells in enumerate(sheet.cells[1:], start=2):
        record = {key: cell.strip() for key, cell in zip(header, cells, strict=False) if key and cell.strip()}
        if record:
            records.append((row, record))
    return records


def _key(header: str) -> str:
    """Spell a column name in one way; the language of a label keeps its case."""
    label = _LABEL.fullmatch(header.strip())
    if label:
        return f"label::{(label['language'] or '').strip()}"
    key = " ".join(header.lower().replace("_", " ").split())
    return {"list name": "list_name", "relevance": "relevant", "value": "name", "form title": "form_title"}.get(
        key, key.replace(" ", "_")
    )


def _labels(record: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType({key[7:]: text for key, text in record.items() if key.startswith("label::")})


def _languages(records: list[dict[str, str]], default: str) -> tuple[str, ...]:
    found = dict.fromkeys(key[7:] for record in records for key in record if key.startswith("label::"))
    return tuple(sorted(found, key=lambda language: language != default)) or ("",)


def _choices(records: list[tuple[int, dict[str, str]]], file: str, findings: Findings) -> dict[str, tuple[Choice, ...]]:
    lists: dict[str, list[Choice]] = {}
    for row, record in records:
        if "list_name" not in record:
            continue  # a heading or a note between lists
        if "name" not in record:
            findings.add(
                "form_choice_nameless",
                "a choice has no name. | Give every choice of the form a code.",
                severity="warning",
                file=file,
                row=row,
                column="choices",
            )
            continue
        lists.setdefault(record["list_name"], []).append(Choice(name=record["name"], labels=_labels(record)))
    for name, choices in lists.items():
        repeated = [code for code, n in Counter(choice.name for choice in choices).items() if n > 1]
        if repeated:
            findings.add(
                "form_choice_repeated",
                f"list {name!r} holds {len(repeated)} codes more than once; the first counts. | "
                "Right only where a filter shows one of them.",
                severity="note",
                file=file,
                column=f"choices, {name}",
                count=len(repeated),
            )
    return {name: tuple({c.name: c for c in reversed(choices)}.values())[::-1] for name, choices in lists.items()}


class _Builder:
    """Walks down the survey sheet and keeps the groups that are open."""

    def __init__(self, lists: dict[str, tuple[Choice, ...]], file: str, findings: Findings) -> None:
        self.lists, self.file, self.findings = lists, file, findings
        self.open: list[tuple[str, str, str, int]] = []  # kind, name, relevance, row
        self.questions: list[Question] = []
        self.groups: dict[str, Mapping[str, str]] = {}
        self.repeats: list[str] = []
        self.failed = False

    def add(self, row: int, record: Mapping[str, str]) -> None:
        if record.get("disabled", "").lower() in _YES:
            return
        words = record.get("type", "").split()
        if not words:
            return  # a heading or a note between questions
        kind = "_".join(words[:2]).lower() if words[0].lower() in ("begin", "end") else words[0].lower()
        if kind in ("begin_group", "begin_repeat"):
            self._begin(row, kind[6:], record)
        elif kind in ("end_group", "end_repeat"):
            self._end(row, kind[4:])
        else:
            self._question(row, words, record)

    def _begin(self, row: int, kind: str, record: Mapping[str, str]) -> None:
        name = record.get("name", f"row {row}")
        self.open.append((kind, name, record.get("relevant", ""), row))
        self.groups["/".join(group for _, group, _, _ in self.open)] = _labels(record)
        if kind == "repeat":
            self.repeats.append(name)

    def _end(self, row: int, kind: str) -> None:
        if self.open and self.open[-1][0] == kind:
            self.open.pop()
            return
        self._fail(row, f"a {kind} ends that was not begun.")

    def _question(self, row: int, words: list[str], record: Mapping[str, str]) -> None:
        if "name" not in record:
            self._fail(row, "a question has no name.")
            return
        kind = words[0].lower()
        select = kind in (*SELECT_ONE, *SELECT_MULTIPLE, "rank")
        choices: tuple[Choice, ...] = ()
        if select and len(words) > 1 and not kind.endswith(("_from_file", "_external")):
            choices = self._listed(row, words[1], record["name"])
            if "or_other" in words[2:]:
                choices = (*choices, Choice(name="other", labels={}))
        rules = (*(rule for _, _, rule, _ in self.open), record.get("relevant", ""))
        self.questions.append(
            Question(
                name=record["name"],
                type=kind if select else " ".join(words).lower(),
                groups=tuple(name for _, name, _, _ in self.open),
                repeat=next((name for kind, name, _, _ in reversed(self.open) if kind == "repeat"), ""),
                labels=_labels(record),
                choices=choices,
                relevance=tuple(rule for rule in rules if rule),
                row=row,
            )
        )

    def _listed(self, row: int, name: str, question: str) -> tuple[Choice, ...]:
        if name not in self.lists:
            hint = did_you_mean(name, list(self.lists))
            self.findings.add(
                "form_list_unknown",
                f"question {question!r} uses list {name!r}, which the sheet choices does not hold.{hint} | "
                "Its answers are read as they stand.",
                severity="warning",
                file=self.file,
                row=row,
                column="type",
            )
        return self.lists.get(name, ())

    def _fail(self, row: int, what: str) -> None:
        self.failed = True
        self.findings.add("form_broken", f"{what} | Correct the sheet survey.", file=self.file, row=row)

    def close(self) -> bool:
        """Report groups left open and names used twice; tell whether the form can be used."""
        for kind, name, _, row in self.open:
            self._fail(row, f"{kind} {name!r} does not end.")
        rows: dict[str, list[int]] = {}
        for question in self.questions:
            rows.setdefault(question.path, []).append(question.row)
        for path, used in rows.items():
            if len(used) > 1:
                self._fail(used[0], f"question {path!r} is there more than once (rows {shorten(used)}).")
        return not self.failed
