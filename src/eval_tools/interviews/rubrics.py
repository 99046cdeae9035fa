"""How far coders agree on points: a code that comes with a number, such as a rubric from 0 to 4."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eval_tools.interviews.gathered import Project
from eval_tools.interviews.unit_table import unit_table
from eval_tools.stats.agreement_bootstrap import bootstrap_agreement
from eval_tools.stats.intraclass import intraclass_correlation, rating_components
from eval_tools.tables import RATER_AGREEMENT, check_table

if TYPE_CHECKING:
    import pandas as pd

_NAN = float("nan")


def compare_raters(project: Project, *, rng: int = 1, n_resamples: int = 2_000, ci_level: float = 0.95) -> pd.DataFrame:
    """Estimate how far coders agree on the points of each code that has points, document by document.

    Parameters
    ----------
    project : Project
        A coder's points for a document are the mean of the points he or she gave there; without any they are missing,
        never 0.
    rng, n_resamples, ci_level
        Of the interval of alpha, which draws people.

    Returns
    -------
    DataFrame
        RATER_AGREEMENT; empty if no code has points. Alpha and the correlation for absolute agreement stand beside
        the shares of equal and nearly equal points and each coder's mean, for points of five steps that pile up at
        one end tell little by a correlation.
    """
    import pandas as pd

    documents = unit_table(project, "document") if len(project.codings) else None
    rows: list[dict[str, object]] = []
    for code in dict.fromkeys(project.codings.loc[project.codings["weight"].notna(), "code"]):
        assert documents is not None
        points, coders = _points(project, code, documents.sources, documents.coders)
        known = np.asarray(~np.isnan(points).all(axis=1))
        twice = (~np.isnan(points)).sum(axis=1) >= 2
        people = [p for p, kept in zip(documents.people, known.tolist(), strict=True) if kept]
        some = points[known]
        alpha = bootstrap_agreement(
            some,
            clusters=people,
            coefficients=["krippendorff"],
            weighting="ordinal",
            rng=rng,
            n_resamples=n_resamples,
            ci_level=ci_level,
        ).agreements[0]
        icc, gaps = intraclass_correlation(points, form="A,1", ci_level=ci_level), rating_components(points)
        exact, near, n_pairs = _pairs(points)
        status = "estimated" if n_pairs else "no_pairs"
        shared = {"ci_level": ci_level, "n_people": len(set(people)) if documents.people_known else 0}
        n = int(twice.sum())
        by = alpha.method if documents.people_known else alpha.method.replace("people", "documents")
        for measure, value, low, high, units, method, state in (
            ("alpha_ordinal", alpha.estimate, alpha.ci_low, alpha.ci_high, n, by, str(alpha.status)),
            ("icc_a_1", icc.estimate, icc.ci_low, icc.ci_high, icc.n_units, icc.method, str(icc.status)),
            ("icc_a_1_gaps", gaps.icc_a_1, _NAN, _NAN, n, "REML, no interval", str(gaps.status)),
            ("exact", exact, _NAN, _NAN, n, "no interval", status),
            ("within_one", near, _NAN, _NAN, n, "no interval", status),
        ):
            rows.append(
                {
                    **shared,
                    "code": code,
                    "measure": measure,
                    "coder": "",
                    "estimate": value,
                    "ci_low": low,
                    "ci_high": high,
                    "n_units": units,
                    "method": method,
                    "status": state,
                }
            )
        for coder, given in zip(coders, points.T, strict=True):
            told = given[~np.isnan(given)]
            rows.append(
                {
                    **shared,
                    "code": code,
                    "measure": "mean",
                    "coder": coder,
                    "estimate": float(told.mean()) if told.size else _NAN,
                    "ci_low": _NAN,
                    "ci_high": _NAN,
                    "n_units": int(told.size),
                    "method": "no interval",
                    "status": "estimated" if told.size else "no_pairs",
                }
            )
    return check_table(pd.DataFrame(rows, columns=list(RATER_AGREEMENT.columns)), RATER_AGREEMENT)


def _points(
    project: Project, code: str, sources: tuple[str, ...], coders: tuple[str, ...]
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    mine = project.codings[(project.codings["code"] == code) & project.codings["weight"].notna()]
    means = mine.groupby(["source", "coder"], as_index=False)["weight"].mean()
    points = np.full((len(sources), len(coders)), np.nan)
    columns = (means[name].tolist() for name in ("source", "coder", "weight"))
    for source, coder, value in zip(*columns, strict=True):
        points[sources.index(source), coders.index(coder)] = value
    return points, coders


def _pairs(points: NDArray[np.float64]) -> tuple[float, float, int]:
    """Return the shares of pairs of coders with equal points, and with points at most one apart."""
    apart = np.concatenate(
        [np.abs(points[:, a] - points[:, b]) for a, b in combinations(range(points.shape[1]), 2)] or [np.empty(0)]
    )
    apart = apart[~np.isnan(apart)]
    if not apart.size:
        return _NAN, _NAN, 0
    return float((apart == 0).mean()), float((apart <= 1).mean()), int(apart.size)
