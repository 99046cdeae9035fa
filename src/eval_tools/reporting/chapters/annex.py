"""For specialists: tests, methods, sources, and where every number can be traced."""

from __future__ import annotations

from eval_tools.reporting.blocks import Bullets, Chapter, Paragraph, Table
from eval_tools.reporting.material import Desk, Row, records

TESTED = (
    "hodges_lehmann",
    "caseness",
    "equivalence",
    "cr2_interaction",
    "welch_interaction",
)  # beside every estimator that has a role in the decision tree


def annex_chapter(desk: Desk) -> Chapter:
    """List tests and methods; p values stand here and nowhere else."""
    stepped = desk.study.assignment.stepped
    return Chapter(
        id="annex",
        heading=desk.words("annex.heading"),
        blocks=(
            tests_table(desk),
            Paragraph(id="methods", text=desk.words("annex.methods")),
            *([Paragraph(id="methods-stepped", text=desk.words("stepped.methods"))] if stepped else []),
            *([Paragraph(id="methods-sites", text=desk.words("annex.sites"))] if desk.has_sites else []),
            Bullets(id="sources", items=tuple(sources(desk))),
            Paragraph(id="audit", text=desk.words("annex.audit"), role="note"),
        ),
    )


def tests_table(desk: Desk) -> Table:
    """List every test with its p value, raw and adjusted."""
    words = desk.words
    rows = []
    for outcome in desk.study.plan.outcomes:
        mine = desk.results[desk.results["outcome"] == outcome.id]
        tested = mine[(mine["role"] != "detail") | mine["estimator"].isin(TESTED)]
        for contrast in ("change", "difference", "interaction", "stepped"):
            for row in records(tested[tested["contrast"] == contrast]):
                rows.append(
                    (
                        words("format.of", what=desk.scale_title(outcome), which=asked(desk, row)),
                        str(row["method"])
                        if row["role"] == "detail"
                        else words.clauses([desk.method(row), row["method"]]),
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


def asked(desk: Desk, row: Row) -> str:
    """Name what a test is about."""
    group = desk.group_title(row["group"])
    if row["contrast"] == "change":
        return desk.words("annex.change_of", group=group)
    if row["contrast"] == "difference":
        return desk.words("annex.difference_of", group=group, reference=desk.group_title(row["reference"]))
    if row["contrast"] == "stepped":
        return desk.words("stepped.annex")
    name, level, other = desk.levels(row["subgroup"])
    return desk.words("annex.interaction_of", group=group, subgroup=name, level=level, other=other)


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
