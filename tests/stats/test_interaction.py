"""Interactions and correlations: the numbers of R (interaction.R beside this file), and what they must refuse."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from eval_tools.errors import DataError, DefinitionError
from eval_tools.stats.correlation import correlation
from eval_tools.stats.interaction import interaction_of_change

with Path(__file__).with_name("interaction.csv").open(encoding="utf-8", newline="") as file:
    R = {row.pop("case"): row for row in csv.DictReader(file)}

K = np.arange(1, 85)
SITE = (K - 1) % 9
LEVEL = (K % 2 == 0).astype(float)
TREAT = (SITE < 4).astype(float)
CHANGE = np.round(3 * np.sin(K * 1.7) + 2 * np.cos(SITE * 2.3) - 1.5 * TREAT - LEVEL + 2.2 * TREAT * LEVEL, 3)
SITES = [f"school {s}" for s in SITE]
CASES = {
    "sites_difference": {"treat": TREAT, "sites": SITES},
    "sites_change": {"sites": SITES},
    "people_difference": {"treat": TREAT},
    "people_change": {},
}


@pytest.mark.parametrize("name", CASES)
def test_an_interaction_is_that_of_r(name):
    found = interaction_of_change(CHANGE, LEVEL, **CASES[name])
    assert (found.status, found.n, found.unit) == ("estimated", 84, "scale points")
    for column in ("estimate", "se", "df", "ci_low", "ci_high"):
        assert getattr(found, column) == pytest.approx(float(R[name][column]), rel=1e-8), column


def test_the_p_value_is_that_of_the_interval():
    for how in CASES.values():
        found = interaction_of_change(CHANGE, LEVEL, **how)
        assert found.p_value == pytest.approx(2 * stats.t.sf(abs(found.estimate / found.se), found.df), rel=1e-10)


def test_swapping_levels_or_arms_turns_the_sign_and_keeps_the_width():
    for sites in (None, SITES):
        one = interaction_of_change(CHANGE, LEVEL, treat=TREAT, sites=sites)
        for other in (
            interaction_of_change(CHANGE, 1 - LEVEL, treat=TREAT, sites=sites),
            interaction_of_change(CHANGE, LEVEL, treat=1 - TREAT, sites=sites),
        ):
            assert other.estimate == pytest.approx(-one.estimate)
            assert (other.ci_low, other.ci_high) == pytest.approx((-one.ci_high, -one.ci_low))
            assert other.p_value == pytest.approx(one.p_value)


def test_people_with_a_missing_value_do_not_enter():
    moved, level, treat = CHANGE.copy(), LEVEL.copy(), TREAT.copy()
    moved[0], level[5], treat[11] = np.nan, np.nan, np.nan
    keep = ~np.isin(np.arange(84), [0, 5, 11])
    for sites in (None, SITES):
        found = interaction_of_change(moved, level, treat=treat, sites=sites)
        kept = None if sites is None else np.array(SITES)[keep]
        expected = interaction_of_change(CHANGE[keep], LEVEL[keep], treat=TREAT[keep], sites=kept)
        assert found.n == 81
        assert (found.estimate, found.se, found.df) == pytest.approx((expected.estimate, expected.se, expected.df))


def test_an_empty_cell_gives_no_number():
    for how in CASES.values():
        found = interaction_of_change(CHANGE, np.zeros(84), **how)
        assert np.isnan(found.estimate)
        assert np.isnan(found.p_value)
        assert found.status == "too_few_people"


def test_one_school_in_an_arm_gives_no_interval_and_no_p_value():
    found = interaction_of_change(CHANGE, LEVEL, treat=(SITE == 0).astype(float), sites=SITES)
    assert found.status == "too_few_sites"
    assert np.isnan([found.se, found.ci_low, found.ci_high, found.p_value]).all()


def test_scores_that_do_not_vary_within_cells_give_no_interval_and_no_p_value():
    for how in ({"treat": TREAT}, {}):
        found = interaction_of_change(2 * LEVEL + TREAT * LEVEL * len(how), LEVEL, **how)
        assert found.status == "no_variation"
        assert np.isnan([found.se, found.p_value]).all()


def test_lists_that_do_not_fit_are_refused():
    with pytest.raises(DataError):
        interaction_of_change(CHANGE, LEVEL[:-1])
    with pytest.raises(DataError):
        interaction_of_change(CHANGE, LEVEL, treat=TREAT[:-1])
    with pytest.raises(DataError):
        interaction_of_change(CHANGE, LEVEL + 1)
    with pytest.raises(DefinitionError):
        interaction_of_change(CHANGE, LEVEL, ci_level=95)


def test_a_correlation_is_that_of_r_and_of_scipy():
    other = 3 * np.sin(K * 1.7)
    found = correlation(CHANGE, other)
    for column in ("estimate", "ci_low", "ci_high"):
        assert getattr(found, column) == pytest.approx(float(R["correlation"][column]), rel=1e-9), column
    wide = stats.pearsonr(CHANGE, other).confidence_interval(0.99)
    narrow = correlation(CHANGE, other, ci_level=0.99)
    assert (narrow.ci_low, narrow.ci_high) == pytest.approx((wide.low, wide.high), rel=1e-9)
    assert np.isnan(found.p_value)


def test_a_correlation_needs_four_pairs_and_values_that_vary():
    assert correlation([1, 2, 3], [2, 1, 3]).status == "too_few_people"
    assert correlation([1, 2, 3], [2, 1, 3]).estimate == pytest.approx(0.5)
    assert np.isnan(correlation([1, np.nan], [2, 3]).estimate)
    assert correlation([1.5] * 9, range(9)).status == "no_variation"
    straight = correlation(range(9), range(9))
    assert (straight.status, straight.estimate) == ("no_variation", 1.0)
    assert np.isnan(straight.ci_low)
