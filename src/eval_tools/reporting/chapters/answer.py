"""The short answer: what changed, against what, for how many, in sentences that claim no more than the data."""

from __future__ import annotations

from math import isfinite

from eval_tools.reporting.blocks import Block, Bullets, Chapter, Paragraph
from eval_tools.reporting.chapters.headline import headline, is_better, is_clear, lead
from eval_tools.reporting.chapters.single import shares_sentence
from eval_tools.reporting.chapters.stepped import stepped_answer
from eval_tools.reporting.material import Desk, Row
from eval_tools.studies.study import Outcome


def answer_chapter(desk: Desk) -> Chapter:
    """Answer in a handful of sentences, the same facts first in every study."""
    sentences: list[str] = []
    for outcome in desk.study.plan.outcomes:
        sentences += changed(desk, outcome)
    for outcome in desk.study.plan.outcomes:
        sentences += compared(desk, outcome)
    sentences += credit(desk)
    for outcome in desk.study.plan.outcomes:
        sentences += individual(desk, outcome)
        if desk.study.comparison is not None and len(desk.study.programme_groups) == 1:
            sentences += shares_sentence(desk, outcome)
    sentences += people(desk)
    blocks: list[Block] = [
        Paragraph(id="headline", text=headline(desk), lead=lead(desk), role="answer"),
    ]
    if desk.wave.id != desk.study.plan.decision_term:
        blocks.append(Paragraph(id="interim", text=standing(desk), role="warning"))
    blocks.append(Bullets(id="answer", items=tuple(sentences)))
    return Chapter(id="answer", heading=desk.words("answer.heading"), blocks=tuple(blocks))


def standing(desk: Desk) -> str:
    """Say whether this is the term the plan decides by."""
    decision = desk.study.plan.decision_term
    if desk.wave.id == decision:
        return desk.words("term.decision")
    return desk.words("term.interim", decision=desk.wave_name(decision))


def changed(desk: Desk, outcome: Outcome) -> list[str]:
    """Say how the groups moved on one outcome."""
    rows = {g: row for g, row in desk.primary(outcome, "change").items() if g != "all"}
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
    if len(known) == 1:
        group = next(iter(known))
        if len(rows) > 1:
            places["scale"] = desk.words(
                "answer.changed.in_group", scale=places["scale"], group=desk.group_title(group)
            )
        sentences = [_changed_one(desk, outcome, rows[group], places)]
    else:
        sentences = [_changed_several(desk, outcome, {group: rows[group] for group in known}, places)]
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


def _changed_one(desk: Desk, outcome: Outcome, row: Row, places: dict[str, str]) -> str:
    words = desk.words
    estimate = words.number(float(row["estimate"]), signed=True)
    if not _has_interval(row):
        plain = words(f"answer.changed.single_plain.{outcome.better}", estimate=estimate, **places)
        return words.sentences(plain, words("answer.changed.no_interval"))
    return words(
        f"answer.changed.single.{outcome.better}",
        estimate=estimate,
        low=words.number(float(row["ci_low"]), signed=True),
        high=words.number(float(row["ci_high"]), signed=True),
        **places,
    )


def _changed_several(desk: Desk, outcome: Outcome, rows: dict[str, Row], places: dict[str, str]) -> str:
    words = desk.words
    values = [float(row["estimate"]) for row in rows.values()]
    n_better = sum(is_better(value, outcome) for value in values)
    n_worse = sum(is_better(-value, outcome) for value in values)
    how = "all" if n_better == len(rows) else "all_worse" if n_worse == len(rows) else "mixed"
    sizes = values if how == "mixed" else [abs(value) for value in values]
    moved = words(
        f"answer.changed.{how}.{outcome.better}",
        low=words.number(min(sizes), signed=how == "mixed"),
        high=words.number(max(sizes), signed=how == "mixed"),
        n_better=n_better,
        n_groups=len(rows),
        **places,
    )
    if not any(_has_interval(row) for row in rows.values()):
        return words.sentences(moved, words("answer.changed.no_interval"))
    n_clear = sum(_leaves_out_zero(row) for row in rows.values())
    return words.sentences(moved, words("answer.changed.clear", n_clear=n_clear, n_groups=len(rows)))


def _has_interval(row: Row) -> bool:
    return isfinite(float(row["ci_low"])) and isfinite(float(row["ci_high"]))


def _leaves_out_zero(row: Row) -> bool:
    low, high = float(row["ci_low"]), float(row["ci_high"])
    return low > 0 or high < 0


def compared(desk: Desk, outcome: Outcome) -> list[str]:
    """Say how the programme groups ended against the comparison group on one outcome.

    A difference is called better or worse only if its p value, adjusted for the number of comparisons, is
    below the level of the interval.
    """
    if desk.study.assignment.stepped:
        return [stepped_answer(desk, outcome)]
    if desk.study.comparison is None:
        return []
    rows = desk.primary(outcome, "difference")
    known = {g: row for g, row in rows.items() if row["status"] == "estimated"}
    places = {"scale_name": desk.scale_name(outcome), "reference": desk.group_title(desk.study.comparison.id)}
    if not known:
        reason = next((str(row["status"]) for row in rows.values()), "too_few_people")
        return [desk.words("answer.difference.none", reason=desk.words(f"status.{reason}"), **places)]

    def number(value: float) -> str:
        return desk.words.number(value, signed=True)

    sentences = []
    how = desk.how(outcome)
    n_groups = len(desk.study.programme_groups)
    clear = {g: r for g, r in known.items() if is_clear(r)}
    for group, row in clear.items():
        good = (float(row["estimate"]) > 0) == (outcome.better == "higher")
        sentences.append(
            desk.words(
                f"answer.difference.{'better' if good else 'worse'}{how}",
                group=desk.group_title(group),
                estimate=number(row["estimate"]),
                ci_low=number(row["ci_low"]),
                ci_high=number(row["ci_high"]),
                **places,
            )
        )
        sentences += worthwhile(desk, outcome, row)
    settled = {str(verdict["group"]) for verdict in desk.verdicts(outcome) if verdict["verdict"] == "alike"}
    alike = {g: row for g, row in known.items() if g in settled and g not in clear}
    for group, row in alike.items():
        sentences.append(
            desk.words(
                f"answer.difference.alike{how}",
                group=desk.group_title(group),
                estimate=number(row["estimate"]),
                ci_low=number(row["ci_low"]),
                ci_high=number(row["ci_high"]),
                margin=desk.words.number(outcome.smallest_worthwhile or 0.0),
                **places,
            )
        )
    unclear = [r for g, r in known.items() if g not in clear and g not in alike]
    if unclear and n_groups == 1:
        [(group, row)] = known.items()
        sentences.append(
            desk.words(
                f"answer.difference.one{how}",
                group=desk.group_title(group),
                estimate=number(row["estimate"]),
                ci_low=number(row["ci_low"]),
                ci_high=number(row["ci_high"]),
                **places,
            )
        )
    elif unclear:
        sentences.append(
            desk.words(
                f"answer.difference.{'unclear' if len(unclear) == n_groups else 'rest'}{how}",
                low=number(min(r["estimate"] for r in unclear)),
                high=number(max(r["estimate"] for r in unclear)),
                ci_low=number(min(r["ci_low"] for r in unclear)),
                ci_high=number(max(r["ci_high"] for r in unclear)),
                n_unclear=len(unclear),
                n_groups=n_groups,
                **places,
            )
        )
    if len(known) < n_groups:
        sentences.append(
            desk.words(
                "answer.difference.partly",
                n_missing=n_groups - len(known),
                n_groups=n_groups,
                scale_name=places["scale_name"],
            )
        )
    return sentences


def worthwhile(desk: Desk, outcome: Outcome, row: Row) -> list[str]:
    """Say how a clear difference lies to the smallest one that the plan calls worthwhile; nothing if it names none."""
    margin, sizes = outcome.smallest_worthwhile, sorted(abs(float(row[end])) for end in ("ci_low", "ci_high"))
    if not margin or not all(isfinite(size) for size in sizes):
        return []
    if float(row["ci_low"]) < 0 < float(row["ci_high"]):
        sizes[0] = 0.0  # a check decided, and the range of the main method includes zero
    where = "surely" if sizes[0] >= margin else "partly" if sizes[1] >= margin else "small"
    return [desk.words(f"answer.worthwhile.{where}", margin=desk.words.number(margin))]


def credit(desk: Desk) -> list[str]:
    """Say what a change cannot be put down to: where the comparison group got better like a programme group."""
    comparison, outcomes = desk.study.comparison, desk.study.plan.outcomes
    if desk.study.assignment.stepped:
        return []
    if comparison is None:
        return [desk.words("answer.single_group")]
    shared = []
    for outcome in outcomes:
        rows = desk.primary(outcome, "change")
        better = {g for g, row in rows.items() if g != "all" and is_better(float(row["estimate"]), outcome)}
        if comparison.id in better and len(better) > 1:
            shared.append(outcome)
    reference = desk.group_title(comparison.id)
    if len(shared) == len(outcomes):
        return [desk.words("answer.comparison_moved", reference=reference)]
    return [
        desk.words("answer.comparison_moved_in", scale_name=desk.scale_name(outcome), reference=reference)
        for outcome in shared
    ]


def individual(desk: Desk, outcome: Outcome) -> list[str]:
    """Say how many of 100 got clearly better and worse, harm as plainly as benefit."""
    counts = desk.material.class_counts.data
    mine = counts[
        (counts["outcome"] == outcome.id) & (counts["group"] == desk.total) & (counts["measure"] == "reliable_change")
    ].set_index("class")["count"]
    if mine.empty or (mine.sum() == 0 and not mine.isna().any()):
        return []
    if mine.isna().any():
        return [desk.words("answer.individual_hidden", scale_name=desk.scale_name(outcome))]
    shares = {str(name): desk.words.number(100 * n / mine.sum(), 0) for name, n in mine.items()}
    return [desk.words("answer.individual", scale_name=desk.scale_name(outcome), **shares)]


def people(desk: Desk) -> list[str]:
    """Say for how many people the results stand, and where fewer of them have a score."""
    n = people_counts(desk)
    if n is None:
        return [desk.words("answer.people_hidden")]
    enrolled, paired = n
    places = {"n_enrolled": desk.words.number(enrolled, 0), **desk.waves}
    n_paired = desk.words.number(paired, 0)
    if few_lost(desk):
        who = desk.words("answer.people_few_lost", n_paired=n_paired, min_cell=desk.min_cell, **places)
    elif enrolled == paired:
        who = desk.words("answer.people_all", **places)
    else:
        lost = desk.words.number(enrolled - paired, 0)
        who = desk.words("answer.people", n_paired=n_paired, n_lost=lost, **places)
    fewer = [outcome for outcome in desk.study.plan.outcomes if _unscored(desk, outcome, paired)]
    return [who, *(scored(desk, outcome) for outcome in fewer)]


def scored(desk: Desk, outcome: Outcome) -> str:
    """Say how many of those who answered twice have two scores."""
    n = _n_scored(desk, outcome)
    if not isfinite(n) and desk.study.disclosure.round_to == 1:  # an exact total may be hidden without being small
        return desk.words("answer.people_hidden")
    if not isfinite(n):
        return desk.words("answer.people_scored_few", min_cell=desk.min_cell, scale_name=desk.scale_name(outcome))
    return desk.words("answer.people_scored", n=desk.words.number(n, 0), scale_name=desk.scale_name(outcome))


def _n_scored(desk: Desk, outcome: Outcome) -> float:
    return float(desk.primary(outcome, "change")[desk.total]["n"])


def _unscored(desk: Desk, outcome: Outcome, paired: float) -> bool:
    """Say whether fewer people have two scores than answered twice, by more than rounding can explain."""
    round_to = desk.study.disclosure.round_to
    slack = 0.0 if round_to == 1 else round_to * (len(desk.study.groups) + 1) / 2
    n = _n_scored(desk, outcome)
    return not paired - (n if isfinite(n) else 0.0) <= slack


def few_lost(desk: Desk) -> bool:
    """Say whether so few people have no later answer that their number is not told."""
    n = people_counts(desk)
    return n is not None and desk.study.disclosure.is_small(n[0] - n[1])


def people_counts(desk: Desk) -> tuple[float, float] | None:
    """Return how many take part and how many answered twice, over all groups; None if hidden."""
    flow = desk.material.flow.data
    row = flow[(flow["group"] == desk.total) & (flow["wave"] == desk.wave.id)]
    enrolled, paired = float(row["n_enrolled"].iloc[0]), float(row["n_paired"].iloc[0])
    return (enrolled, paired) if isfinite(enrolled) and isfinite(paired) else None
