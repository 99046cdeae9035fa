"""The words of a questionnaire in one language: from its definition where they may be there, or from a local file.

A team that holds a licence keeps the wording in ``local/<id>.<language>.csv``, outside version control: two columns,
``part`` and ``text``. A part is ``stem``, the id of an item, or a response set and a code, as in ``freq4.0``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from eval_tools.errors import DefinitionError, Problem, did_you_mean
from eval_tools.forms.words import LANGUAGES
from eval_tools.instruments.instrument import Instrument, Item, OpenQuestion, ResponseSet

STEM = "stem"
HEADER = ("part", "text")
MAX_TEXT = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What is printed in one language; '' where there is no text."""

    language: str
    stem: str
    items: Mapping[str, str]  # open questions too
    options: Mapping[str, Mapping[int, str]]  # by response set
    local: bool  # whether a local file supplied any of it

    @property
    def has_items(self) -> bool:
        """Whether any item has a text."""
        return any(self.items.values())

    @property
    def complete(self) -> bool:
        """Whether every item and every answer has a text."""
        return all(self.items.values()) and all(all(labels.values()) for labels in self.options.values())


def parts_of(instrument: Instrument) -> tuple[str, ...]:
    """Name every text a form of this questionnaire can hold, in the order of the form."""
    sets = {item.responses.id: item.responses for item in instrument.items.values()}
    options = [f"{answers.id}.{code}" for answers in sets.values() for code in answers.codes]
    return (STEM, *instrument.items, *(question.id for question in instrument.open_questions), *options)


def find_wording(instrument: Instrument, language: str, *, local: Path | None = None) -> Wording:
    """Put together the words of a form: what the definition holds, and over it what a local file holds.

    Parameters
    ----------
    instrument : Instrument
    language : str
    local : Path, optional
        The folder of local files.

    Raises
    ------
    DefinitionError
        With every problem of the local file.
    """
    path = local / overlay_name(instrument.id, language) if local is not None else None
    overlay = read_overlay(path, instrument) if path is not None and path.is_file() else {}
    sets = _response_sets(instrument)
    asked: list[Item | OpenQuestion] = [*instrument.items.values(), *instrument.open_questions]
    return Wording(
        language=language,
        stem=overlay.get(STEM) or instrument.stem.get(language) or "",
        items=MappingProxyType({item.id: overlay.get(item.id) or item.text.get(language) or "" for item in asked}),
        options=MappingProxyType(
            {
                answers.id: MappingProxyType(
                    {
                        option.code: overlay.get(f"{answers.id}.{option.code}") or option.label.get(language) or ""
                        for option in answers.options
                    }
                )
                for answers in sets
            }
        ),
        local=bool(overlay),
    )


def _response_sets(instrument: Instrument) -> tuple[ResponseSet, ...]:
    return tuple({item.responses.id: item.responses for item in instrument.items.values()}.values())


def overlay_name(instrument: str, language: str) -> str:
    """Name the local file of a questionnaire in one language.

    Examples
    --------
    >>> overlay_name("sdq-s", "zh-Hans")
    'sdq-s.zh-Hans.csv'
    """
    return f"{instrument}.{language}.csv"


def read_overlay(path: Path, instrument: Instrument) -> dict[str, str]:
    """Read a local file; parts without text are left out.

    Raises
    ------
    DefinitionError
        Not UTF-8, no heading, unknown or repeated parts; the text itself is never shown.
    """
    where = f"local/{path.name}"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DefinitionError(Problem(where, "not UTF-8.", "Save it as 'CSV UTF-8'.")) from None
    except OSError as error:
        raise DefinitionError(Problem(where, "cannot be read.", f"{error.strerror}: check its rights.")) from None
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        raise DefinitionError(Problem(where, "not a well-formed CSV file.", "Save it as 'CSV UTF-8'.")) from None
    if not records or tuple(cell.strip() for cell in records[0]) != HEADER:
        raise DefinitionError(Problem(f"{where}:1", "the first line must be: part,text.", "Add the heading."))
    known = parts_of(instrument)
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for row, record in enumerate(records[1:], start=2):
        if not any(cell.strip() for cell in record):
            continue
        part = record[0].strip()
        problem = _problem_of(part, record, known, found)
        if problem:
            problems.append(Problem(f"{where}, row {row}", *problem))
        found[part] = record[1].strip() if len(record) > 1 else ""
    if problems:
        raise DefinitionError(problems)
    return {part: words for part, words in found.items() if words}


def _problem_of(
    part: str, record: list[str], known: tuple[str, ...], found: Mapping[str, str]
) -> tuple[str, str] | None:
    if len(record) != len(HEADER):
        return f"has {len(record)} cells.", "Two are needed; put quotes around text that holds a comma."
    if part not in known:
        shown = part if len(part) <= 40 and part.isprintable() else "…"
        return f"unknown part: {shown!r}.", f"Known: stem, ids of items, set.code.{did_you_mean(part, known)}"
    if part in found:
        return f"the part {part!r} stands there twice.", "Keep one."
    if len(record[1]) > MAX_TEXT or not all(c.isprintable() or c == "\n" for c in record[1]):
        return "the text is too long or holds control characters.", f"At most {MAX_TEXT} printable characters."
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayCheck:
    """What the local files hold and lack."""

    errors: tuple[Problem, ...]
    missing: tuple[Problem, ...]
    n_files: int


def check_overlays(local: Path, instruments: Mapping[str, Instrument], *, only: str = "") -> OverlayCheck:
    """Check every local file, or only one: its name, its parts, and what is missing in it."""
    errors: list[Problem] = []
    missing: list[Problem] = []
    files = sorted(p for p in local.glob("*.csv") if only in ("", p.name)) if local.is_dir() else []
    for path in files:
        where = f"local/{path.name}"
        name, _, language = path.stem.partition(".")
        if name not in instruments:
            hint = did_you_mean(name, instruments)
            errors.append(Problem(where, f"there is no questionnaire {name!r}.", f"<id>.<language>.csv is read.{hint}"))
        elif language not in LANGUAGES:
            hint = did_you_mean(language, LANGUAGES)
            known = ", ".join(LANGUAGES)
            errors.append(Problem(where, f"unknown language: {language!r}.", f"Known: {known}.{hint}"))
        else:
            try:
                read_overlay(path, instruments[name])
            except DefinitionError as error:
                errors += error.problems
            else:
                missing += missing_words(instruments[name], find_wording(instruments[name], language, local=local))
    return OverlayCheck(errors=tuple(errors), missing=tuple(missing), n_files=len(files))


def missing_words(instrument: Instrument, wording: Wording) -> Iterator[Problem]:
    """Say which texts of a form are missing in a language, if any."""
    where = f"{instrument.id}, {wording.language}"
    items = [name for name, text in wording.items.items() if not text]
    options = [f"{s}.{code}" for s, labels in wording.options.items() for code, text in labels.items() if not text]
    if items:
        what = f"{len(items)} of {len(wording.items)} items have no text: {_few(items)}."
        yield Problem(where, what, f"Add them to local/{overlay_name(instrument.id, wording.language)}, if you may.")
    if options:
        what = f"{len(options)} answers have no label: {_few(options)}."
        yield Problem(where, what, f"Add them to local/{overlay_name(instrument.id, wording.language)}, if you may.")


def _few(names: list[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def empty_overlay(instrument: Instrument) -> str:
    r"""Write a local file with every part and no text, to be filled in by a team that holds a licence."""
    from eval_tools.spreadsheets import csv_text

    return csv_text(HEADER, [(part, None) for part in parts_of(instrument)])
