"""How much sites differ: every site with its interval, what they say together, and what another one may expect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eval_tools.comparison.linked import count_sites, link_waves
from eval_tools.comparison.rows import NAN, Contrast, result_row
from eval_tools.privacy.sites import sites_to_show
from eval_tools.stats.estimate import Estimate, Status, not_estimated
from eval_tools.stats.mean import mean_score
from eval_tools.stats.prediction import not_narrower, predict_another
from eval_tools.stats.site_spread import spread_of_sites
from eval_tools.stats.synthesis import Synthesis, synthesise
from eval_tools.studies.study import Outcome, Study

if TYPE_CHECKING:
    import pandas as pd

FEWEST_POOLED = 5  # sites below which they are listed and nothing is said of another one
POOLED = ("random_effects", "prediction", "site_spread")
ESTIMANDS = {
    "site_change": "mean of (score after minus score before) over the people of the site who answered at both waves",
    "site_difference": "that mean minus the mean of the comparison sites' means",
    "within": "mean change of the people of the group minus that of the people of the reference group in the same "
    "site, among people who answered at both waves",
}
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One site: what its people say, and how much of that is the luck of who is in it."""

    id: str
    estimate: Estimate
    weight: float  # the sampling variance is the variance within sites times this
    squares: float  # of people around their means
    df: int  # people less means
    smallest_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What the sites are set against: the mean of the comparison sites' means, and nothing in a single group."""

    mean: float = 0.0
    variance: float = 0.0
    df: float = float("inf")


def compare_sites(
    scores: pd.DataFrame, participants: pd.DataFrame, study: Study, *, wave: str, ci_level: float = 0.95
) -> pd.DataFrame:
    """Ask of every programme group how much its sites differ, and by more than chance.

    Returns
    -------
    DataFrame
        Rows of RESULTS, empty where no sites are named. Contrast ``site_difference`` sets every site against the
        mean of the comparison sites' means, or where both groups are in one site against the other group there;
        ``site_change`` is the change of the site itself, where there is no comparison or fewer than two comparison
        sites. One row per site, ``site_mean`` (t of its own people, Welch with a comparison), and with site ``all``
        ``random_effects`` (mean of sites), ``prediction`` (where another such site is expected) and ``site_spread``
        (τ in scale points with the test of no differences); ``too_few_sites`` below five sites. None of the single
        sites has a p value.

    Notes
    -----
    Random effects by REML with Hartung and Knapp's interval, never below the model's variance (their q at least 1);
    prediction interval from the confidence distribution of τ² (``stats.prediction``), never narrower than the interval
    of the mean. Sampling variances are the variance within sites, pooled, over people: the SD of one site alone rests
    on few of them. The uncertainty of the comparison sites' mean is the same for all sites: it enters every site's own
    interval and the mean (degrees of freedom after Welch and Satterthwaite) and the prediction, but not the spread.

    Sites too small to be published (``privacy.sites.sites_to_show``) have a row, but enter no pooled number and no
    mean of comparison sites: else they could be worked out from these.
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    for outcome in study.plan.outcomes:
        linked = link_waves(scores, participants, outcome, baseline=study.baseline.id, wave=wave)
        twice = linked.dropna(subset=["before", "after"])
        twice = twice[twice["site"] != ""]
        if not count_sites(twice):
            continue
        for group in study.programme_groups:
            rows += _rows(twice, study, outcome, group.id, wave, ci_level)
    return pd.DataFrame(rows)


def _rows(
    twice: pd.DataFrame, study: Study, outcome: Outcome, group: str, wave: str, ci_level: float
) -> Iterator[dict[str, object]]:
    changes = _by_site(twice, group)
    others = {} if study.comparison is None else _by_site(twice, study.comparison.id)
    reference = Reference()
    if study.comparison is not None and study.assignment.unit == "participant":
        kind = "within"
        changes = {site: values for site, values in changes.items() if site in others}
        sites = [_within(site, values, others[site], ci_level) for site, values in changes.items()]
    else:
        shown = _shown([values.size for values in others.values()], list(others), study)
        kind = "site_difference" if len(shown) > 1 else "site_change"
        if kind == "site_difference":
            reference = _reference(np.array([others[site].mean() for site in shown]))
        sites = [_own(site, values, reference, ci_level) for site, values in changes.items()]
    contrast = Contrast(
        outcome=outcome.id,
        contrast="site_change" if kind == "site_change" else "site_difference",
        group=group,
        reference=study.comparison.id if study.comparison is not None and kind != "site_change" else "",
        baseline=study.baseline.id,
        wave=wave,
        estimand=ESTIMANDS[kind],
        n_sites=1,
    )
    for each in sites:
        yield result_row(contrast, "site_mean", each.estimate, smallest_count=each.smallest_count, site=each.id)
    shown = _shown([each.smallest_count for each in sites], [each.id for each in sites], study)
    pooled = [each for each in sites if each.id in shown]
    smallest = min((each.smallest_count for each in pooled), default=0)
    for name, found in _pool(pooled, reference, ci_level).items():
        whole = replace(contrast, n_sites=len(pooled))
        yield result_row(whole, name, found, smallest_count=smallest)


def _by_site(twice: pd.DataFrame, group: str) -> dict[str, Floats]:
    """Return the changes of the people of one group, by site, in the order of ids."""
    mine = twice[twice["group"] == group]
    change = (mine["after"] - mine["before"]).to_numpy(dtype=float)
    site = mine["site"].to_numpy(dtype=str)
    return {name: change[site == name] for name in sorted(set(site.tolist()))}


def _shown(counts: list[int], sites: list[str], study: Study) -> list[str]:
    return [site for site, is_shown in zip(sites, sites_to_show(counts, study.disclosure), strict=True) if is_shown]


def _reference(means: Floats) -> Reference:
    return Reference(mean=float(means.mean()), variance=float(means.var(ddof=1)) / means.size, df=means.size - 1.0)


def _own(site: str, change: Floats, reference: Reference, ci_level: float) -> Site:
    """Set the people of a site against a mean of other sites, if there is one."""
    mean = mean_score(change, ci_level=ci_level)
    method = "mean change, t" if np.isinf(reference.df) else "mean change less mean of comparison sites, Welch"
    estimate = _welch(mean, mean.estimate - reference.mean, mean.se**2, mean.n - 1.0, reference, method)
    return Site(
        id=site,
        estimate=estimate,
        weight=1 / change.size,
        squares=float(((change - change.mean()) ** 2).sum()),
        df=change.size - 1,
        smallest_count=change.size,
    )


def _within(site: str, here: Floats, there: Floats, ci_level: float) -> Site:
    """Set the people of one group against those of the other in the same site."""
    mine, theirs = mean_score(here, ci_level=ci_level), mean_score(there, ci_level=ci_level)
    if theirs.status == "estimated":
        other = Reference(mean=theirs.estimate, variance=theirs.se**2, df=theirs.n - 1.0)
        estimate = _welch(
            mine, mine.estimate - theirs.estimate, mine.se**2, mine.n - 1.0, other, "difference of mean changes, Welch"
        )
    else:
        estimate = replace(theirs, estimate=mine.estimate - theirs.estimate)
    return Site(
        id=site,
        estimate=replace(estimate, n=here.size + there.size),
        weight=1 / here.size + 1 / there.size,
        squares=float(sum(((part - part.mean()) ** 2).sum() for part in (here, there))),
        df=here.size + there.size - 2,
        smallest_count=min(here.size, there.size),
    )


def _welch(like: Estimate, value: float, variance: float, df: float, other: Reference, method: str) -> Estimate:
    """Return ``value`` with the uncertainty of two independent means; a status that is not ``estimated`` stays."""
    from scipy.special import stdtrit

    if like.status != "estimated":
        return replace(like, estimate=value, method=method)
    total = variance + other.variance
    both = total**2 / (variance**2 / df + other.variance**2 / other.df)
    half = float(stdtrit(both, (1 + like.ci_level) / 2)) * total**0.5
    return replace(
        like, estimate=value, se=total**0.5, df=both, ci_low=value - half, ci_high=value + half, method=method
    )


def _pool(sites: list[Site], reference: Reference, ci_level: float) -> dict[str, Estimate]:
    """Estimate mean, prediction and spread over sites, or say that they are too few."""
    n, df = sum(each.estimate.n for each in sites), sum(each.df for each in sites)
    within = sum(each.squares for each in sites) / df if df else 0.0
    if len(sites) < FEWEST_POOLED:
        return _none(n, "too_few_sites", ci_level)
    if not within > 0:
        return _none(n, "no_variation", ci_level)
    effects = np.array([each.estimate.estimate for each in sites])
    variances = np.array([each.weight * within for each in sites])
    found = synthesise(effects, variances, ci_level=ci_level)
    if found.status != "estimated":
        return _none(n, "no_variation" if found.status == "no_variation" else "not_converged", ci_level)
    spread = spread_of_sites(effects, variances, df=float(df), ci_level=ci_level)
    mean = _mean_of_sites(found, n, reference)
    another = predict_another(
        effects, variances, shared_variance=reference.variance, shared_df=reference.df, ci_level=ci_level
    )
    another = replace(another, n=n, unit="scale points")
    return {"random_effects": mean, "prediction": not_narrower(another, mean), "site_spread": replace(spread, n=n)}


def _mean_of_sites(found: Synthesis, n: int, reference: Reference) -> Estimate:
    mean = replace(found.mean_cautious, n=n, unit="scale points", p_value=NAN)
    method = "random effects, REML, Hartung–Knapp t, q not below 1"
    return _welch(mean, mean.estimate, mean.se**2, found.k - 1.0, reference, method)


def _none(n: int, status: Status, ci_level: float) -> dict[str, Estimate]:
    return {
        name: not_estimated(n=n, unit="scale points", method=name, status=status, ci_level=ci_level) for name in POOLED
    }
