"""Which part of an XLSX file is which sheet, and which sheets are hidden."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from eval_tools.intake.files.package import BROKEN, TOO_LARGE, Package, UnsafePackage

MAX_SHEETS = 250
MAX_XML = 10_000_000
WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPart:
    """One sheet of a workbook."""

    name: str
    part: str  # its place in the package
    hidden: bool


def sheet_parts(package: Package) -> tuple[SheetPart, ...]:
    """List the sheets in the order of the workbook.

    Raises
    ------
    UnsafePackage
        If there is no workbook, a sheet has no part, or two sheets are the same part.
    """
    known = {name.casefold(): name for name in package.parts}  # readers do not look at the case either
    targets = {
        relation.get("Id", ""): posixpath.normpath(posixpath.join("/xl", relation.get("Target", ""))).lstrip("/")
        for relation in _elements(package, RELATIONS, "Relationship")
    }
    parts = []
    for sheet in _elements(package, WORKBOOK, "sheet"):
        reference = next((value for key, value in sheet.items() if key.endswith("}id")), "")
        hidden = sheet.get("state", "visible") != "visible"
        target = targets.get(reference, "")
        parts.append(SheetPart(name=sheet.get("name", ""), part=known.get(target.casefold(), ""), hidden=hidden))
    places = [each.part for each in parts]
    if len(parts) > MAX_SHEETS:
        raise UnsafePackage(*TOO_LARGE)
    if len(set(places)) != len(places) or not all(p in package.parts and p.lower().endswith(".xml") for p in places):
        raise UnsafePackage(*BROKEN)
    return tuple(parts)


def _elements(package: Package, part: str, local: str) -> list[dict[str, str]]:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    if part not in package.parts:
        raise UnsafePackage(*BROKEN)
    if package.parts[part].file_size > MAX_XML:
        raise UnsafePackage(*TOO_LARGE)
    try:
        root = fromstring(package.whole(part), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise UnsafePackage(*BROKEN) from None
    return [dict(found.attrib) for found in root.iter() if str(found.tag).rpartition("}")[2] == local]
