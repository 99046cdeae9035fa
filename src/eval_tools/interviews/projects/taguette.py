"""Taguette projects: offsets are bytes, and who coded stands in the log only, if anywhere."""

from __future__ import annotations

import json
from bisect import bisect_right
from html.parser import HTMLParser
from pathlib import Path

from eval_tools.errors import DataError, Problem
from eval_tools.interviews.gathered import Gathered, RawCode, RawCoding, plain_name
from eval_tools.interviews.projects.database import Database, open_database

_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "center", "dd", "div", "dl", "dt", "figcaption", "figure"}
    | {"footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section"}
    | {"table", "td", "th", "tr", "ul"}
)
EXPORTED = "admin"  # an export of one project gives every action to this name


class _Text(HTMLParser):
    """Takes the text out of a document, and remembers where each piece lies, in bytes and in characters."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._length = self._bytes = 0
        self._break = False
        self.starts: list[tuple[int, int]] = []  # bytes before a piece, characters before it
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._break |= tag in _BLOCKS

    def handle_endtag(self, tag: str) -> None:
        self._break |= tag in _BLOCKS

    def handle_data(self, data: str) -> None:
        if self._break and self._length:
            self._pieces.append("\n")
            self._length += 1
        self._break = False
        self.starts.append((self._bytes, self._length))
        self.pieces.append(data)
        self._pieces.append(data)
        self._length += len(data)
        self._bytes += len(data.encode("utf-8", "surrogatepass"))

    def text(self) -> str:
        return "".join(self._pieces)

    def place(self, offset: int, *, is_end: bool) -> int | None:
        """Return the character at which a byte lies; the end of a passage stays in the piece where it ends."""
        if not 0 <= offset <= self._bytes or not self.starts:
            return None
        firsts = [first for first, _ in self.starts]
        i = max(0, bisect_right(firsts, offset - is_end) - 1)
        inside = self.pieces[i].encode("utf-8", "surrogatepass")[: offset - self.starts[i][0]]
        try:
            return self.starts[i][1] + len(inside.decode("utf-8", "surrogatepass"))
        except UnicodeDecodeError:  # in the middle of a character: not bytes, or another text
            return None


def read_taguette(path: Path, *, project: str = "") -> Gathered:
    """Read a Taguette database (``.sqlite3``), of a server or exported.

    Parameters
    ----------
    path : Path
    project : str
        Name of the project, where the database holds several.

    Returns
    -------
    Gathered
        The coder of a passage is who added it, by the log. An exported project has one name for everybody: then the
        codings have no coder, and the user must say whose file it is.

    Raises
    ------
    DataError
        Several projects and none chosen; passages outside their document.
    """
    out = Gathered()
    with open_database(path, file=path.name, needed=("documents", "tags", "highlights", "highlight_tags")) as database:
        chosen = _project(database, project, path.name)
        names, parsed = _documents(database, out, chosen)
        tags = {
            number: str(name)
            for number, owner, name in database.rows("tags", "id", "project_id", "path")
            if owner == chosen
        }
        about = dict(database.rows("tags", "id", "description"))
        for number, name in tags.items():
            out.codes[str(number)] = RawCode(key=str(number), name=name, description=about.get(number) or "")
        authors = _authors(database, chosen)
        if set(authors.values()) == {EXPORTED}:
            authors = {}
            what = "the log names one user for everybody, as exports of single projects do; say who coded"
            out.note("coder_unknown", what)
        outside = _codings(database, out, names, parsed, tags, authors)
    if outside:
        raise DataError(
            Problem(
                path.name, f"{outside} passages lie outside their document.", "Copy the database while it is closed."
            )
        )
    return out


def _project(database: Database, wanted: str, file: str) -> int:
    projects = [(number, str(name)) for number, name in database.rows("projects", "id", "name")]
    if wanted:
        projects = [one for one in projects if one[1] == wanted]
    if len(projects) != 1:
        what = f"holds {len(projects)} projects" + (" of that name." if wanted else ".")
        raise DataError(Problem(file, what, "Name one with project."))
    return int(projects[0][0])


def _documents(database: Database, out: Gathered, project: int) -> tuple[dict[int, str], dict[int, _Text]]:
    names: dict[int, str] = {}
    parsed: dict[int, _Text] = {}
    for number, owner, name, contents in database.rows("documents", "id", "project_id", "name", "contents"):
        if owner != project:
            continue
        text = _Text()
        text.feed(str(contents or ""))
        text.close()
        plain = plain_name(str(name), names.values())
        while plain in names.values():
            plain += " (2)"
        names[number], parsed[number] = plain, text
        out.texts[plain] = text.text()
    return names, parsed


def _authors(database: Database, project: int) -> dict[int, str]:
    """Return who first added each passage; later entries for it are edits."""
    authors: dict[int, str] = {}
    for user, owner, payload in database.rows("commands", "user_login", "project_id", "payload"):
        if owner != project:
            continue
        try:
            entry = json.loads(payload)
        except (TypeError, ValueError):
            continue
        if isinstance(entry, dict) and entry.get("type") == "highlight_add" and "highlight_id" in entry:
            authors.setdefault(entry["highlight_id"], str(user))
    return authors


def _codings(
    database: Database,
    out: Gathered,
    names: dict[int, str],
    parsed: dict[int, _Text],
    tags: dict[int, str],
    authors: dict[int, str],
) -> int:
    places: dict[int, tuple[str, int, int]] = {}
    lost: set[int] = set()
    for number, document, start, end in database.rows("highlights", "id", "document_id", "start_offset", "end_offset"):
        if document in parsed:
            numbers = isinstance(start, int) and isinstance(end, int)
            first = parsed[document].place(start, is_end=False) if numbers else None
            last = parsed[document].place(end, is_end=True) if numbers else None
            if first is None or last is None or first > last:
                lost.add(number)
            else:
                places[number] = (names[document], first, last)
    tagged: set[int] = set()
    for number, tag in database.rows("highlight_tags", "highlight_id", "tag_id"):
        if number in places and tag in tags:
            tagged.add(number)
            source, first, last = places[number]
            out.codings.append(
                RawCoding(source=source, start=first, end=last, coder=authors.get(number, ""), code=str(tag))
            )
    out.note("untagged", "passages were marked without a tag and are no codings", len(set(places) - tagged))
    return len(lost)
