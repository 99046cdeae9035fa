"""Which estimator the design deserves: decided from the study and the number of sites, and explained.

Sites, not people, carry the information about a programme that whole sites got: with few of them the usual tools
reject a true null far too often. The branch says what may be claimed and what is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from eval_tools.studies.study import Assignment

FEWEST_SITES = 4  # in all, for any interval; and per arm, for a claim that does not assume equal variances
FEWEST_DF = 4.0  # Satterthwaite degrees of freedom below which CR2 makes no claim (Pustejovsky & Tipton 2018)
FEWEST_RANDOMISED = 8  # sites below which a mixed model leaves the first word to the site means
FEWEST_FLIPPED = 6  # sites below which 2**sites sign patterns cannot reach 5 %

BranchId = Literal[
    "people_single",
    "people_randomised",
    "people_compared",
    "people_randomised_within_sites",
    "sites_single",
    "sites_compared",
    "sites_few",
    "sites_randomised",
    "sites_randomised_few",
    "sites_describe",
    "nobody",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One branch of the decision tree, with the estimators it takes.

    ``primary`` gives the estimate and its interval; a verdict needs every one of ``admissible`` (the least
    favourable decides); ``alongside`` is shown beside them. ``refused`` names what is not given, and why.
    """

    id: BranchId
    primary: str
    admissible: tuple[str, ...]
    alongside: tuple[str, ...] = ()
    claims: bool = True  # whether a verdict other than "unclear" is possible at all
    refused: tuple[str, ...] = ()


def choose_branch(
    assignment: Assignment,
    *,
    has_sites: bool,
    sites_programme: int,
    sites_comparison: int | None,
    n_people: int,
    sites_in_all: int | None = None,
) -> Branch:
    """Choose how one contrast is estimated.

    Parameters
    ----------
    assignment : Assignment
        Who was given to a group, and whether by chance.
    has_sites : bool
        Whether people belong to sites.
    sites_programme, sites_comparison : int
        Sites with people who answered at both waves, per arm; ``None`` for a single group.
    n_people : int
        People who answered at both waves, in the arms concerned.
    sites_in_all : int, optional
        Different sites of both arms together: fewer than the sum where sites have people of both.

    Examples
    --------
    >>> whole_sites = Assignment(unit="site", randomised=False)
    >>> choose_branch(whole_sites, has_sites=True, sites_programme=6, sites_comparison=6, n_people=300).id
    'sites_compared'
    >>> choose_branch(whole_sites, has_sites=True, sites_programme=1, sites_comparison=6, n_people=300).refused
    ('one_site_in_an_arm',)
    """
    if n_people == 0 and has_sites:
        return Branch(id="nobody", primary="mean_only", admissible=(), claims=False, refused=("nobody_asked_twice",))
    if has_sites and not sites_programme and not sites_comparison:
        return _describe("sites_unknown")
    if not has_sites:
        return _people(assignment, single=sites_comparison is None)
    if sites_comparison is None:
        return _single(sites_programme)
    if assignment.unit == "participant":
        in_all = sites_programme + sites_comparison if sites_in_all is None else sites_in_all
        return _within_sites(assignment, in_all)
    return _whole_sites(assignment, sites_programme, sites_comparison)


def _people(assignment: Assignment, *, single: bool) -> Branch:
    if single:
        return Branch(id="people_single", primary="paired_t", admissible=("paired_t",))
    if assignment.unit == "site":  # whole sites were assigned, but nobody says who belongs to which
        return _describe("sites_unknown")
    if assignment.randomised:
        return Branch(
            id="people_randomised",
            primary="ancova_hc3",
            admissible=("ancova_hc3",),
            alongside=("change_difference",),
        )
    return Branch(
        id="people_compared",
        primary="change_difference",
        admissible=("change_difference", "ancova_hc3"),
        alongside=("ancova_hc3",),
    )


def _describe(reason: str) -> Branch:
    return Branch(id="sites_describe", primary="mean_only", admissible=(), claims=False, refused=(reason,))


def _single(sites: int) -> Branch:
    if sites < FEWEST_SITES:
        return _describe("fewer_than_four_sites")
    if sites < FEWEST_FLIPPED:
        return Branch(
            id="sites_single", primary="cr2_change", admissible=(), claims=False, refused=("too_few_sites_for_a_claim",)
        )
    return Branch(id="sites_single", primary="cr2_change", admissible=("cr2_change", "sign_flip"))


def _within_sites(assignment: Assignment, sites: int) -> Branch:
    if sites < FEWEST_SITES:
        return _describe("fewer_than_four_sites")
    return Branch(
        id="people_randomised_within_sites",
        primary="cr2_ancova",
        admissible=("cr2_ancova",),
        alongside=("cr2_difference",),
        claims=assignment.randomised,
        refused=() if assignment.randomised else ("not_by_chance",),
    )


def _whole_sites(assignment: Assignment, programme: int, comparison: int) -> Branch:
    fewest, total = min(programme, comparison), programme + comparison
    if fewest < 2:
        return _describe("one_site_in_an_arm")
    if total < FEWEST_SITES:
        return _describe("fewer_than_four_sites")
    if assignment.randomised:
        if total < FEWEST_RANDOMISED or fewest < FEWEST_SITES:
            return Branch(
                id="sites_randomised_few",
                primary="site_means_ancova" if total >= 6 else "site_means",
                admissible=(),
                alongside=("site_means_ancova", "site_means", "randomisation_ancova"),
                claims=False,  # four in each arm would be eight in all
                refused=("too_few_sites_for_a_claim",),
            )
        return Branch(
            id="sites_randomised",
            primary="mixed_ancova",
            admissible=("mixed_ancova", "randomisation_ancova"),
            alongside=("cr2_ancova", "site_means_ancova"),
        )
    if fewest < FEWEST_SITES:
        return Branch(
            id="sites_few",
            primary="site_means",
            admissible=(),
            alongside=("placebo_permutation",),
            claims=False,
            refused=("too_few_sites_for_a_claim",),
        )
    return Branch(
        id="sites_compared",
        primary="cr2_difference",
        admissible=("cr2_difference", "wild_bootstrap", "placebo_permutation"),
        alongside=("cr2_ancova",),
    )
