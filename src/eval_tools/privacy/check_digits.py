"""Check digits at the end of a printed number: two by ISO 7064 MOD 97-10, which we print, or one by Damm.

Both need only digits, so a number can be written by a child and typed on a telephone. MOD 97-10 can be tested in an
XLSForm with one remainder; it finds every wrong digit, every exchange of two digits (neighbours or one apart) and
every pair of equal digits that became another pair. Damm's digit finds every wrong digit and every exchange of
neighbours.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Literal

Scheme = Literal["mod97-10", "damm"]
MODULUS = 97
REMAINDER = 1  # of a complete number
SEPARATORS = str.maketrans("", "", " -\u00a0\u2010\u2011\u2012\u2013\u2212")


def check_digits(body: str) -> str:
    """Return the two digits that complete a number.

    Parameters
    ----------
    body : str
        Digits without check digits.

    Raises
    ------
    ValueError
        If the text is empty or holds anything but the digits 0 to 9: a defect of the caller.

    Notes
    -----
    ISO/IEC 7064:2003; the same computation as in IBAN (ISO 13616) and LEI (ISO 17442).

    Examples
    --------
    >>> check_digits("0794")
    '44'
    """
    if not (body.isascii() and body.isdigit()):
        raise ValueError("check digits are computed from the digits 0 to 9 only")
    return f"{(MODULUS + REMAINDER - int(body) * 100 % MODULUS) % MODULUS:02}"


def append_check_digits(body: str) -> str:
    """Return the complete number, body and check digits.

    Examples
    --------
    >>> append_check_digits("123456")
    '12345676'
    """
    return body + check_digits(body)


def has_right_check_digits(number: str) -> bool:
    """Say whether a complete number can be right; blanks and hyphens do not count, full-width digits do.

    A number that passes may still be a neighbour's: check digits find slips of the pen, not exchanged forms.

    Examples
    --------
    >>> has_right_check_digits("1234-5676"), has_right_check_digits("1243-5676")
    (True, False)
    """
    digits = bare_digits(number)
    return len(digits) > 2 and digits.isascii() and digits.isdigit() and int(digits) % MODULUS == REMAINDER


def bare_digits(number: str) -> str:
    """Return a number as it was meant: ordinary digits, no blanks and hyphens.

    Examples
    --------
    >>> bare_digits("１２３４ 5676")
    '12345676'
    """
    return unicodedata.normalize("NFKC", number).translate(SEPARATORS)


# Damm (2004), Total anti-symmetrische Quasigruppen, thesis, University of Marburg, p. 111; the diagonal is 0.
QUASIGROUP = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


def damm_digit(body: str) -> str:
    """Return the digit that completes a number by Damm's scheme.

    Raises
    ------
    ValueError
        If the text is empty or holds anything but the digits 0 to 9: a defect of the caller.

    Examples
    --------
    >>> damm_digit("572")
    '4'
    """
    if not (body.isascii() and body.isdigit()):
        raise ValueError("a check digit is computed from the digits 0 to 9 only")
    interim = 0
    for digit in body:
        interim = QUASIGROUP[interim][int(digit)]
    return str(interim)


def has_right_damm_digit(number: str) -> bool:
    """Say whether a complete number can be right by Damm's scheme; blanks and hyphens do not count.

    Zeros in front change nothing, so a zero that a spreadsheet lost is not found by this digit, nor needed by it.

    Examples
    --------
    >>> has_right_damm_digit("5724"), has_right_damm_digit("5274")
    (True, False)
    """
    digits = bare_digits(number)
    return len(digits) > 1 and digits.isascii() and digits.isdigit() and damm_digit(digits) == "0"


CHECKS: Mapping[Scheme, Callable[[str], bool]] = {"mod97-10": has_right_check_digits, "damm": has_right_damm_digit}


def repaired_number(number: str, *, scheme: Scheme, length: int) -> str:
    """Return a printed number as it was meant, or '' if it cannot be right.

    Parameters
    ----------
    number : str
        As received; full-width digits, blanks and hyphens are made plain.
    scheme : {"mod97-10", "damm"}
    length : int
        Digits of a complete number. Zeros that a spreadsheet lost in front are put back; nothing else is repaired.

    Examples
    --------
    >>> repaired_number("5724", scheme="damm", length=6), repaired_number("57-25", scheme="damm", length=6)
    ('005724', '')
    """
    digits = bare_digits(number)
    if not digits or len(digits) > length or not CHECKS[scheme](digits):
        return ""
    return digits.zfill(length)
