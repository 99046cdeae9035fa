"""What a reader gathers from one project, and the tables it becomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eval_tools.errors import DataError, Problem
from eval_tools.tables import CASES, CODEBOOK, CODING_ASSIGNMENTS, CODINGS, check_table

if TYPE_CHECKING:
    import pandas as pd

WHOLE = -1  # end of a stretch that is the whole document
SEPARATOR = " > "


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something a reader of the results should know; never a name, a quotation or a path."""

    rule: str
    what: str
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RawCode:
    """One code as the project holds it; ``key`` is unique in the project, names need not be."""

    key: str
    name: str
    parent: str = ""  # key of the one above
    codable: bool = True
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawCoding:
    """One coding, offsets already in code points of the text as kept."""

    source: str
    start: int
    end: int
    coder: str
    code: str  # key of the code
    weight: float = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawCase:
    """One person in one source, or in a part of it."""

    source: str
    case: str
    start: int = 0
    end: int = WHOLE
    wave: str = ""
    role: str = ""


@dataclass(slots=True, kw_only=True)
class Gathered:
    """Filled by a reader, piece by piece."""

    texts: dict[str, str] = field(default_factory=dict)  # with line feeds only, without byte-order mark
    codes: dict[str, RawCode] = field(default_factory=dict)
    codings: list[RawCoding] = field(default_factory=list)
    cases: list[RawCase] = field(default_factory=list)
    assigned: set[tuple[str, str]] = field(default_factory=set)  # declared: (source, coder)
    all_assigned: bool = False  # whether that is the full list
    units: dict[str, list[tuple[int, int]]] = field(default_factory=dict)  # units that a sheet gives, by source
    notes: list[Note] = field(default_factory=list)

    def note(self, rule: str, what: str, count: int = 1) -> None:
        """Note something, with a count; nothing if the count is 0, and once if it is noted again."""
        for place, note in enumerate(self.notes):
            if (note.rule, note.what) == (rule, what):
                self.notes[place] = Note(rule=rule, what=what, count=note.count + count)
                return
        if count:
            self.notes.append(Note(rule=rule, what=what, count=count))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Project:
    """Coded interviews: tables, the texts (never to be published), and what a reader of results should know."""

    codings: pd.DataFrame
    codebook: pd.DataFrame
    assignments: pd.DataFrame
    cases: pd.DataFrame
    texts: Mapping[str, str]
    units: Mapping[str, Sequence[tuple[int, int]]]  # that a sheet gave; empty where passages were marked freely
    notes: tuple[Note, ...]
    format: str


def finish(
    gathered: Gathered,
    *,
    file: str,
    format: str,
    coder: str = "",
    names: Mapping[str, str] | None = None,
) -> Project:
    """Make the tables: codes named, codings checked and merged, assignments told or taken from what was coded.

    Parameters
    ----------
    gathered : Gathered
    file : str
        Name used in messages.
    format : str
        What was read.
    coder : str
        Who coded, where the project does not say or always says the same; replaces every coder.
    names : mapping of str to str, optional
        Other names for coders, so that one person's projects meet.

    Raises
    ------
    DataError
        Offsets outside the text, codings without a coder or of an unknown code; all at once, as counts.
    """
    ids = _ids_of_codes(gathered.codes)
    called = dict(names or {})

    def name_of(one: str) -> str:
        return coder or called.get(one, one)

    problems = _problems(gathered, file, coder)
    if problems:
        raise DataError(problems)
    rows, n_merged = _merged(
        [(c.source, name_of(c.coder), ids[c.code], c.start, c.end, c.weight) for c in gathered.codings]
    )
    notes = list(gathered.notes)
    if n_merged:
        what = "codings of one coder and code that overlapped or touched were merged"
        notes.append(Note(rule="merged", what=what, count=n_merged))
    coders = sorted({row[1] for row in rows} | {name_of(c) for _, c in gathered.assigned})
    if len(coders) == 1:
        notes.append(Note(rule="one_coder", what="there is one coder only, so agreement cannot be estimated"))
    used = {row[2] for row in rows}
    unused = [key for key, one in gathered.codes.items() if one.codable and ids[key] not in used]
    if unused:
        notes.append(Note(rule="unused_codes", what="codes that nobody used", count=len(unused)))
    if not rows:
        notes.append(Note(rule="no_codings", what="the project holds no coding of text"))
    return Project(
        codings=_codings_table(rows),
        codebook=_codebook_table(gathered.codes, ids),
        assignments=_assignments_table(
            rows, {(s, name_of(c)) for s, c in gathered.assigned}, notes, complete=gathered.all_assigned
        ),
        cases=_cases_table(gathered.cases),
        texts=dict(gathered.texts),
        units={source: sorted(set(spans)) for source, spans in gathered.units.items()},
        notes=tuple(notes),
        format=format,
    )


def plain_name(name: str, taken: Iterable[str] = ()) -> str:
    """Return the name of a document without the ending of its file, unless another document has that name.

    Examples
    --------
    >>> plain_name("child_01_pre.txt"), plain_name("v1.2 talk"), plain_name("a.docx", taken=["a"])
    ('child_01_pre', 'v1.2 talk', 'a.docx')
    """
    stem, dot, ending = name.strip().rpartition(".")
    plain = stem if dot and stem and ending.lower() in _ENDINGS else name.strip()
    return name.strip() if plain in set(taken) else plain


_ENDINGS = frozenset({"txt", "docx", "doc", "rtf", "odt", "pdf", "md", "html", "htm", "xmi", "json", "epub"})


def line_feeds(text: str) -> str:
    r"""Return the text as it is kept: without byte-order mark, a line ending with one line feed.

    Examples
    --------
    >>> line_feeds(chr(0xFEFF) + "a" + chr(13) + chr(10) + "b")
    'a\nb'
    """
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _ids_of_codes(codes: Mapping[str, RawCode]) -> dict[str, str]:
    """Name each code by its own name where that is unique, else by the path to it, else also by a number."""
    counts = Counter(code.name for code in codes.values())
    ids: dict[str, str] = {}
    taken: Counter[str] = Counter()
    for key, code in codes.items():
        name = code.name if counts[code.name] == 1 else SEPARATOR.join(_path(codes, key))
        taken[name] += 1
        ids[key] = name if taken[name] == 1 else f"{name} ({taken[name]})"
    return ids


def _path(codes: Mapping[str, RawCode], key: str) -> list[str]:
    path: list[str] = []
    seen: set[str] = set()
    while key in codes and key not in seen:
        seen.add(key)
        path.insert(0, codes[key].name)
        key = codes[key].parent
    return path


def _problems(gathered: Gathered, file: str, coder: str) -> list[Problem]:
    problems = []
    outside = sum(
        not 0 <= c.start <= c.end <= len(gathered.texts[c.source])
        for c in gathered.codings
        if c.source in gathered.texts
    )
    if outside:
        problems.append(
            Problem(file, f"{outside} codings point outside their text.", "Export the project again, with its texts.")
        )
    nobody = sum(not c.coder.strip() for c in gathered.codings)
    if nobody and not coder:
        problems.append(
            Problem(
                file,
                f"{nobody} codings do not say who coded.",
                "Say whose file it is, with coder: one project or sheet for each coder.",
            )
        )
    several = {c.coder for c in gathered.codings if c.coder.strip()}
    if coder and len(several) > 1:
        problems.append(
            Problem(
                file,
                f"names {len(several)} coders, but you said that one person coded it.",
                "Leave out coder, or give each coder another name.",
            )
        )
    unknown = sum(c.code not in gathered.codes for c in gathered.codings)
    if unknown:
        problems.append(
            Problem(file, f"{unknown} codings carry a code that is not in the codebook.", "Export with the codebook.")
        )
    return problems


_Row = tuple[str, str, str, int, int, float]


def _merged(rows: list[_Row]) -> tuple[list[_Row], int]:
    """Merge stretches of one coder, source and code that overlap or touch; points must then be the same."""
    out: list[_Row] = []
    for row in sorted(rows, key=lambda r: r[:5]):
        if out and out[-1][:3] == row[:3] and row[3] <= out[-1][4] and _same(out[-1][5], row[5]):
            out[-1] = (*out[-1][:4], max(out[-1][4], row[4]), out[-1][5])
        else:
            out.append(row)
    return out, len(rows) - len(out)


def _same(first: float, second: float) -> bool:
    return first == second or (first != first and second != second)


def _codings_table(rows: list[_Row]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(rows, columns=["source", "coder", "code", "start", "end", "weight"])
    frame = frame.astype({"start": int, "end": int, "weight": float})
    # points that differ on one stretch would repeat the key: the later one is kept apart by nothing, so refuse
    repeated = int(frame.duplicated(list(CODINGS.key)).sum())
    if repeated:
        raise DataError(
            Problem("codings", f"{repeated} codings give one stretch two different points.", "Keep one of each.")
        )
    frame = frame.sort_values(["source", "start", "end", "coder", "code"], kind="stable").reset_index(drop=True)
    return check_table(frame, CODINGS)


def _codebook_table(codes: Mapping[str, RawCode], ids: Mapping[str, str]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        {
            "code": ids[key],
            "parent": ids.get(code.parent, ""),
            "label": code.name,
            "codable": code.codable,
            "description": code.description,
        }
        for key, code in codes.items()
    ]
    return check_table(pd.DataFrame(rows, columns=list(CODEBOOK.columns)), CODEBOOK)


def _assignments_table(
    rows: list[_Row], declared: set[tuple[str, str]], notes: list[Note], *, complete: bool
) -> pd.DataFrame:
    import pandas as pd

    basis: dict[tuple[str, str], str] = {(row[0], row[1]): "coded" for row in rows}
    extra = set(basis) - declared
    if complete and extra:
        what = "documents coded by a coder to whom they were not assigned; they count as assigned"
        notes.append(Note(rule="coded_unassigned", what=what, count=len(extra)))
    elif extra:
        what = "nothing says who was to code what: a coder counts as assigned to a document in which he or she coded"
        notes.append(Note(rule="assignments_unknown", what=what))
    basis |= dict.fromkeys(declared, "declared")
    table = [{"source": s, "coder": c, "basis": b} for (s, c), b in sorted(basis.items())]
    return check_table(pd.DataFrame(table, columns=list(CODING_ASSIGNMENTS.columns)), CODING_ASSIGNMENTS)


def _cases_table(cases: list[RawCase]) -> pd.DataFrame:
    import pandas as pd

    rows = [
        {"source": c.source, "start": c.start, "end": c.end, "case": c.case, "wave": c.wave, "role": c.role}
        for c in dict.fromkeys(cases)
    ]
    frame = pd.DataFrame(rows, columns=list(CASES.columns)).drop_duplicates(list(CASES.key))
    return check_table(frame.sort_values(["source", "start", "case"]).reset_index(drop=True), CASES)
