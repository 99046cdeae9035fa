"""What each unit adds to a coefficient of agreement: sums are all that is needed, also of a resample."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval_tools.stats.agreement_ratings import Ratings

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coefficients:
    """Coefficients made of sums (..., columns), in the order asked for."""

    estimate: Floats  # (..., coefficients)
    observed: Floats
    expected: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitSums:
    """One row per unit: pairs or not, agreement, shares of categories, pairable values, values of each coder."""

    rows: Floats  # (units, columns)
    weights: Floats  # (categories, categories)
    pair_places: tuple[NDArray[np.intp], NDArray[np.intp]] | None  # of Krippendorff's ordinal distances
    n_coders: int  # 0 where coders are not kept apart
    names: tuple[str, ...]
    whole: Floats | None  # (columns,): what makes the rows whole numbers; None where nothing does

    def coefficients(self, sums: Floats) -> Coefficients:
        """Return the coefficients of sums over units, (..., columns)."""
        q = self.weights.shape[0]
        identity = bool(np.array_equal(self.weights, np.eye(q)))
        shares, pairable = sums[..., 3 : 3 + q], sums[..., 3 + q : 3 + 2 * q]
        with np.errstate(invalid="ignore", divide="ignore"):
            values = sums[..., 2]
            agreed = sums[..., 1] / sums[..., 0]
            pi = shares / shares.sum(axis=-1, keepdims=True)
            one_category = np.abs(pairable.max(axis=-1, initial=0.0) - values) <= 1e-9 * values
            found = []
            for name in self.names:
                if name == "krippendorff":
                    found.append(self._krippendorff(sums, pairable, values, identity))
                    continue
                chance = self._chance(name, sums, pi, identity)
                estimate = agreed if name == "percent" else (agreed - chance) / (1 - chance)
                if name != "percent":
                    estimate = np.where(one_category | (chance > 1 - 1e-12), np.nan, estimate)
                found.append((estimate, agreed, chance))
        estimate, observed, expected = (np.stack([f[i] for f in found], axis=-1) for i in range(3))
        return Coefficients(estimate=estimate, observed=observed, expected=expected)

    def _chance(self, name: str, sums: Floats, pi: Floats, identity: bool) -> Floats:
        q = self.weights.shape[0]
        if name == "percent":
            return np.full(pi.shape[:-1], np.nan)
        if name == "brennan_prediger":
            return np.full(pi.shape[:-1], float(self.weights.sum()) / q**2)
        if name == "gwet":
            scale = float(self.weights.sum()) / (q * (q - 1)) if q > 1 else np.nan
            return scale * (1 - _square(pi, None))
        if name in ("fleiss", "scott"):
            return _square(pi, None if identity else self.weights)
        margins = self.coder_margins(sums)
        total = margins.sum(axis=-2)
        r = self.n_coders
        own = _square(margins, None if identity else self.weights).sum(axis=-1)
        return (_square(total, None if identity else self.weights) - own) / (r * (r - 1))

    def coder_margins(self, sums: Floats) -> Floats:
        """Return each coder's shares of the categories, (..., coders, categories)."""
        q = self.weights.shape[0]
        first = 3 + 2 * q
        used = sums[..., first : first + self.n_coders * q].reshape(*sums.shape[:-1], self.n_coders, q)
        return used / used.sum(axis=-1, keepdims=True)

    def _krippendorff(
        self, sums: Floats, pairable: Floats, values: Floats, identity: bool
    ) -> tuple[Floats, Floats, Floats]:
        if self.pair_places is None:
            alike = _square(pairable, None if identity else self.weights)
            observed = 1 - sums[..., self.agreement_column] / values
            expected = (values**2 - alike) / (values * (values - 1))
        else:
            ranks = np.cumsum(pairable, axis=-1) - pairable / 2
            first, second = self.pair_places
            pairs = sums[..., self.agreement_column + 1 :]
            apart = (ranks[..., first] - ranks[..., second]) ** 2
            observed = 2 * (pairs * apart).sum(axis=-1) / values
            expected = 2 * (values * (pairable * ranks**2).sum(axis=-1) - (pairable * ranks).sum(axis=-1) ** 2)
            expected = expected / (values * (values - 1))
            largest = np.where(expected > 0, (ranks[..., -1] - ranks[..., 0]) ** 2, np.nan)
            observed, expected = observed / largest, expected / largest
        expected = np.where(expected > 1e-12, expected, np.nan)
        return 1 - observed / expected, 1 - observed, 1 - expected

    @property
    def agreement_column(self) -> int:
        """Where the agreement of each unit's pairs, over its values less one, stands."""
        return 3 + self.weights.shape[0] * (2 + self.n_coders)


def unit_sums(
    ratings: Ratings, weights: Floats, names: Collection[str], *, ordinal_distances: bool = False
) -> UnitSums:
    """Return what each unit adds.

    Parameters
    ----------
    ratings : Ratings
    weights : array, shape (categories, categories)
        Symmetric, 1 on the diagonal.
    names : collection of str
        Coefficients wanted: those that look at each coder's own margins need more columns.
    ordinal_distances : bool
        Whether alpha takes Krippendorff's rank distances, which depend on how often categories were used, so that
        every resample has its own; then each unit also adds the number of its pairs of different categories.
    """
    n, q = ratings.n_units, len(ratings.categories)
    counts = ratings.counts
    r = counts.sum(axis=1)
    twice = r >= 2
    by_coder = "cohen" in names or "conger" in names
    if np.array_equal(weights, np.eye(q)):
        together = np.einsum("ij,ij->i", counts, counts - 1)
    else:
        together = np.einsum("ij,ij->i", counts, counts @ weights - 1)
    n_coders = ratings.n_coders if by_coder else 0
    rows = np.zeros((n, 3 + q * (2 + n_coders) + 1))
    rows[:, 0] = twice
    np.divide(together, r * (r - 1), out=rows[:, 1], where=twice)
    rows[:, 2] = np.where(twice, r, 0)
    np.divide(counts, r[:, None], out=rows[:, 3 : 3 + q])
    np.multiply(counts, twice[:, None], out=rows[:, 3 + q : 3 + 2 * q])
    for coder in range(n_coders):
        given = ratings.codes[:, coder] >= 0
        rows[given, 3 + q * (2 + coder) + ratings.codes[given, coder]] = 1
    np.divide(together, r - 1, out=rows[:, -1], where=twice)
    places = None
    if ordinal_distances:
        first, second = np.triu_indices(q, k=1)
        pairs = counts[:, first] * counts[:, second] / np.where(twice, r - 1, np.inf)[:, None]
        used = pairs.any(axis=0)
        places = (first[used], second[used])
        rows = np.concatenate([rows, pairs[:, used]], axis=1)
    whole = None
    if places is None and np.array_equal(weights, np.eye(q)):
        sizes = np.unique(r[twice]).astype(int).tolist()
        whole = np.ones(rows.shape[1])
        whole[1] = whole[-1] = math.lcm(*(size * (size - 1) for size in sizes))
        whole[3 : 3 + q] = math.lcm(*sizes)
    return UnitSums(rows=rows, weights=weights, pair_places=places, n_coders=n_coders, names=tuple(names), whole=whole)


def _square(shares: Floats, weights: Floats | None) -> Floats:
    """Return Σ_kl s_k w_kl s_l, without weights Σ s²."""
    return np.einsum("...k,...k->...", shares, shares if weights is None else shares @ weights)
