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
    nothing = Direction(
        item_rest=np.full(len(turned), np.nan), together=np.nan, p_value=np.nan, n=n, already_reversed=False
    )
    if n < FEWEST_PEOPLE or not turned.any() or (~turned).sum() < 2:
        return nothing
    x -= x.mean(axis=0)
    S = x.T @ x
    own, with_plain = np.diag(S), S[:, ~turned].sum(axis=1)
    of_plain = with_plain[~turned].sum()
    # a plain item is compared with the other plain items
    less = np.where(turned, 0.0, 1.0)
    of_rest = of_plain - less * (2 * with_plain - own)
    item_rest = _correlations(with_plain - less * own, own, of_rest, size=own.sum())
    of_turned = S[np.ix_(turned, turned)].sum()
    together = float(_correlations(with_plain[turned].sum(), of_turned, of_plain, size=own.sum()))
    if np.isnan(together):
        return nothing
    z = np.arctanh(np.clip(together, -1 + 1e-12, 1 - 1e-12)) * np.sqrt(n - 3)
    p_value = float(special.ndtr(z))
    against = item_rest < 0
    exactly = bool(against[turned].all()) and bool(against[~turned].mean() <= PLAIN_MAY_DIFFER)
    return Direction(
        item_rest=item_rest, together=together, p_value=p_value, n=n, already_reversed=exactly and p_value < P_BELOW
    )


def _correlations(
    products: ArrayLike, squares_a: ArrayLike, squares_b: ArrayLike, *, size: float
) -> NDArray[np.float64]:
    """Return correlations from sums of products; NaN where one side does not vary, but for rounding."""
    a, b = np.asarray(squares_a), np.asarray(squares_b)
    varies = np.minimum(a, b) > 1e-12 * size
    return np.divide(products, np.sqrt(np.where(varies, a * b, 1.0)), out=np.full(a.shape, np.nan), where=varies)
