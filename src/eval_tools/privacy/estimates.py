"""Release of tables with one estimate a row: results, reliabilities, descriptives."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eval_tools.errors import DefinitionError, DisclosureError, Problem
from eval_tools.privacy.rule import (
    DisclosureRule,
    ReleasedTable,
    check_columns,
    is_text,
    pass_gate,
    people_counted,
)

if TYPE_CHECKING:
    import pandas as pd


def release_estimates(
    table: pd.DataFrame,
    *,
    name: str,
    numbers: Sequence[str],
    rule: DisclosureRule,
    count: str = "smallest_count",
    counts: Sequence[str] = (),
    shares: Sequence[str] = (),
    also: Sequence[str] = (),
    family: Sequence[Hashable] = (),
    total_label: str = "all",
    hidden: Sequence[bool] = (),
) -> ReleasedTable:
    """Hide every estimate about too few people, and round the counts beside the others.

    Parameters
    ----------
    table : DataFrame
        One estimate a row. Text columns pass; every other column must be named below.
    name : str
        What the table is called in the report.
    numbers : sequence of str
        Columns that become missing where ``count`` is small. Means and intervals are not rounded.
    rule : DisclosureRule
        The rule of the study.
    count : str
        Column with the smallest group of people the row tells about. It is not published itself unless it
        is in ``counts``.
    counts : sequence of str
        Columns that count people: rounded, and missing where they are themselves small.
    shares : sequence of str
        Columns with a share (0 to 1) of the ``count`` people. A share is a count in disguise: it is hidden
        where it, or the rest, stands for few people, and recomputed from the rounded counts.
    also : sequence of str
        Numeric columns that are no secret: ``ci_level``, ``n_items``.
    family : sequence, one key per row
        Which rows belong together: the groups of one estimate, and their total, whose ``group`` is
        ``total_label``. If a group of a family is hidden, so is the total: with it and the other groups, the
        hidden one could be worked out.
    total_label : str
        What the total over the groups is called.
    hidden : sequence of bool, one per row
        Rows that are hidden whatever their count, and their counts with them: see
        :func:`eval_tools.privacy.parts.hide_parts`.

    Returns
    -------
    ReleasedTable
        Same rows and order; ``status`` (if there is one) is ``'suppressed'`` where the estimate is hidden.

    Raises
    ------
    DisclosureError
        A participant column, or a column that is neither text nor named: nothing passes by oversight.
    DefinitionError
        A named column does not exist or is named twice.
    DataError
        Counts that are no counts.

    Examples
    --------
    >>> import pandas as pd
    >>> results = pd.DataFrame({"group": ["a", "b"], "estimate": [1.5, 9.0], "n": [23, 4]})
    >>> release_estimates(
    ...     results, name="results", count="n", numbers=["estimate"], counts=["n"], rule=DisclosureRule()
    ... ).data
      group  estimate     n
    0     a       1.5  25.0
    1     b       NaN   NaN
    """
    where = f"release of {name!r}"
    named = [*numbers, *counts, *shares, *also]
    check_columns(table, name=name, needed=[count, *named])
    twice = sorted({column for column in named if named.count(column) > 1})
    if count in [*numbers, *shares, *also]:
        twice.append(count)
    if twice:
        what = f"columns with two roles: {', '.join(twice)}."
        remedy = "A column is a number, a count, a share or a constant; the count may be in counts."
        raise DefinitionError(Problem(where, what, remedy))
    unnamed = [c for c in table.columns if c not in named and c != count and not is_text(table[c])]
    if unnamed:
        what = f"columns that are neither text nor named: {', '.join(map(str, unnamed))}."
        remedy = "Name them in numbers, counts, shares or, if they are no secret, in also; or drop them."
        raise DisclosureError(Problem(where, what, remedy))

    people = people_counted(table[count].fillna(0), name=name)
    small = np.array([rule.is_small(n) for n in people], dtype=bool)
    forced = np.array(hidden, dtype=bool) if len(hidden) else np.zeros(len(table), dtype=bool)
    if len(family):
        betraying = _betraying_totals(table, small, family, total_label)
        small |= betraying
        if rule.round_to == 1:  # an exact count of the total would tell the hidden one as its estimate does
            forced = forced | betraying
    small |= forced
    released = table.copy()
    for column in numbers:
        released[column] = released[column].mask(small)
    for column in counts:
        released[column] = [rule.released_count(n) for n in table[column].mask(forced)]
        people_counted(table[column].dropna(), name=name)
    for column in shares:
        released[column] = [_released_share(s, n, rule) for s, n in zip(table[column], people, strict=True)]
    if "status" in released.columns:
        released["status"] = released["status"].mask(small, "suppressed")
    if count not in counts:
        released = released.drop(columns=count)
    return pass_gate(released, name=name, rule=rule, n_suppressed=int(small.sum()), kind="estimates")


def _betraying_totals(
    table: pd.DataFrame, small: NDArray[np.bool_], family: Sequence[Hashable], total: str
) -> NDArray[np.bool_]:
    """Mark the totals over groups of which one is hidden."""
    is_total = (table["group"] == total).to_numpy()
    hidden = {key for key, is_small, is_sum in zip(family, small, is_total, strict=True) if is_small and not is_sum}
    return np.array([is_sum and key in hidden for key, is_sum in zip(family, is_total, strict=True)], dtype=bool)


def _released_share(share: float, n: int, rule: DisclosureRule) -> float:
    if share != share or n == 0:
        return float("nan")
    with_it = round(share * n)
    if rule.is_small(with_it) or rule.is_small(n - with_it):
        return float("nan")
    return share if rule.round_to == 1 else min(1.0, rule.rounded(with_it) / rule.rounded(n))
