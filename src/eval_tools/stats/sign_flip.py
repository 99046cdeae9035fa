"""Sign-flip test: how unusual a mean change is if every change could as well have gone the other way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval_tools.errors import DataError, DefinitionError, Problem
from eval_tools.stats.cluster_design import Floats, Sites, find_clusters
from eval_tools.stats.estimate import Status, check_equal_lengths, floats
from eval_tools.stats.streams import BLOCK, Rng, block_sizes, block_streams

_EXACT_UP_TO = 30  # units; 2^15 sums in each half
_WORDS = 1 << 13  # 64-bit words of random signs per stream


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignFlip:
    """One test per outcome; all outcomes share the same signs."""

    mean: NDArray[np.float64]  # mean change per outcome, of people or of site means
    p_value: NDArray[np.float64]  # two-sided, share of |sum| >= |observed sum|; NaN where there is no test
    smallest_p: NDArray[np.float64]  # no result could have a smaller p value
    n: NDArray[np.intp]  # people or sites per outcome
    statuses: tuple[Status, ...]  # per outcome
    n_patterns: int  # sign patterns used: all 2^units, or the draws
    enumerated: bool  # whether these are all patterns there are


def sign_flip_test(changes: ArrayLike, *, sites: Sites | None = None, n_draws: int = 10_000, rng: Rng = 0) -> SignFlip:
    """Test whether people, or schools, moved on average, without assuming a distribution.

    Parameters
    ----------
    changes : array_like, shape (participants,) or (participants, outcomes)
        After minus before, in scale points; NaN where missing. A person counts for the outcomes that
        he or she has.
    sites : sequence of str, shape (participants,), optional
        If given, the means of the sites are flipped instead of the people.
    n_draws : int
        Draws for more than 30 people or sites; up to 30 all patterns are counted.
    rng : Generator or int
        Source of the draws, or a seed; not used where all patterns are counted.

    Returns
    -------
    SignFlip
        p counts sums at least as large as the observed one, with a tolerance for rounding errors: a share of
        all 2^units patterns, or (b + 1)/(draws + 1). ``too_few_people`` or ``too_few_sites`` below two
        units; ``no_variation``, with the mean, if nobody changed.

    Raises
    ------
    DataError
        If the lengths differ or there are more than two dimensions.
    DefinitionError
        If there are no draws.

    Notes
    -----
    Fisher (1935), The Design of Experiments, section 21; R ``exactRankTests::perm.test``. The exact count does
    not visit the patterns: all sums of one half of the units are sorted, and each sum of the other half
    looks up how many of them complete it. It supposes that changes are symmetric around 0 if nothing happens.

    Examples
    --------
    >>> test = sign_flip_test([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
    >>> test.p_value, test.n_patterns
    (array([0.00390625]), 1024)
    """
    where = "sign_flip_test"
    if n_draws < 1:
        raise DefinitionError(Problem(where, f"n_draws is {n_draws}.", "Give at least 1, better 10000."))
    values = floats(changes, where=where, name="changes")
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2:
        raise DataError(Problem(where, f"'changes' has {values.ndim} dimensions.", "Give people times outcomes."))
    if sites is not None:
        values = _site_means(values, sites, where=where)
    values = values[~np.isnan(values).all(axis=1)]
    present = ~np.isnan(values)
    n = present.sum(axis=0)
    d = np.where(present, values, 0.0)
    total, scale = d.sum(axis=0), np.abs(d).sum(axis=0)
    units = d.shape[0]
    few: Status = "too_few_people" if sites is None else "too_few_sites"
    statuses = tuple(few if m < 2 else "no_variation" if s == 0 else "estimated" for m, s in zip(n, scale, strict=True))
    tested = np.array([status == "estimated" for status in statuses], dtype=bool)
    least = np.abs(total) - 1e-10 * scale
    enumerated = units <= _EXACT_UP_TO
    p_value = np.full(n.size, np.nan)
    if enumerated:
        p_value[tested] = [_exact_share(d[:, j], float(least[j])) for j in np.flatnonzero(tested)]
    elif tested.any():
        p_value[tested] = (_count_drawn(d[:, tested], least[tested], n_draws, rng) + 1) / (n_draws + 1)
    smallest = 0.5 ** (n - 1.0)
    return SignFlip(
        mean=np.divide(total, n, out=np.full(n.size, np.nan), where=n > 0),
        p_value=p_value,
        smallest_p=np.where(tested, smallest if enumerated else np.maximum(smallest, 1 / (n_draws + 1)), np.nan),
        n=n,
        statuses=statuses,
        n_patterns=2**units if enumerated else n_draws,
        enumerated=enumerated,
    )


def _site_means(values: Floats, sites: Sites, *, where: str) -> Floats:
    clusters = find_clusters(sites, where=where)
    check_equal_lengths(clusters.codes.size, values.shape[0], where=where)
    codes = np.where(clusters.codes < 0, clusters.n_sites, clusters.codes)  # the last place holds those without a site

    def sums(column: Floats) -> Floats:
        return np.bincount(codes, weights=column, minlength=clusters.n_sites + 1)[:-1].astype(np.float64)

    means = np.full((clusters.n_sites, values.shape[1]), np.nan)
    for j, column in enumerate(values.T):
        present = ~np.isnan(column)
        n = sums(present.astype(float))
        np.divide(sums(np.where(present, column, 0.0)), n, out=means[:, j], where=n > 0)
    return means


def _exact_share(d: Floats, least: float) -> float:
    d = d[d != 0]  # flipping nothing doubles all counts alike
    first, second = _signed_sums(d[: d.size // 2]), np.sort(_signed_sums(d[d.size // 2 :]))
    # second >= least − first, or second <= −least − first
    above = second.size - np.searchsorted(second, least - first, side="left")
    below = np.searchsorted(second, -least - first, side="right")
    count = int(above.sum() + below.sum()) if least > 0 else 2**d.size
    return count / 2**d.size


def _signed_sums(d: Floats) -> Floats:
    sums = np.zeros(1)
    for x in d:
        sums = np.concatenate([sums + x, sums - x])
    return sums


def _count_drawn(d: Floats, least: Floats, n_draws: int, rng: Rng) -> NDArray[np.intp]:
    n, k = d.shape
    n_octets, words = -(-n // 8), -(-n // 64)
    padded = np.vstack([d, np.zeros((8 * n_octets - n, k))])
    signed_sums = _looked_up(padded) if k <= _LOOKED_UP else _multiplied(padded)
    sizes = block_sizes(n_draws, words, elements=_WORDS)
    count = np.zeros(k, dtype=np.intp)
    for size, seed in zip(sizes, block_streams(rng, len(sizes)), strict=True):
        random = np.random.default_rng(seed).integers(2**64, size=(size, words), dtype=np.uint64)
        octets = random.astype("<u8", copy=False).view(np.uint8)[:, :n_octets]
        count += (np.abs(signed_sums(octets)) >= least).sum(axis=0)
    return count


_SIGNS_OF_OCTET: Floats = ((np.arange(256)[:, None] >> np.arange(8) & 1) * 2 - 1).astype(np.float64)
_LOOKED_UP = 3  # outcomes: more are quicker by a matrix product


def _looked_up(d: Floats) -> Callable[[NDArray[np.uint8]], Floats]:
    """Return signed sums from a table of the 256 sums of every eight units."""
    n_octets = d.shape[0] // 8
    tables = [(d[:, j].reshape(n_octets, 8) @ _SIGNS_OF_OCTET.T).ravel() for j in range(d.shape[1])]
    first = np.arange(n_octets) * 256

    most = max(1, BLOCK // 2 // n_octets)
    places, found = np.empty((most, n_octets), dtype=np.intp), np.empty((most, n_octets))

    def sums(octets: NDArray[np.uint8]) -> Floats:
        out = np.empty((octets.shape[0], d.shape[1]))
        start = 0
        for rows in block_sizes(octets.shape[0], n_octets, elements=BLOCK // 2):
            np.add(octets[start : start + rows], first, out=places[:rows])
            for j, table in enumerate(tables):
                np.take(table, places[:rows], out=found[:rows], mode="clip")
                found[:rows].sum(axis=1, out=out[start : start + rows, j])
            start += rows
        return out

    return sums


def _multiplied(d: Floats) -> Callable[[NDArray[np.uint8]], Floats]:
    """Return signed sums as the product of a block of signs with all outcomes."""
    n_octets = d.shape[0] // 8
    most = max(1, BLOCK // d.shape[0])
    signs, places = np.empty((most, n_octets, 8)), np.empty((most, n_octets), dtype=np.intp)

    def sums(octets: NDArray[np.uint8]) -> Floats:
        out = np.empty((octets.shape[0], d.shape[1]))
        start = 0
        for rows in block_sizes(octets.shape[0], d.shape[0]):
            np.copyto(places[:rows], octets[start : start + rows])
            np.take(_SIGNS_OF_OCTET, places[:rows], axis=0, out=signs[:rows], mode="clip")
            np.matmul(signs[:rows].reshape(rows, -1), d, out=out[start : start + rows])
            start += rows
        return out

    return sums
