"""What a questionnaire may not say: every rule broken once, and several at once."""

from __future__ import annotations

import shutil

import pytest

from eval_tools.errors import DefinitionError, UnknownNames
from eval_tools.instruments.load import load_instrument, load_instruments

TILES_16 = "screen_16: [[0, 15], [16, 60]]"


def line_of(text: str, part: str) -> str:
    assert text.count(part) == 1, part
    return f"f.yaml:{1 + text[: text.index(part)].count(chr(10))}"


@pytest.fixture
def only_problem(change_form, problems_of):
    """Break a shipped form and return the one problem that is reported, with the text that was read."""

    def load(*replacements, form="ces-d/ces-d"):
        text = change_form(*replacements, form=form)
        (problem,) = problems_of(text)
        return problem, text

    return load


# --- items and scales ---------------------------------------------------------------------------------------


def test_a_reversed_item_in_no_scale(only_problem):
    problem, text = only_problem(
        ("cesd11, cesd12, cesd13", "cesd11, cesd13"),
        ("range: [0, 60]", "range: [0, 57]"),
        ("min_answered: 20", "min_answered: 19"),
        ("[16, 60]", "[16, 57]"),
        ("[24, 60]", "[24, 57]"),
        ("[20, 60]", "[20, 57]"),
        ("[29, 60]", "[29, 57]"),
    )
    assert problem.what == "reversed item 'cesd12' is in no scale."
    assert problem.where == line_of(text, "{id: cesd12")
    assert problem.remedy == "Add it to a scale, or set scored: false."


def test_an_item_of_a_scale_that_does_not_exist(only_problem):
    problem, text = only_problem(("cesd19, cesd20]", "cesd19, cesd20, cesd200]"))
    assert problem.what == "unknown items of scale 'total': 'cesd200'."
    assert problem.remedy.endswith("cesd19, cesd20. Did you mean 'cesd20'?")
    assert problem.where == line_of(text, "    items: [cesd01")


def test_an_item_twice_in_a_scale(only_problem):
    problem, text = only_problem(("cesd19, cesd20]", "cesd19, cesd20, cesd03]"))
    assert problem.what == "scale 'total' counts cesd03 twice."
    assert problem.where == line_of(text, "    items: [cesd01")


def test_an_item_that_does_not_count_in_a_scale(only_problem):
    problem, _ = only_problem(("n: 19, text", "n: 19, scored: false, text"))
    assert problem.what == "scale 'total' counts cesd19, marked scored: false."


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("id: cesd20, n: 20", "id: cesd19, n: 20", "item id used twice: cesd19."),
        ("id: cesd20, n: 20", "id: cesd20, n: 19", "printed number used twice: 19."),
    ],
)
def test_an_id_or_a_printed_number_used_twice(change_form, problems_of, old, new, what):
    assert what in [problem.what for problem in problems_of(change_form((old, new)))]


def test_answers_that_do_not_exist(only_problem):
    problem, text = only_problem(("n: 19, text", "n: 19, response_set: frequncy4, text"))
    assert problem.what == "unknown response set of 'cesd19': 'frequncy4'."
    assert problem.remedy == "Known: frequency4. Did you mean 'frequency4'?"
    assert problem.where == line_of(text, "{id: cesd19")


def test_an_item_without_answers(problems_of, change_form):
    whats = [problem.what for problem in problems_of(change_form(("{response_set: frequency4, reverse", "{reverse")))]
    assert whats == [f"item 'cesd{n:02}' has no response set." for n in range(1, 21)]


def test_a_range_that_does_not_follow_from_the_items(only_problem):
    problem, text = only_problem(
        ("range: [0, 60]", "range: [0, 80]"),
        *((f"[{line}, 60]", f"[{line}, 80]") for line in (16, 20, 24, 29)),
    )
    assert problem.what == "scale 'total': range [0, 80] does not follow from its items."
    assert problem.remedy == "They give [0, 60]."
    assert problem.where == line_of(text, "range: [0, 80]")


def test_more_answers_needed_than_there_are_items(only_problem):
    problem, text = only_problem(("min_answered: 20", "min_answered: 21"))
    assert problem.what == "scale 'total' asks for 21 answers of 20."
    assert problem.where == line_of(text, "min_answered: 21")


def test_fewer_answers_than_all_without_a_rule_for_the_others(only_problem):
    problem, _ = only_problem(("min_answered: 20", "min_answered: 16"))
    assert problem.what == "scale 'total' asks for 16 answers of 20, but fill: none needs all."
    assert problem.remedy == "Say min_answered: 20, or what stands for a missing answer."


def test_zero_for_a_missing_answer_where_nobody_can_answer_zero(only_problem):
    problem, _ = only_problem(("min_answered: 24, fill: none", "min_answered: 20, fill: zero"), form="ahi/ahi")
    assert problem.what == "scale 'total' counts a missing answer as 0, which is no possible answer."


@pytest.mark.parametrize(
    "key", ["direction: higher_is_worse", "missing: {min_answered: 20, fill: none, status: unverified}"]
)
def test_a_scale_without_direction_or_missing_rule(only_problem, key):
    problem, _ = only_problem((f"    {key}\n", ""))
    assert problem.what == f"scale 'total': missing: {key.partition(':')[0]}."
    assert problem.remedy == "State it, or in scale_defaults."


def test_two_scales_of_one_name(problems_of, change_form):
    text = change_form(("    direction: higher_is_better\n", "    direction: higher_is_better\n"), form="ahi/ahi")
    begin, end = text.index("  - id: total"), text.index("\ntest_vectors")
    text = text[:end] + text[begin:end] + text[end:]
    assert "scale 'total' is defined twice." in [problem.what for problem in problems_of(text)]


def test_a_repeated_code(only_problem):
    problem, text = only_problem(("codes: [1, 2, 3, 4, 5]", "codes: [1, 2, 3, 4, 5, 5]"), form="ahi/ahi")
    assert problem.what == "response set 'statements5' repeats codes [5]."
    assert problem.where == line_of(text, "statements5: {")


def test_answers_given_as_codes_and_as_options(only_problem):
    options = "options: [{code: 1, label: {}}, {code: 2, label: {}}]"
    problem, _ = only_problem(("codes: [1, 2, 3, 4, 5]", f"codes: [1, 2], {options}"), form="ahi/ahi")
    assert problem.what == "response set 'statements5' needs either codes or options."


def test_answers_of_which_none_counts(only_problem):
    options = "options: [{code: 1, label: {}, kind: dont_know}, {code: 2, label: {}}]"
    problem, _ = only_problem(("codes: [1, 2, 3, 4, 5]", options), form="ahi/ahi")
    assert problem.what == "response set 'statements5' has 1 codes that count."


def test_an_age_range_upside_down(only_problem):
    problem, _ = only_problem(("age_years: [12, null]", "age_years: [18, 12]"))
    assert (problem.what, problem.remedy) == ("age_years: 18 comes after 12.", "Youngest first.")


# --- sources and licence ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("source: [openscales]", "source: [openscale]"),
        ("- {source: openscales", "- {source: openscale"),
        ("status: unverified}", "status: unverified, source: [openscale]}"),
        ("{name: all_0, origin: derived,", "{name: all_0, origin: derived, source: openscale,"),
    ],
)
def test_a_source_that_is_not_listed(only_problem, old, new):
    problem, text = only_problem((old, new))
    assert problem.what == "unknown source: 'openscale'."
    assert problem.remedy == "Known: openscales, camcops, woodworth2018, cn-adolescents. Did you mean 'openscales'?"
    assert problem.where == line_of(text, new)


def test_the_word_source_may_be_the_name_of_an_item(define):
    instrument = define(SMALL.replace("i1", "source"))
    assert "source" in instrument.items


def test_wording_in_a_form_that_may_not_be_redistributed(change_form, problems_of):
    problems = problems_of(change_form(("text_redistributable: true", "text_redistributable: false")))
    carriers = [problem.what.partition(" carries ")[0] for problem in problems]
    assert carriers == [
        *(f"option {code} of 'frequency4'" for code in range(4)),
        "the stem",
        *(f"item 'cesd{n:02}'" for n in range(1, 21)),
    ]
    assert {p.remedy for p in problems} == {"Remove the text; a team that holds a licence keeps it in a local file."}


def test_a_single_sentence_of_wording_is_enough_to_be_refused(only_problem):
    problem, text = only_problem(("{id: ahi03, n: 3}", '{id: ahi03, n: 3, text: {en: "Invented."}}'), form="ahi/ahi")
    assert problem.what == "item 'ahi03' carries wording that may not be redistributed."
    assert problem.where == line_of(text, "{id: ahi03")


def test_wording_without_evidence_of_its_licence(only_problem):
    begin = '  evidence:\n    - {source: openscales, read_on: "2026-11"}\n    - {source: camcops, read_on: "2026-11"}\n'
    problem, text = only_problem((begin, "  evidence: []\n"))
    assert problem.what == "wording is included without evidence that it may be."
    assert problem.where == line_of(text, "  evidence: []")


# --- bands --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bands", "what", "remedy"),
    [
        ("[[0, 16], [16, 60]]", "bands of 'screen_16' overlap at 16.", "The next band must begin at 17; "),
        ("[[0, 14], [16, 60]]", "bands of 'screen_16' leave a gap at 16.", "The next band must begin at 15; "),
        ("[[1, 15], [16, 60]]", "bands of 'screen_16' leave a gap at 1.", "The next band must begin at 0; "),
        ("[[0, 15], [16, 59]]", "bands of 'screen_16' end at 59.", ""),
        ("[[0, 15], [16, 61]]", "bands of 'screen_16' end at 61.", ""),
        ("[[0, 15], [60, 16]]", "a band of 'screen_16' ends before it begins, at 60.", None),
        ("[[0, 15.5], [16.5, 60]]", "a band of 'screen_16' ends at 15.5, between two whole scores.", None),
    ],
)
def test_bands_that_do_not_tile_the_range(only_problem, bands, what, remedy):
    problem, text = only_problem((TILES_16, f"screen_16: {bands}"))
    assert problem.what == what
    if remedy is not None:
        fill = "ogether the bands must fill 0 to 60."
        assert problem.remedy == (f"{remedy}t{fill}" if remedy else f"T{fill}")
    assert problem.where == line_of(text, f"screen_16: {bands}")


def test_more_bands_than_labels(only_problem):
    problem, _ = only_problem((TILES_16, "screen_16: [[0, 15], [16, 30], [31, 60]]"))
    assert problem.what == "'screen_16' has 2 labels but 3 bands."
    assert problem.remedy == "One interval for each label, mildest first."


def test_bands_that_begin_with_the_most_serious(only_problem):
    problem, _ = only_problem((TILES_16, "screen_16: [[16, 60], [0, 15]]"))
    assert problem.what == "bands of 'screen_16' do not run from the mildest to the most serious."
    assert problem.remedy == "One interval for each label, mildest first; direction is higher_is_worse."


def test_bands_of_a_scheme_that_does_not_exist(problems_of, change_form):
    (problem,) = problems_of(change_form((TILES_16, f"{TILES_16}\n      screen_17: [[0, 16], [17, 60]]")))
    assert problem.what == "unknown band scheme: 'screen_17'."
    assert (
        problem.remedy
        == "Known: screen_16, cn_adolescent_24, cn_adolescent_20, cn_adolescent_29. Did you mean 'screen_16'?"
    )


def test_a_default_scheme_that_does_not_exist_or_is_used_by_no_scale(only_problem):
    problem, text = only_problem(("default_band_scheme: screen_16", "default_band_scheme: screen16"))
    assert problem.what == "unknown band scheme: 'screen16'."
    assert problem.where == line_of(text, "default_band_scheme: screen16")
    problem, _ = only_problem(
        ("default_band_scheme: screen_16", "default_band_scheme: cn_adolescent_24"),
        ("      cn_adolescent_24: [[0, 23], [24, 60]]\n", ""),
    )
    assert problem.what == "no scale has bands of the default scheme 'cn_adolescent_24'."


def test_bands_that_were_set_for_another_informant(only_problem):
    problem, _ = only_problem(('population: "generic adult cut-off"', 'population: "x"\n    informant: teacher'))
    assert problem.what == "bands of 'screen_16' were set for another informant: teacher."
    assert problem.remedy == "This form is answered by: self. Bands do not carry over."


# --- vectors ------------------------------------------------------------------------------------------------


def test_fewer_than_four_vectors(change_form, problems_of):
    text = change_form()
    begin, end = text.index("  - name: stair"), text.index("changes:")
    (problem,) = problems_of(text[:begin] + "\n" + text[end:])
    assert (problem.what, problem.remedy) == ("test_vectors: has 2 entries.", "At least 4 are needed.")


@pytest.mark.parametrize(
    ("old", "new", "what", "remedy"),
    [
        (
            "{all: 0, cesd20: 3}",
            "{all: 0, cesd20: 3, cesd21: 1}",
            "vector 'only_the_last_item': unknown item 'cesd21'.",
            "Use 'all' or an item of the list. Did you mean 'cesd20'?",
        ),
        (
            "{all: 1, cesd10: null}",
            "{all: 1, cesd10: null, cesd11: 4}",
            "vector 'one_missing': cesd11 cannot be 4.",
            "Use codes of its response set.",
        ),
        (
            "{total: null}",
            "{totl: null}",
            "vector 'one_missing' expects 'totl', which does not exist.",
            "Scales: total.",
        ),
        (
            "{total: 16, ",
            '{"total@x": low, total: 16, ',
            "vector 'line_is_reached_at_16' expects 'total@x', which does not exist.",
            "Scales: total.",
        ),
        ("name: happiest", "name: stair", "vector 'stair' is named twice.", "Name each once."),
    ],
)
def test_vectors_that_speak_of_something_else(only_problem, old, new, what, remedy):
    problem, _ = only_problem((old, new))
    assert (problem.what, problem.remedy) == (what, remedy)


def test_a_vector_that_expects_the_wrong_score_band_or_a_score_where_there_is_none(problems_of, change_form):
    text = change_form(
        ("expect: {total: 18}", "expect: {total: 19}"),
        ('total: 15, "total@screen_16": below', 'total: 15, "total@screen_16": at_or_above'),
        ("expect: {total: null}", "expect: {total: 20}"),
    )
    assert [problem.what for problem in problems_of(text)] == [
        "vector 'stair': total is 18.0, expected 19.",
        "vector 'only_the_last_item': total@screen_16 is below, expected at_or_above.",
        "vector 'one_missing': total is None, expected 20.",
    ]


# --- many at once -------------------------------------------------------------------------------------------


def test_five_mistakes_of_form_are_listed_at_once(change_form, problems_of):
    text = change_form(
        ("abbreviation: CES-D", "abbrevation: CES-D"),
        ("unit: week", "unit: weeks"),
        ('version: "1.1.0"\nform', "version: 1.0\nform"),
        ("age_years: [12, null]", "age_years: [12]"),
        ("method: sum", "method: summe"),
    )
    problems = problems_of(text)
    assert [problem.what for problem in problems] == [
        "the file: missing: abbreviation.",
        "version: must be text.",
        "recall.unit: 'weeks' is not allowed.",
        "unknown key 'abbrevation'.",
        "respondent.age_years: has 1 entries.",
        "scales[1].method: 'summe' is not allowed.",
    ]
    assert problems[3].remedy.endswith("Did you mean 'abbreviation'?")


def test_mistakes_of_meaning_are_listed_at_once_in_the_order_of_the_file(change_form, problems_of):
    text = change_form(
        ("id: ces-d\n", "id: cesd\n"),
        ("age_years: [12, null]", "age_years: [12, 2]"),
        ("source: [openscales]", "source: [nobody]"),
        ("default_band_scheme: screen_16", "default_band_scheme: none-such"),
        ("range: [0, 60]", "range: [0, 61]"),
        ("min_answered: 20", "min_answered: 30"),
        ("name: happiest", "name: stair"),
    )
    assert [problem.what.partition(":")[0] for problem in problems_of(text)] == [
        "age_years",
        "unknown source",
        "unknown band scheme",
        "scale 'total'",
        "scale 'total' asks for 30 answers of 20.",
        "bands of 'screen_16' end at 60.",
        "bands of 'cn_adolescent_24' end at 60.",
        "bands of 'cn_adolescent_20' end at 60.",
        "bands of 'cn_adolescent_29' end at 60.",
        "vector 'stair' is named twice.",
    ]


def test_an_unclear_set_of_answers_does_not_hide_other_mistakes(change_form, problems_of):
    text = change_form(
        ("codes: [1, 2, 3, 4, 5]", "codes: [1, 2, 2]"), ("ahi23, ahi24]", "ahi23, ahi25]"), form="ahi/ahi"
    )
    assert [problem.what for problem in problems_of(text)] == [
        "response set 'statements5' repeats codes [2].",
        "scored item 'ahi24' is in no scale.",
        "unknown items of scale 'total': 'ahi25'.",
    ]


# --- folders ------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, root):
    for name in ("ahi", "ces-d"):
        shutil.copytree(root / "questionnaires" / name, tmp_path / "questionnaires" / name)
    return tmp_path / "questionnaires"


def test_an_id_must_be_the_name_of_the_file(folder):
    path = (folder / "ahi" / "ahi.yaml").rename(folder / "ahi" / "ahi-24.yaml")
    with pytest.raises(DefinitionError) as caught:
        load_instrument(path, root=folder.parent)
    assert str(caught.value) == (
        "questionnaires/ahi/ahi-24.yaml:3: id 'ahi' is not the file's name.\n  Expected 'ahi-24'."
    )


def test_an_id_used_in_two_folders_is_refused(folder):
    (folder / "other").mkdir()
    shutil.copy(folder / "ahi" / "ahi.yaml", folder / "other" / "ahi.yaml")
    for ids in (None, ["ahi"]):
        with pytest.raises(DefinitionError) as caught:
            load_instruments(folder, ids)
        (problem,) = caught.value.problems
        assert problem.where == "questionnaires/other/ahi.yaml:1"
        assert problem.what == "the id 'ahi' is used twice, also by questionnaires/ahi/ahi.yaml."
    assert list(load_instruments(folder, ["ces-d"])) == ["ces-d"]


def test_a_questionnaire_that_does_not_exist_is_refused_with_the_known_ones(folder):
    with pytest.raises(UnknownNames) as caught:
        load_instruments(folder, ["ces-d", "cesd", "phq"])
    assert (caught.value.kind, caught.value.missing) == ("questionnaire", ("cesd", "phq"))
    assert {"ahi", "ces-d"} <= set(caught.value.known)
    assert "Did you mean 'ces-d'?" in str(caught.value)


def test_problems_of_all_files_come_together(folder):
    for name in ("ahi", "ces-d"):
        path = folder / name / f"{name}.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("method: sum", "method: product"), encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_instruments(folder)
    assert [p.where.split(":")[0] for p in caught.value.problems] == [
        "questionnaires/ahi/ahi.yaml",
        "questionnaires/ces-d/ces-d.yaml",
    ]


def test_questionnaires_come_in_the_order_asked_for(folder):
    assert list(load_instruments(folder, ["ces-d", "ahi"])) == ["ces-d", "ahi"]
    assert list(load_instruments(folder, [])) == []


SMALL = """
response_sets: {yes: {codes: [0, 1]}}
items: {defaults: {response_set: yes}, list: [{id: i1, n: 1}, {id: i2, n: 2}]}
scales:
  - {id: total, TITLE, items: [i1, i2], range: [0, 2], direction: none, missing: {min_answered: 2, fill: none}}
test_vectors:
  - {name: v0, origin: derived, responses: {all: 0}, expect: {total: 0}}
  - {name: v1, origin: derived, responses: {all: 1}, expect: {total: 2}}
  - {name: v2, origin: derived, responses: {i1: 1, i2: 0}, expect: {total: 1}}
  - {name: v3, origin: derived, responses: {i2: 1}, expect: {total: null}}
"""
