"""REDCap's data dictionary: fields with their form, type, choices, branching logic; which of them identify."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eval_tools.intake.columns import Kind
from eval_tools.intake.exports.conditions import checkbox_name
from eval_tools.intake.files.sheet import Sheet
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.raw_table import plain

# The 18 columns of the web export, and as the API spells them.
COLUMNS = {
    "variable / field name": "field_name",
    "form name": "form_name",
    "section header": "section_header",
    "field type": "field_type",
    "field label": "field_label",
    "choices, calculations, or slider labels": "select_choices_or_calculations",
    "field note": "field_note",
    "text validation type or show slider number": "text_validation_type_or_show_slider_number",
    "text validation min": "text_validation_min",
    "text validation max": "text_validation_max",
    "identifier?": "identifier",
    "branching logic (show field only if...)": "branching_logic",
    "required field?": "required_field",
    "custom alignment": "custom_alignment",
    "question number (surveys only)": "question_number",
    "matrix group name": "matrix_group_name",
    "matrix ranking?": "matrix_ranking",
    "field annotation": "field_annotation",
}
NEEDED = ("field_name", "form_name", "field_type", "select_choices_or_calculations", "identifier", "branching_logic")
_IDENTIFYING_CHECKS = ("email", "phone", "signature", "zipcode", "postalcode")
_FIXED = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class RedcapField:
    """One field of a project; a checkbox fills one column for each of its choices."""

    name: str
    form: str
    type: str
    label: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)  # code -> label
    identifies: bool = False
    branching: str = ""

    @property
    def kind(self) -> Kind:
        """What kind of column it fills."""
        if self.identifies or self.type in ("file", "signature"):
            return "identifying"
        return "choice" if self.type == "checkbox" else "answer"

    def columns(self) -> dict[str, str]:
        """Map the names of its columns to the code each stands for; '' where it has only one."""
        if self.type == "checkbox":
            return {checkbox_name(self.name, code): code for code in self.choices}
        return {} if self.type == "descriptive" else {self.name: ""}


def is_dictionary(sheet: Sheet) -> bool:
    """Tell whether a sheet is a data dictionary."""
    return set(NEEDED) <= set(_header(sheet))


def _header(sheet: Sheet) -> list[str]:
    names = [plain(cell).lstrip("\ufeff").lower() for cell in sheet.first_row]
    return [COLUMNS.get(name, name) for name in names]


def parse_choices(text: str) -> dict[str, str]:
    """Read choices as the dictionary writes them; a label may hold commas.

    Examples
    --------
    >>> parse_choices("1, never, or hardly ever | 2, often")
    {'1': 'never, or hardly ever', '2': 'often'}
    """
    pairs = (part.partition(",") for part in re.split(r"\||\n", text) if part.strip())
    return {code.strip(): label.strip() for code, _, label in pairs}


def read_dictionary(sheets: Sequence[Sheet], *, file: str, findings: Findings) -> tuple[RedcapField, ...] | None:
    """Read a data dictionary, with human or API headers; None, with findings, if it is none or breaks its rules."""
    sheet = next((sheet for sheet in sheets if is_dictionary(sheet)), None)
    if sheet is None:
        findings.add(
            "dictionary_not_redcap",
            f"not a data dictionary: columns {', '.join(NEEDED)} are needed (or as the web export heads them). | "
            "Download it under Project Setup > Data Dictionary.",
            file=file,
        )
        return None
    header = _header(sheet)
    fields = []
    broken = []
    for row, cells in enumerate(sheet.cells[1:], start=2):
        record = {key: cell.strip() for key, cell in zip(header, cells, strict=False)}
        if not any(record.values()):
            continue
        if not record.get("field_name") or not record.get("form_name"):
            broken.append(row)
            continue
        fields.append(_field(record))
    if broken:
        findings.add(
            "dictionary_broken",
            f"rows {shorten(broken)} name no field or no form. | Download the dictionary again.",
            file=file,
            count=len(broken),
        )
    repeated = [name for name, n in Counter(f.name for f in fields).items() if n > 1]
    if repeated:
        findings.add(
            "dictionary_broken",
            f"fields that are there more than once: {', '.join(repeated[:8])}. | Download the dictionary again.",
            file=file,
            count=len(repeated),
        )
    return None if broken or repeated or not fields else tuple(fields)


def _field(record: Mapping[str, str]) -> RedcapField:
    kind = record.get("field_type", "").lower()
    check = record.get("text_validation_type_or_show_slider_number", "").lower()
    choices = _FIXED.get(kind, {})
    if kind in ("radio", "dropdown", "checkbox"):
        choices = parse_choices(record.get("select_choices_or_calculations", ""))
    return RedcapField(
        name=record["field_name"],
        form=record["form_name"],
        type=kind,
        label=record.get("field_label", ""),
        choices=choices,
        identifies=record.get("identifier", "").lower() in ("y", "yes", "1")
        or (kind in ("text", "file") and check.startswith(_IDENTIFYING_CHECKS)),
        branching=record.get("branching_logic", ""),
    )
