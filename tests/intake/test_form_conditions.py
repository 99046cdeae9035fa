"""Rules of relevance are data: what is understood decides, what is not decides nothing."""

from __future__ import annotations

import pytest

from eval_tools.intake.exports.conditions import checkbox_name, parse_condition

ANSWERS = {"sex": "f", "age": "9", "with": "mother other", "none": "", "c": "1", "k": "-666", "gym___0": "1"}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("${sex} = 'f'", True),
        ("${sex}='m'", False),
        ('${sex} != "m"', True),
        ("${none} != 'yes'", True),
        ("${none} = ''", True),
        ("${c} = 1", True),
        ("${none} = 1", False),
        ("${none} != 1", True),
        ("${age} < 10 and ${age} >= 9", True),
        ("${none} < 10", False),
        ("${k} = -666", True),
        ("selected(${with}, 'other')", True),
        ("selected(${with}, 'oth')", False),
        ("selected(${none}, 'other')", False),
        ("not(selected(${with}, 'other')) or ${sex} = 'f'", True),
        ("count-selected(${with}) > 1", True),
        ("${age} < (${c} + 3 * 2 + ${age} div 3)", True),
        ("${age} mod 2 = 1", True),
        ("true() and not(false())", True),
        ("[sex] = 'f'", True),
        ('[age] > "8" and [none] = ""', True),
        ("[gym(0)] = '1'", True),
        ("[sex] <> 'f'", False),
        ("${sex} = 'f' or ${sex} = 'm' and ${age} = 1", True),
    ],
)
def test_a_rule_is_told_as_the_platform_tells_it(rule, holds):
    assert parse_condition(rule).holds(ANSWERS) is holds


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("${gone} = 'x'", None),
        ("${gone} = 'x' and ${sex} = 'f'", None),
        ("${gone} = 'x' and ${sex} = 'm'", False),
        ("${gone} = 'x' or ${sex} = 'f'", True),
        ("not(${gone} = 'x')", None),
        ("selected(${gone}, 'x')", None),
    ],
)
def test_an_unknown_answer_decides_only_where_it_does_not_matter(rule, holds):
    assert parse_condition(rule).holds(ANSWERS) is holds


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "index() = 2",
        "${a} = ",
        "(${a} = 1",
        "${a} = 1)",
        "selected(${a})",
        "jr:itext('x')",
        "__import__('os').system('true')",
        "${a} = 1; ${b} = 2",
        "[baseline_arm_1][age] > 3",
        "datediff([a], 'today', 'd') > 3",
        "'unfinished",
        "(" * 5_000 + "1" + ")" * 5_000,
        "-" * 5_000 + "1",
        "1" + "+1" * 4_000,
        "x" * 20_000,
    ],
)
def test_what_is_not_understood_is_no_rule(rule):
    assert parse_condition(rule) is None


def test_a_long_chain_of_alternatives_is_told():
    rule = " or ".join(f"${{q}} = '{n}'" for n in range(500))
    assert parse_condition(rule).holds({"q": "499"}) is True
    assert parse_condition(rule).holds({"q": "500"}) is False


def test_the_minus_of_a_code_becomes_an_underscore_in_a_column():
    assert checkbox_name("meds", "-1") == "meds____1"
    assert parse_condition("[meds(-1)] = '1'").names == ("meds____1",)
