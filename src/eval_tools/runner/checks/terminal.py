"""A check as text: in a terminal with colours and in its width, elsewhere plain, one line for each thing said."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TextIO

from eval_tools.runner.checks.report import CheckReport, Finding

STYLES = {"error": "1;31", "warning": "1;33", "note": "1;36", "accepted": "1;32", "quiet": "2", "strong": "1"}
TITLES = {"error": "Errors", "warning": "Warnings", "note": "Found and resolved"}
NARROWEST, WIDEST = 40, 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Pen:
    """How to write: the width to wrap at, 0 for none; and whether colours are understood."""

    width: int = 0
    colours: bool = False

    def style(self, text: str, name: str) -> str:
        """Colour a text, where that is understood."""
        return f"\x1b[{STYLES[name]}m{text}\x1b[0m" if self.colours and text else text

    def lines(self, text: str, *, indent: int = 0) -> list[str]:
        """Break a text into lines of the width."""
        blank = " " * indent
        room = max(NARROWEST, self.width) - indent if self.width else 0
        return [blank + line for line in (wrap(text, room) if room else [text])]


def pen_for(stream: TextIO) -> Pen:
    """Choose width and colours for a stream: plain where it is no terminal, or where NO_COLOR is set."""
    if not stream.isatty():
        return Pen()
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM", "") in ("", "dumb")
    return Pen(width=min(WIDEST, shutil.get_terminal_size((80, 24)).columns), colours=not plain)


def columns_of(text: str) -> int:
    """Count the columns a terminal needs; Chinese characters take two.

    Examples
    --------
    >>> columns_of("row 3"), columns_of("編號")
    (5, 4)
    """
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def wrap(text: str, width: int) -> list[str]:
    """Break a text at blanks, or anywhere in a word that is wider than a line.

    Examples
    --------
    >>> wrap("no participant id", 14)
    ['no participant', 'id']
    >>> wrap("編號編號", 4)
    ['編號', '編號']
    """
    lines, line = [], ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if columns_of(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        line = ""
        for character in word:
            if columns_of(line + character) > width:
                lines.append(line)
                line = ""
            line += character
    return [*lines, line] if line else lines


def render_text(report: CheckReport, pen: Pen | None = None) -> str:
    """Render a check as text."""
    pen = pen or Pen()
    lines = [pen.style(line, "strong") for line in pen.lines(f"{report.study} – {report.title}")]
    forms = f"{report.n_questionnaires} questionnaire{'s' if report.n_questionnaires != 1 else ''}"
    lines += pen.lines(f"{report.definition} and {forms}: no problem.")
    lines += ["", *_files(report, pen)]
    lines += pen.lines(f"{report.n_participants:,} participants, {report.n_forms:,} forms.")
    for each in report.forms:
        lines += pen.lines(f"{each.wave}, {each.informant}: {each.forms:,} forms", indent=2)
    lines += ["", *pen.lines(counts(report))]
    if report.alerts:
        lines.append("")
        lines += [pen.style(line, "error") for alert in report.alerts for line in pen.lines(alert)]
    for severity in ("error", "warning", "note"):
        lines += _section(TITLES[severity], report.of(severity), severity, pen)
    lines += _section("Accepted", report.accepted, "accepted", pen)
    colour = "error" if report.of("error") else "accepted"
    lines += ["", *(pen.style(line, colour) for line in pen.lines(report.verdict))]
    return "\n".join(lines)


def counts(report: CheckReport) -> str:
    """Count the findings, the worst first."""
    numbers = {name: len(report.of(name)) for name in ("error", "warning", "note")}
    parts = [f"{n} {name}{'s' if n != 1 else ''}" for name, n in numbers.items() if name != "note"]
    return ", ".join([*parts, f"{len(report.accepted)} accepted", f"{numbers['note']} found and resolved"]) + "."


def _files(report: CheckReport, pen: Pen) -> Iterable[str]:
    for file in report.files:
        told = ", ".join(part for part in (file.reader, file.encoding) if part)
        said = f"{file.file}: {file.n_rows:,} rows read"
        rest = f"{told}; sha256 {file.sha256[:12]}" if told else f"sha256 {file.sha256[:12]}"
        yield from pen.lines(f"{said} ({rest}).")


def _section(title: str, findings: Sequence[Finding], style: str, pen: Pen) -> list[str]:
    if not findings:
        return []
    lines = ["", pen.style(f"{title} ({len(findings)}):", style)]
    for file, mine in groupby(findings, key=lambda f: f.file):
        same = list(mine)
        total = sum(f.count for f in same)
        lines += [
            pen.style(line, "strong") for line in pen.lines(f"{file} ({total:,})" if total > 1 else file, indent=2)
        ]
        for f in same:
            lines += pen.lines((f"{f.place}: " if f.place else "") + f"{f.what} [{f.rule}]", indent=4)
            lines += [pen.style(line, "quiet") for line in pen.lines(f.remedy, indent=6)] if f.remedy else []
            lines += [pen.style(line, "note") for line in pen.lines(f.said, indent=6)] if f.said else []
    return lines
