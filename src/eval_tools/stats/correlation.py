"""How alike two measures order the same people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from eval_tools.stats.estimate import Estimate, check_level, not_estimated, paired

FEWEST = 4  # Fisher's z has the standard error 1/√(n − 3)


def correlation(first: ArrayLike, second: ArrayLike, *, ci_level: float = 0.95) -> Estimate:
    """Estimate how alike two measures order the same people.

    A correlation says nothing about the level: one informant may see twice as many difficulties as the other
    and order the children in the same way.

    Parameters
    ----------
    first, second : array_like, shape (participants,)
        Values about the same people in the same order; NaN where missing. A pair counts only if both are there.
    ci_level : float
        Level of the interval.

    Returns
    -------
    Estimate
        Pearson's r with the interval of Fisher's z; there is no test, for "no relation at all" is no question about
        two informants. ``too_few_people`` below four pairs (below two there is no number); ``no_variation`` if one
        measure does not vary, and without an interval if the points lie on a line.

    Raises
    ------
    DataError
        If the two differ in length.

    Notes
    -----
    Fisher (1921), Metron 1, 3–32; the numbers of R ``cor.test(x, y)`` and ``scipy.stats.pearsonr``.

    Examples
    --------
    >>> found = correlation([1, 2, 3, 4, 5], [2, 1, 4, 3, 5])
    >>> round(found.estimate, 3), round(found.ci_low, 3), round(found.ci_high, 3)
    (0.8, -0.28, 0.986)
    """
    from scipy.special import ndtri

    check_level(ci_level, where="correlation")
    pairs = paired(first, second, where="correlation")
    x, y = pairs.before, pairs.after
    bare = not_estimated(
        n=pairs.n, unit="correlation", method="Pearson r, Fisher z", status="too_few_people", ci_level=ci_level
    )
    if pairs.n < 2:
        return bare
    dx, dy = x - x.mean(), y - y.mean()
    size = float(np.sqrt((dx @ dx) * (dy @ dy)))
    if min(float(np.ptp(x)), float(np.ptp(y))) <= 1e-12 * max(float(np.abs(x).max()), float(np.abs(y).max())):
        return replace(bare, status="no_variation")
    r = float(np.clip(dx @ dy / size, -1.0, 1.0))
    if pairs.n < FEWEST:
        return replace(bare, estimate=r)
    if 1 - abs(r) < 1e-12:
        return replace(bare, estimate=r, status="no_variation")
    se = 1 / float(np.sqrt(pairs.n - 3))
    half = float(ndtri((1 + ci_level) / 2)) * se
    z = float(np.arctanh(r))
    return replace(
        bare, estimate=r, ci_low=float(np.tanh(z - half)), ci_high=float(np.tanh(z + half)), status="estimated"
    )
