"""Large CSV files scored block by block: the same scores as any other way, and nothing that is not plain is guessed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eval_tools.errors import DataError, UnknownNames
from eval_tools.instruments.key import score_instrument
from eval_tools.instruments.load import load_instrument
from eval_tools.scoring import csv_codes
from eval_tools.scoring.batches import score_csv
from eval_tools.scoring.csv_codes import CsvLayout, csv_columns, read_csv_codes
from eval_tools.scoring.wide import score_wide

CES_D = Path(__file__).parents[2] / "questionnaires/ces-d/ces-d.yaml"
N = 3_000


@pytest.fixture(scope="module")
def ces_d():
    return load_instrument(CES_D)


@pytest.fixture(scope="module")
def table(ces_d):
    rng = np.random.default_rng(5)
    answers = rng.integers(0, 4, size=(N, len(ces_d.items))).astype(float)
    answers[rng.random(answers.shape) < 0.05] = np.nan
    table = pd.DataFrame(answers, columns=list(ces_d.items)).astype("Int8")
    table.insert(0, "编号", [f"{i:06d}" for i in range(N)])
    return table


@pytest.fixture(params=[1 << 22, 8_192], ids=["one block", "many blocks"])
def blocks(request, monkeypatch):
    monkeypatch.setattr(csv_codes, "BLOCK", request.param)


@pytest.mark.parametrize(
    ("separator", "encoding", "quoting"),
    [(",", "utf-8", 0), (";", "utf-8-sig", 1), ("\t", "gb18030", 0), (",", "utf-16", 0)],
)
def test_a_csv_file_gives_the_scores_of_the_table(ces_d, table, tmp_path, blocks, separator, encoding, quoting):
    source, target = tmp_path / "a.csv", tmp_path / "scores.parquet"
    table.to_csv(source, index=False, sep=separator, encoding=encoding, quoting=quoting)
    layout = CsvLayout(separator=separator, encoding=encoding.removesuffix("-sig"))
    report = score_csv(source, target, ces_d, layout=layout, keep=["编号"])
    found, whole = pd.read_parquet(target), score_wide(table.drop(columns="编号"), ces_d).scores
    assert found["编号"].to_list() == table["编号"].to_list()
    pd.testing.assert_frame_equal(found[list(whole.columns)], whole, check_dtype=False)
    assert report.n_forms == N
    codes = read_csv_codes(source, ces_d, layout=layout)
    np.testing.assert_array_equal(score_instrument(ces_d, codes).scales["total"].score, whole["total"])


@pytest.mark.parametrize("odd", ["3.0", " 2 ", "+1", "0x1", "zzz", "NA", "null", "１", "-128", "1e0", "true", "300"])
def test_an_odd_cell_is_read_or_refused_as_in_any_other_table(ces_d, table, tmp_path, blocks, odd):
    texts = table.drop(columns="编号").astype("string").fillna("").astype(object)
    texts.iloc[2_500, 4] = odd
    source, target = tmp_path / "a.csv", tmp_path / "scores.parquet"
    texts.to_csv(source, index=False)
    try:
        whole = score_wide(texts, ces_d).scores
    except DataError:
        with pytest.raises(DataError) as refused:
            score_csv(source, target, ces_d)
        assert all(odd not in problem.what for problem in refused.value.problems)
        assert not target.exists()
    else:
        score_csv(source, target, ces_d)
        pd.testing.assert_frame_equal(pd.read_parquet(target)[list(whole.columns)], whole, check_dtype=False)


@pytest.mark.parametrize("odd", ["x", "1.5", "0x1", "-128", "128", "+1"])
def test_a_cell_that_is_no_code_is_counted_and_not_shown(ces_d, table, tmp_path, odd):
    texts = table.drop(columns="编号").astype("string").fillna("").astype(object)
    texts.iloc[[7, 9], 4] = odd
    texts.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(DataError) as refused:
        read_csv_codes(tmp_path / "a.csv", ces_d)
    (problem,) = refused.value.problems
    assert problem.what == "2 cells hold no code."
    assert repr(texts.columns[4]) in problem.where


def test_codes_written_another_way_are_the_same_codes(ces_d, tmp_path):
    names = list(ces_d.items)
    rows = [["1"] * len(names), ["1.0", " 1", "01", '"1"', *["1"] * (len(names) - 4)]]
    (tmp_path / "a.csv").write_text("\n".join(",".join(row) for row in [names, *rows]), encoding="utf-8")
    assert (read_csv_codes(tmp_path / "a.csv", ces_d) == 1).all()


def test_rows_of_another_length_are_told_by_number(ces_d, table, tmp_path, blocks):
    lines = table.to_csv(index=False).splitlines()
    lines[1_000] += ",1"
    lines[2_000] = lines[2_000].rpartition(",")[0]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        read_csv_codes(tmp_path / "a.csv", ces_d)
    assert refused.value.problems[0].where == "a.csv, rows 1001, 2001"


def test_columns_may_be_called_otherwise_and_must_be_there_once(ces_d, table, tmp_path):
    items = list(ces_d.items)
    named = table.rename(columns={items[0]: "Q1"})
    named.to_csv(tmp_path / "a.csv", index=False)
    whole = score_wide(table.drop(columns="编号"), ces_d).scores
    score_csv(tmp_path / "a.csv", tmp_path / "s.parquet", ces_d, columns={items[0]: "Q1"})
    np.testing.assert_array_equal(pd.read_parquet(tmp_path / "s.parquet")["total"], whole["total"])
    with pytest.raises(UnknownNames):
        read_csv_codes(tmp_path / "a.csv", ces_d)
    with pytest.raises(DataError, match="no column"):
        score_csv(tmp_path / "a.csv", tmp_path / "s.parquet", ces_d)
    with pytest.raises(UnknownNames):
        score_csv(tmp_path / "a.csv", tmp_path / "s.parquet", ces_d, columns={items[0]: "Q1"}, keep=["nothing"])
    text = (tmp_path / "a.csv").read_text(encoding="utf-8").replace(items[1], items[2], 1)
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="twice"):
        score_csv(tmp_path / "a.csv", tmp_path / "s.parquet", ces_d, columns={items[0]: "Q1"})


def test_a_header_alone_has_no_forms(ces_d, tmp_path):
    (tmp_path / "a.csv").write_text(",".join(ces_d.items) + "\n", encoding="utf-8")
    assert score_csv(tmp_path / "a.csv", tmp_path / "s.parquet", ces_d).n_forms == 0
    assert len(pd.read_parquet(tmp_path / "s.parquet")) == 0


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", "编号,q\n".encode("gb18030")], ids=["empty", "no text", "gb"]
)
def test_what_is_no_csv_is_refused(ces_d, tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(DataError):
        read_csv_codes(tmp_path / "a.csv", ces_d)
    with pytest.raises(DataError):
        csv_columns(tmp_path / "absent.csv")
