from __future__ import annotations

import copy
import dataclasses
import pickle

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from eval_tools.errors import DataError, DefinitionError, DisclosureError, UnknownNames
from eval_tools.privacy.disclosure import (
    DisclosureRule,
    ReleasedTable,
    release_counts,
    release_distribution,
    release_estimates,
    release_flow,
    release_people,
)
from eval_tools.privacy.suppression import Sum, hide_counts
from eval_tools.tables import DESCRIPTIVES, FLOW, RELIABILITIES, RESULTS

RULE = DisclosureRule()
EXACT = DisclosureRule(round_to=1)
OPEN = DisclosureRule(min_cell=1, round_to=1)


def drawn(text: str) -> pd.DataFrame:
    """Read a drawn table; a column whose cells are all numbers or empty is numeric."""
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    table = pd.DataFrame(rows[1:], columns=rows[0])
    for column in table.columns:
        try:
            table[column] = pd.to_numeric(table[column].replace("", None))
        except ValueError:
            continue
    return table


def classes(text: str) -> pd.DataFrame:
    """Turn a drawn group x class table into one count a row."""
    table = drawn(text)
    return pd.DataFrame(
        [
            {"group": row["group"], "class": class_, "count": row[class_]}
            for row in table.to_dict("records")
            for class_ in table.columns[1:]
        ]
    )


def two_way(released: ReleasedTable, values: str = "count") -> dict[str, list]:
    shown: dict[str, list] = {}
    for group, value in zip(released.data["group"], released.data[values], strict=True):
        shown.setdefault(group, []).append(None if value != value else value)
    return shown


def released_classes(text: str, rule: DisclosureRule = RULE) -> ReleasedTable:
    return release_counts(classes(text), name="classes", rows=["group"], column="class", rule=rule)


class TestRule:
    @pytest.mark.parametrize(("count", "rounded"), [(0, 0), (2, 0), (3, 5), (7, 5), (8, 10), (12, 10), (13, 15)])
    def test_counts_are_rounded_to_the_nearest_five(self, count, rounded):
        assert RULE.rounded(count) == rounded

    def test_halves_go_up(self):
        assert DisclosureRule(min_cell=10, round_to=10).rounded(15) == 20

    def test_zero_is_small_unless_nothing_is(self):
        assert RULE.is_small(0)
        assert RULE.is_small(float("nan"))
        assert not OPEN.is_small(0)

    @pytest.mark.parametrize("wrong", [{"min_cell": 0}, {"round_to": 0}, {"min_cell": -3, "round_to": -1}])
    def test_values_below_one_are_refused(self, wrong):
        with pytest.raises(DefinitionError) as refused:
            DisclosureRule(**wrong)
        assert len(refused.value.problems) == len(wrong)

    @pytest.mark.parametrize(("min_cell", "round_to"), [(6, 5), (7, 5), (2, 5), (10, 25)])
    def test_a_rule_that_rounds_the_smallest_count_down_is_refused(self, min_cell, round_to):
        """Then a published 5 would mean 6 or 7, as it once did with OpenSAFELY."""
        with pytest.raises(DefinitionError, match="rounds the smallest count"):
            DisclosureRule(min_cell=min_cell, round_to=round_to)

    @pytest.mark.parametrize(("min_cell", "round_to"), [(1, 1), (1, 5), (3, 1), (5, 5), (8, 5), (10, 5)])
    def test_rules_in_use_are_accepted(self, min_cell, round_to):
        assert DisclosureRule(min_cell=min_cell, round_to=round_to).min_cell == min_cell


class TestReleasedTable:
    def released(self):
        return release_estimates(
            pd.DataFrame({"n": [12], "mean": [3.0]}), name="t", count="n", numbers=["mean"], rule=RULE
        )

    def test_nobody_else_can_make_one(self):
        for gate in ({}, {"_gate": None}, {"_gate": object()}):
            with pytest.raises(DisclosureError, match="was not released"):
                ReleasedTable(name="t", rule=RULE, n_suppressed=0, kind="counts", _data=pd.DataFrame(), **gate)

    def test_one_cannot_be_filled_with_other_data(self):
        with pytest.raises(DisclosureError):
            dataclasses.replace(self.released(), _data=pd.DataFrame({"n": [1]}))
        with pytest.raises(dataclasses.FrozenInstanceError):
            self.released().name = "other"

    def test_changing_the_data_handed_out_changes_nothing(self):
        released = self.released()
        handed_out = released.data
        handed_out.loc[0, "mean"] = 99.0
        assert released.data.loc[0, "mean"] == 3.0

    def test_it_can_be_stored_and_copied(self):
        released = self.released()
        for other in (pickle.loads(pickle.dumps(released)), copy.deepcopy(released)):
            assert_frame_equal(other.data, released.data)

    def test_index_labels_and_notes_of_the_input_do_not_travel(self):
        table = pd.DataFrame({"n": [12], "mean": [3.0]}, index=pd.Index(["child-7"], name="participant"))
        table.attrs["source"] = "child-7"
        data = release_estimates(table, name="t", count="n", numbers=["mean"], rule=RULE).data
        assert list(data.index) == [0]
        assert data.attrs == {}
        assert "child-7" not in repr(self.released())


class TestEstimates:
    TABLE = """
        group      | estimate | ci_low | n  | smallest_count | status
        programme  |      1.5 |    0.5 | 83 |             41 | estimated
        comparison |      2.0 |    1.0 | 22 |              9 | estimated
        nobody     |          |        | 0  |              0 | too_few_people
        ten        |      3.0 |    2.0 | 10 |             10 | estimated
    """

    def released(self, rule=RULE):
        return release_estimates(
            drawn(self.TABLE), name="results", numbers=["estimate", "ci_low"], counts=["n"], rule=rule
        )

    def test_estimates_about_few_people_are_hidden_and_counts_rounded(self):
        expected = drawn("""
            group      | estimate | ci_low | n  | status
            programme  |      1.5 |    0.5 | 85 | estimated
            comparison |          |        | 20 | suppressed
            nobody     |          |        |    | suppressed
            ten        |      3.0 |    2.0 | 10 | estimated
        """)
        assert_frame_equal(self.released().data, expected)
        assert self.released().n_suppressed == 2

    def test_with_min_cell_one_and_no_rounding_all_numbers_stay(self):
        data = self.released(OPEN).data
        assert_frame_equal(
            data, drawn(self.TABLE).drop(columns="smallest_count").astype({"n": "float"}), check_dtype=False
        )

    def test_the_deciding_count_is_published_only_if_asked(self):
        assert "smallest_count" not in self.released().data
        data = release_estimates(
            drawn(self.TABLE),
            name="r",
            numbers=["estimate", "ci_low"],
            counts=["n", "smallest_count"],
            rule=RULE,
        ).data
        assert data["smallest_count"].tolist()[0] == 40
        assert data["smallest_count"].isna().tolist() == [False, True, True, False]

    @pytest.mark.parametrize("column", ["participant", "Participant "])
    @pytest.mark.parametrize("role", [{}, {"numbers": True}, {"also": True}])
    def test_a_participant_column_never_passes(self, column, role):
        table = pd.DataFrame({column: ["x7k2"], "n": [50], "estimate": [1.0]})
        roles = {"numbers": ["estimate"]} | {name: [column] for name in role}
        with pytest.raises(DisclosureError, match="participant") as refused:
            release_estimates(table, name="r", count="n", rule=RULE, **roles)
        assert "x7k2" not in str(refused.value)

    @pytest.mark.parametrize(
        "values",
        [[4711], [4711.5], [True], [pd.Timestamp("2011-04-07")], [("a", 4711)], pd.Categorical([4711])],
        ids=["int", "float", "bool", "date", "object", "categorical"],
    )
    def test_a_column_that_is_neither_text_nor_named_is_refused(self, values):
        table = pd.DataFrame({"n": [50], "estimate": [1.0]}).assign(score=values)
        with pytest.raises(DisclosureError, match="neither text nor named: score") as refused:
            release_estimates(table, name="r", count="n", numbers=["estimate"], rule=RULE)
        assert "4711" not in str(refused.value)
        assert "2011" not in str(refused.value)

    def test_declared_constants_pass_as_they_are(self):
        table = pd.DataFrame({"n": [4], "estimate": [1.0], "ci_level": [0.95]})
        data = release_estimates(table, name="r", count="n", numbers=["estimate"], also=["ci_level"], rule=RULE).data
        assert data["ci_level"].tolist() == [0.95]
        assert data["estimate"].isna().all()

    def test_a_column_has_one_role(self):
        table = pd.DataFrame({"n": [50], "estimate": [1.0]})
        for roles in (
            {"numbers": ["estimate"], "also": ["estimate"]},
            {"numbers": ["estimate", "n"]},
            {"numbers": ["estimate"], "also": ["n"]},
        ):
            with pytest.raises(DefinitionError, match="two roles"):
                release_estimates(table, name="r", count="n", rule=RULE, **roles)

    def test_unknown_columns_are_named(self):
        with pytest.raises(UnknownNames, match="estimat"):
            release_estimates(pd.DataFrame({"n": [50]}), name="r", count="n", numbers=["estimat"], rule=RULE)

    def test_an_unknown_number_of_people_is_small(self):
        table = pd.DataFrame({"n": [None, 12.0], "estimate": [1.0, 2.0]})
        data = release_estimates(table, name="r", count="n", numbers=["estimate"], counts=["n"], rule=RULE).data
        assert data["estimate"].isna().tolist() == [True, False]
        assert data["n"].isna().tolist() == [True, False]

    @pytest.mark.parametrize("bad", [-4711, 4711.5])
    def test_counts_that_are_no_counts_are_refused(self, bad):
        table = pd.DataFrame({"n": [12], "k": [bad], "estimate": [1.0]})
        with pytest.raises(DataError, match="no count of people") as refused:
            release_estimates(table, name="r", count="n", numbers=["estimate"], counts=["k"], rule=RULE)
        assert "4711" not in str(refused.value)

    def test_a_share_is_a_count_in_disguise(self):
        table = drawn("""
            group | n  | share
            two   | 50 | 0.04
            most  | 50 | 0.9
            none  | 50 | 0
            some  | 52 | 0.25
            blank | 52 |
        """)
        data = release_estimates(table, name="d", count="n", numbers=[], shares=["share"], rule=RULE).data
        assert data["share"].isna().tolist() == [True, True, True, False, True]
        assert data["share"].tolist()[3] == 15 / 50  # 13 of 52
        exact = release_estimates(table, name="d", count="n", numbers=[], shares=["share"], rule=EXACT).data
        assert exact["share"].tolist()[3] == 0.25

    @pytest.mark.parametrize(
        ("spec", "count", "also"),
        [
            (RESULTS, "smallest_count", ["ci_level", "n_sites"]),
            (RELIABILITIES, "n", ["ci_level", "n_items"]),
            (DESCRIPTIVES, "n", []),
        ],
    )
    def test_the_shared_tables_can_be_released(self, spec, count, also):
        numeric = [c for c, says in spec.columns.items() if says.startswith(("int", "float"))]
        table = pd.DataFrame({c: [7.0 if c in numeric else "x"] for c in spec.columns})
        numbers = [c for c in numeric if c not in [*also, "n", count]]
        data = release_estimates(
            table, name=spec.name, count=count, numbers=numbers, counts=["n"], also=also, rule=RULE
        ).data
        kept = [c for c in data.columns if c in numeric and data[c].notna().any()]
        assert kept == also


class TestCounts:
    def test_large_counts_are_rounded_and_totals_recomputed(self):
        released = released_classes("""
            group | better | same | worse
            a     |     31 |   48 |    12
            b     |     22 |   62 |    17
        """)
        assert two_way(released) == {"a": [30, 50, 10], "b": [20, 60, 15], "all": [50, 110, 25]}
        assert released.n_suppressed == 0
        assert list(released.data.columns) == ["group", "class", "count", "hidden"]

    def test_a_small_count_takes_three_others_with_it(self):
        released = released_classes("""
            group | better | same | worse
            a     |     31 |   48 |     3
            b     |     22 |   60 |    14
        """)
        assert two_way(released) == {"a": [None, 50, None], "b": [None, 60, None], "all": [55, 110, 15]}
        assert two_way(released, "hidden") == {
            "a": ["complementary", "", "small"],
            "b": ["complementary", "", "complementary"],
            "all": ["", "", ""],
        }
        assert released.n_suppressed == 4

    def test_a_zero_is_hidden_like_a_three(self):
        assert two_way(released_classes("group | x | y | z\na | 31 | 48 | 0\nb | 22 | 60 | 14")) == two_way(
            released_classes("group | x | y | z\na | 31 | 48 | 3\nb | 22 | 60 | 14")
        ) | {"all": [55, 110, 15]}

    def test_the_acro_attack_one_way_table_minus_shown_cells_tells_nothing(self):
        """111 − 108 = 3: the one-way table is published too, so a lone hidden cell is no secret."""
        truth = {"better": 60, "same": 48, "worse": 3}
        table = pd.DataFrame({"group": "a", "class": list(truth), "count": list(truth.values())})
        released = release_counts(table, name="classes", rows=["group"], column="class", rule=EXACT).data
        shown = released.dropna(subset="count").set_index("class")["count"]
        remainder = 111 - shown.sum()
        assert list(shown.index) == ["better"]
        assert remainder == 51  # 48 + 3, or 41 + 10, or ...

    def test_two_small_cells_whose_total_tells_both_need_a_third(self):
        """0 + 0: the row total minus the shown cells is zero, and so are both."""
        released = released_classes("group | x | y | z\na | 0 | 0 | 40\nb | 20 | 25 | 30\nc | 30 | 35 | 60", EXACT)
        assert two_way(released)["a"] == [None, None, None]

    def test_words_are_not_published_where_they_would_tell(self):
        """Nine and nine in a known total of 18: 'both below 10' would say it all."""
        released = released_classes("group | x | y\na | 9 | 9\nb | 30 | 40", EXACT)
        assert two_way(released, "hidden")["a"] == ["complementary", "complementary"]

    def test_the_words_are_published_where_they_are_safe(self):
        released = released_classes("group | x | y\na | 3 | 12\nb | 30 | 40", EXACT)
        assert two_way(released, "hidden")["a"] == ["small", "complementary"]

    def test_a_small_group_does_not_come_out_by_subtraction(self):
        """A group of 6 beside one of 80: if the total is shown, the other group cannot be."""
        released = released_classes("group | x | y\na | 2 | 4\nb | 30 | 50", EXACT)
        assert two_way(released) == {"a": [None, None], "b": [None, None], "all": [32, 54]}

    def test_one_group_alone(self):
        released = released_classes("group | x | y | z\na | 3 | 14 | 60", EXACT)
        assert two_way(released) == {"a": [None, None, 60]}

    def test_one_group_and_its_total_are_the_same_people(self):
        released = released_classes("group | x | y | z\na | 3 | 14 | 60\nall | 3 | 14 | 60", EXACT)
        assert two_way(released) == {"a": [None, None, 60], "all": [None, None, 60]}

    def test_a_table_of_totals_only(self):
        released = released_classes("group | x | y | z\nall | 3 | 14 | 60")
        assert two_way(released) == {"all": [None, None, 60]}

    def test_too_few_people_in_all_are_hidden_entirely(self):
        released = released_classes("group | x | y\na | 1 | 2\nb | 3 | 1")
        assert released.data["count"].isna().all()

    def test_totals_given_are_replaced(self):
        with_total = released_classes("group | x | y\na | 12 | 12\nb | 12 | 13\nall | 24 | 25")
        assert two_way(with_total) == {"a": [10, 10], "b": [10, 15], "all": [20, 25]}

    def test_a_total_that_counts_someone_else_is_refused(self):
        with pytest.raises(DisclosureError, match="1 totals are not the sum") as refused:
            released_classes("group | x | y\na | 4712 | 12\nb | 12 | 13\nall | 4725 | 25")
        assert "47" not in str(refused.value)

    def test_min_cell_one_changes_nothing_and_keeps_zeros(self):
        released = released_classes("group | x | y\na | 0 | 1\nb | 3 | 17", OPEN)
        assert two_way(released) == {"a": [0, 1], "b": [3, 17], "all": [3, 18]}

    def test_a_combination_that_is_not_listed_is_a_zero(self):
        table = classes("group | x | y\na | 20 | 0\nb | 30 | 40")
        whole = release_counts(table, name="t", rows=["group"], column="class", rule=RULE).data
        listed = release_counts(table[table["count"] > 0], name="t", rows=["group"], column="class", rule=RULE).data
        key = ["group", "class"]
        assert_frame_equal(whole.sort_values(key, ignore_index=True), listed.sort_values(key, ignore_index=True))

    def test_separate_tables_are_told_apart(self):
        one = classes("group | x | y\na | 31 | 48\nb | 22 | 60")
        two = classes("group | x | y\na | 31 | 4\nb | 22 | 60")
        both = pd.concat([one.assign(outcome="i.one"), two.assign(outcome="i.two")])
        data = release_counts(both, name="t", by=["outcome"], rows=["group"], column="class", rule=RULE).data
        for outcome, alone in (("i.one", one), ("i.two", two)):
            expected = release_counts(alone, name="t", rows=["group"], column="class", rule=RULE).data
            part = data[data["outcome"] == outcome].drop(columns="outcome").reset_index(drop=True)
            assert_frame_equal(part, expected)

    def test_groups_of_two_columns(self):
        table = classes("group | x | y\na | 31 | 48\nb | 22 | 60").assign(sex="f")
        table = pd.concat([table, table.assign(sex="m")])
        data = release_counts(table, name="t", rows=["group", "sex"], column="class", rule=RULE).data
        assert len(data) == 10
        assert data[data["group"] == "all"]["count"].tolist() == [100, 220]
        partial = pd.concat([table, table[table["sex"] == "f"].assign(sex="all")])
        with pytest.raises(DisclosureError, match="a part of the rows"):
            release_counts(partial, name="t", rows=["group", "sex"], column="class", rule=RULE)

    @pytest.mark.parametrize(
        ("change", "error", "says"),
        [
            (lambda t: t.assign(participant="x7k2"), DisclosureError, "participant"),
            (lambda t: t.assign(score=4711), DisclosureError, "no role: score"),
            (lambda t: t.assign(group=4711), DisclosureError, "must be text"),
            (lambda t: t.assign(count=-4711), DataError, "no count"),
            (lambda t: t.assign(count=None), DataError, "no count"),
            (lambda t: pd.concat([t, t]), DataError, "repeat a key"),
            (lambda t: t.assign(group=None), DataError, "have none"),
            (lambda t: t.drop(columns="count"), UnknownNames, "count"),
        ],
    )
    def test_what_is_not_a_table_of_counts_is_refused_without_showing_it(self, change, error, says):
        table = change(classes("group | x | y\na | 31 | 48"))
        with pytest.raises(error, match=says) as refused:
            release_counts(table, name="t", rows=["group"], column="class", rule=RULE)
        assert "4711" not in str(refused.value)
        assert "x7k2" not in str(refused.value)


class TestFlow:
    def flow(self, text, rule=RULE, counts=("n_enrolled", "n_forms", "n_paired")):
        return release_flow(drawn(text), name="flow", rule=rule, counts=counts).data

    def test_counts_are_rounded_and_totals_added_at_each_wave(self):
        data = self.flow("""
            group | wave   | n_enrolled | n_forms | n_paired
            a     | before |         62 |      60 |       60
            b     | before |         41 |      39 |       39
            a     | after  |         62 |      57 |       55
            b     | after  |         41 |      33 |       32
        """)
        expected = drawn("""
            group | wave   | n_enrolled | n_forms | n_paired
            a     | before |         60 |      60 |       60
            b     | before |         40 |      40 |       40
            all   | before |        100 |     100 |      100
            a     | after  |         60 |      55 |       55
            b     | after  |         40 |      35 |       30
            all   | after  |        100 |      90 |       85
        """)
        assert_frame_equal(data, expected, check_dtype=False)
        assert list(data.columns) == list(FLOW.columns)

    def test_a_small_count_does_not_come_out_of_the_total(self):
        data = self.flow(
            """
            group | wave  | n_enrolled | n_forms | n_paired
            a     | after |         62 |      50 |       50
            b     | after |         33 |       4 |        3
            c     | after |         41 |      31 |       20
            """,
            EXACT,
        ).set_index("group")
        assert data["n_enrolled"].tolist() == [62, 33, 41, 136]
        for column in ("n_forms", "n_paired"):
            assert data[column].isna().tolist() == [False, True, True, False]

    def test_counts_around_a_hidden_one_do_not_tell_it(self):
        """b is hidden to protect a; 30 enrolled and 30 paired would give it away, and with it a."""
        data = self.flow(
            """
            group | wave  | n_enrolled | n_forms | n_paired
            a     | after |         20 |       5 |        5
            b     | after |         30 |      30 |       30
            c     | after |         50 |      40 |       30
            """,
            EXACT,
        ).set_index("group")
        assert data.loc["a", ["n_forms", "n_paired"]].isna().all()
        assert data.loc["b", ["n_forms", "n_paired"]].isna().all()

    def test_without_rounding_a_few_lost_people_are_not_read_off(self):
        text = """
            group | wave  | n_enrolled | n_forms
            a     | after |         62 |      60
            b     | after |         40 |      40
            c     | after |         80 |      60
        """
        exact = self.flow(text, EXACT, counts=("n_enrolled", "n_forms")).set_index("group")
        assert pd.isna(exact.loc["a", "n_forms"])
        rounded = self.flow(text, counts=("n_enrolled", "n_forms")).set_index("group")
        assert rounded["n_forms"].tolist() == [60, 40, 60, 160]

    def test_totals_keep_the_order_of_the_counts(self):
        data = self.flow(
            """
            group | wave  | n_enrolled | n_forms
            a     | after |         12 |      12
            b     | after |         12 |      12
            c     | after |         12 |       9
            """,
            counts=("n_enrolled", "n_forms"),
        )
        assert data.iloc[-1, 2] >= data.iloc[-1, 3]

    def test_one_group_needs_no_total(self):
        data = self.flow("group | wave | n_enrolled\na | after | 33", counts=("n_enrolled",))
        assert data.to_dict("list") == {"group": ["a"], "wave": ["after"], "n_enrolled": [35]}

    def test_counts_out_of_order_and_columns_too_many_are_refused(self):
        with pytest.raises(DataError, match="1 rows where a count is above"):
            self.flow("group | wave | n_enrolled | n_forms\na | w | 33 | 34", counts=("n_enrolled", "n_forms"))
        with pytest.raises(DisclosureError, match="no role: n_forms"):
            self.flow("group | wave | n_enrolled | n_forms\na | w | 33 | 34", counts=("n_enrolled",))
        with pytest.raises(DisclosureError, match="not the sum"):
            self.flow("group | wave | n_enrolled\na | w | 33\nb | w | 30\nall | w | 64", counts=("n_enrolled",))


class TestDistribution:
    def bins(self, values, rule=RULE, width=1, limits=(0, 6), group="a"):
        table = pd.DataFrame({"group": group, "value": values})
        data = release_distribution(table, name="d", rule=rule, bin_width=width, limits=limits).data
        return [tuple(None if x != x else x for x in row) for row in data.itertuples(index=False)]

    def test_bins_are_merged_until_each_holds_enough_people(self):
        values = [0] + [1] * 12 + [2] * 4 + [3] * 9 + [5] * 11 + [6] * 2
        assert self.bins(values) == [("a", -0.5, 1.5, 15), ("a", 1.5, 3.5, 15), ("a", 3.5, 6.5, 15)]

    def test_the_edges_are_the_scales_and_never_the_extreme_child(self):
        assert self.bins([2] * 12) == [("a", -0.5, 6.5, 10)]
        assert self.bins([2] * 12, width=0.5, limits=(1, 5)) == [("a", 1, 5, 10)]

    def test_too_few_people_are_one_row_without_a_count(self):
        assert self.bins([0, 3, 6]) == [("a", -0.5, 6.5, None)]
        assert self.bins([float("nan")] * 12) == [("a", -0.5, 6.5, None)]

    def test_open_data_keep_every_bin(self):
        assert self.bins([1, 1, 3], OPEN, limits=(0, 3)) == [
            ("a", -0.5, 0.5, 0),
            ("a", 0.5, 1.5, 2),
            ("a", 1.5, 2.5, 0),
            ("a", 2.5, 3.5, 1),
        ]

    def test_bins_that_are_not_whole_start_at_multiples_of_the_width(self):
        assert self.bins([1.0, 1.5, 2.0, 2.4, 2.9], OPEN, width=0.5, limits=(1.2 - 0.2, 2.9)) == [
            ("a", 1.0, 1.5, 1),
            ("a", 1.5, 2.0, 1),
            ("a", 2.0, 2.5, 2),
            ("a", 2.5, 2.9, 1),
        ]

    def test_decimal_scores_fall_into_the_bin_they_are_written_in(self):
        """0.1 + 0.2 is a little more than 0.3, and 3 * 0.1 too; both are 0.3."""
        assert self.bins([0.1 + 0.2, 0.3, 0.7 - 0.4], OPEN, width=0.1, limits=(0.2, 0.5)) == [
            ("a", 0.2, 0.3, 0),
            ("a", 0.3, 0.4, 3),
            ("a", 0.4, 0.5, 0),
        ]

    def test_groups_and_panels_are_counted_apart(self):
        table = pd.DataFrame({"wave": ["1"] * 12 + ["2"] * 3, "group": "a", "value": [1.0] * 15})
        data = release_distribution(table, name="d", rule=RULE, bin_width=1, limits=(0, 2), by=["wave"])
        assert data.data["wave"].tolist() == ["1", "2"]
        assert data.data["count"].isna().tolist() == [False, True]
        assert data.n_suppressed == 1

    def test_wrong_input_is_refused_without_showing_it(self):
        with pytest.raises(DataError, match="1 values outside") as refused:
            self.bins([4711] + [1] * 12)
        assert "4711" not in str(refused.value)
        with pytest.raises(DefinitionError):
            self.bins([1] * 12, width=0)
        with pytest.raises(DefinitionError):
            self.bins([1] * 12, limits=(3, 3))
        with pytest.raises(DataError, match="not numeric"):
            self.bins(["1"] * 12)
        with pytest.raises(DataError, match="without a group"):
            self.bins([1] * 12, group=None)


class TestPeople:
    ALLOWED = DisclosureRule(min_cell=3, round_to=1, single_people=True)
    VALUES = pd.DataFrame({"group": ["b", "a", "a", "a", "b"], "value": [7.0, 5.0, 3.0, 4.0, None]})

    def test_single_people_need_a_recorded_decision(self):
        with pytest.raises(DisclosureError, match="no recorded decision"):
            release_people(self.VALUES, name="p", rule=RULE)

    def test_values_are_sorted_so_that_their_order_says_nothing(self):
        released = release_people(self.VALUES, name="p", rule=self.ALLOWED)
        assert released.data["group"].tolist() == ["a", "a", "a", "b"]
        assert released.data["value"].tolist()[:3] == [3.0, 4.0, 5.0]
        shuffled = release_people(self.VALUES.iloc[[3, 0, 4, 1, 2]], name="p", rule=self.ALLOWED)
        assert_frame_equal(released.data, shuffled.data)

    def test_a_group_too_small_to_be_a_crowd_is_hidden(self):
        released = release_people(self.VALUES, name="p", rule=self.ALLOWED)
        assert pd.isna(released.data["value"].tolist()[3])
        assert released.n_suppressed == 1

    @pytest.mark.parametrize("release", [release_people, release_distribution])
    @pytest.mark.parametrize("column", ["participant", "row"])
    def test_no_other_column_passes(self, release, column):
        options = {} if release is release_people else {"bin_width": 1, "limits": (0, 9)}
        with pytest.raises(DisclosureError, match=column):
            release(self.VALUES.assign(**{column: "x"}), name="p", rule=self.ALLOWED, **options)


class TestSuppression:
    def test_nothing_small_hides_nothing(self):
        assert hide_counts([30, 40, 70], [Sum(parts=(0, 1), total=2)], min_cell=10) == ["", "", ""]

    def test_the_smallest_neighbour_goes_with_a_small_count(self):
        words = hide_counts([3, 48, 60, 22, 133], [Sum(parts=(0, 1, 2, 3), total=4)], min_cell=10)
        assert words == ["small", "", "", "complementary", ""]

    def test_two_hidden_counts_in_every_row_and_column_are_not_always_enough(self):
        """The four zeros stand in pairs, yet 40 of 40 and 50 of 50 shown would tell each of them."""
        table = [[0, 0, 40], [0, 0, 50], [30, 20, 60]]
        rows = [[*row, sum(row)] for row in table]
        rows.append([sum(column) for column in zip(*rows, strict=True)])
        place = [[4 * i + j for j in range(4)] for i in range(4)]
        sums = [Sum(parts=tuple(p[:-1]), total=p[-1]) for p in [*place, *zip(*place, strict=True)]]
        words = hide_counts([n for row in rows for n in row], sums, min_cell=10)
        hidden = [[words[place[i][j]] != "" for j in range(4)] for i in range(4)]
        assert hidden[0][:3] == hidden[1][:3] == [True, True, True]
        assert not any(hidden[3])
        assert not any(row[3] for row in hidden)


def test_a_total_is_hidden_with_a_group_that_could_be_worked_out_from_it():
    table = pd.DataFrame(
        {
            "outcome": "o",
            "group": ["a", "b", "all", "a", "b", "all"],
            "wave": ["1", "1", "1", "2", "2", "2"],
            "estimate": [1.0, 2.0, 1.1, 3.0, 4.0, 3.4],
            "n": [40, 4, 44, 40, 30, 70],
        }
    )
    released = release_estimates(
        table,
        name="r",
        count="n",
        counts=["n"],
        numbers=["estimate"],
        family=["1", "1", "1", "2", "2", "2"],
        rule=DisclosureRule(),
    ).data
    assert released["estimate"].isna().tolist() == [False, True, True, False, False, False]
    assert released["n"].isna().tolist() == [False, True, False, False, False, False]  # rounded, 45 - 40 tells nothing


def test_an_exact_count_of_a_total_goes_with_it():
    table = pd.DataFrame({"group": ["a", "b", "all"], "estimate": [1.0, 2.0, 1.1], "n": [40, 4, 44]})
    rule = DisclosureRule(min_cell=10, round_to=1)
    released = release_estimates(
        table, name="r", count="n", counts=["n"], numbers=["estimate"], family=["f"] * 3, rule=rule
    ).data
    assert released["n"].isna().tolist() == [False, True, True]
