"""How long `eval-tools check` takes on a study of 20 exports.

    python benchmarks/check.py

20 invented exports of 1,000 rows each, 10 schools at two waves, CES-D and SWLS with 25 answers a row; one answer in
a thousand is outside the form, one number of a child in a thousand is missing, and each file has one form twice. The
whole command is timed as a process, workbook and page included, and with nothing wrong at all. The promise: less than
5 seconds of CPU time.
"""

from __future__ import annotations

import csv
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
SCHOOLS, ROWS, ROUNDS, PROMISE = 10, 1_000, 3, 5.0
CES_D, SWLS = [f"cesd{n:02}" for n in range(1, 21)], [f"swls{n}" for n in range(1, 6)]
HEADER = ["id", "group", "school", *CES_D, *SWLS]
STUDY = """\
schema_version: "1.0"
study: many
title: {en: "Invented", zh-Hant: "虛構", zh-Hans: "虚构"}
about: {en: "Invented people.", zh-Hant: "人物均為虛構。", zh-Hans: "人物均为虚构。"}
kind: synthetic
respondents: children
assignment: {unit: site, randomised: false}
groups:
  programme: {role: programme, title: {en: "Programme", zh-Hant: "計畫組", zh-Hans: "项目组"}}
  comparison: {role: comparison, title: {en: "Comparison", zh-Hant: "對照組", zh-Hans: "对照组"}}
waves:
  - {id: autumn, role: before, title: {en: "Autumn", zh-Hant: "秋季", zh-Hans: "秋季"}}
  - {id: spring, role: after, title: {en: "Spring", zh-Hant: "春季", zh-Hans: "春季"}}
informants: [child]
plan:
  written: before_data
  primary: [{outcome: ces-d.total, better: lower}]
  decision_term: spring
publish: {languages: [en], min_cell: 10, round_to: 5}
people: {identifiers: published_arbitrary}
sources:
"""
SOURCE = """\
  - file: {wave}/school-{school:02}.csv
    reader: table
    informant: child
    wave: {wave}
    columns: {{participant: id, group: group, site: school}}
    instruments: {{ces-d: {{columns: "cesd{{n:02}}"}}, swls: {{columns: "swls{{n}}"}}}}
"""


def write_study(folder: Path, *, faults: bool) -> None:
    rng = np.random.default_rng(20261124)
    text = STUDY
    for wave in ("autumn", "spring"):
        (folder / wave).mkdir(parents=True)
        for school in range(SCHOOLS):
            text += SOURCE.format(wave=wave, school=school)
            answers = np.hstack([rng.integers(0, 4, size=(ROWS, 20)), rng.integers(1, 8, size=(ROWS, 5))]).astype(str)
            ids = [f"{school:02}{i:04}" for i in range(ROWS)]
            if faults:
                answers[rng.random(answers.shape) < 0.001] = "9"
                ids[17] = ids[16]
                ids[500] = ""
            group = "programme" if school < SCHOOLS // 2 else "comparison"
            rows = [[who, group, f"school-{school:02}", *each] for who, each in zip(ids, answers, strict=True)]
            with (folder / wave / f"school-{school:02}.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([HEADER, *rows])
    (folder / "study.yaml").write_text(text, encoding="utf-8")


def run_check(root: Path) -> tuple[float, float, str]:
    """Return CPU seconds, seconds on the clock, and what was said."""
    command = [sys.executable, "-m", "eval_tools", "check", "many", "--xlsx", str(root / "decide.xlsx")]
    environment = os.environ | {"EVAL_TOOLS_WORKBENCH": str(root), "OMP_NUM_THREADS": "1"}
    before, clock = os.times(), time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    after = os.times()
    assert done.returncode in (0, 3), done.stderr
    used = after.children_user - before.children_user + after.children_system - before.children_system
    return used, time.perf_counter() - clock, done.stdout


def main() -> int:
    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, {ROUNDS} rounds after one to warm up")
    slowest = 0.0
    for faults in (False, True):
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            for part in ("questionnaires", "notebooks"):
                shutil.copytree(ROOT / part, root / part)
            write_study(root / "data_raw" / "many", faults=faults)
            times = [run_check(root) for _ in range(ROUNDS + 1)][1:]
            cpu, clock = (statistics.median(each[i] for each in times) for i in (0, 1))
            said = next(line for line in times[0][2].splitlines() if "found and resolved." in line)
            what = "with faults" if faults else "nothing wrong"
            print(f"{2 * SCHOOLS} exports of {ROWS:,} rows, {what}: {cpu:.2f} s CPU, {clock:.2f} s; {said}")
            slowest = max(slowest, cpu)
    print(f"slowest {slowest:.2f} s CPU (promise: below {PROMISE:g})")
    return 0 if slowest < PROMISE else 1


if __name__ == "__main__":
    sys.exit(main())
