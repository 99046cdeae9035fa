import numpy as np
import pytest

from eval_tools.errors import DataError, DefinitionError
from eval_tools.stats.effect_size import standardised_change_difference_sd
from eval_tools.stats.prepost_control import (
    ArmSummary,
    change_score_change_from_summary,
    exact_correction,
    morris_d_ppc1,
    morris_d_ppc1_from_summaries,
    morris_d_ppc2,
    morris_d_ppc2_from_summaries,
    raw_score_change_from_summary,
    repeated_measures_d,
    summarise_arm,
)


def _arm(**changed):
    numbers = {"n": 10, "mean_before": 10, "mean_after": 13, "sd_before": 4, "sd_after": 4, "correlation": 0.5}
    return ArmSummary(**(numbers | changed))


def test_the_exact_correction_is_close_to_the_usual_approximation():
    assert exact_correction(20) == pytest.approx(1 - 3 / (4 * 20 - 1), abs=2e-4)
    assert exact_correction(2) == pytest.approx(np.pi**-0.5, abs=1e-12)  # Γ(1)/Γ(½)


def test_d_ppc2_by_pencil():
    # changes 3 and 1 points, pooled SD 4: (3 - 1)/4 = 0.5, times J(18)
    d = morris_d_ppc2_from_summaries(_arm(), _arm(mean_after=11))
    assert d.estimate == pytest.approx(0.5 * exact_correction(18), rel=1e-12)
    j2, k = exact_correction(18) ** 2, 2 * 0.5 * (1 / 10 + 1 / 10)
    assert d.se**2 == pytest.approx(j2 * 18 / 16 * (k + d.estimate**2) - d.estimate**2, rel=1e-12)
    assert (d.n, d.unit, d.standardiser) == (20, "SD", "SD before, pooled over the groups")
    assert np.isnan(d.p_value)


@pytest.mark.parametrize("n_one", [6, 15])
def test_the_exact_variances_are_those_of_simulated_studies(n_one):
    # 40 000 studies: the Monte-Carlo error of a variance is about 0.7 %, more with the heavy tails of six people
    rng = np.random.default_rng(2008)
    studies, n_two, r, delta = 40_000, 9, 0.6, 0.8

    def arm(n, change):
        before = rng.normal(size=(studies, n))
        after = change + r * before + (1 - r**2) ** 0.5 * rng.normal(size=(studies, n))
        return (after - before).mean(axis=1), before.var(axis=1, ddof=1)

    (change_one, v_one), (change_two, v_two) = arm(n_one, delta), arm(n_two, 0.0)
    nu = n_one + n_two - 2
    d_2 = exact_correction(nu) * (change_one - change_two) / (((n_one - 1) * v_one + (n_two - 1) * v_two) / nu) ** 0.5
    smcr = exact_correction(n_one - 1) * change_one / v_one**0.5
    assert np.mean(d_2) == pytest.approx(delta, abs=0.015)  # unbiased
    true_one = _arm(
        n=n_one, mean_before=0, mean_after=delta / exact_correction(nu), sd_before=1, sd_after=1, correlation=r
    )
    true_two = _arm(n=n_two, mean_before=0, mean_after=0, sd_before=1, sd_after=1, correlation=r)
    exact = morris_d_ppc2_from_summaries(true_one, true_two)
    assert exact.estimate == pytest.approx(delta, rel=1e-12)
    assert exact.se**2 == pytest.approx(np.var(d_2), rel=0.03)
    own = _arm(n=n_one, mean_before=0, mean_after=delta / exact_correction(n_one - 1), sd_before=1, correlation=r)
    assert raw_score_change_from_summary(own).se ** 2 == pytest.approx(np.var(smcr), rel=0.06)


def test_the_interval_of_d_ppc2_covers_the_difference():
    rng = np.random.default_rng(25)
    covered = 0
    for _ in range(1000):
        before = rng.normal(size=(2, 25))
        after = 0.7 * before + 0.51**0.5 * rng.normal(size=(2, 25)) + [[0.5], [0.0]]
        d = morris_d_ppc2(before[0], after[0], before[1], after[1])
        covered += d.ci_low <= 0.5 <= d.ci_high
    assert 920 <= covered <= 980


def test_raw_scores_and_their_summary_give_the_same_change_score_effect():
    before, after = [10, 12, 14, 16, 18, None], [13, 13, 17, 18, 21, 30]
    from_scores = standardised_change_difference_sd(before, after)
    from_summary = change_score_change_from_summary(summarise_arm(before, after))
    assert from_summary.estimate == pytest.approx(from_scores.estimate, rel=1e-9)


def test_d_rm_is_d_z_freed_from_the_correlation():
    before, after = np.array([10, 12, 14, 16, 18.0]), np.array([13, 13, 17, 18, 21.0])
    r = np.corrcoef(before, after)[0, 1]
    g_z, d_rm = standardised_change_difference_sd(before, after), repeated_measures_d(before, after)
    factor = (2 * (1 - r)) ** 0.5
    assert [d_rm.estimate, d_rm.ci_low, d_rm.ci_high] == pytest.approx(
        [factor * g_z.estimate, factor * g_z.ci_low, factor * g_z.ci_high]
    )
    assert d_rm.p_value == g_z.p_value


def test_with_equal_sds_d_rm_is_the_change_in_that_sd(people_with):
    before, after = people_with([50, 53], [[36, 18], [18, 36]], 12).T
    assert repeated_measures_d(before, after).estimate == pytest.approx(3 / 6 * exact_correction(11), rel=1e-9)


@pytest.mark.parametrize("effect", [morris_d_ppc1, morris_d_ppc2])
def test_too_few_pairs_give_no_number(effect):
    e = effect([1, 2, None], [2, 3, 4], [1, 2, 3], [2, 3, 5])
    assert (e.status, e.n) == ("too_few_people", 5)
    assert np.isnan([e.estimate, e.se, e.ci_low, e.ci_high]).all()
    assert effect([], [], [], []).status == "too_few_people"


def test_three_pairs_give_an_estimate_without_an_exact_interval():
    arm = _arm(n=3)
    exact, large = raw_score_change_from_summary(arm), raw_score_change_from_summary(arm, variance="large_sample")
    assert exact.estimate == large.estimate
    assert (exact.status, large.status) == ("too_few_people", "estimated")
    assert np.isnan(exact.se)
    assert not np.isnan(large.se)


def test_a_group_that_does_not_vary_before_has_no_effect_size_of_its_own():
    flat, varied = [[2, 2, 2, 2], [3, 4, 2, 5]], [[1, 2, 3, 4], [2, 2, 3, 5]]
    assert morris_d_ppc1(*flat, *varied).status == "no_variation"
    assert np.isnan(morris_d_ppc1(*flat, *varied).estimate)
    # in the pooled SD the other group counts; the correlation and so the interval are missing
    pooled = morris_d_ppc2(*flat, *varied)
    assert pooled.status == "no_variation"
    assert not np.isnan(pooled.estimate)
    assert np.isnan(pooled.ci_low)
    assert np.isnan(morris_d_ppc2(*flat, *flat).estimate)


def test_scores_that_do_not_vary_or_all_move_alike_have_no_d_rm():
    assert repeated_measures_d([1, 2, 3], [2, 3, 4]).status == "no_variation"
    assert repeated_measures_d([1, 1, 1], [2, 3, 5]).status == "no_variation"
    assert repeated_measures_d([1, 2, 3], [2, 2, 2]).status == "no_variation"
    assert repeated_measures_d([1], [2]).status == "too_few_people"


def test_all_moving_alike_have_no_change_in_sds_of_the_changes():
    arm = summarise_arm([1.1, 2.2, 3.3, 4.4], [2.1, 3.2, 4.3, 5.4])
    assert change_score_change_from_summary(arm).status == "no_variation"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"sd_before": -1}, "negative"),
        ({"sd_after": np.nan}, "negative or missing"),
        ({"mean_after": np.nan}, "missing or infinite"),
        ({"correlation": 1.2}, "outside"),
        ({"correlation": np.nan}, "correlation of before and after is missing"),
    ],
)
def test_summaries_that_cannot_be_are_refused(changed, words):
    for use in (raw_score_change_from_summary, change_score_change_from_summary):
        with pytest.raises(DefinitionError, match=words):
            use(_arm(**changed))
    for use in (morris_d_ppc1_from_summaries, morris_d_ppc2_from_summaries):
        with pytest.raises(DefinitionError, match=words):
            use(_arm(), _arm(**changed))


def test_unknown_variances_levels_and_unequal_lengths_are_refused():
    with pytest.raises(DefinitionError, match="variance='exact'"):
        morris_d_ppc2_from_summaries(_arm(), _arm(), variance="small")
    with pytest.raises(DefinitionError, match="variance='exact'"):
        raw_score_change_from_summary(_arm(), variance="small")
    with pytest.raises(DefinitionError, match="ci_level"):
        morris_d_ppc2_from_summaries(_arm(), _arm(), ci_level=95)
    with pytest.raises(DataError, match="3 and 2 values"):
        morris_d_ppc2([1, 2, 3], [1, 2], [1, 2, 3], [1, 2, 3])
