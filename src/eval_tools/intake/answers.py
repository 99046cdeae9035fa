"""Cells -> codes of the form and reasons why there is none; one column of a file at a time, nothing guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval_tools.instruments.instrument import Instrument, Item
from eval_tools.instruments.key import score_instrument
from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.findings import Findings
from eval_tools.intake.labels import match_label, match_labels
from eval_tools.intake.raw_table import REASONS, RawTable, plain
from eval_tools.studies.study import InstrumentColumns, Source

OUTSIDE = "outside"  # an answer that is none of the form's; INVALID once it was reported


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of one file to one questionnaire, both of shape (records, items)."""

    codes: np.ndarray  # as printed on the form; NaN where there is none
    reasons: np.ndarray  # '' where there is one


@dataclass(frozen=True, slots=True)
class _Decoded:
    """What one text of a column means: a code, or the reason there is none."""

    code: int | None = None
    reason: str = ""
    how: str = "exact"  # prefix, width or script where the text is a label written in another way


def item_columns_in(raw: RawTable, part: InstrumentColumns, instrument: Instrument) -> list[str] | None:
    """Name the column of every item that is on the form, in printed order; None where the file has too few.

    From ``start`` on the questions of one answer follow one another; options, free text beside an option and columns
    of the platform between them are passed over.
    """
    if part.columns:
        return list(part.columns)
    n_items = len(instrument.items) - len(part.absent)
    kinds = [info.kind for info in raw.columns] or ["answer"] * len(raw.header)
    first = raw.header.index(part.start)
    following = [name for name, kind in zip(raw.header[first:], kinds[first:], strict=True) if kind == "answer"]
    return following[:n_items] if len(following) >= n_items else None


def read_answers(
    raw: RawTable, part: InstrumentColumns, instrument: Instrument, source: Source, findings: Findings
) -> Answers:
    """Turn the cells of one questionnaire into codes of its form.

    A cell means, in this order: a reason the reader found (skipped, …); a text that study.yaml declares as a reason or
    as an answer; the label that the file's own code book gives it, found among the labels of the form; a code of the
    form; a label of the form. Anything else is reported, and invalid.
    """
    columns = item_columns_in(raw, part, instrument)
    assert columns is not None, "checked when the file was opened"
    codes = np.full((len(raw.cells), len(instrument.items)), np.nan)
    reasons = np.full(codes.shape, "", dtype=object)
    present = iter(columns)
    for j, item in enumerate(instrument.items.values()):
        if item.id in part.absent:
            reasons[:, j] = "not_in_version"
            continue
        column = next(present)
        texts = [record[raw.header.index(column)] for record in raw.cells]
        meaning = _decode_column(raw, column, texts, item, part.answers, source.missing, findings)
        codes[:, j] = [np.nan if (code := meaning[text].code) is None else code for text in texts]
        reasons[:, j] = [meaning[text].reason for text in texts]
    return Answers(codes=codes, reasons=reasons)


def _decode_column(
    raw: RawTable,
    column: str,
    texts: Sequence[str],
    item: Item,
    answers: Mapping[str, int],
    missing: Mapping[str, str],
    findings: Findings,
) -> dict[str, _Decoded]:
    """Say what every different text of a column means, and report those that mean nothing."""
    index = raw.header.index(column)
    info = raw.columns[index] if raw.columns else ColumnInfo(name=column, header=column)
    labels = {option.code: tuple(filter(None, option.label.values())) for option in item.responses.options}
    book = {} if answers else _code_book(raw, info, item, labels, findings)
    declared = {plain(text): code for text, code in answers.items()}
    reasons = {plain(text): reason for text, reason in missing.items()}
    ordinals = info.holds == "ordinal" and not answers and not book
    if ordinals:
        findings.add(
            "places_not_codes",
            "the numbers are the places of the options, which need not be the codes of the form. | Put the export "
            "with the texts beside it (companions: {labels: …}), or declare what each number means under answers.",
            file=raw.file,
            column=column,
        )
    meaning: dict[str, _Decoded] = {}
    for text in dict.fromkeys(texts):
        meaning[text] = _decode(text, item, answers, declared, reasons, book, labels, ordinals=ordinals)
    for text, row in zip(texts, raw.rows, strict=True):
        decoded = meaning[text]
        if decoded.reason == OUTSIDE and not ordinals:
            findings.add(
                "outside_response_set",
                f"not one of the answers of {item.id!r}. | Look at the form; then declare the cell invalid or "
                f"correct it in corrections.yaml (set), or add the text under answers.",
                file=raw.file,
                row=row,
                column=column,
            )
        elif decoded.how in NOTES:
            findings.add("normalised", NOTES[decoded.how], severity="note", file=raw.file, row=row, column=column)
    return {
        text: _Decoded(reason="invalid") if decoded.reason == OUTSIDE else decoded for text, decoded in meaning.items()
    }


NOTES = {
    "width": "full-width or decorated characters were read as plain ones",
    "prefix": "the label was found behind its number or letter",
    "script": "the label was found in the other Chinese script",
}


def _decode(
    text: str,
    item: Item,
    answers: Mapping[str, int],
    declared: Mapping[str, int],
    reasons: Mapping[str, str],
    book: Mapping[str, int],
    labels: Mapping[int, tuple[str, ...]],
    *,
    ordinals: bool,
) -> _Decoded:
    if text in REASONS:
        return _Decoded(reason=REASONS[text])
    bare = plain(text)
    if bare in reasons:
        return _Decoded(reason=reasons[bare])
    if not bare:
        return _Decoded(reason="blank")
    width = "exact" if bare == text.strip() else "width"
    allowed = set(item.responses.codes)
    if answers:
        code = answers.get(text.strip(), declared.get(bare))
        if code is not None and code in allowed:
            return _Decoded(code, how="exact" if text.strip() in answers else width)
        return _Decoded(reason=OUTSIDE)
    if bare in book:
        return _Decoded(book[bare], how=width)
    if ordinals:
        return _Decoded(reason=OUTSIDE)
    if not book and bare in {str(code) for code in allowed}:
        return _Decoded(int(bare), how=width)
    match = match_label(text, labels)
    return _Decoded(reason=OUTSIDE) if match.code is None else _Decoded(match.code, how=match.how)


def _code_book(
    raw: RawTable, info: ColumnInfo, item: Item, labels: Mapping[int, tuple[str, ...]], findings: Findings
) -> dict[str, int]:
    """Find the code of the form behind every cell that the file's own code book explains; empty where it has none.

    Either all labels of the book are labels of the form, each of another code, or none is: then the book is of other
    words, and codes are taken as they stand only if they are the form's own.
    """
    if not info.choices:
        return {}
    found = match_labels(info.choices.values(), labels)
    codes = {plain(cell): found[label].code for cell, label in info.choices.items()}
    matched = {cell: code for cell, code in codes.items() if code is not None}
    if len(matched) == len(info.choices) and len(set(matched.values())) == len(matched):
        return matched
    what = ""
    if matched:
        what = (
            f"of the {len(info.choices)} answers of the file's code book {len(matched)} are labels of {item.id!r}. | "
            "Is it the right question? Then declare what each means under answers."
        )
    elif info.holds == "code" and {plain(cell) for cell in info.choices} <= {str(code) for code in labels}:
        findings.add(
            "labels_not_compared",
            f"the file's code book words the answers of {item.id!r} in other words; its codes were taken as they are.",
            severity="warning",
            file=raw.file,
            column=info.name,
        )
    elif info.holds in ("code", "ordinal"):
        what = (
            f"the file's code book has other codes and other words than {item.id!r}. | Declare what each means under "
            "answers."
        )
    if what:
        findings.add("code_book_differs", what, file=raw.file, column=info.name)
    return {}


def compare_totals(raw: RawTable, instrument: Instrument, answers: Answers, source: Source, findings: Findings) -> None:
    """Compare the platform's own totals with ours; a difference is reported, ours is used."""
    for column, target in source.totals.items():
        name, _, scale = target.partition(".")
        if name != instrument.id:
            continue
        ours = score_instrument(instrument, _scored(answers.codes, instrument)).scales[scale].score
        for i, text in enumerate(raw.column(column)):
            try:
                same = not text or np.isnan(ours[i]) or abs(float(text) - ours[i]) < 1e-9
            except ValueError:
                same = False
            if not same:
                findings.add(
                    "total_differs",
                    f"the file's total is not the score of {target!r}. | "
                    "Check coding and reversed items; ours is used.",
                    severity="warning",
                    file=raw.file,
                    row=raw.rows[i],
                    column=column,
                )


def _scored(values: np.ndarray, instrument: Instrument) -> np.ndarray:
    """Leave out the codes that are on the form but do not count as an answer."""
    items = instrument.items.values()
    counts = [np.isin(codes, item.responses.scored_codes) for codes, item in zip(values.T, items, strict=True)]
    return np.where(np.column_stack(counts), values, np.nan)
