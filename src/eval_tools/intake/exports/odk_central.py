"""ODK Central: the CSV of submissions, with the CSV of each repeat beside it."""

from __future__ import annotations

from eval_tools.intake.columns import Kind
from eval_tools.intake.exports.form_columns import Dialect, plain_headers
from eval_tools.intake.exports.reader import Export, Reader
from eval_tools.intake.exports.repeats import (
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
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import RawTable

_OWN: dict[str, Kind] = {
    "SubmissionDate": "system",
    "meta-instanceID": "system",
    "instanceID": "system",
    "meta-instanceName": "identifying",  # often made of names
    "instanceName": "identifying",
    "meta-audit": "identifying",
    "KEY": "system",
    "PARENT_KEY": "system",
    "SubmitterID": "identifying",
    "SubmitterName": "identifying",
    "AttachmentsPresent": "system",
    "AttachmentsExpected": "system",
    "Status": "system",
    "ReviewState": "system",
    "DeviceID": "identifying",
    "Edits": "system",
    "FormVersion": "system",
    "start": "system",
    "end": "system",
    "today": "system",
    "deviceid": "identifying",
    "phonenumber": "identifying",
    "username": "identifying",
    "email": "identifying",
}
DIALECT = Dialect(system=_OWN, group_signs=("-", "/"), choice_signs=("/",), own_prefixes=("SET-OF-", "meta-"))
EVIDENCE = ("SubmissionDate", "KEY", "SubmitterID")


def recognise(export: Export) -> str:
    """Tell what speaks for ODK Central."""
    for sheet in export.sheets:
        if set(EVIDENCE) <= set(plain_headers(header_of(export, sheet))):
            return f"columns {', '.join(EVIDENCE)}"
    return ""


def read(export: Export, findings: Findings) -> RawTable | None:
    """Read the submissions, without those that were rejected, and the repeats beside them."""
    form, usable = companion_form(export, findings)
    sheet = main_sheet(export, EVIDENCE, findings)
    if sheet is None or refuse_repeat_file(export, sheet, findings) or not usable:
        return None
    main = sheet_answers(export, sheet, form, DIALECT, findings)
    if main is None:
        return None
    leave_out(main, "ReviewState", ("rejected",), "rejected")
    tell_answers(main, form, version="FormVersion")
    beside = repeat_sheets(export, sheet, form)
    report_other_sheets(export, [sheet, *beside.values()], findings)
    repeats = key_repeats(beside, export, main, keys_of(sheet), form, DIALECT, findings)
    return None if repeats is None else raw_table(main, export.received, repeats)


READER = Reader(name="odk-central", title="ODK Central", recognise=recognise, read=read, companions=("form", "repeats"))
