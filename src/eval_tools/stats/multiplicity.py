"""P values adjusted for the number of questions asked."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, Problem
from eval_tools.stats.estimate import column


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust p values so that the risk of any false finding stays at the level (Holm).

    Parameters
    ----------
    p_values : array_like, shape (questions,)
        Unadjusted p values between 0 and 1. NaN stays NaN and is not counted as a question.

    Returns
    -------
    numpy.ndarray, shape (questions,)
        Adjusted p values in the same order. Reject where adjusted p <= level.

    Raises
    ------
    DataError
        If a value lies outside 0 to 1.

    Notes
    -----
    Holm (1979), Scandinavian Journal of Statistics 6, 65–70; R ``p.adjust(p, "holm")``.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p = _p_values(p_values, where="holm")
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    m = order.size
    stepped = (m - np.arange(m)) * p[order]
    p[order] = np.minimum(1.0, np.maximum.accumulate(stepped))
    return p


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust p values so that the share of false ones among the findings stays at the level.

    Parameters
    ----------
    p_values : array_like, shape (questions,)
        Unadjusted p values between 0 and 1. NaN stays NaN and is not counted as a question.

    Returns
    -------
    numpy.ndarray, shape (questions,)
        Adjusted p values in the same order. Reject where adjusted p <= level.

    Raises
    ------
    DataError
        If a value lies outside 0 to 1.

    Notes
    -----
    Benjamini & Hochberg (1995), Journal of the Royal Statistical Society B 57, 289–300;
    R ``p.adjust(p, "BH")``.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.04, 0.04]
    """
    p = _p_values(p_values, where="benjamini_hochberg")
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")][::-1]
    m = order.size
    stepped = m / np.arange(m, 0, -1) * p[order]
    p[order] = np.minimum(1.0, np.minimum.accumulate(stepped))
    return p


def _p_values(p_values: ArrayLike, *, where: str) -> NDArray[np.float64]:
    p = column(p_values, where=where, name="p_values")
    outside = int(((p < 0) | (p > 1)).sum())
    if outside:
        raise DataError(Problem(where, f"{outside} p values lie outside 0 to 1.", "Give p values, NaN where missing."))
    return p
