"""Reports of whole schools: few schools are said to be few, and every branch is explained in words."""

from __future__ import annotations

import re
from math import isfinite

import pytest

from eval_tools.comparison.estimators import ESTIMATORS
from eval_tools.reporting.language import Words

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
every_language = pytest.mark.parametrize("language", LANGUAGES)
OUTCOME, SLUG = "ces-d.total", "ces-d-total"
DESIGNS = {
    "compared": {"programme": 8, "comparison": 6},
    "helped": {"programme": 8, "comparison": 6, "effect": 5.0},
    "harmed": {"programme": 8, "comparison": 6, "effect": -5.0},
    "one against six": {"programme": 1, "comparison": 6, "children": 24, "effect": 5.0},
    "three against six": {"programme": 3, "comparison": 6, "effect": 5.0},
    "randomised": {"programme": 6, "comparison": 6, "effect": 5.0, "randomised": True},
    "few randomised": {"programme": 3, "comparison": 3, "effect": 5.0, "randomised": True},
    "single": {"programme": 8, "comparison": 0, "effect": 5.0},
    "single, five": {"programme": 5, "comparison": 0, "effect": 5.0},
    "single, three": {"programme": 3, "comparison": 0, "effect": 5.0},
    "two and one": {"programme": 2, "comparison": 1, "effect": 5.0},
}
WITH_COMPARISON = [name for name, how in DESIGNS.items() if how["comparison"]]


@pytest.fixture(scope="module")
def school(school_editions):
    """The report of one design in one language."""
    return lambda design, language="en": school_editions(language, **DESIGNS[design])


def results(edition, contrast="difference"):
    table = edition.run.material.results.data
    return table[table["contrast"] == contrast]


def primary(edition, contrast="difference"):
    mine = results(edition, contrast)
    return mine[mine["role"] == "primary"].iloc[0]


def answer(edition) -> str:
    return "\n".join([edition.report.block("headline").text, *edition.report.block("answer").items])


def level(edition) -> str:
    """How certain the only comparison is."""
    [word] = edition.run.material.verdicts.data["certainty"]
    return word


def claim(edition, told: str) -> str:
    """The first sentence of a headline about one programme group."""
    words, groups = Words(edition.language), edition.run.study.groups
    return words(
        f"headline.one.{told}",
        scale_name=words.within(edition.run.instruments["ces-d"].scales["total"].title[edition.language]),
        group=groups["programme"].title[edition.language],
        reference=groups["comparison"].title[edition.language],
    )


def signed(value: float) -> str:
    """A number as a reader would write it down, independently of the package."""
    text = f"{abs(value):.1f}"
    return text if text == "0.0" else ("−" if value < 0 else "+") + text


def numbers(text: str) -> list[str]:
    return re.findall(r"(?<![\d.])[−+]\d+\.\d+", text)


# --- what stands in the headline ------------------------------------------------------------------------


@every_language
@pytest.mark.parametrize("design", DESIGNS)
def test_schools_participants_and_certainty_stand_in_the_headline(school, design, language):
    told, words = school(design, language), Words(language)
    assert told.report.chapters[0].blocks[0].id == "headline"
    basis = re.split(r"(?<=[.。])\s*", told.report.block("headline").text.strip())[-2:]
    basis = "".join(basis)
    n_sites = DESIGNS[design]["programme"] + DESIGNS[design]["comparison"]
    changes = results(told, "change")[lambda t: t["role"] == "primary"].set_index("group")["n"]
    n = int(changes.get("all", changes["programme"]))
    assert re.findall(r"\d+", basis) == [str(n_sites), str(n)]
    level = told.run.material.verdicts.data["certainty"].iloc[0]
    assert words(f"certainty.{level}") in basis


@every_language
@pytest.mark.parametrize("design", DESIGNS)
def test_points_and_range_stand_in_the_headline_or_it_says_that_there_is_none(school, design, language):
    told = school(design, language)
    text = told.report.block("headline").text
    row = primary(told, "difference" if DESIGNS[design]["comparison"] else "change")
    with_interval = isfinite(row["ci_low"])
    expected = [signed(row[key]) for key in (("estimate", "ci_low", "ci_high") if with_interval else ("estimate",))]
    assert numbers(text) == expected
    none = {"en": "no range compatible", "zh-Hant": "無法給出與資料相容的範圍", "zh-Hans": "无法给出与数据相容的范围"}
    assert (none[language] in text) == (not with_interval)


@every_language
def test_the_number_of_schools_is_counted_among_those_who_answered_twice(school, language):
    told = school("compared", language)
    [row] = told.run.material.verdicts.data.to_dict("records")
    assert (row["sites_group"], row["sites_reference"]) == (8, 6)


@every_language
@pytest.mark.parametrize(
    ("design", "branch", "counted"),
    [
        ("compared", "sites_compared", [8, 6, 14]),
        ("three against six", "sites_few", [3, 6]),
        ("randomised", "sites_randomised", [6, 6, 12]),
        ("few randomised", "sites_randomised_few", [3, 3]),
        ("single", "sites_single", [8]),
    ],
)
def test_the_branch_is_explained_with_the_numbers_of_schools(school, design, branch, counted, language):
    told = school(design, language)
    assert list(told.run.material.verdicts.data["branch"]) == [branch]
    text = told.report.block("branch-1").text
    assert [int(n) for n in re.findall(r"\d+", text)] == counted
    first = next(c for c in told.report.chapters if c.id == "compare").blocks[0]
    assert first.id == "branch-1", "before any number of the chapter"


# --- enough schools: an interval by schools ----------------------------------------------------------------


@every_language
@pytest.mark.parametrize("design", ["compared", "helped", "harmed", "randomised"])
def test_enough_schools_get_an_interval_and_every_method_is_listed(school, design, language):
    told, words = school(design, language), Words(language)
    row = primary(told)
    assert row["status"] == "estimated"
    triple = [signed(row[key]) for key in ("estimate", "ci_low", "ci_high")]
    table = told.report.block(f"compare-table-{SLUG}")
    assert numbers(table.rows[0][2])[:3] == triple
    assert triple == numbers(next(item for item in told.report.block("answer").items if triple[0] in item))
    listed = told.report.block(f"checks-{SLUG}").rows
    asked = results(told)[lambda t: t["role"] != "detail"]
    assert len(asked) >= 4
    assert [row[2] for row in listed] == [words(f"method.{name}") for name in asked["estimator"]]
    assert [row[1] for row in listed] == [words(f"compare.role.{role}") for role in asked["role"]]
    assert set(asked["estimator"]) <= set(ESTIMATORS)
    assert listed[0][1] == words("compare.role.primary")
    assert numbers(listed[0][3]) == triple
    assert len({row[2] for row in listed}) == len(listed), "two methods under one name"


@every_language
def test_leaving_out_one_school_at_a_time_is_told_in_a_sentence(school, language):
    told = school("compared", language)
    [row] = results(told)[lambda t: t["estimator"] == "leave_one_site_out"].to_dict("records")
    text = told.report.block(f"left-out-{SLUG}-programme").text
    assert numbers(text) == [signed(row["ci_low"]), signed(row["ci_high"])]
    assert row["ci_low"] <= primary(told)["estimate"] <= row["ci_high"]


@every_language
def test_schools_that_were_not_randomised_are_compared_by_their_change(school, language):
    told, words = school("compared", language), Words(language)
    table = told.report.block(f"compare-table-{SLUG}")
    places = {
        "scale": told.run.instruments["ces-d"].scales["total"].title[language],
        "reference": told.run.study.groups["comparison"].title[language],
        "wave": words.within(told.run.study.waves["spring"].title[language]),
    }
    assert table.caption == words("compare.table.caption.change", **places)
    intro = told.report.block("compare-intro").text
    assert intro == words("compare.intro_one.change", reference=places["reference"])
    started_alike = {"en": "equal starting", "zh-Hant": "起始分相同", "zh-Hans": "起始分相同"}[language]
    assert started_alike not in answer(told)
    assert started_alike in answer(school("randomised", language))


@every_language
def test_an_effect_that_is_there_is_found_and_told(school, language):
    told = school("helped", language)
    assert told.report.block("headline").text.startswith(claim(told, f"better.{level(told)}"))
    assert told.run.material.verdicts.data["verdict"].tolist() == ["better"]
    row = primary(told)
    assert row["ci_high"] < -5, "ten points were put in"
    better = {"en": "was better in “Programme”", "zh-Hant": "比「對照組」更好", "zh-Hans": "比“对照组”更好"}[language]
    assert better in answer(told)


@every_language
def test_harm_is_told_in_the_same_place_and_as_plainly_as_benefit(school, language):
    good, bad = school("helped", language), school("harmed", language)
    assert bad.report.block("headline").text.startswith(claim(bad, f"worse.{level(bad)}"))
    assert bad.run.material.verdicts.data["verdict"].tolist() == ["worse"]

    def sentence(told):
        triple = [signed(primary(told)[key]) for key in ("estimate", "ci_low", "ci_high")]
        [(where, text)] = [(i, t) for i, t in enumerate(told.report.block("answer").items) if numbers(t) == triple]
        return where, text

    (where_good, text_good), (where_bad, text_bad) = sentence(good), sentence(bad)
    assert where_good == where_bad
    better, worse = {"en": ("better", "worse")}.get(language, ("更好", "更差"))
    assert re.sub(r"[−+]\d+\.\d", "#", text_bad) == re.sub(r"[−+]\d+\.\d", "#", text_good.replace(better, worse))


@every_language
def test_nothing_is_called_clear_where_nothing_was_put_in(school, language):
    told = school("compared", language)
    assert told.run.material.verdicts.data["verdict"].tolist() == ["unclear"]
    assert told.report.block("headline").text.startswith(claim(told, "unclear"))
    sentence = told.report.block("answer").items[1]
    cannot = {"en": "cannot be told whether", "zh-Hant": "資料不足以判斷", "zh-Hans": "数据不足以判断"}[language]
    assert cannot in sentence
    assert {"en": "does not show that", "zh-Hant": "這不表示", "zh-Hans": "这不表示"}[language] in sentence


# --- too few schools ---------------------------------------------------------------------------------------


@every_language
@pytest.mark.parametrize("design", ["one against six", "two and one"])
def test_one_school_in_an_arm_has_no_interval_no_p_value_and_a_refusal(school, design, language):
    told, words = school(design, language), Words(language)
    assert words("refused.one_site_in_an_arm") in told.report.block("branch-1").text
    difference = results(told)
    assert not difference[["ci_low", "ci_high", "p_value", "p_adjusted", "se"]].notna().any().any()
    assert {row["verdict"] for row in told.run.material.verdicts.data.to_dict("records")} == {"no_claim"}
    for row in told.report.block(f"compare-table-{SLUG}").rows:
        assert all(words("format.no_interval", estimate="") in cell for cell in row[2:]), row
    groups = told.run.study.groups
    against = groups["comparison"].title[language]
    compared = words("annex.difference_of", group=groups["programme"].title[language], reference=against)
    tests = [row[2:] for row in told.report.block("tests-table").rows if row[0].endswith(compared)]
    assert set(tests) == {("–", "–")}, "a p value between a school and schools"
    assert words("sure.clustered") in told.report.block("sure").items
    places = {"scale_name": words.within(told.run.instruments["ces-d"].scales["total"].title[language])}
    places |= {"reference": against, "reason": words("status.needs_sites")}
    assert words("answer.difference.none", **places) in told.report.block("answer").items
    assert told.report.block("headline").text.startswith(claim(told, "no_claim"))
    picture = told.report.block(f"forest-{SLUG}").drawing
    assert picture.caption == words("compare.figure.caption_plain")


@every_language
@pytest.mark.parametrize("design", ["three against six", "few randomised"])
def test_three_schools_in_an_arm_get_an_interval_but_nothing_is_called_clear(school, design, language):
    told, words = school(design, language), Words(language)
    row = primary(told)
    assert isfinite(row["ci_low"])
    assert row["ci_high"] < 0, "a large effect was put in; even so"
    assert words("refused.too_few_sites_for_a_claim") in told.report.block("branch-1").text
    assert told.run.material.verdicts.data["verdict"].tolist() == ["no_claim"]
    assert not isfinite(row["p_value"])
    assert not isfinite(row["p_adjusted"])
    assert told.report.block("headline").text.startswith(claim(told, "no_claim"))
    reasons = told.report.block("certainty-table").rows[0][2]
    assert words("reason.few_sites") in reasons


@every_language
@pytest.mark.parametrize("design", WITH_COMPARISON)
def test_the_sentence_on_what_clear_means_is_true_in_every_branch(school, design, language):
    told = school(design, language)
    row = primary(told)
    leaves_out_zero = row["ci_low"] > 0 or row["ci_high"] < 0
    called_clear = told.run.material.verdicts.data["verdict"].iloc[0] in ("better", "worse")
    assert leaves_out_zero or not called_clear
    every = {"en": "no check contradicts", "zh-Hant": "檢核的結果不相左", "zh-Hans": "核查的结果不相左"}[language]
    assert every in told.report.block("compare-intro").text, "the range of one method alone is not enough"


# --- a single group of schools -----------------------------------------------------------------------------


@every_language
def test_a_single_group_of_schools_has_a_change_by_schools_and_no_effect(school, language):
    told, words = school("single", language), Words(language)
    row = primary(told, "change")
    assert row["estimator"] == "cr2_change"
    assert numbers(told.report.block("answer").items[0]) == [signed(row[k]) for k in ("estimate", "ci_low", "ci_high")]
    text = told.report.block("branch-1").text
    assert {"en": "change, not effect", "zh-Hant": "是變化，不是效果", "zh-Hans": "是变化，不是效果"}[language] in text
    assert words("answer.single_group") in told.report.block("answer").items
    certainty = told.report.block("certainty-table")
    assert certainty.caption == words("certainty.caption_single")
    assert certainty.rows[0][1] == words("certainty.very_low"), "whatever p"
    assert words("reason.single_group") in certainty.rows[0][2]
    assert not [b.id for b in told.report.blocks() if b.id.startswith(("forest", "compare-table", "checks", "left"))]


@every_language
def test_five_schools_alone_get_an_interval_without_a_claim_and_three_get_none(school, language):
    words = Words(language)
    five, three = school("single, five", language), school("single, three", language)
    assert isfinite(primary(five, "change")["ci_low"])
    assert words("refused.too_few_sites_for_a_claim") in five.report.block("branch-1").text
    assert not isfinite(primary(three, "change")["ci_low"])
    assert words("refused.fewer_than_four_sites") in three.report.block("branch-1").text
    assert words("answer.changed.no_interval") in three.report.block("answer").items[0]
    for told in (five, three):
        assert not isfinite(primary(told, "change")["p_value"])
        assert told.run.material.verdicts.data["verdict"].tolist() == ["no_claim"]


# --- every report of schools -------------------------------------------------------------------------------


@every_language
@pytest.mark.parametrize("design", DESIGNS)
def test_a_report_of_schools_names_no_school_and_fills_every_place(school, design, language):
    told = school(design, language)
    assert "school-" not in told.page
    text = told.sentences()
    assert not re.search(r"\bnan\b|\binf\b|None|%\(", text)
    assert not re.search(r"[（(]–|–[）)]|[–-] (to|至) [–-]", text), "half a range"


@every_language
@pytest.mark.parametrize("design", DESIGNS)
def test_reasons_stand_beside_every_certainty_and_the_rule_below(school, design, language):
    told, words = school(design, language), Words(language)
    table = told.report.block("certainty-table")
    for row, verdict in zip(table.rows, told.run.material.verdicts.data.to_dict("records"), strict=True):
        codes = verdict["reasons"].split(", ")
        assert row[1] == words(f"certainty.{verdict['certainty']}")
        assert row[2] == words.clauses([words(f"reason.{code}") for code in codes])
    ids = [block.id for block in next(c for c in told.report.chapters if c.id == "sure").blocks]
    assert ids == ["certainty-table", "certainty-rule", "sure"]
    assert words("annex.sites") == told.report.block("methods-sites").text


def test_a_reliability_among_schools_has_no_interval(school):
    words = Words("en")
    for row in school("helped").report.block("reliability-table").rows:
        assert words("format.no_interval", estimate="") in " ".join(row)


def test_whole_sites_that_nobody_named_are_only_described(little, edition):
    little.change("{unit: participant, randomised: true}", "{unit: site, randomised: true}")
    for language in LANGUAGES:
        words, told = Words(language), edition(language)
        assert words("refused.sites_unknown") in told.report.block("branch-1").text
        assert not results(told)[["ci_low", "p_value"]].notna().any().any()
        assert told.run.material.verdicts.data["verdict"].tolist() == ["no_claim"]
        assert "methods-sites" not in [block.id for block in told.report.blocks()]


def test_schools_too_small_to_be_told_are_not_told_by_any_verdict(little, edition):
    little.go_to_school(4, 4, children=2, effect=9.0)
    for language in LANGUAGES:
        words, told = Words(language), edition(language)
        assert told.run.material.verdicts.data["verdict"].tolist() == ["no_claim"]
        assert results(told)["estimate"].isna().all()
        assert not [b.id for b in told.report.blocks() if b.id.startswith(("forest", "left-out"))]
        assert told.report.block("headline").text.startswith(claim(told, "unknown"))
        assert words("status.suppressed") in answer(told)


# --- people without sites ----------------------------------------------------------------------------------


def test_people_without_sites_have_one_method_and_no_table_of_checks(edition):
    for language in LANGUAGES:
        words, report = Words(language), edition(language).report
        assert report.block("branch-1").text == words("branch.people_randomised")
        ids = [block.id for block in report.blocks()]
        assert "methods-sites" not in ids
        assert not [name for name in ids if name.startswith("left-out")]
        rows = report.block(f"checks-{SLUG}").rows
        assert [row[2] for row in rows] == [words("method.ancova_hc3"), words("method.change_difference")]


@every_language
def test_the_real_trial_explains_its_branch_once_and_rates_every_comparison(woodworth, language):
    told, words = woodworth["posttest", language], Words(language)
    assert [b.id for b in told.report.blocks() if b.id.startswith("branch-")] == ["branch-1"]
    assert told.report.block("branch-1").text == words("branch.people_randomised")
    rows = told.report.block("certainty-table").rows
    assert len(rows) == 6
    assert all(words("reason.plan_not_locked") in row[2] for row in rows)
    worst = min(told.run.material.verdicts.data["certainty"], key=["very_low", "low", "moderate", "high"].index)
    assert told.report.block("headline").text.rstrip(".。").endswith(words(f"certainty.{worst}"))
