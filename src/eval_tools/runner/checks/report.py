"""What a check found: files, forms and findings, worst first; rendered by others as text, page or workbook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from eval_tools.intake.decided import Decided
from eval_tools.intake.findings import Severity, shorten

if TYPE_CHECKING:
    import pandas as pd

State = Literal["open", "accepted", "asked"]
NEVER_ACCEPTED = ("no_safeguarding_lead",)  # a child may wait for this person
RANKS: Mapping[str, int] = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFile:
    """One raw file as it was read."""

    file: str
    reader: str
    encoding: str  # '' where the format has none, or the reader did not tell
    n_rows: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormCount:
    """How many forms came from one informant at one wave."""

    wave: str
    informant: str
    forms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The same finding in one column of one file; ``rows`` is empty where the whole file or column is meant."""

    severity: Severity
    rule: str
    file: str
    rows: tuple[int, ...]
    column: str
    count: int
    what: str
    remedy: str
    about: str = ""  # wave, informant and scale, where it is about scores and not about a file
    state: State = "open"
    said: str = ""  # why it was accepted, what was asked, or why it is open again

    @property
    def key(self) -> tuple[str, str, str]:
        """Under which rule, file and column a decision about it is kept."""
        return self.rule, self.file, self.column or self.about

    @property
    def place(self) -> str:
        """Rows and column in words; '' where the whole file is meant."""
        if self.about:
            return self.about
        rows = f"rows {shorten(self.rows)}" if len(self.rows) > 1 else f"row {self.rows[0]}" if self.rows else ""
        column = f"column {self.column!r}" if self.column else ""
        return ", ".join(part for part in (rows, column) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """Everything a check has to say about one study."""

    study: str
    title: str
    definition: str  # study.yaml, relative to the workbench
    n_questionnaires: int
    files: tuple[CheckedFile, ...]
    forms: tuple[FormCount, ...]
    n_participants: int
    n_forms: int
    alerts: tuple[str, ...]
    findings: tuple[Finding, ...]  # worst first

    def of(self, severity: Severity, *, accepted: bool = False) -> tuple[Finding, ...]:
        """Return the findings of one severity that are open or asked; or those that were accepted."""
        return tuple(f for f in self.findings if f.severity == severity and (f.state == "accepted") == accepted)

    @property
    def accepted(self) -> tuple[Finding, ...]:
        """The findings that somebody accepted and that did not change since."""
        return tuple(f for f in self.findings if f.state == "accepted")

    @property
    def verdict(self) -> str:
        """Whether a run can go ahead."""
        n = len(self.of("error"))
        if n:
            return f"{n} error{'s' if n > 1 else ''}: eval-tools run would refuse this study."
        return "No errors: eval-tools run can go ahead."


def group_findings(issues: pd.DataFrame) -> list[Finding]:
    """Gather ISSUES that say the same of one column of one file."""
    columns = ("severity", "rule", "file", "column", "detail")
    gathered: dict[tuple[str, ...], tuple[list[int], list[int]]] = {}
    keys = zip(*(issues[name].astype(str) for name in columns), strict=True)
    for key, row, count in zip(keys, issues["row"].tolist(), issues["count"].tolist(), strict=True):
        rows, counts = gathered.setdefault(key, ([], []))
        if row:
            rows.append(int(row))
        counts.append(int(count))
    found = []
    for (severity, rule, file, column, detail), (rows, counts) in gathered.items():
        what, _, remedy = detail.partition(" | ")
        found.append(
            Finding(
                severity=severity,  # type: ignore[arg-type]
                rule=rule,
                file=file,
                rows=tuple(sorted(rows)),
                column=column,
                count=sum(counts),
                what=what,
                remedy=remedy,
            )
        )
    return found


def warn(rule: str, file: str, what: str, remedy: str, *, about: str = "", count: int = 1) -> Finding:
    """Warn of something about definitions or scores; ``file`` is a definition or a questionnaire."""
    return Finding(
        severity="warning",
        rule=rule,
        file=file,
        rows=(),
        column="",
        count=count,
        what=what,
        remedy=remedy,
        about=about,
    )


def mark_decided(findings: Iterable[Finding], decided: Decided, hashes: Mapping[str, str]) -> list[Finding]:
    """Mark what was accepted or asked; a warning whose count changed since is open again, and says so.

    ``hashes`` holds the sha256 of each raw file: a question about another state of a file is not about this one.
    """
    totals: dict[tuple[str, str, str], int] = {}
    findings = list(findings)
    for f in findings:
        totals[f.key] = totals.get(f.key, 0) + f.count
    return [_marked(f, decided, totals[f.key], hashes.get(f.file, "")) for f in findings]


def _marked(finding: Finding, decided: Decided, total: int, sha256: str) -> Finding:
    accepted = decided.accepted.get(finding.key)
    if accepted is not None and finding.severity == "warning" and finding.rule not in NEVER_ACCEPTED:
        if accepted.count == total:
            return replace(finding, state="accepted", said=f"accepted: {accepted.reason}")
        return replace(finding, said=f"open again: it was {accepted.count} when it was accepted, now it is {total}.")
    rows = finding.rows or (0,)
    rule, file, column = finding.key
    questions = [decided.asked.get((rule, file, row, column)) for row in rows]
    asked = [each.reason for each in questions if each is not None and sha256.startswith(each.sha256)]
    if asked:
        which = f" about {len(asked)} of {len(rows)} rows" if len(asked) < len(rows) else ""
        return replace(finding, state="asked", said=f"asked{which}: {'; '.join(dict.fromkeys(asked))}")
    return finding


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Put the worst first: by severity, then the file with most findings, then the finding with most places."""
    findings = list(findings)
    weight: dict[tuple[str, str], int] = {}
    for f in findings:
        weight[f.severity, f.file] = weight.get((f.severity, f.file), 0) + f.count
    return tuple(
        sorted(
            findings,
            key=lambda f: (RANKS[f.severity], -weight[f.severity, f.file], f.file, -f.count, f.rule, f.rows, f.column),
        )
    )
