"""What the decision tree claims when there is nothing to claim, and what it finds when there is something.

    python benchmarks/null_simulation.py [replications]

Invented studies of tests/synthetic_study.py: 8 to 40 children a school, 15 % of the variance of the level and of the
change between schools, r = .6 within them, one child in ten lost (at every wave, where there are more than two). Every
study goes the way of a real one: scores are linked, the branch chosen, its primary estimator and its checks run, and
the p value judged that least favours a claim. A claim is a verdict "better" or "worse".

Promises: claims in at most 7 % of the studies without an effect; where a branch gives an interval, it holds the truth
in 93 to 97 % of them; and at an effect of half an SD the verdict finds at least nine tenths of what the best single
method finds. Single methods are the primary estimator, and each check that by itself errs in at most 7 % of the
studies without an effect, also under stress: a method that is quick to see effects where there are none is no rival.
Nor is one that answers another question: where the verdict is about one of several later waves, the average of all of
them finds an effect that lasts more easily, and says less. What it finds is printed, and promises nothing.
Its ratio is broken if it lies below 0.90 by more than chance: ratio + 1.645 standard errors < 0.90, the standard
error of a ratio of two shares of the same studies (delta method).

Stress rows promise nothing: the changes of schools vary twice as much (SD) in the smaller arm, or in the comparison if
equal. Of each method the share of false claims by itself is printed. Single groups, several waves and designs that
never allow a claim have no such row. Each design has its own streams, spawned from one seed.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # all before numpy is imported
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

import multiprocessing
import platform
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from eval_tools.comparison.branch import FEWEST_SITES
from eval_tools.comparison.change import estimate_change
from eval_tools.comparison.estimators import estimate, least_favourable_p, without_claim
from eval_tools.comparison.groups import choose_for_contrast
from eval_tools.comparison.linked import link_waves, scores_by_wave
from eval_tools.comparison.verdicts import verdict_of
from synthetic_study import (
    SD_BEFORE,
    SyntheticTables,
    invent_school_study,
    invent_study_over_waves,
    synthetic_study,
)

SEED = 20_260_915
REPLICATIONS = 1_000
PROCESSES = 2
EFFECT = -0.5 * SD_BEFORE  # the outcome is better when lower
LEVEL = 0.95
MOST_CLAIMS = 7.0  # % of studies without an effect
COVERED = (93.0, 97.0)  # %
LEAST_POWER = 0.90  # of the best single method
ONE_SIDED = 1.645  # standard errors below LEAST_POWER before chance is no excuse
OTHER_QUESTION = ("collapsed_difference",)  # checks of the average of several waves, where the verdict is about one
STRESS = 2.0  # times the SD of the changes of schools, in one arm


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Schools per arm, waves, whether chance chose the schools, and how unequal their changes vary."""

    n_programme: int
    n_comparison: int
    randomised: bool = False
    n_before: int = 1
    n_after: int = 1
    noisier: float = 1.0

    @property
    def several_waves(self) -> bool:
        """Whether there are more than two."""
        return self.n_before + self.n_after > 2

    @property
    def name(self) -> str:
        """Words for the table."""
        waves = f", {self.n_before}|{self.n_after} waves" if self.several_waves else ""
        if not self.n_comparison:
            return f"single group, {self.n_programme}{waves}"
        kind = "randomised" if self.randomised else "compared"
        return f"{kind}, {self.n_programme} + {self.n_comparison}{waves}"

    def under_stress(self) -> Design | None:
        """Return the same schools with unequal variances; nothing where there is no such design, or never a claim."""
        if self.several_waves or min(self.n_programme, self.n_comparison) < FEWEST_SITES:
            return None
        return replace(self, noisier=STRESS)


DESIGNS = (
    *(Design(n_programme=a, n_comparison=b) for a, b in ((3, 3), (6, 3), (2, 6), (8, 2), (2, 10), (12, 2))),
    *(Design(n_programme=a, n_comparison=b) for a, b in ((4, 4), (6, 6), (8, 4), (12, 6))),
    *(Design(n_programme=a, n_comparison=b, randomised=True) for a, b in ((3, 3), (4, 4), (6, 6), (8, 4), (12, 6))),
    *(Design(n_programme=a, n_comparison=0) for a in (4, 5, 6, 8, 12)),
    *(Design(n_programme=a, n_comparison=b, n_before=1, n_after=2) for a, b in ((4, 4), (8, 4), (12, 6))),
    Design(n_programme=8, n_comparison=4, n_before=2, n_after=2),
    *(Design(n_programme=a, n_comparison=0, n_before=1, n_after=2) for a in (6, 12)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one study was told."""

    branch: str
    primary: str
    verdict: str
    ci_low: float
    ci_high: float
    says: dict[str, str]  # what the primary estimator and each check would have said by itself


def invent(rng: np.random.Generator, design: Design, effect: float) -> SyntheticTables:
    """Simulate one study of a design."""
    schools = {"n_programme": design.n_programme, "n_comparison": design.n_comparison}
    if design.several_waves:
        return invent_study_over_waves(rng, **schools, n_before=design.n_before, n_after=design.n_after, effect=effect)
    return invent_school_study(rng, **schools, effect=effect, noisier=design.noisier)


def tell(tables: SyntheticTables, design: Design) -> Told:
    """Take one study through linking, tree, estimators and verdict."""
    study = synthetic_study(
        randomised=design.randomised,
        single_group=not design.n_comparison,
        n_before=design.n_before,
        n_after=design.n_after,
    )
    (outcome,) = study.plan.outcomes
    linked = link_waves(tables.scores, tables.participants, outcome, baseline="autumn", wave="spring")
    by_wave = scores_by_wave(tables.scores, linked, outcome, study.waves_until("spring"))
    if design.n_comparison:
        chosen = choose_for_contrast(linked, study, outcome, "programme", "comparison", by_wave)
        branch = chosen.branch
        estimates = {
            name: without_claim(estimate(name, chosen.arms, ci_level=LEVEL), branch)
            for name in (branch.primary, *branch.checks)
        }
    else:
        change = estimate_change(linked, study, by_wave, clustered=True, ci_level=LEVEL)
        branch, estimates = change.branch, change.estimates
    primary, p = estimates[branch.primary], least_favourable_p(branch, estimates)

    def verdict(points: float, p_value: float) -> str:
        return verdict_of(points, p_value, outcome.better, claims=branch.claims, level=1 - LEVEL)

    return Told(
        branch=branch.id,
        primary=branch.primary,
        verdict=verdict(primary.estimate, p),
        ci_low=primary.ci_low,
        ci_high=primary.ci_high,
        says={
            name: verdict(estimates[name].estimate, estimates[name].p_value)
            for name in (branch.primary, *branch.checks)
            if branch.claims
        },
    )


def simulate(task: tuple[Design, float, np.random.SeedSequence, int]) -> list[Told]:
    """Tell a block of studies of one design."""
    design, effect, seed, n = task
    rng = np.random.default_rng(seed)
    return [tell(invent(rng, design, effect), design) for _ in range(n)]


def share(values: list[bool]) -> float:
    return 100 * float(np.mean(values))


def false_claims(told: list[Told]) -> float:
    return share([one.verdict in ("better", "worse") for one in told])


def false_claims_alone(told: list[Told]) -> dict[str, float]:
    """Return by method in how many of the studies it would have claimed something by itself, %."""
    return {name: share([one.says[name] in ("better", "worse") for one in told]) for name in told[0].says}


def power_ratio(told: list[Told], method: str) -> tuple[float, float]:
    """Return what the verdict finds over what a method finds by itself, and the standard error of that ratio."""
    verdict = np.array([one.verdict == "better" for one in told], dtype=float)
    alone = np.array([one.says[method] == "better" for one in told], dtype=float)
    if not alone.any():
        return float("nan"), float("nan")
    ratio = float(verdict.mean() / alone.mean())
    apart = verdict - ratio * alone
    return ratio, float(apart.std() / (alone.mean() * len(told) ** 0.5))


def summarise(design: Design, null: list[Told], power: list[Told], stress: list[Told]) -> tuple[str, bool]:
    """Word one design as a line of the table, and say whether it keeps the promises."""
    branch = Counter(told.branch for told in null).most_common(1)[0][0]
    claims = false_claims(null)
    with_interval = [told for told in null if np.isfinite(told.ci_low)]
    covered = share([told.ci_low <= 0 <= told.ci_high for told in with_interval]) if with_interval else float("nan")
    found = share([told.verdict == "better" for told in power])
    level, under_stress = false_claims_alone(null), false_claims_alone(stress) if stress else {}
    primary = null[0].primary
    holds = [name for name in level if name == primary or max(level[name], under_stress.get(name, 0.0)) <= MOST_CLAIMS]
    found_alone = {name: share([told.says[name] == "better" for told in power]) for name in level}
    alone = {name: found_alone[name] for name in holds if name not in OTHER_QUESTION}
    others = {name: found_alone[name] for name in level if name in OTHER_QUESTION}
    broken = []
    if claims > MOST_CLAIMS:
        broken.append("claims")
    if with_interval and not COVERED[0] <= covered <= COVERED[1]:
        broken.append("coverage")
    compared = "    –             no claim is possible"
    if alone:
        best = max(alone, key=lambda name: alone[name])
        ratio, error = power_ratio(power, best)
        compared = f"{ratio:5.2f} (s.e. {error:.2f}) {alone[best]:5.1f} {best}"
        if ratio + ONE_SIDED * error < LEAST_POWER:
            broken.append("power")
    mark = f"  BROKEN: {', '.join(broken)}" if broken else ""
    lines = [f"{design.name:<28} {branch:<21} {primary:<18} {claims:6.1f} {covered:9.1f} {found:6.1f} {compared}{mark}"]
    if level:
        lines.append(f"{'':<29}no effect, alone: {_list(level)}")
    if others:
        lines.append(f"{'':<29}another question, finds alone: {_list(others)} (no promise)")
    if stress:
        alone_stressed = f"; alone: {_list(under_stress)}" if under_stress else ""
        lines.append(f"{'':<29}stress: claims {false_claims(stress):.1f}{alone_stressed} (no promise)")
    return "\n".join(lines), not broken


def _list(shares: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.1f}" for name, value in shares.items())


def main() -> int:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else REPLICATIONS
    start = time.perf_counter()
    n_power = max(n // 2, 1)
    tasks = [
        (row, kind, (of, effect, block, size))
        for row, (design, seed) in enumerate(
            zip(DESIGNS, np.random.SeedSequence(SEED).spawn(len(DESIGNS)), strict=True)
        )
        for kind, of, effect, stream, total in zip(
            ("null", "power", "stress"),
            (design, design, design.under_stress()),
            (0.0, EFFECT, 0.0),
            seed.spawn(3),
            (n, n_power, n),
            strict=True,
        )
        if of is not None
        for block, size in zip(stream.spawn(10), _split(total, 10), strict=True)
        if size
    ]
    told: dict[tuple[int, str], list[Told]] = {}
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        blocks = pool.imap(simulate, [task for _, _, task in tasks])
        for (row, kind, _), block in zip(tasks, blocks, strict=True):
            told.setdefault((row, kind), []).extend(block)
    print(f"Python {platform.python_version()}, numpy {np.__version__}; seed {SEED}")
    print(f"{n} studies a design without effect, {n_power} with half an SD; Monte-Carlo standard error of")
    print(
        f"5 %: {100 * (0.05 * 0.95 / n) ** 0.5:.1f} points, of power 50 %: {100 * (0.25 / n_power) ** 0.5:.1f} points."
    )
    print("claims: verdict better or worse without an effect, %; coverage of the primary 95 % interval, %;")
    print("power: verdict better, %; ratio: to the method that finds most by itself, whose power follows, among the")
    print(f"primary estimator and the checks that alone err in at most {MOST_CLAIMS:.0f} % without an effect and under")
    print(f"stress (changes of schools vary {STRESS:.0f} times as much in one arm). Promised: claims at most")
    print(
        f"{MOST_CLAIMS:.0f} %, coverage {COVERED[0]:.0f} to {COVERED[1]:.0f} %, ratio + {ONE_SIDED} s.e. not below",
        end=" ",
    )
    print(f"{LEAST_POWER:.2f}.")
    print(f"\n{'design':<28} {'branch':<21} {'primary':<18} claims  coverage  power ratio            best alone")
    kept = True
    for row, design in enumerate(DESIGNS):
        line, right = summarise(design, told[row, "null"], told[row, "power"], told.get((row, "stress"), []))
        kept &= right
        print(line)
    print(f"\n{'All promises are kept' if kept else 'Promises are broken where it says so'}.")
    print(f"{time.perf_counter() - start:.0f} s wall time, {PROCESSES} processes.", file=sys.stderr)
    return 0 if kept else 1


def _split(n: int, parts: int) -> list[int]:
    return [n // parts + (i < n % parts) for i in range(parts)]


if __name__ == "__main__":
    sys.exit(main())
