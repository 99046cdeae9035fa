"""The cells of released tables: numbers, and the ones that were hidden."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from eval_tools.errors import DataError, Problem, UnknownNames


def check_rows(frame: pd.DataFrame, name: str) -> None:
    """Refuse a table without rows: an empty figure says nothing."""
    if frame.empty:
        raise DataError(Problem(f"figure {name!r}", "there is nothing to draw.", "Leave the figure out."))


def check_groups(frame: pd.DataFrame, labels: Mapping[str, str], name: str) -> None:
    """Refuse a table with a group that has no label."""
    unknown = sorted(set(frame["group"]) - set(labels))
    if unknown:
        raise UnknownNames("groups", missing=[str(g) for g in unknown], known=labels, where=f"figure {name!r}")


def is_known(value: Any) -> bool:
    """Tell a number from one that was hidden or could not be estimated."""
    return bool(pd.notna(value))


def count_text(n: Any, hidden_label: str, pattern: str = "%(n)s") -> str:
    """Write a number of people, or why it is not shown.

    Examples
    --------
    >>> count_text(1204, "< 10", "n = %(n)s"), count_text(float("nan"), "< 10", "n = %(n)s")
    ('n = 1,204', '< 10')
    """
    return pattern % {"n": f"{float(n):,.0f}"} if is_known(n) else hidden_label


def signed(value: float) -> str:
    """Write a change with its sign.

    Examples
    --------
    >>> signed(2.5), signed(-2), signed(0)
    ('+2.5', '−2', '0')
    """
    return f"{value:+g}".replace("-", "−") if abs(value) > 1e-12 else "0"
