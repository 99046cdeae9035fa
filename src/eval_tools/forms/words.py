"""Sentences of forms, sheets and codebooks in one language; the catalogues hold whole sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from eval_tools.errors import EvalToolsError, Problem, UnknownNames

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
LANGUAGE_NAMES = {"en": "English", "zh-Hant": "繁體中文", "zh-Hans": "简体中文"}
REGIONS = {"en": ("en", "GB"), "zh-Hant": ("zh", "TW"), "zh-Hans": ("zh", "CN")}
CHINESE_FONT = {"en": "Noto Sans CJK SC", "zh-Hant": "Noto Sans CJK TC", "zh-Hans": "Noto Sans CJK SC"}
WORD_FONT = {"en": "Microsoft YaHei", "zh-Hant": "Microsoft JhengHei", "zh-Hans": "Microsoft YaHei"}
SEPARATOR = {"en": ", ", "zh-Hant": "、", "zh-Hans": "、"}
CLAUSES = {"en": "; ", "zh-Hant": "；", "zh-Hans": "；"}
GAP = {"en": " ", "zh-Hant": "", "zh-Hans": ""}


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Read the catalogue of one language: key to sentence."""
    from babel.messages.pofile import read_po

    source = resources.files("eval_tools.forms") / "locale" / f"{language}.po"
    with source.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file) if m.id}


def check_language(language: str, *, where: str = "--language") -> str:
    """Return a language there are sentences in, or name the ones there are."""
    if language not in LANGUAGES:
        raise UnknownNames("language", missing=[language], known=LANGUAGES, where=where)
    return language


@dataclass(frozen=True, slots=True)
class FormWords:
    """Sentences in one language.

    Examples
    --------
    >>> FormWords("zh-Hans")("form.minutes", minutes=5)
    '约需 5 分钟'
    """

    language: str

    def __call__(self, key: str, **values: object) -> str:
        """Return one whole sentence with its places filled.

        Raises
        ------
        EvalToolsError
            If the key or a place is not there: a defect of ours, never of a definition.
        """
        sentences = catalogue(self.language)
        try:
            return sentences[key] % values
        except KeyError as missing:
            raise EvalToolsError(
                Problem(f"{self.language}.po", f"{key!r}: no such sentence or value {missing}.", "Add it.")
            ) from None

    def counted(self, key: str, n: int) -> str:
        """Return the sentence for one or for many."""
        return self(f"{key}.one") if n == 1 else self(f"{key}.many", n=n)

    def of(self, translation: Mapping[str, str | None]) -> str:
        """Pick this language from a definition's own text; English where a translation is missing."""
        return translation.get(self.language) or translation.get("en") or ""

    def listed(self, parts: Sequence[str]) -> str:
        """Set words side by side."""
        return SEPARATOR[self.language].join(parts)

    def clauses(self, parts: Iterable[str]) -> str:
        """Set clauses side by side."""
        return CLAUSES[self.language].join(parts)

    def sentences(self, *parts: str) -> str:
        """Set whole sentences one after the other; Chinese puts no space between them."""
        return GAP[self.language].join(part for part in parts if part)
