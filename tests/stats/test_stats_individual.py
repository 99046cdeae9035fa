import numpy as np
import pytest

from eval_tools.errors import DataError, DefinitionError
from eval_tools.stats.individual import clinical_cutoffs, reliable_change


def test_nobody_is_dropped_and_a_missing_score_is_unknown():
    # S_diff = 10 * sqrt(2 * 0.2) = 6.32; a reliable change is more than 12.4 points
    change = reliable_change(
        [50, 50, 50, np.nan, 50], [63, 62, 37, 60, np.nan], reliability=0.8, sd_before=10, better="higher"
    )
    assert change.classes.tolist() == ["improved", "unchanged", "worse", "unknown", "unknown"]
    assert change.smallest_reliable_change == pytest.approx(12.396, abs=0.0005)  # by pencil
    assert np.isnan(change.index).tolist() == [False, False, False, True, True]


def test_where_lower_is_better_a_fall_is_an_improvement():
    change = reliable_change([50, 50], [37, 63], reliability=0.8, sd_before=10, better="lower")
    assert change.classes.tolist() == ["improved", "worse"]


@pytest.mark.parametrize("reliability", [np.nan, -0.2, 1.0, 1.3])
def test_a_reliability_that_cannot_be_one_leaves_everybody_unknown(reliability):
    change = reliable_change([1, 2], [9, 2], reliability=reliability, sd_before=2, better="higher")
    assert change.status == "no_reliability"
    assert change.classes.tolist() == ["unknown", "unknown"]
    assert np.isnan([change.standard_error_difference, change.smallest_reliable_change]).all()


@pytest.mark.parametrize("sd", [0.0, np.nan])
def test_without_a_spread_before_everybody_is_unknown(sd):
    change = reliable_change([1, 2], [9, 2], reliability=0.8, sd_before=sd, better="higher")
    assert change.status == "no_variation"
    assert change.classes.tolist() == ["unknown", "unknown"]


def test_cutoff_b_uses_the_spread_of_the_functional_population():
    cut = clinical_cutoffs(40, 5, 60, 10, "higher")
    assert (cut.a, cut.b) == (50, 40)
    assert cut.c == pytest.approx((10 * 40 + 5 * 60) / 15)


def test_cutoffs_are_mirrored_where_lower_is_better():
    cut = clinical_cutoffs(60, 5, 40, 10, "lower")
    assert (cut.a, cut.b) == (50, 60)


def test_two_populations_without_spread_have_no_border_between_them():
    assert np.isnan(clinical_cutoffs(40, 0, 60, 0, "higher").c)


def test_an_unknown_direction_and_a_criterion_of_zero_are_refused():
    with pytest.raises(DefinitionError, match="better='higher'"):
        reliable_change([1], [2], reliability=0.8, sd_before=1, better="up")
    with pytest.raises(DefinitionError, match="unknown direction 'up'"):
        clinical_cutoffs(40, 5, 60, 10, "up")
    with pytest.raises(DefinitionError, match="positive"):
        reliable_change([1], [2], reliability=0.8, sd_before=1, better="lower", criterion=0)


def test_scores_of_different_length_have_no_reliable_change():
    with pytest.raises(DataError, match="2 and 1 values"):
        reliable_change([1, 2], [2], reliability=0.8, sd_before=1, better="lower")
