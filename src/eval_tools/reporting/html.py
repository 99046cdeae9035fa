"""Reports and single blocks as HTML: one file, no network, everything from outside escaped."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from eval_tools.reporting.blocks import Block, Report
from eval_tools.reporting.language import LANGUAGE_NAMES, Words

if TYPE_CHECKING:
    from jinja2 import Environment


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("eval_tools.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_html(report: Report) -> str:
    """Render a whole report as one page.

    The page asks for nothing from outside, shows no code, and is the same for the same report.
    """
    style = (resources.files("eval_tools.reporting") / "templates" / "report.css").read_text(encoding="utf-8")
    others = [(code, LANGUAGE_NAMES[code]) for code in report.languages if code != report.language]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(report=report, words=Words(report.language), style=style, others=others)
    )


def render_block(block: Block, language: str) -> str:
    """Render one block, for a notebook."""
    macros = _environment().get_template("blocks.html.j2").module
    return str(getattr(macros, block.kind)(block, Words(language)))
