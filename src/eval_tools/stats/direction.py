"""Do the answers run the way the key says? Items that were reversed before the key reverses them again show here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

FEWEST_PEOPLE = 30
P_BELOW = 0.001  # one scale of one wave in a thousand, were there no relation at all
PLAIN_MAY_DIFFER = 0.1  # share of plain items that may run against the others by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """How the items of one scale run, the plain ones being taken as right; NaN where it cannot be told."""

    item_rest: NDArray[np.float64]  # of each item with the plain items other than itself
    together: float  # of the reversed items' sum with the plain items' sum
    p_value: float  # one-sided: so far below zero by chance
    n: int  # people with every answer
    already_reversed: bool


def check_direction(points: ArrayLike, reverse: ArrayLike) -> Direction:
    """Find out whether exactly the reversed items run against the others, as if reversed twice.

    Parameters
    ----------
    points : array_like, shape (people, items)
        What each answer counts, after the key; NaN where there is none. People with a missing answer are left out.
    reverse : array_like of bool, shape (items,)
        Items the key has reversed.

    Returns
    -------
    Direction
        ``already_reversed`` if every reversed item correlates negatively with the sum of the plain items, their
        sum does so beyond chance (one-sided p < .001, Fisher's z), and of the plain items no more than one in ten
        runs against the other plain items. It is a finding, not a proof: look at the file.

    Examples
    --------
    >>> import numpy as np
    >>> trait = np.tile(np.arange(5.0), 8)
    >>> check_direction(np.column_stack([trait, trait, 4 - trait]), [False, False, True]).already_reversed
    True
    >>> check_direction(np.column_stack([trait, trait, trait]), [False, False, True]).already_reversed
    False
    """
    x = np.asarray(points, dtype=float)
    turned = np.asarray(reverse, dtype=bool)
    x = x[~np.isnan(x).any(axis=1)]
    n = len(x)
    plain = x[:, ~turned].sum(axis=1)
    nothing = Direction(
        item_rest=np.full(len(turned), np.nan), together=np.nan, p_value=np.nan, n=n, already_reversed=False
    )
    if n < FEWEST_PEOPLE or not turned.any() or (~turned).sum() < 2:
        return nothing
    rests = np.where(turned, plain[:, None], plain[:, None] - x)
    item_rest = np.array([_correlation(x[:, j], rests[:, j]) for j in range(len(turned))])
    together = _correlation(x[:, turned].sum(axis=1), plain)
    if np.isnan(together):
        return nothing
    z = np.arctanh(np.clip(together, -1 + 1e-12, 1 - 1e-12)) * np.sqrt(n - 3)
    p_value = float(special.ndtr(z))
    against = item_rest < 0
    exactly = bool(against[turned].all()) and bool(against[~turned].mean() <= PLAIN_MAY_DIFFER)
    return Direction(
        item_rest=item_rest, together=together, p_value=p_value, n=n, already_reversed=exactly and p_value < P_BELOW
    )


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / size) if size > 0 else float("nan")
