"""Points of coders on invented talks: the numbers of the statistics below, and missing is not nought."""

import numpy as np
import pytest

from eval_tools.interviews.read import Reading, read_interviews
from eval_tools.interviews.rubrics import compare_raters
from eval_tools.runner.command import main
from eval_tools.stats.intraclass import intraclass_correlation, rating_components
from eval_tools.stats.krippendorff import krippendorff_alpha

JUDGES = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def sheet(points):
    rows = [
        f"talk {i},warmth,judge {j},{value}"
        for i, row in enumerate(points)
        for j, value in enumerate(row)
        if value is not None
    ]
    return "\n".join(["document,code,coder,points", *rows])


def value(table, measure, column="estimate", coder=""):
    (found,) = table.loc[(table["measure"] == measure) & (table["coder"] == coder), column].tolist()
    return found


def test_points_give_alpha_correlation_shares_and_means(write_csv):
    table = compare_raters(read_interviews(write_csv(sheet(JUDGES))), n_resamples=50)
    points = np.array(JUDGES, dtype=float)
    assert value(table, "alpha_ordinal") == pytest.approx(krippendorff_alpha(points, level="ordinal").estimate)
    assert value(table, "icc_a_1") == pytest.approx(0.28976, abs=5e-6)  # Shrout & Fleiss (1979)
    assert value(table, "icc_a_1", "ci_high") == pytest.approx(intraclass_correlation(points).ci_high)
    apart = np.abs(points[:, [0, 0, 0, 1, 1, 2]] - points[:, [1, 2, 3, 2, 3, 3]])
    assert value(table, "exact") == pytest.approx((apart == 0).mean())
    assert value(table, "within_one") == pytest.approx((apart <= 1).mean())
    assert value(table, "mean", coder="judge 1") == pytest.approx(2.5)
    assert value(table, "alpha_ordinal", "status") == "too_few_clusters"


def test_points_that_were_not_given_are_missing(write_csv):
    gaps = [row[:] for row in JUDGES]
    gaps[0][1] = gaps[3][2] = None
    table = compare_raters(read_interviews(write_csv(sheet(gaps))), n_resamples=50)
    points = np.array([[np.nan if v is None else v for v in row] for row in gaps])
    assert value(table, "icc_a_1", "n_units") == 4
    assert value(table, "icc_a_1_gaps") == pytest.approx(rating_components(points).icc_a_1)
    assert value(table, "mean", "n_units", coder="judge 1") == 5


def test_people_are_drawn_for_points_too(write_csv):
    rng = np.random.default_rng(4)
    true = rng.integers(0, 5, 24)
    points = [[int(np.clip(t + rng.integers(-1, 2), 0, 4)) for _ in range(2)] for t in true]
    cases = "\n".join(["document,person", *[f"talk {i},P{i // 2}" for i in range(24)]])
    told = Reading(cases=write_csv(cases, "cases.csv"))
    table = compare_raters(read_interviews(write_csv(sheet(points)), told), n_resamples=200)
    assert value(table, "alpha_ordinal", "n_people") == 12
    assert value(table, "alpha_ordinal", "ci_low") < value(table, "alpha_ordinal") < 1


def test_codes_without_points_are_no_rubrics(whole):
    assert compare_raters(whole).empty


def test_the_page_shows_points(write_csv, capsys):
    assert main(["interviews", "agreement", str(write_csv(sheet(JUDGES))), "--unit", "document"]) == 0
    page = capsys.readouterr().out
    assert "Points given with codes" in page
    assert "judge 1 2.50" in page
