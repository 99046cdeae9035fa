"""Names, telephones, identity cards, WeChat names, e-mails, raw IDs and villages go in, and come out nowhere.

They are planted in every text column of an export of every reader: of the platform, ignored, in answers, in the columns
that say who, when and in which group. All of them are invented.
"""

from __future__ import annotations

import csv
import logging
import traceback
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest

from eval_tools import open_study
from eval_tools.errors import EvalToolsError
from eval_tools.intake.exports.recognise import READERS
from eval_tools.runner.command import main

NAME, VILLAGE, WECHAT, MAIL = "Xqz虛構名", "Xqz虛構村", "wxid_xqz8888", "xqz@example.org"
PHONE, CARD = "13912345678", "11010519491231002X"
PLANTED = (NAME, VILLAGE, WECHAT, MAIL, PHONE, CARD)
ALL = " ".join(PLANTED)
WHO = "XQZID"  # begins every raw ID
MARKERS = ("xqz", PHONE, CARD.lower())  # whatever of a marker comes out, one of these does
N = 24  # children, two forms each
OWN = ["child", "wave", "group", *(f"q{n}" for n in range(1, 10)), "note", "village"]

Rows = list[list[str]]


def forms(*, faults: bool) -> Rows:
    """Forms with identifiers in the ID and in the free text; with faults, also where they do not belong."""
    rows = []
    for i in range(2 * N):
        child, wave = divmod(i, 2)
        answers = [str((child + n + wave) % 3) for n in range(8)]
        row = [f"{WHO}{child:03}", ("autumn", "spring")[wave], ("programme", "comparison")[child % 2], *answers]
        rows.append([*row, "3" if i == 5 else "0", f"{ALL} {i}", VILLAGE])
    if faults:
        for i, text in enumerate(PLANTED):  # in the wave, the group, an answer and, twice over, a repeated form
            rows[i][1] = text
            rows[i + 7][2] = text
            rows[i + 14][4] = text
            rows[i + 21][11] = text
        rows[30][0], rows[31][0] = "", rows[33][0]
    return rows


def write_csv(path: Path, rows: Rows, *, separator: str = ",") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL if separator == ";" else 0).writerows(rows)


def write_xlsx(path: Path, rows: Rows) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)


def around(
    before: dict[str, str], after: dict[str, str], *, own: Callable[[int, str], str] = lambda n, name: name
) -> Callable[[Rows], Rows]:
    """Put the columns of a platform around ours; ``{i}`` in a cell is the number of the form."""

    def laid_out(rows: Rows) -> Rows:
        header = [*before, *(own(n, name) for n, name in enumerate(OWN, start=1)), *after]

        def filled(i: int, cells: dict[str, str]) -> list[str]:
            return [cell.replace("{i}", str(i)) for cell in cells.values()]

        return [header, *([*filled(i, before), *row, *filled(i, after)] for i, row in enumerate(rows, start=1))]

    return laid_out


NOW = "2026-09-07 08:03:36"
WJX = {
    **{"序号": "{i}", "提交答卷时间": "2026/9/7 8:03:36", "所用时间": "200秒", "来源": NAME, "来源详情": ALL},
    "来自IP": f"192.0.2.7({VILLAGE})",
}
KOBO = {
    **{"_id": "{i}", "_uuid": "u-{i}", "_submission_time": NOW, "_validation_status": "", "_notes": ALL, "_status": ""},
    **{"_submitted_by": NAME, "__version__": "v1", "_tags": ALL, "meta/rootUuid": "u-{i}", "_index": "{i}"},
}
ODK = {
    **{"meta-instanceID": "uuid:{i}", "KEY": "uuid:{i}", "SubmitterID": PHONE, "SubmitterName": NAME},
    **{"AttachmentsPresent": "0", "AttachmentsExpected": "0", "Status": "", "ReviewState": "", "DeviceID": WECHAT},
    **{"Edits": "0", "FormVersion": "v1"},
}
SURVEYCTO = {"instanceID": "uuid:{i}", "formdef_version": "1", "review_status": "", "KEY": "uuid:{i}"}
LIMESURVEY = {
    **{"id": "{i}", "submitdate": NOW, "lastpage": "3", "startlanguage": "en", "seed": "7", "startdate": NOW},
    **{"datestamp": NOW, "token": WECHAT, "ipaddr": f"192.0.2.7 {NAME}", "refurl": f"https://example.org/{MAIL}"},
}
TENCENT = {
    **{"编号": "{i}", "开始答题时间": NOW, "结束答题时间": NOW, "答题时长": "60", "语言": "zh", "清洗数据结果": "有效"},
    **{"智能清洗数据无效概率": "0", "地理位置国家和地区": "中国", "地理位置省": VILLAGE, "地理位置市": VILLAGE},
    **{
        "用户类型": "微信",
        "用户标识": WECHAT,
        "昵称": NAME,
        "自定义字段": ALL,
        "IP": PHONE,
        "UA": MAIL,
        "Referrer": MAIL,
    },
}
MICROSOFT = {
    **{"ID": "{i}", "Start time": NOW, "Completion time": NOW, "Email": MAIL, "Name": NAME},
    "Last modified time": NOW,
}
QUALTRICS = {
    **{"StartDate": NOW, "EndDate": NOW, "Status": "0", "IPAddress": PHONE, "Progress": "100", "Finished": "1"},
    **{"RecordedDate": NOW, "ResponseId": "R_{i}", "RecipientLastName": NAME, "RecipientFirstName": NAME},
    **{"RecipientEmail": MAIL, "ExternalReference": CARD, "LocationLatitude": VILLAGE, "UserLanguage": "ZH"},
}


def qualtrics(rows: Rows) -> Rows:
    """Two more header rows: the words of the questions, and the import ids."""
    first, *rest = around(QUALTRICS, {})(rows)
    own = {"ResponseId": "_recordId", "ExternalReference": "externalDataReference", "IPAddress": "ipAddress"}
    names = [own.get(name, name[0].lower() + name[1:]) for name in first[: len(QUALTRICS)]]
    ids = [*names, *(f"QID{n}" for n in range(1, len(OWN) + 1))]
    return [first, first, [f'{{"ImportId":"{one}"}}' for one in ids], *rest]


def numbered(sign: str) -> Callable[[int, str], str]:
    return lambda n, name: f"{n}{sign}{name}"


def write_sav(path: Path, rows: Rows) -> None:
    frame = pd.DataFrame(rows, columns=OWN)
    path.parent.mkdir(parents=True, exist_ok=True)
    pyreadstat.write_sav(frame, str(path))


def write_twice(path: Path, rows: Rows) -> None:
    """Two typings that agree, each with the number of the form."""
    header, lines = ["form no", *OWN], [[f"P{i:04}", *row] for i, row in enumerate(rows, start=1)]
    write_xlsx(path, [header, *lines])
    write_xlsx(path.with_name("second.xlsx"), [header, *lines])


def csv_of(layout: Callable[[Rows], Rows], separator: str = ",") -> Callable[[Path, Rows], None]:
    return lambda path, rows: write_csv(path, layout(rows), separator=separator)


def xlsx_of(layout: Callable[[Rows], Rows]) -> Callable[[Path, Rows], None]:
    return lambda path, rows: write_xlsx(path, layout(rows))


EXPORTS: dict[str, tuple[str, Callable[[Path, Rows], None]]] = {
    "table": ("answers.csv", csv_of(around({}, {}))),
    "wjx": ("300_按文本_虚构_48_48.csv", csv_of(around(WJX, {}, own=numbered("、")))),
    "kobo": ("kobo.csv", csv_of(around({"start": NOW, "end": NOW, "deviceid": WECHAT}, KOBO), ";")),
    "odk-central": ("odk.csv", csv_of(around({"SubmissionDate": NOW}, ODK))),
    "surveycto": ("scto.csv", csv_of(around({"SubmissionDate": NOW, "devicephonenum": PHONE}, SURVEYCTO))),
    "redcap": (
        "redcap.csv",
        csv_of(around({"record_id": "{i}", "redcap_survey_identifier": MAIL}, {"form_complete": "2"})),
    ),
    "limesurvey": ("lime.csv", csv_of(around(LIMESURVEY, {}))),
    "qualtrics": ("qualtrics.csv", csv_of(qualtrics)),
    "spss": ("answers.sav", write_sav),
    "microsoft-forms": ("forms.xlsx", xlsx_of(around(MICROSOFT, {}))),
    "google-forms": ("google.csv", csv_of(around({"时间戳记": "2026/9/18 上午9:00:00", "电子邮件地址": MAIL}, {}))),
    "tencent-survey": ("tencent.csv", csv_of(around(TENCENT, {}, own=numbered(".")))),
    "tencent-docs": ("docs.xlsx", xlsx_of(around({"提交者（自动）": NAME, "提交时间（自动）": NOW}, {}))),
    "double-entry": ("first.xlsx", write_twice),
}
ALSO = {  # further columns that study.yaml must say something about
    "double-entry": ["form no"],
    "redcap": ["record_id"],
}


def study_of(little, reader: str, *, faults: bool):
    name, write = EXPORTS[reader]
    write(little.folder / "both" / name, forms(faults=faults))
    return name


def declare(little, reader: str, name: str, also: list[str]) -> None:
    ignored = ", ".join(["note", "village", *also])
    other = f", other: [{', '.join(also)}]" if also else ""
    beside = "    companions: {entry_b: both/second.xlsx}\n" if reader == "double-entry" else ""
    for old, new in (
        ("{participant: id, wave: wave, group: group}", "{participant: child, wave: wave, group: group}"),
        ('ces-d: {columns: "q{n}"}', 'phq-9: {columns: "q{n}"}'),
        ("ces-d.total", "phq-9.total"),
        (
            "file: both/answers.csv\n    reader: table\n",
            f"file: both/{name}\n    reader: {reader}\n{beside}    ignore: [{ignored}]\n"
            f"    roles: {{quasi: [village, note]{other}}}\n",
        ),
    ):
        little.change(old, new)


def everything_below(folder: Path) -> str:
    """The text of every file; a Parquet file as a table."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        found.append(path.name)
        if path.suffix == ".parquet":
            found.append(pd.read_parquet(path).to_csv())
        else:
            found.append(path.read_bytes().decode("utf-8", errors="replace"))
    return "\n".join(found)


def markers_in(text: str) -> list[str]:
    return [marker for marker in MARKERS if marker in text.lower()]


def everything_said(little, capsys, caplog) -> str:
    """What check prints, what the issues say, every exception with its whole traceback, and every line of a log."""
    said = []
    run = open_study("little", start=little.root)
    for attempt in (
        lambda: main(["check", "little"]),
        lambda: run.received.issues.to_csv(),
        lambda: [run.issues, run.participants, run.people, run.forms, run.responses, run.raw_files],
        lambda: [run.scores, run.bands, run.validity, run.scoring_notes],
    ):
        try:
            said.append(str(attempt()))
        except EvalToolsError as error:
            said += [*traceback.format_exception(error), repr(error)]
    out = capsys.readouterr()
    return "\n".join([*said, out.out, out.err, caplog.text])


@pytest.mark.parametrize("reader", EXPORTS)
def test_nothing_that_identifies_comes_out_of_an_export(little, reader, capsys, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("EVAL_TOOLS_WORKBENCH", str(little.root))
    little.answers.unlink()
    declare(little, reader, study_of(little, reader, faults=True), ALSO.get(reader, []))
    with_faults = everything_said(little, capsys, caplog)
    assert "names no wave" in with_faults, "the faults were not found"
    assert "outside_response_set" in with_faults
    assert markers_in(with_faults) == []
    study_of(little, reader, faults=False)
    well = everything_said(little, capsys, caplog)
    assert "No errors" in well
    assert "forms have answers that need attention the same day" in well
    assert "personal_data" in well, "the columns were not noticed"
    assert markers_in(well) == []
    kept = everything_below(little.root / ".eval_tools")
    assert list((little.root / ".eval_tools" / "cache").rglob("scores.parquet"))
    assert markers_in(kept) == []
    assert len(open_study("little", start=little.root).forms) == 2 * N


def test_every_reader_is_tried():
    assert set(EXPORTS) == set(READERS)


def test_reports_and_executed_notebooks_hold_nothing_that_identifies(little, capsys, caplog, monkeypatch):
    monkeypatch.setenv("EVAL_TOOLS_WORKBENCH", str(little.root))
    little.answers.unlink()
    declare(little, "wjx", study_of(little, "wjx", faults=False), [])
    for path in (little.root / "notebooks").glob("[3-9]*.ipynb"):
        path.unlink()
    assert main(["run", "little", "--language", "zh-Hans"]) == 0
    out = capsys.readouterr()
    published = everything_below(little.root / "reports")
    assert "10_data_quality.ipynb" in published
    assert "report.zh-Hans.html" in published
    for text in (published, everything_below(little.root / ".eval_tools"), out.out, out.err, caplog.text):
        assert markers_in(text) == []
