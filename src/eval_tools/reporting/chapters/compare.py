"""How the programme groups ended against the comparison group."""

from __future__ import annotations

from math import isfinite

from eval_tools.reporting.blocks import Block, Chapter, Paragraph, Picture, Table
from eval_tools.reporting.chapters.balance import love_picture
from eval_tools.reporting.chapters.stepped import stepped_chapter
from eval_tools.reporting.figures import draw_forest
from eval_tools.reporting.material import Desk, Row, records
from eval_tools.stats.wwc import classify_baseline_equivalence
from eval_tools.studies.study import Outcome


def compare_chapter(desk: Desk) -> Chapter:
    """Show every difference from the comparison group: forest and table for each outcome."""
    if desk.study.assignment.stepped:
        return stepped_chapter(desk)
    words = desk.words
    heading = words("compare.heading")
    comparison = desk.study.comparison
    if comparison is None:
        return Chapter(
            id="compare",
            heading=heading,
            blocks=(*explained(desk), Paragraph(id="compare-none", text=words("compare.none"))),
        )
    blocks: list[Block] = [*explained(desk), Paragraph(id="compare-intro", text=intro(desk, comparison.id))]
    if not desk.study.assignment.randomised:
        blocks.append(Paragraph(id="compare-warning", text=words("compare.not_randomised"), role="warning"))
    blocks += love_picture(desk, comparison.id)
    for outcome in desk.study.plan.outcomes:
        blocks += [baseline_table(desk, outcome, comparison.id), *prior_trends(desk, outcome)]
        picture = forest_picture(desk, outcome, comparison.id)
        blocks += [picture] if picture is not None else []
        blocks.append(compare_table(desk, outcome, comparison.id))
        checks = checks_table(desk, outcome)
        blocks += [checks] if checks is not None else []
        blocks += [*left_out(desk, outcome), *detectable(desk, outcome)]
    return Chapter(id="compare", heading=heading, blocks=tuple(blocks))


def n_contrasts(desk: Desk) -> int:
    """Count the comparisons of primary outcomes that share one allowance for their number."""
    return len(desk.study.programme_groups) * sum(o.rank == "primary" for o in desk.study.plan.outcomes)


def intro(desk: Desk, reference: str) -> str:
    """Say what is compared with what, and what 'clear' means."""
    title = desk.group_title(reference)
    how = desk.how(desk.study.plan.outcomes[0])
    if n_contrasts(desk) == 1:
        return desk.words(f"compare.intro_one{how}", reference=title)
    return desk.words(f"compare.intro{how}", reference=title, n_contrasts=n_contrasts(desk))


def explained(desk: Desk) -> list[Paragraph]:
    """Say in plain words what was compared, on what the margin of error rests, and what is refused."""
    words = desk.words
    found: dict[str, str] = {}
    for outcome in desk.study.plan.outcomes:
        for row in desk.verdicts(outcome):
            sites = {
                "sites_group": words.number(row["sites_group"], 0),
                "sites_reference": words.number(row["sites_reference"], 0),
                "n_sites": words.number(row["sites_group"] + row["sites_reference"], 0),
            }
            refused = [words(f"refused.{code}") for code in str(row["refused"]).split(", ") if code]
            text = words.sentences(words(f"branch.{row['branch']}", **sites), *refused)
            found.setdefault(text, f"branch-{len(found) + 1}")
    return [Paragraph(id=name, text=text) for text, name in found.items()]


def checks_table(desk: Desk, outcome: Outcome) -> Table | None:
    """List the same comparison by every estimator of the branch; None if the branch has only one."""
    words = desk.words
    rows = []
    for role in ("primary", "check", "alongside"):
        mine = desk.results[
            (desk.results["outcome"] == outcome.id)
            & (desk.results["contrast"] == "difference")
            & (desk.results["role"] == role)
        ]
        rows += [
            (desk.group_title(row["group"]), words(f"compare.role.{role}"), desk.method(row), desk.estimate(row))
            for row in records(mine)
        ]
    if len(rows) == len(desk.primary(outcome, "difference")):
        return None
    return Table(
        id=f"checks-{outcome.id.replace('.', '-')}",
        caption=words("compare.checks.caption", scale=desk.scale_title(outcome)),
        header=(
            words("people.group"),
            words("compare.checks.role"),
            words("annex.method"),
            words("compare.points", level=words.level(0.95)),
        ),
        rows=tuple(rows),
    )


def baseline_table(desk: Desk, outcome: Outcome, reference: str) -> Table:
    """List how far the groups lay apart before the programme, and what that means for the comparison."""
    words = desk.words
    people, sites = (desk.rows(outcome, "baseline", name) for name in ("people_g", "sites_g"))
    rows = []
    for group in people:
        apart = [float(each[group]["estimate"]) for each in (people, sites) if group in each]
        known = [value for value in apart if isfinite(value)]
        meaning = classify_baseline_equivalence(max(known, key=abs)) if known else "unknown"
        cells = [desk.estimate(each[group], 2) for each in (people, sites) if group in each]
        rows.append((desk.group_title(group), *cells, words(f"baseline.{meaning}")))
    return Table(
        id=f"baseline-{outcome.id.replace('.', '-')}",
        caption=words(
            "baseline.caption",
            scale=desk.scale_title(outcome),
            baseline=desk.wave_name(desk.baseline),
            reference=desk.group_title(reference),
        ),
        header=(
            words("people.group"),
            words("baseline.people"),
            *([words("baseline.sites")] if sites else []),
            words("baseline.class"),
        ),
        rows=tuple(rows),
    )


def prior_trends(desk: Desk, outcome: Outcome) -> list[Paragraph]:
    """Say how unequally the groups had changed before the programme; nothing with one occasion before it."""
    first = next(iter(desk.study.waves))
    return [
        Paragraph(
            id=f"prior-{outcome.id.replace('.', '-')}-{group}",
            text=desk.words(
                "compare.prior",
                group=desk.group_title(group),
                reference=desk.group_title(str(row["reference"])),
                scale_name=desk.scale_name(outcome),
                first=desk.wave_name(first),
                baseline=desk.wave_name(desk.baseline),
                estimate=desk.estimate(row),
            ),
        )
        for group, row in desk.rows(outcome, "baseline", "prior_trend").items()
        if isfinite(float(row["estimate"]))
    ]


def detectable(desk: Desk, outcome: Outcome) -> list[Paragraph]:
    """Say how small a true difference could stay hidden, so that nothing found is not read as nothing there."""
    return [
        Paragraph(
            id=f"detectable-{outcome.id.replace('.', '-')}-{group}",
            text=desk.words(
                "compare.detectable",
                group=desk.group_title(group),
                scale_name=desk.scale_name(outcome),
                points=desk.words.number(row["estimate"]),
            ),
            role="note",
        )
        for group, row in desk.rows(outcome, "difference", "detectable").items()
        if isfinite(row["estimate"])
    ]


def left_out(desk: Desk, outcome: Outcome) -> list[Paragraph]:
    """Say how far the answer hangs on a single site."""
    words = desk.words
    return [
        Paragraph(
            id=f"left-out-{outcome.id.replace('.', '-')}-{group}",
            text=words(
                "compare.left_out",
                group=desk.group_title(group),
                scale_name=desk.scale_name(outcome),
                low=words.number(row["ci_low"], signed=True),
                high=words.number(row["ci_high"], signed=True),
            ),
        )
        for group, row in desk.rows(outcome, "difference", "leave_one_site_out").items()
        if isfinite(row["ci_low"])
    ]


def forest_picture(desk: Desk, outcome: Outcome, reference: str) -> Picture | None:
    """Draw the differences of one outcome with both intervals; None if there is no difference to draw."""
    import pandas as pd

    words = desk.words
    level = words.level(0.95)
    narrow = desk.primary(outcome, "difference")
    wide = desk.rows(outcome, "difference", "simultaneous")
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
            x_label=words(f"compare.figure.axis{desk.how(outcome)}"),
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
    points = desk.primary(outcome, "difference")
    wide = desk.rows(outcome, "difference", "simultaneous")
    g = desk.rows(outcome, "difference", "difference_g")

    def span(row: Row) -> str:
        if row["status"] != "estimated":
            return words("format.not_available")
        return words.span(float(row["ci_low"]), float(row["ci_high"]), signed=True)

    return Table(
        id=f"compare-table-{outcome.id.replace('.', '-')}",
        caption=words(
            f"compare.table.caption{desk.how(outcome)}",
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
