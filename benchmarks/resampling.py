"""Resampling 2,000 people on ten outcomes: BCa intervals and sign-flip tests, against scipy.

    python benchmarks/resampling.py

Both sides take whole data (checks and result objects included) and run in turns in one process, short calls repeated
until they fill 20 ms; the ratios of median CPU times are printed, after the results were compared. scipy gets the
quicker of two batch sizes. Promises: BCa of a standardised change (g_av, whole people resampled) at least 12 times for
ten outcomes and 1.5 times for a single one; sign flips at least 100 times for ten outcomes and for a single one.

A plain mean is shown without a promise. It is the cheapest statistic there is: scipy spends its time on drawing, as we
do. Four fifths of ours go to drawing and counting 20 million places, once for all outcomes, whatever the statistic.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # all before numpy is imported
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

import platform
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy
from scipy import stats

from eval_tools.stats.resampling import Bootstrap, bootstrap_mean_change, bootstrap_standardised_change
from eval_tools.stats.sign_flip import sign_flip_test

ROUNDS = 3
N, OUTCOMES, RESAMPLES = 2_000, 10, 10_000
BATCHES = (32, 1_000)  # about 64 k numbers, and a large one


def invented_people() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(20260812)
    before = rng.gamma(3.0, size=(N, OUTCOMES))
    return before, before + rng.gamma(2.0, size=(N, OUTCOMES)) - 1.96


def cpu_ms(work: Callable[[], object]) -> float:
    """Time one call, or as many as fill 20 ms: one short call would time the cold caches that the last peer left."""
    start, calls = time.process_time(), 0
    while not calls or time.process_time() - start < 0.02:
        work()
        calls += 1
    return 1000 * (time.process_time() - start) / calls


def in_turns(sides: dict[str, Callable[[], object]]) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, work in sides.items():
            times[name].append(cpu_ms(work))
    return {name: statistics.median(values) for name, values in times.items()}


def report(medians: dict[str, float], promises: dict[str, float]) -> bool:
    """Print the times per outcome and the ratios; a promise is kept against the quicker batch of scipy."""
    kept = True
    for ours, promise in promises.items():
        theirs = min(ms for name, ms in medians.items() if name.startswith("scipy"))
        reached = theirs / medians[ours] >= promise
        kept &= reached
        promised = f" (promise: at least {promise}){'' if reached else ' NOT REACHED'}" if promise else ""
        print(f"  {theirs / medians[ours]:9.1f} times quicker  {ours}, against the quicker scipy{promised}")
    for name, ms in medians.items():
        print(f"  {ms:9.2f} ms CPU an outcome  {name}")
    return kept


def g_av(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
    n = x.shape[axis]
    variance = (x.var(axis=axis, ddof=1) + y.var(axis=axis, ddof=1)) / 2
    return ((n - 2) / (n - 1)) ** 0.5 * (y.mean(axis=axis) - x.mean(axis=axis)) / variance**0.5


def standardised(before: np.ndarray, after: np.ndarray) -> bool:
    print(f"BCa interval of a standardised change (g_av, paired), {RESAMPLES} resamples, n = {N}")

    def scipys(batch: int) -> object:  # one outcome; ten take ten times as long
        pair, rng = (before[:, 0], after[:, 0]), np.random.default_rng(2)
        return stats.bootstrap(pair, g_av, paired=True, n_resamples=RESAMPLES, batch=batch, rng=rng)

    return bca(
        bootstrap_standardised_change,
        scipys,
        before,
        after,
        {"ours, ten outcomes together": 12, "ours, one outcome": 1.5},
    )


def plain(before: np.ndarray, after: np.ndarray) -> bool:
    print(f"\nBCa interval of a mean change, {RESAMPLES} resamples, n = {N} (no promise: scipy's cheapest statistic)")
    change = after[:, 0] - before[:, 0]

    def scipys(batch: int) -> object:
        rng = np.random.default_rng(2)
        return stats.bootstrap((change,), np.mean, n_resamples=RESAMPLES, batch=batch, rng=rng)

    return bca(bootstrap_mean_change, scipys, before, after, {"ours, ten outcomes together": 0, "ours, one outcome": 0})


def bca(
    ours_by: Callable[..., Bootstrap],
    scipys: Callable[[int], Any],
    before: np.ndarray,
    after: np.ndarray,
    promises: dict[str, float],
) -> bool:
    ours, theirs = ours_by(before, after, rng=1).estimates[0], scipys(BATCHES[0]).confidence_interval
    apart = max(abs(ours.ci_low - theirs.low), abs(ours.ci_high - theirs.high)) / (theirs.high - theirs.low)
    print(f"  limits ours {ours.ci_low:.4f} {ours.ci_high:.4f}, scipy {theirs.low:.4f} {theirs.high:.4f}")
    print(f"  apart by {100 * apart:.1f} % of the width (Monte-Carlo error of a difference: about 1 %)")
    medians = in_turns(
        {
            "ours, ten outcomes together": lambda: ours_by(before, after, rng=1),
            "ours, one outcome": lambda: ours_by(before[:, 0], after[:, 0], rng=1),
            **{f"scipy, batch {b}": lambda b=b: scipys(b) for b in BATCHES},
        }
    )
    medians["ours, ten outcomes together"] /= OUTCOMES
    return report(medians, promises) and apart < 0.05


def sign_flips(before: np.ndarray, after: np.ndarray) -> bool:
    change = after - before
    print(f"\nSign-flip test of a mean change, {RESAMPLES} draws, n = {N}")

    def scipys(batch: int) -> Any:
        return stats.permutation_test(
            (change[:, 0],),
            lambda x, axis: x.mean(axis=axis),
            permutation_type="samples",
            vectorized=True,
            n_resamples=RESAMPLES,
            batch=batch,
            rng=np.random.default_rng(2),
        )

    ours, theirs = float(sign_flip_test(change, rng=1).p_value[0]), float(scipys(BATCHES[0]).pvalue)
    error = (2 * max(theirs, 1e-3) * (1 - theirs) / RESAMPLES) ** 0.5
    print(f"  p value ours {ours:.4f}, scipy {theirs:.4f} (Monte-Carlo error of the difference: {error:.4f})")
    medians = in_turns(
        {
            "ours, ten outcomes together": lambda: sign_flip_test(change, rng=1),
            "ours, one outcome": lambda: sign_flip_test(change[:, 0], rng=1),
            **{f"scipy, batch {b}": lambda b=b: scipys(b) for b in BATCHES},
        }
    )
    medians["ours, ten outcomes together"] /= OUTCOMES
    return (
        report(medians, {"ours, ten outcomes together": 100, "ours, one outcome": 100})
        and abs(ours - theirs) < 4 * error
    )


def main() -> int:
    print(
        f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}; one thread; ", end=""
    )
    print(f"median of {ROUNDS} rounds")
    people = invented_people()
    kept = [standardised(*people), plain(*people), sign_flips(*people)]
    print("\nAll promises are kept." if all(kept) else "\nSOME PROMISES ARE NOT KEPT.")
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
