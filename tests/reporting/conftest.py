"""The real study once for all tests of reports, and an open invented study."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from importlib import import_module
from pathlib import Path

import pytest

from eval_tools.reporting.blocks import Report
from eval_tools.reporting.figures import Drawing
from eval_tools.reporting.html import render_html
from eval_tools.reporting.write import write_report
from eval_tools.runner.study_run import StudyRun, open_study

LANGUAGES = ("en", "zh-Hant", "zh-Hans")


CHAPTERS_WITH_FIGURES = (
    "people",
    "scales",
    "change",
    "balance",
    "compare",
    "stepped",
    "regions",
    "single",
    "sites",
    "trust",
)


@contextmanager
def without_drawing() -> Iterator[None]:
    """Put empty figures with the same words into reports: drawing takes nearly all the time a report needs."""

    def empty(*, name: str, alt: str, caption: str, **_: object) -> Drawing:
        svg = f'<svg role="img" aria-label="{escape(alt)}"></svg>'
        return Drawing(svg=svg, alt=alt, caption=caption, name=name)

    with pytest.MonkeyPatch.context() as patch:
        for chapter in CHAPTERS_WITH_FIGURES:
            module = import_module(f"eval_tools.reporting.chapters.{chapter}")
            for name in [name for name in vars(module) if name.startswith("draw_")]:
                patch.setattr(module, name, empty)
        yield


@dataclass
class Edition:
    """One report in one language: what it was made of, its blocks, its page."""

    run: StudyRun
    language: str
    drawn: bool = True
    report: Report = field(init=False)
    page: str = field(init=False)

    def __post_init__(self) -> None:
        if self.drawn:
            self.report = write_report(self.run.material, self.language)
        else:
            with without_drawing():
                self.report = write_report(self.run.material, self.language)
        self.page = render_html(self.report)

    def sentences(self, *, annex: bool = True, but: tuple[str, ...] = ()) -> str:
        """Every text of the report outside its drawings, one a line."""
        texts = [self.report.title, *(f"{name} {value}" for name, value in self.report.facts.pairs)]
        for chapter in self.report.chapters:
            if chapter.id == "annex" and not annex:
                continue
            texts.append(chapter.heading)
            for block in chapter.blocks:
                texts += words_of(block) if block.id not in but else []
        return "\n".join(texts)


def words_of(block) -> list[str]:
    """Every text of one block."""
    if block.kind == "paragraph":
        return [block.text]
    if block.kind == "bullets":
        return list(block.items)
    if block.kind == "table":
        return [block.caption, *block.header, *(cell for row in block.rows for cell in row)]
    return [block.drawing.alt, block.drawing.caption]


@pytest.fixture(scope="session")
def woodworth(tmp_path_factory, root) -> dict[tuple[str, str], Edition]:
    """The real trial, every term in every language, by term and language; drawn for the posttest only."""
    bench = tmp_path_factory.mktemp("woodworth")
    for name in ("questionnaires", "data_raw"):
        shutil.copytree(root / name, bench / name)
    (bench / "notebooks").mkdir()
    terms = open_study("woodworth-2018", start=bench).study.terms
    runs = {term: open_study("woodworth-2018", term=term, start=bench) for term in terms}
    return {
        (term, language): Edition(run, language, drawn=term == "posttest")
        for term, run in runs.items()
        for language in LANGUAGES
    }


@pytest.fixture
def edition(little):
    """Write the report of the little study as it stands now, in one language; drawn in English only."""

    def write(language: str = "en") -> Edition:
        return Edition(open_study("little", start=little.root), language, drawn=language == "en")

    return write


@pytest.fixture(scope="session")
def school_editions(make_little):
    """Write the report of invented schools in one language; every design is computed once, nothing is drawn."""
    runs, editions = {}, {}

    def write(language: str, **design) -> Edition:
        key = tuple(sorted(design.items()))
        if key not in runs:
            bench = make_little()
            bench.go_to_school(**design)
            runs[key] = open_study("little", start=bench.root)
        if (key, language) not in editions:
            editions[key, language] = Edition(runs[key], language, drawn=False)
        return editions[key, language]

    return write


@pytest.fixture(scope="session")
def place_editions(make_little):
    """Write the report of a study that a function builds; every study is computed once, nothing is drawn."""
    runs, editions = {}, {}

    def write(name: str, build, language: str) -> Edition:
        if name not in runs:
            bench = make_little()
            build(bench)
            runs[name] = open_study("little", start=bench.root)
        if (name, language) not in editions:
            editions[name, language] = Edition(runs[name], language, drawn=False)
        return editions[name, language]

    return write


@pytest.fixture
def adults(little) -> Path:
    """The little study, as open data of adults: nothing is small, nothing is rounded."""
    little.change("min_cell: 10, round_to: 5", "min_cell: 1, round_to: 1")
    little.change("respondents: children", "respondents: adults")
    return little
