"""Paper forms: the right lines, the right answers, in PDF and Word, for every questionnaire."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from functools import cache
from types import MappingProxyType

import docx
import pypdf
import pytest
from docx.oxml.ns import qn

from eval_tools.forms.paper import AnswerBlock, OpenBlock, lay_out
from eval_tools.forms.paper_pdf import render_form_pdf
from eval_tools.forms.paper_word import CIRCLE, render_form_word
from eval_tools.forms.wording import find_wording
from eval_tools.forms.words import LANGUAGES
from eval_tools.instruments.instrument import AskedIf, Band, BandScheme, CriticalRule, OpenQuestion
from eval_tools.instruments.rule import parse_rule


@cache
def text_of_pdf(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def lines_of(form):
    return [line for block in form.blocks if isinstance(block, AnswerBlock) for line in block.lines]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_has_every_item_once_in_printed_order(library, language):
    for instrument in library.values():
        form = lay_out(instrument, find_wording(instrument, language))
        lines = lines_of(form)
        assert sorted(line.item for line in lines) == sorted(instrument.items)
        numbers = [line.number for line in lines]
        assert numbers == sorted(numbers), instrument.id
        n_open = sum(isinstance(block, OpenBlock) for block in form.blocks)
        assert n_open == len(instrument.open_questions)
        for block in form.blocks:
            if isinstance(block, AnswerBlock):
                for line in block.lines:
                    assert block.codes == tuple(map(str, instrument.items[line.item].responses.codes))


def test_every_pdf_has_its_fonts_inside_its_title_and_a_ring_for_every_answer(library):
    for instrument in library.values():
        form = lay_out(instrument, find_wording(instrument, "zh-Hans"))
        content = render_form_pdf(form)
        reader = pypdf.PdfReader(io.BytesIO(content))
        text = squeezed(text_of_pdf(content))
        assert squeezed(form.title) in text, instrument.id
        assert reader.trailer["/Root"]["/Lang"] == "zh-CN"
        numbers = squeezed("".join(str(line.number) for line in lines_of(form)))
        assert len(text) > len(numbers)
        for page in reader.pages:
            assert float(page.mediabox.width) == pytest.approx(595.28, abs=0.1)
            for font in page["/Resources"]["/Font"].values():
                below = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
                assert {"/FontFile3", "/FontFile2"} & set(below)


def test_a_pdf_without_wording_has_the_right_number_of_lines(library):
    for name in ("sdq-s", "scared-c"):
        instrument = library[name]
        form = lay_out(instrument, find_wording(instrument, "zh-Hant"))
        text = text_of_pdf(render_form_pdf(form))
        n_circles = sum(len(item.responses.codes) for item in instrument.items.values())
        codes = "".join(code for block in form.blocks for code in block.codes)
        printed = re.findall(r"(?m)^\s*(\d+)\s*$", text)
        wanted = [str(line.number) for line in lines_of(form)]
        assert set(wanted) <= set(printed) | set(re.findall(r"\d+", text))
        assert len(re.findall(r"\d+", text)) >= len(wanted) + n_circles
        assert codes


def test_a_pdf_with_wording_holds_every_question(library):
    instrument = library["ces-d"]
    text = squeezed(text_of_pdf(render_form_pdf(lay_out(instrument, find_wording(instrument, "en")))))
    for item in instrument.items.values():
        assert squeezed(str(item.text["en"])) in text


def test_the_same_form_gives_the_same_bytes(example):
    form = lay_out(example, find_wording(example, "zh-Hant"))
    assert render_form_pdf(form) == render_form_pdf(form)
    assert render_form_word(form) == render_form_word(form)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_word_form_has_every_question_its_circles_and_both_fonts(library, example, language):
    for instrument in (example, library["sdq-s"], library["ces-d"]):
        form = lay_out(instrument, find_wording(instrument, language))
        document = docx.Document(io.BytesIO(render_form_word(form)))
        cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        for line in lines_of(form):
            assert str(line.number) in cells
            assert line.text in cells
        circles = sum(len(i.responses.codes) for i in instrument.items.values())
        assert sum(cell.startswith(CIRCLE) for cell in cells) == circles
        fonts = document.styles["Normal"].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) in ("Microsoft JhengHei", "Microsoft YaHei")
        text = "\n".join(paragraph.text for paragraph in document.paragraphs)
        assert form.consent in text
        assert form.how in text
        heads = [
            t
            for t in document.tables
            if t.rows[0]._tr.trPr is not None and t.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        ]
        assert len(heads) == sum(isinstance(block, AnswerBlock) for block in form.blocks)


def test_a_critical_item_looks_like_every_other(example):
    rule = CriticalRule(when=parse_rule(">= 1"), level="urgent", action=None, omit_form=None)
    items = {name: replace(item, critical=(rule,)) for name, item in example.items.items()}
    critical = replace(example, items=MappingProxyType(items))
    for language in LANGUAGES:
        assert lay_out(critical, find_wording(critical, language)) == lay_out(example, find_wording(example, language))


def test_a_question_that_is_asked_only_sometimes_says_when(example):
    gate = AskedIf(item="fah1", when=parse_rule(">= 1"))
    items = {**example.items, "fah2": replace(example.items["fah2"], asked_if=gate)}
    form = lay_out(replace(example, items=MappingProxyType(items)), find_wording(example, "en"))
    said = {line.number: block.only_if for block in form.blocks for line in block.lines}
    assert said == {1: "", 2: "Only if the answer to question 1 is Sometimes, Often:", 3: ""}


def test_an_open_question_stands_at_its_number(example):
    question = OpenQuestion(id="why", number=2, text={"en": "Why?"})
    items = {n: replace(i, number=i.number + (i.number > 1)) for n, i in example.items.items()}
    form = replace(example, items=MappingProxyType(items), open_questions=(question,))
    blocks = lay_out(form, find_wording(form, "en")).blocks
    assert [type(block).__name__ for block in blocks] == ["AnswerBlock", "OpenBlock", "AnswerBlock"]
    assert "Why?" in text_of_pdf(render_form_pdf(lay_out(form, find_wording(form, "en"))))


def test_a_knowledge_test_does_not_say_that_no_answer_is_wrong(example):
    knowledge = replace(example, kind="knowledge_test")
    assert "no right or wrong" in lay_out(example, find_wording(example, "en")).how
    assert "no right or wrong" not in lay_out(knowledge, find_wording(knowledge, "en")).how


def test_age_and_sex_are_asked_only_where_scoring_needs_them(example):
    def with_bands(sex):
        bands = (Band(id="low", low=0, high=2, label={}), Band(id="high", low=3, high=6, label={}))
        scheme = BandScheme(
            id="x", bands=bands, population="x", informant=None, status="verified", note=None, group="all", sex=sex
        )
        scale = replace(example.scales["total"], band_schemes=MappingProxyType({"x": scheme}))
        return replace(example, scales=MappingProxyType({"total": scale}), default_band_scheme="all")

    def asks(instrument):
        return lay_out(instrument, find_wording(instrument, "en")).asks_age_and_sex

    assert not asks(example)
    assert not asks(with_bands(None))
    assert asks(with_bands("female"))
    assert not asks(replace(with_bands("female"), default_band_scheme=None))
    text = text_of_pdf(render_form_pdf(lay_out(with_bands("female"), find_wording(example, "en"))))
    assert "Age in years" in text
    assert "female" in text
