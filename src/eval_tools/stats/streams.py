"""Random numbers in blocks: every block its own stream, so that neither order nor workers change a number."""

from __future__ import annotations

import numpy as np

Rng = np.random.Generator | int
BLOCK = 1 << 16  # elements worked on at once, in buffers used again: they stay in the cache
SMALL_BLOCK = 1 << 13  # the same where every step makes new arrays: small ones come from memory used before


def seed_of(rng: Rng) -> np.random.SeedSequence:
    """Return the seed sequence of a number, or draw one from a generator, which moves on."""
    if isinstance(rng, np.random.Generator):
        return np.random.SeedSequence(rng.integers(2**32, size=4, dtype=np.uint32).tolist())
    return np.random.SeedSequence(rng)


def block_streams(rng: Rng | np.random.SeedSequence, n_blocks: int) -> list[np.random.SeedSequence]:
    """Return one independent seed sequence per block, spawned, never seed + number of the block.

    Examples
    --------
    >>> one, two = block_streams(7, 2)
    >>> one.spawn_key, two.spawn_key
    ((0,), (1,))
    """
    return (rng if isinstance(rng, np.random.SeedSequence) else seed_of(rng)).spawn(n_blocks)


def block_sizes(n_rows: int, n_columns: int, *, elements: int = BLOCK) -> list[int]:
    """Cut rows into blocks of about the given number of elements; depends on nothing else.

    Examples
    --------
    >>> block_sizes(10, 20_000)
    [3, 3, 3, 1]
    """
    size = max(1, elements // max(1, n_columns))
    return [min(size, n_rows - start) for start in range(0, n_rows, size)]
