"""RESPONSES -> RELIABILITIES: alpha and omega of every scale at every wave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from eval_tools.instruments.instrument import Instrument
from eval_tools.instruments.key import item_points
from eval_tools.scoring.score import answer_matrix
from eval_tools.stats.alpha_bootstrap import bootstrap_alpha
from eval_tools.stats.estimate import Estimate
from eval_tools.stats.reliability import cronbach_alpha, mcdonald_omega
from eval_tools.stats.streams import Rng
from eval_tools.tables import RELIABILITIES, check_table

if TYPE_CHECKING:
    import pandas as pd


def estimate_reliabilities(
    responses: pd.DataFrame,
    instruments: Mapping[str, Instrument],
    *,
    ci_level: float = 0.95,
    rng: Rng | None = None,
) -> pd.DataFrame:
    """Estimate how consistently the items of each scale were answered, wave by wave.

    Parameters
    ----------
    responses : DataFrame
        RESPONSES; people with a missing item of the scale do not enter its coefficient.
    instruments : mapping of id to Instrument
    ci_level : float
    rng : Generator or int, optional
        Given one, people are drawn again for a second interval of alpha, ``alpha_bootstrap``: that of alpha is
        exact for parallel normal items only, and few questionnaires have them.

    Returns
    -------
    DataFrame
        RELIABILITIES. Scales made of other scales have no coefficient of their own here.
    """
    import pandas as pd

    coefficients: dict[str, Callable[..., Estimate]] = {"alpha": cronbach_alpha, "omega": mcdonald_omega}
    if rng is not None:
        draws = np.random.default_rng(rng)  # moves on from scale to scale
        coefficients["alpha_bootstrap"] = lambda x, ci_level: bootstrap_alpha(x, rng=draws, ci_level=ci_level).estimate
    rows = []
    for name, instrument in instruments.items():
        answers = answer_matrix(responses, instrument)
        for (wave, informant), form in answers.groupby(level=["wave", "informant"], sort=False):
            for scale in instrument.scales.values():
                if not scale.items:
                    continue
                codes = form[list(scale.items)].to_numpy(dtype=float)
                keyed = np.ascontiguousarray(item_points(instrument, scale, codes))
                for coefficient, estimate in coefficients.items():
                    found = estimate(keyed, ci_level=ci_level)
                    rows.append(
                        {
                            "wave": wave,
                            "informant": informant,
                            "instrument": name,
                            "scale": scale.id,
                            "coefficient": coefficient,
                            "estimate": found.estimate,
                            "ci_low": found.ci_low,
                            "ci_high": found.ci_high,
                            "ci_level": ci_level,
                            "n": found.n,
                            "n_items": len(scale.items),
                            "method": found.method,
                            "status": found.status,
                        }
                    )
    table = pd.DataFrame(rows, columns=list(RELIABILITIES.columns))
    return check_table(table.sort_values(list(RELIABILITIES.key), ignore_index=True), RELIABILITIES)
