"""How sure one can be: what stands between these numbers and a conclusion."""

from __future__ import annotations

from eval_tools.reporting.blocks import Bullets, Chapter, Paragraph, Table
from eval_tools.reporting.chapters.answer import few_lost, people_counts
from eval_tools.reporting.material import Desk


def sure_chapter(desk: Desk) -> Chapter:
    """List the threats that apply to this study, from its design and its data."""
    return Chapter(
        id="sure",
        heading=desk.words("sure.heading"),
        blocks=(
            certainty_table(desk),
            Paragraph(id="certainty-rule", text=desk.words("certainty.rule"), role="note"),
            Bullets(id="sure", items=tuple(threats(desk))),
        ),
    )


def certainty_table(desk: Desk) -> Table:
    """List how certain each comparison is, and every reason why it is not more certain."""
    words = desk.words
    rows = []
    for outcome in desk.study.plan.outcomes:
        for row in desk.verdicts(outcome):
            reasons = [words(f"reason.{code}") for code in str(row["reasons"]).split(", ") if code]
            rows.append(
                (
                    words("format.of", what=desk.scale_title(outcome), which=desk.group_title(row["group"])),
                    words(f"certainty.{row['certainty']}"),
                    words.clauses(reasons) or words("certainty.none"),
                )
            )
    single = desk.study.comparison is None and not desk.study.assignment.stepped
    return Table(
        id="certainty-table",
        caption=words("certainty.caption_single" if single else "certainty.caption"),
        header=(words("annex.comparison"), words("certainty.header"), words("certainty.why")),
        rows=tuple(rows),
    )


def threats(desk: Desk) -> list[str]:
    """Name every threat that applies, the largest first."""
    words, study = desk.words, desk.study
    items = []
    n = people_counts(desk)
    if few_lost(desk):
        items.append(words("sure.attrition_few", min_cell=desk.min_cell, **desk.waves))
    elif n is not None and n[0] > n[1]:
        share = words.percent((n[0] - n[1]) / n[0])
        items.append(words("sure.attrition", share=share, **desk.waves))
    if study.assignment.stepped:
        items.append(words("stepped.sure.chance" if study.assignment.randomised else "stepped.not_randomised"))
    elif study.comparison is None:
        items.append(words("sure.single"))
    elif study.assignment.randomised:
        items.append(words("sure.randomised"))
    else:
        items.append(words("sure.not_randomised"))
    primary = desk.results[desk.results["role"] == "primary"]
    if (primary["status"] == "needs_sites").any():
        items.append(words("sure.clustered"))
    if desk.wave.id != study.plan.decision_term:
        items.append(words("sure.interim"))
    items.append(plan(desk))
    if study.plan.written == "after_data":
        items.append(words("sure.after_data"))
    if any(outcome.smallest_worthwhile is None for outcome in study.plan.outcomes):
        items.append(words("sure.no_worthwhile"))
    if study.informants == ("self",):
        items.append(words("sure.self_report"))
    return items


def plan(desk: Desk) -> str:
    """Say whether the plan was locked, and list everything that departs from it."""
    words, lock, deviations = desk.words, desk.material.lock, desk.material.deviations
    if lock is None:
        return words("plan.not_locked")
    if not deviations:
        return words("plan.locked", date=lock.locked_on)
    changes = [
        words(
            "plan.deviation",
            what=each.what,
            locked=each.locked or words("plan.absent"),
            now=each.now or words("plan.absent"),
        )
        for each in deviations
    ]
    return words("plan.deviates", date=lock.locked_on, n=len(changes), changes=words.clauses(changes))
