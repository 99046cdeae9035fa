"""UIMA CAS in XMI or JSON, as INCEpTION and WebAnno write them: positions are UTF-16 units."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from eval_tools.errors import DataError, Problem
from eval_tools.interviews.gathered import Gathered, RawCode, RawCoding, line_feeds, plain_name
from eval_tools.interviews.projects.archive import local, parse_xml
from eval_tools.interviews.projects.offsets import Places

# of every annotation; what is left is what coders chose
_ALWAYS = frozenset({"id", "sofa", "begin", "end", "%ID", "%TYPE", "@sofa", "%FLAGS", "language"})


def read_uima(path: Path, *, layer: str = "", coder: str = "") -> Gathered:
    """Read one annotated document of one coder.

    Parameters
    ----------
    path : Path
        ``.xmi`` or ``.json``.
    layer : str
        Name of the layer, such as ``custom.Span``; by default every layer that has features of its own.
    coder : str
        Whose file it is; these files do not say.

    Returns
    -------
    Gathered
        The code is the value of the features of an annotation, or of its only one.

    Raises
    ------
    DataError
        Not such a file, no text, or annotations outside it.
    """
    found = list(_json(path) if path.suffix.lower() == ".json" else _xmi(path))
    texts = [values["sofaString"] for kind, values in found if kind.endswith("Sofa") and "sofaString" in values]
    if not texts:
        raise DataError(Problem(path.name, "holds no text.", "Export the document as UIMA CAS, with its text."))
    out = Gathered()
    source = plain_name(path.name)
    out.texts[source] = line_feeds(str(texts[0]))
    places = Places(str(texts[0]), "UTF-16")
    if coder:
        out.assigned.add((source, coder))
    outside = bare = 0
    for kind, values in found:
        if "begin" not in values or (layer and kind != layer) or kind.endswith("DocumentAnnotation"):
            continue
        own = [str(v) for k, v in values.items() if k not in _ALWAYS and isinstance(v, str | bool) and v != ""]
        if not own:
            bare += 1
            continue
        start, end = (places.at(_number(values.get(edge))) for edge in ("begin", "end"))
        if start is None or end is None or start > end:
            outside += 1
            continue
        code = " | ".join(own)
        out.codes.setdefault(code, RawCode(key=code, name=code))
        out.codings.append(RawCoding(source=source, start=start, end=end, coder=coder, code=code))
    out.note("no_features", "annotations without a label, such as words and sentences, are no codings", bare)
    if outside:
        raise DataError(Problem(path.name, f"{outside} annotations lie outside the text.", "Export it again."))
    return out


def _xmi(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for element in parse_xml(path.read_bytes(), file=path.name):
        space = element.tag.rpartition("}")[0].rpartition("/")[2].removesuffix(".ecore")
        yield f"{space}.{local(element)}", {k.rpartition("}")[2]: v for k, v in element.attrib.items()}


def _json(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        data = json.loads(path.read_bytes().decode("utf-8-sig"))
        features = data["%FEATURE_STRUCTURES"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(Problem(path.name, "is no UIMA CAS in JSON.", "Export it as UIMA CAS JSON.")) from error
    for one in features.values() if isinstance(features, dict) else features:
        yield str(one.get("%TYPE", "")), one


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return -1
