"""The third tier and the templates: pinned codes, orders and lines, and what is deliberately not shipped."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from eval_tools.definitions.strict_yaml import read_yaml
from eval_tools.instruments.critical import critical_answers
from eval_tools.instruments.gates import check_gates
from eval_tools.instruments.key import band_of, score_instrument
from eval_tools.instruments.load import load_instrument, load_instruments

NAN = np.nan
ASLEC = {name: list(range(1, 28)) for name in ("total", "total_from_1", "events")}
# form -> scale -> printed numbers (lines of the form for the SSRS) of its items
KEYS: dict[str, dict[str, list[int]]] = {
    "aslec/aslec": ASLEC,
    "aslec/aslec-6m": ASLEC,
    "ssrs/ssrs": {
        "objective": [2, 10, 11],
        "subjective": [1, 3, 4, 5, 6, 7, 8, 9],
        "use": [12, 13, 14],
    },
    "uls/uls-6": {"total": list(range(1, 7))},
    "family-apgar/family-apgar": {"total": list(range(1, 6))},
    "obvq/obvq-victim": {
        "physical": [3, 5],
        "verbal": [1, 6],
        "relational": [2, 4],
        "total": list(range(1, 7)),
        "victim": list(range(1, 7)),
    },
    "sas/sas-sv": {"total": list(range(1, 11))},
    "swls/swls": {"total": list(range(1, 6))},
    "kidscreen/kidscreen-10": {"raw_sum": list(range(1, 11))},
    "cyrm/cyrm-r": {"total": list(range(1, 18))},
    "cyrm/cyrm-r-3": {"total": list(range(1, 18))},
    "mfq/smfq": {"total": list(range(1, 14)), "short_9": [2, 5, 7, 8, 9, 10, 11, 12, 13]},
    "psc/psc-17": {
        "internalising": [2, 6, 9, 11, 15],
        "attention": [1, 3, 7, 13, 17],
        "externalising": [4, 5, 8, 10, 12, 14, 16],
        "total": list(range(1, 18)),
    },
    "psc/psc-17-blocked": {
        "internalising": [1, 2, 3, 4, 5],
        "attention": [6, 7, 8, 9, 10],
        "externalising": [11, 12, 13, 14, 15, 16, 17],
        "total": list(range(1, 18)),
    },
    "cries/cries-8": {"total": list(range(1, 9))},
}
# lowest code everywhere, highest code everywhere
ENDS: dict[str, dict[str, tuple[float, float]]] = {
    "aslec/aslec": {"total": (0, 135), "total_from_1": (27, 135), "events": (0, 27)},
    "uls/uls-6": {"total": (6, 24)},
    "family-apgar/family-apgar": {"total": (0, 10)},
    "sas/sas-sv": {"total": (10, 60)},
    "swls/swls": {"total": (5, 35)},
    "kidscreen/kidscreen-10": {"raw_sum": (18, 42)},
    "cyrm/cyrm-r": {"total": (17, 85)},
    "cyrm/cyrm-r-3": {"total": (17, 51)},
    "mfq/smfq": {"total": (0, 26)},
    "psc/psc-17": {"total": (0, 34)},
    "cries/cries-8": {"total": (0, 40)},
}
TESTS = ["template-legal-awareness", "template-crisis-recognition", "template-self-protection"]
RATINGS = ["template-session-rating", "template-training", "template-community-feedback"]
TEMPLATES = ["template-basic-rights", "template-living-habits", *TESTS, *RATINGS]
NOT_SHIPPED = [
    "caas-sf",
    "cd-risc-10",
    "cdi",
    "csq-8",
    "eq-5d-y",
    "ghsq",
    "mhpk-10",
    "pedsql",
    "rcads-25",
    "rcads-47",
    "scared-5",
    "sdrs-5",
    "uls-8",
    "umhl-a",
]

each = pytest.mark.parametrize("form", KEYS)
each_template = pytest.mark.parametrize("name", TEMPLATES)
each_test = pytest.mark.parametrize("name", TESTS)


@pytest.fixture(scope="module")
def read(root):
    return lambda form: load_instrument(root / "questionnaires" / f"{form}.yaml", root=root)


def scores(instrument, *rows) -> dict[str, list[float]]:
    result = score_instrument(instrument, np.array(rows, dtype=float)).scales
    return {name: scale.score.tolist() for name, scale in result.items()}


def bands(scheme, *values) -> list[str]:
    return list(band_of(scheme, np.array(values, dtype=float)))


# --- keys ---------------------------------------------------------------------------------------------------


@each
def test_every_scale_counts_exactly_the_items_of_the_printed_key(read, form):
    instrument = read(form)
    numbers = {item.id: item.number for item in instrument.items.values()}
    found = {scale.id: [numbers[i] for i in scale.items] for scale in instrument.scales.values() if scale.items}
    assert found == KEYS[form]


@each
def test_only_two_items_of_the_kidscreen_are_reversed(read, form):
    reversed_ = [item.number for item in read(form).items.values() if item.reverse]
    assert reversed_ == ([3, 4] if form == "kidscreen/kidscreen-10" else [])


@each
def test_one_answer_raised_moves_exactly_the_scales_that_hold_the_item(read, form):
    instrument = read(form)
    base = [min(item.responses.scored_codes) for item in instrument.items.values()]
    top = [max(item.responses.scored_codes) for item in instrument.items.values()]
    result = scores(instrument, base, *([*base[:i], top[i], *base[i + 1 :]] for i in range(len(base))))
    for name, items in KEYS[form].items():
        assert [i for i, score in enumerate(result[name]) if i and score != result[name][0]] == items


@pytest.mark.parametrize("form", ENDS)
def test_lowest_and_highest_codes_score_as_published(read, form):
    instrument = read(form)
    low = [min(item.responses.scored_codes) for item in instrument.items.values()]
    high = [max(item.responses.scored_codes) for item in instrument.items.values()]
    result = scores(instrument, low, high)
    assert {name: tuple(result[name]) for name in ENDS[form]} == ENDS[form]


@each
def test_an_exchange_of_two_items_between_scales_breaks_a_vector(read, form):
    instrument = read(form)
    names = list(instrument.items)
    for one, other in combinations([scale for scale in instrument.scales.values() if scale.items], 2):
        useful = [
            [vector.answers[name] for name in names]
            for vector in instrument.test_vectors
            if vector.expect.get(one.id) is not None and None not in vector.answers.values()
        ]
        answers = np.array(useful, dtype=float)
        for a in set(one.items) - set(other.items):
            for b in set(other.items) - set(one.items):
                assert (answers[:, names.index(a)] != answers[:, names.index(b)]).any(), (one.id, a, other.id, b)


# --- single forms -------------------------------------------------------------------------------------------


def test_an_event_that_did_not_occur_counts_0_or_1_in_two_named_scores(read):
    instrument = read("aslec/aslec")
    none, one = [0] * 27, [0] * 26 + [1]
    result = scores(instrument, none, one)
    assert result["total"] == [0, 1]
    assert result["total_from_1"] == [27, 27]
    assert result["events"] == [0, 1]
    assert instrument.scales["total_from_1"].sensitivity_of == "total"


def test_two_recall_periods_are_two_forms(read):
    long, short = read("aslec/aslec"), read("aslec/aslec-6m")
    assert [(i.recall.value, i.recall.unit) for i in (long, short)] == [(12, "month"), (6, "month")]


def test_the_caution_of_the_life_events_names_the_item_about_separation(read):
    assert any("8" in caution["en"] and "separation" in caution["en"] for caution in read("aslec/aslec").cautions)


def test_a_source_of_support_counts_one_point_and_none_counts_nothing(read):
    instrument = read("ssrs/ssrs")
    row = [2] * 14
    none, three = row.copy(), row.copy()
    none[9], none[10] = 0, 0
    three[9], three[10] = 3, 1
    result = scores(instrument, none, three)
    assert result["objective"] == [2, 6]
    assert result["subjective"] == [16, 16]
    assert result["use"] == [6, 6]
    assert result["total"] == [24, 28]


def test_much_family_support_is_the_mildest_band(read):
    scheme = read("family-apgar/family-apgar").default_bands("total")
    assert bands(scheme, 0, 3, 4, 6, 7, 10) == ["low", "low", "middle", "middle", "good", "good"]


@pytest.mark.parametrize("number", range(1, 7))
def test_any_single_item_at_2_makes_a_victim(read, number):
    instrument = read("obvq/obvq-victim")
    at_one, at_two = [1] * 6, [0] * 6
    at_two[number - 1] = 2
    result = scores(instrument, at_one, at_two)
    assert result["victim"] == [0, 1]
    assert result["total"] == [6, 2]
    assert bands(instrument.default_bands("victim"), *result["victim"]) == ["no", "yes"]


@pytest.mark.parametrize("number", range(1, 7))
def test_any_answer_of_3_about_being_bullied_asks_for_attention(read, number):
    rows = np.full((2, 6), NAN)
    rows[:, number - 1] = 3, 2
    found = critical_answers(read("obvq/obvq-victim"), rows)
    assert [(a.row, a.item, a.level) for a in found] == [(0, f"obvq{number}", "attention")]


def test_the_line_of_the_smartphone_scale_depends_on_sex(read):
    schemes = read("sas/sas-sv").scales["total"].band_schemes
    assert bands(schemes["kwon2013_m"], 30, 31, 32, 33) == ["below", "at_or_above", "at_or_above", "at_or_above"]
    assert bands(schemes["kwon2013_f"], 30, 31, 32, 33) == ["below", "below", "below", "at_or_above"]
    assert {scheme.group for scheme in schemes.values()} == {"kwon2013"}
    assert [scheme.fits(sex="female") for scheme in schemes.values()] == [False, True]
    assert not any(scheme.fits(sex=None) for scheme in schemes.values())


def test_agreement_means_satisfaction_with_life(read):
    instrument = read("swls/swls")
    direction = instrument.code_direction
    assert (direction.first_code, direction.first_means) == (1, "strongly disagree")
    assert instrument.scales["total"].better == "higher"
    scheme = instrument.default_bands("total")
    assert bands(scheme, 35, 31, 30, 26, 25, 21, 20, 19, 15, 14, 10, 9, 5) == [
        *["extremely_satisfied"] * 2,
        *["satisfied"] * 2,
        *["slightly_satisfied"] * 2,
        "neutral",
        *["slightly_dissatisfied"] * 2,
        *["dissatisfied"] * 2,
        *["extremely_dissatisfied"] * 2,
    ]


def test_agreement_printed_first_turns_the_life_scale_upside_down_and_is_refused(change_form, problems_of):
    text = change_form(
        ('first_code: 1, first_means: "strongly disagree"', 'first_code: 7, first_means: "x"'), form="swls/swls"
    )
    (problem,) = problems_of(text)
    assert problem.what == "code_direction begins with 7, the response sets begin with 1 in 'agree7'."


def test_never_being_sad_is_the_best_answer_of_the_kidscreen(read):
    instrument = read("kidscreen/kidscreen-10")
    never_sad, always_sad = [5, 5, 1, *[5] * 7], [5] * 10
    assert scores(instrument, never_sad, always_sad)["raw_sum"] == [46, 42]  # 5 and 1 points for the sad item


def test_answers_that_are_already_recoded_would_be_turned_twice(read):
    """The official hand-scoring table is recoded; entering it as raw codes costs the happiest child 8 points."""
    printed, recoded = [5, 5, 1, 1, *[5] * 6], [5] * 10
    assert scores(read("kidscreen/kidscreen-10"), printed, recoded)["raw_sum"] == [50, 42]


@pytest.mark.parametrize("number", [3, 4])
def test_leaving_an_item_of_the_kidscreen_unreversed_is_caught(change_form, problems_of, number):
    text = change_form((f"n: {number}, reverse: true", f"n: {number}"), form="kidscreen/kidscreen-10")
    assert all(problem.what.startswith("vector ") for problem in problems_of(text))


def test_where_two_retest_values_of_the_kidscreen_conflict_both_are_kept_as_weak(read):
    entries = read("kidscreen/kidscreen-10").scales["raw_sum"].reliability
    conflicting = [entry.value for entry in entries if entry.status == "weak"]
    assert conflicting == [0.73, 0.72, 0.7]


def test_true_is_the_high_code_of_the_mood_questionnaire_and_each_population_has_its_line(read):
    instrument = read("mfq/smfq")
    assert (instrument.code_direction.first_code, instrument.code_direction.first_means) == (0, "not true")
    schemes = instrument.scales["total"].band_schemes
    assert bands(schemes["nz_help_seeking_12"], 11, 12) == ["below", "at_or_above"]
    assert bands(schemes["angold_1995_8"], 7, 8) == ["below", "at_or_above"]
    assert instrument.default_bands("total") is None


def test_the_two_printed_orders_of_the_symptom_checklist_score_differently(read):
    first_five = [2] * 5 + [0] * 12
    mixed, blocked = (scores(read(f"psc/{form}"), first_five) for form in ("psc-17", "psc-17-blocked"))
    assert [mixed[name][0] for name in ("internalising", "attention", "externalising")] == [2, 4, 4]
    assert [blocked[name][0] for name in ("internalising", "attention", "externalising")] == [10, 0, 0]
    assert mixed["total"] == blocked["total"] == [10]


@pytest.mark.parametrize("form", ["psc-17", "psc-17-blocked"])
def test_the_lines_of_the_symptom_checklist_are_5_7_7_and_15(read, form):
    scales = read(f"psc/{form}").scales
    for name, line in {"internalising": 5, "attention": 7, "externalising": 7, "total": 15}.items():
        assert bands(scales[name].band_schemes["screen"], line - 1, line) == ["below", "at_or_above"]


def test_three_blanks_of_the_symptom_checklist_count_0_and_four_make_it_invalid(read):
    three, four = [NAN] * 3 + [1] * 14, [NAN] * 4 + [1] * 13
    total = scores(read("psc/psc-17"), three, four)["total"]
    assert total[0] == 14
    assert np.isnan(total[1])


def test_the_codes_of_the_event_scale_are_not_consecutive(read):
    instrument = read("cries/cries-8")
    assert instrument.items["cries1"].responses.codes == (0, 1, 3, 5)
    assert scores(instrument, [0, 1, 3, 5, 5, 3, 1, 0])["total"] == [18]
    assert bands(instrument.scales["total"].band_schemes["perrin_17"], 16, 17) == ["below", "at_or_above"]
    refused = [vector for vector in instrument.test_vectors if "refused" in vector.expect]
    assert len(refused) == 1


def test_what_has_no_key_or_no_licence_is_refused_with_a_reason_and_not_shipped(root):
    shipped = {path.stem for path in (root / "questionnaires").glob("*/*.yaml")}
    assert shipped.isdisjoint(NOT_SHIPPED)
    refused = (root / "questionnaires" / "REFUSED.md").read_text(encoding="utf-8")
    for name in NOT_SHIPPED:
        assert f"`{name}`" in refused


def test_the_notice_names_every_family_and_says_where_wording_is_included(root):
    notice = (root / "questionnaires" / "NOTICE.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in notice.splitlines() if line.startswith("| `")
    ]
    stated = {row[0].strip("`"): row[-1] for row in rows}
    found: dict[str, str] = {}
    for path in sorted((root / "questionnaires").glob("*/*.yaml")):
        items = read_yaml(path).data["items"]["list"]
        has_text = any(any((item.get("text") or {}).values()) for item in items)
        found[path.parent.name] = "included" if has_text or found.get(path.parent.name) == "included" else "none"
    assert stated == found


# --- templates ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def templates(root):
    return load_instruments(root / "questionnaires", TEMPLATES)


@each_template
def test_a_template_says_in_three_languages_that_it_was_not_validated(templates, name):
    instrument = templates[name]
    assert instrument.template
    for language, words in {"en": "not validated", "zh-Hant": "未經驗證", "zh-Hans": "未经验证"}.items():
        assert words in instrument.title[language]
        assert words in instrument.cautions[0][language]


@each_template
def test_a_template_has_its_wording_in_three_languages(templates, name):
    instrument = templates[name]
    assert instrument.licence.text_redistributable
    options = [option for item in instrument.items.values() for option in item.responses.options]
    texts = [instrument.stem, *(item.text for item in instrument.items.values())]
    texts += [question.text for question in instrument.open_questions]
    if name != "template-living-habits":  # answered by a number of days
        texts += [option.label for option in options]
    for text in texts:
        assert all((text[language] or "").strip() for language in ("en", "zh-Hant", "zh-Hans"))


@each_template
def test_a_template_claims_no_norms_no_bands_and_no_reliability(templates, name, root):
    for scale in templates[name].scales.values():
        assert not scale.band_schemes
        assert not scale.norms
        assert not scale.reliability
    for scale in read_yaml(root / "questionnaires" / "templates" / f"{name}.yaml").data["scales"]:
        assert scale["status"] == "weak"


@each_test
def test_half_of_the_statements_of_a_knowledge_test_are_true(templates, name):
    keys = [item.answer_key for item in templates[name].items.values()]
    assert keys.count((1,)) == keys.count((0,)) == len(keys) / 2


@each_test
def test_the_same_answer_to_everything_gives_half_the_points_and_is_flagged(templates, name):
    instrument = templates[name]
    n = len(instrument.items)
    right = [item.answer_key[0] for item in instrument.items.values()]
    rows = np.array([[1] * n, [0] * n, right, [2] * n], dtype=float)
    result = score_instrument(instrument, rows).scales
    assert result["correct"].score.tolist() == [n / 2, n / 2, n, 0]
    assert result["percent_correct"].score.tolist() == [50, 50, 100, 0]
    assert check_gates(instrument, rows, result)["same_answer"].tolist()[:3] == ["met", "met", "not_met"]


@each_test
def test_a_knowledge_test_asks_for_local_review(templates, name):
    assert any("reviewed locally" in caution["en"] for caution in templates[name].cautions)


def test_a_no_about_being_hurt_asks_for_attention_even_on_an_empty_form(templates):
    rows = np.full((3, 12), NAN)
    rows[0, 8], rows[1, 9], rows[2, 8] = 0, 0, 1
    found = critical_answers(templates["template-basic-rights"], rows)
    assert [(a.row, a.item, a.level) for a in found] == [(0, "right09", "attention"), (1, "right10", "attention")]


def test_not_sure_is_no_right_kept(templates):
    instrument = templates["template-basic-rights"]
    assert scores(instrument, [1] * 12, [2] + [1] * 11, [0] * 12)["rights_kept"] == [12, 11, 0]


def test_a_habit_is_kept_on_five_days_or_more(templates):
    instrument = templates["template-living-habits"]
    result = scores(instrument, [5] * 10, [4] * 10, [7] * 5 + [0] * 5)
    assert result["habits_kept"] == [10, 0, 5]
    assert result["mean_days"] == [5, 4, 3.5]


def test_two_cannot_say_leave_a_mean_of_the_rest_and_three_none(templates):
    instrument = templates["template-community-feedback"]
    feedback = scores(instrument, [8, 8, 1, *[4] * 5], [8, 8, 8, *[4] * 5])["feedback"]
    assert feedback[0] == 3.5
    assert np.isnan(feedback[1])
    assert instrument.informant == "community"
