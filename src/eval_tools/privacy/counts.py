"""Release of tables that count people by group and class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from eval_tools.errors import DataError, DisclosureError, Problem
from eval_tools.privacy.rule import DisclosureRule, ReleasedTable, check_columns, pass_gate, people_counted
from eval_tools.privacy.suppression import Sum, hide_counts

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[str, ...]
NAN = float("nan")


def release_counts(
    table: pd.DataFrame,
    *,
    name: str,
    rows: Sequence[str],
    column: str,
    rule: DisclosureRule,
    by: Sequence[str] = (),
    count: str = "count",
    total_label: str = "all",
) -> ReleasedTable:
    """Hide small counts, and as many others as it takes that no subtraction tells them.

    Parameters
    ----------
    table : DataFrame
        One count a row. A combination that is not listed counts as zero.
    name : str
        What the table is called in the report.
    rows : sequence of str
        Columns whose values part people into groups, each person in one. Rows where all of them are
        ``total_label`` are the total over the groups.
    column : str
        Column whose values part the people of a group into classes, each person in one.
    rule : DisclosureRule
        The rule of the study.
    by : sequence of str
        Columns that tell separate tables apart, like outcome and measure.
    count : str
        Column with the number of people.
    total_label : str
        What the total over the groups is called.

    Returns
    -------
    ReleasedTable
        Columns ``by``, ``rows``, ``column``, ``count`` (rounded; missing where hidden) and ``hidden``:
        ``''``, ``'small'``, or ``'complementary'`` for a count that would have told a small one. The total
        over several groups is added: the sum of the rounded counts or, where one of these is hidden, the
        true total, rounded.

    Raises
    ------
    DisclosureError
        A column too many, a participant column, or totals that are not the sum of the groups: then someone
        is in the total and in no group, and the difference may be a single child.
    DataError
        Counts that are no counts, or a combination listed twice.

    Notes
    -----
    Group sizes and class totals are taken as known to the reader, since they are published elsewhere, as
    long as they are not small: see :func:`eval_tools.privacy.suppression.hide_counts`.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame(
    ...     {
    ...         "group": ["a"] * 3 + ["b"] * 3,
    ...         "class": ["better", "same", "worse"] * 2,
    ...         "count": [31, 48, 3, 22, 60, 14],
    ...     }
    ... )
    >>> release_counts(table, name="classes", rows=["group"], column="class", rule=DisclosureRule()).data
      group   class  count         hidden
    0     a  better    NaN  complementary
    1     a    same   50.0
    2     a   worse    NaN          small
    3     b  better    NaN  complementary
    4     b    same   60.0
    5     b   worse    NaN  complementary
    6   all  better   55.0
    7   all    same  110.0
    8   all   worse   15.0
    """
    import pandas as pd

    keys = [*by, *rows, column]
    check_columns(table, name=name, needed=[*keys, count], texts=keys)
    refuse_more_columns(table, [*keys, count], name)
    people = dict(zip(keys_of(table, keys, name), people_counted(table[count], name=name), strict=True))

    lines: list[tuple[str | float, ...]] = []
    for part in dict.fromkeys(key[: len(by)] for key in people):
        cells = {(key[len(by) : -1], key[-1]): n for key, n in people.items() if key[: len(by)] == part}
        for row, class_, shown, hidden in _two_way(cells, (total_label,) * len(rows), rule, name):
            lines.append((*part, *row, class_, shown, hidden))
    data = pd.DataFrame(lines, columns=[*keys, count, "hidden"])
    return pass_gate(data, name=name, rule=rule, n_suppressed=int((data["hidden"] != "").sum()), kind="counts")


def _two_way(
    cells: dict[tuple[Key, str], int], total: Key, rule: DisclosureRule, name: str
) -> Iterator[tuple[Key, str, float, str]]:
    """Yield row, class, released count and reason, the total over the rows last."""
    classes = list(dict.fromkeys(class_ for _, class_ in cells))
    groups = list(dict.fromkeys(row for row, _ in cells if row != total))
    if any(label in row for row in groups for label in total):
        remedy = f"Leave out rows where only some of the columns are {total[0]!r}."
        raise DisclosureError(Problem(f"release of {name!r}", "has totals over a part of the rows.", remedy))
    total_given = any(row == total for row, _ in cells)
    shown_rows = [*groups, total] if len(groups) > 1 or (groups and total_given) else groups or [total]
    groups = groups or [total]
    counts = [[cells.get((row, class_), 0) for class_ in classes] for row in groups]
    sums_over_rows = [sum(of_class) for of_class in zip(*counts, strict=True)]
    if total_given:
        check_totals([cells.get((total, class_), 0) for class_ in classes], sums_over_rows, name)

    table = [[*row, sum(row)] for row in [*counts, sums_over_rows]]
    width = len(classes) + 1
    place = [[i * width + j for j in range(width)] for i in range(len(table))]
    sums = [Sum(parts=tuple(row[:-1]), total=row[-1]) for row in place]
    sums += [Sum(parts=tuple(col[:-1]), total=col[-1]) for col in zip(*place, strict=True)]
    flat = [n for row in table for n in row]
    words = hide_counts(flat, sums, min_cell=rule.min_cell)

    for i, row_key in enumerate(shown_rows):
        for j, class_ in enumerate(classes):
            word = words[place[i][j]]
            shown = float(rule.rounded(table[i][j]))
            if i == len(groups) and not any(words[place[k][j]] for k in range(i)):
                shown = float(sum(rule.rounded(table[k][j]) for k in range(i)))
            yield row_key, class_, NAN if word else shown, word


def keys_of(table: pd.DataFrame, columns: Sequence[str], name: str) -> list[Key]:
    """Return the key of every row, or refuse keys that are missing or repeated."""
    repeated = int(table.duplicated(list(columns)).sum())
    missing = int(table[list(columns)].isna().any(axis=1).sum())
    if repeated or missing:
        what = f"{repeated} rows repeat a key, {missing} have none."
        raise DataError(Problem(f"release of {name!r}", what, f"The key is {', '.join(columns)}."))
    return [tuple(map(str, row)) for row in table[list(columns)].itertuples(index=False)]


def refuse_more_columns(table: pd.DataFrame, allowed: Sequence[str], name: str) -> None:
    """Refuse columns the caller has said nothing about."""
    more = [str(c) for c in table.columns if c not in allowed]
    if more:
        what = f"columns with no role: {', '.join(more)}."
        raise DisclosureError(Problem(f"release of {name!r}", what, "Drop them, or name them."))


def check_totals(given: Sequence[int], added: Sequence[int], name: str) -> None:
    """Refuse totals that count someone who is in no group, or miss someone who is."""
    differing = sum(a != b for a, b in zip(given, added, strict=True))
    if differing:
        what = f"{differing} totals are not the sum of the groups."
        remedy = "Whoever is in a total must be in one group; the difference could be a single person."
        raise DisclosureError(Problem(f"release of {name!r}", what, remedy))
