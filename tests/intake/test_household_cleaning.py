"""The cleaning log of a real household survey, applied as corrections, gives its published clean data."""

from __future__ import annotations

import csv
import io
import lzma
from collections import Counter

import pytest

from eval_tools.intake.corrections import apply_corrections, load_corrections
from eval_tools.intake.exports.form_columns import as_r_names
from eval_tools.intake.exports.kobo import READER
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import REASONS
from survey_exports import DATA, opened

LOG = """
schema_version: "1.0"
cleaning_logs:
  - id: field-log
    file: kobo_raw_data.csv
    log: cleaning_log.csv
    key: {log: X_uuid, file: _uuid}
    columns: {question: questions, change: change_type, old: old_value, new: new_value, issue: issue}
    old_not_recorded: true
    expect: {lines: 106}
    reason: The log the field team kept while it cleaned the data
    status: accepted
"""


@pytest.fixture(scope="module")
def received():
    findings = Findings()
    raw = READER.read(opened("kobo_household/kobo_raw_data.csv.xz", form="kobo_household/xlsform.xlsx"), findings)
    return raw, findings.table()


@pytest.fixture(scope="module")
def corrected(received, tmp_path_factory):
    folder = tmp_path_factory.mktemp("household")
    (folder / "corrections.yaml").write_text(LOG, encoding="utf-8")
    (folder / "cleaning_log.csv").write_bytes(
        lzma.decompress((DATA / "kobo_household/cleaning_log.csv.xz").read_bytes())
    )
    findings = Findings()
    corrections = load_corrections(folder / "corrections.yaml", root=folder)
    return apply_corrections(received[0], corrections, findings), findings.table()


def published():
    text = lzma.decompress((DATA / "kobo_household/kobo_clean_data.csv.xz").read_bytes()).decode("utf-8-sig")
    header, *records = csv.reader(io.StringIO(text, newline=""))
    return {record[header.index("X_uuid")]: dict(zip(header, record, strict=True)) for record in records}


def test_the_raw_export_reads_to_its_counts(received):
    raw, issues = received
    assert (len(raw.cells), len(raw.header)) == (632, 348)
    kinds = Counter(info.kind for info in raw.columns)
    assert (kinds["choices"], kinds["choice"]) == (19, 188)
    answers = [record[raw.header.index("consent_telephone_number")] for record in raw.cells]
    assert (answers.count("yes"), answers.count("no")) == (573, 59)
    assert not (issues["severity"] == "error").any()


def test_its_names_are_those_of_the_form_and_its_headers_those_of_the_file(received):
    raw, _ = received
    by_name = {info.name: info for info in raw.columns}
    assert by_name["water_sources/piped"].header == "water_sources.piped"
    assert by_name["start"].header == "start"
    assert by_name["_uuid"].header == "X_uuid"


def test_nearly_every_empty_cell_is_explained_by_the_rules_of_the_form(received):
    raw, _ = received
    empty = Counter(name for record in raw.cells for name, cell in zip(raw.header, record, strict=True) if cell == "")
    assert dict(empty) == {"deviceid": 632, "spend_piped": 437, "water_source_cook": 1}


def test_the_log_removes_54_interviews_and_makes_48_changes(corrected):
    table, issues = corrected
    assert len(table.cells) == 578
    done = Counter(detail.split(" by ")[0] for detail in issues.loc[issues["rule"] == "corrected", "detail"])
    assert done == {
        "row left out": 54,
        "answer replaced": 46,  # of 48 lines two say again what others say
        "cell declared blank": 3,
        "cell kept in step": 4,
    }
    assert issues.loc[issues["rule"] == "log_lines_repeated", "count"].item() == 3  # the third is a removal
    assert not (issues["severity"] == "error").any()


def test_the_result_is_the_published_clean_data_cell_by_cell(corrected):
    table, _ = corrected
    clean = published()
    assert {record[table.header.index("_uuid")] for record in table.cells} == set(clean)
    headers = [info.header for info in table.columns]
    first = next(header for header in next(iter(clean.values())) if header.endswith("FEFF.start"))
    unlike: Counter[tuple[str, str, str]] = Counter()
    compared = 0
    for record in table.cells:
        theirs = clean[record[table.header.index("_uuid")]]
        for header, info, cell in zip(headers, table.columns, record, strict=True):
            mine = "" if cell in REASONS else cell
            other = theirs[first if header == "start" else header]
            if info.kind == "choice":
                other = {"True": "1", "False": "0"}.get(other, other)
            compared += 1
            if mine != other and not _same_number(mine, other):
                unlike[info.name, mine, other] += 1
    assert compared == 578 * 348
    assert unlike == {
        ("water_sources", "piped borehole", "piped"): 2,
        ("treat_drink_water_how", "", "filter"): 1,
        ("treat_drink_water_how", "", "expose_sunlight"): 1,
        ("spend_tap", "0", "False"): 8,
    }


def _same_number(mine: str, other: str) -> bool:
    """500000.0 and 500000 are one amount of money."""
    return mine.endswith(".0") and mine.removesuffix(".0") == other


def test_the_published_joined_cells_that_differ_contradict_their_own_options():
    unlike = [
        record
        for record in published().values()
        if record["water_sources.borehole"] == "True" and "borehole" not in record["water_sources"].split()
    ]
    assert len(unlike) == 2


def test_r_spells_names_as_expected():
    assert [as_r_names(name) for name in ("_uuid", "a/b", "2nd", ".x", "ü-1")] == ["X_uuid", "a.b", "X2nd", ".x", "ü.1"]
