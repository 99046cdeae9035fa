"""Questions of a command: answered beforehand by options, at the keyboard, or by a default; all that lack, at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from eval_tools.errors import DefinitionError, Problem, did_you_mean
from eval_tools.runner.checks.terminal import Pen

Parse = Callable[[str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing that cannot be found out; ``default`` is None where there is no honest one."""

    key: str  # for --set
    text: str
    why: str = ""
    default: str | None = None
    choices: Sequence[str] = ()
    meanings: Mapping[str, str] = field(default_factory=dict)  # of the choices, in words
    optional: bool = False  # may be left empty


@dataclass(slots=True)
class Asker:
    """Asks each question once; ``stream`` is None where nobody is asked."""

    given: Mapping[str, str]
    take_defaults: bool = False
    source: TextIO | None = None
    stream: TextIO | None = None
    pen: Pen = field(default_factory=Pen)
    used: dict[str, str] = field(default_factory=dict)
    defaulted: dict[str, str] = field(default_factory=dict)  # taken without asking anybody
    problems: list[Problem] = field(default_factory=list)

    def ask(self, question: Question, parse: Parse | None = None) -> Any:
        """Return the answer, parsed; '' where it is lacking, which :meth:`close` reports.

        ``parse`` raises ValueError with the rule where an answer is no good.
        """
        if question.key in self.used:
            return self._parsed(question, self.used[question.key], parse)
        if question.key in self.given:
            answer = self.given[question.key]
        elif len(question.choices) == 1 and question.default is not None:
            answer = question.default  # nothing to choose from
        elif self.source is not None and not (self.take_defaults and question.default is not None):
            answer = self._at_the_keyboard(question, parse)
        elif question.default is not None:
            answer = question.default
            self.defaulted[question.key] = answer
        elif question.optional:
            answer = ""
        else:
            choices = f" One of: {', '.join(question.choices)}." if question.choices else ""
            remedy = f"Add --set '{question.key}=…'.{choices} {question.why}".rstrip()
            self.problems.append(Problem(question.key, question.text, remedy))
            answer = ""
        self.used[question.key] = answer
        return self._parsed(question, answer, parse)

    def _parsed(self, question: Question, answer: str, parse: Parse | None) -> Any:
        try:
            return self._check(question, answer, parse)
        except ValueError as error:
            if not any(problem.where == question.key for problem in self.problems):
                self.problems.append(Problem(question.key, "the answer does not fit.", str(error)))
            return ""

    def _check(self, question: Question, answer: str, parse: Parse | None) -> Any:
        if not answer:
            return ""
        if question.choices and answer not in question.choices:
            near = did_you_mean(answer, question.choices)
            raise ValueError(f"One of: {', '.join(question.choices)}.{near}")
        return parse(answer) if parse is not None else answer

    def _at_the_keyboard(self, question: Question, parse: Parse | None) -> str:
        """Ask until there is an answer that fits; an empty line takes the default."""
        assert self.source is not None
        self.say("")
        self.say(self.pen.style(question.text, "strong"))
        for line in self.pen.lines(question.why, indent=2) if question.why else ():
            self.say(self.pen.style(line, "quiet"))
        for i, choice in enumerate(question.choices, start=1):
            meaning = question.meanings.get(choice, "")
            self.say(f"  {i}  {choice}" + (f" – {meaning}" if meaning else ""))
        while True:
            shown = f" [{question.default}]" if question.default else " [leave empty]" if question.optional else ""
            self.say(f"{question.key}{shown}: ", end="")
            line = self.source.readline()
            if not line:
                raise DefinitionError(
                    Problem(question.key, "the input ended before this was answered.", "Nothing was written.")
                )
            answer = line.strip() or question.default or ""
            if question.choices and answer.isdigit() and 1 <= int(answer) <= len(question.choices):
                answer = answer if answer in question.choices else question.choices[int(answer) - 1]
            if not answer and question.optional:
                return ""
            try:
                if self._check(question, answer, parse) != "" or answer:
                    return answer
                self.say("  An answer is needed.")
            except ValueError as error:
                self.say(f"  {error}")

    def say(self, text: str, *, end: str = "\n") -> None:
        """Write a line for the one who is asked."""
        stream = self.stream or sys.stderr
        stream.write(text + end)
        stream.flush()

    def close(self) -> None:
        """Refuse if anything is lacking, does not fit, or was given and never asked for.

        Raises
        ------
        DefinitionError
            With every such key.
        """
        unknown = [key for key in self.given if key not in self.used]
        known = ", ".join(self.used)
        for key in unknown:
            near = did_you_mean(key, self.used)
            self.problems.append(Problem("--set", f"nothing asks for {key!r}.", f"Asked for: {known}.{near}"))
        if self.problems:
            raise DefinitionError(self.problems)


def yes_or_no(answer: str) -> bool:
    """Read yes or no.

    Examples
    --------
    >>> yes_or_no("Yes"), yes_or_no("否")
    (True, False)
    """
    word = answer.strip().lower()
    if word in ("yes", "y", "true", "是"):
        return True
    if word in ("no", "n", "false", "否", "不是"):
        return False
    raise ValueError("yes or no.")
