"""Repeated groups beside the main table: rows that name their parent, and what their parent answered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from eval_tools.intake.exports.form_answers import Answers
from eval_tools.intake.exports.form_columns import Dialect, plain_headers
from eval_tools.intake.exports.reader import Export
from eval_tools.intake.exports.survey_table import header_of, raw_table, sheet_answers, tell_answers
from eval_tools.intake.exports.xlsform import Form
from eval_tools.intake.files.sheet import Sheet
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.raw_table import REASONS, RawTable, plain


def given_by(answers: Answers, key: str) -> dict[str, Mapping[str, str]] | None:
    """Return the answers of each row, with its parents', by its key; None, with a finding, if keys are unclear."""
    place = key_place(answers, key)
    if place is None:
        return None
    keys = [plain(record[place]) for record in answers.cells]
    repeated = {each for each, n in Counter(keys).items() if n > 1}
    if repeated:
        rows = [row for row, each in zip(answers.rows, keys, strict=True) if each in repeated]
        answers.note(
            "key_repeated",
            f"rows {shorten(rows)} share their key, so that it is unclear whose the rows of the repeats are. | "
            "Download the export again; do not join files by hand.",
            column=key,
            count=len(rows),
            severity="error",
        )
        return None
    asked = [(i, c.question.name) for i, c in enumerate(answers.columns) if c.question and not c.choice]
    above = answers.parents or [{}] * len(keys)
    return {
        each: {**up, **{name: "" if record[i] in REASONS else plain(record[i]) for i, name in asked}}
        for each, up, record in zip(keys, above, answers.cells, strict=True)
    }


def key_place(answers: Answers, key: str) -> int | None:
    """Return the place of a key column; None, with a finding, if it is absent or there more than once."""
    place = next((i for i, c in enumerate(answers.columns) if c.info.name == key), None)
    if place is None:
        answers.note(
            "key_unclear",
            f"column {key!r} is absent or there more than once, so that it is unclear whose the rows of the repeats "
            "are. | Download the export again.",
            severity="error",
        )
    return place


def keep_children(answers: Answers, key: str, parents: Mapping[str, Mapping[str, str]]) -> bool:
    """Keep the rows of a repeat whose parent is there and remember its answers; report the others.

    Returns False, with a finding, if the column that names the parent is unclear.
    """
    place = key_place(answers, key)
    if place is None:
        return False
    there = [plain(record[place]) in parents for record in answers.cells]
    lost = [row for row, found in zip(answers.rows, there, strict=True) if not found]
    if lost:
        answers.note(
            "rows_left_out",
            f"{len(lost)} rows belong to no row of the main table that is kept; left out (rows {shorten(lost)}).",
            column=key,
            count=len(lost),
        )
    answers.cells = [record for record, found in zip(answers.cells, there, strict=True) if found]
    answers.rows = [row for row, found in zip(answers.rows, there, strict=True) if found]
    answers.parents = [parents[plain(record[place])] for record in answers.cells]
    return True


def report_repeated_submissions(answers: Answers, key: str) -> None:
    """Warn of submissions that are there more than once, as when two downloads were joined."""
    place = next((i for i, c in enumerate(answers.columns) if c.info.name == key), None)
    if place is None:
        return
    keys = [plain(record[place]) for record in answers.cells]
    total = Counter(keys)
    rows = [row for row, each in zip(answers.rows, keys, strict=True) if each and total[each] > 1]
    if rows:
        answers.note(
            "submission_repeated",
            f"rows {shorten(rows)} hold submissions that are there more than once. | Download the export again, or "
            "leave out all but one in corrections.yaml.",
            column=key,
            count=len(rows),
            severity="warning",
        )


def report_other_sheets(export: Export, read: Iterable[Sheet], findings: Findings) -> None:
    """Say which sheets were not read."""
    known = list(read)
    others = [sheet.name for sheet in export.sheets if not any(sheet is each for each in known) and sheet.cells]
    if others:
        findings.add(
            "sheets_not_read",
            f"{len(others)} sheets are neither submissions nor a repeat and were not read: {', '.join(others[:8])}.",
            severity="warning",
            file=export.received.file,
            count=len(others),
        )


def key_repeats(
    sheets: Mapping[str, Sheet],
    export: Export,
    main: Answers,
    all_keys: Iterable[str],
    form: Form | None,
    dialect: Dialect,
    findings: Findings,
) -> dict[str, RawTable] | None:
    """Read repeats whose rows name their parent by its KEY; None, with findings, if they belong to another export.

    ``sheets`` maps the names of repeats to their sheets, ``all_keys`` are those of the main table before any row
    was left out.
    """
    report_repeated_submissions(main, "KEY")
    if not sheets:
        return {}
    known, waiting, tables = set(all_keys), dict(sheets), {}
    parents = given_by(main, "KEY")
    if parents is None:
        return None
    while waiting:
        ready = next((name for name, sheet in waiting.items() if _column(sheet, "PARENT_KEY") <= known), "")
        if not ready:
            for name in waiting:
                findings.add(
                    "repeat_without_parent",
                    f"rows of repeat {name!r} name parents that the export does not hold. | "
                    "Download all files of the form at one time.",
                    file=main.file,
                )
            return None
        sheet = waiting.pop(ready)
        answers = sheet_answers(export, sheet, form, dialect, findings, repeat=ready)
        if answers is None:
            return None
        known |= _column(sheet, "KEY")
        if not keep_children(answers, "PARENT_KEY", parents):
            return None
        tell_answers(answers, form, version="")
        own = given_by(answers, "KEY") if waiting else {}
        if own is None:
            return None
        parents |= own
        tables[ready] = raw_table(answers, export.received)
    return tables


def _column(sheet: Sheet, name: str) -> set[str]:
    headers = plain_headers(sheet.first_row)
    if name not in headers:
        return set()
    place = headers.index(name)
    return {plain(record[place]) for record in sheet.cells[1:] if place < len(record)} - {""}


def repeat_sheets(export: Export, main: Sheet, form: Form | None) -> dict[str, Sheet]:
    """Find the sheets of repeats in the export and among its companions (roles that begin with ``repeat``)."""
    named = [(sheet.name, sheet) for sheet in export.sheets if sheet is not main]
    for role, companion in export.companions.items():
        if role.startswith("repeat"):
            named += [(sheet.name or companion.received.path.stem, sheet) for sheet in companion.sheets]
    found = {}
    for name, sheet in named:
        if "PARENT_KEY" in plain_headers(sheet.first_row):
            meant = (
                [repeat for repeat in form.repeats if re.fullmatch(rf"(.*\W)?{re.escape(repeat)}", name)]
                if form
                else []
            )
            found[max(meant, key=len) if meant else name] = sheet
    return found


def keys_of(sheet: Sheet) -> set[str]:
    """Return the values of column KEY."""
    return _column(sheet, "KEY")


def refuse_repeat_file(export: Export, sheet: Sheet, findings: Findings) -> bool:
    """Report the file of a repeat that was given as the main file."""
    if "PARENT_KEY" not in plain_headers(header_of(export, sheet)):
        return False
    findings.add(
        "repeat_as_main",
        "the file holds the rows of a repeated group (PARENT_KEY). | Name the main file of the form as file, and this "
        "one as repeats.",
        file=export.received.file,
    )
    return True
