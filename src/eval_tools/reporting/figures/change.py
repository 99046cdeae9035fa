"""How far each person moved: the cloud of individual changes, and the mean with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import pandas as pd

from eval_tools.errors import UnknownNames
from eval_tools.reporting.figures.cells import check_groups, check_rows, count_text, is_known, signed
from eval_tools.reporting.figures.lettering import (
    BODY,
    SMALL,
    block_height,
    block_width,
    text_width,
    wrap,
)
from eval_tools.reporting.figures.palette import INK, PAPER, QUIET, RULE, GroupStyle, group_styles
from eval_tools.reporting.figures.sheet import WIDTH, Scale, Sheet, drawing, light_grid
from eval_tools.reporting.figures.svg import Drawing

_CLOUD, _MEAN, _RAIN, _GAP = 0.56, 0.22, 0.34, 0.16
_DOT = 0.045

Direction = Literal["higher", "lower"]


def draw_change(
    *,
    name: str,
    distribution: pd.DataFrame,
    people: pd.DataFrame | None,
    summary: pd.DataFrame,
    group_labels: Mapping[str, str],
    title: str,
    x_label: str,
    better: Direction,
    better_label: str,
    worse_label: str,
    hidden_label: str,
    alt: str,
    caption: str,
    language: str,
    n_label: str = "n = %(n)s",
) -> Drawing:
    """Draw how individual changes are spread in each group, one row per group.

    Parameters
    ----------
    distribution : DataFrame
        One row per bin: ``group, low, high, count``. Bins may differ in width; the area is the share of
        people, so clouds of large and small groups compare.
    people : DataFrame or None
        One row per person: ``group, value``; None where single people must not be shown. Those of a
        group whose ``n`` is hidden are not drawn in any case.
    summary : DataFrame
        One row per group: ``group, estimate, ci_low, ci_high, n`` and, if it is to be written at the
        right, ``text``.
    """
    if better not in get_args(Direction):
        raise UnknownNames("direction", missing=[better], known=get_args(Direction), where=f"figure {name!r}")
    check_rows(summary, name)
    check_groups(distribution, group_labels, name)
    check_groups(summary, group_labels, name)
    if people is not None:
        check_groups(people, group_labels, name)
    present = set(distribution["group"]) | set(summary["group"])
    groups = [group for group in group_labels if group in present]
    styles = group_styles(group_labels)
    rows = {row["group"]: row for row in summary.to_dict("records")}
    with drawing(language, name):
        sheet = Sheet()
        labels = {g: wrap(group_labels[g], 1.6, BODY) for g in groups}
        texts = {g: wrap(_text(rows, g), 1.7, SMALL) for g in groups}
        counts = {g: _count(rows, g, hidden_label, n_label) for g in groups}
        left = max([1.0, *(block_width([*labels[g], *counts[g]], BODY) for g in groups)]) + 0.2
        right = max(block_width(lines, SMALL) for lines in texts.values())
        reach = _reach(distribution, people, summary)
        scale = Scale(-reach, reach, left, WIDTH - right - 0.2)
        sides = (worse_label, better_label) if better == "higher" else (better_label, worse_label)
        top = sheet.sides(scale, sheet.title(title), *sides)
        ticks = scale.ticks()
        heights = [height for g in groups for _, _, height in _steps(distribution, g) if is_known(height)]
        peak = max(heights, default=0.0) or 1.0
        shown = {g for g in groups if g in rows and is_known(rows[g]["n"])}
        dots = {g: _levels(scale, _values(people, g)) if g in shown else [] for g in groups}
        deepest = max((level for group_dots in dots.values() for _, level in group_dots), default=0)
        step = min(_DOT, (_RAIN - _DOT) / max(deepest, 1))
        rain = 0.0 if people is None else deepest * step + _DOT
        y = top
        for group in groups:
            block = [*labels[group], *counts[group]]
            height = max(_CLOUD + _MEAN + rain, block_height(block, BODY))
            base = y + _CLOUD
            n_lines = len(labels[group])
            label_top = y + (height - block_height(block, BODY)) / 2
            sheet.text(0, label_top, labels[group])
            count_top = label_top + block_height(block[:n_lines], BODY)
            sheet.text(0, count_top, counts[group], size=SMALL, colour=QUIET)
            sheet.line([scale.start, scale.end], [base, base], linewidth=0.6, zorder=3)
            _cloud(sheet, scale, distribution, group, base, peak, styles[group], hidden_label)
            if group in rows:
                _mean(sheet, scale, rows[group], base + _MEAN / 2, styles[group])
                sheet.text(scale.end + 0.2, base + _MEAN / 2, texts[group], size=SMALL, va="center")
            _rain(sheet, dots[group], base + _MEAN, step, styles[group])
            y += height + _GAP
        light_grid(sheet, scale, ticks, top, y)
        bottom = sheet.x_axis(scale, y, {t: signed(t) for t in ticks}, x_label)
        return sheet.finish(bottom, name=name, alt=alt, caption=caption, language=language)


def _text(rows: Mapping[Any, dict], group: str) -> str:
    return str(rows.get(group, {}).get("text", ""))


def _count(rows: Mapping[Any, dict], group: str, hidden_label: str, n_label: str) -> list[str]:
    if group not in rows:
        return []
    return wrap(count_text(rows[group]["n"], hidden_label, n_label), 1.6, SMALL)


def _values(people: pd.DataFrame | None, group: str) -> list[float]:
    if people is None:
        return []
    return [float(value) for value in people.loc[people["group"] == group, "value"].dropna()]


def _reach(distribution: pd.DataFrame, people: pd.DataFrame | None, summary: pd.DataFrame) -> float:
    """How far the axis goes to both sides, so that zero is in the middle.

    The outermost bins may reach to the end of what is possible, however few people they hold; the axis shows
    one bin of ordinary width of them and cuts the rest.
    """
    columns = [summary["ci_low"], summary["ci_high"], summary["estimate"]]
    bins = distribution[distribution["count"].fillna(1) > 0]
    width = (bins["high"] - bins["low"]).astype(float)
    inner = bins[["low", "high"]].astype(float).abs().min(axis=1).where(bins["low"] * bins["high"] > 0, 0.0)
    columns.append(inner + width.clip(upper=width.median()))
    columns += [] if people is None else [people["value"]]
    values = pd.concat([c.astype(float) for c in columns]).abs()
    finite = values[values < float("inf")]
    return 1.04 * (float(finite.max()) if len(finite) else 1.0) or 1.0


def _steps(distribution: pd.DataFrame, group: str) -> list[tuple[float, float, float]]:
    """Bins of a group with the share of its people per unit; NaN where the count is hidden."""
    bins = distribution[distribution["group"] == group].sort_values("low")
    counts = bins["count"].astype(float)
    total = float(counts.sum()) or 1.0
    heights = counts / total / (bins["high"] - bins["low"])
    return list(zip(bins["low"].astype(float), bins["high"].astype(float), heights, strict=True))


def _cloud(
    sheet: Sheet,
    scale: Scale,
    distribution: pd.DataFrame,
    group: str,
    base: float,
    peak: float,
    style: GroupStyle,
    hidden_label: str,
) -> None:
    steps = [
        (max(low, scale.low), min(high, scale.high), height)
        for low, high, height in _steps(distribution, group)
        if low < scale.high and high > scale.low
    ]
    known = [step for step in steps if is_known(step[2])]
    hidden = [step for step in steps if not is_known(step[2])]
    unit = (_CLOUD - 0.06) / peak
    for run in _runs(known):
        outline = [(scale(run[0][0]), base)]
        for low, high, height in run:
            outline += [(scale(low), base - height * unit), (scale(high), base - height * unit)]
        outline.append((scale(run[-1][1]), base))
        sheet.area(outline, facecolor=style.tint)
        sheet.line([x for x, _ in outline], [y for _, y in outline], color=style.colour, linewidth=1.1, zorder=4)
    for run in _runs(hidden):
        x, width = scale(run[0][0]), scale(run[-1][1]) - scale(run[0][0])
        sheet.box(x, base - 0.1, width, 0.1, facecolor=PAPER, edgecolor=RULE, hatch="/////", linewidth=0.5)
    if hidden or not steps:
        run = max(_runs(hidden), key=lambda r: r[-1][1] - r[0][0], default=[(scale.low, scale.high, 0.0)])
        middle = (scale(run[0][0]) + scale(run[-1][1])) / 2
        half = min(text_width(hidden_label, SMALL), scale.end - scale.start) / 2
        middle = min(max(middle, scale.start + half), scale.end - half)
        lines = wrap(hidden_label, scale.end - scale.start, SMALL)
        sheet.text(middle, base - 0.14, lines, size=SMALL, colour=QUIET, ha="center", va="bottom", background=PAPER)


def _runs(steps: list[tuple[float, float, float]]) -> list[list[tuple[float, float, float]]]:
    """Bins that touch, together."""
    runs: list[list[tuple[float, float, float]]] = []
    for step in steps:
        if runs and runs[-1][-1][1] == step[0]:
            runs[-1].append(step)
        else:
            runs.append([step])
    return runs


def _mean(sheet: Sheet, scale: Scale, row: dict, y: float, style: GroupStyle) -> None:
    if not is_known(row["estimate"]):
        return
    if is_known(row["ci_low"]) and is_known(row["ci_high"]):
        ends = [scale(min(max(float(row[c]), scale.low), scale.high)) for c in ("ci_low", "ci_high")]
        sheet.line(ends, [y, y], color=INK, linewidth=2.2, zorder=4)
    sheet.marker(scale(float(row["estimate"])), y, style.marker, style.colour, size=8.5, markeredgecolor=INK)


def _levels(scale: Scale, values: list[float]) -> list[tuple[float, int]]:
    """Where each dot lies and how far down, so that dots which would overlap lie below each other."""
    last: list[float] = []
    dots = []
    for x in sorted(scale(value) for value in values):
        level = next((i for i, end in enumerate(last) if x - end >= _DOT), len(last))
        last[level : level + 1] = [x]
        dots.append((x, level))
    return dots


def _rain(sheet: Sheet, dots: list[tuple[float, int]], top: float, step: float, style: GroupStyle) -> None:
    """One dot per person, each at its own value."""
    sheet.line(
        [x for x, _ in dots],
        [top + _DOT / 2 + level * step for _, level in dots],
        linestyle="none",
        marker="o",
        markersize=2.9,
        markerfacecolor=style.colour,
        markeredgewidth=0.25,
        markeredgecolor=PAPER,
        zorder=4,
    )
