"""The second tier of the library: keys typed in again, published and derived scores, errors found in public copies."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from eval_tools.instruments.critical import critical_answers
from eval_tools.instruments.gates import check_gates
from eval_tools.instruments.key import band_of, score_instrument
from eval_tools.instruments.load import load_instrument

NAN = np.nan
DASS = {
    "depression": [3, 5, 10, 13, 16, 17, 21],
    "anxiety": [2, 4, 7, 9, 15, 19, 20],
    "stress": [1, 6, 8, 11, 12, 14, 18],
}
SCARED = {
    "panic_somatic": [1, 6, 9, 12, 15, 18, 19, 22, 24, 27, 30, 34, 38],
    "generalised": [5, 7, 14, 21, 23, 28, 33, 35, 37],
    "separation": [4, 8, 13, 16, 20, 25, 29, 31],
    "social": [3, 10, 26, 32, 39, 40, 41],
    "school": [2, 11, 17, 36],
}
ESQ = {"care": [1, 2, 3, 4, 5, 6, 7, 11, 12], "environment": [8, 9, 10]}
K10 = {"total": list(range(1, 11)), "k6": [2, 4, 5, 8, 9, 10]}
# form -> scale -> printed numbers of its items
KEYS: dict[str, dict[str, list[int]]] = {
    "aim-iam-fim/aim-iam-fim": {
        "acceptability": [1, 2, 3, 4],
        "appropriateness": [5, 6, 7, 8],
        "feasibility": [9, 10, 11, 12],
    },
    "esq/esq-child": ESQ,
    "esq/esq-youth": ESQ,
    "esq/esq-parent": ESQ,
    "scared/scared-c": SCARED,
    "scared/scared-p": SCARED,
    "dsrsc/dsrsc": {"total": list(range(1, 19))},
    "sasc/sasc": {"fear_of_evaluation": [1, 2, 5, 6, 8, 10], "avoidance_distress": [3, 4, 7, 9]},
    "kessler/k6": {"total": list(range(1, 7))},
    "kessler/k10": K10,
    "kessler/k10-au": K10,
    "dass/dass-21": {f"{name}_x2": items for name, items in DASS.items()} | {"total_not_doubled": list(range(1, 22))},
    "dass/dass-y": DASS,
    "gses/gses": {
        "total": list(range(1, 11)),
        "mean": list(range(1, 11)),
        "action": [1, 6, 7, 8, 9],
        "coping": [2, 3, 4, 5, 10],
    },
    "pssm/pssm": {
        "total": list(range(1, 19)),
        "positive_13": [1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 15, 17, 18],
    },
    "mmhi-60/mmhi-60": {
        "obsessive": [3, 10, 12, 22, 23, 48],
        "paranoid": [11, 20, 24, 26, 47, 49],
        "hostile": [19, 21, 25, 50, 52, 58],
        "interpersonal": [4, 17, 18, 45, 51, 59],
        "depression": [5, 13, 14, 16, 44, 57],
        "anxiety": [6, 15, 34, 43, 46, 56],
        "study_pressure": [31, 33, 36, 38, 40, 55],
        "maladjustment": [1, 8, 9, 29, 39, 41],
        "instability": [2, 7, 27, 32, 35, 53],
        "imbalance": [28, 30, 37, 42, 54, 60],
    },
    "ks-csap/ks-csap": {"correct": list(range(1, 11))},
    "ks-csap/ks-csap-foils": {
        "correct": list(range(1, 11)),
        "foils_rejected": [11, 12, 13, 14],
        "foils_yes": [11, 12, 13, 14],
    },
    "tfa/tfa-generic": {
        "attitude": [1],
        "burden": [2],
        "ethicality": [3],
        "coherence": [4],
        "opportunity_costs": [5],
        "effectiveness": [6],
        "self_efficacy": [7],
        "general": [8],
    },
}
REVERSED = {
    "dsrsc/dsrsc": [1, 2, 4, 7, 8, 9, 11, 12, 13, 16],
    "pssm/pssm": [3, 6, 9, 12, 16],
}
# lowest code everywhere, highest code everywhere, staircase
DERIVED: dict[str, dict[str, tuple[float, float, float]]] = {
    "scared/scared-c": {
        "panic_somatic": (0, 26, 17),
        "generalised": (0, 18, 8),
        "separation": (0, 16, 3),
        "social": (0, 14, 7),
        "school": (0, 8, 5),
        "total": (0, 82, 40),
    },
    "dsrsc/dsrsc": {"total": (20, 16, 24)},
    "sasc/sasc": {"fear_of_evaluation": (0, 12, 5), "avoidance_distress": (0, 8, 4), "total": (0, 20, 9)},
    "kessler/k10": {"total": (10, 50, 30), "k6": (0, 24, 17)},
    "kessler/k10-au": {"total": (10, 50, 30), "k6": (0, 24, 17)},
    "dass/dass-21": {"depression_x2": (0, 42, 12), "anxiety_x2": (0, 42, 26), "stress_x2": (0, 42, 22)},
    "dass/dass-y": {"depression": (0, 21, 6), "anxiety": (0, 21, 13), "stress": (0, 21, 11)},
    "gses/gses": {"total": (10, 40, 23)},
    "pssm/pssm": {"total": (38, 70, 59), "positive_13": (13, 65, 40)},
    "mmhi-60/mmhi-60": {
        name: (6, 30, stair)
        for name, stair in zip(KEYS["mmhi-60/mmhi-60"], (18, 17, 20, 19, 19, 15, 18, 17, 16, 21), strict=True)
    }
    | {"total": (60, 300, 180)},
}
# every band scheme that ships, with its standing and whether it is the default
SCHEMES = {
    "scared/scared-c": {("us_25", "verified", False)},
    "scared/scared-p": {("us_25", "weak", False)},
    "dsrsc/dsrsc": {("cn_rural_henan_14", "weak", False)},
    "kessler/k6": {("us_adults", "verified", False)},
    "kessler/k10": {("us_adults", "verified", False)},
    "kessler/k10-au": {("us_adults", "verified", False)},
    "dass/dass-21": {("severity_x2", "verified", True)},
    "dass/dass-y": {("au_youth", "verified", False)},
    "mmhi-60/mmhi-60": {("mean_2", "verified", True)},
}

each = pytest.mark.parametrize("form", KEYS)


@pytest.fixture(scope="module")
def read(root):
    return lambda form: load_instrument(root / "questionnaires" / f"{form}.yaml", root=root)


def scores(instrument, *rows) -> dict[str, list[float]]:
    result = score_instrument(instrument, np.array(rows, dtype=float)).scales
    return {name: scale.score.tolist() for name, scale in result.items()}


def lowest(instrument) -> list[float]:
    return [min(item.responses.scored_codes) for item in instrument.items.values()]


def highest(instrument) -> list[float]:
    return [max(item.responses.scored_codes) for item in instrument.items.values()]


def stair(instrument) -> list[float]:
    codes = [sorted(item.responses.scored_codes) for item in instrument.items.values()]
    return [step[i % len(step)] for i, step in enumerate(codes)]


# --- keys ---------------------------------------------------------------------------------------------------


@each
def test_every_scale_counts_exactly_the_items_of_the_printed_key(read, form):
    instrument = read(form)
    numbers = {item.id: item.number for item in instrument.items.values()}
    found = {scale.id: [numbers[i] for i in scale.items] for scale in instrument.scales.values() if scale.items}
    assert found == KEYS[form]


@each
def test_exactly_the_items_of_the_printed_key_are_reversed(read, form):
    reversed_ = [item.number for item in read(form).items.values() if item.reverse]
    assert reversed_ == REVERSED.get(form, [])


@each
def test_one_answer_raised_moves_exactly_the_scales_that_hold_the_item(read, form):
    instrument = read(form)
    base, top = lowest(instrument), highest(instrument)
    rows = [base] + [[*base[:i], top[i], *base[i + 1 :]] for i in range(len(base))]
    result = scores(instrument, *rows)
    for name, items in KEYS[form].items():
        moved = [i for i, score in enumerate(result[name]) if i and score != result[name][0]]
        assert moved == items
        down = [i for i, score in enumerate(result[name]) if score < result[name][0]]
        wrong_answers = items if name == "foils_rejected" else []
        assert down == (wrong_answers or [i for i in REVERSED.get(form, []) if i in items])


@pytest.mark.parametrize("form", DERIVED)
def test_lowest_highest_and_staircase_answers_score_as_computed_by_hand(read, form):
    instrument = read(form)
    result = scores(instrument, lowest(instrument), highest(instrument), stair(instrument))
    assert {name: tuple(result[name]) for name in DERIVED[form]} == DERIVED[form]


@each
def test_an_exchange_of_two_items_between_scales_breaks_a_vector(read, form):
    instrument = read(form)
    names = list(instrument.items)
    of_items = [scale for scale in instrument.scales.values() if scale.items]
    for one, other in combinations(of_items, 2):
        useful = [
            [vector.answers[name] for name in names]
            for vector in instrument.test_vectors
            if vector.expect.get(one.id) is not None and None not in vector.answers.values()
        ]
        answers = np.array(useful, dtype=float)
        for a in set(one.items) - set(other.items):
            for b in set(other.items) - set(one.items):
                assert (answers[:, names.index(a)] != answers[:, names.index(b)]).any(), (one.id, a, other.id, b)


@each
def test_the_band_schemes_are_those_with_a_source_and_foreign_lines_are_no_default(read, form):
    instrument = read(form)
    found = {
        (scheme.id, scheme.status, instrument.default_band_scheme == scheme.id)
        for scale in instrument.scales.values()
        for scheme in scale.band_schemes.values()
    }
    assert found == SCHEMES.get(form, set())


@each
def test_where_no_rule_for_missing_answers_was_found_every_answer_is_needed(read, form):
    instrument = read(form)
    assert instrument.checked_by is None
    for scale in instrument.scales.values():
        if scale.missing.status == "unverified":
            assert scale.missing.min_answered == len(scale.items or scale.of_scales)
            assert scale.missing.fill == "none"


# --- SCARED -------------------------------------------------------------------------------------------------


def test_the_united_states_lines_of_the_scared_are_reached_at_7_9_5_8_3_and_25(read):
    instrument = read("scared/scared-c")
    lines = {"panic_somatic": 7, "generalised": 9, "separation": 5, "social": 8, "school": 3, "total": 25}
    for scale, line in lines.items():
        scheme = instrument.scales[scale].band_schemes["us_25"]
        assert list(band_of(scheme, np.array([line - 1.0, line]))) == ["below", "at_or_above"]


def test_an_agency_form_that_counts_item_20_as_panic_is_caught(change_form, problems_of):
    text = change_form(
        ("scared34, scared38]", "scared34, scared38, scared20]"),
        ("scared16, scared20, scared25", "scared16, scared25"),
        ("min_answered: 13", "min_answered: 14"),
        ("min_answered: 8", "min_answered: 7"),
        ("range: [0, 26]", "range: [0, 28]"),
        ("range: [0, 16]", "range: [0, 14]"),
        ("[[0, 6], [7, 26]]", "[[0, 6], [7, 28]]"),
        ("[[0, 4], [5, 16]]", "[[0, 4], [5, 14]]"),
        form="scared/scared-c",
    )
    assert all(problem.what.startswith("vector ") for problem in problems_of(text))


def test_the_line_of_the_five_item_form_is_never_put_on_a_raw_sum(root, read):
    assert not list((root / "questionnaires").glob("*/scared-5*"))
    for form in ("scared/scared-c", "scared/scared-p"):
        for scale in read(form).scales.values():
            assert len(scale.items) != 5
            assert {band.low for scheme in scale.band_schemes.values() for band in scheme.bands}.isdisjoint({14, 23})


def test_child_and_parent_forms_are_two_forms_of_one_family(read):
    child, parent = read("scared/scared-c"), read("scared/scared-p")
    assert (child.family, child.informant, parent.informant) == (parent.family, "self", "parent")
    assert not any(scale.reliability for scale in parent.scales.values())


# --- DSRSC --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reversed_", REVERSED["dsrsc/dsrsc"])
def test_leaving_one_item_of_the_dsrsc_unreversed_is_caught(change_form, problems_of, reversed_):
    text = change_form((f"n: {reversed_}, reverse: true", f"n: {reversed_}"), form="dsrsc/dsrsc")
    assert all(problem.what.startswith("vector ") for problem in problems_of(text))


@pytest.mark.parametrize(
    ("reversed_", "plain"), [(1, 3), (2, 18), (4, 5), (7, 6), (8, 10), (9, 17), (13, 14), (16, 15)]
)
def test_exchanging_the_direction_of_two_items_of_the_dsrsc_is_caught(change_form, problems_of, reversed_, plain):
    text = change_form(
        (f"id: dsrsc{reversed_:02d}, n: {reversed_}, reverse: true", f"id: dsrsc{reversed_:02d}, n: {reversed_}"),
        form="dsrsc/dsrsc",
    )
    inline, block = f"id: dsrsc{plain:02d}, n: {plain}", f"      n: {plain}\n"
    if inline in text:
        text = text.replace(inline, f"{inline}, reverse: true", 1)
    else:
        assert block in text
        text = text.replace(block, f"{block}      reverse: true\n", 1)
    assert all(problem.what.startswith("vector ") for problem in problems_of(text))


def test_the_worst_answer_to_item_10_of_the_dsrsc_needs_a_person_the_same_day(read):
    instrument = read("dsrsc/dsrsc")
    rows = np.full((4, 18), NAN)
    rows[0, 9], rows[1, 9], rows[2, 4], rows[3, 4] = 2, 1, 2, 1
    found = [(a.row, a.item, a.level) for a in critical_answers(instrument, rows)]
    assert found == [(0, "dsrsc10", "urgent"), (1, "dsrsc10", "attention"), (2, "dsrsc05", "attention")]


def test_the_henan_line_says_that_it_stands_on_47_cases(read):
    scheme = read("dsrsc/dsrsc").scales["total"].band_schemes["cn_rural_henan_14"]
    assert all("47" in scheme.note[language] for language in ("en", "zh-Hant", "zh-Hans"))


# --- Kessler ------------------------------------------------------------------------------------------------


def test_a_k10_with_nine_answers_cannot_fall_below_its_range(read):
    instrument = read("kessler/k10-au")
    row = [NAN, *[1] * 9]
    assert scores(instrument, row)["total"] == [10]  # 9 before the rule of October 2021
    assert np.isnan(scores(instrument, [NAN, NAN, *[1] * 8])["total"][0])
    assert np.isnan(scores(read("kessler/k10"), row)["total"][0])


def test_a_k10_of_nine_answers_is_rounded_to_the_nearest_whole_point(read):
    # 22 on nine items are 24.4; 23 are 25.6
    rows = [NAN, 5, 5, 5, 2, 1, 1, 1, 1, 1], [NAN, 5, 5, 5, 3, 1, 1, 1, 1, 1]
    assert scores(read("kessler/k10-au"), *rows)["total"] == [24, 26]


def test_the_two_orders_of_the_k10_are_two_forms(read):
    american, australian = read("kessler/k10"), read("kessler/k10-au")
    assert american.item_order != australian.item_order
    assert (str(american.recall.value), american.recall.unit) == ("30", "day")
    assert (str(australian.recall.value), australian.recall.unit) == ("4", "week")
    assert american.code_direction.first_code == australian.code_direction.first_code == 1


def test_the_bands_of_the_k6_are_not_those_of_a_wrong_copy(read):
    instrument = read("kessler/k6")
    assert instrument.code_direction.first_code == 0
    scheme = instrument.scales["total"].band_schemes["us_adults"]
    found = list(band_of(scheme, np.array([0.0, 4, 5, 12, 13, 18, 19, 24])))
    assert found == ["low", "low", "moderate", "moderate", *["serious"] * 4]


# --- DASS ---------------------------------------------------------------------------------------------------


def test_a_page_that_exchanges_the_depression_and_anxiety_lists_is_caught(change_form, problems_of):
    depression = "[dass03, dass05, dass10, dass13, dass16, dass17, dass21]"
    anxiety = "[dass02, dass04, dass07, dass09, dass15, dass19, dass20]"
    text = change_form((depression, "HERE"), (anxiety, depression), ("HERE", anxiety), form="dass/dass-21")
    found = [problem.what for problem in problems_of(text)]
    assert "vector 'stair': depression_x2 is 26.0, expected 12." in found
    assert "vector 'stair': anxiety_x2 is 12.0, expected 26." in found


def test_the_youth_form_with_the_bands_for_doubled_sums_is_refused(change_form, problems_of):
    text = change_form(
        ("[[0, 6], [7, 8], [9, 13], [14, 16], [17, 21]]", "[[0, 9], [10, 13], [14, 20], [21, 27], [28, 42]]"),
        form="dass/dass-y",
    )
    assert "bands of 'au_youth' end at 42." in [problem.what for problem in problems_of(text)]


def test_only_the_adult_form_is_doubled_and_says_so(read):
    adults, youth = read("dass/dass-21"), read("dass/dass-y")
    assert [scale.id for scale in adults.scales.values() if scale.transform] == [
        "depression_x2",
        "anxiety_x2",
        "stress_x2",
    ]
    assert not any(scale.transform for scale in youth.scales.values())
    assert (youth.age_years, adults.age_years) == ((7, 18), (18, None))
    assert adults.too_young(12)


@pytest.mark.parametrize(
    ("form", "scale", "edges"),
    [
        ("dass/dass-21", "depression_x2", [9, 10, 13, 14, 20, 21, 27, 28]),
        ("dass/dass-21", "anxiety_x2", [7, 8, 9, 10, 14, 15, 19, 20]),
        ("dass/dass-21", "stress_x2", [14, 15, 18, 19, 25, 26, 33, 34]),
        ("dass/dass-y", "depression", [6, 7, 8, 9, 13, 14, 16, 17]),
        ("dass/dass-y", "anxiety", [5, 6, 7, 8, 12, 13, 15, 16]),
        ("dass/dass-y", "stress", [11, 12, 13, 14, 16, 17, 18, 19]),
        ("dass/dass-y", "total", [23, 24, 29, 30, 39, 40, 46, 47]),
    ],
)
def test_the_bands_of_the_dass_begin_where_they_were_published(read, form, scale, edges):
    (scheme,) = read(form).scales[scale].band_schemes.values()
    names = ["usual", "mild", "mild", "moderate", "moderate", "severe", "severe", "extremely_severe"]
    assert list(band_of(scheme, np.array(edges, dtype=float))) == names


@pytest.mark.parametrize(
    ("item", "answer", "level"),
    [(21, 0, None), (21, 1, "attention"), (21, 2, "urgent"), (17, 2, None), (17, 3, "attention")],
)
def test_any_endorsement_of_item_21_of_the_dass_reaches_a_person(read, item, answer, level):
    row = np.zeros((1, 21))
    row[0, item - 1] = answer
    found = critical_answers(read("dass/dass-21"), row)
    assert [a.level for a in found] == ([level] if level else [])


# --- the others ---------------------------------------------------------------------------------------------


def test_the_mean_of_the_gses_stands_three_missing_answers_and_its_sum_none(read):
    instrument = read("gses/gses")
    result = scores(instrument, [*[3] * 7, NAN, NAN, NAN], [*[3] * 6, NAN, NAN, NAN, NAN])
    assert result["mean"][0] == 3
    assert np.isnan(result["mean"][1])
    assert np.isnan(result["total"]).all()


def test_the_thirteen_positive_items_are_a_sensitivity_score_of_the_pssm(read):
    scale = read("pssm/pssm").scales["positive_13"]
    assert scale.sensitivity_of == "total"
    assert len(scale.items) == 13


@pytest.mark.parametrize("number", REVERSED["pssm/pssm"])
def test_leaving_one_item_of_the_pssm_unreversed_is_caught(change_form, problems_of, number):
    text = change_form((f"n: {number}, reverse: true", f"n: {number}"), form="pssm/pssm")
    assert all(problem.what.startswith("vector ") for problem in problems_of(text))


def test_a_mean_of_two_is_the_line_of_every_factor_of_the_mmhi_60(read):
    instrument = read("mmhi-60/mmhi-60")
    for scale in instrument.scales.values():
        n = 6 if scale.items else 60
        scheme = instrument.default_bands(scale.id)
        assert list(band_of(scheme, np.array([2.0 * n - 1, 2.0 * n]))) == ["below", "at_or_above"]


def test_item_14_of_the_mmhi_60_asks_for_attention_from_4_on(read):
    rows = np.full((2, 60), NAN)
    rows[:, 13] = 4, 3
    assert [(a.row, a.level) for a in critical_answers(read("mmhi-60/mmhi-60"), rows)] == [(0, "attention")]


def test_left_behind_and_other_pupils_of_macheng_stand_side_by_side(read):
    norms = read("mmhi-60/mmhi-60").scales["total"].norms
    assert [(norm.mean, norm.sd, norm.n) for norm in norms] == [(128.58, 39.25, 725), (127.76, 37.2, 1200)]


def test_the_acceptability_questionnaire_has_no_total_and_two_items_that_run_the_other_way(read):
    instrument = read("tfa/tfa-generic")
    assert [len(scale.items) for scale in instrument.scales.values()] == [1] * 8
    assert [s.id for s in instrument.scales.values() if s.direction == "higher_is_worse"] == [
        "burden",
        "opportunity_costs",
    ]
    assert len({item.responses.id for item in instrument.items.values()}) == 8


def test_the_three_feedback_measures_have_means_and_no_bands(read):
    instrument = read("aim-iam-fim/aim-iam-fim")
    result = scores(instrument, stair(instrument))
    assert [result[name][0] for name in KEYS["aim-iam-fim/aim-iam-fim"]] == [2.5, 2.75, 3.0]
    assert not any(scale.band_schemes or scale.reliability for scale in instrument.scales.values())


@pytest.mark.parametrize("who", ["child", "youth", "parent"])
def test_a_dont_know_about_the_service_is_neither_a_zero_nor_an_answer(read, who):
    instrument = read(f"esq/esq-{who}")
    rows = [[2] * 12, [2, 2, 8, *[2] * 9], [2, 2, 0, *[2] * 9]]
    result = scores(instrument, *rows)
    assert result["care"][0] == 18
    assert np.isnan(result["care"][1])
    assert result["care"][2] == 16
    assert result["environment"] == [6, 6, 6]
    assert len(instrument.open_questions) == 3


def test_a_child_who_always_says_yes_scores_10_and_is_flagged(read):
    instrument = read("ks-csap/ks-csap")
    rows = np.array([[1] * 10, [1] * 9 + [0]], dtype=float)
    result = score_instrument(instrument, rows).scales
    assert result["correct"].score.tolist() == [10, 9]
    assert check_gates(instrument, rows, result)["yes_saying"].tolist() == ["met", "not_met"]
    assert instrument.validity[0].action == "flag"


def test_foils_tell_knowledge_from_yes_saying(read):
    instrument = read("ks-csap/ks-csap-foils")
    rows = np.array([[1] * 14, [1] * 10 + [0] * 4], dtype=float)
    result = score_instrument(instrument, rows).scales
    assert result["correct"].score.tolist() == [10, 10]
    assert result["foils_rejected"].score.tolist() == [0, 4]
    assert check_gates(instrument, rows, result)["yes_saying"].tolist() == ["met", "not_met"]


def test_unsure_and_blank_are_wrong_and_an_empty_form_has_no_score(read):
    rows = [1, 1, 2, 2, 0, NAN, *[1] * 4], [NAN] * 10
    correct = scores(read("ks-csap/ks-csap"), *rows)["correct"]
    assert correct[0] == 6
    assert np.isnan(correct[1])


def test_grade_means_of_the_sasc_have_no_invented_spread(read):
    norms = read("sasc/sasc").scales["total"].norms
    assert [norm.mean for norm in norms] == [10.4, 9.9, 8.9, 7.7, 8.4, 8.3, 9.8]
    assert all(norm.sd is None for norm in norms)
