"""The collection monitor: how far a wave is, for those who collect it, and what to ask each school for.

Small numbers are shown, because nothing of this leaves the team: the page and the call lists can be read by their
owner only and never lie under reports/. The call lists hold the codes printed on the forms, since a school knows no
pseudonyms; they are read from the roster when the lists are written. Names are in none of them.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eval_tools.errors import DefinitionError, Problem, UnknownNames
from eval_tools.intake.collection import Collection, FileProgress, PlaceProgress
from eval_tools.runner.study_run import StudyRun
from eval_tools.spreadsheets import Cell, csv_text, write_owner_only

NO_SITE = "(no school known)"
UNKNOWN = "–"
LISTS = "call-lists"
CALL_LIST = {  # for people at schools, in the first language of the study
    "en": ("code", "who answers", "questionnaires"),
    "zh-Hant": ("編號", "由誰填寫", "問卷"),
    "zh-Hans": ("编号", "由谁填写", "问卷"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table of the monitor, as text."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric_from: int = 1  # the first column of numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """What the monitor shows."""

    title: str
    sentences: tuple[str, ...]
    sheets: tuple[Sheet, ...]


def watch(run: StudyRun, wave: str) -> Collection:
    """Look at the raw files of a wave as far as they are there.

    Raises
    ------
    UnknownNames
        If the study has no such wave.
    """
    if wave not in run.study.waves:
        raise UnknownNames("wave", missing=[wave], known=list(run.study.waves), where="--wave")
    return run.collection(wave)


def describe(run: StudyRun, seen: Collection, *, today: datetime.date) -> Monitor:
    """Put the state of a wave into sentences and tables."""
    return Monitor(
        title=f"Collection of {run.study.id}, wave {seen.wave}, on {today.isoformat()}",
        sentences=_sentences(seen, today),
        sheets=(_by_place(seen.places), _by_file(seen.files, has_check_digits=seen.has_check_digits), *_consent(seen)),
    )


def _sentences(seen: Collection, today: datetime.date) -> tuple[str, ...]:
    expected = sum(place.expected or 0 for place in seen.places)
    received = sum(place.received for place in seen.places)
    told = [
        f"{received:,} of {expected:,} expected forms are there."
        if seen.has_roster
        else f"{received:,} forms are there. Without a roster nothing says how many are expected.",
        "No platform says when its forms were sent."
        if seen.last_day is None
        else f"The last form was sent on {seen.last_day.isoformat()}, {max((today - seen.last_day).days, 0)} days ago.",
    ]
    if seen.has_roster and not seen.has_check_digits:
        told.append(
            "Codes of the roster carry no check digits: a slip of the pen cannot be told from an unknown child."
        )
    if seen.problems:
        told.append(f"Reading the files found {seen.problems:,} errors; eval-tools check lists them.")
    return tuple(told)


def _by_place(places: Sequence[PlaceProgress]) -> Sheet:
    header = (
        "school",
        "answered by",
        "questionnaires",
        "expected",
        "received",
        "missing",
        "median minutes",
        "too fast",
    )
    rows = [
        (
            place.site or NO_SITE,
            place.informant,
            " ".join(place.instruments),
            UNKNOWN if place.expected is None else f"{place.expected}",
            f"{place.received}",
            UNKNOWN if place.expected is None else f"{max(place.expected - place.received, 0)}",
            UNKNOWN if math.isnan(place.minutes) else f"{place.minutes:.1f}",
            UNKNOWN if math.isnan(place.minutes) else f"{place.fast}",
        )
        for place in sorted(places, key=lambda place: (place.site, place.informant, place.instruments))
    ]
    title = "Expected and received, by school (too fast: less than a third of the school's median)"
    return Sheet(title=title, header=header, rows=tuple(rows), numeric_from=3)


def _by_file(files: Sequence[FileProgress], *, has_check_digits: bool) -> Sheet:
    header = ("file", "answered by", "rows", "no code", "not in roster", "wrong check digits", "twice", "last form")
    rows = []
    for each in files:
        counts: tuple[object, ...] = (
            each.rows,
            each.without_id,
            each.not_in_roster,
            each.wrong_digits if has_check_digits else UNKNOWN,
            each.twice,
            each.last_day or UNKNOWN,
        )
        rows.append(
            (each.file, each.informant, *(map(str, counts) if each.readable else ("cannot be read", *[""] * 5)))
        )
    return Sheet(title="Files and codes", header=header, rows=tuple(rows), numeric_from=2)


def _consent(seen: Collection) -> list[Sheet]:
    """Count consent where it is declared."""
    sources = [("roster", seen.roster_consent), *((each.file, each.consent) for each in seen.files)]
    rows = [(where, what, *map(str, counts)) for where, told in sources for what, counts in told.items()]
    header = ("file", "whose", "given", "refused", "not told")
    return [Sheet(title="Consent", header=header, rows=tuple(rows), numeric_from=2)] if rows else []


def as_text(monitor: Monitor) -> str:
    """Write the monitor for a terminal."""
    blocks = ["\n".join([monitor.title, *monitor.sentences])]
    for sheet in monitor.sheets:
        lines = [sheet.header, *sheet.rows]
        widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
        text = [
            "  ".join(_fill(cell, width, right=j >= sheet.numeric_from) for j, (cell, width) in _numbered(line, widths))
            for line in lines
        ]
        blocks.append("\n".join([sheet.title, *(line.rstrip() for line in text)]))
    return "\n\n".join(blocks)


def _numbered(line: Sequence[str], widths: Sequence[int]) -> list[tuple[int, tuple[str, int]]]:
    return list(enumerate(zip(line, widths, strict=True)))


def _width(text: str) -> int:
    """Count the columns a text takes in a terminal: two for a character of full width."""
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _fill(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space


# --- files -------------------------------------------------------------------------------------------------


def monitor_folder(run: StudyRun, wave: str) -> Path:
    """Return the folder for everything about a wave that stays within the team."""
    return run.workbench.scratch / "monitor" / run.study.id / wave


def check_target(run: StudyRun, path: Path) -> Path:
    """Return where a page may be written.

    Raises
    ------
    DefinitionError
        Below reports/, where everything may be published.
    """
    if path.resolve().is_relative_to(run.workbench.reports.resolve()):
        what = "the monitor shows small numbers of schools; nothing of it may lie under reports/."
        raise DefinitionError(Problem("--html", what, "Name another file, or leave it out."))
    return path


def write_call_lists(run: StudyRun, seen: Collection) -> tuple[tuple[Path, int], ...]:
    """Write one list of missing forms for each school, anew; say how many children each asks for.

    Lists of an earlier call are removed: a child whose form came is asked for no more.
    """
    folder = monitor_folder(run, seen.wave) / LISTS
    if folder.is_dir():
        for old in folder.glob("*.csv"):
            old.unlink()
    header = CALL_LIST[run.study.languages[0]]
    written = []
    for i, site in enumerate(dict.fromkeys(each.site for each in seen.missing), start=1):
        mine = [each for each in seen.missing if each.site == site]
        lines: list[tuple[Cell, ...]] = [(each.code, each.informant, " ".join(each.instruments)) for each in mine]
        path = folder / f"{i:02}-{_slug(site)}.csv"
        write_owner_only(path, csv_text(header, lines).encode("utf-8-sig"), above=run.workbench.scratch)
        written.append((path, len({each.code for each in mine})))
    return tuple(written)


def _slug(site: str) -> str:
    return re.sub(r"[^\w-]+", "_", site).strip("_")[:40] or "no-school"
