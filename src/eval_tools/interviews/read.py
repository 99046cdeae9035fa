"""Read coded interviews of any known format, told by what the file is, with the lists that lie beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from eval_tools.errors import DataError, Problem, UnknownNames
from eval_tools.interviews.gathered import Gathered, Note, Project, RawCase, RawCode, finish, line_feeds, plain_name
from eval_tools.interviews.projects.label_studio import read_label_studio
from eval_tools.interviews.projects.lists import read_assignments, read_cases, read_codebook, read_units
from eval_tools.interviews.projects.qualcoder import read_qualcoder
from eval_tools.interviews.projects.refi import read_qdc, read_qdpx
from eval_tools.interviews.projects.rqda import read_rqda
from eval_tools.interviews.projects.sheets import Blank, read_sheets
from eval_tools.interviews.projects.taguette import read_taguette
from eval_tools.interviews.projects.uima import read_uima
from eval_tools.interviews.projects.word import Documents, read_word

MAX_TEXT = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the user tells, where a file does not."""

    coder: str = ""  # whose file it is, or whose files all are
    coders: Mapping[str, str] = field(default_factory=dict)  # other names for coders
    counting: str = ""  # what positions count, see projects.offsets
    blank: Blank | None = None  # what an empty cell of a sheet means
    encoding: str = "utf-8"  # of CSV files
    documents: Documents = "file"  # of Word: whether headings begin other interviews
    project: str = ""  # of several in a Taguette database
    layer: str = ""  # of UIMA
    texts: Path | None = None  # folder with the documents as .txt
    units: Path | None = None  # sheet: unit, source, start, end
    cases: Path | None = None  # sheet: source, case, wave, role
    assignments: Path | None = None  # sheet: source, coder
    codebook: Path | None = None  # .qdc, or sheet: code, parent, description


def _sheets(path: Path, told: Reading) -> Gathered:
    return read_sheets(
        path,
        texts=None if told.texts is None else _texts(told.texts),
        units=None if told.units is None else read_units(told.units, encoding=told.encoding),
        coder=told.coder,
        blank=told.blank,
        encoding=told.encoding,
    )


def _word(files: Sequence[Path], told: Reading) -> Gathered:
    codes = [] if told.codebook is None else [c.name for c in _codebook(told.codebook, told).values()]
    return read_word(files, codes=codes, documents=told.documents, one_coder=bool(told.coder))


def _json(path: Path, told: Reading) -> Gathered:
    with path.open("rb") as stream:
        beginning = stream.read(4096)
    if b"%TYPES" in beginning or b"%FEATURE_STRUCTURES" in beginning:
        return read_uima(path, layer=told.layer, coder=told.coder)
    return read_label_studio(path, counting=told.counting)


def _each(reader: Callable[[Path, Reading], Gathered]) -> _Reader:
    """Read files one by one, and put them together if there are several."""

    def read(files: Sequence[Path], told: Reading) -> Gathered:
        pieces = [(file, reader(file, told)) for file in files]
        return pieces[0][1] if len(pieces) == 1 else _together(pieces, told)

    return read


_Reader = Callable[[Sequence[Path], Reading], Gathered]
READERS: dict[str, tuple[str, _Reader]] = {
    ".qdpx": ("REFI-QDA project", _each(lambda path, told: read_qdpx(path, counting=told.counting))),
    ".qda": ("QualCoder project", _each(lambda path, told: read_qualcoder(path))),
    ".sqlite3": ("Taguette database", _each(lambda path, told: read_taguette(path, project=told.project))),
    ".docx": ("Word comments", _word),
    ".xlsx": ("sheet", _each(_sheets)),
    ".csv": ("sheet", _each(_sheets)),
    ".tsv": ("sheet", _each(_sheets)),
    ".json": ("Label Studio or UIMA", _each(_json)),
    ".xmi": ("UIMA CAS", _each(lambda path, told: read_uima(path, layer=told.layer, coder=told.coder))),
    ".rqda": ("RQDA project", _each(lambda path, told: read_rqda(path))),
}


def read_interviews(paths: Path | Sequence[Path], told: Reading | None = None) -> Project:
    r"""Read coded interviews.

    Parameters
    ----------
    paths : Path or sequence of Path
        One project; or the files of several coders, of one format, whose documents have the same names and texts.
        A folder that is no QualCoder project stands for the files in it.
    told : Reading, optional
        What the files do not say.

    Returns
    -------
    Project
        Codings, codebook, assignments and cases as tables, the texts, and notes on what was chosen or left out.

    Raises
    ------
    DataError
        What cannot be read, or could be read in two ways; places, counts and remedies, no names or quotations.
    UnknownNames
        A format that is not known.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "codings.csv"
    ...     _ = file.write_text("source,start,end,code,coder\ntalk,0,4,sad,A\ntalk,2,6,sad,B\n", encoding="utf-8")
    ...     project = read_interviews(file)
    >>> project.codings[["coder", "start", "end"]].values.tolist(), project.format
    ([['A', 0, 4], ['B', 2, 6]], 'sheet')
    """
    told = told or Reading()
    files = _files([paths] if isinstance(paths, Path) else list(paths))
    unknown = [f.suffix or f.name for f in files if f.suffix.lower() not in READERS]
    if unknown:
        raise UnknownNames("format", missing=unknown[:1], known=tuple(READERS), where=files[0].name)
    try:
        return _read(files, told)
    except RecursionError as error:
        raise DataError(Problem(files[0].name, "is nested too deeply for any export.", "Do not trust it.")) from error


def _read(files: Sequence[Path], told: Reading) -> Project:
    formats = {READERS[f.suffix.lower()][0] for f in files}
    if len(formats) != 1:
        raise DataError(Problem(files[0].parent.name, "holds files of several formats.", "Name the files of one."))
    format_, reader = READERS[files[0].suffix.lower()]
    gathered = reader(files, told)
    _beside(gathered, told)
    file = files[0].name if len(files) == 1 else files[0].parent.name
    return finish(gathered, file=file, format=format_, coder=told.coder, names=told.coders)


def _files(paths: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise DataError(Problem(path.name, "does not exist.", "Check the path."))
        if path.is_dir() and not (path / "data.qda").exists():
            found = sorted(
                p for p in path.iterdir() if p.suffix.lower() in READERS and not p.name.startswith(("~", "."))
            )
            if not found:
                raise DataError(
                    Problem(path.name, "holds no project that can be read.", f"Known: {', '.join(READERS)}.")
                )
            files += found
        else:
            files.append(path)
    return files


def _together(pieces: Sequence[tuple[Path, Gathered]], told: Reading) -> Gathered:
    """Put the projects of several coders together: documents by name and text, codes by their names."""
    out = Gathered()
    different = 0
    everybody = [{c.coder for c in g.codings} for _, g in pieces]
    # each file has one coder, and all the same one: then the file is the coder
    by_file = not told.coder and all(len(one) <= 1 for one in everybody) and len(set().union(*everybody)) <= 1
    if by_file:
        out.note(
            "coder_is_file",
            "all codings have the same coder or none, so each file was taken for one coder",
            len(pieces),
        )
    for path, piece in pieces:
        keys = _codes_by_name(piece, out)
        for source, text in piece.texts.items():
            different += out.texts.setdefault(source, text) != text
        out.codings += [
            replace(c, code=keys[c.code], coder=path.stem if by_file else c.coder)
            for c in piece.codings
            if c.code in keys
        ]
        out.cases += piece.cases
        out.assigned |= {(s, path.stem if by_file else c) for s, c in piece.assigned}
        if by_file:
            out.assigned |= {(source, path.stem) for source in piece.texts}
            out.all_assigned = bool(piece.texts)
        out.units |= piece.units
        for note in piece.notes:
            out.note(note.rule, note.what, note.count)
    if different:
        raise DataError(
            Problem(
                pieces[0][0].parent.name,
                f"{different} documents have the same name in two files, but not the same text.",
                "Coders must have coded the same text; repair the copy, or give the documents other names.",
            )
        )
    return out


def _codes_by_name(piece: Gathered, out: Gathered) -> dict[str, str]:
    """Return under which key each code of a piece is known, by the path of names to it."""
    paths: dict[str, str] = {}
    for key in piece.codes:
        names: list[str] = []
        here, seen = key, set[str]()
        while here in piece.codes and here not in seen:
            seen.add(here)
            names.insert(0, piece.codes[here].name)
            here = piece.codes[here].parent
        paths[key] = "\x00".join(names)
    for key, path in paths.items():
        code = piece.codes[key]
        out.codes.setdefault(path, replace(code, key=path, parent=paths.get(code.parent, "")))
    return paths


def _beside(gathered: Gathered, told: Reading) -> None:
    """Add what lies beside the project: cases, assignments, codebook and texts."""
    if told.texts is not None:
        for name, text in _texts(told.texts).items():
            gathered.texts.setdefault(name, text)
    if told.cases is not None:
        gathered.cases[:] = read_cases(told.cases, encoding=told.encoding)
    if told.assignments is not None:
        gathered.assigned = read_assignments(told.assignments, encoding=told.encoding)
        gathered.all_assigned = True
    if told.codebook is not None:
        known = {code.name: key for key, code in gathered.codes.items()}
        book = _codebook(told.codebook, told)
        keys = {key: known.get(code.name, key) for key, code in book.items()}
        for key, code in book.items():
            gathered.codes[keys[key]] = replace(code, key=keys[key], parent=keys.get(code.parent, code.parent))
        extra = len(gathered.codes) - len(set(keys.values()))
        what = "codes that are used or defined in the project are not in the codebook given"
        gathered.note("not_in_codebook", what, extra)


def _codebook(path: Path, told: Reading) -> dict[str, RawCode]:
    return read_qdc(path).codes if path.suffix.lower() == ".qdc" else read_codebook(path, encoding=told.encoding)


def _texts(folder: Path) -> dict[str, str]:
    """Read the documents of a folder; text files only, in UTF-8."""
    if not folder.is_dir():
        raise DataError(Problem(folder.name, "is no folder.", "Name the folder of the documents."))
    texts = {}
    for path in sorted(folder.glob("*.txt")):
        if path.stat().st_size > MAX_TEXT:
            raise DataError(Problem(path.name, f"is larger than {MAX_TEXT:,} bytes.", "Is it the right file?"))
        try:
            texts[plain_name(path.name)] = line_feeds(path.read_bytes().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise DataError(Problem(path.name, "is not UTF-8.", "Save it as UTF-8 text.")) from error
    if not texts:
        raise DataError(Problem(folder.name, "holds no .txt files.", "Save the documents as UTF-8 text."))
    return texts


__all__ = ["Note", "Project", "RawCase", "Reading", "read_interviews"]
