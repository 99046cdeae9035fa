"""Opening one received file: no links, nothing outside the study's folder, known kinds only, read once."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from eval_tools.intake.files.sheet import ReceivedFile
from eval_tools.intake.findings import Findings

MAX_BYTES = 500_000_000
# What somebody may hand in, by its ending. Everything else is refused: some kinds run code when they are read
# (.pkl, .rda, .xlsm), others (.pdf, .docx) hold no table. The content is looked at again when the file is read.
KINDS = ("csv", "tsv", "txt", "xlsx", "xls", "ods", "sav", "json", "xml", "lss")
_REMEDIES = {
    "pkl": "Pickled files run code when they are read.",
    "rda": "R's own files can run code when they are read.",
    "rds": "R's own files can run code when they are read.",
    "xlsm": "It may hold macros; save it as .xlsx.",
    "xlsb": "Save it as .xlsx.",
    "zip": "Unpack it and put the files themselves into the folder.",
    "zsav": "Save it as .sav.",
}


def open_received(path: Path, *, file: str, findings: Findings, folder: Path | None = None) -> ReceivedFile | None:
    """Read one file as it was received; None, with a finding, if it may not or cannot be read.

    Parameters
    ----------
    path : Path
    file : str
        Name used in findings.
    findings : Findings
        A link, a file outside the study's folder, an unknown kind, a missing, unreadable or far too large file.
    folder : Path, optional
        The study's folder; a path that leads out of it is refused.

    Examples
    --------
    >>> findings = Findings()
    >>> open_received(Path("answers.pkl"), file="answers.pkl", findings=findings) is None
    True
    >>> findings.table()["rule"].to_list()
    ['file_kind']
    """
    if folder is not None and not _is_inside(path, folder):
        findings.add("file_outside", "lies outside the study's folder. | Move it inside.", file=file)
        return None
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        named = f"files of the kind '.{kind}' are not read." if kind else "a file without an ending is not read."
        why = _REMEDIES.get(kind, "Export the answers again in one of these.")
        findings.add("file_kind", f"{named} | Kinds that are read: {', '.join(KINDS)}. {why}", file=file)
        return None
    content = read_bytes(path, file=file, findings=findings)
    return None if content is None else ReceivedFile(file=file, path=path, content=content)


def read_bytes(path: Path, *, file: str, findings: Findings) -> bytes | None:
    """Read the bytes of a file that is no link and not larger than ``MAX_BYTES``; else None with a finding."""
    if path.is_symlink():
        findings.add("file_is_link", "the file is a link. | Put the file itself into the study's folder.", file=file)
        return None
    try:
        with open(path, "rb", opener=_open_no_link) as opened:
            about = os.fstat(opened.fileno())
            if not stat.S_ISREG(about.st_mode):
                findings.add("file_unreadable", "is no regular file. | Put the file itself there.", file=file)
                return None
            content = opened.read(MAX_BYTES + 1) if about.st_size <= MAX_BYTES else None
    except FileNotFoundError:
        near = sorted(p.name for p in path.parent.glob("*") if p.is_file()) if path.parent.is_dir() else []
        listed = f"The folder holds: {', '.join(near)}." if near else "The folder is empty or absent."
        findings.add("file_missing", f"the file does not exist. | {listed}", file=file)
        return None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no such name is possible"
        findings.add("file_unreadable", f"cannot be read ({reason}). | Check its rights.", file=file)
        return None
    if content is None or len(content) > MAX_BYTES:
        findings.add("file_too_large", f"larger than {MAX_BYTES:,} bytes. | Split the export.", file=file)
        return None
    return content


def _is_inside(path: Path, folder: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # endless links, NULs in the name
        return False


def _open_no_link(path: str, flags: int) -> int:
    """Open without following a link put there since we looked, and without waiting at a pipe."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
