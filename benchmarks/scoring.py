"""Scoring, norms, alpha and large files, against the packages that do the same.

    python benchmarks/scoring.py

60 items with codes 1 to 5 make six scales of ten interleaved items, two of each ten reversed, 3 % of the answers
missing, the mean of the answered items if there are eight. All sides have the same answers, run in turns in one
process on one thread, each round beginning with another (R in a process of its own, timed inside), and are compared
before they are timed; a ratio is the median over the rounds of ratios of CPU times of the same round. Peers that are
not installed are named as such. pandas checks nothing; a second line shows it with the check of codes that ours makes.

Promises, for 1,000,000 people from packed codes: at least 12 times pandas, 7 times polars, 12 times DuckDB, 80
times psych::scoreFast, at most 6 times reading the codes once and writing the scores; from a DataFrame of floats,
packing included, 6 times pandas, and for 10,000 people 15 times; norms and bands 18 times pandas; at most twice the
memory of the codes for 5,000,000 people; alpha with 2,000 resamples 10 times scipy.stats.bootstrap, 50 times pingouin
in a loop; a Parquet file scored in the memory of one batch and one page of each column (1 MiB as a rule).
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # all before numpy is imported
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
os.environ["POLARS_MAX_THREADS"] = "1"

import importlib.util
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
import pandas as pd

from eval_tools.stats.alpha_bootstrap import bootstrap_alpha
from eval_tools.stats.item_scores import MISSING, ScaleKey, pack_codes, score_answers, score_scales
from eval_tools.stats.norm_lookup import NormTable, convert_scores, rank_bands

ITEMS, SCALES, PER_SCALE, LEAST = 60, 6, 10, 8
NAMES = [f"q{i}" for i in range(ITEMS)]
REVERSED = tuple(q % 5 == 4 for q in range(PER_SCALE))
KEYS = [
    ScaleKey(
        items=tuple(range(s, ITEMS, SCALES)),
        reverse=REVERSED,
        low_plus_high=(6,) * PER_SCALE,
        method="mean",
        min_answered=LEAST,
        fill="prorate_mean",
    )
    for s in range(SCALES)
]
TURNED = [NAMES[item] for key in KEYS for item, turned in zip(key.items, key.reverse, strict=True) if turned]
CES_D = Path(__file__).parents[1] / "questionnaires/ces-d/ces-d.yaml"


def invented_codes(n: int) -> np.ndarray:
    """Invent answers, item after item."""
    rng = np.random.default_rng(20261124)
    codes = rng.integers(1, 6, size=(ITEMS, n), dtype=np.int8)
    for item in codes:
        item[rng.random(n, dtype=np.float32) < 0.03] = MISSING
    return codes


def frame_of_floats(codes: np.ndarray) -> pd.DataFrame:
    values = codes.astype(np.float64)
    values[codes == MISSING] = np.nan
    return pd.DataFrame(values.T, columns=NAMES)


def cpu_ms(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return 1000 * (time.process_time() - start)


def in_turns(sides: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in sides}
    names = list(sides)
    for turn in range(rounds + 1):
        first = turn % len(names)  # else each side would always find the memory its neighbour left, used or fresh
        for name in names[first:] + names[:first]:
            times[name].append(cpu_ms(sides[name]))
    return {name: values[1:] for name, values in times.items()}  # the first round warms up


def report(times: dict[str, list[float]], ours: str, promises: dict[str, float], at_most: dict[str, float]) -> bool:
    kept = True
    for name, values in times.items():
        line = f"  {statistics.median(values):9.2f} ms CPU  {name}"
        if name != ours:
            ratio = statistics.median(t / o for t, o in zip(values, times[ours], strict=False))
            if name in at_most:
                within = 1 / ratio <= at_most[name]
                line += f": ours takes {1 / ratio:.1f} times as long (promise: at most {at_most[name]:g}"
            else:
                within = ratio >= promises.get(name, 0)
                line += f": {ratio:.1f} times ours"
                line += f" (promise: at least {promises[name]:g}" if name in promises else ""
            line += "" if name not in promises and name not in at_most else ")" if within else ") NOT REACHED"
            kept &= within
        print(line, flush=True)
    return kept


def agrees(name: str, theirs: np.ndarray, ours: np.ndarray, tolerance: float = 1e-12) -> bool:
    same = bool(np.allclose(theirs, ours, rtol=0, atol=tolerance, equal_nan=True))
    print(f"  {name}: scores {'agree' if same else 'DIFFER'} to {tolerance:g}")
    return same


def by_pandas(frame: pd.DataFrame) -> pd.DataFrame:
    keyed = frame.copy()
    keyed[TURNED] = 6 - keyed[TURNED]
    scores = {}
    for number, key in enumerate(KEYS):
        items = keyed[[NAMES[i] for i in key.items]]
        scores[f"s{number}"] = items.mean(axis=1).where(items.notna().sum(axis=1) >= LEAST)
    return pd.DataFrame(scores)


def by_checking_pandas(frame: pd.DataFrame) -> pd.DataFrame:
    """Refuse what is not a code before scoring, as ours does."""
    if not (frame.isin([1, 2, 3, 4, 5]) | frame.isna()).to_numpy().all():
        raise ValueError("codes that are not on the form")
    return by_pandas(frame)


def by_polars(frame: object) -> object:
    import polars as pl

    scores = []
    for number, key in enumerate(KEYS):
        items = [(6 - pl.col(NAMES[i])) if r else pl.col(NAMES[i]) for i, r in zip(key.items, key.reverse, strict=True)]
        n = pl.sum_horizontal([item.is_not_null().cast(pl.Int8) for item in items])
        total = pl.sum_horizontal(items)
        scores.append(pl.when(n >= LEAST).then(total / n).alias(f"s{number}"))
    return frame.select(scores)  # type: ignore[attr-defined]


def duckdb_sql() -> str:
    parts = []
    for number, key in enumerate(KEYS):
        cells = [f"(6 - {NAMES[i]})" if r else NAMES[i] for i, r in zip(key.items, key.reverse, strict=True)]
        total = " + ".join(f"coalesce({cell}, 0)" for cell in cells)
        n = " + ".join(f"({NAMES[i]} is not null)::tinyint" for i in key.items)
        parts.append(f"case when {n} >= {LEAST} then ({total})::double / ({n}) end as s{number}")
    return f"select {', '.join(parts)} from answers"


R_SCRIPT = """
suppressMessages(library(psych)); a <- commandArgs(TRUE); n <- as.integer(a[1])
x <- matrix(readBin("codes.bin", "integer", n * 60, size = 1), nrow = n); storage.mode(x) <- "double"
x[x == -128] <- NA; colnames(x) <- paste0("q", 0:59)
keys <- lapply(0:5, function(s) { i <- seq(s, 59, 6); paste0(ifelse(seq_along(i) %% 5 == 0, "-", ""), "q", i) })
names(keys) <- paste0("s", 0:5)
once <- function() scoreFast(keys, x, min = 1, max = 5)
r <- once(); ms <- sapply(1:3, function(i) { gc(); t <- system.time(once()); 1000 * sum(t[1:2]) })
writeBin(as.vector(as.matrix(r)), "scores.bin")
cat(sprintf('{"ms": [%s], "psych": "%s", "R": "%s"}', paste(ms, collapse = ","), packageVersion("psych"),
            paste(R.version$major, R.version$minor, sep = ".")))
"""


def by_score_fast(codes: np.ndarray) -> tuple[list[float], np.ndarray] | None:
    if shutil.which("Rscript") is None:
        print("  R is not installed here: psych::scoreFast not compared")
        return None
    n = codes.shape[1]
    with tempfile.TemporaryDirectory() as folder:
        codes.tofile(Path(folder) / "codes.bin")
        (Path(folder) / "score.R").write_text(R_SCRIPT, encoding="utf-8")
        done = subprocess.run(["Rscript", "score.R", str(n)], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            print("  R is here, but psych::scoreFast did not run: not compared")
            return None
        scores = np.fromfile(Path(folder) / "scores.bin").reshape(SCALES, n)
    found = json.loads(done.stdout)
    print(f"  R {found['R']}, psych {found['psych']}")
    return found["ms"], scores


def scoring(n: int, rounds: int) -> bool:
    print(f"\nScoring {n:,} people x {ITEMS} items into {SCALES} scales; median of {rounds} rounds")
    raw = invented_codes(n)
    codes = pack_codes(raw.T)
    frame = frame_of_floats(raw)
    scores = score_scales(codes, KEYS)
    ours = "ours, from packed codes"
    from_frame = "ours, from a DataFrame of floats to a DataFrame"
    names = [f"s{i}" for i in range(SCALES)]

    def end_to_end() -> pd.DataFrame:
        return pd.DataFrame(score_answers(frame, KEYS).score.T, columns=names, copy=False)

    right = agrees("pandas", by_pandas(frame).to_numpy().T, scores.score)
    right &= bool(np.array_equal(end_to_end().to_numpy().T, scores.score, equal_nan=True))
    room = np.empty((SCALES, n))
    checking = "pandas, codes checked as ours checks them"
    limit = "limit: read the codes once, write the scores into used memory"

    def read_and_write() -> None:
        raw.max()
        room.fill(0.0)

    sides: dict[str, Callable[[], object]] = {
        ours: lambda: score_scales(codes, KEYS),
        from_frame: end_to_end,
        limit: read_and_write,
        "pandas": lambda: by_pandas(frame),
        checking: lambda: by_checking_pandas(frame),
    }
    promises: dict[str, float] = {"pandas": 12}
    if importlib.util.find_spec("polars"):
        import polars as pl

        table = pl.DataFrame(
            {name: pl.Series(item).replace(MISSING, None) for name, item in zip(NAMES, raw, strict=True)}
        )
        right &= agrees("polars, Int8", by_polars(table).to_numpy().T, scores.score)  # type: ignore[attr-defined]
        sides["polars"], promises["polars"] = (lambda: by_polars(table)), 7
    else:
        print("  polars is not installed here: not compared")
    if importlib.util.find_spec("duckdb"):
        import duckdb
        import pyarrow as pa

        answers = pa.table({name: pa.array(item, mask=item == MISSING) for name, item in zip(NAMES, raw, strict=True)})
        link = duckdb.connect(config={"threads": 1})
        link.register("arrow_answers", answers)
        link.execute("create table answers as select * from arrow_answers")
        sql = duckdb_sql()
        got = link.execute(sql).to_arrow_table()
        filled = np.stack([column.to_numpy() for column in got.columns])
        right &= agrees("DuckDB, TINYINT", filled, scores.score)
        del got, filled
        sides["DuckDB"], promises["DuckDB"] = (lambda: link.execute(sql).to_arrow_table()), 12
    else:
        print("  DuckDB is not installed here: not compared")
    in_r = by_score_fast(raw)
    if in_r is not None:
        # scoreFast has no least number of answers and puts the mean of the item in place of a missing answer
        some = ~np.isnan(scores.score)
        whole = some & (scores.n_answered == PER_SCALE)
        right &= agrees("psych::scoreFast, complete answers", in_r[1][whole], scores.score[whole], 1e-9)
    times = in_turns(sides, rounds)
    if in_r is not None:
        times["psych::scoreFast"] = in_r[0]
        promises["psych::scoreFast"] = 80
    large = n >= 1_000_000
    packed = {name: values for name, values in times.items() if name not in (from_frame, checking)}
    kept = report(packed, ours, promises if large else {"pandas": 15}, {limit: 6} if large else {})
    print("  from floats, packing included:")
    floats = {name: times[name] for name in (from_frame, "pandas", checking)}
    kept &= report(floats, from_frame, {"pandas": 6 if large else 15}, {})
    return right and kept


def norms(n: int, rounds: int) -> bool:
    print(f"\nNorms and bands: {SCALES} scores of {n:,} people, 3 informants x 2 sexes x 4 ages; {rounds} rounds")
    rng = np.random.default_rng(7)
    sizes = [3, 2, 4]
    who = {
        name: rng.integers(0, k, n, dtype=np.int8) for name, k in zip(("informant", "sex", "age"), sizes, strict=True)
    }
    raw = rng.integers(0, 51, size=(SCALES, n)).astype(float)
    raw[rng.random(raw.shape) < 0.03] = np.nan  # people without a score
    printed = np.sort(rng.normal(50, 10, size=(SCALES, 24, 51)).round(), axis=2)
    edges = [20.0, 35.0]
    tables = [NormTable(low=0, values=p) for p in printed]
    frame = pd.DataFrame({**who, **{f"s{i}": scores for i, scores in enumerate(raw)}})
    cells = np.indices((*sizes, 51)).reshape(4, -1)
    kinds = dict.fromkeys(who, np.int8)
    whole = [
        pd.DataFrame({"informant": cells[0], "sex": cells[1], "age": cells[2], "raw": cells[3], "t": p.ravel()}).astype(
            kinds
        )
        for p in printed
    ]

    def ours() -> tuple[np.ndarray, np.ndarray]:
        groups = (who["informant"] * 2 + who["sex"]) * 4 + who["age"]
        return convert_scores(raw, groups, tables), rank_bands(raw, edges)

    def merged(lists: list[pd.DataFrame]) -> pd.DataFrame:
        found = {}
        for i, norm in enumerate(lists):
            keys = ["informant", "sex", "age", f"s{i}"]
            found[f"t{i}"] = frame[keys].merge(norm.rename(columns={"raw": f"s{i}"}), on=keys, how="left")["t"]
            found[f"b{i}"] = pd.cut(frame[f"s{i}"], [-np.inf, *edges, np.inf], right=False, labels=False)
        return pd.DataFrame(found)

    as_floats = [norm.astype({"raw": float}) for norm in whole]
    values, ranks = ours()
    theirs = merged(whole)
    right = agrees("pandas, T", theirs[[f"t{i}" for i in range(SCALES)]].to_numpy().T, values)
    bands = np.where(ranks == 0, np.nan, ranks - 1.0)  # pandas counts them from 0
    right &= agrees("pandas, bands", theirs[[f"b{i}" for i in range(SCALES)]].to_numpy().T, bands)
    pandas = "pandas merge + cut, scores as floats, norms as whole numbers"
    sides: dict[str, Callable[[], object]] = {
        "ours": ours,
        "copying the raw scores": lambda: raw.copy(),
        pandas: lambda: merged(whole),
        "pandas merge + cut, both as floats": lambda: merged(as_floats),
    }
    return report(in_turns(sides, rounds), "ours", {pandas: 18}, {}) and right


def alpha(rounds: int) -> bool:
    n, k, resamples = 2_000, 20, 2_000
    print(f"\nAlpha of {k} items with {resamples:,} resamples of {n:,} people, percentile; {rounds} rounds")
    from scipy import stats

    rng = np.random.default_rng(8)
    x = np.clip(np.round(3 + rng.normal(size=(n, 1)) + rng.normal(size=(n, k))), 1, 5)

    def of_people(places: np.ndarray, axis: int = -1) -> np.ndarray:
        drawn = x[places]
        within = drawn.var(axis=-2, ddof=1).sum(axis=-1)
        return k / (k - 1) * (1 - within / drawn.sum(axis=-1).var(axis=-1, ddof=1))

    def scipys(batch: int) -> object:
        options = {"n_resamples": resamples, "batch": batch, "method": "percentile"}
        return stats.bootstrap((np.arange(n),), of_people, rng=np.random.default_rng(2), **options)

    def ours() -> object:
        return bootstrap_alpha(x, rng=1, n_resamples=resamples)

    mine, limits = bootstrap_alpha(x, rng=1, n_resamples=resamples).estimate, scipys(16).confidence_interval  # type: ignore[attr-defined]
    apart = max(abs(mine.ci_low - limits.low), abs(mine.ci_high - limits.high)) / (limits.high - limits.low)
    print(f"  limits ours {mine.ci_low:.4f} {mine.ci_high:.4f}, scipy {limits.low:.4f} {limits.high:.4f}, ", end="")
    print(f"apart by {100 * apart:.1f} % of the width (Monte-Carlo error of a difference: about 4 %)")
    times = in_turns({"ours": ours, "scipy, batch 1": lambda: scipys(1), "scipy, batch 16": lambda: scipys(16)}, rounds)
    quick = min(("scipy, batch 1", "scipy, batch 16"), key=lambda name: statistics.median(times[name]))
    promises: dict[str, float] = {quick: 10}
    right = apart < 0.15
    if importlib.util.find_spec("pingouin"):
        import pingouin

        frame, draws = pd.DataFrame(x), 50
        same = abs(pingouin.cronbach_alpha(frame)[0] - mine.estimate) < 1e-10
        right &= same
        print(f"  pingouin: alpha {'agrees' if same else 'DIFFERS'} to 1e-10; {draws} draws timed, multiplied up")

        def loop() -> None:
            rng = np.random.default_rng(3)
            for _ in range(draws):
                pingouin.cronbach_alpha(frame.iloc[rng.integers(0, n, n)])

        name = "pingouin in a loop"
        times[name] = [t * resamples / draws for t in in_turns({name: loop}, rounds)[name]]
        promises[name] = 50
    else:
        print("  pingouin is not installed here: not compared")
    return report(times, "ours", promises, {}) and right


def questionnaire(n: int, rounds: int) -> bool:
    """Time all that is said of a form, not only its score: codes checked, status, answers, band, notes."""
    from eval_tools.instruments.load import load_instrument
    from eval_tools.scoring.wide import score_wide

    print(f"\nThe CES-D of {n:,} people, a table of floats to a table with status, answers and band; {rounds} rounds")
    form = load_instrument(CES_D)
    rng = np.random.default_rng(9)
    answers = rng.integers(0, 4, size=(n, len(form.items))).astype(float)
    answers[rng.random(answers.shape) < 0.005] = np.nan
    table = pd.DataFrame(answers, columns=list(form.items))
    turned = [name for name, item in form.items.items() if item.reverse]
    words = {"too_few_answers": "too_few_answers", "scored": "scored"}

    def by_hand() -> pd.DataFrame:
        if not (table.isin([0, 1, 2, 3]) | table.isna()).to_numpy().all():
            raise ValueError("codes that are not on the form")
        keyed = table.copy()
        keyed[turned] = 3 - keyed[turned]
        answered = keyed.notna().sum(axis=1)
        score = keyed.sum(axis=1).where(answered == len(form.items))
        status = pd.Series(np.where(score.isna(), *words), index=score.index)
        band = (
            pd.cut(score, [-np.inf, 16, np.inf], right=False, labels=["below", "at_or_above"]).astype("str").fillna("")
        )
        return pd.DataFrame({"total": score, "total.status": status, "total.answered": answered, "total.band": band})

    theirs, mine = by_hand(), score_wide(table, form).scores
    right = all((theirs[name].fillna(-1) == mine[name].fillna(-1)).all() for name in theirs)
    print(f"  pandas: every cell {'agrees' if right else 'DIFFERS'}")
    times = in_turns({"ours": lambda: score_wide(table, form), "pandas, by hand": by_hand}, rounds)
    return report(times, "ours", {}, {}) and right


# of this program alone; ru_maxrss would begin with that of the program that started it
STATUS = """
def status(name):
    with open("/proc/self/status") as lines:
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(name + ":"))
"""
PEAK = """
import sys
sys.path.insert(0, sys.argv[1])
from scoring import KEYS, invented_codes, pack_codes, score_scales
raw = invented_codes(5_000_000)
score_scales(pack_codes(raw[:, :70_000].T), KEYS)
before = status("VmRSS")
scores = score_scales(pack_codes(raw.T), KEYS)
print(raw.nbytes, status("VmHWM") - before)
"""
FILE = """
import sys
from pathlib import Path
from eval_tools.instruments.load import load_instrument
from eval_tools.scoring.batches import score_parquet
form, source, target = map(Path, sys.argv[1:])
done = score_parquet(source, target, load_instrument(form))
print(done.n_forms, status("VmHWM"))
"""


def child(code: str, *arguments: object) -> list[int]:
    command = [sys.executable, "-c", STATUS + code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [int(word) for word in done.stdout.split()]


def memory() -> bool:
    if sys.platform != "linux":
        print("\nMemory is measured on Linux only: not measured here")
        return True
    size, more = child(PEAK, Path(__file__).parent)
    total = (size + more) / size
    print(
        f"\nMemory, 5,000,000 people x {ITEMS} items: codes {size / 2**20:.0f} MiB; with scoring {total:.2f} ",
        end="",
    )
    print("times that (promise: at most 2)" + ("" if total <= 2 else " NOT REACHED"))
    return total <= 2


def large_file(n_small: int, n_large: int) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from eval_tools.instruments.load import load_instrument

    if sys.platform != "linux":
        return True
    form = load_instrument(CES_D)
    peaks, sizes = [], []
    with tempfile.TemporaryDirectory() as folder:
        for n in (n_small, n_large):
            rng = np.random.default_rng(n)
            items = {name: pa.array(rng.integers(0, 4, n, dtype=np.int8)) for name in form.items}
            ids = {f"note{i}": pa.array(rng.random(n)) for i in range(10)}  # columns nobody asked for
            source, target = Path(folder) / f"{n}.parquet", Path(folder) / "scores.parquet"
            pq.write_table(pa.table({**items, **ids}), source, row_group_size=n)
            sizes.append(source.stat().st_size)
            scored, peak = child(FILE, CES_D, source, target)
            assert scored == n == pq.read_metadata(target).num_rows
            peaks.append(peak)
    print(f"\nParquet, CES-D, one row group, statuses and bands included: {n_small:,} and {n_large:,} forms")
    for n, size, peak in zip((n_small, n_large), sizes, peaks, strict=True):
        print(f"  {n:12,} forms: file {size / 2**20:6.1f} MiB, whole process at the peak {peak / 2**20:6.1f} MiB")
    grown = peaks[1] - peaks[0]
    kept = grown < 2 * 2**20 * len(form.items) and peaks[1] < sizes[1]
    print(
        f"  memory grew by {grown / 2**20:.1f} MiB where the file grew by {(sizes[1] - sizes[0]) / 2**20:.1f} MiB",
        end="",
    )
    promise = "at most 2 MiB a column read, for its page, and a file larger than the memory used"
    print(f" (promise: {promise})" + ("" if kept else " NOT REACHED"))
    return kept


def versions(*packages: str) -> str:
    found = [f"{name} {metadata.version(name)}" for name in packages if importlib.util.find_spec(name)]
    return f"Python {platform.python_version()}, {', '.join(found)}; one thread on all sides, CPU times"


def main() -> int:
    warnings.simplefilter("ignore")  # of the peers
    print(versions("numpy", "pandas", "polars", "duckdb", "scipy", "pingouin", "pyarrow"))
    kept = [
        scoring(1_000_000, 7),
        scoring(10_000, 31),
        questionnaire(10_000, 15),
        norms(1_000_000, 5),
        alpha(5),
        memory(),
        large_file(100_000, 3_000_000),
    ]
    print("\nAll promises are kept." if all(kept) else "\nSOME PROMISES ARE NOT KEPT.")
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
