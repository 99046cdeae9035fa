"""Do the sites of the data and those of study.yaml agree? Counts only, never a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from eval_tools.intake.findings import Findings
from eval_tools.studies.study import Study


def check_sites(sites: Sequence[str], study: Study, findings: Findings) -> None:
    """Compare the sites people belong to with the sites that start, and with those of the regions.

    A site of study.yaml that nobody belongs to is an error: a slip of the pen would turn a site that started into
    one that never did, or move it out of its region.

    Parameters
    ----------
    sites : sequence of str
        The site of every person; '' where none is known.
    study : Study
    findings : Findings
        What is found is added here.
    """
    people = Counter(sites)
    nowhere = people.pop("", 0)
    if study.assignment.stepped:
        starts = study.assignment.starts
        for wave, named in starts.items():
            _report_unknown("start_site_unknown", f"that start at {wave!r}", named, people, study, findings)
        waiting = set(people) - {site for named in starts.values() for site in named}
        if waiting:
            findings.add(
                "site_never_starts",
                f"{len(waiting)} sites are named under no start: they count as never started",
                severity="note",
                file=study.file,
                column="assignment.starts",
                count=len(waiting),
            )
    for region in study.regions.values():
        _report_unknown("region_site_unknown", f"of region {region.id!r}", region.sites, people, study, findings)
    outside = set(people) - {site for region in study.regions.values() for site in region.sites}
    if study.regions and outside:
        findings.add(
            "site_in_no_region",
            f"{len(outside)} sites of the data lie in no region. | Name them under regions, or leave them out on "
            "purpose: the whole study counts them, no region does.",
            severity="warning",
            file=study.file,
            column="regions",
            count=len(outside),
        )
    if nowhere and (study.assignment.stepped or study.regions):
        findings.add(
            "site_absent",
            f"{nowhere} people belong to no site. | Add the site to their rows or to the roster; until then they "
            "are in no start and in no region.",
            severity="warning",
            file=study.file,
            count=nowhere,
        )


def _report_unknown(
    rule: str, which: str, named: Iterable[str], people: Counter[str], study: Study, findings: Findings
) -> None:
    n = sum(site not in people for site in named)
    if n:
        findings.add(
            rule,
            f"{n} sites {which} have nobody in the data. | Correct the ids in study.yaml, or values: site.",
            file=study.file,
            count=n,
        )
