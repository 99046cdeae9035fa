"""What an XLSX file would unfold to, told from its text before any reader opens it.

A file of 1.5 kB with two cells far apart makes readers ask for more memory than there is, and no program survives
that. So the cells are counted here, in pieces, with limits, in pure Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

import numpy as np

from eval_tools.intake.files.package import BROKEN, MAX_UNPACKED, TOO_LARGE, Package, UnsafePackage

MAX_CELLS = 20_000_000  # rows x columns, over all sheets
ALWAYS_ALLOWED = 2_000_000  # rows x columns, however few of them are filled
EMPTY_PER_FILLED = 1_000
Position = tuple[int, int]  # row and column, both from 1
FAR_CELLS = (
    "sheet_too_large",
    "has cells so far apart that the sheet is larger than any table of answers. | Delete what stands far to the right "
    "or far below, or copy the table into a new file.",
)
MAX_TAIL = 64 << 20
# How programs write a cell; anything else goes through the slower parser below.
_FILLED = re.compile(rb'<c r="([A-Z]{1,3}[0-9]{1,7})"(?: s="[0-9]+")?(?: t="[a-zA-Z]+")?>')
_EMPTY = re.compile(rb'<c r="[A-Z]{1,3}[0-9]{1,7}"(?: s="[0-9]+")?(?: t="[a-zA-Z]+")?/>')
_ODD = (re.compile(rb"<c[>/\t\r\n]"), re.compile(rb":(?:c|si)[\s/>]"), re.compile(rb"<!(?!\[CDATA\[)"))
_PROLOGUE = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*<(?:\?xml [^>]*?encoding=["\']utf-8["\']|\?xml version="1.0"\?>|[a-z])', re.I
)
_FORMULA = re.compile(rb'<c r="([A-Z]{1,3}[0-9]{1,7})"[^>]*>\s*<f[\s/>]')
_ERROR = re.compile(rb'<c r="([A-Z]{1,3}[0-9]{1,7})"[^>]* t="e"')
_MERGED = re.compile(rb'<mergeCell [^>]*?ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')
_HIDDEN_ROW = re.compile(rb'<row [^>]*? hidden="(?:1|true)"')
_HIDDEN_COLUMN = re.compile(rb'<col [^>]*? hidden="(?:1|true)"')
_TEXT = re.compile(rb"<si[\s/>]")
_REFERENCE = re.compile(rb't="s">\s*<v>([0-9]{1,9})</v>')
_DIGITS, _LETTERS = b"0123456789", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(slots=True)
class PartFacts:
    """What stands in one part of a package, as far as it is a sheet or a table of texts."""

    rows: int = 0  # of the furthest filled cell
    columns: int = 0
    filled: int = 0
    formulas: list[Position] = field(default_factory=list)
    errors: list[Position] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    hidden_rows: int = 0
    hidden_columns: int = 0
    text_references: int = 0
    texts: int = 0
    longest_text: int = 0  # bytes, with its mark-up

    def check(self) -> None:
        """Refuse a sheet that is too large, or far too empty for its size."""
        size = self.rows * self.columns
        if size > MAX_CELLS or size > max(ALWAYS_ALLOWED, EMPTY_PER_FILLED * self.filled):
            raise UnsafePackage(*FAR_CELLS)
        if self.texts > MAX_CELLS:
            raise UnsafePackage(*TOO_LARGE)


def position(reference: str) -> Position:
    """Turn the name of a cell into row and column.

    Examples
    --------
    >>> position("AB12")
    (12, 28)
    """
    letters = reference.rstrip("0123456789")
    return int(reference[len(letters) :]), _column(letters)


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def look_at_parts(package: Package) -> dict[str, PartFacts]:
    """Unpack every part once and tell what would come out of it.

    Raises
    ------
    UnsafePackage
    """
    facts = {}
    for name in package.parts:
        if not name.lower().endswith((".xml", ".rels")):
            if any(b"sheetData" in piece for piece in package.pieces(name)):
                raise UnsafePackage(*BROKEN)
            continue
        found = _quick_facts(package.pieces(name)) or _careful_facts(package.pieces(name))
        found.check()
        facts[name] = found
    _check_texts(package, facts)
    return facts


def _cut(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut a part between cells (or texts), so that no cell is looked at in halves."""
    rest = b""
    for piece in pieces:
        rest += piece
        end = max(rest.rfind(b"<c "), rest.rfind(b"<si>"))
        if end > 0:
            yield rest[:end]
            rest = rest[end:]
        elif len(rest) > MAX_TAIL:
            raise UnsafePackage(*TOO_LARGE)
    yield rest


def _quick_facts(pieces: Iterable[bytes]) -> PartFacts | None:
    """Look for cells as programs write them; None if something is written another way."""
    facts = PartFacts()
    started = False
    for piece in _cut(pieces):
        if not started and not _PROLOGUE.match(piece):
            return None
        started = True
        if any(odd.search(piece) for odd in _ODD):
            return None
        n_cells = piece.count(b"<c ")
        if n_cells:
            found = _plain_cells(piece, n_cells) or _named_cells(piece, n_cells)
            if found is None:
                return None
            facts.filled += found[0]
            facts.rows, facts.columns = max(facts.rows, found[1]), max(facts.columns, found[2])
            _note_cells(piece, facts)
        if b"<si" in piece:
            starts = [found.start() for found in _TEXT.finditer(piece)]
            facts.texts += len(starts)
            facts.longest_text = max([facts.longest_text, *np.diff([*starts, len(piece)]).tolist()])
        if b"<mergeCell " in piece:
            facts.merged += [found.decode() for found in _MERGED.findall(piece)]
        if b' hidden="' in piece:
            facts.hidden_rows += len(_HIDDEN_ROW.findall(piece))
            facts.hidden_columns += len(_HIDDEN_COLUMN.findall(piece))
    return facts


def _plain_cells(piece: bytes, n_cells: int) -> tuple[int, int, int] | None:
    """Count filled cells, rows and columns where no cell is empty and nothing but cells and rows has a name.

    None where that is not so, or not certain.
    """
    if any(sign in piece for sign in (b"/>", b"\n", b"\t", b"\r")):
        return None
    if piece.count(b" r") != n_cells + piece.count(b"<row r="):
        return None
    signs = np.frombuffer(piece, dtype=np.uint8)
    at = np.flatnonzero((signs[:-2] == ord("<")) & (signs[1:-1] == ord("c")) & (signs[2:] == ord(" "))) + 3
    if len(at) != n_cells or at[-1] + 16 > len(signs):
        return None
    if any((signs[at + i] != sign).any() for i, sign in enumerate(b'r="')):
        return None
    columns, rows = np.zeros(n_cells, dtype=np.int64), np.zeros(n_cells, dtype=np.int64)
    open_ = np.ones(n_cells, dtype=bool)
    for i in range(3, 14):
        sign = signs[at + i]
        letter, digit = open_ & (sign - ord("A") < 26), open_ & (sign - ord("0") < 10)
        if (letter & (rows > 0)).any():
            return None
        np.multiply(columns, 26, out=columns, where=letter)
        np.add(columns, sign - ord("A") + 1, out=columns, where=letter)
        np.multiply(rows, 10, out=rows, where=digit)
        np.add(rows, sign - ord("0"), out=rows, where=digit)
        ends = open_ & ~letter & ~digit
        if (sign[ends] != ord('"')).any():
            return None
        open_ &= ~ends
        if not open_.any():
            break
    if open_.any() or not columns.all() or not rows.all():
        return None
    return n_cells, int(rows.max()), int(columns.max())


def _named_cells(piece: bytes, n_cells: int) -> tuple[int, int, int] | None:
    """Count filled cells, rows and columns where cells are written as programs write them; else None."""
    names = _FILLED.findall(piece)
    if len(names) != n_cells and len(names) + len(_EMPTY.findall(piece)) != n_cells:
        return None
    joined = b" ".join(names)
    rows = max(map(int, set(joined.translate(None, _LETTERS).split())), default=0)
    columns = max((_column(c.decode()) for c in set(joined.translate(None, _DIGITS).split())), default=0)
    return len(names), rows, columns


def _note_cells(piece: bytes, facts: PartFacts) -> None:
    facts.text_references += piece.count(b't="s"')
    if b"<f" in piece:
        facts.formulas += [position(found.decode()) for found in _FORMULA.findall(piece)]
    if b't="e"' in piece:
        facts.errors += [position(found.decode()) for found in _ERROR.findall(piece)]


def _careful_facts(pieces: Iterable[bytes]) -> PartFacts:
    """Look at a part with a real parser: any encoding, prefixes, cells without a name."""
    facts, parser = PartFacts(), expat.ParserCreate()
    row = column = text_start = 0
    cell: Position | None = None
    of_error = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, cell, of_error, text_start
        local = name.rpartition(":")[2]
        if local == "row":
            row, column = int(attributes.get("r", row + 1)), 0
            facts.hidden_rows += attributes.get("hidden") in ("1", "true")
        elif local == "c":
            here = position(attributes["r"]) if "r" in attributes else (max(row, 1), column + 1)
            column, cell, of_error = here[1], here, attributes.get("t") == "e"
            facts.text_references += attributes.get("t") == "s"
        elif cell is not None and local in ("v", "is", "f"):
            facts.rows, facts.columns = max(facts.rows, cell[0]), max(facts.columns, cell[1])
            facts.filled += local != "f"
            if local == "f":
                facts.formulas.append(cell)
            elif of_error:
                facts.errors.append(cell)
        elif local == "mergeCell":
            facts.merged.append(attributes.get("ref", ""))
        elif local == "col":
            facts.hidden_columns += attributes.get("hidden") in ("1", "true")
        elif local == "si":
            facts.texts, text_start = facts.texts + 1, parser.CurrentByteIndex

    def end(name: str) -> None:
        nonlocal cell
        local = name.rpartition(":")[2]
        if local == "c":
            cell = None
        elif local == "si":
            facts.longest_text = max(facts.longest_text, parser.CurrentByteIndex - text_start)

    def refuse(*_: object) -> None:
        raise UnsafePackage(*BROKEN)

    parser.StartElementHandler, parser.EndElementHandler, parser.StartDoctypeDeclHandler = start, end, refuse
    try:
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError):
        raise UnsafePackage(*BROKEN) from None
    return facts


def _check_texts(package: Package, facts: dict[str, PartFacts]) -> None:
    """Refuse a file in which a few long texts are repeated in so many cells that they no longer fit."""
    tables = [name for name, found in facts.items() if found.texts]
    if not tables:
        return
    if len(tables) > 1:
        raise UnsafePackage(*BROKEN)
    longest, n_references = facts[tables[0]].longest_text, sum(found.text_references for found in facts.values())
    if longest * n_references <= MAX_UNPACKED:
        return
    whole = package.whole(tables[0])
    starts = [found.start() for found in _TEXT.finditer(whole)]
    lengths = np.diff([*starts, len(whole)])
    total = 0
    for name, found in facts.items():
        if found.text_references:
            used = np.array([int(n) for n in _REFERENCE.findall(package.whole(name))], dtype=np.int64)
            if len(used) != found.text_references or len(lengths) != facts[tables[0]].texts:
                raise UnsafePackage(*TOO_LARGE)
            total += int(lengths[used[used < len(lengths)]].sum())
    if total > MAX_UNPACKED:
        raise UnsafePackage(*TOO_LARGE)
