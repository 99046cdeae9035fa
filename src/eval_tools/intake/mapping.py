"""Is every school in the county and the group it belongs to? Against the roster, within the data, and the last run.

A school filed under the wrong county is the commonest error of public reports, and looks like any other number. What
changed since the last run must be confirmed in study.yaml; counts, rows and ids of counties are told, no school.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eval_tools.errors import Problem
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.placing import meanings_of
from eval_tools.intake.raw_table import RawTable
from eval_tools.studies.study import Study

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePlace:
    """Where a site belongs."""

    region: str  # '' in none
    groups: tuple[str, ...]  # of its people, sorted


def region_of(study: Study) -> dict[str, str]:
    """Return the region of every site that study.yaml puts into one."""
    return {site: region.id for region in study.regions.values() for site in region.sites}


def map_sites(participants: pd.DataFrame, study: Study) -> dict[str, SitePlace]:
    """Return the region and the groups of every site that somebody belongs to."""
    regions = region_of(study)
    here = participants[participants["site"] != ""]
    return {
        str(site): SitePlace(region=regions.get(str(site), ""), groups=tuple(sorted(set(groups))))
        for site, groups in here.groupby("site")["group"]
    }


def check_roster_regions(raw: RawTable, study: Study, findings: Findings) -> None:
    """Report rows of the roster whose county is not the one in which study.yaml puts their school."""
    assert study.roster is not None
    if not {"region", "site"} <= set(study.roster.columns):
        return
    regions = region_of(study)
    told = meanings_of(raw, study.roster, "region", list(study.regions), findings)
    sites = meanings_of(raw, study.roster, "site", None, Findings())  # reported where the roster is read
    for row, region, site in zip(raw.rows, told, sites, strict=True):
        if region and site in regions and regions[site] != region:
            findings.add(
                "region_differs",
                f"the roster says {region!r}, study.yaml puts this site into {regions[site]!r}. | Correct one of them.",
                file=raw.file,
                row=row,
                column=study.roster.columns["region"],
            )


def check_groups_of_sites(people: Mapping[str, tuple[str, str]], study: Study, findings: Findings) -> None:
    """Report sites whose people are in several groups, where whole sites were given to the groups."""
    if study.assignment.unit != "site":
        return
    groups: dict[str, set[str]] = {}
    for group, site in people.values():
        if site and group:
            groups.setdefault(site, set()).add(group)
    confirmed = {each.site for each in study.confirmed if each.was_group}
    n = sum(len(found) > 1 for site, found in groups.items() if site not in confirmed)
    if n:
        findings.add(
            "site_in_two_groups",
            f"{n} sites have people of several groups, though whole sites were given to the groups. | Correct the "
            "group or the site of the rows; a site that changed its group is named under confirmed in study.yaml.",
            file=study.file,
            column="confirmed",
            count=n,
        )


def changed_places(
    before: Mapping[str, SitePlace],
    now: Mapping[str, SitePlace],
    forms: pd.DataFrame,
    participants: pd.DataFrame,
    study: Study,
    *,
    wave: str,
) -> list[Problem]:
    """List what is no longer as it was at the last run, and not confirmed.

    Parameters
    ----------
    before, now : mapping
        Site to its place; sites that are in only one of them are no change.
    forms, participants : DataFrame
        To tell the rows of a site without naming it.
    study : Study
        ``confirmed`` names what is right to have changed. Groups are compared where whole sites were given to them.
    wave : str
        The newest wave with forms; a change confirmed from a later one on has not happened yet.
    """
    order = {name: i for i, name in enumerate(study.waves)}
    confirmed = [each for each in study.confirmed if order[each.from_wave] <= order[wave]]
    problems = []
    for site in sorted(set(before) & set(now)):
        old, new = before[site], now[site]
        is_confirmed = [each for each in confirmed if each.site == site]
        if old.region not in ("", new.region) and old.region not in {each.was_region for each in is_confirmed}:
            place = f"in {new.region!r}" if new.region else "in no region"
            what = f"this site was in {old.region!r} at the last run and is {place} now."
            problems.append(_problem(site, what, forms, participants))
        gone = set(old.groups) ^ set(new.groups)
        if study.assignment.unit == "site" and gone and not gone & {each.was_group for each in is_confirmed}:
            what = (
                f"this site was in {' and '.join(old.groups)} at the last run and is in {' and '.join(new.groups)} now."
            )
            problems.append(_problem(site, what, forms, participants))
    return problems


def _problem(site: str, what: str, forms: pd.DataFrame, participants: pd.DataFrame) -> Problem:
    here = set(participants.loc[participants["site"] == site, "participant"])
    mine = forms[forms["participant"].isin(here)]
    rows = [f"{file}, rows {shorten(found, most=4)}" for file, found in mine.groupby("file", sort=False)["row"]]
    remedy = (
        "Correct regions in study.yaml, or the rows; if it is right, write under confirmed: site, was, from_wave, "
        "reason."
    )
    return Problem("; ".join(rows) or "roster", what, remedy)
