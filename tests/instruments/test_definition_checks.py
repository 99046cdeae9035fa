"""Every check of the loader, each with a definition that is broken in that one place."""

# ruff: noqa: E501 - the cases are a table: what is replaced, by what, and what is said
from __future__ import annotations

from pathlib import Path

import pytest

from eval_tools.definitions.strict_yaml import parse_yaml
from eval_tools.errors import DefinitionError
from eval_tools.instruments.load import load_instrument, load_instruments, parse_instrument

ANYONE = '{en: "x", zh-Hant: "甲", zh-Hans: "甲"}'
# four items of two scales, one of them reversed, a total, bands by sex, a gate and a derived score
GOOD = """
response_sets: {four: {codes: [0, 1, 2, 3]}, unsure: {options: [{code: 1, label: {}}, {code: 0, label: {}},
  {code: 9, label: {}, kind: dont_know}]}}
items:
  defaults: {response_set: four}
  list:
    - {id: a, n: 1, critical: {when: ">= 2", level: attention}}
    - {id: b, n: 2, reverse: true}
    - {id: c, n: 3, asked_if: {item: a, when: ">= 1"}}
    - {id: d, n: 4}
    - {id: k, n: 5, response_set: unsure, answer_key: [1]}
band_schemes:
  boys: {population: "invented", status: verified, source: [sheet], group: both, sex: male, labels: {low: ANY, high: ANY}}
  girls: {population: "invented", status: verified, source: [sheet], group: both, sex: female,
    labels: {low: ANY, high: ANY}}
default_band_scheme: both
scale_defaults: {direction: higher_is_worse, missing: {min_answered: 2, fill: none}}
scales:
  - id: first
    TITLE
    items: [a, b]
    range: [0, 6]
    bands: {boys: [[0, 3], [4, 6]], girls: [[0, 2], [3, 6]]}
    norms: [{population: "invented", mean: 2.5, sd: 1.5, n: 40, source: sheet}]
    reliability: [{kind: alpha, value: 0.8, population: "invented", source: sheet}]
    important_difference: [{value: 2, population: "invented", source: sheet}]
  - {id: second, TITLE, items: [c, d], range: [0, 6]}
  - {id: total, TITLE, of_scales: [first, second], range: [0, 12]}
  - {id: known, TITLE, items: [k], method: sum_correct, dont_know_counts_as: wrong, range: [0, 1], direction: none,
     missing: {min_answered: 1, fill: none}}
  - {id: often, TITLE, items: [a, d], overlapping: true, method: count, count_when: ">= 2", range: [0, 2]}
validity:
  - {id: lie, scale: second, rule: ">= 5", action: flag}
derived:
  - {id: gain, title: ANY, constant: 1, terms: [{wave: 1, scale: total, weight: 1}, {wave: 2, scale: total, weight: -1}],
     test: {wave1: {total: 6}, wave2: {total: 4}, expect: 3}}
test_vectors:
  - {name: low, origin: derived, responses: {all: low}, expect: {first: 3, second: 0, total: 3, known: 0}}
  - {name: high, origin: derived, responses: {all: high}, expect: {first: 3, validity: [lie], critical: [a], often: 2}}
  - {name: stair, origin: derived, responses: {all: stair}, expect: {first: 2, second: 5, total: 7, "first@boys": low}}
  - {name: apart, origin: derived, responses: {all: 0, a: 3}, expect: {first: 6, "first@girls": high, critical: [a]}}
  - {name: unsure, origin: derived, responses: {in_order: [0, 0, 0, null, 9]}, expect: {second: null, known: 0}}
  - {name: foreign, origin: derived, responses: {all: 0, d: 7}, expect: {refused: [d]}}
""".replace("ANY", ANYONE)


@pytest.fixture
def wrong(define):
    """Break the good definition in one place and return what is said."""

    def load(*replacements: tuple[str, str]) -> list[tuple[str, str]]:
        text = GOOD
        for old, new in replacements:
            assert old in text, old
            text = text.replace(old, new)
        with pytest.raises(DefinitionError) as caught:
            define(text)
        for problem in caught.value.problems:
            assert int(problem.where.removeprefix("small.yaml:")) > 1
        return [(problem.what, problem.remedy) for problem in caught.value.problems]

    return load


def test_the_definition_that_is_going_to_be_broken_is_right(define):
    instrument = define(GOOD)
    assert [scheme.id for scheme in instrument.default_schemes("first")] == ["boys", "girls"]
    assert instrument.default_bands("first") is None  # it depends on the person
    assert instrument.scales["first"].norms[0].sd == 1.5
    assert [gate.id for gate in instrument.validity] == ["lie"]


CASES = {
    "a word in a rule is not evaluated": ('when: ">= 2"', 'when: "len(x) > 2"', "has the wrong form."),
    "a critical answer that nobody can give": ('when: ">= 2"', 'when: ">= 4"', "item 'a': no answer of 'four' is >= 4."),
    "a condition on an item that is not there": ("asked_if: {item: a", "asked_if: {item: z", "unknown item in asked_if: 'z'."),
    "a condition on what comes later": ("asked_if: {item: a", "asked_if: {item: d",
        "item 'c' is asked after an answer that comes later."),
    "a condition that is never met": ('asked_if: {item: a, when: ">= 1"}', 'asked_if: {item: a, when: "== 7"}',
        "item 'c' is never asked: no answer of 'four' is == 7."),
    "an answer key outside the answers": ("answer_key: [1]", "answer_key: [9]",
        "item 'k': the answer key holds [9], no answers of 'unsure'."),
    "a key without answers": (", answer_key: [1]", "", "scale 'known': no answer key: k."),
    "a scale that shares an item unasked": ("overlapping: true, ", "", "scale 'often' counts a, which 'first' counts too."),
    "a count of nothing": (', count_when: ">= 2"', "", "scale 'often': method: count needs count_when."),
    "a count rule on a sum": ("items: [c, d], range", 'items: [c, d], count_when: ">= 1", range',
        "scale 'second': count_when means nothing with method: sum."),
    "weights on a sum": ("items: [c, d], range", "items: [c, d], weights: {c: 1, d: 1}, range",
        "scale 'second': weights means nothing with method: sum."),
    "weights that forget an item": ("items: [c, d], range", "items: [c, d], method: weighted_sum, weights: {c: 1}, range",
        "scale 'second': the weights are not those of its members."),
    "a prorated maximum": ("items: [c, d], range: [0, 6]",
        "items: [c, d], method: max, range: [0, 3], missing: {min_answered: 1, fill: prorate_mean}",
        "scale 'second': method: max cannot be prorated."),
    "at least three of two": ('method: count, count_when: ">= 2", range: [0, 2]',
        'method: any, at_least: 3, count_when: ">= 2", range: [0, 1]', "scale 'often': at least 3 of 2 can never be."),
    "a value map with a hole": ("items: [c, d], range", "items: [c, d], value_map: {0: 0, 1: 0, 2: 1}, range",
        "scale 'second': the value map says nothing of [3]."),
    "a value map on top of a reversal": ("items: [a, b]\n", "items: [a, b]\n    value_map: {0: 0, 1: 0, 2: 1, 3: 2}\n",
        "scale 'first' has a value map and reversed items: b."),
    "a change of direction without a word": ("items: [c, d], range", "items: [c, d], reverse_override: {c: true}, range",
        "scale 'second' changes the direction of items, but is not declared a variant."),
    "a change of direction of a stranger": ('method: count, count_when: ">= 2", range',
        'method: count, count_when: ">= 2", reverse_override: {c: true}, range',
        "unknown reverse_override of scale 'often': 'c'."),
    "a variant of nothing": ("overlapping: true, ", "sensitivity_of: frist, ",
        "unknown sensitivity_of of scale 'often': 'frist'."),
    "a zero rule on a stranger": ("items: [c, d], range", "items: [c, d], zero_if: {item: z, equals: 0}, range",
        "unknown item in zero_if of scale 'second': 'z'."),
    "a zero rule on no answer": ("items: [c, d], range", "items: [c, d], zero_if: {item: a, equals: 8}, range",
        "scale 'second': a cannot be 8."),
    "a transform of two things at once": ("items: [c, d], range", "items: [c, d], transform: [{multiply: 2, add: 1}], range",
        "scale 'second': a step of transform has 2 parts."),
    "a transform the range does not follow": ("items: [c, d], range", "items: [c, d], transform: [{multiply: 2}], range",
        "scale 'second': range [0, 6] does not follow from its items."),
    "an item that counts twice in a total": ("of_scales: [first, second], range: [0, 12]",
        "of_scales: [first, second, copy], range: [0, 15]", "unknown of_scales of scale 'total': 'copy'."),
    "don't know wrong outside a test": ("items: [c, d], range", "items: [c, d], dont_know_counts_as: wrong, range",
        "scale 'second': dont_know_counts_as means nothing with method: sum."),
    "a scale called like a word of the vectors": ("{id: often,", "{id: critical,",
        "scale 'critical': the name is a word of the vectors."),
    "a scheme of a group for everybody": (", group: both, sex: male", ", group: both",
        "'boys' of group 'both' is for everybody, so the others would never count."),
    "two schemes of one group for the same people": ("sex: female", "sex: male",
        "'girls' and 'boys' of group 'both' are for the same people."),
    "a group that is also a scheme": ("group: both", "group: girls", "'girls' is a scheme, not a group."),
    "a default that is weak": ("status: verified, source: [sheet], group", "status: weak, source: [sheet], group",
        "the default scheme 'boys' is weak."),
    "bands without a source": ("status: verified, source: [sheet], group: both, sex: male", "status: verified, group: both, sex: male",
        "band scheme 'boys' is verified by no source."),
    "a norm outside the scale": ("mean: 2.5", "mean: 12.5", "a norm of 'first' has a mean of 12.5."),
    "a norm with an impossible SD": ("sd: 1.5", "sd: 5", "a norm of 'first' has an SD of 5."),
    "a norm of other people": ("n: 40,", "n: 40, informant: teacher,", "a norm of 'first' is of another informant: teacher."),
    "a norm without a number": ("mean: 2.5", "mean: null", "a norm of 'first' has no value and is not unverified."),
    "an alpha above one": ("value: 0.8,", "value: 80,", "a reliability of 'first' is not between 0 and 1."),
    "an alpha that is and is between": ("value: 0.8,", "value: 0.8, between: [0.7, 0.9],",
        "a reliability of 'first' gives 2 of: value, between."),
    "an important difference without a source": ("{value: 2, population: \"invented\", source: sheet}",
        "{value: 2, population: \"invented\", status: verified}", "an important difference of 'first' is verified by no source."),
    "a source that is not listed": ("{value: 2, population: \"invented\", source: sheet}",
        "{value: 2, population: \"invented\", source: shet}", "unknown source: 'shet'."),
    "a gate on a stranger": ("{id: lie, scale: second", "{id: lie, scale: lies",
        "unknown scale of validity gate 'lie': 'lies'."),
    "a gate that never closes": ('rule: ">= 5"', 'rule: ">= 7"', "validity gate 'lie': 'second' is never >= 7."),
    "a gate without anything to look at": ('scale: second, rule: ">= 5", ', "",
        "validity gate 'lie' needs a scale and a rule, or a pattern."),
    "a derived score of a stranger": ("{wave: 2, scale: total, weight: -1}", "{wave: 2, scale: sum, weight: -1}",
        "unknown scale of derived score 'gain': 'sum'."),
    "a derived score that fails its test": ("expect: 3}", "expect: 4}", "derived score 'gain': its test gives 3, expected 4."),
    "a derived test that forgets a score": ("wave2: {total: 4}", "wave2: {}", "derived score 'gain': its test gives no total."),
    "a vector that misses an alert": ("{first: 6, \"first@girls\": high, critical: [a]}", "{first: 6, critical: []}",
        "vector 'apart': critical is a, expected none."),
    "a vector with an alert of nobody": ("critical: [a], often: 2", "critical: [b], often: 2",
        "vector 'high' expects the critical item 'b', which does not exist."),
    "a vector that misses a gate": ("validity: [lie]", "validity: []", "vector 'high': validity is lie, expected none."),
    "a vector with too many answers": ("in_order: [0, 0, 0, null, 9]", "in_order: [0, 0, 0, null, 9, 1]",
        "vector 'unsure': 6 answers in order, but 5 items."),
    "a code that is refused and is on the form": ("responses: {all: 0, d: 7}", "responses: {all: 0, d: 3}",
        "vector 'foreign': the codes of none are not on the form, expected d."),
    "a word where a code belongs": ("responses: {all: 0, a: 3}", "responses: {all: 0, a: high}",
        "vector 'apart': a cannot be 'high'."),
    "no staircase": ("{all: stair}", "{in_order: [0, 1, 2, 3, 1]}",
        "no vector climbs the codes from item to item, and items are reversed or divided among scales."),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES)
def test_one_thing_wrong_is_one_thing_said(wrong, old, new, expected):
    said = wrong((old, new))
    assert any(what.endswith(expected) for what, _ in said), said
    assert all(remedy for _, remedy in said)


def test_everything_that_is_wrong_is_said_at_once_in_the_order_of_the_file(wrong):
    said = wrong(("mean: 2.5", "mean: 99"), ('rule: ">= 5"', 'rule: ">= 7"'), ("answer_key: [1]", "answer_key: [5]"))
    assert [what for what, _ in said] == [
        "item 'k': the answer key holds [5], no answers of 'unsure'.",
        "a norm of 'first' has a mean of 99.",
        "validity gate 'lie': 'second' is never >= 7.",
    ]


def test_an_item_that_counts_twice_in_a_total_is_refused_unless_it_is_meant(wrong, define):
    copy = "  - {id: total, TITLE, of_scales: [first, second], range: [0, 12]}"
    twice = (
        "  - {id: twice, TITLE, overlapping: true, items: [a, d], range: [0, 6]}\n"
        "  - {id: total, TITLE, of_scales: [first, twice], range: [0, 12]}"
    )
    said = wrong((copy, twice), ("first: 3, second: 0, total: 3, known: 0", "first: 3"), ("total: 7, ", ""))
    assert said[0][0] == "scale 'total' counts a through more than one of its scales."
    meant = GOOD.replace(copy, twice.replace("of_scales:", "overlapping: true, of_scales:"))
    assert define(meant.replace("total: 3, ", "").replace("total: 7, ", "total: 5, ")).scales["total"].overlapping


def test_a_form_with_reversed_items_says_which_way_its_codes_run(change_form, problems_of):
    text = change_form()
    line = next(line for line in text.splitlines() if "code_direction" in line)
    (problem,) = problems_of(text.replace(line + "\n", ""))
    assert problem.what == "items are reversed, but the form does not say which way its printed codes run."
    (problem,) = problems_of(text.replace(line, '  code_direction: {first_code: 0, first_means: "Always"}'))
    assert problem.what == "code_direction says that the first answer means 'Always', its label says otherwise."
    (problem,) = problems_of(text.replace("first_code: 0", "first_code: 3"))
    assert problem.what == "code_direction begins with 3, the response sets begin with 0 in 'frequency4'."


@pytest.mark.parametrize(("confidence", "status"), [("C", "weak"), ("U", "unverified"), ("B", "verified")])
def test_the_standing_of_a_fact_follows_from_its_source(define, confidence, status):
    other = '{kind: retest_r, value: 0.7, population: "invented", source: other}'
    text = GOOD.replace("reliability: [", f"reliability: [{other}, ")
    # the shared head has one source; a second one is added to it
    instrument = _with_source(define, text, confidence)
    found = [entry for entry in instrument.scales["first"].reliability if entry.kind == "retest_r"]
    assert [entry.status for entry in found] == ([] if status == "unverified" else [status])
    assert ("first: retest_r, invented" in instrument.unverified) == (status == "unverified")


def _with_source(define, text, confidence):
    """Give the definition a second source by way of the loader's own reader."""
    import eval_tools.instruments.load as loading

    original = loading.check_shape

    def with_other(doc, shape):
        doc.data["sources"]["other"] = {"ref": "another", "confidence": confidence}
        return original(doc, shape)

    loading.check_shape = with_other
    try:
        return define(text)
    finally:
        loading.check_shape = original


def test_a_placeholder_loads_is_named_and_reaches_no_list_a_report_reads(define):
    text = GOOD.replace(
        '{value: 2, population: "invented", source: sheet}', '{value: null, population: "adults", status: unverified}'
    )
    text = text.replace("mean: 2.5", "mean: null").replace(
        "source: sheet}]\n    reliability", "status: unverified}]\n    reliability"
    )
    text = text.replace("action: flag}", "action: void, status: unverified}").replace("validity: [lie], ", "")
    instrument = define(text)
    scale = instrument.scales["first"]
    assert (scale.norms, scale.important_difference, instrument.validity) == ((), (), ())
    assert len(scale.reliability) == 1
    assert {"first: norm, invented", "first: important difference, adults", "validity lie"} <= set(
        instrument.unverified
    )


def test_converted_characters_differ_in_nothing_else(change_form, problems_of):
    options = '{code: 0, label: {en: "Rarely or none of the time (less than 1 day)", zh-Hant: null, zh-Hans: null}}'
    longer = options.replace("zh-Hant: null, zh-Hans: null", 'zh-Hant: "很少。", zh-Hans: "很少或没有。"')
    status = (
        "text_status: {en: original}",
        "text_status: {en: original, zh-Hans: machine, zh-Hant: character_conversion}",
    )
    (problem,) = problems_of(change_form((options, longer), status))
    assert problem.what == "option 0 of 'frequency4': Traditional and Simplified text differ by more than characters."
    alike = longer.replace("很少。", "很少或沒有。")
    assert parse_instrument(parse_yaml(change_form((options, alike), status), file="f.yaml"))


def test_wording_in_a_language_nobody_speaks_for_is_refused(change_form, problems_of):
    (problem,) = problems_of(change_form(("text_status: {en: original}", "text_status: {}")))
    assert problem.what == "there is wording in en, of which text_status says nothing."


def test_adult_bands_of_doubled_scores_do_not_fit_the_youth_form(root):
    path = root / "questionnaires" / "dass" / "dass-y.yaml"
    text = path.read_text(encoding="utf-8")
    start = text.index("[[0, 6], [7, 8]")
    youth = text[start : text.index("]]", start) + 2]
    with pytest.raises(DefinitionError) as caught:
        parse_instrument(
            parse_yaml(text.replace(youth, "[[0, 9], [10, 13], [14, 20], [21, 27], [28, 42]]"), file="f.yaml")
        )
    assert "end at 42" in caught.value.problems[0].what


# --- tables beside, other forms ------------------------------------------------------------------------------


@pytest.fixture
def beside(tmp_path, define):
    """Write a definition and the tables it names into a folder of its own, and load it."""

    def write(text: str, **tables: str):
        import eval_tools.instruments.load as loading

        folder = tmp_path / "small"
        folder.mkdir(exist_ok=True)
        for name, content in tables.items():
            (folder / f"{name}.csv").write_text(content, encoding="utf-8")
        original = loading.read_tables_beside
        loading.read_tables_beside = lambda doc, _: original(doc, folder)
        try:
            return define(text)
        finally:
            loading.read_tables_beside = original

    return write


T_SCORES = "score,value,sex\n" + "".join(
    f"{s},{40 + 2 * s + d},{x}\n" for d, x in ((0, "female"), (1, "male")) for s in range(7)
)
CONVERTED = GOOD.replace(
    "items: [c, d], range: [0, 6]", "items: [c, d], transform: [{lookup_file: t.csv}], range: [40, 53]"
)
CONVERTED = (
    CONVERTED.replace("of_scales: [first, second], range: [0, 12]", "of_scales: [first, second], range: [40, 59]")
    .replace('rule: ">= 5"', 'rule: ">= 50"')
    .replace("second: 0, total: 3, ", "")
    .replace("second: 5, total: 7, ", "")
    .replace("{all: high}, expect: {first: 3", "{all: high}, sex: male, expect: {second: 53, first: 3")
    .replace("validity: [lie], ", "")
)


def test_a_conversion_table_lies_beside_the_definition(beside):
    instrument = beside(CONVERTED, t=T_SCORES)
    assert instrument.files == ("t.csv",)
    assert len(instrument.scales["second"].transform[0].lookup) == 14


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (T_SCORES.replace("3,46,female\n", ""), "'t.csv' has no line for raw score 3 (1 in all)."),
        (T_SCORES + "3,46,female\n", "'t.csv' has several lines for raw score 3 of the same people."),
        (T_SCORES.replace("score,value", "raw,value"), "unknown columns: 'raw'."),
        (T_SCORES.replace("3,46,female", "3,46,girl"), "sex 'girl' is not allowed."),
        (T_SCORES.replace("3,46,female", "3,many,female"), "value is not a number."),
        (T_SCORES.replace("3,46,female", "3,46"), "2 cells under 3 columns."),
    ],
)
def test_a_conversion_table_that_is_wrong_is_refused_with_its_line(beside, table, expected):
    with pytest.raises(DefinitionError) as caught:
        beside(CONVERTED, t=table)
    assert expected in [problem.what for problem in caught.value.problems]


def test_a_table_that_is_not_there_is_named(define):
    with pytest.raises(DefinitionError) as caught:
        define(CONVERTED)
    assert caught.value.problems[0].what == "the table 't.csv' cannot be read."


NORMS = "instrument,scale,population,mean,sd,source,n,age_low,age_high,sex\n"


def test_norms_may_lie_beside_the_definition_for_a_whole_family(beside):
    lines = "small,second,girls,2.5,1.5,sheet,30,11,17,female\nother,second,all,99,1,nowhere,,,,\n"
    instrument = beside("norms_file: norms.csv\n" + GOOD, norms=NORMS + lines)
    (norm,) = instrument.scales["second"].norms
    assert (norm.mean, norm.n, norm.ages, norm.sex, norm.status) == (2.5, 30, (11, 17), "female", "verified")
    assert norm.fits(age=12.0, sex="female")
    assert not norm.fits(age=12.0, sex="male")
    assert not norm.fits(age=None, sex="female")


def test_norms_beside_are_held_to_the_same_rules(beside):
    lines = "small,second,a,9,1,sheet,,,,\nsmall,third,b,2,1,sheet,,,,\nsmall,second,c,2,1,shet,,,,\n"
    with pytest.raises(DefinitionError) as caught:
        beside("norms_file: norms.csv\n" + GOOD, norms=NORMS + lines)
    assert {(p.where, p.what) for p in caught.value.problems} == {
        ("norms.csv:2", "a norm of 'second' has a mean of 9."),
        ("norms.csv:3", "unknown scale of a norm: 'third'."),
        ("norms.csv:4", "unknown source: 'shet'."),
    }


def test_a_form_that_is_named_by_another_must_be_there(tmp_path: Path, root: Path):
    text = (root / "questionnaires" / "ahi" / "ahi.yaml").read_text(encoding="utf-8")
    folder = tmp_path / "questionnaires" / "ahi"
    folder.mkdir(parents=True)
    text = text.replace(
        "{id: ahi03, n: 3}", '{id: ahi03, n: 3, critical: {when: "== 5", level: urgent, omit_form: ah1}}'
    )
    (folder / "ahi.yaml").write_text(
        text.replace("recall: null", "follow_up_of: ahj\n  recall: null"), encoding="utf-8"
    )
    assert load_instrument(folder / "ahi.yaml").follow_up_of == "ahj"  # alone it cannot know
    with pytest.raises(DefinitionError) as caught:
        load_instruments(folder.parent)
    assert [p.what for p in caught.value.problems] == [
        "unknown questionnaire in follow_up_of: 'ahj'.",
        "unknown questionnaire in omit_form: 'ah1'.",
    ]
