"""Whether so many left, or so unequally many, that the groups compared are no longer those assigned."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from eval_tools.errors import DataError, DefinitionError, Problem
from eval_tools.stats.estimate import Status

Boundary = Literal["cautious", "optimistic"]
AttritionLevel = Literal["low", "high", "unknown"]

_NAN = float("nan")

# Highest differential attrition, in percentage points, that is still low at an overall attrition of 0, 1, 2 … %.
# What Works Clearinghouse, Standards Handbook 4.1, table II.1; beyond the end of a list attrition is high.
CAUTIOUS = (
    5.7, 5.8, 5.9, 5.9, 6.0, 6.1, 6.2, 6.3, 6.3, 6.3, 6.3, 6.2, 6.2, 6.1, 6.0, 5.9, 5.9, 5.8, 5.7, 5.5,
    5.4, 5.3, 5.2, 5.1, 4.9, 4.8, 4.7, 4.5, 4.4, 4.3, 4.1, 4.0, 3.8, 3.6, 3.5, 3.3, 3.2, 3.1, 2.9, 2.8,
    2.6, 2.5, 2.3, 2.1, 2.0, 1.8, 1.6, 1.5, 1.3, 1.2, 1.0, 0.9, 0.7, 0.6, 0.4, 0.3, 0.2, 0.0,
)  # fmt: skip
OPTIMISTIC = (
    10.0, 10.1, 10.2, 10.3, 10.4, 10.5, 10.7, 10.8, 10.9, 10.9, 10.9, 10.9, 10.9, 10.8, 10.8, 10.7, 10.6,
    10.5, 10.3, 10.2, 10.0, 9.9, 9.7, 9.5, 9.4, 9.2, 9.0, 8.8, 8.6, 8.4, 8.2, 8.0, 7.8, 7.6, 7.4, 7.2, 7.0,
    6.7, 6.5, 6.3, 6.0, 5.8, 5.6, 5.3, 5.1, 4.9, 4.6, 4.4, 4.2, 3.9, 3.7, 3.5, 3.2, 3.0, 2.8, 2.6, 2.3, 2.1,
    1.9, 1.6, 1.4, 1.1, 0.9, 0.7, 0.5, 0.3,
)  # fmt: skip
_BOUNDARIES = {"cautious": CAUTIOUS, "optimistic": OPTIMISTIC}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attrition:
    """How many of those assigned are missing from the analysis, as shares."""

    overall: float
    differential: float  # absolute difference of the two groups
    programme: float
    comparison: float
    n_assigned: int
    n_analysed: int
    status: Status = "estimated"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttritionClass:
    """Low or high attrition, and the border it was compared with."""

    level: AttritionLevel
    overall: float
    differential: float
    boundary: Boundary
    highest_low_differential: float  # share; NaN where no differential attrition would be low


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterAttritionClass:
    """Attrition of schools, attrition of children in the schools that stayed, and both together."""

    level: AttritionLevel  # low only if both are low
    schools: AttritionClass
    children: AttritionClass


def count_attrition(
    *, assigned_programme: int, analysed_programme: int, assigned_comparison: int, analysed_comparison: int
) -> Attrition:
    """Find out which share of those assigned is missing from the analysis, overall and unequally.

    Count schools, or children: children of the schools that stayed, so that a school that left is not
    counted twice.

    Parameters
    ----------
    assigned_programme, assigned_comparison : int
        How many were assigned (or enrolled) to each group at the start.
    analysed_programme, analysed_comparison : int
        How many of them are in the analysis.

    Returns
    -------
    Attrition
        As shares; ``too_few_people`` and NaN if nobody was assigned to a group.

    Raises
    ------
    DataError
        Unless 0 <= analysed <= assigned in both groups.

    Notes
    -----
    What Works Clearinghouse: overall 1 − (r_T+r_C)/(n_T+n_C), differential |a_T − a_C|.

    Examples
    --------
    >>> lost = count_attrition(assigned_programme=100, analysed_programme=90,
    ...                        assigned_comparison=100, analysed_comparison=80)
    >>> round(lost.overall, 2), round(lost.differential, 2)
    (0.15, 0.1)
    """
    for assigned, analysed in (
        (assigned_programme, analysed_programme),
        (assigned_comparison, analysed_comparison),
    ):
        if not 0 <= analysed <= assigned:
            raise DataError(
                Problem(
                    "count_attrition",
                    f"{analysed} analysed of {assigned} assigned is not possible.",
                    "Count only those analysed who were assigned.",
                )
            )
    n, r = assigned_programme + assigned_comparison, analysed_programme + analysed_comparison
    if not assigned_programme or not assigned_comparison:
        return Attrition(
            overall=_NAN,
            differential=_NAN,
            programme=_NAN,
            comparison=_NAN,
            n_assigned=n,
            n_analysed=r,
            status="too_few_people",
        )
    a_T = (assigned_programme - analysed_programme) / assigned_programme
    a_C = (assigned_comparison - analysed_comparison) / assigned_comparison
    return Attrition(
        overall=(n - r) / n, differential=abs(a_T - a_C), programme=a_T, comparison=a_C, n_assigned=n, n_analysed=r
    )


def attrition_boundary(overall: float, boundary: Boundary) -> float:
    """Look up how unequal attrition may be while it is still called low.

    Parameters
    ----------
    overall : float
        Overall attrition, a share from 0 to 1.
    boundary : {"cautious", "optimistic"}
        How strongly leaving is assumed to be related to the outcome.

    Returns
    -------
    float
        Differential attrition, as a share; NaN beyond the table, where attrition is high whatever the
        difference.

    Raises
    ------
    DefinitionError
        If the share lies outside 0 to 1 (15 instead of 0.15), or ``boundary`` is another word.

    Notes
    -----
    What Works Clearinghouse, Standards Handbook 4.1, table II.1: published numbers for whole percentages.
    Between two of them the smaller counts, so that nothing is low that is high at a neighbour.

    Examples
    --------
    >>> attrition_boundary(0.30, "cautious"), attrition_boundary(0.30, "optimistic")
    (0.041, 0.082)
    """
    if boundary not in _BOUNDARIES:
        raise DefinitionError(
            Problem(
                "attrition_boundary",
                f"unknown boundary {boundary!r}.",
                "Choose boundary='cautious' or boundary='optimistic'.",
            )
        )
    _check_share(overall, name="overall")
    if math.isnan(overall):
        return _NAN
    table, percent = _BOUNDARIES[boundary], round(100 * overall, 9)
    neighbours = (math.floor(percent), math.ceil(percent))
    if neighbours[1] >= len(table):
        return _NAN
    return round(min(table[i] for i in neighbours) / 100, 6)


def classify_attrition(overall: float, differential: float, boundary: Boundary = "cautious") -> AttritionClass:
    """Say whether attrition is low or high by the published WWC boundary.

    Parameters
    ----------
    overall, differential : float
        Shares from 0 to 1; the sign of the difference does not matter. NaN if unknown.
    boundary : {"cautious", "optimistic"}
        Cautious unless a protocol said otherwise beforehand: families who move away may well be those whose
        children fare worse.

    Returns
    -------
    AttritionClass
        ``high`` beyond the end of the table; ``unknown`` if a share is NaN.

    Raises
    ------
    DefinitionError
        If a share lies outside its range, or ``boundary`` is another word.

    Notes
    -----
    Made for randomised groups. Where schools chose to take part, baseline equivalence of those analysed
    decides, and this class is only shown beside it.

    Examples
    --------
    >>> classify_attrition(0.30, 0.06).level, classify_attrition(0.30, 0.06, "optimistic").level
    ('high', 'low')
    """
    _check_share(abs(differential), name="differential")
    border = attrition_boundary(overall, boundary)
    level: AttritionLevel = "high"
    if math.isnan(overall) or math.isnan(differential):
        level = "unknown"
    elif round(abs(differential), 9) <= border:
        level = "low"
    return AttritionClass(
        level=level,
        overall=overall,
        differential=differential,
        boundary=boundary,
        highest_low_differential=border,
    )


def classify_cluster_attrition(
    schools: Attrition, children: Attrition, boundary: Boundary = "cautious"
) -> ClusterAttritionClass:
    """Say whether attrition is low where schools were assigned: it must be low for schools and for children.

    Parameters
    ----------
    schools, children : Attrition
        From :func:`count_attrition`; children of the schools that stayed.
    boundary : {"cautious", "optimistic"}
        See :func:`classify_attrition`.

    Returns
    -------
    ClusterAttritionClass
        ``high`` if either is high, else ``unknown`` if either is.

    Raises
    ------
    DefinitionError
        If ``boundary`` is another word.

    Notes
    -----
    What Works Clearinghouse, standards for studies in which clusters are assigned.

    Examples
    --------
    >>> schools = count_attrition(assigned_programme=10, analysed_programme=10,
    ...                           assigned_comparison=10, analysed_comparison=10)
    >>> children = count_attrition(assigned_programme=300, analysed_programme=290,
    ...                            assigned_comparison=300, analysed_comparison=240)
    >>> classify_cluster_attrition(schools, children).level
    'high'
    """
    parts = [classify_attrition(a.overall, a.differential, boundary) for a in (schools, children)]
    levels = [part.level for part in parts]
    level: AttritionLevel = "high" if "high" in levels else "unknown" if "unknown" in levels else "low"
    return ClusterAttritionClass(level=level, schools=parts[0], children=parts[1])


def _check_share(value: float, *, name: str) -> None:
    if value < 0 or value > 1:
        raise DefinitionError(
            Problem("classify_attrition", f"'{name}' is {value}.", "Give a share from 0 to 1, such as 0.15.")
        )
