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
FEWEST_LINKED = 0.5  # share linked below which the change of the linked ones stands for nobody else

BranchId = Literal[
    "people_single",
    "people_randomised",
    "people_compared",
    "people_randomised_within_sites",
    "sites_single",
    "sites_single_waves",
    "sites_compared",
    "sites_compared_waves",
    "sites_few",
    "sites_randomised",
    "sites_randomised_few",
    "sites_describe",
    "cross_sections",
    "nobody",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One branch of the decision tree, with the estimators it takes.

    ``primary`` gives the estimate, its interval and the verdict, which every one of ``checks`` can withhold: a
    check must be about as unlikely under "nothing happened", if at twice the level (see ``least_favourable_p``).
    ``alongside`` is shown beside them. ``refused`` names what is not given, and why.
    """

    id: BranchId
    primary: str
    checks: tuple[str, ...] = ()
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
    n_waves: int = 2,
    share_linked: float = 1.0,
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
    n_waves : int
        Occasions up to the later one at which both arms have scores.
    share_linked : float
        People who answered at both waves, of those who answered at the wave with fewer answers.

    Examples
    --------
    >>> whole_sites = Assignment(unit="site", randomised=False)
    >>> choose_branch(whole_sites, has_sites=True, sites_programme=6, sites_comparison=6, n_people=300).id
    'sites_compared'
    >>> choose_branch(whole_sites, has_sites=True, sites_programme=1, sites_comparison=6, n_people=300).refused
    ('one_site_in_an_arm',)
    """
    if n_people == 0 and has_sites:
        return Branch(id="nobody", primary="mean_only", claims=False, refused=("nobody_asked_twice",))
    if share_linked < FEWEST_LINKED:
        return Branch(id="cross_sections", primary="mean_only", claims=False, refused=("fewer_than_half_linked",))
    if has_sites and not sites_programme and not sites_comparison:
        return _describe("sites_unknown")
    if not has_sites:
        return _people(assignment, single=sites_comparison is None)
    if sites_comparison is None:
        return _single(sites_programme, n_waves)
    if assignment.unit == "participant":
        in_all = sites_programme + sites_comparison if sites_in_all is None else sites_in_all
        return _within_sites(assignment, in_all)
    return _whole_sites(assignment, sites_programme, sites_comparison, n_waves)


def _people(assignment: Assignment, *, single: bool) -> Branch:
    if single:
        return Branch(id="people_single", primary="paired_t")
    if assignment.unit == "site":  # whole sites were assigned, but nobody says who belongs to which
        return _describe("sites_unknown")
    if assignment.randomised:
        return Branch(
            id="people_randomised",
            primary="ancova_hc3",
            alongside=("change_difference",),
        )
    return Branch(
        id="people_compared",
        primary="change_difference",
        checks=("ancova_hc3",),
    )


def _describe(reason: str) -> Branch:
    return Branch(id="sites_describe", primary="mean_only", claims=False, refused=(reason,))


def _single(sites: int, n_waves: int) -> Branch:
    if sites < FEWEST_SITES:
        return _describe("fewer_than_four_sites")
    if sites < FEWEST_FLIPPED:
        return Branch(id="sites_single", primary="cr2_change", claims=False, refused=("too_few_sites_for_a_claim",))
    if n_waves > 2:
        return Branch(
            id="sites_single_waves", primary="waves_change", checks=("sign_flip",), alongside=("cr2_change", "growth")
        )
    return Branch(id="sites_single", primary="cr2_change", checks=("sign_flip",))


def _within_sites(assignment: Assignment, sites: int) -> Branch:
    if sites < FEWEST_SITES:
        return _describe("fewer_than_four_sites")
    return Branch(
        id="people_randomised_within_sites",
        primary="cr2_ancova",
        alongside=("cr2_difference",),
        claims=assignment.randomised,
        refused=() if assignment.randomised else ("not_by_chance",),
    )


def _whole_sites(assignment: Assignment, programme: int, comparison: int, n_waves: int) -> Branch:
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
                alongside=("site_means_ancova", "site_means", "randomisation_ancova"),
                claims=False,  # four in each arm would be eight in all
                refused=("too_few_sites_for_a_claim",),
            )
        return Branch(
            id="sites_randomised",
            primary="mixed_ancova",
            checks=("randomisation_ancova", "cr2_ancova"),
            alongside=("site_means_ancova",),
        )
    if fewest < FEWEST_SITES:
        return Branch(
            id="sites_few",
            primary="site_means",
            alongside=("placebo_permutation",),
            claims=False,
            refused=("too_few_sites_for_a_claim",),
        )
    if n_waves > 2:
        return Branch(
            id="sites_compared_waves",
            primary="waves_difference",
            checks=("collapsed_difference",),
            alongside=("cr2_difference", "placebo_permutation", "cr2_ancova"),
        )
    return Branch(
        id="sites_compared",
        primary="cr2_difference",
        checks=("wild_bootstrap", "placebo_permutation"),
        alongside=("cr2_ancova",),
    )
