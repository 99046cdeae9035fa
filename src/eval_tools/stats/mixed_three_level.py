"""How schools moved over several waves: a mixed model of waves within children within schools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, DefinitionError, Problem
from eval_tools.stats.estimate import Estimate, check_level
from eval_tools.stats.mixed_engine import Optimum, UnitSums, optimise, satterthwaite
from eval_tools.stats.mixed_growth import SLOPE_BASIS, slope_covariance
from eval_tools.stats.mixed_model import SiteSums, site_sums
from eval_tools.stats.mixed_rows import (
    Ids,
    ModelStatus,
    Rows,
    complete_rows,
    mixed_estimate,
    named,
    no_estimates,
)

SiteEffect = Literal["intercept", "intercept_and_slope", "intercept_and_wave"]

_SITE_EFFECTS: tuple[SiteEffect, ...] = ("intercept", "intercept_and_slope", "intercept_and_wave")
_METHOD = "three-level mixed model, REML, Satterthwaite t"
_AT_BOUNDARY = "three-level mixed model, REML, a site variance 0, between–within t"
_NAN = float("nan")

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreeLevelFit:
    """One model: scores of several waves, with random effects of the person and of the site."""

    names: tuple[str, ...]
    coefficients: tuple[Estimate, ...]  # in the order of the names
    n: int  # rows in the model
    n_dropped: int  # rows left out for a missing value
    n_people: int
    n_sites: int
    var_site: float  # squared scale points; with a slope, at time 0
    var_site_slope: float  # NaN unless the model has it
    cov_site_slope: float
    var_site_wave: float  # NaN unless the model has it
    var_person: float
    var_residual: float
    neg2_reml: float  # -2 log restricted likelihood, with all constants
    at_boundary: bool  # a variance of sites or of people is 0, or site intercept and slope correlate by ±1
    status: ModelStatus

    def coefficient(self, name: str) -> Estimate:
        """Return one coefficient, in scale points per unit of its column."""
        return named(name, self.names, self.coefficients, where="ThreeLevelFit.coefficient")


def mixed_three_level(
    y: ArrayLike,
    X: ArrayLike,
    sites: Ids,
    people: Ids,
    *,
    names: Sequence[str],
    site_effect: SiteEffect = "intercept",
    time: ArrayLike | None = None,
    ci_level: float = 0.95,
    unit: str = "scale points",
) -> ThreeLevelFit:
    """Estimate coefficients over several waves, when rows share a person and people share a school.

    Parameters
    ----------
    y : array_like, shape (rows,)
        Scores, one row per person and wave; NaN where missing.
    X : array_like, shape (rows, coefficients)
        The design, **with** its column of ones; NaN where missing.
    sites, people : sequences of str, shape (rows,)
        The school and the pseudonym of every row; None, NaN or "" where missing.
    names : sequence of str
        One name per column of X.
    site_effect : {"intercept", "intercept_and_slope", "intercept_and_wave"}
        What differs between schools at random: their level; also their slope over time; or also every
        school at every wave. A claim about **change** across schools needs one of the last two.
    time : array_like, shape (rows,), optional
        When; the distinct values are the waves. Needed for the last two.
    ci_level : float
        Level of the intervals.
    unit : str
        Unit of y.

    Returns
    -------
    ThreeLevelFit
        ``n`` counts rows. Rows with a missing value are dropped and counted. ``too_few_sites`` if there are
        not more sites than coefficients of sites, ``too_few_people`` if nobody has two rows or every site
        one person, ``not_converged`` if the variances are not identified; ``no_variation`` if the
        columns depend on each other or explain everything within the sites.

    Raises
    ------
    DataError
        If the lists differ in length, hold words or infinite values, or one person is in two schools.
    DefinitionError
        If the names do not fit the columns, ``site_effect`` is unknown, or ``time`` is wanting.

    Notes
    -----
    REML; R ``lmer(y ~ … + (1 | site) + (1 | person))``, with ``(time | site)`` or ``(1 | site:wave)``. People
    with the same number of waves are pooled, so an evaluation costs sites × numbers of waves. Satterthwaite
    as in ``lmerTest``. Where a site variance is 0 the between–within degrees of freedom are used: those of sites
    for what does not vary within a site (and wave, if sites may differ in their change), else those of people
    or rows.

    Examples
    --------
    >>> y = [3, 4, 5, 7, 4, 4, 6, 9, 1, 2, 2, 4, 5, 7, 5, 6, 4, 6, 8, 8, 2, 3, 3, 5]
    >>> sites = [s for s in "abcdef" for _ in range(4)]
    >>> people = [str(i // 2) for i in range(24)]
    >>> wave = [0, 1] * 12
    >>> fit = mixed_three_level(y, [[1, w] for w in wave], sites, people, names=["intercept", "wave"])
    >>> round(fit.coefficient("wave").estimate, 3), fit.n_sites, fit.n_people
    (1.417, 6, 12)
    """
    where = "mixed_three_level"
    check_level(ci_level, where=where)
    if site_effect not in _SITE_EFFECTS:
        raise DefinitionError(
            Problem(where, f"unknown site_effect: {site_effect!r}.", f"Known: {', '.join(_SITE_EFFECTS)}.")
        )
    if time is None and site_effect != "intercept":
        raise DefinitionError(Problem(where, f"site_effect {site_effect!r} needs 'time'.", "Give one time per row."))
    rows = complete_rows(y, X, sites, people, names=names, where=where, also=[] if time is None else [time])
    p = len(names)
    design, codes, person = rows.X[:, :p], *rows.codes
    when = rows.X[:, p] if time is not None else np.zeros(rows.n)
    n_people = rows.n_codes[1]
    site_of = np.zeros(n_people, dtype=np.intp)
    site_of[person] = codes
    if (site_of[person] != codes).any():
        moved = np.unique(person[site_of[person] != codes]).size
        raise DataError(
            Problem(where, f"{moved} people are in more than one site.", "Give every person one site, for all waves.")
        )
    sums = site_sums(rows.y, design, codes, rows.n_codes[0])
    status = _status(sums, rows, when, site_effect)
    optimum: Optimum | None = None
    if status == "estimated":
        centre, spread = float(when.mean()), float(when.std()) or 1.0
        levels = _three_level_sums(
            rows, design, site_of, sums, site_effect, (when - centre) / spread, np.unique(when, return_inverse=True)[1]
        )
        optimum = optimise(levels)
        if not optimum.converged:
            status = "not_converged"
    if optimum is None or status != "estimated":
        return _no_fit(rows, names, status, unit=unit, ci_level=ci_level)
    L = sums.scaling.contrasts()
    if optimum.units_at_boundary:
        dfs = _between_within(sums, rows, design, site_effect, when)
    else:
        dfs = satterthwaite(levels, optimum, L)
    variances = np.einsum("ij,jk,ik->i", L, optimum.plain, L)
    method = _AT_BOUNDARY if optimum.units_at_boundary else _METHOD
    total = optimum.variance * sums.scaling.y_scale**2
    phi = optimum.ratios[:-1] * total
    slope, covariance, wave = _NAN, _NAN, _NAN
    site = float(phi[0])
    if site_effect == "intercept_and_slope":
        site, covariance, slope = slope_covariance(phi, centre=centre, spread=spread).tolist()
    elif site_effect == "intercept_and_wave":
        wave = float(phi[1])
    return ThreeLevelFit(
        names=tuple(names),
        coefficients=tuple(
            mixed_estimate(e, v, d, n=rows.n, unit=unit, ci_level=ci_level, method=method)
            for e, v, d in zip(sums.scaling.coefficients(optimum.beta), variances, dfs, strict=True)
        ),
        n=rows.n,
        n_dropped=rows.n_dropped,
        n_people=n_people,
        n_sites=sums.n_sites,
        var_site=site,
        var_site_slope=slope,
        cov_site_slope=covariance,
        var_site_wave=wave,
        var_person=float(optimum.ratios[-1]) * total,
        var_residual=total,
        neg2_reml=optimum.profile + sums.constants,
        at_boundary=optimum.units_at_boundary or optimum.people_at_boundary,
        status="estimated",
    )


def _no_fit(rows: Rows, names: Sequence[str], status: ModelStatus, *, unit: str, ci_level: float) -> ThreeLevelFit:
    return ThreeLevelFit(
        names=tuple(names),
        coefficients=no_estimates(names, status, n=rows.n, unit=unit, ci_level=ci_level, method=_METHOD),
        n=rows.n,
        n_dropped=rows.n_dropped,
        n_people=rows.n_codes[1],
        n_sites=rows.n_codes[0],
        var_site=_NAN,
        var_site_slope=_NAN,
        cov_site_slope=_NAN,
        var_site_wave=_NAN,
        var_person=_NAN,
        var_residual=_NAN,
        neg2_reml=_NAN,
        at_boundary=False,
        status=status,
    )


def _status(sums: SiteSums, rows: Rows, when: Matrix, site_effect: SiteEffect) -> ModelStatus:
    """Say whether every variance of the model has something to be estimated from."""
    if sums.status != "estimated":
        return sums.status
    n_people, n_sites = rows.n_codes[1], rows.n_codes[0]
    if rows.n <= n_people or n_people <= n_sites:
        return "too_few_people"
    if site_effect != "intercept":
        if np.ptp(when) == 0:
            return "no_variation"
        if sums.n_sites - int(sums.of_sites.sum()) < 1:
            return "too_few_sites"
    return "estimated"


def _between_within(sums: SiteSums, rows: Rows, X: Matrix, site_effect: SiteEffect, when: Matrix) -> Matrix:
    """Degrees of freedom of the level at which each column of X varies."""
    codes, person = rows.codes
    n_people = rows.n_codes[1]
    of_sites = sums.of_sites
    of_cells = of_sites
    if site_effect != "intercept":  # sites may differ in their change, so a wave of a site is one observation
        waves, wave = np.unique(when, return_inverse=True)
        of_cells = of_sites | _constant_within(X, codes * waves.size + wave.ravel())
    of_people = ~of_cells & _constant_within(X, person)
    by_site = max(sums.n_sites - int(of_sites.sum()), 0)
    by_person = max(n_people - sums.n_sites - int(of_people.sum()), 0)
    by_row = max(rows.n - n_people - int((~of_cells & ~of_people).sum()), 0)
    return np.where(of_cells, by_site, np.where(of_people, by_person, by_row)).astype(float)


def _constant_within(X: Matrix, codes: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Say which columns have one value in every group."""
    last = np.zeros((int(codes.max()) + 1, X.shape[1]))
    last[codes] = X
    return np.asarray((last[codes] == X).all(axis=0))


def _three_level_sums(
    rows: Rows,
    X: Matrix,
    site_of: NDArray[np.intp],
    site: SiteSums,
    site_effect: SiteEffect,
    time: Matrix,
    wave: NDArray[np.intp],
) -> UnitSums:
    """Collect cross-products within people, and of the means of people by their number of rows, per site."""
    n, p = X.shape
    codes, person = rows.codes
    n_sites, n_people = rows.n_codes
    if site_effect == "intercept":
        Z, basis = np.ones((n, 1)), np.ones((1, 1, 1))
    elif site_effect == "intercept_and_slope":
        Z, basis = np.column_stack([np.ones(n), time]), SLOPE_BASIS
    else:
        waves = int(wave.max()) + 1
        Z = (wave.reshape(-1, 1) == np.arange(waves)).astype(float)
        basis = np.stack([np.ones((waves, waves)), np.eye(waves)])
    q = Z.shape[1]
    V = np.empty((n, q + p + 1))
    V[:, :q], V[:, q : q + p], V[:, -1] = Z, X, rows.y
    V[:, q:] -= site.scaling.shift
    V[:, q:] /= site.scaling.scale
    m = np.bincount(person, minlength=n_people)
    means = np.empty((n_people, V.shape[1]))
    for j in range(V.shape[1]):
        means[:, j] = np.bincount(person, weights=V[:, j], minlength=n_people)
    means /= m[:, None]
    order = np.argsort(codes, kind="stable")
    V = V[order]
    V -= means[person[order]]
    ends = np.cumsum(np.bincount(codes, minlength=n_sites))[:-1]
    within = np.stack([part[:, :q].T @ part for part in np.split(V, ends)])
    sizes, size_of = np.unique(m, return_inverse=True)
    cell = size_of.ravel() * n_sites + site_of  # people by number of rows, then site
    by_cell = np.argsort(cell, kind="stable")
    cells = np.bincount(cell, minlength=sizes.size * n_sites)
    sorted_means = means[by_cell]
    parts = np.split(sorted_means, np.cumsum(cells)[:-1])
    of_means = np.stack([part[:, :q].T @ part for part in parts]).reshape(sizes.size, n_sites, q, -1)
    people = np.bincount(size_of.ravel())
    by_size = np.split(sorted_means[:, q:], np.cumsum(people)[:-1])
    return UnitSums(
        n=n,
        p=p,
        ZV=within,
        FF=V[:, q:].T @ V[:, q:],
        ZV_means=of_means,
        FF_means=np.stack([part.T @ part for part in by_size]),
        sizes=sizes.astype(float),
        people=people.astype(float),
        weights=np.ones(n_sites),
        basis=basis,
        shape="intercept_and_slope" if site_effect == "intercept_and_slope" else "variances",
    )
