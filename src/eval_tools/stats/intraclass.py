"""How far raters agree on points: intraclass correlations of rubrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, Problem, UnknownNames
from eval_tools.stats.estimate import check_level, floats, largest

Floats = NDArray[np.float64]
Form = Literal["1,1", "A,1", "C,1", "1,k", "A,k", "C,k"]
IccStatus = Literal["estimated", "too_few_units", "too_few_coders", "no_variation"]
_NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intraclass:
    """One intraclass correlation; NaN where it cannot be estimated. It may be below 0."""

    form: str
    estimate: float
    ci_low: float
    ci_high: float
    ci_level: float
    n_units: int  # units that entered
    n_dropped: int  # units left out for a missing value
    n_coders: int
    method: str
    status: IccStatus = "estimated"


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingComponents:
    """Where the differences between ratings come from, gaps allowed."""

    units: float  # variance between units (people)
    coders: float  # between coders: how severe they are
    residual: float
    icc_a_1: float  # units over all: one coder, absolute agreement
    icc_c_1: float  # units over units and residual: consistency
    coder_means: tuple[float, ...]  # plain means of what each coder gave
    n_ratings: int
    status: IccStatus = "estimated"


def intraclass_correlation(ratings: ArrayLike, *, form: Form = "A,1", ci_level: float = 0.95) -> Intraclass:
    """Estimate how far raters agree on points.

    Parameters
    ----------
    ratings : array_like, shape (units, coders)
        Points. Units with a missing value are left out and counted; with gaps use :func:`rating_components`.
    form : {"A,1", "A,k", "C,1", "C,k", "1,1", "1,k"}
        ``A``: absolute agreement, the one for change scores; ``C``: consistency, a strict coder does not count;
        ``1``: other coders for each unit. ``,1`` is one coder's rating, ``,k`` the mean of all coders.
    ci_level : float
        Level of the F interval.

    Returns
    -------
    Intraclass
        Ratings are taken as normal; of five points that pile up at one end the interval is rough, and the table of
        both coders says more. ``no_variation`` if units do not differ and coders do not either.

    Raises
    ------
    DataError
        Not a table of numbers.
    DefinitionError
        Unknown form.

    Notes
    -----
    Shrout & Fleiss (1979), Psychological Bulletin 86, 420–428; McGraw & Wong (1996), Psychological Methods 1, 30–46.
    The interval of ``A,k`` is that of ``A,1`` stepped up, as in R psych and pingouin. R irr puts k times the mean's
    coefficient into the degrees of freedom and gets another one: .039 to .929 for the judges below, not .071 to .927.

    Examples
    --------
    >>> judges = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> [round(intraclass_correlation(judges, form=form).estimate, 2) for form in ("1,1", "A,1", "C,1", "C,k")]
    [0.17, 0.29, 0.71, 0.91]
    """
    where = "intraclass_correlation"
    check_level(ci_level, where=where)
    if form not in get_args(Form):
        raise UnknownNames("form", missing=[form], known=get_args(Form), where=where)
    x = _table(ratings, where)
    complete = ~np.isnan(x).any(axis=1)
    dropped = int((~complete).sum())
    x = x[complete]
    n, k = x.shape
    status: IccStatus = "estimated"
    if k < 2:
        status = "too_few_coders"
    elif n < 2:
        status = "too_few_units"
    elif float(np.ptp(x)) <= 1e-12 * largest(x):
        status = "no_variation"
    estimate, low, high = (_NAN, _NAN, _NAN) if status != "estimated" else _one_form(x, form, ci_level)
    return Intraclass(
        form=f"ICC({form})",
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        ci_level=ci_level,
        n_units=n,
        n_dropped=dropped,
        n_coders=k,
        method="McGraw & Wong (1996)",
        status=status,
    )


def _table(ratings: ArrayLike, where: str) -> Floats:
    x = floats(ratings, where=where, name="ratings")
    if x.ndim != 2:
        raise DataError(
            Problem(where, f"'ratings' has {x.ndim} dimensions.", "Give one row per unit, one column per coder.")
        )
    return x


def _one_form(x: Floats, form: str, ci_level: float) -> tuple[float, float, float]:
    n, k = x.shape
    units, coders = x.mean(axis=1), x.mean(axis=0)
    between = k * float(((units - x.mean()) ** 2).sum()) / (n - 1)
    severity = n * float(((coders - x.mean()) ** 2).sum()) / (k - 1)
    rest = float(((x - units[:, None] - coders + x.mean()) ** 2).sum()) / ((n - 1) * (k - 1))
    within = float(((x - units[:, None]) ** 2).sum()) / (n * (k - 1))
    kind, of = form.split(",")
    if kind == "A":
        return _absolute(between, severity, rest, n, k, of == "k", ci_level)
    error, df = (within, n * (k - 1)) if kind == "1" else (rest, (n - 1) * (k - 1))
    if error <= 1e-14 * max(between, 1e-300):
        return 1.0, _NAN, _NAN
    ratio = between / error
    ratios = (ratio, ratio / _quantile(n - 1, df, ci_level), ratio * _quantile(df, n - 1, ci_level))
    one, low, high = (1 - 1 / f if of == "k" else (f - 1) / (f + k - 1) for f in ratios)
    return one, low, high


def _absolute(
    between: float, severity: float, rest: float, n: int, k: int, of_mean: bool, ci_level: float
) -> tuple[float, float, float]:
    each = 1 if of_mean else k  # coders that the coefficient is about
    total = between + (severity - rest) / n if of_mean else between + (k - 1) * rest + k * (severity - rest) / n
    icc = (between - rest) / total
    if rest <= 1e-14 * max(between, severity) or 1 - icc < 1e-14:
        return icc, _NAN, _NAN
    odds = each * icc / (n * (1 - icc))
    of_coders, of_rest = odds * severity, (1 + odds * (n - 1)) * rest
    df = (of_coders + of_rest) ** 2 / (of_coders**2 / (k - 1) + of_rest**2 / ((n - 1) * (k - 1)))
    upper, lower = _quantile(n - 1, df, ci_level), _quantile(df, n - 1, ci_level)
    others = severity - rest if of_mean else k * severity + (k * n - k - n) * rest
    return (
        icc,
        n * (between - upper * rest) / (upper * others + n * between),
        n * (lower * between - rest) / (others + n * lower * between),
    )


def _quantile(first: float, second: float, ci_level: float) -> float:
    from scipy.special import fdtri

    return float(fdtri(first, second, (1 + ci_level) / 2))


def rating_components(ratings: ArrayLike) -> RatingComponents:
    """Split the differences between ratings into units, coders and the rest, where not every coder rated every unit.

    Parameters
    ----------
    ratings : array_like, shape (units, coders)
        Points; NaN where a coder was not given the unit.

    Returns
    -------
    RatingComponents
        Without an interval. ``too_few_units`` if fewer than two units were rated twice.

    Notes
    -----
    REML of y = μ + unit + coder + rest, both at random; the numbers of R ``lme4::lmer(y ~ 1 + (1|unit) +
    (1|coder))``.

    Examples
    --------
    >>> judges = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> round(rating_components(judges).icc_a_1, 4)
    0.2898
    """
    where = "rating_components"
    x = _table(ratings, where)
    x = x[~np.isnan(x).all(axis=1)]
    given = ~np.isnan(x)
    means = tuple(float(x[g, j].mean()) if g.any() else _NAN for j, g in enumerate(given.T))
    status: IccStatus | None = None
    if int(given.any(axis=0).sum()) < 2:
        status = "too_few_coders"
    elif int((given.sum(axis=1) >= 2).sum()) < 2:
        status = "too_few_units"
    elif float(np.ptp(x[given])) <= 1e-12 * largest(x[given]):
        status = "no_variation"
    if status is not None:
        return RatingComponents(
            units=_NAN,
            coders=_NAN,
            residual=_NAN,
            icc_a_1=_NAN,
            icc_c_1=_NAN,
            coder_means=means,
            n_ratings=int(given.sum()),
            status=status,
        )
    units, coders, rest = _reml(x[:, given.any(axis=0)])
    return RatingComponents(
        units=units,
        coders=coders,
        residual=rest,
        icc_a_1=units / (units + coders + rest),
        icc_c_1=units / (units + rest),
        coder_means=means,
        n_ratings=int(given.sum()),
    )


def _reml(x: Floats) -> tuple[float, float, float]:
    """Return the three variances; units are absorbed, so that a step costs coders³, not ratings³."""
    from scipy.optimize import minimize

    given = ~np.isnan(x)
    centre = float(x[given].mean())
    y = np.where(given, x - centre, 0.0)
    seen = given.astype(float)
    r = seen.sum(axis=1)
    n, k = float(r.sum()), x.shape[1]

    def parts(log_ratios: Floats) -> tuple[float, float]:
        of_units, of_coders = np.exp(2 * log_ratios)  # variance over that of the rest
        share = of_units / (1 + of_units * r)
        columns = np.column_stack([seen, r, y.sum(axis=1)])  # coders, intercept, values: what a unit sums up to
        raw = np.zeros((k + 2, k + 2))
        raw[:k, :k] = np.diag(seen.sum(axis=0))
        raw[:k, k], raw[:k, k + 1] = seen.sum(axis=0), y.sum(axis=0)
        raw[k, k], raw[k, k + 1], raw[k + 1, k + 1] = n, y.sum(), (y**2).sum()
        raw = np.triu(raw) + np.triu(raw, 1).T
        absorbed = raw - columns.T @ (columns * share[:, None])
        absorbed[:k, :k] += np.eye(k) / of_coders
        root = np.linalg.cholesky(absorbed[: k + 1, : k + 1])
        squares = float(absorbed[k + 1, k + 1] - np.sum(np.linalg.solve(root, absorbed[: k + 1, k + 1]) ** 2))
        rest = squares / (n - 1)
        determinant = np.log1p(of_units * r).sum() + k * np.log(of_coders) + 2 * np.log(np.diag(root)).sum()
        return float((n - 1) * np.log(rest) + determinant), rest

    starts = [np.log([a, b]) for a, b in ((1.0, 0.5), (0.2, 0.05), (3.0, 2.0))]
    bounds = [(-9.0, 9.0)] * 2
    fits = [
        minimize(lambda p: parts(p)[0], s, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14}) for s in starts
    ]
    best = min(fits, key=lambda fit: fit.fun)
    best = minimize(
        lambda p: parts(p)[0], best.x, method="Nelder-Mead", bounds=bounds, options={"xatol": 1e-9, "fatol": 1e-12}
    )
    rest = parts(best.x)[1]
    units, coders = (float(v) for v in np.exp(2 * best.x) * rest)
    tiny = 1e-7 * rest
    return (0.0 if units < tiny else units), (0.0 if coders < tiny else coders), rest
