"""SPSS files: codes with labels, missing values of both kinds, sets of options, dates."""

from __future__ import annotations

import json
import random
import time
from functools import cache
from pathlib import Path

from eval_tools.intake.exports.reader import Export
from eval_tools.intake.exports.spss import READER
from eval_tools.intake.files import spss_file
from eval_tools.intake.files.sheet import ReceivedFile
from eval_tools.intake.findings import Findings
from eval_tools.intake.raw_table import INVALID
from export_files import DATA, received_export

SPSS = DATA / "spss"


def read(export):
    findings = Findings()
    return READER.read(export, findings), findings.table()


@cache  # each file is read in a process of its own
def read_file(name):
    return read(received_export(SPSS / name))


def column(table, name):
    return next(each for each in table.columns if each.name == name)


def cells(table, name):
    return [record[table.header.index(name)] for record in table.cells]


def test_numbers_and_texts_with_value_labels_are_codes():
    number, _ = read_file("labelled-num.sav")
    text, _ = read_file("labelled-str.sav")
    assert number.cells == (("1",),)
    assert (number.columns[0].holds, number.columns[0].choices) == ("code", {"1": "This is one"})
    assert text.cells == (("M",), ("F",))
    assert (text.columns[0].holds, text.columns[0].choices) == ("code", {"M": "Male", "F": "Female"})


def test_labels_keep_their_letters():
    table, _ = read_file("umlauts.sav")
    assert table.columns[0].text == "This is an ä-umlaut"
    assert list(table.columns[0].choices.values()) == ["the ä umlaut", "the ü umlaut", "the ö umlaut"]


def test_a_value_declared_as_missing_is_invalid_and_no_choice():
    table, issues = read_file("missing_test.sav")
    assert table.cells == ((INVALID,), ("2",))
    assert table.columns[0].choices == {}
    assert issues[["rule", "severity", "count"]].to_numpy().tolist() == [["user_missing", "note", 1]]


def test_ranges_single_values_and_system_missing_are_told_apart():
    table, _ = read_file("multiple_response.sav")
    assert cells(table, "x") == ["1", "2", "3", "4", INVALID, "9"]  # 7, 8 and 99 are declared
    assert cells(table, "z") == [INVALID, "", "1.234", INVALID, "3.14159", ""]  # -999 to 0, and 999
    assert table.rows == (1, 2, 3, 4, 5, 6)


def test_dates_are_written_as_dates():
    table, _ = read_file("multiple_response.sav")
    assert cells(table, "y")[:4] == ["2000-01-01", "2000-01-02", "1950-12-24", "1776-07-04"]


def test_a_set_counted_by_a_value_becomes_options_and_one_of_categories_stays_answers():
    table, _ = read_file("multiple_response.sav")
    assert [column(table, f"bool{n}").kind for n in (1, 2, 3)] == ["choice"] * 3
    assert {column(table, f"bool{n}").question for n in (1, 2, 3)} == {"mymrset"}
    assert cells(table, "bool1") == ["1", "1", "0", "0", "", "1"]  # blank stays blank where others say no with 0
    assert column(table, "ca_subvar_1").kind == "answer"
    assert cells(table, "ca_subvar_3") == ["b", "c", "d", "b", "d", "d"]


def written(path: Path, frame, **about) -> Export:
    import pyreadstat

    pyreadstat.write_sav(frame, str(path), **about)
    return received_export(path)


def test_one_scale_with_labels_spelled_in_two_ways_is_told(tmp_path):
    import pandas as pd

    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [2.0, 1.0], "c": [1.0, 2.0]})
    labels = {"a": {1: "never", 2: "often"}, "b": {1: "Never", 2: "often"}, "c": {1: "no", 2: "yes"}}
    table, issues = read(written(tmp_path / "invented.sav", frame, variable_value_labels=labels))
    assert [each.choices["1"] for each in table.columns] == ["never", "Never", "no"]
    assert issues.loc[issues["rule"] == "labels_spelled_differently", "count"].tolist() == [2]


def test_chinese_names_labels_and_texts_are_read(tmp_path):
    import pandas as pd

    frame = pd.DataFrame({"性别": [1.0, 2.0], "说明": ["虚构", "虛構"]})
    export = written(
        tmp_path / "invented.sav", frame, column_labels=["1、性别", "说明"], variable_value_labels={"性别": {1: "男"}}
    )
    table, _ = read(export)
    assert table.header == ("性别", "说明")
    assert table.columns[0].choices == {"1": "男"}
    assert table.cells == (("1", "虚构"), ("2", "虛構"))


def test_other_files_are_not_taken_for_spss():
    received = ReceivedFile(file="a.csv", path=Path("a.csv"), content=b"id,q1\n1,2\n")
    assert READER.recognise(Export(received=received)) == ""
    table, issues = read(Export(received=received))
    assert table is None
    assert issues["severity"].tolist() == ["error"]


def test_damaged_files_are_read_or_refused_in_words_and_soon(monkeypatch):
    # the file is read here and not in a process of its own, which takes a second each; benign damage only, below
    intact = (SPSS / "multiple_response.sav").read_bytes()
    monkeypatch.setattr(spss_file, "ask_child", lambda module, content: json.loads(json.dumps(spss_file.work(content))))
    rng = random.Random(20261124)
    n_read = 0
    for _ in range(100):
        raw = bytearray(intact)
        for _ in range(rng.randint(1, 3)):  # behind the header and its promises of size
            raw[rng.randrange(2_200, len(raw))] = rng.randrange(256)
        start = time.perf_counter()
        export = Export(received=ReceivedFile(file="a.sav", path=Path("a.sav"), content=bytes(raw)))
        table, issues = read(export)
        n_read += table is not None
        assert table is not None or "error" in issues["severity"].tolist()
        assert time.perf_counter() - start < 5
    assert 20 < n_read < 100


def test_a_cut_file_is_refused_in_words():
    intact = (SPSS / "multiple_response.sav").read_bytes()
    received = ReceivedFile(file="a.sav", path=Path("a.sav"), content=intact[:1_000])
    table, issues = read(Export(received=received))
    assert table is None
    assert issues["severity"].tolist() == ["error"]
