"""Whose answers there are, who is missing, and what was found in the raw data."""

from __future__ import annotations

from math import isfinite

from eval_tools.reporting.blocks import Block, Chapter, Paragraph, Picture, Table
from eval_tools.reporting.chapters.answer import few_lost, people_counts
from eval_tools.reporting.figures import draw_flow
from eval_tools.reporting.language import catalogue
from eval_tools.reporting.material import Desk, records


def people_chapter(desk: Desk) -> Chapter:
    """Show who took part, wave by wave, and how those who were lost differed at the start."""
    blocks: list[Block] = [
        Paragraph(id="lost", text=lost(desk)),
        flow_picture(desk),
        flow_table(desk),
        dropout_table(desk),
        Paragraph(id="dropout-note", text=desk.words("people.dropout.note"), role="note"),
        *transfers(desk),
        *only_after(desk),
        *not_read(desk),
        Paragraph(id="findings", text=findings(desk)),
    ]
    if desk.material.findings:
        blocks.append(findings_table(desk))
    blocks += safeguarding(desk)
    return Chapter(id="people", heading=desk.words("people.heading"), blocks=tuple(blocks))


def lost(desk: Desk) -> str:
    """Say how many have no later answer, and how unequal the groups are in that."""
    n = people_counts(desk)
    if n is None:
        return desk.words("answer.people_hidden")
    enrolled, paired = n
    if few_lost(desk):
        return desk.words(
            "people.lost_few",
            min_cell=desk.min_cell,
            n_enrolled=desk.words.number(enrolled, 0),
            **desk.waves,
        )
    if enrolled == paired:
        return desk.words("people.lost_none", n_enrolled=desk.words.number(enrolled, 0), **desk.waves)
    places = {
        "n_lost": desk.words.number(enrolled - paired, 0),
        "n_enrolled": desk.words.number(enrolled, 0),
        "share": desk.words.percent((enrolled - paired) / enrolled if enrolled else float("nan")),
        **desk.waves,
    }
    flow = desk.material.flow.data
    groups = flow[(flow["wave"] == desk.wave.id) & flow["group"].isin(list(desk.study.groups))]
    shares = [p / e for p, e in zip(groups["n_paired"], groups["n_enrolled"], strict=True) if e and isfinite(p / e)]
    lowest, highest = (desk.words.percent(f(shares, default=float("nan"))) for f in (min, max))
    if lowest == highest:
        return desk.words("people.lost_single", **places)
    return desk.words("people.lost", lowest=lowest, highest=highest, **places)


def flow_picture(desk: Desk) -> Picture:
    """Draw the flow of participants."""
    words, flow = desk.words, desk.material.flow.data
    groups = flow[flow["group"].isin(list(desk.study.groups))]
    at_wave = {row["group"]: row for row in records(groups[groups["wave"] == desk.wave.id])}
    told = [
        words(
            "people.flow.alt_group",
            group=desk.group_title(group),
            enrolled=desk.flow_count(at_wave[group]["n_enrolled"]),
            answered=desk.flow_count(at_wave[group]["n_forms"]),
            wave=desk.wave_name(desk.wave),
        )
        for group in desk.study.groups
    ]
    return Picture(
        id="flow-picture",
        drawing=draw_flow(
            name="flow",
            flow=groups,
            group_labels=desk.group_titles,
            wave_labels=desk.wave_titles,
            title=words("people.flow.title"),
            total_label=words("people.flow.total"),
            enrolled_label=words("people.flow.enrolled"),
            hidden_label=words("format.protected"),
            alt=words("people.flow.alt", groups=words.clauses(told)),
            caption=words("people.flow.caption"),
            language=desk.language,
        ),
    )


def flow_table(desk: Desk) -> Table:
    """List participants with answers, by group and occasion."""
    flow = desk.material.flow.data
    rows = []
    for group in dict.fromkeys(flow["group"]):
        mine = {row["wave"]: row for row in records(flow[flow["group"] == group])}
        cells = [desk.flow_count(mine[wave]["n_forms"]) for wave in desk.study.waves]
        rows.append(
            (
                desk.group_title(group),
                desk.flow_count(mine[desk.wave.id]["n_enrolled"]),
                *cells,
                desk.flow_count(mine[desk.wave.id]["n_paired"]),
            )
        )
    words = desk.words
    return Table(
        id="flow-table",
        caption=words("people.table.caption"),
        header=(
            words("people.group"),
            words("people.enrolled"),
            *desk.wave_titles.values(),
            words("people.paired"),
        ),
        rows=tuple(rows),
    )


def dropout_table(desk: Desk) -> Table:
    """Compare, at the start, those without a later answer with those who have one."""
    tables = [desk.rows(outcome, "dropout", "hedges_g") for outcome in desk.study.plan.outcomes]
    groups = list(dict.fromkeys(group for rows in tables for group in rows))
    return Table(
        id="dropout-table",
        caption=desk.words("people.dropout.caption", **desk.waves),
        header=(
            desk.words("people.group"),
            *(desk.scale_title(outcome) for outcome in desk.study.plan.outcomes),
        ),
        rows=tuple((desk.group_title(group), *(desk.estimate(rows[group], 2) for rows in tables)) for group in groups),
    )


def transfers(desk: Desk) -> list[Paragraph]:
    """Say how many were at another site later, and that the one at the start counts."""
    if desk.material.transfers is None:
        return []
    table = desk.material.transfers.data
    moved = {row["group"]: float(row["count"]) for row in records(table[table["site"] == "moved"])}
    if not isfinite(moved[desk.total]):
        return [Paragraph(id="transfers", text=desk.words("people.moved_hidden"), role="note")]
    told = [
        desk.words("people.moved_group", group=desk.group_title(group), n=desk.flow_count(moved[group]))
        for group in desk.study.groups
    ]
    text = desk.words(
        "people.moved", n=desk.words.number(moved[desk.total], 0), groups=desk.words.clauses(told), **desk.waves
    )
    return [Paragraph(id="transfers", text=text, role="note")]


def safeguarding(desk: Desk) -> list[Paragraph]:
    """Say that answers that need a person reached one, and how fast; nothing about any answer."""
    if desk.material.safeguarding is None:
        return []
    [row] = records(desk.material.safeguarding.data)
    listed, answered, soon = (float(row[name]) for name in ("n_listed", "n_answered", "n_within_a_day"))
    sentences = [desk.words("people.safeguarding.in_place")]
    if isfinite(listed):
        n = {"listed": desk.words.number(listed, 0)}
        if isfinite(answered) and isfinite(soon):
            places = {"answered": desk.words.number(answered, 0), "soon": desk.words.number(soon, 0)}
            sentences.append(desk.words("people.safeguarding.ran", **n, **places))
        else:
            sentences.append(desk.words("people.safeguarding.listed", **n))
    return [Paragraph(id="safeguarding", text=desk.words.sentences(*sentences), role="note")]


def only_after(desk: Desk) -> list[Paragraph]:
    """Name the outcomes that were asked at the end but not, or hardly, at the start: they have no change."""
    table = desk.material.descriptives.data
    told = []
    for outcome in desk.study.plan.outcomes:
        mine = table[(table["outcome"] == outcome.id) & (table["group"] != "all")]
        before, after = (mine.loc[mine["wave"] == wave, "n"] for wave in (desk.baseline.id, desk.wave.id))
        if (after > 0).any() and not (before > 0).any():
            places = {"scale": desk.scale_title(outcome), **desk.waves}
            slug = outcome.id.replace(".", "-")
            told.append(Paragraph(id=f"only-after-{slug}", text=desk.words("people.only_after", **places)))
    return told


def not_read(desk: Desk) -> list[Block]:
    """Say how many withdrew, and how many forms were not read for want of consent."""
    words = {"withdrawn": "people.not_read.withdrawn", "consent": "people.not_read.consent"}
    told = [
        desk.words(words[row["reason"]], n=desk.words.count(row["count"], min_cell=desk.min_cell))
        for row in records(desk.material.not_read.data)
    ]
    return [Paragraph(id="not-read", text=desk.words.sentences(*told))] if told else []


def findings(desk: Desk) -> str:
    """Say how many faults the raw data had, and whether all were resolved."""
    resolved = sum(f.count for f in desk.material.findings if f.severity == "note")
    still_open = sum(1 for f in desk.material.findings if f.severity == "warning")
    sentences = []
    if resolved:
        sentences.append(desk.words("people.findings.resolved", n=desk.words.number(resolved, 0)))
    if still_open:
        sentences.append(desk.words("people.findings.open", n=desk.words.number(still_open, 0)))
    return desk.words.sentences(*sentences) or desk.words("people.findings.none")


def findings_table(desk: Desk) -> Table:
    """List what was found in the raw data, by kind; what only says how files were read is one kind."""
    words = desk.words
    known = catalogue(desk.language)
    counted: dict[tuple[str, str], int] = {}
    for f in desk.material.findings:
        kind = f"finding.{f.rule}" if f"finding.{f.rule}" in known else "finding.other"
        counted[kind, f.severity] = counted.get((kind, f.severity), 0) + f.count
    return Table(
        id="findings-table",
        caption=words("people.findings.caption"),
        header=(
            words("people.findings.rule"),
            words("people.findings.severity"),
            words("people.findings.count"),
        ),
        rows=tuple(
            (words(kind), words(f"severity.{severity}"), words.number(n, 0)) for (kind, severity), n in counted.items()
        ),
    )
