"""What the decision tree claims when there is nothing to claim, and what it finds when there is something.

    python benchmarks/null_simulation.py [replications]

Invented studies of tests/synthetic_study.py: 8 to 40 children a school, 15 % of the variance of the level and of the
change between schools, r = .6 within them, one child in ten lost. Every study goes the way of a real one: scores are
linked, the branch chosen, every estimator of the branch run, the least favourable p value judged. A claim is a verdict
"better" or "worse". Promises: claims in at most 7 % of the studies without an effect; where a branch gives an interval,
it holds the truth in 93 to 97 % of them. Power at an effect of half an SD is shown beside that of the admissible
method that would have found most by itself. Each design has its own streams, spawned from one seed.
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
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from eval_tools.comparison.change import estimate_change
from eval_tools.comparison.groups import ContrastFound, choose_for_contrast
from eval_tools.comparison.linked import link_waves
from eval_tools.comparison.verdicts import verdict_of
from synthetic_study import SD_BEFORE, SyntheticTables, invent_school_study, synthetic_study

SEED = 20_260_915
REPLICATIONS = 1_000
PROCESSES = 2
EFFECT = -0.5 * SD_BEFORE  # the outcome is better when lower
LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Schools per arm, and whether chance chose them."""

    n_programme: int
    n_comparison: int
    randomised: bool = False

    @property
    def name(self) -> str:
        """Words for the table."""
        if not self.n_comparison:
            return f"single group, {self.n_programme}"
        return f"{'randomised' if self.randomised else 'compared'}, {self.n_programme} + {self.n_comparison}"


DESIGNS = (
    *(Design(n_programme=a, n_comparison=b) for a, b in ((3, 3), (6, 3), (2, 6), (8, 2), (2, 10), (12, 2))),
    *(Design(n_programme=a, n_comparison=b) for a, b in ((4, 4), (6, 6), (8, 4), (12, 6))),
    *(Design(n_programme=a, n_comparison=b, randomised=True) for a, b in ((3, 3), (4, 4), (6, 6), (8, 4), (12, 6))),
    *(Design(n_programme=a, n_comparison=0) for a in (4, 5, 6, 8, 12)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one study was told."""

    branch: str
    primary: str
    verdict: str
    estimate: float
    ci_low: float
    ci_high: float
    rejects: dict[str, bool]  # by each admissible method alone


def tell(tables: SyntheticTables, design: Design) -> Told:
    """Take one study through linking, tree, estimators and verdict."""
    study = synthetic_study(randomised=design.randomised, single_group=not design.n_comparison)
    (outcome,) = study.plan.outcomes
    linked = link_waves(tables.scores, tables.participants, outcome, baseline="autumn", wave="spring")
    if design.n_comparison:
        chosen = choose_for_contrast(linked, study, outcome, "programme", "comparison")
        found = ContrastFound(chosen, {}, LEVEL, LEVEL)
        branch, estimates, p = chosen.branch, found.estimates, found.least_favourable_p()
    else:
        change = estimate_change(linked, study, clustered=True, ci_level=LEVEL)
        branch, estimates, p = change.branch, change.estimates, change.least_favourable_p()
    primary = estimates[branch.primary]
    return Told(
        branch=branch.id,
        primary=branch.primary,
        verdict=verdict_of(primary.estimate, p, outcome.better, claims=branch.claims, level=1 - LEVEL),
        estimate=primary.estimate,
        ci_low=primary.ci_low,
        ci_high=primary.ci_high,
        rejects={name: bool(estimates[name].p_value < 1 - LEVEL) for name in branch.admissible},
    )


def simulate(task: tuple[Design, float, np.random.SeedSequence, int]) -> list[Told]:
    """Tell a block of studies of one design."""
    design, effect, seed, n = task
    rng = np.random.default_rng(seed)
    return [
        tell(
            invent_school_study(rng, n_programme=design.n_programme, n_comparison=design.n_comparison, effect=effect),
            design,
        )
        for _ in range(n)
    ]


def share(values: list[bool]) -> float:
    return 100 * float(np.mean(values))


def summarise(design: Design, null: list[Told], power: list[Told]) -> tuple[str, bool]:
    """Word one design as a line of the table, and say whether it keeps the promises."""
    branch = Counter(told.branch for told in null).most_common(1)[0][0]
    claims = share([told.verdict in ("better", "worse") for told in null])
    with_interval = [told for told in null if np.isfinite(told.ci_low)]
    covered = share([told.ci_low <= 0 <= told.ci_high for told in with_interval]) if with_interval else float("nan")
    found = share([told.verdict == "better" for told in power])
    alone = {name: share([told.rejects[name] for told in power]) for name in power[0].rejects}
    best = max(alone, key=lambda name: alone[name]) if alone else ""
    ratio = f"{found / alone[best]:5.2f}" if best and alone[best] else "    –"
    best_text = f"{alone[best]:5.1f} {best}" if best else "    – no admissible method"
    kept = claims <= 7 and (not with_interval or 93 <= covered <= 97)
    mark = "" if kept else "  BROKEN"
    line = (
        f"{design.name:<19} {branch:<21} {null[0].primary:<18} {claims:6.1f} {covered:9.1f} {found:6.1f} "
        f"{ratio} {best_text}{mark}"
    )
    methods = {name: share([told.rejects[name] for told in null]) for name in null[0].rejects}
    if methods:
        line += "\n" + " " * 20 + "null, alone: " + ", ".join(f"{name} {v:.1f}" for name, v in methods.items())
    return line, kept


def main() -> int:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else REPLICATIONS
    start = time.perf_counter()
    seeds = np.random.SeedSequence(SEED).spawn(2 * len(DESIGNS))
    n_power = max(n // 2, 1)
    tasks = [
        (design, effect, block, size)
        for i, design in enumerate(DESIGNS)
        for effect, seed, total in ((0.0, seeds[2 * i], n), (EFFECT, seeds[2 * i + 1], n_power))
        for block, size in zip(seed.spawn(10), _split(total, 10), strict=True)
        if size
    ]
    told: dict[tuple[Design, float], list[Told]] = {}
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        for (design, effect, *_), block in zip(tasks, pool.imap(simulate, tasks), strict=True):
            told.setdefault((design, effect), []).extend(block)
    print(f"Python {platform.python_version()}, numpy {np.__version__}; seed {SEED}")
    print(f"{n} studies a design without effect, {n_power} with half an SD; Monte-Carlo standard error of")
    print(
        f"5 %: {100 * (0.05 * 0.95 / n) ** 0.5:.1f} points, of power 50 %: {100 * (0.25 / n_power) ** 0.5:.1f} points."
    )
    print("claims: verdict better or worse without an effect, %; coverage of the primary 95 % interval, %;")
    print("power: verdict better, %; ratio: to the admissible method that finds most by itself, whose power follows.")
    print(f"\n{'design':<19} {'branch':<21} {'primary':<18} claims  coverage  power ratio best alone")
    kept = True
    for design in DESIGNS:
        line, right = summarise(design, told[design, 0.0], told[design, EFFECT])
        kept &= right
        print(line)
    print(f"\n{'All promises are kept' if kept else 'Promises are broken where it says so'}.")
    print(f"{time.perf_counter() - start:.0f} s wall time, {PROCESSES} processes.", file=sys.stderr)
    return 0 if kept else 1


def _split(n: int, parts: int) -> list[int]:
    return [n // parts + (i < n % parts) for i in range(parts)]


if __name__ == "__main__":
    sys.exit(main())
