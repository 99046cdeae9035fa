"""eval_tools: from raw questionnaire exports to an honest, reproducible before/after report.

>>> import eval_tools
>>> eval_tools.__version__
'0.1.0'
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_WHERE = {
    "open_study": "eval_tools.runner.study_run",
    "StudyRun": "eval_tools.runner.study_run",
    "EvalToolsError": "eval_tools.errors",
}

__all__ = ["EvalToolsError", "StudyRun", "__version__", "open_study"]


def __getattr__(name: str) -> Any:
    """Load a part of the package when it is first asked for; importing the package alone loads nothing."""
    if name not in _WHERE:
        raise AttributeError(f"module 'eval_tools' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
