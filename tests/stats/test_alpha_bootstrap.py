import numpy as np
import pytest
from scipy import stats

from eval_tools.errors import DataError, DefinitionError, UnknownNames
from eval_tools.stats.alpha_bootstrap import bootstrap_alpha
from eval_tools.stats.reliability import cronbach_alpha

RESAMPLES = 20_000


def alpha_of_people(x, places):
    """Return alpha of drawn people (..., people), in the textbook way."""
    drawn = x[places]
    k = x.shape[1]
    return k / (k - 1) * (1 - drawn.var(axis=-2, ddof=1).sum(axis=-1) / drawn.sum(axis=-1).var(axis=-1, ddof=1))


@pytest.fixture(scope="module")
def skewed():
    rng = np.random.default_rng(11)
    common = rng.gamma(1.0, size=(120, 1))
    return np.floor(np.clip(common + rng.gamma(1.0, size=(120, 6)), 0, 4))


@pytest.mark.parametrize(("interval", "scipys"), [("percentile", "percentile"), ("bca", "BCa")])
def test_the_interval_is_that_of_scipy_up_to_the_draws(skewed, interval, scipys):
    ours = bootstrap_alpha(skewed, rng=1, n_resamples=RESAMPLES, interval=interval)
    theirs = stats.bootstrap(
        (np.arange(len(skewed)),),
        lambda places, axis: alpha_of_people(skewed, places),
        n_resamples=RESAMPLES,
        batch=500,
        method=scipys,
        rng=np.random.default_rng(2),
    )
    limits = [ours.estimate.ci_low, ours.estimate.ci_high]
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    # Monte-Carlo error of a 2.5 % quantile of 20,000 draws: about 1 % of the width, of a difference 1.5 %
    assert limits == pytest.approx(list(theirs.confidence_interval), abs=0.05 * width)
    assert ours.estimate.se == pytest.approx(theirs.standard_error, rel=0.03)


def test_bca_and_percentile_differ_for_skewed_answers(skewed):
    by = {i: bootstrap_alpha(skewed, rng=1, interval=i).estimate for i in ("percentile", "bca")}
    assert by["percentile"].ci_low != by["bca"].ci_low
    assert (by["percentile"].se, by["percentile"].estimate) == (by["bca"].se, by["bca"].estimate)


def test_the_estimate_is_alpha_and_people_with_a_gap_do_not_count(skewed):
    with_gaps = skewed.copy()
    with_gaps[::10, 2] = np.nan
    found = bootstrap_alpha(with_gaps, rng=3).estimate
    plain = cronbach_alpha(with_gaps)
    assert (found.n, found.estimate) == (plain.n, pytest.approx(plain.estimate, rel=1e-12))


def test_each_replicate_is_alpha_of_drawn_people():
    # with two people drawn twice, there are three outcomes: one of them twice (no alpha), or both (alpha of the two)
    x = np.array([[1.0, 2.0, 2.0], [3.0, 3.0, 5.0], [2.0, 5.0, 1.0], [4.0, 1.0, 4.0]])
    possible = np.array(np.meshgrid(*[range(4)] * 4)).reshape(4, -1).T
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = alpha_of_people(x, possible)
    replicates = bootstrap_alpha(x, rng=5, n_resamples=4_000).replicates
    expected = np.unique(expected[np.isfinite(expected)].round(9))
    found = np.unique(replicates[~np.isnan(replicates)].round(9))
    assert set(found) <= set(expected)
    assert len(found) > 0.9 * len(expected)


def test_a_large_constant_does_not_cost_digits(skewed):
    far = bootstrap_alpha(skewed + 1e6, rng=1)
    near = bootstrap_alpha(skewed, rng=1)
    np.testing.assert_allclose(far.replicates, near.replicates, atol=1e-8)


@pytest.mark.parametrize(
    ("items", "status", "estimate"),
    [
        (np.ones((5, 1)), "too_few_items", None),
        (np.array([[1.0, 2.0]]), "too_few_people", None),
        (np.ones((5, 3)), "no_variation", None),
        (np.array([[1.0, 2.0], [2.0, 4.0], [3.0, np.nan]]), "too_few_people", 8 / 9),
        (np.repeat(np.arange(40.0)[:, None], 3, axis=1), "no_variation", 1.0),
    ],
)
def test_where_there_is_no_interval_the_status_says_why(items, status, estimate):
    found = bootstrap_alpha(items, rng=1).estimate
    assert found.status == status
    assert np.isnan([found.ci_low, found.ci_high, found.se]).all()
    assert found.estimate == pytest.approx(np.nan if estimate is None else estimate, nan_ok=True)


def test_the_same_seed_gives_the_same_interval_and_another_another(skewed):
    first, again, other = (bootstrap_alpha(skewed, rng=seed).estimate for seed in (7, 7, 8))
    assert first == again
    assert first.ci_low != other.ci_low


def test_bad_options_and_tables_are_refused():
    with pytest.raises(UnknownNames):
        bootstrap_alpha([[1, 2], [2, 3]], rng=1, interval="basic")
    with pytest.raises(DefinitionError, match="n_resamples is 0"):
        bootstrap_alpha([[1, 2], [2, 3]], rng=1, n_resamples=0)
    with pytest.raises(DefinitionError, match="ci_level"):
        bootstrap_alpha([[1, 2], [2, 3]], rng=1, ci_level=95)
    with pytest.raises(DataError, match="1 dimensions"):
        bootstrap_alpha([1, 2, 3], rng=1)
