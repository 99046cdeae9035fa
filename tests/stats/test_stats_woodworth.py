"""Numbers of Woodworth et al. (2018) computed by other software, to the digits given there."""

import numpy as np
import pytest

from eval_tools.stats.ancova import ancova
from eval_tools.stats.change import mean_change
from eval_tools.stats.reliability import cronbach_alpha, mcdonald_omega

AHI = [f"ahi{i:02d}" for i in range(1, 25)]
CESD = [f"cesd{i:02d}" for i in range(1, 21)]
HALF_DIGIT_4, HALF_DIGIT_3 = 5e-5, 5e-4  # alphas have four digits, the other numbers three


@pytest.mark.parametrize(
    ("items", "occasion", "alpha", "n"),
    [
        (AHI, 0, 0.9315, 295),
        (AHI, 1, 0.9373, 147),
        (AHI, 5, 0.9546, 120),
        (CESD, 0, 0.9174, 295),
        (CESD, 1, 0.9367, 147),
        (CESD, 5, 0.9526, 120),
    ],
)
def test_the_scales_have_the_known_alpha(woodworth, items, occasion, alpha, n):
    found = cronbach_alpha(woodworth.loc[woodworth["occasion"] == occasion, items])
    assert found.estimate == pytest.approx(alpha, abs=HALF_DIGIT_4)
    assert found.n == n


def test_four_items_not_turned_round_make_alpha_fall_to_the_known_value(woodworth):
    items = woodworth.loc[woodworth["occasion"] == 0, CESD].copy()
    not_turned = ["cesd04", "cesd08", "cesd12", "cesd16"]
    items[not_turned] = 3 - items[not_turned]
    assert cronbach_alpha(items).estimate == pytest.approx(0.7139, abs=HALF_DIGIT_4)


def test_omega_of_both_scales_is_near_alpha_and_inside_its_interval(woodworth):
    for items in (AHI, CESD):
        answers = woodworth.loc[woodworth["occasion"] == 0, items]
        omega, alpha = mcdonald_omega(answers), cronbach_alpha(answers)
        assert omega.status == "estimated"
        assert omega.ci_low < alpha.estimate < omega.ci_high


def _before_after(woodworth, scale, occasion):
    wide = woodworth.pivot(index=["id", "intervention"], columns="occasion", values=scale).reset_index()
    return wide[0].to_numpy(), wide[occasion].to_numpy(), wide["intervention"].astype(str).to_numpy()


@pytest.mark.parametrize(
    ("scale", "occasion", "n", "change"),
    [
        ("ahiTotal", 1, [30, 48, 24, 45], [4.000, 2.646, 3.375, 2.844]),
        ("cesdTotal", 1, [30, 48, 24, 45], [-0.967, -1.729, -2.958, -3.444]),
        ("ahiTotal", 5, [27, 37, 23, 33], [7.111, 4.270, 4.087, 5.576]),
        ("cesdTotal", 5, [27, 37, 23, 33], [-1.963, -0.486, -4.304, -2.848]),
    ],
)
def test_every_arm_changed_as_known(woodworth, scale, occasion, n, change):
    before, after, arm = _before_after(woodworth, scale, occasion)
    found = [mean_change(before[arm == a], after[arm == a]) for a in "1234"]
    assert [e.n for e in found] == n
    assert [e.estimate for e in found] == pytest.approx(change, abs=HALF_DIGIT_3)


@pytest.mark.parametrize(
    ("scale", "occasion", "difference"),
    [
        ("ahiTotal", 1, [0.155, -0.612, 0.408]),
        ("cesdTotal", 1, [3.185, 2.433, 1.030]),
        ("ahiTotal", 5, [0.316, -2.032, -2.145]),
    ],
)
def test_the_arms_differ_from_the_placebo_arm_as_known(woodworth, scale, occasion, difference):
    model = ancova(*_before_after(woodworth, scale, occasion), reference="4")
    assert [e.estimate for e in model.differences] == pytest.approx(difference, abs=HALF_DIGIT_3)
    assert model.n + model.n_dropped == 295
    assert all(np.sign(e.ci_low) != np.sign(e.ci_high) for e in model.differences)
