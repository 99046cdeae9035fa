import tracemalloc

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from eval_tools.errors import DataError, DefinitionError, UnknownNames
from eval_tools.stats.cluster_design import complete_rows, find_clusters
from eval_tools.stats.cluster_robust import (
    cluster_ancova,
    cluster_difference,
    cluster_mean_change,
    cluster_robust_ols,
)
from eval_tools.stats.site_level import site_mean_ancova, site_mean_change, site_mean_difference


def schools(seed, sizes, n_treated):
    """Invented children: names of sites, arm, before, after."""
    rng = np.random.default_rng(seed)
    sites = np.repeat([f"école «{i}», n° 一{i}" for i in range(len(sizes))], sizes)
    treat = np.repeat((np.arange(len(sizes)) < n_treated).astype(float), sizes)
    before = rng.normal(20, 4, sites.size)
    after = 5 + 0.7 * before + treat + np.repeat(rng.normal(0, 1, len(sizes)), sizes) + rng.normal(0, 2, sites.size)
    return sites, treat, before, after


def dense_cr2(y, x, sites):
    """CR2 and Satterthwaite's df as the papers write them, with n × n matrices."""
    bread = np.linalg.inv(x.T @ x)
    hat = x @ bread @ x.T
    e = y - hat @ y
    n, k = x.shape
    middle, rows = np.zeros((k, k)), [[] for _ in range(k)]
    for s in np.unique(sites):
        g = sites == s
        values, vectors = np.linalg.eigh(np.eye(g.sum()) - hat[np.ix_(g, g)])
        root = (vectors * np.where(values > 1e-10, np.abs(values) ** -0.5, 0.0)) @ vectors.T
        score = x[g].T @ root @ e[g]
        middle += np.outer(score, score)
        for j in range(k):
            rows[j].append((np.eye(n) - hat)[:, g] @ root @ x[g] @ bread[:, j])
    gammas = [np.array(p) @ np.array(p).T for p in rows]
    return np.sqrt(np.diag(bread @ middle @ bread)), np.array(
        [np.trace(gamma) ** 2 / np.trace(gamma @ gamma) for gamma in gammas]
    )


@pytest.mark.parametrize("with_levels", [False, True], ids=["between schools", "within schools"])
def test_the_spectral_form_equals_the_dense_formulas(with_levels):
    sites, treat, before, after = schools(1, [5, 9, 3, 12, 7, 6], 3)
    rng = np.random.default_rng(2)
    columns = [before]
    if with_levels:  # one level per school, programme given within schools
        treat = rng.integers(0, 2, treat.size).astype(float)
        columns += [(sites == s).astype(float) for s in np.unique(sites)]
    else:
        columns += [np.ones(treat.size)]
    x = np.column_stack([treat, *columns])
    fit = cluster_robust_ols(after, x, sites, names=[f"x{j}" for j in range(x.shape[1])])
    se, df = dense_cr2(after, x, sites)
    np.testing.assert_allclose(fit.standard_errors("CR2")[:2], se[:2], rtol=1e-9)
    np.testing.assert_allclose(fit.df[:2], df[:2], rtol=1e-8)
    # the level of a school hangs on that school alone
    assert set(fit.statuses[2:]) == ({"too_few_sites"} if with_levels else {"estimated"})


def test_cr1s_is_the_cluster_covariance_of_statsmodels():
    sites, treat, before, after = schools(3, [8, 9, 10, 11, 12, 13, 14, 15], 4)
    x = np.column_stack([np.ones(treat.size), treat, before])
    theirs = sm.OLS(after, x).fit(cov_type="cluster", cov_kwds={"groups": np.unique(sites, return_inverse=True)[1]})
    ours = cluster_robust_ols(after, x, sites, names=["intercept", "treat", "before"])
    np.testing.assert_allclose(ours.standard_errors("CR1S"), theirs.bse, rtol=1e-10)
    np.testing.assert_allclose(ours.coefficients, theirs.params, rtol=1e-10)


def test_with_schools_of_equal_size_the_mean_change_is_a_t_test_on_school_means():
    sites, _, before, after = schools(4, [6] * 9, 0)
    people = cluster_mean_change(after - before, sites).coefficient("mean")
    means = site_mean_change(after - before, sites)
    assert means.site_means == pytest.approx([(after - before)[sites == s].mean() for s in means.sites])
    for name in ("estimate", "se", "df", "ci_low", "ci_high", "p_value"):
        assert getattr(people, name) == pytest.approx(getattr(means.estimate, name), rel=1e-9)


def test_school_means_give_the_t_tests_of_scipy():
    sites, treat, before, after = schools(5, [4, 5, 6, 7, 8, 9, 3, 5], 3)
    names = np.unique(sites)
    means = np.array([(after - before)[sites == s].mean() for s in names])
    arm = np.array([treat[sites == s][0] for s in names]) == 1
    for variances in ("equal", "unequal"):
        ours = site_mean_difference(after - before, treat, sites, variances=variances).estimate
        theirs = stats.ttest_ind(means[arm], means[~arm], equal_var=variances == "equal")
        interval = theirs.confidence_interval()
        assert (ours.p_value, ours.df) == pytest.approx((theirs.pvalue, theirs.df))
        assert (ours.ci_low, ours.ci_high) == pytest.approx((interval.low, interval.high))


def test_every_correction_of_the_change_in_standard_error_has_its_place():
    sites, treat, before, after = schools(6, [8, 9, 10, 11, 12, 13], 3)
    fit = cluster_ancova(before, after, treat, sites)
    cr0, cr1, cr1s, cr2, cr3 = (fit.standard_errors(k)[1] for k in ("CR0", "CR1", "CR1S", "CR2", "CR3"))
    assert cr0 < cr1 < cr1s
    assert cr0 < cr2 < cr3
    assert 1 < fit.coefficient("difference").df < 5


many_schools = st.integers(0, 2**32 - 1).map(lambda seed: schools(seed, [3, 4, 5, 6, 2, 7, 3], 3))


@settings(max_examples=40, deadline=None)
@given(many_schools, st.randoms(use_true_random=False))
def test_renaming_the_schools_and_shuffling_the_people_changes_nothing(people, random):
    sites, treat, before, after = people
    order = list(range(sites.size))
    random.shuffle(order)
    names = [f"名{i}" for i in range(7)]
    random.shuffle(names)
    renamed = np.array(names)[np.unique(sites, return_inverse=True)[1]]
    for analyse in (
        lambda s, t, x, y: cluster_ancova(x, y, t, s).coefficient("difference"),
        lambda s, t, x, y: site_mean_ancova(x, y, t, s).estimate,
        lambda s, t, x, y: site_mean_difference(y - x, t, s, variances="unequal").estimate,
    ):
        one, two = analyse(sites, treat, before, after), analyse(*(v[order] for v in (renamed, treat, before, after)))
        for name in ("estimate", "se", "df", "ci_low", "p_value"):
            assert getattr(one, name) == pytest.approx(getattr(two, name), rel=1e-7, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(many_schools, st.floats(0.01, 1000), st.floats(-1000, 1000))
def test_swapping_the_arms_flips_the_sign_and_points_scale_the_interval(people, factor, shift):
    sites, treat, before, after = people
    change = after - before
    for analyse in (
        lambda t, d: cluster_difference(d, t, sites).coefficient("difference"),
        lambda t, d: site_mean_difference(d, t, sites).estimate,
    ):
        plain, swapped, scaled = (
            analyse(treat, change),
            analyse(1 - treat, change),
            analyse(treat, change * factor + shift),
        )
        assert (swapped.ci_low, swapped.ci_high) == pytest.approx((-plain.ci_high, -plain.ci_low), rel=1e-7)
        assert (scaled.ci_low, scaled.ci_high) == pytest.approx(
            (factor * plain.ci_low, factor * plain.ci_high), rel=1e-6, abs=1e-6 * factor
        )
        assert scaled.p_value == pytest.approx(plain.p_value, rel=1e-6)


def nothing_but(found, status):
    assert found.status == status
    assert np.isnan([found.se, found.ci_low, found.ci_high, found.p_value]).all()


def test_one_school_in_an_arm_gives_the_difference_and_nothing_else():
    sites, treat, before, after = schools(7, [10, 11, 12, 13, 14], 1)
    for found in (
        cluster_difference(after - before, treat, sites).coefficient("difference"),
        cluster_ancova(before, after, treat, sites).coefficient("difference"),
        site_mean_difference(after - before, treat, sites).estimate,
    ):
        nothing_but(found, "too_few_sites")
        assert np.isfinite(found.estimate)
    nothing_but(site_mean_ancova(before, after, treat, sites).estimate, "too_few_sites")


@pytest.mark.parametrize("sizes", [[], [5], [1], [1, 1], [4, 4], [1, 1, 1], [2, 3, 4]])
def test_very_few_schools_give_a_reason_and_never_a_small_p_value(sizes):
    sites, treat, before, after = schools(8, sizes, len(sizes) // 2)
    change = after - before
    found = [
        cluster_mean_change(change, sites).coefficient("mean"),
        *(cluster_difference(change, treat, sites).coefficient(n) for n in ("comparison", "difference")),
        *(cluster_ancova(before, after, treat, sites).coefficient(n) for n in ("intercept", "difference", "before")),
        site_mean_change(change, sites).estimate,
        site_mean_difference(change, treat, sites).estimate,
        site_mean_ancova(before, after, treat, sites).estimate,
    ]
    for e in found:
        if e.status == "estimated":
            assert e.df >= 1
            assert e.se > 0
            assert e.p_value > 1e-6
        else:
            nothing_but(e, e.status)
    if len(sizes) < 2:
        assert {e.status for e in found} <= {"too_few_people", "too_few_sites"}


def test_schools_that_all_moved_alike_have_no_uncertainty():
    sites, treat, before, _ = schools(9, [5, 6, 7, 8], 2)
    before = before.round(1)
    change = (before + 0.3) - before  # equal up to rounding errors
    for found in (
        cluster_mean_change(change, sites).coefficient("mean"),
        cluster_difference(change, treat, sites).coefficient("comparison"),
        cluster_ancova(before, before + 0.3, treat, sites).coefficient("before"),
        site_mean_change(change, sites).estimate,
        site_mean_difference(change + treat, treat, sites).estimate,
        site_mean_ancova(before, 2 * before + treat, treat, sites).estimate,
    ):
        nothing_but(found, "no_variation")
        assert np.isfinite(found.estimate)
    nothing_but(cluster_ancova(np.ones(before.size), before, treat, sites).coefficient("difference"), "no_variation")
    nothing_but(site_mean_ancova(np.ones(before.size), before, treat, sites).estimate, "no_variation")


def test_schools_with_equal_means_have_no_uncertainty_although_their_children_differ():
    found = cluster_mean_change([1, 3, 0, 4, 2, 2], list("aabbcc"))
    nothing_but(found.coefficient("mean"), "no_variation")
    nothing_but(site_mean_change([1, 3, 0, 4, 2, 2], list("aabbcc")).estimate, "no_variation")


def test_people_with_a_missing_value_or_school_are_counted_and_left_out():
    sites, treat, before, after = schools(10, [5, 6, 7, 8, 9], 2)
    ids = [*sites.tolist()]
    ids[0], ids[1], after[7], treat[9] = None, "", np.nan, np.nan
    kept = np.ones(sites.size, dtype=bool)
    kept[[0, 1, 7, 9]] = False
    found = cluster_ancova(before, after, treat, ids)
    again = cluster_ancova(before[kept], after[kept], treat[kept], sites[kept])
    assert (found.n, found.n_dropped, found.n_sites) == (31, 4, 5)
    assert found.coefficient("difference") == again.coefficient("difference")
    nobody = cluster_ancova(np.full(sites.size, np.nan), after, treat, sites)
    assert (nobody.n, nobody.n_dropped) == (0, sites.size)
    nothing_but(nobody.coefficient("difference"), "too_few_people")
    nothing_but(site_mean_change(np.full(sites.size, np.nan), sites).estimate, "too_few_people")


def test_found_clusters_can_be_given_instead_of_ids():
    sites, treat, before, after = schools(11, [5, 6, 7, 8], 2)
    found = find_clusters(sites)
    assert found.n_sites == 4
    one, two = (cluster_ancova(before, after, treat, s).coefficient("difference") for s in (sites, found))
    assert one == two


def test_ids_are_strings_and_odd_ones_stay_apart():
    odd = ["a", "a ", "A", "\t", "nan", "<NA>", "一", "0", "00"]
    assert find_clusters(odd).n_sites == len(odd)
    for ids in ([1, 2], ["1", 1], [("a",), ("b",)], [["a"], ["b"]]):
        with pytest.raises(DataError):
            find_clusters(ids)
    assert find_clusters([None, float("nan"), "", np.nan]).n_sites == 0
    rows = complete_rows(["b", "a", "b"], [[1.0, 2.0, 3.0]], names=["x"], where="here")
    assert rows.means(rows.columns[0]).tolist() == [2.0, 2.0]


def test_what_does_not_fit_is_refused():
    sites = list("aabb")
    with pytest.raises(DataError):
        cluster_mean_change([1, 2, 3], sites)
    with pytest.raises(DataError):
        cluster_difference([1, 2, 3, 4], [0, 0, 1, 2], sites)
    with pytest.raises(DataError, match="1 of 2 sites"):
        site_mean_difference([1, 2, 3, 4], [0, 1, 1, 1], sites)
    with pytest.raises(DefinitionError):
        cluster_robust_ols([1, 2, 3, 4], np.ones((4, 2)), sites, names=["one"])
    with pytest.raises(UnknownNames):
        site_mean_difference([1, 2, 3, 4], [0, 0, 1, 1], sites, variances="pooled")
    fit = cluster_mean_change([1, 2, 3, 4], sites)
    with pytest.raises(UnknownNames):
        fit.coefficient("median")
    with pytest.raises(UnknownNames):
        fit.standard_errors("HC3")


def test_memory_stays_linear_at_two_hundred_thousand_children():
    n = 200_000
    rng = np.random.default_rng(12)
    x = np.column_stack([np.ones(n), rng.normal(size=(n, 4))])
    y = rng.normal(size=n)
    sites = find_clusters([f"s{i}" for i in rng.integers(0, 12, n)])
    tracemalloc.start()
    fit = cluster_robust_ols(y, x, sites, names=list("abcde"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert fit.coefficient("b").status == "estimated"
    assert peak < 6 * (x.nbytes + y.nbytes)
