"""Collect what is found in the raw data: place, rule, count and remedy, never the value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from eval_tools.errors import DataError, Problem
from eval_tools.tables import ISSUES, check_table

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["error", "warning", "note"]


class Findings:
    """A growing list of findings; ends as the table ISSUES."""

    def __init__(self) -> None:
        self._rows: list[dict[str, object]] = []

    def add(
        self,
        rule: str,
        detail: str,
        *,
        severity: Severity = "error",
        file: str,
        row: int = 0,
        column: str = "",
        count: int = 1,
    ) -> None:
        """Note one finding at one place."""
        self._rows.append(
            {
                "rule": rule,
                "severity": severity,
                "file": file,
                "row": row,
                "column": column,
                "count": count,
                "detail": detail,
            }
        )

    def table(self) -> pd.DataFrame:
        """Return everything found so far as ISSUES, worst first."""
        import pandas as pd

        frame = pd.DataFrame(self._rows, columns=list(ISSUES.columns))
        frame = frame.drop_duplicates(list(ISSUES.key))
        order = frame["severity"].map({"error": 0, "warning": 1, "note": 2})
        frame = frame.assign(_order=order).sort_values(["_order", "file", "rule", "row", "column"])
        return check_table(frame.drop(columns="_order").reset_index(drop=True), ISSUES)


def shorten(numbers: Iterable[int], *, most: int = 8) -> str:
    """List row numbers, the first few of them.

    Examples
    --------
    >>> shorten(range(2, 14), most=4)
    '2, 3, 4, 5 and 8 more'
    """
    ordered = sorted(numbers)
    shown = ", ".join(map(str, ordered[:most]))
    return f"{shown} and {len(ordered) - most} more" if len(ordered) > most else shown


def problems_in(issues: pd.DataFrame, *, severity: Severity = "error") -> list[Problem]:
    """Word the issues of one severity as problems, one for each file, column and finding."""
    problems = []
    wanted = issues[issues["severity"] == severity]
    for (file, column, detail), group in wanted.groupby(["file", "column", "detail"], sort=False):
        rows = [int(row) for row in group["row"] if row]
        place = f"{file}, " + (f"rows {shorten(rows)}" if len(rows) > 1 else f"row {rows[0]}") if rows else str(file)
        where = f"{place}, column {column!r}" if column else place
        what, _, remedy = str(detail).partition(" | ")
        problems.append(Problem(where, what, remedy))
    return problems


def refuse_errors(issues: pd.DataFrame) -> pd.DataFrame:
    """Return the issues if none is an error; else raise with all of them.

    Raises
    ------
    DataError
        Places, rules and remedies; no values.
    """
    problems = problems_in(issues)
    if problems:
        raise DataError(problems)
    return issues
