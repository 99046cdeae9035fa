"""Little tables of invented children: printed number and a code of seven elements, drawn as text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eval_tools.intake.linkage.forms import CodedForm, PrintedNumbers, code_forms

KEY = bytes(range(32))
PRINTED = PrintedNumbers(scheme="damm", length=6)
SHA = {"autumn": "a" * 64, "spring": "b" * 64, "summer": "c" * 64}


def read_forms(
    table: str, *, printed: PrintedNumbers | None = PRINTED, informant: str = "child", elements: bool = True
) -> list[CodedForm]:
    """Read forms from lines ``wave | id | code | site | sex | grade``; the code's letters are its elements, . is open.

    Rows of a wave are numbered from 2, the file is called after the wave.
    """
    lines = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    forms: list[CodedForm] = []
    for wave in dict.fromkeys(line[0] for line in lines):
        mine = [line for line in lines if line[0] == wave]
        codes = [["" if letter == "." else letter for letter in line[2]] for line in mine]
        file = f"{wave}/{informant}.csv"
        forms += code_forms(
            [line[1] for line in mine],
            {f"e{i + 1}": [code[i] for code in codes] for i in range(len(codes[0]))} if elements else {},
            file=file,
            sha256=SHA[wave] if informant == "child" else SHA[wave].replace(SHA[wave][0], "d"),
            rows=range(2, len(mine) + 2),
            waves=[wave] * len(mine),
            informant=informant,
            key=KEY,
            study="demo",
            printed=printed,
            sites=[line[3] for line in mine],
            sexes=[line[4] for line in mine],
            grades=[line[5] for line in mine],
        )
    return forms


@pytest.fixture(scope="session")
def forms_of() -> Callable[..., list[CodedForm]]:
    return read_forms
