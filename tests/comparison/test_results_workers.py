"""The same studies give the same bytes, however many workers share them and however many threads each has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PROGRAM = """
import hashlib, sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

def told(study_number):
    from types import SimpleNamespace
    import numpy as np
    from eval_tools.comparison.change import compare_waves
    from eval_tools.comparison.groups import compare_groups
    from synthetic_study import invent_school_study, synthetic_study
    rng = np.random.default_rng(np.random.SeedSequence(7).spawn(4)[study_number])
    tables = invent_school_study(rng, n_programme=6, n_comparison=4, effect=-3.0)
    study = synthetic_study(randomised=bool(study_number % 2))
    instruments = {"ces-d": SimpleNamespace(default_bands=lambda scale: None)}  # no screening line
    changes = compare_waves(tables.scores, tables.participants, study, instruments, wave="spring")
    differences = compare_groups(tables.scores, tables.participants, study, wave="spring")
    return (changes.to_csv() + differences.to_csv()).encode()

if __name__ == "__main__":
    with ProcessPoolExecutor(int(sys.argv[1]), mp_context=get_context("fork")) as pool:
        print(hashlib.sha256(b"".join(pool.map(told, range(4)))).hexdigest())
"""


def bytes_of_results(workers: int, threads: int) -> str:
    """Hash of RESULTS of four invented studies."""
    threads_of = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    paths = os.pathsep.join([str(TESTS), str(TESTS.parent / "src")])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(workers)],
        env={**os.environ, **threads_of, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout.strip()


@pytest.mark.skipif(sys.platform == "win32", reason="processes are not forked there")
def test_results_are_the_same_bytes_for_any_number_of_workers_and_threads():
    one = bytes_of_results(1, 1)
    assert len(one) == 64
    assert {bytes_of_results(workers, threads) for workers, threads in ((1, 1), (2, 1), (3, 4))} == {one}
