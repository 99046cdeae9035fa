"""Two check digits at the end of a printed number: ISO 7064, system MOD 97-10.

The scheme needs only digits, so it can be written by a child, typed on a telephone and tested in an XLSForm with
one remainder. It finds every wrong digit, every exchange of two digits (neighbours or one apart) and every pair of
equal digits that became another pair.
"""

from __future__ import annotations

import unicodedata

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
