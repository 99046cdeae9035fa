"""Words and number formats of one language; formats are applied last, numbers never change here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from eval_tools.errors import EvalToolsError, Problem

LOCALES = {"en": "en_GB", "zh-Hant": "zh_Hant_TW", "zh-Hans": "zh_Hans_CN"}
LANGUAGE_NAMES = {"en": "English", "zh-Hant": "繁體中文", "zh-Hans": "简体中文"}
CLAUSE_BREAKS = {"en": "; ", "zh-Hant": "；", "zh-Hans": "；"}
PERCENT = {"en": "\u00a0%", "zh-Hant": "%", "zh-Hans": "%"}
MINUS = "\u2212"
SITE_WORDS = {  # what a study calls a site: one and several, and in Chinese the noun with the word that counts it
    "en": {
        "site": ("site", "sites"),
        "school": ("school", "schools"),
        "village": ("village", "villages"),
        "centre": ("centre", "centres"),
    },
    "zh-Hant": {"site": ("地點", "個"), "school": ("學校", "所"), "village": ("村莊", "個"), "centre": ("中心", "個")},
    "zh-Hans": {"site": ("地点", "个"), "school": ("学校", "所"), "village": ("村庄", "个"), "centre": ("中心", "个")},
}
SITE_PLACES = ("site", "sites", "Site", "Sites", "site_measure")  # filled in every sentence
NAMED, WORD = (
    "_named",
    "_word",
)  # %(n_sites_named)s: 1 school, 8 schools, 8 所學校; %(n_sites_word)s: school, schools, 學校
TOO_LARGE_FOR_BABEL = 1e15  # beyond, decimal places exceed the precision it computes with


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Read the catalogue of one language: key to sentence."""
    from babel.messages.pofile import read_po

    source = resources.files("eval_tools.reporting") / "locale" / f"{language}.po"
    with source.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file) if m.id}


@dataclass(frozen=True, slots=True)
class Words:
    r"""Sentences and numbers in one language.

    Examples
    --------
    >>> en = Words("en")
    >>> en.interval(-2.04, -3.6, 0.649)
    '−2.0 (−3.6\xa0to\xa00.6)'
    >>> Words("zh-Hant")("people.group")
    '組別'
    """

    language: str
    site_word: str = "site"  # what the study calls a site: a key of SITE_WORDS

    def __call__(self, key: str, **values: object) -> str:
        """Return one whole sentence with its places filled; those for the word for a site fill themselves.

        Raises
        ------
        EvalToolsError
            If the key or a place is not there: a defect of ours, never of the data.
        """
        sentences = catalogue(self.language)
        try:
            return sentences[key] % _Places(self, values)
        except KeyError as missing:
            raise EvalToolsError(
                Problem(f"{self.language}.po", f"{key!r}: no such sentence or value {missing}.", "Add it.")
            ) from None

    def site_noun(self, number: str = "1") -> str:
        """Write the word for a site as it stands after a number that is already written.

        Examples
        --------
        >>> Words("en", "school").site_noun("1"), Words("en", "school").site_noun("8")
        ('school', 'schools')
        """
        noun, other = SITE_WORDS[self.language][self.site_word]
        return other if self.language == "en" and number != "1" else noun

    def sites(self, number: str) -> str:
        """Write how many sites there are, with the word that counts them.

        Examples
        --------
        >>> Words("en", "school").sites("1"), Words("zh-Hant", "school").sites("8"), Words("zh-Hans").sites("8")
        ('1 school', '8 所學校', '8 个地点')
        """
        measure = "" if self.language == "en" else SITE_WORDS[self.language][self.site_word][1]
        return f"{number} {measure}{self.site_noun(number)}"

    def of_sites(self, place: str) -> str:
        """Fill one of SITE_PLACES."""
        one, several = self.site_noun("1"), self.site_noun("2")
        measure = "" if self.language == "en" else SITE_WORDS[self.language][self.site_word][1]
        filled = (one, several, one.capitalize(), several.capitalize(), measure)
        return dict(zip(SITE_PLACES, filled, strict=True))[place]

    @property
    def locale(self) -> str:
        """Name of the locale for Babel."""
        return LOCALES[self.language]

    def number(self, value: float, digits: int = 1, *, signed: bool = False) -> str:
        """Write a number with fixed decimals; a missing one as the catalogue says."""
        from babel.numbers import format_decimal

        if value is None or not math.isfinite(value):
            return self("format.not_available")
        rounded = round(float(value), digits) + 0.0  # + 0.0 turns −0.0 into 0.0
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        if abs(rounded) < TOO_LARGE_FOR_BABEL:
            text = format_decimal(abs(rounded), format=pattern, locale=self.locale)
        else:
            text = f"{abs(rounded):,.{digits}f}"
        if rounded < 0:
            return MINUS + text
        return "+" + text if signed and rounded > 0 else text

    def count(self, value: float, *, min_cell: int) -> str:
        """Write a number of people; a hidden one says why."""
        if value is None or not math.isfinite(value):
            return self("format.hidden", min_cell=min_cell)
        return self.number(value, 0)

    def percent(self, share: float, digits: int = 0) -> str:
        """Write a share of one as a percentage."""
        if share is None or not math.isfinite(share):
            return self("format.not_available")
        return f"{self.number(share * 100, digits)}{PERCENT[self.language]}"

    def level(self, ci_level: float) -> str:
        """Write the level of an interval."""
        return self.percent(ci_level)

    def span(self, low: float, high: float, digits: int = 1, *, signed: bool = False) -> str:
        """Write a range."""
        return self(
            "format.range",
            low=self.number(low, digits, signed=signed),
            high=self.number(high, digits, signed=signed),
        )

    def interval(self, estimate: float, low: float, high: float, digits: int = 1, *, signed: bool = False) -> str:
        """Write an estimate with its interval."""
        return self(
            "format.estimate",
            estimate=self.number(estimate, digits, signed=signed),
            low=self.number(low, digits, signed=signed),
            high=self.number(high, digits, signed=signed),
        )

    def p_value(self, p: float) -> str:
        """Write a p value with three decimals, never as zero."""
        if p is None or not math.isfinite(p):
            return self("format.not_available")
        return self("format.p_small", limit="0.001") if p < 0.001 else self.number(p, 3)

    def clauses(self, parts: Sequence[str]) -> str:
        """Set clauses side by side, for lists in alternative texts."""
        return CLAUSE_BREAKS[self.language].join(parts)

    def sentences(self, *parts: str) -> str:
        """Set whole sentences one after the other; Chinese puts no space between them."""
        return (" " if self.language == "en" else "").join(part for part in parts if part)

    def within(self, title: str) -> str:
        """Write a title as it stands within a sentence: English begins it small, unless it is an abbreviation.

        Examples
        --------
        >>> Words("en").within("Depressive symptoms"), Words("en").within("SDQ total")
        ('depressive symptoms', 'SDQ total')
        """
        begins_word = self.language == "en" and len(title) > 1 and title[1].islower()
        return title[0].lower() + title[1:] if begins_word else title

    def of(self, translation: Mapping[str, str | None]) -> str:
        """Pick this language from a definition's own text; English where a translation is missing."""
        return translation.get(self.language) or translation.get("en") or ""


class _Places(dict[str, object]):
    """The places of one sentence: what the caller gave, and the word for a site where the sentence asks for it."""

    def __init__(self, words: Words, values: Mapping[str, object]) -> None:
        super().__init__(values)
        self.words = words

    def __missing__(self, place: str) -> str:
        if place in SITE_PLACES:
            return self.words.of_sites(place)
        if place.endswith(NAMED):
            return self.words.sites(str(self[place.removesuffix(NAMED)]))
        if place.endswith(WORD):
            return self.words.site_noun(str(self[place.removesuffix(WORD)]))
        raise KeyError(place)
