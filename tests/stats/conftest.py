"""People made to measure: samples whose means and covariances are exactly the published ones."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

CASES = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))
AHI_CESD = Path(__file__).parents[2] / "data_raw/woodworth-2018/all-occasions/ahi-cesd.csv"


@pytest.fixture
def case():
    """Look up one published case by the beginning of its id."""

    def find(beginning):
        (found,) = (c for c in CASES if c["id"].startswith(beginning))
        return found

    return find


@pytest.fixture
def within():
    """Check a number against a case by the rule |x - e| <= max(abs, rel * |e|)."""

    def check(number, expected, tolerance):
        expected = np.asarray(expected, dtype=float)
        allowed = np.maximum(tolerance["abs"], tolerance["rel"] * np.abs(expected))
        np.testing.assert_array_less(np.abs(np.asarray(number) - expected), allowed + 1e-300)

    return check


@pytest.fixture
def people_with():
    """Make n people whose sample means and covariances (divisor n - 1) are exactly those given."""

    def make(means, covariance, n):
        noise = np.random.default_rng(20180501).normal(size=(n, len(means)))
        noise -= noise.mean(axis=0)
        white = noise @ np.linalg.inv(np.linalg.cholesky(np.cov(noise.T)).T)
        return white @ np.linalg.cholesky(np.asarray(covariance)).T + np.asarray(means)

    return make


@pytest.fixture(scope="session")
def woodworth():
    """Scores and items of Woodworth et al. (2018), scored as the code book says."""
    table = pd.read_csv(AHI_CESD).drop_duplicates(["id", "occasion"], keep="first")
    cesd = [f"cesd{i:02d}" for i in range(1, 21)]
    table[cesd] -= 1
    turned = ["cesd04", "cesd08", "cesd12", "cesd16"]
    table[turned] = 3 - table[turned]
    return table
