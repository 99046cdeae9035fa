"""An adjusted difference in points, expressed in standard deviations."""

from __future__ import annotations

from dataclasses import replace

from eval_tools.stats.estimate import Estimate, not_estimated


def standardised_adjusted_difference(points: Estimate, *, sd: float) -> Estimate:
    """Express an adjusted difference between two groups in standard deviations.

    Parameters
    ----------
    points : Estimate
        The adjusted difference in scale points, with its standard error and degrees of freedom.
    sd : float
        Standard deviation before, pooled within groups, in scale points.

    Returns
    -------
    Estimate
        Hedges' g, its interval with the same degrees of freedom. Without a standard deviation above zero the
        status is ``no_variation``; a difference that was not estimated keeps its own status.

    Notes
    -----
    What Works Clearinghouse 5.0, appendix E: g = ωb/S with ω = 1 − 3/(4N − 9) and
    SE = ω√((SE_b/S)² + g²/(2N)); the p value is that of the difference in points.

    Examples
    --------
    >>> from eval_tools.stats.estimate import Estimate
    >>> b = Estimate(estimate=3.0, se=1.0, df=97, ci_low=1.0, ci_high=5.0, ci_level=0.95, p_value=0.003,
    ...              n=100, unit="scale points", method="ANCOVA")
    >>> round(standardised_adjusted_difference(b, sd=10.0).estimate, 4)
    0.2977
    """
    from scipy.special import stdtrit

    standardiser, method = "pooled SD before", "Hedges' g from an adjusted difference (WWC 5.0, app. E)"
    if points.status != "estimated":
        return not_estimated(
            n=points.n,
            unit="SD",
            method=method,
            status=points.status,
            ci_level=points.ci_level,
            standardiser=standardiser,
        )
    if not sd > 0:
        return not_estimated(
            n=points.n,
            unit="SD",
            method=method,
            status="no_variation",
            ci_level=points.ci_level,
            standardiser=standardiser,
        )
    omega = 1 - 3 / (4 * points.n - 9)
    g = omega * points.estimate / sd
    se = omega * ((points.se / sd) ** 2 + g**2 / (2 * points.n)) ** 0.5
    half = float(stdtrit(points.df, (1 + points.ci_level) / 2)) * se
    return replace(
        points,
        estimate=g,
        se=se,
        ci_low=g - half,
        ci_high=g + half,
        unit="SD",
        method=method,
        standardiser=standardiser,
    )
