"""For specialists: tests, methods, sources, and where every number can be traced."""

from __future__ import annotations

from eval_tools.reporting.blocks import Bullets, Chapter, Paragraph, Table
from eval_tools.reporting.material import Desk

TESTED = (
    ("change", "paired_t"),
    ("change", "hodges_lehmann"),
    ("change", "caseness"),
    ("difference", "ancova_hc3"),
)


def annex_chapter(desk: Desk) -> Chapter:
    """List tests and methods; p values stand here and nowhere else."""
    return Chapter(
        id="annex",
        heading=desk.words("annex.heading"),
        blocks=(
            tests_table(desk),
            Paragraph(id="methods", text=desk.words("annex.methods")),
            Bullets(id="sources", items=tuple(sources(desk))),
            Paragraph(id="audit", text=desk.words("annex.audit"), role="note"),
        ),
    )


def tests_table(desk: Desk) -> Table:
    """List every test with its p value, raw and adjusted."""
    words = desk.words
    rows = []
    for outcome in desk.study.plan.outcomes:
        for contrast, estimator in TESTED:
            for group, row in desk.rows(outcome, contrast, estimator).items():
                what = (
                    words("annex.change_of", group=desk.group_title(group))
                    if contrast == "change"
                    else words(
                        "annex.difference_of",
                        group=desk.group_title(group),
                        reference=desk.group_title(str(row["reference"])),
                    )
                )
                rows.append(
                    (
                        f"{desk.scale_title(outcome)}: {what}",
                        str(row["method"]),
                        words.p_value(float(row["p_value"])),
                        words.p_value(float(row["p_adjusted"])),
                    )
                )
    return Table(
        id="tests-table",
        caption=words("annex.tests.caption"),
        header=(
            words("annex.comparison"),
            words("annex.method"),
            words("annex.p"),
            words("annex.p_adjusted"),
        ),
        rows=tuple(rows),
    )


def sources(desk: Desk) -> list[str]:
    """Cite the questionnaires and the data."""
    items = [
        desk.words(
            "annex.instrument",
            title=desk.words.of(instrument.title),
            abbreviation=instrument.abbreviation,
            version=instrument.version,
            citation=instrument.citation,
        )
        for instrument in (desk.material.instruments[name] for name in desk.study.instruments)
    ]
    if desk.study.attribution:
        items.append(desk.words("annex.data", attribution=desk.study.attribution, licence=desk.study.licence or "–"))
    return items
