"""How much sites differ: published intervals, one-way analysis of variance, and lme4."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from eval_tools.errors import DataError, DefinitionError
from eval_tools.stats.site_spread import spread_of_sites

# Eight people in each of six sites; R: x <- round(-2 + rep(c(-1.5, .5, 2, -3, 1, -.5), each = 8) + ..., 1)
CHANGES = np.array(
    [
        [-2.3, -5.6, -3.1, -0.2, -5.2, -4.4, -1.3, -5.9],
        [-0.1, -4.0, -1.0, 2.5, -3.5, -2.6, 1.1, -4.4],
        [1.0, -1.7, 0.3, 2.6, -1.4, -0.7, 1.8, -1.9],
        [-3.7, -7.3, -4.6, -1.4, -6.9, -6.0, -2.6, -7.6],
        [0.1, -2.9, -0.6, 2.0, -2.5, -1.8, 1.0, -3.2],
        [-1.3, -4.6, -2.1, 0.8, -4.2, -3.4, -0.3, -4.9],
    ]
)


def of_people(changes):
    """Means, their variances by the pooled variance within sites, and its degrees of freedom."""
    k, n = changes.shape
    within = changes.var(axis=1, ddof=1).mean()
    return changes.mean(axis=1), np.full(k, within / n), k * (n - 1)


def test_the_vaccine_trials_have_the_interval_that_metafor_publishes():
    """``confint(rma(yi, vi, data = dat.bcg))`` in metafor's help: tau 0.5597 (0.3460 to 1.0543)."""
    cases = json.loads(Path(__file__).with_name("mixed_cases.json").read_text(encoding="utf-8"))
    (case,) = (case for case in cases if case["id"].startswith("S21"))
    found = spread_of_sites(case["inputs"]["yi"], case["inputs"]["vi"])
    assert found.n == 13
    assert found.estimate == pytest.approx(0.5597, abs=6e-5)
    assert found.ci_low == pytest.approx(0.3460, abs=6e-5)
    assert found.ci_high == pytest.approx(1.0543, abs=6e-5)


def test_sites_of_equal_size_have_the_spread_of_lme4_and_the_interval_and_test_of_anova():
    """R: ``lmer(x ~ 1 + (1 | site))``; ``anova(lm(x ~ site))``; (F / qf(...) - 1) * s2 / n; ``oneway.test``."""
    means, variances, df = of_people(CHANGES)
    found = spread_of_sites(means, variances, df=df)
    assert found.estimate == pytest.approx(1.6519500615, rel=1e-7)
    assert found.ci_low == pytest.approx(0.758530106484, rel=1e-8)
    assert found.ci_high == pytest.approx(4.444825073629, rel=1e-8)
    assert found.p_value == pytest.approx(0.000359763641768, rel=1e-8)
    assert found.p_value == pytest.approx(stats.f_oneway(*CHANGES).pvalue, rel=1e-10)


def test_sites_that_differ_less_than_chance_would_let_them_have_no_interval():
    means, variances, df = of_people(CHANGES - CHANGES.mean(axis=1, keepdims=True) + 0.001 * np.arange(6)[:, None])
    found = spread_of_sites(means, variances, df=df)
    assert (found.status, found.estimate) == ("no_variation", 0.0)
    assert np.isnan(found.ci_low)
    assert found.p_value > 0.99


def test_fewer_than_two_sites_have_no_spread():
    for y, v in (([], []), ([1.0], [0.2]), ([1.0, np.nan], [0.2, 0.3])):
        found = spread_of_sites(y, v)
        assert found.status == "too_few_sites"
        assert np.isnan(found.estimate)


def test_wrong_arguments_are_refused():
    with pytest.raises(DefinitionError, match="df is 0"):
        spread_of_sites([1, 2], [1, 1], df=0)
    with pytest.raises(DataError):
        spread_of_sites([1, 2], [1, 0])
    with pytest.raises(DataError):
        spread_of_sites([1, 2, 3], [1, 1])


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.floats(0.05, 2)), min_size=3, max_size=12),
    st.floats(-9, 9),
    st.floats(0.2, 8),
)
@settings(max_examples=40)
def test_the_spread_follows_the_unit_and_not_the_zero(pairs, shift, unit):
    y, v = np.round(np.array(pairs).T, 6)
    a = spread_of_sites(y, v, df=30)
    b = spread_of_sites(shift + unit * y, unit**2 * v, df=30)
    for name in ("estimate", "ci_low", "ci_high"):
        assert getattr(b, name) == pytest.approx(unit * getattr(a, name), rel=1e-4, abs=1e-4, nan_ok=True)
    assert b.p_value == pytest.approx(a.p_value, abs=1e-8)


def test_the_interval_holds_the_true_spread_as_often_as_it_promises():
    rng = np.random.default_rng(8)
    held = 0
    for _ in range(400):
        changes = rng.normal(0, 2, (7, 1)) + rng.normal(0, 6, (7, 20))
        means, variances, df = of_people(changes)
        found = spread_of_sites(means, variances, df=df)
        held += found.ci_low <= 2 <= found.ci_high
    assert 0.92 <= held / 400 <= 0.98, "95 %, give or take three standard errors"
