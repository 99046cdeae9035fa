"""Laws of questionnaires: reversal, ranges, people and bands."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eval_tools.instruments.instrument import Band, BandScheme, Instrument, MissingRule
from eval_tools.instruments.key import band_of, score_instrument
from eval_tools.instruments.load import load_instruments

SHIPPED = load_instruments(Path(__file__).parents[2] / "questionnaires")
EXACT = 1e-9  # sums of whole numbers, divided once
UNHURRIED = settings(deadline=None, max_examples=50)


def with_rule(instrument: Instrument, rule: MissingRule) -> Instrument:
    """Give every scale the same rule for missing answers; the shipped ones ask for all."""
    scales = {name: dataclasses.replace(scale, missing=rule) for name, scale in instrument.scales.items()}
    return dataclasses.replace(instrument, scales=MappingProxyType(scales))


RULES = st.builds(
    MissingRule,
    min_answered=st.integers(1, 20),
    fill=st.sampled_from(["none", "prorate_mean"]),
    rounding=st.sampled_from(["none", "half_up"]),
    status=st.just("verified"),
)
INSTRUMENTS = st.builds(with_rule, st.sampled_from(list(SHIPPED.values())), RULES)


UP_TO_FOUR = st.integers(1, 4)


@st.composite
def forms(draw, people=UP_TO_FOUR, missing=True):
    """Draw a questionnaire and the answers of some people."""
    instrument = draw(INSTRUMENTS)
    codes = np.array([item.responses.scored_codes for item in instrument.items.values()], dtype=float)
    choices = np.column_stack([codes, np.full(len(codes), np.nan)]) if missing else codes
    shape = (draw(people), len(codes))
    chosen = draw(arrays(np.int8, shape, elements=st.integers(0, choices.shape[1] - 1)))
    return instrument, choices[np.arange(len(codes)), chosen]


def mirrored(instrument: Instrument, answers: np.ndarray) -> np.ndarray:
    """Answer every item from the other end."""
    return np.array([item.responses.low_plus_high for item in instrument.items.values()]) - answers


@UNHURRIED
@given(forms())
def test_reversing_twice_changes_nothing(form):
    instrument, answers = form
    np.testing.assert_array_equal(mirrored(instrument, mirrored(instrument, answers)), answers)
    turned = {name: dataclasses.replace(item, reverse=not item.reverse) for name, item in instrument.items.items()}
    other_key = dataclasses.replace(instrument, items=MappingProxyType(turned))
    # the opposite key on the opposite answers is the same questionnaire
    mine, theirs = score_instrument(instrument, answers), score_instrument(other_key, mirrored(instrument, answers))
    for name in instrument.scales:
        np.testing.assert_allclose(mine.scales[name].score, theirs.scales[name].score, rtol=0, atol=EXACT)


@UNHURRIED
@given(forms(missing=False))
def test_answering_from_the_other_end_mirrors_the_score(form):
    instrument, answers = form
    mine, theirs = score_instrument(instrument, answers), score_instrument(instrument, mirrored(instrument, answers))
    for name, scale in instrument.scales.items():
        total = mine.scales[name].score + theirs.scales[name].score
        np.testing.assert_allclose(total, scale.low + scale.high, rtol=0, atol=EXACT)


@UNHURRIED
@given(forms())
def test_a_score_stays_in_its_range(form):
    instrument, answers = form
    for name, scale in instrument.scales.items():
        result = score_instrument(instrument, answers).scales[name]
        known = result.score[~np.isnan(result.score)]
        assert ((known >= scale.low - EXACT) & (known <= scale.high + EXACT)).all()
        assert (np.isnan(result.score) | (result.n_answered > 0)).all()


@UNHURRIED
@given(forms(), st.randoms(use_true_random=False))
def test_the_order_of_people_changes_nothing(form, rng):
    instrument, answers = form
    order = list(range(len(answers)))
    rng.shuffle(order)
    straight, shuffled = score_instrument(instrument, answers), score_instrument(instrument, answers[order])
    for name in instrument.scales:
        np.testing.assert_array_equal(straight.scales[name].score[order], shuffled.scales[name].score)
        np.testing.assert_array_equal(straight.scales[name].n_answered[order], shuffled.scales[name].n_answered)


@UNHURRIED
@given(forms(), st.data())
def test_nobody_else_changes_a_persons_score(form, data):
    instrument, answers = form
    one = data.draw(st.integers(0, len(answers) - 1))
    together, alone = score_instrument(instrument, answers), score_instrument(instrument, answers[[one]])
    for name in instrument.scales:
        np.testing.assert_array_equal(together.scales[name].score[[one]], alone.scales[name].score)


@UNHURRIED
@given(forms(people=st.just(1)), st.data())
def test_a_score_rises_with_every_plain_answer_and_falls_with_every_reversed_one(form, data):
    instrument, answers = form
    items = list(instrument.items.values())
    place = data.draw(st.integers(0, len(items) - 1))
    item = items[place]
    lower, higher = sorted(data.draw(st.lists(st.sampled_from(item.responses.scored_codes), min_size=2, max_size=2)))
    low, high = answers.copy(), answers.copy()
    low[0, place], high[0, place] = lower, higher
    for name, scale in instrument.scales.items():
        before = score_instrument(instrument, low).scales[name].score[0]
        after = score_instrument(instrument, high).scales[name].score[0]
        step = (before - after if item.reverse else after - before) if item.id in scale.items else 0
        assert np.isnan(before) == np.isnan(after)
        assert np.isnan(step) or step >= -EXACT
        if lower < higher and not np.isnan(step) and item.id in scale.items and scale.missing.rounding == "none":
            assert step > 0


@pytest.mark.parametrize("instrument", SHIPPED.values(), ids=list(SHIPPED))
def test_every_whole_score_has_exactly_one_band(instrument):
    for scale in instrument.scales.values():
        for scheme in scale.band_schemes.values():
            scores = np.arange(scale.low, scale.high + 1)
            holders = [[band.id for band in scheme.bands if band.low <= score <= band.high] for score in scores]
            assert all(len(names) == 1 for names in holders)
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
