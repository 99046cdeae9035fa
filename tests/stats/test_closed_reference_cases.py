"""Published numbers, by the rule |x - e| <= max(abs, rel * |e|) of each case."""

import json
from pathlib import Path

import numpy as np
import pytest

from eval_tools.stats.attrition import classify_attrition
from eval_tools.stats.equivalence import (
    delta_adjusted_difference,
    e_value,
    equivalence_test,
    equivalent_change,
    regression_to_mean,
    tipping_point,
)
from eval_tools.stats.estimate import Estimate
from eval_tools.stats.ordinal import bhapkar, stuart_maxwell
from eval_tools.stats.prepost_control import (
    ArmSummary,
    change_score_change_from_summary,
    morris_d_ppc1_from_summaries,
    morris_d_ppc2,
    morris_d_ppc2_from_summaries,
    raw_score_change_from_summary,
)
from eval_tools.stats.reliable_change_family import gulliksen_lord_novick, hsu_linn_lord, jacobson_truax
from eval_tools.stats.wwc import (
    classify_baseline_equivalence,
    correct_t_for_clustering,
    cox_index,
    translate_effect,
    wwc_g,
    wwc_g_from_summary,
)

CASES = json.loads(Path(__file__).with_name("closed_cases.json").read_text(encoding="utf-8"))


@pytest.fixture
def closed_case():
    def find(beginning):
        (found,) = (c for c in CASES if c["id"].startswith(beginning))
        return found

    return find


def _arms(group):
    names = ("m_pre", "m_post", "sd_pre", "sd_post", "n", "r")
    return [
        ArmSummary(n=n, mean_before=m1, mean_after=m2, sd_before=s1, sd_after=s2, correlation=r)
        for m1, m2, s1, s2, n, r in zip(*(group[name] for name in names), strict=True)
    ]


def test_morris_gives_d_ppc2_and_the_changes_of_both_groups(closed_case, within):
    c = closed_case("S04")
    programme, comparison = _arms(c["inputs"]["treatment"]), _arms(c["inputs"]["comparison"])
    d = [
        morris_d_ppc2_from_summaries(t, k, variance="large_sample") for t, k in zip(programme, comparison, strict=True)
    ]
    within([e.estimate for e in d], c["expected"]["d_ppc2"], c["tolerance"])
    within([e.se**2 for e in d], c["expected"]["var_large_sample"], c["tolerance"])
    for arms, name in ((programme, "treatment"), (comparison, "comparison")):
        g = [raw_score_change_from_summary(arm, variance="large_sample") for arm in arms]
        within([e.estimate for e in g], c["expected"][f"smcr_{name}"], c["tolerance"])
        within([e.se**2 for e in g], c["expected"][f"var_smcr_{name}"], c["tolerance"])


# Morris (2008), table 5, with the digits printed by metafor's worked example of it
MORRIS_PROGRAMME = {
    "m_pre": [30.6, 23.5, 0.5, 53.4, 35.6],
    "m_post": [38.5, 26.8, 0.7, 75.9, 36.0],
    "sd_pre": [15.0, 3.1, 0.1, 14.5, 4.7],
    "sd_post": [11.6, 4.1, 0.1, 4.4, 4.6],
    "n": [20, 50, 9, 10, 14],
    "r": [0.47, 0.64, 0.77, 0.89, 0.44],
}
MORRIS_COMPARISON = {
    "m_pre": [23.1, 24.9, 0.6, 55.7, 34.8],
    "m_post": [19.7, 25.3, 0.6, 60.7, 33.4],
    "sd_pre": [13.8, 4.1, 0.2, 17.3, 3.1],
    "sd_post": [14.8, 3.3, 0.2, 17.9, 6.9],
    "n": [20, 42, 9, 11, 14],
    "r": [0.47, 0.64, 0.77, 0.89, 0.44],
}


def test_all_five_studies_of_morris_give_the_printed_effect_sizes_and_variances():
    arms = list(zip(_arms(MORRIS_PROGRAMME), _arms(MORRIS_COMPARISON), strict=True))
    d_1 = [morris_d_ppc1_from_summaries(t, c, variance="large_sample") for t, c in arms]
    d_2 = [morris_d_ppc2_from_summaries(t, c, variance="large_sample") for t, c in arms]
    last_digit = {"rel": 0, "abs": 0.000051}  # the source prints four
    assert [e.estimate for e in d_1] == pytest.approx([0.7421, 0.9524, 1.8054, 1.1514, 0.5050], **last_digit)
    assert [e.estimate for e in d_2] == pytest.approx([0.7684, 0.8010, 1.2045, 1.0476, 0.4389], **last_digit)
    assert [e.se**2 for e in d_1] == pytest.approx([0.1138, 0.0426, 0.2833, 0.1458, 0.1667], **last_digit)
    assert [e.se**2 for e in d_2] == pytest.approx([0.1134, 0.0350, 0.1425, 0.0681, 0.1634], **last_digit)
    smcc_programme = [change_score_change_from_summary(t).estimate for t, _ in arms]
    smcc_comparison = [change_score_change_from_summary(c).estimate for _, c in arms]
    assert smcc_programme == pytest.approx([0.5417, 1.0198, 2.6619, 1.9088, 0.0765], **last_digit)
    assert smcc_comparison == pytest.approx([-0.2213, 0.1219, 0.0, 0.5575, -0.2126], **last_digit)


def test_people_with_the_printed_moments_give_the_printed_d_ppc2(closed_case, within, people_with):
    c = closed_case("S04")
    scores = []
    for arm in (_arms(c["inputs"]["treatment"])[0], _arms(c["inputs"]["comparison"])[0]):
        covariance = arm.correlation * arm.sd_before * arm.sd_after
        spread = [[arm.sd_before**2, covariance], [covariance, arm.sd_after**2]]
        scores.extend(people_with([arm.mean_before, arm.mean_after], spread, arm.n).T)
    d = morris_d_ppc2(*scores, variance="large_sample")
    within(d.estimate, c["expected"]["d_ppc2"][0], c["tolerance"])
    within(d.se**2, c["expected"]["var_large_sample"][0], c["tolerance"])


def test_vision_of_7477_women_gives_stuarts_test_and_bhapkars(closed_case, within):
    c = closed_case("S10")
    expected, tolerance = c["expected"], c["tolerance"]
    test = stuart_maxwell(c["inputs"]["table"])
    within(test.chi2, expected["chi2"], tolerance)
    within(test.p_value, expected["p"], tolerance)
    assert test.df == expected["df"]
    within(bhapkar(c["inputs"]["table"]).chi2, expected["chi2_bhapkar"], {"abs": 0.00001, "rel": 0})


@pytest.mark.parametrize(
    ("name", "method"), [("JT", jacobson_truax), ("GLN", gulliksen_lord_novick), ("HLL", hsu_linn_lord)]
)
def test_twelve_children_get_the_indices_and_classes_of_the_r_package(closed_case, within, name, method):
    c = closed_case("S12")
    i, expected = c["inputs"], c["expected"][name]
    change = method(i["pre"], i["post"], reliability=i["reliability"], better="lower", criterion=1.96)
    within(change.index, expected["index"], c["tolerance"])
    assert int((change.classes == "improved").sum()) == expected["improved"]
    assert int((change.classes == "worse").sum()) == expected["deteriorated"]
    assert (change.name, change.judges_programme) == (name, name != "HLL")


def test_a_t_value_of_400_children_is_corrected_for_their_schools(closed_case, within):
    c = closed_case("S13")
    i, expected = c["inputs"], c["expected"]
    corrected = correct_t_for_clustering(i["t"], n=i["N"], school_size=i["cluster_size"], icc=i["icc"])
    got = [corrected.design_effect, corrected.gamma, corrected.df, corrected.t, corrected.p_value]
    keys = ("design_effect", "gamma", "df_h", "t_corrected", "p_corrected")
    within(got, [expected[k] for k in keys], c["tolerance"])


def test_effect_sizes_are_translated_into_percentile_points_and_shares(closed_case, within):
    c = closed_case("S30")
    for d, expected in zip(c["inputs"]["d"], c["expected"]["translations"], strict=True):
        words = translate_effect(d)
        within(words.improvement_index, expected["improvement_index"], c["tolerance"])
        within(100 * words.u3, expected["cohen_u3"], c["tolerance"])
        within(100 * words.probability_of_superiority, expected["prob_superiority"], c["tolerance"])
        within(100 * words.overlap, expected["overlap_ovl"], c["tolerance"])


def test_the_baseline_example_of_six_children_is_not_satisfied(closed_case, within):
    c = closed_case("S31")
    treated = np.array(c["inputs"]["treat"]) == 1
    pretest, female = np.array(c["inputs"]["pretest"]), np.array(c["inputs"]["female"])
    g = wwc_g(pretest[treated], pretest[~treated]).estimate
    cox = cox_index(female[treated], female[~treated]).estimate
    raw = cox_index(female[treated], female[~treated], correction="none").estimate
    within(g, c["expected"]["g_pretest"], c["tolerance"])
    within(raw, c["expected"]["cox_raw_female"], c["tolerance"])
    within(cox, c["expected"]["cox_with_omega_female"], c["tolerance"])
    assert classify_baseline_equivalence(g) == c["expected"]["category_pretest"]
    assert classify_baseline_equivalence(raw) == classify_baseline_equivalence(cox) == "not_satisfied"


@pytest.mark.parametrize("boundary", ["cautious", "optimistic"])
def test_attrition_is_classed_by_the_published_table(closed_case, within, boundary):
    c = closed_case("S32")
    borders = [
        100 * classify_attrition(a / 100, 0, boundary).highest_low_differential for a in c["inputs"]["overall_pct"]
    ]
    within(borders, c["expected"][boundary], {"abs": 1e-9, "rel": 0})
    for one, expected in zip(c["inputs"]["cases"], c["expected"]["classification"], strict=True):
        assert classify_attrition(one["overall"], one["differential"], boundary).level == expected[boundary]


def test_tosters_example_is_equivalent(closed_case, within, people_with):
    c = closed_case("S35")
    i, expected, tolerance = c["inputs"], c["expected"], c["tolerance"]
    covariance = i["r"] * i["sd1"] * i["sd2"]
    sd_of_changes = (i["sd1"] ** 2 + i["sd2"] ** 2 - 2 * covariance) ** 0.5
    bound = i["bound_dz"] * sd_of_changes
    within(bound, expected["bound_raw"], tolerance)
    after, before = people_with(
        [i["m1"], i["m2"]], [[i["sd1"] ** 2, covariance], [covariance, i["sd2"] ** 2]], i["n"]
    ).T  # the source subtracts the second from the first
    printed = equivalence_test(i["m1"] - i["m2"], sd_of_changes / i["n"] ** 0.5, i["n"] - 1, low=-bound, high=bound)
    for test in (printed, equivalent_change(before, after, low=-bound, high=bound)):
        within(test.estimate, expected["diff"], tolerance)
        within([test.t_low, test.t_high], [expected["t_lower"], expected["t_upper"]], tolerance)
        within([test.p_low, test.p_high], [expected["p_lower"], expected["p_upper"]], tolerance)
        within([test.ci_low, test.ci_high], expected["ci90"], tolerance)
        within([test.df, test.p_value], [expected["df"], expected["p_tost"]], tolerance)
        assert (test.conclusion, round(test.ci_level, 9)) == ("equivalent", 0.9)


def test_risk_ratios_give_the_published_e_values(closed_case, within):
    c = closed_case("S36")
    e = [e_value(ratio, ci_low=low, ci_high=high) for ratio, low, high in c["inputs"]["cases"]]
    within([x.point for x in e], c["expected"]["evalue_point"], c["tolerance"])
    within([x.limit for x in e], c["expected"]["evalue_ci"], c["tolerance"])


def test_children_chosen_for_high_scores_are_expected_to_fall_by_two_points(closed_case, within):
    c = closed_case("S39")
    i = c["inputs"]
    expected = regression_to_mean(
        mean=i["mean"], sd=i["sd"], test_retest=i["test_retest_r"], cutoff=20, selected="above"
    )
    within(expected.C, c["expected"]["C"], c["tolerance"])
    within(expected.expected_change, c["expected"]["expected_rtm"], c["tolerance"])


def test_a_difference_shifts_with_the_scores_assumed_for_those_who_left(closed_case, within):
    c = closed_case("S43")
    i, nan = c["inputs"], float("nan")
    found = Estimate(
        estimate=i["observed_diff"], se=nan, df=nan, ci_low=nan, ci_high=nan, ci_level=0.95, p_value=nan, n=100,
        unit="scale points", method="difference",
    )  # fmt: skip
    missing = {"missing_programme": i["missing_treatment"], "missing_comparison": i["missing_comparison"]}
    shifted = [
        delta_adjusted_difference(found, delta_programme=delta, delta_comparison=0, **missing).estimate
        for delta in i["delta_treatment"]
    ]
    within(shifted, c["expected"]["diff"], c["tolerance"])
    within(tipping_point(found, **missing).delta_zero, c["expected"]["tipping_delta"], c["tolerance"])


@pytest.mark.parametrize(
    ("left_behind", "others", "g", "p"),
    [((12.87, 6.01), (12.26, 6.05), 0.1010, 0.00197), ((2.79, 2.14), (2.55, 2.19), 0.1104, 0.00072)],
)
def test_left_behind_children_of_guangdong_differ_by_a_tenth_of_an_sd(left_behind, others, g, p):
    # Means and SDs of the SDQ total and emotional scale, ages 3-16: BMC Public Health (2019),
    # doi:10.1186/s12889-019-8066-5, table 2, CC BY 4.0
    got = wwc_g_from_summary(
        mean_programme=left_behind[0],
        sd_programme=left_behind[1],
        n_programme=1444,
        mean_comparison=others[0],
        sd_comparison=others[1],
        n_comparison=2683,
    )
    assert got.estimate == pytest.approx(g, abs=5e-5)
    assert got.p_value == pytest.approx(p, abs=5e-6)


def test_the_maths_training_of_keller_and_others_gives_its_t_value():
    # Printed in the README of the R package WSCdata (MIT): lm mathPost ~ mathGrp, residual SE 3.543 on 2198 df
    g = wwc_g_from_summary(
        mean_programme=8.5695 + 0.7603,
        sd_programme=3.543,
        n_programme=1064,
        mean_comparison=8.5695,
        sd_comparison=3.543,
        n_comparison=1136,
    )
    assert g.estimate == pytest.approx(0.7603 / 3.543 * (1 - 3 / 8791), rel=1e-12)
    # the SE printed with the coefficient, divided by the SD; the rest is the uncertainty of the SD itself
    assert g.se == pytest.approx(((0.1512 / 3.543) ** 2 + g.estimate**2 / 4400) ** 0.5, rel=1e-3)
