"""A stepped roll-out: sites that have started, compared with sites that have not."""

from __future__ import annotations

from math import isfinite

from eval_tools.reporting.blocks import Block, Chapter, Paragraph, Picture, Table
from eval_tools.reporting.figures import draw_forest
from eval_tools.reporting.material import Desk, Row, records
from eval_tools.studies.study import Outcome

SINCE_START = "since_start:"  # see the column subgroup in tables.RESULTS


def stepped_chapter(desk: Desk) -> Chapter:
    """Show what changed once sites had started: in words, by time since the start, and by other methods."""
    words = desk.words
    blocks: list[Block] = [*explained(desk), Paragraph(id="compare-intro", text=words("stepped.intro"))]
    if not desk.study.assignment.randomised:
        blocks.append(Paragraph(id="compare-warning", text=words("stepped.not_randomised"), role="warning"))
    for outcome in desk.study.plan.outcomes:
        slug = outcome.id.replace(".", "-")
        blocks.append(Paragraph(id=f"stepped-answer-{slug}", text=stepped_answer(desk, outcome)))
        if isfinite(main_row(desk, outcome)["estimate"]):
            blocks += [stepped_picture(desk, outcome), stepped_table(desk, outcome), stepped_checks(desk, outcome)]
            blocks += stepped_left_out(desk, outcome)
    return Chapter(id="compare", heading=words("stepped.heading"), blocks=tuple(blocks))


def explained(desk: Desk) -> list[Paragraph]:
    """Say in plain words what was compared with what, and what is refused; alike outcomes share a paragraph."""
    words = desk.words
    found: dict[str, str] = {}
    for outcome in desk.study.plan.outcomes:
        for row in desk.verdicts(outcome):
            refused = [words(f"stepped.refused.{code}") for code in str(row["refused"]).split(", ") if code]
            order = "chance" if desk.study.assignment.randomised else "chosen"
            told = words(
                f"stepped.branch.{order if row['sites_group'] else 'none'}",
                sites_started=words.number(row["sites_group"], 0),
                n_sites=words.number(main_row(desk, outcome)["n_sites"], 0),
            )
            found.setdefault(words.sentences(told, *refused), f"branch-{len(found) + 1}")
    return [Paragraph(id=name, text=text) for text, name in found.items()]


def main_row(desk: Desk, outcome: Outcome) -> Row:
    """Return the overall result of one outcome."""
    [row] = desk.primary(outcome, "stepped").values()
    return row


def stepped_headline(desk: Desk) -> str:
    """Answer in one sentence; harm is never left out."""
    outcomes = desk.study.plan.outcomes
    verdicts = {row["verdict"] for outcome in outcomes for row in desk.verdicts(outcome)}
    if not any(main_row(desk, outcome)["status"] == "estimated" for outcome in outcomes):
        return desk.words("stepped.headline.impossible")
    if {"better", "worse"} <= verdicts:
        return desk.words("stepped.headline.both")
    if verdicts == {"no_claim"}:
        return desk.words("stepped.headline.no_claim")
    told = "better" if "better" in verdicts else "worse" if "worse" in verdicts else "unclear"
    return desk.words(f"stepped.headline.{told}{'_one' if len(outcomes) == 1 else ''}")


def stepped_answer(desk: Desk, outcome: Outcome) -> str:
    """Say of one outcome how far sites that had started moved apart from sites that had not."""
    words, row = desk.words, main_row(desk, outcome)
    places = {"scale_name": desk.scale_name(outcome), "n_sites": words.number(row["n_sites"], 0)}
    if row["status"] == "suppressed":
        return words("stepped.answer.hidden", scale_name=places["scale_name"])
    if not isfinite(row["estimate"]):
        return words("stepped.answer.none", scale_name=places["scale_name"])
    places["estimate"] = words.number(row["estimate"], signed=True)
    if row["status"] != "estimated":
        return words("stepped.answer.plain", **places)
    [verdict] = [each["verdict"] for each in desk.verdicts(outcome)]
    told = verdict if verdict in ("better", "worse", "no_claim") else "unclear"
    ends = {end: words.number(row[end], signed=True) for end in ("ci_low", "ci_high")}
    return words(f"stepped.answer.{told}", **places, **ends)


def since_start(desk: Desk, outcome: Outcome) -> list[tuple[str, Row]]:
    """Return the overall result and those by time since the start, each with label and sites that had started."""
    words = desk.words
    mine = desk.results[
        (desk.results["outcome"] == outcome.id)
        & (desk.results["contrast"] == "stepped")
        & (desk.results["estimator"] == "stepped_att")
    ]
    rows = []
    started = [verdict["sites_group"] for verdict in desk.verdicts(outcome)]
    for row in records(mine):
        if row["subgroup"] == "all":
            rows.append((words("stepped.overall"), row | {"n_sites": started[0]}))
        else:
            occasion = int(str(row["subgroup"]).removeprefix(SINCE_START)) + 1
            rows.append((words("stepped.since", n=occasion), row))
    return rows


def _points(desk: Desk, row: Row) -> str:
    alone = row["n_sites"] == 1 and row["status"] == "too_few_sites"
    return desk.words("stepped.alone") if alone else desk.estimate(row)


def stepped_table(desk: Desk, outcome: Outcome) -> Table:
    """List the differences by time since the start, with the number of sites that each rests on."""
    words = desk.words
    return Table(
        id=f"compare-table-{outcome.id.replace('.', '-')}",
        caption=words("stepped.table.caption", scale=desk.scale_title(outcome), wave=desk.wave_name(desk.wave)),
        header=(words("stepped.time"), words("stepped.sites"), words("compare.points", level=words.level(0.95))),
        rows=tuple(
            (label, words.number(row["n_sites"], 0), _points(desk, row)) for label, row in since_start(desk, outcome)
        ),
    )


def stepped_checks(desk: Desk, outcome: Outcome) -> Table:
    """List the same comparison by both methods."""
    words = desk.words
    rows = [
        (words(f"compare.role.{role}"), desk.method(row), desk.estimate(row))
        for role in ("primary", "check")
        for row in desk.with_role(outcome, "stepped", role).values()
    ]
    return Table(
        id=f"checks-{outcome.id.replace('.', '-')}",
        caption=words("compare.checks.caption", scale=desk.scale_title(outcome)),
        header=(
            words("compare.checks.role"),
            words("annex.method"),
            words("compare.points", level=words.level(0.95)),
        ),
        rows=tuple(rows),
    )


def stepped_left_out(desk: Desk, outcome: Outcome) -> list[Paragraph]:
    """Say how far the answer hangs on a single site."""
    words = desk.words
    return [
        Paragraph(
            id=f"left-out-{outcome.id.replace('.', '-')}",
            text=words(
                "stepped.left_out",
                scale_name=desk.scale_name(outcome),
                low=words.number(row["ci_low"], signed=True),
                high=words.number(row["ci_high"], signed=True),
            ),
        )
        for row in desk.rows(outcome, "stepped", "leave_one_site_out").values()
        if isfinite(row["ci_low"])
    ]


def stepped_picture(desk: Desk, outcome: Outcome) -> Picture:
    """Draw the differences by time since the start."""
    import pandas as pd

    words = desk.words
    rows = [
        {
            "label": label,
            "estimate": row["estimate"],
            "ci_low": row["ci_low"],
            "ci_high": row["ci_high"],
            "n": row["n_sites"],
            "text": _points(desk, row),
        }
        for label, row in since_start(desk, outcome)
    ]
    told = [
        words("compare.figure.alt_group", group=row["label"], text=row["text"])
        if isfinite(row["estimate"])
        else words("figure.alt_reason", group=row["label"], reason=row["text"])
        for row in rows
    ]
    level = words.level(0.95)
    with_interval = any(isfinite(row["ci_low"]) for row in rows)
    good, bad = words("stepped.figure.better"), words("stepped.figure.worse")
    name = f"forest-{outcome.id.replace('.', '-')}"
    return Picture(
        id=name,
        drawing=draw_forest(
            name=name,
            rows=pd.DataFrame(rows),
            x_label=words("compare.figure.axis.change"),
            zero_label_left=bad if outcome.better == "higher" else good,
            zero_label_right=good if outcome.better == "higher" else bad,
            group_labels={},
            title=words("stepped.figure.title", scale=desk.scale_title(outcome)),
            hidden_label=words("format.suppressed"),
            alt=words("stepped.figure.alt", scale_name=desk.scale_name(outcome), rows=words.clauses(told)),
            caption=words(
                "compare.figure.caption_one" if with_interval else "compare.figure.caption_plain", level=level
            ),
            language=desk.language,
            number_format=desk.signed_tick,
            n_header=words("stepped.sites"),
            text_header=words("compare.figure.header" if with_interval else "compare.figure.header_plain", level=level),
        ),
    )
