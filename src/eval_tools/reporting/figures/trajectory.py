"""The mean score of each group, wave after wave."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from eval_tools.reporting.figures.cells import check_groups, check_rows, count_text, is_known
from eval_tools.reporting.figures.lettering import BODY, SMALL, block_height, block_width, spread, wrap
from eval_tools.reporting.figures.palette import GRID, QUIET, RULE, GroupStyle, group_styles
from eval_tools.reporting.figures.sheet import WIDTH, Scale, Sheet, drawing
from eval_tools.reporting.figures.svg import Drawing

_HEIGHT = 2.9


def plain(value: float) -> str:
    """Write a number of the axis.

    Examples
    --------
    >>> plain(-2.50)
    '−2.5'
    """
    return f"{value:g}".replace("-", "−")


def draw_trajectory(
    *,
    name: str,
    means: pd.DataFrame,
    group_labels: Mapping[str, str],
    wave_labels: Mapping[str, str],
    title: str,
    y_label: str,
    hidden_label: str,
    alt: str,
    caption: str,
    language: str,
    n_header: str = "n",
    number_format: Callable[[float], str] = plain,
) -> Drawing:
    """Draw one line per group over the waves, with the number of people below.

    Parameters
    ----------
    means : DataFrame
        One row per group and wave: ``group, wave, mean, n`` and, if known, ``ci_low, ci_high``. A hidden
        mean interrupts the line, and ``hidden_label`` stands in its place below the axis.
    wave_labels : mapping
        In order of time; the waves are drawn at equal distances.
    """
    check_rows(means, name)
    check_groups(means, group_labels, name)
    groups = [group for group in group_labels if group in set(means["group"])]
    waves = [wave for wave in wave_labels if wave in set(means["wave"])]
    styles = group_styles(group_labels)
    cells = {(row["group"], row["wave"]): row for row in means.to_dict("records")}
    with drawing(language, name):
        sheet = Sheet()
        names = {g: wrap(group_labels[g], 1.6, SMALL) for g in groups}
        names_left = WIDTH - max(block_width(lines, SMALL) for lines in names.values())
        low, high = _range(means)
        ticks = Scale(low, high, 0, 1).ticks(about=5) if means["mean"].notna().any() else []
        widest = block_width([number_format(t) for t in ticks], SMALL)
        tick_right = max(0.3, widest, block_width([n_header], SMALL) + 0.2)
        room = (names_left - 0.3 - tick_right - 0.1) / len(waves)
        centres = {w: tick_right + 0.1 + room * (i + 0.5) for i, w in enumerate(waves)}
        y = sheet.title(title)
        lines = wrap(y_label, WIDTH, BODY)
        sheet.text(0, y, lines, colour=QUIET)
        top = y + block_height(lines, BODY) + 0.12
        scale = Scale(low, high, top + _HEIGHT, top)
        plot_end = names_left - 0.3
        for tick in ticks:
            sheet.line([tick_right + 0.1, plot_end], [scale(tick)] * 2, color=GRID, linewidth=0.7, zorder=0)
            sheet.text(
                tick_right,
                scale(tick),
                [number_format(tick)],
                size=SMALL,
                colour=QUIET,
                ha="right",
                va="center",
            )
        sheet.line([tick_right + 0.1, plot_end], [top + _HEIGHT] * 2)
        ends = {}
        step = min(0.07, 0.5 * room / len(groups))
        for i, group in enumerate(groups):
            shift = (i - (len(groups) - 1) / 2) * step
            points = [(centres[w] + shift, cells.get((group, w), {})) for w in waves]
            ends[group] = _line(sheet, scale, points, styles[group])
        _end_labels(sheet, ends, names, styles, names_left, top, top + _HEIGHT)
        y = top + _HEIGHT + 0.06
        ticks_below = {w: wrap(wave_labels[w], room - 0.08, SMALL) for w in waves}
        for wave, lines in ticks_below.items():
            sheet.line([centres[wave]] * 2, [top + _HEIGHT, top + _HEIGHT + 0.05])
            sheet.text(centres[wave], y, lines, size=SMALL, ha="center")
        y += max(block_height(lines, SMALL) for lines in ticks_below.values()) + 0.1
        sheet.text(0, y + 0.025, [n_header], size=SMALL, colour=QUIET)
        for group in groups:
            written = {
                w: wrap(_count(cells[group, w], hidden_label), room - 0.06, SMALL) for w in waves if (group, w) in cells
            }
            height = max(block_height(lines, SMALL) for lines in written.values()) + 0.05
            row = y + height / 2
            sheet.marker(tick_right - 0.05, row, styles[group].marker, styles[group].colour, size=5.5)
            for wave, lines in written.items():
                sheet.text(centres[wave], row, lines, size=SMALL, colour=QUIET, ha="center", va="center")
            y += height
        return sheet.finish(y, name=name, alt=alt, caption=caption, language=language)


def _count(cell: dict, hidden_label: str) -> str:
    return count_text(cell["n"] if is_known(cell["mean"]) else None, hidden_label)


def _range(means: pd.DataFrame) -> tuple[float, float]:
    columns = [c for c in ("mean", "ci_low", "ci_high") if c in means]
    values = means[columns].astype(float)
    values = values.where(values.abs() < float("inf"))
    low, high = float(values.min().min()), float(values.max().max())
    if not is_known(low):
        return 0.0, 1.0
    room = 0.08 * (high - low) or 0.5
    return low - room, high + room


def _line(
    sheet: Sheet, scale: Scale, points: list[tuple[float, dict]], style: GroupStyle
) -> tuple[float, float] | None:
    """Draw one group and return where its line ends."""
    ys = [scale(float(cell["mean"])) if is_known(cell.get("mean")) else float("nan") for _, cell in points]
    sheet.line([x for x, _ in points], ys, color=style.colour, linewidth=1.6, zorder=3)
    end = None
    for (x, cell), y in zip(points, ys, strict=True):
        if not is_known(y):
            continue
        if is_known(cell.get("ci_low")) and is_known(cell.get("ci_high")):
            bounds = [scale(min(max(float(cell[c]), scale.low), scale.high)) for c in ("ci_low", "ci_high")]
            sheet.line([x, x], bounds, color=style.colour, linewidth=1.0, zorder=2)
        sheet.marker(x, y, style.marker, style.colour, size=7.5)
        end = (x, y)
    return end


def _end_labels(
    sheet: Sheet,
    ends: dict[str, tuple[float, float] | None],
    names: dict[str, list[str]],
    styles: dict[str, GroupStyle],
    left: float,
    top: float,
    bottom: float,
) -> None:
    """Write each group's name beside the end of its line; a group without a line is named at the bottom."""
    groups = list(ends)
    wanted = [end[1] if (end := ends[group]) else bottom for group in groups]
    heights = [block_height(names[group], SMALL) + 0.08 for group in groups]
    for group, y in zip(groups, spread(wanted, heights, low=top - 0.2, high=bottom + 0.1), strict=True):
        style = styles[group]
        end = ends[group]
        if end:
            sheet.line([end[0] + 0.08, left - 0.2], [end[1], y], color=RULE, linewidth=0.8, linestyle=":", zorder=1)
        sheet.marker(left - 0.11, y, style.marker, style.colour, size=6)
        sheet.text(left, y, names[group], size=SMALL, va="center")
