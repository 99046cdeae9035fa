"""The header rows of a Qualtrics export: a name, the words, and the id of every field."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from eval_tools.intake.columns import ColumnInfo, Kind, unique_names
from eval_tools.intake.raw_table import plain

LEGACY = tuple(f"V{n}" for n in range(1, 11))
_LEGACY_WORDS = {  # row 2 of older exports
    "responseid": "_recordid",
    "responseset": "responseset",
    "name": "recipientlastname",
    "externaldatareference": "externaldatareference",
    "email": "recipientemail",
    "emailaddress": "recipientemail",
    "ipaddress": "ipaddress",
    "status": "status",
    "startdate": "startdate",
    "enddate": "enddate",
    "finished": "finished",
}
SYSTEM = (
    "startdate", "enddate", "status", "progress", "duration", "finished", "recordeddate", "_recordid", "responseset",
    "distributionchannel", "userlanguage",
)  # fmt: skip
IDENTIFYING = (
    "ipaddress", "recipientlastname", "recipientfirstname", "recipientemail", "externaldatareference",
    "locationlatitude", "locationlongitude",
)  # fmt: skip
_DERIVED = re.compile(r"_[0-9a-f]{16,}[A-Z]\w*$")  # topics and sentiments the platform finds in free text
_QUESTION = re.compile(r"(QID\d+)(?:[_#-].*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column: name and words as they stand, id and time zone as the third row tells."""

    tag: str
    words: str
    import_id: str = ""
    choice: str = ""
    zone: str = ""
    system: str = ""  # the platform's own field, in lower case

    @property
    def question(self) -> str:
        """The id of the question, without its parts."""
        found = _QUESTION.fullmatch(self.import_id)
        return found.group(1) if found else self.import_id

    @property
    def is_text(self) -> bool:
        """Whether it holds what somebody wrote beside an option."""
        return self.import_id.endswith("_TEXT") or (self.choice.endswith("_TEXT"))

    @property
    def is_option(self) -> bool:
        """Whether the third row says that it is one option of a question."""
        return bool(self.choice) and not self.is_text and not self.system

    @property
    def ticks(self) -> tuple[str, ...]:
        """What a cell holds where the option was chosen: 1, its id, or its words, which end those of the column."""
        last = plain(self.words).rpartition(" - ")[2]
        return tuple({"1", self.choice, last, self.words.strip().rpartition(" - ")[2]} - {"", "0"})


def has_import_ids(cells: Sequence[Sequence[str]]) -> bool:
    """Tell whether row 3 holds import ids."""
    return len(cells) >= 3 and any(_import_id(cell) is not None for cell in cells[2])


def is_legacy(cells: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first columns are those of an older export with two header rows."""
    if len(cells) < 2 or tuple(cell.strip().lstrip("\ufeff") for cell in cells[0][:10]) != LEGACY:
        return False
    return [cell.strip().casefold() for cell in cells[1][:2]] == ["responseid", "responseset"]


def parse_fields(cells: Sequence[Sequence[str]], width: int) -> list[Field] | None:
    """Read the header rows; None if row 3 holds import ids and, in a named column, something else."""

    def at(row: int, j: int) -> str:
        return cells[row][j].strip().lstrip("\ufeff") if j < len(cells[row]) else ""

    three = has_import_ids(cells)
    fields = []
    for j in range(width):
        tag, words = at(0, j), at(1, j)
        told = _import_id(at(2, j)) if three else {}
        if told is None:
            if tag or at(2, j):
                return None
            told = {}
        import_id = str(told.get("ImportId", ""))
        own = import_id.casefold() if three else _LEGACY_WORDS.get(words.casefold(), "") if j < len(LEGACY) else ""
        fields.append(
            Field(
                tag=tag,
                words=words,
                import_id=import_id,
                choice=str(told.get("choiceId", "")),
                zone=str(told.get("timeZone", "")),
                system=own if own in (*SYSTEM, *IDENTIFYING) else "",
            )
        )
    return fields


def _import_id(cell: str) -> dict[str, object] | None:
    text = cell.strip()
    if not text.startswith("{") or "ImportId" not in text[:10_000] or len(text) > 10_000:
        return None
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) and isinstance(told.get("ImportId"), str) else None


def name_fields(fields: Sequence[Field]) -> list[str]:
    """Name the columns: by row 1 where the name stands there once, else by id and choice."""
    tags = Counter(each.tag for each in fields)
    wanted = []
    for each in fields:
        by_id = "_".join(part for part in (each.import_id, each.choice) if part)
        wanted.append(each.tag if tags[each.tag] == 1 or not by_id else by_id)
    return unique_names(wanted)


def columns_of(fields: Sequence[Field], names: Sequence[str]) -> list[ColumnInfo]:
    """Say what each column is."""
    columns = []
    for each, name in zip(fields, names, strict=True):
        kind: Kind = "answer"
        if _DERIVED.search(each.import_id):
            kind = "system"
        elif each.system:
            kind = "identifying" if each.system in IDENTIFYING else "system"
        elif each.is_text and each.question + "_TEXT" != each.import_id:
            kind = "other"
        columns.append(
            ColumnInfo(
                name=name,
                header=each.tag,
                question="" if each.system else each.question or name,
                part=each.choice or each.import_id.removeprefix(each.question).lstrip("_#"),
                text=each.words,
                kind=kind,
            )
        )
    return columns
