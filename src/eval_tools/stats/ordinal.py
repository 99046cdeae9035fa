"""How the same people moved between ordered or unordered classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, DefinitionError, Problem
from eval_tools.stats.caseness import paired_risk_difference
from eval_tools.stats.estimate import Estimate, Status, check_equal_lengths, floats, paired
from eval_tools.stats.individual import Better

HomogeneityMethod = Literal["stuart_maxwell", "bhapkar"]

_NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginalHomogeneity:
    """Whether the classes are as frequent after as before."""

    chi2: float  # NaN if nobody changed class
    df: int  # classes minus 1; fewer if some exchange nobody with the rest
    p_value: float
    n: int  # people
    n_moved: int  # people who changed class
    method: HomogeneityMethod
    status: Status = "estimated"


def count_transitions(
    before: Sequence[object] | NDArray[np.generic],
    after: Sequence[object] | NDArray[np.generic],
    categories: Sequence[object],
) -> NDArray[np.int64]:
    """Count how many people went from each class to each class.

    Parameters
    ----------
    before, after : sequence, shape (participants,)
        The class of the same people in the same order; None or NaN where missing. A pair counts only if both
        are present.
    categories : sequence
        All classes, in their order.

    Returns
    -------
    numpy.ndarray, shape (classes, classes)
        Rows before, columns after.

    Raises
    ------
    DataError
        If the two differ in length, or hold a class that is not listed.
    DefinitionError
        If a class is listed twice.

    Notes
    -----
    People with one missing class are left out: say how many.

    Examples
    --------
    >>> count_transitions(["low", "high", None], ["high", "high", "low"], ["low", "high"]).tolist()
    [[0, 1], [0, 1]]
    """
    where = "count_transitions"
    check_equal_lengths(len(before), len(after), where=where)
    if len(set(categories)) != len(categories):
        raise DefinitionError(Problem(where, "a class is listed twice.", "List every class once."))
    place = {category: i for i, category in enumerate(categories)}
    table = np.zeros((len(categories), len(categories)), dtype=np.int64)
    strange = 0
    for first, second in zip(list(before), list(after), strict=True):
        if _is_missing(first) or _is_missing(second):
            continue
        if first in place and second in place:
            table[place[first], place[second]] += 1
        else:
            strange += 1
    if strange:
        raise DataError(Problem(where, f"{strange} people have a class that is not listed.", "List every class."))
    return table


def stuart_maxwell(table: ArrayLike) -> MarginalHomogeneity:
    """Test whether the classes are as frequent after as before, whichever way people moved.

    Parameters
    ----------
    table : array_like, shape (classes, classes)
        How many people went from each class (row, before) to each class (column, after).

    Returns
    -------
    MarginalHomogeneity
        If nobody changed class, p is 1 and chi2 is NaN. ``too_few_people`` without anybody.

    Raises
    ------
    DataError
        If the table is not square, or does not hold counts.

    Notes
    -----
    Stuart (1955), Biometrika 42, 412–416; Maxwell (1970). d'S⁻¹d with d the differences of the margins; the
    generalised inverse over all classes is the same number and survives classes nobody enters or leaves.
    The numbers of R ``coin::mh_test`` and statsmodels ``SquareTable.homogeneity``; for two classes McNemar's
    chi2. The order of the classes is not used (``ordinal_shift`` uses it), nor that children share schools.

    Examples
    --------
    >>> test = stuart_maxwell([[20, 10, 5], [3, 30, 15], [0, 5, 40]])
    >>> round(test.chi2, 2), test.df, round(test.p_value, 4)
    (13.76, 2, 0.001)
    """
    return _homogeneity(table, method="stuart_maxwell")


def bhapkar(table: ArrayLike) -> MarginalHomogeneity:
    """Test whether the classes are as frequent after as before, with more power in large samples.

    Parameters
    ----------
    table : array_like, shape (classes, classes)
        How many people went from each class (row, before) to each class (column, after).

    Returns
    -------
    MarginalHomogeneity
        As :func:`stuart_maxwell`; ``no_variation`` with NaN if the estimated variance is 0, as when everybody
        went from one class to another.

    Raises
    ------
    DataError
        If the table is not square, or does not hold counts.

    Notes
    -----
    Bhapkar (1966), Journal of the American Statistical Association 61, 228–235; Keefe (1982), The American
    Statistician 36, 385: χ²_B = χ²_SM/(1 − χ²_SM/n). With few people it errs more often than its level.

    Examples
    --------
    >>> test = bhapkar([[20, 10, 5], [3, 30, 15], [0, 5, 40]])
    >>> round(test.chi2, 2), test.df, round(test.p_value, 4)
    (15.42, 2, 0.0004)
    """
    return _homogeneity(table, method="bhapkar")


def ordinal_shift(before: ArrayLike, after: ArrayLike, *, better: Better, ci_level: float = 0.95) -> Estimate:
    """Estimate how many more people moved to a better class than to a worse one.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Classes of the same people in the same order, coded by increasing numbers. Only their order matters.
        A pair counts only if both values are present.
    better : {"higher", "lower"}
        Whether the higher numbers are the better classes.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        Share of people who are better off after minus share of those worse off, from −1 to 1. The p value is
        the mid-p of the sign test. ``too_few_people`` without any complete pair.

    Raises
    ------
    DataError
        If the two differ in length.
    DefinitionError
        If ``better`` is another word.

    Notes
    -----
    P(after better) − P(after worse) of the same people, with the adjusted Wald interval of Bonett & Price
    (2012), as ``paired_risk_difference``: the counts of better and worse take the place of the two kinds who
    crossed. Children of the same school are treated as independent; with schools, resample or regress by
    school.

    Examples
    --------
    >>> shift = ordinal_shift([1, 2, 2, 3, 1], [2, 3, 2, 2, 3], better="higher")
    >>> round(shift.estimate, 2), shift.n
    (0.4, 5)
    """
    if better not in ("higher", "lower"):
        raise DefinitionError(
            Problem("ordinal_shift", f"unknown direction {better!r}.", "Choose better='higher' or better='lower'.")
        )
    pairs = paired(before, after, where="ordinal_shift")
    up, down = pairs.after > pairs.before, pairs.after < pairs.before
    gained, lost = (up, down) if better == "higher" else (down, up)
    return replace(
        paired_risk_difference(lost, gained, ci_level=ci_level),
        method="P(better) - P(worse), Bonett-Price interval, sign test mid-p",
    )


def _homogeneity(table: ArrayLike, *, method: HomogeneityMethod) -> MarginalHomogeneity:
    from scipy.special import gammaincc

    counts = _counts(table, where=method)
    n, n_moved = int(counts.sum()), int(counts.sum() - np.trace(counts))
    df = counts.shape[0] - _islands(counts)
    chi2, p = _NAN, _NAN
    status: Status = "estimated"
    if n == 0:
        status = "too_few_people"
    elif n_moved == 0:  # nothing speaks against equal margins
        p = 1.0
    else:
        chi2 = _chi2(counts)
        if method == "bhapkar":
            chi2 = chi2 / (1 - chi2 / n) if chi2 < n * (1 - 1e-12) else _NAN
        if np.isnan(chi2):
            status = "no_variation"
        else:
            p = float(gammaincc(df / 2, chi2 / 2))
    return MarginalHomogeneity(
        chi2=chi2,
        df=df,
        p_value=p,
        n=n,
        n_moved=n_moved,
        method=method,
        status=status,
    )


def _chi2(counts: NDArray[np.float64]) -> float:
    d = counts.sum(axis=1) - counts.sum(axis=0)
    S = np.diag(counts.sum(axis=1) + counts.sum(axis=0)) - counts - counts.T
    return max(0.0, float(d @ np.linalg.pinv(S, rcond=1e-10, hermitian=True) @ d))


def _islands(counts: NDArray[np.float64]) -> int:
    """Count the sets of classes between which nobody moved: S loses one rank for each."""
    linked = (counts + counts.T) > 0
    left, islands = set(range(counts.shape[0])), 0
    while left:
        islands += 1
        reached = [left.pop()]
        while reached:
            neighbours = {int(j) for j in np.flatnonzero(linked[reached.pop()])} & left
            left -= neighbours
            reached.extend(neighbours)
    return islands


def _counts(table: ArrayLike, *, where: str) -> NDArray[np.float64]:
    counts = floats(table, where=where, name="table")
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or counts.shape[0] < 2:
        raise DataError(
            Problem(where, "the table is not square.", "Give one row and one column for each of two classes or more.")
        )
    if not ((counts >= 0) & (counts == np.round(counts))).all():
        raise DataError(Problem(where, "the table holds values that are not counts.", "Count people."))
    return counts


def _is_missing(value: object) -> bool:
    if value is None:
        return True
    try:
        return bool(value != value)  # NaN
    except TypeError:  # a missing value that is neither equal nor unequal to itself
        return True
