"""What the tests of intake share: the little workbench with four children, received as it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from eval_tools import open_study
from eval_tools.intake.receive import Received

FILE = "both/answers.csv"


def four_children() -> list[list[object]]:
    """Two children a group, two waves; every answer is 1."""
    people = (("k1", "programme"), ("k2", "programme"), ("k3", "comparison"), ("k4", "comparison"))
    return [[who, wave, group, *[1] * 20] for who, group in people for wave in ("autumn", "spring")]


@dataclass
class Post:
    """The study ``little`` with four children: row 2 is k1 in autumn, row 3 k1 in spring, row 4 k2 in autumn …"""

    bench: object
    rows: list[list[object]] = field(default_factory=four_children)

    @property
    def folder(self) -> Path:
        return self.bench.folder

    @property
    def answers(self) -> Path:
        return self.bench.answers

    def change(self, old: str, new: str) -> None:
        """Replace one text in study.yaml."""
        self.bench.change(old, new)

    def put(self, row: int, column: str, text: object) -> None:
        """Set one cell, by row number and column name as a message would name it."""
        header = ["id", "wave", "group", *(f"q{n}" for n in range(1, 21))]
        self.rows[row - 2][header.index(column)] = text

    def receive(self, *, write: bool = True) -> Received:
        """Write the rows (unless the file was written by hand) and receive the study."""
        if write:
            self.bench.write_answers(self.rows)
        return open_study("little", start=self.bench.root).received

    def issues(self, *, write: bool = True) -> pd.DataFrame:
        return self.receive(write=write).issues

    def text(self) -> str:
        """The file as text, after writing the rows."""
        self.bench.write_answers(self.rows)
        return self.answers.read_text(encoding="utf-8")

    def write_text(self, text: str, *, encoding: str = "utf-8") -> None:
        self.answers.write_bytes(text.encode(encoding))

    def correct(self, *entries: str) -> None:
        """Write corrections.yaml; each entry gets id, reason and, unless it has its own, file and status."""
        lines = ['schema_version: "1.0"', "corrections:"]
        for i, entry in enumerate(entries, start=1):
            lines.append(f"  - id: c{i}\n    reason: invented")
            if "file:" not in entry:
                lines.append(f"    file: {FILE}")
            if "status:" not in entry:
                lines.append("    status: accepted")
            lines += ["    " + line.strip() for line in entry.strip().splitlines()]
        (self.folder / "corrections.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def post(little) -> Post:
    """The little study with four children."""
    return Post(little)


@pytest.fixture
def the_only() -> Callable[..., pd.Series]:
    """Return the only finding of a rule, which must be at the place given."""

    def find(issues: pd.DataFrame, rule: str, **place: object) -> pd.Series:
        mine = issues[issues["rule"] == rule]
        assert len(mine) == 1, f"{rule}: {issues['rule'].tolist()}"
        found = mine.iloc[0]
        assert {name: found[name] for name in place} == place
        return found

    return find


@pytest.fixture
def errors_of() -> Callable[[pd.DataFrame], list[str]]:
    """List the rules of the errors, one for each finding."""
    return lambda issues: issues.loc[issues["severity"] == "error", "rule"].tolist()
