"""Which questionnaire of the library some columns hold: by the words of its items, by names with numbers, by answers.

Words and names are evidence; a block of questions with the right answers and the right length is only a hint, and so
is a name that several questionnaires share. What is not certain is for a person to say.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from eval_tools.instruments.instrument import Instrument
from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.proposing.answers import read_meaning, shared_texts
from eval_tools.intake.proposing.roles import key_of

By = Literal["wording", "names", "answers"]
SEEN_AT_LEAST = 0.6  # of the items, for columns to be proposed as a questionnaire of which some items are absent
LEAST_ITEMS = 3
MOST_ANSWERS = 11  # different texts in a block of questions with one set of answers
NUMBERED = re.compile(r"(?P<before>.*?)0*(?P<number>\d{1,3})")
PARTS = re.compile(r"[—_\[\]]|(?<=[？?：:])|\s-\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column with the different texts it holds."""

    info: ColumnInfo
    texts: frozenset[str]  # without blanks; empty where there are too many to be answers of a form

    @property
    def name(self) -> str:
        """Its unique name."""
        return self.info.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Columns that may be one questionnaire; ``others`` are those of the library that fit them as well."""

    instrument: str
    columns: tuple[str, ...]  # in printed order, those of absent items left out
    absent: tuple[str, ...]  # ids of items without a column
    by: By
    others: tuple[Match, ...] = ()
    likely: bool = True  # of those that fit, this one has the better evidence

    def of(self, instrument: str) -> Match | None:
        """Return the match of one of the questionnaires that fit."""
        return next((each for each in (self, *self.others) if each.instrument == instrument), None)

    @property
    def rivals(self) -> tuple[str, ...]:
        """Ids of the other questionnaires that fit."""
        return tuple(each.instrument for each in self.others)

    @property
    def certain(self) -> bool:
        """Whether nothing else fits, and nothing is lacking."""
        return self.by != "answers" and not self.rivals and not self.absent


def find_questionnaires(columns: Sequence[Column], instruments: Mapping[str, Instrument]) -> list[Match]:
    """Propose questionnaires for the columns of one file, each column at most once, the best evidence first."""
    answers = [column for column in columns if column.info.kind == "answer"]
    taken: set[str] = set()
    found: list[Match] = []
    for look in (_by_wording, _by_names, _by_answers):
        for match in look([column for column in answers if column.name not in taken], instruments):
            if not taken & set(match.columns):
                found.append(match)
                taken |= set(match.columns)
    order = {column.name: i for i, column in enumerate(columns)}
    return sorted(found, key=lambda match: order[match.columns[0]])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    """A questionnaire and the column of each of its items that was found."""

    name: str
    found: Mapping[str, str]
    own: bool = True  # found by its own name, not by that of its family


# --- by the words of the items ---------------------------------------------------------------------------------


def _by_wording(columns: Sequence[Column], instruments: Mapping[str, Instrument]) -> list[Match]:
    places: dict[str, set[str]] = defaultdict(set)
    for column in columns:
        for key in _wordings(column.info):
            places[key].add(column.name)
    order = {column.name: i for i, column in enumerate(columns)}
    hits = []
    for name, instrument in instruments.items():
        found = {}
        for item in instrument.items.values():
            here = {column for text in item.text.values() if text for column in places.get(wording_key(text), ())}
            if len(here) == 1:
                found[item.id] = next(iter(here))
        if len(found) >= max(2, SEEN_AT_LEAST * len(instrument.items)) and len(set(found.values())) == len(found):
            hits.append(_Hit(name=name, found=found))
    return _best(hits, instruments, "wording", order)


def _wordings(info: ColumnInfo) -> set[str]:
    """Write every text that may be the words of an item as a key: whole, and the part after a dash or bracket."""
    texts = [info.part, info.text, info.header]
    texts += [part for text in (info.text, info.header) for part in PARTS.split(text)]
    return {key for text in texts if len(key := wording_key(text)) >= 4}


def wording_key(text: str) -> str:
    """Write words so that script, width, punctuation and numbering do not matter.

    Examples
    --------
    >>> wording_key("１、 感覺緊張，焦慮。") == wording_key("感觉紧张、焦虑")
    True
    """
    key = key_of(unicodedata.normalize("NFKC", text))
    return key if key.isascii() else _simplify()(key)


@lru_cache(maxsize=1)
def _simplify():  # type: ignore[no-untyped-def]
    import opencc

    return opencc.OpenCC("t2s").convert


# --- by names with numbers -------------------------------------------------------------------------------------


def _by_names(columns: Sequence[Column], instruments: Mapping[str, Instrument]) -> list[Match]:
    series: dict[str, dict[int, str]] = defaultdict(dict)
    for column in columns:
        for text in dict.fromkeys((column.info.name, column.info.header)):
            form = NUMBERED.fullmatch(unicodedata.normalize("NFKC", text).strip().lower())
            if form is not None:
                series[_letters(form["before"])].setdefault(int(form["number"]), column.name)
    order = {column.name: i for i, column in enumerate(columns)}
    hits = []
    for name, instrument in instruments.items():
        for before in _prefixes(instrument) & set(series):
            numbers = series[before]
            own = before in _prefixes(instrument, of_family=False)
            found = {item.id: numbers[item.number] for item in instrument.items.values() if item.number in numbers}
            if len(found) >= max(2, SEEN_AT_LEAST * len(instrument.items)) and len(found) >= SEEN_AT_LEAST * len(
                numbers
            ):
                hits.append(_Hit(name=name, found=found, own=own))
    return _best(hits, instruments, "names", order)


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


def _prefixes(instrument: Instrument, *, of_family: bool = True) -> set[str]:
    """What may stand before the number of an item: id, abbreviation, what its own items are called, or its family."""
    of_items = {_letters(form["before"]) for item in instrument.items if (form := NUMBERED.fullmatch(item))}
    called = (instrument.id, instrument.abbreviation, *([instrument.family] if of_family else []))
    names = {_letters(text.lower()) for text in called}
    whole = {text + word for text in names for word in ("", "q", "item")}
    return {text for text in of_items | whole if text and text not in ("q", "item", "template", "templates")}


def _best(hits: Sequence[_Hit], instruments: Mapping[str, Instrument], by: By, order: Mapping[str, int]) -> list[Match]:
    """Of questionnaires that would share columns, take the one with most; those that have as many are its rivals.

    One that is called like the columns comes before others of its family.
    """

    def rank(hit: _Hit) -> tuple[int, int]:
        return (-len(hit.found), int(len(instruments[hit.name].items) > len(hit.found)))

    ranked = sorted(hits, key=lambda hit: (*rank(hit), not hit.own, hit.name))
    taken: set[str] = set()
    matches = []
    for hit in ranked:
        mine = set(hit.found.values())
        if mine & taken:
            continue
        alike = [o for o in ranked if o.name != hit.name and rank(o) == rank(hit) and mine & set(o.found.values())]
        others = {other.name: _match(other, instruments, by) for other in alike}
        likely = hit.own and not any(other.own for other in alike)
        matches.append(replace(_match(hit, instruments, by), others=tuple(others.values()), likely=likely))
        taken |= mine
    return sorted(matches, key=lambda match: order[match.columns[0]])


def _match(hit: _Hit, instruments: Mapping[str, Instrument], by: By) -> Match:
    items = instruments[hit.name].items
    return Match(
        instrument=hit.name,
        columns=tuple(hit.found[item] for item in items if item in hit.found),
        absent=tuple(item for item in items if item not in hit.found),
        by=by,
    )


# --- by the answers --------------------------------------------------------------------------------------------


def _by_answers(columns: Sequence[Column], instruments: Mapping[str, Instrument]) -> list[Match]:
    matches = []
    for block in _blocks(columns):
        fitting = [name for name, instrument in instruments.items() if _answers_fit(block, instrument)]
        if fitting:
            names = tuple(column.name for column in block)
            first, *others = (Match(instrument=each, columns=names, absent=(), by="answers") for each in fitting)
            matches.append(replace(first, others=tuple(others), likely=False))
    return matches


def _blocks(columns: Sequence[Column]) -> list[list[Column]]:
    """Gather questions that stand side by side, are called alike but for their number and share their answers."""
    blocks: list[list[Column]] = []
    stems: list[str] = []
    for column in columns:
        form = NUMBERED.fullmatch(unicodedata.normalize("NFKC", column.name).strip().lower())
        stem = column.info.question or (_letters(form["before"]) if form else "")
        if not column.texts:
            stems.append("")
            continue
        together = blocks and stems and stems[-1] == stem and len(_texts([*blocks[-1], column])) <= MOST_ANSWERS
        if together and _alike(_texts(blocks[-1]), column.texts):
            blocks[-1].append(column)
        else:
            blocks.append([column])
        stems.append(stem)
    return [block for block in blocks if len(block) >= LEAST_ITEMS]


def _alike(some: Collection[str], others: Collection[str]) -> bool:
    return len(set(some) & set(others)) * 2 >= min(len(some), len(others))


def _texts(block: Sequence[Column]) -> frozenset[str]:
    return shared_texts([column.texts for column in block])


def _answers_fit(block: Sequence[Column], instrument: Instrument) -> bool:
    items = list(instrument.items.values())
    if len(items) != len(block) or instrument.template:
        return False
    return read_meaning([(column.info, column.texts) for column in block], items).meaning != "unknown"
