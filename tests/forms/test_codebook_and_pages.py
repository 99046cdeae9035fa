"""Codebooks, the same facts for machines, pages, catalogues, and files without live formulas."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from types import MappingProxyType
from xml.etree import ElementTree

import opencc
import pytest

from eval_tools.forms.catalogue import list_entries, show, summarise_warnings, warnings_for
from eval_tools.forms.codebook import (
    codebook_file,
    ddi_codebook,
    render_codebook,
    score_schema,
    table_schema,
    write_codebook,
)
from eval_tools.forms.pages import write_pages
from eval_tools.forms.words import LANGUAGES, FormWords, catalogue
from eval_tools.instruments.instrument import AskedIf
from eval_tools.instruments.rule import parse_rule

DDI = "{ddi:codebook:2_5}"
PLACE = re.compile(r"%\((\w+)\)s")
VOID = {"meta", "br", "hr", "link", "img", "input"}


class Tags(HTMLParser):
    """Every tag that is opened is closed, in order."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.outside = [], [], []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.ids += [named["id"]] if "id" in named else []
        self.outside += [v for k, v in attrs if k in ("src", "href") and re.match(r"https?:|//", v or "")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


# --- codebook --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_codebook_is_a_whole_page_that_asks_for_nothing_from_outside(library, wordings_of, language):
    for instrument in library.values():
        page = render_codebook(write_codebook(instrument, wordings_of(instrument)[language]))
        tags = Tags()
        tags.feed(page)
        assert tags.open == []
        assert len(tags.ids) == len(set(tags.ids))
        assert tags.outside == []
        assert f'lang="{language}"' in page
        for other in LANGUAGES:
            assert (codebook_file(instrument.id, other) in page) == (other != language)


def test_a_codebook_escapes_what_comes_from_a_definition(example, wordings_of):
    odd = replace(example, edition='<script>alert("x")</script>')
    page = render_codebook(write_codebook(odd, wordings_of(odd)["en"]))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_codebook_names_every_item_scale_and_withheld_element(library, wordings_of):
    instrument = library["sdq-s"]
    page = render_codebook(write_codebook(instrument, wordings_of(instrument)["en"]))
    for name in (*instrument.items, *instrument.scales, *instrument.unverified):
        assert name in page
    assert "5, 7r, 12, 18, 22" in page


def test_an_unverified_band_is_named_and_not_given(library, wordings_of):
    found = [
        (instrument, scale, scheme)
        for instrument in library.values()
        for scale in instrument.scales.values()
        for scheme in scale.band_schemes.values()
        if scheme.status == "unverified"
    ]
    assert found
    for instrument, scale, scheme in found:
        book = write_codebook(instrument, wordings_of(instrument)["en"])
        table = next(chapter for chapter in book.chapters if chapter.id == "bands").tables[0]
        row = next(row for row in table.rows if row[:2] == (scale.id, scheme.id))
        assert row[3] == "–"
        assert row[4] == "not verified"


def test_ddi_has_a_variable_for_every_item_and_scale_with_codes_and_three_languages(library, wordings_of):
    for instrument in library.values():
        root = ElementTree.fromstring(ddi_codebook(instrument, wordings_of(instrument)))
        assert root.tag == f"{DDI}codeBook"
        names = [variable.get("name") for variable in root.iter(f"{DDI}var")]
        assert names == [*instrument.items, *(f"score_{scale}" for scale in instrument.scales)]
        ids = [element.get("ID") for element in root.iter() if element.get("ID")]
        assert len(ids) == len(set(ids))
        for variable in root.iter(f"{DDI}var"):
            languages = [
                label.get("{http://www.w3.org/XML/1998/namespace}lang") for label in variable.findall(f"{DDI}labl")
            ]
            assert languages == list(LANGUAGES)
            if variable.get("name") in instrument.items:
                codes = [int(value.text) for value in variable.iter(f"{DDI}catValu")]
                assert codes == list(instrument.items[variable.get("name")].responses.codes)


def test_the_table_schema_allows_the_codes_of_the_form_and_no_others(library, wordings_of):
    instrument = library["ces-d"]
    schema = table_schema(instrument, wordings_of(instrument))
    fields = {field["name"]: field for field in schema["fields"]}
    assert set(fields) == {"participant", *instrument.items}
    assert fields["cesd01"]["constraints"] == {"enum": [0, 1, 2, 3]}
    assert fields["cesd01"]["categories"][3]["label"] == "Most or all of the time (5–7 days)"
    scores = {field["name"]: field for field in score_schema(instrument)["fields"]}
    assert scores["total"]["constraints"] == {"minimum": 0, "maximum": 60}


# --- pages -----------------------------------------------------------------------------------------------------


def test_the_pages_in_docs_are_those_the_definitions_give(library, root):
    folder = root / "docs" / "questionnaires"
    kept = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    made = write_pages(library)
    stale = sorted(name for name in made if kept.get(name) != made[name])
    assert stale == [], "run: eval-tools questionnaires docs"
    assert sorted(kept) == sorted(made)


def test_a_page_says_what_is_verified_and_by_whom(example):
    page = write_pages({"x": example})["x.md"]
    assert "Nobody has compared the key with the paper form" in page
    checked = write_pages({"x": replace(example, checked_by="data steward, 2026-11")})["x.md"]
    assert "compared with the paper form in hand: data steward, 2026-11." in checked


def test_a_table_on_a_page_is_not_broken_by_what_stands_in_it(example):
    odd = replace(example, edition="a | b <i>c</i>\nd_e")
    page = write_pages({"x": odd})["x.md"]
    assert r"a \| b &lt;i>c&lt;/i> d\_e" in page


# --- list, show, warnings --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_questionnaire_can_be_listed_and_shown(library, language):
    entries = list_entries(library, language)
    assert [entry.id for entry in entries] == sorted(library)
    assert all(entry.title and entry.licence and entry.standing for entry in entries)
    for instrument in library.values():
        text = show(instrument, language)
        assert instrument.citation in text
        assert all(f"  {scale}: " in text for scale in instrument.scales)


def test_an_unverified_number_is_not_shown_as_the_minutes(library):
    assert all(entry.minutes == "–" for entry in list_entries(library, "en") if library[entry.id].minutes is None)


def test_warnings_name_what_one_must_know_before_use(library, wordings_of):
    said = "\n".join(map(str, warnings_for(library["sdq-s"], wordings_of(library["sdq-s"]))))
    for part in ("nobody has compared the key", "not verified", "under 11", "electronic version", "items have no text"):
        assert part in said
    assert "on the same day" in "\n".join(map(str, warnings_for(library["phq-9"])))
    assert "wording missing in en, zh-Hant, zh-Hans" in summarise_warnings(
        library["sdq-s"], wordings_of(library["sdq-s"])
    )


def test_a_form_for_the_youngest_has_no_warning_of_age(example):
    assert not any("meant for children" in str(w) for w in warnings_for(replace(example, age_years=(6, 12))))
    assert any("from 9 years" in str(w) for w in warnings_for(example))


def test_a_checked_and_verified_form_has_no_warning_of_standing(example):
    assert warnings_for(replace(example, checked_by="somebody", age_years=(6, 12))) == ()


# --- catalogues ------------------------------------------------------------------------------------------------


def test_the_catalogues_have_the_same_keys_and_places():
    english = catalogue("en")
    for language in LANGUAGES[1:]:
        other = catalogue(language)
        assert set(other) == set(english)
        for key, sentence in other.items():
            assert sorted(PLACE.findall(sentence)) == sorted(PLACE.findall(english[key])), key


def test_simplified_sentences_hold_no_traditional_characters_and_the_other_way_round():
    to_simplified, to_traditional = opencc.OpenCC("t2s"), opencc.OpenCC("s2tw")
    for key, sentence in catalogue("zh-Hans").items():
        assert to_simplified.convert(sentence) == sentence or key == "language.zh-Hant", key
    both_ways = str.maketrans("", "", "只後里布面制系表準台才吃升回游周徵證裡只")
    for key, sentence in catalogue("zh-Hant").items():
        plain = sentence.translate(both_ways)
        assert to_traditional.convert(plain) == plain or to_simplified.convert(plain) != plain, key


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_chinese_sentences_hold_none_of_the_words_that_label_or_rank(language):
    refused = ("問題兒童", "问题儿童", "異常", "异常", "高危學生", "高危学生", "達標率", "达标率", "顯著", "显著")
    for key, sentence in catalogue(language).items():
        assert not any(word in sentence for word in refused), key


def test_every_sentence_is_used(root):
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for path in [
            *(root / "src/eval_tools/forms").rglob("*.py"),
            *(root / "src/eval_tools/forms/templates").glob("*"),
            root / "src/eval_tools/runner/questionnaires.py",
        ]
    )
    composed = set(re.findall(r'f"([a-z_.]+)\.\{', source)) | set(re.findall(r'counted\(f?"([a-z_.]+)\.\{', source))
    unused = [
        key
        for key in catalogue("en")
        if f'"{key}"' not in source and not any(key.startswith(f"{start}.") for start in composed)
    ]
    assert unused == []


def test_a_rule_is_told_in_words(example, wordings_of):
    items = {
        **example.items,
        "fah2": replace(example.items["fah2"], asked_if=AskedIf(item="fah1", when=parse_rule(">= 1"))),
    }
    book = write_codebook(replace(example, items=MappingProxyType(items)), wordings_of(example)["en"])
    table = next(chapter for chapter in book.chapters if chapter.id == "items").tables[0]
    assert table.rows[1][4] == "reversed; asked only if fah1 >= 1"
    assert FormWords("en")("missing.none", n=3) in book.chapters[5].tables[0].rows[0][2]
