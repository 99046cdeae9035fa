"""Shares of people who got better or worse: Wilson for independent people, by sites where they belong to some."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from eval_tools.comparison.individual import classify_changes
from eval_tools.comparison.shares import estimate_shares, share_of


def shares(trial):
    table = estimate_shares(trial.scores, trial.participants, trial.reliabilities, trial.study, wave="spring")
    return table.set_index(["estimator", "group"])


def test_a_share_is_of_everybody_in_the_group_with_the_interval_of_wilson(trial, people):
    invented = trial([*people(40), ("club", 12, None)])
    classes = classify_changes(
        invented.scores, invented.participants, invented.reliabilities, invented.study, wave="spring"
    )
    table = shares(invented)
    for (name, class_), group in zip(
        [("share_improved", "improved"), ("share_worse", "worse")] * 3,
        ["club", "club", "wait", "wait", "all", "all"],
        strict=True,
    ):
        mine = classes if group == "all" else classes[classes["group"] == group]
        count = int((mine["reliable_change"] == class_).sum())
        row = table.loc[name, group]
        low, high = proportion_confint(count, len(mine), method="wilson")
        expected = [count / len(mine), low, high]
        assert [row["estimate"], row["ci_low"], row["ci_high"]] == pytest.approx(expected, abs=1e-12)
        assert row["n"] == len(mine), "those without a later score count too"
        assert row["smallest_count"] == min(count, len(mine) - count)


def test_where_people_belong_to_sites_of_equal_size_the_interval_is_the_one_of_site_shares():
    rng = np.random.default_rng(3)
    has = rng.random((8, 15)) < rng.uniform(0.1, 0.5, (8, 1))
    site = np.repeat([f"s{i}" for i in range(8)], 15)
    found = share_of(has.ravel(), site)
    of_sites = has.mean(axis=1)
    low, high = stats.ttest_1samp(of_sites, 0).confidence_interval(0.95)
    assert [found.estimate, found.ci_low, found.ci_high] == pytest.approx([of_sites.mean(), low, high], abs=1e-10)
    assert np.isnan(found.p_value)


def test_an_interval_never_leaves_the_shares_there_are():
    has = np.zeros(60, dtype=bool)
    has[:12] = True  # one site has them all
    found = share_of(has, np.repeat(list("abcde"), 12))
    assert found.ci_low == 0.0
    assert share_of(~has, np.repeat(list("abcde"), 12)).ci_high == 1.0


@pytest.mark.parametrize("sites", [1, 3])
def test_fewer_than_four_sites_give_a_share_and_no_interval(sites):
    has = np.array([True, False, False, True, False, False] * 4)
    found = share_of(has, np.array([f"s{i % sites}" for i in range(has.size)]))
    assert found.estimate == pytest.approx(1 / 3)
    assert (found.status, np.isnan(found.ci_low)) == ("needs_sites", True)


def test_a_class_that_nobody_is_in_has_no_interval_by_sites():
    found = share_of(np.zeros(40, dtype=bool), np.repeat(list("abcd"), 10))
    assert (found.estimate, found.status) == (0.0, "no_variation")
    assert np.isnan(found.ci_high)


def test_without_a_reliability_nobody_is_called_unchanged(trial, people):
    table = shares(trial(people(20), alpha=float("nan"), omega=float("nan")))
    assert set(table["status"]) == {"no_reliability"}
    assert table["estimate"].isna().all()
