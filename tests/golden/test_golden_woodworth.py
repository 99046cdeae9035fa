"""The published trial, from the raw files to the results, against numbers that other software or its authors give."""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eval_tools import StudyRun, open_study
from eval_tools.errors import DataError
from eval_tools.intake.findings import Findings, refuse_errors
from eval_tools.intake.raw_files import read_raw_file
from eval_tools.intake.raw_table import RawTable
from eval_tools.scoring.score import answer_matrix
from eval_tools.stats.reliability import cronbach_alpha
from eval_tools.studies.study import Reading

HERE = Path(__file__).parent / "woodworth-2018"
FILE = "all-occasions/ahi-cesd.csv"
REVERSED = ("cesd04", "cesd08", "cesd12", "cesd16")


def read_expected() -> list[dict[str, str]]:
    with (HERE / "expected.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass
class Trial:
    """The study opened for its posttest and for its last follow-up, and the raw file before any correction."""

    runs: dict[str, StudyRun]
    raw: RawTable

    @property
    def run(self) -> StudyRun:
        return self.runs["posttest"]

    def score(self, outcome: str, wave: str) -> pd.Series:
        scores = self.run.scores
        mine = scores[(scores["instrument"] + "." + scores["scale"] == outcome) & (scores["wave"] == wave)]
        return mine.set_index("participant")["score"]

    def result(self, wave: str, **wanted: str) -> pd.Series:
        table = self.runs[wave].results
        for column, value in wanted.items():
            table = table[table[column] == value]
        assert len(table) == 1
        return table.iloc[0]

    def descriptive(self, outcome: str, wave: str, group: str, column: str) -> float:
        table = self.run.descriptives
        mine = table[(table["outcome"] == outcome) & (table["wave"] == wave) & (table["group"] == group)]
        return float(mine[column].item())

    def alpha(self, outcome: str, wave: str) -> float:
        table = self.run.reliabilities
        mine = table[(table["instrument"] + "." + table["scale"] == outcome) & (table["wave"] == wave)]
        return float(mine.loc[mine["coefficient"] == "alpha", "estimate"].item())

    def alpha_with_nothing_reversed(self, instrument: str, wave: str) -> float:
        answers = answer_matrix(self.run.responses, self.run.instruments[instrument])
        return cronbach_alpha(answers.xs(wave, level="wave").to_numpy()).estimate

    def totals_that_differ(self, outcome: str) -> int:
        """Count rows whose authors' total is not the code book's formula, worked out cell by cell."""
        total, prefix = {"ahi.total": ("ahiTotal", "ahi"), "ces-d.total": ("cesdTotal", "cesd")}[outcome]
        n_differ = 0
        for cells in self.raw.cells:
            row = dict(zip(self.raw.header, cells, strict=True))
            answers = {name: int(cell) for name, cell in row.items() if name.startswith(prefix) and name != total}
            if prefix == "cesd":
                answers = {name: 4 - code if name in REVERSED else code - 1 for name, code in answers.items()}
            n_differ += sum(answers.values()) != int(row[total])
        return n_differ

    def waves_of_people(self) -> pd.Series:
        return self.run.forms.groupby("participant")["wave"].agg(frozenset)

    def correlation(self, outcome: str, wave: str) -> float:
        both = pd.concat([self.score(outcome, "pretest"), self.score(outcome, wave)], axis=1, join="inner")
        return float(np.corrcoef(both.to_numpy().T)[0, 1])


@pytest.fixture(scope="module")
def trial(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """Copy the workbench, so that no test writes into the project, and open the study in the copy."""
    bench = tmp_path_factory.mktemp("woodworth")
    for name in ("questionnaires", "notebooks"):
        shutil.copytree(root / name, bench / name)
    shutil.copytree(root / "data_raw" / "woodworth-2018", bench / "data_raw" / "woodworth-2018")
    runs = {
        term: open_study("woodworth-2018", term=term, language="en", start=bench)
        for term in ("posttest", "follow-up-27w")
    }
    findings = Findings()
    raw = read_raw_file(bench / "data_raw" / "woodworth-2018", FILE, Reading(), [], findings, [])
    assert raw is not None
    return Trial(runs=runs, raw=raw)


def measure(trial: Trial, quantity: str, part: str, wave: str) -> float:
    """Find the number that a row of expected.csv is about."""
    words, _, arm = quantity.rpartition(" ")
    if arm in trial.run.study.groups:
        if words == "mean in":
            return trial.descriptive(part, wave, arm, "mean")
        if words == "change in":
            found = trial.result(wave, outcome=part, contrast="change", group=arm, estimator="paired_t")
            return float(found["estimate"])
        if words == "difference of":
            found = trial.result(wave, outcome=part, contrast="difference", group=arm, estimator="ancova_hc3")
            return float(found["estimate"])
    if quantity == "rows":
        return {raw.file: raw.n_rows for raw in trial.run.received.raw_files}[FILE]
    if quantity == "participants":
        return len(trial.run.participants)
    if quantity == "columns":
        return len(trial.raw.header)
    if quantity == "participants in arm":
        return int((trial.run.participants["group"] == part).sum())
    if quantity == "rows whose total differs":
        return trial.totals_that_differ(part)
    if quantity == "rows before corrections":
        occasion = str(list(trial.run.study.waves).index(wave))
        return trial.raw.column("occasion").count(occasion)
    if quantity == "forms after corrections":
        return int((trial.run.forms["wave"] == wave).sum())
    if quantity == "people with only the pretest":
        return int((trial.waves_of_people() == {"pretest"}).sum())
    if quantity == "people with all six occasions":
        return int((trial.waves_of_people() == set(trial.run.study.waves)).sum())
    if quantity == "alpha":
        return trial.alpha(part, wave)
    if quantity == "alpha with nothing reversed":
        return trial.alpha_with_nothing_reversed(part.partition(".")[0], wave)
    if quantity in ("mean", "sd"):
        return trial.descriptive(part, wave, "all", quantity)
    if quantity == "people at or above 16":
        scores = trial.run.scores
        mine = scores[(scores["instrument"] == "ces-d") & (scores["wave"] == wave)]
        by_band = int((mine["band"] == "at_or_above").sum())
        assert by_band == int((mine["score"] >= 16).sum())
        return by_band
    if quantity == "pairs":
        found = trial.result(wave, outcome="ahi.total", contrast="change", group=part, estimator="paired_t")
        return int(found["n"])
    if quantity == "correlation with the pretest":
        return trial.correlation(part, wave)
    raise AssertionError(f"nothing measures {quantity!r}")


@pytest.mark.parametrize(
    "row", read_expected(), ids=lambda row: "-".join(filter(None, (row["quantity"], row["part"], row["wave"])))
)
def test_the_number_is_the_one_known_from_elsewhere(trial: Trial, row: dict[str, str]) -> None:
    found = measure(trial, row["quantity"], row["part"], row["wave"])
    assert found == pytest.approx(float(row["value"]), abs=float(row["tolerance"]), rel=0)


def test_the_only_findings_are_the_two_forms_left_out_by_correction(trial: Trial) -> None:
    issues = trial.run.issues
    assert list(issues["rule"]) == ["corrected", "corrected"]
    assert set(issues["severity"]) == {"note"}


def test_no_total_of_the_authors_differs_from_ours(trial: Trial) -> None:
    assert not (trial.run.issues["rule"] == "total_differs").any()


def test_a_wrong_coding_shows_as_totals_that_differ_and_nothing_else(trial: Trial, tmp_path: Path) -> None:
    bench = tmp_path / "bench"
    shutil.copytree(trial.run.workbench.root, bench, ignore=shutil.ignore_patterns(".eval_tools"))
    path = bench / "data_raw" / "woodworth-2018" / "study.yaml"
    right, wrong = '{"1": 0, "2": 1, "3": 2, "4": 3}', '{"1": 3, "2": 2, "3": 1, "4": 0}'
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong), encoding="utf-8")
    issues = open_study("woodworth-2018", start=bench).received.issues
    # upside down, a total t becomes 60 - t, which only 30 survives; the forms left out are not compared
    differ = issues[issues["rule"] == "total_differs"]
    totals = dict(zip(trial.raw.rows, trial.raw.column("cesdTotal"), strict=True))
    left_out = set(issues.loc[issues["rule"] == "corrected", "row"])
    assert set(differ["row"]) == {row for row, total in totals.items() if total != "30"} - left_out
    assert set(differ["column"]) == {"cesdTotal"}
    assert set(differ["severity"]) == {"warning"}


def test_without_its_corrections_the_study_is_refused_and_names_the_four_rows(trial: Trial, tmp_path: Path) -> None:
    bench = tmp_path / "bench"
    shutil.copytree(trial.run.workbench.root, bench, ignore=shutil.ignore_patterns(".eval_tools", "corrections.yaml"))
    received = open_study("woodworth-2018", start=bench).received
    repeated = received.issues[received.issues["rule"] == "form_repeated"]
    columns = [trial.raw.header.index(name) for name in ("id", "occasion")]
    named = sorted(tuple(trial.raw.cells[row - 2][i] for i in columns) for row in repeated["row"])
    assert named == [("64", "4"), ("64", "4"), ("8", "2"), ("8", "2")]
    with pytest.raises(DataError) as refused:
        refuse_errors(received.issues)
    assert len(refused.value.problems) == 2


def test_of_two_forms_the_one_earlier_in_time_is_kept(trial: Trial) -> None:
    kept = set(trial.run.forms["row"])
    days = trial.raw.column("elapsed.days")
    for who, occasion in (("8", "2"), ("64", "4")):
        rows = [
            row
            for row, i, o in zip(trial.raw.rows, trial.raw.column("id"), trial.raw.column("occasion"), strict=True)
            if (i, o) == (who, occasion)
        ]
        first = min(rows, key=lambda row: float(days[row - 2]))
        assert [row in kept for row in rows] == [row == first for row in rows]


def test_the_adjusted_differences_do_not_contradict_the_paper(trial: Trial) -> None:
    """Woodworth et al. 2017: the exercises could not be told from the placebo."""
    for run in trial.runs.values():
        table = run.results
        difference = table[(table["contrast"] == "difference") & (table["estimator"] == "ancova_hc3")]
        assert len(difference) == 6
        assert (difference["p_adjusted"] > 0.05).all()
