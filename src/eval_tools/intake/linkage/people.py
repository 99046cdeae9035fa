"""The children known so far, each with the forms that are taken to be theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from eval_tools.intake.linkage.forms import CodedForm
from eval_tools.stats.code_matching import compare_codes, number_elements

Occasion = tuple[str, str]


@dataclass(slots=True)
class Child:
    """One child: its pseudonym, its numbers (more than one after a lost card) and its forms by position."""

    pseudonym: str
    numbers: set[str] = field(default_factory=set)
    forms: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How a form compares with the most similar form of a child."""

    distance: float
    alike: int
    form: int


class KnownChildren:
    """Children in the order in which they became known; a child is named by its place in that order."""

    def __init__(self, forms: Sequence[CodedForm]) -> None:
        self.forms = forms
        k = max((len(form.elements) for form in forms), default=0)
        self.codes: NDArray[np.int_] = number_elements([form.elements or ("",) * k for form in forms])[0]
        self.told: NDArray[np.int_] = (self.codes >= 0).sum(axis=1)
        self.children: list[Child] = []
        self.owner: dict[str, int] = {}  # number -> child
        self.of_form: dict[int, int] = {}
        self.apart: set[tuple[int, int]] = set()  # forms declared to be of two children

    @property
    def n_elements(self) -> int:
        """Elements of a code; 0 where the study asks for none."""
        return int(self.codes.shape[1])

    def meet(self, form: int, *, own_name: bool = False) -> int:
        """Add a child with its first form; it is called by its number unless that is disputed."""
        number = "" if own_name else self.forms[form].number
        if number in self.owner:
            number = ""
        child = len(self.children)
        self.children.append(Child(number or self.forms[form].own))
        self._take(form, child, number)
        return child

    def join(self, form: int, child: int) -> None:
        """Give a form to a child; a number that is nobody's becomes the child's as well."""
        number = self.forms[form].number
        self._take(form, child, "" if number in self.owner else number)

    def _take(self, form: int, child: int, number: str) -> None:
        self.of_form[form] = child
        self.children[child].forms.append(form)
        if number:
            self.owner[number] = child
            self.children[child].numbers.add(number)

    def site_of(self, child: int) -> str:
        """Return where the child was last, of those of its forms that tell."""
        return next((self.forms[i].site for i in reversed(self.children[child].forms) if self.forms[i].site), "")

    def has_form_at(self, child: int, occasion: Occasion) -> bool:
        """Say whether the child has a form of this wave and informant."""
        return any((self.forms[i].wave, self.forms[i].informant) == occasion for i in self.children[child].forms)

    def kept_apart(self, form: int, child: int) -> bool:
        """Say whether a person said that the form is not this child's."""
        return any((form, other) in self.apart for other in self.children[child].forms)

    def other_number(self, form: int, child: int) -> bool:
        """Say whether form and child have printed numbers, both right, that differ."""
        number, numbers = self.forms[form].number, self.children[child].numbers
        return bool(number and numbers and number not in numbers)

    def compare(self, rows: Sequence[int], children: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.int_]]:
        """Return distance and elements alike of every form and the most similar form of every child."""
        theirs = [form for child in children for form in self.children[child].forms]
        ends = np.cumsum([0, *(len(self.children[child].forms) for child in children)])[:-1]
        if not rows or not theirs:
            return np.full((len(rows), len(children)), np.inf), np.zeros((len(rows), len(children)), dtype=int)
        found = compare_codes(self.codes[list(rows)], self.codes[theirs])
        distance = np.minimum.reduceat(found.distance, ends, axis=1)
        alike = np.maximum.reduceat(found.alike, ends, axis=1)
        return distance, alike

    def likeness(self, form: int, child: int) -> Likeness:
        """Compare one form with one child."""
        mine = self.children[child].forms
        found = compare_codes(self.codes[[form]], self.codes[mine])
        best = int(found.distance[0].argmin())
        return Likeness(distance=float(found.distance[0, best]), alike=int(found.alike[0, best]), form=mine[best])

    def between(self, first: int, second: int) -> float:
        """Return the distance of two forms."""
        return float(compare_codes(self.codes[[first]], self.codes[[second]]).distance[0, 0])

    def differing(self, first: int, second: int) -> tuple[int, ...]:
        """Return the places of the elements that both told and that differ."""
        a, b = self.codes[first], self.codes[second]
        return tuple(int(i) for i in np.flatnonzero((a >= 0) & (b >= 0) & (a != b)))
