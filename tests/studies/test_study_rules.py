"""What a study may not say: every rule broken once, and several at once."""

from __future__ import annotations

import pytest

from eval_tools.errors import DefinitionError, Problem, UnknownNames
from eval_tools.studies.load import load_study
from eval_tools.studies.workbench import Workbench

COLUMNS = "columns: {participant: id, wave: wave, group: group}"
WAVES = """\
  - {id: autumn, role: before, title: {en: "Autumn", zh-Hant: "秋季", zh-Hans: "秋季"}}
  - {id: spring, role: after, title: {en: "Spring", zh-Hant: "春季", zh-Hans: "春季"}}
"""
AUTUMN, SPRING = WAVES.splitlines(keepends=True)
OUTCOME = "    - {outcome: ces-d.total, better: lower, smallest_worthwhile: 3}\n"
TITLES = 'title: {en: "X", zh-Hant: "甲", zh-Hans: "甲"}'


def load(little):
    return load_study("little", workbench=Workbench(little.root))


def problems(little) -> list[Problem]:
    """Load the study, which must be refused; every problem has its line and a remedy."""
    with pytest.raises(DefinitionError) as caught:
        load(little)
    assert caught.value.exit_code == 2
    lines = (little.folder / "study.yaml").read_text(encoding="utf-8").count("\n")
    for problem in caught.value.problems:
        assert problem.remedy
        file, _, line = problem.where.rpartition(":")
        assert file == "data_raw/little/study.yaml"
        assert 1 <= int(line) <= lines
    return list(caught.value.problems)


@pytest.fixture
def refused(little):
    """Change the study in some places and return the one problem: its line, what is wrong, the remedy."""

    def refuse(*changes: tuple[str, str]) -> tuple[int, str, str]:
        for old, new in changes:
            little.change(old, new)
        (problem,) = problems(little)
        return int(problem.where.rpartition(":")[2]), problem.what, problem.remedy

    return refuse


@pytest.fixture
def line(little):
    def find(part: str) -> int:
        text = (little.folder / "study.yaml").read_text(encoding="utf-8")
        assert text.count(part) == 1
        return 1 + text[: text.index(part)].count("\n")

    return find


def test_the_little_study_is_valid(little):
    assert load(little).study.id == "little"


# --- waves and groups ---------------------------------------------------------------------------------------


def test_a_wave_named_twice(refused, line):
    where, what, remedy = refused((SPRING, SPRING + SPRING.replace("Spring", "Again")))
    assert (what, remedy) == ("wave 'spring' is named 2 times.", "Name it once.")
    assert where == line("Again")  # the second one


def test_a_before_wave_after_a_later_one(refused, line):
    where, what, remedy = refused((WAVES, SPRING + AUTUMN))
    assert (what, remedy) == ("a 'before' wave stands after a later one.", "List waves in time order.")
    assert where == line("waves:\n")


def test_two_before_waves_in_time_order_are_allowed(little):
    little.change(AUTUMN, AUTUMN.replace("autumn", "summer") + AUTUMN)
    assert load(little).study.baseline.id == "autumn"


def test_no_wave_before(refused):
    assert refused(("role: before", "role: after"))[1:] == (
        "no wave has the role 'before'.",
        "Mark the baseline wave.",
    )


def test_no_wave_after(little):
    little.change("role: after", "role: before")
    assert [(p.what, p.remedy) for p in problems(little)] == [
        ("no wave has the role 'after' or 'follow-up'.", "Add the wave that follows."),
        ("unknown term: 'spring'.", "Known: none."),
    ]


def test_two_comparison_groups(refused, line):
    where, what, remedy = refused(("groups:\n", f"groups:\n  other: {{role: comparison, {TITLES}}}\n"))
    assert (what, remedy) == ("2 comparison groups.", "One group is the reference.")
    assert where == line("groups:\n")


def test_no_programme_group(little):
    little.change("role: programme", "role: comparison")
    assert [p.what for p in problems(little)] == ["2 comparison groups.", "no programme group."]


def test_randomised_although_nothing_was_assigned(refused, line):
    where, what, remedy = refused(("unit: participant, randomised: true", "unit: none, randomised: true"))
    assert (what, remedy) == ("randomised, but nothing was assigned.", "Say who: participant or site.")
    assert where == line("assignment:")


@pytest.mark.parametrize("roster", ["", "roster: {file: people.csv, reader: table, columns: {participant: id}}\n"])
def test_nothing_says_who_belongs_to_which_group(refused, line, roster):
    where, what, remedy = refused(
        (COLUMNS, "columns: {participant: id, wave: wave}"), ("sources:\n", f"{roster}sources:\n")
    )
    assert what == "nothing says which group a person belongs to."
    assert remedy == "Add a roster with a group column, or a group column to every source."
    assert where == line("sources:\n")


def test_a_roster_with_groups_or_a_single_group_is_enough(little):
    little.change(COLUMNS, "columns: {participant: id, wave: wave}")
    little.change(
        "sources:\n", "roster: {file: people.csv, reader: table, columns: {participant: id, group: g}}\nsources:\n"
    )
    assert load(little).study.roster.columns == {"participant": "id", "group": "g"}
    little.change(", group: g}}", "}}")
    comparison = '  comparison: {role: comparison, title: {en: "Comparison", zh-Hant: "對照組", zh-Hans: "对照组"}}\n'
    little.change(comparison, "")
    assert load(little).study.comparison is None


# --- unknown names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "what", "remedy"),
    [
        (
            "decision_term: spring",
            "decision_term: sprin",
            "unknown term: 'sprin'.",
            "Known: spring. Did you mean 'spring'?",
        ),
        ("decision_term: spring", "decision_term: autumn", "unknown term: 'autumn'.", "Known: spring."),
        ("informant: child", "informant: chid", "unknown informant: 'chid'.", "Known: child. Did you mean 'child'?"),
        (
            "outcome: ces-d.total",
            "outcome: ces-d.totl",
            "unknown scale of ces-d: 'totl'.",
            "Known: total. Did you mean 'total'?",
        ),
        ("outcome: ces-d.total", "outcome: ahi.total", "unknown questionnaire: 'ahi'.", "Known: ces-d."),
        (
            COLUMNS,
            f"{COLUMNS}\n    values: {{wave: {{a: autum, s: spring}}}}",
            "unknown wave: 'autum'.",
            "Known: autumn, spring. Did you mean 'autumn'?",
        ),
        (
            COLUMNS,
            f"{COLUMNS}\n    values: {{group: {{'1': program, '2': comparison}}}}",
            "unknown group: 'program'.",
            "Known: programme, comparison. Did you mean 'programme'?",
        ),
        (
            COLUMNS,
            f"{COLUMNS}\n    totals: {{sum: ces-d.totel}}",
            "unknown scale of ces-d: 'totel'.",
            "Known: total. Did you mean 'total'?",
        ),
    ],
)
def test_a_name_that_was_never_declared(refused, line, old, new, what, remedy):
    where, *found = refused((old, new))
    assert found == [what, remedy]
    assert where == line(new) + new.count("\n")


def test_a_wave_of_a_whole_file_that_was_never_declared(refused, line):
    where, what, remedy = refused((COLUMNS, "wave: sprng\n    columns: {participant: id, group: group}"))
    assert (what, remedy) == ("unknown wave: 'sprng'.", "Known: autumn, spring. Did you mean 'spring'?")
    assert where == line("wave: sprng")


def test_a_questionnaire_that_does_not_exist(little):
    little.change("ces-d: {columns", "cesd: {columns")
    first, second = problems(little)
    assert first.what == "unknown questionnaire: 'cesd'."
    assert "Did you mean 'ces-d'?" in first.remedy
    assert second.what == "unknown questionnaire: 'ces-d'."  # in the plan


@pytest.mark.parametrize(
    ("old", "new", "what", "remedy"),
    [
        (
            "languages: [en, zh-Hant, zh-Hans]",
            "languages: [en, zh-Hnt]",
            "languages[2]: 'zh-Hnt' is not allowed.",
            "Allowed: en, zh-Hant, zh-Hans. Did you mean 'zh-Hant'?",
        ),
        (
            "kind: synthetic",
            "kind: syntetic",
            "kind: 'syntetic' is not allowed.",
            "Allowed: real, synthetic. Did you mean 'synthetic'?",
        ),
        (
            "respondents: children",
            "respondents: childs",
            "respondents: 'childs' is not allowed.",
            "Allowed: adults, children. Did you mean 'children'?",
        ),
        (
            "role: after",
            "role: afterwards",
            "waves[2].role: 'afterwards' is not allowed.",
            "Allowed: before, after, follow-up. Did you mean 'after'?",
        ),
        (
            "{participant: id, wave",
            "{partcipant: id, wave",
            "sources[1].columns: unknown key 'partcipant'.",
            "Known: participant, wave, group, site, consent, assent. Did you mean 'participant'?",
        ),
        (
            "reader: table",
            "reader: excel",
            "sources[1].reader: 'excel' is not allowed.",
            "Allowed: table, wjx, kobo, odk-central, surveycto, redcap, limesurvey, qualtrics, spss, microsoft-forms, "
            "google-forms, tencent-survey, tencent-docs, double-entry.",
        ),
        (
            "decision_term: spring",
            "decision_term: spring\n  smallest: 3",
            "plan: unknown key 'smallest'.",
            "Known: primary, decision_term, written, secondary, reliability_floor, subgroups.",
        ),
        (
            "outcome: ces-d.total",
            "outcome: ces-d",
            "primary[1].outcome: 'ces-d' has the wrong form.",
            "Write questionnaire.scale, e.g. ces-d.total.",
        ),
        (
            "smallest_worthwhile: 3",
            "smallest_worthwhile: -3",
            "primary[1].smallest_worthwhile: -3 is out of range.",
            "Allowed: 0 to ….",
        ),
        (
            'schema_version: "1.0"',
            "schema_version: 1.0",
            "schema_version: 1.0 is not allowed.",
            "Allowed: 1.0. Put quotes around it.",
        ),
    ],
)
def test_a_word_that_does_not_exist(refused, old, new, what, remedy):
    assert refused((old, new))[1:] == (what, remedy)


# --- columns ------------------------------------------------------------------------------------------------


def test_no_column_says_who_it_is(refused, line):
    where, what, remedy = refused((COLUMNS, "columns: {wave: wave, group: group}"))
    assert (what, remedy) == ("no participant column.", "Say which column identifies people.")
    assert where == line("columns: {wave: wave")


@pytest.mark.parametrize("columns", [f"wave: spring\n    {COLUMNS}", "columns: {participant: id, group: group}"])
def test_the_wave_of_a_file_is_given_once(refused, columns):
    assert refused((COLUMNS, columns))[1:] == (
        "the wave must be given once.",
        "Either wave: <id> for the whole file, or a wave column under columns.",
    )


@pytest.mark.parametrize(
    ("old", "new", "columns"),
    [
        (COLUMNS, "columns: {participant: id, wave: id, group: group}", "id"),
        (COLUMNS, "columns: {participant: q3, wave: wave, group: group}", "q3"),
        (COLUMNS, f"{COLUMNS}\n    ignore: [remark, q7, group]", "group, q7"),
        (COLUMNS, f"{COLUMNS}\n    ignore: [remark, remark]", "remark"),
        (COLUMNS, f"{COLUMNS}\n    totals: {{q20: ces-d.total}}", "q20"),
        ('columns: "q{n}"', f"columns: [{', '.join(f'q{n}' for n in range(1, 20))}, q19]", "q19"),
    ],
)
def test_a_column_with_two_meanings(refused, old, new, columns):
    assert refused((old, new))[1:] == (f"columns with more than one meaning: {columns}.", "Give each one meaning.")


def test_a_column_of_the_roster_with_two_meanings(refused):
    columns = "columns: {participant: id, group: id}, ignore: [age]"
    roster = f"roster: {{file: people.csv, reader: table, {columns}}}\n"
    assert refused(("sources:\n", roster + "sources:\n"))[1] == "columns with more than one meaning: id."


def test_a_roster_without_people(refused):
    roster = "roster: {file: people.csv, reader: table, columns: {group: g}}\n"
    assert refused(("sources:\n", roster + "sources:\n"))[1:] == (
        "the roster has no participant column.",
        "Name it under columns.",
    )


def test_meanings_for_a_column_that_was_not_named(refused):
    assert refused((COLUMNS, f"{COLUMNS}\n    values: {{site: {{a: north}}}}"))[1:] == (
        "values are given for 'site', which has no column.",
        "Name the column under columns.",
    )


@pytest.mark.parametrize("number", [19, 21])
def test_the_wrong_number_of_columns_for_the_items(refused, line, number):
    columns = f"columns: [{', '.join(f'q{n}' for n in range(1, number + 1))}]"
    where, what, remedy = refused(('columns: "q{n}"', columns))
    assert what == f"ces-d: {number} columns for 20 items."
    assert remedy == 'List one column for each item in printed order, or a pattern such as "q{n:02}".'
    assert where == line("ces-d: {columns")


@pytest.mark.parametrize("pattern", ["q", "q{i}", "q{N}", "q{n:2}", "q{n:002}", "q{n", "{}"])
def test_a_pattern_without_a_place_for_the_number(refused, pattern):
    _, what, remedy = refused(('columns: "q{n}"', f'columns: "{pattern}"'))
    assert what == f"ces-d: the pattern {pattern!r} has no place for the number of the item."
    assert remedy == 'Write {n} or, with leading zeros, {n:02}, as in "q{n:02}".'


@pytest.mark.parametrize(
    ("pattern", "first", "last"),
    [
        ("q{n}", "q1", "q20"),
        ("cesd{n:02}", "cesd01", "cesd20"),
        ("{n:03}_a", "001_a", "020_a"),
        ("題{n}", "題1", "題20"),
    ],
)
def test_a_pattern_is_spelled_out_with_the_printed_numbers(little, pattern, first, last):
    little.change('columns: "q{n}"', f'columns: "{pattern}"')
    columns = load(little).study.sources[0].instruments[0].columns
    assert (len(columns), columns[0], columns[-1]) == (20, first, last)


def test_answers_that_mean_codes_the_form_lacks(refused):
    answers = "columns: \"q{n}\", answers: {'1': 0, '2': 1, '3': 2, '4': 4, '5': 5}"
    assert refused(('columns: "q{n}"', answers))[1:] == (
        "ces-d: answers mean codes 4, 5.",
        "The form has: [0, 1, 2, 3].",
    )


def test_without_a_table_of_answers_the_file_itself_must_tell(little):
    assert load(little).study.sources[0].instruments[0].answers == {}


@pytest.mark.parametrize(
    "file",
    [
        "../other/answers.csv",
        "both/../../answers.csv",
        "/etc/passwd",
        "..",
        ".",
        "./answers.csv",
        "both//answers.csv",
        "both/",
        r"both\\answers.csv",
        "C:/answers.csv",
        "https://example.org/a.csv",
        "answers*.csv",
        r"both\n/../../answers.csv",
        "a\\tb.csv",
    ],
)
def test_a_file_outside_the_study_folder_is_refused(refused, file):
    _, what, remedy = refused(("file: both/answers.csv", f'file: "{file}"'))
    assert what.startswith("sources[1].file: ")
    assert what.endswith(" has the wrong form.")
    assert remedy == "A path below the study's folder, with / between folders and no '..'."


@pytest.mark.parametrize("file", ["answers.csv", "both/answers.v1..2.csv", "甲/乙 (1).csv", "a/b/c/d.csv"])
def test_a_file_inside_the_study_folder_is_accepted(little, file):
    little.change("file: both/answers.csv", f'file: "{file}"')
    assert load(little).study.sources[0].file == file


def test_a_roster_outside_the_study_folder_is_refused(refused):
    roster = "roster: {file: ../people.csv, reader: table, columns: {participant: id}}\n"
    assert refused(("sources:\n", roster + "sources:\n"))[1] == "roster.file: '../people.csv' has the wrong form."


# --- plan ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("second", [OUTCOME, "  secondary:\n" + OUTCOME])
def test_an_outcome_planned_twice(refused, second):
    assert refused((OUTCOME, OUTCOME + second))[1:] == ("outcome 'ces-d.total' is planned 2 times.", "Once.")


def test_a_plan_that_calls_harm_a_benefit(refused, line):
    where, what, remedy = refused(("better: lower", "better: higher"))
    assert what == "ces-d.total: the plan calls higher better, the questionnaire lower."
    assert remedy == "Correct the one that is wrong; a mistake here turns harm into benefit."
    assert where == line("better: higher")


def test_a_scale_without_a_good_direction_leaves_it_to_the_plan(little):
    form = little.root / "questionnaires" / "ces-d" / "ces-d.yaml"
    form.write_text(
        form.read_text(encoding="utf-8").replace("direction: higher_is_worse", "direction: none"), encoding="utf-8"
    )
    little.change("better: lower", "better: higher")
    assert load(little).study.plan.outcomes[0].better == "higher"


# --- publishing ---------------------------------------------------------------------------------------------


def test_single_children_are_never_drawn(refused, line):
    where, what, remedy = refused(
        ("round_to: 5}", 'round_to: 5, single_people: {allowed: true, reason: "they said yes"}}'),
        ("min_cell: 10", "min_cell: 1"),
        ("round_to: 5", "round_to: 1"),
    )
    assert what == "single children may not be drawn."
    assert remedy == "Set allowed: false; figures then show groups of at least min_cell."
    assert where == line("single_people")


def test_single_adults_are_not_drawn_where_small_cells_are_hidden(refused):
    _, what, remedy = refused(
        ("respondents: children", "respondents: adults"),
        ("round_to: 5}", 'round_to: 5, single_people: {allowed: true, reason: "public"}}'),
    )
    assert what == "a figure of single people would tell what the tables hide."
    assert remedy == "Set allowed: false, or min_cell: 1 if every row is public already."


def test_single_adults_may_be_drawn_where_every_row_is_public(little):
    little.change("respondents: children", "respondents: adults")
    little.change(
        "min_cell: 10, round_to: 5}", 'min_cell: 1, round_to: 1, single_people: {allowed: true, reason: "public"}}'
    )
    assert load(little).study.disclosure.single_people


def test_a_decision_against_single_people_may_be_written_down(little):
    little.change("round_to: 5}", 'round_to: 5, single_people: {allowed: false, reason: "they are children"}}')
    assert not load(little).study.disclosure.single_people


@pytest.mark.parametrize(("min_cell", "round_to"), [(6, 5), (12, 5), (3, 10)])
def test_a_smallest_cell_that_would_be_rounded_down(refused, line, min_cell, round_to):
    where, what, remedy = refused(("min_cell: 10, round_to: 5", f"min_cell: {min_cell}, round_to: {round_to}"))
    assert what == f"round_to {round_to} rounds the smallest count shown, {min_cell}, down."
    assert remedy == "Choose a min_cell that is a multiple of round_to, or round_to 1."
    assert where == line("round_to")


@pytest.mark.parametrize(
    ("min_cell", "round_to"), [("0", "5"), ("10", "0"), ("1000", "5"), ("10", "2.5"), ("-10", "5")]
)
def test_impossible_numbers_of_disclosure_control(refused, min_cell, round_to):
    refused(("min_cell: 10, round_to: 5", f"min_cell: {min_cell}, round_to: {round_to}"))


def test_a_language_named_twice(refused):
    assert refused(("languages: [en, zh-Hant, zh-Hans]", "languages: [en, zh-Hans, en]"))[1:] == (
        "languages named twice: en.",
        "Name each once.",
    )


# --- the file as a whole ------------------------------------------------------------------------------------


def test_a_study_is_named_like_its_folder(refused, line):
    where, what, remedy = refused(("study: little", "study: small"))
    assert (what, remedy) == ("study 'small' is not its folder.", "Expected 'little'.")
    assert where == line("study: small")


def test_many_mistakes_of_meaning_are_listed_at_once_in_the_order_of_the_file(little):
    little.change("study: little", "study: small")
    little.change("unit: participant", "unit: none")
    little.change("role: comparison", "role: programme")
    little.change(SPRING, SPRING + SPRING)
    little.change("informant: child", "informant: teacher")
    little.change(COLUMNS, "columns: {wave: wave, group: wave}")
    little.change("better: lower", "better: higher")
    little.change("decision_term: spring", "decision_term: summer")
    little.change("min_cell: 10", "min_cell: 7")
    assert [problem.what for problem in problems(little)] == [
        "study 'small' is not its folder.",
        "randomised, but nothing was assigned.",
        "wave 'spring' is named 2 times.",
        "columns with more than one meaning: wave.",
        "unknown informant: 'teacher'.",
        "no participant column.",
        "ces-d.total: the plan calls higher better, the questionnaire lower.",
        "unknown term: 'summer'.",
        "round_to 5 rounds the smallest count shown, 7, down.",
    ]


def test_many_mistakes_of_form_are_listed_at_once(little):
    little.change("kind: synthetic", "kind: fake")
    little.change("randomised: true", "randomised: yes")
    little.change("informants: [child]", "informants: child")
    little.change("min_cell: 10", 'min_cell: "10"')
    little.change("people: {identifiers: published_arbitrary}", "peple: {identifiers: published_arbitrary}")
    assert [problem.what for problem in problems(little)] == [
        "the file: missing: people.",
        "kind: 'fake' is not allowed.",
        "assignment.randomised: must be true or false.",
        "informants: must be a list.",
        "publish.min_cell: must be a whole number.",
        "unknown key 'peple'.",
    ]


def test_a_wrong_questionnaire_does_not_hide_what_is_wrong_in_the_study(little):
    form = little.root / "questionnaires" / "ces-d" / "ces-d.yaml"
    form.write_text(form.read_text(encoding="utf-8").replace(", reverse: true", ""), encoding="utf-8")
    little.change("decision_term: spring", "decision_term: summer")
    with pytest.raises(DefinitionError) as caught:
        load(little)
    first, *others = caught.value.problems
    assert first.what == "unknown term: 'summer'."
    assert others
    assert all(problem.where.startswith("questionnaires/ces-d/ces-d.yaml:") for problem in others)


def test_only_the_questionnaires_that_are_used_are_read(little):
    (little.root / "questionnaires" / "ahi" / "ahi.yaml").write_text("broken: [", encoding="utf-8")
    assert list(load(little).instruments) == ["ces-d"]


def test_a_message_is_complete(little):
    little.change("decision_term: spring", "decision_term: sprin")
    with pytest.raises(DefinitionError) as caught:
        load(little)
    assert str(caught.value) == (
        "data_raw/little/study.yaml:26: unknown term: 'sprin'.\n  Known: spring. Did you mean 'spring'?"
    )


def test_a_study_that_does_not_exist_is_refused_with_the_known_ones(little):
    for name in ("litle", "../little", "", "."):
        with pytest.raises(UnknownNames) as caught:
            load_study(name, workbench=Workbench(little.root))
        assert (caught.value.kind, caught.value.missing, caught.value.known) == ("study", (name,), ("little",))
        assert caught.value.exit_code == 2
    with pytest.raises(UnknownNames, match=r"Known: little\. Did you mean 'little'\?"):
        load_study("litle", workbench=Workbench(little.root))
