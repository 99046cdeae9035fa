"""What the cells of a questionnaire mean: its codes, its labels, numbers that begin at 1, or something to be told."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from eval_tools.instruments.instrument import Instrument, Item, ResponseSet
from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.labels import match_labels

Meaning = Literal["codes", "labels", "from_one", "unknown"]
BLANKS = ("na", "n/a", "nan", "null", "none", "-", "--", ".", "(空)", "空", "未答", "未填", "missing")
NUMBERED = re.compile(r"(?P<before>.*?)(?P<number>0*\d{1,3})(?P<after>\D*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class CellMeaning:
    """How the cells of one questionnaire are to be read."""

    meaning: Meaning
    places: Mapping[str, int] = field(default_factory=dict)  # number from 1 -> code of the form, in printed order
    labels: tuple[str, ...] = ()  # texts of several columns that are neither codes nor labels of the form
    blank: tuple[str, ...] = ()  # texts that mean: not answered


def read_meaning(columns: Sequence[tuple[ColumnInfo, frozenset[str]]], items: Sequence[Item]) -> CellMeaning:
    """Say how the cells of a questionnaire are to be read, by what stands in several of its columns.

    A text that stands in one column only may be a slip of the finger, or what somebody wrote, and tells nothing here;
    a check reports it later.
    """
    shared = shared_texts([texts for _, texts in columns])
    blank = tuple(sorted(text for text in shared if unicodedata.normalize("NFKC", text).lower() in BLANKS))
    said = (shared or frozenset().union(*(texts for _, texts in columns))) - set(blank)
    ordinal = any(info.holds == "ordinal" and not info.choices for info, _ in columns)
    found = {meaning_of_texts(said & texts, item.responses) for (_, texts), item in zip(columns, items, strict=True)}
    first = items[0].responses
    places = {str(n): option.code for n, option in enumerate(first.options, start=1)}
    same = all(item.responses.codes == first.codes for item in items)
    if "unknown" in found or ("labels" in found and "from_one" in found):
        codes = {str(code) for item in items for code in item.responses.codes}
        return CellMeaning(meaning="unknown", labels=tuple(sorted((said & shared) - codes)), blank=blank)
    if (ordinal or "from_one" in found) and same:
        return CellMeaning(meaning="from_one", places=places, blank=blank)
    return CellMeaning(meaning="labels" if "labels" in found else "codes", blank=blank)


def shared_texts(columns: Sequence[Collection[str]]) -> frozenset[str]:
    """Return the texts that stand in at least two columns, or in the only one."""
    counted = Counter(text for texts in columns for text in set(texts))
    return frozenset(text for text, n in counted.items() if n > 1 or len(columns) == 1)


def meaning_of_texts(texts: Collection[str], responses: ResponseSet) -> Meaning:
    """Say how the texts of a column name the answers of an item: codes, labels, or numbers that begin at 1.

    Examples
    --------
    >>> from eval_tools.instruments.instrument import Option
    >>> options = tuple(Option(code=c, label={"en": w}, scored=True) for c, w in enumerate(("no", "a bit", "yes")))
    >>> form = ResponseSet(id="form", options=options)
    >>> [meaning_of_texts(t, form) for t in ({"0", "2"}, {"yes", "no"}, {"1", "３"}, {"maybe"})]
    ['codes', 'labels', 'from_one', 'unknown']
    """
    plain = {unicodedata.normalize("NFKC", text).strip() for text in texts}
    if plain <= {str(option.code) for option in responses.options}:
        return "codes"
    labels = {option.code: tuple(filter(None, option.label.values())) for option in responses.options}
    if all(match.code is not None for match in match_labels(texts, labels).values()):
        return "labels"
    if plain <= {str(place) for place in range(1, len(responses.options) + 1)}:
        return "from_one"
    return "unknown"


def column_pattern(columns: Sequence[str], instrument: Instrument, absent: Collection[str]) -> str | list[str]:
    """Write columns as a pattern such as ``q{n:02}`` where their names allow it; else as a list.

    Examples
    --------
    >>> from eval_tools.instruments.load import load_instruments
    >>> from pathlib import Path
    >>> ces_d = load_instruments(Path("questionnaires"), ["ces-d"])["ces-d"]
    >>> column_pattern([f"cesd{n:02}" for n in range(1, 21)], ces_d, ())
    'cesd{n:02}'
    """
    items = [item for item in instrument.items.values() if item.id not in absent]
    forms = [NUMBERED.fullmatch(name) for name in columns]
    first = forms[0]
    if first is None or len(columns) < 2:
        return list(columns)
    for pattern, written in (("{n}", "{}"), ("{n:02}", "{:02}"), ("{n:03}", "{:03}")):
        names = [first["before"] + written.format(item.number) + first["after"] for item in items]
        if names == list(columns) and not re.search(r"[{}]", first["before"] + first["after"]):
            return first["before"] + pattern + first["after"]
    return list(columns)
