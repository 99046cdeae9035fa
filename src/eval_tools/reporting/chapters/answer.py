"""The short answer: what changed, against what, for how many, in sentences that claim no more than the data."""

from __future__ import annotations

from math import isfinite

from eval_tools.reporting.blocks import Block, Bullets, Chapter, Paragraph
from eval_tools.reporting.material import Desk, Row
from eval_tools.studies.study import Outcome


def answer_chapter(desk: Desk) -> Chapter:
    """Answer in a handful of sentences, the same facts first in every study."""
    sentences: list[str] = []
    for outcome in desk.study.plan.outcomes:
        sentences += changed(desk, outcome)
    for outcome in desk.study.plan.outcomes:
        sentences += compared(desk, outcome)
    sentences += [credit(desk)] if credit(desk) else []
    for outcome in desk.study.plan.outcomes:
        sentences += individual(desk, outcome)
    sentences.append(people(desk))
    blocks: list[Block] = [Paragraph(id="headline", text=headline(desk), role="answer")]
    if desk.wave.id != desk.study.plan.decision_term:
        blocks.append(Paragraph(id="interim", text=standing(desk), role="warning"))
    blocks.append(Bullets(id="answer", items=tuple(sentences)))
    return Chapter(id="answer", heading=desk.words("answer.heading"), blocks=tuple(blocks))


def headline(desk: Desk) -> str:
    """Answer in one sentence whether the groups moved the right way and whether they can be told apart."""
    moves = [_moves(desk, outcome) for outcome in desk.study.plan.outcomes]
    if None in moves:
        return desk.words("headline.unknown")
    moved = "all" if all(moves) else "mixed"
    comparison = desk.study.comparison
    if comparison is None:
        return desk.words(f"headline.{moved}.single")
    known = [
        row
        for outcome in desk.study.plan.outcomes
        for row in desk.rows(outcome, "difference", "ancova_hc3").values()
        if row["status"] == "estimated"
    ]
    told = "impossible" if not known else "clear" if any(_is_clear(row) for row in known) else "unclear"
    places = {"n_groups": len(desk.study.groups), "reference": desk.group_title(comparison.id)}
    return desk.words(f"headline.{moved}.{told}", **places)


def _moves(desk: Desk, outcome: Outcome) -> bool | None:
    """Say whether every group moved in the better direction; None if one of them is unknown."""
    rows = [row for g, row in desk.rows(outcome, "change", "paired_t").items() if g != "all"]
    values = [float(row["estimate"]) for row in rows]
    if not values or not all(isfinite(value) for value in values):
        return None
    return all(_is_better(value, outcome) for value in values)


def _is_better(value: float, outcome: Outcome) -> bool:
    """Say whether a change or difference is good news; unknown and zero are not."""
    return value > 0 if outcome.better == "higher" else value < 0


def _is_clear(row: Row) -> bool:
    """Say whether a difference stands after allowing for the number of comparisons."""
    return float(row["p_adjusted"]) < 1 - float(row["ci_level"])


def standing(desk: Desk) -> str:
    """Say whether this is the term the plan decides by."""
    decision = desk.study.plan.decision_term
    if desk.wave.id == decision:
        return desk.words("term.decision")
    return desk.words("term.interim", decision=desk.wave_name(decision))


def changed(desk: Desk, outcome: Outcome) -> list[str]:
    """Say how the groups moved on one outcome."""
    rows = {g: row for g, row in desk.rows(outcome, "change", "paired_t").items() if g != "all"}
    known = {g: float(row["estimate"]) for g, row in rows.items() if isfinite(float(row["estimate"]))}
    scale = desk.scale(outcome)
    places = {
        "scale": desk.scale_title(outcome),
        "scale_low": desk.words.number(scale.low, 0),
        "scale_high": desk.words.number(scale.high, 0),
        **desk.waves,
    }
    if not known:
        reason = next((str(row["status"]) for row in rows.values()), "too_few_people")
        return [desk.words("answer.changed.none", reason=desk.words(f"status.{reason}"), **places)]
    if len(rows) == 1:
        row = next(iter(rows.values()))
        low, high = float(row["ci_low"]), float(row["ci_high"])
        value = desk.words.number(next(iter(known.values())), signed=True)
        return [
            desk.words(
                "answer.changed.single",
                estimate=value,
                low=desk.words.number(low, signed=True),
                high=desk.words.number(high, signed=True),
                **places,
            )
        ]
    better = [v for v in known.values() if (v > 0) == (outcome.better == "higher") and v != 0]
    clear = [g for g in known if _leaves_out_zero(rows[g])]
    everyone = len(better) == len(rows)
    sizes = [abs(v) for v in known.values()] if everyone else list(known.values())
    sentences = [
        desk.words(
            f"answer.changed.{'all' if everyone else 'mixed'}.{outcome.better}",
            low=desk.words.number(min(sizes), signed=not everyone),
            high=desk.words.number(max(sizes), signed=not everyone),
            n_better=len(better),
            n_groups=len(rows),
            n_clear=len(clear),
            **places,
        )
    ]
    if len(known) < len(rows):
        sentences.append(
            desk.words(
                "answer.changed.partly",
                scale_name=desk.scale_name(outcome),
                n_missing=len(rows) - len(known),
                n_groups=len(rows),
            )
        )
    return sentences


def _leaves_out_zero(row: Row) -> bool:
    low, high = float(row["ci_low"]), float(row["ci_high"])
    return low > 0 or high < 0


def compared(desk: Desk, outcome: Outcome) -> list[str]:
    """Say how the programme groups ended against the comparison group on one outcome.

    A difference is called better or worse only if its p value, adjusted for the number of comparisons, is
    below the level of the interval.
    """
    if desk.study.comparison is None:
        return []
    rows = desk.rows(outcome, "difference", "ancova_hc3")
    known = {g: row for g, row in rows.items() if row["status"] == "estimated"}
    places = {"scale_name": desk.scale_name(outcome), "reference": desk.group_title(desk.study.comparison.id)}
    if not known:
        reason = next((str(row["status"]) for row in rows.values()), "too_few_people")
        return [desk.words("answer.difference.none", reason=desk.words(f"status.{reason}"), **places)]

    def number(value: float) -> str:
        return desk.words.number(value, signed=True)

    sentences = []
    clear = {g: r for g, r in known.items() if _is_clear(r)}
    for group, row in clear.items():
        good = (float(row["estimate"]) > 0) == (outcome.better == "higher")
        sentences.append(
            desk.words(
                f"answer.difference.{'better' if good else 'worse'}",
                group=desk.group_title(group),
                estimate=number(row["estimate"]),
                ci_low=number(row["ci_low"]),
                ci_high=number(row["ci_high"]),
                **places,
            )
        )
    if not clear:
        sentences.append(
            desk.words(
                "answer.difference.unclear",
                low=number(min(r["estimate"] for r in known.values())),
                high=number(max(r["estimate"] for r in known.values())),
                ci_low=number(min(r["ci_low"] for r in known.values())),
                ci_high=number(max(r["ci_high"] for r in known.values())),
                **places,
            )
        )
    return sentences


def credit(desk: Desk) -> str:
    """Say what a change cannot be put down to."""
    comparison = desk.study.comparison
    if comparison is None:
        return desk.words("answer.single_group")
    for outcome in desk.study.plan.outcomes:
        row = desk.rows(outcome, "change", "paired_t").get(comparison.id)
        if row is not None and _is_better(float(row["estimate"]), outcome):
            return desk.words("answer.comparison_moved", reference=desk.group_title(comparison.id))
    return ""


def individual(desk: Desk, outcome: Outcome) -> list[str]:
    """Say how many of 100 got clearly better and worse, harm as plainly as benefit."""
    counts = desk.material.class_counts.data
    total = "all" if len(desk.study.groups) > 1 else next(iter(desk.study.groups))
    mine = counts[
        (counts["outcome"] == outcome.id) & (counts["group"] == total) & (counts["measure"] == "reliable_change")
    ].set_index("class")["count"]
    if mine.empty or mine.isna().any() or mine.sum() == 0:
        return []
    shares = {str(name): desk.words.number(100 * n / mine.sum(), 0) for name, n in mine.items()}
    return [desk.words("answer.individual", scale_name=desk.scale_name(outcome), **shares)]


def people(desk: Desk) -> str:
    """Say for how many people the comparison stands."""
    n = people_counts(desk)
    if n is None:
        return desk.words("answer.people_hidden")
    enrolled, paired = n
    places = {
        "n_paired": desk.words.number(paired, 0),
        "n_enrolled": desk.words.number(enrolled, 0),
        "wave": desk.wave_name(desk.wave),
    }
    if few_lost(desk):
        return desk.words("answer.people_few_lost", min_cell=desk.min_cell, **places)
    return desk.words("answer.people", n_lost=desk.words.number(enrolled - paired, 0), **places)


def few_lost(desk: Desk) -> bool:
    """Say whether so few people have no later answer that their number is not told."""
    n = people_counts(desk)
    return n is not None and desk.study.disclosure.is_small(n[0] - n[1])


def people_counts(desk: Desk) -> tuple[float, float] | None:
    """Return how many take part and how many answered twice, over all groups; None if hidden."""
    flow = desk.material.flow.data
    total = "all" if len(desk.study.groups) > 1 else next(iter(desk.study.groups))
    row = flow[(flow["group"] == total) & (flow["wave"] == desk.wave.id)]
    enrolled, paired = float(row["n_enrolled"].iloc[0]), float(row["n_paired"].iloc[0])
    return (enrolled, paired) if isfinite(enrolled) and isfinite(paired) else None
