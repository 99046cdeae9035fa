"""QualCoder folders, all versions of the database; names and pseudonyms beside it are never opened."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from eval_tools.errors import DataError, Problem
from eval_tools.interviews.gathered import WHOLE, Gathered, RawCase, RawCode, RawCoding, line_feeds, plain_name
from eval_tools.interviews.projects.database import Database, open_database
from eval_tools.interviews.projects.meanings import meaning_of

SPEAKERS = "📌 Speaker coding"  # a coder that the program itself adds


def read_qualcoder(path: Path) -> Gathered:
    """Read a QualCoder project.

    Parameters
    ----------
    path : Path
        The folder ``NAME.qda``, or the ``data.qda`` in it. Nothing else in the folder is opened: ``pseudonyms.json``
        holds the real names.

    Raises
    ------
    DataError
        No database, or offsets that do not point at the words stored with them.
    """
    file = path.name
    data = path / "data.qda" if path.is_dir() else path
    out = Gathered()
    with open_database(data, file=file, needed=("source", "code_text", "code_name")) as database:
        out.note(
            "unsaved",
            "a journal file lies beside the database: the project may be open, and its last changes are not in",
            int(data.with_name(data.name + "-wal").exists()),
        )
        names = _texts(database, out)
        keys = _codes(database, out)
        _codings(database, out, names, keys, file)
        _cases(database, out, names)
        for table, what in (("code_image", "places in pictures"), ("code_av", "moments of recordings")):
            n = sum(1 for _ in database.rows(table, "cid"))
            out.note("not_text", f"codings of {what}, which have no text to compare, were left out", n)
        hidden = sum(1 for _, visible in database.rows("coder_names", "name", "visibility") if visible == 0)
        out.note("hidden_coder", "coders are hidden in the program; their codings were read all the same", hidden)
    return out


def _texts(database: Database, out: Gathered) -> dict[int, str]:
    names: dict[int, str] = {}
    for number, name, text in database.rows("source", "id", "name", "fulltext"):
        names[number] = plain_name(str(name), names.values())
        if text:
            out.texts[names[number]] = line_feeds(str(text))
    return names


def _codes(database: Database, out: Gathered) -> dict[int, str]:
    for number, name, above, memo in database.rows("code_cat", "catid", "name", "supercatid", "memo"):
        key = f"category {number}"
        parent = f"category {above}" if above is not None else ""
        out.codes[key] = RawCode(key=key, name=str(name), parent=parent, codable=False, description=memo or "")
    keys = {}
    for number, name, category, above, memo in database.rows("code_name", "cid", "name", "catid", "supercid", "memo"):
        key = keys[number] = f"code {number}"
        parent = f"code {above}" if above is not None else f"category {category}" if category is not None else ""
        out.codes[key] = RawCode(key=key, name=str(name), parent=parent, description=memo or "")
    return keys


def _codings(database: Database, out: Gathered, names: dict[int, str], keys: dict[int, str], file: str) -> None:
    apart = lost = speakers = 0
    wanted = ("cid", "fid", "seltext", "pos0", "pos1", "owner")
    for code, source, words, start, end, owner in database.rows("code_text", *wanted):
        if str(owner) == SPEAKERS:
            speakers += 1
        elif code not in keys or source not in names:
            lost += 1
        else:
            text = out.texts.get(names[source], "")
            if not (isinstance(start, int) and isinstance(end, int)):
                apart += 1
                continue
            apart += words is not None and text[start:end] != line_feeds(str(words))
            out.codings.append(
                RawCoding(source=names[source], start=start, end=end, coder=str(owner or ""), code=keys[code])
            )
    out.note("speakers", "marks of speakers that the program made are no codings", speakers)
    out.note("no_such_code", "codings of a deleted code or document were left out", lost)
    if apart:
        raise DataError(
            Problem(
                file,
                f"{apart} codings do not point at the words stored with them.",
                "The texts were changed outside the program; open it there, repair and save.",
            )
        )


def _cases(database: Database, out: Gathered, names: dict[int, str]) -> None:
    values: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
    other: set[str] = set()
    for name, kind, value, number in database.rows("attribute", "name", "attr_type", "value", "id"):
        meaning = meaning_of(str(name))
        if meaning in ("wave", "role", "case") and value:
            values[str(kind), number][meaning] = str(value)
        else:
            other.add(str(name))
    out.note("other_variables", "variables of sources and cases that were not used", len(other))
    people = {number: str(name) for number, name in database.rows("cases", "caseid", "name")}
    have = set()
    for person, source, start, end in database.rows("case_text", "caseid", "fid", "pos0", "pos1"):
        if person in people and source in names and isinstance(start, int) and isinstance(end, int):
            have.add(source)
            meant = {**values["case", person], **values["file", source]}
            whole = start == 0 and end >= len(out.texts.get(names[source], "")) - 1
            out.cases.append(
                RawCase(
                    source=names[source],
                    case=people[person],
                    start=0 if whole else start,
                    end=WHOLE if whole else end,
                    wave=meant.get("wave", ""),
                    role=meant.get("role", ""),
                )
            )
    for source, name in names.items():
        meant = values["file", source]
        if source not in have and meant:
            out.cases.append(
                RawCase(
                    source=name,
                    case=meant.get("case", ""),
                    wave=meant.get("wave", ""),
                    role=meant.get("role", ""),
                )
            )
