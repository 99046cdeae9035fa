"""RQDA projects, as old archives hold them: positions may be off by some characters and are found again."""

from __future__ import annotations

from pathlib import Path

from eval_tools.errors import DataError, Problem
from eval_tools.interviews.gathered import Gathered, RawCase, RawCode, RawCoding, line_feeds, plain_name
from eval_tools.interviews.projects.database import Database, open_database


def read_rqda(path: Path) -> Gathered:
    """Read an RQDA project; deleted codings, codes and files are left out.

    Raises
    ------
    DataError
        Codings whose words are not in their text.
    """
    out = Gathered()
    with open_database(path, file=path.name, needed=("coding", "freecode", "source")) as database:
        names: dict[int, str] = {}
        for number, name, text, status in database.rows("source", "id", "name", "file", "status"):
            if status in (1, None):
                names[number] = plain_name(str(name), names.values())
                out.texts[names[number]] = line_feeds(str(text or ""))
        codes = {}
        for number, name, memo, status in database.rows("freecode", "id", "name", "memo", "status"):
            if status in (1, None):
                codes[number] = str(name)
                out.codes[str(number)] = RawCode(key=str(number), name=str(name), description=memo or "")
        lost = _codings(database, out, names, codes)
        people = {number: str(name) for number, name in database.rows("cases", "id", "name")}
        for person, source in database.rows("caselinkage", "caseid", "fid"):
            if person in people and source in names:
                out.cases.append(RawCase(source=names[source], case=people[person]))
    if lost:
        raise DataError(Problem(path.name, f"{lost} codings quote words that are not in their text.", "Was it edited?"))
    return out


def _codings(database: Database, out: Gathered, names: dict[int, str], codes: dict[int, str]) -> int:
    lost = deleted = moved = 0
    wanted = ("cid", "fid", "seltext", "selfirst", "selend", "status", "owner")
    for code, source, words, first, last, status, owner in database.rows("coding", *wanted):
        if status not in (1, None) or code not in codes or source not in names:
            deleted += 1
            continue
        text, quoted = out.texts[names[source]], line_feeds(str(words or ""))
        start, end = (int(p) if isinstance(p, int | float) else 0 for p in (first, last))
        if text[start:end] != quoted:
            start = _nearest(text, quoted, start)
            end = start + len(quoted)
            moved += 1
        if start < 0:
            lost += 1
            continue
        out.codings.append(
            RawCoding(source=names[source], start=start, end=end, coder=str(owner or ""), code=str(code))
        )
    out.note("deleted", "deleted codings were left out", deleted)
    out.note("moved", "codings lay some characters beside their words and were put back", moved - lost)
    return lost


def _nearest(text: str, words: str, start: int) -> int:
    """Return where the words stand nearest to a place; -1 if nowhere."""
    before, after = text.rfind(words, 0, start + len(words)), text.find(words, start)
    found = [place for place in (before, after) if place >= 0]
    return min(found, key=lambda place: abs(place - start)) if words and found else -1
