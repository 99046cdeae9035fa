"""For whom more, for whom less: one difference between levels with its range, never results level by level."""

from __future__ import annotations

from math import isfinite

from eval_tools.reporting.blocks import Block, Bullets, Chapter, Paragraph, Table
from eval_tools.reporting.material import Desk, Row, records
from eval_tools.studies.study import Outcome


def subgroups_chapter(desk: Desk) -> Chapter | None:
    """Answer for every subgroup of the plan whether its levels differ; None if the plan asks about none."""
    words = desk.words
    if not desk.study.plan.subgroups:
        return None
    blocks: list[Block] = [Paragraph(id="subgroups-intro", text=words("subgroups.intro"))]
    for outcome in desk.study.plan.outcomes:
        slug = outcome.id.replace(".", "-")
        rows = interactions(desk, outcome)
        blocks.append(Bullets(id=f"subgroups-{slug}", items=tuple(sentence(desk, outcome, row) for row in rows)))
        if any(isfinite(float(row["estimate"])) for row in rows):
            blocks.append(subgroups_table(desk, outcome, rows))
    single = "_single" if desk.study.comparison is None else ""
    blocks.append(Paragraph(id="subgroups-note", text=words(f"subgroups.note{single}"), role="note"))
    return Chapter(id="subgroups", heading=words("subgroups.heading"), blocks=tuple(blocks))


def interactions(desk: Desk, outcome: Outcome) -> list[Row]:
    """Return the differences between levels on one outcome."""
    mine = desk.results[(desk.results["outcome"] == outcome.id) & (desk.results["contrast"] == "interaction")]
    return records(mine)


def sentence(desk: Desk, outcome: Outcome, row: Row) -> str:
    """Say in one sentence whether two levels of a subgroup differ, and by how much at least and at most."""
    words = desk.words
    single = desk.study.comparison is None
    name, level, other = (words.within(title) for title in desk.levels(row["subgroup"]))
    value, low, high = (float(row[key]) for key in ("estimate", "ci_low", "ci_high"))
    places = {"scale": desk.scale_title(outcome), "group": desk.group_title(row["group"])}
    if not single:
        places["reference"] = desk.group_title(row["reference"])
    if row["status"] != "estimated":
        reason = words(f"status.{row['status']}")
        told = words("subgroups.none", subgroup=name, level=level, other=other, reason=reason, **places)
        return words.sentences(told, *_refused(desk, outcome, row))
    clear = float(row["p_adjusted"]) < 1 - float(row["ci_level"])
    if not clear:
        how = "unclear" if isfinite(float(row["p_adjusted"])) else "no_claim"
        return words(
            f"subgroups.{how}{'.single' if single else ''}",
            level=level,
            other=other,
            estimate=words.number(value, signed=True),
            ci_low=words.number(low, signed=True),
            ci_high=words.number(high, signed=True),
            **places,
        )
    if (value > 0) != (outcome.better == "higher"):
        level, other = other, level
    size = sorted(abs(end) for end in (low, high))  # both ends lie on one side of zero: it is clear
    return words(
        f"subgroups.clear{'.single' if single else ''}",
        level=level,
        other=other,
        estimate=words.number(abs(value)),
        ci_low=words.number(size[0]),
        ci_high=words.number(size[1]),
        **places,
    )


def _refused(desk: Desk, outcome: Outcome, row: Row) -> list[str]:
    """Repeat what the branch of the comparison itself refuses, for it holds for its subgroups too."""
    return [
        desk.words(f"refused.{code}")
        for verdict in desk.verdicts(outcome)
        if verdict["group"] == row["group"]
        for code in str(verdict["refused"]).split(", ")
        if code
    ]


def subgroups_table(desk: Desk, outcome: Outcome, rows: list[Row]) -> Table:
    """List the differences between levels on one outcome."""
    words = desk.words
    several = len(desk.study.programme_groups) > 1
    cells = []
    for row in rows:
        name, level, other = desk.levels(row["subgroup"])
        cells.append(
            (
                words("subgroups.levels", subgroup=name, level=level, other=other),
                *([desk.group_title(row["group"])] if several else []),
                desk.count(float(row["n"])),
                desk.estimate(row),
            )
        )
    single = "_single" if desk.study.comparison is None else ""
    return Table(
        id=f"subgroups-table-{outcome.id.replace('.', '-')}",
        caption=words(f"subgroups.caption{single}", scale=desk.scale_title(outcome), **desk.waves),
        header=(
            words("subgroups.subgroup"),
            *([words("people.group")] if several else []),
            words("change.n"),
            words("subgroups.points", level=words.level(0.95)),
        ),
        rows=tuple(cells),
    )
