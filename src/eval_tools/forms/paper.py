"""What stands on a paper form, in order, in one language; PDF and Word are set from the same content."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from eval_tools.forms.wording import Wording
from eval_tools.forms.words import FormWords
from eval_tools.instruments.instrument import Instrument, Item

ROWS_A_COLUMN = 25
ADULT, OLDEST_PUPIL = 18, 19  # years
NOT_FINAL = ("circulating_translation", "character_conversion", "machine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One question: its printed number and its text, '' on an answer sheet."""

    item: str
    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerBlock:
    """Questions in a row that share their answers."""

    headings: tuple[str, ...]  # the label of each answer; its code where there is no label
    codes: tuple[str, ...]
    lines: tuple[Line, ...]
    only_if: str  # '' or for whom the block is

    @property
    def wordless(self) -> bool:
        """Whether no question has a text."""
        return not any(line.text for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBlock:
    """One question answered in one's own words."""

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperForm:
    """A whole form."""

    language: str
    title: str
    facts: tuple[str, ...]  # abbreviation, who answers, recall, minutes
    asks_age_and_sex: bool
    consent: str
    stem: str
    how: str
    note: str
    blocks: tuple[AnswerBlock | OpenBlock, ...]
    comfort: str  # for children: whom to talk to
    end: str
    small: tuple[str, ...]  # edition, standing of the wording, rights, citation
    definition: str


def lay_out(instrument: Instrument, wording: Wording) -> PaperForm:
    """Lay out a form in the language of its wording.

    A critical item looks like every other. Where there is no wording the form is an answer sheet: numbered lines
    with the answers, to be used beside the licensed print.

    Examples
    --------
    >>> from eval_tools.forms.example import EXAMPLE
    >>> from eval_tools.forms.wording import find_wording
    >>> form = lay_out(EXAMPLE, find_wording(EXAMPLE, "en"))
    >>> form.blocks[0].headings, form.blocks[0].lines[0].text
    (('Never', 'Sometimes', 'Often'), 'I feel at home here.')
    """
    words = FormWords(wording.language)
    child = answered_by_young_people(instrument)
    recall = words.counted(f"recall.{instrument.recall.unit}", instrument.recall.value) if instrument.recall else ""
    right_and_wrong = instrument.kind == "knowledge_test"
    if not wording.has_items:
        note = words("form.sheet")
    else:
        note = "" if all(wording.items.values()) else words("form.some_wording_missing")
    return PaperForm(
        language=wording.language,
        title=words.of(instrument.title),
        facts=facts_of(instrument, words),
        asks_age_and_sex=asks_age_and_sex(instrument),
        consent=words(consent_key(instrument)),
        stem=wording.stem or recall,
        how=words.sentences(words("form.how"), "" if right_and_wrong else words("form.no_wrong")),
        note=note,
        blocks=_blocks(instrument, wording, words),
        comfort=words("form.comfort") if child else "",
        end=words("form.end"),
        small=_small_print(instrument, wording, words),
        definition=words("form.definition", id=instrument.id, version=instrument.version),
    )


def facts_of(instrument: Instrument, words: FormWords) -> tuple[str, ...]:
    """Say under the title what kind of form this is."""
    recall = instrument.recall
    return tuple(
        fact
        for fact in (
            instrument.abbreviation,
            words("form.who", informant=informant_of(instrument, words)),
            words.counted(f"recall.{recall.unit}", recall.value) if recall else "",
            minutes_of(instrument, words),
        )
        if fact
    )


def informant_of(instrument: Instrument, words: FormWords) -> str:
    """Say who answers."""
    oldest = instrument.age_years[1]
    only_young = answered_by_young_people(instrument) and (
        instrument.about in ("child", "family")
        or instrument.grades != (None, None)
        or (oldest is not None and oldest <= OLDEST_PUPIL)
    )
    return words("informant.self_child" if only_young else f"informant.{instrument.informant}")


def answered_by_young_people(instrument: Instrument) -> bool:
    """Say whether children or young people may be the ones who fill in the form."""
    youngest = instrument.age_years[0]
    in_school = instrument.grades != (None, None)
    meant_for_them = instrument.about in ("child", "family") or in_school or (youngest is not None and youngest < ADULT)
    return instrument.informant == "self" and meant_for_them


def consent_key(instrument: Instrument) -> str:
    """Name the sentence with which one agrees to answer."""
    if answered_by_young_people(instrument):
        return "consent.child"
    return "consent.about_child" if instrument.about == "child" else "consent.adult"


def minutes_of(instrument: Instrument, words: FormWords) -> str:
    """Say how long a form takes, if that is known."""
    minutes = instrument.minutes
    return words("form.minutes", minutes=f"{minutes.value:g}") if minutes is not None else ""


def asks_age_and_sex(instrument: Instrument) -> bool:
    """Say whether scoring needs to know the age or sex of the person; otherwise the form does not ask."""
    for scale in instrument.scales.values():
        if any(not scheme.for_everyone for scheme in instrument.default_schemes(scale.id)):
            return True
        rows = [row for step in scale.transform for row in step.lookup]
        if any(row.sex is not None or row.ages != (None, None) for row in rows):
            return True
    return False


def headings_of(item: Item, wording: Wording) -> tuple[str, ...]:
    """Return what stands over the circles: the labels, or where one is missing the codes."""
    labels = wording.options[item.responses.id]
    return tuple(labels[code] or str(code) for code in item.responses.codes)


def _blocks(instrument: Instrument, wording: Wording, words: FormWords) -> tuple[AnswerBlock | OpenBlock, ...]:
    placed: list[tuple[int, AnswerBlock | OpenBlock]] = []
    ordered = sorted(instrument.items.values(), key=lambda item: item.number)
    open_numbers = sorted(question.number for question in instrument.open_questions)

    def kind(item: Item) -> tuple[str, str, int]:
        before = sum(number < item.number for number in open_numbers)  # an open question ends a block
        return item.responses.id, _only_if(instrument, item, wording, words), before

    for (_, only_if, _), members in groupby(ordered, key=kind):
        items = list(members)
        block = AnswerBlock(
            headings=headings_of(items[0], wording),
            codes=tuple(map(str, items[0].responses.codes)),
            lines=tuple(Line(item=i.id, number=i.number, text=wording.items[i.id]) for i in items),
            only_if=only_if,
        )
        placed.append((items[0].number, block))
    for question in instrument.open_questions:
        text = wording.items[question.id] or words("form.own_words")
        placed.append((question.number, OpenBlock(number=question.number, text=text)))
    return tuple(block for _, block in sorted(placed, key=lambda entry: entry[0]))


def _only_if(instrument: Instrument, item: Item, wording: Wording, words: FormWords) -> str:
    if item.asked_if is None:
        return ""
    gate = instrument.items[item.asked_if.item]
    labels = wording.options[gate.responses.id]
    wanted = [code for code in gate.responses.codes if item.asked_if.when.holds([code])[0]]
    answers = words.listed([labels[code] or str(code) for code in wanted])
    return words("form.only_if", number=gate.number, answers=answers)


def _small_print(instrument: Instrument, wording: Wording, words: FormWords) -> tuple[str, ...]:
    standing = instrument.text_status.get(wording.language, "")
    has_text = wording.has_items or bool(wording.stem)
    lines = [
        words("form.draft_template") if instrument.template else "",
        words("form.edition", edition=instrument.edition),
    ]
    if wording.local:
        lines.append(words("form.wording.local"))
    elif has_text and standing in NOT_FINAL:
        lines.append(words(f"form.wording.{standing}"))
    lines += [
        words("form.holder", holder=instrument.licence.holder),
        instrument.licence.credit_line or "",
        instrument.citation,
    ]
    return tuple(line for line in lines if line)
