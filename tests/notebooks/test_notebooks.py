"""The notebooks: thin, parameterised, and with the numbers of the command line."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import nbformat
import pytest

from eval_tools import open_study
from eval_tools.errors import DefinitionError, EvalToolsError, UnknownNames
from eval_tools.runner.notebooks import check_parameters, read_parameters, run_notebook

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FORBIDDEN = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.BinOp, ast.AugAssign, ast.Lambda, ast.ListComp)


def cells(path: Path, kind: str) -> list:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def test_the_five_notebooks_of_the_line_are_there():
    assert [path.stem for path in NOTEBOOKS] == [
        "10_data_quality",
        "20_scores",
        "30_before_after",
        "60_sites",
        "70_term_report",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_has_one_heading_and_it_is_the_question_it_answers(path):
    headings = [line for cell in cells(path, "markdown") for line in cell.source.splitlines() if line.startswith("# ")]
    assert len(headings) == 1
    assert nbformat.read(path, as_version=4).cells[0].source.startswith(headings[0])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_no_cell_computes(path):
    for cell in cells(path, "code"):
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(node, FORBIDDEN), f"{path.name}: {ast.unparse(node)}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_prose_repeats_no_number(path):
    for cell in cells(path, "markdown"):
        assert not re.search(r"\d+[.,]\d+|\d{3,}", cell.source), path.name


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_parameters_are_declared_with_a_word_of_help(path):
    declared = read_parameters(path).parameters
    assert set(declared) == {"study", "term", "language"}
    assert all(declared.values())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_committed_outputs_are_those_the_tests_compare(path):
    for cell in cells(path, "code"):
        tags = cell.metadata.get("tags", [])
        assert ("keep_output" in tags) == ("nbval-check-output" in tags)
        assert bool(cell.outputs) == ("keep_output" in tags)
        assert cell.execution_count is not None


def test_an_undeclared_parameter_is_refused_before_a_kernel_starts():
    with pytest.raises(UnknownNames, match=r"unknown parameter: 'langauge'.\n.*Did you mean 'language'\?"):
        run_notebook(NOTEBOOKS[0], parameters={"langauge": "en"}, workbench=ROOT)


def test_a_parameter_whose_name_is_code_is_refused():
    with pytest.raises(UnknownNames):
        check_parameters(NOTEBOOKS[0], {"x=1\nimport os;os.system('id')#": 1})


def test_a_parameter_that_is_no_plain_value_is_refused():
    with pytest.raises(DefinitionError, match="wrong type: term"):
        check_parameters(NOTEBOOKS[0], {"term": ["spring"]})


def test_an_unknown_notebook_names_the_ones_there_are():
    with pytest.raises(UnknownNames, match=r"30_before_after\.ipynb"):
        read_parameters(ROOT / "notebooks" / "31_before_after.ipynb")


def test_a_wrong_term_stops_the_notebook_with_the_words_of_the_error(little):
    with pytest.raises(EvalToolsError, match="unknown term: 'sprung'"):
        run_notebook(
            little.root / "notebooks" / "10_data_quality.ipynb",
            parameters={"study": "little", "term": "sprung"},
            workbench=little.root,
        )


def test_running_a_notebook_leaves_the_environment_of_the_caller_alone(little):
    before = dict(os.environ)
    run_notebook(little.root / "notebooks" / "20_scores.ipynb", parameters={"study": "little"}, workbench=little.root)
    assert dict(os.environ) == before


def test_papermill_and_the_command_line_see_the_same_numbers(little):
    executed = run_notebook(
        little.root / "notebooks" / "30_before_after.ipynb",
        parameters={"study": "little", "term": "spring", "language": "zh-Hans"},
        workbench=little.root,
    )
    printed = "".join(o.text for c in executed.cells if c.cell_type == "code" for o in c.outputs if "text" in o)
    run = open_study("little", start=little.root)
    seen = 0
    for line in printed.splitlines():
        name, _, value = line.partition(": ")
        number = run.number(*name.split())
        assert value == f"{number:.4f}"
        seen += 1
    assert seen >= 7
    pages = "".join(
        str(o.data.get("text/html", ""))
        for c in executed.cells
        if c.cell_type == "code"
        for o in c.outputs
        if "data" in o
    )
    assert "干预组" in pages
    assert 'lang="zh-Hans"' in pages
