"""XLS and ODS, which the preflight of XLSX cannot look through: read in a memory-limited child."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from eval_tools.intake.files.biff import look_at_xls
from eval_tools.intake.files.limited import ChildFailed, ask_child
from eval_tools.intake.files.ods import look_at_ods
from eval_tools.intake.files.package import UnsafePackage
from eval_tools.intake.files.preflight import FAR_CELLS, MAX_CELLS, PartFacts
from eval_tools.intake.files.sheet import ReceivedFile, Sheet
from eval_tools.intake.files.spreadsheet import UNREADABLE, TextSheet, finish_sheets, read_text_sheets
from eval_tools.intake.findings import Findings

Known = dict[str, tuple[bool, PartFacts]]  # by sheet: is it hidden, and what stands in it


def read_xls(received: ReceivedFile, *, findings: Findings) -> tuple[Sheet, ...] | None:
    """Read the sheets of an XLS file (Excel 97 to 2003); findings as in :func:`.spreadsheet.read_xlsx`."""
    return _read(received, look_at_xls, findings)


def read_ods(received: ReceivedFile, *, findings: Findings) -> tuple[Sheet, ...] | None:
    """Read the sheets of an ODS file (LibreOffice); findings as in :func:`.spreadsheet.read_xlsx`."""
    return _read(received, look_at_ods, findings)


def _read(received: ReceivedFile, look: Callable[[bytes], Known], findings: Findings) -> tuple[Sheet, ...] | None:
    try:
        known = look(received.content)
        if sum(facts.rows * facts.columns for _, facts in known.values()) > MAX_CELLS:
            raise UnsafePackage(*FAR_CELLS)
    except UnsafePackage as unsafe:
        findings.add(unsafe.rule, f"the file {unsafe}", file=received.file)
        return None
    try:
        read = ask_child(__name__, received.content)
    except ChildFailed as failed:
        read = str(failed)
    if isinstance(read, str):
        findings.add("spreadsheet_unreadable", UNREADABLE.format(what=read), file=received.file)
        return None
    sheets = [TextSheet(*each) for each in read]
    about = [known.get(each.name, (False, PartFacts())) for each in sheets]
    return finish_sheets(sheets, about, file=received.file, findings=findings)


def work(content: bytes) -> Any:
    """Read the sheets, in the child."""
    read = read_text_sheets(content)
    return read if isinstance(read, str) else [[each.name, each.rows, each.lost] for each in read]
