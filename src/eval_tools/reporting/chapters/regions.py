"""Several regions: what each of them shows by itself, and what they show together."""

from __future__ import annotations

from math import isfinite

from eval_tools.reporting.blocks import Block, Chapter, Paragraph, Picture, Table
from eval_tools.reporting.figures import draw_forest
from eval_tools.reporting.material import Desk, Row, records
from eval_tools.studies.study import Group, Outcome

REGION, POOLED = "region:", "regions"  # see the column subgroup in tables.RESULTS
FEWEST_REGIONS = 5  # below, the average is shown and nothing is concluded from it
FEW = ("sites_few", "sites_randomised_few")  # branches whose range assumes equal variances


def regions_chapter(desk: Desk) -> Chapter | None:
    """Show every region, and their average where there is one; nothing in a study without regions."""
    if not desk.study.regions:
        return None
    words = desk.words
    intro = [words("regions.intro"), words("regions.change_only") if desk.study.comparison is None else ""]
    blocks: list[Block] = [Paragraph(id="regions-intro", text=words.sentences(*intro))]
    for outcome in desk.study.plan.outcomes:
        for group in desk.study.programme_groups:
            picture = regions_picture(desk, outcome, group)
            blocks += [picture] if picture is not None else []
            blocks.append(regions_table(desk, outcome, group))
            text = words.sentences(together(desk, outcome, group), not_pooled(desk, outcome, group))
            blocks.append(Paragraph(id=f"regions-together-{_slug(outcome, group)}", text=text))
    blocks.append(Paragraph(id="regions-method", text=words("regions.method"), role="note"))
    return Chapter(id="regions", heading=words("regions.heading"), blocks=tuple(blocks))


def _slug(outcome: Outcome, group: Group) -> str:
    return f"{outcome.id.replace('.', '-')}-{group.id}"


def _how(desk: Desk) -> str:
    return "change" if desk.study.comparison is None else "difference"


def _rows(desk: Desk, outcome: Outcome, group: Group) -> list[Row]:
    mine = desk.results[
        (desk.results["outcome"] == outcome.id)
        & (desk.results["contrast"] == f"region_{_how(desk)}")
        & (desk.results["group"] == group.id)
    ]
    return records(mine)


def of_regions(desk: Desk, outcome: Outcome, group: Group) -> dict[str, Row]:
    """Return the result of every region, by its id."""
    rows = _rows(desk, outcome, group)
    return {row["subgroup"].removeprefix(REGION): row for row in rows if row["subgroup"].startswith(REGION)}


def of_all(desk: Desk, outcome: Outcome, group: Group) -> dict[str, Row]:
    """Return what the regions say together, by estimator."""
    return {row["estimator"]: row for row in _rows(desk, outcome, group) if row["subgroup"] == POOLED}


def has_range(row: Row) -> bool:
    """Say whether a region has a range, and so a part in the average."""
    return row["status"] == "estimated" and isfinite(row["ci_low"])


def _title(desk: Desk, region: str) -> str:
    return desk.words.of(desk.study.regions[region].title)


def _points(desk: Desk, row: Row) -> str:
    return desk.words("regions.hidden") if row["status"] == "suppressed" else desk.estimate(row)


def _note(desk: Desk, row: Row) -> str:
    """Say why a region has no range, or what its range takes for granted; empty if there is nothing to say."""
    if row["status"] == "suppressed":
        return ""
    if not has_range(row):
        return desk.words("regions.note.no_range")
    return desk.words("regions.note.few") if row["branch"] in FEW else ""


def regions_table(desk: Desk, outcome: Outcome, group: Group) -> Table:
    """List every region with its sites, people and points, and why it has no range where it has none."""
    words, how = desk.words, _how(desk)
    level = words.level(0.95)
    places = {"scale": desk.scale_title(outcome), "group": desk.group_title(group.id)}
    reference = desk.study.comparison
    more = desk.waves if reference is None else {"reference": desk.group_title(reference.id)}
    rows = of_regions(desk, outcome, group)
    notes = [_note(desk, row) for row in rows.values()]
    header = [
        words("regions.region"),
        words("regions.sites"),
        words("regions.n"),
        words("compare.points" if reference is not None else "change.mean", level=level),
    ]
    cells = [
        [_title(desk, region), words.number(row["n_sites"], 0), desk.flow_count(row["n"]), _points(desk, row)]
        for region, row in rows.items()
    ]
    if any(notes):
        header.append(words("regions.note"))
        cells = [[*each, note or words("format.not_available")] for each, note in zip(cells, notes, strict=True)]
    return Table(
        id=f"regions-table-{_slug(outcome, group)}",
        caption=words(f"regions.table.caption.{how}", **places, **more),
        header=tuple(header),
        rows=tuple(map(tuple, cells)),
    )


def together(desk: Desk, outcome: Outcome, group: Group) -> str:
    """Say what the regions show on average; with fewer than five nothing is concluded from it."""
    words, how = desk.words, _how(desk)
    places = {"scale_name": desk.scale_name(outcome)}
    k = sum(has_range(row) for row in of_regions(desk, outcome, group).values())
    pooled = of_all(desk, outcome, group)
    mean, another = pooled["regions_pooled_cautious"], pooled["regions_prediction"]
    if mean["status"] == "suppressed":
        hidden = k >= 2 or any(row["status"] == "suppressed" for row in of_regions(desk, outcome, group).values())
        return words("regions.together_hidden" if hidden else "regions.together_none", **places)
    if k < 2:
        return words("regions.together_none", **places)
    if not isfinite(mean["ci_low"]):
        return words("regions.together_no_average", **places)
    places |= {"k": words.number(k, 0), "group": desk.group_title(group.id)}
    if desk.study.comparison is not None:
        places["reference"] = desk.group_title(desk.study.comparison.id)
    places["estimate"] = words.number(mean["estimate"], signed=True)
    places |= {"low": words.number(mean["ci_low"], signed=True), "high": words.number(mean["ci_high"], signed=True)}
    if k < FEWEST_REGIONS:
        return words(f"regions.together_few.{how}", **places)
    places |= {
        "p_low": words.number(another["ci_low"], signed=True),
        "p_high": words.number(another["ci_high"], signed=True),
    }
    return words(f"regions.together.{how}", **places)


def not_pooled(desk: Desk, outcome: Outcome, group: Group) -> str:
    """Name the regions that have no part in the average because their sites allow no range."""
    rows = of_regions(desk, outcome, group)
    names = [_title(desk, r) for r, row in rows.items() if row["status"] != "suppressed" and not has_range(row)]
    return desk.words("regions.not_pooled", regions=desk.words.clauses(names)) if names else ""


def regions_picture(desk: Desk, outcome: Outcome, group: Group) -> Picture | None:
    """Draw every region and, below, their average; None if there is nothing to draw."""
    import pandas as pd

    words = desk.words
    shown = {_title(desk, region): row for region, row in of_regions(desk, outcome, group).items()}
    mean = of_all(desk, outcome, group)["regions_pooled_cautious"]
    if isfinite(mean["ci_low"]):
        shown[words("regions.all")] = mean
    if not any(isfinite(row["estimate"]) for row in shown.values()):
        return None
    rows = pd.DataFrame(
        [
            {
                "label": label,
                "estimate": row["estimate"],
                "ci_low": row["ci_low"],
                "ci_high": row["ci_high"],
                "n": row["n"],
                "text": _points(desk, row),
            }
            for label, row in shown.items()
        ]
    )
    told = [
        words("compare.figure.alt_group", group=label, text=text)
        if isfinite(value)
        else words("figure.alt_reason", group=label, reason=text)
        for label, text, value in zip(rows["label"], rows["text"], rows["estimate"], strict=True)
    ]
    level = words.level(0.95)
    with_interval = bool(rows["ci_low"].notna().any())
    compared = desk.study.comparison is not None
    good = words("compare.figure.better" if compared else "change.figure.better")
    bad = words("compare.figure.worse" if compared else "change.figure.worse")
    axis = f"compare.figure.axis{desk.how(outcome)}" if compared else "change.figure.axis"
    name = f"regions-picture-{_slug(outcome, group)}"
    return Picture(
        id=name,
        drawing=draw_forest(
            name=name,
            rows=rows,
            x_label=words(axis, **desk.waves),
            zero_label_left=bad if outcome.better == "higher" else good,
            zero_label_right=good if outcome.better == "higher" else bad,
            group_labels={},
            title=words("regions.figure.title", scale=desk.scale_title(outcome)),
            hidden_label=words("format.suppressed"),
            alt=words("regions.figure.alt", scale_name=desk.scale_name(outcome), rows=words.clauses(told)),
            caption=words(
                "compare.figure.caption_one" if with_interval else "compare.figure.caption_plain", level=level
            ),
            language=desk.language,
            number_format=desk.signed_tick,
            text_header=words("compare.figure.header" if with_interval else "compare.figure.header_plain", level=level),
        ),
    )
