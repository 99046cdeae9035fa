"""Questionnaire YAML -> frozen Instrument: form, then meaning, then the definition's own test vectors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from eval_tools.definitions.shapes import check_shape
from eval_tools.definitions.strict_yaml import Document, read_yaml
from eval_tools.errors import DefinitionError, Problem, UnknownNames, unknown_problem
from eval_tools.instruments.build import build_instrument
from eval_tools.instruments.check_bands import check_bands
from eval_tools.instruments.check_facts import check_facts
from eval_tools.instruments.check_form import check_answers, check_form
from eval_tools.instruments.check_scales import check_scales
from eval_tools.instruments.instrument import Instrument
from eval_tools.instruments.schema import INSTRUMENT
from eval_tools.instruments.tables_beside import TablesBeside, read_tables_beside
from eval_tools.instruments.vectors import check_vectors

Instruments = Mapping[str, Instrument]


def load_instruments(folder: Path, ids: list[str] | None = None) -> Instruments:
    """Load the questionnaires named, or all of them, from ``<folder>/<family>/<id>.yaml``.

    Raises
    ------
    DefinitionError
        With every problem of every file: unknown keys, items in no scale, bands that do not tile the
        range, vectors that fail, ids that are used twice or do not exist.
    """
    files: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*/*.yaml")):
        files.setdefault(path.stem, []).append(path)
    unknown = [i for i in ids or () if i not in files]
    if unknown:
        raise UnknownNames("questionnaire", missing=unknown, known=sorted(files), where=folder.name)
    loaded: dict[str, Instrument] = {}
    problems: list[Problem] = []
    for name in ids if ids is not None else sorted(files):
        first, *others = files[name]
        for other in others:
            where = f"{other.relative_to(folder.parent).as_posix()}:1"
            what = f"the id {name!r} is used twice, also by {first.relative_to(folder.parent).as_posix()}."
            problems.append(Problem(where, what, "One file for one form; rename or remove one."))
        try:
            loaded[name] = load_instrument(first, root=folder.parent)
        except DefinitionError as error:
            problems += error.problems
    problems += [problem for one in loaded.values() for problem in _check_other_forms(one, sorted(files))]
    if problems:
        raise DefinitionError(problems)
    return MappingProxyType(loaded)


def load_instrument(path: Path, *, root: Path | None = None) -> Instrument:
    """Load one questionnaire; see :func:`load_instruments`."""
    return parse_instrument(read_yaml(path, root=root), expected_id=path.stem, folder=path.parent)


def parse_instrument(doc: Document, *, expected_id: str | None = None, folder: Path | None = None) -> Instrument:
    """Turn a document into an Instrument, or raise with every problem at once.

    ``folder`` is where the tables lie that the definition names (norms, conversion of raw scores).
    """
    problems = check_shape(doc, INSTRUMENT)
    if problems:
        raise DefinitionError(problems)
    beside = read_tables_beside(doc, folder)
    problems = [*beside.problems, *_check_meaning(doc, expected_id, beside)]
    if problems:
        raise DefinitionError(doc.in_order(problems))
    instrument = build_instrument(doc, beside)
    failures = check_vectors(instrument, doc)
    if failures:
        raise DefinitionError(failures)
    return instrument


def _check_meaning(doc: Document, expected_id: str | None, beside: TablesBeside) -> list[Problem]:
    answers_unclear = check_answers(doc)
    return [
        *check_form(doc, expected_id),
        *answers_unclear,
        *check_scales(doc, beside, with_range=not answers_unclear),
        *check_bands(doc),
        *check_facts(doc, beside),
    ]


def _check_other_forms(instrument: Instrument, known: list[str]) -> list[Problem]:
    """A form that another one follows, or that replaces it, must be there."""
    named = {
        "follow_up_of": {instrument.follow_up_of},
        "omit_form": {rule.omit_form for item in instrument.items.values() for rule in item.critical},
    }
    return [
        unknown_problem(f"questionnaire in {key}", missing=[name], known=known, where=f"{instrument.file}:1")
        for key, names in named.items()
        for name in sorted(filter(None, names))
        if name not in known
    ]
