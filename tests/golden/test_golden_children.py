"""Ten invented children from export to results; every expected number can be checked with a pencil."""

from __future__ import annotations

import csv
import shutil
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from eval_tools import StudyRun, open_study
from eval_tools.privacy.pseudonyms import pseudonym, published_key

CASE = Path(__file__).parent / "invented-children"
STUDY = "invented-children"


def read_expected(name: str) -> list[dict[str, str]]:
    with (CASE / "expected" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(text: str) -> float:
    """Read 7, 5.8 or -11/4; an empty cell is a missing number."""
    return float(Fraction(text)) if text else float("nan")


def who(child: str) -> str:
    return pseudonym(child, key=published_key(STUDY), study=STUDY)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> StudyRun:
    bench = tmp_path_factory.mktemp("golden") / "bench"
    shutil.copytree(CASE, bench)
    return open_study(STUDY, start=bench)


def assert_numbers(found: pd.DataFrame, expected: list[dict[str, str]], key: list[str], numbers: list[str]) -> None:
    """Compare rows by key, in any order; a number may differ by rounding of the last bit only."""
    mine = {tuple(row): values for row, values in zip(found[key].to_numpy(), found[numbers].to_numpy(), strict=True)}
    theirs = {tuple(row[k] for k in key): [number(row[n]) for n in numbers] for row in expected}
    assert set(mine) == set(theirs)
    for name, values in theirs.items():
        assert list(mine[name]) == pytest.approx(values, abs=1e-12, nan_ok=True), name


def test_every_child_has_the_score_worked_out_by_hand(run: StudyRun) -> None:
    expected = [{**row, "participant": who(row["child"])} for row in read_expected("scores")]
    key = ["participant", "wave", "status", "band"]
    assert_numbers(run.scores, expected, key, ["score", "n_answered"])


def test_every_child_has_a_change_or_is_known_to_have_none(run: StudyRun) -> None:
    expected = [{**row, "participant": who(row["child"])} for row in read_expected("changes")]
    assert_numbers(run.changes, expected, ["participant", "group"], ["before", "after", "change"])
    unknown = {who(row["child"]) for row in read_expected("changes") if not row["change"]}
    changes = run.changes
    assert set(changes.loc[changes["reliable_change"] == "unknown", "participant"]) == unknown


def test_the_flow_counts_the_child_of_autumn_and_the_child_of_spring(run: StudyRun) -> None:
    assert_numbers(run.flow, read_expected("flow"), ["group", "wave"], ["n_enrolled", "n_forms", "n_paired"])


def test_the_means_are_those_of_the_scored_forms(run: StudyRun) -> None:
    assert_numbers(run.descriptives, read_expected("descriptives"), ["group", "wave"], ["n", "mean"])


def test_changes_and_adjusted_difference_are_those_worked_out_by_hand(run: StudyRun) -> None:
    wanted = ("paired_t", "caseness", "ancova_hc3")
    found = run.results[run.results["estimator"].isin(wanted)]
    assert_numbers(found, read_expected("results"), ["contrast", "group", "estimator"], ["estimate", "n"])


def test_the_findings_are_the_three_known_ones(run: StudyRun) -> None:
    key = ["rule", "severity", "file", "row", "column"]
    found = {tuple(map(str, row)) for row in run.issues[key].to_numpy()}
    assert found == {tuple(row[k] for k in key) for row in read_expected("issues")}


def test_of_ten_children_nothing_is_released_that_counts_fewer(run: StudyRun) -> None:
    released = run.released
    assert released.people is None
    for table in (released.results.data, released.descriptives.data):
        numbers = table["estimate" if "estimate" in table else "mean"]
        assert numbers.isna().all()
