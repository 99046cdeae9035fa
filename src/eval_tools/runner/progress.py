"""Say how far long work has come, on standard error."""

from __future__ import annotations

import sys
import threading
import time
from typing import TextIO


class Progress:
    """Counts steps and says each one when it is done; quiet if asked."""

    def __init__(self, total: int, *, quiet: bool = False, stream: TextIO | None = None) -> None:
        self.total = total
        self._done = 0
        self._quiet = quiet
        self._stream = stream or sys.stderr
        self._start = time.monotonic()
        self._lock = threading.Lock()

    def done(self, what: str) -> None:
        """Note that one step is done; safe from several threads."""
        with self._lock:
            self._done += 1
            if self._quiet:
                return
            passed = time.monotonic() - self._start
            left = passed / self._done * (self.total - self._done)
            rest = f", about {left:.0f} s left" if self._done < self.total else ""
            self._stream.write(f"[{self._done}/{self.total}] {what} ({passed:.1f} s{rest})\n")
            self._stream.flush()
