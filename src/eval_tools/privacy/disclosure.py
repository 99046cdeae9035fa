"""The way out: only what passed here may be published.

========================  =======================================================
``release_estimates``     one estimate a row: results, reliabilities, descriptives
``release_counts``        people counted by group and class
``release_flow``          people who took part, by group and wave
``release_distribution``  histograms without a tail that shows one child
``release_shares``        shares of classes with intervals, of counts released before
``release_sites``         one number per site, without the site
``release_people``        single people, only by a recorded decision
========================  =======================================================

Each takes the study's :class:`DisclosureRule` and returns a :class:`ReleasedTable`, the only thing that
reporting accepts. Each call looks at one table; that two tables published apart cannot be subtracted from
one another is not decided here.
"""

from __future__ import annotations

from eval_tools.privacy.counts import release_counts
from eval_tools.privacy.distribution import release_distribution, release_people
from eval_tools.privacy.estimates import release_estimates
from eval_tools.privacy.flow import release_flow
from eval_tools.privacy.not_read import release_not_read
from eval_tools.privacy.parts import hide_parts
from eval_tools.privacy.rule import DisclosureRule, ReleasedTable
from eval_tools.privacy.shares import release_shares
from eval_tools.privacy.sites import release_sites

__all__ = [
    "DisclosureRule",
    "ReleasedTable",
    "hide_parts",
    "release_counts",
    "release_distribution",
    "release_estimates",
    "release_flow",
    "release_not_read",
    "release_people",
    "release_shares",
    "release_sites",
]
