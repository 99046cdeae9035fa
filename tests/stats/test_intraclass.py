"""Intraclass correlations beside lme4, and where there are none."""

import numpy as np
import pytest

from eval_tools.errors import DataError, UnknownNames
from eval_tools.stats.intraclass import intraclass_correlation, rating_components

JUDGES = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float)


def test_with_gaps_the_components_are_those_of_lme4():
    # R 4.2.2, lme4 1.1-31: lmer(y ~ 1 + (1|unit) + (1|coder)), VarCorr with ftol_abs 1e-14
    gaps = JUDGES.copy()
    gaps[0, 1] = gaps[3, 2] = gaps[4, 0] = np.nan
    found = rating_components(gaps)
    # lme4 stops where its deviance is flat: 1e-5 of the variance
    assert (found.units, found.coders, found.residual) == pytest.approx(
        (2.414322877808, 4.350605566743, 0.947861622835), rel=2e-5
    )
    assert found.n_ratings == 21
    assert found.coder_means == pytest.approx(np.nanmean(gaps, axis=0))


def test_without_gaps_the_components_give_the_correlations_of_the_tables():
    found = rating_components(JUDGES)
    assert found.icc_a_1 == pytest.approx(intraclass_correlation(JUDGES, form="A,1").estimate, rel=1e-5)
    assert found.icc_c_1 == pytest.approx(intraclass_correlation(JUDGES, form="C,1").estimate, rel=1e-5)


def test_a_strict_coder_counts_for_agreement_and_not_for_consistency():
    strict = JUDGES + np.array([0, 0, 0, 5])
    assert intraclass_correlation(strict, form="C,1").estimate == pytest.approx(
        intraclass_correlation(JUDGES, form="C,1").estimate, rel=1e-12
    )
    assert intraclass_correlation(strict, form="A,1").estimate < intraclass_correlation(JUDGES, form="A,1").estimate


def test_units_with_a_gap_are_left_out_and_counted():
    gaps = np.vstack([JUDGES, [1, np.nan, 2, 3]])
    found = intraclass_correlation(gaps)
    assert (found.n_units, found.n_dropped) == (6, 1)
    assert found.estimate == intraclass_correlation(JUDGES).estimate


@pytest.mark.parametrize(
    ("ratings", "status"),
    [
        (JUDGES[:1], "too_few_units"),
        (JUDGES[:, :1], "too_few_coders"),
        (np.ones((5, 3)), "no_variation"),
        (np.full((4, 2), np.nan), "too_few_units"),
    ],
)
def test_what_cannot_be_estimated_says_why(ratings, status):
    found = intraclass_correlation(ratings)
    assert found.status == status
    assert np.isnan([found.estimate, found.ci_low]).all()
    assert rating_components(ratings).status in (status, "too_few_coders")


def test_perfect_agreement_is_one_without_an_interval():
    same = np.repeat(np.arange(5.0)[:, None], 3, axis=1)
    for form in ("A,1", "C,1", "1,1", "A,k", "C,k", "1,k"):
        found = intraclass_correlation(same, form=form)
        assert found.estimate == pytest.approx(1.0)
        assert np.isnan(found.ci_low)


def test_coders_who_differ_only_at_random_have_no_severity():
    rng = np.random.default_rng(5)
    ratings = rng.normal(size=(60, 1)) * 2 + rng.normal(size=(60, 3))
    ratings -= ratings.mean(axis=0)
    found = rating_components(ratings)
    assert found.coders == 0.0
    assert found.icc_a_1 == pytest.approx(0.8, abs=0.1)


def test_wrong_forms_and_shapes_are_refused():
    with pytest.raises(UnknownNames):
        intraclass_correlation(JUDGES, form="2,1")
    with pytest.raises(DataError, match="1 dimensions"):
        intraclass_correlation([1, 2, 3])
