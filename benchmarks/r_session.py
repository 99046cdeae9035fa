"""A live R beside the benchmark: it reads its data once, then answers one timed call at a time, in turns with us.

R's own clock counts (``proc.time`` around the fit only, user and system time), so neither the start of R, reading the
data nor the way between the two processes is part of a figure. Without R, or without the package, there is no session.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

LOOP = """
invisible(once())
to <- file("stdin"); open(to)
show <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ","), "]")
while (length(readLines(to, n = 1)) == 1) {
  invisible(gc()); start <- proc.time(); found <- once(); spent <- proc.time() - start
  cat(sprintf('{"ms": %.3f, "values": %s}\\n', 1000 * sum(spent[1:2]), show(values(found)))); flush(stdout())
}
"""
VERSIONS = """
suppressMessages(library(%s))
cat(sprintf('"R %%s, %s %%s"\\n', getRversion(), packageVersion("%s")))
"""
Once = Callable[[], tuple[float, np.ndarray]]  # milliseconds of CPU, and what was found


@contextmanager
def r_session(package: str, script: str, data: str) -> Iterator[Once | None]:
    """Start R with a package and a table, as text of a CSV file.

    ``script`` reads ``data.csv`` and defines ``once()``, which is timed, and ``values(found)``, the numbers of what
    it returns. Nothing is yielded where R or the package is missing, which is printed.
    """
    rscript = shutil.which("Rscript")
    if rscript is None:
        print(f"  R is not installed here: {package} not compared (reference values are in the tests)")
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "data.csv").write_text(data, encoding="utf-8")
        head = VERSIONS % (package, package, package)
        (Path(folder) / "session.R").write_text(head + script + LOOP, encoding="utf-8")
        with subprocess.Popen(
            [rscript, "session.R"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        ) as r:
            assert r.stdin is not None
            assert r.stdout is not None
            told = r.stdout.readline()
            if not told:
                print(f"  R is here, but {package} is not: not compared (reference values are in the tests)")
                yield None
                return
            print(f"  {json.loads(told)}")

            def once() -> tuple[float, np.ndarray]:
                assert r.stdin is not None
                assert r.stdout is not None
                r.stdin.write("again\n")
                r.stdin.flush()
                answer = r.stdout.readline()
                if not answer:
                    raise RuntimeError(f"R stopped while {package} was running")
                found = json.loads(answer)
                return float(found["ms"]), np.array(found["values"])

            yield once
