"""Printed numbers: what the check digits are, and which slips of the pen they find."""

from __future__ import annotations

import random
import re
import stat
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval_tools.errors import DataError, DefinitionError
from eval_tools.forms.identifiers import (
    ID_PATTERN,
    MOST,
    draw_identifiers,
    keep_identifiers,
    numbers_for_study,
    printed,
    read_identifiers,
)
from eval_tools.privacy.check_digits import append_check_digits, check_digits, has_right_check_digits

BODIES = st.text(string.digits, min_size=1, max_size=20)


def as_digits(text: str) -> str:
    """Letters count 10 to 35, as ISO 7064 and the standards built on it say."""
    return "".join(str(int(sign, 36)) for sign in text)


@pytest.mark.parametrize(
    ("body", "digits"),
    [
        ("0794", "44"),  # the example of ISO 7064
        ("794", "44"),
        (as_digits("WEST12345698765432GB"), "82"),  # the British example of the IBAN registry
        (as_digits("370400440532013000DE"), "89"),  # the German one
        (as_digits("5493000IBP32UQZ0KL"), "24"),  # an LEI, ISO 17442
    ],
)
def test_the_check_digits_are_those_of_the_standard(body, digits):
    assert check_digits(body) == digits


@given(BODIES)
def test_a_completed_number_is_right(body):
    assert has_right_check_digits(append_check_digits(body))


@given(BODIES, st.data())
def test_every_single_wrong_digit_is_found(body, data):
    number = append_check_digits(body)
    at = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from([digit for digit in string.digits if digit != number[at]]))
    assert not has_right_check_digits(number[:at] + other + number[at + 1 :])


@given(BODIES, st.integers(1, 2), st.data())
def test_every_exchange_of_digits_is_found_of_neighbours_and_one_apart(body, distance, data):
    number = append_check_digits(body)
    places = [i for i in range(len(number) - distance) if number[i] != number[i + distance]]
    if not places:
        return
    at = data.draw(st.sampled_from(places))
    signs = list(number)
    signs[at], signs[at + distance] = signs[at + distance], signs[at]
    assert not has_right_check_digits("".join(signs))


@given(BODIES, st.data())
def test_a_pair_that_became_another_pair_is_found(body, data):
    number = append_check_digits(body + "55" + body)
    other = data.draw(st.sampled_from("012346789"))
    assert not has_right_check_digits(number[: len(body)] + other * 2 + number[len(body) + 2 :])


def test_blanks_hyphens_and_full_width_digits_do_not_matter():
    assert has_right_check_digits("1234 5676")
    assert has_right_check_digits("1234-5676")
    assert has_right_check_digits("１２３４５６７６")


@pytest.mark.parametrize("number", ["", "1", "97", "12a45676", "12345677", "²2345676"])
def test_what_is_no_complete_number_is_not_right(number):
    assert not has_right_check_digits(number)


def test_drawn_numbers_are_different_right_and_begin_with_no_zero():
    numbers = draw_identifiers(2_000, rng=random.Random(7))
    assert len(set(numbers)) == 2_000
    assert all(re.fullmatch(ID_PATTERN, number) and has_right_check_digits(number) for number in numbers)
    assert printed(numbers[0]).replace(" ", "") == numbers[0]


def test_numbers_do_not_stand_in_order():
    numbers = draw_identifiers(50, rng=random.Random(7))
    assert list(numbers) != sorted(numbers)


@pytest.mark.parametrize("n", [0, -1, MOST + 1])
def test_too_many_or_no_numbers_are_refused(n):
    with pytest.raises(DefinitionError, match="cannot be drawn"):
        draw_identifiers(n, rng=random.Random(7))


def test_a_study_keeps_its_numbers_and_the_list_only_grows(tmp_path):
    path = tmp_path / "packs" / "ids.csv"
    assert numbers_for_study(path, 0) == ()
    first = numbers_for_study(path, 5)
    assert len(first) == 5
    assert numbers_for_study(path, 3) == first
    more = numbers_for_study(path, 8)
    assert more[:5] == first
    assert len(set(more)) == 8
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(DefinitionError):
        numbers_for_study(path, -1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("12345676\n", "heading"),
        ("id\n12345677\n", "row 2: no proper number"),
        ("id\n12345676\n12345676\n", "row 3: the number stands there twice"),
        ("id\n12345676,x\n", "row 2: no proper number"),
    ],
)
def test_a_broken_list_is_refused_without_showing_a_number(tmp_path, content, said):
    path = tmp_path / "ids.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=said) as refused:
        read_identifiers(path)
    assert "12345" not in str(refused.value)


def test_a_list_is_read_back_as_it_was_kept(tmp_path):
    numbers = draw_identifiers(4, rng=random.Random(2))
    keep_identifiers(tmp_path / "ids.csv", numbers)
    assert read_identifiers(tmp_path / "ids.csv") == numbers
