"""A definition has a shape; every departure is named with its line, the rule and the remedy, all at once."""

from __future__ import annotations

import pytest

from eval_tools.definitions.shapes import (
    Either,
    Flag,
    ListOf,
    MapOf,
    Nullable,
    Number,
    Record,
    Slug,
    Text,
    Translated,
    Word,
    check_shape,
)
from eval_tools.definitions.strict_yaml import parse_yaml


def found(shape, value: str) -> list[tuple[str, str]]:
    """Check one value, written in the second line under the key ``it``; return what is wrong and the remedy."""
    doc = parse_yaml(f"first: 1\nit: {value}\n", file="f.yaml")
    problems = check_shape(doc, Record({"first": Number(), "it": shape}))
    assert all(problem.where == "f.yaml:2" for problem in problems)
    return [(problem.what, problem.remedy) for problem in problems]


@pytest.mark.parametrize(
    ("shape", "value"),
    [(Text(), "a word"), (Text(), "no"), (Text(), "'12'"), (Text(r"\d+", "digits"), "'12'"), (Slug(), "a-1_b"),
     (Number(), "-1.5"), (Number(0, 3), "0"), (Number(0, 3), "3"), (Number(whole=True), "7"), (Flag(), "true"),
     (Word("a", "b"), "b"), (Nullable(Slug()), "null"), (Nullable(Slug()), "x"), (ListOf(Slug()), "[]"),
     (ListOf(Slug(), exactly=2), "[a, b]"), (MapOf(Number()), "{}"), (MapOf(Number(), at_least=1), "{a: 1}"),
     (Record({}, {"a": Flag()}), "{}"), (Either(str, Slug(), ListOf(Slug())), "a"),
     (Either(str, Slug(), ListOf(Slug())), "[a]"), (Translated(), "{en: a, zh-Hant: b, zh-Hans: c}"),
     (Translated(needed=False), "{en: a, zh-Hant: null, zh-Hans: null}")],
)  # fmt: skip
def test_what_fits_is_accepted(shape, value):
    assert found(shape, value) == []


TEXT = ("it: must be text.", "Put quotes around text that looks like a number.")
SLUG_RULE = "Use lower-case letters, digits, - and _; at most 40 characters."


@pytest.mark.parametrize("value", ["12", "1.5", "true", "null", "''", "'  '", "[a]", "{a: b}", ""])
def test_text_is_text_and_not_empty(value):
    assert found(Text(), value) == [TEXT]


@pytest.mark.parametrize(
    "value", ["Upper", "with space", "a.b", "-a", "_a", "中", "a/b", "'../a'", "a" * 41, '"a\\n"', "ａ"]
)
def test_an_id_may_become_a_file_name(value):
    (what, remedy), *others = found(Slug(), value)
    assert (what.endswith(" has the wrong form."), remedy, others) == (True, SLUG_RULE, [])


def test_a_pattern_without_a_hint_is_shown_itself():
    assert found(Text(r"\d+"), "abc") == [("it: 'abc' has the wrong form.", r"Pattern: \d+")]


def test_a_long_value_is_not_repeated_in_full():
    ((what, _),) = found(Slug(), "x" * 5000)
    assert len(what) < 120
    assert what.endswith("… has the wrong form.")


@pytest.mark.parametrize("value", ["'1'", "one", "true", "null", "[1]", "1e3"])
def test_a_number_is_a_number(value):
    assert found(Number(), value) == [("it: must be a number.", "Write it without quotes.")]


@pytest.mark.parametrize("value", ["1.0", "1.5", "'1'", "false"])
def test_a_whole_number_has_no_decimals(value):
    assert found(Number(whole=True), value) == [("it: must be a whole number.", "Write it without quotes.")]


def test_a_number_outside_its_bounds_is_refused_with_them():
    assert found(Number(0, 1), "1.5") == [("it: 1.5 is out of range.", "Allowed: 0 to 1.")]
    assert found(Number(1, whole=True), "0") == [("it: 0 is out of range.", "Allowed: 1 to ….")]
    assert found(Number(None, 5), "6") == [("it: 6 is out of range.", "Allowed: … to 5.")]


@pytest.mark.parametrize("value", ["yes", "no", "on", "'true'", "1", "null"])
def test_true_and_false_have_no_other_spelling(value):
    assert found(Flag(), value) == [
        ("it: must be true or false.", "Other words (yes, no, on, off) stay text here."),
    ]


def test_a_word_that_is_not_in_the_list_gets_the_list_and_the_nearest():
    shape = Word("before", "after")
    assert found(shape, "befor") == [
        ("it: 'befor' is not allowed.", "Allowed: before, after. Did you mean 'before'?"),
    ]
    assert found(shape, "x") == [("it: 'x' is not allowed.", "Allowed: before, after.")]
    for value in ("null", "1", "[before]", "{before: 1}", "true"):
        assert len(found(shape, value)) == 1


def test_a_version_written_as_a_number_is_told_about_the_quotes():
    assert found(Word("1.0"), "1.0") == [("it: 1.0 is not allowed.", "Allowed: 1.0. Put quotes around it.")]


def test_null_is_no_excuse_for_the_wrong_kind():
    assert found(Nullable(Number()), "x") == [("it: must be a number.", "Write it without quotes.")]


def test_lists_are_lists_of_the_right_length():
    write = "Write [a, b] or one '- ' per line."
    assert found(ListOf(Slug()), "a") == [("it: must be a list.", write)]
    assert found(ListOf(Slug()), "{a: b}") == [("it: must be a list.", write)]
    assert found(ListOf(Slug()), "null") == [("it: must be a list.", write)]
    assert found(ListOf(Slug(), at_least=1), "[]") == [("it: has 0 entries.", "At least 1 are needed.")]
    assert found(ListOf(Slug(), exactly=2), "[a, b, c]") == [("it: has 3 entries.", "Exactly 2 are needed.")]


def test_every_wrong_entry_of_a_list_is_named_by_its_place_counted_from_one():
    assert [what for what, _ in found(ListOf(Number()), "[1, x, 2, y]")] == [
        "it[2]: must be a number.", "it[4]: must be a number.",
    ]  # fmt: skip


def test_mappings_are_mappings_with_keys_of_one_form():
    assert found(MapOf(Number()), "[a]") == [("it: must be a mapping.", "Write 'key: value', one per line.")]
    assert found(MapOf(Number(), at_least=1), "{}") == [("it: is empty.", "At least 1 entry is needed.")]
    assert found(MapOf(Number(), keys="[a-c]"), "{a: 1, d: 2, b: x}") == [
        ("it.d: key 'd' has the wrong form.", "Pattern: [a-c]"),
        ("it.b: must be a number.", "Write it without quotes."),
    ]


def test_a_record_knows_its_keys():
    shape = Record({"waves": Number()}, {"groups": Number()})
    assert found(shape, "{wavse: 1, groups: x}") == [
        ("it: unknown key 'wavse'.", "Known: waves, groups. Did you mean 'waves'?"),
        ("it.groups: must be a number.", "Write it without quotes."),
        ("it: missing: waves.", "Known keys: waves, groups."),
    ]
    assert found(shape, "[]") == [("it: must be a mapping.", "Known keys: waves, groups.")]
    assert found(shape, "text") == [("it: must be a mapping.", "Known keys: waves, groups.")]


def test_all_missing_keys_are_named_together():
    assert found(Record({"a": Flag(), "b": Flag(), "c": Flag()}), "{b: true}") == [
        ("it: missing: a, c.", "Known keys: a, b, c."),
    ]


def test_a_short_and_a_long_form_are_told_apart_by_their_kind():
    shape = Either(str, Slug(), ListOf(Slug()))
    assert found(shape, "Not An Id") == [("it: 'Not An Id' has the wrong form.", SLUG_RULE)]
    assert found(shape, "5") == [("it: must be a list.", "Write [a, b] or one '- ' per line.")]


def test_a_title_needs_three_languages_and_no_others():
    assert found(Translated(), "{en: a, zh-Hant: b, zh: c}") == [
        ("it: unknown key 'zh'.", "Known: en, zh-Hant, zh-Hans."),
        ("it: missing: zh-Hans.", "Known keys: en, zh-Hant, zh-Hans."),
    ]
    assert found(Translated(), "{en: a, zh-Hant: null, zh-Hans: c}") == [(f"it.zh-Hant: {TEXT[0][4:]}", TEXT[1])]


@pytest.mark.parametrize("text", ["", "[]", "just text", "12", "null"])
def test_a_file_that_is_no_mapping_is_told_so(text):
    problems = check_shape(parse_yaml(text, file="f.yaml"), Record({"a": Flag()}))
    assert [str(problem) for problem in problems] == ["f.yaml:1: the file: must be a mapping.\n  Known keys: a."]


def test_five_mistakes_are_listed_at_once_in_the_order_of_the_file():
    shape = Record(
        {
            "id": Slug(),
            "waves": ListOf(Record({"id": Slug(), "role": Word("before", "after")}), at_least=1),
            "plan": Record({"decision": Slug(), "floor": Number(0, 1)}),
            "publish": Flag(),
        }
    )
    text = """\
id: Not A Slug
waves:
  - id: autumn
    role: befor
  - {id: spring, rolle: after, role: after}
plan:
  floor: 7
publish: yes
"""
    problems = check_shape(parse_yaml(text, file="study.yaml"), shape)
    assert "\n".join(map(str, problems)) == (
        "study.yaml:1: id: 'Not A Slug' has the wrong form.\n"
        f"  {SLUG_RULE}\n"
        "study.yaml:4: waves[1].role: 'befor' is not allowed.\n"
        "  Allowed: before, after. Did you mean 'before'?\n"
        "study.yaml:5: waves[2]: unknown key 'rolle'.\n"
        "  Known: id, role. Did you mean 'role'?\n"
        "study.yaml:6: plan: missing: decision.\n"
        "  Known keys: decision, floor.\n"
        "study.yaml:7: plan.floor: 7 is out of range.\n"
        "  Allowed: 0 to 1.\n"
        "study.yaml:8: publish: must be true or false.\n"
        "  Other words (yes, no, on, off) stay text here."
    )
