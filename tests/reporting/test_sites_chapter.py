"""The chapter on sites: no site is recognised, nothing is said of too few, and the words follow the numbers."""

from __future__ import annotations

import csv
import re
from math import isfinite

import pytest

from eval_tools.reporting.chapters.single import shares_sentence
from eval_tools.reporting.chapters.sites import sentence
from eval_tools.reporting.language import Words
from eval_tools.reporting.material import Desk

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
every_language = pytest.mark.parametrize("language", LANGUAGES)
SLUG = "ces-d-total"
COMPARED = {"programme": 8, "comparison": 6, "effect": 5.0}
SINGLE = {"programme": 12, "comparison": 0, "effect": 2.0, "children": 24}
FEW = {"programme": 4, "comparison": 5, "children": 40}


def released(told):
    return told.run.material.sites.data


def signed(value: float) -> str:
    text = f"{abs(value):.1f}"
    return text if text == "0.0" else ("−" if value < 0 else "+") + text


def numbers(text: str) -> list[str]:
    return re.findall(r"(?<![\d.])[−+]?\d+\.\d+", text)


@every_language
@pytest.mark.parametrize("design", [COMPARED, SINGLE], ids=["compared", "single"])
def test_the_sentence_holds_the_spread_and_the_prediction_that_are_released(school_editions, design, language):
    told = school_editions(language, **design)
    pooled = released(told).query("site == 'all'").set_index("estimator")
    text = told.report.block(f"sites-text-{SLUG}").text
    spread, following = pooled.loc["site_spread"], pooled.loc["prediction"]
    assert spread["p_value"] < 0.05
    assert numbers(text) == [
        *(f"{spread[key]:.1f}" for key in ("estimate", "ci_low", "ci_high")),
        *(signed(following[key]) for key in ("ci_low", "ci_high")),
    ]
    assert str(design["programme"]) in text


@every_language
def test_the_table_lists_sites_in_the_order_of_their_estimates_then_mean_next_one_and_spread(school_editions, language):
    told, words = school_editions(language, **COMPARED), Words(language)
    rows = told.report.block(f"sites-table-{SLUG}").rows
    single = released(told).query("site != 'all'")
    assert [row[0] for row in rows] == [
        *(words("sites.label", number=i) for i in range(1, 9)),
        *(words(f"sites.{name}") for name in ("mean", "next", "sd")),
    ]
    for row, found in zip(rows, single.to_dict("records"), strict=False):
        assert numbers(row[2]) == [signed(found[key]) for key in ("estimate", "ci_low", "ci_high")]
    assert single["estimate"].is_monotonic_increasing


@every_language
@pytest.mark.parametrize("design", [COMPARED, SINGLE, FEW], ids=["compared", "single", "few"])
def test_no_site_is_named_anywhere_in_the_report_or_its_tables(school_editions, design, language):
    told = school_editions(language, **design)
    names = set(told.run.participants["site"])
    assert len(names) > 5
    published = told.page + "".join(table.data.to_csv() for table in told.run.material.tables)
    assert not [name for name in names if name in published]


@every_language
def test_fewer_than_five_sites_are_listed_without_a_word_on_another_one(school_editions, language):
    told, words = school_editions(language, **FEW), Words(language)
    text = told.report.block(f"sites-text-{SLUG}").text
    assert text == words(
        "sites.few",
        scale=told.run.instruments["ces-d"].scales["total"].title[language],
        group=told.run.study.groups["programme"].title[language],
        fewest=5,
    )
    rows = told.report.block(f"sites-table-{SLUG}").rows
    assert len(rows) == 4
    drawing = told.report.block(f"sites-{SLUG}").drawing
    assert words("sites.next") not in drawing.alt
    assert drawing.caption == words("sites.figure.caption_plain", level=words.level(0.95))


@every_language
def test_sites_that_cannot_be_told_from_chance_are_not_called_alike(school_editions, language):
    told, words = school_editions(language, **COMPARED), Words(language)
    rows = {row["estimator"]: row for row in released(told).query("site == 'all'").to_dict("records")}
    single = released(told).query("site != 'all'").to_dict("records")
    rows["site_spread"] = rows["site_spread"] | {"p_value": 0.4}
    text = sentence(Desk(told.run.material, language), told.run.study.plan.outcomes[0], single, rows)
    says = {
        "en": "does not show that the sites are alike",
        "zh-Hant": "不表示各地點相同",
        "zh-Hans": "不表示各地点相同",
    }
    assert says[language] in text
    low, high = (signed(rows["prediction"][key]) for key in ("ci_low", "ci_high"))
    reference = told.run.study.groups["comparison"].title[language]
    assert text.endswith(words("sites.prediction.site_difference", low=low, high=high, reference=reference))


@every_language
def test_hidden_sites_are_counted_and_their_numbers_are_nowhere(little, edition, language):
    little.go_to_school(8, 6, effect=5.0, children=24)
    with little.answers.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    kept = [row for row in rows if not (row[-1] == "school-03" and int(row[0][-3:]) >= 5)]
    with little.answers.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *kept])
    told = edition(language)
    text = told.report.block(f"sites-text-{SLUG}").text
    assert Words(language)("sites.hidden", n_hidden=2) in text
    assert set(released(told)["n_hidden"]) == {2}
    listed = told.report.block(f"sites-table-{SLUG}").rows
    assert len(listed) == 6 + 3
    inside = told.run.results.query("contrast == 'site_difference' and site == 'school-03'").iloc[0]
    assert isfinite(inside["estimate"])
    assert signed(inside["estimate"]) not in {numbers(row[2])[0] for row in listed[:6]}


def test_a_study_without_sites_says_so_and_draws_nothing(edition):
    told = edition()
    chapter = told.report.chapter("sites")
    assert [block.id for block in chapter.blocks] == ["sites-none"]
    assert told.run.material.sites is None
    assert told.run.show_chapter("sites").blocks == chapter.blocks


@every_language
def test_the_figures_of_sites_and_balance_are_told_in_words(school_editions, language):
    told = school_editions(language, **COMPARED)
    alt = told.report.block(f"sites-{SLUG}").drawing.alt
    for row in released(told).query("site != 'all'").to_dict("records"):
        assert signed(row["estimate"]) in alt
    g = told.run.material.results.data.query("contrast == 'baseline'").set_index("estimator")["estimate"]
    assert re.findall(r"[−+]\d\.\d\d", told.report.block("love").drawing.alt) == [
        ("−" if g[name] < 0 else "+") + f"{abs(g[name]):.2f}" for name in ("people_g", "sites_g")
    ]


# --- shares of people --------------------------------------------------------------------------------------


@every_language
def test_shares_stand_beside_those_of_the_comparison_group(school_editions, language):
    told = school_editions(language, **FEW)
    shares = told.run.material.shares.data.set_index(["group", "estimator"])["estimate"]
    [text] = shares_sentence(Desk(told.run.material, language), told.run.study.plan.outcomes[0])
    expected = [
        f"{100 * shares[group, name]:.0f}"
        for group in ("programme", "comparison")
        for name in ("share_improved", "share_worse")
    ]
    assert [n for n in re.findall(r"\d+", text) if n != "100"] == expected


@every_language
def test_hidden_shares_are_called_hidden_and_no_percentage_is_given(school_editions, language):
    told, words = school_editions(language, **COMPARED), Words(language)
    [text] = shares_sentence(Desk(told.run.material, language), told.run.study.plan.outcomes[0])
    title = told.run.instruments["ces-d"].scales["total"].title[language]
    assert text == words("single.shares.hidden", scale=title, group=told.run.study.groups["programme"].title[language])
    first = told.report.block(f"classes-{SLUG}").rows[0]
    assert not [cell for cell in first if "%" in cell]


@every_language
def test_the_table_of_classes_has_an_interval_where_a_share_is_released(school_editions, language):
    told, words = school_editions(language, **FEW), Words(language)
    shares = told.run.material.shares.data.set_index(["group", "estimator"])
    row = told.report.block(f"classes-{SLUG}").rows[0]
    for cell, name in ((row[1], "share_improved"), (row[3], "share_worse")):
        found = shares.loc["programme", name]
        for key in ("estimate", "ci_low", "ci_high"):
            assert words.percent(found[key]) in cell
    assert row[2].count("%") == 1, "who stayed has a share and no interval"
