"""Blocks of a report as a notebook shows them."""

from __future__ import annotations

from dataclasses import dataclass

from eval_tools.reporting.blocks import Block
from eval_tools.reporting.html import render_block

STYLE = """<style>
.eval-tools table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .6rem 0; }
.eval-tools caption { text-align: left; color: #55606b; padding-bottom: .3rem; caption-side: top; }
.eval-tools th, .eval-tools td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid #d5dae0; }
.eval-tools th:first-child { text-align: left; }
.eval-tools .note, .eval-tools figcaption { color: #55606b; }
.eval-tools figure { margin: .6rem 0; }
.eval-tools .drawing { background: #ffffff; padding: .4rem; max-width: 60rem; }
.eval-tools .answer { list-style: none; padding: 0; }
.eval-tools .answer li { border-left: 3px solid #0a5a8a; padding: .4rem 0 .4rem .8rem; margin-bottom: .5rem; }
</style>"""


@dataclass(frozen=True, slots=True)
class Shown:
    """Some blocks, in order; Jupyter shows them as HTML, a terminal as plain text."""

    blocks: tuple[Block, ...]
    language: str

    def _repr_html_(self) -> str:
        inner = "\n".join(render_block(block, self.language) for block in self.blocks)
        return f'{STYLE}\n<div class="eval-tools" lang="{self.language}">\n{inner}\n</div>'

    def __repr__(self) -> str:
        return f"[{', '.join(block.id for block in self.blocks)}]"
