"""All readers, and which of them a file belongs to; what fits several or none is refused with the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from eval_tools.errors import did_you_mean
from eval_tools.intake.exports.grid import find_sheet
from eval_tools.intake.exports.header import find_header
from eval_tools.intake.exports.reader import Export, Reader
from eval_tools.intake.findings import Findings

PLAIN = "table"  # fits what no platform claims
_MODULES = {  # word of study.yaml -> module with READER, or READERS where it holds several
    "wjx": "wjx",
    "kobo": "kobo",
    "odk-central": "odk_central",
    "surveycto": "surveycto",
    "redcap": "redcap",
    "limesurvey": "limesurvey",
    "qualtrics": "qualtrics",
    "microsoft-forms": "microsoft_forms",
    "google-forms": "google_forms",
    "tencent-survey": "tencent",
    "tencent-docs": "tencent",
    "double-entry": "double_entry",
    "table": "table",
}


class _Readers(Mapping[str, Reader]):
    """Readers by name; a module is imported when its reader is asked for."""

    def __getitem__(self, name: str) -> Reader:
        module = import_module(f"eval_tools.intake.exports.{_MODULES[name]}")
        offered = module.READERS if hasattr(module, "READERS") else (module.READER,)
        return next(reader for reader in offered if reader.name == name)

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


READERS: Mapping[str, Reader] = _Readers()


def recognise(export: Export) -> tuple[tuple[str, str], ...]:
    """Return the readers a file fits, with their evidence in words; a plain table only if no platform fits."""
    fitting = tuple(
        (name, evidence) for name in READERS if name != PLAIN and (evidence := READERS[name].recognise(export))
    )
    if fitting:
        return fitting
    evidence = READERS[PLAIN].recognise(export)
    return ((PLAIN, evidence),) if evidence else ()


def choose_reader(export: Export, findings: Findings, *, declared: str = "") -> Reader | None:
    """Return the reader of a file; None, with a finding, where that is not certain.

    Parameters
    ----------
    export : Export
    findings : Findings
    declared : str
        Name of the reader in study.yaml; it must find its evidence in the file. '' if study.yaml names none: then
        exactly one reader must fit.
    """
    file = export.received.file
    if declared and declared not in READERS:
        findings.add(
            "reader_unknown",
            f"there is no reader {declared!r}. | Known: {', '.join(READERS)}.{did_you_mean(declared, READERS)}",
            file=file,
        )
        return None
    if declared == PLAIN:
        return READERS[PLAIN]  # it says itself what is wrong with the header
    fitting = recognise(export)
    told = "; ".join(f"{name}: {evidence}" for name, evidence in fitting)
    if declared:
        reader = READERS[declared]
        if reader.recognise(export):
            return reader
        findings.add(
            "reader_does_not_fit",
            f"shows nothing of an export of {reader.title} (reader {declared!r}). | "
            + (f"It fits {told}." if told else f"No other reader fits either{_why_not(export)}."),
            file=file,
        )
        return None
    if len(fitting) == 1:
        return READERS[fitting[0][0]]
    if fitting:
        detail = f"fits several readers: {told}. | Name the right one with reader: in study.yaml."
        findings.add("reader_ambiguous", detail, file=file)
    else:
        findings.add(
            "reader_not_found",
            f"fits no reader{_why_not(export)}. | Is it the export itself? Name reader: in study.yaml, with "
            "header_row: or sheet: where the table does not begin in row 1 of the only sheet.",
            file=file,
        )
    return None


def _why_not(export: Export) -> str:
    """Say why a file is not even a plain table."""
    if not export.sheets:
        return ", and holds no table"
    sheet = find_sheet(export)
    if sheet is None:
        return f"; its sheets are {', '.join(repr(each.name) for each in export.sheets)}"
    header = find_header(sheet.cells, declared_row=export.header_row, declared=export.declared)
    return f"; {header.problem}" if header.problem else ""
