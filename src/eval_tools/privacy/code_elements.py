"""The parts of a self-generated code, each under the study's key: they can be compared and not be read."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence

from eval_tools.errors import DataError, Problem
from eval_tools.privacy.pseudonyms import check_key_and_study, normalise_id

ELEMENT_LENGTH = 8  # 40 bits: an element has at most some hundred values


def normalise_element(text: str) -> str:
    """Write one element the one way in which it is compared: plain capitals, no blanks, no zeros in front.

    Examples
    --------
    >>> normalise_element(" ｌ"), normalise_element("06"), normalise_element("0"), normalise_element("鸭 ")
    ('L', '6', '0', '鸭')
    """
    plain = "".join(normalise_id(text).split())
    return plain.lstrip("0") or "0" if plain.isascii() and plain.isdigit() else plain


def key_elements(elements: Mapping[str, Sequence[str]], *, key: bytes, study: str) -> list[tuple[str, ...]]:
    """Replace the elements of every form by keyed words, each element on its own.

    Two forms differ in as many words as in elements, so the number of slips is kept; equal texts of two elements get
    different words.

    Parameters
    ----------
    elements : mapping of element to texts, one per form
        '' where the child left it open.
    key : bytes
    study : str

    Returns
    -------
    list of tuple of str, one per form
        In the order of ``elements``; '' stays ''.

    Raises
    ------
    DataError
        Elements with different numbers of forms.
    DefinitionError
        The key is too short, or the study has no usable id.

    Examples
    --------
    >>> from eval_tools.privacy.pseudonyms import published_key
    >>> words = key_elements({"day": ["06", "6", ""], "month": ["6", "7", "7"]}, key=published_key("s"), study="s")
    >>> words[0][0] == words[1][0], words[0][0] == words[0][1], words[2][0]
    (True, False, '')
    """
    check_key_and_study(key, study)
    if len({len(texts) for texts in elements.values()}) > 1:
        raise DataError(Problem("code elements", "differ in their number of forms.", "One text per form and element."))
    known: dict[tuple[str, str], str] = {}

    def word(name: str, text: str) -> str:
        value = normalise_element(text) if text.strip() else ""
        if not value:
            return ""
        if (name, value) not in known:
            message = f"{study}\x1felement\x1f{name}\x1f{value}".encode()
            known[name, value] = base64.b32encode(hmac.digest(key, message, "sha256")).decode("ascii")
        return known[name, value][:ELEMENT_LENGTH].lower()

    columns = [[word(name, text) for text in texts] for name, texts in elements.items()]
    return list(zip(*columns, strict=True))


def form_pseudonym(file: str, row: int, *, key: bytes, study: str) -> str:
    """Name a form that nobody's number stands on: the same form gets the same pseudonym in every run.

    Examples
    --------
    >>> from eval_tools.privacy.pseudonyms import published_key
    >>> form_pseudonym("autumn/child.csv", 7, key=published_key("s"), study="s")
    '5xa2u3df77ruo'
    """
    check_key_and_study(key, study)
    message = f"{study}\x1fform\x1f{file}\x1f{row}".encode()
    return base64.b32encode(hmac.digest(key, message, "sha256")).decode("ascii")[:13].lower()
