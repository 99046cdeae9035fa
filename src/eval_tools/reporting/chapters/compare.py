"""How the programme groups ended against the comparison group."""

from __future__ import annotations

from math import isfinite

from eval_tools.reporting.blocks import Block, Chapter, Paragraph, Picture, Table
from eval_tools.reporting.figures import draw_forest
from eval_tools.reporting.material import Desk, Row
from eval_tools.studies.study import Outcome


def compare_chapter(desk: Desk) -> Chapter:
    """Show every difference from the comparison group: forest and table for each outcome."""
    words = desk.words
    heading = words("compare.heading")
    comparison = desk.study.comparison
    if comparison is None:
        return Chapter(
            id="compare", heading=heading, blocks=(Paragraph(id="compare-none", text=words("compare.none")),)
        )
    blocks: list[Block] = [Paragraph(id="compare-intro", text=intro(desk, comparison.id))]
    if not desk.study.assignment.randomised:
        blocks.append(Paragraph(id="compare-warning", text=words("compare.not_randomised"), role="warning"))
    for outcome in desk.study.plan.outcomes:
        picture = forest_picture(desk, outcome, comparison.id)
        blocks += [picture] if picture is not None else []
        blocks.append(compare_table(desk, outcome, comparison.id))
    return Chapter(id="compare", heading=heading, blocks=tuple(blocks))


def n_contrasts(desk: Desk) -> int:
    """Count the comparisons of primary outcomes that share one allowance for their number."""
    return len(desk.study.programme_groups) * sum(o.rank == "primary" for o in desk.study.plan.outcomes)


def intro(desk: Desk, reference: str) -> str:
    """Say what is compared with what, and what 'clear' means."""
    title = desk.group_title(reference)
    if n_contrasts(desk) == 1:
        return desk.words("compare.intro_one", reference=title)
    return desk.words("compare.intro", reference=title, n_contrasts=n_contrasts(desk))


def forest_picture(desk: Desk, outcome: Outcome, reference: str) -> Picture | None:
    """Draw the differences of one outcome with both intervals; None if there is no difference to draw."""
    import pandas as pd

    words = desk.words
    level = words.level(0.95)
    narrow = desk.rows(outcome, "difference", "ancova_hc3")
    wide = desk.rows(outcome, "difference", "ancova_hc3_simultaneous")
    rows = pd.DataFrame(
        [
            {
                "label": desk.group_title(group),
                "group": group,
                "estimate": row["estimate"],
                "ci_low": row["ci_low"],
                "ci_high": row["ci_high"],
                "ci_low_wide": wide[group]["ci_low"],
                "ci_high_wide": wide[group]["ci_high"],
                "n": row["n"],
                "text": desk.estimate(row),
            }
            for group, row in narrow.items()
        ]
    )
    if not rows["estimate"].notna().any():
        return None
    told = [
        words("compare.figure.alt_group", group=label, text=text)
        if isfinite(value)
        else words("figure.alt_reason", group=label, reason=text)
        for label, text, value in zip(rows["label"], rows["text"], rows["estimate"], strict=True)
    ]
    if not rows["ci_low"].notna().any():
        caption, header = words("compare.figure.caption_plain"), words("compare.figure.header_plain")
    else:
        several = "" if n_contrasts(desk) > 1 else "_one"
        caption = words(f"compare.figure.caption{several}", level=level)
        header = words("compare.figure.header", level=level)
    title = desk.scale_title(outcome)
    good, bad = words("compare.figure.better"), words("compare.figure.worse")
    left, right = (bad, good) if outcome.better == "higher" else (good, bad)
    slug = outcome.id.replace(".", "-")
    places = {"scale": title, "reference": desk.group_title(reference)}
    alt_places = {"scale_name": desk.scale_name(outcome), "reference": desk.group_title(reference)}
    return Picture(
        id=f"forest-{slug}",
        drawing=draw_forest(
            name=f"forest-{slug}",
            rows=rows,
            x_label=words("compare.figure.axis"),
            zero_label_left=left,
            zero_label_right=right,
            group_labels=desk.group_titles,
            title=words("compare.figure.title", **places),
            hidden_label=words("format.suppressed"),
            alt=words("compare.figure.alt", groups=words.clauses(told), **alt_places),
            caption=caption,
            language=desk.language,
            number_format=desk.signed_tick,
            text_header=header,
        ),
    )


def compare_table(desk: Desk, outcome: Outcome, reference: str) -> Table:
    """List the differences of one outcome in points and standardised."""
    words = desk.words
    level = words.level(0.95)
    several = n_contrasts(desk) > 1
    points = desk.rows(outcome, "difference", "ancova_hc3")
    wide = desk.rows(outcome, "difference", "ancova_hc3_simultaneous")
    g = desk.rows(outcome, "difference", "ancova_g")

    def span(row: Row) -> str:
        if row["status"] != "estimated":
            return words("format.not_available")
        return words.span(float(row["ci_low"]), float(row["ci_high"]), signed=True)

    return Table(
        id=f"compare-table-{outcome.id.replace('.', '-')}",
        caption=words(
            "compare.table.caption",
            scale=desk.scale_title(outcome),
            wave=desk.wave_name(desk.wave),
            reference=desk.group_title(reference),
        ),
        header=(
            words("people.group"),
            words("compare.n"),
            words("compare.points", level=level),
            *([words("compare.wide")] if several else []),
            words("compare.g", level=level),
        ),
        rows=tuple(
            (
                desk.group_title(group),
                desk.count(float(row["n"])),
                desk.estimate(row),
                *([span(wide[group])] if several else []),
                desk.estimate(g[group], 2),
            )
            for group, row in points.items()
        ),
    )
