"""Word documents with comments for codes: each coder's copy of the same text, or several coders in one file."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from eval_tools.errors import DataError, Problem
from eval_tools.interviews.gathered import Gathered, RawCode, RawCoding
from eval_tools.interviews.projects.archive import Archive, local, open_archive, parse_xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

Documents = Literal["file", "heading"]
LONGEST_CODE = 60  # characters; longer pieces of a comment are remarks
_MARKED = re.compile(r"[#＃]([^\s#＃;；、,，]+)|【([^】]+)】")
_SPLIT = re.compile(r"[\n;；、]+")
_DEDOOSE = re.compile(r"^Codes? \(\d+-\d+\)\s*\n")


@dataclass(slots=True, kw_only=True)
class _Part:
    """One document in a file: what stands under one heading, or all of it."""

    name: str
    text: str
    marks: list[tuple[int, int, str]] = field(default_factory=list)  # start, end, id of the comment


@dataclass(slots=True, kw_only=True)
class _File:
    name: str
    parts: list[_Part]
    comments: dict[str, tuple[str, str]]  # id -> author, text
    replies: int
    inserted: int
    headings: int  # that were taken for text


def read_word(
    paths: Sequence[Path], *, codes: Sequence[str] = (), documents: Documents = "file", one_coder: bool = False
) -> Gathered:
    """Read coded Word documents.

    Documents of the same text in several files are one. The coder is the author of the comment, or the file where all
    authors are alike. A comment holds codes separated by line ends, ``;``, ``；`` or ``、``, or marked ``#code`` or
    ``【code】``; then the rest is a remark.

    Parameters
    ----------
    paths : sequence of Path
        One file, or one for each coder.
    codes : sequence of str
        All codes, if known: then anything else in a comment is a remark.
    documents : {"file", "heading"}
        Whether a file is one interview, or each heading (of the highest level in the file) begins another one.
    one_coder : bool
        Whether all files are one person's, so that authors who are alike do not stand for several.

    Raises
    ------
    DataError
        A file that is no Word document; comments of nobody.
    """
    out = Gathered()
    files = []
    for path in paths:
        with open_archive(path, file=path.name) as archive:
            files.append(_read_file(archive, path, documents))
    headings = sum(f.headings for f in files)
    out.note("headings", "headings were taken for text; say so if each begins another interview", headings)
    names = _names(files)
    authors = [{author for author, _ in f.comments.values()} for f in files]
    by_file = not one_coder and len(files) > 1 and all(len(a) <= 1 for a in authors) and len(set().union(*authors)) == 1
    if by_file:
        out.note("coder_is_file", "all comments have the same author, so each file was taken for one coder", len(files))
    out.all_assigned = by_file or all(len(own) == 1 for own in authors)
    stems = _short([path.stem for path in paths])
    for place, (f, own) in enumerate(zip(files, authors, strict=True)):
        one = stems[place] if by_file else next(iter(own)) if len(own) == 1 else ""
        out.note("replies", "replies to comments are no codings", f.replies)
        out.note("tracked", "inserted words that nobody accepted yet were taken as text", f.inserted)
        for number, part in enumerate(f.parts):
            source = names[place, number]
            out.texts.setdefault(source, part.text)
            if one:
                out.assigned.add((source, one))
            for start, end, comment in part.marks:
                author, text = f.comments.get(comment, ("", ""))
                for code in _codes_in(text, codes, out):
                    out.codes.setdefault(code, RawCode(key=code, name=code))
                    out.codings.append(RawCoding(source=source, start=start, end=end, coder=one or author, code=code))
    return out


def _codes_in(text: str, known: Sequence[str], out: Gathered) -> list[str]:
    text = _DEDOOSE.sub("", text.strip() + "\n")
    marked = [a or b for a, b in _MARKED.findall(text)]
    pieces = [piece.strip() for piece in (marked or _SPLIT.split(text)) if piece.strip()]
    found = [p for p in pieces if p in known] if known else [p for p in pieces if len(p) <= LONGEST_CODE]
    out.note("remarks", "pieces of comments were taken for remarks, not for codes", len(pieces) - len(found))
    return list(dict.fromkeys(found))


def _names(files: Sequence[_File]) -> dict[tuple[int, int], str]:
    """Name the documents; the same text in several files is one document, named by what their names share."""
    same: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for i, f in enumerate(files):
        for j, part in enumerate(f.parts):
            same[part.text].append((i, j))
    names: dict[tuple[int, int], str] = {}
    taken: Counter[str] = Counter()
    for places in same.values():
        own = [files[i].parts[j].name for i, j in places]
        name = own[0] if len(set(own)) == 1 else _shared(own).rstrip(" _-.(（") or own[0]
        taken[name] += 1
        if taken[name] > 1:
            name = f"{name} ({taken[name]})"
        names |= dict.fromkeys(places, name)
    return names


def _shared(names: Sequence[str]) -> str:
    """Return how all names begin."""
    return "".join(c[0] for c in takewhile(lambda column: len(set(column)) == 1, zip(*names, strict=False)))


def _short(stems: Sequence[str]) -> list[str]:
    """Return what file names do not share, as names of coders.

    Examples
    --------
    >>> _short(["talk_coder_a", "talk_coder_b"])
    ['coder_a', 'coder_b']
    """
    if len(stems) < 2:
        return list(stems)
    shared = _shared(stems)
    cut = max((shared.rfind(mark) for mark in ("_coder", " coder", "-coder")), default=-1)
    cut = cut + 1 if cut >= 0 else len(shared)
    rest = [stem[cut:].strip(" _-") for stem in stems]
    return rest if all(rest) else list(stems)


def _read_file(archive: Archive, path: Path, documents: Documents) -> _File:
    body = archive.read("word/document.xml")
    if body is None:
        raise DataError(Problem(path.name, "is no Word document (.docx).", "Save it as .docx."))
    levels = _heading_levels(archive, path.name)
    comments, replies = _comments(archive, path.name)
    root = parse_xml(body, file=path.name)
    paragraphs = list(_paragraphs(root))
    used = [levels[style] for style in map(_style, paragraphs) if style in levels]
    top = {style for style, level in levels.items() if used and level == min(used)}
    walker = _Walker(path.stem, set(comments))
    walker.all(paragraphs, top if documents == "heading" else set())
    return _File(
        name=path.name,
        parts=walker.parts,
        comments=comments,
        replies=replies,
        inserted=walker.inserted,
        headings=len(used) if documents == "file" else 0,
    )


def _paragraphs(element: Element) -> Iterator[Element]:
    """Return the paragraphs in reading order; those of a text box belong to the one they are anchored in."""
    for child in element:
        if local(child) == "p":
            yield child
        elif local(child) != "Fallback":
            yield from _paragraphs(child)


def _style(paragraph: Element) -> str:
    return next((_attribute(e, "val") for e in paragraph.iter() if local(e) == "pStyle"), "")


def _attribute(element: Element, name: str) -> str:
    """Return an attribute in any namespace."""
    return next((v for k, v in element.attrib.items() if k.rpartition("}")[2] == name), "")


def _heading_levels(archive: Archive, file: str) -> dict[str, int]:
    """Return the styles that are headings, with their level."""
    data = archive.read("word/styles.xml")
    levels = {f"Heading{level}": level for level in range(1, 7)}
    for style in parse_xml(data, file=file) if data is not None else ():
        named = next((_attribute(e, "val") for e in style if local(e) == "name"), "").casefold()
        if local(style) == "style" and named.startswith("heading ") and named[8:].isdigit():
            levels[_attribute(style, "styleId")] = int(named[8:])
    return levels


def _comments(archive: Archive, file: str) -> tuple[dict[str, tuple[str, str]], int]:
    data = archive.read("word/comments.xml")
    if data is None:
        return {}, 0
    answered = set()
    extended = archive.read("word/commentsExtended.xml")
    if extended is not None:
        answered = {_attribute(e, "paraId") for e in parse_xml(extended, file=file) if _attribute(e, "paraIdParent")}
    comments, replies = {}, 0
    for comment in parse_xml(data, file=file):
        paragraphs = [e for e in comment.iter() if local(e) == "p"]
        if any(_attribute(p, "paraId") in answered for p in paragraphs if _attribute(p, "paraId")):
            replies += 1
            continue
        text = "\n".join("".join(t.text or "" for t in p.iter() if local(t) == "t") for p in paragraphs)
        comments[_attribute(comment, "id")] = (_attribute(comment, "author").strip(), text)
    return comments, replies


class _Walker:
    """Goes through the body in reading order and keeps the place."""

    def __init__(self, name: str, known: set[str]) -> None:
        self.parts = [_Part(name=name, text="")]
        self.known = known
        self.pieces: list[str] = []
        self.length = self.inserted = 0
        self.open: dict[str, int] = {}
        self.points: list[str] = []  # comments without a range, in this paragraph
        self.ranged: set[str] = set()

    def add(self, text: str) -> None:
        self.pieces.append(text)
        self.length += len(text)

    def close_part(self) -> None:
        part = self.parts[-1]
        text = "".join(self.pieces)
        part.text = text.rstrip("\n")
        whole = len(part.text)
        for comment, start in self.open.items():
            part.marks.append((min(start, whole), whole, comment))
        part.marks = [(min(a, whole), min(b, whole), c) for a, b, c in part.marks]
        self.pieces, self.length, self.open = [], 0, dict.fromkeys(self.open, 0)

    def begin_part(self, name: str) -> None:
        self.close_part()
        self.parts.append(_Part(name=name, text=""))

    def all(self, paragraphs: Sequence[Element], headings: set[str]) -> None:
        for paragraph in paragraphs:
            title = "".join(t.text or "" for t in paragraph.iter() if local(t) == "t").strip()
            if title and _style(paragraph) in headings:
                self.begin_part(title)
                continue
            first, self.points = self.length, []
            self.walk(paragraph)
            self.parts[-1].marks += [(first, self.length, c) for c in self.points if c in self.known]
            self.add("\n")
        self.close_part()
        if len(self.parts) > 1 and not self.parts[0].text.strip() and not self.parts[0].marks:
            self.parts = self.parts[1:]

    def walk(self, element: Element, *, inserted: bool = False) -> None:
        kind = local(element)
        if kind in ("del", "moveFrom", "Fallback", "pPr", "rPr"):
            return
        if kind == "t":
            self.add(element.text or "")
            self.inserted += inserted
        elif kind in ("tab", "br", "cr"):
            self.add("\t" if kind == "tab" else "\n")
        elif kind == "commentRangeStart":
            self.open[_attribute(element, "id")] = self.length
            self.ranged.add(_attribute(element, "id"))
        elif kind == "commentRangeEnd":
            comment = _attribute(element, "id")
            if comment in self.open and comment in self.known:
                self.parts[-1].marks.append((self.open[comment], self.length, comment))
            self.open.pop(comment, None)
        elif kind == "commentReference" and _attribute(element, "id") not in self.ranged:
            self.points.append(_attribute(element, "id"))
        for child in element:
            if local(child) == "p":  # of a text box
                self.add("\n")
            self.walk(child, inserted=inserted or kind == "ins")
