"""From an export as a platform writes it to scores, untouched by hand; one study in three formats.

All people are invented; their answers are drawn from a random generator.
"""

from __future__ import annotations

import csv

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from eval_tools import open_study

N = 24  # children, half in each group
LABELS = {  # as different teachers typed them into the platform: both scripts, numbered, full width
    0: ("完全没有", "完全沒有", "A.完全没有", "完全没有 "),
    1: ("有几天", "有幾天", "B、有几天", "有几天"),
    2: ("一半以上时间", "一半以上時間", "C.一半以上时间", "一半以上时间"),
    3: ("几乎每天", "幾乎每天", "D、几乎每天", "几乎每天"),
}
SYSTEM = ["序号", "提交答卷时间", "所用时间", "来源", "来源详情", "来自IP"]
ITEMS = [f"第{n}题的内容" for n in range(1, 10)]
DIGITS = str.maketrans("0123456789", "０１２３４５６７８９")
STUDY = {
    'ces-d: {columns: "q{n}"}': "phq-9: {start: Q4.1}",
    "ces-d.total": "phq-9.total",
    "columns: {participant: id, wave: wave, group: group}": "columns: {participant: 编号, wave: 学期, group: 组别}\n"
    "    values: {wave: {秋: autumn, 春: spring}, group: {项目: programme, 对照: comparison}}\n"
    "    ignore: [Q5.1, Q5.2, Q5.3, Q5.4, Q5.5, Q5.6, Q5.7, Q5.8, Q5.9]",
}


@pytest.fixture
def codes() -> np.ndarray:
    """Codes of PHQ-9, shape (forms, 9); −1 where the question was not answered."""
    rng = np.random.default_rng(4)
    drawn = rng.integers(0, 4, size=(2 * N, 9))
    drawn[rng.random(drawn.shape) < 0.05] = -1
    drawn[:, 8] = 0  # nobody needs to be seen the same day
    return drawn


def who(form: int) -> tuple[str, str, str]:
    child, wave = divmod(form, 2)
    return f"{child + 1:03}", "秋" if wave == 0 else "春", "项目" if child % 2 else "对照"


def wjx_rows(codes: np.ndarray) -> list[list[str]]:
    """Write the export by text: the same nine sub-items stand in two matrices, so that headers repeat."""
    header = [*SYSTEM, "1、编号", "2、学期", "3、组别"]
    for number in (4, 5):
        header += [f"{number}、过去两周—{ITEMS[0]}", *ITEMS[1:]]
    rows = [header]
    for form, answers in enumerate(codes):
        child, wave, group = who(form)
        child = child.translate(DIGITS) if form % 5 == 0 else child
        system = [str(form + 1), "2026/9/7 8:03:36", f"{200 + form}秒", "微信", "N/A", "192.0.2.7(贵州-毕节)"]
        texts = ["(空)" if code < 0 else LABELS[int(code)][(form + i) % 4] for i, code in enumerate(answers)]
        rows.append([*system, child, wave, group, *texts, *texts[::-1]])
    return rows


def receive(little, **changes):
    for old, new in {**STUDY, **changes}.items():
        little.change(old, new)
    return open_study("little", start=little.root)


def answers_of(run) -> pd.DataFrame:
    frame = run.received.responses
    return frame.sort_values(["participant", "wave", "item"], ignore_index=True)


def test_an_export_of_wjx_in_gb18030_goes_to_scores_untouched_by_hand(little, codes, errors_of):
    path = little.folder / "both" / "300_按文本_虚构[复制]_48_48.csv"
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows(wjx_rows(codes))
    run = receive(little, **{"both/answers.csv": f"both/{path.name}", "    reader: table\n": ""})
    assert errors_of(run.received.issues) == []
    assert {"encoding_found", "identifying_dropped", "normalised"} <= set(run.received.issues["rule"])
    answers = answers_of(run)
    wide = answers.pivot(index=["participant", "wave"], columns="item", values="answer")
    assert len(wide) == 2 * N
    told = np.sort(np.nan_to_num(wide.to_numpy(dtype=float), nan=-1), axis=None)
    assert (told == np.sort(codes, axis=None)).all()
    assert (answers["missing"] == "blank").sum() == (codes < 0).sum()
    scored = run.scores[run.scores["scale"] == "total"]
    whole = (codes >= 0).all(axis=1)
    assert sorted(scored.loc[scored["n_answered"] == 9, "score"]) == sorted(codes[whole].sum(axis=1))


def write_csv(folder, header, rows):
    with (folder / "answers.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return "answers.csv"


def write_xlsx(folder, header, rows):
    book = openpyxl.Workbook()
    for line in [header, *[[int(cell) if i > 2 and cell else cell for i, cell in enumerate(row)] for row in rows]]:
        book.active.append(line)
    book.save(folder / "answers.xlsx")
    return "answers.xlsx"


def write_sav(folder, header, rows):
    frame = pd.DataFrame(rows, columns=header)
    for name in header[3:]:
        frame[name] = pd.to_numeric(frame[name])
    labels = {name: {code: LABELS[code][0] for code in LABELS} for name in header[3:]}
    pyreadstat.write_sav(frame, str(folder / "answers.sav"), variable_value_labels=labels)
    return "answers.sav"


def test_one_study_as_csv_xlsx_and_sav_gives_the_same_responses(make_little, codes, errors_of):
    header = ["id", "wave", "group", *(f"q{n}" for n in range(1, 10))]
    rows = [
        [child, {"秋": "autumn", "春": "spring"}[wave], {"项目": "programme", "对照": "comparison"}[group]]
        + ["" if code < 0 else str(code) for code in answers]
        for form, answers in enumerate(codes)
        for child, wave, group in [who(form)]
    ]
    found = []
    for write in (write_csv, write_xlsx, write_sav):
        little = make_little()
        folder = little.folder / "both"
        folder.mkdir(exist_ok=True)
        name = write(folder, header, rows)
        for old, new in (
            ('ces-d: {columns: "q{n}"}', 'phq-9: {columns: "q{n}"}'),
            ("ces-d.total", "phq-9.total"),
            ("both/answers.csv", f"both/{name}"),
            ("    reader: table\n", ""),
        ):
            little.change(old, new)
        run = open_study("little", start=little.root)
        assert errors_of(run.received.issues) == [], name
        found.append(answers_of(run))
    pd.testing.assert_frame_equal(found[0], found[1])
    pd.testing.assert_frame_equal(found[0], found[2])
    assert (found[0]["missing"] == "blank").sum() == (codes < 0).sum() > 0


def test_numbers_of_places_alone_are_refused_and_the_export_by_text_beside_them_makes_codes(little, codes, errors_of):
    texts = wjx_rows(np.where(codes < 0, 0, codes))
    plain = [texts[0], *[[*row[:9], *(clean(cell) for cell in row[9:])] for row in texts[1:]]]
    place = {LABELS[code][0]: str(code + 1) for code in LABELS}
    group_place = {"秋": "1", "春": "2", "项目": "1", "对照": "2"}
    numbers = [
        [*row[:7], *(group_place[cell] for cell in row[7:9]), *(place[cell] for cell in row[9:])] for row in plain[1:]
    ]
    folder = little.folder / "both"
    folder.mkdir(exist_ok=True)
    for name, rows in (("300_按文本_虚构_48_48.csv", plain), ("300_按序号_虚构_48_48.csv", [texts[0], *numbers])):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    values = {
        "values: {wave: {秋: autumn, 春: spring}, group: {项目: programme, 对照: comparison}}": (
            'values: {wave: {"1": autumn, "2": spring}, group: {"1": programme, "2": comparison}}'
        )
    }
    run = receive(little, **{"both/answers.csv": "both/300_按序号_虚构_48_48.csv", "reader: table": "reader: wjx"})
    little.change(*next(iter(values.items())))
    run = open_study("little", start=little.root)
    assert set(errors_of(run.received.issues)) == {"places_not_codes"}
    little.change("reader: wjx", "reader: wjx\n    companions: {labels: both/300_按文本_虚构_48_48.csv}")
    run = open_study("little", start=little.root)
    assert errors_of(run.received.issues) == []
    wide = answers_of(run).pivot(index=["participant", "wave"], columns="item", values="answer")
    assert sorted(wide.sum(axis=1)) == sorted(np.where(codes < 0, 0, codes).sum(axis=1))


def clean(text: str) -> str:
    """The label as the form prints it."""
    return next(labels[0] for labels in LABELS.values() if text in labels)


def test_a_form_with_an_item_less_says_so_and_the_item_is_not_in_version(little, codes, errors_of):
    folder = little.folder / "both"
    folder.mkdir(exist_ok=True)
    header = ["id", "wave", "group", *(f"q{n}" for n in range(1, 9))]
    rows = [
        [f"k{form // 2}", "autumn" if form % 2 == 0 else "spring", "programme" if form % 4 < 2 else "comparison"]
        + ["" if code < 0 else str(code) for code in answers[:8]]
        for form, answers in enumerate(codes)
    ]
    write_csv(folder, header, rows)
    last = "phq9"
    for old, new in (
        ('ces-d: {columns: "q{n}"}', f"phq-9: {{start: q1, absent: [{last}]}}"),
        ("ces-d.total", "phq-9.total"),
    ):
        little.change(old, new)
    received = open_study("little", start=little.root).received
    assert errors_of(received.issues) == []
    absent = received.responses[received.responses["item"] == last]
    assert set(absent["missing"]) == {"not_in_version"}
    assert absent["answer"].isna().all()


def test_texts_of_all_four_reasons_are_kept_apart_until_scoring(little, codes, errors_of):
    folder = little.folder / "both"
    folder.mkdir(exist_ok=True)
    header = ["id", "wave", "group", *(f"q{n}" for n in range(1, 10))]
    texts = ["", "不适用", "旧版", "拒答"]
    rows = [[f"k{i}", "autumn", "programme", *["0"] * 8, texts[i]] for i in range(4)]
    write_csv(folder, header, rows)
    little.change(
        "reader: table", "reader: table\n    skipped: [不适用]\n    not_in_version: [旧版]\n    refused: [拒答]"
    )
    little.change('ces-d: {columns: "q{n}"}', "phq-9: {start: q1}")
    little.change("ces-d.total", "phq-9.total")
    received = open_study("little", start=little.root).received
    assert errors_of(received.issues) == []
    assert set(received.responses["missing"]) - {""} == {"blank", "skipped", "not_in_version", "invalid"}


def test_several_files_of_one_pattern_are_one_source_each_and_only_the_star_is_a_wildcard(little, codes, errors_of):
    folder = little.folder / "both"
    folder.mkdir(exist_ok=True)
    header = ["id", "wave", "group", *(f"q{n}" for n in range(1, 10))]
    for name, first in (("child[1]_a.csv", 0), ("child[1]_b.csv", 5), ("child1_c.csv", 9)):
        lines = [header, *[[f"k{first + i}", "autumn", "programme", *["1"] * 9] for i in range(3)]]
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(lines)
    little.change("file: both/answers.csv", 'files: "both/child[1]_*.csv"')
    little.change('ces-d: {columns: "q{n}"}', "phq-9: {start: q1}")
    little.change("ces-d.total", "phq-9.total")
    run = open_study("little", start=little.root)
    assert [raw.file for raw in run.received.raw_files] == ["both/child[1]_a.csv", "both/child[1]_b.csv"]
    assert errors_of(run.received.issues) == []
    assert len(run.received.forms) == 6
