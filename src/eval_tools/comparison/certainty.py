"""How certain an estimate is, by a stated rule, with the reasons that fired.

The rule is our own. It is modelled on the domains that evidence ratings have in common (design, attrition, balance,
precision, measurement, deviations from the plan); it is none of those ratings and never uses their names.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal

Level = Literal["high", "moderate", "low", "very_low"]
LEVELS: tuple[Level, ...] = ("very_low", "low", "moderate", "high")
START: dict[str, Level] = {"randomised": "high", "compared": "low", "single": "very_low"}

WORST_ATTRITION = 0.30
WORST_IMBALANCE = 0.25  # SD; beyond it a baseline difference is too large to adjust away
NOTABLE = 0.2  # SD; a benefit worth noticing, for the rule of precision
FEWEST_SITES = 4
FEWEST_DF = 4.0

REASONS = (
    "not_randomised",
    "single_group",
    "attrition",
    "few_sites",
    "imprecise",
    "imbalance",
    "prior_trend",
    "unreliable",
    "one_site_decides",
    "plan_not_locked",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the rule looks at, for one contrast on one outcome; NaN where something is not known."""

    design: Literal["randomised", "compared", "single"]
    attrition_overall: float  # share of people without a later score
    attrition_high: bool  # beyond the cautious boundary, overall and differential together
    fewest_sites: int | None  # sites in the smaller arm; None in a study without sites
    df: float
    benefit_low: float  # interval in SD, turned so that positive is better
    benefit_high: float
    imbalance: float  # largest baseline difference in SD
    prior_low: float  # interval of the difference in change before the programme, in SD; NaN without two waves then
    prior_high: float
    reliability: float
    reliability_floor: float
    sign_changes: bool  # the estimate changes sign when one site is left out
    plan_locked: bool  # locked before the data of the term were seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Certainty:
    """A level and why it is not higher."""

    level: Level
    reasons: tuple[str, ...]


def rate_certainty(evidence: Evidence) -> Certainty:
    """Rate how certain an estimate is.

    Starts at high for randomised groups, low for other comparison groups and very low for a single group; groups
    that were much alike at the start and moved alike before the programme start at moderate. Each reason takes one
    level, and nothing is below very low. Something unknown counts as a reason.

    Examples
    --------
    >>> rate_certainty(Evidence(design="randomised", attrition_overall=0.1, attrition_high=False, fewest_sites=10,
    ...                         df=18.0, benefit_low=0.1, benefit_high=0.4, imbalance=0.05,
    ...                         prior_low=float("nan"), prior_high=float("nan"), reliability=0.85,
    ...                         reliability_floor=0.7, sign_changes=False, plan_locked=True)).level
    'high'
    """
    reasons = []
    if evidence.attrition_high or not evidence.attrition_overall <= WORST_ATTRITION:
        reasons.append("attrition")
    few = evidence.fewest_sites is not None and evidence.fewest_sites < FEWEST_SITES
    if few or (isfinite(evidence.df) and evidence.df < FEWEST_DF):
        reasons.append("few_sites")
    if not (evidence.benefit_low >= 0 or evidence.benefit_high < NOTABLE):
        reasons.append("imprecise")
    if evidence.design != "single" and not abs(evidence.imbalance) <= WORST_IMBALANCE:
        reasons.append("imbalance")
    if evidence.design == "compared" and not evidence.prior_low <= 0 <= evidence.prior_high:
        reasons += ["prior_trend"] if isfinite(evidence.prior_low) else []
    if not evidence.reliability >= evidence.reliability_floor:
        reasons.append("unreliable")
    if evidence.sign_changes:
        reasons.append("one_site_decides")
    if not evidence.plan_locked:
        reasons.append("plan_not_locked")
    start = LEVELS.index("moderate" if _moved_alike(evidence) else START[evidence.design])
    level = LEVELS[max(0, start - len(reasons))]
    first: tuple[str, ...] = {"randomised": (), "compared": ("not_randomised",), "single": ("single_group",)}[
        evidence.design
    ]
    return Certainty(level=level, reasons=(*first, *reasons))


def _moved_alike(evidence: Evidence) -> bool:
    """Say whether groups not formed by chance were alike at the start and moved alike before, shown narrowly enough."""
    alike = abs(evidence.imbalance) <= WORST_IMBALANCE
    parallel = evidence.prior_low >= -WORST_IMBALANCE and evidence.prior_high <= WORST_IMBALANCE
    return evidence.design == "compared" and alike and parallel
