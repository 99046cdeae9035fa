"""How robust a finding is: equivalence, unmeasured causes, regression to the mean, people who left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from eval_tools.errors import DefinitionError, Problem
from eval_tools.stats.change import mean_change
from eval_tools.stats.estimate import Estimate, Status

Conclusion = Literal["equivalent", "not_shown", "unknown"]
Selection = Literal["above", "below"]
TippingStatus = Literal["estimated", "nothing_missing", "not_estimated"]

_NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class EquivalenceTest:
    """Whether a change or a difference is shown to be smaller than what would matter."""

    estimate: float
    se: float
    df: float
    low: float  # bounds, in the unit of the estimate
    high: float
    t_low: float  # test of "at or below low"
    p_low: float
    t_high: float  # test of "at or above high"
    p_high: float
    p_value: float  # the larger of the two
    ci_low: float  # within the bounds if, and only if, equivalence is shown
    ci_high: float
    ci_level: float  # 1 − 2·alpha
    alpha: float
    conclusion: Conclusion
    status: Status = "estimated"


@dataclass(frozen=True, slots=True, kw_only=True)
class EValue:
    """How strongly an unmeasured cause would have to act to explain a finding away, as risk ratios."""

    point: float
    limit: float  # for the limit of the interval nearer to "no effect"; 1 if the interval includes it


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionToMean:
    """The change to be expected without any programme, as people were chosen by their score."""

    expected_change: float  # scale points; negative if people with high scores were chosen
    z: float  # how far out the cut-off lies, in SDs towards those chosen
    C: float  # how far above (or below) the mean those chosen lie, in SDs
    share_selected: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TippingPoint:
    """How much worse those who left would have to be for the finding to vanish, in scale points."""

    delta_zero: float  # the difference becomes 0
    delta_interval: float  # the interval begins to include 0; 0 if it does already
    status: TippingStatus = "estimated"


def equivalence_test(
    estimate: float, se: float, df: float, *, low: float, high: float, alpha: float = 0.05
) -> EquivalenceTest:
    """Test whether an estimate lies within bounds that were fixed before (two one-sided tests).

    Parameters
    ----------
    estimate, se, df : float
        A change or difference, its standard error and degrees of freedom (infinite: normal). With schools,
        those of the schools.
    low, high : float
        The smallest changes that would matter, in the unit of the estimate.
    alpha : float
        Level of each one-sided test.

    Returns
    -------
    EquivalenceTest
        ``equivalent`` if both tests reject; else ``not_shown``, which is not "different". ``unknown`` with
        ``no_variation`` if the standard error is 0, ``too_few_people`` if it or df is missing.

    Raises
    ------
    DefinitionError
        Unless low < high and 0 < alpha < 0.5.

    Notes
    -----
    Schuirmann (1987), Journal of Pharmacokinetics and Biopharmaceutics 15, 657–680; Lakens (2017), Social
    Psychological and Personality Science 8, 355–362.

    Examples
    --------
    >>> test = equivalence_test(0.08, 0.1088, 64, low=-0.35, high=0.35)
    >>> test.conclusion, round(test.p_value, 4)
    ('equivalent', 0.0079)
    """
    from scipy.special import stdtr, stdtrit

    where = "equivalence_test"
    if not low < high:
        raise DefinitionError(Problem(where, f"the bounds are {low} and {high}.", "Give low < high."))
    if not 0 < alpha < 0.5:
        raise DefinitionError(Problem(where, f"alpha is {alpha}.", "Give a number between 0 and 0.5, such as 0.05."))
    status: Status = "estimated"
    if se == 0:
        status = "no_variation"
    elif np.isnan(estimate) or not se > 0 or not df > 0:
        status = "too_few_people"
    t_low = t_high = p_low = p_high = half = _NAN
    conclusion: Conclusion = "unknown"
    if status == "estimated":
        t_low, t_high = (estimate - low) / se, (estimate - high) / se
        p_low, p_high = float(stdtr(df, -t_low)), float(stdtr(df, t_high))
        half = float(stdtrit(df, 1 - alpha)) * se
        conclusion = "equivalent" if max(p_low, p_high) < alpha else "not_shown"
    return EquivalenceTest(
        estimate=estimate,
        se=se,
        df=df,
        low=low,
        high=high,
        t_low=t_low,
        p_low=p_low,
        t_high=t_high,
        p_high=p_high,
        p_value=float(np.maximum(p_low, p_high)),
        ci_low=estimate - half,
        ci_high=estimate + half,
        ci_level=1 - 2 * alpha,
        alpha=alpha,
        conclusion=conclusion,
        status=status,
    )


def equivalent_change(
    before: ArrayLike, after: ArrayLike, *, low: float, high: float, alpha: float = 0.05
) -> EquivalenceTest:
    """Test whether the same people moved by less than would matter, on average.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order, in scale points. A pair counts only if both values are
        present.
    low, high : float
        The smallest changes that would matter, in scale points, such as −2 and 2.
    alpha : float
        Level of each one-sided test.

    Returns
    -------
    EquivalenceTest
        As :func:`equivalence_test`; ``too_few_people`` below two pairs, ``no_variation`` if all moved by the
        same amount.

    Raises
    ------
    DataError
        If the two differ in length.
    DefinitionError
        As :func:`equivalence_test`.

    Notes
    -----
    The numbers of R ``TOSTER`` for the same bounds in points, and of statsmodels ``ttost_paired``.

    Examples
    --------
    >>> equivalent_change([10, 12, 14, 16], [11, 12, 13, 16], low=-2, high=2).conclusion
    'equivalent'
    """
    change = mean_change(before, after)
    test = equivalence_test(change.estimate, change.se, change.df, low=low, high=high, alpha=alpha)
    return replace(test, status=change.status) if change.status != "estimated" else test


def e_value(ratio: float, *, ci_low: float = _NAN, ci_high: float = _NAN) -> EValue:
    """Find out how strong an unmeasured cause would have to be to explain a risk ratio away.

    Parameters
    ----------
    ratio : float
        Risk ratio, above 0.
    ci_low, ci_high : float
        Limits of its interval; NaN if unknown.

    Returns
    -------
    EValue
        At least 1: the risk ratio that such a cause would need with the programme and with the outcome. NaN
        for NaN.

    Raises
    ------
    DefinitionError
        If a ratio is not above 0, or the ratio lies outside its interval.

    Notes
    -----
    VanderWeele & Ding (2017), Annals of Internal Medicine 167, 268–274: RR + √(RR(RR−1)), with 1/RR below 1.

    Examples
    --------
    >>> e = e_value(3.9, ci_low=1.8, ci_high=8.7)
    >>> round(e.point, 2), round(e.limit, 2)
    (7.26, 3.0)
    """
    for value in (ratio, ci_low, ci_high):
        if value <= 0:
            raise DefinitionError(Problem("e_value", f"a ratio is {value}.", "Give ratios above 0."))
    if ci_low > ratio or ci_high < ratio:
        raise DefinitionError(
            Problem("e_value", "the ratio lies outside its interval.", "Give ci_low <= ratio <= ci_high.")
        )
    return EValue(point=_e(ratio), limit=_limit_e(ratio, ci_low, ci_high))


def e_value_of_difference(d: float, *, se: float = _NAN) -> EValue:
    """Find out how strong an unmeasured cause would have to be to explain a standardised difference away.

    Parameters
    ----------
    d : float
        Standardised difference, in SD.
    se : float
        Its standard error; NaN if unknown.

    Returns
    -------
    EValue
        On the scale of risk ratios, as :func:`e_value`.

    Raises
    ------
    DefinitionError
        If the standard error is negative.

    Notes
    -----
    VanderWeele & Ding (2017): RR ≈ exp(0.91d), limits exp(0.91d ± 1.78·SE). An approximation.

    Examples
    --------
    >>> e = e_value_of_difference(0.3, se=0.1)
    >>> round(e.point, 2), round(e.limit, 2)
    (1.96, 1.43)
    """
    if se < 0:
        raise DefinitionError(Problem("e_value_of_difference", f"se is {se}.", "Give a standard error."))
    ratio, half = float(np.exp(0.91 * d)), 1.78 * se
    low, high = float(np.exp(0.91 * d - half)), float(np.exp(0.91 * d + half))
    return EValue(point=_e(ratio), limit=_limit_e(ratio, low, high))


def regression_to_mean(
    *, mean: float, sd: float, test_retest: float, cutoff: float, selected: Selection
) -> RegressionToMean:
    """Find out by how much a group chosen by its scores would change without any programme.

    Parameters
    ----------
    mean, sd : float
        Of the population from which people were chosen, in scale points.
    test_retest : float
        Correlation of two measurements of the same people without a programme, over the same time.
    cutoff : float
        The score by which people were chosen, in scale points.
    selected : {"above", "below"}
        Who was chosen.

    Returns
    -------
    RegressionToMean
        Subtract ``expected_change`` from the change found, and show both.

    Raises
    ------
    DefinitionError
        If the SD is not above 0, the correlation lies outside −1 to 1, or ``selected`` is another word.

    Notes
    -----
    Barnett, van der Pols & Dobson (2005), International Journal of Epidemiology 34, 215–220:
    σ(1−r)C(z), C(z) = φ(z)/(1−Φ(z)), for normal scores.

    Examples
    --------
    >>> expected = regression_to_mean(mean=17, sd=6, test_retest=0.7, cutoff=20, selected="above")
    >>> round(expected.expected_change, 2), round(expected.share_selected, 2)
    (-2.05, 0.31)
    """
    from scipy.special import log_ndtr, ndtr

    where = "regression_to_mean"
    if selected not in ("above", "below"):
        raise DefinitionError(
            Problem(where, f"unknown selection {selected!r}.", "Choose selected='above' or selected='below'.")
        )
    if not sd > 0:
        raise DefinitionError(Problem(where, f"sd is {sd}.", "Give a standard deviation above 0."))
    if not -1 <= test_retest <= 1:
        raise DefinitionError(Problem(where, f"test_retest is {test_retest}.", "Give a correlation."))
    side = 1 if selected == "above" else -1
    z = side * (cutoff - mean) / sd
    # by logarithms, so that a cut-off far out does not divide 0 by 0
    C = float(np.exp(-(z**2) / 2 - 0.5 * np.log(2 * np.pi) - log_ndtr(-z)))
    return RegressionToMean(
        expected_change=-side * sd * (1 - test_retest) * C, z=z, C=C, share_selected=float(ndtr(-z))
    )


def delta_adjusted_difference(
    difference: Estimate,
    *,
    missing_programme: float,
    missing_comparison: float,
    delta_programme: float,
    delta_comparison: float = 0.0,
) -> Estimate:
    """Ask what the difference would be if those who left differed from those who stayed by so many points.

    Parameters
    ----------
    difference : Estimate
        Programme minus comparison among those who stayed, in scale points.
    missing_programme, missing_comparison : float
        Share of each group that is missing, from 0 to 1.
    delta_programme, delta_comparison : float
        How much higher the missing scores are assumed to be than the observed mean, in scale points;
        negative for lower.

    Returns
    -------
    Estimate
        The whole estimate shifted by share·delta of the programme minus that of the comparison group, with a
        new p value. The standard error stays that of those who stayed: it does not grow with what is not
        known.

    Raises
    ------
    DefinitionError
        If a share lies outside 0 to 1.

    Notes
    -----
    Pattern mixture in closed form: White, Horton, Carpenter & Pocock (2011), BMJ 342, d40. Multiple imputation
    with the same delta widens the interval as well.

    Examples
    --------
    >>> from eval_tools.stats.estimate import Estimate
    >>> found = Estimate(estimate=-1.2, se=0.4, df=18, ci_low=-2.04, ci_high=-0.36, ci_level=0.95, p_value=0.008,
    ...                  n=120, unit="scale points", method="difference")
    >>> worse = delta_adjusted_difference(found, missing_programme=0.22, missing_comparison=0.12, delta_programme=2)
    >>> round(worse.estimate, 2)
    -0.76
    """
    from scipy.special import stdtr

    _check_missing(missing_programme, missing_comparison, where="delta_adjusted_difference")
    shift = missing_programme * delta_programme - missing_comparison * delta_comparison
    estimate = difference.estimate + shift
    testable = difference.se > 0 and difference.df > 0
    return replace(
        difference,
        estimate=estimate,
        ci_low=difference.ci_low + shift,
        ci_high=difference.ci_high + shift,
        p_value=float(2 * stdtr(difference.df, -abs(estimate / difference.se))) if testable else _NAN,
        method=f"{difference.method}; delta {delta_programme:g} and {delta_comparison:g} for the missing",
    )


def tipping_point(
    difference: Estimate,
    *,
    missing_programme: float,
    missing_comparison: float = 0.0,
    shifted: Literal["programme", "both"] = "programme",
) -> TippingPoint:
    """Find out how different those who left would have to be for the finding to vanish.

    Parameters
    ----------
    difference : Estimate
        Programme minus comparison among those who stayed, in scale points.
    missing_programme, missing_comparison : float
        Share of each group that is missing, from 0 to 1.
    shifted : {"programme", "both"}
        Whose missing scores differ from the observed mean: those of the programme group, or of both groups
        by the same amount.

    Returns
    -------
    TippingPoint
        In scale points. ``nothing_missing`` (NaN) if no delta can change the difference; ``not_estimated``
        if the difference was not.

    Raises
    ------
    DefinitionError
        If a share lies outside 0 to 1, or ``shifted`` is another word.

    Notes
    -----
    −difference/share, with the share missing in the programme group, or the difference of the two shares.
    Ask somebody who knows the children whether such a delta is believable.

    Examples
    --------
    >>> from eval_tools.stats.estimate import Estimate
    >>> found = Estimate(estimate=-1.2, se=0.4, df=18, ci_low=-2.04, ci_high=-0.36, ci_level=0.95, p_value=0.008,
    ...                  n=120, unit="scale points", method="difference")
    >>> tipping = tipping_point(found, missing_programme=0.22)
    >>> round(tipping.delta_zero, 2), round(tipping.delta_interval, 2)
    (5.45, 1.64)
    """
    where = "tipping_point"
    _check_missing(missing_programme, missing_comparison, where=where)
    if shifted not in ("programme", "both"):
        raise DefinitionError(
            Problem(where, f"unknown word {shifted!r}.", "Choose shifted='programme' or shifted='both'.")
        )
    share = missing_programme if shifted == "programme" else missing_programme - missing_comparison
    if np.isnan(difference.estimate):
        return TippingPoint(delta_zero=_NAN, delta_interval=_NAN, status="not_estimated")
    if share == 0:
        return TippingPoint(delta_zero=_NAN, delta_interval=_NAN, status="nothing_missing")
    if difference.ci_low > 0:
        nearer = difference.ci_low
    elif difference.ci_high < 0:
        nearer = difference.ci_high
    else:
        nearer = _NAN if np.isnan(difference.ci_low) or np.isnan(difference.ci_high) else 0.0
    return TippingPoint(delta_zero=_from_zero(difference.estimate, share), delta_interval=_from_zero(nearer, share))


def _from_zero(value: float, share: float) -> float:
    return 0.0 if value == 0 else -value / share


def _check_missing(*shares: float, where: str) -> None:
    for share in shares:
        if not 0 <= share <= 1:
            raise DefinitionError(
                Problem(where, f"a share missing is {share}.", "Give a share from 0 to 1, such as 0.15.")
            )


def _e(ratio: float) -> float:
    if np.isnan(ratio):
        return _NAN
    away = ratio if ratio >= 1 else 1 / ratio
    return float(away + (away * (away - 1)) ** 0.5)


def _limit_e(ratio: float, low: float, high: float) -> float:
    nearer = low if ratio >= 1 else high
    if np.isnan(nearer) or np.isnan(ratio):
        return _NAN
    return 1.0 if (nearer - 1) * (ratio - 1) <= 0 else _e(nearer)
