import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval_tools.errors import DataError, DefinitionError
from eval_tools.stats.norm_lookup import NO_BAND, NO_GROUP, group_numbers, look_up_norms, norm_table

NAN = float("nan")


@given(
    low=st.integers(-5, 5),
    width=st.integers(1, 8),
    people=st.lists(
        st.tuples(st.integers(-1, 2), st.one_of(st.just(NAN), st.integers(-60, 60).map(lambda q: q / 4))), max_size=20
    ),
    seed=st.integers(0, 2**16),
)
def test_a_look_up_finds_what_a_reader_of_the_printed_table_finds(low, width, people, seed):
    rng = np.random.default_rng(seed)
    high = low + width - 1
    printed = rng.integers(30, 70, size=(3, width)).astype(float)
    starts = np.array([np.sort(rng.choice(np.arange(-8, 16), 3, replace=False)) for _ in range(3)])
    found = look_up_norms(
        [[score for _, score in people]],
        np.array([group for group, _ in people], dtype=int),
        [norm_table(low=low, high=high, values=printed, band_starts=starts)],
    )
    for i, (group, score) in enumerate(people):
        listed = group >= 0 and low <= score < high + 1
        value = printed[group][int(score) - low] if listed and score == int(score) else NAN
        band = sum(start <= score for start in starts[group]) - 1 if listed else NO_BAND
        np.testing.assert_array_equal(found.value[0, i], value)
        assert found.band[0, i] == band


@pytest.mark.parametrize("n_people", [65_535, 65_536, 65_537, 150_000])
def test_blocks_of_people_meet_without_a_seam_in_every_scale(n_people):
    rng = np.random.default_rng(6)
    groups = rng.integers(-1, 4, n_people)
    raw = np.stack([rng.integers(0, 11, n_people), rng.integers(0, 41, n_people)]).astype(float)
    tables = [
        norm_table(low=0, high=h, values=rng.normal(size=(4, h + 1)), band_starts=[[0, h // 2]] * 4) for h in (10, 40)
    ]
    found = look_up_norms(raw, groups, tables)
    for scale, table in enumerate(tables):
        expected = np.where(groups < 0, NAN, table.values[groups, raw[scale].astype(int)])
        np.testing.assert_array_equal(found.value[scale], expected)
        half = (10, 40)[scale] // 2
        assert (found.band[scale] == np.where(groups < 0, NO_BAND, raw[scale] >= half)).all()


def test_a_band_that_depends_on_sex_is_that_of_the_persons_own_sex():
    # SAS-SV: boys from 31, girls from 33
    table = norm_table(low=10, high=60, band_starts=[[10, 31], [10, 33]])
    found = look_up_norms([[30, 31, 32, 32, 33, 32]], [0, 0, 0, 1, 1, NO_GROUP], [table])
    assert found.band.tolist() == [[0, 1, 1, 0, 1, NO_BAND]]
    assert np.isnan(found.value).all()


def test_a_group_without_bands_has_none():
    table = norm_table(low=0, high=2, band_starts=[[0, 1], [NAN, NAN]])
    assert look_up_norms([[2, 2]], [0, 1], [table]).band.tolist() == [[1, NO_BAND]]


def test_groups_are_counted_with_the_last_characteristic_fastest():
    informant, sex, age = [0, 2, 2, 1], [1, 0, -1, 1], [3, 0, 1, 2]
    assert group_numbers([informant, sex, age], [3, 2, 4]).tolist() == [7, 16, NO_GROUP, 14]


@pytest.mark.parametrize(
    ("columns", "sizes", "fault"),
    [
        ([[0, 1]], [1], "above 0"),
        ([[0, 1], [0]], [2, 2], "same people"),
        ([[0.5]], [2], "whole numbers"),
        ([[0]], [2, 2], "2 sizes"),
        ([], [], "0 columns"),
    ],
)
def test_characteristics_that_cannot_be_numbered_are_refused(columns, sizes, fault):
    with pytest.raises(DataError, match=fault):
        group_numbers(columns, sizes)


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({}, "neither values nor bands"),
        ({"values": [[1, 2]]}, "another shape"),
        ({"values": [1, 2, 3]}, "another shape"),
        ({"band_starts": [0, 1]}, "another shape"),
        ({"band_starts": [[1, 1]]}, "do not rise"),
        ({"band_starts": [[0, NAN]]}, "do not rise"),
        ({"band_starts": [[0, 1.5]]}, "at a fraction"),
        ({"values": [[1, 2, 3]], "band_starts": [[0], [0]]}, "1 groups have values, 2 have bands"),
        ({"low": 3, "values": [[1]]}, "from 3 to 2"),
    ],
)
def test_norms_that_contradict_themselves_are_refused(options, fault):
    with pytest.raises(DefinitionError, match=fault):
        norm_table(**{"low": 0, "high": 2, **options})


@pytest.mark.parametrize(
    ("scores", "groups", "fault"),
    [
        ([[1, 2]], [0], "do not fit"),
        ([1, 2], [0, 0], "do not fit"),
        ([[1], [2]], [0], "2 scales, 1 tables"),
        ([[1, 2]], [0, 1], "1 people are in a group without a row"),
        ([[1, 2]], [0, -2], "1 people are in a group without a row"),
        ([[1, 2]], [0.0, 0.0], "not whole numbers"),
    ],
)
def test_scores_that_do_not_fit_the_norms_are_refused(scores, groups, fault):
    with pytest.raises(DataError, match=fault):
        look_up_norms(scores, groups, [norm_table(low=0, high=4, band_starts=[[0]])])


@pytest.mark.parametrize("far", [1e12, -1e12, float("inf"), float("-inf"), 2.0**31, 2.0**32 + 1, -(2.0**31) - 1])
def test_a_score_far_outside_the_table_has_no_entry(far):
    table = norm_table(low=0, high=2, values=[[1, 2, 3]], band_starts=[[0]])
    found = look_up_norms([[far, 1.0, NAN]], [0, 0, 0], [table])
    np.testing.assert_array_equal(found.value, [[NAN, 2, NAN]])
    assert found.band.tolist() == [[NO_BAND, 0, NO_BAND]]
