"""Sites below each other, each with its interval, and where another such site is expected."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from eval_tools.reporting.figures.cells import check_rows, count_text, is_known
from eval_tools.reporting.figures.lettering import BODY, SMALL, block_height, block_width, wrap
from eval_tools.reporting.figures.palette import INK, QUIET, RULE, GroupStyle, mix
from eval_tools.reporting.figures.sheet import WIDTH, Scale, Sheet, drawing, light_grid
from eval_tools.reporting.figures.svg import Drawing

_SITE, _MEAN = GroupStyle("#0072B2", "o"), GroupStyle("#1f2328", "D")
_SIDE = 0.4  # how much of the spread lies on either side of zero at least, for the words above the plot


def draw_caterpillar(
    *,
    name: str,
    rows: pd.DataFrame,
    mean: Mapping[str, Any] | None,
    prediction: Mapping[str, Any] | None,
    x_label: str,
    zero_label_left: str,
    zero_label_right: str,
    title: str,
    hidden_label: str,
    alt: str,
    caption: str,
    language: str,
    number_format: Callable[[float], str],
    n_header: str = "n",
    text_header: str = "",
) -> Drawing:
    """Draw one line per site, in the order given, all in one colour.

    Parameters
    ----------
    rows : DataFrame
        One row per site: ``label, estimate, ci_low, ci_high, n, text``.
    mean : mapping or None
        The mean over sites, with the same keys: below the sites, as a diamond.
    prediction : mapping or None
        Where another such site is expected: ``label, ci_low, ci_high, text``. A bar below the sites, and a tint
        behind them.
    number_format : callable
        Writes the numbers below the axis.
    """
    check_rows(rows, name)
    sites: list[dict[str, Any]] = [dict(zip(map(str, rows), row, strict=True)) for row in rows.to_numpy(dtype=object)]
    below: list[dict[str, Any]] = [dict(each) for each in (mean, prediction) if each is not None]
    with drawing(language, name):
        sheet = Sheet()
        labels = [wrap(str(row["label"]), 1.9, BODY) for row in [*sites, *below]]
        counts = [
            wrap(count_text(row["n"], hidden_label) if "n" in row else "", 0.8, SMALL) for row in [*sites, *below]
        ]
        texts = [wrap(str(row["text"]), 1.8, SMALL) for row in [*sites, *below]]
        heads = wrap(n_header, 0.8, SMALL), wrap(text_header, 1.8, SMALL)
        n_right = max(block_width(lines, BODY) for lines in labels) + 0.2
        n_right += max(block_width(lines, SMALL) for lines in [*counts, heads[0]])
        text_left = WIDTH - max(block_width(lines, SMALL) for lines in [*texts, heads[1]])
        scale = Scale(*_range([*sites, *below]), n_right + 0.2, text_left - 0.2)
        top = sheet.title(title)
        y = max(sheet.sides(scale, top, zero_label_left, zero_label_right), top + block_height(heads[0], SMALL))
        sheet.text(n_right, y - 0.09, heads[0], size=SMALL, colour=QUIET, ha="right", va="bottom")
        sheet.text(text_left, y - 0.09, heads[1], size=SMALL, colour=QUIET, va="bottom")
        start = y
        for i, row in enumerate([*sites, *below]):
            if i == len(sites):
                sheet.line([0, WIDTH], [y, y], color=RULE, linewidth=0.8)
            blocks = block_height(labels[i], BODY), block_height(texts[i], SMALL), block_height(counts[i], SMALL)
            height = max(blocks) + (0.06 if i < len(sites) else 0.14)
            middle = y + height / 2
            sheet.text(0, middle, labels[i], va="center")
            sheet.text(n_right, middle, counts[i], size=SMALL, colour=QUIET, ha="right", va="center")
            sheet.text(text_left, middle, texts[i], size=SMALL, colour=INK, va="center")
            if i < len(sites):
                _point(sheet, scale, row, middle, _SITE, size=6.5)
            elif mean is not None and i == len(sites):
                _point(sheet, scale, row, middle, _MEAN, size=8)
            else:
                _bar(sheet, scale, row, middle)
            y += height
        if prediction is not None and is_known(prediction["ci_low"]):
            ends = [scale(float(prediction[end])) for end in ("ci_low", "ci_high")]
            tint = mix(_SITE.colour, "#ffffff", 0.88)
            sheet.box(ends[0], start, ends[1] - ends[0], y - start, facecolor=tint, zorder=-1)
        ticks = scale.ticks(about=5) if any(is_known(row.get("estimate")) for row in sites) else [0.0]
        light_grid(sheet, scale, ticks, start, y)
        bottom = sheet.x_axis(scale, y, {tick: number_format(tick) for tick in ticks}, x_label)
        return sheet.finish(bottom, name=name, alt=alt, caption=caption, language=language)


def _range(rows: list[dict[str, Any]]) -> tuple[float, float]:
    """Hold every interval and zero, with room on both sides of zero."""
    values = [float(row[key]) for row in rows for key in ("estimate", "ci_low", "ci_high") if is_known(row.get(key))]
    finite = [value for value in values if abs(value) < math.inf]
    low, high = min(finite, default=-1.0), max(finite, default=1.0)
    spread = max(high, 0.0) - min(low, 0.0) or 1.0
    return min(low - 0.04 * spread, -_SIDE * spread), max(high + 0.04 * spread, _SIDE * spread)


def _point(sheet: Sheet, scale: Scale, row: Mapping[str, Any], y: float, style: GroupStyle, *, size: float) -> None:
    if not is_known(row["estimate"]):
        return
    if is_known(row["ci_low"]) and is_known(row["ci_high"]):
        ends = [scale(float(row[end])) for end in ("ci_low", "ci_high")]
        sheet.line(ends, [y, y], color=style.colour, linewidth=1.8, zorder=4)
    sheet.marker(scale(float(row["estimate"])), y, style.marker, style.colour, size=size)


def _bar(sheet: Sheet, scale: Scale, row: Mapping[str, Any], y: float) -> None:
    if is_known(row["ci_low"]) and is_known(row["ci_high"]):
        ends = [scale(float(row[end])) for end in ("ci_low", "ci_high")]
        sheet.box(ends[0], y - 0.05, ends[1] - ends[0], 0.1, facecolor=mix(_SITE.colour, "#ffffff", 0.35), zorder=4)
