"""Read YAML without surprises: what stands in the file is what is meant, and every value knows its line.

Refused: aliases and anchors, tags, repeated keys, several documents, keys that are not plain text.
Only ``true``, ``false``, ``null``, whole numbers and decimals have a meaning of their own; ``no``, ``on``,
``0123``, ``1:30`` and dates stay the text they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from eval_tools.errors import DefinitionError, Problem

MAX_BYTES = 2_000_000
MAX_DEPTH = 40
WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+\Z")
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


def read_yaml(path: Path, *, root: Path | None = None) -> Document:
    """Read one definition file; the name in messages is relative to ``root``."""
    shown = path.relative_to(root).as_posix() if root and path.is_relative_to(root) else path.name
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DefinitionError(
            Problem(shown, "the file cannot be read.", f"{error.strerror}: check name and rights.")
        ) from None
    if len(raw) > MAX_BYTES:
        raise DefinitionError(Problem(shown, f"the file is larger than {MAX_BYTES:,} bytes.", "Split it."))
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
        Not YAML, or YAML with aliases, tags, repeated keys or several documents.
    """
    problems: list[Problem] = []
    try:
        _refuse_aliases(text, file)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = mark.line + 1 if mark else 1
        what = getattr(error, "problem", None) or "cannot be read"
        raise DefinitionError(
            Problem(f"{file}:{line}", f"not valid YAML: {what}.", "Check indentation, colons and quotes.")
        ) from None
    except RecursionError:
        raise DefinitionError(Problem(file, "nested too deeply.", "Flatten the definition.")) from None
    lines: dict[Path_, int] = {(): 1}
    data = _plain(node, (), lines, problems, file) if node is not None else None
    if problems:
        raise DefinitionError(problems)
    return Document(file=file, data=data, lines=lines)


def _refuse_aliases(text: str, file: str) -> None:
    depth = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.AliasToken | yaml.AnchorToken | yaml.TagToken):
            raise DefinitionError(
                Problem(
                    f"{file}:{token.start_mark.line + 1}",
                    "aliases (*), anchors (&) and tags (!) are not allowed.",
                    "Write the value out; put quotes around text that begins with one of these signs.",
                )
            )
        if isinstance(
            token,
            yaml.BlockMappingStartToken
            | yaml.BlockSequenceStartToken
            | yaml.FlowMappingStartToken
            | yaml.FlowSequenceStartToken,
        ):
            depth += 1
        elif isinstance(token, yaml.BlockEndToken | yaml.FlowMappingEndToken | yaml.FlowSequenceEndToken):
            depth -= 1
        if depth > MAX_DEPTH:
            raise DefinitionError(
                Problem(f"{file}:{token.start_mark.line + 1}", "nested too deeply.", "Flatten the definition.")
            )


def _plain(node: yaml.Node, path: Path_, lines: dict[Path_, int], problems: list[Problem], file: str) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        return _value(node)
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
        if isinstance(key, yaml.ScalarNode):
            yield str(key.value), value, line
        else:
            problems.append(Problem(f"{file}:{line}", "a key must be plain text.", "Use a word as key."))


def _value(node: yaml.ScalarNode) -> Any:
    text = str(node.value)
    if node.style is not None:  # quoted or block text
        return text
    if text in WORDS:
        return WORDS[text]
    if WHOLE.match(text):
        return int(text)
    if DECIMAL.match(text):
        return float(text)
    return text
