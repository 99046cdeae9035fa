"""The plan, frozen: what was set down before looking, and everything that departs from it since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval_tools.errors import DefinitionError, Problem
from eval_tools.studies.study import Study

LOCK_FILE = "plan.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One place where the study is no longer what was locked."""

    what: str  # dotted name: plan.decision_term, groups.programme.role, questionnaire ces-d
    locked: str  # '' if it was not there
    now: str  # '' if it is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A frozen plan: when it was frozen and what it said."""

    locked_on: str
    content: Mapping[str, str]


def plan_content(study: Study, questionnaire_hashes: Mapping[str, str]) -> dict[str, str]:
    """Spell out everything a plan commits to, as dotted names with their values.

    Parameters
    ----------
    study : Study
    questionnaire_hashes : mapping of str to str
        Hash of the definition of every questionnaire the study uses, by its id.
    """
    content = {
        "assignment.unit": study.assignment.unit,
        "assignment.randomised": str(study.assignment.randomised).lower(),
        "waves": ", ".join(f"{wave.id} ({wave.role})" for wave in study.waves.values()),
        "plan.decision_term": study.plan.decision_term,
        "plan.reliability_floor": _number(study.plan.reliability_floor),
        "plan.primary": ", ".join(sorted(o.id for o in study.plan.outcomes if o.rank == "primary")),
        "plan.secondary": ", ".join(sorted(o.id for o in study.plan.outcomes if o.rank == "secondary")),
    }
    for wave, sites in study.assignment.starts.items():
        content[f"assignment.starts.{wave}"] = _sites(sites)
    for region in study.regions.values():
        content[f"regions.{region.id}"] = _sites(region.sites)
    for group in study.groups.values():
        content[f"groups.{group.id}"] = group.role
    for outcome in study.plan.outcomes:
        content[f"outcome {outcome.id}.better"] = outcome.better
        smallest = outcome.smallest_worthwhile
        content[f"outcome {outcome.id}.smallest_worthwhile"] = "none" if smallest is None else _number(smallest)
    for goal in study.goals.values():
        content[f"goals.{goal.id}"] = ", ".join(sorted(goal.outcomes)) or "measured by nothing"
    if study.plan.subgroups:
        content["plan.subgroups"] = ", ".join(sorted(study.plan.subgroups))
    for name in study.plan.subgroups:
        content[f"subgroups.{name}"] = ", ".join(study.subgroups[name].levels)
    for name in study.instruments:
        content[f"questionnaire {name}"] = questionnaire_hashes[name][:16]
    return content


def _sites(sites: Iterable[str]) -> str:
    """Tell how many sites there are, and a hash by which others would be noticed; never their names."""
    ordered = sorted(sites)
    return f"{len(ordered)} sites ({hashlib.sha256(json.dumps(ordered).encode()).hexdigest()[:8]})"


def _number(value: float) -> str:
    return f"{value:.12g}"


def write_lock(folder: Path, content: Mapping[str, str], *, date: str) -> Path:
    """Freeze a plan; a plan that is frozen already is never overwritten.

    Raises
    ------
    DefinitionError
        If there is a lock.
    """
    path = folder / LOCK_FILE
    if path.exists():
        raise DefinitionError(
            Problem(
                f"{folder.name}/{LOCK_FILE}",
                f"the plan was locked on {read_lock(folder).locked_on}.",  # type: ignore[union-attr]
                "Later changes are listed in the report; that is what a lock is for.",
            )
        )
    body = {"locked_on": date, "content": dict(content)}
    text = json.dumps({**body, "sha256": _digest(body)}, indent=2, ensure_ascii=False, sort_keys=True)
    part = path.with_suffix(".part")
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(path)
    return path


def read_lock(folder: Path) -> Lock | None:
    """Read the lock of a study; None if its plan was never locked.

    Raises
    ------
    DefinitionError
        If the lock was edited by hand: its own hash no longer fits.
    """
    path = folder / LOCK_FILE
    if not path.exists():
        return None
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        body = {"locked_on": found["locked_on"], "content": found["content"]}
        intact = found["sha256"] == _digest(body)
    except (OSError, ValueError, KeyError, TypeError):
        intact = False
    if not intact:
        raise DefinitionError(
            Problem(
                f"{folder.name}/{LOCK_FILE}",
                "the lock is damaged or was edited.",
                "Restore it from version control; a changed plan is declared in study.yaml, never in the lock.",
            )
        )
    return Lock(locked_on=body["locked_on"], content=body["content"])


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def find_deviations(lock: Lock, content: Mapping[str, str]) -> tuple[Deviation, ...]:
    """List every place where a study departs from its locked plan, in order of name.

    Examples
    --------
    >>> lock = Lock(locked_on="2026-09-01", content={"plan.decision_term": "spring"})
    >>> find_deviations(lock, {"plan.decision_term": "summer"})
    (Deviation(what='plan.decision_term', locked='spring', now='summer'),)
    """
    names = sorted({*lock.content, *content})
    return tuple(
        Deviation(what=name, locked=lock.content.get(name, ""), now=content.get(name, ""))
        for name in names
        if lock.content.get(name, "") != content.get(name, "")
    )
