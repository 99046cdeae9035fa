"""Who changed more than measurement error explains: the reliable change of Jacobson and Truax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DefinitionError, Problem
from eval_tools.stats.estimate import Status, check_equal_lengths, column

Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReliableChange:
    """One index and one class per person, and the errors of measurement they rest on."""

    index: NDArray[np.float64]  # (after - before)/S_diff; NaN if a score is missing
    classes: NDArray[np.str_]  # improved, unchanged, worse, unknown
    standard_error_measurement: float  # S_E, scale points
    standard_error_difference: float  # S_diff, scale points
    smallest_reliable_change: float  # scale points that a reliable change must exceed
    status: Status = "estimated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoffs:
    """The three borders between the clinical and the functional population, in scale points."""

    a: float  # two SD beyond the clinical mean, towards better
    b: float  # two SD short of the functional mean
    c: float  # equally likely in both populations


def reliable_change(
    before: ArrayLike,
    after: ArrayLike,
    *,
    reliability: float,
    sd_before: float,
    better: Better,
    criterion: float = 1.959963984540054,
) -> ReliableChange:
    """Classify every person: whether the score moved by more than measurement error explains.

    Parameters
    ----------
    before, after : array_like, shape (participants,)
        Scores of the same people in the same order, in scale points; NaN where missing.
    reliability : float
        Reliability of the scale, 0 <= r < 1: internal consistency, not the correlation between
        the two occasions, in which change itself counts as error.
    sd_before : float
        SD of the scores before, in scale points.
    better : {"higher", "lower"}
        Which direction is an improvement.
    criterion : float
        The index must exceed it, in either direction. With the default, 2.5 % of people who did not
        change are called improved and 2.5 % worse.

    Returns
    -------
    ReliableChange
        Nobody is dropped: a person with a missing score is ``unknown``. ``no_reliability`` or
        ``no_variation`` if reliability or SD cannot be used: then everybody is ``unknown``.

    Raises
    ------
    DataError
        If the two differ in length.
    DefinitionError
        If ``better`` is another word, or ``criterion`` is not positive.

    Notes
    -----
    Jacobson & Truax (1991), Journal of Consulting and Clinical Psychology 59, 12–19:
    S_E = s₁·√(1−r), S_diff = √2·S_E.

    Examples
    --------
    >>> change = reliable_change([32.5], [47.5], reliability=0.80, sd_before=7.5, better="higher")
    >>> round(float(change.index[0]), 2), str(change.classes[0])
    (3.16, 'improved')
    """
    x1 = column(before, where="reliable_change", name="before")
    x2 = column(after, where="reliable_change", name="after")
    check_equal_lengths(x1.size, x2.size, where="reliable_change")
    _check_better(better, where="reliable_change")
    if not criterion > 0:
        raise DefinitionError(Problem("reliable_change", f"criterion is {criterion}.", "Give a positive number."))
    status: Status = "estimated"
    if not 0 <= reliability < 1:
        status = "no_reliability"
    elif not sd_before > 0:
        status = "no_variation"
    S_E = float(sd_before * (1 - reliability) ** 0.5) if status == "estimated" else float("nan")
    S_diff = 2**0.5 * S_E
    index = (x2 - x1) / S_diff
    gain = index if better == "higher" else -index
    classes = np.select(
        [np.isnan(gain), gain > criterion, gain < -criterion],
        ["unknown", "improved", "worse"],
        default="unchanged",
    )
    return ReliableChange(
        index=index,
        classes=classes,
        standard_error_measurement=S_E,
        standard_error_difference=S_diff,
        smallest_reliable_change=criterion * S_diff,
        status=status,
    )


def clinical_cutoffs(
    mean_clinical: float,
    sd_clinical: float,
    mean_functional: float,
    sd_functional: float,
    better: Better,
) -> Cutoffs:
    """Find the scores at which a person leaves the clinical and joins the functional population.

    Parameters
    ----------
    mean_clinical, sd_clinical, mean_functional, sd_functional : float
        Mean and SD of the two populations, in scale points.
    better : {"higher", "lower"}
        Which direction is an improvement.

    Returns
    -------
    Cutoffs
        In scale points; NaN where a number it needs is missing.

    Raises
    ------
    DefinitionError
        If ``better`` is another word.

    Notes
    -----
    Jacobson & Truax (1991): a = M₁ ± 2s₁, b = M₀ ∓ 2s₀ (the *functional* SD), c = (s₀M₁+s₁M₀)/(s₀+s₁).

    Examples
    --------
    >>> clinical_cutoffs(40, 7.5, 60, 7.5, "higher")
    Cutoffs(a=55.0, b=45.0, c=50.0)
    """
    _check_better(better, where="clinical_cutoffs")
    towards_better = 1 if better == "higher" else -1
    spread = sd_functional + sd_clinical
    weighted = sd_functional * mean_clinical + sd_clinical * mean_functional
    return Cutoffs(
        a=float(mean_clinical + towards_better * 2 * sd_clinical),
        b=float(mean_functional - towards_better * 2 * sd_functional),
        c=float(weighted / spread) if spread > 0 else float("nan"),
    )


def _check_better(better: str, *, where: str) -> None:
    if better not in ("higher", "lower"):
        raise DefinitionError(
            Problem(where, f"unknown direction {better!r}.", "Choose better='higher' or better='lower'.")
        )
