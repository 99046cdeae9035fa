"""No released table holds a small count, nor one that follows from the others of the table: every kind of table.

The witness is linear algebra: a hidden count follows from what is shown if and only if its unit vector lies in the row
space of the sums of the table, restricted to hidden counts. It knows nothing of how counts are chosen to be hidden.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval_tools import open_study
from eval_tools.privacy.disclosure import (
    DisclosureRule,
    release_counts,
    release_distribution,
    release_estimates,
    release_flow,
    release_shares,
    release_sites,
)

UNHURRIED = settings(deadline=None, max_examples=60)
RULES = st.sampled_from([(3, 1), (5, 5), (10, 5), (10, 1)]).map(lambda p: DisclosureRule(min_cell=p[0], round_to=p[1]))
COUNTS = st.one_of(st.integers(0, 12), st.integers(0, 60))
FLOW = ["n_enrolled", "n_forms", "n_paired"]


def told(hidden: Sequence[bool], sums: Sequence[tuple[Sequence[int], int]]) -> list[int]:
    """List the hidden counts that the sums tell: places of the parts, and the place of their total."""
    unknown = np.flatnonzero(hidden)
    system = np.zeros((len(sums), len(hidden)))
    for row, (parts, total) in zip(system, sums, strict=True):
        row[list(parts)] += 1
        row[total] -= 1
    system = system[:, unknown]
    rank = np.linalg.matrix_rank(system) if system.size else 0
    return [
        int(place)
        for place, unit in zip(unknown, np.eye(len(unknown)), strict=True)
        if len(sums) and np.linalg.matrix_rank(np.vstack([system, unit])) == rank
    ]


def fits(column: pd.Series, rule: DisclosureRule) -> bool:
    """Whether every count that is shown is large enough and rounded."""
    shown = column.dropna()
    return bool((shown >= rule.min_cell).all() and (shown % rule.round_to == 0).all())


@st.composite
def class_tables(draw):
    """Counts of groups and classes at one or two outcomes."""
    rows, columns, parts = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 2))
    lines = [
        {"outcome": f"o{p}", "group": f"g{i}", "class": f"c{j}", "count": draw(COUNTS)}
        for p in range(parts)
        for i in range(rows)
        for j in range(columns)
    ]
    return pd.DataFrame(lines)


@UNHURRIED
@given(class_tables(), RULES)
def test_counts_by_group_and_class(table, rule):
    """Sizes of groups are known from the flow, unless one is small and the flow protects it."""
    data = release_counts(table, name="t", rows=["group"], column="class", by=["outcome"], rule=rule).data
    assert fits(data["count"], rule)
    for outcome, mine in data.groupby("outcome"):
        truth = table[table["outcome"] == outcome].pivot_table(index="group", columns="class", values="count")
        groups, classes = list(truth.index), list(truth.columns)
        shown = mine.set_index(["group", "class"])["count"]
        width = len(classes) + 1
        hidden, full = [], [[*row, sum(row)] for row in truth.to_numpy().tolist()]
        full.append([sum(column) for column in zip(*full, strict=True)])
        sizes_known = all(row[-1] >= rule.min_cell for row in full)
        for name in [*groups, "all"]:
            for j in range(width):
                if j < len(classes) and (name, classes[j]) in shown.index:
                    hidden.append(bool(np.isnan(shown[(name, classes[j])])))
                else:  # the size of a group; or, with one group, a class total that no table holds
                    hidden.append(j < len(classes) or not sizes_known)
        place = np.arange(len(full) * width).reshape(len(full), width)
        sums = [(line[:-1], line[-1]) for line in [*place.tolist(), *place.T.tolist()]]
        small = {k for k, n in enumerate(n for row in full for n in row) if n < rule.min_cell}
        assert small <= set(np.flatnonzero(hidden).tolist())
        assert not set(told(hidden, sums)) & small


@UNHURRIED
@given(st.lists(st.integers(0, 60), min_size=2, max_size=4), st.integers(2, 4), RULES)
def test_a_group_of_whom_all_are_in_one_class_is_not_shown_to_be(sizes, n_classes, rule):
    """To say that all did tells of each of them, as to say that none did."""
    table = pd.DataFrame(
        [
            {"group": f"g{i}", "class": f"c{j}", "count": size if j == 0 else 0}
            for i, size in enumerate(sizes)
            for j in range(n_classes)
        ]
    )
    data = release_counts(table, name="t", rows=["group"], column="class", rule=rule).data
    assert data.loc[data["group"] != "all", "count"].isna().all()


@UNHURRIED
@given(
    st.lists(st.tuples(COUNTS, COUNTS, COUNTS).map(lambda n: sorted(n, reverse=True)), min_size=1, max_size=5), RULES
)
def test_flow(counts, rule):
    table = pd.DataFrame(counts, columns=FLOW).assign(group=[f"g{i}" for i in range(len(counts))], wave="w")
    data = release_flow(table, name="flow", rule=rule).data
    for column in FLOW:
        assert fits(data[column], rule)
        hidden = data[column].isna().tolist()
        sums = [(list(range(len(data) - 1)), len(data) - 1)] if len(data) > 1 else []
        small = [i for i, n in enumerate([*table[column], table[column].sum()][: len(data)]) if n < rule.min_cell]
        assert not set(told(hidden, sums)) & set(small)


@UNHURRIED
@given(st.lists(COUNTS, min_size=1, max_size=4), st.integers(1, 2), RULES)
def test_estimates_by_group_such_as_the_baseline(sizes, n_waves, rule):
    """Means of groups and of all: with n and mean of all and of the other groups, those of a hidden group are told."""
    lines = []
    for w in range(n_waves):
        lines += [{"wave": f"w{w}", "group": f"g{i}", "n": n, "mean": 1.0 + i} for i, n in enumerate(sizes)]
        lines.append({"wave": f"w{w}", "group": "all", "n": sum(sizes), "mean": 2.0})
    table = pd.DataFrame(lines)
    family = table["wave"].tolist()
    data = release_estimates(table, name="t", count="n", counts=["n"], numbers=["mean"], family=family, rule=rule).data
    assert fits(data["n"], rule)
    for _, mine in data.groupby("wave"):
        sums = [(list(range(len(sizes))), len(sizes))]
        assert not told(mine["mean"].isna().tolist(), sums)
        if rule.round_to == 1:  # else no difference of rounded counts is a count
            assert not told(mine["n"].isna().tolist(), sums)


@UNHURRIED
@given(st.lists(st.integers(0, 12), min_size=0, max_size=60), st.lists(st.integers(0, 12), max_size=60), RULES)
def test_distributions(first, second, rule):
    values = pd.DataFrame({"group": ["a"] * len(first) + ["b"] * len(second), "value": [*first, *second]})
    data = release_distribution(values, name="d", rule=rule, bin_width=1, limits=(0, 12)).data
    assert fits(data["count"], rule)
    for _, bins in data.groupby("group"):
        assert (bins["low"].min(), bins["high"].max()) == (-0.5, 12.5)  # of the scale, never of the people
        assert bins["count"].notna().all() or len(bins) == 1


@UNHURRIED
@given(st.lists(st.tuples(COUNTS, COUNTS, COUNTS), min_size=1, max_size=3), RULES)
def test_shares_tell_no_more_than_the_counts_they_come_from(counts, rule):
    classes = ["improved", "same", "worse"]
    lines = [
        {"outcome": "o", "measure": "m", "group": f"g{i}", "class": c, "count": n}
        for i, row in enumerate(counts)
        for c, n in zip(classes, row, strict=True)
    ]
    released = release_counts(
        pd.DataFrame(lines), name="c", rows=["group"], column="class", by=["outcome", "measure"], rule=rule
    )
    shares = pd.DataFrame(
        [
            {"outcome": "o", "group": f"g{i}", "estimator": f"share_{c}", "n": sum(row)}
            | {"estimate": n / sum(row) if sum(row) else float("nan")}
            | dict.fromkeys(("ci_low", "ci_high"), float("nan"))
            | {"ci_level": 0.95, "n_sites": 0, "unit": "share", "method": "Wilson", "status": "estimated"}
            for i, row in enumerate(counts)
            for c, n in zip(classes, row, strict=True)
        ]
    )
    named = {f"share_{c}": c for c in classes}
    data = release_shares(shares, name="s", counts=released, classes=named, measure="m").data
    cells = released.data.set_index(["group", "class"])["count"]
    for row in data.itertuples(index=False):
        count = cells[(row.group, named[row.estimator])]
        if np.isnan(count):
            assert np.isnan(row.estimate)
        elif not np.isnan(row.estimate):
            assert row.estimate * row.n == pytest.approx(count, abs=0.5)
            assert row.n >= rule.min_cell


@UNHURRIED
@given(st.lists(COUNTS, min_size=1, max_size=8), RULES)
def test_sites(sizes, rule):
    """The total of a group is known from elsewhere, so what is hidden together must be two sites and enough people."""
    rows = pd.DataFrame({"group": "a", "estimator": "mean", "site": [f"s{i}" for i in range(len(sizes))], "n": sizes})
    rows = rows.assign(estimate=1.0, ci_low=0.0, ci_high=2.0, ci_level=0.95, p_value=float("nan"), n_sites=1)
    rows = rows.assign(smallest_count=rows["n"], unit="points", method="t", status="estimated")
    data = release_sites(rows, name="sites", rule=rule, by=["group"]).data
    assert fits(data["n"], rule)
    shown = sorted((n for n in sizes if n >= rule.min_cell), reverse=True)[: len(data)]
    n_hidden = len(sizes) - len(data)
    assert n_hidden == 0 or len(data) == 0 or (n_hidden >= 2 and sum(sizes) - sum(shown) >= rule.min_cell)


@pytest.fixture(scope="module")
def tables(make_little):
    """Every table that a study of whole schools, with goals, informants and a roster, publishes."""
    bench = make_little()
    bench.ask_several(6, 5)
    run = open_study("little", start=bench.root)
    return run.study.disclosure, run.material.tables


def test_no_table_of_a_whole_study_holds_a_small_count_or_an_extreme(tables):
    rule, released = tables
    assert {table.kind for table in released} >= {"estimates", "counts", "flow", "distribution", "shares", "sites"}
    no_people = {"n_sites", "n_items", "n_hidden"}
    for table in released:
        data = table.data
        counts = [c for c in data.columns if (c == "n" or c == "count" or c.startswith("n_")) and c not in no_people]
        for column in counts:
            assert fits(data[column], rule), (table.name, column)
        assert not {"min", "max", "lowest", "highest", "minimum", "maximum", "participant"} & set(data.columns)
