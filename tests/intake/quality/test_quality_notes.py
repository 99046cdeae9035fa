"""Quality as findings: rows, items, versions, typists; counts by group; no answer anywhere."""

from __future__ import annotations

import pandas as pd
import pytest

from eval_tools.intake.findings import Findings
from eval_tools.intake.quality.counts import count_pairs_of_signs, count_quality
from eval_tools.intake.quality.indices import measure_forms
from eval_tools.intake.quality.notes import note_forms, note_items, note_typists
from eval_tools.intake.quality.rule import SIGNS

FORM = ["participant", "wave", "informant"]


def forms_table(names) -> pd.DataFrame:
    rows = [(who, "autumn", "child", "autumn/child.csv", i + 2) for i, who in enumerate(names)]
    return pd.DataFrame(rows, columns=[*FORM, "file", "row"])


@pytest.fixture
def quality_of(responses_of, people_of, sdq):
    return lambda forms: measure_forms(responses_of(forms, sdq), {"sdq-s": sdq}, participants=people_of(forms))


@pytest.fixture
def note(responses_of, sdq):
    """Note items of the SDQ; return ISSUES."""

    def run(forms) -> pd.DataFrame:
        findings = Findings()
        note_items(responses_of(forms, sdq), {"sdq-s": sdq}, findings, file="study.yaml")
        return findings.table()

    return run


def test_a_doubtful_form_is_one_finding_at_its_row(quality_of, earnest):
    forms = {**earnest, "line": "1" * 25 + "0"}
    findings = Findings()
    note_forms(quality_of(forms), forms_table(forms), findings)
    table = findings.table()
    mine = table[table["row"] == 62]
    assert mine[["rule", "severity", "file", "count"]].to_numpy().tolist() == [
        ["form_doubtful", "warning", "autumn/child.csv", mine["count"].iloc[0]]
    ]
    assert mine["count"].iloc[0] >= 2
    assert SIGNS["long_string"] in mine["detail"].iloc[0]
    assert "stays in every table" in mine["detail"].iloc[0]
    assert not any(who in table.to_csv() for who in forms)


def test_an_item_that_many_leave_open_is_named(note, earnest):
    forms = {who: text[:4] + "." + text[5:] if i % 3 == 0 else text for i, (who, text) in enumerate(earnest.items())}
    [found] = note(forms).to_dict("records")
    assert (found["rule"], found["column"], found["count"]) == ("item_often_open", "sdq-s.sdq05", 20)
    assert note(earnest).empty


def test_two_versions_of_a_form_at_one_wave_are_reported(note, earnest):
    forms = {who: text[:20] + "~~~~~" + "0" if i < 7 else text for i, (who, text) in enumerate(earnest.items())}
    [found] = note(forms).to_dict("records")
    assert (found["rule"], found["count"]) == ("version_changed", 7)
    assert found["detail"].startswith("2 versions of the form were used at wave 'autumn', child: 7 of 60 forms lack 5")
    assert note({who: text[:20] + "~~~~~" + "0" for who, text in earnest.items()}).empty


def test_an_answer_to_what_was_not_asked_is_reported(note, earnest):
    names = list(earnest)
    forms = earnest | {
        names[0]: earnest[names[0]][:25] + "0" + "-" + "2",
        names[1]: earnest[names[1]][:25] + "1" + "1211111",
    }
    [found] = note(forms).to_dict("records")
    assert (found["rule"], found["column"], found["count"]) == ("answered_unasked", "sdq-s.sdq28", 1)


def test_an_item_that_was_to_be_asked_and_was_skipped_is_reported(note, earnest):
    names = list(earnest)
    forms = earnest | {names[0]: earnest[names[0]][:25] + "1" + "1-1111"}
    skipped = note(forms)
    assert skipped[["rule", "column", "count"]].to_numpy().tolist() == [
        ["asked_but_skipped", "sdq-s.sdq28", 1],
        ["asked_but_skipped", "sdq-s.sdq33", 1],
    ]


def test_a_typist_with_far_more_signs_is_reported_by_rows_and_not_by_name(earnest, quality_of):
    names = list(earnest)
    forms = earnest | dict.fromkeys(names[:10], "1" * 25 + "0")
    typists = pd.DataFrame(
        [(who, "autumn", "child", "李老师" if i < 15 else f"t{i % 3}") for i, who in enumerate(names)],
        columns=[*FORM, "typist"],
    )
    findings = Findings()
    note_typists(quality_of(forms), forms_table(forms), typists, findings)
    [found] = findings.table().to_dict("records")
    assert (found["rule"], found["row"]) == ("typist_differs", 2)
    assert "of 15 forms that one person typed or took show signs" in found["detail"]
    assert "李" not in str(found)
    quiet = Findings()
    note_typists(quality_of(earnest), forms_table(earnest), typists, quiet)
    assert quiet.table().empty


def test_forms_are_counted_by_group_with_every_class(quality_of, earnest, people_of):
    forms = {**earnest, "line": "1" * 25 + "0", "open": "." * 20 + "012010"}
    quality = quality_of(forms)
    people = people_of(forms, group=lambda i: "programme" if i % 2 else "comparison")
    table = count_quality(quality, people)
    signs = table[table["measure"] == "signs"]
    assert signs["count"].sum() == len(forms)
    assert len(signs) == 2 * 3
    group = dict(zip(people["participant"], people["group"], strict=True))["open"]
    opened = table[(table["measure"] == "open") & (table["group"] == group)].set_index("class")["count"]
    assert opened.to_dict() == {"complete": opened.sum() - 1, "few": 0, "many": 1}
    lines = table[(table["measure"] == "sign.long_string")].groupby("class")["count"].sum()
    assert lines["met"] >= 1
    assert lines.sum() == quality["judged"].str.contains("long_string").sum()
    assert table[table["measure"] == "sign.fast"].empty


def test_signs_that_meet_on_one_form_are_counted_together(quality_of, earnest):
    table = count_pairs_of_signs(quality_of({**earnest, "line": "1" * 25 + "0"}))
    assert table.loc["long_string", "low_spread"] >= 1
    assert (table.to_numpy() == table.to_numpy().T).all()
    assert table.shape == (len(SIGNS), len(SIGNS))
