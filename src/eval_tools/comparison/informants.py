"""Whether several informants see the same: never averaged, set side by side."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING

from eval_tools.comparison.linked import count_sites, in_sites, link_waves
from eval_tools.comparison.rows import Contrast, result_row, without_uncertainty
from eval_tools.instruments.instrument import Instrument
from eval_tools.stats.correlation import correlation
from eval_tools.studies.constructs import side_by_side
from eval_tools.studies.study import Study

if TYPE_CHECKING:
    import pandas as pd


def compare_informants(
    scores: pd.DataFrame,
    participants: pd.DataFrame,
    study: Study,
    instruments: Mapping[str, Instrument],
    *,
    wave: str,
    ci_level: float = 0.95,
) -> pd.DataFrame:
    """Correlate, at the baseline, what every two informants say about one construct.

    Returns
    -------
    DataFrame
        Rows of RESULTS with contrast ``agreement`` and estimator ``pearson``; ``outcome`` and ``reference`` are the
        two outcomes. Where people belong to sites the number stands without an interval. Empty if every construct
        has one informant.
    """
    import pandas as pd

    rows = []
    for construct in side_by_side(study, instruments):
        linked = {
            outcome.id: link_waves(scores, participants, outcome, baseline=study.baseline.id, wave=wave)
            for outcome in construct
        }
        for one, other in combinations(construct, 2):
            first, second = linked[one.id], linked[other.id]
            found = correlation(first["before"].to_numpy(), second["before"].to_numpy(), ci_level=ci_level)
            both = first[first["before"].notna() & second["before"].notna()]
            contrast = Contrast(
                outcome=one.id,
                contrast="agreement",
                group="all",
                reference=other.id,
                baseline=study.baseline.id,
                wave=wave,
                estimand="correlation of the scores that two informants gave the same people before",
                n_sites=count_sites(both),
            )
            clustered = in_sites(participants, study)
            rows.append(result_row(contrast, "pearson", without_uncertainty(found) if clustered else found))
    return pd.DataFrame(rows)
