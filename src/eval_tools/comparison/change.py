"""How far each group moved between the baseline and a later wave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from eval_tools.comparison.branch import FEWEST_SITES, Branch, choose_branch
from eval_tools.comparison.estimators import Arms, estimate, least_favourable_p, without_claim
from eval_tools.comparison.linked import count_sites, in_sites, link_waves, scores_by_wave, share_linked
from eval_tools.comparison.rows import Contrast, adjust_family, result_row, without_uncertainty
from eval_tools.instruments.instrument import Instrument
from eval_tools.stats.caseness import mcnemar, paired_risk_difference
from eval_tools.stats.change import hodges_lehmann_change
from eval_tools.stats.cluster_robust import cluster_mean_change
from eval_tools.stats.effect_size import standardised_change
from eval_tools.stats.estimate import Estimate
from eval_tools.studies.study import Outcome, Study

if TYPE_CHECKING:
    import pandas as pd


def compare_waves(
    scores: pd.DataFrame,
    participants: pd.DataFrame,
    study: Study,
    instruments: Mapping[str, Instrument],
    *,
    wave: str,
    ci_level: float = 0.95,
) -> pd.DataFrame:
    """Estimate the change of every group on every outcome: in points, standardised, by rank, and by screening line.

    A change within one group is a change, never an effect. Only people with both scores enter.

    Returns
    -------
    DataFrame
        Rows of RESULTS with contrast ``change``. The mean change is the row with the role primary: ``paired_t``,
        or ``cr2_change`` with ``sign_flip`` as check where people belong to sites, or ``mean_only`` with too
        few sites for an interval. Then ``g_av`` (standardised by the average SD), ``hodges_lehmann``
        (pseudo-median with the Wilcoxon test) and, where the scale has a verified screening line, ``caseness``
        (difference in the share beyond it). In a study without a comparison the changes of its groups are the family
        of contrasts, and their primary rows have ``p_adjusted``, of the least favourable method.
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    least_favourable: list[float] = []
    for outcome in study.plan.outcomes:
        linked = link_waves(scores, participants, outcome, baseline=study.baseline.id, wave=wave)
        by_wave = scores_by_wave(scores, linked, outcome, study.waves_until(wave))
        for group in [*study.groups, *(["all"] if len(study.groups) > 1 else [])]:
            mine = linked if group == "all" else linked[linked["group"] == group]
            clustered = in_sites(participants, study)
            found = estimate_change(mine, study, by_wave.loc[mine.index], clustered=clustered, ci_level=ci_level)
            rows += _rows(mine, found, outcome, group, study, instruments, wave, clustered, ci_level)
            if group != "all":
                least_favourable.append(found.least_favourable_p())
    table = pd.DataFrame(rows)
    if study.comparison is not None:
        return table
    family = (table["role"] == "primary") & (table["group"] != "all")
    return adjust_family(table, family, least_favourable, study.plan.outcomes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFound:
    """The change of one group on one outcome, by every estimator of its branch."""

    branch: Branch
    arms: Arms
    estimates: Mapping[str, Estimate]
    n_sites: int
    n: int  # people with both scores

    def least_favourable_p(self) -> float:
        """Return the p value that a verdict on this change rests on."""
        return least_favourable_p(self.branch, self.estimates)


def estimate_change(
    linked: pd.DataFrame,
    study: Study,
    by_wave: pd.DataFrame | None = None,
    *,
    clustered: bool,
    ci_level: float = 0.95,
) -> ChangeFound:
    """Choose the branch of one group and estimate its mean change by every estimator there."""
    paired = linked.dropna(subset=["before", "after"])
    arms = Arms(
        before=linked["before"].to_numpy(dtype=float),
        after=linked["after"].to_numpy(dtype=float),
        treat=None,
        site=linked["site"].to_numpy(dtype=str),
        waves=None if by_wave is None else by_wave.to_numpy(dtype=float),
        n_before=1 if by_wave is None else study.n_before,
    )
    branch = choose_single(linked, study, by_wave, clustered=clustered)
    names = dict.fromkeys((branch.primary, *branch.checks, *branch.alongside))
    return ChangeFound(
        branch=branch,
        arms=arms,
        estimates={name: without_claim(estimate(name, arms, ci_level=ci_level), branch) for name in names},
        n_sites=count_sites(paired),
        n=len(paired),
    )


def choose_single(
    linked: pd.DataFrame, study: Study, by_wave: pd.DataFrame | None = None, *, clustered: bool
) -> Branch:
    """Choose the branch of one group from its people."""
    paired = linked.dropna(subset=["before", "after"])
    return choose_branch(
        replace(study.assignment, unit="site" if clustered else "participant"),
        has_sites=clustered,
        sites_programme=count_sites(paired),
        sites_comparison=None,
        n_people=len(paired),
        n_waves=2 if by_wave is None else int(by_wave.notna().any().sum()),
        share_linked=share_linked(linked),
    )


def _rows(
    mine: pd.DataFrame,
    found: ChangeFound,
    outcome: Outcome,
    group: str,
    study: Study,
    instruments: Mapping[str, Instrument],
    wave: str,
    clustered: bool,
    ci_level: float,
) -> Iterator[dict[str, object]]:
    branch, arms = found.branch, found.arms
    contrast = Contrast(
        outcome=outcome.id,
        contrast="change",
        group=group,
        reference="",
        baseline=study.baseline.id,
        wave=wave,
        estimand="mean of (score after minus score before) over the people of the group who answered at both waves",
        n_sites=found.n_sites,
    )
    for name, each in found.estimates.items():
        role = "primary" if name == branch.primary else "check" if name in branch.checks else "alongside"
        yield result_row(contrast, name, each, role=role, branch=branch.id)
    for name, each in (
        ("g_av", standardised_change(arms.before, arms.after, ci_level=ci_level)),
        ("hodges_lehmann", hodges_lehmann_change(arms.before, arms.after, ci_level=ci_level)),
    ):
        yield result_row(contrast, name, without_uncertainty(each) if clustered else each)
    cases = beyond_line(mine, outcome, instruments)
    if cases is not None:
        yield _caseness_row(contrast, *cases, branch, sites=arms.site if clustered else None, ci_level=ci_level)


def beyond_line(
    linked: pd.DataFrame, outcome: Outcome, instruments: Mapping[str, Instrument]
) -> tuple[np.ndarray, np.ndarray] | None:
    """Say who is beyond the screening line before and after; None for a scale without a verified two-band line."""
    scheme = instruments[outcome.instrument].default_bands(outcome.scale)
    if scheme is None or len(scheme.bands) != 2:
        return None
    severe = scheme.bands[-1].id
    both = []
    for name in ("before", "after"):
        is_case = (linked[f"band_{name}"] == severe).astype(float)
        both.append(is_case.where(linked[name].notna(), np.nan).to_numpy())
    return both[0], both[1]


def _caseness_row(
    contrast: Contrast,
    before: np.ndarray,
    after: np.ndarray,
    branch: Branch,
    *,
    sites: np.ndarray | None,
    ci_level: float,
) -> dict[str, object]:
    """Estimate the change in the share beyond the line; with sites as the mean change of the indicator, by CR2."""
    found = paired_risk_difference(before, after, ci_level=ci_level)
    if sites is not None:
        enough = len(set(sites[~np.isnan(after - before)]) - {""}) >= FEWEST_SITES
        by_site = cluster_mean_change(after - before, sites, ci_level=ci_level).coefficient("mean")
        found = replace(by_site, unit=found.unit) if enough else without_uncertainty(found)
    table = mcnemar(before, after)
    counts = (
        table.both + table.only_before,
        table.both + table.only_after,
        table.neither + table.only_after,
        table.neither + table.only_before,
    )
    return result_row(
        replace(
            contrast,
            estimand="share of people beyond the screening line after minus before, "
            "of those who answered at both waves",
        ),
        "caseness",
        without_claim(found, branch),
        smallest_count=min(counts),
    )
