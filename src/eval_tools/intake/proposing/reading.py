"""The files in a study's folder: exports with their readers, the files that belong to them, and those left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from eval_tools.intake.exports.reader import Companion, Export
from eval_tools.intake.exports.recognise import READERS, recognise
from eval_tools.intake.files.received import KINDS, open_received
from eval_tools.intake.files.sheet import ReceivedFile, Sheet
from eval_tools.intake.files.sheets import read_sheets
from eval_tools.intake.findings import Findings, problems_in
from eval_tools.intake.raw_table import RawTable

OURS = ("study.yaml", "corrections.yaml", "plan.lock", "readme.md", "notice.md", "provenance.md", "code-book.md")
WJX = re.compile(r"(?P<survey>\d{6,})_按(?P<how>文本|序号|分数|序號|分數)_")
DICTIONARY = ("Variable / Field Name", "field_name")
WITH_XLSFORM = ("kobo", "odk-central", "surveycto")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadExport:
    """One export as its platform's reader reads it."""

    file: str  # relative to the study's folder
    reader: str
    evidence: str
    table: RawTable
    companions: Mapping[str, str] = field(default_factory=dict)  # role -> file


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A file that will not be in the study, and why."""

    file: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderRead:
    """Everything in a study's folder."""

    exports: tuple[ReadExport, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    received: ReceivedFile
    sheets: tuple[Sheet, ...]

    @property
    def file(self) -> str:
        return self.received.file

    @property
    def folder(self) -> PurePosixPath:
        return PurePosixPath(self.file).parent


def read_folder(folder: Path, *, readers: Mapping[str, str] | None = None) -> FolderRead:
    """Read every export below a study's folder; nothing is written, nothing guessed.

    Parameters
    ----------
    folder : Path
    readers : mapping of file to reader, optional
        Where somebody said which it is, because the file fits several.
    """
    left_out: list[LeftOut] = []
    opened = list(_open_all(folder, left_out))
    companions = {each.file: role for each in opened if (role := companion_role(each.received, each.sheets))}
    main = [each for each in opened if each.file not in companions]
    main, labels = _pair_wjx(main, left_out)
    exports = []
    used: set[str] = set()
    for each in main:
        beside = dict(labels.get(each.file, {}))
        export, why = _read(each, beside, opened, companions, readers or {})
        if export is None:
            left_out.append(LeftOut(file=each.file, why=why))
        else:
            used |= set(export.companions.values())
            exports.append(export)
    paired = {file for beside in labels.values() for file in beside.values()}
    for name, role in companions.items():
        if name not in used | paired:
            left_out.append(LeftOut(file=name, why=f"looks like the {role} of an export, and none here needs it."))
    return FolderRead(exports=tuple(exports), left_out=tuple(sorted(left_out, key=lambda each: each.file)))


def _open_all(folder: Path, left_out: list[LeftOut]) -> Iterator[_Opened]:
    for path in sorted(folder.rglob("*")):
        file = path.relative_to(folder).as_posix()
        if path.is_dir() or path.name.lower() in OURS or any(part.startswith((".", "~$")) for part in path.parts[-9:]):
            continue
        if path.suffix.lower().removeprefix(".") not in KINDS:
            left_out.append(LeftOut(file=file, why=f"is no export: kinds that are read are {', '.join(KINDS)}."))
            continue
        findings = Findings()
        received = open_received(path, file=file, findings=findings, folder=folder)
        sheets = None if received is None else read_sheets(received, findings=findings)
        if received is None or sheets is None:
            left_out.append(LeftOut(file=file, why=_told(findings)))
        else:
            yield _Opened(received=received, sheets=sheets)


def companion_role(received: ReceivedFile, sheets: Sequence[Sheet]) -> str:
    """Say whether a file is no export but belongs to one, and as what; '' if not."""
    if received.path.suffix.lower() in (".lss", ".xml"):
        return "structure"
    if {"survey", "choices"} <= {sheet.name for sheet in sheets}:
        return "XLSForm"
    first = [cell.strip() for cell in sheets[0].first_row] if sheets else []
    if first[:1] and first[0] in DICTIONARY:
        return "dictionary"
    return "list of options" if {"question", "option"} <= set(first) and len(first) <= 4 else ""


def _pair_wjx(opened: Sequence[_Opened], left_out: list[LeftOut]) -> tuple[list[_Opened], dict[str, dict[str, str]]]:
    """Take of one survey of 问卷星 the export by number with the one by text beside it; points are not used."""
    families: dict[tuple[str, str], dict[str, list[_Opened]]] = {}
    others = []
    for each in opened:
        named = WJX.search(PurePosixPath(each.file).name)
        if named is None:
            others.append(each)
        else:
            how = named["how"].replace("號", "号").replace("數", "数")
            families.setdefault((str(each.folder), named["survey"]), {}).setdefault(how, []).append(each)
    labels: dict[str, dict[str, str]] = {}
    for kinds in families.values():
        for each in kinds.get("分数", []):
            left_out.append(LeftOut(file=each.file, why="holds the platform's own points, which are never used."))
        for files in kinds.values():
            files.sort(key=lambda each: each.received.path.suffix.lower() != ".xlsx")
        for how in ("序号", "文本"):
            for each in kinds.get(how, [])[1:]:
                left_out.append(LeftOut(file=each.file, why=f"is the same export as {kinds[how][0].file}."))
        by_number, by_text = kinds.get("序号", [])[:1], kinds.get("文本", [])[:1]
        others += by_number or by_text
        if by_number and by_text:
            labels[by_number[0].file] = {"labels": by_text[0].file}
    return sorted(others, key=lambda each: each.file), labels


def _read(
    each: _Opened,
    beside: dict[str, str],
    opened: Sequence[_Opened],
    companions: Mapping[str, str],
    readers: Mapping[str, str],
) -> tuple[ReadExport | None, str]:
    """Recognise and read one file; else None and the reason."""
    by_name = {one.file: one for one in opened}
    fitting = dict(recognise(_export(each, beside, by_name)))
    chosen = readers.get(each.file, next(iter(fitting)) if len(fitting) == 1 else "")
    if not chosen or chosen not in READERS:
        if not fitting:
            return None, "fits no reader: no table with names of columns was found."
        told = "; ".join(f"{name} ({evidence})" for name, evidence in fitting.items())
        return None, f"fits several readers: {told}. Say which: --set 'reader.{each.file}=…'."
    reader = READERS[chosen]
    for role in reader.companions:
        wanted = {"form": "XLSForm" if chosen in WITH_XLSFORM else "list of options"}.get(role, role)
        near = [name for name, other in companions.items() if other == wanted]
        here = [name for name in near if by_name[name].folder == each.folder] or near
        if role not in beside and len(here) == 1:
            beside[role] = here[0]
    findings = Findings()
    table = reader.read(_export(each, beside, by_name), findings)
    if table is None:
        return None, _told(findings)
    return ReadExport(
        file=each.file, reader=chosen, evidence=fitting.get(chosen, ""), table=table, companions=beside
    ), ""


def _export(each: _Opened, beside: Mapping[str, str], by_name: Mapping[str, _Opened]) -> Export:
    files = {role: by_name[name] for role, name in beside.items()}
    return Export(
        received=each.received,
        sheets=each.sheets,
        companions={role: Companion(received=one.received, sheets=one.sheets) for role, one in files.items()},
    )


def _told(findings: Findings) -> str:
    problems = problems_in(findings.table())
    return "; ".join(f"{problem.what} {problem.remedy}".strip() for problem in problems) or "cannot be read."
