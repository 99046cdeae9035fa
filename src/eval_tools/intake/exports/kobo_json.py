"""The JSON of KoBo's API (v2, or a bare list) as sheets: one for the submissions, one for each repeat."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from eval_tools.intake.exports.xlsform import Form
from eval_tools.intake.files.delimited import MAX_CELL, MAX_COLUMNS
from eval_tools.intake.files.json_file import read_json
from eval_tools.intake.files.sheet import ReceivedFile, Sheet
from eval_tools.intake.findings import Findings, shorten

MAIN = "submissions"
MAX_DEPTH = 20
_HEAD = 200_000  # bytes looked at to recognise the format


class _Refused(Exception):
    pass


def looks_like_json(content: bytes) -> bool:
    """Tell whether these bytes begin like a list of KoBo submissions.

    Examples
    --------
    >>> looks_like_json(b'{"count": 1, "results": [{"_id": 1, "_uuid": "x", "_submission_time": "2026"}]}')
    True
    """
    head = content[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()
    return head[:1] in (b"{", b"[") and b'"_uuid"' in head and b'"_submission_time"' in head


def json_sheets(received: ReceivedFile, form: Form | None, findings: Findings) -> tuple[Sheet, ...] | None:
    """Turn submissions into sheets with the columns of the XLSX export; None, with findings, if that cannot be.

    Row k + 1 is the k-th submission. What a submission leaves out is an empty cell. Lists of groups that repeat
    become sheets with ``_index``, ``_parent_table_name`` and ``_parent_index``.
    """
    file = received.file
    data = read_json(received, findings=findings)
    if data is None:
        return None
    try:
        tables = _Tables(form)
        for submission in _submissions(data, file, findings):
            tables.add_submission(submission)
        return tables.sheets()
    except _Refused as refusal:
        findings.add("json_refused", f"{refusal} | Download the data from the API again.", file=file)
    return None


def _submissions(data: Any, file: str, findings: Findings) -> list[dict[str, Any]]:
    found = data.get("results") if isinstance(data, dict) else data
    if not isinstance(found, list):
        raise _Refused("there is no list of submissions.")
    wrong = [i for i, submission in enumerate(found, start=2) if not isinstance(submission, dict)]
    if wrong:
        raise _Refused(f"rows {shorten(wrong)} are no submissions.")
    count = data.get("count") if isinstance(data, dict) else None
    if isinstance(data, dict) and (data.get("next") or data.get("previous") or count not in (None, str(len(found)))):
        findings.add(
            "json_incomplete",
            f"a part of the data: {len(found)} submissions, and the server has more. | "
            "Download all pages (a larger limit), or export CSV.",
            file=file,
        )
    return found


class _Tables:
    """Sheets that grow by one submission after the other; columns stand in the order of the form, then as met."""

    def __init__(self, form: Form | None) -> None:
        self.has_form = form is not None
        self.columns: dict[str, dict[str, None]] = {MAIN: {}}
        self.records: dict[str, list[dict[str, str]]] = {MAIN: []}
        for question in form.questions if form else ():
            if question.type == "note":
                continue
            table = question.repeat or MAIN
            self.columns.setdefault(table, {})[question.path] = None
            self.records.setdefault(table, [])
        self.n_cells = 0

    def add_submission(self, submission: Mapping[str, Any]) -> None:
        self._add(MAIN, "", "", submission, 0)

    def _add(self, table: str, parent: str, parent_index: str, fields: Mapping[str, Any], depth: int) -> None:
        if depth > MAX_DEPTH:
            raise _Refused("repeats stand in repeats too deeply.")
        index = str(len(self.records[table]) + 1)
        record: dict[str, str] = {}
        self.records[table].append(record)
        for key, value in _flat(fields, "", 0):
            if _is_repeat(key, value):
                name = key.rsplit("/", 1)[-1]
                name = f"{name} (repeat)" if name == MAIN else name
                self.columns.setdefault(name, {})
                self.records.setdefault(name, [])
                for inner in value:
                    self._add(name, table, index, inner, depth + 1)
            else:
                record[key] = _text(key, value)
        record["_index"] = index
        if parent:
            record["_parent_table_name"], record["_parent_index"] = parent, parent_index
        self.columns[table] |= dict.fromkeys(record)
        self.n_cells += len(record)
        if len(self.columns[table]) > MAX_COLUMNS:
            raise _Refused(f"more than {MAX_COLUMNS} columns.")

    def sheets(self) -> tuple[Sheet, ...]:
        made = []
        for name, columns in self.columns.items():
            own = {"_index": None} if name == MAIN else dict.fromkeys(("_index", "_parent_table_name", "_parent_index"))
            header = tuple(key for key in columns if key not in own) + tuple(own)
            cells = tuple(tuple(record.get(key, "") for key in header) for record in self.records[name])
            made.append(Sheet(name=name, cells=(header if self.has_form else _without_groups(header), *cells)))
        return tuple(made)


def _without_groups(header: tuple[str, ...]) -> tuple[str, ...]:
    """Name questions as the CSV export does: without their groups, unless two would share the name."""
    short = [key if key.startswith(("_", "meta/", "formhub/")) else key.rsplit("/", 1)[-1] for key in header]
    return tuple(key if short.count(name) > 1 else name for key, name in zip(header, short, strict=True))


def _flat(fields: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Give each field with its path; KoBo writes the paths out, others nest the groups."""
    for key, value in fields.items():
        if isinstance(value, dict) and key != "_validation_status" and not key.startswith("_"):
            if depth > MAX_DEPTH:
                raise _Refused("groups stand in groups too deeply.")
            yield from _flat(value, f"{prefix}{key}/", depth + 1)
        else:
            yield f"{prefix}{key}", value


def _is_repeat(key: str, value: Any) -> bool:
    return (
        isinstance(value, list) and bool(value) and not key.startswith("_") and all(isinstance(v, dict) for v in value)
    )


def _text(key: str, value: Any) -> str:
    """Write a value as the CSV export does: nothing for null and for empty lists."""
    if key == "_validation_status" and isinstance(value, dict):
        value = value.get("uid", "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or value in ([], {}) or (isinstance(value, list) and not any(value)):
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) > MAX_CELL:
        raise _Refused(f"an answer is longer than {MAX_CELL:,} characters.")
    return text
