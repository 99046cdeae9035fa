import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eval_tools.errors import DataError, DefinitionError, UnknownNames
from eval_tools.instruments.load import load_instrument
from eval_tools.scoring.batches import score_parquet
from eval_tools.scoring.wide import score_wide

CES_D = Path(__file__).parents[2] / "questionnaires/ces-d/ces-d.yaml"


@pytest.fixture(scope="module")
def ces_d():
    return load_instrument(CES_D)


def invented_answers(instrument, n, seed=1):
    rng = np.random.default_rng(seed)
    answers = rng.integers(0, 4, size=(n, len(instrument.items))).astype(float)
    answers[rng.random(answers.shape) < 0.05] = np.nan
    table = pd.DataFrame(answers, columns=list(instrument.items)).astype("Int8")
    table.insert(0, "participant", [f"P{i:07d}" for i in range(n)])
    return table


@pytest.fixture
def answers(ces_d, tmp_path):
    table = invented_answers(ces_d, 1_000)
    table.to_parquet(tmp_path / "answers.parquet", row_group_size=300)
    return table


@pytest.mark.parametrize("batch_rows", [1, 7, 300, 999, 1_000, 5_000])
def test_batches_give_the_scores_of_the_whole_table(ces_d, answers, tmp_path, batch_rows):
    few = answers.head(40) if batch_rows == 1 else answers
    few.to_parquet(tmp_path / "answers.parquet", row_group_size=300)
    target = tmp_path / "out" / "scores.parquet"
    report = score_parquet(tmp_path / "answers.parquet", target, ces_d, keep=["participant"], batch_rows=batch_rows)
    whole = score_wide(few.drop(columns="participant"), ces_d).scores
    found = pd.read_parquet(target)
    assert found["participant"].to_list() == few["participant"].to_list()
    pd.testing.assert_frame_equal(found[list(whole.columns)], whole, check_dtype=False)
    assert report.n_forms == len(few)
    assert report.statuses["total"] == whole["total.status"].value_counts().to_dict()
    assert [p.name for p in target.parent.iterdir()] == ["scores.parquet"]


def test_codes_stored_as_bytes_integers_or_floats_are_scored_alike(ces_d, answers, tmp_path):
    results = []
    for kind in ("int8", "int64", "float64"):
        fields = [("participant", pa.string()), *((item, pa.type_for_alias(kind)) for item in ces_d.items)]
        pq.write_table(pa.Table.from_pandas(answers, schema=pa.schema(fields)), tmp_path / "answers.parquet")
        score_parquet(tmp_path / "answers.parquet", tmp_path / "scores.parquet", ces_d, batch_rows=128)
        results.append(pd.read_parquet(tmp_path / "scores.parquet"))
    pd.testing.assert_frame_equal(results[0], results[1])
    pd.testing.assert_frame_equal(results[0], results[2])


def test_every_batch_at_fault_is_named_and_nothing_is_written(ces_d, answers, tmp_path):
    answers.loc[10, "cesd03"] = 9
    answers.loc[950, "cesd07"] = 8
    answers.to_parquet(tmp_path / "answers.parquet")
    with pytest.raises(DataError) as refused:
        score_parquet(tmp_path / "answers.parquet", tmp_path / "scores.parquet", ces_d, batch_rows=100)
    places = [p.where for p in refused.value.problems]
    assert len(places) == 2
    assert places[0].startswith("answers.parquet, rows 1 to 100, ")
    assert places[1].startswith("answers.parquet, rows 901 to 1000, ")
    assert [p.name for p in tmp_path.iterdir()] == ["answers.parquet"]


def test_after_twenty_problems_they_are_only_counted(ces_d, answers, tmp_path):
    answers["cesd03"] = 9
    answers.to_parquet(tmp_path / "answers.parquet")
    with pytest.raises(DataError, match="5 more problems") as refused:
        score_parquet(tmp_path / "answers.parquet", tmp_path / "scores.parquet", ces_d, batch_rows=40)
    assert len(refused.value.problems) == 21


def test_an_earlier_result_stays_if_the_new_file_is_refused(ces_d, answers, tmp_path):
    target = tmp_path / "scores.parquet"
    score_parquet(tmp_path / "answers.parquet", target, ces_d)
    before = target.read_bytes()
    answers.drop(columns="cesd20").to_parquet(tmp_path / "answers.parquet")
    with pytest.raises(DataError, match="cesd20"):
        score_parquet(tmp_path / "answers.parquet", target, ces_d)
    assert target.read_bytes() == before


def test_ages_outside_the_form_are_counted_over_all_batches(ces_d, answers, tmp_path):
    youngest = ces_d.age_years[0]
    answers["age"] = np.where(np.arange(1_000) % 4 == 0, youngest - 1, youngest + 1)
    answers.to_parquet(tmp_path / "answers.parquet")
    report = score_parquet(tmp_path / "answers.parquet", tmp_path / "scores.parquet", ces_d, age="age", batch_rows=100)
    (note,) = (note for note in report.notes if note.rule == "below_age")
    assert (note.count, note.n) == (250, 1_000)


def test_a_file_without_rows_has_a_result_without_rows(ces_d, answers, tmp_path):
    answers.head(0).to_parquet(tmp_path / "answers.parquet")
    report = score_parquet(tmp_path / "answers.parquet", tmp_path / "scores.parquet", ces_d)
    assert report.n_forms == 0
    assert "total" in pd.read_parquet(tmp_path / "scores.parquet")


def test_wrong_options_and_files_are_refused(ces_d, answers, tmp_path):
    source, target = tmp_path / "answers.parquet", tmp_path / "scores.parquet"
    with pytest.raises(DefinitionError, match="batch_rows is 0"):
        score_parquet(source, target, ces_d, batch_rows=0)
    with pytest.raises(UnknownNames, match="Did you mean 'participant'"):
        score_parquet(source, target, ces_d, keep=["particpant"])
    answers.assign(total=1).to_parquet(source)
    with pytest.raises(DefinitionError, match="called like a score: 'total'"):
        score_parquet(source, target, ces_d, keep=["total"])
    source.write_text("participant,cesd01\n", encoding="utf-8")
    with pytest.raises(DataError, match="no readable Parquet file"):
        score_parquet(source, target, ces_d)
    assert not target.exists()


CHILD = """
import sys
from pathlib import Path
from eval_tools.instruments.load import load_instrument
from eval_tools.scoring.batches import score_parquet
form, small, source, target = map(Path, sys.argv[1:])
def peak():  # of this program alone; ru_maxrss would begin with that of the tests
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1])
score_parquet(small, target, load_instrument(form), batch_rows=4096)
before = peak()
print(score_parquet(source, target, load_instrument(form), batch_rows=4096).n_forms, (peak() - before) / 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_memory_does_not_grow_with_the_file(ces_d, tmp_path):
    # 24 batches in one row group; as floats the answers alone are 15 MiB, with their copies several times that
    n = 24 * 4_096
    table = invented_answers(ces_d, n).drop(columns="participant")
    table.to_parquet(tmp_path / "large.parquet", row_group_size=n)
    table.head(8_192).to_parquet(tmp_path / "small.parquet")
    files = [CES_D, tmp_path / "small.parquet", tmp_path / "large.parquet", tmp_path / "scores.parquet"]
    done = subprocess.run([sys.executable, "-c", CHILD, *map(str, files)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    n_forms, grown = done.stdout.split()
    assert int(n_forms) == n
    assert float(grown) < 12
