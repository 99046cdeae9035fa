"""Every error raised on purpose: where, what, which rule, what to do.

All derive from :class:`EvalToolsError`; the command line shows them without a traceback and ends
with their ``exit_code``. No message holds an answer, a name or an ID: places are files, lines,
row numbers and columns.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the place, the finding and the rule, the remedy.

    Examples
    --------
    >>> print(Problem("study.yaml:4", "unknown key 'wave'.", "Did you mean 'waves'?"))
    study.yaml:4: unknown key 'wave'.
      Did you mean 'waves'?
    """

    where: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"\n  {self.remedy}" if self.remedy else "")


class EvalToolsError(Exception):
    """Anything we refuse on purpose; carries every problem found, not only the first."""

    exit_code = 1

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class DefinitionError(EvalToolsError):
    """A questionnaire, a study, a notebook or an option is wrong."""

    exit_code = 2


class DataError(EvalToolsError):
    """The data are wrong, or do not fit what the study declares."""

    exit_code = 3


class DisclosureError(EvalToolsError):
    """Publishing this could show a single person."""

    exit_code = 4


class UnknownNames(DefinitionError):
    """Names that were looked up and do not exist.

    Examples
    --------
    >>> print(UnknownNames("wave", missing=["posttset"], known=["pretest", "posttest"], where="--term"))
    --term: unknown wave: 'posttset'.
      Known: pretest, posttest. Did you mean 'posttest'?
    """

    def __init__(self, kind: str, *, missing: Sequence[str], known: Iterable[str], where: str) -> None:
        self.kind, self.missing, self.known, self.where = kind, tuple(missing), tuple(known), where
        super().__init__(unknown_problem(kind, missing=missing, known=self.known, where=where))


def unknown_problem(kind: str, *, missing: Sequence[str], known: Sequence[str], where: str) -> Problem:
    """Word an unknown name as a problem, with the nearest known one as a suggestion."""
    listed = ", ".join(known) if known else "none"
    return Problem(
        where,
        f"unknown {kind}: {', '.join(map(repr, missing))}.",
        f"Known: {listed}.{did_you_mean(missing[0], known)}",
    )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the nearest known name, or say nothing.

    Examples
    --------
    >>> did_you_mean("scalse", ["scales", "items"])
    " Did you mean 'scales'?"
    >>> did_you_mean("x", ["scales"])
    ''
    """
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
