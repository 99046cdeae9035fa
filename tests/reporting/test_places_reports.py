"""Reports of stepped roll-outs and of several regions: what is said, what is refused, what is not published."""

import re

import pytest

from eval_tools.reporting.language import Words
from places_study import REGIONS, lie_in_regions, start_stepwise

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
every_language = pytest.mark.parametrize("language", LANGUAGES)
SLUG = "ces-d-total"
SIX_REGIONS = {
    name: [4 * i + j for j in range(4)] + [24 + 4 * i + j for j in range(4)] for i, name in enumerate(REGIONS)
}
DESIGNS = {
    "stepped": start_stepwise,
    "by chance": lambda bench: start_stepwise(bench, randomised=True),
    "no effect": lambda bench: start_stepwise(bench, effect=0.0, seed=5),
    "four sites": lambda bench: start_stepwise(bench, (1, 2, 3, 4)),
    "three sites": lambda bench: start_stepwise(bench, (1, 2, 4)),
    "all start": lambda bench: start_stepwise(bench, (1, 1, 1, 2, 2, 2, 3, 3)),
    "few children": lambda bench: start_stepwise(bench, children=3),
    "six regions": lambda bench: (bench.go_to_school(24, 24, effect=3.0), lie_in_regions(bench, SIX_REGIONS)),
    "three regions": lambda bench: (
        bench.go_to_school(11, 0, effect=3.0),
        lie_in_regions(bench, {"north": [0, 1, 2, 3], "east": [4, 5, 6, 7], "south": [8, 9, 10]}),
    ),
    "one small": lambda bench: (
        bench.go_to_school(13, 0, effect=3.0),
        lie_in_regions(bench, {"north": [0], "east": [1, 2, 3, 4], "south": [5, 6, 7, 8], "west": [9, 10, 11, 12]}),
    ),
}
STEPPED = [name for name in DESIGNS if "region" not in name and name != "one small"]


@pytest.fixture(scope="module")
def told(place_editions):
    """The report of one design in one language."""
    return lambda design, language="en": place_editions(design, DESIGNS[design], language)


def signed(value):
    """A number as a reader would write it down, independently of the package."""
    text = f"{abs(value):.1f}"
    return text if text == "0.0" else ("−" if value < 0 else "+") + text


def rows_of(edition, contrast):
    table = edition.run.material.results.data
    return table[table["contrast"] == contrast]


def main(edition):
    return rows_of(edition, "stepped")[lambda t: t["role"] == "primary"].iloc[0]


def chapter(edition, name):
    return next(c for c in edition.report.chapters if c.id == name)


# --- stepped -----------------------------------------------------------------------------------------------


@every_language
@pytest.mark.parametrize("design", STEPPED)
def test_a_stepped_study_never_says_that_it_has_no_comparison(told, design, language):
    edition, words = told(design, language), Words(language)
    text = edition.sentences()
    for key in ("answer.single_group", "compare.none", "sure.single", "box.design.single", "headline.all.single"):
        assert words(key) not in text
    assert words("stepped.design.chance" if design == "by chance" else "stepped.design.chosen") in text
    assert (words("stepped.not_randomised") in text) == (design != "by chance")


@every_language
def test_the_answer_gives_points_range_and_sites_and_the_table_the_time_since_the_start(told, language):
    edition, words = told("stepped", language), Words(language)
    row = main(edition)
    assert row["status"] == "estimated"
    triple = [signed(row[key]) for key in ("estimate", "ci_low", "ci_high")]
    answer = edition.report.block(f"stepped-answer-{SLUG}").text
    assert answer in edition.report.block("answer").items
    assert re.findall(r"[−+]\d+\.\d", answer) == triple
    assert re.search(r"(?<!\d)8 (sites|個地點|个地点)", answer)
    table = edition.report.block(f"compare-table-{SLUG}")
    assert [cells[0] for cells in table.rows] == [
        words("stepped.overall"),
        *(words("stepped.since", n=n) for n in (1, 2, 3)),
    ]
    assert [cells[1] for cells in table.rows] == ["6", "6", "4", "2"]
    assert edition.report.block("headline").text.startswith(words("stepped.headline.better_one"))
    assert len(edition.report.block(f"checks-{SLUG}").rows) == 2


@every_language
@pytest.mark.parametrize("design", ["stepped", "by chance"])
def test_the_certainty_stands_in_the_headline_and_only_starts_not_set_by_chance_lower_it(told, design, language):
    edition, words = told(design, language), Words(language)
    [row] = edition.run.material.verdicts.data.to_dict("records")
    assert words(f"certainty.{row['certainty']}") in edition.report.block("headline").text
    assert ("not_randomised" in row["reasons"]) == (design == "stepped")
    assert "single_group" not in row["reasons"]


@every_language
@pytest.mark.parametrize(
    ("design", "headline", "refused"),
    [
        ("no effect", "unclear_one", None),
        ("four sites", "no_claim", "too_few_for_a_claim"),
        ("three sites", "impossible", "too_few_sites"),
        ("all start", "better_one", "all_started"),
    ],
)
def test_what_is_refused_is_said_with_its_reason(told, design, headline, refused, language):
    edition, words = told(design, language), Words(language)
    assert edition.report.block("headline").text.startswith(words(f"stepped.headline.{headline}"))
    branch = edition.report.block("branch-1").text
    assert refused is None or words(f"stepped.refused.{refused}") in branch
    if design == "four sites":
        assert words("stepped.alone") in [cells[2] for cells in edition.report.block(f"compare-table-{SLUG}").rows]


@every_language
def test_numbers_about_few_children_are_not_published(told, language):
    edition, words = told("few children", language), Words(language)
    assert (rows_of(edition, "stepped")["status"] == "suppressed").all()
    assert words("stepped.answer.hidden", scale_name=words.within(_scale(edition))) in edition.sentences()
    assert f"compare-table-{SLUG}" not in [block.id for block in edition.report.blocks()]


def _scale(edition):
    return edition.run.instruments["ces-d"].scales["total"].title[edition.language]


@every_language
def test_p_values_of_the_starts_stand_in_the_annex_only(told, language):
    edition = told("stepped", language)
    rows = [cells for cells in edition.report.block("tests-table").rows if Words(language)("stepped.annex") in cells[0]]
    assert len(rows) == 2
    assert not re.search(r"\bp\b", edition.sentences(annex=False))


# --- regions -----------------------------------------------------------------------------------------------


@every_language
def test_every_region_has_a_row_and_five_or_more_are_summed_up_with_what_another_region_would_show(told, language):
    edition = told("six regions", language)
    table = edition.report.block(f"regions-table-{SLUG}-programme")
    titles = [each.title[language] for each in edition.run.study.regions.values()]
    assert [cells[0] for cells in table.rows] == titles
    assert {cells[1] for cells in table.rows} == {"8"}
    text = edition.report.block(f"regions-together-{SLUG}-programme").text
    rows = rows_of(edition, "region_difference").set_index("estimator")
    mean, another = rows.loc["regions_pooled_cautious"], rows.loc["regions_prediction"]
    told_numbers = re.findall(r"[−+]\d+\.\d", text)
    assert told_numbers == [
        *(signed(mean[key]) for key in ("estimate", "ci_low", "ci_high")),
        *(signed(another[key]) for key in ("ci_low", "ci_high")),
    ]
    assert [c.id for c in edition.report.chapters].index("regions") == 7


@every_language
def test_three_regions_are_shown_without_a_conclusion_and_the_one_without_a_range_is_named(told, language):
    edition, words = told("three regions", language), Words(language)
    text = edition.report.block(f"regions-together-{SLUG}-programme").text
    south = edition.run.study.regions["south"].title[language]
    assert words("regions.not_pooled", regions=south) in text
    assert len(re.findall(r"[−+]\d+\.\d", text)) == 3
    table = edition.report.block(f"regions-table-{SLUG}-programme")
    assert table.rows[2][-1] == words("regions.note.no_range")
    assert words("regions.change_only") in edition.report.block("regions-intro").text


@every_language
def test_a_region_of_one_school_is_not_published_nor_what_would_tell_it(told, language):
    edition, words = told("one small", language), Words(language)
    rows = rows_of(edition, "region_change")
    of = rows.set_index("subgroup")
    hidden = [name for name in ("north", "east", "south", "west") if of.loc[f"region:{name}", "status"] == "suppressed"]
    assert hidden[0] == "north"
    assert len(hidden) == 2
    assert of.loc[[f"region:{name}" for name in hidden], ["estimate", "ci_low", "n"]].isna().all(axis=None)
    assert (of.loc[["regions"], "status"] == "suppressed").all()
    table = edition.report.block(f"regions-table-{SLUG}-programme")
    assert [cells[3] == words("regions.hidden") for cells in table.rows].count(True) == 2
    assert words("regions.together_hidden", scale_name=words.within(_scale(edition))) in edition.sentences()


def test_no_school_is_named_anywhere(told):
    for design in DESIGNS:
        edition = told(design)
        assert "school-" not in edition.page
        for table in edition.run.material.tables:
            assert "school-" not in table.data.to_csv()


@every_language
def test_studies_without_regions_have_no_such_chapter(told, language):
    edition = told("stepped", language)
    assert "regions" not in [c.id for c in edition.report.chapters]
    assert rows_of(edition, "region_change").empty
