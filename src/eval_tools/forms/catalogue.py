"""What the library holds, what stands behind one questionnaire, and what to be warned of before using it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eval_tools.errors import Problem
from eval_tools.forms import describe
from eval_tools.forms.paper import answered_by_young_people, informant_of, minutes_of
from eval_tools.forms.sheets import paper_needs_permission
from eval_tools.forms.wording import Wording, find_wording, missing_words
from eval_tools.forms.words import LANGUAGES, FormWords
from eval_tools.forms.xlsform import electronic_allowed
from eval_tools.instruments.instrument import Instrument

YOUNGEST_OF_PROGRAMME = 6  # years; school begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the list."""

    id: str
    title: str
    informant: str
    ages: str
    items: int
    minutes: str
    licence: str
    standing: str


def list_entries(instruments: Mapping[str, Instrument], language: str) -> tuple[Entry, ...]:
    """List questionnaires by id, in the words of a language.

    Examples
    --------
    >>> from eval_tools.forms.example import EXAMPLE
    >>> list_entries({EXAMPLE.id: EXAMPLE}, "en")[0].ages
    '9–15'
    """
    words = FormWords(language)
    return tuple(
        Entry(
            id=name,
            title=words.of(instrument.title),
            informant=informant_of(instrument, words),
            ages=short_ages(instrument),
            items=len(instrument.items),
            minutes=f"{instrument.minutes.value:g}" if instrument.minutes is not None else describe.DASH,
            licence=words(f"licence.{instrument.licence.status}"),
            standing=short_standing(instrument, words),
        )
        for name, instrument in sorted(instruments.items())
    )


def short_ages(instrument: Instrument) -> str:
    """Write the ages in a few signs."""
    low, high = instrument.age_years
    if low is None and high is None:
        return describe.DASH
    if high is None:
        return f"{low}+"
    return f"{low}{describe.DASH}{high}" if low is not None else f"<{high + 1}"


def short_standing(instrument: Instrument, words: FormWords) -> str:
    """Say in a few words whether somebody compared the key, and how much is not verified."""
    checked = words("list.checked") if instrument.checked_by else words("list.not_checked")
    return words("list.standing", checked=checked, n=len(instrument.unverified))


def show(instrument: Instrument, language: str, *, local: Path | None = None) -> str:
    """Write everything one should know before choosing a questionnaire, as plain text."""
    words = FormWords(language)
    wording = find_wording(instrument, language, local=local)
    lines = [
        f"{words.of(instrument.title)} ({instrument.abbreviation})",
        f"{instrument.id} {instrument.version} · {instrument.edition}",
        "",
        *_facts(instrument, words),
        "",
        words("codebook.scales"),
    ]
    for scale in instrument.scales.values():
        bands = instrument.default_schemes(scale.id)
        made = f"  {scale.id}: {words.of(scale.title)} [{describe.describe_range(scale.low, scale.high)}]"
        lines += [
            made,
            f"    {describe.describe_members(instrument, scale)}",
            f"    {describe.describe_rule(scale, words)}",
        ]
        lines += [
            f"    {describe.describe_population(scheme, words)}: {describe.describe_bands(scheme, words)}"
            for scheme in bands
        ]
    lines += ["", words("codebook.standing"), f"  {describe.describe_checked(instrument, words)}"]
    withheld = describe.describe_withheld(instrument)
    lines.append(f"  {words('codebook.withheld' if withheld else 'codebook.nothing_withheld')}")
    lines += [f"    - {name}" for name in withheld]
    if instrument.cautions:
        lines += ["", words("codebook.cautions"), *(f"  - {words.of(caution)}" for caution in instrument.cautions)]
    critical = describe.describe_critical(instrument, words)
    if critical:
        lines += ["", words("codebook.critical"), f"  {words('codebook.critical.note')}"]
        lines += [f"    - {line}" for line in critical]
    if not wording.complete:
        items = [not text for text in wording.items.values()]
        answers = sum(not label for labels in wording.options.values() for label in labels.values())
        lines += ["", words("list.wording", language=words(f"language.{language}"))]
        said = [words("list.items_without_text", n=sum(items), total=len(items))] if any(items) else []
        said += [words("list.answers_without_label", n=answers)] if answers else []
        lines += [f"  - {sentence}" for sentence in said]
    return "\n".join(lines)


def _facts(instrument: Instrument, words: FormWords) -> list[str]:
    licence = instrument.licence
    facts = [
        (words("codebook.who"), words.listed([informant_of(instrument, words), words(f"about.{instrument.about}")])),
        (words("codebook.ages"), describe.describe_ages(instrument.age_years, words)),
        (words("codebook.recall"), describe.describe_recall(instrument, words)),
        (words("codebook.minutes"), minutes_of(instrument, words) or words("codebook.unknown")),
        (words("codebook.licence"), words.clauses([words(f"licence.{licence.status}"), licence.holder, licence.terms])),
        (words("codebook.licence.uses"), describe.describe_uses(instrument, words)),
        (words("codebook.citation"), instrument.citation),
    ]
    return [words("codebook.use", use=label, permission=value) for label, value in facts]


def warnings_for(
    instrument: Instrument, wordings: Mapping[str, Wording] | None = None, *, youngest: int = YOUNGEST_OF_PROGRAMME
) -> tuple[Problem, ...]:
    """List what is no error of the definition and must be known before use.

    Parameters
    ----------
    instrument : Instrument
    wordings : mapping of language to Wording, optional
        To say what is missing in each language.
    youngest : int
        The youngest children who might be asked, in years.
    """
    where = instrument.file
    found: list[Problem] = []
    if not instrument.checked_by:
        what = "nobody has compared the key with the paper form in hand."
        found.append(Problem(where, what, "Let a second person do so, and enter role and date under checked_by."))
    if instrument.unverified:
        what = f"{len(instrument.unverified)} elements are not verified: {', '.join(instrument.unverified)}."
        found.append(Problem(where, what, "They are withheld from reports until a source is found."))
    low = instrument.age_years[0]
    by_child = answered_by_young_people(instrument)
    if by_child and low is not None and low > youngest:
        what = f"meant for children from {low} years; a form used below its age is reported."
        found.append(Problem(where, what, f"Do not hand it to children under {low}."))
    found += [Problem(where, words) for caution in instrument.cautions for words in [str(caution.get("en"))]]
    if any(instrument.critical_items()):
        what = "some answers need a person's look on the same day or in the same week."
        found.append(Problem(where, what, "Name that person before the form is handed out."))
    if paper_needs_permission(instrument):
        found.append(Problem(where, "paper copies need the agreement of the holder.", instrument.licence.holder))
    if not electronic_allowed(instrument):
        what = "an electronic version with wording needs the agreement of the holder."
        found.append(Problem(where, what, "Without wording, xlsform makes a form for typing in paper answers."))
    for language in LANGUAGES if wordings is not None else ():
        found += missing_words(instrument, (wordings or {})[language])
    return tuple(found)


def summarise_warnings(instrument: Instrument, wordings: Mapping[str, Wording] | None = None) -> str:
    """Say in one line what :func:`warnings_for` says at length, for a list of many."""
    low = instrument.age_years[0]
    by_child = answered_by_young_people(instrument)
    parts = ["key compared" if instrument.checked_by else "key not compared with the paper form"]
    if instrument.unverified:
        parts.append(f"{len(instrument.unverified)} elements not verified")
    if by_child and low is not None and low > YOUNGEST_OF_PROGRAMME:
        parts.append(f"from {low} years")
    if any(instrument.critical_items()):
        parts.append("needs a person for critical answers")
    lacking = [language for language, wording in (wordings or {}).items() if not wording.complete]
    if lacking:
        parts.append(f"wording missing in {', '.join(lacking)}")
    return "; ".join(parts)
