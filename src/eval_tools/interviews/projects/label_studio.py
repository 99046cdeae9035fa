"""Label Studio exports in JSON: passages with labels, checked against the words stored with them."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from eval_tools.errors import DataError, Problem
from eval_tools.interviews.gathered import Gathered, RawCase, RawCode, RawCoding, line_feeds, plain_name
from eval_tools.interviews.projects.meanings import meaning_of
from eval_tools.interviews.projects.offsets import Places, Stretch, describe, detect_counting

MAX_BYTES = 500_000_000


def read_label_studio(path: Path, *, counting: str = "") -> Gathered:
    """Read tasks with their annotations; every annotation says who was given the task, also where it is empty.

    Raises
    ------
    DataError
        No such export, or passages that cannot be found in their text.
    """
    if path.stat().st_size > MAX_BYTES:
        raise DataError(Problem(path.name, f"is larger than {MAX_BYTES:,} bytes.", "Export it in parts."))
    try:
        tasks = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise DataError(Problem(path.name, "is no JSON, or broken.", "Export it again as JSON.")) from error
    if not isinstance(tasks, list) or not all(isinstance(t, dict) and isinstance(t.get("data"), dict) for t in tasks):
        raise DataError(
            Problem(path.name, "is no list of tasks with data.", "Export the project as JSON, not JSON-MIN.")
        )
    out = Gathered(all_assigned=True)
    stored: dict[str, str] = {}
    stretches: dict[str, list[Stretch]] = defaultdict(list)
    found: list[tuple[str, int, int, str, str]] = []
    for number, task in enumerate(tasks, start=1):
        _task(task, number, out, stored, stretches, found)
    detected = detect_counting(stored, stretches, file=path.name, counting=counting)
    if detected.n:
        out.note("counting", describe(detected))
    places = {name: Places(text, detected.counting) for name, text in stored.items()}
    apart = 0
    for (source, start, end, coder, label), stretch in zip(found, _in_order(found, stretches), strict=True):
        first, last = places[source].at(start), places[source].at(end)
        if first is None or last is None or (stretch and "".join(out.texts[source][first:last].split()) != stretch):
            apart += 1
            continue
        out.codings.append(RawCoding(source=source, start=first, end=last, coder=coder, code=label))
    if apart:
        raise DataError(
            Problem(path.name, f"{apart} passages do not hold the words stored with them.", "Say what positions count.")
        )
    return out


def _in_order(found: list[tuple[str, int, int, str, str]], stretches: dict[str, list[Stretch]]) -> list[str]:
    """Return the words of each passage, without blanks, in the order in which passages were found."""
    left = {name: iter(some) for name, some in stretches.items()}
    return ["".join(next(left[source]).quoted.split()) for source, *_ in found]


def _task(
    task: dict[str, Any],
    number: int,
    out: Gathered,
    stored: dict[str, str],
    stretches: dict[str, list[Stretch]],
    found: list[tuple[str, int, int, str, str]],
) -> None:
    data = task["data"]
    meant = {meaning_of(str(key)): str(value) for key, value in data.items() if isinstance(value, str)}
    text = next((v for k, v in data.items() if isinstance(v, str) and meaning_of(str(k)) == "text"), "")
    source = plain_name(meant.get("source", f"task {task.get('id', number)}"))
    while source in stored:
        source += f" ({number})"
    stored[source], out.texts[source] = text, line_feeds(text)
    if meant.get("case") or meant.get("wave") or meant.get("role"):
        out.cases.append(
            RawCase(source=source, case=meant.get("case", ""), wave=meant.get("wave", ""), role=meant.get("role", ""))
        )
    for annotation in task.get("annotations") or []:
        if annotation.get("was_cancelled"):
            out.note("skipped", "annotations were skipped by their coder; that is no finding of nothing")
            continue
        who = annotation.get("completed_by")
        coder = str(who.get("email") or who.get("id") or "") if isinstance(who, dict) else str(who or "")
        out.assigned.add((source, coder))
        for result in annotation.get("result") or []:
            value = result.get("value") or {}
            labels = next((v for k, v in value.items() if k.endswith("labels") and isinstance(v, list)), None)
            if labels is None or not isinstance(value.get("start"), int) or not isinstance(value.get("end"), int):
                out.note("not_text", "results that are no labelled passages were left out")
                continue
            for label in labels:
                out.codes.setdefault(str(label), RawCode(key=str(label), name=str(label)))
                words = str(value.get("text") or "")
                stretches[source].append(Stretch(start=value["start"], end=value["end"], quoted=words))
                found.append((source, value["start"], value["end"], coder, str(label)))
