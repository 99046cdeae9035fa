"""A table for a terminal: Chinese characters take two places, columns stay in line."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

WIDE = ("W", "F")


def width(text: str) -> int:
    """Count the places a text takes in a terminal.

    Examples
    --------
    >>> width("abc"), width("量表")
    (3, 4)
    """
    return sum(2 if unicodedata.east_asian_width(sign) in WIDE else 1 for sign in text)


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Set a table with its heading.

    Examples
    --------
    >>> print(text_table(["id", "題數"], [["sdq-s", "25"]]))
    id     題數
    sdq-s  25
    """
    lines = [head, *rows]
    widths = [max(width(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(text + " " * (places - width(text)) for text, places in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
