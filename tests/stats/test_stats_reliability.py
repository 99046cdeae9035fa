import numpy as np
import pytest
from statsmodels.multivariate.factor import Factor

from eval_tools.errors import DataError
from eval_tools.stats.one_factor import fit_one_factor
from eval_tools.stats.reliability import (
    alpha_if_dropped,
    cronbach_alpha,
    item_rest_correlations,
    mcdonald_omega,
)


def _one_factor_items(loadings, n, rng):
    lam = np.asarray(loadings)
    return rng.normal(size=(n, 1)) * lam + rng.normal(size=(n, lam.size)) * np.sqrt(1 - lam**2)


@pytest.mark.parametrize("loadings", [(0.8, 0.7, 0.6), (0.9, 0.5, 0.4, 0.3, 0.7), tuple(np.linspace(0.4, 0.8, 24))])
def test_the_one_factor_model_agrees_with_statsmodels(loadings):
    items = _one_factor_items(loadings, 200, np.random.default_rng(8)) * np.arange(1, len(loadings) + 1)
    covariance = np.cov(items.T)
    fit = fit_one_factor(covariance)
    assert fit.converged
    theirs = Factor(corr=np.corrcoef(items.T), n_factor=1, method="ml", nobs=200).fit()
    sd = np.sqrt(np.diag(covariance))
    # two optimisers stop near the same minimum, each to about 1e-5 of a correlation
    np.testing.assert_allclose(fit.loadings / sd, np.abs(theirs.loadings[:, 0]), atol=2e-4)
    np.testing.assert_allclose(fit.uniquenesses / sd**2, theirs.uniqueness, atol=2e-4)


def test_three_items_have_the_one_factor_solution_that_a_pencil_finds(people_with):
    # r12 r13 / r23 = 0.72 * 0.54 / 0.48 = 0.81: loadings 0.9, 0.8, 0.6
    items = people_with([0, 0, 0], [[1, 0.72, 0.54], [0.72, 1, 0.48], [0.54, 0.48, 1]], 50)
    omega = mcdonald_omega(items)
    own = (1 - 0.81) + (1 - 0.64) + (1 - 0.36)
    # the optimiser stops when the slope is below 1e-8
    assert omega.estimate == pytest.approx(2.3**2 / (2.3**2 + own), abs=1e-6)


def test_omega_of_parallel_items_is_their_alpha(people_with):
    items = people_with([0] * 5, np.full((5, 5), 0.5) + 0.5 * np.eye(5), 60)
    assert mcdonald_omega(items).estimate == pytest.approx(cronbach_alpha(items).estimate, abs=1e-6)


def test_alpha_is_not_above_omega_if_items_measure_unequally_well(people_with):
    lam = np.array([0.9, 0.8, 0.5, 0.4])
    items = people_with([0] * 4, np.outer(lam, lam) + np.diag(1 - lam**2), 60)
    assert cronbach_alpha(items).estimate < mcdonald_omega(items).estimate


def test_an_item_counts_with_its_variance_in_omega(people_with):
    scale = np.array([1.0, 2.0, 3.0])
    lam, psi = np.array([0.9, 0.8, 0.6]) * scale, np.array([0.19, 0.36, 0.64]) * scale**2
    items = people_with([0, 0, 0], np.outer(lam, lam) + np.diag(psi), 60)
    expected = lam.sum() ** 2 / (lam.sum() ** 2 + psi.sum())
    assert mcdonald_omega(items).estimate == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("function", [cronbach_alpha, mcdonald_omega])
def test_a_row_with_a_missing_answer_does_not_count(function):
    items = _one_factor_items([0.7] * 4, 40, np.random.default_rng(1))
    with_gaps = np.vstack([items, [1, np.nan, 2, 3]])
    assert function(with_gaps) == function(items)
    assert function(with_gaps).n == 40


def test_reliability_needs_enough_items_and_people():
    rng = np.random.default_rng(1)
    assert cronbach_alpha(rng.normal(size=(9, 1))).status == "too_few_items"
    assert cronbach_alpha(rng.normal(size=(1, 4))).status == "too_few_people"
    assert cronbach_alpha(np.empty((0, 4))).status == "too_few_people"
    assert mcdonald_omega(rng.normal(size=(9, 2))).status == "too_few_items"
    assert mcdonald_omega(rng.normal(size=(4, 4))).status == "too_few_people"
    assert mcdonald_omega(np.empty((0, 4))).status == "too_few_people"


def test_answers_that_do_not_vary_have_no_reliability():
    items = _one_factor_items([0.7] * 4, 40, np.random.default_rng(1))
    assert cronbach_alpha(np.full((9, 3), 2.0)).status == "no_variation"
    items[:, 2] = 3.0
    assert mcdonald_omega(items).status == "no_variation"
    assert np.isnan(item_rest_correlations(items)).tolist() == [False, False, True, False]


def test_an_item_that_repeats_another_has_no_one_factor_solution():
    items = _one_factor_items([0.7] * 4, 40, np.random.default_rng(1))
    omega = mcdonald_omega(np.column_stack([items, items[:, 0]]))
    assert (omega.status, omega.n) == ("not_converged", 40)
    assert np.isnan(omega.estimate)


def test_a_heywood_case_is_not_reported(people_with):
    # r12 r13 / r23 = 0.9 * 0.8 / 0.6 = 1.2: the first item would have less than no error
    items = people_with([0, 0, 0], [[1, 0.9, 0.8], [0.9, 1, 0.6], [0.8, 0.6, 1]], 50)
    assert mcdonald_omega(items).status == "not_converged"


def test_items_with_nothing_in_common_have_no_omega(people_with):
    assert mcdonald_omega(people_with([0] * 4, np.eye(4), 50)).status == "not_converged"


def test_loadings_that_cancel_leave_no_omega(people_with):
    lam = np.array([0.7, 0.7, -0.7, -0.7])
    omega = mcdonald_omega(people_with([0] * 4, np.outer(lam, lam) + np.diag(1 - lam**2), 50))
    assert omega.status == "not_converged"


def test_a_nearly_worthless_sum_score_has_an_omega_between_zero_and_one(people_with):
    lam = np.array([0.7, 0.7, -0.7, -0.6999])
    omega = mcdonald_omega(people_with([0] * 4, np.outer(lam, lam) + np.diag(1 - lam**2), 50))
    assert omega.status == "estimated"
    assert 0 <= omega.ci_low < omega.estimate < omega.ci_high <= 1
    assert omega.estimate < 1e-6


def test_an_item_not_turned_round_makes_alpha_fall():
    items = _one_factor_items([0.8] * 4, 100, np.random.default_rng(2))
    turned = items * [1, 1, 1, -1]
    assert cronbach_alpha(turned).estimate < 0.5 < cronbach_alpha(items).estimate
    assert item_rest_correlations(turned)[3] < 0


def test_without_one_of_two_items_there_is_no_alpha():
    assert np.isnan(alpha_if_dropped([[1, 2], [2, 2], [3, 4]])).all()


def test_two_people_have_alpha_without_a_standard_error():
    alpha = cronbach_alpha([[1, 2, 1], [3, 3, 2]])
    assert alpha.status == "estimated"
    assert np.isnan(alpha.se)


def test_items_must_be_a_table():
    with pytest.raises(DataError, match="one row per person"):
        cronbach_alpha([1, 2, 3])
