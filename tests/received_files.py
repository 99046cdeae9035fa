"""Small files of every kind that intake reads, built byte by byte; what they say is invented."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from eval_tools.intake.files.sheet import ReceivedFile

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def received(name: str, content: bytes) -> ReceivedFile:
    return ReceivedFile(file=name, path=Path(name), content=content)


def worksheet(rows: str, after: str = "") -> str:
    """A sheet of an XLSX file around its rows."""
    return f'<?xml version="1.0" encoding="UTF-8"?><worksheet {MAIN}><sheetData>{rows}</sheetData>{after}</worksheet>'


def one_cell(reference: str, inside: str = "<v>1</v>", attributes: str = "") -> str:
    return f'<c r="{reference}"{attributes}>{inside}</c>'


def xlsx(
    *sheets: str | bytes,
    names: Sequence[str] = (),
    states: Sequence[str] = (),
    texts: str = "",
    more: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """An XLSX file whose sheets are given as XML."""
    numbers = range(1, len(sheets) + 1)
    names = names or [f"S{n}" for n in numbers]
    states = states or ["visible"] * len(sheets)
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" state="{state}" r:id="rId{n}"/>'
        for n, name, state in zip(numbers, names, states, strict=True)
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>',
        **{f"xl/worksheets/sheet{n}.xml": sheet for n, sheet in zip(numbers, sheets, strict=True)},
    }
    if texts:
        parts["xl/sharedStrings.xml"] = f"<sst {MAIN}>{texts}</sst>"
    return package({**parts, **(more or {})})


def package(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else None)
    return out.getvalue()


def ods(rows: str, *, manifest: str = "<manifest/>") -> bytes:
    """An ODS file with one sheet, its rows given as XML."""
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {names}><office:body><office:spreadsheet>'
        f'<table:table table:name="S1">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return package(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": manifest,
            "content.xml": content,
        }
    )


def ods_text(text: str, attributes: str = "") -> str:
    return f'<table:table-cell office:value-type="string"{attributes}><text:p>{text}</text:p></table:table-cell>'


def xls(*cells: bytes, name: str = "S1", hidden: bool = False, before: bytes = b"") -> bytes:
    """An XLS file (Excel 97) with one sheet."""
    label = name.encode("utf-16-le")
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x10, 0, 0, 0, 0)) + b"".join(cells) + _record(0x000A)
    start = before + _record(0x005C, b" " * 4096)
    first = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x05, 0, 0, 0, 0)) + start
    size = len(first) + 4 + 8 + len(label) + 4
    bound = _record(0x0085, struct.pack("<IBBBB", size, int(hidden), 0, len(name), 1) + label)
    return compound({"Workbook": first + bound + _record(0x000A) + sheet})


def xls_number(row: int, column: int, value: float) -> bytes:
    return _record(0x0203, struct.pack("<HHHd", row - 1, column - 1, 0, value))


def xls_text(row: int, column: int, text: str) -> bytes:
    raw = text.encode("utf-16-le")
    return _record(0x0204, struct.pack("<HHHHB", row - 1, column - 1, 0, len(raw) // 2, 1) + raw)


def xls_formula(row: int, column: int, value: float) -> bytes:
    one_plus_one = b"\x1e\x01\x00\x1e\x01\x00\x03"
    head = struct.pack("<HHHdHIH", row - 1, column - 1, 0, value, 0, 0, len(one_plus_one))
    return _record(0x0006, head + one_plus_one)


def xls_password() -> bytes:
    return _record(0x002F, b"\x01\x00" + b"\x00" * 52)


def _record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def compound(streams: Mapping[str, bytes]) -> bytes:
    """A compound file; every stream must be 4,096 bytes or longer."""
    sectors = [b"", b""]  # the table and the directory come first
    entries = [_entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)]
    table = [0xFFFFFFFD, 0xFFFFFFFE]
    for i, (name, content) in enumerate(streams.items(), start=1):
        assert len(content) >= 4096
        start = len(sectors)
        parts = [content[n : n + 512].ljust(512, b"\x00") for n in range(0, len(content), 512)]
        sectors += parts
        table += [*range(start + 1, start + len(parts)), 0xFFFFFFFE]
        entries.append(_entry(name, 2, start, len(content), child=0xFFFFFFFF, right=i + 1 if i < len(streams) else -1))
    assert len(table) <= 128
    assert len(entries) <= 4
    sectors[0] = struct.pack("<128I", *table, *[0xFFFFFFFF] * (128 - len(table)))
    sectors[1] = b"".join(entries).ljust(512, b"\x00")
    head = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\x00" * 6
    )
    head += struct.pack("<9I", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + struct.pack("<I", 0)
    return head.ljust(512, b"\xff") + b"".join(sectors)


def _entry(name: str, kind: int, start: int, size: int, *, child: int, right: int = -1) -> bytes:
    raw = name.encode("utf-16-le") + b"\x00\x00"
    numbers = struct.pack("<III", 0xFFFFFFFF, right & 0xFFFFFFFF, child & 0xFFFFFFFF)
    return (
        raw.ljust(64, b"\x00")
        + struct.pack("<HBB", len(raw), kind, 1)
        + numbers
        + b"\x00" * 36
        + struct.pack("<IQ", start, size)
    )
