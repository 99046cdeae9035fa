"""How answers become scores: rounding, missing answers, don't-know, scales of scales, bands. Invented short forms."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from eval_tools.errors import DefinitionError
from eval_tools.instruments.key import band_of, score_instrument

NAN = np.nan

# Five items of one SDQ scale, three answers needed, and a difficulties total of two such scales.
SDQ_LIKE = """
response_sets: {sdq3: {codes: [0, 1, 2]}}
items:
  defaults: {response_set: sdq3}
  list: [{id: e1, n: 1}, {id: e2, n: 2}, {id: e3, n: 3}, {id: e4, n: 4}, {id: e5, n: 5},
         {id: p1, n: 6}, {id: p2, n: 7, reverse: true}, {id: p3, n: 8, reverse: true}, {id: p4, n: 9}, {id: p5, n: 10},
         {id: gate, n: 11, scored: false}]
scale_defaults:
  direction: higher_is_worse
  missing: {min_answered: 3, fill: prorate_mean, rounding: half_up, status: verified, source: [sheet]}
band_schemes:
  uk3:
    population: "invented"
    status: verified
    source: [sheet]
    labels: {low: TEXT, middle: TEXT, high: TEXT}
  guess:
    population: "invented"
    status: unverified
    labels: {low: TEXT, high: TEXT}
default_band_scheme: uk3
scales:
  - id: emotional
    TITLE
    items: [e1, e2, e3, e4, e5]
    range: [0, 10]
    bands: {uk3: [[0, 5], [6, 6], [7, 10]], guess: [[0, 5], [6, 10]]}
  - {id: peer, TITLE, items: [p1, p2, p3, p4, p5], range: [0, 10]}
  - {id: total, TITLE, of_scales: [emotional, peer], range: [0, 20], missing: {min_answered: 2, fill: none}}
test_vectors:
  - {name: all_0, origin: derived, responses: {all: 0}, expect: {emotional: 0, peer: 4, total: 4}}
  - {name: all_2, origin: derived, responses: {all: 2}, expect: {emotional: 10, peer: 6, total: 16}}
  - name: stair
    origin: derived
    responses: {e1: 0, e2: 1, e3: 2, e4: 0, e5: 1, p1: 2, p2: 0, p3: 1, p4: 2, p5: 0}
    expect: {emotional: 4, peer: 7, total: 11}
  - {name: p5_apart, origin: derived, responses: {all: 0, p5: 2, p1: 1}, expect: {peer: 7}}
  - {name: half_up, origin: derived, responses: {all: 0, e1: 2, e2: null}, expect: {emotional: 3, total: 7}}
  - name: four_on_three
    origin: derived
    responses: {all: 0, e1: 2, e2: 1, e3: 1, e4: null, e5: null}
    expect: {emotional: 7, "emotional@uk3": high}
  - name: too_few
    origin: derived
    responses: {all: 0, e1: null, e2: null, e3: null}
    expect: {emotional: null, "emotional@uk3": null, total: null}
""".replace("TEXT", '{en: "x", zh-Hant: "甲", zh-Hans: "甲"}')

# Nine items, seven answers needed: four points on eight of nine items cross the line from minimal to mild.
PHQ_LIKE = """
response_sets: {freq4: {codes: [0, 1, 2, 3]}}
items:
  defaults: {response_set: freq4}
  list: [{id: q1, n: 1}, {id: q2, n: 2}, {id: q3, n: 3}, {id: q4, n: 4}, {id: q5, n: 5}, {id: q6, n: 6}, {id: q7, n: 7},
         {id: q8, n: 8}, {id: q9, n: 9}]
band_schemes:
  severity:
    population: "invented"
    status: verified
    source: [sheet]
    labels: {minimal: TEXT, mild: TEXT, more: TEXT}
default_band_scheme: severity
scales:
  - id: total
    TITLE
    items: [q1, q2, q3, q4, q5, q6, q7, q8, q9]
    range: [0, 27]
    direction: higher_is_worse
    missing: {min_answered: 7, fill: prorate_mean, rounding: half_up}
    bands: {severity: [[0, 4], [5, 9], [10, 27]]}
test_vectors:
  - {name: best, origin: derived, responses: {all: 0}, expect: {total: 0, "total@severity": minimal}}
  - {name: worst, origin: derived, responses: {all: 3}, expect: {total: 27, "total@severity": more}}
  - name: crosses
    origin: derived
    responses: {all: 0, q1: 2, q2: 2, q9: null}
    expect: {total: 5, "total@severity": mild}
  - {name: two_missing, origin: derived, responses: {all: 1, q3: null, q5: null}, expect: {total: 9}}
  - {name: three_missing, origin: derived, responses: {all: 1, q3: null, q5: null, q7: null}, expect: {total: null}}
""".replace("TEXT", '{en: "x", zh-Hant: "甲", zh-Hans: "甲"}')

# Two answers and a don't-know, which is printed as 8 and does not count.
WITH_DONT_KNOW = """
response_sets:
  esq:
    options: [{code: 1, label: {}}, {code: 2, label: {}}, {code: 3, label: {}}, {code: 8, label: {}, kind: dont_know}]
items: {defaults: {response_set: esq}, list: [{id: a, n: 1}, {id: b, n: 2, reverse: true}, {id: c, n: 3}]}
scales:
  - id: care
    TITLE
    items: [a, b, c]
    method: mean
    range: [1, 3]
    direction: higher_is_better
    missing: {min_answered: 2, fill: prorate_mean}
test_vectors:
  - {name: low, origin: derived, responses: {a: 1, b: 3, c: 1}, expect: {care: 1}}
  - {name: high, origin: derived, responses: {a: 3, b: 1, c: 3}, expect: {care: 3}}
  - {name: apart, origin: derived, responses: {a: 3, b: 3, c: 1}, expect: {care: 1.6666666666667}}
  - {name: stair, origin: derived, responses: {all: stair}, expect: {care: 2}}
  - {name: one_dont_know, origin: derived, responses: {a: 3, b: 2, c: 8}, expect: {care: 2.5}}
  - {name: two_dont_know, origin: derived, responses: {a: 3, b: 8, c: 8}, expect: {care: null}}
"""


def scores(instrument, answers) -> dict[str, float]:
    result = score_instrument(instrument, np.array([answers], dtype=float)).scales
    return {name: float(scale.score[0]) for name, scale in result.items()}


def same(a: float, b: float) -> bool:
    return a == b or (np.isnan(a) and np.isnan(b))


@pytest.mark.parametrize(
    ("answers", "score"),
    [
        ([2, NAN, 0, 0, 0], 3),  # 2 on 4 items are 2.5
        ([2, 1, 1, NAN, NAN], 7),  # 4 on 3 items are 6.67
        ([1, 0, 0, NAN, 0], 1),  # 1.25
        ([2, 2, 2, NAN, 0], 8),  # 7.5; half to even would say 8 as well
        ([2, 2, 1, 1, NAN], 8),  # 7.5
        ([1, 1, 0, 0, NAN], 3),  # 2.5; half to even would say 2
        ([2, 2, 2, 2, NAN], 10),
        ([2, 2, NAN, NAN, NAN], NAN),
    ],
)
def test_a_prorated_score_is_rounded_half_up(define, answers, score):
    assert same(scores(define(SDQ_LIKE), [*answers, 0, 0, 0, 0, 0, NAN])["emotional"], score)


def test_a_complete_score_is_never_rounded_or_changed(define):
    assert scores(define(SDQ_LIKE), [2, 1, 0, 1, 1, 0, 0, 0, 0, 0, NAN])["emotional"] == 5


@pytest.mark.parametrize(
    ("answers", "score", "band"),
    [
        ([2, 2, 0, 0, 0, 0, 0, 0, NAN], 5, "mild"),
        ([2, 2, 0, 0, 0, 0, 0, 0, 0], 4, "minimal"),
        ([1, 1, 1, 1, 1, 1, 1, NAN, NAN], 9, "mild"),
        ([1, 1, 1, 1, 1, 1, NAN, NAN, NAN], NAN, ""),
    ],
)
def test_four_and_a_half_points_are_five_and_cross_the_line(define, answers, score, band):
    instrument = define(PHQ_LIKE)
    got = scores(instrument, answers)["total"]
    assert same(got, score)
    assert band_of(instrument.default_bands("total"), np.array([got]))[0] == band


def test_a_scale_of_scales_adds_the_rounded_scores(define):
    got = scores(define(SDQ_LIKE), [2, NAN, 0, 0, 0, 0, 2, 2, 0, NAN, NAN])
    assert (got["emotional"], got["peer"], got["total"]) == (3, 0, 3)


def test_a_scale_of_scales_is_missing_if_one_part_is(define):
    got = scores(define(SDQ_LIKE), [NAN, NAN, NAN, 0, 0, 0, 2, 2, 0, 0, NAN])
    assert np.isnan(got["emotional"])
    assert got["peer"] == 0
    assert np.isnan(got["total"])


def test_the_parts_of_a_scale_of_scales_are_counted(define):
    result = score_instrument(define(SDQ_LIKE), np.array([[NAN] * 5 + [0] * 5 + [NAN], [0] * 11], dtype=float)).scales
    assert list(result["total"].n_answered) == [1, 2]
    assert list(result["emotional"].n_answered) == [0, 5]


def test_a_scale_may_only_add_scales_that_stand_above_it(define):
    text = SDQ_LIKE.replace("of_scales: [emotional, peer]", "of_scales: [emotional, later]")
    text = text.replace(
        "test_vectors:", "  - {id: later, TITLE, overlapping: true, items: [e1, e2, e3], range: [0, 6]}\ntest_vectors:"
    )
    with pytest.raises(DefinitionError) as caught:
        define(text)
    (problem,) = caught.value.problems
    assert problem.what == "unknown of_scales of scale 'total': 'later'."
    assert problem.remedy == "Known: emotional, peer."


def test_the_range_of_a_scale_of_scales_must_follow(define):
    with pytest.raises(DefinitionError) as caught:
        define(SDQ_LIKE.replace("range: [0, 20]", "range: [0, 40]"))
    (problem,) = caught.value.problems
    assert problem.what == "scale 'total': range [0, 40] does not follow from its scales."
    assert problem.remedy == "They give [0, 20]."


def test_a_scale_has_items_or_scales_and_not_both(define):
    with pytest.raises(DefinitionError) as caught:
        define(SDQ_LIKE.replace("of_scales: [emotional, peer]", "of_scales: [emotional, peer], items: [gate]"))
    assert [p.what for p in caught.value.problems] == ["scale 'total' needs either items or of_scales."]


def test_an_own_mean_over_items_with_different_answers_could_leave_the_range(define):
    text = WITH_DONT_KNOW.replace("items: {defaults", "  ten: {codes: [0, 10]}\nitems: {defaults")
    text = text.replace("{id: c, n: 3}", "{id: c, n: 3, response_set: ten}").replace(
        "method: mean\n    range: [1, 3]", "range: [2, 16]"
    )
    with pytest.raises(DefinitionError) as caught:
        define(text)
    (problem,) = caught.value.problems
    assert problem.what == "scale 'care' fills by the person's own mean, but its parts have different ranges."


def test_an_item_that_does_not_count_belongs_to_no_scale(define):
    instrument = define(SDQ_LIKE)
    assert not instrument.items["gate"].scored
    assert all("gate" not in scale.items for scale in instrument.scales.values())


def test_a_dont_know_is_no_answer(define):
    instrument = define(WITH_DONT_KNOW)
    answers = instrument.items["a"].responses
    assert answers.codes == (1, 2, 3, 8)
    assert answers.scored_codes == (1, 2, 3)
    assert answers.low_plus_high == 4  # a reversed answer is 4 minus the answer, not 9


def test_the_definitions_own_vectors_treat_a_dont_know_as_no_answer(define):
    with pytest.raises(DefinitionError) as caught:
        define(WITH_DONT_KNOW.replace("c: 8}, expect: {care: 2.5}", "c: 8}, expect: {care: 4.33}"))
    assert [p.what for p in caught.value.problems] == ["vector 'one_dont_know': care is 2.5, expected 4.33."]


def test_a_dont_know_may_be_declared_to_count(define):
    # in some knowledge tests 'unsure' counts as wrong
    text = WITH_DONT_KNOW.replace(
        "{code: 8, label: {}, kind: dont_know}", "{code: 0, label: {}, kind: dont_know, scored: true}"
    )
    text = text.replace("range: [1, 3]", "range: [0, 3]")
    with pytest.raises(DefinitionError) as caught:
        define(text)
    assert all(p.what.startswith("vector ") for p in caught.value.problems)  # the answers changed, the form is valid


def test_codes_need_not_be_consecutive(define):
    text = WITH_DONT_KNOW.replace("{code: 3, label: {}}", "{code: 5, label: {}}").replace(
        "range: [1, 3]", "range: [1, 5]"
    )
    for old, new in (
        ("b: 3, c: 1}, expect: {care: 1}", "b: 5, c: 1}, expect: {care: 1}"),
        ("a: 3, b: 1, c: 3}, expect: {care: 3}", "a: 5, b: 1, c: 5}, expect: {care: 5}"),
        ("a: 3, b: 3, c: 1}, expect: {care: 1.6666666666667}", "a: 2, b: 5, c: 1}, expect: {care: 1.3333333333333}"),
        ("{all: stair}, expect: {care: 2}", "{all: stair}, expect: {care: 3.3333333333333}"),
        ("a: 3, b: 2, c: 8}, expect: {care: 2.5}", "a: 5, b: 2, c: 8}, expect: {care: 4.5}"),
        ("a: 3, b: 8, c: 8", "a: 5, b: 8, c: 8"),
    ):
        assert old in text
        text = text.replace(old, new)
    assert scores(define(text), [1, 2, 1])["care"] == (1 + 4 + 1) / 3


def test_bands_that_were_not_verified_are_never_shown(define):
    for status in ("weak", "unverified"):
        weak = SDQ_LIKE.replace(
            "status: verified\n    source: [sheet]\n    labels", f"status: {status}\n    SOURCE labels"
        )
        weak = weak.replace("SOURCE", "source: [sheet]\n   ")
        with pytest.raises(DefinitionError) as caught:
            define(weak)
        assert [p.what for p in caught.value.problems] == [f"the default scheme 'uk3' is {status}."]
        instrument = define(weak.replace("default_band_scheme: uk3", "default_band_scheme: null"))
        assert instrument.scales["emotional"].band_schemes["uk3"].status == status
        assert dataclasses.replace(instrument, default_band_scheme="uk3").default_bands("emotional") is None
        assert instrument.scales["emotional"].verified_bands == ()
    assert define(SDQ_LIKE).default_bands("emotional").id == "uk3"


def test_only_the_default_bands_are_shown_and_only_where_a_scale_has_them(define):
    instrument = define(SDQ_LIKE)
    assert instrument.default_bands("peer") is None
    for other in ("guess", None):
        assert dataclasses.replace(instrument, default_band_scheme=other).default_bands("emotional") is None


def test_a_scale_on_which_high_is_good_lists_its_highest_band_first(define):
    good = SDQ_LIKE.replace(
        "bands: {uk3: [[0, 5], [6, 6], [7, 10]], guess: [[0, 5], [6, 10]]}",
        "direction: higher_is_better\n    bands: {uk3: [[6, 10], [5, 5], [0, 4]]}",
    )
    instrument = define(good.replace('"emotional@uk3": high', '"emotional@uk3": low'))
    assert list(band_of(instrument.default_bands("emotional"), np.array([0.0, 4, 5, 6, 10]))) == [
        "high",
        "high",
        "middle",
        "low",
        "low",
    ]
    with pytest.raises(DefinitionError) as caught:
        define(good.replace("[[6, 10], [5, 5], [0, 4]]", "[[0, 4], [5, 5], [6, 10]]"))
    assert [p.what for p in caught.value.problems] == [
        "bands of 'uk3' do not run from the mildest to the most serious."
    ]


def test_a_score_between_two_bands_belongs_to_the_lower(define):
    scheme = define(SDQ_LIKE).default_bands("emotional")
    assert list(band_of(scheme, np.array([5.0, 5.5, 5.999, 6.0, 6.5, 7.0]))) == [
        "low",
        "low",
        "low",
        "middle",
        "middle",
        "high",
    ]


def test_defaults_of_scales_and_items_can_be_overruled(define):
    instrument = define(SDQ_LIKE)
    assert instrument.scales["emotional"].missing.min_answered == 3
    assert instrument.scales["total"].missing.min_answered == 2
    assert instrument.scales["total"].missing.status == "unverified"
    assert instrument.unverified == ("band scheme guess", "total: rule for missing answers")
    assert [name for name, item in instrument.items.items() if item.reverse] == ["p2", "p3"]


def test_an_exchange_that_only_a_form_with_different_answers_hides_is_noticed(define):
    # a is answered 1 to 3, b 0 to 4 and reversed: the exchange changes nothing where 2a - 4 equals 2b - 4
    text = """
response_sets: {three: {codes: [1, 2, 3]}, five: {codes: [0, 1, 2, 3, 4]}}
items: {defaults: {}, list: [{id: a, n: 1, response_set: three}, {id: b, n: 2, response_set: five, reverse: true}]}
scales:
  - {id: s, TITLE, items: [a, b], range: [1, 7], direction: none, missing: {min_answered: 2, fill: none}}
test_vectors:
  - {name: v1, origin: derived, responses: {a: 1, b: 1}, expect: {s: 4}}
  - {name: v2, origin: derived, responses: {a: 2, b: 2}, expect: {s: 4}}
  - {name: v3, origin: derived, responses: {a: 3, b: 3}, expect: {s: 4}}
  - {name: v4, origin: derived, responses: {a: 3, b: null}, expect: {s: null}}
  - {name: stair, origin: derived, responses: {all: stair}, expect: {s: STAIR}}
"""
    with pytest.raises(DefinitionError) as caught:
        define(text.replace("STAIR", "4"))
    assert [p.what for p in caught.value.problems] == [
        "no vector would notice if 'b' and 'a' exchanged their direction."
    ]
    told_apart = text.replace("responses: {a: 3, b: 3}, expect: {s: 4}", "responses: {a: 3, b: 0}, expect: {s: 7}")
    assert define(told_apart.replace("STAIR", "4"))
    # with five printed as 1 to 5 the same answers do tell the two apart
    assert define(
        text.replace("[0, 1, 2, 3, 4]", "[1, 2, 3, 4, 5]")
        .replace("range: [1, 7]", "range: [2, 8]")
        .replace("s: 4}", "s: 6}")
        .replace("STAIR", "5")
    )
