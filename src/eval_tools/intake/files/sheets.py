"""A received file -> its sheets of text, by what the file is and not by its ending alone."""

from __future__ import annotations

from eval_tools.intake.files.delimited import read_delimited
from eval_tools.intake.files.encoding import decode_text
from eval_tools.intake.files.old_spreadsheet import read_ods, read_xls
from eval_tools.intake.files.sheet import ReceivedFile, Sheet
from eval_tools.intake.files.spreadsheet import read_xlsx
from eval_tools.intake.findings import Findings

_NO_TABLES = ("json", "xml", "lss", "sav")
_STARTS = (  # what a file is, by its first bytes
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"Rar!", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"\x1f\x8b", "an archive"),
    (b"SQLite format 3", "a database"),
    (b"\x09\x08", "a spreadsheet of a program of the nineties"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_sheets(received: ReceivedFile, *, encoding: str = "", findings: Findings) -> tuple[Sheet, ...] | None:
    r"""Read a file as sheets of text cells; None, with findings, if that is not safe or not possible.

    Parameters
    ----------
    received : ReceivedFile
    encoding : str
        Of a text file, as declared; '' applies the rule of :func:`~eval_tools.intake.files.encoding.decode_text`.
    findings : Findings

    Returns
    -------
    tuple of Sheet or None
        One sheet named '' for a CSV file; none for a file that is no table (SPSS, JSON, XML), which other functions
        read.

    Examples
    --------
    >>> from pathlib import Path
    >>> received = ReceivedFile(file="a.csv", path=Path("a.csv"), content=b"id,q1\n007,2\n")
    >>> read_sheets(received, findings=Findings())[0].cells
    (('id', 'q1'), ('007', '2'))
    """
    raw, kind = received.content, received.path.suffix.lower().removeprefix(".")
    found = _kind_of(raw)
    if found == "sav" or (found == "text" and kind in _NO_TABLES and kind != "sav"):
        return ()
    for start, what in _STARTS:
        if raw.startswith(start):
            _refuse(what, received, findings)
            return None
    if found == "text" and kind in ("xlsx", "xls", "ods") and b"\x00" in raw:
        _refuse("no spreadsheet, or a damaged one", received, findings)
        return None
    if kind in ("sav", "json") or (found == "xml" and kind not in ("xml", "lss")):
        _refuse("a web page or XML" if found == "xml" else f"no {kind} file", received, findings)
        return None
    if found == "xml":
        return ()
    if found == "zip":
        _refuse("a zip archive that is no spreadsheet", received, findings)
        return None
    if found not in ("text", kind):
        findings.add(
            "ending_differs",
            f"ends in '.{kind}' and is {found}, as which it is read. | Rename it.",
            severity="note",
            file=received.file,
        )
    if found == "xlsx":
        return read_xlsx(received, findings=findings)
    if found == "ods":
        return read_ods(received, findings=findings)
    if found == "xls":
        return read_xls(received, findings=findings)
    text = decode_text(received, encoding=encoding, findings=findings)
    sheet = None if text is None else read_delimited(text, file=received.file, findings=findings)
    return None if sheet is None else (sheet,)


def _kind_of(raw: bytes) -> str:
    """Tell the kind of file by its content: xlsx, ods, zip, xls, sav, xml or text."""
    if raw.startswith(b"PK\x03\x04"):
        end = raw[-65_536:]  # the list of parts
        if b"xl/workbook.xml" in raw:
            return "xlsx"
        return "ods" if b"content.xml" in end and b"META-INF/manifest.xml" in end else "zip"
    if raw.startswith(_OLE):
        return "xls"
    if raw[:4] in (b"$FL2", b"$FL3"):
        return "sav"
    start = raw[:1000].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return "xml" if start.startswith((b"<?xml", b"<html", b"<!doctype", b"<table", b"<meta", b"<document")) else "text"


def _refuse(what: str, received: ReceivedFile, findings: Findings) -> None:
    findings.add(
        "content_differs",
        f"is {what}, whatever its ending says. | Export the answers again, as CSV or .xlsx.",
        file=received.file,
    )
