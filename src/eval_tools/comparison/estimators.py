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
from eval_tools.stats.mean import mean_difference, mean_score
from eval_tools.stats.mixed_model import mixed_model
from eval_tools.stats.mixed_three_level import mixed_three_level
from eval_tools.stats.randomisation import randomise_ancova, randomise_difference
from eval_tools.stats.sign_flip import sign_flip_test
from eval_tools.stats.site_level import site_mean_ancova, site_mean_difference
from eval_tools.stats.wild_bootstrap import wild_difference

Floats = NDArray[np.float64]
SEED = 20_260_901  # of every draw; enumerations need none
CHECK_FACTOR = 2.0  # a check contradicts a claim at level α only where it does not even reject at this many α


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arms:
    """People of one contrast; ``treat`` is 1 for the programme, 0 for the comparison, absent for a single group.

    ``waves`` holds the scores at every occasion up to the later one, one column each in time order; of these,
    ``n_before`` lie before the programme, and the last of them is the baseline.
    """

    before: Floats
    after: Floats
    treat: Floats | None
    site: NDArray[np.str_]
    waves: Floats | None = None
    n_before: int = 1

    @property
    def change(self) -> Floats:
        """After minus before; missing where either is."""
        return self.after - self.before

    def without_site(self, site: str) -> Arms:
        """Return everybody else."""
        keep = self.site != site
        treat = None if self.treat is None else self.treat[keep]
        waves = None if self.waves is None else self.waves[keep]
        return replace(
            self, before=self.before[keep], after=self.after[keep], treat=treat, site=self.site[keep], waves=waves
        )

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
    """Return the p value that a verdict rests on: that of the primary estimator, or of a check that contradicts it.

    A check stands against a claim at level α only if it would not even reject at 2α; so half its p value counts,
    and the largest of all decides. Where the primary estimator has too few degrees of freedom to hold its level,
    its checks decide instead, at the full level. Missing where the branch makes no claim, or an estimator that
    is needed has no p value.

    Notes
    -----
    Asking every method to reject at α makes the family far stricter than any of its members, the more so the fewer
    the sites: 2 % false claims for 5 %, at a fifth to two fifths of the power. With this rule false claims stay at or
    below those of the primary estimator, and nine tenths of its power are kept (``benchmarks/null_simulation.py``).
    """
    if not branch.claims:
        return NAN
    checks = np.array([estimates[name].p_value for name in branch.checks])
    primary = estimates[branch.primary]
    if branch.primary.startswith("cr2") and not primary.df >= FEWEST_DF:
        return float(np.max(checks)) if checks.size else NAN
    return float(np.max([primary.p_value, *checks / CHECK_FACTOR]))


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
    found = mean_difference(change[treat == 1], change[treat == 0], ci_level=ci_level)
    return replace(found, method="difference of mean changes, Welch")


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


def _waves(arms: Arms) -> Floats:
    """Return the scores at every occasion; the two that are compared where no others are known."""
    return np.column_stack([arms.before, arms.after]) if arms.waves is None else arms.waves


def _over_waves(arms: Arms, *, slope: bool, ci_level: float) -> Estimate:
    """Fit one model to every score: what differs at random is the person, the site, and the site over time."""
    scores = _waves(arms)
    n_people, n_waves = scores.shape
    wave = np.tile(np.arange(n_waves), n_people)
    person = np.repeat(np.arange(n_people), n_waves).astype(str)
    baseline = arms.n_before - 1
    if slope:
        names, columns = ["wave"], [np.asarray(wave - baseline, dtype=np.float64)]
    else:
        others = [w for w in range(n_waves) if w != baseline]
        names, columns = [f"wave {w}" for w in others], [np.asarray(wave == w, dtype=np.float64) for w in others]
    if arms.treat is not None:
        treat = np.repeat(arms.treat, n_waves)
        names += ["treat", *(f"treat {name}" for name in names)]
        columns += [treat, *(treat * column for column in columns)]
    fit = mixed_three_level(
        scores.ravel(),
        np.column_stack([np.ones(wave.size), *columns]),
        np.repeat(arms.site, n_waves),
        person,
        names=["intercept", *names],
        site_effect="intercept_and_slope" if slope else "intercept_and_wave",
        time=wave,
        ci_level=ci_level,
        unit="scale points per occasion" if slope else "scale points",
    )
    twice = int((~np.isnan(arms.change) & (arms.site != "")).sum())  # others lend their scores to the model only
    return replace(fit.coefficient(names[-1]), n=twice)


def _collapsed_difference(arms: Arms, ci_level: float) -> Estimate:
    """Compare the average of all later scores with that of all earlier ones."""
    scores = _waves(arms)
    early, late = (_row_means(part) for part in (scores[:, : arms.n_before], scores[:, arms.n_before :]))
    return cluster_difference(late - early, _treat(arms), arms.site, ci_level=ci_level).coefficient("difference")


def _row_means(scores: Floats) -> Floats:
    known = ~np.isnan(scores)
    n = known.sum(axis=1)
    return np.divide(np.where(known, scores, 0.0).sum(axis=1), n, out=np.full(len(scores), NAN), where=n > 0)


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
    "waves_change": lambda arms, level: _over_waves(arms, slope=False, ci_level=level),
    "waves_difference": lambda arms, level: _over_waves(arms, slope=False, ci_level=level),
    "growth": lambda arms, level: _over_waves(arms, slope=True, ci_level=level),
    "collapsed_difference": _collapsed_difference,
    "placebo_permutation": lambda arms, level: (
        randomise_difference(arms.change, _treat(arms), arms.site, rng=SEED, ci_level=level).estimate
    ),
    "randomisation_ancova": lambda arms, level: (
        randomise_ancova(arms.before, arms.after, _treat(arms), arms.site, rng=SEED, ci_level=level).estimate
    ),
}
