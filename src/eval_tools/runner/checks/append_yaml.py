"""Add decisions to corrections.yaml: what stands there stays as it is, byte for byte, comments included."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from eval_tools.definitions.strict_yaml import parse_yaml
from eval_tools.intake.corrections import parse_corrections
from eval_tools.runner.checks.read_back import ReadDecisions

NEW_FILE = """\
# Known faults of the exports and how each is resolved. The raw files are never edited.
# A correction that no longer matches what it expects, or is no longer needed, stops the run.
schema_version: "1.0"
corrections: []
"""
WITH_QUOTES = ("file", "reason", "sha256", "column")
Entry = Mapping[str, Any]


def append_decisions(path: Path, read: ReadDecisions, *, root: Path) -> list[str]:
    """Append what was decided and say what was done; a file that would not load is never written.

    Returns
    -------
    list of str
        What was written, what is to be asked, what was refused and why.
    """
    from eval_tools.spreadsheets import write_whole

    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    added = {"corrections": read.corrections, "accepted": read.accepted, "asked": read.asked}
    if any(added.values()):
        old = path.read_bytes() if path.exists() else NEW_FILE.encode()
        new = extended(old, added)
        parse_corrections(parse_yaml(new.decode("utf-8-sig"), file=shown), path.parent)
        write_whole(path, new, mode=path.stat().st_mode & 0o777 if path.exists() else 0o644)
    counts = f"{len(read.corrections)} corrections, {len(read.accepted)} accepted, {len(read.asked)} asked"
    lines = [f"{shown}: {counts} written; {read.n_known} were there already, {read.n_undecided} are undecided."]
    if read.questions:
        lines += ["", f"To ask ({len(read.questions)}):", *(f"  {each}" for each in read.questions)]
    if read.refused:
        lines += ["", f"Refused ({len(read.refused)}):"]
        lines += ["  " + str(each).replace("\n", "\n  ") for each in read.refused]
    return lines


def extended(old: bytes, added: Mapping[str, Sequence[Entry]]) -> bytes:
    r"""Return the file with entries added at the end of its lists; lists that are not there come at the end.

    Examples
    --------
    >>> print(extended(b"corrections:\n  - id: a  # why\n", {"corrections": [{"id": "b"}]}).decode())
    corrections:
      - id: a  # why
      - id: b
    """
    mark = b"\xef\xbb\xbf" if old.startswith(b"\xef\xbb\xbf") else b""
    text = old[len(mark) :].decode("utf-8")
    line_end = "\r\n" if "\r\n" in text else "\n"
    for name, entries in added.items():
        if entries:
            text = _with_entries(text, name, entries, line_end)
    return mark + text.encode("utf-8")


def _with_entries(text: str, name: str, entries: Sequence[Entry], line_end: str) -> str:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(node, yaml.MappingNode)  # its shape was checked when it was loaded
    lists = {key.value: value for key, value in node.value}
    if name not in lists:
        body = line_end.join([f"{name}:", *(line for entry in entries for line in _block(entry, 2))])
        return text + ("" if text.endswith("\n") else line_end) + body + line_end
    value = lists[name]
    if value.flow_style and not value.value:
        body = "".join(line_end + line for entry in entries for line in _block(entry, 2))
        return text[: value.start_mark.index].rstrip(" ") + body + text[value.end_mark.index :]
    end = _end(value.value[-1])
    if value.flow_style:
        body = "".join(f", {json.dumps(entry, ensure_ascii=False)}" for entry in entries)
        return text[:end] + body + text[end:]
    newline = text.find("\n", end)
    end = len(text) if newline < 0 else newline + 1
    before = text[:end] if text[:end].endswith("\n") else text[:end] + line_end
    body = "".join(line + line_end for entry in entries for line in _block(entry, value.start_mark.column))
    return before + body + text[end:]


def _end(node: yaml.Node) -> int:
    """Return where the last thing written in a node ends, without the comments that follow."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return _end(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _end(node.value[-1])
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return max(node.start_mark.index, node.end_mark.index - 1)
    return int(node.end_mark.index)


def _block(entry: Entry, indent: int) -> list[str]:
    blank = " " * indent
    lines = [f"{key}: {_value(key, value)}" for key, value in entry.items()]
    return [blank + ("- " if i == 0 else "  ") + line for i, line in enumerate(lines)]


def _value(key: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_value(name, each)}" for name, each in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False) if key in WITH_QUOTES else str(value)
