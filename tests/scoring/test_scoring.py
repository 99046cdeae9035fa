"""From answers to scores and reliabilities: laws that hold for any answers, and agreement with the statistics."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval_tools.errors import EvalToolsError
from eval_tools.instruments.load import load_instruments
from eval_tools.scoring.reliability import estimate_reliabilities
from eval_tools.scoring.score import answer_matrix, score_responses
from eval_tools.stats.alpha_bootstrap import bootstrap_alpha
from eval_tools.stats.reliability import cronbach_alpha, mcdonald_omega
from eval_tools.tables import RESPONSES, SCORES

INSTRUMENTS = load_instruments(Path(__file__).parents[2] / "questionnaires", ["ahi", "ces-d"])
REVERSED = {"cesd04", "cesd08", "cesd12", "cesd16"}


def responses_of(answers: np.ndarray, *, instrument: str = "ces-d", wave: str = "autumn") -> pd.DataFrame:
    """Lay an array of codes, shape (people, items), out as RESPONSES; NaN is a blank."""
    items = list(INSTRUMENTS[instrument].items)
    n = len(answers)
    flat = np.asarray(answers, dtype=float).reshape(-1)
    return pd.DataFrame(
        {
            "participant": np.repeat([f"p{i:03}" for i in range(n)], len(items)),
            "wave": wave,
            "informant": "self",
            "instrument": instrument,
            "item": items * n,
            "answer": flat,
            "missing": np.where(np.isnan(flat), "blank", ""),
        }
    )


def invented_answers(n: int, *, seed: int = 3, missing: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    level = rng.normal(1.2, 0.7, size=(n, 1)) + rng.normal(0, 0.7, size=(n, 20))
    codes = np.clip(np.rint(level), 0, 3)
    turned = [name in REVERSED for name in INSTRUMENTS["ces-d"].items]
    codes = np.where(turned, 3 - codes, codes)
    return np.where(rng.random(codes.shape) < missing, np.nan, codes)


codes_of_form = st.lists(st.one_of(st.none(), st.integers(0, 3)), min_size=20, max_size=20)


@given(forms=st.lists(codes_of_form, min_size=1, max_size=5), order=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_rows_and_columns_does_not_matter(forms, order):
    responses = responses_of(np.array(forms, dtype=float))
    rows, columns = list(range(len(responses))), list(responses.columns)
    order.shuffle(rows)
    order.shuffle(columns)
    shuffled = responses.iloc[rows][columns]
    instruments = {"ces-d": INSTRUMENTS["ces-d"]}
    pd.testing.assert_frame_equal(score_responses(shuffled, instruments), score_responses(responses, instruments))


@given(forms=st.lists(codes_of_form, min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_every_form_has_a_status_and_a_score_in_range_or_none(forms):
    scores = score_responses(responses_of(np.array(forms, dtype=float)), {"ces-d": INSTRUMENTS["ces-d"]})
    assert len(scores) == len(forms)
    for form, row in zip(forms, scores.itertuples(index=False), strict=True):
        n = sum(answer is not None for answer in form)
        assert row.n_answered == n
        assert row.status == ("scored" if n == 20 else "not_answered" if n == 0 else "too_few_answers")
        assert (0 <= row.score <= 60) if n == 20 else np.isnan(row.score)
        assert row.band == ("" if n < 20 else "at_or_above" if row.score >= 16 else "below")


def test_the_inputs_are_not_changed():
    responses = responses_of(invented_answers(5, missing=0.1))
    before = responses.copy(deep=True)
    score_responses(responses, INSTRUMENTS)
    estimate_reliabilities(responses, INSTRUMENTS)
    pd.testing.assert_frame_equal(responses, before)


def test_a_questionnaire_that_nobody_got_has_no_rows():
    scores = score_responses(responses_of(invented_answers(3)), INSTRUMENTS)
    assert set(scores["instrument"]) == {"ces-d"}


def test_without_any_answers_the_tables_are_empty_and_complete():
    nothing = pd.DataFrame(columns=list(RESPONSES.columns))
    scores = score_responses(nothing, INSTRUMENTS)
    assert list(scores.columns) == list(SCORES.columns)
    assert scores.empty
    assert estimate_reliabilities(nothing, INSTRUMENTS).empty


def test_a_form_that_comes_twice_is_refused_never_averaged():
    responses = responses_of(invented_answers(2))
    with pytest.raises((EvalToolsError, ValueError), match="duplicate"):
        score_responses(pd.concat([responses, responses]), INSTRUMENTS)


def test_alpha_may_be_checked_by_drawing_people_again():
    answers, ces_d = invented_answers(60, missing=0.01), {"ces-d": INSTRUMENTS["ces-d"]}
    plain = estimate_reliabilities(responses_of(answers), ces_d)
    table = estimate_reliabilities(responses_of(answers), ces_d, rng=5)
    pd.testing.assert_frame_equal(table[table["coefficient"].isin(plain["coefficient"])].reset_index(drop=True), plain)
    alpha, drawn = (table[table["coefficient"] == name].iloc[0] for name in ("alpha", "alpha_bootstrap"))
    assert drawn["estimate"] == pytest.approx(alpha["estimate"], rel=1e-12)
    turned = [name in REVERSED for name in ces_d["ces-d"].items]
    expected = bootstrap_alpha(np.where(turned, 3 - answers, answers), rng=np.random.default_rng(5)).estimate
    assert (drawn["ci_low"], drawn["ci_high"], drawn["n"]) == (expected.ci_low, expected.ci_high, expected.n)
    assert "bootstrap" in drawn["method"]


def test_reliabilities_are_those_of_the_statistics_on_turned_answers_of_complete_forms():
    answers = invented_answers(60, missing=0.01)
    table = estimate_reliabilities(responses_of(answers), {"ces-d": INSTRUMENTS["ces-d"]}, ci_level=0.9)
    turned = [name in REVERSED for name in INSTRUMENTS["ces-d"].items]
    keyed = np.where(turned, 3 - answers, answers)
    complete = int((~np.isnan(answers).any(axis=1)).sum())
    assert 20 < complete < 60
    for name, estimate in (("alpha", cronbach_alpha), ("omega", mcdonald_omega)):
        row = table[table["coefficient"] == name].iloc[0]
        expected = estimate(keyed, ci_level=0.9)
        assert expected.status == "estimated"
        assert (row["estimate"], row["ci_low"], row["ci_high"], row["ci_level"]) == (
            expected.estimate,
            expected.ci_low,
            expected.ci_high,
            0.9,
        )
        assert (row["n"], row["n_items"], row["status"], row["method"]) == (
            complete,
            20,
            "estimated",
            expected.method,
        )


def test_reliability_is_estimated_wave_by_wave():
    first, second = invented_answers(40), invented_answers(30, seed=4)
    both = pd.concat([responses_of(first), responses_of(second, wave="spring")])
    table = estimate_reliabilities(both, INSTRUMENTS).query("coefficient == 'alpha'").set_index("wave")
    alone = estimate_reliabilities(responses_of(second, wave="spring"), INSTRUMENTS).query("coefficient == 'alpha'")
    assert table["n"].to_dict() == {"autumn": 40, "spring": 30}
    assert table.loc["spring", "estimate"] == alone["estimate"].item()


def test_reliability_that_cannot_be_estimated_has_a_row_with_the_reason():
    for answers, reason in (
        (invented_answers(1), "too_few_people"),
        (np.ones((30, 20)), "no_variation"),
        (np.full((30, 20), np.nan), "too_few_people"),
    ):
        table = estimate_reliabilities(responses_of(answers), INSTRUMENTS)
        assert table["status"].tolist() == [reason, reason]
        assert table["estimate"].isna().all()


def test_a_scale_of_scales_has_no_coefficient_of_its_own(scale_of_scales):
    instrument, responses = scale_of_scales
    table = estimate_reliabilities(responses, {instrument.id: instrument})
    assert set(table["scale"]) == {"half"}
    assert set(score_responses(responses, {instrument.id: instrument})["scale"]) == {"half", "whole"}


@pytest.fixture
def scale_of_scales():
    """The CES-D with a second scale that is made of the first."""
    from dataclasses import replace

    ces_d = INSTRUMENTS["ces-d"]
    half = replace(ces_d.scales["total"], id="half")
    missing = replace(half.missing, min_answered=1)
    whole = replace(half, id="whole", items=(), of_scales=("half",), missing=missing)
    return replace(ces_d, scales={"half": half, "whole": whole}), responses_of(invented_answers(30))


def test_answers_that_do_not_count_stay_in_the_matrix_and_out_of_the_score():
    from dataclasses import replace

    ces_d = INSTRUMENTS["ces-d"]
    first = ces_d.items["cesd01"]
    options = (*first.responses.options[:3], replace(first.responses.options[3], scored=False))
    items = {**ces_d.items, "cesd01": replace(first, responses=replace(first.responses, options=options))}
    form, responses = replace(ces_d, items=items), responses_of(np.full((2, 20), 3.0))
    assert (answer_matrix(responses, form) == 3).all(axis=None)
    scores = score_responses(responses, {"ces-d": form})
    assert list(scores["n_answered"]) == [19, 19]
    assert list(scores["status"]) == ["too_few_answers"] * 2
