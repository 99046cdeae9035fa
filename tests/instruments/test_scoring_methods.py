"""Every way of making a score, each with a short invented form and numbers one can check with a pencil."""

# ruff: noqa: E501 - a definition in one line is easier to read here than one in four
from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from eval_tools.errors import DataError
from eval_tools.instruments.critical import critical_answers
from eval_tools.instruments.gates import check_gates
from eval_tools.instruments.key import item_points, score_instrument
from eval_tools.instruments.load import load_instrument
from eval_tools.instruments.rule import parse_rule
from eval_tools.stats.scale_score import score_points

NAN = np.nan
FORM = """
response_sets: {{four: {{codes: [0, 1, 2, 3]}}, quiz: {{options: [{{code: 1, label: {{}}}}, {{code: 2, label: {{}}}},
  {{code: 9, label: {{}}, kind: dont_know}}]}}}}
items:
  defaults: {{response_set: four}}
  list: [{{id: a, n: 1}}, {{id: b, n: 2, reverse: true}}, {{id: c, n: 3}}, {{id: gate, n: 4, scored: false}},
         {{id: p, n: 5, response_set: quiz, answer_key: [1]}}, {{id: q, n: 6, response_set: quiz, answer_key: [1, 2]}}]
scale_defaults: {{direction: none, missing: {{min_answered: 3, fill: none}}}}
scales:
  - {{id: plain, TITLE, items: [a, b, c], range: [0, 9]}}
  - {{id: quiz, TITLE, items: [p, q], method: sum_correct, range: [0, 2], missing: {{min_answered: 2, fill: none}}}}
  - {{id: made, TITLE, overlapping: true, {scale}}}
test_vectors:
  - {{name: low, origin: derived, responses: {{all: low}}, expect: {{plain: 3, quiz: 2}}}}
  - {{name: stair, origin: derived, responses: {{all: stair}}, expect: {{plain: 4}}}}
  - {{name: apart, origin: derived, responses: {{all: 0, a: 1}}, expect: {{refused: [p, q]}}}}
  - {{name: only_b, origin: derived, responses: {{all: low, b: 3}}, expect: {{plain: 0}}}}
"""


@pytest.fixture
def made(define, monkeypatch):
    """Score answers to a, b (reversed), c, gate, p, q on a scale made as told; its numbers stand in the test."""
    monkeypatch.setattr("eval_tools.instruments.load.check_vectors", lambda *_: [])

    def score(scale: str, *forms: list[float]) -> list[float]:
        instrument = define(FORM.format(scale=scale))
        return list(score_instrument(instrument, np.array(forms, dtype=float)).scales["made"].score)

    return score


def test_a_mean_of_items(made):
    assert made("items: [a, b, c], method: mean, range: [0, 3]", [3, 0, 0, 0, 1, 1]) == [2]


def test_weights_may_be_negative_and_need_every_item(made):
    scale = "items: [a, b, c], method: weighted_sum, weights: {a: 2, b: 1, c: -0.5}, range: [-1.5, 9]"
    assert made(scale, [3, 0, 0, 0, 1, 1], [0, 3, 3, 0, 1, 1]) == [9, -1.5]
    assert np.isnan(made(scale, [3, NAN, 0, 0, 1, 1])).all()


def test_the_highest_answer(made):
    assert made("items: [a, b, c], method: max, range: [0, 3]", [1, 3, 2, 0, 1, 1], [0, 2, 0, 0, 1, 1]) == [2, 1]
    zero = "items: [a, b, c], method: max, range: [0, 3], missing: {min_answered: 1, fill: zero}"
    assert made(zero, [NAN, NAN, 2, 0, 1, 1]) == [2]


def test_how_many_answers_are_of_a_kind(made):
    count = 'items: [a, b, c], method: count, count_when: ">= 2", range: [0, 3]'
    assert made(count, [2, 1, 1, 0, 1, 1], [1, 2, 0, 0, 1, 1], [3, 0, 3, 0, 1, 1]) == [2, 0, 3]
    assert made(count.replace(">= 2", "in [0, 3]"), [0, 0, 1, 0, 1, 1]) == [2]


def test_one_of_several_is_enough_or_as_many_as_are_asked_for(made):
    one = 'items: [a, b, c], method: any, count_when: ">= 2", range: [0, 1]'
    forms = [[0, 2, 2, 0, 1, 1], [1, 2, 1, 0, 1, 1], [3, 0, 0, 0, 1, 1]]
    assert made(one, *forms) == [1, 0, 1]
    assert made(one.replace("count_when", "at_least: 2, count_when"), *forms) == [0, 0, 1]
    assert np.isnan(made(one, [3, NAN, 3, 0, 1, 1])).all()  # also where the answer would not matter: no rule says so


def test_codes_may_be_worth_something_else_than_they_say(made):
    recoded = (
        "items: [a, c], value_map: {0: 0, 1: 0, 2: 1, 3: 2}, range: [0, 4], missing: {min_answered: 2, fill: none}"
    )
    assert made(recoded, [1, 3, 2, 0, 1, 1], [3, 0, 3, 0, 1, 1]) == [1, 4]


def test_an_answer_may_make_the_whole_scale_zero_even_where_others_are_missing(made):
    gated = "items: [a, c], zero_if: {item: gate, equals: 0}, range: [0, 6], missing: {min_answered: 2, fill: none}"
    scores = made(gated, [3, 0, 3, 0, 1, 1], [NAN, 0, NAN, 0, 1, 1], [3, 0, 3, 2, 1, 1], [NAN, 0, 3, 2, 1, 1])
    assert scores[:3] == [0, 0, 6]
    assert np.isnan(scores[3])


def test_steps_are_taken_after_rounding_one_after_the_other(made):
    index = "items: [a, c], transform: [{multiply: 4}, {add: 1}], range: [1, 25], missing: {min_answered: 1, fill: prorate_mean}"
    assert made(index, [2, 0, 1, 0, 1, 1], [2, 0, NAN, 0, 1, 1]) == [13, 17]


def test_a_variant_may_turn_an_item_round(made):
    turned = "items: [a, b, c], reverse_override: {b: false}, range: [0, 9]"
    assert made(turned, [0, 3, 0, 0, 1, 1]) == [3]


def test_right_answers_of_a_test(made):
    correct = "items: [p, q], method: sum_correct, range: [0, 2], missing: {min_answered: 2, fill: none}"
    assert made(correct, [0, 0, 0, 0, 1, 2], [0, 0, 0, 0, 2, 2]) == [2, 1]
    assert np.isnan(made(correct, [0, 0, 0, 0, 1, 9])).all()  # a don't-know is no answer unless the test says so
    wrong = correct.replace("range", "dont_know_counts_as: wrong, range")
    assert made(wrong, [0, 0, 0, 0, 1, 9]) == [1]
    assert np.isnan(made(wrong, [0, 0, 0, 0, 1, NAN])).all()  # a blank is not a don't-know
    share = wrong.replace("sum_correct", "percent_correct").replace("[0, 2]", "[0, 100]")
    assert made(share, [0, 0, 0, 0, 9, 2]) == [50]
    blank_is_wrong = share.replace("min_answered: 2, fill: none", "min_answered: 1, fill: zero")
    assert made(blank_is_wrong, [0, 0, 0, 0, 1, NAN]) == [50]


def test_how_many_scales_are_high(made):
    high = 'of_scales: [plain, quiz], method: count, count_when: ">= 2", range: [0, 2], missing: {min_answered: 2, fill: none}'
    assert made(high, [0, 0, 0, 0, 1, 1], [0, 3, 0, 0, 1, 1], [NAN, 0, 0, 0, 1, 1])[:2] == [2, 1]


@pytest.mark.parametrize("method", ["any", "max", "weighted_sum"])
def test_what_has_no_mean_cannot_be_prorated(method):
    with pytest.raises(ValueError, match="cannot be prorated"):
        score_points([[1.0, NAN]], method=method, min_answered=1, fill="prorate_mean")


def test_codes_that_are_not_on_the_form_are_refused_item_by_item_without_the_answers(define):
    instrument = define(FORM.format(scale="items: [a, c], range: [0, 6], missing: {min_answered: 2, fill: none}"))
    with pytest.raises(DataError) as caught:
        score_instrument(instrument, [[0, 4, 0.5, 0, 1, 77], [0, 4, 0, 0, 1, 9]])
    assert [(p.where, p.what) for p in caught.value.problems] == [
        ("small, item 'b'", "2 answers are not on the form."),
        ("small, item 'c'", "1 answers are not on the form."),
        ("small, item 'q'", "1 answers are not on the form."),
    ]
    assert "77" not in str(caught.value)


def test_whole_numbers_and_bytes_are_scored_as_floats_are(define):
    instrument = define(FORM.format(scale="items: [a, c], range: [0, 6], missing: {min_answered: 2, fill: none}"))
    floats = np.array([[2, 0, 1, 0, 9, 1], [3, 3, 3, NAN, NAN, 2]])
    bytes_ = np.where(np.isnan(floats), -128, floats).astype(np.int8)
    expected = {"plain": [6, 6], "quiz": [NAN, NAN], "made": [3, 6]}
    for answers in (floats, bytes_, floats.tolist()):
        found = score_instrument(instrument, answers).scales
        for scale, score in expected.items():
            np.testing.assert_array_equal(found[scale].score, score)
    assert [int(n) for n in score_instrument(instrument, bytes_).scales["quiz"].n_answered] == [1, 1]


def test_codes_of_three_digits_are_answers_like_others(define):
    text = FORM.format(scale="items: [a, c], range: [0, 6], missing: {min_answered: 2, fill: none}")
    instrument = define(text.replace("code: 9,", "code: 999,"))
    found = score_instrument(instrument, [[2, 0, 1, 0, 999, 1], [2, 0, 1, 0, 2, 1]]).scales["quiz"]
    np.testing.assert_array_equal(found.score, [NAN, 1])
    assert list(found.n_answered) == [1, 2]
    for foreign in (127, 998, -99):
        with pytest.raises(DataError, match="item 'p'"):
            score_instrument(instrument, [[2, 0, 1, 0, foreign, 1]])


def test_a_conversion_asks_age_and_sex(define):
    from eval_tools.instruments.instrument import LookupRow, Transform

    instrument = define(FORM.format(scale="items: [a, c], range: [0, 6], missing: {min_answered: 2, fill: none}"))
    rows = tuple(
        LookupRow(score=s, value=10 * s + extra, ages=ages, sex=sex)
        for s in range(7)
        for extra, ages, sex in ((1, (8, 11), "male"), (2, (8, 11), "female"), (3, (12, 18), None))
    )
    scale = dataclasses.replace(instrument.scales["made"], transform=(Transform(lookup=rows),))
    instrument = dataclasses.replace(instrument, scales={**instrument.scales, "made": scale})
    forms = np.tile([2.0, 0, 1, 0, 1, 1], (6, 1))
    found = score_instrument(
        instrument, forms, age=[8, 11.9, 12, 18.9, 19, NAN], sex=["male", "female", "", "male", "male", "male"]
    )
    np.testing.assert_array_equal(found.scales["made"].score, [31, 32, 33, 33, NAN, NAN])
    np.testing.assert_array_equal(found.not_converted["made"], [False, False, False, False, True, True])
    assert np.isnan(score_instrument(instrument, forms).scales["made"].score).all()


def test_points_are_what_the_key_says_of_each_answer(define):
    instrument = define(FORM.format(scale="items: [a, c], range: [0, 6], missing: {min_answered: 2, fill: none}"))
    points = item_points(instrument, instrument.scales["plain"], np.array([[0.0, 1.0, NAN], [3.0, 3.0, 3.0]]))
    np.testing.assert_array_equal(points, [[0, 2, NAN], [3, 0, 3]])


@pytest.mark.parametrize(
    ("text", "holding"),
    [(">= 2", [2, 3]), ("<= 1", [0, 1]), ("== 3", [3]), ("in [0, 2]", [0, 2]), (">=-1", [0, 1, 2, 3])],
)
def test_a_rule_compares_and_does_nothing_else(text, holding):
    assert [n for n in range(4) if parse_rule(text).holds([n])[0]] == holding
    assert not parse_rule(text).holds([NAN]).any()


# --- critical answers ---------------------------------------------------------------------------------------


@pytest.fixture
def watched(define):
    text = FORM.replace(
        "{{id: a, n: 1}}",
        '{{id: a, n: 1, critical: [{{when: "== 1", level: attention}}, {{when: ">= 2", level: urgent, action: same_day}}]}}',
    )
    text = text.replace(
        "{{id: gate, n: 4, scored: false}}",
        '{{id: gate, n: 4, scored: false, critical: {{when: "== 3", level: attention}}}}',
    )
    text = text.replace("expect: {{plain: 4}}", "expect: {{plain: 4, critical: [gate]}}")
    return define(text.format(scale="items: [a, c], range: [0, 6], missing: {min_answered: 2, fill: none}"))


def test_a_critical_answer_is_found_in_raw_answers_also_where_nothing_can_be_scored(watched):
    found = critical_answers(watched, [[2, NAN, NAN, NAN, NAN, NAN], [0, 0, 0, 0, 1, 1], [1, 0, 0, 3, 1, 1], [NAN] * 6])
    assert [(one.row, one.item, one.level, one.action) for one in found] == [
        (0, "a", "urgent", "same_day"),
        (2, "a", "attention", None),
        (2, "gate", "attention", None),
    ]


def test_a_critical_answer_holds_even_where_other_codes_are_not_on_the_form(watched):
    assert [one.item for one in critical_answers(watched, [[3, 99, NAN, NAN, NAN, NAN]])] == ["a"]


def test_an_alert_changes_no_score(watched):
    quiet = dataclasses.replace(
        watched, items={name: dataclasses.replace(item, critical=()) for name, item in watched.items.items()}
    )
    forms = np.array([[3, 0, 0, 3, 1, 1], [0, 0, 0, 0, 1, 1]], dtype=float)
    for name, scale in score_instrument(watched, forms).scales.items():
        np.testing.assert_array_equal(scale.score, score_instrument(quiet, forms).scales[name].score)


def test_the_suicide_item_of_the_phq_9_is_urgent_from_several_days_on(root):
    phq = load_instrument(root / "questionnaires" / "phq" / "phq-9.yaml")
    ninth = [list(phq.items)[8]]
    for answer in range(4):
        form = [[NAN] * 8 + [answer] + [NAN] * (len(phq.items) - 9)]
        found = critical_answers(phq, form)
        assert [one.item for one in found] == (ninth if answer else [])
        assert all(one.level == "urgent" for one in found)


# --- gates --------------------------------------------------------------------------------------------------

PATTERNED = """
response_sets: {yes: {codes: [1, 0]}}
items:
  defaults: {response_set: yes}
  list: [{id: i1, n: 2}, {id: i2, n: 1}, {id: i3, n: 3}, {id: i4, n: 4}, {id: i5, n: 5}, {id: i6, n: 6}]
scales:
  - {id: total, TITLE, items: [i1, i2, i3, i4, i5, i6], range: [0, 6], direction: none,
     missing: {min_answered: 6, fill: none}}
validity:
  - {id: lie, scale: total, rule: ">= 6", action: void, report_both: true}
  - {id: same, pattern: same_answer, action: flag}
  - {id: zigzag, pattern: alternating, action: exclude_from_main_analysis}
test_vectors:
  - {name: no, origin: derived, responses: {all: low}, expect: {total: 0, validity: [same]}}
  - {name: yes, origin: derived, responses: {all: high}, expect: {total: 6, validity: [lie, same]}}
  - {name: stair, origin: derived, responses: {all: stair}, expect: {total: 3, validity: [zigzag]}}
  - {name: few, origin: derived, responses: {all: null, i1: 1}, expect: {total: null, validity: []}}
"""


def test_a_gate_is_met_not_met_or_unknown(define):
    instrument = define(PATTERNED)
    forms = np.array(
        [
            [1, 1, 1, 1, 1, 1],
            [1, 0, 0, 1, 0, 1],  # items 1 and 2 are printed in the other order: zigzag
            [0, 1, 0, 1, 0, 1],  # in the order of the list, but not of the form
            [1, 1, 1, 1, NAN, NAN],
            [1, 1, 1, NAN, NAN, NAN],
            [NAN, 0, 0, 1, 0, 1],
        ]
    )
    gates = check_gates(instrument, forms, score_instrument(instrument, forms).scales)
    assert list(gates["lie"]) == ["met", "not_met", "not_met", "unknown", "unknown", "unknown"]
    assert list(gates["same"]) == ["met", "not_met", "not_met", "met", "unknown", "not_met"]
    assert list(gates["zigzag"]) == ["not_met", "met", "not_met", "not_met", "unknown", "met"]
