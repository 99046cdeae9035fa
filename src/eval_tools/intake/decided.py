"""What people decided about findings that no correction changes: warnings accepted, questions asked at a school.

They stand in corrections.yaml beside the corrections. An accepted warning is shown as accepted as long as its count
stays the same; with another count it is open again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from eval_tools.definitions.shapes import ListOf, Number, Record, Slug, Text

PLACE = {"rule": Slug(), "file": Text(), "reason": Text()}
SHAPES = {
    "accepted": ListOf(Record({**PLACE, "count": Number(0, whole=True)}, {"column": Text()})),
    "asked": ListOf(Record({**PLACE, "row": Number(0, whole=True)}, {"column": Text(), "sha256": Text()})),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A warning somebody looked at: how many cells or rows it had then, and why it may stay."""

    count: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that somebody takes to a school; it is about one state of the file, for rows move."""

    reason: str
    sha256: str = ""  # first characters; '' where it is not about a raw file


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The decisions of one study; where a place was decided more than once, the last one."""

    accepted: Mapping[tuple[str, str, str], Accepted] = field(default_factory=dict)  # by rule, file and column
    asked: Mapping[tuple[str, str, int, str], Asked] = field(default_factory=dict)  # by rule, file, row and column


def build_decided(data: Mapping[str, Any]) -> Decided:
    """Take the decisions out of corrections.yaml, whose shape was checked.

    Examples
    --------
    >>> one = {"rule": "total_differs", "file": "a.csv", "column": "sum", "count": 3, "reason": "old key"}
    >>> build_decided({"accepted": [one]}).accepted["total_differs", "a.csv", "sum"].count
    3
    """
    return Decided(
        accepted=MappingProxyType(
            {
                (each["rule"], each["file"], each.get("column", "")): Accepted(
                    count=each["count"], reason=each["reason"]
                )
                for each in data.get("accepted", ())
            }
        ),
        asked=MappingProxyType(
            {
                (each["rule"], each["file"], each["row"], each.get("column", "")): Asked(
                    reason=each["reason"], sha256=each.get("sha256", "")
                )
                for each in data.get("asked", ())
            }
        ),
    )
