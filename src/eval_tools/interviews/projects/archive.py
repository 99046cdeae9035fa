"""Zip files and XML from strangers: nothing is unpacked to disk or fetched from outside, and sizes are capped."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, TYPE_CHECKING

from eval_tools.errors import DataError, Problem

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_MEMBER = 300_000_000  # bytes of one part, unpacked
MAX_TOTAL = 1_000_000_000
MAX_MEMBERS = 50_000
_BLOCK = 1 << 20


class Archive:
    """A zip file whose parts are read one by one, by the last part of their path, upper or lower case."""

    def __init__(self, zipped: zipfile.ZipFile, file: str) -> None:
        self._zipped, self.file = zipped, file
        self._read = 0
        infos = zipped.infolist()
        if len(infos) > MAX_MEMBERS:
            raise DataError(Problem(file, f"holds more than {MAX_MEMBERS:,} parts.", "Is it the right file?"))
        if any(info.flag_bits & 0x1 for info in infos):
            raise DataError(Problem(file, "is protected by a password.", "Export it without one."))
        self._by_path = {info.filename.replace("\\", "/").lower(): info for info in infos if not info.is_dir()}
        self._by_name: dict[str, zipfile.ZipInfo] = {}
        for path, info in self._by_path.items():
            self._by_name.setdefault(path.rpartition("/")[2], info)

    def names(self, ending: str) -> list[str]:
        """Return the paths of the parts that end so, shortest first."""
        return sorted((p for p in self._by_path if p.endswith(ending)), key=lambda p: (p.count("/"), p))

    def find(self, path: str) -> zipfile.ZipInfo | None:
        """Find a part by its whole path, else by the last part of it."""
        plain = path.replace("\\", "/").lower()
        return self._by_path.get(plain) or self._by_name.get(plain.rpartition("/")[2])

    def read(self, path: str) -> bytes | None:
        """Return a part, or None if there is none; refuse one that grows beyond the caps."""
        info = self.find(path)
        if info is None:
            return None
        with self.open(path) as stream:
            return stream.read()

    @contextmanager
    def open(self, path: str) -> Iterator[IO[bytes]]:
        """Open a part for reading; reading more than the caps allow raises."""
        info = self.find(path)
        if info is None:
            raise DataError(Problem(self.file, f"has no part '{last_part(path)}'.", "Export it again."))
        if info.file_size > MAX_MEMBER:
            raise self._too_large()
        try:
            with self._zipped.open(info) as stream:
                yield _Capped(stream, self)  # type: ignore[misc]
        except (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, OSError, NotImplementedError) as error:
            raise DataError(
                Problem(self.file, "a part of it is damaged or packed in an unknown way.", "Copy or export it again.")
            ) from error

    def count(self, n_bytes: int) -> None:
        """Add up what was read, and stop at the cap whatever the file said its sizes are."""
        self._read += n_bytes
        if self._read > MAX_TOTAL:
            raise self._too_large()

    def _too_large(self) -> DataError:
        return DataError(
            Problem(self.file, f"unpacks to more than {MAX_MEMBER:,} bytes a part.", "Export it without media.")
        )


class _Capped:
    """A stream that counts."""

    def __init__(self, stream: IO[bytes], archive: Archive) -> None:
        self._stream, self._archive, self._read = stream, archive, 0

    def read(self, size: int = -1) -> bytes:
        if size >= 0:
            return self._block(size)
        blocks = []
        while block := self._block(_BLOCK):
            blocks.append(block)
        return b"".join(blocks)

    def _block(self, size: int) -> bytes:
        block = self._stream.read(size)
        self._read += len(block)
        self._archive.count(len(block))
        if self._read > MAX_MEMBER:
            raise self._archive._too_large()
        return block


@contextmanager
def open_archive(path: Path, *, file: str) -> Iterator[Archive]:
    """Open a zip file, or say in one sentence why it cannot be read."""
    try:
        zipped = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise DataError(
            Problem(file, "is no zip file, or a damaged one.", "Copy it again, or export it again.")
        ) from error
    except OSError as error:
        raise DataError(Problem(file, f"cannot be read ({error.strerror}).", "Check path and rights.")) from error
    with zipped:
        yield Archive(zipped, file)


def parse_xml(data: bytes, *, file: str) -> Element:
    """Read XML that declares no entities; refuse what could fetch or blow up."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        return fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise refused_xml(file) from error
    except (ParseError, ValueError, LookupError) as error:
        raise broken_xml(file) from error


def refused_xml(file: str) -> DataError:
    """Say that a document type or entities were found."""
    return DataError(
        Problem(file, "its XML declares a document type or entities, which no export needs.", "Do not trust this file.")
    )


def broken_xml(file: str) -> DataError:
    """Say that it is not well-formed."""
    return DataError(Problem(file, "its XML is broken.", "Export the project again."))


def local(element: Element) -> str:
    """Return the name of an element without its namespace, which differs between versions.

    Examples
    --------
    >>> from xml.etree.ElementTree import Element
    >>> local(Element("{urn:QDA-XML:project:1.0}Code"))
    'Code'
    """
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Element, name: str) -> list[Element]:
    """Return the children of that name, in any namespace."""
    return [child for child in element if local(child) == name]


def child_text(element: Element, name: str) -> str:
    """Return the text of the first child of that name, '' if there is none."""
    found = next(iter(children(element, name)), None)
    return "" if found is None else "".join(found.itertext())


def last_part(path: str) -> str:
    r"""Return the last part of a path of any system, so that no message shows a home directory.

    Examples
    --------
    >>> last_part("relative:///a/b.txt"), last_part("C:\\Users\\x\\c.docx")
    ('b.txt', 'c.docx')
    """
    plain = path.partition("://")[2] or path
    return PureWindowsPath(PurePosixPath(plain).name).name
