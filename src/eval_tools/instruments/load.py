"""Questionnaire YAML -> frozen Instrument: form, then meaning, then the definition's own test vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
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
    files: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*/*.yaml")):
        files.setdefault(path.stem, []).append(path)
    unknown = [i for i in ids or () if i not in files]
    if unknown:
        raise UnknownNames("questionnaire", missing=unknown, known=sorted(files), where=folder.name)
    loaded: dict[str, Instrument] = {}
    problems: list[Problem] = []
    for name in ids if ids is not None else sorted(files):
        first, *others = files[name]
        for other in others:
            where = f"{other.relative_to(folder.parent).as_posix()}:1"
            what = f"the id {name!r} is used twice, also by {first.relative_to(folder.parent).as_posix()}."
            problems.append(Problem(where, what, "One file for one form; rename or remove one."))
        try:
            loaded[name] = load_instrument(first, root=folder.parent)
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
    youngest, oldest = data["respondent"]["age_years"]
    if youngest is not None and oldest is not None and youngest > oldest:
        where = doc.where(("respondent", "age_years"))
        problems.append(Problem(where, f"age_years: {youngest} comes after {oldest}.", "Youngest first."))
    problems += _check_licence(doc)
    problems += _check_sources(doc)
    answers_unclear = _check_response_sets(doc) + _check_items(doc)
    problems += answers_unclear
    problems += _check_scales(doc, with_range=not answers_unclear)
    problems += _check_bands(doc)
    problems += _check_vector_names(doc)
    return doc.in_order(problems)


def _check_licence(doc: Document) -> list[Problem]:
    """Wording is printed only where it may be redistributed, and where somebody read that it may."""
    licence = doc.data["licence"]
    paths = list(_wording(doc.data))
    if not licence["text_redistributable"]:
        remedy = "Remove the text; a team that holds a licence keeps it in a local file."
        return [
            Problem(doc.where(path), f"{what} carries wording that may not be redistributed.", remedy)
            for path, what in paths
        ]
    if paths and not licence["evidence"]:
        what = "wording is included without evidence that it may be."
        return [Problem(doc.where(("licence", "evidence")), what, "Name the source that says so, or remove the text.")]
    return []


def _wording(data: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if any(data.get("stem", {}).values()):
        yield ("stem",), "the stem"
    for name, entry in data["response_sets"].items():
        for i, option in enumerate(entry.get("options", ())):
            if any(option["label"].values()):
                yield ("response_sets", name, "options", i), f"option {option['code']} of {name!r}"
    for i, entry in enumerate(data["items"]["list"]):
        if any((entry.get("text") or {}).values()):
            yield ("items", "list", i), f"item {entry['id']!r}"


def _check_response_sets(doc: Document) -> list[Problem]:
    problems = []
    for name, entry in doc.data["response_sets"].items():
        where = doc.where(("response_sets", name))
        if ("codes" in entry) == ("options" in entry):
            problems.append(
                Problem(where, f"response set {name!r} needs either codes or options.", "Keep one of the two.")
            )
            continue
        answers = _response_set(name, entry)
        repeated = [c for c, n in Counter(answers.codes).items() if n > 1]
        if repeated:
            problems.append(Problem(where, f"response set {name!r} repeats codes {repeated}.", "Each code once."))
        if len(set(answers.scored_codes)) < 2:
            what = f"response set {name!r} has {len(set(answers.scored_codes))} codes that count."
            problems.append(Problem(where, what, "At least two answers must count; a don't-know does not."))
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
    return problems


def _check_sources(doc: Document) -> list[Problem]:
    known = list(doc.data["sources"])
    problems = []
    for path, entry in _places_with_a_source(doc.data):
        names = entry.get("source", [])
        unknown = [name for name in ([names] if isinstance(names, str) else names) if name not in known]
        if unknown:
            where = doc.where((*path, "source"))
            problems.append(unknown_problem("source", missing=unknown, known=known, where=where))
    return problems


def _places_with_a_source(data: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    for i, entry in enumerate(data["licence"]["evidence"]):
        yield ("licence", "evidence", i), entry
    for name, scheme in data.get("band_schemes", {}).items():
        yield ("band_schemes", name), scheme
    yield ("scale_defaults", "missing"), data.get("scale_defaults", {}).get("missing", {})
    for i, scale in enumerate(data["scales"]):
        yield ("scales", i, "missing"), scale.get("missing", {})
    for i, vector in enumerate(data["test_vectors"]):
        yield ("test_vectors", i), vector


def _check_vector_names(doc: Document) -> list[Problem]:
    names = [vector["name"] for vector in doc.data["test_vectors"]]
    return [
        Problem(doc.where(("test_vectors", i)), f"vector {name!r} is named twice.", "Name each once.")
        for i, name in enumerate(names)
        if name in names[:i]
    ]


Range = tuple[float, float]


def _check_scales(doc: Document, *, with_range: bool) -> list[Problem]:
    data = doc.data
    problems: list[Problem] = []
    items = {e["id"]: {**data["items"]["defaults"], **e} for e in data["items"]["list"]}
    # what one answer, or one scale, can be; a scale that is itself wrong is left out
    ranges: dict[str, Range] = {name: _item_range(item, data) for name, item in items.items()} if with_range else {}
    seen: dict[str, Range] = {}
    used: set[str] = set()
    for i, scale in enumerate(data["scales"]):
        path = ("scales", i)
        name = f"scale {scale['id']!r}"
        merged = {"method": "sum", **data.get("scale_defaults", {}), **scale}
        if scale["id"] in seen:
            problems.append(Problem(doc.where(path), f"{name} is defined twice.", "Rename or remove one."))
        absent = [key for key in ("direction", "missing") if key not in merged]
        if absent:
            what = f"{name}: missing: {', '.join(absent)}."
            problems.append(Problem(doc.where(path), what, "State it, or in scale_defaults."))
        if ("items" in scale) == ("of_scales" in scale):
            problems.append(Problem(doc.where(path), f"{name} needs either items or of_scales.", "Keep one."))
        else:
            kind = "items" if "items" in scale else "of_scales"
            known = list(items) if kind == "items" else list(seen)
            found = _check_members(doc, (*path, kind), name, scale[kind], known)
            if kind == "items":
                used.update(scale["items"])
                found += _check_counted(doc, (*path, kind), name, [items[m] for m in scale[kind] if m in items])
            if not found and with_range:
                parts = [(ranges if kind == "items" else seen)[member] for member in scale[kind]]
                found += _check_range(doc, path, merged, parts)
                found += _check_missing(doc, path, merged, parts) if "missing" in merged else []
            problems += found
        seen[scale["id"]] = (float(scale["range"][0]), float(scale["range"][1]))
    return problems + _check_unused(doc, items, used)


def _check_members(
    doc: Document, path: tuple[str | int, ...], name: str, members: list[str], known: list[str]
) -> list[Problem]:
    problems = []
    unknown = [m for m in members if m not in known]
    if unknown:
        where = doc.where(path)
        problems.append(unknown_problem(f"{path[-1]} of {name}", missing=unknown, known=known, where=where))
    repeated = [m for m, n in Counter(members).items() if n > 1]
    if repeated:
        problems.append(Problem(doc.where(path), f"{name} counts {', '.join(repeated)} twice.", "List each once."))
    return problems


def _check_counted(
    doc: Document, path: tuple[str | int, ...], name: str, members: list[dict[str, Any]]
) -> list[Problem]:
    fillers = [item["id"] for item in members if not item.get("scored", True)]
    if not fillers:
        return []
    what = f"{name} counts {', '.join(fillers)}, marked scored: false."
    return [Problem(doc.where(path), what, "Take it out of the scale, or out of the items that do not count.")]


def _check_unused(doc: Document, items: dict[str, Any], used: set[str]) -> list[Problem]:
    problems = []
    for i, listed in enumerate(doc.data["items"]["list"]):
        entry = items[listed["id"]]
        if entry.get("scored", True) and entry["id"] not in used:
            word = "reversed item" if entry.get("reverse") else "scored item"
            what = f"{word} {entry['id']!r} is in no scale."
            where = doc.where(("items", "list", i))
            problems.append(Problem(where, what, "Add it to a scale, or set scored: false."))
    return problems


def _item_range(item: dict[str, Any], data: dict[str, Any]) -> Range:
    codes = _response_set("", data["response_sets"][item["response_set"]]).scored_codes
    return min(codes), max(codes)


def _check_range(
    doc: Document, path: tuple[str | int, ...], scale: dict[str, Any], parts: list[Range]
) -> list[Problem]:
    divisor = len(parts) if scale["method"] == "mean" else 1
    low, high = (sum(ends) / divisor for ends in zip(*parts, strict=True))
    if max(abs(scale["range"][0] - low), abs(scale["range"][1] - high)) < 1e-9:
        return []
    kind = "items" if "items" in scale else "scales"
    return [
        Problem(
            doc.where((*path, "range")),
            f"scale {scale['id']!r}: range {scale['range']} does not follow from its {kind}.",
            f"They give [{low:g}, {high:g}].",
        )
    ]


def _check_missing(
    doc: Document, path: tuple[str | int, ...], scale: dict[str, Any], parts: list[Range]
) -> list[Problem]:
    """A rule for missing answers must be possible, and must not lead out of the range of the scale."""
    rule = scale["missing"]
    name = f"scale {scale['id']!r}"
    where = doc.where((*path, "missing"))
    if rule["min_answered"] > len(parts):
        what = f"{name} asks for {rule['min_answered']} answers of {len(parts)}."
        return [Problem(where, what, "min_answered cannot exceed the number of parts.")]
    if rule["fill"] == "none" and rule["min_answered"] < len(parts):
        what = f"{name} asks for {rule['min_answered']} answers of {len(parts)}, but fill: none needs all."
        return [Problem(where, what, f"Say min_answered: {len(parts)}, or what stands for a missing answer.")]
    if rule["fill"] == "prorate_mean" and len(set(parts)) > 1:
        what = f"{name} fills by the person's own mean, but its parts have different ranges."
        return [Problem(where, what, "A mean of the others could leave the range; use fill: none.")]
    if rule["fill"] == "zero" and any(not low <= 0 <= high for low, high in parts):
        what = f"{name} counts a missing answer as 0, which is no possible answer."
        return [Problem(where, what, "A sum could leave the range; use fill: none or prorate_mean.")]
    return []


def _check_bands(doc: Document) -> list[Problem]:
    data = doc.data
    schemes = data.get("band_schemes", {})
    problems: list[Problem] = []
    default = data.get("default_band_scheme")
    where = doc.where(("default_band_scheme",))
    if default is not None and default not in schemes:
        problems.append(unknown_problem("band scheme", missing=[default], known=list(schemes), where=where))
    elif default is not None and not any(default in scale.get("bands", {}) for scale in data["scales"]):
        what = f"no scale has bands of the default scheme {default!r}."
        problems.append(Problem(where, what, "Add them, or set default_band_scheme: null."))
    informant = data["respondent"]["informant"]
    for name, scheme in schemes.items():
        if scheme.get("informant", informant) != informant:
            where = doc.where(("band_schemes", name, "informant"))
            what = f"bands of {name!r} were set for another informant: {scheme['informant']}."
            problems.append(Problem(where, what, f"This form is answered by: {informant}. Bands do not carry over."))
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
            direction = scale.get("direction", data.get("scale_defaults", {}).get("direction"))
            problems += _check_tiling(doc, scale, scheme, intervals, path) or _check_order(
                doc, path, direction, intervals
            )
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
    where = doc.where(path)
    fill = f"together the bands must fill {low:g} to {high:g}."
    expected = low
    for start, end in sorted(intervals):
        if end < start:
            return [Problem(where, f"a band of {scheme!r} ends before it begins, at {start:g}.", "Lower end first.")]
        if start != expected:
            kind = "overlap" if start < expected else "leave a gap"
            remedy = f"The next band must begin at {expected:g}; {fill}"
            return [Problem(where, f"bands of {scheme!r} {kind} at {start:g}.", remedy)]
        if end != high and end != int(end):
            what = f"a band of {scheme!r} ends at {end:g}, between two whole scores."
            return [Problem(where, what, "Both ends are included; a score between two bands belongs to the lower.")]
        expected = end + 1
    if expected != high + 1:
        return [Problem(where, f"bands of {scheme!r} end at {expected - 1:g}.", fill.capitalize())]
    return []


def _check_order(
    doc: Document, path: tuple[str | int, ...], direction: str | None, intervals: list[list[float]]
) -> list[Problem]:
    """Labels stand mildest first, so the intervals must run upwards where a high score is bad, else downwards."""
    rising = intervals == sorted(intervals)
    falling = intervals == sorted(intervals, reverse=True)
    fits = {"higher_is_worse": rising, "higher_is_better": falling}.get(direction or "", rising or falling)
    if fits:
        return []
    what = f"bands of {path[-1]!r} do not run from the mildest to the most serious."
    return [Problem(doc.where(path), what, f"One interval for each label, mildest first; direction is {direction}.")]


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
