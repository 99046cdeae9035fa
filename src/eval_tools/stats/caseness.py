"""How many people crossed a cut-off between two occasions, in either direction."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike

from eval_tools.errors import DataError, Problem
from eval_tools.stats.estimate import Estimate, Pairs, Status, check_level, not_estimated, paired


@dataclass(frozen=True, slots=True, kw_only=True)
class McNemar:
    """The four kinds of people and three tests of "as many crossed one way as the other"."""

    n: int
    both: int  # above the cut-off before and after
    only_before: int
    only_after: int
    neither: int
    p_exact: float
    p_mid: float
    chi2: float  # 1 df, without continuity correction; NaN if nobody crossed
    status: Status = "estimated"


def mcnemar(before: ArrayLike, after: ArrayLike) -> McNemar:
    """Test whether more people crossed the cut-off in one direction than in the other.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Whether the same people, in the same order, are above the cut-off: bool or 0/1, NaN where
        missing. A pair counts only if both are present.

    Returns
    -------
    McNemar
        Counts and p values, two-sided. If nobody crossed, both p values are 1 and chi2 is NaN.
        ``too_few_people`` without any complete pair.

    Raises
    ------
    DataError
        If the two differ in length, or hold anything but 0, 1 and missing.

    Notes
    -----
    With b and c people crossing in either direction, p_exact = min(1, 2·P(X <= min(b, c))),
    X ~ Bin(b+c, ½). p_mid is recommended, as the exact test is too cautious: p_exact − P(X = b), and
    for b = c it is 1 − ½·P(X = b). Fagerland, Lydersen & Laake (2013), BMC Medical Research
    Methodology 13:91, and its additional file 1; R ``contingencytables::McNemar_midP_test_paired_2x2``.

    Examples
    --------
    >>> change = mcnemar([1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 1, 0])
    >>> change.only_before, change.only_after, change.p_exact, change.p_mid
    (4, 0, 0.125, 0.0625)
    """
    pairs = _cases(before, after, where="mcnemar")
    was, is_now = pairs.before == 1, pairs.after == 1
    b, c = int((was & ~is_now).sum()), int((~was & is_now).sum())
    nan = float("nan")
    p_exact, p_mid = (_exact_p(b, c), _mid_p(b, c)) if pairs.n else (nan, nan)
    return McNemar(
        n=pairs.n,
        both=int((was & is_now).sum()),
        only_before=b,
        only_after=c,
        neither=int((~was & ~is_now).sum()),
        p_exact=p_exact,
        p_mid=p_mid,
        chi2=(b - c) ** 2 / (b + c) if b + c else nan,
        status="estimated" if pairs.n else "too_few_people",
    )


def paired_risk_difference(before: ArrayLike, after: ArrayLike, *, ci_level: float = 0.95) -> Estimate:
    """Estimate by how much the share of people above the cut-off changed.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Whether the same people, in the same order, are above the cut-off: bool or 0/1, NaN where
        missing. A pair counts only if both are present.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        Share after minus share before; positive means that more people are above the cut-off. The
        p value is McNemar's mid-p. ``too_few_people`` without any complete pair.

    Raises
    ------
    DataError
        If the two differ in length, or hold anything but 0, 1 and missing.

    Notes
    -----
    Bonett & Price (2012), Journal of Educational and Behavioral Statistics 37, 479–488: an adjusted Wald
    interval, p̃ = (f+1)/(n+2) for the two kinds that crossed, cut at ±1. The estimate is the plain
    difference; the interval and its standard error are centred on p̃₀₁ − p̃₁₀, which is a little
    nearer to 0 (R ``statpsych::ci.prop.ps`` prints that centre as its estimate). Interval and mid-p
    are recommended together by Fagerland, Lydersen & Laake (2014), Statistics in Medicine 33, 2850–2875;
    near the level they may disagree.

    Examples
    --------
    >>> change = paired_risk_difference([1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 1, 0])
    >>> round(change.estimate, 3), round(change.ci_low, 3), round(change.ci_high, 3)
    (-0.667, -0.99, -0.01)
    """
    from scipy.special import ndtri

    check_level(ci_level, where="paired_risk_difference")
    pairs = _cases(before, after, where="paired_risk_difference")
    n, method = pairs.n, "Bonett-Price interval, McNemar mid-p"
    if n == 0:
        return not_estimated(n=0, unit="share", method=method, status="too_few_people", ci_level=ci_level)
    b, c = int((pairs.differences == -1).sum()), int((pairs.differences == 1).sum())
    p10, p01 = (b + 1) / (n + 2), (c + 1) / (n + 2)
    centre = p01 - p10
    se = ((p10 + p01 - centre**2) / (n + 2)) ** 0.5
    half = float(ndtri((1 + ci_level) / 2)) * se
    return Estimate(
        estimate=(c - b) / n,
        se=se,
        df=float("inf"),
        ci_low=max(-1.0, centre - half),
        ci_high=min(1.0, centre + half),
        ci_level=ci_level,
        p_value=_mid_p(b, c),
        n=n,
        unit="share",
        method=method,
    )


def _cases(before: ArrayLike, after: ArrayLike, *, where: str) -> Pairs:
    pairs = paired(before, after, where=where)
    if not (((pairs.before == 0) | (pairs.before == 1)) & ((pairs.after == 0) | (pairs.after == 1))).all():
        raise DataError(Problem(where, "there are values other than 0 and 1.", "Say for everyone yes (1) or no (0)."))
    return pairs


def _exact_p(b: int, c: int) -> float:
    from scipy.special import bdtr

    return min(1.0, 2 * float(bdtr(min(b, c), b + c, 0.5)))


def _mid_p(b: int, c: int) -> float:
    from scipy.special import bdtr

    n, fewer = b + c, min(b, c)
    if n == 0:  # nobody crossed: nothing speaks against "as many one way as the other"
        return 1.0
    below = float(bdtr(fewer - 1, n, 0.5)) if fewer else 0.0  # P(X < min)
    point = float(bdtr(fewer, n, 0.5)) - below
    return 1 - point / 2 if b == c else 2 * below + point
