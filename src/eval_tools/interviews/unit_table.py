"""What each coder says of each unit: a code applies, it does not, or the unit was not given to him or her."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from eval_tools.errors import DataError, DefinitionError, Problem, UnknownNames
from eval_tools.interviews.gathered import WHOLE, Project
from eval_tools.interviews.units import Unit, split_units

UnitChoice = Literal["sentence", "turn", "paragraph", "document", "person", "character", "given"]
UNIT_CHOICES: tuple[UnitChoice, ...] = get_args(UnitChoice)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitTable:
    """Units times coders times codes, with where each unit lies and whose words it holds."""

    said: NDArray[np.float64]  # (units, coders, codes): 1, 0, or NaN where the coder was not given the document
    coders: tuple[str, ...]
    codes: tuple[str, ...]  # those that may be put on a passage, in the order of the codebook
    sources: tuple[str, ...]  # per unit; of a person the first document
    spans: tuple[tuple[int, int], ...]  # per unit
    people: tuple[str, ...]  # per unit: the person, or the document where people are not known
    people_known: bool
    unit: UnitChoice

    def of(self, codes: Sequence[str]) -> NDArray[np.float64]:
        """Return whether any of some codes applies, (units, coders)."""
        places = [self.codes.index(code) for code in codes]
        return self.said[:, :, places].max(axis=2)


def unit_table(project: Project, unit: UnitChoice, *, overlap: float = 0.0) -> UnitTable:
    """Compare what coders marked in units of one kind.

    Parameters
    ----------
    project : Project
    unit : {"sentence", "turn", "paragraph", "document", "person", "character", "given"}
        ``given``: the units of the sheet itself.
    overlap : float
        Which share of a unit a passage must cover so that its code applies to the unit; 0: any part of it.

    Returns
    -------
    UnitTable
        A coder who was given a document and put no code on a unit says no; one who was not given it says nothing.

    Raises
    ------
    DataError
        Units need texts or positions that the project does not have; nothing was coded.
    DefinitionError
        Unknown unit, impossible overlap.
    """
    where = "unit_table"
    if unit not in UNIT_CHOICES:
        raise UnknownNames("unit", missing=[unit], known=UNIT_CHOICES, where=where)
    if not 0.0 <= overlap <= 1.0:
        raise DefinitionError(Problem(where, f"overlap is {overlap}.", "Give a share between 0 and 1."))
    codable = project.codebook.loc[project.codebook["codable"], "code"].tolist()
    used = set(project.codings["code"])
    codes = tuple(dict.fromkeys([*codable, *[c for c in project.codebook["code"] if c in used]]))
    coders = tuple(sorted(set(project.assignments["coder"])))
    order = list(project.texts) or sorted(set(project.assignments["source"]))
    assigned = defaultdict(set)
    for source, coder in zip(project.assignments["source"], project.assignments["coder"], strict=True):
        assigned[source].add(coder)
    sources = [s for s in order if s in assigned] + sorted(set(assigned) - set(order))
    if not sources or not codes:
        raise DataError(Problem("interviews", "hold no codings to compare.", "Is it the right file?"))
    spans = {source: _spans(project, source, unit, where) for source in sources}
    place = {source: i for i, source in enumerate(sources)}
    said = [np.zeros((len(spans[s]), len(coders), len(codes))) for s in sources]
    coder_at, code_at = {c: i for i, c in enumerate(coders)}, {c: i for i, c in enumerate(codes)}
    covered: dict[tuple[int, int, int], NDArray[np.float64]] = {}
    starts = {s: np.array([a for a, _ in spans[s]]) for s in sources}
    ends = {s: np.array([b for _, b in spans[s]]) for s in sources}
    columns = ("source", "start", "end", "coder", "code")
    for source, start, end, coder, code in zip(*(project.codings[c].tolist() for c in columns), strict=True):
        first, last = starts[source], ends[source]
        whole = len(first) == 1 and unit in ("document", "person")
        shared = np.minimum(last, end) - np.maximum(first, start)
        lengths = np.ones(1) if whole else np.maximum(shared, 0)
        key = (place[source], coder_at[coder], code_at[code])
        covered[key] = covered.get(key, np.zeros(len(first))) + lengths
    for (s, c, k), lengths in covered.items():
        width = ends[sources[s]] - starts[sources[s]]
        enough = lengths > 0 if overlap == 0 or unit in ("document", "person") else lengths >= overlap * width - 1e-9
        said[s][enough, c, k] = 1
    for s, source in enumerate(sources):
        for coder, c in coder_at.items():
            if coder not in assigned[source]:
                said[s][:, c, :] = np.nan
    people, known = _people(project, sources, spans)
    return _persons(
        UnitTable(
            said=np.concatenate(said),
            coders=coders,
            codes=codes,
            sources=tuple(s for s in sources for _ in spans[s]),
            spans=tuple(span for s in sources for span in spans[s]),
            people=people,
            people_known=known,
            unit=unit,
        )
    )


def _spans(project: Project, source: str, unit: UnitChoice, where: str) -> list[tuple[int, int]]:
    if unit in ("document", "person"):
        return [(0, len(project.texts.get(source, "")))]
    if unit == "given":
        if source not in project.units:
            raise DataError(Problem("interviews", "give no units of their own.", "Choose sentence, turn or document."))
        return list(project.units[source])
    if source not in project.texts:
        raise DataError(
            Problem(
                "interviews",
                f"the texts are not in the file, so there are no units '{unit}'.",
                "Give the folder of the documents (texts), or choose document.",
            )
        )
    if not project.codings.empty:
        mine = project.codings[project.codings["source"] == source]
        if len(mine) and bool((mine["end"] <= mine["start"]).all()):
            raise DataError(
                Problem("interviews", f"codings have no positions, so there are no units '{unit}'.", "Choose document.")
            )
    chosen: Unit = unit
    return split_units(project.texts[source], chosen)


def _people(
    project: Project, sources: Sequence[str], spans: dict[str, list[tuple[int, int]]]
) -> tuple[tuple[str, ...], bool]:
    """Return whose words each unit holds: in a group talk of the speaker of most of it."""
    known: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    columns = ("source", "start", "end", "case")
    for source, start, end, case in zip(*(project.cases[c].tolist() for c in columns), strict=True):
        if case:
            known[source].append((start, end, case))
    people = []
    for source in sources:
        for start, end in spans[source]:
            best, longest = source, -1
            for first, last, case in known.get(source, []):
                shared = end - start if last == WHOLE else min(end, last) - max(start, first)
                if shared > longest and (last == WHOLE or shared > 0):
                    best, longest = case, shared
            people.append(best)
    return tuple(people), any(source in known for source in sources)


def _persons(table: UnitTable) -> UnitTable:
    """Put the documents of each person together, if people are the units."""
    if table.unit != "person":
        return table
    if not table.people_known:
        raise DataError(
            Problem(
                "interviews",
                "do not say whose they are.",
                "Give cases: a sheet with source and case, or choose document.",
            )
        )
    names = list(dict.fromkeys(table.people))
    people = np.array(table.people)
    # a coder who was not given all of a person's documents has not said no about the person
    said = np.stack([table.said[people == name].max(axis=0) for name in names])
    firsts = [table.people.index(name) for name in names]
    return UnitTable(
        said=said,
        coders=table.coders,
        codes=table.codes,
        sources=tuple(table.sources[i] for i in firsts),
        spans=tuple(table.spans[i] for i in firsts),
        people=tuple(names),
        people_known=True,
        unit="person",
    )
