"""What must hold of agreement whatever the codings: definitions by brute force, other libraries, laws, refusals."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats import inter_rater

from eval_tools.errors import DataError, DefinitionError, UnknownNames
from eval_tools.stats.agreement import estimate_agreement
from eval_tools.stats.agreement_benchmark import benchmark_agreement
from eval_tools.stats.agreement_binary import binary_agreement, shared_length
from eval_tools.stats.agreement_ratings import ratings_from_counts, ratings_from_table, tabulate_ratings
from eval_tools.stats.agreement_weights import jaccard_distance, masi_distance
from eval_tools.stats.krippendorff import (
    WEIGHTING,
    alpha_by_distance,
    alpha_of_sets,
    coincidences,
    hayes_krippendorff_interval,
    krippendorff_alpha,
)

MANY = ("percent", "conger", "fleiss", "krippendorff", "gwet", "brennan_prediger")
TABLES = st.integers(2, 4).flatmap(
    lambda coders: st.lists(
        st.lists(st.sampled_from([1.0, 2.0, 3.0, 5.0, None]), min_size=coders, max_size=coders), min_size=2, max_size=12
    )
)


def alpha_by_definition(units, distance):
    """Return alpha from all pairs of values, as the definition says."""
    kept = [[v for v in unit if v is not None] for unit in units]
    kept = [unit for unit in kept if len(unit) > 1]
    values = [v for unit in kept for v in unit]
    n = len(values)
    observed = sum(distance(a, b) / (len(unit) - 1) for unit in kept for a, b in itertools.permutations(unit, 2)) / n
    expected = sum(distance(a, b) for a, b in itertools.permutations(values, 2)) / (n * (n - 1))
    return 1 - observed / expected if expected > 0 else np.nan


def ordinal_distance(units):
    values = [v for unit in units if sum(v is not None for v in unit) > 1 for v in unit if v is not None]

    def apart(a, b):
        low, high = min(a, b), max(a, b)
        between = sum(low <= v <= high for v in values)
        return (between - (values.count(a) + values.count(b)) / 2) ** 2 if a != b else 0.0

    return apart


DISTANCES = {
    "nominal": lambda units: lambda a, b: float(a != b),
    "ordinal": ordinal_distance,
    "interval": lambda units: lambda a, b: (a - b) ** 2,
    "ratio": lambda units: lambda a, b: ((a - b) / (a + b)) ** 2,
}


@settings(max_examples=60, deadline=None)
@given(TABLES, st.sampled_from(list(WEIGHTING)))
def test_alpha_is_the_share_of_disagreement_of_all_pairs(units, level):
    found = krippendorff_alpha(units, level=level)
    if found.status == "no_pairs":
        assert np.isnan(found.estimate)
        return
    expected = alpha_by_definition(units, DISTANCES[level](units))
    assert found.estimate == pytest.approx(expected, rel=1e-10, abs=1e-10, nan_ok=True)
    assert (found.status == "one_category") == np.isnan(expected)


@settings(max_examples=40, deadline=None)
@given(TABLES, st.randoms(use_true_random=False))
def test_names_of_codes_and_order_of_units_and_coders_change_nothing(units, random):
    before = estimate_agreement(units, coefficients=MANY)
    names = {1.0: "z", 2.0: "m", 3.0: "a", 5.0: "b", None: None}
    coders = list(range(len(units[0])))
    random.shuffle(coders)
    renamed = [[names[unit[c]] for c in coders] for unit in units]
    random.shuffle(renamed)
    for old, new in zip(before, estimate_agreement(renamed, coefficients=MANY), strict=True):
        assert new.status == old.status
        assert [new.estimate, new.se, new.ci_low] == pytest.approx(
            [old.estimate, old.se, old.ci_low], rel=1e-9, abs=1e-9, nan_ok=True
        )


@settings(max_examples=40, deadline=None)
@given(TABLES)
def test_a_unit_that_nobody_coded_changes_nothing(units):
    before = estimate_agreement(units, coefficients=MANY)
    after = estimate_agreement([*units, [None] * len(units[0])], coefficients=MANY)
    assert [repr(a) for a in after] == [repr(a) for a in before]


def test_fleiss_and_cohen_are_those_of_statsmodels():
    rng = np.random.default_rng(3)
    counts = rng.multinomial(5, [0.4, 0.3, 0.2, 0.1], size=60)
    ours = estimate_agreement(ratings_from_counts(counts), coefficients=["fleiss"])[0]
    assert ours.estimate == pytest.approx(inter_rater.fleiss_kappa(counts), rel=1e-12)
    table = rng.integers(0, 30, size=(4, 4)) + 20 * np.eye(4, dtype=int)
    n = table.sum()
    for weighting, theirs in [("identity", None), ("linear", "linear"), ("quadratic", "quadratic")]:
        found = estimate_agreement(ratings_from_table(table), coefficients=["cohen"], weighting=weighting)[0]
        other = inter_rater.cohens_kappa(table, wt=theirs)
        assert found.estimate == pytest.approx(other.kappa, rel=1e-12)
        assert found.se * ((n - 1) / n) ** 0.5 == pytest.approx(other.std_kappa, rel=1e-10)


def test_for_two_coders_without_gaps_conger_is_cohen_and_fleiss_is_scott():
    units = np.random.default_rng(4).integers(1, 4, size=(40, 2)).astype(float)
    cohen, conger, scott, fleiss = estimate_agreement(units, coefficients=["cohen", "conger", "scott", "fleiss"])
    assert (cohen.estimate, cohen.se) == pytest.approx((conger.estimate, conger.se), rel=1e-12)
    assert (scott.estimate, scott.se) == pytest.approx((fleiss.estimate, fleiss.se), rel=1e-12)


def test_for_one_yes_or_no_code_bennett_is_pabak():
    units = np.random.default_rng(5).integers(0, 2, size=(50, 2))
    bennett = estimate_agreement(units, coefficients=["brennan_prediger"], categories=[0, 1])[0]
    assert bennett.estimate == pytest.approx(binary_agreement(units).pabak, rel=1e-12)


def test_the_analytic_error_is_that_of_a_jackknife():
    units = np.random.default_rng(6).integers(1, 4, size=(80, 3)).astype(float)
    units[:, 1] = np.where(np.random.default_rng(7).random(80) < 0.6, units[:, 0], units[:, 1])
    for name in ("conger", "fleiss", "gwet", "brennan_prediger", "krippendorff"):
        whole = estimate_agreement(units, coefficients=[name])[0]
        left = [estimate_agreement(np.delete(units, i, 0), coefficients=[name])[0].estimate for i in range(80)]
        jackknife = (79 / 80 * np.sum((np.array(left) - np.mean(left)) ** 2)) ** 0.5
        assert whole.se == pytest.approx(jackknife, rel=0.02)


@pytest.mark.parametrize(
    ("units", "status", "kappa", "percent"),
    [
        ([[1, None], [None, 2]], "no_pairs", np.nan, np.nan),
        (np.zeros((0, 2)), "no_pairs", np.nan, np.nan),
        ([[1, 1], [1, 1], [1, 1]], "one_category", np.nan, 1.0),
        ([[1, 1], [2, None]], "one_category", np.nan, 1.0),
        ([[1, 1], [2, 2]], "no_disagreement", 1.0, 1.0),
        ([[1], [2]], "no_pairs", np.nan, np.nan),
        ([[1, 2], [1, None]], "one_unit", None, 0.0),
    ],
)
def test_what_cannot_be_estimated_says_why(units, status, kappa, percent):
    first, second = estimate_agreement(units, coefficients=["krippendorff", "percent"])
    assert first.status == status
    assert np.isnan([first.se, first.ci_low, first.ci_high]).all()
    assert second.estimate == pytest.approx(percent, nan_ok=True)
    if kappa is not None:
        assert first.estimate == pytest.approx(kappa, nan_ok=True)


@pytest.mark.parametrize("name", ["fleiss", "gwet", "brennan_prediger", "conger", "krippendorff"])
def test_a_code_that_nobody_used_has_no_coefficient(name):
    found = estimate_agreement([[0, 0]] * 20, coefficients=[name], categories=[0, 1])[0]
    assert (found.status, np.isnan(found.estimate)) == ("one_category", True)


def test_what_is_no_table_of_ratings_is_refused_without_telling_what_it_holds():
    with pytest.raises(DataError, match="2 ratings are empty texts"):
        tabulate_ratings([["secret", ""], ["  ", "secret"]])
    with pytest.raises(DataError, match="1 ratings are neither words") as caught:
        tabulate_ratings(np.array([["secret", 3], ["secret", None]], dtype=object))
    assert "secret" not in str(caught.value)
    with pytest.raises(DataError, match="1 ratings are in none"):
        tabulate_ratings([[1, 2], [3, 1]], categories=[1, 2])
    with pytest.raises(DataError, match="named twice"):
        tabulate_ratings([[1, 2]], categories=[1, 2, 2])
    with pytest.raises(DataError, match="infinite"):
        tabulate_ratings([[1, np.inf]])
    with pytest.raises(DataError, match="1 dimensions"):
        tabulate_ratings([1, 2])
    with pytest.raises(DataError, match="whole numbers"):
        ratings_from_counts([[0.5, 1]])
    with pytest.raises(DataError, match="square"):
        ratings_from_table([[1, 2]])


def test_wrong_options_are_refused():
    units = [[1, 2], [2, 2], [1, 1]]
    with pytest.raises(UnknownNames):
        estimate_agreement(units, coefficients=["kappa"])
    with pytest.raises(UnknownNames):
        estimate_agreement(units, weighting="cubic")
    with pytest.raises(UnknownNames):
        krippendorff_alpha(units, level="metric")
    with pytest.raises(UnknownNames):
        alpha_of_sets([[{"a"}, {"a"}]], distance="dice")
    with pytest.raises(UnknownNames):
        benchmark_agreement(0.5, 0.1, scale="good")
    with pytest.raises(DefinitionError, match="threshold"):
        benchmark_agreement(0.5, 0.1, threshold=95)
    with pytest.raises(DefinitionError, match="sampled"):
        estimate_agreement(units, sampled=2)
    with pytest.raises(DefinitionError, match="no order"):
        estimate_agreement([["low", "high"], ["low", "low"]], weighting="linear")
    with pytest.raises(DefinitionError, match="symmetric"):
        estimate_agreement(units, weighting=[[1, 0.5], [0.2, 1]])
    with pytest.raises(DefinitionError, match="diagonal"):
        estimate_agreement(units, weighting=[[0.9, 0.5], [0.5, 1]])
    with pytest.raises(DefinitionError, match="negative"):
        alpha_by_distance(units, distance=[[0, -1], [-1, 0]])
    with pytest.raises(DefinitionError, match="n_resamples"):
        hayes_krippendorff_interval(units, rng=1, n_resamples=1)
    with pytest.raises(DefinitionError, match="length"):
        shared_length(both=-1, only_first=1, only_second=1, neither=1)
    with pytest.raises(DataError, match="3 coders"):
        estimate_agreement([[1, 2, 1], [1, 1, 1]], coefficients=["cohen"])
    with pytest.raises(DataError, match="zero or more"):
        krippendorff_alpha([[-1, 2], [1, 1]], level="ratio")
    with pytest.raises(DataError, match="number of coders"):
        alpha_of_sets([[{"a"}], [{"a"}, {"b"}]])


def test_ordered_words_take_the_order_given():
    words = [["low", "mid"], ["high", "high"], ["low", "low"], ["mid", "high"]]
    numbers = [[1, 2], [3, 3], [1, 1], [2, 3]]
    order = ["low", "mid", "high"]
    for weighting in ("linear", "quadratic", "ordinal"):
        ours = estimate_agreement(words, coefficients=["gwet", "fleiss"], weighting=weighting, categories=order)
        theirs = estimate_agreement(numbers, coefficients=["gwet", "fleiss"], weighting=weighting)
        assert [a.estimate for a in ours] == [a.estimate for a in theirs]


@pytest.mark.parametrize(("distance", "apart"), [("masi", masi_distance), ("jaccard", jaccard_distance)])
def test_alpha_of_sets_is_that_of_all_pairs_of_sets(distance, apart):
    sets = [[{"a"}, {"a", "b"}, None], [set(), set(), {"c"}], [{"b"}, {"b"}, {"b", "c"}], [{"a"}, None, None]]
    assert alpha_of_sets(sets, distance=distance).estimate == pytest.approx(alpha_by_definition(sets, apart), rel=1e-12)
    assert alpha_of_sets([[set(), set()], [set(), set()]]).status == "one_category"


def test_coincidences_add_up_to_the_pairable_values():
    units = [[1, 1, 2], [3, None, None], [2, 2, None], [1, 3, 3]]
    met = coincidences(units, level="ordinal")
    assert met.observed.sum() == pytest.approx(met.n_pairable)
    assert (met.n_pairable, met.n_dropped) == (8, 1)
    np.testing.assert_allclose(met.observed, met.observed.T)


def test_pairs_of_more_than_two_coders_are_all_counted():
    found = binary_agreement([[1, 1, 0], [0, 0, 0], [1, None, 1], [None, 1, None]])
    assert (found.both, found.one, found.neither) == (2, 2, 3)
    assert found.bias_index == pytest.approx(0.5)  # of the second and third, on the two units both were given
    assert found.prevalence == pytest.approx(4 / 8)


def test_without_a_standard_error_there_is_no_band():
    assert benchmark_agreement(1.0, float("nan")).band == ""
    assert benchmark_agreement(-0.5, 0.1).band == "Not Reliable"
