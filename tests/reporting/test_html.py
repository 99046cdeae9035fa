import dataclasses
import html
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from eval_tools.reporting.blocks import Bullets, Facts, Paragraph, Table
from eval_tools.reporting.html import render_block, render_html
from eval_tools.reporting.write import write_report

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "]]>",
    "{{ 7*7 }}",
    "{% raw %}",
    "&lt;b&gt; &amp; &#60;",
    "\u202eorder reversed\u202c",
    r"$\frac{1}{$",
    "'); DROP TABLE --",
    "100 %s %(n)s %%",
]


class Tree(HTMLParser):
    """Every element with its attributes, text and ancestors."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.elements: list[tuple[str, dict[str, str], tuple[str, ...]]] = []
        self.texts: list[tuple[str, tuple[str, ...]]] = []
        self.unbalanced: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), tuple(self.stack)))
        if tag not in ("meta", "link", "br", "hr", "img", "input"):
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), tuple(self.stack)))

    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data):
        if data.strip():
            self.texts.append((data, tuple(self.stack)))

    def all(self, *tags):
        return [(attrs, inside) for tag, attrs, inside in self.elements if tag in tags]


@pytest.fixture(scope="module")
def pages(woodworth):
    return {language: woodworth["posttest", language].page for language in LANGUAGES}


@pytest.fixture(scope="module")
def trees(pages):
    return {language: Tree(page) for language, page in pages.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_asks_for_nothing_from_outside(pages, trees, language):
    others = {f"report.{other}.html" for other in LANGUAGES if other != language}
    tree, page = trees[language], pages[language]
    assert not tree.all("script", "link", "img", "iframe", "object", "embed", "base", "form", "video", "audio")
    links = {attrs["href"] for attrs, _ in tree.all("a")}
    assert {link for link in links if not link.startswith("#")} == others
    for tag, attrs, _ in tree.elements:
        assert not {"src", "srcset", "action", "background", "poster", "data", "ping"} & set(attrs)
        assert not [name for name in attrs if name.startswith("on")]
        used = [attrs[name] for name in ("href", "xlink:href") if name in attrs]
        assert tag == "a" or all(value.startswith("#") for value in used)
    style = page[page.index("<style>") : page.index("</style>")]
    assert not re.search(r"@import|url\(|@font-face", style)
    assert all(found.startswith("#") for found in re.findall(r"url\(([^)]*)\)", page))
    outside = re.sub(r'xmlns(:\w+)?="[^"]*"', "", page)
    assert not re.findall(r"(?:https?:)?//[a-z]", outside), "an address outside the page"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_well_formed(trees, pages, language):
    tree = trees[language]
    assert pages[language].startswith("<!doctype html>")
    assert not tree.unbalanced
    assert not tree.stack
    assert [attrs["lang"] for attrs, _ in tree.all("html")] == [language]
    assert tree.all("meta")[0][0]["charset"] == "utf-8"
    assert len(tree.all("title")) == len(tree.all("main")) == len(tree.all("nav")) == 1
    assert all(attrs["lang"] == attrs["hreflang"] != language for attrs, _ in tree.all("a") if "hreflang" in attrs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_headings_go_down_one_step_at_a_time(trees, language):
    levels = [int(tag[1]) for tag, _, _ in trees[language].elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_id_stands_twice_and_every_reference_arrives(trees, language):
    tree = trees[language]
    ids = [attrs["id"] for _, attrs, _ in tree.elements if "id" in attrs]
    assert len(ids) > 100
    assert len(ids) == len(set(ids))
    for _, attrs, _ in tree.elements:
        for name, value in attrs.items():
            wanted = [value[1:]] if name in ("href", "xlink:href") and value.startswith("#") else []
            wanted += value.split() if name in ("aria-labelledby", "aria-describedby") else []
            wanted += re.findall(r"url\(#([^)]+)\)", value) if name in ("clip-path", "fill", "style") else []
            assert set(wanted) <= set(ids), (name, value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_header_cell_says_what_it_heads_and_every_row_is_complete(trees, pages, language):
    tree = trees[language]
    scopes = {("thead" in inside, attrs.get("scope")) for attrs, inside in tree.all("th")}
    assert scopes == {(True, "col"), (False, "row")}
    assert len(tree.all("table")) == len(tree.all("caption")) == 21
    for table in re.findall(r"<table.*?</table>", pages[language], re.DOTALL):
        widths = {len(re.findall(r"<t[hd][ >]", row)) for row in re.findall(r"<tr>.*?</tr>", table)}
        assert len(widths) == 1
        assert not re.findall(r"<t[hd][^>]*></t[hd]>", table), "an empty cell"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_drawing_is_one_image_with_a_name(trees, language):
    drawings = trees[language].all("svg")
    assert len(drawings) == 10
    for attrs, inside in drawings:
        assert attrs["role"] == "img"
        assert len(attrs["aria-label"]) > 20
        assert attrs["lang"] == language
        assert "figure" in inside


def test_figures_and_tables_are_numbered_in_the_order_of_the_page(pages):
    assert re.findall(r"<b>Figure (\d+)</b>", pages["en"]) == [str(n) for n in range(1, 11)]
    assert re.findall(r"<b>Table (\d+)</b>", pages["en"]) == [str(n) for n in range(1, 22)]
    assert re.findall(r"<b>圖 (\d+)</b>", pages["zh-Hant"]) == [str(n) for n in range(1, 11)]
    assert re.findall(r"<b>图 (\d+)</b>", pages["zh-Hans"]) == [str(n) for n in range(1, 11)]


def test_the_same_material_gives_the_same_bytes(woodworth, pages):
    material = woodworth["posttest", "zh-Hant"].run.material
    assert render_html(write_report(material, "zh-Hant")) == pages["zh-Hant"]


def test_a_study_in_one_language_names_no_other(little, edition):
    little.change("languages: [en, zh-Hant, zh-Hans]", "languages: [zh-Hans]")
    tree = Tree(edition("zh-Hans").page)
    assert not [attrs for attrs, _ in tree.all("a") if not attrs["href"].startswith("#")]


def quoted(text):
    """A text as a double-quoted YAML value; the reader of definitions turns no escapes but these."""
    return (
        '"'
        + text.replace("\\", "\\\\").replace('"', '\\"').replace("\u202e", "\\u202E").replace("\u202c", "\\u202C")
        + '"'
    )


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_title_is_shown_as_text_and_never_runs(little, edition, hostile):
    little.change('en: "Programme"', f"en: {quoted(hostile)}")
    little.change('en: "A little invented study"', f"en: {quoted(hostile)}")
    little.change('en: "Autumn"', f"en: {quoted(hostile)}")
    little.change('en: "Invented people."', f"en: {quoted(hostile)}")
    told = edition("en")
    tree = Tree(told.page)
    shown = [text for text, inside in tree.texts if "svg" not in inside and inside[-1] != "style"]
    assert any(text == hostile for text in shown), "the title is not shown as it was written"
    assert any(hostile in text for text, inside in tree.texts if inside[-1] == "dd")
    assert hostile in tree.all("svg")[0][0]["aria-label"]
    assert not tree.unbalanced
    assert not tree.all("script", "img", "b ", "iframe")
    assert not [name for _, attrs, _ in tree.elements for name in attrs if name.startswith("on")]
    assert "49" not in [text.strip() for text, _ in tree.texts]
    ids = [attrs["id"] for _, attrs, _ in tree.elements if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_the_title_of_a_scale_and_a_citation_are_shown_as_text(woodworth):
    run = woodworth["posttest", "en"].run
    instrument = run.instruments["ahi"]
    bad = HOSTILE[0] + HOSTILE[1]
    scale = dataclasses.replace(instrument.scales["total"], title={"en": bad})
    hostile = dataclasses.replace(instrument, scales={"total": scale}, citation=bad, abbreviation=bad)
    material = dataclasses.replace(run.material, instruments={**run.instruments, "ahi": hostile}, version=bad)
    page = render_html(write_report(material, "en"))
    tree = Tree(page)
    assert not tree.all("script", "img")
    assert not tree.unbalanced
    assert html.escape(bad).replace("&quot;", "&#34;") in page


@pytest.mark.parametrize("hostile", HOSTILE)
def test_blocks_in_a_notebook_escape_too(hostile):
    blocks = [
        Paragraph(id="a", text=hostile),
        Paragraph(id="b", text=hostile, role="subheading"),
        Paragraph(id="w", text=hostile, role="warning"),
        Bullets(id="c", items=(hostile,)),
        Facts(id="d", pairs=((hostile, hostile),)),
        Table(id="e", caption=hostile, header=(hostile, hostile), rows=((hostile, hostile),)),
    ]
    for block in blocks:
        tree = Tree(render_block(block, "en"))
        assert not tree.all("script", "img")
        assert not tree.unbalanced
        assert {text for text, _ in tree.texts} == {hostile}


def test_a_picture_in_a_notebook_has_its_words(woodworth):
    for language in LANGUAGES:
        picture = woodworth["posttest", language].report.block("flow-picture")
        tree = Tree(render_block(picture, language))
        assert tree.all("svg")[0][0]["aria-label"] == picture.drawing.alt
        assert [text for text, inside in tree.texts if inside[-1] == "figcaption"] == [picture.drawing.caption]
