"""What stands beside SCORES: BANDS, VALIDITY, SCORING_NOTES, NORM_POSITIONS, DERIVED_SCORES. Small invented forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eval_tools.errors import DataError
from eval_tools.instruments.load import load_instrument
from eval_tools.scoring.derived import score_two_waves
from eval_tools.scoring.norms import place_in_norms
from eval_tools.scoring.notes import note_answers
from eval_tools.scoring.score import band_scores, check_validity, score_responses
from eval_tools.stats.direction import check_direction
from eval_tools.tables import SCORES

NAN = np.nan
FORMS = [[3, 1, 0, 0, 0], [3, 1, 0, 1, 0], [NAN, 0, 0, 0, 0], [3, 1, 0, 3, 3], [NAN] * 5]
PEOPLE = pd.DataFrame(
    {"participant": ["P1", "P2", "P3", "P4"], "age": [9, 12, 7, 12], "sex": ["male", "female", None, "male"]}
)


@pytest.fixture
def scored(invented, long):
    responses = long(invented, FORMS)
    return responses, score_responses(responses, {"invented": invented}, people=PEOPLE)


def column(table, name, **where):
    for key, value in where.items():
        table = table[table[key] == value]
    return list(table[name])


def test_a_band_by_sex_needs_to_know_it_and_a_void_form_has_none(scored):
    scores = scored[1]
    assert column(scores, "status", scale="total") == ["scored", "scored", "too_few_answers", "void", "not_answered"]
    assert column(scores, "band", scale="total") == ["high", "low", "", "", ""]
    assert list(scores.columns) == list(SCORES.columns)


def test_the_order_of_rows_of_answers_and_people_changes_nothing(scored, invented):
    responses, scores = scored
    again = score_responses(
        responses.sample(frac=1, random_state=2),
        {"invented": invented},
        people=PEOPLE.iloc[::-1].reset_index(drop=True),
    )
    pd.testing.assert_frame_equal(scores, again)


def test_without_people_scores_stand_and_bands_by_sex_do_not(scored, invented):
    alone = score_responses(scored[0], {"invented": invented})
    np.testing.assert_array_equal(alone["score"], scored[1]["score"])
    assert set(alone["band"]) == {""}


def test_every_scheme_gives_a_band_or_a_reason(scored, invented):
    bands = band_scores(scored[1], {"invented": invented}, people=PEOPLE)
    assert set(bands["scheme"]) == {"boys", "girls", "young"}  # the unverified one is nowhere
    assert column(bands, "reason", scheme="boys") == ["", "for_others", "no_score", "no_score", "no_score"]
    assert column(bands, "band", scheme="girls") == ["", "low", "", "", ""]
    assert column(bands, "reason", scheme="young")[:2] == ["", "for_others"]
    assert column(bands, "band", scheme="young")[:2] == ["high", ""]
    assert dict(zip(bands["scheme"], bands["default"], strict=True)) == {"boys": True, "girls": True, "young": False}
    assert dict(zip(bands["scheme"], bands["status"], strict=True))["young"] == "weak"
    nobody = band_scores(scored[1], {"invented": invented})
    assert column(nobody, "reason", scheme="girls")[:2] == ["sex_unknown"] * 2
    assert column(nobody, "reason", scheme="young")[:2] == ["age_unknown"] * 2


def test_people_stand_there_once_and_sexes_are_known_words(scored, invented):
    for people, what in (
        (pd.concat([PEOPLE, PEOPLE.iloc[:1]]), "1 rows repeat participant."),
        (PEOPLE.assign(sex="boy"), "sex is something else than female or male in 4 rows."),
    ):
        with pytest.raises(DataError) as caught:
            score_responses(scored[0], {"invented": invented}, people=people)
        assert caught.value.problems[0].what == what


def test_a_child_has_the_age_of_the_wave(invented, long):
    responses = pd.concat([long(invented, FORMS[:1], wave="before"), long(invented, FORMS[:1], wave="after")])
    people = pd.DataFrame({"participant": ["P1", "P1"], "wave": ["before", "after"], "age": [11.5, 12.2]})
    scores = score_responses(responses, {"invented": invented})
    bands = band_scores(scores, {"invented": invented}, people=people)
    assert column(bands, "reason", scheme="young", wave="before") == [""]
    assert column(bands, "reason", scheme="young", wave="after") == ["for_others"]


def test_a_gate_says_what_it_found_and_what_is_to_be_done(scored, invented):
    table = check_validity(scored[0], {"invented": invented})
    assert list(table["result"]) == ["not_met", "not_met", "not_met", "met", "unknown"]
    assert set(table["action"]) == {"void"}
    assert table["report_both"].all()


def test_an_answer_to_an_item_that_does_not_exist_is_refused(scored, invented):
    responses = scored[0].replace({"item": {"lie2": "lie22"}})
    with pytest.raises(DataError) as caught:
        score_responses(responses, {"invented": invented})
    (problem,) = caught.value.problems
    assert problem.what == "answers to items it does not have: 'lie22'."
    assert "Did you mean 'lie2'?" in problem.remedy


def test_an_answer_that_is_not_on_the_form_is_refused(scored, invented):
    with pytest.raises(DataError) as caught:
        score_responses(scored[0].replace({"answer": {3.0: 4.0}}), {"invented": invented})
    assert [p.where for p in caught.value.problems] == [
        "invented, item 'a'",
        "invented, item 'lie1'",
        "invented, item 'lie2'",
    ]


def test_norms_are_those_of_the_same_people(scored, invented):
    norms = place_in_norms(scored[1], {"invented": invented}, people=PEOPLE)
    z = norms.set_index(["participant", "norm"])["z"]
    assert (z["P1", 1], z["P2", 1], z["P2", 2]) == (0.5, 0.5, 0.0)
    assert np.isnan(z["P3", 1])
    assert set(norms["population"]) == {"all", "girls"}  # nothing knows the grade
    assert column(norms, "participant", norm=2) == ["P2"]


def test_a_score_of_two_waves_needs_both(invented, long):
    first = long(invented, [[3, 0, 0, 0, 0], [0, 0, 0, 0, 0], [1, 1, 1, 0, 0]], wave="before")
    second = long(invented, [[0, 3, 2, 0, 0], [NAN, 0, 0, 0, 0]], wave="after")
    responses = pd.concat([first, second])
    scores = score_responses(responses, {"invented": invented})
    table = score_two_waves(scores, {"invented": invented}, before="before", after="after")
    assert list(table["participant"]) == ["P1", "P2"]
    np.testing.assert_array_equal(table["value"], [1 + 0.5 * 6 - 2, NAN])
    assert list(table["status"]) == ["scored", "score_missing"]
    assert set(table["applies_to"]) == {"groups_only"}
    for before, after in (("before", "later"), ("after", "after")):
        with pytest.raises(DataError):
            score_two_waves(scores, {"invented": invented}, before=before, after=after)


# --- notes --------------------------------------------------------------------------------------------------


def test_who_is_too_young_which_items_are_absent_and_whose_sex_is_unknown(scored, invented):
    responses = scored[0]
    notes = note_answers(responses[responses["item"] != "c"], {"invented": invented}, people=PEOPLE)
    found = {n.rule: (n.count, n.n, n.wave, n.informant) for n in notes.itertuples()}
    assert found == {
        "below_age": (1, 5, "before", "self"),
        "item_not_in_file": (1, 5, "before", "self"),
        "sex_unknown": (2, 5, "before", "self"),
    }


@pytest.fixture(scope="module")
def trial(root):
    """The CES-D answers of the published trial, as printed on the form (its file holds codes 1 to 4)."""
    file = pd.read_csv(root / "data_raw" / "woodworth-2018" / "all-occasions" / "ahi-cesd.csv")
    columns = [f"cesd{n:02}" for n in range(1, 21)]
    return load_instrument(root / "questionnaires" / "ces-d" / "ces-d.yaml"), file[columns].to_numpy(dtype=float) - 1


def test_the_answers_of_the_published_trial_run_as_the_key_says(trial, long):
    ces_d, codes = trial
    assert len(note_answers(long(ces_d, codes.tolist()), {"ces-d": ces_d})) == 0


def test_a_file_that_was_reversed_before_is_noticed_and_not_repaired(trial, long):
    ces_d, codes = trial
    turned = np.array([item.reverse for item in ces_d.items.values()])
    responses = long(ces_d, np.where(turned, 3 - codes, codes).tolist())
    (note,) = note_answers(responses, {"ces-d": ces_d}).itertuples()
    assert (note.rule, note.scale, note.count, note.n) == ("already_reversed", "total", 4, len(codes))
    scores = score_responses(responses, {"ces-d": ces_d})
    np.testing.assert_allclose(np.sort(scores["score"]), np.sort(codes.sum(axis=1)))  # reversed twice is not reversed


@pytest.mark.parametrize("odd", [(3,), (7, 11), (0, 3, 7, 11, 15), (1, 2, 4)])
def test_other_items_that_run_the_wrong_way_are_not_mistaken_for_it(trial, odd):
    ces_d, codes = trial
    turned = np.array([item.reverse for item in ces_d.items.values()])
    keyed = np.where(turned, 3 - codes, codes)
    keyed[:, list(odd)] = 3 - keyed[:, list(odd)]
    assert check_direction(keyed, turned).already_reversed == (set(np.flatnonzero(turned)) <= set(odd))


def test_too_few_people_or_no_relation_say_nothing(trial):
    ces_d, codes = trial
    turned = np.array([item.reverse for item in ces_d.items.values()])
    assert not check_direction(codes[:29], turned).already_reversed
    assert check_direction(codes[:300], turned).already_reversed  # raw codes taken for keyed ones
    rng = np.random.default_rng(4)
    assert not any(check_direction(rng.integers(0, 4, (100, 20)), turned).already_reversed for _ in range(50))
    assert np.isnan(check_direction(np.ones((50, 20)), turned).together)
