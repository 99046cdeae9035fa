"""How far coders agree: one coefficient with its uncertainty, and why something is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Coefficient = Literal["percent", "cohen", "conger", "scott", "fleiss", "krippendorff", "gwet", "brennan_prediger"]
AgreementStatus = Literal[
    "estimated",
    "no_pairs",  # no unit was coded by two coders
    "one_category",  # all values are the same, so agreement beyond chance has no meaning; never 1 or 0
    "no_disagreement",  # the coefficient is 1, and its uncertainty cannot be estimated
    "one_unit",  # one unit coded twice: no interval
    "too_few_clusters",  # too few people for an interval that draws people
    "undefined_resamples",  # too many resamples without a coefficient: a code that hardly anybody's interview holds
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One coefficient of agreement, unrounded; NaN (never 0 or 1) where it cannot be estimated."""

    coefficient: str
    weighting: str  # "identity", "ordinal" ...: how near misses count
    estimate: float
    se: float
    df: float  # NaN for resampled intervals
    ci_low: float
    ci_high: float
    ci_level: float
    observed: float  # observed agreement, near misses counted by their weights
    expected: float  # agreement expected by chance, as this coefficient sees chance; NaN for percent agreement
    n_units: int  # units with a value
    n_coded_twice: int  # of these, units with at least two
    n_coders: int
    n_clusters: int  # people that were drawn; 0 where units were
    n_categories: int  # categories given or found
    method: str  # of the interval
    status: AgreementStatus = "estimated"
