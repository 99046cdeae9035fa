import numpy as np
import pytest
from statsmodels.stats.contingency_tables import SquareTable

from eval_tools.errors import DataError, DefinitionError
from eval_tools.stats.caseness import mcnemar
from eval_tools.stats.ordinal import bhapkar, count_transitions, ordinal_shift, stuart_maxwell

TABLE = [[20, 10, 5], [3, 30, 15], [0, 5, 40]]


@pytest.mark.parametrize(("test", "method"), [(stuart_maxwell, "stuart_maxwell"), (bhapkar, "bhapkar")])
def test_statsmodels_gives_the_same_numbers(test, method):
    expected = SquareTable(np.array(TABLE, dtype=float), shift_zeros=False).homogeneity(method=method)
    got = test(TABLE)
    assert (got.chi2, got.p_value, got.df) == pytest.approx(
        (expected.statistic, expected.pvalue, expected.df), rel=1e-9
    )
    assert (got.n, got.n_moved, got.method) == (128, 38, method)


def test_two_classes_are_mcnemars_test():
    before, after = [1] * 9 + [0] * 8 + [1] * 3, [0] * 6 + [1] * 3 + [0] * 6 + [1] * 2 + [0] * 3
    table = count_transitions(before, after, [0, 1])
    assert stuart_maxwell(table).chi2 == pytest.approx(mcnemar(before, after).chi2, rel=1e-12)
    assert stuart_maxwell(table).df == 1


def test_classes_that_nobody_uses_or_leaves_take_no_degree_of_freedom():
    with_empty = [[20, 10, 0, 5], [3, 30, 0, 15], [0, 0, 0, 0], [0, 5, 0, 40]]
    with_stayers = [[20, 10, 0, 5], [3, 30, 0, 15], [0, 0, 17, 0], [0, 5, 0, 40]]
    for table in (with_empty, with_stayers):
        got, plain = stuart_maxwell(table), stuart_maxwell(TABLE)
        assert (got.chi2, got.df, got.p_value) == pytest.approx((plain.chi2, plain.df, plain.p_value), rel=1e-9)


def test_two_separate_exchanges_add_up():
    # 1 and 2 exchange 9 against 3 people, 3 and 4 exchange 4 against 1
    table = np.diag([5, 5, 5, 5])
    table[0, 1], table[1, 0], table[2, 3], table[3, 2] = 9, 3, 4, 1
    got = stuart_maxwell(table)
    assert got.chi2 == pytest.approx(36 / 12 + 9 / 5, rel=1e-9)
    assert got.df == 2


def test_nobody_moving_speaks_against_nothing():
    got = stuart_maxwell([[5, 0], [0, 3]])
    assert (got.p_value, got.df, got.n_moved, got.status) == (1.0, 0, 0, "estimated")
    assert np.isnan(got.chi2)
    assert bhapkar([[5, 0], [0, 3]]).p_value == 1.0


def test_nobody_at_all_has_no_test():
    got = stuart_maxwell(np.zeros((3, 3)))
    assert got.status == "too_few_people"
    assert np.isnan([got.chi2, got.p_value]).all()


def test_everybody_moving_one_way_leaves_bhapkar_without_a_variance():
    got = bhapkar([[0, 7], [0, 0]])
    assert got.status == "no_variation"
    assert np.isnan([got.chi2, got.p_value]).all()
    assert stuart_maxwell([[0, 7], [0, 0]]).chi2 == pytest.approx(7)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([[1, 2, 3], [1, 2, 3]], "not square"),
        ([1, 2], "not square"),
        ([[3]], "not square"),
        ([[1, -1], [0, 1]], "not counts"),
        ([[1, 0.5], [0, 1]], "not counts"),
        ([[1, np.nan], [0, 1]], "not counts"),
    ],
)
def test_tables_that_do_not_count_are_refused(table, words):
    with pytest.raises(DataError, match=words):
        stuart_maxwell(table)


def test_transitions_leave_out_people_with_a_missing_class():
    import pandas as pd

    before, after = ["low", "low", "high", None, "high", pd.NA], ["low", "high", "high", "low", float("nan"), "low"]
    assert count_transitions(before, after, ["low", "high"]).tolist() == [[1, 1], [0, 1]]


def test_transitions_to_classes_that_are_not_listed_are_refused():
    with pytest.raises(DataError, match="1 people have a class that is not listed"):
        count_transitions(["a"], ["b"], ["a", "c"])
    with pytest.raises(DefinitionError, match="twice"):
        count_transitions(["a"], ["a"], ["a", "a"])
    with pytest.raises(DataError, match="1 and 2 values"):
        count_transitions(["a"], ["a", "a"], ["a", "b"])


def test_the_ordinal_shift_is_better_minus_worse():
    before, after = [1, 2, 2, 3, 1, 4, None], [2, 3, 2, 2, 3, 4, 1]
    up = ordinal_shift(before, after, better="higher")
    assert (up.estimate, up.n, up.unit) == (pytest.approx(2 / 6), 6, "share")
    down = ordinal_shift(before, after, better="lower")
    assert (down.estimate, down.ci_low, down.ci_high, down.p_value) == pytest.approx(
        (-up.estimate, -up.ci_high, -up.ci_low, up.p_value)
    )


def test_the_interval_of_the_ordinal_shift_covers_it():
    rng = np.random.default_rng(16)
    covered = 0
    for _ in range(1000):
        step = rng.choice([-1, 0, 1], p=[0.15, 0.45, 0.40], size=40)
        e = ordinal_shift(np.full(40, 2), 2 + step, better="higher")
        covered += e.ci_low <= 0.25 <= e.ci_high
    assert 930 <= covered <= 985


def test_an_ordinal_shift_of_nobody_or_in_no_direction():
    nobody = ordinal_shift([None], [1], better="higher")
    assert nobody.status == "too_few_people"
    assert np.isnan(nobody.estimate)
    still = ordinal_shift([1, 2], [1, 2], better="higher")
    assert (still.estimate, still.p_value) == (0.0, 1.0)
    with pytest.raises(DefinitionError, match="better='higher'"):
        ordinal_shift([1], [2], better="up")
