"""How far groups lay apart before the programme, all outcomes at once (Love plot)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import pandas as pd

from eval_tools.reporting.figures.cells import check_groups, check_rows, is_known
from eval_tools.reporting.figures.lettering import BODY, SMALL, block_height, block_width, wrap
from eval_tools.reporting.figures.palette import GRID, INK, PAPER, QUIET, RULE, GroupStyle, group_styles
from eval_tools.reporting.figures.sheet import WIDTH, Scale, Sheet, drawing, light_grid
from eval_tools.reporting.figures.svg import Drawing

ALIKE, ADJUST = 0.05, 0.25  # What Works Clearinghouse: beyond, no adjustment helps
_PLAIN = GroupStyle(INK, "o")
_BANDS = ((ADJUST, "#eff1f4"), (ALIKE, "#d5dae0"))


def draw_love(
    *,
    name: str,
    rows: pd.DataFrame,
    x_label: str,
    zero_label_left: str,
    zero_label_right: str,
    people_label: str,
    sites_label: str,
    alike_label: str,
    adjust_label: str,
    group_labels: Mapping[str, str],
    title: str,
    hidden_label: str,
    alt: str,
    caption: str,
    language: str,
    number_format: Callable[[float], str],
    text_header: str = "",
) -> Drawing:
    """Draw baseline differences in standard deviations, people filled, sites hollow, over bands at .05 and .25.

    Parameters
    ----------
    rows : DataFrame
        One row per outcome and group, in order: ``label, group, people, sites, text``. A missing number is not
        drawn; if both are, ``hidden_label`` stands where ``text`` is empty.
    number_format : callable
        Writes the numbers below the axis.
    """
    check_rows(rows, name)
    check_groups(rows, group_labels, name)
    styles = group_styles(group_labels)
    records = rows.to_dict("records")
    with_sites = bool(rows["sites"].notna().any())
    apart = 0.055 if with_sites else 0.0  # so that equal numbers do not cover each other
    with drawing(language, name):
        sheet = Sheet()
        labels = [wrap(str(row["label"]), 2.2, BODY) for row in records]
        texts = [wrap(str(row["text"]) or hidden_label, 1.7, SMALL) for row in records]
        head = wrap(text_header, 1.7, SMALL)
        start = max(block_width(lines, BODY) for lines in labels) + 0.25
        text_left = WIDTH - max(block_width(lines, SMALL) for lines in [*texts, head])
        reach = 1.08 * _reach(rows)
        scale = Scale(-reach, reach, start, text_left - 0.2)
        y = _key(
            sheet,
            sheet.title(title),
            [people_label, *([sites_label] if with_sites else [])],
            [alike_label, adjust_label],
        )
        top = max(sheet.sides(scale, y, zero_label_left, zero_label_right), y + block_height(head, SMALL))
        sheet.text(text_left, top - 0.09, head, size=SMALL, colour=QUIET, va="bottom")
        y = top
        for row, label, text in zip(records, labels, texts, strict=True):
            height = max(block_height(label, BODY), block_height(text, SMALL)) + 0.18
            middle = y + height / 2
            sheet.line([0, WIDTH], [y, y], color=GRID, linewidth=0.7, zorder=0)
            sheet.text(0, middle, label, va="center")
            sheet.text(text_left, middle, text, size=SMALL, colour=INK, va="center")
            style = styles[row["group"]]
            if is_known(row["people"]):
                sheet.marker(scale(float(row["people"])), middle - apart, style.marker, style.colour, size=7.5)
            if is_known(row["sites"]):
                _hollow(sheet, scale(float(row["sites"])), middle + apart, style)
            y += height
        for edge, colour in _BANDS:
            sheet.box(scale(-edge), top, scale(edge) - scale(-edge), y - top, facecolor=colour, zorder=-1)
        known = rows[["people", "sites"]].notna().any(axis=None)
        ticks = _ticks(reach) if known else [0.0]
        light_grid(sheet, scale, [0.0], top, y)
        bottom = sheet.x_axis(scale, y, {tick: number_format(tick) for tick in ticks}, x_label)
        return sheet.finish(bottom, name=name, alt=alt, caption=caption, language=language)


def _reach(rows: pd.DataFrame) -> float:
    values = rows[["people", "sites"]].astype(float).abs()
    finite = values.where(values < math.inf).max().max()
    return max(float(finite), 1.3 * ADJUST) if is_known(finite) else 1.3 * ADJUST


def _ticks(reach: float) -> list[float]:
    """Zero, the edges of the outer band and their multiples; far out, only every second or fourth of them."""
    step = ADJUST
    while reach / step > 4:
        step *= 2
    n = int(reach / step)
    return [i * step for i in range(-n, n + 1)]


def _hollow(sheet: Sheet, x: float, y: float, style: GroupStyle) -> None:
    sheet.marker(x, y, style.marker, PAPER, size=7.0, markeredgecolor=style.colour, markeredgewidth=1.4, zorder=6)


def _key(sheet: Sheet, y: float, points: list[str], bands: list[str]) -> float:
    """Name the markers and the bands above the plot, on as many lines as needed."""
    x, line = 0.0, block_height([""], SMALL)
    entries = [("point", i, text) for i, text in enumerate(points)] + [
        ("band", i, text) for i, text in enumerate(bands)
    ]
    for kind, i, text in entries:
        lines = wrap(text, WIDTH - 0.3, SMALL)
        width = 0.2 + block_width(lines, SMALL)
        if x and x + width > WIDTH:
            x, y = 0.0, y + line + 0.03
        if kind == "band":
            sheet.box(x, y + line / 2 - 0.06, 0.13, 0.12, facecolor=_BANDS[1 - i][1], edgecolor=RULE, linewidth=0.4)
        elif i == 0:
            sheet.marker(x + 0.065, y + line / 2, _PLAIN.marker, _PLAIN.colour)
        else:
            _hollow(sheet, x + 0.065, y + line / 2, _PLAIN)
        sheet.text(x + 0.19, y, lines, size=SMALL)
        y += block_height(lines[1:], SMALL)
        x += width + 0.2
    return y + line + 0.08
