"""What can be decided about the findings of a check, one line each; no line holds a value of a cell."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from eval_tools.intake.findings import shorten
from eval_tools.intake.row_place import LEAST_DIGITS
from eval_tools.runner.checks.report import CheckReport, Finding

Action = Literal["drop", "invalid", "blank", ""]
Choice = Literal["fix", "accept", "ask school"]
MOST_PLACES = 200  # more in one column of one file are one fault of the definition, not of so many cells
LEAVE_OUT = "Leave this row out."
FIXES: dict[str, tuple[Action, str]] = {
    "outside_response_set": ("invalid", "Count this cell as invalid: no answer, and the reason is kept."),
    "form_repeated": ("drop", "Leave this form out. Say so for all but the one that counts."),
    "roster_repeats": ("drop", "Leave this row of the roster out."),
    "participant_blank": ("drop", LEAVE_OUT),
    "not_in_roster": ("drop", LEAVE_OUT),
    "wave_unknown": ("drop", LEAVE_OUT),
    "group_unknown": ("drop", LEAVE_OUT),
    "site_unknown": ("drop", LEAVE_OUT),
    "group_differs": ("drop", LEAVE_OUT),
    "site_differs": ("drop", LEAVE_OUT),
    "age_not_whole": ("blank", "Take this cell as not known."),
    "sex_unknown": ("blank", "Take this cell as not known."),
    "subgroup_unknown": ("blank", "Take this cell as not known."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing to decide: one place of an error, or a warning as a whole."""

    study: str
    severity: str
    rule: str
    file: str
    rows: tuple[int, ...]
    column: str
    count: int
    problem: str
    remedy: str
    action: Action
    fix: str  # in words; what to do by hand where no correction can do it
    sha256: str  # of the file, shortened; '' where it is not about a raw file
    together: str  # lines with the same text are about the same person at the same wave

    @property
    def row(self) -> int:
        """The row number; 0 where several rows or the whole file are meant."""
        return self.rows[0] if len(self.rows) == 1 else 0

    @property
    def shown_rows(self) -> int | str:
        """The row number, or several in words."""
        return self.row or shorten(self.rows)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What may be decided."""
        if self.severity == "warning":
            return ("accept", "ask school")
        return ("fix", "ask school") if self.action else ("ask school",)

    @property
    def key(self) -> str:
        """What tells this line from every other, and from itself once the file or the finding has changed."""
        return line_key(
            self.study, self.rule, self.file, self.shown_rows, self.column, self.count, self.action, self.sha256
        )


def line_key(*parts: object) -> str:
    """Hash what a line is about.

    Examples
    --------
    >>> line_key("little", "form_repeated", "answers.csv", 10)
    '6940516a07cd'
    """
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:12]


def list_lines(report: CheckReport) -> list[Line]:
    """List what can be decided, worst first: every place of an error, and every warning that is not accepted."""
    hashes = {each.file: each.sha256[: LEAST_DIGITS + 4] for each in report.files}
    lines: dict[str, Line] = {}
    for finding in (*report.of("error"), *report.of("warning")):
        total = sum(f.count for f in report.findings if f.key == finding.key)
        for rows in _places(finding):
            line = _line(report.study, finding, rows, total, hashes.get(finding.file, ""))
            lines.setdefault(line.key, line)
    return list(lines.values())


def _places(finding: Finding) -> Iterator[tuple[int, ...]]:
    if finding.severity == "error" and 1 <= len(finding.rows) <= MOST_PLACES:
        yield from ((row,) for row in finding.rows)
    else:
        yield finding.rows


def _line(study: str, finding: Finding, rows: tuple[int, ...], total: int, sha256: str) -> Line:
    action, fix = FIXES.get(finding.rule, ("", "")) if finding.severity == "error" else ("", "")
    if len(rows) != 1 or not sha256 or (action in ("invalid", "blank") and not finding.column):
        action, fix = "", ""
    return Line(
        study=study,
        severity=finding.severity,
        rule=finding.rule,
        file=finding.file,
        rows=rows,
        column=finding.key[2],
        count=total if finding.severity == "warning" else max(1, len(rows)),
        problem=finding.what,
        remedy=finding.remedy,
        action=action,
        fix=fix or f"By hand: {finding.remedy}" if finding.remedy else fix,
        sha256=sha256,
        together=f"{finding.what}|{finding.remedy}" if finding.rule == "form_repeated" else "",
    )
