r"""Say which shape a definition must have, and list everything that departs from it.

A shape checks one value and reports problems with file, line, rule and remedy; nothing stops at the first.

Examples
--------
>>> from eval_tools.definitions.strict_yaml import parse_yaml
>>> wave = Record({"id": Text(), "role": Word("before", "after")})
>>> doc = parse_yaml("id: w1\nrole: bfore\nrole_: x\n", file="study.yaml")
>>> for problem in check_shape(doc, wave):
...     print(problem)
study.yaml:2: role: 'bfore' is not allowed.
  Allowed: before, after. Did you mean 'before'?
study.yaml:3: unknown key 'role_'.
  Known: id, role. Did you mean 'role'?
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from eval_tools.definitions.strict_yaml import Document, Path_
from eval_tools.errors import Problem, did_you_mean

SLUG = r"[a-z0-9][a-z0-9_-]{0,39}"
LANGUAGES = ("en", "zh-Hant", "zh-Hans")


class Shape(Protocol):
    """Anything that can check one value of a document."""

    def check(self, value: Any, path: Path_, doc: Document, problems: list[Problem]) -> None:
        """Append what is wrong with ``value``."""


def check_shape(doc: Document, shape: Shape) -> list[Problem]:
    """List every departure of the document from the shape, in file order."""
    problems: list[Problem] = []
    shape.check(doc.data, (), doc, problems)
    return doc.in_order(problems)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


def _name(path: Path_) -> str:
    shown = 3 if len(path) > 2 and isinstance(path[-2], int) else 2
    words = [str(p) if isinstance(p, str) else f"[{p + 1}]" for p in path[-shown:]]
    return ".".join(words).replace(".[", "[") or "the file"


def _wrong(doc: Document, path: Path_, problems: list[Problem], what: str, remedy: str) -> None:
    problems.append(Problem(doc.where(path), f"{_name(path)}: {what}", remedy))


@dataclass(frozen=True, slots=True)
class Text:
    """Text that is not empty, optionally of a pattern that ``hint`` explains."""

    pattern: str = ""
    hint: str = ""

    def check(self, value: Any, path: Path_, doc: Document, problems: list[Problem]) -> None:
        """Report anything but such text."""
        if not isinstance(value, str) or not value.strip():
            _wrong(doc, path, problems, "must be text.", "Put quotes around text that looks like a number.")
        elif self.pattern and not re.fullmatch(self.pattern, value):
            _wrong(doc, path, problems, f"{_shown(value)} has the wrong form.", self.hint or f"Pattern: {self.pattern}")


@dataclass(frozen=True, slots=True)
class TextOrNone:
    """Text that may be empty, for cells that may be."""

    def check(self, value: Any, path: Path_, doc: Document, problems: list[Problem]) -> None:
        """Report anything but text."""
        if not isinstance(value, str):
            _wrong(doc, path, problems, "must be text.", 'Put quotes around it; "" is the empty cell.')


def Slug() -> Text:  # noqa: N802 - reads as a shape among shapes
    """Return the shape of an id: lower-case letters, digits, - and _; it may become a file name."""
    return Text(SLUG, "Use lower-case letters, digits, - and _; at most 40 characters.")


@dataclass(frozen=True, slots=True)
class Number:
    """A number within bounds; ``whole`` refuses decimals."""

    low: float | None = None
    high: float | None = None
    whole: bool = False

    def check(self, value: Any, path: Path_, doc: Document, problems: list[Problem]) -> None:
        """Report anything but such a number."""
        kind = "a whole number" if self.whole else "a number"
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            _wrong(doc, path, problems, f"must be {kind}.", "Write it without quotes.")
        elif (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            low = "…" if self.low is None else f"{self.low:g}"
            high = "…" if self.high is None else f"{self.high:g}"
            _wrong(doc, path, problems, f"{value} is out of range.", f"Allowed: {low} to {high}.")


@dataclass(frozen=True, slots=True)
class Flag:
    """``true`` or ``false``."""

    def check(self, value: Any, path: Path_, doc: Document, problems: list[Problem]) -> None:
        """Report anything but true or false."""
        if not isinstance(value, bool):
            _wrong(
                doc,
                path,
                problems,
                "must be true or false.",
                "Other words (yes, no, on, off) stay text here.",
            )


class Word:
    """One of a fixed list of words."""

    def __init__(self, *allowed: str) -> None:
        self.allowed = allowed

    def check(self, value: Any, path: Path_, doc: Document, problems: list[Problem]) -> None:
        """Report any other word."""
        if value not in self.allowed:
            hint = did_you_mean(value, self.allowed) if isinstance(value, str) else ""
            listed = ", ".join(self.allowed)
            if not isinstance(value, str) and str(value) in self.allowed:
                hint = " Put quotes around it."
            _wrong(doc, path, problems, f"{_shown(value)} is not allowed.", f"Allowed: {listed}.{hint}")


@dataclass(frozen=True, slots=True)
class Nullable:
    """The shape, or ``null``."""

    shape: Shape

    def check(self, value: Any, path: Path_, doc: Document, problems: list[Problem]) -> None:
        """Report what the shape reports, unless the value is null."""
        if value is not None:
            self.shape.check(value, path, doc, problems)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose entries all have one shape; ``exactly`` fixes its length."""

    shape: Shape
    at_least: int = 0
    exactly: int | None = None

    def check(self, value: Any, path: Path_, doc: Document, problems: list[Problem]) -> None:
        """Report a wrong length and whatever the entries report."""
        if not isinstance(value, list):
            _wrong(doc, path, problems, "must be a list.", "Write [a, b] or one '- ' per line.")
            return
        if len(value) < self.at_least:
            _wrong(doc, path, problems, f"has {len(value)} entries.", f"At least {self.at_least} are needed.")
        if self.exactly is not None and len(value) != self.exactly:
            _wrong(doc, path, problems, f"has {len(value)} entries.", f"Exactly {self.exactly} are needed.")
        for i, entry in enumerate(value):
            self.shape.check(entry, (*path, i), doc, problems)


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping with free keys of one form and values of one shape."""

    shape: Shape
    keys: str = SLUG
    at_least: int = 0

    def check(self, value: Any, path: Path_, doc: Document, problems: list[Problem]) -> None:
        """Report keys of the wrong form and whatever the values report."""
        if not isinstance(value, dict):
            _wrong(doc, path, problems, "must be a mapping.", "Write 'key: value', one per line.")
            return
        if len(value) < self.at_least:
            what = f"has {len(value)} entries." if value else "is empty."
            needed = "1 entry is" if self.at_least == 1 else f"{self.at_least} entries are"
            _wrong(doc, path, problems, what, f"At least {needed} needed.")
        for key, entry in value.items():
            if not re.fullmatch(self.keys, key):
                _wrong(doc, (*path, key), problems, f"key {_shown(key)} has the wrong form.", f"Pattern: {self.keys}")
            self.shape.check(entry, (*path, key), doc, problems)


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with declared keys: required ones, optional ones, and no others."""

    required: Mapping[str, Shape]
    optional: Mapping[str, Shape] = field(default_factory=dict)

    def check(self, value: Any, path: Path_, doc: Document, problems: list[Problem]) -> None:
        """Report missing keys, unknown keys and whatever the values report."""
        known = {**self.required, **self.optional}
        if not isinstance(value, dict):
            _wrong(doc, path, problems, "must be a mapping.", f"Known keys: {', '.join(known)}.")
            return
        for key, entry in value.items():
            if key in known:
                known[key].check(entry, (*path, key), doc, problems)
            else:
                place = f"{_name(path)}: " if path else ""
                problems.append(
                    Problem(
                        doc.where((*path, key)),
                        f"{place}unknown key {_shown(key)}.",
                        f"Known: {', '.join(known)}.{did_you_mean(key, known)}",
                    )
                )
        missing = [key for key in self.required if key not in value]
        if missing:
            _wrong(doc, path, problems, f"missing: {', '.join(missing)}.", f"Known keys: {', '.join(known)}.")


@dataclass(frozen=True, slots=True)
class Either:
    """A short form of one Python type, or the long form."""

    type: type
    short: Shape
    long: Shape

    def check(self, value: Any, path: Path_, doc: Document, problems: list[Problem]) -> None:
        """Report what the form that was used reports."""
        (self.short if isinstance(value, self.type) else self.long).check(value, path, doc, problems)


def Translated(*, needed: bool = True) -> Record:  # noqa: N802 - reads as a shape among shapes
    """Return the shape of a text in the three languages; ``null`` is allowed where it is not ``needed``."""
    text: Shape = Text() if needed else Nullable(Text())
    return Record(dict.fromkeys(LANGUAGES, text))
