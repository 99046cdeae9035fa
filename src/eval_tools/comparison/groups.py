"""How far each programme group ended from the comparison group, at equal scores before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eval_tools.comparison.linked import count_sites, in_sites, link_waves
from eval_tools.comparison.rows import NAN, Contrast, result_row, without_uncertainty
from eval_tools.stats.adjusted_effect import standardised_adjusted_difference
from eval_tools.stats.ancova import Ancova, ancova
from eval_tools.stats.estimate import Estimate, not_estimated
from eval_tools.stats.multiplicity import benjamini_hochberg, holm
from eval_tools.studies.study import Outcome, Study

if TYPE_CHECKING:
    import pandas as pd


def compare_groups(
    scores: pd.DataFrame,
    participants: pd.DataFrame,
    study: Study,
    *,
    wave: str,
    ci_level: float = 0.95,
) -> pd.DataFrame:
    """Compare every programme group with the comparison group on every outcome.

    Returns
    -------
    DataFrame
        Rows of RESULTS with contrast ``difference``; empty in a single-group study. Estimators:
        ``ancova_hc3`` (points, at equal scores before), ``ancova_hc3_simultaneous`` (the same with the
        interval widened for the number of primary contrasts, Bonferroni) and ``ancova_g`` (standardised by
        the pooled SD before). ``p_adjusted`` is Holm's over all contrasts of the primary outcomes and
        Benjamini–Hochberg's over those of the secondary ones.
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    reference = study.comparison
    if reference is None:
        return pd.DataFrame(rows)
    clustered = in_sites(participants, study)
    n_contrasts = len(study.programme_groups) * sum(o.rank == "primary" for o in study.plan.outcomes)
    wide_level = 1 - (1 - ci_level) / max(n_contrasts, 1)
    for outcome in study.plan.outcomes:
        linked = link_waves(scores, participants, outcome, baseline=study.baseline.id, wave=wave)
        model = _model(linked, reference.id, ci_level)
        wide = _model(linked, reference.id, wide_level)
        sd_before = _pooled_sd(linked)
        for group in study.programme_groups:
            contrast = Contrast(
                outcome=outcome.id,
                contrast="difference",
                group=group.id,
                reference=reference.id,
                baseline=study.baseline.id,
                wave=wave,
                estimand="mean score after in the group minus that in the reference group, at equal scores before, "
                "among people who answered at both waves",
                n_sites=count_sites(linked.dropna(subset=["before", "after"])),
            )
            n_smallest = _smallest(linked, group.id, reference.id)
            points = _difference(model, group.id, ci_level)
            found = {
                "ancova_hc3": points,
                "ancova_hc3_simultaneous": _difference(wide, group.id, wide_level),
                "ancova_g": standardised_adjusted_difference(points, sd=sd_before),
            }
            for estimator, estimate in found.items():
                rows.append(
                    result_row(
                        contrast,
                        estimator,
                        without_uncertainty(estimate) if clustered else estimate,
                        smallest_count=n_smallest,
                    )
                )
    return _adjust(pd.DataFrame(rows), study.plan.outcomes)


def _model(linked: pd.DataFrame, reference: str, ci_level: float) -> Ancova | None:
    if not (linked["group"] == reference).any():
        return None
    return ancova(
        linked["before"].to_numpy(),
        linked["after"].to_numpy(),
        linked["group"].to_numpy(dtype=str),
        reference=reference,
        ci_level=ci_level,
    )


def _difference(model: Ancova | None, group: str, ci_level: float) -> Estimate:
    if model is None or group not in model.groups:
        return not_estimated(
            n=0, unit="scale points", method="ANCOVA, HC3, t", status="too_few_people", ci_level=ci_level
        )
    return model.difference(group)


def _pooled_sd(linked: pd.DataFrame) -> float:
    """Pool the SD before within groups, over everybody with a score before."""
    before = linked.dropna(subset=["before"]).groupby("group")["before"]
    df = before.count() - 1
    return float(np.sqrt((before.var() * df).sum() / df.sum())) if df.sum() > 0 else NAN


def _smallest(linked: pd.DataFrame, group: str, reference: str) -> int:
    paired = linked.dropna(subset=["before", "after"])["group"]
    return int(min((paired == group).sum(), (paired == reference).sum()))


def _adjust(rows: pd.DataFrame, outcomes: tuple[Outcome, ...]) -> pd.DataFrame:
    main = rows["estimator"] == "ancova_hc3"
    for rank, adjust in (("primary", holm), ("secondary", benjamini_hochberg)):
        names = [outcome.id for outcome in outcomes if outcome.rank == rank]
        family = main & rows["outcome"].isin(names)
        if family.any():
            rows.loc[family, "p_adjusted"] = adjust(rows.loc[family, "p_value"].to_numpy(dtype=float))
    return rows
