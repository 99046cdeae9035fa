"""Stepped roll-out: what changed once sites had started, against sites that had not started yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eval_tools.comparison.estimators import SEED
from eval_tools.comparison.linked import link_waves
from eval_tools.comparison.rows import NAN, Contrast, adjust_family, result_row
from eval_tools.stats.estimate import Estimate
from eval_tools.stats.stepped import SteppedEffect, group_time_effects, stepped_effect
from eval_tools.studies.study import Outcome, Study

if TYPE_CHECKING:
    import pandas as pd

BRANCH = "stepped"
ESTIMATORS = ("stepped_att", "stepped_within")
FEWEST_FOR_A_CLAIM = 6  # sites; with fewer, other orders of the starts are too few to be an argument
ESTIMANDS = {
    "stepped_att": "mean over the sites that have started, and over the waves since their start, of the mean change "
    "since the last wave before the start minus that of sites not yet started, among people who answered at the "
    "baseline and at the wave",
    "stepped_within": "mean over the waves of the mean change since the baseline in sites that have started minus that "
    "in sites that have not, among people who answered at the baseline and at the wave",
}
SINCE_START = "since_start:"  # subgroup of a row: so many waves after the start, 0 being the wave of the start


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SitePanel:
    """Mean changes since the baseline by site and wave, with the wave at which each site starts."""

    waves: tuple[str, ...]  # from the baseline to the term; only waves at which somebody answered
    sites: tuple[str, ...]
    means: NDArray[np.float64]  # (sites, waves), scale points; NaN where nobody of the site answered twice
    people: NDArray[np.float64]  # (sites, waves): people behind each mean
    starts: tuple[int | None, ...]  # counted in ``waves``; beyond them if the start is still to come

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Sites with a mean at every wave: the others do not enter."""
        return np.asarray(~np.isnan(self.means).any(axis=1))

    def started_by(self, wave: int) -> list[str]:
        """Return the sites that have started at a wave."""
        return [s for s, start in zip(self.sites, self.starts, strict=True) if start is not None and start <= wave]

    def without(self, site: str) -> SitePanel:
        """Return all other sites."""
        keep = np.array([name != site for name in self.sites], dtype=bool)
        return replace(
            self,
            sites=tuple(name for name in self.sites if name != site),
            means=self.means[keep],
            people=self.people[keep],
            starts=tuple(s for s, kept in zip(self.starts, keep, strict=True) if kept),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SteppedFound:
    """The stepped comparison of one outcome."""

    panel: SitePanel
    effect: SteppedEffect
    n: int  # people of the sites that entered, asked at the baseline and at a later wave
    n_by_time: tuple[int, ...]  # the same for every time since the start
    smallest_count: int  # the smallest of the groups of people that a wave compares

    @property
    def refused(self) -> tuple[str, ...]:
        """Why there is no estimate, or no claim, or no comparison at some wave."""
        if self.effect.refused == "one_start":  # study.yaml has several: waves without answers made them one
            return ("starts_merged",)
        if self.effect.refused is not None:
            return (self.effect.refused,)
        few = ("too_few_for_a_claim",) if not self.claims else ()
        over = ("all_started",) if self.effect.waves_without_comparison else ()
        incomplete = ("incomplete_sites",) if self.effect.n_dropped else ()
        return (*few, *over, *incomplete)

    @property
    def claims(self) -> bool:
        """Whether a verdict other than unclear is possible."""
        return self.effect.refused is None and self.effect.sites >= FEWEST_FOR_A_CLAIM

    def least_favourable_p(self) -> float:
        """Return the larger p value of both estimators; missing where no claim is made."""
        if not self.claims:
            return NAN
        return float(np.max([self.effect.overall.p_value, self.effect.within_period.p_value]))


def lay_out_sites(
    scores: pd.DataFrame, participants: pd.DataFrame, outcome: Outcome, study: Study, *, wave: str
) -> SitePanel:
    """Average, by site and wave, how far people moved since the baseline, from the baseline up to a wave."""
    order = list(study.waves)
    first, last = order.index(study.baseline.id), order.index(wave)
    sites = tuple(sorted(set(participants["site"]) - {""}))
    waves, means, people = [study.baseline.id], [np.zeros(len(sites))], []
    for later in order[first + 1 : last + 1]:
        linked = link_waves(scores, participants, outcome, baseline=study.baseline.id, wave=later)
        change = (linked["after"] - linked["before"]).groupby(linked["site"])
        if change.count().sum():
            waves.append(later)
            means.append(change.mean().reindex(sites).to_numpy(dtype=float))
            people.append(change.count().reindex(sites, fill_value=0).to_numpy(dtype=float))
    place = [order.index(name) for name in waves]

    def start_of(site: str) -> int | None:
        start = study.start_of(site)
        return None if start is None else sum(p < start for p in place) + max(0, start - last)

    return SitePanel(
        waves=tuple(waves),
        sites=sites,
        means=np.column_stack(means),
        people=np.column_stack([np.full(len(sites), np.inf), *people]),
        starts=tuple(start_of(site) for site in sites),
    )


def estimate_stepped(
    scores: pd.DataFrame,
    participants: pd.DataFrame,
    outcome: Outcome,
    study: Study,
    *,
    wave: str,
    ci_level: float = 0.95,
) -> SteppedFound:
    """Estimate the stepped comparison of one outcome from the baseline up to a wave."""
    panel = lay_out_sites(scores, participants, outcome, study, wave=wave)
    effect = stepped_effect(panel.means, panel.starts, rng=SEED, ci_level=ci_level)
    by_time = [_cells(effect, each.waves) for each in effect.by_time]
    return SteppedFound(
        panel=panel,
        effect=effect,
        n=_people_in(scores, participants, outcome, panel, _cells(effect)),
        n_by_time=tuple(_people_in(scores, participants, outcome, panel, cells) for cells in by_time),
        smallest_count=_smallest(panel, _cells(effect)),
    )


def compare_stepped(
    scores: pd.DataFrame, participants: pd.DataFrame, study: Study, *, wave: str, ci_level: float = 0.95
) -> pd.DataFrame:
    """Compare sites that have started with sites that have not, on every outcome; empty unless the study is stepped.

    Returns
    -------
    DataFrame
        Rows of RESULTS with contrast ``stepped``: ``stepped_att`` (primary; also by waves since the start, with the
        subgroup ``since_start:0``, ``since_start:1`` …), ``stepped_within`` (must agree for a claim) and
        ``leave_one_site_out``. ``p_adjusted`` of the primary row is that of the less favourable of both, Holm over
        the primary outcomes, Benjamini–Hochberg over the secondary ones; missing with fewer than six sites.
        Without a comparison there is a row with the reason all the same.
    """
    import pandas as pd

    if not study.assignment.stepped:
        return pd.DataFrame()
    rows: list[dict[str, object]] = []
    least_favourable = []
    for outcome in study.plan.outcomes:
        found = estimate_stepped(scores, participants, outcome, study, wave=wave, ci_level=ci_level)
        rows += _rows(found, outcome, study, wave)
        least_favourable.append(found.least_favourable_p())
    table = pd.DataFrame(rows)
    return adjust_family(table, table["role"] == "primary", least_favourable, study.plan.outcomes)


def _rows(found: SteppedFound, outcome: Outcome, study: Study, wave: str) -> Iterator[dict[str, object]]:
    [group] = study.groups
    effect = found.effect

    def row(
        name: str,
        estimate: Estimate,
        *,
        role: str,
        sites: int = effect.sites,
        n: int = found.n,
        smallest: int = found.smallest_count,
    ) -> dict[str, object]:
        contrast = Contrast(
            outcome=outcome.id,
            contrast="stepped",
            group=group,
            reference="",
            baseline=study.baseline.id,
            wave=wave,
            estimand=ESTIMANDS.get(name, ESTIMANDS["stepped_att"]),
            n_sites=sites,
        )
        estimate = replace(estimate, n=n, p_value=estimate.p_value if found.claims else NAN)
        return result_row(contrast, name, estimate, smallest_count=smallest, role=role, branch=BRANCH)

    yield row("stepped_att", effect.overall, role="primary")
    yield row("stepped_within", effect.within_period, role="check")
    for each, n in zip(effect.by_time, found.n_by_time, strict=True):
        # one site alone has started so long ago: site and programme cannot be told apart
        estimate = _nothing(each.estimate) if each.sites == 1 else each.estimate
        smallest = _smallest(found.panel, _cells(effect, each.waves))
        detail = row("stepped_att", estimate, role="detail", sites=each.sites, n=n, smallest=smallest)
        yield {**detail, "subgroup": f"{SINCE_START}{each.waves}"}
    if effect.overall.status == "estimated":
        low, high = leave_one_site_out(found.panel)
        spread = replace(
            effect.overall,
            p_value=NAN,
            ci_low=low,
            ci_high=high,
            method="range of the estimate, each site left out in turn",
        )
        yield row("leave_one_site_out", spread, role="detail")


def leave_one_site_out(panel: SitePanel) -> tuple[float, float]:
    """Return the lowest and highest overall estimate with one site left out; missing where nothing is left."""
    values = []
    for site, complete in zip(panel.sites, panel.complete, strict=True):
        if complete:
            rest = panel.without(site)
            cells = group_time_effects(rest.means, rest.starts)
            if cells:
                weights = [cell.sites_started for cell in cells]
                values.append(float(np.average([cell.estimate for cell in cells], weights=weights)))
    return min(values, default=NAN), max(values, default=NAN)


def _nothing(estimate: Estimate) -> Estimate:
    return replace(estimate, estimate=NAN, ci_low=NAN, ci_high=NAN, p_value=NAN, status="too_few_sites")


def _cells(effect: SteppedEffect, waves_since_start: int | None = None) -> list[tuple[int, int]]:
    """Return start and wave of every comparison, or of those so many waves after the start."""
    pairs = [(cell.start, cell.wave) for cell in effect.cells]
    return [(g, t) for g, t in pairs if waves_since_start is None or t - g == waves_since_start]


def _people_in(
    scores: pd.DataFrame,
    participants: pd.DataFrame,
    outcome: Outcome,
    panel: SitePanel,
    cells: Sequence[tuple[int, int]],
) -> int:
    """Count people of the sites compared with a score at the baseline and at a wave of a comparison."""
    start = np.array([np.inf if s is None else s for s in panel.starts])
    compared = [panel.complete & ((start == g) | (start > t)) for g, t in cells]
    sites = {panel.sites[i] for arm in compared for i in np.flatnonzero(arm)}
    waves = {panel.waves[wave] for g, t in cells for wave in (g - 1, t) if wave > 0}
    mine = scores[(scores["instrument"] == outcome.instrument) & (scores["scale"] == outcome.scale)]
    here = set(participants.loc[participants["site"].isin(sites), "participant"])
    scored = mine[mine["score"].notna()]
    before = set(scored.loc[scored["wave"] == panel.waves[0], "participant"])
    later = set(scored.loc[scored["wave"].isin(waves), "participant"])
    return len(here & before & later)


def _smallest(panel: SitePanel, cells: Sequence[tuple[int, int]]) -> int:
    """Return the fewest people in any of the arms that these comparisons have; 0 without a comparison."""
    start = np.array([np.inf if s is None else s for s in panel.starts])
    use = panel.complete
    counts = [
        panel.people[use & arm, wave].sum() for g, wave in cells for arm in (start == g, start > wave) if arm.any()
    ]
    return int(min(counts, default=0))
