"""A questionnaire as an XLSForm for KoBoToolbox and ODK: questions, answers, conditions, translations.

Where no wording may be shown the result is a form for typing in paper answers: numbers of questions and codes only.
A critical item looks like every other; nothing in the form depends on its answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from eval_tools.errors import DefinitionError, Problem
from eval_tools.forms.identifiers import ID_PATTERN
from eval_tools.forms.paper import asks_age_and_sex, consent_key
from eval_tools.forms.wording import Wording
from eval_tools.forms.words import LANGUAGE_NAMES, FormWords
from eval_tools.instruments.instrument import Instrument, Item
from eval_tools.instruments.rule import Rule
from eval_tools.privacy.check_digits import MODULUS, REMAINDER
from eval_tools.spreadsheets import Cell, xlsx_bytes

PARTICIPANT, CONSENT, AGE, SEX, ANSWERED_ON = "participant", "consent", "age", "sex", "answered_on"
OURS = (PARTICIPANT, CONSENT, AGE, SEX, ANSWERED_ON, "questions", "stem", "declined", "start", "end")
YES_NO = "eval_tools_yes_no"
SEXES = "eval_tools_sex"
SUBTAGS = {"en": "en", "zh-Hant": "zh", "zh-Hans": "zh"}  # XLSForm knows no scripts; the name tells them apart
ID_CONSTRAINT = f"regex(., '^{ID_PATTERN}$') and number(.) mod {MODULUS} = {REMAINDER}"


@dataclass(frozen=True, slots=True, kw_only=True)
class XlsForm:
    """The three sheets of an XLSForm; row 1 of each is its heading."""

    survey: tuple[tuple[Cell, ...], ...]
    choices: tuple[tuple[Cell, ...], ...]
    settings: tuple[tuple[Cell, ...], ...]
    keying: bool  # numbers and codes only

    def to_xlsx(self) -> bytes:
        """Return the form as an XLSX file; no cell is a formula."""
        wide = [14, 18, *[40] * 12]
        return xlsx_bytes(
            {"survey": self.survey, "choices": self.choices, "settings": self.settings},
            widths={"survey": wide, "choices": [20, 10, *[30] * 6], "settings": [30] * 6},
        )


def build_xlsform(instrument: Instrument, wordings: Sequence[Wording], *, permission: str = "") -> XlsForm:
    """Build the form in one or several languages; the first is the default.

    Parameters
    ----------
    instrument : Instrument
    wordings : sequence of Wording
        One for each language.
    permission : str
        Where the holder must agree to an electronic version: the reference of the agreement.

    Raises
    ------
    DefinitionError
        If there is wording and an electronic version is not allowed without the holder's agreement, or an item has
        a name that the form needs itself.

    Examples
    --------
    >>> from eval_tools.forms.example import EXAMPLE
    >>> from eval_tools.forms.wording import find_wording
    >>> form = build_xlsform(EXAMPLE, [find_wording(EXAMPLE, "en")])
    >>> [row[:3] for row in form.survey][-2:]
    [('select_one often3', 'fah3', 'People here know me.'), ('end_group', None, None)]
    """
    keying = not any(wording.has_items for wording in wordings)
    problems = _check_names(instrument)
    if not keying and not permission and not electronic_allowed(instrument):
        what = "an electronic version needs the agreement of the holder of the rights."
        remedy = (
            f"Holder: {instrument.licence.holder}. Name the agreement with --permission; "
            "or, without the local wording, make a form for typing in paper answers."
        )
        problems.append(Problem(f"{instrument.id}, licence", what, remedy))
    if problems:
        raise DefinitionError(problems)
    sheet = _Sheet(instrument, tuple(wordings), keying=keying)
    title = FormWords(wordings[0].language).of(instrument.title)
    names = [_language(wording.language) for wording in wordings]
    settings: dict[str, Cell] = {
        "form_title": title,
        "form_id": instrument.id,
        "version": instrument.version,
        "default_language": names[0],
        "style": "pages",
    }
    if permission:
        settings["permission"] = permission
    return XlsForm(
        survey=sheet.survey(),
        choices=sheet.choices(),
        settings=(tuple(settings), tuple(settings.values())),
        keying=keying,
    )


def electronic_allowed(instrument: Instrument) -> bool:
    """Say whether the wording may be shown on a screen without asking anybody."""
    permitted = instrument.licence.permits("electronic")
    return permitted == "allowed" or (permitted == "unknown" and instrument.licence.text_redistributable)


def _check_names(instrument: Instrument) -> list[Problem]:
    names = (*instrument.items, *(question.id for question in instrument.open_questions))
    taken = [name for name in names if name in OURS]
    numbers = [name for name in names if name[0].isdigit()]
    remedy = "Rename the item in the definition."
    problems = []
    if taken:
        problems.append(Problem(instrument.file, f"the form itself needs the name {', '.join(taken)}.", remedy))
    if numbers:
        what = f"names in an XLSForm begin with a letter, unlike {', '.join(numbers)}."
        problems.append(Problem(instrument.file, what, remedy))
    return problems


def _language(code: str) -> str:
    return f"{LANGUAGE_NAMES[code]} ({SUBTAGS[code]})"


class _Sheet:
    """Rows of one form, every text in every language."""

    def __init__(self, instrument: Instrument, wordings: tuple[Wording, ...], *, keying: bool) -> None:
        self.instrument = instrument
        self.wordings = wordings
        self.words = tuple(FormWords(wording.language) for wording in wordings)
        self.keying = keying
        self.asks_age = asks_age_and_sex(instrument) or any(i.min_age is not None for i in instrument.items.values())

    def _all(self, texts: Callable[[Wording, FormWords], str]) -> tuple[str, ...]:
        return tuple(texts(wording, words) for wording, words in zip(self.wordings, self.words, strict=True))

    def _said(self, key: str, **values: object) -> tuple[str, ...]:
        return self._all(lambda _, words: words(key, **values))

    # --- survey ------------------------------------------------------------------------------------------------

    def survey(self) -> tuple[tuple[Cell, ...], ...]:
        names = [_language(wording.language) for wording in self.wordings]
        head = (
            "type",
            "name",
            *(f"label::{name}" for name in names),
            *(f"hint::{name}" for name in names),
            "required",
            "relevant",
            "constraint",
            *(f"constraint_message::{name}" for name in names),
            "appearance",
        )
        return (head, *self._opening(), *self._questions(), self._row("end_group"))

    def _row(
        self,
        kind: str,
        name: str | None = None,
        label: Sequence[str] = (),
        *,
        hint: Sequence[str] = (),
        required: bool = False,
        relevant: str | None = None,
        constraint: str | None = None,
        message: Sequence[str] = (),
        appearance: str | None = None,
    ) -> tuple[Cell, ...]:
        n = len(self.wordings)
        texts = [[*part, *[None] * (n - len(part))] for part in (label, hint, message)]
        return (
            kind,
            name,
            *texts[0],
            *texts[1],
            "yes" if required else None,
            relevant,
            constraint,
            *texts[2],
            appearance,
        )

    def _opening(self) -> list[tuple[Cell, ...]]:
        instrument = self.instrument
        rows = [
            self._row("start", "start"),
            self._row("end", "end"),
            self._row(
                "text",
                PARTICIPANT,
                self._said("xlsform.number"),
                hint=self._said("xlsform.number_hint"),
                required=True,
                constraint=ID_CONSTRAINT,
                message=self._said("xlsform.number_wrong"),
                appearance="numbers",
            ),
            self._row(
                "date",
                ANSWERED_ON,
                self._said("xlsform.date"),
                required=True,
                constraint=". <= today()",
                message=self._said("xlsform.date_wrong"),
            ),
            self._row(f"select_one {YES_NO}", CONSENT, self._said(consent_key(instrument)), required=True),
            self._row("note", "declined", self._said("xlsform.declined"), relevant=f"${{{CONSENT}}} = 'no'"),
            self._row("begin_group", "questions", self._title(), relevant=f"${{{CONSENT}}} = 'yes'"),
        ]
        if self.asks_age:
            rows.append(
                self._row(
                    "integer",
                    AGE,
                    self._said("form.age"),
                    constraint=". >= 0 and . <= 120",
                    message=self._said("xlsform.age_wrong"),
                )
            )
        if asks_age_and_sex(instrument):
            rows.append(self._row(f"select_one {SEXES}", SEX, self._said("form.sex")))
        opening = self._said("xlsform.keying") if self.keying else self._all(lambda wording, _: wording.stem)
        if any(opening):
            filled = tuple(text or title for text, title in zip(opening, self._title(), strict=True))
            rows.append(self._row("note", "stem", filled))
        return rows

    def _title(self) -> tuple[str, ...]:
        return self._all(lambda _, words: words.of(self.instrument.title))

    def _questions(self) -> list[tuple[Cell, ...]]:
        placed: list[tuple[int, tuple[Cell, ...]]] = []
        for item in self.instrument.items.values():
            kind = f"select_one {item.responses.id}"
            row = self._row(kind, item.id, self._label(item.id, item.number), relevant=self._relevant(item))
            placed.append((item.number, row))
        for question in self.instrument.open_questions:
            label = self._label(question.id, question.number)
            placed.append((question.number, self._row("text", question.id, label, appearance="multiline")))
        return [row for _, row in sorted(placed, key=lambda entry: entry[0])]

    def _label(self, name: str, number: int) -> tuple[str, ...]:
        return self._all(lambda wording, words: wording.items[name] or words("xlsform.question", number=number))

    def _relevant(self, item: Item) -> str | None:
        conditions = []
        if item.asked_if is not None:
            conditions.append(_condition(f"${{{item.asked_if.item}}}", item.asked_if.when))
        if item.min_age is not None:
            conditions.append(f"${{{AGE}}} >= {item.min_age}")
        return " and ".join(conditions) or None

    # --- choices -----------------------------------------------------------------------------------------------

    def choices(self) -> tuple[tuple[Cell, ...], ...]:
        names = [_language(wording.language) for wording in self.wordings]
        rows: list[tuple[Cell, ...]] = [("list_name", "name", *(f"label::{name}" for name in names))]
        rows += [(YES_NO, answer, *self._said(f"xlsform.{answer}")) for answer in ("yes", "no")]
        if asks_age_and_sex(self.instrument):
            rows += [(SEXES, sex, *self._said(f"sex.{sex}")) for sex in ("female", "male")]
        sets = {item.responses.id: item.responses for item in self.instrument.items.values()}
        for name, answers in sets.items():
            for code in answers.codes:
                labels = (wording.options[name][code] or str(code) for wording in self.wordings)
                rows.append((name, str(code), *labels))
        return tuple(rows)


def _condition(question: str, rule: Rule) -> str:
    """Write a rule as a condition of XLSForm.

    Examples
    --------
    >>> from eval_tools.instruments.rule import parse_rule
    >>> _condition("${q1}", parse_rule("in [1, 3]")), _condition("${q1}", parse_rule(">= 2"))
    ('(${q1} = 1 or ${q1} = 3)', '${q1} >= 2')
    """
    if rule.sign == "in":
        return "(" + " or ".join(f"{question} = {value:g}" for value in rule.values) + ")"
    return f"{question} {'=' if rule.sign == '==' else rule.sign} {rule.values[0]:g}"


def languages_with_words(instrument: Instrument, wordings: Mapping[str, Wording]) -> list[Wording]:
    """Keep the languages that have item texts; all of them where none has any."""
    with_words = [wording for wording in wordings.values() if wording.has_items]
    return with_words or list(wordings.values())
