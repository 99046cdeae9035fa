"""Mutated exports end in findings or in a table, never in an exception; the seed is fixed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eval_tools.intake.corrections import apply_corrections
from eval_tools.intake.exports import kobo, odk_central, redcap, surveycto
from eval_tools.intake.exports.reader import Companion, Export
from eval_tools.intake.files.sheet import ReceivedFile, Sheet
from eval_tools.intake.findings import Findings
from survey_exports import DATA, invented, opened, received, sheets_of, table

SEED = 20261124
N = 100
ODD = (
    "",
    " ",
    "\n",
    "0",
    "1",
    "-1",
    "1e999",
    "yes",
    "_uuid",
    "_id",
    "KEY",
    "PARENT_KEY",
    "_index",
    "_parent_index",
    "__version__",
    "redcap_repeat_instrument",
    "a/b/c",
    "lives_with/grand",
    "爷爷奶奶/外公外婆",
    "X_uuid",
    "=1+1",
    "#adm1",
    "\ufeffstart",
    "１２",
    "\u202e",
    "begin group",
    "end repeat",
    "select_multiple who",
    "${a} = ",
    "(" * 300,
    "1, a | 2",
    "selected(${lives_with}, 'other')",
    "x" * 5_000,
    "other " * 500,
)
CTO_FORM = (
    table(
        "type|name|relevant",
        "select_multiple who|with|",
        "begin repeat|r|",
        "integer|age|${with} = '1'",
        "end repeat||",
        name="survey",
    ),
    table("list_name|name|label", "who|1|One", "who|-9|None", name="choices"),
)
CTO = invented(
    table("SubmissionDate|with|with_1|with__9|age_1|age_2|formdef_version|KEY", "t|1|1|0|4|5|1|a", "t|||||6|2|b"),
    table("age|PARENT_KEY|KEY", "7|a|c", "8|b|d", name="r"),
    form=CTO_FORM,
)
ODK = invented(
    table(
        "SubmissionDate|g-with|g-with/1|age|SubmitterID|ReviewState|FormVersion|KEY",
        "t|1|1|4|7||1|a",
        "t|||5|7|rejected|2|b",
    ),
    table("age|PARENT_KEY|KEY", "7|a|c", "8|b|d", name="r"),
    form=CTO_FORM,
)
READERS = {
    "kobo csv": (kobo.READER, lambda: opened("kobo/child_term1.csv", form="kobo/child_term1_form.xlsx")),
    "kobo labels": (kobo.READER, lambda: opened("kobo/child_term1_labels.csv", form="kobo/child_term1_form.xlsx")),
    "kobo xlsx": (kobo.READER, lambda: opened("kobo/child_term1.xlsx", form="kobo/child_term1_form.xlsx")),
    "odk-central": (odk_central.READER, lambda: ODK),
    "surveycto": (surveycto.READER, lambda: CTO),
    "redcap": (
        redcap.READER,
        lambda: opened("redcap/longitudinal/data.csv", dictionary="redcap/longitudinal/dictionary.csv"),
    ),
    "redcap repeats": (
        redcap.READER,
        lambda: opened(
            "redcap/repeating-instruments/data.csv", dictionary="redcap/repeating-instruments/dictionary.csv"
        ),
    ),
}


def mutated(sheet: Sheet, rng: np.random.Generator) -> Sheet:
    """Change a few cells, rows or columns; headers more often than the rest."""
    cells = [list(row) for row in sheet.cells]
    for _ in range(rng.integers(1, 6)):
        if not cells:
            break
        row = 0 if rng.random() < 0.4 else int(rng.integers(len(cells)))
        place = int(rng.integers(len(cells[row]))) if cells[row] else 0
        match int(rng.integers(8)):
            case 0 | 1 | 2 if cells[row]:
                cells[row][place] = str(rng.choice(ODD))
            case 3:
                del cells[row]
            case 4:
                cells.insert(row, list(cells[int(rng.integers(len(cells)))]))
            case 5 if cells[row]:
                for record in cells:
                    del record[place : place + 1]
            case 6 if cells[row]:
                del cells[row][place]
            case 7 if len(cells[0]) > 1:
                other = int(rng.integers(len(cells[0])))
                for record in cells:
                    if max(place, other) < len(record):
                        record[place], record[other] = record[other], record[place]
            case _:
                cells[row].append(str(rng.choice(ODD)))
    width = int(rng.integers(60))
    return replace(sheet, cells=tuple(map(tuple, cells)), formulas=((width, width), *sheet.formulas)[:3])


def mutated_export(export: Export, rng: np.random.Generator) -> Export:
    """Mutate some of the sheets of an export and of its companions."""
    sheets = tuple(mutated(sheet, rng) if rng.random() < 0.7 else sheet for sheet in export.sheets)
    companions = {
        role: Companion(
            received=companion.received,
            sheets=tuple(mutated(sheet, rng) if rng.random() < 0.4 else sheet for sheet in companion.sheets),
        )
        for role, companion in export.companions.items()
        if rng.random() < 0.9
    }
    return replace(export, sheets=sheets, companions=companions, header_row=int(rng.choice([0, 0, 0, 1, 2, 999])))


def assert_sound(export: Export, reader, findings: Findings) -> bool:
    """Read; a table has one cell for each column and row number, None has an error. Return whether it was read."""
    assert isinstance(reader.recognise(export), str)
    raw = reader.read(export, findings)
    issues = findings.table()
    if raw is None:
        assert (issues["severity"] == "error").any()
        return False
    for each in (raw, *raw.repeats.values()):
        assert len(set(each.header)) == len(each.header) == len(each.columns)
        assert len(each.rows) == len(each.cells)
        assert {len(record) for record in each.cells} <= {len(each.header)}
        assert [info.name for info in each.columns] == list(each.header)
    return True


@pytest.mark.parametrize("name", READERS)
def test_a_mutated_export_gives_findings_or_a_table(name):
    reader, sample = READERS[name]
    export, rng = sample(), np.random.default_rng(SEED)
    read = [assert_sound(mutated_export(export, rng), reader, Findings()) for _ in range(N)]
    assert 5 < sum(read) < N  # the mutations break some and not all


def test_mutated_json_gives_findings_or_a_table():
    form = received(DATA / "kobo/child_term1_form.xlsx")
    companion = Companion(received=form, sheets=sheets_of(form))
    data = json.loads((DATA / "kobo/child_term1.json").read_text(encoding="utf-8"))
    data["results"], data["count"] = data["results"][18:23], 5
    text = json.dumps(data, ensure_ascii=False, indent=0)
    rng = np.random.default_rng(SEED)
    odd = (*ODD, '"', "{", "}", "[", "]", ",", ":", "null", "[[]]", '{"a": {"b": 1}}', "\\u0000", "1" * 400)
    read = 0
    for _ in range(N):
        mutant = text
        for _ in range(rng.integers(1, 4)):
            start = int(rng.integers(len(mutant)))
            mutant = mutant[:start] + str(rng.choice(odd)) + mutant[start + int(rng.integers(4)) :]
        got = ReceivedFile(file="a.json", path=Path("a.json"), content=mutant.encode())
        read += assert_sound(Export(received=got, companions={"form": companion}), kobo.READER, Findings())
    assert 5 < read < N


def test_mutated_json_values_give_findings_or_a_table():
    form = received(DATA / "kobo/child_term1_form.xlsx")
    companion = Companion(received=form, sheets=sheets_of(form))
    data = json.loads((DATA / "kobo/child_term1.json").read_text(encoding="utf-8"))
    rng = np.random.default_rng(SEED)
    odd = (None, True, 1.5, [], {}, [[]], [None], [{}], {"a": {"b": [1]}}, [{"a": [{"b": 1}]}], "x", ["x"])
    for _ in range(N):
        results = [dict(each) for each in data["results"][18:23]]
        for _ in range(rng.integers(1, 5)):
            each = results[int(rng.integers(len(results)))]
            key = (
                str(rng.choice(list(each))) if rng.random() < 0.8 else str(rng.choice(["submissions", "", "/", "a/b"]))
            )
            each[key] = odd[int(rng.integers(len(odd)))]
        got = ReceivedFile(file="a.json", path=Path("a.json"), content=json.dumps(results).encode())
        assert_sound(Export(received=got, companions={"form": companion}), kobo.READER, Findings())


def test_a_mutated_cleaning_log_gives_findings_and_a_table():
    from eval_tools.intake.cleaning_log import WORDS, read_cleaning_log
    from eval_tools.intake.correction import CleaningLog, Correction

    raw = kobo.READER.read(opened("kobo/child_term1.csv", form="kobo/child_term1_form.xlsx"), Findings())
    log = CleaningLog(
        log="log.csv",
        path=Path("log.csv"),
        folder=Path(),
        key=("uuid", "_uuid"),
        question="question",
        change="change",
        old="old",
        new="new",
        issue="issue",
        changes=WORDS,
        old_not_recorded=True,
    )
    uuids = raw.column("_uuid")
    lines = [[uuid, "lives_with/grand", "", "1", "change_response", ""] for uuid in uuids[:8]]
    lines += [[uuid, "s01", "", "2", "change_response", ""] for uuid in uuids[8:16]]
    sheet = table(
        ["uuid", "question", "old", "new", "change", "issue"],
        *lines,
        *([u, "", "", "", "remove_survey", ""] for u in uuids[50:]),
    )
    rng = np.random.default_rng(SEED)
    for _ in range(N):
        mutant, findings = mutated(sheet, rng), Findings()
        declared = Correction(
            id="log",
            file=raw.file,
            where="corrections.yaml:3",
            match={},
            rows=len(mutant.cells) - 1,
            action="log",
            details=log,
            accepted=True,
        )
        corrections = read_cleaning_log(mutant, declared, raw, findings)
        table_ = apply_corrections(raw, corrections, findings)
        findings.table()
        assert len(table_.cells) + sum(c.action == "drop" for c in corrections) >= 60


SECRET = "李小明13900001111"


@pytest.mark.parametrize("name", READERS)
def test_no_finding_shows_a_cell_of_a_record(name):
    reader, sample = READERS[name]
    export = sample()
    sheet = export.sheets[0]
    for place in range(0, len(sheet.first_row), max(1, len(sheet.first_row) // 15)):
        told = [tuple(SECRET if i == place else cell for i, cell in enumerate(row)) for row in sheet.cells[1:6]]
        planted = replace(sheet, cells=(sheet.first_row, *told, *sheet.cells[6:12]))
        for sheets in ((planted, *export.sheets[1:]), (replace(planted, cells=planted.cells[1:]),)):
            findings = Findings()
            evidence = reader.recognise(replace(export, sheets=sheets))
            reader.read(replace(export, sheets=sheets), findings)
            assert SECRET not in evidence + findings.table().to_csv()
