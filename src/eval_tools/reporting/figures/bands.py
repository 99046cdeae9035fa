"""Which share of people lay in each severity band, before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from eval_tools.reporting.figures.cells import check_groups, check_rows, is_known
from eval_tools.reporting.figures.lettering import (
    BODY,
    SMALL,
    block_height,
    block_width,
    spread,
    text_width,
    wrap,
)
from eval_tools.reporting.figures.palette import INK, PAPER, QUIET, RULE, band_colours, text_colour
from eval_tools.reporting.figures.sheet import WIDTH, Sheet, drawing
from eval_tools.reporting.figures.svg import Drawing

_BAR, _OUTSIDE = 0.36, 0.24
_MOMENTS = ("before", "after")


def whole_percent(share: float) -> str:
    """Write a share without decimals; neither nobody nor everybody unless it is so.

    Examples
    --------
    >>> whole_percent(0.126), whole_percent(0.004), whole_percent(0.996)
    ('13%', '<1%', '>99%')
    """
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{100 * share:.0f}%"


@dataclass(frozen=True, slots=True)
class _Segment:
    start: float
    end: float
    colour: str
    lines: list[str]
    inside: bool


def draw_bands(
    *,
    name: str,
    bands: pd.DataFrame,
    group_labels: Mapping[str, str],
    band_labels: Mapping[str, str],
    before_label: str,
    after_label: str,
    title: str,
    hidden_label: str,
    alt: str,
    caption: str,
    language: str,
    n_header: str = "n",
    percent_format: Callable[[float], str] = whole_percent,
) -> Drawing:
    """Draw two bars per group, before above after, divided by band.

    Parameters
    ----------
    bands : DataFrame
        One row per group, moment and band: ``group, moment`` (before or after), ``band, count``. The
        share is of the bar's own people. If one count of a bar is hidden, its shares are unknown: the bar
        is hatched and holds ``hidden_label``.
    band_labels : mapping
        In order of severity; the last one is drawn darkest.
    """
    check_rows(bands, name)
    check_groups(bands, group_labels, name)
    groups = [group for group in group_labels if group in set(bands["group"])]
    colours = dict(zip(band_labels, band_colours(len(band_labels)), strict=True))
    counts = bands.set_index(["group", "moment", "band"])["count"].astype(float)
    moments = dict(zip(_MOMENTS, (before_label, after_label), strict=True))
    with drawing(language, name):
        sheet = Sheet()
        labels = {g: wrap(group_labels[g], 1.5, BODY) for g in groups}
        sides = {m: wrap(text, 1.0, SMALL) for m, text in moments.items()}
        moment_right = max(block_width(lines, BODY) for lines in labels.values()) + 0.2
        moment_right += max(block_width(lines, SMALL) for lines in sides.values())
        bars = {(g, m): _values(counts, g, m, list(band_labels)) for g in groups for m in _MOMENTS}
        totals = {bar: _total(values) for bar, values in bars.items()}
        right = max(text_width(text, SMALL) for text in [n_header, *totals.values()])
        start, end = moment_right + 0.12, WIDTH - right - 0.16
        y = _key(sheet, sheet.title(title), band_labels, colours, start, end)
        sheet.text(WIDTH, y - 0.06, [n_header], size=SMALL, colour=QUIET, ha="right", va="bottom")
        y += 0.04
        for group in groups:
            segments = {
                m: _segments(bars[group, m], list(colours.values()), start, end, percent_format) for m in _MOMENTS
            }
            above = _OUTSIDE if any(not s.inside for s in segments["before"]) else 0.0
            below = _OUTSIDE if any(not s.inside for s in segments["after"]) else 0.0
            y += above
            middle = y + _BAR + 0.03
            sheet.text(0, middle, labels[group], va="center")
            for moment, top, outward in (("before", y, -1), ("after", y + _BAR + 0.06, 1)):
                centre = top + _BAR / 2
                sheet.text(moment_right, centre, sides[moment], size=SMALL, colour=QUIET, ha="right", va="center")
                sheet.text(WIDTH, centre, [totals[group, moment]], size=SMALL, colour=QUIET, ha="right", va="center")
                if segments[moment]:
                    _bar(sheet, segments[moment], top, outward, start)
                elif bars[group, moment]:
                    _hidden_bar(sheet, top, start, end, hidden_label)
            y += 2 * _BAR + 0.06 + below + max(0.26, block_height(labels[group], BODY) - 2 * _BAR)
        return sheet.finish(y - 0.18, name=name, alt=alt, caption=caption, language=language)


def _values(counts: pd.Series, group: str, moment: str, bands: list[str]) -> list[float]:
    """Counts of one bar in the order of the bands; empty if the bar does not occur."""
    keys = [(group, moment, band) for band in bands]
    if not any(key in counts.index for key in keys):
        return []
    return [float(counts[key]) if key in counts.index else 0.0 for key in keys]


def _total(values: list[float]) -> str:
    return f"{sum(values):,.0f}" if values and all(map(is_known, values)) else ""


def _segments(
    values: list[float], colours: list[str], start: float, end: float, percent_format: Callable[[float], str]
) -> list[_Segment]:
    """Divide a bar; nothing if its shares are not known."""
    total = sum(values)
    if not values or not is_known(total) or total == 0:
        return []
    segments, x = [], start
    for value, colour in zip(values, colours, strict=True):
        width = (end - start) * value / total
        if value:
            count, share = f"{value:,.0f}", percent_format(value / total)
            whole = [f"{count} ({share})"]
            room = width - 0.1
            fitting = next((t for t in (whole, [count, f"({share})"]) if block_width(t, SMALL) <= room), None)
            segments.append(_Segment(x, x + width, colour, fitting or whole, fitting is not None))
        x += width
    return segments


def _bar(sheet: Sheet, segments: list[_Segment], top: float, outward: int, start: float) -> None:
    for segment in segments:
        x, width = segment.start, segment.end - segment.start
        sheet.box(x, top, width, _BAR, facecolor=segment.colour, edgecolor=PAPER, linewidth=0.8)
        if segment.inside:
            middle, colour = (segment.start + segment.end) / 2, text_colour(segment.colour)
            sheet.text(middle, top + _BAR / 2, segment.lines, size=SMALL, colour=colour, ha="center", va="center")
    outside = [s for s in segments if not s.inside]
    widths = [block_width(s.lines, SMALL) + 0.1 for s in outside]
    middles = [(s.start + s.end) / 2 for s in outside]
    edge = top if outward < 0 else top + _BAR
    for segment, middle, x in zip(outside, middles, spread(middles, widths, low=start, high=WIDTH), strict=True):
        sheet.line([middle, x], [edge, edge + outward * 0.07], color=RULE, linewidth=0.7)
        sheet.text(
            x,
            edge + outward * 0.075,
            segment.lines,
            size=SMALL,
            colour=INK,
            ha="center",
            va="bottom" if outward < 0 else "top",
        )


def _hidden_bar(sheet: Sheet, top: float, start: float, end: float, hidden_label: str) -> None:
    hatched = {"facecolor": PAPER, "edgecolor": "#c9ced6", "hatch": "////", "linewidth": 0.8}
    sheet.box(start, top, end - start, _BAR, **hatched)
    lines = wrap(hidden_label, end - start - 0.4, SMALL)
    middle = (start + end) / 2, top + _BAR / 2
    sheet.text(*middle, lines, size=SMALL, ha="center", va="center", background=PAPER)


def _key(sheet: Sheet, y: float, labels: Mapping[str, str], colours: dict[str, str], start: float, end: float) -> float:
    """Name the bands above the bars, in their order, on as many lines as needed."""
    x, line = start, block_height([""], SMALL)
    for band, label in labels.items():
        lines = wrap(label, end - start - 0.3, SMALL)
        width = 0.2 + block_width(lines, SMALL)
        if x > start and x + width > end:
            x, y = start, y + line + 0.03
        sheet.box(x, y + line / 2 - 0.06, 0.13, 0.12, facecolor=colours[band], edgecolor=RULE, linewidth=0.4)
        sheet.text(x + 0.19, y, lines, size=SMALL)
        y += block_height(lines[1:], SMALL)
        x += width + 0.2
    return y + line + 0.06
