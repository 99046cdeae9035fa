"""One number with its uncertainty, and the pairs of values it is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, DefinitionError, Problem

Status = Literal[
    "estimated",
    "too_few_people",  # too few complete people for the estimate or for its interval
    "no_variation",  # the values do not vary, so there is no uncertainty to estimate
    "too_few_items",
    "too_few_sites",  # too few schools, or too few in one arm, for the estimate or for its interval
    "not_converged",
    "no_reliability",  # the reliability is missing or outside 0 <= r < 1
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One number with its uncertainty, unrounded; NaN (never 0) where it cannot be estimated.

    ``status`` says why something is missing. A status other than ``"estimated"`` may still come with
    an ``estimate``: two people who both rose by 3 points rose by 3 on average, without an interval.
    """

    estimate: float
    se: float  # NaN where the method has none
    df: float  # infinite where the normal distribution is used; NaN where the method has none
    ci_low: float
    ci_high: float
    ci_level: float  # the level the interval has, e.g. 0.95
    p_value: float  # two-sided, of "no change" or "no difference"; NaN where the method has no test
    n: int  # people or pairs that entered
    unit: str  # "scale points", "SD", "share", "reliability"
    method: str
    standardiser: str = ""  # the SD that "SD" means
    status: Status = "estimated"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """The complete pairs: the same people, in the same order, both values present."""

    before: NDArray[np.float64]
    after: NDArray[np.float64]

    @property
    def n(self) -> int:
        """How many complete pairs there are."""
        return int(self.before.size)

    @property
    def differences(self) -> NDArray[np.float64]:
        """After minus before, one per pair."""
        return self.after - self.before

    @property
    def change_is_constant(self) -> bool:
        """Whether every pair moved by the same amount, apart from rounding errors."""
        return no_spread(self.differences, size=largest(self.before, self.after))


def not_estimated(
    *, n: int, unit: str, method: str, status: Status, ci_level: float, standardiser: str = ""
) -> Estimate:
    """Say that there is no number, and why.

    Examples
    --------
    >>> not_estimated(n=1, unit="SD", method="d", status="too_few_people", ci_level=0.95).estimate
    nan
    """
    nan = float("nan")
    return Estimate(
        estimate=nan,
        se=nan,
        df=nan,
        ci_low=nan,
        ci_high=nan,
        ci_level=ci_level,
        p_value=nan,
        n=n,
        unit=unit,
        method=method,
        standardiser=standardiser,
        status=status,
    )


def paired(before: ArrayLike, after: ArrayLike, *, where: str = "paired") -> Pairs:
    """Keep the people whose two values are both present.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Values of the same people in the same order; NaN where missing.
    where : str
        The caller's name, for the error message.

    Returns
    -------
    Pairs
        The complete pairs, in the given order, as new arrays.

    Raises
    ------
    DataError
        If the two differ in length, are not one-dimensional, or hold words or infinite values.

    Examples
    --------
    >>> paired([1.0, 2.0, None], [3.0, None, 5.0]).n
    1
    """
    x, y = column(before, where=where, name="before"), column(after, where=where, name="after")
    check_equal_lengths(x.size, y.size, where=where)
    complete = ~(np.isnan(x) | np.isnan(y))
    return Pairs(before=x[complete], after=y[complete])


def column(values: ArrayLike, *, where: str, name: str) -> NDArray[np.float64]:
    """Return a one-dimensional float copy, or refuse; missing values become NaN."""
    numbers = floats(values, where=where, name=name)
    if numbers.ndim != 1:
        raise DataError(Problem(where, f"'{name}' has {numbers.ndim} dimensions.", "Give one value per person."))
    return numbers


def floats(values: ArrayLike, *, where: str, name: str) -> NDArray[np.float64]:
    """Return a float copy of any shape, or refuse words and infinite values."""
    try:
        numbers = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        problem = Problem(where, f"'{name}' holds values that are not numbers.", "Give numbers, NaN where missing.")
        raise DataError(problem) from error
    if np.isinf(numbers).any():
        raise DataError(Problem(where, f"'{name}' holds infinite values.", "Use NaN for a missing value."))
    return numbers


def check_equal_lengths(n_first: int, n_second: int, *, where: str) -> None:
    """Refuse two lists that cannot belong to the same people."""
    if n_first != n_second:
        raise DataError(
            Problem(
                where,
                f"the lists differ in length: {n_first} and {n_second} values.",
                "Give one value per person in both, in the same order, NaN where missing.",
            )
        )


def check_level(ci_level: float, *, where: str) -> None:
    """Refuse a confidence level that is not strictly between 0 and 1 (95 instead of 0.95)."""
    if not 0.0 < ci_level < 1.0:
        raise DefinitionError(
            Problem(where, f"ci_level is {ci_level}.", "Give a number between 0 and 1, such as 0.95.")
        )


def largest(*arrays: NDArray[np.float64]) -> float:
    """Return the largest absolute value, 0 if there is none: the size rounding errors relate to."""
    return max((float(np.abs(a).max()) for a in arrays if a.size), default=0.0)


def no_spread(values: NDArray[np.float64], *, size: float) -> bool:
    """Whether the values are all equal, up to rounding errors of numbers of the given size."""
    return values.size == 0 or float(np.ptp(values)) <= 1e-12 * size
