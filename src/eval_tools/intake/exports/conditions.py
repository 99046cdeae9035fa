"""Whether a question was asked: the rules of a form (``relevant``, branching logic) as data, never as code.

The common part of XPath and of REDCap's logic is understood: ``${q} = 'x'``, ``[q] = '1'``, ``[q(code)]``,
``selected(${q}, 'x')``, ``count-selected``, ``not``, ``and``, ``or``, comparisons and sums. Whatever else stands
in a rule makes its answer unknown, and an unknown answer decides nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MAX_LENGTH = 10_000
MAX_DEPTH = 60  # brackets, functions and operations of one rule
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?|\.\d+)
    |'(?P<single>[^']*)'|"(?P<double>[^"]*)"
    |\$\{\s*(?P<var>[^{}\s]+)\s*\}|\[(?P<field>[^\[\]]+)\]
    |(?P<sign>!=|<>|<=|>=|=|<|>|\(|\)|,|\+|\*|-(?![A-Za-z]))
    |(?P<word>[A-Za-z_][\w.-]*))""",
    re.VERBOSE,
)
_FIELD = re.compile(r"(\w+)(?:\(([^()]+)\))?")
_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)")
_COMPARISONS = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_FUNCTIONS = {"selected": 2, "count-selected": 1, "not": 1, "true": 0, "false": 0, "number": 1, "string": 1}

Value = str | float | bool | None  # None: unknown
_Node = Callable[[Mapping[str, str]], Value]


class _Unsupported(Exception):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One rule and the questions it looks at."""

    text: str
    names: tuple[str, ...]
    _node: _Node

    def holds(self, answers: Mapping[str, str]) -> bool | None:
        """Tell whether the rule holds for these answers; None where it cannot be told.

        ``answers`` maps the names of questions to text, '' where there is no answer; an option of a REDCap
        checkbox is ``name___code``. A name that is absent makes what depends on it unknown.
        """
        value = self._node(answers)
        return None if value is None else _truth(value)


def parse_condition(text: str) -> Condition | None:
    """Parse a rule; None if it holds anything that is not understood.

    Examples
    --------
    >>> rule = parse_condition("selected(${lives_with}, 'other') and not(${age} < 8)")
    >>> rule.names
    ('lives_with', 'age')
    >>> rule.holds({"lives_with": "mother other", "age": "9"}), rule.holds({"lives_with": "mother", "age": ""})
    (True, False)
    >>> rule.holds({"lives_with": "other"}) is None
    True
    >>> parse_condition("jr:choice-name(${q}, '${q}') = 'x'") is None
    True
    """
    if len(text) > MAX_LENGTH:
        return None
    try:
        parser = _Parser(_tokens(text))
        node = parser.whole()
    except (_Unsupported, RecursionError):
        return None
    return Condition(text=text, names=tuple(dict.fromkeys(parser.names)), _node=node)


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position, text = [], 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _Unsupported
        kind = match.lastgroup or ""
        found.append(("text" if kind in ("single", "double") else kind, match[kind]))
        position = match.end()
    return found


class _Parser:
    """Recursive descent, from ``or`` down to single values."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens, self.at, self.depth = tokens, 0, 0
        self.names: list[str] = []

    def whole(self) -> _Node:
        node = self._or()
        if self.at != len(self.tokens):
            raise _Unsupported
        return node

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def _take(self, *wanted: tuple[str, str]) -> str:
        """Take the next token if it is one of these, and return its text; '' if it is not."""
        kind, text = self._peek()
        if (kind, text.lower() if kind == "word" else text) not in wanted:
            return ""
        self.at += 1
        return text.lower()

    def _need(self, sign: str) -> None:
        if not self._take(("sign", sign)):
            raise _Unsupported

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Unsupported

    def _or(self) -> _Node:
        nodes = [self._and()]
        while self._take(("word", "or")):
            nodes.append(self._and())
        return nodes[0] if len(nodes) == 1 else _decided(nodes, True)

    def _and(self) -> _Node:
        nodes = [self._comparison()]
        while self._take(("word", "and")):
            nodes.append(self._comparison())
        return nodes[0] if len(nodes) == 1 else _decided(nodes, False)

    def _comparison(self) -> _Node:
        left = self._sum()
        sign = self._take(*(("sign", s) for s in _COMPARISONS))
        return _compared(left, self._sum(), _COMPARISONS[sign]) if sign else left

    def _sum(self) -> _Node:
        node = self._product()
        while sign := self._take(("sign", "+"), ("sign", "-")):
            self._deeper()
            node = _calculated(node, self._product(), sign)
        return node

    def _product(self) -> _Node:
        node = self._single()
        while sign := self._take(("sign", "*"), ("word", "div"), ("word", "mod")):
            self._deeper()
            node = _calculated(node, self._single(), sign)
        return node

    def _single(self) -> _Node:
        kind, text = self._peek()
        self.at += 1
        if kind == "number":
            number = float(text)
            return lambda _: number
        if kind == "text":
            return lambda _: text
        if kind == "var":
            return self._answer(text)
        if kind == "field":
            return self._field(text)
        self._deeper()
        if (kind, text) == ("sign", "("):
            node = self._or()
            self._need(")")
            return node
        if (kind, text) == ("sign", "-"):
            return _calculated(lambda _: 0.0, self._single(), "-")
        if kind == "word" and text.lower() in _FUNCTIONS:
            return self._function(text.lower())
        raise _Unsupported

    def _answer(self, name: str) -> _Node:
        self.names.append(name)
        return lambda answers: answers.get(name)

    def _field(self, text: str) -> _Node:
        match = _FIELD.fullmatch(text.strip())
        if match is None or self._peek()[0] == "field":  # [event][name] looks at another row
            raise _Unsupported
        return self._answer(checkbox_name(match[1], match[2]) if match[2] else match[1])

    def _function(self, name: str) -> _Node:
        self._need("(")
        arguments: list[_Node] = []
        while not self._take(("sign", ")")):
            if arguments:
                self._need(",")
            arguments.append(self._or())
        if len(arguments) != _FUNCTIONS[name]:
            raise _Unsupported
        return _called(name, arguments)


def checkbox_name(field: str, code: str) -> str:
    """Name the column of one option of a REDCap checkbox; a minus sign becomes an underscore.

    Examples
    --------
    >>> checkbox_name("meds", "-9")
    'meds____9'
    """
    return f"{field}___{re.sub(r'[^a-z0-9]', '_', code.strip().lower())}"


def _number(value: str | float) -> float:
    if not isinstance(value, str):
        return float(value)
    return float(value) if _NUMBER.fullmatch(value.strip()) else math.nan


def _text(value: str | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else f"{value:g}"


def _truth(value: str | float) -> bool:
    if isinstance(value, str):
        return bool(value)
    return bool(value) and not math.isnan(value)


def _decided(nodes: list[_Node], by: bool) -> _Node:
    """Join by ``or`` (one true decides) or by ``and`` (one false decides); what is unknown decides nothing."""

    def node(answers: Mapping[str, str]) -> Value:
        unknown = False
        for each in nodes:
            value = each(answers)
            if value is None:
                unknown = True
            elif _truth(value) == by:
                return by
        return None if unknown else not by

    return node


def _compared(left: _Node, right: _Node, sign: str) -> _Node:
    def node(answers: Mapping[str, str]) -> Value:
        a, b = left(answers), right(answers)
        if a is None or b is None:
            return None
        if sign in ("=", "!="):
            return _equal(a, b) == (sign == "=")
        x, y = _number(a), _number(b)
        return {"<": x < y, "<=": x <= y, ">": x > y, ">=": x >= y}[sign]

    return node


def _equal(a: str | float, b: str | float) -> bool:
    """Compare as XPath does: as truths or numbers where one is, else as text; codes written 1 and '1' are one."""
    if isinstance(a, bool) or isinstance(b, bool):
        return _truth(a) == _truth(b)
    if isinstance(a, str) and isinstance(b, str):
        return a == b
    return _number(a) == _number(b)


def _calculated(left: _Node, right: _Node, sign: str) -> _Node:
    def node(answers: Mapping[str, str]) -> Value:
        a, b = left(answers), right(answers)
        if a is None or b is None:
            return None
        x, y = _number(a), _number(b)
        if sign in ("div", "mod") and y == 0:
            return math.nan
        if sign == "mod":
            return math.fmod(x, y) if math.isfinite(x) else math.nan
        return {"+": x + y, "-": x - y, "*": x * y}[sign] if sign != "div" else x / y

    return node


def _called(name: str, arguments: list[_Node]) -> _Node:
    def node(answers: Mapping[str, str]) -> Value:
        values = [argument(answers) for argument in arguments]
        known = [value for value in values if value is not None]
        if len(known) != len(values):
            return None
        if name == "selected":
            return _text(known[1]).strip() in _text(known[0]).split()
        if name == "count-selected":
            return float(len(_text(known[0]).split()))
        if name == "not":
            return not _truth(known[0])
        if name == "number":
            return _number(known[0])
        if name == "string":
            return _text(known[0])
        return name == "true"

    return node
