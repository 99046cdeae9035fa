"""Read YAML without surprises: what stands in the file is what is meant, and every value knows its line.

Refused: aliases and anchors, tags, repeated keys, several documents, keys that are not plain text, control
characters, and numbers too long to be held exactly. Only ``true``, ``false``, ``null``, whole numbers and
decimals have a meaning of their own; ``no``, ``on``, ``0123``, ``1:30`` and dates stay the text they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from eval_tools.errors import DefinitionError, Problem

MAX_BYTES = 300_000  # a few seconds to read; a questionnaire of 100 items has about 30,000
MAX_DEPTH = 40
MAX_DIGITS = 15  # what a decimal number holds exactly
WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+\Z")
CONTROL = yaml.reader.Reader.NON_PRINTABLE  # also half characters (surrogates)
WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}

Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    r"""A file as plain dictionaries, lists and values, and the line of each.

    Examples
    --------
    >>> doc = parse_yaml("waves:\n  - {id: no}\n", file="study.yaml")
    >>> doc.data
    {'waves': [{'id': 'no'}]}
    >>> doc.where(("waves", 0, "id"))
    'study.yaml:2'
    """

    file: str
    data: Any
    lines: dict[Path_, int] = field(repr=False)

    def where(self, path: Path_ = ()) -> str:
        """Say file and line of a value; for one that is absent, of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.file}:{self.lines.get(path, 1)}"

    def in_order(self, problems: Iterable[Problem]) -> list[Problem]:
        """Sort problems of this file by line; those of other files stay where they are, at the end."""
        start = f"{self.file}:"
        return sorted(
            problems,
            key=lambda problem: int(problem.where[len(start) :]) if problem.where.startswith(start) else MAX_BYTES,
        )


def read_yaml(path: Path, *, root: Path | None = None) -> Document:
    """Read one definition file; the name in messages is relative to ``root``."""
    shown = path.relative_to(root).as_posix() if root and path.is_relative_to(root) else path.name
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DefinitionError(
            Problem(f"{shown}:1", "the file cannot be read.", f"{error.strerror}: check name and rights.")
        ) from None
    if len(raw) > MAX_BYTES:
        raise DefinitionError(Problem(f"{shown}:1", f"the file is larger than {MAX_BYTES:,} bytes.", "Split it."))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DefinitionError(Problem(f"{shown}:{line}", "not UTF-8.", "Save the file as UTF-8.")) from None
    return parse_yaml(text, file=shown)


def parse_yaml(text: str, *, file: str) -> Document:
    """Turn YAML text into a :class:`Document`, or raise with every problem that was found.

    Raises
    ------
    DefinitionError
        Not YAML, or YAML with aliases, tags, repeated keys, several documents or control characters.
    """
    try:
        node = _Composer(_check_tokens(_loader(text, file), file)).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise DefinitionError(_not_yaml(error, file)) from None
    problems: list[Problem] = []
    lines: dict[Path_, int] = {(): 1}
    data = _plain(node, (), lines, problems, file) if node is not None else None
    if problems:
        raise DefinitionError(problems)
    return Document(file=file, data=data, lines=lines)


class _Composer(yaml.parser.Parser, yaml.composer.Composer, yaml.resolver.BaseResolver):
    """Build the nodes from tokens that were read already; no scalar is given a type here."""

    def __init__(self, tokens: list[yaml.Token]) -> None:
        self._tokens, self._next = tokens, 0
        yaml.parser.Parser.__init__(self)
        yaml.composer.Composer.__init__(self)
        yaml.resolver.BaseResolver.__init__(self)

    def check_token(self, *choices: type[yaml.Token]) -> bool:
        return self._next < len(self._tokens) and (not choices or isinstance(self._tokens[self._next], choices))

    def peek_token(self) -> yaml.Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def get_token(self) -> yaml.Token | None:
        token = self.peek_token()
        self._next += 1
        return token

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: tuple[bool, bool]) -> str:
        return ""

    def descend_resolver(self, current_node: yaml.Node | None, current_index: object) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


def _loader(text: str, file: str) -> yaml.SafeLoader:
    try:
        return yaml.SafeLoader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise DefinitionError(_control(f"{file}:{line}", text[error.position])) from None


def _control(where: str, character: str) -> Problem:
    return Problem(
        where,
        f"holds a control character (U+{ord(character):04X}).",
        "Remove it; if the file is full of them, save it as UTF-8.",
    )


def _not_yaml(error: yaml.MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    begun = error.context_mark.line + 1 if error.context_mark else line
    since = f" {error.context} that begins in line {begun}" if error.context and begun != line else ""
    what = error.problem or "cannot be read"
    return Problem(f"{file}:{line}", f"not valid YAML: {what}{since}.", "Check indentation, colons and quotes.")


OPENING = (
    yaml.BlockMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.FlowSequenceStartToken,
)
CLOSING = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
BEFORE_CONTENT = (yaml.StreamStartToken, yaml.DirectiveToken, yaml.DocumentEndToken, yaml.StreamEndToken)


def _check_tokens(loader: yaml.SafeLoader, file: str) -> list[yaml.Token]:
    """Read every token; refuse what YAML allows and a definition does not need."""
    read = []
    depth = 0
    begun = ended = False
    for token in _tokens(loader, file):
        where = f"{file}:{token.start_mark.line + 1}"
        if isinstance(token, yaml.AliasToken | yaml.AnchorToken | yaml.TagToken):
            raise DefinitionError(
                Problem(
                    where,
                    "aliases (*), anchors (&) and tags (!) are not allowed.",
                    "Write the value out; put quotes around text that begins with one of these signs.",
                )
            )
        depth += isinstance(token, OPENING) - isinstance(token, CLOSING)
        if depth > MAX_DEPTH:
            raise DefinitionError(Problem(where, "nested too deeply.", "Flatten the definition."))
        if not isinstance(token, BEFORE_CONTENT):
            if ended or (begun and isinstance(token, yaml.DocumentStartToken)):
                raise DefinitionError(
                    Problem(where, "a second document begins here.", "One definition a file: remove --- and ....")
                )
            begun = True
        ended = ended or isinstance(token, yaml.DocumentEndToken)
        read.append(token)
    return read


def _tokens(loader: yaml.SafeLoader, file: str) -> Iterator[yaml.Token]:
    try:
        while loader.check_token():
            yield loader.get_token()
    except (ValueError, OverflowError):  # the scanner hands \UFFFFFFFF to chr() and a long %YAML to int()
        raise DefinitionError(
            Problem(
                f"{file}:{loader.line + 1}",
                "not valid YAML: there is no such character or version.",
                r"Write the character itself in place of \U and its number.",
            )
        ) from None


def _plain(node: yaml.Node, path: Path_, lines: dict[Path_, int], problems: list[Problem], file: str) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        return _value(node, f"{file}:{lines[path]}", problems)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, i), lines, problems, file) for i, child in enumerate(node.value)]
    result: dict[str, Any] = {}
    for key, value, line in _pairs(node, problems, file):
        if key in result:
            problems.append(
                Problem(f"{file}:{line}", f"key {key!r} appears twice.", "Keep one; YAML would drop the first.")
            )
        result[key] = _plain(value, (*path, key), lines, problems, file)
        lines[(*path, key)] = line
    return result


def _pairs(node: yaml.Node, problems: list[Problem], file: str) -> Iterator[tuple[str, yaml.Node, int]]:
    for key, value in node.value:
        line = key.start_mark.line + 1
        found = CONTROL.search(key.value) if isinstance(key, yaml.ScalarNode) else None
        if found:
            problems.append(_control(f"{file}:{line}", found[0]))
        elif isinstance(key, yaml.ScalarNode):
            yield str(key.value), value, line
        else:
            problems.append(Problem(f"{file}:{line}", "a key must be plain text.", "Use a word as key."))


def _value(node: yaml.ScalarNode, where: str, problems: list[Problem]) -> Any:
    text = str(node.value)
    if found := CONTROL.search(text):  # written as an escape such as \0
        problems.append(_control(where, found[0]))
    if node.style is not None:  # quoted or block text
        return text
    if text in WORDS:
        return WORDS[text]
    if not (WHOLE.match(text) or DECIMAL.match(text)):
        return text
    if sum(character.isdigit() for character in text) > MAX_DIGITS:
        problems.append(
            Problem(where, f"a number of more than {MAX_DIGITS} digits.", "Put quotes around it if it is a name.")
        )
        return text
    return int(text) if WHOLE.match(text) else float(text)
