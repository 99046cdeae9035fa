"""Several regions or partners: what each says by the branch that it deserves alone, and what they say together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from eval_tools.comparison.branch import Branch
from eval_tools.comparison.change import estimate_change
from eval_tools.comparison.estimators import estimate, without_claim
from eval_tools.comparison.groups import ADJUSTED, ESTIMANDS, choose_for_contrast
from eval_tools.comparison.linked import link_waves
from eval_tools.comparison.rows import NAN, Contrast, result_row
from eval_tools.stats.estimate import Estimate
from eval_tools.stats.prediction import not_narrower, predict_another
from eval_tools.stats.synthesis import synthesise
from eval_tools.studies.study import Outcome, Study

if TYPE_CHECKING:
    import pandas as pd

FEWEST_REGIONS = 5  # below, a pooled number is shown with its interval and nothing is made of it
REGION = "region:"  # subgroup of the row of one region
POOLED = "regions"  # subgroup of what they say together
POOLED_ESTIMATORS = ("regions_pooled", "regions_pooled_cautious", "regions_prediction")
CHANGE = "mean of (score after minus score before) over the people of the region who answered at both waves"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionFound:
    """The primary estimate of one contrast in one region."""

    region: str
    branch: Branch
    estimate: Estimate
    estimand: str
    n_sites: int
    smallest_count: int  # 0 where an arm of the region is a single site, whose own result it would be

    @property
    def pooled(self) -> bool:
        """Whether it enters the synthesis: only with an interval, and with a standard error to weigh it by."""
        return self.estimate.status == "estimated" and self.estimate.se > 0


def compare_regions(
    scores: pd.DataFrame, participants: pd.DataFrame, study: Study, *, wave: str, ci_level: float = 0.95
) -> pd.DataFrame:
    """Give the primary estimate of every region, and their random-effects mean; empty without regions.

    Returns
    -------
    DataFrame
        Rows of RESULTS with contrast ``region_difference`` or, without a comparison group, ``region_change``. The
        column ``subgroup`` holds ``region:<id>`` for one region, estimated by the primary estimator of the branch
        that the region's own sites deserve, and ``regions`` for all of them together: ``regions_pooled`` (REML,
        Hartung–Knapp), ``regions_pooled_cautious`` (the same, not below the model's variance) and
        ``regions_prediction`` (where another such region is expected, from three regions on). Regions whose branch
        gives no interval have a row with the reason and are not pooled.
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    for outcome in study.plan.outcomes if study.regions else ():
        linked = link_waves(scores, participants, outcome, baseline=study.baseline.id, wave=wave)
        parts = {name: linked[linked["site"].isin(region.sites)] for name, region in study.regions.items()}
        for group in study.programme_groups:
            found = [_in_region(name, part, study, outcome, group.id, ci_level) for name, part in parts.items()]
            rows += _rows(found, outcome, group.id, study, wave, ci_level)
    return pd.DataFrame(rows)


def _in_region(
    name: str, people: pd.DataFrame, study: Study, outcome: Outcome, group: str, ci_level: float
) -> RegionFound:
    if study.comparison is None:
        mine = people[people["group"] == group]
        change = estimate_change(mine, study, clustered=True, ci_level=ci_level)
        branch, found, n, n_sites = change.branch, change.estimates[change.branch.primary], change.n, change.n_sites
        estimand, alone = CHANGE, n_sites == 1
    else:
        chosen = choose_for_contrast(people, study, outcome, group, study.comparison.id)
        branch, n, n_sites = chosen.branch, chosen.smallest_count, chosen.sites_in_all
        found = without_claim(estimate(branch.primary, chosen.arms, ci_level=ci_level), branch)
        estimand = ESTIMANDS["adjusted" if branch.primary in ADJUSTED else "change"]
        alone = 1 in (chosen.sites_group, chosen.sites_reference)
    return RegionFound(
        region=name,
        branch=branch,
        estimate=found,
        estimand=f"in one region: {estimand}",
        n_sites=n_sites,
        smallest_count=0 if alone else n,
    )


def _rows(
    found: list[RegionFound], outcome: Outcome, group: str, study: Study, wave: str, ci_level: float
) -> Iterator[dict[str, object]]:
    contrast = Contrast(
        outcome=outcome.id,
        contrast="region_change" if study.comparison is None else "region_difference",
        group=group,
        reference="" if study.comparison is None else study.comparison.id,
        baseline=study.baseline.id,
        wave=wave,
        estimand="mean over regions of what is estimated in each",
        n_sites=sum(each.n_sites for each in found if each.pooled),
    )
    for each in found:
        of_region = replace(contrast, estimand=each.estimand, n_sites=each.n_sites)
        row = result_row(
            of_region,
            each.branch.primary,
            each.estimate,
            smallest_count=each.smallest_count,
            branch=each.branch.id,
        )
        yield {**row, "subgroup": f"{REGION}{each.region}"}
    pooled = [each for each in found if each.pooled]
    smallest = min((each.smallest_count for each in pooled), default=0)
    for name, together in pool_regions(pooled, ci_level=ci_level).items():
        yield {**result_row(contrast, name, together, smallest_count=smallest), "subgroup": POOLED}


def pool_regions(found: list[RegionFound], *, ci_level: float = 0.95) -> Mapping[str, Estimate]:
    """Pool regions that have an interval; ``n`` counts their people. No p value with fewer than five regions."""
    values, variances = [each.estimate.estimate for each in found], [each.estimate.se**2 for each in found]
    together = synthesise(values, variances, ci_level=ci_level)
    n = sum(each.estimate.n for each in found)
    mean, cautious = (replace(each, n=n, unit="scale points") for each in (together.mean, together.mean_cautious))
    if len(found) < FEWEST_REGIONS:
        mean, cautious = (replace(each, p_value=NAN) for each in (mean, cautious))
    another = replace(predict_another(values, variances, ci_level=ci_level), n=n, unit="scale points")
    prediction = not_narrower(another, cautious)
    return dict(zip(POOLED_ESTIMATORS, (mean, cautious, prediction), strict=True))
