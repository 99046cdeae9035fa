"""The workbench is found from wherever one stands in it."""

from __future__ import annotations

import pytest

from eval_tools.errors import DefinitionError, UnknownNames
from eval_tools.studies.workbench import MARKS, Workbench, find_workbench


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.delenv("EVAL_TOOLS_WORKBENCH", raising=False)
    root = (tmp_path / "bench").resolve()
    for mark in MARKS:
        (root / mark).mkdir(parents=True)
    (root / "data_raw" / "little" / "both").mkdir(parents=True)
    (root / "data_raw" / "little" / "study.yaml").write_text("x: 1\n", encoding="utf-8")
    return root


@pytest.mark.parametrize(
    "place", [".", "notebooks", "data_raw/little/both", "data_raw/little/study.yaml", "not/there/yet"]
)
def test_a_workbench_is_found_from_any_place_inside(bench, place):
    assert find_workbench(bench / place).root == bench


def test_the_working_directory_is_where_one_stands(bench, monkeypatch):
    monkeypatch.chdir(bench / "data_raw" / "little")
    assert find_workbench().root == bench


def test_the_nearest_workbench_wins(bench):
    inner = bench / "data_raw" / "inner"
    for mark in MARKS:
        (inner / mark).mkdir(parents=True)
    assert find_workbench(inner / "notebooks").root == inner


def test_the_environment_says_where_the_workbench_is(bench, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("EVAL_TOOLS_WORKBENCH", str(bench / "notebooks"))
    assert find_workbench().root == bench
    monkeypatch.setenv("EVAL_TOOLS_WORKBENCH", "")  # as good as not set
    with pytest.raises(DefinitionError):
        find_workbench()


def test_what_is_asked_for_goes_before_the_environment(bench, tmp_path, monkeypatch):
    monkeypatch.setenv("EVAL_TOOLS_WORKBENCH", str(tmp_path / "nowhere"))
    assert find_workbench(bench).root == bench


def test_outside_a_workbench_one_is_told_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("EVAL_TOOLS_WORKBENCH", raising=False)
    (tmp_path / "questionnaires").mkdir()  # one mark of three is not enough
    monkeypatch.chdir(tmp_path)
    for start in (None, tmp_path, tmp_path / "questionnaires"):
        with pytest.raises(DefinitionError) as caught:
            find_workbench(start)
        assert caught.value.exit_code == 2
        assert str(caught.value) == (
            "workbench: no folder here or above holds questionnaires/, data_raw/, notebooks/.\n"
            "  Change into a clone of the project, or set EVAL_TOOLS_WORKBENCH to it."
        )


def test_every_folder_has_its_place(bench):
    workbench = Workbench(bench)
    places = [workbench.questionnaires, workbench.raw, workbench.notebooks, workbench.reports, workbench.scratch]
    assert [place.relative_to(bench).as_posix() for place in places] == [
        "questionnaires", "data_raw", "notebooks", "reports", ".eval_tools",
    ]  # fmt: skip


def test_a_study_is_a_folder_with_a_study_yaml(bench):
    (bench / "data_raw" / "unfinished").mkdir()
    assert Workbench(bench).study_folder("little") == bench / "data_raw" / "little"
    with pytest.raises(UnknownNames) as caught:
        Workbench(bench).study_folder("unfinished")
    assert (caught.value.known, caught.value.where) == (("little",), "data_raw")


def test_a_workbench_without_studies_says_so(bench):
    (bench / "data_raw" / "little" / "study.yaml").unlink()
    with pytest.raises(UnknownNames, match=r"unknown study: 'little'\.\n  Known: none\."):
        Workbench(bench).study_folder("little")
