"""What an ODS file would unfold to: its cells and rows may be repeated by a number."""

from __future__ import annotations

from xml.parsers import expat

from eval_tools.intake.files.package import (
    BROKEN,
    ENCRYPTED,
    MAX_UNPACKED,
    TOO_LARGE,
    UnsafePackage,
    open_package,
)
from eval_tools.intake.files.preflight import PartFacts

_CELLS = ("table:table-cell", "table:covered-table-cell")


def look_at_ods(content: bytes) -> dict[str, tuple[bool, PartFacts]]:
    """Tell what stands in each sheet, by its name; repeats are counted, not unfolded.

    Raises
    ------
    UnsafePackage
    """
    package = open_package(content)
    if b"encryption-data" in package.whole("META-INF/manifest.xml"):
        raise UnsafePackage(*ENCRYPTED)
    for name in package.parts:  # what a part says of its size is only known to be true once it was unpacked
        for _ in package.pieces(name):
            pass
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = reader.text, _refuse
    try:
        for piece in package.pieces("content.xml"):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError):
        raise UnsafePackage(*BROKEN) from None
    for _, facts in reader.sheets.values():
        facts.check()
    return reader.sheets


def _refuse(*_: object) -> None:
    raise UnsafePackage(*BROKEN)


class _Reader:
    """Counts cells while the parser walks; the total of all text, unfolded, is limited."""

    def __init__(self) -> None:
        self.sheets: dict[str, tuple[bool, PartFacts]] = {}
        self._facts = PartFacts()
        self._row = self._column = self._rows = self._columns = self._characters = self._total = 0
        self._in_cell = self._filled = self._formula = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self._facts, self._row = PartFacts(), 0
            self.sheets[attributes.get("table:name", "")] = (False, self._facts)
        elif name == "table:table-row":
            self._rows, self._column = _repeats(attributes, "table:number-rows-repeated"), 0
            self._facts.hidden_rows += attributes.get("table:visibility", "visible") != "visible"
        elif name == "table:table-column":
            self._facts.hidden_columns += attributes.get("table:visibility", "visible") != "visible"
        elif name in _CELLS:
            self._columns = _repeats(attributes, "table:number-columns-repeated")
            self._in_cell, self._characters = True, sum(map(len, attributes.values()))
            self._formula = "table:formula" in attributes
            self._filled = self._formula or "office:value-type" in attributes
            spans = (
                attributes.get("table:number-columns-spanned", "1"),
                attributes.get("table:number-rows-spanned", "1"),
            )
            if spans != ("1", "1"):
                self._facts.merged.append("")

    def text(self, characters: str) -> None:
        if self._in_cell:
            self._filled, self._characters = True, self._characters + len(characters)

    def end(self, name: str) -> None:
        if name == "table:table-row":
            self._row += self._rows
        elif name in _CELLS:
            self._in_cell = False
            if self._filled:
                self._count()
            self._column += self._columns

    def _count(self) -> None:
        facts, times = self._facts, self._rows * self._columns
        facts.rows, facts.columns = (
            max(facts.rows, self._row + self._rows),
            max(facts.columns, self._column + self._columns),
        )
        facts.filled += times
        self._total += times * self._characters
        if self._total > MAX_UNPACKED:
            raise UnsafePackage(*TOO_LARGE)
        if self._formula:
            facts.formulas.append((self._row + 1, self._column + 1))


def _repeats(attributes: dict[str, str], name: str) -> int:
    return max(1, int(attributes.get(name, "1")))
