"""Release of the flow of participants: how many took part, by group and wave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from eval_tools.errors import DataError, Problem
from eval_tools.privacy.counts import check_totals, keys_of, refuse_more_columns
from eval_tools.privacy.rule import DisclosureRule, ReleasedTable, check_columns, pass_gate, people_counted
from eval_tools.privacy.suppression import Sum, hide_counts

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")


def release_flow(
    table: pd.DataFrame,
    *,
    name: str,
    rule: DisclosureRule,
    counts: Sequence[str] = ("n_enrolled", "n_forms", "n_paired"),
    total_label: str = "all",
) -> ReleasedTable:
    """Release how many people took part, by group and wave.

    Parameters
    ----------
    table : DataFrame
        Columns group, wave and the ``counts``, one row per group and wave; rows of the group ``total_label``
        are the total over the groups.
    name : str
        What the table is called in the report.
    rule : DisclosureRule
        The rule of the study.
    counts : sequence of str
        Columns from the most people to the fewest; each counts some of the people of the one before.
    total_label : str
        What the total over the groups is called.

    Returns
    -------
    ReleasedTable
        Same columns, counts rounded, a total over the groups at each wave (if there are several groups). A
        count is missing if it is small or would tell a small one, from the total over the groups or from
        the counts around it.

    Raises
    ------
    DisclosureError
        As :func:`release_counts`.
    DataError
        Counts that are no counts, a row listed twice, or a count above the one before it.

    Notes
    -----
    The difference of two counts says how many did *not* take part. That few or none were lost is what a good
    study reports, and is nothing about a child's answers; so a small difference between two large counts
    stays, as long as rounding keeps it from being read off. Without rounding (``round_to`` 1) the smaller
    of the two counts is hidden when the difference is small and not zero.

    Examples
    --------
    >>> import pandas as pd
    >>> flow = pd.DataFrame(
    ...     {"group": ["a", "b", "c"], "wave": "after", "n_enrolled": [62, 33, 41], "n_forms": [57, 4, 38]}
    ... )
    >>> release_flow(flow, name="flow", counts=["n_enrolled", "n_forms"], rule=DisclosureRule()).data
      group   wave  n_enrolled  n_forms
    0     a  after        60.0     55.0
    1     b  after        35.0      NaN
    2     c  after        40.0      NaN
    3   all  after       135.0    100.0
    """
    import pandas as pd

    check_columns(table, name=name, needed=["group", "wave", *counts], texts=["group", "wave"])
    refuse_more_columns(table, ["group", "wave", *counts], name)
    columns = [people_counted(table[c], name=name) for c in counts]
    nested = [n for n in zip(*columns, strict=True) if list(n) != sorted(n, reverse=True)]
    if nested:
        what = f"{len(nested)} rows where a count is above the one before it."
        remedy = f"The order, most people first, must be {', '.join(counts)}."
        raise DataError(Problem(f"release of {name!r}", what, remedy))
    people = dict(zip(keys_of(table, ["group", "wave"], name), zip(*columns, strict=True), strict=True))

    lines: list[tuple[str | float, ...]] = []
    for wave in dict.fromkeys(wave for _, wave in people):
        groups = {group: n for (group, w), n in people.items() if w == wave}
        lines += [(group, wave, *shown) for group, shown in _flow_at_one_wave(groups, total_label, rule, name)]
    data = pd.DataFrame(lines, columns=["group", "wave", *counts])
    hidden = data[list(counts)].isna().any(axis=1)
    return pass_gate(data, name=name, rule=rule, n_suppressed=int(hidden.sum()), kind="flow")


def _flow_at_one_wave(
    groups: dict[str, tuple[int, ...]], total: str, rule: DisclosureRule, name: str
) -> Iterator[tuple[str, list[float]]]:
    """Yield each group with its released counts, the total over several groups last."""
    given = groups.get(total)
    rows = {group: n for group, n in groups.items() if group != total} or groups
    added = tuple(sum(column) for column in zip(*rows.values(), strict=True))
    with_total = len(rows) > 1 or (given is not None and total not in rows)
    if given is not None:
        check_totals(given, added, name)

    # Each row is shown counts, then the people between one count and the next; the last row is the total.
    table = [[*n, *(more - fewer for more, fewer in pairwise(n))] for n in [*rows.values(), added]]
    k, width, last = len(added), 2 * len(added) - 1, len(rows)
    flat = [n for row in table for n in row]
    place = [[i * width + j for j in range(width)] for i in range(len(table))]
    sums = [Sum(parts=(row[j + 1], row[k + j]), total=row[j]) for row in place for j in range(k - 1)]
    sums += [Sum(parts=tuple(col[:-1]), total=col[-1]) for col in zip(*place, strict=True)]
    between = [(row[k + j], row[j + 1]) for row in place for j in range(k - 1)]
    lost_few = {inner for gap, inner in between if rule.round_to == 1 and 0 < flat[gap] < rule.min_cell}
    words = hide_counts(flat, sums, min_cell=rule.min_cell, start=lost_few, never_shown={gap for gap, _ in between})

    for i, group in enumerate([*rows, total] if with_total else rows):
        shown: list[float] = []
        for j in range(k):
            n = rule.rounded(table[i][j])
            if i == last and not any(words[place[g][j]] for g in range(last)):
                n = sum(rule.rounded(table[g][j]) for g in range(last))
            n = min([n, *(int(outer) for outer in shown if outer == outer)])  # rounding keeps the order
            shown.append(NAN if words[place[i][j]] else float(n))
        yield group, shown
