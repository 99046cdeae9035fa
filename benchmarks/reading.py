"""Reading what was received, against the packages that do the same.

    python benchmarks/reading.py

Two jobs. A spreadsheet of 10,000 forms with 67 columns of Chinese labels: calamine behind our preflight, every cell
made text, against openpyxl (read-only, and as it is opened by default). A CSV file of 1,000,000 forms with 60 items,
3 % of the cells empty, 20 items reversed, 12 scales of 5 prorated from 4 answers: from bytes to validated codes and
scores, against polars reading the same file as text and doing nothing else. All sides run in turns in one process on
one thread; a ratio is the median over the rounds of ratios of CPU times of the same round. Cells and scores are
compared before anything is timed. Peers that are not installed are named as such.

Promises: the spreadsheet at least 5 times as fast as openpyxl; the CSV file read, validated and scored in at most twice
the time polars takes to read it as text; both xlsx bombs refused within 50 ms; a file with codes that are not on the
form refused, and one with text among the codes read by the exact rules.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # all before numpy is imported
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["POLARS_MAX_THREADS"] = "1"

import importlib.util
import io
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from eval_tools.definitions.strict_yaml import parse_yaml  # noqa: E402
from eval_tools.errors import DataError  # noqa: E402
from eval_tools.instruments.instrument import Instrument  # noqa: E402
from eval_tools.instruments.key import score_instrument  # noqa: E402
from eval_tools.instruments.load import parse_instrument  # noqa: E402
from eval_tools.intake.files.sheets import read_sheets  # noqa: E402
from eval_tools.intake.findings import Findings  # noqa: E402
from eval_tools.scoring.batches import score_csv  # noqa: E402
from eval_tools.scoring.csv_codes import read_csv_codes  # noqa: E402
from received_files import one_cell, received, worksheet, xlsx  # noqa: E402

FORMS, ITEMS, SCALES, LEAST = 1_000_000, 60, 12, 4
ROWS, COLUMNS = 10_000, 67
ROUNDS = 3
LABELS = ("从不", "很少", "有时", "经常", "总是")
TURNED = [i for i in range(ITEMS) if (i + i // SCALES) % 3 == 2]  # 20 of 60
ANYONE = '{en: "x", zh-Hant: "甲", zh-Hans: "甲"}'


def a_vector(name: str, responses: str, codes: list[int]) -> str:
    points = [6 - code if i in TURNED else code for i, code in enumerate(codes)]
    expected = ", ".join(f"s{s}: {sum(points[s::SCALES]) / 5:g}" for s in range(SCALES))
    return f"  - {{name: {name}, origin: derived, responses: {responses}, expect: {{{expected}}}}}"


def vectors() -> str:
    """Answer 5 to one item of every scale and 1 to all others, each in turn; and climb the codes."""
    lines = [a_vector("stair", "{all: stair}", [1 + i % 5 for i in range(ITEMS)])]
    for row in range(ITEMS // SCALES):
        high = range(row * SCALES, (row + 1) * SCALES)
        given = ", ".join(f"q{i}: 5" for i in high)
        lines.append(a_vector(f"v{row}", f"{{all: 1, {given}}}", [5 if i in high else 1 for i in range(ITEMS)]))
    return "\n".join(lines)


def an_instrument() -> Instrument:
    """An invented questionnaire of 60 items with codes 1 to 5."""
    items = ", ".join(f"{{id: q{i}, n: {i + 1}{', reverse: true' if i in TURNED else ''}}}" for i in range(ITEMS))
    scales = "\n".join(
        f"  - {{id: s{s}, title: {ANYONE}, range: [1, 5], "
        f"items: [{', '.join(f'q{i}' for i in range(s, ITEMS, SCALES))}]}}"
        for s in range(SCALES)
    )
    text = f"""\
schema_version: "1.0"
id: invented
family: invented
version: "1.0.0"
form:
  {{edition: "invented", item_order: invented, recall: null, code_direction: {{first_code: 1, first_means: "never"}}}}
title: {ANYONE}
abbreviation: I
constructs: [mental_health]
respondent: {{informant: self, about: self, age_years: [8, 17]}}
licence: {{status: unknown, text_redistributable: false, holder: "nobody", terms: "none", evidence: []}}
citation: "invented"
sources: {{sheet: {{ref: "an invented scoring sheet", confidence: B}}}}
checked_by: null
response_sets: {{five: {{codes: [1, 2, 3, 4, 5]}}}}
items:
  defaults: {{response_set: five}}
  list: [{items}]
scale_defaults: {{method: mean, direction: higher_is_worse, missing: {{min_answered: {LEAST}, fill: prorate_mean}}}}
scales:
{scales}
test_vectors:
{vectors()}
changes: [{{version: "1.0.0", date: "2026-11-24", what: "first", why: "needed"}}]
"""
    return parse_instrument(parse_yaml(text, file="invented.yaml"))


def cpu_ms(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return 1000 * (time.process_time() - start)


def in_turns(sides: dict[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds + 1):
        for name, work in sides.items():
            times[name].append(cpu_ms(work))
    return {name: values[1:] for name, values in times.items()}  # the first round warms up


def ratio(times: dict[str, list[float]], of: str, to: str) -> float:
    return statistics.median(a / b for a, b in zip(times[of], times[to], strict=True))


def told(kept: bool) -> str:
    return "" if kept else " NOT REACHED"


# --- spreadsheets ----------------------------------------------------------------------------------------------


def a_workbook() -> bytes:
    import xlsxwriter

    rng, out = random.Random(20261124), io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    for j in range(COLUMNS):
        sheet.write_string(0, j, f"{j + 1}、我觉得心里有话没人可说")
    for i in range(1, ROWS + 1):
        sheet.write_number(i, 0, i)
        for j in range(1, COLUMNS):
            sheet.write_string(i, j, rng.choice(LABELS))
    book.close()
    return out.getvalue()


def spreadsheets() -> bool:
    from openpyxl import load_workbook

    if importlib.util.find_spec("xlsxwriter") is None:
        print("\nXlsxWriter is not installed here: no spreadsheet to read")
        return True
    raw = a_workbook()
    print(f"\nA spreadsheet of {ROWS:,} x {COLUMNS}, {len(raw):,} bytes; median of {ROUNDS} rounds")

    def ours() -> tuple[tuple[str, ...], ...]:
        (sheet,) = read_sheets(received("a.xlsx", raw), findings=Findings())
        return sheet.cells

    def theirs(*, read_only: bool) -> list[tuple[object, ...]]:
        return list(load_workbook(io.BytesIO(raw), read_only=read_only).active.iter_rows(values_only=True))

    same = [tuple(map(str, row)) for row in theirs(read_only=True)] == list(ours())
    print(f"  cells {'agree' if same else 'DIFFER'}")
    name, only, default = "ours: preflight, calamine, every cell as text", "openpyxl, read-only", "openpyxl, default"
    times = in_turns({name: ours, only: lambda: theirs(read_only=True), default: lambda: theirs(read_only=False)})
    kept = same and ratio(times, only, name) >= 5
    print(f"  {statistics.median(times[name]):8.0f} ms CPU  {name}")
    print(
        f"  {statistics.median(times[only]):8.0f} ms CPU  {only}: {ratio(times, only, name):.1f} times ours "
        f"(promise: at least 5){told(kept)}"
    )
    print(f"  {statistics.median(times[default]):8.0f} ms CPU  {default}: {ratio(times, default, name):.1f} times ours")
    return kept


def bombs() -> bool:
    inline = ' t="inlineStr"'
    far = f'<row r="1">{one_cell("A1")}</row><row r="1048576">{one_cell("XFD1048576")}</row>'
    endless = "a" * 300_000_000
    long = f'<row r="1">{one_cell("A1", f"<is><t>{endless}</t></is>", inline)}</row>'
    kept = True
    print("\nBombs")
    for name, rows in (("two cells far apart", far), ("300 million letters in a cell", long)):
        raw, findings = xlsx(worksheet(rows)), Findings()
        took = cpu_ms(lambda raw=raw, findings=findings: read_sheets(received("a.xlsx", raw), findings=findings))
        fine = took < 50 and len(findings.table()) == 1
        print(f"  {took:8.2f} ms CPU  {name}, {len(raw):,} bytes: {findings.table()['rule'][0]}{told(fine)}")
        kept &= fine
    return kept


# --- a large CSV file ------------------------------------------------------------------------------------------


def write_forms(path: Path, codes: np.ndarray) -> None:
    """Write codes, 0 for an empty cell, as CSV."""
    with path.open("wb") as file:
        file.write((",".join(f"q{i}" for i in range(ITEMS)) + "\n").encode())
        for start in range(0, len(codes), 50_000):
            block = codes[start : start + 50_000]
            cells = np.empty((*block.shape, 2), dtype=np.uint8)
            cells[:, :, 0], cells[:, :, 1], cells[:, -1, 1] = block + ord("0"), ord(","), ord("\n")
            kept = np.ones(cells.shape, dtype=bool)
            kept[:, :, 0] = block > 0
            file.write(cells[kept].tobytes())


def expected_scores(codes: np.ndarray) -> np.ndarray:
    """Score with plain numpy, the slow way."""
    points = np.where(codes > 0, codes, np.nan).astype(float)
    points[:, TURNED] = 6 - points[:, TURNED]
    scores = []
    for s in range(SCALES):
        scale = points[:, s::SCALES]
        n = (~np.isnan(scale)).sum(axis=1)
        scores.append(np.where(n >= LEAST, np.nansum(scale, axis=1) / np.maximum(n, 1), np.nan))
    return np.array(scores)


def large_csv(folder: Path) -> bool:
    rng, instrument = np.random.default_rng(20261124), an_instrument()
    codes = rng.integers(1, 6, size=(FORMS, ITEMS), dtype=np.int8)
    codes[rng.random(codes.shape, dtype=np.float32) < 0.03] = 0
    path = folder / "answers.csv"
    write_forms(path, codes)
    print(f"\nA CSV file of {FORMS:,} x {ITEMS}, {path.stat().st_size:,} bytes; median of {ROUNDS} rounds")

    def ours() -> np.ndarray:
        scores = score_instrument(instrument, read_csv_codes(path, instrument)).scales
        return np.array([scores[f"s{s}"].score for s in range(SCALES)])

    same = np.allclose(ours(), expected_scores(codes), rtol=0, atol=1e-12, equal_nan=True)
    print(f"  scores {'agree' if same else 'DIFFER'} to 1e-12")
    name, text = "ours: bytes to validated codes to scores", "polars, all text, nothing else"
    sides: dict[str, Callable[[], object]] = {name: ours}
    if importlib.util.find_spec("polars") is None:
        print("  polars is not installed here: not compared")
    else:
        import polars as pl

        sides[text] = lambda: pl.read_csv(path, infer_schema=False)
    times = in_turns(sides)
    kept = bool(same)
    print(f"  {statistics.median(times[name]):8.0f} ms CPU  {name}")
    if text in times:
        of_polars = ratio(times, name, text)
        kept &= of_polars <= 2
        print(
            f"  {statistics.median(times[text]):8.0f} ms CPU  {text}: ours takes {of_polars:.2f} times as long "
            f"(promise: at most 2){told(of_polars <= 2)}"
        )
    whole = cpu_ms(lambda: score_csv(path, folder / "scores.parquet", instrument))
    print(f"  {whole:8.0f} ms CPU  eval-tools questionnaires score, in batches, with statuses and notes, to Parquet")
    spoilt = codes.copy()
    spoilt[rng.random(codes.shape, dtype=np.float32) < 0.0005] = 9
    write_forms(path, spoilt)
    refused = None

    def refuse() -> None:
        nonlocal refused
        try:
            ours()
        except DataError as error:
            refused = error

    took = cpu_ms(refuse)
    fine = refused is not None and len(refused.problems) == ITEMS
    print(f"  {took:8.0f} ms CPU  0.05 % of the codes not on the form: refused, every item counted{told(fine)}")
    return kept and fine


def main() -> int:
    have = [f"{name} {metadata.version(name)}" for name in ("numpy", "pyarrow", "python-calamine", "openpyxl")]
    if importlib.util.find_spec("polars"):
        have.append(f"polars {metadata.version('polars')}")
    print(f"Python {platform.python_version()}, {', '.join(have)}; one thread on all sides, CPU times", flush=True)
    kept = spreadsheets()
    kept &= bombs()
    with tempfile.TemporaryDirectory() as folder:
        kept &= large_csv(Path(folder))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
