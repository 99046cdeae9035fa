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


def _shares(desk: Desk, outcome: Outcome) -> dict[tuple[str, str], Row]:
    """Return the released shares with their intervals by group and class."""
    table = desk.material.shares.data
    return {
        (row["group"], str(row["estimator"]).removeprefix("share_")): row
        for row in records(table[table["outcome"] == outcome.id])
    }


def _with_interval(desk: Desk, cells: dict[str, Row], name: str, share: Row | None) -> str:
    """Write a count with its share and the interval of the share, as far as they are released."""
    plain = _count_share(desk, cells, name)
    if share is None or not all(isfinite(share[key]) for key in ("estimate", "ci_low", "ci_high")):
        return plain
    return desk.words(
        "format.count_share_interval",
        count=desk.words.number(cells[name]["count"], 0),
        share=desk.words.percent(share["estimate"]),
        low=desk.words.percent(share["ci_low"]),
        high=desk.words.percent(share["ci_high"]),
    )


def shares_sentence(desk: Desk, outcome: Outcome) -> list[str]:
    """Say of 100 people in every programme group how many got better and worse, beside the comparison group's.

    Returns
    -------
    list of str
        One sentence per programme group. Without a comparison, or where its shares are hidden, the group alone; where
        the group's own shares are hidden, a sentence that says so.
    """
    words, shares = desk.words, _shares(desk, outcome)

    def of_hundred(group: str, ending: str = "") -> dict[str, str] | None:
        mine = {name: shares.get((group, name)) for name in ("improved", "worse")}
        values = {name: float(row["estimate"]) for name, row in mine.items() if row is not None}
        if len(values) < 2 or not all(map(isfinite, values.values())):
            return None
        return {f"{name}{ending}": words.number(100 * value, 0) for name, value in values.items()}

    comparison = desk.study.comparison
    beside = None if comparison is None else of_hundred(comparison.id, "_reference")
    sentences = []
    for group in desk.study.programme_groups:
        places = {"scale": desk.scale_title(outcome), "group": desk.group_title(group.id)}
        found = of_hundred(group.id)
        if found is None:
            row = shares.get((group.id, "improved"))
            is_hidden = row is not None and row["status"] == "suppressed"
            sentences.append(words("single.shares.hidden" if is_hidden else "single.shares.unknown", **places))
        elif comparison is not None and beside is not None:
            title = desk.group_title(comparison.id)
            sentences.append(words("single.shares.two", **places, **found, **beside, reference=title))
        else:
            sentences.append(words("single.shares.one", **places, **found))
    return sentences


def classes_table(desk: Desk, outcome: Outcome) -> Table:
    """List how many improved, stayed, got worse and are unknown, group by group."""
    words = desk.words
    counts, shares = _counts(desk, outcome, "reliable_change"), _shares(desk, outcome)
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
        header=(words("people.group"), *(_class_header(desk, shares, name) for name in CLASSES)),
        rows=tuple(
            (
                desk.group_title(group),
                *(_with_interval(desk, mine, name, shares.get((group, name))) for name in CLASSES),
            )
            for group, mine in counts.items()
        ),
    )


def _class_header(desk: Desk, shares: dict[tuple[str, str], Row], name: str) -> str:
    """Name a class, and its interval if the table has one."""
    title = desk.words(f"single.{name}")
    if any(class_ == name and isfinite(row["ci_low"]) for (_, class_), row in shares.items()):
        return desk.words("single.interval", name=title, level=desk.words.level(0.95))
    return title


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
