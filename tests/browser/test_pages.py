import re
import shutil
from pathlib import Path

import pytest

from eval_tools.reporting.html import render_html
from eval_tools.reporting.language import Words
from eval_tools.reporting.write import write_report
from eval_tools.runner.study_run import open_study

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium is installed"),
]

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
STUDIES = ("woodworth-2018", "little", "schools")
PAGES = [(study, language) for study in STUDIES for language in LANGUAGES]
every_page = pytest.mark.parametrize(("study", "language"), PAGES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, root, little_bench, make_little):
    """The reports of a real study and of two invented ones, as they lie on a disk."""
    bench = little_bench.root
    shutil.copytree(root / "data_raw" / "woodworth-2018", bench / "data_raw" / "woodworth-2018")
    out = tmp_path_factory.mktemp("pages")
    schools = make_little()
    schools.go_to_school(8, 6, effect=5.0)
    runs = {study: open_study(study, start=bench) for study in STUDIES[:2]}
    runs["schools"] = open_study("little", start=schools.root)
    for study, run in runs.items():
        (out / study).mkdir()
        for language in LANGUAGES:
            page = render_html(write_report(run.material, language))
            (out / study / f"report.{language}.html").write_text(page, encoding="utf-8")
    return out


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Opened:
    """A page that is open, with everything it said and asked for."""

    def __init__(self, browser, path, **how):
        self.context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **how})
        self.page = self.context.new_page()
        self.said, self.asked = [], []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("requestfailed", lambda request: self.said.append(f"failed: {request.url}"))
        self.page.goto(path.as_uri())


@pytest.fixture(scope="module")
def kept(browser, folder):
    """Pages that stay open for the tests that only look."""
    opened = {}
    yield opened
    for one in opened.values():
        one.context.close()


@pytest.fixture
def visit(browser, folder):
    """Open a page anew."""
    opened = []

    def go(study, language, **how):
        opened.append(Opened(browser, folder / study / f"report.{language}.html", **how))
        return opened[-1]

    yield go
    for one in opened:
        one.context.close()


@pytest.fixture
def look(browser, folder, kept):
    """Look at a page, in a window or on paper."""

    def at(study, language, width=1200, *, scheme="light", media="screen"):
        if (study, language) not in kept:
            kept[study, language] = Opened(browser, folder / study / f"report.{language}.html")
        page = kept[study, language].page
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(media=media, color_scheme=scheme)
        page.evaluate("scrollTo(0, 0)")
        return page

    return at


@every_page
def test_a_page_is_silent_and_asks_for_nothing(visit, study, language):
    opened = visit(study, language)
    page = opened.page
    page.mouse.wheel(0, 20000)
    assert not opened.said
    assert [url for url in opened.asked if not url.startswith("data:")] == [page.url]
    assert page.evaluate("document.documentElement.lang") == language
    assert page.title() == f"{page.locator('h1').inner_text()} – {Words(language)('report.kind')}"
    assert page.locator(".watermark").count() == (study != "woodworth-2018")


@every_page
@pytest.mark.parametrize("width", [320, 768, 1200])
def test_a_page_fits_its_window(look, study, language, width):
    page = look(study, language, width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    sticking_out = page.evaluate(
        """width => [...document.querySelectorAll('h1, h2, h3, p, li, dd, dt, figcaption, .words, .table, .drawing')]
            .filter(e => !e.classList.contains('skip'))
            .filter(e => e.getBoundingClientRect().right > width + 0.5 || e.getBoundingClientRect().left < -0.5)
            .map(e => e.outerHTML.slice(0, 80))""",
        width,
    )
    assert not sticking_out


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_a_phone_wide_tables_and_figures_scroll_in_their_own_box(look, language):
    page = look("woodworth-2018", language, 320)
    for box in page.locator(".drawing").all():
        wide = box.evaluate("e => [e.scrollWidth, e.clientWidth, e.querySelector('svg').getBoundingClientRect().width]")
        assert wide[2] >= 500, "a figure shrunk to the phone cannot be read"
        assert wide[0] > wide[1]
    scrolled = page.locator("#change-table-ahi-total").evaluate(
        """table => { const box = table.closest('.table'); box.scrollLeft = 200;
            return [box.scrollLeft, table.querySelector('.words').getBoundingClientRect().left] }"""
    )
    assert scrolled[0] > 0
    assert scrolled[1] >= 0, "the caption scrolls away with the table"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_links_of_a_page_lead_where_they_say(visit, language):
    page = visit("woodworth-2018", language, reduced_motion="reduce").page
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert skip.evaluate("e => e === document.activeElement")
    assert skip.bounding_box()["x"] >= 0, "the skip link appears when it has the focus"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#chapter-answer"
    for link in page.locator("nav a").all():
        page.evaluate("scrollTo(0, 0)")
        link.click()
        heading = page.locator(f"{link.get_attribute('href')} h2")
        assert heading.inner_text() == link.inner_text()
        top = heading.bounding_box()["y"]
        at_the_end = page.evaluate("scrollY + innerHeight >= document.documentElement.scrollHeight - 2")
        assert 0 <= top < (900 if at_the_end else 120)


def test_one_language_leads_to_the_others(visit):
    page = visit("woodworth-2018", "en").page
    page.get_by_role("link", name="简体中文").click()
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    page.get_by_role("link", name="繁體中文").click()
    assert page.evaluate("document.documentElement.lang") == "zh-Hant"


@pytest.mark.parametrize(
    ("study", "language", "width", "scheme"),
    [
        *((study, language, 1200, "light") for study, language in PAGES),
        ("woodworth-2018", "zh-Hant", 1200, "dark"),  # colours are the same in every language
        ("little", "zh-Hans", 1200, "dark"),
        ("little", "en", 320, "dark"),
        ("little", "zh-Hant", 320, "light"),
    ],
)
def test_a_page_keeps_every_rule_of_accessibility_that_a_machine_can_check(look, study, language, width, scheme):
    page = look(study, language, width, scheme=scheme)
    found = axe.Axe().run(page).response["violations"]
    assert not [(v["id"], v["impact"], [n["html"][:90] for n in v["nodes"][:3]]) for v in found]


def test_dark_pages_are_dark_and_figures_stay_on_white(look):
    page = look("woodworth-2018", "en", scheme="dark")
    colour = "e => getComputedStyle(e).backgroundColor"
    dark = [int(n) for n in re.findall(r"\d+", page.locator("body").evaluate(colour))]
    assert max(dark) < 60
    assert page.locator(".drawing").first.evaluate(colour) == "rgb(255, 255, 255)"


@every_page
def test_on_paper_there_is_no_navigation_and_nothing_is_cut_off(look, study, language):
    page = look(study, language, 680, media="print")
    assert not page.locator("nav").is_visible()
    assert not page.locator(".languages").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 680
    cut = page.evaluate(
        """() => [...document.querySelectorAll('.table, .drawing')]
            .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.trim().slice(0, 60))"""
    )
    assert not cut
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    assert len(pdf) > 50_000


@every_page
def test_every_character_has_a_glyph(look, study, language):
    page = look(study, language)
    missing = page.evaluate(
        """() => {
            const box = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
            box.canvas.width = box.canvas.height = 48;
            const draw = (text, font) => {
                box.clearRect(0, 0, 48, 48); box.font = font; box.fillText(text, 8, 36);
                return box.getImageData(0, 0, 48, 48).data.join();
            };
            const font = `32px ${getComputedStyle(document.body).fontFamily}`;
            const none = draw('\\u{10FFFE}', font), empty = draw(' ', font);
            const text = document.body.innerText;
            return [...new Set(text)].filter(c => c.trim() && [none, empty].includes(draw(c, font)));
        }"""
    )
    assert not missing


@pytest.mark.parametrize("language", ["zh-Hant", "zh-Hans"])
def test_chinese_is_set_in_a_chinese_font(visit, language):
    opened = visit("woodworth-2018", language)
    protocol = opened.context.new_cdp_session(opened.page)
    protocol.send("DOM.enable")
    protocol.send("CSS.enable")
    document = protocol.send("DOM.getDocument")["root"]["nodeId"]
    for selector in ("h1", "#headline", "#answer li", "nav a", "caption", "th"):
        node = protocol.send("DOM.querySelector", {"nodeId": document, "selector": selector})["nodeId"]
        fonts = protocol.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        assert fonts, selector
        assert any(re.search("CJK|Hei|Ming|Song|Han|PingFang|Droid|TC|SC", font["familyName"]) for font in fonts)


@every_page
@pytest.mark.parametrize("width", [320, 1200])
def test_no_text_lies_on_another(look, study, language, width):
    page = look(study, language, width)
    overlaps = page.evaluate(
        """() => {
            const kinds = 'h1, h2, h3, p, li, dt, dd, caption, th, td, figcaption, .drawing';
            const shown = [...document.querySelectorAll(kinds)]
                .filter(e => !e.classList.contains('skip') && !e.querySelector('p, li') && !e.closest('nav h2'));
            const boxes = shown.map(e => {
                const range = document.createRange(); range.selectNodeContents(e);
                const r = e.matches('.drawing') ? e.getBoundingClientRect() : range.getBoundingClientRect();
                return [r.left, r.top, r.right, r.bottom, e];
            }).filter(b => b[2] - b[0] > 1 && b[3] - b[1] > 1).sort((a, b) => a[1] - b[1]);
            const found = [];
            boxes.forEach((a, i) => {
                for (let j = i + 1; j < boxes.length && boxes[j][1] < a[3] - 2; j++) {
                    const b = boxes[j];
                    if (a[4].contains(b[4]) || b[4].contains(a[4])) continue;
                    if (Math.min(a[2], b[2]) - Math.max(a[0], b[0]) > 2 && Math.min(a[3], b[3]) - b[1] > 2)
                        found.push([a[4].textContent.slice(0, 40), b[4].textContent.slice(0, 40)]);
                }
            });
            return found;
        }"""
    )
    assert not overlaps


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [320, 1200])
def test_columns_of_words_begin_at_the_left_and_are_wide_enough_to_read(look, language, width):
    page = look("schools", language, width)
    for columns in (
        "#certainty-table :is(td, th):nth-child(3)",
        '[id^="checks-"] :is(td, th):is(:nth-child(2), :nth-child(3))',
    ):
        cells = page.locator(columns).all()
        assert len(cells) >= 2
        for cell in cells:
            assert cell.evaluate("e => getComputedStyle(e).textAlign") in ("left", "start")
            text = cell.inner_text()
            lines = cell.bounding_box()["height"] / cell.evaluate("e => parseFloat(getComputedStyle(e).lineHeight)")
            assert len(text) < 12 or len(text) / lines > 5, (columns, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_schools_range_and_certainty_stand_in_the_headline_on_the_first_screen(look, language):
    page = look("schools", language)
    headline = page.locator("#headline")
    assert headline.is_visible()
    text = headline.inner_text()
    assert re.search(r"[−+]\d+\.\d.*[−+]\d+\.\d.*[−+]\d+\.\d", text, re.DOTALL), "points and range"
    assert {"en": "certainty", "zh-Hant": "確定性", "zh-Hans": "确定性"}[language] in text
