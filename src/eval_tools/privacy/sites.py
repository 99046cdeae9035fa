"""Release of one number per site, without the site.

Three ways lead from such a table to one small site, and each is closed here:

* its own row: hidden where it is about too few people;
* subtraction: the total of the group is published elsewhere, so that a single hidden site would be the total
  less the others. As many sites are hidden as it takes that the rest is at least two of them and at least
  ``min_cell`` people. Pooled numbers must rest on the sites shown and on no others, or they would tell again;
* its place: sites get numbers in the order of the numbers that are published. Such a label holds nothing that
  the row does not say; an order of ids, or of the roster, would tell which school is which. The table from id to
  label is not kept, and the numbers are given anew for every outcome, so that nobody can be followed through them.

A mean of whole numbers tells how many there were (2.3846 is 31/13), and an interval with its mean and degrees of
freedom does too: where counts are rounded, so are these numbers, and standard errors and degrees of freedom stay
behind.

What this does not stop: somebody who belongs to one of two hidden sites and knows its numbers can work out the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eval_tools.errors import DisclosureError, Problem
from eval_tools.privacy.counts import keys_of
from eval_tools.privacy.rule import DisclosureRule, ReleasedTable, check_columns, pass_gate, people_counted

if TYPE_CHECKING:
    import pandas as pd

FEWEST_HIDDEN = 2
NUMBERS = ("estimate", "ci_low", "ci_high")
KEPT = ("ci_level", "unit", "method", "status")


def sites_to_show(people: Sequence[int], rule: DisclosureRule) -> list[bool]:
    """Decide which of the sites that make up one group may be shown.

    Parameters
    ----------
    people : sequence of int, shape (sites,)
        How many people the number of each site is about.
    rule : DisclosureRule
        The rule of the study.

    Returns
    -------
    list of bool, shape (sites,)
        Sites of too few people are not shown. If there are any, nor are the smallest others, until at least two
        sites and ``min_cell`` people are hidden together.

    Examples
    --------
    >>> sites_to_show([30, 4, 22, 12], DisclosureRule())
    [True, False, True, False]
    >>> sites_to_show([30, 14, 22, 12], DisclosureRule())
    [True, True, True, True]
    """
    shown = [not rule.is_small(n) for n in people]
    while not all(shown) and any(shown):
        hidden = [n for n, is_shown in zip(people, shown, strict=True) if not is_shown]
        if len(hidden) >= FEWEST_HIDDEN and sum(hidden) >= rule.min_cell:
            break
        smallest = min((i for i, is_shown in enumerate(shown) if is_shown), key=lambda i: people[i])
        shown[smallest] = False
    return shown


def release_sites(
    table: pd.DataFrame,
    *,
    name: str,
    rule: DisclosureRule,
    by: Sequence[str],
    count: str = "smallest_count",
    total_label: str = "all",
    digits: int = 1,
) -> ReleasedTable:
    """Release the numbers of sites under neutral labels, and what was pooled over those shown.

    Parameters
    ----------
    table : DataFrame
        Rows of RESULTS: ``by``, ``estimator``, ``site``, the estimate with its interval, ``n``, ``n_sites``,
        ``p_value`` and ``count``, the people a row is about. ``site`` is ``total_label`` in pooled rows. Columns
        that are not needed are left behind.
    name : str
        What the table is called in the report.
    rule : DisclosureRule
        The rule of the study.
    by : sequence of str
        Columns that tell separate groups of sites apart.
    digits : int
        Decimals of estimates and intervals where the rule rounds counts.

    Returns
    -------
    ReleasedTable
        ``by``, ``estimator``, ``site`` (``"1"``, ``"2"``, ... from the lowest estimate up, or ``total_label``),
        ``estimate, ci_low, ci_high, ci_level, p_value`` (of pooled rows), ``n`` (rounded), ``n_sites``,
        ``n_hidden`` (sites of the group that are not shown), ``unit, method, status``. Hidden sites have no row.

    Raises
    ------
    DisclosureError
        A participant column, or a pooled row that does not rest on the sites shown and no others.
    DataError
        Counts that are no counts, or a row listed twice.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"group": "a", "estimator": "mean", "site": ["north", "south"], "n": [31, 13]})
    >>> rows = rows.assign(estimate=[2.0, 31 / 13], ci_low=1.0, ci_high=3.0, ci_level=0.95, p_value=float("nan"))
    >>> rows = rows.assign(n_sites=1, smallest_count=rows["n"], unit="points", method="t", status="estimated")
    >>> released = release_sites(rows, name="sites", rule=DisclosureRule(), by=["group"]).data
    >>> released[["group", "site", "estimate", "n", "n_hidden"]]
      group site  estimate     n  n_hidden
    0     a    1       2.0  30.0         0
    1     a    2       2.4  15.0         0
    """
    import pandas as pd

    keys = [*by, "estimator", "site"]
    check_columns(
        table, name=name, needed=[*keys, *NUMBERS, *KEPT, "p_value", "n", "n_sites", count], texts=[*keys, "status"]
    )
    keys_of(table, keys, name)
    people_counted(table["n"], name=name)
    people_counted(table[count], name=name)
    parts, n_suppressed = [], 0
    for _, mine in table.groupby(list(by), sort=False):
        single, pooled = mine[mine["site"] != total_label], mine[mine["site"] == total_label]
        single = single.sort_values("site")
        shown = single[sites_to_show([int(n) for n in single[count]], rule)]
        _refuse_pooled_over_others(pooled, shown, name)
        n_hidden = len(single) - len(shown)
        n_suppressed += n_hidden
        part = pd.concat([_labelled(shown, rule, digits), _rounded(pooled, rule, digits)])
        parts.append(part.assign(n_hidden=n_hidden))
    columns = [*keys, *NUMBERS, "ci_level", "p_value", "n", "n_sites", "n_hidden", "unit", "method", "status"]
    data = pd.concat(parts) if parts else pd.DataFrame(columns=columns)
    return pass_gate(data[columns], name=name, rule=rule, n_suppressed=n_suppressed, kind="sites")


def _refuse_pooled_over_others(pooled: pd.DataFrame, shown: pd.DataFrame, name: str) -> None:
    """Refuse a pooled row that counts people or sites that are not shown."""
    others = int(((pooled["n_sites"] != len(shown)) | (pooled["n"] != shown["n"].sum())).sum())
    if others:
        what = f"{others} pooled rows do not rest on the sites that are shown."
        remedy = "Pool over the sites of sites_to_show; anything else would tell about the hidden ones."
        raise DisclosureError(Problem(f"release of {name!r}", what, remedy))


def _labelled(shown: pd.DataFrame, rule: DisclosureRule, digits: int) -> pd.DataFrame:
    """Number sites by what is published of them, so that the number tells nothing more."""
    import pandas as pd

    rounded = _rounded(shown, rule, digits).assign(p_value=float("nan"))
    ordered = rounded.sort_values([*NUMBERS, "n", "status", "method"], kind="stable")
    return ordered.assign(site=pd.Series([str(i) for i in range(1, len(ordered) + 1)], index=ordered.index, dtype=str))


def _rounded(rows: pd.DataFrame, rule: DisclosureRule, digits: int) -> pd.DataFrame:
    rows = rows.assign(n=[rule.released_count(n) for n in rows["n"]])
    if rule.round_to > 1:
        rows = rows.assign(**{column: rows[column].astype(float).round(digits) for column in NUMBERS})
        rows = rows.assign(p_value=rows["p_value"].astype(float).round(3))
    return rows
