import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval_tools.errors import EvalToolsError
from eval_tools.reporting.language import LANGUAGE_NAMES, LOCALES, Words

LANGUAGES = tuple(LOCALES)
EN, HANT, HANS = Words("en"), Words("zh-Hant"), Words("zh-Hans")
NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("value", "digits", "signed", "text"),
    [
        (1234.56, 1, False, "1,234.6"),
        (-1.25, 1, False, "−1.2"),
        (-1.2, 1, True, "−1.2"),
        (1.2, 1, True, "+1.2"),
        (0.0, 1, True, "0.0"),
        (-0.0, 1, True, "0.0"),
        (-0.04, 1, True, "0.0"),
        (0.04, 1, True, "0.0"),
        (0.999, 2, False, "1.00"),
        (12, 0, False, "12"),
        (5e-324, 2, True, "0.00"),
        (NAN, 1, False, "–"),
        (INFINITE, 1, False, "–"),
        (-INFINITE, 1, True, "–"),
        (None, 1, False, "–"),
    ],
)
def test_a_number_has_fixed_decimals_and_a_true_minus(value, digits, signed, text):
    assert EN.number(value, digits, signed=signed) == text
    assert HANT.number(value, digits, signed=signed) == HANS.number(value, digits, signed=signed) == text


def test_a_percentage_keeps_its_sign_on_the_same_line():
    assert EN.percent(0.5) == "50\u00a0%"
    assert HANT.percent(0.5) == HANS.percent(0.5) == "50%"
    assert EN.percent(0.125, 1) == "12.5\u00a0%"
    assert EN.percent(NAN) == EN.percent(INFINITE) == "–"
    assert EN.level(0.95) == "95\u00a0%"


def test_an_interval_does_not_break_within_its_brackets():
    assert EN.interval(-2.04, -3.6, 0.649) == "−2.0 (−3.6\u00a0to\u00a00.6)"
    assert EN.interval(2.04, -3.6, 0.649, signed=True) == "+2.0 (−3.6\u00a0to\u00a0+0.6)"
    assert HANT.interval(-2.04, -3.6, 0.649, 2) == "−2.04（−3.60\u00a0至\u00a00.65）"
    assert EN.span(-1, 2, signed=True) == "−1.0\u00a0to\u00a0+2.0"


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0, "<\u00a00.001"),
        (1e-300, "<\u00a00.001"),
        (0.00099, "<\u00a00.001"),
        (0.001, "0.001"),
        (0.0495, "0.050"),
        (1.0, "1.000"),
        (NAN, "–"),
        (None, "–"),
    ],
)
def test_a_p_value_is_never_zero(p, text):
    assert EN.p_value(p) == HANT.p_value(p) == HANS.p_value(p) == text


def test_a_hidden_number_of_people_is_not_a_dash_and_not_zero():
    assert EN.count(25.0, min_cell=10) == "25"
    assert EN.count(0, min_cell=1) == "0"
    assert EN.count(NAN, min_cell=10) == EN.count(None, min_cell=10) == "fewer than 10"
    assert HANT.count(NAN, min_cell=10) == "少於 10 人，不公布"
    assert HANS.count(NAN, min_cell=10) == "少于 10 人，不公布"


@given(st.floats(), st.integers(0, 4), st.booleans(), st.sampled_from(LANGUAGES))
def test_every_number_there_is_can_be_written(value, digits, signed, language):
    words = Words(language)
    text = words.number(value, digits, signed=signed)
    assert "-" not in text, "a hyphen is no minus"
    assert "nan" not in text.lower()
    assert "inf" not in text.lower()
    if math.isfinite(value):
        read = float(text.replace(",", "").replace("−", "-"))
        assert read == pytest.approx(value, abs=0.5 * 10**-digits * (1 + 1e-9), rel=1e-12)
        assert text not in {sign + zero for sign in "−+" for zero in ("0", "0.0", "0.00", "0.000", "0.0000")}
    words.percent(value, digits)
    words.p_value(value)
    words.count(value, min_cell=10)
    words.interval(value, -value, value, digits, signed=signed)


@given(st.floats(0, 1))
def test_no_p_value_is_written_as_zero(p):
    assert EN.p_value(p) not in ("0.000", "0")


def test_sentences_stand_side_by_side_as_each_language_does_it():
    assert EN.sentences("One.", "", "Two.") == "One. Two."
    assert HANT.sentences("一。", "", "二。") == "一。二。"
    assert EN.clauses(["a", "b"]) == "a; b"
    assert HANS.clauses(["甲", "乙"]) == "甲；乙"


def test_a_title_within_a_sentence_begins_small_unless_it_is_an_abbreviation():
    assert EN.within("Depressive symptoms") == "depressive symptoms"
    assert EN.within("SDQ total") == "SDQ total"
    assert EN.within("T") == "T"
    assert EN.within("") == ""
    assert HANT.within("SDQ 總分") == "SDQ 總分"


def test_a_text_without_a_translation_stands_in_english():
    assert HANT.of({"en": "Happiness", "zh-Hant": "幸福感"}) == "幸福感"
    assert HANT.of({"en": "Happiness", "zh-Hant": None}) == "Happiness"
    assert HANS.of({"en": "Happiness"}) == "Happiness"


def test_a_sentence_that_is_missing_names_itself_and_the_catalogue():
    with pytest.raises(EvalToolsError, match=r"zh-Hant\.po: 'no\.such\.key'"):
        HANT("no.such.key")
    with pytest.raises(EvalToolsError, match=r"en.po: 'format.range'.*'high'"):
        EN("format.range", low="1")


def test_every_language_has_its_locale_and_its_own_name():
    assert LANGUAGE_NAMES == {"en": "English", "zh-Hant": "繁體中文", "zh-Hans": "简体中文"}
    assert set(LANGUAGE_NAMES) == set(LOCALES)
