"""Analytic standard errors of coefficients of agreement: what each unit, or each person, adds to the coefficient."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eval_tools.stats.agreement_ratings import Ratings
from eval_tools.stats.agreement_sums import UnitSums

Floats = NDArray[np.float64]


def unit_pushes(
    ratings: Ratings, sums: UnitSums, name: str, *, estimate: float, observed: float, expected: float
) -> Floats:
    """Return how far each unit pushes a coefficient, centred on 0; the variance is Σ push²/(n(n - 1)).

    Notes
    -----
    Gwet (2014), Handbook of Inter-Rater Reliability, 4th ed., chapters 2, 5 and 6, units random and coders fixed; alpha
    as in R irrCAC 1.4. Units with one value count for the shares of the categories, not for alpha, from which they are
    left out. Krippendorff's rank distances are taken as given.
    """
    q = len(ratings.categories)
    rows, weights = sums.rows, sums.weights
    twice = rows[:, 0] > 0
    if name == "krippendorff":
        return _alpha_pushes(rows[twice], weights, sums.agreement_column)
    n, n_twice = len(rows), int(twice.sum())
    agreed = n / n_twice * np.where(twice, rows[:, 1], 0.0)
    if name == "percent":
        return agreed - observed
    kappa = n / n_twice * np.where(twice, rows[:, 1] - expected, 0.0) / (1 - expected)
    if name == "brennan_prediger":
        return kappa - estimate
    shares = rows[:, 3 : 3 + q]
    pi = shares.mean(axis=0)
    if name == "gwet":
        chance = weights.sum() / (q * (q - 1)) * shares @ (1 - pi)
    elif name in ("fleiss", "scott"):
        chance = shares @ (weights @ pi)
    else:
        chance = _chance_of_coders(ratings, sums)
    return kappa - 2 * (1 - estimate) * (chance - expected) / (1 - expected) - estimate


def _chance_of_coders(ratings: Ratings, sums: UnitSums) -> Floats:
    """Return what each unit adds to the chance agreement of pairs of coders, each with margins of his or her own."""
    r = ratings.n_coders
    margins = sums.coder_margins(sums.rows.sum(axis=0))
    others = (margins.sum(axis=0) - margins) @ sums.weights  # (coders, categories)
    own = (margins * others).sum(axis=1)
    given = ratings.codes >= 0
    scale = ratings.n_units / given.sum(axis=0)
    chosen = np.where(given, others[np.arange(r), ratings.codes], 0.0)
    return (scale * (chosen - given * own) + own).sum(axis=1) / (r * (r - 1))


def _alpha_pushes(rows: Floats, weights: Floats, agreement_column: int) -> Floats:
    q = weights.shape[0]
    r, n = rows[:, 2], len(rows)
    mean = r.mean()
    counts = rows[:, 3 + q : 3 + 2 * q]
    agreed = counts @ weights * counts
    each = (agreed.sum(axis=1) - r) / (r - 1) / mean
    observed = each.mean()
    pi = counts.sum(axis=0) / (n * mean)
    chance = counts @ (weights @ pi) / mean
    expected = float(pi @ weights @ pi)
    alpha = (observed - expected) / (1 - expected)
    much = (r - mean) / mean
    own = (each - observed * much - expected) / (1 - expected)
    return own - 2 * (1 - alpha) * (chance - expected * much - expected) / (1 - expected) - alpha
