"""An invented study of children with PHQ-9, SAS-SV and SDQ-S, ages and sexes in the roster.

Nobody here exists; the answers are drawn from a random generator. The reversed items of SDQ-S are written as if the
platform had reversed them already.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from conftest import LittleWorkbench

REVERSED = (7, 11, 14, 21, 25)  # of SDQ-S
PER_GROUP = 40
TOO_YOUNG = 12  # children of 9 in the roster, too young for all three; PHQ-9 and SDQ-S begin at 11
ROSTER = """\
roster:
  file: roster.csv
  reader: table
  columns: {participant: id, group: group, age: age, sex: sex}
  values: {sex: {女: female, 男: male}}
  blank: [不詳]
sources:
"""
INSTRUMENTS = """\
      phq-9: {columns: "p{n}"}
      sas-sv: {columns: "s{n}"}
      sdq-s: {columns: "d{n}"}
"""
HEADER = [
    *("id", "wave", "group"),
    *(f"p{n}" for n in range(1, 10)),
    *(f"s{n}" for n in range(1, 11)),
    *(f"d{n}" for n in range(1, 34)),
]


def ask_phq_sas_sdq(bench: LittleWorkbench, *, alerts: bool = True, lead: bool = False, seed: int = 5) -> None:
    """Turn the little study into this one; three children in spring answer the last question of PHQ-9 with 1 or more.

    With ``alerts=False`` nobody does.
    """
    bench.change('      ces-d: {columns: "q{n}"}\n', INSTRUMENTS)
    bench.change("ces-d.total", "phq-9.total")
    bench.change("sources:\n", ROSTER)
    if lead:
        bench.change(
            "{identifiers: published_arbitrary}", "{identifiers: published_arbitrary, safeguarding_lead: duty}"
        )
    rng = np.random.default_rng(seed)
    roster, rows = [["id", "group", "age", "sex"]], [HEADER]
    for g, group in enumerate(("programme", "comparison")):
        for i in range(PER_GROUP):
            who = f"invented-{g}{i:03}"
            age = 9 if i < TOO_YOUNG // 2 else 13 + i % 4
            roster.append([who, group, "不詳" if i == PER_GROUP - 1 else str(age), "女" if i % 2 else "男"])
            trait = rng.normal()
            for wave in ("autumn", "spring"):
                phq = np.clip(np.rint(1.2 + 0.6 * trait + rng.normal(scale=0.6, size=9)), 0, 3).astype(int)
                phq[8] = 2 if alerts and wave == "spring" and g == 0 and i in (8, 9, 10) else 0
                sas = np.clip(np.rint(3.2 + trait + rng.normal(scale=0.8, size=10)), 1, 6).astype(int)
                sdq = np.clip(np.rint(1.0 + 0.6 * trait + rng.normal(scale=0.5, size=33)), 0, 2).astype(int)
                rows.append([who, wave, group, *phq, *sas, *sdq])
    for path, lines in ((bench.folder / "roster.csv", roster), (bench.answers, rows)):
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(lines)
