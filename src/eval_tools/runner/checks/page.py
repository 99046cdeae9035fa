"""A check as one HTML page: nothing from outside, everything escaped; for the screen, light and dark, and for paper."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from itertools import groupby
from typing import TYPE_CHECKING

from eval_tools.runner.checks.report import CheckReport, Finding
from eval_tools.runner.checks.terminal import TITLES

if TYPE_CHECKING:
    from jinja2 import Environment


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("eval_tools.runner.checks"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_page(report: CheckReport) -> str:
    """Render a check as one page that asks for nothing and is the same for the same findings."""
    style = (resources.files("eval_tools.runner.checks") / "templates" / "check.css").read_text(encoding="utf-8")
    sections = [
        ("error", TITLES["error"], _by_file(report.of("error"))),
        ("warning", TITLES["warning"], _by_file(report.of("warning"))),
        ("accepted", "Accepted", _by_file(report.accepted)),
        ("note", TITLES["note"], _by_file(report.of("note"))),
    ]
    numbers = {kind: sum(len(mine) for _, _, mine in files) for kind, _, files in sections}
    return (
        _environment()
        .get_template("check.html.j2")
        .render(
            report=report,
            style=style,
            sections=[each for each in sections if each[2]],
            numbers=numbers,
            names={each.file for each in report.files},
        )
    )


def _by_file(findings: tuple[Finding, ...]) -> list[tuple[str, int, list[Finding]]]:
    """Gather findings by file, in their order, with the number of cells or rows."""
    gathered = [(file, list(mine)) for file, mine in groupby(findings, key=lambda f: f.file)]
    return [(file, sum(f.count for f in mine), mine) for file, mine in gathered]
