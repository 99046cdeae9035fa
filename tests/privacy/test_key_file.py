"""Keys of studies and of people: where they may lie, who can open them, and that no message shows them."""

from __future__ import annotations

import os

import pyrage
import pytest

from eval_tools.errors import DefinitionError
from eval_tools.privacy.key_file import decrypt, encrypt, is_encrypted, new_identity, new_key, read_key

KEY = bytes(range(32))
POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="file modes and symbolic links as on POSIX")


@pytest.fixture
def workbench(tmp_path):
    (tmp_path / "workbench").mkdir()
    return tmp_path / "workbench"


def key_file(path, content=KEY, mode=0o600):
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_private_key_outside_the_workbench_is_read(tmp_path, workbench):
    assert read_key(key_file(tmp_path / "study.key"), workbench=workbench) == KEY


def test_a_key_inside_the_workbench_is_refused(workbench):
    with pytest.raises(DefinitionError, match="inside the workbench"):
        read_key(key_file(workbench / "study.key"), workbench=workbench)


@POSIX_ONLY
def test_a_link_does_not_hide_a_key_inside_the_workbench(tmp_path, workbench):
    key_file(workbench / "study.key")
    link = tmp_path / "elsewhere.key"
    link.symlink_to(workbench / "study.key")
    bench_by_link = tmp_path / "bench"
    bench_by_link.symlink_to(workbench)
    for bench in (workbench, bench_by_link):
        with pytest.raises(DefinitionError, match="inside the workbench"):
            read_key(link, workbench=bench)
        with pytest.raises(DefinitionError, match="inside the workbench"):
            read_key(bench_by_link / "study.key", workbench=bench)


def test_a_missing_key_is_refused_with_a_way_to_make_one(tmp_path, workbench):
    with pytest.raises(DefinitionError, match="eval-tools key new"):
        read_key(tmp_path / "no.key", workbench=workbench)
    with pytest.raises(DefinitionError, match="cannot be read"):
        read_key(tmp_path, workbench=workbench)


@POSIX_ONLY
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602, 0o610])
def test_a_key_that_others_may_read_is_refused(tmp_path, workbench, mode):
    with pytest.raises(DefinitionError, match="chmod 600"):
        read_key(key_file(tmp_path / "study.key", mode=mode), workbench=workbench)


def test_a_short_key_file_is_refused_and_not_shown(tmp_path, workbench):
    with pytest.raises(DefinitionError, match="the key has 14 bytes") as refused:
        read_key(key_file(tmp_path / "study.key", b"correct horse!"), workbench=workbench)
    assert "correct" not in str(refused.value)


# --- encrypted for people ----------------------------------------------------------------------------------


@pytest.fixture
def people(tmp_path, workbench):
    """Three people, each with an own key outside the workbench (invented)."""
    names = ("lead", "deputy", "stranger")
    return {
        name: (tmp_path / f"{name}.txt", new_identity(tmp_path / f"{name}.txt", workbench=workbench)) for name in names
    }


@pytest.fixture
def study_key(tmp_path, workbench, people):
    path = tmp_path / "study.age"
    return path, new_key(path, [people["lead"][1], people["deputy"][1]], workbench=workbench)


def test_each_recipient_alone_opens_the_key_of_the_study(study_key, people, workbench):
    path, key = study_key
    assert len(key) == 32
    assert is_encrypted(path)
    assert key not in path.read_bytes()
    for name in ("lead", "deputy"):
        assert read_key(path, workbench=workbench, identity=people[name][0]) == key


def test_a_stranger_does_not_open_it_and_the_message_shows_no_key(study_key, people, workbench):
    with pytest.raises(DefinitionError, match="for other people, or damaged") as refused:
        read_key(study_key[0], workbench=workbench, identity=people["stranger"][0])
    secret = people["stranger"][0].read_text(encoding="ascii").splitlines()[-1]
    assert secret not in str(refused.value)


def test_a_damaged_key_is_refused(study_key, people, workbench):
    path, _ = study_key
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DefinitionError, match="damaged"):
        read_key(path, workbench=workbench, identity=people["lead"][0])


def test_an_encrypted_key_asks_whose_own_key_opens_it(study_key, workbench):
    with pytest.raises(DefinitionError, match="EVAL_TOOLS_IDENTITY_FILE"):
        read_key(study_key[0], workbench=workbench)


def test_one_recipient_is_too_few_also_if_named_twice(tmp_path, workbench, people):
    with pytest.raises(DefinitionError, match="1 recipients; at least 2"):
        new_key(tmp_path / "one.age", [people["lead"][1]] * 2, workbench=workbench)
    assert not (tmp_path / "one.age").exists()


def test_a_key_is_never_overwritten_and_never_made_inside_the_workbench(study_key, people, workbench):
    recipients = [people["lead"][1], people["deputy"][1]]
    before = study_key[0].read_bytes()
    with pytest.raises(DefinitionError, match="never overwritten"):
        new_key(study_key[0], recipients, workbench=workbench)
    assert study_key[0].read_bytes() == before
    with pytest.raises(DefinitionError, match="inside the workbench"):
        new_key(workbench / "study.age", recipients, workbench=workbench)
    with pytest.raises(DefinitionError, match="inside the workbench"):
        new_identity(workbench / "own.txt", workbench=workbench)


@pytest.mark.parametrize("content", ["", "# only a remark\n", "AGE-SECRET-KEY-1WRONG\n", "päss"])
def test_a_file_that_holds_no_own_key_is_refused(tmp_path, study_key, workbench, content):
    own = tmp_path / "own.txt"
    own.write_text(content, encoding="utf-8")
    own.chmod(0o600)
    with pytest.raises(DefinitionError, match="own key"):
        read_key(study_key[0], workbench=workbench, identity=own)


def test_a_recipient_that_is_no_public_key_is_refused(tmp_path, workbench, people):
    with pytest.raises(DefinitionError, match="begins with age1"):
        new_key(tmp_path / "no.age", [people["lead"][1], "age1nobody"], workbench=workbench)


@POSIX_ONLY
def test_new_files_can_be_read_by_their_owner_only(study_key, people):
    for path in (study_key[0], people["lead"][0]):
        assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_encrypted_is_what_any_program_of_the_format_opens(people, workbench):
    path, public = people["lead"]
    content = encrypt("列表".encode(), [public])
    identity = pyrage.x25519.Identity.from_str(path.read_text(encoding="ascii").splitlines()[-1])
    assert pyrage.decrypt(content, [identity]).decode() == "列表"
    assert decrypt(content, path, workbench=workbench, what="the list").decode() == "列表"
