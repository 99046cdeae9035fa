"""The rows of a mixed model: complete cases, codes of schools, and columns on a scale that computes well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, DefinitionError, Problem, UnknownNames
from eval_tools.stats.estimate import Estimate, check_equal_lengths, column, floats, not_estimated

Ids = Sequence[str | None] | NDArray[np.str_] | NDArray[np.object_]

ModelStatus = Literal[
    "estimated",
    "too_few_people",  # not more people than sites and coefficients: the variances cannot be told apart
    "too_few_sites",  # not more sites than coefficients of sites: site and programme cannot be told apart
    "no_variation",  # the columns of X depend on each other, or explain everything within the sites
    "not_converged",  # no optimum was found, or the variances are not identified there
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """The complete rows, with every list of ids turned into codes 0, 1, 2, … without gaps."""

    y: NDArray[np.float64]
    X: NDArray[np.float64]
    codes: tuple[NDArray[np.intp], ...]  # one array per list of ids
    n_codes: tuple[int, ...]
    n_dropped: int

    @property
    def n(self) -> int:
        """How many complete rows there are."""
        return int(self.y.size)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scaling:
    """How the columns [X, y] were shifted and scaled, so that results can be turned back."""

    constant: int | None  # the column of X that is constant, and so takes up the shifts
    level: float  # its value
    shift: NDArray[np.float64]
    scale: NDArray[np.float64]

    @property
    def log_det(self) -> float:
        """Return log |M| of X = X_scaled M."""
        return float(np.log(self.scale[:-1]).sum())

    @property
    def y_scale(self) -> float:
        """Return what one unit of the scaled y is in scale points."""
        return float(self.scale[-1])

    def _back(self) -> NDArray[np.float64]:
        M = np.diag(self.scale[:-1])
        if self.constant is not None:
            M[self.constant] += self.shift[:-1] * np.sign(self.level)
        return np.asarray(np.linalg.inv(M) * self.y_scale, dtype=np.float64)

    def coefficients(self, beta: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn coefficients back into scale points."""
        back = self._back() @ beta
        if self.constant is not None:
            back[self.constant] += self.shift[-1] / self.level
        return back

    def contrasts(self) -> NDArray[np.float64]:
        """Return rows l such that l'β_scaled varies as each coefficient in scale points does."""
        return self._back()


def complete_rows(
    y: ArrayLike, X: ArrayLike, *ids: Ids, names: Sequence[str], where: str, also: Sequence[ArrayLike] = ()
) -> Rows:
    """Keep the rows in which everything is present, and turn ids into codes.

    Parameters
    ----------
    y : array_like, shape (rows,)
        Scores; NaN where missing.
    X : array_like, shape (rows, coefficients)
        The design; NaN where missing.
    *ids : sequences of str, shape (rows,)
        Sites, people; None, NaN or "" where missing.
    names : sequence of str
        One name per column of X.
    where : str
        The caller's name, for messages.
    also : sequence of array_like
        Further columns that must be present; they come back as the last columns of X.

    Returns
    -------
    Rows
        New arrays; ``n_dropped`` counts the rows left out.

    Raises
    ------
    DataError
        If lengths differ, X is not a table, or values are words or infinite.
    DefinitionError
        If the names do not fit the columns.

    Examples
    --------
    >>> rows = complete_rows([1, 2, None], [[1], [1], [1]], ["a", "b", "b"], names=["mean"], where="here")
    >>> rows.n, rows.n_dropped, rows.codes[0].tolist()
    (2, 1, [0, 1])
    """
    scores, design = column(y, where=where, name="y"), floats(X, where=where, name="X")
    if design.ndim != 2:
        raise DataError(Problem(where, f"'X' has {design.ndim} dimensions.", "Give one row per row of y."))
    check_equal_lengths(scores.size, design.shape[0], where=where)
    if len(names) != design.shape[1] or len(set(names)) != len(names) or not len(names):
        raise DefinitionError(
            Problem(where, f"{len(names)} names for {design.shape[1]} columns.", "Give every column its own name.")
        )
    further = [column(a, where=where, name="time") for a in also]
    for values in further:
        check_equal_lengths(scores.size, values.size, where=where)
    if further:
        design = np.column_stack([design, *further])
    coded = [_codes(labels, n=scores.size, where=where) for labels in ids]
    complete = ~np.isnan(scores)
    if np.isnan(design.sum()):  # a sum is NaN as soon as one value is
        complete &= ~np.isnan(design).any(axis=1)
    for codes in coded:
        complete &= codes >= 0
    n_dropped = int(complete.size - np.count_nonzero(complete))
    if n_dropped:
        scores, design = scores[complete], design[complete]
        coded = [_without_gaps(codes[complete]) for codes in coded]
    return Rows(
        y=scores,
        X=design,
        codes=tuple(coded),
        n_codes=tuple(int(c.max()) + 1 if c.size else 0 for c in coded),
        n_dropped=n_dropped,
    )


def _codes(labels: Ids, *, n: int, where: str) -> NDArray[np.intp]:
    """Number the ids in the order in which they appear; -1 where missing."""
    if isinstance(labels, np.ndarray) and labels.dtype.kind == "U":
        check_equal_lengths(n, labels.size, where=where)
        if not n:
            return np.zeros(0, dtype=np.intp)
        starts = np.flatnonzero(np.concatenate([[True], labels[1:] != labels[:-1]]))  # runs of equal ids
        lengths = np.diff(np.append(starts, n))
        return np.repeat(_codes(labels[starts].tolist(), n=starts.size, where=where), lengths)
    listed = labels.tolist() if isinstance(labels, np.ndarray) else list(labels)
    check_equal_lengths(n, len(listed), where=where)
    return np.fromiter(map(_Numbering().__getitem__, listed), dtype=np.intp, count=n)


class _Numbering(dict[object, int]):
    """Gives every new id the next number, in one pass; -1 if it means missing."""

    count = 0

    def __missing__(self, label: object) -> int:
        word = "" if label is None else str(label)
        if word in ("", "nan", "<NA>"):
            number = -1
        elif isinstance(label, str):
            number, self.count = self.count, self.count + 1
        else:
            number = self[word]  # an id that is not text counts as the text it shows
        self[label] = number
        return number


def _without_gaps(codes: NDArray[np.intp]) -> NDArray[np.intp]:
    if not codes.size:
        return codes
    present = np.bincount(codes) > 0
    return (np.cumsum(present) - 1)[codes]


def mixed_estimate(
    value: float, variance: float, df: float, *, n: int, unit: str, ci_level: float, method: str, standardiser: str = ""
) -> Estimate:
    """Make one t interval.

    Parameters
    ----------
    value, variance, df : float
        The coefficient, its variance and its degrees of freedom.
    n : int
        Rows that entered.
    unit, method, standardiser : str
        As in :class:`~eval_tools.stats.estimate.Estimate`.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        ``not_converged`` if the variance or the degrees of freedom are not positive numbers.

    Examples
    --------
    >>> e = mixed_estimate(2.0, 1.0, 10.0, n=40, unit="scale points", ci_level=0.95, method="t")
    >>> round(e.ci_low, 3), round(e.p_value, 4)
    (-0.228, 0.0734)
    """
    from scipy.special import stdtr, stdtrit

    if not (variance > 0 and df > 0 and np.isfinite(value)):
        return not_estimated(
            n=n, unit=unit, method=method, status="not_converged", ci_level=ci_level, standardiser=standardiser
        )
    se = float(variance) ** 0.5
    half = float(stdtrit(df, (1 + ci_level) / 2)) * se
    return Estimate(
        estimate=float(value),
        se=se,
        df=float(df),
        ci_low=float(value) - half,
        ci_high=float(value) + half,
        ci_level=ci_level,
        p_value=float(2 * stdtr(df, -abs(float(value) / se))),
        n=n,
        unit=unit,
        method=method,
        standardiser=standardiser,
    )


def no_estimates(
    names: Sequence[str], status: ModelStatus, *, n: int, unit: str, ci_level: float, method: str
) -> tuple[Estimate, ...]:
    """Say for every coefficient that there is no number, and why.

    Examples
    --------
    >>> no_estimates(["mean"], "too_few_sites", n=9, unit="scale points", ci_level=0.95, method="t")[0].status
    'too_few_sites'
    """
    return tuple(not_estimated(n=n, unit=unit, method=method, status=status, ci_level=ci_level) for _ in names)


def named(name: str, names: tuple[str, ...], estimates: tuple[Estimate, ...], *, where: str) -> Estimate:
    """Look up one coefficient, or say which there are.

    Raises
    ------
    UnknownNames
        If no coefficient has the name.

    Examples
    --------
    >>> none = no_estimates(["mean"], "no_variation", n=9, unit="SD", ci_level=0.95, method="t")
    >>> named("mean", ("mean",), none, where="here").n
    9
    """
    if name not in names:
        raise UnknownNames("coefficient", missing=[name], known=names, where=where)
    return estimates[names.index(name)]


def scaling_of(means: NDArray[np.float64], squares: NDArray[np.float64], constant: int | None, level: float) -> Scaling:
    """Choose shifts and scales of the columns [X, y].

    Parameters
    ----------
    means, squares : ndarray, shape (coefficients + 1,)
        Mean, and mean square around the mean, of every column.
    constant : int or None
        Which column of X is constant. Without one nothing is shifted.
    level : float
        The value of the constant column.

    Returns
    -------
    Scaling
        Scales are 1 where a column does not vary.

    Examples
    --------
    >>> scaling_of(np.array([1.0, 50.0]), np.array([0.0, 4.0]), 0, 1.0).scale.tolist()
    [1.0, 2.0]
    """
    if constant is None:
        scale = np.sqrt(squares + means**2)
        shift = np.zeros_like(means)
    else:
        scale = np.sqrt(np.where(squares > 1e-24 * means**2, squares, 0.0))
        shift = np.where(np.arange(means.size) == constant, 0.0, means)
        scale[constant] = abs(level)
    return Scaling(constant=constant, level=level, shift=shift, scale=np.where(scale > 0, scale, 1.0))


def constant_column(X: NDArray[np.float64]) -> int | None:
    """Find the first column of X that has one and the same value, not 0, in all rows.

    Examples
    --------
    >>> constant_column(np.array([[3.0, 1.0], [4.0, 1.0]]))
    1
    """
    for j in range(X.shape[1]):
        if X[0, j] != 0 and (X[:, j] == X[0, j]).all():
            return j
    return None
