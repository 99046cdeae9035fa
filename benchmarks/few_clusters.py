"""Inference for 12 schools and 2,000 children, against the packages that do the same.

    python benchmarks/few_clusters.py

All sides take whole data (checks and result objects included) and run in turns in one process; the ratios of
median CPU times are printed, after the results were compared. Peers that are not installed are named as such:
pyfixest and wildboottest (wild cluster bootstrap), R with clubSandwich (CR2 with Satterthwaite degrees of
freedom), statsmodels (cluster covariance, no bootstrap). Promises: at least 100 times pyfixest, 400 times
wildboottest, 200 times clubSandwich.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # all before numpy is imported
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
os.environ["NUMBA_NUM_THREADS"] = "1"

import contextlib
import importlib.util
import io
import json
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import numpy as np

from eval_tools.stats.cluster_robust import cluster_robust_ols
from eval_tools.stats.wild_bootstrap import wild_cluster_bootstrap

ROUNDS = 7
N, SCHOOLS = 2_000, 12
NAMES = ["intercept", "treat", "before", "age", "girl"]


def invented_schools() -> tuple[np.ndarray, np.ndarray, list[str]]:
    rng = np.random.default_rng(20260811)
    place = rng.integers(0, SCHOOLS, N)
    x = np.column_stack([np.ones(N), place < SCHOOLS / 2, rng.normal(size=(N, 2)), rng.integers(0, 2, N)])
    y = x @ [1.0, 0.4, 0.6, 0.1, 0.2] + rng.normal(0, 0.4, SCHOOLS)[place] + rng.normal(size=N)
    return y, x, [f"school {i:02d}" for i in place]


def cpu_ms(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return 1000 * (time.process_time() - start)


def in_turns(sides: dict[str, Callable[[], object]]) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS + 1):
        for name, work in sides.items():
            times[name].append(cpu_ms(work))
    return {name: statistics.median(values[1:]) for name, values in times.items()}  # the first round warms up


def wild_bootstrap(y: np.ndarray, x: np.ndarray, sites: list[str]) -> bool:
    import pandas as pd

    ours = wild_cluster_bootstrap(y, x, sites, names=NAMES, term="treat")
    print(f"Wild cluster bootstrap, all 2^{SCHOOLS} sign vectors, n = {N}, {len(NAMES)} coefficients")
    print(f"  ours: t {ours.t:.6f}, p strict {ours.p_strict:.8f}, interval by inversion included")
    sides: dict[str, Callable[[], object]] = {
        "ours": lambda: wild_cluster_bootstrap(y, x, sites, names=NAMES, term="treat")
    }
    theirs: dict[str, float] = {}
    codes = np.unique(sites, return_inverse=True)[1]
    if importlib.util.find_spec("pyfixest"):
        import pyfixest

        data = pd.DataFrame(x[:, 1:], columns=NAMES[1:]).assign(y=y, school=codes)
        fit = pyfixest.feols("y ~ treat + before + age + girl", data=data, vcov={"CRV1": "school"})

        def by_pyfixest() -> float:
            return float(fit.wildboottest(param="treat", reps=9_999, cluster="school", seed=1)["Pr(>|t|)"])

        theirs["pyfixest"], sides["pyfixest"] = by_pyfixest(), by_pyfixest
    else:
        print("  pyfixest is not installed here: not compared")
    if importlib.util.find_spec("wildboottest"):
        import statsmodels.api as sm
        from wildboottest.wildboottest import wildboottest

        model = sm.OLS(y, pd.DataFrame(x, columns=NAMES))

        def by_wildboottest() -> float:
            with contextlib.redirect_stdout(io.StringIO()):  # it prints its table
                table = wildboottest(model, param="treat", cluster=pd.Series(codes), B=9_999, seed=1)
            return float(table["p-value"].iloc[0])

        theirs["wildboottest"], sides["wildboottest"] = by_wildboottest(), by_wildboottest
    else:
        print("  wildboottest is not installed here: not compared")
    right = True
    for name, p in theirs.items():
        # all count |t*| > |t|; without a tolerance, rounding errors decide on the two tied identity vectors
        apart = round(abs(p - ours.p_strict) * 2**SCHOOLS)
        right &= apart <= 2
        verdict = "agrees" if apart == 0 else "agrees but for the tied identity vectors" if apart <= 2 else "DIFFERS"
        print(f"  {name}: p {p:.8f} ({verdict})")
    return report(in_turns(sides), {"pyfixest": 100, "wildboottest": 400}) and right


def sandwich(y: np.ndarray, x: np.ndarray, sites: list[str]) -> bool:
    print(f"\nCR2 with Satterthwaite degrees of freedom, all {len(NAMES)} coefficients, n = {N}")
    fit = cluster_robust_ols(y, x, sites, names=NAMES)
    sides: dict[str, Callable[[], object]] = {"ours": lambda: cluster_robust_ols(y, x, sites, names=NAMES)}
    right = True
    r_ms = clubsandwich(y, x, sites)
    if importlib.util.find_spec("statsmodels"):
        import statsmodels.api as sm

        codes = np.unique(sites, return_inverse=True)[1]

        def by_statsmodels() -> np.ndarray:
            return np.asarray(sm.OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": codes}).bse)

        same = np.allclose(by_statsmodels(), fit.standard_errors("CR1S"), rtol=1e-8)
        right &= same
        print(f"  statsmodels: CR1 standard errors {'agree' if same else 'DIFFER'} to 1e-8 (it has no CR2)")
        sides["statsmodels, CR1 only"] = by_statsmodels
    if r_ms is not None:
        se_apart = max(abs(a / b - 1) for a, b in zip(r_ms["se"], fit.standard_errors("CR2"), strict=True))
        df_apart = max(abs(a / b - 1) for a, b in zip(r_ms["df"], fit.df, strict=True))
        right &= se_apart < 1e-8 and df_apart < 1e-8
        print(
            f"  clubSandwich: standard errors differ by {se_apart:.0e}, degrees of freedom by {df_apart:.0e}, relative"
        )
    medians = in_turns(sides)
    if r_ms is not None:
        medians["clubSandwich"] = statistics.median(r_ms["ms"])
    return report(medians, {"clubSandwich": 200}) and right


R_SCRIPT = """
d <- read.csv("people.csv"); suppressMessages(library(clubSandwich)); options(digits = 17)
m <- lm(y ~ 0 + intercept + treat + before + age + girl, data = d)
once <- function() coef_test(m, vcov = "CR2", cluster = d$school, test = "Satterthwaite")
r <- once(); ms <- sapply(1:3, function(i) { t <- system.time(once()); 1000 * sum(t[1:2]) })
show <- function(x) paste0("[", paste(format(x, digits = 17), collapse = ","), "]")
df <- if (is.null(r$df_Satt)) r$df else r$df_Satt
cat(sprintf('{"se": %s, "df": %s, "ms": %s}', show(r$SE), show(df), show(ms)))
"""


def clubsandwich(y: np.ndarray, x: np.ndarray, sites: list[str]) -> dict[str, list[float]] | None:
    if shutil.which("Rscript") is None:
        print("  R is not installed here: clubSandwich not compared (reference values are in the tests)")
        return None
    with tempfile.TemporaryDirectory() as folder:
        lines = [",".join([*NAMES, "y", "school"])]
        lines += [
            ",".join([*map(repr, map(float, row)), repr(float(v)), s]) for row, v, s in zip(x, y, sites, strict=True)
        ]
        (Path(folder) / "people.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        done = subprocess.run(["Rscript", "-e", R_SCRIPT], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        print("  R is here, but clubSandwich did not run: not compared")
        return None
    found: dict[str, list[float]] = json.loads(done.stdout)
    return found


def versions(*packages: str) -> str:
    found = [f"{name} {metadata.version(name)}" for name in packages if importlib.util.find_spec(name)]
    return f"Python {platform.python_version()}, {', '.join(found)}; one thread; median of {ROUNDS} rounds"


def report(medians: dict[str, float], promises: dict[str, int]) -> bool:
    ours, kept = medians["ours"], True
    for name, ms in medians.items():
        ratio = "" if name == "ours" else f"  {ms / ours:8.1f} times ours"
        if name in promises:
            kept &= ms / ours >= promises[name]
            ratio += f" (promise: at least {promises[name]})"
        print(f"  {ms:9.2f} ms CPU  {name}{ratio}")
    return kept


def main() -> int:
    warnings.simplefilter("ignore")  # of the peers
    print(versions("numpy", "scipy", "statsmodels", "pyfixest", "wildboottest"))
    people = invented_schools()
    return 0 if all([wild_bootstrap(*people), sandwich(*people)]) else 1


if __name__ == "__main__":
    sys.exit(main())
