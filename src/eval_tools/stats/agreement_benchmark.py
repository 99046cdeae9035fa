"""What a coefficient of agreement may be called, given how uncertain it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from eval_tools.errors import DefinitionError, Problem, UnknownNames

Scale = Literal["landis_koch", "fleiss", "altman", "krippendorff"]
BANDS: dict[Scale, tuple[tuple[str, float], ...]] = {  # from the top; the number is the lower end
    "landis_koch": (
        ("Almost Perfect", 0.8),
        ("Substantial", 0.6),
        ("Moderate", 0.4),
        ("Fair", 0.2),
        ("Slight", 0.0),
        ("Poor", -1.0),
    ),
    "fleiss": (("Excellent", 0.75), ("Intermediate to Good", 0.4), ("Poor", -1.0)),
    "altman": (("Very Good", 0.8), ("Good", 0.6), ("Moderate", 0.4), ("Fair", 0.2), ("Poor", -1.0)),
    "krippendorff": (("Reliable", 0.8), ("Tentative", 0.667), ("Not Reliable", -1.0)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """The first band from the top that the coefficient reaches with the probability asked for."""

    band: str  # "" if there is no coefficient or no standard error
    bands: tuple[str, ...]  # from the top
    cumulative: tuple[float, ...]  # probability of this band or a better one
    scale: Scale
    threshold: float


def benchmark_agreement(
    coefficient: float, se: float, *, scale: Scale = "krippendorff", threshold: float = 0.95
) -> Benchmark:
    """Say which band of a scale a coefficient reaches, its uncertainty allowed for.

    Parameters
    ----------
    coefficient, se : float
        With its standard error, best one that draws people.
    scale : {"landis_koch", "fleiss", "altman", "krippendorff"}
        Landis & Koch (1977), Fleiss (1981), Altman (1991), or Krippendorff's .800 and .667.
    threshold : float
        How probable the band, or a better one, must be.

    Returns
    -------
    Benchmark

    Raises
    ------
    DefinitionError
        Unknown scale; a threshold that is no probability.

    Notes
    -----
    Gwet (2014), chapter 6: a normal distribution cut at -1 and 1.

    Examples
    --------
    >>> benchmark_agreement(0.77544, 0.14295, scale="landis_koch").band
    'Moderate'
    """
    from scipy.special import ndtr

    where = "benchmark_agreement"
    if scale not in BANDS:
        raise UnknownNames("scale", missing=[scale], known=tuple(BANDS), where=where)
    if not 0.0 < threshold < 1.0:
        raise DefinitionError(Problem(where, f"threshold is {threshold}.", "Give a probability such as 0.95."))
    names, lows = zip(*BANDS[scale], strict=True)
    if not (np.isfinite(coefficient) and np.isfinite(se) and se > 0):
        none = (float("nan"),) * len(names)
        return Benchmark(band="", bands=names, cumulative=none, scale=scale, threshold=threshold)
    above = ndtr((coefficient - np.array(lows)) / se) - ndtr((coefficient - 1) / se)
    cumulative = (above / (ndtr((coefficient + 1) / se) - ndtr((coefficient - 1) / se))).tolist()
    band = next(name for name, p in zip(names, cumulative, strict=True) if p >= threshold or name == names[-1])
    return Benchmark(band=band, bands=names, cumulative=tuple(cumulative), scale=scale, threshold=threshold)
