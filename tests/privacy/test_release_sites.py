"""A table of sites tells of no site that is hidden, however it is combined with what else is published."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval_tools.errors import DataError, DisclosureError, UnknownNames
from eval_tools.privacy.disclosure import DisclosureRule, release_counts, release_shares, release_sites
from eval_tools.privacy.sites import sites_to_show

NAN = float("nan")
RULE = DisclosureRule()
OPEN = DisclosureRule(min_cell=1, round_to=1)
SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=12)
RULES = st.sampled_from([(1, 1), (5, 5), (10, 5), (10, 1)]).map(lambda r: DisclosureRule(min_cell=r[0], round_to=r[1]))


def invent_sites(sizes, *, seed=1, pooled=None):
    """Whole-numbered changes of children of schools; the ids say which school is which."""
    rng = np.random.default_rng(seed)
    children = {f"id-{chr(97 + i)}": rng.integers(-9, 8, size=n) for i, n in enumerate(sizes)}
    rows = [row_of(site, float(of.mean()), n=of.size) for site, of in children.items()]
    if pooled is not None:
        rows.append(row_of("all", 0.123456, n=pooled[0], n_sites=pooled[1], estimator="random_effects"))
    return pd.DataFrame(rows), children


def row_of(site, value, *, n, n_sites=1, estimator="site_mean"):
    return {
        "group": "club",
        "estimator": estimator,
        "site": site,
        "estimate": value,
        "ci_low": value - 3.21,
        "ci_high": value + 3.21,
        "ci_level": 0.95,
        "p_value": 0.02,
        "se": 1.5,
        "df": n - 1.0,
        "n": n,
        "n_sites": n_sites,
        "smallest_count": n,
        "unit": "scale points",
        "method": "t",
        "status": "estimated",
    }


def released(table, rule=RULE):
    return release_sites(table, name="sites", rule=rule, by=["group"])


# --- which sites are shown ---------------------------------------------------------------------------------


@given(SIZES, RULES)
def test_the_hidden_sites_are_none_or_all_or_two_and_enough_people(sizes, rule):
    shown = sites_to_show(sizes, rule)
    hidden = [n for n, is_shown in zip(sizes, shown, strict=True) if not is_shown]
    assert all(n >= rule.min_cell for n, is_shown in zip(sizes, shown, strict=True) if is_shown)
    assert not hidden or not any(shown) or (len(hidden) >= 2 and sum(hidden) >= rule.min_cell)


@given(SIZES, RULES)
def test_no_more_sites_are_hidden_than_needed(sizes, rule):
    shown = sites_to_show(sizes, rule)
    small = [n for n in sizes if n < rule.min_cell]
    if rule.min_cell == 1 or not small:
        assert all(shown)
    elif len(small) >= 2 and sum(small) >= rule.min_cell:
        assert shown == [n >= rule.min_cell for n in sizes]
    else:
        assert sum(not s for s in shown) <= len(small) + 1


# --- attacks -----------------------------------------------------------------------------------------------


def told_by_subtraction(children, listed, group_total, group_n):
    """What the reader learns from the total of the group less the sites listed: people and sum of the rest."""
    of_listed = [children[site] for site in listed]
    return group_n - sum(of.size for of in of_listed), group_total - sum(int(of.sum()) for of in of_listed)


def test_a_hidden_site_cannot_be_worked_out_from_the_total_and_the_other_sites():
    """The reader is given more than is published: exact numbers of every site shown, and of the group."""
    _, children = invent_sites([31, 4, 22, 12, 25])
    total, n = sum(int(of.sum()) for of in children.values()), sum(of.size for of in children.values())

    only_small_hidden = [site for site, of in children.items() if of.size >= 10]
    left, rest = told_by_subtraction(children, only_small_hidden, total, n)
    assert (left, rest / left) == (4, children["id-b"].mean()), "hiding the small one alone tells it exactly"

    may_be_shown = sites_to_show([of.size for of in children.values()], RULE)
    shown = [site for site, is_shown in zip(children, may_be_shown, strict=True) if is_shown]
    left, rest = told_by_subtraction(children, shown, total, n)
    assert left == 16, "the rest is two schools of sixteen children together"
    possible = set()
    for of_four, of_twelve in product(range(-36, 29), range(-108, 85)):  # every pair of sums the scale allows
        if of_four + of_twelve == rest:
            possible.add(of_four)
    assert len(possible) > 50, "the small school may have had almost any sum"


def test_a_pooled_number_over_the_hidden_sites_too_is_refused():
    table, _ = invent_sites([31, 4, 22, 12, 25], pooled=(94, 5))
    with pytest.raises(DisclosureError, match="do not rest on the sites that are shown"):
        released(table)
    table, _ = invent_sites([31, 4, 22, 12, 25], pooled=(78, 3))
    assert list(released(table).data["site"]) == ["1", "2", "3", "all"]


def candidates(value, digits, largest=45):
    """How many children a published mean of whole numbers is compatible with."""
    half = 0.5 * 10.0**-digits if digits is not None else 1e-9
    return [n for n in range(1, largest) if any(abs(Fraction(s, n) - value) <= half for s in _sums(value, n))]


def _sums(value, n):
    return {int(np.floor(value * n)), int(np.ceil(value * n))}


def test_the_mean_of_a_site_does_not_tell_its_exact_size():
    table, _ = invent_sites([31, 13, 22], seed=4)
    exact = table.set_index("site")["estimate"]
    assert {n for n in candidates(exact["id-b"], None) if 12 < n < 18} == {13}, "the fraction gives it away"
    for row in released(table).data.itertuples(index=False):
        within = [n for n in candidates(row.estimate, 1) if row.n - 2.5 <= n < row.n + 2.5]
        assert len(within) >= 3, "as many as the rounded count leaves open"


@settings(max_examples=60)
@given(SIZES, st.randoms(use_true_random=False))
def test_the_label_of_a_site_says_nothing_about_its_id(sizes, random):
    """Renaming the schools changes nothing that is published."""
    table, children = invent_sites(sizes)
    names = list(children)
    others = names[:]
    random.shuffle(others)
    renamed = table.assign(site=table["site"].map(dict(zip(names, others, strict=True))))
    if len(set(sizes)) == len(sizes):  # of two equally small ones either may be hidden
        pd.testing.assert_frame_equal(released(table).data, released(renamed).data)
    text = released(table).data.to_csv()
    assert not [name for name in names if name in text]


def test_equal_rows_get_their_numbers_by_nothing_but_what_is_published():
    table = pd.DataFrame([row_of("z", 1.04, n=21), row_of("a", 0.96, n=19), row_of("m", 1.0, n=30)])
    data = released(table).data
    assert list(data["estimate"]) == [1.0, 1.0, 1.0]
    assert list(data["n"]) == [20.0, 20.0, 30.0], "ordered by the rounded numbers, not by 0.96 and 1.04"


def test_what_tells_the_size_stays_behind():
    table, _ = invent_sites([31, 12, 22])
    data = released(table).data
    assert not {"se", "df", "smallest_count"} & set(data)
    assert data.loc[data["site"] != "all", "p_value"].isna().all()


# --- the table ---------------------------------------------------------------------------------------------


def test_sites_are_listed_from_the_lowest_estimate_and_the_hidden_ones_are_counted():
    table, _ = invent_sites([31, 4, 22, 12, 25])
    result = released(table)
    data = result.data
    assert list(data["site"]) == ["1", "2", "3"]
    assert data["estimate"].is_monotonic_increasing
    assert set(data["n_hidden"]) == {2}
    assert result.n_suppressed == 2
    assert sorted(data["n"]) == [20.0, 25.0, 30.0]


def test_groups_are_numbered_and_protected_each_on_its_own():
    first, _ = invent_sites([31, 22])
    second, _ = invent_sites([4, 22, 30, 12])
    data = released(pd.concat([first, second.assign(group="wait")])).data
    assert data.groupby("group")["site"].apply(list).to_dict() == {"club": ["1", "2"], "wait": ["1", "2"]}


def test_open_data_stay_exact():
    table, children = invent_sites([3, 1, 7])
    data = released(table, OPEN).data
    assert sorted(data["estimate"]) == sorted(float(of.mean()) for of in children.values())
    assert sorted(data["n"]) == [1, 3, 7]


def test_more_than_nine_sites_keep_their_order():
    table, _ = invent_sites([20] * 12)
    assert list(released(table).data["site"]) == [str(i) for i in range(1, 13)]


def test_a_table_of_people_or_without_its_columns_is_refused():
    table, _ = invent_sites([31, 22])
    with pytest.raises(DisclosureError, match="participant"):
        released(table.assign(participant="p1"))
    with pytest.raises(UnknownNames):
        released(table.drop(columns="ci_low"))
    with pytest.raises(DataError, match="repeat a key"):
        released(pd.concat([table, table]))
    with pytest.raises(DataError, match="no count"):
        released(table.assign(smallest_count=2.5))


def test_a_table_without_rows_is_a_table_without_rows():
    table, _ = invent_sites([31])
    assert len(released(table.iloc[:0]).data) == 0


# --- shares ------------------------------------------------------------------------------------------------

CLASSES = {"share_improved": "improved", "share_worse": "worse"}


def counts_of(rule=RULE, **groups):
    rows = [
        {"outcome": "mood.total", "group": group, "measure": "reliable_change", "class": name, "count": n}
        for group, values in groups.items()
        for name, n in zip(("improved", "unchanged", "worse", "unknown"), values, strict=True)
    ]
    return release_counts(
        pd.DataFrame(rows), name="counts", rows=["group"], column="class", by=["outcome", "measure"], rule=rule
    )


def shares_of(group, values, low=0.2, high=0.4):
    n = sum(values)
    return pd.DataFrame(
        [
            {
                "outcome": "mood.total",
                "group": group,
                "estimator": name,
                "estimate": values[place] / n,
                "ci_low": values[place] / n - 0.0567,
                "ci_high": values[place] / n + 0.0567,
                "ci_level": 0.95,
                "n": n,
                "n_sites": 6,
                "unit": "share",
                "method": "CR2",
                "status": "estimated",
            }
            for name, place in (("share_improved", 0), ("share_worse", 2))
        ]
    )


def test_a_share_is_the_one_of_the_released_counts_and_its_interval_does_not_tell_the_exact_one():
    values = (33, 52, 12, 16)
    counts = counts_of(club=values)
    data = release_shares(
        shares_of("club", values), name="shares", counts=counts, classes=CLASSES, measure="reliable_change"
    ).data
    assert list(data["estimate"]) == [35 / 110, 10 / 110] or list(data["estimate"]) == [35 / 115, 10 / 115]
    assert not np.isclose((data["ci_low"] + data["ci_high"]) / 2, [33 / 113, 12 / 113], atol=1e-4).any()
    assert (data["ci_high"] - data["ci_low"] >= 2 * 0.0567 - 1e-9).all(), "never narrower than it was"
    assert np.allclose(data["ci_low"] * 100, (data["ci_low"] * 100).round())


def test_a_share_is_hidden_where_any_count_of_its_group_is():
    values = (33, 52, 3, 16)
    counts = counts_of(club=values)
    assert counts.data["count"].isna().sum() >= 2
    data = release_shares(
        shares_of("club", values), name="shares", counts=counts, classes=CLASSES, measure="reliable_change"
    ).data
    assert data[["estimate", "ci_low", "ci_high", "n"]].isna().all().all()
    assert set(data["status"]) == {"suppressed"}


def test_open_shares_stay_exact():
    values = (3, 5, 1, 1)
    data = release_shares(
        shares_of("club", values),
        name="shares",
        counts=counts_of(OPEN, club=values),
        classes=CLASSES,
        measure="reliable_change",
    ).data
    assert list(data["estimate"]) == [0.3, 0.1]


def test_shares_of_other_people_than_the_counts_are_refused():
    with pytest.raises(DisclosureError, match="not those of the counts"):
        release_shares(
            shares_of("club", (60, 25, 12, 16)),
            name="shares",
            counts=counts_of(club=(33, 52, 12, 16)),
            classes=CLASSES,
            measure="reliable_change",
        )
