"""How long `eval-tools --help` takes, against importing what the package needs.

    python benchmarks/startup.py

Both sides run as whole processes, in turns, in one go; the ratio of the median CPU times is printed. The promise: help
answers in under half the time that importing pandas, scipy, statsmodels and seaborn takes.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

ROUNDS = 7
HELP = [sys.executable, "-c", "from eval_tools.runner.command import main; main(['--help'])"]
PEER = [sys.executable, "-c", "import pandas, scipy.stats, statsmodels.api, seaborn"]
BARE = [sys.executable, "-c", "pass"]


def cpu_seconds(command: list[str]) -> float:
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = os.times()
    return (after.children_user - before.children_user) + (after.children_system - before.children_system)


def main() -> int:
    sides = {
        "eval-tools --help": HELP,
        "import pandas, scipy.stats, statsmodels, seaborn": PEER,
        "python -c pass": BARE,
    }
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS + 1):
        for name, command in sides.items():
            times[name].append(cpu_seconds(command))
    medians = {name: statistics.median(values[1:]) for name, values in times.items()}  # the first round warms up
    for name, seconds in medians.items():
        print(f"{1000 * seconds:8.0f} ms CPU  {name}")
    ours, theirs, bare = medians.values()
    print(f"ratio help / imports: {ours / theirs:.3f} (promise: below 0.5)")
    print(f"ratio help / bare interpreter: {ours / bare:.1f}")
    return 0 if ours / theirs < 0.5 else 1


if __name__ == "__main__":
    sys.exit(main())
