"""The relatives of the reliable change index, clinically significant change, and minimal important differences.

============  =========================================  ==================================================
index         compares the score after with              is for
============  =========================================  ==================================================
JT            the score before                           the default: change of a person in points
GLN           the score before, regressed to the mean    people chosen because of an extreme score
EN            the estimated true score before            the same, errors of the score after only
NK            the estimated true score before            the same, errors of both occasions
HA            the score before, shrunken to the mean     when the reliability of the change itself is asked
              change of the group
HLL           the change of the own group                useless for judging a programme: the change of
                                                         the group is subtracted first
============  =========================================  ==================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, DefinitionError, Problem
from eval_tools.stats.estimate import Pairs, Status, check_equal_lengths, column, largest, no_spread, paired
from eval_tools.stats.individual import Better, Cutoffs, ReliableChange, reliable_change

IndexName = Literal["JT", "GLN", "HLL", "EN", "NK", "HA"]
CutoffName = Literal["a", "b", "c"]
ClinicalClass = Literal["recovered", "improved", "unchanged", "deteriorated", "unknown"]
MidRule = Literal["anchor", "half_sd", "one_sem"]
MidBasis = Literal["anchor-based", "distribution-based"]

CLINICAL_CLASSES: tuple[ClinicalClass, ...] = ("recovered", "improved", "unchanged", "deteriorated", "unknown")

_Z = 1.959963984540054  # as for the reliable change
_HA_CRITERION = 1.65  # one-sided 5 %, as Hageman & Arrindell chose it
_NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChangeIndex:
    """One index and one class per person, by one of the methods of this module."""

    name: IndexName
    index: NDArray[np.float64]  # positive where the score after is higher than compared with; NaN if unknown
    classes: NDArray[np.str_]  # improved, unchanged, worse, unknown
    criterion: float  # the index must exceed it, in either direction
    denominator: float  # standard error that the index divides by, scale points
    judges_programme: bool  # False where the change of the group has been removed
    status: Status = "estimated"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClinicalChange:
    """One class per person: who changed reliably, and who joined the functional population by it."""

    classes: NDArray[np.str_]  # one of CLINICAL_CLASSES
    cutoff: float  # scale points
    status: Status = "estimated"

    def count(self, word: ClinicalClass) -> int:
        """Count the people of one class."""
        return int((self.classes == word).sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimalImportantDifference:
    """The smallest change that matters, in scale points, and where that number comes from."""

    points: float
    basis: MidBasis
    rule: MidRule
    n: int  # people it was computed from; 0 if it was taken over
    source: str = ""
    status: Status = "estimated"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Responders:
    """Who moved by at least the smallest change that matters, in either direction."""

    classes: NDArray[np.str_]  # improved, unchanged, worse, unknown
    n: int  # people with both scores
    n_improved: int
    n_worse: int
    share_improved: float  # of n; NaN if n is 0
    share_worse: float
    mid: MinimalImportantDifference
    status: Status = "estimated"


@dataclass(frozen=True, slots=True, kw_only=True)
class FalsePositives:
    """How many people a criterion calls changed although nobody changed."""

    share_each_side: float
    expected_each_side: float  # people


def jacobson_truax(
    before: ArrayLike,
    after: ArrayLike,
    *,
    reliability: float,
    better: Better,
    sd_before: float | None = None,
    criterion: float = _Z,
) -> ChangeIndex:
    """Classify every person by ``reliable_change``, in the shape of its relatives.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order, in scale points; NaN where missing.
    reliability : float
        Internal consistency of the scale, 0 <= r < 1.
    better : {"higher", "lower"}
        Which direction is an improvement.
    sd_before : float, optional
        In scale points; without it, that of the complete pairs.
    criterion : float
        The index must exceed it, in either direction.

    Returns
    -------
    ChangeIndex
        (x₂−x₁)/(√2·S_E), S_E = s₁√(1−r). Nobody is dropped: a person with a missing score is ``unknown``,
        and everybody if the status is ``no_reliability`` or ``no_variation``.

    Raises
    ------
    DataError
        If the two differ in length.
    DefinitionError
        If ``better`` is another word, or ``criterion`` is not positive.

    Notes
    -----
    Jacobson & Truax (1991), Journal of Consulting and Clinical Psychology 59, 12–19.

    Examples
    --------
    >>> change = jacobson_truax([32.5], [47.5], reliability=0.80, sd_before=7.5, better="higher")
    >>> round(float(change.index[0]), 2), str(change.classes[0])
    (3.16, 'improved')
    """
    s_1 = _moments(before, after, sd_before=sd_before, where="jacobson_truax").sd_before
    change = reliable_change(before, after, reliability=reliability, sd_before=s_1, better=better, criterion=criterion)
    return ChangeIndex(
        name="JT",
        index=change.index,
        classes=change.classes,
        criterion=criterion,
        denominator=change.standard_error_difference,
        judges_programme=True,
        status=change.status,
    )


def gulliksen_lord_novick(
    before: ArrayLike,
    after: ArrayLike,
    *,
    reliability: float,
    better: Better,
    mean_before: float | None = None,
    sd_before: float | None = None,
    criterion: float = _Z,
) -> ChangeIndex:
    """Classify every person against the score that regression to the mean predicts (GLN).

    For people chosen because their score before was extreme: what they would have regained anyway is not
    called an improvement.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order, in scale points; NaN where missing.
    reliability : float
        Internal consistency of the scale, 0 <= r < 1.
    better : {"higher", "lower"}
        Which direction is an improvement.
    mean_before, sd_before : float, optional
        Of the population the people regress to, in scale points; without them, of the complete pairs.
    criterion : float
        The index must exceed it, in either direction.

    Returns
    -------
    ChangeIndex
        (x₂ − M₁ − r(x₁−M₁))/(s₁√(1−r²)). Unknown people and statuses as :func:`jacobson_truax`.

    Raises
    ------
    DataError, DefinitionError
        As :func:`jacobson_truax`.

    Notes
    -----
    Gulliksen, Lord & Novick, in Hsu (1989), Behavioral Assessment 11, 459–467. The numbers of R
    ``clinicalsignificance``, method "GLN".

    Examples
    --------
    >>> change = gulliksen_lord_novick([40], [40], reliability=0.8, mean_before=30, sd_before=10, better="higher")
    >>> round(float(change.index[0]), 3)
    0.333
    """
    m = _moments(before, after, mean_before=mean_before, sd_before=sd_before, where="gulliksen_lord_novick")
    x_1, x_2 = m.before, m.after
    return _classified(
        "GLN",
        x_2 - m.mean_before - reliability * (x_1 - m.mean_before),
        denominator=_root(m.sd_before**2 * (1 - reliability**2)),
        status=_status(reliability, sd=m.sd_before),
        better=better,
        criterion=criterion,
    )


def hsu_linn_lord(
    before: ArrayLike,
    after: ArrayLike,
    *,
    reliability: float,
    better: Better,
    mean_before: float | None = None,
    sd_before: float | None = None,
    criterion: float = _Z,
) -> ChangeIndex:
    """Classify every person against the change of the own group (HLL): never to judge a programme.

    If everybody improves by the same 10 points, nobody is called improved; half of an unchanged group may be
    called worse beside a group mean that rose. For picking out single people who did unlike their group.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order, in scale points; NaN where missing.
    reliability : float
        Internal consistency of the scale, 0 <= r < 1.
    better : {"higher", "lower"}
        Which direction is an improvement.
    mean_before, sd_before : float, optional
        In scale points; without them, of the complete pairs. The mean after is always theirs.
    criterion : float
        The index must exceed it, in either direction.

    Returns
    -------
    ChangeIndex
        ((x₂−M₂) − r(x₁−M₁))/(s₁√(1−r²)), with ``judges_programme`` False. Unknown people and statuses as
        :func:`jacobson_truax`.

    Raises
    ------
    DataError, DefinitionError
        As :func:`jacobson_truax`.

    Notes
    -----
    Hsu (1989), Behavioral Assessment 11, 459–467. The numbers of R ``clinicalsignificance``, method "HLL".

    Examples
    --------
    >>> change = hsu_linn_lord([10, 20, 30], [40, 50, 60], reliability=0.8, better="higher")
    >>> change.classes.tolist(), change.judges_programme
    (['unchanged', 'unchanged', 'unchanged'], False)
    """
    m = _moments(before, after, mean_before=mean_before, sd_before=sd_before, where="hsu_linn_lord")
    x_1, x_2 = m.before, m.after
    return _classified(
        "HLL",
        (x_2 - m.mean_after) - reliability * (x_1 - m.mean_before),
        denominator=_root(m.sd_before**2 * (1 - reliability**2)),
        status=_status(reliability, sd=m.sd_before),
        better=better,
        criterion=criterion,
    )


def edwards_nunnally(
    before: ArrayLike,
    after: ArrayLike,
    *,
    reliability: float,
    better: Better,
    mean_before: float | None = None,
    sd_before: float | None = None,
    criterion: float = _Z,
) -> ChangeIndex:
    """Classify every person against a band around the estimated true score before (EN).

    For people chosen because their score before was extreme. It counts the errors of one occasion only and so
    calls more people changed than the others.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order, in scale points; NaN where missing.
    reliability : float
        Internal consistency of the scale, 0 <= r < 1.
    better : {"higher", "lower"}
        Which direction is an improvement.
    mean_before, sd_before : float, optional
        Of the population the people regress to, in scale points; without them, of the complete pairs.
    criterion : float
        The index must exceed it, in either direction; Speer (1992) and R ``clinicalsignificance`` use 2.

    Returns
    -------
    ChangeIndex
        (x₂ − [M₁+r(x₁−M₁)])/S_E, S_E = s₁√(1−r). Unknown people and statuses as :func:`jacobson_truax`.

    Raises
    ------
    DataError, DefinitionError
        As :func:`jacobson_truax`.

    Notes
    -----
    Edwards, Yarvis, Mueller, Zingale & Wagman (1978); Speer (1992), Journal of Consulting and Clinical
    Psychology 60, 402–408.

    Examples
    --------
    >>> change = edwards_nunnally([40], [40], reliability=0.75, mean_before=30, sd_before=10, better="higher")
    >>> float(change.index[0])
    0.5
    """
    m = _moments(before, after, mean_before=mean_before, sd_before=sd_before, where="edwards_nunnally")
    return _classified(
        "EN",
        m.after - _true_score(m, reliability),
        denominator=_root(m.sd_before**2 * (1 - reliability)),
        status=_status(reliability, sd=m.sd_before),
        better=better,
        criterion=criterion,
    )


def nunnally_kotsch(
    before: ArrayLike,
    after: ArrayLike,
    *,
    reliability: float,
    reliability_after: float,
    better: Better,
    mean_before: float | None = None,
    sd_before: float | None = None,
    sd_after: float | None = None,
    criterion: float = _Z,
) -> ChangeIndex:
    """Classify every person against the estimated true score before, with the errors of both occasions (NK).

    For people chosen because their score before was extreme, on a scale whose reliability may differ between
    the two occasions.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order, in scale points; NaN where missing.
    reliability, reliability_after : float
        Internal consistency of the scale before and after, 0 <= r < 1.
    better : {"higher", "lower"}
        Which direction is an improvement.
    mean_before, sd_before : float, optional
        Of the population the people regress to, in scale points; without them, of the complete pairs.
    sd_after : float, optional
        In scale points; without it, that of the complete pairs. R ``clinicalsignificance`` uses the SD before.
    criterion : float
        The index must exceed it, in either direction.

    Returns
    -------
    ChangeIndex
        (x₂ − [M₁+r₁(x₁−M₁)])/√(r₁²s₁²(1−r₁) + s₂²(1−r₂)). Unknown people and statuses as
        :func:`jacobson_truax`.

    Raises
    ------
    DataError, DefinitionError
        As :func:`jacobson_truax`.

    Notes
    -----
    Nunnally & Kotsch (1983), British Journal of Clinical Psychology 22, 83–93; Atkins, Bedics, McGlinchey &
    Beauchaine (2005), Journal of Consulting and Clinical Psychology 73, 982–989.

    Examples
    --------
    >>> change = nunnally_kotsch([40], [50], reliability=0.8, reliability_after=0.8, mean_before=30,
    ...                          sd_before=10, sd_after=10, better="higher")
    >>> round(float(change.index[0]), 3)
    2.095
    """
    m = _moments(before, after, mean_before=mean_before, sd_before=sd_before, where="nunnally_kotsch")
    s_2 = m.sd_after if sd_after is None else sd_after
    r_1, r_2 = reliability, reliability_after
    status = _status(r_1, sd=m.sd_before)
    if status == "estimated":
        status = _status(r_2, sd=s_2)
    return _classified(
        "NK",
        m.after - _true_score(m, r_1),
        denominator=_root(r_1**2 * m.sd_before**2 * (1 - r_1) + s_2**2 * (1 - r_2)),
        status=status,
        better=better,
        criterion=criterion,
    )


def hageman_arrindell(
    before: ArrayLike,
    after: ArrayLike,
    *,
    reliability: float,
    better: Better,
    criterion: float = _HA_CRITERION,
) -> ChangeIndex:
    """Classify every person by the estimated true change (HA).

    For groups in which the reliability of the differences is known to be poor: the change of a person is
    drawn towards the mean change of the group by as much as the differences are unreliable.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order, in scale points; NaN where missing. Means, SDs and the
        correlation are those of the complete pairs.
    reliability : float
        Internal consistency of the scale before, 0 <= r < 1.
    better : {"higher", "lower"}
        Which direction is an improvement.
    criterion : float
        The index must exceed it, in either direction: 1.65, as published, calls 5 % on either side changed.

    Returns
    -------
    ChangeIndex
        [(x₂−x₁)r_DD + (M₂−M₁)(1−r_DD)]/(√r_DD·√2·S_E) with r_DD the reliability of the differences.
        ``no_reliability`` if r_DD is not above 0; other statuses and unknown people as :func:`jacobson_truax`.

    Raises
    ------
    DataError, DefinitionError
        As :func:`jacobson_truax`.

    Notes
    -----
    Hageman & Arrindell (1999), Behaviour Research and Therapy 37, 1169–1193: S_E = s₁√(1−r) on both
    occasions, r_jj = (s_j²−S_E²)/s_j², r_DD = (s₁²r₁₁+s₂²r₂₂−2s₁s₂r₁₂)/(s₁²+s₂²−2s₁s₂r₁₂). Their second
    criterion, the error-corrected cut-off, is not part of it.

    Examples
    --------
    >>> change = hageman_arrindell([10, 12, 14, 16], [11, 15, 13, 21], reliability=0.9, better="higher")
    >>> change.index.round(2).tolist()
    [1.16, 2.71, -0.39, 4.26]
    """
    m = _moments(before, after, where="hageman_arrindell")
    s_E2 = m.sd_before**2 * (1 - reliability)
    variance = m.variance_of_change  # s₁² + s₂² − 2 s₁ s₂ r₁₂
    r_DD = (variance - 2 * s_E2) / variance if variance > 0 else _NAN
    status = _status(reliability, sd=m.sd_before)
    if status == "estimated" and not variance > 0:
        status = "no_variation"
    elif status == "estimated" and not r_DD > 0:
        status = "no_reliability"
    return _classified(
        "HA",
        (m.after - m.before) * r_DD + (m.mean_after - m.mean_before) * (1 - r_DD),
        denominator=_root(r_DD * 2 * s_E2),
        status=status,
        better=better,
        criterion=criterion,
    )


def classify_clinical_change(
    before: ArrayLike,
    after: ArrayLike,
    change: ReliableChange | ChangeIndex,
    *,
    cutoffs: Cutoffs,
    cutoff: CutoffName = "c",
    better: Better,
) -> ClinicalChange:
    """Classify every person: whether they changed reliably, and left the clinical population by it.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order, in scale points; NaN where missing.
    change : ReliableChange or ChangeIndex
        The reliable change of the same people in the same order.
    cutoffs : Cutoffs
        From ``clinical_cutoffs``.
    cutoff : {"a", "b", "c"}
        Which of them: c if both populations are known and overlap, b if they do not overlap, a without
        numbers of a functional population.
    better : {"higher", "lower"}
        Which direction is an improvement.

    Returns
    -------
    ClinicalChange
        ``recovered``: improved reliably, before strictly on the clinical side of the cut-off and after
        strictly on the functional one. ``improved``, ``unchanged``, ``deteriorated``: as the reliable change
        says. ``unknown``: a score is missing, or the reliable change is unknown; everybody, with status
        ``no_variation``, if the cut-off is NaN.

    Raises
    ------
    DataError
        If the three differ in length.
    DefinitionError
        If ``better`` or ``cutoff`` is another word.

    Notes
    -----
    Jacobson & Truax (1991), Journal of Consulting and Clinical Psychology 59, 12–19.

    Examples
    --------
    >>> from eval_tools.stats.individual import clinical_cutoffs
    >>> cutoffs = clinical_cutoffs(40, 7.5, 60, 7.5, "higher")
    >>> change = jacobson_truax([32.5, 32.5], [47.5, 52.5], reliability=0.8, sd_before=7.5, better="higher")
    >>> classify_clinical_change([32.5, 32.5], [47.5, 52.5], change, cutoffs=cutoffs, better="higher").classes.tolist()
    ['improved', 'recovered']
    """
    where = "classify_clinical_change"
    x_1, x_2 = column(before, where=where, name="before"), column(after, where=where, name="after")
    check_equal_lengths(x_1.size, x_2.size, where=where)
    check_equal_lengths(x_1.size, change.classes.size, where=where)
    _check_better(better, where=where)
    if cutoff not in ("a", "b", "c"):
        raise DefinitionError(Problem(where, f"unknown cut-off {cutoff!r}.", "Choose cutoff='a', 'b' or 'c'."))
    border = {"a": cutoffs.a, "b": cutoffs.b, "c": cutoffs.c}[cutoff]
    towards_better = 1 if better == "higher" else -1
    crossed = (towards_better * (x_1 - border) < 0) & (towards_better * (x_2 - border) > 0)
    unknown = np.isnan(x_1) | np.isnan(x_2) | (change.classes == "unknown") | bool(np.isnan(border))
    classes = np.select(
        [unknown, (change.classes == "improved") & crossed, change.classes == "improved", change.classes == "worse"],
        ["unknown", "recovered", "improved", "deteriorated"],
        default="unchanged",
    )
    status: Status = "no_variation" if np.isnan(border) else change.status
    return ClinicalChange(classes=classes, cutoff=border, status=status)


def published_mid(points: float, *, source: str) -> MinimalImportantDifference:
    """Take over a minimal important difference that others found with an anchor.

    Parameters
    ----------
    points : float
        The smallest change that matters, in scale points, above 0.
    source : str
        Where it was published.

    Returns
    -------
    MinimalImportantDifference
        Labelled anchor-based.

    Raises
    ------
    DefinitionError
        If ``points`` is not above 0, or no source is named.

    Notes
    -----
    Prefer it to a share of an SD, which knows nothing of what matters to children.

    Examples
    --------
    >>> published_mid(5, source="manual").basis
    'anchor-based'
    """
    if not 0 < points < float("inf"):
        raise DefinitionError(Problem("published_mid", f"points is {points}.", "Give a number above 0."))
    if not source.strip():
        raise DefinitionError(Problem("published_mid", "there is no source.", "Say where it was published."))
    return MinimalImportantDifference(points=float(points), basis="anchor-based", rule="anchor", n=0, source=source)


def anchor_mid(
    before: ArrayLike, after: ArrayLike, slightly_better: ArrayLike, *, better: Better
) -> MinimalImportantDifference:
    """Estimate the minimal important difference as the mean gain of people who call themselves slightly better.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order, in scale points; NaN where missing.
    slightly_better : array_like, shape (participants,)
        Whether the person said, on another question, to be slightly better: bool or 0/1, NaN where missing.
    better : {"higher", "lower"}
        Which direction is an improvement.

    Returns
    -------
    MinimalImportantDifference
        Anchor-based, in scale points towards better. ``too_few_people`` without anybody slightly better;
        ``no_variation`` if their mean gain is not above 0: the anchor does not agree with the scale.

    Raises
    ------
    DataError
        If lengths differ, or the anchor holds anything but 0, 1 and missing.
    DefinitionError
        If ``better`` is another word.

    Notes
    -----
    Jaeschke, Singer & Guyatt (1989), Controlled Clinical Trials 10, 407–415. With fewer than about 30 such
    people the number is unsteady.

    Examples
    --------
    >>> anchor_mid([10, 10, 10], [13, 15, 10], [1, 1, 0], better="higher").points
    4.0
    """
    where = "anchor_mid"
    _check_better(better, where=where)
    x_1, x_2 = column(before, where=where, name="before"), column(after, where=where, name="after")
    anchor = column(slightly_better, where=where, name="slightly_better")
    check_equal_lengths(x_1.size, x_2.size, where=where)
    check_equal_lengths(x_1.size, anchor.size, where=where)
    if not (np.isnan(anchor) | (anchor == 0) | (anchor == 1)).all():
        raise DataError(Problem(where, "there are values other than 0 and 1.", "Say for everyone yes (1) or no (0)."))
    gains = (x_2 - x_1)[anchor == 1] * (1 if better == "higher" else -1)
    gains = gains[~np.isnan(gains)]
    gain = float(gains.mean()) if gains.size else _NAN
    status: Status = "estimated"
    if not gains.size:
        status = "too_few_people"
    elif not gain > 0:
        status = "no_variation"
    return MinimalImportantDifference(
        points=gain if status == "estimated" else _NAN,
        basis="anchor-based",
        rule="anchor",
        n=int(gains.size),
        status=status,
    )


def distribution_based_mid(
    before: ArrayLike, *, rule: Literal["half_sd", "one_sem"], reliability: float | None = None
) -> MinimalImportantDifference:
    """Stand in for an unknown minimal important difference by the spread of the scores before.

    Parameters
    ----------
    before : array_like, shape (participants,)
        Scores before, in scale points. Missing values are left out.
    rule : {"half_sd", "one_sem"}
        Half an SD, or one standard error of measurement s₁√(1−r).
    reliability : float, optional
        Internal consistency, 0 <= r < 1; needed for ``one_sem``.

    Returns
    -------
    MinimalImportantDifference
        Labelled distribution-based: say so wherever it is shown. ``too_few_people`` below two people,
        ``no_variation`` if nobody differs, ``no_reliability`` if the reliability cannot be used.

    Raises
    ------
    DefinitionError
        If ``rule`` is another word.

    Notes
    -----
    Norman, Sloan & Wyrwich (2003), Medical Care 41, 582–592; Wyrwich, Tierney & Wolinsky (1999), Journal of
    Clinical Epidemiology 52, 861–873.

    Examples
    --------
    >>> distribution_based_mid([10, 20, 30], rule="half_sd").points
    5.0
    """
    where = "distribution_based_mid"
    if rule not in ("half_sd", "one_sem"):
        raise DefinitionError(Problem(where, f"unknown rule {rule!r}.", "Choose rule='half_sd' or 'one_sem'."))
    x = column(before, where=where, name="before")
    x = x[~np.isnan(x)]
    status: Status = "estimated"
    if x.size < 2:
        status = "too_few_people"
    elif no_spread(x, size=largest(x)):
        status = "no_variation"
    elif rule == "one_sem" and (reliability is None or not 0 <= reliability < 1):
        status = "no_reliability"
    points = _NAN
    if status == "estimated":
        s = float(x.std(ddof=1))
        points = s / 2 if rule == "half_sd" or reliability is None else s * (1 - reliability) ** 0.5
    return MinimalImportantDifference(
        points=points, basis="distribution-based", rule=rule, n=int(x.size), status=status
    )


def classify_responders(
    before: ArrayLike, after: ArrayLike, mid: MinimalImportantDifference, *, better: Better
) -> Responders:
    """Classify every person: whether the score moved by at least the smallest change that matters.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order, in scale points; NaN where missing.
    mid : MinimalImportantDifference
        The smallest change that matters.
    better : {"higher", "lower"}
        Which direction is an improvement.

    Returns
    -------
    Responders
        Nobody is dropped: a person with a missing score is ``unknown``. Everybody is, with the status of
        ``mid``, if that could not be estimated; ``too_few_people`` without any complete pair.

    Raises
    ------
    DataError
        If the two differ in length.
    DefinitionError
        If ``better`` is another word.

    Notes
    -----
    A responder has changed enough to matter, not necessarily by more than measurement error; and without a
    comparison group not because of the programme. Always show how many became worse by as much.

    Examples
    --------
    >>> mid = published_mid(5, source="manual")
    >>> classify_responders([10, 10, 10], [15, 14, 5], mid, better="higher").classes.tolist()
    ['improved', 'unchanged', 'worse']
    """
    where = "classify_responders"
    _check_better(better, where=where)
    x_1, x_2 = column(before, where=where, name="before"), column(after, where=where, name="after")
    check_equal_lengths(x_1.size, x_2.size, where=where)
    gain = (x_2 - x_1) * (1 if better == "higher" else -1)
    if mid.status != "estimated":
        gain = np.full(gain.shape, _NAN)
    enough = mid.points - 1e-9 * max(1.0, largest(x_1[~np.isnan(x_1)], x_2[~np.isnan(x_2)]))  # 0.1 + 0.2 >= 0.3
    classes = np.select(
        [np.isnan(gain), gain >= enough, gain <= -enough], ["unknown", "improved", "worse"], default="unchanged"
    )
    n = int((~np.isnan(gain)).sum())
    better_n, worse_n = int((classes == "improved").sum()), int((classes == "worse").sum())
    status: Status = mid.status
    if status == "estimated" and n == 0:
        status = "too_few_people"
    return Responders(
        classes=classes,
        n=n,
        n_improved=better_n,
        n_worse=worse_n,
        share_improved=better_n / n if n else _NAN,
        share_worse=worse_n / n if n else _NAN,
        mid=mid,
        status=status,
    )


def expected_false_positives(n: int, *, criterion: float = _Z) -> FalsePositives:
    """Say how many people would be called improved, and as many worse, if nobody had changed.

    Parameters
    ----------
    n : int
        People with both scores.
    criterion : float
        What the index must exceed.

    Returns
    -------
    FalsePositives
        Share and expected number of people on either side.

    Raises
    ------
    DefinitionError
        If ``n`` is negative or ``criterion`` is not positive.

    Notes
    -----
    1 − Φ(criterion): errors of measurement are taken as normal, with the reliability that was put in. If that
    is too high, more people are called changed.

    Examples
    --------
    >>> expected = expected_false_positives(200)
    >>> round(expected.share_each_side, 3), round(expected.expected_each_side, 1)
    (0.025, 5.0)
    """
    from scipy.special import ndtr

    if n < 0:
        raise DefinitionError(Problem("expected_false_positives", f"n is {n}.", "Give a number of people."))
    _check_criterion(criterion, where="expected_false_positives")
    share = float(ndtr(-criterion))
    return FalsePositives(share_each_side=share, expected_each_side=n * share)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Moments:
    before: NDArray[np.float64]  # everybody, NaN where missing
    after: NDArray[np.float64]
    mean_before: float
    mean_after: float
    sd_before: float
    sd_after: float
    variance_of_change: float


def _moments(
    before: ArrayLike,
    after: ArrayLike,
    *,
    mean_before: float | None = None,
    sd_before: float | None = None,
    where: str,
) -> _Moments:
    pairs = paired(before, after, where=where)
    size = largest(pairs.before, pairs.after)
    return _Moments(
        before=column(before, where=where, name="before"),
        after=column(after, where=where, name="after"),
        mean_before=_mean(pairs.before) if mean_before is None else mean_before,
        mean_after=_mean(pairs.after),
        sd_before=_sd(pairs.before, size=size) if sd_before is None else sd_before,
        sd_after=_sd(pairs.after, size=size),
        variance_of_change=_variance_of_change(pairs),
    )


def _variance_of_change(pairs: Pairs) -> float:
    if pairs.n < 2:
        return _NAN
    return 0.0 if pairs.change_is_constant else float(pairs.differences.var(ddof=1))


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if values.size else _NAN


def _sd(values: NDArray[np.float64], *, size: float) -> float:
    if values.size < 2:
        return _NAN
    return 0.0 if no_spread(values, size=size) else float(values.std(ddof=1))


def _true_score(m: _Moments, reliability: float) -> NDArray[np.float64]:
    return m.mean_before + reliability * (m.before - m.mean_before)


def _status(reliability: float, *, sd: float) -> Status:
    if not 0 <= reliability < 1:
        return "no_reliability"
    return "estimated" if sd > 0 else "no_variation"


def _root(variance: float) -> float:
    return float(variance**0.5) if variance > 0 else _NAN


def _classified(
    name: IndexName,
    numerator: NDArray[np.float64],
    *,
    denominator: float,
    status: Status,
    better: Better,
    criterion: float,
) -> ChangeIndex:
    _check_better(better, where=name)
    _check_criterion(criterion, where=name)
    if status != "estimated":
        denominator = _NAN
    index = numerator / denominator
    gain = index if better == "higher" else -index
    classes = np.select(
        [np.isnan(gain), gain > criterion, gain < -criterion],
        ["unknown", "improved", "worse"],
        default="unchanged",
    )
    return ChangeIndex(
        name=name,
        index=index,
        classes=classes,
        criterion=criterion,
        denominator=denominator,
        judges_programme=name != "HLL",
        status=status,
    )


def _check_criterion(criterion: float, *, where: str) -> None:
    if not criterion > 0:
        raise DefinitionError(Problem(where, f"criterion is {criterion}.", "Give a positive number."))


def _check_better(better: str, *, where: str) -> None:
    if better not in ("higher", "lower"):
        raise DefinitionError(
            Problem(where, f"unknown direction {better!r}.", "Choose better='higher' or better='lower'.")
        )
