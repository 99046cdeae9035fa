"""A checked study.yaml -> frozen Study."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from eval_tools.definitions.strict_yaml import Document
from eval_tools.instruments.load import Instruments
from eval_tools.privacy.disclosure import DisclosureRule
from eval_tools.studies.check_sources import item_columns
from eval_tools.studies.places import build_regions, build_starts
from eval_tools.studies.study import (
    Assignment,
    Goal,
    Group,
    InstrumentColumns,
    Outcome,
    Plan,
    Roster,
    Source,
    Study,
    Subgroup,
    SubgroupColumn,
    Wave,
)


def build_study(doc: Document, folder: Path, instruments: Instruments) -> Study:
    """Build the study from a document that was checked."""
    data = doc.data
    publish = data["publish"]
    return Study(
        id=data["study"],
        folder=folder,
        file=doc.file,
        title=_frozen(data["title"]),
        about=_frozen(data["about"]),
        kind=data["kind"],
        respondents=data["respondents"],
        attribution=data.get("attribution", ""),
        licence=data.get("licence", ""),
        assignment=Assignment(
            unit=data["assignment"]["unit"],
            randomised=data["assignment"]["randomised"],
            starts=build_starts(doc),
        ),
        groups=_frozen(
            {name: Group(id=name, role=g["role"], title=_frozen(g["title"])) for name, g in data["groups"].items()}
        ),
        waves=_frozen({w["id"]: Wave(id=w["id"], role=w["role"], title=_frozen(w["title"])) for w in data["waves"]}),
        informants=tuple(data["informants"]),
        identifiers=data["people"]["identifiers"],
        roster=_build_roster(data.get("roster")),
        sources=tuple(_build_source(source, instruments) for source in data["sources"]),
        plan=_build_plan(data["plan"]),
        languages=tuple(publish["languages"]),
        disclosure=DisclosureRule(
            min_cell=publish["min_cell"],
            round_to=publish["round_to"],
            single_people=publish.get("single_people", {"allowed": False})["allowed"],
        ),
        informant_titles=_build_titles(data["informants"]),
        goals=_frozen(
            {
                name: Goal(id=name, title=_frozen(goal["title"]), outcomes=tuple(goal["outcomes"]))
                for name, goal in data.get("goals", {}).items()
            }
        ),
        subgroups=_frozen(
            {
                name: Subgroup(id=name, title=_frozen(entry["title"]), levels=_build_titles(entry["levels"]))
                for name, entry in data.get("subgroups", {}).items()
            }
        ),
        regions=build_regions(doc),
        site_word=data.get("site_word", "site"),
        safeguarding_lead=data["people"].get("safeguarding_lead", ""),
    )


def _build_roster(entry: dict[str, Any] | None) -> Roster | None:
    if entry is None:
        return None
    return Roster(
        file=entry["file"],
        reader=entry["reader"],
        encoding=entry.get("encoding", "utf-8"),
        columns=_frozen(entry["columns"]),
        meanings=_build_values(entry),
        ignore=tuple(entry.get("ignore", ())),
        blank=tuple(entry.get("blank", ())),
        subgroups=_frozen(
            {
                name: SubgroupColumn(
                    column=each["column"],
                    levels=_frozen(each.get("values", {})),
                    blank=tuple(each.get("blank", ())),
                )
                for name, each in entry.get("subgroups", {}).items()
            }
        ),
    )


def _build_source(entry: dict[str, Any], instruments: Instruments) -> Source:
    parts = []
    for name, part in entry["instruments"].items():
        codes = {code for item in instruments[name].items.values() for code in item.responses.codes}
        parts.append(
            InstrumentColumns(
                instrument=name,
                columns=item_columns(part["columns"], instruments[name]),
                answers=_frozen(part.get("answers") or {str(code): code for code in sorted(codes)}),
            )
        )
    return Source(
        file=entry["file"],
        reader=entry["reader"],
        encoding=entry.get("encoding", "utf-8"),
        informant=entry["informant"],
        wave=entry.get("wave"),
        columns=_frozen(entry["columns"]),
        meanings=_build_values(entry),
        instruments=tuple(parts),
        blank=tuple(entry.get("blank", ())),
        totals=_frozen(entry.get("totals", {})),
        ignore=tuple(entry.get("ignore", ())),
    )


def _build_plan(entry: dict[str, Any]) -> Plan:
    outcomes = []
    for rank in ("primary", "secondary"):
        for outcome in entry.get(rank, ()):
            instrument, _, scale = outcome["outcome"].partition(".")
            outcomes.append(
                Outcome(
                    instrument=instrument,
                    scale=scale,
                    better=outcome["better"],
                    smallest_worthwhile=outcome.get("smallest_worthwhile"),
                    rank="primary" if rank == "primary" else "secondary",
                    informant=outcome.get("informant"),
                )
            )
    return Plan(
        outcomes=tuple(outcomes),
        decision_term=entry["decision_term"],
        reliability_floor=entry.get("reliability_floor", 0.70),
        written=entry["written"],
        subgroups=tuple(entry.get("subgroups", ())),
    )


def _build_titles(entry: list[str] | dict[str, Any]) -> Mapping[str, Mapping[str, str]]:
    return _frozen({name: _frozen(title) for name, title in entry.items()} if isinstance(entry, dict) else {})


def _build_values(entry: dict[str, Any]) -> Mapping[str, Mapping[str, str]]:
    return _frozen({column: _frozen(mapping) for column, mapping in entry.get("values", {}).items()})


def _frozen(mapping: dict[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(mapping)
