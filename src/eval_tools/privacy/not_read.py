"""Release of how many were not read: people who withdrew, and forms without consent."""

from __future__ import annotations

from collections.abc import Mapping

from eval_tools.privacy.rule import DisclosureRule, ReleasedTable, pass_gate


def release_not_read(counts: Mapping[str, int], *, rule: DisclosureRule, name: str = "not_read") -> ReleasedTable:
    """Release counts of people or forms that were left out, by reason; a reason with none has no row.

    Returns
    -------
    ReleasedTable
        Columns reason and count; a small count is missing, the others are rounded. No total stands beside them.

    Examples
    --------
    >>> release_not_read({"withdrawn": 3, "consent": 41, "other": 0}, rule=DisclosureRule()).data
          reason  count
    0  withdrawn    NaN
    1    consent   40.0
    """
    import pandas as pd

    rows = [
        (reason, float(rule.rounded(n)) if n >= rule.min_cell else float("nan")) for reason, n in counts.items() if n
    ]
    hidden = sum(count != count for _, count in rows)
    data = pd.DataFrame(rows, columns=["reason", "count"])
    return pass_gate(data, name=name, rule=rule, n_suppressed=hidden, kind="counts")
