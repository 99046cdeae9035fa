import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from eval_tools.errors import DataError, DefinitionError, UnknownNames
from eval_tools.stats.effect_size import standardised_change
from eval_tools.stats.resampling import (
    _count,
    bca_interval,
    bootstrap_mean_change,
    bootstrap_standardised_change,
    resample_sums,
)
from eval_tools.stats.streams import BLOCK, block_sizes, block_streams, seed_of


def counts_of(n, rows, seed):
    counts = np.empty((rows, n))
    _count(np.empty((rows, n), dtype=np.intp), counts, seed)
    return counts


def blocks_of_counts(n, n_blocks, rng=1):
    return [counts_of(n, BLOCK // n, seed) for seed in block_streams(rng, n_blocks)]


def test_the_counts_have_the_mean_and_variance_of_drawing_with_replacement():
    n = 50
    counts = np.concatenate(blocks_of_counts(n, 8))
    assert (counts.sum(axis=1) == n).all()
    assert np.allclose(counts, counts.round())
    # 10,480 resamples: the Monte-Carlo error of a mean is 0.0097, of a variance 0.017; 50 of each
    np.testing.assert_allclose(counts.mean(axis=0), 1.0, atol=0.04)
    np.testing.assert_allclose(counts.var(axis=0), 1 - 1 / n, atol=0.07)


def test_blocks_are_not_correlated_with_each_other():
    n = 64
    blocks = np.stack([b.ravel() for b in blocks_of_counts(n, 12)])
    correlations = np.corrcoef(blocks)[np.triu_indices(12, 1)]
    assert np.abs(correlations).max() < 4.5 / blocks.shape[1] ** 0.5  # 66 pairs
    for lag in (1, 2, 624):
        shifted = np.corrcoef(blocks[0][:-lag], blocks[1][lag:])[0, 1]
        assert abs(shifted) < 4 / blocks.shape[1] ** 0.5


def test_the_same_numbers_come_whatever_the_order_of_the_blocks():
    rows = np.random.default_rng(1).normal(size=(300, 3))
    whole = resample_sums(rows, n_resamples=1000, rng=7)
    sizes = block_sizes(1000, 300)
    assert len(sizes) > 4
    streams = block_streams(7, len(sizes))
    backwards = [counts_of(300, m, s) @ rows for m, s in reversed(list(zip(sizes, streams, strict=True)))]
    np.testing.assert_array_equal(whole, np.concatenate(backwards[::-1]))


def test_a_generator_moves_on_and_a_seed_does_not():
    rows = np.arange(20.0)[:, None]
    generator = np.random.default_rng(3)
    first, second = (resample_sums(rows, n_resamples=5, rng=generator) for _ in range(2))
    assert (first != second).any()
    again = resample_sums(rows, n_resamples=5, rng=np.random.default_rng(3))
    np.testing.assert_array_equal(first, again)
    assert seed_of(3).entropy == 3


@pytest.mark.parametrize(("statistic", "theirs"), [("mean", np.mean), ("variance", np.var)])
def test_bca_limits_agree_with_scipy(statistic, theirs):
    x = np.random.default_rng(4).gamma(2.0, size=40)
    ours = bca_interval(x, statistic=statistic, n_resamples=40_000, rng=1).estimates[0]
    scipys = stats.bootstrap((x,), theirs, n_resamples=20_000, batch=500, rng=np.random.default_rng(2))
    interval = scipys.confidence_interval
    assert ours.estimate == pytest.approx(theirs(x))
    assert ours.se == pytest.approx(scipys.standard_error, rel=0.03)
    width = interval.high - interval.low  # limits of 20,000 resamples have a Monte-Carlo error of about 1 % of it
    assert ours.ci_low == pytest.approx(interval.low, abs=0.05 * width)
    assert ours.ci_high == pytest.approx(interval.high, abs=0.05 * width)


def test_a_difference_of_means_has_scipys_limits_and_acceleration():
    rng = np.random.default_rng(5)
    x, y = rng.gamma(2.0, size=25), rng.gamma(1.0, size=45)
    result = bca_interval([*x, *y], treat=[1] * 25 + [0] * 45, n_resamples=40_000, rng=1)
    scipys = stats.bootstrap(
        (x, y),
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        n_resamples=20_000,
        batch=500,
        rng=np.random.default_rng(2),
    )
    interval, ours = scipys.confidence_interval, result.estimates[0]
    assert ours.estimate == pytest.approx(x.mean() - y.mean())
    width = interval.high - interval.low
    assert (ours.ci_low, ours.ci_high) == pytest.approx((interval.low, interval.high), abs=0.05 * width)
    push = np.concatenate([(x - x.mean()) / 25, -(y - y.mean()) / 45])  # influence of a mean, over n
    assert result.acceleration[0] == pytest.approx((push**3).sum() / (6 * (push**2).sum() ** 1.5))


def g_av(x, y, axis):
    variance = (x.var(axis=axis, ddof=1) + y.var(axis=axis, ddof=1)) / 2
    n = x.shape[axis]
    return ((n - 2) / (n - 1)) ** 0.5 * (y.mean(axis=axis) - x.mean(axis=axis)) / variance**0.5


def test_a_standardised_change_has_scipys_limits():
    rng = np.random.default_rng(8)
    before = 40 + rng.gamma(2.0, size=45)
    after = before + rng.gamma(1.0, size=45) - 0.5
    result = bootstrap_standardised_change(before, after, n_resamples=40_000, rng=1)
    scipys = stats.bootstrap(
        (before, after), g_av, paired=True, n_resamples=20_000, batch=500, rng=np.random.default_rng(2)
    )
    interval, ours = scipys.confidence_interval, result.estimates[0]
    assert ours.estimate == pytest.approx(standardised_change(before, after).estimate)
    width = interval.high - interval.low
    assert (ours.ci_low, ours.ci_high) == pytest.approx((interval.low, interval.high), abs=0.05 * width)
    few = bootstrap_standardised_change([1.0, 2.0, np.nan], [2.0, 4.0, 1.0], rng=1, n_resamples=50).estimates[0]
    assert few.status == "too_few_people"
    alike = bootstrap_standardised_change([1.0, 1.0, 1.0], [2.0, 2.0, 2.0], rng=1, n_resamples=50).estimates[0]
    assert alike.status == "no_variation"


def test_outcomes_share_their_resamples_and_missing_answers_count_where_they_are():
    rng = np.random.default_rng(6)
    before = rng.normal(size=(60, 3))
    after = before + rng.normal(0.5, 1, size=(60, 3))
    after[:, 2] = before[:, 2] + 2 * (after[:, 0] - before[:, 0])
    before[:7, 1] = np.nan
    result = bootstrap_mean_change(before, after, rng=2, n_resamples=4000)
    assert result.replicates.shape == (4000, 3)
    np.testing.assert_allclose(result.replicates[:, 2], 2 * result.replicates[:, 0])
    assert [e.n for e in result.estimates] == [60, 53, 60]
    complete = bootstrap_mean_change(before[7:, 1], after[7:, 1], rng=3, n_resamples=4000).estimates[0]
    assert result.estimates[1].estimate == pytest.approx(complete.estimate)
    assert result.estimates[1].ci_low == pytest.approx(complete.ci_low, abs=0.06 * (complete.ci_high - complete.ci_low))
    alone = bootstrap_mean_change(before[:, 0], after[:, 0], rng=2, n_resamples=4000)
    np.testing.assert_allclose(alone.estimates[0].ci_low, result.estimates[0].ci_low)


def test_whole_schools_are_resampled_and_left_out():
    rng = np.random.default_rng(7)
    sites = np.repeat([f"s{i}" for i in range(14)], rng.integers(3, 12, 14))
    change = np.repeat(rng.normal(size=14), [np.sum(sites == f"s{i}") for i in range(14)]) + rng.normal(
        0, 0.3, sites.size
    )
    result = bca_interval(change, sites=sites, rng=1)
    assert result.n_units == 14
    left_out = np.array([change[sites != f"s{i}"].mean() for i in range(14)])
    push = left_out.mean() - left_out
    assert result.acceleration[0] == pytest.approx((push**3).sum() / (6 * (push**2).sum() ** 1.5))
    people = bca_interval(change, rng=1).estimates[0]
    schools = result.estimates[0]
    assert schools.estimate == pytest.approx(change.mean())
    assert schools.ci_high - schools.ci_low > 1.5 * (people.ci_high - people.ci_low)
    arms = (np.unique(sites, return_inverse=True)[1] % 2).astype(float)
    difference = bca_interval(change, treat=arms, sites=sites, rng=1).estimates[0]
    assert difference.estimate == pytest.approx(change[arms == 1].mean() - change[arms == 0].mean())
    assert difference.status == "estimated"


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100), st.floats(-1e6, 1e6))
def test_points_scale_and_shift_the_interval_and_swapped_arms_flip_it(seed, factor, shift):
    x = np.random.default_rng(seed).gamma(2.0, size=30)
    plain = bca_interval(x, rng=1, n_resamples=500).estimates[0]
    moved = bca_interval(factor * x + shift, rng=1, n_resamples=500).estimates[0]
    near = 1e-6 * factor * (plain.ci_high - plain.ci_low) + 1e-9 * abs(shift)
    expected = (factor * plain.ci_low + shift, factor * plain.ci_high + shift)
    assert (moved.ci_low, moved.ci_high) == pytest.approx(expected, abs=near)
    arm = np.repeat([1, 0], 15)
    one = bca_interval(x, treat=arm, rng=1, n_resamples=500)
    two = bca_interval(-x, treat=arm, rng=1, n_resamples=500)
    assert one.estimates[0].ci_low == pytest.approx(-two.estimates[0].ci_high, abs=1e-9)
    assert one.acceleration[0] == pytest.approx(-two.acceleration[0])


@pytest.mark.parametrize(
    ("values", "options", "status"),
    [
        ([], {}, "too_few_people"),
        ([1.0], {}, "too_few_people"),
        ([np.nan, np.nan, 3.0], {}, "too_few_people"),
        ([2.0, 2.0, 2.0], {}, "no_variation"),
        ([0.1 + 0.2, 0.3, 0.3], {}, "no_variation"),
        ([1.0, 2.0, 3.0], {"treat": [1, 1, 1]}, "too_few_people"),
        ([1.0, 2.0, 3.0], {"treat": [1, 1, 0]}, "too_few_people"),
        ([1.0, 2.0, 3.0] * 3, {"sites": [*"abcabcabc"]}, "too_few_sites"),
        ([1.0, 2.0] * 5, {"sites": [*"abcdefghij"], "treat": [1, 1, 1, *[0] * 7]}, "too_few_sites"),
        ([1.0, 2.0], {"sites": [None, ""]}, "too_few_sites"),
        ([5.0] * 12, {"sites": [*"abcdefghijkl"]}, "no_variation"),
        (np.full((4, 2), np.nan), {}, "too_few_people"),
    ],
)
def test_what_cannot_be_bootstrapped_has_a_reason(values, options, status):
    result = bca_interval(values, rng=1, n_resamples=50, **options)
    for found in result.estimates:
        assert found.status == status
        assert np.isnan([found.ci_low, found.ci_high, found.se, found.p_value]).all()


def test_what_does_not_fit_is_refused():
    with pytest.raises(DataError):
        bca_interval([1.0, 2.0], sites=["a"], rng=1)
    with pytest.raises(DataError):
        bca_interval([1.0, 2.0], treat=[1], rng=1)
    with pytest.raises(DataError):
        bca_interval(np.ones((2, 2, 2)), rng=1)
    with pytest.raises(DataError):
        bca_interval([1.0, 2.0], sites=["a", "a"], treat=[0, 1], rng=1)
    with pytest.raises(DataError):
        bootstrap_mean_change([1.0, 2.0], [1.0, 2.0, 3.0], rng=1)
    with pytest.raises(UnknownNames):
        bca_interval([1.0, 2.0], statistic="median", rng=1)
    with pytest.raises(DefinitionError):
        bca_interval([1.0, 2.0], n_resamples=0, rng=1)
