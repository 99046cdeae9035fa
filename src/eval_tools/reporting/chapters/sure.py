"""How sure one can be: what stands between these numbers and a conclusion."""

from __future__ import annotations

from eval_tools.reporting.blocks import Bullets, Chapter
from eval_tools.reporting.chapters.answer import few_lost, people_counts
from eval_tools.reporting.material import Desk


def sure_chapter(desk: Desk) -> Chapter:
    """List the threats that apply to this study, from its design and its data."""
    return Chapter(
        id="sure",
        heading=desk.words("sure.heading"),
        blocks=(Bullets(id="sure", items=tuple(threats(desk))),),
    )


def threats(desk: Desk) -> list[str]:
    """Name every threat that applies, the largest first."""
    words, study = desk.words, desk.study
    items = []
    n = people_counts(desk)
    if few_lost(desk):
        items.append(words("sure.attrition_few", min_cell=desk.min_cell, **desk.waves))
    elif n is not None and n[0] > n[1]:
        share = words.percent((n[0] - n[1]) / n[0])
        items.append(words("sure.attrition", share=share, **desk.waves))
    if study.comparison is None:
        items.append(words("sure.single"))
    elif study.assignment.randomised:
        items.append(words("sure.randomised"))
    else:
        items.append(words("sure.not_randomised"))
    if desk.clustered:
        items.append(words("sure.clustered"))
    if desk.wave.id != study.plan.decision_term:
        items.append(words("sure.interim"))
    if study.plan.written == "after_data":
        items.append(words("sure.after_data"))
    if any(outcome.smallest_worthwhile is None for outcome in study.plan.outcomes):
        items.append(words("sure.no_worthwhile"))
    if study.informants == ("self",):
        items.append(words("sure.self_report"))
    return items
