"""Laws of questionnaires: reversal, ranges, people, items, bands; for every definition that is shipped."""

from __future__ import annotations

import dataclasses
from functools import cache
from math import floor, isnan, nan
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eval_tools.instruments.build import lay_out
from eval_tools.instruments.critical import critical_answers
from eval_tools.instruments.gates import check_gates
from eval_tools.instruments.instrument import Band, BandScheme, Instrument, MissingRule, Scale
from eval_tools.instruments.key import band_of, points_of, score_instrument
from eval_tools.instruments.load import load_instrument
from eval_tools.scoring.wide import score_wide

FILES = {path.stem: path for path in sorted((Path(__file__).parents[2] / "questionnaires").glob("*/*.yaml"))}
EXACT = 1e-9  # sums of whole numbers, divided once
UNHURRIED = settings(deadline=None, max_examples=60)
UP_TO_FOUR = st.integers(1, 4)
ADDS_UP = ("sum", "mean")
each = pytest.mark.parametrize("name", FILES)


@cache
def shipped(name: str) -> Instrument:
    return load_instrument(FILES[name])


@st.composite
def forms(draw, people=UP_TO_FOUR, missing=True):
    """Draw the name of a questionnaire and the answers of some people."""
    name = draw(st.sampled_from(list(FILES)))
    return name, draw(answers_to(shipped(name), people=people, missing=missing))


@st.composite
def answers_to(draw, instrument, people=UP_TO_FOUR, missing=True):
    """Draw the answers of some people to one questionnaire."""
    items = list(instrument.items.values())
    drawn = draw(arrays(np.uint8, (draw(people), len(items)), elements=st.integers(0, 59)))
    choices = [[*item.responses.scored_codes, *([nan] if missing else [])] for item in items]
    return np.array([[codes[i % len(codes)] for i, codes in zip(row, choices, strict=True)] for row in drawn])


def scores_of(instrument: Instrument, answers: np.ndarray) -> dict[str, np.ndarray]:
    return {name: found.score for name, found in score_instrument(instrument, answers).scales.items()}


def only(instrument: Instrument, keep) -> Instrument:
    """Leave out scales, and with them the gates, which may look at one of them."""
    scales = {name: scale for name, scale in instrument.scales.items() if keep(scale)}
    return dataclasses.replace(instrument, scales=MappingProxyType(scales), validity=())


def simple(scale: Scale) -> bool:
    """Say whether a scale adds up codes, some of them reversed, and does nothing else."""
    special = scale.value_map or scale.count_when or scale.zero_if or scale.transform
    return bool(scale.items) and scale.method in ADDS_UP and not special


def mirrored(instrument: Instrument, answers: np.ndarray) -> np.ndarray:
    """Answer every item from the other end."""
    return np.array([item.responses.low_plus_high for item in instrument.items.values()]) - answers


def has_mirror(instrument: Instrument) -> bool:
    """Say whether every answer has one at the other end: 0, 1, 3, 5 has not."""
    sets = [set(item.responses.scored_codes) for item in instrument.items.values()]
    return all({min(codes) + max(codes) - code for code in codes} == codes for codes in sets)


@UNHURRIED
@given(forms())
def test_reversing_twice_changes_nothing(form):
    name, answers = form
    instrument = only(shipped(name), simple)
    if not has_mirror(instrument):
        return
    np.testing.assert_array_equal(mirrored(instrument, mirrored(instrument, answers)), answers)
    turned = {
        scale.id: dataclasses.replace(
            scale, reverse_override={item: not scale.reverses(instrument.items[item]) for item in scale.items}
        )
        for scale in instrument.scales.values()
    }
    other_key = dataclasses.replace(instrument, scales=MappingProxyType(turned))
    # the opposite key on the opposite answers is the same questionnaire
    mine, theirs = scores_of(instrument, answers), scores_of(other_key, mirrored(instrument, answers))
    for scale in instrument.scales:
        np.testing.assert_allclose(mine[scale], theirs[scale], rtol=0, atol=EXACT)


@UNHURRIED
@given(forms(missing=False))
def test_answering_from_the_other_end_mirrors_the_score(form):
    name, answers = form
    instrument = only(shipped(name), simple)
    if not has_mirror(instrument):
        return
    mine, theirs = scores_of(instrument, answers), scores_of(instrument, mirrored(instrument, answers))
    for scale in instrument.scales.values():
        total = mine[scale.id] + theirs[scale.id]
        np.testing.assert_allclose(total, scale.low + scale.high, rtol=0, atol=EXACT)


@UNHURRIED
@given(forms())
def test_a_score_stays_in_its_range(form):
    name, answers = form
    instrument = shipped(name)
    for scale, found in score_instrument(instrument, answers).scales.items():
        rule = instrument.scales[scale]
        known = found.score[~np.isnan(found.score)]
        assert ((known >= rule.low - EXACT) & (known <= rule.high + EXACT)).all()
        assert (np.isnan(found.score) | (found.n_answered > 0) | (rule.zero_if is not None)).all()


RULES = st.builds(
    MissingRule,
    min_answered=st.integers(1, 20),
    fill=st.sampled_from(["none", "prorate_mean"]),
    rounding=st.sampled_from(["none", "half_up"]),
    status=st.just("verified"),
)


@UNHURRIED
@given(forms(), RULES)
def test_whatever_the_rule_for_missing_answers_a_score_is_what_a_pencil_gives_and_in_its_range(form, rule):
    name, answers = form
    instrument = only(shipped(name), simple)
    scales = {
        scale.id: dataclasses.replace(scale, missing=dataclasses.replace(rule, min_answered=fewest))
        for scale in instrument.scales.values()
        if (fewest := min(rule.min_answered, len(scale.items)))
    }
    instrument = dataclasses.replace(instrument, scales=MappingProxyType(scales))
    position = {item: i for i, item in enumerate(instrument.items)}
    found = scores_of(instrument, answers)
    for scale in instrument.scales.values():
        items = [instrument.items[item] for item in scale.items]
        alike = len({(min(i.responses.scored_codes), max(i.responses.scored_codes)) for i in items}) == 1
        for row, person in enumerate(answers):
            by_hand = pencil(scale, items, [person[position[item.id]] for item in items])
            score = found[scale.id][row]
            assert (isnan(by_hand) and isnan(score)) or abs(by_hand - score) < EXACT
            assert (
                isnan(score)
                or not alike
                or rule.rounding == "half_up"
                or scale.low - EXACT <= score <= scale.high + EXACT
            )


def pencil(scale, items, codes) -> float:
    """Score one scale of one person as one would on paper."""
    counted = []
    for item, code in zip(items, codes, strict=True):
        if not isnan(code):
            ends = sorted(item.responses.scored_codes)
            counted.append(ends[0] + ends[-1] - code if scale.reverses(item) else code)
    rule = scale.missing
    if len(counted) == len(items):
        return sum(counted) / (len(items) if scale.method == "mean" else 1)
    if rule.fill == "none" or len(counted) < rule.min_answered:
        return nan
    score = sum(counted) / len(counted) * (1 if scale.method == "mean" else len(items))
    return floor(score + 0.5 + 1e-12) if rule.rounding == "half_up" else score


@UNHURRIED
@given(forms(), st.randoms(use_true_random=False))
def test_the_order_of_people_and_of_items_changes_nothing(form, rng):
    name, answers = form
    instrument = shipped(name)
    people, items = list(range(len(answers))), list(instrument.items)
    rng.shuffle(people)
    rng.shuffle(items)
    position = {item: i for i, item in enumerate(instrument.items)}
    reordered = dataclasses.replace(instrument, items=MappingProxyType({i: instrument.items[i] for i in items}))
    other = answers[np.ix_(people, [position[item] for item in items])]
    straight, shuffled = score_instrument(instrument, answers).scales, score_instrument(reordered, other).scales
    for scale in instrument.scales:
        np.testing.assert_allclose(straight[scale].score[people], shuffled[scale].score, rtol=0, atol=EXACT)
        np.testing.assert_array_equal(straight[scale].n_answered[people], shuffled[scale].n_answered)
        np.testing.assert_array_equal(straight[scale].prorated[people], shuffled[scale].prorated)
    gates, turned = check_gates(instrument, answers, straight), check_gates(reordered, other, shuffled)
    for gate, found in gates.items():
        np.testing.assert_array_equal(found[people], turned[gate])
    alerts = {(person.row, person.item, person.level) for person in critical_answers(instrument, answers)}
    assert alerts == {(people[p.row], p.item, p.level) for p in critical_answers(reordered, other)}


@settings(deadline=None, max_examples=15)
@given(forms(), st.randoms(use_true_random=False))
def test_a_table_may_have_its_rows_and_columns_in_any_order(form, rng):
    name, answers = form
    instrument = shipped(name)
    table = pd.DataFrame(answers, columns=list(instrument.items)).assign(extra="x")
    people, columns = list(range(len(answers))), list(table.columns)
    rng.shuffle(people)
    rng.shuffle(columns)
    straight, shuffled = score_wide(table, instrument), score_wide(table.iloc[people][columns], instrument)
    pd.testing.assert_frame_equal(straight.scores.iloc[people], shuffled.scores)
    pd.testing.assert_frame_equal(straight.validity.iloc[people], shuffled.validity)
    pd.testing.assert_frame_equal(straight.notes, shuffled.notes)


@UNHURRIED
@given(forms(), st.data())
def test_nobody_else_changes_a_persons_score(form, data):
    name, answers = form
    one = data.draw(st.integers(0, len(answers) - 1))
    together, alone = scores_of(shipped(name), answers), scores_of(shipped(name), answers[[one]])
    for scale, score in together.items():
        np.testing.assert_array_equal(score[[one]], alone[scale])


@UNHURRIED
@given(forms(people=st.just(1)), st.data())
def test_a_score_never_falls_when_an_answer_counts_more(form, data):
    name, answers = form
    instrument = shipped(name)
    items = list(instrument.items.values())
    place = data.draw(st.integers(0, len(items) - 1))
    item = items[place]
    codes = st.lists(st.sampled_from(item.responses.scored_codes), min_size=2, max_size=2)
    first, second = answers.copy(), answers.copy()
    first[0, place], second[0, place] = data.draw(codes)
    before, after = scores_of(instrument, first), scores_of(instrument, second)
    for scale in instrument.scales.values():
        steps = [
            points_of(part, item)[int(second[0, place])] - points_of(part, item)[int(first[0, place])]
            for part in leaves(instrument, scale)
            if item.id in part.items
        ]
        opens_the_gate = scale.zero_if is not None and scale.zero_if.item == item.id
        if opens_the_gate or scale.weights or any(t.lookup or (t.multiply or 1) < 0 for t in scale.transform):
            continue
        change = after[scale.id][0] - before[scale.id][0]
        if min(steps, default=0) >= 0:
            assert isnan(change) or change >= -EXACT
        if max(steps, default=0) <= 0:
            assert isnan(change) or change <= EXACT
        if simple(scale) and steps[:1] > [0] and scale.missing.rounding == "none" and not isnan(change):
            assert change > 0


def leaves(instrument: Instrument, scale: Scale) -> list[Scale]:
    """List the scales of items that a scale is made of."""
    return (
        [scale] if scale.items else [s for part in scale.of_scales for s in leaves(instrument, instrument.scales[part])]
    )


@each
def test_the_staircase_scores_what_a_pencil_gives(name):
    instrument = shipped(name)
    stair = lay_out({"all": "stair"}, instrument.items)
    found = scores_of(instrument, np.array([list(stair.values())], dtype=float))
    for scale in instrument.scales.values():
        if simple(scale):
            items = [instrument.items[item] for item in scale.items]
            assert found[scale.id][0] == pytest.approx(pencil(scale, items, [stair[i.id] for i in items]), abs=EXACT)


@each
def test_every_whole_score_has_exactly_one_band(name):
    for scale in shipped(name).scales.values():
        for scheme in scale.band_schemes.values():
            scores = np.arange(scale.low, scale.high + 1)
            ends = {band.high for band in scheme.bands}
            starts = {band.low for band in scheme.bands}
            holders = [
                [
                    b.id
                    for b in scheme.bands
                    if b.low <= s <= b.high and not (s == b.high and s in starts and b.low != s)
                ]
                for s in scores
            ]
            assert all(len(names) == 1 for names in holders), ends
            assert [names[0] for names in holders] == list(band_of(scheme, scores))


@st.composite
def schemes(draw):
    """Cut a range into bands, given in either order."""
    low = draw(st.integers(-5, 30))
    ends = sorted(draw(st.sets(st.integers(low, low + 60), min_size=2, max_size=6)))
    starts = [low, *(end + 1 for end in ends[:-1])]
    bands = [
        Band(id=f"b{i}", low=float(start), high=float(end), label={})
        for i, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]
    if draw(st.booleans()):
        bands.reverse()
    return BandScheme(id="s", bands=tuple(bands), population="", informant=None, status="verified", note=None)


@UNHURRIED
@given(schemes(), st.data())
def test_a_band_rises_with_the_score_and_leaves_nobody_out(scheme, data):
    low, high = min(band.low for band in scheme.bands), max(band.high for band in scheme.bands)
    scores = np.array(sorted(data.draw(st.lists(st.floats(low, high), min_size=1, max_size=20))))
    got = band_of(scheme, scores)
    by_id = {band.id: band for band in scheme.bands}
    for score, name in zip(scores, got, strict=True):
        assert by_id[name].low <= score < by_id[name].high + 1
    assert [by_id[name].low for name in got] == sorted(by_id[name].low for name in got)
    assert list(band_of(scheme, np.array([np.nan]))) == [""]
