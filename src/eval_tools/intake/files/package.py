"""The parts of a zip package (XLSX, ODS), unpacked piece by piece and never more than the limits allow."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

MAX_PARTS = 2_000
MAX_UNPACKED = 400 << 20
MAX_RATIO = 200
PIECE = 1 << 22
_END = b"PK\x05\x06"
_STORED, _DEFLATED = 0, 8


class UnsafePackage(Exception):
    """What is wrong with a package, as ``rule`` and "what | remedy"."""

    def __init__(self, rule: str, detail: str) -> None:
        self.rule = rule
        super().__init__(detail)


BROKEN = ("package_broken", "is damaged or no plain package. | Open it in a spreadsheet program and save it again.")
TOO_LARGE = (
    "package_too_large",
    "unpacks to far more than a table of answers. | Open it in a spreadsheet program, keep the table only, save again.",
)
ENCRYPTED = ("file_encrypted", "is encrypted with a password. | Save it without a password.")


@dataclass(frozen=True, slots=True)
class Package:
    """A package whose list of parts was checked; the parts themselves are checked while they are unpacked."""

    content: bytes
    parts: dict[str, zipfile.ZipInfo]

    def pieces(self, name: str) -> Iterator[bytes]:
        """Unpack one part in pieces of a few MiB.

        Raises
        ------
        UnsafePackage
            If the part is not what the list of parts says: a reader could see something else than we do.
        """
        part = self.parts[name]
        start = part.header_offset
        header = self.content[start : start + 30]
        if len(header) < 30 or header[:4] != b"PK\x03\x04":
            raise UnsafePackage(*BROKEN)
        n_name, n_extra = struct.unpack("<HH", header[26:30])
        begin = start + 30 + n_name + n_extra
        data = memoryview(self.content)[begin : begin + part.compress_size]
        size, check = 0, 0
        for piece in _unpacked(data, part.compress_type):
            size += len(piece)
            if size > part.file_size:
                raise UnsafePackage(*BROKEN)
            check = zlib.crc32(piece, check)
            yield piece
        if size != part.file_size or check != part.CRC:
            raise UnsafePackage(*BROKEN)

    def whole(self, name: str) -> bytes:
        """Unpack one part as a whole; b'' if there is none of this name."""
        return b"".join(self.pieces(name)) if name in self.parts else b""


def open_package(content: bytes) -> Package:
    """Look at the list of parts of a package; nothing is unpacked yet.

    Raises
    ------
    UnsafePackage
        Too many parts, too large unpacked, encrypted, damaged, or written so that two readers may see two files.

    Examples
    --------
    >>> raw = io.BytesIO()
    >>> with zipfile.ZipFile(raw, "w") as package:
    ...     package.writestr("mimetype", "text/plain")
    >>> open_package(raw.getvalue()).whole("mimetype")
    b'text/plain'
    """
    if content[-22:-18] != _END:
        raise UnsafePackage(*BROKEN)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            entries = package.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error, OverflowError):
        raise UnsafePackage(*BROKEN) from None
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > MAX_PARTS or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(packed, 1):
        raise UnsafePackage(*TOO_LARGE)
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise UnsafePackage(*ENCRYPTED)
    names = {entry.filename.replace("\\", "/").casefold() for entry in entries}
    methods = {entry.compress_type for entry in entries}
    if (
        not entries
        or len(names) != len(entries)
        or min(entry.header_offset for entry in entries) != 0
        or not methods <= {_STORED, _DEFLATED}
    ):
        raise UnsafePackage(*BROKEN)
    return Package(content, {entry.filename: entry for entry in entries})


def _unpacked(data: memoryview, method: int) -> Iterator[bytes]:
    if method == _STORED:
        for start in range(0, len(data), PIECE):
            yield bytes(data[start : start + PIECE])
        return
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    rest: bytes | memoryview = data
    try:
        while not inflate.eof:
            piece = inflate.decompress(rest, PIECE)
            rest = inflate.unconsumed_tail
            if not piece and not rest and not inflate.eof:
                raise UnsafePackage(*BROKEN)
            if piece:
                yield piece
    except zlib.error:
        raise UnsafePackage(*BROKEN) from None
    if inflate.unused_data:
        raise UnsafePackage(*BROKEN)
