"""How far a programme group moved beyond a comparison group, in standard deviations before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from eval_tools.errors import DefinitionError, Problem
from eval_tools.stats.effect_size import standardised_change_difference_sd
from eval_tools.stats.estimate import Estimate, Status, check_level, largest, no_spread, not_estimated, paired

VarianceRule = Literal["exact", "large_sample"]

_NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSummary:
    """What a paper prints about one arm measured twice, in scale points."""

    n: int  # complete pairs
    mean_before: float
    mean_after: float
    sd_before: float
    sd_after: float
    correlation: float  # of before and after; NaN only where an SD is 0 or there are fewer than two pairs


def summarise_arm(before: ArrayLike, after: ArrayLike) -> ArmSummary:
    """Summarise one arm measured twice: what the formulas of this module need.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order, in scale points. A pair counts only if both values
        are present.

    Returns
    -------
    ArmSummary
        Means, SDs with divisor n − 1 and their correlation; NaN where there are too few pairs for them.

    Raises
    ------
    DataError
        If the two differ in length.

    Notes
    -----
    An SD that only rounding errors keep above 0 is 0.

    Examples
    --------
    >>> arm = summarise_arm([1, 2, 3, None], [2, 4, 6, 9])
    >>> arm.n, arm.mean_after, arm.sd_after, round(arm.correlation, 3)
    (3, 4.0, 2.0, 1.0)
    """
    pairs = paired(before, after, where="summarise_arm")
    size = largest(pairs.before, pairs.after)
    sds = [
        _NAN if pairs.n < 2 else 0.0 if no_spread(values, size=size) else float(values.std(ddof=1))
        for values in (pairs.before, pairs.after)
    ]
    correlated = sds[0] > 0 and sds[1] > 0
    return ArmSummary(
        n=pairs.n,
        mean_before=float(pairs.before.mean()) if pairs.n else _NAN,
        mean_after=float(pairs.after.mean()) if pairs.n else _NAN,
        sd_before=sds[0],
        sd_after=sds[1],
        correlation=float(np.corrcoef(pairs.before, pairs.after)[0, 1]) if correlated else _NAN,
    )


def morris_d_ppc2(
    programme_before: ArrayLike,
    programme_after: ArrayLike,
    comparison_before: ArrayLike,
    comparison_after: ArrayLike,
    *,
    variance: VarianceRule = "exact",
    ci_level: float = 0.95,
) -> Estimate:
    """Estimate how much further the programme group moved, in SDs before pooled over both groups.

    Parameters
    ----------
    programme_before, programme_after : array_like, shape (people_programme,)
        Scores of the programme group, in scale points. A pair counts only if both values are present.
    comparison_before, comparison_after : array_like, shape (people_comparison,)
        Scores of the comparison group, likewise.
    variance : {"exact", "large_sample"}
        See :func:`morris_d_ppc2_from_summaries`.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        As :func:`morris_d_ppc2_from_summaries`.

    Raises
    ------
    DataError
        If before and after of a group differ in length.

    Notes
    -----
    Morris (2008), Organizational Research Methods 11, 364–386. Children of the same school are treated as
    if they were from different schools: the interval is too narrow for school programmes.

    Examples
    --------
    >>> d = morris_d_ppc2([1, 2, 3, 4], [3, 4, 6, 6], [1, 2, 3, 4], [2, 2, 3, 5])
    >>> round(d.estimate, 3)
    1.177
    """
    return morris_d_ppc2_from_summaries(
        summarise_arm(programme_before, programme_after),
        summarise_arm(comparison_before, comparison_after),
        variance=variance,
        ci_level=ci_level,
    )


def morris_d_ppc2_from_summaries(
    programme: ArmSummary, comparison: ArmSummary, *, variance: VarianceRule = "exact", ci_level: float = 0.95
) -> Estimate:
    """Estimate d_ppc2 from the means, SDs and correlations that a paper prints.

    Parameters
    ----------
    programme, comparison : ArmSummary
        The two groups, in scale points.
    variance : {"exact", "large_sample"}
        Sampling variance under normality: Morris' equation 25, or 2(1−r)(1/n_T+1/n_C) + d²/(2(n_T+n_C)).
    ci_level : float
        Level of the interval, which uses the normal distribution.

    Returns
    -------
    Estimate
        In pooled SD before; positive means that the programme group rose more. No p value: test the
        difference in points. ``too_few_people`` below three pairs in a group; ``no_variation`` if nobody
        differed before, or (estimate without interval) if a group does not vary on one occasion.

    Raises
    ------
    DefinitionError
        If a summary holds a negative SD, a correlation outside −1 to 1, or no correlation although both
        SDs are above 0; if ``variance`` is another word.

    Notes
    -----
    Morris (2008), Organizational Research Methods 11, 364–386:
    d = J(ν)·[(M_T2−M_T1)−(M_C2−M_C1)]/S, ν = n_T+n_C−2, S² the pooled variance before, J the exact gamma
    correction. With k = 2(1−r)(1/n_T+1/n_C) the exact variance is J²·ν/(ν−2)·(k+d²) − d². Both assume equal
    variances in all four cells. r is the mean of the two correlations, weighted by n − 1.

    Examples
    --------
    >>> programme = ArmSummary(n=20, mean_before=30.6, mean_after=38.5, sd_before=15.0, sd_after=11.6,
    ...                        correlation=0.47)
    >>> comparison = ArmSummary(n=20, mean_before=23.1, mean_after=19.7, sd_before=13.8, sd_after=14.8,
    ...                         correlation=0.47)
    >>> d = morris_d_ppc2_from_summaries(programme, comparison, variance="large_sample")
    >>> round(d.estimate, 4), round(d.se**2, 4)
    (0.7684, 0.1134)
    """
    where = "morris_d_ppc2_from_summaries"
    check_level(ci_level, where=where)
    _check_variance(variance, where=where)
    for arm in (programme, comparison):
        _check_arm(arm, where=where)
    n_T, n_C = programme.n, comparison.n
    N, standardiser = n_T + n_C, "SD before, pooled over the groups"
    method = f"d_ppc2, exact J, {_VARIANCE_NAMES[variance]} variance (Morris 2008)"
    status: Status | None = "too_few_people" if min(n_T, n_C) < 3 else None
    if status is None and programme.sd_before == 0 and comparison.sd_before == 0:
        status = "no_variation"
    if status is not None:
        return not_estimated(n=N, unit="SD", method=method, status=status, ci_level=ci_level, standardiser=standardiser)
    nu = N - 2
    S2 = ((n_T - 1) * programme.sd_before**2 + (n_C - 1) * comparison.sd_before**2) / nu
    d = exact_correction(nu) * (_change(programme) - _change(comparison)) / S2**0.5
    r = ((n_T - 1) * programme.correlation + (n_C - 1) * comparison.correlation) / nu
    k = 2 * (1 - r) * (1 / n_T + 1 / n_C)
    sampling = _variance(d, k=k, nu=nu, N=N, rule=variance)
    return _normal_estimate(d, variance=sampling, n=N, method=method, standardiser=standardiser, ci_level=ci_level)


def morris_d_ppc1(
    programme_before: ArrayLike,
    programme_after: ArrayLike,
    comparison_before: ArrayLike,
    comparison_after: ArrayLike,
    *,
    variance: VarianceRule = "exact",
    ci_level: float = 0.95,
) -> Estimate:
    """Estimate the difference of two changes, each in the SD before of its own group.

    Prefer ``morris_d_ppc2``: where the two SDs differ, equal changes in points are unequal changes here.

    Parameters
    ----------
    programme_before, programme_after : array_like, shape (people_programme,)
        Scores of the programme group, in scale points. A pair counts only if both values are present.
    comparison_before, comparison_after : array_like, shape (people_comparison,)
        Scores of the comparison group, likewise.
    variance : {"exact", "large_sample"}
        See :func:`raw_score_change_from_summary`.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        As :func:`morris_d_ppc1_from_summaries`.

    Raises
    ------
    DataError
        If before and after of a group differ in length.

    Notes
    -----
    Becker (1988); Morris (2008), Organizational Research Methods 11, 364–386.

    Examples
    --------
    >>> d = morris_d_ppc1([1, 2, 3, 4], [3, 4, 6, 6], [1, 2, 3, 4], [2, 2, 3, 5])
    >>> round(d.estimate, 3)
    0.981
    """
    return morris_d_ppc1_from_summaries(
        summarise_arm(programme_before, programme_after),
        summarise_arm(comparison_before, comparison_after),
        variance=variance,
        ci_level=ci_level,
    )


def morris_d_ppc1_from_summaries(
    programme: ArmSummary, comparison: ArmSummary, *, variance: VarianceRule = "exact", ci_level: float = 0.95
) -> Estimate:
    """Estimate d_ppc1 from the means, SDs and correlations that a paper prints.

    Parameters
    ----------
    programme, comparison : ArmSummary
        The two groups, in scale points.
    variance : {"exact", "large_sample"}
        See :func:`raw_score_change_from_summary`.
    ci_level : float
        Level of the interval, which uses the normal distribution.

    Returns
    -------
    Estimate
        In SD before, each group's own; positive means that the programme group rose more. No p value.
        A status of one of the two changes is the status of their difference.

    Raises
    ------
    DefinitionError
        As :func:`morris_d_ppc2_from_summaries`.

    Notes
    -----
    The difference of two independent standardised changes; the variances add up.

    Examples
    --------
    >>> programme = ArmSummary(n=20, mean_before=30.6, mean_after=38.5, sd_before=15.0, sd_after=11.6,
    ...                        correlation=0.47)
    >>> comparison = ArmSummary(n=20, mean_before=23.1, mean_after=19.7, sd_before=13.8, sd_after=14.8,
    ...                         correlation=0.47)
    >>> d = morris_d_ppc1_from_summaries(programme, comparison, variance="large_sample")
    >>> round(d.estimate, 4), round(d.se**2, 4)
    (0.7421, 0.1138)
    """
    g_T = raw_score_change_from_summary(programme, variance=variance, ci_level=ci_level)
    g_C = raw_score_change_from_summary(comparison, variance=variance, ci_level=ci_level)
    method = f"d_ppc1, exact J, {_VARIANCE_NAMES[variance]} variance (Becker 1988, Morris 2008)"
    standardiser = "SD before of each group"
    statuses = [g.status for g in (g_T, g_C) if g.status != "estimated"]
    return replace(
        _normal_estimate(
            g_T.estimate - g_C.estimate,
            variance=g_T.se**2 + g_C.se**2,
            n=g_T.n + g_C.n,
            method=method,
            standardiser=standardiser,
            ci_level=ci_level,
        ),
        status=statuses[0] if statuses else "estimated",
    )


def raw_score_change_from_summary(
    arm: ArmSummary, *, variance: VarianceRule = "exact", ci_level: float = 0.95
) -> Estimate:
    """Estimate how far one group moved, in its own SD before (SMCR), from what a paper prints.

    With the scores themselves, ``standardised_change_before_sd`` needs no equal variances.

    Parameters
    ----------
    arm : ArmSummary
        The group, in scale points.
    variance : {"exact", "large_sample"}
        Sampling variance under normality and equal variances: J²·ν/(ν−2)·(k+d²) − d² with ν = n − 1 and
        k = 2(1−r)/n, or k + d²/(2n).
    ci_level : float
        Level of the interval, which uses the normal distribution.

    Returns
    -------
    Estimate
        In SD before; positive means the score rose. No p value. ``too_few_people`` below three pairs
        (for the exact variance four: with three, estimate without interval); ``no_variation`` if nobody
        differed before, or (estimate without interval) after.

    Raises
    ------
    DefinitionError
        As :func:`morris_d_ppc2_from_summaries`.

    Notes
    -----
    Becker (1988); Morris & DeShon (2002), Psychological Methods 7, 105–125. The numbers of R
    ``metafor::escalc(measure="SMCR", vtype="LS")`` as printed in its example of Morris (2008).

    Examples
    --------
    >>> arm = ArmSummary(n=20, mean_before=30.6, mean_after=38.5, sd_before=15.0, sd_after=11.6, correlation=0.47)
    >>> g = raw_score_change_from_summary(arm, variance="large_sample")
    >>> round(g.estimate, 4), round(g.se**2, 4)
    (0.5056, 0.0594)
    """
    return _one_arm(
        arm,
        standardise=lambda a: a.sd_before,
        variance_of_change=lambda a: 2 * (1 - a.correlation),
        rule=variance,
        name="SMCR",
        standardiser="SD before",
        ci_level=ci_level,
        where="raw_score_change_from_summary",
    )


def change_score_change_from_summary(
    arm: ArmSummary, *, variance: VarianceRule = "exact", ci_level: float = 0.95
) -> Estimate:
    """Estimate how far one group moved, in the SD of its changes (SMCC), from what a paper prints.

    Never compare this with a difference between groups: it grows with the correlation of before and after.
    With the scores themselves, use ``standardised_change_difference_sd``.

    Parameters
    ----------
    arm : ArmSummary
        The group, in scale points.
    variance : {"exact", "large_sample"}
        Sampling variance under normality: J²·ν/(ν−2)·(1/n+d²) − d² with ν = n − 1, or 1/n + d²/(2n).
    ci_level : float
        Level of the interval, which uses the normal distribution.

    Returns
    -------
    Estimate
        In SD of the changes, s_D² = s₁²+s₂²−2r·s₁s₂. Statuses as :func:`raw_score_change_from_summary`;
        ``no_variation`` also if everybody moved by the same amount.

    Raises
    ------
    DefinitionError
        As :func:`morris_d_ppc2_from_summaries`.

    Notes
    -----
    Gibbons, Hedeker & Davis (1993). The numbers of R ``metafor::escalc(measure="SMCC")``.

    Examples
    --------
    >>> arm = ArmSummary(n=20, mean_before=30.6, mean_after=38.5, sd_before=15.0, sd_after=11.6, correlation=0.47)
    >>> round(change_score_change_from_summary(arm).estimate, 4)
    0.5417
    """
    return _one_arm(
        arm,
        standardise=_sd_of_changes,
        variance_of_change=lambda a: 1.0,
        rule=variance,
        name="SMCC",
        standardiser="SD of the changes",
        ci_level=ci_level,
        where="change_score_change_from_summary",
    )


def repeated_measures_d(before: ArrayLike, after: ArrayLike, *, ci_level: float = 0.95) -> Estimate:
    """Estimate how far the same people moved, in SDs of a single occasion freed from the correlation (d_rm).

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order. A pair counts only if both values are present.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        Bias-corrected d_z·√(2(1−r)), in SD of one occasion if both SDs are equal; the interval takes the
        correlation as known. The p value is that of the paired t test. Statuses as
        ``standardised_change_difference_sd``; ``no_variation`` also if one occasion does not vary.

    Raises
    ------
    DataError
        If the two differ in length.

    Notes
    -----
    Morris & DeShon (2002), Psychological Methods 7, 105–125, equation 8; Lakens (2013), Frontiers in
    Psychology 4:863, equation 9. Corrected by the exact J(n−1).

    Examples
    --------
    >>> round(repeated_measures_d([10, 12, 14, 16, 18], [13, 13, 17, 18, 21]).estimate, 3)
    0.553
    """
    g_z = standardised_change_difference_sd(before, after, ci_level=ci_level)
    arm = summarise_arm(before, after)
    standardiser, method = "SD of one occasion (d_rm)", "d_rm, exact J, noncentral t (Morris & DeShon 2002)"
    if g_z.status in ("too_few_people", "no_variation") or np.isnan(arm.correlation):
        return not_estimated(
            n=g_z.n,
            unit="SD",
            method=method,
            status=g_z.status if g_z.status != "estimated" else "no_variation",
            ci_level=ci_level,
            standardiser=standardiser,
        )
    factor = max(0.0, 2 * (1 - arm.correlation)) ** 0.5
    return replace(
        g_z,
        estimate=factor * g_z.estimate,
        ci_low=factor * g_z.ci_low,
        ci_high=factor * g_z.ci_high,
        method=method,
        standardiser=standardiser,
    )


def exact_correction(nu: float) -> float:
    """Return the exact correction for small-sample bias of a standardised mean, J(ν).

    Parameters
    ----------
    nu : float
        Degrees of freedom of the standard deviation, above 1.

    Returns
    -------
    float
        Γ(ν/2)/(√(ν/2)·Γ((ν−1)/2)), below 1.

    Notes
    -----
    Hedges (1981), Journal of Educational Statistics 6, 107–128; close to 1 − 3/(4ν−1).

    Examples
    --------
    >>> round(exact_correction(9), 6)
    0.913875
    """
    from scipy.special import gammaln

    return float(np.exp(gammaln(nu / 2) - gammaln((nu - 1) / 2))) / (nu / 2) ** 0.5


_VARIANCE_NAMES = {"exact": "exact", "large_sample": "large-sample"}


def _one_arm(
    arm: ArmSummary,
    *,
    standardise: Callable[[ArmSummary], float],
    variance_of_change: Callable[[ArmSummary], float],
    rule: VarianceRule,
    name: str,
    standardiser: str,
    ci_level: float,
    where: str,
) -> Estimate:
    check_level(ci_level, where=where)
    _check_variance(rule, where=where)
    _check_arm(arm, where=where)
    method = f"{name}, exact J, {_VARIANCE_NAMES[rule]} variance"
    status: Status | None = "too_few_people" if arm.n < 3 else None
    if status is None and not standardise(arm) > 0:
        status = "no_variation"
    if status is not None:
        return not_estimated(
            n=arm.n, unit="SD", method=method, status=status, ci_level=ci_level, standardiser=standardiser
        )
    nu = arm.n - 1
    d = exact_correction(nu) * _change(arm) / standardise(arm)
    variance = _variance(d, k=variance_of_change(arm) / arm.n, nu=nu, N=arm.n, rule=rule)
    return _normal_estimate(d, variance=variance, n=arm.n, method=method, standardiser=standardiser, ci_level=ci_level)


def _variance(d: float, *, k: float, nu: int, N: int, rule: VarianceRule) -> float:
    if rule == "large_sample":
        return k + d**2 / (2 * N)
    if nu <= 2:
        return _NAN
    return exact_correction(nu) ** 2 * nu / (nu - 2) * (k + d**2) - d**2


def _normal_estimate(d: float, *, variance: float, n: int, method: str, standardiser: str, ci_level: float) -> Estimate:
    from scipy.special import ndtri

    se = variance**0.5 if variance > 0 else _NAN
    half = float(ndtri((1 + ci_level) / 2)) * se
    status: Status = "estimated"
    if np.isnan(se):
        status = "too_few_people" if n < 4 else "no_variation"
    return Estimate(
        estimate=d,
        se=se,
        df=float("inf"),
        ci_low=d - half,
        ci_high=d + half,
        ci_level=ci_level,
        p_value=_NAN,
        n=n,
        unit="SD",
        method=method,
        standardiser=standardiser,
        status=status,
    )


def _change(arm: ArmSummary) -> float:
    return arm.mean_after - arm.mean_before


def _sd_of_changes(arm: ArmSummary) -> float:
    covariance = arm.correlation * arm.sd_before * arm.sd_after if arm.sd_before > 0 and arm.sd_after > 0 else 0.0
    variance = arm.sd_before**2 + arm.sd_after**2 - 2 * covariance
    # what is left of two equal variances after the subtraction is a rounding error
    return variance**0.5 if variance > 1e-12 * (arm.sd_before**2 + arm.sd_after**2) else 0.0


def _check_variance(variance: str, *, where: str) -> None:
    if variance not in _VARIANCE_NAMES:
        raise DefinitionError(
            Problem(
                where,
                f"unknown variance {variance!r}.",
                "Choose variance='exact' or variance='large_sample'.",
            )
        )


def _check_arm(arm: ArmSummary, *, where: str) -> None:
    if arm.n < 2:
        return
    if not (arm.sd_before >= 0 and arm.sd_after >= 0):
        raise DefinitionError(Problem(where, "an SD is negative or missing.", "Give the SDs in scale points."))
    if not np.isfinite([arm.mean_before, arm.mean_after, arm.sd_before, arm.sd_after]).all():
        raise DefinitionError(Problem(where, "a mean or an SD is missing or infinite.", "Give all four."))
    if abs(arm.correlation) > 1 + 1e-9:
        raise DefinitionError(Problem(where, "a correlation lies outside −1 to 1.", "Give the correlation."))
    if np.isnan(arm.correlation) and arm.sd_before > 0 and arm.sd_after > 0:
        raise DefinitionError(
            Problem(
                where,
                "the correlation of before and after is missing.",
                "Give it; if a paper does not print it, choose a value and say which.",
            )
        )
