"""How large an effect must be for so few schools to show it: minimum detectable effect sizes and power."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from eval_tools.errors import DefinitionError, Problem
from eval_tools.stats.estimate import floats

_NAN = float("nan")

PowerStatus = Literal["estimated", "too_few_sites"]
SizeRule = Literal["harmonic", "variation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectableEffect:
    """The smallest true effect, in SDs, that a study finds with the wanted probability."""

    mdes: float
    ci_low: float  # the interval that such a finding would have
    ci_high: float
    ci_level: float
    se: float  # of the effect, in SDs
    df: float
    multiplier: float  # mdes / se
    power: float
    alpha: float
    n_sites: int
    site_size: float  # the size of site that was reckoned with
    method: str
    status: PowerStatus


def detectable_difference(
    n_sites: int,
    site_size: float | Sequence[int],
    *,
    icc: float,
    share_programme: float = 0.5,
    r2_people: float = 0.0,
    r2_sites: float = 0.0,
    n_site_covariates: int = 0,
    power: float = 0.8,
    alpha: float = 0.05,
    size_rule: SizeRule = "variation",
) -> DetectableEffect:
    """Ask which difference between programme and comparison schools could be found.

    Parameters
    ----------
    n_sites : int
        Schools in both arms together.
    site_size : float or sequence of int
        People per school: one number, or one per school.
    icc : float
        Share of the variance between schools, 0 to 1.
    share_programme : float
        Share of the schools with the programme.
    r2_people, r2_sites : float
        Shares of the variance within and between schools that covariates explain.
    n_site_covariates : int
        Covariates of schools; each costs a degree of freedom.
    power, alpha : float
        Wanted probability of finding it; two-sided level.
    size_rule : {"variation", "harmonic"}
        For unequal sizes: correct by their coefficient of variation, or reckon with their harmonic mean.

    Returns
    -------
    DetectableEffect
        In total SDs. ``too_few_sites`` if no degree of freedom is left or an arm would have less than one school.

    Raises
    ------
    DefinitionError
        If a share is not between 0 and 1, or sizes and schools do not fit.

    Notes
    -----
    Bloom (1995); Dong & Maynard (2013): (t_{1−α/2} + t_{power})·SE with sites − 2 − covariates degrees of
    freedom; R ``PowerUpR::mdes.cra2``. Unequal sizes: Eldridge, Ashby & Kerry (2006), design effect
    1 + ((CV² + 1)n̄ − 1)ρ.

    Examples
    --------
    >>> round(detectable_difference(20, 15, icc=0.17).mdes, 3)
    0.629
    """
    where = "detectable_difference"
    _check_shares(where, icc=icc, r2_people=r2_people, r2_sites=r2_sites, power=power, alpha=alpha)
    _check_shares(where, share_programme=share_programme)
    size = _site_size(n_sites, site_size, size_rule, where=where)
    df = n_sites - 2 - n_site_covariates
    P = share_programme
    if df < 1 or n_sites * min(P, 1 - P) < 1 - 1e-9:
        return _nothing(n_sites, size.mean, df, power, alpha, "clusters, two levels")
    variance = icc * (1 - r2_sites) * size.inflation + (1 - icc) * (1 - r2_people) / size.mean
    se = (variance / (P * (1 - P) * n_sites)) ** 0.5
    return _detectable(se, df, power, alpha, n_sites, size.mean, "clusters, two levels")


def detectable_change(
    n_sites: int,
    site_size: float | Sequence[int],
    *,
    r: float,
    icc_change: float,
    power: float = 0.8,
    alpha: float = 0.05,
    size_rule: SizeRule = "variation",
) -> DetectableEffect:
    """Ask which change from before to after could be found in one group of schools.

    Parameters
    ----------
    n_sites : int
        Schools.
    site_size : float or sequence of int
        People per school who answered both times: one number, or one per school.
    r : float
        Correlation of before and after.
    icc_change : float
        Share of the variance **of the change** between schools.
    power, alpha : float
        Wanted probability of finding it; two-sided level.
    size_rule : {"variation", "harmonic"}
        For unequal sizes, as in :func:`detectable_difference`.

    Returns
    -------
    DetectableEffect
        In SDs of one occasion; sites − 1 degrees of freedom. ``too_few_sites`` below two.

    Raises
    ------
    DefinitionError
        If r is not between −1 and 1, a share not between 0 and 1, or sizes and schools do not fit.

    Notes
    -----
    SE = √(2(1 − r)(1 + (n − 1)ρ)/(Jn)), equal SDs before and after.

    Examples
    --------
    >>> round(detectable_change(8, 25, r=0.6, icc_change=0.05).mdes, 3)
    0.306
    """
    where = "detectable_change"
    _check_shares(where, icc_change=icc_change, power=power, alpha=alpha)
    if not -1 < r < 1:
        raise DefinitionError(Problem(where, f"r is {r}.", "Give a correlation between -1 and 1."))
    size = _site_size(n_sites, site_size, size_rule, where=where)
    if n_sites < 2:
        return _nothing(n_sites, size.mean, n_sites - 1, power, alpha, "one group of sites, before and after")
    variance = icc_change * size.inflation + (1 - icc_change) / size.mean
    se = (2 * (1 - r) * variance / n_sites) ** 0.5
    return _detectable(se, n_sites - 1, power, alpha, n_sites, size.mean, "one group of sites, before and after")


def power_of(effect: float, se: float, df: float, *, alpha: float = 0.05) -> float:
    """Ask how probable it is that a true effect is found.

    Parameters
    ----------
    effect, se : float
        True effect and its standard error, in the same unit.
    df : float
        Degrees of freedom of the t test.
    alpha : float
        Two-sided level.

    Returns
    -------
    float
        Between alpha and 1; NaN where it cannot be computed (df below 1, SE not positive).

    Raises
    ------
    DefinitionError
        If alpha is not between 0 and 1.

    Notes
    -----
    Noncentral t; both tails count, as in R ``power.t.test(strict = TRUE)``.

    Examples
    --------
    >>> round(power_of(0.6290064, 0.2122888, 18), 3)
    0.8
    """
    from scipy.special import nctdtr, stdtrit

    _check_shares("power_of", alpha=alpha)
    if not (se > 0 and df >= 1 and np.isfinite(effect)):
        return _NAN
    critical, lam = float(stdtrit(df, 1 - alpha / 2)), abs(effect) / se
    if lam > critical + 38:
        return 1.0  # the distribution function loses its digits far out
    # P(T < -c; λ) = 1 - P(T < c; -λ)
    return float(1 - nctdtr(df, lam, critical) + 1 - nctdtr(df, -lam, critical))


@dataclass(frozen=True, slots=True, kw_only=True)
class _SiteSize:
    mean: float
    inflation: float  # of the part between sites


def _site_size(n_sites: int, site_size: float | Sequence[int], rule: SizeRule, *, where: str) -> _SiteSize:
    if rule not in ("harmonic", "variation"):
        raise DefinitionError(Problem(where, f"unknown size_rule: {rule!r}.", "Known: variation, harmonic."))
    sizes = floats(site_size, where=where, name="site_size")
    if np.isnan(sizes).any() or (sizes < 1).any() or not sizes.size:
        raise DefinitionError(Problem(where, "'site_size' holds a size below 1.", "Give at least one person per site."))
    if sizes.ndim and sizes.size != n_sites:
        raise DefinitionError(
            Problem(where, f"{sizes.size} sizes for {n_sites} sites.", "Give one number, or one per site.")
        )
    if rule == "harmonic":
        return _SiteSize(mean=float(1 / (1 / sizes).mean()), inflation=1.0)
    return _SiteSize(mean=float(sizes.mean()), inflation=1 + float(sizes.var() / sizes.mean() ** 2))


def _detectable(
    se: float, df: float, power: float, alpha: float, n_sites: int, size: float, design: str
) -> DetectableEffect:
    from scipy.special import stdtrit

    critical = float(stdtrit(df, 1 - alpha / 2))
    multiplier = critical + float(stdtrit(df, power))
    return DetectableEffect(
        mdes=multiplier * se,
        ci_low=(multiplier - critical) * se,
        ci_high=(multiplier + critical) * se,
        ci_level=1 - alpha,
        se=se,
        df=float(df),
        multiplier=multiplier,
        power=power,
        alpha=alpha,
        n_sites=n_sites,
        site_size=size,
        method=f"minimum detectable effect, {design}",
        status="estimated",
    )


def _nothing(n_sites: int, size: float, df: float, power: float, alpha: float, design: str) -> DetectableEffect:
    return DetectableEffect(
        mdes=_NAN,
        ci_low=_NAN,
        ci_high=_NAN,
        ci_level=1 - alpha,
        se=_NAN,
        df=float(max(df, 0)),
        multiplier=_NAN,
        power=power,
        alpha=alpha,
        n_sites=n_sites,
        site_size=size,
        method=f"minimum detectable effect, {design}",
        status="too_few_sites",
    )


def _check_shares(where: str, **shares: float) -> None:
    for name, share in shares.items():
        closed = name.startswith(("icc", "r2"))
        if not (0 <= share <= 1 if closed else 0 < share < 1):
            raise DefinitionError(Problem(where, f"{name} is {share}.", "Give a share between 0 and 1."))
