"""The codebook of a questionnaire: a page in each language, and the same facts for machines.

``render_codebook`` writes HTML, ``ddi_codebook`` DDI-Codebook 2.5, ``table_schema`` a Frictionless Table Schema.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from eval_tools.forms import describe
from eval_tools.forms.paper import informant_of, minutes_of
from eval_tools.forms.wording import Wording
from eval_tools.forms.words import LANGUAGE_NAMES, LANGUAGES, FormWords
from eval_tools.instruments.instrument import Instrument

if TYPE_CHECKING:
    from jinja2 import Environment

MISSING_KINDS = ("blank", "skipped", "not_in_version", "invalid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of text; wide cells wrap."""

    id: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One part of a codebook."""

    id: str
    heading: str
    facts: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    bullets: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Codebook:
    """A whole codebook in one language."""

    instrument: str
    language: str
    title: str
    subtitle: str
    chapters: tuple[Chapter, ...]


def write_codebook(instrument: Instrument, wording: Wording) -> Codebook:
    """Write the codebook in the language of a wording.

    Examples
    --------
    >>> from eval_tools.forms.example import EXAMPLE
    >>> from eval_tools.forms.wording import find_wording
    >>> book = write_codebook(EXAMPLE, find_wording(EXAMPLE, "en"))
    >>> [chapter.id for chapter in book.chapters]
    ['about', 'standing', 'licence', 'items', 'answers', 'scales', 'others', 'missing']
    """
    words = FormWords(wording.language)
    chapters = (
        _about(instrument, words),
        _standing(instrument, words),
        _licence(instrument, words),
        _items(instrument, wording, words),
        _answers(instrument, wording, words),
        _scales(instrument, words),
        _bands(instrument, words),
        _others(instrument, words),
        _derived(instrument, words),
        _gates(instrument, words),
        _critical(instrument, words),
        _missing(words),
        _sources(instrument, words),
        _history(instrument, words),
    )
    return Codebook(
        instrument=instrument.id,
        language=wording.language,
        title=words("codebook.title", title=words.of(instrument.title)),
        subtitle=f"{instrument.abbreviation} · {instrument.id} {instrument.version}",
        chapters=tuple(chapter for chapter in chapters if chapter is not None),
    )


def _about(instrument: Instrument, words: FormWords) -> Chapter:
    facts = [
        (words("codebook.id"), f"{instrument.id} {instrument.version}"),
        (words("codebook.edition"), instrument.edition),
    ]
    if instrument.code_direction is not None:
        first = instrument.code_direction
        said = words("codebook.first.value", code=first.first_code, meaning=first.first_means)
        facts.append((words("codebook.first"), said))
    who = words(
        "codebook.who.value", informant=informant_of(instrument, words), about=words(f"about.{instrument.about}")
    )
    reading = instrument.reading_age
    facts += [
        (words("codebook.who"), who),
        (words("codebook.ages"), describe.describe_ages(instrument.age_years, words)),
        (words("codebook.recall"), describe.describe_recall(instrument, words)),
        (words("codebook.minutes"), minutes_of(instrument, words) or words("codebook.unknown")),
        (
            words("codebook.reading"),
            words("codebook.reading.value", age=f"{reading.value:g}") if reading else words("codebook.unknown"),
        ),
        (words("codebook.citation"), instrument.citation),
    ]
    return Chapter(id="about", heading=words("codebook.about"), facts=tuple(facts))


def _standing(instrument: Instrument, words: FormWords) -> Chapter:
    withheld = describe.describe_withheld(instrument)
    cautions = [words.of(caution) for caution in instrument.cautions]
    notes = [describe.describe_checked(instrument, words), *cautions]
    notes.append(words("codebook.withheld" if withheld else "codebook.nothing_withheld"))
    return Chapter(id="standing", heading=words("codebook.standing"), notes=tuple(notes), bullets=withheld)


def _licence(instrument: Instrument, words: FormWords) -> Chapter:
    licence = instrument.licence
    facts = [
        (words("codebook.licence.status"), words(f"licence.{licence.status}")),
        (words("codebook.licence.holder"), licence.holder),
        (words("codebook.licence.terms"), licence.terms),
        (words("codebook.licence.uses"), describe.describe_uses(instrument, words)),
    ]
    answer = words("codebook.yes" if licence.text_redistributable else "codebook.no")
    return Chapter(
        id="licence",
        heading=words("codebook.licence"),
        facts=tuple(facts),
        notes=(words("codebook.licence.text", answer=answer),),
    )


def _items(instrument: Instrument, wording: Wording, words: FormWords) -> Chapter:
    head = tuple(words(f"codebook.column.{name}") for name in ("number", "id", "text", "answers", "key"))
    rows = [
        (
            item.number,
            (
                str(item.number),
                item.id,
                wording.items[item.id] or words("codebook.no_text"),
                item.responses.id,
                describe.describe_key(instrument, item, words),
            ),
        )
        for item in instrument.items.values()
    ]
    rows += [
        (
            question.number,
            (
                str(question.number),
                question.id,
                wording.items[question.id] or words("codebook.no_text"),
                describe.DASH,
                words("codebook.key.open"),
            ),
        )
        for question in instrument.open_questions
    ]
    table = Table(id="items", head=head, rows=tuple(row for _, row in sorted(rows)))
    stem = (wording.stem,) if wording.stem else ()
    return Chapter(id="items", heading=words("codebook.items"), notes=stem, tables=(table,))


def _answers(instrument: Instrument, wording: Wording, words: FormWords) -> Chapter:
    head = tuple(words(f"codebook.column.{name}") for name in ("answers", "code", "label", "kind"))
    sets = {item.responses.id: item.responses for item in instrument.items.values()}
    rows = tuple(
        (
            name,
            str(option.code),
            wording.options[name][option.code] or words("codebook.no_text"),
            describe.describe_kind(option, words),
        )
        for name, answers in sets.items()
        for option in answers.options
    )
    return Chapter(id="answers", heading=words("codebook.answers"), tables=(Table(id="answers", head=head, rows=rows),))


def _scales(instrument: Instrument, words: FormWords) -> Chapter:
    head = tuple(words(f"codebook.column.{name}") for name in ("scale", "made_of", "rule", "range", "direction"))
    rows = tuple(
        (
            f"{words.of(scale.title)} ({scale.id})",
            describe.describe_members(instrument, scale),
            describe.describe_rule(scale, words),
            describe.describe_range(scale.low, scale.high),
            words(f"direction.{scale.direction}"),
        )
        for scale in instrument.scales.values()
    )
    notes = (words("codebook.reversed_mark"),) if any(item.reverse for item in instrument.items.values()) else ()
    return Chapter(
        id="scales", heading=words("codebook.scales"), notes=notes, tables=(Table(id="scales", head=head, rows=rows),)
    )


def _bands(instrument: Instrument, words: FormWords) -> Chapter | None:
    names = ("scale", "scheme", "population", "band", "standing", "source")
    rows = tuple(
        (
            scale.id,
            scheme.id,
            describe.describe_population(scheme, words),
            describe.describe_bands(scheme, words) if scheme.status != "unverified" else describe.DASH,
            words(f"standing.{scheme.status}"),
            describe.describe_sources(scheme.sources),
        )
        for scale in instrument.scales.values()
        for scheme in scale.band_schemes.values()
    )
    if not rows:
        return None
    table = Table(id="bands", head=tuple(words(f"codebook.column.{name}") for name in names), rows=rows)
    return Chapter(id="bands", heading=words("codebook.bands"), notes=(words("codebook.bands.note"),), tables=(table,))


def _others(instrument: Instrument, words: FormWords) -> Chapter:
    names = ("scale", "measure", "value", "population", "standing", "source")
    rows = tuple(
        (scale.id, *row) for scale in instrument.scales.values() for row in describe.others_known(scale, words)
    )
    heading = words("codebook.norms")
    if not rows:
        return Chapter(id="others", heading=heading, notes=(words("codebook.norms.none"),))
    table = Table(id="others", head=tuple(words(f"codebook.column.{name}") for name in names), rows=rows)
    return Chapter(id="others", heading=heading, tables=(table,))


def _derived(instrument: Instrument, words: FormWords) -> Chapter | None:
    bullets = tuple(describe.describe_derived(derived, words) for derived in instrument.derived)
    return Chapter(id="derived", heading=words("codebook.derived"), bullets=bullets) if bullets else None


def _gates(instrument: Instrument, words: FormWords) -> Chapter | None:
    bullets = tuple(
        f"{describe.describe_gate(gate, words)} → {words(f'gate.{gate.action}')} ({words(f'standing.{gate.status}')})"
        for gate in instrument.validity
    )
    return Chapter(id="gates", heading=words("codebook.gates"), bullets=bullets) if bullets else None


def _critical(instrument: Instrument, words: FormWords) -> Chapter | None:
    bullets = describe.describe_critical(instrument, words)
    if not bullets:
        return None
    heading = words("codebook.critical")
    return Chapter(id="critical", heading=heading, notes=(words("codebook.critical.note"),), bullets=bullets)


def _missing(words: FormWords) -> Chapter:
    bullets = tuple(words(f"codebook.missing.{kind}") for kind in MISSING_KINDS)
    return Chapter(id="missing", heading=words("codebook.missing"), bullets=bullets)


def _sources(instrument: Instrument, words: FormWords) -> Chapter | None:
    if not instrument.sources:
        return None
    head = (words("codebook.column.id"), words("codebook.column.source"), words("codebook.column.confidence"))
    rows = tuple((source.id, source.ref, source.confidence) for source in instrument.sources.values())
    table = Table(id="sources", head=head, rows=rows)
    note = words("codebook.confidence")
    return Chapter(id="sources", heading=words("codebook.sources"), notes=(note,), tables=(table,))


def _history(instrument: Instrument, words: FormWords) -> Chapter | None:
    if not instrument.changes:
        return None
    head = tuple(words(f"codebook.column.{name}") for name in ("version", "date", "change"))
    rows = tuple((change.version, change.date, f"{change.what}; {change.why}") for change in instrument.changes)
    return Chapter(id="history", heading=words("codebook.history"), tables=(Table(id="history", head=head, rows=rows),))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("eval_tools.forms"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def codebook_file(instrument: str, language: str) -> str:
    """Name the page of one language."""
    return f"{instrument}.codebook.{language}.html"


def render_codebook(book: Codebook, *, languages: Sequence[str] = LANGUAGES) -> str:
    """Render a codebook as one HTML page that asks for nothing from outside.

    Parameters
    ----------
    book : Codebook
    languages : sequence of str
        The languages there are pages in, for the links between them.
    """
    words = FormWords(book.language)
    others = [
        (code, LANGUAGE_NAMES[code], codebook_file(book.instrument, code))
        for code in languages
        if code != book.language
    ]
    return _environment().get_template("codebook.html.j2").render(book=book, words=words, others=others)


# --- for machines ----------------------------------------------------------------------------------------------


def ddi_codebook(instrument: Instrument, wordings: Mapping[str, Wording]) -> bytes:
    """Write the codebook as DDI-Codebook 2.5: one variable for each question and each score.

    Parameters
    ----------
    instrument : Instrument
    wordings : mapping of language to Wording
    """
    from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

    name_space = "ddi:codebook:2_5"
    xml_lang = "{http://www.w3.org/XML/1998/namespace}lang"
    root = Element("codeBook", {"xmlns": name_space, "version": "2.5", "ID": instrument.id, xml_lang: "en"})

    def said(parent: Element, tag: str, texts: Mapping[str, str | None]) -> None:
        for language in LANGUAGES:
            text = texts.get(language)
            if text:
                SubElement(parent, tag, {xml_lang: language}).text = text

    study = SubElement(root, "stdyDscr")
    citation = SubElement(study, "citation")
    titles = SubElement(citation, "titlStmt")
    SubElement(titles, "titl").text = instrument.title["en"]
    for language in LANGUAGES[1:]:
        SubElement(titles, "parTitl", {xml_lang: language}).text = instrument.title[language]
    SubElement(titles, "IDNo").text = instrument.id
    version = SubElement(citation, "verStmt")
    SubElement(version, "version").text = instrument.version
    SubElement(citation, "biblCit").text = instrument.citation
    data = SubElement(root, "dataDscr")
    for item in instrument.items.values():
        variable = SubElement(data, "var", {"ID": item.id, "name": item.id, "intrvl": "discrete"})
        said(variable, "labl", {lang: FormWords(lang)("xlsform.question", number=item.number) for lang in LANGUAGES})
        texts = {language: wording.items[item.id] for language, wording in wordings.items()}
        if any(texts.values()):
            said(SubElement(variable, "qstn", {"seqNo": str(item.number)}), "qstnLit", texts)
        for option in item.responses.options:
            category = SubElement(variable, "catgry", {"missing": "N" if option.scored else "Y"})
            SubElement(category, "catValu").text = str(option.code)
            labels = {lang: wording.options[item.responses.id][option.code] for lang, wording in wordings.items()}
            said(category, "labl", labels)
        SubElement(variable, "varFormat", {"type": "numeric"})
    for scale in instrument.scales.values():
        name = f"score_{scale.id}"  # a scale may be called like an item
        variable = SubElement(data, "var", {"ID": name, "name": name, "intrvl": "contin"})
        said(variable, "labl", scale.title)
        values = SubElement(variable, "valrng")
        SubElement(values, "range", {"min": f"{scale.low:g}", "max": f"{scale.high:g}"})
        derivation = SubElement(variable, "derivation")
        for language in LANGUAGES:
            words = FormWords(language)
            rule = f"{describe.describe_members(instrument, scale)}: {describe.describe_rule(scale, words)}"
            SubElement(derivation, "drvdesc", {xml_lang: language}).text = rule
        SubElement(variable, "varFormat", {"type": "numeric"})
    indent(root)
    import io

    out = io.BytesIO()
    ElementTree(root).write(out, encoding="utf-8", xml_declaration=True)
    return out.getvalue() + b"\n"


def table_schema(instrument: Instrument, wordings: Mapping[str, Wording]) -> dict[str, object]:
    """Describe a table of answers, one row for each form, as a Frictionless Table Schema.

    Examples
    --------
    >>> from eval_tools.forms.example import EXAMPLE
    >>> table_schema(EXAMPLE, {})["fields"][1]["constraints"]
    {'enum': [0, 1, 2]}
    """
    fields: list[dict[str, object]] = [
        {"name": "participant", "type": "string", "title": "pseudonym", "constraints": {"required": True}}
    ]
    english = wordings.get("en")
    for item in sorted(instrument.items.values(), key=lambda entry: entry.number):
        field: dict[str, object] = {
            "name": item.id,
            "type": "integer",
            "title": (english.items[item.id] if english else "") or f"Question {item.number}",
            "constraints": {"enum": list(item.responses.codes)},
        }
        labels = english.options[item.responses.id] if english else {}
        if labels and all(labels.values()):
            field["categories"] = [{"value": code, "label": labels[code]} for code in item.responses.codes]
        fields.append(field)
    return {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "fieldsMatch": ["superset"],
        "fields": fields,
        "missingValues": [""],
        "primaryKey": ["participant"],
    }


def score_schema(instrument: Instrument) -> dict[str, object]:
    """Describe the table of scores that ``eval-tools questionnaires score`` writes."""
    fields: list[dict[str, object]] = [{"name": "row", "type": "integer", "title": "row in the file of answers"}]
    for scale in instrument.scales.values():
        fields += [
            {
                "name": scale.id,
                "type": "number",
                "title": scale.title["en"],
                "constraints": {"minimum": scale.low, "maximum": scale.high},
            },
            {"name": f"{scale.id}_n_answered", "type": "integer", "title": f"items answered, {scale.id}"},
            {"name": f"{scale.id}_status", "type": "string", "title": f"scored, prorated or why not, {scale.id}"},
            {"name": f"{scale.id}_band", "type": "string", "title": f"verified band, {scale.id}"},
        ]
    return {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "fieldsMatch": ["superset"],
        "fields": fields,
        "missingValues": [""],
        "primaryKey": ["row"],
    }
