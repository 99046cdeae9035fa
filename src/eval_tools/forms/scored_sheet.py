"""The scores of a typed file: one row for each form, and in a few lines what was done. No answer and no ID is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from eval_tools.forms.answer_sheet import AnswerSheet
from eval_tools.forms.describe import describe_gate
from eval_tools.forms.words import FormWords
from eval_tools.instruments.instrument import Instrument
from eval_tools.spreadsheets import Cell

SCORED = ("scored", "prorated")
MENTIONED_ELSEWHERE = ("item_not_in_file",)
SHOWN_ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleResult:
    """One scale of every form of the file, in its order."""

    scale: str
    scores: tuple[float | None, ...]
    n_answered: tuple[int, ...]
    status: tuple[str, ...]
    bands: tuple[str, ...] | None  # ids of verified bands; None where no scheme is verified
    schemes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """One thing noticed about the answers."""

    rule: str
    scale: str
    count: int
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredSheet:
    """A typed file and its scores."""

    sheet: AnswerSheet
    scales: tuple[ScaleResult, ...]
    gates: Mapping[str, tuple[str, ...]]  # met, not_met or unknown for each form
    notes: tuple[Noted, ...]
    urgent: frozenset[int]  # positions of forms; these never stand among the scores
    attention: frozenset[int]


def score_rows(
    scored: ScoredSheet, instrument: Instrument, language: str
) -> tuple[tuple[str, ...], list[tuple[Cell, ...]]]:
    """Lay out the scores as a table: heading and one row for each form, each scale with its status."""
    words = FormWords(language)
    sheet = scored.sheet
    head = ["row", *(["id"] if sheet.ids is not None else [])]
    columns: list[Sequence[Cell]] = [sheet.rows, *([sheet.ids] if sheet.ids is not None else [])]
    for result in scored.scales:
        head += [result.scale, f"{result.scale}_n_answered", f"{result.scale}_status"]
        columns += [result.scores, result.n_answered, result.status]
        if result.bands is not None:
            head.append(f"{result.scale}_band")
            schemes = instrument.scales[result.scale].band_schemes
            labels = {(s.id, b.id): words.of(b.label) for s in schemes.values() for b in s.bands}
            pairs = zip(result.schemes, result.bands, strict=True)
            columns.append([labels.get(pair, "") for pair in pairs])
    for gate, found in scored.gates.items():
        head.append(f"validity_{gate}")
        columns.append(found)
    return tuple(head), list(zip(*columns, strict=True))


def same_day_rows(scored: ScoredSheet) -> list[tuple[Cell, ...]]:
    """List the rows of the forms that a person must look at, the urgent ones first; nothing else about them."""
    rows = scored.sheet.rows
    urgent: list[tuple[Cell, ...]] = [(rows[at], "same day") for at in sorted(scored.urgent)]
    return urgent + [(rows[at], "this week") for at in sorted(scored.attention - scored.urgent)]


def phrase_scoring(scored: ScoredSheet, instrument: Instrument, language: str) -> str:
    """Say what was done, in counts and row numbers."""
    words = FormWords(language)
    return "\n".join(
        [
            *_read(scored.sheet, instrument, words, n_rows=len(scored.sheet.rows)),
            "",
            *_scored(scored, instrument, words),
        ]
    )


def phrase_batches(
    sheet: AnswerSheet,
    instrument: Instrument,
    language: str,
    *,
    n_forms: int,
    statuses: Mapping[str, Mapping[str, int]],
    notes: Iterable[Noted],
) -> str:
    """Say what was done with a file of which only the head was read as a sheet; ``statuses`` count forms by scale."""
    words = FormWords(language)
    lines = [*_read(sheet, instrument, words, n_rows=n_forms), ""]
    lines += [_scale_line(instrument, scale, counts, words) for scale, counts in statuses.items()]
    lines += _noted(notes, instrument, words)
    if any(instrument.critical_items()):
        lines.append(words("score.critical.batches"))
    return "\n".join(lines)


def _read(sheet: AnswerSheet, instrument: Instrument, words: FormWords, *, n_rows: int) -> Iterator[str]:
    how = words(f"score.by.{sheet.matched_by}", pattern=sheet.pattern)
    total = len(instrument.items)
    found = total - len(sheet.without_column)
    yield words("score.read", file=sheet.file, rows=n_rows, found=found, total=total, how=how)
    if sheet.without_column:
        numbers = words.listed([str(instrument.items[name].number) for name in sheet.without_column])
        yield words("score.absent", numbers=numbers)
    if sheet.other_columns:
        yield words("score.unused", n=len(sheet.other_columns))
    if sheet.n_labels:
        yield words("score.labels", n=sheet.n_labels)
    if sheet.ids_repeated:
        yield words("score.repeated", n=sheet.ids_repeated)
    if sheet.ids_with_wrong_digits:
        rows = [str(row) for row in sheet.ids_with_wrong_digits[:SHOWN_ROWS]]
        more = ["…"] if len(sheet.ids_with_wrong_digits) > SHOWN_ROWS else []
        yield words("score.digits", n=len(sheet.ids_with_wrong_digits), rows=words.listed(rows + more))


def _scored(scored: ScoredSheet, instrument: Instrument, words: FormWords) -> Iterator[str]:
    for result in scored.scales:
        yield _scale_line(instrument, result.scale, Counter(result.status), words)
    schemes = dict.fromkeys(scheme for result in scored.scales for scheme in result.schemes if scheme)
    yield words("score.bands", schemes=words.listed(list(schemes))) if schemes else words("score.no_bands")
    for gate in instrument.validity:
        met = sum(found == "met" for found in scored.gates.get(gate.id, ()))
        if met:
            yield words("score.gate", n=met, gate=describe_gate(gate, words))
    yield from _noted(scored.notes, instrument, words)
    if any(instrument.critical_items()):
        attention = len(scored.attention - scored.urgent)
        yield words("score.critical", urgent=len(scored.urgent), attention=attention)


def _scale_line(instrument: Instrument, scale: str, counts: Mapping[str, int], words: FormWords) -> str:
    n_scored = sum(counts.get(status, 0) for status in SCORED)
    line = words(
        "score.scale",
        title=words.of(instrument.scales[scale].title),
        scale=scale,
        scored=n_scored,
        prorated=counts.get("prorated", 0),
        missing=sum(counts.values()) - n_scored,
    )
    reasons = [words(f"score.reason.{s}", n=n) for s, n in sorted(counts.items()) if s not in SCORED]
    return words.clauses([line, *reasons])


def _noted(notes: Iterable[Noted], instrument: Instrument, words: FormWords) -> Iterator[str]:
    for note in notes:
        if note.rule not in MENTIONED_ELSEWHERE:
            yield words(f"score.note.{note.rule}", scale=note.scale, count=note.count, n=note.n)
    if instrument.unverified:
        yield words("score.unverified", what=words.listed(instrument.unverified))
