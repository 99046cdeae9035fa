"""SurveyCTO: the wide CSV, in which each turn of a repeat has columns of its own, and the long one with its files."""

from __future__ import annotations

import re

from eval_tools.intake.columns import ColumnInfo, Kind
from eval_tools.intake.exports.form_answers import Answers
from eval_tools.intake.exports.form_columns import Dialect, FormColumn, name_columns, plain_headers
from eval_tools.intake.exports.reader import Export, Reader
from eval_tools.intake.exports.repeats import (
    given_by,
    keep_children,
    key_place,
    key_repeats,
    keys_of,
    refuse_repeat_file,
    repeat_sheets,
    report_other_sheets,
)
from eval_tools.intake.exports.survey_table import (
    companion_form,
    header_of,
    leave_out,
    main_sheet,
    raw_table,
    sheet_answers,
    tell_answers,
)
from eval_tools.intake.exports.xlsform import Form
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import RawTable

_OWN: dict[str, Kind] = {
    "SubmissionDate": "system",
    "CompletionDate": "system",
    "starttime": "system",
    "endtime": "system",
    "duration": "system",
    "caseid": "system",
    "deviceid": "identifying",
    "subscriberid": "identifying",
    "simid": "identifying",
    "devicephonenum": "identifying",
    "username": "identifying",
    "instanceID": "system",
    "instanceName": "identifying",  # often made of names
    "formdef_version": "system",
    "KEY": "system",
    "PARENT_KEY": "system",
    "review_status": "system",
    "review_quality": "system",
    "review_comments": "identifying",  # free text of the staff
    "review_corrections": "identifying",  # old and new answers as text
}


def _spell(code: str) -> str:
    """Spell a code as a part of a column name: what is no letter or digit becomes an underscore."""
    return re.sub(r"\W", "_", code)


DIALECT = Dialect(
    system=_OWN,
    group_signs=("/", "-"),
    choice_signs=("_",),
    spell_choice=_spell,
    own_prefixes=("SETOF", "SET-OF-"),
    wide_repeats=True,
)
EVIDENCE = ("SubmissionDate", "formdef_version", "KEY")


def recognise(export: Export) -> str:
    """Tell what speaks for SurveyCTO."""
    for sheet in export.sheets:
        if set(EVIDENCE) <= set(plain_headers(header_of(export, sheet))):
            return f"columns {', '.join(EVIDENCE)}"
    return ""


def read(export: Export, findings: Findings) -> RawTable | None:
    """Read the submissions, without those that were rejected; repeats become tables whichever way they come."""
    form, usable = companion_form(export, findings)
    sheet = main_sheet(export, EVIDENCE, findings)
    if sheet is None or refuse_repeat_file(export, sheet, findings) or not usable:
        return None
    main = sheet_answers(export, sheet, form, DIALECT, findings)
    if main is None:
        return None
    leave_out(main, "review_status", ("rejected",), "rejected")
    turns = _take_turns(main, form) if form is not None else {}
    if turns is None:
        return None
    tell_answers(main, form, version="formdef_version")
    beside = repeat_sheets(export, sheet, form)
    repeats = key_repeats(beside, export, main, keys_of(sheet), form, DIALECT, findings)
    if repeats is None:
        return None
    report_other_sheets(export, [sheet, *beside.values()], findings)
    parents = given_by(main, "KEY") if turns else {}
    for name, answers in turns.items():
        if parents is None or not keep_children(answers, "PARENT_KEY", parents):
            return None
        tell_answers(answers, form, version="")
        repeats[name] = raw_table(answers, export.received)
    return raw_table(main, export.received, repeats)


def _take_turns(main: Answers, form: Form) -> dict[str, Answers] | None:
    """Move the columns of repeats out of the main table: a row for each turn that holds anything; None without KEY."""
    repeat_of = {q.name: q.repeat for q in form.questions if q.repeat}
    mine = [
        i for i, c in enumerate(main.columns) if c.question is None and c.info.part and c.info.question in repeat_of
    ]
    key = key_place(main, "KEY") if mine else 0
    if key is None:
        return None
    tables = {}
    for repeat in dict.fromkeys(repeat_of[main.columns[i].info.question] for i in mine):
        places = [i for i in mine if repeat_of[main.columns[i].info.question] == repeat]
        turns = list(dict.fromkeys(main.columns[i].info.part for i in places))
        names = list(dict.fromkeys(main.columns[i].info.question for i in places))
        at = {(main.columns[i].info.question, main.columns[i].info.part): i for i in places}
        cells, rows = [], []
        for record, row in zip(main.cells, main.rows, strict=True):
            for turn in turns:
                held = [record[at[name, turn]] if (name, turn) in at else "" for name in names]
                if any(cell.strip() for cell in held):
                    cells.append([*held, record[key], turn])
                    rows.append(row)
        file = f"{main.file}, {repeat}"
        columns = name_columns(names, cells, form, DIALECT, repeat=repeat, file=file, findings=main.findings)
        columns += [_own("PARENT_KEY"), _own("_turn")]
        tables[repeat] = Answers(
            file=file, columns=columns, cells=cells, rows=rows, findings=main.findings, repeat=repeat
        )
    moved = set(mine)
    main.columns = [c for i, c in enumerate(main.columns) if i not in moved]
    main.cells = [[cell for i, cell in enumerate(record) if i not in moved] for record in main.cells]
    return tables


def _own(name: str) -> FormColumn:
    return FormColumn(info=ColumnInfo(name=name, header=name, kind="system"))


READER = Reader(name="surveycto", title="SurveyCTO", recognise=recognise, read=read, companions=("form", "repeats"))
