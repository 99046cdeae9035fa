"""What a report consists of, before any format: paragraphs, tables, figures, chapters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from eval_tools.errors import UnknownNames
from eval_tools.reporting.figures.svg import Drawing


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One or more whole sentences; ``lead`` is the beginning of the text that is to be read first."""

    id: str
    text: str
    lead: str = ""
    role: Literal["text", "answer", "note", "warning", "subheading"] = "text"
    kind: str = "paragraph"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullets:
    """Sentences of equal rank."""

    id: str
    items: tuple[str, ...]
    kind: str = "bullets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Pairs of a word and what there is to say about it."""

    id: str
    pairs: tuple[tuple[str, str], ...]
    kind: str = "facts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of finished text; the first column names the row."""

    id: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kind: str = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A drawn figure."""

    id: str
    drawing: Drawing
    kind: str = "picture"


Block = Paragraph | Bullets | Facts | Table | Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One question and everything that answers it."""

    id: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole report in one language."""

    language: str
    languages: tuple[str, ...]
    title: str
    kind: str
    synthetic: bool
    facts: Facts
    chapters: tuple[Chapter, ...]

    def blocks(self) -> Iterator[Block]:
        """Walk over every block of every chapter."""
        for chapter in self.chapters:
            yield from chapter.blocks

    def block(self, block_id: str) -> Block:
        """Return one block by its id, or name the ones there are."""
        found = {block.id: block for block in (self.facts, *self.blocks())}
        if block_id not in found:
            raise UnknownNames("block", missing=[block_id], known=found, where="report")
        return found[block_id]

    def chapter(self, chapter_id: str) -> Chapter:
        """Return one chapter by its id, or name the ones there are."""
        found = {chapter.id: chapter for chapter in self.chapters}
        if chapter_id not in found:
            raise UnknownNames("chapter", missing=[chapter_id], known=found, where="report")
        return found[chapter_id]
