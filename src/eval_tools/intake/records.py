"""Which rows of a file are records of a source: those it names, without rows that were opened and never answered."""

from __future__ import annotations

from collections.abc import Sequence

from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import INVALID, REASONS, RawTable, plain
from eval_tools.privacy.pseudonyms import normalise_id
from eval_tools.studies.study import Source


def records_of(raw: RawTable, source: Source, answers: Sequence[str], findings: Findings) -> RawTable:
    """Keep the rows that are forms of a source.

    Parameters
    ----------
    raw : RawTable
    source : Source
        ``rows`` names a column and its texts, where other rows of the file are something else.
    answers : sequence of str
        The columns with answers.
    findings : Findings
        Rows left out are counted. It is an error if no row is of the source, and a warning if a text stands nowhere.
    """
    return _without_unanswered(_named_rows(raw, source, findings), source, answers, findings)


def _named_rows(raw: RawTable, source: Source, findings: Findings) -> RawTable:
    if source.rows is None or not raw.cells:
        return raw
    column = source.rows.column
    texts = raw.column(column)
    wanted = {plain(text) for text in source.rows.equals}
    keep = [text in wanted for text in texts]
    absent = len(wanted - set(texts))
    if not any(keep):
        findings.add(
            "rows_none",
            "no row has one of the texts under rows: equals. | Compare them with the cells of the column; "
            '"" is the empty cell.',
            file=raw.file,
            column=column,
        )
    elif absent:
        findings.add(
            "rows_text_absent",
            f"{absent} of the texts under rows: equals stand in no row. | Right if these forms are still to come.",
            severity="warning",
            file=raw.file,
            column=column,
            count=absent,
        )
    if any(keep) and not all(keep):
        findings.add(
            "rows_of_others",
            f"{len(keep) - sum(keep)} of {len(keep)} rows are not of this source (rows: equals)",
            severity="note",
            file=raw.file,
            column=column,
            count=len(keep) - sum(keep),
        )
    return raw.keep(keep)


def _without_unanswered(raw: RawTable, source: Source, answers: Sequence[str], findings: Findings) -> RawTable:
    """Leave out the rows without an id and without an answer: somebody opened the form and went away."""
    ids = raw.column(source.columns["participant"])
    places = [raw.header.index(name) for name in answers]
    blank = {"", *(plain(text) for text, reason in source.missing.items() if reason != REASONS[INVALID])}
    opened = [
        not normalise_id(who) and all(_is_unanswered(record[j], blank) for j in places)
        for who, record in zip(ids, raw.cells, strict=True)
    ]
    if not any(opened):
        return raw
    findings.add(
        "never_answered",
        f"{sum(opened)} rows have neither an id nor an answer; they are no forms",
        severity="note",
        file=raw.file,
        count=sum(opened),
    )
    return raw.keep([not each for each in opened])


def _is_unanswered(cell: str, blank: set[str]) -> bool:
    """Say whether nothing was answered here; to refuse is to answer."""
    return (cell in REASONS and cell != INVALID) or plain(cell) in blank
