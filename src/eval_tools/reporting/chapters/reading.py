"""How to read the report: scales, ranges, words, and what is not published."""

from __future__ import annotations

from eval_tools.reporting.blocks import Bullets, Chapter
from eval_tools.reporting.material import Desk

LEVEL = 0.95


def reading_chapter(desk: Desk) -> Chapter:
    """Explain every term the report uses, before it is needed."""
    words = desk.words
    items = []
    for outcome in desk.study.plan.outcomes:
        scale, instrument = desk.scale(outcome), desk.instrument(outcome)
        items.append(
            words(
                f"read.scale.{outcome.better}",
                scale=desk.scale_title(outcome),
                title=words.of(instrument.title),
                abbreviation=instrument.abbreviation,
                low=words.number(scale.low, 0),
                high=words.number(scale.high, 0),
            )
        )
    items.append(words("read.interval", level=words.level(LEVEL)))
    items.append(words("read.reliable"))
    if any(desk.instrument(o).default_bands(o.scale) for o in desk.study.plan.outcomes):
        items.append(words("read.screening"))
    rule = desk.study.disclosure
    if rule.min_cell > 1:
        items.append(words("read.small", min_cell=rule.min_cell))
    if rule.round_to > 1:
        items.append(words("read.rounded", round_to=rule.round_to))
    return Chapter(id="reading", heading=words("read.heading"), blocks=(Bullets(id="reading", items=tuple(items)),))
