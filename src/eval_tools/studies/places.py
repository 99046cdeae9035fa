"""Sites in study.yaml: when each of them starts in a stepped roll-out, and in which region it lies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from eval_tools.definitions.strict_yaml import Document
from eval_tools.errors import Problem, unknown_problem
from eval_tools.studies.study import ConfirmedChange, Region


def check_starts(doc: Document) -> list[Problem]:
    """List everything wrong with the start waves of a stepped roll-out; a study without them has no problem."""
    starts = doc.data["assignment"].get("starts")
    if starts is None:
        return []
    here = ("assignment", "starts")
    roles = {wave["id"]: wave["role"] for wave in doc.data["waves"]}
    problems = []
    unknown = [wave for wave in starts if wave not in roles]
    if unknown:
        problems.append(unknown_problem("wave", missing=unknown, known=list(roles), where=doc.where(here)))
    for wave in starts:
        if roles.get(wave) == "before":
            what = f"sites start at {wave!r}, which is a wave before the programme."
            remedy = "Nobody has started at a 'before' wave: correct the start, or the role of the wave."
            problems.append(Problem(doc.where((*here, wave)), what, remedy))
    later = [wave for wave, role in roles.items() if role != "before"]
    if later and not unknown and later[0] not in starts:
        what = f"no site has started at {later[0]!r}, though it is not a 'before' wave."
        problems.append(Problem(doc.where(here), what, "Give the waves before the first start the role 'before'."))
    if len(starts) == 1:
        remedy = "Sites that all start together are a programme group and a comparison group: name them under groups."
        problems.append(Problem(doc.where(here), "one start only: that is no stepped roll-out.", remedy))
    problems += _named_twice(doc, here, [site for sites in starts.values() for site in sites], "start")
    if doc.data["assignment"]["unit"] != "site":
        where = doc.where(("assignment", "unit"))
        problems.append(Problem(where, "sites start one after another, but the unit is not site.", "unit: site."))
    if len(doc.data["groups"]) != 1:
        what = f"{len(doc.data['groups'])} groups in a stepped roll-out."
        remedy = "One programme group is enough: sites not yet started are the comparison."
        problems.append(Problem(doc.where(("groups",)), what, remedy))
    return problems


def check_regions(doc: Document) -> list[Problem]:
    """List everything wrong with the regions; a study without them has no problem."""
    regions = doc.data.get("regions", {})
    return _named_twice(doc, ("regions",), [site for r in regions.values() for site in r["sites"]], "lie in a region")


def check_confirmed(doc: Document) -> list[Problem]:
    """List everything wrong with confirmed changes; a study without them has no problem."""
    waves = [wave["id"] for wave in doc.data["waves"]]
    regions = {site: name for name, region in doc.data.get("regions", {}).items() for site in region["sites"]}
    problems = []
    for i, entry in enumerate(doc.data.get("confirmed", [])):
        here = ("confirmed", i)
        if not entry["was"]:
            problems.append(Problem(doc.where(here), "was is empty.", "Write was: {region: …} or was: {group: …}."))
        known: list[tuple[str, str, list[str]]] = [
            ("wave", entry["from_wave"], waves),
            ("group", entry["was"].get("group", ""), list(doc.data["groups"])),
            ("region", entry["was"].get("region", ""), list(doc.data.get("regions", {}))),
        ]
        for what, name, names in known:
            if name and name not in names:
                problems.append(unknown_problem(what, missing=[name], known=names, where=doc.where(here)))
        if entry["was"].get("region") and entry["was"]["region"] == regions.get(entry["site"]):
            what = "the site still lies in the region in which it is said to have been."
            problems.append(Problem(doc.where(here), what, "Move it under regions, or drop the entry."))
    return problems


def build_confirmed(doc: Document) -> tuple[ConfirmedChange, ...]:
    """Return the confirmed changes in the order of study.yaml."""
    return tuple(
        ConfirmedChange(
            site=entry["site"],
            was_region=entry["was"].get("region", ""),
            was_group=entry["was"].get("group", ""),
            from_wave=entry["from_wave"],
            reason=entry["reason"],
        )
        for entry in doc.data.get("confirmed", [])
    )


def _named_twice(doc: Document, path: tuple[str | int, ...], sites: list[str], verb: str) -> list[Problem]:
    n = sum(count > 1 for count in Counter(sites).values())
    return [Problem(doc.where(path), f"{n} sites {verb} more than once.", "Name every site once.")] if n else []


def build_starts(doc: Document) -> Mapping[str, tuple[str, ...]]:
    """Return the sites that start at each wave, in time order."""
    starts = doc.data["assignment"].get("starts", {})
    return MappingProxyType({w["id"]: tuple(starts[w["id"]]) for w in doc.data["waves"] if w["id"] in starts})


def build_regions(doc: Document) -> Mapping[str, Region]:
    """Return the regions in the order of study.yaml."""
    return MappingProxyType(
        {
            name: Region(id=name, title=MappingProxyType(region["title"]), sites=tuple(region["sites"]))
            for name, region in doc.data.get("regions", {}).items()
        }
    )
