"""A checked document becomes an Instrument; the checks use its parts, so that both read a definition alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from eval_tools.definitions.strict_yaml import Document
from eval_tools.instruments.facts import (
    Ages,
    ImportantDifference,
    Licence,
    Norm,
    Reliability,
    Source,
    Standing,
    StatedNumber,
)
from eval_tools.instruments.instrument import (
    AskedIf,
    Band,
    BandScheme,
    Change,
    CodeDirection,
    CriticalRule,
    Derived,
    DerivedTerm,
    Instrument,
    Item,
    MissingRule,
    OpenQuestion,
    Option,
    Recall,
    ResponseSet,
    Scale,
    TestVector,
    Transform,
    ValidityGate,
    ZeroIf,
)
from eval_tools.instruments.rule import parse_rule
from eval_tools.instruments.tables_beside import TablesBeside

Data = dict[str, Any]
STANDING_OF: Mapping[str, Standing] = {"A": "verified", "B": "verified", "C": "weak", "U": "unverified"}
LEVELS = ("urgent", "attention")


def build_instrument(doc: Document, beside: TablesBeside) -> Instrument:
    """Build the Instrument of a document that was found right."""
    data = doc.data
    items = build_items(data)
    scales = {entry["id"]: build_scale(entry, data, beside) for entry in data["scales"]}
    form, respondent, licence = data["form"], data["respondent"], data["licence"]
    recall = form["recall"]
    direction = form.get("code_direction")
    return Instrument(
        id=data["id"],
        family=data["family"],
        version=data["version"],
        title=MappingProxyType(data["title"]),
        abbreviation=data["abbreviation"],
        edition=form["edition"],
        informant=respondent["informant"],
        age_years=ages_of(respondent),
        citation=data["citation"],
        licence=Licence(
            status=licence["status"],
            text_redistributable=licence["text_redistributable"],
            holder=licence["holder"],
            terms=licence["terms"],
            evidence=tuple(entry["source"] for entry in licence["evidence"]),
            local_text_file=licence.get("local_text_file"),
            credit_line=licence.get("credit_line"),
            permitted_use=MappingProxyType(licence.get("permitted_use", {})),
        ),
        items=MappingProxyType(items),
        scales=MappingProxyType(scales),
        default_band_scheme=data.get("default_band_scheme"),
        test_vectors=tuple(_build_vector(entry, items) for entry in data["test_vectors"]),
        unverified=tuple(_unverified(data, beside)),
        file=doc.file,
        kind=data.get("kind", "scale"),
        template=data.get("template", False),
        item_order=form["item_order"],
        recall=None if recall is None else Recall(**recall),
        code_direction=None if direction is None else CodeDirection(**direction),
        follow_up_of=form.get("follow_up_of"),
        constructs=tuple(data["constructs"]),
        about=respondent["about"],
        grades=ages_of(respondent, "grades"),
        reading_age=_stated(respondent.get("reading_age"), data),
        minutes=_stated(respondent.get("minutes"), data),
        sources=MappingProxyType({name: Source(id=name, **entry) for name, entry in data["sources"].items()}),
        checked_by=data["checked_by"],
        stem=MappingProxyType(data.get("stem", {})),
        text_status=MappingProxyType(data.get("text_status", {})),
        cautions=tuple(MappingProxyType(entry) for entry in data.get("cautions", ())),
        open_questions=tuple(
            OpenQuestion(id=entry["id"], number=entry["n"], text=MappingProxyType(entry.get("text") or {}))
            for entry in data.get("open_questions", ())
        ),
        validity=tuple(
            _build_gate(entry, data) for entry in data.get("validity", ()) if rule_standing(entry, data) != "unverified"
        ),
        derived=tuple(
            _build_derived(entry, data)
            for entry in data.get("derived", ())
            if rule_standing(entry, data) != "unverified"
        ),
        changes=tuple(Change(**entry) for entry in data["changes"]),
        files=beside.files,
    )


# --- standing ----------------------------------------------------------------------------------------------


def sources_of(entry: Data) -> tuple[str, ...]:
    """List the sources of an entry, given as one name or several."""
    names = entry.get("source", ())
    return (names,) if isinstance(names, str) else tuple(names)


def standing(entry: Data, data: Data) -> Standing:
    """Say how sure a fact is: as stated, else by its best source, else unverified."""
    if "status" in entry:
        stated: Standing = entry["status"]
        return stated
    known = [data["sources"][name]["confidence"] for name in sources_of(entry) if name in data["sources"]]
    return STANDING_OF[min(known)] if known else "unverified"


def rule_standing(entry: Data, data: Data) -> Standing:
    """Say the same of a rule; one without a source is ours, and weak."""
    return standing(entry, data) if "status" in entry or sources_of(entry) else "weak"


def _unverified(data: Data, beside: TablesBeside) -> Iterable[str]:
    """Name everything that was left out or must not be shown, because nobody could verify it."""
    recall = data["form"]["recall"]
    if recall is not None and recall.get("status") == "unverified":
        yield "recall"
    for key in ("reading_age", "minutes"):
        entry = data["respondent"].get(key)
        if isinstance(entry, dict) and (entry["value"] is None or standing(entry, data) == "unverified"):
            yield key.replace("_", " ")
    for name, scheme in data.get("band_schemes", {}).items():
        if scheme["status"] == "unverified":
            yield f"band scheme {name}"
    for scale in data["scales"]:
        merged = {**data.get("scale_defaults", {}), **scale}
        if merged["missing"].get("status", "unverified") == "unverified":
            yield f"{scale['id']}: rule for missing answers"
        for what, entries in (
            ("norm", norm_entries(scale, beside)),
            ("reliability", scale.get("reliability", ())),
            ("important difference", scale.get("important_difference", ())),
        ):
            for entry in entries:
                if standing(entry, data) == "unverified":
                    yield f"{scale['id']}: {entry.get('kind', what)}, {entry['population']}"
    for key in ("validity", "derived"):
        for entry in data.get(key, ()):
            if rule_standing(entry, data) == "unverified":
                yield f"{key} {entry['id']}"


# --- parts -------------------------------------------------------------------------------------------------


def ages_of(entry: Data, key: str = "age_years") -> Ages:
    """Return the two ends of an age or grade range; none where the entry says nothing."""
    low, high = entry.get(key, (None, None))
    return (low, high)


def build_responses(name: str, entry: Data) -> ResponseSet:
    """Build a response set from its options or bare codes."""
    options = entry.get("options") or [{"code": code, "label": {}} for code in entry["codes"]]
    return ResponseSet(
        id=name,
        options=tuple(
            Option(
                code=option["code"],
                label=MappingProxyType(option["label"]),
                scored=option.get("scored", option.get("kind", "answer") == "answer"),
                kind=option.get("kind", "answer"),
            )
            for option in options
        ),
    )


def build_items(data: Data) -> dict[str, Item]:
    """Build every item; their response sets must exist."""
    sets = {name: build_responses(name, entry) for name, entry in data["response_sets"].items()}
    items = {}
    for entry in data["items"]["list"]:
        merged = {**data["items"]["defaults"], **entry}
        critical = entry.get("critical", [])
        asked_if = entry.get("asked_if")
        items[entry["id"]] = Item(
            id=entry["id"],
            number=entry["n"],
            text=MappingProxyType(entry.get("text") or {}),
            responses=sets[merged["response_set"]],
            reverse=merged.get("reverse", False),
            scored=merged.get("scored", True),
            critical=tuple(
                CriticalRule(
                    when=parse_rule(rule["when"]),
                    level=rule["level"],
                    action=rule.get("action"),
                    omit_form=rule.get("omit_form"),
                )
                for rule in sorted(
                    [critical] if isinstance(critical, dict) else critical, key=lambda r: LEVELS.index(r["level"])
                )
            ),
            answer_key=tuple(entry.get("answer_key", ())),
            min_age=entry.get("min_age"),
            asked_if=asked_if and AskedIf(item=asked_if["item"], when=parse_rule(asked_if["when"])),
        )
    return items


def with_defaults(entry: Data, data: Data) -> Data:
    """Return a scale with what ``scale_defaults`` say."""
    return {"method": "sum", **data.get("scale_defaults", {}), **entry}


def build_scale(entry: Data, data: Data, beside: TablesBeside) -> Scale:
    """Build one scale."""
    merged = with_defaults(entry, data)
    missing = merged["missing"]
    zero_if = entry.get("zero_if")
    return Scale(
        id=entry["id"],
        title=MappingProxyType(entry["title"]),
        items=tuple(entry.get("items", ())),
        of_scales=tuple(entry.get("of_scales", ())),
        method=merged["method"],
        low=float(entry["range"][0]),
        high=float(entry["range"][1]),
        direction=merged["direction"],
        missing=MissingRule(
            min_answered=missing["min_answered"],
            fill=missing["fill"],
            rounding=missing.get("rounding", "none"),
            status=missing.get("status", "unverified"),
            sources=sources_of(missing),
            valid_from=missing.get("valid_from"),
        ),
        band_schemes=MappingProxyType(
            {
                scheme: build_bands(scheme, intervals, data["band_schemes"][scheme])
                for scheme, intervals in entry.get("bands", {}).items()
            }
        ),
        weights=MappingProxyType(entry.get("weights", {})),
        value_map=MappingProxyType({int(code): float(v) for code, v in entry.get("value_map", {}).items()}),
        reverse_override=MappingProxyType(entry.get("reverse_override", {})),
        count_when=parse_rule(entry["count_when"]) if "count_when" in entry else None,
        at_least=entry.get("at_least", 1),
        dont_know_counts_as=entry.get("dont_know_counts_as", "missing"),
        zero_if=None if zero_if is None else ZeroIf(item=zero_if["item"], equals=zero_if["equals"]),
        transform=tuple(
            Transform(
                multiply=step.get("multiply"),
                add=step.get("add"),
                lookup=beside.lookups[step["lookup_file"]] if "lookup_file" in step else (),
            )
            for step in entry.get("transform", ())
        ),
        overlapping=entry.get("overlapping", False),
        sensitivity_of=entry.get("sensitivity_of"),
        norms=tuple(_build_norm(e, data) for e in norm_entries(entry, beside) if standing(e, data) != "unverified"),
        reliability=tuple(
            _build_reliability(e, data) for e in entry.get("reliability", ()) if standing(e, data) != "unverified"
        ),
        important_difference=tuple(
            _build_difference(e, data)
            for e in entry.get("important_difference", ())
            if standing(e, data) != "unverified"
        ),
    )


def norm_entries(scale: Data, beside: TablesBeside) -> list[Data]:
    """List the norms of a scale, those in the definition and those in the table beside it."""
    return [*scale.get("norms", ()), *(norm for _, norm in beside.norms.get(scale["id"], ()))]


def build_bands(scheme: str, intervals: list[list[float]], entry: Data) -> BandScheme:
    """Build the bands of one scale under one scheme."""
    return BandScheme(
        id=scheme,
        bands=tuple(
            Band(id=band, low=float(low), high=float(high), label=MappingProxyType(label))
            for (band, label), (low, high) in zip(entry["labels"].items(), intervals, strict=True)
        ),
        population=entry["population"],
        informant=entry.get("informant"),
        status=entry["status"],
        note=MappingProxyType(entry["note"]) if "note" in entry else None,
        group=entry.get("group"),
        ages=ages_of(entry),
        sex=entry.get("sex"),
        sources=sources_of(entry),
    )


def _stated(entry: Any, data: Data) -> StatedNumber | None:
    """Read a plain number as an estimate of ours, which is weak."""
    if entry is None:
        return None
    if not isinstance(entry, dict):
        return StatedNumber(value=float(entry), status="weak", sources=())
    if entry["value"] is None or standing(entry, data) == "unverified":
        return None
    return StatedNumber(value=float(entry["value"]), status=standing(entry, data), sources=sources_of(entry))


def _build_norm(entry: Data, data: Data) -> Norm:
    return Norm(
        population=entry["population"],
        mean=float(entry["mean"]),
        sd=None if entry["sd"] is None else float(entry["sd"]),
        n=entry.get("n"),
        ages=ages_of(entry),
        grades=ages_of(entry, "grades"),
        sex=entry.get("sex"),
        informant=entry.get("informant"),
        year=entry.get("year"),
        status=standing(entry, data),
        sources=sources_of(entry),
        note=entry.get("note"),
    )


def _ends(entry: Data) -> tuple[float, float] | None:
    if "between" not in entry:
        return None
    low, high = entry["between"]
    return float(low), float(high)


def _build_reliability(entry: Data, data: Data) -> Reliability:
    return Reliability(
        kind=entry["kind"],
        value=entry.get("value"),
        between=_ends(entry),
        interval=entry.get("interval"),
        population=entry["population"],
        n=entry.get("n"),
        informant=entry.get("informant"),
        ages=ages_of(entry),
        status=standing(entry, data),
        sources=sources_of(entry),
        note=entry.get("note"),
    )


def _build_difference(entry: Data, data: Data) -> ImportantDifference:
    return ImportantDifference(
        value=entry.get("value"),
        value_pct=entry.get("value_pct"),
        between=_ends(entry),
        population=entry["population"],
        ages=ages_of(entry),
        status=standing(entry, data),
        sources=sources_of(entry),
        note=entry.get("note"),
    )


def _build_gate(entry: Data, data: Data) -> ValidityGate:
    return ValidityGate(
        id=entry["id"],
        scale=entry.get("scale"),
        rule=parse_rule(entry["rule"]) if "rule" in entry else None,
        pattern=entry.get("pattern"),
        action=entry["action"],
        report_both=entry.get("report_both", False),
        why=MappingProxyType(entry["why"]) if "why" in entry else None,
        status=rule_standing(entry, data),
    )


def _build_derived(entry: Data, data: Data) -> Derived:
    return Derived(
        id=entry["id"],
        title=MappingProxyType(entry["title"]),
        constant=float(entry["constant"]),
        terms=tuple(
            DerivedTerm(wave=term["wave"], scale=term["scale"], weight=float(term["weight"])) for term in entry["terms"]
        ),
        direction=entry.get("direction", "none"),
        applies_to=entry.get("applies_to", "groups_only"),
        effect_size_divisor=entry.get("effect_size_divisor"),
        warning=MappingProxyType(entry["warning"]) if "warning" in entry else None,
        status=rule_standing(entry, data),
    )


def _build_vector(entry: Data, items: Mapping[str, Item]) -> TestVector:
    return TestVector(
        name=entry["name"],
        origin=entry["origin"],
        answers=MappingProxyType(lay_out(entry["responses"], items)),
        expect=MappingProxyType(
            {target: tuple(v) if isinstance(v, list) else v for target, v in entry["expect"].items()}
        ),
        age=entry.get("age"),
        sex=entry.get("sex"),
        sources=sources_of(entry),
    )


def lay_out(responses: Data, items: Mapping[str, Item]) -> dict[str, int | None]:
    """Say what a vector answers to every item: ``all``, then ``in_order``, then items by name.

    ``all`` may be a code, null (no answer), ``low``, ``high`` or ``stair``: item number n gets the
    ((n - 1) mod k)-th of its k scored codes, from the lowest.
    """
    everywhere = responses.get("all")
    in_order = responses.get("in_order", [])
    answers: dict[str, int | None] = {}
    for i, item in enumerate(items.values()):
        codes = sorted(item.responses.scored_codes)
        steps = {"low": codes[0], "high": codes[-1], "stair": codes[(item.number - 1) % len(codes)]}
        answer = steps[everywhere] if isinstance(everywhere, str) else everywhere
        answer = in_order[i] if i < len(in_order) else answer
        answers[item.id] = responses.get(item.id, answer)
    return answers
