"""The page of a check in a real browser: silent, accessible in light and dark, whole on a phone and on paper."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from eval_tools.runner.checks.page import render_page
from eval_tools.runner.checks.report import CheckedFile, CheckReport, Finding, FormCount, sort_findings

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium is installed"),
]
FILE = "2026-autumn/300000001_按文本_学期初儿童问卷_1204_1204.xlsx"


def invented_report() -> CheckReport:
    """One finding of each kind, long and short, in files with long names."""
    about = {"what": "not one of the answers of 'cesd06'.", "remedy": "Look at the form; then declare it. " * 6}
    places = {
        "file": FILE,
        "column": "4、最近一个月，下面的情况有多常发生？—我觉得心里有话没人可说",
        "rows": tuple(range(2, 40)),
    }
    found = [
        Finding(severity="error", rule="outside_response_set", count=38, **places, **about),
        Finding(severity="error", rule="form_repeated", count=2, **{**places, "column": "", "rows": (3, 9)}, **about),
        Finding(severity="warning", rule="total_differs", count=38, said="open again: it was 3.", **places, **about),
        Finding(severity="warning", rule="total_differs", count=38, state="accepted", **places, **about),
        Finding(severity="note", rule="normalised", count=38, **places, **{**about, "remedy": ""}),
    ]
    return CheckReport(
        study="invented",
        title="An invented study with a title that is longer than one line of a telephone",
        definition="data_raw/invented/study.yaml",
        n_questionnaires=3,
        files=(CheckedFile(file=FILE, reader="wjx", encoding="", n_rows=1204, sha256="ab" * 32),),
        forms=(FormCount(wave="2026-autumn", informant="child", forms=1204),),
        n_participants=1204,
        n_forms=1204,
        alerts=("3 forms have answers that need attention the same day; list: .eval_tools/safeguarding/x.csv",),
        findings=sort_findings(found),
    )


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """The page, open, with everything it said and asked for."""
    path = tmp_path_factory.mktemp("check") / "check.html"
    path.write_text(render_page(invented_report()), encoding="utf-8")
    with sync_api.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = chromium.new_page()
        said, asked = [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        yield page, said, asked
        chromium.close()


def test_the_page_is_silent_and_asks_for_nothing(opened):
    page, said, asked = opened
    assert not said
    assert asked == [page.url]


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (320, "light"), (320, "dark")])
def test_every_rule_of_accessibility_that_a_machine_can_check_is_kept(opened, width, scheme):
    page, _, _ = opened
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(media="screen", color_scheme=scheme)
    found = axe.Axe().run(page).response["violations"]
    assert not [(v["id"], [n["html"][:90] for n in v["nodes"][:3]]) for v in found]


@pytest.mark.parametrize("width", [320, 768, 1200])
def test_the_page_fits_its_window_and_only_tables_scroll(opened, width):
    page, _, _ = opened
    page.emulate_media(media="screen", color_scheme="light")
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_on_paper_no_table_is_cut_off(opened):
    page, _, _ = opened
    page.set_viewport_size({"width": 680, "height": 900})
    page.emulate_media(media="print", color_scheme="light")
    wide = "() => [...document.querySelectorAll('.table')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
    assert page.evaluate(wide) == 0
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
