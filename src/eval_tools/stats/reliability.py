"""How consistently the items of a scale measure: alpha, omega and each item's part in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, Problem
from eval_tools.stats.estimate import Estimate, Status, check_level, floats, largest, no_spread, not_estimated
from eval_tools.stats.one_factor import factor_information, fit_one_factor

_NAN = float("nan")


def cronbach_alpha(items: ArrayLike, *, ci_level: float = 0.95) -> Estimate:
    """Estimate how consistent the items of a scale are (coefficient alpha).

    Parameters
    ----------
    items : array_like, shape (people, items)
        Answers, reversed items already turned round. A row counts only if it is complete.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        Reliability; at most 1, and negative if the items contradict each other, often a sign that
        an item was not turned round. No test. ``too_few_items`` below two items,
        ``too_few_people`` below two complete rows, ``no_variation`` if all sums are equal.

    Raises
    ------
    DataError
        If this is not a table of numbers.

    Notes
    -----
    Cronbach (1951). Interval: Feldt (1965), Psychometrika 30, 357–370, exact for parallel normal items;
    the numbers of R ``psych::alpha.ci`` and ``statpsych::ci.cronbach``. Standard error: Bonett & Wright
    (2015), Journal of Organizational Behavior 36, 3–15.

    Examples
    --------
    >>> alpha = cronbach_alpha([[1, 2, 1], [2, 2, 3], [3, 4, 3], [4, 4, 5], [5, 4, 4]])
    >>> round(alpha.estimate, 3), round(alpha.ci_low, 3), round(alpha.ci_high, 3)
    (0.922, 0.604, 0.991)
    """
    from scipy.special import fdtri

    check_level(ci_level, where="cronbach_alpha")
    x = _complete_rows(items, where="cronbach_alpha")
    n, k = x.shape
    method = "coefficient alpha, Feldt interval"
    status: Status | None = "too_few_items" if k < 2 else "too_few_people" if n < 2 else None
    if status is None and no_spread(x.sum(axis=1), size=largest(x) * k):
        status = "no_variation"
    if status is not None:
        return not_estimated(n=n, unit="reliability", method=method, status=status, ci_level=ci_level)
    alpha = _alpha(np.cov(x.T))
    df1, df2, tail = n - 1, (n - 1) * (k - 1), (1 - ci_level) / 2
    return Estimate(
        estimate=alpha,
        se=(1 - alpha) * (2 * k / ((k - 1) * (n - 2))) ** 0.5 if n > 2 else _NAN,
        df=float(df1),
        ci_low=1 - (1 - alpha) * float(fdtri(df1, df2, 1 - tail)),
        ci_high=1 - (1 - alpha) * float(fdtri(df1, df2, tail)),
        ci_level=ci_level,
        p_value=_NAN,
        n=n,
        unit="reliability",
        method=method,
    )


def mcdonald_omega(items: ArrayLike, *, ci_level: float = 0.95) -> Estimate:
    """Estimate which share of the variance of the sum score is due to one common factor (omega total).

    Unlike alpha this does not assume that all items measure equally well.

    Parameters
    ----------
    items : array_like, shape (people, items)
        Answers, reversed items already turned round. A row counts only if it is complete.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        Reliability between 0 and 1; no test. ``too_few_items`` below three items,
        ``too_few_people`` unless there are more complete rows than items, ``no_variation`` if an item
        is constant, ``not_converged`` if the one-factor model has no proper solution: an item without
        error of its own (Heywood case), an item that repeats others, nothing in common, or
        loadings that cancel.

    Raises
    ------
    DataError
        If this is not a table of numbers.

    Notes
    -----
    McDonald (1999), Test Theory, chapter 6: ω = (Σλ)²/((Σλ)² + Σψ), on the covariance scale, from the
    one-factor model fitted by maximum likelihood. Interval: delta method on the expected information,
    symmetric for ln(ω/(1−ω)) and carried back, so it stays between 0 and 1; for normally distributed
    items. With few answer options or skewed answers it is too narrow.

    Examples
    --------
    >>> x = [[1, 2, 1], [2, 2, 3], [3, 4, 3], [4, 4, 5], [5, 4, 4], [2, 1, 1], [3, 2, 4]]
    >>> round(mcdonald_omega(x).estimate, 3)
    0.905
    """
    from scipy.special import expit, logit, ndtri

    check_level(ci_level, where="mcdonald_omega")
    x = _complete_rows(items, where="mcdonald_omega")
    n, k = x.shape
    method = "omega total, one-factor ML, delta method for logit omega"
    status: Status | None = "too_few_items" if k < 3 else "too_few_people" if n <= k else None
    if status is None and any(no_spread(item, size=largest(item)) for item in x.T):
        status = "no_variation"
    if status is not None:
        return not_estimated(n=n, unit="reliability", method=method, status=status, ci_level=ci_level)
    fit = fit_one_factor(np.cov(x.T))
    common = float(fit.loadings.sum()) ** 2
    own = float(fit.uniquenesses.sum())
    total = common + own
    information = factor_information(fit, n) if fit.converged else np.zeros((1, 1))
    # loadings that cancel leave nothing the sum score could measure, and no logit
    if not fit.converged or np.linalg.cond(information) > 1e14 or common < 1e-12 * total:
        return not_estimated(n=n, unit="reliability", method=method, status="not_converged", ci_level=ci_level)
    omega = common / total
    slope = np.repeat([2 * float(fit.loadings.sum()) * own / total**2, -common / total**2], k)
    se = float(slope @ np.linalg.solve(information, slope)) ** 0.5
    half = float(ndtri((1 + ci_level) / 2)) * se / (omega * (1 - omega))
    return Estimate(
        estimate=omega,
        se=se,
        df=float("inf"),
        ci_low=float(expit(logit(omega) - half)),
        ci_high=float(expit(logit(omega) + half)),
        ci_level=ci_level,
        p_value=_NAN,
        n=n,
        unit="reliability",
        method=method,
    )


def item_rest_correlations(items: ArrayLike) -> NDArray[np.float64]:
    """Find out how each item goes together with the sum of the others.

    Parameters
    ----------
    items : array_like, shape (people, items)
        Answers, reversed items already turned round. A row counts only if it is complete.

    Returns
    -------
    numpy.ndarray, shape (items,)
        Corrected item-total correlations; NaN where the item or the rest does not vary.

    Raises
    ------
    DataError
        If this is not a table of numbers.

    Notes
    -----
    ``r.drop`` of R ``psych::alpha``, on covariances.

    Examples
    --------
    >>> item_rest_correlations([[1, 2, 1], [2, 2, 3], [3, 4, 3], [4, 4, 5]]).round(3).tolist()
    [1.0, 0.8, 0.857]
    """
    x = _complete_rows(items, where="item_rest_correlations")
    rest = x.sum(axis=1)[:, None] - x
    return np.array([_correlation(a, b) for a, b in zip(x.T, rest.T, strict=True)])


def alpha_if_dropped(items: ArrayLike) -> NDArray[np.float64]:
    """Find out what alpha would be without each of the items in turn.

    Parameters
    ----------
    items : array_like, shape (people, items)
        Answers, reversed items already turned round. A row counts only if it is complete in all items.

    Returns
    -------
    numpy.ndarray, shape (items,)
        Alpha of the other items; NaN where these are fewer than two or their sum does not vary.

    Raises
    ------
    DataError
        If this is not a table of numbers.

    Notes
    -----
    ``alpha.drop$raw_alpha`` of R ``psych::alpha``.

    Examples
    --------
    >>> alpha_if_dropped([[1, 2, 1], [2, 2, 3], [3, 4, 3], [4, 4, 5]]).round(3).tolist()
    [0.8, 0.96, 0.941]
    """
    x = _complete_rows(items, where="alpha_if_dropped")
    return np.array([cronbach_alpha(np.delete(x, i, axis=1)).estimate for i in range(x.shape[1])])


def _complete_rows(items: ArrayLike, *, where: str) -> NDArray[np.float64]:
    x = floats(items, where=where, name="items")
    if x.ndim != 2:
        raise DataError(
            Problem(where, f"'items' has {x.ndim} dimensions.", "Give one row per person, one column per item.")
        )
    return x[~np.isnan(x).any(axis=1)]


def _alpha(S: NDArray[np.float64]) -> float:
    k = S.shape[0]
    return float(k / (k - 1) * (1 - np.trace(S) / S.sum()))


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    if a.size < 2 or no_spread(a, size=largest(a)) or no_spread(b, size=largest(a, b)):
        return _NAN
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / ((a @ a) * (b @ b)) ** 0.5)
