"""Intervals that draw people: replicates are coefficients of drawn people, and say so where there are too few."""

import numpy as np
import pytest

from eval_tools.errors import DataError, DefinitionError, UnknownNames
from eval_tools.stats.agreement import estimate_agreement
from eval_tools.stats.agreement_bootstrap import bootstrap_agreement
from eval_tools.stats.agreement_ratings import tabulate_ratings

MANY = ("percent", "conger", "fleiss", "krippendorff", "gwet", "brennan_prediger")


@pytest.fixture(scope="module")
def interviews():
    """Fifteen invented people with four to eight sentences each, three coders, gaps, codes 1 to 4."""
    rng = np.random.default_rng(12)
    people, rows = [], []
    for person in range(15):
        leaning, skill = rng.dirichlet([1, 1, 1, 1]), rng.uniform(0.4, 0.95)
        for _ in range(rng.integers(4, 9)):
            truth = rng.choice(4, p=leaning)
            said = np.where(rng.random(3) < skill, truth, rng.integers(0, 4, 3)) + 1.0
            said[rng.random(3) < 0.15] = np.nan
            rows.append(said)
            people.append(f"P{person:02d}")
    return np.array(rows), people


@pytest.mark.parametrize("weighting", ["identity", "quadratic", "ordinal", "ratio"])
def test_each_replicate_is_the_coefficient_of_drawn_people(interviews, weighting):
    units, people = interviews
    drawn = bootstrap_agreement(
        units, clusters=people, coefficients=MANY, weighting=weighting, rng=1, n_resamples=5
    ).replicates
    # the same draws by hand: the resampling core's counts of people, shown by rows of the identity
    from eval_tools.stats.resampling import resample_sums
    from eval_tools.stats.streams import seed_of

    counts = resample_sums(np.eye(15), n_resamples=5, rng=seed_of(1).spawn(1)[0]).astype(int)
    person = np.array([int(p[1:]) for p in people])
    for times, replicate in zip(counts, drawn, strict=True):
        copies = np.repeat(units, times[person], axis=0)
        expected = estimate_agreement(copies, coefficients=MANY, weighting=weighting, categories=[1, 2, 3, 4])
        assert replicate.tolist() == pytest.approx([a.estimate for a in expected], rel=1e-10)


def test_the_estimate_is_the_same_as_without_a_bootstrap(interviews):
    units, people = interviews
    for found, plain in zip(
        bootstrap_agreement(units, clusters=people, coefficients=MANY, rng=1).agreements,
        estimate_agreement(units, coefficients=MANY),
        strict=True,
    ):
        assert found.estimate == pytest.approx(plain.estimate, rel=1e-12)
        assert found.n_clusters == 15
        assert found.ci_low < found.estimate < found.ci_high


def test_drawing_units_gives_about_the_analytic_error(interviews):
    units, _ = interviews
    analytic = estimate_agreement(units, coefficients=MANY)
    drawn = bootstrap_agreement(units, coefficients=MANY, rng=1, n_resamples=4_000).agreements
    for one, other in zip(analytic, drawn, strict=True):
        assert other.se == pytest.approx(one.se, rel=0.1)
        assert other.method == "expanded percentile bootstrap of units"


def test_sentences_of_one_person_are_no_sample_of_people(interviews):
    units, people = interviews
    by_person = bootstrap_agreement(units, clusters=people, coefficients=["fleiss"], rng=1).agreements[0]
    copied = np.repeat(units, 10, axis=0)  # ten times the sentences, the same people
    naive = bootstrap_agreement(copied, coefficients=["fleiss"], rng=1).agreements[0]
    honest = bootstrap_agreement(
        copied, clusters=np.repeat(people, 10).tolist(), coefficients=["fleiss"], rng=1
    ).agreements[0]
    assert honest.ci_high - honest.ci_low == pytest.approx(by_person.ci_high - by_person.ci_low, rel=1e-9)
    assert naive.ci_high - naive.ci_low < 0.5 * (honest.ci_high - honest.ci_low)


def test_bca_is_that_of_scipy_up_to_the_draws(interviews):
    from scipy import stats

    units, people = interviews
    person = np.array([int(p[1:]) for p in people])
    rows = [np.flatnonzero(person == p) for p in range(15)]

    def fleiss_of(drawn, axis=-1):
        flat = drawn.reshape(-1, drawn.shape[-1])
        found = [
            estimate_agreement(
                units[np.concatenate([rows[int(p)] for p in line])], coefficients=["fleiss"], categories=[1, 2, 3, 4]
            )[0].estimate
            for line in flat
        ]
        return np.array(found).reshape(drawn.shape[:-1])

    theirs = stats.bootstrap((np.arange(15),), fleiss_of, n_resamples=1_500, method="BCa", rng=np.random.default_rng(2))
    ours = bootstrap_agreement(
        units, clusters=people, coefficients=["fleiss"], rng=1, interval="bca", n_resamples=20_000
    ).agreements[0]
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    # Monte-Carlo error of a 2.5 % quantile of 1,500 draws: about 4 % of the width
    assert [ours.ci_low, ours.ci_high] == pytest.approx(list(theirs.confidence_interval), abs=0.12 * width)


def test_fewer_than_ten_people_get_no_interval(interviews):
    units, people = interviews
    few = [i for i, p in enumerate(people) if p < "P09"]
    found = bootstrap_agreement(units[few], clusters=[people[i] for i in few], coefficients=["gwet"], rng=1)
    assert found.agreements[0].status == "too_few_clusters"
    assert found.agreements[0].n_clusters == 9
    assert np.isnan(found.agreements[0].ci_low)
    assert found.agreements[0].estimate > 0


def test_a_code_of_two_people_only_has_no_interval():
    people = [f"P{i:02d}" for i in range(12) for _ in range(4)]
    units = np.zeros((48, 2), dtype=float)
    units[0], units[1], units[4] = (1, 1), (1, 0), (1, 1)  # of two people out of twelve
    found = bootstrap_agreement(units, clusters=people, coefficients=["fleiss"], categories=[0, 1], rng=1)
    assert found.agreements[0].status == "undefined_resamples"
    assert np.isnan(found.replicates).mean() == pytest.approx((10 / 12) ** 12, abs=0.03)
    bca = bootstrap_agreement(
        units, clusters=people, coefficients=["fleiss"], categories=[0, 1], rng=1, interval="bca"
    ).agreements[0]
    assert np.isnan(bca.ci_low) == (bca.status != "estimated")


def test_perfect_agreement_has_no_interval():
    people = [f"P{i:02d}" for i in range(12)]
    found = bootstrap_agreement([[1, 1], [2, 2]] * 6, clusters=people, coefficients=["fleiss"], rng=1).agreements[0]
    assert (found.estimate, found.status) == (1.0, "no_disagreement")


def test_two_coder_coefficients_draw_from_the_units_both_coded():
    rng = np.random.default_rng(8)
    units = rng.integers(0, 2, size=(40, 2)).astype(float)
    units[::5, 1] = np.nan
    people = [f"P{i // 2:02d}" for i in range(40)]
    complete = ~np.isnan(units).any(axis=1)
    whole = bootstrap_agreement(units, clusters=people, coefficients=["cohen"], rng=1).agreements[0]
    part = bootstrap_agreement(
        units[complete], clusters=[p for p, c in zip(people, complete, strict=True) if c], coefficients=["cohen"], rng=1
    ).agreements[0]
    assert whole == part


def test_the_same_seed_gives_the_same_interval_and_another_another(interviews):
    units, people = interviews
    first, again, other = (
        bootstrap_agreement(units, clusters=people, coefficients=["gwet"], rng=s).agreements[0] for s in (7, 7, 8)
    )
    assert first == again
    assert first.ci_low != other.ci_low


def test_a_unit_without_a_person_and_wrong_options_are_refused():
    units = [[1, 1], [1, 2], [2, 2]]
    with pytest.raises(DataError, match="1 units have no person"):
        bootstrap_agreement(units, clusters=["a", None, "b"], rng=1)
    with pytest.raises(DataError, match="2 and 3 values"):
        bootstrap_agreement(units, clusters=["a", "b"], rng=1)
    with pytest.raises(UnknownNames):
        bootstrap_agreement(units, rng=1, interval="basic")
    with pytest.raises(DefinitionError, match="n_resamples"):
        bootstrap_agreement(units, rng=1, n_resamples=0)


def test_people_of_units_that_nobody_coded_are_no_clusters():
    units = [[1, 2], [None, None], [2, 2]] * 12
    people = [f"P{i // 3:02d}-{'x' if i % 3 == 1 else 'y'}" for i in range(36)]
    found = bootstrap_agreement(units, clusters=people, coefficients=["fleiss"], rng=1).agreements[0]
    assert found.n_clusters == 12
    table = bootstrap_agreement(tabulate_ratings(units), clusters=people, coefficients=["fleiss"], rng=1).agreements[0]
    assert table == found
