"""How many people got better and how many worse, harm with the same prominence as benefit."""

from __future__ import annotations

from math import isfinite

from eval_tools.reporting.blocks import Block, Chapter, Picture, Table
from eval_tools.reporting.figures import draw_bands
from eval_tools.reporting.material import Desk
from eval_tools.studies.study import Outcome

CLASSES = ("improved", "unchanged", "worse", "unknown")


def single_chapter(desk: Desk) -> Chapter:
    """Show classes of reliable change for every outcome, and the screening line where there is one."""
    blocks: list[Block] = [classes_table(desk, outcome) for outcome in desk.study.plan.outcomes]
    for outcome in desk.study.plan.outcomes:
        if desk.rows(outcome, "change", "caseness"):
            blocks += [bands_picture(desk, outcome), caseness_table(desk, outcome)]
    return Chapter(id="single", heading=desk.words("single.heading"), blocks=tuple(blocks))


def _counts(desk: Desk, outcome: Outcome, measure: str) -> dict[str, dict[str, float]]:
    table = desk.material.class_counts.data
    mine = table[(table["outcome"] == outcome.id) & (table["measure"] == measure)]
    return {
        str(group): dict(zip(rows["class"], rows["count"], strict=True))
        for group, rows in mine.groupby("group", sort=False)
    }


def _count_share(desk: Desk, count: float, counts: dict[str, float]) -> str:
    """Write a count with its share; the share only if no count of the row is hidden."""
    total = sum(counts.values())
    if not isfinite(count) or not isfinite(total) or total == 0:
        return desk.count(count)
    return desk.words("format.count_share", count=desk.words.number(count, 0), share=desk.words.percent(count / total))


def classes_table(desk: Desk, outcome: Outcome) -> Table:
    """List how many improved, stayed, got worse and are unknown, group by group."""
    words = desk.words
    counts = _counts(desk, outcome, "reliable_change")
    threshold = desk.rows(outcome, "change", "reliable_change_threshold")["all"]
    places = {"scale": desk.scale_title(outcome), **desk.waves}
    caption = (
        words("single.table.caption", threshold=words.number(threshold["estimate"]), **places)
        if threshold["status"] == "estimated"
        else words("single.table.caption_unknown", **places)
    )
    return Table(
        id=f"classes-{outcome.id.replace('.', '-')}",
        caption=caption,
        header=(words("people.group"), *(words(f"single.{name}") for name in CLASSES)),
        rows=tuple(
            (desk.group_title(group), *(_count_share(desk, mine[name], mine) for name in CLASSES))
            for group, mine in counts.items()
        ),
    )


def bands_picture(desk: Desk, outcome: Outcome) -> Picture:
    """Draw the share of people in each screening band, before over after."""
    import pandas as pd

    words = desk.words
    scheme = desk.instrument(outcome).default_bands(outcome.scale)
    assert scheme is not None
    before, after = _counts(desk, outcome, "band_before"), _counts(desk, outcome, "band_after")
    rows = [
        {"group": group, "moment": moment, "band": band, "count": count}
        for moment, counts in (("before", before), ("after", after))
        for group, mine in counts.items()
        if group != "all"
        for band, count in mine.items()
    ]
    severe = scheme.bands[-1]
    told = [
        words(
            "single.bands.alt_group",
            group=desk.group_title(group),
            band=words.of(severe.label),
            before=_count_share(desk, before[group].get(severe.id, float("nan")), before[group]),
            after=_count_share(desk, after[group].get(severe.id, float("nan")), after[group]),
        )
        for group in desk.study.groups
        if group in before
    ]
    slug = outcome.id.replace(".", "-")
    note = words.of(scheme.note) if scheme.note else words("read.screening")
    return Picture(
        id=f"bands-{slug}",
        drawing=draw_bands(
            name=f"bands-{slug}",
            bands=pd.DataFrame(rows),
            group_labels=desk.group_titles,
            band_labels={band.id: words.of(band.label) for band in scheme.bands},
            before_label=words("single.bands.before"),
            after_label=words("single.bands.after"),
            title=words("single.bands.title", scale=desk.scale_title(outcome)),
            hidden_label=words("format.suppressed"),
            alt=words("single.bands.alt", groups=words.clauses(told)),
            caption=words("single.bands.caption", note=note),
            language=desk.language,
            percent_format=words.percent,
        ),
    )


def caseness_table(desk: Desk, outcome: Outcome) -> Table:
    """List how many are beyond the screening line before and after, and the change in their share."""
    words = desk.words
    scheme = desk.instrument(outcome).default_bands(outcome.scale)
    assert scheme is not None
    severe = scheme.bands[-1].id
    before, after = _counts(desk, outcome, "band_before"), _counts(desk, outcome, "band_after")
    rows = desk.rows(outcome, "change", "caseness")
    return Table(
        id=f"caseness-{outcome.id.replace('.', '-')}",
        caption=words("single.bands.table", scale=desk.scale_title(outcome)),
        header=(
            words("people.group"),
            words("change.n"),
            words("single.bands.before"),
            words("single.bands.after"),
            words("single.bands.change", level=words.level(0.95)),
        ),
        rows=tuple(
            (
                desk.group_title(group),
                desk.count(float(row["n"])),
                _count_share(desk, before.get(group, {}).get(severe, float("nan")), before.get(group, {})),
                _count_share(desk, after.get(group, {}).get(severe, float("nan")), after.get(group, {})),
                desk.estimate(row, 0, factor=100),
            )
            for group, row in rows.items()
        ),
    )
