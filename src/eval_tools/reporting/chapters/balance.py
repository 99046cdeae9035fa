"""How alike the groups were at the start, all outcomes in one figure."""

from __future__ import annotations

from math import isfinite

from eval_tools.reporting.blocks import Picture
from eval_tools.reporting.figures import draw_love
from eval_tools.reporting.figures.love import ADJUST, ALIKE
from eval_tools.reporting.material import Desk


def love_picture(desk: Desk, reference: str) -> list[Picture]:
    """Draw the baseline differences of people and of site means; nothing where none may be shown."""
    import pandas as pd

    words = desk.words
    several = len(desk.study.programme_groups) > 1
    rows, told = [], []
    for outcome in desk.study.plan.outcomes:
        people, sites = (desk.rows(outcome, "baseline", name) for name in ("people_g", "sites_g"))
        for group, row in people.items():
            scale = desk.scale_title(outcome)
            label = words("format.of", what=scale, which=desk.group_title(group)) if several else scale
            of_people = words.number(row["estimate"], 2, signed=True)
            of_sites = words.number(sites[group]["estimate"], 2, signed=True) if sites else ""
            if not isfinite(row["estimate"]):
                text = words(f"status.{row['status']}")
                told.append(words("figure.alt_reason", group=label, reason=text))
            elif sites:
                text = words("love.pair", people=of_people, sites=of_sites)
                told.append(words("love.alt_row_sites", label=label, people=of_people, means=of_sites))
            else:
                text = of_people
                told.append(words("love.alt_row", label=label, people=of_people))
            apart = sites[group]["estimate"] if sites else float("nan")
            rows.append({"label": label, "group": group, "people": row["estimate"], "sites": apart, "text": text})
    if not any(isfinite(row["people"]) for row in rows):
        return []
    title = desk.group_title(reference)
    with_sites = any(isfinite(row["sites"]) for row in rows)
    return [
        Picture(
            id="love",
            drawing=draw_love(
                name="love",
                rows=pd.DataFrame(rows),
                x_label=words("love.axis", baseline=desk.wave_name(desk.baseline)),
                zero_label_left=words("love.lower", reference=title),
                zero_label_right=words("love.higher", reference=title),
                people_label=words("love.people"),
                sites_label=words("love.sites"),
                alike_label=words("love.alike", edge=words.number(ALIKE, 2)),
                adjust_label=words("love.adjust", edge=words.number(ADJUST, 2)),
                group_labels=desk.group_titles,
                title=words("love.title"),
                hidden_label=words("format.suppressed"),
                alt=words("love.alt", reference=title, rows=words.clauses(told)),
                caption=words("love.caption"),
                language=desk.language,
                number_format=lambda value: words.number(value, 0 if value == int(value) else 2, signed=True),
                text_header=words("love.header_sites" if with_sites else "love.header"),
            ),
        )
    ]
