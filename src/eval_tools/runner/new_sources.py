"""One entry of study.yaml for every export: its columns, its questionnaires, and what its cells mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eval_tools.errors import Problem
from eval_tools.instruments.instrument import Instrument
from eval_tools.intake.proposing.answers import CellMeaning, column_pattern, read_meaning
from eval_tools.intake.proposing.files import ProposedFile
from eval_tools.intake.proposing.questionnaires import Match
from eval_tools.intake.raw_files import OF_THE_PLATFORM
from eval_tools.runner.asking import Asker, Question, yes_or_no
from eval_tools.studies.study import KNOWN_INFORMANTS

NONE = "none"
SEXES = {
    "female": ("female", "f", "girl", "woman", "女", "女生", "女孩", "女性"),
    "male": ("male", "m", "boy", "man", "男", "男生", "男孩", "男性"),
}
Remarks = dict[tuple[str | int, ...], str]


@dataclass(slots=True)
class Source:
    """An export that will be a source, as far as it is decided."""

    file: ProposedFile
    participant: str
    informant: str
    wave: str = ""  # of the whole file; '' where a column tells
    instruments: dict[str, dict[str, Any]] = field(default_factory=dict)
    blank: list[str] = field(default_factory=list)
    group_used: bool = True
    waves: list[str] = field(default_factory=list)
    remarks: Remarks = field(default_factory=dict)

    @property
    def wave_column(self) -> str:
        """The column that tells the wave; '' if none does."""
        return next(iter(self.file.roles.get("wave", ())), "")

    @property
    def group_column(self) -> str:
        """The column that tells the group; '' if none does."""
        return next(iter(self.file.roles.get("group", ())), "") if self.group_used else ""

    def leave_group_out(self) -> None:
        """Do not use the column of the group."""
        self.group_used = False

    def entry(self, wave_values: Mapping[str, Mapping[str, str]], group_values: Mapping[str, str]) -> dict[str, Any]:
        """Write the entry; columns nobody needs are listed, so that none is passed over unseen."""
        columns = {"participant": self.participant}
        values: dict[str, dict[str, str]] = {}
        if self.wave_column:
            columns["wave"] = self.wave_column
            values["wave"] = dict(wave_values[self.file.file])
            self.waves = list(dict.fromkeys(values["wave"].values()))
        else:
            self.waves = [self.wave]
        if self.group_column and group_values:
            columns["group"] = self.group_column
            texts = self.file.values.get(self.group_column, ())
            values["group"] = {text: group_values[text] for text in texts}
        if "site" in self.file.roles:
            columns["site"] = self.file.roles["site"][0]
        entry: dict[str, Any] = {"file": self.file.file, "reader": self.file.export.reader}
        if self.file.export.companions:
            entry["companions"] = dict(self.file.export.companions)
        entry["informant"] = self.informant
        if not self.wave_column:
            entry["wave"] = self.wave
        entry["columns"] = columns
        values = {name: mapping for name, mapping in values.items() if any(k != v for k, v in mapping.items())}
        if values:
            entry["values"] = values
        entry["instruments"] = self.instruments
        if self.blank:
            entry["blank"] = self.blank
        used = {*columns.values(), *(name for part in self.parts for name in part)}
        ignore = [c.name for c in self.file.columns if c.name not in used and c.info.kind not in OF_THE_PLATFORM]
        if ignore:
            entry["ignore"] = ignore
            told = [name for name in self.file.identifying if name in ignore]
            if told:
                self.remarks["ignore",] = f"seem to tell who somebody is: {', '.join(told)}"
        return entry

    parts: list[tuple[str, ...]] = field(default_factory=list)  # columns of each questionnaire


def draft_sources(
    files: Sequence[ProposedFile], instruments: Mapping[str, Instrument], asker: Asker, warnings: list[str]
) -> list[Source]:
    """Draft a source for every file with a questionnaire; others are left out, and said so."""
    sources = []
    for file in files:
        chosen = [(match, name) for match in file.matches if (name := _choose(match, file, instruments, asker)) != NONE]
        chosen = [(match, name) for match, name in chosen if name]
        _warn_of_columns(file, warnings)
        if not chosen:
            what = "left out; no questionnaire of the library was recognised in it."
            warnings.append(f"{file.file}: {what} See eval-tools questionnaires list, and name its columns by hand.")
            continue
        source = Source(
            file=file,
            participant=_participant(file, asker),
            informant=_informant(file, asker),
        )
        for match, name in chosen:
            _add(source, match, instruments[name], asker, warnings)
        if source.instruments:
            sources.append(source)
    if not sources and not asker.problems:
        what = "no file holds a questionnaire of the library."
        asker.problems.append(
            Problem("eval-tools new", what, "Name the columns by item id, or write study.yaml by hand.")
        )
    return sources


def _warn_of_columns(file: ProposedFile, warnings: list[str]) -> None:
    if file.identifying:
        shown = ", ".join(map(repr, file.identifying))
        what = f"columns that seem to tell who somebody is: {shown}; nothing is read from them."
        warnings.append(f"{file.file}: {what} Better: export again without them.")
    if "consent" in file.roles:
        what = f"column {file.roles['consent'][0]!r} seems to tell consent, which is not read from the file."
        warnings.append(f"{file.file}: {what} Leave out the rows without it by corrections.yaml (drop).")


def _choose(match: Match, file: ProposedFile, instruments: Mapping[str, Instrument], asker: Asker) -> str:
    """Return the questionnaire of some columns; asked where more than one fits, or items are lacking."""
    key = f"questionnaire.{match.columns[0]}"
    if match.certain and key not in asker.given:
        return match.instrument
    fitting = [match.instrument, *match.rivals]
    informant = {"child": "self", "caregiver": "parent"}.get(file.informant, file.informant)
    of_informant = [name for name in fitting if instruments[name].informant == informant] if informant else []
    likely = match.instrument if match.likely and match.instrument in (of_informant or fitting) else None
    default = likely or (of_informant[0] if len(of_informant) == 1 and match.by != "answers" else None)
    lacking = f" Items without a column: {len(match.absent)}, said to be absent." if match.absent else ""
    how = {
        "wording": "They have the words of its items.",
        "names": "They are called like its items.",
        "answers": "Their number and their answers fit; so do those of others, so look at the form.",
    }[match.by]
    return str(
        asker.ask(
            Question(
                key=key,
                text=f"Which questionnaire are the {len(match.columns)} columns {match.columns[0]!r} to "
                f"{match.columns[-1]!r}?",
                why=f"{file.file}. {how}{lacking}",
                default=default,
                choices=(*fitting, NONE),
                meanings={name: str(instruments[name].title["en"]) for name in fitting} | {NONE: "leave them out"},
            )
        )
    )


def _participant(file: ProposedFile, asker: Asker) -> str:
    key = f"participant.{file.file}"
    found = next(iter(file.roles.get("participant", ())), "")
    names = [c.name for c in file.columns if c.info.kind == "answer"]
    if found and key not in asker.given:
        return found
    why = "The same person must have the same text at every wave."
    text = f"Which column of {file.file} tells who answered?"
    return str(asker.ask(Question(key=key, text=text, why=why, default=found or None, choices=names)))


def _informant(file: ProposedFile, asker: Asker) -> str:
    key = f"informant.{file.file}"
    if file.informant and key not in asker.given:
        return file.informant
    question = Question(
        key=key, text=f"Who answered {file.file}?", default=file.informant or None, choices=KNOWN_INFORMANTS
    )
    return str(asker.ask(question))


def _add(source: Source, match: Match, instrument: Instrument, asker: Asker, warnings: list[str]) -> None:
    """Add a questionnaire with its columns and, where they are needed, the meanings of its cells."""
    match = match.of(instrument.id) or match
    absent = match.absent
    items = [item for item in instrument.items.values() if item.id not in absent]
    columns = {column.name: column for column in source.file.columns}
    read = read_meaning([(columns[name].info, columns[name].texts) for name in match.columns], items)
    part: dict[str, Any] = {"columns": column_pattern(match.columns, instrument, absent)}
    if absent:
        part["absent"] = list(absent)
    answers = _answers(source.file.file, instrument, read, asker)
    if answers:
        part["answers"] = answers
    if read.meaning == "codes" and _may_begin_at_one(read, items, [columns[name].texts for name in match.columns]):
        what = f"{instrument.id}: no cell holds 0, which the form has."
        warnings.append(f"{source.file.file}: {what} If the file counts from 1, declare it under answers.")
    source.instruments[instrument.id] = part
    source.parts.append(match.columns)
    source.blank += [text for text in read.blank if text not in source.blank]


def _answers(file: str, instrument: Instrument, read: CellMeaning, asker: Asker) -> dict[str, int]:
    if read.meaning == "from_one":
        codes = list(read.places.values())
        question = Question(
            key=f"from_one.{instrument.id}",
            text=f"{instrument.id} in {file}: are the numbers 1 to {len(codes)} the places of the answers on the form?",
            why=f"The form's own codes are {', '.join(map(str, codes))}, in printed order.",
            default="yes",
        )
        return dict(read.places) if asker.ask(question, yes_or_no) else {}
    if read.meaning == "unknown":
        codes = sorted({code for item in instrument.items.values() for code in item.responses.codes})
        question = Question(
            key=f"answers.{instrument.id}",
            text=f"{instrument.id} in {file}: which code has each answer? {' / '.join(read.labels)}",
            why=f"Write text=code, separated by commas. Codes of the form: {', '.join(map(str, codes))}.",
        )
        return asker.ask(question, lambda answer: _pairs(answer, codes)) or {}
    return {}


def _pairs(answer: str, codes: Sequence[int]) -> dict[str, int]:
    pairs = {}
    for pair in re.split(r"[,，;；]", answer):
        text, _, code = (word.strip() for word in pair.rpartition("="))
        if not text or code not in {str(each) for each in codes}:
            raise ValueError(f"text=code, separated by commas; codes: {', '.join(map(str, codes))}.")
        pairs[text] = int(code)
    return pairs


def _may_begin_at_one(read: CellMeaning, items: Sequence[Any], texts: Sequence[frozenset[str]]) -> bool:
    return all(0 in item.responses.codes for item in items) and not any("0" in each for each in texts)


def draft_roster(file: ProposedFile, group_values: Mapping[str, str], warnings: list[str]) -> dict[str, Any]:
    """Write the entry of the roster."""
    columns = {"participant": file.roles["participant"][0]}
    values: dict[str, dict[str, str]] = {}
    if "group" in file.roles and group_values:
        columns["group"] = file.roles["group"][0]
        values["group"] = {text: group_values[text] for text in file.values.get(columns["group"], ())}
    for role in ("site", "age"):
        if role in file.roles:
            columns[role] = file.roles[role][0]
    if "age" in columns and not all(re.fullmatch(r"\d{0,3}", text) for text in file.texts(columns["age"])):
        warnings.append(f"{file.file}: column {columns.pop('age')!r} holds no ages in whole years and is not used.")
    sexes = {
        text: sex
        for text in file.values.get(next(iter(file.roles.get("sex", ())), ""), ())
        for sex in SEXES
        if text.lower() in SEXES[sex]
    }
    if "sex" in file.roles:
        texts = file.values.get(file.roles["sex"][0], ())
        if texts and set(texts) == set(sexes):
            columns["sex"] = file.roles["sex"][0]
            values["sex"] = sexes
        else:
            warnings.append(f"{file.file}: what column {file.roles['sex'][0]!r} means is not known; it is not used.")
    entry: dict[str, Any] = {"file": file.file, "reader": file.export.reader}
    if file.export.companions:
        entry["companions"] = dict(file.export.companions)
    entry["columns"] = columns
    values = {name: mapping for name, mapping in values.items() if any(k != v for k, v in mapping.items())}
    if values:
        entry["values"] = values
    used = set(columns.values())
    ignore = [c.name for c in file.columns if c.name not in used and c.info.kind not in OF_THE_PLATFORM]
    if ignore:
        entry["ignore"] = ignore
    if file.identifying:
        _warn_of_columns(file, warnings)
    return entry
