"""Schools of every size and number, points of every scale, holes, ties: a number with an interval, or a reason."""

import numpy as np
import pytest

from eval_tools.stats.cluster_robust import cluster_ancova, cluster_difference, cluster_mean_change
from eval_tools.stats.randomisation import randomise_ancova, randomise_difference
from eval_tools.stats.resampling import bca_interval, bootstrap_mean_change, bootstrap_standardised_change
from eval_tools.stats.sign_flip import sign_flip_test
from eval_tools.stats.site_level import site_mean_ancova, site_mean_change, site_mean_difference
from eval_tools.stats.wild_bootstrap import wild_ancova, wild_difference


def rounded(x, y, place, rng):
    return x.round(), y.round()


def unchanged(x, y, place, rng):
    return x, x.copy()


def only_schools(x, y, place, rng):
    return np.zeros(x.size), place * 1.0


def with_holes(x, y, place, rng):
    holes = rng.random((2, x.size)) < 0.4
    return np.where(holes[0], np.nan, x), np.where(holes[1], np.nan, y)


def as_drawn(x, y, place, rng):
    return x, y


@pytest.mark.parametrize("shape", [as_drawn, rounded, unchanged, only_schools, with_holes])
def test_there_is_an_interval_around_the_estimate_or_a_reason(shape):
    rng = np.random.default_rng(20260804)
    for _ in range(25):
        n_sites, n = rng.integers(1, 14), int(rng.integers(1, 60))
        place = rng.integers(0, n_sites, n)
        treat = (place < rng.integers(0, n_sites + 1)) * 1.0
        x = rng.normal(size=n)
        x, y = shape(x, x + rng.normal(size=n), place, rng)
        scale, offset = 10.0 ** rng.integers(-12, 10), 10.0 ** rng.integers(-3, 9) * rng.integers(0, 2)
        x, y, sites = x * scale + offset, y * scale + offset, [f"s{i}" for i in place]
        around = [
            cluster_mean_change(y - x, sites).coefficient("mean"),
            cluster_difference(y - x, treat, sites).coefficient("difference"),
            cluster_ancova(x, y, treat, sites).coefficient("difference"),
            site_mean_change(y - x, sites).estimate,
            site_mean_difference(y - x, treat, sites, variances="unequal").estimate,
            site_mean_ancova(x, y, treat, sites).estimate,
            wild_difference(y - x, treat, sites).estimate,
            wild_ancova(x, y, treat, sites).estimate,
            randomise_difference(y - x, treat, sites).estimate,
            randomise_difference(y - x, treat, sites, statistic="studentised").estimate,
            randomise_ancova(x, y, treat, sites).estimate,
            randomise_ancova(x, y, treat, sites, statistic="studentised").estimate,
        ]
        resampled = [
            bootstrap_mean_change(x, y, rng=1, n_resamples=99).estimates[0],
            bootstrap_mean_change(x, y, sites=sites, rng=1, n_resamples=99).estimates[0],
            bootstrap_standardised_change(x, y, rng=1, n_resamples=99).estimates[0],
            bca_interval(y - x, statistic="variance", rng=1, n_resamples=99).estimates[0],
        ]
        for e in [*around, *resampled]:
            if e.status == "estimated":
                assert np.isfinite([e.estimate, e.ci_low, e.ci_high]).all()
                assert not e.p_value < 1e-9 or shape is only_schools
            else:
                assert np.isnan([e.ci_low, e.ci_high]).all()
        assert all(e.ci_low <= e.estimate <= e.ci_high for e in around if e.status == "estimated")
        flips = sign_flip_test(y - x, sites=sites)
        assert (flips.statuses[0] == "estimated") == (flips.p_value[0] >= flips.smallest_p[0])
