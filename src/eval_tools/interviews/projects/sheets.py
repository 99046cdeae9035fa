"""Codings in sheets: one row a coding, one column a coder, or one column a code; found by their headers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from eval_tools.errors import DataError, Problem
from eval_tools.interviews.gathered import Gathered, RawCase, RawCode, RawCoding, plain_name
from eval_tools.interviews.projects.cells import Sheet, read_cells
from eval_tools.interviews.projects.layout import Columns, cell_of, columns_of, number
from eval_tools.interviews.projects.meanings import folded, meaning_of

Blank = Literal["nothing", "not assigned"]
NOT_ASSIGNED = frozenset({"na", "n/a", "#n/a", "nan", "未編", "未编", "未分配", "不適用", "不适用"})
_YES, _NO = frozenset({"1", "x", "✓", "✔", "√", "是", "有"}), frozenset({"0", "否", "無", "无"})
_SPLIT = re.compile(r"[\n;；、]+")
_PATH = re.compile(r"\s*(?: > |\\|›)\s*")


def read_sheets(
    path: Path,
    *,
    texts: Mapping[str, str] | None = None,
    units: Mapping[str, tuple[str, int, int]] | None = None,
    coder: str = "",
    blank: Blank | None = None,
    encoding: str = "utf-8",
) -> Gathered:
    """Read codings from a CSV or XLSX file.

    Three layouts, told by their headers (English, Traditional or Simplified Chinese), never by position:

    - long: a column ``code``, and ``source`` or ``unit``; exports of MAXQDA, ATLAS.ti, NVivo, Dedoose, Taguette and
      QualCoder are of this kind;
    - wide: ``unit`` or ``source``, and one column for each coder, codes in the cells separated by ``;``, ``；``,
      ``、`` or line ends;
    - binary: the same with one column for each code that holds 1 or 0; the coder is a column, the sheet, or ``coder``.

    Parameters
    ----------
    path : Path
    texts : mapping of str to str, optional
        The documents, by name: then passages without positions are looked up in them.
    units : mapping of str to (source, start, end), optional
        Where each unit of a wide or binary sheet lies.
    coder : str
        Whose file it is, where it does not say.
    blank : {"nothing", "not assigned"}, optional
        What an empty cell means, needed where nothing in the sheet tells.
    encoding : str
        Of a CSV file.

    Raises
    ------
    DataError
        Headers that tell nothing; dates where codes should be; empty cells that could mean two things; passages that
        are not in their document.
    """
    out = Gathered(texts=dict(texts or {}))
    sheets = read_cells(path, encoding=encoding)
    if not sheets or not any(sheet.rows for sheet in sheets):
        raise DataError(Problem(path.name, "holds no rows.", "Export it again."))
    problems: list[Problem] = []
    for sheet in sheets:
        where = f"{path.name}, sheet {sheet.name!r}" if len(sheets) > 1 else path.name
        columns = columns_of(sheet)
        out.note("merged_cells", "cells were filled from the merged cell above them", sheet.filled)
        if not ({"source", "unit"} & set(columns.at)):
            if len(sheets) > 1:
                out.note("sheet_skipped", "sheets without a column for document or unit were left out")
                continue
            problems.append(_no_layout(where))
        elif "code" in columns.at:
            _long(sheet, columns, out, where, problems)
        elif columns.rest and _is_binary(sheet, columns):
            own = coder or (sheet.name if len(sheets) > 1 else "")
            _binary(sheet, columns, out, where, units or {}, own, blank, problems)
        elif columns.rest:
            _wide(sheet, columns, out, where, units or {}, blank, problems)
        else:
            problems.append(_no_layout(where))
    if problems:
        raise DataError(problems)
    return out


def _no_layout(where: str) -> Problem:
    return Problem(
        where,
        "the headers tell no layout.",
        "Name the columns: source (文件) or unit (單位), code (代碼), coder (編碼者); or unit and one for each coder.",
    )


def _codes_of(cell: str, out: Gathered, *, commas: bool = False) -> list[str]:
    """Return the keys of the codes in a cell, made known with the codes above them."""
    keys = []
    for piece in _SPLIT.split(cell.replace(",", "\n") if commas else cell):
        names = [name.strip() for name in _PATH.split(f" {piece} ") if name.strip()]
        above = ""
        for depth, name in enumerate(names):
            key = f"{above} > {name}" if above else name
            known = out.codes.get(key)
            leaf = depth == len(names) - 1
            if known is None or (leaf and not known.codable):
                out.codes[key] = RawCode(key=key, name=name, parent=above, codable=leaf)
            above = key
        if above:
            keys.append(above)
    return list(dict.fromkeys(keys))


def _dates(sheet: Sheet, columns: Sequence[int], where: str, problems: list[Problem]) -> None:
    wrong = [sheet.header[i] for i in columns if i in sheet.dates]
    if wrong:
        problems.append(
            Problem(
                where,
                f"column {wrong[0]!r} holds dates where codes should be.",
                "The spreadsheet turned codes such as 1-2 into dates: set the column to text and type them again.",
            )
        )


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


# ---------------------------------------------------------------------------------------------------------------- long


def _long(sheet: Sheet, columns: Columns, out: Gathered, where: str, problems: list[Problem]) -> None:
    _dates(sheet, [columns.at["code"]], where, problems)
    folds = {folded(name) for name in sheet.header}
    paragraphs = "beginning" in folds and ("coverage" in folds or "area" in folds)  # MAXQDA counts paragraphs
    commas = folded(sheet.header[columns.at["code"]]) == "codesappliedcombined"
    weights = _weighted_codes(sheet)
    lost = doubtful = nowhere = no_source = repeated = 0
    seen: set[tuple[str, int, int, str, str]] = set()
    for row in sheet.rows:
        source = plain_name(cell_of(row, columns, "source") or cell_of(row, columns, "unit"))
        if not source:
            no_source += 1
            continue
        _case_of(row, columns, source, out)
        codes = _codes_of(row[columns.at["code"]], out, commas=commas)
        coder = cell_of(row, columns, "coder")
        if coder and not codes:
            out.assigned.add((source, coder))  # a row without a code: looked at, and nothing found
            continue
        place = _place(row, columns, source, out, paragraphs=paragraphs)
        if place is None:
            lost += 1
            continue
        doubtful += place[2]
        nowhere += place[:2] == (0, 0)
        for code in codes:
            weight = _weight(weights.get(code, {}).get(id(row), "") or cell_of(row, columns, "weight"))
            key = (source, place[0], place[1], coder, code)
            if place[:2] == (0, 0) and key in seen:
                repeated += 1
                continue
            seen.add(key)
            out.codings.append(
                RawCoding(
                    source=source,
                    start=place[0],
                    end=place[1],
                    coder=coder,
                    code=code,
                    weight=float("nan") if paragraphs and weight == 0 else weight,
                )
            )
    if no_source:
        problems.append(Problem(where, f"{no_source} rows do not say from which document.", "Fill the column."))
    if lost:
        problems.append(
            Problem(
                where,
                f"{lost} passages are not in their document, or their positions are no numbers.",
                "Give the texts that were coded.",
            )
        )
    if doubtful:
        problems.append(
            Problem(
                where,
                f"{doubtful} passages occur more than once in their document.",
                "Export positions too: as a REFI-QDA project (.qdpx), or from another program.",
            )
        )
    if paragraphs and not out.texts:
        last = {c.source: 0 for c in out.codings}
        for c in out.codings:
            last[c.source] = max(last[c.source], c.end)
        for source, n in last.items():
            out.units[source] = [(i, i + 1) for i in range(n)]
        what = "documents have paragraphs for positions; those after the last coded one are not known"
        out.note("paragraphs", what, len(last))
    what = "codings have no position, so only whole documents can be compared"
    out.note("no_positions", what, nowhere)
    out.note("repeated", "repeated codings of one document were counted once", repeated)


def _weighted_codes(sheet: Sheet) -> dict[str, dict[int, str]]:
    """Return the points of Dedoose's columns ``Code: NAME Weight``, by code and row."""
    found: dict[str, dict[int, str]] = {}
    for i, name in enumerate(sheet.header):
        match = re.fullmatch(r"Code: (.+) Weight", name)
        if match:
            found[match.group(1).strip()] = {id(row): row[i] for row in sheet.rows}
    return found


def _place(
    row: Sequence[str], columns: Columns, source: str, out: Gathered, *, paragraphs: bool
) -> tuple[int, int, bool] | None:
    """Return start, end, and whether there are several places; None if there is none."""
    start, end = number(cell_of(row, columns, "start")), number(cell_of(row, columns, "end"))
    words = cell_of(row, columns, "text")
    text = out.texts.get(source)
    if start is not None and end is not None and not paragraphs:
        if text is None or not words or "".join(text[start:end].split()) == "".join(words.split()):
            return start, end, False
        return None
    if text is None and paragraphs and start is not None and end is not None:
        return (start - 1, end, False) if 1 <= start <= end else None
    if text is None:
        return 0, 0, False
    first, last = 0, len(text)
    if paragraphs and start is not None and end is not None:
        lines = [0, *(m.end() for m in re.finditer("\n", text)), len(text) + 1]
        if not 1 <= start <= end < len(lines):
            return None
        first, last = lines[start - 1], lines[end] - 1
    found = [m.start() + first for m in re.finditer(re.escape(words), text[first:last])] if words else []
    if not found:
        return None
    return found[0], found[0] + len(words), len(found) > 1


def _case_of(row: Sequence[str], columns: Columns, source: str, out: Gathered) -> None:
    case, wave, role = (cell_of(row, columns, meaning) for meaning in ("case", "wave", "role"))
    if wave and columns.group and meaning_of(wave) != "a wave":
        wave = ""  # a group of documents that is not named after a wave can be anything
    if case or wave or role:
        one = RawCase(source=source, case=case, wave=wave, role=role)
        if one not in out.cases[-200:]:
            out.cases.append(one)


# ----------------------------------------------------------------------------------------------------- wide and binary


def _unit(
    row: Sequence[str],
    columns: Columns,
    out: Gathered,
    units: Mapping[str, tuple[str, int, int]],
    missing: list[int],
) -> tuple[str, int, int]:
    """Return where a unit lies; a unit without a document is a document of its own."""
    unit, text = cell_of(row, columns, "unit"), cell_of(row, columns, "text")
    if unit and units:
        if unit in units:
            source, start, end = units[unit]
            out.units.setdefault(source, []).append((start, end))
            return source, start, end
        missing.append(1)
        return unit, 0, 0
    named = cell_of(row, columns, "source")
    first, last = number(cell_of(row, columns, "start")), number(cell_of(row, columns, "end"))
    if named and first is not None and last is not None:
        source = plain_name(named)
        out.units.setdefault(source, []).append((first, last))
        return source, first, last
    if named and not unit and "text" not in columns.at:
        return plain_name(named), 0, 0
    # one after another, in the order of the rows: a document that is made of its units
    source = plain_name(named or unit)
    before = out.units.setdefault(source, [])
    if not before:
        out.texts[source] = ""
    start = len(out.texts[source]) + bool(before)
    out.texts[source] += ("\n" if before else "") + (text or "·")
    before.append((start, len(out.texts[source])))
    return source, start, len(out.texts[source])


def _meant(sheet: Sheet, columns: Sequence[int], blank: Blank | None, where: str, problems: list[Problem]) -> Blank:
    """Return what an empty cell means: told by the user, or by cells that say "not assigned"."""
    cells = [row[i] for row in sheet.rows for i in columns]
    empty = sum(not cell for cell in cells)
    if blank is not None or not empty:
        return blank or "nothing"
    if any(cell.casefold() in NOT_ASSIGNED for cell in cells):
        return "nothing"
    problems.append(
        Problem(
            where,
            f"{empty} cells are empty: did the coder find nothing there, or was the unit not given to him or her?",
            "Say so once, with blank: nothing, or not assigned; or write NA where a unit was not given.",
        )
    )
    return "nothing"


def _wide(
    sheet: Sheet,
    columns: Columns,
    out: Gathered,
    where: str,
    units: Mapping[str, tuple[str, int, int]],
    blank: Blank | None,
    problems: list[Problem],
) -> None:
    _dates(sheet, columns.rest, where, problems)
    meaning = _meant(sheet, columns.rest, blank, where, problems)
    missing: list[int] = []
    partly: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for row in sheet.rows:
        source, start, end = _unit(row, columns, out, units, missing)
        _case_of(row, columns, source, out)
        for i in columns.rest:
            coder, cell = sheet.header[i], row[i]
            given = not (cell.casefold() in NOT_ASSIGNED or (not cell and meaning == "not assigned"))
            partly[source, coder].append(given)
            if given:
                for code in _codes_of(cell, out):
                    out.codings.append(RawCoding(source=source, start=start, end=end, coder=coder, code=code))
    _assign(partly, out, where, problems)
    _missing_units(missing, where, problems)


def _is_binary(sheet: Sheet, columns: Columns) -> bool:
    cells = {row[i].casefold() for row in sheet.rows for i in columns.rest} - {""} - NOT_ASSIGNED
    return bool(cells) and cells <= _YES | _NO and bool(cells & {"0", "1"})


def _binary(
    sheet: Sheet,
    columns: Columns,
    out: Gathered,
    where: str,
    units: Mapping[str, tuple[str, int, int]],
    own: str,
    blank: Blank | None,
    problems: list[Problem],
) -> None:
    meaning = _meant(sheet, columns.rest, blank, where, problems)
    missing: list[int] = []
    partly: dict[tuple[str, str], list[bool]] = defaultdict(list)
    places: dict[str, tuple[str, int, int]] = {}
    if "coder" not in columns.at and not own:
        problems.append(
            Problem(where, "does not say who coded.", "Add a column coder (編碼者), or say whose file it is.")
        )
        return
    for row in sheet.rows:
        name = f"{cell_of(row, columns, 'source')}\x00{cell_of(row, columns, 'unit')}"
        if name not in places:
            places[name] = _unit(row, columns, out, units, missing)
        source, start, end = places[name]
        _case_of(row, columns, source, out)
        coder = cell_of(row, columns, "coder") or own
        cells = [row[i].casefold() for i in columns.rest]
        away = [c in NOT_ASSIGNED or (not c and meaning == "not assigned") for c in cells]
        if any(away) and not all(away):
            problems.append(
                Problem(where, "a unit is given for some codes only.", "Give a unit for all codes or none.")
            )
            return
        partly[source, coder].append(not all(away))
        for i, cell in zip(columns.rest, cells, strict=True):
            (code,) = _codes_of(sheet.header[i], out)
            if cell in _YES:
                out.codings.append(RawCoding(source=source, start=start, end=end, coder=coder, code=code))
    _assign(partly, out, where, problems)
    _missing_units(missing, where, problems)


def _assign(
    partly: Mapping[tuple[str, str], Sequence[bool]], out: Gathered, where: str, problems: list[Problem]
) -> None:
    out.all_assigned = True
    for key, given in partly.items():
        if all(given):
            out.assigned.add(key)
    mixed = sum(any(given) and not all(given) for given in partly.values())
    if mixed:
        problems.append(
            Problem(
                where,
                f"{mixed} documents were given to a coder in part.",
                "Give each document as a whole, or give each unit a document of its own.",
            )
        )


def _missing_units(missing: Sequence[int], where: str, problems: list[Problem]) -> None:
    if missing:
        problems.append(Problem(where, f"{len(missing)} units are not in the list of units.", "Give the full list."))
