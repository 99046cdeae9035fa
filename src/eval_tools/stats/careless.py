"""Signs that a form was not answered in earnest, one number per form: runs, spread, consistency, distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, Problem

Floats = NDArray[np.float64]
FEWEST_PAIRS = 3  # with two pairs every correlation is 1 or −1


@dataclass(frozen=True, slots=True, kw_only=True)
class Strings:
    """Runs of the same answer, one value per form; NaN where nothing was answered."""

    longest: Floats
    average: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Distances:
    """Distance of every form from the middle of all; NaN where it cannot be computed."""

    squared: Floats
    df: NDArray[np.int_]  # items answered
    p_value: Floats  # of a distance at least as large, if answers were normally distributed
    flagged: NDArray[np.bool_]  # beyond the quantile; False where unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """What was left open, one value per form."""

    share: Floats  # of the items asked; NaN where none was
    at_end: NDArray[np.int_]  # items after the last answer
    longest_gap: NDArray[np.int_]  # items left open in a row, the end included; what was not asked ends no row


def answer_strings(answers: ArrayLike) -> Strings:
    """Find the longest run of the same answer in every form, and how long runs are on average.

    Parameters
    ----------
    answers : array_like, shape (forms, items)
        Codes as printed, in the order shown, reversed items **not** turned round; NaN where there is none.

    Returns
    -------
    Strings
        An item left open ends a run and is itself part of none.

    Notes
    -----
    The numbers of R ``careless::longstring(x, avg = TRUE)`` 1.2.2 for complete forms; there an item left open
    counts as a run of its own. Johnson (2005), Journal of Research in Personality 39, 103–129.

    Examples
    --------
    >>> answer_strings([[3, 3, 3, 1, 2, 2]]).longest, answer_strings([[3, 3, 3, 1, 2, 2]]).average
    (array([3.]), array([2.]))
    """
    x = _table(answers, where="answer_strings")
    run = np.zeros(len(x))
    longest = np.zeros(len(x))
    starts = np.zeros(len(x))
    before = np.full(len(x), np.nan)
    for column in x.T:
        answered, same = ~np.isnan(column), column == before
        starts += answered & ~same
        run = np.where(same, run + 1, answered)
        longest = np.maximum(longest, run)
        before = column
    n = (~np.isnan(x)).sum(axis=1)
    average = np.divide(n, starts, out=np.full(len(x), np.nan), where=starts > 0)
    return Strings(longest=np.where(n > 0, longest, np.nan), average=average)


def answer_spread(answers: ArrayLike) -> Floats:
    """Measure how much the answers of every form vary (intra-individual response variability).

    Parameters
    ----------
    answers : array_like, shape (forms, items)
        Codes as printed, not turned round, of items with the same answers; NaN where there is none.

    Returns
    -------
    array, shape (forms,)
        Standard deviation over the items answered, divisor n − 1; NaN below two answers. Near 0: the same answer
        throughout; large: answers jump between the ends.

    Notes
    -----
    The numbers of R ``careless::irv``. Dunn, Heggestad, Shanock & Theilgard (2018), Journal of Business and
    Psychology 33, 105–121.

    Examples
    --------
    >>> answer_spread([[1, 2, 3], [2, 2, float("nan")]])
    array([1., 0.])
    """
    x = _table(answers, where="answer_spread")
    here = ~np.isnan(x)
    n = here.sum(axis=1)
    deviations = np.where(here, x - _row_means(x)[:, None], 0.0)
    squares = (deviations**2).sum(axis=1)
    return np.sqrt(np.divide(squares, n - 1, out=np.full(len(x), np.nan), where=n > 1))


def even_odd(answers: ArrayLike, scales: Sequence[Sequence[int]]) -> Floats:
    """Measure how badly the halves of the same scales agree within every form.

    Parameters
    ----------
    answers : array_like, shape (forms, items)
        Reversed items turned round, so that all items of a scale point the same way; NaN where there is none.
    scales : sequence of sequences of int
        For each scale the columns of its items, in the order shown. At least three scales of two items.

    Returns
    -------
    array, shape (forms,)
        Correlation over the scales between the means of the items at even and at odd places, corrected to full
        length (Spearman–Brown), not below −1, with the sign turned: 1 means no consistency at all, −1 full
        consistency. NaN where fewer than three scales have both halves, or one half does not vary.

    Raises
    ------
    DataError
        Fewer than three scales, or a scale of one item.

    Notes
    -----
    The numbers of R ``careless::evenodd`` 1.2.2 (before 1.2.0 the sign was the other); R gives ±1 for two scales.
    Jackson (1976), The appraisal of personal reliability.

    Examples
    --------
    >>> even_odd([[1, 1, 3, 3, 5, 5], [1, 5, 3, 1, 5, 3]], [[0, 1], [2, 3], [4, 5]])
    array([-1.,  1.])
    """
    x = _table(answers, where="even_odd")
    if len(scales) < FEWEST_PAIRS or any(len(scale) < 2 for scale in scales):
        what = "the halves of scales are compared over at least three scales of at least two items."
        raise DataError(Problem("even_odd", what, "Leave the index out for such a form."))
    odd = np.column_stack([_row_means(x[:, list(scale)[0::2]]) for scale in scales])
    even = np.column_stack([_row_means(x[:, list(scale)[1::2]]) for scale in scales])
    r = _correlation_within(even, odd)
    with np.errstate(divide="ignore"):
        corrected = 2 * r / (1 + r)
    return -np.maximum(corrected, -1.0)


def answer_distance(answers: ArrayLike, *, confidence: float = 0.99) -> Distances:
    """Measure how unusual the combination of answers of every form is (Mahalanobis distance).

    Parameters
    ----------
    answers : array_like, shape (forms, items)
        Codes; NaN where there is none.
    confidence : float
        Forms beyond this quantile of χ² are flagged.

    Returns
    -------
    Distances
        Over the items answered, with as many degrees of freedom; NaN for a form without an answer, and for all
        forms if there are no more forms than items, an item does not vary, or the covariances are not positive
        definite.

    Raises
    ------
    DataError
        A confidence outside 0 to 1.

    Notes
    -----
    For complete forms the numbers of R ``careless::mahad`` 1.2.2. Covariances of items answered together; R lets an
    item left open add nothing and keeps its degree of freedom, so that open items hide a form. χ² holds for normally
    distributed answers; ordinal answers have longer tails, so the flag is one sign among several. Meade & Craig
    (2012), Psychological Methods 17, 437–455.

    Examples
    --------
    >>> found = answer_distance([[1, 1], [2, 2], [3, 3], [1, 2], [2, 1], [1, 3]])
    >>> found.squared.round(3).tolist()
    [1.532, 0.18, 3.153, 0.721, 1.802, 2.613]
    """
    from scipy.stats import chi2

    x = _table(answers, where="answer_distance")
    if not 0 < confidence < 1:
        raise DataError(Problem("answer_distance", "the confidence lies outside 0 to 1.", "Usual is 0.99."))
    n, k = x.shape
    here = ~np.isnan(x)
    df = here.sum(axis=1)
    squared = np.full(n, np.nan)
    covariances = _covariances(x)
    if n > k and _positive_definite(covariances):
        centred = np.where(here, x - _column_means(x), 0.0)
        patterns, which = np.unique(here, axis=0, return_inverse=True)
        for i, pattern in enumerate(patterns):
            if pattern.any():
                rows = np.flatnonzero(which.reshape(-1) == i)
                d = centred[np.ix_(rows, pattern)]
                squared[rows] = (d * np.linalg.solve(covariances[np.ix_(pattern, pattern)], d.T).T).sum(axis=1)
    known = ~np.isnan(squared)
    p_value = np.full(n, np.nan)
    p_value[known] = chi2.sf(squared[known], df[known])
    return Distances(squared=squared, df=df, p_value=p_value, flagged=known & (p_value < 1 - confidence))


def find_item_pairs(answers: ArrayLike, *, critical: float = 0.60, opposite: bool = False) -> NDArray[np.int_]:
    """Find pairs of items that nearly everybody answers alike (psychometric synonyms), or in opposite ways.

    Parameters
    ----------
    answers : array_like, shape (forms, items)
        Codes, not turned round; NaN where there is none.
    critical : float
        Pairs correlated above this, or below minus this if ``opposite``.
    opposite : bool
        Find antonyms.

    Returns
    -------
    array of int, shape (pairs, 2)
        Columns, the earlier one first; none where no pair reaches the mark.

    Notes
    -----
    Correlations over the forms that answered both items, at least three; R ``careless::psychsyn_critval``.

    Examples
    --------
    >>> find_item_pairs([[1, 1, 3], [2, 2, 1], [3, 3, 2], [4, 4, 2]]).tolist()
    [[0, 1]]
    """
    x = _table(answers, where="find_item_pairs")
    r = _column_correlations(x)
    with np.errstate(invalid="ignore"):
        wanted = r < -critical if opposite else r > critical
    return np.argwhere(np.triu(wanted, k=1))


def pair_consistency(answers: ArrayLike, pairs: ArrayLike) -> Floats:
    """Correlate the two sides of item pairs within every form.

    Parameters
    ----------
    answers : array_like, shape (forms, items)
        Codes, not turned round; NaN where there is none.
    pairs : array_like, shape (pairs, 2)
        From :func:`find_item_pairs`.

    Returns
    -------
    array, shape (forms,)
        Of synonyms near 1, of antonyms near −1 if answered in earnest. NaN where fewer than three pairs were
        answered on both sides, or one side does not vary.

    Notes
    -----
    The numbers of R ``careless::psychsyn(resample_na = FALSE)`` and ``psychant``; the default there draws random
    numbers. Meade & Craig (2012).

    Examples
    --------
    >>> pair_consistency([[1, 1, 3, 3, 5, 5], [1, 5, 3, 1, 5, 3]], [[0, 1], [2, 3], [4, 5]])
    array([ 1. , -0.5])
    """
    x = _table(answers, where="pair_consistency")
    both = np.asarray(pairs, dtype=int).reshape(-1, 2)
    return _correlation_within(x[:, both[:, 0]], x[:, both[:, 1]])


def left_open(answers: ArrayLike, *, asked: ArrayLike | None = None) -> Unanswered:
    """Say how much of every form was left open, and whether it breaks off before the end.

    Parameters
    ----------
    answers : array_like, shape (forms, items)
        In the order shown; NaN where there is no answer.
    asked : array_like of bool, shape (forms, items), optional
        Which items the person was asked; the others are neither answered nor open. Default: all.

    Examples
    --------
    >>> nan = float("nan")
    >>> found = left_open([[1, nan, 2, nan, nan, nan]])
    >>> found.share.round(2), found.at_end, found.longest_gap
    (array([0.67]), array([3]), array([3]))
    """
    x = _table(answers, where="left_open")
    seen = np.ones(x.shape, dtype=bool) if asked is None else np.asarray(asked, dtype=bool)
    gap, longest = np.zeros(len(x), dtype=int), np.zeros(len(x), dtype=int)
    for column, shown in zip(x.T, seen.T, strict=True):
        gap = np.where(shown, np.where(np.isnan(column), gap + 1, 0), gap)
        longest = np.maximum(longest, gap)
    n = seen.sum(axis=1)
    share = np.divide((seen & np.isnan(x)).sum(axis=1), n, out=np.full(len(x), np.nan), where=n > 0)
    return Unanswered(share=share, at_end=gap, longest_gap=longest)


# --- parts -------------------------------------------------------------------------------------------------


def _table(answers: ArrayLike, *, where: str) -> Floats:
    try:
        x = np.asarray(answers, dtype=float)
    except (TypeError, ValueError):
        x = np.empty(0)
    if x.ndim != 2 or np.isinf(x).any():
        raise DataError(Problem(where, "needs a table of numbers, one row per form.", "NaN stands for no answer."))
    return x


def _row_means(x: Floats) -> Floats:
    n = (~np.isnan(x)).sum(axis=1)
    return np.divide(np.nansum(x, axis=1), n, out=np.full(len(x), np.nan), where=n > 0)


def _column_means(x: Floats) -> Floats:
    return _row_means(x.T)


def _correlation_within(a: Floats, b: Floats) -> Floats:
    """Correlate two arrays row by row, over the columns both have; NaN if one side does not vary."""
    here = ~(np.isnan(a) | np.isnan(b))
    a, b = np.where(here, a, np.nan), np.where(here, b, np.nan)
    da = np.where(here, a - _row_means(a)[:, None], 0.0)
    db = np.where(here, b - _row_means(b)[:, None], 0.0)
    aa, bb, ab = (da * da).sum(axis=1), (db * db).sum(axis=1), (da * db).sum(axis=1)
    scale = 1e-20 * np.maximum(np.nan_to_num(a) ** 2, np.nan_to_num(b) ** 2).max(axis=1, initial=1.0)
    varies = (here.sum(axis=1) >= FEWEST_PAIRS) & (aa > scale) & (bb > scale)
    r = np.divide(ab, np.sqrt(aa * bb), out=np.full(len(a), np.nan), where=varies)
    return np.clip(r, -1.0, 1.0)


def _pair_sums(x: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return for every pair of columns, over the rows that have both: n, sum of the first, sum of its squares, xy."""
    here = (~np.isnan(x)).astype(float)
    centred = np.where(here > 0, x - _column_means(x), 0.0)
    return here.T @ here, centred.T @ here, (centred**2).T @ here, centred.T @ centred


def _covariances(x: Floats) -> Floats:
    n, first, _, products = _pair_sums(x)
    sums = products - np.divide(first * first.T, n, out=np.zeros_like(n), where=n > 0)
    return np.divide(sums, n - 1, out=np.full_like(n, np.nan), where=n > 1)


def _column_correlations(x: Floats) -> Floats:
    n, first, squares, products = _pair_sums(x)
    share = np.divide(1.0, n, out=np.zeros_like(n), where=n > 0)
    covariance = products - first * first.T * share
    spread = squares - first**2 * share
    size = np.sqrt(np.clip(spread, 0, None) * np.clip(spread.T, 0, None))
    return np.divide(covariance, size, out=np.full_like(n, np.nan), where=(n >= FEWEST_PAIRS) & (size > 1e-12))


def _positive_definite(covariances: Floats) -> bool:
    if not covariances.size or np.isnan(covariances).any():
        return False
    values = np.linalg.eigvalsh(covariances)
    return bool(values[0] > 1e-10 * max(values[-1], 0.0))
