"""Laws of the way out, checked by trying every table a reader could think of."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from eval_tools.privacy.disclosure import (
    DisclosureRule,
    release_counts,
    release_distribution,
    release_estimates,
    release_flow,
)
from eval_tools.privacy.pseudonyms import normalise_id, pseudonym, published_key
from eval_tools.privacy.suppression import Sum, hide_counts

RULES = st.sampled_from([(1, 1), (3, 1), (4, 1), (5, 5), (10, 5), (10, 1)]).map(
    lambda pair: DisclosureRule(min_cell=pair[0], round_to=pair[1])
)
UNHURRIED = settings(deadline=None, max_examples=60)  # the first linear program loads scipy


UP_TO_FOUR = st.integers(1, 4)
COUNTS = st.one_of(st.integers(0, 12), st.integers(0, 60))


@st.composite
def tables(draw, rows=UP_TO_FOUR, columns=UP_TO_FOUR, counts=COUNTS):
    r, c = draw(rows), draw(columns)
    return np.array(draw(st.lists(st.lists(counts, min_size=c, max_size=c), min_size=r, max_size=r)))


def long(table: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"group": f"g{i}", "class": f"c{j}", "count": int(n)}
            for i, row in enumerate(table)
            for j, n in enumerate(row)
        ]
    )


def release(table: np.ndarray, rule: DisclosureRule) -> pd.DataFrame:
    return release_counts(long(table), name="t", rows=["group"], column="class", rule=rule).data


def with_margins(table: np.ndarray) -> np.ndarray:
    wide = np.column_stack([table, table.sum(axis=1)])
    return np.vstack([wide, wide.sum(axis=0)])


def sums_of(shape: tuple[int, int]) -> list[Sum]:
    place = np.arange(shape[0] * shape[1]).reshape(shape)
    return [Sum(parts=tuple(line[:-1]), total=line[-1]) for line in [*place.tolist(), *place.T.tolist()]]


@UNHURRIED
@given(tables(), RULES)
def test_no_released_count_is_small(table, rule):
    counts = release(table, rule)["count"].dropna()
    assert rule.min_cell == 1 or (counts >= rule.min_cell).all()
    assert (counts % rule.round_to == 0).all()


@UNHURRIED
@given(tables(), RULES)
def test_releasing_twice_gives_the_same_and_changes_nothing(table, rule):
    given_table = long(table)
    before = given_table.copy(deep=True)
    first = release_counts(given_table, name="t", rows=["group"], column="class", rule=rule)
    second = release_counts(given_table, name="t", rows=["group"], column="class", rule=rule)
    assert_frame_equal(first.data, second.data)
    assert_frame_equal(given_table, before)


@UNHURRIED
@given(tables())
def test_without_rounding_totals_equal_the_originals(table):
    released = release(table, DisclosureRule(min_cell=4, round_to=1))
    totals = released[released["group"] == "all"]
    for j, row in enumerate(totals.itertuples(index=False)):
        assert np.isnan(row.count) or row.count == table[:, j].sum()


@UNHURRIED
@given(tables(rows=st.integers(2, 4), columns=st.integers(2, 4)), st.sampled_from([3, 5, 10]))
def test_no_hidden_count_follows_from_the_others_by_linear_algebra(table, min_cell):
    """A second witness that knows nothing of linear programming.

    A hidden count is derivable if and only if its unit vector lies in the row space of the sums, restricted
    to the hidden counts.
    """
    full = with_margins(table)
    words = hide_counts(full.ravel().tolist(), sums_of(full.shape), min_cell=min_cell)
    hidden = np.array([word != "" for word in words])
    system = np.zeros((len(sums_of(full.shape)), full.size))
    for row, one in zip(system, sums_of(full.shape), strict=True):
        row[list(one.parts)], row[one.total] = 1, -1
    system = system[:, hidden]
    rank = np.linalg.matrix_rank(system) if hidden.any() else 0
    for unit in np.eye(hidden.sum()):
        assert np.linalg.matrix_rank(np.vstack([system, unit])) == rank + 1


def possible_values(full, words, min_cell, limit):
    """Return what each hidden count can be, by trying every table with cells up to ``limit``.

    The reader knows the counts with the word '', and what the words say. If no word is 'small',
    'complementary' says nothing.
    """
    words = np.array(words).reshape(full.shape)
    r, c = full.shape[0] - 1, full.shape[1] - 1
    free = np.argwhere(words[:r, :c] != "")
    guesses = np.array(list(product(range(limit + 1), repeat=len(free))), dtype=int)
    cells = np.repeat(full[np.newaxis, :r, :c], len(guesses), axis=0)
    cells[:, free[:, 0], free[:, 1]] = guesses.reshape(len(cells), len(free))
    wide = np.concatenate([cells, cells.sum(axis=2, keepdims=True)], axis=2)
    whole = np.concatenate([wide, wide.sum(axis=1, keepdims=True)], axis=1)
    fits = (whole == full)[:, words == ""].all(axis=1)
    if (words == "small").any():
        fits &= (whole[:, words == "small"] < min_cell).all(axis=1)
        fits &= (whole[:, words == "complementary"] >= min_cell).all(axis=1)
    return [set(whole[fits, i, j].tolist()) for i, j in np.argwhere(words != "")]


SMALL_TABLES = tables(rows=st.integers(1, 2), columns=st.integers(1, 2), counts=st.integers(0, 6))


@settings(deadline=None, max_examples=40)
@given(SMALL_TABLES, st.sampled_from([2, 3, 4]))
def test_every_hidden_count_or_total_could_be_something_else(table, min_cell):
    full = with_margins(table)
    words = hide_counts(full.ravel().tolist(), sums_of(full.shape), min_cell=min_cell)
    assert all(word != "" for word, n in zip(words, full.ravel(), strict=True) if n < min_cell)
    for values in possible_values(full, words, min_cell, limit=12):
        assert max(values) - min(values) >= 2


@settings(deadline=None, max_examples=60)
@given(tables(rows=st.just(2), columns=st.integers(2, 3), counts=st.integers(0, 9)), st.sampled_from([2, 3, 4]))
def test_who_knows_every_group_size_and_class_total_still_cannot_tell(table, min_cell):
    """All true margins are known to the reader, as they are published elsewhere unless they are small.

    With two groups the first row then tells the second, so trying every first row tries every table.
    """
    assume((table.sum(axis=0) >= min_cell).all() and (table.sum(axis=1) >= min_cell).all())
    released = release(table, DisclosureRule(min_cell=min_cell, round_to=1))
    words = released["hidden"].to_numpy(dtype=object).reshape(3, -1)
    assert (words[2] == "").all()
    telling = (words == "small").any()
    possible = []
    for first in product(*(range(total + 1) for total in table.sum(axis=0))):
        guess = np.array([first, table.sum(axis=0) - first])
        fits = sum(first) == table[0].sum() and (guess == table)[words[:2] == ""].all()
        if fits and telling:
            small, other = guess[words[:2] == "small"], guess[words[:2] == "complementary"]
            fits = (small < min_cell).all() and (other >= min_cell).all()
        if fits:
            possible.append(guess)
    for cell in map(tuple, np.argwhere(words[:2] != "")):
        assert len({int(guess[cell]) for guess in possible}) >= 2


FLOWS = st.lists(
    st.tuples(st.integers(0, 70), st.integers(0, 70), st.integers(0, 70)).map(lambda n: tuple(sorted(n, reverse=True))),
    min_size=1,
    max_size=5,
)


@UNHURRIED
@given(FLOWS, RULES)
def test_no_released_flow_is_small_or_told_by_the_total(flow, rule):
    counts = ["n_enrolled", "n_forms", "n_paired"]
    table = pd.DataFrame(flow, columns=counts).assign(group=[f"g{i}" for i in range(len(flow))], wave="w")
    before = table.copy(deep=True)
    data = release_flow(table, name="flow", rule=rule).data
    assert_frame_equal(table, before)
    for column in counts:
        shown = data[column].dropna()
        assert rule.min_cell == 1 or (shown >= rule.min_cell).all()
        n_hidden = data[column].isna().sum()
        assert n_hidden != 1 or len(data) == 1
    outer_first = data[counts].apply(lambda row: list(row.dropna()), axis=1)
    assert all(row == sorted(row, reverse=True) for row in outer_first)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 5)).map(lambda n: tuple(sorted(n, reverse=True))),
        min_size=2,
        max_size=2,
    )
)
def test_every_hidden_flow_could_be_something_else(flow):
    """Tried out: all nested pairs of counts of two groups that agree with what is shown."""
    rule = DisclosureRule(min_cell=3, round_to=1)
    table = pd.DataFrame(flow, columns=["out", "in"]).assign(group=["a", "b"], wave="w")
    data = release_flow(table, name="flow", rule=rule, counts=["out", "in"]).data[["out", "in"]].to_numpy()
    hidden = np.isnan(data)
    values: dict[tuple[int, int], set[int]] = {tuple(cell): set() for cell in np.argwhere(hidden)}
    for a, b, c, d in product(range(11), repeat=4):
        if b > a or d > c:
            continue
        guess = np.array([[a, b], [c, d], [a + c, b + d]])
        if (guess[~hidden] == data[~hidden]).all():
            for cell in values:
                values[cell].add(int(guess[cell]))
    assert all(len(one) >= 2 for one in values.values())


@UNHURRIED
@given(
    st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 20)), min_size=1, max_size=80),
    st.sampled_from([1, 2, 3, 0.5]),
    RULES,
)
def test_no_bin_is_small_and_bins_cover_the_scale_without_gaps(people, width, rule):
    values = pd.DataFrame(people, columns=["group", "value"])
    before = values.copy(deep=True)
    data = release_distribution(values, name="d", rule=rule, bin_width=width, limits=(0, 20)).data
    assert_frame_equal(values, before)
    assert set(data["group"]) == set(values["group"])
    ends = (0.0, 20.0) if width == 0.5 else (-0.5, 20.5)
    for group, bins in data.groupby("group"):
        assert (bins["low"].iloc[0], bins["high"].iloc[-1]) == ends
        assert bins["low"].tolist()[1:] == bins["high"].tolist()[:-1]
        found = values.loc[values["group"] == group, "value"].to_numpy()
        if bins["count"].isna().any():
            assert len(bins) == 1
            assert len(found) < rule.min_cell
            continue
        for one in bins.itertuples(index=False):
            last = one.high == ends[1]
            n = int(((found >= one.low) & ((found < one.high) | last)).sum())
            assert rule.min_cell == 1 or n >= rule.min_cell
            assert one.count == rule.rounded(n)


@UNHURRIED
@given(st.lists(st.tuples(st.integers(0, 60), st.floats(-5, 5)), min_size=1, max_size=20), RULES)
def test_no_estimate_about_few_people_is_released(rows, rule):
    table = pd.DataFrame(rows, columns=["n", "estimate"])
    before = table.copy(deep=True)
    data = release_estimates(table, name="r", count="n", numbers=["estimate"], counts=["n"], rule=rule).data
    assert_frame_equal(table, before)
    small = table["n"] < rule.min_cell if rule.min_cell > 1 else table["n"] < 0
    assert data["estimate"].isna().tolist() == small.tolist()
    assert data["estimate"].dropna().tolist() == table["estimate"][~small].tolist()
    assert rule.min_cell == 1 or (data["n"].dropna() >= rule.min_cell).all()


@given(st.text(max_size=12))
def test_normalising_twice_is_normalising_once(raw):
    once = normalise_id(raw)
    assert normalise_id(once) == once


@given(st.text(alphabet="abcABC019", min_size=1, max_size=8))
def test_full_width_forms_and_spaces_give_the_same_pseudonym(raw):
    wide = "\u3000" + "".join(chr(ord(c) + 0xFEE0) for c in raw) + " "
    key = published_key("laws")
    assert pseudonym(wide, key=key, study="laws") == pseudonym(raw, key=key, study="laws")
