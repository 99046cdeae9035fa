"""The promises that tables make when they pass from room to room."""

from __future__ import annotations

import pandas as pd
import pytest

import eval_tools.tables as tables
from eval_tools.errors import EvalToolsError
from eval_tools.tables import FLOW, TableSpec, check_table

SPECS = [spec for spec in vars(tables).values() if isinstance(spec, TableSpec)]


def flow(**changes: object) -> pd.DataFrame:
    row = {"group": "club", "wave": "autumn", "n_enrolled": 3, "n_forms": 2, "n_paired": 2}
    return pd.DataFrame([{**row, **changes}])


def broken(table: pd.DataFrame) -> list[str]:
    with pytest.raises(EvalToolsError) as refused:
        check_table(table, FLOW)
    assert all(problem.where == "table flow" for problem in refused.value.problems)
    return [problem.what for problem in refused.value.problems]


def test_a_table_that_keeps_its_promise_comes_back_with_its_columns_in_order():
    backwards = flow()[list(reversed(FLOW.columns))]
    assert list(check_table(backwards, FLOW).columns) == list(FLOW.columns)
    assert len(check_table(flow().iloc[:0], FLOW)) == 0


def test_every_broken_promise_is_named_not_only_the_first():
    table = pd.concat([flow(), flow(), flow(group=None)], ignore_index=True)
    table = table.rename(columns={"n_forms": "forms", "n_paired": "pairs"})
    assert broken(table) == [
        "columns missing: n_forms, n_paired.",
        "undeclared columns: forms, pairs.",
        "1 rows with a missing key.",
        "1 rows repeat a key.",
    ]


def test_keys_are_not_judged_while_one_of_them_is_missing():
    table = pd.concat([flow(), flow()]).drop(columns="wave")
    assert broken(table) == ["columns missing: wave."]


def test_a_broken_promise_is_told_in_numbers_and_never_with_a_value():
    table = pd.concat([flow(group="Xqzgroup"), flow(group="Xqzgroup")])
    assert "Xqz" not in "".join(broken(table))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_key_is_made_of_columns_and_every_column_is_explained(spec: TableSpec):
    assert spec.key
    assert set(spec.key) <= set(spec.columns)
    assert all(meaning.strip() for meaning in spec.columns.values())
    assert spec.row_is


def test_tables_have_names_of_their_own():
    names = [spec.name for spec in SPECS]
    assert len(names) == len(set(names)) >= 10
