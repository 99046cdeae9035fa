"""A study says what a site is, and every sentence of its report says so."""

import re

import pytest

from eval_tools.errors import DefinitionError
from eval_tools.reporting.language import SITE_WORDS, Words
from eval_tools.runner.study_run import open_study
from places_study import lie_in_regions, start_stepwise

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
every_language = pytest.mark.parametrize("language", LANGUAGES)
SITE = re.compile(r"\bsites?\b|地點|地点", re.IGNORECASE)
SCHOOL = {"en": "school", "zh-Hant": "所學校", "zh-Hans": "所学校"}


def say(bench, word):
    bench.change("sources:\n", f"site_word: {word}\nsources:\n")


DESIGNS = {
    "schools compared": lambda bench: (bench.go_to_school(8, 6, effect=5.0), say(bench, "school")),
    "one school in an arm": lambda bench: (bench.go_to_school(1, 5), say(bench, "school")),
    "schools by chance": lambda bench: (bench.go_to_school(6, 6, randomised=True), say(bench, "school")),
    "schools start": lambda bench: (start_stepwise(bench), say(bench, "school")),
    "schools in regions": lambda bench: (
        bench.go_to_school(11, 0, effect=3.0),
        lie_in_regions(bench, {"north": [0, 1, 2, 3], "east": [4, 5, 6, 7], "south": [8, 9, 10]}),
        say(bench, "school"),
    ),
}


def told_in_words(told):
    """Every text of a report but the names of methods in RESULTS, which the annex prints as they are."""
    text = told.sentences()
    for method in told.run.material.results.data["method"].unique():
        text = text.replace(str(method), "")
    return text


@every_language
@pytest.mark.parametrize("design", DESIGNS)
def test_the_report_of_a_study_of_schools_speaks_of_schools_only(place_editions, design, language):
    text = told_in_words(place_editions(design, DESIGNS[design], language))
    assert [line for line in text.splitlines() if SITE.search(line)] == []
    assert SCHOOL[language] in text
    if language == "en":
        assert not re.search(r"(?<![\d.,])1 schools\b", text)
        assert not re.search(r"(?<![\d.,])(?:[2-9]|[1-9]\d+) school\b(?! averages)", text)
    else:
        assert not re.search("[個个]學?学?校", text), "schools are counted with their own word"


@every_language
def test_without_a_word_of_its_own_a_study_speaks_of_sites(place_editions, language):
    text = told_in_words(place_editions("sites", lambda bench: bench.go_to_school(8, 6, effect=5.0), language))
    assert SITE.search(text)
    assert SCHOOL[language] not in text


@pytest.mark.parametrize(
    ("language", "word", "one", "several"),
    [
        ("en", "site", "Based on 1 site; ", "Based on 8 sites; "),
        ("en", "school", "Based on 1 school; ", "Based on 8 schools; "),
        ("en", "village", "Based on 1 village; ", "Based on 8 villages; "),
        ("en", "centre", "Based on 1 centre; ", "Based on 8 centres; "),
        ("zh-Hant", "site", "依據 1 個地點；", "依據 8 個地點；"),
        ("zh-Hant", "school", "依據 1 所學校；", "依據 8 所學校；"),
        ("zh-Hant", "village", "依據 1 個村莊；", "依據 8 個村莊；"),
        ("zh-Hans", "school", "依据 1 所学校；", "依据 8 所学校；"),
        ("zh-Hans", "centre", "依据 1 个中心；", "依据 8 个中心；"),
    ],
)
def test_one_and_several_are_counted_as_the_language_does(language, word, one, several):
    words = Words(language, word)
    assert words("headline.basis_sites_hidden", n_sites="1", level="x").startswith(one)
    assert words("headline.basis_sites_hidden", n_sites="8", level="x").startswith(several)


def test_a_word_between_number_and_noun_keeps_both_in_agreement():
    said = {
        language: Words(language, "school")("branch.sites_few", sites_group="1", sites_reference="6")
        for language in LANGUAGES
    }
    assert "1 programme school with 6 other schools" in said["en"]
    assert "1 所介入學校與 6 所其他學校" in said["zh-Hant"]
    assert "1 所干预学校与 6 所其他学校" in said["zh-Hans"]
    assert Words("zh-Hant", "school")("refused.fewer_than_four_sites") == "不到四所學校，不給範圍。"
    assert Words("en", "village")("sites.label", number="3") == "Village 3"


def test_a_caller_that_gives_its_own_value_is_not_overruled():
    assert "x, y" in Words("en", "school")("sites.figure.alt", group="A", scale_name="s", sites="x, y")


def test_every_word_is_there_in_every_language():
    assert len({tuple(words) for words in SITE_WORDS.values()}) == 1
    assert set(SITE_WORDS) == set(LANGUAGES)


def test_a_word_that_is_not_known_is_refused(little):
    say(little, "hospital")
    with pytest.raises(DefinitionError, match="site, school, village, centre"):
        open_study("little", start=little.root)
