"""Agreement on whether a code applies: prevalence and bias beside the coefficient, for paradoxes hide in both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from eval_tools.errors import DataError, DefinitionError, Problem
from eval_tools.stats.agreement_ratings import Ratings, tabulate_ratings

_NAN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryAgreement:
    """Pairs of coders on pairs of units, and what they say apart from any coefficient; NaN where there are none."""

    both: float  # pairs of coders, over all units, that both say yes
    one: float  # pairs of which one says yes
    neither: float
    positive: float  # 2a/(2a + b + c): of the yes of one coder, the share that another one shares
    negative: float  # 2d/(2d + b + c)
    prevalence: float  # share of yes among all values of units coded twice
    prevalence_index: float  # |a - d|/n: 0 if yes and no are as frequent
    bias_index: float  # |b - c|/n of the two coders who differ most in how often they say yes
    pabak: float  # 2 p_o - 1
    jaccard: float  # a/(a + b + c)
    yes: int  # values yes among those of units coded twice
    values: int


def binary_agreement(ratings: ArrayLike | Ratings) -> BinaryAgreement:
    """Say how yes and no are shared out among coders.

    Parameters
    ----------
    ratings : array_like, shape (units, coders)
        1 for yes, 0 for no, NaN where a coder was not given the unit.

    Returns
    -------
    BinaryAgreement
        With more than two coders all pairs of coders are counted, and the bias is that of the pair with the largest.

    Raises
    ------
    DataError
        Values other than 0 and 1.

    Notes
    -----
    Feinstein & Cicchetti (1990), J Clin Epidemiol 43, 543–549; Byrt, Bishop & Carlin (1993), same journal 46, 423–429.

    Examples
    --------
    >>> found = binary_agreement([[1, 1]] * 80 + [[1, 0]] * 10 + [[0, 1]] * 5 + [[0, 0]] * 5)
    >>> found.pabak, found.prevalence_index, found.bias_index, round(found.positive, 3)
    (0.7, 0.75, 0.05, 0.914)
    """
    table = ratings if isinstance(ratings, Ratings) else tabulate_ratings(ratings, categories=[0.0, 1.0])
    if table.categories != (0.0, 1.0):
        raise DataError(Problem("binary_agreement", "the categories are not 0 and 1.", "Give 1 for yes, 0 for no."))
    counts = table.counts
    no, yes = counts[:, 0], counts[:, 1]
    a, d, mixed = float((yes * (yes - 1) / 2).sum()), float((no * (no - 1) / 2).sum()), float((yes * no).sum())
    n = a + d + mixed
    twice = yes + no >= 2
    values = float((yes + no)[twice].sum())
    return BinaryAgreement(
        both=a,
        one=mixed,
        neither=d,
        positive=_share(2 * a, 2 * a + mixed),
        negative=_share(2 * d, 2 * d + mixed),
        prevalence=_share(float(yes[twice].sum()), values),
        prevalence_index=abs(_share(a - d, n)),
        bias_index=_largest_bias(table),
        pabak=2 * _share(a + d, n) - 1,
        jaccard=_share(a, a + mixed),
        yes=int(yes[twice].sum()),
        values=int(values),
    )


def _largest_bias(table: Ratings) -> float:
    biases = []
    for first in range(table.n_coders):
        for second in range(first + 1, table.n_coders):
            pair = table.codes[:, [first, second]]
            pair = pair[(pair >= 0).all(axis=1)]
            if len(pair):
                biases.append(abs(float((pair[:, 0] - pair[:, 1]).mean())))
    return max(biases, default=_NAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedLength:
    """Two coders on one continuum: how much of it both, one or neither coded."""

    percent: float
    kappa: float
    dice: float  # Holsti
    jaccard: float


def shared_length(*, both: float, only_first: float, only_second: float, neither: float) -> SharedLength:
    """Compare two coders character by character, as NVivo does: a description, for characters are no sample of people.

    Examples
    --------
    >>> found = shared_length(both=50, only_first=100, only_second=50, neither=800)
    >>> found.percent, round(found.kappa, 4), found.dice, found.jaccard
    (0.85, 0.3182, 0.4, 0.25)
    """
    lengths = np.array([both, only_first, only_second, neither], dtype=float)
    if not np.isfinite(lengths).all() or (lengths < 0).any():
        raise DefinitionError(
            Problem("shared_length", "a length is negative or missing.", "Give lengths of 0 or more.")
        )
    n = float(lengths.sum())
    percent = _share(both + neither, n)
    first, second = _share(both + only_first, n), _share(both + only_second, n)
    chance = first * second + (1 - first) * (1 - second)
    return SharedLength(
        percent=percent,
        kappa=_share(percent - chance, 1 - chance),
        dice=_share(2 * both, 2 * both + only_first + only_second),
        jaccard=_share(both, both + only_first + only_second),
    )


def _share(part: float, whole: float) -> float:
    return part / whole if abs(whole) > 1e-15 else _NAN
