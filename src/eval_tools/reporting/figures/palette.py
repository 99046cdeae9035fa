"""Colours and markers: a group keeps its own in every figure and never differs by colour alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from matplotlib import colors

INK = "#1f2328"
QUIET = "#57606a"
RULE = "#8c959f"
GRID = "#e3e6ea"
PAPER = "#ffffff"

# Okabe and Ito (2008), without yellow, which is too pale on white.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = ("o", "s", "D", "^", "v", "P", "X", "p", "<")
_PALEST, _DARKEST = "#dbe9f6", "#08306b"


@dataclass(frozen=True, slots=True)
class GroupStyle:
    """How one group is drawn."""

    colour: str
    marker: str

    @property
    def tint(self) -> str:
        """The colour on its way to white, for areas."""
        return mix(self.colour, PAPER, 0.68)


def group_styles(groups: Iterable[str]) -> dict[str, GroupStyle]:
    """Give each group its colour and marker, by its place in the list."""
    return {
        group: GroupStyle(_COLOURS[i % len(_COLOURS)], _MARKERS[i % len(_MARKERS)]) for i, group in enumerate(groups)
    }


def band_colours(n_bands: int) -> list[str]:
    """Colours for ordered bands: one hue, from pale for the first to dark for the last."""
    return [mix(_PALEST, _DARKEST, i / max(n_bands - 1, 1)) for i in range(n_bands)]


def text_colour(background: str) -> str:
    """Ink or paper, whichever stands out more on the background (WCAG contrast).

    Examples
    --------
    >>> text_colour("#08306b"), text_colour("#dbe9f6")
    ('#ffffff', '#1f2328')
    """
    return max((PAPER, INK), key=lambda text: _contrast(text, background))


def mix(first: str, second: str, share: float) -> str:
    """Colour between two others; ``share`` is how far it is on its way to the second."""
    (r, g, b), (r2, g2, b2) = colors.to_rgb(first), colors.to_rgb(second)
    return colors.to_hex((r + (r2 - r) * share, g + (g2 - g) * share, b + (b2 - b) * share))


def _contrast(first: str, second: str) -> float:
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colors.to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
