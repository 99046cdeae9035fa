"""Whether the scales can be trusted, and what they say at each occasion."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from eval_tools.reporting.blocks import Block, Chapter, Paragraph, Picture, Table
from eval_tools.reporting.chapters.forms import use_of_forms
from eval_tools.reporting.figures import draw_trajectory
from eval_tools.reporting.material import Desk, Row, records
from eval_tools.studies.study import Outcome

if TYPE_CHECKING:
    import pandas as pd


def scales_chapter(desk: Desk) -> Chapter:
    """Show reliability first, then the course of every outcome."""
    blocks: list[Block] = [Paragraph(id="reliability", text=reliability(desk)), reliability_table(desk)]
    unverified = unverified_rules(desk)
    if unverified:
        blocks.append(Paragraph(id="unverified", text=unverified, role="note"))
    blocks += use_of_forms(desk)
    for outcome in desk.study.plan.outcomes:
        blocks += [course_picture(desk, outcome), means_table(desk, outcome)]
    return Chapter(id="scales", heading=desk.words("scales.heading"), blocks=tuple(blocks))


def _coefficients(desk: Desk, outcome: Outcome) -> dict[tuple[str, str], Row]:
    table = desk.material.reliabilities.data
    mine = table[(table["instrument"] == outcome.instrument) & (table["scale"] == outcome.scale)]
    if outcome.informant is not None:
        mine = mine[mine["informant"] == outcome.informant]
    return {(row["wave"], row["coefficient"]): row for row in records(mine)}


def reliability(desk: Desk) -> str:
    """Say whether every outcome is measured as reliably as the plan asks, at the two occasions compared."""
    values = []
    for outcome in desk.study.plan.outcomes:
        rows = _coefficients(desk, outcome)
        for wave in (desk.baseline.id, desk.wave.id):
            found = [float(rows[wave, c]["estimate"]) for c in ("alpha", "omega") if (wave, c) in rows]
            values.append(min((v for v in found if isfinite(v)), default=float("nan")))
    floor = desk.words.number(desk.study.plan.reliability_floor, 2)
    known = [v for v in values if isfinite(v)]
    if len(known) < len(values):
        return desk.words("scales.unknown", **desk.waves)
    enough = min(known) >= desk.study.plan.reliability_floor
    key = "scales.reliable" if enough else "scales.unreliable"
    return desk.words(key, lowest=desk.words.number(min(known), 2), floor=floor, **desk.waves)


def reliability_table(desk: Desk) -> Table:
    """List alpha and omega with intervals at every occasion."""
    words = desk.words
    rows = []
    for outcome in desk.study.plan.outcomes:
        found = _coefficients(desk, outcome)
        for wave in desk.study.waves:
            if (wave, "alpha") not in found:
                continue
            cells = []
            for coefficient in ("alpha", "omega"):
                row = found[wave, coefficient]
                cells.append(_coefficient(desk, row))
            rows.append(
                (
                    f"{desk.scale_title(outcome)} – {desk.wave_title(wave)}",
                    *cells,
                    desk.count(float(found[wave, "alpha"]["n"])),
                )
            )
    level = words.level(0.95)
    return Table(
        id="reliability-table",
        caption=words("scales.reliability.caption"),
        header=(
            words("scales.scale"),
            words("scales.alpha", level=level),
            words("scales.omega", level=level),
            words("change.n"),
        ),
        rows=tuple(rows),
    )


def _coefficient(desk: Desk, row: Row) -> str:
    """Write a reliability; its interval holds for people who do not resemble each other, so sites have none."""
    if row["status"] != "estimated":
        return desk.words(f"status.{row['status']}")
    if desk.clustered:
        return desk.words("format.no_interval", estimate=desk.words.number(row["estimate"], 3))
    return desk.words.interval(row["estimate"], row["ci_low"], row["ci_high"], 3)


def unverified_rules(desk: Desk) -> str:
    """Name the rules of the questionnaires for which no source was found."""
    strict = [
        desk.instrument(outcome).abbreviation
        for outcome in desk.study.plan.outcomes
        if desk.scale(outcome).missing.status == "unverified"
    ]
    told = [desk.words("scales.unverified.missing", abbreviation=name) for name in dict.fromkeys(strict)]
    return desk.words("scales.unverified", what=desk.words.clauses(told)) if told else ""


def course_picture(desk: Desk, outcome: Outcome) -> Picture:
    """Draw the mean of every group over the occasions."""
    words = desk.words
    means = _means(desk, outcome)
    told = []
    for group in desk.study.groups:
        mine = means[means["group"] == group].set_index("wave")["mean"]
        told.append(
            words(
                "scales.course.alt_group",
                group=desk.group_title(group),
                first=_mean(desk, mine.get(desk.baseline.id, float("nan"))),
                last=_mean(desk, mine.get(desk.wave.id, float("nan"))),
                **desk.waves,
            )
        )
    title = desk.scale_title(outcome)
    slug = outcome.id.replace(".", "-")
    return Picture(
        id=f"course-{slug}",
        drawing=draw_trajectory(
            name=f"course-{slug}",
            means=means[means["group"] != "all"],
            group_labels=desk.group_titles,
            wave_labels=desk.wave_titles,
            title=words("scales.course.title", scale=title),
            y_label=words("scales.course.axis", scale=title),
            hidden_label=desk.hidden,
            alt=words(
                "scales.course.alt",
                scale_name=desk.scale_name(outcome),
                n_waves=len(desk.study.waves),
                groups=words.clauses(told),
            ),
            caption=words("scales.course.caption", scale_name=desk.scale_name(outcome)),
            language=desk.language,
            number_format=desk.tick,
        ),
    )


def _mean(desk: Desk, value: float) -> str:
    return desk.words.number(value) if isfinite(value) else desk.hidden


def _means(desk: Desk, outcome: Outcome) -> pd.DataFrame:
    table = desk.material.descriptives.data
    return table[table["outcome"] == outcome.id].copy()


def means_table(desk: Desk, outcome: Outcome) -> Table:
    """List mean, SD and n of every group at every occasion."""
    words = desk.words
    means = _means(desk, outcome)
    rows = []
    for group in dict.fromkeys(means["group"]):
        mine = {row["wave"]: row for row in records(means[means["group"] == group])}
        rows.append(
            (
                desk.group_title(group),
                *(
                    words(
                        "scales.means.cell",
                        mean=words.number(mine[wave]["mean"]),
                        sd=words.number(mine[wave]["sd"]),
                        n=words.number(mine[wave]["n"], 0),
                    )
                    if isfinite(mine[wave]["mean"])
                    else desk.hidden
                    for wave in desk.study.waves
                ),
            )
        )
    return Table(
        id=f"means-{outcome.id.replace('.', '-')}",
        caption=words("scales.means.caption_one", scale=desk.scale_title(outcome)),
        header=(words("people.group"), *desk.wave_titles.values()),
        rows=tuple(rows),
    )
