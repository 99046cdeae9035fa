"""Questionnaire YAML -> frozen Instrument: form, then meaning, then the definition's own test vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from eval_tools.definitions.shapes import check_shape
from eval_tools.definitions.strict_yaml import Document, read_yaml
from eval_tools.errors import DefinitionError, Problem, UnknownNames, unknown_problem
from eval_tools.instruments.instrument import (
    Band,
    BandScheme,
    Instrument,
    Item,
    Licence,
    MissingRule,
    Option,
    ResponseSet,
    Scale,
    TestVector,
)
from eval_tools.instruments.schema import INSTRUMENT
from eval_tools.instruments.vectors import check_vectors

Instruments = Mapping[str, Instrument]


def load_instruments(folder: Path, ids: list[str] | None = None) -> Instruments:
    """Load the questionnaires named, or all of them, from ``<folder>/<family>/<id>.yaml``.

    Raises
    ------
    DefinitionError
        With every problem of every file: unknown keys, items in no scale, bands that do not tile the
        range, vectors that fail, ids that are used twice or do not exist.
    """
    files = {path.stem: path for path in sorted(folder.glob("*/*.yaml"))}
    unknown = [i for i in ids or () if i not in files]
    if unknown:
        raise UnknownNames("questionnaire", missing=unknown, known=sorted(files), where=folder.name)
    loaded: dict[str, Instrument] = {}
    problems: list[Problem] = []
    for name in ids if ids is not None else sorted(files):
        try:
            loaded[name] = load_instrument(files[name], root=folder.parent)
        except DefinitionError as error:
            problems += error.problems
    if problems:
        raise DefinitionError(problems)
    return MappingProxyType(loaded)


def load_instrument(path: Path, *, root: Path | None = None) -> Instrument:
    """Load one questionnaire; see :func:`load_instruments`."""
    return parse_instrument(read_yaml(path, root=root), expected_id=path.stem)


def parse_instrument(doc: Document, *, expected_id: str | None = None) -> Instrument:
    """Turn a document into an Instrument, or raise with every problem at once."""
    problems = check_shape(doc, INSTRUMENT)
    if not problems:
        problems += _check_meaning(doc, expected_id)
    if problems:
        raise DefinitionError(problems)
    instrument = _build(doc)
    failures = check_vectors(instrument, doc)
    if failures:
        raise DefinitionError(failures)
    return instrument


# --- meaning -----------------------------------------------------------------------------------------------


def _check_meaning(doc: Document, expected_id: str | None) -> list[Problem]:
    data = doc.data
    problems: list[Problem] = []
    if expected_id is not None and data["id"] != expected_id:
        problems.append(
            Problem(doc.where(("id",)), f"id {data['id']!r} is not the file's name.", f"Expected {expected_id!r}.")
        )
    problems += _check_response_sets(doc)
    problems += _check_items(doc)
    problems += _check_sources(doc)
    if not problems:
        problems += _check_scales(doc)
    if not problems:
        problems += _check_bands(doc)
    return problems


def _check_response_sets(doc: Document) -> list[Problem]:
    problems = []
    for name, entry in doc.data["response_sets"].items():
        where = doc.where(("response_sets", name))
        if ("codes" in entry) == ("options" in entry):
            problems.append(
                Problem(where, f"response set {name!r} needs either codes or options.", "Keep one of the two.")
            )
            continue
        codes = entry.get("codes") or [option["code"] for option in entry["options"]]
        repeated = [c for c, n in Counter(codes).items() if n > 1]
        if repeated:
            problems.append(Problem(where, f"response set {name!r} repeats codes {repeated}.", "Each code once."))
    return problems


def _check_items(doc: Document) -> list[Problem]:
    data = doc.data
    problems: list[Problem] = []
    sets = data["response_sets"]
    entries = data["items"]["list"]
    for key, what in (("id", "item id"), ("n", "printed number")):
        repeated = [str(v) for v, n in Counter(e[key] for e in entries).items() if n > 1]
        if repeated:
            problems.append(
                Problem(doc.where(("items", "list")), f"{what} used twice: {', '.join(repeated)}.", "Each once.")
            )
    for i, entry in enumerate(entries):
        where = doc.where(("items", "list", i))
        chosen = entry.get("response_set", data["items"]["defaults"].get("response_set"))
        if chosen is None:
            problems.append(Problem(where, f"item {entry['id']!r} has no response set.", "Add response_set."))
        elif chosen not in sets:
            problems.append(
                unknown_problem(f"response set of {entry['id']!r}", missing=[chosen], known=list(sets), where=where)
            )
        has_text = any((entry.get("text") or {}).values())
        if has_text and not data["licence"]["text_redistributable"]:
            problems.append(
                Problem(
                    where,
                    f"item {entry['id']!r} carries wording that may not be redistributed.",
                    "Remove the text; a team that holds a licence keeps it in a local file.",
                )
            )
    return problems


def _check_sources(doc: Document) -> list[Problem]:
    problems = []
    known = list(doc.data["sources"])

    def visit(value: Any, path: tuple[str | int, ...]) -> None:
        if isinstance(value, dict):
            for key, entry in value.items():
                if key == "source" and path[:1] != ("sources",):
                    names = entry if isinstance(entry, list) else [entry]
                    unknown = [n for n in names if n not in known]
                    if unknown:
                        problems.append(
                            unknown_problem("source", missing=unknown, known=known, where=doc.where((*path, key)))
                        )
                else:
                    visit(entry, (*path, key))
        elif isinstance(value, list):
            for i, entry in enumerate(value):
                visit(entry, (*path, i))

    visit(doc.data, ())
    return problems


def _check_scales(doc: Document) -> list[Problem]:
    data = doc.data
    problems: list[Problem] = []
    items = {e["id"]: {**data["items"]["defaults"], **e} for e in data["items"]["list"]}
    seen: list[str] = []
    used: set[str] = set()
    for i, scale in enumerate(data["scales"]):
        path = ("scales", i)
        name = f"scale {scale['id']!r}"
        if scale["id"] in seen:
            problems.append(Problem(doc.where(path), f"{name} is defined twice.", "Rename or remove one."))
        merged = {**data.get("scale_defaults", {}), **scale}
        absent = [key for key in ("method", "direction", "missing") if key not in merged and key != "method"]
        if absent:
            problems.append(
                Problem(
                    doc.where(path),
                    f"{name}: missing: {', '.join(absent)}.",
                    "State it, or in scale_defaults.",
                )
            )
        if ("items" in scale) == ("of_scales" in scale):
            problems.append(Problem(doc.where(path), f"{name} needs either items or of_scales.", "Keep one."))
            continue
        members, known = (scale["items"], list(items)) if "items" in scale else (scale["of_scales"], seen)
        kind = "items" if "items" in scale else "of_scales"
        unknown = [m for m in members if m not in known]
        if unknown:
            problems.append(
                unknown_problem(f"{kind} of {name}", missing=unknown, known=known, where=doc.where((*path, kind)))
            )
        repeated = [m for m, n in Counter(members).items() if n > 1]
        if repeated:
            problems.append(
                Problem(doc.where((*path, kind)), f"{name} counts {', '.join(repeated)} twice.", "List each once.")
            )
        if "missing" in merged and merged["missing"]["min_answered"] > len(members):
            problems.append(
                Problem(
                    doc.where((*path, "missing")),
                    f"{name} asks for {merged['missing']['min_answered']} answers of {len(members)}.",
                    "min_answered cannot exceed the number of parts.",
                )
            )
        if kind == "items":
            used.update(members)
            if not unknown:
                problems += _check_range(doc, scale, merged.get("method", "sum"), items, path)
        seen.append(scale["id"])
    for item_id, entry in items.items():
        if entry.get("scored", True) and item_id not in used:
            index = next(i for i, e in enumerate(data["items"]["list"]) if e["id"] == item_id)
            word = "reversed item" if entry.get("reverse") else "scored item"
            problems.append(
                Problem(
                    doc.where(("items", "list", index)),
                    f"{word} {item_id!r} is in no scale.",
                    "Add it to a scale, or set scored: false.",
                )
            )
    return problems


def _check_range(
    doc: Document, scale: dict[str, Any], method: str, items: dict[str, Any], path: tuple[str | int, ...]
) -> list[Problem]:
    lows, highs = [], []
    for item in scale["items"]:
        responses = _response_set("", doc.data["response_sets"][items[item]["response_set"]])
        lows.append(min(responses.scored_codes))
        highs.append(max(responses.scored_codes))
    divisor = len(lows) if method == "mean" else 1
    expected = [sum(lows) / divisor, sum(highs) / divisor]
    if [float(v) for v in scale["range"]] != expected:
        return [
            Problem(
                doc.where((*path, "range")),
                f"scale {scale['id']!r}: range {scale['range']} does not follow from its items.",
                f"The codes give [{expected[0]:g}, {expected[1]:g}].",
            )
        ]
    return []


def _check_bands(doc: Document) -> list[Problem]:
    data = doc.data
    schemes = data.get("band_schemes", {})
    problems: list[Problem] = []
    default = data.get("default_band_scheme")
    if default is not None and default not in schemes:
        problems.append(
            unknown_problem(
                "band scheme",
                missing=[default],
                known=list(schemes),
                where=doc.where(("default_band_scheme",)),
            )
        )
    for i, scale in enumerate(data["scales"]):
        for scheme, intervals in scale.get("bands", {}).items():
            path = ("scales", i, "bands", scheme)
            if scheme not in schemes:
                problems.append(
                    unknown_problem("band scheme", missing=[scheme], known=list(schemes), where=doc.where(path))
                )
                continue
            if len(intervals) != len(schemes[scheme]["labels"]):
                problems.append(
                    Problem(
                        doc.where(path),
                        f"{scheme!r} has {len(schemes[scheme]['labels'])} labels but {len(intervals)} bands.",
                        "One interval for each label, mildest first.",
                    )
                )
            problems += _check_tiling(doc, scale, scheme, intervals, path)
    return problems


def _check_tiling(
    doc: Document,
    scale: dict[str, Any],
    scheme: str,
    intervals: list[list[float]],
    path: tuple[str | int, ...],
) -> list[Problem]:
    """Bands hold whole scores; sorted, each must begin one point above the end of the one before."""
    low, high = scale["range"]
    expected = low
    for start, end in sorted(intervals):
        if start != expected or end < start:
            kind = "overlap" if start < expected else "leave a gap"
            return [
                Problem(
                    doc.where(path),
                    f"bands of {scheme!r} {kind} at {start:g}.",
                    f"The next band must begin at {expected:g}; together they fill {low:g} to {high:g}.",
                )
            ]
        expected = end + 1
    if expected != high + 1:
        return [
            Problem(
                doc.where(path),
                f"bands of {scheme!r} end at {expected - 1:g}.",
                f"Together they must fill {low:g} to {high:g}.",
            )
        ]
    return []


# --- building ----------------------------------------------------------------------------------------------


def _response_set(name: str, entry: dict[str, Any]) -> ResponseSet:
    options = entry.get("options") or [{"code": code, "label": {}} for code in entry["codes"]]
    return ResponseSet(
        id=name,
        options=tuple(
            Option(
                code=option["code"],
                label=MappingProxyType(option["label"]),
                scored=option.get("scored", option.get("kind", "answer") == "answer"),
            )
            for option in options
        ),
    )


def _build(doc: Document) -> Instrument:
    data = doc.data
    sets = {name: _response_set(name, entry) for name, entry in data["response_sets"].items()}
    items = {}
    for entry in data["items"]["list"]:
        merged = {**data["items"]["defaults"], **entry}
        items[entry["id"]] = Item(
            id=entry["id"],
            number=entry["n"],
            text=MappingProxyType(entry.get("text") or {}),
            responses=sets[merged["response_set"]],
            reverse=merged.get("reverse", False),
            scored=merged.get("scored", True),
        )
    scales = {s["id"]: _build_scale(s, data) for s in data["scales"]}
    return Instrument(
        id=data["id"],
        family=data["family"],
        version=data["version"],
        title=MappingProxyType(data["title"]),
        abbreviation=data["abbreviation"],
        edition=data["form"]["edition"],
        informant=data["respondent"]["informant"],
        age_years=tuple(data["respondent"]["age_years"]),
        citation=data["citation"],
        licence=Licence(
            status=data["licence"]["status"],
            text_redistributable=data["licence"]["text_redistributable"],
            holder=data["licence"]["holder"],
            terms=data["licence"]["terms"],
        ),
        items=MappingProxyType(items),
        scales=MappingProxyType(scales),
        default_band_scheme=data.get("default_band_scheme"),
        test_vectors=tuple(_build_vector(v, list(items)) for v in data["test_vectors"]),
        unverified=tuple(
            f"{s.id}: rule for missing answers" for s in scales.values() if s.missing.status == "unverified"
        ),
        file=doc.file,
    )


def _build_scale(entry: dict[str, Any], data: dict[str, Any]) -> Scale:
    merged = {"method": "sum", **data.get("scale_defaults", {}), **entry}
    missing = merged["missing"]
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
        ),
        band_schemes=MappingProxyType(
            {
                scheme: _build_bands(scheme, intervals, data["band_schemes"][scheme])
                for scheme, intervals in entry.get("bands", {}).items()
            }
        ),
    )


def _build_bands(scheme: str, intervals: list[list[float]], entry: dict[str, Any]) -> BandScheme:
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
    )


def _build_vector(entry: dict[str, Any], items: list[str]) -> TestVector:
    given = entry["responses"]
    answers = {item: given.get(item, given.get("all")) for item in items}
    return TestVector(
        name=entry["name"],
        origin=entry["origin"],
        answers=MappingProxyType(answers),
        expect=MappingProxyType(entry["expect"]),
    )
