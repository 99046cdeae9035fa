"""What changed within each group, outcome by outcome."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from eval_tools.reporting.blocks import Block, Chapter, Paragraph, Picture, Table
from eval_tools.reporting.figures import draw_change
from eval_tools.reporting.material import Desk, Row
from eval_tools.studies.study import Outcome

FEWEST_BINS = 4  # with fewer steps a cloud shows the rule of disclosure control, not the people


def change_chapter(desk: Desk) -> Chapter:
    """Show the change of every group: figure, sentence, table."""
    blocks: list[Block] = []
    for outcome in desk.study.plan.outcomes:
        slug = outcome.id.replace(".", "-")
        title = desk.words("change.subheading", scale=desk.scale_title(outcome))
        blocks.append(Paragraph(id=f"change-title-{slug}", text=title, role="subheading"))
        picture = change_picture(desk, outcome)
        blocks += [picture] if picture is not None else []
        blocks += [change_table(desk, outcome), *growth(desk, outcome)]
    blocks.append(Paragraph(id="change-note", text=desk.words("change.note"), role="note"))
    return Chapter(id="change", heading=desk.words("change.heading"), blocks=tuple(blocks))


def growth(desk: Desk, outcome: Outcome) -> list[Paragraph]:
    """Say how fast scores moved from one occasion to the next, where there are more than two."""
    return [
        Paragraph(
            id=f"growth-{outcome.id.replace('.', '-')}-{group}",
            text=desk.words(
                "change.growth",
                scale=desk.scale_title(outcome),
                group=desk.group_title(group),
                wave=desk.wave_name(desk.wave),
                estimate=desk.estimate(row),
            ),
        )
        for group, row in desk.rows(outcome, "change", "growth").items()
        if group != "all" and isfinite(float(row["estimate"]))
    ]


def change_picture(desk: Desk, outcome: Outcome) -> Picture | None:
    """Draw how individual changes are spread in every group; None if nobody has both scores."""
    words = desk.words
    distribution = desk.material.distributions.get(outcome.id)
    if distribution is None:
        return None
    bins = distribution.data
    enough = bins.groupby("group")["count"].transform("size") >= FEWEST_BINS
    people = desk.material.people
    shown = None if people is None else people.data[people.data["outcome"] == outcome.id][["group", "value"]]
    rows = {g: r for g, r in desk.primary(outcome, "change").items() if g in desk.study.groups}
    if not any(isfinite(float(row["estimate"])) for row in rows.values()):
        return None
    title = desk.scale_title(outcome)
    slug = outcome.id.replace(".", "-")
    summary = desk.results[
        (desk.results["outcome"] == outcome.id)
        & (desk.results["contrast"] == "change")
        & (desk.results["role"] == "primary")
        & (desk.results["group"] != "all")
    ]
    return Picture(
        id=f"change-picture-{slug}",
        drawing=draw_change(
            name=f"change-{slug}",
            distribution=bins[enough],
            people=shown,
            summary=summary[["group", "estimate", "ci_low", "ci_high", "n"]],
            group_labels=desk.group_titles,
            title=words("change.figure.title", scale=title),
            x_label=words("change.figure.axis", **desk.waves),
            better=outcome.better,
            better_label=words("change.figure.better"),
            worse_label=words("change.figure.worse"),
            hidden_label=words("change.figure.hidden"),
            alt=words(
                "change.figure.alt",
                scale_name=desk.scale_name(outcome),
                groups=words.clauses([_told(desk, group, row) for group, row in rows.items()]),
            ),
            caption=_caption(desk, single_people=shown is not None, cloud=bool(enough.any()), rows=rows),
            language=desk.language,
        ),
    )


def _told(desk: Desk, group: str, row: Row) -> str:
    """Say in words what the figure shows of one group."""
    words, title = desk.words, desk.group_title(group)
    estimate, low, high = (float(row[key]) for key in ("estimate", "ci_low", "ci_high"))
    if not isfinite(estimate):
        return words("figure.alt_reason", group=title, reason=words(f"status.{row['status']}"))
    places = {"group": title, "estimate": words.number(estimate, signed=True)}
    if not isfinite(low):
        return words("change.figure.alt_group_plain", **places)
    ends = {"low": words.number(low, signed=True), "high": words.number(high, signed=True)}
    return words("change.figure.alt_group", **places, **ends)


def _caption(desk: Desk, *, single_people: bool, cloud: bool, rows: Mapping[str, Row]) -> str:
    """Explain what is drawn, and nothing that is not."""
    words = desk.words
    parts = []
    if single_people:
        parts.append(words("change.figure.dots"))
    elif cloud and desk.min_cell > 1:
        parts.append(words("change.figure.steps", min_cell=desk.min_cell))
    elif cloud:
        parts.append(words("change.figure.cloud"))
    with_interval = any(isfinite(float(row["ci_low"])) for row in rows.values())
    marker = "change.figure.marker" if with_interval else "change.figure.marker_plain"
    return words.sentences(*parts, words(marker, level=words.level(0.95)))


def change_table(desk: Desk, outcome: Outcome) -> Table:
    """List mean, typical and standardised change of every group."""
    words = desk.words
    level = words.level(0.95)
    columns = [
        desk.primary(outcome, "change"),
        *(desk.rows(outcome, "change", name) for name in ("hodges_lehmann", "g_av")),
    ]
    return Table(
        id=f"change-table-{outcome.id.replace('.', '-')}",
        caption=words("change.table.caption", scale=desk.scale_title(outcome), **desk.waves),
        header=(
            words("people.group"),
            words("change.n"),
            words("change.mean", level=level),
            words("change.median", level=level),
            words("change.standardised", level=level),
        ),
        rows=tuple(
            (
                desk.group_title(group),
                desk.count(float(columns[0][group]["n"])),
                desk.estimate(columns[0][group]),
                desk.estimate(columns[1][group]),
                desk.estimate(columns[2][group], 2),
            )
            for group in columns[0]
        ),
    )
