"""docs/study.md names every key that study.yaml may have, and every reader."""

from __future__ import annotations

import re

import pytest

from eval_tools.definitions.shapes import Either, ListOf, MapOf, Nullable, Record
from eval_tools.intake.exports.recognise import READERS
from eval_tools.studies.schema import READER, STUDY


def keys_of(shape) -> set[str]:
    """Every key below a shape."""
    if isinstance(shape, Record):
        own = {**shape.required, **shape.optional}
        return set(own).union(*map(keys_of, own.values()))
    if isinstance(shape, (ListOf, MapOf, Nullable)):
        return keys_of(shape.shape)
    if isinstance(shape, Either):
        return keys_of(shape.short) | keys_of(shape.long)
    return set()


@pytest.fixture(scope="module")
def page(root) -> str:
    return (root / "docs" / "study.md").read_text(encoding="utf-8")


def test_the_page_names_every_key(page):
    named = set(re.findall(r"[\w-]+", " ".join(re.findall(r"`([^`]*)`", page))))
    assert len(keys_of(STUDY)) > 50
    assert keys_of(STUDY) - named == set()


def test_study_yaml_names_the_readers_that_there_are():
    assert set(READER.allowed) == set(READERS)


def test_the_page_names_every_reader(page):
    words = set(re.findall(r"`([\w-]+)`", page))
    assert set(READER.allowed) - words == set()
