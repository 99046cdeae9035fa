"""How many people got better and how many worse, harm with the same prominence as benefit."""

from __future__ import annotations

from math import isfinite

from eval_tools.reporting.blocks import Block, Chapter, Picture, Table
from eval_tools.reporting.figures import draw_bands
from eval_tools.reporting.material import Desk, Row, records
from eval_tools.studies.study import Outcome

CLASSES = ("improved", "unchanged", "worse", "unknown")


def single_chapter(desk: Desk) -> Chapter:
    """Show classes of reliable change for every outcome, and the screening line where there is one."""
    blocks: list[Block] = [classes_table(desk, outcome) for outcome in desk.study.plan.outcomes]
    for outcome in desk.study.plan.outcomes:
        if desk.rows(outcome, "change", "caseness"):
            picture = bands_picture(desk, outcome)
            blocks += [picture] if picture is not None else []
            blocks.append(caseness_table(desk, outcome))
    return Chapter(id="single", heading=desk.words("single.heading"), blocks=tuple(blocks))


def _counts(desk: Desk, outcome: Outcome, measure: str) -> dict[str, dict[str, Row]]:
    """Return the released rows by group and class; ``count`` is missing where ``hidden`` says why."""
    table = desk.material.class_counts.data
    mine = table[(table["outcome"] == outcome.id) & (table["measure"] == measure)]
    counts: dict[str, dict[str, Row]] = {}
    for row in records(mine):
        counts.setdefault(row["group"], {})[row["class"]] = row
    return counts


def _count_share(desk: Desk, cells: dict[str, Row], name: str) -> str:
    """Write a count with its share; the share only if no count of the row is hidden."""
    cell = cells.get(name)
    if cell is None:
        return desk.words("format.not_available")
    if not isfinite(cell["count"]):
        small = cell["hidden"] == "small"
        return desk.count(cell["count"]) if small else desk.words("format.protected")
    total = sum(other["count"] for other in cells.values())
    count = desk.words.number(cell["count"], 0)
    if not isfinite(total) or total == 0:
        return count
    return desk.words("format.count_share", count=count, share=desk.words.percent(cell["count"] / total))


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
            (desk.group_title(group), *(_count_share(desk, mine, name) for name in CLASSES))
            for group, mine in counts.items()
        ),
    )


def bands_picture(desk: Desk, outcome: Outcome) -> Picture | None:
    """Draw the share of people in each screening band, before over after; None if every number is hidden."""
    import pandas as pd

    words = desk.words
    scheme = desk.instrument(outcome).default_bands(outcome.scale)
    assert scheme is not None
    before, after = _counts(desk, outcome, "band_before"), _counts(desk, outcome, "band_after")
    rows = [
        {"group": group, "moment": moment, "band": band, "count": cell["count"]}
        for moment, counts in (("before", before), ("after", after))
        for group, mine in counts.items()
        if group != "all"
        for band, cell in mine.items()
    ]
    if not any(isfinite(row["count"]) for row in rows):
        return None
    severe = scheme.bands[-1]
    told = [
        words(
            "single.bands.alt_group",
            group=desk.group_title(group),
            band=words.of(severe.label),
            before=_count_share(desk, before[group], severe.id),
            after=_count_share(desk, after[group], severe.id),
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
                _count_share(desk, before.get(group, {}), severe),
                _count_share(desk, after.get(group, {}), severe),
                desk.estimate(row, 0, factor=100),
            )
            for group, row in rows.items()
        ),
    )
