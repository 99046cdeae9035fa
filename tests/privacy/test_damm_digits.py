"""Damm's check digit, and numbers repaired by it."""

from __future__ import annotations

import csv
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval_tools.privacy.check_digits import (
    QUASIGROUP,
    append_check_digits,
    damm_digit,
    has_right_damm_digit,
    repaired_number,
)

CHILDREN = Path(__file__).parents[1] / "intake" / "linkage" / "sgic_synthetic"
BODIES = st.text(string.digits, min_size=1, max_size=12)


def test_the_published_example_has_its_digit():
    assert damm_digit("572") == "4"


def test_the_table_is_a_totally_antisymmetric_quasigroup():
    """Damm (2004): x*x = 0; each row and column holds every digit; (c*x)*y = (c*y)*x only for x = y."""
    ten = range(10)
    assert all(sorted(row) == list(ten) for row in QUASIGROUP)
    assert all(sorted(column) == list(ten) for column in zip(*QUASIGROUP, strict=True))
    assert all(QUASIGROUP[x][x] == 0 for x in ten)
    op = QUASIGROUP
    assert all(op[op[c][x]][y] != op[op[c][y]][x] for c in ten for x in ten for y in ten if x != y)


@pytest.mark.parametrize("wave", ["1", "2"])
def test_the_numbers_of_the_invented_children_are_right(wave):
    with (CHILDREN / f"truth_wave{wave}.csv").open(encoding="utf-8") as file:
        numbers = [row["true_child_id"] for row in csv.DictReader(file)]
    assert len(numbers) > 400
    assert all(map(has_right_damm_digit, numbers))


@given(body=BODIES, data=st.data())
def test_every_wrong_digit_and_every_exchange_of_neighbours_is_found(body, data):
    number = body + damm_digit(body)
    assert has_right_damm_digit(number)
    at = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from([digit for digit in string.digits if digit != number[at]]))
    assert not has_right_damm_digit(number[:at] + other + number[at + 1 :])
    at = data.draw(st.integers(0, len(number) - 2))
    if number[at] != number[at + 1]:
        assert not has_right_damm_digit(number[:at] + number[at + 1] + number[at] + number[at + 2 :])


@pytest.mark.parametrize("bad", ["", "12a", "１２", "-1"])
def test_a_digit_is_computed_from_digits_only(bad):
    with pytest.raises(ValueError, match="digits 0 to 9"):
        damm_digit(bad)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("005724", "005724"),
        ("5724", "005724"),  # the spreadsheet lost the zeros
        ("００57-24 ", "005724"),
        ("5742", ""),
        ("05724x", ""),
        ("0000005724", ""),  # too long
        ("", ""),
    ],
)
def test_only_zeros_in_front_are_put_back(written, meant):
    assert repaired_number(written, scheme="damm", length=6) == meant


def test_numbers_of_the_other_scheme_are_tested_by_it():
    number = append_check_digits("734512")
    assert repaired_number(number, scheme="mod97-10", length=8) == number
    assert repaired_number(number, scheme="damm", length=8) == ("" if damm_digit(number) != "0" else number)
