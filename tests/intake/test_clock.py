"""When a form came and how long it took, as seven platforms write it."""

from __future__ import annotations

import datetime
import math

import pytest

from eval_tools.intake.clock import days_received, seconds_taken
from eval_tools.intake.columns import ColumnInfo
from eval_tools.intake.raw_table import RawTable


def table(columns: dict[str, str], kind: str = "system") -> RawTable:
    """One record of a file with such columns of the platform."""
    return RawTable(
        file="invented.csv",
        header=tuple(columns),
        cells=(tuple(columns.values()),),
        rows=(2,),
        sha256="",
        n_bytes=0,
        columns=tuple(ColumnInfo(name=name, header=name, kind=kind) for name in columns),
    )


@pytest.mark.parametrize(
    ("columns", "seconds", "day"),
    [
        ({"提交答卷时间": "2026/9/14 8:03:36", "所用时间": "576秒"}, 576, (2026, 9, 14)),
        ({"结束答题时间": "2026-09-15 09:12:43", "答题时长": "8分43秒"}, 523, (2026, 9, 15)),
        ({"RecordedDate": "2026-09-02 09:00:00", "Duration (in seconds)": "75"}, 75, (2026, 9, 2)),
        ({"start": "2026-09-07T01:02:00.000+08:00", "end": "2026-09-07T01:11:20.000+08:00"}, 560, (2026, 9, 7)),
        ({"startdate": "2021-09-28 08:19:40", "submitdate": "2021-09-28 08:49:51"}, 1811, (2021, 9, 28)),
        ({"时间戳记": "2026/9/18 下午3:05:00"}, math.nan, (2026, 9, 18)),
        ({"duration": "00:09:36"}, 576, None),
        ({"答题时长": "1小时2分"}, 3720, None),
    ],
)  # fmt: skip
def test_times_are_read_as_platforms_write_them(columns, seconds, day):
    raw = table(columns)
    assert seconds_taken(raw) == pytest.approx([seconds], nan_ok=True)
    assert days_received(raw) == [None if day is None else datetime.date(*day)]


@pytest.mark.parametrize("text", ["", "N/A", "soon", "秒", "172800", "-5", "2026-13-45 08:00:00"])
def test_what_is_no_time_or_more_than_a_day_is_not_known(text):
    raw = table({"所用时间": text, "提交答卷时间": text})
    assert math.isnan(seconds_taken(raw)[0])
    assert days_received(raw) == [None]


def test_a_form_that_ends_before_it_starts_has_no_duration():
    raw = table({"start": "2026-09-07T02:00:00", "end": "2026-09-07T01:00:00"})
    assert math.isnan(seconds_taken(raw)[0])


def test_noon_and_midnight_are_told_apart():
    raw = table({"开始时间": "2026/9/18 上午12:10:00", "完成时间": "2026/9/18 下午12:10:00"})
    assert seconds_taken(raw) == [12 * 3600]


def test_a_question_with_the_name_of_a_time_column_is_no_time():
    raw = table({"duration": "30", "end": "2026-09-07"}, kind="answer")
    assert math.isnan(seconds_taken(raw)[0])
    assert days_received(raw) == [None]
