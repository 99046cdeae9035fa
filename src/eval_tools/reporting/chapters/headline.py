"""The first lines of a report: what can be said, in points and with a range, for how many sites, how certainly."""

from __future__ import annotations

from math import isfinite

from eval_tools.reporting.chapters.stepped import stepped_answer, stepped_headline
from eval_tools.reporting.material import Desk, Row
from eval_tools.studies.study import Outcome

LEVELS = ("very_low", "low", "moderate", "high")


def headline(desk: Desk) -> str:
    """Answer in a few sentences; harm in any outcome is among them, and none claims more than its verdict."""
    return desk.words.sentences(*_claims(desk), basis(desk))


def lead(desk: Desk) -> str:
    """Return the first of these sentences: what can be said, before the points and what they rest on."""
    return _claims(desk)[0]


def _claims(desk: Desk) -> list[str]:
    """Say what may be claimed, each claim with its points and range."""
    if desk.study.assignment.stepped:
        primary = [outcome for outcome in desk.study.plan.outcomes if outcome.rank == "primary"]
        return [stepped_headline(desk), *(stepped_answer(desk, outcome) for outcome in primary)]
    if desk.study.comparison is None:
        return [moved(desk), *_measured_changes(desk)]
    if len(desk.study.programme_groups) > 1:
        return [moved(desk), *_measured_differences(desk)]
    primary = [outcome for outcome in desk.study.plan.outcomes if outcome.rank == "primary"]
    further = [outcome for outcome in desk.study.plan.outcomes if outcome.rank != "primary"]
    harmed = [outcome for outcome in further if any(row["verdict"] == "worse" for row in desk.verdicts(outcome))]
    return [sentence for outcome in [*primary, *harmed] for sentence in _claim(desk, outcome)]


def _claim(desk: Desk, outcome: Outcome) -> list[str]:
    """Say of the only programme group how it fared against the comparison group on one outcome."""
    assert desk.study.comparison is not None
    words = desk.words
    [row] = desk.primary(outcome, "difference").values()
    [verdict] = desk.verdicts(outcome)
    known = row["status"] in ("estimated", "needs_sites") and isfinite(float(row["estimate"]))
    word = str(verdict["verdict"]) if known else "unknown"
    hedge = f".{verdict['certainty']}" if word in ("better", "worse", "alike") else ""
    claim = words(
        f"headline.one.{word}{hedge}",
        scale_name=desk.scale_name(outcome),
        group=desk.group_title(str(verdict["group"])),
        reference=desk.group_title(desk.study.comparison.id),
        **({"margin": words.number(outcome.smallest_worthwhile or 0.0)} if word == "alike" else {}),
    )
    return [claim, _measure(desk, outcome, row)] if known else [claim]


def _measure(desk: Desk, outcome: Outcome, row: Row) -> str:
    """Give a difference in points with its range, the range of the scale and the way that is better."""
    words, scale = desk.words, desk.scale(outcome)
    ends = {"scale_low": words.number(scale.low, 0), "scale_high": words.number(scale.high, 0)}
    places = {"estimate": words.number(float(row["estimate"]), signed=True), **ends}
    low, high = float(row["ci_low"]), float(row["ci_high"])
    how = ".adjusted" if "ancova" in row["estimator"] else ".change"
    if not (isfinite(low) and isfinite(high)):
        return words(f"headline.measure_plain{how}.{outcome.better}", **places)
    interval = {"ci_low": words.number(low, signed=True), "ci_high": words.number(high, signed=True)}
    return words(f"headline.measure{how}.{outcome.better}", **places, **interval)


def _measured_differences(desk: Desk) -> list[str]:
    """Give, for every primary outcome, the span of the differences of several groups and of their ranges."""
    assert desk.study.comparison is not None
    words, sentences = desk.words, []
    for outcome in desk.study.plan.outcomes:
        rows = [row for row in desk.primary(outcome, "difference").values() if row["status"] == "estimated"]
        rows = [row for row in rows if isfinite(float(row["ci_low"])) and isfinite(float(row["ci_high"]))]
        if outcome.rank != "primary" or not rows:
            continue
        sentences.append(
            words(
                "headline.measure_several",
                scale=desk.scale_title(outcome),
                reference=desk.group_title(desk.study.comparison.id),
                low=words.number(min(float(row["estimate"]) for row in rows), signed=True),
                high=words.number(max(float(row["estimate"]) for row in rows), signed=True),
                ci_low=words.number(min(float(row["ci_low"]) for row in rows), signed=True),
                ci_high=words.number(max(float(row["ci_high"]) for row in rows), signed=True),
            )
        )
    return sentences


def _measured_changes(desk: Desk) -> list[str]:
    """Give, for every primary outcome of a study without a comparison, the change with its range."""
    words, sentences = desk.words, []
    for outcome in desk.study.plan.outcomes:
        rows = {g: row for g, row in desk.primary(outcome, "change").items() if g != "all"}
        rows = {g: row for g, row in rows.items() if isfinite(float(row["estimate"]))}
        if outcome.rank != "primary" or len(rows) != 1:
            continue
        [row] = rows.values()
        places = {
            "scale": desk.scale_title(outcome),
            "estimate": words.number(float(row["estimate"]), signed=True),
        }
        low, high = float(row["ci_low"]), float(row["ci_high"])
        if isfinite(low) and isfinite(high):
            interval = {"ci_low": words.number(low, signed=True), "ci_high": words.number(high, signed=True)}
            sentences.append(words(f"headline.measure_single.{outcome.better}", **places, **interval))
        else:
            sentences.append(words(f"headline.measure_single_plain.{outcome.better}", **places))
    return sentences


def moved(desk: Desk) -> str:
    """Say in one sentence whether the groups moved the right way and whether they can be told apart."""
    moves: list[bool] = []
    for outcome in desk.study.plan.outcomes:
        of_outcome = _moves(desk, outcome)
        if of_outcome is None:
            return desk.words("headline.unknown")
        moves += of_outcome
    how = "all" if all(moves) else "mixed" if any(moves) else "none"
    comparison = desk.study.comparison
    if comparison is None:
        return desk.words(f"headline.{how}.single")
    places = {"n_groups": len(desk.study.groups), "reference": desk.group_title(comparison.id)}
    return desk.words(f"headline.{how}.{_told_apart(desk)}", **places)


def basis(desk: Desk) -> str:
    """Say on how many sites and people the headline rests, and how certain the least certain comparison is."""
    words = desk.words
    verdicts = [row for outcome in desk.study.plan.outcomes for row in desk.verdicts(outcome)]
    level = min((row["certainty"] for row in verdicts), key=LEVELS.index, default="very_low")
    places = {"level": words(f"certainty.{level}")}
    changes = [desk.primary(outcome, "change")[desk.total] for outcome in desk.study.plan.outcomes]
    n_sites, n = max(int(row["n_sites"]) for row in changes), max(float(row["n"]) for row in changes)
    known = isfinite(n)
    if known:
        places["n"] = words.number(n, 0)
    if n_sites:
        places["n_sites"] = words.number(n_sites, 0)
        return words("headline.basis_sites" if known else "headline.basis_sites_hidden", **places)
    return words("headline.basis" if known else "headline.basis_hidden", **places)


def _told_apart(desk: Desk) -> str:
    """Say how the programme groups ended against the comparison group, over all outcomes; harm is never left out."""
    rows = [(o, row) for o in desk.study.plan.outcomes for row in desk.primary(o, "difference").values()]
    known = [(outcome, row) for outcome, row in rows if row["status"] == "estimated"]
    clear = {is_better(float(row["estimate"]), outcome) for outcome, row in known if is_clear(row)}
    if clear:
        return "both" if len(clear) == 2 else "better" if clear == {True} else "worse"
    if not known:
        return "impossible"
    return "unclear" if len(known) == len(rows) else "partly"


def _moves(desk: Desk, outcome: Outcome) -> list[bool] | None:
    """Say of every group whether it moved in the better direction; None if one of them is unknown."""
    rows = [row for g, row in desk.primary(outcome, "change").items() if g != "all"]
    values = [float(row["estimate"]) for row in rows]
    if not values or not all(isfinite(value) for value in values):
        return None
    return [is_better(value, outcome) for value in values]


def is_better(value: float, outcome: Outcome) -> bool:
    """Say whether a change or difference is good news; unknown and zero are not."""
    return value > 0 if outcome.better == "higher" else value < 0


def is_clear(row: Row) -> bool:
    """Say whether a difference stands after allowing for the number of comparisons."""
    return float(row["p_adjusted"]) < 1 - float(row["ci_level"])
