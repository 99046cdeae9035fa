"""Goal by goal: what was measured, how it moved, what may be said; and the informants side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import isfinite

from eval_tools.reporting.blocks import Block, Chapter, Paragraph, Table
from eval_tools.reporting.material import Desk, Row, records
from eval_tools.studies.constructs import side_by_side
from eval_tools.studies.study import Outcome


def goals_chapter(desk: Desk) -> Chapter | None:
    """Show every goal with its outcomes, harm first, then the informants; None if the study has neither."""
    constructs = side_by_side(desk.study, desk.material.instruments)
    blocks: list[Block] = []
    if desk.study.goals:
        blocks += [*harm(desk), goals_table(desk), Paragraph(id="goals-note", text=note(desk), role="note")]
    if constructs:
        blocks.append(Paragraph(id="informants-note", text=desk.words("informants.note")))
    for construct in constructs:
        blocks += [informants_table(desk, construct), agreement_table(desk, construct)]
    if constructs:
        blocks.append(Paragraph(id="agreement-note", text=desk.words("informants.agreement.note"), role="note"))
    heading = desk.words("goals.heading" if desk.study.goals else "goals.heading_informants")
    return Chapter(id="goals", heading=heading, blocks=tuple(blocks)) if blocks else None


@dataclass(frozen=True, slots=True)
class Judged:
    """One contrast of one outcome: the estimate that the design got, and what may be said of it."""

    outcome: Outcome
    row: Row
    verdict: Row


def judged(desk: Desk, outcomes: tuple[Outcome, ...]) -> Iterator[Judged]:
    """Pair every verdict with its estimate, in the order of the outcomes."""
    for outcome in outcomes:
        for verdict in desk.verdicts(outcome):
            yield Judged(outcome, desk.primary(outcome, verdict["contrast"])[verdict["group"]], verdict)


def several_groups(desk: Desk) -> bool:
    """Say whether a row must name its group."""
    return len(desk.study.programme_groups) > 1


def harm(desk: Desk) -> list[Paragraph]:
    """Say before the table which outcomes are clearly worse, and which point the unwanted way without being clear."""
    words = desk.words
    found = list(judged(desk, desk.study.plan.outcomes))
    worse = [each for each in found if each.verdict["verdict"] == "worse"]
    leaning = [each for each in found if each not in worse and _unwanted(each)]
    if worse:
        told = words("goals.harm", what=words.clauses([_named(desk, each) for each in worse]))
    elif all(each.verdict["verdict"] == "no_claim" for each in found):
        told = words("goals.harm_no_claim")
    else:
        told = words("goals.harm_none")
    paragraphs = [Paragraph(id="goals-harm", text=told, role="warning" if worse else "text")]
    if leaning:
        text = words("goals.leaning", what=words.clauses([_named(desk, each) for each in leaning]))
        paragraphs.append(Paragraph(id="goals-leaning", text=text))
    return paragraphs


def _unwanted(each: Judged) -> bool:
    value = float(each.row["estimate"])
    return value < 0 if each.outcome.better == "higher" else value > 0


def _named(desk: Desk, each: Judged) -> str:
    title = desk.scale_title(each.outcome)
    if not several_groups(desk):
        return title
    return desk.words("format.of", what=title, which=desk.group_title(each.verdict["group"]))


def goals_table(desk: Desk) -> Table:
    """List every goal with its outcomes; a goal that nothing measures stands there too, and an outcome of no goal."""
    words, study = desk.words, desk.study
    by_id = {outcome.id: outcome for outcome in study.plan.outcomes}
    under = [(words.of(goal.title), tuple(by_id[name] for name in goal.outcomes)) for goal in study.goals.values()]
    placed = {name for goal in study.goals.values() for name in goal.outcomes}
    rest = tuple(outcome for name, outcome in by_id.items() if name not in placed)
    if rest:
        under.append((words("goals.none"), rest))
    single = study.comparison is None
    header = (
        words("goals.goal"),
        words("goals.outcome"),
        words("goals.wanted"),
        *([words("people.group")] if several_groups(desk) else []),
        words("goals.change" if single else "compare.points", level=words.level(0.95)),
        words("goals.verdict"),
        words("goals.certainty_single" if single else "certainty.header"),
    )
    rows: list[tuple[str, ...]] = []
    for title, outcomes in under:
        if not outcomes:
            rows.append((title, words("goals.unmeasured"), *[words("format.not_available")] * (len(header) - 2)))
        rows += [(title, *_cells(desk, each)) for each in judged(desk, outcomes)]
    caption = "goals.caption_single" if single else "goals.caption"
    return Table(id="goals-table", caption=words(caption, **desk.waves), header=header, rows=tuple(rows))


def _cells(desk: Desk, each: Judged) -> tuple[str, ...]:
    words = desk.words
    return (
        desk.scale_title(each.outcome),
        words(f"goals.wanted.{each.outcome.better}"),
        *([desk.group_title(each.verdict["group"])] if several_groups(desk) else []),
        desk.estimate(each.row),
        words(f"goals.verdict.{each.verdict['contrast']}.{each.verdict['verdict']}"),
        words(f"certainty.{each.verdict['certainty']}"),
    )


def note(desk: Desk) -> str:
    """Say what the words of the table mean, and what is not done with them."""
    words = desk.words
    return words.sentences(
        words("goals.note_single" if desk.study.comparison is None else "goals.note"), words("goals.no_sum")
    )


# --- informants --------------------------------------------------------------------------------------------


def _slug(construct: tuple[Outcome, ...]) -> str:
    return construct[0].id.replace(".", "-")


def informants_table(desk: Desk, construct: tuple[Outcome, ...]) -> Table:
    """List what every informant says about one construct."""
    words = desk.words
    single = desk.study.comparison is None
    return Table(
        id=f"informants-{_slug(construct)}",
        caption=words("informants.caption", scale=desk.own_title(construct[0]), **desk.waves),
        header=(
            words("informants.informant"),
            *([words("people.group")] if several_groups(desk) else []),
            words("change.n" if single else "compare.n"),
            words("goals.change" if single else "compare.points", level=words.level(0.95)),
        ),
        rows=tuple(
            (
                desk.informant_title(each.outcome),
                *([desk.group_title(each.verdict["group"])] if several_groups(desk) else []),
                desk.count(float(each.row["n"])),
                desk.estimate(each.row),
            )
            for each in judged(desk, construct)
        ),
    )


def agreement_table(desk: Desk, construct: tuple[Outcome, ...]) -> Table:
    """List how alike every two informants order the same people before."""
    words = desk.words
    mine = desk.results[desk.results["contrast"] == "agreement"]
    found = {(row["outcome"], row["reference"]): row for row in records(mine)}
    rows = []
    for one, other in combinations(construct, 2):
        row = found[one.id, other.id]
        pair = words("informants.pair", one=desk.informant_title(one), other=desk.informant_title(other))
        rows.append((pair, desk.count(float(row["n"])), _correlation(desk, row)))
    return Table(
        id=f"agreement-{_slug(construct)}",
        caption=words(
            "informants.agreement.caption",
            scale=desk.own_title(construct[0]),
            baseline=desk.wave_name(desk.baseline),
        ),
        header=(
            words("informants.pair_header"),
            words("change.n"),
            words("informants.correlation", level=words.level(0.95)),
        ),
        rows=tuple(rows),
    )


def _correlation(desk: Desk, row: Row) -> str:
    value, low, high = (float(row[key]) for key in ("estimate", "ci_low", "ci_high"))
    if not isfinite(value):
        return desk.words(f"status.{row['status']}")
    if not isfinite(low):
        return desk.words("format.no_interval", estimate=desk.words.number(value, 2, signed=True))
    return desk.words.interval(value, low, high, 2, signed=True)
