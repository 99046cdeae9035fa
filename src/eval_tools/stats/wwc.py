"""Effect sizes, corrections and baseline rules as the What Works Clearinghouse (WWC) publishes them.

The rules are computed here; nothing is awarded by the WWC. The effect size from an adjusted coefficient is
``adjusted_effect.standardised_adjusted_difference``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, DefinitionError, Problem
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

Equivalence = Literal["satisfied", "adjust", "not_satisfied", "unknown"]
CoxCorrection = Literal["omega", "none"]

ICC_ACHIEVEMENT = 0.20  # WWC default for tests of achievement
ICC_BEHAVIOUR = 0.10  # WWC default for behaviour and attitudes
SATISFIED_UP_TO = 0.05  # SD; at or below, nothing need be done
ADJUST_UP_TO = 0.25  # SD; at or below, the analysis must adjust; above, no adjustment suffices

_NAN = float("nan")
_G = "Hedges' g, J = 1 - 3/(4N - 9), WWC standard error (WWC 5.0, app. E)"
_POOLED = "pooled SD"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteringCorrection:
    """A t value of children analysed as if schools did not matter, corrected for schools."""

    t: float
    p_value: float  # two-sided, from t(df)
    df: float  # h
    design_effect: float  # η = 1 + (n̄−1)ρ
    gamma: float  # 1 − 2(n̄−1)ρ/(N−2); a standardised difference is multiplied by its square root
    status: Status = "estimated"


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectTranslation:
    """A standardised difference in words for readers, if both groups are normal with the same spread."""

    improvement_index: float  # percentile points an average comparison child would gain
    u3: float  # share of comparison children below the average programme child
    probability_of_superiority: float  # that a random programme child lies above a random comparison child
    overlap: float  # share that the two distributions have in common


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineBalance:
    """How far the two groups lay apart before, for children and for schools, in pooled SDs before."""

    children: Estimate
    children_class: Equivalence
    schools: Estimate  # of the means of the schools, each school counted once
    schools_class: Equivalence
    n_schools_programme: int
    n_schools_comparison: int
    one_school_in_a_group: bool  # then school and programme cannot be told apart


def wwc_g(programme: ArrayLike, comparison: ArrayLike, *, ci_level: float = 0.95) -> Estimate:
    """Estimate how far two separate groups lie apart, with the standard error the WWC uses.

    Parameters
    ----------
    programme, comparison : array_like, shape (people,)
        Scores of the two groups. Missing values are left out.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        As :func:`wwc_g_from_summary`.

    Raises
    ------
    DataError
        If one is not a list of numbers.

    Notes
    -----
    See :func:`wwc_g_from_summary`. ``effect_size.standardised_difference`` has the same estimate and p value
    with a noncentral t interval.

    Examples
    --------
    >>> round(wwc_g([5, 6, 7], [4, 5, 6]).estimate, 3)
    0.8
    """
    x = _present(programme, where="wwc_g", name="programme")
    y = _present(comparison, where="wwc_g", name="comparison")
    size = largest(x, y)
    return wwc_g_from_summary(
        mean_programme=float(x.mean()) if x.size else _NAN,
        sd_programme=_sd(x, size=size),
        n_programme=x.size,
        mean_comparison=float(y.mean()) if y.size else _NAN,
        sd_comparison=_sd(y, size=size),
        n_comparison=y.size,
        ci_level=ci_level,
    )


def wwc_g_from_summary(
    *,
    mean_programme: float,
    sd_programme: float,
    n_programme: int,
    mean_comparison: float,
    sd_comparison: float,
    n_comparison: int,
    ci_level: float = 0.95,
) -> Estimate:
    """Estimate Hedges' g from the means, SDs and numbers that a paper prints.

    Parameters
    ----------
    mean_programme, sd_programme, mean_comparison, sd_comparison : float
        In scale points; an SD has the divisor n − 1 and is not needed for a group of one.
    n_programme, n_comparison : int
        People in the two groups.
    ci_level : float
        Level of the interval, from t(N − 2).

    Returns
    -------
    Estimate
        In pooled SD, programme minus comparison; the p value is that of the t test with pooled variance.
        ``too_few_people`` if a group is empty or there are fewer than four people; ``no_variation`` if
        nobody differs from their own group.

    Raises
    ------
    DefinitionError
        If an SD is negative or a number that is needed is missing.

    Notes
    -----
    WWC Procedures and Standards Handbook 5.0, appendix E: g = ω(ȳ_T−ȳ_C)/S, ω = 1 − 3/(4N−9), S the pooled
    SD within groups, SE = ω√(1/n_T+1/n_C+g²/(2N)).

    Examples
    --------
    >>> g = wwc_g_from_summary(mean_programme=12.87, sd_programme=6.01, n_programme=1444,
    ...                        mean_comparison=12.26, sd_comparison=6.05, n_comparison=2683)
    >>> round(g.estimate, 3), round(g.p_value, 3)
    (0.101, 0.002)
    """
    from scipy.special import stdtr

    where = "wwc_g_from_summary"
    check_level(ci_level, where=where)
    n_T, n_C = n_programme, n_comparison
    N = n_T + n_C
    if n_T < 1 or n_C < 1 or N < 4:
        return not_estimated(
            n=N, unit="SD", method=_G, status="too_few_people", ci_level=ci_level, standardiser=_POOLED
        )
    SS = 0.0
    for mean, sd, n in ((mean_programme, sd_programme, n_T), (mean_comparison, sd_comparison, n_C)):
        if not np.isfinite(mean) or (n > 1 and not (np.isfinite(sd) and sd >= 0)):
            raise DefinitionError(
                Problem(where, "a mean is missing, or an SD is missing or negative.", "Give means and SDs.")
            )
        SS += (n - 1) * sd**2 if n > 1 else 0.0
    if SS == 0:
        return not_estimated(n=N, unit="SD", method=_G, status="no_variation", ci_level=ci_level, standardiser=_POOLED)
    d = (mean_programme - mean_comparison) / (SS / (N - 2)) ** 0.5
    per_t = (1 / n_T + 1 / n_C) ** 0.5
    g = _omega(N - 2) * d
    return _t_estimate(
        g,
        se=_omega(N - 2) * (per_t**2 + g**2 / (2 * N)) ** 0.5,
        df=N - 2,
        p_value=float(2 * stdtr(N - 2, -abs(d / per_t))),
        n=N,
        method=_G,
        standardiser=_POOLED,
        ci_level=ci_level,
    )


def cox_index(
    programme: ArrayLike, comparison: ArrayLike, *, correction: CoxCorrection = "omega", ci_level: float = 0.95
) -> Estimate:
    """Express the difference of two shares in SDs, as if a normal trait lay behind yes and no (Cox index).

    Parameters
    ----------
    programme, comparison : array_like, shape (people,)
        Whether each person has the property: bool or 0/1. Missing values are left out.
    correction : {"omega", "none"}
        With ω = 1 − 3/(4N−9), as WWC 5.0, or without, as WWC 4.1.
    ci_level : float
        Level of the interval, which uses the normal distribution.

    Returns
    -------
    Estimate
        As :func:`cox_index_from_counts`.

    Raises
    ------
    DataError
        If there are values other than 0, 1 and missing.

    Notes
    -----
    See :func:`cox_index_from_counts`.

    Examples
    --------
    >>> round(cox_index([1, 0, 1], [0, 0, 1], correction="none").estimate, 4)
    0.8402
    """
    x = _present(programme, where="cox_index", name="programme")
    y = _present(comparison, where="cox_index", name="comparison")
    for values in (x, y):
        if not ((values == 0) | (values == 1)).all():
            raise DataError(
                Problem("cox_index", "there are values other than 0 and 1.", "Say for everyone yes (1) or no (0).")
            )
    return cox_index_from_counts(int(x.sum()), x.size, int(y.sum()), y.size, correction=correction, ci_level=ci_level)


def cox_index_from_counts(
    count_programme: int,
    n_programme: int,
    count_comparison: int,
    n_comparison: int,
    *,
    correction: CoxCorrection = "omega",
    ci_level: float = 0.95,
) -> Estimate:
    """Express the difference of two shares in SDs, from counts (Cox index).

    Parameters
    ----------
    count_programme, n_programme, count_comparison, n_comparison : int
        How many people have the property, of how many.
    correction : {"omega", "none"}
        With ω = 1 − 3/(4N−9), as WWC 5.0, or without, as WWC 4.1.
    ci_level : float
        Level of the interval, which uses the normal distribution.

    Returns
    -------
    Estimate
        In SD, programme minus comparison; no p value. ``too_few_people`` if a group is empty or there are
        fewer than four people; ``no_variation`` if all or none of a group have the property, as the odds are
        then not finite.

    Raises
    ------
    DataError
        Unless 0 <= count <= n in both groups.
    DefinitionError
        If ``correction`` is another word.

    Notes
    -----
    Cox (1970); Sánchez-Meca, Marín-Martínez & Chacón-Moscoso (2003), Psychological Methods 8, 448–467:
    [ln odds_T − ln odds_C]/1.65, SE = √(1/(n_T p_T q_T)+1/(n_C p_C q_C))/1.65, both times ω.

    Examples
    --------
    >>> round(cox_index_from_counts(2, 3, 1, 3).estimate, 4)
    0.6721
    """
    from scipy.special import ndtri

    where = "cox_index_from_counts"
    check_level(ci_level, where=where)
    if correction not in ("omega", "none"):
        raise DefinitionError(
            Problem(where, f"unknown correction {correction!r}.", "Choose correction='omega' or 'none'.")
        )
    a, n_T, b, n_C = count_programme, n_programme, count_comparison, n_comparison
    if not (0 <= a <= n_T and 0 <= b <= n_C):
        raise DataError(Problem(where, "a count lies outside 0 to n.", "Give how many people, of how many."))
    N = n_T + n_C
    method = "Cox index, " + ("times 1 - 3/(4N - 9)" if correction == "omega" else "not corrected")
    standardiser = "SD of a logistic trait"
    status: Status | None = "too_few_people" if not n_T or not n_C or N < 4 else None
    if status is None and (a in (0, n_T) or b in (0, n_C)):
        status = "no_variation"
    if status is not None:
        return not_estimated(n=N, unit="SD", method=method, status=status, ci_level=ci_level, standardiser=standardiser)
    omega = _omega(N - 2) if correction == "omega" else 1.0
    d = omega * float(np.log(a / (n_T - a)) - np.log(b / (n_C - b))) / 1.65
    se = omega * (1 / a + 1 / (n_T - a) + 1 / b + 1 / (n_C - b)) ** 0.5 / 1.65
    half = float(ndtri((1 + ci_level) / 2)) * se
    return Estimate(
        estimate=d,
        se=se,
        df=float("inf"),
        ci_low=d - half,
        ci_high=d + half,
        ci_level=ci_level,
        p_value=_NAN,
        n=N,
        unit="SD",
        method=method,
        standardiser=standardiser,
    )


def correct_t_for_clustering(t: float, *, n: int, school_size: float, icc: float) -> ClusteringCorrection:
    """Correct a t value of an analysis of children that ignored that schools were assigned.

    Use it only where the children's answers are not at hand: with them, analyse schools.

    Parameters
    ----------
    t : float
        The t value reported, of a comparison of children.
    n : int
        Children in both groups.
    school_size : float
        Mean number of children per school (or other unit assigned).
    icc : float
        Intraclass correlation of the outcome, 0 <= ρ <= 1; the WWC takes ``ICC_ACHIEVEMENT`` or
        ``ICC_BEHAVIOUR`` where none is reported.

    Returns
    -------
    ClusteringCorrection
        ``too_few_people`` if there are not more than two schools.

    Raises
    ------
    DefinitionError
        If the ICC lies outside 0 to 1, or the school size is below 1.

    Notes
    -----
    Hedges (2007), Journal of Educational and Behavioral Statistics 32, 151–179; WWC 5.0, appendix E.
    With η = 1+(n̄−1)ρ and A = (N−2)−2(n̄−1)ρ: t·√(γ/η), γ = A/(N−2), and
    h = A²/[(N−2)(1−ρ)²+n̄(N−2n̄)ρ²+2(N−2n̄)ρ(1−ρ)].

    Examples
    --------
    >>> corrected = correct_t_for_clustering(3.0, n=400, school_size=25, icc=0.1)
    >>> round(corrected.t, 3), round(corrected.df, 1), round(corrected.p_value, 3)
    (1.617, 326.9, 0.107)
    """
    from scipy.special import stdtr

    where = "correct_t_for_clustering"
    if not 0 <= icc <= 1:
        raise DefinitionError(Problem(where, f"icc is {icc}.", "Give a number from 0 to 1, such as 0.10."))
    if not school_size >= 1:
        raise DefinitionError(Problem(where, f"school_size is {school_size}.", "Give the mean number of children."))
    N, size, rho = n, school_size, icc
    eta = 1 + (size - 1) * rho
    if N / size <= 2:
        return ClusteringCorrection(
            t=_NAN, p_value=_NAN, df=_NAN, design_effect=eta, gamma=_NAN, status="too_few_people"
        )
    A = (N - 2) - 2 * (size - 1) * rho
    gamma = A / (N - 2)
    h = A**2 / ((N - 2) * (1 - rho) ** 2 + size * (N - 2 * size) * rho**2 + 2 * (N - 2 * size) * rho * (1 - rho))
    corrected = t * (gamma / eta) ** 0.5
    return ClusteringCorrection(
        t=corrected,
        p_value=float(2 * stdtr(h, -abs(corrected))),
        df=h,
        design_effect=eta,
        gamma=gamma,
    )


def correct_g_for_clustering(
    d: float, *, n_programme: int, n_comparison: int, school_size: float, icc: float, ci_level: float = 0.95
) -> Estimate:
    """Correct a standardised difference of children, and its interval, for the schools they come from.

    Parameters
    ----------
    d : float
        Difference of the means in pooled SDs, not yet corrected for small samples.
    n_programme, n_comparison : int
        Children in the two groups.
    school_size : float
        Mean number of children per school.
    icc : float
        Intraclass correlation of the outcome, 0 <= ρ <= 1.
    ci_level : float
        Level of the interval, from t(h).

    Returns
    -------
    Estimate
        In total SD. The p value is that of the corrected t, which need not agree with the interval near its
        level. ``too_few_people`` if a group is empty or there are not more than two schools.

    Raises
    ------
    DefinitionError
        As :func:`correct_t_for_clustering`.

    Notes
    -----
    WWC 5.0, appendix E: g = ω√γ·d with ω = 1 − 3/(4h−1), SE = ω√((1/n_T+1/n_C)η+g²/(2h)); h, γ, η as in
    :func:`correct_t_for_clustering`.

    Examples
    --------
    >>> g = correct_g_for_clustering(0.3, n_programme=200, n_comparison=200, school_size=25, icc=0.1)
    >>> round(g.estimate, 3), round(g.se, 3)
    (0.298, 0.184)
    """
    where = "correct_g_for_clustering"
    check_level(ci_level, where=where)
    N, method = n_programme + n_comparison, "Hedges' g corrected for clustering (WWC 5.0, app. E)"
    if n_programme < 1 or n_comparison < 1:
        return not_estimated(
            n=N, unit="SD", method=method, status="too_few_people", ci_level=ci_level, standardiser="total SD"
        )
    per_t2 = 1 / n_programme + 1 / n_comparison
    c = correct_t_for_clustering(d / per_t2**0.5, n=N, school_size=school_size, icc=icc)
    if c.status != "estimated":
        return not_estimated(n=N, unit="SD", method=method, status=c.status, ci_level=ci_level, standardiser="total SD")
    omega = _omega(c.df)
    g = omega * c.gamma**0.5 * d
    return _t_estimate(
        g,
        se=omega * (per_t2 * c.design_effect + g**2 / (2 * c.df)) ** 0.5,
        df=c.df,
        p_value=c.p_value,
        n=N,
        method=method,
        standardiser="total SD",
        ci_level=ci_level,
    )


def translate_effect(g: float) -> EffectTranslation:
    """Say what a standardised difference means for children, if scores are normal with equal spread.

    Parameters
    ----------
    g : float
        Standardised difference, programme minus comparison, in SD; NaN if unknown.

    Returns
    -------
    EffectTranslation
        The improvement index in percentile points, the others as shares; NaN for NaN.

    Notes
    -----
    WWC improvement index 100·(Φ(g)−½); Cohen's U₃ = Φ(g); probability of superiority Φ(g/√2) (McGraw &
    Wong 1992); overlap 2Φ(−|g|/2). For a one-group change they describe two occasions, not an effect.

    Examples
    --------
    >>> words = translate_effect(0.25)
    >>> round(words.improvement_index, 1), round(words.probability_of_superiority, 2)
    (9.9, 0.57)
    """
    from scipy.special import ndtr

    return EffectTranslation(
        improvement_index=100 * float(ndtr(g) - 0.5),
        u3=float(ndtr(g)),
        probability_of_superiority=float(ndtr(g / 2**0.5)),
        overlap=2 * float(ndtr(-abs(g) / 2)),
    )


def classify_baseline_equivalence(effect_size: float) -> Equivalence:
    """Say whether two groups were alike enough before, by the WWC rule.

    Parameters
    ----------
    effect_size : float
        Difference before in SD (Hedges' g, or the Cox index for yes and no), unrounded.

    Returns
    -------
    str
        ``satisfied`` up to 0.05, ``adjust`` up to 0.25 (only if the analysis adjusts for it),
        ``not_satisfied`` beyond, in either direction; ``unknown`` for NaN.

    Notes
    -----
    WWC Procedures and Standards Handbook 5.0. It concerns the children analysed, not those enrolled.

    Examples
    --------
    >>> classify_baseline_equivalence(-0.12)
    'adjust'
    """
    size = abs(effect_size)
    if np.isnan(size):
        return "unknown"
    if size <= SATISFIED_UP_TO:
        return "satisfied"
    return "adjust" if size <= ADJUST_UP_TO else "not_satisfied"


def baseline_balance(
    programme: ArrayLike,
    comparison: ArrayLike,
    *,
    schools_programme: Sequence[object] | NDArray[np.generic],
    schools_comparison: Sequence[object] | NDArray[np.generic],
    ci_level: float = 0.95,
) -> BaselineBalance:
    """Compare two groups before the programme, for children and for schools.

    Parameters
    ----------
    programme, comparison : array_like, shape (people,)
        Scores before, in scale points, of the children analysed. Missing values are left out.
    schools_programme, schools_comparison : sequence, shape (people,)
        The school of every child, in the same order.
    ci_level : float
        Level of the intervals.

    Returns
    -------
    BaselineBalance
        Both differences in the SD before pooled over children within groups, times ω = 1 − 3/(4N−9), so that
        they can be compared. For schools, ``n`` counts schools and the interval (t with schools − 2 degrees
        of freedom) takes that SD as known; ``too_few_people`` (estimate without interval) if a group has
        one school, ``no_variation`` likewise if all schools of each group have the same mean.

    Raises
    ------
    DataError
        If lengths differ, or a child with a score has no school.

    Notes
    -----
    The rule is :func:`classify_baseline_equivalence`. A large difference of schools with a small one of
    children means that big and small schools differ.

    Examples
    --------
    >>> balance = baseline_balance([5, 6, 7, 8], [5, 5, 6, 7], schools_programme=["A", "A", "B", "B"],
    ...                            schools_comparison=["C", "C", "D", "D"])
    >>> balance.children_class, balance.n_schools_programme, balance.schools.df
    ('not_satisfied', 2, 2.0)
    """
    where = "baseline_balance"
    x = column(programme, where=where, name="programme")
    y = column(comparison, where=where, name="comparison")
    means_T = _school_means(x, schools_programme, where=where)
    means_C = _school_means(y, schools_comparison, where=where)
    children = replace(wwc_g(x, y, ci_level=ci_level), standardiser="pooled SD before")
    schools = _school_difference(
        means_T, means_C, S=_pooled_sd(x[~np.isnan(x)], y[~np.isnan(y)]), children=children, ci_level=ci_level
    )
    return BaselineBalance(
        children=children,
        children_class=classify_baseline_equivalence(children.estimate),
        schools=schools,
        schools_class=classify_baseline_equivalence(schools.estimate),
        n_schools_programme=means_T.size,
        n_schools_comparison=means_C.size,
        one_school_in_a_group=1 in (means_T.size, means_C.size),
    )


def _school_difference(
    means_T: NDArray[np.float64], means_C: NDArray[np.float64], *, S: float, children: Estimate, ci_level: float
) -> Estimate:
    from scipy.special import stdtr

    G_T, G_C = means_T.size, means_C.size
    G, method = G_T + G_C, "difference of the means of schools in children's SD"
    if children.status != "estimated":
        return not_estimated(
            n=G,
            unit="SD",
            method=method,
            status=children.status,
            ci_level=ci_level,
            standardiser="pooled SD before",
        )
    d = float(means_T.mean() - means_C.mean()) / S
    omega = _omega(children.n - 2)
    size = largest(means_T, means_C)
    status: Status = "estimated"
    if min(G_T, G_C) < 2:
        status = "too_few_people"
    elif no_spread(means_T, size=size) and no_spread(means_C, size=size):
        status = "no_variation"
    se = _NAN
    if status == "estimated":
        se = _pooled_sd(means_T, means_C) * (1 / G_T + 1 / G_C) ** 0.5 / S
    df = float(G - 2) if status == "estimated" else _NAN
    return replace(
        _t_estimate(
            omega * d,
            se=omega * se,
            df=df,
            p_value=float(2 * stdtr(df, -abs(d / se))) if status == "estimated" else _NAN,
            n=G,
            method=method,
            standardiser="pooled SD before",
            ci_level=ci_level,
        ),
        status=status,
    )


def _school_means(
    values: NDArray[np.float64], schools: Sequence[object] | NDArray[np.generic], *, where: str
) -> NDArray[np.float64]:
    labels = list(schools)
    check_equal_lengths(values.size, len(labels), where=where)
    by_school: dict[object, list[float]] = {}
    without = 0
    for value, label in zip(values.tolist(), labels, strict=True):
        if np.isnan(value):
            continue
        if _is_missing(label):
            without += 1
        else:
            by_school.setdefault(label, []).append(value)
    if without:
        raise DataError(
            Problem(where, f"{without} children with a score have no school.", "Give the school of every child.")
        )
    return np.array([float(np.mean(found)) for found in by_school.values()])


def _is_missing(label: object) -> bool:
    if label is None:
        return True
    try:
        return bool(label != label or label == "")  # NaN is not itself
    except TypeError:  # a missing value that is neither equal nor unequal to itself
        return True


def _pooled_sd(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    df = x.size + y.size - 2
    if df < 1 or not x.size or not y.size:
        return _NAN
    return float(((((x - x.mean()) ** 2).sum() + ((y - y.mean()) ** 2).sum()) / df) ** 0.5)


def _present(values: ArrayLike, *, where: str, name: str) -> NDArray[np.float64]:
    numbers = column(values, where=where, name=name)
    return numbers[~np.isnan(numbers)]


def _sd(values: NDArray[np.float64], *, size: float) -> float:
    if values.size < 2 or no_spread(values, size=size):
        return 0.0
    return float(values.std(ddof=1))


def _omega(df: float) -> float:
    return 1 - 3 / (4 * df - 1)  # with df = N − 2 this is 1 − 3/(4N − 9)


def _t_estimate(
    g: float,
    *,
    se: float,
    df: float,
    p_value: float,
    n: int,
    method: str,
    standardiser: str,
    ci_level: float,
) -> Estimate:
    from scipy.special import stdtrit

    half = float(stdtrit(df, (1 + ci_level) / 2)) * se if np.isfinite(se) else _NAN
    return Estimate(
        estimate=g,
        se=se,
        df=float(df),
        ci_low=g - half,
        ci_high=g + half,
        ci_level=ci_level,
        p_value=p_value,
        n=n,
        unit="SD",
        method=method,
        standardiser=standardiser,
    )
