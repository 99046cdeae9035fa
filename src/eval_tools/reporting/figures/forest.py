"""Estimates below each other, each with its interval and its words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import pandas as pd

from eval_tools.reporting.figures.cells import check_groups, check_rows, count_text, is_known
from eval_tools.reporting.figures.lettering import BODY, SMALL, block_height, block_width, wrap
from eval_tools.reporting.figures.palette import GRID, INK, QUIET, GroupStyle, group_styles
from eval_tools.reporting.figures.sheet import WIDTH, Scale, Sheet, drawing, light_grid
from eval_tools.reporting.figures.svg import Drawing

_PLAIN = GroupStyle("#0072B2", "s")


def draw_forest(
    *,
    name: str,
    rows: pd.DataFrame,
    x_label: str,
    zero_label_left: str,
    zero_label_right: str,
    group_labels: Mapping[str, str],
    title: str,
    hidden_label: str,
    alt: str,
    caption: str,
    language: str,
    number_format: Callable[[float], str],
    n_header: str = "n",
    text_header: str = "",
) -> Drawing:
    """Draw estimates with intervals around a line at zero.

    Parameters
    ----------
    rows : DataFrame
        One row per estimate, in order: ``label, estimate, ci_low, ci_high, n, text``. ``text`` is what
        stands at the right: the numbers, or why there is none. Optional: ``ci_low_wide, ci_high_wide``
        (a simultaneous interval, drawn thinner) and ``group`` (gives the row its colour and marker).
    number_format : callable
        Writes the numbers below the axis.
    """
    check_rows(rows, name)
    if "group" in rows:
        check_groups(rows, group_labels, name)
    styles = group_styles(group_labels)
    records = rows.to_dict("records")
    with drawing(language, name):
        sheet = Sheet()
        keyed = "group" in rows and any(row["label"] != group_labels[row["group"]] for row in records)
        indent = 0.18 if keyed else 0.0
        labels = [wrap(str(row["label"]), 1.9, BODY) for row in records]
        counts = [wrap(count_text(row["n"], hidden_label), 0.8, SMALL) for row in records]
        texts = [wrap(str(row["text"]), 1.8, SMALL) for row in records]
        heads = wrap(n_header, 0.8, SMALL), wrap(text_header, 1.8, SMALL)
        n_right = indent + max(block_width(lines, BODY) for lines in labels) + 0.2
        n_right += max(block_width(lines, SMALL) for lines in [*counts, heads[0]])
        text_left = WIDTH - max(block_width(lines, SMALL) for lines in [*texts, heads[1]])
        reach = _reach(rows)
        scale = Scale(-reach, reach, n_right + 0.2, text_left - 0.2)
        y = sheet.title(title)
        if keyed:
            y = _key(sheet, [g for g in group_labels if g in set(rows["group"])], group_labels, styles, y)
        below = max(sheet.sides(scale, y, zero_label_left, zero_label_right), y + block_height(heads[0], SMALL))
        sheet.text(n_right, below - 0.09, heads[0], size=SMALL, colour=QUIET, ha="right", va="bottom")
        sheet.text(text_left, below - 0.09, heads[1], size=SMALL, colour=QUIET, va="bottom")
        y = below
        for row, label, count, text in zip(records, labels, counts, texts, strict=True):
            height = max(block_height(label, BODY), block_height(text, SMALL), block_height(count, SMALL)) + 0.16
            middle = y + height / 2
            estimated = is_known(row["estimate"])
            sheet.line([0, WIDTH], [y, y], color=GRID, linewidth=0.7, zorder=0)
            if keyed:
                style = styles[row["group"]]
                sheet.marker(0.06, middle, style.marker, style.colour, size=6)
            sheet.text(indent, middle, label, va="center")
            sheet.text(n_right, middle, count, size=SMALL, colour=QUIET, ha="right", va="center")
            sheet.text(text_left, middle, text, size=SMALL, colour=INK if estimated else QUIET, va="center")
            if estimated:
                _point(sheet, scale, row, middle, styles[row["group"]] if "group" in row else _PLAIN)
            y += height
        ticks = scale.ticks(about=5) if rows["estimate"].notna().any() else [0.0]
        light_grid(sheet, scale, ticks, below, y)
        bottom = sheet.x_axis(scale, y, {tick: number_format(tick) for tick in ticks}, x_label)
        return sheet.finish(bottom, name=name, alt=alt, caption=caption, language=language)


def _reach(rows: pd.DataFrame) -> float:
    columns = [c for c in ("estimate", "ci_low", "ci_high", "ci_low_wide", "ci_high_wide") if c in rows]
    values = rows[columns].astype(float).abs()
    finite = values.where(values < math.inf).max().max()
    return 1.06 * float(finite) if is_known(finite) and finite > 0 else 1.0


def _key(
    sheet: Sheet, shown: list[str], group_labels: Mapping[str, str], styles: dict[str, GroupStyle], y: float
) -> float:
    """Name the groups above the plot, where the rows' own labels do not."""
    x = 0.0
    for group in shown:
        lines = wrap(group_labels[group], WIDTH - 0.3, SMALL)
        width = block_width(lines, SMALL) + 0.4
        if x and x + width > WIDTH:
            x, y = 0.0, y + block_height([""], SMALL) + 0.02
        sheet.marker(x + 0.06, y + block_height([""], SMALL) / 2, styles[group].marker, styles[group].colour)
        sheet.text(x + 0.16, y, lines, size=SMALL)
        x += width
        y += block_height(lines[1:], SMALL)
    return y + block_height([""], SMALL) + 0.1


def _point(sheet: Sheet, scale: Scale, row: dict, y: float, style: GroupStyle) -> None:
    for low, high, width in (("ci_low_wide", "ci_high_wide", 0.9), ("ci_low", "ci_high", 2.6)):
        if is_known(row.get(low)) and is_known(row.get(high)):
            ends = [min(max(float(row[end]), scale.low), scale.high) for end in (low, high)]
            sheet.line([scale(end) for end in ends], [y, y], color=style.colour, linewidth=width, zorder=4)
            for end, value, head in zip(ends, (row[low], row[high]), ("<", ">"), strict=True):
                if end != value:  # the interval goes on beyond the axis
                    sheet.marker(scale(end), y, head, style.colour, size=6)
    sheet.marker(scale(float(row["estimate"])), y, style.marker, style.colour, size=8)
