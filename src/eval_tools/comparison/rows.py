"""Turn one estimate into one row of RESULTS."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from eval_tools.stats.estimate import Estimate
from eval_tools.stats.multiplicity import benjamini_hochberg, holm
from eval_tools.studies.study import Outcome

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """What an estimate is about."""

    outcome: str
    contrast: str
    group: str
    reference: str
    baseline: str
    wave: str
    estimand: str
    n_sites: int


def result_row(
    contrast: Contrast,
    estimator: str,
    estimate: Estimate,
    *,
    smallest_count: int | None = None,
    role: str = "detail",
    branch: str = "",
    site: str = "all",
) -> dict[str, object]:
    """Word one estimate of one contrast as a row of RESULTS."""
    return {
        "outcome": contrast.outcome,
        "contrast": contrast.contrast,
        "group": contrast.group,
        "reference": contrast.reference,
        "baseline": contrast.baseline,
        "wave": contrast.wave,
        "estimator": estimator,
        "role": role,
        "branch": branch,
        "subgroup": "all",
        "site": site,
        "estimand": contrast.estimand,
        "estimate": estimate.estimate,
        "ci_low": estimate.ci_low,
        "ci_high": estimate.ci_high,
        "ci_level": estimate.ci_level,
        "se": estimate.se,
        "df": estimate.df,
        "p_value": estimate.p_value,
        "p_adjusted": NAN,
        "n": estimate.n,
        "n_sites": contrast.n_sites,
        "smallest_count": estimate.n if smallest_count is None else smallest_count,
        "unit": estimate.unit,
        "standardiser": estimate.standardiser,
        "method": estimate.method,
        "status": estimate.status,
    }


def without_uncertainty(estimate: Estimate) -> Estimate:
    """Keep the number, withdraw interval and p value: people of one site are alike, and no rule here says how much.

    The interval of independent people would be too narrow, the p value too small. Where there is no number to
    keep, the reason stays.
    """
    return replace(  # type: ignore[no-any-return, unused-ignore]
        estimate,
        se=NAN,
        df=NAN,
        ci_low=NAN,
        ci_high=NAN,
        p_value=NAN,
        status=estimate.status if math.isnan(estimate.estimate) else "needs_sites",  # type: ignore[arg-type]
    )


def adjust_family(
    rows: pd.DataFrame, family: pd.Series, p_values: Sequence[float], outcomes: Sequence[Outcome]
) -> pd.DataFrame:
    """Adjust for the number of contrasts: Holm over the primary outcomes, Benjamini–Hochberg over the secondary ones.

    ``p_values`` belong to the rows where ``family`` is true, in their order; a missing one is no question asked.
    """
    found = np.array(p_values, dtype=float)
    adjusted = np.full(found.size, NAN)
    mine = rows.loc[family, "outcome"].to_numpy()
    for rank, adjust in (("primary", holm), ("secondary", benjamini_hochberg)):
        of_rank = np.isin(mine, [outcome.id for outcome in outcomes if outcome.rank == rank])
        if of_rank.any():
            adjusted[of_rank] = adjust(found[of_rank])
    rows.loc[family, "p_adjusted"] = adjusted
    return rows
