"""A checked study.yaml -> frozen Study."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from eval_tools.definitions.strict_yaml import Document
from eval_tools.instruments.load import Instruments
from eval_tools.privacy.disclosure import DisclosureRule
from eval_tools.studies.check_sources import item_columns, source_files
from eval_tools.studies.places import build_confirmed, build_regions, build_starts
from eval_tools.studies.roles import build_roles
from eval_tools.studies.study import (
    Assignment,
    Goal,
    Group,
    InstrumentColumns,
    Outcome,
    Plan,
    Reading,
    Roster,
    RowsWanted,
    Source,
    Study,
    Subgroup,
    SubgroupColumn,
    Wave,
)

REASONS = {"blank": "blank", "skipped": "skipped", "not_in_version": "not_in_version", "refused": "invalid"}


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
        sources=tuple(each for entry in data["sources"] for each in _build_sources(entry, folder, instruments)),
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
        confirmed=build_confirmed(doc),
        site_word=data.get("site_word", "site"),
        safeguarding_lead=data["people"].get("safeguarding_lead", ""),
        safeguarding_key=data["people"].get("safeguarding_key", ""),
        key_fingerprint=data["people"].get("key_fingerprint", ""),
        consent=data["people"].get("consent", ""),
        retention_until=datetime.date.fromisoformat(data["people"]["retention_until"])
        if "retention_until" in data["people"]
        else None,
    )


def _build_roster(entry: dict[str, Any] | None) -> Roster | None:
    if entry is None:
        return None
    return Roster(
        file=entry["file"],
        reading=_build_reading(entry),
        columns=_frozen(entry["columns"]),
        meanings=_build_values(entry),
        ignore=tuple(entry.get("ignore", ())),
        blank=tuple(entry.get("blank", ())),
        roles=_frozen(build_roles(entry)),
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


def _build_reading(entry: dict[str, Any]) -> Reading:
    return Reading(
        reader=entry.get("reader", ""),
        encoding=entry.get("encoding", ""),
        sheet=entry.get("sheet", ""),
        header_row=entry.get("header_row", 0),
        companions=_frozen(entry.get("companions", {})),
    )


def _build_sources(entry: dict[str, Any], folder: Path, instruments: Instruments) -> list[Source]:
    """Build one source for every file that an entry means."""
    parts = tuple(
        InstrumentColumns(
            instrument=name,
            columns=item_columns(part["columns"], instruments[name], part.get("absent", ()))
            if "columns" in part
            else (),
            start=part.get("start", ""),
            absent=tuple(part.get("absent", ())),
            answers=_frozen(part.get("answers", {})),
        )
        for name, part in entry["instruments"].items()
    )
    missing = {text: reason for key, reason in REASONS.items() for text in entry.get(key, ())}
    return [
        Source(
            file=file,
            reading=_build_reading(entry),
            informant=entry["informant"],
            wave=entry.get("wave"),
            columns=_frozen(entry["columns"]),
            meanings=_build_values(entry),
            instruments=parts,
            missing=_frozen(missing),
            totals=_frozen(entry.get("totals", {})),
            ignore=tuple(entry.get("ignore", ())),
            rows=RowsWanted(column=entry["rows"]["column"], equals=tuple(entry["rows"]["equals"]))
            if "rows" in entry
            else None,
            roles=_frozen(build_roles(entry, [column for part in parts for column in part.columns])),
        )
        for file in source_files(entry, folder)
    ]


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
