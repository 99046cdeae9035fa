"""A study.yaml as text: short things on one line, text in quotes where it needs them, remarks behind a #."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

WIDEST = 110
PLAIN = re.compile(r"[a-z][A-Za-z0-9_./-]*")  # text that needs no quotes
WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
Remarks = Mapping[tuple[str | int, ...], str]


def study_text(data: Mapping[str, Any], *, heading: str, remarks: Remarks | None = None) -> str:
    r"""Write a definition as YAML that reads back as the same values.

    Parameters
    ----------
    data : mapping
    heading : str
        Put above, as a comment.
    remarks : mapping of path to text, optional
        Put behind the line on which the value begins.

    Examples
    --------
    >>> data = {"study": "a", "waves": [{"id": "t1", "k": "01"}]}
    >>> print(study_text(data, heading="Mine.", remarks={("study",): "!"}))
    # Mine.
    study: a  # !
    waves:
      - {id: t1, k: "01"}
    <BLANKLINE>
    """
    lines = [f"# {line}".rstrip() for line in heading.splitlines()]
    lines += _mapping(data, (), 0, remarks or {})
    return "\n".join(lines) + "\n"


def _mapping(data: Mapping[str, Any], path: tuple[str | int, ...], indent: int, remarks: Remarks) -> list[str]:
    lines = []
    for key, value in data.items():
        here = (*path, key)
        start = f"{' ' * indent}{_text(key)}:"
        remark = f"  # {remarks[here]}" if here in remarks else ""
        flow = _flow(value)
        inside = any(other[: len(here)] == here and other != here for other in remarks)
        if not isinstance(value, Mapping | list) or (len(start) + len(flow) < WIDEST and not inside and indent):
            lines.append(f"{start} {flow}{remark}")
        elif isinstance(value, Mapping) and (len(start) + len(flow) >= WIDEST or _nested(value) or inside):
            lines += [start + remark, *_mapping(value, here, indent + 2, remarks)]
        elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
            lines += [start + remark, *_listed(value, here, indent + 2, remarks)]
        elif isinstance(value, list) and len(start) + len(flow) >= WIDEST:
            lines += [start + remark, *_wrapped(value, indent + 2)]
        else:
            lines.append(f"{start} {flow}{remark}")
    return lines


def _nested(value: Mapping[str, Any]) -> bool:
    return any(isinstance(each, Mapping) for each in value.values())


def _listed(value: Sequence[Any], path: tuple[str | int, ...], indent: int, remarks: Remarks) -> list[str]:
    lines = []
    for i, each in enumerate(value):
        flow = _flow(each)
        inside = any(other[: len(path) + 1] == (*path, i) for other in remarks)
        if len(flow) + indent < WIDEST and not inside:
            lines.append(f"{' ' * indent}- {flow}")
        else:
            body = _mapping(each, (*path, i), indent + 2, remarks)
            lines += [f"{' ' * indent}- {body[0].lstrip()}", *body[1:]]
    return lines


def _wrapped(value: Sequence[Any], indent: int) -> list[str]:
    """Write a long list of short things over several lines."""
    lines, line = [], " " * indent + "["
    for i, each in enumerate(value):
        word = _flow(each) + ("]" if i == len(value) - 1 else ",")
        if len(line) + len(word) + 1 > WIDEST and line.strip() not in ("", "["):
            lines.append(line.rstrip())
            line = " " * (indent + 1)
        line += word + " "
    return [*lines, line.rstrip()]


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    return _text(str(value))


def _text(text: str) -> str:
    plain = PLAIN.fullmatch(text) and text.lower() not in WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)
