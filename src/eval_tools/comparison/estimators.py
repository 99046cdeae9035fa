"""The estimators of the decision tree, by name: one contrast of two arms, or the change of one group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eval_tools.comparison.branch import FEWEST_DF, Branch
from eval_tools.comparison.rows import NAN, without_uncertainty
from eval_tools.stats.ancova import ancova
from eval_tools.stats.change import mean_change
from eval_tools.stats.cluster_robust import cluster_ancova, cluster_difference, cluster_mean_change
from eval_tools.stats.estimate import Estimate, not_estimated
from eval_tools.stats.mean import mean_score
from eval_tools.stats.mixed_model import mixed_model
from eval_tools.stats.randomisation import randomise_ancova, randomise_difference
from eval_tools.stats.sign_flip import sign_flip_test
from eval_tools.stats.site_level import site_mean_ancova, site_mean_difference
from eval_tools.stats.wild_bootstrap import wild_difference

Floats = NDArray[np.float64]
SEED = 20_260_901  # of every draw; enumerations need none


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arms:
    """People of one contrast; ``treat`` is 1 for the programme, 0 for the comparison, absent for a single group."""

    before: Floats
    after: Floats
    treat: Floats | None
    site: NDArray[np.str_]

    @property
    def change(self) -> Floats:
        """After minus before; missing where either is."""
        return self.after - self.before

    def without_site(self, site: str) -> Arms:
        """Return everybody else."""
        keep = self.site != site
        treat = None if self.treat is None else self.treat[keep]
        return Arms(before=self.before[keep], after=self.after[keep], treat=treat, site=self.site[keep])

    @property
    def sites(self) -> list[str]:
        """Sites with somebody who answered twice, sorted."""
        return sorted(set(self.site[~np.isnan(self.change)].tolist()) - {""})


def estimate(name: str, arms: Arms, *, ci_level: float = 0.95) -> Estimate:
    """Estimate one contrast by one estimator of the tree."""
    return ESTIMATORS[name](arms, ci_level)


def without_claim(found: Estimate, branch: Branch) -> Estimate:
    """Withdraw the p value in a branch that makes no claim: an interval under an assumption is all it gives."""
    return found if branch.claims else replace(found, p_value=NAN)


def least_favourable_p(branch: Branch, estimates: Mapping[str, Estimate]) -> float:
    """Return the largest p value of the admissible estimators; missing if one of them has none to give."""
    if not branch.claims or not branch.admissible:
        return NAN
    mine = [estimates[name] for name in branch.admissible]
    weak = any(name.startswith("cr2") and not estimates[name].df >= FEWEST_DF for name in branch.admissible)
    return NAN if weak else float(np.max([each.p_value for each in mine]))


def _treat(arms: Arms) -> Floats:
    assert arms.treat is not None, "a difference needs two arms"
    return arms.treat


def _mean_only(arms: Arms, ci_level: float) -> Estimate:
    """Give the number and nothing that would make it look certain."""
    change = arms.change
    if arms.treat is None:
        return without_uncertainty(mean_score(change, ci_level=ci_level))
    programme, comparison = change[arms.treat == 1], change[arms.treat == 0]
    both = [mean_score(part, ci_level=ci_level) for part in (programme, comparison)]
    if any(np.isnan(part.estimate) or part.n < 2 for part in both):
        return not_estimated(
            n=both[0].n + both[1].n,
            unit="scale points",
            method="difference of mean changes",
            status="too_few_people",
            ci_level=ci_level,
        )
    found = replace(
        both[0],
        estimate=both[0].estimate - both[1].estimate,
        n=both[0].n + both[1].n,
        method="difference of mean changes",
    )
    return without_uncertainty(found)


def _change_difference(arms: Arms, ci_level: float) -> Estimate:
    """Compare mean changes of independent people, Welch."""
    change, treat = arms.change, _treat(arms)
    people = np.array([f"p{i}" for i in range(change.size)])  # everybody a site of one: CR2 is Welch then
    found = cluster_difference(change, treat, people, ci_level=ci_level).coefficient("difference")
    found = replace(found, method="difference of mean changes, Welch")
    if found.status == "too_few_sites":  # one person in an arm: no mean of anything
        return replace(found, estimate=NAN, status="too_few_people")
    return found


def _ancova_hc3(arms: Arms, ci_level: float) -> Estimate:
    group = np.where(_treat(arms) == 1, "programme", "comparison")
    model = ancova(arms.before, arms.after, group, reference="comparison", ci_level=ci_level)
    return model.difference("programme")


def _cr2_ancova(arms: Arms, ci_level: float) -> Estimate:
    fit = cluster_ancova(arms.before, arms.after, _treat(arms), arms.site, ci_level=ci_level)
    return fit.coefficient("difference")


def _mixed_ancova(arms: Arms, ci_level: float) -> Estimate:
    columns = np.column_stack([np.ones(arms.before.size), _treat(arms), arms.before])
    fit = mixed_model(arms.after, columns, arms.site, names=("intercept", "difference", "before"), ci_level=ci_level)
    return fit.coefficient("difference")


def _sign_flip(arms: Arms, ci_level: float) -> Estimate:
    found = sign_flip_test(arms.change, sites=arms.site, rng=SEED)
    mean, p = float(found.mean[0]), float(found.p_value[0])
    bare = not_estimated(
        n=int((~np.isnan(arms.change)).sum()),
        unit="scale points",
        method="mean of site means, sign-flip test over sites",
        status=found.statuses[0],
        ci_level=ci_level,
    )
    return replace(bare, estimate=mean, p_value=p)


ESTIMATORS: dict[str, Callable[[Arms, float], Estimate]] = {
    "mean_only": _mean_only,
    "paired_t": lambda arms, level: mean_change(arms.before, arms.after, ci_level=level),
    "cr2_change": lambda arms, level: cluster_mean_change(arms.change, arms.site, ci_level=level).coefficient("mean"),
    "sign_flip": _sign_flip,
    "change_difference": _change_difference,
    "ancova_hc3": _ancova_hc3,
    "cr2_difference": lambda arms, level: cluster_difference(
        arms.change, _treat(arms), arms.site, ci_level=level
    ).coefficient("difference"),
    "cr2_ancova": _cr2_ancova,
    "wild_bootstrap": lambda arms, level: (
        wild_difference(arms.change, _treat(arms), arms.site, rng=SEED, ci_level=level).estimate
    ),
    "site_means": lambda arms, level: (
        site_mean_difference(arms.change, _treat(arms), arms.site, ci_level=level).estimate
    ),
    "site_means_ancova": lambda arms, level: (
        site_mean_ancova(arms.before, arms.after, _treat(arms), arms.site, ci_level=level).estimate
    ),
    "mixed_ancova": _mixed_ancova,
    "placebo_permutation": lambda arms, level: (
        randomise_difference(arms.change, _treat(arms), arms.site, rng=SEED, ci_level=level).estimate
    ),
    "randomisation_ancova": lambda arms, level: (
        randomise_ancova(arms.before, arms.after, _treat(arms), arms.site, rng=SEED, ci_level=level).estimate
    ),
}
