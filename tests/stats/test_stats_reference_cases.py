import numpy as np
import pytest

from eval_tools.stats.caseness import mcnemar, paired_risk_difference
from eval_tools.stats.change import hodges_lehmann_change, mean_change
from eval_tools.stats.effect_size import (
    standardised_change,
    standardised_change_before_sd,
    standardised_change_difference_sd,
    standardised_difference,
)
from eval_tools.stats.individual import clinical_cutoffs, reliable_change
from eval_tools.stats.multiplicity import benjamini_hochberg, holm
from eval_tools.stats.reliability import alpha_if_dropped, cronbach_alpha, item_rest_correlations


def test_students_sleep_data_give_the_published_mean_change(case, within):
    c = case("S01")
    change = mean_change(c["inputs"]["pre"], c["inputs"]["post"])
    expected, tolerance = c["expected"], c["tolerance"]
    within(change.estimate, expected["mean_change"], tolerance)
    within(change.estimate / change.se, expected["t"], tolerance)
    within(change.df, expected["df"], tolerance)
    within(change.p_value, expected["p"], tolerance)
    within([change.ci_low, change.ci_high], expected["ci95"], tolerance)


def test_students_sleep_data_give_the_published_g_z(case, within):
    c = case("S02")
    g = standardised_change_difference_sd(c["inputs"]["pre"], c["inputs"]["post"])
    expected, tolerance, correction = c["expected"], c["tolerance"], c["expected"]["J_df9"]
    within(g.estimate, expected["g_z"], tolerance)
    within([g.ci_low, g.ci_high], expected["g_z_ci95"], tolerance)
    within(g.estimate / correction, expected["d_z"], tolerance)
    within([g.ci_low / correction, g.ci_high / correction], expected["d_z_ci95"], tolerance)


@pytest.mark.parametrize(
    ("standardiser", "function"),
    [("unweighted", standardised_change), ("sd1", standardised_change_before_sd)],
)
def test_bonetts_example_gives_the_published_standardised_change(case, within, people_with, standardiser, function):
    c = case("S03")
    i, expected, tolerance = c["inputs"], c["expected"][standardiser], c["tolerance"]
    covariance = i["r"] * i["sd1"] * i["sd2"]
    before, after = people_with(
        [i["m1"], i["m2"]], [[i["sd1"] ** 2, covariance], [covariance, i["sd2"] ** 2]], i["n"]
    ).T
    g = function(before, after)  # the source subtracts the other way round
    within(-g.estimate, expected["d_adj"], tolerance)
    within(g.se, expected["se"], tolerance)
    within([-g.ci_high, -g.ci_low], [expected["lo"], expected["hi"]], tolerance)


def test_hollander_and_wolfes_depression_data_give_the_published_pseudomedian(case, within):
    c = case("S05")
    change = hodges_lehmann_change(c["inputs"]["y"], c["inputs"]["x"])
    expected, tolerance = c["expected"], c["tolerance"]
    within(change.estimate, expected["hodges_lehmann"], tolerance)
    within(change.p_value, expected["p_two_sided"], tolerance)
    within([change.ci_low, change.ci_high], expected["ci"], tolerance)
    within(change.ci_level, expected["exact_conf_level"], tolerance)


def _pairs(both, only_before, only_after, neither):
    counts = [both, only_before, only_after, neither]
    return np.repeat([1, 1, 0, 0], counts), np.repeat([1, 0, 1, 0], counts)


def test_agrestis_approval_table_gives_the_published_mcnemar_test(case, within):
    c = case("S08")
    (both, only_before), (only_after, neither) = c["inputs"]["table"]
    before, after = _pairs(both, only_before, only_after, neither)
    test, expected, tolerance = mcnemar(before, after), c["expected"], c["tolerance"]
    assert (test.both, test.only_before, test.only_after, test.neither) == (794, 150, 86, 570)
    within(test.chi2, expected["chi2"], tolerance)
    within(test.p_exact, expected["p_exact"], tolerance)
    difference = paired_risk_difference(before, after)
    within(-difference.estimate, expected["risk_difference_first_minus_second"], tolerance)
    # The case gives the unadjusted Wald error; one more of 236 people that crossed in either
    # direction makes that of Bonett and Price larger, by about 1/236 = 0.4 %.
    assert difference.se == pytest.approx(expected["se_wald"], rel=1 / 236)


def test_the_statpsych_example_gives_the_published_bonett_price_interval(case, within):
    c = case("S09")
    i, expected, tolerance = c["inputs"], c["expected"], c["tolerance"]
    difference = paired_risk_difference(*_pairs(i["f11"], i["f01"], i["f10"], i["f00"]))
    within([difference.ci_low, difference.ci_high], [expected["lo"], expected["hi"]], tolerance)
    within(difference.se, expected["se"], tolerance)
    # statpsych prints the centre of the interval as its estimate, we the difference of the shares
    within((difference.ci_low + difference.ci_high) / 2, expected["estimate"], tolerance)
    assert difference.estimate == pytest.approx((26 - 4) / 48)


def test_jacobsons_and_truaxs_own_example_gives_the_published_index_and_cutoffs(case, within):
    c = case("S11")
    i, expected, tolerance = c["inputs"], c["expected"], c["tolerance"]
    change = reliable_change(
        [i["x_pre"]], [i["x_post"]], reliability=i["reliability"], sd_before=i["sd_pre"], better="higher"
    )
    within(change.index, [expected["rci"]], tolerance)
    within(change.standard_error_measurement, expected["se_measurement"], tolerance)
    within(change.standard_error_difference, expected["s_diff"], tolerance)
    cut = clinical_cutoffs(i["mean_clinical"], i["sd_clinical"], i["mean_functional"], i["sd_functional"], "higher")
    within([cut.a, cut.b, cut.c], [expected["cut_a"], expected["cut_b"], expected["cut_c"]], tolerance)


def test_twelve_children_get_the_jacobson_truax_index_of_the_r_package(case, within):
    c = case("S12")
    i, expected = c["inputs"], c["expected"]["JT"]
    change = reliable_change(
        i["pre"],
        i["post"],
        reliability=i["reliability"],
        sd_before=float(np.std(i["pre"], ddof=1)),
        better="lower",
    )
    within(change.index, expected["index"], c["tolerance"])
    assert (change.classes == "improved").sum() == expected["improved"]
    assert (change.classes == "worse").sum() == expected["deteriorated"]


def test_the_textual_items_of_holzinger_and_swineford_give_the_published_alpha(case, within, people_with):
    c = case("S25")
    items = people_with([0, 0, 0], c["inputs"]["covariance_3x3"], c["inputs"]["n"])
    alpha, expected, tolerance = cronbach_alpha(items), c["expected"], c["tolerance"]
    within(alpha.estimate, expected["alpha"], tolerance)
    within([alpha.ci_low, alpha.ci_high], expected["feldt_ci95"], tolerance)
    within(alpha_if_dropped(items), expected["alpha_if_dropped"], tolerance)
    within(item_rest_correlations(items), expected["item_rest_r"], tolerance)


def test_alpha_of_eighty_nine_people_has_the_interval_of_statpsych(case, within, people_with):
    c = case("S26")
    i, expected, tolerance = c["inputs"], c["expected"], c["tolerance"]
    k = i["k_items"]
    r = i["reliability"] / (k - (k - 1) * i["reliability"])  # equal correlations that give this alpha
    alpha = cronbach_alpha(people_with([0] * k, np.full((k, k), r) + (1 - r) * np.eye(k), i["n"]))
    assert alpha.estimate == pytest.approx(i["reliability"])
    within(alpha.se, expected["se"], tolerance)
    within([alpha.ci_low, alpha.ci_high], expected["ci"], tolerance)


def test_benjaminis_and_hochbergs_fifteen_p_values_are_adjusted_as_published(case, within):
    c = case("S29")
    p, expected, tolerance = c["inputs"]["p"], c["expected"], c["tolerance"]
    within(benjamini_hochberg(p), expected["bh"], tolerance)
    within(holm(p), expected["holm"], tolerance)
    assert (benjamini_hochberg(p) <= 0.05).sum() == expected["n_bh"]
    assert (holm(p) <= 0.05).sum() == expected["n_holm"]


def test_hedges_g_has_the_correction_of_the_what_works_clearinghouse(case, within):
    c = case("S31")
    pretest, treated = np.array(c["inputs"]["pretest"]), np.array(c["inputs"]["treat"]) == 1
    g = standardised_difference(pretest[treated], pretest[~treated])
    within(g.estimate, c["expected"]["g_pretest"], c["tolerance"])
