"""How many changed school, by group; everybody here is invented."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from eval_tools.comparison.transfers import count_transfers
from eval_tools.privacy.disclosure import DisclosureRule, release_counts
from eval_tools.tables import PARTICIPANTS, TRANSFERS
from synthetic_study import synthetic_study

N = 60


@pytest.fixture
def study():
    found = synthetic_study(n_after=2)  # waves autumn, between-1, spring
    return replace(found, sources=(SimpleNamespace(columns={"participant": "id", "site": "school"}),))


@pytest.fixture
def participants():
    rows = [(f"p{i:03}", "programme" if i < N else "comparison", "north" if i % 2 else "south") for i in range(2 * N)]
    return pd.DataFrame(rows, columns=list(PARTICIPANTS.columns))


def moved(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(TRANSFERS.columns))


def counts(table: pd.DataFrame) -> dict[tuple[str, str], int]:
    return {(group, site): n for group, site, n in table.itertuples(index=False)}


def test_people_who_moved_up_to_the_wave_are_counted_by_group(study, participants):
    table = moved(("p000", "site", "between-1"), ("p001", "site", "spring"), ("p070", "group", "spring"))
    assert counts(count_transfers(table, participants, study, wave="spring")) == {
        ("programme", "moved"): 2,
        ("programme", "stayed"): N - 2,
        ("comparison", "moved"): 0,
        ("comparison", "stayed"): N,
    }
    assert counts(count_transfers(table, participants, study, wave="between-1"))[("programme", "moved")] == 1


def test_people_without_a_site_are_not_counted_and_without_sites_nobody_is(study, participants):
    nowhere = participants.assign(site=[""] * N + ["north"] * N)
    assert counts(count_transfers(moved(), nowhere, study, wave="spring"))[("programme", "stayed")] == 0
    assert count_transfers(moved(), participants.assign(site=""), study, wave="spring").empty
    silent = replace(study, sources=(SimpleNamespace(columns={"participant": "id"}),))
    assert count_transfers(moved(), participants, silent, wave="spring").empty


@pytest.mark.parametrize(("n_moved", "shown"), [(0, False), (4, False), (20, True)])
def test_few_movers_and_none_alike_are_not_published(study, participants, n_moved, shown):
    table = moved(*((f"p{i:03}", "site", "spring") for i in range(n_moved)))
    counted = count_transfers(table, participants, study, wave="spring")
    released = release_counts(counted, name="transfers", rows=["group"], column="site", rule=DisclosureRule()).data
    by_group = released[(released["group"] != "all") & (released["site"] == "moved")]
    assert by_group["count"].isna().all()  # of the other group nobody moved, and the total would tell
    total = released[(released["group"] == "all") & (released["site"] == "moved")]
    assert total["count"].notna().tolist() == [shown]
