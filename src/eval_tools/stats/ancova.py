"""How far apart groups ended, given where their people began: analysis of covariance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import UnknownNames
from eval_tools.stats.estimate import (
    Estimate,
    Status,
    check_equal_lengths,
    check_level,
    column,
    largest,
    no_spread,
    not_estimated,
)

_METHOD = "ANCOVA, HC3, t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ancova:
    """One model: the scores after, explained by the scores before and the group."""

    n: int  # people in the model
    n_dropped: int  # people left out, for a missing value or in a group of fewer than two
    df: int  # n minus coefficients
    groups: tuple[str, ...]  # the reference first, then the others in alphabetical order
    group_sizes: tuple[int, ...]  # people with complete values, per group
    slope: Estimate  # points after, per point before
    differences: tuple[Estimate, ...]  # one per group other than the reference, in the same order
    status: Status  # of the model; a single difference may fail although the model is estimated

    def difference(self, group: str) -> Estimate:
        """Return the adjusted difference of a group from the reference group, in scale points.

        Positive means that the group ended higher than the reference, at equal scores before.
        """
        others = self.groups[1:]
        if group not in others:
            raise UnknownNames("group", missing=[group], known=others, where="Ancova.difference")
        return self.differences[others.index(group)]


def ancova(
    before: ArrayLike,
    after: ArrayLike,
    group: Sequence[str | None] | NDArray[np.str_],
    *,
    reference: str,
    ci_level: float = 0.95,
) -> Ancova:
    """Estimate how far apart the groups ended, at equal scores before.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order, in scale points; NaN where missing.
    group : sequence of str, shape (participants,)
        The group of every person; None, NaN or "" where missing.
    reference : str
        The group that the others are compared with.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    Ancova
        ``n`` of a difference counts the people of its two groups, ``n`` of the model everybody in it.
        People with a missing value are dropped and counted. A group of fewer than two complete
        people is left out, its difference is ``too_few_people``; so is everything if the
        reference is such a group, if there are not more people than coefficients, or if the
        slope hangs on one single person. ``no_variation`` if the scores before do not vary within
        the groups, or (with the estimate) if the people concerned fit the model perfectly.

    Raises
    ------
    DataError
        If the lists differ in length.
    UnknownNames
        If nobody is in the reference group.

    Notes
    -----
    Least squares with one slope for all groups; covariance HC3 (MacKinnon & White 1985, Journal of
    Econometrics 29, 305–325), which allows the groups different variances, with t(n − coefficients).
    The numbers of statsmodels ``OLS(...).fit(cov_type="HC3", use_t=True)``.

    Examples
    --------
    >>> model = ancova([1, 2, 3, 4, 1, 2, 3, 5], [2, 2, 4, 4, 4, 3, 5, 7], list("ccccpppp"), reference="c")
    >>> round(model.difference("p").estimate, 3), round(model.difference("p").se, 3)
    (1.536, 0.683)
    """
    check_level(ci_level, where="ancova")
    x, y = column(before, where="ancova", name="before"), column(after, where="ancova", name="after")
    labels = np.array([_label(g) for g in group], dtype=np.str_)
    check_equal_lengths(x.size, y.size, where="ancova")
    check_equal_lengths(x.size, labels.size, where="ancova")
    known = sorted(set(labels.tolist()) - {""})
    if reference not in known:
        raise UnknownNames("reference group", missing=[reference], known=known, where="ancova")
    groups = (reference, *(g for g in known if g != reference))
    complete = ~(np.isnan(x) | np.isnan(y)) & (labels != "")
    sizes = tuple(int((complete & (labels == g)).sum()) for g in groups)
    usable = [g for g, size in zip(groups, sizes, strict=True) if size >= 2]
    too_small = set(groups) - set(usable)
    kept = complete & np.isin(labels, usable)
    fit = _fit(x[kept], y[kept], labels[kept], usable, reference)

    def estimate_of(name: str, *, n: int, unit: str) -> Estimate:
        if name not in fit.terms:
            return not_estimated(
                n=n,
                unit=unit,
                method=_METHOD,
                ci_level=ci_level,
                status="too_few_people" if name in too_small else fit.status,
            )
        return _estimate(fit, fit.terms.index(name), n=n, unit=unit, ci_level=ci_level)

    return Ancova(
        n=int(kept.sum()),
        n_dropped=int((~kept).sum()),
        df=fit.df,
        groups=groups,
        group_sizes=sizes,
        slope=estimate_of(_SLOPE, n=int(kept.sum()), unit="points after per point before"),
        differences=tuple(
            estimate_of(g, n=sizes[0] + size, unit="scale points")
            for g, size in zip(groups[1:], sizes[1:], strict=True)
        ),
        status=fit.status,
    )


def _label(group: object) -> str:
    return "" if group is None or str(group) in ("nan", "<NA>") else str(group)


_SLOPE = "\0slope"  # cannot be the name of a group


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fit:
    terms: tuple[str, ...]  # the slope, then the groups; empty if nothing could be estimated
    coefficients: NDArray[np.float64]
    variances: NDArray[np.float64]  # NaN where the people concerned fit perfectly
    df: int
    status: Status


def _fit(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    labels: NDArray[np.str_],
    usable: list[str],
    reference: str,
) -> _Fit:
    others = [g for g in usable if g != reference]
    n, p = x.size, len(others) + 2

    def failed(status: Status) -> _Fit:
        none = np.empty(0)
        return _Fit(terms=(), coefficients=none, variances=none, df=max(n - p, 0), status=status)

    if reference not in usable or n <= p:
        return failed("too_few_people")
    if all(no_spread(x[labels == g], size=largest(x)) for g in usable):
        return failed("no_variation")
    centre = x.mean()  # changes the intercept only, and keeps the sums small
    X = np.column_stack([x - centre, *((labels == g).astype(float) for g in others), np.ones(n)])
    Q, R = np.linalg.qr(X)
    coefficients = np.linalg.solve(R, Q.T @ y)
    residuals = y - X @ coefficients
    leverage = (Q**2).sum(axis=1)
    if leverage.max() > 1 - 1e-10:
        return failed("too_few_people")
    A = np.linalg.solve(R, Q.T)  # coefficients = A @ y
    variances = ((A * (residuals / (1 - leverage))) ** 2).sum(axis=1)
    rounding_errors = (1e-12 * largest(x, y)) ** 2 * (A**2).sum(axis=1)
    variances[variances <= rounding_errors] = np.nan
    status: Status = "no_variation" if np.isnan(variances[:-1]).all() else "estimated"
    return _Fit(terms=(_SLOPE, *others), coefficients=coefficients, variances=variances, df=n - p, status=status)


def _estimate(fit: _Fit, place: int, *, n: int, unit: str, ci_level: float) -> Estimate:
    from scipy.special import stdtr, stdtrit

    value, se = float(fit.coefficients[place]), float(fit.variances[place]) ** 0.5
    half = float(stdtrit(fit.df, (1 + ci_level) / 2)) * se
    return Estimate(
        estimate=value,
        se=se,
        df=float(fit.df),
        ci_low=value - half,
        ci_high=value + half,
        ci_level=ci_level,
        p_value=float(2 * stdtr(fit.df, -abs(value / se))),
        n=n,
        unit=unit,
        method=_METHOD,
        status="no_variation" if np.isnan(se) else "estimated",
    )
