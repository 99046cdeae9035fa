"""SPSS .sav: variables with labels, values declared missing, and sets of options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.exports.grid import Records, as_raw_table
from eval_tools.intake.exports.reader import Export, Reader
from eval_tools.intake.files.spss_file import MultipleResponse, SavFile, read_sav
from eval_tools.intake.findings import Findings, shorten
from eval_tools.intake.raw_table import INVALID, RawTable, plain

_STARTS = (b"$FL2", b"$FL3")


def recognise(export: Export) -> str:
    """Say that the file begins as SPSS files do; '' otherwise."""
    return "it begins as an SPSS file does" if export.received.content.startswith(_STARTS) else ""


def read(export: Export, findings: Findings) -> RawTable | None:
    """Read every case; rows are the numbers of the cases, as SPSS shows them.

    Values declared as missing are INVALID, system-missing cells blank. A variable with value labels holds codes. The
    variables of a set whose options are counted by one value are 1 and 0; a blank one is 0 only where something else
    of the set is chosen and no variable of the set ever says no in another way.
    """
    file = export.received.file
    sav = read_sav(export.received, encoding=export.encoding, findings=findings)
    if sav is None:
        return None
    if not sav.names:
        findings.add("file_empty", "the file has no variables. | Save it again.", file=file)
        return None
    cells = [
        [INVALID if sav.is_missing(n, c) else c for c in each] for n, each in zip(sav.names, sav.columns, strict=True)
    ]
    n_invalid = sum(cell == INVALID for column in cells for cell in column)
    if n_invalid:
        findings.add(
            "user_missing",
            f"{n_invalid} cells hold a value declared as missing in the file; they count as refused or invalid",
            severity="note",
            file=file,
            count=n_invalid,
        )
    sets = _sets(sav)
    columns = [_column(sav, j, sets.get(name)) for j, name in enumerate(sav.names)]
    for each in sav.multiple_responses:
        if each.counted:
            _expand_options([j for j, name in enumerate(sav.names) if sets.get(name) is each], each.counted, cells)
    _tell_labels(columns, file, findings)
    if not sav.n_cases:
        findings.add(
            "no_rows",
            "the file holds variables and not a single case. | Save it again; right only if nobody answered.",
            severity="warning",
            file=file,
        )
    records = Records(tuple(range(1, sav.n_cases + 1)), tuple(zip(*cells, strict=True)))
    return as_raw_table(export, columns, records)


READER = Reader(name="spss", title="SPSS", recognise=recognise, read=read)


def _sets(sav: SavFile) -> dict[str, MultipleResponse]:
    """Return for each variable the first set it belongs to."""
    found: dict[str, MultipleResponse] = {}
    for each in sav.multiple_responses:
        for name in each.variables:
            found.setdefault(name, each)
    return found


def _column(sav: SavFile, j: int, of_set: MultipleResponse | None) -> ColumnInfo:
    name = sav.names[j]
    counted = of_set is not None and of_set.counted != ""
    labels = {code: text for code, text in sav.value_labels.get(name, {}).items() if not sav.is_missing(name, code)}
    choices: Mapping[str, str] = {} if counted else labels
    return ColumnInfo(
        name=name,
        header=name,
        question=name if of_set is None else of_set.name,
        part="" if of_set is None else name,
        text=sav.labels[j],
        kind="choice" if counted else "answer",
        holds="code" if labels or counted else "text",
        choices=choices,
    )


def _expand_options(places: Sequence[int], counted: str, cells: list[list[str]]) -> None:
    """Write the variables of a set as 1 and 0."""
    said = {cell for j in places for cell in cells[j]} - {"", INVALID}
    only_yes = said <= {counted}
    n_cases = len(cells[places[0]]) if places else 0
    for i in range(n_cases):
        chosen = any(cells[j][i] == counted for j in places)
        for j in places:
            cell = cells[j][i]
            if cell == "":
                cells[j][i] = "0" if chosen and only_yes else ""
            elif cell != INVALID:
                cells[j][i] = "1" if cell == counted else "0"


def _tell_labels(columns: Sequence[ColumnInfo], file: str, findings: Findings) -> None:
    """Tell of scales whose labels are the same words in another spelling (never, Never)."""
    spellings: dict[tuple[tuple[str, str], ...], dict[tuple[str, ...], list[int]]] = {}
    for position, column in enumerate(columns, start=1):
        if len(column.choices) > 1:
            same = tuple(sorted((code, plain(text).casefold()) for code, text in column.choices.items()))
            written = tuple(text for _, text in sorted(column.choices.items()))
            spellings.setdefault(same, {}).setdefault(written, []).append(position)
    for groups in spellings.values():
        if len(groups) > 1:
            places = [each for group in groups.values() for each in group]
            findings.add(
                "labels_spelled_differently",
                f"variables {shorten(places)} (in the order of the file) share codes and labels but for spelling; "
                "codes count",
                severity="note",
                file=file,
                column=columns[places[0] - 1].name,
                count=len(places),
            )
