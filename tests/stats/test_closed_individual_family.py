import numpy as np
import pytest

from eval_tools.errors import DataError, DefinitionError
from eval_tools.stats.individual import Cutoffs, clinical_cutoffs, reliable_change
from eval_tools.stats.reliable_change_family import (
    CLINICAL_CLASSES,
    anchor_mid,
    classify_clinical_change,
    classify_responders,
    distribution_based_mid,
    edwards_nunnally,
    expected_false_positives,
    gulliksen_lord_novick,
    hageman_arrindell,
    hsu_linn_lord,
    jacobson_truax,
    nunnally_kotsch,
    published_mid,
)

BEFORE = [32, 28, 35, 22, 30, 26, 38, 24, 33, 29, 27, 31, 30]
AFTER = [21, 27, 24, 23, 18, 25, 30, 12, 34, 20, 28, 17, np.nan]


def _nk(before, after, *, reliability, better, **options):
    return nunnally_kotsch(before, after, reliability=reliability, reliability_after=0.8, better=better, **options)


EVERY = [jacobson_truax, gulliksen_lord_novick, hsu_linn_lord, edwards_nunnally, _nk, hageman_arrindell]


def test_indices_by_pencil():
    # M1 = 30, s1 = 10, r = 0.75: S_E = 5; a person from 40 to 50, true score before 37.5
    given = {"reliability": 0.75, "better": "higher", "mean_before": 30, "sd_before": 10}
    assert gulliksen_lord_novick([40], [50], **given).index[0] == pytest.approx(12.5 / (10 * (1 - 0.5625) ** 0.5))
    assert edwards_nunnally([40], [50], **given).index[0] == pytest.approx(2.5)
    nk = nunnally_kotsch([40], [50], reliability_after=0.64, sd_after=5, **given)
    assert nk.denominator == pytest.approx((0.75**2 * 100 * 0.25 + 25 * 0.36) ** 0.5)
    assert nk.index[0] == pytest.approx(12.5 / nk.denominator)
    # the only person is the mean after, so HLL sees what the person before lay above the mean
    assert hsu_linn_lord([40], [50], **given).index[0] == pytest.approx(-7.5 / (10 * (1 - 0.5625) ** 0.5))


def test_ha_draws_changes_towards_the_mean_change_of_the_group():
    # changes 1, 3, -1, 5: variance 20/3, S_E² = 2/3, so r_DD = 0.8; (1 * 0.8 + 2 * 0.2)/sqrt(0.8 * 4/3)
    change = hageman_arrindell([10, 12, 14, 16], [11, 15, 13, 21], reliability=0.9, better="higher")
    assert change.index[0] == pytest.approx(1.2 / (0.8 * 4 / 3) ** 0.5)
    assert change.criterion == 1.65


def test_the_direct_formula_of_hageman_and_arrindell_gives_the_same():
    before, after = np.array(BEFORE[:-1], dtype=float), np.array(AFTER[:-1])
    s1, s2, r12 = before.std(ddof=1), after.std(ddof=1), np.corrcoef(before, after)[0, 1]
    error_variance = s1**2 * (1 - 0.84)
    r11, r22 = (s1**2 - error_variance) / s1**2, (s2**2 - error_variance) / s2**2
    r_dd = (s1**2 * r11 + s2**2 * r22 - 2 * s1 * s2 * r12) / (s1**2 + s2**2 - 2 * s1 * s2 * r12)
    index = ((after - before) * r_dd + (after.mean() - before.mean()) * (1 - r_dd)) / (r_dd * 2 * error_variance) ** 0.5
    change = hageman_arrindell(BEFORE, AFTER, reliability=0.84, better="lower")
    assert change.index[:-1] == pytest.approx(index, rel=1e-10)
    assert change.classes[-1] == "unknown"


def test_jt_is_the_reliable_change_in_another_shape():
    sd = float(np.std(BEFORE[:-1], ddof=1))
    change = jacobson_truax(BEFORE, AFTER, reliability=0.84, better="lower")
    known = reliable_change(BEFORE, AFTER, reliability=0.84, sd_before=sd, better="lower")
    assert change.classes.tolist() == known.classes.tolist()
    assert change.denominator == pytest.approx(known.standard_error_difference)


def test_hll_calls_nobody_improved_where_everybody_improved_alike():
    before = np.array([20, 22, 24, 26, 28.0])
    change = hsu_linn_lord(before, before + 30, reliability=0.9, better="higher")
    assert set(change.classes.tolist()) == {"unchanged"}
    assert not change.judges_programme
    assert set(jacobson_truax(before, before + 30, reliability=0.9, better="higher").classes) == {"improved"}


@pytest.mark.parametrize("method", EVERY)
def test_nobody_is_dropped(method):
    change = method(BEFORE, AFTER, reliability=0.84, better="lower")
    assert change.classes.size == len(BEFORE)
    assert np.isnan(change.index).tolist() == [False] * 12 + [True]
    assert change.status == "estimated"


@pytest.mark.parametrize("method", EVERY)
@pytest.mark.parametrize("reliability", [np.nan, -0.1, 1.0])
def test_without_a_usable_reliability_everybody_is_unknown(method, reliability):
    change = method(BEFORE, AFTER, reliability=reliability, better="lower")
    assert change.status == "no_reliability"
    assert set(change.classes.tolist()) == {"unknown"}
    assert np.isnan(change.denominator)


@pytest.mark.parametrize("method", EVERY)
def test_without_a_spread_before_everybody_is_unknown(method):
    for before, after in (([3, 3, 3], [1, 2, 4]), ([3], [4]), ([], []), ([3, None], [None, 4])):
        change = method(before, after, reliability=0.8, better="higher")
        assert change.status == "no_variation"
        assert set(change.classes.tolist()) <= {"unknown"}


@pytest.mark.parametrize("method", EVERY)
def test_other_words_and_lengths_are_refused(method):
    with pytest.raises(DefinitionError, match="better='higher'"):
        method(BEFORE, AFTER, reliability=0.8, better="up")
    with pytest.raises(DefinitionError, match="positive"):
        method(BEFORE, AFTER, reliability=0.8, better="lower", criterion=0)
    with pytest.raises(DataError, match="1 and 2 values"):
        method([1], [1, 2], reliability=0.8, better="lower")


def test_changes_that_are_only_error_have_no_true_change():
    # the variance of the changes is smaller than twice the error variance
    change = hageman_arrindell([1, 5, 9, 13], [2, 5, 9, 14], reliability=0.5, better="higher")
    assert change.status == "no_reliability"
    same = hageman_arrindell([1, 5, 9], [2, 6, 10], reliability=0.5, better="higher")
    assert same.status == "no_variation"
    unreliable_after = nunnally_kotsch(BEFORE, AFTER, reliability=0.8, reliability_after=1.2, better="lower")
    assert unreliable_after.status == "no_reliability"


def test_recovered_is_reliably_improved_across_the_cutoff():
    # cut-off 50; S_diff = 5: a reliable change is more than 9.8 points
    before = [40, 45, 55, 40, 45, 55, 50, 40, np.nan]
    after = [55, 52, 70, 50, 34, 40, 65, 49.9, 60]
    change = reliable_change(before, after, reliability=0.5, sd_before=5, better="higher")
    clinical = classify_clinical_change(before, after, change, cutoffs=Cutoffs(a=0, b=0, c=50), better="higher")
    assert clinical.classes.tolist() == [
        "recovered",
        "unchanged",  # crossed, but not reliably
        "improved",  # was functional before
        "improved",  # reached the cut-off, did not pass it
        "deteriorated",
        "deteriorated",
        "improved",  # began on the cut-off
        "improved",
        "unknown",
    ]
    assert [clinical.count(word) for word in CLINICAL_CLASSES] == [1, 4, 1, 2, 1]


def test_each_of_the_three_cutoffs_can_be_chosen_and_lower_may_be_better():
    cutoffs = clinical_cutoffs(60, 5, 40, 10, "lower")
    change = jacobson_truax([62], [49], reliability=0.9, sd_before=5, better="lower")
    for name, border in (("a", 50), ("b", 60), ("c", (10 * 60 + 5 * 40) / 15)):
        clinical = classify_clinical_change([62], [49], change, cutoffs=cutoffs, cutoff=name, better="lower")
        assert clinical.cutoff == pytest.approx(border)
        assert clinical.classes.tolist() == ["recovered"]


def test_without_a_cutoff_or_a_reliability_nobody_has_a_clinical_class():
    cutoffs = Cutoffs(a=50, b=50, c=float("nan"))
    change = jacobson_truax([40], [60], reliability=0.9, sd_before=5, better="higher")
    clinical = classify_clinical_change([40], [60], change, cutoffs=cutoffs, better="higher")
    assert (clinical.classes.tolist(), clinical.status) == (["unknown"], "no_variation")
    unknown = jacobson_truax([40], [60], reliability=1.9, sd_before=5, better="higher")
    clinical = classify_clinical_change([40], [60], unknown, cutoffs=cutoffs, cutoff="a", better="higher")
    assert (clinical.classes.tolist(), clinical.status) == (["unknown"], "no_reliability")


def test_clinical_classes_of_other_people_and_other_words_are_refused():
    cutoffs = Cutoffs(a=50, b=50, c=50)
    change = jacobson_truax([40], [60], reliability=0.9, sd_before=5, better="higher")
    with pytest.raises(DataError, match="2 and 1 values"):
        classify_clinical_change([40, 1], [60, 2], change, cutoffs=cutoffs, better="higher")
    with pytest.raises(DefinitionError, match="cutoff='a'"):
        classify_clinical_change([40], [60], change, cutoffs=cutoffs, cutoff="d", better="higher")
    with pytest.raises(DefinitionError, match="better='higher'"):
        classify_clinical_change([40], [60], change, cutoffs=cutoffs, better="up")


def test_a_minimal_difference_says_where_it_comes_from():
    half, sem = (
        distribution_based_mid([10, 20, 30, None], rule="half_sd"),
        distribution_based_mid([10, 20, 30], rule="one_sem", reliability=0.75),
    )
    assert (half.points, half.basis, half.rule, half.n) == (5.0, "distribution-based", "half_sd", 3)
    assert (sem.points, sem.basis, sem.rule) == (5.0, "distribution-based", "one_sem")
    anchor = anchor_mid([10, 10, 10, 10], [7, 5, 20, None], [1, 1, 0, 1], better="lower")
    assert (anchor.points, anchor.basis, anchor.n) == (4.0, "anchor-based", 2)
    assert published_mid(3, source="manual, p. 12").source == "manual, p. 12"


@pytest.mark.parametrize(
    ("mid", "status"),
    [
        (distribution_based_mid([1], rule="half_sd"), "too_few_people"),
        (distribution_based_mid([2, 2], rule="half_sd"), "no_variation"),
        (distribution_based_mid([1, 2], rule="one_sem"), "no_reliability"),
        (distribution_based_mid([1, 2], rule="one_sem", reliability=1.0), "no_reliability"),
        (anchor_mid([1, 2], [2, 3], [0, 0], better="higher"), "too_few_people"),
        (anchor_mid([1, 2], [2, 3], [1, 1], better="lower"), "no_variation"),
    ],
)
def test_a_minimal_difference_that_cannot_be_found_leaves_everybody_unknown(mid, status):
    assert mid.status == status
    assert np.isnan(mid.points)
    responders = classify_responders([1, 2], [5, 1], mid, better="higher")
    assert (responders.status, responders.n) == (status, 0)
    assert responders.classes.tolist() == ["unknown", "unknown"]
    assert np.isnan([responders.share_improved, responders.share_worse]).all()


def test_responders_moved_by_at_least_the_minimal_difference():
    mid = published_mid(0.3, source="manual")
    responders = classify_responders([0.1, 1, 1, 1, np.nan], [0.4, 1.29, 0.7, 1.3, 5], mid, better="higher")
    assert responders.classes.tolist() == ["improved", "unchanged", "worse", "improved", "unknown"]
    assert (responders.n, responders.n_improved, responders.n_worse) == (4, 2, 1)
    assert (responders.share_improved, responders.share_worse) == (0.5, 0.25)
    assert classify_responders([np.nan], [1], mid, better="higher").status == "too_few_people"


def test_minimal_differences_without_sense_are_refused():
    with pytest.raises(DefinitionError, match="above 0"):
        published_mid(0, source="manual")
    with pytest.raises(DefinitionError, match="no source"):
        published_mid(2, source=" ")
    with pytest.raises(DefinitionError, match="rule='half_sd'"):
        distribution_based_mid([1, 2], rule="one_sd")
    with pytest.raises(DataError, match="other than 0 and 1"):
        anchor_mid([1], [2], [3], better="higher")


def test_unchanged_people_are_called_changed_as_often_as_expected():
    rng = np.random.default_rng(1991)
    n, reliability = 20_000, 0.8
    true = rng.normal(size=n) * reliability**0.5
    before, after = true + rng.normal(size=(2, n)) * (1 - reliability) ** 0.5
    change = jacobson_truax(before, after, reliability=reliability, better="higher", sd_before=1.0)
    expected = expected_false_positives(n)
    # binomial standard deviation of the count: sqrt(20000 * 0.025 * 0.975) = 22
    for word in ("improved", "worse"):
        assert abs((change.classes == word).sum() - expected.expected_each_side) < 80
    assert expected_false_positives(100, criterion=1.65).share_each_side == pytest.approx(0.0495, abs=5e-5)
    with pytest.raises(DefinitionError, match="n is -1"):
        expected_false_positives(-1)
    with pytest.raises(DefinitionError, match="positive"):
        expected_false_positives(10, criterion=-1)
