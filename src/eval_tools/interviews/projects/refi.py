"""REFI-QDA projects (.qdpx) and codebooks (.qdc), as ATLAS.ti, MAXQDA, NVivo, QualCoder and others write them."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval_tools.errors import DataError, Problem
from eval_tools.interviews.gathered import WHOLE, Gathered, RawCase, RawCode, RawCoding, line_feeds, plain_name
from eval_tools.interviews.projects.archive import (
    Archive,
    broken_xml,
    child_text,
    children,
    last_part,
    local,
    open_archive,
    parse_xml,
    refused_xml,
)
from eval_tools.interviews.projects.meanings import meaning_of
from eval_tools.interviews.projects.offsets import Places, Stretch, describe, detect_counting

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_TEXT_LIKE = ("TextSource", "Representation", "Transcript")
_MEDIA = {
    "PDFSelection": "places on PDF pages",
    "PictureSelection": "places in pictures",
    "AudioSelection": "moments of recordings",
    "VideoSelection": "moments of videos",
}


@dataclass(slots=True, kw_only=True)
class _Selection:
    start: int
    end: int
    quoted: str
    codings: list[tuple[str, str]]  # user, code


@dataclass(slots=True, kw_only=True)
class _Source:
    guid: str
    name: str
    stored: str | None  # None: the text is not in the file
    selections: list[_Selection] = field(default_factory=list)
    whole: list[tuple[str, str]] = field(default_factory=list)  # user, code
    values: dict[str, str] = field(default_factory=dict)
    points: dict[str, int] = field(default_factory=dict)  # sync points of a transcript


@dataclass(slots=True, kw_only=True)
class _Case:
    name: str
    sources: list[str]
    selections: list[str]
    values: dict[str, str]


def read_qdpx(path: Path, *, counting: str = "") -> Gathered:
    """Read a REFI-QDA project.

    Text, the text of PDFs and transcripts with codings; cases, variables and sets. What cannot be compared as text
    (places on pages, in pictures and recordings) is counted in the notes. The unit of the offsets is found by trying.

    Parameters
    ----------
    path : Path
    counting : str
        One of :data:`~eval_tools.interviews.projects.offsets.COUNTINGS` if known.

    Raises
    ------
    DataError
        No project inside, a damaged part, a document type or entities, parts beyond the caps, offsets that can be read
        in several ways.
    """
    with open_archive(path, file=path.name) as archive:
        found = archive.names(".qde")
        if not found:
            raise DataError(Problem(path.name, "holds no project (.qde).", "Export it as a REFI-QDA project."))
        reader = _Reader(archive=archive, file=path.name)
        reader.read(found[0])
        if len(found) > 1:
            reader.out.note("several_projects", "more than one project in the file; the first was read", len(found) - 1)
    return reader.gather(counting)


def read_qdc(path: Path) -> Gathered:
    """Read a REFI-QDA codebook: codes and their descriptions, no codings."""
    if not path.is_file():
        raise DataError(Problem(path.name, "does not exist.", "Check the path."))
    root = parse_xml(path.read_bytes(), file=path.name)
    out = Gathered()
    books = [root] if children(root, "Codes") else [e for e in root.iter() if local(e) == "CodeBook"]
    for book in books:
        for codes in children(book, "Codes"):
            for code in children(codes, "Code"):
                _add_code(out, code, "")
    return out


def _guid(text: str | None) -> str:
    return (text or "").strip().strip("{}").lower()


def _add_code(out: Gathered, element: Element, parent: str) -> None:
    name = (element.get("name") or "").strip()
    # a codebook without identifiers, or with the same one twice, still has its own codes
    key = _guid(element.get("guid")) or f"{parent}/{name}"
    while key in out.codes:
        key += "'"
    out.codes[key] = RawCode(
        key=key,
        name=name or "(no name)",
        parent=parent,
        codable=(element.get("isCodable") or "true").strip().lower() not in ("false", "0"),
        description=child_text(element, "Description").strip(),
    )
    for child in children(element, "Code"):
        _add_code(out, child, key)


class _Reader:
    """Goes through the project once, section by section, and lets go of each section behind it."""

    def __init__(self, *, archive: Archive, file: str) -> None:
        self.archive, self.file = archive, file
        self.out = Gathered()
        self.origin = ""
        self.users: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        self.sources: list[_Source] = []
        self.selected: dict[str, tuple[int, int]] = {}  # selection -> places in sources and selections
        self.cases: list[_Case] = []
        self.sets: dict[str, list[str]] = defaultdict(list)  # source -> names of sets
        self.skipped: Counter[str] = Counter()
        self.missing = 0
        self.late_cases = False

    def read(self, path: str) -> None:
        """Go through the XML with little memory."""
        from xml.etree.ElementTree import ParseError

        from defusedxml.common import DefusedXmlException
        from defusedxml.ElementTree import iterparse

        depth = 0
        stack: list[Element] = []
        try:
            with self.archive.open(path) as stream:
                for event, element in iterparse(stream, events=("start", "end"), forbid_dtd=True):
                    if event == "start":
                        depth += 1
                        stack.append(element)
                        if depth == 1:
                            self.origin = element.get("origin") or ""
                        continue
                    depth -= 1
                    stack.pop()
                    inside = local(stack[-1]) if stack else ""
                    if depth == 1 or (depth == 2 and inside in ("Sources", "Cases", "Sets", "Users")):
                        self._section(element, inside)
                        element.clear()
                        if stack and depth == 2:
                            stack[-1].remove(element)
        except DefusedXmlException as error:
            raise refused_xml(self.file) from error
        except (ParseError, LookupError) as error:
            raise broken_xml(self.file) from error

    def _section(self, element: Element, inside: str) -> None:
        name = local(element)
        if name == "User":
            guid = _guid(element.get("guid"))
            self.users[guid] = (element.get("name") or element.get("id") or "").strip() or guid
        elif name == "CodeBook":
            for codes in children(element, "Codes"):
                for code in children(codes, "Code"):
                    _add_code(self.out, code, "")
        elif name == "Variables":
            for variable in children(element, "Variable"):
                self.variables[_guid(variable.get("guid"))] = (variable.get("name") or "").strip()
        elif name == "Case" and inside == "Cases":
            self.late_cases |= bool(self.sources)
            self.cases.append(
                _Case(
                    name=(element.get("name") or "").strip() or _guid(element.get("guid")),
                    sources=[_guid(r.get("targetGUID")) for r in children(element, "SourceRef")],
                    selections=[_guid(r.get("targetGUID")) for r in children(element, "SelectionRef")],
                    values=self._values(element),
                )
            )
        elif name == "Set":
            for member in children(element, "MemberSource"):
                self.sets[_guid(member.get("targetGUID"))].append((element.get("name") or "").strip())
        elif inside == "Sources":
            self._source(element)

    def _values(self, element: Element) -> dict[str, str]:
        values = {}
        for value in children(element, "VariableValue"):
            reference = next(iter(children(value, "VariableRef")), None)
            name = "" if reference is None else self.variables.get(_guid(reference.get("targetGUID")), "")
            content = next((e for e in value if local(e) != "VariableRef"), None)
            if name and content is not None and (content.text or "").strip():
                values[name] = (content.text or "").strip()
        return values

    def _source(self, element: Element) -> None:
        kind = local(element)
        values = self._values(element)
        if kind == "TextSource":
            self._text(element, element, values)
            return
        for nested in element.iter():
            if nested is not element and local(nested) in ("Representation", "Transcript"):
                self._text(nested, element, values)
            elif local(nested) in _MEDIA:
                self.skipped[local(nested)] += len(children(nested, "Coding"))
        self.skipped["whole"] += len(children(element, "Coding"))

    def _text(self, element: Element, owner: Element, values: dict[str, str]) -> None:
        stored = self._stored_text(element)
        name = (owner.get("name") or element.get("name") or "").strip() or _guid(owner.get("guid"))
        if stored is None:
            self.missing += 1
        source = _Source(
            guid=_guid(owner.get("guid")),
            name=name,
            stored=stored,
            whole=[pair for coding in children(element, "Coding") for pair in self._coding(coding)],
            values=values,
            points={_guid(p.get("guid")): _number(p.get("position")) for p in children(element, "SyncPoint")},
        )
        place = len(self.sources)
        for selection in element:
            kind = local(selection)
            if kind == "PlainTextSelection":
                start, end = _number(selection.get("startPosition")), _number(selection.get("endPosition"))
            elif kind == "TranscriptSelection":
                start = source.points.get(_guid(selection.get("fromSyncPoint")), -1)
                end = source.points.get(_guid(selection.get("toSyncPoint")), -1)
                if start < 0 or end < 0:
                    self.skipped["moment"] += len(children(selection, "Coding"))
                    continue
            else:
                continue
            self.selected[_guid(selection.get("guid"))] = (place, len(source.selections))
            source.selections.append(
                _Selection(
                    start=start,
                    end=end,
                    quoted=(selection.get("name") or "").strip(),
                    codings=[pair for coding in children(selection, "Coding") for pair in self._coding(coding)],
                )
            )
        self.sources.append(source)

    def _coding(self, element: Element) -> list[tuple[str, str]]:
        user = _guid(element.get("creatingUser"))
        return [(user, _guid(r.get("targetGUID"))) for r in children(element, "CodeRef")]

    def _stored_text(self, element: Element) -> str | None:
        inline = next(iter(children(element, "PlainTextContent")), None)
        if inline is not None:
            return "".join(inline.itertext())
        path = element.get("plainTextPath") or ""
        data = self.archive.read(last_part(path)) if path else None
        return None if data is None else self._decoded(data)

    def _decoded(self, data: bytes) -> str:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            self.out.note("one_byte_text", "a text is not UTF-8 and was read byte by byte (Windows-1252)")
            return data.decode("cp1252", errors="replace")

    def gather(self, counting: str) -> Gathered:
        """Put everything together once all sections are known."""
        out = self.out
        copies = self._copies()
        names = self._names(copies)
        texts = {f"{i}": s.stored for i, s in enumerate(self.sources) if s.stored is not None and s.selections}
        stretches = {
            f"{i}": [Stretch(start=s.start, end=s.end, quoted=s.quoted) for s in source.selections]
            for i, source in enumerate(self.sources)
        }
        found = detect_counting(texts, stretches, file=self.file, origin=self.origin, counting=counting)
        if found.n:
            out.note("counting", describe(found))
        if found.n and found.score < 0.5:
            what = "fewer than half of the selections fit the text in any way of counting: look at one in its program"
            out.note("counting_doubtful", what)
        problems: Counter[str] = Counter()
        placed: dict[tuple[int, int], tuple[int, int]] = {}
        for i, source in enumerate(self.sources):
            starts: list[int | None] = [selection.start for selection in source.selections]
            ends: list[int | None] = [selection.end for selection in source.selections]
            if source.stored is not None:
                places = Places(source.stored, found.counting)
                starts = places.all([selection.start for selection in source.selections])
                ends = places.all([selection.end for selection in source.selections])
                out.texts[names[i]] = line_feeds(source.stored)
            coder = copies.get(i, "")
            for j, (selection, start, end) in enumerate(zip(source.selections, starts, ends, strict=True)):
                if start is None or end is None or not 0 <= start <= end:
                    problems["outside"] += 1
                    continue
                placed[i, j] = (start, end)
                self._add(names[i], start, end, selection.codings, coder)
            whole = len(out.texts.get(names[i], ""))
            self._add(names[i], 0, whole, source.whole, coder)
        if problems["outside"]:
            raise DataError(
                Problem(
                    self.file,
                    f"{problems['outside']} selections lie outside their text.",
                    "Export the project again together with its texts; do not edit the files inside.",
                )
            )
        self._add_cases(names, placed)
        self._notes()
        return out

    def _add(self, source: str, start: int, end: int, pairs: Iterable[tuple[str, str]], coder: str) -> None:
        for user, code in pairs:
            name = coder or self.users.get(user, user)
            if code not in self.out.codes:
                self.skipped["code"] += 1
                continue
            self.out.codings.append(RawCoding(source=source, start=start, end=end, coder=name, code=code))

    def _copies(self) -> dict[int, str]:
        """Find copies of one text that stand for its coders: MAXQDA compares two people that way."""
        groups: dict[tuple[str, str], list[int]] = defaultdict(list)
        for i, source in enumerate(self.sources):
            if source.stored is not None:
                content = hashlib.sha256(line_feeds(source.stored).encode("utf-8", "replace")).hexdigest()
                groups[plain_name(source.name).casefold(), content].append(i)
        coders: dict[int, str] = {}
        for same in groups.values():
            own = {i: self.sets.get(self.sources[i].guid, [""])[0] for i in same}
            if len(same) > 1 and all(own.values()) and len(set(own.values())) == len(same):
                coders |= own
        if coders:
            what = "documents occur once for each coder; the group of documents was taken for the coder"
            self.out.note("copies", what, len(coders))
        return coders

    def _names(self, copies: dict[int, str]) -> list[str]:
        names: list[str] = []
        seen: dict[str, int] = {}
        for i, source in enumerate(self.sources):
            name = plain_name(source.name)
            if name in seen and not (i in copies and seen[name] in copies):
                number = 2
                while f"{name} ({number})" in seen:
                    number += 1
                name = f"{name} ({number})"
                self.out.note("same_name", "a document has the name of another one and got a number")
            seen.setdefault(name, i)
            names.append(name)
        return names

    def _add_cases(self, names: Sequence[str], placed: dict[tuple[int, int], tuple[int, int]]) -> None:
        by_guid: dict[str, list[int]] = defaultdict(list)
        for i, source in enumerate(self.sources):
            by_guid[source.guid].append(i)
        unknown: set[str] = set()
        have: set[int] = set()
        for case in self.cases:
            for guid in case.sources:
                for i in by_guid.get(guid, []):
                    have.add(i)
                    self._add_case(i, names[i], case.name, 0, WHOLE, case.values, unknown)
            for guid in case.selections:
                if guid in self.selected and self.selected[guid] in placed:
                    i, j = self.selected[guid]
                    have.add(i)
                    self._add_case(i, names[i], case.name, *placed[i, j], case.values, unknown)
        for i, source in enumerate(self.sources):
            if i not in have and (source.values or self.sets.get(source.guid)):
                self._add_case(i, names[i], "", 0, WHOLE, {}, unknown)
        self.out.note("other_variables", "variables of sources and cases that were not used", len(unknown))

    def _add_case(
        self, i: int, name: str, case: str, start: int, end: int, values: dict[str, str], unknown: set[str]
    ) -> None:
        meant: dict[str, str] = {}
        for variable, value in [*values.items(), *self.sources[i].values.items()]:
            meaning = meaning_of(variable)
            if meaning in ("wave", "role", "case"):
                meant[meaning] = value
            else:
                unknown.add(variable)
        if "wave" not in meant:
            waves = [s for s in self.sets.get(self.sources[i].guid, []) if meaning_of(s) == "a wave"]
            if len(waves) == 1:
                meant["wave"] = waves[0]
        who = case or meant.get("case", "")
        if who or meant:
            self.out.cases.append(
                RawCase(
                    source=name,
                    case=who,
                    start=start,
                    end=end,
                    wave=meant.get("wave", ""),
                    role=meant.get("role", ""),
                )
            )

    def _notes(self) -> None:
        out = self.out
        for kind, what in _MEDIA.items():
            out.note("not_text", f"codings of {what}, which have no text to compare, were left out", self.skipped[kind])
        out.note("not_text", "codings of whole pictures, recordings or PDFs were left out", self.skipped["whole"])
        out.note("not_text", "codings of a transcript without sync points were left out", self.skipped["moment"])
        out.note("no_such_code", "codings of a code that the codebook lacks were left out", self.skipped["code"])
        out.note("text_missing", "texts are not in the file; their offsets could not be checked", self.missing)
        if self.late_cases:
            out.note("order", "cases stand after sources, against the standard; read all the same")


def _number(text: Any) -> int:
    try:
        return int(text)
    except (TypeError, ValueError):
        return -1
