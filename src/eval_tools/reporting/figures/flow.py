"""How many people took part, from enrolment to the last wave."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from eval_tools.reporting.figures.cells import check_groups, check_rows, count_text
from eval_tools.reporting.figures.lettering import BODY, SMALL, block_height, block_width, wrap
from eval_tools.reporting.figures.palette import PAPER, RULE, group_styles
from eval_tools.reporting.figures.sheet import WIDTH, Sheet, drawing
from eval_tools.reporting.figures.svg import Drawing

_PAD, _STEP = 0.09, 0.26


def draw_flow(
    *,
    name: str,
    flow: pd.DataFrame,
    group_labels: Mapping[str, str],
    wave_labels: Mapping[str, str],
    title: str,
    total_label: str,
    enrolled_label: str,
    hidden_label: str,
    alt: str,
    caption: str,
    language: str,
    n_label: str = "n = %(n)s",
) -> Drawing:
    """Draw the flow of participants: a column per group, a row per wave.

    Parameters
    ----------
    flow : DataFrame
        One row per group and wave: ``group, wave, n_enrolled, n_forms``, as in the table FLOW. A pair
        that does not occur was not planned and gets no box.
    total_label : str
        Sentence of the first box, with ``%(n)s`` for the number enrolled in all groups. It is hidden if
        one of the groups is.
    """
    check_rows(flow, name)
    check_groups(flow, group_labels, name)
    groups = [group for group in group_labels if group in set(flow["group"])]
    waves = [wave for wave in wave_labels if wave in set(flow["wave"])]
    enrolled = flow.groupby("group")["n_enrolled"].first(skipna=False).astype(float)
    forms = flow.set_index(["group", "wave"])["n_forms"].astype(float).to_dict()
    styles = group_styles(group_labels)
    with drawing(language, name):
        sheet = Sheet()
        names = {w: wrap(wave_labels[w], 1.15, BODY) for w in waves}
        enrolled_lines = wrap(enrolled_label, 1.15, BODY)
        left = max(block_width(lines, BODY) for lines in [enrolled_lines, *names.values()]) + 0.2
        gap = 0.16 if len(groups) > 3 else 0.3
        width = min(1.9, (WIDTH - left - gap * (len(groups) - 1)) / len(groups))
        pitch = min((WIDTH - left - width) / max(len(groups) - 1, 1), width + 0.5)
        centres = {group: left + width / 2 + pitch * i for i, group in enumerate(groups)}

        def box(centre: float, y: float, height: float, lines: list[str], **style: str) -> None:
            sheet.box(centre - width / 2, y, width, height, **{"edgecolor": RULE, "linewidth": 0.8, **style})
            sheet.text(centre, y + height / 2, lines, ha="center", va="center")

        y = sheet.title(title)
        middle = sum(centres.values()) / len(centres)
        total = float(enrolled.sum(skipna=False))
        lines = wrap(count_text(total, hidden_label, total_label), max(width, 2 * (middle - left) - 4 * _PAD), BODY)
        height, wide = block_height(lines, BODY) + 2 * _PAD, max(block_width(lines, BODY) + 4 * _PAD, width)
        sheet.box(middle - wide / 2, y, wide, height, facecolor=PAPER, edgecolor=RULE, linewidth=0.8)
        sheet.text(middle, y + height / 2, lines, ha="center", va="center")
        y += height
        branch = y + 0.14
        if len(groups) > 1:
            sheet.line([middle, middle], [y, branch], linewidth=0.9)
            sheet.line([min(centres.values()), max(centres.values())], [branch, branch], linewidth=0.9)
        starts = dict.fromkeys(groups, branch if len(groups) > 1 else y)
        y = branch + _STEP - 0.06

        heads = {g: wrap(group_labels[g], width - 2 * _PAD, SMALL) for g in groups}
        numbers = {g: wrap(count_text(enrolled[g], hidden_label, n_label), width - 2 * _PAD, BODY) for g in groups}
        tallest = max(block_height(lines, SMALL) for lines in heads.values())
        height = tallest + max(block_height(lines, BODY) for lines in numbers.values()) + 2 * _PAD + 0.13
        sheet.text(0, y + height / 2, enrolled_lines, va="center")
        for group, centre in centres.items():
            sheet.arrow((centre, starts[group]), (centre, y))
            corner = centre - width / 2
            sheet.box(corner, y, width, height, facecolor=PAPER, edgecolor=RULE, linewidth=0.8)
            sheet.box(corner, y, width, 0.05, facecolor=styles[group].colour, zorder=3)
            sheet.text(centre, y + 0.05 + _PAD + tallest / 2, heads[group], size=SMALL, ha="center", va="center")
            sheet.text(centre, y + height - _PAD, numbers[group], ha="center", va="bottom")
            starts[group] = y + height
        y += height + _STEP

        for wave in waves:
            cells = {
                g: wrap(count_text(forms[g, wave], hidden_label, n_label), width - 2 * _PAD, BODY)
                for g in groups
                if (g, wave) in forms
            }
            height = max(block_height(lines, BODY) for lines in [names[wave], *cells.values()]) + 2 * _PAD
            sheet.text(0, y + height / 2, names[wave], va="center")
            for group, lines in cells.items():
                hidden = pd.isna(forms[group, wave])
                sheet.arrow((centres[group], starts[group]), (centres[group], y))
                box(centres[group], y, height, lines, facecolor="#f3f4f6" if hidden else PAPER)
                starts[group] = y + height
            y += height + _STEP
        return sheet.finish(y - _STEP, name=name, alt=alt, caption=caption, language=language)
