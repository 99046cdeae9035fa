"""Wild bootstrap, randomisation of schools, sign flips: against brute force, laws, and degenerate schools."""

import tracemalloc
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from eval_tools.errors import DataError, DefinitionError, UnknownNames
from eval_tools.stats.cluster_design import find_clusters
from eval_tools.stats.cluster_robust import cluster_robust_ols
from eval_tools.stats.randomisation import randomise_ancova, randomise_difference
from eval_tools.stats.sign_flip import sign_flip_test
from eval_tools.stats.site_level import site_mean_difference
from eval_tools.stats.wild_bootstrap import wild_ancova, wild_cluster_bootstrap, wild_difference


def schools(seed, sizes, n_treated, effect=1.0):
    """Invented children: names of sites, arm, before, after."""
    rng = np.random.default_rng(seed)
    sites = np.repeat([f"學校 {i:02d}" for i in range(len(sizes))], sizes)
    treat = np.repeat((np.arange(len(sizes)) < n_treated).astype(float), sizes)
    before = rng.normal(20, 4, sites.size)
    noise = np.repeat(rng.normal(0, 1, len(sizes)), sizes) + rng.normal(0, 2, sites.size)
    return sites, treat, before, 5 + 0.7 * before + effect * treat + noise


def t_by_site(y, x, term, sites):
    fit = cluster_robust_ols(y, x, sites, names=[str(j) for j in range(x.shape[1])])
    return fit.coefficients[term] / fit.standard_errors("CR1S")[term]


def wild_by_brute_force(before, after, treat, sites, effect):
    """Refit people's data for every sign vector; return all t and the observed one."""
    x = np.column_stack([treat, np.ones(treat.size), before])
    shifted = after - effect * treat
    restricted = x[:, 1:]
    fitted = restricted @ np.linalg.lstsq(restricted, shifted, rcond=None)[0]
    codes = np.unique(sites, return_inverse=True)[1]
    ts = [
        t_by_site(fitted + np.array(signs)[codes] * (shifted - fitted), x, 0, sites)
        for signs in product([1.0, -1.0], repeat=codes.max() + 1)
    ]
    return np.array(ts), t_by_site(shifted, x, 0, sites)


def test_the_algebra_per_school_equals_refitting_for_every_sign_vector():
    sites, treat, before, after = schools(1, [4, 6, 5, 7, 3, 6], 3)
    result = wild_ancova(before, after, treat, sites)
    ts, observed = wild_by_brute_force(before, after, treat, sites, 0.0)
    assert result.t == pytest.approx(observed, rel=1e-9)
    assert result.n_draws == ts.size == 64
    assert result.estimate.p_value == (np.abs(ts) >= abs(observed) - 1e-9).mean()
    assert result.p_strict == (np.abs(ts) > abs(observed) + 1e-9).mean()


def test_the_wild_interval_holds_the_effects_that_brute_force_does_not_reject():
    sites, treat, before, after = schools(2, [4, 6, 5, 7, 3, 6, 4], 3)
    found = wild_ancova(before, after, treat, sites, ci_level=0.9).estimate
    width = found.ci_high - found.ci_low
    for end, outwards in ((found.ci_low, -1), (found.ci_high, 1)):
        for step, kept in ((-1e-6, True), (1e-6, False)):
            ts, observed = wild_by_brute_force(before, after, treat, sites, end + outwards * step * width)
            assert ((np.abs(ts) >= abs(observed) - 1e-9).mean() > 0.1) == kept


def test_the_wild_test_of_a_mean_change_has_only_an_intercept():
    sites, _, before, after = schools(3, [5] * 10, 0)
    found = wild_cluster_bootstrap(after - before, np.ones((50, 1)), sites, names=["mean"], term="mean")
    means = [(after - before)[sites == s].mean() for s in np.unique(sites)]
    # with schools of equal size, |t| orders the sign vectors as the mean does
    assert found.estimate.p_value == sign_flip_test(means).p_value[0]
    null = found.estimate.estimate
    at_itself = wild_cluster_bootstrap(after - before, np.ones((50, 1)), sites, names=["mean"], term="mean", null=null)
    assert at_itself.estimate.p_value == 1.0
    assert at_itself.estimate.ci_low == pytest.approx(found.estimate.ci_low, abs=1e-7)


def test_more_than_twelve_schools_are_drawn_and_close_to_all_sign_vectors():
    sites, treat, before, after = schools(4, [6] * 13, 6)
    drawn = wild_ancova(before, after, treat, sites, rng=1)
    assert not drawn.enumerated
    assert drawn.smallest_p == pytest.approx(2 / 2**13)
    again = wild_ancova(before, after, treat, sites, rng=np.random.default_rng(1))
    assert drawn.estimate.p_value == pytest.approx(again.estimate.p_value, abs=0.02)  # 4 Monte-Carlo errors
    assert drawn == wild_ancova(before, after, treat, sites, rng=1)
    webb = wild_ancova(before, after, treat, sites, rng=1, weights="webb")
    assert drawn.estimate.p_value == pytest.approx(webb.estimate.p_value, abs=0.03)


def brute_force_randomisation(statistic, sites, treat):
    names = np.unique(sites)
    codes = np.unique(sites, return_inverse=True)[1]
    n_treated = len({s for s, t in zip(sites, treat, strict=True) if t == 1})
    found = []
    for chosen in combinations(range(names.size), n_treated):
        found.append(statistic(np.isin(codes, chosen).astype(float)))
    found, observed = np.array(found), statistic(treat)
    return (np.abs(found) >= abs(observed) - 1e-9).mean()


@pytest.mark.parametrize("statistic", ["difference", "studentised"])
def test_randomisation_equals_refitting_for_every_assignment(statistic):
    sites, treat, before, after = schools(5, [4, 6, 5, 7, 3, 6, 8], 3)
    change = after - before

    def of_means(arm):
        found = site_mean_difference(change, arm, sites, variances="unequal").estimate
        return found.estimate / (found.se if statistic == "studentised" else 1)

    def adjusted(arm):
        x = np.column_stack([arm, np.ones(arm.size), before])
        fit = cluster_robust_ols(after, x, sites, names=list("abc"))
        return fit.coefficients[0] / (fit.standard_errors("CR0")[0] if statistic == "studentised" else 1)

    plain = randomise_difference(change, treat, sites, statistic=statistic)
    assert plain.estimate.p_value == pytest.approx(brute_force_randomisation(of_means, sites, treat))
    with_before = randomise_ancova(before, after, treat, sites, statistic=statistic)
    assert with_before.estimate.p_value == pytest.approx(brute_force_randomisation(adjusted, sites, treat))
    assert plain.n_assignments == 35
    assert plain.smallest_p == 1 / 35


@pytest.mark.parametrize("statistic", ["difference", "studentised"])
@pytest.mark.parametrize("adjusted", [False, True])
def test_the_randomisation_interval_ends_where_the_shifted_test_begins_to_reject(statistic, adjusted):
    sites, treat, before, after = schools(6, [4, 6, 5, 7, 3, 6, 8, 5], 4)

    def test_of(effect):
        shifted = after - effect * treat
        if adjusted:
            return randomise_ancova(before, shifted, treat, sites, statistic=statistic, ci_level=0.9)
        return randomise_difference(shifted - before, treat, sites, statistic=statistic, ci_level=0.9)

    found = test_of(0.0).estimate
    assert found.ci_low < found.estimate < found.ci_high
    width = found.ci_high - found.ci_low
    for end, outwards in ((found.ci_low, -1), (found.ci_high, 1)):
        assert test_of(end - outwards * 1e-6 * width).estimate.p_value > 0.1
        assert test_of(end + outwards * 1e-6 * width).estimate.p_value <= 0.1


def test_strata_are_respected_and_make_fewer_assignments():
    sites, treat, before, after = schools(7, [5] * 8, 8)
    place = np.repeat(np.arange(8), 5)
    treat = np.isin(place, [0, 2, 5, 6]).astype(float)
    region = np.where(place < 4, "coast", "hills")
    found = randomise_difference(after - before, treat, sites, strata=region)
    assert found.n_assignments == 36
    assert found.smallest_p == 2 / 36
    means = np.array([(after - before)[place == i].mean() for i in range(8)])

    def statistic(chosen):
        arm = np.isin(np.arange(8), chosen)
        parts = [means[h][arm[h]].mean() - means[h][~arm[h]].mean() for h in (slice(0, 4), slice(4, 8))]
        return sum(parts) / 2

    every = [statistic([*a, *b]) for a in combinations(range(4), 2) for b in combinations(range(4, 8), 2)]
    observed = statistic([0, 2, 5, 6])
    assert found.estimate.estimate == pytest.approx(observed)
    assert found.estimate.p_value == np.mean(np.abs(every) >= abs(observed) - 1e-9)
    adjusted = randomise_ancova(before, after, treat, sites, strata=region)
    x = np.column_stack([treat, place < 4, place >= 4, before])
    assert adjusted.estimate.estimate == pytest.approx(np.linalg.lstsq(x, after, rcond=None)[0][0])
    alone = randomise_difference(after - before, treat, sites, strata=np.where(place < 1, "island", "main"))
    assert alone.estimate.status == "too_few_sites"
    with pytest.raises(DataError, match="strata"):
        randomise_difference(after - before, treat, sites, strata=["x", *["y"] * 39])


def test_above_two_hundred_thousand_assignments_they_are_drawn():
    sites, treat, before, after = schools(8, [3] * 22, 11)
    found = randomise_difference(after - before, treat, sites, rng=3, n_draws=4999)
    assert not found.enumerated
    assert found.n_possible == 705_432
    assert found.n_assignments == 5000
    assert found.smallest_p == 1 / 5000
    t = site_mean_difference(after - before, treat, sites).estimate
    assert found.estimate.p_value == pytest.approx(t.p_value, abs=0.03)
    assert found.estimate.ci_low == pytest.approx(t.ci_low, abs=0.15 * (t.ci_high - t.ci_low))
    assert found == randomise_difference(after - before, treat, sites, rng=3, n_draws=4999)


def test_six_schools_can_never_be_significant_and_the_result_says_so():
    for seed in range(5):
        sites, treat, before, after = schools(seed, [6] * 6, 3, effect=50.0)
        found = randomise_ancova(before, after, treat, sites)
        assert found.smallest_p == 0.1
        assert found.estimate.p_value >= 0.1
        assert found.estimate.status == "too_few_sites"  # no interval of 95 %
        assert np.isnan(found.estimate.ci_low)
        ninety = randomise_ancova(before, after, treat, sites, ci_level=0.85).estimate
        assert ninety.status == "estimated"
        five = wild_difference((after - before)[sites < "學校 05"], treat[sites < "學校 05"], sites[sites < "學校 05"])
        assert five.smallest_p == 2 / 32
        assert five.estimate.p_value >= 2 / 32
        assert five.estimate.status == "too_few_sites"


seven_schools = st.integers(0, 2**32 - 1).map(lambda seed: schools(seed, [3, 4, 5, 6, 2, 7, 3], 3))
ANALYSES = {
    "wild": lambda s, t, x, y: wild_ancova(x, y, t, s, ci_level=0.9).estimate,
    "randomised": lambda s, t, x, y: randomise_difference(y - x, t, s, ci_level=0.9).estimate,
    "adjusted": lambda s, t, x, y: randomise_ancova(x, y, t, s, ci_level=0.9).estimate,
    "studentised": lambda s, t, x, y: randomise_ancova(x, y, t, s, ci_level=0.9, statistic="studentised").estimate,
}


@pytest.mark.parametrize("analyse", ANALYSES.values(), ids=ANALYSES)
@settings(max_examples=20, deadline=None)
@given(people=seven_schools, random=st.randoms(use_true_random=False), factor=st.floats(0.01, 1000))
def test_names_and_order_change_nothing_arms_flip_the_sign_points_scale(analyse, people, random, factor):
    sites, treat, before, after = people
    order = list(range(sites.size))
    random.shuffle(order)
    names = [f"名{i}" for i in range(7)]
    random.shuffle(names)
    renamed = np.array(names)[np.unique(sites, return_inverse=True)[1]]
    plain = analyse(sites, treat, before, after)
    other = analyse(renamed[order], treat[order], before[order], after[order])
    swapped = analyse(sites, 1 - treat, before, after)
    scaled = analyse(sites, treat, factor * before, factor * after)
    near = 1e-6 * (plain.ci_high - plain.ci_low)
    assert other.p_value == swapped.p_value == scaled.p_value == plain.p_value
    assert (other.ci_low, other.ci_high) == pytest.approx((plain.ci_low, plain.ci_high), abs=near)
    assert (-swapped.ci_high, -swapped.ci_low) == pytest.approx((plain.ci_low, plain.ci_high), abs=near)
    assert (scaled.ci_low / factor, scaled.ci_high / factor) == pytest.approx((plain.ci_low, plain.ci_high), abs=near)


def nothing_but(found, status):
    assert found.status == status
    assert np.isnan([found.ci_low, found.ci_high, found.p_value]).all()


@pytest.mark.parametrize("sizes", [[], [5], [1], [1, 1], [4, 4], [1, 1, 1], [2, 3, 4], [1, 1, 1, 1]])
def test_very_few_schools_give_a_reason_and_never_a_small_p_value(sizes):
    sites, treat, before, after = schools(8, sizes, len(sizes) // 2, effect=100.0)
    change = after - before
    for found in (
        wild_difference(change, treat, sites),
        wild_ancova(before, after, treat, sites),
        wild_ancova(before, after, treat, sites, weights="webb"),
        randomise_difference(change, treat, sites),
        randomise_difference(change, treat, sites, statistic="studentised"),
        randomise_ancova(before, after, treat, sites),
        randomise_ancova(before, after, treat, sites, statistic="studentised"),
    ):
        assert found.estimate.status in ("too_few_sites", "too_few_people", "no_variation")
        assert np.isnan(found.estimate.ci_low)
        assert not found.estimate.p_value < 1 / 8


def test_one_school_in_an_arm_gives_the_difference_and_nothing_else():
    sites, treat, before, after = schools(9, [10, 11, 12, 13, 14, 9, 8, 7], 1)
    for found in (
        wild_difference(after - before, treat, sites),
        wild_ancova(before, after, treat, sites),
        randomise_difference(after - before, treat, sites),
        randomise_ancova(before, after, treat, sites),
    ):
        nothing_but(found.estimate, "too_few_sites")
        assert np.isfinite(found.estimate.estimate)
        assert np.isnan(found.smallest_p)


def test_schools_that_all_moved_alike_have_no_test():
    sites, treat, before, _ = schools(10, [5, 6, 7, 8, 5, 6, 7, 8], 4)
    before = before.round(1)
    after = before + 0.3 + treat
    for found in (
        wild_difference(after - before, treat, sites),
        wild_ancova(before, after, treat, sites),
        randomise_difference(after - before, treat, sites),
        randomise_difference(after - before, treat, sites, statistic="studentised"),
        randomise_ancova(before, after, treat, sites),
        randomise_ancova(before, after, treat, sites, statistic="studentised"),
    ):
        nothing_but(found.estimate, "no_variation")
        assert found.estimate.estimate == pytest.approx(1.0)
    nothing_but(randomise_ancova(np.ones(before.size), after, treat, sites).estimate, "no_variation")
    nothing_but(wild_ancova(np.ones(before.size), after, treat, sites).estimate, "no_variation")


def test_people_with_a_missing_value_are_counted_and_nobody_at_all_is_a_reason():
    sites, treat, before, after = schools(11, [5] * 8, 4)
    after[3] = np.nan
    for analyse in (wild_ancova, randomise_ancova):
        found = analyse(before, after, treat, sites)
        assert (found.estimate.n, found.n_dropped) == (39, 1)
        nothing_but(analyse(before, np.full(40, np.nan), treat, sites).estimate, "too_few_people")


def test_sign_flips_equal_all_patterns_by_brute_force():
    rng = np.random.default_rng(12)
    changes = rng.integers(-3, 6, size=(11, 4)).astype(float)
    changes[2, 1] = changes[5, 1] = np.nan
    changes[:, 3] = 0.0
    found = sign_flip_test(changes)
    signs = np.array(list(product([1, -1], repeat=11)))
    for j in range(3):
        d = np.nan_to_num(changes[:, j])
        assert found.p_value[j] == (np.abs(signs @ d) >= abs(d.sum()) - 1e-9).mean()
    assert found.statuses == ("estimated", "estimated", "estimated", "no_variation")
    assert np.isnan(found.p_value[3])
    assert found.n.tolist() == [11, 9, 11, 11]
    assert found.mean[1] == pytest.approx(np.nanmean(changes[:, 1]))


def test_drawn_sign_flips_agree_with_the_exact_ones_and_with_scipy():
    rng = np.random.default_rng(13)
    thirty = rng.normal(0.25, 1, size=30)
    exact = sign_flip_test(thirty)
    theirs = stats.permutation_test(
        (thirty,), np.mean, permutation_type="samples", n_resamples=9999, rng=np.random.default_rng(1)
    )
    assert exact.n_patterns == 2**30
    assert exact.p_value[0] == pytest.approx(theirs.pvalue, abs=0.02)
    padded = np.append(thirty, np.zeros(3))  # three who did not change: the same test, now by draws
    drawn = sign_flip_test(padded, rng=1)
    assert not drawn.enumerated
    assert drawn.p_value[0] == pytest.approx(exact.p_value[0], abs=0.02)
    assert (drawn.p_value == sign_flip_test(padded, rng=1).p_value).all()
    # looked up or multiplied: the same signs, so the same p value, for one outcome as for many
    many = sign_flip_test(np.column_stack([padded] * 5), rng=1)
    assert (many.p_value == drawn.p_value[0]).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-20, 20), min_size=2, max_size=9), st.floats(0.001, 1000), st.randoms())
def test_flipping_all_signs_shuffling_and_scaling_leave_the_sign_flip_test_alone(changes, factor, random):
    d = np.array(changes, dtype=float)
    random.shuffle(changes)
    p = [sign_flip_test(v).p_value[0] for v in (d, -d, factor * d, np.array(changes, dtype=float))]
    np.testing.assert_array_equal(p, p[0])
    assert np.isnan(p[0]) or p[0] >= 2 / 2**d.size


def test_schools_can_be_flipped_instead_of_people():
    sites, _, before, after = schools(14, [3, 4, 5, 6, 7, 8], 0)
    change = np.column_stack([after - before, before])
    change[0, 1] = np.nan
    found = sign_flip_test(change, sites=sites)
    means = np.array([[np.nanmean(c[sites == s]) for c in change.T] for s in np.unique(sites)])
    np.testing.assert_allclose(found.mean, means.mean(axis=0))
    np.testing.assert_array_equal(found.p_value, sign_flip_test(means).p_value)
    assert found.smallest_p.tolist() == [2 / 64, 2 / 64]
    assert sign_flip_test(change, sites=[None] * len(sites)).statuses == ("too_few_sites",) * 2
    one = sign_flip_test(change, sites=["only"] * len(sites))
    assert one.statuses == ("too_few_sites",) * 2
    assert np.isnan(one.p_value).all()
    assert sign_flip_test([np.nan, np.nan]).statuses == ("too_few_people",)
    assert sign_flip_test([]).statuses == ("too_few_people",)
    assert sign_flip_test(np.full((40, 2), np.nan)).statuses == ("too_few_people",) * 2


def test_what_does_not_fit_is_refused():
    sites, treat, before, after = schools(15, [5] * 6, 3)
    with pytest.raises(DataError):
        randomise_difference(after, np.arange(30) % 2, sites)
    with pytest.raises(DataError):
        sign_flip_test(np.ones((2, 2, 2)))
    with pytest.raises(DataError):
        sign_flip_test([1.0, 2.0], sites=["a"])
    with pytest.raises(UnknownNames):
        randomise_ancova(before, after, treat, sites, statistic="rank")
    with pytest.raises(UnknownNames):
        wild_ancova(before, after, treat, sites, weights="mammen")
    with pytest.raises(UnknownNames):
        wild_cluster_bootstrap(after, np.ones((30, 1)), sites, names=["a"], term="b")
    with pytest.raises(DefinitionError):
        wild_cluster_bootstrap(after, np.ones((30, 2)), sites, names=["a"], term="a")
    for analyse in (wild_ancova, randomise_ancova):
        with pytest.raises(DefinitionError):
            analyse(before, after, treat, sites, n_draws=0)
    with pytest.raises(DefinitionError):
        sign_flip_test([1.0, 2.0], n_draws=0)


def test_memory_stays_linear_at_two_hundred_thousand_children():
    n = 200_000
    rng = np.random.default_rng(16)
    y, x = rng.normal(size=n), rng.normal(size=n)
    place = rng.integers(0, 12, n)
    treat = (place < 6).astype(float)
    sites = find_clusters([f"s{i}" for i in place])
    for analyse in (wild_ancova, randomise_ancova):
        tracemalloc.start()
        found = analyse(x, y, treat, sites)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert found.estimate.status == "estimated"
        assert peak < 6 * (x.nbytes + y.nbytes + treat.nbytes + sites.codes.nbytes)
