"""Signs of careless answering in little tables: who is flagged, who is not, and what cannot be judged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eval_tools.intake.quality.blocks import find_block, lowest_and_highest, points_of_scale
from eval_tools.intake.quality.indices import measure_forms
from eval_tools.intake.quality.rule import SIGNS, QualityRule
from eval_tools.stats.careless import answer_distance, answer_spread, answer_strings, even_odd
from eval_tools.tables import QUALITY

FORM = ["participant", "wave", "informant"]


@pytest.fixture
def measure(responses_of, people_of, sdq):
    """Measure forms of the SDQ; return QUALITY by participant."""

    def run(forms, *, instrument=sdq, durations=None, site=lambda i: "s1", rule=None) -> pd.DataFrame:
        table = measure_forms(
            responses_of(forms, instrument),
            {instrument.id: instrument},
            participants=people_of(forms, site=site),
            durations=durations,
            rule=rule,
        )
        return table.set_index("participant")

    return run


def has(table: pd.DataFrame, who: str, sign: str) -> bool:
    return sign in table.loc[who, "signs"].split()


def times(seconds: dict[str, float]) -> pd.DataFrame:
    rows = [(who, "autumn", "child", value) for who, value in seconds.items()]
    return pd.DataFrame(rows, columns=[*FORM, "seconds"])


# --- blocks ------------------------------------------------------------------------------------------------


def test_the_block_of_the_sdq_is_its_25_equally_scaled_items_pointing_both_ways(sdq):
    block = find_block(sdq, fewest=6)
    assert block.columns == tuple(range(25))
    assert block.mixed
    assert [scale.id for scale in block.scales] == ["emotional", "conduct", "hyperactivity", "peer", "prosocial"]


def test_a_questionnaire_of_one_direction_is_no_place_for_straight_lines(sdq, root):
    from eval_tools.instruments.load import load_instrument

    psc = load_instrument(root / "questionnaires/psc/psc-17.yaml")
    assert not find_block(psc, fewest=6).mixed
    uls = load_instrument(root / "questionnaires/kessler/k6.yaml")
    assert find_block(uls, fewest=6).columns == tuple(range(6))
    assert find_block(uls, fewest=7).columns == ()


def test_items_are_taken_in_the_order_of_the_form(sdq):
    scale = sdq.scales["conduct"]
    codes = np.arange(33, dtype=float)[None, :] % 3
    numbers = sorted(sdq.items[name].number for name in scale.items)
    reverse = {7}
    expected = [2 - (n - 1) % 3 if n in reverse else (n - 1) % 3 for n in numbers]
    assert points_of_scale(sdq, scale, codes)[0].tolist() == expected
    low, high = lowest_and_highest(sdq, scale)
    assert low.tolist() == [0] * 5
    assert high.tolist() == [2] * 5


# --- signs -------------------------------------------------------------------------------------------------


def test_the_indices_are_those_of_the_pure_functions(measure, earnest, sdq):
    table = measure(earnest)
    x = np.array([[float(sign) for sign in text[:25]] for text in earnest.values()])
    order = table.loc[list(earnest)]
    np.testing.assert_allclose(order["longest_string"], answer_strings(x).longest)
    np.testing.assert_allclose(order["spread"], answer_spread(x))
    np.testing.assert_allclose(order["distance"], answer_distance(x).squared)
    reverse = [6, 10, 13, 20, 24]
    turned = x.copy()
    turned[:, reverse] = 2 - turned[:, reverse]
    scales = [
        sorted(sdq.items[name].number - 1 for name in sdq.scales[scale].items)
        for scale in ("emotional", "conduct", "hyperactivity", "peer", "prosocial")
    ]
    np.testing.assert_allclose(order["even_odd"], even_odd(turned, scales))


def test_children_in_earnest_show_few_signs(measure, earnest):
    table = measure(earnest)
    n = table["signs"].str.split().str.len()
    assert (n >= 3).sum() == 0
    assert (n == 0).mean() > 0.7
    assert set(table["judged"].str.split().explode()) == {
        *("long_string", "low_spread", "even_odd", "synonyms", "distance", "guttman"),
        *("much_open", "broke_off", "repeated"),
    } - ({"synonyms"} if table["synonyms"].isna().all() else set())


def test_a_straight_line_through_items_that_point_both_ways_is_a_sign(measure, earnest):
    table = measure({**earnest, "line": "1" * 25 + "0"})
    assert table.loc["line", ["longest_string", "spread"]].tolist() == [25, 0]
    assert has(table, "line", "long_string")
    assert has(table, "line", "low_spread")
    half = measure({**earnest, "half": "1" * 13 + "021102102201" + "0", "less": "1" * 12 + "0211021022010" + "0"})
    assert has(half, "half", "long_string")
    assert not has(half, "less", "long_string")


def test_a_straight_line_where_all_items_point_one_way_is_none(measure, root):
    from eval_tools.instruments.load import load_instrument

    psc = load_instrument(root / "questionnaires/psc/psc-17.yaml")
    table = measure({"line": "0" * 17}, instrument=psc)
    assert table.loc["line", "longest_string"] == 17
    assert "long_string" not in table.loc["line", "judged"]


def test_most_answers_by_chance_show_a_sign_and_few_answers_in_earnest(measure, many_in_earnest):
    rng = np.random.default_rng(3)
    chance = {f"x{i}": "".join(map(str, rng.integers(0, 3, 25))) + "0" for i in range(20)}
    table = measure({**many_in_earnest, **chance})
    n = table["signs"].str.split().str.len()
    assert (n[list(chance)] > 0).mean() >= 0.7
    assert (n[list(chance)] > 1).mean() >= 0.4
    assert (n[list(many_in_earnest)] > 1).mean() <= 0.05


def test_with_few_forms_nothing_is_compared_with_the_others(measure, earnest):
    few = dict(list(earnest.items())[:39])
    table = measure({**few, "line": "1" * 25 + "0"}, rule=QualityRule(fewest_forms=41))
    assert has(table, "line", "long_string")
    assert table["distance"].isna().all()
    assert not set(table["judged"].str.split().explode()) & {"low_spread", "distance", "guttman", "synonyms"}


def test_open_items_and_forms_that_break_off(measure, earnest):
    table = measure(
        {
            **earnest,
            "third": "." * 9 + "0120120120121021" + "0",
            "less": "." * 8 + "01201201201210210" + "0",
            "end": "01201201201201201201" + "....." + "0",
            "broken": "01201201201201201201" + "....." + ".",
            "nothing": "." * 26,
        }
    )
    assert table.loc["third", "open_share"] == pytest.approx(9 / 26)
    assert (has(table, "third", "much_open"), has(table, "less", "much_open")) == (True, False)
    assert (has(table, "broken", "broke_off"), has(table, "end", "broke_off")) == (True, False)
    assert table.loc["broken", "open_at_end"] == 6
    assert has(table, "nothing", "much_open")
    assert not has(table, "nothing", "broke_off")  # an empty form did not break off
    assert np.isnan(table.loc["nothing", "longest_string"])


def test_what_was_not_asked_is_not_open(measure, earnest):
    table = measure(
        {**earnest, "skipped": "0120120120120120120120120" + "0" + "-" * 7, "old": "~" * 10 + "012012012012012" + "0"}
    )
    assert table.loc[["skipped", "old"], "open_share"].tolist() == [0, 0]


def test_speed_is_compared_with_the_school(measure, earnest):
    seconds = {who: 300.0 if i % 2 else 900.0 for i, who in enumerate(earnest)}
    names = list(earnest)
    seconds |= {names[0]: 299.0, names[1]: 101.0, names[3]: 99.0, names[5]: 0.0}
    table = measure(earnest, durations=times(seconds), site=lambda i: f"s{i % 2}")
    assert has(table, names[0], "fast")  # a third of 900
    assert not has(table, names[1], "fast")  # of 300, where children are quick
    assert has(table, names[3], "fast")
    assert np.isnan(table.loc[names[5], "time_ratio"])
    assert "fast" not in table.loc[names[5], "judged"]


def test_a_small_school_is_compared_with_all(measure, earnest):
    names = list(earnest)
    seconds = dict.fromkeys(names, 900.0) | {names[0]: 100.0}
    table = measure(earnest, durations=times(seconds), site=lambda i: "small" if i < 2 else "large")
    assert has(table, names[0], "fast")
    few = measure(dict(list(earnest.items())[:5]), durations=times(dict.fromkeys(names[:5], 900.0)))
    assert few["time_ratio"].isna().all()


def test_the_same_answers_on_two_forms_are_a_sign_unless_most_children_give_them(measure, earnest):
    names = list(earnest)
    twin = measure({**earnest, "copy": earnest[names[0]], "usual": "0" * 26, "usual2": "0" * 26})
    assert has(twin, "copy", "repeated")
    assert has(twin, names[0], "repeated")
    modes = "".join(pd.Series(list(column)).mode()[0] for column in zip(*earnest.values(), strict=True))
    plain = measure({**earnest, "plain": modes, "plain2": modes})
    assert not has(plain, "plain", "repeated")


def test_a_lie_scale_is_a_sign(measure, mht):
    n = len(mht.items)
    [gate] = [gate for gate in mht.validity if gate.scale == "lie"]
    lie = {mht.items[name].number: mht.items[name] for name in mht.scales["lie"].items}
    rng = np.random.default_rng(1)
    honest = "".join(str(int(code)) for code in rng.integers(0, 2, n))
    most = "".join(
        str(max(lie[i].responses.scored_codes, key=lambda c, i=i: (c == 1) != lie[i].reverse))
        if i in lie
        else honest[i - 1]
        for i in range(1, n + 1)
    )
    table = measure(
        {"liar": most, "other": "".join("10"[(int(c))] if i + 1 in lie else c for i, c in enumerate(most))},
        instrument=mht,
    )
    assert gate.rule is not None
    assert has(table, "liar", "gate")
    assert not has(table, "other", "gate")


def test_no_table_of_quality_holds_an_answer(measure, earnest):
    assert set(QUALITY.columns) - set(measure(earnest).reset_index().columns) == set()
    assert not {"answer", "item"} & set(QUALITY.columns)
    assert all(sign in SIGNS for words in measure(earnest)["judged"] for sign in words.split())


def test_nothing_measured_is_a_table_with_no_row(people_of, responses_of, sdq):
    empty = measure_forms(responses_of({}, sdq), {"sdq-s": sdq}, participants=people_of([]))
    assert list(empty.columns) == list(QUALITY.columns)
    assert len(empty) == 0
