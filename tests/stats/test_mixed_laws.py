"""What must not matter: names and order of schools, the zero and the unit of the scale; and what is refused."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from eval_tools.errors import DataError, DefinitionError, UnknownNames
from eval_tools.stats.mixed_growth import mixed_growth
from eval_tools.stats.mixed_model import mixed_model
from eval_tools.stats.mixed_three_level import mixed_three_level
from eval_tools.stats.multilevel_effect import cluster_effect, multilevel_effect, site_variation

NAMES = ["intercept", "treat", "pre"]
NUMBERS = ("estimate", "se", "df", "p_value")


@st.composite
def trials(draw):
    """Small trials in several schools of unequal size."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    sizes = draw(st.lists(st.integers(1, 9), min_size=5, max_size=12))
    school = np.repeat(np.arange(len(sizes)), sizes)
    assume(school.size > len(sizes) + 3)
    y = rng.normal(size=school.size) + draw(st.sampled_from([0.0, 0.5, 2.0])) * rng.normal(size=len(sizes))[school]
    design = np.column_stack([np.ones(y.size), school % 2, rng.normal(size=y.size)])
    return y, design, [f"school {i}" for i in school]


def numbers(fit, names=NAMES):
    return np.array([[getattr(fit.coefficient(n), key) for key in NUMBERS] for n in names])


def same_fit(a, b, tolerance=1e-6):
    assert a.status == b.status
    np.testing.assert_allclose(numbers(a), numbers(b), rtol=tolerance, atol=1e-9)
    np.testing.assert_allclose([a.icc, a.neg2_reml], [b.icc, b.neg2_reml], rtol=1e-7, atol=1e-7)


@given(trials(), st.randoms(use_true_random=False), st.sampled_from(["satterthwaite", "kenward_roger"]))
@settings(max_examples=25, deadline=None)
def test_names_and_order_of_schools_do_not_matter(trial, random, df):
    y, design, sites = trial
    order = list(range(len(sites)))
    random.shuffle(order)
    renamed = [f"{int(s.split()[1]) * 7 % 13}-{s}" for s in sites]
    same_fit(
        mixed_model(y, design, sites, names=NAMES, df=df),
        mixed_model(y[order], design[order], [renamed[i] for i in order], names=NAMES, df=df),
    )


@given(trials(), st.floats(-1000, 1000), st.floats(0.01, 100))
@settings(max_examples=25, deadline=None)
def test_zero_and_unit_of_the_scale_move_the_results_along(trial, shift, unit):
    y, design, sites = trial
    fit, moved = (mixed_model(values, design, sites, names=NAMES) for values in (y, shift + unit * y))
    assume(fit.status == "estimated")
    before, after = numbers(fit), numbers(moved)
    expected = before * [unit, unit, 1, 1]
    expected[0, 0] += shift
    np.testing.assert_allclose(after[:, :3], expected[:, :3], rtol=1e-6, atol=1e-6 * max(1, abs(shift)))
    np.testing.assert_allclose(after[1:, 3], before[1:, 3], rtol=1e-5)
    assert moved.icc == pytest.approx(fit.icc, abs=1e-7)


@given(trials(), st.floats(-50, 50), st.floats(0.01, 100))
@settings(max_examples=15, deadline=None)
def test_the_unit_of_a_covariate_moves_its_coefficient_only(trial, shift, unit):
    y, design, sites = trial
    other = design.copy()
    other[:, 2] = shift + unit * design[:, 2]
    a, b = (mixed_model(y, design, sites, names=NAMES) for design in (design, other))
    assume(a.status == "estimated")
    np.testing.assert_allclose(numbers(a)[1], numbers(b)[1], rtol=1e-5, atol=1e-9)
    assert b.coefficient("pre").estimate * unit == pytest.approx(a.coefficient("pre").estimate, rel=1e-6, abs=1e-9)


@given(trials())
@settings(max_examples=15, deadline=None)
def test_the_effect_in_sds_does_not_know_the_unit(trial):
    y, design, sites = trial
    a, b = (multilevel_effect(v, design, sites, names=NAMES, coefficient="treat") for v in (y, 10 + 7 * y))
    assert (a.status, a.n_sites) == (b.status, b.n_sites)
    np.testing.assert_allclose([a.g.estimate, a.g.se], [b.g.estimate, b.g.se], rtol=1e-6, atol=1e-9)


def test_the_order_of_rows_does_not_matter_over_waves():
    rng = np.random.default_rng(8)
    person = np.repeat(np.arange(48), 3)
    t, sites = np.tile([0.0, 1, 2], 48), np.array([f"s{i // 6}" for i in person])
    y = rng.normal(size=144) + rng.normal(size=48)[person] + rng.normal(0, 0.7, 8)[person // 6] * (1 + t)
    design, people = np.column_stack([np.ones(144), t]), np.array([f"c{i}" for i in person])
    order = rng.permutation(144)
    for effect in ("intercept", "intercept_and_slope", "intercept_and_wave"):
        a = mixed_three_level(y, design, sites, people, names=["one", "t"], site_effect=effect, time=t)
        b = mixed_three_level(
            y[order], design[order], sites[order], people[order], names=["one", "t"], site_effect=effect, time=t[order]
        )
        # the optimum is flat: the last digits depend on the order of summation
        np.testing.assert_allclose(numbers(a, ["one", "t"]), numbers(b, ["one", "t"]), rtol=1e-4)
    a = mixed_growth(y, design, t, people, names=["one", "t"])
    b = mixed_growth(y[order], design[order], t[order], people[order], names=["one", "t"])
    np.testing.assert_allclose(numbers(a, ["one", "t"]), numbers(b, ["one", "t"]), rtol=1e-4)


def _four_by_three():
    rng = np.random.default_rng(1)
    sites = list("aaabbbcccddd")
    treat = [1.0] * 3 + [0] * 3 + [1] * 3 + [0] * 3
    return rng.normal(size=12), np.column_stack([np.ones(12), treat]), sites


def test_rows_with_a_missing_value_or_school_are_dropped_and_counted():
    y, design, sites = _four_by_three()
    complete = mixed_model(y, design, sites, names=NAMES[:2])
    more_rows = np.vstack([design, [[1, np.nan], [1, 0], [1, 0], [1, 0]]])
    gaps = mixed_model([*y, 1, np.nan, 1, 2], more_rows, [*sites, "a", "b", None, ""], names=NAMES[:2])
    assert (gaps.n, gaps.n_dropped, gaps.n_sites) == (12, 4, 4)
    assert gaps.coefficient("treat") == complete.coefficient("treat")
    as_array = mixed_model(y, design, np.array(sites), names=NAMES[:2])
    assert as_array.coefficients == complete.coefficients


DEGENERATE = {
    "one school": (None, None, ["a"] * 12, "too_few_sites"),
    "one school per arm": (None, None, ["a" if t else "b" for t in [1, 1, 1, 0, 0, 0] * 2], "too_few_sites"),
    "one child per school": (None, None, [f"s{i}" for i in range(12)], "too_few_people"),
    "constant scores": (np.full(12, 3.7), None, None, "no_variation"),
    "schools without differences within": (np.repeat([1.0, 2.0, 4.0, 3.0], 3), None, None, "no_variation"),
    "scores explained within schools": ("perfect", None, None, "no_variation"),
    "nobody": (np.full(12, np.nan), None, None, "too_few_people"),
    "no school known": (None, None, [None] * 12, "too_few_people"),
    "a column twice": (None, "twice", None, "no_variation"),
    "a column of zeros": (None, "zeros", None, "no_variation"),
}


@pytest.mark.parametrize("what", DEGENERATE)
@pytest.mark.parametrize("df", ["satterthwaite", "kenward_roger"])
def test_what_cannot_be_estimated_is_named_and_has_no_p_value(what, df):
    scores, columns, ids, status = DEGENERATE[what]
    y, design, sites = _four_by_three()
    sites = ids or sites
    if what == "one school per arm":
        design = np.column_stack([np.ones(12), [1.0, 1, 1, 0, 0, 0] * 2])
    design = np.column_stack(
        [design, {None: np.arange(12.0) % 5, "twice": design[:, 1], "zeros": np.zeros(12)}[columns]]
    )
    if isinstance(scores, str):
        y = 2 + 0.5 * design[:, 2] + np.repeat([1.0, 2, 4, 3], 3)
    elif scores is not None:
        y = scores
    fit = mixed_model(y, design, sites, names=NAMES, df=df)
    assert fit.status == status
    assert {e.status for e in fit.coefficients} == {status}
    assert np.isnan([[e.estimate, e.se, e.ci_low, e.p_value] for e in fit.coefficients]).all()
    assert np.isnan([fit.var_site, fit.var_residual, fit.icc, fit.neg2_reml]).all()
    assert multilevel_effect(y, design, sites, names=NAMES, coefficient="treat").status != "estimated"


def test_two_schools_without_a_programme_have_one_degree_of_freedom():
    y, _, _ = _four_by_three()
    fit = mixed_model(y + np.repeat([0.0, 5.0], 6), np.ones((12, 1)), ["a"] * 6 + ["b"] * 6, names=["mean"])
    assert fit.coefficient("mean").df == pytest.approx(1, abs=0.02)
    assert fit.coefficient("mean").p_value > 0.05


def test_without_variance_between_schools_the_schools_still_limit_the_degrees_of_freedom():
    y = np.tile([1.0, 2, 3], 4) + 0.1 * np.arange(12) % 0.3
    design = np.column_stack([np.ones(12), [1.0] * 6 + [0.0] * 6, np.arange(12) % 5])
    for df in ("satterthwaite", "kenward_roger"):
        fit = mixed_model(y, design, list("aaabbbcccddd"), names=NAMES, df=df)
        assert fit.at_boundary
        assert (fit.var_site, fit.icc) == (0.0, 0.0)
        assert [e.df for e in fit.coefficients] == [2, 2, 7]  # 4 schools - 2; 12 people - 4 schools - 1
        assert {e.method for e in fit.coefficients} == {"mixed model, REML, site variance 0, between–within t"}


def _little_waves():
    rng = np.random.default_rng(3)
    person = np.repeat(np.arange(24), 2)
    y = rng.normal(size=48) + rng.normal(size=24)[person] + rng.normal(size=6)[person // 4]
    t = np.tile([0.0, 1.0], 24)
    design = np.column_stack([np.ones(48), (person // 4) % 2, t])
    return y, design, [f"s{i // 4}" for i in person], [f"c{i}" for i in person], t


@pytest.mark.parametrize("effect", ["intercept", "intercept_and_slope", "intercept_and_wave"])
def test_over_waves_what_cannot_be_estimated_is_named(effect):
    y, design, sites, people, t = _little_waves()

    def status(y=y, design=design, sites=sites, people=people, t=t):
        fit = mixed_three_level(y, design, sites, people, names=NAMES, site_effect=effect, time=t)
        if fit.status != "estimated":
            assert np.isnan([[e.estimate, e.p_value] for e in fit.coefficients]).all()
        return fit.status

    assert status() == "estimated"
    assert status(sites=["one"] * 48) == "too_few_sites"
    assert status(sites=[f"arm {x}" for x in design[:, 1]]) == "too_few_sites"
    assert status(people=[f"c{i}" for i in range(48)]) == "too_few_people"
    assert status(people=sites) == "too_few_people"
    assert status(y=np.full(48, np.nan)) == "too_few_people"
    assert status(y=np.full(48, 2.0)) == "no_variation"
    assert status(design=np.column_stack([design[:, :2], design[:, 1]])) == "no_variation"
    if effect != "intercept":
        assert status(design=np.column_stack([design[:, :2], y**2]), t=np.zeros(48)) == "no_variation"


def test_growth_that_cannot_be_estimated_is_named():
    y, design, _, people, t = _little_waves()
    # two occasions per unit leave nothing to tell the residual from the slopes
    assert mixed_growth(y, design, t, people, names=NAMES).status == "not_converged"
    assert mixed_growth(y, design, np.zeros(48), people, names=NAMES).status == "no_variation"
    assert mixed_growth(y, design, t, ["one"] * 48, names=NAMES).status == "too_few_sites"
    assert mixed_growth(np.full(48, np.nan), design, t, people, names=NAMES).status == "too_few_people"


def test_sites_that_do_not_differ_fall_back_to_the_degrees_of_freedom_of_sites():
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(40), 3)
    t = np.tile([0.0, 1, 2], 40)
    y = rng.normal(size=120) + rng.normal(size=40)[person]
    sites = np.array([f"s{i % 8}" for i in person])
    y -= np.array([y[(sites == s) & (t == w)].mean() for s, w in zip(sites, t, strict=True)])  # no school × wave
    y += 0.01 * rng.normal(size=120)
    treat = np.array([float(i % 2) for i in person])
    design = np.column_stack([np.ones(120), treat, t, treat * t])
    for effect in ("intercept_and_slope", "intercept_and_wave"):
        fit = mixed_three_level(
            y, design, sites, [f"c{i}" for i in person], names=list("abcd"), site_effect=effect, time=t
        )
        assert fit.at_boundary
        assert [e.df for e in fit.coefficients] == [6, 6, 6, 6]
    fit = mixed_three_level(y, design, sites, [f"c{i}" for i in person], names=list("abcd"))
    assert [e.df for e in fit.coefficients] == [6, 6, 78, 78]


def test_wrong_input_is_refused_with_the_place():
    y, design, sites = _four_by_three()
    with pytest.raises(DataError, match="differ in length"):
        mixed_model(y[:-1], design, sites, names=NAMES[:2])
    with pytest.raises(DataError, match="differ in length"):
        mixed_model(y, design, sites[:-1], names=NAMES[:2])
    with pytest.raises(DataError, match="dimensions"):
        mixed_model(y, design[:, 0], sites, names=NAMES[:1])
    with pytest.raises(DefinitionError, match="3 names for 2 columns"):
        mixed_model(y, design, sites, names=NAMES)
    with pytest.raises(DefinitionError, match="ci_level"):
        mixed_model(y, design, sites, names=NAMES[:2], ci_level=95)
    with pytest.raises(DefinitionError, match="unknown df"):
        mixed_model(y, design, sites, names=NAMES[:2], df="residual")
    with pytest.raises(UnknownNames, match="Did you mean 'treat'"):
        mixed_model(y, design, sites, names=NAMES[:2]).coefficient("treta")
    y, design, sites, people, t = _little_waves()
    with pytest.raises(DefinitionError, match="unknown site_effect"):
        mixed_three_level(y, design, sites, people, names=NAMES, site_effect="slope", time=t)
    with pytest.raises(DefinitionError, match="needs 'time'"):
        mixed_three_level(y, design, sites, people, names=NAMES, site_effect="intercept_and_wave")
    with pytest.raises(DataError, match="1 people are in more than one site"):
        mixed_three_level(y, design, ["s5", *sites[1:]], people, names=NAMES)


def test_school_variation_and_cluster_effects_name_what_is_missing():
    assert site_variation([1, 2, 3], ["a"] * 3).status == "too_few_sites"
    assert site_variation([1, 2, None], list("abc")).status == "too_few_people"
    assert np.isnan(site_variation([None, None], list("ab")).design_effect)
    one = cluster_effect(3, var_site=1, var_residual=1, sizes_programme=[10], sizes_comparison=[10, 10])
    assert (one.within.status, one.total.status) == ("too_few_sites", "too_few_sites")
    none = cluster_effect(3, var_site=1, var_residual=0, sizes_programme=[10, 9], sizes_comparison=[10, 10])
    assert none.total.status == "no_variation"
    single = cluster_effect(3, var_site=1, var_residual=1, sizes_programme=[1, 1], sizes_comparison=[1, 1])
    assert single.total.status == "too_few_people"
    with pytest.raises(DataError, match="whole numbers"):
        cluster_effect(3, var_site=1, var_residual=1, sizes_programme=[1.5, 2], sizes_comparison=[10, 10])


def test_scores_before_may_be_the_unit_of_the_effect():
    rng = np.random.default_rng(6)
    sites = np.repeat(list("abcdefgh"), 12)
    treat = np.isin(sites, list("aceg")).astype(float)
    pre = rng.normal(0, 2, 96) + np.repeat(rng.normal(size=8), 12)
    post = pre + rng.normal(0, 5, 96) + treat
    design = np.column_stack([np.ones(96), treat, pre])
    after, before = (
        multilevel_effect(post, design, sites, names=NAMES, coefficient="treat", standardise_by=unit)
        for unit in (None, pre)
    )
    assert before.points == after.points
    assert abs(before.g.estimate) > abs(after.g.estimate)
    assert before.g.standardiser == "total SD of the scores given"
