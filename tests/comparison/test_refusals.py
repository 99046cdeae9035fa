"""What a study cannot show is refused or toned down in a sentence: never p near 0, no traceback, nothing dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from eval_tools import open_study
from eval_tools.errors import DefinitionError
from eval_tools.reporting.language import catalogue

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
OUTCOME = "    - {outcome: ces-d.total, better: lower, smallest_worthwhile: 3}\n"
SPRING = '  - {id: spring, role: after, title: {en: "Spring", zh-Hant: "春季", zh-Hans: "春季"}}\n'


def later(row) -> bool:
    return row[1] == "spring"


def no_answers_after(rows):
    return [[*row[:3], *[""] * 20, *row[23:]] if later(row) else row for row in rows]


def all_alike(rows):
    return [[*row[:3], *[1] * 20, *row[23:]] for row in rows]


def all_alike_after(rows):
    return [[*row[:3], *[1] * 20, *row[23:]] if later(row) else row for row in rows]


def nobody_twice(rows):
    return [[f"{row[0]}-again" if later(row) else row[0], *row[1:]] for row in rows]


def one_arm_after(rows):
    return [row for row in rows if not (later(row) and row[2] == "comparison")]


@dataclass(frozen=True)
class Case:
    """A study that cannot show what it set out to show: its schools, what happened to its answers, the refusal."""

    schools: tuple[int, int] | None = (8, 6)  # None: people without schools
    happened: Callable[[list], list] = lambda rows: rows
    verdict: str = "no_claim"
    sentence: str = ""  # key of the sentence that the report must hold
    interval: bool = False  # whether the difference may have one
    how: dict = field(default_factory=dict)
    only_after: bool = False  # the teachers answered in spring only


CASES = {
    "one school in an arm": Case((1, 6), sentence="refused.one_site_in_an_arm"),
    "one school in the other arm": Case((6, 1), sentence="refused.one_site_in_an_arm"),
    "one school in an arm, by chance": Case((1, 6), sentence="refused.one_site_in_an_arm", how={"randomised": True}),
    "one school in each arm": Case((1, 1), sentence="refused.one_site_in_an_arm", how={"children": 40}),
    "one school in an arm, a large difference": Case(
        (1, 6), sentence="refused.one_site_in_an_arm", how={"children": 60, "effect": 9.0}
    ),
    "three schools": Case((2, 1), sentence="refused.one_site_in_an_arm"),
    "three schools and no comparison": Case((3, 0), sentence="refused.fewer_than_four_sites"),
    "five schools and no comparison": Case((5, 0), sentence="refused.too_few_sites_for_a_claim", interval=True),
    "two schools in each arm": Case((2, 2), sentence="refused.too_few_sites_for_a_claim", interval=True),
    "nobody answered twice": Case(happened=nobody_twice, sentence="refused.nobody_asked_twice"),
    "nobody answered twice, no comparison": Case((8, 0), happened=nobody_twice, sentence="refused.nobody_asked_twice"),
    "nobody answered twice, no schools": Case(None, happened=nobody_twice, sentence="status.suppressed"),
    "no answers after": Case(happened=no_answers_after, sentence="refused.nobody_asked_twice"),
    "no answers after, no schools": Case(None, happened=no_answers_after, sentence="status.suppressed"),
    "answers after in one arm only": Case(happened=one_arm_after, sentence="status.suppressed"),
    "answers after in one arm only, no schools": Case(None, happened=one_arm_after, sentence="status.suppressed"),
    "scores that do not vary": Case(happened=all_alike, verdict="unclear", sentence="status.no_variation"),
    "scores that do not vary, no comparison": Case(
        (8, 0), happened=all_alike, verdict="unclear", sentence="answer.changed.no_interval"
    ),
    "scores that do not vary, no schools": Case(None, happened=all_alike, sentence="status.no_variation"),
    "scores after that do not vary": Case(
        happened=all_alike_after, verdict="unclear", sentence="answer.difference.one.change", interval=True
    ),
    "an informant who answered only after": Case(sentence="people.only_after", only_after=True),
}


@pytest.fixture(scope="module")
def run(make_little):
    """Open the study of one case."""
    opened = {}

    def of(name):
        if name not in opened:
            case, bench = CASES[name], make_little()
            if case.only_after:
                bench.ask_several(*case.schools, teachers_only_after=True)
            elif case.schools is None:
                bench.write_answers(case.happened(bench.invent()))
            else:
                bench.go_to_school(*case.schools, **case.how)
                bench.write_school_answers(case.happened(bench.invent_schools(*case.schools, **case.how)))
            opened[name] = open_study("little", start=bench.root)
        return opened[name]

    return of


def contrast_of(case) -> str:
    return "change" if case.schools is not None and case.schools[1] == 0 else "difference"


def refused_outcome(run, case):
    return run.study.plan.outcomes[-1 if case.only_after else 0].id


@pytest.mark.parametrize("name", CASES)
def test_no_p_value_is_near_zero_and_no_interval_stands_on_nothing(run, name):
    case, found = CASES[name], run(name)
    results = found.results
    mine = results[(results["contrast"] == contrast_of(case)) & (results["outcome"] == refused_outcome(found, case))]
    assert not (results["p_value"] < 1e-6).any()
    assert not (mine["p_adjusted"] < 0.05).any()
    leading = mine[mine["role"].isin(["primary", "check"])]
    assert len(leading) >= 1
    if not case.interval:
        assert leading[["ci_low", "ci_high", "se"]].isna().all(axis=None)
        assert (leading["status"] != "estimated").all()
    if case.verdict == "no_claim":
        assert leading["p_value"].isna().all()


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_dropped_silently(run, name):
    case, found = CASES[name], run(name)
    contrast = contrast_of(case)
    planned = {(outcome.id, contrast) for outcome in found.study.plan.outcomes}
    assert {(row.outcome, row.contrast) for row in found.verdicts.itertuples()} == planned
    primary = found.results[found.results["role"] == "primary"]
    assert planned <= {(row.outcome, row.contrast) for row in primary.itertuples()}
    assert found.results["status"].ne("").all()
    unknown = found.results[found.results["estimate"].isna()]
    assert (unknown["status"] != "estimated").all()


@pytest.mark.parametrize("name", CASES)
def test_the_verdict_claims_nothing(run, name):
    case, found = CASES[name], run(name)
    verdict = found.verdicts.set_index("outcome").loc[refused_outcome(found, case)]
    assert (verdict["verdict"], verdict["certainty"]) == (case.verdict, "very_low")


def said(key: str, language: str) -> list[str]:
    """The parts of a sentence around its places."""
    sentence = catalogue(language)[key]
    parts, rest = [], sentence
    while "%(" in rest:
        part, _, rest = rest.partition("%(")
        parts.append(part)
        rest = rest.partition(")s")[2]
    return [part for part in (*parts, rest) if len(part) > 1]


@pytest.mark.parametrize("name", CASES)
def test_the_report_says_why_in_every_language(run, name):
    case, found = CASES[name], run(name)
    for language in LANGUAGES:
        report = open_study("little", language=language, start=found.workbench.root).report
        texts = []
        for block in report.blocks():
            if block.kind == "table":
                texts += [cell for row in block.rows for cell in row]
            else:
                texts += getattr(block, "items", ()) or [getattr(block, "text", "")]
        assert any(all(part in text for part in said(case.sentence, language)) for text in texts), language
        assert "nan" not in " ".join(texts).lower().split()


# --- plans ---------------------------------------------------------------------------------------------------

PLANS = {
    "an outcome named twice": (OUTCOME, OUTCOME + OUTCOME, "outcome 'ces-d.total' is planned 2 times."),
    "an outcome of both ranks": (
        "  decision_term: spring\n",
        f"  secondary:\n{OUTCOME}  decision_term: spring\n",
        "outcome 'ces-d.total' is planned 2 times.",
    ),
    "a wave named twice": (SPRING, SPRING + SPRING, "wave 'spring' is named 2 times."),
    "an unknown scale": ("ces-d.total, better", "ces-d.totl, better", "unknown scale of ces-d: 'totl'."),
    "an unknown questionnaire": ("ces-d.total, better", "cesd.total, better", "unknown questionnaire: 'cesd'."),
    "an unknown informant": (
        "ces-d.total, better",
        "ces-d.total, informant: techer, better",
        "unknown informant of ces-d: 'techer'.",
    ),
    "an unknown term": ("decision_term: spring", "decision_term: summer", "unknown term: 'summer'."),
    "no later wave": (SPRING, "", "no wave has the role 'after' or 'follow-up'."),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_that_cannot_be_followed_is_refused_with_a_remedy(little, name):
    old, new, what = PLANS[name]
    little.change(old, new)
    with pytest.raises(DefinitionError) as caught:
        open_study("little", start=little.root)
    problem = next(each for each in caught.value.problems if each.what == what)
    assert problem.remedy
    assert problem.where.startswith("data_raw/little/study.yaml:")


def test_a_comparison_named_twice_is_refused(little):
    group = next(
        line
        for line in (little.folder / "study.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
        if line.startswith("  comparison: ")
    )
    little.change(group, group + group)
    with pytest.raises(DefinitionError, match="comparison"):
        open_study("little", start=little.root)


def test_a_study_with_nothing_wrong_is_not_refused(little):
    found = open_study("little", start=little.root)
    row = found.results[found.results["role"].eq("primary") & found.results["contrast"].eq("difference")].iloc[0]
    assert row["status"] == "estimated"
    assert np.isfinite([row["ci_low"], row["ci_high"], row["p_value"]]).all()
