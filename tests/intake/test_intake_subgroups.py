"""The level of every person, from the roster: known, unknown, or a text that means nothing."""

from __future__ import annotations

from eval_tools.privacy.pseudonyms import pseudonym, published_key

SEX = """\
subgroups:
  sex:
    title: {en: "Sex", zh-Hant: "性別", zh-Hans: "性别"}
    levels:
      girl: {en: "Girls", zh-Hant: "女生", zh-Hans: "女生"}
      boy: {en: "Boys", zh-Hant: "男生", zh-Hans: "男生"}
roster:
  file: roster.csv
  reader: table
  columns: {participant: id, group: group}
  subgroups: {sex: {column: sex, values: {女: girl, Ｆ: girl, 男: boy}, blank: [不詳]}}
sources:
"""
ROSTER = "id,group,sex\nk1,programme,女\nk2,programme,男\nk3,comparison,F\nk4,comparison,{}\n"


def who(name: str) -> str:
    return pseudonym(name, key=published_key("little"), study="little")


def receive(post, last: str, *, declared: str = SEX):
    post.change("sources:\n", declared)
    (post.folder / "roster.csv").write_text(ROSTER.format(last), encoding="utf-8")
    return post.receive()


def levels(received) -> dict[str, str]:
    return dict(zip(received.subgroups["participant"], received.subgroups["level"], strict=True))


def test_texts_become_levels_whatever_their_width(post):
    received = receive(post, "男")
    assert received.issues.empty
    assert levels(received) == {who("k1"): "girl", who("k2"): "boy", who("k3"): "girl", who("k4"): "boy"}
    assert set(received.subgroups["subgroup"]) == {"sex"}


def test_without_a_table_of_texts_the_cells_hold_the_levels(post):
    declared = SEX.replace("values: {女: girl, Ｆ: girl, 男: boy}, blank: [不詳]", "blank: [女, 男, F]")
    assert levels(receive(post, "boy", declared=declared)) == {who("k4"): "boy"}


def test_a_blank_is_a_level_not_known_and_the_person_stays(post, the_only):
    for last in ("", "不詳"):
        received = receive(post, last, declared=SEX if not last else "sources:\n")
        the_only(received.issues, "subgroup_blank", severity="warning", file="roster.csv", row=5, column="sex")
        assert who("k4") not in levels(received)
        assert len(received.participants) == 4


def test_a_text_that_means_no_level_is_an_error_and_is_not_shown(post, the_only):
    found = the_only(receive(post, "secret").issues, "subgroup_unknown", severity="error", row=5, column="sex")
    assert "secret" not in found["detail"]


def test_a_roster_without_the_column_is_refused(post, the_only):
    post.change("sources:\n", SEX)
    (post.folder / "roster.csv").write_text("id,group\nk1,programme\n", encoding="utf-8")
    the_only(post.receive().issues, "column_missing", column="sex")


def test_a_study_without_subgroups_has_no_level(post):
    assert post.receive().subgroups.empty
