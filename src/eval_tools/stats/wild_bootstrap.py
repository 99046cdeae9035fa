"""Wild cluster bootstrap-t for few schools, the null hypothesis imposed, all sign vectors where possible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from eval_tools.errors import DefinitionError, Problem, UnknownNames
from eval_tools.stats.cluster_design import (
    Floats,
    SiteRegression,
    Sites,
    arm_of_people,
    complete_rows,
    point_only,
    regress,
)
from eval_tools.stats.estimate import Estimate, Status, check_level, column, floats, not_estimated
from eval_tools.stats.inversion import Recomputed
from eval_tools.stats.streams import SMALL_BLOCK, Rng, block_sizes, block_streams

Weights = Literal["rademacher", "webb"]
_ENUMERATED_UP_TO = 12  # sites
_FEWEST_FOR_WEBB = 6  # finer weights make smaller p values, but not more sites
_METHOD = "wild cluster bootstrap-t, null imposed"
_NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class WildBootstrap:
    """One coefficient, tested against resampled signs of the schools' residuals."""

    estimate: Estimate  # interval by inversion of the test; se is CR1S; no df
    t: float  # (estimate − null)/se
    p_strict: float  # share with |t*| > |t|: what pyfixest and wildboottest print; p_value counts >= instead
    smallest_p: float  # no result could have a smaller p value
    n_draws: int  # sign vectors used
    enumerated: bool  # whether these are all sign vectors there are
    weights: Weights
    n_sites: int
    n_dropped: int  # people left out, for a missing value or a missing site


def wild_cluster_bootstrap(
    y: ArrayLike,
    X: ArrayLike,
    sites: Sites,
    *,
    names: Sequence[str],
    term: str,
    null: float = 0.0,
    weights: Weights = "rademacher",
    n_draws: int = 9_999,
    rng: Rng = 0,
    ci_level: float = 0.95,
) -> WildBootstrap:
    """Ask how unusual a coefficient would be if it were null and schools alone made the differences.

    Parameters
    ----------
    y : array_like, shape (participants,)
        The outcome, in scale points; NaN where missing.
    X : array_like, shape (participants, coefficients)
        The explaining columns, with a column of ones if an intercept is wanted; NaN where missing.
    sites : sequence of str, shape (participants,)
        The site of every person; None, NaN or "" where missing.
    names : sequence of str
        One name per column of X.
    term : str
        The coefficient to test.
    null : float
        The value it has under the null hypothesis.
    weights : {"rademacher", "webb"}
        Signs, or Webb's six points, which are less coarse with few sites.
    n_draws : int
        Draws; not used for signs of up to 12 sites, where all 2^sites are taken.
    rng : Generator or int
        Source of the draws, or a seed; not used where all sign vectors are taken.
    ci_level : float
        Level of the interval.

    Returns
    -------
    WildBootstrap
        The p value is the share of |t*| ≥ |t| − 1e-10 of all sign vectors, or (b + 1)/(draws + 1). People
        with a missing value are dropped and counted. ``too_few_sites`` below two sites, or, with the
        estimate, if the coefficient hangs on a single site (or for Webb's points below six sites), or,
        with the p value too, if the test can reject no value of the coefficient at this level (below
        6 sites at 0.95). ``too_few_people`` and ``no_variation`` as in
        :func:`~eval_tools.stats.cluster_robust.cluster_robust_ols`.

    Raises
    ------
    DataError
        If the lengths differ.
    DefinitionError
        If names do not fit, the term is unknown, or there are no draws.

    Notes
    -----
    Cameron, Gelbach & Miller (2008), Review of Economics and Statistics 90, 414–427, with t by CR1S; six points:
    Webb (2023), Canadian Journal of Economics 56, 839–858; algebra per site: Roodman et al. (2019), Stata
    Journal 19, 4–60. After one pass over the people only k numbers per site are left, and a recomputation
    is linear in the supposed effect, so that the interval needs no new draws. With one to three schools
    in an arm the test is unreliable (MacKinnon & Webb 2018); R ``fwildclusterboot``.

    Examples
    --------
    >>> sites = [s for s in "abcdefgh" for _ in range(2)]
    >>> y = [1, 2, 0, 1, 2, 2, 1, 3, 4, 3, 5, 3, 2, 4, 4, 6]
    >>> result = wild_difference(y, [0] * 8 + [1] * 8, sites)
    >>> result.estimate.p_value, result.n_draws, result.smallest_p
    (0.0078125, 256, 0.0078125)
    """
    where = "wild_cluster_bootstrap"
    matrix = floats(X, where=where, name="X")
    if matrix.ndim != 2 or len(names) != matrix.shape[1] or len(set(names)) != len(names) or not names:
        raise DefinitionError(Problem(where, "the names do not fit the columns of X.", "Give each column one name."))
    if term not in names:
        raise UnknownNames("term", missing=[term], known=names, where=where)
    return _bootstrap(
        [column(y, where=where, name="y"), *matrix.T],
        sites,
        term=list(names).index(term),
        arm=None,
        null=null,
        weights=weights,
        n_draws=n_draws,
        rng=rng,
        ci_level=ci_level,
        where=where,
    )


def wild_difference(
    change: ArrayLike,
    treat: ArrayLike,
    sites: Sites,
    *,
    weights: Weights = "rademacher",
    n_draws: int = 9_999,
    rng: Rng = 0,
    ci_level: float = 0.95,
) -> WildBootstrap:
    """Test how much more people with the programme moved; see :func:`wild_cluster_bootstrap`.

    Parameters
    ----------
    change : array_like, shape (participants,)
        After minus before, in scale points; NaN where missing.
    treat : array_like, shape (participants,)
        1 for programme, 0 for comparison, NaN where missing.
    sites, weights, n_draws, rng, ci_level
        As in :func:`wild_cluster_bootstrap`, like returns, errors and source.

    Examples
    --------
    >>> wild_difference([1, 2, 4, 6], [0, 0, 1, 1], list("abcd")).estimate.status
    'too_few_sites'
    """
    where = "wild_difference"
    treated = arm_of_people(treat, where=where)
    return _bootstrap(
        [column(change, where=where, name="change"), treated, np.ones(treated.size)],
        sites,
        term=0,
        arm=0,
        null=0.0,
        weights=weights,
        n_draws=n_draws,
        rng=rng,
        ci_level=ci_level,
        where=where,
    )


def wild_ancova(
    before: ArrayLike,
    after: ArrayLike,
    treat: ArrayLike,
    sites: Sites,
    *,
    weights: Weights = "rademacher",
    n_draws: int = 9_999,
    rng: Rng = 0,
    ci_level: float = 0.95,
) -> WildBootstrap:
    """Test how much higher people with the programme ended, at equal scores before.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order, in scale points; NaN where missing.
    treat : array_like, shape (participants,)
        1 for programme, 0 for comparison, NaN where missing.
    sites, weights, n_draws, rng, ci_level
        As in :func:`wild_cluster_bootstrap`, like returns, errors and source.

    Examples
    --------
    >>> wild_ancova([1, 2, 3, 5], [2, 4, 4, 6], [0, 0, 1, 1], list("abcd")).estimate.status
    'too_few_sites'
    """
    where = "wild_ancova"
    treated = arm_of_people(treat, where=where)
    x = column(before, where=where, name="before")
    return _bootstrap(
        [column(after, where=where, name="after"), treated, np.ones(treated.size), x],
        sites,
        term=0,
        arm=0,
        null=0.0,
        weights=weights,
        n_draws=n_draws,
        rng=rng,
        ci_level=ci_level,
        where=where,
    )


def _bootstrap(
    columns: Sequence[Floats],
    sites: Sites,
    *,
    term: int,
    arm: int | None,
    null: float,
    weights: Weights,
    n_draws: int,
    rng: Rng,
    ci_level: float,
    where: str,
) -> WildBootstrap:
    check_level(ci_level, where=where)
    if weights not in get_args(Weights):
        raise UnknownNames("weights", missing=[weights], known=get_args(Weights), where=where)
    if n_draws < 1:
        raise DefinitionError(Problem(where, f"n_draws is {n_draws}.", "Give at least 1, better 9999."))
    rows = complete_rows(sites, columns, names=["value"] * len(columns), where=where)
    fit: SiteRegression | Status = regress(rows, np.column_stack(rows.columns[1:]), rows.columns[0])
    if arm is not None and rows.n and np.ptp(rows.columns[1 + arm]) == 0:
        fit = "too_few_sites"
    G = rows.clusters.n_sites
    enumerated = weights == "rademacher" and G <= _ENUMERATED_UP_TO

    def result(estimate: Estimate, t: float = _NAN, p_strict: float = _NAN) -> WildBootstrap:
        tested = not np.isnan(t)
        vectors = 2.0**G if weights == "rademacher" else 6.0**G
        return WildBootstrap(
            estimate=estimate,
            t=t,
            p_strict=p_strict,
            smallest_p=_NAN if not tested else 2 / vectors if enumerated else max(2 / vectors, 1 / (n_draws + 1)),
            n_draws=0 if not tested else 2**G if enumerated else n_draws,
            enumerated=tested and enumerated,
            weights=weights,
            n_sites=G,
            n_dropped=rows.n_dropped,
        )

    if isinstance(fit, str):
        return result(not_estimated(n=rows.n, unit="scale points", method=_METHOD, status=fit, ci_level=ci_level))
    value, se = float(fit.beta[term]), _cr1s(fit, term)
    status: Status | None = (
        "too_few_sites"
        if fit.hangs_on_one_site[term] or (weights == "webb" and G < _FEWEST_FOR_WEBB)
        else "no_variation"
        if se <= fit.rounding * float(np.linalg.norm(fit.contrasts[term]))
        else None
    )
    if status is not None:
        return result(
            point_only(value, status=status, ci_level=ci_level, n=rows.n, unit="scale points", method=_METHOD)
        )
    draws = _sign_vectors(G) if enumerated else _drawn(G, weights, n_draws, rng)
    recomputed = _recompute(fit, term, null, draws, extra=0 if enumerated else 1)
    excess = value - null
    p_value = recomputed.p_value(estimate=excess, se=se)
    limits = recomputed.limits(estimate=excess, se=se, ci_level=ci_level)
    bounded = np.isfinite(limits.low) and np.isfinite(limits.high)
    return result(
        Estimate(
            estimate=value,
            se=se,
            df=_NAN,
            ci_low=null + limits.low if bounded else _NAN,
            ci_high=null + limits.high if bounded else _NAN,
            ci_level=ci_level,
            p_value=p_value,
            n=rows.n,
            unit="scale points",
            method=_METHOD,
            status="estimated" if bounded else "too_few_sites",
        ),
        t=excess / se,
        p_strict=recomputed.p_strict(estimate=excess, se=se),
    )


def _cr1s(fit: SiteRegression, term: int) -> float:
    return float(np.linalg.norm(fit.scores @ fit.contrasts[term])) * _factor(fit) ** 0.5


def _factor(fit: SiteRegression) -> float:
    G, k = fit.scores.shape
    return G / (G - 1) * (fit.n - 1) / (fit.n - k)


def _recompute(fit: SiteRegression, term: int, null: float, draws: Iterator[Floats], *, extra: int) -> Recomputed:
    # a: the coefficient as a contrast in the basis Q; p = Qa; the restricted residuals are
    # e + p (beta − r)/a'a, and Z_g = Q_g' of them, at r = null (Z0) and per unit of r − null (Z1)
    a = fit.contrasts[term]
    C = fit.W @ a  # Q_g'p_g, per site
    Z1 = C / (a @ a)
    Z0 = fit.scores + Z1 * (float(fit.beta[term]) - null)
    n0, n1, factor = Z0 @ a, Z1 @ a, _factor(fit)
    parts: list[Floats] = []
    for w in draws:
        u0 = w * n0
        u0 -= (w @ Z0) @ C.T
        u1 = w * n1
        u1 -= (w @ Z1) @ C.T
        squares = (np.einsum("bg,bg->b", u, v) for u, v in ((u0, u0), (u0, u1), (u1, u1)))
        parts.append(np.stack([w @ n0, w @ n1, *(factor * s for s in squares)]))
    numbers = np.concatenate(parts, axis=1)
    return Recomputed(n0=numbers[0], n1=numbers[1], q00=numbers[2], q01=numbers[3], q11=numbers[4], extra=extra)


def _sign_vectors(G: int) -> Iterator[Floats]:
    """Yield half of all 2^G sign vectors: the other half, with all signs turned, has the same |t*|."""
    start = 0
    for size in block_sizes(2 ** (G - 1), G, elements=SMALL_BLOCK):
        bits = np.arange(start, start + size)[:, None] >> np.arange(G) & 1  # the last site keeps its sign
        yield 1.0 - 2.0 * bits.astype(np.float64)
        start += size


_WEBB: Floats = np.array([-(1.5**0.5), -1.0, -(0.5**0.5), 0.5**0.5, 1.0, 1.5**0.5])


def _drawn(G: int, weights: Weights, n_draws: int, rng: Rng) -> Iterator[Floats]:
    points: Floats = np.array([-1.0, 1.0]) if weights == "rademacher" else _WEBB
    sizes = block_sizes(n_draws, G, elements=SMALL_BLOCK)
    for size, seed in zip(sizes, block_streams(rng, len(sizes)), strict=True):
        yield points[np.random.default_rng(seed).integers(points.size, size=(size, G), dtype=np.uint8)]
