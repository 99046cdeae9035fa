"""Sheets that go with a wave: for the child, for the guardian, for staff, and the list of printed numbers.

They are drafts. What local law asks must be reviewed and filled in by people who know it; the sheets say so on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eval_tools.forms.identifiers import printed
from eval_tools.forms.paper import informant_of
from eval_tools.forms.words import FormWords
from eval_tools.instruments.instrument import Instrument

ONE_LESSON = 40  # minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class PackForm:
    """One questionnaire of a wave, and who answers it there, in the words of study.yaml."""

    instrument: Instrument
    informant: str
    by_child: bool
    wording: bool  # whether its text can be printed


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One piece of a sheet."""

    kind: str  # text, bullets, blanks, choices or table
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()  # of a table; the first is its heading


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and what stands under it."""

    heading: str
    parts: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet in one language."""

    name: str
    language: str
    title: str
    banner: str  # '' or the warning on top
    sections: tuple[Section, ...]
    large: bool  # set in larger letters, for children


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes:
    """How long a set of forms takes; ``unknown`` counts the forms whose time is not known."""

    known: float
    unknown: int


def minutes_for(forms: Sequence[PackForm]) -> Minutes:
    """Add up the minutes of some forms."""
    stated = [form.instrument.minutes for form in forms]
    return Minutes(
        known=sum(entry.value for entry in stated if entry is not None), unknown=sum(entry is None for entry in stated)
    )


def phrase_minutes(minutes: Minutes, words: FormWords) -> str:
    """Say how long a set of forms takes, and what is not known."""
    if minutes.known == 0:
        return words("sheet.minutes.unknown")
    if minutes.unknown:
        return words("sheet.minutes.some", minutes=f"{minutes.known:g}", n=minutes.unknown)
    return words("sheet.minutes", minutes=f"{minutes.known:g}")


def _text(*lines: str) -> Paragraph:
    return Paragraph(kind="text", lines=lines)


def _bullets(words: FormWords, *keys: str) -> Paragraph:
    return Paragraph(kind="bullets", lines=tuple(words(key) for key in keys))


def _blanks(words: FormWords, *keys: str) -> Paragraph:
    return Paragraph(kind="blanks", lines=tuple(words(key) for key in keys))


def _choices(words: FormWords, *keys: str) -> Paragraph:
    return Paragraph(kind="choices", lines=tuple(words(key) for key in keys))


USES = ("sheet.for.1", "sheet.for.2")
NO_USES = ("sheet.not_for.1", "sheet.not_for.2", "sheet.not_for.3", "sheet.not_for.4")


def child_sheet(forms: Sequence[PackForm], language: str) -> Sheet:
    """Write the sheet a child reads, or is read to, with its own decision at the end."""
    words = FormWords(language)
    mine = [form for form in forms if form.by_child]
    n = len(mine)
    what = words("sheet.child.what.one") if n == 1 else words("sheet.child.what.text", n_forms=n)
    return Sheet(
        name="child-information",
        language=language,
        title=words("sheet.child.title"),
        banner=words("sheet.draft"),
        large=True,
        sections=(
            Section(heading=words("sheet.child.why"), parts=(_text(words("sheet.child.why.text")),)),
            Section(
                heading=words("sheet.child.what"),
                parts=(_text(words.sentences(what, phrase_minutes(minutes_for(mine), words))),),
            ),
            Section(
                heading=words("sheet.child.choice"),
                parts=(_bullets(words, "sheet.child.choice.1", "sheet.child.choice.2", "sheet.child.choice.3"),),
            ),
            Section(heading=words("sheet.for"), parts=(_bullets(words, *USES),)),
            Section(heading=words("sheet.not_for"), parts=(_bullets(words, *NO_USES),)),
            Section(
                heading=words("sheet.child.secret"),
                parts=(_bullets(words, "sheet.child.secret.1", "sheet.child.secret.2", "sheet.child.secret.3"),),
            ),
            Section(
                heading=words("sheet.child.ask"),
                parts=(_blanks(words, "sheet.person", "sheet.where", "sheet.telephone"),),
            ),
            Section(
                heading=words("sheet.child.assent"),
                parts=(
                    _text(words("sheet.child.assent.text")),
                    _choices(words, "sheet.child.assent.yes", "sheet.child.assent.no"),
                    _blanks(words, "sheet.signature", "sheet.date"),
                ),
            ),
        ),
    )


def guardian_sheet(forms: Sequence[PackForm], language: str, *, study: str, wave: str) -> Sheet:
    """Write the sheet for guardians: what is asked, what for, what not for, what happens then, and both answers."""
    words = FormWords(language)
    table = (
        (words("sheet.guardian.form"), words("sheet.guardian.who"), words("sheet.guardian.minutes")),
        *(_form_row(form, words) for form in forms),
    )
    children = phrase_minutes(minutes_for([form for form in forms if form.by_child]), words)
    return Sheet(
        name="guardian-information",
        language=language,
        title=words("sheet.guardian.title"),
        banner=words("sheet.draft"),
        large=False,
        sections=(
            Section(
                heading=words("sheet.guardian.why"),
                parts=(_text(words("sheet.guardian.why.text", study=study, wave=wave)),),
            ),
            Section(
                heading=words("sheet.guardian.what"),
                parts=(
                    Paragraph(kind="table", rows=table),
                    *([_text(children)] if any(form.by_child for form in forms) else []),
                ),
            ),
            Section(heading=words("sheet.guardian.for"), parts=(_bullets(words, *USES),)),
            Section(
                heading=words("sheet.guardian.not_for"),
                parts=(_bullets(words, *NO_USES, "sheet.guardian.not_for.5"),),
            ),
            Section(
                heading=words("sheet.guardian.choice"),
                parts=(
                    _bullets(words, "sheet.guardian.choice.1", "sheet.guardian.choice.2", "sheet.guardian.choice.3"),
                ),
            ),
            Section(
                heading=words("sheet.guardian.data"),
                parts=(
                    _bullets(
                        words,
                        "sheet.guardian.data.1",
                        "sheet.guardian.data.2",
                        "sheet.guardian.data.3",
                        "sheet.guardian.exception",
                    ),
                    _blanks(
                        words,
                        "sheet.guardian.responsible",
                        "sheet.guardian.kept",
                        "sheet.guardian.after",
                        "sheet.guardian.shared",
                        "sheet.guardian.contact",
                    ),
                ),
            ),
            Section(
                heading=words("sheet.guardian.consent"),
                parts=(
                    _text(words("sheet.guardian.consent.text")),
                    _choices(words, "sheet.guardian.consent.yes", "sheet.guardian.consent.no"),
                    _blanks(words, "sheet.guardian.relation", "sheet.signature", "sheet.date"),
                ),
            ),
        ),
    )


def _form_row(form: PackForm, words: FormWords) -> tuple[str, str, str]:
    minutes = form.instrument.minutes
    return (
        words.of(form.instrument.title),
        informant_of(form.instrument, words),
        f"{minutes.value:g}" if minutes is not None else words("sheet.guardian.unknown"),
    )


def staff_sheet(forms: Sequence[PackForm], language: str, *, study: str, wave: str) -> Sheet:
    """Write the overview for those who hand out the forms; not for children, it names the forms with critical items."""
    words = FormWords(language)
    informants = list(dict.fromkeys(form.informant for form in forms))
    head = (
        words("sheet.guardian.form"),
        words("sheet.guardian.who"),
        words("sheet.overview.ages"),
        words("sheet.guardian.minutes"),
    )
    rows = tuple(
        (*row[:2], _ages(form.instrument, words), row[2]) for form in forms for row in [_form_row(form, words)]
    )
    totals = tuple(
        words(
            "sheet.overview.each",
            informant=informant_of(mine[0].instrument, words),
            minutes=phrase_minutes(minutes_for(mine), words),
        )
        for informant in informants
        for mine in [[form for form in forms if form.informant == informant]]
    )
    notices = _notices(forms, words)
    return Sheet(
        name="staff-overview",
        language=language,
        title=words("sheet.overview.title", study=study, wave=wave),
        banner="",
        large=False,
        sections=(
            Section(heading=words("sheet.overview.forms"), parts=(Paragraph(kind="table", rows=(head, *rows)),)),
            Section(heading=words("sheet.overview.total"), parts=(Paragraph(kind="bullets", lines=totals),)),
            Section(
                heading=words("sheet.overview.before"),
                parts=(_bullets(words, "sheet.overview.before.1", "sheet.overview.before.2"),),
            ),
            *(
                [Section(heading=words("sheet.overview.notice"), parts=(Paragraph(kind="bullets", lines=notices),))]
                if notices
                else []
            ),
        ),
    )


def _ages(instrument: Instrument, words: FormWords) -> str:
    low, high = instrument.age_years
    if low is None and high is None:
        return "–"
    return f"{'' if low is None else low}–{'' if high is None else high}" if high is not None else f"{low}+"


def _notices(forms: Sequence[PackForm], words: FormWords) -> tuple[str, ...]:
    notices = []
    critical = [form.instrument for form in forms if any(form.instrument.critical_items())]
    if critical:
        notices.append(words("sheet.overview.critical", forms=words.listed([i.abbreviation for i in critical])))
    for instrument in critical:
        others = sorted({r.omit_form for item in instrument.critical_items() for r in item.critical if r.omit_form})
        if others:
            notices.append(words("sheet.overview.instead", instead=words.listed(others), form=instrument.abbreviation))
    wordless = [form.instrument.abbreviation for form in forms if not form.wording]
    if wordless:
        notices.append(words("sheet.overview.wordless", forms=words.listed(wordless)))
    asked = [f.instrument.abbreviation for f in forms if paper_needs_permission(f.instrument)]
    if asked:
        notices.append(words("sheet.overview.paper", forms=words.listed(asked)))
    minutes = minutes_for([form for form in forms if form.by_child]).known
    if minutes > ONE_LESSON:
        notices.append(words("sheet.overview.long", minutes=f"{minutes:g}", limit=ONE_LESSON))
    return tuple(notices)


def paper_needs_permission(instrument: Instrument) -> bool:
    """Say whether paper copies need the agreement of the holder of the rights."""
    return instrument.licence.permits("paper") in ("with_permission", "forbidden")


def id_sheet(numbers: Sequence[str], language: str, *, study: str, wave: str) -> Sheet:
    """Write the list of printed numbers; names are entered by hand, on paper, by the one who keeps the list."""
    words = FormWords(language)
    head = tuple(words(f"sheet.ids.{column}") for column in ("row", "number", "name", "class", "absent"))
    rows = tuple((str(i), printed(number), "", "", "") for i, number in enumerate(numbers, start=1))
    return Sheet(
        name="id-list",
        language=language,
        title=words("sheet.ids.title", study=study, wave=wave),
        banner=words("sheet.ids.rules"),
        large=False,
        sections=(
            Section(
                heading="",
                parts=(
                    _text(words("sheet.ids.digits")),
                    _blanks(words, "sheet.ids.keeper"),
                    Paragraph(kind="table", rows=(head, *rows)),
                ),
            ),
        ),
    )
