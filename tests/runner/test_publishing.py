"""The report folder: the same every time, whole or not at all, and without a row about one person."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from eval_tools.errors import DisclosureError, EvalToolsError
from eval_tools.runner.publish import run_study

COMMAND = [sys.executable, "-m", "eval_tools"]


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def publish(little, **options) -> Path:
    return run_study("little", start=little.root, quiet=True, **options)


def keep_one_notebook(little, code: str = "print('ran')") -> Path:
    """Replace the notebooks by one short one, so that a run takes a second."""
    for path in (little.root / "notebooks").glob("*.ipynb"):
        path.unlink()
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    parameters = nbformat.v4.new_code_cell('study = "little"\nterm = ""\nlanguage = "en"')
    parameters.metadata["tags"] = ["parameters"]
    notebook.cells = [parameters, nbformat.v4.new_code_cell(code)]
    path = little.root / "notebooks" / "10_short.ipynb"
    nbformat.write(notebook, path)
    return path


def test_two_runs_publish_the_same_bytes_with_and_without_the_cache(little):
    first = contents(publish(little, language="zh-Hant"))
    second = contents(publish(little, language="zh-Hant"))
    assert first == second
    for path in (little.root / ".eval_tools" / "cache").rglob("*.parquet"):
        path.unlink()
    assert contents(publish(little, language="zh-Hant")) == first


def test_the_folder_holds_pages_notebooks_tables_and_the_record_of_the_run(little):
    keep_one_notebook(little)
    found = contents(publish(little))
    assert {f"report.{language}.html" for language in ("en", "zh-Hant", "zh-Hans")} <= set(found)
    assert {f"notebooks/{language}/10_short.ipynb" for language in ("en", "zh-Hant", "zh-Hans")} <= set(found)
    tables = {"flow", "descriptives", "reliabilities", "results", "class_counts", "shares", "distribution-ces-d-total"}
    assert {f"tables/{table}.csv" for table in tables} <= set(found)
    record = json.loads(found["run.json"])
    assert record["parameters"] == {"study": "little", "term": "spring", "languages": ["en", "zh-Hans", "zh-Hant"]}
    assert set(record["inputs"]) == {
        "data_raw/little/study.yaml",
        "data_raw/little/both/answers.csv",
        "questionnaires/ces-d/ces-d.yaml",
    }
    assert set(record["files"]) == set(found) - {"run.json"}
    assert record["versions"]["numpy"]


def test_an_unfinished_run_leaves_no_report_and_the_next_one_completes(little):
    keep_one_notebook(little, "import time; time.sleep(60)")
    environment = os.environ | {"EVAL_TOOLS_WORKBENCH": str(little.root)}
    process = subprocess.Popen(
        [*COMMAND, "run", "little", "--quiet"], env=environment, start_new_session=True, stderr=subprocess.DEVNULL
    )
    unfinished = little.root / ".eval_tools" / "unfinished"
    deadline = time.monotonic() + 60
    while not list(unfinished.glob("*/report.*.html")):
        assert time.monotonic() < deadline, "the run never began to write"
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (little.root / "reports").exists()
    assert list(unfinished.iterdir())

    keep_one_notebook(little)
    target = publish(little)
    assert "report.en.html" in contents(target)
    assert not list(unfinished.iterdir())


def test_a_notebook_that_fails_is_named_and_the_old_report_stays(little):
    keep_one_notebook(little)
    before = contents(publish(little))
    keep_one_notebook(little, "1 / 0")
    with pytest.raises(EvalToolsError, match=r"10_short.ipynb, code cell 2: ZeroDivisionError") as caught:
        publish(little)
    assert caught.value.exit_code == 1
    assert contents(little.root / "reports" / "little" / "spring") == before
    assert not list((little.root / ".eval_tools" / "unfinished").iterdir())


def test_a_notebook_that_prints_people_is_not_published(little):
    code = "from eval_tools import open_study\nprint(open_study(study).changes.head())"
    keep_one_notebook(little, code)
    with pytest.raises(DisclosureError, match=r"10_short.ipynb: holds the pseudonyms of \d+ participants"):
        publish(little, language="en")
    assert not (little.root / "reports").exists()


def test_other_languages_stay_only_while_they_show_the_same_numbers(little):
    keep_one_notebook(little)
    publish(little)
    one = contents(publish(little, language="en"))
    assert "report.zh-Hant.html" in one
    assert "notebooks/zh-Hans/10_short.ipynb" in one
    little.change("smallest_worthwhile: 3", "smallest_worthwhile: 2")
    assert "report.zh-Hant.html" not in contents(publish(little, language="en"))


def test_exact_counts_of_a_study_with_a_disclosure_rule_stay_inside(little):
    keep_one_notebook(little)
    counts = json.loads(contents(publish(little, language="en"))["run.json"])["counts"]
    assert counts["participants"] == "not published"
    assert counts["raw_rows"] == "not published"
