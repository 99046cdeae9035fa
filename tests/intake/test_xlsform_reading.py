"""An XLSForm becomes a form model; what is wrong with it is said with the row of its sheet."""

from __future__ import annotations

from collections import Counter

import pytest

from eval_tools.intake.exports.xlsform import is_xlsform, read_xlsform
from eval_tools.intake.findings import Findings
from survey_exports import DATA, received, sheets_of, table


def form_of(*sheets):
    findings = Findings()
    return read_xlsform(sheets, file="form.xlsx", findings=findings), findings.table()


def sample(path):
    return form_of(*sheets_of(received(DATA / path)))


def test_the_form_with_chinese_labels_reads_whole():
    form, issues = sample("kobo/child_term1_form.xlsx")
    assert issues.empty
    assert (form.title, form.form_id, form.version) == ("child_term1", "aBcD100", "v2")
    assert form.languages == ("简体中文 (zh)", "English (en)")
    assert len(form.questions) == 20
    assert form.repeats == ("sib",)
    by_name = {question.name: question for question in form.questions}
    assert by_name["sex"].path == "bg/sex"
    assert by_name["sib_age"].repeat == "sib"
    assert by_name["lives_other"].relevance == ("selected(${lives_with}, 'other')",)
    grand = by_name["lives_with"].choices[2]
    assert (grand.name, dict(grand.labels)) == (
        "grand",
        {"简体中文 (zh)": "爷爷奶奶/外公外婆", "English (en)": "Grandparents"},
    )
    assert form.groups["bg"]["English (en)"] == "Background"


def test_the_long_surveycto_form_reads_whole():
    form, issues = sample("surveycto/household_survey_form.xlsx")
    assert issues["rule"].tolist() == ["form_choice_repeated"]
    assert len(form.questions) == 267
    kinds = Counter(question.type for question in form.questions)
    assert (kinds["select_one"], kinds["select_multiple"], kinds["calculate"]) == (124, 4, 28)
    assert len(form.groups) == 14
    assert form.repeats == ("f_hr_rpt",)
    assert [c.name for c in form.choices["yesnodkref"]] == ["1", "0", "-999", "-888"]
    assert sum(map(len, form.choices.values())) == 508  # of 509, one code stands twice in its list


def test_the_household_form_reads_to_its_published_counts():
    form, issues = sample("kobo_household/xlsform.xlsx")
    assert issues.empty
    kinds = Counter(question.type for question in form.questions)
    expected = {"select_one": 89, "integer": 55, "text": 43, "select_multiple": 24}
    assert {kind: kinds[kind] for kind in expected} == expected
    assert len(form.groups) == 6


def test_headers_of_other_spellings_mean_the_same():
    form, issues = form_of(
        table(
            "Type|Name|label:English|Relevance|disabled",
            "begin_group|g|||",
            "select_one yn or_other|q|Q|${a} = 1|",
            "end_group||||",
            "text|gone|||yes",
            name="Survey",
        ),
        table("list name|value|label:English", "yn|1|Yes", "|  |note between lists", name="choices"),
    )
    assert issues.empty
    question = form.questions[0]
    assert [choice.name for choice in question.choices] == ["1", "other"]
    assert question.relevance == ("${a} = 1",)
    assert question.labels == {"English": "Q"}
    assert len(form.questions) == 1


def test_the_rule_of_a_group_counts_for_its_questions():
    form, _ = form_of(
        table("type|name|relevant", "begin group|g|${a} = 1", "text|q|${b} = 2", "end group||", name="survey")
    )
    assert form.questions[0].relevance == ("${a} = 1", "${b} = 2")


@pytest.mark.parametrize(
    ("rows", "row", "says"),
    [
        (["begin group|g", "text|q"], 2, "does not end"),
        (["text|q", "end group|"], 3, "ends that was not begun"),
        (["begin repeat|g", "end group|"], 3, "ends that was not begun"),
        (["text|"], 2, "has no name"),
        (["text|q", "text|q"], 2, "more than once"),
    ],
)
def test_a_broken_form_is_refused_at_its_row(rows, row, says):
    form, issues = form_of(table("type|name", *rows, name="survey"))
    assert form is None
    broken = issues[(issues["rule"] == "form_broken") & (issues["row"] == row)]
    assert broken["detail"].str.contains(says).any()


def test_an_unknown_list_is_reported_with_the_nearest():
    form, issues = form_of(
        table("type|name", "select_one yesnoo|q", name="survey"), table("list_name|name", "yesno|1", name="choices")
    )
    assert form.questions[0].choices == ()
    assert "Did you mean 'yesno'" in issues["detail"].item()


@pytest.mark.parametrize("sheets", [(), (table("id|q1", "1|2"),), (table("type|label", name="survey"),)])
def test_other_sheets_are_no_form(sheets):
    assert not is_xlsform(sheets)
    form, issues = form_of(*sheets)
    assert form is None
    assert issues["rule"].tolist() == ["form_not_xlsform"]
