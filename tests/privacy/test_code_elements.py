"""Elements of codes under the key: slips are countable, values are not readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval_tools.errors import DataError, DefinitionError
from eval_tools.privacy.code_elements import form_pseudonym, key_elements, normalise_element

KEY = bytes(range(32))
TEXTS = st.lists(st.sampled_from(["", "A", "b", "06", "6", "12", "鸭"]), min_size=3, max_size=3)


@given(a=TEXTS, b=TEXTS)
def test_the_number_of_differing_elements_is_kept(a, b):
    one, two = key_elements({f"e{i}": [a[i], b[i]] for i in range(3)}, key=KEY, study="demo")
    plain = [normalise_element(x) if x else "" for x in a], [normalise_element(x) if x else "" for x in b]
    assert [x == y for x, y in zip(one, two, strict=True)] == [x == y for x, y in zip(*plain, strict=True)]
    assert [x == "" for x in one] == [x == "" for x in a]


def test_the_same_text_is_another_word_in_another_element_study_or_key():
    [(day, month)] = key_elements({"day": ["6"], "month": ["6"]}, key=KEY, study="demo")
    [(elsewhere,)] = key_elements({"day": ["6"]}, key=KEY, study="other")
    [(other_key,)] = key_elements({"day": ["6"]}, key=bytes(32), study="demo")
    assert len({day, month, elsewhere, other_key}) == 4


@pytest.mark.parametrize("written", ["L", "l", " ｌ ", "Ｌ", "\u200bL"])
def test_one_letter_written_in_several_ways_is_one_element(written):
    assert normalise_element(written) == "L"


@pytest.mark.parametrize(("written", "meant"), [("06", "6"), ("０６", "6"), ("0", "0"), ("00", "0"), ("60", "60")])
def test_zeros_in_front_of_a_number_do_not_count(written, meant):
    assert normalise_element(written) == meant


def test_a_form_has_a_name_of_its_own():
    names = {form_pseudonym(file, row, key=KEY, study="demo") for file in ("a.csv", "b.csv") for row in (2, 3)}
    assert len(names) == 4
    assert form_pseudonym("a.csv", 2, key=KEY, study="demo") in names


def test_elements_of_different_length_and_short_keys_are_refused():
    with pytest.raises(DataError, match="number of forms"):
        key_elements({"day": ["1"], "month": []}, key=KEY, study="demo")
    with pytest.raises(DefinitionError, match="at least 32"):
        key_elements({"day": ["1"]}, key=b"short", study="demo")
