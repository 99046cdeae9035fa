"""JSON as text: numbers as they are written, keys once, with limits on size and depth."""

from __future__ import annotations

import json
from typing import Any

from eval_tools.intake.files.sheet import ReceivedFile
from eval_tools.intake.findings import Findings

MAX_BYTES = 200_000_000
MAX_DEPTH = 60
MAX_VALUES = 20_000_000


class _Refused(ValueError):
    """What JSON allows or does not forbid and we do not read."""


def read_json(received: ReceivedFile, *, findings: Findings) -> Any:
    """Parse a JSON file; None, with a finding, if it cannot be read safely.

    Returns
    -------
    dict, list, str, bool or None
        Numbers come as the text they are written with, so that nothing is rounded.

    Examples
    --------
    >>> from pathlib import Path
    >>> received = ReceivedFile(file="a.json", path=Path("a.json"), content=b'{"id": 007.50e0}')
    >>> read_json(received, findings=Findings()) is None
    True
    >>> received = ReceivedFile(file="a.json", path=Path("a.json"), content=b'{"id": 123456789012345678, "x": [1.50]}')
    >>> read_json(received, findings=Findings())
    {'id': '123456789012345678', 'x': ['1.50']}
    """
    raw, file = received.content, received.file
    if len(raw) > MAX_BYTES or raw.count(b",") + raw.count(b"[") + raw.count(b"{") > MAX_VALUES:
        findings.add("file_too_large", "is too large. | Split the export, or export it as CSV.", file=file)
        return None
    try:
        text = raw.decode("utf-8-sig")
        found = json.loads(
            text, parse_int=str, parse_float=str, parse_constant=_constant, object_pairs_hook=_once, strict=True
        )
        _check(found)
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        findings.add("wrong_encoding", "not utf-8 from this row on. | Export the file again.", file=file, row=row)
        return None
    except _Refused as refused:
        findings.add("json_refused", f"{refused} | Export the file again.", file=file)
        return None
    except (json.JSONDecodeError, RecursionError) as error:
        row = getattr(error, "lineno", 0)
        findings.add("not_json", "is not well-formed JSON. | Export the file again.", file=file, row=row)
        return None
    if found is None or isinstance(found, str | bool):
        findings.add("not_json", "holds no records. | Export the file again.", file=file)
        return None
    return found


def _constant(_: str) -> Any:
    raise _Refused("holds NaN or Infinity, which are no JSON.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Refused("holds a key twice in one record, so that one value would be lost.")
    return found


def _check(found: Any) -> None:
    """Refuse what is nested too deeply and NUL characters, which mark the reasons of missing answers here."""
    level = [found]
    for _ in range(MAX_DEPTH):
        following: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                following += value.values()
                following += value.keys()
            elif isinstance(value, list):
                following += value
            elif isinstance(value, str) and "\x00" in value:
                raise _Refused("holds NUL characters.")
        if not following:
            return
        level = following
    raise _Refused("is nested too deeply.")
