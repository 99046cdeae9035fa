"""The rule a study publishes by, and the table that has passed it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING

from eval_tools.errors import DataError, DefinitionError, DisclosureError, Problem, UnknownNames

if TYPE_CHECKING:
    import pandas as pd

_GATE = object()
RULES_APPLIED = {
    "estimates": "estimates about few people hidden, and totals that would tell them; counts rounded",
    "counts": "small counts hidden, zero included, and counts that would tell them; others rounded",
    "flow": "small counts hidden, zero included, and counts that would tell them; others rounded, in order",
    "distribution": "bins widened until none is small; ends are those of the scale",
    "shares": "computed again from released counts; hidden where one of these is",
    "sites": "sites of few people hidden, and as many as protect them; the others without a name",
    "people": "single values without any identifier, by a recorded decision of the study",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureRule:
    """How many people a published number must stand for, and how exactly counts are told.

    Parameters
    ----------
    min_cell : int
        Numbers about fewer people are hidden, zero included: "nobody" tells about everybody. With 1 nothing
        is small; that is for data which are public already.
    round_to : int
        Counts are rounded to a multiple of this, halves up.
    single_people : bool
        The study recorded the decision that single people may be drawn.

    Raises
    ------
    DefinitionError
        A value below 1, or a ``min_cell`` that would itself be rounded down: with 6 and 5, a published 5
        would mean 6 or 7.

    Examples
    --------
    >>> rule = DisclosureRule()
    >>> rule.is_small(9), rule.is_small(10), rule.rounded(12), rule.rounded(13)
    (True, False, 10, 15)
    """

    min_cell: int = 10
    round_to: int = 5
    single_people: bool = False

    def __post_init__(self) -> None:
        problems = [
            Problem("disclosure rule", f"{name} must be 1 or more.", "Usual are 10 and 5.")
            for name, value in (("min_cell", self.min_cell), ("round_to", self.round_to))
            if value < 1
        ]
        if not problems and self.min_cell > 1 and self.rounded(self.min_cell) < self.min_cell:
            what = f"round_to {self.round_to} rounds the smallest count shown, {self.min_cell}, down."
            remedy = "Choose a min_cell that is a multiple of round_to, or round_to 1."
            problems.append(Problem("disclosure rule", what, remedy))
        if problems:
            raise DefinitionError(problems)

    def is_small(self, count: float) -> bool:
        """Tell whether a count may not be published; an unknown count may not."""
        return self.min_cell > 1 and not count >= self.min_cell

    def rounded(self, count: int) -> int:
        """Round a count to the nearest multiple of ``round_to``, halves up."""
        return (2 * count + self.round_to) // (2 * self.round_to) * self.round_to

    def released_count(self, count: float) -> float:
        """Return the count as it may be published: rounded, or NaN if it is small."""
        return float("nan") if count != count or self.is_small(count) else float(self.rounded(int(count)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReleasedTable:
    """A table that passed disclosure control; reporting accepts nothing else.

    Only the ``release_...`` functions make one. ``data`` hands out copies, so what was released stays as it
    was checked.

    Examples
    --------
    >>> ReleasedTable(name="results", rule=DisclosureRule(), n_suppressed=0, kind="counts", _data=None)
    Traceback (most recent call last):
    eval_tools.errors.DisclosureError: table 'results': was not released.
      Only the release functions of eval_tools.privacy.disclosure make a ReleasedTable.
    """

    name: str
    rule: DisclosureRule
    n_suppressed: int  # rows in which something was hidden
    kind: str  # what was done, a key of RULES_APPLIED
    _data: pd.DataFrame = field(repr=False)
    _gate: InitVar[object] = None

    def __post_init__(self, _gate: object) -> None:
        if _gate is not _GATE:
            remedy = "Only the release functions of eval_tools.privacy.disclosure make a ReleasedTable."
            raise DisclosureError(Problem(f"table {self.name!r}", "was not released.", remedy))

    @property
    def data(self) -> pd.DataFrame:
        """A copy of the released rows."""
        return self._data.copy()


def pass_gate(data: pd.DataFrame, *, name: str, rule: DisclosureRule, n_suppressed: int, kind: str) -> ReleasedTable:
    """Wrap rows that a release function has made safe. For this room only."""
    clean = data.reset_index(drop=True)
    clean.attrs = {}
    return ReleasedTable(name=name, rule=rule, n_suppressed=n_suppressed, kind=kind, _data=clean, _gate=_GATE)


def check_columns(table: pd.DataFrame, *, name: str, needed: Iterable[str], texts: Sequence[str] = ()) -> None:
    """Refuse a table of people, one without the needed columns, or ``texts`` that are not text.

    Examples
    --------
    >>> import pandas as pd
    >>> check_columns(pd.DataFrame({"participant": ["p1"]}), name="changes", needed=[])
    Traceback (most recent call last):
    eval_tools.errors.DisclosureError: release of 'changes': has a column 'participant'.
      A released table has no row per person; count or average first.
    """
    where = f"release of {name!r}"
    columns = [str(column) for column in table.columns]
    if "participant" in [column.strip().casefold() for column in columns]:
        remedy = "A released table has no row per person; count or average first."
        raise DisclosureError(Problem(where, "has a column 'participant'.", remedy))
    missing = [column for column in dict.fromkeys(needed) if column not in columns]
    if missing:
        raise UnknownNames("column", missing=missing, known=columns, where=where)
    if len(set(columns)) < len(columns):
        raise DisclosureError(Problem(where, "two columns have the same name.", "Name every column once."))
    not_text = [column for column in texts if not is_text(table[column])]
    if not_text:
        what = f"columns that must be text are not: {', '.join(not_text)}."
        raise DisclosureError(Problem(where, what, "Keys are text; a number needs to be declared as one."))


def is_text(column: pd.Series) -> bool:
    """Tell whether a column holds text and nothing else; missing values aside."""
    return all(isinstance(value, str) for value in column.dropna())


def people_counted(column: pd.Series, *, name: str) -> list[int]:
    """Return a column of counts as whole numbers, or refuse it.

    Examples
    --------
    >>> import pandas as pd
    >>> people_counted(pd.Series([3.0, 12.0], name="n"), name="flow")
    [3, 12]
    """
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce")
    bad = int((numbers.isna() | (numbers < 0) | (numbers % 1 != 0)).sum())
    if bad:
        what = f"column {str(column.name)!r}: {bad} values that are no count of people."
        remedy = "Counts are whole numbers from 0, none missing."
        raise DataError(Problem(f"release of {name!r}", what, remedy))
    return [int(number) for number in numbers]
