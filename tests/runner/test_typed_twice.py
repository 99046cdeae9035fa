"""Paper forms typed twice in a study: check writes the workbook, the filled-in workbook settles the answers.

Everybody is invented.
"""

from __future__ import annotations

import csv
import shutil
import stat

import openpyxl

from eval_tools import open_study
from eval_tools.runner.check import check_study

HEADER = ["form_no", "id", "wave", "group", *(f"q{n}" for n in range(1, 21))]
SOURCE = """\
    reader: double-entry
    companions: {entry_b: both/second.csv}
    ignore: [form_no]
"""


def type_twice(little) -> None:
    """Twelve forms typed by two people who differ in one answer of the third form."""
    little.change("    reader: table\n", SOURCE)
    rows = [
        [f"P{i:02}", f"k{i // 2}", ("autumn", "spring")[i % 2], ("programme", "comparison")[i // 2 % 2], *["1"] * 20]
        for i in range(12)
    ]
    little.answers.parent.mkdir(parents=True, exist_ok=True)
    for name, answer in (("answers.csv", "1"), ("second.csv", "2")):
        rows[2][9] = answer
        with (little.answers.parent / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEADER, *rows])


def test_check_writes_a_workbook_of_differences_and_a_decision_settles_them(little):
    type_twice(little)
    outcome = check_study("little", start=little.root)
    assert outcome.exit_code == 3
    place = little.root / ".eval_tools" / "double_entry" / "little"
    (workbook,) = place.iterdir()
    assert stat.S_IMODE(workbook.stat().st_mode) == 0o600
    assert f".eval_tools/double_entry/little/{workbook.name}" in outcome.text
    book = openpyxl.load_workbook(workbook)
    sheet = book.active
    header = [cell.value for cell in sheet[1]]
    assert sheet.max_row == 2
    sheet.cell(row=2, column=header.index("decision") + 1).value = "b"
    book.save(workbook)
    shutil.copy(workbook, little.folder / "both" / "decided.xlsx")
    little.change("entry_b: both/second.csv}", "entry_b: both/second.csv, decisions: both/decided.xlsx}")
    received = open_study("little", start=little.root).received
    assert not (received.issues["severity"] == "error").any()
    assert sorted(received.responses["answer"].value_counts().to_dict().items()) == [(1.0, 239), (2.0, 1)]
    workbook.unlink()
    assert "the two typings differ" not in check_study("little", start=little.root).text
    assert not any(place.iterdir())
