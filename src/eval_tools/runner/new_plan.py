"""What the study sets out to show: outcomes with their direction, and the term that decides."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from eval_tools.instruments.instrument import Instrument, Scale
from eval_tools.runner.asking import Asker, Question
from eval_tools.runner.new_sources import Source


def draft_plan(
    sources: Sequence[Source],
    instruments: Mapping[str, Instrument],
    waves: Sequence[Mapping[str, Any]],
    asker: Asker,
) -> dict[str, Any]:
    """Ask for the primary outcome and the rest of the plan; directions are those of the questionnaires."""
    outcomes = _outcomes(sources, instruments)
    main = [name for name, entry in outcomes.items() if entry["main"]]
    why = (
        "The outcome by which the programme is judged. Others are secondary. A plan made after the answers were seen "
        f"is reported as such. Others there are: {', '.join(name for name in outcomes if name not in main) or 'none'}."
    )
    question = Question(key="primary", text="What is the primary outcome?", why=why, default=_only(main), choices=main)
    if asker.given.get("primary") in outcomes:
        question = Question(key="primary", text=question.text, choices=tuple(outcomes))
    primary = asker.ask(question) if outcomes else ""
    rest = [name for name in main if name != primary]
    secondary = asker.ask(
        Question(
            key="secondary",
            text="Which outcomes are secondary?",
            why="Separated by commas, or none.",
            default=", ".join(rest) or "none",
        ),
        lambda answer: _listed(answer, outcomes),
    )
    terms = [wave["id"] for wave in waves if wave["role"] != "before"]
    decision = asker.ask(
        Question(
            key="decision_term",
            text="Which wave decides?",
            why="Reports on the others are marked as interim.",
            default=terms[-1] if terms else "",
            choices=terms,
        )
    )
    written = asker.ask(
        Question(
            key="written",
            text="Was this plan made before or after the answers were seen?",
            why="Files that are here already were seen by somebody; say before_data only if the plan is older.",
            default="after_data",
            choices=("before_data", "after_data"),
        )
    )
    plan: dict[str, Any] = {"written": written, "primary": [outcomes[primary]["entry"]] if primary in outcomes else []}
    second = [name for name in secondary or () if name != primary]
    if second:
        plan["secondary"] = [outcomes[name]["entry"] for name in second]
    return plan | {"decision_term": decision, "reliability_floor": 0.7}


def _only(names: Sequence[str]) -> str | None:
    return names[0] if len(names) == 1 else None


def _listed(answer: str, outcomes: Mapping[str, Any]) -> list[str]:
    names = [word.strip() for word in re.split(r"[,，、]", answer) if word.strip()]
    if names == ["none"]:
        return []
    unknown = [name for name in names if name not in outcomes]
    if unknown or len(set(names)) < len(names):
        raise ValueError(f"Some of these, each once, or none: {', '.join(outcomes)}.")
    return names


def _outcomes(sources: Sequence[Source], instruments: Mapping[str, Instrument]) -> dict[str, dict[str, Any]]:
    """List every scale with a direction, by each who answers it; the first of a questionnaire is its main one."""
    asked: dict[str, list[str]] = {}
    lacking: dict[str, set[str]] = {}
    for source in sources:
        for name, part in source.instruments.items():
            here = asked.setdefault(name, [])
            if source.informant not in here:
                here.append(source.informant)
            lacking[name] = lacking.get(name, set()) | set(part.get("absent", ()))
    found: dict[str, dict[str, Any]] = {}
    for name, informants in asked.items():
        scales = [s for s in instruments[name].scales.values() if s.better and not set(s.items) & lacking[name]]
        scales.sort(key=lambda scale: scale.id != "total")
        for scale in scales:
            for informant in informants:
                several = len(informants) > 1
                outcome = f"{name}.{scale.id}" + (f".{informant}" if several else "")
                entry = {"outcome": f"{name}.{scale.id}"} | ({"informant": informant} if several else {})
                entry |= {"better": str(scale.better), "smallest_worthwhile": None}  # type: ignore[dict-item]
                found[outcome] = {"entry": entry, "main": scale is _main(scales)}
    return found


def _main(scales: Sequence[Scale]) -> Scale:
    return scales[0]
