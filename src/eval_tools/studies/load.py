"""study.yaml -> frozen Study: form first, then meaning against the questionnaires it uses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from eval_tools.definitions.shapes import check_shape
from eval_tools.definitions.strict_yaml import Document, read_yaml
from eval_tools.errors import DefinitionError, Problem
from eval_tools.instruments.instrument import Instrument
from eval_tools.instruments.load import Instruments, load_instruments
from eval_tools.studies.build import build_study
from eval_tools.studies.check_design import (
    check_goals,
    check_groups,
    check_informants,
    check_subgroups,
    check_waves,
)
from eval_tools.studies.check_people import check_people
from eval_tools.studies.check_plan import check_plan, check_publish
from eval_tools.studies.check_sources import check_roster, check_sources
from eval_tools.studies.places import check_confirmed, check_regions, check_starts
from eval_tools.studies.schema import STUDY
from eval_tools.studies.study import Study
from eval_tools.studies.workbench import Workbench


@dataclass(frozen=True, slots=True)
class StudyDefinition:
    """A study together with the questionnaires it uses."""

    study: Study
    instruments: Instruments


def load_study(study: str, *, workbench: Workbench) -> StudyDefinition:
    """Load a study and the questionnaires it uses.

    Raises
    ------
    DefinitionError
        With every problem of study.yaml and of the questionnaires it uses.
    """
    folder = workbench.study_folder(study)
    return parse_study(read_yaml(folder / "study.yaml", root=workbench.root), folder, workbench=workbench)


def parse_study(doc: Document, folder: Path, *, workbench: Workbench) -> StudyDefinition:
    """Turn a study.yaml that may not be written yet into a study; see :func:`load_study`."""
    problems = check_shape(doc, STUDY)
    if problems:
        raise DefinitionError(problems)
    used = list(dict.fromkeys(name for source in doc.data["sources"] for name in source["instruments"]))
    available = {path.stem for path in workbench.questionnaires.glob("*/*.yaml")}
    instruments, broken = _load_used([name for name in used if name in available], workbench)
    problems += _check_meaning(doc, folder, instruments, sorted(available))
    if doc.data["study"] != folder.name:
        problems.append(
            Problem(
                doc.where(("study",)),
                f"study {doc.data['study']!r} is not its folder.",
                f"Expected {folder.name!r}.",
            )
        )
    if problems or broken:
        raise DefinitionError([*doc.in_order(problems), *broken])
    return StudyDefinition(study=build_study(doc, folder, instruments), instruments=instruments)


def _load_used(names: list[str], workbench: Workbench) -> tuple[Instruments, list[Problem]]:
    """Load what can be loaded, so that a wrong questionnaire does not hide what is wrong in study.yaml."""
    loaded: dict[str, Instrument] = {}
    problems: list[Problem] = []
    for name in names:
        try:
            loaded |= load_instruments(workbench.questionnaires, [name])
        except DefinitionError as error:
            problems += error.problems
    return MappingProxyType(loaded), problems


def _check_meaning(doc: Document, folder: Path, instruments: Instruments, available: list[str]) -> list[Problem]:
    return [
        *check_waves(doc),
        *check_groups(doc),
        *check_informants(doc),
        *check_starts(doc),
        *check_regions(doc),
        *check_confirmed(doc),
        *check_sources(doc, folder, instruments, available),
        *check_roster(doc),
        *check_plan(doc, instruments, available),
        *check_goals(doc),
        *check_subgroups(doc),
        *check_publish(doc),
        *check_people(doc, instruments),
    ]
