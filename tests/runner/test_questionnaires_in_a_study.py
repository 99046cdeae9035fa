"""Questionnaires in a study's run: who must be seen the same day, bands by age and sex, notes, gates, ages."""

from __future__ import annotations

import csv
import datetime
import os
import stat
import subprocess
import sys

import pandas as pd
import pytest

from eval_tools import open_study
from eval_tools.errors import DataError
from eval_tools.intake.alerts import SAME_DAY
from eval_tools.privacy.pseudonyms import pseudonym, published_key
from eval_tools.runner.check import check_study, examine_study
from eval_tools.runner.publish import run_study
from eval_tools.runner.safeguarding import update_lists
from questionnaires_study import HEADER, PER_GROUP, TOO_YOUNG, ask_phq_sas_sdq

SEEN = {f"invented-0{i:03}" for i in (8, 9, 10)}
SENTENCE = "3 forms have answers that need attention the same day; list: .eval_tools/safeguarding/little/spring.csv"


def who(names) -> set[str]:
    return {pseudonym(name, key=published_key("little"), study="little") for name in names}


def open_little(bench):
    return open_study("little", start=bench.root)


def lists(bench):
    return bench.root / ".eval_tools" / "safeguarding" / "little"


def rows_of(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def set_answer(bench, row: int, column: str, text: str) -> None:
    """Change one cell of the raw file, the header being row 1."""
    with bench.answers.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    lines[row - 1][HEADER.index(column)] = text
    with bench.answers.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)


@pytest.fixture
def children(little):
    """The study of PHQ-9, SAS-SV and SDQ-S, without notebooks."""
    ask_phq_sas_sdq(little)
    for path in (little.root / "notebooks").glob("*.ipynb"):
        path.unlink()
    return little


@pytest.fixture(scope="module")
def read_only(make_little):
    """The same study for tests that only read it."""
    bench = make_little()
    ask_phq_sas_sdq(bench)
    return bench


def test_the_list_names_the_forms_and_only_its_owner_can_read_it(children):
    assert update_lists(open_little(children)) == (SENTENCE,)
    path = lists(children) / "spring.csv"
    rows = rows_of(path)
    assert {row["participant"] for row in rows} == who(SEEN)
    assert {tuple(list(row.values())[1:7]) for row in rows} == {
        ("spring", "child", "phq-9", "phq9", "urgent", SAME_DAY)
    }
    assert {path.name for path in lists(children).iterdir()} == {"spring.csv", "answered.csv"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_list_tells_no_answer_and_where_the_form_lies(children):
    update_lists(open_little(children))
    rows = rows_of(lists(children) / "spring.csv")
    assert list(rows[0]) == [
        *("participant", "wave", "informant", "instrument", "items", "level", "action"),
        "file",
        "row",
    ]
    raw = rows_of(children.answers)
    assert {raw[int(row["row"]) - 2]["id"] for row in rows} == SEEN


def test_check_and_run_say_how_many_and_where_and_name_nobody(children):
    said = check_study("little", start=children.root).text
    command = [sys.executable, "-m", "eval_tools", "run", "little", "--language", "en", "--quiet"]
    environment = os.environ | {"EVAL_TOOLS_WORKBENCH": str(children.root)}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert SENTENCE in said
    assert ran.stderr == f"{SENTENCE}\n"
    for name in (*SEEN, *who(SEEN), "phq9"):
        assert name not in said + ran.stdout + ran.stderr


def test_nothing_of_it_lies_under_reports_or_in_the_cache(children):
    run_study("little", start=children.root, language="en", quiet=True)
    files = [p for p in (children.root / "reports").rglob("*") if p.is_file()]
    cached = list((children.root / ".eval_tools" / "cache").rglob("*.parquet"))
    assert len(files) > 5
    assert len(cached) > 5
    words = (SAME_DAY.encode(), b"safeguarding", b"urgent")
    for path in (*files, *cached):
        assert not [word for word in words if word in path.read_bytes()], path.name
    for path in cached:
        table = pd.read_parquet(path)
        texts = {str(value) for column in table for value in table[column].unique()}
        assert not texts & {SAME_DAY, "urgent"}, path.name


def test_the_list_goes_when_nothing_fires_any_more(children):
    update_lists(open_little(children))
    for row in (19, 21, 23):
        set_answer(children, row, "p9", "0")
    assert update_lists(open_little(children)) == ()
    assert [path.name for path in lists(children).iterdir()] == ["answered.csv"]  # what was listed once stays answered
    assert "attention" not in check_study("little", start=children.root).text


def test_a_form_that_cannot_be_placed_is_listed_all_the_same(children):
    set_answer(children, 19, "id", "nobody-knows")  # not in the roster
    set_answer(children, 21, "wave", "summer")  # no wave of the study
    set_answer(children, 23, "id", "")
    told = update_lists(open_little(children))
    assert told == (
        SENTENCE.replace("3 forms", "1 forms").replace("spring.csv", "_no-wave.csv"),
        SENTENCE.replace("3 forms", "2 forms"),
    )
    assert [row["row"] for row in rows_of(lists(children) / "_no-wave.csv")] == ["21"]
    assert {row["participant"] for row in rows_of(lists(children) / "spring.csv")} == {"", *who(["nobody-knows"])}
    with pytest.raises(DataError):
        run_study("little", start=children.root, quiet=True)
    assert (lists(children) / "spring.csv").exists()


def test_an_answer_that_can_wait_a_few_days_is_told_apart(children):
    text = (children.root / "questionnaires/phq/phq-9.yaml").read_text(encoding="utf-8")
    new = text.replace("level: urgent, action: same_day_human_review", "level: attention, action: review_this_week")
    (children.root / "questionnaires/phq/phq-9.yaml").write_text(new, encoding="utf-8")
    assert update_lists(open_little(children)) == (SENTENCE.replace("the same day", "this week"),)


def test_check_warns_while_nobody_is_named_to_look(children):
    warning = "nobody is named who looks at answers that need a person: phq-9."
    assert warning in check_study("little", start=children.root).text
    children.change("{identifiers: published_arbitrary}", "{identifiers: published_arbitrary, safeguarding_lead: duty}")
    assert open_little(children).study.safeguarding_lead == "duty"
    assert warning not in check_study("little", start=children.root).text


def test_a_study_without_critical_questions_has_no_list_and_needs_no_lead(little):
    assert update_lists(open_little(little)) == ()
    assert not (little.root / ".eval_tools" / "safeguarding").exists()
    assert "nobody is named" not in check_study("little", start=little.root).text


def test_bands_follow_age_and_sex_of_the_roster(read_only):
    run = open_little(read_only)
    bands = run.bands.merge(run.people, on="participant")
    by_sex = bands[bands["instrument"] == "sas-sv"]
    assert set(by_sex.loc[by_sex["reason"] == "", ["scheme", "sex"]].itertuples(index=False, name=None)) == {
        ("kwon2013_m", "male"),
        ("kwon2013_f", "female"),
    }
    by_age = bands[bands["scheme"] == "screen_us_adolescent_11"]
    assert by_age.loc[by_age["reason"] == "", "age"].between(13, 17).all()
    assert set(by_age.loc[by_age["age"] == 9, "reason"]) == {"for_others"}
    assert set(by_age.loc[by_age["age"].isna(), "reason"]) == {"age_unknown"}


def test_without_age_and_sex_the_reason_stands_there(children):
    children.change(
        ", age: age, sex: sex}\n  values: {sex: {女: female, 男: male}}\n  blank: [不詳]", "}\n  ignore: [age, sex]"
    )
    run = open_little(children)
    assert run.people.empty
    bands = run.bands
    assert set(bands.loc[bands["instrument"] == "sas-sv", "reason"]) == {"sex_unknown"}
    assert set(bands.loc[bands["scheme"] == "screen_us_adolescent_11", "reason"]) == {"age_unknown"}
    assert "made for ages 11 to 17; the roster tells no age" in check_study("little", start=children.root).text


def test_check_says_who_is_too_young_and_what_looks_reversed_already(read_only):
    warnings = examine_study(open_little(read_only), today=datetime.date(2026, 9, 1)).of("warning")
    said = {f"{f.file}, {f.place}": f.what for f in warnings}
    younger = f"{TOO_YOUNG} of {2 * PER_GROUP} forms of people younger than 11"
    assert said["sdq-s, wave spring, child"].startswith(younger)
    assert said["phq-9, wave autumn, child"].startswith(younger)
    assert said["sdq-s, wave autumn, child, scale peer"].startswith("2 reversed items that run against all others")


def test_the_number_of_the_too_young_is_released_rounded_and_a_small_one_not(read_only):
    table = open_little(read_only).released.form_checks.data.set_index(["check", "instrument", "wave", "result"])
    assert table.loc[("below_age", "sdq-s", "spring", "met"), "count"] == 10  # 12, rounded to 5
    assert table.loc[("above_age", "sdq-s", "spring", "met"), "hidden"] == "small"
    assert "participant" not in table.columns


@pytest.mark.parametrize("language", ["en", "zh-Hant", "zh-Hans"])
def test_the_report_says_for_whom_a_form_is_made_and_what_looks_reversed(read_only, language):
    from eval_tools.reporting.chapters.scales import scales_chapter
    from eval_tools.reporting.language import Words
    from eval_tools.reporting.material import Desk

    run = open_little(read_only)
    words = Words(language)
    blocks = {block.id: block for block in scales_chapter(Desk(run.material, language)).blocks}
    ages = words("forms.ages.between", youngest=11, oldest=17)
    assert blocks["ages-sdq-s"].text == words("forms.outside", abbreviation="SDQ-S", ages=ages)
    assert blocks["reversed-sdq-s"].text == words("forms.already_reversed", abbreviation="SDQ-S")
    assert "reversed-phq-9" not in blocks
    cells = {row[0]: row[1:] for row in blocks["form-checks"].rows}
    young = words("format.of", what="SDQ-S", which=words("forms.check.below_age", youngest=11))
    assert cells[young] == ("10", "10")
    found = {finding.rule: finding for finding in run.material.findings}
    assert found["already_reversed"].severity == "warning"
