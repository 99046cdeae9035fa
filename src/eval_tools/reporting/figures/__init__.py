"""Figures for the reports: released numbers and translated text in, one inline SVG with its words out.

A missing number was hidden by disclosure control: it is written as ``hidden_label`` and never drawn.
"""

from eval_tools.reporting.figures.bands import draw_bands
from eval_tools.reporting.figures.caterpillar import draw_caterpillar
from eval_tools.reporting.figures.change import draw_change
from eval_tools.reporting.figures.flow import draw_flow
from eval_tools.reporting.figures.forest import draw_forest
from eval_tools.reporting.figures.love import draw_love
from eval_tools.reporting.figures.svg import Drawing
from eval_tools.reporting.figures.trajectory import draw_trajectory

__all__ = [
    "Drawing",
    "draw_bands",
    "draw_caterpillar",
    "draw_change",
    "draw_flow",
    "draw_forest",
    "draw_love",
    "draw_trajectory",
]
