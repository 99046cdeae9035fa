"""How alike the groups were at the start, and how small a difference the study could have found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from eval_tools.comparison.baseline import compare_baseline, detectable_differences
from eval_tools.comparison.groups import compare_groups
from eval_tools.comparison.linked import link_waves
from synthetic_study import invent_school_study, synthetic_study


@pytest.fixture(scope="module")
def trial():
    study = synthetic_study()
    tables = invent_school_study(np.random.default_rng(3), n_programme=6, n_comparison=5)
    return study, tables


def test_the_difference_of_people_is_that_of_those_asked_twice_in_pooled_sds(trial):
    study, tables = trial
    rows = compare_baseline(tables.scores, tables.participants, study, wave="spring").set_index("estimator")
    linked = link_waves(
        tables.scores, tables.participants, study.plan.outcomes[0], baseline="autumn", wave="spring"
    ).dropna(subset=["before", "after"])
    a, b = (linked.loc[linked["group"] == group, "before"] for group in ("programme", "comparison"))
    n, df = len(a) + len(b), len(a) + len(b) - 2
    sd = np.sqrt(((len(a) - 1) * a.var() + (len(b) - 1) * b.var()) / df)
    expected = (1 - 3 / (4 * n - 9)) * (a.mean() - b.mean()) / sd
    assert rows.loc["people_g", "estimate"] == pytest.approx(expected, rel=1e-12)
    assert rows.loc["people_g", "n_sites"] == 11
    assert np.isnan(rows.loc["people_g", "ci_low"]), "children of one school are alike: no interval from people"


def test_the_difference_of_sites_counts_every_site_once(trial):
    study, tables = trial
    row = (
        compare_baseline(tables.scores, tables.participants, study, wave="spring").set_index("estimator").loc["sites_g"]
    )
    assert row["df"] == 9
    assert row["ci_low"] < row["estimate"] < row["ci_high"]


def test_a_single_group_has_nobody_to_be_compared_with():
    study = synthetic_study(single_group=True)
    tables = invent_school_study(np.random.default_rng(4), n_programme=6, n_comparison=0)
    assert compare_baseline(tables.scores, tables.participants, study, wave="spring").empty


def test_the_detectable_difference_is_found_in_four_of_five_studies(trial):
    study, tables = trial
    differences = compare_groups(tables.scores, tables.participants, study, wave="spring")
    primary = differences[differences["role"] == "primary"].iloc[0]
    found = detectable_differences(differences).iloc[0]
    df, se = primary["df"], primary["se"]
    shift = found["estimate"] / se
    power = stats.nct.sf(stats.t.ppf(0.975, df), df, shift)
    assert power == pytest.approx(0.8, abs=0.01)  # the shifted t is an approximation of the noncentral t
    assert found["branch"] == primary["branch"]


def test_without_a_standard_error_nothing_is_called_detectable():
    study = synthetic_study()
    tables = invent_school_study(np.random.default_rng(5), n_programme=1, n_comparison=5)
    differences = compare_groups(tables.scores, tables.participants, study, wave="spring")
    assert detectable_differences(differences)["estimate"].isna().all()
