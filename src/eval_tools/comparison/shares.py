"""Which share of people got better or worse by more than measurement error, with an interval that knows of sites."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eval_tools.comparison.branch import FEWEST_SITES
from eval_tools.comparison.individual import classes_of
from eval_tools.comparison.linked import count_sites, in_sites, link_waves
from eval_tools.comparison.rows import NAN, Contrast, result_row, without_uncertainty
from eval_tools.stats.cluster_robust import cluster_mean_change
from eval_tools.stats.estimate import Estimate, not_estimated
from eval_tools.stats.proportion import wilson_interval
from eval_tools.studies.study import Study

if TYPE_CHECKING:
    import pandas as pd

SHARES = {"share_improved": "improved", "share_worse": "worse"}


def estimate_shares(
    scores: pd.DataFrame,
    participants: pd.DataFrame,
    reliabilities: pd.DataFrame,
    study: Study,
    *,
    wave: str,
    ci_level: float = 0.95,
) -> pd.DataFrame:
    """Estimate which share of each group improved, and which got worse, by more than measurement error.

    Returns
    -------
    DataFrame
        Rows of RESULTS with contrast ``individual``: ``share_improved`` and ``share_worse`` of everybody in the
        group, ``unknown`` included, so that the shares of the four classes add up to one. Where people belong to
        sites the interval is that of the mean of the indicator by CR2, cut at 0 and 1, and there is none with fewer
        than four sites (``needs_sites``) or if no site has anybody, or every site everybody, of the class
        (``no_variation``); else Wilson's. The status of the classes where
        nobody could be classed.
    """
    import pandas as pd

    rows = []
    clustered = in_sites(participants, study)
    for outcome in study.plan.outcomes:
        linked = link_waves(scores, participants, outcome, baseline=study.baseline.id, wave=wave)
        result = classes_of(linked, outcome, reliabilities, study)
        classes = np.array(result.classes, dtype=str)
        for group in [*study.groups, *(["all"] if len(study.groups) > 1 else [])]:
            mine = np.ones(len(linked), dtype=bool) if group == "all" else (linked["group"] == group).to_numpy()
            contrast = Contrast(
                outcome=outcome.id,
                contrast="individual",
                group=group,
                reference="",
                baseline=study.baseline.id,
                wave=wave,
                estimand="share of all people of the group of whom it is known",
                n_sites=count_sites(linked[mine]),
            )
            for name, class_ in SHARES.items():
                count = int((classes[mine] == class_).sum())
                if result.status != "estimated":  # nobody could be classed: that is not a share of zero
                    found = not_estimated(n=0, unit="share", method="share", status=result.status, ci_level=ci_level)
                else:
                    sites = linked.loc[mine, "site"].to_numpy(dtype=str) if clustered else None
                    found = share_of(classes[mine] == class_, sites, ci_level=ci_level)
                rows.append(result_row(contrast, name, found, smallest_count=min(count, int(mine.sum()) - count)))
    return pd.DataFrame(rows)


def share_of(has: NDArray[np.bool_], sites: NDArray[np.str_] | None, *, ci_level: float = 0.95) -> Estimate:
    """Estimate one share: Wilson's interval for people who are independent, CR2 where they belong to sites.

    Examples
    --------
    >>> independent = share_of(np.array([True] * 3 + [False] * 7), None)
    >>> round(independent.ci_low, 3), round(independent.ci_high, 3)
    (0.108, 0.603)
    """
    plain = wilson_interval(int(has.sum()), has.size, ci_level=ci_level)
    if sites is None:
        return plain
    if len(set(sites.tolist()) - {""}) < FEWEST_SITES or (sites == "").any():
        return without_uncertainty(plain)
    found = cluster_mean_change(has.astype(float), sites, ci_level=ci_level).coefficient("mean")
    return replace(
        found,
        unit="share",
        p_value=NAN,
        ci_low=max(found.ci_low, 0.0) if found.ci_low == found.ci_low else NAN,
        ci_high=min(found.ci_high, 1.0) if found.ci_high == found.ci_high else NAN,
        method="share, CR2, Satterthwaite t, cut at 0 and 1",
    )
