import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval_tools.errors import DataError
from eval_tools.stats.norm_lookup import NO_GROUP, NormTable, convert_scores, rank_bands

NAN = float("nan")
quarters = st.one_of(st.just(NAN), st.integers(-60, 60).map(lambda q: q / 4))


@given(
    low=st.integers(-5, 5),
    width=st.integers(1, 8),
    people=st.lists(st.tuples(st.integers(-1, 2), quarters), max_size=20),
    seed=st.integers(0, 2**16),
)
def test_a_look_up_finds_what_a_reader_of_the_printed_table_finds(low, width, people, seed):
    printed = np.random.default_rng(seed).integers(30, 70, size=(3, width)).astype(float)
    groups = np.array([group for group, _ in people], dtype=int)
    (found,) = convert_scores([[score for _, score in people]], groups, [NormTable(low=low, values=printed)])
    for i, (group, score) in enumerate(people):
        listed = group >= 0 and score in range(low, low + width)
        np.testing.assert_array_equal(found[i], printed[group][int(score) - low] if listed else NAN)


@given(
    scores=st.lists(quarters, max_size=20), starts=st.lists(quarters.filter(lambda q: q == q), max_size=4, unique=True)
)
def test_the_band_of_a_score_is_the_last_one_that_has_begun(scores, starts):
    expected = [0 if score != score else 1 + sum(start <= score for start in starts) for score in scores]
    assert rank_bands(scores, sorted(starts)).tolist() == expected


@pytest.mark.parametrize("n_people", [65_535, 65_536, 65_537, 150_000])
def test_blocks_of_people_meet_without_a_seam_in_every_scale(n_people):
    rng = np.random.default_rng(6)
    groups, highs = rng.integers(-1, 4, n_people), (10, 40_000, 40)
    raw = np.stack([rng.integers(0, high, n_people, endpoint=True) for high in highs]).astype(float)
    tables = [NormTable(low=0, values=rng.normal(size=(4, high + 1))) for high in highs]
    found = convert_scores(raw, groups, tables)
    for mine, scores, table in zip(found, raw, tables, strict=True):
        np.testing.assert_array_equal(mine, np.where(groups < 0, NAN, table.values[groups, scores.astype(int)]))
    np.testing.assert_array_equal(rank_bands(raw, [5]), 1 + (raw >= 5))


def test_a_table_of_scores_keeps_its_shape():
    # SAS-SV: boys from 31, girls from 33
    assert rank_bands([[30, 31], [32, NAN]], [31]).tolist() == [[1, 2], [2, 0]]
    assert rank_bands([[30, 31], [33, NAN]], [33]).tolist() == [[1, 1], [2, 0]]
    assert rank_bands(np.array([[30.0, 31.0], [32.0, NAN]], order="F"), []).tolist() == [[1, 1], [1, 0]]


@pytest.mark.parametrize(
    ("scores", "groups", "fault"),
    [
        ([[1, 2]], [0], "do not fit"),
        ([1, 2], [0, 0], "do not fit"),
        ([[1, 2]], [0.0, 0.0], "do not fit"),
        ([[1], [2]], [0], "2 scales, 1 tables"),
        ([[1, 2]], [0, 1], "1 people are in a group without a row"),
        ([[1, 2]], [0, -2], "1 people are in a group without a row"),
    ],
)
def test_scores_that_do_not_fit_the_norms_are_refused(scores, groups, fault):
    with pytest.raises(DataError, match=fault):
        convert_scores(scores, groups, [NormTable(low=0, values=np.array([[1.0, 2.0]]))])


FAR = [1e12, -1e12, float("inf"), float("-inf"), 2.0**15, 2.0**16 + 1, -(2.0**15) - 1, 2.0**31, 2.0**32 + 1, 2.0**64]


@pytest.mark.parametrize("far", FAR)
@pytest.mark.parametrize("low", [-5, 0, 5])
def test_a_score_far_outside_the_table_has_no_entry(far, low):
    table = NormTable(low=low, values=np.array([[1.0, 2.0, 3.0]]))
    found = convert_scores([[far, low + 1, NAN, low + 1]], [0, 0, 0, NO_GROUP], [table])
    np.testing.assert_array_equal(found, [[NAN, 2, NAN, NAN]])
