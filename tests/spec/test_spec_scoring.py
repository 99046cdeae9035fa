"""The rules of scoring, each as a drawn table: what children answered, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace

from eval_tools.instruments.instrument import Transform, ValidityGate, ZeroIf
from eval_tools.instruments.rule import parse_rule


def test_a_scale_is_the_sum_of_its_items_the_reversed_ones_turned_round(spec, scale, questionnaire):
    spec(
        questionnaire(scale("total", items="a b c"), reverse="c"),
        responses="""
            participant | a | b | c
            P1          | 0 | 0 | 0
            P2          | 1 | 2 | 3
            P3          | 3 | 3 | 0   """,
        scores="""
            participant | total | answered | status
            P1          |     3 |        3 | scored
            P2          |     3 |        3 | scored
            P3          |     9 |        3 | scored   """,
    )


def test_codes_that_begin_with_one_are_turned_round_within_one_to_five(spec, scale, questionnaire):
    spec(
        questionnaire(scale("total", items="a b"), reverse="b", codes="1 2 3 4 5"),
        responses="""
            participant | a | b
            P1          | 1 | 1
            P2          | 1 | 5
            P3          | 2 | 3   """,
        scores="""
            participant | total
            P1          |     6
            P2          |     2
            P3          |     5   """,
    )


def test_without_a_rule_for_missing_answers_every_item_is_needed(spec, scale, questionnaire):
    spec(
        questionnaire(scale("total", items="a b c d")),
        responses="""
            participant | a | b | c | d
            P1          | 1 | 1 | 1 | 1
            P2          | 1 | 1 | 1 |
            P3          |   |   |   |      """,
        scores="""
            participant | total | answered | status
            P1          |     4 |        4 | scored
            P2          |       |        3 | too_few_answers
            P3          |       |        0 | not_answered      """,
    )


def test_enough_answers_are_prorated_and_too_few_are_not_scored(spec, scale, questionnaire):
    spec(
        questionnaire(scale("total", items="a b c d", needs=3, fill="prorate_mean"), reverse="b"),
        responses="""
            participant | a | b | c | d
            P1          | 1 | 0 | 2 |
            P2          | 3 |   | 3 | 2
            P3          | 3 |   | 3 |
            P4          |   | 3 |   |       """,
        scores="""
            participant | total | answered | status
            P1          |     8 |        3 | prorated
            P2          | 10.666666666666666 | 3 | prorated
            P3          |       |        2 | too_few_answers
            P4          |       |        1 | too_few_answers   """,
    )


def test_a_mean_over_the_answered_items_is_prorated_too(spec, scale, questionnaire):
    spec(
        questionnaire(scale("belonging", items="a b c d", method="mean", needs=3, fill="prorate_mean"), reverse="b"),
        responses="""
            participant | a | b | c | d
            P1          | 3 | 1 | 3 |
            P2          | 3 |   |   |
            P3          | 3 | 1 | 3 | 1   """,
        scores="""
            participant | belonging          | status
            P1          | 2.6666666666666665 | prorated
            P2          |                    | too_few_answers
            P3          | 2.25               | scored            """,
    )


def test_halves_are_rounded_up_but_only_where_something_was_prorated(spec, scale, questionnaire):
    # five items, four answers: 2 becomes 2.5 and 6 becomes 7.5; Python's round would give 2 and 8
    spec(
        questionnaire(scale("total", items="a b c d e", needs=3, fill="prorate_mean", rounding="half_up")),
        responses="""
            participant | a | b | c | d | e
            P1          | 2 |   | 0 | 0 | 0
            P2          | 0 | 3 | 3 |   | 0
            P3          | 1 | 0 | 0 | 0 |
            P4          | 2 | 0 | 0 | 0 | 0   """,
        scores="""
            participant | total | status
            P1          |     3 | prorated
            P2          |     8 | prorated
            P3          |     1 | prorated
            P4          |     2 | scored    """,
    )


def test_a_missing_answer_counts_zero_where_the_manual_says_so(spec, scale, questionnaire):
    spec(
        questionnaire(scale("total", items="a b c", needs=2, fill="zero")),
        responses="""
            participant | a | b | c
            P1          | 2 | 3 |
            P2          | 2 |   |      """,
        scores="""
            participant | total | status
            P1          |     5 | prorated
            P2          |       | too_few_answers   """,
    )


def test_dont_know_is_on_the_form_and_does_not_count(spec, scale, questionnaire):
    spec(
        questionnaire(scale("total", items="a b c", needs=2, fill="prorate_mean"), reverse="c", not_counted="8 9"),
        responses="""
            participant | a | b | c
            P1          | 2 | 9 | 0
            P2          | 9 | 9 | 1
            P3          | 9 | 8 | 9
            P4          | 1 | 1 | 8   """,
        scores="""
            participant | total | answered | status
            P1          |   7.5 |        2 | prorated
            P2          |       |        1 | too_few_answers
            P3          |       |        0 | not_answered
            P4          |     3 |        2 | prorated          """,
    )


def test_every_form_of_a_person_is_scored_for_itself(spec, scale, questionnaire):
    spec(
        questionnaire(scale("total", items="a b")),
        responses="""
            participant | wave   | informant | a | b
            P1          | before | child     | 1 | 1
            P1          | after  | child     | 2 | 2
            P1          | before | teacher   | 3 |
            P2          | after  | child     | 0 | 0   """,
        scores="""
            participant | wave   | informant | total | status
            P1          | before | child     |     2 | scored
            P1          | after  | child     |     4 | scored
            P1          | before | teacher   |       | too_few_answers
            P2          | after  | child     |     0 | scored            """,
    )


def test_a_band_begins_at_its_line_and_nobody_without_a_score_is_in_one(spec, scale, questionnaire):
    spec(
        questionnaire(scale("total", items="a b c d", needs=3, fill="prorate_mean", line=6)),
        responses="""
            participant | a | b | c | d
            P1          | 3 | 2 | 0 | 0
            P2          | 3 | 3 | 0 | 0
            P3          | 3 | 1 | 0 |
            P4          | 3 | 3 |   |     """,
        scores="""
            participant | total              | band
            P1          | 5                  | below
            P2          | 6                  | above
            P3          | 5.333333333333333  | below
            P4          |                    |         """,
    )


def test_a_scale_without_a_scheme_has_no_bands(spec, scale, questionnaire):
    spec(
        questionnaire(scale("total", items="a b")),
        responses="""
            participant | a | b
            P1          | 3 | 3   """,
        scores="""
            participant | total | band
            P1          |     6 |        """,
    )


def test_a_scale_made_of_scales_counts_items_and_says_what_happened_below(spec, scale, questionnaire):
    spec(
        questionnaire(
            scale("first", items="a b c", needs=2, fill="prorate_mean"),
            scale("second", items="d e f", needs=2, fill="prorate_mean"),
            scale("total", of_scales="first second"),
        ),
        responses="""
            participant | a | b | c | d | e | f
            P1          | 1 | 1 | 1 | 2 | 2 | 2
            P2          | 1 | 1 |   | 2 | 2 | 2
            P3          | 1 | 1 | 1 | 2 |   |
            P4          | 1 |   |   | 2 |   |
            P5          |   |   |   |   |   |     """,
        scores="""
            participant | first | second | total | total.answered | total.status    | first.status
            P1          |     3 |      6 |     9 |              6 | scored          | scored
            P2          |     3 |      6 |     9 |              5 | prorated        | prorated
            P3          |     3 |        |       |              4 | too_few_answers | scored
            P4          |       |        |       |              2 | too_few_answers | too_few_answers
            P5          |       |        |       |              0 | not_answered    | not_answered      """,
    )


def test_a_count_says_how_many_answers_are_of_a_kind_and_any_whether_there_is_one(spec, scale, questionnaire):
    count = replace(scale("often", items="a b c", method="count"), count_when=parse_rule(">= 2"))
    spec(
        questionnaire(count, replace(count, id="ever", method="any")),
        responses="""
            participant | a | b | c
            P1          | 3 | 1 | 2
            P2          | 1 | 1 | 0
            P3          | 3 |   | 3   """,
        scores="""
            participant | often | ever | often.status    | ever.status
            P1          |     2 |    1 | scored          | scored
            P2          |     0 |    0 | scored          | scored
            P3          |       |      | too_few_answers | too_few_answers   """,
    )


def test_codes_may_be_worth_something_else_and_the_sum_multiplied(spec, scale, questionnaire):
    recoded = replace(
        scale("impact", items="a b"), value_map={0: 0, 1: 0, 2: 1, 3: 2}, transform=(Transform(multiply=10),)
    )
    spec(
        questionnaire(recoded),
        responses="""
            participant | a | b
            P1          | 1 | 1
            P2          | 2 | 3
            P3          | 3 | 3   """,
        scores="""
            participant | impact
            P1          |      0
            P2          |     30
            P3          |     40   """,
    )


def test_one_answer_may_say_that_there_is_nothing_to_count(spec, scale, questionnaire):
    gated = replace(scale("impact", items="b c"), zero_if=ZeroIf(item="a", equals=0))
    spec(
        questionnaire(scale("gate", items="a"), gated),
        responses="""
            participant | a | b | c
            P1          | 0 |   |
            P2          | 1 |   | 2
            P3          | 1 | 3 | 2   """,
        scores="""
            participant | impact | impact.status   | impact.answered
            P1          |      0 | scored          |               0
            P2          |        | too_few_answers |               1
            P3          |      5 | scored          |               2   """,
    )


def test_a_form_that_a_gate_voids_keeps_its_row_and_the_gates_own_score(spec, scale, questionnaire):
    gate = ValidityGate(
        id="lies",
        scale="lie",
        rule=parse_rule(">= 3"),
        pattern=None,
        action="void",
        report_both=True,
        why=None,
        status="verified",
    )
    form = questionnaire(scale("total", items="a b"), scale("lie", items="c"))
    spec(
        replace(form, validity=(gate,)),
        responses="""
            participant | a | b | c
            P1          | 1 | 1 | 0
            P2          | 1 | 1 | 3
            P3          | 1 |   | 3   """,
        scores="""
            participant | total | total.status    | lie | lie.status
            P1          |     2 | scored          |   0 | scored
            P2          |       | void            |   3 | scored
            P3          |       | too_few_answers |   3 | scored       """,
    )
