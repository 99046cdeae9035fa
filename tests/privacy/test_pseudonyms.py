from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from eval_tools.errors import DataError, DefinitionError
from eval_tools.privacy.pseudonyms import (
    key_fingerprint,
    normalise_id,
    pseudonym,
    pseudonymise,
    published_key,
)

KEY = bytes(range(32))


def hmac_sha256_by_hand(key: bytes, message: bytes) -> bytes:
    """RFC 2104, written out."""
    block = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in block) + message).digest()
    return hashlib.sha256(bytes(b ^ 0x5C for b in block) + inner).digest()


def test_the_primitive_is_hmac_sha256_of_rfc_4231_case_2():
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert hmac_sha256_by_hand(b"Jefe", b"what do ya want for nothing?").hex() == expected
    assert hmac.digest(b"Jefe", b"what do ya want for nothing?", "sha256").hex() == expected


def test_a_pseudonym_is_the_start_of_the_keyed_hash_of_study_and_id():
    by_hand = base64.b32encode(hmac_sha256_by_hand(KEY, b"demo\x1fC012")).decode()[:13].lower()
    assert pseudonym("C012", key=KEY, study="demo") == by_hand


def test_a_pseudonym_never_changes_between_versions():
    """Terms are linked by it: if this value changes, no child can be followed any more."""
    assert pseudonym("C012", key=KEY, study="demo") == "rqtduhbfxilhq"
    assert pseudonym("王小明", key=KEY, study="demo") == "4qhjusu4iopfe"


@pytest.mark.parametrize(
    "written",
    ["C012", " c012", "C012\u3000", "Ｃ０１２", "ｃ０１２\t", "\ufeffC012", "C0\u200b12"],
)
def test_one_id_written_in_several_ways_is_one_person(written):
    assert normalise_id(written) == "C012"
    assert pseudonym(written, key=KEY, study="demo") == pseudonym("C012", key=KEY, study="demo")


@pytest.mark.parametrize("other", ["C12", "C0012", "0C12", "C 012"])
def test_leading_zeros_and_inner_spaces_tell_people_apart(other):
    assert pseudonym(other, key=KEY, study="demo") != pseudonym("C012", key=KEY, study="demo")


def test_another_key_or_study_gives_an_unrelated_pseudonym():
    here = pseudonym("C012", key=KEY, study="demo")
    assert pseudonym("C012", key=KEY[::-1], study="demo") != here
    assert pseudonym("C012", key=KEY, study="demo2") != here


def test_repeats_keep_their_place():
    one, two, again = pseudonymise(["C012", "C013", "c012"], key=KEY, study="demo")
    assert one == again != two
    assert one == pseudonym("C012", key=KEY, study="demo")
    assert pseudonymise([], key=KEY, study="demo") == []


def test_blank_ids_are_refused_by_row_and_no_id_is_shown():
    with pytest.raises(DataError, match=r"blank in 2 rows: 3, 5\.") as refused:
        pseudonymise(["C012", "", "C013", "\u3000 "], key=KEY, study="demo")
    assert "C01" not in str(refused.value)
    with pytest.raises(DataError, match="blank"):
        pseudonym(" ", key=KEY, study="demo")


def test_ids_that_are_not_text_are_refused_by_row():
    with pytest.raises(DataError, match=r"not text in 2 rows: 11, 12\.") as refused:
        pseudonymise(["C012", 4711, None], key=KEY, study="demo", first_row=10)
    assert "4711" not in str(refused.value)


def test_only_the_first_ten_rows_are_listed():
    with pytest.raises(DataError, match=r"blank in 12 rows: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 \.\.\."):
        pseudonymise([""] * 12, key=KEY, study="demo")


def test_two_people_with_one_pseudonym_are_refused(monkeypatch):
    monkeypatch.setattr("eval_tools.privacy.pseudonyms.LENGTH", 1)
    with pytest.raises(DataError, match="two people") as refused:
        pseudonymise([f"C{n:03}" for n in range(40)], key=KEY, study="demo")
    assert "C0" not in str(refused.value)


@pytest.mark.parametrize(("key", "study"), [(b"short", "demo"), (KEY, " "), (KEY, "a\x1fb")])
def test_a_short_key_or_an_unusable_study_is_refused(key, study):
    with pytest.raises(DefinitionError):
        pseudonym("C012", key=key, study=study)
    with pytest.raises(DefinitionError) as refused:
        pseudonymise(["C012"], key=key, study=study)
    assert "short'" not in str(refused.value)
    assert "C012" not in str(refused.value)


def test_the_fingerprint_tells_keys_apart_and_not_the_key():
    assert key_fingerprint(KEY) == hashlib.sha256(b"fingerprint" + KEY).hexdigest()[:8]
    assert key_fingerprint(KEY) != key_fingerprint(KEY[::-1])


def test_published_identifiers_get_the_common_format_under_a_public_key():
    key = published_key("woodworth-2018")
    assert key == published_key("woodworth-2018") != published_key("other")
    assert len(pseudonym("1", key=key, study="woodworth-2018")) == 13


def test_starting_the_room_loads_no_pandas():
    import subprocess
    import sys

    seen = "import sys, eval_tools.privacy.pseudonyms, eval_tools.privacy.disclosure as d; "
    seen += "print('pandas' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
