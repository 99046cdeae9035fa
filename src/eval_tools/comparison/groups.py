"""How far each programme group ended from the comparison group: the estimator the design deserves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from eval_tools.comparison.branch import Branch, choose_branch
from eval_tools.comparison.estimators import Arms, estimate, least_favourable_p, without_claim
from eval_tools.comparison.linked import count_sites, count_waves, in_sites, link_waves, scores_by_wave, share_linked
from eval_tools.comparison.rows import NAN, Contrast, adjust_family, result_row
from eval_tools.stats.adjusted_effect import standardised_adjusted_difference
from eval_tools.stats.ancova import Ancova, ancova
from eval_tools.stats.equivalence import equivalence_test
from eval_tools.stats.estimate import Estimate, not_estimated
from eval_tools.studies.study import Outcome, Study

if TYPE_CHECKING:
    import pandas as pd

ESTIMANDS = {
    "adjusted": "mean score after in the group minus that in the reference group, at equal scores before, "
    "among people who answered at both waves",
    "change": "mean change in the group minus mean change in the reference group, "
    "among people who answered at both waves",
}
ADJUSTED = ("ancova_hc3", "cr2_ancova", "mixed_ancova", "site_means_ancova", "randomisation_ancova")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmsOfContrast:
    """Two arms of one outcome, with the branch of the tree that they get."""

    outcome: Outcome
    group: str
    reference: str
    arms: Arms
    branch: Branch
    sites_group: int
    sites_reference: int
    sites_in_all: int  # a site with people of both arms counts once
    n: int
    smallest_count: int
    smallest_site: int  # people asked twice in the smallest site; 0 without sites


def choose_for_contrast(
    linked: pd.DataFrame,
    study: Study,
    outcome: Outcome,
    group: str,
    reference: str,
    by_wave: pd.DataFrame | None = None,
) -> ArmsOfContrast:
    """Cut two arms out of the linked scores of one outcome and choose their branch.

    ``by_wave`` holds the scores of the same people at every wave up to the later one; without it, the two that are
    linked are all there is.
    """
    mine = linked[linked["group"].isin([group, reference])]
    waves = None if by_wave is None else by_wave.loc[mine.index]
    twice = mine.dropna(subset=["before", "after"])
    here, there = twice[twice["group"] == group], twice[twice["group"] == reference]
    with_sites = count_sites(linked) > 0
    return ArmsOfContrast(
        outcome=outcome,
        group=group,
        reference=reference,
        arms=Arms(
            before=mine["before"].to_numpy(dtype=float),
            after=mine["after"].to_numpy(dtype=float),
            treat=np.asarray(mine["group"] == group, dtype=np.float64),
            site=mine["site"].to_numpy(dtype=str),
            waves=None if waves is None else waves.to_numpy(dtype=float),
            n_before=1 if waves is None else study.n_before,
        ),
        branch=choose_branch(
            study.assignment,
            has_sites=with_sites,
            sites_programme=count_sites(here),
            sites_comparison=count_sites(there),
            n_people=len(twice),
            sites_in_all=count_sites(twice),
            n_waves=2 if waves is None else count_waves(waves, mine["group"]),
            share_linked=share_linked(mine),
        ),
        sites_group=count_sites(here),
        sites_reference=count_sites(there),
        sites_in_all=count_sites(twice),
        n=len(twice),
        smallest_count=min(len(here), len(there)),
        smallest_site=int(twice[twice["site"] != ""].groupby("site").size().min()) if count_sites(twice) else 0,
    )


def compare_groups(
    scores: pd.DataFrame,
    participants: pd.DataFrame,
    study: Study,
    *,
    wave: str,
    ci_level: float = 0.95,
) -> pd.DataFrame:
    """Compare every programme group with the comparison group on every outcome, by the branch of the tree.

    Returns
    -------
    DataFrame
        Rows of RESULTS with contrast ``difference``; empty in a single-group study. For each contrast the
        primary estimator of the branch, its checks and those alongside; ``simultaneous`` (the primary
        one with the interval widened for the number of primary contrasts, Bonferroni); ``difference_g``
        (standardised by the pooled SD before); with sites also ``leave_one_site_out`` (range of the primary
        estimate). ``p_adjusted`` of the primary row is that of the least favourable method,
        Holm over all contrasts of the primary outcomes, Benjamini–Hochberg over those of the secondary ones;
        missing where the branch makes no claim.
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    reference = study.comparison
    if reference is None:
        return pd.DataFrame(rows)
    n_contrasts = len(study.programme_groups) * sum(o.rank == "primary" for o in study.plan.outcomes)
    wide_level = 1 - (1 - ci_level) / max(n_contrasts, 1)
    least_favourable: list[float] = []
    for outcome in study.plan.outcomes:
        linked = link_waves(scores, participants, outcome, baseline=study.baseline.id, wave=wave)
        by_wave = scores_by_wave(scores, linked, outcome, study.waves_until(wave))
        models = {level: _all_arms(linked, reference.id, level) for level in (ci_level, wide_level)}
        sd_before = pooled_sd(linked)
        for group in study.programme_groups:
            chosen = choose_for_contrast(linked, study, outcome, group.id, reference.id, by_wave)
            found = ContrastFound(chosen, models, ci_level, wide_level)
            rows += found.rows(study, wave, sd_before, clustered=in_sites(participants, study))
            least_favourable.append(found.least_favourable_p())
    table = pd.DataFrame(rows)
    return adjust_family(table, table["role"] == "primary", least_favourable, study.plan.outcomes)


class ContrastFound:
    """Every estimate of one contrast."""

    def __init__(
        self, chosen: ArmsOfContrast, models: dict[float, Ancova | None], ci_level: float, wide_level: float
    ) -> None:
        self.chosen = chosen
        self.models = models
        self.ci_level, self.wide_level = ci_level, wide_level
        branch = chosen.branch
        names = dict.fromkeys((branch.primary, *branch.checks, *branch.alongside))
        self.estimates = {name: self._estimate(name, ci_level) for name in names}

    def _estimate(self, name: str, ci_level: float) -> Estimate:
        chosen = self.chosen
        if name == "ancova_hc3":  # one model for all arms shares the slope
            return _of_model(self.models[ci_level], chosen.group, ci_level)
        return without_claim(estimate(name, chosen.arms, ci_level=ci_level), chosen.branch)

    def least_favourable_p(self) -> float:
        """Return the p value that a verdict on this contrast rests on."""
        return least_favourable_p(self.chosen.branch, self.estimates)

    def rows(self, study: Study, wave: str, sd_before: float, *, clustered: bool) -> list[dict[str, object]]:
        """Word them as rows of RESULTS, with the details that follow from the primary one."""
        chosen, branch = self.chosen, self.chosen.branch
        contrast = Contrast(
            outcome=chosen.outcome.id,
            contrast="difference",
            group=chosen.group,
            reference=chosen.reference,
            baseline=study.baseline.id,
            wave=wave,
            estimand=ESTIMANDS["adjusted" if branch.primary in ADJUSTED else "change"],
            n_sites=chosen.sites_in_all,
        )
        points = self.estimates[branch.primary]
        wide = self._estimate(branch.primary, self.wide_level)
        result = []
        for name, found in self.estimates.items():
            role = "primary" if name == branch.primary else "check" if name in branch.checks else "alongside"
            of = replace(contrast, estimand=ESTIMANDS["adjusted" if name in ADJUSTED else "change"])
            result.append(
                result_row(of, name, found, smallest_count=chosen.smallest_count, role=role, branch=branch.id)
            )
        details = {
            "simultaneous": wide,
            "difference_g": self._standardised(points, sd_before),
        }
        if chosen.outcome.smallest_worthwhile:
            details["equivalence"] = self._equivalence(points, chosen.outcome.smallest_worthwhile)
        if clustered and points.status == "estimated":
            details["leave_one_site_out"] = self._leave_one_out(points)
        for name, found in details.items():
            # a range that turns on one site tells about the people of the smallest one
            smallest = chosen.smallest_site if name == "leave_one_site_out" else chosen.smallest_count
            result.append(result_row(contrast, name, found, smallest_count=smallest, branch=branch.id))
        return result

    def _standardised(self, points: Estimate, sd_before: float) -> Estimate:
        if points.status == "needs_sites" and sd_before > 0:
            return replace(points, estimate=points.estimate / sd_before, unit="SD", standardiser="pooled SD before")
        return standardised_adjusted_difference(points, sd=sd_before)

    def _equivalence(self, points: Estimate, margin: float) -> Estimate:
        """Test whether the difference is smaller than the smallest one that the plan calls worthwhile.

        Two one-sided tests at the level that allows for the number of primary contrasts; the interval lies within
        the bounds if, and only if, both reject. No p value where the branch makes no claim.
        """
        if points.status != "estimated":
            return replace(points, se=NAN, df=NAN, ci_low=NAN, ci_high=NAN, p_value=NAN)
        test = equivalence_test(
            points.estimate, points.se, points.df, low=-margin, high=margin, alpha=1 - self.wide_level
        )
        share = (1 - self.ci_level) / (1 - self.wide_level)  # of contrasts: the p value is adjusted for their number
        return replace(
            points,
            ci_low=test.ci_low,
            ci_high=test.ci_high,
            ci_level=test.ci_level,
            p_value=min(1.0, test.p_value * share) if self.chosen.branch.claims else NAN,
            method=f"two one-sided tests within ±{margin:g} scale points",
        )

    def _leave_one_out(self, points: Estimate) -> Estimate:
        """Give the range of the primary estimate when each site in turn is left out."""
        arms, name = self.chosen.arms, self.chosen.branch.primary
        values = [estimate(name, arms.without_site(site), ci_level=self.ci_level).estimate for site in arms.sites]
        known = [value for value in values if np.isfinite(value)]
        return replace(
            points,
            se=NAN,
            df=NAN,
            p_value=NAN,
            ci_low=min(known, default=NAN),
            ci_high=max(known, default=NAN),
            method="range of the estimate, each site left out in turn",
        )


def _all_arms(linked: pd.DataFrame, reference: str, ci_level: float) -> Ancova | None:
    if not (linked["group"] == reference).any():
        return None
    return ancova(
        linked["before"].to_numpy(),
        linked["after"].to_numpy(),
        linked["group"].to_numpy(dtype=str),
        reference=reference,
        ci_level=ci_level,
    )


def _of_model(model: Ancova | None, group: str, ci_level: float) -> Estimate:
    if model is None or group not in model.groups:
        return not_estimated(
            n=0, unit="scale points", method="ANCOVA, HC3, t", status="too_few_people", ci_level=ci_level
        )
    return model.difference(group)


def pooled_sd(linked: pd.DataFrame) -> float:
    """Pool the SD before within groups, over everybody with a score before."""
    before = linked.dropna(subset=["before"]).groupby("group")["before"]
    df = before.count() - 1
    return float(np.sqrt((before.var() * df).sum() / df.sum())) if df.sum() > 0 else NAN
