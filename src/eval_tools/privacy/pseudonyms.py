"""The way in: raw identifiers become keyed pseudonyms, and nothing after this line sees the raw ones.

A plain hash hides nothing: all roster IDs of six digits can be tried within a second. The key is what
protects, so it lives outside the workbench and no message ever shows it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import unicodedata
from collections.abc import Sequence

from eval_tools.errors import DataError, DefinitionError, Problem

KEY_BYTES = 32
LENGTH = 13  # 13 characters of base32 are 65 bits: for 100,000 people a collision has odds of 1 : 10 billion
_SEPARATOR = "\x1f"  # ends the study name, so that ("ab", "c") and ("a", "bc") differ
_ROWS_NAMED = 10


def normalise_id(raw: str) -> str:
    """Write an identifier the one way in which it is compared.

    Full-width and half-width forms become one (NFKC), capitals are used, invisible format characters and
    spaces at both ends go. Capitals rather than ``casefold``, because IDs are printed on forms and their
    check digits are defined in capitals. Spaces *inside* stay: "1 23" and "12 3" may be two children.

    Examples
    --------
    >>> normalise_id("\u3000ｃ０１２ ")
    'C012'
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", raw).upper())
    return "".join(c for c in folded if unicodedata.category(c) != "Cf").strip()


def pseudonym(raw_id: str, *, key: bytes, study: str) -> str:
    """Replace one identifier by its pseudonym.

    The first 13 characters of base32(HMAC-SHA256(key, study ‖ U+001F ‖ normalised ID)), in lower case.

    Parameters
    ----------
    raw_id : str
        The identifier as received.
    key : bytes
        At least 32 bytes, from :func:`read_key` or :func:`published_key`.
    study : str
        The id of the study: the same child gets unrelated pseudonyms in two studies.

    Raises
    ------
    DataError
        The identifier is blank.
    DefinitionError
        The key is too short, or the study has no usable id.

    Examples
    --------
    >>> key = published_key("demo")
    >>> pseudonym("C012", key=key, study="demo")
    'hjjowurjxdx7t'
    >>> pseudonym("c０１２ ", key=key, study="demo") == pseudonym("C012", key=key, study="demo")
    True
    """
    check_key_and_study(key, study)
    normalised = normalise_id(raw_id)
    if not normalised:
        raise DataError(Problem("participant ID", "is blank.", "Give the form an ID, or leave it out."))
    return _keyed(normalised, key, study)


def pseudonymise(ids: Sequence[str], *, key: bytes, study: str, first_row: int = 2) -> list[str]:
    """Replace identifiers by their pseudonyms, in the same order.

    Parameters
    ----------
    ids : sequence of str
        Identifiers as received; repeats are fine.
    key, study
        As in :func:`pseudonym`.
    first_row : int
        Row number of the first identifier, for messages: 2 in a file with a header.

    Raises
    ------
    DataError
        Identifiers that are blank or no text (by row number, never shown), or two identifiers that would
        share a pseudonym.

    Examples
    --------
    >>> pseudonymise(["C012", "C013", "c012"], key=published_key("demo"), study="demo")
    ['hjjowurjxdx7t', 'yzm33lbvek7l2', 'hjjowurjxdx7t']
    >>> pseudonymise(["C012", " "], key=published_key("demo"), study="demo")
    Traceback (most recent call last):
    eval_tools.errors.DataError: participant ID: blank in 1 row: 3.
      Give these forms an ID, or leave them out by a line in corrections.yaml.
    """
    check_key_and_study(key, study)
    _refuse_rows(
        [n for n, raw in enumerate(ids, first_row) if not isinstance(raw, str)],
        "not text",
        "Read identifiers as text; numbers lose their leading zeros.",
    )
    normalised = {raw: normalise_id(raw) for raw in set(ids)}
    _refuse_rows(
        [n for n, raw in enumerate(ids, first_row) if not normalised[raw]],
        "blank",
        "Give these forms an ID, or leave them out by a line in corrections.yaml.",
    )
    pseudonyms = {one: _keyed(one, key, study) for one in set(normalised.values())}
    n_shared = len(pseudonyms) - len(set(pseudonyms.values()))
    if n_shared:
        raise DataError(
            Problem(
                "participant ID",
                f"{n_shared} pseudonyms would stand for two people each.",
                "Practically impossible: make a new key and start again.",
            )
        )
    return [pseudonyms[normalised[raw]] for raw in ids]


def key_fingerprint(key: bytes) -> str:
    """Tell which key was used, without telling the key: it may be printed and stored in ``run.json``.

    Examples
    --------
    >>> key_fingerprint(published_key("demo"))
    '25926a96'
    """
    return hashlib.sha256(b"fingerprint" + key).hexdigest()[:8]


def published_key(study: str) -> bytes:
    """Derive a key from the name of a study whose arbitrary identifiers its authors have published.

    It gives **no protection**: anyone can compute it. It only gives the participants of open data the same
    format as everybody else's. Never use it for identifiers that are not already public.

    Examples
    --------
    >>> len(published_key("woodworth-2018"))
    32
    """
    return hashlib.sha256(b"published identifiers, no protection" + study.encode()).digest()


def _keyed(normalised: str, key: bytes, study: str) -> str:
    message = f"{study}{_SEPARATOR}{normalised}".encode()
    return base64.b32encode(hmac.digest(key, message, "sha256")).decode("ascii")[:LENGTH].lower()


def check_key_and_study(key: bytes, study: str) -> None:
    """Refuse a key that is too short and a study without a usable id."""
    if len(key) < KEY_BYTES:
        what = f"the key has {len(key)} bytes; at least {KEY_BYTES} are needed."
        raise DefinitionError(Problem("key", what, "Make one with eval-tools key new STUDY."))
    if not study.strip() or _SEPARATOR in study:
        raise DefinitionError(Problem("study", "its id is blank or holds U+001F.", "Give the study an id."))


def _refuse_rows(rows: list[int], what: str, remedy: str) -> None:
    if not rows:
        return
    named = ", ".join(map(str, rows[:_ROWS_NAMED])) + (" ..." if len(rows) > _ROWS_NAMED else "")
    counted = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    raise DataError(Problem("participant ID", f"{what} in {counted}: {named}.", remedy))
