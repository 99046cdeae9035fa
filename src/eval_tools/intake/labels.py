"""Whether a cell is one of the labels of a question, whatever its script, width and numbering.

The rule, one step after the other; the first step that finds a label decides:

1. exact: the same text, outer blanks aside;
2. width: the same after NFKC, so that ``１２（是）`` is ``12(是)``;
3. prefix: the same without a leading ``A.``, ``A、``, ``1=``, ``1.``, ``(1)`` or ``①``;
4. script: the same in Simplified characters, the listed gaps of the conversion closed.

A text that fits two codes is no answer, and one that fits none is no answer either: nothing is guessed. NFKC and the
conversion of scripts are for labels only. They turn ½ into 1⁄2 and two surnames into one, so no free text and no
name goes through here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, Literal, TypeVar

How = Literal["exact", "width", "prefix", "script", "ambiguous", "none"]
Code = TypeVar("Code")
STEPS: tuple[Literal["exact", "width", "prefix", "script"], ...] = ("exact", "width", "prefix", "script")

# Circled and bracketed numbers and letters, which NFKC would melt into the label: ①从不 -> 1从不.
_ENCLOSED = re.compile(r"^[\u2460-\u249b\u24b6-\u24ff\u2776-\u2793\u3220-\u3229\u3280-\u3289]\s*(?=\S)")
# A number before . 、 : ) counts as numbering only if no digit follows: 1.5 小时 and 1、2 次 stay as they are.
_NUMBERING = re.compile(
    r"^(?:"
    r"[A-Za-z]\s*[.、:)=]|"  # A. A、 A) A=
    r"\((?:[A-Za-z]|\d{1,2}|[一二三四五六七八九十]{1,3})\)|"  # (1) (A) (一)
    r"-?\d{1,3}\s*=|"  # 1=
    r"\d{1,2}\s*[.、:)](?!\s*\d)"  # 1. 1、 1)
    r")\s*(?=\S)"
)
# What OpenCC's t2s leaves different although it is the same word; for keys only, on both sides alike.
_GAPS = str.maketrans("妳著牠祂祇衹", "你着它它只只")
_WORD_GAPS = (("甚么", "什么"),)
_LONGEST = 200  # characters compared for a suggestion


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelMatch(Generic[Code]):
    """The code a cell stands for, or None, and the step that found it."""

    code: Code | None
    how: How


def match_label(cell: str, labels: Mapping[Code, Sequence[str]]) -> LabelMatch[Code]:
    """Say which code a cell stands for.

    Parameters
    ----------
    cell : str
    labels : mapping of code to its labels
        Every label of a code, in any language and script.

    Returns
    -------
    LabelMatch
        ``code`` is None where no label fits (``how`` is "none") or labels of two codes do ("ambiguous").

    Examples
    --------
    >>> labels = {0: ("从不", "Never"), 1: ("有时", "Sometimes")}
    >>> match_label("從不", labels)
    LabelMatch(code=0, how='script')
    >>> match_label("B．有时", labels)
    LabelMatch(code=1, how='prefix')
    >>> match_label("时有", labels)
    LabelMatch(code=None, how='none')
    """
    return match_labels([cell], labels)[cell]


def match_labels(cells: Iterable[str], labels: Mapping[Code, Sequence[str]]) -> dict[str, LabelMatch[Code]]:
    """Match every different text of a column once; see :func:`match_label`.

    Examples
    --------
    >>> match_labels(["2", "２", "2"], {5: ["2"]})
    {'2': LabelMatch(code=5, how='exact'), '２': LabelMatch(code=5, how='width')}
    """
    index = {step: _index(labels, keys) for step, keys in _KEYS.items()}
    matches: dict[str, LabelMatch[Code]] = {}
    for cell in cells:
        if cell not in matches:
            matches[cell] = _match(cell, index)
    return matches


def nearest_label(cell: str, labels: Iterable[str]) -> str:
    """Return the label that looks most like a cell, for a suggestion; '' where none looks like it.

    The answer is a label of the definition and never the cell.

    Examples
    --------
    >>> nearest_label("有時候", ["从不", "有时", "经常"])
    '有时'
    >>> nearest_label("?", ["从不", "有时"])
    ''
    """
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(_simplified(_bare(cell[:_LONGEST])))
    best, best_ratio = "", 0.5
    for label in labels:
        matcher.set_seq1(_simplified(_bare(label[:_LONGEST])))
        if (ratio := matcher.ratio()) > best_ratio:
            best, best_ratio = label, ratio
    return best


def _match(cell: str, index: Mapping[str, Mapping[str, frozenset[Code]]]) -> LabelMatch[Code]:
    for step in STEPS:
        known = index[step]
        codes = frozenset().union(*(known.get(key, frozenset()) for key in _KEYS[step](cell) if key))
        if len(codes) == 1:
            return LabelMatch(code=next(iter(codes)), how=step)
        if codes:
            return LabelMatch(code=None, how="ambiguous")
    return LabelMatch(code=None, how="none")


def _index(labels: Mapping[Code, Sequence[str]], keys: Callable[[str], tuple[str, ...]]) -> dict[str, frozenset[Code]]:
    found: dict[str, frozenset[Code]] = {}
    for code, texts in labels.items():
        for text in texts:
            for key in keys(text):
                found[key] = found.get(key, frozenset()) | {code}
    return found


def _stripped(text: str) -> str:
    return text.strip()


def _plain(text: str) -> str:
    """Make width and blanks plain: full-width letters, no-break blanks, several blanks in a row."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _bare(text: str) -> str:
    """Leave out the numbering before a label."""
    without = _ENCLOSED.sub("", text.strip(), count=1)
    if without != text.strip():
        return _plain(without)
    return _NUMBERING.sub("", _plain(text), count=1)


def _simplified(text: str) -> str:
    """Write a key in Simplified characters; never shown to anybody."""
    if text.isascii():
        return text
    converted = _converter()(text.encode("utf-8", "replace").decode("utf-8")).translate(_GAPS)
    for traditional, simplified in _WORD_GAPS:
        converted = converted.replace(traditional, simplified)
    return converted


@lru_cache(maxsize=1)
def _converter() -> Callable[[str], str]:
    import opencc

    convert: Callable[[str], str] = opencc.OpenCC("t2s").convert
    return convert


_KEYS: dict[str, Callable[[str], tuple[str, ...]]] = {
    "exact": lambda text: (_stripped(text),),
    "width": lambda text: (_plain(text),),
    "prefix": lambda text: (_plain(text), _bare(text)),
    "script": lambda text: (_simplified(_plain(text)), _simplified(_bare(text))),
}
