"""Which question of a form a column holds: headers matched against names, paths and labels, never split."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from eval_tools.intake.columns import ColumnInfo, Kind, unique_names
from eval_tools.intake.exports.xlsform import Choice, Form, Question
from eval_tools.intake.findings import Findings

TRUE_WORDS = frozenset({"1", "true", "1.0"})
FALSE_WORDS = frozenset({"0", "false", "0.0"})
_BYTE_ORDER_MARK = re.compile(r"(\ufeff|<U\+FEFF>|X\.U\.FEFF\.)")
_IDENTIFYING_TYPES = {
    *("deviceid", "phonenumber", "simserial", "subscriberid", "username", "email"),
    *("geopoint", "geotrace", "geoshape", "start-geopoint", "audit"),
    *("image", "audio", "video", "file", "signature", "barcode", "background-audio"),
}
_SYSTEM_TYPES = {"start", "end", "today", "note", "caseid", "acknowledge", "trigger"}
_SYSTEM_WORDS = ("audit", "speed violations", "sensor", "comments")  # SurveyCTO: text audit, audio audit …
_POSITION_PARTS = re.compile(r"(.+?)[_-](latitude|longitude|altitude|precision|accuracy|wkt)", re.IGNORECASE)
_TURN = re.compile(r"(.+?)((?:_\d+)+)")
_MEDIA_PART = re.compile(r"(.+)_URL", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormColumn:
    """One column and what of the form it holds; ``choice`` names the option of a choice column."""

    info: ColumnInfo
    question: Question | None = None
    choice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a platform spells its headers."""

    system: Mapping[str, Kind]  # its own columns
    group_signs: tuple[str, ...]  # between group and question
    choice_signs: tuple[str, ...]  # between question and option
    spell_choice: Callable[[str], str] = field(default=str)
    own_prefixes: tuple[str, ...] = ()  # other columns of its own begin like this
    wide_repeats: bool = False  # each turn of a repeat has columns of its own: name_1, name_2 …


@dataclass(slots=True)
class _Names:
    """Spellings and what they stand for; a spelling of two things stands for neither."""

    targets: dict[str, tuple[Question, str]] = field(default_factory=dict)
    ambiguous: set[str] = field(default_factory=set)

    def add(self, spelled: str, question: Question, choice: str) -> None:
        known = self.targets.get(spelled)
        if known is not None and (known[0].path, known[1]) != (question.path, choice):
            self.ambiguous.add(spelled)
        elif spelled:
            self.targets[spelled] = (question, choice)

    def find(self, header: str) -> tuple[Question, str] | None:
        return None if header in self.ambiguous else self.targets.get(header)


def as_r_names(text: str) -> str:
    """Spell a column name as R does when it reads a file.

    Examples
    --------
    >>> as_r_names("water_sources/piped"), as_r_names("_uuid")
    ('water_sources.piped', 'X_uuid')
    """
    valid = re.match(r"[^\W\d_]|\.(?!\d)", text)
    return ("" if valid else "X") + re.sub(r"[^\w.]", ".", text)


def plain_headers(header: Sequence[str]) -> list[str]:
    """Strip blanks, and a byte-order mark or what another program made of one from the first."""
    return [(_BYTE_ORDER_MARK.sub("", cell, count=1) if i == 0 else cell).strip() for i, cell in enumerate(header)]


def name_columns(
    header: Sequence[str],
    cells: Sequence[Sequence[str]],
    form: Form | None,
    dialect: Dialect,
    *,
    repeat: str = "",
    file: str,
    findings: Findings,
) -> list[FormColumn]:
    """Say for every column which question or option it holds, in the order of the header.

    A header is looked for among the names and paths of the form, then the platform's own columns, then the
    form's labels, then the same as R would have spelled them. What is found nowhere stays an answer under its
    own header; a column that begins like the select_multiple before it and holds only 0 and 1 is its option.
    """
    headers = plain_headers(header)
    names, labels, rewritten = _Names(), _Names(), _Names()
    for question in form.questions if form is not None else ():
        if form is not None and question.repeat == repeat:
            _spell(question, form, dialect, names, labels)
    for source in (names, labels):
        for spelled, (question, choice) in source.targets.items():
            if spelled not in source.ambiguous:
                rewritten.add(as_r_names(spelled), question, choice)
    own = {as_r_names(name): name for name in dialect.system}
    found: list[FormColumn] = []
    rewritten_headers = 0
    for position, cell in enumerate(headers):
        target = names.find(cell)
        if target is None and cell not in dialect.system:
            target = labels.find(cell)
            if target is None and cell not in own:
                target = rewritten.find(cell)
                rewritten_headers += target is not None and as_r_names(cell) == cell
        if target is None and cell in (*dialect.system, *own):
            name = cell if cell in dialect.system else own[cell]
            found.append(FormColumn(info=ColumnInfo(name=name, header=cell, kind=dialect.system[name])))
        elif target is not None:
            found.append(_of_form(cell, *target, form))
        else:
            if cell and cell in names.ambiguous | labels.ambiguous | rewritten.ambiguous:
                _report_ambiguous(cell, position, file, findings)
            found.append(_one_turn(cell, form, dialect) or _unknown(cell, position, found, cells, dialect))
    found = [_part_of_other(column, found) for column in found]
    if rewritten_headers:
        findings.add(
            "headers_rewritten",
            f"{rewritten_headers} headers were spelled otherwise by another program and are taken by the form's names.",
            severity="note",
            file=file,
            row=1,
            count=rewritten_headers,
        )
    return _unique(found)


def _spell(question: Question, form: Form, dialect: Dialect, names: _Names, labels: _Names) -> None:
    inner = question.groups
    for spelled in _paths(inner, question.name, dialect.group_signs):
        names.add(spelled, question, "")
        for choice in question.choices if question.several else ():
            for sign in dialect.choice_signs:
                names.add(f"{spelled}{sign}{choice.name}", question, choice.name)
                names.add(f"{spelled}{sign}{dialect.spell_choice(choice.name)}", question, choice.name)
    for language in form.languages:
        words = question.labels.get(language, "") or question.name
        groups = tuple(
            form.groups.get("/".join(inner[: i + 1]), {}).get(language, "") or group for i, group in enumerate(inner)
        )
        for spelled in _paths(groups, words, dialect.group_signs):
            labels.add(spelled.strip(), question, "")
            for choice in question.choices if question.several else ():
                option = choice.labels.get(language, "") or choice.name
                for sign in dialect.choice_signs:
                    labels.add(f"{spelled.strip()}{sign}{option}", question, choice.name)


def _paths(groups: Sequence[str], name: str, signs: Sequence[str]) -> Iterator[str]:
    for start in range(len(groups) + 1):
        for sign in signs:
            yield sign.join((*groups[start:], name))


def kind_of(question: Question) -> Kind:
    """Say what kind of column a question fills.

    Examples
    --------
    >>> kind_of(Question(name="gps", type="geopoint")), kind_of(Question(name="who", type="select_multiple"))
    ('identifying', 'choices')
    """
    if question.several:
        return "choices"
    if question.type in _IDENTIFYING_TYPES or question.type.startswith("audio audit"):
        return "identifying"
    if question.type in _SYSTEM_TYPES or any(word in question.type for word in _SYSTEM_WORDS):
        return "system"
    return "answer"


def _of_form(header: str, question: Question, choice: str, form: Form | None) -> FormColumn:
    assert form is not None
    text = form.label(question.labels)
    codebook = {option.name: form.label(option.labels) for option in question.choices}
    name = f"{question.name}/{choice}" if choice else question.name
    if choice:
        info = ColumnInfo(
            name=name,
            header=header,
            question=question.name,
            part=choice,
            text=text,
            kind="choice",
            holds="code",
            choices={"1": codebook[choice]} if codebook.get(choice) else {},
        )
    else:
        info = ColumnInfo(
            name=name,
            header=header,
            question=question.name,
            text=text,
            kind=kind_of(question),
            holds="code" if question.choices else "text",
            choices=codebook,
        )
    return FormColumn(info=info, question=question, choice=choice)


def option_column(column: FormColumn, choice: Choice, form: Form) -> FormColumn:
    """Return the column of one option of the select_multiple that ``column`` holds."""
    assert column.question is not None
    made = _of_form(column.info.header, column.question, choice.name, form)
    return replace(made, info=replace(made.info, name=f"{column.info.name}/{choice.name}"))


def _one_turn(header: str, form: Form | None, dialect: Dialect) -> FormColumn | None:
    """Take a column of one turn of a repeat: ``part`` is the number of the turn, 1_2 in a repeat in a repeat."""
    match = _TURN.fullmatch(header) if form is not None and dialect.wide_repeats else None
    if match is None or form is None:
        return None
    question = next((q for q in form.questions if q.repeat and q.name == match[1]), None)
    depth = sum(group in form.repeats for group in question.groups) if question else 0
    if question is None or match[2].count("_") != depth:
        return None
    made = _of_form(header, question, "", form)
    return FormColumn(info=replace(made.info, name=header, part=match[2][1:]))


def _unknown(
    header: str, position: int, before: list[FormColumn], cells: Sequence[Sequence[str]], dialect: Dialect
) -> FormColumn:
    """Take a column the form does not hold: an option of the question before it, or an answer of its own."""
    parent = next((c for c in reversed(before) if c.info.kind != "choice"), None)
    if parent is not None and parent.info.kind in ("answer", "choices"):
        for sign in dict.fromkeys((*dialect.choice_signs, ".")):
            part = header[len(parent.info.header) + len(sign) :]
            begins = part and header.startswith(parent.info.header + sign)
            if begins and (parent.question is None or parent.question.several) and _holds_flags(cells, position):
                name = parent.info.question or parent.info.name
                info = ColumnInfo(
                    name=f"{name}/{part}", header=header, question=name, part=part, kind="choice", holds="code"
                )
                return FormColumn(info=info, question=parent.question, choice=part)
    if header.startswith(dialect.own_prefixes):
        return FormColumn(info=ColumnInfo(name=header, header=header, kind="system"))
    kind: Kind = "identifying" if _MEDIA_PART.fullmatch(header) or _is_position(header) else "answer"
    return FormColumn(info=ColumnInfo(name=header, header=header, question=header, kind=kind))


def _is_position(header: str) -> bool:
    return _POSITION_PARTS.fullmatch(header) is not None


def _holds_flags(cells: Sequence[Sequence[str]], position: int) -> bool:
    held = {row[position].strip().lower() for row in cells if position < len(row)} - {""}
    return bool(held) and held <= TRUE_WORDS | FALSE_WORDS


def _part_of_other(column: FormColumn, found: list[FormColumn]) -> FormColumn:
    """Without a form, a column that has options is a question with several."""
    has_options = any(c.choice and c.info.question == column.info.name for c in found)
    if column.question is None and column.info.kind == "answer" and has_options:
        return replace(column, info=replace(column.info, kind="choices"))
    return column


def _unique(found: list[FormColumn]) -> list[FormColumn]:
    """Name a column by its question, by its path where two questions share the name; number what still repeats."""
    paths: dict[str, set[str]] = {}
    for column in found:
        if column.question is not None:
            paths.setdefault(column.question.name, set()).add(column.question.path)
    renamed = []
    for column in found:
        info = column.info
        if column.question is not None and len(paths[column.question.name]) > 1:
            path = column.question.path
            info = replace(info, question=path, name=f"{path}/{column.choice}" if column.choice else path)
        renamed.append(replace(column, info=info))
    names = unique_names([column.info.name for column in renamed])
    return [replace(c, info=replace(c.info, name=name)) for c, name in zip(renamed, names, strict=True)]


def _report_ambiguous(header: str, position: int, file: str, findings: Findings) -> None:
    findings.add(
        "header_ambiguous",
        f"the header of column {position + 1} stands for several questions of the form. | "
        "Export with XML values and headers (names), not labels.",
        file=file,
        row=1,
        column=header,
    )
