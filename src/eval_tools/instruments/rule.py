"""A comparison with whole numbers, the only condition a definition may state."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """At least, at most, exactly, or one of.

    Examples
    --------
    >>> parse_rule(">= 2").holds([1, 2, float("nan")])
    array([False,  True, False])
    >>> str(parse_rule("in [1,3]"))
    'in [1, 3]'
    """

    sign: Literal[">=", "<=", "==", "in"]
    values: tuple[float, ...]

    def holds(self, numbers: ArrayLike) -> NDArray[np.bool_]:
        """Say for each number whether the rule holds; it never holds for a missing one."""
        x = np.asarray(numbers, dtype=float)
        if self.sign == ">=":
            return x >= self.values[0]
        if self.sign == "<=":
            return x <= self.values[0]
        return np.isin(x, self.values)

    def __str__(self) -> str:
        shown = ", ".join(f"{value:g}" for value in self.values)
        return f"in [{shown}]" if self.sign == "in" else f"{self.sign} {shown}"


def parse_rule(text: str) -> Rule:
    """Read a rule whose form the schema has checked."""
    sign = text[:2]
    values = tuple(float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text[2:]))
    return Rule(sign=sign, values=values)  # type: ignore[arg-type]
