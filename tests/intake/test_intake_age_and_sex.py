"""Age and sex from the roster: whole years, declared texts, blanks counted, all else an error without its text."""

from __future__ import annotations

import math

import pytest

from eval_tools.errors import DefinitionError
from eval_tools.privacy.pseudonyms import pseudonym, published_key

ROSTER = """\
roster:
  file: roster.csv
  reader: table
  columns: {participant: id, group: group, age: age, sex: sex}
  values: {sex: {女: female, Ｆ: female, 男: male}}
  blank: [不詳]
sources:
"""


def who(name: str) -> str:
    return pseudonym(name, key=published_key("little"), study="little")


def receive(post, age: str = "12", sex: str = "男", *, declared: str = ROSTER):
    post.change("sources:\n", declared)
    text = f"id,group,age,sex\nk1,programme,１１,女\nk2,programme,9,F\nk3,comparison,15,男\nk4,comparison,{age},{sex}\n"
    (post.folder / "roster.csv").write_text(text, encoding="utf-8")
    return post.receive()


def test_ages_and_sexes_are_read_whatever_their_width(post):
    received = receive(post)
    assert received.issues.empty
    assert set(received.people.itertuples(index=False, name=None)) == {
        (who("k1"), 11.0, "female"),
        (who("k2"), 9.0, "female"),
        (who("k3"), 15.0, "male"),
        (who("k4"), 12.0, "male"),
    }


def test_without_a_table_of_texts_the_cells_say_female_or_male(post, the_only):
    declared = ROSTER.replace("  values: {sex: {女: female, Ｆ: female, 男: male}}\n", "").replace(
        "[不詳]", "[女, F, 男]"
    )
    received = receive(post, sex="male", declared=declared)
    assert dict(zip(received.people["participant"], received.people["sex"], strict=True))[who("k4")] == "male"


@pytest.mark.parametrize("text", ["", "不詳"])
def test_a_blank_age_is_not_known_and_counted(post, the_only, text):
    received = receive(post, age=text)
    the_only(received.issues, "age_blank", severity="warning", file="roster.csv", row=5, column="age")
    people = received.people.set_index("participant")
    assert math.isnan(people.loc[who("k4"), "age"])
    assert people.loc[who("k4"), "sex"] == "male"


def test_a_blank_sex_is_not_known_and_counted(post, the_only):
    received = receive(post, sex="")
    the_only(received.issues, "sex_blank", severity="warning", file="roster.csv", row=5, column="sex")
    assert received.people.set_index("participant").loc[who("k4"), "sex"] == ""


@pytest.mark.parametrize("text", ["11.5", "-3", "121", "7777", "secret", "十二"])
def test_an_age_that_is_no_whole_number_of_years_is_an_error_and_is_not_shown(post, the_only, text):
    found = the_only(receive(post, age=text).issues, "age_not_whole", severity="error", row=5, column="age")
    assert text not in found["detail"]


def test_a_text_that_names_no_sex_is_an_error_and_is_not_shown(post, the_only):
    found = the_only(receive(post, sex="secret").issues, "sex_unknown", severity="error", row=5, column="sex")
    assert "secret" not in found["detail"]


def test_one_column_may_tell_sex_and_the_level_of_a_subgroup(post):
    title = '{en: "x", zh-Hant: "x", zh-Hans: "x"}'
    declared = (f"subgroups:\n  sex: {{title: {title}, levels: {{girl: {title}, boy: {title}}}}}\n" + ROSTER).replace(
        "  blank:", "  subgroups: {sex: {column: sex, values: {女: girl, Ｆ: girl, 男: boy}}}\n  blank:"
    )
    received = receive(post, declared=declared)
    assert received.issues.empty
    assert len(received.people) == len(received.subgroups) == 4


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("男: male", "男: man", "unknown sex: 'man'"),
        (", age: age, sex: sex}", "}\n  ignore: [age, sex]", "blank is given, but the roster has no age or sex column"),
        ("sex: sex}", "sex: age}", "columns with more than one meaning: age"),
    ],
)
def test_what_study_yaml_cannot_mean_is_refused(post, old, new, what):
    with pytest.raises(DefinitionError, match=what):
        receive(post, declared=ROSTER.replace(old, new))
