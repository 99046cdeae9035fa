"""SVG that can stand in a page beside others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A figure ready to be put into a page: SVG without prolog, and the words that go with it."""

    svg: str
    alt: str
    caption: str
    name: str


def inline_svg(svg: str, *, name: str, alt: str, language: str, width: float) -> str:
    """Make matplotlib's SVG fit for a page: no prolog, no style for the whole page, ids of its own."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<!--.*?-->\n?", "", body, flags=re.DOTALL)
    body = re.sub(r"\s*<defs>\s*<style.*?</style>\s*</defs>", "", body, count=1, flags=re.DOTALL)
    referenced = set(re.findall(r'(?:href="#|url\(#)([^")]+)', body))
    body = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in referenced else "", body)
    body = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{name}--", body)
    body = re.sub(r"\s*\n\s*", "\n", body)
    viewbox = re.search(r'viewBox="[^"]*"', body)
    assert viewbox, "matplotlib writes a viewBox"
    root = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1" '
        f'role="img" aria-label={quoteattr(alt)} lang="{language}" width="100%" {viewbox[0]} '
        f'style="max-width: {width:g}in; height: auto; stroke-linejoin: round; stroke-linecap: butt">'
    )
    return root + body[body.index(">") + 1 :].rstrip() + "\n"
