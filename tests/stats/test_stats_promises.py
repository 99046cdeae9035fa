"""What the intervals promise: the level they claim, in simulated studies with known answers.

Each simulation is seeded. With 1000 repetitions a share of 95 % has a Monte-Carlo error of 0.7 points
(600: 0.9, 400: 1.1), so a right interval leaves the bounds of about 3 points once in 1000 seeds or less.
"""

import subprocess
import sys

import numpy as np
import pytest

from eval_tools.stats.ancova import ancova
from eval_tools.stats.caseness import mcnemar, paired_risk_difference
from eval_tools.stats.change import hodges_lehmann_change, mean_change
from eval_tools.stats.effect_size import standardised_change, standardised_difference
from eval_tools.stats.reliability import cronbach_alpha, mcdonald_omega


def _coverage(estimates, truth):
    return np.mean([e.ci_low <= truth <= e.ci_high for e in estimates])


def _normal_pairs(rng, n, *, change, sd_after=1.3, r=0.6):
    before = rng.normal(size=n)
    return before, change + sd_after * (r * before + (1 - r**2) ** 0.5 * rng.normal(size=n))


def test_the_interval_of_the_mean_change_covers_the_change():
    rng = np.random.default_rng(11)
    estimates = [mean_change(*_normal_pairs(rng, 15, change=0.5)) for _ in range(1000)]
    assert 0.92 <= _coverage(estimates, 0.5) <= 0.98


def test_the_interval_of_the_pseudomedian_covers_it_with_tied_scores():
    rng = np.random.default_rng(12)
    # symmetric steps of 1 around 1: the pseudo-median is 1
    estimates = [hodges_lehmann_change(np.zeros(25), rng.binomial(6, 0.5, size=25) - 2) for _ in range(600)]
    assert 0.92 <= _coverage(estimates, 1.0) <= 0.99  # with ties it may only be cautious


def test_the_interval_of_g_av_covers_the_change_in_sd_with_unequal_variances():
    rng = np.random.default_rng(13)
    truth = 0.5 / ((1 + 1.3**2) / 2) ** 0.5
    estimates = [standardised_change(*_normal_pairs(rng, 30, change=0.5)) for _ in range(1000)]
    assert 0.92 <= _coverage(estimates, truth) <= 0.98
    # small-sample bias is corrected: Monte-Carlo error of the mean is about 0.17/sqrt(1000) = 0.005
    assert np.mean([e.estimate for e in estimates]) == pytest.approx(truth, abs=0.02)


def test_the_interval_of_hedges_g_covers_the_difference():
    rng = np.random.default_rng(14)
    # J shrinks the limits with the estimate, which costs little coverage at 50 people
    pairs = [(rng.normal(0.6, 1, 20), rng.normal(0, 1, 30)) for _ in range(600)]
    assert 0.92 <= _coverage([standardised_difference(x, y) for x, y in pairs], 0.6) <= 0.98


def test_the_bonett_price_interval_covers_the_change_of_the_share():
    rng = np.random.default_rng(15)
    cells = rng.choice(4, p=[0.3, 0.25, 0.1, 0.35], size=(1000, 30))  # both, only before, only after, neither
    estimates = [paired_risk_difference(c < 2, (c == 0) | (c == 2)) for c in cells]
    assert 0.92 <= _coverage(estimates, -0.15) <= 0.98


def test_the_feldt_interval_covers_alpha_of_parallel_items():
    rng = np.random.default_rng(16)
    estimates = [cronbach_alpha(rng.normal(size=(30, 1)) + rng.normal(size=(30, 5))) for _ in range(1000)]
    assert 0.92 <= _coverage(estimates, 5 / 6) <= 0.98


def test_the_interval_of_omega_covers_it_for_normal_items():
    rng = np.random.default_rng(17)
    lam = np.array([0.8, 0.7, 0.6, 0.5, 0.7, 0.6])
    truth = lam.sum() ** 2 / (lam.sum() ** 2 + (1 - lam**2).sum())
    estimates = [
        mcdonald_omega(rng.normal(size=(80, 1)) * lam + rng.normal(size=(80, 6)) * np.sqrt(1 - lam**2))
        for _ in range(400)
    ]
    assert {e.status for e in estimates} == {"estimated"}
    assert 0.93 <= _coverage(estimates, truth) <= 0.97


def test_the_ancova_interval_covers_the_difference_if_the_small_group_varies_more():
    rng = np.random.default_rng(18)
    group = np.repeat(["comparison", "programme"], [60, 15])
    treated, estimates = group == "programme", []
    for _ in range(800):
        before = rng.normal(size=75)
        after = 0.6 * before + treated + rng.normal(0, 1 + 2 * treated)
        estimates.append(ancova(before, after, group, reference="comparison").difference("programme"))
    assert 0.92 <= _coverage(estimates, 1.0) <= 0.98


@pytest.mark.parametrize("share_crossing", [0.1, 0.3, 0.6])
def test_mcnemars_mid_p_errs_in_at_most_six_of_a_hundred_studies_without_a_change(share_crossing):
    # no simulation: every possible table of 25 people, with its probability
    n, risk = 25, 0.0
    crossing = _binomial(n, share_crossing)
    for m in range(n + 1):
        one_way = _binomial(m, 0.5)
        for b in range(m + 1):
            before = np.repeat([1, 0, 0], [b, m - b, n - m])
            after = np.repeat([0, 1, 0], [b, m - b, n - m])
            if mcnemar(before, after).p_mid <= 0.05:
                risk += crossing[m] * one_way[b]
    assert risk <= 0.06


def _binomial(n, p):
    probabilities = np.array([1.0])
    for _ in range(n):
        probabilities = np.convolve(probabilities, [1 - p, p])
    return probabilities


def test_importing_the_room_loads_neither_scipy_stats_nor_pandas():
    modules = "ancova caseness change effect_size estimate individual multiplicity proportion reliability"
    code = (
        f"import sys; [__import__('eval_tools.stats.' + m) for m in {modules.split()!r}];"
        "print([m for m in ('scipy', 'pandas', 'statsmodels') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
