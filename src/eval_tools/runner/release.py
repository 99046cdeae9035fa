"""Results -> released tables: the only way from numbers about people to a report."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eval_tools.comparison.shares import SHARES
from eval_tools.privacy.disclosure import (
    DisclosureRule,
    ReleasedTable,
    hide_parts,
    release_counts,
    release_distribution,
    release_estimates,
    release_flow,
    release_people,
    release_shares,
    release_sites,
)
from eval_tools.studies.load import StudyDefinition

if TYPE_CHECKING:
    import pandas as pd

LISTED = ("n_listed", "n_answered", "n_within_a_day")
BINS = 24  # about so many steps over the range of a scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """Everything about one term that may be published."""

    flow: ReleasedTable
    descriptives: ReleasedTable
    reliabilities: ReleasedTable
    results: ReleasedTable
    class_counts: ReleasedTable
    shares: ReleasedTable
    sites: ReleasedTable | None  # where the study names sites
    distributions: dict[str, ReleasedTable]
    people: ReleasedTable | None
    verdicts: ReleasedTable
    form_checks: ReleasedTable | None  # where a questionnaire asks something about its forms
    quality: ReleasedTable | None  # where there are forms
    linkage: ReleasedTable | None  # where the study links by number and code
    transfers: ReleasedTable | None  # where forms name sites
    safeguarding: ReleasedTable | None  # where somebody is named who looks at answers that need a person


def release_term(
    definition: StudyDefinition,
    *,
    flow: pd.DataFrame,
    descriptives: pd.DataFrame,
    reliabilities: pd.DataFrame,
    results: pd.DataFrame,
    class_counts: pd.DataFrame,
    changes: pd.DataFrame,
    verdicts: pd.DataFrame,
    form_checks: pd.DataFrame,
    transfers: pd.DataFrame,
    safeguarding: pd.DataFrame,
    quality_counts: pd.DataFrame,
    linkage: pd.DataFrame | None = None,
) -> Released:
    """Put every table of one term through disclosure control, by the rule of the study."""
    study = definition.study
    rule = study.disclosure
    interval = ["estimate", "ci_low", "ci_high"]
    change = changes[["outcome", "group", "change"]].rename(columns={"change": "value"}).dropna(subset=["value"])
    distributions = {}
    for outcome in study.plan.outcomes:
        scale = definition.instruments[outcome.instrument].scales[outcome.scale]
        width = scale.high - scale.low
        mine = change[change["outcome"] == outcome.id]
        if len(mine):
            distributions[outcome.id] = release_distribution(
                mine[["group", "value"]],
                name=f"distribution-{outcome.id.replace('.', '-')}",
                rule=rule,
                bin_width=max(1.0, float(round(width / BINS))),
                limits=(-width, width),
            )
    counts = release_counts(
        class_counts,
        name="class_counts",
        rows=["group"],
        column="class",
        by=["outcome", "measure"],
        rule=rule,
    )
    of_sites = results["contrast"].isin(["site_change", "site_difference"])
    individual = results["contrast"] == "individual"
    sites, shares, results = results[of_sites], results[individual], results[~of_sites & ~individual]
    return Released(
        flow=release_flow(flow, name="flow", rule=rule),
        descriptives=release_estimates(
            descriptives,
            name="descriptives",
            count="n",
            counts=["n"],
            numbers=["mean", "sd", "ci_low", "ci_high"],
            family=list(zip(descriptives["outcome"], descriptives["wave"], strict=True)),
            rule=rule,
        ),
        reliabilities=release_estimates(
            reliabilities,
            name="reliabilities",
            count="n",
            counts=["n"],
            numbers=interval,
            also=["ci_level", "n_items"],
            rule=rule,
        ),
        results=release_estimates(
            # degrees of freedom tell the exact number of people, which rounding is to hide
            results if rule.round_to == 1 else results.assign(df=float("nan")),
            name="results",
            counts=["n"],
            numbers=[*interval, "se", "df", "p_value", "p_adjusted"],
            also=["ci_level", "n_sites"],
            family=_families(results),
            hidden=[
                a or b for a, b in zip(_hidden_regions(results, rule), _hidden_without(results, rule), strict=True)
            ],
            rule=rule,
        ),
        class_counts=counts,
        shares=release_shares(shares, name="shares", counts=counts, classes=SHARES, measure="reliable_change"),
        sites=release_sites(sites, name="sites", by=["outcome", "contrast", "group", "reference"], rule=rule)
        if len(sites)
        else None,
        distributions=distributions,
        verdicts=release_estimates(
            # a verdict about few people is a number about them
            verdicts.assign(verdict=verdicts["verdict"].mask(verdicts["smallest_count"] < rule.min_cell, "no_claim")),
            name="verdicts",
            numbers=[],
            counts=["n"],
            also=["sites_group", "sites_reference"],
            rule=rule,
        ),
        form_checks=release_counts(
            form_checks,
            name="form_checks",
            rows=["group"],
            column="result",
            by=["check", "instrument", "scale", "wave", "informant"],
            rule=rule,
        )
        if len(form_checks)
        else None,
        quality=release_counts(
            quality_counts,
            name="quality",
            rows=["group"],
            column="class",
            by=["measure", "wave", "informant"],
            rule=rule,
        )
        if len(quality_counts)
        else None,
        # like the flow: how many were found again is nothing about a child's answers
        linkage=release_flow(
            linkage[["group", "wave", "n_before", "n_found"]],
            name="linkage",
            rule=rule,
            counts=("n_before", "n_found"),
        )
        if linkage is not None and len(linkage)
        else None,
        transfers=release_counts(transfers, name="transfers", rows=["group"], column="site", rule=rule)
        if len(transfers)
        else None,
        safeguarding=release_flow(safeguarding, name="safeguarding", counts=LISTED, rule=rule)
        if len(safeguarding)
        else None,
        people=release_people(change, name="people", rule=rule, by=["outcome"]) if rule.single_people else None,
    )


def _hidden_regions(results: pd.DataFrame, rule: DisclosureRule) -> list[bool]:
    """Say which regions are hidden so that none of few people can be worked out from the others and the whole."""
    is_region = results["contrast"].str.startswith("region_")
    one = is_region & results["subgroup"].str.startswith("region:")
    whole = (results["role"] == "primary") & results["contrast"].isin(["change", "difference"])
    contrast = results["contrast"].mask(whole, "region_" + results["contrast"])
    keys = list(zip(results["outcome"], contrast, results["group"], strict=True))
    rest: dict[Hashable, int] = {}  # people of the whole who are in no region
    for key, n, plus, minus in zip(keys, results["n"], whole, one, strict=True):
        rest[key] = rest.get(key, 0) + int(n) * (int(plus) - int(minus))
    return hide_parts(
        results["smallest_count"].tolist(),
        [key if mine else None for key, mine in zip(keys, one, strict=True)],
        rule=rule,
        rest=rest,
        drawn_from=[key if mine else None for key, mine in zip(keys, is_region & ~one, strict=True)],
        entered=((results["status"] == "estimated") & (results["se"] > 0)).tolist(),
    )


def _hidden_without(results: pd.DataFrame, rule: DisclosureRule) -> list[bool]:
    """Say which results without flagged forms are hidden with their counts: n beside that of the main result tells.

    A total goes with any of its groups.
    """
    without = results["estimator"] == "without_flagged"
    small = [w and rule.is_small(n) for w, n in zip(without, results["smallest_count"], strict=True)]
    keys = list(zip(results["outcome"], results["contrast"], strict=True))
    touched = {key for key, hidden in zip(keys, small, strict=True) if hidden}
    total = without & (results["group"] == "all")
    return [
        bool(hidden or (is_total and key in touched)) for hidden, is_total, key in zip(small, total, keys, strict=True)
    ]


def _families(results: pd.DataFrame) -> list[tuple[str, ...]]:
    """Say which results are of the same number in different groups: by role, for groups may get other estimators."""
    by_name = (results["role"] == "detail") | (results["estimator"] == "without_flagged")
    kinds = results["estimator"].where(by_name, results["role"])
    return list(zip(results["outcome"], results["contrast"], kinds, strict=True))
