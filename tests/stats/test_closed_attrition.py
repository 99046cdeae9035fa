import numpy as np
import pytest

from eval_tools.errors import DataError, DefinitionError
from eval_tools.stats.attrition import (
    CAUTIOUS,
    OPTIMISTIC,
    attrition_boundary,
    classify_attrition,
    classify_cluster_attrition,
    count_attrition,
)


def _lost(programme, comparison, n=100):
    return count_attrition(
        assigned_programme=n,
        analysed_programme=n - programme,
        assigned_comparison=n,
        analysed_comparison=n - comparison,
    )


def test_attrition_is_counted_over_both_groups_and_between_them():
    lost = count_attrition(
        assigned_programme=120, analysed_programme=90, assigned_comparison=80, analysed_comparison=70
    )
    assert (lost.programme, lost.comparison) == (0.25, 0.125)
    assert (lost.overall, lost.differential) == (0.2, 0.125)
    assert (lost.n_assigned, lost.n_analysed, lost.status) == (200, 160, "estimated")


def test_a_group_to_which_nobody_was_assigned_has_no_attrition():
    lost = count_attrition(assigned_programme=0, analysed_programme=0, assigned_comparison=5, analysed_comparison=5)
    assert lost.status == "too_few_people"
    assert np.isnan([lost.overall, lost.differential]).all()
    assert classify_attrition(lost.overall, lost.differential).level == "unknown"


def test_more_people_analysed_than_assigned_are_refused():
    with pytest.raises(DataError, match="6 analysed of 5 assigned"):
        count_attrition(assigned_programme=5, analysed_programme=6, assigned_comparison=5, analysed_comparison=5)


def test_the_published_tables_end_at_57_and_65_percent():
    assert (len(CAUTIOUS), len(OPTIMISTIC)) == (58, 66)
    assert np.isnan(attrition_boundary(0.58, "cautious"))
    assert classify_attrition(0.58, 0.0).level == "high"
    assert classify_attrition(0.66, 0.0, "optimistic").level == "high"
    assert classify_attrition(0.57, 0.0).level == "low"
    assert classify_attrition(0.65, 0.003, "optimistic").level == "low"


def test_the_optimistic_border_never_lies_below_the_cautious_one():
    assert all(o > c for c, o in zip(CAUTIOUS, OPTIMISTIC, strict=False))


def test_between_two_percentages_the_stricter_one_counts():
    assert attrition_boundary(0.014, "cautious") == 0.058  # 1 %: 5.8, 2 %: 5.9
    assert attrition_boundary(0.304, "cautious") == 0.040  # 30 %: 4.1, 31 %: 4.0
    assert attrition_boundary(0.29, "cautious") == 0.043  # 0.29 * 100 is 28.999999999999996
    assert np.isnan(attrition_boundary(0.571, "cautious"))


def test_a_difference_on_the_border_is_low_whatever_its_sign():
    assert classify_attrition(0.10, 0.063).level == classify_attrition(0.10, -0.063).level == "low"
    assert classify_attrition(0.10, 0.0631).level == "high"
    assert classify_attrition(0.3, 0.1 - 0.059).level == "low"  # 0.041000000000000002


def test_percentages_in_place_of_shares_and_unknown_borders_are_refused():
    with pytest.raises(DefinitionError, match="'overall' is 15"):
        classify_attrition(15, 0.02)
    with pytest.raises(DefinitionError, match="'differential' is 2"):
        classify_attrition(0.15, 2)
    with pytest.raises(DefinitionError, match="boundary='cautious'"):
        classify_attrition(0.15, 0.02, "strict")


@pytest.mark.parametrize(
    ("schools", "children", "level"),
    [
        (_lost(0, 0), _lost(10, 12), "low"),
        (_lost(0, 0), _lost(5, 25), "high"),
        (_lost(0, 20), _lost(10, 12), "high"),
        (_lost(0, 0, n=0), _lost(10, 12), "unknown"),
        (_lost(0, 0, n=0), _lost(5, 25), "high"),
    ],
)
def test_attrition_must_be_low_for_schools_and_for_children(schools, children, level):
    both = classify_cluster_attrition(schools, children)
    assert both.level == level
    assert both.children.level == classify_attrition(children.overall, children.differential).level
