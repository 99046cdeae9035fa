"""Release of what figures draw: histograms of many people, or (by decision) single people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eval_tools.errors import DataError, DefinitionError, DisclosureError, Problem
from eval_tools.privacy.rule import DisclosureRule, ReleasedTable, check_columns, pass_gate

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")


def release_distribution(
    values: pd.DataFrame,
    *,
    name: str,
    rule: DisclosureRule,
    bin_width: float,
    limits: tuple[float, float],
    by: Sequence[str] = (),
) -> ReleasedTable:
    """Count people in bins so wide that each bin holds enough of them.

    Parameters
    ----------
    values : DataFrame
        Columns ``by``, group and value; one row per person. Missing values are left out.
    name : str
        What the table is called in the report.
    rule : DisclosureRule
        The rule of the study.
    bin_width : float
        Width of a bin, in the scale's points. With whole-numbered width and limits, bins are centred on
        whole numbers, so that a whole score never lies on an edge.
    limits : (float, float)
        Lowest and highest possible value of the scale. The outermost edges are always these (half a point
        further out if bins are centred), never the lowest and highest value found.
    by : sequence of str
        Columns that tell separate histograms apart, like wave.

    Returns
    -------
    ReleasedTable
        Columns ``by``, group, low, high, count (rounded). Bins that hold fewer than ``min_cell`` people are
        merged with their right neighbours, the last ones with their left. A group of fewer people in
        all is one row from limit to limit with a missing count. A bin holds low <= value < high.

    Raises
    ------
    DisclosureError
        A participant column, or a column too many.
    DefinitionError
        A width or limits that span nothing.
    DataError
        Values outside the limits (how many, not which).

    Examples
    --------
    >>> import pandas as pd
    >>> values = pd.DataFrame({"group": "a", "value": [0] + [1] * 12 + [2] * 16 + [4] * 2})
    >>> release_distribution(
    ...     values, name="scores", rule=DisclosureRule(), bin_width=1, limits=(0, 4)
    ... ).data
      group  low  high  count
    0     a -0.5   1.5   15.0
    1     a  1.5   4.5   20.0
    """
    import pandas as pd

    low, high = limits
    if not (bin_width > 0 and high > low):
        what, remedy = (
            "bin_width and limits must span something.",
            "Give the scale's lowest and highest value.",
        )
        raise DefinitionError(Problem(f"release of {name!r}", what, remedy))
    keys = _check_people(values, by, name)
    outside = int(((values["value"] < low) | (values["value"] > high)).sum())
    if outside:
        what = f"{outside} values outside the scale's limits."
        raise DataError(Problem(f"release of {name!r}", what, "Check limits, or the scores."))
    edges = _edges(bin_width, low, high)

    lines: list[tuple[object, ...]] = []
    n_suppressed = 0
    for key, group in values.groupby(keys, sort=False, observed=True):
        found = sorted(float(value) for value in group["value"].dropna())
        if rule.is_small(len(found)):
            lines.append((*key, edges[0], edges[-1], NAN))
            n_suppressed += 1
        else:
            lines += [
                (*key, left, right, float(rule.rounded(n)))
                for left, right, n in _merged_bins(_count_in_bins(found, edges), edges, rule)
            ]
    data = pd.DataFrame(lines, columns=[*keys, "low", "high", "count"])
    return pass_gate(data, name=name, rule=rule, n_suppressed=n_suppressed, kind="distribution")


def release_people(values: pd.DataFrame, *, name: str, rule: DisclosureRule, by: Sequence[str] = ()) -> ReleasedTable:
    """Release one value per person, without any identifier, for figures that draw single people.

    Parameters
    ----------
    values : DataFrame
        Columns ``by``, group and value; one row per person. Missing values are left out.
    name : str
        What the table is called in the report.
    rule : DisclosureRule
        The rule of the study; it must record the decision that single people may be drawn.
    by : sequence of str
        Columns that tell separate panels apart, like wave. Values are sorted within each panel, so that
        nobody can be followed from one to the next.

    Returns
    -------
    ReleasedTable
        Columns ``by``, group and value, sorted: the order people came in says nothing. A group of fewer than
        ``min_cell`` people is one row with a missing value; the decision is about points in a crowd.

    Raises
    ------
    DisclosureError
        No such decision, a participant column, or a column too many.

    Examples
    --------
    >>> import pandas as pd
    >>> values = pd.DataFrame({"group": ["b", "a", "a"], "value": [7.0, 5.0, 3.0]})
    >>> rule = DisclosureRule(min_cell=2, round_to=1, single_people=True)
    >>> release_people(values, name="scores", rule=rule).data
      group  value
    0     a    3.0
    1     a    5.0
    2     b    NaN
    """
    import pandas as pd

    if not rule.single_people:
        what = "the study has no recorded decision that single people may be drawn."
        remedy = "Draw a distribution (release_distribution), or record the decision in study.yaml."
        raise DisclosureError(Problem(f"release of {name!r}", what, remedy))
    keys = _check_people(values, by, name)
    lines: list[tuple[object, ...]] = []
    n_suppressed = 0
    for key, group in values.groupby(keys, sort=True, observed=True):
        found = sorted(float(value) for value in group["value"].dropna())
        if rule.is_small(len(found)):
            found = [NAN]
            n_suppressed += 1
        lines += [(*key, value) for value in found]
    data = pd.DataFrame(lines, columns=[*keys, "value"])
    return pass_gate(data, name=name, rule=rule, n_suppressed=n_suppressed, kind="people")


def _check_people(values: pd.DataFrame, by: Sequence[str], name: str) -> list[str]:
    """Return the key columns of a table of values, or refuse it."""
    from pandas.api.types import is_numeric_dtype

    keys = [*by, "group"]
    check_columns(values, name=name, needed=[*keys, "value"], texts=keys)
    where = f"release of {name!r}"
    more = [str(c) for c in values.columns if c not in [*keys, "value"]]
    if more:
        raise DisclosureError(Problem(where, f"columns with no role: {', '.join(more)}.", "Drop them."))
    if not is_numeric_dtype(values["value"]):
        raise DataError(Problem(where, "column 'value' is not numeric.", "Give scores as numbers."))
    n_without = int(values[keys].isna().any(axis=1).sum())
    if n_without:
        what = f"{n_without} rows without a group."
        raise DataError(Problem(where, what, f"The key is {', '.join(keys)}."))
    return keys


def _edges(width: float, low: float, high: float) -> list[float]:
    """Return the edges of all bins: multiples of the width, ending exactly at the limits."""
    if all(float(number).is_integer() for number in (width, low, high)):
        low, high = low - 0.5, high + 0.5  # a first edge half a point below the lowest whole score
        first = low
    else:
        first = width * (low // width)
    inner = []
    k = 1
    while (edge := round(first + k * width, 9)) < high:
        if edge > low:
            inner.append(edge)
        k += 1
    return [float(low), *inner, float(high)]


def _count_in_bins(found: Sequence[float], edges: Sequence[float]) -> list[int]:
    """Count sorted values with left <= value < right; the last bin holds its right edge too."""
    from bisect import bisect_left

    below = [bisect_left(found, edge, key=lambda value: round(value, 9)) for edge in edges[:-1]]
    return [after - before for before, after in zip(below, [*below[1:], len(found)], strict=True)]


def _merged_bins(counts: Sequence[int], edges: Sequence[float], rule: DisclosureRule) -> list[tuple[float, float, int]]:
    """Merge bins from the left until each is large enough; what is left over joins the last one."""
    bins: list[tuple[float, float, int]] = []
    start, held = edges[0], 0
    for n, right in zip(counts, edges[1:], strict=True):
        held += n
        if not rule.is_small(held):
            bins.append((start, right, held))
            start, held = right, 0
    if start < edges[-1]:
        left, _, n = bins.pop()
        bins.append((left, edges[-1], n + held))
    return bins
