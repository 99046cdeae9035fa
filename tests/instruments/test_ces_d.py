"""The key of the CES-D, and that a wrong one cannot be loaded."""

from __future__ import annotations

import numpy as np
import pytest

from eval_tools.definitions.strict_yaml import parse_yaml
from eval_tools.instruments.key import band_of, score_instrument
from eval_tools.instruments.load import load_instrument, parse_instrument

WRONG_KEY = (
    "Either the key (reversed items, missing rule, bands) or the vector is wrong; compare both with the printed form."
)


@pytest.fixture(scope="module")
def ces_d(root):
    return load_instrument(root / "questionnaires" / "ces-d" / "ces-d.yaml", root=root)


def total(ces_d, answers) -> float:
    return float(score_instrument(ces_d, np.array([answers], dtype=float)).scales["total"].score[0])


def test_exactly_the_four_positive_statements_are_reversed(ces_d):
    assert [item.number for item in ces_d.items.values() if item.reverse] == [4, 8, 12, 16]


def test_the_staircase_of_answers_scores_18(ces_d):
    assert total(ces_d, [n % 4 for n in range(20)]) == 18


@pytest.mark.parametrize(("answer", "score"), [(0, 12), (1, 24), (2, 36), (3, 48)])
def test_the_same_answer_everywhere(ces_d, answer, score):
    # 16 plain items give the answer, four reversed ones three minus the answer
    assert total(ces_d, [answer] * 20) == score == 16 * answer + 4 * (3 - answer)


def test_each_reversed_item_counts_downwards_and_each_other_upwards(ces_d):
    base = total(ces_d, [1] * 20)
    steps = []
    for position in range(20):
        answers = [1] * 20
        answers[position] = 2
        steps.append(total(ces_d, answers) - base)
    assert [n for n, step in enumerate(steps, start=1) if step == -1] == [4, 8, 12, 16]
    assert steps.count(1) == 16


def test_one_missing_answer_leaves_no_score(ces_d):
    assert np.isnan(total(ces_d, [np.nan, *[1] * 19]))


@pytest.mark.parametrize(("score", "band"), [(0, "below"), (15, "below"), (16, "at_or_above"), (60, "at_or_above")])
def test_the_adult_line_is_reached_at_16(ces_d, score, band):
    scheme = ces_d.default_bands("total")
    assert (scheme.id, scheme.status) == ("screen_16", "verified")
    assert band_of(scheme, np.array([float(score)]))[0] == band


def test_the_adolescent_line_is_weak_and_never_the_default(ces_d):
    scheme = ces_d.scales["total"].band_schemes["cn_adolescent_24"]
    assert scheme.status == "weak"
    assert list(band_of(scheme, np.array([23.0, 24.0]))) == ["below", "at_or_above"]
    assert ces_d.default_bands("total").id != scheme.id


def test_no_score_has_no_band(ces_d):
    assert list(band_of(ces_d.default_bands("total"), np.array([np.nan, 3.0]))) == ["", "below"]


def test_the_definition_tells_what_kind_of_form_it_is(ces_d):
    assert (ces_d.informant, ces_d.age_years, ces_d.file) == ("self", (12, None), "questionnaires/ces-d/ces-d.yaml")
    assert ces_d.scales["total"].better == "lower"
    assert ces_d.unverified == ("total: rule for missing answers",)
    assert ces_d.licence.text_redistributable


def test_nothing_of_a_loaded_definition_can_be_changed(ces_d):
    with pytest.raises(TypeError):
        ces_d.items["cesd01"] = None
    with pytest.raises(TypeError):
        ces_d.scales["total"].band_schemes["mine"] = None
    with pytest.raises(AttributeError):
        ces_d.scales["total"].low = 1


# --- wrong keys ---------------------------------------------------------------------------------------------


def test_leaving_the_four_items_unreversed_is_caught_by_the_vectors(change_form, problems_of):
    problems = problems_of(change_form((", reverse: true", "")))
    assert [problem.what for problem in problems] == [
        "vector 'all_0': total is 0.0, expected 12.",
        "vector 'all_3': total is 60.0, expected 48.",
        "vector 'stair': total is 30.0, expected 18.",
        "vector 'only_the_last_item': total is 3.0, expected 15.",
        "vector 'happiest': total is 12.0, expected 0.",
        "vector 'line_is_reached_at_16': total is 4.0, expected 16.",
        "vector 'line_is_reached_at_16': total@screen_16 is below, expected at_or_above.",
        "vector 'lines_for_chinese_adolescents': total is 11.0, expected 23.",
        "vector 'lines_for_chinese_adolescents': total@cn_adolescent_20 is below, expected at_or_above.",
        "vector 'line_for_major_depression': total is 17.0, expected 29.",
        "vector 'line_for_major_depression': total@cn_adolescent_29 is below, expected at_or_above.",
    ]
    assert {problem.remedy for problem in problems} == {WRONG_KEY}


@pytest.mark.parametrize("number", [4, 8, 12, 16])
def test_leaving_one_item_unreversed_is_caught(change_form, problems_of, number):
    problems = problems_of(change_form((f"n: {number}, reverse: true", f"n: {number}")))
    assert all(problem.what.startswith("vector ") for problem in problems)


@pytest.mark.parametrize("number", [n for n in range(1, 21) if n not in {4, 8, 12, 16}])
def test_reversing_one_item_too_many_is_caught(change_form, problems_of, number):
    problems = problems_of(change_form((f"n: {number}, text", f"n: {number}, reverse: true, text")))
    assert all(problem.what.startswith("vector ") for problem in problems)


def test_exchanging_the_reversal_of_items_16_and_20_is_caught(change_form, problems_of):
    text = change_form(("n: 16, reverse: true", "n: 16"), ("n: 20, text", "n: 20, reverse: true, text"))
    assert "vector 'only_the_last_item': total is 9.0, expected 15." in [p.what for p in problems_of(text)]


@pytest.mark.parametrize("plain", [n for n in range(1, 21) if n not in {4, 8, 12, 16}])
@pytest.mark.parametrize("reversed_", [4, 8, 12, 16])
def test_exchanging_the_reversal_of_any_two_items_is_caught(change_form, problems_of, reversed_, plain):
    text = change_form(
        (f"n: {reversed_}, reverse: true", f"n: {reversed_}"), (f"n: {plain}, text", f"n: {plain}, reverse: true, text")
    )
    assert all(problem.what.startswith("vector ") for problem in problems_of(text))


def without(text: str, *vectors: str) -> str:
    for name in vectors:
        begin = text.index(f"  - name: {name}")
        text = text[:begin] + text[text.index("  - ", begin + 4) :]
    return text


def test_without_a_vector_that_tells_item_20_apart_nobody_would_notice_an_exchange(change_form, problems_of):
    text = without(change_form(), "only_the_last_item", "happiest")
    line = 1 + text[: text.index("test_vectors:")].count("\n")
    (problem,) = problems_of(text)
    assert str(problem) == (
        f"f.yaml:{line}: no vector would notice if 'cesd04' and 'cesd20' exchanged their direction.\n"
        "  Add a vector with an expected 'total' in which the two are answered differently."
    )


@pytest.mark.parametrize("vector", ["only_the_last_item", "happiest"])
def test_either_of_the_two_vectors_that_tell_item_20_apart_is_enough(change_form, vector):
    text = without(change_form(), vector)
    assert len(parse_instrument(parse_yaml(text, file="f.yaml")).test_vectors) == 9


def test_constant_answers_prove_no_key(change_form, problems_of):
    text = change_form()
    begin, end = text.index("  - name: stair"), text.index("  - {name: one_missing")
    text = text[:begin] + "  - {name: all_1, origin: derived, responses: {all: 1}, expect: {total: 24}}\n" + text[end:]
    (problem,) = problems_of(text)
    assert problem.what == "no vector would notice if 'cesd04' and 'cesd01' exchanged their direction."
