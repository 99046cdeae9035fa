"""When a form came and how long it took, where the platform says so in a column of its own."""

from __future__ import annotations

import datetime
import math
import re

from eval_tools.intake.raw_table import RawTable, plain

DURATIONS = ("所用时间", "答题时长", "Duration (in seconds)", "duration", "interviewtime")
STARTS = ("start", "starttime", "startdate", "StartDate", "Start time", "开始时间", "開始時間", "开始答题时间")
ENDS = (
    *("提交答卷时间", "结束答题时间", "提交时间（自动）", "完成时间", "完成時間", "时间戳记", "時間戳記"),
    *("end", "endtime", "submitdate", "EndDate", "RecordedDate", "Completion time", "Timestamp"),
    *("CompletionDate", "SubmissionDate", "_submission_time"),
)
NUMBER = re.compile(r"\d+(\.\d+)?")
WORDED = re.compile(
    r"(?:(\d+)\s*(?:小时|小時|时|h))?\s*(?:(\d+)\s*(?:分钟|分鐘|分|min))?\s*(?:(\d+(?:\.\d+)?)\s*(?:秒|s))?"
)
CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{2})")
DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})")
TIME = re.compile(r"(上午|下午)?\s*(\d{1,2}):(\d{2})(?::(\d{2}))?")
LONGEST = 24 * 3600  # a form left open over night was not answered all night


def seconds_taken(raw: RawTable) -> list[float]:
    """Return how many seconds each form took; NaN where the platform does not say, or says more than a day.

    The platform's own duration counts; else the time from its start to its end.
    """
    name = _column(raw, DURATIONS)
    if name:
        return [_shortened(_seconds(text)) for text in raw.column(name)]
    start, end = _column(raw, STARTS), _column(raw, ENDS)
    if not start or not end:
        return [math.nan] * len(raw.cells)
    times = zip(map(_moment, raw.column(start)), map(_moment, raw.column(end)), strict=True)
    return [_shortened((b - a).total_seconds() if a and b else math.nan) for a, b in times]


def days_received(raw: RawTable) -> list[datetime.date | None]:
    """Return the day each form was sent; None where the platform does not say."""
    name = _column(raw, ENDS)
    if not name:
        return [None] * len(raw.cells)
    moments = map(_moment, raw.column(name))
    return [None if moment is None else moment.date() for moment in moments]


def _column(raw: RawTable, known: tuple[str, ...]) -> str:
    """Name the first known column of the platform; a question with such a name is none."""
    of_platform = {plain(info.header): info.name for info in raw.columns if info.kind == "system"}
    return next((of_platform[plain(name)] for name in known if plain(name) in of_platform), "")


def _seconds(text: str) -> float:
    text = plain(text)
    if NUMBER.fullmatch(text):
        return float(text)
    clock = CLOCK.fullmatch(text)
    if clock:
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return float(hours * 3600 + minutes * 60 + seconds)
    worded = WORDED.fullmatch(text)
    if not worded or not any(worded.groups()):
        return math.nan
    hours_, minutes_, seconds_ = (float(part or 0) for part in worded.groups())
    return hours_ * 3600 + minutes_ * 60 + seconds_


def _shortened(seconds: float) -> float:
    return seconds if 0 <= seconds <= LONGEST else math.nan


def _moment(text: str) -> datetime.datetime | None:
    """Read day and time as they stand there; the offset says where the clock was, which is where the child was."""
    date, time = DATE.match(text), TIME.search(text)
    if not date:
        return None
    half, hour, minute, second = time.groups() if time else (None, "0", "0", "0")
    hours = int(hour) % 12 + (12 if half == "下午" else 0) if half else int(hour)
    try:
        year, month, day = map(int, date.groups())
        return datetime.datetime(year, month, day, hours, int(minute), int(second or 0))
    except ValueError:
        return None
