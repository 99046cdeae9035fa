"""Measure text, break it into lines, and keep labels apart. All lengths are inches, font sizes points."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

BODY = 9.5
SMALL = 9.0
TITLE = 12.0
LEADING = 1.32

_OPENING = "（「『《〈【〔［｛“‘"
_CLOSING = "）」』》〉】〕］｝”’，。、；：？！％…"
_UNSEEN = {"Cc", "Cf", "Cs"}  # control, format (direction marks), lone surrogates
_UNIT = re.compile(
    r"\s+|[\u2e80-\u303f\u3041-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff“”‘’…]"
    r"|[^\s\u2e80-\u303f\u3041-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff“”‘’…]+"
)


def clean(text: str) -> str:
    r"""Drop what cannot be drawn: control characters, direction marks, line breaks.

    Examples
    --------
    >>> clean("Class\u200f 3\n b")
    'Class 3 b'
    """
    visible = (" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in _UNSEEN)
    return " ".join("".join(visible).split())


def text_width(text: str, size: float) -> float:
    """Width of one line in the fonts of the current figure."""
    return float(text_to_path.get_text_width_height_descent(text, FontProperties(size=size), False)[0]) / 72


def block_width(lines: Sequence[str], size: float) -> float:
    """Width of the longest line."""
    return max((text_width(line, size) for line in lines), default=0.0)


def block_height(lines: Sequence[str], size: float) -> float:
    """Height of lines set below each other."""
    return len(lines) * size * LEADING / 72


def wrap(text: str, width: float, size: float) -> list[str]:
    """Break text into as few lines as fit the width, of about equal length.

    Chinese may break between any two characters except before a closing or after an opening mark; a
    number stays with the character after it, and a word longer than the line is cut. Text in brackets
    begins a line if that costs none.
    """
    text = clean(text)
    if not text or text_width(text, size) <= width:
        return [text] if text else []
    units = _units(text, width, size)
    n_lines = len(_fill(units, width))
    bracket = next((i for i, unit in enumerate(units) if i and unit.text[0] in "（("), 0)
    parts = [units[:bracket], units[bracket:]] if bracket else [units]
    if sum(len(_fill(part, width)) for part in parts) > n_lines:
        parts = [units]
    return [line for part in parts for line in _balance(part, width)]


class _Unit(NamedTuple):
    """A piece of text that stays together, with the space before it."""

    text: str
    width: float
    space: float


def _balance(units: Sequence[_Unit], width: float) -> list[str]:
    """Fill lines to the narrowest width that needs no more of them."""
    n_lines = len(_fill(units, width))
    low, high = 0.0, width
    while n_lines > 1 and high - low > 0.005:
        middle = (low + high) / 2
        low, high = (middle, high) if len(_fill(units, middle)) > n_lines else (low, middle)
    return _fill(units, high)


def _fill(units: Sequence[_Unit], width: float) -> list[str]:
    lines: list[str] = []
    filled = 0.0
    for unit in units:
        if lines and filled + unit.space + unit.width <= width:
            lines[-1] += " " * bool(unit.space) + unit.text
            filled += unit.space + unit.width
        else:
            lines.append(unit.text)
            filled = unit.width
    return lines


def _units(text: str, width: float, size: float) -> list[_Unit]:
    """Divide text where a line may end."""
    pieces: list[tuple[str, bool]] = []  # each with whether a space stands before it
    spaced = False
    for piece in _UNIT.findall(text):
        if piece.isspace():
            spaced = True
            continue
        before = pieces[-1][0] if pieces else ""
        attached = not spaced and (piece[0] in _CLOSING or before[-1:] in tuple(_OPENING))
        counted = before.isdecimal() and piece[0] > "\u2e7f"  # a number and its measure word
        if before and (attached or counted):
            pieces[-1] = (before + " " * spaced + piece, pieces[-1][1])
        else:
            pieces.append((piece, spaced))
        spaced = False
    space = text_width("n n", size) - text_width("nn", size)
    return [
        _Unit(part, text_width(part, size), space * (after_space and i == 0))
        for piece, after_space in pieces
        for i, part in enumerate(_cut(piece, width, size))
    ]


def _cut(piece: str, width: float, size: float) -> list[str]:
    """Cut a piece that is longer than the line where the line is full."""
    if text_width(piece, size) <= width:
        return [piece]
    parts = [""]
    for character in piece:
        if parts[-1] and text_width(parts[-1] + character, size) > width:
            parts.append("")
        parts[-1] += character
    return parts


def spread(centres: Sequence[float], extents: Sequence[float], *, low: float, high: float) -> list[float]:
    """Move labels as little as possible so that none overlaps, inside ``low`` to ``high`` if there is room.

    Examples
    --------
    >>> spread([1.0, 1.0, 5.0], [2.0, 2.0, 2.0], low=-10, high=10)
    [0.0, 2.0, 5.0]
    """
    order = sorted(range(len(centres)), key=lambda i: centres[i])
    starts, offset = [], 0.0
    for i in order:  # where each label would put the first one, were all of them stacked on it
        starts.append(offset + extents[i] / 2)
        offset += extents[i]
    blocks: list[list[float]] = []  # sum and count of the labels that touch each other
    for i, start in zip(order, starts, strict=True):
        blocks.append([centres[i] - start, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1] = [blocks[-1][0] + total, blocks[-1][1] + count]
    anchors = [total / count for total, count in blocks for _ in range(int(count))]
    placed = [0.0] * len(centres)
    for i, start, anchor in zip(order, starts, anchors, strict=True):
        placed[i] = max(min(anchor, high - offset), low) + start
    return placed
