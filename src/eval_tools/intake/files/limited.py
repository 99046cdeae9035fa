"""Work on an untrusted file in a process of its own, with a limit on its memory and its time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

MAX_MEMORY = 3 << 30  # bytes of address space, of the whole child
MAX_SECONDS = 300
_START = "import json, sys; sys.path[:] = json.loads(sys.stdin.buffer.readline()); from {module} import work; "
_ASK = "from eval_tools.intake.files.limited import answer; answer(work)"


class ChildFailed(Exception):
    """The child ended without an answer: too much memory, too much time, or a crash; the text is for people."""


def ask_child(module: str, content: bytes) -> Any:
    """Let ``work(content)`` of a module run in a child and return what it returns, as JSON can carry it.

    Raises
    ------
    ChildFailed
    """
    asked = json.dumps(sys.path).encode() + b"\n" + content
    command = [sys.executable, "-c", _START.format(module=module) + _ASK]
    try:
        done = subprocess.run(command, input=asked, capture_output=True, timeout=MAX_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise ChildFailed("it takes too long") from None
    except OSError as error:
        raise ChildFailed(f"no process can be started: {type(error).__name__}") from None
    if done.returncode:
        raise ChildFailed("it takes too much memory or makes the reader fail")
    return json.loads(done.stdout)


def answer(work: Any) -> None:
    """Be the child: limit our own memory and time, work, write the result where nothing else writes."""
    content = sys.stdin.buffer.read()
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        import resource
    except ImportError:  # not on Windows; the checks before are all there is
        pass
    else:
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with out:
        json.dump(work(content), out)
