"""Release of shares with their intervals: a share is a count in disguise, and so is the middle of its interval."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor
from typing import TYPE_CHECKING

from eval_tools.errors import DisclosureError, Problem
from eval_tools.privacy.rule import DisclosureRule, ReleasedTable, check_columns, pass_gate

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")
KEPT = ("ci_level", "n_sites", "unit", "method", "status")


def release_shares(
    table: pd.DataFrame, *, name: str, counts: ReleasedTable, classes: Mapping[str, str], measure: str
) -> ReleasedTable:
    """Release shares of classes as the released counts tell them, and no more exactly.

    Parameters
    ----------
    table : DataFrame
        Rows of RESULTS: ``outcome, group, estimator``, the share with its interval, ``n``. Columns that are not
        needed are left behind.
    name : str
        What the table is called in the report.
    counts : ReleasedTable
        The released CLASS_COUNTS; its rule is the rule.
    classes : mapping
        The class whose share an estimator estimates.
    measure : str
        The measure of CLASS_COUNTS.

    Returns
    -------
    ReleasedTable
        ``outcome, group, estimator, estimate, ci_low, ci_high, ci_level, n, n_sites, unit, method, status``. The
        estimate is the released count over the sum of the released counts of its group; where one of these is
        hidden, so is the share (``suppressed``). The interval is moved by the same amount, for its middle would tell
        the exact share; where the rule rounds, it is widened to whole per cent.

    Raises
    ------
    DisclosureError
        A participant column, or a share that is not the one of its count: then they would tell more together.
    """
    import pandas as pd

    keys = ["outcome", "group", "estimator"]
    check_columns(table, name=name, needed=[*keys, "estimate", "ci_low", "ci_high", "n", *KEPT], texts=keys)
    told = counts.data
    told = told[told["measure"] == measure]
    rows, n_suppressed, n_other = [], 0, 0
    for row in table.to_dict("records"):
        group = told[(told["outcome"] == row["outcome"]) & (told["group"] == row["group"])].set_index("class")["count"]
        count, total = float(group.get(classes[row["estimator"]], NAN)), float(group.sum(skipna=False))
        is_known = count == count and total == total and total > 0
        exact, low, high = (float(row[key]) for key in ("estimate", "ci_low", "ci_high"))
        if is_known and exact == exact:
            slack = counts.rule.round_to * max(len(told["group"].unique()), 1) / 2
            n_other += abs(exact * row["n"] - count) > slack + 1e-6
            share = exact if counts.rule.round_to == 1 else count / total
            low, high = _moved(low, high, share - exact, counts.rule)
        else:
            share = low = high = NAN
        n_suppressed += not is_known
        n = total if is_known else NAN
        status = row["status"] if is_known else "suppressed"
        kept = {key: row[key] for key in (*keys, *KEPT)}
        rows.append({**kept, "estimate": share, "ci_low": low, "ci_high": high, "n": n, "status": status})
    if n_other:
        what, remedy = f"{n_other} shares are not those of the counts.", "Give counts and shares of the same people."
        raise DisclosureError(Problem(f"release of {name!r}", what, remedy))
    columns = [*keys, "estimate", "ci_low", "ci_high", "ci_level", "n", "n_sites", "unit", "method", "status"]
    return pass_gate(
        pd.DataFrame(rows, columns=columns), name=name, rule=counts.rule, n_suppressed=n_suppressed, kind="shares"
    )


def _moved(low: float, high: float, by: float, rule: DisclosureRule) -> tuple[float, float]:
    if low != low or high != high or rule.round_to == 1:
        return low, high
    low, high = floor(100 * (low + by) + 1e-9) / 100, ceil(100 * (high + by) - 1e-9) / 100
    return max(low, 0.0), min(high, 1.0)
