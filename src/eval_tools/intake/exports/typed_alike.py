"""When two typists wrote the same thing: full-width digits, lost zeros and another spelling of a date do not count."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from eval_tools.intake.raw_table import plain

_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
_DATE = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*日?(?:[ T]0?0:00(?::00(?:\.0+)?)?)?")
_SERIAL = re.compile(r"([2-7]\d{4})(?:\.0+)?")  # days of the 1900 system, 1954 to 2118
_DAY_ZERO = datetime.date(1899, 12, 30)


@lru_cache(maxsize=65_536)  # answers repeat
def canonical(text: str, *, is_date: bool = False) -> str:
    """Write what was typed the one way in which it is compared.

    Examples
    --------
    >>> canonical("０２０００１") == canonical("20001.0")
    True
    >>> canonical("2026.09.21", is_date=True) == canonical("46286", is_date=True)
    True
    """
    simple = re.sub(r"\s+", " ", plain(text))
    if is_date:
        day = _day(simple)
        if day is not None:
            return day.isoformat()
    if _NUMBER.fullmatch(simple):
        sign = "-" if simple.startswith("-") else ""
        whole, _, part = simple.lstrip("+-").partition(".")
        part = part.rstrip("0")
        number = (whole.lstrip("0") or "0") + (f".{part}" if part else "")
        return number if number == "0" else sign + number
    return simple


def form_number(text: str) -> str:
    """Write the number of a form the one way in which it is looked up.

    Examples
    --------
    >>> form_number(" ｐ０００１ "), form_number("007")
    ('P0001', '7')
    """
    return canonical(text).upper()


def holds_dates(cells: Sequence[str]) -> bool:
    """Tell whether a column holds dates: at least one spelled out, and half of all that was typed a date or a serial.

    Examples
    --------
    >>> holds_dates(["2026-09-21", "46287", ""]), holds_dates(["46287", "46288"])
    (True, False)
    """
    spelled = serials = total = 0
    for cell, n in Counter(cells).items():
        text = plain(cell)
        total += n if text else 0
        spelled += n if _DATE.fullmatch(text) else 0
        serials += n if _SERIAL.fullmatch(text) else 0
    return spelled > 0 and 2 * (spelled + serials) >= total


def better_spelling(a: str, b: str, *, is_date: bool = False) -> str:
    """Choose between two spellings of one thing: the one with its zeros, the date that is spelled out; else the first.

    Examples
    --------
    >>> better_spelling("20001", "020001")
    '020001'
    >>> better_spelling("46286", "2026.09.21", is_date=True)
    '2026.09.21'
    """
    first, second = plain(a), plain(b)
    if is_date:
        return b if _SERIAL.fullmatch(first) and _DATE.fullmatch(second) else a
    if first.isdecimal() and second.isdecimal():
        return b if len(second) > len(first) else a
    return a


def _day(text: str) -> datetime.date | None:
    found = _DATE.fullmatch(text)
    if found:
        try:
            return datetime.date(*map(int, found.groups()))
        except ValueError:
            return None
    serial = _SERIAL.fullmatch(text)
    return _DAY_ZERO + datetime.timedelta(days=int(serial.group(1))) if serial else None
