"""Where it went how: every site with its interval, and what another such site may expect."""

from __future__ import annotations

from math import isfinite

from eval_tools.reporting.blocks import Block, Chapter, Paragraph, Picture, Table
from eval_tools.reporting.figures import draw_caterpillar
from eval_tools.reporting.material import Desk, Row, records
from eval_tools.studies.study import Outcome

FEWEST = 5  # sites below which they are only listed
CHANCE = 0.05


def sites_chapter(desk: Desk) -> Chapter:
    """Say how much sites differ, draw them, list them; no site is named."""
    words = desk.words
    heading = words("sites.heading")
    if desk.material.sites is None:
        return Chapter(id="sites", heading=heading, blocks=(Paragraph(id="sites-none", text=words("sites.none")),))
    blocks: list[Block] = []
    for outcome in desk.study.plan.outcomes:
        for group in desk.study.programme_groups:
            blocks += of_group(desk, outcome, group.id)
    if any(block.kind == "table" for block in blocks):
        blocks.append(Paragraph(id="sites-note", text=words("sites.note"), role="note"))
    return Chapter(id="sites", heading=heading, blocks=tuple(blocks))


def of_group(desk: Desk, outcome: Outcome, group: str) -> list[Block]:
    """Sentence, figure and table on the sites of one group; nothing if it has none."""
    assert desk.material.sites is not None
    table = desk.material.sites.data
    mine = records(table[(table["outcome"] == outcome.id) & (table["group"] == group)])
    if not mine:
        return []
    several = f"--{group}" if len(desk.study.programme_groups) > 1 else ""
    name = f"{outcome.id.replace('.', '-')}{several}"
    sites = [row for row in mine if row["site"] != "all"]
    pooled = {row["estimator"]: row for row in mine if row["site"] == "all"}
    text = Paragraph(id=f"sites-text-{name}", text=sentence(desk, outcome, sites, pooled))
    if not sites:
        return [text]
    picture = sites_picture(desk, outcome, name, sites, pooled)
    return [text, *([picture] if picture else []), sites_table(desk, outcome, name, sites, pooled)]


def sentence(desk: Desk, outcome: Outcome, sites: list[Row], pooled: dict[str, Row]) -> str:
    """Say how much the sites differ, by more than chance or not, and what another one may expect."""
    words = desk.words
    spread, following = pooled["site_spread"], pooled["prediction"]
    places = {"scale": desk.scale_title(outcome), "group": desk.group_title(spread["group"])}
    if not sites:
        return words("sites.all_hidden", **places)
    parts = []
    if len(sites) < FEWEST:
        parts.append(words("sites.few", fewest=words.number(FEWEST, 0), **places))
    elif not isfinite(spread["estimate"]):
        parts.append(words("sites.unpooled", n_sites=words.number(len(sites), 0), **places))
    elif spread["p_value"] < CHANCE:
        ends = {"low": words.number(spread["ci_low"]), "high": words.number(spread["ci_high"])}
        more = {"n_sites": words.number(len(sites), 0), "spread": words.number(spread["estimate"])}
        parts.append(words("sites.spread.beyond", **more, **ends, **places))
    else:
        parts.append(words("sites.spread.chance", n_sites=words.number(len(sites), 0), **places))
    if isfinite(following["ci_low"]):
        parts.append(
            words(
                f"sites.prediction.{following['contrast']}",
                low=words.number(following["ci_low"], signed=True),
                high=words.number(following["ci_high"], signed=True),
                reference=reference_title(desk, following),
            )
        )
    if spread["n_hidden"]:
        parts.append(words("sites.hidden", n_hidden=words.number(spread["n_hidden"], 0)))
    return words.sentences(*parts)


def reference_title(desk: Desk, row: Row) -> str:
    """Name what sites are compared with; nothing for a change."""
    return desk.group_title(row["reference"]) if row["reference"] else ""


def sites_picture(desk: Desk, outcome: Outcome, name: str, sites: list[Row], pooled: dict[str, Row]) -> Picture | None:
    """Draw the sites in the order of their estimates; None where no interval keeps that order from misleading."""
    import pandas as pd

    words, level = desk.words, desk.words.level(0.95)
    if not any(isfinite(row["ci_low"]) for row in sites):
        return None
    rows = pd.DataFrame([{**_drawn(row), "label": _label(desk, row), "text": desk.estimate(row)} for row in sites])
    mean, following = pooled["random_effects"], pooled["prediction"]
    is_pooled = isfinite(mean["ci_low"])
    contrast, reference = str(mean["contrast"]), reference_title(desk, mean)
    group = desk.group_title(mean["group"])
    good = words(f"sites.figure.better.{contrast}")
    bad = words(f"sites.figure.worse.{contrast}")
    left, right = (bad, good) if outcome.better == "higher" else (good, bad)
    told = [
        words("compare.figure.alt_group", group=label, text=text)
        for label, text in zip(rows["label"], rows["text"], strict=True)
    ]
    if is_pooled:
        told += [
            words("compare.figure.alt_group", group=words("sites.mean"), text=desk.estimate(mean)),
            words("compare.figure.alt_group", group=words("sites.next"), text=_span(desk, following)),
        ]
    return Picture(
        id=f"sites-{name}",
        drawing=draw_caterpillar(
            name=f"sites-{name}",
            rows=rows,
            mean={**_drawn(mean), "label": words("sites.mean"), "text": desk.estimate(mean)} if is_pooled else None,
            prediction={
                "label": words("sites.next"),
                "ci_low": following["ci_low"],
                "ci_high": following["ci_high"],
                "text": _span(desk, following),
            }
            if is_pooled
            else None,
            x_label=words(f"sites.figure.axis.{contrast}", reference=reference),
            zero_label_left=left,
            zero_label_right=right,
            title=words("sites.figure.title", scale=desk.scale_title(outcome), group=group),
            hidden_label=words("format.suppressed"),
            alt=words("sites.figure.alt", scale_name=desk.scale_name(outcome), group=group, sites=words.clauses(told)),
            caption=words("sites.figure.caption" if is_pooled else "sites.figure.caption_plain", level=level),
            language=desk.language,
            number_format=desk.signed_tick,
            text_header=words("compare.figure.header", level=level),
        ),
    )


def sites_table(desk: Desk, outcome: Outcome, name: str, sites: list[Row], pooled: dict[str, Row]) -> Table:
    """List the sites, their mean, the next one and the spread."""
    words = desk.words
    mean, following, spread = (pooled[key] for key in ("random_effects", "prediction", "site_spread"))
    rows = [(_label(desk, row), desk.count(row["n"]), desk.estimate(row)) for row in sites]
    if isfinite(mean["estimate"]):
        rows.append((words("sites.mean"), desk.count(mean["n"]), desk.estimate(mean)))
        rows.append((words("sites.next"), words("format.not_available"), _span(desk, following)))
        rows.append((words("sites.sd"), words("format.not_available"), _spread(desk, spread)))
    return Table(
        id=f"sites-table-{name}",
        caption=words(
            f"sites.table.caption.{mean['contrast']}",
            scale=desk.scale_title(outcome),
            group=desk.group_title(mean["group"]),
            reference=reference_title(desk, mean),
            **desk.waves,
        ),
        header=(
            words("sites.table.site"),
            words("sites.table.n"),
            words("sites.table.points", level=words.level(0.95)),
        ),
        rows=tuple(rows),
    )


def _label(desk: Desk, row: Row) -> str:
    return desk.words("sites.label", number=row["site"])


def _drawn(row: Row) -> Row:
    return {key: row[key] for key in ("estimate", "ci_low", "ci_high", "n")}


def _span(desk: Desk, row: Row) -> str:
    return desk.words.span(row["ci_low"], row["ci_high"], signed=True)


def _spread(desk: Desk, row: Row) -> str:
    if not isfinite(row["ci_low"]):
        return desk.words("format.no_interval", estimate=desk.words.number(row["estimate"]))
    return desk.words.interval(row["estimate"], row["ci_low"], row["ci_high"])
