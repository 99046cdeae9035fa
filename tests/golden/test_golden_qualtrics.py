"""Ten real answers to two scales, scored by another tool: same answers in, same scores out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eval_tools.stats.item_scores import ScaleKey, score_answers

CASE = Path(__file__).parent / "qualtrics-class-survey"
SCALES = {
    # items, lowest plus highest code, column of their score, decimals they printed
    "PANAS": (20, 6, -2, 12),
    "MCSD": (13, 3, -1, 2),
}


@pytest.mark.parametrize("scale", SCALES)
def test_plain_means_are_those_of_the_other_tool(scale):
    n_items, low_plus_high, column, decimals = SCALES[scale]
    export = pd.read_csv(CASE / "export.csv", dtype=str).iloc[2:]  # two more header rows
    answers = export[[f"{scale}_{item:02}" for item in range(1, n_items + 1)]].astype(float).to_numpy()
    # every row of theirs carries cells more than its header: read by position, from the right
    lines = (CASE / "scored_by_scorify.csv").read_text(encoding="utf-8-sig").splitlines()[2:]
    theirs = {cells[1]: float(cells[column]) for line in lines if (cells := line.split(","))}
    key = ScaleKey(
        items=tuple(range(n_items)),
        reverse=(False,) * n_items,
        low_plus_high=(low_plus_high,) * n_items,
        method="mean",
        min_answered=1,
        fill="prorate_mean",
    )
    found = score_answers(answers, [key]).score[0]
    assert len(found) == len(theirs) == 10
    expected = [theirs[who] for who in export["ResponseId"]]
    assert found == pytest.approx(expected, abs=0.5 * 10.0**-decimals + 1e-9)
    assert np.ptp(found) > 0
