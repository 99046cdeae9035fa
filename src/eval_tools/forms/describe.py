"""A definition in sentences: rules, bands, standing. Codebooks and pages say the same because both come from here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from eval_tools.forms.words import FormWords
from eval_tools.instruments.facts import Ages, ImportantDifference, Norm, Reliability
from eval_tools.instruments.instrument import BandScheme, Derived, Instrument, Item, Option, Scale, ValidityGate

DASH = "–"


def describe_ages(ages: Ages, words: FormWords) -> str:
    """Say for which ages."""
    low, high = ages
    if low is None and high is None:
        return words("codebook.ages.any")
    if high is None:
        return words("codebook.ages.from", low=low)
    if low is None:
        return words("codebook.ages.to", high=high)
    return words("codebook.ages.range", low=low, high=high)


def describe_recall(instrument: Instrument, words: FormWords) -> str:
    """Say which time the questions are about, with its standing where that is not settled."""
    recall = instrument.recall
    if recall is None:
        return words("codebook.recall.none")
    said = words.counted(f"recall.{recall.unit}", recall.value)
    return said if recall.status == "verified" else f"{said} ({words(f'standing.{recall.status}')})"


def describe_members(instrument: Instrument, scale: Scale) -> str:
    """List what a scale is made of: printed numbers, an r for those that count downwards, or names of scales.

    Examples
    --------
    >>> from eval_tools.forms.example import EXAMPLE
    >>> describe_members(EXAMPLE, EXAMPLE.scales["total"])
    '1, 2r, 3'
    """
    if scale.of_scales:
        return " + ".join(scale.of_scales)
    items = [instrument.items[name] for name in scale.items]
    return ", ".join(f"{item.number}{'r' if _downwards(scale, item) else ''}" for item in items)


def _downwards(scale: Scale, item: Item) -> bool:
    counts_right = scale.method in ("sum_correct", "percent_correct")
    return scale.reverses(item) and not scale.value_map and not counts_right


def describe_method(scale: Scale, words: FormWords) -> str:
    """Say how the parts become the score."""
    rule = scale.count_when
    steps = [words(f"method.{scale.method}", rule=rule, n=scale.at_least)]
    if scale.value_map:
        shown = ", ".join(f"{code}→{value:g}" for code, value in scale.value_map.items())
        steps.insert(0, words("method.value_map", map=shown))
    if scale.weights:
        steps.append(", ".join(f"{name} × {weight:g}" for name, weight in scale.weights.items()))
    if scale.zero_if is not None:
        steps.append(words("method.zero_if", item=scale.zero_if.item, code=scale.zero_if.equals))
    for step in scale.transform:
        if step.multiply is not None:
            steps.append(words("method.multiply", n=f"{step.multiply:g}"))
        elif step.add is not None:
            steps.append(words("method.add", n=f"{step.add:g}"))
        else:
            steps.append(words("method.lookup", n=len(step.lookup)))
    return words.clauses(steps)


def describe_missing(scale: Scale, words: FormWords) -> str:
    """Say how many answers a score needs, and how well that is known."""
    rule = scale.missing
    n = len(scale.items or scale.of_scales)
    key = "none_scales" if rule.fill == "none" and scale.of_scales else rule.fill
    said = [words(f"missing.{key}", n=n, least=rule.min_answered)]
    if rule.rounding == "half_up":
        said.append(words("missing.half_up"))
    said.append(words("missing.standing", standing=words(f"standing.{rule.status}")))
    return words.clauses(said)


def describe_rule(scale: Scale, words: FormWords) -> str:
    """Say how answers become the score, and what happens when some are missing."""
    return words.clauses([describe_method(scale, words), describe_missing(scale, words)])


def describe_range(low: float, high: float) -> str:
    """Write a range of scores.

    Examples
    --------
    >>> describe_range(0, 27), describe_range(5, 5)
    ('0–27', '5')
    """
    return f"{low:g}" if low == high else f"{low:g}{DASH}{high:g}"


def describe_bands(scheme: BandScheme, words: FormWords) -> str:
    """List the bands of a scheme, mildest first, with their ends unless the label names them."""
    listed = []
    for band in scheme.bands:
        label, ends = words.of(band.label), describe_range(band.low, band.high)
        listed.append(label if ends in label else f"{label} {ends}")
    return words.clauses(listed)


def describe_population(scheme: BandScheme, words: FormWords) -> str:
    """Say for whom the bands were set."""
    parts = [scheme.population]
    if scheme.ages != (None, None):
        parts.append(describe_ages(scheme.ages, words))
    if scheme.sex is not None:
        parts.append(words(f"sex.{scheme.sex}"))
    return ", ".join(parts)


def describe_key(instrument: Instrument, item: Item, words: FormWords) -> str:
    """Say how one question counts, and when it is asked."""
    said = []
    scales = [scale for scale in instrument.scales.values() if item.id in scale.items]
    if not scales:
        said.append(words("codebook.key.none"))
    elif item.answer_key:
        said.append(words("codebook.key.right", codes=", ".join(map(str, item.answer_key))))
    else:
        said.append(words("codebook.key.reversed" if item.reverse else "codebook.key.plain"))
    if item.asked_if is not None:
        said.append(words("codebook.key.asked_if", item=item.asked_if.item, rule=item.asked_if.when))
    if item.min_age is not None:
        said.append(words("codebook.key.min_age", age=item.min_age))
    return words.clauses(said)


def describe_kind(option: Option, words: FormWords) -> str:
    """Say what kind of answer an option is."""
    return words("kind.unscored" if option.kind == "answer" and not option.scored else f"kind.{option.kind}")


def describe_gate(gate: ValidityGate, words: FormWords) -> str:
    """Say what makes a form suspicious."""
    if gate.pattern is not None:
        return words(f"gate.{gate.pattern}")
    return words("gate.scale", scale=gate.scale, rule=gate.rule)


def describe_derived(derived: Derived, words: FormWords) -> str:
    """Write the formula of a score made of two waves, whom it may be used for, and its warning."""
    terms = "".join(
        f" {'+' if term.weight >= 0 else '−'} {abs(term.weight):g} × {term.scale}{term.wave}" for term in derived.terms
    )
    rule = words(
        "codebook.derived.rule", title=words.of(derived.title), id=derived.id, formula=f"{derived.constant:g}{terms}"
    )
    said = [rule, words(f"derived.{derived.applies_to}"), words(f"standing.{derived.status}")]
    return words.clauses([*said, *([words.of(derived.warning)] if derived.warning else [])])


def describe_critical(instrument: Instrument, words: FormWords) -> tuple[str, ...]:
    """List the answers that a person must look at."""
    return tuple(
        words(
            "codebook.critical.rule",
            item=item.id,
            number=item.number,
            rule=rule.when,
            level=words(f"level.{rule.level}"),
        )
        for item in instrument.critical_items()
        for rule in item.critical
    )


def describe_withheld(instrument: Instrument) -> tuple[str, ...]:
    """List what the definition marks as not verified; the names are those of the definition."""
    return tuple(instrument.unverified)


def describe_checked(instrument: Instrument, words: FormWords) -> str:
    """Say who compared the key with the paper form, or that nobody did."""
    if instrument.checked_by:
        return words("codebook.checked", by=instrument.checked_by)
    return words("codebook.not_checked")


def describe_uses(instrument: Instrument, words: FormWords) -> str:
    """List what the holder allows."""
    uses = instrument.licence.permitted_use
    if not uses:
        return words("permission.unknown")
    said = (
        words("codebook.use", use=words(f"use.{use}"), permission=words(f"permission.{answer}"))
        for use, answer in uses.items()
    )
    return words.clauses(said)


def describe_sources(names: Iterable[str]) -> str:
    """List sources by their short names."""
    return ", ".join(names) or DASH


def others_known(scale: Scale, words: FormWords) -> tuple[tuple[str, str, str, str, str], ...]:
    """List norms, reliability and important change of a scale: measure, value, population, standing, source."""
    rows = [
        (words("measure.mean"), _mean(norm), _of_norm(norm, words), norm.status, norm.sources) for norm in scale.norms
    ]
    rows += [
        (words(f"measure.{found.kind}"), _reliability(found), _of_reliability(found), found.status, found.sources)
        for found in scale.reliability
    ]
    rows += [
        (words("measure.important"), _difference(change), change.population, change.status, change.sources)
        for change in scale.important_difference
    ]
    return tuple(
        (measure, value, population, words(f"standing.{status}"), describe_sources(sources))
        for measure, value, population, status, sources in rows
    )


def _mean(norm: Norm) -> str:
    return f"{norm.mean:g}" + (f" ({norm.sd:g})" if norm.sd is not None else "")


def _of_norm(norm: Norm, words: FormWords) -> str:
    parts = [norm.population]
    if norm.ages != (None, None):
        parts.append(describe_ages(norm.ages, words))
    if norm.sex is not None:
        parts.append(words(f"sex.{norm.sex}"))
    if norm.n is not None:
        parts.append(f"n = {norm.n}")
    return ", ".join(parts)


def _reliability(found: Reliability) -> str:
    if found.value is not None:
        return f"{found.value:g}"
    return _between(found.between)


def _of_reliability(found: Reliability) -> str:
    parts = [found.population, found.interval or "", f"n = {found.n}" if found.n is not None else ""]
    return ", ".join(part for part in parts if part)


def _difference(change: ImportantDifference) -> str:
    if change.value is not None:
        return f"{change.value:g}"
    if change.value_pct is not None:
        return f"{change.value_pct:g} %"
    return _between(change.between)


def _between(ends: Sequence[float] | None) -> str:
    return f"{ends[0]:g}{DASH}{ends[1]:g}" if ends is not None else DASH
