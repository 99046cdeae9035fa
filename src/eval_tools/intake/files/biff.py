"""What stands in an XLS file: its sheets, live formulas, merged and hidden cells, told from its records."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from eval_tools.intake.files.package import BROKEN, ENCRYPTED, UnsafePackage
from eval_tools.intake.files.preflight import PartFacts

_ENTRY = 128  # bytes of an entry of the directory
_LAST = 0xFFFFFFFA  # numbers from here on are no sectors
_SHEET_BEGINS, _ENDS, _SHEET, _PASSWORD = 0x0809, 0x000A, 0x0085, 0x002F
_FORMULA, _BOOLEAN_OR_ERROR, _MERGED, _ROW, _COLUMNS = (0x0006, 0x0206, 0x0406), 0x0205, 0x00E5, 0x0208, 0x007D


def look_at_xls(content: bytes) -> dict[str, tuple[bool, PartFacts]]:
    """Tell of each sheet, by its name, whether it is hidden and what stands in it.

    Raises
    ------
    UnsafePackage
        If the file is encrypted, damaged, or holds no workbook.
    """
    try:
        streams = _Container(content)
        names = streams.names()
        if "EncryptedPackage" in names:
            raise UnsafePackage(*ENCRYPTED)
        book = next((streams.read(name) for name in ("Workbook", "Book") if name in names), None)
        if book is None:
            raise UnsafePackage(*BROKEN)
        return _sheets(book)
    except (struct.error, IndexError, UnicodeDecodeError):
        raise UnsafePackage(*BROKEN) from None


def _sheets(book: bytes) -> dict[str, tuple[bool, PartFacts]]:
    begins: dict[int, tuple[str, bool]] = {}
    sheets: dict[str, tuple[bool, PartFacts]] = {}
    facts = PartFacts()
    for place, kind, data in _records(book):
        if kind == _PASSWORD:
            raise UnsafePackage(*ENCRYPTED)
        if kind == _SHEET:
            offset, state, _, length = struct.unpack_from("<IBBB", data)
            wide = len(data) > 7 + length and data[7] & 1
            text = data[8 : 8 + 2 * length].decode("utf-16-le") if wide else data[8 : 8 + length].decode("latin-1")
            begins[offset] = (text, state & 3 != 0)
        elif kind == _SHEET_BEGINS and place in begins:
            name, hidden = begins[place]
            facts = PartFacts()
            sheets[name] = (hidden, facts)
        elif kind in _FORMULA:
            row, column = struct.unpack_from("<HH", data)
            facts.formulas.append((row + 1, column + 1))
        elif kind == _BOOLEAN_OR_ERROR and len(data) >= 8 and data[7]:
            row, column = struct.unpack_from("<HH", data)
            facts.errors.append((row + 1, column + 1))
        elif kind == _MERGED:
            facts.merged += [""] * struct.unpack_from("<H", data)[0]
        elif kind == _ROW and len(data) >= 16:
            facts.hidden_rows += bool(struct.unpack_from("<I", data, 12)[0] & 0x20)
        elif kind == _COLUMNS and len(data) >= 10:
            facts.hidden_columns += bool(struct.unpack_from("<H", data, 8)[0] & 1)
    return sheets


def _records(book: bytes) -> Iterator[tuple[int, int, bytes]]:
    place = 0
    while place + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, place)
        yield place, kind, book[place + 4 : place + 4 + length]
        place += 4 + length


class _Container:
    """The streams of a compound file."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        shift, small_shift = struct.unpack_from("<HH", content, 30)
        if shift not in (9, 12) or small_shift != 6:
            raise UnsafePackage(*BROKEN)
        self._size, self._small_size = 1 << shift, 1 << small_shift
        _, directory, _, self._cutoff, small, _, more, _ = struct.unpack_from("<8I", content, 44)
        tables = [n for n in struct.unpack_from("<109I", content, 76) if n < _LAST]
        seen = 0
        while more < _LAST and seen * self._size < len(content):
            numbers = struct.unpack(f"<{self._size // 4}I", self._sector(more))
            tables += [n for n in numbers[:-1] if n < _LAST]
            more, seen = numbers[-1], seen + 1
        if len(tables) * self._size > len(content) + self._size:
            raise UnsafePackage(*BROKEN)
        self._next = [n for table in tables for n in struct.unpack(f"<{self._size // 4}I", self._sector(table))]
        small_table = self._chain(small)
        self._small_next = list(struct.unpack(f"<{len(small_table) // 4}I", small_table))
        self._entries: dict[str, tuple[int, int]] = {}
        entries = self._chain(directory)
        self._small = b""
        for start in range(0, len(entries), _ENTRY):
            entry = entries[start : start + _ENTRY]
            length, kind = struct.unpack_from("<HB", entry, 64)
            begin, size = struct.unpack_from("<II", entry, 116)
            if kind == 5:
                self._small = self._chain(begin)
            elif kind == 2:
                self._entries.setdefault(entry[: max(0, min(length, 64) - 2)].decode("utf-16-le"), (begin, size))

    def names(self) -> set[str]:
        return set(self._entries)

    def read(self, name: str) -> bytes:
        begin, size = self._entries[name]
        if size >= self._cutoff:
            return self._chain(begin)[:size]
        parts, seen = [], 0
        while begin < len(self._small_next) and seen * self._small_size <= len(self._small):
            parts.append(self._small[begin * self._small_size : (begin + 1) * self._small_size])
            begin, seen = self._small_next[begin], seen + 1
        return b"".join(parts)[:size]

    def _chain(self, number: int) -> bytes:
        parts, seen = [], 0
        while number < len(self._next):
            parts.append(self._sector(number))
            number, seen = self._next[number], seen + 1
            if seen > len(self._next):
                raise UnsafePackage(*BROKEN)
        return b"".join(parts)

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        found = self._content[start : start + self._size]
        if not found:
            raise UnsafePackage(*BROKEN)
        return found.ljust(self._size, b"\x00")
