"""The paper a figure is drawn on: seven inches wide, measured in inches from the top left corner."""

from __future__ import annotations

import io
import re
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from eval_tools.errors import DefinitionError, Problem
from eval_tools.reporting.figures.lettering import BODY, LEADING, SMALL, TITLE, block_height, wrap
from eval_tools.reporting.figures.palette import GRID, INK, PAPER, QUIET, RULE
from eval_tools.reporting.figures.svg import Drawing, inline_svg
from eval_tools.reporting.fonts import font_family

WIDTH = 6.9  # what can be written on
_PAGE = 7.0
_MARGIN = 0.06
_Across = Literal["left", "center", "right"]
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_ROOMS = (
    "axes.",
    "figure.",
    "font.",
    "hatch.",
    "lines.",
    "markers.",
    "patch.",
    "path.",
    "savefig.",
    "svg.",
    "text.",
)

# matplotlib keeps its settings, and Python its warning filters, once per process.
_one_at_a_time = threading.RLock()


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a number lies on the paper."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Turn a number into inches."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, *, about: int = 6) -> list[float]:
        """Round numbers inside the range."""
        values = MaxNLocator(nbins=about, steps=[1, 2, 2.5, 5, 10]).tick_values(self.low, self.high)
        slack = (self.high - self.low) * 1e-9
        return [float(v) for v in values if self.low - slack <= v <= self.high + slack]


@contextmanager
def drawing(language: str, name: str) -> Iterator[None]:
    """Set fonts and defaults for one figure; a character that no font has is an error, not an empty box."""
    if not _NAME.fullmatch(name):
        raise DefinitionError(
            Problem(f"figure {name!r}", "the name cannot be an id.", "Use letters, digits, '.', '_' and '-'.")
        )
    settings: dict[Any, Any] = {key: value for key, value in mpl.rcParamsDefault.items() if key.startswith(_ROOMS)}
    settings |= {"font.family": font_family(language), "text.parse_math": False}
    settings |= {"svg.fonttype": "path", "svg.hashsalt": "eval_tools"}
    with _one_at_a_time, mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph .* missing", category=UserWarning)
        try:
            yield
        except UserWarning as missing:
            if "missing from font" not in str(missing):
                raise
            raise DefinitionError(
                Problem(f"figure {name!r}", f"{missing}.", "Replace this character in the labels.")
            ) from None


class Sheet:
    """One figure while it is being drawn; it grows downwards and is cut off at the end."""

    def __init__(self) -> None:
        self.figure = Figure(figsize=(_PAGE, _PAGE), facecolor=PAPER)
        FigureCanvasSVG(self.figure)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.axes.set_xlim((WIDTH - _PAGE) / 2, (WIDTH + _PAGE) / 2)

    def title(self, text: str) -> float:
        """Write the title and return where the figure may go on."""
        lines = wrap(text, WIDTH, TITLE)
        self.text(0, _MARGIN, lines, size=TITLE)
        return _MARGIN + block_height(lines, TITLE) + (0.14 if lines else 0.0)

    def text(
        self,
        x: float,
        y: float,
        lines: Sequence[str],
        *,
        size: float = BODY,
        colour: str = INK,
        ha: _Across = "left",
        va: Literal["top", "center", "bottom"] = "top",
        background: str | None = None,
    ) -> None:
        """Write lines below each other; ``y`` is the top, middle or bottom of all of them.

        Each line is placed by its baseline, so that lines with and without descenders, and Latin and
        Chinese, keep the same distance.
        """
        height = block_height(lines, size)
        top = y - {"top": 0.0, "center": height / 2, "bottom": height}[va]
        box = {"facecolor": background, "edgecolor": "none", "pad": 1.5} if background else None
        for i, line in enumerate(lines):
            baseline = top + ((i + 0.5) * LEADING + 0.36) * size / 72
            self.axes.text(
                x,
                baseline,
                line,
                size=size,
                color=colour,
                ha=ha,
                va="baseline",
                linespacing=1.0,
                bbox=box,
                zorder=6,
            )

    def line(self, xs: Sequence[float], ys: Sequence[float], **style: Any) -> None:
        """Draw a line through points."""
        style = {"color": RULE, "linewidth": 0.8, "solid_capstyle": "butt", "clip_on": False, **style}
        self.axes.plot(xs, ys, **style)

    def arrow(self, start: tuple[float, float], end: tuple[float, float], *, colour: str = RULE) -> None:
        """Draw a line that ends in a small filled head."""
        (x0, y0), (x1, y1) = start, end
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        back, half = 0.07, 0.032
        bx, by = x1 - ux * back, y1 - uy * back
        self.line([x0, bx], [y0, by], color=colour, linewidth=0.9)
        self.area([(x1, y1), (bx - uy * half, by + ux * half), (bx + uy * half, by - ux * half)], facecolor=colour)

    def area(self, corners: Sequence[tuple[float, float]], **style: Any) -> None:
        """Fill a polygon."""
        style = {"edgecolor": "none", "linewidth": 0.0, "clip_on": False, "zorder": 2, **style}
        self.axes.add_patch(PathPatch(Path([*corners, corners[0]], closed=True), **style))

    def box(self, x: float, y: float, width: float, height: float, **style: Any) -> None:
        """Fill a rectangle, given its top left corner."""
        style = {"edgecolor": "none", "linewidth": 0.0, "clip_on": False, "zorder": 2, **style}
        self.axes.add_patch(Rectangle((x, y), width, height, **style))

    def marker(self, x: float, y: float, marker: str, colour: str, *, size: float = 7.0, **style: Any) -> None:
        """Draw one point, set off by a white rim."""
        rim = {"markeredgecolor": PAPER, "markeredgewidth": 0.8, "zorder": 5, "clip_on": False, **style}
        self.axes.plot([x], [y], linestyle="none", marker=marker, markerfacecolor=colour, markersize=size, **rim)

    def x_axis(self, scale: Scale, y: float, labels: Mapping[float, str], caption: str) -> float:
        """Draw a horizontal axis with its caption below and return where the figure may go on."""
        self.line([scale.start, scale.end], [y, y], color=RULE)
        for value, label in labels.items():
            self.line([scale(value)] * 2, [y, y + 0.05], color=RULE)
            self.text(scale(value), y + 0.06, [label], size=SMALL, colour=QUIET, ha="center")
        y += 0.06 + block_height([""], SMALL) + 0.04
        lines = wrap(caption, scale.end - scale.start + 0.6, BODY)
        self.text((scale.start + scale.end) / 2, y, lines, ha="center")
        return y + block_height(lines, BODY)

    def sides(self, scale: Scale, y: float, left: str, right: str, *, size: float = SMALL) -> float:
        """Say above the plot what lies left and right of zero; return where the figure may go on."""
        zero, gap = scale(0.0), 0.1
        blocks = [wrap(left, zero - scale.start - gap, size), wrap(right, scale.end - zero - gap, size)]
        bottom = y + max(block_height(lines, size) for lines in blocks)
        aligned: tuple[_Across, _Across] = ("right", "left")
        for lines, sign, ha in zip(blocks, (-1, 1), aligned, strict=True):
            if lines:
                start = zero + sign * gap
                self.text(start, bottom, lines, size=size, colour=QUIET, ha=ha, va="bottom")
                self.arrow((start, bottom + 0.05), (start + sign * 0.6, bottom + 0.05))
        return bottom + 0.14

    def cut(self, height: float) -> None:
        """Fix the height once everything is drawn."""
        self.figure.set_size_inches(_PAGE, height + _MARGIN)
        self.axes.set_ylim(height + _MARGIN, 0)

    def finish(self, height: float, *, name: str, alt: str, caption: str, language: str) -> Drawing:
        """Cut the paper and turn the figure into SVG that can stand in a page beside others."""
        self.cut(height)
        out = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        self.figure.savefig(out, format="svg", metadata=nothing)
        return Drawing(
            svg=inline_svg(out.getvalue(), name=name, alt=alt, language=language, width=_PAGE),
            alt=alt,
            caption=caption,
            name=name,
        )


def light_grid(sheet: Sheet, scale: Scale, ticks: Sequence[float], top: float, bottom: float) -> None:
    """Draw the faint lines of a horizontal scale, and a firm one at zero."""
    for tick in ticks:
        sheet.line([scale(tick)] * 2, [top, bottom], color=GRID, linewidth=0.7, zorder=0)
    if scale.low <= 0 <= scale.high:
        sheet.line([scale(0.0)] * 2, [top, bottom], color=QUIET, linewidth=1.0, zorder=1)
